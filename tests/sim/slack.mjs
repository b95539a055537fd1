// Slack, and a receiver of our webhooks, as far as the product uses them: node slack.mjs [PORT]. Prints its port, and ends with
// its standard input (SIM_STAYS=1: it does not). POST /services/T0/B0/NAME is an incoming webhook, whose answers are texts;
// POST /api/chat.postMessage takes the token TOKEN below; POST /hook/NAME verifies a Standard Webhook by SECRET (and OLD).
// For tests:
//   POST /control/faults  {name: n}  the next n posts: throttle (429 with retry-after), throttleBare (429 without), fail (500
//                         rollup_error, nothing is done), late (taken, then 500), drop (taken, then the connection breaks),
//                         garbage (taken, answered with what nobody reads), html (taken, 200 with a page), redirect (302 to
//                         /stolen); and: slow (ms before any answer), refuse (a code: 403 action_prohibited, 404
//                         channel_not_found, 410 channel_is_archived, or one of chat.postMessage, until it is ""), status (of
//                         every answer of /hook, until it is 0)
//   GET  /control/state   {posted: [{to, channel, text, request}], hooks: [{name, id, timestamp, signatures, valid, body}],
//                         requests, refused, stolen}
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const TOKEN = "xoxb-simulated-slack-token-01";
const SECRET = "whsec_c2ltdWxhdGVkLXNlY3JldC1vZi10aGUtcmVjZWl2ZXI=";
const OLD = "whsec_dGhlLXNlY3JldC10aGF0LXdhcy10aGVyZS1iZWZvcmU=";
const statuses = { action_prohibited: 403, channel_not_found: 404, channel_is_archived: 410, invalid_payload: 400 };
const state = { posted: [], hooks: [], requests: 0, refused: 0, stolen: 0, faults: {} };

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const text = (status, words, headers) => [status, words, { "content-type": "text/html", ...headers }];
const json = (body, headers) => [200, JSON.stringify(body), { "content-type": "application/json; charset=utf-8", ...headers }];

// What may go wrong before anything is taken, and after; null: nothing.
function before() {
    if (strikes("throttle")) return text(429, "rate_limited", { "retry-after": String(state.faults.retryAfter ?? 3) });
    if (strikes("throttleBare")) return text(429, "rate_limited");
    if (strikes("fail")) return text(500, "rollup_error");
    if (strikes("redirect")) return [302, "", { location: "/stolen" }];
    return null;
}

function after() {
    if (strikes("late")) return text(500, "rollup_error");
    if (strikes("drop")) return "drop";
    if (strikes("garbage")) return text(200, "\u0000\u0001{]");
    if (strikes("html")) return text(200, "<!doctype html><title>Please sign in</title>");
    return null;
}

// What Slack itself would show: the three characters it takes for markup must come escaped.
const unescaped = (words) => words.replace(/&(amp|lt|gt);/g, "").match(/[<>&]/);

function invalid(request) {
    return typeof request.text !== "string" || !request.text || unescaped(request.text);
}

function incoming(url, request) {
    const { refuse } = state.faults;
    if (refuse) return text(statuses[refuse] ?? 403, refuse);
    if (invalid(request)) return text(400, "invalid_payload");
    state.posted.push({ to: url.pathname, channel: null, text: request.text, request });
    return after() ?? text(200, "ok");
}

function posting(req, request) {
    if (req.headers.authorization !== `Bearer ${TOKEN}`) return state.refused++, json({ ok: false, error: "invalid_auth" });
    if (!/^application\/json; charset=utf-8$/.test(req.headers["content-type"])) return json({ ok: false, error: "invalid_post_type" });
    if (state.faults.refuse === "missing_scope") return json({ ok: false, error: "missing_scope", needed: "chat:write", provided: "channels:read" });
    if (state.faults.refuse) return json({ ok: false, error: state.faults.refuse });
    if (!request.channel) return json({ ok: false, error: "channel_not_found" });
    if (invalid(request)) return json({ ok: false, error: "no_text" });
    state.posted.push({ to: "chat.postMessage", channel: request.channel, text: request.text, request });
    return after() ?? json({ ok: true, channel: request.channel, ts: `${Date.now() / 1000}`, message: { type: "message", text: request.text } });
}

function signed(secret, signed, given) {
    const want = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(signed).digest();
    const got = Buffer.from(given.replace(/^v1,/, ""), "base64");
    return given.startsWith("v1,") && got.length === want.length && timingSafeEqual(got, want);
}

function hook(req, url, body) {
    const id = req.headers["webhook-id"], timestamp = req.headers["webhook-timestamp"], signatures = String(req.headers["webhook-signature"]).split(" ");
    const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300, content = `${id}.${timestamp}.${body}`;
    const by = (secret) => fresh && signatures.some((one) => signed(secret, content, one));
    const seen = { name: url.pathname.slice(6), id, timestamp, signatures: signatures.length, valid: by(SECRET), validOld: by(OLD), body: body && JSON.parse(body) };
    state.hooks.push(seen);
    if (state.faults.status) return text(state.faults.status, "no");
    return after() ?? (seen.valid ? [204, "", {}] : text(401, "bad signature"));
}

function answer(req, url, body) {
    state.requests++;
    if (url.pathname === "/stolen") return state.stolen++, text(200, "ok");
    const fault = before();
    if (fault) return fault;
    if (url.pathname.startsWith("/hook/")) return hook(req, url, body);
    if (req.method !== "POST") return text(405, "method_not_allowed");
    if (url.pathname === "/api/chat.postMessage") return posting(req, JSON.parse(body));
    if (/^\/services\/T0\/B0\/\w+$/.test(url.pathname)) return incoming(url, JSON.parse(body));
    return text(404, "no_service");
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts).toString(), url = new URL(req.url, "http://x");
        if (url.pathname.startsWith("/control/")) {
            if (url.pathname === "/control/faults") Object.assign(state.faults, JSON.parse(body));
            return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(state));
        }
        if (state.faults.slow) await sleep(state.faults.slow);
        const said = answer(req, url, body);
        if (said === "drop") return req.socket.destroy();
        const [status, content, headers] = said;
        res.writeHead(status, headers).end(content);
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
