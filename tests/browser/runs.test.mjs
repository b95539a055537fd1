// A run through all its steps with two people: data, check and what mends it, preview, approval, sending, closing.
import { check, eventually, finish, sql } from "../checks.mjs";
import { axeFaults } from "./axe.mjs";
import { expect, importBuilding, newPage, same, signIn } from "./browser.mjs";

const code = `R${Date.now() % 100000}`;
importBuilding(code, 2024, 40, (i) => (i === 3 ? { attachment: "" } : {}));
const [[id]] = sql(`select p.id from communication_batches p join buildings b on b.id = p.building_id where b.code = '${code}'`);
sql(`update communications set email = null where id = (select c.id from communications c join units u on u.id = c.unit_id where c.batch_id = '${id}' and u.number = '1.07')`);
sql("insert into run_settings select id, 20, 30, 30 from tenants where slug = 'demo' on conflict (tenant_id) do update set approval_threshold = 20, canary_over = 30, canary_minutes = 30");

const page = await newPage();
await signIn(page, "admin");
const second = await newPage();
await signIn(second, "agent");
const step = (name) => `/runs/${id}?step=${name}`;
const faultless = async (at) => same(await axeFaults(at), [], await at.title());
const done = (at) => at.locator(".steps a.done:has(use)").evaluateAll((all) => all.map((one) => one.textContent.replace(", done", "")));
const heading = (at) => at.locator(".steps [aria-current=step]").textContent();

check("the list leads to the run, by keys too", async () => {
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.waitForURL("**/runs");
    await faultless(page);
    await page.click(`.runs a:text-is("House ${code}")`);
    await page.waitForSelector("#run");
    same(await heading(page), "2Check2", "the step to look at");
});

check("data tells where it came from", async () => {
    await page.click('.steps a:has-text("Data")');
    await page.waitForSelector(`td, th >> text=${code}-2024.csv`);
    await faultless(page);
});

check("what is wrong is mended in place, or left out", async () => {
    await page.goto(step("check"));
    await eventually("files are looked into", async () => (await page.reload(), !(await page.locator("text=were not looked into").count())));
    await faultless(page);
    await page.fill("input[name=email]", "nonsense@");
    await page.evaluate(() => (document.querySelector(".mend form").noValidate = true));
    await page.click(".mend button");
    await page.waitForSelector(".toast.tone-failed");
    page.complaints = page.complaints.filter((one) => !/422/.test(one));
    await page.fill("input[name=email]", "mended@example.ch");
    await page.click(".mend button");
    await page.waitForSelector('.notice:has-text("1 to be mended")');
    await page.click('button:has-text("Leave 1 out")');
    await page.waitForSelector('.chip:text-is("1 left out")');
    same(await heading(page), "Check, done", "nothing is open");
    same(await done(page), ["Data", "Check"], "done before it is sent");
});

check("a message is seen as its recipient sees it, and sent to oneself", async () => {
    await page.goto(step("preview"));
    await faultless(page);
    expect((await page.frameLocator("iframe.message").locator("body").textContent()).includes("Zoë Müller 0"), "the message");
    await page.keyboard.press("]");
    await page.waitForSelector('.walk:has-text("2 of 40")');
    await page.keyboard.press("[");
    await page.waitForSelector('.walk:has-text("1 of 40")');
    const odd = await page.locator(".odd a").first().getAttribute("href");
    await page.click(".odd a");
    await page.waitForSelector(`.preview [name=communicationId][value="${new URL(odd, page.url()).searchParams.get("communication")}"]`, { state: "attached" });
    await page.click('button:has-text("Send a test")');
    await page.waitForSelector('.notice:has-text("on its way")');
});

check("of two quick clicks the later one counts, whichever is answered first", async () => {
    const sent = page.locator('.notice:has-text("on its way")');
    for (const first of ["GET", "POST"]) {
        await page.goto(step("preview"));
        const go = {};
        const may = { GET: new Promise((resolve) => (go.GET = resolve)), POST: new Promise((resolve) => (go.POST = resolve)) };
        const answered = { GET: page.waitForResponse((answer) => /communication=[0-9a-f-]+$/.test(answer.url())), POST: page.waitForResponse(/tested=true/) };
        await page.route(/communication=[0-9a-f-]+$|\/test$/, async (route) => (await may[route.request().method()], route.continue()));
        await page.click(".odd a");
        const asked = page.waitForRequest(/\/test$/);
        await page.click('button:has-text("Send a test")');
        await asked;
        for (const one of [first, first === "GET" ? "POST" : "GET"]) {
            go[one]();
            await (await answered[one]).finished();
            await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
        }
        await sent.waitFor();
        expect(page.url().includes("tested=true"), page.url());
        await page.unrouteAll({ behavior: "wait" });
    }
});

check("who asks cannot approve; the second person can", async () => {
    await page.goto(step("approve"));
    await faultless(page);
    same(await page.locator("#send").count(), 0, "it cannot be sent");
    await page.fill("#approval [name=note]", "Please look at 1.07");
    await page.click("#ask");
    await page.waitForSelector('#approval .notice:has-text("Please look at 1.07")');
    same(await page.locator("#approve").count(), 0, "not by oneself");
    await second.goto(step("approve"));
    await faultless(second);
    await second.click("#approve");
    await second.waitForSelector('#approval .notice:has-text("approved it")');
    same(await done(second), ["Data", "Check", "Approve"], "done before it is sent");
});

check("it is sent, a few first, paused, and goes on", async () => {
    await page.reload();
    await page.click("#send");
    await page.click("#confirm-send button.primary");
    await page.waitForSelector('.notice:has-text("10 messages go first")');
    await eventually("the first are through", async () => /follow in/.test(await page.locator(".notice").first().textContent()));
    await faultless(page);
    await page.click("#pause");
    await page.waitForSelector('.notice:has-text("Paused by Ada Example")');
    await page.click("#resume");
    await page.waitForSelector("#pause");
    await page.click("#resume");
    await eventually("all left, without a reload", async () => (await page.locator(".page-head .chip").textContent()) === "Dry run", 60);
    await faultless(page);
    same(await done(page), ["Data", "Check", "Preview", "Approve", "Send"], "done once it is sent");
    await page.goto(step("approve"));
    await page.waitForSelector('#approval .notice:has-text("Needed, and"):has-text("approved it: Ada Example sent 39 messages")');
    same(await page.locator('#approval:has-text("Not needed")').count(), 0, "it was needed");
    await faultless(page);
});

check("it is closed, reported and opened again", async () => {
    await page.goto(step("close"));
    await faultless(page);
    await page.fill('form[action$="/close"] [name=note]', "One by hand");
    await page.click("#close-run");
    await page.waitForSelector('.notice:has-text("One by hand")');
    same((await done(page)).at(-1), "Close", "all are done");
    await page.goto(`/runs/${id}/report`);
    await faultless(page);
    expect(/did not arrive/.test(await page.textContent("main")), "what is open");
    await page.goto(step("close"));
    await page.click('button:has-text("Open it again")');
    await page.waitForSelector("#close-run");
});

check("no page complained, none scrolls sideways", async () => {
    for (const width of [390, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        for (const name of ["data", "check", "preview", "approve", "send", "close"]) {
            await page.goto(step(name));
            same(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} at ${width}`);
            const captions = await page.locator("caption:not(.hidden-text)").evaluateAll((all) => all.map((caption) => caption.offsetHeight));
            expect(captions.every((height) => height < 60), `captions in one line: ${name} at ${width}: ${captions}`);
        }
    }
    same([page.complaints, second.complaints], [[], []], "complaints");
});

check("one by one is sent from the card, over the threshold it leads to the run", async () => {
    const [[tenant]] = sql("select id from tenants where slug = 'demo'");
    sql(`set track.tenant = '${tenant}'; update communications set delivery_status = 'DRAFT' where batch_id = '${id}'; update communication_batches set state = 'DRAFT' where id = '${id}'`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`/track?building=${sql(`select building_id from communication_batches where id = '${id}'`)[0][0]}&year=2024`);
    same(await page.locator("#send").count(), 0, "no button");
    await page.click('a:has-text("Needs a second person")');
    await page.waitForSelector("#run");
    sql(`delete from run_settings where tenant_id = '${tenant}'`);
});

await finish();
