// Importing 50,000 rows, against \copy of what becomes of them into tables with the same indexes and foreign keys; beside it
// \copy of the file into a bare table, which keeps nothing apart, finds nothing again and checks nothing.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { csv, rows } from "../fixtures/billing.mjs";
import { VAR, heading, psql, row } from "./measure.mjs";

const ROWS = 50000;
const MEMORY_MIB = 64;

function billing() {
    const buildings = Array.from({ length: ROWS / 500 }, (_, i) => `IMP-${i}`);
    return csv(buildings.flatMap((code) => rows(code, 2024, 500, () => ({ attachment: "" }))));
}

function peakOf(pid) {
    try {
        return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    } catch {
        return 0; // it has ended
    }
}

// Runs the import: {seconds, peak (MiB)}
function run(file) {
    const [command, ...first] = process.env.TRACKCTL.split(" ");
    const began = Date.now();
    let peak = 0;
    let said = "";
    return new Promise((resolve, reject) => {
        const child = spawn(command, [...first, "import", file, "--tenant", "demo", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
        const look = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), 20);
        child.stdout.on("data", (data) => (said += data));
        child.stderr.on("data", (data) => (said += data));
        child.on("close", (status) => {
            clearInterval(look);
            if (status === 0) resolve({ seconds: (Date.now() - began) / 1000, peak });
            else reject(new Error(`import: ${said.slice(0, 1000)}`));
        });
    });
}

function seconds(work) {
    const began = Date.now();
    work();
    return (Date.now() - began) / 1000;
}

function copyBare(file, header) {
    psql(`create table bench_copy (${header.split(",").map((name) => `${name} text`).join(", ")})`);
    const took = seconds(() => psql(`\\copy bench_copy from '${file}' (format csv, header)`));
    psql("drop table bench_copy");
    return took;
}

// The import's units, communications and the units' summaries, copied once more into tables like theirs.
function copyRows() {
    const keys = {
        units: ["foreign key (tenant_id, building_id) references buildings (tenant_id, id)"],
        communications: [
            "foreign key (tenant_id, batch_id) references communication_batches (tenant_id, id)",
            "foreign key (tenant_id, unit_id) references bench.units (tenant_id, id)",
        ],
        unit_years: [],
    };
    let took = 0;
    psql("create schema bench");
    for (const [table, foreign] of Object.entries(keys)) {
        const file = `${VAR}/bench-${table}.csv`;
        const columns = psql(`select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = '${table}'::regclass and attnum > 0 and attgenerated = '' and not attisdropped`);
        psql(`\\copy (select t.${columns.replaceAll(",", ", t.")} from ${table} t join buildings b on b.id = t.building_id where b.code like 'IMP-%') to '${file}' csv`);
        psql(`create table bench.${table} (${[`like ${table} including all`, ...foreign].join(", ")})`);
        took += seconds(() => psql(`\\copy bench.${table} (${columns}) from '${file}' csv`));
    }
    psql("set client_min_messages = warning; drop schema bench cascade");
    return took;
}

export async function measureImport() {
    const file = `${VAR}/bench.csv`;
    const text = billing();
    writeFileSync(file, text);
    heading("import of 50,000 rows");
    const { seconds: took, peak } = await run(file);
    const rate = (limit) => `${Math.round(ROWS / limit)} rows/s by \\copy`;
    const own = copyRows();
    row("trackctl import, against its own rows", `${Math.round(ROWS / took)} rows/s`, rate(own), own / took, "≥ 0.25");
    const bare = copyBare(file, text.slice(0, text.indexOf("\r\n")));
    row("  against the bare file", `${took.toFixed(1)} s`, rate(bare), bare / took);
    row("  its time", `${took.toFixed(1)} s`, "20 s", took / 20, "≤ 1");
    row("  its peak of resident memory", `${peak.toFixed(1)} MiB`, `${MEMORY_MIB} MiB`, peak / MEMORY_MIB, "≤ 1");
}
