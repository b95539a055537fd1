// A parcel's way with real parts: an order and its purchase order, a shipment, the conversation in Front, a status that a
// person sets, the dispatcher, the reply that the customer gets, and where all of it can be read again.
import { readFileSync } from "node:fs";
import { check, ctl, eventually, finish, sim, sql } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { newPage, same, signIn } from "./browser.mjs";

const number = `W${process.pid}-1001`;
const tracking = `99.00.${process.pid}`.padEnd(16, "7");
const conversation = `cnv_way${process.pid}`;
const front = await sim("front", process.env.FRONT_PORT);
const said = async () => (await (await fetch(`http://127.0.0.1:${front.port}/control/state`)).json()).posted.filter((one) => one.conversation === conversation);
ctl("provider", "add", "front", "--tenant", "demo", "--name", `Front ${number}`, "--set", `endpoint=http://127.0.0.1:${front.port}`, "--set", "channelId=cha_way1", "--secret", "apiToken=simulated-front-token-0001");

const page = await newPage();
await signIn(page, "agent");
const faultless = async (at) => same(await axeFaults(at), [], await at.title());
const there = (selector) => page.waitForSelector(selector);
let order, shipment, link;

// The outbox is told at once, as a cron does it.
async function dispatch() {
    const [, secret] = /^TRACK_TASKS_TOKEN=(.+)$/m.exec(readFileSync(`${process.env.VAR}/settings`, "utf8"));
    const answer = await fetch(`${process.env.BASE_URL}/api/tasks/events`, { headers: { authorization: `Bearer ${secret}` } });
    same(answer.status, 200, "the dispatcher");
}

async function set(status) {
    await page.goto(`/shipments/${shipment}`);
    await page.selectOption("form[action$='/status'] [name=status]", status);
    const [answer] = await Promise.all([page.waitForResponse((one) => one.request().method() === "POST"), page.click("form[action$='/status'] button")]);
    await page.waitForLoadState();
    await dispatch();
    return answer.status();
}

check("an order is written in", async () => {
    await page.goto("/orders/new");
    await page.fill("[name=number]", number);
    await page.fill("[name='customer.name']", "Eva <b>Muster</b>");
    await page.fill("[name='customer.email']", "eva@example.com");
    await page.fill("[name='customer.language']", "de");
    await page.fill("[name='shipTo.city']", "Zürich");
    await page.fill("[aria-label^='Item '] >> nth=0 >> input[name$='.name']", "Lamp");
    await page.fill("[aria-label^='Item '] >> nth=0 >> input[name$='.quantity']", "2");
    await faultless(page);
    await page.click("button:has-text('Another item')");
    same(await page.locator("[aria-label^='Item ']").count(), 2, "lines");
    same(await page.inputValue("[name='customer.name']"), "Eva <b>Muster</b>", "what was given is kept");
    await page.click("button.primary");
    await page.waitForURL(/\/orders\/[0-9a-f-]{36}/);
    order = new URL(page.url()).pathname.split("/").pop();
    await faultless(page);
});

check("it gets a purchase order and a parcel", async () => {
    await page.click("summary:has-text('Add a purchase order')");
    await page.fill("form[action$='/purchase-orders'] [name=number]", `PO-${number}`);
    await page.click("form[action$='/purchase-orders'] button");
    await page.click("a:has-text('Add a parcel')");
    await faultless(page);
    await page.fill("[name=carrier]", "Swiss Post");
    await page.fill("[name=trackingNumber]", tracking);
    await page.click("main form button.primary");
    await page.waitForURL(/\/shipments\/[0-9a-f-]{36}/);
    shipment = new URL(page.url()).pathname.split("/").pop();
    await faultless(page);
});

check("the conversation is linked", async () => {
    await page.goto(`/orders/${order}`);
    await page.fill("[name=frontConversationId]", conversation);
    await page.click("form[action$='/thread'] button:has-text('Link')");
    await there("button:has-text('Unlink')");
    await faultless(page);
});

check("a parcel that moves is told of in the conversation, in the customer's language, and the conversation stays open", async () => {
    await set("in_transit");
    const [reply] = await eventually("the reply", async () => (await said()).length && said());
    same(reply.archived, false, "archived");
    same(reply.request.options, { archive: false }, "options");
    const { body } = reply.request;
    for (const part of ["ist", "unterwegs", tracking, number, "&lt;b&gt;Muster&lt;/b&gt;"]) same(body.includes(part), true, `${part} in ${body}`);
    [link] = /https?:\/\/[^"'<>\s]+\/t\/[^"'<>\s]+/.exec(body) ?? [];
    same(typeof link, "string", `a link in ${body}`);
});

check("the audit trail, the timeline and the order tell it", async () => {
    await eventually("the audit row", () => sql(`select 1 from audit_history where entity_id = '${shipment}' and action = 'notification.sent'`).length === 1);
    await page.goto(`/shipments/${shipment}`);
    await there("section:has(#timeline-title) >> text=/told/i");
    await there(".told >> text=/shipped/i");
    await faultless(page);
    await page.goto(`/orders/${order}`);
    await there(".page-head ~ * >> text=Shipped >> nth=0");
});

check("what is dispatched again is not told again", async () => {
    sql(`delete from event_reactions where event_id in (select id from domain_events where entity_id = '${shipment}')`);
    sql(`update domain_events set dispatched_at = null where entity_id = '${shipment}'`);
    await dispatch();
    await eventually("nothing waits", () => sql("select 1 from jobs where kind like 'notify.%'").length === 0);
    same((await said()).length, 1, "replies");
    same(sql(`select count(*) from audit_history where entity_id = '${shipment}'  and action like 'notification.%'`)[0][0], "1", "audit rows");
});

check("who has the link sees the parcel, without a script, a name or an account", async () => {
    const guest = await newPage({ javaScriptEnabled: false, viewport: { width: 390, height: 844 }, locale: "de-CH" });
    const answer = await guest.goto(new URL(link).pathname + new URL(link).search);
    same(answer.status(), 200, "status");
    const text = await guest.locator("body").innerText();
    same(/Muster|eva@|Zürich|W\d+-1001/.test(text), false, text);
    same(text.includes(tracking), true, text);
    same(await guest.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "fits");
    await guest.context().close();
});

check("each other status is told once, as the table says, and backwards is refused", async () => {
    await set("out_for_delivery");
    await set("failed_attempt");
    await set("delivered");
    await eventually("three replies", async () => (await said()).length === 3);
    await page.goto(`/shipments/${shipment}`);
    same(await page.locator(".told > li").count(), 3, "what the customer was told");
    const [[state]] = sql(`select status from orders where id = '${order}'`);
    same(state, "delivered", "the order");
    same(await set("in_transit"), 409, "backwards");
    await there("[role=alert]");
    same(page.complaints.splice(0).length, 1, "what the browser says of the 409");
    same(sql(`select status from shipments where id = '${shipment}'`)[0][0], "delivered", "the shipment");
    same((await said()).length, 3, "replies");
});

check("a parcel of an order without a conversation is skipped, with its reason", async () => {
    await page.goto(`/orders/${order}`);
    await page.click("button:has-text('Unlink')");
    await there("text=Without one nobody is told");
    await page.click("a:has-text('Add a parcel')");
    await page.fill("[name=carrier]", "Swiss Post");
    await page.fill("[name=trackingNumber]", `${tracking}B`);
    await page.click("main form button.primary");
    await page.waitForURL(/\/shipments\/[0-9a-f-]{36}/);
    shipment = new URL(page.url()).pathname.split("/").pop();
    await set("in_transit");
    const [[reason]] = await eventually("the audit row", () => {
        const found = sql(`select after ->> 'reason' from audit_history where entity_id = '${shipment}' and action = 'notification.skipped'`);
        return found.length && found;
    });
    same(reason, "no_conversation", "reason");
    await page.goto(`/shipments/${shipment}`);
    await there(".told >> text=/not|skipped/i");
});

check("lists lead to them", async () => {
    for (const [list, at, to] of [["/orders", "/orders", order], ["/shipments/table", "/shipments", shipment]]) {
        await page.goto(list);
        await faultless(page);
        await there(`a[href^='${at}/${to}']`);
    }
    same(page.complaints, [], "what the page complained of");
});

await finish();
