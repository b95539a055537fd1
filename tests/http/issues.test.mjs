// A failure becomes an issue in Jira, by the API and by the page; failures alike have one together.
import assert from "node:assert/strict";
import { api, check, ctl, eventually, finish, person, sim, sql, tenantNew, token } from "../checks.mjs";

const tenant = tenantNew("issues");
const call = api(await token("agent", tenant));
const viewer = api(await token("viewer", tenant));
const jira = await sim("jira", process.env.JIRA_PORT);
const made = async () => (await (await fetch(`http://127.0.0.1:${jira.port}/control/state`)).json()).issues;
const listed = async () => (await viewer("GET", "/api/ship/failures?state=all")).body.failures;
let first;

// As if a carrier had refused the pickup of an order's parcel, so many times.
async function failures(n) {
    const order = await call("POST", "/api/orders", { number: "I-1", customer: { name: "Eva Keller" }, shipTo: { name: "Eva Keller", street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" }, items: [{ name: "Lamp", quantity: 1 }] });
    assert.equal(order.status, 201, order.text);
    const po = await call("POST", "/api/purchase-orders", { number: "PO-I-1", orderId: order.body.orderId });
    assert.equal(po.status, 201, po.text);
    sql(`with r as (insert into delivery_reservations (tenant_id, order_id, parcel, purchase_order_id, carrier, dry_run, our_ref, asked, request, state)
            select tenant_id, order_id, 1, id, 'shiprocket', true, 'TC-I-1', '{}', '{}', 'failed' from purchase_orders where id = '${po.body.purchaseOrderId}' returning *)
        insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, code, retry)
            select tenant_id, order_id, id, 'pickup', 'refused', 'The pickup is refused.', 'HTTP 400', 'none' from r, generate_series(1, ${n})`);
}

check("without an account at Jira there is no button, and asking is refused", async () => {
    await failures(2);
    [first] = await listed();
    assert.deepEqual([first.canIssue, first.issueState, first.issueKey], [false, null, null]);
    assert.equal((await call("POST", `/api/ship/failures/${first.failureId}/issue`)).status, 409);
    assert.equal((await viewer("POST", `/api/ship/failures/${first.failureId}/issue`)).status, 403);
});

check("an issue is made of a failure, and is shown with it", async () => {
    ctl("provider", "add", "jira", "--tenant", tenant, "--name", "Jira", "--set", `site=http://127.0.0.1:${jira.port}`, "--set", "project=OPS",
        "--set", "email=bot@acme.example", "--secret", "apiToken=simulated-jira-token-0001");
    const asked = await call("POST", `/api/ship/failures/${first.failureId}/issue`);
    assert.equal(asked.status, 202, asked.text);
    assert.ok(["asked", "told"].includes(asked.body.issueState));
    await eventually("it is made", async () => (await viewer("GET", `/api/ship/failures/${first.failureId}`)).body.issueState === "told");
    const { issueKey, issueUrl, canIssue } = (await viewer("GET", `/api/ship/failures/${first.failureId}`)).body, [issue] = await made();
    assert.deepEqual([issueKey, issueUrl, canIssue], [issue.key, `http://127.0.0.1:${jira.port}/browse/${issue.key}`, true]);
    assert.match(issue.fields.summary, /^\[Dry run\] Order I-1, parcel 1: has no pickup$/);
    assert.match(issue.fields.labels[1], /^dedupe-[0-9a-f]{16}$/);
});

check("one alike adds a comment, by the page's button", async () => {
    const page = await person("agent", tenant), html = await (await page("/failures")).text();
    const other = (await listed()).find((one) => one.failureId !== first.failureId);
    assert.ok(html.includes(`action="/failures/${other.failureId}/issue"`));
    const csrfToken = /name="csrfToken" value="([^"]+)"/.exec(html)[1];
    assert.equal((await page(`/failures/${other.failureId}/issue`, { csrfToken })).status, 303);
    await eventually("it is told", async () => (await viewer("GET", `/api/ship/failures/${other.failureId}`)).body.issueState === "told");
    const all = await made();
    assert.deepEqual([all.length, all[0].comments.length], [1, 1]);
    assert.match(await (await page("/failures")).text(), new RegExp(`Issue <a href="[^"]+/browse/${all[0].key}"`));
});

await finish();
