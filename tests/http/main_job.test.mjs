// The main job over the API, as a developer would do it: import, send to the sink, over SMTP and over Microsoft
// Graph, reports back, timelines.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simpleParser } from "mailparser";
import { api, check, committed, communications, ctl, eventually, finish, person, sim, skip, sql, tenantNew, token, trackctlFed, upload } from "../checks.mjs";
import { csv, pdf, rows, statements, zip } from "../fixtures/billing.mjs";

const names = ["Łukasz Nguyễn", "Zoë Müller", "Søren \"Sø\" Öztürk, 李"];

// A building's list: unit i gets an e-mail at `local[i]`@example.ch.
function list(building, year, local) {
    return rows(building, year, local.length, (i) => ({ recipient_name: names[i % names.length], email: `${local[i]}@example.ch` }));
}

async function commit(call, name, data, attachments, mode = "all") {
    const kept = await upload(call, name, data, attachments);
    assert.equal(kept.status, 201, kept.text);
    return committed(call, kept.body.id, mode);
}

async function importOf(call, building, year, local) {
    const made = list(building, year, local);
    const { result } = await commit(call, `${building}-${year}.csv`, csv(made), statements(made));
    assert.equal(result.communications, local.length);
    return result.batches[0];
}

async function send(call, batch) {
    const answer = await call("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.equal(answer.status, 202, answer.text);
    return answer.body;
}

const state = async (call, batch) => (await call("GET", `/api/track/batches/${batch.batchId}`)).body;
const completed = (call, batch) => eventually(`${batch.buildingCode} is sent`, async () => (await state(call, batch)).state === "COMPLETED", 60);
const types = (communication) => communication.events.map((event) => event.type).reverse();
const expectedPdf = (batch, i) => pdf(`${batch.buildingCode}-${batch.year}-${i} ${1 + Math.floor(i / 10)}.${String(i % 10).padStart(2, "0")}`);

async function byEmail(call, batch, local) {
    const all = await communications(call, batch);
    return all.find((one) => one.email === `${local}@example.ch`);
}

const becomes = (call, batch, local, status) => eventually(`${local} is ${status}`, async () => {
    const one = await byEmail(call, batch, local);
    return one.status === status && one;
});

// ---- import

const sinkTenant = tenantNew("sink");
const sink = api(await token("admin", sinkTenant));

const real = new URL("../../../shared/data/billing/", import.meta.url).pathname;
const files = { "2025-plain": [36, "UTF-8"], "2024-excel-de": [36, "UTF-8"], "2023-windows1252": [12, "Windows-1252"] };
for (const [name, [count, encoding]] of Object.entries(files)) {
    if (!existsSync(real)) {
        skip(`${name} is imported as it is`, "no ../shared/data/billing");
        continue;
    }
    check(`${name} is imported as it is, once`, async () => {
        const [data, attachments] = [readFileSync(`${real}${name}.csv`), readFileSync(`${real}${name}.zip`)];
        const kept = await upload(sink, `${name}.csv`, data, attachments);
        assert.equal(kept.status, 201, kept.text);
        const { preview } = kept.body;
        assert.deepEqual([preview.rows, preview.encoding, preview.ready, preview.errors], [count, encoding, true, []]);
        assert.ok(preview.attachments > 0);
        assert.equal(Object.values(preview.channels).reduce((a, b) => a + b), preview.communications);
        const { result } = await commit(sink, `${name}.csv`, data, attachments);
        assert.equal(result.communications, preview.communications);
        assert.equal(result.batches.reduce((sum, batch) => sum + batch.added, 0), preview.communications);
        const again = (await commit(sink, `${name}.csv`, data, attachments)).result;
        assert.deepEqual([again.communications, again.alreadyThere], [0, preview.communications]);
        assert.equal((await committed(sink, kept.body.id)).result.communications, 0);
        const text = JSON.stringify(await communications(sink, result.batches[0]));
        assert.doesNotMatch(text, /\ufffd/);
    });
}

check("bad rows are told by line, column, value and reason, and only good rows are taken where asked", async () => {
    const made = list("BAD-1", 2025, ["a", "b", "c"]);
    made[1].email = "not an address";
    made[2].amount_due = "12,34,56";
    const kept = await upload(sink, "bad.csv", csv(made), statements(made));
    const { errors, goodRows, badRows } = kept.body.preview;
    assert.deepEqual([goodRows, badRows], [1, 2]);
    assert.deepEqual(errors.map(({ line, column, value }) => [line, column, value]), [[3, "email", "not an address"], [4, "amount_due", "12,34,56"]]);
    assert.ok(errors.every((error) => error.reason.length > 5));
    const at = `/api/track/imports/${kept.body.id}/commit`;
    assert.equal((await sink("POST", at, { mode: "all" })).status, 422);
    assert.deepEqual((await sink("POST", at, { mode: "some" })).body.errors.map((error) => error.field), ["mode"]);
    assert.equal((await committed(sink, kept.body.id, "good-rows")).result.communications, 1);
    assert.equal((await sink("POST", at, { mode: "good-rows" })).status, 409);
});

check("a file that is no CSV, and an upload without a file, are refused by name", async () => {
    const workbook = await upload(sink, "book.csv", Buffer.from("PK\x03\x04\x14\x00\x06\x00 not a table", "latin1"));
    assert.equal(workbook.body.preview?.errorCount, 1, workbook.text);
    const none = await sink("POST", "/api/track/imports", new FormData());
    assert.ok([400, 422].includes(none.status), none.text);
    const other = new FormData();
    other.append("year", "2025");
    assert.deepEqual((await sink("POST", "/api/track/imports", other)).body.errors.map((error) => error.field), ["file"]);
});

// ---- the sink

check("without a provider messages wait in the outbox as a recipient gets them", async () => {
    const batch = await importOf(sink, "SINK-1", 2025, ["luka", "zoe", "soren"]);
    await send(sink, batch);
    await completed(sink, batch);
    const all = await communications(sink, batch);
    assert.deepEqual(all.map((one) => [one.status, ...types(one)].join()), Array(3).fill("SENT,ENQUEUED,SENT"));
    const go = await person("agent", sinkTenant);
    const outbox = await (await go("/outbox")).text();
    const hrefs = [...outbox.matchAll(/href="(\/outbox\/[0-9a-f-]{36})"/g)].map((match) => match[1]);
    assert.equal(hrefs.length, 3);
    for (const href of hrefs) await message(go, href, batch, all);
});

async function message(go, href, batch, all) {
    const raw = await go(`${href}/raw`);
    assert.equal(raw.headers.get("content-type"), "message/rfc822");
    const mail = await simpleParser(Buffer.from(await raw.arrayBuffer()));
    const one = all.find((c) => c.email === mail.to.value[0].address);
    assert.equal(mail.to.value[0].name, one.recipientName);
    assert.equal(mail.headers.get("x-track-id"), one.communicationId);
    const shown = await (await go(href)).text();
    assert.ok(shown.includes(one.subject) && shown.includes("sandbox"));
    const body = await go(`${href}/body`);
    assert.match(body.headers.get("content-security-policy"), /sandbox/);
    assert.ok((await body.text()).includes(batch.buildingName));
    const file = await go(`${href}/attachments/0`);
    const i = names.indexOf(one.recipientName);
    assert.deepEqual(Buffer.from(await file.arrayBuffer()), expectedPdf(batch, i));
    assert.deepEqual(mail.attachments[0].content, expectedPdf(batch, i));
}

check("the open pixel is in a message where the tenant has it on, and its loading is told once and moves nothing", async () => {
    ctl("tenant", "set", sinkTenant, "--open-tracking", "on");
    const batch = await importOf(sink, "PIXEL-1", 2025, ["seen"]);
    await send(sink, batch);
    await completed(sink, batch);
    const go = await person("agent", sinkTenant);
    const [, href] = /href="(\/outbox\/[0-9a-f-]{36})"/.exec(await (await go("/outbox")).text());
    const mail = await simpleParser(Buffer.from(await (await go(`${href}/raw`)).arrayBuffer()));
    const [pixel] = /https?:[^"]*\/o\/[^"]+\.gif/.exec(mail.html);
    for (let i = 0; i < 2; i++) {
        const answer = await fetch(pixel);
        assert.deepEqual([answer.status, answer.headers.get("content-type"), answer.headers.get("cache-control")], [200, "image/gif", "no-store"]);
    }
    const one = await byEmail(sink, batch, "seen");
    assert.deepEqual([one.status, ...types(one)], ["SENT", "ENQUEUED", "SENT", "OPENED"]);
    assert.equal((await fetch(pixel.replace(/\/o\/.{8}/, "/o/AAAAAAAA"))).status, 200);
});

// ---- SMTP

const mailFolder = mkdtempSync(join(tmpdir(), "track-mail."));
const arrived = () => (existsSync(`${mailFolder}/messages.jsonl`) ? readFileSync(`${mailFolder}/messages.jsonl`, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line)) : []);
const smtpTenant = tenantNew("smtp");
const smtp = api(await token("admin", smtpTenant));
let smtpBatch;

check("a batch is sent over SMTP with STARTTLS and a login", async () => {
    await sim("smtp", "starttls", mailFolder, process.env.SMTP_PORT);
    ctl("provider", "add", "smtp", "--tenant", smtpTenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`,
        "--set", `caFile=${mailFolder}/ca.pem`, "--set", "from=billing@example.com", "--set", "fromName=Hausverwaltung Müller",
        "--secret", "username=user", "--secret", "password=pass");
    smtpBatch = await importOf(smtp, "SMTP-1", 2025, ["luka", "zoe", "soren", "unknown", "late"]);
    await send(smtp, smtpBatch);
    await eventually("all but one are through", async () => {
        const now = await state(smtp, smtpBatch);
        return now.sent === 3 && now.failed === 1 && arrived().length >= 4;
    });
    for (const [i, local] of ["luka", "zoe", "soren"].entries()) {
        const mail = arrived().find((m) => m.rcptTo[0].address === `${local}@example.ch`);
        const one = await byEmail(smtp, smtpBatch, local);
        assert.deepEqual([mail.secure, mail.user, mail.mailFrom.address], [true, "user", "billing@example.com"]);
        assert.deepEqual(mail.from, [{ address: "billing@example.com", name: "Hausverwaltung Müller" }]);
        assert.deepEqual(mail.to, [{ address: `${local}@example.ch`, name: names[i] }]);
        assert.equal(mail.trackId, one.communicationId);
        assert.match(mail.messageId, new RegExp(`^<${one.communicationId}\\.`));
        assert.ok(mail.subject.includes("Heizkostenabrechnung 2025"), mail.subject);
        assert.ok(mail.text.includes(smtpBatch.buildingName) && mail.html.includes(smtpBatch.buildingName));
        assert.deepEqual(mail.attachments.map((a) => [a.type, a.bytes]), [["application/pdf", expectedPdf(smtpBatch, i).toString("base64")]]);
        assert.deepEqual([one.status, ...types(one)], ["SENT", "ENQUEUED", "SENT"]);
    }
});

check("a timeline keeps how it was handed over, and no password", async () => {
    for (const [local, type, reply] of [["luka", "SENT", "< 250 2.0.0 queued as 4711"], ["unknown", "FAILED", "< 550 5.1.1 No such user"], ["late", "DELAYED", "< 451 4.3.0 Try later"]]) {
        const { communicationId } = await byEmail(smtp, smtpBatch, local);
        const { body, text } = await eventually(`${type} is told`, async () => {
            const answer = await smtp("GET", `/api/track/communications/${communicationId}`);
            return answer.body.events.some((e) => e.type === type) && answer;
        });
        const { dialogue } = body.events.find((e) => e.type === type).detail;
        assert.deepEqual([dialogue.server, dialogue.tls, dialogue.certificateChecked], [`127.0.0.1:${process.env.SMTP_PORT}`, "TLSv1.3", true]);
        assert.ok(dialogue.transcript.includes(`> RCPT TO:<${local}@example.ch>`) && dialogue.transcript.includes(reply), dialogue.transcript);
        assert.ok(![Buffer.from("\0user\0pass"), Buffer.from("pass")].some((secret) => text.includes(secret.toString("base64"))));
        assert.ok(!dialogue.transcript.includes("pass"));
    }
});

check("a refused recipient fails with the server's reason", async () => {
    const one = await byEmail(smtp, smtpBatch, "unknown");
    assert.deepEqual([one.status, ...types(one)], ["FAILED", "ENQUEUED", "FAILED"]);
    assert.equal(one.events[0].sentence, "The address does not exist.");
});

check("a message the server wants later is tried again with the same Message-ID", async () => {
    const one = await eventually("a delay is told", async () => {
        const now = await byEmail(smtp, smtpBatch, "late");
        return types(now).includes("DELAYED") && now;
    });
    assert.equal(one.status, "ENQUEUED");
    assert.ok(one.nextAttemptAt);
    sql(`update jobs set run_at = now() where unique_key = '${one.communicationId}'`);
    const copies = await eventually("a second try", () => {
        const found = arrived().filter((m) => m.trackId === one.communicationId);
        return found.length > 1 && found;
    });
    assert.equal(new Set(copies.map((m) => m.messageId)).size, 1);
});

const bounce = (mail, status) => [
    "From: MAILER-DAEMON@mx.example.ch", "To: billing@example.com", "Subject: Undelivered Mail", "Message-ID: <bounce-1@mx.example.ch>",
    "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
    "--b", "", "It came back.", "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.ch", "",
    `Final-Recipient: rfc822; ${mail.to[0].address}`, "Action: failed", `Status: ${status}`, "Diagnostic-Code: smtp; 552 mailbox full", "",
    "--b", "Content-Type: text/rfc822-headers", "", `Message-ID: ${mail.messageId}`, "", "--b--", "",
].join("\r\n");

const receipt = (mail) => [
    `From: ${mail.to[0].address}`, "To: billing@example.com", "Subject: Gelesen", "Message-ID: <read-1@mx.example.ch>", "MIME-Version: 1.0",
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"', "", "--b", "", "Read.", "--b",
    "Content-Type: message/disposition-notification", "", `Final-Recipient: rfc822; ${mail.to[0].address}`, `Original-Message-ID: ${mail.messageId}`,
    "Disposition: manual-action/MDN-sent-manually; displayed", "", "--b--", "",
].join("\r\n");

check("a bounce and a read receipt from a mail pipe move what they name, once", async () => {
    const mailOf = (local) => arrived().find((m) => m.to[0].address === `${local}@example.ch`);
    for (let i = 0; i < 2; i++) {
        for (const text of [bounce(mailOf("luka"), "5.2.2"), receipt(mailOf("zoe"))]) {
            const run = trackctlFed(text, "report", "-");
            assert.deepEqual([run.status, run.stdout.trim()], [0, "1 matched"], run.stderr);
        }
    }
    const [luka, zoe] = [await byEmail(smtp, smtpBatch, "luka"), await byEmail(smtp, smtpBatch, "zoe")];
    assert.deepEqual([luka.status, ...types(luka)], ["BOUNCED", "ENQUEUED", "SENT", "BOUNCED"]);
    assert.deepEqual([zoe.status, ...types(zoe)], ["OPENED", "ENQUEUED", "SENT", "OPENED"]);
    const late = trackctlFed(bounce(mailOf("zoe"), "5.2.2"), "report", "-");
    assert.equal(late.status, 0, late.stderr);
    const after = await byEmail(smtp, smtpBatch, "zoe");
    assert.deepEqual([after.status, ...types(after)], ["OPENED", "ENQUEUED", "SENT", "OPENED", "BOUNCED"]);
    assert.equal(trackctlFed("From: a@example.com\r\nSubject: hello\r\n\r\nhello\r\n", "report", "-").status, 0);
});

check("what a person tells while the server still takes it stays told, and what the server says comes after it", async () => {
    const batch = await importOf(smtp, "SMTP-3", 2025, ["hold-me"]);
    await send(smtp, batch);
    await eventually("it is in mid-send", () => arrived().some((m) => m.rcptTo[0].address === "hold-me@example.ch"));
    const { communicationId } = await byEmail(smtp, batch, "hold-me");
    const [[tenant]] = sql(`select id from tenants where slug = '${smtpTenant}'`);
    sql(`set track.tenant = '${tenant}'; insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, sentence)
        values ('${tenant}', '${communicationId}', 'MANUAL_MARKED', 'user', 'C', 'MANUAL', now(), 'Told at the door.')`);
    writeFileSync(`${mailFolder}/release`, "");
    await completed(smtp, batch);
    const one = await byEmail(smtp, batch, "hold-me");
    assert.deepEqual([one.status, ...types(one)], ["MANUAL", "ENQUEUED", "MANUAL_MARKED", "SENT"]);
    const jobs = sql(`select 'waits' from jobs where args ->> 'communicationId' = '${communicationId}' union all
        select attempt::text from job_history where args ->> 'communicationId' = '${communicationId}'`);
    assert.deepEqual(jobs, [["1"]]);
});

// ---- Microsoft Graph

const graphTenant = tenantNew("graph");
const graph = api(await token("admin", graphTenant));
const simulator = `http://127.0.0.1:${process.env.GRAPH_PORT}`;
const control = async (what, body) => (await fetch(`${simulator}/control/${what}`, body && { method: "POST", body: JSON.stringify(body) })).json();
let graphBatch;

check("Graph takes a subscription, with a handshake through nginx", async () => {
    await sim("graph", process.env.GRAPH_PORT);
    ctl("provider", "add", "msgraph", "--tenant", graphTenant, "--name", "Graph", "--set", "tenant=contoso", "--set", "clientId=app", "--set", "ratePerMinute=0",
        "--set", "mailbox=billing@contoso.example", "--secret", "clientSecret=good", "--secret", `clientState=state-${process.pid}`);
    sql("update job_schedules set next_at = now() where name = 'track.graph_tend'");
    const { subscriptions } = await eventually("a subscription", async () => {
        const now = await control("state");
        return now.subscriptions.length > 0 && now;
    });
    assert.equal(subscriptions.length, 1);
    assert.match(subscriptions[0].notificationUrl, /\/api\/track\/providers\/msgraph\/email$/);
});

check("a batch is sent over Graph, each message once, whatever the first answers are", async () => {
    await control("faults", { throttle: 1, retryAfter: 1, failCreate: 1, lateSend: 1 });
    graphBatch = await importOf(graph, "GRAPH-1", 2025, ["luka", "zoe", "soren", "slow"]);
    await send(graph, graphBatch);
    await eventually("all have left", async () => {
        sql("update jobs set run_at = now() where state = 'ready' and kind = 'track.send_communication' and run_at > now()");
        return (await state(graph, graphBatch)).state === "COMPLETED";
    }, 60);
    const { left, drafts } = await control("state");
    assert.equal(left.length, 4);
    assert.equal(new Set(left.map((m) => m.to[0])).size, 4);
    assert.equal(drafts, 0);
    for (const mail of left) {
        const one = (await communications(graph, graphBatch)).find((c) => c.email === mail.to[0]);
        assert.equal(one.status, "SENT");
        assert.equal(types(one).filter((type) => type === "SENT").length, 1);
        assert.equal(mail.attachments.length, 1);
        assert.ok(mail.headers.some((h) => /^x-track-id$/i.test(h.name) && h.value === one.communicationId));
    }
});

check("a timeline shows what was said to the provider, at the event that came of it", async () => {
    const { communicationId } = await byEmail(graph, graphBatch, "luka");
    const { body } = await graph("GET", `/api/track/communications/${communicationId}`);
    const told = new Map(body.events.map((e) => [e.eventId, e.type]));
    assert.ok(body.calls.length > 0 && body.calls.every((one) => ["SENT", "DELAYED"].includes(told.get(one.eventId))), JSON.stringify(body.calls));
    const page = await (await (await person("viewer", graphTenant))(`/messages/${communicationId}`)).text();
    assert.match(page, /<code>POST 201<\/code> \d+ ms/);
    assert.match(page, /<dt>Support ref<\/dt><dd class="mono">[0-9a-f-]{36}<\/dd>/);
    assert.match(page, /client-request-id: [0-9a-f-]{36}\n/);
    assert.match(page, /request-id: [0-9a-f-]{36}\n/);
    assert.match(page, /uthorization: \[redacted\]/);
});

check("a statement of 5 MB goes up in pieces, whole", async () => {
    const made = list("LARGE-1", 2025, ["large"]);
    const small = pdf("large");
    const bytes = Buffer.concat([small, Buffer.alloc(5 << 20, "%filler\n"), small.subarray(small.lastIndexOf("startxref"))]);
    const { result } = await commit(graph, "large.csv", csv(made), zip({ [made[0].attachment]: bytes }));
    await send(graph, result.batches[0]);
    await completed(graph, result.batches[0]);
    const { left } = await control("state");
    const [file] = left.find((m) => m.to[0] === "large@example.ch").attachments;
    assert.deepEqual([file.size, file.head, file.tail], [bytes.length, bytes.subarray(0, 16).toString("base64"), bytes.subarray(-16).toString("base64")]);
});

check("reports notified twice and out of order move each message once and never back", async () => {
    const { left } = await control("state");
    const id = (local) => left.find((m) => m.to[0] === `${local}@example.ch`).internetMessageId;
    await control("faults", { twice: true, shuffle: true });
    await control("report", { internetMessageId: id("luka"), kind: "ndr", status: "5.1.1" });
    await control("report", { internetMessageId: id("zoe"), kind: "delivered" });
    await control("report", { internetMessageId: id("zoe"), kind: "read" });
    await control("report", { internetMessageId: id("soren"), kind: "delivered" });
    await control("report", { internetMessageId: id("slow"), kind: "delayed" });
    await control("mail", { subject: "Thanks!", from: "eva@example.com", text: "An ordinary answer" });
    await control("faults", { shuffle: false });
    await becomes(graph, graphBatch, "luka", "BOUNCED");
    await becomes(graph, graphBatch, "zoe", "OPENED");
    await becomes(graph, graphBatch, "soren", "DELIVERED");
    await eventually("the delay is told", async () => types(await byEmail(graph, graphBatch, "slow")).includes("DELAYED"));
    await eventually("the inbox is read", () => sql("select 1 from inbox where state = 'new'").length === 0);
    const { notified } = await control("state");
    assert.ok(notified.length >= 12 && notified.every((n) => n.status === 202), JSON.stringify(notified));
    const counts = async (local) => types(await byEmail(graph, graphBatch, local)).filter((type) => type !== "DELAYED").sort().join();
    assert.equal(await counts("luka"), "BOUNCED,ENQUEUED,SENT");
    assert.match(await counts("zoe"), /^DELIVERED,ENQUEUED,OPENED,SENT$/);
    assert.equal(await counts("soren"), "DELIVERED,ENQUEUED,SENT");
    assert.equal((await byEmail(graph, graphBatch, "slow")).status, "SENT");
});

check("a report whose notification never came is found by the sweep", async () => {
    const { left } = await control("state");
    await control("report", { internetMessageId: left.find((m) => m.to[0] === "slow@example.ch").internetMessageId, kind: "delivered", mute: true });
    sql("update job_schedules set next_at = now() where name = 'track.graph_tend'");
    await becomes(graph, graphBatch, "slow", "DELIVERED");
});

check("notifications with another secret are answered alike and kept by nobody", async () => {
    const before = sql("select count(*) from inbox")[0][0];
    const { subscriptions } = await control("state");
    const item = { subscriptionId: subscriptions[0].id, changeType: "created", clientState: "wrong", resourceData: { id: "x" } };
    const answer = await fetch(subscriptions[0].notificationUrl, { method: "POST", body: JSON.stringify({ value: [item] }), headers: { "content-type": "application/json" } });
    assert.equal(answer.status, 202);
    assert.equal(sql("select count(*) from inbox")[0][0], before);
});

check("every timeline's chain holds", () => {
    for (const tenant of [sinkTenant, smtpTenant, graphTenant]) assert.match(ctl("verify", "--tenant", tenant), /, [1-9]\d* events, .*: all as written/);
});

process.on("exit", () => rmSync(mailFolder, { recursive: true, force: true }));
await finish();
