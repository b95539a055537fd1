// The template engine against npm's mustache: the same template and data, 50 rows of 8 escaped fields.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import Mustache from "mustache";
import { VAR, heading, row } from "./measure.mjs";

const SECONDS = 2;
const fields = ["a", "b", "c", "d", "e", "f", "g", "h"];
const template = `<table>{{#rows}}<tr>${fields.map((name) => `<td>{{${name}}}</td>`).join("")}</tr>{{/rows}}</table>\n`;
const data = { rows: Array.from({ length: 50 }, (_, i) => Object.fromEntries(fields.map((name) => [name, `${name} & ${i} is <plain> text`]))) };

function ours(templateFile, dataFile) {
    const made = spawnSync(`build/${process.env.TRACK_TEST_PRESET}/bench/bench-mustache`, [templateFile, dataFile, String(SECONDS)], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    const [rate, bytes] = made.stdout.trim().split(" ").map(Number);
    return { rate, bytes };
}

function theirs() {
    let n = 0;
    const began = performance.now();
    for (; performance.now() - began < SECONDS * 1000; n++) Mustache.render(template, data);
    return { rate: (n * 1000) / (performance.now() - began), bytes: Buffer.byteLength(Mustache.render(template, data)) };
}

export function measureMustache() {
    writeFileSync(`${VAR}/bench.mustache`, template);
    writeFileSync(`${VAR}/bench.json`, JSON.stringify(data));
    heading("mustache, 50 rows of 8 escaped fields");
    const engine = ours(`${VAR}/bench.mustache`, `${VAR}/bench.json`);
    const npm = theirs();
    if (engine.bytes !== npm.bytes) throw new Error(`mustache: ${engine.bytes} bytes, npm's makes ${npm.bytes}`);
    row("renders", `${Math.round(engine.rate)}/s`, `${Math.round(npm.rate)}/s by npm's mustache`, engine.rate / npm.rate, "≥ 5");
}
