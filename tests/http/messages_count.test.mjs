// How many messages a list has: exactly to 10,000, beyond on demand; what an empty one would show without a word of its filter; tries and reasons.
import assert from "node:assert/strict";
import { api, check, committed, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { statement } from "../bench/measure.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("count");
const admin = api(await token("admin", tenant));
await committed(admin, (await upload(admin, "count.csv", csv(rows("ONE", 2025, 4)))).body.id);
const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
const [first, second, third] = sql(`select id from communications where tenant_id = '${id}' order by id`).map(([c]) => c);
const at = (q) => `/api/track/communications?q=${encodeURIComponent(q)}`;
const one = async (wanted, q = "") => (await admin("GET", at(q))).body.communications.find((m) => m.communicationId === wanted);
const go = await person("viewer", tenant);
const text = async (path) => (await (await go(path)).text()).replaceAll(/<[^>]+>/g, "").replaceAll(/\s+/g, " ");

check("a list that is empty names the words it is empty for, the nearest first", async () => {
    const page = await text(`/messages?q=${encodeURIComponent("channel:sms keller year:2025")}`);
    assert.doesNotMatch(page, /match without/, "two words stand against it");
    const near = await text(`/messages?q=${encodeURIComponent("year:2025 müller unit:1.00 status:bounced")}`);
    assert.match(near, /No messages match .*1 matches without status:bounced Clear filters/);
    assert.doesNotMatch(near, /without unit/);
    const html = await (await go(`/messages?q=${encodeURIComponent("channel:email status:bounced")}`)).text();
    assert.match(html, /<li><a href="\/messages\?q=channel%3Aemail"><span data-count>4<\/span> match without <code>status:bounced/);
});

check("tries and their most while there is a job, and why it is where it is", async () => {
    assert.deepEqual(await one(first).then((m) => [m.attempts, m.maxAttempts, m.reason]), [0, null, null]);
    await admin("POST", `/api/track/communications/${first}/hold`, { note: "Amount unclear" });
    const held = await one(first, "status:held");
    const [[sentence]] = sql(`select sentence from communication_events where communication_id = '${first}' and type = 'HELD'`);
    assert.deepEqual([held.reason, held.maxAttempts], [sentence, null]);
    sql(`insert into jobs (tenant_id, queue, kind, unique_key, max_attempts, run_at) values ('${id}', 'email', 'track.send_communication', '${second}', 6, now() + interval '1 hour');
        set track.tenant = '${id}'; update communications set attempts = 2, delivery_status = 'ENQUEUED', next_attempt_at = now() + interval '1 hour', error = '{"sentence": "The mailbox is full."}' where id = '${second}'`);
    const waits = await one(second);
    assert.deepEqual([waits.attempts, waits.maxAttempts, waits.reason], [2, 6, "The mailbox is full."]);
    assert.ok(waits.nextAttemptAt);
    const row = await text("/messages?q=is:moving");
    assert.match(row, /The mailbox is full\. Retry .*2 of 6/);
});

check("a filter that nothing leads to looks through the last that moved: of the years it names, before the time it names", async () => {
    sql(`set session_replication_role = replica; update communications set last_event_at = timestamptz '2026-03-01' + n * interval '1 day', year = 2024 + n % 2
        from (select id, row_number() over (order by id) as n from communications where tenant_id = '${id}') o where o.id = communications.id`);
    const since = (filter, most) => sql(`set track.tenant = '${id}'; set role track_web; select to_char(communications_since('${JSON.stringify(filter)}', ${most}), 'DD')`)[0][0];
    assert.equal((await admin("GET", at("provider:sink"))).body.searched, null, "there are not as many");
    assert.deepEqual([since({}, 1), since({}, 3), since({ before: "2026-03-05" }, 1), since({ year: ["2024"] }, 1), since({ year: ["2024", "2025"] }, 1)], ["04", "02", "03", "03", "02"]);
    assert.equal(sql(`set track.tenant = '${id}'; set role track_web; select communications_since('{}', 4)`)[0][0], "-infinity");
});

check("the walk ends where what is looked through ends", async () => {
    const values = { filter: `'{"grade":["A"]}'`, since: "'2026-03-02'", all_buildings: true, actor_id: "null", at: "null", id: "null" };
    const page = statement("app/messages/list.sql", "messages_page anew").replaceAll(/(?<!:):([a-z_]+)\b/g, (all, name) => values[name]);
    const plan = sql(`set track.tenant = '${id}'; set role track_web; set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off; explain ${page}`).join("\n");
    assert.match(plan, /communications_recent on communications c[^]*?Index Cond: .*moved_at >= '2026-03-02/, plan);
});

check("10,000+ beyond, exactly on demand", async () => {
    const many = () => admin("GET", "/api/track/communications/count?q=channel:email&all=true");
    assert.deepEqual((await many()).body, { count: 4, more: false });
    const columns = sql("select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = 'communications' and is_generated = 'NEVER' and column_name not in ('id', 'reference', 'pixel_token')")[0][0];
    sql(`set session_replication_role = replica; insert into communications (id, reference, ${columns})
        select uuid7(), 'copy-' || i, ${columns} from communications, generate_series(1, 100000) i where id = '${third}'`);
    assert.deepEqual((await many()).body, { count: 10000, more: true });
    assert.deepEqual((await admin("GET", "/api/track/communications/count?q=channel:email&all=true&exact=true")).body, { count: 100004, more: false });
    const html = await (await go("/messages/count?q=channel:email&all=true")).text();
    assert.match(html, /<span data-count>10000<\/span>\+ messages · <a href="\/messages\/count\?q=channel%3Aemail&amp;all=true&amp;exact=true"/);
    assert.match(await text("/messages/count?q=channel:email&all=true&exact=true"), /100004 messages/);
});

check("where there are more than are looked through, the list says of what, and leads to all", async () => {
    const some = (await admin("GET", at("channel:email before:2027-01-01"))).body;
    assert.equal(some.searched, 100000);
    assert.equal((await admin("GET", some.searchAll)).body.searched, null);
    for (const q of ["", "building:ONE", "status:failed", "tag:call-back", "unit:1.02", "unit:1.02 channel:email"]) assert.equal((await admin("GET", at(q))).body.searched, null, q);
    assert.match(await text("/messages?q=channel:email"), /The last 100,000 that moved were looked through\. Search all/);
    assert.match(await text("/messages?q=provider:sink+before:2027-01-01+year:2025"), /moved of each year named before the day named were/);
});

check("of a rare status the last in it are looked through, where more is asked than its index holds", async () => {
    sql(`set session_replication_role = replica; update communications set delivery_status = 'BOUNCED'
        where id in (select id from communications where tenant_id = '${id}' and year = 2025 limit 5001)`);
    const searched = async (q) => (await admin("GET", at(q))).body.searched;
    assert.deepEqual([await searched("status:bounced"), await searched("status:bounced year:2025 after:2020-01-01"), await searched("status:bounced channel:email building:ONE")], [null, null, null]);
    assert.deepEqual([await searched("status:bounced channel:email"), await searched("status:bounced channel:email year:2025"), await searched("status:bounced,failed channel:email")], [5000, 5000, 100000]);
    assert.match(await text("/messages?q=status:bounced+-channel:sms+year:2025"), /The last 5,000 that moved to that status of each year named were looked through\. Search all/);
});

await finish();
