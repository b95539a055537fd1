/* Idempotency keys, kept in the transaction of the work they stand for. */
#include "web/idempotency.h"

#include "base/crypto.h"
#include "db/db.h"
#include "web/idempotency.sql.h"
#include "web/page.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAX 255

static const char *key_of(const struct request *r)
{
    const struct req *q = &r->req;
    bool counts = q->route->kind == ROUTE_API && !method_safe(q->method) && q->ctx.tenant_id;
    return counts ? req_header(q, "idempotency-key") : NULL;
}

/* As it is kept: callers choose keys without knowing of each other. */
static const char *kept_key(const struct request *r, const char *key)
{
    return arena_printf(r->req.ctx.arena, "%s:%s", r->req.ctx.actor.id, key);
}

static bool key_valid(const char *key)
{
    for (const char *p = key; *p; p++)
        if (*p < 0x20 || *p > 0x7e)
            return false;
    return strlen(key) <= KEY_MAX;
}

static void put_part(struct buf *b, const char *text)
{
    buf_printf(b, "%zu:%s,", text ? strlen(text) : 0, text ? text : "");
}

/* Of everything that makes the request what it is. */
static const char *request_hash(const struct request *r)
{
    unsigned char digest[SHA256_SIZE];
    const struct req *q = &r->req;
    struct buf b = buf_in(q->ctx.arena);
    put_part(&b, method_name(q->method));
    put_part(&b, q->path);
    put_part(&b, q->query_string);
    for (size_t i = 0; i < r->form.n; i++) {
        put_part(&b, r->form.at[i].name);
        put_part(&b, r->form.at[i].value);
    }
    for (size_t i = 0; i < q->upload_count; i++) {
        put_part(&b, q->uploads[i].field);
        put_part(&b, q->uploads[i].sha256);
    }
    buf_put(&b, q->body.p, q->body.n);
    sha256(b.p, b.n, digest);
    return hex_bytea(q->ctx.arena, digest, sizeof(digest));
}

static enum err replay(struct request *r, struct reply *p, const PGresult *rows)
{
    struct ctx *c = &r->req.ctx;
    if (!row_bool(rows, 0, "same"))
        return ctx_refuse(c, ERR_INVALID, "This Idempotency-Key was used for another request.");
    const char *type = row_text(rows, 0, "contentType"), *body = row_text(rows, 0, "body");
    p->status = (int)row_int(rows, 0, "status");
    p->content_type = type && *type ? arena_strdup(c->arena, type) : NULL;
    buf_puts(&p->body, body ? body : "");
    if (row_text(rows, 0, "location"))
        reply_header(p, "Location", row_text(rows, 0, "location"));
    reply_header(p, "Idempotent-Replayed", "true");
    return OK;
}

static enum err under_way(struct request *r)
{
    return ctx_refuse(&r->req.ctx, ERR_CONFLICT, "The first request with this key is under way.");
}

enum err idempotency_take(struct request *r, struct reply *p, bool *replayed)
{
    struct ctx *c = &r->req.ctx;
    const char *key = key_of(r), *hash;
    PGresult *rows;
    *replayed = false;
    if (!key)
        return OK;
    if (!key_valid(key))
        return request_refuse(r, 400, "Idempotency-Key is 1 to 255 printable characters.");
    hash = request_hash(r);
    key = kept_key(r, key);
    enum err e = db_query(c->db, c->arena, idempotency_take, &rows, .key = key,
                          .route = r->req.route->path, .request_hash = hash);
    if (e == ERR_RETRY && strcmp(db_sqlstate(c->db), "55P03") == 0)
        return under_way(r);
    if (e != OK || rows_count(rows) == 1)
        return e;
    e = db_query(c->db, c->arena, idempotency_get, &rows, .request_hash = hash, .key = key);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return under_way(r);
    *replayed = true;
    return replay(r, p, rows);
}

enum err idempotency_keep(struct request *r, const struct reply *p)
{
    struct ctx *c = &r->req.ctx;
    struct str body = buf_str(&p->body);
    const char *key = key_of(r), *location = reply_header_at(p, "Location");
    if (!key)
        return OK;
    if (location)
        location = arena_strndup(c->arena, location, strcspn(location, "\r"));
    return db_query(
        c->db, c->arena, idempotency_keep, NULL, .status = arena_printf(c->arena, "%d", p->status),
        .content_type = p->content_type ? p->content_type : "",
        .body = hex_bytea(c->arena, body.p, body.n), .location = location, .key = kept_key(r, key));
}
