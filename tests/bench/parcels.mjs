// The board of shipments and the page of one, with a thousand of them and with a hundred times as many.
import { base } from "../checks.mjs";
import { heading, luaScript, psql, psqlFile, row, withCpu, wrk } from "./measure.mjs";
import { cookies, signIn } from "./session.mjs";

const MOST = 1.2;
let cookie;

async function grown(first, last) {
    const began = Date.now();
    await psqlFile("tests/bench/parcels.sql", { first, last });
    psql("vacuum analyze; checkpoint");
    const [shipments, scans] = psql("select (select count(*) from shipments where tracking_number like 'PX%'), (select count(*) from shipment_events where type = 'SCAN' and mapper = 'bench/1')").split("|");
    console.log(`\n(${shipments} shipments, ${scans} scans; seeded in ${Math.round((Date.now() - began) / 1000)} s)`);
}

async function load(paths) {
    const list = paths.map((path) => JSON.stringify(path)).join(", ");
    const script = luaScript("parcels", `local paths = {${list}}\nlocal n = 0\nrequest = function() n = n % #paths + 1 return wrk.format("GET", paths[n]) end\n`);
    const result = await withCpu(() => wrk(base, { script, connections: 2, headers: { cookie: cookies(cookie) } }));
    if (result.bad) throw new Error(`${result.bad} requests for ${paths[0]} were not answered with a page`);
    return result;
}

// One at a time, so that a page's own time is told and not the queue before it; the better of two, as others use the machine too.
async function measure() {
    const ids = psql("select id from shipments where tracking_number like 'PX%' order by md5(id::text) limit 16").split("\n");
    const better = async (paths) => [await load(paths), await load(paths)].sort((a, b) => a.p50 - b.p50)[0];
    return { "the board": await better(["/shipments"]), "a shipment": await better(ids.map((id) => `/shipments/${id}`)) };
}

export async function measureParcels() {
    cookie ??= await signIn();
    heading("shipments, 2 connections");
    await grown(1, 1000);
    const before = await measure();
    await grown(1001, 100_000);
    for (const [name, now] of Object.entries(await measure()))
        row(`p50 of ${name}, of 100,000 shipments`, `${now.p50.toFixed(1)} ms`, `${before[name].p50.toFixed(1)} ms of 1,000`, now.p50 / before[name].p50, `≤ ${MOST}`, now.cpu);
}
