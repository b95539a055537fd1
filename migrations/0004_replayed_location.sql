-- Where an answer led to that is replayed for its Idempotency-Key.

alter table idempotency_keys add column location text;
