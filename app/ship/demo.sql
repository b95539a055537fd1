-- The demo's parcels.

-- A shipment as old as what is told of it.
-- name: demo_parcel_added
update shipments set created_at = :added_at::timestamptz where tenant_id = current_tenant() and id = :shipment_id::uuid;
