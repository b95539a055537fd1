// Figures and bars of a batch: each message is in one of them, so that they add up to all there are.
import assert from "node:assert/strict";
import { api, check, committed, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("figures");
const admin = api(await token("admin", tenant));
const statuses = ["DRAFT", "HELD", "ENQUEUED", "SENT", "DELIVERED", "OPENED", "FAILED", "BOUNCED", "MANUAL", "CANCELLED", "SKIPPED"];
const sent = ["sent", "failed", "byHand", "waiting", "held", "skipped", "cancelled"];
const total = 66; // 1 + 2 + … + 11: each status has a number of its own
let go, batch;

const sum = (list) => list.reduce((all, n) => all + n, 0);
const of = (one, names) => sum(names.map((name) => one[name]));
const main = async (path) => /<main[^>]*>(.*)<\/main>/s.exec(await (await go(path)).text())[1];
const part = (text, from, to) => text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)));
const numbers = (text, pattern) => [...text.matchAll(pattern)].map(([, n]) => Number(n));

// What the bars show, from the left and from the right: a stretch drawn over another counts once.
function drawn(meter) {
    const taken = new Set();
    for (const [, d] of meter.matchAll(/ d="([^"]+)"/g)) {
        let at = 0;
        for (const [, how, n] of d.matchAll(/([Mmh])(-?\d+)/g)) {
            const to = how === "M" ? Number(n) : at + Number(n);
            for (let i = Math.min(at, to); how === "h" && i < Math.max(at, to); i++) taken.add(i);
            at = to;
        }
    }
    return taken.size;
}

check("a batch with messages in every status, of two channels", async () => {
    const made = rows("SUM", 2025, total, (i) => (i % 3 ? {} : { delivery_preference: "letter" }));
    [batch] = (await committed(admin, (await upload(admin, "sum.csv", csv(made), statements(made))).body.id)).result.batches;
    const [[id]] = sql(`select id from tenants where slug = '${tenant}'`);
    const cases = statuses.map((status, i) => `when n <= ${((i + 1) * (i + 2)) / 2} then '${status}'`).join(" ");
    sql(`set track.tenant = '${id}'; update communications c set delivery_status = case ${cases} end
        from (select id, row_number() over (order by id) as n from communications where batch_id = '${batch.batchId}') x where x.id = c.id`);
    assert.equal(sql(`select count(distinct delivery_status) from communications where batch_id = '${batch.batchId}'`)[0][0], String(statuses.length));
    go = await person("admin", tenant);
});

check("of buildings, years and runs in the API", async () => {
    const [building] = (await admin("GET", "/api/track/buildings")).body.buildings;
    const [year] = (await admin("GET", `/api/track/buildings/${batch.buildingId}/years`)).body.years;
    const [run] = (await admin("GET", "/api/track/runs")).body.runs;
    assert.equal(of(building, sent), total);
    assert.equal(sum(building.channels.map((one) => of(one, sent))), total);
    assert.equal(year.communications, total);
    for (const one of year.channels) assert.equal(of(one, sent), one.communications, one.channel);
    assert.equal(of(run, ["left", "waiting", "held", "failed", "byHand", "stopped"]), total);
    assert.equal(run.total, total);
});

check("of the building in the side list, and of each channel's card", async () => {
    const page = await main(`/track?building=${batch.buildingId}&year=2025`);
    assert.equal(sum(numbers(part(page, 'class="figures"', "</a>"), /<i[^>]*>(\d+)/g)), total);
    const tiles = page.split('<section class="tile"').slice(1).map((tile) => tile.slice(0, tile.indexOf("</section>")));
    assert.equal(tiles.length, 2);
    for (const tile of tiles) {
        const [all] = numbers(tile, /<b data-count>(\d+)/g);
        const [waiting] = numbers(tile, /Waiting<\/dt><dd data-count>(\d+)/g);
        assert.equal(sum(numbers(tile, /<dd[^>]*>(\d+)/g)), all);
        assert.equal(drawn(tile), all - waiting);
    }
    assert.equal(sum(tiles.flatMap((tile) => numbers(tile, /<b data-count>(\d+)/g))), total);
});

check("of the bar in the list of runs; what is left of it waits", async () => {
    const bar = part(await main("/runs"), '<svg class="meter"', "</svg>");
    const waiting = numbers(bar, /(\d+) waiting/g)[0];
    assert.equal(waiting, 4);
    assert.equal(drawn(bar), total - waiting);
});

check("of a run's sending and of its counts side by side", async () => {
    const page = await main(`/runs/${batch.batchId}?step=send`);
    const [all, ...stats] = numbers(part(page, '<dl class="stat-grid', "</dl>"), /<dd[^>]*>(\d+)/g);
    assert.deepEqual([all, sum(stats)], [total, total]);
    assert.equal(drawn(part(page, '<svg class="meter"', "</svg>")), total - 4);
    const counts = part(await main(`/runs/${batch.batchId}/report`), "<tbody>", "</tbody>").split("</tr>").slice(0, -1);
    assert.equal(counts.length, 2);
    for (const row of counts) {
        const [imported, ...others] = numbers(row, /<td class="number"[^>]*>(\d+)/g);
        assert.equal(sum(others), imported);
    }
});

await finish();
