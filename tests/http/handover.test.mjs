// Labels of parcels, what waits to be handed over, and the manifests of what was.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { api, base, check, finish, person, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("handover");
const bearer = await token("agent", tenant);
const agent = api(bearer);
const viewer = api(await token("viewer", tenant));
const stranger = api(await token("agent", tenantNew("elsewhere")));
const at = "/api/ship/shipments";
const [[tenantId]] = sql(`select id from tenants where slug = '${tenant}'`);
const nobody = "00000000-0000-7000-8000-000000000000";

const made = (table, row) => sql(`insert into ${table} (tenant_id, ${Object.keys(row).join(", ")})
    values ('${tenantId}', ${Object.values(row).map((value) => `'${value}'`).join(", ")}) returning id`)[0][0];
const customer = made("customers", { name: "Eva Keller" });
const order = made("orders", { number: "H-1001", customer_id: customer, recipient_name: "Łucja Keller", street: "12 Main Street", postal_code: "10001", city: "New York", region: "NY", country: "US" });
const purchaseOrder = made("purchase_orders", { number: "PO-H-1", order_id: order });
const add = async (row) => (await agent("POST", at, { purchaseOrderId: purchaseOrder, carrier: "dhl", carrierName: "DHL", ...row })).body.shipmentId;
const file = async (path) => {
    assert.equal((await agent("GET", path)).status, 200, path);
    const answer = await fetch(base + path, { headers: { authorization: `Bearer ${bearer}` } });
    return { status: answer.status, type: answer.headers.get("content-type"), bytes: Buffer.from(await answer.arrayBuffer()) };
};
const read = (command, bytes) => spawnSync("sh", ["-c", command], { input: bytes, encoding: "utf8" }).stdout;
const text = (pdf) => read("pdftotext -layout - -", pdf);

const first = await add({ trackingNumber: "JD0001", service: "Parcel" });
const second = await add({ trackingNumber: "JD0002" });
const other = await add({ carrier: "swiss-post", carrierName: "Swiss Post", trackingNumber: "996001" });
const unnumbered = await add({});
const gone = await add({ trackingNumber: "JD0003" });
const dry = await add({ trackingNumber: "DRY0001" });
const alone = (await agent("POST", at, { carrier: "dhl", trackingNumber: "JD0004" })).body.shipmentId;
sql(`update shipments set dry_run = true where id = '${dry}'`);
await agent("POST", `${at}/${gone}/status`, { status: "in_transit" });

check("a label is a PDF with its number as codes, and ZPL with the same", async () => {
    const pdf = await file(`${at}/${first}/label.pdf`);
    assert.deepEqual([pdf.status, pdf.type], [200, "application/pdf"]);
    for (const told of ["Łucja Keller", "12 Main Street", "New York, NY", "10001", "UNITED STATES", "DHL", "Parcel", "JD0001", "Order H-1001"]) assert.ok(text(pdf.bytes).includes(told), told);
    assert.deepEqual(read("pdftoppm -r 200 -gray - | zbarimg -q --raw PGM:- 2>/dev/null", pdf.bytes).trim().split("\n"), ["JD0001", "JD0001"]);
    const zpl = await file(`${at}/${first}/label.zpl`);
    assert.deepEqual([zpl.status, zpl.type], [200, "text/plain; charset=utf-8"]);
    assert.match(zpl.bytes.toString(), /^\^XA\n[^]*\^FDŁucja Keller\^FS[^]*\^BCN,208,Y,N,N,A\^FH_\^FDJD0001\^FS[^]*\^XZ\n$/);
    assert.match(text((await file(`${at}/${dry}/label.pdf`)).bytes), /NOT A SHIPMENT/);
    assert.match((await file(`${at}/${dry}/label.zpl`)).bytes.toString(), /NOT A SHIPMENT/);
});

check("where no label can be drawn the answer says why", async () => {
    for (const [id, why] of [[unnumbered, /no tracking number/], [alone, /of no order/]]) {
        const answer = await agent("GET", `${at}/${id}/label.pdf`);
        assert.equal(answer.status, 409);
        assert.match(answer.body.detail, why);
    }
    sql(`update shipments set carrier = 'shiprocket' where id = '${gone}'`);
    assert.match((await agent("GET", `${at}/${gone}/label.zpl`)).body.detail, /with its own label only/);
    sql(`update shipments set carrier = 'dhl' where id = '${gone}'`);
    for (const id of [nobody, "x"]) assert.equal((await agent("GET", `${at}/${id}/label.pdf`)).status, 404);
    assert.equal((await viewer("GET", `${at}/${first}/label.pdf`)).status, 403);
    assert.equal((await stranger("GET", `${at}/${first}/label.pdf`)).status, 404);
});

check("what waits is told by carrier, and listed for who fetches it", async () => {
    assert.deepEqual((await agent("GET", "/api/ship/handover")).body.carriers, [{ carrier: "dhl", carrierName: "DHL", parcels: 3 }, { carrier: "swiss-post", carrierName: "Swiss Post", parcels: 1 }]);
    const list = text((await file("/api/ship/handover/pickup-list.pdf?carrier=swiss-post")).bytes);
    assert.match(list, /Pickup list[^]*Swiss Post[^]*996001 +Łucja Keller +10001 New York, US +H-1001[^]*1 parcel/);
    assert.doesNotMatch(list, /JD000|signature/);
    assert.match((await agent("GET", "/api/ship/handover/pickup-list.pdf?carrier=ups")).body.detail, /No parcel waits to be handed over to ups/);
    assert.deepEqual((await agent("GET", "/api/ship/handover/pickup-list.pdf")).body.errors.map((e) => e.field), ["carrier"]);
    assert.deepEqual((await stranger("GET", "/api/ship/handover")).body.carriers, []);
});

let manifest;
check("a parcel is on one manifest, however many make one at once", async () => {
    const tries = await Promise.all(Array.from({ length: 6 }, () => agent("POST", "/api/ship/manifests", { carrier: "dhl" })));
    assert.deepEqual(tries.map((t) => t.status).sort(), [201, 409, 409, 409, 409, 409]);
    manifest = tries.find((t) => t.status === 201);
    const id = manifest.body.manifestId;
    assert.equal(manifest.headers.get("location"), `/api/ship/manifests/${id}`);
    assert.deepEqual(manifest.body.shipments.map((s) => s.trackingNumber), ["JD0001", "JD0002", "JD0004"]);
    assert.match(manifest.body.name, /^20\d\d-01$/);
    assert.equal(manifest.body.parcels, 3);
    const pdf = text((await file(`/api/ship/manifests/${id}/manifest.pdf`)).bytes);
    for (const told of ["Manifest", manifest.body.name, "DHL", "JD0001", "JD0002", "JD0004", "3 parcels", "Date, time and signature"]) assert.ok(pdf.includes(told), told);
    assert.doesNotMatch(pdf, /996001|DRY0001|JD0003/);
    const { events, status } = (await agent("GET", `${at}/${second}`)).body;
    assert.deepEqual([events[0].type, events[0].sentence, status], ["LINKED", `On the manifest ${manifest.body.name} for DHL.`, "pending"]);
    assert.deepEqual(sql(`select after ->> 'parcels' from audit_history where action = 'manifest.made' and entity_id = '${id}'`), [["3"]]);
    assert.deepEqual((await agent("GET", "/api/ship/handover")).body.carriers.map((one) => one.carrier), ["swiss-post"]);
});

check("manifests are listed, and are nobody else's", async () => {
    const id = manifest.body.manifestId;
    const { body } = await agent("GET", "/api/ship/manifests");
    assert.deepEqual((await agent("GET", `/api/ship/manifests/${id}`)).body, manifest.body);
    assert.deepEqual(body.manifests.map((one) => [one.manifestId, one.carrierName, one.parcels]), [[id, "DHL", 3]]);
    assert.equal(body.next, null);
    assert.deepEqual((await stranger("GET", "/api/ship/manifests")).body.manifests, []);
    for (const path of [id, `${id}/manifest.pdf`]) assert.equal((await stranger("GET", `/api/ship/manifests/${path}`)).status, 404);
    for (const path of [nobody, "x", `${nobody}/manifest.pdf`]) assert.equal((await agent("GET", `/api/ship/manifests/${path}`)).status, 404);
    assert.equal((await viewer("POST", "/api/ship/manifests", { carrier: "dhl" })).status, 403);
    assert.deepEqual((await agent("POST", "/api/ship/manifests", {})).body.errors.map((e) => e.field), ["carrier"]);
    assert.deepEqual((await agent("GET", "/api/ship/manifests?after=x")).body.errors.map((e) => e.field), ["after"]);
});

check("the page makes a manifest, and says so where nothing waits", async () => {
    const go = await person("agent", tenant);
    const shown = await (await go("/shipments/handover")).text();
    assert.match(shown, /Swiss Post<\/h2><p><span data-count>1<\/span> parcel waits\./);
    const csrfToken = shown.match(/name="csrfToken" value="([^"]+)"/)[1];
    const post = (carrier) => go("/shipments/handover", { csrfToken, carrier });
    await post("swiss-post");
    assert.equal(sql(`select manifest_id is not null from shipments where id = '${other}'`)[0][0], "t");
    const after = await (await go("/shipments/handover")).text();
    assert.match(after, /Nothing waits to be handed over[^]*-02<\/a><\/th><td>Swiss Post/);
    assert.match(await (await post("swiss-post")).text(), /No parcel waits to be handed over to swiss-post/);
    assert.match(await (await go(`/shipments/${first}`)).text(), new RegExp(`/api/ship/shipments/${first}/label\\.zpl`));
    assert.doesNotMatch(await (await go(`/shipments/${unnumbered}`)).text(), /label\.zpl/);
});

await finish();
