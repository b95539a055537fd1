// Measuring: CPU time by group of processes, load by wrk and pgbench, memory, and rows beside their limits.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const VAR = process.env.VAR;
const PG_BIN = "/usr/lib/postgresql/15/bin";
const TICK = 100; // USER_HZ

function processes() {
    const found = [];
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
            const rest = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
            found.push({ pid: Number(pid), ppid: Number(rest[1]), ticks: rest.slice(11, 15).reduce((sum, n) => sum + Number(n), 0) }); // and of its ended children
        } catch {
            // it ended between the listing and the reading
        }
    }
    return found;
}

// The instance's processes by group: each group is what descends from a pid that the instance wrote down.
function groups() {
    const all = processes();
    const roots = {
        nginx: [`${VAR}/run/nginx.pid`],
        web: [`${VAR}/run/track-web.pid`],
        worker: [`${VAR}/run/track-worker.pid`],
        postgres: [`${VAR}/pg/postmaster.pid`],
    };
    const answer = {};
    for (const [group, files] of Object.entries(roots)) {
        const members = new Set(files.map((file) => Number(readFileSync(file, "utf8").split("\n")[0])));
        for (let grew = true; grew; ) {
            grew = false;
            for (const p of all)
                if (members.has(p.ppid) && !members.has(p.pid)) {
                    members.add(p.pid);
                    grew = true;
                }
        }
        answer[group] = all.filter((p) => members.has(p.pid));
    }
    return answer;
}

function ticks() {
    return Object.fromEntries(Object.entries(groups()).map(([group, list]) => [group, list.reduce((sum, p) => sum + p.ticks, 0)]));
}

// Runs `work`, which answers how many requests it made; adds CPU microseconds per request by group.
export async function withCpu(work) {
    await sleep(500); // what ended just now has been reaped
    const before = ticks();
    const result = await work();
    const after = ticks();
    result.cpu = Object.keys(after)
        .map((group) => `${group} ${Math.round((((after[group] - before[group]) / TICK) * 1e6) / Math.max(1, result.count))}`)
        .join(" ");
    return result;
}

// Proportional set size of our processes, MiB.
export function memory() {
    let kib = 0;
    const { web, worker } = groups();
    for (const { pid } of [...web, ...worker]) kib += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);
    return kib / 1024;
}

function run(command, args, options = {}) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
        let out = "";
        let err = "";
        child.stdout.on("data", (data) => (out += data));
        child.stderr.on("data", (data) => (err += data));
        child.on("close", (status) => (status === 0 ? resolve(out) : reject(new Error(`${command}: ${status}\n${out}${err}`))));
    });
}

const unit = { us: 0.001, ms: 1, s: 1000, m: 60000 };
const milliseconds = (text) => parseFloat(text) * unit[/[a-z]+/.exec(text)[0]];

// Load by wrk: {rate, p50, p99 (ms), count, bad}
export async function wrk(url, { connections = 32, seconds = 8, headers = {}, script } = {}) {
    const args = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--latency"];
    for (const [name, value] of Object.entries(headers)) args.push("-H", `${name}: ${value}`);
    if (script) args.push("-s", script);
    const out = await run("wrk", [...args, url]);
    const bad = /Non-2xx or 3xx responses: (\d+)/.exec(out);
    return {
        rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]),
        p50: milliseconds(/^\s+50%\s+(\S+)/m.exec(out)[1]),
        p99: milliseconds(/^\s+99%\s+(\S+)/m.exec(out)[1]),
        count: Number(/(\d+) requests in/.exec(out)[1]),
        bad: bad ? Number(bad[1]) : 0,
    };
}

// pgbench of a transaction's statements, as prepared ones: {rate, latency (ms), count}. Of several sets of parameters each
// transaction takes one. Statements that only read go in one round trip.
export async function pgbench(statements, places, { clients = 32, seconds = 8, transactions, role = "track_web", tenant } = {}) {
    const reads = statements.length > 1 && !statements.includes("begin");
    const args = ["-n", "-M", "prepared", "-c", String(clients), "-j", "1", ...(transactions ? ["-t", String(transactions)] : ["-T", String(seconds)])];
    places.forEach((place, i) => {
        const named = statements.map((text) => text.replace(/(?<!:):([a-z_]+)\b/g, (all, name) => (name in place ? `:${name}_${i}` : all)));
        const lines = named.map((text) => (/^\\|\\gset$/.test(text) ? text : `${text};`));
        const file = `${VAR}/bench-${i}.pgbench`;
        writeFileSync(file, [...(reads ? ["\\startpipeline"] : []), ...lines, ...(reads ? ["\\endpipeline"] : [])].join("\n") + "\n");
        args.push("-f", file);
        for (const [name, value] of Object.entries(place)) args.push("-D", `${name}_${i}=${value}`);
    });
    const out = await run(`${PG_BIN}/pgbench`, [...args, "-h", `${VAR}/pgrun`, "-U", role, "track"], {
        env: { ...process.env, PGOPTIONS: tenant ? `-c track.tenant=${tenant}` : "" },
    });
    return {
        rate: Number(/tps = ([\d.]+)/.exec(out)[1]),
        latency: Number(/latency average = ([\d.]+)/.exec(out)[1]),
        count: Number(/transactions actually processed: (\d+)/.exec(out)[1]),
    };
}

export function psql(text, { role = "postgres", variables = {}, tuples = true } = {}) {
    const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", `${VAR}/pgrun`, "-U", role, "-d", "track"];
    for (const [name, value] of Object.entries(variables)) args.push("-v", `${name}=${value}`);
    const made = spawnSync(`${PG_BIN}/psql`, [...args, ...(tuples ? ["-At"] : [])], { input: text, encoding: "utf8", maxBuffer: 1 << 28 });
    if (made.status !== 0) throw new Error(made.stderr);
    return made.stdout.trim();
}

export const tenant = () => psql("select id from tenants where slug = 'demo'");

// The same from a file, without waiting: several at once, each on a connection of its own.
export const psqlFile = (file, variables) =>
    run(`${PG_BIN}/psql`, ["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-h", `${VAR}/pgrun`, "-U", "postgres", "-d", "track",
        ...Object.entries(variables).flatMap(([name, value]) => ["-v", `${name}=${value}`]), "-f", file]);

// Buildings `first` to `last` with all that belongs to them.
export async function seed(first, last) {
    const began = Date.now();
    await psqlFile("tests/bench/seed.sql", { first, last });
    await psqlFile("tests/bench/figures.sql", { first, last });
    settle(began);
}

// Statistics and maps as a night of upkeep leaves them; says what there is, and since when it was made.
export function settle(began) {
    psql("vacuum analyze; checkpoint");
    console.log(`\n(${psql("select count(*) from communications")} communications, ${psql("select count(*) from communication_events")} events; seeded in ${Math.round((Date.now() - began) / 1000)} s)`);
}

// Runs `work` while the instance's own worker stands still, none of it within a transaction.
export async function frozen(work) {
    const pids = groups().worker.map((p) => p.pid);
    const busy = () => Number(psql("select count(*) from pg_stat_activity where application_name like 'track-worker%' and state <> 'idle'"));
    do {
        pids.forEach((pid) => process.kill(pid, "SIGCONT"));
        await sleep(300);
        pids.forEach((pid) => process.kill(pid, "SIGSTOP"));
        await sleep(50);
    } while (busy());
    psql("delete from job_sleepers");
    try {
        return await work();
    } finally {
        pids.forEach((pid) => process.kill(pid, "SIGCONT"));
    }
}

// A script for wrk in a file of its own.
export function luaScript(name, text) {
    const file = `${VAR}/${name}.lua`;
    writeFileSync(file, text);
    return file;
}

const widths = [42, 26, 28, 7, 14];
const missed = [];
let part = "";

// One line: a figure, the limit it is held against, their ratio, and its target ("≥ 0.3", "≤ 1") where it has one.
export function row(name, figure, limit, ratio, target, note = "") {
    const met = target === undefined || (target.startsWith("≥") ? ratio >= parseFloat(target.slice(1)) : ratio <= parseFloat(target.slice(1)));
    if (!met) missed.push(`${part}: ${name.trim()}: ${ratio.toFixed(2)}, target ${target}`);
    const cells = [name, figure, limit, ratio === undefined ? "" : ratio.toFixed(2), target === undefined ? "" : `${target} ${met ? "met" : "MISSED"}`];
    console.log(`${cells.map((cell, i) => String(cell).padEnd(widths[i])).join(" ")} ${note}`);
}

export function summary() {
    console.log(missed.length ? `\nmissed:\n  ${missed.join("\n  ")}` : "\nevery target is met");
}

export function heading(text) {
    part = text;
    console.log(`\n${text}`);
    console.log(["work", "figure", "limit on this machine", "ratio", "target", "CPU µs a request"].map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" "));
}

// A named statement of a .sql file, with :name parameters as pgbench and psql know them; `nulls` become null.
export function statement(file, name, nulls = []) {
    const text = readFileSync(file, "utf8");
    const from = text.indexOf(`-- name: ${name}\n`);
    if (from < 0) throw new Error(`${file} has no statement ${name}`);
    const rest = text.slice(from + `-- name: ${name}\n`.length);
    const end = rest.indexOf("-- name: ");
    let body = (end < 0 ? rest : rest.slice(0, end)).replace(/^\s*--.*$/gm, "");
    for (const parameter of nulls) body = body.replace(new RegExp(`(?<!:):${parameter}\\b`, "g"), "null");
    return body.replace(/\s+/g, " ").trim();
}
