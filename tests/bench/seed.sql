-- The benchmark's data: buildings :first to :last × 4 years × 100 units × 3 communications of five events each.
-- Run by a superuser of the private cluster: triggers are off, and their figures are made at the end.
\set ON_ERROR_STOP on
set session_replication_role = replica;
select id as tenant from tenants where slug = 'demo' \gset
select set_config('track.tenant', :'tenant', false);

create temp table fresh as
with made as (
    insert into buildings (tenant_id, code, name, street, postal_code, city, country)
    select :'tenant', 'B-' || i, 'Building ' || i, i || ' Long Street', '8001', 'Zürich', 'CH'
    from generate_series(:first, :last) i
    returning id, code
)
select id, code from made;
analyze fresh;

insert into units (tenant_id, building_id, number)
select :'tenant', b.id, (1 + u / 10) || '.' || lpad((u % 10)::text, 2, '0')
from fresh b, generate_series(0, 99) u;

insert into communication_batches (tenant_id, building_id, year, state, sent_at, completed_at)
select :'tenant', id, y, 'COMPLETED', now() - interval '1 day', now() - interval '1 day'
from fresh, generate_series(2022, 2025) y;
analyze units, communication_batches;

insert into communications (tenant_id, batch_id, building_id, unit_id, year, channel, delivery_status, recipient_name,
    email, phone, street, postal_code, city, country, language, subject, amount_minor, currency, due_on, reference,
    provider, provider_message_id, attempts, queued_at, sent_at, delivered_at, error, failed_at, event_seq, evidence_grade,
    last_event_type, last_event_at)
select :'tenant', p.id, p.building_id, u.id, p.year, c.channel, s.status, 'Resident ' || u.number, 'r' || h.n || '@example.com',
    '+4179' || lpad((h.n % 10000000)::text, 7, '0'), '1 Long Street', '8001', 'Zürich', 'CH', 'en', 'Statement ' || p.year,
    10000 + h.n % 90000, 'CHF', make_date(p.year + 1, 4, 30), b.code || '-' || p.year || '-' || u.number,
    case c.channel when 'EMAIL' then 'smtp' when 'SMS' then 'twilio' end, gen_random_uuid()::text || '@bench.example', 1, now() - interval '26 hours', now() - interval '25 hours',
    case when s.status in ('DELIVERED', 'OPENED') then now() - interval '24 hours' end,
    case when s.status = 'BOUNCED' then case h.n % 3 when 0 then '{"sentence": "The mailbox is full.", "code": "452 4.2.2"}'
        else '{"sentence": "The address does not exist.", "code": "550 5.1.1"}' end::jsonb end,
    case when s.status = 'BOUNCED' then now() - interval '24 hours' end, 5, 'B', s.last,
    now() - (2025 - p.year) * interval '1 year' - (h.n % 300) * interval '1 day' - (h.n % 86400) * interval '1 second'
from communication_batches p
join fresh b on b.id = p.building_id
join units u on u.tenant_id = p.tenant_id and u.building_id = p.building_id
cross join (values ('EMAIL'), ('SMS'), ('LETTER')) c (channel)
cross join lateral (select abs(hashtext(u.id::text || p.year || c.channel)) as n) h
cross join lateral (select case when h.n % 50 = 0 then 'BOUNCED' when h.n % 3 = 0 then 'OPENED' else 'DELIVERED' end as status,
    case when h.n % 50 = 0 then 'BOUNCED' when h.n % 3 = 0 then 'OPENED' else 'DELIVERED' end as last) s;

insert into communication_events (tenant_id, communication_id, seq, type, source, grade, status_after, occurred_at, sentence,
    detail, prev_hash, hash)
select c.tenant_id, c.id, e.seq, e.type, e.source, 'C', e.type, now() - interval '26 hours' + e.seq * interval '20 minutes',
    e.sentence, '{"queue": "bench"}', '\x00', sha256(convert_to(c.id::text || e.seq, 'UTF8'))
from communications c
join fresh b on b.id = c.building_id
cross join lateral (values (1, 'ENQUEUED', 'system', 'Waiting to be sent.'), (2, 'SENT', 'worker', 'Accepted by mx.example.com.'),
    (3, 'DELAYED', 'provider', 'The receiving server asked to wait.'), (4, c.delivery_status, 'provider', 'Report of the provider.'),
    (5, 'NOTE', 'provider', 'Passed on to the members of a list.')) e (seq, type, source, sentence);

insert into communication_counts
select tenant_id, building_id, year, channel, 0, 0, 0, 0, 0, count(*) filter (where delivery_status = 'DELIVERED'),
    count(*) filter (where delivery_status = 'OPENED'), 0, count(*) filter (where delivery_status = 'BOUNCED'), 0, 0, 0
from communications where building_id in (select id from fresh) group by 1, 2, 3, 4;

select refresh_unit_years(array_agg(unit_id), array_agg(year))
from (select distinct unit_id, year, building_id from communications
      where building_id in (select id from fresh)) k
group by building_id;
reset session_replication_role;
analyze;
