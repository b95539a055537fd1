-- Views keep which columns they show; people are told of a view by e-mail.

alter table saved_views add column columns text not null default ''; -- names with commas between, '': the usual ones

-- Whoever wants to be told of a view: when something comes into it that was empty, or each day at eight.
create table view_subscriptions (
    tenant_id uuid not null,
    view_id uuid not null,
    user_id uuid not null,
    tell text not null check (tell in ('nonempty', 'daily')),
    standing boolean not null default false, -- something was in it when it was last looked at
    told_on date, -- the tenant's day on which it was last told
    created_at timestamptz not null default now(),
    primary key (tenant_id, view_id, user_id),
    foreign key (tenant_id, view_id) references saved_views on delete cascade,
    foreign key (tenant_id, user_id) references users on delete cascade
);
select tenant_table('view_subscriptions');
grant select, insert, update, delete on view_subscriptions to track_web;
grant select, update on view_subscriptions to track_worker;
grant select on saved_views to track_worker;
