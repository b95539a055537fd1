// Knock, as far as the product uses it: node knock.mjs [PORT]. Prints its port, and ends with its standard input
// (SIM_STAYS=1: it does not). The key is KEY below, the one workflow is there and active. A run calls the webhook channel,
// once one is set, as Knock does: signed, its body made of the template, again after what is neither a 2xx nor 401, 403,
// 404 or 405, at most eight times. For tests:
//   POST /control/channel  {url, secret, template}: the webhook channel
//   POST /control/faults   {name: n}  the next n triggers: throttle (429 with retry-after-ms), throttleBare (429 without),
//                          deny (403), missing (404, workflow_missing), fail (503, nothing is done); the next n that are
//                          done: late (then 500), drop (then the connection breaks), hang (never answered), garbage
//                          (answered with what is no JSON), early (it calls before it answers); the next n calls: forged
//                          (signed with another secret), stale (signed ten minutes ago), nonsense (a body that is none);
//                          and switches: silent (it does not call), twice (each call is made twice), hex and seconds (of
//                          the signature), slow (ms before any answer), retryAfterMs, retryMs (between its calls)
//   GET  /control/state    {runs: [{id, workflow, key, request}], requests, replayed, refused, calls: [{run, status, body}]}
//   POST /control/call     {run, …}: a run calls once more, with faults of that call alone
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const KEY = "sk_simulated_knock_0001";
const WORKFLOW = "customer-tracking-update";
const state = { runs: [], requests: 0, replayed: 0, refused: 0, calls: [], faults: {} };
const answered = new Map();
let channel = null;

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const problem = (status, code, message, type, headers, more) => [status, { code, message, status, type, ...more }, headers];

// ---- the webhook channel

const inScope = (scope, path) => path.split(".").reduce((at, name) => at?.[name], scope);

// Of Liquid: a name's value, plain or as JSON; one that there is not is empty.
const rendered = (template, scope) => template.replace(/\{\{\s*([\w.]+)\s*(\|\s*json)?\s*\}\}/g, (_, path, json) => {
    const value = inScope(scope, path);
    return json ? JSON.stringify(value ?? null) : value ?? "";
});

function bodyOf(run, faults) {
    if (faults.nonsense) return "<p>Hello</p>";
    const { data, recipients: [recipient], tenant } = run.request;
    const text = rendered(channel.template, { data, recipient, tenant: { id: tenant }, workflow: { key: run.workflow, id: run.id } });
    return JSON.stringify(JSON.parse(text));
}

function signed(body, { forged, stale, hex, seconds }) {
    const now = Date.now() - (stale ? 600_000 : 0), t = seconds ? Math.floor(now / 1000) : now;
    const mac = createHmac("sha256", forged ? `not ${channel.secret}` : channel.secret).update(`${t}.${body}`);
    return `t=${t},s=${mac.digest(hex ? "hex" : "base64")}`;
}

async function post(run, faults) {
    const body = bodyOf(run, faults);
    const headers = { "content-type": "application/json", "x-webhook-signature": signed(body, faults) };
    const status = await fetch(channel.url, { method: "POST", headers, body, redirect: "manual" }).then((answer) => answer.status, () => 0);
    state.calls.push({ run: run.id, status, body });
    return status;
}

async function call(run, more = {}) {
    const { hex, seconds } = state.faults;
    const faults = { hex, seconds, forged: strikes("forged"), stale: strikes("stale"), nonsense: strikes("nonsense"), ...more };
    for (let attempt = 1; attempt <= 8; attempt++, await sleep(state.faults.retryMs ?? 100)) {
        const status = await post(run, faults);
        if ((status >= 200 && status < 300) || [401, 403, 404, 405].includes(status)) return status;
    }
    return 0;
}

async function calls(run) {
    if (!channel || state.faults.silent) return;
    const all = [call(run)];
    if (state.faults.twice) all.push(call(run));
    await Promise.all(all);
}

// ---- triggers

function invalid({ recipients, data }) {
    if (!Array.isArray(recipients) || recipients.length < 1 || recipients.length > 1000) return "recipients";
    if (recipients.some((one) => typeof one !== "string" && typeof one?.id !== "string")) return "recipients";
    return data !== undefined && (typeof data !== "object" || data === null) ? "data" : null;
}

async function done(workflow, key, text, request) {
    const run = { id: randomUUID(), workflow, key, request };
    const answer = { workflow_run_id: run.id };
    state.runs.push(run);
    if (key) answered.set(key, { text, answer, request: randomUUID() });
    const ended = calls(run);
    if (strikes("early")) await ended;
    if (strikes("late")) return problem(500, "internal_error", "Something went wrong", "api_error");
    if (strikes("drop")) return "drop";
    if (strikes("hang")) return "hang";
    if (strikes("garbage")) return [200, "<!doctype html>accepted", { "content-type": "text/html" }];
    return [200, answer];
}

async function judged(req, url, text) {
    state.requests++;
    if (strikes("throttle")) return problem(429, "rate_limit_exceeded", "Too many requests", "rate_limit_error", { "retry-after-ms": String(state.faults.retryAfterMs ?? 1500) });
    if (strikes("throttleBare")) return problem(429, "rate_limit_exceeded", "Too many requests", "rate_limit_error");
    if (req.headers.authorization !== `Bearer ${KEY}` || strikes("deny")) return state.refused++, problem(403, "authorization", "Access token not set.", "authentication_error");
    if (strikes("fail")) return problem(503, "unavailable", "Try again later", "api_error");
    const [, workflow] = /^\/v1\/workflows\/([^/]+)\/trigger$/.exec(url.pathname) ?? [];
    if (req.method !== "POST" || workflow !== WORKFLOW || strikes("missing")) return problem(404, "workflow_missing", "The workflow was not found.", "invalid_request_error");
    const key = req.headers["idempotency-key"], before = answered.get(key);
    if (before && before.text !== text) return problem(400, "idempotency_key_reused", "The key was used with other parameters.", "invalid_request_error");
    if (before) return state.replayed++, [200, before.answer, { "idempotent-replayed": "true", "original-x-request-id": before.request }];
    const request = JSON.parse(text), field = invalid(request);
    if (field || key?.length > 255) return problem(422, "invalid_params", "One or more parameters supplied were invalid.", "invalid_request_error", {}, { errors: [{ field: field ?? "idempotency-key", message: "is invalid", type: "invalid" }] });
    return done(workflow, key, text, request);
}

function control(what, json) {
    if (what === "faults") return Object.assign(state.faults, json);
    if (what === "channel") return (channel = json);
    if (what === "call") {
        const { run, ...faults } = json;
        return call(state.runs.find(({ id }) => id === run), faults).then((status) => ({ status }));
    }
    return state;
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts).toString(), url = new URL(req.url, "http://x");
        if (url.pathname.startsWith("/control/")) {
            const told = await control(url.pathname.slice(9), body ? JSON.parse(body) : {});
            return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
        }
        if (state.faults.slow) await sleep(state.faults.slow);
        const answer = await judged(req, url, body).catch((e) => problem(500, "internal_error", e.stack, "api_error"));
        if (answer === "hang") return;
        if (answer === "drop") return req.socket.destroy();
        const [status, content, headers] = answer;
        res.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers }).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
