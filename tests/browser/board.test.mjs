// The board of shipments: on a wide page and on a phone, by keyboard, and brought up to date without losing the card in focus.
import { api, check, eventually, finish, token } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { newPage, same, signIn } from "./browser.mjs";

const agent = api(await token("agent"));
const ids = {};
for (const [name, status] of [["first", "failed_attempt"], ["second", "failed_attempt"], ["late", "in_transit"], ["pickup", "available_for_pickup"], ["way", "in_transit"], ["done", "delivered"]]) {
    const { body } = await agent("POST", "/api/ship/shipments", { carrier: "Swiss Post", trackingNumber: `BOARD-${name}-${process.pid}`, ...(name === "late" && { promisedOn: "2026-01-05" }) });
    ids[name] = body.shipmentId;
    await agent("POST", `/api/ship/shipments/${body.shipmentId}/status`, { status });
}
const page = await newPage();
await signIn(page, "agent");
const focused = () => page.evaluate(() => `${document.activeElement.closest("section")?.id} ${document.activeElement.getAttribute("href")}`);
const column = (name) => page.locator(`#${name} a[href^='/shipments/0']`);

check("each stands in its column, and nothing is wrong with the page", async () => {
    await page.goto("/shipments");
    for (const [name, id] of [["act_now", ids.first], ["late", ids.late], ["pickup_point", ids.pickup], ["on_the_way", ids.way], ["done", ids.done]]) same(await page.locator(`#${name} a[href='/shipments/${id}']`).count(), 1, name);
    same(await axeFaults(page), [], "axe");
    same(page.complaints, [], "complaints");
});

check("arrows, j and k go from card to card, Enter opens one", async () => {
    await page.keyboard.press("j");
    const [first, second] = await column("act_now").evaluateAll((list) => list.map((a) => a.getAttribute("href")));
    same(await focused(), `act_now ${first}`, "j");
    await page.keyboard.press("ArrowDown");
    same(await focused(), `act_now ${second}`, "down");
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowRight");
    same((await focused()).split(" ")[0], "late", "right");
    await page.keyboard.press("ArrowLeft");
    same(await focused(), `act_now ${first}`, "left");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${first}`);
    await page.goBack();
});

check("a change comes by itself, and the card in focus stays so", async () => {
    await page.locator(`a[href='/shipments/${ids.second}']`).focus();
    await agent("POST", `/api/ship/shipments/${ids.way}/status`, { status: "delivered" });
    await eventually("it is done", () => page.locator(`#done a[href='/shipments/${ids.way}']`).count(), 40);
    same(await focused(), `act_now /shipments/${ids.second}`, "focus");
});

check("what was asked for is seen to on its page", async () => {
    await page.goto(`/shipments/${ids.first}`);
    same(await axeFaults(page), [], "axe");
    await page.fill("form[action$='/answer'] [name=note]", "They come again on Friday.");
    await page.click("form[action$='/answer'] button");
    await page.waitForSelector("text=The failed attempt was answered.");
    await page.goto("/shipments");
    same(await page.locator(`#on_the_way a[href='/shipments/${ids.first}']`).count(), 1, "on its way");
});

check("a phone shows one column below the other, and leads to each", async () => {
    const phone = await newPage({ viewport: { width: 390, height: 844 }, storageState: await page.context().storageState(), hasTouch: true, isMobile: true, javaScriptEnabled: false });
    await phone.goto("/shipments");
    await phone.tap(".board-counts a[href='#done']");
    same(new URL(phone.url()).hash, "#done", "the address");
    const wide = await newPage({ viewport: { width: 390, height: 844 }, storageState: await page.context().storageState() });
    await wide.goto("/shipments");
    same(await wide.evaluate(() => document.documentElement.scrollWidth), 390, "width");
    same(await axeFaults(wide), [], "axe");
});

check("the table says on a phone what each day is, too", async () => {
    const phone = await newPage({ viewport: { width: 390, height: 844 }, storageState: await page.context().storageState(), hasTouch: true, isMobile: true });
    await phone.goto("/shipments/table?q=is:late");
    const rows = await phone.locator("table.shipments tbody tr").allInnerTexts();
    same(rows.length > 0, true, "rows");
    for (const row of rows) for (const word of [/Promised \d/, /Moved /]) same(word.test(row), true, `${word} in ${row}`);
    same(await axeFaults(phone), [], "axe");
});

await finish();
