// Exports and bulk actions in a browser: from the list of units to a file, and to a plan, its confirmation and report.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check, eventually, finish } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `BULK${process.pid}`;
importBuilding(house, 2024, 30, (i) => (i === 3 ? { subject: "=1+1 2024" } : {}));
const page = await newPage({ acceptDownloads: true });
await signIn(page, "admin");

// Looks of a page for $SHOTS, wide and narrow, light and dark.
async function shot(name) {
    const folder = process.env.SHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    const storageState = await page.context().storageState();
    for (const width of [1440, 390]) {
        for (const colorScheme of ["light", "dark"]) {
            const at = await newPage({ viewport: { width, height: width < 800 ? 844 : 900 }, colorScheme, storageState });
            await at.goto(page.url());
            await at.waitForTimeout(200);
            await at.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
            await at.context().close();
        }
    }
}

const whole = async (name) => {
    same(await axeFaults(page), [], `axe on ${name}`);
    await shot(name);
};

check("the tab of exports asks for the building at hand and gives a file", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click(".tabs a:text-is('Exports')");
    await page.waitForSelector("#new-export");
    const chosen = await page.textContent("#new-export .hint");
    expect(chosen.includes(`House ${house}, 2024`), `what is chosen: ${chosen}`);
    await whole("exports-new");
    await page.click("#new-export button.primary");
    await page.waitForSelector("#exports a:has-text('Download')");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#exports tbody tr:first-child a:has-text('Download')")]);
    const text = readFileSync(await download.path(), "utf8");
    expect(/^\ufeffbuilding,unitNumber,/.test(text) && text.includes("\"'=1+1 2024\""), "the file");
    same(text.trim().split("\r\n").length, 31, "its lines");
    await whole("exports");
});

check("all messages of a list are held by a plan that is confirmed", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click("[popovertarget=bulk-dialog]");
    await page.selectOption("#bulk-dialog [name=action]", "hold");
    await page.fill("#bulk-dialog [name=note]", "The prices are wrong.");
    same(await axeFaults(page), [], "axe on the dialog");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "bulk-dialog.png") });
    await page.click("#bulk-dialog button.primary");
    await page.waitForSelector("h1:text-is('Hold 30 communications')");
    await whole("bulk-plan");
    await page.click("main form button.primary");
    await eventually("it is done", async () => (await page.locator("#bulk .tone-done dd").textContent().catch(() => "")) === "30" && page.locator(".bulk-report").count());
    await whole("bulk-report");
});

check("it is taken back", async () => {
    await page.click("button:has-text('Take it back')");
    await page.waitForSelector("h1:text-is('Release 30 communications')");
    await eventually("it is done", async () => (await page.locator("#bulk .tone-done dd").textContent().catch(() => "")) === "30" && page.locator(".bulk-report").count());
    await page.goto("/bulk");
    await page.waitForSelector("tbody tr");
    await whole("bulk-list");
});

check("what cannot be done is left out, with the reason, and the number is typed for many", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click("[popovertarget=bulk-dialog]");
    await page.selectOption("#bulk-dialog [name=action]", "release");
    await page.click("#bulk-dialog button.primary");
    await page.waitForSelector(".reasons");
    expect((await page.textContent(".reasons")).includes("Not held."), "the reason");
    await whole("bulk-none");
});

check("nothing complained", async () => same(page.complaints, [], "complaints"));

await finish();
