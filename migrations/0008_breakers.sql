-- A circuit is that of an account at a host of a provider: one tenant's trouble stops nobody else's sends.

alter table circuit_breakers add column host text not null default '', add column account text not null default '',
    drop constraint circuit_breakers_pkey, add primary key (provider, host, account);
