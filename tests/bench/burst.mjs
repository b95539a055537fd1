// Ten thousand webhooks of carriers at once: taken, on their timelines, and their customers told.
import { burst } from "../burst.mjs";
import { children, kill, master } from "../faults/faults.mjs";
import { heading, row } from "./measure.mjs";

const PARCELS = 1520; // 6 webhooks each, and every tenth again

// `told` customers in `settled` seconds, the worker killed at a third and at two thirds of the webhooks.
export async function measureBurst() {
    let marks = [1 / 3, 2 / 3].map((part) => Math.round(part * PARCELS * 6.6));
    const told = await burst({ name: "benchburst", parcels: PARCELS, during: async (posted) => {
        for (; marks.length; marks = marks.slice(1)) {
            while (posted() < marks[0]) await new Promise((go) => setTimeout(go, 20));
            children(master("track-worker")).forEach((pid) => kill(pid));
        }
    } });
    const wrong = told.decided.filter((one, i) => one !== told.due[i]).length + Math.abs(told.decided.length - told.due.length) + Math.abs(told.posted.length - told.sent.length);
    heading(`${told.webhooks} webhooks of ${told.parcels} parcels, the worker killed twice`);
    row("taken", `${Math.round(told.webhooks / told.seconds)}/s`, "");
    row("scans on timelines", `${told.scans}`, `${told.wanted} sent`, told.scans / told.wanted, "≥ 1");
    row("notifications other than the table says", `${wrong}`, `${told.due.length} due`, wrong, "≤ 0");
    row("all customers told after", `${told.settled.toFixed(1)} s`, `${told.sent.length} replies`);
}
