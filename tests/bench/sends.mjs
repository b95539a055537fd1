// Sending a batch through a mail server, and one through an SMS provider, that take 50 ms for each message.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { base, eventually, token, trackctl } from "../checks.mjs";
import { csv, rows } from "../fixtures/billing.mjs";
import { VAR, heading, psql, row, withCpu } from "./measure.mjs";

const MESSAGES = 1200;
const LATENCY_MS = 50;
const CHILDREN = 4;
const port = Number(process.env.SMTP_PORT);

let taken = 0;

// The least of SMTP: every command is accepted, and a message after the latency. (npm's smtp-server greets late by design.)
function converse(socket) {
    let message = false;
    let text = "";
    const say = (line) => socket.writable && socket.write(`${line}\r\n`);
    const hear = (line) => {
        if (message && line !== ".") return;
        if (message) setTimeout(say, LATENCY_MS, `250 2.0.0 Taken as ${++taken}`);
        else say(line === "DATA" ? "354 Go on" : line === "QUIT" ? "221 Bye" : line.startsWith("EHLO") ? "250-stand-in\r\n250-PIPELINING\r\n250 DSN" : "250 2.1.0 Fine");
        message = line === "DATA";
    };
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (data) => {
        const lines = (text + data).split("\r\n");
        text = lines.pop();
        lines.forEach(hear);
    });
    say("220 stand-in");
}

function standIn() {
    const server = createServer(converse);
    return new Promise((up) => server.listen(port, "127.0.0.1", () => up(server)));
}

function must(...args) {
    const made = trackctl(...args);
    if (made.status !== 0) throw new Error(made.stderr);
}

const batch = (code) => psql(`select p.id from communication_batches p join buildings b on b.tenant_id = p.tenant_id and b.id = p.building_id where b.code = '${code}'`);
const sent = (id) => Number(psql(`select count(*) from communications where batch_id = '${id}' and sent_at is not null`));

// All at once, without a second person's word and without waiting for the first ones.
const unhindered = () => psql("insert into run_settings select id, 0, 0, 0 from tenants where slug = 'demo' on conflict (tenant_id) do update set approval_threshold = 0, canary_over = 0");

function imported(code, change) {
    const file = `${VAR}/sends.csv`;
    writeFileSync(file, csv(rows(code, 2024, MESSAGES, (i) => ({ attachment: "", ...change(i) }))));
    must("import", file, "--tenant", "demo");
    return batch(code);
}

// Sends the batch; `done`: until the provider has taken all, asked without queries, as those would hold the stand-in up.
async function send(id, done) {
    unhindered();
    const answer = await fetch(`${base}/api/track/batches/${id}/send`, { method: "POST", headers: { authorization: `Bearer ${await token("agent")}` } });
    if (answer.status !== 202) throw new Error(`send: ${answer.status} ${await answer.text()}`);
    await eventually("every message is taken", done, 120);
    await eventually("every message is sent", () => sent(id) === MESSAGES);
    return { count: MESSAGES };
}

async function measure(id, done) {
    const { cpu } = await withCpu(() => send(id, done));
    const seconds = Number(psql(`select extract(epoch from max(sent_at) - min(sent_at)) from communications where batch_id = '${id}'`));
    const rate = (MESSAGES - CHILDREN) / seconds;
    const limit = (CHILDREN * 1000) / LATENCY_MS;
    row(`${MESSAGES} messages, ${CHILDREN} children`, `${rate.toFixed(1)}/s`, `${limit}/s`, rate / limit, "≥ 0.9", cpu);
    psql("update provider_accounts set enabled = false where name = 'bench'");
}

export async function measureSends() {
    const id = imported("SEND", () => ({}));
    must("provider", "add", "smtp", "--tenant", "demo", "--name", "bench", "--set", "host=127.0.0.1", "--set", `port=${port}`, "--set", "security=none", "--set", "from=office@example.com", "--json");
    const server = await standIn();
    heading(`sends through a mail server that takes ${LATENCY_MS} ms`);
    await measure(id, () => taken >= MESSAGES);
    server.close();
}

// SMS through a stand-in of Twilio as slow: one call each.
export async function measureTexts() {
    const id = imported("TEXT", (i) => ({ delivery_preference: "sms", phone: `+4179${String(1000000 + i * 10)}` }));
    const stand = spawn("node", ["tests/sim/twilio.mjs", process.env.TWILIO_PORT], { stdio: ["pipe", "pipe", "inherit"] });
    const at = `http://127.0.0.1:${await new Promise((up) => stand.stdout.once("data", (data) => up(Number(data))))}`;
    await fetch(`${at}/control/faults`, { method: "POST", body: JSON.stringify({ slow: LATENCY_MS }) });
    must("provider", "add", "twilio", "--tenant", "demo", "--name", "bench", "--set", `endpoint=${at}`, "--set", "from=+15005550006",
        "--set", "accountSid=AC0123456789abcdef0123456789abcdef", "--set", "ratePerMinute=0", "--secret", "authToken=simulated-twilio-token-0001");
    heading(`sends through an SMS provider that takes ${LATENCY_MS} ms`);
    await measure(id, async () => (await (await fetch(`${at}/control/taken`)).json()).taken >= MESSAGES);
    stand.stdin.end();
}
