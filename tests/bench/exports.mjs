// An export of everything, against psql's copy of one query that answers the same columns.
import { base, eventually, token } from "../checks.mjs";
import { VAR, heading, memory, psql, row, tenant } from "./measure.mjs";

const MEMORY_MIB = 32;

const columns = (id) => `
    select b.name, u.number, c.channel, c.subject, c.delivery_status, c.queued_at, c.sent_at, c.delivered_at, c.opened_at,
        c.provider_message_id, c.last_event_type, n.notes, a.files
    from communications c
    join units u on u.tenant_id = c.tenant_id and u.id = c.unit_id
    join buildings b on b.tenant_id = c.tenant_id and b.id = c.building_id
    left join (select communication_id, string_agg(note, '; ' order by created_at, id) as notes
        from communication_audit_notes where tenant_id = '${id}' group by 1) n on n.communication_id = c.id
    left join (select communication_id, string_agg(file_name, '; ' order by position) as files
        from communication_attachments where tenant_id = '${id}' group by 1) a on a.communication_id = c.id
    where c.tenant_id = '${id}'
    order by b.name, c.year desc, u.number, c.channel, c.id`;

function copied() {
    const began = Date.now();
    psql(`\\copy (${columns(tenant()).replace(/\s+/g, " ")}) to '${VAR}/copied.csv' csv header`);
    return (Date.now() - began) / 1000;
}

async function exported() {
    const headers = { authorization: `Bearer ${await token("admin")}`, "content-type": "application/json" };
    const asked = await fetch(`${base}/api/track/export`, { method: "POST", headers, body: JSON.stringify({ format: "csv" }) });
    if (asked.status !== 202) throw new Error(`export: ${asked.status} ${await asked.text()}`);
    const { exportId } = await asked.json();
    let most = 0;
    await eventually("the export is ready", async () => {
        most = Math.max(most, memory());
        const [state, error] = psql(`select state, error from communication_exports where id = '${exportId}'`).split("|");
        if (state === "FAILED") throw new Error(error);
        return state === "READY";
    }, 600);
    const [rows, seconds] = psql(`select rows_written, extract(epoch from ready_at - started_at) from communication_exports where id = '${exportId}'`).split("|").map(Number);
    return { rows, seconds, most };
}

export async function measureExports() {
    heading("an export of everything");
    const idle = memory();
    const limit = copied();
    const { rows, seconds, most } = await exported();
    row(`${rows} rows as CSV`, `${Math.round(rows / seconds)} rows/s`, `\\copy ${Math.round(rows / limit)} rows/s`, limit / seconds, "≥ 0.8");
    row("memory it takes", `${(most - idle).toFixed(1)} MiB`, `${MEMORY_MIB} MiB`, (most - idle) / MEMORY_MIB, "≤ 1");
}
