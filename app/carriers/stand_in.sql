-- What the stand-in has done of a parcel: its calls in the log, which are all it does.

-- name: stand_in_done
select count(*) filter (where url = :base::text || '/orders/create/adhoc' and status = 200) > 0 as created,
    count(*) filter (where url = :base::text || '/courier/assign/awb' and status = 200) > 0 as assigned,
    count(*) filter (where url = :base::text || '/courier/generate/pickup' and status = 200) > 0 as picked_up,
    count(*) filter (where url = :base::text || '/orders/cancel' and status = 204) > 0 as cancelled
from http_calls
where tenant_id = current_tenant() and entity = :entity::text and dry_run
