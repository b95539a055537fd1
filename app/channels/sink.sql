-- name: sink_message_add
insert into sink_messages (tenant_id, communication_id, message_id, recipient, subject, sha256, size, channel)
values (current_tenant(), :communication_id::uuid, :message_id::text, :recipient::text, :subject::text,
        :sha256::text, :size::bigint, :channel::text)
on conflict (tenant_id, message_id) do nothing
returning id;
