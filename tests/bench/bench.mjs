// The benchmark: each row a figure of ours beside a limit measured on the same machine in the same run.
import { cpus } from "node:os";
import { measureBurst } from "./burst.mjs";
import { measureCounters } from "./counters.mjs";
import { measureExports } from "./exports.mjs";
import { measureImport } from "./import.mjs";
import { measureIntake } from "./intake.mjs";
import { measureJobs } from "./jobs.mjs";
import { measureLetters } from "./letters.mjs";
import { heading, memory, psql, row, seed, summary } from "./measure.mjs";
import { measureMustache } from "./mustache.mjs";
import { measurePages } from "./pages.mjs";
import { measureParcels } from "./parcels.mjs";
import { measureSends, measureTexts } from "./sends.mjs";
import { measureStart } from "./start.mjs";

const MEMORY_MIB = 96;

function measureMemory(when) {
    const mib = memory();
    row(`memory of web pools and worker, ${when}`, `${mib.toFixed(1)} MiB`, `${MEMORY_MIB} MiB`, mib / MEMORY_MIB, "≤ 1");
}

console.log(`${cpus().length} cores, ${cpus()[0].model}; ${psql("select version()").split(" on ")[0]}, fsync ${psql("show fsync")}`);
const began = Date.now();
heading("start and memory");
await measureStart();
measureMemory("idle");
await seed(1, 50);
const small = await measurePages("");
await measureIntake();
await measureJobs();
await measureImport();
await measureCounters();
await measureSends();
await measureTexts();
await measureBurst();
await measureMustache();
measureLetters();
heading("after the load, and with 10 × the data");
measureMemory("after the load");
await seed(51, 500);
await measurePages(", 10 × the data", small);
await measureExports();
await measureParcels();
summary();
console.log(`measured in ${Math.round((Date.now() - began) / 1000)} s`);
