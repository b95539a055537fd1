// What one may not see, nobody shows him: everything an admin can reach, asked for by who has no grant, by another
// tenant and by nobody.
import assert from "node:assert/strict";
import { api, base, check, committed, eventually, finish, person, tenantNew, token, upload } from "../checks.mjs";
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
    for (const kind of ["/track", "/outbox", "/api/track/buildings", "/api/track/units/:id"]) assert.ok(told.includes(kind), `${kind}: ${[...new Set(told)]}`);
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

await finish();
