// Conversations of Front find their orders: over nginx and the pool of webhooks, signed by a simulated Front, up to the one
// message that a customer was still owed.
import assert from "node:assert/strict";
import { api, base, check, ctl, eventually, finish, person, sim, sql, tenantNew, token } from "../checks.mjs";

const SECRET = `app-secret-${process.pid}`;
const tenant = tenantNew("threads");
const call = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const front = await sim("front", process.env.FRONT_PORT);
const control = async (what, body) =>
    (await fetch(`http://127.0.0.1:${front.port}/control/${what}`, body && { method: "POST", body: JSON.stringify(body) })).json();
const webhook = (members) => control("webhook", { url: `${base}/api/webhooks/front`, secret: SECRET, ...members });
const writes = (id, subject, text, email, more) =>
    webhook({ conversation: { id, subject, recipient: { name: "Eva", handle: email, role: "from" } }, message: { text }, ...more });
const rows = () => Number(sql(`select count(*) from inbox i join tenants t on t.id = i.tenant_id where t.slug = '${tenant}'`)[0][0]);
const posted = async (conversation) => (await control("state")).posted.filter((one) => one.conversation === conversation);
ctl("provider", "add", "front", "--tenant", tenant, "--name", "Front", "--set", `endpoint=http://127.0.0.1:${front.port}`, "--set", "ratePerMinute=0",
    "--secret", "apiToken=simulated-front-token-0001", "--secret", `appSecret=${SECRET}`);

async function order(number, email) {
    const made = await call("POST", "/api/orders", {
        number, customer: { name: "Eva Müller", email, language: "en" }, shipTo: { street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" },
        items: [{ name: "Lamp", quantity: 1 }],
    });
    assert.equal(made.status, 201, made.text);
    return made.body.orderId;
}
const thread = async (id) => {
    const { body } = await viewer("GET", `/api/orders/${id}`);
    return [body.threadStatus, body.frontConversationId];
};
const suggestions = async (id) => (await viewer("GET", `/api/orders/${id}/thread/suggestions`)).body.suggestions;

check("HEAD and Front's check are answered, and what proves nothing leaves nothing", async () => {
    const probe = await fetch(`${base}/api/webhooks/front`, { method: "HEAD" });
    assert.deepEqual([probe.status, await probe.text()], [200, ""]);
    assert.equal((await fetch(`${base}/api/webhooks/front`)).status, 405);
    const answer = await webhook({ check: 'a"<b>&' });
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { challenge: 'a"<b>&' }]);
    assert.match(answer.headers["content-type"], /^application\/json/);
    for (const forged of [{ secret: "wrong", check: "x" }, { ago: 320, check: "x" }, { ago: -320, check: "x" }, { rule: true, check: "x" }]) {
        const { status, headers, body } = await webhook(forged);
        assert.deepEqual([status, /^application\/problem\+json/.test(headers["content-type"])], [401, true], JSON.stringify(forged));
        assert.doesNotMatch(body, /challenge/);
    }
    assert.equal((await writes("cnv_none", "Hello", "", "nobody@example.com", { rule: true })).status, 401);
    assert.equal((await webhook({ body: `{"type":"x","padding":"${"x".repeat(1_200_000)}"}` })).status, 413);
    assert.equal(rows(), 0);
});

check("a conversation with an order's number is that order's, said however often", async () => {
    const id = await order("TH-1001", "eva@example.com");
    for (let i = 0; i < 3; i++) assert.equal((await writes("cnv_thread1", "Re: TH-1001", "Where is it?", "else@example.com", { id: "evt_once" })).status, 200);
    await eventually("it is matched", async () => (await thread(id))[0] === "auto_matched");
    assert.deepEqual(await thread(id), ["auto_matched", "cnv_thread1"]);
    assert.equal(rows(), 1);
    assert.equal(Number(sql(`select count(*) from domain_events where name = 'ThreadLinked' and entity_id = '${id}'`)[0][0]), 1);
});

check("who was not told of four changes hears of the last, when the conversation is found", async () => {
    const id = await order("TH-1002", "late@example.com");
    const po = (await call("POST", "/api/purchase-orders", { number: "PO-TH-1002", orderId: id })).body;
    const { shipmentId } = (await call("POST", "/api/ship/shipments", { purchaseOrderId: po.purchaseOrderId, carrier: "post", trackingNumber: "99.TH.1002" })).body;
    const notices = async () => (await viewer("GET", `/api/notifications?shipmentId=${shipmentId}`)).body.items;
    for (const [i, status] of ["in_transit", "out_for_delivery", "exception", "delivered"].entries()) {
        assert.equal((await call("POST", `/api/ship/shipments/${shipmentId}/status`, { status })).status, 200);
        await eventually(`${status} is decided`, async () => (await notices()).length === i + 1);
    }
    assert.deepEqual((await notices()).map((one) => one.reason), Array(4).fill("no_conversation"));
    assert.equal((await writes("cnv_thread2", "TH-1002", "I wait.", "late@example.com")).status, 200);
    await eventually("she is told", async () => (await notices())[0].state === "sent");
    assert.deepEqual((await notices()).map((one) => [one.type, one.state, one.reason]), [
        ["delivered", "sent", null], ["exception", "superseded", "moved_on"], ["out_for_delivery", "superseded", "moved_on"], ["shipped", "superseded", "moved_on"],
    ]);
    const told = await posted("cnv_thread2");
    assert.equal(told.length, 1);
    assert.match(told[0].request.text, /delivered/);
    assert.deepEqual(sql(`select action from audit_history where entity_type = 'shipment' and entity_id = '${shipmentId}' and action like 'notification.%' order by seq`).flat(), [
        ...Array(4).fill("notification.skipped"), "notification.superseded", "notification.superseded", "notification.superseded", "notification.caught_up", "notification.sent",
    ]);
    assert.equal((await call("PUT", `/api/orders/${id}/thread`, { frontConversationId: "cnv_thread2b" })).status, 200);
    await eventually("the link is told", async () => sql(`select dispatched_at is not null from domain_events where name = 'ThreadLinked' and entity_id = '${id}' order by id desc limit 1`)[0][0] === "t");
    assert.deepEqual([(await posted("cnv_thread2b")).length, (await posted("cnv_thread2")).length], [0, 1]);
});

check("where several orders may be meant, each has a suggestion that is linked with one click or put aside", async () => {
    const [first, second] = [await order("TH-1003", "two@example.com"), await order("TH-1004", "two@example.com")];
    assert.equal((await writes("cnv_thread3", "Where <b>is</b> it?", "Hello", "Two@example.com")).status, 200);
    await eventually("it is suggested", async () => (await suggestions(first)).length);
    for (const id of [first, second]) {
        assert.deepEqual((await suggestions(id)).map((one) => [one.conversationId, one.foundBy, one.subject, one.email]), [["cnv_thread3", "email", "Where <b>is</b> it?", "T…@example.com"]]);
        assert.deepEqual(await thread(id), ["unmatched", null]);
    }
    const go = await person("agent", tenant);
    const page = await (await go(`/orders/${first}`)).text();
    assert.match(page, /May be its conversation/);
    assert.match(page, /Where &lt;b&gt;is&lt;\/b&gt; it\?/);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    const post = (path) => go(path, { csrfToken, frontConversationId: "cnv_thread3" });
    assert.equal((await post(`/orders/${first}/thread`)).status, 303);
    assert.deepEqual(await thread(first), ["manually_linked", "cnv_thread3"]);
    assert.equal((await post(`/orders/${second}/thread/dismiss`)).status, 303);
    assert.deepEqual(await suggestions(second), []);
    assert.doesNotMatch(await (await go(`/orders/${second}`)).text(), /May be its conversation/);
    assert.equal((await writes("cnv_thread4", "Re: TH-1003, TH-1004", "", "two@example.com")).status, 200);
    await eventually("both numbers are in it", async () => (await suggestions(second)).length);
    assert.deepEqual(await suggestions(first), [], "a person has linked another one");
    const left = await call("POST", `/api/orders/${second}/thread/dismiss`, { frontConversationId: "cnv_thread4" });
    assert.deepEqual([left.status, left.body.suggestions], [200, []]);
    assert.equal((await call("POST", `/api/orders/${second}/thread/dismiss`, { frontConversationId: "a b" })).body.errors[0].field, "frontConversationId");
    assert.equal((await viewer("POST", `/api/orders/${second}/thread/dismiss`, { frontConversationId: "cnv_thread3" })).status, 403);
});

check("a conversation that was merged is followed, by Front's word or by its answer", async () => {
    const id = await order("TH-1005", "merged@example.com");
    assert.equal((await call("PUT", `/api/orders/${id}/thread`, { frontConversationId: "cnv_thread5" })).status, 200);
    assert.equal((await webhook({ conversation: { id: "cnv_thread6", subject: "x" }, merged: ["cnv_thread5"] })).status, 200);
    await eventually("it follows", async () => (await thread(id))[1] === "cnv_thread6");
    assert.deepEqual(await thread(id), ["manually_linked", "cnv_thread6"]);
    await control("merge", { from: "cnv_thread6", into: "cnv_thread7" });
    const po = (await call("POST", "/api/purchase-orders", { number: "PO-TH-1005", orderId: id })).body;
    const { shipmentId } = (await call("POST", "/api/ship/shipments", { purchaseOrderId: po.purchaseOrderId, carrier: "post", trackingNumber: "99.TH.1005" })).body;
    assert.equal((await call("POST", `/api/ship/shipments/${shipmentId}/status`, { status: "in_transit" })).status, 200);
    await eventually("it is told there", async () => (await posted("cnv_thread7")).length);
    await eventually("it follows", async () => (await thread(id))[1] === "cnv_thread7");
});

check("those of another tenant see none of it", async () => {
    const other = api(await token("admin", "demo"));
    const [[id]] = sql(`select id from orders where number = 'TH-1003'`);
    assert.equal((await other("GET", `/api/orders/${id}/thread/suggestions`)).status, 404);
    assert.equal((await other("POST", `/api/orders/${id}/thread/dismiss`, { frontConversationId: "cnv_thread3" })).status, 404);
});

await finish();
