// trackctl jobs: a job that cannot succeed is parked where an operator sees it, and ends or runs again.
import assert from "node:assert/strict";
import { check, eventually, finish, trackctl } from "../checks.mjs";
import { spawnSync } from "node:child_process";

const sql = (text) => {
    const made = spawnSync("/usr/lib/postgresql/15/bin/psql", ["-X", "-q", "-At", "-h", `${process.env.VAR}/pgrun`, "-U", "postgres", "track", "-c", text], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
    return made.stdout.trim();
};
const parked = () => /(\d+) house\.forget_keys parked/.exec(trackctl("jobs", "--state", "parked").stdout)?.[1];

check("a parked job is listed with its error", async () => {
    sql("insert into jobs (tenant_id, queue, kind, state, attempt, errors) select id, 'house', 'house.forget_keys', 'parked', 12, '[{\"error\": \"It broke.\"}]' from tenants where slug = 'demo'");
    assert.match(trackctl("jobs").stdout, /house +parked +1/);
    assert.ok(parked());
    assert.match(trackctl("jobs", "--state", "parked").stdout, /It broke\./);
});

check("retried it runs, and the audit trail knows", async () => {
    const id = parked();
    assert.equal(trackctl("jobs", "retry", id).status, 0);
    await eventually("it ran", () => sql(`select count(*) from job_history where id = ${id}`) === "1");
    assert.equal(sql(`select count(*) from audit_history where action = 'job.retry' and entity_id = '${id}'`), "1");
});

check("discarded it is history", async () => {
    sql("insert into jobs (queue, kind, state) values ('house', 'house.forget_keys', 'parked')");
    const id = parked();
    assert.equal(trackctl("jobs", "discard", id).status, 0);
    assert.match(sql(`select errors from job_history where id = ${id}`), /Discarded by an operator/);
    const again = trackctl("jobs", "discard", id);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /no such job/);
    assert.notEqual(trackctl("jobs", "retry", "x").status, 0);
});

await finish();
