// Shiprocket over HTTP: its webhook through nginx, answered with 200 alone; and what a carrier is asked of a shipment, which
// in a dry run is told to nobody.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { api, base, check, ctl, eventually, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("courier");
const agent = api(await token("agent", tenant)), viewer = api(await token("viewer", tenant));
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const secret = "abcdefghijlmnopqtuvwxyz012", key = `panel-${tenant}`;
const address = `${base}/api/hooks/c/${secret}`, nobody = "00000000-0000-7000-8000-000000000000";
const made = (table, row) => sql(`insert into ${table} (tenant_id, ${Object.keys(row).join(", ")})
    values ('${tenantId}', ${Object.values(row).map((value) => `'${value}'`).join(", ")}) returning id`)[0][0];
const customer = made("customers", { name: "Asha Verma" });
const order = made("orders", { number: "C-1", customer_id: customer, recipient_name: "Asha Verma", postal_code: "411001", country: "IN" });
const purchaseOrder = made("purchase_orders", { number: "CP-1", order_id: order });
const shipment = made("shipments", { purchase_order_id: purchaseOrder, carrier: "shiprocket", tracking_number: "29051234567890", public_token: `token-of-${tenant}-courier` });
const at = `/api/ship/shipments/${shipment}`;
let account;

const body = (id, date) => JSON.stringify({
    awb: 29051234567890, courier_name: "Delhivery Surface", current_status_id: 20, shipment_status: "SEEN", shipment_status_id: id, current_timestamp: "04 03 2026 08:58:10", etd: null,
    scans: [{ date, status: "X-ILL2F", activity: "Seen", location: "Pune_Hub (Maharashtra)", "sr-status": String(id), "sr-status-label": "NA" }],
});
const post = (to, headers, text) => fetch(to, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text });

check("an account gets an address without the words that Shiprocket forbids", () => {
    const wrong = (...pairs) => assert.throws(() => ctl("provider", "add", "shiprocket", "--tenant", tenant, "--name", "x", ...pairs));
    wrong("--set", "email=api@shop.example");
    wrong("--secret", "password=p");
    wrong("--set", "email=api@shop.example", "--secret", "password=p", "--secret", "hookToken=short");
    wrong("--set", "email=api@shop.example", "--set", "passwordFile=../passwd");
    ({ id: account } = ctl("provider", "add", "shiprocket", "--tenant", tenant, "--name", "Shiprocket", "--json", "--set", "email=api@shop.example",
        "--secret", "password=p", "--secret", `hookToken=${secret}`, "--secret", `webhookSecret=${key}`));
});

check("its webhook is answered with 200, whoever else knocks with something else", async () => {
    const [text, good] = [body(18, "2026-03-03 06:12:05"), { "x-api-key": key }];
    await eventually("the account is read", async () => (await post(address, good, text)).status === 200);
    assert.equal((await post(address, good, text)).status, 200);
    assert.equal((await fetch(address, { method: "HEAD" })).status, 200);
    assert.equal((await fetch(address)).status, 405);
    assert.equal((await post(address, { "x-api-key": "another" }, text)).status, 401);
    assert.equal((await post(`${base}/api/hooks/c/abcdefghijlmnopqtuvwxyz013`, good, text)).status, 401);
    assert.equal((await post(address, good, " ".repeat(1 << 20) + text)).status, 413);
    const moved = await eventually("the parcel moves", async () => {
        const { body: one } = await viewer("GET", at);
        return one.status === "in_transit" && one;
    });
    assert.deepEqual(moved.events.filter((e) => e.type === "SCAN").map((e) => [e.occurredAt, e.mapper]), [["2026-03-03T00:42:05.000Z", "shiprocket.scan/1"]]);
    const kept = sql(`select path, count(*) from inbox where tenant_id = '${tenantId}' group by path`);
    assert.deepEqual(kept, [["/api/hooks/c/…", "1"]]);
    for (const log of ["track-hook.log", "track-web.log", "track-worker.log"]) {
        try {
            assert.ok(!readFileSync(`${process.env.VAR}/log/${log}`, "utf8").includes(secret), log);
        } catch (error) {
            if (error.code !== "ENOENT") throw error;
        }
    }
});

check("where a carrier cannot be asked, it is said why", async () => {
    const reason = async (act, from = at) => {
        const answer = await agent("POST", `${from}/${act}`, act === "ndr" ? { action: "return" } : {});
        assert.equal(answer.status, 409, answer.text);
        return answer.body.detail;
    };
    assert.match(await reason("label"), /not handed over from here/);
    assert.match(await reason("ndr"), /could not be delivered/);
    const other = made("shipments", { carrier: "dhl", tracking_number: "JD1", public_token: `token-of-${tenant}-another` });
    assert.match(await reason("label", `/api/ship/shipments/${other}`), /no carrier that this server calls/);
    assert.equal((await agent("POST", `/api/ship/shipments/${nobody}/label`, {})).status, 404);
    assert.equal((await viewer("POST", `${at}/label`, {})).status, 403);
});

check("in a dry run it is asked for and told to nobody", async () => {
    sql(`insert into carrier_parcels (tenant_id, shipment_id, account_id, our_ref, carrier_order_id, carrier_shipment_id)
        values ('${tenantId}', '${shipment}', '${account}', 'C-1-1', '501', '500')
        on conflict (tenant_id, shipment_id) do update set carrier_order_id = '501', carrier_shipment_id = '500', our_ref = 'C-1-1'`);
    made("delivery_reservations", { order_id: order, parcel: 1, purchase_order_id: purchaseOrder, carrier: "shiprocket", dry_run: "f", our_ref: "C-1-1", asked: "{}",
        request: JSON.stringify({ recipient: { name: "Asha Verma", street: "MG Road 1", postalCode: "411001", city: "Pune", country: "IN" } }), state: "saved", step: "done",
        shipment_id: shipment, account_id: account });
    const status = (to) => sql(`update shipments set status = '${to}' where id = '${shipment}'`);
    const settled = (actId) => eventually("it is settled", async () => {
        const { body: one } = await viewer("GET", `${at}/acts/${actId}`);
        return one.state !== "waiting" && one;
    });
    const acts = [["label", {}, "info_received"], ["manifest", {}], ["invoice", {}], ["pickup", { pickupOn: "2026-06-01" }], ["cancel", {}],
        ["serviceability", { pickupPostalCode: "560001" }], ["ndr", { action: "re-attempt", comments: "Ring twice" }, "failed_attempt"], ["return", {}, "delivered"]];
    ctl("provider", "set", account, "--tenant", tenant, ...["Name", "Street", "PostalCode", "City", "Region", "Country", "Phone"].flatMap((one) => ["--set", `return${one}=x`]));
    for (const [act, given, stands] of acts) {
        if (stands) status(stands);
        const answer = await agent("POST", `${at}/${act}`, given);
        assert.equal(answer.status, 202, answer.text);
        assert.equal(answer.headers.get("location"), `${at}/acts/${answer.body.actId}`);
        const one = await settled(answer.body.actId);
        assert.deepEqual([one.act, one.state, one.document], [act, "failed", null]);
        assert.match(one.sentence, /TRACK_CARRIER_DRY_RUN/);
    }
    assert.equal((await viewer("GET", `${at}/acts`)).body.acts.length, acts.length);
    assert.deepEqual(sql(`select count(*) from http_calls where entity = 'shipment:${shipment}'`), [["0"]]);
    assert.equal((await agent("POST", `${at}/pickup`, { pickupOn: "soon" })).status, 409);
    assert.equal((await agent("POST", `${at}/ndr`, { action: "burn" })).status, 422);
    assert.equal((await viewer("GET", `${at}/acts/${nobody}`)).status, 404);
});

check("a document is a file of ours", async () => {
    const pdf = `%PDF-1.4 ${tenant}`, sha256 = createHash("sha256").update(pdf).digest("hex");
    const [, store] = /^TRACK_STORE_DIR=(.+)$/m.exec(readFileSync(`${process.env.VAR}/settings`, "utf8"));
    const folder = `${store}/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${sha256}`, pdf);
    sql(`insert into blobs (tenant_id, sha256, size, content_type) values ('${tenantId}', '${sha256}', ${pdf.length}, 'application/pdf')`);
    const [[label]] = sql(`update shipment_acts set state = 'done', sha256 = '${sha256}', content_type = 'application/pdf' where shipment_id = '${shipment}' and act = 'label' returning id`);
    const { body: { document } } = await viewer("GET", `${at}/acts/${label}`);
    const file = await agent("GET", document);
    assert.equal(file.status, 200, file.text);
    assert.match(file.headers.get("content-disposition"), /label 29051234567890\.pdf/);
    assert.equal((await viewer("GET", document)).status, 403);
});

check("its page has buttons for what may be asked, and they work without JavaScript", async () => {
    const staff = await person("agent", tenant), path = `/shipments/${shipment}`;
    const text = await (await staff(path)).text(), [, csrfToken] = /name="csrfToken" value="([^"]+)"/.exec(text);
    assert.match(text, /Ask the carrier/);
    assert.match(text, new RegExp(`action="${path}/label"`));
    assert.doesNotMatch(text, new RegExp(`action="${path}/cancel"`));
    assert.match(text, /Download/);
    const sent = await staff(`${path}/invoice`, { csrfToken });
    assert.deepEqual([sent.status, sent.headers.get("location")], [303, `${path}#carrier`]);
    const refused = await staff(`${path}/cancel`, { csrfToken });
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /takes it back no more/);
});

await finish();
