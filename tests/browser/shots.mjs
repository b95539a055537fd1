// Screenshots of each page into $SHOTS: wide and narrow, light and dark.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../checks.mjs";
import { billing, importBuilding, newPage, openBuilding, signIn } from "./browser.mjs";

const folder = process.env.SHOTS;
mkdirSync(folder, { recursive: true });
for (const [code, year] of [["SEE", 2024], ["LIN", 2024]])
    importBuilding(code, year, 60, (i) => (i % 5 === 4 ? { delivery_preference: "letter" } : i % 7 === 5 ? { delivery_preference: "sms", phone: "+41791234567" } : {}));

const page = await newPage();
await signIn(page, "admin");
await openBuilding(page, "House SEE");
const draft = page.url();
await openBuilding(page, "House LIN");
await page.click("[popovertarget=confirm-send]");
await page.click("#confirm-send button.primary");
await eventually("it is sent", async () => !(await page.locator("[data-moving]").count()) && !(await page.locator("[popovertarget=confirm-send]").count()), 90);
await openBuilding(page, "Lindenhof 12"); // of the demo: some of everything
const track = page.url();
const letters = await page.getAttribute('.tabs a:text-is("Letters")', "href");
await page.click(".units tbody tr:has(.status.tone-failed) th a");
await page.waitForSelector("#drawer-title");
const pages = { track, unit: page.url(), draft, import: "/import", outbox: "/outbox", suppressions: "/suppressions", inbox: "/inbox", api: "/api/docs", password: "/password" };
pages["track-letters"] = letters;
for (const tab of ["activity", "exports"]) pages[`track-${tab}`] = `${track}&tab=${tab}`;
for (const name of ["messages", "runs", "letters", "suppressions", "proof", "retention"]) pages[name] = `/${name}`;
Object.assign(pages, { "messages-failed": "/messages?q=is%3Afailed", "messages-wrong": "/messages?q=status%3Aflying", "messages-tagged": "/messages?q=tag%3Acall-back,new-address&columns=state,unit,subject,channel,template,attempts,updated", "letters-settings": "/letters/settings", "letters-return": "/letters/return" });
for (const [name, list, links] of [["detail", pages["messages-failed"], "table.messages tbody tr:not(.day) th a"], ["tagged", pages["messages-tagged"], "table.messages tbody tr:not(.day) th a"], ["run", "/runs", "main a[href^='/runs/0']"], ["print-run", "/letters", "main a[href^='/letters/0']"]]) {
    await page.goto(list);
    pages[name] = await page.locator(links).first().getAttribute("href");
}
pages.tags = `${pages.tagged.split("?")[0]}/tags`;
for (const step of ["data", "check", "preview", "approve", "send", "close"]) pages[`run-${step}`] = `${pages.run}?step=${step}`;
await page.goto("/outbox");
pages.message = await page.locator(".outbox th a").first().getAttribute("href");
const faulty = billing("ROS", 2024, 24, (i) => (i === 5 ? { email: "not an address" } : i === 6 ? { amount_due: "12,x" } : i > 15 && i < 20 ? { delivery_preference: "by pigeon" } : i === 21 ? { language: "it" } : i === 23 ? { city: "", delivery_preference: "letter" } : {}));
await page.goto("/import");
await page.setInputFiles("[name=file]", faulty.file);
await page.setInputFiles("[name=attachments]", faulty.attachments);
await page.click("main form button.primary");
await page.waitForSelector(".stat-grid");
faulty.remove();
await page.fill('[aria-label="city on line 25"]', "Bern");
await page.click('form:has([aria-label="city on line 25"]) button');
await page.waitForSelector("#corrections");
pages.preview = page.url();
const storageState = await page.context().storageState();

for (const width of [1440, 390]) {
    for (const colorScheme of ["light", "dark"]) {
        const touch = width < 800;
        const at = await newPage({ viewport: { width, height: touch ? 844 : 900 }, colorScheme, storageState, hasTouch: touch, isMobile: touch });
        for (const [name, address] of [...Object.entries(pages), ["login", "/login"]]) {
            if (name === "login") await at.context().clearCookies();
            const status = (await at.goto(address)).status();
            if (status >= 400 && name !== "messages-wrong") throw new Error(`${name} is no page to be shown: ${status} at ${address}`);
            await at.waitForTimeout(200);
            await at.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
        }
        await at.context().close();
    }
}
process.exit(0);
