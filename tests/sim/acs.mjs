// Azure Communication Services' SMS and the Event Grid behind it, as far as the product uses them: node acs.mjs [PORT].
// Prints its port, and ends with its standard input (SIM_STAYS=1: it does not). SMS are taken at /sms with the key below,
// every signature is checked. Numbers that end in 0001 are refused as invalid. For tests:
//   POST /control/faults     {name: n}  the next n requests: throttle, fail, late (taken, then 500), drop (taken, then the
//                            connection breaks), garbage (taken, answered with no JSON), stranger (answered for another
//                            number), busy (the recipient's own result is 429); and switches: slow (ms), retryAfter (s)
//   POST /control/subscribe  {url, schema: "grid" | "cloud"}: both handshakes; answers {status, good}
//   POST /control/report     {messageId, status, details, schema, times, reverse, list}: posts delivery reports
//   POST /control/received   {from, to, message, schema}: posts a message of a recipient
//   GET  /control/state      {sent, requests, refused}
import { createHash, createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const KEY = "c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx";
const state = { sent: [], requests: 0, refused: [], faults: {} };
const known = new Map(); // of repeatability ids
let hook;

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;

// ---- proof

function proven(req, body) {
    const { host, authorization = "", "x-ms-date": date, "x-ms-content-sha256": hash } = req.headers;
    if (hash !== createHash("sha256").update(body).digest("base64")) return "the digest is not that of the body";
    if (!(Math.abs(Date.parse(date) - Date.now()) < 300_000)) return "the date is too far from now";
    const text = `${req.method}\n${req.url}\n${date};${host};${hash}`;
    const signature = createHmac("sha256", Buffer.from(KEY, "base64")).update(text).digest("base64");
    const wanted = `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`;
    return authorization === wanted ? null : "the signature is wrong";
}

// ---- sending

function one(from, message, options, { to, repeatabilityRequestId: id, repeatabilityFirstSent: first }) {
    if (!/^[0-9a-f-]{36}$/.test(id ?? "") || !(Date.parse(first) > 0) || new Date(first).toUTCString() !== first)
        return { to, httpStatusCode: 400, repeatabilityResult: "rejected", successful: false, errorMessage: "Repeatability headers are wrong." };
    if (!/^\+[1-9]\d{7,14}$/.test(to) || to.endsWith("0001"))
        return { to, httpStatusCode: 400, errorMessage: "Invalid To phone number format.", successful: false };
    if (strikes("busy")) return { to, httpStatusCode: 429, errorMessage: "Too many requests.", successful: false };
    const before = known.get(id);
    if (before && before.first !== first)
        return { to, httpStatusCode: 400, repeatabilityResult: "rejected", successful: false, errorMessage: "FirstSent differs." };
    const messageId = before?.messageId ?? `Outgoing_${randomUUID()}_noam`;
    if (!before) {
        known.set(id, { first, messageId });
        state.sent.push({ messageId, from, to, message, tag: options.tag, at: Date.now() });
    }
    return { to, messageId, httpStatusCode: 202, repeatabilityResult: "accepted", successful: true };
}

function send(req, body) {
    state.requests++;
    const url = new URL(req.url, "http://x"), error = (status, code, message, headers) => [status, { error: { code, message } }, headers];
    const why = proven(req, body);
    if (why) return state.refused.push(why), error(401, "Denied", why);
    if (!url.searchParams.get("api-version")) return error(400, "BadRequest", "api-version is missing");
    if (strikes("throttle")) return error(429, "TooManyRequests", "Slow down.", { "retry-after": String(state.faults.retryAfter ?? 2) });
    if (strikes("fail")) return error(503, "ServerBusy", "Try again.");
    const { from, smsRecipients, message, smsSendOptions } = JSON.parse(body);
    if (!from || !message || !Array.isArray(smsRecipients) || smsSendOptions?.enableDeliveryReport !== true)
        return [400, { type: "about:blank", title: "Bad Request", status: 400, errors: { smsSendOptions: ["is required"] } }];
    if (from === "+15005550000") return [400, { title: "Bad Request", status: 400, errors: { From: ["Invalid From phone number."] } }];
    const value = smsRecipients.map((r) => one(from, message, smsSendOptions, r));
    if (strikes("late")) return error(500, "InternalError", "It broke after the message was taken.");
    if (strikes("drop")) return null;
    if (strikes("garbage")) return [202, "<html>202</html>"];
    if (strikes("stranger")) return [202, { value: value.map((v) => ({ ...v, to: "+15005559999" })) }];
    return [202, { value }];
}

// ---- Event Grid

const pascal = (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k[0].toUpperCase() + k.slice(1), v]));

function event(schema, type, id, data) {
    const time = new Date().toISOString(), topic = "/subscriptions/0/resourceGroups/g/providers/microsoft.communication/communicationservices/sim";
    if (schema === "cloud") return { specversion: "1.0", type, source: topic, id, time, subject: "/phonenumber/15005550006", data: pascal(data) };
    return { id, topic, subject: "/phonenumber/15005550006", data, eventType: type, dataVersion: "1.0", metadataVersion: "1", eventTime: time };
}

async function post(schema, events, kind = "Notification") {
    const cloud = schema === "cloud" && kind === "Notification", one = cloud && events.length === 1;
    const answer = await fetch(hook, {
        method: "POST",
        headers: { "content-type": cloud ? "application/cloudevents+json; charset=utf-8" : "application/json; charset=utf-8", "aeg-event-type": kind },
        body: JSON.stringify(one ? events[0] : events),
    }).catch((e) => ({ status: 0, text: () => String(e) }));
    return { status: answer.status, text: await answer.text() };
}

async function subscribe({ url, schema }) {
    hook = url;
    if (schema === "cloud") {
        const answer = await fetch(url, { method: "OPTIONS", headers: { "webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120" } });
        const allowed = answer.headers.get("webhook-allowed-origin");
        return { status: answer.status, good: answer.status === 200 && (allowed === "eventgrid.azure.net" || allowed === "*") };
    }
    const validationCode = randomUUID(), data = { validationCode, validationUrl: "https://127.0.0.1:1/never" };
    const { status, text } = await post("grid", [event("grid", "Microsoft.EventGrid.SubscriptionValidationEvent", randomUUID(), data)], "SubscriptionValidation");
    return { status, good: status === 200 && JSON.parse(text || "{}").validationResponse === validationCode };
}

async function report({ messageId, status = "Delivered", details = "No error.", schema = "grid", times = 1, more = [] }) {
    const of = ({ messageId, status, details }) => {
        const sent = state.sent.find((s) => s.messageId === messageId) ?? { from: "+15005550006", to: "+15005550100" };
        return event(schema, "Microsoft.Communication.SMSDeliveryReportReceived", messageId, {
            messageId, from: sent.from.slice(1), to: sent.to, deliveryStatus: status, deliveryStatusDetails: details,
            receivedTimestamp: new Date().toISOString().replace("Z", "1234Z"), deliveryAttempts: [], tag: sent.tag,
        });
    };
    const answers = [];
    for (let i = 0; i < times; i++) answers.push(await post(schema, [of({ messageId, status, details }), ...more.map(of)]));
    return { statuses: answers.map((a) => a.status) };
}

async function received({ from, to = "+15005550006", message, schema = "grid", id = `Incoming_${randomUUID()}` }) {
    const data = { messageId: id, from: from.slice(1), to: to.slice(1), message, receivedTimestamp: new Date().toISOString(), segmentCount: 1 };
    return post(schema, [event(schema, "Microsoft.Communication.SMSReceived", id, data)]);
}

async function control(what, json) {
    if (what === "faults") return [200, Object.assign(state.faults, json)];
    if (what === "subscribe") return [200, await subscribe(json)];
    if (what === "report") return [200, await report(json)];
    if (what === "received") return [200, await received(json)];
    return [200, state];
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts), { pathname } = new URL(req.url, "http://x");
        let answer;
        try {
            if (pathname.startsWith("/control/")) answer = await control(pathname.slice(9), body.length ? JSON.parse(body) : {});
            else if (pathname === "/sms" && req.method === "POST") {
                if (state.faults.slow) await sleep(state.faults.slow);
                answer = send(req, body);
            } else answer = [404, { error: { code: "NotFound" } }];
        } catch (e) {
            answer = [500, { error: { code: "Broken", message: e.stack } }];
        }
        if (!answer) return req.socket.destroy();
        const [status, content, headers] = answer;
        res.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
