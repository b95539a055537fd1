// A colleague is named in a note: @ completes, the name stands out on the timeline and beside the list, and he is told.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, ctl, eventually, finish, sim, sql } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `N${Date.now() % 100000}`;
const email = `lovelace.${process.pid}@example.com`;
const name = `Ada Lovelace ${process.pid}`;
importBuilding(house, 2024, 2);
const folder = mkdtempSync(join(tmpdir(), "track-mentions."));
await sim("smtp", "none", folder, process.env.SMTP_PORT);
ctl("provider", "add", "smtp", "--tenant", "demo", "--name", "Mentions", "--set", "host=127.0.0.1", "--set", `port=${process.env.SMTP_PORT}`, "--set", "security=none", "--set", "from=house@example.com");
ctl("user", "add", email, "--tenant", "demo", "--role", "agent", "--name", name);
const page = await newPage();
await signIn(page, "agent");
const note = "dialog [name=note]";
const offered = "dialog .mentioning .suggestions:not([hidden]) li";

check("an @ offers colleagues, by keys and by pointer", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click('.units tbody th a:text-is("1.00")');
    await page.click("#drawer .acts >> text=Add note");
    await page.waitForSelector(note);
    await page.locator(note).pressSequentially("write to keller@exa");
    same(await page.locator(offered).count(), 0, "an e-mail address is none");
    await page.fill(note, "");
    await page.locator(note).pressSequentially("Please, @ada love");
    await page.waitForSelector(offered);
    same(await page.textContent(`${offered} code`), `@${name}`, "the first");
    expect(await page.getAttribute(note, "aria-activedescendant"), "it is chosen");
    same(await axeFaults(page), [], "axe");
    await page.keyboard.press("Escape");
    await page.waitForSelector(offered, { state: "detached" });
    expect(await page.isVisible(note), "the dialog stays");
    await page.fill(note, "");
    await page.locator(note).pressSequentially(`Please, @lovelace.${process.pid}`);
    await page.waitForSelector(offered);
    await page.keyboard.press("Enter");
    same(await page.inputValue(note), `Please, @${name} `, "by its key");
    await page.fill(note, "");
    await page.locator(note).pressSequentially("@Ada Love");
    await page.click(`${offered}:has-text("@${name}")`);
    same(await page.inputValue(note), `@${name} `, "by the pointer");
    await page.fill(note, "");
    await page.locator(note).pressSequentially(`Please, @${name}`);
    same(await page.locator(offered).count(), 0, "written by hand there is no more to offer");
    await page.locator(note).pressSequentially(", look at it.");
});

check("the name stands out in the unit and on the message's timeline, wide and narrow", async () => {
    await page.click("dialog button.primary");
    await page.waitForSelector("dialog", { state: "hidden" });
    await page.waitForSelector("#drawer .timeline .mention");
    same(await page.textContent("#drawer .timeline .mention"), `@${name}`, "in the unit");
    await page.click('#drawer .acts > a:text-is("Open")');
    await page.waitForSelector("#message .timeline .mention");
    for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.isVisible("#message .timeline .mention"), `it is seen at ${width}`);
        same(await page.textContent("#message .timeline li:has(.mention) p >> nth=0"), `Note Please, @${name}, look at it.`, "the whole");
        same(await page.getAttribute("#message .timeline .mention", "title"), name, "whose");
        same(await axeFaults(page), [], `axe at ${width}`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `it fits ${width}`);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
});

check("whoever may not see it is named in the dialog's error, and what was typed stays", async () => {
    ctl("user", "add", `shut.${process.pid}@example.com`, "--tenant", "demo", "--role", "agent", "--name", `Max ${process.pid}`, "--building", "LH-12");
    await page.click("#actions >> text=Add note");
    await page.fill(note, `@Max ${process.pid}`);
    await page.click("dialog button.primary");
    await page.waitForSelector("dialog[open] .toast");
    expect((await page.textContent("dialog .toast")).includes(`note: Max ${process.pid} may not see this message.`), "the cause");
    same(await page.inputValue(note), `@Max ${process.pid}`, "what was typed");
    await page.keyboard.press("Escape");
    page.complaints = page.complaints.filter((line) => !/422/.test(line));
});

check("she is told by e-mail", async () => {
    const mails = () => readFileSync(join(folder, "messages.jsonl"), { flag: "a+", encoding: "utf8" }).split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const [mail] = await eventually("the mail is there", () => mails().length && mails());
    same([mail.to[0].address, /mentioned you: /.test(mail.subject)], [email, true], "to her");
    expect(mail.text.includes(`Please, @${name}, look at it.`), mail.text);
    rmSync(folder, { recursive: true });
    sql("delete from provider_accounts where name = 'Mentions'");
    same(page.complaints, [], "complaints");
});

await finish();
