/* News of parcels: found its shipment, appended, kept where it has none, matched when it has. */
#include "ship/scan.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"
#include "jobs/jobs.h"
#include "ship/scan.sql.h"
#include "ship/ship.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50

/* ---- whose it is ---- */

static const char *courier_of(const struct parcel_news *news)
{
    for (size_t i = 0; i < news->n; i++)
        if (news->scans[i].courier)
            return news->scans[i].courier;
    return NULL;
}

/* ERR_NOT_FOUND: nobody's, or it could be several's. */
static enum err find(struct ctx *c, const struct parcel_news *news, const char **id)
{
    PGresult *rows;
    const char *client = news->client_id && uuid_valid(news->client_id) ? news->client_id : NULL;
    enum err e = db_query(c->db, c->arena, scan_shipment, &rows, .client_id = client,
                          .tracking_number = news->tracking_number, .courier = courier_of(news),
                          .carrier = news->carrier);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *id = row_text(rows, 0, "id");
    return OK;
}

/* Whoever keeps what is nobody's, and whoever looks for it, are one after the other: a shipment
   that comes between is missed by neither. */
static enum err lock(struct ctx *c, const char *number)
{
    return db_query(c->db, c->arena, unmatched_lock, NULL, .tracking_number = number);
}

/* ---- appended ---- */

static struct shipment_event event_of(struct arena *a, const struct scan *s)
{
    return (struct shipment_event){ .type = s->type,
                                    .source = "carrier",
                                    .grade = s->grade,
                                    .claim = s->status,
                                    .sentence = scan_sentence(a, s),
                                    .detail = scan_detail(a, s),
                                    .occurred_at = s->occurred_at,
                                    .inbox_id = s->inbox_id,
                                    .mapper = s->mapper,
                                    .dedupe_key = s->key };
}

static enum err append(struct ctx *c, const char *shipment_id, const struct scan *list, size_t n)
{
    struct shipment_event *events = arena_zalloc(c->arena, n + 1, sizeof(*events));
    for (size_t i = 0; i < n; i++)
        events[i] = event_of(c->arena, &list[i]);
    return shipment_append(c, shipment_id, events, n, false, NULL, NULL);
}

static void set_origin(const struct parcel_news *news, const char *inbox_id, const char *mapper)
{
    for (size_t i = 0; i < news->n; i++) {
        news->scans[i].inbox_id = inbox_id;
        news->scans[i].mapper = mapper;
    }
}

/* ---- kept ---- */

static enum err keep(struct ctx *c, const struct parcel_news *news, const struct news_origin *from)
{
    const struct scan *last = NULL;
    for (size_t i = 0; i < news->n; i++)
        if (strcmp(news->scans[i].type, SCAN_SEEN) == 0)
            last = &news->scans[i];
    return db_query(c->db, c->arena, unmatched_keep, NULL, .account_id = from->account_id,
                    .provider = from->provider, .tracking_number = news->tracking_number,
                    .reference = news->reference,
                    .last_status = last ? scan_sentence(c->arena, last) : "",
                    .last_scan_at = last ? last->occurred_at : NULL, .inbox_id = from->inbox_id);
}

enum err news_apply(struct ctx *c, const struct parcel_news *news, const struct news_origin *from,
                    bool *found)
{
    const char *id;
    enum err e = find(c, news, &id);
    if (e == ERR_NOT_FOUND && news->tracking_number) {
        e = lock(c, news->tracking_number);
        if (e == OK)
            e = find(c, news, &id);
        if (e == ERR_NOT_FOUND) {
            *found = false;
            return keep(c, news, from);
        }
    }
    if (e == ERR_NOT_FOUND) {
        *found = false;
        return OK;
    }
    set_origin(news, from->inbox_id, from->mapper);
    if (e == OK)
        e = append(c, id, news->scans, news->n);
    if (e == OK)
        *found = true;
    return e;
}

/* ---- matched ---- */

enum err scans_match_later(struct ctx *c, const char *shipment_id)
{
    int64_t job;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "shipmentId", shipment_id);
    return job_add(
        c, &(struct job_new){ .kind = "ship.match", .args = args, .unique_key = shipment_id },
        &job);
}

struct found {
    struct ctx *ctx;
    const char *shipment_id, *number;
    struct scan *scans;
    size_t n, room;
    struct buf parcels, requests; /* arrays of ids, without the closing brace */
};

static void add_scans(struct found *f, const struct parcel_news *news)
{
    if (f->n + news->n > f->room) {
        size_t room = (f->n + news->n) * 2;
        struct scan *more = arena_zalloc(f->ctx->arena, room, sizeof(*more));
        for (size_t i = 0; i < f->n; i++)
            more[i] = f->scans[i];
        f->scans = more;
        f->room = room;
    }
    for (size_t i = 0; i < news->n; i++)
        f->scans[f->n++] = news->scans[i];
}

static void add_id(struct buf *ids, const char *id)
{
    buf_printf(ids, "%s%s", ids->n ? "," : "{", id);
}

/* What a kept request says of the number, where it is of this shipment. */
static enum err add_message(struct found *f, const PGresult *rows, int row)
{
    struct str body;
    const char *why;
    struct parcel_news *list;
    size_t n = 0;
    bool ours = false;
    struct arena *a = f->ctx->arena;
    struct json_object *settings = json_get(row_json(a, rows, row), "settings");
    if (!base64_decode(a, str_of(row_text(rows, row, "body")), &body) ||
        news_read(a, row_text(rows, row, "provider"), body, settings, &list, &n, &why) != OK)
        return OK; /* it was read when it came: by another version, and stays in the inbox */
    for (size_t i = 0; i < n; i++) {
        const char *id;
        if (!list[i].tracking_number || strcmp(list[i].tracking_number, f->number) != 0)
            continue;
        enum err e = find(f->ctx, &list[i], &id);
        if (e == ERR_NOT_FOUND || (e == OK && strcmp(id, f->shipment_id) != 0))
            continue;
        if (e != OK)
            return e;
        set_origin(&list[i], row_text(rows, row, "inbox_id"), row_text(rows, row, "mapper"));
        add_scans(f, &list[i]);
        ours = true;
    }
    if (ours) {
        add_id(&f->parcels, row_text(rows, row, "parcel_id"));
        add_id(&f->requests, row_text(rows, row, "inbox_id"));
    }
    return OK;
}

static const char *array_of(struct buf *ids)
{
    buf_puts(ids, ids->n ? "}" : "{}");
    return ids->p;
}

static enum err match(struct ctx *c, const char *shipment_id)
{
    PGresult *rows;
    struct found f = { .ctx = c, .shipment_id = shipment_id };
    f.parcels = buf_in(c->arena);
    f.requests = buf_in(c->arena);
    enum err e = db_query(c->db, c->arena, scan_number, &rows, .shipment_id = shipment_id);
    if (e != OK || rows_count(rows) == 0)
        return e;
    f.number = row_text(rows, 0, "tracking_number");
    e = lock(c, f.number);
    if (e == OK)
        e = db_query(c->db, c->arena, unmatched_messages, &rows, .tracking_number = f.number);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = add_message(&f, rows, i);
    if (e != OK)
        return e;
    scans_sort(c->arena, f.scans, f.n);
    if (f.n)
        e = append(c, shipment_id, f.scans, f.n);
    if (e == OK)
        e = inbox_used(c, array_of(&f.requests));
    return e == OK ? db_query(c->db, c->arena, unmatched_done, NULL, .tracking_number = f.number,
                              .ids = array_of(&f.parcels))
                   : e;
}

enum err scans_match(struct job *j)
{
    struct ctx *c = &j->ctx;
    const char *id = json_text(j->args, "shipmentId");
    if (!id)
        return job_fail(j, ERR_INVALID, "The job names no shipment.");
    db_begin(c->db, c->tenant_id);
    enum err e = match(c, id);
    if (e == OK)
        e = job_done(j);
    return db_end(c->db, e);
}

/* ---- listed ---- */

enum err unmatched_list(struct ctx *c, const char *after, struct json_object **out)
{
    PGresult *rows;
    const char *from[2], *last[2] = { NULL, NULL };
    enum err e = cursor_read(c, "unmatched", after, 2, from);
    if (e == OK)
        e = db_query(c->db, c->arena, unmatched_list, &rows, .after_at = from[0],
                     .after_id = from[1], .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *items = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(items, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "_last_at");
        last[1] = row_text(rows, PAGE_ROWS - 1, "unmatchedId");
    }
    json_set(d, "items", json_object_get(items));
    json_set_text(d, "nextCursor", last[1] ? cursor_make(c, "unmatched", 2, last) : NULL);
    *out = d;
    return OK;
}
