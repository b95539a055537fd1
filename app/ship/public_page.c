/* The page of a parcel for everybody who has its link: GET /t/TOKEN, without a login, a script or a
   personal word. */
#include "base/json.h"
#include "channels/message.h"
#include "db/db.h"
#include "ship/public_page.sql.h"
#include "ship/public_words.h"
#include "ship/ship.h"
#include "web/web.h"

#include <string.h>

#define TOKEN_LEAST 22
#define TOKEN_MOST 100

/* ---- its language ---- */

/* The first of the browser's languages that there is (RFC 9110 §12.5.4): they come in order. */
static const struct public_words *accepted(struct arena *a, const char *header)
{
    for (const char *p = header; p && *p; p += strspn(p, ", ")) {
        const char *one = arena_strndup(a, p, strcspn(p, ",; "));
        const struct public_words *w = public_words_of(one);
        if (w)
            return w;
        p += strcspn(p, ",");
    }
    return NULL;
}

static const struct public_words *words_of(const struct req *r, const char *customers)
{
    const struct public_words *w = public_words_of(req_query(r, "lang"));
    if (!w)
        w = accepted(r->ctx.arena, req_header(r, "accept-language"));
    if (!w)
        w = public_words_of(customers);
    return w ? w : public_words;
}

static struct json_object *languages(const struct public_words *now)
{
    struct json_object *list = json_object_new_array();
    for (const struct public_words *w = public_words; w->language; w++) {
        char href[16] = "?lang=";
        struct json_object *o = json_object_new_object();
        strncat(href, w->language, sizeof(href) - strlen(href) - 1);
        json_set_text(o, "code", w->language);
        json_set_text(o, "name", w->name);
        json_set_text(o, "href", href);
        json_set_bool(o, "current", w == now);
        json_object_array_add(list, o);
    }
    return list;
}

/* ---- what it says ---- */

static void add_fact(struct json_object *list, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    struct json_object *o = json_object_new_object();
    json_set_text(o, "name", name);
    json_set_text(o, "value", value);
    json_object_array_add(list, o);
}

static const char *day_text(struct arena *a, const char *day, const struct public_words *w)
{
    return day ? date_text(a, day, w->language) : NULL;
}

static struct json_object *facts(struct arena *a, const PGresult *row, const struct public_words *w,
                                 enum parcel_status status)
{
    struct json_object *list = json_object_new_array();
    bool ended = status == PARCEL_DELIVERED || status == PARCEL_RETURNED ||
                 status == PARCEL_CANCELLED || status == PARCEL_EXCEPTION;
    if (status == PARCEL_DELIVERED)
        add_fact(list, w->delivered, day_text(a, row_text(row, 0, "delivered_on"), w));
    if (!ended)
        add_fact(list, w->expected, day_text(a, row_text(row, 0, "promised_on"), w));
    add_fact(list, w->carrier, row_text(row, 0, "carrier"));
    add_fact(list, w->number, row_text(row, 0, "tracking_number"));
    return list;
}

static struct json_object *scans(struct arena *a, const PGresult *rows,
                                 const struct public_words *w)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < rows_count(rows); i++) {
        char at[TIME_LENGTH + 1];
        enum parcel_status status;
        if (!parcel_status_of(row_text(rows, i, "status"), &status))
            continue;
        struct json_object *o = json_object_new_object();
        struct str when = row_time(at, rows, i, PQfnumber(rows, "at"));
        json_set_text(o, "status", w->status[status].label);
        json_set(o, "at", json_object_new_string_len(when.p, (int)when.n));
        json_set_text(o, "when",
                      arena_printf(a, "%s, %s", day_text(a, row_text(rows, i, "day"), w),
                                   row_text(rows, i, "clock")));
        json_set_text(o, "place", row_text(rows, i, "place"));
        json_object_array_add(list, o);
    }
    return list;
}

static void set_list(struct json_object *d, const char *has, const char *key,
                     struct json_object *list)
{
    json_put(d, has, false, json_object_new_boolean(json_object_array_length(list) > 0));
    json_put(d, key, false, list);
}

/* ---- the page ---- */

static enum err show(struct reply *p, const struct public_words *w, struct json_object *d)
{
    json_set_text(d, "language", w->language);
    json_set(d, "languages", languages(w));
    reply_header(p, "Referrer-Policy", "no-referrer");
    reply_header(p, "X-Robots-Tag", "noindex, nofollow");
    reply_header(p, "Cache-Control", "private, max-age=60");
    reply_header(p, "Vary", "Accept-Language");
    return reply_page(p, "ship/tracking", NULL, d);
}

static enum err show_unknown(const struct req *r, struct reply *p)
{
    const struct public_words *w = words_of(r, NULL);
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(d, "title", w->unknown);
    json_set_text(d, "sentence", w->unknown_sentence);
    p->status = 404;
    return show(p, w, d);
}

static enum err show_parcel(const struct req *r, struct reply *p, const PGresult *row,
                            const PGresult *seen)
{
    struct arena *a = r->ctx.arena;
    enum parcel_status status;
    const struct public_words *w = words_of(r, row_text(row, 0, "language"));
    struct json_object *d = json_own(a, json_object_new_object());
    if (!parcel_status_of(row_text(row, 0, "status"), &status))
        return ERR_INTERNAL;
    json_set_text(d, "title", w->status[status].title);
    json_set_text(d, "sentence", w->status[status].sentence);
    json_set_text(d, "sender", row_text(row, 0, "sender"));
    if (row_bool(row, 0, "dry_run"))
        json_set_text(d, "rehearsal", w->rehearsal);
    json_set_text(d, "scansTitle", w->scans);
    set_list(d, "hasFacts", "facts", facts(a, row, w, status));
    set_list(d, "hasScans", "scans", scans(a, seen, w));
    return show(p, w, d);
}

/* Whose the link is: in that tenant's scope the request then reads. *shipment_id NULL: nobody's. */
static enum err find(struct ctx *c, const char *token, const char **shipment_id)
{
    PGresult *row;
    size_t n = strlen(token);
    *shipment_id = NULL;
    if (n < TOKEN_LEAST || n > TOKEN_MOST)
        return OK;
    enum err e = db_query(c->db, c->arena, tracking_find, &row, .token = token);
    if (e != OK || rows_count(row) == 0 || !row_text(row, 0, "tenant_id"))
        return e;
    *shipment_id = row_text(row, 0, "shipment_id");
    c->tenant_id = row_text(row, 0, "tenant_id");
    db_rollback(c->db);
    db_begin_reading(c->db, c->tenant_id);
    return OK;
}

static enum err page(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    PGresult *row = NULL, *seen = NULL;
    const char *id;
    enum err e = find(c, req_param(r, "token"), &id);
    if (e != OK)
        return e;
    if (!id)
        return show_unknown(r, p);
    db_batch(c->db);
    e = db_query(c->db, c->arena, tracking_parcel, &row, .shipment_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, tracking_scans, &seen, .shipment_id = id);
    enum err told = db_flush(c->db);
    if (e != OK || told != OK)
        return e != OK ? e : told;
    return rows_count(row) ? show_parcel(r, p, row, seen) : show_unknown(r, p);
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_OPEN, "/t/:token", page, ROLE_PUBLIC,
      .doc = "Where a parcel is, for whoever has its link" },
    { .path = NULL },
};

const struct domain tracking_domain = { .name = "tracking", .routes = routes };
