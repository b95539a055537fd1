-- How much waits to be done, counted no further than `most`, and how long the oldest of it has: of one queue, or of all.
create function jobs_waiting(of_queue text, most int, out waiting int, out oldest_seconds int) language plpgsql stable
    security definer set search_path = public, pg_temp as $$
begin
    select count(*)::int, greatest(0, coalesce(extract(epoch from now() - min(run_at)), 0))::int into waiting, oldest_seconds
    from (select run_at from jobs where state = 'ready' and (of_queue is null or queue = of_queue) limit most) j;
end $$;
revoke execute on function jobs_waiting(text, int) from public;
grant execute on function jobs_waiting(text, int) to track_web;
