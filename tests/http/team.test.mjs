// Rules by the API and by the page's form; a change of a shipment reaches Slack through web, dispatcher and worker.
import assert from "node:assert/strict";
import { api, base, check, ctl, eventually, finish, person, sim, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("team");
const call = api(await token("admin", tenant));
const agent = api(await token("agent", tenant));
const slack = await sim("slack", process.env.SLACK_PORT);
const state = async () => (await fetch(`http://127.0.0.1:${slack.port}/control/state`)).json();
const told = async (name) => (await state()).posted.filter((one) => one.to.endsWith(`/${name}`));
let accountId, page, csrf, ruleId;

async function shipment(number, shop) {
    const made = async (path, body) => {
        const answer = await agent("POST", path, body);
        assert.equal(answer.status, 201, answer.text);
        return answer.body;
    };
    const order = await made("/api/orders", { number, shop, customer: { name: "Eva Keller" }, shipTo: { name: "Eva Keller", street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" }, items: [{ name: "Lamp", quantity: 1 }] });
    const po = await made("/api/purchase-orders", { number: `PO-${number}`, orderId: order.orderId });
    return (await made("/api/ship/shipments", { purchaseOrderId: po.purchaseOrderId, carrier: "swiss-post", carrierName: "Swiss Post", trackingNumber: `T${number}` })).shipmentId;
}

const form = (path, fields) => page(path, { csrfToken: csrf, ...fields });
const shown = async (path) => (await page(path)).text();

check("a rule of the page's form is kept as it was ticked, and a wrong one stays in its form", async () => {
    ctl("provider", "add", "slack", "--tenant", tenant, "--name", "Slack of the shop", "--secret", `webhookUrl=http://127.0.0.1:${slack.port}/services/T0/B0/shop`);
    [[accountId]] = sql(`select id from provider_accounts where name = 'Slack of the shop'`);
    page = await person("admin", tenant);
    csrf = /name="csrfToken" value="([^"]+)"/.exec(await shown("/team/new"))[1];
    const wrong = await form("/team/new", { name: "Trouble", way: "slack", "tell.exception": "on", shop: "Basel", quietFrom: "22:00" });
    const html = await wrong.text();
    assert.equal(wrong.status, 422);
    assert.match(html, /name="name" value="Trouble"/);
    assert.match(html, /id="account-error"/);
    assert.match(html, /id="until-error"/);
    assert.match(html, /name="tell.exception" checked/);
    const right = await form("/team/new", { name: "Trouble", way: "slack", accountId, "tell.exception": "on", "tell.delivered": "on", shop: "Basel", role: "", channel: "", buildingId: "", quietFrom: "", quietUntil: "", digest: "none" });
    assert.equal(right.status, 303, await right.text());
    ruleId = right.headers.get("location").split("/").at(-1);
    const rule = (await call("GET", `/api/ship/team-rules/${ruleId}`)).body;
    assert.deepEqual([rule.statuses, rule.shop, rule.role, rule.quietFrom, rule.enabled], [["delivered", "exception"], "Basel", null, null, true]);
    assert.match(await shown("/team"), /Slack of the shop/);
});

check("a change that the rule names is told in Slack once, another is not", async () => {
    const here = await shipment("S-1", "Basel"), there = await shipment("S-2", "Bern");
    for (const id of [here, there]) assert.equal((await agent("POST", `/api/ship/shipments/${id}/status`, { status: "in_transit" })).status, 200);
    for (const id of [there, here]) assert.equal((await agent("POST", `/api/ship/shipments/${id}/status`, { status: "exception" })).status, 200);
    await eventually("it is told", async () => (await told("shop")).length);
    await eventually("it is noted", async () => (await call("GET", `/api/ship/team-rules/${ruleId}`)).body.lastState === "sent");
    const posted = await told("shop");
    assert.equal(posted.length, 1);
    assert.match(posted[0].text, /^Order S-1: exception\n/);
    const { messages } = (await call("GET", `/api/ship/team-rules/${ruleId}/messages`)).body;
    assert.deepEqual(messages.map((one) => [one.state, one.changes, one.test]), [["sent", 1, false]]);
});

check("a channel that is gone switches the rule off, and the page says why", async () => {
    await fetch(`http://127.0.0.1:${slack.port}/control/faults`, { method: "POST", body: JSON.stringify({ refuse: "channel_is_archived" }) });
    assert.equal((await form(`/team/${ruleId}/test`, {})).status, 303);
    await eventually("it is off", async () => !(await call("GET", `/api/ship/team-rules/${ruleId}`)).body.enabled);
    assert.match(await shown(`/team/${ruleId}`), /nobody can be told by it: [^<]*channel_is_archived/);
    assert.equal((await call("POST", `/api/ship/team-rules/${ruleId}/test`, {})).status, 409);
    assert.ok(!(await shown("/team")).includes("/services/"), "the address is shown");
});

check("the same by the API: added, listed, changed, tried, removed", async () => {
    await fetch(`http://127.0.0.1:${slack.port}/control/faults`, { method: "POST", body: JSON.stringify({ refuse: "" }) });
    const added = await call("POST", "/api/ship/team-rules", { name: "By the API", way: "email", role: "owner", quietFrom: "22:00", quietUntil: "07:00" });
    assert.equal(added.status, 201, added.text);
    assert.equal(added.headers.get("location"), `/api/ship/team-rules/${added.body.ruleId}`);
    const { rules } = (await call("GET", "/api/ship/team-rules")).body;
    assert.deepEqual(rules.map((one) => one.name), ["By the API", "Trouble"]);
    const path = `/api/ship/team-rules/${added.body.ruleId}`;
    const set = await call("PUT", path, { name: "By the API", way: "slack", accountId, statuses: ["silent"], enabled: true });
    assert.deepEqual([set.status, set.body.way, set.body.role, set.body.quietFrom, set.body.statuses], [200, "slack", null, null, ["silent"]]);
    const before = (await told("shop")).length;
    assert.equal((await call("POST", `${path}/test`, {})).status, 202);
    await eventually("the test is told", async () => (await told("shop")).length === before + 1);
    const faults = (refuse) => fetch(`http://127.0.0.1:${slack.port}/control/faults`, { method: "POST", body: JSON.stringify({ refuse }) });
    await faults("invalid_payload");
    assert.equal((await call("POST", `${path}/test`, {})).status, 202);
    const failed = await eventually("it is refused", async () => (await call("GET", `${path}/messages`)).body.messages.find((one) => one.state === "failed"));
    await faults("");
    assert.equal((await call("POST", `${path}/messages/${failed.messageId}/retry`, {})).status, 202);
    await eventually("it is told when it is tried again", async () => (await told("shop")).length === before + 2);
    const gone = await call("DELETE", path);
    assert.deepEqual([gone.status, gone.body.name], [200, "By the API"]);
    assert.equal((await call("GET", `${path}/messages`)).status, 404);
    assert.equal((await agent("GET", "/api/ship/team-rules")).status, 403);
});

check("a rule is removed by the page", async () => {
    assert.equal((await form(`/team/${ruleId}/remove`, {})).status, 303);
    assert.equal((await call("GET", `/api/ship/team-rules/${ruleId}`)).status, 404);
    assert.match(await shown("/team"), /Nobody is told yet/);
});

await finish();
