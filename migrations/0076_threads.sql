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
