// The worker's children killed with -9. In mid-send: no message is lost, none leaves twice over Graph, and what SMTP
// may repeat has the same Message-ID. In mid-import, in mid-export and in mid-run of letters: all of
// it or nothing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { api, base, check, committed, communications, ctl, eventually, finish, sim, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";
import { children, imported, kill, master } from "./faults.mjs";

const folder = mkdtempSync(join(tmpdir(), "track-mail."));
// Each a whole line; behind the last one another may be being written.
const arrived = () => (existsSync(`${folder}/messages.jsonl`) ? readFileSync(`${folder}/messages.jsonl`, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line)) : []);

// Waits are over. What the dead held is free by itself, long before its lease runs out.
const hurry = () => sql("update jobs set run_at = now() where state = 'ready' and run_at > now() and kind = 'track.send_communication'");

const completed = ({ call, batch }) => eventually("the batch is sent", async () => {
    hurry();
    return (await call("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED";
}, 60);

async function eachSentOnce({ call, batch }) {
    for (const one of await communications(call, batch)) {
        assert.equal(one.status, "SENT", one.email);
        assert.equal(one.events.filter((event) => event.type === "SENT").length, 1, one.email);
    }
}

check("over SMTP, while the server holds the message's end", async () => {
    const mail = await sim("smtp", "none", folder, process.env.SMTP_PORT);
    const job = await imported("held", 9, (i) => `hold${i}`);
    ctl("provider", "add", "smtp", "--tenant", job.tenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${mail.port}`,
        "--set", "security=none", "--set", "from=billing@example.com");
    await job.call("POST", `/api/track/batches/${job.batch.batchId}/send`);
    const busy = children(master("track-worker"));
    await eventually("every child is in mid-send", () => arrived().length === Math.min(busy.length, 9));
    busy.forEach((pid) => kill(pid));
    await eventually("new children are there", () => children(master("track-worker")).filter((pid) => !busy.includes(pid)).length === busy.length);
    writeFileSync(`${folder}/release`, "");
    await completed(job);
    await eachSentOnce(job);
    const mails = arrived();
    assert.equal(new Set(mails.map((m) => m.trackId)).size, 9);
    assert.equal(new Set(mails.map((m) => m.messageId)).size, 9);
    assert.equal(mails.length, 9 + busy.length);
    await mail.end();
});

check("over Microsoft Graph, again and again", async () => {
    const graph = await sim("graph", process.env.GRAPH_PORT);
    sql("delete from circuit_breakers");
    const job = await imported("graphkill", 40);
    ctl("provider", "add", "msgraph", "--tenant", job.tenant, "--name", "Graph", "--set", "tenant=contoso", "--set", "clientId=app", "--set", "ratePerMinute=0",
        "--set", "mailbox=billing@contoso.example", "--secret", "clientSecret=good", "--secret", `clientState=kill-${process.pid}`);
    const control = `http://127.0.0.1:${graph.port}/control`;
    const state = async () => (await fetch(`${control}/state`)).json();
    await fetch(`${control}/faults`, { method: "POST", body: JSON.stringify({ slowSend: 200 }) });
    await job.call("POST", `/api/track/batches/${job.batch.batchId}/send`);
    await eventually("sending has begun", async () => {
        hurry();
        return (await state()).left.length > 0;
    });
    for (let i = 0; i < 12; i++) {
        const list = children(master("track-worker"));
        if (list.length) kill(list[i % list.length]);
        await sleep(150);
    }
    await completed(job);
    await eachSentOnce(job);
    const { left } = await state();
    assert.equal(left.length, 40);
    assert.equal(new Set(left.map((m) => m.to[0])).size, 40);
    await graph.end();
});

check("in the midst of an import, of which nothing is left, and which is done at once by another", async () => {
    const call = api(await token("admin", tenantNew("importkill")));
    const made = rows("KILLED", 2025, 20_000, () => ({ attachment: "" }));
    const { body: { id } } = await upload(call, "killed.csv", csv(made));
    const document = async () => (await call("GET", `/api/track/imports/${id}`)).body;
    assert.equal((await call("POST", `/api/track/imports/${id}/commit`, { mode: "all" })).status, 202);
    await eventually("it writes", async () => (await document()).progress.written > 0);
    children(master("track-worker")).forEach((pid) => kill(pid));
    assert.deepEqual([(await document()).state, (await call("GET", "/api/track/buildings")).body.buildings], ["IMPORTING", []]);
    const done = await eventually("it is done", async () => {
        const now = await document();
        return !now.progress && now;
    }, 50);
    assert.deepEqual([done.state, done.result?.communications, done.result?.alreadyThere], ["COMMITTED", 20_000, 0]);
    assert.equal(sql(`select attempt from job_history where kind = 'track.import' and args ->> 'importId' = '${id}'`)[0][0], "2");
});

const exporting = tenantNew("exportkill");
check("in the midst of an export, of which no half file is left, and which is done at once by another", async () => {
    const call = api(await token("admin", exporting));
    const made = rows("EXPORTED", 2025, 20_000, () => ({ attachment: "" }));
    await committed(call, (await upload(call, "exported.csv", csv(made))).body.id);
    const halves = () => readdirSync(`${process.env.VAR}/store/tmp`).length;
    const written = (id) => sql(`select rows_written from communication_exports where id = '${id}' and state = 'RUNNING'`)[0]?.[0] > 0;
    const attempts = (id) => sql(`select attempt from job_history where kind = 'exports.run' and args ->> 'exportId' = '${id}'`)[0]?.[0];
    const document = async (id) => (await call("GET", `/api/track/export/${id}`)).body;
    for (let killed = false; !killed;) {
        const { exportId } = (await call("POST", "/api/track/export", { format: "csv" })).body;
        while (!written(exportId) && (await document(exportId)).state !== "READY");
        children(master("track-worker")).forEach((pid) => kill(pid));
        assert.equal(halves(), 0);
        const done = await eventually("it is done", async () => {
            const now = await document(exportId);
            return now.state === "READY" && now;
        }, 50);
        const text = await (await fetch(base + done.download.href)).text();
        assert.deepEqual([done.rows, text.trim().split("\r\n").length], [20_000, 20_001]);
        killed = (await eventually("it is in the history", () => attempts(exportId))) === "2";
    }
});

check("in the midst of a bulk export, of which every item has one result, and the file each of them once", async () => {
    const [call, second] = [api(await token("admin", exporting)), api(await token("admin", exporting))];
    const attempts = (id) => sql(`select attempt from job_history where kind = 'exports.run' and args ->> 'exportId' = '${id}'`)[0]?.[0];
    for (let killed = false; !killed;) {
        const plan = (await call("POST", "/api/track/bulk", { action: "export", all: true, format: "jsonl" })).body;
        const at = `/api/track/bulk/${plan.bulkId}`;
        const document = async () => (await call("GET", at)).body;
        await call("POST", `${at}/confirm`, { planToken: plan.planToken, count: 20_000 });
        const { exportId } = (await second("POST", `${at}/approve`)).body;
        const written = () => sql(`select rows_written from communication_exports where id = '${exportId}'`)[0][0] > 0;
        while (!written());
        children(master("track-worker")).forEach((pid) => kill(pid));
        const told = () => sql(`select state, count(*) from bulk_items where bulk_id = '${plan.bulkId}' group by state`);
        const after = { told: told(), state: (await document()).state };
        const done = await eventually("it is done", async () => {
            const now = await document();
            return now.state === "DONE" && now;
        }, 50);
        assert.deepEqual([done.done, done.failed, told()], [20_000, 0, [["done", "20000"]]]);
        const lines = (await (await fetch(base + done.export.download.href)).text()).trim().split("\n");
        assert.equal(new Set(lines).size, 20_000);
        killed = (await eventually("it is in the history", () => attempts(exportId))) === "2";
        if (killed) assert.deepEqual(after, { told: [["pending", "20000"]], state: "RUNNING" });
    }
});

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
check("in the midst of making a run's file, which another makes, whole and once", async () => {
    const bearer = await token("admin", tenantNew("runkill"));
    const call = api(bearer);
    const made = rows("PRINTED", 2025, 60, () => ({ delivery_preference: "letter", attachment: "" }));
    const kept = await upload(call, "printed.csv", csv(made));
    const { batchId } = (await committed(call, kept.body.id)).result.batches[0];
    await call("POST", `/api/track/batches/${batchId}/send`);
    await eventually("the letters are made", async () => (await call("GET", `/api/track/batches/${batchId}`)).body.state === "COMPLETED", 90);
    const { runId } = (await call("POST", "/api/track/print-runs", {})).body;
    const document = async () => (await call("GET", `/api/track/print-runs/${runId}`)).body;
    await eventually("it is being made", () => sql(`select 1 from jobs where kind = 'letters.make_run' and unique_key = '${runId}' and state = 'running'`).length);
    children(master("track-worker")).forEach((pid) => kill(pid));
    const before = await document();
    assert.deepEqual([before.state, before.printSha256], ["MAKING", null]);
    const run = await eventually("it is made", async () => {
        const now = await document();
        return now.state !== "MAKING" && now;
    }, 60);
    assert.deepEqual([run.state, run.letters, run.pages], ["READY", 60, 121]);
    const file = await fetch(`${base}${run.printHref}`, { headers: { authorization: `Bearer ${bearer}` } });
    assert.equal(createHash("sha256").update(Buffer.from(await file.arrayBuffer())).digest("hex"), run.printSha256);
    assert.equal(sql(`select count(*) from print_pieces where run_id = '${runId}' and page is not null`)[0][0], "60");
});

await finish();
