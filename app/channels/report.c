/* Delivery and read reports: finds the machine-readable part and what it returns of the original.
 */
#include "channels/report.h"

#include "channels/mime_part.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PARTS_MAX 64
#define DEPTH_MAX 8
#define MESSAGE_MAX ((size_t)4 * 1024 * 1024)
#define RECIPIENTS_MAX 4096

struct walk {
    struct arena *arena;
    struct report *report;
    size_t recipient_room;
    int parts;
};

static const char *lower(struct arena *a, const char *text, size_t n)
{
    char *copy = arena_strndup(a, text, n);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* "<id>" or "id" without brackets and space; the first of several. NULL where there is none. */
static const char *message_id(struct arena *a, const char *value)
{
    if (!value)
        return NULL;
    const char *open = strchr(value, '<');
    const char *p = open ? open + 1 : value + strspn(value, " \t");
    size_t n = strcspn(p, open ? ">" : " \t>");
    return n ? arena_strndup(a, p, n) : NULL;
}

/* Of References the last is what is answered (RFC 5322 §3.6.4). */
static const char *last_id(struct arena *a, const char *value)
{
    const char *open = value ? strrchr(value, '<') : NULL;
    return message_id(a, open ? open : value);
}

/* "rfc822; Eva@Example.com" as "eva@example.com". */
static const char *address(struct arena *a, const char *value)
{
    const char *semicolon = strchr(value, ';');
    const char *p = semicolon ? semicolon + 1 : value;
    p += strspn(p, " \t<");
    return lower(a, p, strcspn(p, " \t>"));
}

/* Whom a report names: as we wrote the address, else as it was at the end; empty ones say nothing.
 */
static const char *named(struct arena *a, const char *original, const char *final)
{
    const char *first = original ? address(a, original) : "";
    return *first || !final ? first : address(a, final);
}

static const char *after_type(const char *value)
{
    const char *semicolon = value ? strchr(value, ';') : NULL;
    if (!semicolon)
        return value;
    return semicolon + 1 + strspn(semicolon + 1, " \t");
}

static const char *field(const struct mime_header *h, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(h[i].name, name) == 0)
            return h[i].value;
    return NULL;
}

/* "5.1.1" out of "5.1.1 (bad address)". */
static const char *status_code(struct arena *a, const char *value)
{
    if (!value || !isdigit((unsigned char)value[0]) || value[1] != '.')
        return NULL;
    return arena_strndup(a, value, strspn(value, "0123456789."));
}

/* A place for one more; more than the limit are no report that a mail system wrote. */
static enum err add_recipient(struct walk *w, struct report_recipient **out)
{
    struct report *r = w->report;
    if (r->recipient_count == RECIPIENTS_MAX)
        return ERR_INVALID;
    if (r->recipient_count == w->recipient_room) {
        size_t room = w->recipient_room ? w->recipient_room * 2 : 4;
        struct report_recipient *more = arena_zalloc(w->arena, room, sizeof(*more));
        if (r->recipient_count)
            memcpy(more, r->recipients, r->recipient_count * sizeof(*more));
        r->recipients = more;
        w->recipient_room = room;
    }
    *out = &r->recipients[r->recipient_count++];
    return OK;
}

/* One block of message/delivery-status that speaks of a recipient (RFC 3464 §2.3). */
static enum err take_recipient(struct walk *w, const struct mime_header *h, size_t n)
{
    const char *original = field(h, n, "original-recipient");
    const char *final = field(h, n, "final-recipient");
    const char *action = field(h, n, "action");
    struct report_recipient *to;
    if ((!original && !final) || !action)
        return OK;
    enum err e = add_recipient(w, &to);
    if (e)
        return e;
    to->address = named(w->arena, original, final);
    to->action = lower(w->arena, action, strcspn(action, " \t;("));
    to->status = status_code(w->arena, field(h, n, "status"));
    to->diagnostic = after_type(field(h, n, "diagnostic-code"));
    to->remote_mta = after_type(field(h, n, "remote-mta"));
    return OK;
}

static enum err take_delivery_status(struct walk *w, struct str body)
{
    w->report->kind = REPORT_DELIVERY;
    while (body.n) {
        struct mime_header *h;
        size_t n;
        enum err e = mime_headers_read(w->arena, body, &h, &n, &body);
        if (!e)
            e = take_recipient(w, h, n);
        if (e)
            return e;
    }
    return OK;
}

/* "manual-action/MDN-sent-manually; displayed/error" as "displayed" (RFC 8098 §3.2.6). */
static const char *disposition_type(struct arena *a, const char *value)
{
    const char *p = after_type(value);
    return lower(a, p, strcspn(p, " \t/,"));
}

static enum err take_disposition(struct walk *w, struct str body)
{
    struct mime_header *h;
    struct str rest;
    size_t n;
    enum err e = mime_headers_read(w->arena, body, &h, &n, &rest);
    if (e)
        return e;
    const char *original = field(h, n, "original-recipient");
    const char *final = field(h, n, "final-recipient");
    const char *disposition = field(h, n, "disposition");
    w->report->kind = REPORT_DISPOSITION;
    if (!w->report->original_message_id)
        w->report->original_message_id = message_id(w->arena, field(h, n, "original-message-id"));
    if (!disposition || (!original && !final))
        return OK;
    struct report_recipient *to;
    e = add_recipient(w, &to);
    if (e)
        return e;
    to->address = named(w->arena, original, final);
    to->action = disposition_type(w->arena, disposition);
    return OK;
}

/* The returned original, whole or its headers alone. */
static enum err take_original(struct walk *w, struct str body)
{
    struct mime_part p;
    if (mime_part_read(w->arena, body, &p))
        return OK; /* the report stands without it */
    const char *track = mime_header_of(&p, "x-track-id");
    const char *id = message_id(w->arena, mime_header_of(&p, "message-id"));
    if (id && !w->report->original_message_id)
        w->report->original_message_id = id;
    if (track && *track && !w->report->original_track_id)
        w->report->original_track_id = track;
    return OK;
}

static const struct {
    const char *type;
    enum err (*take)(struct walk *w, struct str body);
} machine_parts[] = {
    { "message/delivery-status", take_delivery_status },
    { "message/global-delivery-status", take_delivery_status },
    { "message/disposition-notification", take_disposition },
    { "message/global-disposition-notification", take_disposition },
    { "message/rfc822", take_original },
    { "message/global", take_original },
    { "text/rfc822-headers", take_original },
    { "message/global-headers", take_original },
};

static enum err walk_part(struct walk *w, struct str text, int depth);

static enum err walk_multipart(struct walk *w, const struct mime_part *p, int depth)
{
    struct str part;
    size_t at = 0;
    while (mime_next_part(p, &at, &part)) {
        if (++w->parts > PARTS_MAX || depth >= DEPTH_MAX)
            return ERR_INVALID;
        enum err e = walk_part(w, part, depth + 1);
        if (e)
            return e;
    }
    return OK;
}

static enum err walk_part(struct walk *w, struct str text, int depth)
{
    struct mime_part p;
    enum err e = mime_part_read(w->arena, text, &p);
    if (e)
        return e;
    if (strncmp(p.type, "multipart/", 10) == 0)
        return walk_multipart(w, &p, depth);
    for (size_t i = 0; depth > 0 && i < sizeof(machine_parts) / sizeof(machine_parts[0]); i++)
        if (strcmp(p.type, machine_parts[i].type) == 0)
            return machine_parts[i].take(w, mime_part_body(w->arena, &p));
    return OK;
}

enum err report_parse(struct arena *a, struct str message, struct report *out)
{
    struct mime_part whole;
    *out = (struct report){ .kind = REPORT_NONE };
    struct walk w = { .arena = a, .report = out };
    if (message.n > MESSAGE_MAX || !message.n)
        return ERR_INVALID;
    enum err e = mime_part_read(a, message, &whole);
    if (!e && !whole.header_count)
        e = ERR_INVALID;
    if (!e)
        e = walk_part(&w, message, 0);
    if (e)
        return e;
    const char *reply = mime_header_of(&whole, "in-reply-to");
    out->in_reply_to =
        reply ? message_id(a, reply) : last_id(a, mime_header_of(&whole, "references"));
    out->own_message_id = message_id(a, mime_header_of(&whole, "message-id"));
    const char *date = mime_header_of(&whole, "date");
    out->date = date ? mime_date(a, date) : NULL;
    if (!out->recipient_count)
        out->kind = REPORT_NONE;
    return OK;
}

/* Enhanced status codes of RFC 3463: the longest match counts, of equals the first. */
static const struct {
    const char *code, *sentence; /* x stands for any class */
} sentences[] = {
    { "x.1.1", "The address does not exist." },
    { "x.1.10", "The address does not exist." },
    { "x.1.2", "The domain of the address does not exist." },
    { "x.1.3", "The address is not written correctly." },
    { "x.1.6", "The recipient has moved and left no new address." },
    { "x.1", "The address was refused." },
    { "x.2.1", "The mailbox is switched off." },
    { "x.2.2", "The mailbox is full." },
    { "x.2.3", "The message is too large for the mailbox." },
    { "x.2", "The mailbox took no message." },
    { "x.3.4", "The message is too large for the receiving server." },
    { "x.3", "The receiving server cannot take messages now." },
    { "5.4.1", "The receiving server takes no mail for this address." },
    { "x.4.1", "The receiving server did not answer." },
    { "x.4.4", "No way to the receiving server was found." },
    { "x.4.6", "The message went in circles between servers." },
    { "x.4.8", "The message went in circles between servers." },
    { "x.4.7", "The receiving server could not be reached in time." },
    { "x.4", "The message could not be carried to the receiving server." },
    { "x.5.3", "The message has too many recipients." },
    { "x.5", "The receiving server did not understand the delivery." },
    { "x.6", "The receiving server does not accept this kind of content." },
    { "x.7.1", "The receiving server refused the message by its policy." },
    { "x.7.708", "The receiving server blocks our sending address." },
    { "x.7", "The receiving server refused the message for security reasons." },
};

const char *report_sentence(const char *status)
{
    const char *best = NULL;
    size_t length = 0;
    if (!status || strlen(status) < 3 || status[1] != '.')
        return "The message could not be delivered.";
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        size_t n = strlen(sentences[i].code);
        char next = strlen(status) >= n ? status[n] : 'x';
        char class = sentences[i].code[0];
        if (n > length && (class == 'x' || class == status[0]) &&
            strncmp(status + 1, sentences[i].code + 1, n - 1) == 0 &&
            (next == '\0' || next == '.')) {
            best = sentences[i].sentence;
            length = n;
        }
    }
    if (best && status[0] != '2')
        return best;
    if (status[0] == '2')
        return "The message was delivered.";
    return status[0] == '4' ? "The message could not be delivered for now."
                            : "The message could not be delivered.";
}
