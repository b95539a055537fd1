// Shiprocket's external API, as far as the product uses it: node shiprocket.mjs [PORT]. Prints its port, and ends with its
// standard input (SIM_STAYS=1: it does not). The API user is EMAIL and PASSWORD below; a token works for 240 hours, but none
// that is older than the last `expire`. Pincode 999999 is refused (422), 999998 finds no courier (inside of a 200), the pickup
// location "Nowhere" is unknown (inside of a 200). For tests:
//   POST /control/faults   {name: n}  the next n requests but sign-ins: skip (nothing of the following strikes), throttle (429 with retry-after), throttleBare (429
//                          without), fail (503, nothing is done), bare (400 with a message alone); the next n calls that write:
//                          late (done, then 500), drop (done, then the connection breaks), hang (done, answered `hangs` ms
//                          later), garbage (done, answered with no JSON), html (done, answered as text/html); the next n
//                          look-ups: garbageList, lateList (without the newest order), goneList (404); the next n sign-ins: loginFail (503), loginThrottle (429); and switches:
//                          slow, loginSlow, hangs (ms), retryAfter (s), sameReturns (the reference of a return is taken
//                          again); the next n files: fileGone (404), fileHtml (no PDF)
//   POST /control/expire   every token given so far is refused
//   POST /control/scan     {awb, id, label, date, status, activity, location}: the parcel is seen; without id it is "NA"
//   POST /control/status   {awb, id}: the parcel's status alone
//   POST /control/hook     {url, awb, apiKey, times, members}: the webhook of how the parcel stands; answers the statuses
//   GET  /control/state    {orders, logins, requests, refused, calls: {path: n}, files, ndr}
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const EMAIL = "api-user@shop.example", PASSWORD = "simulated-password-0001", BASE = "/v1/external";
const state = { orders: [], logins: 0, requests: 0, refused: 0, calls: {}, files: 0, ndr: [], faults: {} };
const tokens = new Set();
let numbers = 0;

let spared = false;
const strikes = (name) => !spared && state.faults[name] > 0 && state.faults[name]--;
const problem = (status, message, more = {}, headers) => [status, { message, ...more, status_code: status }, headers];
const invalid = (errors) => problem(422, "Oops! Invalid Data.", { errors });
const indian = (ms = Date.now()) => new Date(ms + 330 * 60_000).toISOString();
const stamp = (ms) => indian(ms).slice(0, 19).replace("T", " ");
const of = (key, value) => state.orders.find((one) => String(one[key]) === String(value));

// ---- signing in

function login(json) {
    state.logins++;
    spared = false;
    if (strikes("loginFail")) return problem(503, "Try again later");
    if (strikes("loginThrottle")) return problem(429, "Too Many Attempts.");
    if (json.email !== EMAIL || json.password !== PASSWORD) return problem(400, "Invalid email and password combination");
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: 900001, jti: randomBytes(8).toString("hex") })}.${randomBytes(16).toString("base64url")}`;
    tokens.add(token);
    return [200, { id: 900001, first_name: "API", last_name: "USER", email: EMAIL, company_id: 700001, created_at: stamp(), token }];
}

// ---- writing

const needed = ["order_id", "order_date", "pickup_location", "billing_customer_name", "billing_address", "billing_city", "billing_pincode", "billing_country", "payment_method", "sub_total", "length", "breadth", "height", "weight"];

function made(json, more) {
    const n = ++numbers;
    const order = {
        order_id: 501000000 + n, shipment_id: 500000000 + n, channel_order_id: json.order_id, status: "NEW", status_code: 1, awb: "", courier: "",
        pickup_token: null, pickup_on: null, pincode: String(json.billing_pincode ?? ""), request: json, scans: [], shipment_status: 0, ...more,
    };
    state.orders.push(order);
    return order;
}

function create(json) {
    const errors = Object.fromEntries(needed.filter((key) => json[key] === undefined || json[key] === "").map((key) => [key, [`The ${key.replaceAll("_", " ")} field is required.`]]));
    if (String(json.billing_pincode) === "999999") errors.billing_pincode = ["The billing pincode is not serviceable."];
    if (String(json.order_id).length > 50) errors.order_id = ["The order id may not be greater than 50 characters."];
    if (of("channel_order_id", json.order_id)) errors.order_id = ["The order id has already been taken."];
    if (Object.keys(errors).length) return invalid(errors);
    if (json.pickup_location === "Nowhere") return [200, { message: "Wrong Pickup location entered. Please choose one location from the data given.", data: { data: [] } }];
    const { order_id, shipment_id, status, status_code } = made(json, {});
    return [200, { order_id, shipment_id, status, status_code, onboarding_completed_now: 0, awb_code: null, courier_company_id: null, courier_name: null }];
}

function assign(json) {
    const order = of("shipment_id", json.shipment_id);
    if (!order) return invalid({ shipment_id: ["The selected shipment id is invalid."] });
    if (order.awb) return problem(400, "Oops! Cannot reassign courier for this shipment.");
    if (order.pincode === "999998") return [200, { awb_assign_status: 0, response: { data: { awb_assign_error: "No courier serves this pincode." } } }];
    Object.assign(order, { awb: String(29050000000000 + order.shipment_id % 1e6), courier: "Delhivery Surface", status: "READY TO SHIP", status_code: 3, shipment_status: 1 });
    return [200, {
        awb_assign_status: 1,
        response: { data: { courier_company_id: 10, awb_code: order.awb, cod: 0, order_id: order.order_id, shipment_id: order.shipment_id, awb_code_status: 1, assigned_date_time: { date: `${stamp()}.000000`, timezone_type: 3, timezone: "Asia/Kolkata" }, courier_name: order.courier, pickup_scheduled_date: null } },
    }];
}

function pickup(json) {
    const order = of("shipment_id", json.shipment_id?.[0]);
    if (!order?.awb) return problem(400, "No shipment with an AWB.");
    if (order.pickup_token) return problem(400, "Already in Pickup Queue.");
    const day = json.pickup_date?.[0] ?? indian(Date.now() + 86_400_000).slice(0, 10);
    Object.assign(order, { pickup_token: `RGP${order.shipment_id}`, pickup_on: `${day} 09:00:00`, shipment_status: 3 });
    return [200, { pickup_status: 1, response: { pickup_scheduled_date: order.pickup_on, pickup_token_number: order.pickup_token, status: 3, others: "{\"tier_id\":5}", pickup_generated_date: { date: `${stamp()}.000000`, timezone_type: 3, timezone: "Asia/Kolkata" }, data: "Pickup is confirmed." } }];
}

function cancel(json) {
    const orders = (json.ids ?? []).map((id) => of("order_id", id));
    if (!orders.length || orders.some((one) => !one)) return invalid({ ids: ["The selected ids are invalid."] });
    if (orders.some((one) => one.status_code === 5)) return problem(400, "Cannot cancel order in the current status.");
    if (orders.some((one) => [17, 7, 18, 42].includes(one.shipment_status))) return problem(400, "The shipment has been picked up.");
    orders.forEach((one) => Object.assign(one, { status: "CANCELED", status_code: 5, shipment_status: 8 }));
    return [204, ""];
}

const file = (req, folder, name) => `http://${req.headers.host}/files/${folder}/${name}.pdf`;

function label(req, json) {
    const order = of("shipment_id", json.shipment_id?.[0]);
    if (!order?.awb) return [200, { label_created: 0, label_url: null, response: "AWB is not assigned yet.", not_created: json.shipment_id }];
    return [200, { label_created: 1, label_url: file(req, "labels", order.shipment_id), response: "Label has been created and uploaded successfully!", not_created: [] }];
}

function manifest(req, json, again) {
    const order = again ? of("order_id", json.order_ids?.[0]) : of("shipment_id", json.shipment_id?.[0]);
    if (!order?.pickup_token) return problem(400, "Pickup is not scheduled yet.");
    if (!again && order.manifested) return problem(400, "Manifest already generated.", { already_manifested_shipment_ids: [order.shipment_id] });
    order.manifested = true;
    return [200, { status: 1, manifest_url: file(req, "manifests", order.shipment_id) }];
}

function invoice(req, json) {
    const order = of("order_id", json.ids?.[0]);
    if (!order) return [400, { is_invoice_created: false, not_created: json.ids, message: "No such order." }];
    return [200, { is_invoice_created: true, invoice_url: file(req, "invoices", order.order_id), not_created: [] }];
}

function give_back(json) {
    if (!state.faults.sameReturns && of("channel_order_id", json.order_id)) return invalid({ order_id: ["The order id has already been taken."] });
    if (!json.pickup_pincode || !json.shipping_pincode) return invalid({ shipping_pincode: ["The shipping pincode field is required."] });
    const { order_id, shipment_id, status, status_code } = made(json, { status: "RETURN PENDING", status_code: 21 });
    return [200, { order_id, shipment_id, status, status_code, company_name: "ACME Home" }];
}

function ndr(awb, json) {
    const order = of("awb", awb);
    if (order?.shipment_status !== 21) return problem(400, "The shipment is not in NDR.");
    state.ndr.push({ awb, ...json });
    return [202, { message: "NDR action has been taken.", success: true }];
}

// ---- looking

const shown = (o) => ({
    id: o.order_id, channel_id: 4422, channel_order_id: o.channel_order_id, status: o.status, status_code: o.status_code,
    shipments: { id: o.shipment_id, awb: o.awb, courier: o.courier, pickup_scheduled_date: o.pickup_on, pickup_token_number: o.pickup_token },
});

const isReturn = (o) => o.status.startsWith("RETURN");

// A parcel on its way back has its number beside its parcels, and is in a list of its own, which knows no search.
function list(query, returns) {
    if (strikes("garbageList")) return [200, "<p>Please wait"];
    if (strikes("goneList")) return problem(404, "404 Not Found");
    const size = Number(query.get("per_page") ?? 20), at = Number(query.get("page") ?? 1), late = strikes("lateList");
    const all = late ? state.orders.slice(0, -1) : state.orders;
    const found = returns ? all.filter(isReturn).toReversed() : all.filter((one) => !isReturn(one) && one.channel_order_id.startsWith(query.get("search") ?? ""));
    const parcel = (o) => returns ? { shipment_id: o.shipment_id, shipments: [{ courier: "", awb: "" }] } : { shipments: [shown(o).shipments] };
    return [200, {
        data: found.slice((at - 1) * size, at * size).map((o) => ({ ...shown(o), ...parcel(o) })),
        meta: { pagination: { total: found.length, count: found.length, per_page: size, current_page: at, total_pages: Math.max(1, Math.ceil(found.length / size)), links: {} } },
    }];
}

function tracking(o) {
    if (!o?.scans.length) return { tracking_data: { track_status: 0, shipment_status: 0, shipment_track: [{}], track_url: "", error: "Aahh! There is no activities found in our DB." } };
    return {
        tracking_data: {
            track_status: 1, shipment_status: o.shipment_status,
            shipment_track: [{ id: 610001, awb_code: o.awb, courier_company_id: 10, shipment_id: o.shipment_id, order_id: o.order_id, current_status: "", courier_name: o.courier, pod: "Not Available" }],
            shipment_track_activities: o.scans.toReversed(), track_url: `https://track.example.com/${o.awb}`, etd: o.etd ?? "", qc_response: { qc_image: "", qc_failed_reason: "" },
        },
    };
}

function serviceability(query) {
    if (query.get("delivery_postcode") === "999998") return [200, { status: 404, message: "No courier company is available." }];
    return [200, {
        currency: "INR", status: 200,
        data: {
            available_courier_companies: [
                { courier_company_id: 10, courier_name: "Delhivery Surface", rate: 83.5, freight_charge: 83.5, cod: 0, estimated_delivery_days: "3", etd: "Mar 05, 2026", rating: 4.4, is_surface: true, blocked: 0 },
                { courier_company_id: 51, courier_name: "Xpressbees Air", rate: 121, freight_charge: 121, cod: 0, estimated_delivery_days: "2", etd: "Mar 04, 2026", rating: 4.1, is_surface: false, blocked: 0 },
            ],
            blocked_courier_companies: [], recommended_courier_company_id: 10, shiprocket_recommended_courier_id: 10,
        },
    }];
}

const writes = {
    "/orders/create/adhoc": (req, json) => create(json), "/courier/assign/awb": (req, json) => assign(json), "/courier/generate/pickup": (req, json) => pickup(json),
    "/orders/cancel": (req, json) => cancel(json), "/courier/generate/label": label, "/manifests/generate": manifest,
    "/manifests/print": (req, json) => manifest(req, json, true), "/orders/print/invoice": invoice, "/orders/create/return": (req, json) => give_back(json),
};

async function write(req, path, json) {
    const [, awb] = /^\/ndr\/([^/]+)\/action$/.exec(path) ?? [];
    const act = awb ? () => ndr(awb, json) : writes[path];
    if (!act) return problem(404, "404 Not Found");
    const answer = act(req, json);
    if (strikes("late")) return problem(500, "Internal Server Error");
    if (strikes("drop")) return "drop";
    if (strikes("hang")) await sleep(state.faults.hangs ?? 12_000);
    if (strikes("garbage")) return [200, "done {"];
    return strikes("html") ? [answer[0], JSON.stringify(answer[1]), { "content-type": "text/html" }] : answer;
}

function look(url, path) {
    const [, id] = /^\/orders\/show\/(\d+)$/.exec(path) ?? [], [, awb] = /^\/courier\/track\/awb\/(.+)$/.exec(path) ?? [];
    if (path === "/orders" || path === "/orders/processing/return") return list(url.searchParams, path !== "/orders");
    if (id) return of("order_id", id) ? [200, { data: shown(of("order_id", id)) }] : problem(404, "Order not found");
    if (awb) return [200, tracking(of("awb", awb))];
    if (path === "/courier/serviceability/") return serviceability(url.searchParams);
    return problem(404, "404 Not Found");
}

async function judged(req, url, body) {
    const path = url.pathname.slice(BASE.length), json = body ? JSON.parse(body) : {};
    if (path === "/auth/login") {
        if (state.faults.loginSlow) await sleep(state.faults.loginSlow);
        return login(json);
    }
    state.requests++;
    state.calls[path] = (state.calls[path] ?? 0) + 1;
    if (!tokens.has(/^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1])) return state.refused++, problem(401, "Unauthenticated.");
    spared = strikes("skip");
    if (strikes("throttle")) return problem(429, "Too Many Attempts.", {}, { "retry-after": String(state.faults.retryAfter ?? 2) });
    if (strikes("throttleBare")) return problem(429, "Too Many Attempts.");
    if (strikes("fail")) return problem(503, "Service Unavailable");
    if (strikes("bare")) return [400, { message: "Something is wrong with this request" }];
    if (req.method === "GET") return look(url, path);
    if (path === "/courier/track/awbs") return [200, Object.fromEntries(json.awbs.map((one) => [one, tracking(of("awb", one))]))];
    return write(req, path, json);
}

// ---- for tests

function scan({ awb, id, date = stamp(), status = "X-UCI", activity = "Seen", location = "Pune_Hub (Maharashtra)", label: name = "NA" }) {
    const order = of("awb", awb);
    order.scans.push({ date, status, activity, location, "sr-status": id === undefined ? "NA" : String(id), "sr-status-label": name });
    if (id !== undefined) order.shipment_status = id;
    return {};
}

async function hook({ url, awb, apiKey, times = 1, members = {} }) {
    const o = of("awb", awb), now = indian(), body = JSON.stringify({
        awb: o.awb, courier_name: o.courier, current_status: o.status, current_status_id: 20, shipment_status: "", shipment_status_id: o.shipment_status,
        current_timestamp: `${now.slice(8, 10)} ${now.slice(5, 7)} ${now.slice(0, 4)} ${now.slice(11, 19)}`, order_id: o.channel_order_id, sr_order_id: o.order_id,
        awb_assigned_date: stamp(), pickup_scheduled_date: o.pickup_on, etd: "", scans: o.scans, is_return: 0, channel_id: 4422, pod_status: "", pod: "Not Available", ...members,
    });
    const statuses = [];
    for (let i = 0; i < times; i++) {
        const headers = { "content-type": "application/json", ...(apiKey && { "x-api-key": apiKey }) };
        statuses.push((await fetch(url, { method: "POST", headers, body }).catch(() => ({ status: 0 }))).status);
    }
    return { statuses };
}

function control(what, json) {
    if (what === "faults") return Object.assign(state.faults, json);
    if (what === "expire") return tokens.clear(), {};
    if (what === "scan") return scan(json);
    if (what === "status") return of("awb", json.awb).shipment_status = json.id, {};
    if (what === "hook") return hook(json);
    return state;
}

const pdf = (name) => Buffer.from(`%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n% ${createHash("sha256").update(name).digest("hex")}\ntrailer<</Root 1 0 R>>\n%%EOF\n`);

const server = createServer((req, res) => {
    const parts = [];
    req.on("data", (d) => parts.push(d));
    req.on("end", async () => {
        const body = Buffer.concat(parts).toString(), url = new URL(req.url, "http://x");
        if (url.pathname.startsWith("/control/")) {
            const told = await control(url.pathname.slice(9), body ? JSON.parse(body) : {});
            return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(told));
        }
        if (url.pathname.startsWith("/files/")) {
            spared = false;
            state.files++;
            if (strikes("fileGone")) return res.writeHead(404).end();
            if (strikes("fileHtml")) return res.writeHead(200, { "content-type": "application/pdf" }).end("<p>Signed out</p>");
            return res.writeHead(200, { "content-type": "application/pdf" }).end(pdf(url.pathname));
        }
        if (state.faults.slow) await sleep(state.faults.slow);
        let answer;
        try {
            answer = await judged(req, url, body);
        } catch (e) {
            answer = problem(500, e.stack);
        }
        if (answer === "drop") return req.socket.destroy();
        const [status, content, headers] = answer;
        res.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof content === "string" ? content : JSON.stringify(content));
    });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));
if (!process.env.SIM_STAYS) process.stdin.on("end", () => process.exit()).resume();
