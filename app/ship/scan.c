/* News of parcels: found its shipment, appended, kept where it has none, matched when it has. */
#include "ship/scan.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"
#include "jobs/jobs.h"
#include "ship/code.h"
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

struct owner {
    const char *id;
    bool rerouted; /* its countries are told otherwise than it has them */
};

/* ERR_NOT_FOUND: nobody's, or it could be several's. */
static enum err find(struct ctx *c, const struct parcel_news *news, struct owner *out)
{
    PGresult *rows;
    const char *client = news->client_id && uuid_valid(news->client_id) ? news->client_id : NULL;
    enum err e = db_query(c->db, c->arena, scan_shipment, &rows, .client_id = client,
                          .tracking_number = news->tracking_number, .courier = courier_of(news),
                          .reference = news->reference, .carrier = news->carrier,
                          .origin = news->origin_country, .destination = news->destination_country);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = (struct owner){ row_text(rows, 0, "id"), row_bool(rows, 0, "rerouted") };
    return OK;
}

/* From where to where it goes tells how long it is usually quiet. */
static enum err set_route(struct ctx *c, const char *id, const struct parcel_news *news)
{
    return db_query(c->db, c->arena, scan_route, NULL, .shipment_id = id,
                    .origin = news->origin_country, .destination = news->destination_country);
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
                                    .dedupe_key = s->key,
                                    .expected_on = s->expected_on,
                                    .expected_until = s->expected_until };
}

/* Read by staff's own mappings first; what nobody can read is put on the worklist. */
static enum err append(struct ctx *c, const char *shipment_id, struct scan *list, size_t n)
{
    struct shipment_event *events = arena_zalloc(c->arena, n + 1, sizeof(*events));
    bool *added = arena_zalloc(c->arena, n + 1, sizeof(*added));
    enum err e = codes_apply(c, list, n);
    for (size_t i = 0; i < n; i++) {
        events[i] = event_of(c->arena, &list[i]);
        events[i].added = &added[i];
    }
    if (e == OK)
        e = shipment_append(c, shipment_id, events, n, false, NULL, NULL);
    return e == OK ? codes_collect(c, shipment_id, list, added, n) : e;
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
    struct owner of;
    enum err e = find(c, news, &of);
    if (e == ERR_NOT_FOUND && news->tracking_number) {
        e = lock(c, news->tracking_number);
        if (e == OK)
            e = find(c, news, &of);
        if (e == ERR_NOT_FOUND && from->inbox_id) {
            *found = false;
            return keep(c, news, from);
        }
    }
    if (e == ERR_NOT_FOUND) {
        *found = false;
        return OK;
    }
    set_origin(news, from->inbox_id, from->mapper);
    if (e == OK && of.rerouted)
        e = set_route(c, of.id, news);
    if (e == OK)
        e = append(c, of.id, news->scans, news->n);
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

/* What was kept of a number, by the shipment that it is of. */
struct heap {
    const char *shipment_id;
    struct scan *scans;
    size_t n, room;
    const struct parcel_news *rerouted; /* the last that tells its countries otherwise; or NULL */
};

struct found {
    struct ctx *ctx;
    const char *number;
    struct heap *heaps; /* by the shipment's id, so that whoever takes several does it in order */
    size_t n, room;
    struct buf requests; /* an array of the ids of those used up, without the closing brace */
};

static struct heap *heap_of(struct found *f, const char *shipment_id)
{
    size_t at = 0;
    while (at < f->n && strcmp(f->heaps[at].shipment_id, shipment_id) < 0)
        at++;
    if (at < f->n && strcmp(f->heaps[at].shipment_id, shipment_id) == 0)
        return &f->heaps[at];
    if (f->n == f->room) {
        f->room = f->room * 2 + 4;
        struct heap *more = arena_zalloc(f->ctx->arena, f->room, sizeof(*more));
        for (size_t i = 0; i < f->n; i++)
            more[i] = f->heaps[i];
        f->heaps = more;
    }
    for (size_t i = f->n++; i > at; i--)
        f->heaps[i] = f->heaps[i - 1];
    f->heaps[at] = (struct heap){ .shipment_id = shipment_id };
    return &f->heaps[at];
}

static void add_scans(struct found *f, const struct owner *of, const struct parcel_news *news)
{
    struct heap *h = heap_of(f, of->id);
    if (of->rerouted)
        h->rerouted = news;
    if (h->n + news->n > h->room) {
        h->room = (h->n + news->n) * 2;
        struct scan *more = arena_zalloc(f->ctx->arena, h->room, sizeof(*more));
        for (size_t i = 0; i < h->n; i++)
            more[i] = h->scans[i];
        h->scans = more;
    }
    for (size_t i = 0; i < news->n; i++)
        h->scans[h->n++] = news->scans[i];
}

/* What a kept request says of the number. It is used up where none of that is nobody's: the rest
   waits for another shipment. */
static enum err add_message(struct found *f, const PGresult *rows, int row)
{
    struct str body;
    const char *why;
    struct parcel_news *list;
    size_t n = 0;
    bool ours = false, waits = false;
    struct arena *a = f->ctx->arena;
    struct json_object *settings = json_get(row_json(a, rows, row), "settings");
    if (!base64_decode(a, str_of(row_text(rows, row, "body")), &body) ||
        news_read(a, row_text(rows, row, "provider"), body, settings, &list, &n, &why) != OK)
        return OK; /* it was read when it came: by another version, and stays in the inbox */
    for (size_t i = 0; i < n; i++) {
        struct owner of;
        if (!list[i].tracking_number || strcmp(list[i].tracking_number, f->number) != 0)
            continue;
        enum err e = find(f->ctx, &list[i], &of);
        waits |= e == ERR_NOT_FOUND;
        if (e == ERR_NOT_FOUND)
            continue;
        if (e != OK)
            return e;
        set_origin(&list[i], row_text(rows, row, "inbox_id"), row_text(rows, row, "mapper"));
        add_scans(f, &of, &list[i]);
        ours = true;
    }
    if (ours && !waits)
        buf_printf(&f->requests, "%s%s", f->requests.n ? "," : "{",
                   row_text(rows, row, "inbox_id"));
    return OK;
}

static enum err append_all(struct found *f)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < f->n; i++) {
        struct heap *h = &f->heaps[i];
        scans_sort(f->ctx->arena, h->scans, h->n);
        if (h->rerouted)
            e = set_route(f->ctx, h->shipment_id, h->rerouted);
        if (e == OK)
            e = append(f->ctx, h->shipment_id, h->scans, h->n);
    }
    return e;
}

static enum err match(struct ctx *c, const char *shipment_id)
{
    PGresult *rows;
    struct found f = { .ctx = c };
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
    if (e == OK)
        e = append_all(&f);
    if (e != OK)
        return e;
    buf_puts(&f.requests, f.requests.n ? "}" : "{}");
    e = inbox_used(c, f.requests.p);
    if (e == OK)
        e = db_query(c->db, c->arena, unmatched_used, NULL, .tracking_number = f.number,
                     .inbox_ids = f.requests.p);
    return e == OK ? db_query(c->db, c->arena, unmatched_done, NULL, .tracking_number = f.number)
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

/* ---- given up ---- */

enum err unmatched_prune(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_unmatched_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        db_begin(c->db, row_text(tenants, i, "id"));
        e = db_end(c->db, db_query(c->db, c->arena, unmatched_prune, NULL,
                                   .days = arena_printf(c->arena, "%d", UNMATCHED_DAYS)));
    }
    return e;
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
