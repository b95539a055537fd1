// Letters: how many a second of one core, and the print file of 2,000 on two.
import { spawnSync } from "node:child_process";
import { heading, row } from "./measure.mjs";

const COUNT = 2000;
const RATE = 300;
const SECONDS = 60;

export function measureLetters() {
    heading(`letters of a page, fonts embedded, ${COUNT} of them`);
    const made = spawnSync(`build/${process.env.TRACK_TEST_PRESET}/bench/bench-letters`, [String(COUNT)], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    const [rate, files, kept, set, mib] = made.stdout.trim().split(" ").map(Number);
    row("a file each, one core", `${rate}/s`, `${RATE}/s`, rate / RATE, "≥ 1");
    row("as files, then merged", `${(files + kept).toFixed(1)} s`, `${SECONDS} s`, (files + kept) / SECONDS, "≤ 1");
    row("set anew into one file", `${set.toFixed(1)} s`, `${SECONDS} s`, set / SECONDS, "≤ 1");
    row("memory of the child that merges", `${mib} MiB`, "512 MiB", mib / 512, "≤ 1");
}
