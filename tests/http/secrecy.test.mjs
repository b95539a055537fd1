// What one may not see, nobody shows him: everything an admin can reach, asked for by who has no grant, by another
// tenant and by nobody.
import assert from "node:assert/strict";
import { api, base, check, committed, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const SECRET = /verborgen|sesam|SECRET-1/i;
const MOST = 1500; // addresses asked for

const tenant = tenantNew("secrecy");
const bearer = await token("admin", tenant);
const admin = api(bearer);
const go = await person("admin", tenant);
const strangers = {};
const seen = new Map(); // what an admin finds: address -> {tells, file}: file is told of by what it holds
let building;

async function importOf(code, change) {
    const made = rows(code, 2025, 6, change);
    const kept = await upload(admin, `${code}.csv`, csv(made), statements(made));
    return (await committed(admin, kept.body.id)).result.batches[0];
}

const secret = (i) => ({
    building_name: "Verborgenhaus",
    recipient_name: `Sesam Geheim ${i}`,
    email: `geheim${i}@sesam.example.ch`,
    phone: "+4179555010" + i,
    subject: `Sesamabrechnung ${i}`,
    delivery_preference: ["email", "email+letter", "sms"][i % 3],
});

const asked = async (path, headers) => {
    const answer = await fetch(base + path, { headers, redirect: "manual" });
    return { answer, text: Buffer.from(await answer.arrayBuffer()).toString("latin1") };
};

const asPerson = (session) => async (path) => {
    const answer = await session(path);
    return { answer, text: Buffer.from(await answer.arrayBuffer()).toString("latin1") };
};

// Addresses of ours in a page or a document.
function links(text, from) {
    const found = [...text.matchAll(/(?:href|src|hx-get|action)="(\/[^"]*)"/g), ...text.matchAll(/"(\/(?:api|track|messages|runs|letters|outbox|exports|bulk)\/[^"\\]*)"/g)];
    return found.map(([, path]) => new URL(path.replaceAll("&amp;", "&"), base + from)).map((url) => url.pathname + url.search);
}

// The addresses of the API's description with every id of ours in them.
async function described() {
    const { body } = await admin("GET", "/api/openapi.json");
    const { buildingId, batchId } = building;
    const { units } = (await admin("GET", `/api/track/buildings/${buildingId}/years/2025/units`)).body;
    const { communications } = (await admin("GET", `/api/track/units/${units[0].unitId}?year=2025`)).body;
    const ids = { buildingId, batchId, year: 2025, unitId: units[0].unitId, communicationId: communications[0].communicationId, position: 1 };
    const filled = (path) => path.replace(/\{(\w+)\}/g, (all, name) => ids[name] ?? all);
    return Object.keys(body.paths).filter((path) => body.paths[path].get).map(filled).filter((path) => !path.includes("{"));
}

check("a building's messages are sent", async () => {
    await importOf("OPEN-1", () => ({}));
    building = await importOf("SECRET-1", secret);
    assert.equal((await admin("POST", `/api/track/batches/${building.batchId}/send`)).status, 202);
    await eventually("all is sent", async () => (await admin("GET", `/api/track/batches/${building.batchId}`)).body.enqueued === 0);
    const [one] = (await admin("GET", "/api/track/communications?q=building:SECRET-1")).body.communications;
    assert.equal((await admin("POST", `/api/track/communications/${one.communicationId}/tags`, { tag: "sesam-tag" })).status, 201);
});

check("an admin reaches it in many places", async () => {
    const first = ["/track", `/track?building=${building.buildingId}&year=2025`, ...(await described())];
    const queue = [...first];
    const known = new Set(first);
    for (const path of queue) {
        if (/^\/(static|logout|password|login)/.test(path)) continue;
        const { answer, text } = path.startsWith("/api/") ? await asked(path, { authorization: `Bearer ${bearer}` }) : await asPerson(go)(path);
        assert.ok(answer.status < 500, `${path}: ${answer.status}`);
        const file = /attachment/.test(answer.headers.get("content-disposition") ?? "");
        seen.set(path, { tells: SECRET.test(text), file: file && answer.status === 200 });
        const next = links(answer.headers.get("location") ? `"${answer.headers.get("location")}"` : "", path).concat(file ? [] : links(text, path));
        for (const link of next) if (!known.has(link) && known.size < MOST) known.add(link) && queue.push(link);
    }
    const told = [...seen].filter(([, { tells }]) => tells).map(([path]) => path.split("?")[0].replace(/[0-9a-f-]{36}/g, ":id"));
    for (const kind of ["/track", "/outbox", "/messages/help", "/messages/:id/tags", "/api/track/tags", "/api/track/buildings", "/api/track/units/:id"]) assert.ok(told.includes(kind), `${kind}: ${[...new Set(told)]}`);
    assert.ok([...seen.values()].some(({ tells, file }) => tells && file));
});

check("who has no grant, other tenants and nobody find none of it", async () => {
    strangers["a viewer without the grant"] = { page: asPerson(await person("viewer", tenant, "OPEN-1")), api: await token("viewer", tenant, "OPEN-1") };
    strangers["an agent without the grant"] = { page: asPerson(await person("agent", tenant, "OPEN-1")), api: await token("agent", tenant, "OPEN-1") };
    const other = tenantNew("stranger");
    strangers["another tenant's admin"] = { page: asPerson(await person("admin", other)), api: await token("admin", other) };
    strangers.nobody = { page: (path) => asked(path, {}), api: "none" };
    for (const [who, { page, api: own }] of Object.entries(strangers))
        for (const [path] of [...seen].filter(([, { tells }]) => tells)) {
            const { answer, text } = path.startsWith("/api/") ? await asked(path, { authorization: `Bearer ${own}` }) : await page(path);
            const said = decodeURIComponent(path).match(new RegExp(SECRET, "gi")) ?? []; // by who asks, and no news to him
            const [told] = SECRET.exec(said.reduce((rest, word) => rest.replaceAll(word, ""), text)) ?? [];
            assert.ok(answer.status < 500 && !told, `${who}: ${path}: ${answer.status}, ${told}`);
        }
});

/* ---- what is counted, grouped, kept and completed: nothing links to these with every question ---- */

const around = "/api/track/communications";
const questions = ["", "Sesam", "building:SECRET-1", "status:bounced", "to:geheim1@sesam.example.ch", "domain:sesam.example.ch", "code:5.7.777", "is:failed", "tag:sesam-tag"];
const whole = (q) => `${around}/count?all=true&exact=true&q=${encodeURIComponent(q)}`;

check("failures, kept views and everything counted are there for who may see them", async () => {
    const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
    sql(`set track.tenant = '${id}'; update communications set delivery_status = 'BOUNCED', failed_at = now(), error = '{"sentence": "Refused by the gate of Sesam.", "code": "5.7.777"}'
        where batch_id = '${building.batchId}' and channel = 'EMAIL'`);
    const figures = (await admin("GET", `${around}/figures?period=30d`)).body;
    assert.ok(figures.failures.some((f) => f.code === "5.7.777") && figures.buckets.some((b) => b.statuses.BOUNCED));
    for (const [name, q] of [["Those of it", "building:SECRET-1"], ["Its run", `run:${building.batchId}`], ["Came back", "status:bounced"]])
        assert.equal((await admin("POST", "/api/track/views", { name, q, shared: true })).status, 201);
    for (const q of questions) assert.ok((await admin("GET", whole(q))).body.count > 0, q);
});

check("who may not counts, groups, completes, searches and keeps nothing of it", async () => {
    const ids = sql(`select id from communications where batch_id = '${building.batchId}'`).flat();
    for (const [who, { page, api: own }] of Object.entries(strangers)) {
        if (who === "nobody") continue;
        const call = api(own);
        const granted = /grant/.test(who) ? 6 : 0; // what there is of the other building, all of it sent by none
        const open = (await call("GET", whole(""))).body.count;
        assert.ok(open >= granted && open <= granted * 2, `${who}: ${open}`);
        for (const q of questions.slice(1)) assert.equal((await call("GET", whole(q))).body?.count ?? 0, 0, `${who}: ${q}`);
        for (const period of ["24h", "7d", "30d"]) {
            const { body } = await call("GET", `${around}/figures?period=${period}`);
            assert.deepEqual([body.failures, body.counted, body.buckets.some((b) => b.statuses.BOUNCED)], [[], open, false], `${who}: ${period}`);
        }
        const { views } = (await call("GET", "/api/track/views")).body;
        assert.ok(!views.some((v) => ["Those of it", "Its run"].includes(v.name)), `${who}: ${views.map((v) => v.name)}`);
        assert.ok(views.every((v) => v.name !== "Came back" || granted && v.count === 0), who);
        for (const text of ["Sesam", "SECRET-1", "Verborgenhaus", "geheim1@sesam.example.ch", "+41795550101", building.batchId, building.buildingId, ...ids.slice(0, 3)]) {
            const { body } = await call("GET", `/api/track/search?q=${encodeURIComponent(text)}`);
            assert.ok(!body.results.some((r) => ids.includes(r.id) || [building.batchId, building.buildingId].includes(r.id)) && !SECRET.test(JSON.stringify(body.results)), `${who}: ${text}`);
        }
        for (const path of ["/messages/help", "/messages/views", "/messages/figures?period=30d", "/messages/figures?period=30d&q=is%3Afailed", "/messages?q=is%3Afailed", "/messages/count?q=is%3Afailed",
            "/search?q=geheim", "/track", "/runs", "/letters", "/exports", "/bulk"]) {
            const { answer, text } = await page(path);
            const [told] = /.{0,60}(verborgen|sesam|SECRET-1|5\.7\.777).{0,60}/i.exec(text) ?? [];
            assert.ok(answer.status < 500 && !told, `${who}: ${path}: ${answer.status}, ${told}`);
        }
    }
});

await finish();
