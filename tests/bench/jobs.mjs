// The job table: draining 20,000 jobs that do nothing with one child, and how soon a job starts while nothing else is to do.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../checks.mjs";
import { VAR, frozen, heading, pgbench, psql, row, statement } from "./measure.mjs";

const JOBS = 20000;
const BATCH = 100;
const FILE = "app/jobs/jobs.sql";

const add = (n) => psql(`insert into jobs (queue, kind) select 'nothing', 'house.nothing' from generate_series(1, ${n})`);
const pause = (on) => psql(on ? "insert into job_queues (queue, paused) values ('nothing', true)" : "delete from job_queues where queue = 'nothing'; notify jobs");
const left = () => Number(psql("select count(*) from jobs where queue = 'nothing'"));

function worker() {
    const settings = readFileSync(`${VAR}/settings`, "utf8").split("\n").filter((line) => line.includes("="));
    const env = Object.fromEntries(settings.map((line) => line.split(/=(.*)/s)));
    return spawn(`build/${process.env.TRACK_TEST_PRESET}/track-worker`, { env: { ...process.env, ...env, TRACK_WORKER_CHILDREN: "1" }, stdio: "ignore" });
}

// Jobs a second by one child, from its first completion to its last.
async function drain() {
    psql("delete from job_history where queue = 'nothing'");
    pause(true);
    add(JOBS);
    psql("analyze jobs");
    const child = worker();
    await sleep(700);
    pause(false);
    await eventually("the jobs are done", () => left() === 0);
    child.kill("SIGTERM");
    await new Promise((done) => child.once("exit", done));
    const [n, seconds] = psql("select count(*) - count(*) filter (where finished_at = first), extract(epoch from max(finished_at) - min(finished_at)) from job_history, (select min(finished_at) as first from job_history where queue = 'nothing') f where queue = 'nothing'").split("|");
    return Number(n) / Number(seconds);
}

// The same claim and completion in the same batches.
async function limit() {
    add(JOBS);
    psql("analyze jobs");
    const claim = statement(FILE, "jobs_claim").replace(/ select id, tenant_id, queue.*$/, " select coalesce(array_agg(id), '{}') as ids, coalesce(array_agg(token), '{}') as tokens from claimed");
    const script = ["begin", statement(FILE, "jobs_lock_limits"), `${claim} \\gset`, "commit", statement(FILE, "jobs_complete")];
    const place = { queues: "{nothing}", mosts: `{${BATCH}}`, most: BATCH, worker: "bench", lease_seconds: 30 };
    const made = await pgbench(script, [place], { clients: 1, transactions: JOBS / BATCH, role: "track_worker" });
    if (left() !== 0) throw new Error("pgbench left jobs");
    return made.rate * BATCH;
}

async function latency() {
    psql("delete from job_history where queue = 'nothing'");
    await sleep(1500);
    psql("insert into jobs (queue, kind) values ('nothing', 'house.nothing');\nselect pg_sleep(0.02);\n".repeat(200));
    await eventually("the jobs are done", () => left() === 0);
    return psql("select percentile_cont(array[0.5, 0.99]) within group (order by extract(epoch from finished_at - created_at) * 1000) from job_history where queue = 'nothing'").slice(1, -1).split(",").map(Number);
}

export async function measureJobs() {
    heading("jobs");
    const { rate, most } = await frozen(async () => ({ rate: await drain(), most: await limit() }));
    row("20,000 jobs drained by one child", `${Math.round(rate)}/s`, `${Math.round(most)}/s by pgbench`, rate / most, "≥ 0.7");
    const [p50, p99] = await latency();
    row("added to done while idle, p50", `${p50.toFixed(1)} ms`, "5 ms", p50 / 5, "≤ 1");
    row("  its p99", `${p99.toFixed(1)} ms`, "25 ms", p99 / 25, "≤ 1");
}
