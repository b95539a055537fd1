-- A phone number that is looked for is found however it is written. Bundles are written anew without those whose proof ended or who
-- are forgotten.

-- As 0083 has it; a number (E.164) stands in any of its forms, +41 79 123 45 67, 0041…, 41…, 079/123.45.67, and not within more
-- digits; the form without its country only where it has seven digits or more. app/proof/address.c has the same rule.
create or replace function holds_address(text text, addresses text[]) returns boolean language plpgsql immutable parallel safe as $$
declare
    low text = lower(text);
    near text = replace(replace(replace(replace(low, '%40', '@'), '\u0040', '@'), '%2b', '+'), '\u002b', '+');
    plain text;
    a text;
    code text;
    rest text;
    between text = '[ ./()''-]*';
begin
    foreach a in array addresses loop
        continue when a not like '+%' and strpos(near, a) = 0;
        plain = coalesce(plain, regexp_replace(regexp_replace(regexp_replace(low, '(\\+u00|%)40', '@', 'g'), '(\\+u00|%)2b', '+', 'g'),
            '\\+(u[0-9a-f]{4}|[0-7]{3}|[a-z])|%[0-9a-f]{2}|[^\u0001-\u007f]', ' ', 'g'));
        if a not like '+%' then
            if plain ~ ('(?<![a-z0-9]|[a-z0-9][._+-])' || regexp_replace(a, '([][\\^$.|?*+(){}])', '\\\1', 'g')
                    || '(?![a-z0-9]|\.[a-z0-9]|-[a-z0-9-]*\.[a-z0-9])') then
                return true;
            end if;
            continue;
        end if;
        code = coalesce(substring(a from '^\+(1|7|2[078]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])'), substr(a, 2, 3));
        rest = substr(a, 2 + length(code));
        if rest <> '' and plain ~ ('(?<![0-9])((00' || between || ')?' || regexp_replace(code, '(\d)(?=\d)', '\1' || between, 'g')
                || between || ')' || case when length(rest) >= 7 then '?' else '' end || '(0' || between || ')?'
                || regexp_replace(rest, '(\d)(?=\d)', '\1' || between, 'g') || '(?!\d)') then
            return true;
        end if;
    end loop;
    return false;
end $$;

-- ---------------------------------------------------------------- bundles

-- How often messages of its run lost their proof since it was written.
alter table archives add column outdated int not null default 0, add column written_at timestamptz;
grant update (sha256, size, communications, files, outdated, written_at) on archives to track_worker;

insert into proof_stores values
('archives, anew', 5, 'archives', 't.removed_at is null and t.batch_id in (select unnest($3)) and exists (select from communications c
    where c.tenant_id = t.tenant_id and c.batch_id = t.batch_id and c.id <> all ($1))', '{"outdated": "t.outdated + 1"}');
-- Those that hold somebody already whose proof ended. Each tenant's rows are seen as its own.
do $$
declare
    who uuid;
begin
    for who in select id from tenants loop
        perform set_config('track.tenant', who::text, true);
        update archives a set outdated = 1 where a.tenant_id = who and a.removed_at is null and exists (select from communication_batches b
            where b.tenant_id = who and b.id = a.batch_id and b.ended > 0);
    end loop;
    perform set_config('track.tenant', '', true);
end $$;
