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

// Rows of a table that a statement of a .sql file reads, as the web does: [of indexes, of the whole table].
function reads(table, file, name, given) {
    const values = { all_buildings: true, actor_id: "null", at: "null", id: "null", since: "null", ...given };
    const text = statement(file, name).replaceAll(/(?<!:):([a-z_]+)\b/g, (all, key) => values[key]);
    const [read] = sql(`begin; set local track.tenant = '${id}'; set local role track_web; create temp table answer on commit drop as ${text};
        select coalesce(idx_tup_fetch, 0), coalesce(seq_tup_read, 0) from pg_stat_xact_user_tables where relname = '${table}'; commit`);
    return read.map(Number);
}

check("a building is found by any part of its names, the one with the code first, and few are read for it", async () => {
    sql(`insert into buildings (tenant_id, code, name, street, city) select '${id}', 'H-' || i, 'Hof ' || i, i || ' Lange Straße', 'Köln' from generate_series(1, 6000) i;
        insert into buildings (tenant_id, code, name) values ('${id}', 'HOF', 'Zum Anker 100%_\\'); analyze buildings`);
    const names = async (text, call = admin) => (await found(call, text)).filter((one) => one.type === "building").map((one) => one.title);
    assert.deepEqual(await names("hof"), ["Zum Anker 100%_\\", "Hof 1", "Hof 10", "Hof 100"]);
    assert.deepEqual(await names("4711 LANGE strASSE"), []);
    assert.deepEqual(await names("4711 LANGE straße"), ["Hof 4711"]);
    assert.deepEqual([await names("100%_\\"), await names("0%_"), await names("1_0")], [["Zum Anker 100%_\\"], ["Zum Anker 100%_\\"], []]);
    assert.deepEqual((await names("hof 59")).length, 4);
    const [[one]] = sql(`select id from buildings where tenant_id = '${id}' and code = 'H-4712'`);
    assert.deepEqual(await names(one), ["Hof 4712"]);
    const stranger = api(await token("viewer", tenant, "ONE"));
    assert.deepEqual([await names("hof", stranger), await names(one, stranger), await names("one", stranger)], [[], [], ["House ONE"]]);
    for (const text of ["H-17-2025-4.02", "hof", "Hof 4711", "köln"]) {
        const [some, all] = reads("buildings", "app/messages/search.sql", "search_buildings", { text: `'${text}'` });
        assert.ok(some < 250 && all === 0, `${text}: ${some} and ${all} rows`);
    }
});

await finish();
