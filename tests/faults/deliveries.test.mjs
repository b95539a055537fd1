// Deliveries whose worker is killed with -9 in every call to the carrier, after every one of them, and while the
// shipment is made; and fifty callers at once. Each parcel is handed over once, whatever happens. The carrier is the
// stand-in of a dry run: what it has done is what its calls in the log say.
import assert from "node:assert/strict";
import { api, check, eventually, finish, sql, tenantNew, token } from "../checks.mjs";
import { children, kill, master } from "./faults.mjs";

const tenant = tenantNew("deliverkill");
const call = api(await token("agent", tenant));
const parcel = { weightGrams: 1200, lengthMm: 250, breadthMm: 180, heightMm: 160 };
const HELD_SECONDS = 2;
let numbers = 0;

// Where test_hold says so, a statement rests before it is carried out, whether or not who sent it lives.
sql(`create table test_hold (what text);
    create function test_hold() returns trigger language plpgsql security definer as $$
    begin
        if exists (select from test_hold where what = tg_table_name or new::text like '%' || what || '%') then
            perform pg_sleep(${HELD_SECONDS});
        end if;
        return new;
    end $$;
    create trigger test_hold before insert on http_calls for each row execute function test_hold();
    create trigger test_hold before insert on shipments for each row execute function test_hold();
    create function test_hold_step() returns trigger language plpgsql security definer as $$
    begin
        if exists (select from test_hold where what = 'after ' || old.step and new.step <> old.step) then
            perform pg_sleep(${HELD_SECONDS});
        end if;
        return new;
    end $$;
    create trigger test_hold before update on delivery_reservations for each row execute function test_hold_step()`);
const hold = (what) => sql(`insert into test_hold values ('${what}')`);
const letGo = () => sql("truncate test_hold");
const held = () => sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'")[0][0] !== "0";

async function order() {
    const { body: { orderId } } = await call("POST", "/api/orders", {
        number: `K-${process.pid}-${++numbers}`,
        customer: { name: "Eva Keller" },
        items: [{ name: "Blue kettle", quantity: 1 }],
        shipTo: { name: "Eva Keller", street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" },
    });
    return orderId;
}

const deliver = (orderId) => call("POST", `/api/orders/${orderId}/deliveries`, parcel);
const hurry = () => sql("update jobs set run_at = now() where state = 'ready' and kind = 'ship.deliver' and attempt > 0 and run_at > now() + interval '2 s'");
const ended = (deliveryId) => eventually("the delivery ends", async () => {
    hurry();
    const { body } = await call("GET", `/api/deliveries/${deliveryId}`);
    return ["saved", "failed", "cancelled"].includes(body.state) && body;
}, 60);

async function once(deliveryId) {
    const done = await ended(deliveryId);
    assert.equal(done.state, "saved", JSON.stringify(done.failures));
    const made = sql(`select regexp_replace(url, '^.*/external', ''), count(*) from http_calls where entity = 'delivery:${deliveryId}' and status = 200 group by 1 order by 1`);
    assert.deepEqual(made, [["/courier/assign/awb", "1"], ["/courier/generate/pickup", "1"], ["/orders/create/adhoc", "1"]]);
    assert.deepEqual(sql(`select count(*) from shipments where tracking_number = '${done.trackingNumber}'`), [["1"]]);
    assert.deepEqual(sql(`select count(*) from domain_events where entity_id = '${done.shipmentId}'`), [["1"]]);
    assert.deepEqual(sql(`select count(*) from delivery_failures where reservation_id = '${deliveryId}' and resolved_at is null`), [["0"]]);
    return done;
}

async function killedWhile(what) {
    const orderId = await order();
    const before = children(master("track-worker"));
    hold(what);
    const { body: { deliveryId } } = await deliver(orderId);
    await eventually(`a worker is held in ${what}`, held);
    before.forEach((pid) => kill(pid));
    letGo();
    const done = await once(deliveryId);
    await eventually("new children are there", () => children(master("track-worker")).length === before.length);
    return done;
}

for (const path of ["/orders/create/adhoc", "/courier/assign/awb", "/courier/generate/pickup"])
    check(`killed in the call of ${path}`, () => killedWhile(path));
for (const step of ["create", "awb", "pickup"]) check(`killed before the answer of ${step} is written`, () => killedWhile(`after ${step}`));
check("killed while the shipment is made", () => killedWhile("shipments"));

check("killed again and again", async () => {
    const list = [];
    for (let i = 0; i < 12; i++) list.push((await deliver(await order())).body.deliveryId);
    for (let i = 0; i < 10; i++) {
        const all = children(master("track-worker"));
        if (all.length) kill(all[i % all.length]);
        await new Promise((go) => setTimeout(go, 120));
    }
    for (const deliveryId of list) await once(deliveryId);
});

check("of fifty callers at once one is told that it is done, and forty-nine that it is under way", async () => {
    const orderId = await order();
    hold("/orders/create/adhoc");
    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(orderId)));
    letGo();
    const count = (status) => answers.filter((one) => one.status === status).length;
    assert.deepEqual([count(202), count(409)], [1, 49]);
    assert.deepEqual(sql(`select count(*), sum(times) from delivery_failures where order_id = '${orderId}' and kind = 'concurrent'`), [["1", "49"]]);
    const done = await once(answers.find((one) => one.status === 202).body.deliveryId);
    const again = await deliver(orderId);
    assert.deepEqual([again.status, again.body.fromCache, again.body.shipmentId], [200, true, done.shipmentId]);
});

await finish();
