/* E-mail out: one interface, a file for each way (SMTP, Microsoft Graph, the local sink). */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "channels/account.h"

#include <json-c/json.h>
#include <stdint.h>

struct email_attachment {
    const char *file_name, *content_type;
    struct str bytes;
};

struct email {
    const char
        *communication_id;  /* also our tracking id: header X-Track-Id, Graph extended property */
    const char *message_id; /* ours, without <>: "<uuid>.<attempt>@host" made from the id, the same
                               at every try of an attempt */
    const char *from_name, *from_address, *reply_to;
    bool read_receipt; /* asked for by mail (RFC 8098): comes back to from_address */
    const char *to_name, *to_address;
    const char *subject, *text, *html;
    const struct email_attachment *attachments;
    size_t attachment_count;
    bool first_try; /* no earlier try of this message_id can have reached the provider */
};

/* OK: accepted. ERR_RETRY, ERR_LIMITED: try again later (limited: not counted as a try).
   ERR_INVALID: refused for good, or forbidden by our settings. ERR_DENIED: the account itself is
   refused; ERR_INTERNAL: our fault. */
struct email_way {
    const char *provider;
    enum err (*send)(struct ctx *c, const struct channel_account *account, const struct email *e,
                     struct send_result *result);
};

extern const struct email_way email_smtp, email_graph, email_sink;

/* By provider name; the sink for NULL or an unknown one. */
const struct email_way *email_way_of(const char *provider);

/* The e-mail with what it leaves NULL of its sender (from_address, from_name, reply_to) taken from
   the account's settings from, fromName and replyTo, and a read receipt asked for where
   readReceipts is "on". */
struct email email_from_account(const struct channel_account *account, const struct email *e);

/* In one sentence why an e-mail could not be written or kept: its first fault, or e in words. */
const char *email_refusal(const struct ctx *c, enum err e);

/* ERR_INVALID with a fault for each field that must not go into a header: line breaks, control
   characters, what is no UTF-8 or no address. A missing sender is allowed. */
enum err email_check(struct ctx *c, const struct email *e) must_check;

/* RFC 5322 and MIME text of an e-mail (multipart/mixed of multipart/alternative and attachments;
   RFC 2047 and 2231 names; quoted-printable and base64; CRLF). ERR_INVALID with a fault where an
   address or subject holds CR, LF or NUL. */
enum err mime_write(struct ctx *c, const struct email *e, struct buf *to) must_check;

/* Notes in the result which text went out, byte for byte. */
void mime_note(struct arena *a, const struct buf *text, struct send_result *result);
