// Proof: what anybody needs to check an event by himself, with a verifier that shares nothing with the server; and
// trackctl verify, which names what a superuser did.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { api, check, eventually, finish, sql, tenantNew, token, trackctl, upload, committed } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("proof");
const call = api(await token("admin", tenant));
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const ids = [];

// ---- the verifier, from the page "Proof" of the README alone

const digest = (...parts) => createHash("sha256").update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
const bytes = (hex) => Buffer.from(hex, "hex");

function verify({ event, leaf, path, day }) {
    if (event.content !== null) assert.equal(digest(bytes(event.salt), event.content).toString("hex"), event.contentHash, "the words");
    assert.equal(digest(bytes(event.previousHash), bytes(event.contentHash), event.facts).toString("hex"), event.hash, "the event");
    let at = digest([0], bytes(event.hash));
    assert.equal(at.toString("hex"), leaf.hash, "the leaf");
    for (const { side, hash } of path) at = side === "left" ? digest([1], bytes(hash), at) : digest([1], at, bytes(hash));
    assert.equal(at.toString("hex"), day.merkle, "the tree");
    assert.equal(digest(bytes(day.previous), day.day, at).toString("hex"), day.root, "the root");
}

// ----

const night = () => sql("update job_schedules set next_at = now() where name = 'proof.nightly'");

check("days get roots, the empty ones too, and each goes on from the one before", async () => {
    await committed(call, (await upload(call, "proof.csv", csv(rows("PROOF", 2025, 8)))).body.id);
    // As if they had come in four and two days ago.
    for (const [days, n] of [[4, 8], [2, 5]]) {
        ids.push(...sql(`begin; set local track.tenant = '${tenantId}';
            with e as (insert into communication_events (tenant_id, communication_id, type, source, grade, status_after,
                occurred_at, received_at, sentence, detail, seq, prev_hash, hash)
            select tenant_id, id, 'NOTE', 'user', 'A', 'DRAFT', now(), now() - interval '${days} days', 'Said «so».',
                '{"where": "Zürich"}', 0, '', ''
            from communications where tenant_id = '${tenantId}' order by id limit ${n} returning id)
            select id from e; commit`).flat());
    }
    await eventually("there are roots", async () => {
        night();
        return (await call("GET", "/api/track/proof")).body.days.length >= 3;
    }, 60);
    const { days } = (await call("GET", "/api/track/proof")).body;
    assert.deepEqual(days.map((day) => day.events).filter(Boolean).sort(), [5, 8]);
    assert.ok(days.some((day) => day.events === 0 && day.merkle === digest("").toString("hex")));
    days.reverse().forEach((day, i) => {
        assert.equal(day.previous, i ? days[i - 1].root : "0".repeat(64));
        assert.equal(day.root, digest(bytes(day.previous), day.day, bytes(day.merkle)).toString("hex"));
    });
});

check("anybody can check an event, and sees what was changed", async () => {
    for (const id of ids) verify((await call("GET", `/api/track/proof/events/${id}`)).body);
    const good = (await call("GET", `/api/track/proof/events/${ids[0]}`)).body;
    assert.match(good.event.content, /«so».*Zürich/s);
    for (const spoil of [
        (d) => { d.event.content = d.event.content.replace("Said", "Sent"); },
        (d) => { d.event.facts = d.event.facts.replace("NOTE", "SENT"); },
        (d) => { d.path[0].hash = digest("x").toString("hex"); },
        (d) => { d.path.pop(); },
        (d) => { d.day.root = digest("x").toString("hex"); },
    ]) {
        const bad = structuredClone(good);
        spoil(bad);
        assert.throws(() => verify(bad));
    }
    assert.equal((await call("GET", `/api/track/proof/events/${tenantId}`)).status, 404);
    assert.equal((await api(await token("agent", tenant))("GET", "/api/track/proof")).status, 403);
});

check("an event of today has to wait for the root", async () => {
    const [[id]] = sql(`begin; set local track.tenant = '${tenantId}'; insert into communication_events (tenant_id, communication_id,
        type, source, grade, status_after, occurred_at, sentence, seq, prev_hash, hash) select tenant_id, id, 'NOTE', 'user', 'A',
        'DRAFT', now(), 'Now.', 0, '', '' from communications where tenant_id = '${tenantId}' limit 1 returning id; commit`);
    const answer = await call("GET", `/api/track/proof/events/${id}`);
    assert.equal(answer.status, 409);
    assert.match(answer.body.detail, /an hour after that day's end/);
});

check("trackctl verify names what a superuser did, and fails", async () => {
    const run = trackctl("verify", "--tenant", tenant);
    assert.equal(run.status, 0, run.stdout + run.stderr);
    assert.match(run.stdout, new RegExp(`${tenant}: 8 communications, 0 shipments, 14 events, .*all as written`));
    const [[event, communication]] = sql(`select id, communication_id from communication_events where id = '${ids[3]}'`);
    sql(`set session_replication_role = replica; update communication_events set sentence = 'Never.' where id = '${event}'`);
    const bad = trackctl("verify", "--tenant", tenant);
    assert.equal(bad.status, 1);
    assert.match(bad.stdout, new RegExp(`changed: Event 1 of communication ${communication} \\(id ${event}\\) was changed`));
    sql(`set session_replication_role = replica; delete from communication_events where id = '${event}'`);
    assert.match(trackctl("verify", "--tenant", tenant).stdout, new RegExp(`removed: Event 1 of communication ${communication} was removed`));
    assert.match(trackctl("verify", "--tenant", tenant).stdout, /removed: Events received on \d{4}-\d\d-\d\d were removed/);
});

check("the nightly verification keeps what it found", async () => {
    const [[checks]] = sql(`select count(*) from proof_checks where tenant_id = '${tenantId}'`);
    sql(`insert into jobs (tenant_id, queue, kind) values ('${tenantId}', 'proof', 'proof.verify')`);
    await eventually("it ran", () => sql(`select count(*) from proof_checks where tenant_id = '${tenantId}'`)[0][0] > checks);
    const { checked } = (await call("GET", "/api/track/proof")).body;
    assert.equal(checked.finding.what, "removed");
    assert.match(checked.finding.sentence, /Event 1 of communication/);
});

await finish();
