// Importing 50,000 rows, against \copy of the same file into a table of the same columns.
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

function copy(file, header) {
    psql(`create table bench_copy (${header.split(",").map((name) => `${name} text`).join(", ")})`);
    const began = Date.now();
    psql(`\\copy bench_copy from '${file}' (format csv, header)`);
    const seconds = (Date.now() - began) / 1000;
    psql("drop table bench_copy");
    return seconds;
}

export async function measureImport() {
    const file = `${VAR}/bench.csv`;
    const text = billing();
    writeFileSync(file, text);
    heading("import of 50,000 rows");
    const { seconds, peak } = await run(file);
    const limit = copy(file, text.slice(0, text.indexOf("\r\n")));
    row("trackctl import", `${Math.round(ROWS / seconds)} rows/s`, `${Math.round(ROWS / limit)} rows/s by \\copy`, limit / seconds, "≥ 0.25");
    row("  its peak of resident memory", `${peak.toFixed(1)} MiB`, `${MEMORY_MIB} MiB`, peak / MEMORY_MIB, "≤ 1");
}
