// Twilio's Messages resource and its callbacks, as far as the product uses them: node twilio.mjs [PORT]. Prints its port, and
// ends with its standard input (SIM_STAYS=1: it does not). The account is SID and TOKEN below. Numbers that end in 0001 are
// invalid (21211), in 0009 landlines (21614), in 0004 opted out (21610). For tests:
//   POST /control/faults    {name: n}  the next n requests: throttle, fail, late (taken, then 500), drop (taken, then the
//                           connection breaks), garbage (taken, answered with no JSON); and switches: slow (ms), retryAfter (s)
//   POST /control/report    {sid, status, errorCode, times, wrong}: a signed status callback; wrong: by another token
//   POST /control/received  {url, from, to, body, optOutType}: a signed message of a recipient
//   GET  /control/state     {sent, requests, refused}; /control/taken: how many were sent, for who asks often
import { createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const SID = "AC0123456789abcdef0123456789abcdef", TOKEN = "simulated-twilio-token-0001";
const BASE = `/2010-04-01/Accounts/${SID}/Messages.json`;
const state = { sent: [], requests: 0, refused: 0, faults: {} };
const refusals = { "0001": [21211, "Invalid 'To' Phone Number"], "0009": [21614, "'To' number is not a valid mobile number"], "0004": [21610, "Attempt to send to unsubscribed recipient"] };

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const problem = (status, code, message, headers) => [status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers];
const rfc2822 = (date) => date.toUTCString().replace("GMT", "+0000");
const shown = ({ callback, ...m }) => m;

function create(form) {
    const to = form.get("To"), body = form.get("Body"), from = form.get("From") ?? form.get("MessagingServiceSid");
    if (!to || !body || !from) return problem(400, 21604, "A parameter is missing");
    const refusal = refusals[to.slice(-4)];
    if (refusal) return problem(400, ...refusal);
    const message = {
        sid: `SM${randomBytes(16).toString("hex")}`, account_sid: SID, body, to, from, status: "queued", direction: "outbound-api", num_segments: "1",
        date_created: rfc2822(new Date()), error_code: null, error_message: null, messaging_service_sid: null, price: null, callback: form.get("StatusCallback"),
    };
    state.sent.push(message);
    if (strikes("late")) return problem(500, 20500, "Internal server error");
    if (strikes("drop")) return null;
    if (strikes("garbage")) return [201, "created"];
    return [201, shown(message)];
}

function messages(req, url, body) {
    state.requests++;
    const wanted = `Basic ${Buffer.from(`${SID}:${TOKEN}`).toString("base64")}`;
    if (req.headers.authorization !== wanted) return state.refused++, problem(401, 20003, "Authenticate");
    if (strikes("throttle")) return problem(429, 20429, "Too Many Requests", { "retry-after": String(state.faults.retryAfter ?? 2) });
    if (strikes("fail")) return problem(503, 20503, "Service unavailable");
    if (req.method === "GET") return [200, { messages: state.sent.filter((m) => m.to === url.searchParams.get("To")).map(shown).reverse() }];
    if (!/^application\/x-www-form-urlencoded/.test(req.headers["content-type"])) return problem(415, 20415, "Unsupported media type");
    return create(new URLSearchParams(body.toString()));
}

// ---- callbacks

async function call(url, fields, token = TOKEN) {
    const text = url + Object.keys(fields).sort().map((k) => k + fields[k]).join("");
    const signature = createHmac("sha1", token).update(text).digest("base64");
    const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature },
        body: new URLSearchParams(fields).toString(),
    }).catch(() => ({ status: 0 }));
    return answer.status;
}

async function report({ sid, status, errorCode, times = 1, wrong }) {
    const m = state.sent.find((one) => one.sid === sid), statuses = [];
    const fields = { SmsSid: sid, SmsStatus: status, MessageStatus: status, To: m.to, MessageSid: sid, AccountSid: SID, From: m.from, ApiVersion: "2010-04-01" };
    if (errorCode) fields.ErrorCode = String(errorCode);
    for (let i = 0; i < times; i++) statuses.push(await call(m.callback, fields, wrong ? "another" : TOKEN));
    return { statuses };
}

async function received({ url, from, to = "+15005550006", body, optOutType }) {
    const sid = `SM${randomBytes(16).toString("hex")}`;
    const fields = { ToCountry: "US", MessageSid: sid, SmsSid: sid, SmsMessageSid: sid, SmsStatus: "received", AccountSid: SID, From: from, To: to, Body: body, NumSegments: "1", NumMedia: "0" };
    return { status: await call(url, optOutType ? { ...fields, OptOutType: optOutType } : fields) };
}

async function control(what, json) {
    if (what === "faults") return [200, Object.assign(state.faults, json)];
    if (what === "report") return [200, await report(json)];
    if (what === "received") return [200, await received(json)];
    if (what === "taken") return [200, { taken: state.sent.length }];
    return [200, state];
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts), url = new URL(req.url, "http://x");
        let answer;
        try {
            if (url.pathname.startsWith("/control/")) answer = await control(url.pathname.slice(9), body.length ? JSON.parse(body) : {});
            else if (url.pathname === BASE) {
                if (state.faults.slow) await sleep(state.faults.slow);
                answer = messages(req, url, body);
            } else answer = problem(404, 20404, "The requested resource was not found");
        } catch (e) {
            answer = problem(500, 20500, e.stack);
        }
        if (!answer) return req.socket.destroy();
        const [status, content, headers] = answer;
        res.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
