// What the browser tests share: a Chromium, people who sign in, buildings to look at, and what a page complains of.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { api, base, token, trackctl } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

export const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
process.on("exit", () => browser.close());

const own = "harbour-lantern-27-quiet";

// A page whose complaints (console errors, exceptions, refused by the content policy) stand in page.complaints.
export async function newPage(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: base, ...options });
    const page = await context.newPage();
    page.complaints = [];
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
    page.setDefaultTimeout(15_000);
    return page;
}

let people = 0;

// A new person with a one-time password: {email, password}.
export function person(role = "admin") {
    const email = `${role}${++people}.${process.pid}@example.com`;
    const made = trackctl("user", "add", email, "--tenant", "demo", "--role", role, "--name", "Ada Example", "--json");
    if (made.status !== 0) throw new Error(made.stderr);
    return { email, password: JSON.parse(made.stdout).password };
}

export async function logIn(page, { email, password }) {
    await page.goto("/login");
    await page.fill("[name=email]", email);
    await page.fill("[name=password]", password);
    await page.click("main form button");
}

export async function choosePassword(page, who) {
    await page.fill("[name=currentPassword]", who.password);
    await page.fill("[name=newPassword]", own);
    await page.fill("[name=repeatPassword]", own);
    await page.click("main form button.primary");
    who.password = own;
}

// Signs a new person in, past the forced change of the password.
export async function signIn(page, role) {
    const who = person(role);
    await logIn(page, who);
    await page.waitForURL((url) => url.pathname !== "/login");
    await page.goto("/password");
    await choosePassword(page, who);
    await page.waitForURL("**/track*");
    return who;
}

// The files of a building and year, as paths: {file, attachments, list, remove}.
export function billing(building, year, count, change) {
    const folder = mkdtempSync(join(tmpdir(), "track-billing-"));
    const list = rows(building, year, count, change);
    const file = join(folder, `${building}-${year}.csv`);
    const attachments = join(folder, `${building}-${year}.zip`);
    writeFileSync(file, csv(list));
    writeFileSync(attachments, statements(list));
    return { file, attachments, list, remove: () => rmSync(folder, { recursive: true }) };
}

// A building imported by the command, for pages that need one.
export function importBuilding(building, year, count, change) {
    const made = billing(building, year, count, change);
    const run = trackctl("import", made.file, "--attachments", made.attachments, "--tenant", "demo", "--year", String(year));
    made.remove();
    if (run.status !== 0) throw new Error(run.stderr + run.stdout);
}

// Opens a building by its name in the list. Its scripts are there afterwards: a key pressed before htmx has looked at the
// links loads a page where a part was meant, and the next key is lost on the way.
export async function openBuilding(page, name) {
    await page.goto("/track");
    await page.click(`.buildings a:has(b:text-is("${name}"))`);
    await page.waitForURL("**/track?*building=*");
    await page.waitForSelector(`h1:has-text("${name}")`);
}

export function expect(truth, what) {
    if (!truth) throw new Error(what);
}

export function same(found, wanted, what) {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

// An order of the demo's tenant with a parcel on its way, and one that was handed over twice at once: the paths of their pages.
export async function parcel(number) {
    const call = api(await token("agent"));
    const made = async (path, body) => {
        const answer = await call("POST", path, body);
        if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
        return answer.body;
    };
    const { orderId } = await made("/api/orders", { number, customer: { name: "Verwaltungsgesellschaft Lindenhof Nord mbH & Co. KG", email: "eva@example.com" }, items: [{ name: "Desk lamp", quantity: 2, unitMinor: 4900 }], shipTo: { street: "Seestrasse 1", postalCode: "8002", city: "Zürich", country: "CH" } });
    const { purchaseOrderId } = await made("/api/purchase-orders", { number: `PO-${number}`, orderId });
    const { shipmentId } = await made("/api/ship/shipments", { purchaseOrderId, carrier: "Swiss Post", service: "PostPac Priority", trackingNumber: `99.60.${number}`, promisedOn: "2026-12-24" });
    const { status } = await call("POST", `/api/ship/shipments/${shipmentId}/status`, { status: "in_transit", location: "Härkingen", note: "The driver says so." });
    if (status !== 200) throw new Error(`the status of ${shipmentId}: ${status}`);
    const [first, second] = await Promise.all([0, 1].map(() => call("POST", `/api/orders/${orderId}/deliveries`, { parcel: 2, weightGrams: 1200, lengthMm: 250, breadthMm: 180, heightMm: 160 })));
    if (![first.status, second.status].includes(202)) throw new Error(`the delivery: ${first.text} ${second.text}`);
    const { failures } = (await call("GET", "/api/ship/failures?state=all")).body;
    return { failures: "/failures?state=all", failure: `/failures/${failures[0].failureId}`, order: `/orders/${orderId}`, shipment: `/shipments/${shipmentId}`, "new shipment": `/shipments/new?purchaseOrderId=${purchaseOrderId}`, shipments: "/shipments/table", orders: "/orders", "new order": "/orders/new" };
}
