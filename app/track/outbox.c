/* The outbox pages: messages of the sink, as their recipients see them. */
#include "track/outbox.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "channels/sms.h"
#include "db/db.h"
#include "store/store.h"
#include "track/labels.h"
#include "track/mail_read.h"
#include "track/outbox.sql.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 50

struct query {
    const char *after;
};
static const struct field query_fields[] = {
    { "after", FIELD_UUID, offsetof(struct query, after), .help = "Messages older than this one." },
    { .name = NULL },
};
const struct input outbox_query = { "OutboxQuery", sizeof(struct query), query_fields };

enum err outbox_list(struct req *r, struct reply *p)
{
    PGresult *rows;
    struct ctx *c = &r->ctx;
    const struct query *q = r->input;
    enum err e =
        db_query(c->db, c->arena, outbox_list, &rows, .all_buildings = actor_all_buildings(c),
                 .actor_id = c->actor.id, .after = q->after);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = rows_json(c->arena, rows);
    bool more = rows_count(rows) > PAGE_ROWS;
    if (more)
        json_object_array_del_idx(list, PAGE_ROWS, 1);
    json_set(d, "messages", json_object_get(list));
    json_set_text(d, "previous", q->after ? "/outbox" : NULL);
    json_set_text(
        d, "next",
        more ? arena_printf(c->arena, "/outbox?after=%s", row_text(rows, PAGE_ROWS - 1, "id"))
             : NULL);
    return reply_page(p, "outbox/list", NULL, d);
}

struct kept {
    bool is_sms;
    PGresult *row;
    struct str raw;
    struct mail_read mail;
};

static enum err open_kept(struct req *r, struct kept *k)
{
    struct ctx *c = &r->ctx;
    const char *id = req_param(r, "id");
    if (!id || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, outbox_get, &k->row, .id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(k->row) == 0)
        e = ERR_NOT_FOUND;
    const char *removed = e == OK ? removed_sentence(c->arena, k->row, 0) : NULL;
    if (removed)
        return ctx_refuse(c, ERR_CONFLICT, "%s", removed);
    if (e == OK)
        e = store_get(c->app->store, c->arena, row_text(k->row, 0, "sha256"), &k->raw);
    if (e != OK)
        return e;
    k->is_sms = strcmp(row_text(k->row, 0, "channel"), "SMS") == 0;
    if (!k->is_sms)
        return mail_parse(c->arena, k->raw, &k->mail);
    k->mail = (struct mail_read){ .to = row_text(k->row, 0, "to"),
                                  .subject = row_text(k->row, 0, "subject"),
                                  .text = k->raw };
    return OK;
}

static struct json_object *files_of(struct ctx *c, const struct kept *k, const char *id)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < k->mail.file_count; i++) {
        struct json_object *file = json_object_new_object();
        json_set_text(file, "fileName", k->mail.files[i].file_name);
        json_set_text(file, "contentType", k->mail.files[i].content_type);
        json_set_int(file, "size", (int64_t)k->mail.files[i].bytes.n);
        json_set_text(file, "href", arena_printf(c->arena, "/outbox/%s/attachments/%zu", id, i));
        json_object_array_add(list, file);
    }
    return list;
}

/* What a phone shows, and what it costs to get it there. */
static struct json_object *sms_of(struct ctx *c, const struct kept *k)
{
    const char *text = arena_strndup(c->arena, k->raw.p, k->raw.n);
    struct json_object *o = json_object_new_object();
    struct sms_parts parts = sms_parts(c->arena, text);
    json_set_text(o, "text", text);
    json_set_text(o, "encoding", sms_encoding(&parts));
    json_set_int(o, "parts", parts.parts);
    json_set_bool(o, "onePart", parts.parts == 1);
    json_set_int(o, "units", parts.units);
    json_set_text(o, "warning", sms_warning(c->arena, text));
    return o;
}

enum err outbox_show(struct req *r, struct reply *p)
{
    struct kept k;
    struct ctx *c = &r->ctx;
    enum err e = open_kept(r, &k);
    if (e != OK)
        return e;
    const char *id = row_text(k.row, 0, "id");
    struct json_object *d = row_json(c->arena, k.row, 0);
    json_object_object_del(d, "sha256");
    json_set_text(d, "sender", k.mail.from);
    json_set_text(d, "to", k.mail.to);
    json_set_text(d, "subject", k.mail.subject);
    json_set(d, "sms", k.is_sms ? sms_of(c, &k) : NULL);
    json_set_text(d, "text",
                  k.mail.text.p ? arena_strndup(c->arena, k.mail.text.p, k.mail.text.n) : NULL);
    json_set_text(d, "rawHref", arena_printf(c->arena, "/outbox/%s/raw", id));
    json_set_text(d, "bodyHref", arena_printf(c->arena, "/outbox/%s/body", id));
    json_set(d, "attachments", files_of(c, &k, id));
    return reply_page(p, "outbox/show", NULL, d);
}

enum err reply_framed(struct reply *p, struct str html, struct str text)
{
    p->content_type = "text/html; charset=utf-8";
    reply_header(p, "Content-Security-Policy",
                 "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
                 "frame-ancestors 'self'");
    reply_header(p, "X-Frame-Options", "SAMEORIGIN");
    if (html.p) {
        buf_put(&p->body, html.p, html.n);
        return OK;
    }
    buf_puts(&p->body, "<pre>");
    buf_html(&p->body, text.p ? text.p : "", text.n);
    buf_puts(&p->body, "</pre>");
    return OK;
}

enum err outbox_body(struct req *r, struct reply *p)
{
    struct kept k;
    enum err e = open_kept(r, &k);
    return e != OK ? e : reply_framed(p, k.mail.html, k.mail.text);
}

enum err outbox_raw(struct req *r, struct reply *p)
{
    struct kept k;
    enum err e = open_kept(r, &k);
    if (e != OK)
        return e;
    return reply_blob(
        p, row_text(k.row, 0, "sha256"), k.is_sms ? "text/plain; charset=utf-8" : "message/rfc822",
        arena_printf(r->ctx.arena, "%s.%s", row_text(k.row, 0, "id"), k.is_sms ? "txt" : "eml"));
}

enum err outbox_attachment(struct req *r, struct reply *p)
{
    struct kept k;
    struct blob blob;
    char *end;
    const char *text = req_param(r, "n");
    enum err e = open_kept(r, &k);
    if (e != OK)
        return e;
    size_t n = strtoul(text, &end, 10);
    if (*end || end == text || *text == '-' || n >= k.mail.file_count)
        return ERR_NOT_FOUND;
    const struct mail_file *file = &k.mail.files[n];
    if ((e = store_put(r->ctx.app->store, r->ctx.arena, file->bytes, &blob)) != OK)
        return e;
    return reply_blob(p, blob.sha256, blob.content_type, file->file_name);
}
