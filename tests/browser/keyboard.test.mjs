// Everything by the keyboard alone.
import { check, eventually, finish } from "../checks.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `K${Date.now() % 100000}`;
importBuilding(house, 2024, 12);
const page = await newPage();
await signIn(page, "admin");
await openBuilding(page, `House ${house}`);
const focused = (read) => page.evaluate(read);
const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
};

check("the first Tab offers to skip to the content", async () => {
    await press("Tab");
    same(await focused(() => document.activeElement.textContent), "Skip to content", "focus");
    await press("Enter");
    same(await focused(() => document.activeElement.id), "main", "focus");
});

check("j and k move through the rows, with a ring to be seen", async () => {
    await press("j", "j", "k");
    same(await focused(() => document.activeElement.closest("tr").rowIndex), 1, "row");
    const ring = await focused(() => getComputedStyle(document.activeElement.closest("tr")).outlineStyle);
    same(ring, "solid", "ring");
});

check("Enter opens, brackets walk, u goes up to the row", async () => {
    await press("Enter");
    await page.waitForSelector("#drawer-title");
    const first = await page.textContent("#drawer-title");
    await press("]");
    await eventually("the next unit", async () => (await page.textContent("#drawer-title")) !== first);
    await press("[");
    await eventually("the first again", async () => (await page.textContent("#drawer-title")) === first);
    await press("u");
    await page.waitForSelector("#drawer", { state: "hidden" });
    await eventually("focus is on the row", () => focused(() => Boolean(document.activeElement.closest(".units tbody tr"))));
});

check("/ searches, and letters typed there are letters", async () => {
    await press("/");
    await page.keyboard.type("gtjk?");
    same(await page.inputValue("#search"), "gtjk?", "text");
    expect(/\/track/.test(page.url()), page.url());
    await page.fill("#search", "");
    await press("Escape");
});

check("? shows the keys, Escape hides them", async () => {
    await press("?");
    await page.waitForSelector("#keys", { state: "visible" });
    await press("Escape");
    await page.waitForSelector("#keys", { state: "hidden" });
});

check("t changes the theme, and it is remembered", async () => {
    const before = await focused(() => getComputedStyle(document.body).backgroundColor);
    const kept = page.waitForResponse((answer) => /\/theme$/.test(answer.url()));
    await press("t");
    await kept;
    const second = page.waitForResponse((answer) => /\/theme$/.test(answer.url()));
    await press("t");
    await second;
    const after = await focused(() => getComputedStyle(document.body).backgroundColor);
    expect(before !== after, `both are ${after}`);
    await page.reload();
    same(await focused(() => getComputedStyle(document.body).backgroundColor), after, "after reload");
});

check("g and a letter go to a page", async () => {
    await press("g", "m");
    await page.waitForURL("**/messages");
    await press("g", "s");
    await page.waitForURL("**/shipments");
    await press("g", "i");
    await page.waitForURL("**/import");
    await press("g", "t");
    await page.waitForURL("**/track*");
});

check("a batch is sent by the keyboard", async () => {
    await openBuilding(page, `House ${house}`);
    await page.focus("[popovertarget=confirm-send]");
    await press("Enter", "Tab");
    expect(await focused(() => document.activeElement.closest("#confirm-send") !== null), "focus is in the question");
    await press("Enter");
    await eventually("it is sent", async () => /(Dry run|Delivered)12/.test(await page.textContent("[data-channel=EMAIL] dl")), 60);
});

check("nothing complained", async () => same(page.complaints, [], "complaints"));

await finish();
