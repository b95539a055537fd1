// What carriers post, over nginx and the pool of webhooks: proven, once, and on the timeline of its shipment.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { api, base, check, ctl, eventually, finish, person, skip, sql, tenantNew, token } from "../checks.mjs";

const SECRET = `secret-${process.pid}`, TOKEN = `token-${process.pid}`;
const tenant = tenantNew("scans");
const call = api(await token("agent", tenant));
ctl("provider", "add", "ship24", "--tenant", tenant, "--name", "Ship24", "--secret", `webhookSecret=${SECRET}`, "--secret", "webhookSecretBefore=older");
ctl("provider", "add", "generic", "--tenant", tenant, "--name", "Alpine", "--set", "carrier=alpine", "--secret", `token=${TOKEN}`);

const samples = new URL("../../../shared/providers/samples/ship24/", import.meta.url);
const sample = (name) => readFileSync(new URL(`webhook_${name}.json`, samples), "utf8");
const sampled = existsSync(samples) ? check : (name) => skip(name, "no ../shared/providers/samples/ship24");
const post = (path, headers, body, method = "POST") => fetch(base + path, { method, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body });
const ship24 = (body, secret = SECRET) => post("/api/webhooks/ship24", { authorization: `Bearer ${secret}` }, body);
const alpine = (body, headers = { "x-api-key": TOKEN }, carrier = "alpine") => post(`/api/carriers/${carrier}/callback`, headers, JSON.stringify(body));
const rows = () => Number(sql(`select count(*) from inbox i join tenants t on t.id = i.tenant_id where t.slug = '${tenant}'`)[0][0]);
const shipment = async (id) => (await call("GET", `/api/ship/shipments/${id}`)).body;

check("HEAD is answered, and what proves nothing leaves nothing", async () => {
    for (const path of ["/api/webhooks/ship24", "/api/carriers/alpine/callback", "/api/carriers/nobody/callback"]) {
        const probe = await post(path, {}, undefined, "HEAD");
        assert.deepEqual([probe.status, await probe.text()], [200, ""], path);
        const other = await post(path, {}, undefined, "GET");
        assert.deepEqual([other.status, /POST/.test(other.headers.get("allow"))], [405, true], path);
    }
    for (const secret of ["", "wrong", `${SECRET}x`]) {
        const forged = await ship24('{"trackings":[]}', secret);
        assert.equal(forged.status, 401);
        assert.match(forged.headers.get("content-type"), /^application\/problem\+json/);
    }
    const event = { trackingNumber: "AP1", events: [{ status: "in_transit", occurredAt: "2026-03-05" }] };
    assert.equal((await alpine(event, { "x-api-key": "wrong" })).status, 401);
    assert.equal((await alpine(event, { "x-api-key": TOKEN }, "dhl")).status, 401, "of another carrier");
    for (const path of ["/api/webhooks/nobody", "/api/webhooks/ship24/more", "/api/carriers/alpine/callback/more"]) assert.equal((await post(path, {}, "{}")).status, 404, path);
    assert.equal(rows(), 0);
});

check("what is too large is refused as that", async () => {
    const large = await ship24(`{"trackings":[],"padding":"${"x".repeat(1200000)}"}`);
    assert.deepEqual([large.status, rows()], [413, 0]);
});

sampled("a parcel that nobody knows is kept and listed, and said again it is answered alike", async () => {
    for (const name of ["in_transit", "out_for_delivery", "in_transit", "in_transit"]) {
        const answer = await ship24(sample(name));
        assert.deepEqual([answer.status, await answer.json()], [200, { success: true }]);
    }
    assert.equal((await ship24(sample("out_for_delivery"), "older")).status, 200, "by the secret before");
    assert.equal(rows(), 2);
    const [one] = await eventually("both are kept", async () => {
        const { items } = (await call("GET", "/api/ship/unmatched")).body;
        return items[0]?.messages === 2 && items;
    });
    assert.deepEqual([one.trackingNumber, one.reference, one.lastStatus, one.account, one.provider], ["QX482910377IN", "ORD-10482", "Out for delivery", "Ship24", "ship24"]);
    const go = await person("agent", tenant);
    const page = await (await go("/shipments/unmatched")).text();
    assert.match(page, /QX482910377IN/);
    assert.match(await (await go(`/inbox/${one.inboxId}`)).text(), /No shipment has this tracking number/);
    assert.equal((await (await person("viewer", tenant))("/shipments/unmatched")).status, 403);
    assert.equal((await call("GET", "/api/ship/unmatched?after=nonsense")).status, 422);
});

let id;

sampled("the shipment that gets the number gets what was said of it", async () => {
    const made = await call("POST", "/api/ship/shipments", { carrier: "delhivery", trackingNumber: "QX 4829 10377 IN" });
    assert.equal(made.status, 201, made.text);
    id = made.headers.get("location").split("/").pop();
    const now = await eventually("it is on its way", async () => {
        const one = await shipment(id);
        return one.status === "out_for_delivery" && one;
    });
    assert.deepEqual(now.events.filter((event) => event.type === "SCAN").map((event) => event.sentence).sort(), ["Arrived at sorting hub", "Out for delivery"]);
    assert.deepEqual((await call("GET", "/api/ship/unmatched")).body.items, []);
    assert.equal(sql(`select count(*) from domain_events where name = 'ShipmentStatusChanged' and entity_id = '${id}'`)[0][0], "1");
});

sampled("what comes then goes to its timeline, in whatever order", async () => {
    for (const name of ["delivered", "exception", "pod", "in_transit"]) assert.equal((await ship24(sample(name))).status, 200);
    const done = await eventually("all is read", async () => {
        const one = await shipment(id);
        return one.events.some((event) => /proof of delivery/.test(event.sentence)) && one.events.some((event) => /sent back to origin/.test(event.sentence)) && one;
    });
    assert.equal(done.status, "delivered");
    assert.equal(done.events.filter((event) => event.type === "SCAN").length, 4);
});

check("a carrier of its own posts our format, and is told what is wrong with it", async () => {
    const made = await call("POST", "/api/ship/shipments", { carrier: "alpine", trackingNumber: "AP991" });
    const own = made.headers.get("location").split("/").pop();
    const event = { id: "1", status: "in_transit", text: "On the train", occurredAt: "2026-03-05T08:00:00+01:00", location: "Chur" };
    const wrong = await alpine({ trackingNumber: "AP991", events: [event, { ...event, occurredAt: "5.3.2026" }] });
    const problem = await wrong.json();
    assert.deepEqual([wrong.status, problem.errors[0].field], [422, "events[1].occurredAt"]);
    assert.equal((await alpine({ trackingNumber: "AP991", events: [event, { id: "2", code: "Q7", text: "Waits for the snow plough", occurredAt: "2026-03-05" }] })).status, 202);
    assert.equal((await alpine({ trackingNumber: "AP991", events: [event] }, { authorization: `Bearer ${TOKEN}` })).status, 202);
    const now = await eventually("it is on its way", async () => {
        const one = await shipment(own);
        return one.status === "in_transit" && one;
    });
    assert.deepEqual(now.events.filter((one) => one.type === "SCAN").map((one) => one.sentence).sort(), ["On the train", "Waits for the snow plough"]);
});

await finish();
