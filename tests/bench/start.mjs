// From `./run` on an instance that has data to the first page it answers.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { row } from "./measure.mjs";

const LIMIT_S = 3;
const port = process.env.TRACK_TEST_START_PORT;

async function answers() {
    const answer = await fetch(`http://127.0.0.1:${port}/login`).catch(() => undefined);
    return answer?.status === 200;
}

// Starts it, waits for a page, stops it; answers the seconds until the page.
async function start(folder) {
    const began = Date.now();
    const child = spawn("./run", ["--yes", "--preset", process.env.TRACK_TEST_PRESET, "--var", folder, "--port", port], { stdio: "ignore", detached: true });
    const ended = new Promise((done) => child.once("exit", done));
    while (!(await answers())) {
        if (child.exitCode !== null) throw new Error("a second instance did not start");
        await sleep(20);
    }
    const seconds = (Date.now() - began) / 1000;
    await sleep(500);
    child.kill("SIGTERM");
    await ended;
    return seconds;
}

export async function measureStart() {
    const folder = mkdtempSync("/tmp/track-start.");
    chmodSync(folder, 0o755);
    try {
        await start(folder);
        const seconds = await start(folder);
        row("second start to the first page", `${seconds.toFixed(2)} s`, `${LIMIT_S} s`, seconds / LIMIT_S, "≤ 1");
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
