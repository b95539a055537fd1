-- The check of a run looks for somebody else's statement: whose reference, name or unit stands in each file.

-- The words of a PDF as file_words has them, as long as they may be asked for; empty: it has no text, as a scan. No text is kept.
alter table file_checks add column words bigint[];
create index file_checks_words on file_checks (checked_at) where words is not null;
grant update on file_checks to track_worker;

-- Whose a file is that goes to somebody, among the recipients of its run.
create table attachment_checks (
    tenant_id uuid not null,
    communication_id uuid not null,
    position smallint not null,
    names text not null check (names in ('recipient', 'other', 'nobody', 'several')), -- several: it goes to more than one unit
    told text, -- how that is known, where it is not the recipient
    checked_at timestamptz not null default now(),
    primary key (tenant_id, communication_id, position),
    foreign key (tenant_id, communication_id, position) references communication_attachments on delete cascade
);
select tenant_table('attachment_checks');
create index attachment_checks_at on attachment_checks (checked_at);
grant select on attachment_checks to track_web;
grant select, insert, update on attachment_checks to track_worker;

-- Files of messages not sent yet are looked into again.
insert into jobs (tenant_id, queue, kind, args, unique_key)
select distinct tenant_id, 'track', 'track.check_files', jsonb_build_object('batchId', batch_id), batch_id::text
from communications where delivery_status = 'DRAFT' and batch_id is not null
on conflict do nothing;

-- What was found out so long ago, of every tenant, is let go where nobody asks for it any more; a file's words in any case: who
-- needs them then reads it again.
create function attachment_checks_forget(age interval) returns void language sql security definer set search_path = public, pg_temp as $$
    update file_checks set words = null where words is not null and checked_at < now() - age;
    delete from attachment_checks k using communications c
    where k.checked_at < now() - age and c.tenant_id = k.tenant_id and c.id = k.communication_id and c.delivery_status <> 'DRAFT'
$$;
select owner_sees_all('file_checks');
select owner_sees_all('attachment_checks');
revoke execute on function attachment_checks_forget from public;
grant execute on function attachment_checks_forget to track_worker;

-- As 0027 has it; what a file said goes with it.
create or replace function blob_removed(gone text) returns void language sql security definer set search_path = public, pg_temp as $$
    update file_checks set words = null where tenant_id = current_tenant() and sha256 = gone;
    update blobs set removed_at = now() where tenant_id = current_tenant() and sha256 = gone
$$;

-- Hashes of the words of a text, each once and in order, whatever their case, accents and the signs about them.
create function file_words(text text) returns bigint[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct hashtextextended(w, 0)), '{}')
    from (select trim(both '.-–''’!?*#/' from word) as w
        from regexp_split_to_table(folded(text), E'[\\s\u00a0\u202f,;:()\\[\\]{}"«»„“”<>|]+') word) words
    where w <> ''
$$;

-- For this transaction: whose messages of a run are not sent yet, by the words that they are known by in a file, and each such mark
-- under the word that fewest have. A reference of up to four signs says nothing, nor does a number of one or two. Files that go to
-- several units, house rules say, are nobody's. Only with what it counts does the planner find a way.
create function run_marks_make(batch uuid) returns void language plpgsql as $$
begin
    create temporary table run_recipients on commit drop as
    select c.id, c.unit_id, u.number, case when length(c.reference) > 4 then file_words(c.reference) else '{}' end as reference, file_words(coalesce(c.recipient_name, '')) as name,
        case when length(u.number) > 2 then file_words(u.number) else '{}' end as of_unit
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    where c.tenant_id = current_tenant() and c.batch_id = batch and c.delivery_status = 'DRAFT';

    create temporary table run_marks on commit drop as
    with marks as materialized (
        select distinct r.unit_id, r.number, r.name, m.rank, m.what, m.words
        from run_recipients r
        cross join lateral (values (1, 'reference', r.reference), (2, 'name', r.name), (3, 'number', r.of_unit)) m (rank, what, words)
        where m.words <> '{}'
    ), often as materialized (
        select word, count(*) as n from marks cross join lateral unnest(words) word group by 1
    )
    select distinct on (m.unit_id, m.name, m.rank, m.words) m.*, o.word as key
    from marks m
    cross join lateral unnest(m.words) w (word)
    join often o on o.word = w.word
    order by m.unit_id, m.name, m.rank, m.words, o.n;

    create temporary table run_files_of_several on commit drop as
    select a.sha256
    from run_recipients r
    join communication_attachments a on a.tenant_id = current_tenant() and a.communication_id = r.id
    group by a.sha256 having count(distinct r.unit_id) > 1;

    create index on run_recipients (id);
    create index on run_marks (key);
    analyze run_recipients, run_marks, run_files_of_several;
end $$;

-- Then, of the files of the next recipients by id: a file is its recipient's by the reference that stands in it, or else by name and
-- number of the unit; it is somebody else's by what does not fit the recipient, too. Answers the last of them, null behind the last of all.
create function run_files_judge(after uuid) returns uuid language plpgsql as $$
declare
    last uuid;
begin
    with due as materialized (
        select * from run_recipients where id > after order by id limit 500
    ), files as materialized (
        select d.id, a.position, d.unit_id, d.name, d.of_unit, k.pages, coalesce(k.words, '{}') as words,
            a.sha256 in (select sha256 from run_files_of_several) as of_several,
            d.reference <> '{}' and d.reference <@ k.words as by_reference, d.name <> '{}' and d.name <@ k.words as by_name,
            d.of_unit <> '{}' and d.of_unit <@ k.words as by_number
        from due d
        join communication_attachments a on a.tenant_id = current_tenant() and a.communication_id = d.id
        join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256 and (k.words is not null or k.pages is null)
    ), others as (
        select distinct on (f.id, f.position) f.id, f.position, format('the %s of unit %s stands in it', m.what, m.number) as told
        from files f
        cross join lateral unnest(f.words) w (word)
        join run_marks m on m.key = w.word and m.unit_id <> f.unit_id and m.words <@ f.words
        where not f.of_several and not f.by_reference and not (f.by_name and (f.by_number or f.of_unit = '{}')) and case m.rank
            when 1 then true
            when 2 then not f.by_name
            else not f.by_number and (not f.by_name or m.name = f.name) end
        order by f.id, f.position, m.rank, m.number
    ), judged as (
        insert into attachment_checks (tenant_id, communication_id, position, names, told)
        select current_tenant(), f.id, f.position,
            case when f.of_several then 'several' when o.told is not null then 'other' when f.by_reference or f.by_name or f.by_number then 'recipient' else 'nobody' end,
            coalesce(o.told, case when f.words = '{}' and f.pages is not null then 'it has no text' end)
        from files f
        left join others o on o.id = f.id and o.position = f.position
        on conflict (tenant_id, communication_id, position)
            do update set names = excluded.names, told = excluded.told, checked_at = excluded.checked_at
    )
    select d.id into last from due d order by d.id desc limit 1;
    return last;
end $$;

do $$
begin
    execute format('grant temporary on database %I to track_worker', current_database());
end $$;

-- As 0043 has it, with the file that it is about, and whose it is.
drop function run_faults;
create function run_faults(batch uuid, channels text[]) returns table (id uuid, number text, recipient_name text, channel text,
    left_out boolean, kind text, value text, sha256 text, "position" smallint) language sql stable as $$
with due as materialized (
    select c.id, c.unit_id, c.channel, c.recipient_name, c.email, c.phone, c.street, c.postal_code, c.city, c.country, c.subject, c.template,
        c.amount_minor, c.currency, c.year, u.number, b.country as home, o.communication_id is not null as left_out,
        exists (select from communication_attachments a where a.tenant_id = c.tenant_id and a.communication_id = c.id) as has_file
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    left join batch_omissions o on o.tenant_id = c.tenant_id and o.communication_id = c.id
    where c.tenant_id = current_tenant() and c.batch_id = batch and c.delivery_status = 'DRAFT'
        and c.channel = any (channels)
), files as materialized (
    select d.id, d.unit_id, d.number, d.recipient_name, d.channel, d.left_out, a.sha256, a.position, a.file_name,
        a.content_type, k.fault, k.opens, k.pages, k.sizes, n.names, n.told
    from due d
    join communication_attachments a on a.tenant_id = current_tenant() and a.communication_id = d.id
    left join file_checks k on k.tenant_id = a.tenant_id and k.sha256 = a.sha256
    left join attachment_checks n on n.tenant_id = a.tenant_id and n.communication_id = a.communication_id and n.position = a.position
), shared as materialized (
    select sha256 from files group by sha256
    having count(distinct unit_id) > 1 and count(distinct unit_id) < (select count(distinct unit_id) from files)
), rule as materialized (
    select count(*) filter (where has_file) * 2 > count(*) as files,
        coalesce(nullif(max(home), ''), mode() within group (order by nullif(country, ''))) as country
    from due d where d.channel <> 'SMS'
), paper as materialized (
    select case when coalesce(max(l.settings ->> 'form'), case when max(rule.country) in ('US', 'CA') then 'US10' end) = 'US10'
        then '{216,279}'::int[] else '{210,297}' end as size
    from rule left join letter_settings l on l.tenant_id = current_tenant()
), twins as materialized (
    select unit_id, channel, template, subject, coalesce(amount_minor, 0) as amount,
        lower(concat_ws('|', email, phone, street, recipient_name)) as at
    from due group by 1, 2, 3, 4, 5, 6 having count(*) > 1
), found as (
    select d.id, d.number, d.recipient_name, d.channel, d.left_out, f.kind, f.value, null::text as sha256, null::smallint as position
    from due d
    cross join rule
    cross join lateral (
        select 'no_email', null where d.channel = 'EMAIL' and coalesce(d.email, '') = ''
        union all select 'no_phone', null where d.channel = 'SMS' and coalesce(d.phone, '') = ''
        union all select 'no_postal_address', nullif(concat_ws(', ', nullif(d.street, ''), nullif(d.postal_code, ''),
                nullif(d.city, '')), '')
            where d.channel like 'LETTER%' and '' in (d.street, d.postal_code, d.city)
        union all (select case when s.blocks then 'suppressed' else 'bad_address' end, s.address || ': ' || s.sentence
            from suppressions s
            where s.tenant_id = current_tenant() and s.channel = d.channel and s.lifted_at is null
                and s.address = suppression_address(d.channel, case d.channel when 'EMAIL' then d.email when 'SMS' then d.phone end)
            order by s.blocks desc limit 1)
        union all select 'no_file', null where rule.files and d.channel <> 'SMS' and not d.has_file
        union all select 'twice', d.subject where (d.unit_id, d.channel, d.template, d.subject, coalesce(d.amount_minor, 0),
            lower(concat_ws('|', d.email, d.phone, d.street, d.recipient_name))) in (select * from twins)
        union all select 'no_currency', d.amount_minor::text where d.amount_minor is not null and coalesce(d.currency, '') = ''
        union all select 'abroad', d.country where d.country <> '' and d.country <> rule.country
        union all select 'lost_email', l.email from (
            select o.email from communications o
            where coalesce(d.email, '') = '' and o.tenant_id = current_tenant() and o.unit_id = d.unit_id
                and o.year = d.year - 1 and coalesce(o.email, '') <> ''
            limit 1) l
    ) f (kind, value)
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out,
        case when f.opens and f.channel = 'EMAIL' then 'faulty_file' else 'unreadable_file' end, f.file_name || ': ' || f.fault,
        f.sha256, f.position
    from files f
    where f.fault is not null
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out, 'unreadable_file',
        f.file_name || ': it is no PDF, and a letter prints nothing else', f.sha256, f.position
    from files f
    where f.fault is null and f.content_type <> 'application/pdf' and f.channel like 'LETTER%'
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out, 'many_pages', string_agg(f.file_name || ': ' || f.pages
        || ' pages', ', ' order by f.file_name), null, null
    from files f
    where f.channel like 'LETTER%'
    group by 1, 2, 3, 4, 5 having sum(f.pages) > 400
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out, 'page_size', f.file_name || ': page ' || (odd.s ->> 0)
        || ' is ' || (odd.s ->> 1) || ' × ' || (odd.s ->> 2) || ' mm, the paper ' || paper.size[1] || ' × ' || paper.size[2] || ' mm',
        f.sha256, f.position
    from files f
    cross join paper
    cross join lateral (
        select s from jsonb_array_elements(f.sizes) s
        where abs((s ->> 1)::int - paper.size[1]) > 3 or abs((s ->> 2)::int - paper.size[2]) > 3
        order by (s ->> 0)::int limit 1
    ) odd
    where f.channel like 'LETTER%'
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out, 'shared_file', f.file_name, f.sha256, f.position
    from files f
    where f.sha256 in (select * from shared)
    union all
    select f.id, f.number, f.recipient_name, f.channel, f.left_out,
        case f.names when 'other' then 'wrong_file' else 'unnamed_file' end, concat_ws(': ', f.file_name, f.told), f.sha256, f.position
    from files f
    where f.pages is not null and (f.names = 'other'
        or f.names = 'nobody' and (select count(*) filter (where names = 'recipient') * 2 > count(*) from files
            where pages is not null and names <> 'several'))
)
select id, number, recipient_name, channel, left_out, kind, value, sha256, position from found
$$;
