// Deliveries over HTTP: handed to the stand-in of a dry run, once; waited for; retried, taken back; what went wrong is
// listed; and the pages of it all.
import assert from "node:assert/strict";
import { api, check, eventually, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("deliver");
const call = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const nobody = "0198c000-0000-7000-8000-000000000000";
const parcel = { weightGrams: 1200, lengthMm: 250, breadthMm: 180, heightMm: 160 };
let numbers = 0;

async function order() {
    const made = await call("POST", "/api/orders", {
        number: `D-${process.pid}-${++numbers}`,
        customer: { name: "Eva Keller", email: "eva@example.com" },
        items: [{ name: "Blue kettle", quantity: 1, unitMinor: 149900 }],
        shipTo: { name: "Eva Keller", street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" },
    });
    assert.equal(made.status, 201, made.text);
    return made.body;
}

const deliver = (orderId, more = {}, headers) => call("POST", `/api/orders/${orderId}/deliveries`, { ...parcel, ...more }, headers);
const ended = (deliveryId) => eventually("the delivery ends", async () => {
    const { body } = await call("GET", `/api/deliveries/${deliveryId}`);
    return ["saved", "failed", "cancelled"].includes(body.state) && body;
});
// As if the carrier had refused it, before its worker came.
function fail(deliveryId, orderId) {
    sql(`delete from jobs where unique_key = '${deliveryId}'`);
    sql(`update delivery_reservations set state = 'failed', fence = fence + 1 where id = '${deliveryId}'`);
    sql(`insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, code, field, retry)
        select tenant_id, '${orderId}', id, 'create', 'refused', 'The billing pincode field is required.', 'HTTP 422', 'shipTo.postalCode', 'none'
        from delivery_reservations where id = '${deliveryId}'`);
}
const paused = (yes) => sql(`insert into job_queues (queue, paused) values ('carrier', ${yes}) on conflict (queue) do update set paused = ${yes}`);

check("a parcel is handed over once, and asked for again is as it was", async () => {
    const { orderId } = await order();
    const first = await deliver(orderId);
    assert.equal(first.status, 202);
    assert.equal(first.headers.get("location"), `/api/deliveries/${first.body.deliveryId}`);
    assert.deepEqual([first.body.dryRun, first.body.fromCache], [true, false]);
    const done = await ended(first.body.deliveryId);
    assert.equal(done.state, "saved");
    assert.match(done.trackingNumber, /^DRY\d{9}$/);
    assert.equal(done.results.create.status, "NEW");
    assert.equal(done.results.awb.awb_assign_status, 1);
    assert.equal(done.results.pickup.pickup_status, 1);
    const again = await deliver(orderId, { weightGrams: 5 });
    assert.deepEqual([again.status, again.body.fromCache, again.body.shipmentId], [200, true, done.shipmentId]);
    const shipment = (await viewer("GET", `/api/ship/shipments/${done.shipmentId}`)).body;
    assert.deepEqual([shipment.dryRun, shipment.status, shipment.trackingNumber], [true, "info_received", done.trackingNumber]);
    assert.equal((await call("GET", `/api/orders/${orderId}`)).body.status, "reserved");
    const { body: { deliveries } } = await viewer("GET", `/api/orders/${orderId}/deliveries`);
    assert.deepEqual(deliveries.map((one) => one.deliveryId), [done.deliveryId]);
    assert.equal((await viewer("GET", `/api/orders/${orderId}/deliveries/1`)).body.deliveryId, done.deliveryId);
    assert.deepEqual(sql(`select count(*), count(distinct url), bool_and(dry_run) from http_calls where entity = 'delivery:${done.deliveryId}'`), [["3", "3", "t"]]);
});

check("who prefers to wait gets the result", async () => {
    const { orderId } = await order();
    const done = await deliver(orderId, {}, { prefer: "wait=10" });
    assert.deepEqual([done.status, done.body.state, done.headers.get("preference-applied")], [201, "saved", "wait=10"]);
    const other = (await order()).orderId;
    const key = { prefer: "wait=10", "idempotency-key": `key-${process.pid}` };
    const kept = await deliver(other, {}, key);
    assert.equal(kept.status, 202);
    const replayed = await deliver(other, {}, key);
    assert.deepEqual([replayed.status, replayed.body, replayed.headers.get("idempotent-replayed")], [202, kept.body, "true"]);
});

check("what is wrong is named, and nothing is reserved", async () => {
    const { orderId } = await order();
    const wrong = await call("POST", `/api/orders/${orderId}/deliveries`, { weightGrams: 0, lengthMm: 1, carrier: "pigeon", parcel: 100 });
    assert.equal(wrong.status, 422);
    assert.deepEqual(wrong.body.errors.map((one) => one.field).sort(), ["breadthMm", "carrier", "heightMm", "lengthMm", "parcel", "weightGrams"]);
    assert.equal((await deliver(orderId, { pickupOn: "soon" })).body.errors[0].field, "pickupOn");
    assert.equal((await deliver(orderId, { purchaseOrderId: nobody })).body.errors[0].field, "purchaseOrderId");
    assert.equal((await deliver(nobody)).status, 404);
    assert.equal((await viewer("POST", `/api/orders/${orderId}/deliveries`, parcel)).status, 403);
    assert.deepEqual((await call("GET", `/api/orders/${orderId}/deliveries`)).body, { deliveries: [] });
    assert.equal((await call("GET", `/api/orders/${orderId}/deliveries/1`)).status, 404);
    assert.equal((await call("GET", `/api/orders/${orderId}/deliveries/one`)).status, 404);
    assert.equal((await call("GET", `/api/orders/${nobody}/deliveries`)).status, 404);
    assert.equal((await call("GET", `/api/deliveries/${nobody}`)).status, 404);
    for (const verb of ["retry", "cancel"]) assert.equal((await call("POST", `/api/deliveries/${nobody}/${verb}`)).status, 404);
    for (const verb of ["retry", "resolve"]) assert.equal((await call("POST", `/api/ship/failures/${nobody}/${verb}`)).status, 404);
    assert.equal((await call("GET", `/api/ship/failures/${nobody}`)).status, 404);
    assert.equal((await call("GET", "/api/ship/failures?state=some")).status, 422);
    assert.equal((await call("GET", "/api/ship/failures?after=x")).status, 422);
});

check("what failed is listed, goes on when told to, and is resolved", async () => {
    paused(true);
    const { orderId, number } = await order();
    const { deliveryId } = (await deliver(orderId)).body;
    assert.equal((await deliver(orderId)).status, 409);
    fail(deliveryId, orderId);
    paused(false);
    const { failures } = (await viewer("GET", "/api/ship/failures")).body;
    const [refused] = failures.filter((one) => one.deliveryId === deliveryId && one.kind === "refused");
    assert.deepEqual([refused.orderNumber, refused.step, refused.field, refused.retry, refused.canRetry], [number, "create", "shipTo.postalCode", "none", true]);
    assert.equal(failures.filter((one) => one.deliveryId === deliveryId && one.kind === "concurrent").length, 1);
    assert.equal((await viewer("GET", `/api/ship/failures/${refused.failureId}`)).body.sentence, refused.sentence);
    assert.equal((await viewer("POST", `/api/ship/failures/${refused.failureId}/retry`)).status, 403);
    assert.equal((await deliver(orderId, { courierId: "10" })).status, 409);
    const told = await call("POST", `/api/ship/failures/${refused.failureId}/retry`);
    assert.deepEqual([told.status, told.headers.get("location"), told.body.retry], [202, `/api/deliveries/${deliveryId}`, "retried"]);
    assert.equal((await ended(deliveryId)).state, "saved");
    assert.equal((await call("POST", `/api/deliveries/${deliveryId}/retry`)).status, 409);
    assert.equal((await call("POST", `/api/deliveries/${deliveryId}/cancel`)).status, 409);
    assert.equal((await call("POST", `/api/ship/failures/${refused.failureId}/resolve`)).status, 409);
});

check("one that failed is retried by itself, resolved, and taken back", async () => {
    paused(true);
    const one = await order(), two = await order();
    const first = (await deliver(one.orderId)).body.deliveryId, second = (await deliver(two.orderId)).body.deliveryId;
    fail(first, one.orderId);
    fail(second, two.orderId);
    const open = (await call("GET", "/api/ship/failures")).body.failures;
    const resolved = await call("POST", `/api/ship/failures/${open.find((f) => f.deliveryId === second).failureId}/resolve`);
    assert.equal(resolved.status, 200);
    assert.ok(resolved.body.resolvedAt && resolved.body.resolvedByName);
    assert.ok((await call("GET", "/api/ship/failures?state=all")).body.failures.some((f) => f.failureId === resolved.body.failureId));
    paused(false);
    assert.equal((await call("POST", `/api/deliveries/${first}/retry`)).status, 202);
    assert.equal((await ended(first)).state, "saved");
    assert.equal((await call("POST", `/api/deliveries/${second}/cancel`)).status, 202);
    assert.equal((await ended(second)).state, "cancelled");
    assert.equal((await call("GET", `/api/orders/${two.orderId}`)).body.status, "new");
    assert.equal((await deliver(two.orderId)).status, 202);
});

check("the pages: asked for on the order's, marked as a dry run everywhere, failures with their buttons", async () => {
    const { orderId } = await order();
    const go = await person("agent", tenant), look = await person("viewer", tenant);
    const page = async () => (await go(`/orders/${orderId}`)).text();
    const csrf = async (path) => /name="csrfToken" value="([^"]+)"/.exec(await (await go(path)).text())[1];
    assert.match(await page(), /Hand a parcel to a carrier[^]*Dry run\.<\/strong> No carrier is called/);
    assert.doesNotMatch(await (await look(`/orders/${orderId}`)).text(), /Hand a parcel to a carrier/);
    const form = { parcel: 1, weightGrams: 1200, lengthMm: 250, breadthMm: 180, heightMm: 3, carrier: "shiprocket" };
    const wrong = await go(`/orders/${orderId}/deliveries`, { ...form, csrfToken: await csrf(`/orders/${orderId}`) });
    assert.equal(wrong.status, 422);
    assert.match(await wrong.text(), /<details open>[^]*value="1200"[^]*id="height-error"/);
    paused(true);
    const made = await go(`/orders/${orderId}/deliveries`, { ...form, heightMm: 160, csrfToken: await csrf(`/orders/${orderId}`) });
    assert.deepEqual([made.status, made.headers.get("location")], [303, `/orders/${orderId}#deliveries`]);
    const twice = await go(`/orders/${orderId}/deliveries`, { ...form, heightMm: 160, csrfToken: await csrf(`/orders/${orderId}`) });
    assert.equal(twice.status, 409);
    assert.match(await twice.text(), /This delivery is under way\./);
    const deliveryId = sql(`select id from delivery_reservations where order_id = '${orderId}'`)[0][0];
    fail(deliveryId, orderId);
    assert.match(await (await go("/failures")).text(), /The billing pincode field is required\.[^]*Retry/);
    assert.doesNotMatch(await (await look("/failures")).text(), /\/retry"/);
    const failureId = sql(`select id from delivery_failures where reservation_id = '${deliveryId}' and kind = 'refused'`)[0][0];
    sql(`update delivery_failures set raw = '{"message": "billing <pincode>", "status_code": 422}' where id = '${failureId}'`);
    const one = await (await go(`/failures/${failureId}`)).text();
    assert.match(one, new RegExp(`href="/orders/${orderId}#deliveries"[^]*action="/failures/${failureId}/retry"[^]*&quot;billing &lt;pincode&gt;&quot;`));
    assert.doesNotMatch(await (await look(`/failures/${failureId}`)).text(), /\/retry"/);
    for (const wrong of ["0198c000-0000-7000-8000-000000000000", "x"]) assert.equal((await go(`/failures/${wrong}`)).status, 404);
    const token_ = await csrf("/failures");
    paused(false);
    assert.equal((await go(`/failures/${failureId}/retry`, { csrfToken: token_ })).status, 303);
    const done = await ended(deliveryId);
    assert.match(await page(), new RegExp(`Dry run[^]*Shipment made[^]*${done.trackingNumber}`));
    assert.match(await (await go(`/shipments/${done.shipmentId}`)).text(), /Dry run/);
    assert.match(await (await go("/shipments/table")).text(), /Dry run/);
    const other = (await order()).orderId;
    paused(true);
    await go(`/orders/${other}/deliveries`, { ...form, heightMm: 160, csrfToken: token_ });
    const [[second]] = sql(`select id from delivery_reservations where order_id = '${other}'`);
    fail(second, other);
    const [[failure]] = sql(`select id from delivery_failures where reservation_id = '${second}'`);
    assert.equal((await go(`/failures/${failure}/resolve`, { csrfToken: token_ })).status, 303);
    paused(false);
    assert.equal((await go(`/orders/${orderId}/deliveries/${second}/retry`, { csrfToken: token_ })).status, 404);
    assert.equal((await go(`/orders/${other}/deliveries/${second}/retry`, { csrfToken: token_ })).status, 303);
    await ended(second);
    assert.equal((await go(`/orders/${other}/deliveries/${second}/cancel`, { csrfToken: token_ })).status, 409);
    assert.match(await (await go("/failures?state=all")).text(), /Resolved/);
});

await finish();
