// Runs every *.test.mjs of a folder in one process after the other and adds up their checks.
// Each prints "ok …", "FAILED …" or "skipped …" lines and ends with "N passed, N failed".
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const folder = process.argv[2];
const total = { passed: 0, failed: 0, skipped: 0 };
for (const name of readdirSync(folder).filter((n) => n.endsWith(".test.mjs")).sort()) {
    const run = spawnSync(process.execPath, [join(folder, name)], { encoding: "utf8", timeout: 600_000 });
    process.stdout.write(run.stdout.replace(/\d+ passed, \d+ failed(, \d+ skipped)?\n$/, ""));
    const end = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\n$/.exec(run.stdout);
    if (!end || (run.status !== 0 && end[2] === "0")) {
        total.failed++;
        console.log(`FAILED ${name}: it did not finish (${run.error ?? run.status})\n${run.stderr.slice(-3000)}`);
        if (!end) continue;
    }
    total.passed += Number(end[1]);
    total.failed += Number(end[2]);
    total.skipped += Number(end[3] ?? 0);
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed ? 1 : 0);
