// Shipments: added for a purchase order, found, moved by staff, and shown with all that is known of them.
import assert from "node:assert/strict";
import { api, check, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("shipments");
const agent = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const at = "/api/ship/shipments";
const nobody = "00000000-0000-7000-8000-000000000000";
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const errors = ({ body }) => body.errors?.map((one) => one.field);
let order, purchaseOrder, shipment;

// The id of a row that is written.
const made = (table, row) => sql(`insert into ${table} (tenant_id, ${Object.keys(row).join(", ")})
    values ('${tenantId}', ${Object.values(row).map((value) => `'${value}'`).join(", ")}) returning id`)[0][0];

check("one is added for a purchase order, and its order is reserved", async () => {
    const customer = made("customers", { name: "Eva Keller", email: "eva@example.com", phone: "+41791234567" });
    order = made("orders", { number: "S-1001", customer_id: customer, recipient_name: "Eva Keller", street: "Seestrasse 1", postal_code: "8002", city: "Zürich", country: "CH" });
    purchaseOrder = made("purchase_orders", { number: "PO-S-1", order_id: order });
    const answer = await agent("POST", at, { purchaseOrderId: purchaseOrder, carrier: "Swiss Post", service: "PostPac Priority", trackingNumber: "99 60 123 ab", promisedOn: "2026-12-24" });
    assert.equal(answer.status, 201, answer.text);
    shipment = answer.body;
    assert.equal(answer.headers.get("location"), `${at}/${shipment.shipmentId}`);
    assert.deepEqual([shipment.carrier, shipment.carrierName, shipment.trackingNumber, shipment.status, shipment.promisedOn], ["swiss-post", "Swiss Post", "9960123AB", "pending", "2026-12-24"]);
    assert.deepEqual([shipment.order.status, shipment.order.number, shipment.purchaseOrder.number, shipment.customer.email], ["reserved", "S-1001", "PO-S-1", "eva@example.com"]);
    assert.deepEqual(shipment.events.map((e) => [e.seq, e.type, e.statusAfter]), [[1, "CREATED", "pending"]]);
});

check("a carrier's number is of one shipment, which the refusal names", async () => {
    const again = await agent("POST", at, { carrier: "swiss post", trackingNumber: "9960123AB" });
    assert.equal(again.status, 409);
    assert.ok(again.body.detail.includes(shipment.shipmentId), again.body.detail);
    const tries = await Promise.all(Array.from({ length: 12 }, () => agent("POST", at, { carrier: "dhl", trackingNumber: "RACE 1" })));
    assert.deepEqual(tries.map((t) => t.status).sort(), [201, ...Array(11).fill(409)]);
    const id = tries.find((t) => t.status === 201).body.shipmentId;
    assert.ok(tries.every((t) => t.status === 201 || t.body.detail.includes(id)));
});

check("what is wrong is named, and nothing is half-done", async () => {
    const [[before]] = sql(`select count(*) from shipments where tenant_id = '${tenantId}'`);
    for (const [body, field] of [[{}, "carrier"], [{ carrier: "a/b" }, "carrier"], [{ carrier: "dhl", trackingNumber: "1;2" }, "trackingNumber"], [{ carrier: "dhl", promisedOn: "2026-02-30" }, "promisedOn"],
        [{ carrier: "dhl", purchaseOrderId: nobody }, "purchaseOrderId"], [{ carrier: "dhl", purchaseOrderId: 7 }, "purchaseOrderId"], [{ carrier: "dhl", colour: "red" }, "colour"]]) {
        const answer = await agent("POST", at, body);
        assert.deepEqual([answer.status, errors(answer)], [422, [field]], JSON.stringify(body));
    }
    assert.equal(sql(`select count(*) from shipments where tenant_id = '${tenantId}'`)[0][0], before);
    for (const [query, field] of [["status=lost", "status"], ["after=x", "after"], ["page=2", "page"]]) assert.deepEqual(errors(await viewer("GET", `${at}?${query}`)), [field]);
    for (const [method, path, body] of [["GET", ""], ["POST", "/status", { status: "delivered" }], ["POST", "/note", { note: "x" }]]) assert.equal((await agent(method, `${at}/${nobody}${path}`, body)).status, 404);
    const moved = (body) => agent("POST", `${at}/${shipment.shipmentId}/status`, body);
    assert.deepEqual(errors(await moved({})), ["status"]);
    assert.deepEqual(errors(await moved({ status: "lost" })), ["status"]);
    assert.deepEqual(errors(await moved({ status: "in_transit", occurredAt: "soon" })), ["occurredAt"]);
    assert.deepEqual(errors(await moved({ status: "in_transit", occurredAt: "2999-01-01" })), ["occurredAt"]);
    assert.deepEqual(errors(await agent("POST", `${at}/${shipment.shipmentId}/note`, {})), ["note"]);
});

check("a status goes on and never back; the order follows in the same moment", async () => {
    const path = `${at}/${shipment.shipmentId}`;
    const on = await agent("POST", `${path}/status`, { status: "in_transit", occurredAt: "2026-01-05T10:00:00+01:00", note: "The driver says so.", location: "Härkingen" });
    assert.equal(on.status, 200, on.text);
    assert.deepEqual([on.body.moved, on.body.shipment.status, on.body.shipment.statusAt, on.body.shipment.grade, on.body.shipment.order.status], [true, "in_transit", "2026-01-05T09:00:00.000Z", "C", "shipped"]);
    const set = on.body.shipment.events.find((e) => e.type === "STATUS_SET");
    assert.deepEqual([set.note, set.location, set.status], ["The driver says so.", "Härkingen", "in_transit"]);
    assert.equal((await agent("POST", `${path}/status`, { status: "in_transit" })).body.moved, false);
    const back = await agent("POST", `${path}/status`, { status: "info_received" });
    assert.equal(back.status, 409);
    assert.equal(back.body.detail, "It is “in transit” and does not go back to “announced”. Write a note instead.");
    const [[changes]] = sql(`select count(*) from domain_events where name = 'ShipmentStatusChanged' and entity_id = '${shipment.shipmentId}'`);
    assert.equal(changes, "1");
    const note = await agent("POST", `${path}/note`, { note: "Call +41 79 555 01 02 first." });
    assert.deepEqual([note.status, note.body.events[0].sentence, note.body.status], [200, "Call +41 79 555 01 02 first.", "in_transit"]);
});

check("the same key adds one shipment", async () => {
    const key = { "idempotency-key": `ship-${process.pid}` };
    const body = { carrier: "dhl", trackingNumber: "KEY-1" };
    const [first, second] = [await agent("POST", at, body, key), await agent("POST", at, body, key)];
    assert.deepEqual([first.status, second.status, second.body.shipmentId], [201, 201, first.body.shipmentId]);
});

check("they are found by their numbers, page by page", async () => {
    for (const q of ["9960 123", "9960123ab", "s-100", "po-s-1"]) assert.deepEqual((await viewer("GET", `${at}?q=${encodeURIComponent(q)}`)).body.shipments.map((s) => s.shipmentId), [shipment.shipmentId], q);
    for (const q of ["60124", "%", "_"]) assert.deepEqual((await viewer("GET", `${at}?q=${encodeURIComponent(q)}`)).body.shipments, [], q);
    assert.equal((await viewer("GET", `${at}?status=in_transit`)).body.shipments.length, 1);
    for (let i = 0; i < 60; i++) await agent("POST", at, { carrier: "dhl", trackingNumber: `PAGE${i}`, purchaseOrderId: purchaseOrder });
    const seen = [];
    for (let next = ""; next !== null;) {
        const { body } = await viewer("GET", `${at}?q=PO-S-1${next && `&after=${encodeURIComponent(next)}`}`);
        seen.push(...body.shipments.map((s) => s.trackingNumber));
        next = body.next;
    }
    assert.deepEqual([seen.length, new Set(seen).size, seen[0]], [61, 61, "PAGE59"]);
});

check("a viewer sees whose it is and not the whole of an address; who sees some buildings sees none", async () => {
    const { body } = await viewer("GET", `${at}/${shipment.shipmentId}`);
    assert.deepEqual([body.customer.email, body.customer.phone, body.order.street, body.order.recipientName], ["e…@example.com", "…4567", "…", "Eva Keller"]);
    assert.ok(!JSON.stringify(body).includes("555 01 02"));
    for (const path of ["/status", "/note"]) assert.equal((await viewer("POST", `${at}/${shipment.shipmentId}${path}`, path === "/note" ? { note: "x" } : { status: "delivered" })).status, 403);
    assert.equal((await viewer("POST", at, { carrier: "dhl" })).status, 403);
    made("buildings", { code: "B-1", name: "House 1" });
    const stranger = api(await token("agent", tenant, "B-1"));
    for (const path of [at, `${at}/${shipment.shipmentId}`]) assert.equal((await stranger("GET", path)).status, 403);
});

check("pages show and do the same", async () => {
    const go = await person("agent", tenant);
    const list = await (await go("/shipments/table?q=9960")).text();
    assert.match(list, /9960123AB[\s\S]*In transit[\s\S]*S-1001/);
    assert.match(await (await go("/shipments/table?q=nothing-such")).text(), /No shipments match/);
    const path = `/shipments/${shipment.shipmentId}`;
    const page = await (await go(path)).text();
    for (const words of [/The driver says so\./, /Seestrasse 1/, /Härkingen/, /Not linked: the customer is not told/, /aria-current="step"/, /hx-trigger="every 15s"/]) assert.match(page, words);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    assert.equal((await go(`${path}/status`, { status: "delivered" })).status, 403);
    const back = await go(`${path}/status`, { csrfToken, status: "pending", note: "Or not?" });
    assert.equal(back.status, 409);
    assert.match(await back.text(), /does not go back to “pending”[\s\S]*<option value="pending" selected>[\s\S]*Or not\?/);
    const on = await go(`${path}/status`, { csrfToken, status: "delivered" });
    assert.deepEqual([on.status, on.headers.get("location")], [303, path]);
    assert.equal((await go(`${path}/note`, { csrfToken, note: "Done." })).status, 303);
    assert.equal((await go(`${path}/note`, { csrfToken, note: " " })).status, 422);
    const over = await (await go(path)).text();
    assert.match(over, /Done\./);
    assert.doesNotMatch(over, /data-poll/);
    assert.match(await (await go(`/shipments/new?purchaseOrderId=${purchaseOrder}`)).text(), /PO-S-1[\s\S]*S-1001/);
    const wrong = await go("/shipments", { csrfToken, carrier: "a/b", trackingNumber: "777", purchaseOrderId: purchaseOrder });
    assert.equal(wrong.status, 422);
    assert.match(await wrong.text(), /PO-S-1[\s\S]*value="777"[\s\S]*Carrier: This may only hold/);
    const added = await go("/shipments", { csrfToken, carrier: "Planzer", purchaseOrderId: purchaseOrder });
    assert.match(added.headers.get("location"), /^\/shipments\/[0-9a-f-]{36}$/);
    assert.match(await (await go(added.headers.get("location"))).text(), /Planzer[\s\S]*without a number/);
    const reader = await person("viewer", tenant);
    const read = await (await reader(path)).text();
    assert.doesNotMatch(read, /Seestrasse|eva@example|Set the status/);
    assert.equal((await reader("/shipments/new")).status, 403);
});

check("the demo has orders in each state, and told nobody", async () => {
    const { orders } = (await (api(await token("viewer")))("GET", "/api/orders")).body;
    const demo = orders.filter((one) => /^50(0[1-9]|1[0-2])$/.test(one.number));
    assert.deepEqual([...new Set(demo.map((one) => one.status))].sort(), ["delivered", "exception", "new", "reserved", "returned", "shipped"]);
    assert.equal(sql("select count(*) from customer_notifications n join tenants t on t.id = n.tenant_id join orders o on o.id = n.order_id where t.slug = 'demo' and n.state <> 'skipped' and o.number ~ '^50(0[1-9]|1[0-2])$'")[0][0], "0");
});

await finish();
