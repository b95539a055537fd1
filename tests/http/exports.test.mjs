// Exports over the API and the page: a file of every row, read back by another reader; links; grants; tenants.
import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { api, base, check, committed, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const columns = ["building", "unitNumber", "channel", "subject", "status", "queuedAt", "sentAt", "deliveredAt", "openedAt",
    "providerMessageId", "lastEventType", "manualNotes", "attachments"];
const subjects = ["=HYPERLINK(\"http://x\") 2025", "Say \"hi\", 2025; again", "Łódź – 李 😀 2025", "@SUM(A1:A9) 2025"];
const tenant = tenantNew("exports");
const call = api(await token("admin", tenant));

async function imported(code, count) {
    const made = rows(code, 2025, count, (i) => ({ subject: subjects[i % subjects.length], email: `unit${i}@example.ch` }));
    const kept = await upload(call, `${code}.csv`, csv(made), statements(made));
    return (await committed(call, kept.body.id)).result.batches[0];
}

const batch = await imported("EXPO", 8);
await imported("EXTRA", 3);

async function exported(who, asked) {
    const added = await who("POST", "/api/track/export", asked);
    assert.equal(added.status, 202, added.text);
    const at = added.headers.get("location");
    assert.equal(at, `/api/track/export/${added.body.exportId}`);
    return eventually("it is ready", async () => {
        const { body } = await who("GET", at);
        assert.notEqual(body.state, "FAILED", body.error);
        return body.state === "READY" && body;
    });
}

const fetched = async ({ download }) => fetch(base + download.href);

check("a CSV has exactly its columns, and every row as another reader reads it", async () => {
    await call("POST", `/api/track/batches/${batch.batchId}/send`);
    await eventually("it is sent", async () => (await call("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED");
    const ready = await exported(call, { format: "csv" });
    const answer = await fetched(ready);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([ready.rows, ready.size, ready.words], [11, bytes.length, "All communications"]);
    assert.equal(bytes.subarray(0, 3).toString("hex"), "efbbbf");
    assert.match(answer.headers.get("content-disposition"), /^attachment; filename="communications-\d{4}-\d\d-\d\d\.csv"/);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const found = parse(bytes, { bom: true, record_delimiter: "\r\n" });
    assert.deepEqual(found[0], columns);
    const list = parse(bytes, { bom: true, columns: true, record_delimiter: "\r\n" });
    assert.equal(list.length, 11);
    const ours = list.filter((one) => one.building === batch.buildingName);
    assert.deepEqual(ours.map((one) => one.unitNumber), rows("EXPO", 2025, 8).map((row) => row.unit_number));
    assert.deepEqual(ours.slice(0, 4).map((one) => one.subject), [`'${subjects[0]}`, subjects[1], subjects[2], `'${subjects[3]}`]);
    for (const one of ours) {
        assert.deepEqual([one.channel, one.status, one.lastEventType, one.deliveredAt, one.manualNotes], ["EMAIL", "SENT", "SENT", "", ""]);
        assert.match(one.sentAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.match(one.attachments, /\.pdf$/);
        assert.ok(one.queuedAt <= one.sentAt);
    }
});

check("JSON lines have the same names, and only what the filter means", async () => {
    const ready = await exported(call, { format: "jsonl", building: batch.buildingId, year: 2025, channel: "EMAIL", status: "SENT", search: "unit3@" });
    const text = await (await fetched(ready)).text();
    const list = text.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(list.map((one) => [Object.keys(one), one.subject, one.openedAt]), [[columns, subjects[3], null]]);
    assert.deepEqual([list[0].manualNotes, list[0].attachments.length], [[], 1]);
    assert.equal(ready.words, `${batch.buildingName}, 2025, E-mail, sent, “unit3@”`);
});

check("what is asked wrongly is named", async () => {
    const wrong = await call("POST", "/api/track/export", { format: "xls", year: 1, building: "x", channel: "FAX", other: 1 });
    assert.equal(wrong.status, 422);
    assert.deepEqual(wrong.body.errors.map((one) => one.field).sort(), ["building", "channel", "format", "other", "year"]);
    assert.equal((await call("GET", "/api/track/export/nonsense")).status, 404);
});

check("a link that was changed leads nowhere; the file does not without one", async () => {
    const ready = await exported(call, { format: "csv", year: 2025 });
    const { href } = ready.download;
    assert.equal((await fetch(base + href)).status, 200);
    for (const changed of [href.replace(/expires=(\d+)/, (_, n) => `expires=${Number(n) + 1}`), href.replace(/tenant=[^&]+/, "tenant=00000000-0000-0000-0000-000000000000"),
        href.replace(/tag=.{6}/, "tag=AAAAAA"), href.replace("communications", "x"), href.replace(/\?.*/, ""), `/_blobs/${ready.sha256.slice(0, 2)}/${ready.sha256.slice(2, 4)}/${ready.sha256}`])
        assert.ok((await fetch(base + changed)).status >= 400, changed);
});

check("a deleted one is gone, with its link", async () => {
    const ready = await exported(call, { format: "csv", channel: "EMAIL", search: "unit5@" });
    assert.equal((await fetched(ready)).status, 200);
    assert.equal((await call("DELETE", `/api/track/export/${ready.exportId}`)).status, 200);
    assert.equal((await fetched(ready)).status, 404);
    assert.equal((await call("GET", `/api/track/export/${ready.exportId}`)).status, 404);
});

check("who sees one building exports it alone, and nothing of others' exports or tenants", async () => {
    const all = await exported(call, { format: "jsonl" });
    const some = api(await token("agent", tenant, "EXTRA"));
    const ready = await exported(some, { format: "jsonl" });
    assert.deepEqual([ready.rows, (await some("GET", "/api/track/exports")).body.exports.length], [3, 1]);
    assert.equal((await some("GET", `/api/track/export/${all.exportId}`)).status, 404);
    assert.equal((await some("POST", "/api/track/export", { format: "csv", building: batch.buildingId })).body.errors[0].field, "building");
    const foreign = api(await token("admin", tenantNew("exports-other")));
    assert.equal((await foreign("GET", `/api/track/export/${all.exportId}`)).status, 404);
    assert.deepEqual((await foreign("GET", "/api/track/exports")).body.exports, []);
    assert.equal((await api(await token("viewer", tenant))("GET", "/api/track/exports")).status, 403);
    const place = `/track?building=${batch.buildingId}&year=2025`;
    const looks = await person("viewer", tenant), acts = await person("agent", tenant);
    const frame = /<nav class="tabs"[^>]*>.*?<\/nav>/;
    assert.match(frame.exec(await (await acts(place)).text())[0], />Exports</);
    assert.doesNotMatch(frame.exec(await (await looks(place)).text())[0], />Exports</);
    const barred = await looks(`${place}&tab=exports`);
    assert.equal(barred.status, 200);
    assert.match(await barred.text(), /Exports need the role agent.*Yours is viewer/);
});

check("the page asks for one, shows it and leads to its file", async () => {
    const go = await person("agent", tenant);
    const page = await (await go("/exports?year=2025&channel=EMAIL")).text();
    assert.match(page, /Now chosen: 2025, E-mail\./);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    const asked = await go("/exports", { format: "csv", building: "", year: "2025", channel: "", status: "", search: "", csrfToken });
    assert.deepEqual([asked.status, asked.headers.get("location")], [303, "/exports"]);
    const [, mine] = /action="(\/exports\/[0-9a-f-]+)\/delete"/.exec(await (await go("/exports/list")).text());
    const download = `${mine}/download`;
    await eventually("it is there", async () => (await (await go("/exports/list")).text()).includes(download));
    const led = await go(download);
    assert.equal(led.status, 303);
    assert.equal((await fetch(base + led.headers.get("location"))).status, 200);
    const gone = await go(`${mine}/delete`, { csrfToken });
    assert.equal(gone.status, 303);
    assert.equal((await go(download)).status, 404);
});

check("the tab of a building and year keeps both, and the buildings beside it", async () => {
    const go = await person("agent", tenant);
    const place = `building=${batch.buildingId}&year=2025`;
    const found = await go(`/track?${place}&tab=exports`);
    assert.deepEqual([found.status, found.headers.get("location")], [303, `/exports?${place}`]);
    const page = (await (await go(`/exports?${place}`)).text()).replaceAll("&amp;", "&");
    assert.match(page, /<h1>House EXPO <span>2025<\/span><\/h1>/);
    const side = /<aside.*?<\/aside>/s.exec(page)[0];
    assert.deepEqual([...side.matchAll(/<a href="([^"]+)"( aria-current="true")?><b>/g)].map(([, href, on]) => [/building=([^&]+)&year=2025$/.exec(href)[1] === batch.buildingId, Boolean(on)]), [[true, true], [false, false]]);
    assert.doesNotMatch(side, /href="\/track/);
    assert.match(side, /<form action="\/exports"/);
    assert.match(await (await go(`/exports?${place}&find=extra`)).text(), /House EXTRA/);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    const added = await go("/exports", { format: "jsonl", building: batch.buildingId, year: "2025", csrfToken });
    assert.equal(added.headers.get("location"), `/exports?${place}`);
    const list = (await (await go(`/exports/list?${place}`)).text()).replaceAll("&amp;", "&");
    assert.match(list, /House EXPO, 2025 <span class="quiet-text">JSON lines</);
    assert.ok(!list.includes("hx-get") || list.includes(`/exports/list?${place}`));
    const [, mine] = /action="(\/exports\/[0-9a-f-]+)\/delete"/.exec(list);
    const gone = await go(`${mine}/delete`, { csrfToken, building: batch.buildingId, year: "2025" });
    assert.deepEqual([gone.status, gone.headers.get("location")], [303, `/exports?${place}`]);
    const letters = await (await go(`/letters?${place}`)).text();
    assert.match(letters, /<h1>House EXPO <span>2025<\/span><\/h1>/);
    assert.match(letters, /<a href="\/letters\?building=[^"]+" aria-current="true"><b>House EXPO/);
});

check("asking, writing and deleting are in the audit trail", () => {
    const found = sql(`select distinct action from audit_history a join tenants t on t.id = a.tenant_id where t.slug = '${tenant}' and action like 'export.%' order by 1`);
    assert.deepEqual(found.flat(), ["export.add", "export.delete", "export.ready"]);
});

await finish();
