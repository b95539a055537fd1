// How many messages a list has: exactly to 10,000, beyond on demand; what an empty one would show without a word of its filter; tries and reasons.
import assert from "node:assert/strict";
import { api, check, committed, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
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

check("10,000+ beyond, exactly on demand", async () => {
    const many = () => admin("GET", "/api/track/communications/count?q=channel:email&all=true");
    assert.deepEqual((await many()).body, { count: 4, more: false });
    const columns = sql("select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = 'communications' and is_generated = 'NEVER' and column_name not in ('id', 'reference', 'pixel_token')")[0][0];
    sql(`set session_replication_role = replica; insert into communications (id, reference, ${columns})
        select uuid7(), 'copy-' || i, ${columns} from communications, generate_series(1, 10000) i where id = '${third}'`);
    assert.deepEqual((await many()).body, { count: 10000, more: true });
    assert.deepEqual((await admin("GET", "/api/track/communications/count?q=channel:email&all=true&exact=true")).body, { count: 10004, more: false });
    const html = await (await go("/messages/count?q=channel:email&all=true")).text();
    assert.match(html, /<span data-count>10000<\/span>\+ messages · <a href="\/messages\/count\?q=channel%3Aemail&amp;all=true&amp;exact=true"/);
    assert.match(await text("/messages/count?q=channel:email&all=true&exact=true"), /10004 messages/);
});

await finish();
