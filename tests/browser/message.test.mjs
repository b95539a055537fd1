// One message as people work with it: sent again from a dialog, a note with its proof, a letter instead, taken back on failure.
import { spawnSync } from "node:child_process";
import { unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, eventually, finish, sql } from "../checks.mjs";
import { pdf } from "../fixtures/billing.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, openBuilding, same, signIn } from "./browser.mjs";

const house = `M${Date.now() % 100000}`;
importBuilding(house, 2024, 6);
const page = await newPage();
await signIn(page, "agent");
const chip = () => page.textContent("#drawer [data-status] span");
const proof = join(tmpdir(), `proof-${process.pid}.pdf`);
writeFileSync(proof, pdf("Signed"));

async function openUnit(number) {
    await page.click(`.units tbody th a:text-is("${number}")`);
    await page.waitForSelector(`#drawer-title:text-is("Unit ${number}")`);
}

check("a batch is sent", async () => {
    await openBuilding(page, `House ${house}`);
    await page.click("[popovertarget=confirm-send]");
    await page.click("#confirm-send button.primary");
    await eventually("all have left", async () => !(await page.locator("[data-moving]").count()) && /Dry run\s*6/.test(await page.textContent("[data-channel=EMAIL] dl")), 60);
});

check("a message is sent again from its dialog, which tells what speaks against it", async () => {
    await openUnit("1.00");
    await page.click("#drawer .acts >> text=Resend");
    await page.waitForSelector("dialog[open] form");
    expect(/It was a dry run and did not leave/.test(await page.textContent("dialog .warnings")), "the warning");
    same(await axeFaults(page), [], "axe");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    expect(await page.isVisible("#drawer-title"), "the unit stays open");
    await page.click("#drawer .acts >> text=Resend");
    await page.fill("dialog [name=note]", "Asked by phone");
    await page.click("dialog button.primary");
    await page.waitForSelector("dialog", { state: "hidden" });
    await page.waitForSelector("#drawer .timeline >> text=Resend");
    await eventually("it is sent again", async () => (await chip()) === "Dry run" && (await page.locator("#drawer .timeline li").count()) >= 4);
});

check("an open unit follows its status as well as its events", async () => {
    const moved = (from, to) => sql(`with scope as materialized (select set_config('track.tenant', tenant_id::text, false) from buildings where code = '${house}') update communications c set delivery_status = '${to}' from scope, buildings b, units u where b.id = c.building_id and b.code = '${house}' and u.id = c.unit_id and u.number = '1.00' and delivery_status = '${from}' returning 1`).length;
    for (const [from, to, word] of [["SENT", "DELIVERED", "Delivered"], ["DELIVERED", "SENT", "Dry run"]]) {
        same(moved(from, to), 1, "rows moved");
        await page.evaluate("refresh()");
        await eventually(`it is ${word}`, async () => (await chip()) === word);
    }
});

check("what it says is seen in a dialog, without leaving the list", async () => {
    await openUnit("1.01");
    await page.click("#drawer .acts >> text=Preview");
    await page.waitForSelector("dialog[open] iframe.message");
    expect(/Dear|Guten Tag|Bonjour/.test(await page.frameLocator("dialog iframe.message").locator("body").textContent()), "its words");
    expect(await page.locator("dialog .attachment").count(), "its attachment");
    same(await axeFaults(page), [], "axe");
    await page.click("dialog >> text=Close");
    await page.waitForSelector("dialog", { state: "hidden" });
    expect(await page.isVisible("#drawer-title"), "the unit stays open");
});

check("what waits says how long it can be taken back, and looks again after that", async () => {
    const list = page.url();
    sql("insert into job_queues (queue, paused) values ('email', true) on conflict (queue) do update set paused = true");
    const [[id]] = sql(`select c.id from communications c join buildings b on b.id = c.building_id where b.code = '${house}' order by c.id desc limit 1`);
    await page.goto(`/messages/${id}/resend`);
    await page.click("main form button.primary");
    await page.waitForURL((url) => !url.pathname.endsWith("/resend"));
    await eventually("it waits", () => sql(`update jobs set run_at = now() + interval '90 minutes' where unique_key = '${id}' returning 1`).length);
    await page.goto(`/messages/${id}`);
    expect(/^\s*Cancel 1:(29|30):\d\d\s*$/.test(await page.textContent("#actions form[action$=cancel] button")), "hours");
    same(await axeFaults(page), [], "axe");
    sql(`update jobs set run_at = now() + interval '3 seconds' where unique_key = '${id}'`);
    await page.reload();
    await page.click("details.raw > summary >> nth=0");
    expect(/^0:0\d$/.test(await page.textContent("[data-until]")), "seconds");
    sql("update job_queues set paused = false where queue = 'email'");
    await page.waitForSelector("#actions form[action$=cancel]", { state: "detached" });
    await page.waitForSelector("#actions >> text=Resend");
    expect(await page.locator("details.raw[open]").count(), "what was unfolded stays so");
    await page.goto(list);
});

check("a letter instead, at one click", async () => {
    await openUnit("1.01");
    await page.click("#drawer .acts >> text=Mark as letter");
    same(await chip(), "Sending", "shown at once");
    await page.waitForSelector("#drawer h3:has-text('Letter')");
    await eventually("it is ready to be printed", async () => /Ready to print/.test(await page.textContent("#drawer .timeline")));
});

check("what fails is taken back, with the cause and the request's id", async () => {
    await openUnit("1.02");
    const id = (await page.getAttribute("#drawer .communication", "id")).slice(2);
    sql(`insert into jobs (tenant_id, queue, kind, state, unique_key, lease_until) select tenant_id, 'email', 'track.send_communication', 'running', id, now() + interval '1 hour' from communications where id = '${id}'`);
    await page.click("#drawer .acts >> text=Mark as letter");
    await page.waitForSelector(".toast");
    const said = await page.textContent(".toast");
    expect(/being sent right now/.test(said) && /request [0-9a-f-]{36}/.test(said), said);
    same(await chip(), "Dry run", "taken back");
    sql(`delete from jobs where unique_key = '${id}'`);
    page.complaints = page.complaints.filter((line) => !/409/.test(line));
});

check("a note with its proof", async () => {
    await openUnit("1.03");
    await page.click("#drawer .acts >> text=Add note");
    await page.waitForSelector("dialog[open] form");
    same(await axeFaults(page), [], "axe");
    await page.selectOption("dialog [name=type]", "DELIVERED");
    await page.check("dialog [name=recipientSigned]");
    await page.setInputFiles("dialog [name=proofFile]", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no proof") });
    await page.fill("dialog [name=note]", "Signed at the door");
    await page.click("dialog button.primary");
    await page.waitForSelector("dialog[open] .toast");
    expect(/PDF, JPEG or PNG/.test(await page.textContent("dialog .toast")), "the cause, over the dialog");
    same(await page.inputValue("dialog [name=note]"), "Signed at the door", "what was typed");
    await page.setInputFiles("dialog [name=proofFile]", proof);
    await page.click("dialog button.primary");
    await page.waitForSelector("dialog", { state: "hidden" });
    await eventually("it is delivered", async () => (await chip()) === "Delivered");
    await page.click('#drawer .acts > a:text-is("Open")');
    await page.waitForSelector(".three");
    expect(/Grade A/.test(await page.textContent(".page-head")), "its grade");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(".timeline .attachment")]);
    expect(download.suggestedFilename().startsWith("proof-"), download.suggestedFilename());
    page.complaints = page.complaints.filter((line) => !/422/.test(line));
});

check("each tab of the page is a link of its own", async () => {
    for (const word of ["Data", "Source", "Attachments", "Decision", "Related", "Audit", "Content"]) {
        await page.click(`#beside .tabs >> text=${word}`);
        await page.waitForSelector(`#beside .tabs [aria-current]:text-is("${word}")`);
        same(await axeFaults(page), [], `axe: ${word}`);
    }
    const body = await page.frameLocator("iframe.message").locator("body").textContent();
    expect(/Müller/.test(body), body.slice(0, 100));
});

check("its content is shown dark, as on a phone and as text; the address holds it", async () => {
    const shade = () => page.locator("iframe.message").evaluate((frame) => getComputedStyle(frame).colorScheme);
    same(await shade(), "light", "at first");
    await page.click("#beside .segments >> text=Dark");
    await page.waitForURL("**as=dark*");
    same(await shade(), "dark", "dark");
    same(await page.frameLocator("iframe.message").locator("body").evaluate((body) => getComputedStyle(body).color), "rgb(255, 255, 255)", "its words");
    await page.click("#beside .segments >> text=Phone");
    await page.waitForURL("**as=phone*");
    expect((await page.locator("iframe.message").boundingBox()).width <= 377, "as narrow as a phone");
    await page.click("#beside .segments >> text=Text");
    await page.waitForURL("**as=text*");
    expect(/Müller/.test(await page.textContent("#beside .plain")), "the text");
    same(await axeFaults(page), [], "axe");
});

check("what it hangs together with leads on: its run, the others of its unit", async () => {
    await page.click("#beside .tabs >> text=Related");
    await page.waitForURL("**tab=related*");
    const kinds = await page.locator(".related li small").allTextContents();
    expect(kinds.includes("Run"), kinds.join());
    await page.click(".related a >> nth=0");
    await page.waitForURL("**/runs/*");
    await page.goBack();
});

check("details are to the millisecond with their zone, their keys in order, and can be copied", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.click(".timeline .raw summary >> nth=0");
    expect(/\d\d:\d\d:\d\d\.\d{3} (CET|CEST|UTC|GMT)/.test(await page.locator(".raw[open] time").first().textContent()), "the time");
    const raw = await page.textContent(".raw[open] > .json");
    const keys = Object.keys(JSON.parse(raw));
    same(keys, [...keys].sort(), "the keys");
    const folds = page.locator(".raw[open] > .json > li > details");
    expect(await page.isVisible(".raw[open] > .json > li li"), "it is unfolded");
    await folds.locator("> summary").click();
    expect(!(await page.isVisible(".raw[open] > .json > li li")), "it is folded");
    await folds.locator("> summary").click();
    same(await axeFaults(page), [], "axe");
    await page.click(".raw[open] >> text=Copy");
    await page.waitForSelector(".toast:has-text('is copied')");
    same(await page.evaluate(() => navigator.clipboard.readText()), raw, "the clipboard");
    await page.click("#actions >> text=Copy link");
    await eventually("the link is copied", async () => (await page.evaluate(() => navigator.clipboard.readText())) === page.url().split("?")[0]);
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.click(".raw[open] >> text=Copy");
    await page.waitForSelector(".toast:has-text('The text is copied')");
    await page.click(".raw[open] summary");
});

check("its evidence is downloaded from its page", async () => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("#actions >> text=Evidence")]);
    const at = join(tmpdir(), `evidence-${process.pid}.zip`);
    await file.saveAs(at);
    const names = spawnSync("unzip", ["-Z1", at], { encoding: "utf8" });
    unlinkSync(at);
    expect(/^evidence-[0-9a-f-]{36}\.zip$/.test(file.suggestedFilename()), file.suggestedFilename());
    expect(["summary.pdf", "manifest.json"].every((name) => names.stdout.split("\n").includes(name)), names.stdout + names.stderr);
});

check("a gap says how long it was and why", async () => {
    const id = sql("select e.communication_id from communication_events e join communication_events f on f.tenant_id = e.tenant_id and f.communication_id = e.communication_id and f.seq = e.seq + 1 where e.type = 'DELAYED' and f.occurred_at - e.occurred_at > interval '1 hour' limit 1")[0][0];
    const before = page.url();
    await page.goto(`/messages/${id}`);
    expect(/^Waited \d+ h \d+ min: The .*\. Tried again as planned\.$/.test(await page.locator(".waited").first().textContent()), "the gap");
    expect(/^\d+ \w+( \d{4})?, \d\d:\d\d (CET|CEST)$/.test(await page.locator("#message p.beside time, p.beside time").first().textContent()), "since when it stands where it does");
    await page.goto(before);
});

check("the page tells by itself how sending again ends", async () => {
    await page.keyboard.press("r");
    await page.waitForSelector("dialog[open] form");
    await page.click("dialog button.primary");
    await eventually("it is sent", async () => (await page.textContent("#message [data-status] span")) === "Dry run", 30);
    await page.waitForSelector(".attempt >> text=ended: Delivered");
});

check("a delivery is logged", async () => {
    await openBuilding(page, `House ${house}`);
    await openUnit("1.04");
    await page.click("#drawer >> text=Log delivery");
    await page.waitForSelector("dialog[open] form");
    same(await axeFaults(page), [], "axe");
    await page.selectOption("dialog [name=method]", "COURIER");
    await page.fill("dialog [name=deliveredAt]", "2025-05-12T10:30");
    await page.click("dialog button.primary");
    await page.waitForSelector("#drawer .delivery >> text=By courier");
});

check("the activity tab shows what people did first", async () => {
    await page.click(".tabs >> text=Activity");
    await page.waitForSelector("#activity .urgent");
    expect(/Resend/.test(await page.textContent("#activity .urgent")), "the resend");
    same(await page.textContent("#activity h2"), "Today", "the day");
    same(await axeFaults(page), [], "axe");
    await page.click("#activity .heap summary");
    await page.waitForSelector("#activity .heap[open] li");
});

check("on a phone a tab is in sight once it was touched; beside the timeline the page stays at its head", async () => {
    const storageState = await page.context().storageState();
    for (const [width, top] of [[390, 300], [1440, 2]]) {
        const at = await newPage({ storageState, viewport: { width, height: 844 } });
        await at.goto("/messages?q=is%3Afailed");
        await at.locator("table.messages tbody tr:not(.day) th a").first().click();
        await at.waitForSelector("#beside .tabs");
        await at.click("#beside .tabs >> text=Data");
        await at.waitForSelector("#beside .tabs [aria-current]:text-is('Data')");
        await at.waitForFunction((least) => document.querySelector("#beside .tabs").getBoundingClientRect().top < innerHeight - 100 && (least > 2) === scrollY > least, top);
        await at.context().close();
    }
});

check("without JavaScript the same is done by pages and forms", async () => {
    const plain = await newPage({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    await plain.goto(page.url().replace(/&tab=activity/, ""));
    await plain.click('.units tbody th a:text-is("1.05")');
    await plain.click("#drawer .acts >> text=Resend");
    await plain.waitForSelector("h1:has-text('Send again')");
    await plain.click("main button.primary");
    await plain.waitForSelector(".three");
    await plain.click("#actions >> text=Add note");
    await plain.fill("[name=note]", "Only a note");
    await plain.click("main button.primary");
    await plain.waitForSelector(".timeline >> text=Only a note");
    await plain.context().close();
});

check("nothing complained on the way", async () => same(page.complaints, [], "complaints"));

await finish();
