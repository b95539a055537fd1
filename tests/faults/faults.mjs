// What the fault tests share: the processes of the instance, load on it, and Postgres under it.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { api, committed, ctl, eventually, sql, tenantNew, token, upload } from "../checks.mjs";
import { csv, rows, statements } from "../fixtures/billing.mjs";

const folder = process.env.VAR;

export const master = (program) => Number(readFileSync(`${folder}/run/${program}.pid`, "utf8"));

export function children(pid) {
    try {
        return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    } catch {
        return [];
    }
}

export function kill(pid, signal = "SIGKILL") {
    try {
        process.kill(pid, signal);
    } catch (error) {
        if (error.code !== "ESRCH") throw error;
    }
}

// A tenant with a committed batch of e-mails to local(i)@example.ch: {tenant, call, batch}.
export async function imported(name, count, local = (i) => `unit${i}`) {
    const tenant = tenantNew(name);
    const call = api(await token("admin", tenant));
    const made = rows(name.toUpperCase(), 2025, count, (i) => ({ email: `${local(i)}@example.ch` }));
    const kept = await upload(call, `${name}.csv`, csv(made), statements(made));
    const { result } = await committed(call, kept.body.id);
    return { tenant, call, batch: result.batches[0] };
}

// Asks `many` at a time until `during` ends: every answer; a broken connection has status 0.
export async function load(many, ask, during) {
    const answers = [];
    let over = false;
    const one = async () => {
        while (!over) answers.push(await ask(() => over).catch((error) => ({ status: 0, text: String(error.cause ?? error) })));
    };
    const all = Array.from({ length: many }, one);
    try {
        await during(answers);
    } finally {
        over = true;
        await Promise.all(all);
    }
    return answers;
}

export const failures = (answers, ...good) => answers.filter((a) => !good.includes(a.status)).map((a) => `${a.status} ${(a.text ?? "").slice(0, 200)}`);

// Kills a child of the program every `pause` ms, `times` times, each of them in turn.
export async function killInTurn(program, times, pause) {
    const full = children(master(program)).length;
    for (let i = 0; i < times; i++) {
        const list = children(master(program));
        if (list.length) kill(list[i % list.length]);
        await sleep(pause);
    }
    await eventually(`${program} has all its children again`, () => children(master(program)).length === full);
}

// A tenant whose account takes Graph notifications: post(id) posts one, deliver(id) until it is acknowledged; both
// answer it. kept() counts rows of the inbox and different bodies among them.
export function notifier(base, name) {
    const tenant = tenantNew(name);
    const clientState = `${tenant}-state`;
    ctl("provider", "add", "msgraph", "--tenant", tenant, "--name", "Graph", "--set", "tenant=t", "--set", "clientId=c", "--set", "mailbox=m",
        "--secret", "clientSecret=good", "--secret", `clientState=${clientState}`);
    const post = async (id) => {
        const item = { subscriptionId: "s", changeType: "created", clientState, resourceData: { id, "@odata.etag": 'W/"1"' } };
        const answer = await fetch(`${base}/api/track/providers/msgraph/email`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ value: [item] }),
        });
        return { status: answer.status, headers: answer.headers, text: await answer.text() };
    };
    const deliver = async (id) => {
        for (;;) {
            const answer = await post(id).catch(() => ({ status: 0 }));
            if (answer.status === 202) return answer;
            await sleep(50);
        }
    };
    const kept = () => sql(`select count(*), count(distinct i.body) from inbox i join tenants t on t.id = i.tenant_id where t.slug = '${tenant}'`)[0].map(Number);
    return { tenant, post, deliver, kept };
}

// ---- Postgres

export const postmaster = () => Number(readFileSync(`${folder}/pg/postmaster.pid`, "utf8").split("\n")[0]);

// Starts it again with its former options, once what the dead one left has let go of its memory.
export async function restartPostgres() {
    const command = ["/usr/lib/postgresql/15/bin/pg_ctl", "-D", `${folder}/pg`, "-w", "-s", "-l", `${folder}/log/postgres.log`, "restart"];
    const user = process.getuid() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];
    const [program, ...args] = [...user, ...command];
    await eventually("Postgres is up again", () => spawnSync(program, args, { stdio: "ignore" }).status === 0);
}
