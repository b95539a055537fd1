// The pages of notifications in Chromium: the list in each of its states, how a notification would read, who says when; at
// both widths, in both appearances, without scripts.
import { check, ctl, finish, sql } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { newPage, same, signIn } from "./browser.mjs";

const page = await newPage();
const admin = await signIn(page, "admin");
const [[tenant]] = sql("select id from tenants where slug = 'demo'");
let shipment;
const fits = (at) => at.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

// One in each state, by the order of a customer whose name looks like markup.
function arrange() {
    const states = [["asked", null, "knock"], ["queued", null, "knock"], ["sending", null, "native"], ["sent", null, "knock"], ["skipped", "no_conversation", "native"], ["failed", "refused", "native"], ["superseded", "moved_on", "native"]];
    const add = (table, columns, values) => sql(`insert into ${table} (tenant_id, ${columns}) values ('${tenant}', ${values}) returning id`)[0][0];
    const customer = add("customers", "name, language", "'Łucja <b>Müller', 'fr'");
    const order = add("orders", "number, customer_id, recipient_name, country, front_conversation_id, thread_status", `'N-<i>1042', '${customer}', 'Łucja <b>Müller', 'CH', 'cnv_look1', 'manually_linked'`);
    const po = add("purchase_orders", "number, order_id", `'PO-1042', '${order}'`);
    shipment = add("shipments", "purchase_order_id, carrier, carrier_name, tracking_number, public_token, promised_on", `'${po}', 'post', 'Swiss Post', '99.00.1042', 'a-token-for-looking-at-it', '2027-01-04'`);
    for (const [state, reason, orchestrator] of states) {
        const error = state === "failed" ? "'Front refused the request: Request body did not pass validation.'" : "null";
        const asked = state === "sending" ? "'Knock was asked and did not call within 45 minutes.'" : "null";
        add("customer_notifications", "key, event_id, shipment_id, order_id, type, state, reason, conversation_id, language, marker, orchestrator, error, ask_error, settled_at",
            `'look:${state}', uuid7(), '${shipment}', '${order}', 'shipped', '${state}', ${reason ? `'${reason}'` : "null"}, 'cnv_look1', 'fr', '${state}', '${orchestrator}', ${error}, ${asked}, ${["sent", "skipped", "failed"].includes(state) ? "now()" : "null"}`);
    }
}

async function looked(at, name) {
    same(await axeFaults(at), [], name);
    same(await fits(at), true, `${name} fits`);
    same(at.complaints, [], name);
}

check("nothing yet, and how to set Knock up", async () => {
    await page.goto("/notifications");
    await looked(page, "none");
    await page.click("summary:has-text('Customers are told at once')");
    same((await page.locator(".orchestrator pre").innerText()).includes('"notificationId": "{{ data.notificationId }}"'), true, "the template's braces are Liquid's");
    await looked(page, "setup");
});

check("one in each state", async () => {
    arrange();
    const account = ctl("provider", "add", "knock", "--tenant", "demo", "--name", "Knock", "--set", `endpoint=http://127.0.0.1:${process.env.KNOCK_PORT}`, "--secret", "apiKey=sk_look", "--secret", "webhookSecret=look", "--json");
    for (const [width, colorScheme] of [[1440, "light"], [1440, "dark"], [390, "light"], [390, "dark"]]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`/notifications?shipmentId=${shipment}`);
        same(await page.locator("tbody tr").count(), 7, "rows");
        same(await page.locator("summary").first().innerText(), "Knock says when customers are told", "who says when");
        await looked(page, `list-${width}-${colorScheme}`);
        await page.goto("/notifications/preview?type=out_for_delivery&shipment=99.00.1042");
        const text = await page.frameLocator("iframe").locator("body").innerText();
        same(text.includes("Łucja <b>Müller"), true, text);
        same((await page.locator("pre.plain").first().innerText()).includes("Łucja <b>Müller"), true, "text");
        await looked(page, `preview-${width}-${colorScheme}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: "light" });
    ctl("provider", "set", account.id, "--tenant", "demo", "--off");
    await page.goto("/notifications");
    await page.waitForSelector("[role=status]:has-text(\"The tenant's account at Knock is off\")");
    await looked(page, "off");
});

check("from the list to the words by keyboard and mouse, another language, a number that nobody has", async () => {
    await page.goto(`/notifications?shipmentId=${shipment}`);
    await page.selectOption("[name=state]", "failed");
    await page.click("form.filters button");
    same(await page.locator("tbody tr").count(), 1, "rows");
    await page.click("a:has-text('Preview')");
    await page.selectOption("[name=language]", "de");
    await page.click("button:has-text('Show')");
    same(await page.locator("pre[lang=de]").count(), 1, "German");
    await page.fill("[name=shipment]", "nobody's");
    await page.press("[name=shipment]", "Enter");
    await page.waitForSelector("[role=alert]:has-text('no shipment or order of this number')");
    await looked(page, "unknown");
});

check("all of it without a script", async () => {
    const plain = await newPage({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    await plain.context().addCookies(await page.context().cookies());
    await plain.goto(`/notifications?type=shipped&shipmentId=${shipment}`);
    same(await plain.locator("tbody tr").count(), 7, "rows");
    await plain.goto("/notifications/preview?shipment=N-%3Ci%3E1042");
    await plain.click("button:has-text('Send a test to me')");
    same(/no account for e-mail|on its way to/.test(await plain.locator("main").innerText()), true, admin.email);
    await plain.context().close();
});

await finish();
