// Customers told when Knock says so, with real parts: a simulated Knock that is asked with the server's key and calls the
// webhook with the body that the page publishes; the page of notifications, their preview, and a test to oneself.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { agrees } from "../contract.mjs";
import { api, base, check, ctl, eventually, finish, person, sim, sql, tenantNew, token } from "../checks.mjs";

const secret = "simulated-knock-signing-0001";
const tenant = tenantNew("knock");
const admin = api(await token("admin", tenant));
const bearer = await token("agent", tenant);
const call = api(bearer);
const viewer = api(await token("viewer", tenant));
const front = await sim("front", process.env.FRONT_PORT);
const knock = await sim("knock", process.env.KNOCK_PORT);
const hook = `${base}/api/webhooks/knock/customer-notification`;
const at = async ({ port }, what, body) =>
    (await fetch(`http://127.0.0.1:${port}/control/${what}`, body && { method: "POST", body: JSON.stringify(body) })).json();
const listed = async (query = "") => (await viewer("GET", `/api/notifications${query}`)).body.items;
const posted = async (conversation) => (await at(front, "state")).posted.filter((one) => one.conversation === conversation);
const runs = async (shipmentId) => (await at(knock, "state")).runs.filter((run) => run.request.data.shipmentId === shipmentId);
let first;

async function made(path, body) {
    const answer = await call("POST", path, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
}

async function shipment(number) {
    const order = await made("/api/orders", {
        number, customer: { name: "Łucja *<b>&* Müller", email: "lucja@example.com", language: "fr" },
        shipTo: { name: "Łucja *<b>&* Müller", street: "Rue du Lac 7", postalCode: "1201", city: "Genève", country: "CH" },
        items: [{ name: "Lamp", quantity: 1 }],
    });
    const po = await made("/api/purchase-orders", { number: `PO-${number}`, orderId: order.orderId });
    const parcel = await made("/api/ship/shipments", { purchaseOrderId: po.purchaseOrderId, carrier: "post", carrierName: "Post & <i>Co</i>", trackingNumber: `88.00.${number.slice(2)}` });
    assert.equal((await call("PUT", `/api/orders/${order.orderId}/thread`, { frontConversationId: `cnv_knock${number.slice(2)}` })).status, 200);
    return { orderId: order.orderId, shipmentId: parcel.shipmentId, conversation: `cnv_knock${number.slice(2)}`, trackingNumber: parcel.trackingNumber ?? `88.00.${number.slice(2)}` };
}

async function shipped(number) {
    const one = await shipment(number);
    assert.equal((await call("POST", `/api/ship/shipments/${one.shipmentId}/status`, { status: "in_transit" })).status, 200);
    return one;
}

const standing = async ({ shipmentId }) => (await listed(`?shipmentId=${shipmentId}`))[0];
const ends = (one, state) => eventually(`${state}: ${one.shipmentId}`, async () => (await standing(one))?.state === state);
const dispatched = (body, headers) => fetch(hook, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
const signature = (body, t = Date.now(), key = secret) => ({ "x-webhook-signature": `t=${t},s=${createHmac("sha256", key).update(`${t}.${body}`).digest("base64")}` });

check("without a key they are told at once, and the way to Knock is published", async () => {
    ctl("provider", "add", "front", "--tenant", tenant, "--name", "Front", "--set", `endpoint=http://127.0.0.1:${front.port}`,
        "--set", "ratePerMinute=0", "--secret", "apiToken=simulated-front-token-0001");
    const { body } = await admin("GET", "/api/notifications/orchestrator");
    assert.deepEqual([body.orchestrator, body.keys, body.problem, body.workflow], ["native", null, null, "customer-tracking-update"]);
    assert.ok(body.webhookUrl.endsWith("/api/webhooks/knock/customer-notification"));
    assert.equal((await call("GET", "/api/notifications/orchestrator")).status, 403);
    const one = await shipped("K-1000");
    await ends(one, "sent");
    assert.equal((await standing(one)).orchestrator, "native");
    await at(knock, "channel", { url: hook, secret, template: body.bodyTemplate });
});

check("half an account is refused by its field", () => {
    let said = "";
    try {
        ctl("provider", "add", "knock", "--tenant", tenant, "--name", "Knock", "--secret", "apiKey=sk_simulated_knock_0001");
    } catch (error) {
        said = error.message;
    }
    assert.match(said, /webhookSecret/);
});

check("with one Knock is asked, and they are told when it calls", async () => {
    ctl("provider", "add", "knock", "--tenant", tenant, "--name", "Knock", "--set", `endpoint=http://127.0.0.1:${knock.port}`,
        "--secret", "apiKey=sk_simulated_knock_0001", "--secret", `webhookSecret=${secret}`);
    const { body } = await admin("GET", "/api/notifications/orchestrator");
    assert.deepEqual([body.orchestrator, body.keys, body.problem], ["knock", "tenant", null]);
    assert.ok(!JSON.stringify(body).includes("simulated"));
    await at(knock, "faults", { silent: true });
    first = await shipped("K-1001");
    await eventually("it is asked", async () => (await standing(first))?.askedAt);
    assert.equal((await standing(first)).state, "asked");
    assert.equal((await posted(first.conversation)).length, 0);
    const [run] = await runs(first.shipmentId);
    assert.equal(run.key, `customer:${run.key.split(":")[1]}:${first.shipmentId}:shipped`);
    assert.doesNotMatch(JSON.stringify(run.request), /Müller|example\.com|Rue du Lac/);
    assert.deepEqual(await at(knock, "call", { run: run.id, hex: true, seconds: true }), { status: 200 });
    await ends(first, "sent");
    assert.equal((await posted(first.conversation)).length, 1);
    const row = await standing(first);
    assert.deepEqual([row.orchestrator, row.workflowRunId, row.askError], ["knock", run.id, null]);
    assert.ok(row.calledAt);
    await at(knock, "faults", { silent: false });
});

check("whatever Knock does, it is told once", async () => {
    const faults = [{ early: 1 }, { late: 1 }, { drop: 1 }, { garbage: 1 }, { twice: true }, { throttle: 1, retryAfterMs: 800 }];
    for (const [i, fault] of faults.entries()) {
        await at(knock, "faults", { twice: false, ...fault });
        const one = await shipped(`K-11${i}0`);
        await ends(one, "sent");
        assert.equal((await posted(one.conversation)).length, 1, JSON.stringify(fault));
        assert.equal((await runs(one.shipmentId)).length, 1, JSON.stringify(fault));
    }
    await at(knock, "faults", { twice: false });
});

check("where it refuses, they are told all the same", async () => {
    await at(knock, "faults", { missing: 1 });
    const one = await shipped("K-1200");
    await ends(one, "sent");
    const row = await standing(one);
    assert.deepEqual([row.orchestrator, (await posted(one.conversation)).length], ["native", 1]);
    assert.match(row.askError, /no such workflow.*workflow_missing/i);
    const { body } = await admin("GET", "/api/notifications/orchestrator");
    assert.deepEqual([body.toldNatively, body.lastError], [1, row.askError]);
});

check("a call is answered as it asks to be: repeated, or not any more", async () => {
    const { id } = await standing(first);
    const body = JSON.stringify({ data: { notificationId: id } }), kept = () => Number(sql("select count(*) from inbox where provider = 'knock'")[0][0]);
    const before = kept();
    for (const headers of [{}, { "x-webhook-signature": "t=1,s=1" }, signature(body, Date.now(), "another"), signature(body, Date.now() - 301_000), signature(`${body} `)])
        assert.equal((await dispatched(body, headers)).status, 401);
    assert.equal((await fetch(hook, { method: "HEAD" })).status, 200);
    assert.equal((await fetch(hook)).status, 405);
    assert.equal((await fetch(hook, { method: "POST", headers: signature(""), body: "" })).status, 200);
    assert.equal(kept(), before + 1);
    const again = await dispatched(body, signature(body));
    assert.deepEqual([again.status, kept()], [200, before + 1]);
    for (const [i, text] of ["<p>Hello</p>", "[]", '{"data":{"order_id":"10482"}}'].entries()) {
        assert.equal((await dispatched(text, signature(text))).status, 200, text);
        assert.equal(kept(), before + 2 + i);
    }
    const agents = async () => (await call("GET", "/api/inbox?state=failed&provider=knock")).body.items;
    await eventually("what cannot be read is seen in the inbox", async () => (await agents()).length === 4);
    assert.match((await agents())[0].error, /names no notification/);
    const headers = sql("select headers::text from inbox where provider = 'knock' limit 1")[0][0];
    assert.match(headers, /"x-webhook-signature": "\[redacted\]"/);
    assert.equal((await posted(first.conversation)).length, 1);
});

// ---- pages

check("the page lists them, and for who sets it up says who tells when", async () => {
    const go = await person("admin", tenant);
    const html = await (await go("/notifications")).text();
    assert.match(html, /Knock says when customers are told/);
    assert.ok(html.includes("&quot;{{ data.notificationId }}&quot;") || html.includes("{{ data.notificationId }}"), "the template as it is pasted");
    assert.doesNotMatch(html, /simulated-knock|sk_simulated/);
    for (const part of ["K-1001", "88.00.1001", first.conversation, "Without Knock: Knock has no such workflow"]) assert.ok(html.includes(part), part);
    const sent = await (await go("/notifications?state=skipped")).text();
    assert.match(sent, /No notifications match/);
    assert.equal((await go("/notifications?state=nonsense")).status, 422);
    const seen = await (await (await person("viewer", tenant))("/notifications")).text();
    assert.doesNotMatch(seen, /Knock says when|notifications\/preview/);
    assert.ok(seen.includes("K-1001"));
});

check("each type in each language can be seen, of a shipment and of an example", async () => {
    const go = await person("agent", tenant);
    const subjects = new Set();
    for (const type of ["shipped", "out_for_delivery", "delivered", "exception"])
        for (const language of ["en", "de", "fr", "es"]) {
            const answer = await go(`/notifications/preview?type=${type}&language=${language}&shipment=88.00.1001`);
            const html = await answer.text(), [, subject] = /<h2 id="subject">(.*?)<\/h2>/.exec(html);
            assert.equal(answer.status, 200);
            assert.match(html, new RegExp(`<pre class="plain" lang="${language}">`));
            subjects.add(subject);
        }
    assert.equal(subjects.size, 16);
    const html = await (await go("/notifications/preview?shipment=k-1001")).text();
    assert.match(html, /Łucja \*&lt;b&gt;&amp;\* Müller/);
    assert.doesNotMatch(html, /<b>&\*|<i>Co/);
    const [, src] = /<iframe[^>]* src="([^"]*)"/.exec(html), frame = await go(src.replaceAll("&amp;", "&"));
    const body = await frame.text();
    assert.match(frame.headers.get("content-security-policy"), /^sandbox; default-src 'none'/);
    assert.match(body, /<html lang="fr">/);
    assert.match(body, /Łucja \*&lt;b&gt;&amp;\* Müller/);
    assert.match(body, /Post &amp; &lt;i&gt;Co&lt;\/i&gt;/);
    assert.doesNotMatch(body, /<script|<b>&|<i>Co|\?n=/);
    const unknown = await (await go("/notifications/preview?shipment=%3Cb%3Enobody")).text();
    assert.match(unknown, /There is no shipment or order of this number\./);
    assert.match(unknown, /value="&lt;b&gt;nobody"/);
    assert.equal((await go("/notifications/preview?type=returned")).status, 422);
    assert.equal((await (await person("viewer", tenant))("/notifications/preview")).status, 403);
});

check("a test goes to who asks, by e-mail, and to nobody else", async () => {
    const go = await person("agent", tenant), before = (await at(front, "state")).posted.length;
    const asked = await go("/notifications/preview"), page = await asked.text();
    const [, csrfToken] = /name="csrfToken" value="([^"]+)"/.exec(page), [, email] = /By e-mail, to (\S+) alone/.exec(page);
    const none = await go("/notifications/test", { csrfToken, type: "delivered", language: "es", shipmentId: first.shipmentId });
    assert.equal(none.status, 409, "there is no account for e-mail");
    ctl("provider", "add", "smtp", "--tenant", tenant, "--name", "Mail", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`,
        "--set", "security=none", "--set", "from=shop@example.com");
    const folder = mkdtempSync(`${tmpdir()}/track-knock-`);
    await sim("smtp", "none", folder, process.env.SMTP_PORT);
    const answer = await go("/notifications/test", { csrfToken, type: "delivered", language: "es", shipmentId: first.shipmentId });
    assert.equal(answer.status, 303);
    const back = await (await go(answer.headers.get("location"))).text();
    assert.ok(back.includes(`A test is on its way to ${email}.`));
    const mails = () => (existsSync(`${folder}/messages.jsonl`) ? readFileSync(`${folder}/messages.jsonl`, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : []);
    await eventually("it is sent", () => mails().length);
    const [mail, ...others] = mails();
    assert.deepEqual([mail.to.map(({ address }) => address), others], [[email], []]);
    assert.match(mail.subject, /^\[Test\] /);
    assert.match(mail.text, /^This is a test of what a customer would be told\. Nobody but you was told anything\.\n/);
    assert.match(mail.text, /Łucja \*<b>&\* Müller/);
    assert.match(mail.html, /Łucja \*&lt;b&gt;&amp;\* Müller/);
    assert.doesNotMatch(mail.html, /\?n=/);
    const byApi = await fetch(`${base}/api/notifications/test`, {
        method: "POST",
        headers: { cookie: go.cookies(), origin: base, "x-csrf-token": csrfToken, "content-type": "application/json" },
        body: JSON.stringify({ type: "shipped" }),
    });
    const told = { status: byApi.status, headers: byApi.headers, body: await byApi.json() };
    await agrees(base, bearer, "POST", "/api/notifications/test", told);
    assert.deepEqual([told.status, told.body.to], [200, email]);
    await eventually("it is sent, too", () => mails().length === 2);
    assert.equal(mails()[1].to[0].address, email);
    assert.equal((await at(front, "state")).posted.length, before, "never to Front");
    assert.equal((await call("POST", "/api/notifications/test", { type: "shipped" })).status, 409, "an API client has no address");
    assert.deepEqual((await call("POST", "/api/notifications/test", { type: "gone" })).body.errors.map((one) => one.field), ["type"]);
    assert.equal(sql(`select count(*) from audit_history where action = 'notification.test'`)[0][0], "2");
    rmSync(folder, { recursive: true });
});

await finish();
