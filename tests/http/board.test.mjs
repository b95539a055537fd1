// The board of shipments: by what they ask for, with the time that is left, seen to by staff, and asked for again at no cost.
import assert from "node:assert/strict";
import { api, base, check, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("board");
const agent = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const admin = api(await token("admin", tenant));
const bearer = await token("viewer", tenant);
const at = "/api/ship/shipments";
const nobody = "00000000-0000-7000-8000-000000000000";
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const errors = ({ body }) => body.errors?.map((one) => one.field);
const column = async (name) => (await viewer("GET", `${at}/board`)).body.columns.find((one) => one.attention === name);
let failed;

const parcel = async (number, status) => {
    const { body } = await agent("POST", at, { carrier: "Swiss Post", trackingNumber: number });
    if (status) assert.equal((await agent("POST", `${at}/${body.shipmentId}/status`, { status })).status, 200);
    return body.shipmentId;
};

check("nothing is on it to begin with, and the page says so", async () => {
    const { status, body } = await viewer("GET", `${at}/board`);
    assert.equal(status, 200);
    assert.deepEqual(body.columns.map((one) => [one.attention, one.count, one.shipments]), ["act_now", "late", "silent", "pickup_point", "on_the_way", "done"].map((name) => [name, 0, []]));
    assert.match(await (await (await person("viewer", tenant))("/shipments")).text(), /No shipments yet/);
});

check("each is in the column of what it asks for, and counted there", async () => {
    failed = await parcel("B-1", "failed_attempt");
    for (const [number, status] of [["B-2", "in_transit"], ["B-3", "available_for_pickup"], ["B-4", "delivered"], ["B-5", null]]) await parcel(number, status);
    const { body } = await viewer("GET", `${at}/count`);
    assert.deepEqual(body, { counts: { act_now: 1, late: 0, silent: 0, pickup_point: 1, on_the_way: 2, done: 1 }, total: 5 });
    const { count, shipments: [card] } = await column("act_now");
    assert.deepEqual([count, card.shipmentId, card.attentionReason, card.hoursLeft, card.trackingNumber], [1, failed, "attempt", 23, "B-1"]);
    assert.deepEqual((await column("on_the_way")).shipments.map((one) => one.trackingNumber).sort(), ["B-2", "B-5"]);
});

check("what has not changed is not sent again, as JSON or as a page", async () => {
    const path = `${base}${at}/board`, headers = { authorization: `Bearer ${bearer}` };
    const first = await fetch(path, { headers });
    const again = await fetch(path, { headers: { ...headers, "if-none-match": first.headers.get("etag") } });
    assert.deepEqual([first.status, again.status, await again.text()], [200, 304, ""]);
    const go = await person("viewer", tenant);
    const page = await go("/shipments");
    const poll = () => fetch(`${base}/shipments`, { headers: { cookie: go.cookies(), "if-none-match": page.headers.get("etag"), "hx-request": "true" } });
    assert.equal((await poll()).status, 304);
    await parcel("B-6", "in_transit");
    assert.equal((await poll()).status, 200);
});

check("the page says what is to be done and how long there is, without a script", async () => {
    const text = await (await (await person("viewer", tenant))("/shipments")).text();
    for (const words of [/Answer the failed attempt<br><b>23 hours left<\/b>/, /Swiss Post/, /href="#act_now"[^]*Act now <strong>1</, /On the way <span class="count">3</]) assert.match(text, words);
    assert.doesNotMatch(text, /New shipment/);
});

check("somebody sees to it, once, and it says who and what", async () => {
    for (const [who, status] of [[viewer, 403], [agent, 200], [agent, 409]]) assert.equal((await who("POST", `${at}/${failed}/answer`, { note: "Second attempt on Friday." })).status, status);
    const { body } = await viewer("GET", `${at}/${failed}`);
    assert.deepEqual([body.attention, body.attentionReason, body.events[0].sentence, body.events[0].note], ["on_the_way", null, "The failed attempt was answered.", "Second attempt on Friday."]);
    assert.deepEqual(errors(await agent("POST", `${at}/${failed}/answer`, { note: "x".repeat(2001) })), ["note"]);
    for (const id of [nobody, "x"]) assert.equal((await agent("POST", `${at}/${id}/answer`, {})).status, 404);
    const other = await parcel("B-7", "returned");
    const go = await person("agent", tenant);
    const page = await (await go(`/shipments/${other}`)).text();
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    assert.match(page, /See to the return, or dispute it\.<\/strong> 2 days left/);
    assert.equal((await go(`/shipments/${other}/answer`, { csrfToken, note: "Back on the shelf." })).status, 303);
    const again = await go(`/shipments/${other}/answer`, { csrfToken, note: "Twice." });
    assert.equal(again.status, 409);
    assert.match(await again.text(), /It asks for nothing now/);
});

check("the time there is to claim something is the tenant's, or one carrier's", async () => {
    const path = "/api/ship/claim-terms";
    const { body } = await viewer("GET", path);
    assert.deepEqual(body.terms, [["attempt", 24], ["proof", 168], ["dispute", 72], ["loss", 720]].map(([claim, hours]) => ({ carrier: null, claim, hours, own: false })));
    assert.equal((await agent("PUT", path, { claim: "attempt", hours: 12 })).status, 403);
    const set = await admin("PUT", path, { carrier: "Swiss Post", claim: "attempt", hours: 12 });
    assert.deepEqual(set.body.terms.at(-1), { carrier: "swiss-post", claim: "attempt", hours: 12, own: true });
    await parcel("B-8", "failed_attempt");
    assert.equal((await column("act_now")).shipments[0].hoursLeft, 11);
    for (const [wrong, field] of [[{ claim: "weight", hours: 1 }, "claim"], [{ claim: "loss" }, "hours"], [{ claim: "loss", hours: 8761 }, "hours"], [{ claim: "loss", hours: -1 }, "hours"], [{ claim: "loss", hours: 1, carrier: "a/b" }, "carrier"]])
        assert.deepEqual(errors(await admin("PUT", path, wrong)), [field], JSON.stringify(wrong));
});

check("another tenant's are not there", async () => {
    const other = api(await token("admin", tenantNew("board-other")));
    assert.equal((await other("GET", `${at}/count`)).body.total, 0);
    assert.equal((await other("POST", `${at}/${failed}/answer`, {})).status, 404);
    assert.equal(sql(`select count(*) from shipments where tenant_id = '${tenantId}'`)[0][0], "8");
});

await finish();
