// Orders and purchase orders over the API and on pages: what is given wrongly is named at its field, and what was typed
// stays in the form.
import assert from "node:assert/strict";
import { api, base, check, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("orders");
const agent = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const nobody = "00000000-0000-7000-8000-000000000000";
const whole = (number, more = {}) => ({
    number,
    customer: { name: "Eva Müller", email: "eva@example.com", phone: "079 123 45 67", language: "de" },
    shipTo: { street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "Schweiz" },
    items: [{ sku: "LAMP", name: "Lamp", quantity: 2, unitMinor: 1050, taxMinor: 170 }, { name: "Bulb", quantity: 1, unitMinor: 300 }],
    ...more,
});
const fields = ({ body }) => body.errors?.map((one) => one.field);
let order, go, csrf;

check("an order is made, listed and shown", async () => {
    const made = await agent("POST", "/api/orders", whole("1001", { shop: "zurich", billTo: { name: "Firma AG", country: "DE" }, promisedOn: "2026-12-24" }));
    assert.equal(made.status, 201, made.text);
    order = made.headers.get("location");
    assert.equal(order, `/api/orders/${made.body.orderId}`);
    assert.deepEqual([made.body.totalMinor, made.body.shipTo.country, made.body.billTo.name], [2570, "CH", "Firma AG"]);
    assert.deepEqual((await viewer("GET", "/api/orders?q=muller&status=new&thread=unmatched&shop=zurich")).body.orders.map((o) => [o.number, o.itemCount]), [["1001", 2]]);
    const seen = (await viewer("GET", order)).body;
    assert.deepEqual([seen.customer.email, seen.shipTo.street], ["e…@example.com", "…"]);
    assert.equal((await agent("GET", order)).body.customer.phone, "+41791234567");
});

check("what is wrong is named, down to the field of an item", async () => {
    const without = { ...whole("1002"), items: [{ name: "Lamp" }, { name: "Bulb", quantity: 0 }, "x"], customer: { email: "x" } };
    assert.deepEqual(fields(await agent("POST", "/api/orders", without)).sort(), ["customer.email", "customer.name", "items[0].quantity", "items[1].quantity", "items[2]"]);
    assert.deepEqual(fields(await agent("POST", "/api/orders", {})).sort(), ["customer", "items", "number", "shipTo"]);
    const again = await agent("POST", "/api/orders", whole("1001", { shop: "zurich" }));
    assert.equal(again.status, 409);
    assert.match(again.body.errors[0].message, new RegExp(order.split("/").pop()));
    for (const [path, field] of [["?status=lost", "status"], ["?thread=x", "thread"], ["?after=x", "after"], ["?colour=red", "colour"]])
        assert.deepEqual(fields(await viewer("GET", `/api/orders${path}`)), [field], path);
    assert.equal((await viewer("GET", `/api/orders/${nobody}`)).status, 404);
    assert.equal((await viewer("GET", "/api/orders/nonsense")).status, 404);
    assert.equal((await viewer("POST", "/api/orders", whole("1003"))).status, 403);
});

check("the same call with the same key makes one", async () => {
    const key = { "idempotency-key": `order-${process.pid}` };
    const [first, second] = [await agent("POST", "/api/orders", whole("1010"), key), await agent("POST", "/api/orders", whole("1010"), key)];
    assert.deepEqual([first.status, second.status, second.body.orderId], [201, 201, first.body.orderId]);
    assert.equal((await agent("POST", "/api/orders", whole("1011"), key)).status, 422);
});

check("fifty who send the same number at once make one order", async () => {
    const tries = await Promise.all(Array.from({ length: 50 }, () => agent("POST", "/api/orders", whole("RACE"))));
    const made = tries.filter((one) => one.status === 201);
    assert.equal(made.length, 1, String(tries.map((one) => one.status)));
    assert.ok(tries.every((one) => one.status === 201 || one.status === 409));
});

check("a conversation is linked, told once, and unlinked", async () => {
    const told = () => Number(sql(`select count(*) from domain_events where name = 'ThreadLinked' and entity_id = '${order.split("/").pop()}'`)[0][0]);
    const linked = await agent("PUT", `${order}/thread`, { frontConversationId: "https://app.frontapp.com/open/cnv_abc12" });
    assert.deepEqual([linked.status, linked.body.frontConversationId, linked.body.threadStatus], [200, "cnv_abc12", "manually_linked"]);
    assert.equal((await agent("PUT", `${order}/thread`, { frontConversationId: "cnv_abc12" })).status, 200);
    assert.equal(told(), 1);
    for (const wrong of [{}, { frontConversationId: " " }, { frontConversationId: "a b" }, { frontConversationId: "https://example.com" }])
        assert.deepEqual(fields(await agent("PUT", `${order}/thread`, wrong)), ["frontConversationId"]);
    assert.equal((await viewer("PUT", `${order}/thread`, { frontConversationId: "cnv_x" })).status, 403);
    assert.equal((await viewer("GET", "/api/orders?thread=manually_linked")).body.orders.length, 1);
    assert.equal((await viewer("GET", "/api/orders?q=cnv_abc12")).body.orders.length, 1);
    const off = await agent("DELETE", `${order}/thread`);
    assert.deepEqual([off.status, off.body.frontConversationId, off.body.threadStatus], [200, null, "unmatched"]);
    assert.equal((await agent("DELETE", `/api/orders/${nobody}/thread`)).status, 404);
});

check("a purchase order is made, and put to its order", async () => {
    const made = await agent("POST", "/api/purchase-orders", { number: "PO-1", supplier: "Lampen AG", items: [{ sku: "LAMP", quantity: 2 }] });
    assert.deepEqual([made.status, made.body.orderId, made.headers.get("location")], [201, null, `/api/purchase-orders/${made.body.purchaseOrderId}`]);
    const at = made.headers.get("location");
    assert.deepEqual(fields(await agent("PATCH", at, { orderId: nobody })), ["orderId"]);
    assert.deepEqual(fields(await agent("PATCH", at, {})), ["orderId"]);
    const linked = await agent("PATCH", at, { orderId: order.split("/").pop() });
    assert.deepEqual([linked.status, linked.body.orderNumber], [200, "1001"]);
    assert.equal((await viewer("GET", at)).body.supplier, "Lampen AG");
    assert.deepEqual((await viewer("GET", "/api/purchase-orders?q=lampen")).body.purchaseOrders.map((one) => one.number), ["PO-1"]);
    assert.equal((await agent("POST", "/api/purchase-orders", { number: "PO-1", supplier: "Lampen AG" })).status, 409);
    assert.deepEqual(fields(await agent("POST", "/api/purchase-orders", { items: [{}] })).sort(), ["items[0].quantity", "items[0].sku", "number"]);
    assert.equal((await viewer("GET", `/api/purchase-orders/${nobody}`)).status, 404);
});

check("the form takes another line, keeps what was typed, and makes the order", async () => {
    go = await person("agent", tenant);
    const page = await (await go("/orders/new")).text();
    csrf = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    const given = { csrfToken: csrf, number: "2001", currency: "CHF", "customer.name": "Bo <b>", "shipTo.country": "CH", "items[0].name": "Lamp", "items[0].quantity": "1", "items[0].price": "19.90" };
    const more = await go("/orders/new", given);
    const text = await more.text();
    assert.equal(more.status, 200);
    assert.match(text, /name="items\[1\]\.name"/);
    assert.match(text, /value="Bo &lt;b&gt;"/);
    assert.equal(Number(sql("select count(*) from orders where number = '2001'")[0][0]), 0);
    const wrong = await go("/orders", { ...given, number: "", "items[2].name": "Bulb", "items[2].quantity": "two", "items[2].price": "1.00" });
    const shown = await wrong.text();
    assert.equal(wrong.status, 422);
    for (const id of ["number-error", "items-2--quantity-error"]) assert.match(shown, new RegExp(`id="${id}"`));
    assert.match(shown, /value="two"/);
    const price = await (await go("/orders", { ...given, "items[2].name": "Bulb", "items[2].quantity": "2", "items[2].price": "much" })).text();
    assert.match(price, /id="items-2--price-error"/);
    const made = await go("/orders", { ...given, shipping: "7", "items[2].name": "Bulb", "items[2].quantity": "2", "items[2].price": "1.50" });
    assert.equal(made.status, 303, await made.text());
    const at = made.headers.get("location");
    assert.equal((await agent("GET", `/api${at}`)).body.totalMinor, 1990 + 300 + 700);
    const twice = await go("/orders", given);
    assert.equal(twice.status, 409);
    assert.match(await twice.text(), /There is an order 2001 already/);
});

check("the page of purchase orders lists them, leads to their orders and finds them by their supplier", async () => {
    const reader = await person("viewer", tenant);
    await agent("POST", "/api/purchase-orders", { number: "PO-LOOSE", supplier: "Kettles <AG>" });
    const all = await (await reader("/purchase-orders")).text();
    const { body: { purchaseOrders: [linked] } } = await viewer("GET", "/api/purchase-orders?q=lampen");
    assert.match(all, new RegExp(`<a href="/orders/${linked.orderId}">PO-1</a>`));
    assert.match(all, /Kettles &lt;AG&gt;<\/td><td><span class="quiet-text">of no order yet/);
    const found = await (await reader("/purchase-orders?q=kettles")).text();
    assert.deepEqual([/PO-LOOSE/.test(found), /PO-1\b/.test(found)], [true, false]);
    assert.match(await (await reader("/purchase-orders?q=nothing")).text(), /No purchase orders match/);
    assert.equal((await reader("/purchase-orders?after=wrong")).status, 422);
    assert.match(await (await reader("/orders")).text(), /href="\/purchase-orders"/);
});

check("the page links a conversation, adds a purchase order, and shows what was wrong at its field", async () => {
    const at = order.replace("/api", "");
    const link = (id) => go(`${at}/thread`, { csrfToken: csrf, frontConversationId: id });
    const wrong = await link("a b");
    assert.equal(wrong.status, 422);
    const text = await wrong.text();
    assert.match(text, /id="thread-error"/);
    assert.match(text, /value="a b"/);
    assert.equal((await link("cnv_page1")).status, 303);
    assert.match(await (await go(at)).text(), /app\.frontapp\.com\/open\/cnv_page1/);
    assert.equal((await go(`${at}/thread/unlink`, { csrfToken: csrf })).status, 303);
    const po = (number) => go(`${at}/purchase-orders`, { csrfToken: csrf, number, supplier: "Lampen AG" });
    assert.equal((await po("PO-2")).status, 303);
    const taken = await po("PO-1");
    assert.equal(taken.status, 409);
    assert.match(await taken.text(), /There is a purchase order PO-1 to Lampen AG already/);
    assert.match(await (await go(at)).text(), /PO-2/);
});

check("the list narrows by what is asked, and a viewer has no button to change anything", async () => {
    const look = await person("viewer", tenant);
    const list = await (await look("/orders?q=RACE")).text();
    assert.match(list, />RACE</);
    assert.doesNotMatch(list, />1001<|\/orders\/new/);
    assert.match(await (await look("/orders?q=nothing-there")).text(), /No orders match/);
    const page = await (await look(order.replace("/api", ""))).text();
    assert.doesNotMatch(page, /eva@example\.com|Seestrasse|<button[^>]*>(Link|Unlink|Add)/);
    assert.equal((await look("/orders/new")).status, 403);
});

check("those who see some buildings only see no orders", async () => {
    const some = api(await token("admin", "demo", sql("select code from buildings b join tenants t on t.id = b.tenant_id where t.slug = 'demo' limit 1")[0][0]));
    assert.equal((await some("GET", "/api/orders")).status, 403);
    assert.equal((await fetch(`${base}/api/orders`)).status, 401);
});

await finish();
