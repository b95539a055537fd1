// A test file's checks: name, an async function that throws; and what they share.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { agrees } from "./contract.mjs";

const checks = [];
let skipped = 0;

export function check(name, run) {
    checks.push({ name, run });
}

export function skip(name, why) {
    skipped++;
    console.log(`skipped ${name}: ${why}`);
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
            console.log(`FAILED ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 14).join("\n  ")}`);
        }
    }
    console.log(`${checks.length - failed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
    process.exit(failed ? 1 : 0);
}

export const base = process.env.BASE_URL;

// Runs trackctl against the instance: {status, stdout, stderr}.
export function trackctl(...args) {
    return trackctlFed(undefined, ...args);
}

// The same with a text on its standard input.
export function trackctlFed(input, ...args) {
    const [command, ...first] = process.env.TRACKCTL.split(" ");
    return spawnSync(command, [...first, ...args], { encoding: "utf8", input });
}

// What a command that must succeed printed, as JSON where it can.
export function ctl(...args) {
    const run = trackctl(...args);
    if (run.status !== 0) throw new Error(`trackctl ${args.join(" ")}: ${run.stderr}`);
    return args.includes("--json") ? JSON.parse(run.stdout) : run.stdout;
}

// Rows of a statement, as the superuser of the instance's own Postgres: arrays of texts.
export function sql(text) {
    const place = `host=${process.env.VAR}/pgrun user=postgres dbname=track`;
    const run = spawnSync("/usr/lib/postgresql/15/bin/psql", ["-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", place, "-c", text], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`${text}: ${run.stderr}`);
    return run.stdout.split("\n").filter(Boolean).map((line) => line.split("\t"));
}

// Starts tests/sim/NAME.mjs, which prints its port and ends with us: {port, end}.
export async function sim(name, ...args) {
    const child = spawn(process.execPath, [new URL(`sim/${name}.mjs`, import.meta.url).pathname, ...args.map(String)], { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error(`${name} did not start`)))]);
    return { port: Number(line), end: async () => { child.stdin.end(); await once(child, "exit"); } };
}

// Waits until probe answers something true, and tells of a long wait; throws after `seconds`: more than a lease of a job, whose worker may have been killed.
export async function eventually(what, probe, seconds = 90) {
    for (const begun = Date.now(); Date.now() < begun + seconds * 1000; await sleep(100)) {
        const answer = await probe();
        const waited = Math.round((Date.now() - begun) / 1000);
        if (answer && waited >= 25) console.log(`  ${what}: after ${waited} s`);
        if (answer) return answer;
    }
    throw new Error(`not within ${seconds} s: ${what}`);
}

// A tenant of the test's own: its slug.
export function tenantNew(name) {
    const slug = `${name}-${process.pid}`;
    ctl("tenant", "add", slug, "--name", `Test ${name}`);
    return slug;
}

// A bearer token for a new API client of the role, limited to buildings where any are named by code.
export async function token(role = "admin", tenant = "demo", ...buildings) {
    const name = `test-${role}-${process.pid}-${Date.now()}`;
    const { clientId, clientSecret } = ctl("client", "add", name, "--tenant", tenant, "--role", role, "--json", ...buildings.flatMap((b) => ["--building", b]));
    const answer = await fetch(`${base}/api/auth/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ clientId, clientSecret }),
    });
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${await answer.text()}`);
    const body = await answer.json();
    await agrees(base, body.access_token, "POST", "/api/auth/token", { status: 200, headers: answer.headers, body });
    return body.access_token;
}

// The API as a client with this token sees it: (method, path, body, headers) to {status, headers, body}, which is held
// to its description.
export function api(bearer) {
    return async (method, path, body, headers = {}) => {
        const json = body !== undefined && !(body instanceof FormData);
        const answer = await fetch(base + path, {
            method,
            headers: { authorization: `Bearer ${bearer}`, ...(json && { "content-type": "application/json" }), ...headers },
            body: json ? JSON.stringify(body) : body,
        });
        const [{ status, headers: told }, text] = [answer, await answer.text()];
        const whole = { status, headers: told, text, body: /json/.test(told.get("content-type")) ? JSON.parse(text) : text };
        await agrees(base, bearer, method, path, whole);
        return whole;
    };
}

// Signs in a new person of the tenant, who chooses a password: GET of a page with the session, as fetch answers.
export async function person(role, tenant, ...buildings) {
    const email = `${role}-${Date.now()}@example.com`;
    const made = ctl("user", "add", email, "--tenant", tenant, "--role", role, "--json", ...buildings.flatMap((b) => ["--building", b]));
    const cookies = new Map();
    const go = async (path, form) => {
        const answer = await fetch(base + path, {
            method: form ? "POST" : "GET",
            redirect: "manual",
            headers: { cookie: go.cookies(), origin: base },
            body: form instanceof FormData ? form : form && new URLSearchParams(form),
        });
        for (const line of (answer.headers.get("set-cookie") ?? "").split(/, (?=[^;]+=)/).filter(Boolean)) cookies.set(...line.split(";")[0].split(/=(.*)/s, 2));
        return answer;
    };
    go.cookies = () => [...cookies].map((c) => c.join("=")).join("; ");
    const hidden = async (path, name) => new RegExp(`name="${name}" value="([^"]+)"`).exec(await (await go(path)).text())[1];
    await go("/login", { email, password: made.password, loginToken: await hidden("/login", "loginToken"), next: "/track" });
    const chosen = `Long enough ${Date.now()}`;
    await go("/password", { currentPassword: made.password, newPassword: chosen, repeatPassword: chosen, csrfToken: await hidden("/password", "csrfToken") });
    return go;
}

// Uploads a billing file: the answer of the API.
export function upload(call, name, csv, zip) {
    const form = new FormData();
    form.append("file", new Blob([csv], { type: "text/csv" }), name);
    if (zip) form.append("attachments", new Blob([zip], { type: "application/zip" }), name.replace(/csv$/, "zip"));
    return call("POST", "/api/track/imports", form);
}

// Has an import committed and waits until the worker has done it: its document.
export async function committed(call, id, mode = "all") {
    const asked = await call("POST", `/api/track/imports/${id}/commit`, { mode });
    if (asked.status !== 202) throw new Error(asked.text);
    const at = asked.headers.get("location");
    const done = await eventually("the import ends", async () => {
        const { body } = await call("GET", at);
        return !body.progress && body;
    }, 60);
    if (done.state !== "COMMITTED") throw new Error(`${done.state}: ${done.error}`);
    for (const { batchId } of done.result.batches)
        await eventually("its files are looked into", async () => (await call("GET", `/api/track/runs/${batchId}`)).body.check.uncheckedFiles === 0, 60);
    return done;
}

// Every communication of a batch with its timeline.
export async function communications(call, { buildingId, year }) {
    const list = [];
    for (let at = `/api/track/buildings/${buildingId}/years/${year}/units`; at; ) {
        const page = (await call("GET", at)).body;
        for (const { unitId } of page.units) list.push(...(await call("GET", `/api/track/units/${unitId}?year=${year}`)).body.communications);
        at = page.next;
    }
    return list;
}
