// Bulk actions over the API and the pages: plan, token, count, second person, progress, report, undo, export.
import assert from "node:assert/strict";
import { api, base, check, committed, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("bulk");
const call = api(await token("admin", tenant));
const made = rows("BULK", 2025, 140, (i) => ({ email: `unit${i}@example.ch`, attachment: "" }));
await committed(call, (await upload(call, "bulk.csv", csv(made))).body.id);

const at = (id, what = "") => `/api/track/bulk/${id}${what && `/${what}`}`;
const ended = (who, id) => eventually("it is over", async () => {
    const { body } = await who("GET", at(id));
    return ["DONE", "FAILED", "CANCELLED"].includes(body.state) && body;
});

async function plan(who, asked, status = 201) {
    const answer = await who("POST", "/api/track/bulk", asked);
    assert.equal(answer.status, status, answer.text);
    return answer.body;
}

let held;

check("a plan tells what it would do and what it leaves out; nothing is done", async () => {
    const one = await plan(call, { action: "hold", q: "building:BULK", note: "prices are wrong" });
    assert.deepEqual([one.state, one.total, one.excluded, one.needsCount, one.samples.length, one.channels.EMAIL], ["PLANNED", 140, 0, true, 5, 140]);
    assert.equal(one.words, "House BULK");
    const other = await plan(call, { action: "release", q: "building:BULK" });
    assert.deepEqual(other.exclusions, [{ reason: "not-held", sentence: "Not held.", count: 140 }]);
    assert.equal((await call("POST", at(other.bulkId, "confirm"), { planToken: one.planToken })).status, 409);
    assert.equal(sql(`select count(*) from communications c join tenants t on t.id = c.tenant_id where t.slug = '${tenant}' and delivery_status <> 'DRAFT'`)[0][0], "0");
});

check("what says nothing is not taken for all", async () => {
    for (const q of ['"', '""', ' "" ']) {
        const answer = await call("POST", "/api/track/bulk", { action: "hold", q });
        assert.deepEqual([answer.status, answer.body.errors?.map((e) => e.field)], [422, ["q"]], q);
    }
    assert.equal((await plan(call, { action: "hold", all: true })).total, 140);
});

check("it is confirmed with its own token and its number, once", async () => {
    const one = await plan(call, { action: "hold", q: "building:BULK", note: "prices are wrong" });
    const other = await plan(call, { action: "hold", q: "building:BULK" });
    const confirm = (body) => call("POST", at(one.bulkId, "confirm"), body);
    assert.deepEqual((await confirm({ planToken: other.planToken, count: 140 })).body.errors.map((e) => e.field), ["planToken"]);
    assert.deepEqual((await confirm({ planToken: one.planToken })).body.errors.map((e) => e.field), ["count"]);
    const all = await Promise.all([1, 2, 3].map(() => confirm({ planToken: one.planToken, count: 140 })));
    assert.deepEqual(all.map((a) => a.status).sort(), [202, 409, 409]);
    held = await ended(call, one.bulkId);
    assert.deepEqual([held.state, held.done, held.failed, held.items.length], ["DONE", 140, 0, 50]);
    let seen = 50;
    for (let next = held.next; next;) {
        const page = (await call("GET", `${at(one.bulkId)}?after=${next}&state=done`)).body;
        seen += page.items.length;
        next = page.next;
    }
    assert.equal(seen, 140);
    assert.equal((await call("GET", `${at(one.bulkId)}?state=failed`)).body.items.length, 0);
});

check("a hold is taken back within ten minutes, once", async () => {
    const undo = await call("POST", at(held.bulkId, "undo"));
    assert.equal(undo.status, 202, undo.text);
    assert.equal((await ended(call, undo.body.bulkId)).done, 140);
    assert.equal((await call("POST", at(held.bulkId, "undo"))).status, 409);
    assert.equal((await call("GET", at(held.bulkId))).body.undoneBy, undo.body.bulkId);
});

check("a few named ones are exported, and no others", async () => {
    const ids = held.items.slice(0, 3).map((one) => one.communicationId);
    const one = await plan(call, { action: "export", ids: [...ids, ids[0], ids[1].toUpperCase()], format: "jsonl" });
    assert.deepEqual([one.total, one.words], [3, `3 chosen communications: House BULK 2025, ${held.items[0].unitNumber} and 2 more`]);
    const begun = await call("POST", at(one.bulkId, "confirm"), { planToken: one.planToken });
    assert.deepEqual([begun.status, begun.body.state, begun.body.done], [202, "RUNNING", 0]);
    const done = await ended(call, one.bulkId);
    assert.deepEqual([done.state, done.done, done.items.map((item) => item.result)], ["DONE", 3, Array(3).fill("In the file.")]);
    const ready = (await call("GET", `/api/track/export/${done.exportId}`)).body;
    assert.deepEqual([done.export.state, done.export.rows, done.export.sha256, ready.state], ["READY", 3, ready.sha256, "READY"]);
    const lines = (await (await fetch(base + ready.download.href)).text()).trim().split("\n");
    assert.deepEqual([ready.rows, lines.length, ready.words], [3, 3, one.words]);
});

check("an export is paused and cancelled with its bulk action; its file is for those who may have it", async () => {
    const ids = held.items.slice(0, 3).map((one) => one.communicationId);
    const queue = (paused) => sql(`insert into job_queues (queue, paused) values ('export', ${paused}) on conflict (queue) do update set paused = ${paused}`);
    queue(true);
    try {
        const one = await plan(call, { action: "export", ids });
        const states = async (what) => {
            const { status, body } = await call("POST", at(one.bulkId, what), what === "confirm" ? { planToken: one.planToken } : undefined);
            return [status, body.state, body.export?.state];
        };
        assert.deepEqual(await states("confirm"), [202, "RUNNING", "QUEUED"]);
        assert.deepEqual(await states("pause"), [200, "PAUSED", "PAUSED"]);
        assert.equal((await states("pause"))[0], 409);
        assert.deepEqual(await states("resume"), [200, "RUNNING", "QUEUED"]);
        assert.deepEqual(await states("cancel"), [200, "CANCELLED", "CANCELLED"]);
        assert.equal((await states("resume"))[0], 409);
        const over = (await call("GET", at(one.bulkId))).body;
        assert.deepEqual([over.export.download, new Set(over.items.map((item) => item.state))], [null, new Set(["excluded"])]);
    } finally {
        queue(false);
    }
    const two = await plan(call, { action: "export", ids });
    await call("POST", at(two.bulkId, "confirm"), { planToken: two.planToken });
    const done = await ended(call, two.bulkId);
    assert.ok(done.export.download.href);
    assert.equal((await api(await token("agent", tenant, "BULK"))("GET", at(two.bulkId))).status, 404);
    sql(`update communication_exports set expires_at = now() where id = '${done.exportId}'`);
    const gone = (await call("GET", at(two.bulkId))).body;
    assert.deepEqual([gone.state, gone.done, gone.export.state, gone.export.download], ["DONE", 3, "EXPIRED", null]);
    assert.equal((await call("DELETE", `/api/track/export/${done.exportId}`)).status, 200);
    assert.equal((await call("GET", at(two.bulkId))).body.export, null);
});

check("it is paused, resumed and cancelled only where that means something", async () => {
    const one = await plan(call, { action: "cancel", q: "building:BULK status:nothing" }, 422);
    assert.ok(one.errors);
    const mine = await plan(call, { action: "mark", mark: "MANUAL_MARKED", note: "seen", q: "building:BULK" });
    for (const [what, status] of [["pause", 409], ["resume", 409], ["approve", 409], ["cancel", 200], ["cancel", 409]])
        assert.equal((await call("POST", at(mine.bulkId, what))).status, status, what);
    sql(`update bulk_actions set state = 'RUNNING' where id = '${mine.bulkId}'`);
    assert.equal((await call("POST", at(mine.bulkId, "pause"))).body.state, "PAUSED");
    assert.equal((await call("POST", at(mine.bulkId, "resume"))).body.state, "RUNNING");
    await ended(call, mine.bulkId);
});

check("what waits for a second person is approved by another", async () => {
    const second = api(await token("agent", tenant));
    const one = await plan(call, { action: "export", all: true });
    await call("POST", at(one.bulkId, "cancel"));
    const two = await plan(call, { action: "export", all: true });
    sql(`update bulk_actions set state = 'CONFIRMED', confirmed_at = now() where id = '${two.bulkId}'`);
    assert.equal((await call("POST", at(two.bulkId, "approve"))).status, 403);
    assert.equal((await second("POST", at(two.bulkId, "approve"))).body.state, "RUNNING");
    assert.equal((await ended(call, two.bulkId)).export.mine, true);
    assert.ok((await call("GET", "/api/track/bulk")).body.actions.length > 4);
});

check("a resend by SMS or letter tells what it would cost", async () => {
    sql(`select set_config('track.tenant', id::text, false) from tenants where slug = '${tenant}';
        update communications c set phone = '+41791234567', delivery_status = 'FAILED' from tenants t where t.id = c.tenant_id and t.slug = '${tenant}'`);
    const ids = held.items.slice(0, 4).map((one) => one.communicationId);
    const sms = await plan(call, { action: "resend", ids, channel: "SMS" });
    assert.deepEqual(sms.cost.lines.map((one) => [one.label, one.messages, one.amountMicros, one.why]), [["SMS", 4, null, "No price set"]]);
    sql(`insert into provider_accounts (tenant_id, provider, name, settings) select id, 'acs', 'x', '{"costPerPart": "0.075", "currency": "CHF"}' from tenants where slug = '${tenant}'`);
    const [line] = (await call("GET", at(sms.bulkId))).body.cost.lines;
    assert.equal(line.amountMicros, line.count * 75000);
    const letters = await plan(call, { action: "resend", ids, channel: "LETTER" });
    assert.deepEqual(letters.cost.lines.map((one) => [one.label, one.count, one.of, one.why]), [["Postage", 4, "letters", "No price set"], ["Paper and print", 4, "sheets", "No price set"]]);
    const mail = await plan(call, { action: "resend", ids });
    assert.deepEqual([mail.cost.lines, mail.cost.complete], [[], true]);
    assert.equal((await plan(call, { action: "export", ids })).cost, null);
    sql(`select set_config('track.tenant', id::text, false) from tenants where slug = '${tenant}'; update communications set phone = null where id = '${ids[0]}'`);
    const some = await plan(call, { action: "resend", ids, channel: "SMS", mark: "MANUAL_MARKED" });
    assert.deepEqual([some.total, some.mark, some.exclusions.map((one) => one.reason)], [3, null, ["no-address"]]);
    for (const one of [sms, letters, mail, some]) await call("POST", at(one.bulkId, "cancel"));
});

check("others' actions, other buildings and other tenants are not there", async () => {
    const none = api(await token("agent", tenant, "BULK"));
    sql(`delete from building_grants g using tenants t where t.id = g.tenant_id and t.slug = '${tenant}'`);
    assert.equal((await none("GET", at(held.bulkId))).status, 404);
    const empty = await plan(none, { action: "hold", ids: held.items.map((one) => one.communicationId) });
    assert.deepEqual([empty.total, empty.excluded, empty.items], [0, 0, []]);
    const foreign = api(await token("admin", tenantNew("bulk-other")));
    assert.equal((await foreign("GET", at(held.bulkId))).status, 404);
    const theirs = await plan(foreign, { action: "hold", ids: held.items.map((one) => one.communicationId) });
    assert.equal(theirs.total + theirs.excluded, 0);
    assert.equal((await api(await token("viewer", tenant))("POST", "/api/track/bulk", { action: "hold", all: true })).status, 403);
});

check("of what a list says only the units that are named are taken", async () => {
    const first = held.items[0].unitNumber;
    const one = await plan(call, { action: "export", q: "building:BULK year:2025", units: [first, "no such unit"] });
    assert.deepEqual([one.total, [...new Set(one.items.map((item) => item.unitNumber))]], [1, [first]]);
    assert.match(one.words, new RegExp(first.replace(".", "\\.")));
    assert.deepEqual((await plan(call, { action: "export", q: "year:2025", units: [first] }, 422)).errors.map((e) => e.field), ["units"]);
    await plan(call, { action: "export", units: [first] }, 422);
});

check("a plan of nothing leads on: to what was chosen, and to another action for the same", async () => {
    const go = await person("admin", tenant);
    const page = async (path) => (await go(path)).text();
    await committed(call, (await upload(call, "idle.csv", csv(rows("IDLE", 2025, 3, () => ({ attachment: "" }))))).body.id);
    const ids = (await call("GET", "/api/track/communications?q=building:IDLE")).body.communications.map((one) => one.communicationId).slice(0, 2);
    const none = await plan(call, { action: "release", ids });
    assert.deepEqual([none.total, none.excluded], [0, 2]);
    const mark = await plan(call, { action: "mark", of: none.bulkId, mark: "MANUAL_MARKED", note: "at the door" });
    assert.deepEqual([mark.total, mark.excluded, mark.words], [2, 0, none.words]);
    const filtered = await plan(call, { action: "hold", of: (await plan(call, { action: "release", q: "building:IDLE unit:1.00" })).bulkId });
    assert.deepEqual([filtered.total + filtered.excluded, filtered.words], [1, "House IDLE, unit 1.00"]);
    assert.match(await page(`/bulk/${mark.bulkId}`), /<h1>Mark 2 communications as handed over<\/h1>/);
    for (const [body, field] of [[{ of: none.bulkId, q: "building:IDLE" }, "ids"], [{ of: "00000000-0000-7000-8000-000000000000" }, "of"], [{ of: "x" }, "of"]]) {
        const answer = await call("POST", "/api/track/bulk", { action: "hold", ...body });
        assert.deepEqual([answer.status, answer.body.errors[0].field], [422, field]);
    }
    const other = api(await token("agent", tenant, "BULK"));
    assert.equal((await other("POST", "/api/track/bulk", { action: "hold", of: none.bulkId })).status, 422, "of another's plan");
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await page("/bulk"))[1];
    const made = await go("/bulk", { csrfToken, action: "release", ids: ids[0] });
    const text = await page(made.headers.get("location"));
    const of = /name="of" value="([^"]+)"/.exec(text)[1];
    assert.match(text, new RegExp(`Do something else with the same[^]*href="/messages/${ids[0]}"[^]*Not held`));
    const again = await go("/bulk", { csrfToken, action: "mark", mark: "MANUAL_MARKED", note: "at the door", channel: "", tag: "", of });
    assert.match(await page(again.headers.get("location")), /<h1>Mark 1 communication as handed over<\/h1>/);
});

check("the pages plan, confirm and report without a script", async () => {
    const go = await person("agent", tenant);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await go("/exports")).text())[1];
    const planned = await go("/bulk", { action: "export", q: "building:BULK unit3@", csrfToken });
    assert.equal(planned.status, 303);
    const place = planned.headers.get("location");
    const page = await (await go(place)).text();
    assert.match(page, /<h1>Export 1 communication<\/h1>/);
    const planToken = /name="planToken" value="([^"]+)"/.exec(page)[1];
    assert.equal((await go(`${place}/confirm`, { planToken, csrfToken })).status, 303);
    await eventually("it is over", async () => (await go(`${place}/progress`)).headers.get("hx-refresh") === "true");
    const over = await (await go(place)).text();
    assert.match(over, /In the file/);
    const file = await go(/href="(\/exports\/[^"]+\/download)"/.exec(over)[1]);
    assert.equal(file.status, 303);
    const list = await (await go("/bulk")).text();
    assert.match(list, new RegExp(place));
    for (const text of [list, over]) assert.deepEqual([...text.matchAll(/<a href="([^"]+)" aria-current="page"/g)].map(([, href]) => href), ["/messages"]);
});

await finish();
