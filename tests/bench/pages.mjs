// The unit page, as HTML and as JSON, against pgbench running the same statements in one round trip.
import { base, token } from "../checks.mjs";
import { cookies, signIn } from "./session.mjs";
import { heading, luaScript, pgbench, psql, row, statement, tenant, withCpu, wrk } from "./measure.mjs";

const VIEW = "app/track/view.sql";
const building = () => statement(VIEW, "view_building", ["actor_id"]);
const units = () => statement(VIEW, "view_units_by_number", ["actor_id", "channel", "status", "search"]).replace(":key::", "''::");
const page = () => [
    statement(VIEW, "view_buildings_of_year", ["actor_id", "find"]),
    statement(VIEW, "view_years", ["actor_id"]),
    statement(VIEW, "view_channels", ["actor_id"]),
    statement("app/track/batch.sql", "batch_get", ["actor_id", "batch_id"]),
    units(),
];

// Sixteen units' pages, drawn from all buildings.
function places() {
    const ids = psql("select id from buildings where code like 'B-%' order by md5(id::text) limit 16").split("\n");
    return ids.map((id, i) => ({ building_id: id, year: 2022 + (i % 4), all_buildings: "t", unit_id: "00000000-0000-0000-0000-000000000000" }));
}

function load(paths, headers) {
    const list = paths.map((path) => JSON.stringify(path)).join(", ");
    const script = luaScript("pages", `local paths = {${list}}\nlocal n = 0\nrequest = function() n = n % #paths + 1 return wrk.format("GET", paths[n]) end\n`);
    return withCpu(() => wrk(base, { script, headers }));
}

async function measure(name, result, limit) {
    if (result.bad) throw new Error(`${name}: ${result.bad} requests were not answered with a page`);
    row(name, `${Math.round(result.rate)}/s, p50 ${result.p50.toFixed(1)} ms`, `${Math.round(limit.rate)}/s by pgbench`, result.rate / limit.rate, "≥ 0.3", result.cpu);
    row("  its p99 against its p50", `${result.p99.toFixed(1)} ms`, `${result.p50.toFixed(1)} ms`, result.p99 / result.p50, "≤ 3");
}

let cookie, bearer;

// Answers {html, json}: what wrk measured; with `before`, the growth since then.
export async function measurePages(when, before) {
    const all = places();
    cookie ??= await signIn();
    bearer ??= await token("viewer");
    heading(`unit page, 32 connections${when}`);
    const html = await load(all.map((p) => `/track?building=${p.building_id}&year=${p.year}`), { cookie: cookies(cookie) });
    await measure("as HTML, five statements", html, await pgbench(page(), all, { tenant: tenant() }));
    const json = await load(all.map((p) => `/api/track/buildings/${p.building_id}/years/${p.year}/units`), { authorization: `Bearer ${bearer}` });
    await measure("as JSON, two statements", json, await pgbench([building(), units()], all, { tenant: tenant() }));
    for (const [name, now] of Object.entries({ html, json }))
        if (before) row(`p50 of the ${name} page, grown`, `${now.p50.toFixed(1)} ms`, `${before[name].p50.toFixed(1)} ms before`, now.p50 / before[name].p50, "≤ 1.3");
    return { html, json };
}
