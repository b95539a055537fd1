// Runs over the API: the list, the check and what mends it, two-person approval, pause, the first messages, closing.
import assert from "node:assert/strict";
import { api, check, committed, communications, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, pdf, rows, zip } from "../fixtures/billing.mjs";

const tenant = tenantNew("runs");
const admin = api(await token("admin", tenant));
const agent = api(await token("agent", tenant));
const year = 2025;

async function imported(building, n, change = () => ({}), files = true) {
    const made = rows(building, year, n, change);
    const list = Object.fromEntries(made.filter((row) => row.attachment).map((row, i) => [row.attachment, pdf(row.text ?? `${building} ${i}`)]));
    const kept = await upload(admin, `${building}.csv`, csv(made), files ? zip(list) : undefined);
    return (await committed(admin, kept.body.id)).result.batches[0];
}

const at = (batch, rest = "") => `/api/track/runs/${batch.batchId}${rest}`;
const run = async (batch) => (await admin("GET", at(batch))).body;
const settings = (threshold, over, minutes) => sql(`insert into run_settings select id, ${threshold}, ${over}, ${minutes} from tenants where slug = '${tenant}'
    on conflict (tenant_id) do update set approval_threshold = excluded.approval_threshold, canary_over = excluded.canary_over, canary_minutes = excluded.canary_minutes`);

let small, faulty;

check("runs are listed newest first, in pages, with their figures", async () => {
    small = await imported("RUN-A", 12);
    faulty = await imported("RUN-B", 20, (i) => ({
        ...(i === 3 && { attachment: "" }),
        ...(i === 5 && { delivery_preference: "letter", email: "", country: "DE" }),
        ...(i === 8 && { text: "the same" }),
        ...(i === 9 && { text: "the same" }),
    }));
    const { runs, next } = (await admin("GET", "/api/track/runs")).body;
    assert.deepEqual(runs.map((one) => [one.buildingCode, one.year, one.phase, one.total]), [["RUN-B", year, "DRAFT", 20], ["RUN-A", year, "DRAFT", 12]]);
    assert.equal(next, null);
    assert.equal((await admin("GET", "/api/track/runs?after=made-up")).status, 422);
});

check("a run tells where its messages came from, by channel", async () => {
    const { imports, channels, counts, step, building } = await run(small);
    assert.deepEqual(imports.map((one) => [one.fileName, one.rows, one.added]), [["RUN-A.csv", 12, 12]]);
    assert.match(imports[0].href, /^\/import\//);
    assert.deepEqual(channels.map((one) => [one.channel, one.total, one.withFile]), [["EMAIL", 12, 12]]);
    assert.deepEqual([counts.total, counts.draft, step, building.code], [12, 12, "check", "RUN-A"]);
});

check("the check names what is wrong, apart from what is only to be looked at", async () => {
    const found = await eventually("the files are looked into", async () => {
        const { check } = await run(faulty);
        return check.uncheckedFiles === 0 && check;
    });
    assert.deepEqual(found.errors.map((one) => [one.kind, one.count, one.open]), [["no_file", 1, 1], ["shared_file", 2, 2]]);
    assert.equal(found.errors[0].samples[0].unit, "1.03");
    assert.equal(found.blocking, 3);
});

check("a run with errors is not sent before they are mended or left out", async () => {
    const refused = await agent("POST", `/api/track/batches/${faulty.batchId}/send`);
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, /Attachment missing: 1 message\b/);
    assert.equal((await agent("POST", at(faulty, "/leave-out"), { kind: "abroad" })).status, 422);
    const out = (await agent("POST", at(faulty, "/leave-out"), { kind: "shared_file" })).body;
    assert.deepEqual([out.check.blocking, out.counts.leftOut], [1, 2]);
    await agent("POST", at(faulty, "/leave-out"), { kind: "no_file" });
    const back = (await agent("POST", at(faulty, "/take-in"), { kind: "no_file" })).body;
    assert.equal(back.check.blocking, 1);
    assert.equal((await agent("POST", at(faulty, "/take-in"), { kind: "no_file" })).status, 409);
    await agent("POST", at(faulty, "/leave-out"), { kind: "no_file", communicationId: back.check.errors[0].samples[0].communicationId });
    assert.equal((await agent("POST", `/api/track/batches/${faulty.batchId}/send`)).status, 202);
    const done = await eventually("it is sent", async () => {
        const now = await run(faulty);
        return now.phase === "SENT" && now;
    });
    assert.deepEqual([done.counts.sent + done.counts.delivered, done.counts.leftOut], [done.counts.total - done.counts.draft, 3]);
    const [event] = sql(`select e.type, e.sentence from communication_events e join batch_omissions o on o.communication_id = e.communication_id
        where o.batch_id = '${faulty.batchId}' and o.kind = 'no_file' order by e.seq desc limit 1`);
    assert.deepEqual(event, ["NOTE", "Left out of the run: Attachment missing"]);
});

check("a recipient is mended in place, checked as an import is, and told on the timeline", async () => {
    const batch = await imported("RUN-C", 3);
    const [[id]] = sql(`select id from communications where batch_id = '${batch.batchId}' order by id limit 1`);
    sql(`update communications set email = null where id = '${id}'`);
    assert.deepEqual((await run(batch)).check.errors.map((one) => [one.kind, one.samples[0].mend]), [["no_email", "email"]]);
    const place = `/api/track/communications/${id}/recipient`;
    for (const [body, field] of [[{ email: "nonsense" }, "email"], [{ email: "" }, "email"], [{ phone: "12" }, "phone"], [{ country: "Atlantis" }, "country"]]) {
        const answer = await agent("PATCH", place, body);
        assert.deepEqual([answer.status, answer.body.errors[0].field], [422, field], JSON.stringify(body));
    }
    const answer = await agent("PATCH", place, { email: " eva@zürich.ch ", phone: "079 123 45 67" });
    assert.deepEqual([answer.status, answer.body.email, answer.body.phone], [200, "eva@xn--zrich-kva.ch", "+41791234567"]);
    assert.deepEqual((await run(batch)).check.errors, []);
    const [[sentence]] = sql(`select sentence from communication_events where communication_id = '${id}' and type = 'NOTE'`);
    assert.equal(sentence, "Recipient changed: E-mail, Phone.");
    assert.equal(sql(`select count(*) from audit_history where action = 'communication.recipient' and entity_id = '${id}'`)[0][0], "1");
    const kept = async (change) => (await agent("PATCH", place, change)).body.phone;
    assert.deepEqual([await kept({ phone: "" }), await kept({ phone: "079 123 45 67" }), await kept({ email: "eva@example.ch" }), await kept({ phone: "  " })], [null, "+41791234567", "+41791234567", null]);
    await agent("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.equal((await agent("PATCH", place, { email: "other@example.ch" })).status, 409);
});

check("a message is shown as its recipient sees it, and the odd ones", async () => {
    const shown = (await agent("GET", at(small, "/preview"))).body;
    assert.deepEqual([shown.place, shown.total, shown.previous, shown.unit], [1, 12, null, "1.00"]);
    assert.match(shown.subject, new RegExp(`${year}`));
    assert.ok(shown.text.includes("Zoë Müller 0") && shown.files.length === 1);
    const next = new URL(shown.next, "http://x").searchParams.get("communication");
    assert.equal((await agent("GET", at(small, `/preview?communication=${next}`))).body.place, 2);
    assert.ok(shown.odd.some((one) => one.odd === "Highest amount"));
    const other = (await agent("GET", at(faulty, "/preview"))).body.communicationId;
    assert.equal((await agent("GET", at(small, `/preview?communication=${other}`))).status, 404);
});

check("what it costs is told before it is sent, and what has no price is not nothing", async () => {
    assert.deepEqual((await agent("GET", at(small, "/cost"))).body, { lines: [], totals: [], complete: true });
    const batch = await imported("RUN-COST", 6, (i) => ({
        ...(i < 2 && { delivery_preference: "letter" }),
        ...(i === 2 && { delivery_preference: "sms", email: "", phone: "+41791234567", attachment: "" }),
    }));
    await eventually("the files are looked into", async () => (await run(batch)).check.uncheckedFiles === 0);
    const cost = async () => (await agent("GET", at(batch, "/cost"))).body;
    const before = await cost();
    assert.deepEqual(before.lines.map((one) => [one.label, one.messages, one.why]), [["SMS", 1, "No price set"], ["Postage", 2, "No price set"], ["Paper and print", 2, "No price set"]]);
    assert.deepEqual([before.totals, before.complete], [[], false]);
    const viewer = await person("viewer", tenant);
    const page = await (await viewer(`/runs/${batch.batchId}?step=approve`)).text();
    assert.match(page, /No price set/);
    assert.match(page, /Postage, paper and print cost what an administrator sets under Letters, Letterhead and postage\. SMS cost what the account/);
    assert.deepEqual(before.lines.map((one) => one.lacks), ["price", "price", "price"]);
    assert.doesNotMatch(page, /0\.00/);
    const usual = (await admin("GET", "/api/track/letter-settings")).body;
    await admin("PUT", "/api/track/letter-settings", { ...usual, currency: "CHF", priceLetter20: 120, priceSheet: 8 });
    sql(`insert into provider_accounts (tenant_id, provider, name, settings, enabled) select id, 'acs', 'x', '{"costPerPart": "+41=0.075", "currency": "CHF"}', true from tenants where slug = '${tenant}'`);
    const after = await cost();
    const [sms, post, sheets] = after.lines;
    assert.deepEqual([sms.amountMicros, post.amountMicros, sheets.amountMicros], [sms.count * 75000, 2400000, sheets.count * 80000]);
    assert.deepEqual(after.totals.map((one) => one.amountMicros), [sms.amountMicros + post.amountMicros + sheets.amountMicros]);
    assert.equal(after.complete, true);
    const shown = (await agent("GET", at(batch, `/preview?communication=${sql(`select id from communications where batch_id = '${batch.batchId}' and channel = 'SMS'`)[0][0]}`))).body;
    assert.match(shown.parts, /^\d part.* \((GSM-7|UCS-2)\), 0\.\d+\u00a0CHF\./);
    sql(`delete from provider_accounts p using tenants t where t.id = p.tenant_id and t.slug = '${tenant}'`);
    assert.equal((await agent("GET", at({ batchId: "01970000-0000-7000-8000-000000000001" }, "/cost"))).status, 404);
});

check("files are looked into as they will be printed, and long SMS are told with what makes them long", async () => {
    const wide = pdf("wide").toString("latin1").replace("0 0 595 842", "0 0 842 999");
    const letter = { delivery_preference: "letter" };
    const made = rows("RUN-LOOK", year, 10, (i) => [letter, letter, letter, letter, letter,
        { delivery_preference: "sms", email: "", phone: "+41791234567", attachment: "", reference: "Łódź ł" },
        { delivery_preference: "sms", email: "", phone: "+41791234568", attachment: "", amount_due: "", language: "en" }][i]);
    const locked = (text) => pdf(text).toString("latin1").replace("trailer<<", `trailer<</ID[(x)(x)]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O(${"a".repeat(32)})/U(${"b".repeat(32)})>>`);
    const shifted = (text) => pdf(text).toString("latin1").replace(/startxref\n\d/, "startxref\n9");
    const files = [pdf("good"), wide, locked("locked"), pdf("cut").subarray(0, 300), shifted("letter"), null, null, locked("mail"), shifted("mail"), pdf("cut too").subarray(0, 300)];
    const list = Object.fromEntries(files.map((bytes, i) => [made[i].attachment, bytes && Buffer.from(bytes, "latin1")]).filter(([, bytes]) => bytes));
    const kept = await upload(admin, "look.csv", csv(made), zip(list));
    const batch = (await committed(admin, kept.body.id)).result.batches[0];
    const found = await eventually("the files are looked into", async () => {
        const { check } = await run(batch);
        return check.uncheckedFiles === 0 && check;
    });
    const values = (list, kind) => list.find((one) => one.kind === kind)?.samples.map((one) => [one.unit, one.value.replace(/^.*\.pdf: /, "")]);
    assert.deepEqual(values(found.errors, "unreadable_file"), [["1.02", "it is protected by a password"], ["1.03", "it is damaged"],
        ["1.04", "it is damaged, though readers that mend files show all its pages"], ["1.09", "it is damaged"]]);
    assert.deepEqual(values(found.warnings, "faulty_file"), [["1.07", "it is protected by a password"], ["1.08", "it is damaged, though readers that mend files show all its pages"]],
        "an e-mail carries what its recipient can open");
    assert.deepEqual(values(found.warnings, "page_size"), [["1.01", "page 1 is 297 × 352 mm, the paper 210 × 297 mm"]]);
    const long = found.warnings.find((one) => one.kind === "long_sms");
    assert.equal(long.count, 1);
    assert.match(long.samples[0].value, /^2 parts of UCS-2, because of “Ł” \(U\+0141\), “ó” \(U\+00F3\), “ź” \(U\+017A\), “ł” \(U\+0142\)$/);
    const refused = await agent("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.match(refused.body.detail, /Attachment cannot be read: 4 messages/);
});

check("somebody else's file is found, by reference, name or unit", async () => {
    const told = async (building, n, text, change = () => ({})) => {
        const batch = await imported(building, n, (i) => ({ text: text(i), ...change(i) }));
        const { errors, warnings } = await eventually("the files are looked into", async () => {
            const { check } = await run(batch);
            return check.uncheckedFiles === 0 && check;
        });
        const of = (list, kind) => list.find((one) => one.kind === kind) ?? { count: 0, samples: [] };
        return { batch, wrong: of(errors, "wrong_file"), unnamed: of(warnings, "unnamed_file") };
    };
    const values = ({ samples }) => samples.map((one) => [one.unit, one.value.replace(/^.*\.pdf/, "")]);
    const swapped = (i) => ({ 3: 7, 7: 3 })[i] ?? i;

    const right = await told("RUN-MINE", 12, (i) => `Abrechnung; Referenz: (RUN-MINE-${year}-${i}). Wie RUN-MINE-${year}-0`);
    assert.deepEqual([right.wrong.count, right.unnamed.count], [0, 0]);
    const shifted = await told("RUN-NEXT", 200, (i) => `Zoë Müller ${i}, Referenz: RUN-NEXT-${year}-${(i + 1) % 200}`);
    assert.deepEqual([shifted.wrong.count, shifted.unnamed.count], [200, 0], "all files are the next one's, though they name their own");
    assert.deepEqual(values(shifted.wrong)[0], ["1.00", ": the reference of unit 1.01 stands in it"]);
    const named = await told("RUN-NAME", 200, (i) => `Frau ZOE MÜLLER ${swapped(i)} - Seite`);
    assert.deepEqual(values(named.wrong), [["1.03", ": the name of unit 1.07 stands in it"], ["1.07", ": the name of unit 1.03 stands in it"]]);
    const flats = await told("RUN-FLAT", 12, (i) => `Zoë Müller, Einheit ${1 + Math.floor(swapped(i) / 10)}.${String(swapped(i) % 10).padStart(2, "0")}`, () => ({ recipient_name: "Zoë Müller" }));
    assert.deepEqual(values(flats.wrong).map(([unit]) => unit), ["1.03", "1.07"], "all are of one person");

    const short = await told("RUN-SHORT", 12, (i) => `Zoë Müller ${i}, Seite 1 von 11`, (i) => ({ reference: `${i}` }));
    assert.deepEqual([short.wrong.count, short.unnamed.count], [0, 0], "what stands in any file says nothing");
    const rules = await told("RUN-RULES", 12, () => "House rules. Your caretaker: Zoë Müller 3");
    assert.deepEqual([rules.wrong.count, rules.unnamed.count], [0, 0], "one file for all is nobody's");
    const odd = await told("RUN-ODD", 12, (i) => ["", "House rules"][i] ?? `RUN-ODD-${year}-${i}`);
    assert.deepEqual([odd.wrong.count, values(odd.unnamed)], [0, [["1.00", ": it has no text"], ["1.01", ""]]]);
    const refused = await agent("POST", `/api/track/batches/${named.batch.batchId}/send`);
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, /^Somebody else's file: 2 messages/);
    const { href, thumbnail } = named.wrong.samples[0];
    assert.match((await agent("GET", href)).headers.get("content-type"), /^application\/pdf/);
    assert.match(await (await (await person("viewer", tenant))(`/runs/${named.batch.batchId}?step=check`)).text(), new RegExp(`href="${href}"[^>]*><img[^>]* src="${thumbnail}"`));
});

check("nothing is sent before its files were looked into, which are again where that was long ago", async () => {
    const batch = await imported("RUN-READ", 3, (i) => ({ text: `RUN-READ-${year}-${i}` }));
    const of = `from communications c where c.batch_id = '${batch.batchId}' and c.id = k.communication_id`;
    const words = () => sql(`select count(k.words) from file_checks k join communication_attachments a on a.sha256 = k.sha256 and a.tenant_id = k.tenant_id
        join communications c on c.id = a.communication_id and c.batch_id = '${batch.batchId}'`)[0][0];
    assert.equal(words(), "3");
    sql(`update attachment_checks k set checked_at = now() - interval '91 days' ${of}`);
    sql(`update file_checks set checked_at = now() - interval '91 days'; select attachment_checks_forget('90 days')`);
    assert.deepEqual([words(), sql(`select count(*) from attachment_checks k, communications c where c.batch_id = '${batch.batchId}' and c.id = k.communication_id`)[0][0]], ["0", "3"]);
    await imported("RUN-READ", 1, () => ({ unit_number: "9.99", recipient_name: "Eva Nova", reference: "RUN-READ-NEW", text: "RUN-READ-NEW" }));
    assert.equal(words(), "4", "what was known is read again with what is new");
    sql(`delete from attachment_checks k using communications c where c.batch_id = '${batch.batchId}' and c.id = k.communication_id and k.position >= 0`);
    const refused = await agent("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.deepEqual([refused.status, refused.body.detail], [409, "4 attachments were not looked into yet: the worker is at it. Send when it is done."]);
    assert.equal((await agent("POST", at(batch, "/check"))).status, 200);
    await eventually("they are looked into", async () => (await run(batch)).check.uncheckedFiles === 0);
    assert.equal((await agent("POST", `/api/track/batches/${batch.batchId}/send`)).status, 202);
    await eventually("it is sent", async () => (await run(batch)).phase === "SENT");
    sql(`update attachment_checks k set checked_at = now() - interval '91 days' ${of}`);
    sql("select attachment_checks_forget('90 days')");
    assert.equal(sql(`select count(*) from attachment_checks k, communications c where c.batch_id = '${batch.batchId}' and c.id = k.communication_id`)[0][0], "0");
});

check("over the threshold a second person has to say yes, and only to what was asked", async () => {
    settings(10, 0, 0);
    const send = () => agent("POST", `/api/track/batches/${small.batchId}/send`);
    assert.equal((await run(small)).approval.needed, true);
    const refused = await send();
    assert.equal(refused.status, 409);
    assert.match(refused.body.detail, /second person/);
    const asked = (await agent("POST", at(small, "/approval"), { decision: "ask", note: "Please" })).body;
    assert.deepEqual([asked.approval.state, asked.approval.messages, asked.approval.askedNote], ["asked", 12, "Please"]);
    const listed = (await agent("GET", "/api/track/runs")).body.runs.find((one) => one.batchId === small.batchId);
    assert.deepEqual([listed.approval, listed.approvalLabel, listed.phaseLabel, listed.approvalBy], ["asked", "Asked for approval", "Waits for approval", asked.approval.askedBy]);
    assert.equal((await admin("POST", at(small, "/approval"), { decision: "approve" })).status, 409, "a client has no word in it");
    const go = await person("agent", tenant);
    const form = async (path, fields) => go(path, { ...fields, csrfToken: /name="csrfToken" value="([^"]+)"/.exec(await (await go("/runs")).text())[1] });
    const [[id]] = sql(`select id from communications where batch_id = '${small.batchId}' order by id limit 1`);
    await agent("PATCH", `/api/track/communications/${id}/recipient`, { email: "changed@example.ch" });
    assert.equal((await run(small)).approval.state, "void");
    assert.equal((await form(`/runs/${small.batchId}/approval`, { decision: "approve" })).status, 409);
    await agent("POST", at(small, "/approval"), { decision: "ask" });
    assert.equal((await form(`/runs/${small.batchId}/approval`, { decision: "refuse", note: "" })).status, 422);
    assert.equal((await form(`/runs/${small.batchId}/approval`, { decision: "approve" })).status, 303);
    assert.equal((await run(small)).approval.state, "approved");
    assert.equal((await send()).status, 202);
    const done = await eventually("it is sent", async () => {
        const now = await run(small);
        return now.phase === "SENT" && now;
    });
    const [[by]] = sql(`select actor_name from batch_approvals where batch_id = '${small.batchId}' and decision = 'approved'`);
    assert.deepEqual(done.log.map((d) => [d.what, d.sentence, d.note]), [
        ["sent", `12 messages sent, approved by ${by}`, null], ["approved", "12 messages approved", null],
        ["asked", "Approval of 12 messages asked for", null], ["asked", "Approval of 12 messages asked for", "Please"],
    ]);
    assert.deepEqual(done.sending.sends.map((one) => [one.messages, one.approved, one.approvedBy]), [[12, true, by]]);
    const told = await (await go(`/runs/${small.batchId}?step=approve`)).text();
    assert.match(told, new RegExp(`Needed, and ${by} approved it`));
    assert.doesNotMatch(told, /Not needed/);
    const test = await form(`/runs/${small.batchId}/test`, { communicationId: id });
    assert.equal(test.status, 303);
    await eventually("the test is kept", () => sql(`select count(*) from sink_messages where communication_id = '${id}' and subject like '[Test]%'`)[0][0] === "1");
    assert.equal(sql(`select count(*) from communication_events where communication_id = '${id}' and type = 'SENT'`)[0][0], "1");
});

check("one message is told as one, and who is asked when it is sent", async () => {
    const go = await person("agent", tenant);
    const batch = await imported("RUN-ONE", 1);
    await eventually("the file is looked into", async () => (await run(batch)).check.uncheckedFiles === 0);
    const shown = async () => (await (await go(`/runs/${batch.batchId}?step=approve`)).text()).replace(/<[^>]+>/g, "");
    assert.match(await shown(), /Send 1 message\s+Send 1 message\?/);
    assert.match(await shown(), /Not needed up to 10 messages\./);
    assert.equal((await agent("POST", `/api/track/batches/${batch.batchId}/send`)).status, 202);
    await eventually("it is sent", async () => (await run(batch)).phase === "SENT");
    assert.match(await shown(), /Nothing of this run is left to send\.\s+A second person\s+Not needed when .+ sent 1 message /);
    assert.doesNotMatch(await shown(), /1 messages|up to/);
    const report = (await (await go(`/runs/${batch.batchId}/report`)).text()).replace(/<[^>]+>/g, "");
    assert.match(report, /, 1 message, /);
    assert.doesNotMatch(report, /1 messages/);
});

check("a run whose messages were released by themselves says what left", async () => {
    const go = await person("agent", tenant);
    const batch = await imported("RUN-OUT", 2);
    const [one, other] = sql(`select id from communications where batch_id = '${batch.batchId}' order by id`).flat();
    const told = async () => {
        const { runs } = (await admin("GET", "/api/track/runs")).body;
        const { phase, phaseLabel } = runs.find((row) => row.batchId === batch.batchId);
        assert.equal((await run(batch)).phase, phase);
        return phaseLabel;
    };
    const released = async (id) => {
        assert.equal((await agent("POST", `/api/track/communications/${id}/hold`)).status, 200);
        assert.equal((await agent("POST", `/api/track/communications/${id}/release`)).status, 202);
        await eventually("it left", () => sql(`select delivery_status from communications where id = '${id}'`)[0][0] === "SENT");
    };
    assert.equal(await told(), "Not sent");
    await released(one);
    assert.equal(await told(), "Partly sent");
    assert.match(await (await go(`/runs/${batch.batchId}?step=send`)).text(), /Some were released by themselves; the run is not sent\./);
    await released(other);
    assert.equal(await told(), "Dry run");
    const { runs } = (await admin("GET", "/api/track/runs")).body;
    assert.equal(runs.find((row) => row.batchId === batch.batchId).dryRun, 2);
    assert.match(await (await go("/runs")).text(), /<span data-count>2<\/span> kept here: a dry run/);
    for (const path of ["?step=send", "?step=close", "/report"])
        assert.match(await (await go(`/runs/${batch.batchId}${path}`)).text(), /It was a dry run: nothing left\.[^]*<span data-count>2<\/span> messages are kept here/);
    assert.doesNotMatch(await (await go(`/runs/${batch.batchId}?step=send`)).text(), /Nothing has been sent yet|Not sent/);
    const { may, step } = await run(batch);
    assert.deepEqual([may.send, may.close, step], [false, true, "send"]);

    const unit = (await agent("GET", `/api/track/buildings/${batch.buildingId}/years/${year}/units`)).body.units[0];
    assert.deepEqual([unit.status, unit.dryRun, unit.paper], ["SENT", true, null]);
    const listed = (await agent("GET", "/api/track/communications?q=building:RUN-OUT")).body.communications;
    assert.deepEqual(listed.map((m) => [m.status, m.dryRun]), [["SENT", true], ["SENT", true]]);
    const { years } = (await agent("GET", `/api/track/buildings/${batch.buildingId}/years`)).body;
    assert.deepEqual(years.map((y) => [y.sent, y.dryRun, y.channels.map((k) => [k.channel, k.dryRun])]), [[2, 2, [["EMAIL", 2]]]]);
    assert.match(await (await go(`/track?building=${batch.buildingId}&year=${year}`)).text(), /2 dry run<\/i>[^]*Dry run<\/a><\/dt><dd data-count>2</);
    const { body: plan } = await agent("GET", `/api/track/communications/${one}/resend`);
    assert.equal(plan.warnings[0].sentence, "It was a dry run and did not leave: send it again?");
    const search = `/search?q=${(await agent("GET", `/api/track/communications/${one}`)).body.reference}`;
    for (const path of ["/messages?q=building:RUN-OUT", `/track?building=${batch.buildingId}&year=${year}`, `/messages/${one}`, search,
        `/track?building=${batch.buildingId}&year=${year}&unit=${unit.unitId}`])
        assert.match((await (await go(path)).text()).replace(/<svg[^]*?<\/svg>/g, ""), /tone-attention"[^>]*>(<[^>]*>)*Dry run/, path);
});

check("a run is paused and goes on; the first messages go before the others", async () => {
    settings(0, 20, 60);
    const batch = await imported("RUN-D", 40);
    assert.equal((await agent("POST", at(batch, "/pause"), {})).status, 409);
    assert.equal((await run(batch)).approval.firstMessages, 10);
    await agent("POST", `/api/track/batches/${batch.batchId}/send`);
    const first = await eventually("the first ones went", async () => {
        const now = await run(batch);
        return now.counts.sent === 10 && now;
    });
    assert.deepEqual([first.phase, first.sending.firstMessages, first.counts.enqueued], ["CANARY", 10, 30]);
    const waiting = (await communications(agent, batch)).find((one) => one.status === "ENQUEUED");
    const happened = async () => (await agent("GET", `/api/track/communications/${waiting.communicationId}`)).body.said.happened;
    assert.equal(await happened(), "Others of its run go first.");
    const paused = (await agent("POST", at(batch, "/pause"), { note: "Wait for Eva" })).body;
    assert.deepEqual([paused.phase, paused.sending.pausedWhy], ["PAUSED", "Wait for Eva"]);
    assert.equal(await happened(), "Its run is paused.");
    assert.equal((await agent("POST", at(batch, "/resume"))).body.phase, "CANARY");
    assert.equal((await agent("POST", at(batch, "/resume"))).body.phase, "SENDING");
    const done = await eventually("all are sent", async () => {
        const now = await run(batch);
        return now.phase === "SENT" && now;
    });
    assert.equal(done.counts.sent, 40);
    assert.equal((await agent("POST", at(batch, "/resume"))).status, 409);
    const { log } = await run(batch);
    const who = log.at(-1).actorName;
    assert.ok(who);
    assert.deepEqual(log.map((d) => [d.what, d.sentence, d.actorName, d.note]), [
        ["firstSkipped", "Went on without waiting for the first 10 messages", who, null], ["resumed", "Went on", who, null],
        ["paused", "Paused", who, "Wait for Eva"], ["sent", "40 messages sent", who, null],
    ]);
    const page = await (await (await person("viewer", tenant))(`/runs/${batch.batchId}?step=send`)).text();
    assert.match(page, /What was done, by whom[^]*Went on without waiting for the first 10 messages<\/th><td>[^<]+<\/td>[^]*Wait for Eva/);
});

check("a run is closed with a note, told by its report, and opened again", async () => {
    const closed = (await agent("POST", at(faulty, "/close"), { note: "Letters by hand" })).body;
    assert.deepEqual([closed.phase, closed.closeNote, closed.may.act], ["CLOSED", "Letters by hand", false]);
    assert.equal((await agent("POST", at(faulty, "/close"), {})).status, 409);
    assert.equal((await agent("POST", `/api/track/batches/${faulty.batchId}/send`)).status, 409);
    sql(`update communications set provider = 'smtp' where id = (select id from communications where batch_id = '${faulty.batchId}' and provider = 'sink' limit 1)`);
    const report = (await agent("GET", at(faulty, "/report"))).body;
    assert.ok(report.openMessages >= 3 && report.open.some((one) => one.reason === "Attachment missing"));
    const [[mails, letters]] = sql(`select count(*) filter (where channel = 'EMAIL'), count(*) filter (where channel = 'LETTER') from communications where batch_id = '${faulty.batchId}' and delivery_status = 'SENT'`);
    assert.deepEqual([report.lettersToPrint, report.lettersToHandIn, report.unreported, report.counts.dryRun], [Number(letters), 0, 1, mails - 1]);
    assert.equal(letters, "1");
    const shown = await (await (await person("viewer", tenant))(`/runs/${faulty.batchId}?step=close`)).text();
    assert.match(shown, /1 letter is still to be printed/);
    assert.match(shown, /1<\/span> was sent and no delivery was reported since/);
    const counts = (channel, unit) => shown.match(new RegExp(`#channel-${channel}"/></svg>[^<]*</span></th>.*data-unit="${unit}">(\\d+)`))?.[1];
    assert.deepEqual(["to be printed", "dry run, kept here", "sent"].map((unit) => counts("LETTER", unit)), ["1", "0", "0"]);
    assert.deepEqual(["to be printed", "dry run, kept here", "sent"].map((unit) => counts("EMAIL", unit)), ["0", String(mails - 1), "1"]);
    assert.doesNotMatch(shown, /To be handed in/);
    assert.match(shown, new RegExp(`Part of it was a dry run\\.</strong> <span data-count>${mails - 1}</span> messages are kept here`));
    assert.doesNotMatch(shown, /Nothing is open/);
    const told = async () => (await agent("GET", `/api/track/search?q=${faulty.batchId}`)).body.results.find((one) => one.type === "run").detail;
    assert.equal(await told(), "Run · Closed · 1 letter to be printed");
    assert.equal((await agent("POST", at(faulty, "/reopen"))).body.phase, "SENT");
    assert.equal(await told(), "Run · Sent · 1 letter to be printed");
    assert.equal((await agent("POST", at(faulty, "/reopen"))).status, 409);
    assert.equal((await agent("POST", at(faulty, "/check"))).status, 200);
    const names = sql(`select name from domain_events where entity_id = '${faulty.batchId}' order by id`).flat();
    assert.ok(names.includes("batch.closed") && names.includes("batch.reopened"), names.join());
});

check("settings are read by all and changed by persons only", async () => {
    assert.deepEqual((await agent("GET", "/api/track/run-settings")).body, { approvalThreshold: 0, canaryOver: 20, canaryMinutes: 60 });
    const go = await person("admin", tenant);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await go("/runs")).text())[1];
    assert.equal((await go(`/runs/${small.batchId}/settings`, { approvalThreshold: 700, canaryOver: 300, canaryMinutes: 5, csrfToken })).status, 303);
    assert.deepEqual((await agent("GET", "/api/track/run-settings")).body, { approvalThreshold: 700, canaryOver: 300, canaryMinutes: 5 });
});

check("without a grant, and of another tenant, there is no run; a viewer only looks", async () => {
    const other = await imported("RUN-E", 2);
    const granted = api(await token("agent", tenant, "RUN-E"));
    assert.deepEqual((await granted("GET", "/api/track/runs")).body.runs.map((one) => one.buildingCode), ["RUN-E"]);
    const [[id]] = sql(`select id from communications where batch_id = '${faulty.batchId}' and delivery_status = 'DRAFT' limit 1`);
    const stranger = api(await token("admin", tenantNew("runs-other")));
    for (const call of [granted, stranger]) {
        for (const rest of ["", "/report", "/preview"]) assert.equal((await call("GET", at(faulty, rest))).status, 404);
        for (const [rest, body] of [["/approval", { decision: "ask" }], ["/pause", {}], ["/resume"], ["/close", {}], ["/reopen"], ["/check"], ["/leave-out", { kind: "no_file" }], ["/take-in", {}]])
            assert.equal((await call("POST", at(faulty, rest), body)).status, 404, rest);
        assert.equal((await call("PATCH", `/api/track/communications/${id}/recipient`, { email: "a@example.ch" })).status, 404);
    }
    const viewer = api(await token("viewer", tenant));
    const { may } = (await viewer("GET", at(other))).body;
    assert.deepEqual(Object.values(may).filter(Boolean), []);
    assert.equal((await viewer("POST", at(other, "/pause"), {})).status, 403);
});

await finish();
