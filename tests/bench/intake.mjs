// Webhook intake: verified, kept with its job and committed before the answer; against the same function called by pgbench.
import { randomBytes } from "node:crypto";
import { base, trackctl } from "../checks.mjs";
import { frozen, heading, luaScript, pgbench, psql, row, tenant, withCpu, wrk } from "./measure.mjs";

const PATH = "/api/track/providers/msgraph/email";
const SECONDS = 8;

function account(clientState) {
    const made = trackctl("provider", "add", "msgraph", "--tenant", "demo", "--name", "bench", "--secret", `clientState=${clientState}`, "--json");
    if (made.status !== 0) throw new Error(made.stderr);
    return JSON.parse(made.stdout).id;
}

// Posts notifications, each of another message.
function notifications(clientState, run) {
    const item = { subscriptionId: "bench", changeType: "created", clientState, resourceData: { id: "ID", "@odata.etag": "1" } };
    const [before, after] = JSON.stringify({ value: [item] }).split("ID");
    return luaScript(`intake-${run}`, `local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
    n = n + 1
    return wrk.format(nil, nil, nil, '${before}${run}-' .. n .. '${after}')
end
`);
}

const counted = () => Number(psql("select count(*) from inbox"));

// The same request by the same function, one row and one commit at a time.
function statement(id, clientState) {
    const body = Buffer.from(JSON.stringify({ value: [{ clientState, pad: "x".repeat(90) }] })).toString("base64");
    const text = { tenant_id: tenant(), account_id: id, provider: "msgraph.email", dedupe_key: "%s", method: "POST", path: PATH, headers: { "content-type": "application/json" }, body, mapper: "bench" };
    return `select inbox_take(format('[${JSON.stringify(text)}]', gen_random_uuid())::json)`;
}

async function post(clientState, run, connections, seconds) {
    const before = counted();
    const result = await withCpu(() => wrk(base + PATH, { connections, seconds, script: notifications(clientState, run) }));
    if (result.bad) throw new Error(`intake: ${result.bad} notifications were refused`);
    result.kept = counted() - before;
    return result;
}

async function measure(clientState, one) {
    const sql = (clients, seconds) => pgbench(one, [{}], { clients, seconds });
    const many = await post(clientState, "many", 64, SECONDS);
    const limit = await sql(32, SECONDS);
    row("64 clients", `${Math.round(many.rate)}/s, p50 ${many.p50.toFixed(1)} ms`, `${Math.round(limit.rate)}/s by pgbench, 32`, many.rate / limit.rate, "≥ 0.8", many.cpu);
    row("  its p99", `${many.p99.toFixed(1)} ms`, "25 ms", many.p99 / 25, "≤ 1");
    row("  acknowledged that are in the inbox", `${many.kept}`, `${many.count} acknowledged`, many.kept / many.count, "≥ 1");
    const pool = await sql(8, 5);
    row("  against one commit each, 8 clients", `${Math.round(many.rate)}/s`, `${Math.round(pool.rate)}/s by pgbench, 8`, many.rate / pool.rate);
    const single = await post(clientState, "one", 1, 4);
    const alone = await sql(1, 4);
    row("1 client", `${single.p50.toFixed(2)} ms`, `1.3 × ${alone.latency.toFixed(2)} + 0.3 ms`, single.p50 / (1.3 * alone.latency + 0.3), "≤ 1", single.cpu);
}

export async function measureIntake() {
    const clientState = randomBytes(24).toString("hex");
    const one = [statement(account(clientState), clientState)];
    heading("webhook intake (the worker stands still meanwhile)");
    await frozen(async () => {
        await measure(clientState, one);
        psql("delete from jobs where queue = 'inbox'; truncate inbox; update provider_accounts set enabled = false");
    });
}
