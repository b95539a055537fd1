-- Views of the list of messages that people keep, groups of failures, and what the search everywhere goes by.

create table saved_views (
    tenant_id uuid not null references tenants,
    id uuid not null default uuid7(),
    owner_id uuid not null, -- a user or an API client
    owner_name text,
    name text not null check (char_length(name) between 1 and 80),
    q text not null, -- as in the qualifier bar: "after:7d" stays seven days
    shared boolean not null default false,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create unique index saved_views_name on saved_views (tenant_id, owner_id, lower(name));
create index saved_views_shared on saved_views (tenant_id, name) where shared;
select tenant_table('saved_views');
grant select, insert, update, delete on saved_views to track_web;

-- What many failures have in common: their sentence without addresses, names of hosts, numbers and quotation marks.
create function reason_of(sentence text) returns text language sql immutable strict parallel safe as $$
    select btrim(regexp_replace(regexp_replace(regexp_replace(replace(sentence, '"', ''), '[^[:space:]<>"]+@[^[:space:]<>",;]*[^[:space:]<>",;.]', '…', 'g'),
        '\m([a-z0-9-]+\.)+[a-z]{2,}\M', '…', 'gi'), '\+?[0-9]+([.:,/-][0-9]+)*', '…', 'g'))
$$;

-- Units' years that hold all words, in buildings that the actor may see: at most `most`. Of the owner
-- for the reason unit_years_found is.
create function units_searched(words text[], all_buildings boolean, actor uuid, most int)
    returns table (unit_id uuid, year smallint) language sql stable security definer set search_path = public, pg_temp as $$
    select u.unit_id, u.year
    from unit_years u
    where u.tenant_id = current_tenant() and cardinality(words) > 0
        and (all_buildings or exists (select from building_grants g
            where g.tenant_id = current_tenant() and g.actor_id = actor and g.building_id = u.building_id))
        and u.search like all (array(select '%' || regexp_replace(lower(w), '([%_\\])', '\\\1', 'g') || '%' from unnest(words) w))
    limit most
$$;
revoke execute on function units_searched from public;
grant execute on function units_searched to track_web;
