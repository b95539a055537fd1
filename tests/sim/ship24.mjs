// Ship24's API, as far as the product uses it: node ship24.mjs [PORT]. Prints its port, and ends with its standard input
// (SIM_STAYS=1: it does not). The API key is KEY below. The same values again make no second tracker; a clientTrackerId with
// other values is a conflict. For tests:
//   POST /control/faults   {name: n}  the next n requests: throttle (429 in plain text with Retry-After), throttleLeft (with
//                          RateLimit-Reset alone, seconds left), throttleAt (with X-RateLimit-Reset alone, a time), throttleBare
//                          (429 alone), fail (503, nothing is done), forbid (403, the quota); the next n calls that write: late
//                          (done, then 500), drop (done, then the connection breaks), hang (done, answered `hangs` ms later),
//                          garbage (done, answered with no JSON), html (done, answered as text/html); the next n bulk calls:
//                          refuse (400 without its items), forget (the last item is not told of), turn (items in another order);
//                          and switches: hangs (ms), slow (ms)
//   POST /control/event    {number, status, milestone, code, at, courier, id}: the parcel of that number is seen
//   POST /control/gone     {number}: its tracker is not there any more
//   POST /control/hook     {url, secret, number, times}: posts its events, each a message; answers the statuses
//   POST /control/count    {number}: answers {n}, its trackers
//   GET  /control/state    {requests, calls: {"METHOD path": n}, resent: [ids]}
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const KEY = "simulated-key-of-ship24-0001", BASE = "/public/v1";
const state = { trackers: [], events: {}, requests: 0, calls: {}, resent: [], faults: {} };
const strikes = (name) => state.faults[name] > 0 && state.faults[name]--;
const problem = (status, code, message) => [status, { errors: [{ code, message }], data: null }];
const shown = ({ body, ...tracker }) => tracker;
const of = (id, by) => state.trackers.find((t) => (by === "clientTrackerId" ? t.clientTrackerId : t.trackerId) === id);

// ---- trackers

function made(body) {
    const number = body?.trackingNumber;
    if (typeof number !== "string" || !/^[\w\-/.]{5,50}$/.test(number))
        return { status: "error", error: { code: "validation_error", message: "trackingNumber must be longer than or equal to 5 characters" } };
    const text = JSON.stringify(body);
    const before = state.trackers.find((t) => t.body === text);
    if (before) return { status: "existing", tracker: before };
    if (body.clientTrackerId && of(body.clientTrackerId, "clientTrackerId"))
        return { status: "error", error: { code: "tracker_conflict", message: "An active tracker has this clientTrackerId" } };
    const tracker = {
        trackerId: randomUUID(), trackingNumber: number, shipmentReference: body.shipmentReference ?? null, courierCode: body.courierCode,
        clientTrackerId: body.clientTrackerId ?? null, isSubscribed: true, isTracked: true, createdAt: new Date().toISOString(), body: text,
    };
    state.trackers.push(tracker);
    return { status: "created", tracker };
}

function create(body) {
    const { error, tracker } = made(body);
    if (error) return problem(error.code === "tracker_conflict" ? 409 : 400, error.code, error.message);
    return [201, { data: { tracker: shown(tracker) } }];
}

function bulk(list) {
    if (!Array.isArray(list) || list.length > 100)
        return [400, { status: "error", summary: null, data: null, error: { code: "bulk_create_limit_exceeded", message: "At most 100 trackers" } }];
    if (strikes("refuse")) return [400, { status: "error", summary: null, data: null, error: { code: "validation_error", message: "The list is not valid" } }];
    const items = list.map((inputData) => {
        const { status, tracker, error } = made(inputData);
        return { itemStatus: status, inputData, tracker: tracker ? shown(tracker) : null, errors: error ? [error] : [] };
    });
    const n = (status) => items.filter((one) => one.itemStatus === status).length;
    const summary = { totalInputs: items.length, totalCreated: n("created"), totalExisting: n("existing"), totalErrors: n("error") };
    const status = summary.totalErrors === 0 ? "success" : summary.totalErrors === items.length ? "error" : "partial";
    if (strikes("forget")) items.pop();
    if (strikes("turn")) items.reverse();
    return [{ success: 201, partial: 207, error: 400 }[status], { status, summary, data: items, error: null }];
}

const tracking = (tracker, events) => ({
    metadata: { generatedAt: new Date().toISOString(), messageId: randomUUID(), topic: "tracking/events" },
    tracker: shown(tracker),
    shipment: {
        shipmentId: randomUUID(), statusCode: null, statusCategory: null, statusMilestone: events[0]?.statusMilestone ?? "pending",
        delivery: { estimatedDeliveryDate: null, courierEstimatedDeliveryDate: null, service: null, signedBy: null }, trackingNumbers: [{ tn: tracker.trackingNumber }],
    },
    events,
});

const eventsOf = (tracker) => state.events[tracker.trackingNumber] ?? [];

// ---- the API

function answer(method, path, query, json) {
    const parts = path.slice(BASE.length + 1).split("/");
    if (method === "GET" && path === `${BASE}/trackers`) return [200, { data: { trackers: state.trackers.slice(0, Number(query.get("limit") ?? 50)).map(shown) } }];
    if (method === "POST" && path === `${BASE}/trackers`) return create(json);
    if (method === "POST" && path === `${BASE}/trackers/bulk`) return bulk(json);
    const tracker = parts[0] === "trackers" && of(decodeURIComponent(parts[1] ?? ""), query.get("searchBy"));
    if (!tracker) return problem(404, "tracker_not_found", "Tracker not found");
    const { metadata, ...whole } = tracking(tracker, eventsOf(tracker));
    if (method === "GET" && parts.length === 2) return [200, { data: { tracker: shown(tracker) } }];
    if (method === "GET" && parts[2] === "results") return [200, { data: { trackings: [whole] } }];
    if (method === "POST" && parts[2] === "webhook-events") {
        state.resent.push(tracker.trackerId);
        return [201, { data: { summary: { totalResent: eventsOf(tracker).length } } }];
    }
    return problem(404, "not_found", "No such path");
}

function throttled() {
    const head = { "content-type": "text/plain" }, text = "Too many requests, please try again later.";
    if (strikes("throttle")) return [429, text, { ...head, "retry-after": "2", "ratelimit-reset": "1" }];
    if (strikes("throttleLeft")) return [429, text, { ...head, "ratelimit-reset": "3" }];
    if (strikes("throttleAt")) return [429, text, { ...head, "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 4) }];
    return strikes("throttleBare") ? [429, text, head] : null;
}

async function api(req, url, body) {
    state.requests++;
    const call = `${req.method} ${url.pathname.slice(BASE.length).replace(/\/trackers\/(?!bulk)[^/]+/, "/trackers/:id")}`;
    state.calls[call] = (state.calls[call] ?? 0) + 1;
    await sleep(state.faults.slow ?? 0);
    const limit = throttled();
    if (limit) return limit;
    if (strikes("fail")) return [503, "Service Unavailable", { "content-type": "text/plain" }];
    if (req.headers.authorization !== `Bearer ${KEY}`) return problem(401, "unauthorized", "Invalid API key");
    if (strikes("forbid")) return problem(403, "quota_limit_reached", "The quota of the plan is used up");
    const done = answer(req.method, url.pathname, url.searchParams, body ? JSON.parse(body) : null);
    if (req.method === "GET") return done;
    if (strikes("late")) return [500, { errors: [{ code: "processing_error", message: "Internal error" }], data: null }];
    if (strikes("drop")) return null;
    if (strikes("hang")) await sleep(state.faults.hangs ?? 1000);
    if (strikes("garbage")) return [done[0], "{\"data\": {\"tracker\"", { "content-type": "application/json" }];
    return strikes("html") ? [200, "<!doctype html><p>Welcome", { "content-type": "text/html" }] : done;
}

// ---- control

async function hook({ url, secret, number, times = 1 }) {
    const statuses = [];
    const tracker = state.trackers.find((t) => t.trackingNumber === number);
    for (const event of eventsOf(tracker))
        for (let i = 0; i < times; i++) {
            const body = JSON.stringify({ trackings: [tracking(tracker, [event])] });
            const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
            statuses.push((await fetch(url, { method: "POST", headers, body })).status);
        }
    return { statuses };
}

async function control(what, json) {
    if (what === "state") return { requests: state.requests, calls: state.calls, resent: state.resent };
    if (what === "count") return { n: state.trackers.filter((t) => t.trackingNumber === json.number).length };
    if (what === "faults") return Object.assign(state.faults, json);
    if (what === "hook") return hook(json);
    if (what === "gone") state.trackers = state.trackers.filter((t) => t.trackingNumber !== json.number);
    if (what === "event")
        (state.events[json.number] ??= []).unshift({
            eventId: json.id ?? randomUUID(), trackingNumber: json.number, eventTrackingNumber: json.number, status: json.status, order: null,
            occurrenceDatetime: json.at, location: null, sourceCode: null, courierCode: json.courier ?? null, statusCode: json.code ?? null,
            statusCategory: null, statusMilestone: json.milestone,
        });
    return {};
}

const server = createServer(async (req, res) => {
    const url = new URL(req.url, "http://x");
    let body = "";
    for await (const piece of req) body += piece;
    if (url.pathname.startsWith("/control/")) return res.end(JSON.stringify(await control(url.pathname.slice(9), body ? JSON.parse(body) : {})));
    const told = await api(req, url, body);
    if (!told) return req.socket.destroy();
    const [status, said, headers] = told;
    res.writeHead(status, { "content-type": "application/json", ...headers });
    res.end(typeof said === "string" ? said : JSON.stringify(said));
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
