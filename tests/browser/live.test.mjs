// What happens while a page is looked at: rows that come wait, rows that change do so in place, and quick fingers lose nothing.
import { check, eventually, finish } from "../checks.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `L${Date.now() % 100000}`;
const flats = (n) => importBuilding(house, 2024, n);
flats(12);
const page = await newPage();
await signIn(page, "admin");
await openBuilding(page, `House ${house}`);
const poll = async () => {
    await page.keyboard.press("p"); // pauses
    await page.keyboard.press("p"); // resumes, and looks at once
};
const rows = () => page.locator(".units tbody tr").count();
const news = page.locator("#news button");

check("new units wait behind their number, and come when they are asked for", async () => {
    await page.focus(".units tbody tr:nth-child(3) a");
    await page.evaluate(() => (document.activeElement.dataset.kept = "yes"));
    flats(15);
    await poll();
    await news.waitFor();
    same(await news.textContent(), "3 new", "the bar");
    same(await rows(), 12, "rows meanwhile");
    same(await page.evaluate(() => document.activeElement.dataset.kept), "yes", "focus and row stay");
    await news.click();
    await eventually("they are there", async () => (await rows()) === 15);
    await news.waitFor({ state: "hidden" });
    same(await page.evaluate(() => document.activeElement.closest("tr")?.rowIndex), 13, "focus is on the first new one");
});

check("rows that change do so where they are; the end of a batch is told", async () => {
    await page.evaluate(() => (document.querySelector(".units tbody tr").dataset.kept = "yes"));
    await page.click("#send");
    await page.click("#confirm-send button.primary");
    await page.waitForSelector(".toast.tone-done", { timeout: 60_000 });
    expect(/All 15 messages are through\./.test(await page.textContent(".toast")), await page.textContent(".toast"));
    await eventually("rows say so", async () => (await page.locator(".units tbody .status:text-matches('Dry run|Delivered')").count()) === 15, 60);
    same(await news.isVisible(), false, "no news of rows that are there");
    const unseen = () => [...document.querySelectorAll(".ic")].filter((e) => getComputedStyle(e, "::before").maskImage === "none").map((e) => e.className);
    await page.reload();
    same(await page.evaluate(unseen), [], "icons without a picture");
});

check("a filter keeps the rows it found until the list is asked for again", async () => {
    await page.goto(`${page.url().replace(/&unit=[^&]*/, "")}&status=SENT`);
    same(await rows(), 15, "rows");
});

check("a unit closed in the moment it opens gives the focus back, without a new page", async () => {
    await openBuilding(page, `House ${house}`);
    await page.evaluate(() => {
        window.samePage = true;
        const watch = new MutationObserver(() => {
            if (!document.querySelector("#drawer-close")) return;
            watch.disconnect();
            window.opened = true;
            document.querySelector("#drawer-close").click();
        });
        watch.observe(document.querySelector(".track"), { childList: true });
    });
    await page.focus(".units tbody tr:nth-child(2) a");
    await page.keyboard.press("Enter");
    await eventually("focus is on the row", () => page.evaluate(() => window.opened && document.activeElement.closest("tr")?.rowIndex === 2 && !location.search.includes("unit=")));
    same(await page.evaluate(() => window.samePage), true, "the page");
});

check("a unit that lets itself be waited for is drawn in outlines; one that fails leaves the list as it was", async () => {
    let answer;
    await page.route("**/track?*unit=*", (route) => (answer = () => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"detail":"The server is busy."}' })));
    await page.click(".units tbody tr:nth-child(4) th a");
    await page.waitForSelector("#drawer.waits");
    answer();
    await page.waitForSelector(".toast:has-text('The server is busy.')");
    await page.waitForSelector("#drawer", { state: "hidden" });
    await page.unroute("**/track?*unit=*");
    page.complaints = page.complaints.filter((line) => !/503/.test(line));
    await page.focus(".units tbody tr:nth-child(2) a");
});

check("the title names the unit, and the building alone once it is closed", async () => {
    await page.keyboard.press("Enter");
    await page.waitForSelector("#drawer-title");
    const unit = await page.textContent("#drawer-title");
    await eventually("the unit", async () => (await page.title()) === `${unit}, House ${house} 2024 · Track Center`);
    await page.keyboard.press("Escape");
    await eventually("the building", async () => (await page.title()) === `House ${house} 2024 · Track Center`);
});

check("a printed unit is the unit alone, all of it", async () => {
    await page.click(".units tbody tr:first-child th a");
    await page.waitForSelector("#drawer .timeline li");
    await page.emulateMedia({ media: "print" });
    same(await page.locator(".bar, .side, .list, #drawer-close").filter({ visible: true }).count(), 0, "what else is on paper");
    const [shown, whole] = await page.evaluate(() => [document.querySelector("#drawer").clientHeight, document.querySelector("#drawer").scrollHeight]);
    same(shown, whole, "height");
    await page.emulateMedia({ media: "screen" });
});

check("nothing complained", async () => same(page.complaints, [], "complaints"));

await finish();
