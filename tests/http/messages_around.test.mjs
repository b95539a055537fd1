// What stands around the list of messages: kept views, figures against a recount, the search everywhere; for whom.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, check, committed, ctl, eventually, finish, person, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const demo = api(await token("admin"));
const [[tenant]] = sql("select id from tenants where slug = 'demo'");
const q = encodeURIComponent;
const own = tenantNew("around");
const admin = api(await token("admin", own));
const made = [...rows("ONE", 2025, 3), ...rows("TWO", 2025, 2)];
await committed(admin, (await upload(admin, "around.csv", csv(made), statements(made))).body.id);
const viewer = api(await token("viewer", own, "TWO"));
const [[ours]] = sql("select id from tenants where slug = '" + own + "'");
const [[one], [two]] = sql(`select id from buildings where tenant_id = '${ours}' order by code`);

/* ---- views ---- */

const names = ({ body }) => body.views.map((v) => v.name);
const viewNamed = ({ body }, name) => body.views.find((v) => v.name === name);

check("everybody has the views of the house, each with its count", async () => {
    const views = await demo("GET", "/api/track/views");
    assert.deepEqual(names(views).slice(0, 4), ["Needs attention", "Held", "Waiting", "Failed today"]);
    const recount = (statuses) => Number(sql(`select count(*) from communications where tenant_id = '${tenant}' and delivery_status in (${statuses})`)[0][0]);
    assert.equal(viewNamed(views, "Needs attention").count, recount("'FAILED', 'BOUNCED', 'HELD'"));
    assert.equal(viewNamed(views, "Held").count, recount("'HELD'"));
    assert.ok(viewNamed(views, "Held").count > 0, "the demo holds such");
});

check("who imported has his runs in a view", async () => {
    const mine = viewNamed(await admin("GET", "/api/track/views"), "My runs");
    assert.equal(mine.count, 5);
    assert.match(mine.q, /^run:[0-9a-f-]{36},[0-9a-f-]{36}$/);
    assert.equal(viewNamed(await viewer("GET", "/api/track/views"), "My runs"), undefined);
});

check("a view is kept, changed, shared and deleted", async () => {
    const added = await demo("POST", "/api/track/views", { name: "Bounced", q: "status:bounced" });
    assert.equal(added.status, 201, added.text);
    const at = added.headers.get("location");
    assert.equal(added.body.count, Number(sql(`select count(*) from communications where tenant_id = '${tenant}' and delivery_status = 'BOUNCED'`)[0][0]));
    assert.deepEqual([added.body.mine, added.body.shared], [true, false]);
    const twice = await demo("POST", "/api/track/views", { name: "bounced", q: "" });
    assert.deepEqual([twice.status, twice.body.errors[0].field], [422, "name"]);
    const wrong = await demo("PUT", at, { name: "Bounced", q: "shape:round" });
    assert.deepEqual([wrong.status, wrong.body.errors[0].field], [422, "q"]);
    const changed = await demo("PUT", at, { name: "Came back", q: "status:bounced year:2024", shared: true });
    assert.deepEqual([changed.body.name, changed.body.shared, (await demo("GET", at)).body.q], ["Came back", true, "status:bounced year:2024"]);
    const other = api(await token("agent"));
    assert.equal(viewNamed(await other("GET", "/api/track/views"), "Came back").mine, false);
    assert.equal((await other("PUT", at, { name: "Mine", q: "" })).status, 404);
    assert.equal((await other("DELETE", at)).status, 404);
    assert.equal((await demo("DELETE", at)).body.name, "Came back");
    assert.equal((await demo("GET", at)).status, 404);
    const [[trail]] = sql(`select string_agg(action, ' ' order by seq) from audit_history where entity_id = '${at.split("/").pop()}'`);
    assert.equal(trail, "view.added view.changed view.deleted");
});

check("a shared view of what one may not see is not there, and viewers share nothing", async () => {
    const told = await admin("POST", "/api/track/views", { name: "All of one", q: "building:ONE", shared: true });
    await admin("POST", "/api/track/views", { name: "Everything", q: "channel:email", shared: true });
    assert.equal(viewNamed(await viewer("GET", "/api/track/views"), "All of one"), undefined);
    assert.equal((await viewer("GET", told.headers.get("location"))).status, 404);
    assert.equal(viewNamed(await viewer("GET", "/api/track/views"), "Everything").count, 2);
    assert.equal((await viewer("POST", "/api/track/views", { name: "Mine", q: "", shared: true })).status, 403);
    assert.equal((await viewer("POST", "/api/track/views", { name: "Mine", q: "" })).status, 201);
    assert.equal(viewNamed(await demo("GET", "/api/track/views"), "Everything"), undefined, "of another tenant");
});

/* ---- figures ---- */

check("the histogram holds what moved, by state", async () => {
    for (const [period, buckets, step] of [["24h", 24, 3600], ["7d", 28, 21600], ["30d", 30, 86400]]) {
        const { body } = await admin("GET", `/api/track/communications/figures?period=${period}`);
        assert.deepEqual([body.period, body.step, body.buckets.length, body.counted, body.searched], [period, step, buckets, 5, null]);
        assert.ok(body.from <= new Date().toISOString() && body.to > new Date(Date.now() - 1000).toISOString(), `${body.from} ${body.to}`);
        const full = body.buckets.filter((b) => b.total);
        assert.deepEqual(full.map((b) => b.statuses), [{ DRAFT: 5 }]);
        const shown = await admin("GET", `/api/track/communications/count?q=${q(`after:${full[0].from} before:${full[0].to}`)}`);
        assert.equal(shown.body.count, 5);
    }
    assert.equal((await viewer("GET", "/api/track/communications/figures")).body.counted, 2);
    assert.equal((await admin("GET", "/api/track/communications/figures?q=channel:sms")).body.counted, 0);
    assert.equal((await admin("GET", "/api/track/communications/figures?q=shape:x")).status, 422);
});

check("failures stand in groups, whose filter finds as many", async () => {
    const { body } = await demo("GET", "/api/track/communications/figures?period=30d");
    assert.ok(body.failures.length > 0, "the demo has failures");
    const all = Number(sql(`select count(*) from communications where tenant_id = '${tenant}' and delivery_status in ('FAILED', 'BOUNCED', 'ENQUEUED') and error is not null`)[0][0]);
    assert.equal(body.failures.reduce((n, f) => n + f.count, 0), all);
    for (const f of body.failures) {
        const { body: found } = await demo("GET", `/api/track/communications/count?all=true&q=${q(f.q)}`);
        assert.equal(found.count, f.count, f.q);
        assert.doesNotMatch(f.reason, /\d|@/);
    }
    assert.deepEqual((await viewer("GET", "/api/track/communications/figures")).body.failures, []);
});

check("what is tried again is in trouble since its first try, however often it is tried", async () => {
    const [[id]] = sql(`select id from communications where tenant_id = '${ours}' and building_id = '${one}'`);
    const happened = (type, ago, code) => sql(`set track.tenant = '${ours}'; insert into communication_events (tenant_id, communication_id, type, source, grade, status_after, occurred_at, sentence, detail)
        values ('${ours}', '${id}', '${type}', 'worker', 'A', 'ENQUEUED', now() - interval '${ago}', 'The mailbox is full.', '{"code": "${code}"}')`);
    happened("ENQUEUED", "50 minutes", "");
    happened("DELAYED", "45 minutes", "451 4.3.0");
    happened("DELAYED", "40 minutes", "452 4.2.2");
    happened("DELAYED", "20 minutes", "452 4.2.2");
    happened("DELAYED", "10 minutes", "452 4.2.2");
    const { failures } = (await admin("GET", "/api/track/communications/figures")).body;
    const minutes = (at) => Math.round((Date.now() - Date.parse(at)) / 60_000);
    assert.deepEqual(failures.map((f) => [f.code, f.count, minutes(f.since), minutes(f.last)]), [["452 4.2.2", 1, 40, 10]]);
});

check("what differs by address, host or number is one reason", async () => {
    const said = (text) => sql(`select reason_of('${text}')`)[0][0];
    assert.equal(said("Mailbox anna@example.ch is full, retry 14:20."), "Mailbox … is full, retry ….");
    assert.equal(said("Mailbox bo@mail.example.com is full, retry 9:05."), said("Mailbox anna@example.ch is full, retry 14:20."));
    assert.equal(said("Refused by mx1.example.com [192.0.2.1]"), "Refused by … […]");
});

/* ---- columns ---- */

check("columns are hidden and ordered by the address, and kept with a view", async () => {
    const go = await person("agent", own);
    const heads = async (path) => [...(await (await go(path)).text()).matchAll(/<th scope="col"(?: class="[a-z]+")?>([^<]+)/g)].map(([, word]) => word);
    assert.deepEqual(await heads("/messages"), ["State", "Recipient", "Unit", "Subject", "Channel", "Template", "Tries", "Next try", "Updated"]);
    for (const query of ["columns=updated,state,provider", "columns=updated&columns=state&columns=provider"])
        assert.deepEqual(await heads(`/messages?${query}`), ["Recipient", "Updated", "State", "Provider"]);
    const wrong = await go("/messages?columns=price");
    assert.deepEqual([wrong.status, /There is no column “price”/.test(await wrong.text())], [422, true]);
    const html = await (await go("/messages?q=channel:email&columns=updated")).text();
    assert.match(html, /<form[^>]*id="filters".*name="q" value="channel:email".*name="columns" value="updated".*<\/form>.*<ul class="chips"[^>]*><li><button form=filters name=without value=1>/s, "chips keep them");
    const leads = async (query) => (await go(`/messages?${query}`)).headers.get("location");
    assert.equal(await leads("q=channel:email%20-status:failed%20Anna&columns=updated&without=2"), "/messages?q=channel%3Aemail%20Anna&columns=updated");
    assert.equal(await leads("q=channel:email&without=1"), "/messages");
    assert.equal((await go("/messages?q=a&without=0")).status, 422);
    for (const [to, place] of [["count", "/messages/count?q=a%3Ab"], ["figures", "/messages/figures?q=a%3Ab"], ["views", "/messages/views?q=a%3Ab&columns=updated"], ["usual", "/messages?q=a%3Ab"]])
        assert.equal(await leads(`q=a:b&columns=updated&to=${to}`), place);
    assert.equal((await go("/messages?q=a&to=nowhere")).status, 422);
    const { body, status } = await admin("POST", "/api/track/views", { name: "Lean", q: "channel:email", columns: "updated,state" });
    assert.deepEqual([status, body.columns, body.href], [201, "updated,state", "/messages?q=channel%3Aemail&columns=updated,state"]);
    const refused = await admin("PUT", `/api/track/views/${body.viewId}`, { name: "Lean", columns: "price" });
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, "columns"]);
    assert.equal((await admin("DELETE", `/api/track/views/${body.viewId}`)).status, 200);
});

check("days begin where the tenant is", async () => {
    const count = async (text) => (await admin("GET", `/api/track/communications/count?all=true&q=${q(text)}`)).body.count;
    const [[before]] = sql(`select time_zone from tenants where id = '${ours}'`);
    // where it is not about midnight: the messages moved minutes ago
    const zones = sql("select z from unnest(array['Pacific/Kiritimati', 'Etc/GMT+12', 'Asia/Tokyo', 'America/Lima']) z where extract(hour from now() at time zone z) between 1 and 22 limit 2").flat();
    for (const zone of zones) {
        sql(`update tenants set time_zone = '${zone}' where id = '${ours}'`);
        const [[yesterday, today, tomorrow]] = sql(`select d - 1, d, d + 1 from (select (now() at time zone '${zone}')::date as d) x`);
        const moved = (await admin("GET", "/api/track/communications")).body.communications;
        assert.deepEqual([moved.length, ...new Set(moved.map((m) => m.updatedDay))], [5, today]);
        assert.deepEqual([await count(`after:${today} before:${tomorrow}`), await count("after:today"), await count("after:1d before:0d")], [5, 5, 0], zone);
        assert.deepEqual([await count(`before:${today}`), await count("before:today"), await count(`after:${yesterday}`), await count("after:yesterday")], [0, 0, 5, 5], zone);
    }
    sql(`update tenants set time_zone = '${before}' where id = '${ours}'`);
    for (const [at, place] of [["0001-01-01", 5], ["9999-12-31", 0], ["36500d", 5]]) assert.equal(await count(`after:${at}`), place, at);
    for (const at of ["0000-01-01", "0000-01-01T00:00:00Z", "2026-02-30", "36501d"])
        assert.deepEqual((await admin("GET", `/api/track/communications?q=${q(`after:${at}`)}`)).body.errors?.[0].field, "q", at);
});

/* ---- search ---- */

const found = async (call, text) => (await call("GET", `/api/track/search?q=${q(text)}`)).body.results;

const known = {};
check("a message is found by whatever is pasted of it", async () => {
    const [[batch]] = sql(`select id from communication_batches where tenant_id = '${ours}' and building_id = '${two}'`);
    const sent = await admin("POST", `/api/track/batches/${batch}/send`);
    assert.deepEqual([sent.status, sent.body.enqueued], [202, 2]);
    await eventually("it is sent", async () => (await admin("GET", `/api/track/batches/${batch}`)).body.state === "COMPLETED");
    const [[id, email, reference, messageId, providerId, unit, name]] = sql(`
        select c.id, c.email, c.reference, c.message_id, c.provider_message_id, u.number, c.recipient_name
        from communications c join units u on u.id = c.unit_id where c.batch_id = '${batch}' order by u.number limit 1`);
    Object.assign(known, { id, unit, batch });
    for (const [text, why] of [[id, "Id"], [`<${messageId}>`, "Message-ID"], [` ${messageId}\n`, "Message-ID"],
        [providerId, providerId === messageId ? "Message-ID" : "Provider’s id"], [email, "Words"], [`${unit} ${email}`, "Words"], [name, "Words"], [reference, "Reference"], [reference.toLowerCase(), "Reference"], [reference.slice(1), "Words"]]) {
        if (!text) continue;
        const hit = (await found(admin, text)).find((r) => r.id === id);
        assert.ok(hit, `${text} ${why}`);
        assert.deepEqual([hit.type, hit.href, hit.why, hit.status], ["message", `/messages/${id}`, why, "SENT"]);
    }
});

check("a letter’s code is its message", async () => {
    const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let number = BigInt(`0x${known.id.replaceAll("-", "")}`), digits = "";
    for (let i = 0; i < 26; i++, number >>= 5n) digits = alphabet[Number(number & 31n)] + digits;
    let check = 0;
    for (const digit of digits) check = (((check ^ alphabet.indexOf(digit)) << 1) & 32 ? ((check ^ alphabet.indexOf(digit)) << 1) ^ 37 : (check ^ alphabet.indexOf(digit)) << 1);
    const [hit] = await found(admin, `TC1:${digits}:${alphabet[check]}`);
    assert.deepEqual([hit?.id, hit?.why], [known.id, "Letter’s code"]);
});

check("a unit, a building, a run, a phone number however it is written", async () => {
    assert.ok((await found(admin, known.unit)).some((r) => r.type === "unit" && r.title === `Unit ${known.unit}` && r.status));
    assert.equal((await found(demo, "lindenhof")).find((r) => r.type === "building").title, "Lindenhof 12");
    assert.equal((await found(admin, known.batch))[0].type, "run");
    const [[digits, called]] = sql(`select phone, id from communications where tenant_id = '${tenant}' and phone like '+41%' limit 1`);
    const national = `0${digits.slice(3, 5)} ${digits.slice(5, 8)} ${digits.slice(8, 10)} ${digits.slice(10)}`;
    for (const text of [digits, national, digits.replace("+41", "0041 (0)")]) {
        const hits = await found(demo, text);
        assert.ok(hits.some((r) => r.why === "Phone" || r.why === "Words"), `${text} ${called}`);
        assert.ok(sql(`select count(*) from communications where phone = '${digits}' and id = any ('{${hits.filter((r) => r.type === "message").map((r) => r.id)}}')`)[0][0] > 0, text);
    }
    assert.deepEqual(await found(demo, "nobody-of-this-name"), []);
    assert.deepEqual(await found(demo, " "), []);
});

check("nothing of another building or tenant is found", async () => {
    const hers = sql(`select c.id, c.email, c.batch_id, c.building_id, c.unit_id, u.number from communications c join units u on u.id = c.unit_id
        where c.tenant_id = '${ours}' and c.building_id = '${one}'`);
    for (const text of hers.flat()) {
        const hits = await found(viewer, text);
        const foreign = sql(`select count(*) from communications where building_id = '${one}' and id = any ('{${hits.filter((r) => r.type === "message").map((r) => r.id)}}')`);
        assert.equal(Number(foreign[0][0]), 0, text);
        assert.ok(!hits.some((r) => r.href.includes(one) || [hers[0][2]].includes(r.id)), text);
    }
    assert.ok((await found(admin, hers[0][0])).length, "whoever sees it finds it");
    assert.deepEqual(await found(demo, known.id), []);
    assert.ok((await found(viewer, "TWO")).some((r) => r.id === two));
    assert.ok(!(await found(viewer, "ONE")).some((r) => r.id === one));
});

/* ---- pages ---- */

check("views, figures and search are pages, too, and forms", async () => {
    const go = await person("viewer", "demo");
    const page = async (at) => (await go(at)).text();
    assert.match(await page("/messages/views"), /Needs attention/);
    const figures = await page("/messages/figures?period=30d");
    assert.match(figures, /<svg class="histogram"/);
    assert.match(figures, /What fails, and why <span class="hint">at any time/);
    assert.match(figures, /<li class="tone-waiting"><i><\/i>Not sent<\/li>/, "drafts, those that wait, and those that were skipped");
    assert.doesNotMatch(figures, /action="\/bulk"/);
    assert.match(await page("/search?q=lindenhof"), /Lindenhof 12/);
    assert.match(await page("/search"), /Paste anything[^]*a letter’s code; for a unit/);
    assert.match(await page("/search?q=qqqqqq"), /Nothing that you may see was found for “qqqqqq”[^]*for a unit \(<i>Lindenhof 2.01<\/i>\)[^]*href="\/runs"/);
});

/* ---- being told ---- */

check("people are told of a view by e-mail when something comes into it, or each day, of what they may see", async () => {
    const go = await person("agent", own, "TWO");
    const [[me, email]] = sql(`select id, email from users where tenant_id = '${ours}' and role = 'agent' order by created_at desc limit 1`);
    const { viewId } = (await admin("POST", "/api/track/views", { name: "Came in", q: "status:held", shared: true })).body;
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await go("/messages/views")).text())[1];
    const tell = (when) => go(`/messages/views/${viewId}/tell`, { csrfToken, tell: when });
    const refused = await tell("daily");
    assert.deepEqual([refused.status, /no account for e-mail/.test(await refused.text())], [409, true]);
    const folder = mkdtempSync(join(tmpdir(), "track-tell."));
    const { port, end } = await sim("smtp", "none", folder, process.env.SMTP_PORT);
    ctl("provider", "add", "smtp", "--tenant", own, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${port}`, "--set", "security=none", "--set", "from=house@example.com");
    const mails = () => readFileSync(join(folder, "messages.jsonl"), { flag: "a+", encoding: "utf8" }).split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const waiting = () => sql(`select id from jobs where kind = 'messages.tell_view' and tenant_id = '${ours}' and run_at > now() + interval '1 minute'`).flat();
    const look = async () => {
        const before = (await eventually("the next look is planned", () => waiting().length && waiting()))[0];
        sql(`update jobs set run_at = now() where id = ${before}`);
        await eventually("it is looked at", () => waiting().length);
        return mails();
    };
    assert.equal((await tell("nonempty")).status, 303);
    await eventually("it is looked at once, at once", () => waiting().length);
    const hold = (building) => sql(`set track.tenant = '${ours}'; update communications set delivery_status = 'HELD' where building_id = '${building}'`);
    hold(one);
    assert.deepEqual(await look(), [], "of another building");
    hold(two);
    const [mail, ...more] = await look();
    assert.deepEqual([more.length, mail.subject, mail.to[0].address, mail.from[0].address], [0, "Came in: 2 messages", email, "house@example.com"]);
    assert.match(mail.text, /\/messages\?q=status%3Aheld\n/);
    assert.equal((await look()).length, 1, "it stands: told once");
    assert.deepEqual(sql(`select count(*) from job_history where kind = 'messages.tell_view' and tenant_id = '${ours}'`), [["1"]], "looks without news leave nothing");
    assert.equal((await tell("daily")).status, 303);
    sql(`delete from jobs where kind = 'messages.tell_view' and args ->> 'tell' = 'nonempty' and tenant_id = '${ours}'`);
    sql(`update tenants set time_zone = (select name from pg_timezone_names where (now() at time zone name)::time between '09:00' and '22:00' limit 1) where id = '${ours}'`);
    assert.equal((await look()).length, 2, "today's");
    assert.equal((await look()).length, 2, "once a day");
    sql(`update view_subscriptions set told_on = told_on - 1 where user_id = '${me}'`);
    sql(`update tenants set time_zone = (select name from pg_timezone_names where (now() at time zone name)::time < '07:30' limit 1) where id = '${ours}'`);
    assert.equal((await look()).length, 2, "not before eight");
    assert.match(await (await go("/messages/views")).text(), /value="daily" selected/);
    assert.equal((await tell("never")).status, 303);
    assert.deepEqual(sql(`select count(*) from view_subscriptions where user_id = '${me}'`), [["0"]]);
    assert.deepEqual(sql(`select coalesce(after ->> 'tell', 'never') from audit_history where action = 'view.tell' and entity_id = '${viewId}' order by seq`), [["nonempty"], ["daily"], ["never"]]);
    const { viewId: hidden } = (await admin("POST", "/api/track/views", { name: "Not shared", q: "" })).body;
    assert.equal((await go(`/messages/views/${hidden}/tell`, { csrfToken, tell: "daily" })).status, 404);
    await end();
    rmSync(folder, { recursive: true });
});

await finish();
