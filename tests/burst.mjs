// A burst of carriers' webhooks about parcels whose customers are told at Front: what of it came to be, beside what the
// table of notifications says of the changes that were made.
import { randomBytes } from "node:crypto";
import { api, base, ctl, eventually, sim, sql, tenantNew, token } from "./checks.mjs";

const HISTORY = ["info_received", "in_transit", "out_for_delivery", "failed_attempt", "out_for_delivery", "delivered"];
const TABLE = { in_transit: "shipped", out_for_delivery: "out_for_delivery", delivered: "delivered", exception: "exception" };
const told = ({ from, to }) => (TABLE[to] !== "shipped" || ["pending", "info_received"].includes(from) ? TABLE[to] : undefined);

// Numbers whose order is that of their digests: the same disorder each time.
const shuffled = (list) => list.map((one, i) => [(i * 7919 + 104729) % 1000003 % 99991, one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);

// Parcels with their orders and conversations, each with its history as webhooks; every tenth webhook comes twice, and
// their order is none. `during(posted)` goes on beside it, posted() being how many were taken.
export async function burst({ name, parcels, clients = 32, during = async () => {} }) {
    const tenant = tenantNew(name), secret = randomBytes(12).toString("hex");
    const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
    const front = await sim("front", process.env.FRONT_PORT);
    ctl("provider", "add", "generic", "--tenant", tenant, "--name", "Burst", "--set", "carrier=burst", "--secret", `token=${secret}`);
    ctl("provider", "add", "front", "--tenant", tenant, "--name", "Front", "--set", `endpoint=http://127.0.0.1:${front.port}`, "--set", "ratePerMinute=0", "--secret", "apiToken=simulated-front-token-0001");
    sql(`with c as (insert into customers (tenant_id, name, email) values ('${id}', 'Eva Keller', 'eva@example.com') returning id),
        o as (insert into orders (tenant_id, number, customer_id, recipient_name, country, front_conversation_id, thread_status)
            select '${id}', 'B-' || n, c.id, 'Eva Keller', 'CH', 'cnv_${name}' || n, 'manually_linked' from c, generate_series(1, ${parcels}) n returning id, number),
        p as (insert into purchase_orders (tenant_id, number, order_id) select '${id}', 'PO-' || number, id from o returning id, number)
        insert into shipments (tenant_id, purchase_order_id, carrier, tracking_number, public_token)
        select '${id}', p.id, 'burst', 'BU' || substr(number, 6), replace(gen_random_uuid()::text, '-', '') from p`);
    const began = Date.now() - 7_200_000;
    const all = Array.from({ length: parcels }, (_, p) => HISTORY.map((status, i) => ({ trackingNumber: `BU${p + 1}`, events: [{ id: `${p}-${i}`, status, occurredAt: new Date(began + p * 100 + i * 600_000).toISOString() }] }))).flat();
    const list = shuffled([...all, ...all.filter((_, i) => i % 10 === 0)]);
    let next = 0, taken = 0;
    const client = async () => {
        while (next < list.length) {
            const body = JSON.stringify(list[next++]);
            for (;;) {
                const answer = await fetch(`${base}/api/carriers/burst/callback`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": secret }, body }).catch(() => ({ status: 0 }));
                if (answer.status < 300 && answer.status) break;
                if (![0, 429, 503].includes(answer.status)) throw new Error(`a webhook was answered ${answer.status}`);
                await new Promise((go) => setTimeout(go, 50));
            }
            taken++;
        }
    };
    const start = performance.now();
    const posting = Promise.all(Array.from({ length: clients }, client));
    await during(() => taken);
    await posting;
    const seconds = (performance.now() - start) / 1000;
    const call = api(await token("admin", tenant));
    const number = (query) => Number(sql(query)[0][0]);
    await eventually("all of it is worked off", async () => {
        await call("GET", "/api/tasks/events");
        return !number(`select (select count(*) from shipments where tenant_id = '${id}' and status <> 'delivered')
            + (select count(*) from inbox where tenant_id = '${id}' and state = 'new')
            + (select count(*) from customer_notifications where tenant_id = '${id}' and state in ('queued', 'sending'))
            + (select count(*) from domain_events e where tenant_id = '${id}' and name = 'ShipmentStatusChanged' and dispatched_at is null)`);
    }, 900);
    const settled = (performance.now() - start) / 1000;
    const changes = sql(`select id, data ->> 'from', data ->> 'to' from domain_events where tenant_id = '${id}' and name = 'ShipmentStatusChanged'`);
    const due = changes.filter(([, from, to]) => told({ from, to })).map(([event, from, to]) => `${event} ${told({ from, to })}`);
    const rows = sql(`select event_id || ' ' || type, state, conversation_id from customer_notifications where tenant_id = '${id}'`);
    const sent = rows.filter(([, state]) => state === "sent").map(([, , conversation]) => conversation);
    const { posted } = await (await fetch(`http://127.0.0.1:${front.port}/control/state`)).json();
    await front.end();
    return {
        webhooks: list.length, parcels, seconds, settled, changes: changes.length,
        scans: number(`select count(*) from shipment_events where tenant_id = '${id}' and type = 'SCAN'`), wanted: all.length,
        due: due.sort(), decided: rows.map(([key]) => key).sort(),
        sent: sent.sort(), posted: posted.map((one) => one.conversation).filter((one) => one.startsWith(`cnv_${name}`)).sort(),
        unsettled: rows.filter(([, state]) => !["sent", "superseded"].includes(state)),
    };
}
