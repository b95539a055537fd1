// What a list page weighs: with a full page of rows of long values each stays under 60 kB of HTML, before any compression.
import assert from "node:assert/strict";
import { api, check, committed, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const most = 60_000;
const tenant = tenantNew("weight");
const admin = api(await token("admin", tenant));
const long = (i) => ({
    building_name: "Lindenhofstrasse 12 bis 18",
    recipient_name: `Maximiliane Wintersteiner ${i}`,
    email: `m.wintersteiner.${i}@verwaltung.example.ch`,
    subject: "Heiz- und Nebenkostenabrechnung 2025, berichtigt",
});
let go, id, big;

async function imported(made) {
    const { result } = await committed(admin, (await upload(admin, "weight.csv", csv(made), statements(made))).body.id);
    return result.batches;
}

// Rows of a table of the tenant's own, as many as a page may hold.
const many = (table, columns, values) =>
    sql(`insert into ${table} (tenant_id, ${columns}) select '${id}', ${values} from generate_series(1, 60) i`);

async function weighs(path, rowsOf = null) {
    const answer = await go(path);
    const text = await answer.text();
    const [, main] = /<main[^>]*>(.*)<\/main>/s.exec(text) ?? [];
    assert.equal(answer.status, 200, path);
    assert.ok(main, path);
    if (rowsOf) assert.ok((main.match(rowsOf) ?? []).length >= 30, `${path} has only ${(main.match(rowsOf) ?? []).length} rows`);
    const bytes = Buffer.byteLength(text);
    if (process.env.WEIGHTS) console.log(`${bytes} ${path}`);
    assert.ok(bytes < most, `${path}: ${bytes} bytes`);
}

check("a building of sixty units, sixty buildings of one, all of it sent", async () => {
    [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
    [big] = await imported(rows("BIG", 2025, 60, (i) => ({ ...long(i), delivery_preference: i % 12 === 1 ? "letter" : "email" })));
    await imported(Array.from({ length: 60 }, (_, i) => rows(`B-${100 + i}`, 2025, 1, () => long(i))[0]));
    await admin("POST", `/api/track/batches/${big.batchId}/send`);
    await eventually("all have left", () => sql(`select count(*) from communications where batch_id = '${big.batchId}' and delivery_status = 'ENQUEUED'`)[0][0] === "0", 60);
    sql(`set track.tenant = '${id}'; update communications set delivery_status = 'BOUNCED', error = '{"sentence": "The mailbox is full, and the server refuses what is sent to it.", "code": "452 4.2.2"}' where batch_id = '${big.batchId}' and channel = 'EMAIL'`);
    go = await person("admin", tenant);
});

check("messages, whatever narrows them", async () => {
    await weighs("/messages", /<tr\b/g);
    const q = 'status:bounced -channel:sms,letter building:BIG after:2025-01-01 "Heiz- und Nebenkostenabrechnung" to:maximiliane';
    await weighs(`/messages?q=${encodeURIComponent(q)}`, /<tr\b/g);
    const near = `status:bounced ${Array.from({ length: 39 }, (_, i) => `-domain:langere-namen-${10 + i}`).join(" ")}`;
    assert.ok(near.length > 980 && near.length <= 1000, near.length);
    await weighs(`/messages?q=${encodeURIComponent(near)}`, /<tr\b/g);
});

check("units and activity of a year", async () => {
    const year = `/track?building=${big.buildingId}&year=2025`;
    await weighs(year, /<tr\b/g);
    await weighs(`${year}&tab=activity`);
    sql(`set track.tenant = '${id}'; update communication_batches set state = 'SENDING' where id = '${big.batchId}';
        update communications c set delivery_status = (array['DELIVERED', 'SENT', 'MANUAL', 'FAILED', 'HELD', 'SKIPPED', 'CANCELLED', 'DRAFT', 'ENQUEUED'])[x.n]
        from (select id, row_number() over (order by id) as n from communications where batch_id = '${big.batchId}') x where x.id = c.id and x.n <= 9`);
    await weighs(year, /<tr\b/g);
    sql(`set track.tenant = '${id}'; update communication_batches set state = 'COMPLETED' where id = '${big.batchId}'`);
});

check("outbox, runs, print runs, suppressions, exports and bulk actions", async () => {
    many("communication_exports", "format, words, all_buildings, created_by, created_by_kind, created_by_name", "'csv', 'status:bounced building:BIG', true, uuid7(), 'user', 'Maximiliane Wintersteiner'");
    many("suppressions", "channel, address, reason, blocks, sentence", "'EMAIL', 'maximiliane.' || i || '@verwaltung.example.ch', 'bad_address', true, 'The mailbox of the recipient does not exist, and will not.'");
    many("bulk_actions", "action, words, created_by, created_by_kind, created_by_name, expires_at, total", "'resend', 'status:bounced building:BIG', uuid7(), 'user', 'Maximiliane Wintersteiner', now() + interval '1 day', 60");
    many("print_runs", "year, no, sorted, separators, building_ids, pieces, sheets, grams, state, created_by_name", `2025, i, 'walk', 'none', array['${big.buildingId}'::uuid], 60, 120, 600, 'READY', 'Maximiliane Wintersteiner'`);
    for (const path of ["/outbox", "/runs", "/letters", "/suppressions", "/exports", "/bulk"]) await weighs(path, /<(tr|li|article)\b/g);
    for (const tab of ["/exports", "/letters"]) await weighs(`${tab}?building=${big.buildingId}&year=2025`, /<(tr|li)\b/g);
});

check("the board of shipments, all columns full", async () => {
    sql(`set track.tenant = '${id}'; with c as (insert into customers (tenant_id, name) values ('${id}', 'Maximiliane Wintersteiner') returning id),
        o as (insert into orders (tenant_id, number, customer_id, recipient_name, country) select '${id}', 'WEB-2026-' || (100000 + i), c.id, 'Maximiliane Wintersteiner ' || i, 'CH' from c, generate_series(1, 150) i returning id, number),
        p as (insert into purchase_orders (tenant_id, number, order_id) select '${id}', number, id from o returning id, number)
        insert into shipments (tenant_id, purchase_order_id, carrier, carrier_name, service, tracking_number, public_token, created_at, status, status_at, last_scan_at, last_scan, last_location, promised_on, expected_on)
        select '${id}', p.id, 'swiss-post', 'Die Schweizerische Post', 'PostPac Priority', 'QX' || number, md5(number) || md5(number), now() - interval '9 days', s.status, now() - s.age, now() - s.age,
            'Die Sendung wurde im Paketzentrum sortiert und wird weitergeleitet an die Zustellstelle', 'Härkingen Paketzentrum', current_date + s.promised, current_date + 4
        from p cross join lateral (select (array['failed_attempt', 'in_transit', 'in_transit', 'available_for_pickup', 'in_transit', 'delivered'])[n] as status, case n when 3 then interval '5 days' else interval '2 hours' end as age,
            case n when 2 then -2 else 5 end as promised from (select 1 + right(p.number, 3)::int % 6 as n) x) s`);
    await eventually("some are silent", () => sql(`select count(*) from shipments where tenant_id = '${id}' and attention = 'silent'`)[0][0] === "25", 60);
    const text = await (await go("/shipments")).text();
    assert.equal((text.match(/<li><h3>/g) ?? []).length, 120);
    await weighs("/shipments", /<li>/g);
});

check("inbox, import and proof", async () => {
    const [[account]] = sql(`insert into provider_accounts (tenant_id, provider, name) values ('${id}', 'msgraph', 'Graph') returning id`);
    many("inbox", "account_id, provider, dedupe_key, method, path, headers, body, body_sha256, verdict, mapper, state, error", `'${account}', 'msgraph.email', 'k' || i, 'POST', '/api/track/providers/msgraph/email', '{}', '', '', 'ok', 'graph/1', 'failed', 'The message of the notification is not one that was sent from here.'`);
    await weighs("/inbox", /<(tr|li)\b/g);
    for (const path of ["/import", "/proof", "/retention"]) await weighs(path);
});

await finish();
