-- Fails where what a statement counts on does not hold, so that what was sent along with it does not happen either.
create function must_hold(held boolean, what text) returns void language plpgsql as $$
begin
    if held is not true then
        raise exception '%', what using errcode = 'TC409';
    end if;
end $$;

alter table jobs add column begun_at timestamptz; -- when its first counted try began
