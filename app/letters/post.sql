-- What happens to a run's letters once they are paper.

-- Tells the letters' timelines; `after` has the status that each of `statuses` moves to. Of a letter that another attempt
-- followed it is a note. `missing`: only those that are missing, or only the others; `standing`: only those that the run told so
-- last. A letter that was told the same by the run, with as good a grade, is told nothing.
-- name: post_tell
with told as materialized (
    select c.id, c.delivery_status, c.attempt_no = p.attempt_no as current, p.seq
    from print_pieces p
    join communications c on c.tenant_id = p.tenant_id and c.id = p.communication_id
    left join lateral (
        select coalesce(e.detail ->> 'told', e.type) as type, e.grade
        from communication_events e
        where e.tenant_id = p.tenant_id and e.communication_id = p.communication_id and e.detail ->> 'runId' = :run_id::uuid::text
            and coalesce(e.detail ->> 'told', e.type) in ('PRINTED', 'LODGED')
        order by e.seq desc limit 1
    ) last on true
    where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid
        and (:missing::bool is null or p.missing = :missing::bool) and (:standing::text is null or last.type = :standing::text)
        and (last.type is distinct from :type::text or last.grade > :grade::text)
        and not exists (select from communication_events e where e.tenant_id = p.tenant_id
            and e.communication_id = p.communication_id and e.dedupe_key = :dedupe_key::text)
    order by c.id for no key update of c
)
insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, actor_id,
    actor_name, sentence, detail, dedupe_key, seq, prev_hash, hash)
select current_tenant(), t.id, case when t.current then :type::text else 'NOTE' end, :source::text, :grade::text,
    case when t.current then (:after::text[])[array_position(:statuses::text[], t.delivery_status)] else t.delivery_status end,
    coalesce(:occurred_at::timestamptz, now()), :actor_id::uuid, :actor_name::text,
    case when t.current then '' else 'About an earlier letter: ' end || :sentence::text,
    :detail::jsonb || jsonb_build_object('runId', :run_id::uuid, 'piece', t.seq, 'told', :type::text), :dedupe_key::text, 0, '', ''
from told t order by t.id

-- Nobody vouches any more for what was taken back.
-- name: post_ungraded
update communications c set evidence_grade = null
from print_pieces p
join communication_events e on e.tenant_id = p.tenant_id and e.communication_id = p.communication_id
    and e.type = 'PRINTED' and e.dedupe_key = :dedupe_key::text
where p.tenant_id = current_tenant() and p.run_id = :run_id::uuid
    and c.tenant_id = p.tenant_id and c.id = p.communication_id and c.delivery_status = 'SENT'

-- Those that the post did not take, by their numbers.
-- name: post_missing
update print_pieces set missing = seq = any (:seqs::int[])
where tenant_id = current_tenant() and run_id = :run_id::uuid and missing <> (seq = any (:seqs::int[]))

-- name: post_printed
update print_runs set state = 'PRINTED', printed_at = now(), printed_by_name = :actor_name::text
where tenant_id = current_tenant() and id = :run_id::uuid

-- When it was: a moment, or a day and a time where the tenant is, or now.
-- name: post_when
select coalesce(:at::timestamptz, (:on::text || ' ' || :time::text)::timestamp at time zone time_zone, now()) as "at",
    coalesce(:at::timestamptz, (:on::text || ' ' || :time::text)::timestamp at time zone time_zone, now())
        > now() + interval '1 minute' as "ahead"
from tenants where id = current_tenant()

-- name: post_lodged
update print_runs set state = 'LODGED', lodged_at = :at::timestamptz, lodged_by_name = :actor_name::text,
    accepted = :accepted::int, counts = counts + 1, scan_sha256 = coalesce(:scan::text, scan_sha256),
    scan_file_name = coalesce(:scan_name::text, scan_file_name),
    scan_content_type = coalesce(:scan_type::text, scan_content_type)
where tenant_id = current_tenant() and id = :run_id::uuid

-- name: post_close
update print_runs set state = 'CLOSED', closed_at = now(), closed_by_name = :actor_name::text,
    explanation = :explanation::text
where tenant_id = current_tenant() and id = :run_id::uuid

-- name: post_receipt
update print_pieces set receipt = :number::text
where tenant_id = current_tenant() and run_id = :run_id::uuid and seq = :seq::int and class = 'LETTER_WITH_RECEIPT'
returning communication_id
