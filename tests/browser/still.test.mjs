// What has been drawn stays where it is: no page moves when its scripts, its font, its icons or what stands behind it come late.
import { check, finish } from "../checks.mjs";
import { expect, newPage, openBuilding, signIn } from "./browser.mjs";

const most = 0.02;
const late = { "**/*.woff2*": 1200, "**/*.js*": 500, "**/*.svg*": 700, "**/messages/{views,count,figures}*": 900 };
const pages = {};
let storageState;

// Notes each shift of the page, by whom and from where to where.
function watch() {
    window.shifts = [];
    const name = (node) => node?.id || node?.className || node?.parentElement?.className || node?.nodeName;
    const told = ({ node, previousRect: a, currentRect: b }) => `${name(node)} ${a.x},${a.y} ${a.width}x${a.height} to ${b.x},${b.y} ${b.width}x${b.height}`;
    const note = (list) => window.shifts.push(...list.getEntries().map(({ value, sources }) => ({ value, what: sources.map(told) })));
    new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
}

async function shiftsOf(at, address) {
    await at.goto(address);
    await at.waitForLoadState("networkidle");
    await at.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    return at.evaluate(() => window.shifts);
}

check("pages to look at", async () => {
    const page = await newPage();
    await signIn(page, "admin");
    await openBuilding(page, "Lindenhof 12");
    const track = page.url();
    await page.click(".units tbody tr:has(.status.tone-failed) th a");
    await page.waitForSelector("#drawer-title");
    Object.assign(pages, { track, unit: page.url(), messages: "/messages", runs: "/runs" });
    for (const tab of ["activity", "exports", "letters"]) {
        await page.goto(track);
        pages[tab] = await page.locator(`.tabs a:text-is("${tab[0].toUpperCase()}${tab.slice(1)}")`).getAttribute("href");
    }
    for (const [name, list, links] of [["message", "/messages?q=is%3Afailed", "table.messages tbody tr:not(.day) th a"], ["run", "/runs", "main a[href^='/runs/0']"]]) {
        await page.goto(list);
        pages[name] = await page.locator(links).first().getAttribute("href");
    }
    pages.beside = `/messages?open=${pages.message.split("?")[0].split("/").at(-1)}`;
    storageState = await page.context().storageState();
    await page.context().close();
});

// A browser does not report every shift: what stands below the figures is measured before they come, and after.
for (const width of [1920, 1440, 1200, 1000, 390]) {
    check(`figures come into their place at ${width} px`, async () => {
        const at = await newPage({ viewport: { width, height: 900 }, storageState });
        const below = async () => (await at.locator("#units").boundingBox()).y;
        const asked = new Promise((done) => at.route("**/messages/figures*", done));
        await at.goto("/messages");
        const figures = await asked;
        const before = await below();
        await figures.continue();
        await at.waitForSelector("section#figures", { state: "attached" });
        const after = await below();
        expect(Math.abs(after - before) <= 1, `the list stands at ${before} px before the figures, at ${after} px with them`);
        await at.context().close();
    });
}

for (const width of [1440, 390]) {
    check(`nothing moves at ${width} px`, async () => {
        const touch = width < 800;
        const at = await newPage({ viewport: { width, height: touch ? 844 : 900 }, storageState, hasTouch: touch, isMobile: touch });
        await at.addInitScript(watch);
        for (const [path, wait] of Object.entries(late))
            await at.route(path, async (route) => {
                await new Promise((done) => setTimeout(done, wait));
                await route.continue();
            });
        for (const [name, address] of Object.entries(pages)) {
            const shifts = await shiftsOf(at, address);
            const sum = shifts.reduce((all, { value }) => all + value, 0);
            expect(sum <= most, `${name} (${address}) moves by ${sum.toFixed(3)}:\n${shifts.map(({ value, what }) => `${value.toFixed(3)} ${what.join("; ")}`).join("\n")}`);
        }
        await at.context().close();
    });
}

await finish();
