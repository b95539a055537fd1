// Whether pages and searches cost the same with a hundred times the data: each by one client, before and after.
import { base, token } from "../checks.mjs";
import { heading, psql, psqlFile, row, seed, settle, summary } from "./measure.mjs";
import { cookies, signIn } from "./session.mjs";

const PER_BUILDING = 1200; // communications that seed.sql makes
const SMALL = 100_000;
const BIG = Number(process.env.TRACK_TEST_MILLIONS) * 1_000_000;
const AT_ONCE = 250; // buildings in one transaction
const TRIES = 30;

const jar = await signIn();
let bearer; // of a quarter of an hour
const page = (path) => fetch(base + path, { headers: { cookie: cookies(jar) } });
const call = (path) => fetch(base + path, { headers: { authorization: `Bearer ${bearer}` } });

const places = () =>
    psql(`select id || ' ' || code || ' ' || (select phone from communications c where c.building_id = b.id limit 1)
        from buildings b where code like 'B-%' order by md5(id::text) limit 30`)
        .split("\n")
        .map((line, i) => {
            const [id, code, phone] = line.split(" ");
            return { id, code, phone, year: 2022 + (i % 4) };
        });

const list = (q) => (p) => call(`/api/track/communications?q=${encodeURIComponent(q(p))}`);
const search = (q) => (p) => call(`/api/track/search?q=${encodeURIComponent(q(p))}`);

const works = {
    "buildings, as JSON": () => call("/api/track/buildings"),
    "unit page, as HTML": (p) => page(`/track?building=${p.id}&year=${p.year}`),
    "units, as JSON": (p) => call(`/api/track/buildings/${p.id}/years/${p.year}/units`),
    "messages, newest": list(() => ""),
    "messages by status, channel, year": list((p) => `status:bounced channel:email year:${p.year}`),
    "messages by building, year, status": list((p) => `building:${p.code} year:${p.year} status:opened`),
    "messages by building, channel, -status": list((p) => `building:${p.code} channel:sms -status:delivered`),
    "messages by domain, status, before": list((p) => `domain:example.com status:bounced before:${p.year}-06-01`),
    "messages by code, channel, after": list((p) => `code:"550 5.1.1" channel:letter after:${p.year}-03-01`),
    "messages by provider, grade, year": list((p) => `provider:twilio grade:B year:${p.year}`),
    "messages by unit, channel, building": list((p) => `unit:3.07 channel:email building:${p.code}`),
    "messages by text, status, channel": list((p) => `B-${p.code.slice(2)}-${p.year}-4.02 status:delivered channel:email`),
    "search for a reference": search((p) => `${p.code}-${p.year}-4.02`),
    "search for a name": search(() => "Resident 7.05"),
    "search for a unit": search(() => "4.02"),
    "search for a phone number": search((p) => `0${p.phone.slice(3)}`),
    "search for a phone number nobody has": search(() => "+41780000000"),
};

async function once(work, place) {
    const began = performance.now();
    const answer = await work(place);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${answer.url}: ${answer.status}`);
    return performance.now() - began;
}

// The median of each work in ms, over buildings drawn from all; each place is asked for once before.
async function medians() {
    const all = places();
    bearer = await token("admin");
    const found = {};
    for (const [name, work] of Object.entries(works)) {
        for (const place of all) await once(work, place);
        const times = [];
        for (let i = 0; i < TRIES; i++) times.push(await once(work, all[i % all.length]));
        found[name] = times.sort((a, b) => a - b)[TRIES / 2];
    }
    return found;
}

// Runs `work` for each of `list`, on both cores.
async function spread(list, work) {
    const left = [...list];
    const lane = async () => {
        while (left.length) await work(left.shift());
    };
    await Promise.all([lane(), lane()]);
}

// Takes away the indexes that no constraint needs; answers how they are made, the one of words last.
function unindex() {
    const made = psql(`select i.indexrelid::regclass || ' ' || pg_get_indexdef(i.indexrelid)
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where i.indrelid in ('communications'::regclass, 'communication_events'::regclass, 'unit_years'::regclass)
            and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
        order by i.indrelid = 'unit_years'::regclass`).split("\n").map((line) => line.split(/ (.*)/));
    for (const [name] of made) psql(`drop index ${name}`);
    return made.map(([, definition]) => definition);
}

// Rows first, then what is looked up through their indexes, then the words: each as quickly as it goes.
async function grow(first, last) {
    const parts = [];
    for (let i = first; i <= last; i += AT_ONCE) parts.push({ first: i, last: Math.min(i + AT_ONCE - 1, last) });
    const definitions = unindex();
    const words = definitions.pop();
    const index = (definition) => psqlFile("tests/bench/index.sql", { definition });
    await spread(parts, (part) => psqlFile("tests/bench/seed.sql", part));
    await spread(definitions, index);
    psql("vacuum analyze");
    await spread(parts, (part) => psqlFile("tests/bench/figures.sql", part));
    await index(words);
}

const count = (communications) => Math.ceil(communications / PER_BUILDING);
const began = Date.now();
await seed(1, count(SMALL));
const small = await medians();
for (const name of Object.keys(works)) console.log(`${name.padEnd(42)} p50 ${small[name].toFixed(1)} ms`);
const grown = Date.now();
await grow(count(SMALL) + 1, count(BIG));
settle(grown);
const big = await medians();
heading(`${psql("select count(*) from communications")} communications against ${SMALL}, one client`);
for (const name of Object.keys(works)) row(name, `p50 ${big[name].toFixed(1)} ms`, `${small[name].toFixed(1)} ms`, big[name] / small[name], "≤ 1.5");
summary();
console.log(`measured in ${Math.round((Date.now() - began) / 1000)} s`);
