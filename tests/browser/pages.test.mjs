// Each page: no complaints, names for every control, no sideways scroll from 390 to 2560 px, contrast, weight, and reading
// without JavaScript.
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { check, finish } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, openBuilding, parcel, same, signIn } from "./browser.mjs";

const house = `P${Date.now() % 100000}`;
importBuilding(house, 2024, 60, (i) => (i % 3 === 0 ? { recipient_name: "Verwaltungsgesellschaft Lindenhof Nord mbH & Co. KG" } : {}));
const page = await newPage();
await signIn(page, "admin");
await openBuilding(page, `House ${house}`);
const track = page.url();
await page.click(".units tbody tr:first-child th a");
await page.waitForSelector("#drawer-title");
const state = await page.context().storageState();
const pages = { track, unit: page.url(), import: "/import", outbox: "/outbox", suppressions: "/suppressions", inbox: "/inbox", proof: "/proof", retention: "/retention", api: "/api/docs", password: "/password", missing: "/nothing-here", ...(await parcel(house)) };

const faults = () => {
    const found = [];
    const named = (e) => (e.ariaLabel || e.title || e.labels?.[0]?.textContent || e.textContent || document.getElementById(e.getAttribute("aria-labelledby"))?.textContent || "").trim();
    for (const e of document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea, iframe")) if (!named(e)) found.push(`no name: ${e.outerHTML.slice(0, 120)}`);
    for (const e of document.querySelectorAll("img:not([alt])")) found.push(`no alt: ${e.outerHTML.slice(0, 120)}`);
    const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
    for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) found.push(`id twice: ${id}`);
    if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
    if (!document.documentElement.lang) found.push("no language");
    if (document.querySelectorAll("main").length !== 1) found.push("not one main");
    if (!document.title || /^\s*·/.test(document.title)) found.push(`title: ${document.title}`);
    for (const e of document.querySelectorAll("th:not([scope])")) found.push(`th without scope: ${e.outerHTML.slice(0, 80)}`);
    for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
        for (const id of `${e.getAttribute("aria-describedby") ?? ""} ${e.getAttribute("aria-labelledby") ?? ""}`.trim().split(/\s+/)) if (!document.getElementById(id)) found.push(`no #${id}`);
    return found;
};

const missingIcons = async () => {
    const sprite = await (await fetch("/static/vendor/icons.svg")).text();
    const used = [...document.querySelectorAll("use")].map((use) => use.getAttribute("href"));
    return used.filter((href) => !sprite.includes(`id="${href.split("#")[1]}"`));
};

// WCAG contrast of each text with what it stands on, for leaves that show text.
const lowContrast = () => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => {
        for (; e; e = e.parentElement) {
            const colour = rgba(getComputedStyle(e).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return rgba("Canvas");
    };
    const found = new Set();
    for (const e of document.body.querySelectorAll("*")) {
        if (e.closest("svg, iframe, [hidden], .skip, .hidden-text") || !e.checkVisibility()) continue;
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
        const [a, b] = [light(rgba(getComputedStyle(e).color)), light(ground(e))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) found.add(`${ratio.toFixed(2)} ${e.tagName}.${e.className}`);
    }
    return [...found];
};

// What stands outside the window, other than in boxes that scroll.
const cutOff = () => {
    const shown = [...document.body.querySelectorAll("*")].filter((e) => e.checkVisibility() && !e.closest("svg, .skip, .hidden-text, .busy, pre, thead"));
    return shown.filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 100)).slice(0, 5);
};

for (const [name, address] of Object.entries(pages)) {
    check(`${name}: loads without complaint, every control has a name, every icon exists`, async () => {
        page.complaints.length = 0;
        const answer = await page.goto(address);
        expect(answer.status() === (name === "missing" ? 404 : 200), `status ${answer.status()}`);
        same(await page.evaluate(faults), [], "faults");
        same(await page.evaluate(missingIcons), [], "icons");
        same(page.complaints.filter((c) => name !== "missing" || !/404/.test(c)), [], "complaints");
    });

    check(`${name}: nothing is wider than the window, 390 to 2560 px`, async () => {
        for (const width of [390, 799, 800, 1024, 1280, 2560]) {
            await page.setViewportSize({ width, height: 900 });
            const over = await page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
            expect(over <= 0, `${over} px too wide at ${width}`);
        }
        await page.setViewportSize({ width: 1440, height: 900 });
    });

    check(`${name}: text stands out and axe finds nothing, wide and narrow, light and dark`, async () => {
        for (const colorScheme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme });
            same(await page.evaluate(lowContrast), [], colorScheme);
            for (const width of [390, 1440]) {
                await page.setViewportSize({ width, height: 900 });
                same(await axeFaults(page), [], `${colorScheme}, ${width} px`);
            }
        }
    });

    check(`${name}: text twice as large fits, and nothing is cut off`, async () => {
        for (const width of [390, 1280]) {
            await page.setViewportSize({ width, height: 900 });
            await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
            same(await page.evaluate(cutOff), [], `${width} px`);
        }
        await page.setViewportSize({ width: 1440, height: 900 });
    });
}

check("targets are 44 px high under a finger", async () => {
    const touch = await newPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, storageState: state });
    await touch.goto(track);
    const small = await touch.evaluate(() => [...document.querySelectorAll("button, select, input:not([type=hidden]), .nav a, .pager a, .units tbody tr, .years a")]
        .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => `${e.getBoundingClientRect().height} ${e.outerHTML.slice(0, 80)}`));
    same(small, [], "small");
    await touch.tap(".units tbody tr:nth-child(2)");
    await touch.waitForSelector("#drawer-title");
    const box = await touch.locator("#drawer").boundingBox();
    same([box.x, box.width], [0, 390], "the unit fills the screen");
    await touch.context().close();
});

check("without JavaScript: list, filter, unit, buildings and years can be read", async () => {
    const plain = await newPage({ javaScriptEnabled: false, storageState: state });
    await plain.goto(track);
    same(await plain.locator(".units tbody tr").count(), 50, "rows");
    await plain.click("[rel=next]");
    same(await plain.locator(".units tbody tr").count(), 10, "rows of the second page");
    await plain.click("[rel=prev]");
    await plain.fill("#search", "Müller 7");
    await plain.click(".filter-go");
    same(await plain.locator(".units tbody tr").count(), 1, "found");
    await plain.click(".units tbody tr:first-child th a");
    expect(await plain.locator("#drawer .facts").count(), "the unit is shown");
    await plain.click("#drawer-close");
    same(await plain.locator("#drawer .facts").count(), 0, "the unit is closed");
    await plain.click(".years a >> nth=0");
    same(await plain.locator(".units tbody tr").count(), 50, "the year");
    await plain.context().close();
});

check("budgets: list under 60 kB, scripts under 40 kB gzipped, the page under 150 kB", async () => {
    const list = (await (await page.request.get(track)).body()).length;
    expect(list < 60_000, `list: ${list}`);
    await page.goto(track);
    const assets = await page.evaluate(() => [...document.querySelectorAll("link[rel=stylesheet], script[src]")].map((one) => new URL(one.href || one.src).pathname));
    expect(assets.some((path) => path.endsWith(".css")) && assets.some((path) => path.endsWith(".js")), `assets: ${assets}`);
    const size = (path) => gzipSync(readFileSync(new URL(`../..${path}`, import.meta.url))).length;
    const sum = (paths) => paths.reduce((all, path) => all + size(path), 0);
    const scripts = sum(assets.filter((path) => path.endsWith(".js")));
    expect(scripts < 40_000, `scripts: ${scripts}`);
    const font = readFileSync(new URL("../../static/vendor/inter.woff2", import.meta.url)).length;
    const total = sum(assets) + size("/static/vendor/icons.svg") + font;
    expect(total < 150_000, `page: ${total}`);
});

check("a page for another role names the role it is for", async () => {
    const viewer = await newPage();
    await signIn(viewer, "viewer");
    for (const [address, role] of [["/import", "admin"], ["/exports", "agent"]]) {
        same((await viewer.goto(address)).status(), 403, "status");
        expect((await viewer.textContent("main")).includes(`This needs the role ${role}; yours is viewer.`), "the role");
        same(await viewer.locator("nav.nav a[href='/messages']").count(), 1, "the frame");
        same(await viewer.evaluate(faults), [], "faults");
        same(await axeFaults(viewer), [], "axe");
    }
    await viewer.context().close();
});

check("what is empty says why: a filter, a year, or that nothing came yet", async () => {
    await page.goto("/inbox?state=failed&provider=nobody");
    same(await page.textContent(".empty h2"), "No webhooks match", "filtered");
    await page.goto(track.replace(/year=\d+/, "year=2030"));
    same(await page.textContent(".empty h2"), "Nothing for 2030", "year");
    await page.goto(`${track}&search=nobody`);
    same(await page.textContent(".empty h2"), "No units match", "search");
});

check("the building that is shown is in sight in the side list", async () => {
    await page.setViewportSize({ width: 1440, height: 300 });
    await page.goto(track);
    const [item, side] = await Promise.all([".buildings > .on b", ".side"].map((part) => page.locator(part).boundingBox()));
    expect(item.y >= side.y && item.y + item.height <= side.y + side.height, `${item.y} in ${side.y} + ${side.height}`);
    await page.setViewportSize({ width: 1440, height: 900 });
});

check("a failed request says so and leaves the page", async () => {
    await page.goto(track);
    const before = await page.locator(".units tbody tr").count();
    await page.route("**/track?*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"detail":"The server is busy."}' }));
    await page.click("th[data-key=recipient] a");
    await page.waitForSelector(".toast");
    expect((await page.textContent(".toast")).includes("The server is busy."), "the cause");
    same(await page.locator(".units tbody tr").count(), before, "rows");
    await page.unroute("**/track?*");
});

await finish();
