-- Print runs: what they take, hold and tell.

-- One run of a tenant is made at a time.
-- name: run_lock
select pg_advisory_xact_lock(hashtextextended('print_runs ' || current_tenant(), 0))

-- name: run_add
with free as materialized (
    select l.communication_id, l.attempt_no, l.sheets, l.grams, c.building_id, c.channel, c.recipient_name, c.street,
        c.postal_code, c.city, c.country, b.name as building, b.code, u.number
    from letters l
    join communications c on c.tenant_id = l.tenant_id and c.id = l.communication_id and c.attempt_no = l.attempt_no
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    where l.tenant_id = current_tenant() and l.run_id is null and l.returned_at is null
        and c.delivery_status = 'SENT' and c.channel like 'LETTER%'
        and coalesce(c.content_removed_at, c.person_removed_at) is null
        and (:building_id::uuid is null or c.building_id = :building_id::uuid)
        and (:batch_id::uuid is null or c.batch_id = :batch_id::uuid)
        and (:year::int is null or c.year = :year::int)
        and (:ids::uuid[] is null or c.id = any (:ids::uuid[]))
        and (:all_buildings::bool or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
    order by c.building_id, l.communication_id limit :most::int
    for update of l
), sorted as (
    select f.*, case when :sorted::text = 'walk' then f.building else concat_ws(' ', f.postal_code, f.city) end as sort_group,
        row_number() over (order by case when :sorted::text = 'postcode' then f.country end,
            case when :sorted::text = 'postcode' then f.postal_code end, case when :sorted::text = 'postcode' then f.city end,
            case when :sorted::text = 'postcode' then f.street end collate natural_order, f.building, f.code, f.number,
            f.recipient_name, f.communication_id) as seq
    from free f
), run as (
    insert into print_runs (tenant_id, year, no, sorted, separators, label_layout, label_start, building_ids, pieces, sheets,
        grams, created_by_name)
    select current_tenant(), y.year, 1 + coalesce((select max(no) from print_runs p
            where p.tenant_id = current_tenant() and p.year = y.year), 0),
        :sorted::text, :separators::text, :label_layout::text, :label_start::int, s.buildings, s.pieces, s.sheets, s.grams,
        :actor_name::text
    from (select array_agg(distinct building_id) as buildings, count(*) as pieces, sum(sheets) as sheets, sum(grams) as grams
        from sorted having count(*) > 0) s
    cross join (select extract(year from now() at time zone time_zone)::int as year from tenants
        where id = current_tenant()) y
    returning id, pieces
), taken as (
    update letters l set run_id = r.id
    from run r, sorted s
    where l.tenant_id = current_tenant() and l.communication_id = s.communication_id and l.attempt_no = s.attempt_no
), added as (
    insert into print_pieces (tenant_id, run_id, seq, communication_id, attempt_no, building_id, sort_group, class, sheets,
        grams)
    select current_tenant(), r.id, s.seq, s.communication_id, s.attempt_no, s.building_id, s.sort_group, s.channel, s.sheets,
        s.grams
    from run r, sorted s
)
select r.id, r.pieces from run r

-- One by its id, or the newest, or those behind a cursor.
-- name: run_list
select r.id as "runId", r.year || '-' || lpad(r.no::text, greatest(2, length(r.no::text)), '0') as "name", r.state as "state",
    r.sorted as "order", r.separators as "separators", r.label_layout as "labelLayout", r.label_start as "labelStart",
    r.pieces as "letters", r.sheets as "sheets", r.grams as "grams", r.pages as "pages", r.done as "done", r.error as "error",
    r.print_sha256 as "printSha256", r.created_at as "createdAt", r.created_by_name as "createdByName",
    r.made_at as "madeAt", r.printed_at as "printedAt", r.printed_by_name as "printedByName", r.lodged_at as "lodgedAt",
    r.lodged_by_name as "lodgedByName", r.accepted as "accepted", greatest(r.pieces - r.accepted, 0) as "missing",
    exists (select from print_pieces p where p.tenant_id = r.tenant_id and p.run_id = r.id and p.missing) as "missingNamed",
    (select string_agg(p.seq::text, ', ' order by p.seq) from print_pieces p
        where p.tenant_id = r.tenant_id and p.run_id = r.id and p.missing) as "missingNumbers", r.scan_sha256 as "scanSha256",
    r.slip_sha256 as "slipSha256", r.labels_sha256 as "labelsSha256",
    r.scan_file_name as "scanFileName", r.scan_content_type as "_scanContentType", r.explanation as "explanation",
    r.closed_at as "closedAt", r.closed_by_name as "closedByName", r.cancelled_at as "cancelledAt",
    (select count(*) from print_pieces p join letters l on l.tenant_id = p.tenant_id
        and l.communication_id = p.communication_id and l.attempt_no = p.attempt_no and l.returned_at is not null
        where p.tenant_id = r.tenant_id and p.run_id = r.id and p.live) as "returned",
    (select count(*) from print_pieces p where p.tenant_id = r.tenant_id and p.run_id = r.id
        and p.class = 'LETTER_WITH_RECEIPT') as "registered",
    (select coalesce(json_agg(json_build_object('buildingId', b.id, 'name', b.name) order by b.name, b.id), '[]')
        from buildings b where b.tenant_id = r.tenant_id and b.id = any (r.building_ids)) as "buildings",
    r.created_at::text as "_at",
    to_char(r.lodged_at at time zone (select time_zone from tenants where id = current_tenant()), 'FMDD Mon YYYY HH24:MI')
        || (select ' (' || time_zone || ')' from tenants where id = current_tenant()) as "_lodgedLocal"
from print_runs r
where r.tenant_id = current_tenant() and (:run_id::uuid is null or r.id = :run_id::uuid)
    and (:building_id::uuid is null or :building_id::uuid = any (r.building_ids))
    and (:year::int is null or exists (select from print_pieces p
        join communications c on c.tenant_id = p.tenant_id and c.id = p.communication_id and c.year = :year::int
        where p.tenant_id = r.tenant_id and p.run_id = r.id))
    and (:before_at::timestamptz is null or (r.created_at, r.id) < (:before_at::timestamptz, :before_id::uuid))
    and (:all_buildings::bool or not exists (select from unnest(r.building_ids) as b (id)
        where not exists (select from building_grants g where g.tenant_id = current_tenant()
            and g.actor_id = :actor_id::uuid and g.building_id = b.id)))
order by r.created_at desc, r.id desc limit 51

-- For a change: who may see all of it.
-- name: run_hold
select r.state, r.pieces, r.accepted, r.counts, exists (select from print_pieces p
        where p.tenant_id = r.tenant_id and p.run_id = r.id and p.missing) as named, r.scan_sha256, r.slip_sha256, r.labels_sha256,
    r.year || '-' || lpad(r.no::text, greatest(2, length(r.no::text)), '0') as name
from print_runs r
where r.tenant_id = current_tenant() and r.id = :run_id::uuid
    and (:all_buildings::bool or not exists (select from unnest(r.building_ids) as b (id)
        where not exists (select from building_grants g where g.tenant_id = current_tenant()
            and g.actor_id = :actor_id::uuid and g.building_id = b.id)))
for update

-- name: run_papers
update print_runs set slip_sha256 = :slip::text, labels_sha256 = :labels::text
where tenant_id = current_tenant() and id = :run_id::uuid

-- name: run_cancel
with freed as (
    update letters set run_id = null where tenant_id = current_tenant() and run_id = :run_id::uuid
), gone as (
    update print_pieces set live = false where tenant_id = current_tenant() and run_id = :run_id::uuid
)
update print_runs set state = 'CANCELLED', cancelled_at = now(), error = null
where tenant_id = current_tenant() and id = :run_id::uuid

-- How many of each class and weight step, for the postage; `steps` are grams.
-- name: run_weights
select p.class, width_bucket(p.grams - 0.001, :steps::float8[]) as step, max(p.grams) as grams, count(*) as n
from print_pieces p
where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid
group by 1, 2

-- Its letters in order; the run itself was asked for by run_list or run_hold.
-- name: run_pieces
select p.seq as "seq", p.communication_id as "communicationId", c.recipient_name as "recipientName", u.number as "unit",
    b.name as "building", u.id as "unitId", c.year as "year",
    concat_ws(', ', c.street, concat_ws(' ', c.postal_code, c.city), nullif(c.country, '')) as "address",
    p.class as "class", p.sheets as "sheets", p.grams as "grams", p.page as "page", p.receipt as "receipt",
    p.missing as "missing",
    c.delivery_status as "status", letter_paper(c) as "paper", l.returned_at as "returnedAt", l.return_reason as "returnReason",
    c.street as "_street", c.postal_code as "_postalCode", c.city as "_city", c.country as "_country"
from print_pieces p
join letters l on l.tenant_id = p.tenant_id and l.communication_id = p.communication_id and l.attempt_no = p.attempt_no
join communications c on c.tenant_id = p.tenant_id and c.id = p.communication_id
join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id
where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid and p.seq > :after::int
order by p.seq limit :most::int

-- name: run_ready
select b.id as "buildingId", b.name as "building", c.year as "year", count(*) as "letters",
    count(*) filter (where c.channel = 'LETTER_WITH_RECEIPT') as "registered", sum(l.sheets) as "sheets",
    sum(l.grams) as "grams", min(l.made_at) as "oldest"
from letters l
join communications c on c.tenant_id = l.tenant_id and c.id = l.communication_id and c.attempt_no = l.attempt_no
join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
where l.tenant_id = current_tenant() and l.run_id is null and l.returned_at is null and c.delivery_status = 'SENT'
    and c.channel like 'LETTER%'
    and (:building_id::uuid is null or c.building_id = :building_id::uuid) and (:year::int is null or c.year = :year::int)
    and (:all_buildings::bool or exists (select from building_grants g
        where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid and g.building_id = c.building_id))
group by b.id, b.name, c.year
order by b.name, b.id, c.year desc
