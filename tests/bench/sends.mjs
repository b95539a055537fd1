// Sending a batch through a mail server that takes 50 ms for each message.
import { writeFileSync } from "node:fs";
import { SMTPServer } from "smtp-server";
import { base, eventually, token, trackctl } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";
import { VAR, heading, psql, row, withCpu } from "./measure.mjs";

const MESSAGES = 400;
const LATENCY_MS = 50;
const CHILDREN = 4;
const port = Number(process.env.TRACK_TEST_SMTP_PORT);

function standIn() {
    const server = new SMTPServer({
        disabledCommands: ["AUTH", "STARTTLS"],
        onData(stream, _session, done) {
            stream.on("end", () => setTimeout(done, LATENCY_MS));
            stream.resume();
        },
    });
    return new Promise((up) => server.listen(port, "127.0.0.1", () => up(server)));
}

function must(...args) {
    const made = trackctl(...args);
    if (made.status !== 0) throw new Error(made.stderr);
}

const batch = () => psql("select p.id from communication_batches p join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id where b.code = 'SEND'");
const sent = () => Number(psql(`select count(*) from communications where batch_id = '${batch()}' and sent_at is not null`));

async function send() {
    const answer = await fetch(`${base}/api/track/batches/${batch()}/send`, { method: "POST", headers: { authorization: `Bearer ${await token("agent")}` } });
    if (answer.status !== 202) throw new Error(`send: ${answer.status} ${await answer.text()}`);
    await eventually("every message is sent", () => sent() === MESSAGES);
    return { count: MESSAGES };
}

export async function measureSends() {
    const file = `${VAR}/sends.csv`;
    writeFileSync(file, csv(rows("SEND", 2024, MESSAGES, () => ({ attachment: "" }))));
    must("import", file, "--tenant", "demo");
    must("provider", "add", "smtp", "--tenant", "demo", "--name", "bench", "--set", "host=127.0.0.1", "--set", `port=${port}`, "--set", "security=none", "--set", "from=office@example.com", "--json");
    const server = await standIn();
    heading(`sends through a mail server that takes ${LATENCY_MS} ms`);
    const { cpu } = await withCpu(send);
    const seconds = Number(psql(`select extract(epoch from max(sent_at) - min(sent_at)) from communications where batch_id = '${batch()}'`));
    const rate = (MESSAGES - CHILDREN) / seconds;
    const limit = (CHILDREN * 1000) / LATENCY_MS;
    row(`${MESSAGES} messages, ${CHILDREN} children`, `${rate.toFixed(1)}/s`, `${limit}/s`, rate / limit, "≥ 0.9", cpu);
    await new Promise((done) => server.close(done));
    psql("update provider_accounts set enabled = false where name = 'bench'");
}
