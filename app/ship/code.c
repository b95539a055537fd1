/* Carriers' codes: read by staff's mappings, collected where nobody can read them, mapped. */
#include "ship/code.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/code.sql.h"
#include "ship/ship.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50

const char *const code_meanings[] = { "pending",          "info_received",  "in_transit",
                                      "out_for_delivery", "failed_attempt", "available_for_pickup",
                                      "delivered",        "exception",      "returned",
                                      "cancelled",        "nothing",        NULL };

/* ---- on the way in ---- */

/* Whose code it is: of who reads it, and of a callback, which carriers share, of its carrier. */
static const char *carrier_of_code(struct arena *a, const struct scan *s)
{
    const char *end = s->mapper ? strchr(s->mapper, '.') : NULL;
    const char *reader = end ? arena_strndup(a, s->mapper, (size_t)(end - s->mapper)) : NULL;
    return reader && strcmp(reader, "generic") == 0 ? s->courier : reader;
}

/* Adds a scan to [{n, carrier, code, words}] where it has a code. */
static void ask_of(struct arena *a, struct json_object *list, const struct scan *s, size_t n,
                   bool words)
{
    const char *carrier = carrier_of_code(a, s), *code = scan_code(a, s);
    if (!carrier || !code || strcmp(s->type, SCAN_SEEN) != 0)
        return;
    struct json_object *one = json_object_new_object();
    json_set_int(one, "n", (int64_t)n);
    json_set_text(one, "carrier", carrier);
    json_set_text(one, "code", code);
    if (words)
        json_set_text(one, "words", scan_sentence(a, s));
    json_object_array_add(list, one);
}

enum err codes_apply(struct ctx *c, struct scan *list, size_t n)
{
    PGresult *rows;
    struct json_object *asked = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        ask_of(c->arena, asked, &list[i], i, false);
    if (json_object_array_length(asked) == 0)
        return OK;
    enum err e =
        db_query(c->db, c->arena, codes_meaning, &rows, .codes = json_compact(c->arena, asked));
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        struct scan *s = &list[row_int(rows, i, "n")];
        s->unknown = false;
        s->status = PARCEL_NOTHING;
        (void)parcel_status_of(row_text(rows, i, "meaning"), &s->status);
    }
    return e;
}

enum err codes_collect(struct ctx *c, const char *shipment_id, const struct scan *list,
                       const bool *added, size_t n)
{
    struct json_object *codes = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        if (added[i] && list[i].unknown)
            ask_of(c->arena, codes, &list[i], i, true);
    if (json_object_array_length(codes) == 0)
        return OK;
    return db_query(c->db, c->arena, codes_collect, NULL, .shipment_id = shipment_id,
                    .codes = json_compact(c->arena, codes));
}

/* ---- the worklist ---- */

enum err code_list(struct ctx *c, const struct code_query *q, struct json_object **out)
{
    PGresult *rows;
    const char *from[2], *last[2] = { NULL };
    enum err e = cursor_read(c, "codes", q->after, 2, from);
    if (e == OK)
        e = db_query(c->db, c->arena, code_list, &rows, .state = q->state ? q->state : "open",
                     .before_at = from[0], .before_id = from[1],
                     .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
    if (e)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(list, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "_last");
        last[1] = row_text(rows, PAGE_ROWS - 1, "codeId");
    }
    json_set(d, "codes", json_object_get(list));
    json_set_text(d, "next", last[1] ? cursor_make(c, "codes", 2, last) : NULL);
    *out = d;
    return OK;
}

enum err code_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, code_list, &row, .code_id = id, .state = "all", .rows = "1");
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

static struct json_object *facts(struct ctx *c, const char *carrier, const char *code,
                                 const char *meaning)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "carrier", carrier);
    json_set_text(d, "code", code);
    json_set_text(d, "meaning", meaning);
    return d;
}

enum err code_add(struct ctx *c, const struct code_new *n, const char **id)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, code_add, &rows, .carrier = n->carrier, .code = n->code,
                          .meaning = n->meaning, .actor_name = c->actor.name);
    if (e == OK && rows_count(rows)) {
        *id = row_text(rows, 0, "id");
        return audit_add(c, "carrier_code.mapped", "carrier_code", *id, NULL,
                         facts(c, n->carrier, n->code, n->meaning));
    }
    if (e == OK)
        e = db_query(c->db, c->arena, code_of, &rows, .carrier = n->carrier, .code = n->code);
    return e ? e
             : ctx_refuse(c, ERR_CONFLICT, "The code %s of %s is listed already, as %s.", n->code,
                          n->carrier, row_text(rows, 0, "id"));
}

static enum err hold(struct ctx *c, const char *id, PGresult **row)
{
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, code_lock, row, .id = id);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

enum err code_map(struct ctx *c, const char *id, const char *meaning)
{
    PGresult *row;
    enum err e = hold(c, id, &row);
    if (e)
        return e;
    const char *was = row_text(row, 0, "meaning");
    if (is_same(was, meaning))
        return OK;
    e = db_query(c->db, c->arena, code_map, NULL, .id = id, .meaning = meaning,
                 .actor_name = c->actor.name);
    const char *carrier = row_text(row, 0, "carrier"), *code = row_text(row, 0, "code");
    return e ? e
             : audit_add(c, "carrier_code.mapped", "carrier_code", id, facts(c, carrier, code, was),
                         facts(c, carrier, code, meaning));
}

/* ---- a re-run is asked for ---- */

enum err code_rerun(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = hold(c, id, &row);
    if (e)
        return e;
    if (!row_text(row, 0, "meaning"))
        return ctx_refuse(c, ERR_CONFLICT, "It is not mapped: nothing would be read otherwise.");
    if (row_bool(row, 0, "running"))
        return ctx_refuse(c, ERR_CONFLICT, "A re-run of it is under way.");
    const char *revision = row_text(row, 0, "revision");
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "codeId", id);
    json_set_text(args, "revision", revision);
    e = db_query(c->db, c->arena, code_rerun, NULL, .id = id);
    if (e == OK)
        e = job_add(
            c,
            &(struct job_new){ .kind = "ship.reread",
                               .args = args,
                               .unique_key = arena_printf(c->arena, "%s:%s:", id, revision) },
            NULL);
    return e ? e
             : audit_add(c, "carrier_code.rerun", "carrier_code", id, NULL,
                         facts(c, row_text(row, 0, "carrier"), row_text(row, 0, "code"),
                               row_text(row, 0, "meaning")));
}
