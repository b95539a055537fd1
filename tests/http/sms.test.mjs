// SMS over the API, as a developer would do it: what they cost, sending by Azure and by Twilio, reports and answers
// that come back, and who gets no more.
import assert from "node:assert/strict";
import { api, base, check, committed, communications, ctl, eventually, finish, person, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const SECRET = `secret-${process.pid}`;
const acs = await sim("acs", process.env.ACS_PORT), twilio = await sim("twilio", process.env.TWILIO_PORT);
const control = (one) => async (what, body) => (await fetch(`http://127.0.0.1:${one.port}/control/${what}`, body && { method: "POST", body: JSON.stringify(body) })).json();
const azure = control(acs), tw = control(twilio);

async function importOf(call, building, year, phones) {
    const made = rows(building, year, phones.length, (i) => ({ delivery_preference: "sms", email: "", phone: phones[i], recipient_name: `Zoe ${i}`, attachment: "" }));
    const kept = await upload(call, `${building}-${year}.csv`, csv(made));
    assert.equal(kept.status, 201, kept.text);
    return (await committed(call, kept.body.id)).result.batches[0];
}

async function send(call, batch) {
    const answer = await call("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.equal(answer.status, 202, answer.text);
    await eventually(`${batch.buildingCode} is sent`, async () => (await call("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED", 60);
}

const of = async (call, batch, phone) => (await communications(call, batch)).find((one) => one.phone === phone);
const becomes = (call, batch, phone, status) => eventually(`${phone} is ${status}`, async () => {
    const one = await of(call, batch, phone);
    return one.status === status && one;
});
const sentences = (one) => one.events.map((event) => event.sentence);
const sentTo = async (state, phone) => (await state("state")).sent.filter((one) => one.to === phone);

// ---- Azure

const tenant = tenantNew("sms");
const call = api(await token("admin", tenant));
const hook = `${base}/api/track/providers/sms?token=${SECRET}`;
const [anna, ben, carl, dora] = ["+15005550101", "+15005550102", "+15005550001", "+15005550104"];
let batch;

check("without an account SMS land in the outbox, marked as a dry run", async () => {
    const dry = await importOf(call, "DRY", 2024, [anna]);
    const estimate = (await call("GET", `/api/track/sms/estimate?batch=${dry.batchId}`)).body;
    assert.deepEqual([estimate.messages, estimate.parts, estimate.cost, estimate.dryRun], [1, 1, null, true]);
    await send(call, dry);
    const one = await of(call, dry, anna);
    assert.equal(one.status, "SENT");
    assert.match(sentences(one)[0], /dry run/);
    const go = await person("viewer", tenant);
    const [[id]] = sql(`select id from sink_messages where communication_id = '${one.communicationId}'`);
    const page = await (await go(`/outbox/${id}`)).text();
    assert.match(page, /Ihre Abrechnung 2024/);
    assert.match(page, /1 part, \d+ characters, GSM-7/);
    assert.match(await (await go("/outbox")).text(), new RegExp(`/outbox/${id}`));
    const { content } = (await call("GET", `/api/track/communications/${one.communicationId}`)).body;
    assert.deepEqual([content.source, content.html], ["sent", null]);
    assert.match(content.text, /^Test sms: Ihre Abrechnung 2024 für Einheit 1\.00, House DRY, liegt vor\. Betrag: 100\.00 CHF, zahlbar bis 30\.04\.2025\./);
});

check("what a text costs is told before it is sent", async () => {
    ctl("provider", "add", "acs", "--tenant", tenant, "--name", "Azure", "--set", `endpoint=http://127.0.0.1:${acs.port}`, "--set", "from=+15005550006",
        "--set", "costPerPart=0.075", "--set", "currency=CHF", "--set", "ratePerMinute=0",
        "--secret", "accessKey=c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx", "--secret", `webhookSecret=${SECRET}`);
    const { body } = await call("GET", `/api/track/sms/estimate?text=${encodeURIComponent("ł".repeat(71))}`);
    assert.deepEqual([body.encoding, body.parts, body.foreign, body.cost, body.currency], ["UCS-2", 2, "ł", "0.15", "CHF"]);
    assert.match(body.warning, /“ł” \(U\+0142\)/);
    batch = await importOf(call, "SMS", 2025, [anna, ben, carl, dora]);
    const { body: all } = await call("GET", `/api/track/sms/estimate?batch=${batch.batchId}`);
    assert.deepEqual([all.messages, all.parts, all.cost], [4, 4, "0.30"]);
});

check("both handshakes of Event Grid are answered, and only with the secret", async () => {
    assert.deepEqual(await azure("subscribe", { url: hook, schema: "grid" }), { status: 200, good: true });
    assert.deepEqual(await azure("subscribe", { url: hook, schema: "cloud" }), { status: 200, good: true });
    for (const schema of ["grid", "cloud"]) {
        const { status, good } = await azure("subscribe", { url: hook.replace(SECRET, "wrong"), schema });
        assert.deepEqual([status, good], [401, false]);
    }
    await azure("subscribe", { url: hook, schema: "grid" });
});

check("a batch is sent, each once, though Azure misbehaves", async () => {
    await azure("faults", { late: 1, garbage: 1 });
    const sent = call("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.equal((await sent).status, 202);
    await eventually("two wait for another try", async () => (await communications(call, batch)).filter((one) => one.nextAttemptAt).length === 2);
    sql(`update jobs set run_at = now() where kind = 'track.send_communication' and tenant_id = (select id from tenants where slug = '${tenant}')`);
    for (const phone of [anna, ben, dora]) await becomes(call, batch, phone, "SENT");
    await becomes(call, batch, carl, "FAILED");
    for (const phone of [anna, ben, dora]) assert.equal((await sentTo(azure, phone)).length, 1, phone);
    assert.match((await sentTo(azure, anna))[0].message, /Ihre Abrechnung 2025 für Einheit 1.00, House SMS/);
    assert.equal((await azure("state")).refused.length, 0);
});

check("reports of either schema, twice and out of order, end in what is true", async () => {
    const id = async (phone) => (await sentTo(azure, phone))[0].messageId;
    assert.deepEqual((await azure("report", { messageId: await id(anna), times: 2 })).statuses, [200, 200]);
    const delivered = await becomes(call, batch, anna, "DELIVERED");
    assert.equal(delivered.events.filter((event) => event.type === "DELIVERED").length, 1);
    const { content } = (await call("GET", `/api/track/communications/${delivered.communicationId}`)).body;
    assert.deepEqual([content.source, content.html], ["rendered", null]);
    assert.match(content.text, /Ihre Abrechnung 2025/);
    await azure("report", { messageId: await id(ben), status: "Failed", details: "4004: no such number", schema: "cloud" });
    const failed = await becomes(call, batch, ben, "FAILED");
    assert.match(failed.error.sentence, /does not exist/);
    await azure("report", { messageId: await id(ben), more: [{ messageId: "Outgoing_of_nobody", status: "Delivered", details: "" }] });
    await becomes(call, batch, ben, "DELIVERED");
});

check("a number that is wrong is marked, and blocks nothing", async () => {
    const { items } = (await call("GET", "/api/track/suppressions?reason=bad_address")).body;
    assert.deepEqual(items.map((one) => [one.address, one.blocks]).sort(), [[carl, false], [ben, false]]);
    assert.equal(items[0].buildingName, "House SMS");
});

check("who writes STOP gets no more, until START", async () => {
    await azure("received", { from: dora, message: "Stop!" });
    const stopped = await eventually("it is there", async () => (await call("GET", "/api/track/suppressions?reason=opt_out")).body.items[0]);
    assert.deepEqual([stopped.address, stopped.blocks, stopped.blockedCount], [dora, true, 0]);
    assert.match(sentences(await of(call, batch, dora))[0], /no more SMS/);
    const next = await importOf(call, "SMS", 2026, [anna, dora]);
    assert.equal((await call("GET", `/api/track/sms/estimate?batch=${next.batchId}`)).body.suppressed, 1);
    await send(call, next);
    const skipped = await of(call, next, dora);
    assert.equal(skipped.status, "SKIPPED");
    assert.match(sentences(skipped)[0], /asked on \d{4}-\d\d-\d\d for no more messages/);
    assert.equal((await sentTo(azure, dora)).length, 1);
    const plan = (await call("GET", `/api/track/communications/${skipped.communicationId}/resend`)).body;
    assert.ok(plan.warnings.some((one) => one.kind === "suppressed" && one.sentence.includes(dora)), JSON.stringify(plan.warnings));
    assert.equal((await call("GET", `/api/track/suppressions/${stopped.suppressionId}`)).body.blockedCount, 1);
    await azure("received", { from: dora, message: "start", schema: "cloud" });
    await eventually("it is lifted", async () => (await call("GET", `/api/track/suppressions/${stopped.suppressionId}`)).body.liftedAt);
    const again = await importOf(call, "SMS", 2027, [dora]);
    await send(call, again);
    assert.equal((await of(call, again, dora)).status, "SENT");
});

check("another answer stands on the timeline", async () => {
    await azure("received", { from: anna, message: "Danke, ist bezahlt" });
    await eventually("it is told", async () => (await communications(call, { ...batch, year: 2026 })).some((one) => sentences(one).includes("Answered by SMS: “Danke, ist bezahlt”")));
});

check("people put addresses there and lift them", async () => {
    const made = await call("POST", "/api/track/suppressions", { channel: "EMAIL", address: "Max@example.com", note: "Wants letters only." });
    assert.equal(made.status, 201);
    assert.equal((await call("GET", made.headers.get("location"))).body.address, "max@example.com");
    assert.equal((await call("POST", "/api/track/suppressions", { channel: "EMAIL", address: "max@example.com" })).status, 409);
    const go = await person("agent", tenant);
    const page = await (await go("/suppressions")).text();
    assert.match(page, /Wants letters only\./);
    const [, csrfToken] = /name="csrfToken" value="([^"]+)"/.exec(page);
    const id = made.body.suppressionId;
    assert.equal((await go(`/suppressions/${id}/lift`, { csrfToken })).status, 303);
    assert.ok((await call("GET", `/api/track/suppressions/${id}`)).body.liftedAt);
    assert.equal((await call("POST", `/api/track/suppressions/${id}/lift`)).status, 409);
    const again = await call("POST", "/api/track/suppressions", { channel: "SMS", address: "+15005550199" });
    assert.equal((await call("POST", `/api/track/suppressions/${again.body.suppressionId}/lift`)).status, 200);
});

check("what is verified but cannot be read is seen in the inbox", async () => {
    const answer = await fetch(hook, { method: "POST", headers: { "content-type": "application/json" }, body: "not json" });
    assert.equal(answer.status, 200);
    await eventually("it failed", async () => (await call("GET", "/api/inbox?state=failed")).body.items.some((one) => /Event Grid/.test(one.error)));
    const wrong = await fetch(hook.replace(SECRET, "wrong"), { method: "POST", body: "[]" });
    assert.equal(wrong.status, 401);
    assert.equal(wrong.headers.get("content-type"), "application/problem+json");
    const { type, status, detail, instance } = await wrong.json();
    assert.deepEqual([type, status, detail], ["/problems/unauthenticated", 401, "No provider account knows the secret or the signature."]);
    assert.equal(instance, wrong.headers.get("x-request-id"));
    const read = await fetch(hook, { method: "PUT", body: "[]" });
    assert.deepEqual([read.status, read.headers.get("content-type"), read.headers.get("allow")], [405, "application/problem+json", "POST"]);
});

// ---- Twilio

const other = tenantNew("twilio");
const second = api(await token("admin", other));
let at;

check("Twilio takes them, and its signed callbacks move them", async () => {
    ctl("provider", "add", "twilio", "--tenant", other, "--name", "Twilio", "--set", `endpoint=http://127.0.0.1:${twilio.port}`, "--set", "from=+15005550006",
        "--set", "accountSid=AC0123456789abcdef0123456789abcdef", "--set", "ratePerMinute=0", "--secret", "authToken=simulated-twilio-token-0001");
    at = await importOf(second, "TW", 2025, [anna, ben, "+15005550004"]);
    await send(second, at);
    assert.match((await becomes(second, at, "+15005550004", "FAILED")).error.sentence, /opted out/);
    const [{ sid }] = await sentTo(tw, anna);
    assert.deepEqual((await tw("report", { sid, status: "delivered", wrong: true })).statuses, [401]);
    assert.deepEqual((await tw("report", { sid, status: "sent" })).statuses, [204]);
    assert.deepEqual((await tw("report", { sid, status: "delivered", times: 2 })).statuses, [204, 204]);
    assert.equal((await becomes(second, at, anna, "DELIVERED")).events.filter((event) => event.type === "DELIVERED").length, 1);
    const [{ sid: late }] = await sentTo(tw, ben);
    await tw("report", { sid: late, status: "undelivered", errorCode: 30005 });
    assert.match((await becomes(second, at, ben, "FAILED")).error.sentence, /does not exist/);
});

check("STOP by Twilio counts for its own tenant alone", async () => {
    const url = `${base}/api/track/providers/twilio/sms`;
    assert.equal((await tw("received", { url, from: anna, body: "STOPALL" })).status, 204);
    const list = await eventually("two stand", async () => {
        const { items } = (await second("GET", "/api/track/suppressions?channel=SMS&reason=opt_out")).body;
        return items.length === 2 && items;
    });
    assert.deepEqual(list.map((one) => one.address).sort(), ["+15005550004", anna]);
    assert.ok(!(await call("GET", "/api/track/suppressions?reason=opt_out")).body.items.some((one) => one.address === anna));
});

// ---- turns

check("what is over an account's pace waits for its turn, and says until when", async () => {
    const slow = tenantNew("slow");
    const paced = api(await token("admin", slow));
    ctl("provider", "add", "acs", "--tenant", slow, "--name", "Azure", "--set", `endpoint=http://127.0.0.1:${acs.port}`, "--set", "from=+15005550006",
        "--set", "ratePerMinute=1", "--secret", "accessKey=c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx");
    const few = await importOf(paced, "SLOW", 2025, [anna, ben, dora]);
    await paced("POST", `/api/track/batches/${few.batchId}/send`);
    const waiting = await eventually("two wait", async () => {
        const all = (await communications(paced, few)).filter((one) => one.nextAttemptAt);
        return all.length === 2 && all;
    });
    const turns = waiting.map((one) => Date.parse(one.nextAttemptAt)).sort();
    assert.equal(turns[1] - turns[0], 60_000);
    for (const one of waiting) assert.match(sentences(one)[0], /^Waits for its turn: the number sends at most 1 a minute; about /);
});

await finish();
