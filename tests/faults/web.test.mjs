// Children of the web killed and replaced under load: no GET fails, and no POST where they are replaced in order.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { base, check, eventually, finish, sql } from "../checks.mjs";
import { children, failures, imported, kill, killInTurn, load, master, notifier } from "./faults.mjs";

const { call, batch } = await imported("web", 60);
const units = `/api/track/buildings/${batch.buildingId}/years/${batch.year}/units`;
const hook = notifier(base, "webhook");

check("children killed with -9 cost no GET", async () => {
    const answers = await load(6, () => call("GET", units), () => killInTurn("track-web", 40, 120));
    assert.ok(answers.length > 100, `${answers.length} answers`);
    assert.deepEqual(failures(answers, 200), []);
    assert.ok(answers.every((answer) => answer.body.units.length === 50));
});

check("SIGHUP replaces every child and costs neither a GET nor a webhook", async () => {
    const before = children(master("track-web"));
    let n = 0;
    const ask = () => (n++ % 2 ? call("GET", units) : hook.post(`hup-${n}`));
    const answers = await load(4, ask, async () => {
        kill(master("track-web"), "SIGHUP");
        await eventually("all are replaced", () => children(master("track-web")).every((pid) => !before.includes(pid)), 120);
        await sleep(300);
    });
    assert.deepEqual(failures(answers, 200, 202), []);
    assert.equal(children(master("track-web")).length, before.length);
    const acknowledged = answers.filter((a) => a.status === 202).length;
    assert.deepEqual(hook.kept(), [acknowledged, acknowledged]);
});

check("webhooks acknowledged while children are killed with -9 are kept, each once", async () => {
    const [before] = hook.kept();
    let n = 0;
    const answers = await load(4, () => hook.deliver(`kill-${n++}`), () => killInTurn("track-web", 30, 120));
    assert.equal(answers.length, n);
    assert.deepEqual(hook.kept(), [before + n, before + n]);
});

check("fifty copies of one webhook at once make one row and one job", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => hook.post("the-same")));
    assert.deepEqual(failures(answers, 202), []);
    const [[id, count]] = sql(`select min(i.id::text), count(*) from inbox i where convert_from(i.body, 'UTF8') like '%the-same%'`);
    assert.equal(count, "1");
    const jobs = sql(`select id from jobs where kind = 'inbox.process' and args::text like '%${id}%' union all
        select id from job_history where kind = 'inbox.process' and args::text like '%${id}%'`);
    assert.equal(jobs.length, 1);
});

await finish();
