-- Mailboxes that reports come back to: the subscription that tells of new messages, and how far they were read.

create table report_mailboxes (
    tenant_id uuid not null,
    account_id uuid not null,
    subscription_id text,
    expires_at text, -- RFC 3339, as the provider gave it
    delta_link text,
    swept_at timestamptz,
    primary key (tenant_id, account_id),
    foreign key (tenant_id, account_id) references provider_accounts (tenant_id, id)
);
select tenant_table('report_mailboxes');
grant select, insert, update on report_mailboxes to track_worker;
