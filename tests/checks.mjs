// A test file's checks: name, an async function that throws; and what they share.
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

const checks = [];

export function check(name, run) {
    checks.push({ name, run });
}

// Runs them in order, prints a line each, and ends the process.
export async function finish() {
    let failed = 0;
    for (const { name, run } of checks) {
        try {
            await run();
            console.log(`ok ${name}`);
        } catch (error) {
            failed++;
            console.log(`FAILED ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 8).join("\n  ")}`);
        }
    }
    console.log(`${checks.length - failed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

export const base = process.env.BASE_URL;

// Runs trackctl against the instance: {status, stdout, stderr}.
export function trackctl(...args) {
    const [command, ...first] = process.env.TRACKCTL.split(" ");
    return spawnSync(command, [...first, ...args], { encoding: "utf8" });
}

// Waits until probe answers something true; throws after `seconds`.
export async function eventually(what, probe, seconds = 30) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
        const answer = await probe();
        if (answer) return answer;
    }
    throw new Error(`not within ${seconds} s: ${what}`);
}

// A bearer token for a new API client of the role.
export async function token(role = "admin") {
    const made = trackctl("client", "add", `test-${role}-${process.pid}-${Date.now()}`, "--tenant", "demo", "--role", role, "--json");
    if (made.status !== 0) throw new Error(made.stderr);
    const { clientId, clientSecret } = JSON.parse(made.stdout);
    const answer = await fetch(`${base}/api/auth/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ clientId, clientSecret }),
    });
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).access_token;
}
