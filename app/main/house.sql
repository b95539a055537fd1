-- name: house_partitions
select make_month_partitions('communication_events', 12) + make_month_partitions('shipment_events', 12) + make_month_partitions('http_calls', 12) + roll_job_history(7, 30) as changed;

-- name: house_forget_keys
select forget_idempotency_keys() as n;
