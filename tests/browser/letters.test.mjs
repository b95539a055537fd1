// A print run from its start to its certificate as an agent goes through it in Chromium, and a letter that came back:
// axe finds nothing on any of the pages, wide or narrow, light or dark.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { base, check, eventually, finish, sql } from "../checks.mjs";
import { pdf } from "../fixtures/billing.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const shots = process.env.LETTER_SHOTS; // a folder, where somebody wants to look
const folder = mkdtempSync(join(tmpdir(), "track-slip-"));
const page = await newPage();
let run, all;

// The page as it is, in every width and colour.
async function looked(name) {
    const storageState = await page.context().storageState();
    for (const width of [1440, 390]) {
        for (const colorScheme of ["light", "dark"]) {
            const touch = width < 800;
            const at = await newPage({ viewport: { width, height: touch ? 844 : 900 }, colorScheme, storageState, hasTouch: touch, isMobile: touch });
            await at.goto(page.url());
            same(await axeFaults(at), [], `${name} ${width} ${colorScheme}`);
            expect(await at.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} ${width}: wider than the screen`);
            if (shots) await at.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`), fullPage: true });
            same(at.complaints, [], name);
            await at.context().close();
        }
    }
}

check("letters that are sent wait to be printed", async () => {
    importBuilding("LET", 2024, 14, (i) => (i === 3 ? { delivery_preference: "registered" } : { delivery_preference: "letter" }));
    importBuilding("TER", 2024, 3, () => ({ delivery_preference: "letter", postal_code: "3006", city: "Bern" }));
    await signIn(page, "admin");
    for (const name of ["House LET", "House TER"]) {
        await openBuilding(page, name);
        await page.click("[popovertarget=confirm-send]");
        await page.click("#confirm-send button.primary");
        await eventually("it is sent", async () => sql(`select count(*) from communications c join buildings b on b.id = c.building_id where b.name = '${name}' and c.delivery_status <> 'SENT'`)[0][0] === "0"
            && !(await page.locator("[data-moving]").count()) && !(await page.locator("[popovertarget=confirm-send]").count()), 90);
    }
    await page.click(".nav a[href='/letters']");
    all = Number(/(\d+) letters are ready/.exec(await page.textContent("main"))[1]);
    expect(all >= 17, "the letters wait, with those of the demo");
    await looked("letters");
});

check("they are a tab of their building and year", async () => {
    await openBuilding(page, "House LET");
    await page.click(".tabs a:text-is('Letters')");
    await page.waitForSelector("h1:has-text('House LET 2024')");
    expect(/14 letters are ready/.test(await page.textContent("main")), "its letters alone");
    same(await page.textContent(".tabs [aria-current]"), "Letters", "the tab");
    await looked("tab");
    await page.click("text=Letters of all buildings");
});

check("a run is started and its file made while one looks on", async () => {
    await page.check("[name=group] >> nth=0");
    await page.click("button:has-text('Start a run')");
    await page.waitForURL(/\/letters\/[0-9a-f-]{36}$/);
    run = page.url();
    await page.waitForSelector("text=Download the file to print", { timeout: 60_000 });
    await looked("run-ready");
});

check("a receipt's number is noted; the run is printed and handed in, one short", async () => {
    await page.fill(".receipt [name=number]", "98.03.0001");
    await page.click(".receipt button");
    await page.waitForSelector("text=98.03.0001");
    await page.click("button:has-text('Printed')");
    await page.waitForSelector("h2:text-is('Hand it in')");
    await looked("run-printed");
    await page.fill("[name=acceptedCount]", String(all - 1));
    await page.click("button:has-text('Handed in')");
    await page.waitForSelector(`[role=alert]:has-text('${all} produced, ${all - 1} accepted')`);
    await looked("run-short");
});

check("the number corrected and the slip kept, it is closed and has its certificate", async () => {
    writeFileSync(join(folder, "stamped.pdf"), pdf("Stamped"));
    await page.fill("details [name=acceptedCount]", String(all));
    await page.setInputFiles("[name=slip]", join(folder, "stamped.pdf"));
    await page.click("details button:has-text('Handed in')");
    await page.waitForSelector("text=The post accepted every letter");
    await page.click("button:has-text('Close the run')");
    await page.waitForSelector("h1 .chip:has-text('Closed')");
    await looked("run-closed");
    await page.click("text=Certificate");
    await page.waitForSelector(`text=${all} expected, ${all} produced, ${all} accepted`);
    await looked("certificate");
});

check("letters that came back are noted one after the other from the keyboard", async () => {
    await page.goto("/letters/return");
    const id = run.split("/").at(-1);
    const [[communication]] = sql(`select p.communication_id from print_pieces p join communications c on c.id = p.communication_id join buildings b on b.id = c.building_id
        where p.run_id = '${id}' and b.name = 'House LET' order by p.seq limit 1`);
    const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const bits = [..."00"].join("") + BigInt(`0x${communication.replaceAll("-", "")}`).toString(2).padStart(128, "0");
    const symbols = bits.match(/.{5}/g).map((five) => parseInt(five, 2));
    const times = (a, b) => { let r = 0; for (; b; b >>= 1, a = a & 16 ? ((a << 1) ^ 37) & 31 : a << 1) if (b & 1) r ^= a; return r; };
    const sum = symbols.reduce((all, s) => times(all ^ s, 2), 0);
    const code = `TC1:${symbols.map((s) => digits[s]).join("")}:${digits[sum]}`;
    expect(await page.evaluate(() => document.activeElement.name === "code"), "the code's field has the focus");
    await page.keyboard.type(`${code.slice(0, 10)}${code[10] === "X" ? "Y" : "X"}${code.slice(11)}\n`);
    await page.waitForSelector("[role=alert]:has-text('is no code of a letter')");
    await looked("return");
    await page.check("[value=refused]", { force: true });
    await page.fill("[name=code]", code);
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=status]:has-text('House LET')");
    if (shots) await page.screenshot({ path: join(shots, "returned.png") });
});

check("the letter is seen in a dialog beside its timeline", async () => {
    await page.goto(run);
    await page.click(".pieces tbody th a >> nth=0");
    await page.waitForSelector("#drawer .paper button");
    const [letter] = await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/letter")), page.click("#drawer .paper button")]);
    same([letter.status(), letter.headers()["content-type"]], [200, "application/pdf"], base);
    expect(await page.isVisible(".dialog.sheet h2"), "the dialog is open");
    await page.waitForTimeout(300);
    if (shots) await page.screenshot({ path: join(shots, "letter.png") });
});

check("how letters look is set on a page of its own", async () => {
    await page.goto("/letters/settings");
    await page.fill("[name=senderName]", "Verwaltung Muster AG");
    await page.fill("[name=senderLines] >> nth=0", "Bahnhofstrasse 1");
    await page.fill("[name=priceLetter20]", "120");
    await page.click("button:has-text('Save')");
    await page.waitForLoadState();
    same(await page.inputValue("[name=senderName]"), "Verwaltung Muster AG", "kept");
    await looked("settings");
    rmSync(folder, { recursive: true });
});

await finish();
