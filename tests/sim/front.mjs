// Front's Core API, as far as the product uses it: node front.mjs [PORT]. Prints its port, and ends with its standard
// input (SIM_STAYS=1: it does not). The token is TOKEN below. A conversation is there as soon as somebody names it, those
// that start with cnv_gone never are; it begins with a customer's question. For tests:
//   POST /control/faults   {name: n}  the next n requests: throttle (429 with retry-after), throttleBare (429 without),
//                          lost (a reply is not found: no such channel),
//                          exhausted (answered with x-ratelimit-remaining: 0), deny (403), fail (503, nothing is done),
//                          garbageList (a list that is no JSON); the next n replies: late (taken, then 500), drop (taken,
//                          then the connection breaks), hang (taken, never answered), garbage (taken, answered with what
//                          is no JSON), html (taken, answered as text/html); and switches: slow (ms before any answer),
//                          appears (ms until a reply that was accepted stands in its conversation), retryAfter, reset (s),
//                          limit (requests a minute)
//   POST /control/merge    {from, into}: answers of the one lead to the other, by 301
//   POST /control/message  {conversation, …}: a message of somebody else, with the members given
//   POST /control/webhook  {url, secret, …}: an application webhook as Front signs it, posted to the URL; answers {status, headers,
//                          body}. Members of the event: id, conversation {id, subject, …}, message {…}, or merged [ids] of
//                          conversations that it took over. check: the challenge of a check. ago: seconds it was signed before.
//                          body: sent as it is. rule: signed as the webhook of a rule is, by SHA-1 without a time
//   GET  /control/state    {posted: [{conversation, request, archived, uid, at}], conversations: {id: {status, messages}},
//                          requests, refused}; /control/posted: how many replies were taken, for who asks often
import { createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const TOKEN = "simulated-front-token-0001";
const COMPANY = "https://acme.api.frontapp.com";
const MEMBERS = ["author_id", "attachments", "bcc", "body", "cc", "channel_id", "options", "quote_body", "sender_name", "should_add_default_signature", "signature_id", "subject", "text", "to"];
const state = { posted: [], requests: 0, refused: 0, faults: {} };
const conversations = new Map(), merged = new Map();
let minute = 0, used = 0;

const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const problem = (status, title, message, details, headers) => [status, { _error: { status, title, message, ...(details && { details }) } }, headers];
const name = (prefix) => prefix + randomBytes(5).toString("hex");
const plain = (html) => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();

function message(conversation, { body = "", text, ...members }) {
    const id = name("msg_"), self = `${COMPANY}/messages/${id}`;
    return {
        _links: { self, related: { conversation: `${COMPANY}/conversations/${conversation}` } }, id, message_uid: randomBytes(16).toString("hex"),
        type: "email", is_inbound: false, draft_mode: null, error_type: null, version: null, created_at: Date.now() / 1000, subject: "Re: Where is my order?",
        blurb: (text ?? plain(body)).slice(0, 120), author: null, recipients: [{ name: "Asha Verma", handle: "asha.verma@example.com", role: "to" }],
        body, text: text ?? plain(body), attachments: [], signature: null, metadata: {}, ...members,
    };
}

function conversation(id) {
    if (!/^cnv_[a-z0-9]+$/.test(id) || id.startsWith("cnv_gone")) return null;
    if (!conversations.has(id)) {
        const question = message(id, { body: "<p>Where is my order?</p>", is_inbound: true, created_at: Date.now() / 1000 - 3600 });
        conversations.set(id, { status: "unassigned", messages: [question] });
    }
    return conversations.get(id);
}

// Front keeps the HTML it makes of what it is given: its own frame, links that open elsewhere.
const rewritten = (html) => `<div class="front-message" style="font-family:sans-serif">${html.replace(/<a\s+href="([^"]*)"[^>]*>/g, "<a target=_blank rel='noopener noreferrer' href='$1'>")}</div><br>`;

function invalid(json) {
    const details = Object.keys(json).filter((key) => !MEMBERS.includes(key)).map((key) => `body.${key}: unknown`);
    if (typeof json.body !== "string" || !json.body) details.push("body.body: missing");
    if (json.channel_id !== undefined && !/^(cha_|alt:address:)./.test(json.channel_id)) details.push("body.channel_id: no such channel");
    if (json.author_id !== undefined && !/^(tea_|alt:(email|username|uid):)./.test(json.author_id)) details.push("body.author_id: no such teammate");
    return details;
}

function reply(id, here, json) {
    const details = invalid(json);
    if (details.length) return problem(400, "Bad request", "Request body did not pass validation", details);
    const archived = json.options?.archive !== false;
    const sent = message(id, { body: rewritten(json.body), text: json.text });
    const { message_uid: uid } = sent;
    state.posted.push({ conversation: id, request: json, archived, uid, at: Date.now() });
    const appear = () => {
        here.messages.unshift({ ...sent, created_at: Date.now() / 1000 });
        if (archived) here.status = "archived";
    };
    if (state.faults.appears) setTimeout(appear, state.faults.appears).unref();
    else appear();
    if (strikes("late")) return problem(500, "Internal error", "Something went wrong");
    if (strikes("drop")) return "drop";
    if (strikes("hang")) return "hang";
    if (strikes("garbage")) return [202, "accepted {"];
    const accepted = { status: "accepted", message_uid: uid };
    return strikes("html") ? [202, JSON.stringify(accepted), { "content-type": "text/html" }] : [202, accepted];
}

function list(id, here, query) {
    if (strikes("garbageList")) return [200, "<p>Please wait"];
    const limit = Math.min(Number(query.get("limit") ?? 50), 100), from = Number(query.get("page_token") ?? 0);
    const self = `${COMPANY}/conversations/${id}/messages?limit=${limit}`, more = from + limit < here.messages.length;
    return [200, { _pagination: { next: more ? `${self}&page_token=${from + limit}` : null }, _links: { self }, _results: here.messages.slice(from, from + limit) }];
}

function limits() {
    const now = Date.now(), limit = state.faults.limit ?? 1000;
    if (Math.floor(now / 60_000) !== minute) [minute, used] = [Math.floor(now / 60_000), 0];
    const exhausted = strikes("exhausted"), over = ++used > limit;
    const reset = state.faults.reset ? now / 1000 + state.faults.reset : (minute + 1) * 60;
    return {
        over,
        headers: {
            "x-ratelimit-limit": String(limit), "x-ratelimit-remaining": String(exhausted ? 0 : Math.max(limit - used, 0)),
            "x-ratelimit-reset": reset.toFixed(3), "x-ratelimit-burst-limit": String(limit / 2), "x-ratelimit-burst-remaining": String(limit / 2),
        },
    };
}

function judged(req, url, body, over) {
    state.requests++;
    if (req.headers.authorization !== `Bearer ${TOKEN}`) return state.refused++, problem(401, "Unauthenticated", "Invalid token");
    if (strikes("throttle") || over) return problem(429, "Too many requests", "Too many requests for this company", null, { "retry-after": String(state.faults.retryAfter ?? 2) });
    if (strikes("throttleBare")) return problem(429, "Too many requests", "Too many requests for this company", null, { "x-ratelimit-reset": undefined, "x-ratelimit-remaining": undefined });
    if (strikes("deny")) return problem(403, "Forbidden", "The token lacks the scope messages:send");
    if (strikes("fail")) return problem(503, "Service unavailable", "Try again later");
    if (url.pathname === "/me") return [200, { _links: { self: `${COMPANY}/` }, id: "cmp_1q2w", name: "Acme Shop" }];
    const [, id, messages] = /^\/conversations\/([^/]+)(\/messages)?$/.exec(url.pathname) ?? [], here = id && conversation(id);
    if (!here) return problem(404, "Not found", "Unknown conversation");
    if (merged.has(id)) return [301, "", { location: `${COMPANY}/conversations/${merged.get(id)}` }];
    if (req.method === "GET") return messages ? list(id, here, url.searchParams) : [200, { _links: { self: `${COMPANY}/conversations/${id}` }, id, type: "conversation", status: here.status }];
    if (req.method === "POST" && messages && strikes("lost")) return problem(404, "Not found", "Unknown channel");
    if (req.method !== "POST" || !messages) return problem(404, "Not found", "No such address");
    if (!/^application\/json/.test(req.headers["content-type"])) return problem(415, "Unsupported media type", "Send JSON");
    return reply(id, here, JSON.parse(body));
}

function event({ id = name("evt_"), conversation: { id: where, ...members }, message: said, merged: gone }) {
    const { messages, ...here } = { ...conversation(where) };
    const from = members.recipient ?? { _links: { related: { contact: null } }, name: "Asha Verma", handle: "asha.verma@example.com", role: "from" };
    return {
        _links: { self: `${COMPANY}/events/${id}` }, id, type: gone ? "conversations_merged" : "inbound", emitted_at: Date.now() / 1000,
        conversation: { _links: { self: `${COMPANY}/conversations/${where}` }, id: where, type: "conversation", subject: "", ...here, tags: [], links: [], ...members, recipient: from },
        source: { _meta: { type: "inboxes" }, data: [{ id: "inb_4c", name: "Support", is_private: false }] },
        target: gone ? { _meta: { type: "deleted_conversation_ids" }, data: gone } : { _meta: { type: "message" }, data: message(where, { is_inbound: true, recipients: [from], ...said }) },
    };
}

async function webhook({ url, secret, check, ago = 0, body, rule, ...members }) {
    const authorization = { id: "cmp_1q2w" };
    const sent = body ?? JSON.stringify(check ? { type: "sync", authorization } : { type: members.merged ? "conversations_merged" : "inbound_received", authorization, payload: event(members) });
    const at = String(Date.now() - ago * 1000);
    const signed = rule ? createHmac("sha1", secret).update(sent) : createHmac("sha256", secret).update(`${at}:${sent}`);
    const headers = { "content-type": "application/json", "x-front-signature": signed.digest("base64"), ...(!rule && { "x-front-request-timestamp": at }), ...(check && { "x-front-challenge": check }) };
    const answer = await fetch(url, { method: "POST", headers, body: sent });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

function control(what, json) {
    if (what === "webhook") return webhook(json);
    if (what === "faults") return Object.assign(state.faults, json);
    if (what === "merge") return merged.set(json.from, json.into), {};
    if (what === "message") {
        const { conversation: id, ...members } = json, made = message(id, members);
        return conversation(id).messages.unshift(made), made;
    }
    if (what === "posted") return { posted: state.posted.length };
    return { ...state, conversations: Object.fromEntries([...conversations].map(([id, { status, messages }]) => [id, { status, messages: messages.length }])) };
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
        const { over, headers } = limits();
        if (state.faults.slow) await sleep(state.faults.slow);
        let answer;
        try {
            answer = judged(req, url, body, over);
        } catch (e) {
            answer = problem(500, "Internal error", e.stack);
        }
        if (answer === "hang") return;
        if (answer === "drop") return req.socket.destroy();
        const [status, content, more] = answer;
        const all = Object.entries({ "content-type": "application/json; charset=utf-8", ...headers, ...more }).filter(([, value]) => value !== undefined);
        res.writeHead(status, Object.fromEntries(all)).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
