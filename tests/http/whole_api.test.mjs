// The API as a whole, after the others of this folder: its description is valid OpenAPI 3.1, and every operation was
// exercised and answered as described (tests/contract.mjs). Also those that no other test calls.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { api, base, check, committed, ctl, eventually, finish, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("whole");
const call = api(await token("admin", tenant));
let document;

check("the description is valid OpenAPI 3.1", async () => {
    document = (await call("GET", "/api/openapi.json")).body;
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors));
});

check("every operation says what it answers", () => {
    for (const [path, methods] of Object.entries(document.paths)) {
        for (const [method, { responses }] of Object.entries(methods)) {
            const [status] = Object.keys(responses);
            assert.match(status, /^2\d\d$/, `${method} ${path}`);
            assert.ok(responses[status].content, `${method} ${path} ${status}`);
            assert.deepEqual(responses.default, { $ref: "#/components/responses/Problem" });
        }
    }
});

check("a webhook is listed, shown and processed again", async () => {
    ctl("provider", "add", "msgraph", "--tenant", tenant, "--name", "Graph", "--set", "tenant=t", "--set", "clientId=c", "--set", "mailbox=m",
        "--secret", "clientSecret=good", "--secret", `clientState=${tenant}`);
    await eventually("it is taken", async () => (await fetch(`${base}/api/track/providers/msgraph/email`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ value: [{ subscriptionId: "s", changeType: "created", clientState: tenant, resourceData: { id: "1" } }] }),
    })).status === 202);
    const [{ id }] = (await call("GET", "/api/inbox")).body.items;
    assert.equal((await call("GET", `/api/inbox/${id}`)).body.provider, "msgraph.email");
    const again = await call("POST", `/api/inbox/${id}/replay`);
    assert.deepEqual([again.status, again.headers.get("location")], [202, `/api/inbox/${id}`]);
});

check("an import is previewed anew, committed and shown, and makes a year of a building", async () => {
    const kept = await upload(call, "whole.csv", csv(rows("WHOLE", 2025, 2)));
    const at = kept.headers.get("location");
    assert.equal(at, `/api/track/imports/${kept.body.id}`);
    assert.equal((await call("POST", `${at}/preview`, { year: 2024, subject: "subject" })).body.settings.year, 2024);
    await committed(call, kept.body.id);
    const [{ buildingId, year }] = (await call("GET", at)).body.result.batches;
    const { years } = (await call("GET", `/api/track/buildings/${buildingId}/years`)).body;
    assert.deepEqual(years.map((one) => [one.year, one.communications]), [[year, 2]]);
});

check("the log of calls is listed", async () => {
    assert.equal((await call("GET", "/api/calls")).status, 200);
});

check("a cron may run the dispatcher with its token, nobody without", async () => {
    const [, secret] = /^TRACK_TASKS_TOKEN=(.+)$/m.exec(readFileSync(`${process.env.VAR}/settings`, "utf8"));
    assert.equal((await api(secret)("GET", "/api/tasks/events")).status, 200);
    assert.equal((await call("GET", "/api/tasks/events")).status, 401);
});

check("refusals are problem documents", async () => {
    assert.equal((await api("nonsense")("GET", "/api/track/buildings")).status, 401);
    assert.equal((await call("GET", "/api/track/units/nonsense")).status, 404);
    assert.equal((await call("GET", "/api/nothing")).status, 404);
    assert.equal((await call("POST", "/api/auth/token", { clientId: "x", clientSecret: "y" })).status, 401);
});

check("every operation was exercised by these tests", () => {
    const done = new Set(readFileSync(`${process.env.VAR}/exercised`, "utf8").split("\n"));
    const missed = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods)
        .map(([method, { responses }]) => `${method} ${path} ${Object.keys(responses)[0]}`))
        .filter((one) => !done.has(one));
    assert.deepEqual(missed, []);
});

await finish();
