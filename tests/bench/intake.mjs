// Webhook intake: verified, kept with its job and committed before the answer; against the same function called by pgbench.
import { randomBytes } from "node:crypto";
import { base, trackctl } from "../checks.mjs";
import { frozen, heading, luaScript, pgbench, psql, row, tenant, withCpu, wrk } from "./measure.mjs";

const SECONDS = 8;

// A provider of whom notifications are posted, each of another message: `of` is the document with ID in it.
const sources = {
    msgraph: (secret) => ({ provider: "msgraph.email", set: ["--secret", `clientState=${secret}`], path: "/api/track/providers/msgraph/email", headers: {},
        of: { value: [{ subscriptionId: "bench", changeType: "created", clientState: secret, resourceData: { id: "ID", "@odata.etag": "1" } }] } }),
    ship24: (secret) => ({ provider: "ship24", set: ["--secret", `webhookSecret=${secret}`], path: "/api/webhooks/ship24", headers: { Authorization: `Bearer ${secret}` },
        of: { trackings: [{ metadata: { generatedTimestamp: "2026-03-03T06:12:05.000Z", messageId: "ID" }, tracker: { trackerId: "bench", trackingNumber: "ID" },
            shipment: { statusMilestone: "in_transit" }, events: [{ eventId: "ID", trackingNumber: "ID", status: "In transit", occurrenceDatetime: "2026-03-03T06:12:05", statusMilestone: "in_transit" }] }] } }),
    shiprocket: (secret) => ({ provider: "shiprocket", set: ["--set", "email=api@shop.example", "--secret", "password=p", "--secret", "hookToken=abcdefghijlmnopqtuvwxyz012", "--secret", `webhookSecret=${secret}`],
        path: "/api/hooks/c/abcdefghijlmnopqtuvwxyz012", headers: { "x-api-key": secret },
        of: { awb: "ID", current_status: "IN TRANSIT", shipment_status: "IN TRANSIT", shipment_status_id: 18, current_timestamp: "03 03 2026 06:12:05", scans: [{ date: "2026-03-03 06:12:05", activity: "In transit", location: "Pune" }] } }),
    generic: (secret) => ({ provider: "generic", set: ["--set", "carrier=bench", "--secret", `token=${secret}`], path: "/api/carriers/bench/callback", headers: { "x-api-key": secret },
        of: { trackingNumber: "ID", events: [{ id: "ID", status: "in_transit", occurredAt: "2026-03-03T06:12:05Z" }] } }),
};

function source(name) {
    const one = sources[name](randomBytes(24).toString("hex"));
    const made = trackctl("provider", "add", name, "--tenant", "demo", "--name", "bench", ...one.set, "--json");
    if (made.status !== 0) throw new Error(made.stderr);
    return { name, account: JSON.parse(made.stdout).id, ...one };
}

function notifications(of, run) {
    const body = JSON.stringify(of.of).split("ID").map((part) => `'${part}'`).join(" .. id .. ");
    const headers = Object.entries({ "Content-Type": "application/json", ...of.headers }).map(([name, value]) => `wrk.headers["${name}"] = "${value}"`);
    return luaScript(`intake-${of.name}-${run}`, `local n = 0
wrk.method = "POST"
${headers.join("\n")}
request = function()
    n = n + 1
    local id = '${run}-' .. n
    return wrk.format(nil, nil, nil, ${body})
end
`);
}

const counted = () => Number(psql("select count(*) from inbox"));

// The same request by the same function, one row and one commit at a time.
function statement(of) {
    const body = Buffer.from(JSON.stringify(of.of)).toString("base64");
    const text = { tenant_id: tenant(), account_id: of.account, provider: of.provider, dedupe_key: "%s", method: "POST", path: of.path, headers: { "content-type": "application/json" }, body, mapper: "bench" };
    return `select inbox_take(format('[${JSON.stringify(text)}]', gen_random_uuid())::json)`;
}

async function post(of, run, connections, seconds) {
    const before = counted();
    const result = await withCpu(() => wrk(base + of.path, { connections, seconds, script: notifications(of, run) }));
    if (result.bad) throw new Error(`intake: ${result.bad} notifications were refused`);
    result.kept = counted() - before;
    return result;
}

async function taken(of, name) {
    const many = await post(of, "many", 64, SECONDS);
    const limit = await pgbench([statement(of)], [{}], { clients: 32, seconds: SECONDS });
    row(name, `${Math.round(many.rate)}/s, p50 ${many.p50.toFixed(1)} ms`, `${Math.round(limit.rate)}/s by pgbench, 32`, many.rate / limit.rate, "≥ 0.8", many.cpu);
    row("  its p99", `${many.p99.toFixed(1)} ms`, "25 ms", many.p99 / 25, "≤ 1");
    row("  acknowledged that are in the inbox", `${many.kept}`, `${many.count} acknowledged`, many.kept / many.count, "≥ 1");
    return many;
}

async function measure(of) {
    const sql = (clients, seconds) => pgbench([statement(of)], [{}], { clients, seconds });
    const many = await taken(of, "64 clients");
    const pool = await sql(8, 5);
    row("  against one commit each, 8 clients", `${Math.round(many.rate)}/s`, `${Math.round(pool.rate)}/s by pgbench, 8`, many.rate / pool.rate);
    const single = await post(of, "one", 1, 4);
    const alone = await sql(1, 4);
    row("1 client", `${single.p50.toFixed(2)} ms`, `1.3 × ${alone.latency.toFixed(2)} + 0.3 ms`, single.p50 / (1.3 * alone.latency + 0.3), "≤ 1", single.cpu);
}

export async function measureIntake() {
    heading("webhook intake (the worker stands still meanwhile)");
    const all = Object.keys(sources).map(source);
    await frozen(async () => {
        for (const of of all) {
            if (of.name === "msgraph") await measure(of);
            else await taken(of, `64 clients, of ${of.name}`);
            psql("delete from jobs where queue = 'inbox'; truncate inbox; checkpoint");
        }
        psql("update provider_accounts set enabled = false");
    });
}
