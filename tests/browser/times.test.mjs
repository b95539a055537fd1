// Times as people say them: by the calendar of the tenant's zone, whatever zone the browser is in.
import { check, finish } from "../checks.mjs";
import { newPage, same, signIn } from "./browser.mjs";

const page = await newPage({ timezoneId: "Pacific/Auckland" });
await signIn(page, "viewer");

// What the page says at a moment of times and days.
async function said(now, ...times) {
    await page.clock.setFixedTime(now);
    return page.evaluate((list) => {
        const box = document.createElement("div");
        for (const at of list) box.append(Object.assign(document.createElement("time"), { dateTime: at }));
        for (const time of box.children) if (!time.dateTime.includes("T")) time.dataset.day = "";
        dress(box);
        return [...box.children].map((time) => time.textContent);
    }, times);
}

check("the zone is that of the tenant", async () => same(await page.evaluate(() => document.body.dataset.timeZone), "Europe/Zurich", "zone"));

check("yesterday is the day before, not all of the last 48 hours", async () => {
    // 10:00 in Zurich on Thursday, 14 May 2026
    const times = ["2026-05-14T07:59:30Z", "2026-05-14T07:20:00Z", "2026-05-13T22:05:00Z", "2026-05-13T21:55:00Z", "2026-05-12T22:05:00Z", "2026-05-12T21:55:00Z", "2026-05-12T09:00:00Z", "2026-05-07T22:05:00Z", "2026-05-07T21:55:00Z"];
    same(await said("2026-05-14T08:00:00Z", ...times), ["30s ago", "40m ago", "9h ago", "yesterday", "yesterday", "2d ago", "2d ago", "6d ago", "7 May"], "words");
});

check("what comes goes by days, too; minutes know no midnight", async () => {
    // 23:50 in Zurich
    same(await said("2026-05-14T21:50:00Z", "2026-05-14T22:10:00Z", "2026-05-14T23:10:00Z", "2026-05-15T23:10:00Z", "2026-05-14T21:59:00Z"), ["in 20m", "tomorrow", "in 2d", "in 9m"], "words");
    same(await said("2026-05-14T22:10:00Z", "2026-05-14T21:50:00Z", "2026-05-14T20:50:00Z"), ["20m ago", "yesterday"], "words");
});

check("a day of 23 hours is one, and the year ends in the tenant's zone", async () => {
    // 00:30 in Zurich on the Monday after the clocks went forward
    same(await said("2026-03-29T22:30:00Z", "2026-03-30", "2026-03-29", "2026-03-28", "2026-03-29T10:00:00Z", "2026-03-27T23:30:00Z"), ["Today", "Yesterday", "Saturday, 28 March 2026", "yesterday", "2d ago"], "days");
    // 12:30 in Zurich on 31 December, when it is next year in Auckland
    same(await said("2026-12-31T11:30:00Z", "2026-05-14T08:00:00Z", "2025-12-31T22:30:00Z", "2025-12-31T23:30:00Z"), ["14 May", "31 Dec 2025", "1 Jan"], "years");
});

check("a moment and what stands behind every time name the zone", async () => {
    await page.clock.setFixedTime("2026-05-14T08:00:00Z");
    const told = (at) => page.evaluate((at) => {
        const box = document.createElement("div");
        box.innerHTML = `<time datetime="${at}" data-precise></time><time datetime="${at}"></time><time datetime="${at}" data-clock></time>`;
        dress(box);
        return [...box.children].map((time) => [time.textContent, time.title]);
    }, at);
    const hover = "1 Feb 2026, 10:04:11.250 CET";
    same(await told("2026-02-01T09:04:11.250Z"), [["1 Feb, 10:04 CET", hover], ["1 Feb", hover], ["10:04", hover]], "in winter");
    same((await told("2025-07-31T22:30:00Z"))[0], ["1 Aug 2025, 00:30 CEST", "1 Aug 2025, 00:30:00.000 CEST"], "in summer");
});

await finish();
