// Legal holds as people use them: a form that stays where it is wrong, what a hold is on and says so, what lifting it frees.
import assert from "node:assert/strict";
import { api, check, committed, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { statement } from "../bench/measure.mjs";
import { rows, csv, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("holds");
const call = api(await token("admin", tenant));
const tell = async (path) => (await call("GET", path)).body;
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
let go, csrf, unit, message, batch;

const text = async (path) => {
    const answer = await go(path);
    return answer.status === 303 ? text(answer.headers.get("location")) : answer.text();
};
const put = (fields) => go("/retention/holds", { csrfToken: csrf, reason: "A suit", owner: "Legal", ...fields });

check("four messages, three years old, whose policy removes", async () => {
    await committed(call, (await upload(call, "holds.csv", csv(rows("HLD", 2020, 4)), statements(rows("HLD", 2020, 4)))).body.id);
    sql(`set session_replication_role = replica; update communications set created_at = now() - interval '3 years' where tenant_id = '${tenantId}'`);
    sql(`insert into retention_policies (tenant_id, hint, content_days, person_days, proof_days, "delete") values ('${tenantId}', 'default', 730, 730, 3650, true)`);
    [[message, unit, batch]] = sql(`select id, unit_id, batch_id from communications where tenant_id = '${tenantId}' order by id limit 1`);
    go = await person("admin", tenant);
    csrf = /name="csrfToken" value="([^"]+)"/.exec(await text("/retention/holds/new"))[1];
});

check("a form that is wrong stays in its page, with what was given and the error at its field", async () => {
    const wrong = await put({ scope: "unit", value: "HLD 9.99", reviewOn: "2026-06-30" });
    const page = await wrong.text();
    assert.equal(wrong.status, 422);
    assert.match(page, /<nav[^>]*aria-label="Main"|class="side|id="palette"/, "in the frame");
    assert.match(page, /value="HLD 9\.99"[^>]*value-error[^>]*aria-invalid="true"/);
    assert.match(page, /id="value-error" role="alert">There is no such unit/);
    assert.match(page, /value="unit" selected/);
    assert.match(page, /name="reason" value="A suit"/);
    assert.match(page, /name="reviewOn" value="2026-06-30"/);
    const short = await put({ scope: "building", value: "HLD", reason: "x" });
    assert.deepEqual([short.status, /id="reason-error" role="alert">This must have 3 to 500 characters\.</.test(await short.text())], [422, true]);
    const nobody = await put({ scope: "person", value: "079 123" });
    assert.deepEqual([nobody.status, /id="value-error" role="alert">[^<]*\+41791234567/.test(await nobody.text())], [422, true]);
    assert.deepEqual(await tell("/api/track/holds"), { holds: [] });
});

check("a hold on an address that no message has says so, until one has it", async () => {
    const made = await put({ scope: "person", value: "Kept@Example.org " });
    assert.equal(made.status, 303);
    assert.match(await text(made.headers.get("location")), /No message has this address yet: it keeps those that will come/);
    const again = await put({ scope: "person", value: "kept@example.org" });
    assert.deepEqual([again.status, /There is a hold on it already/.test(await again.text())], [409, true]);
    const phone = await call("POST", "/api/track/holds", { scope: "person", value: "+41 79 123 45 67", reason: "A suit", owner: "Legal" });
    assert.deepEqual([phone.status, phone.body.value, phone.body.messages], [201, "+41791234567", 0]);
    sql(`set session_replication_role = replica; update communications set email = 'Kept@example.org' where id = '${message}'`);
    assert.match(await text(made.headers.get("location")), /<dt>It keeps<\/dt><dd>1 message<\/dd>/);
    for (const { id } of (await tell("/api/track/holds")).holds) {
        const { planToken } = await tell(`/api/track/holds/${id}/lift`);
        assert.equal((await call("POST", `/api/track/holds/${id}/lift`, { planToken })).status, 200);
    }
});

check("message, unit and run lead to the form, filled in, and say by whom, why and since when", async () => {
    for (const [scope, value, page] of [["communication", message, `/messages/${message}`], ["unit", unit, `/track/units/${unit}`], ["batch", batch, `/runs/${batch}`]]) {
        const link = `/retention/holds/new?scope=${scope}&amp;value=${value}`;
        assert.ok((await text(page)).includes(link), page);
        const form = await text(link.replace("&amp;", "&"));
        assert.ok(form.includes(`name="scope" value="${scope}"`) && form.includes(`name="value" value="${value}"`), scope);
        assert.match(form, scope === "batch" ? /It keeps<\/dt><dd>4 messages/ : /It keeps<\/dt><dd>\d message/);
        const made = await put({ scope, value, reason: `Court case of the ${scope}` });
        const told = await text(page);
        assert.match(told, new RegExp(`since <time[^>]*>[^<]*</time>, put by [^:]+: Court case of the ${scope}\\. Legal answers for it`), page);
        assert.ok(!told.includes(link), "no second one");
        const { planToken } = await tell(`/api/track/holds/${made.headers.get("location").split("/").at(-1)}/lift`);
        assert.equal((await call("POST", `/api/track${made.headers.get("location").slice(10)}/lift`, { planToken })).status, 200);
    }
    const viewer = await person("viewer", tenant);
    assert.ok(!(await (await viewer(`/messages/${message}`)).text()).includes("/retention/"), "none for those who may not");
    const { history } = await tell(`/api/track/communications/${message}`);
    const holds = history.filter((h) => h.action.startsWith("hold."));
    assert.deepEqual(holds.slice(0, 2).map((h) => [h.action, h.after.reason]), [["hold.lifted", "Court case of the batch"], ["hold.added", "Court case of the batch"]]);
    assert.match(await text(`/messages/${message}?tab=audit`), /hold\.lifted/);
});

check("lifting says what becomes free to go, asks, and says who did it", async () => {
    const made = await put({ scope: "building", value: "hld" });
    const path = made.headers.get("location");
    await put({ scope: "unit", value: unit, reason: "Another suit" });
    const [[of]] = sql(`select count(*) from communications where unit_id = '${unit}'`);
    const page = await text(path);
    assert.match(page, new RegExp(`${4 - of} messages? would be free to go\\. <strong>(It is|All of them are) due and would go with the next run`));
    assert.match(page, new RegExp(`${of} messages? stays? under another hold`));
    const planToken = /name="planToken" value="([^"]+)"/.exec(page)[1];
    const none = await go(`${path}/lift`, { csrfToken: csrf });
    assert.deepEqual([none.status, /Ask for the plan first/.test(await none.text())], [422, true]);
    const others = await call("POST", `/api/track${path.slice(10)}/lift`, { planToken });
    assert.equal(others.status, 409, "a plan is of who made it");
    sql(`set session_replication_role = replica; update communications set created_at = now() where tenant_id = '${tenantId}' and unit_id <> '${unit}' and id = (select max(id::text)::uuid from communications where tenant_id = '${tenantId}' and unit_id <> '${unit}')`);
    const stale = await go(`${path}/lift`, { csrfToken: csrf, planToken });
    const shown = await stale.text();
    assert.deepEqual([stale.status, /has changed since it was planned/.test(shown)], [409, true]);
    const lifted = await go(`${path}/lift`, { csrfToken: csrf, planToken: /name="planToken" value="([^"]+)"/.exec(shown)[1] });
    assert.deepEqual([lifted.status, lifted.headers.get("location")], [303, path]);
    const after = await text(path);
    assert.match(after, new RegExp(`lifted it on <time[^>]*>[^<]*</time>\\. That freed ${4 - of} messages?, of which ${4 - of - 1} went with the next run`));
    assert.ok(!after.includes('name="planToken"'));
});

check("the form of one message reads that one, of all there are", () => {
    const given = { scope: "'communication'", value: `'${message}'` };
    const target = statement("app/proof/holds.sql", "holds_target").replaceAll(/(?<!:):([a-z_]+)\b/g, (all, key) => given[key]);
    const [read] = sql(`begin; analyze communications; set local track.tenant = '${tenantId}'; set local role track_web;
        create temp table answer on commit drop as ${target}; select (select count(*) from answer), sum(coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0))
        from pg_stat_xact_user_tables where relname = 'communications'; commit`);
    assert.deepEqual([Number(read[0]), Number(read[1]) < 5], [1, true], `${read[1]} rows`);
});

await finish();
