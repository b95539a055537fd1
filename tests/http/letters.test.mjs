// Letters from a billing file to the post and back over the API: real PDFs read by another reader, codes, counts,
// grants, tenants, and each wrong field named.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, base, check, committed, communications, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, pdf, rows, statements } from "../fixtures/billing.mjs";

const year = 2025;
const tenant = tenantNew("letters");
const bearer = await token("admin", tenant);
const call = api(bearer);
const folder = mkdtempSync(join(tmpdir(), "track-letters."));
const runs = "/api/track/print-runs";
let north, south, run;

async function imported(code, count, change = () => ({})) {
    const made = rows(code, year, count, (i) => ({ delivery_preference: i === 1 ? "registered" : "letter", ...change(i) }));
    const kept = await upload(call, `${code}.csv`, csv(made), statements(made));
    return (await committed(call, kept.body.id)).result.batches[0];
}

// A PDF of the API: its text by page, its pages and bytes.
async function paper(path, who = bearer) {
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${who}` } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.status, 200, `${path}: ${bytes}`);
    assert.equal(answer.headers.get("content-type"), "application/pdf");
    const file = join(folder, "paper.pdf");
    writeFileSync(file, bytes);
    const run = (program, ...args) => spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 });
    const info = run("pdfinfo", file);
    assert.equal(info.status, 0, info.stderr);
    const text = run("pdftotext", "-layout", file, "-").stdout;
    const fonts = run("pdffonts", file).stdout.split("\n").slice(2).filter(Boolean);
    return { bytes, text, pages: text.split("\f").slice(0, -1), count: Number(/Pages:\s+(\d+)/.exec(info.stdout)[1]), fonts };
}

// Operations that answer with a file are not read by the client of tests: it notes them as exercised.
const exercise = (path) => call("GET", path);

async function made(id) {
    return eventually("the file is made", async () => {
        const { body } = await call("GET", `${runs}/${id}`);
        assert.notEqual(body.state, "FAILED", body.error);
        return body.state !== "MAKING" && body;
    }, 60);
}

check("letters look as is usual where the buildings are, until it is set; each wrong field is named", async () => {
    north = await imported("NORTH", 5);
    south = await imported("SOUTH", 4, (i) => (i === 3 ? { country: "DE", postal_code: "79100", city: "Freiburg" } : {}));
    const usual = (await call("GET", "/api/track/letter-settings")).body;
    assert.deepEqual([usual.form, usual.currency, usual.country, usual.paperGsm, usual.priceLetter20], ["SWISS_LEFT", "CHF", "CH", 80, null]);
    const wrong = await call("PUT", "/api/track/letter-settings", { senderName: "", form: "SQUARE", paperGsm: 20, priceLetter20: -1, colour: "red" });
    assert.equal(wrong.status, 422);
    assert.deepEqual(wrong.body.errors.map((e) => e.field).sort(), ["colour", "form", "paperGsm", "priceLetter20", "senderName"]);
    for (const [field, value] of [["country", "ch"], ["currency", "EU1"], ["senderLines", Array(8).fill("x")]]) {
        const answer = await call("PUT", "/api/track/letter-settings", { senderName: "Muster AG", form: "DIN5008B", [field]: value });
        assert.deepEqual([answer.status, answer.body.errors?.map((e) => e.field)], [422, [field]]);
    }
    const set = await call("PUT", "/api/track/letter-settings", {
        senderName: "Verwaltung Muster AG", senderLines: ["Bahnhofstrasse 1", "8001 Zürich"], form: "SWISS_RIGHT", duplex: true, place: "Zürich",
        footer: "Fragen? *Rufen* Sie an.", country: "CH", currency: "CHF", priceLetter20: 120, priceRegistered20: 630,
    });
    assert.deepEqual([set.status, set.body.form, set.body.envelopeGrams], [200, "SWISS_RIGHT", 5]);
    const viewer = api(await token("viewer", tenant));
    assert.equal((await viewer("PUT", "/api/track/letter-settings", { senderName: "X", form: "US10" })).status, 403);
});

check("a letter is seen before it is sent, as it will be", async () => {
    const [one] = await communications(call, north);
    const at = `/api/track/communications/${one.communicationId}/letter`;
    const seen = await paper(at);
    await exercise(at);
    assert.match(seen.text, /Verwaltung Muster AG/);
    assert.match(seen.text, /Zoë Müller 0\n[^]*Testweg 1\n[^]*8001 Zürich/);
    assert.match(seen.text, /Fragen\? \*Rufen\* Sie an\./);
    assert.doesNotMatch(seen.text, /SWITZERLAND/);
    assert.ok(seen.fonts.filter((line) => !/Helvetica/.test(line)).every((line) => /\syes\s+(yes|no)\s+(yes|no)\s/.test(line)), seen.fonts.join("\n"));
    assert.equal(seen.count, 3); // the letter, an empty page for the statement's own sheet, the statement
    const nobody = await call("GET", "/api/track/communications/00000000-0000-0000-0000-000000000000/letter");
    assert.equal(nobody.status, 404);
});

check("sending makes them; an address that lacks something stops the run, a file that is lost its letter", async () => {
    const [bad] = rows("BROKEN", year, 1, () => ({ delivery_preference: "letter" }));
    const kept = await upload(call, "BROKEN.csv", csv([bad]), statements([bad]));
    const broken = (await committed(call, kept.body.id)).result.batches[0];
    sql(`set session_replication_role = replica; update communication_attachments set sha256 = repeat('0', 64), file_name = 'torn.pdf'
        where communication_id in (select id from communications where batch_id = '${broken.batchId}')`);
    sql(`set session_replication_role = replica; update communications set street = '' where batch_id = '${south.batchId}' and reference like '%-2'`);
    const refused = await call("POST", `/api/track/batches/${south.batchId}/send`);
    assert.deepEqual([refused.status, /No postal address: 1 message/.test(refused.body.detail)], [409, true]);
    sql(`set session_replication_role = replica; update communications set delivery_status = 'SKIPPED' where batch_id = '${south.batchId}' and street = ''`);
    for (const { batchId } of [north, south, broken]) {
        assert.equal((await call("POST", `/api/track/batches/${batchId}/send`)).status, 202);
        await eventually("all is sent", async () => (await call("GET", `/api/track/batches/${batchId}`)).body.state === "COMPLETED", 60);
    }
    const [torn] = await communications(call, broken);
    assert.deepEqual([torn.status, torn.error.sentence], ["FAILED", "torn.pdf is not in the store any more."]);
    const all = [...(await communications(call, north)), ...(await communications(call, south))];
    assert.deepEqual(all.map((one) => [one.status, one.events[0]?.type, one.error?.sentence]).filter(([status]) => status !== "SKIPPED"), Array(8).fill(["SENT", "READY_TO_PRINT", undefined]));
    const { ready } = (await call("GET", "/api/track/letters/ready")).body;
    assert.deepEqual(ready.map((r) => [r.building, r.letters, r.registered, r.sheets]), [["House NORTH", 5, 1, 10], ["House SOUTH", 3, 1, 6]]);
    assert.equal((await call("GET", `/api/track/letters/ready?building=${south.buildingId}&year=1999`)).body.ready.length, 0);
});

// How far the letters of a house are, told alike by the message, the list, the unit and the units, in JSON and in words.
async function papers(house, word) {
    const [one] = await communications(call, house);
    const id = one.communicationId;
    const { building, year, unitId } = (await call("GET", `/api/track/communications/${id}`)).body;
    const listed = (await call("GET", "/api/track/communications?q=status%3Asent+channel%3Aletter")).body.communications.find((m) => m.communicationId === id);
    const units = (await call("GET", `/api/track/buildings/${building.buildingId}/years/${year}/units`)).body.units;
    const unit = (await call("GET", `/api/track/units/${unitId}`)).body;
    const told = [one.paper, listed.paper, units.find((u) => u.unitId === unitId).paper, unit.communications.find((c) => c.communicationId === id).paper];
    const go = await person("agent", tenant);
    for (const path of [`/messages/${id}`, "/messages?q=status%3Asent+channel%3Aletter", `/track?building=${building.buildingId}&year=${year}`, `/track?building=${building.buildingId}&year=${year}&unit=${unitId}`])
        assert.match(await (await go(path)).text(), new RegExp(`>${word}<`), path);
    const plan = (await call("GET", `/api/track/communications/${id}/resend`)).body;
    const leads = /href="\/letters\?building=[0-9a-f-]+&amp;year=2025"/.test(await (await go(`/messages/${id}`)).text());
    return { told, leads, warning: plan.warnings.find((w) => w.kind === "arrived")?.sentence };
}

check("a letter that is made and not printed is told as one to be printed", async () => {
    const { told, leads, warning } = await papers(north, "To be printed");
    assert.deepEqual([...told, leads], [...Array(4).fill("READY_TO_PRINT"), true]);
    assert.match(warning, /waits to be printed/);
    const [one] = await communications(call, north);
    await call("POST", `/api/track/communications/${one.communicationId}/manual-event`, { type: "NOTE", note: "Asked for it." });
    assert.deepEqual((await papers(north, "To be printed")).told, told, "whatever is noted about it");
});

// What is told of the letters of a house that are still to be printed: by its cards, its run and the list of them.
async function unprinted(house) {
    const agent = api(await token("agent", tenant));
    const go = await person("agent", tenant);
    const { building } = (await call("GET", `/api/track/buildings/${house.buildingId}/years`)).body;
    const figures = (await agent("GET", `/api/track/buildings?find=${building.code}`)).body.buildings.find((b) => b.buildingId === house.buildingId);
    const years = (await agent("GET", `/api/track/buildings/${house.buildingId}/years`)).body.years;
    const { counts } = (await agent("GET", `/api/track/runs/${house.batchId}`)).body;
    const row = (await agent("GET", "/api/track/runs")).body.runs.find((r) => r.batchId === house.batchId);
    const list = (q) => agent("GET", `/api/track/communications?q=${encodeURIComponent(`building:${building.code} ${q}`)}`).then(({ body }) => body.communications.length);
    const page = await (await go(`/track?building=${house.buildingId}&year=${year}`)).text();
    const [, href] = /<a href="([^"]*)">To print</.exec(page) ?? [];
    const send = await (await go(`/runs/${house.batchId}?step=send`)).text();
    const [, noReport] = /Sent, no report yet<\/dt><dd data-count>(\d+)/.exec(send);
    return {
        told: [figures.unprinted, years.find((y) => y.year === year).unprinted, counts.unprinted, row.unprinted, await list("is:unprinted"), await list("is:unprinted is:moving")],
        others: await list("-is:unprinted channel:letter status:sent"), noReport: Number(noReport),
        sent: counts.sent, side: Number(/(\d+) to print</.exec(page)?.[1] ?? 0), listed: href ? (await (await go(href.replaceAll("&amp;", "&"))).text()).match(/>To be printed</g).length : 0,
        onRun: Number(/Letters to be printed<\/a><\/dt><dd data-count>(\d+)/.exec(send)?.[1] ?? 0), handIn: Number(/Letters to be handed in<\/a><\/dt><dd data-count>(\d+)/.exec(send)?.[1] ?? 0),
    };
}

// What the tab Content says its letter is.
const content = async (house) => (await call("GET", `/api/track/communications/${(await communications(call, house))[0].communicationId}`)).body.content.sentence;

check("letters that are still to be printed are counted as such, by house, year and run, and found", async () => {
    const { told, listed, ...rest } = await unprinted(north);
    assert.deepEqual(told, Array(6).fill(5));
    assert.deepEqual(rest, { others: 0, noReport: 0, sent: 5, side: 5, onRun: 5, handIn: 0 });
    assert.ok(listed > 0);
    assert.match(await content(north), /made and to be printed: it is not on paper yet/);
});

check("what a run may be asked is checked field by field", async () => {
    const cases = [
        [{ order: "random" }, "order"], [{ separators: "all" }, "separators"], [{ labelLayout: "round" }, "labelLayout"],
        [{ labelStart: 0 }, "labelStart"], [{ labelLayout: "5163", labelStart: 11 }, "labelStart"], [{ building: "x" }, "building"],
        [{ year: 12 }, "year"], [{ batch: 7 }, "batch"], [{ ids: ["x"] }, "ids"], [{ colour: "red" }, "colour"],
        [{ ids: ["00000000-0000-0000-0000-000000000000"] }, "ids"],
    ];
    for (const [body, field] of cases) {
        const answer = await call("POST", runs, body);
        assert.deepEqual([answer.status, answer.body.errors?.map((e) => e.field)], [422, [field]], JSON.stringify(body));
    }
    assert.equal((await call("POST", runs, { year: 1999 })).status, 409);
    assert.deepEqual((await call("GET", runs)).body.runs, []);
});

check("two who start a run at once share no letter", async () => {
    const both = await Promise.all([call("POST", runs, { building: south.buildingId }), call("POST", runs, { building: south.buildingId })]);
    assert.deepEqual(both.map((answer) => answer.status).sort(), [202, 409]);
    const { body } = both.find((answer) => answer.status === 202);
    assert.equal((await call("POST", `${runs}/${body.runId}/cancel`)).body.state, "CANCELLED");
});

check("the file holds every letter in order, with separator sheets, each on its own sheet", async () => {
    const added = await call("POST", runs, { order: "walk", labelLayout: "3475", labelStart: 3 });
    assert.deepEqual([added.status, added.body.letters, added.body.sheets], [202, 8, 16]);
    assert.equal(added.headers.get("location"), `${runs}/${added.body.runId}`);
    run = await made(added.body.runId);
    assert.match(run.name, /^\d{4}-02$/);
    assert.deepEqual([run.state, run.buildings.map((b) => b.name)], ["READY", ["House NORTH", "House SOUTH"]]);
    assert.equal(run.postageMinor, 6 * 120 + 2 * 630);
    const { pieces, next } = (await call("GET", `${runs}/${run.runId}/pieces`)).body;
    assert.equal(next, null);
    assert.deepEqual(pieces.map((p) => [p.seq, p.building, p.unit]), [0, 1, 2, 3, 4].map((i) => [i + 1, "House NORTH", `1.0${i}`])
        .concat([0, 1, 3].map((i, k) => [k + 6, "House SOUTH", `1.0${i}`])));
    const file = await paper(run.printHref);
    await exercise(run.printHref);
    assert.equal(createHash("sha256").update(file.bytes).digest("hex"), run.printSha256);
    assert.equal(file.count, run.pages);
    for (const piece of pieces) {
        assert.equal(piece.page % 2, 1);
        assert.match(file.pages[piece.page - 1], new RegExp(piece.recipientName));
        assert.match(file.pages[piece.page + 1], new RegExp(`${piece.building.slice(6)}.*${piece.seq < 6 ? piece.seq - 1 : [0, 1, 3][piece.seq - 6]}`));
    }
    assert.match(file.pages[0], /House NORTH[^]*5 letters, 10 sheets/);
    assert.match(file.text, /House SOUTH[^]*3 letters, 6 sheets/);
    assert.match(file.text, /GERMANY/);
    assert.match(file.text, /Einschreiben|Recommandé|Registered/);
});

check("labels and the posting list hold every address; a receipt's number is on the list", async () => {
    const labels = await paper(`${runs}/${run.runId}/labels`);
    await exercise(`${runs}/${run.runId}/labels`);
    assert.equal(labels.text.match(/Zoë Müller \d/g).length, 8);
    const bad = await call("GET", `${runs}/${run.runId}/labels?layout=5163&start=30`);
    assert.deepEqual([bad.status, bad.body.errors[0].field], [422, "start"]);
    const go = await person("agent", tenant);
    const sheet = await go(`/letters/${run.runId}/labels?layout=5163&start=2`);
    assert.deepEqual([sheet.status, sheet.headers.get("content-type")], [200, "application/pdf"]);
    const told = await go(`/letters/${run.runId}/labels?layout=5163&start=30`);
    assert.deepEqual([told.status, /text\/html/.test(told.headers.get("content-type")), /is 1 to 10 on this sheet/.test(await told.text())], [422, true, true]);
    const { pieces } = (await call("GET", `${runs}/${run.runId}/pieces`)).body;
    const registered = pieces.filter((p) => p.class === "LETTER_WITH_RECEIPT");
    assert.equal(registered.length, 2);
    const receipt = (seq, number) => call("POST", `${runs}/${run.runId}/pieces/${seq}/receipt`, { number });
    assert.deepEqual((await receipt(registered[0].seq, "98?!")).body.errors.map((e) => e.field), ["number"]);
    assert.equal((await receipt(pieces.find((p) => p.class === "LETTER").seq, "98.00.1234")).status, 404);
    assert.equal((await receipt("x", "98.00.1234")).status, 404);
    assert.equal((await receipt(registered[0].seq, "98.00.1234")).status, 200);
    const slip = await paper(`${runs}/${run.runId}/slip`);
    await exercise(`${runs}/${run.runId}/slip`);
    assert.equal(slip.text.match(/Zoë Müller \d/g).length, 8);
    assert.match(slip.text, /98\.00\.1234/);
    assert.match(slip.text, new RegExp(run.name));
});

check("printed, handed in and closed: the post's number must match or be explained", async () => {
    const at = `${runs}/${run.runId}`;
    const lodge = (body) => call("POST", `${at}/lodged`, body);
    assert.equal((await lodge({ acceptedCount: 8 })).status, 409);
    assert.equal((await call("GET", `${at}/certificate`)).status, 409);
    assert.equal((await call("POST", `${at}/printed`)).body.state, "PRINTED");
    assert.deepEqual(await papers(north, "Printed"), { told: Array(4).fill("PRINTED"), leads: true, warning: "Its letter is printed already: send it again?" });
    assert.deepEqual(await unprinted(north), { told: [0, 0, 0, 0, 0, 0], others: 4, noReport: 0, sent: 5, side: 0, listed: 0, onRun: 0, handIn: 5 });
    assert.match(await content(north), /as it was printed, byte for byte\. Nothing says that it was handed in/);
    assert.equal((await call("POST", `${at}/cancel`)).status, 409);
    for (const [body, field] of [[{}, "acceptedCount"], [{ acceptedCount: -1 }, "acceptedCount"], [{ acceptedCount: "8" }, "acceptedCount"],
        [{ acceptedCount: 8, lodgedAt: "yesterday" }, "lodgedAt"], [{ acceptedCount: 8, lodgedAt: "2199-01-01T00:00:00Z" }, "lodgedAt"]])
        assert.deepEqual((await lodge(body)).body.errors?.map((e) => e.field), [field], JSON.stringify(body));
    const short = (await lodge({ acceptedCount: 7, lodgedAt: "2026-05-03T14:12:00Z" })).body;
    assert.deepEqual([short.accepted, short.missing, short.missingNamed], [7, 1, false]);
    assert.deepEqual((await papers(north, "Printed")).told, Array(4).fill("PRINTED"), "which is missing is not known");
    for (const [missing, says] of [["1, 2", /names 2, and of 8 letters the post accepted 7: 1 is missing/], ["none", /something other than numbers/], ["9", /has letters 1 to 8/]])
        assert.match((await lodge({ acceptedCount: 7, missing })).body.errors.find((e) => e.field === "missing").message, says);
    const named = (await lodge({ acceptedCount: 7, missing: "8" })).body;
    assert.deepEqual([named.missing, named.missingNamed, named.missingNumbers], [1, true, "8"]);
    assert.deepEqual((await papers(north, "Handed in")).told, Array(4).fill("LODGED"));
    const pieces = (await call("GET", `${at}/pieces`)).body.pieces;
    assert.deepEqual(pieces.map((p) => [p.missing, p.paper]), pieces.map((p) => p.seq === 8 ? [true, "PRINTED"] : [false, "LODGED"]));
    const refused = await call("POST", `${at}/close`, {});
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, "explanation"]);
    assert.match(refused.body.errors[0].message, /7 of 8/);
    const form = new FormData();
    form.append("acceptedCount", "8");
    form.append("slip", new Blob([pdf("Stamped 3 May")], { type: "application/pdf" }), "slip stamped.pdf");
    const again = await lodge(form);
    assert.deepEqual([again.status, again.body.accepted, again.body.scanFileName], [200, 8, "slip stamped.pdf"]);
    const scan = await paper(`${at}/scan`);
    await exercise(`${at}/scan`);
    assert.equal(createHash("sha256").update(scan.bytes).digest("hex"), again.body.scanSha256);
    const closed = await call("POST", `${at}/close`, {});
    assert.equal(closed.body.state, "CLOSED");
    const certificate = (await call("GET", `${at}/certificate`)).body;
    assert.match(certificate.sentence, new RegExp(`^Run ${run.name}: 8 expected, 8 produced, 8 accepted on .*, slip scan SHA-256 ${again.body.scanSha256}`));
    assert.equal(certificate.matches, true);
    assert.deepEqual([closed.body.missing, closed.body.missingNumbers], [0, null]);
    for (const one of [...(await communications(call, north)), ...(await communications(call, south))].filter((c) => c.status !== "SKIPPED")) {
        const was = pieces.find((p) => p.communicationId === one.communicationId).missing ? [] : [["LODGED", "C"]];
        assert.deepEqual(one.events.map((e) => [e.type, e.grade]), [["LODGED", "B"], ...was, ["PRINTED", null], ["READY_TO_PRINT", null], ["ENQUEUED", null]]);
        assert.equal(one.status, "SENT");
    }
});

check("letters of which nobody knows whether they were handed in stay as printed, and say so", async () => {
    const fourth = await imported("FOURTH", 2);
    await call("POST", `/api/track/batches/${fourth.batchId}/send`);
    await eventually("all is sent", async () => (await call("GET", `/api/track/batches/${fourth.batchId}`)).body.state === "COMPLETED", 60);
    const { runId } = await made((await call("POST", runs, { building: fourth.buildingId })).body.runId);
    const at = `${runs}/${runId}`;
    await call("POST", `${at}/printed`);
    const go = await person("agent", tenant);
    const page = async () => (await go(`/letters/${runId}`)).text();
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(await page())[1];
    const wrong = await go(`/letters/${runId}/lodged`, { csrfToken, acceptedCount: "1", missing: "1, 2" });
    const again = await wrong.text();
    assert.equal(wrong.status, 422);
    assert.match(again, /name="acceptedCount"[^>]*value="1"[^]*name="missing"[^>]*value="1, 2"[^>]*aria-invalid="true"[^]*id="missing-error" role="alert">This names 2, and of 2 letters the post accepted 1: 1 is missing/);
    assert.equal((await go(`/letters/${runId}/lodged`, { csrfToken, acceptedCount: "1" })).status, 303);
    assert.match(await page(), /Letters missing[^]*2 produced, 1 accepted: 1 is missing\.<\/strong> Which cannot be known from the number/);
    const unexplained = await go(`/letters/${runId}/close`, { csrfToken });
    assert.deepEqual([unexplained.status, /id="explanation-error" role="alert">This is required: the post accepted 1 of 2 letters/.test(await unexplained.text())], [422, true]);
    assert.equal((await call("POST", `${at}/close`, { explanation: "The counter was closing." })).body.state, "CLOSED");
    for (const one of await communications(call, fourth)) {
        assert.deepEqual([one.paper, one.events.map((e) => e.type)], ["PRINTED", ["NOTE", "PRINTED", "READY_TO_PRINT", "ENQUEUED"]]);
        assert.match(one.events[0].sentence, /^Whether it was handed in is not known: the post accepted 1 of 2 letters of run .*, and which are missing was not found out\. The counter was closing\.$/);
    }
    assert.match((await call("GET", `${at}/certificate`)).body.sentence, /1 accepted on .*, 1 missing and not known which/);
    assert.match(await page(), /Which one is missing is not known: the letters stay as printed\./);
});

check("a letter that came back is known by its code, by who may see it", async () => {
    const { pieces } = (await call("GET", `${runs}/${run.runId}/pieces`)).body;
    const back = (code, reason, who = call) => who("POST", "/api/track/letters/returned", { code, reason });
    const { code, communicationId } = pieces.at(-1);
    const wrong = code.slice(0, -1) + (code.endsWith("7") ? "8" : "7");
    assert.deepEqual((await back(wrong, "moved")).body.errors.map((e) => e.field), ["code"]);
    assert.deepEqual((await back(code, "eaten")).body.errors.map((e) => e.field), ["reason"]);
    assert.equal((await back(code, "moved", api(await token("admin", tenantNew("letters-other"))))).status, 404);
    assert.equal((await back(code, "moved", api(await token("agent", tenant, "NORTH")))).status, 404);
    assert.equal((await back(code, "moved", api(await token("viewer", tenant)))).status, 403);
    const noted = await back(code.toLowerCase(), "noLetterbox");
    assert.deepEqual([noted.status, noted.body.communicationId, noted.body.already], [200, communicationId, false]);
    assert.equal((await back(code, "moved")).body.already, true);
    const one = (await communications(call, south)).find((c) => c.communicationId === communicationId);
    assert.deepEqual([one.status, one.error.badAddress, one.events[0].type, one.events[0].grade], ["BOUNCED", true, "RETURNED", "B"]);
    assert.equal((await call("GET", `${runs}/${run.runId}`)).body.returned, 1);
});

check("who may not see every building of a run sees nothing of it", async () => {
    const some = api(await token("agent", tenant, "NORTH"));
    assert.deepEqual((await some("GET", runs)).body.runs, []);
    const at = `${runs}/${run.runId}`;
    for (const path of ["", "/pieces", "/print", "/labels", "/slip", "/scan", "/certificate"]) assert.equal((await some("GET", at + path)).status, 404, path);
    for (const [path, body] of [["/printed"], ["/cancel"], ["/close", {}], ["/lodged", { acceptedCount: 8 }]])
        assert.equal((await some("POST", at + path, body)).status, 404, path);
    assert.equal((await api(await token("admin", tenantNew("letters-third")))("GET", at)).status, 404);
    assert.equal((await api(await token("viewer", tenant))("POST", runs, {})).status, 403);
    const go = await person("agent", tenant, "NORTH");
    assert.equal((await go(`/letters/${run.runId}`)).status, 404);
    assert.equal((await go("/letters")).status, 200);
    assert.equal((await go("/letters/settings")).status, 403);
});

check("the pages lead through a run", async () => {
    const third = await imported("THIRD", 2);
    await call("POST", `/api/track/batches/${third.batchId}/send`);
    await eventually("all is sent", async () => (await call("GET", `/api/track/batches/${third.batchId}`)).body.state === "COMPLETED", 60);
    const go = await person("agent", tenant);
    const page = await (await go("/letters")).text();
    assert.match(page, /2 letters are ready to be printed/);
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(page)[1];
    const started = await go("/letters", { csrfToken, group: `${third.buildingId} ${year}`, order: "postcode", separators: "none", labelLayout: "l7160", labelStart: "1" });
    const at = started.headers.get("location");
    assert.equal(started.status, 303);
    await made(at.split("/").at(-1));
    const post = async (path, form = {}) => assert.equal((await go(`${at}${path}`, { csrfToken, ...form })).status, 303, path);
    await post("/printed");
    assert.equal((await go(`${at}/lodged`, { csrfToken, acceptedCount: "2", lodgedOn: "2026-02-31x" })).status, 422);
    await post("/lodged", { acceptedCount: "2", lodgedOn: "2026-05-03", lodgedTime: "16:12" });
    assert.equal((await call("GET", `${runs}/${at.split("/").at(-1)}`)).body.lodgedAt, "2026-05-03T14:12:00.000Z");
    await post("/close");
    assert.match(await (await go(`${at}/certificate`)).text(), /2 expected, 2 produced, 2 accepted on 3 May 2026 16:12 \(Europe\/Zurich\)/);
    const wrong = await go("/letters/return", { csrfToken, code: "TC1:NONSENSE", reason: "moved" });
    assert.deepEqual([wrong.status, /is no code of a letter/.test(await wrong.text())], [422, true]);
});

check("what was done is in the audit trail", () => {
    const found = sql(`select distinct action from audit_history a join tenants t on t.id = a.tenant_id where t.slug = '${tenant}'
        and (action like 'print_run.%' or action like 'letter%') order by 1`).flat();
    assert.deepEqual(found, ["letter.returned", "letter_settings.set", "print_run.add", "print_run.cancel", "print_run.closed", "print_run.lodged",
        "print_run.printed", "print_run.receipt"]);
    rmSync(folder, { recursive: true });
});

await finish();
