// Evidence packs through the front: what is in them, what people read on paper, and that anybody can check them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, base, check, committed, communications, eventually, finish, person, sql, tenantNew, token, trackctl, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("evidence");
const bearer = await token("agent", tenant);
const admin = api(await token("admin", tenant));
const folder = mkdtempSync(join(tmpdir(), "track-evidence."));
const run = (program, ...args) => spawnSync(program, args, { encoding: "utf8", cwd: folder, maxBuffer: 1 << 26 });
let batch, list;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const path = (one) => `/api/track/communications/${one.communicationId}/evidence`;

// A pack, unpacked below the folder.
async function pack(one, who = bearer) {
    const answer = await fetch(base + path(one), { headers: { authorization: `Bearer ${who}` } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.status, 200, `${bytes}`);
    assert.equal(answer.headers.get("content-type"), "application/zip");
    assert.match(answer.headers.get("content-disposition"), new RegExp(`^attachment; filename="evidence-${one.communicationId}.zip"`));
    const at = join(folder, one.communicationId);
    writeFileSync(`${at}.zip`, bytes);
    assert.equal(run("unzip", "-tq", `${at}.zip`).status, 0);
    assert.equal(run("unzip", "-qod", at, `${at}.zip`).status, 0);
    return { bytes, at, names: run("unzip", "-Z1", `${at}.zip`).stdout.trim().split("\n"), json: (name) => JSON.parse(readFileSync(join(at, name), "utf8")) };
}

// The language of a message, and what its summary says.
async function read(one) {
    const { at, json } = await pack(one);
    return [json("message.json").language, run("pdftotext", "-layout", join(at, "summary.pdf"), "-").stdout.replace(/\s+/g, " ")];
}

async function imported(code) {
    const made = rows(code, 2025, 3);
    const [one] = (await committed(admin, (await upload(admin, `${code}.csv`, csv(made), statements(made))).body.id)).result.batches;
    return { batchId: one.batchId, list: await communications(admin, one) };
}

// What a person writes down about each, over the page.
async function marked(list, type, note) {
    const go = await person("agent", tenant);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await (await go("/track")).text())[1];
    for (const { communicationId } of list) {
        const form = new FormData();
        for (const [name, value] of Object.entries({ csrfToken, type, note })) form.append(name, value);
        assert.equal((await go(`/api/track/communications/${communicationId}/manual-event`, form)).status, 201);
    }
}

check("messages are sent", async () => {
    const made = rows("EVID", 2025, 3);
    const kept = await upload(admin, "evid.csv", csv(made), statements(made));
    [batch] = (await committed(admin, kept.body.id)).result.batches;
    await admin("POST", `/api/track/batches/${batch.batchId}/send`);
    await eventually("they are sent", async () => (await admin("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED");
    list = await communications(admin, batch);
});

check("a pack holds what went out, its timeline and a manifest of all", async () => {
    const { at, names, json } = await pack(list[0]);
    assert.deepEqual([...names].sort(), ["README.txt", "SHA256SUMS", "attachments/1.pdf", "content/1.eml", "manifest.json", "message.json",
        "summary.pdf", "timeline.jsonl"]);
    assert.equal(spawnSync("sha256sum", ["-c", "--strict", "--quiet", "SHA256SUMS"], { cwd: at }).status, 0);
    const manifest = json("manifest.json");
    for (const { name, size, sha256: digest } of manifest.files) {
        const bytes = readFileSync(join(at, name));
        assert.deepEqual([bytes.length, sha256(bytes)], [size, digest], name);
    }
    assert.deepEqual(manifest.files.map((one) => one.name).sort(), names.filter((name) => name !== "manifest.json").sort());
    assert.match(readFileSync(join(at, "content/1.eml"), "utf8"), /^From: /m);
    const { source, mailSha256, mailBytes, mailIsHere } = json("message.json").content, mail = readFileSync(join(at, "content/1.eml"));
    assert.deepEqual([source, mailSha256, mailBytes, mailIsHere], ["sent", sha256(mail), mail.length, true]);
    assert.deepEqual(json("message.json").files.map((one) => one.fileName).filter(Boolean), ["0.pdf"]);
});

check("a verifier that knows its README alone finds every event as it was written", async () => {
    const { at, json } = await pack(list[1]);
    const bytes = (hex) => Buffer.from(hex, "hex"), digest = (...parts) => sha256(Buffer.concat(parts.map((part) => Buffer.from(part))));
    let before = "";
    const lines = readFileSync(join(at, "timeline.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
    for (const [i, event] of lines.entries()) {
        assert.deepEqual([event.seq, event.previousHash], [i + 1, before]);
        assert.equal(digest(bytes(event.salt), event.content), event.contentHash);
        assert.equal(digest(bytes(event.previousHash), bytes(event.contentHash), event.facts), event.hash);
        before = event.hash;
    }
    assert.deepEqual(lines.map((event) => event.type), ["ENQUEUED", "SENT"]);
    assert.ok(lines.every((event) => JSON.parse(event.facts).includes(event.source) && JSON.parse(event.facts).includes(event.grade)));
    assert.deepEqual(json("manifest.json").chain, { events: lines.length, head: before });
});

check("trackctl finds it as written, and names what was changed", async () => {
    const { at, bytes } = await pack(list[1]);
    const good = trackctl("evidence", "verify", `${at}.zip`);
    assert.deepEqual([good.status, good.stdout.split("\n")[0]], [0, "1 message, 2 events, 7 files: all as written"], good.stderr);
    assert.match(good.stdout, /^held by the manifest alone: summary.pdf and all else in message.json/m);
    assert.match(good.stdout, /^held by the manifest alone: 1 file: attachments\/1.pdf$/m);
    writeFileSync(join(folder, "spoiled.zip"), Buffer.from(bytes.toString("latin1").replaceAll("content/1.eml", "content/2.eml"), "latin1"));
    const bad = trackctl("evidence", "verify", join(folder, "spoiled.zip"));
    assert.deepEqual([bad.status, bad.stdout, bad.stderr], [1, "", "content/1.eml is missing.\n"]);
    assert.equal(trackctl("evidence", "verify").status, 2);
});

check("its summary is one or two pages in the language of the message, with fonts of its own", async () => {
    const titles = { de: "Nachweis einer Nachricht", fr: "Preuve d'un message", en: "Evidence of a message" };
    const found = new Set();
    for (const one of list) {
        const { at, json } = await pack(one);
        const { language, recipientName, communicationId } = json("message.json");
        const file = join(at, "summary.pdf"), text = run("pdftotext", "-layout", file, "-").stdout;
        found.add(language);
        assert.ok(text.includes(titles[language]), text);
        for (const part of [recipientName, communicationId, json("manifest.json").chain.head]) assert.ok(text.includes(part), part);
        assert.ok(Number(/Pages:\s+(\d+)/.exec(run("pdfinfo", file).stdout)[1]) <= 2);
        const fonts = run("pdffonts", file).stdout.split("\n").slice(2).filter(Boolean);
        assert.ok(fonts.length && fonts.every((line) => /\byes\s+(yes|no)\s+yes\b/.test(line)), fonts.join("\n"));
    }
    assert.equal(found.size, 3);
});

check("a draft, and what only our stand-in took, are said to be that in each language, and records are quoted", async () => {
    const dry = { de: "Probelauf: hier behalten, nicht versandt", fr: "Essai à blanc: gardé ici, pas envoyé", en: "Dry run: kept here, not sent" };
    const draft = { de: "Entwurf und wurde nicht versandt.", fr: "un brouillon et n'a pas été envoyé.", en: "it is a draft and was not sent." };
    const quoted = { de: "Aufgezeichnet als: „Waiting to be sent.“", fr: "Enregistré comme: « Waiting to be sent. »", en: "Recorded as: “Waiting to be sent.”" };
    const made = [...rows("EVID-C", 2025, 3, () => ({ phone: "+41791234567", delivery_preference: "sms" })), ...rows("EVID-D", 2025, 3)];
    const { batches } = (await committed(admin, (await upload(admin, "more.csv", csv(made), statements(made))).body.id)).result;
    const both = await Promise.all(batches.map((b) => communications(admin, b)));
    const i = both.findIndex(([one]) => one.channel === "SMS"), at = `/api/track/batches/${batches[i].batchId}`;
    await admin("POST", `${at}/send`);
    await eventually("they are sent", async () => (await admin("GET", at)).body.state === "COMPLETED");
    for (const one of [...list, ...both[i]]) {
        const [language, text] = await read(one);
        assert.equal(text.split(dry[language]).length, 3, text);
        assert.ok(text.includes(quoted[language]), text);
    }
    for (const one of both[1 - i]) {
        const [language, text] = await read(one);
        assert.ok(text.includes(draft[language]), text);
    }
});

check("what a person marked names that person, and grade C is not laid on a provider; one event is one", async () => {
    const grade = {
        de: "Ein Anbieter, oder das Personal, sagt es, ohne zu sagen, woher das Wissen kommt.",
        fr: "Un prestataire, ou le personnel, le dit sans dire comment il le sait.",
        en: "A provider, or staff, say so without telling how they know.",
    };
    const by = { de: "Durch %. Aufgezeichnet als: „", fr: "Par %. Enregistré comme: « ", en: "By %. Recorded as: “" };
    const one = { de: /Verlauf, 1 Ereignis\b(?!se)/, fr: /Historique, 1 événement(?!s)/, en: /Timeline, 1 event(?!s)/ };
    const { list: drafts } = await imported("EVID-E");
    await marked(drafts, "NOTE", "Asked for it by phone.");
    for (const draft of drafts) {
        const [language, text] = await read(draft);
        assert.match(text, one[language]);
    }
    await marked(drafts, "MANUAL_MARKED", "Left in the letter box.");
    for (const draft of drafts) {
        const [language, text] = await read(draft);
        const { actorName } = (await admin("GET", `/api/track/communications/${draft.communicationId}`)).body.events[0];
        assert.ok(actorName && text.includes(by[language].replace("%", actorName)), text);
        assert.ok(text.includes(grade[language]), text);
    }
});

check("a letter that is a file is not said to be sent, and what was sent before it stands under its own attempt", async () => {
    const attempts = {
        de: ["Versuch 1 · E-Mail an ", "Versuch 2 · Brief an Testweg 1, 8001 Zürich"],
        fr: ["Tentative 1 · E-mail à ", "Tentative 2 · Lettre à Testweg 1, 8001 Zürich"],
        en: ["Attempt 1 · E-mail to ", "Attempt 2 · Letter to Testweg 1, 8001 Zürich"],
    };
    const accepted = { de: "Probelauf: hier behalten", fr: "Essai à blanc: gardé ici", en: "Dry run: kept here" };
    const made = { de: "Brief erstellt", fr: "Lettre faite", en: "Letter made" };
    const state = { de: "Stand Erstellt, noch nicht gedruckt", fr: "État Créée, pas encore imprimée", en: "State Made, not printed yet" };
    const { batchId, list } = await imported("EVID-F");
    await admin("PUT", "/api/track/letter-settings", { senderName: "Verwaltung Muster AG", senderLines: ["Bahnhofstrasse 1", "8001 Zürich"], form: "SWISS_LEFT" });
    await admin("POST", `/api/track/batches/${batchId}/send`);
    await eventually("they are sent", async () => (await admin("GET", `/api/track/batches/${batchId}`)).body.state === "COMPLETED");
    assert.doesNotMatch((await read(list[0]))[1], /(Attempt|Versuch|Tentative) 1/);
    for (const { communicationId } of list) {
        const at = `/api/track/communications/${communicationId}`;
        assert.equal((await admin("POST", `${at}/resend`, { channel: "LETTER" })).status, 202);
        await eventually("its letter is made", async () => (await admin("GET", at)).body.status === "SENT");
    }
    for (const one of list) {
        const [language, text] = await read(one);
        assert.ok(text.includes(state[language]), text);
        const { email } = (await pack(one)).json("message.json");
        const [first, second] = attempts[language].map((words, i) => text.indexOf(i ? words : words + email));
        assert.ok(first > 0 && text.slice(first, second).split(accepted[language]).length === 2, text);
        assert.ok(second > first && text.slice(second).includes(made[language]), text);
    }
});

check("the same facts are the same bytes, and who asked stands in the audit trail", async () => {
    const again = (await pack(list[0], await token("agent", tenant))).bytes;
    assert.ok(again.equals((await pack(list[0])).bytes));
    const noted = sql(`select actor_name from audit_history where action = 'evidence.made' and entity_id = '${list[0].communicationId}'`).flat();
    assert.ok(noted.length >= 3 && new Set(noted).size >= 2, `${noted}`);
});

check("who may not see the message gets no pack", async () => {
    const kept = await upload(admin, "other.csv", csv(rows("EVID-B", 2025, 1)));
    await committed(admin, kept.body.id);
    const stranger = api(await token("agent", tenant, "EVID-B"));
    assert.equal((await stranger("GET", path(list[0]))).status, 404);
    const foreign = api(await token("admin", tenantNew("evidence-foreign")));
    assert.equal((await foreign("GET", path(list[0]))).status, 404);
    assert.equal((await fetch(base + path(list[0]))).status, 401);
    assert.equal((await api(bearer)("GET", path(list[0]))).status, 200);
});

check("the evidence of many is planned, confirmed and one ZIP behind a link that needs no login", async () => {
    const ids = list.map((one) => one.communicationId);
    const plan = (await admin("POST", "/api/track/bulk", { action: "evidence", ids })).body;
    assert.deepEqual([plan.total, plan.excluded, plan.format], [3, 0, "evidence"]);
    const { exportId } = (await admin("POST", `/api/track/bulk/${plan.bulkId}/confirm`, { planToken: plan.planToken })).body;
    const { download, rows: n } = await eventually("it is ready", async () => {
        const { body } = await admin("GET", `/api/track/export/${exportId}`);
        assert.notEqual(body.state, "FAILED", body.error);
        return body.state === "READY" && body;
    }, 60);
    assert.equal(n, 3);
    const file = join(folder, "set.zip"), at = join(folder, "set");
    writeFileSync(file, Buffer.from(await (await fetch(base + download.href)).arrayBuffer()));
    assert.equal(run("unzip", "-qod", at, file).status, 0);
    assert.equal(spawnSync("sha256sum", ["-c", "--strict", "--quiet", "SHA256SUMS"], { cwd: at }).status, 0);
    const { packs } = JSON.parse(readFileSync(join(at, "manifest.json"), "utf8"));
    assert.deepEqual(packs.map((one) => one.communicationId).sort(), ids.sort());
    for (const { folder: sub } of packs) assert.equal(spawnSync("sha256sum", ["-c", "--strict", "--quiet", "SHA256SUMS"], { cwd: join(at, sub) }).status, 0);
    assert.match(trackctl("evidence", "verify", file).stdout, /^3 messages, 6 events, \d+ files: all as written\n/);
});

check("its page leads to it", async () => {
    const go = await person("agent", tenant);
    const page = await (await go(`/messages/${list[0].communicationId}`)).text();
    assert.ok(page.includes(`href="${path(list[0])}"`));
    assert.equal((await go(path(list[0]))).status, 200);
});

check("nothing is left behind", () => rmSync(folder, { recursive: true }));

await finish();
