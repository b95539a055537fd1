// Exports and bulk actions in a browser: from the list of units to a file, and to a plan, its confirmation and report.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { check, eventually, finish, sql } from "../checks.mjs";
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

check("the evidence of those that were picked is planned, and a ZIP to download", async () => {
    await page.goto(`/messages?q=${encodeURIComponent(`building:${house}`)}`);
    for (const n of [0, 1]) await page.check(`table.messages tbody input[type=checkbox] >> nth=${n}`);
    same(await axeFaults(page), [], "axe on the bar");
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, "evidence-bar.png") });
    await page.click(".pick-bar button:has-text('Evidence')");
    await page.waitForSelector("h1:text-is('Evidence of 2 communications')");
    await whole("evidence-plan");
    await page.click("form[action$='/confirm'] button.primary");
    await page.waitForSelector("#bulk a:has-text('Download')");
    await whole("evidence-report");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#bulk a:has-text('Download')")]);
    expect(/^evidence-\d{4}-\d\d-\d\d\.zip$/.test(download.suggestedFilename()), download.suggestedFilename());
    same(readFileSync(await download.path()).subarray(0, 2).toString(), "PK", "the file");
});

check("an export tells live how far it is, pauses, goes on, and has its file in the end", async () => {
    const queue = (paused) => sql(`insert into job_queues (queue, paused) values ('export', ${paused}) on conflict (queue) do update set paused = ${paused}`);
    const plan = async () => {
        await page.goto(`/messages?q=${encodeURIComponent(`building:${house}`)}`);
        for (const n of [0, 1, 2]) await page.check(`table.messages tbody input[type=checkbox] >> nth=${n}`);
        await page.click(".pick-bar button:has-text('Export')");
        await page.click("form[action$='/confirm'] button.primary");
        await page.waitForSelector("#bulk");
        return page.url().split("/").pop();
    };
    const said = (text) => page.waitForSelector(`#bulk [role=status]:has-text("${text}")`);
    queue(true);
    try {
        const id = await plan();
        await said("Waits for a worker");
        sql(`update communication_exports x set state = 'RUNNING', rows_written = 2 from bulk_actions a where a.id = '${id}' and x.id = a.export_id`);
        await said("2 of 3 written");
        await whole("export-running");
        await page.click("#bulk button:has-text('Pause')");
        await said("after 2 of 3; resumed, the file is begun anew");
        await whole("export-paused");
        await page.click("#bulk button:has-text('Resume')");
        await said("Waits for a worker");
    } finally {
        queue(false);
    }
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#bulk a:has-text('Download')")]);
    same(readFileSync(await download.path(), "utf8").trim().split("\r\n").length, 4, "its lines");
    queue(true);
    try {
        await plan();
        await page.click("#bulk button:has-text('Cancel')");
        await page.waitForSelector("#bulk:has-text('Cancelled')");
        same(await page.locator("#bulk a:has-text('Download')").count(), 0, "no file");
        await whole("export-cancelled");
    } finally {
        queue(false);
    }
});

check("all messages of a list are held by a plan that is confirmed", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click(".bulk-offer > button");
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
    await page.click(".bulk-offer > button");
    await page.selectOption("#bulk-dialog [name=action]", "release");
    await page.click("#bulk-dialog button.primary");
    await page.waitForSelector(".reasons");
    expect((await page.textContent(".reasons")).includes("Not held."), "the reason");
    await whole("bulk-none");
});

check("units are picked by keys, ranges and the pointer; live updates wait, and a plan is made of them alone", async () => {
    await openBuilding(page, `House ${house}`);
    const boxes = page.locator("#units tbody input");
    const picked = () => boxes.evaluateAll((all) => all.map((box, i) => box.checked && i).filter((i) => i !== false));
    const bar = page.locator(".pick-bar");
    expect(!(await bar.isVisible()), "no bar where nothing is picked");
    await page.focus("#units tbody tr:nth-child(2) th a");
    await page.keyboard.press("x");
    same(await picked(), [1], "x");
    expect(await bar.isVisible(), "the bar");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    same(await picked(), [1, 2, 3], "Shift+x");
    await boxes.nth(5).click({ modifiers: ["Shift"] });
    same(await picked(), [1, 2, 3, 4, 5], "Shift and the pointer");
    await boxes.nth(3).click();
    same([await picked(), await page.textContent("[data-picked]")], [[1, 2, 4, 5], "4 selected"], "one less");
    expect(await page.evaluate(() => Boolean(still())), "live updates wait");
    await whole("units-picked");
    await bar.locator("[popovertarget=mark-dialog]").click();
    same(await axeFaults(page), [], "axe on the dialog");
    await page.fill("#mark-dialog [name=note]", "Handed over at the door.");
    await page.click("#mark-dialog button.primary");
    await page.waitForSelector("h1:text-is('Mark 4 communications as handed over')");
    await page.goBack();
    await page.waitForSelector("#units tbody input");
    await eventually("nothing is picked any more", async () => (await picked()).length === 0);
    expect(!(await bar.isVisible()) && !(await page.evaluate(() => Boolean($("#units input:checked")))), "live again");
    await page.focus("#units tbody tr:nth-child(1) th a");
    await page.keyboard.press("x");
    await page.keyboard.press("e");
    await page.waitForSelector("h1:text-is('Export 1 communication')");
    await openBuilding(page, `House ${house}`);
    await page.focus("#units tbody tr:nth-child(1) th a");
    await page.keyboard.press("*");
    await page.keyboard.press("a");
    expect(await page.locator("#bulk-dialog").isVisible(), "all that match");
    await page.keyboard.press("Escape");
    await boxes.nth(0).click();
    await page.click(".pick-bar button[value=release]");
    await page.waitForSelector("h1:text-is('Release 0 communications')");
    await page.goBack();
    await boxes.nth(0).click();
    await page.click(".pick-bar [popovertarget=resend-dialog]");
    await page.selectOption("#resend-dialog [name=channel]", "LETTER");
    await page.click("#resend-dialog button.primary");
    await page.waitForSelector("h1:has-text('Resend')");
    expect(/by Letter/.test(await page.textContent(".page-head")), "by which way");
});

check("at 390 px the bar of the picked fits", async () => {
    const storageState = await page.context().storageState();
    const at = await newPage({ viewport: { width: 390, height: 844 }, storageState, hasTouch: true, isMobile: true });
    await openBuilding(at, `House ${house}`).catch(() => {});
    await at.waitForSelector("#units tbody input");
    await at.locator("#units tbody input").nth(0).check();
    await at.locator("#units tbody input").nth(1).check();
    same(await axeFaults(at), [], "axe");
    same(await at.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "no sideways scrolling");
    if (process.env.SHOTS) await at.screenshot({ path: join(process.env.SHOTS, "units-picked-390.png") });
    await at.context().close();
});

check("nothing complained", async () => same(page.complaints, [], "complaints"));

await finish();
