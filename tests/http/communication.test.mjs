// One communication as clients and people meet it: its document, sending again, stopping, notes with proof, deliveries.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agrees } from "../contract.mjs";
import { api, base, check, committed, communications, ctl, eventually, finish, person, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, pdf, rows, statements, zip } from "../fixtures/billing.mjs";

const tenant = tenantNew("one");
const bearer = await token("admin", tenant);
const admin = api(bearer);
const viewer = api(await token("viewer", tenant));
const go = await person("agent", tenant);
let agent, stranger, batch, list, at, csrf;

async function importOf(building, n) {
    const made = rows(building, 2025, n);
    const kept = await upload(admin, `${building}.csv`, csv(made), statements(made));
    return (await committed(admin, kept.body.id)).result.batches[0];
}

// A call by the person, held to the description as those of clients are.
async function asPerson(path, form) {
    const sent = new FormData();
    for (const [name, value] of Object.entries({ csrfToken: csrf, ...form })) value instanceof Array ? sent.append(name, ...value) : sent.append(name, value);
    const answer = await go(path, sent);
    const text = await answer.text();
    const whole = { status: answer.status, headers: answer.headers, text, body: /json/.test(answer.headers.get("content-type")) ? JSON.parse(text) : text };
    await agrees(base, bearer, "POST", path, whole);
    return whole;
}

const fields = (answer) => answer.body.errors.map((one) => one.field).sort();
const status = async (path) => (await admin("GET", path)).body.status;
const file = (bytes, name, type = "application/octet-stream") => [new Blob([bytes], { type }), name];

check("a batch is sent", async () => {
    batch = await importOf("ONE-1", 8);
    await importOf("ONE-2", 1);
    agent = api(await token("agent", tenant, "ONE-1"));
    stranger = api(await token("agent", tenant, "ONE-2"));
    await admin("POST", `/api/track/batches/${batch.batchId}/send`);
    await eventually("it is sent", async () => (await admin("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED");
    list = await communications(admin, batch);
    at = `/api/track/communications/${list[0].communicationId}`;
    csrf = /name="csrfToken" value="([^"]+)"/.exec(await (await go("/track")).text())[1];
});

check("its document tells what was sent, where and why", async () => {
    const { body } = await viewer("GET", at);
    assert.equal(body.status, "SENT");
    assert.equal(body.content.source, "sent");
    assert.match(body.content.html, /Müller/);
    assert.ok(body.attachments.every((one) => /^[0-9a-f]{64}$/.test(one.sha256)));
    assert.deepEqual(body.events.map((e) => e.type), ["SENT", "ENQUEUED"]);
    assert.deepEqual(body.decisions.map((d) => d.about), ["channel", "account", "template"]);
    assert.equal(body.actions.resend, false);
    assert.equal((await agent("GET", at)).body.actions.resend, true);
    assert.equal((await stranger("GET", at)).status, 404);
});

const drawing = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj\n4 0 obj<</Length 29>>stream\n" +
    "1 0 0 rg 90 400 300 200 re f\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

// A message with a file: its page, and where the file's first page is.
async function withFile(building, bytes) {
    const made = rows(building, 2025, 1);
    const kept = await upload(admin, `${building}.csv`, csv(made), zip({ [made[0].attachment]: Buffer.from(bytes) }));
    const [{ communicationId }] = await communications(admin, (await committed(admin, kept.body.id)).result.batches[0]);
    const [{ sha256 }] = (await viewer("GET", `/api/track/communications/${communicationId}`)).body.attachments;
    return [`/messages/${communicationId}`, `/messages/${communicationId}/thumbnails/${sha256}`, sha256];
}

check("a file is shown by its first page, to those who may see it", async () => {
    const [page, path, sha256] = await withFile("ONE-8", drawing);
    const answer = await go(path);
    const png = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([answer.status, answer.headers.get("content-type"), png.toString("latin1", 1, 4)], [200, "image/png", "PNG"]);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [159, 226]);
    assert.equal(answer.headers.get("cache-control"), "private, no-cache", "kept, and asked for each time");
    const known = await fetch(base + path, { headers: { cookie: go.cookies(), "if-none-match": answer.headers.get("etag") } });
    assert.deepEqual([known.status, known.headers.get("cache-control")], [304, "private, no-cache"]);
    const late = await fetch(base + path, { headers: { "if-none-match": answer.headers.get("etag") }, redirect: "manual" });
    assert.notEqual(late.status, 304, "without a login");
    assert.ok((await (await go(`${page}?tab=attachments`)).text()).includes(`src="${path}" width="160" height="226"`), "the picture");
    assert.equal((await go(`/messages/${list[0].communicationId}/thumbnails/${sha256}`)).status, 404, "of another message");
    assert.equal((await (await person("viewer", tenant, "ONE-2"))(path)).status, 404, "without a grant");
});

check("of a file that is damaged, or brings no fonts, there is a sign instead", async () => {
    for (const [building, bytes] of [["ONE-9", "%PDF-1.4\nnothing that a reader knows\n%%EOF\n"], ["ONE-10", pdf("Words")]]) {
        const [, path] = await withFile(building, bytes);
        const answer = await go(path);
        assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/static/file.svg"]);
    }
    assert.match(await (await go("/static/file.svg")).text(), /^<svg/);
});

check("sending again is planned, asked for once, and done", async () => {
    const plan = (await viewer("GET", `${at}/resend`)).body;
    assert.deepEqual(plan.contents.map((c) => [c.content, c.can]), [["render", true], ["same", true]]);
    assert.ok(plan.channels.filter((c) => !c.can).every((c) => c.reason));
    assert.equal((await viewer("POST", `${at}/resend`, {})).status, 403);
    assert.equal((await stranger("POST", `${at}/resend`, {})).status, 404);
    sql("insert into job_queues (queue, paused) values ('email', true) on conflict (queue) do update set paused = true");
    const together = await Promise.all(Array.from({ length: 4 }, () => agent("POST", `${at}/resend`, {})));
    sql("update job_queues set paused = false where queue = 'email'");
    assert.deepEqual(together.map((a) => a.status).sort(), [202, 409, 409, 409]);
    const done = await eventually("it is sent again", async () => {
        const { body } = await viewer("GET", at);
        return body.status === "SENT" && body;
    });
    assert.equal(done.attemptNo, 2);
    assert.equal(done.earlierAttempts.length, 1);
    assert.equal(done.events.filter((e) => e.type === "RESEND_REQUESTED").length, 1);
});

check("an Idempotency-Key asks once, however often", async () => {
    const other = `/api/track/communications/${list[1].communicationId}/resend`;
    const key = { "idempotency-key": `resend-${process.pid}` };
    const first = await agent("POST", other, { content: "same" }, key);
    const again = await agent("POST", other, { content: "same" }, key);
    assert.deepEqual([first.status, again.status, again.headers.get("idempotent-replayed")], [202, 202, "true"]);
    assert.equal(again.text, first.text);
    assert.deepEqual(fields(await agent("POST", other, { channel: "PIGEON", content: "new", colour: 1 })), ["channel", "colour", "content"]);
});

check("held, released, cancelled", async () => {
    const [{ communicationId }] = await communications(admin, await importOf("ONE-3", 1));
    const draft = `/api/track/communications/${communicationId}`;
    assert.equal((await viewer("POST", `${draft}/hold`, {})).status, 403);
    assert.equal((await admin("GET", draft)).body.grade, null);
    assert.equal((await admin("POST", `${draft}/hold`, { note: "The owner asked for it" })).body.status, "HELD");
    assert.equal((await admin("POST", `${draft}/hold`, {})).status, 409);
    const held = (await admin("GET", draft)).body;
    assert.deepEqual([held.grade, held.events[0].type, held.events[0].grade], [null, "HELD", null]);
    const released = await admin("POST", `${draft}/release`, {});
    assert.equal(released.status, 202);
    await eventually("it is sent", async () => (await status(draft)) === "SENT");
    assert.equal((await admin("POST", `${draft}/cancel`, {})).status, 409);
    const [other] = await communications(admin, await importOf("ONE-4", 1));
    assert.equal((await admin("POST", `/api/track/communications/${other.communicationId}/cancel`, {})).body.status, "CANCELLED");
});

check("what a person saw is recorded with its proof, and nobody else's word is taken", async () => {
    const refused = await admin("POST", `${at}/manual-event`, { type: "NOTE", note: "x" });
    assert.equal(refused.status, 403);
    assert.match(refused.body.detail, /person/);
    const bytes = pdf("Signed");
    const made = await asPerson(`${at}/manual-event`, { type: "DELIVERED", note: "Signed at the door", recipientSigned: "true", proofFile: file(bytes, "proof.pdf") });
    assert.deepEqual([made.status, made.body.status, made.body.grade], [201, "DELIVERED", "A"]);
    const items = (await admin("GET", "/api/track/communications?q=grade:A")).body.communications;
    assert.ok(items.some((c) => c.communicationId === made.body.communicationId));
    assert.deepEqual([...new Set(items.map((c) => `${c.status} ${c.grade}`))], ["DELIVERED A"]);
    const [{ proof, note }] = made.body.notes;
    assert.deepEqual([note, proof.fileName, proof.contentType, proof.size], ["Signed at the door", "proof.pdf", "application/pdf", bytes.length]);
    const got = await viewer("GET", proof.href);
    assert.equal(got.status, 200);
    assert.match(got.text, /^%PDF/);
    assert.equal((await stranger("GET", proof.href)).status, 404);
});

check("faults of what is recorded are named by field, and nothing is half done", async () => {
    const before = (await admin("GET", at)).body;
    const wrong = [
        [{ type: "NOTE" }, ["note"]],
        [{ type: "PRINTED", note: "x" }, ["type"]],
        [{ type: "NOTE", note: "x", recipientSigned: "true" }, ["recipientSigned"]],
        [{ type: "NOTE", note: "x", occurredAt: "2999-01-01T00:00:00Z" }, ["occurredAt"]],
        [{ type: "NOTE", note: "x", occurredAt: "soon" }, ["occurredAt"]],
        [{ type: "NOTE", note: "x", proofFile: file("no PDF at all", "proof.pdf", "application/pdf") }, ["proofFile"]],
        [{ type: "NOTE", note: "x", other: file("x", "a.txt") }, ["other"]],
    ];
    for (const [form, named] of wrong) {
        const answer = await asPerson(`${at}/manual-event`, form);
        assert.deepEqual([answer.status, fields(answer)], [422, named], JSON.stringify(form));
    }
    const large = await asPerson(`${at}/manual-event`, { type: "NOTE", note: "x", proofFile: file(Buffer.alloc(11 << 20), "large.pdf") });
    assert.equal(large.status, 413);
    const after = (await admin("GET", at)).body;
    assert.deepEqual([after.notes, after.events], [before.notes, before.events]);
});

check("what happened lately comes in pages, to those who may see it", async () => {
    const path = `/api/track/buildings/${batch.buildingId}/years/2025/activity`;
    const first = (await viewer("GET", path)).body;
    const types = first.events.map((e) => e.type);
    assert.ok(types.includes("RESEND_REQUESTED") && types.includes("DELIVERED"), types.join());
    const times = first.events.map((e) => e.occurredAt);
    assert.deepEqual(times, [...times].sort().reverse());
    assert.equal(first.next, null);
    assert.equal((await stranger("GET", path)).status, 404);
    assert.deepEqual(fields(await viewer("GET", `${path}?after=made-up`)), ["after"]);
    const etag = (await viewer("GET", path)).headers.get("etag");
    assert.equal((await viewer("GET", path, undefined, { "if-none-match": etag })).status, 304);
});

check("a page of activity goes on where the one before ended", async () => {
    const many = await importOf("ONE-5", 60);
    await admin("POST", `/api/track/batches/${many.batchId}/send`);
    await eventually("it is sent", async () => (await admin("GET", `/api/track/batches/${many.batchId}`)).body.state === "COMPLETED", 60);
    const seen = [];
    for (let next = `/api/track/buildings/${many.buildingId}/years/2025/activity`; next; ) {
        const { body } = await admin("GET", next);
        seen.push(...body.events.map((e) => e.eventId));
        next = body.next;
    }
    assert.deepEqual([seen.length, new Set(seen).size], [120, 120]);
});

check("a delivery is recorded with its files, and changed", async () => {
    const { unitId } = (await admin("GET", at)).body;
    const path = `/api/track/units/${unitId}/delivery-record`;
    const form = (more) => {
        const data = new FormData();
        for (const [name, value] of Object.entries({ year: "2025", method: "COURIER", ...more })) data.append(name, ...(value instanceof Array ? value : [value]));
        return data;
    };
    const made = await agent("POST", path, form({ dispatchedAt: "2026-01-02T08:00:00Z", note: "Box 3", attachments: file(pdf("slip"), "slip.pdf") }));
    assert.equal(made.status, 200);
    const changed = await agent("POST", path, { year: 2025, method: "COURIER", deliveredAt: "2026-01-03T09:00:00+01:00" });
    const [record] = changed.body.deliveryRecords;
    assert.equal(changed.body.deliveryRecords.length, 1);
    assert.deepEqual([record.dispatchedAt, record.deliveredAt, record.note], ["2026-01-02T08:00:00.000Z", "2026-01-03T08:00:00.000Z", "Box 3"]);
    assert.match((await viewer("GET", record.attachments[0].href)).text, /^%PDF/);
    assert.equal((await stranger("GET", record.attachments[0].href)).status, 404);
    assert.equal((await stranger("POST", path, { year: 2025, method: "COURIER", deliveredAt: "2026-01-03" })).status, 404);
    assert.equal((await viewer("POST", path, { year: 2025, method: "COURIER", deliveredAt: "2026-01-03" })).status, 403);
    const wrong = [
        [{ year: 2025, method: "PIGEON", deliveredAt: "2026-01-03" }, ["method"]],
        [{ year: 2025, method: "HAND" }, ["deliveredAt"]],
        [{ year: 2025, method: "HAND", dispatchedAt: "2026-01-03", deliveredAt: "2026-01-02" }, ["deliveredAt"]],
        [{ year: 2025, method: "COURIER", deliveredAt: "2026-01-01" }, ["deliveredAt"]],
        [{ year: 2025, method: "HAND", deliveredAt: "2999-01-01T00:00" }, ["deliveredAt"]],
        [{ method: "HAND", deliveredAt: "2026-01-02" }, ["year"]],
    ];
    for (const [body, named] of wrong) {
        const answer = await agent("POST", path, body);
        assert.deepEqual([answer.status, fields(answer)], [422, named], JSON.stringify(body));
    }
    const bad = await agent("POST", path, form({ deliveredAt: "2026-01-05", attachments: file("text", "a.pdf") }));
    assert.deepEqual([bad.status, fields(bad)], [422, ["attachments"]]);
    const [still] = (await viewer("GET", `/api/track/units/${unitId}?year=2025`)).body.deliveryRecords;
    assert.deepEqual([still.deliveredAt, still.attachments.length], ["2026-01-03T08:00:00.000Z", 1]);
    const history = sql(`select before is null, after ->> 'deliveredAt' from audit_history where action = 'unit.delivery-record' and entity_id = '${unitId}' order by seq`);
    assert.deepEqual(history, [["t", ""], ["f", "2026-01-03T08:00:00.000Z"]]);
    const plan = (await viewer("GET", `${at}/resend`)).body;
    assert.ok(plan.warnings.some((w) => w.kind === "satisfied" && /recorded/.test(w.sentence)));
});

check("with a provider that refuses nothing is ever marked as sent", async () => {
    const folder = mkdtempSync(join(tmpdir(), "track-mail."));
    await sim("smtp", "none", folder, process.env.SMTP_PORT);
    ctl("provider", "add", "smtp", "--tenant", tenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`,
        "--set", "security=none", "--set", "from=billing@example.com");
    const id = list[3].communicationId;
    const one = `/api/track/communications/${id}`;
    sql(`update communications set email = 'refused@example.ch' where id = '${id}'`);
    const { warnings } = (await agent("GET", `${one}/resend`)).body;
    assert.ok(warnings.some((w) => w.kind === "address" && w.sentence.includes("refused@example.ch")), JSON.stringify(warnings));
    assert.equal((await agent("POST", `${one}/resend`, {})).status, 202);
    const seen = new Set();
    const done = await eventually("it fails", async () => {
        const { body } = await viewer("GET", one);
        seen.add(body.status);
        return body.status === "FAILED" && body;
    });
    assert.deepEqual([...seen].filter((s) => !["ENQUEUED", "FAILED"].includes(s)), []);
    const second = done.events.filter((e) => e.attemptNo === 2).map((e) => e.type);
    assert.deepEqual(second, ["FAILED", "RESEND_REQUESTED"]);
    assert.deepEqual([done.sentAt, done.grade], [null, "C"]);
    assert.match(done.said.happened, /refuse/i);
    const page = await (await go(`/messages/${id}`)).text();
    assert.match(page, /lock-open"\/><\/svg>Not encrypted/);
    assert.match(page, /&lt; 550 5\.7\.1 Not for you/);
    sql(`update communications set email = 'taken@example.ch' where id = '${id}'`);
    assert.equal((await agent("POST", `${one}/resend`, {})).status, 202);
    const [sent] = (await eventually("it is taken", async () => {
        const { body } = await viewer("GET", one);
        return body.status === "SENT" && body;
    })).events;
    const { sha256, bytes } = JSON.parse(readFileSync(join(folder, "messages.jsonl"), "utf8").trim().split("\n").at(-1));
    assert.deepEqual([sent.type, sent.grade, sent.detail.mailSha256, sent.detail.mailBytes], ["SENT", "C", sha256, bytes]);
    rmSync(folder, { recursive: true });
});

check("what was done stands in the audit trail", () => {
    const actions = sql(`select distinct a.action from audit_history a join tenants t on t.id = a.tenant_id where t.slug = '${tenant}' and a.action like 'communication.%' order by 1`).flat();
    assert.deepEqual(actions, ["communication.cancel", "communication.hold", "communication.manual", "communication.release", "communication.resend"]);
});

await finish();
