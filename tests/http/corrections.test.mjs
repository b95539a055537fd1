// A billing file with errors over the API: each is corrected in its cell, taken back, refused where it cannot be, and what is
// imported says what was corrected.
import assert from "node:assert/strict";
import { api, check, committed, communications, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";

const tenant = tenantNew("corrections");
const call = api(await token("admin", tenant));
const wrong = {
    1: { email: "unit1@" },
    2: { delivery_preference: "by pigeon" },
    3: { delivery_preference: "by pigeon" },
    4: { language: "xx" },
    5: { unit_number: "1.04", reference: "COR-2025-4" }, // as the row before, once that is good
    6: { language: "it" },
};
const file = csv(rows("COR", 2025, 8, (i) => ({ attachment: "", ...wrong[i] })));
const errors = ({ body }) => body.preview.errors.map(({ line, column, value }) => [line, column, value]);
const fields = ({ status, body }) => [status, body.errors?.map(({ field }) => field)];
let at, kept;

check("errors say whose row they are of, and in which languages messages are there", async () => {
    kept = await upload(call, "corrections.csv", file);
    at = `/api/track/imports/${kept.body.id}`;
    assert.deepEqual(errors(kept), [[3, "email", "unit1@"], [4, "delivery_preference", "by pigeon"], [5, "delivery_preference", "by pigeon"], [6, "language", "xx"]]);
    const [first, , , last] = kept.body.preview.errors;
    assert.deepEqual([first.field, first.unit, first.recipient], ["email", "1.01", "Zoë Müller 1"]);
    assert.match(last.reason, /not a language.* Messages are there in de, en, fr\./);
    assert.match(kept.body.preview.warnings.join("\n"), /“it” is the language of line 8, .* written in English\./);
    assert.deepEqual(kept.body.corrections, []);
});

check("a cell is corrected by its header or its field, once more, and all alike at once", async () => {
    const still = await call("POST", `${at}/corrections`, { line: 3, column: "email", value: "still@" });
    assert.equal(still.status, 200, still.text);
    assert.deepEqual(errors(still)[0], [3, "email", "still@"]);
    const one = await call("POST", `${at}/corrections`, { line: 3, column: "email", value: " unit1@example.ch " });
    assert.equal(one.body.preview.errorCount, 3);
    assert.deepEqual(one.body.corrections.map(({ line, column, value, was }) => [line, column, value, was]), [[3, "email", "unit1@example.ch", "unit1@"]]);
    const all = await call("POST", `${at}/corrections`, { line: 5, column: "deliveryPreference", value: "email", alike: true });
    assert.deepEqual(errors(all), [[6, "language", "xx"]]);
    assert.deepEqual(all.body.corrections.map(({ line }) => line), [3, 4, 5]);
});

check("a corrected row is held against the others", async () => {
    const double = await call("POST", `${at}/corrections`, { line: 6, column: "language", value: "de" });
    assert.deepEqual(errors(double), [[7, "reference", "COR-2025-4"]]);
    assert.match(double.body.preview.errors[0].reason, /Line 6 already/);
    assert.deepEqual(errors(await call("POST", `${at}/corrections`, { line: 7, column: "unitNumber", value: "1.05" })), []);
});

check("a correction is taken back, also by the file's own value", async () => {
    const { body: { corrections } } = await call("GET", at);
    const [{ id }] = corrections;
    const back = await call("DELETE", `${at}/corrections/${id}`);
    assert.deepEqual(errors(back), [[3, "email", "unit1@"]]);
    assert.equal((await call("DELETE", `${at}/corrections/${id}`)).status, 404);
    const same = await call("POST", `${at}/corrections`, { line: 4, column: "delivery_preference", value: "by pigeon" });
    assert.deepEqual(same.body.corrections.map(({ line }) => line), [5, 6, 7]);
    await call("POST", `${at}/corrections`, { line: 4, column: "delivery_preference", value: "email" });
    assert.deepEqual(errors(await call("POST", `${at}/corrections`, { line: 3, column: "email", value: "unit1@example.ch" })), []);
});

check("what is not there, or too long, is refused by its name", async () => {
    const put = (body) => call("POST", `${at}/corrections`, body);
    assert.deepEqual(fields(await put({ line: 1, column: "email", value: "x" })), [422, ["line"]]);
    assert.deepEqual(fields(await put({ line: 0, column: "email", value: "x" })), [422, ["line"]]);
    assert.deepEqual(fields(await put({ line: 4711, column: "email", value: "x" })), [422, ["line"]]);
    assert.deepEqual(fields(await put({ line: 2, column: "fax", value: "x" })), [422, ["column"]]);
    assert.deepEqual(fields(await put({ line: 2, column: "currency", value: "x".repeat(11) })), [422, ["value"]]);
    assert.deepEqual(fields(await put({ line: 2, column: "attachment", value: "x".repeat(401) })), [422, ["value"]]);
    assert.deepEqual(fields(await put({ line: 2, column: "subject", value: "a\nb" })), [422, ["value"]]);
    assert.deepEqual(fields(await put({ column: "subject", value: "a" })), [422, ["line"]]);
    assert.equal((await call("DELETE", `${at}/corrections/nonsense`)).status, 404);
    assert.equal((await call("POST", "/api/track/imports/00000000-0000-7000-8000-000000000000/corrections", { line: 2, column: "email", value: "x" })).status, 404);
    assert.equal((await call("GET", at)).body.corrections.length, 5);
});

check("only admins of the tenant may", async () => {
    const one = { line: 2, column: "email", value: "x" };
    const [{ id }] = (await call("GET", at)).body.corrections;
    for (const role of ["viewer", "agent"]) {
        const less = api(await token(role, tenant));
        assert.equal((await less("POST", `${at}/corrections`, one)).status, 403, role);
        assert.equal((await less("DELETE", `${at}/corrections/${id}`)).status, 403, role);
    }
    const other = api(await token("admin", tenantNew("corrections-other")));
    assert.equal((await other("POST", `${at}/corrections`, one)).status, 404);
    assert.equal((await other("DELETE", `${at}/corrections/${id}`)).status, 404);
});

check("what is imported says what was corrected, and then stands", async () => {
    const done = await committed(call, kept.body.id);
    assert.equal(done.corrections.length, 5);
    const list = (await communications(call, done.result.batches[0])).map(({ email, channel }) => `${email} ${channel}`);
    assert.equal(list.length, 8);
    assert.ok(list.includes("unit1@example.ch EMAIL") && list.every((one) => one.endsWith("EMAIL")), list.join());
    assert.equal((await call("POST", `${at}/corrections`, { line: 3, column: "email", value: "x" })).status, 409);
    assert.equal((await call("DELETE", `${at}/corrections/${done.corrections[0].id}`)).status, 409);
});

check("the audit trail names cells, not what they say", () => {
    const told = sql(`select h.action, h.after::text from audit_history h join tenants t on t.id = h.tenant_id
        where t.slug = '${tenant}' and h.action in ('import.correct', 'import.take_back') order by h.seq`);
    assert.equal(told.filter(([action]) => action === "import.take_back").length, 1);
    assert.ok(told.some(([, after]) => after === '{"lines": [4, 5], "column": "delivery_preference"}'));
    assert.doesNotMatch(JSON.stringify(told), /unit1|pigeon/);
});

check("the page does it by a form, without any script", async () => {
    const go = await person("admin", tenant);
    const { body: { id } } = await upload(call, "page.csv", csv(rows("COR-2", 2025, 3, (i) => ({ attachment: "", ...(i === 1 && { email: "x@" }) }))));
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await go(`/import/${id}`)).text())[1];
    const sent = await go(`/import/${id}/corrections`, { csrfToken, line: 3, column: "email", value: "x@example.ch" });
    assert.deepEqual([sent.status, sent.headers.get("location")], [303, `/import/${id}`]);
    const page = await (await go(`/import/${id}`)).text();
    assert.match(page, /Import all 3 rows/);
    const correctionId = /name="correctionId" value="([^"]+)"/.exec(page)[1];
    assert.equal((await go(`/import/${id}/corrections/take-back`, { csrfToken, correctionId, alike: "false" })).status, 303);
    assert.match(await (await go(`/import/${id}`)).text(), /To be corrected/);
});

await finish();
