// Sixteen writers moving messages of one batch against sixteen of a batch each: what they share are its kept figures.
import { heading, pgbench, psql, row, statement, tenant } from "./measure.mjs";

const CLIENTS = 16;

// Communications for each client, of units that no other client has: of one batch, or of a batch for each client.
function slices(batches) {
    psql(`drop table if exists bench_slices;
        create table bench_slices as
        select client, row_number() over (partition by client order by id) as n, id
        from (select c.id, ${batches === 1 ? `dense_rank() over (order by c.unit_id) % ${CLIENTS}` : "dense_rank() over (order by c.batch_id) - 1"} as client
              from communications c
              where c.batch_id in (select id from communication_batches p where p.building_id in (select id from buildings where code like 'B-%')
                                   order by md5(p.id::text) limit ${batches})) x;
        create index on bench_slices (client, n);
        grant select on bench_slices to track_worker`);
    return Number(psql("select min(n) from (select count(*) as n from bench_slices group by client) x"));
}

async function moves(batches) {
    const most = slices(batches);
    const add = statement("app/track/timeline.sql", "timeline_add", ["actor_id", "actor_name", "occurred_at", "inbox_id", "mapper", "dedupe_key", "caused_by"])
        .replaceAll(":communication_id", ":id")
        .replace(":status_after", "(array['DELIVERED', 'OPENED'])[:which::int]");
    const texts = { type: "NOTE", source: "system", grade: "C", sentence: "Bench.", detail: "{}", event_name: "communication.note", event_data: "{}" };
    const filled = Object.entries(texts).reduce((text, [name, value]) => text.replace(new RegExp(`(?<!:):${name}\\b`, "g"), `'${value}'`), add);
    const script = [
        `\\set n random(1, ${most})`,
        "\\set which random(1, 2)",
        "select id from bench_slices where client = :client_id and n = :n \\gset",
        "begin",
        statement("app/track/timeline.sql", "timeline_lock").replaceAll(":communication_id", ":id"),
        filled,
        "commit",
    ];
    return pgbench(script, [{}], { clients: CLIENTS, role: "track_worker", tenant: tenant() });
}

export async function measureCounters() {
    heading(`${CLIENTS} writers`);
    const apart = await moves(CLIENTS);
    const together = await moves(1);
    psql("drop table bench_slices");
    row("status changes within one batch", `${Math.round(together.rate)}/s`, `${Math.round(apart.rate)}/s in a batch each`, together.rate / apart.rate, "≥ 0.8");
}
