// Targets under a finger: on every page of what is sent each is 24 px or has that much room (WCAG 2.2, 2.5.8).
import { check, finish } from "../checks.mjs";
import { expect, importBuilding, newPage, openBuilding, parcel, same, signIn } from "./browser.mjs";

const house = `T${Date.now() % 100000}`;
const pages = {};
let storageState;

// What is smaller than 24 px and has another target in a circle of that size about its middle. In a sentence a link is as high
// as its line; a column of the figures is a row of the table below them.
function tight() {
    const links = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=option]";
    const seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest(".skip, .hidden-text, .histogram, thead, [inert]");
    const scrolledAway = (e, box) => {
        const outer = e.closest(".scroll, pre, .json")?.getBoundingClientRect();
        return outer && (box.bottom > outer.bottom || box.top < outer.top);
    };
    const own = (e) => (e.matches("input") && e.closest("label")) || e;
    const all = [...new Set([...document.querySelectorAll(links)].filter(seen).map(own))];
    const places = all.map((e) => ({ e, box: e.getBoundingClientRect() })).filter(({ e, box }) => box.width > 1 && box.height > 1 && !scrolledAway(e, box));
    const small = ({ box }) => box.width < 23.9 || box.height < 23.9;
    const middle = ({ box }) => [box.x + box.width / 2, box.y + box.height / 2];
    const inSentence = ({ e }) => getComputedStyle(e).display === "inline" && [...e.parentElement.childNodes].some((n) => n.nodeType === 3 && /\w{2}/.test(n.data)) && e.parentElement.matches("p, li, dd, span, small, div.hint");
    const far = ([x, y], box) => Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)) >= 12;
    const apart = ([x, y], [u, v]) => Math.hypot(x - u, y - v) >= 24;
    // Under the bars that stay in their place the page scrolls: what is near them now is not so a moment later.
    const bar = (e) => e.closest("header.bar, nav.nav");
    const roomy = (one) => places.every((other) => other.e === one.e || bar(other.e) !== bar(one.e) || other.e.contains(one.e) || one.e.contains(other.e) || (small(other) ? apart(middle(one), middle(other)) : far(middle(one), other.box)));
    // Of what is in sight, where another target lies over a part and leaves less than 24 px, but for one of rounding.
    const over = (e, x, y) => document.elementFromPoint(x, y)?.closest(links) ?? e;
    const covered = ({ e, box }) => {
        if (box.top < 0 || box.bottom > innerHeight || inSentence({ e })) return false;
        const hits = Array.from({ length: Math.floor(box.height) }, (_, i) => over(e, box.x + Math.min(box.width / 2, 12), box.top + i + 0.5));
        const free = hits.filter((hit) => e.contains(hit) || hit.contains(e) || hit.closest("label")?.contains(e));
        return free.length > 0 && free.length < 23 && hits.every((hit) => !hit.closest("nav, header"));
    };
    return places.filter((one) => (small(one) && !inSentence(one) && !roomy(one)) || (!small(one) && covered(one))).map(({ e, box }) => `${Math.round(box.width)}×${Math.round(box.height)} ${e.outerHTML.slice(0, 110)} in ${e.parentElement.className || e.parentElement.id || e.parentElement.tagName}`);
}

check("pages to look at", async () => {
    importBuilding(house, 2024, 12, (i) => (i % 3 === 1 ? { delivery_preference: "letter" } : {}));
    const page = await newPage();
    await signIn(page, "admin");
    await openBuilding(page, "Lindenhof 12");
    const track = page.url();
    await page.click(".units tbody tr:has(.status.tone-failed) th a");
    await page.waitForSelector("#drawer-title");
    Object.assign(pages, { track, unit: page.url(), messages: "/messages", failed: "/messages?q=is%3Afailed", help: "/messages/help" });
    for (const tab of ["activity", "exports", "letters"]) {
        await page.goto(track);
        pages[tab] = await page.locator(`.tabs a:text-is("${tab[0].toUpperCase()}${tab.slice(1)}")`).getAttribute("href");
    }
    for (const [name, list, links] of [["message", pages.failed, "table.messages tbody tr:not(.day) th a"], ["run", "/runs", "main a[href^='/runs/0']"]]) {
        await page.goto(list);
        pages[name] = await page.locator(links).first().getAttribute("href");
    }
    const [message] = pages.message.split("?");
    pages.beside = `/messages?open=${message.split("/").at(-1)}`;
    for (const tab of ["data", "source", "attachments", "decision", "related", "audit"]) pages[`message ${tab}`] = `${message}?tab=${tab}`;
    for (const form of ["resend", "record", "tags"]) pages[form] = `${message}/${form}`;
    for (const step of ["data", "check", "preview", "approve", "send", "close"]) pages[`run ${step}`] = `${pages.run}?step=${step}`;
    for (const name of ["runs", "letters", "suppressions", "outbox", "inbox", "import", "proof", "retention", "bulk", "search"]) pages[name] = `/${name}`;
    Object.assign(pages, await parcel(`T${Date.now() % 100000}`));
    storageState = await page.context().storageState();
    await page.context().close();
});

for (const width of [390, 1440]) {
    check(`at ${width} px no target is smaller than 24 px without room about it`, async () => {
        const touch = width < 800;
        const at = await newPage({ viewport: { width, height: 844 }, storageState, hasTouch: touch, isMobile: touch });
        const found = [];
        for (const [name, address] of Object.entries(pages)) {
            const answer = await at.goto(address);
            expect(answer.ok(), `${name} (${address}): ${answer.status()}`);
            await at.waitForLoadState("networkidle");
            await at.evaluate(() => document.querySelectorAll("details").forEach((e) => (e.open = true)));
            found.push(...(await at.evaluate(tight)).map((line) => `${name}: ${line}`));
        }
        same(found, [], "small");
        await at.context().close();
    });
}

await finish();
