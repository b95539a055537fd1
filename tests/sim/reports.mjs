// The reports that Exchange Online puts into a sender's inbox, and ordinary mail: as message fields and MIME text.
import { randomUUID } from "node:crypto";

const kinds = {
    ndr: { messageClass: "REPORT.IPM.Note.NDR", action: "failed", status: "5.1.1", subject: "Undeliverable" },
    delivered: { messageClass: "REPORT.IPM.Note.DR", action: "delivered", status: "2.0.0", subject: "Delivered" },
    delayed: { messageClass: "REPORT.IPM.Note.Delayed.DR", action: "delayed", status: "4.4.7", subject: "Delivery delayed" },
    relayed: { messageClass: "REPORT.IPM.Note.Relayed.DR", action: "relayed", status: "2.0.0", subject: "Relayed" },
    read: { messageClass: "REPORT.IPM.Note.IPNRN", subject: "Read" },
};

// What a recipient's local part asks for: bounce@, full@, slow@, read@, relay@; all others are delivered.
export function kindFor(address) {
    const table = {
        bounce: { kind: "ndr", status: "5.1.1" }, full: { kind: "ndr", status: "5.2.2" }, slow: { kind: "delayed" },
        read: { kind: "read" }, relay: { kind: "relayed" },
    };
    return table[address.split(/[@+]/)[0]] ?? { kind: "delivered" };
}

const from = (address) => ({ emailAddress: { name: address, address } });
const mime = (lines) => lines.join("\r\n") + "\r\n";

function machinePart(kind, { sent, status, recipient }) {
    if (kind === "read")
        return [
            "Content-Type: message/disposition-notification", "", "Reporting-UA: sim; Outlook", `Final-Recipient: rfc822;${recipient}`,
            "Original-Message-ID:", ` ${sent.internetMessageId}`, "Disposition: automatic-action/MDN-sent-automatically; displayed", "",
        ];
    const code = status ?? kinds[kind].status;
    const diagnostic = kinds[kind].action === "failed" ? [`Diagnostic-Code: smtp;550 ${code} <${recipient}>: refused by`, "  the simulator"] : [];
    return [
        "Content-Type: message/delivery-status", "", "Reporting-MTA: dns;sim.prod.outlook.com", "", `Final-Recipient: rfc822;${recipient}`,
        `Action: ${kinds[kind].action}`, `Status: ${code}`, "Remote-MTA: dns;mx.example.com", ...diagnostic, "",
    ];
}

export function make(kind, { sent, status, recipient }) {
    const k = kinds[kind];
    const own = `<${randomUUID()}@sim.prod.outlook.com>`;
    const type = kind === "read" ? "disposition-notification" : "delivery-status";
    const subject = `${k.subject}: ${sent.subject}`;
    const headers = [
        { name: "From", value: "postmaster@sim.example" }, { name: "In-Reply-To", value: sent.internetMessageId },
        { name: "References", value: sent.internetMessageId }, { name: "Content-Type", value: kind === "read" ? "application/ms-tnef" : "multipart/report" },
    ];
    const text = mime([
        "From: postmaster@sim.example", `To: ${sent.mailbox}`, `Subject: =?UTF-8?B?${Buffer.from(subject).toString("base64")}?=`,
        `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`, `Message-ID: ${own}`, `In-Reply-To: ${sent.internetMessageId}`,
        `References: ${sent.internetMessageId}`, "MIME-Version: 1.0", `Content-Type: multipart/report; report-type=${type}; boundary="b1"`, "",
        "--b1", "Content-Type: text/plain; charset=utf-8", "", "A report of the simulator.", "--b1", ...machinePart(kind, { sent, status, recipient }),
        "--b1", "Content-Type: text/rfc822-headers", "", `Message-ID: ${sent.internetMessageId}`,
        ...sent.headers.map((h) => `${h.name}: ${h.value}`), "", "--b1--",
    ]);
    return { internetMessageId: own, subject, from: from("postmaster@sim.example"), headers, messageClass: k.messageClass, mime: text, mailbox: sent.mailbox };
}

export function mail({ subject = "Hello", from: sender = "eva@example.com", text = "Hello" }) {
    const own = `<${randomUUID()}@mail.example.com>`;
    const lines = [`From: ${sender}`, "To: desk@example.com", `Subject: ${subject}`, `Message-ID: ${own}`, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", text];
    return { internetMessageId: own, subject, from: from(sender), headers: [{ name: "From", value: sender }], messageClass: "IPM.Note", mime: mime(lines) };
}
