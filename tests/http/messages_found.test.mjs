// What a search or a list reads of the database: no more where there is more. Counted are rows, never time.
import assert from "node:assert/strict";
import { api, check, committed, finish, sql, tenantNew, token, upload } from "../checks.mjs";
import { statement } from "../bench/measure.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("found");
const admin = api(await token("admin", tenant));
await committed(admin, (await upload(admin, "found.csv", csv(rows("ONE", 2025, 4)))).body.id);
const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
const found = async (call, text) => (await call("GET", `/api/track/search?q=${encodeURIComponent(text)}`)).body.results;

// Rows of a table that a statement of a .sql file reads, as the web does, which has asked for it before: [of indexes, of the
// whole table]. What the planner knows is made new in the same transaction: an analysis by Postgres itself that began before
// may end after the test's.
function reads(table, file, name, given) {
    const values = { all_buildings: true, actor_id: "null", at: "null", id: "null", since: "null", ...given };
    const names = [];
    const place = (all, key) => `$${names.includes(key) ? names.indexOf(key) + 1 : names.push(key)}`;
    const value = (all, key) => values[key];
    const anew = name.endsWith(" anew");
    const text = statement(file, name).replaceAll(/(?<!:):([a-z_]+)\b/g, anew ? value : place);
    const asked = anew ? text : `execute asked(${names.map((key) => values[key])})`;
    const [read] = sql(`begin; analyze buildings, units, communications, communication_tags;
        do $$ begin perform gin_clean_pending_list(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
            join pg_am a on a.oid = c.relam where a.amname = 'gin' and i.indrelid = '${table}'::regclass; end $$;
        set local track.tenant = '${id}'; set local role track_web; ${anew ? "" : `prepare asked as ${text}`};
        ${anew ? "" : `do $$ begin for i in 1..8 loop execute '${asked.replaceAll("'", "''")}'; end loop; end $$;`}
        create temp table before on commit drop as select coalesce(sum(idx_tup_fetch), 0) as fetched, coalesce(sum(seq_tup_read), 0) as read
            from pg_stat_xact_user_tables where relname = '${table}';
        create temp table answer on commit drop as ${asked};
        select coalesce(sum(idx_tup_fetch), 0) - fetched, coalesce(sum(seq_tup_read), 0) - read
        from before left join pg_stat_xact_user_tables on relname = '${table}' group by fetched, read; commit`);
    return read.map(Number);
}

check("a building is found by any part of its names, the one with the code first, and few are read for it", async () => {
    sql(`insert into buildings (tenant_id, code, name, street, city) select '${id}', 'H-' || i, 'Hof ' || i, i || ' Lange Straße', 'Köln' from generate_series(1, 6000) i;
        insert into buildings (tenant_id, code, name) values ('${id}', 'HOF', 'Zum Anker 100%_\\'); analyze buildings`);
    const names = async (text, call = admin) => (await found(call, text)).filter((one) => one.type === "building").map((one) => one.title);
    assert.deepEqual(await names("hof"), ["Zum Anker 100%_\\", "Hof 1", "Hof 10", "Hof 100"]);
    for (const text of ["4711 LANGE strASSE", "4711 LANGE straße", "hof 4711 koln", "Koeln 4711"]) assert.deepEqual(await names(text), ["Hof 4711"], text);
    assert.deepEqual((await names("hof 59"))[0], "Hof 59", "what stands there as it was typed comes first");
    assert.deepEqual([await names("100%_\\"), await names("0%_"), await names("1_0")], [["Zum Anker 100%_\\"], ["Zum Anker 100%_\\"], []]);
    assert.deepEqual((await names("hof 59")).length, 4);
    const [[one]] = sql(`select id from buildings where tenant_id = '${id}' and code = 'H-4712'`);
    assert.deepEqual(await names(one), ["Hof 4712"]);
    const stranger = api(await token("viewer", tenant, "ONE"));
    assert.deepEqual([await names("hof", stranger), await names(one, stranger), await names("one", stranger)], [[], [], ["House ONE"]]);
    for (const text of ["H-17-2025-4.02", "hof", "Hof 4711", "köln", "koeln", "4711 strasse"]) {
        const [some, all] = reads("buildings", "app/messages/search.sql", "search_buildings", { text: `'${text}'` });
        assert.ok(some < 450 && all === 0, `${text}: ${some} and ${all} rows`);
    }
});

// 3,000 messages more, a minute apart: the oldest 2,000 bounced and tagged, the others delivered.
check("what few have is looked for among the last of them", async () => {
    const columns = sql(`select string_agg(quote_ident(column_name), ', ') from information_schema.columns where table_name = 'communications' and is_generated = 'NEVER'
        and column_name not in ('id', 'reference', 'pixel_token', 'delivery_status', 'last_event_at')`)[0][0];
    sql(`set session_replication_role = replica; insert into communications (id, reference, delivery_status, last_event_at, ${columns})
        select uuid7(), 'copy-' || i, case when i > 2000 then 'DELIVERED' else 'BOUNCED' end, timestamptz '2026-03-01' + i * interval '1 minute', ${columns}
        from (select * from communications where tenant_id = '${id}' limit 1) c, generate_series(1, 3000) i;
        insert into communication_tags (tenant_id, communication_id, tag, building_id)
        select tenant_id, id, 'seen', building_id from communications where tenant_id = '${id}' and delivery_status = 'BOUNCED'; analyze communications; analyze communication_tags`);
    // and as many elsewhere, each of a unit of its own: what a unit has is then thought to be little
    const [[far]] = sql(`select id from tenants where slug = '${tenantNew("far")}'`);
    const theirs = columns.split(", ").map((column) => ({ tenant_id: `'${far}'`, unit_id: "uuid7()" })[column] ?? column);
    sql(`set session_replication_role = replica; insert into communications (id, reference, delivery_status, last_event_at, ${columns})
        select uuid7(), 'far-' || i, 'DELIVERED', timestamptz '2026-03-01' + i * interval '1 minute', ${theirs}
        from (select * from communications where tenant_id = '${id}' limit 1) c, generate_series(1, 3000) i`);
    const since = (filter, most) => sql(`set track.tenant = '${id}'; set role track_web; set time zone 'UTC'; select communications_since('${JSON.stringify(filter)}', ${most})`)[0][0].replace("2026-03-", "").replace(":00+00", "");
    const bounced = { status: ["BOUNCED"], channel: ["SMS"] };
    assert.deepEqual([since(bounced, 100), since({ ...bounced, year: [2025] }, 100), since({ ...bounced, year: [2024] }, 100)], ["02 07:40", "02 07:40", "-infinity"]);
    assert.deepEqual([since({ ...bounced, after: "2026-03-02T07:00:00Z" }, 100), since({ ...bounced, after: "2026-03-02T08:00:00Z" }, 100)], ["02 07:40", "-infinity"], "what lies before is not asked for");
    assert.equal(since({ status: ["BOUNCED", "FAILED"] }, 100), since({}, 100), "of several the last of all");
});

check("what has not a tag is found without reading what has", async () => {
    const [some, all] = reads("communication_tags", "app/messages/list.sql", "messages_page anew", { filter: `'{"notTag":["seen,heard"]}'` });
    assert.ok(some + all < 60, `${some} and ${all} rows`);
    const { body } = await admin("GET", `/api/track/communications?q=${encodeURIComponent("-tag:seen unit:1.00,1.01,1.02,1.03")}`);
    assert.deepEqual([body.communications.length, body.communications.some((m) => m.tags.length)], [50, false]);
});

check("the buildings of a page are read and no others", () => {
    const [some, all] = reads("buildings", "app/track/view.sql", "view_buildings anew", { find: "null", key: "null", building_id: "null" });
    assert.ok(some + all < 60, `${some} and ${all} rows`);
});

check("a unit's messages are found by its number, wherever few units have it", async () => {
    sql(`insert into units (tenant_id, building_id, number) select tenant_id, id, 'W ' || (case when code < 'H-4' then 'x' else code end) from buildings where tenant_id = '${id}' and code like 'H-%'; analyze units`);
    const few = (filter) => {
        const [some, all] = reads("units", "app/messages/list.sql", "messages_numbered anew", { filter: `'${JSON.stringify(filter)}'` });
        assert.ok(some < 10 && all === 0, `${some} and ${all} rows`);
    };
    const [[building]] = sql(`select id from buildings where tenant_id = '${id}' and code = 'H-1500'`);
    few({ unit: ["1.01", "W H-4711"] });
    few({ unit: ["W x"], building: [building] });
    const units = (filter) => sql(`set track.tenant = '${id}'; set role track_web; ${statement("app/messages/list.sql", "messages_numbered anew").replaceAll(/(?<!:):([a-z_]+)\b/g, (found, key) => ({ filter: `'${JSON.stringify(filter)}'`, all_buildings: true, actor_id: "null" })[key])}`)[0]?.[0];
    assert.deepEqual([JSON.parse(units({ unit: ["1.01", "W H-4711"] })).length, units({ unit: ["none"] }), units({ unit: ["W x"] }), JSON.parse(units({ unit: ["W x"], building: [building] })).length], [2, "[]", undefined, 1]);
    const asked = async (q) => (await admin("GET", `/api/track/communications?q=${encodeURIComponent(q)}`)).body.communications.map((m) => m.unit);
    assert.deepEqual([await asked("unit:1.03"), await asked("unit:none"), await asked('unit:"W x"')], [["1.03"], [], []]);
});

check("a run is found by building and year, a unit by building and number, as they are called", async () => {
    sql(`insert into buildings (tenant_id, code, name, city) values ('${id}', 'LH-12', 'Lindenhof 12', 'Köln'), ('${id}', 'MÜ', 'Mühle am Bäuerweg', '');
        insert into units (tenant_id, building_id, number) select tenant_id, id, n from buildings, unnest(array['2.01', 'EG links', '2025']) n where tenant_id = '${id}' and code in ('LH-12', 'MÜ', 'H-5999');
        insert into communication_batches (tenant_id, building_id, year) select tenant_id, id, y from buildings, unnest(array[2024, 2025]) y where tenant_id = '${id}' and code in ('LH-12', 'MÜ', 'H-5999'); analyze buildings; analyze units; analyze communication_batches`);
    const titles = async (type, text, call = admin) => (await found(call, text)).filter((one) => one.type === type).map((one) => `${one.title}${type === "unit" ? ` of ${one.detail}` : ""}`);
    const runs = { "Lindenhof 2025": ["Lindenhof 12 2025"], "lindenhof 12 2024": ["Lindenhof 12 2024"], "LH-12 2025": ["Lindenhof 12 2025"], "2025 lh-12": ["Lindenhof 12 2025"], "Run Lindenhof 12, 2025": ["Lindenhof 12 2025"],
        "muhle 2025": ["Mühle am Bäuerweg 2025"], "Muehle am Baeuerweg 2025": ["Mühle am Bäuerweg 2025"], "mühle bauerweg 2025": ["Mühle am Bäuerweg 2025"], "Hof 5999 2025": ["Hof 5999 2025"], "Lindenhof 2023": [], "2025": [], "Lindenhof": [] };
    for (const [text, is] of Object.entries(runs)) assert.deepEqual(await titles("run", text), is, text);
    for (const text of ["Lindenhof 2025", "Lindenhof 12 2025", "LH-12 2025"]) assert.deepEqual(await titles("building", text), [], `${text} is no building`);
    const units = { "Lindenhof 2.01": ["Unit 2.01 of Lindenhof 12"], "LH-12 2.01": ["Unit 2.01 of Lindenhof 12"], "2.01 lindenhof": ["Unit 2.01 of Lindenhof 12"], "Lindenhof 12, unit 2.01, 2025": ["Unit 2.01 of Lindenhof 12"], "muehle EG links": ["Unit EG links of Mühle am Bäuerweg"],
        "Hof 5999 2.01": ["Unit 2.01 of Hof 5999"], "Lindenhof 2025": ["Unit 2025 of Lindenhof 12"], "Lindenhof 2.02": [], "Nowhere 2.01": [] };
    for (const [text, is] of Object.entries(units)) assert.deepEqual(await titles("unit", text), is, text);
    const [one, other] = [api(await token("viewer", tenant, "ONE")), api(await token("viewer", tenant, "LH-12"))];
    for (const text of [...Object.keys(runs), ...Object.keys(units)]) assert.deepEqual((await found(one, text)).filter((f) => /Linden|Mühle|Hof/.test(f.title + f.detail)), [], text);
    assert.deepEqual([await titles("run", "LH-12 2025", other), await titles("unit", "LH-12 2.01", other), await titles("run", "mühle 2025", other)], [["Lindenhof 12 2025"], ["Unit 2.01 of Lindenhof 12"], []]);
    for (const name of ["Hof 5999", "lindenhof", "muehle", "nowhere"])
        for (const [table, statement, given] of [["units", "search_units", { text: `'${name} 2.01'`, pairs: `'[{"building":"${name}","number":"2.01"}]'`, year: "null" }], ["buildings", "search_units", { text: `'${name} 2.01'`, pairs: `'[{"building":"${name}","number":"2.01"}]'`, year: "null" }],
            ["communication_batches", "search_runs", { building: `'${name}'`, year: 2025 }], ["buildings", "search_runs", { building: `'${name}'`, year: 2025 }]]) {
            const [some, all] = reads(table, "app/messages/search.sql", statement, given);
            assert.ok(some + all < 450, `${name} in ${table}: ${some} and ${all} rows`);
        }
});

check("a year within a word is a part of it as any other", async () => {
    const units = async (text) => (await found(admin, text)).filter((one) => one.type === "message" && one.why === "Words").length > 0;
    const answers = { "NE-2025-3": true, "NE-2024-3": false, "E-2025-": true, "abrechnung 2025": true, "abrechnung 2026": false, "2025": true, "ne-2025-2 müller": true, "ne-2025-2 meier": false, "e_2025-3": false };
    for (const [text, is] of Object.entries(answers)) assert.equal(await units(text), is, text);
    const listed = async (q) => (await admin("GET", `/api/track/communications?q=${encodeURIComponent(q)}`)).body.communications.map((m) => m.unit);
    assert.deepEqual([await listed("NE-2025-3"), await listed("NE-2024-3"), await listed("E_2025-3")], [["1.03"], [], []]);
});

check("words are found however their letters are written, and the list finds the same", async () => {
    const people = ["Zoé Müllauer", "Jürg Muellauer-Rüegg", "François Straßer", "Samuel Bauer"];
    await committed(admin, (await upload(admin, "names.csv", csv(rows("TWO", 2025, 4, (i) => ({ recipient_name: people[i] }))))).body.id);
    const answers = { "mullauer 2025": ["Zoé Müllauer"], muellauer: ["Jürg Muellauer-Rüegg", "Zoé Müllauer"], "müllauer": ["Jürg Muellauer-Rüegg", "Zoé Müllauer"], "MÜLLAUER zoe": ["Zoé Müllauer"], "ZOÉ müllauer": ["Zoé Müllauer"], ruegg: ["Jürg Muellauer-Rüegg"], "rueegg jurg": ["Jürg Muellauer-Rüegg"],
        francois: ["François Straßer"], strasser: ["François Straßer"], "straßer": ["François Straßer"], "Mu\u0308llauer zoe": ["Zoé Müllauer"], samuel: ["Samuel Bauer"], bauer: ["Samuel Bauer"], "100%_": [], "mu.ler": [] };
    const named = (list, key) => [...new Set(list.map((one) => one[key]))].filter((name) => people.includes(name)).sort();
    for (const [text, is] of Object.entries(answers)) {
        assert.deepEqual(named((await found(admin, text)).filter((f) => f.type === "message" && f.why === "Words"), "title"), is, text);
        assert.deepEqual(named((await admin("GET", `/api/track/communications?q=${encodeURIComponent(text)}`)).body.communications, "recipientName"), is, `list: ${text}`);
        if (!text.includes(" ")) assert.deepEqual(named((await admin("GET", `/api/track/communications?q=to:${encodeURIComponent(text)}`)).body.communications, "recipientName"), is, `to:${text}`);
    }
});

check("a whole phone number is looked up, whatever else has its digits", async () => {
    const numbers = ["+41790001122", "+4915112345678", "+972521234567", null];
    await committed(admin, (await upload(admin, "phones.csv", csv(rows("TWO", 2025, 4, (i) => ({ recipient_name: `Called ${i}`, phone: numbers[i] ?? "", reference: ["", "", "", "R-5790001133"][i] }))))).body.id);
    const answers = { "+41 79 000 11 22": ["Called 0"], "+41 (0)79/000-11-22": ["Called 0"], "0041790001122": ["Called 0"], "079 000 11 22": ["Called 0"], "0151 12345678": ["Called 1"], "052 123 45 67": ["Called 2"], "+972 52 1234567": ["Called 2"],
        "+41 79 000 11": ["Called 0"], 790001133: ["Called 3"], "079 000 11 33": ["Called 3"], "+41790001133": [], "+41 79 000 11 44": [] };
    for (const [text, is] of Object.entries(answers)) assert.deepEqual([...new Set((await found(admin, text)).filter((f) => f.type === "message").map((f) => f.title))].filter((name) => name.startsWith("Called")), is, text);
    const [some, all] = reads("unit_years", "app/messages/search.sql", "search_words anew", { text: "'+41790001144'", words: "'[]'", digits: "'[]'", phones: `'["+41790001144"]'` });
    assert.deepEqual([some, all], [0, 0]);
});

check("a reference is looked up, and a list asks for no event while it is planned", async () => {
    const text = "'copy-77'";
    assert.deepEqual(reads("unit_years", "app/messages/search.sql", "search_words anew", { text, words: `'["copy-77"]'`, digits: "'[]'", phones: "'[]'" }), [0, 0]);
    assert.ok((await found(admin, "copy-77")).some((one) => one.why === "Reference"));
    const elsewhere = api(await token("viewer", tenant, "H-1"));
    for (const q of ["copy-77", "ONE-2025-3", "NE-2025-3", "Müller", "1.03", "one"]) assert.deepEqual(await found(elsewhere, q), [], q);
    assert.deepEqual((await elsewhere("GET", "/api/track/communications?q=unit:1.03")).body.communications, []);
    const page = statement("app/messages/list.sql", "messages_page anew").replaceAll(/(?<!:):([a-z_]+)\b/g, (all, key) => ({ filter: "'{}'", all_buildings: true })[key] ?? "null");
    assert.doesNotMatch(sql(`set track.tenant = '${id}'; set role track_web; explain ${page}`).join("\n"), /communication_events/);
});

await finish();
