// What a message is written from and what people call it: the column template of a billing file, reminders in every form,
// tags one by one and in bulk.
import assert from "node:assert/strict";
import { api, check, committed, communications, ctl, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("tags");
const admin = api(await token("admin", tenant));
const viewer = api(await token("viewer", tenant));
const list = "/api/track/communications";
const asked = async (q, call = viewer) => (await call("GET", `${list}?q=${encodeURIComponent(q)}`)).body.communications;
const errors = ({ body }) => body.errors?.map((one) => one.field);
let agent, stranger, batch, all, at, go, csrf;

const reminder = (i) => ({ template: "reminder", subject: `Erinnerung 2025, ${i}`, delivery_preference: ["email", "sms", "letter"][i % 3], phone: "+41795550101", language: "de" });

check("a file names templates there are, and a reminder may have the reference of its statement", async () => {
    const made = rows("TAG-1", 2025, 6);
    const kept = await upload(admin, "made.csv", csv([...made, { ...made[0], template: "dunning" }]), statements(made));
    const [fault] = kept.body.preview.errors;
    assert.deepEqual([fault.line, fault.column, fault.value], [8, "template", "dunning"]);
    assert.match(fault.reason, /no such template. There are: reminder, statement\./);
    [batch] = (await committed(admin, (await upload(admin, "made.csv", csv(made), statements(made))).body.id)).result.batches;
    const second = [...made, ...made.slice(0, 3).map((row, i) => ({ ...row, ...reminder(i), delivery_preference: "email" })), ...rows("TAG-1", 2025, 3, (i) => ({ ...reminder(i), subject: `Zweite Erinnerung 2025, ${i}`, reference: `R-${i}` }))];
    const again = await upload(admin, "second.csv", csv(second), statements(second));
    assert.deepEqual(again.body.preview.errors, []);
    const { result } = await committed(admin, again.body.id);
    assert.deepEqual([result.communications, result.alreadyThere], [6, 6]);
    await committed(admin, (await upload(admin, "other.csv", csv(rows("TAG-2", 2025, 2)), statements(rows("TAG-2", 2025, 2)))).body.id);
    assert.deepEqual((await asked("template:reminder")).map((m) => m.template), Array(6).fill("reminder"));
    assert.equal((await asked("-template:reminder")).length, 8);
    agent = api(await token("agent", tenant, "TAG-1"));
    stranger = api(await token("agent", tenant, "TAG-2"));
});

check("a reminder is written from its template, whichever way it goes", async () => {
    const { lines } = (await admin("GET", `/api/track/runs/${batch.batchId}/cost`)).body;
    assert.ok(lines.find((l) => l.channel === "SMS").count >= 1 && lines.find((l) => l.channel === "LETTER").count === 1);
    const sent = await admin("POST", `/api/track/batches/${batch.batchId}/send`);
    assert.equal(sent.status, 202, sent.text);
    await eventually("all are sent", async () => (await admin("GET", `/api/track/batches/${batch.batchId}`)).body.enqueued === 0);
    all = await communications(admin, batch);
    for (const [channel, words] of [["EMAIL", /noch nicht eingegangen/], ["SMS", /Erinnerung an Ihre Abrechnung 2025/]]) {
        const [m] = await asked(`template:reminder channel:${channel}`);
        const { body } = await viewer("GET", `${list}/${m.communicationId}`);
        assert.equal(body.template, "reminder");
        assert.match(body.content.text, words, channel);
        assert.doesNotMatch(body.content.text, /liegt vor/);
    }
    const [letter] = await asked("template:reminder channel:letter");
    const { decisions } = (await viewer("GET", `${list}/${letter.communicationId}`)).body;
    assert.match(decisions.map((d) => d.sentence).join("\n"), /^reminder\.de, set as a letter/m);
    const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
    const [[twin, statement]] = sql(`select r.id, s.id from communications r join communications s using (tenant_id, unit_id, reference)
        where r.tenant_id = '${id}' and r.template = 'reminder' and s.template = 'statement' limit 1`);
    const stands = (status) => sql(`set track.tenant = '${id}'; update communications set delivery_status = '${status}' where id = '${statement}'`);
    stands("DELIVERED");
    const plan = (await agent("GET", `${list}/${twin}/resend`)).body;
    assert.ok(plan.warnings.every((w) => w.kind !== "satisfied"), "a statement that arrived is no reminder that did");
    stands("SENT");
});

check("a tag is a word, made lower case, once and at most ten of them", async () => {
    at = `${list}/${all[0].communicationId}`;
    const added = await agent("POST", `${at}/tags`, { tag: " Rückfrage_2 " });
    assert.deepEqual([added.status, added.body.tags, added.headers.get("location")], [201, ["rückfrage_2"], at]);
    for (const tag of ["", "two words", "a,b", 'a"b', "a:b", "x".repeat(41), "☎"]) assert.deepEqual(errors(await agent("POST", `${at}/tags`, { tag })), ["tag"], tag);
    assert.equal((await agent("POST", `${at}/tags`, { tag: "RÜCKFRAGE_2" })).status, 409);
    assert.equal((await viewer("POST", `${at}/tags`, { tag: "a" })).status, 403);
    assert.equal((await stranger("POST", `${at}/tags`, { tag: "a" })).status, 404);
    const tries = await Promise.all([..."abcdefghijkl"].map((tag) => agent("POST", `${at}/tags`, { tag })));
    assert.deepEqual(tries.map((t) => t.status).sort(), [...Array(9).fill(201), 409, 409, 409], "with the first there are ten");
    const { tags } = (await viewer("GET", at)).body;
    assert.equal(tags.length, 10);
    for (const tag of tags.slice(0, 9)) assert.equal((await agent("DELETE", `${at}/tags/${encodeURIComponent(tag)}`)).status, 200, tag);
    assert.deepEqual((await agent("DELETE", `${at}/tags/${encodeURIComponent("Rückfrage_2")}`)).body.tags, []);
    assert.equal((await agent("DELETE", `${at}/tags/a`)).status, 409);
    assert.equal((await stranger("DELETE", `${at}/tags/a`)).status, 404);
});

check("it moves nothing, changes no proof, and the trail tells of it without the word", async () => {
    const id = all[0].communicationId;
    const state = () => sql(`select moved_at, event_seq, encode(event_head, 'hex'), xmin from communications where id = '${id}'`)[0];
    const [before, order] = [state(), (await asked("")).map((m) => m.communicationId)];
    await agent("POST", `${at}/tags`, { tag: "secret-word" });
    assert.deepEqual(state(), before);
    assert.deepEqual((await asked("")).map((m) => m.communicationId), order);
    assert.match(ctl("verify", "--tenant", tenant), /all as written/);
    const [[action, told]] = sql(`select action, coalesce(before::text, '') || after::text from audit_history where entity_id = '${id}' order by seq desc limit 1`);
    assert.deepEqual([action, told], ["communication.tag", '{"tags": 0}{"tags": 1}']);
    assert.equal(sql(`select count(*) from audit_history where concat_ws(' ', before, after, entity_id) like '%secret-word%'`)[0][0], "0");
});

check("lists and completion know the tags of what one may see", async () => {
    const [mine] = await asked("tag:Secret-Word");
    assert.deepEqual([mine.communicationId, mine.tags], [all[0].communicationId, ["secret-word"]]);
    assert.equal((await asked("-tag:secret-word")).length, 13);
    assert.deepEqual((await agent("GET", "/api/track/tags")).body, { tags: ["secret-word"] });
    assert.deepEqual((await stranger("GET", "/api/track/tags")).body, { tags: [] });
    assert.deepEqual(await asked("tag:secret-word", stranger), []);
});

check("a page shows them as ways into the list, and people change them by a form", async () => {
    go = await person("agent", tenant, "TAG-1");
    const page = async (path) => (await go(path)).text();
    const path = `/messages/${all[0].communicationId}`;
    const html = await page(path);
    assert.match(html, /<a class="tag" href="\/messages\?q=tag%3Asecret-word"/);
    assert.match(html, new RegExp(`href="${path}/tags" data-dialog`));
    assert.match(await page(`${path}?tab=data`), /href="\/messages\?q=template%3Astatement">statement/);
    const form = await page(`${path}/tags`);
    assert.match(form, /<option value="secret-word">/);
    csrf = /name="csrfToken" value="([^"]+)"/.exec(form)[1];
    for (const [change, tags] of [[{ tag: "More" }, ["more", "secret-word"]], [{ tag: "more", remove: "true" }, ["secret-word"]]]) {
        const answer = await go(`${path}/tags`, { csrfToken: csrf, ...change });
        assert.deepEqual([answer.status, answer.headers.get("location")], [303, path]);
        assert.deepEqual((await viewer("GET", at)).body.tags, tags);
    }
    assert.equal((await go(`${path}/tags`, { csrfToken: csrf, tag: "two words" })).status, 422);
    const rowsOf = await page("/messages?columns=state,template&q=tag:secret-word");
    assert.match(rowsOf, /<a data-f=tag>secret-word<\/a>/);
    assert.match(rowsOf, /<td class=more>statement/);
    const help = await page("/messages/help");
    assert.match(help, /data-qualifier="tag" data-values="secret-word"/);
    assert.match(help, /data-qualifier="template" data-values="reminder,statement"/);
});

/* ---- many at once ---- */

const bulk = (id, what = "") => `/api/track/bulk/${id}${what && `/${what}`}`;

async function done(plan) {
    const answer = await agent("POST", bulk(plan.bulkId, "confirm"), { planToken: plan.planToken });
    assert.equal(answer.status, 202, answer.text);
    return eventually("it is over", async () => {
        const { body } = await agent("GET", bulk(plan.bulkId));
        return body.state === "DONE" && body;
    });
}

check("many are tagged by a plan that leaves out those that have it, and it is taken back", async () => {
    const { status, body: plan } = await agent("POST", "/api/track/bulk", { action: "tag", tag: "Secret-Word", q: "building:TAG-1" });
    assert.deepEqual([status, plan.tag, plan.total], [201, "secret-word", 11]);
    assert.deepEqual(plan.exclusions, [{ reason: "tagged", sentence: "Has this tag already.", count: 1 }]);
    const [first] = plan.samples;
    await agent("POST", `${list}/${first.communicationId}/tags`, { tag: "secret-word" }); // meanwhile
    const over = await done(plan);
    assert.deepEqual([over.done, over.failed], [10, 1]);
    const items = Object.fromEntries(over.items.map((i) => [i.communicationId, `${i.state}: ${i.result}`]));
    assert.deepEqual([items[first.communicationId], items[over.items.at(-1).communicationId]], ["failed: It has this tag already.", "done: Tagged."]);
    assert.equal((await asked("tag:secret-word")).length, 12);
    assert.ok(over.canUndo);
    const undo = (await agent("POST", bulk(plan.bulkId, "undo"))).body;
    await eventually("it is taken back", async () => (await agent("GET", bulk(undo.bulkId))).body.state === "DONE");
    assert.equal((await asked("tag:secret-word")).length, 2, "what had it before keeps it");
    assert.equal((await agent("GET", bulk(undo.bulkId))).body.tag, "secret-word");
});

check("a tag is taken off many, and what cannot have one more is left out", async () => {
    const { body: off } = await agent("POST", "/api/track/bulk", { action: "untag", tag: "secret-word", q: "building:TAG-1" });
    assert.deepEqual([off.total, off.exclusions.map((x) => [x.reason, x.count])], [2, [["untagged", 10]]]);
    await done(off);
    assert.equal((await asked("tag:secret-word")).length, 0);
    const ids = all.slice(0, 3).map((c) => c.communicationId);
    for (const tag of "abcdefghij") await agent("POST", `${at}/tags`, { tag });
    const { body: on } = await agent("POST", "/api/track/bulk", { action: "tag", tag: "k", ids });
    assert.deepEqual([on.total, on.exclusions.map((x) => x.reason)], [2, ["full"]]);
    const page = await (await go("/bulk", { csrfToken: csrf, action: "tag", tag: "k", ids: ids[1] })).headers.get("location");
    assert.match(await (await go(page)).text(), /Tag 1 communication: k</);
    for (const tag of [undefined, "two words"]) assert.deepEqual(errors(await agent("POST", "/api/track/bulk", { action: "tag", tag, ids })), ["tag"]);
    assert.equal((await agent("POST", "/api/track/bulk", { action: "hold", tag: "k", ids })).body.tag, null);
    assert.equal((await viewer("POST", "/api/track/bulk", { action: "tag", tag: "k", ids })).status, 403);
});

check("a reminder of the same subject is no second one of its statement", async () => {
    const [one, other] = rows("TAG-3", 2025, 2);
    const twice = [one, { ...one, template: "reminder" }, other, { ...other, reference: "TAG-3-again" }];
    const { result } = await committed(admin, (await upload(admin, "twice.csv", csv(twice), statements(twice))).body.id);
    const faults = sql(`set track.tenant = '${sql(`select id from tenants where slug = '${tenant}'`)[0][0]}';
        select number, kind from run_faults('${result.batches[0].batchId}', '{EMAIL}') where kind = 'twice'`);
    assert.deepEqual(faults, [["1.01", "twice"], ["1.01", "twice"]]);
});

await finish();
