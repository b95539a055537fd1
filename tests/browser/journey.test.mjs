// The main job as an admin does it: import a file, look at the preview, take it over, send, watch, open a unit, read the message.
import { readFileSync } from "node:fs";
import { check, eventually, finish } from "../checks.mjs";
import { billing, expect, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `J${Date.now() % 100000}`;
const name = `House ${house}`;
const year = 2024;
const files = billing(house, year, 24, (i) => (i === 3 ? { delivery_preference: "letter" } : i === 4 ? { delivery_preference: "sms", phone: "+41791234567" } : {}));
const page = await newPage();
await signIn(page, "admin");

check("the import page takes the file and its statements, and shows a preview", async () => {
    await page.click(".nav >> text=Import");
    await page.setInputFiles("input[type=file] >> nth=0", files.file);
    await page.setInputFiles("input[type=file] >> nth=1", files.attachments);
    await page.click("main form button.primary");
    await page.waitForSelector(".stat-grid");
    expect(/24/.test(await page.textContent(".stat-grid")), "24 rows are counted");
});

check("what it previewed is taken over", async () => {
    await page.click("text=Import all 24 rows");
    await page.waitForSelector("text=What was made");
    await openBuilding(page, name);
    same(await page.locator(".units tbody tr").count(), 24, "units");
    same(await page.textContent("[data-channel=EMAIL] h2 b"), "22", "e-mails");
});

check("without JavaScript the page of an import looks again until it is done", async () => {
    const small = billing(`${house}N`, year, 2);
    const plain = await newPage({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    await plain.goto("/import");
    await plain.setInputFiles("input[type=file] >> nth=0", small.file);
    await plain.setInputFiles("input[type=file] >> nth=1", small.attachments);
    await plain.click("main form button.primary");
    await plain.click("text=Import all 2 rows");
    await plain.waitForSelector("text=What was made");
    await plain.context().close();
    small.remove();
});

check("sending asks once, and shows its progress until it ends", async () => {
    await page.click("[popovertarget=confirm-send]");
    await page.click("#confirm-send button.primary");
    await page.waitForSelector("#progress");
    await eventually("all e-mails have left", async () => (await page.textContent("[data-channel=EMAIL] dl")).match(/(Dry run|Delivered)22/), 60);
    same(await page.locator("[data-moving]").count(), 0, "nothing moves");
});

check("a unit opens beside the list with its timeline", async () => {
    await page.click(".units tbody tr:first-child td:nth-child(2)");
    await page.waitForSelector("#drawer .timeline li");
    const labels = await page.locator("#drawer .timeline strong").allTextContents();
    expect(labels.includes("Queued") && labels.includes("Sent"), `events: ${labels}`);
    expect(/unit=/.test(page.url()), "the address holds the unit");
    same(await page.evaluate(() => document.activeElement.id), "drawer-title", "focus");
});

check("its statement can be downloaded", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#drawer .attachment")]);
    expect(download.suggestedFilename().endsWith(".pdf"), download.suggestedFilename());
    same(readFileSync(await download.path()).subarray(0, 5).toString(), "%PDF-", "content");
});

check("the address alone shows the same unit", async () => {
    const title = await page.textContent("#drawer-title");
    await page.reload();
    same(await page.textContent("#drawer-title"), title, "title");
});

check("the way back closes the unit", async () => {
    await page.click("#drawer-close");
    await page.waitForSelector("#drawer", { state: "hidden" });
    await page.goBack();
    await page.waitForSelector("#drawer-title");
    await page.keyboard.press("Escape");
    await page.waitForSelector("#drawer", { state: "hidden" });
});

check("search, filter and sort stand in the address and keep the rest of the page", async () => {
    await page.fill("#search", "Müller 7");
    await eventually("one unit matches", async () => (await page.locator(".units tbody tr").count()) === 1);
    expect(/search=/.test(page.url()), page.url());
    await page.fill("#search", "nobody has this name");
    await page.waitForSelector(".empty");
    await page.click(".empty >> text=Clear filters");
    await eventually("all units are back", async () => (await page.locator(".units tbody tr").count()) === 24);
    await page.selectOption("[name=channel]", "SMS");
    await eventually("one unit has an SMS", async () => (await page.locator(".units tbody tr").count()) === 1);
    await page.selectOption("[name=channel]", { index: 0 });
    await eventually("all units", async () => (await page.locator(".units tbody tr").count()) === 24);
    const first = await page.textContent(".units tbody tr:first-child th");
    await page.click("th[data-key=unit] a");
    await eventually("the order is turned", async () => (await page.textContent(".units tbody tr:first-child th")) !== first);
});

check("the outbox holds the message as its recipient gets it", async () => {
    await page.click(".nav >> text=Outbox");
    await page.click(`.outbox tr:has-text("${house.toLowerCase()}@example.ch") a >> nth=0`);
    await page.waitForSelector("iframe.message");
    expect((await page.textContent(".facts")).includes(`${house.toLowerCase()}@example.ch`), "recipient");
    const body = await page.frameLocator("iframe.message").locator("body").textContent();
    expect(/Müller/.test(body), `body: ${body.slice(0, 200)}`);
    same(await page.locator(".attachment").count(), 1, "attachments");
});

check("nothing complained on the way", async () => same(page.complaints, [], "complaints"));

await finish();
files.remove();
