-- Where a run stands is told alike in its list, on its page and in the search.

-- gone: some of its messages left or failed; due: some are still to leave.
create function run_phase(p communication_batches, gone boolean, due boolean) returns text language sql immutable parallel safe as $$
    select case when p.closed_at is not null then 'CLOSED' when p.state = 'COMPLETED' then 'SENT'
        when p.state = 'DRAFT' then case when not gone then 'DRAFT' when due then 'PART' else 'SENT' end
        when p.paused_at is not null then 'PAUSED' when p.canary is not null then 'CANARY' else 'SENDING' end
$$;
