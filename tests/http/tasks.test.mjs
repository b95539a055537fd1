// What is to be done about orders and parcels, where an order's parcels are, how it is cancelled, and shipments written out.
import assert from "node:assert/strict";
import { api, check, eventually, finish, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("tasks");
const agent = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const stranger = api(await token("agent", tenantNew("othertasks")));
const nobody = "00000000-0000-7000-8000-000000000000";
const fields = ({ body }) => body.errors?.map((one) => one.field);
let orderId, shipmentId;

const ordered = async (number) => (await agent("POST", "/api/orders", {
    number, customer: { name: "Eva Keller" }, items: [{ name: "Lamp", quantity: 1 }],
    shipTo: { name: "Eva Keller", street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" },
})).body.orderId;

check("an order tells where its parcels are", async () => {
    orderId = await ordered("K-1");
    const { body: { purchaseOrderId } } = await agent("POST", "/api/purchase-orders", { number: "PO-K-1", orderId });
    ({ body: { shipmentId } } = await agent("POST", "/api/ship/shipments", { purchaseOrderId, carrier: "dhl", trackingNumber: "KT0001" }));
    await agent("POST", `/api/ship/shipments/${shipmentId}/status`, { status: "in_transit" });
    const { status, body } = await viewer("GET", `/api/orders/${orderId}/tracking`);
    assert.deepEqual([status, body.orderId, body.status, body.shipments.length], [200, orderId, "shipped", 1]);
    assert.deepEqual([body.shipments[0].trackingNumber, body.shipments[0].status], ["KT0001", "in_transit"]);
    assert.ok(body.shipments[0].events.some((event) => event.type === "STATUS_SET"));
    for (const [who, id] of [[agent, nobody], [agent, "x"], [stranger, orderId]]) assert.equal((await who("GET", `/api/orders/${id}/tracking`)).status, 404);
});

check("an order is cancelled where nothing of it is on its way", async () => {
    const refused = await agent("POST", `/api/orders/${orderId}/cancel`, { reason: "Too late" });
    assert.equal(refused.status, 409);
    const other = await ordered("K-2");
    const done = await agent("POST", `/api/orders/${other}/cancel`, { reason: "Changed their mind" });
    assert.deepEqual([done.status, done.body.status], [200, "cancelled"], done.text);
    assert.deepEqual(sql(`select count(*) from audit_history where action = 'order.cancelled' and entity_id = '${other}'`), [["1"]]);
    assert.equal((await viewer("POST", `/api/orders/${other}/cancel`, {})).status, 403);
    assert.equal((await stranger("POST", `/api/orders/${other}/cancel`, {})).status, 404);
});

check("a task is made, given to somebody, and done or dropped", async () => {
    const made = await agent("POST", "/api/ship/tasks", { kind: "pack", orderId, dueOn: "2030-05-12" });
    assert.equal(made.status, 201, made.text);
    const at = made.headers.get("location");
    assert.equal(at, `/api/ship/tasks/${made.body.taskId}`);
    assert.equal((await viewer("GET", at)).body.kind, "pack");
    assert.equal((await agent("PUT", at, { dueOn: "2030-06-01" })).status, 200);
    assert.deepEqual(fields(await agent("PUT", at, { dueOn: "soon" })), ["dueOn"]);
    assert.equal((await agent("POST", `${at}/done`, { note: "Packed." })).body.state, "done");
    assert.equal((await agent("POST", `${at}/drop`, {})).status, 409);
    const { body: { taskId } } = await agent("POST", "/api/ship/tasks", { kind: "other", title: "Ask the supplier", shipmentId });
    assert.equal((await agent("POST", `/api/ship/tasks/${taskId}/drop`, {})).body.state, "dropped");
    for (const [body, field] of [[{}, "kind"], [{ kind: "dance" }, "kind"], [{ kind: "other" }, "title"], [{ kind: "pack", orderId: nobody }, "orderId"]]) assert.deepEqual(fields(await agent("POST", "/api/ship/tasks", body)), [field], JSON.stringify(body));
    assert.equal((await viewer("POST", "/api/ship/tasks", { kind: "pack" })).status, 403);
    assert.equal((await stranger("GET", at)).status, 404);
});

check("an exception makes a task, which is listed", async () => {
    await agent("POST", `/api/ship/shipments/${shipmentId}/status`, { status: "exception" });
    const [one] = await eventually("it is there", async () => {
        const { tasks } = (await viewer("GET", `/api/ship/tasks?shipmentId=${shipmentId}`)).body;
        return tasks.length && tasks;
    });
    assert.deepEqual([one.kind, one.state], ["resolve_exception", "open"]);
    assert.deepEqual(fields(await viewer("GET", "/api/ship/tasks?state=lost")), ["state"]);
});

check("shipments are written out for who sees all of them", async () => {
    const asked = await agent("POST", "/api/ship/shipments/export", { format: "csv" });
    assert.equal(asked.status, 202, asked.text);
    await eventually("it is written", async () => (await agent("GET", `/api/track/export/${asked.body.exportId}`)).body.state === "READY");
    assert.deepEqual(fields(await agent("POST", "/api/ship/shipments/export", { format: "doc" })), ["format"]);
});

await finish();
