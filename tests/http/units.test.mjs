// The units API as a client meets it: pages, filters, search, ETags, grants, idempotency, faults, the audit trail.
import assert from "node:assert/strict";
import { api, base, check, committed, ctl, eventually, finish, person, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const tenant = tenantNew("units");
const admin = api(await token("admin", tenant));
const [year, count] = [2025, 137];
let big, small, units;

async function importOf(building, n, change) {
    const made = rows(building, year, n, change);
    const kept = await upload(admin, `${building}.csv`, csv(made), statements(made));
    return (await committed(admin, kept.body.id)).result.batches[0];
}

async function pages(query = "") {
    const all = [];
    for (let at = `${units}${query}`; at; ) {
        const answer = await admin("GET", at);
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.body.units.length <= 50);
        all.push(answer.body);
        at = answer.body.next;
    }
    return all;
}

const numbers = (list) => list.flatMap((page) => page.units.map((unit) => unit.number));

check("fixtures are imported", async () => {
    big = await importOf("BIG-1", count, (i) => (i % 10 === 3 ? { delivery_preference: "letter" } : {}));
    small = await importOf("SMALL-1", 3);
    units = `/api/track/buildings/${big.buildingId}/years/${year}/units`;
});

check("pages of 50 hold every unit once, forwards and backwards", async () => {
    const sorts = ["unit", "recipient", "status", "lastEvent", "nextAttempt"];
    for (const query of ["", ...sorts.flatMap((sort) => [`?sort=${sort}`, `?sort=${sort}&direction=desc`])]) {
        const list = await pages(query);
        assert.deepEqual(list.map((page) => page.units.length), [50, 50, 37], query);
        assert.equal(new Set(numbers(list)).size, count, query);
        const back = (await admin("GET", list[2].previous)).body;
        assert.deepEqual(numbers([back]), numbers([list[1]]), query);
        assert.deepEqual(numbers([(await admin("GET", back.previous)).body]), numbers([list[0]]), query);
    }
});

check("a page goes on behind its last unit when rows before it came or went", async () => {
    const building = await importOf("MOVE-1", 60);
    const list = `/api/track/buildings/${building.buildingId}/years/${year}/units`;
    const first = (await admin("GET", list)).body;
    const ours = `building_id = '${building.buildingId}'`;
    sql(`set session_replication_role = replica; delete from unit_years where ${ours} and number in ('1.00', '5.09')`);
    const second = (await admin("GET", first.next)).body;
    assert.deepEqual(numbers([second]), ["6.00", "6.01", "6.02", "6.03", "6.04", "6.05", "6.06", "6.07", "6.08", "6.09"]);
    const back = (await admin("GET", second.previous)).body;
    assert.deepEqual(numbers([back]), numbers([first]).filter((number) => !["1.00", "5.09"].includes(number)));
});

check("numbers are in natural order", async () => {
    const list = numbers(await pages());
    assert.deepEqual(list.slice(0, 11), ["1.00", "1.01", "1.02", "1.03", "1.04", "1.05", "1.06", "1.07", "1.08", "1.09", "2.00"]);
    assert.equal(list.at(-1), "14.06");
    assert.deepEqual(numbers(await pages("?direction=desc")), list.reverse());
});

check("a cursor of another order, or made up, is refused", async () => {
    const { next } = (await admin("GET", units)).body;
    const cursor = new URL(next, base).searchParams.get("after");
    for (const wrong of [`?sort=recipient&after=${encodeURIComponent(cursor)}`, "?after=made-up", `?after=${encodeURIComponent(cursor.slice(0, -2))}`]) {
        const answer = await admin("GET", units + wrong);
        assert.ok([400, 422].includes(answer.status), `${wrong}: ${answer.status}`);
        assert.match(answer.headers.get("content-type"), /problem\+json/);
    }
});

check("filters and search narrow the list", async () => {
    assert.equal(numbers(await pages("?channel=LETTER")).length, 14);
    assert.equal(numbers(await pages("?channel=EMAIL")).length, count - 14);
    assert.equal(numbers(await pages("?status=DRAFT&channel=LETTER")).length, 14);
    assert.equal(numbers(await pages("?status=SENT")).length, 0);
    assert.deepEqual(numbers(await pages("?search=unit42.big-1")), ["5.02"]);
    assert.deepEqual(numbers(await pages("?search=M%C3%9CLLER%2042")), ["5.02"]);
    assert.deepEqual(numbers(await pages(`?search=BIG-1-${year}-42`)), ["5.02"]);
    assert.deepEqual(numbers(await pages("?search=%25")), []);
    assert.deepEqual(numbers(await pages("?search=_")), []);
});

check("figures add up by channel", async () => {
    const { buildings } = (await admin("GET", "/api/track/buildings")).body;
    const { channels, waiting } = buildings.find((b) => b.buildingId === big.buildingId);
    assert.deepEqual(channels.map((c) => [c.channel, c.waiting, c.sent]), [["EMAIL", count - 14, 0], ["LETTER", 14, 0]]);
    assert.equal(waiting, count);
    const { years } = (await admin("GET", `/api/track/buildings/${big.buildingId}/years`)).body;
    assert.deepEqual(
        years.map((y) => [y.year, y.communications, ...y.channels.map((c) => c.communications)]),
        [[year, count, count - 14, 14]],
    );
});

check("buildings come in pages, each of them once", async () => {
    const owner = api(await token("admin", tenantNew("many")));
    const many = [...Array(53).keys()].map((i) => rows(`MANY-${i}`, year, 1)[0]);
    await committed(owner, (await upload(owner, "many.csv", csv(many), statements(many))).body.id);
    const codes = [];
    for (let next = "/api/track/buildings"; next; ) {
        const { body } = await owner("GET", next);
        codes.push(...body.buildings.map((b) => b.code));
        next = body.next;
    }
    assert.deepEqual(codes.toSorted(), many.map((row) => row.building_code).toSorted());
    const found = (await owner("GET", "/api/track/buildings?find=many-52")).body;
    assert.deepEqual([found.buildings.map((b) => b.code), found.next], [["MANY-52"], null]);
    assert.equal((await owner("GET", "/api/track/buildings?after=nonsense")).body.errors[0].field, "after");
});

check("faults of a query are named by field", async () => {
    const answer = await admin("GET", `${units}?channel=PIGEON&sort=colour&limit=3&search=${"x".repeat(300)}`);
    assert.equal(answer.status, 422);
    assert.deepEqual(answer.body.errors.map((error) => error.field).sort(), ["channel", "limit", "search", "sort"]);
    assert.ok(answer.body.errors.every((error) => error.message));
});

check("a year in a path that is more or less than a year finds nothing", async () => {
    for (const wrong of [`${year}abc`, `${year}.5`, `+${year}`, `0${year}`, `%20${year}`, "99", "1"])
        for (const list of [units, units.replace(/units$/, "activity")])
            assert.equal((await admin("GET", list.replace(`/${year}/`, `/${wrong}/`))).status, 404, wrong);
    assert.equal((await admin("GET", units)).status, 200);
});

check("an unchanged list answers 304 to its ETag, a changed one does not", async () => {
    const first = await admin("GET", `/api/track/buildings/${small.buildingId}/years/${year}/units`);
    const etag = { "if-none-match": first.headers.get("etag") };
    const again = await admin("GET", `/api/track/buildings/${small.buildingId}/years/${year}/units`, undefined, etag);
    assert.deepEqual([again.status, again.text], [304, ""]);
    await admin("POST", `/api/track/batches/${small.batchId}/send`);
    const changed = await admin("GET", `/api/track/buildings/${small.buildingId}/years/${year}/units`, undefined, etag);
    assert.equal(changed.status, 200);
});

check("a viewer granted one building finds no other", async () => {
    const viewer = api(await token("viewer", tenant, "SMALL-1"));
    const unit = (await admin("GET", units)).body.units[0].unitId;
    assert.deepEqual((await viewer("GET", "/api/track/buildings")).body.buildings.map((b) => b.code), ["SMALL-1"]);
    const own = await viewer("GET", `/api/track/buildings/${small.buildingId}/years/${year}/units`);
    assert.equal(own.body.units.length, 3);
    for (const path of [units, `/api/track/buildings/${big.buildingId}/years`, `/api/track/units/${unit}`, `/api/track/batches/${big.batchId}`])
        assert.equal((await viewer("GET", path)).status, 404, path);
    assert.equal((await viewer("POST", `/api/track/batches/${small.batchId}/send`)).status, 403);
    const agent = api(await token("agent", tenant, "SMALL-1"));
    assert.equal((await agent("POST", `/api/track/batches/${big.batchId}/send`)).status, 404);
    const go = await person("viewer", tenant, "SMALL-1");
    assert.equal((await go(`/track?building=${big.buildingId}`)).status, 404);
    assert.equal((await go(`/track?building=${small.buildingId}`)).status, 200);
    assert.equal((await go("/import")).status, 403);
});

check("a page offers only what the person may do", async () => {
    const offers = async (role) => {
        const go = await person(role, tenant);
        const html = await (await go(`/track?building=${big.buildingId}&year=${year}`)).text();
        return ["/import", "/inbox", `/track/batches/${big.batchId}/send`].map((path) => html.includes(`"${path}"`));
    };
    assert.deepEqual(await offers("viewer"), [false, false, false]);
    assert.deepEqual(await offers("agent"), [false, true, true]);
    assert.deepEqual(await offers("admin"), [true, true, true]);
});

check("a time stands beside what happened then: a failure does not get that of a letter that came after it", async () => {
    const demo = api(await token("admin"));
    const { buildingId } = (await demo("GET", "/api/track/buildings")).body.buildings.find((one) => one.code === "LH-12");
    const html = await (await (await person("viewer", "demo"))(`/track?building=${buildingId}&year=2024`)).text();
    const { units: list } = (await demo("GET", `/api/track/buildings/${buildingId}/years/2024/units`)).body;
    const told = (number) => {
        const { unitId, lastEventAt } = list.find((unit) => unit.number === number);
        const [, shown] = new RegExp(`<tr id="?u-${unitId}[^]*?(<span class="status [^]*?)<time>${lastEventAt}`).exec(html);
        return shown.replace(/<[^>]*>/g, " ").trim().split(/ +/).join(" ");
    };
    assert.deepEqual(["1.01", "1.03", "1.04", "2.01", "3.01"].map(told), ["Opened", "By hand", "Handed in", "Returned By hand", "Held Handed in"]);
});

check("another tenant finds nothing", async () => {
    const stranger = api(await token("admin", tenantNew("stranger")));
    assert.deepEqual((await stranger("GET", "/api/track/buildings")).body.buildings, []);
    assert.equal((await stranger("GET", units)).status, 404);
    assert.equal((await stranger("POST", `/api/track/batches/${big.batchId}/send`)).status, 404);
});

check("an Idempotency-Key sends a batch once, however often and at once it is asked", async () => {
    const key = { "idempotency-key": `send-${process.pid}` };
    const ask = () => admin("POST", `/api/track/batches/${big.batchId}/send`, undefined, key);
    const together = await Promise.all([ask(), ask(), ask(), ask()]);
    assert.ok(together.every((answer) => [202, 409].includes(answer.status)), together.map((a) => a.status).join());
    const fresh = together.filter((answer) => answer.status === 202 && !answer.headers.get("idempotent-replayed"));
    assert.equal(fresh.length, 1);
    const later = await ask();
    assert.deepEqual([later.status, later.headers.get("idempotent-replayed"), later.text], [202, "true", fresh[0].text]);
    const other = await admin("POST", `/api/track/batches/${small.batchId}/send`, undefined, key);
    assert.equal(other.status, 422, other.text);
    await eventually("the batch is sent", async () => (await admin("GET", `/api/track/batches/${big.batchId}`)).body.state === "COMPLETED", 60);
    assert.equal(sql(`select count(*) from sink_messages m join communications c on c.id = m.communication_id where c.batch_id = '${big.batchId}'`)[0][0], String(count - 14));
    assert.equal((await admin("POST", `/api/track/batches/${big.batchId}/send`)).status, 409);
});

check("an attachment is served to those who may see it", async () => {
    const unit = (await admin("GET", units)).body.units[0].unitId;
    const [one] = (await admin("GET", `/api/track/units/${unit}`)).body.communications;
    const file = await admin("GET", one.attachments[0].href);
    assert.equal(file.status, 200);
    assert.match(file.text, /^%PDF/);
    assert.match(file.headers.get("content-type"), /^application\/pdf/);
    const viewer = api(await token("viewer", tenant, "SMALL-1"));
    assert.equal((await viewer("GET", one.attachments[0].href)).status, 404);
    assert.equal((await fetch(base + one.attachments[0].href)).status, 401);
});

check("what was done stands in the audit trail, whose chain holds", () => {
    const actions = sql(`select distinct a.action from audit_history a join tenants t on t.id = a.tenant_id where t.slug = '${tenant}'`).flat();
    for (const action of ["batch.send", "login.succeeded"]) assert.ok(actions.includes(action), actions.join());
    assert.ok(actions.some((action) => action.startsWith("import.")), actions.join());
    assert.match(ctl("verify", "--tenant", tenant), /: all as written/);
    assert.throws(() => sql("update audit_history set action = 'x'"), /append-only/);
});

await finish();
