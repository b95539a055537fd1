// Retention over the API and the command: policies, holds, what would go and what went, and forgetting one person.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, base, check, committed, eventually, finish, person, sql, tenantNew, token, trackctl, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("retention");
const bearer = await token("admin", tenant);
const call = api(bearer);
const folder = mkdtempSync(join(tmpdir(), "track-retention."));
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const tell = async (path) => (await call("GET", path)).body;
const planned = async (policy) => (await tell(`/api/track/retention/plan?${new URLSearchParams(policy)}`)).planToken;
const lift = async (id) => call("POST", `/api/track/holds/${id}/lift`, { planToken: (await tell(`/api/track/holds/${id}/lift`)).planToken });
let unit;

// What the evidence of a message says on paper.
async function summary(id) {
    const answer = await fetch(`${base}/api/track/communications/${id}/evidence`, { headers: { authorization: `Bearer ${bearer}` } });
    const zip = join(folder, "one.zip");
    writeFileSync(zip, Buffer.from(await answer.arrayBuffer()));
    spawnSync("unzip", ["-qod", folder, zip, "summary.pdf"]);
    return spawnSync("pdftotext", ["-layout", join(folder, "summary.pdf"), "-"], { encoding: "utf8" }).stdout;
}

check("nothing goes by itself, and the command says what would", async () => {
    await committed(call, (await upload(call, "retention.csv", csv(rows("RET", 2020, 4)), statements(rows("RET", 2020, 4)))).body.id);
    sql(`set session_replication_role = replica; update communications set created_at = now() - interval '3 years' where tenant_id = '${tenantId}'`);
    const { policies, planned, due, held } = await tell("/api/track/retention");
    assert.deepEqual([due, planned, held], [0, 4, 0]);
    assert.deepEqual(policies.map((p) => [p.hint, p.contentDays, p.personDays, p.proofDays, p.delete]),
        [["default", 730, 730, 3650, false], ["parcels", 730, 730, 3650, false], ["inbox", 30, 30, 400, false]]);
    const plan = trackctl("retention", "plan", "--tenant", tenant);
    assert.equal(plan.status, 0, plan.stderr);
    assert.match(plan.stdout, /0 communications go, 4 would if their policy deleted, 0 are held/);
    assert.match(plan.stdout, /plan only +Messages: names and addresses +person +4 +\d/);
    assert.match(plan.stdout, /plan only +communications, person +communications +4 +\d/);
    assert.match(trackctl("retention", "run", "--tenant", tenant, "--yes").stdout, /0 communications/);
    assert.equal(trackctl("retention", "plan", "--tenant", "nobody-here").status, 1);
});

check("a policy is set by field, and proof outlives what it proves", async () => {
    const policy = { hint: "statement", contentDays: 700, personDays: 700, proofDays: 3650, delete: true };
    assert.equal((await call("POST", "/api/track/retention", { ...policy, proofDays: 30 })).body.errors[0].field, "proofDays");
    assert.equal((await call("POST", "/api/track/retention", { ...policy, hint: "Not so" })).status, 422);
    const unasked = await call("POST", "/api/track/retention", policy);
    assert.deepEqual([unasked.status, unasked.body.errors[0].field], [422, "planToken"], "one that removes is planned first");
    const plan = await tell(`/api/track/retention/plan?${new URLSearchParams(policy)}`);
    assert.deepEqual([plan.messages, plan.content, plan.person, plan.planned, plan.places.map((p) => [p.buildingName, p.year, p.messages])], [4, 4, 4, 0, [["House RET", 2020, 4]]]);
    assert.ok(plan.rows >= 8 && plan.bytes > 0 && plan.parts.some((p) => p.what === "Messages: names and addresses" && p.clock === "person" && p.rows === 4));
    assert.equal((await call("POST", "/api/track/retention", { ...policy, contentDays: 699, planToken: plan.planToken })).status, 409, "a token is of its plan");
    assert.equal((await tell("/api/track/retention")).due, 0);
    assert.equal((await call("POST", "/api/track/retention", { ...policy, planToken: plan.planToken })).body.delete, true);
    assert.equal((await tell("/api/track/retention")).due, 4);
    assert.equal((await api(await token("agent", tenant))("POST", "/api/track/retention", policy)).status, 403);
});

check("a hold keeps a unit, until it is lifted", async () => {
    [[unit]] = sql(`select unit_id from communications where tenant_id = '${tenantId}' order by id limit 1`);
    const hold = { scope: "unit", value: unit, reason: "Court case 7", owner: "Legal", reviewOn: "2020-02-29" };
    assert.equal((await call("POST", "/api/track/holds", { ...hold, reviewOn: "2021-02-29" })).body.errors[0].field, "reviewOn");
    assert.equal((await call("POST", "/api/track/holds", { ...hold, value: tenantId })).body.errors[0].field, "value");
    const made = await call("POST", "/api/track/holds", hold);
    assert.deepEqual([made.status, made.body.overdue, made.body.scope], [201, true, "unit"]);
    assert.deepEqual([(await tell("/api/track/retention")).held, (await tell("/api/track/retention")).due], [1, 3]);
    assert.ok((await tell(`/api/track/units/${unit}`)).communications[0].holdId);
    const refused = await call("POST", "/api/track/erasures", { unitId: unit });
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, new RegExp(`${made.body.id}.*Court case 7.*Legal`));
});

check("what is due goes, says so, and the proof holds", async () => {
    const asked = trackctl("retention", "run", "--tenant", tenant);
    assert.deepEqual([asked.status, /3 communications go/.test(asked.stdout), /--yes/.test(asked.stderr)], [1, true, true]);
    const stale = await planned({});
    const { body: hold } = await call("POST", "/api/track/holds", { scope: "building", value: "RET", reason: "Wait", owner: "Legal" });
    assert.equal((await call("POST", "/api/track/retention/removals", { planToken: stale })).status, 409, "what would go has changed");
    await lift(hold.id);
    assert.equal((await call("POST", "/api/track/retention/removals", {})).body.errors[0].field, "planToken");
    const removal = await call("POST", "/api/track/retention/removals", { planToken: await planned({}) });
    assert.deepEqual([removal.status, removal.body.planned.messages, removal.body.planned.held], [202, 3, 1]);
    const { done, askedByName } = await eventually("it is done", async () => {
        const now = await tell(removal.headers.get("location"));
        return now.state === "DONE" && now;
    });
    assert.ok(askedByName.startsWith("test-admin"));
    assert.deepEqual([done.communications, done.archives, done.stores.find((s) => s.store === "communications, person").rows], [3, 1, 3]);
    assert.equal((await call("POST", "/api/track/retention/removals", { planToken: await planned({}) })).status, 409, "nothing is due");
    const { due, held, runs } = await tell("/api/track/retention");
    assert.deepEqual([due, held, runs[0].communications, runs[0].reason], [0, 1, 3, "policy “statement”"]);
    const [[gone]] = sql(`select unit_id from communications where tenant_id = '${tenantId}' and content_removed_at is not null limit 1`);
    const [one] = (await tell(`/api/track/units/${gone}`)).communications;
    assert.ok(one.contentRemovedAt);
    assert.deepEqual([one.email, one.removedBy, one.recipientName], [null, "policy “statement”", "(removed)"]);
    const { attachments } = await tell(`/api/track/communications/${one.communicationId}`);
    assert.ok(attachments.length, "what was attached is told");
    for (const { fileName, href, size, sha256 } of attachments) assert.deepEqual([fileName, href, size > 0, /^[0-9a-f]{64}$/.test(sha256)], [null, null, true, true]);
    assert.equal(trackctl("verify", "--tenant", tenant).status, 0);
});

check("a person is forgotten once the hold is lifted", async () => {
    const [{ id }] = (await tell("/api/track/holds")).holds;
    assert.ok((await lift(id)).body.liftedAt);
    assert.equal((await call("GET", `/api/track/holds/${id}/lift`)).status, 404);
    assert.equal((await call("POST", "/api/track/erasures", {})).body.errors[0].field, "email");
    const [[message]] = sql(`select id from communications where unit_id = '${unit}'`);
    const kept = await call("POST", "/api/track/export", { format: "csv" });
    const { download } = await eventually("the export is ready", async () => {
        const now = await tell(`/api/track/export/${kept.body.exportId}`);
        return now.state === "READY" && now;
    });
    assert.equal((await fetch(base + download.href)).status, 200);
    const asked = await call("POST", "/api/track/erasures", { unitId: unit });
    assert.deepEqual([asked.status, asked.headers.get("location")], [202, `/api/track/erasures/${asked.body.id}`]);
    const done = await eventually("it is done", async () => {
        const now = await tell(`/api/track/erasures/${asked.body.id}`);
        return now.state === "DONE" && now;
    });
    assert.equal(done.certificate.communications, 1);
    assert.equal(done.certificate.stores["communications, person"], 1);
    assert.equal((await fetch(base + download.href)).status, 404);
    assert.deepEqual([(await tell(`/api/track/export/${kept.body.exportId}`)).state, done.certificate.files >= 1], ["EXPIRED", true]);
    assert.match(await summary(message), /as the person concerned asked|die betroffene Person|personne concernée/);
    assert.equal(trackctl("verify", "--tenant", tenant).status, 0);
});

check("the page says it all and its forms work", async () => {
    const go = await person("admin", tenant);
    const page = async () => (await go("/retention")).text();
    const csrf = /name="csrfToken" value="([^"]+)"/.exec(await page())[1];
    assert.match(await page(), /policy “statement”/);
    const set = await go("/retention/policies", { csrfToken: csrf, hint: "notice", contentDays: "10", personDays: "10", proofDays: "20" });
    assert.deepEqual([set.status, set.headers.get("location")], [303, "/retention?saved=notice"]);
    assert.match(await page(), /value="notice"/);
    for (const [scope, value, label] of [["unit", "ret 1.00", /^House RET, unit 1\.00$/], ["building", "House Ret", /^House RET$/], ["building", "RET", /^House RET$/]]) {
        const made = await call("POST", "/api/track/holds", { scope, value, reason: "A suit", owner: "Office" });
        assert.deepEqual([made.status, label.test(made.body.label)], [201, true], value);
        assert.equal((await call("POST", "/api/track/holds", { scope, value, reason: "A suit", owner: "Office" })).status, 409, "there is one already");
        assert.equal((await lift(made.body.id)).status, 200);
    }
    const none = await call("POST", "/api/track/holds", { scope: "unit", value: "RET 9.99", reason: "A suit", owner: "Office" });
    assert.deepEqual([none.status, none.body.errors[0].field, /give its building's code and its number/.test(none.body.errors[0].message)], [422, "value", true]);
    const ask = await go("/retention/erasures", { csrfToken: csrf, email: "nobody@example.org" });
    const asked = await ask.text();
    assert.deepEqual([ask.status, /Forget this person\?/.test(asked), /No message has this address/.test(asked)], [200, true, true], "asked back first");
    assert.equal(sql(`select count(*) from erasures where tenant_id = '${tenantId}' and state = 'QUEUED'`)[0][0], "0");
    const planToken = /name="planToken" value="([^"]+)"/.exec(asked)[1];
    assert.equal((await go("/retention/erasures", { csrfToken: csrf, email: "other@example.org", planToken })).status, 409, "a token is of its person");
    assert.equal((await go("/retention/erasures", { csrfToken: csrf, email: "nobody@example.org", planToken })).status, 303);
    assert.equal((await go("/proof")).status, 200);
    assert.equal((await (await person("viewer", tenant))("/retention")).status, 403);
});

check("nothing is left behind", () => rmSync(folder, { recursive: true }));

await finish();
