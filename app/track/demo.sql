-- The demo's data.

-- name: demo_there
select exists (select from buildings where tenant_id = current_tenant()) as there;

-- name: demo_building
insert into buildings (tenant_id, code, name, street, postal_code, city, country)
values (current_tenant(), :code::text, :name::text, :street::text, :postal_code::text, :city::text, 'CH')
returning id;

-- name: demo_unit
insert into units (tenant_id, building_id, number) values (current_tenant(), :building_id::uuid, :number::text)
returning id;

-- name: demo_batch
insert into communication_batches (tenant_id, building_id, year, state, sent_at, completed_at)
values (current_tenant(), :building_id::uuid, :year::int, case when :sent_at::text is null then 'DRAFT' else 'COMPLETED' end,
    :sent_at::timestamptz, :sent_at::timestamptz + interval '2 hours')
returning id;

-- name: demo_communication
with c as (
    insert into communications (tenant_id, batch_id, building_id, unit_id, year, channel, delivery_status, recipient_name,
        email, phone, street, postal_code, city, country, template, subject, amount_minor, currency, due_on,
        reference)
    select current_tenant(), :batch_id::uuid, u.building_id, u.id, :year::int, :channel::text,
        'DRAFT', :name::text, :email::text, :phone::text, b.street,
        b.postal_code, b.city, b.country, :template::text,
        case :template::text when 'statement' then 'Statement ' else 'Reminder of the statement ' end || :year::int || ', unit ' || u.number, :amount::int8, 'CHF',
        make_date(:year::int + 1, 4, 30), :reference::text
    from units u
    join buildings b on b.tenant_id = u.tenant_id and b.id = u.building_id
    where u.tenant_id = current_tenant() and u.id = :unit_id::uuid
    returning id
), a as (
    insert into communication_attachments (tenant_id, communication_id, position, sha256, file_name, content_type, size)
    select current_tenant(), c.id, 0, :sha256::text, :file_name::text, 'application/pdf', :size::int8 from c
)
select id from c;

-- name: demo_tags
insert into communication_tags (tenant_id, communication_id, building_id, tag)
select c.tenant_id, c.id, c.building_id, t.tag
from communications c
cross join unnest(string_to_array(:tags::text, ',')) t (tag)
where c.tenant_id = current_tenant() and c.id = :communication_id::uuid;

-- Somebody who cannot sign in any more.
-- name: demo_person_add
insert into users (tenant_id, email, name, password_hash, role, disabled_at)
select t.id, 'claudia.meier@' || t.slug || '.example.com', 'Claudia Meier', '!', 'agent', now()
from tenants t where t.id = current_tenant();

-- name: demo_person
select u.id, u.name from users u join tenants t on t.id = u.tenant_id
where u.tenant_id = current_tenant() and u.email = 'claudia.meier@' || t.slug || '.example.com';

-- What stands against a number, as sending looks at it.
-- name: demo_against
select s.id as suppression_id, s.reason as suppression_reason, s.sentence as suppression_sentence,
    to_char(s.created_at at time zone t.time_zone, 'YYYY-MM-DD') as suppressed_on
from suppressions s
join tenants t on t.id = s.tenant_id
where s.tenant_id = current_tenant() and s.channel = 'SMS' and s.address = :phone::text and s.blocks and s.lifted_at is null;

-- What it put against an address stands since then, and not since today.
-- name: demo_held_since
update suppressions s set created_at = e.occurred_at
from communication_events e
where s.tenant_id = current_tenant() and s.communication_id = :communication_id::uuid
    and e.tenant_id = s.tenant_id and e.id = s.event_id;
