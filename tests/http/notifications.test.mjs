// From an order to its customer's conversation: the whole way by the API, told once; and the page the link leads to.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { api, base, check, ctl, eventually, finish, sim, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("told");
const call = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const front = await sim("front", process.env.FRONT_PORT);
const control = async (what, body) =>
    (await fetch(`http://127.0.0.1:${front.port}/control/${what}`, body && { method: "POST", body: JSON.stringify(body) })).json();
const [, secret] = /^TRACK_TASKS_TOKEN=(.+)$/m.exec(readFileSync(`${process.env.VAR}/settings`, "utf8"));
let shipmentId, orderId, page;

const made = async (path, body) => {
    const answer = await call("POST", path, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
};
const moved = (id, status) => call("POST", `/api/ship/shipments/${id}/status`, { status });
const listed = async (query = "") => (await viewer("GET", `/api/notifications${query}`)).body.items;
const posted = async (conversation) => (await control("state")).posted.filter((one) => one.conversation === conversation);

// A shipment of an order; without a conversation where none is named.
async function shipment(number, conversation) {
    const order = await made("/api/orders", {
        number, customer: { name: "Łucja <b>Müller</b>", email: "lucja@example.com", language: "fr" },
        shipTo: { name: "Łucja <b>Müller</b>", street: "Rue du Lac 7", postalCode: "1201", city: "Genève", country: "CH" },
        items: [{ name: "Lamp", quantity: 1 }],
    });
    const po = await made("/api/purchase-orders", { number: `PO-${number}`, orderId: order.orderId });
    const parcel = await made("/api/ship/shipments", { purchaseOrderId: po.purchaseOrderId, carrier: "swiss-post", carrierName: "Swiss Post", trackingNumber: `99.00.${number.slice(2)}` });
    if (conversation) {
        const linked = await call("PUT", `/api/orders/${order.orderId}/thread`, { frontConversationId: conversation });
        assert.equal(linked.status, 200, linked.text);
    }
    return { orderId: order.orderId, shipmentId: parcel.shipmentId };
}

check("without an account at Front nobody is told, and it says why", async () => {
    const { shipmentId: id } = await shipment("T-1", "cnv_told1");
    assert.equal((await moved(id, "in_transit")).status, 200);
    await eventually("it is decided", async () => (await listed(`?shipmentId=${id}`)).length);
    const [row] = await listed(`?shipmentId=${id}`);
    assert.deepEqual([row.type, row.state, row.reason], ["shipped", "skipped", "no_front_account"]);
});

check("a shipment that ships tells its customer once, in the conversation of the order", async () => {
    ctl("provider", "add", "front", "--tenant", tenant, "--name", "Front", "--set", `endpoint=http://127.0.0.1:${front.port}`,
        "--set", "ratePerMinute=0", "--secret", "apiToken=simulated-front-token-0001");
    ({ orderId, shipmentId } = await shipment("T-2", "cnv_told2"));
    assert.equal((await moved(shipmentId, "in_transit")).status, 200);
    assert.equal((await api(secret)("GET", "/api/tasks/events")).status, 200);
    await eventually("he is told", async () => (await listed("?state=sent")).length);
    const [sent] = await posted("cnv_told2");
    assert.equal(sent.archived, false);
    page = /https?:\/\/[^ >]+\/t\/[^ >]+/.exec(sent.request.text)[0];
    assert.match(page, /\/t\/[\w-]{22,}\?n=[0-9a-f]{20}$/);
    assert.match(sent.request.text, /^Bonjour Łucja <b>Müller<\/b>\n/);
    assert.match(sent.request.body, /Bonjour Łucja &lt;b&gt;Müller&lt;\/b&gt;/);
    assert.ok(sent.request.body.includes(`href="${page}"`));
    const seen = (await viewer("GET", `/api/ship/shipments/${shipmentId}`)).body;
    assert.deepEqual(seen.notifications.map((one) => [one.type, one.state, one.conversationId]), [["shipped", "sent", "cnv_told2"]]);
    assert.ok(seen.events.some((event) => event.type === "NOTIFIED"), JSON.stringify(seen.events));
    assert.deepEqual(sql(`select action from audit_history where entity_type = 'shipment' and entity_id = '${shipmentId}' and action like 'notification.%'`), [["notification.sent"]]);
    assert.deepEqual((await listed(`?orderId=${orderId}`)).map((one) => one.orderNumber), ["T-2"]);
    assert.equal((await posted("cnv_told2")).length, 1);
});

check("what came of a reply that nobody answered for is looked up, not repeated", async () => {
    const { shipmentId: id } = await shipment("T-3", "cnv_told3");
    await control("faults", { late: 1 });
    assert.equal((await moved(id, "delivered")).status, 200);
    await eventually("it is tried", async () => (await posted("cnv_told3")).length);
    await eventually("it rests", async () => (await listed(`?shipmentId=${id}`))[0].error);
    assert.equal((await listed(`?shipmentId=${id}`))[0].state, "sending");
    sql(`update customer_notifications set tried_at = tried_at - interval '1 hour' where shipment_id = '${id}'`);
    sql(`update jobs set run_at = now() where kind = 'notify.customer' and state = 'ready'`);
    await eventually("it is found", async () => (await listed(`?shipmentId=${id}`))[0].state === "sent");
    assert.equal((await posted("cnv_told3")).length, 1);
});

check("a preview tells nobody, and wrong input is named", async () => {
    for (const type of ["shipped", "out_for_delivery", "delivered", "exception"])
        for (const language of ["en", "de", "fr", "es"]) {
            const { status, body } = await call("POST", "/api/notifications/preview", { type, language });
            assert.deepEqual([status, body.type, body.language], [200, type, language]);
        }
    const own = (await call("POST", "/api/notifications/preview", { type: "exception", shipmentId })).body;
    assert.equal(own.language, "fr");
    assert.match(own.text, /Swiss Post signale un problème/);
    for (const [body, field] of [[{}, "type"], [{ type: "returned" }, "type"], [{ type: "shipped", language: "xx" }, "language"], [{ type: "shipped", shipmentId: "x" }, "shipmentId"], [{ type: "shipped", shipmentId: "01970000-0000-7000-8000-000000000001" }, "shipmentId"]]) {
        const answer = await call("POST", "/api/notifications/preview", body);
        assert.deepEqual([answer.status, answer.body.errors?.[0].field], [422, field], JSON.stringify(body));
    }
    assert.equal((await viewer("POST", "/api/notifications/preview", { type: "shipped" })).status, 403);
    assert.equal((await viewer("GET", "/api/notifications?state=gone")).status, 422);
    assert.equal((await viewer("GET", "/api/notifications?after=nonsense")).status, 422);
    assert.equal((await posted("cnv_told2")).length, 1);
});

check("those of another tenant, and who sees only some buildings, see none of it", async () => {
    const other = api(await token("admin", "demo"));
    assert.deepEqual((await other("GET", `/api/notifications?shipmentId=${shipmentId}`)).body.items, []);
    assert.equal((await other("POST", "/api/notifications/preview", { type: "shipped", shipmentId })).status, 422);
});

const visit = (address, headers = {}, method = "GET") => fetch(address.replace(/^https?:\/\/[^/]+/, base), { method, headers });

check("the link leads to a page for everybody that names nobody", async () => {
    const answer = await visit(page, { "accept-language": "de-CH, en;q=0.5" }), html = await answer.text();
    assert.equal(answer.status, 200);
    assert.match(html, /<html lang="de">/);
    assert.match(html, /Ihr Paket ist unterwegs/);
    assert.match(html, /Swiss Post/);
    assert.doesNotMatch(html, /M.ller|Genève|Rue du Lac|example\.com|T-2|PO-|<script/);
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    assert.match(answer.headers.get("x-robots-tag"), /noindex/);
    const style = /href="(\/static\/parcel\.css[^"]*)"/.exec(html)[1];
    const css = await (await fetch(base + style)).text();
    assert.ok(html.length + css.length < 30_000, `${html.length} + ${css.length}`);
    assert.match(await (await visit(`${page}&lang=es`)).text(), /Su paquete está en camino/);
    assert.match(await (await visit(page)).text(), /Votre colis est en route/);
    assert.equal((await visit(page, {}, "HEAD")).status, 200);
});

check("an unknown link is 404, in the reader's language", async () => {
    for (const token of ["a".repeat(22), "x", "%27%3B--", "a".repeat(200)]) {
        const answer = await visit(`${base}/t/${token}`, { "accept-language": "es" });
        assert.equal(answer.status, 404, token);
        assert.match(await answer.text(), /Este paquete no se conoce/);
    }
});

check("who tries many links from one address is stopped", async () => {
    const once = () => new Promise((resolve, reject) =>
        request(`${base}/t/${"b".repeat(22)}`, { localAddress: "127.0.0.3" }, (answer) => answer.resume().on("end", () => resolve(answer.statusCode))).on("error", reject).end());
    const answers = await Promise.all(Array.from({ length: 90 }, once));
    const stopped = answers.filter((status) => status === 429).length;
    assert.ok(stopped >= 15 && stopped <= 30, `${stopped} of 90`);
});

check("no address that is a secret stands in the error log, whatever is refused", async () => {
    const large = (path) => new Promise((resolve, reject) =>
        request(base + path, { method: "POST", headers: { "content-length": 2_000_000 } }, (answer) => answer.resume().on("end", () => resolve(answer.statusCode))).on("error", reject).flushHeaders());
    const secret = "c".repeat(26);
    assert.equal(await large(`/api/hooks/c/${secret}`), 413);
    assert.equal(await large(`/t/${secret}`), 413);
    assert.equal(await large("/api/orders"), 413);
    const log = () => readFileSync(`${process.env.VAR}/log/nginx.log`, "utf8");
    await eventually("what is no secret is told", async () => log().includes("/api/orders"));
    assert.ok(!log().includes(secret), "the address of a refused body");
    assert.ok(!log().includes("b".repeat(22)), "the address of a request that was one too many");
});

await finish();
