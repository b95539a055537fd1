-- Conversations found for orders, and what customers are told once theirs is known.

alter table customer_notifications
    add column muted boolean not null default false, -- what was told of afterwards is not sent
    add column dry_run boolean not null default false,
    add column caught_up_at timestamptz; -- sent after all, when its order's conversation was linked

-- Conversations that may be about an order, and which are not.
create table thread_suggestions (
    tenant_id uuid not null references tenants,
    order_id uuid not null,
    conversation_id text not null check (conversation_id ~ '^[A-Za-z0-9_-]{1,64}$'), -- it becomes part of addresses
    found_by text check (found_by in ('number', 'email')), -- null: it was linked by a person, and unlinked
    subject text not null default '',
    email text, -- of who wrote, or was written to
    dismissed boolean not null default false,
    found_at timestamptz not null default now(),
    dismissed_at timestamptz,
    dismissed_by text,
    primary key (tenant_id, order_id, conversation_id),
    foreign key (tenant_id, order_id) references orders (tenant_id, id)
);
create index thread_suggestions_conversation on thread_suggestions (tenant_id, conversation_id);
select tenant_table('thread_suggestions');

grant select, insert, update on thread_suggestions to track_web, track_worker;

-- Whose jobs ended in vain.
create index jobs_parked on jobs (kind, unique_key) where state = 'parked';

-- What functions of the owner look through.
do $$
declare
    seen text;
begin
    foreach seen in array array['customers', 'orders'] loop
        if not exists (select from pg_policies where schemaname = 'public' and tablename = seen and policyname = 'owner_scope') then
            perform owner_sees_all(seen::regclass);
        end if;
    end loop;
end $$;

-- Orders whose number is one of the words, and customers whose e-mail address is one of the addresses; both in small letters. Row
-- security would keep the indexes from being used, as lower() is not leakproof: functions of the owner look, within the tenant at
-- hand. The worker asks.
create function orders_numbered(words text[]) returns table (order_id uuid, word text) language sql stable rows 5 security definer
    set search_path = public, pg_temp as $$
    select o.id, w.word
    from unnest(words) w (word)
    cross join lateral (select o.id from orders o where o.tenant_id = current_tenant() and lower(o.number) = w.word limit 20) o
$$;

create function customers_addressed(emails text[]) returns table (customer_id uuid) language sql stable rows 5 security definer
    set search_path = public, pg_temp as $$
    select c.id
    from unnest(emails) e (email)
    cross join lateral (select c.id from customers c where c.tenant_id = current_tenant() and c.email is not null
        and lower(c.email) = e.email limit 100) c
$$;
revoke execute on function orders_numbered, customers_addressed from public;
grant execute on function orders_numbered, customers_addressed to track_worker;
