// The list of messages as a client meets it: qualifiers against a recount, pages, grants, faults.
import assert from "node:assert/strict";
import { api, check, committed, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const demo = api(await token("admin"));
const [[tenant]] = sql("select id from tenants where slug = 'demo'");

// Ids that a condition over the demo's rows says a filter means.
const recount = (condition) =>
    sql(`select c.id from communications c join units u on u.id = c.unit_id join buildings b on b.id = c.building_id
         where c.tenant_id = '${tenant}' and ${condition}`).map(([id]) => id).toSorted();

async function found(call, q) {
    const ids = [];
    for (let next = `/api/track/communications?all=true&q=${encodeURIComponent(q)}`; next; ) {
        const { status, body, text } = await call("GET", next);
        assert.equal(status, 200, text);
        assert.ok(body.communications.length <= 50);
        ids.push(...body.communications.map((c) => c.communicationId));
        next = body.next;
    }
    return ids;
}

const day = new Date(Date.now() - 200 * 86400e3).toISOString().slice(0, 10);
const text = "lower(concat_ws(' ', u.number, c.recipient_name, c.email, c.phone, c.reference, c.subject))";
const unprinted = `c.delivery_status = 'SENT' and c.channel like 'LETTER%' and (select e.type from communication_events e
    where e.communication_id = c.id and e.type in ('READY_TO_PRINT', 'PRINTED', 'LODGED') order by e.seq desc limit 1) = 'READY_TO_PRINT'`;
const meanings = {
    "status:failed,bounced": "c.delivery_status in ('FAILED', 'BOUNCED')",
    "-status:delivered": "c.delivery_status <> 'DELIVERED'",
    "channel:sms": "c.channel = 'SMS'",
    "-channel:email": "c.channel <> 'EMAIL'",
    "grade:b": "c.evidence_grade = 'B'",
    "-grade:b": "c.evidence_grade is distinct from 'B'",
    "code:5.1.1": "c.error ->> 'code' = '5.1.1'",
    "building:lh-12": "b.code = 'LH-12'",
    "-building:LH-12": "b.code <> 'LH-12'",
    "unit:3.01": "u.number = '3.01'",
    "domain:example.com": "c.email like '%@example.com'",
    "to:keller": "(c.recipient_name ilike '%keller%' or c.email ilike '%keller%')",
    "template:reminder": "c.template = 'reminder'",
    "-template:reminder": "c.template <> 'reminder'",
    "tag:Call-back": "exists (select from communication_tags t where t.communication_id = c.id and t.tag = 'call-back')",
    "tag:new-address,objection": "exists (select from communication_tags t where t.communication_id = c.id and t.tag in ('new-address', 'objection'))",
    "-tag:call-back": "not exists (select from communication_tags t where t.communication_id = c.id and t.tag = 'call-back')",
    "-tag:new-address,objection": "not exists (select from communication_tags t where t.communication_id = c.id and t.tag in ('new-address', 'objection'))",
    "is:failed": "c.delivery_status in ('FAILED', 'BOUNCED')",
    "-is:waiting": "c.delivery_status not in ('DRAFT', 'HELD', 'ENQUEUED')",
    "is:contradicted": "c.contradiction is not null",
    "is:unprinted": unprinted,
    "-is:unprinted": `(${unprinted}) is not true`,
    "has:attachment": "exists (select from communication_attachments a where a.communication_id = c.id)",
    "-has:error": "c.error is null",
    [`before:${day}`]: `coalesce(c.last_event_at, c.created_at) < timestamp '${day}' at time zone 'Europe/Zurich'`,
    [`after:${day}`]: `coalesce(c.last_event_at, c.created_at) >= timestamp '${day}' at time zone 'Europe/Zurich'`,
    keller: `${text} like '%keller%'`,
    statement: `${text} like '%statement%'`,
    '"unit 2.0"': `${text} like '%unit 2.0%'`,
    "100%": `${text} like '%100\\%%'`,
    "-keller": `${text} not like '%keller%'`,
};

check("every qualifier means what it says", async () => {
    for (const [q, condition] of Object.entries(meanings)) assert.deepEqual((await found(demo, q)).toSorted(), recount(condition), q);
    assert.ok(recount(meanings["is:contradicted"]).length && recount(meanings["code:5.1.1"]).length && recount(unprinted).length && ["template:reminder", "tag:new-address,objection"].every((q) => recount(meanings[q]).length), "the demo holds such");
});

check("values of a qualifier are alternatives, and of tags each qualifier narrows further", async () => {
    const tagged = (...tags) => `exists (select from communication_tags t where t.communication_id = c.id and t.tag in ('${tags.join("', '")}'))`;
    for (const [q, condition] of Object.entries({
        "template:reminder,statement": "c.template in ('reminder', 'statement')",
        "tag:objection tag:call-back": `${tagged("objection")} and ${tagged("call-back")}`,
        "tag:new-address tag:call-back": "false",
        "tag:call-back -tag:objection": `${tagged("call-back")} and not ${tagged("objection")}`,
        "-tag:objection -tag:new-address": `not ${tagged("objection", "new-address")}`,
        "tag:nobodys": "false",
        "template:none": "false",
    })) assert.deepEqual((await found(demo, q)).toSorted(), recount(condition), q);
});

check("two qualifiers narrow together, all pairs", async () => {
    const all = Object.entries(meanings);
    for (const [i, [one, first]] of all.entries())
        for (const [other, second] of all.slice(i + 1)) {
            if ([one, other].every((q) => /^(before|after):/.test(q))) continue;
            assert.deepEqual((await found(demo, `${one} ${other}`)).toSorted(), recount(`${first} and ${second}`), `${one} ${other}`);
        }
});

check("the last one that moved comes first, each once", async () => {
    const ids = await found(demo, "");
    assert.deepEqual(ids, sql(`select id from communications where tenant_id = '${tenant}' order by coalesce(last_event_at, created_at) desc, id desc`).map(([id]) => id));
    const { body } = await demo("GET", "/api/track/communications/count");
    assert.deepEqual(body, { count: ids.length, more: false });
});

check("each wrong qualifier is named", async () => {
    for (const [q, says] of Object.entries({ "status:flying": /status:flying: is none of draft/, "building:NONE": /no such building/, "shape:round": /no qualifier shape/ })) {
        const { status, body } = await demo("GET", `/api/track/communications?q=${encodeURIComponent(q)}`);
        assert.deepEqual([status, body.errors.map((e) => e.field)], [422, ["q"]]);
        assert.match(body.errors[0].message, says);
    }
    const { status, body } = await demo("GET", "/api/track/communications?after=nonsense");
    assert.deepEqual([status, body.errors[0].field], [422, "after"]);
});

check("who is granted a building finds and counts no other, and viewers see part of an address", async () => {
    const own = tenantNew("messages");
    const admin = api(await token("admin", own));
    const made = [...rows("ONE", 2025, 3), ...rows("TWO", 2025, 2)];
    await committed(admin, (await upload(admin, "list.csv", csv(made), statements(made))).body.id);
    assert.equal((await found(admin, "")).length, 5);
    assert.deepEqual(await found(admin, "keller"), [], "of another tenant");
    const viewer = api(await token("viewer", own, "TWO"));
    for (const q of ["", "müller", "channel:email", "year:2025", "has:attachment"]) {
        assert.equal((await found(viewer, q)).length, 2, q);
        assert.equal((await viewer("GET", `/api/track/communications/count?q=${encodeURIComponent(q)}`)).body.count, 2, q);
    }
    assert.equal((await viewer("GET", "/api/track/communications?q=building:ONE")).status, 422);
    const { body } = await viewer("GET", "/api/track/communications");
    assert.ok(body.communications.every((c) => /^.…@example\.ch$/.test(c.address)), JSON.stringify(body.communications[0]));
});

check("the page shows the same, and a wrong filter beside its bar", async () => {
    const go = await person("viewer", "demo");
    const page = async (q) => (await go(`/messages?q=${encodeURIComponent(q)}`)).text();
    const shown = [...(await page("status:bounced")).matchAll(/<a href="?\/messages\/([0-9a-f-]{36})/g)].map(([, id]) => id);
    assert.deepEqual(shown.toSorted(), recount("c.delivery_status = 'BOUNCED'"));
    assert.match(await page("status:flying"), /role="alert"><p>status:flying: is none of/);
    assert.doesNotMatch(await page("status:flying"), /No messages match/);
    assert.match(await page("nobody-of-this-name"), /No messages match/);
});

check("from a message on goes the way of the list, in its filter and order, and back", async () => {
    const go = await person("viewer", "demo");
    const link = async (path, rel) => new RegExp(`href="([^"]+)" data-beside="[a-z]+" rel="${rel}"`).exec(await (await go(path)).text())?.[1].replaceAll("&amp;", "&");
    for (const q of ["status:failed,bounced -channel:sms", "channel:email year:2025"]) {
        const ids = await found(demo, q);
        const html = await (await go(`/messages?q=${encodeURIComponent(q)}`)).text();
        const at = /<td class=when><time datetime=([^>]+)>/.exec(html)[1];
        let path = `/messages/${ids[0]}?at=${at}&in=${encodeURIComponent(q)}&tab=audit&all=true`;
        const walked = [];
        for (const rel of ["next", "prev"])
            for (let next; (next = await link(path, rel)); path = next) walked.push(/messages\/([0-9a-f-]+)/.exec(next)[1]);
        assert.deepEqual(walked, [...ids.slice(1), ...ids.slice(0, -1).reverse()], q);
        assert.match(path, /tab=audit/);
    }
    const whole = await (await go(`/messages/${(await found(demo, ""))[0]}`)).text();
    assert.doesNotMatch(whole, /data-beside/, "not reached from a list");
    const gone = await go(`/messages/${(await found(demo, ""))[0]}?at=2026-01-01T00:00:00Z&in=building:NONE`);
    assert.deepEqual([gone.status, /data-beside/.test(await gone.text())], [200, false], "a filter of what is gone");
});

await finish();
