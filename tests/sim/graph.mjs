// Microsoft Graph and its sign-in, as far as the product uses them: node graph.mjs [PORT]. Prints its port, and
// ends with its standard input (SIM_STAYS=1: it does not). Graph is below /v1.0, tokens below
// /{tenant}/oauth2/v2.0/token (any secret but "wrong"), and for tests:
//   POST /control/faults   {name: n}   the next n requests: throttle, failCreate, failSend, garbageCreate, garbageSend, shortChunk,
//                          lateCreate and lateSend (the work is done, the connection breaks), badTokens; and switches:
//                          twice, shuffle (held until shuffle is false), autoReports, retryAfter (seconds), resync,
//                          slowCreate and slowSend (ms between the work and its answer)
//   POST /control/report   {internetMessageId, kind: ndr|delivered|delayed|relayed|read, status, recipient, mute}
//   POST /control/mail     {subject, from, text, mute}: an ordinary mail into the inbox; mute: without a notification
//   GET /control/state     {left, drafts, subscriptions, notified, faults, withoutImmutableIds}
import { randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as reports from "./reports.mjs";

const PROPERTY_FILTER = /ep\/id eq '([^']+)' and ep\/value eq '([^']+)'/;
const state = { left: [], notified: [], faults: {}, withoutImmutableIds: 0 };
const messages = new Map();
const uploads = new Map();
const subscriptions = new Map();
const tokens = new Set();
const inbox = [];
let held = [];

class Problem extends Error {
    constructor(status, code, headers = {}) {
        super(code);
        Object.assign(this, { status, code, headers });
    }
}

function strikes(name) {
    if (!(state.faults[name] > 0)) return false;
    state.faults[name]--;
    return true;
}

const id = () => "AAk" + randomBytes(24).toString("base64url");

// ---- mail going out

function create(mailbox, body) {
    const [property] = body.singleValueExtendedProperties ?? [];
    const message = {
        id: id(), mailbox, isDraft: true, internetMessageId: `<${randomUUID()}@sim.prod.outlook.com>`, conversationId: id(),
        subject: body.subject, body: body.body, from: body.from, to: body.toRecipients.map((r) => r.emailAddress.address), property,
        headers: body.internetMessageHeaders ?? [], receipts: [body.isDeliveryReceiptRequested, body.isReadReceiptRequested],
        attachments: (body.attachments ?? []).map(attachment),
    };
    for (const h of message.headers) if (!/^x-/i.test(h.name)) throw new Problem(400, "InvalidInternetMessageHeader");
    messages.set(message.id, message);
    return message;
}

function attachment(a) {
    const bytes = Buffer.from(a.contentBytes, "base64");
    if (bytes.length >= 3 << 20) throw new Problem(413, "RequestEntityTooLarge");
    return { name: a.name, type: a.contentType, bytes };
}

const shown = (m) => ({ id: m.id, internetMessageId: m.internetMessageId, conversationId: m.conversationId, isDraft: m.isDraft, subject: m.subject });

function send(message) {
    if (!message.isDraft) throw new Problem(404, "ErrorItemNotFound");
    if (message.to.some((a) => a.startsWith("invalid@"))) throw new Problem(400, "ErrorInvalidRecipients");
    if (message.to.some((a) => a.startsWith("quota@"))) throw new Problem(403, "ErrorExceededMessageLimit");
    message.isDraft = false;
    const attachments = message.attachments.map((a) => ({ name: a.name, type: a.type, size: a.bytes.length, head: a.bytes.subarray(0, 16).toString("base64"), tail: a.bytes.subarray(-16).toString("base64") }));
    const { internetMessageId, subject, to, from, headers, receipts } = message;
    state.left.push({ id: message.id, internetMessageId, subject, to, from, headers, receipts, attachments, track: message.property?.value });
    if (state.faults.autoReports) setTimeout(() => report(message, reports.kindFor(to[0])), 50);
}

function search(url) {
    const [, property, value] = PROPERTY_FILTER.exec(url.searchParams.get("$filter") ?? "") ?? [];
    if (!property) throw new Problem(400, "ErrorInvalidUrlQueryFilter");
    return [...messages.values()].filter((m) => m.property?.id === property && m.property.value.toLowerCase() === value.toLowerCase());
}

function upload(req, body) {
    const session = uploads.get(new URL(req.url, "http://x").searchParams.get("authtoken"));
    if (!session || req.headers.authorization) throw new Problem(401, "uploadSessionNotFound");
    const [, from, to, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(req.headers["content-range"]) ?? [];
    if (Number(from) !== session.at || Number(to) - Number(from) + 1 !== body.length || body.length > 4 << 20)
        throw new Problem(416, "invalidRange");
    const kept = strikes("shortChunk") ? body.subarray(0, 1_000_000) : body;
    session.parts.push(kept);
    session.at += kept.length;
    if (session.at < Number(total)) return [200, { ExpirationDateTime: new Date().toISOString(), nextExpectedRanges: [String(session.at)] }];
    session.message.attachments.push({ name: session.name, type: session.type, bytes: Buffer.concat(session.parts) });
    return [201, null];
}

// ---- what comes back

function deliver(message, mute) {
    messages.set(message.id, message);
    inbox.push(message.id);
    if (!mute) for (const s of subscriptions.values()) notify(s, message);
    return message;
}

function report(sent, { kind, status, recipient, mute }) {
    if (!kind) return null;
    const made = reports.make(kind, { sent, status, recipient: recipient ?? sent.to[0] });
    return deliver({ id: id(), conversationId: sent.conversationId, receivedDateTime: new Date().toISOString(), ...made }, mute);
}

function item(subscription, message) {
    const resource = `Users/${message.mailbox ?? "mailbox"}/Messages/${message.id}`;
    return {
        subscriptionId: subscription.id, subscriptionExpirationDateTime: subscription.expirationDateTime, clientState: subscription.clientState,
        changeType: "created", tenantId: "00000000-0000-0000-0000-000000000001", resource,
        resourceData: { "@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "@odata.etag": `W/"${message.id.slice(0, 12)}"`, id: message.id },
    };
}

async function post(subscription, value) {
    const answer = await fetch(subscription.notificationUrl, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ value }) })
        .catch((e) => ({ status: 0, statusText: String(e) }));
    state.notified.push({ ids: value.map((v) => v.resourceData.id), status: answer.status });
}

function notify(subscription, message) {
    const value = [item(subscription, message)];
    const times = state.faults.twice ? 2 : 1;
    for (let i = 0; i < times; i++) {
        if (state.faults.shuffle) held.push([subscription, value]);
        else post(subscription, value);
    }
}

function release() {
    for (const [subscription, value] of held.reverse()) post(subscription, value);
    held = [];
}

async function subscribe(body) {
    const same = (s) => s.resource.toLowerCase() === body.resource.toLowerCase() && s.changeType === body.changeType;
    if ([...subscriptions.values()].some(same)) throw new Problem(409, "ExtensionError");
    if (!body.clientState || body.clientState.length > 128) throw new Problem(400, "InvalidRequest");
    if (Date.parse(body.expirationDateTime) - Date.now() > 10080 * 60_000) throw new Problem(400, "InvalidRequest");
    for (const url of new Set([body.notificationUrl, body.lifecycleNotificationUrl].filter(Boolean))) {
        const token = `Validation: Testing client application reachability ${randomUUID()}`;
        const target = new URL(url);
        target.searchParams.set("validationToken", token);
        const answer = await fetch(target, { method: "POST", headers: { "content-type": "text/plain; charset=utf-8" } }).catch(() => null);
        const text = answer && (await answer.text());
        if (answer?.status !== 200 || text !== token || !/^text\/plain/.test(answer.headers.get("content-type"))) throw new Problem(400, "InvalidRequest");
    }
    const made = { id: randomUUID(), ...body };
    subscriptions.set(made.id, made);
    return made;
}

function delta(url, mailbox, base) {
    const link = (name, at) => `${base}/users/${mailbox}/mailFolders/inbox/messages/delta?%24${name}=${at}`;
    const token = url.searchParams.get("$deltatoken") ?? url.searchParams.get("$skiptoken") ?? "0";
    if (url.searchParams.has("$deltatoken") && strikes("resync")) throw new Problem(410, "syncStateNotFound");
    const from = Number(token), to = Math.min(inbox.length, from + 50);
    const value = inbox.slice(from, to).map((m) => ({ "@odata.type": "#microsoft.graph.message", id: m }));
    return { value, [to < inbox.length ? "@odata.nextLink" : "@odata.deltaLink"]: link(to < inbox.length ? "skiptoken" : "deltatoken", to) };
}

// ---- routes: [method, path, handler]; each answers [status, body, done] and may say which fault strikes it

const found = (key) => messages.get(decodeURIComponent(key)) ?? fail(404, "ErrorItemNotFound");
const known = (key) => subscriptions.get(key) ?? fail(404, "ResourceNotFound");
const fail = (status, code) => {
    throw new Problem(status, code);
};

const routes = [
    ["POST", /^\/users\/([^/]+)\/messages$/, ({ json, m }) => [201, shown(create(decodeURIComponent(m[1]), json))], "Create"],
    ["GET", /^\/users\/[^/]+\/messages$/, ({ url }) => [200, { value: search(url).map(shown) }]],
    ["GET", /^\/users\/[^/]+\/messages\/([^/]+)\/\$value$/, ({ m }) => [200, found(m[1]).mime ?? fail(404, "ErrorItemNotFound")]],
    ["GET", /^\/users\/[^/]+\/messages\/([^/]+)$/, ({ m }) => [200, read(found(m[1]))]],
    ["DELETE", /^\/users\/[^/]+\/messages\/([^/]+)$/, ({ m }) => [204, void messages.delete(found(m[1]).id)]],
    ["POST", /^\/users\/[^/]+\/messages\/([^/]+)\/attachments$/, ({ m, json }) => [201, { id: id(), size: found(m[1]).attachments.push(attachment(json)) }]],
    ["POST", /^\/users\/[^/]+\/messages\/([^/]+)\/attachments\/createUploadSession$/, ({ m, json, host }) => [201, session(found(m[1]), json, host)]],
    ["POST", /^\/users\/[^/]+\/messages\/([^/]+)\/send$/, ({ m, req }) => {
        if (req.headers["content-length"] !== "0") fail(411, "LengthRequired");
        return [202, send(found(m[1]))];
    }, "Send"],
    ["GET", /^\/users\/([^/]+)\/mailFolders\/inbox\/messages\/delta$/, ({ url, m, host }) => [200, delta(url, m[1], `http://${host}/v1.0`)]],
    ["POST", /^\/subscriptions$/, async ({ json }) => [201, await subscribe(json)]],
    ["GET", /^\/subscriptions$/, () => [200, { value: [...subscriptions.values()].map(({ clientState, ...s }) => s) }]],
    ["GET", /^\/subscriptions\/(.+)$/, ({ m }) => [200, (({ clientState, ...s }) => s)(known(m[1]))]],
    ["PATCH", /^\/subscriptions\/(.+)$/, ({ m, json }) => [200, Object.assign(known(m[1]), json)]],
    ["DELETE", /^\/subscriptions\/(.+)$/, ({ m }) => [204, void subscriptions.delete(known(m[1]).id)]],
];

function read(m) {
    const property = { id: "String 0x1a", value: m.messageClass ?? "IPM.Note" };
    return { ...shown(m), from: m.from, receivedDateTime: m.receivedDateTime, internetMessageHeaders: m.headers, singleValueExtendedProperties: [property] };
}

function session(message, { AttachmentItem: a }, host) {
    if (a.size < 3_000_000) fail(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize");
    const key = randomUUID();
    uploads.set(key, { message, name: a.name, type: a.contentType, at: 0, parts: [] });
    return { uploadUrl: `http://${host}/upload?authtoken=${key}`, expirationDateTime: new Date(Date.now() + 3.6e6).toISOString(), nextExpectedRanges: ["0-"] };
}

function checks(req, mailbox) {
    if (strikes("badTokens") || !tokens.has((req.headers.authorization ?? "").replace("Bearer ", ""))) fail(401, "InvalidAuthenticationToken");
    if (strikes("throttle")) throw new Problem(429, "ApplicationThrottled", { "retry-after": String(state.faults.retryAfter ?? 17) });
    if (!/ImmutableId/.test(req.headers.prefer ?? "")) state.withoutImmutableIds++;
    if (mailbox?.startsWith("nobody")) fail(404, "ErrorInvalidUser");
    if (mailbox?.startsWith("forbidden")) fail(403, "ErrorAccessDenied");
}

async function graph(req, url, body) {
    const path = url.pathname.replace(/^\/v1\.0/, "");
    checks(req, /^\/users\/([^/]+)/.exec(path)?.[1]);
    for (const [method, pattern, handler, kind] of routes) {
        const m = pattern.exec(path);
        if (!m || method !== req.method) continue;
        if (kind && strikes(`fail${kind}`)) fail(500, "ErrorInternalServerError");
        const json = body.length ? JSON.parse(body) : {};
        const answer = await handler({ req, url, json, m, host: req.headers.host });
        if (kind) await sleep(state.faults[`slow${kind}`] ?? 0);
        if (kind && strikes(`late${kind}`)) return null;
        return kind && strikes(`garbage${kind}`) ? [kind === "Send" ? 502 : 200, "<html>Gateway</html>"] : answer;
    }
    return fail(404, "ResourceNotFound");
}

function token(body) {
    const form = new URLSearchParams(String(body));
    if (form.get("client_secret") === "wrong") return [401, { error: "invalid_client", error_description: "AADSTS7000215", error_codes: [7000215] }];
    if (form.get("grant_type") !== "client_credentials" || !form.get("scope")) return [400, { error: "invalid_request" }];
    const made = randomBytes(40).toString("base64url");
    tokens.add(made);
    return [200, { token_type: "Bearer", expires_in: 3599, access_token: made }];
}

function control(what, json) {
    if (what === "faults") {
        Object.assign(state.faults, json);
        if (json.shuffle === false) release();
    }
    if (what === "report") {
        const sent = [...messages.values()].find((m) => !m.isDraft && m.internetMessageId?.includes(json.internetMessageId));
        return sent ? [200, { id: report(sent, json)?.id }] : [404, {}];
    }
    if (what === "mail")
        return [200, { id: deliver({ id: id(), conversationId: id(), receivedDateTime: new Date().toISOString(), ...reports.mail(json) }, json.mute).id }];
    const drafts = [...messages.values()].filter((m) => m.isDraft).length;
    return [200, { ...state, drafts, subscriptions: [...subscriptions.values()] }];
}

function route(req, url, body) {
    if (url.pathname.startsWith("/control/")) return control(url.pathname.slice(9), body.length ? JSON.parse(body) : {});
    if (url.pathname.endsWith("/oauth2/v2.0/token")) return token(body);
    if (url.pathname === "/upload") return upload(req, body);
    return graph(req, url, body);
}

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        let answer;
        try {
            answer = await route(req, new URL(req.url, "http://x"), Buffer.concat(parts));
        } catch (e) {
            const error = { code: e.code ?? "InternalError", message: e.stack, innerError: { date: new Date().toISOString(), "request-id": randomUUID() } };
            answer = [e.status ?? 500, { error }, e.headers];
        }
        if (!answer) return req.socket.destroy();
        const [status, content, headers] = answer;
        const text = typeof content === "string" ? content : content ? JSON.stringify(content) : "";
        res.writeHead(status, { "content-type": typeof content === "string" ? "text/plain" : "application/json", "content-length": Buffer.byteLength(text), "request-id": randomUUID(), ...headers });
        res.end(status === 204 ? undefined : text);
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
