// The list of messages in a browser: the bar completes, cells narrow, rows are picked, figures lead on; the palette finds.
import { check, eventually, finish } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, newPage, same, signIn } from "./browser.mjs";

const page = await newPage();
await signIn(page, "admin");
const q = () => new URL(page.url()).searchParams.get("q");
const shot = (at, name) => process.env.SHOTS && at.screenshot({ path: `${process.env.SHOTS}-${name}.png` });
const rows = "table.messages tbody tr[id]";

check("g m leads there; views have counts, figures their bars", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("m");
    await page.waitForURL("**/messages");
    await page.waitForSelector(".views .n");
    await page.waitForSelector(".histogram rect");
    same(await page.locator(rows).count(), 50, "rows");
    await eventually("days are named", async () => /day/.test(await page.locator(".day time").first().textContent()));
    same((await axeFaults(page)).join("\n"), "", "axe");
    await shot(page, "list");
});

check("the bar completes a qualifier, then its value, and filters", async () => {
    await page.keyboard.press("f");
    await page.keyboard.type("sta");
    await page.waitForSelector("#suggestions li");
    await page.keyboard.press("Tab");
    await page.keyboard.type("fai");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    same(await page.inputValue("#search"), "status:failed ", "text");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/messages?q=status*");
    const states = await page.locator(`${rows} .state > a:first-child`).allTextContents();
    expect(states.length && states.every((text) => text === "Failed"), states.join());
    await page.locator(".chips .clear a").click();
    await page.waitForURL("**/messages");
});

check("a cell narrows, with Alt it leaves out", async () => {
    await page.locator(`${rows} [data-f^=channel]`).first().click();
    await page.waitForURL("**/messages?q=channel*");
    expect(/^channel:/.test(q()), q());
    await page.locator(`${rows} [data-f^=status]`).first().click({ modifiers: ["Alt"] });
    await eventually("it leaves out", () => /^channel:\S+ -status:/.test(q()));
    same(await page.locator(".chips li.not").count(), 1, "chips");
});

check("every cell narrows: address, subject, day; what cannot be left out says so", async () => {
    const tokens = { "th > small a": /^to:\S+@/, ".subject a": /^"[^"]+"$/, ".when a": /^after:\d{4}-\d\d-\d\d$/ };
    for (const [cell, token] of Object.entries(tokens)) {
        await page.goto("/messages?q=channel:email");
        await page.locator(`${rows} ${cell}`).first().click();
        await eventually(`${cell} narrows`, () => token.test(q().replace("channel:email ", "")));
        expect(await page.locator(rows).count(), `${cell} finds its own row`);
    }
    await page.goto("/messages?columns=provider,code&q=status:failed,bounced");
    await page.locator(`${rows} .more:nth-child(4) a`).first().click();
    await eventually("the code narrows", () => /code:/.test(q()));
    expect(await page.locator(rows).count(), "the code finds its own row");
    await page.goto("/messages");
    await page.waitForSelector("#filter-help [data-qualifier=to]", { state: "attached" });
    await page.locator(`${rows} th > small a`).first().click({ modifiers: ["Alt"] });
    await page.waitForSelector(".toast:has-text('not left out')");
    same(q(), null, "the filter");
    await page.locator(`${rows} .subject a`).first().click({ modifiers: ["Alt"] });
    await eventually("the subject is left out", () => /^-"/.test(q() ?? ""));
});

check("a period is drawn over the columns", async () => {
    await page.goto("/messages?q=channel:email");
    await page.waitForSelector(".histogram rect");
    const boxes = await page.locator(".histogram .ground").evaluateAll((list) => list.map((one) => one.getBoundingClientRect().toJSON()));
    const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(...middle(boxes.at(-2)));
    await page.mouse.down();
    await page.mouse.move(...middle(boxes.at(-5)), { steps: 6 });
    same(await page.locator(".histogram .drawn").count(), 4, "columns drawn over");
    await page.mouse.up();
    await page.waitForURL("**after*");
    const [, from, to] = /^channel:email after:(\S+) before:(\S+)$/.exec(q()) ?? [];
    same(Math.round((Date.parse(to) - Date.parse(from)) / 3.6e6), 24, "hours");
});

check("brackets walk from a message to the next of its list, u goes back to it", async () => {
    await page.goto("/messages?q=channel:email");
    const names = await page.locator(`${rows} > th > a`).evaluateAll((links) => links.slice(0, 3).map((a) => a.pathname));
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const arrives = (path) => page.waitForURL((url) => url.pathname === path);
    await arrives(names[0]);
    for (const [key, path] of [["]", names[1]], ["]", names[2]], ["[", names[1]]]) {
        await page.keyboard.press(key);
        await arrives(path);
    }
    same((await axeFaults(page)).join("\n"), "", "axe");
    await shot(page, "beside");
    await page.click("#beside .tabs >> text=Audit");
    await page.waitForURL("**tab=audit*");
    await page.keyboard.press("[");
    await arrives(names[0]);
    same(new URL(page.url()).searchParams.get("tab"), "audit", "the tab stays");
    await page.keyboard.press("u");
    await page.waitForURL("**/messages?q=channel*");
});

check("o opens one beside the list, j and k move it on, Back and the address bring it again", async () => {
    await page.goto("/messages?q=channel:email");
    const ids = await page.locator(rows).evaluateAll((list) => list.slice(0, 3).map((row) => row.id.slice(2)));
    const open = () => new URL(page.url()).searchParams.get("open");
    const shows = (id) => eventually(`${id} is shown`, async () => open() === id && (await page.locator(`#drawer #c-${id} .timeline, #drawer #c-${id} .hint`).count()) > 0);
    await page.keyboard.press("j");
    await page.keyboard.press("o");
    await shows(ids[0]);
    same(await page.evaluate(() => document.activeElement.id), "drawer-title", "focus");
    same(await page.locator("#drawer .three dd").count(), 3, "sentences");
    same((await axeFaults(page)).join("\n"), "", "axe");
    await shot(page, "panel");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await shows(ids[2]);
    await page.keyboard.press("k");
    await shows(ids[1]);
    same(await page.locator(`${rows}.on`).getAttribute("id"), `m-${ids[1]}`, "its row");
    await page.locator(`#m-${ids[0]} input`).evaluate((box) => box.closest("tr").querySelector("th").click());
    await shows(ids[0]);
    await page.keyboard.press("Escape");
    await page.waitForSelector("#drawer", { state: "hidden" });
    same(open(), null, "the address");
    same(await page.evaluate(() => document.activeElement.closest("tr")?.id), `m-${ids[0]}`, "focus is on its row");
    await page.goBack();
    await shows(ids[0]);
    await page.reload();
    await shows(ids[0]);
    await page.click("#drawer-whole");
    await page.waitForURL(`**/messages/${ids[0]}?*in=channel*`);
});

check("what is done in the panel shows there at once, and what fails is said with its request", async () => {
    await page.goto("/messages?q=status:draft");
    const id = (await page.locator(rows).first().getAttribute("id")).slice(2);
    await page.keyboard.press("j");
    await page.keyboard.press("o");
    await page.click(`#c-${id} >> text=Hold`);
    await page.waitForSelector(`#c-${id} .timeline >> text=Held`);
    await page.waitForSelector(`#c-${id} >> text=Release`);
    await page.route("**/panel*", (route) => route.fulfill({ status: 503, headers: { "X-Request-Id": "0-request" }, contentType: "application/problem+json", body: '{"detail":"The server is busy."}' }));
    await page.keyboard.press("j");
    await page.waitForSelector("#drawer .error");
    same(await page.textContent("#drawer .error"), "The server is busy. (request 0-request)", "the cause");
    await page.unroute("**/panel*");
    await page.click("#drawer >> text=Try again");
    await page.waitForSelector("#drawer .three");
    page.complaints = page.complaints.filter((line) => !/503/.test(line));
});

check("narrow, the panel is the whole screen", async () => {
    const at = await newPage({ storageState: await page.context().storageState(), viewport: { width: 390, height: 844 } });
    await at.goto(page.url());
    await at.waitForSelector("#drawer .three");
    const box = await at.locator("#drawer").boundingBox();
    same([box.x, box.width], [0, 390], "its place");
    same((await axeFaults(at)).join("\n"), "", "axe");
    await shot(at, "panel-390");
    await at.context().close();
});

check("columns are hidden and moved, and a cell keeps them in the address", async () => {
    await page.goto("/messages?q=channel:email");
    await page.click("[popovertarget=pick-columns]");
    same((await axeFaults(page)).join("\n"), "", "axe");
    await shot(page, "columns");
    for (const word of ["Subject", "Channel", "Template", "Tries"]) await page.uncheck(`#pick-columns label:has-text("${word}") input`);
    await page.click('#pick-columns [aria-label="Move Unit up"]');
    await page.click("#pick-columns .primary");
    await page.waitForURL("**columns=*");
    same(new URL(page.url()).searchParams.get("columns"), "unit,state,next,updated", "columns");
    same(await page.locator("table.messages thead th:not(.pick)").allTextContents(), ["Recipient", "Unit", "State", "Next try", "Updated"], "heads");
    await page.locator(`${rows} [data-f^=status]`).first().click();
    await eventually("it narrows", () => /status:/.test(q()));
    same(new URL(page.url()).searchParams.get("columns"), "unit,state,next,updated", "still");
});

check("a wrong filter is told beside the bar", async () => {
    await page.goto("/messages?q=status:flying");
    expect(/is none of/.test(await page.textContent("#faults")), "fault");
    same((await axeFaults(page)).join("\n"), "", "axe");
});

check("rows are picked by x, Shift and range; the bar acts on them", async () => {
    await page.goto("/messages");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    for (const key of ["j", "j", "Shift+X"]) await page.keyboard.press(key);
    same(await page.textContent("[data-picked]"), "3 selected", "picked");
    await page.locator(`${rows} input`).nth(5).click({ modifiers: ["Shift"] });
    same(await page.textContent("[data-picked]"), "6 selected", "range");
    await shot(page, "picked");
    await page.click(".pick-bar [popovertarget=resend-dialog]");
    await page.selectOption("#resend-dialog [name=channel]", "LETTER");
    same(await axeFaults(page), [], "axe on the dialog");
    await shot(page, "resend-dialog");
    await page.keyboard.press("Escape");
    await page.click("button[form=pick][value=hold]"); // whatever was chosen for another action
    await page.waitForSelector("h1:has-text('Hold')");
    await page.goto("/messages");
    for (const n of [0, 1]) await page.locator(`${rows} input`).nth(n).check();
    await page.click(".pick-bar [popovertarget=mark-dialog]");
    await page.click("#mark-dialog button.primary");
    same(await page.evaluate(() => document.activeElement.matches("#mark-dialog [name=note]:invalid")), true, "a note is needed");
    await page.fill("#mark-dialog [name=note]", "Handed over at the door.");
    await shot(page, "mark-dialog");
    await page.click("#mark-dialog button.primary");
    await page.waitForSelector("h1:has-text('Mark')");
    expect((await page.textContent(".page-head")).includes("“Handed over at the door.”"), "the note");
    await page.goto("/messages?q=status:failed");
    await page.locator(`${rows} input`).first().check();
    await page.click(".pick-bar [popovertarget=resend-dialog]");
    await page.selectOption("#resend-dialog [name=channel]", "LETTER");
    await page.click("#resend-dialog button.primary");
    await page.waitForSelector("h1:has-text('Resend')");
    expect(/by Letter/.test(await page.textContent(".page-head")), "by which way");
    await shot(page, "resend-plan");
    await page.goto("/messages?q=status:failed");
    await page.keyboard.press("*");
    await page.keyboard.press("a");
    await page.waitForSelector("#all-matching:popover-open");
    await page.keyboard.press("Escape");
});

check("a period and a group of failures lead into the list", async () => {
    await page.goto("/messages");
    await page.waitForSelector(".histogram");
    await page.locator(".segments a", { hasText: "30 days" }).click();
    await page.waitForSelector(".segments a[aria-current]:has-text('30 days')");
    await page.locator(".groups a").first().click();
    await page.waitForURL("**/messages?q=*");
    expect(/cause:/.test(q()), q());
    await page.waitForSelector(rows);
});

check("a view is saved, shown with its count, and deleted", async () => {
    await page.goto("/messages?q=status:bounced");
    await page.waitForSelector(".views .n");
    await page.click(".view-new summary");
    await page.fill(".view-new [name=name]", "Came back");
    await page.click(".view-new button");
    await page.waitForSelector(".views .on:has-text('Came back') .n");
    await page.locator(".views li:has-text('Came back') summary").click();
    await page.selectOption(".views li:has-text('Came back') [name=tell]", "daily");
    await page.click(".views li:has-text('Came back') button:has-text('Tell me')");
    await page.waitForSelector(".toast:has-text('no account for e-mail')");
    page.complaints = page.complaints.filter((line) => !/409/.test(line));
    await page.locator(".views li:has-text('Came back') button:has-text('Delete')").click();
    await page.waitForURL("**/messages");
    same(await page.locator(".views:has-text('Came back')").count(), 0, "views");
});

check("Ctrl+K finds over any page, by keys alone", async () => {
    await page.goto("/track");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("lindenhof");
    await page.waitForSelector("#found a");
    same((await axeFaults(page)).join("\n"), "", "axe");
    await shot(page, "palette");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/track?building=*");
});

check("Enter opens what is found for what stands there, never the hit of the question before", async () => {
    await page.goto("/track");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("lindenhof");
    await page.waitForSelector("#found a");
    await page.keyboard.type("x");
    await page.keyboard.press("Backspace");
    await page.waitForSelector("#found a"); // asked again, though it is the same question
    await page.keyboard.press("Control+a");
    await page.keyboard.insertText("Rosengarten");
    same(await page.locator("#found a").count(), 0, "hits of the question before");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/track?building=*");
    same(/^Rosengarten/.test(await page.locator("main h1").first().textContent()), true, "the building that was asked for");
});

check("narrow: two lines a row, nothing wider than the screen; dark, too", async () => {
    const storageState = await page.context().storageState();
    for (const [name, options] of [["390", { viewport: { width: 390, height: 844 } }], ["390-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }], ["dark", { colorScheme: "dark" }]]) {
        const at = await newPage({ storageState, ...options });
        await at.goto("/messages");
        await at.waitForSelector(".histogram", { state: "attached" });
        if (name !== "dark") {
            const boxes = await at.locator(rows).evaluateAll((list) => list.map((row) => row.getBoundingClientRect().toJSON()));
            expect(boxes[4].bottom < 780, `${name}: five rows are in sight at first, the fifth ends at ${boxes[4].bottom}`);
            const lines = await at.locator(rows).first().evaluate((row) => ["state", "when", "place"].map((c) => row.querySelector(`.${c}`).getBoundingClientRect().top - row.getBoundingClientRect().top));
            expect(lines[0] < 12 && lines[1] < 12 && lines[2] > 24, `${name}: the state leads: ${lines}`);
            expect(/moved · \d+ cause/.test(await at.textContent("#figures-fold summary")), "the line of the figures");
            await at.click("#figures-fold summary");
            await at.waitForSelector(".histogram", { state: "visible" });
            same((await axeFaults(at)).join("\n"), "", `axe ${name}, figures`);
            await at.click("#figures-fold summary");
        }
        await at.evaluate(() => {
            for (const cell of document.querySelectorAll("table.messages tr[id]:nth-child(2) :is(th > a, small, [data-f=unit], .subject)")) cell.textContent = "Wohnanlage Lindenhofstrasse 12 bis 18, Hinterhaus, ".repeat(3) + "x".repeat(60);
        });
        same(await at.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => document.documentElement.scrollWidth > innerWidth && e.getBoundingClientRect().right > innerWidth).slice(0, 4).map((e) => e.outerHTML.slice(0, 90)).join("\n")), "", `${name}: too wide`);
        same((await axeFaults(at)).join("\n"), "", `axe ${name}`);
        await shot(at, name);
        await at.context().close();
    }
});

check("narrow: a failed row has three lines, and who only looks on has no room for a box", async () => {
    const viewer = await newPage({ viewport: { width: 390, height: 844 } });
    await signIn(viewer, "viewer");
    for (const [at, left] of [[viewer, 16], [await newPage({ storageState: await page.context().storageState(), viewport: { width: 390, height: 844 } }), 50]]) {
        await at.goto("/messages?q=is:failed");
        const seen = await at.locator(`${rows}:not(:has([data-f^=tag]))`).first().evaluate((row) => [row.getBoundingClientRect(), row.querySelector("th a").getBoundingClientRect()].map((box) => box.toJSON()));
        expect(seen[0].height <= 88, `${seen[0].height} px high`);
        same(Math.round(seen[1].left - seen[0].left), left, "indent");
        await at.context().close();
    }
});

check("wide: names, units and subjects stand on one line, year and time are whole", async () => {
    await page.goto("/messages?q=channel:email");
    await page.waitForSelector(`${rows} .subject a`);
    const seen = await page.locator(rows).evaluateAll((list) => list.map((row) => {
        const parts = [".state > a", "th > a", ".place > a", ".subject a", ".way a", ".when a"].map((s) => row.querySelector(s));
        const text = (e) => { const range = document.createRange(); range.selectNodeContents(e); return range.getClientRects()[0]; };
        const cut = [".place small > a:last-child", ".when", ".subject a", ".state > a"].filter((s) => { const e = row.querySelector(s); return e.scrollWidth > e.clientWidth && e.clientWidth; });
        const bottoms = parts.map((e) => Math.round(text(e).bottom));
        return { apart: Math.max(...bottoms) - Math.min(...bottoms), cut };
    }));
    expect(seen.length > 5 && seen.every(({ apart }) => apart <= 1), `apart: ${seen.map(({ apart }) => apart)}`);
    same(seen.flatMap(({ cut }) => cut), [], "cut");
});

check("a viewer's row follows its state, though no box stands before it", async () => {
    const viewer = await newPage();
    await signIn(viewer, "viewer");
    await viewer.goto("/messages");
    await viewer.waitForSelector(rows);
    same(await viewer.evaluate((selector) => {
        const fresh = document.querySelector("#units").cloneNode(true);
        fresh.querySelector("tbody tr[id] .state > a").textContent = "Moved";
        mergeRows(fresh);
        return document.querySelector(selector).querySelector(".state > a").textContent;
    }, rows), "Moved", "state");
    await viewer.context().close();
});

check("nothing complained", () => same(page.complaints.join("\n"), "", "complaints"));

await finish();
