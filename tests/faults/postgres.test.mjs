// Postgres killed with -9 and hung under load: what was acknowledged is there, requests are told to come again, and
// all goes on by itself.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { base, check, eventually, finish } from "../checks.mjs";
import { children, imported, kill, load, notifier, postmaster, restartPostgres } from "./faults.mjs";

const { call, batch } = await imported("postgres", 20);
const units = `/api/track/buildings/${batch.buildingId}/years/${batch.year}/units`;
const hook = notifier(base, "pghook");
const status = async (path) => (await fetch(base + path)).status;

function toldToComeAgain(answers) {
    for (const answer of answers) {
        assert.equal(answer.status, 503, answer.text);
        assert.ok(Number(answer.headers.get("retry-after")) > 0, answer.text);
        assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
    }
}

check("webhooks acknowledged while Postgres is killed with -9 are kept, each once", async () => {
    let n = 0;
    const answers = await load(4, () => hook.deliver(`crash-${n++}`), async (so_far) => {
        for (let i = 0; i < 2; i++) {
            const before = so_far.length;
            await eventually("some are kept", () => so_far.length > before + 50);
            kill(postmaster());
            await restartPostgres();
        }
        const before = so_far.length;
        await eventually("they go on by themselves", () => so_far.length > before + 50);
    });
    assert.equal(answers.length, n);
    assert.deepEqual(hook.kept(), [n, n]);
});

check("without Postgres requests answer 503 with Retry-After, health stays up, and all recovers", async () => {
    kill(postmaster());
    try {
        await eventually("readiness is gone", async () => (await status("/readyz")) === 503);
        assert.equal(await status("/healthz"), 200);
        toldToComeAgain([await call("GET", units), await call("POST", `/api/track/batches/${batch.batchId}/send`), await hook.post("away")]);
        const page = await fetch(`${base}/track`, { headers: { cookie: `__Host-track=${"x".repeat(43)}` }, redirect: "manual" });
        assert.ok([303, 503].includes(page.status), String(page.status));
    } finally {
        await restartPostgres();
    }
    await eventually("ready again", async () => (await status("/readyz")) === 200);
    await eventually("answers again", async () => (await call("GET", units)).status === 200);
    await hook.deliver("away");
});

check("while Postgres hangs requests are told to come again, and go on when it does", async () => {
    const stopped = [postmaster(), ...children(postmaster())];
    stopped.forEach((pid) => kill(pid, "SIGSTOP"));
    try {
        toldToComeAgain(await Promise.all([call("GET", units), call("GET", "/api/track/buildings"), hook.post("hung")]));
        assert.equal(await status("/healthz"), 200);
    } finally {
        stopped.forEach((pid) => kill(pid, "SIGCONT"));
    }
    await eventually("answers again", async () => (await call("GET", units)).status === 200);
    await hook.deliver("hung");
    await sleep(500);
    const [rows, bodies] = hook.kept();
    assert.equal(rows, bodies);
});

check("the worker goes on: what waited is sent", async () => {
    assert.equal((await call("POST", `/api/track/batches/${batch.batchId}/send`)).status, 202);
    await eventually("the batch is sent", async () => (await call("GET", `/api/track/batches/${batch.batchId}`)).body.state === "COMPLETED", 60);
});

await finish();
