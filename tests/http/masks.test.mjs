// Recipients' addresses by role: every page and every GET of the API that an agent reaches is asked for by a viewer
// too, who meets no whole e-mail address, phone number or street, but the words and files of messages as they are.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, base, check, committed, communications, ctl, eventually, finish, person, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const EMAILS = ["refused@quitte-obstgarten.example", "holunder@quitte-obstgarten.example"]; // the mail server refuses the first
const PHONE = "+15005550987";
const STREET = "Mirabellensteig 47";
const WHOLE = new RegExp(`(refused|holunder)(@|%40)quitte|(\\+|%2B)?1500555[ -]?0987|${STREET}`, "i");
const NEEDS = /needs? the (role agent|agent role)/; // of problems and pages
const MOST = 900; // addresses asked for

const tenant = tenantNew("masks");
const bearers = { admin: await token("admin", tenant), agent: await token("agent", tenant), viewer: await token("viewer", tenant) };
const [admin, agent, viewer] = ["admin", "agent", "viewer"].map((role) => api(bearers[role]));
const people = { agent: await person("agent", tenant), viewer: await person("viewer", tenant) };
const folder = mkdtempSync(join(tmpdir(), "track-masks."));
await sim("smtp", "none", folder, process.env.SMTP_PORT);
const acs = await sim("acs", process.env.ACS_PORT);
let batch, list, run;

const ways = [{ email: EMAILS[0] }, { email: EMAILS[1] }, { email: "", phone: PHONE, delivery_preference: "sms" },
    { email: "", street: STREET, delivery_preference: "letter" }, { email: EMAILS[1], phone: PHONE, street: STREET }];

async function asked(who, path) {
    const answer = path.startsWith("/api/") ? await fetch(base + path, { headers: { authorization: `Bearer ${bearers[who]}` }, redirect: "manual" }) : await people[who](path);
    return { status: answer.status, type: answer.headers.get("content-type") ?? "", file: /attachment/.test(answer.headers.get("content-disposition") ?? ""), text: Buffer.from(await answer.arrayBuffer()).toString("latin1") };
}

const imported = async (code, change) => {
    const made = rows(code, 2025, ways.length, change);
    const kept = await upload(admin, `${code}.csv`, csv(made), statements(made));
    return (await committed(admin, kept.body.id)).result.batches[0];
};
const one = (i) => `/api/track/communications/${list[i].communicationId}`;
const told = (text) => new RegExp(`.{0,50}(?:${WHOLE.source}).{0,30}`, "i").exec(text)?.[0];

check("messages go out in every way, fail, are noted, tagged and suppressed", async () => {
    const sent = await imported("SINK", (i) => ways[i]);
    await admin("POST", `/api/track/batches/${sent.batchId}/send`);
    await eventually("all of the sink is sent", async () => (await admin("GET", `/api/track/batches/${sent.batchId}`)).body.state === "COMPLETED", 60);
    ctl("provider", "add", "smtp", "--tenant", tenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`, "--set", "security=none", "--set", "from=billing@example.com");
    ctl("provider", "add", "acs", "--tenant", tenant, "--name", "Azure", "--set", `endpoint=http://127.0.0.1:${acs.port}`, "--set", "from=+15005550006",
        "--secret", "accessKey=c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx", "--secret", `webhookSecret=masks-${process.pid}`);
    batch = await imported("WAYS", (i) => ways[i]);
    assert.equal((await admin("POST", `/api/track/batches/${batch.batchId}/send`)).status, 202);
    list = await Promise.all((await communications(admin, batch)).map(async ({ communicationId }) => (await admin("GET", `/api/track/communications/${communicationId}`)).body));
    await eventually("all is sent or failed", async () => (await admin("GET", `/api/track/batches/${batch.batchId}`)).body.enqueued === 0, 60);
    await imported("DUE", (i) => ways[i]);
    const form = new FormData();
    form.append("type", "NOTE");
    form.append("note", `Rang ${PHONE}, wrote to ${EMAILS[1]}.`);
    const csrf = /name="csrfToken" value="([^"]+)"/.exec(await (await people.agent("/track")).text())[1];
    form.append("csrfToken", csrf);
    assert.equal((await people.agent(`/messages/${list[1].communicationId}/record`, form)).status, 303);
    await admin("POST", `${one(1)}/tags`, { tag: "seen" });
    for (const [channel, address] of [["EMAIL", EMAILS[0]], ["SMS", PHONE]]) assert.ok((await admin("POST", "/api/track/suppressions", { channel, address, note: `Asked by ${address}` })).status < 300);
    await admin("POST", "/api/track/views", { name: "One of them", q: `to:${EMAILS[1]}`, shared: true });
    run = (await admin("POST", "/api/track/print-runs", { building: batch.buildingId })).body;
    await eventually("the letters are put together", async () => (await admin("GET", `/api/track/print-runs/${run.runId}`)).body.state === "READY", 60);
    const failed = (await agent("GET", one(0))).body;
    assert.deepEqual([failed.status, failed.email], ["FAILED", EMAILS[0]]);
    assert.match((await (await people.agent(`/messages/${list[0].communicationId}`)).text()), /RCPT TO:&lt;refused@quitte/);
});

// Every address of the API's description with ids of ours in it.
async function described() {
    const { body } = await admin("GET", "/api/openapi.json");
    const found = [];
    for (const path of Object.keys(body.paths).filter((path) => body.paths[path].get))
        for (const { communicationId, unitId } of list) {
            const ids = { buildingId: batch.buildingId, batchId: batch.batchId, year: 2025, unitId, communicationId, position: 1, printRunId: run.runId };
            found.push(path.replace(/\{(\w+)\}/g, (all, name) => ids[name] ?? all));
        }
    return found.filter((path) => !path.includes("{"));
}

function links(text, from) {
    const found = [...text.matchAll(/(?:href|src|hx-get)="(\/[^"]*)"/g), ...text.matchAll(/"(\/(?:api|track|messages|runs|letters|outbox|exports|bulk)\/[^"\\]*)"/g)];
    return found.map(([, path]) => new URL(path.replaceAll("&amp;", "&"), base + from)).map((url) => url.pathname + url.search);
}

const content = /^\/(messages\/[^/]+\/body|outbox\/[^/]+\/body|runs\/[^/]+\/preview\/[^/]+\/body|api\/track\/communications\/[^/]+\/(letter|attachments\/\d+))/; // what was sent, as it was
const kind = (path) => path.split("?")[0].replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id");

check("a viewer meets no whole address anywhere; an agent does", async () => {
    const details = list.flatMap(({ communicationId, unitId }) => [`/messages/${communicationId}/panel`, `/track/units/${unitId}?year=2025`, `/track?building=${batch.buildingId}&year=2025&unit=${unitId}`, ...["content", "data", "source", "attachments", "decision", "related", "audit"].map((tab) => `/messages/${communicationId}?tab=${tab}`)]);
    const searches = ["quitte", "0987", "Zoë", "WAYS"].flatMap((q) => [`/search?q=${encodeURIComponent(q)}`, `/api/track/search?q=${encodeURIComponent(q)}`]);
    const queue = ["/track", `/track?building=${batch.buildingId}&year=2025`, `/track?building=${batch.buildingId}&year=2025&tab=activity`, "/messages", "/messages?q=is%3Afailed", "/outbox", "/suppressions", "/runs", "/letters", ...details, ...searches, ...(await described())];
    const known = new Set(queue);
    const whole = new Map(); // kind -> how many of it tell an agent
    const leaks = [];
    for (const path of queue) {
        if (/^\/(static|logout|password|login|api\/docs)/.test(path)) continue;
        const theirs = await asked("agent", path), ours = await asked("viewer", path);
        assert.ok(theirs.status < 500 && ours.status < 500, `${path}: ${theirs.status}, ${ours.status}`);
        if (told(theirs.text)) whole.set(kind(path), (whole.get(kind(path)) ?? 0) + 1);
        if (ours.status === 200 && !content.test(path) && told(ours.text) && !WHOLE.test(decodeURIComponent(path))) leaks.push(`${path}: ${told(ours.text)}`);
        if (theirs.file || !/html|json/.test(theirs.type)) continue;
        for (const link of [...links(theirs.text, path), ...links(ours.text, path)]) if (!known.has(link) && known.size < MOST) known.add(link) && queue.push(link);
    }
    assert.deepEqual(leaks, []);
    for (const one of ["/messages", "/messages/:id", "/messages/:id/panel", "/track", "/api/track/communications", "/api/track/communications/:id", "/api/track/communications/:id/resend", "/api/track/units/:id", "/outbox", "/outbox/:id", "/suppressions", "/api/track/suppressions",
        "/runs/:id", "/api/track/runs/:id/preview", "/letters/:id", "/api/track/print-runs/:id/pieces"])
        assert.ok(whole.has(one), `${one}: an agent reads it whole; ${[...whole.keys()]}`);
});

check("what stands for an address is part of it, and says whose it is", async () => {
    const [first, , sms, letter] = await Promise.all(list.map(async (_, i) => (await viewer("GET", one(i))).body));
    assert.deepEqual([first.email, sms.phone, letter.address], ["r…@quitte-obstgarten.example", "…0987", "… 8001 Zürich, CH"]);
    assert.match(JSON.stringify(first.events), /r…@quitte-obstgarten\.example/);
    const page = await (await people.viewer(`/messages/${list[0].communicationId}?tab=data`)).text();
    assert.match(page, /RCPT TO:&lt;r…@quitte-obstgarten\.example&gt;/);
    assert.match(page, /title="Hidden: needs the agent role">r…@quitte/);
    const noted = (await viewer("GET", one(1))).body.notes.map((note) => note.note);
    assert.ok(noted.includes("Rang …0987, wrote to h…@quitte-obstgarten.example."), noted);
    assert.match((await viewer("GET", one(0))).body.content.html ?? "", /Zoë Müller/);
});

check("a viewer's own views stay as he wrote them, those of others are masked", async () => {
    const q = `to:${EMAILS[1]}`, path = (view) => `/api/track/views/${view.viewId}`;
    const kept = await viewer("POST", "/api/track/views", { name: `Of ${EMAILS[1]}`, q });
    assert.equal(kept.status, 201, kept.text);
    const { name, q: shown, href } = (await viewer("GET", path(kept.body))).body;
    assert.deepEqual([name, shown, new URL(href, base).searchParams.get("q")], [`Of ${EMAILS[1]}`, q, q]);
    assert.equal((await viewer("PUT", path(kept.body), { name: "Renamed", q: shown })).body.q, q);
    const { views } = (await viewer("GET", "/api/track/views")).body;
    assert.deepEqual(views.filter((view) => view.viewId && view.q.startsWith("to:")).map((view) => [view.mine, view.q]), [[true, q], [false, "to:h…@quitte-obstgarten.example"]]);
    const denied = await viewer("POST", "/api/track/suppressions", { channel: "EMAIL", address: EMAILS[1], note: "No." });
    assert.deepEqual([denied.status, told(JSON.stringify(denied.body))], [403, undefined]);
});

check("renaming one's own view on its page keeps its filter", async () => {
    const q = `to:${EMAILS[1]}`, csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await people.viewer("/messages/views")).text())[1];
    const post = (path, fields) => people.viewer(path, new URLSearchParams({ csrfToken, ...fields }));
    assert.equal((await post("/messages/views", { name: "Before", q })).status, 303);
    const form = /<form method="post" action="(\/messages\/views\/[0-9a-f-]+)" class="stack">(.*?)<\/form>/s.exec(await (await people.viewer("/messages/views")).text());
    const fields = Object.fromEntries([...form[2].matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    assert.equal((await post(form[1], { ...fields, name: "After" })).status, 303);
    assert.deepEqual(sql(`select v.name, v.q from saved_views v where v.id = '${form[1].split("/").at(-1)}'`), [["After", q]]);
});

check("files with whole addresses need the agent role, and no viewer is offered them", async () => {
    const { runId } = run;
    for (const path of [`${one(1)}/evidence`, ...["print", "labels", "slip", "scan"].map((file) => `/api/track/print-runs/${runId}/${file}`)]) {
        const { status, body } = await viewer("GET", path);
        assert.deepEqual([status, NEEDS.test(body.detail)], [403, true], `${path}: ${JSON.stringify(body)}`);
    }
    const [[kept]] = sql(`select s.id from sink_messages s join tenants t on t.id = s.tenant_id where t.slug = '${tenant}' and s.channel = 'EMAIL' limit 1`);
    for (const path of [`/messages/${list[1].communicationId}/source`, `/outbox/${kept}/raw`]) assert.equal((await people.viewer(path)).status, 403, path);
    for (const [path, offered] of [[`/messages/${list[1].communicationId}`, /\/evidence"/], [`/letters/${runId}`, /\/(print|slip|labels|scan)"/], [`/outbox/${kept}`, /\/raw"/]])
        assert.deepEqual([offered.test(await (await people.agent(path)).text()), offered.test(await (await people.viewer(path)).text())], [true, false], path);
});

check("who knows an address finds by it what the list's own to: finds, and is shown what he asked, no more", async () => {
    const count = async (q) => (await viewer("GET", `/api/track/communications?q=${encodeURIComponent(q)}`)).body;
    const found = await count(`to:${EMAILS[1]}`);
    assert.ok(found.communications.length > 0 && found.q.includes(EMAILS[1]));
    assert.ok(found.communications.every((c) => c.address === null || !WHOLE.test(c.address)));
    const everywhere = (await viewer("GET", `/api/track/search?q=${encodeURIComponent(EMAILS[1])}`)).body.results.filter((r) => r.type === "message").map((r) => r.id);
    const ids = found.communications.map((c) => c.communicationId);
    assert.ok(everywhere.every((id) => ids.includes(id)));
    const page = await (await people.viewer(`/messages?q=${encodeURIComponent(`to:${EMAILS[1]}`)}`)).text();
    assert.match(page, /name="q" value="to:holunder@quitte-obstgarten\.example"/);
    assert.doesNotMatch(page.replaceAll(/to(:|%3A)holunder(@|%40)quitte/g, ""), WHOLE);
});

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await finish();
