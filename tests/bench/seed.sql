-- The benchmark's data: buildings :first to :last × 4 years × 100 units × 3 communications of five events each. As in life
-- a run's messages lie together and move within a few days. Run by a superuser of the private cluster: triggers are off,
-- and figures.sql makes what they would have.
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

create temp table flats as
with made as (
    insert into units (tenant_id, building_id, number)
    select :'tenant', b.id, (1 + u / 10) || '.' || lpad((u % 10)::text, 2, '0')
    from fresh b, generate_series(0, 99) u
    returning id, building_id, number
)
select * from made;

create temp table runs as
with made as (
    insert into communication_batches (tenant_id, building_id, year, state, sent_at, completed_at)
    select :'tenant', id, y, 'COMPLETED', now() - interval '1 day', now() - interval '1 day'
    from fresh, generate_series(2022, 2025) y
    returning id, building_id, year
)
select made.*, fresh.code, now() - (2025 - year) * interval '1 year' - abs(hashtext(code || year)) % 300 * interval '1 day' as on_day
from made join fresh on fresh.id = made.building_id;

create temp table sent as
with made as (
    insert into communications (tenant_id, batch_id, building_id, unit_id, year, channel, delivery_status, recipient_name,
        email, phone, street, postal_code, city, country, language, subject, amount_minor, currency, due_on, reference,
        provider, provider_message_id, attempts, queued_at, sent_at, delivered_at, error, failed_at, event_seq, evidence_grade,
        last_event_type, last_event_at)
    select :'tenant', p.id, p.building_id, u.id, p.year, c.channel, s.status, 'Resident ' || u.number, 'r' || h.n || '@example.com',
        '+4179' || lpad((h.n % 10000000)::text, 7, '0'), '1 Long Street', '8001', 'Zürich', 'CH', 'en', 'Statement ' || p.year,
        10000 + h.n % 90000, 'CHF', make_date(p.year + 1, 4, 30), p.code || '-' || p.year || '-' || u.number,
        case c.channel when 'EMAIL' then 'smtp' when 'SMS' then 'twilio' end, gen_random_uuid()::text || '@bench.example', 1,
        h.at - interval '26 hours', h.at - interval '25 hours', case when s.status in ('DELIVERED', 'OPENED') then h.at end,
        case when s.status = 'BOUNCED' then case h.n % 3 when 0 then '{"sentence": "The mailbox is full.", "code": "452 4.2.2"}'
            else '{"sentence": "The address does not exist.", "code": "550 5.1.1"}' end::jsonb end,
        case when s.status = 'BOUNCED' then h.at end, 5, 'B', s.status, h.at
    from runs p
    join flats u on u.building_id = p.building_id
    cross join (values ('EMAIL'), ('SMS'), ('LETTER')) c (channel)
    cross join lateral (select abs(hashtext(u.id::text || p.year || c.channel)) as of) d
    cross join lateral (select d.of as n, p.on_day - d.of % 259200 * interval '1 second' as at) h
    cross join lateral (select case when h.n % 50 = 0 then 'BOUNCED' when h.n % 3 = 0 then 'OPENED' else 'DELIVERED' end as status) s
    order by h.at
    returning id, delivery_status, last_event_at
)
select * from made;

insert into communication_events (tenant_id, communication_id, seq, type, source, grade, status_after, occurred_at, sentence,
    detail, prev_hash, hash)
select :'tenant', c.id, e.seq, e.type, e.source, 'C', e.type, c.last_event_at - (5 - e.seq) * interval '20 minutes',
    e.sentence, '{"queue": "bench"}', '\x00', sha256(convert_to(c.id::text || e.seq, 'UTF8'))
from sent c
cross join lateral (values (1, 'ENQUEUED', 'system', 'Waiting to be sent.'), (2, 'SENT', 'worker', 'Accepted by mx.example.com.'),
    (3, 'DELAYED', 'provider', 'The receiving server asked to wait.'), (4, c.delivery_status, 'provider', 'Report of the provider.'),
    (5, 'NOTE', 'provider', 'Passed on to the members of a list.')) e (seq, type, source, sentence);
