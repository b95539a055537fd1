// A mail server: node smtp.mjs MODE FOLDER [PORT], MODE none, starttls or tls (these two want the login user/pass).
// Prints its port. Writes its certificate to FOLDER/ca.pem and each message, as mailparser reads it, as a line of
// FOLDER/messages.jsonl. By local part of the recipient: unknown 550 5.1.1, refused 550 5.7.1, full 452 4.2.2,
// drop breaks off at RCPT, leave ends the connection a moment after it took the message, lost breaks off after the
// message was kept, late 451 after it, hold… answers when FOLDER/release is there.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer } from "smtp-server";
import { simpleParser } from "mailparser";

const [mode, folder, port] = process.argv.slice(2);
const [key, cert] = [join(folder, "key.pem"), join(folder, "ca.pem")];
const sockets = new Map();

const refusals = { unknown: [550, "5.1.1 No such user"], refused: [550, "5.7.1 Not for you"], full: [452, "4.2.2 Over quota"] };
const refusal = (code, message) => Object.assign(new Error(message), { responseCode: code });
const local = (session) => session.envelope.rcptTo[0].address.split("@")[0];
const breakOff = (session) => sockets.get(session.remotePort)?.destroy();

async function keep(session, raw) {
    const mail = await simpleParser(raw);
    const attachments = mail.attachments.map((a) => ({ name: a.filename, type: a.contentType, bytes: a.content.toString("base64") }));
    const { subject, text, html, messageId, from, to, replyTo } = mail;
    const trackId = mail.headers.get("x-track-id");
    const line = { subject, text, html, messageId, trackId, from: from.value, to: to.value, replyTo: replyTo?.value, attachments };
    const { mailFrom, rcptTo } = session.envelope;
    const sha256 = createHash("sha256").update(raw).digest("hex");
    const secure = session.secure;
    const connection = session.remotePort;
    appendFileSync(join(folder, "messages.jsonl"), JSON.stringify({ ...line, sha256, bytes: raw.length, mailFrom, rcptTo, secure, user: session.user ?? null, connection }) + "\n");
}

if (mode !== "none")
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });

const server = new SMTPServer({
    secure: mode === "tls",
    ...(mode !== "none" && { key: readFileSync(key), cert: readFileSync(cert) }),
    disabledCommands: mode === "none" ? ["STARTTLS", "AUTH"] : [],
    hideDSN: process.env.NO_DSN === "1",
    authOptional: mode === "none",
    onAuth: ({ username, password }, session, done) =>
        username === "user" && password === "pass" ? done(null, { user: username }) : done(refusal(535, "5.7.8 Wrong login")),
    onRcptTo(address, session, done) {
        const [name] = address.address.split("@");
        if (name === "drop") return breakOff(session);
        done(refusals[name] ? refusal(...refusals[name]) : null);
    },
    onData(stream, session, done) {
        const parts = [];
        stream.on("data", (d) => parts.push(d));
        stream.on("end", async () => {
            await keep(session, Buffer.concat(parts));
            while (local(session).startsWith("hold") && !existsSync(join(folder, "release"))) await sleep(20);
            if (local(session) === "lost") return breakOff(session);
            if (local(session) === "leave") setTimeout(() => sockets.get(session.remotePort)?.end(), 50);
            done(local(session) === "late" ? refusal(451, "4.3.0 Try later") : null, "2.0.0 queued as 4711");
        });
    },
});
server.on("error", () => {});
server.server.on("connection", (s) => sockets.set(s.remotePort, s));
server.listen(Number(port ?? 0), "127.0.0.1", () => console.log(server.server.address().port));
process.stdin.on("end", () => process.exit()).resume();
