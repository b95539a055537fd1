// A billing file with errors, mended on the page until all of it can be imported: cell by cell, many at once, and back.
import { writeFileSync } from "node:fs";
import { check, eventually, finish, sql } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { billing, expect, newPage, same, signIn } from "./browser.mjs";
import { csv } from "../fixtures/billing.mjs";

const code = `M${Date.now() % 100000}`;
const wrong = (i) => ({
    ...(i === 2 || i === 4 ? { email: `unit${i}@` } : {}),
    ...(i >= 6 && i < 9 ? { delivery_preference: "by pigeon" } : {}),
    ...(i === 10 ? { language: "xx" } : i === 11 ? { language: "it" } : {}),
    ...(i >= 12 && i < 26 ? { currency: "" } : {}),
});
const page = await newPage();
await signIn(page, "admin");
const at = (label) => `td.mend [aria-label="${label}"]`;
const errors = () => page.textContent("[data-errors]");
const focused = () => page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.id);
const kinds = () => page.locator("details.faults:not(#corrections) summary").evaluateAll((all) => all.map((one) => one.textContent.trim()));
const kind = (name) => page.locator(`details.faults:has(summary .status:text-is("${name}"))`);
const faultless = async (on) => same(await axeFaults(on), [], "axe");

async function bring(one, change = () => ({})) {
    const made = billing(one, 2024, 30, (i) => ({ ...wrong(i), ...change(i) }));
    writeFileSync(made.file, csv(made.list));
    await page.goto("/import");
    await page.setInputFiles("[name=file]", made.file);
    await page.setInputFiles("[name=attachments]", made.attachments);
    await page.click("main form button.primary");
    await page.waitForSelector(".stat-grid");
    made.remove();
}

// Saves a cell, and waits for the page to say how many errors are left.
async function save(label, value, left, as = "fill") {
    await page[as](at(label), value);
    await page.click(`td.mend form:has([aria-label="${label}"]) button`);
    await page.waitForSelector(`[data-errors]:text-is("${left}")`);
}

check("errors stand by kind, apart from warnings", async () => {
    await bring(code);
    same(await kinds(), ["email 2", "delivery_preference 3", "language 1", "currency 14"], "kinds");
    same(await page.locator(".findings li").count(), 1, "warnings");
    expect((await page.textContent(".findings li")).includes("“it” is the language of line 13"), "the language without a message");
    expect((await page.textContent("main")).includes("4 more follow as these are corrected, on lines 24, 25, 26, 27."), "what is not shown");
    await faultless(page);
});

check("a cell is saved in place: what was closed stays closed, where one was stays in sight, the next is at hand", async () => {
    await kind("currency").locator("summary").click();
    await page.fill(at("email on line 4"), "unit2@example.ch");
    await page.evaluate(() => scrollTo(0, 100));
    const before = await page.evaluate(() => scrollY);
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-errors]:text-is("19")');
    same(await focused(), "email on line 6", "the next");
    same(await page.evaluate(() => scrollY), before, "where it was");
    expect(!(await kind("currency").evaluate((one) => one.open)), "what was closed");
    same(await page.textContent("#said"), "Errors left: 19.", "said");
});

check("what is still wrong says so, with what the file says", async () => {
    await page.fill(at("email on line 6"), "unit4@nowhere");
    await page.press(at("email on line 6"), "Enter");
    await page.waitForSelector("td:has-text('Corrected, but still wrong; the file says unit4@.')");
    same(await page.textContent("#corrections summary"), "1 cell corrected", "only what is right is among the corrected");
    same(await focused(), "email on line 6", "the same");
    same(await page.textContent("#said"), "Line 6: This is not an e-mail address.", "said");
    await save("email on line 6", "unit4@example.ch", 18);
});

check("what is wrong in the same way is corrected at once, by what may stand there", async () => {
    await page.selectOption('[aria-label="delivery_preference on 3 lines"]', "email");
    await page.click('button:text-is("Correct all 3")');
    await page.waitForSelector('[data-errors]:text-is("15")');
    await save("language on line 12", "fr", 14, "selectOption");
    await kind("currency").locator("summary").click();
    await page.fill('[aria-label="currency on 14 lines"]', "CHF");
    await page.click('button:text-is("Correct all 14")');
    await page.waitForSelector("#import-all");
    same(await kinds(), [], "kinds");
    same(await focused(), "import-all", "what is to be done next");
    await faultless(page);
});

check("a correction is taken back, and made again", async () => {
    expect(!(await page.locator("#corrections").evaluate((one) => one.open)), "the list is opened by whom it concerns");
    await page.click("#corrections summary");
    const row = page.locator("#corrections tr:has-text('unit2@example.ch')");
    expect(/4\s*email\s*unit2@.*unit2@example\.ch\s*Ada Example/s.test(await row.textContent()), await row.textContent());
    await row.locator("button").click();
    await page.waitForSelector('[data-errors]:text-is("1")');
    same(await kinds(), ["email 1"], "kinds");
    expect(await page.locator("#corrections").evaluate((one) => one.open), "what was opened stays open");
    await save("email on line 4", "second@", 1);
    await page.click("td:has-text('Corrected, but still wrong') button:has-text('Take back')");
    await page.waitForSelector("td:has-text('Corrected, but still wrong')", { state: "detached" });
    same([await page.inputValue(at("email on line 4")), await kinds()], ["unit2@", ["email 1"]], "as the file says");
    await save("email on line 4", "second@example.ch", 0);
});

check("all rows are imported as they were corrected", async () => {
    await page.click("#import-all");
    await page.waitForSelector("text=messages made", { timeout: 60_000 });
    expect(!(await page.locator("text=Take back").count()), "what is imported stands");
    const rows = sql(`select c.email, c.language, c.currency, c.channel from communications c join buildings b on b.id = c.building_id where b.code = '${code}'`);
    same(rows.length, 30, "messages");
    expect(rows.some(([email]) => email === "second@example.ch") && rows.some(([email]) => email === "unit4@example.ch"), "addresses");
    expect(rows.every(([, language, currency, channel]) => language !== "xx" && currency === "CHF" && channel === "EMAIL"), JSON.stringify(rows));
    await faultless(page);
});

check("what has no cell to correct says what to do; it reads well on a phone, in the dark, and works without scripts", async () => {
    await bring(`${code}B`, (i) => (i === 20 ? { unit_number: "1.02", reference: `${code}B-2024-3`, recipient_name: "Dr. Maximilian-Alexander von und zu Obermüller-Niederhauser", email: "a.very.long.local.part.of.an.address.that.goes.on.and.on@example" } : {}));
    const address = page.url();
    const storageState = await page.context().storageState();
    const phone = await newPage({ viewport: { width: 390, height: 844 }, colorScheme: "dark", storageState, hasTouch: true, isMobile: true });
    await phone.goto(address);
    same(await phone.evaluate(() => document.documentElement.scrollWidth), 390, "width");
    await faultless(phone);
    const plain = await newPage({ storageState, javaScriptEnabled: false });
    await plain.goto(address);
    await plain.selectOption(at("language on line 12"), "de");
    await plain.click('td.mend form:has([aria-label="language on line 12"]) button');
    await plain.waitForURL(address);
    same(await plain.locator("summary:has-text('language')").count(), 0, "the error");
    same(await plain.locator("#corrections tbody tr").count(), 1, "the correction");
    await page.goto(address);
    await page.click("text=Columns and year");
    await page.selectOption("select[name=email]", "-");
    await page.click('button:text-is("Preview again")');
    await page.waitForSelector("summary:has-text('email')");
    expect((await kind("email").textContent()).includes("No column of the file holds this"), "what to do");
    same(await kind("email").locator("form").count(), 0, "forms");
    await faultless(page);
});

check("nothing complained", async () => {
    await eventually("no request is open", async () => !(await page.locator(".htmx-request").count()));
    same(page.complaints, [], "complaints");
});

await finish();
