// Accounts at carriers, what Ship24 is to track, and what carriers' codes mean, over HTTP with a simulated Ship24.
import assert from "node:assert/strict";
import { api, base, check, ctl, eventually, finish, person, sim, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("trackers");
const admin = api(await token("admin", tenant)), agent = api(await token("agent", tenant));
const ship24 = await sim("ship24", process.env.SHIP24_PORT);
const { id: account } = ctl("provider", "add", "ship24", "--tenant", tenant, "--name", "Ship24", "--json", "--set", `endpoint=http://127.0.0.1:${ship24.port}/public/v1`,
    "--secret", "apiKey=simulated-key-of-ship24-0001", "--secret", `webhookSecret=secret-${tenant}`);
const nobody = "01970000-0000-7000-8000-00000000dead";
const tell = (events) => fetch(`${base}/api/webhooks/ship24`, {
    method: "POST", headers: { "content-type": "application/json", authorization: `Bearer secret-${tenant}` },
    body: JSON.stringify({ trackings: [{ metadata: { messageId: `m-${Math.random()}` }, tracker: { trackingNumber: "TRK000001" }, events }] }),
});
let shipment, code;

check("a shipment is added and tracked; in a dry run a stand-in answers", async () => {
    const made = await agent("POST", "/api/ship/shipments", { carrier: "dhl", trackingNumber: "TRK000001", track: true });
    assert.equal(made.status, 201);
    shipment = made.body.shipmentId;
    const at = `/api/ship/shipments/${shipment}/tracker`;
    const tracker = await eventually("it is tracked", async () => {
        const { body } = await agent("GET", at);
        return body.state === "made" && body;
    });
    assert.deepEqual([tracker.dryRun, tracker.trackerId], [true, `DRY-${shipment}`]);
    assert.equal((await agent("POST", at, {})).status, 202, "again: nothing new");
    assert.equal((await agent("POST", `${at}/results`)).status, 409);
    assert.equal((await agent("POST", `${at}/resend`)).status, 409);
    sql(`update trackers set dry_run = false where shipment_id = '${shipment}' returning 1`);
    assert.equal((await agent("POST", `${at}/resend`)).status, 202);
    assert.equal((await agent("POST", `${at}/results`)).status, 202);
    await eventually("both are through, and nobody was called", async () => sql(`select count(*) from jobs where kind in ('ship.track_results', 'ship.resend') and args ->> 'shipmentId' = '${shipment}' and state <> 'parked'`)[0][0] === "0");
    assert.deepEqual([(await agent("GET", at)).body.state, sql(`select count(*) from http_calls where not dry_run and tenant_id = (select id from tenants where slug = '${tenant}')`)[0][0]], ["made", "0"]);
    assert.equal((await agent("GET", `/api/ship/shipments/${nobody}/tracker`)).status, 404);
    const { body: { shipmentId: other } } = await agent("POST", "/api/ship/shipments", { carrier: "dhl", trackingNumber: "TRK000002" });
    assert.equal((await agent("POST", `/api/ship/shipments/${other}/tracker`, { accountId: nobody })).status, 422);
});

check("an account is tried, and the result is kept", async () => {
    const { status, body } = await admin("GET", "/api/ship/carriers");
    assert.deepEqual([status, body.dryRun, body.carriers.map((one) => one.name)], [200, true, ["Ship24"]]);
    assert.match(body.carriers[0].hookAddress, /\/api\/webhooks\/ship24$/);
    assert.equal((await agent("GET", "/api/ship/carriers")).status, 403);
    assert.equal((await admin("GET", `/api/ship/carriers/${nobody}`)).status, 404);
    assert.equal((await admin("POST", `/api/ship/carriers/${account}/check`)).status, 202);
    const done = await eventually("it was tried", async () => {
        const one = (await admin("GET", `/api/ship/carriers/${account}`)).body;
        return one.check.state === "done" && one.check;
    });
    assert.deepEqual([done.ok, done.said], [true, "Ship24 answers, and takes the API key."]);
    const page = await (await (await person("admin", tenant))("/carriers")).text();
    assert.match(page, /Dry run\./);
    assert.doesNotMatch(page, /simulated-key|secret-trackers/);
});

check("a code that nobody can read is collected, mapped, and what was kept is read anew", async () => {
    const event = { eventId: "c-1", status: "Held up", occurrenceDatetime: "2026-03-02T10:00:00Z", statusMilestone: "held_up" };
    await eventually("the account is read", async () => (await tell([event])).status === 200);
    [code] = await eventually("it is collected", async () => {
        const { codes } = (await agent("GET", "/api/ship/codes")).body;
        return codes.length && codes;
    });
    assert.deepEqual([code.carrier, code.code, code.seen, code.example], ["ship24", "held_up", 1, "Held up"]);
    const at = `/api/ship/codes/${code.codeId}`;
    assert.equal((await agent("GET", at)).body.meaning, null);
    assert.equal((await agent("POST", `${at}/rerun`)).status, 409, "not mapped");
    assert.equal((await agent("PUT", at, { meaning: "lost" })).status, 422);
    assert.equal((await agent("PUT", at, { meaning: "in_transit" })).body.meaning, "in_transit");
    const { body: would } = await agent("GET", `${at}/rerun`);
    assert.deepEqual([would.change, would.notices, would.changes], [1, 0, [{ from: "pending", to: "in_transit", shipments: 1 }]]);
    assert.equal((await agent("POST", `${at}/rerun`)).status, 202);
    await eventually("it is read anew", async () => (await agent("GET", at)).body.rerunState === "done");
    assert.equal((await agent("GET", `/api/ship/shipments/${shipment}`)).body.status, "in_transit");
    assert.equal((await agent("POST", `${at}/unmap`)).body.meaning, null);
    const added = await agent("POST", "/api/ship/codes", { carrier: "ship24", code: "exception_return", meaning: "returned" });
    assert.equal(added.status, 201);
    assert.equal((await agent("POST", "/api/ship/codes", { carrier: "ship24", code: "exception_return", meaning: "returned" })).status, 409);
});

await finish();
