-- The table of shipments leaves out what is of an order or a purchase order, and what a carrier said a code of.

-- What a filter leaves of the shipments, in words that the planner can use. `found`, `coded` and `notCoded`: {ids, many}, of its text
-- and codes; `orders`, `purchaseOrders` and those with not: ids, of the numbers it names.
create or replace function shipments_matching(filter jsonb) returns setof shipments language sql stable parallel safe as $$
    select s.*
    from shipments s
    where s.tenant_id = current_tenant()
        and (filter -> 'status' is null or jsonb_array_length(filter -> 'status') = 1 or s.status = any (filter_texts(filter, 'status')))
        and (jsonb_array_length(filter -> 'status') is distinct from 1 or s.status = (filter_texts(filter, 'status'))[1])
        and (filter -> 'attention' is null or s.attention = any (filter_texts(filter, 'attention')))
        and (filter -> 'notAttention' is null or s.attention <> all (filter_texts(filter, 'notAttention')))
        and (not coalesce(filter -> 'is' ? 'silent', false) or s.silent_since is not null)
        and (not coalesce(filter -> 'notIs' ? 'silent', false) or s.silent_since is null)
        and (filter -> 'carrier' is null or jsonb_array_length(filter -> 'carrier') = 1 or s.carrier = any (filter_texts(filter, 'carrier')))
        and (jsonb_array_length(filter -> 'carrier') is distinct from 1 or s.carrier = (filter_texts(filter, 'carrier'))[1])
        and (filter -> 'notCarrier' is null or s.carrier <> all (filter_texts(filter, 'notCarrier')))
        and (filter -> 'service' is null or s.service <> '')
        and (filter -> 'service' is null or jsonb_array_length(filter -> 'service') = 1 or s.service = any (filter_texts(filter, 'service')))
        and (jsonb_array_length(filter -> 'service') is distinct from 1 or s.service = (filter_texts(filter, 'service'))[1])
        and (filter -> 'notService' is null or s.service <> all (filter_texts(filter, 'notService')))
        and (filter -> 'shop' is null or s.shop is not null)
        and (filter -> 'shop' is null or jsonb_array_length(filter -> 'shop') = 1 or s.shop = any (filter_texts(filter, 'shop')))
        and (jsonb_array_length(filter -> 'shop') is distinct from 1 or s.shop = (filter_texts(filter, 'shop'))[1])
        and (filter -> 'notShop' is null or coalesce(s.shop, '') <> all (filter_texts(filter, 'notShop')))
        and (filter -> 'country' is null or s.country is not null)
        and (filter -> 'country' is null or jsonb_array_length(filter -> 'country') = 1 or s.country = any (filter_texts(filter, 'country')))
        and (jsonb_array_length(filter -> 'country') is distinct from 1 or s.country = (filter_texts(filter, 'country'))[1])
        and (filter -> 'notCountry' is null or coalesce(s.country, '') <> all (filter_texts(filter, 'notCountry')))
        and (filter -> 'order' is null or s.order_id = any (filter_ids(filter, 'orders')))
        and (filter -> 'po' is null or s.purchase_order_id = any (filter_ids(filter, 'purchaseOrders')))
        and (filter -> 'notOrder' is null or s.order_id is null or s.order_id <> all (filter_ids(filter, 'notOrders')))
        and (filter -> 'notPo' is null or s.purchase_order_id is null
            or s.purchase_order_id <> all (filter_ids(filter, 'notPurchaseOrders')))
        and (filter -> 'coded' is null or (filter -> 'coded' ->> 'many')::boolean or s.id = any (filter_ids(filter -> 'coded', 'ids')))
        and (not coalesce((filter -> 'coded' ->> 'many')::boolean, false) or exists (select from shipment_events e
            where e.tenant_id = current_tenant() and e.shipment_id = s.id and e.type = 'SCAN'
                and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = any (filter_texts(filter, 'code')) offset 0))
        and (filter -> 'notCoded' is null or (filter -> 'notCoded' ->> 'many')::boolean
            or s.id <> all (filter_ids(filter -> 'notCoded', 'ids')))
        and (not coalesce((filter -> 'notCoded' ->> 'many')::boolean, false) or not exists (select from shipment_events e
            where e.tenant_id = current_tenant() and e.shipment_id = s.id and e.type = 'SCAN'
                and left(coalesce(e.detail ->> 'code', e.detail ->> 'milestone'), 100) = any (filter_texts(filter, 'notCode')) offset 0))
        and (filter -> 'before' is null or s.moved_at < (filter ->> 'before')::timestamptz)
        and (filter -> 'after' is null or s.moved_at >= (filter ->> 'after')::timestamptz)
        and (not coalesce(filter -> 'is' ? 'dry', false) or s.dry_run)
        and (not coalesce(filter -> 'notIs' ? 'dry', false) or not s.dry_run)
        and (not coalesce(filter -> 'is' ? 'late', false) or s.attention = 'late')
        and (not coalesce(filter -> 'notIs' ? 'late', false) or s.attention <> 'late')
        and (not coalesce(filter -> 'has' ? 'failure', false) or s.order_id = any (array(select f.order_id from delivery_failures f
            where f.tenant_id = current_tenant() and f.resolved_at is null)))
        and (not coalesce(filter -> 'notHas' ? 'failure', false) or not exists (select from delivery_failures f
            where f.tenant_id = current_tenant() and f.order_id = s.order_id and f.resolved_at is null))
        and (filter -> 'found' is null or (filter -> 'found' ->> 'many')::boolean or s.id = any (filter_ids(filter -> 'found', 'ids')))
        and (not coalesce((filter -> 'found' ->> 'many')::boolean, false) or s.id = any (filter_ids(filter -> 'found', 'ids'))
            or exists (select from shipment_words w where w.tenant_id = current_tenant() and w.shipment_id = s.id
                and w.search ~ all (words_begin(filter_texts(filter, 'text'))) offset 0))
        and (filter -> 'notText' is null or not exists (select from shipment_words w where w.tenant_id = current_tenant()
            and w.shipment_id = s.id and w.search ~ any (words_begin(filter_texts(filter, 'notText'))) offset 0))
$$;
