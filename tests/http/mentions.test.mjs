// Notes that name colleagues: who can be named, what is wrong with one, how it is told by e-mail, and what a viewer sees of it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agrees } from "../contract.mjs";
import { api, base, check, committed, communications, ctl, eventually, finish, person, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("mentions");
const bearer = await token("admin", tenant);
const admin = api(bearer);
const viewer = api(await token("viewer", tenant));
const folder = mkdtempSync(join(tmpdir(), "track-mentions."));
const mails = () => readFileSync(join(folder, "messages.jsonl"), { flag: "a+", encoding: "utf8" }).split("\n").slice(0, -1).map((line) => JSON.parse(line));
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
let grace, at, untold, id, csrf;

async function named(name, role, ...buildings) {
    const go = await person(role, tenant, ...buildings);
    const [[userId, email]] = sql(`update users set name = '${name}' where id = (select id from users where tenant_id = '${tenantId}' order by created_at desc limit 1) returning id, email`);
    return { go, userId, email, name };
}

// What the person does with the message, held to its description.
async function write(note, of = grace, to = `${at}/manual-event`) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ csrfToken: csrf, type: "NOTE", note })) form.append(name, value);
    const answer = await of.go(to, form);
    const text = await answer.text();
    const whole = { status: answer.status, headers: answer.headers, text, body: /json/.test(answer.headers.get("content-type")) ? JSON.parse(text) : text };
    if (to.startsWith("/api")) await agrees(base, bearer, "POST", to, whole);
    return whole;
}

check("a tenant with a message", async () => {
    const made = async (building) => {
        const list = rows(building, 2025, 2);
        return (await committed(admin, (await upload(admin, `${building}.csv`, csv(list), statements(list))).body.id)).result.batches[0];
    };
    const [one, other] = await communications(admin, await made("MEN-1"));
    untold = `/api/track/communications/${other.communicationId}`;
    await made("MEN-2");
    id = one.communicationId;
    at = `/api/track/communications/${id}`;
    grace = await named("Grace Hopper", "agent", "MEN-1");
    csrf = /name="csrfToken" value="([^"]+)"/.exec(await (await grace.go("/track")).text())[1];
});

const people = {};

check("whom a note can name is told to agents", async () => {
    people.ada = await named("Ada Lovelace", "agent");
    people.max = await named("Max Muster", "agent", "MEN-2");
    people.vera = await named("Vera Müller", "viewer", "MEN-1");
    const list = await (await grace.go(`${at}/mentionable`)).json();
    assert.deepEqual(list.people, [people.ada, people.vera].map(({ userId, name, email }) => ({ userId, name, email, mention: `@${name}` })));
    assert.equal((await admin("GET", `${at}/mentionable`)).body.people.length, 3);
    assert.equal((await viewer("GET", `${at}/mentionable`)).status, 403);
    assert.equal((await people.max.go(`${at}/mentionable`)).status, 404);
    assert.equal((await admin("GET", "/api/track/communications/nonsense/mentionable")).status, 404);
});

check("without an account for e-mail a mention is kept, and the form says that nobody is told", async () => {
    const form = async () => /there is no account to e-mail them/.test(await (await grace.go(`/messages/${id}/record`)).text());
    const told = async () => (await (await grace.go(`${at}/mentionable`)).json()).toldByEmail;
    assert.deepEqual([await told(), await form()], [false, true]);
    await named("Uma Hill", "agent", "MEN-1");
    const { status, body } = await write("@Uma Hill, please", grace, `${untold}/manual-event`);
    assert.deepEqual([status, body.notes[0].mentions.map((m) => m.name)], [201, ["Uma Hill"]]);
    assert.equal(sql(`select from jobs where kind = 'track.tell_mention' and tenant_id = '${tenantId}'`).length, 0);
    await sim("smtp", "none", folder, process.env.SMTP_PORT);
    ctl("provider", "add", "smtp", "--tenant", tenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`, "--set", "security=none", "--set", "from=house@example.com");
    assert.deepEqual([await told(), await form()], [true, false]);
});

check("a mention of one who may not see it is an error of the note, and nothing is written", async () => {
    const { status, body } = await write("@Max Muster and @Ada Lovelace");
    assert.deepEqual([status, body.errors], [422, [{ field: "note", message: "Max Muster may not see this message." }]]);
    assert.deepEqual((await admin("GET", at)).body.notes, []);
    assert.equal((await write("@Ada Lovelace", people.max)).status, 403, "another's token");
    assert.equal((await api(await token("viewer", tenant))("POST", `${at}/hold`, { note: "@Ada Lovelace" })).status, 403);
});

check("those a note names are told once each by e-mail, with the note and the link; its writer is not", async () => {
    const note = "@Ada Lovelace, @ada lovelace: keller@example.org called @Vera Müller.\nNot @Nobody; signed @Grace Hopper";
    const { status, body } = await write(note);
    assert.equal(status, 201);
    assert.deepEqual(body.notes[0].mentions, [people.ada, people.vera, grace].map(({ userId, name }) => ({ userId, name })));
    assert.equal(body.notes[0].note.replaceAll("\r", ""), note);
    const told = await eventually("both have mail", () => mails().length >= 2 && mails());
    assert.deepEqual(told.map((mail) => mail.to[0].address).sort(), [people.ada.email, people.vera.email].sort());
    const [hers, viewers] = [people.ada, people.vera].map(({ email }) => told.find((mail) => mail.to[0].address === email));
    assert.equal(hers.subject, `Grace Hopper mentioned you: ${body.subject}`);
    assert.equal(hers.from[0].address, "house@example.com");
    assert.match(hers.text, /^Hello Ada Lovelace\n\nGrace Hopper mentioned you in a note to “/);
    assert.ok(hers.text.includes(note) && hers.text.includes(`/messages/${id}\n`), hers.text);
    assert.notEqual(hers.trackId, id, "what comes back of it is nothing of the message");
    assert.ok(viewers.text.includes("k…@example.org") && !viewers.text.includes("keller@"), "a viewer is written no more than he may see");
    await eventually("no job is left", () => sql(`select 1 from jobs where kind = 'track.tell_mention' and tenant_id = '${tenantId}'`).length === 0);
    assert.equal(mails().length, 2);
});

check("the note of whatever is done with it names, too", async () => {
    const held = await admin("POST", `${at}/hold`, { note: "Until @Ada Lovelace is back" });
    assert.equal(held.status, 200);
    assert.deepEqual(held.body.notes[0].mentions.map((m) => m.name), ["Ada Lovelace"]);
    await eventually("she is told", () => mails().length === 3);
    assert.match(mails()[2].subject, /^test-admin.* mentioned you: /);
    assert.match(await (await grace.go(`/messages/${id}`)).text(), /<p class="said">Until <strong class="mention" title="Ada Lovelace">@Ada Lovelace<\/strong> is back<\/p>/);
});

check("what a viewer reads is masked in its pieces as in the whole, and names stand out", async () => {
    const page = await (await people.vera.go(`/messages/${id}`)).text();
    assert.match(page, /<strong class="mention" title="Ada Lovelace">@Ada Lovelace<\/strong>, <strong class="mention" title="Ada Lovelace">@ada lovelace<\/strong>: k…@example\.org called <strong/);
    assert.doesNotMatch(page, /keller@/);
    const { notes } = (await viewer("GET", at)).body;
    assert.match(notes[1].note, /k…@example\.org/);
    assert.equal(notes[1].mentions.length, 3);
});

check("the list finds those that name whoever asks, within what he sees", async () => {
    const found = async ({ go }, q = "mentions:me") => (await (await go(`/api/track/communications?q=${encodeURIComponent(q)}`)).json()).communications.map((m) => m.communicationId);
    assert.deepEqual(await found(people.ada), [id]);
    assert.deepEqual(await found(people.ada, "mentions:me is:held"), [id]);
    assert.deepEqual(await found(people.ada, "mentions:me is:failed"), []);
    assert.deepEqual(await found(people.vera), [id]);
    assert.deepEqual(await found(people.max), []);
    sql(`update building_grants set building_id = (select id from buildings where tenant_id = '${tenantId}' and code = 'MEN-2') where actor_id = '${people.vera.userId}'`);
    assert.deepEqual(await found(people.vera), [], "not granted any more");
    sql(`update building_grants set building_id = (select id from buildings where tenant_id = '${tenantId}' and code = 'MEN-1') where actor_id = '${people.vera.userId}'`);
    assert.deepEqual((await admin("GET", "/api/track/communications?q=mentions%3Ame")).body.communications, [], "nobody names a program");
    const wrong = await admin("GET", "/api/track/communications?q=mentions%3Aada");
    assert.deepEqual(wrong.body.errors, [{ field: "q", message: "mentions:ada: is none of me." }]);
    const { views } = await (await people.ada.go("/api/track/views")).json();
    assert.deepEqual(views.filter((v) => v.q === "mentions:me").map(({ name, count }) => [name, count]), [["Mentions of me", 1]]);
});

check("a bulk action goes by mentions of its asker, and its note names nobody", async () => {
    const form = { csrfToken: /name="csrfToken" value="([^"]+)"/.exec(await (await people.ada.go("/track")).text())[1] };
    const ask = async (path, more) => (await people.ada.go(path, { ...form, ...more })).json();
    const { bulkId, total, planToken } = await ask("/api/track/bulk", { action: "cancel", q: "mentions:me", note: "As @Vera Müller said" });
    assert.equal(total, 1);
    await ask(`/api/track/bulk/${bulkId}/confirm`, { planToken });
    const { body } = await eventually("it is done", async () => {
        const answer = await admin("GET", at);
        return answer.body.status === "CANCELLED" && answer;
    });
    assert.deepEqual([body.notes[0].note, body.notes[0].mentions], ["As @Vera Müller said", []]);
    assert.equal(mails().length, 3);
});

check("without scripts the form does the same, and says what is wrong", async () => {
    const refused = await write("@Max Muster", grace, `/messages/${id}/record`);
    assert.equal(refused.status, 422);
    assert.match(refused.text, /Max Muster may not see this message\./);
    assert.equal((await write(`For @${people.ada.email}`, grace, `/messages/${id}/record`)).status, 303);
    assert.ok((await (await grace.go(`/messages/${id}`)).text()).includes(`<span>For <strong class="mention" title="${people.ada.email}">@Ada Lovelace</strong></span>`), "by her name");
    assert.ok((await (await people.vera.go(`/messages/${id}`)).text()).includes('<span>For <strong class="mention" title="a…@example.com">@Ada Lovelace</strong></span>'), "masked");
    await eventually("she is told", () => mails().length === 4);
    rmSync(folder, { recursive: true });
});

check("who is told nothing is said: an @ that names nobody stands with its note", async () => {
    const missed = async (note) => (await write(note, grace, `${untold}/manual-event`)).body.notes[0].missed;
    const answers = { "@nobody, please": "@nobody", "@Grace Hopper and @Nöbody-else": "@Nöbody", "write to a@example.com": null, "@Grace Hopper": null, "5 @ 3.20": null, "(@nobody@example.com)": "@nobody" };
    for (const [note, is] of Object.entries(answers)) assert.equal(await missed(note), is, note);
    const page = await (await grace.go(`/messages/${untold.split("/").pop()}`)).text();
    assert.match(page, /“@nobody” named nobody: nobody was told\./);
});

await finish();
