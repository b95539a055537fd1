/* Documents about proof: the days with their roots, and the way from one event to its root. */
#include "proof/documents.h"

#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/roots.h"
#include "proof/roots.sql.h"
#include "web/cursor.h"

#include <stdlib.h>

/* ---- shapes ---- */

static const char *const kinds[] = { "timeline", "parcel", "audit", "retention", "day", NULL };
static const char *const breaks[] = { "changed", "removed", "inserted", NULL };
static const char *const sides[] = { "left", "right", NULL };

#define DAY                                                                                        \
    { "day", SHAPE_TEXT, .help = "In UTC.", .example = "2025-11-21" },                             \
        { "events", SHAPE_COUNT, .help = "Received on it, of what it covers." },                   \
        { "covers", SHAPE_TEXTS,                                                                   \
          .help = "`communications`; of days since shipments are covered `parcels` as well." },    \
        { "merkle", SHAPE_TEXT, .help = "The tree's hash (RFC 6962) over them, hexadecimal." },    \
        { "previous", SHAPE_TEXT, .help = "The root of the day before; zeros for the first." },    \
        { "root", SHAPE_TEXT, .help = "SHA-256 of previous, day and merkle." },                    \
    {                                                                                              \
        "madeAt", SHAPE_TIME, .help = "When the root was made."                                    \
    }

static const struct member day_members[] = { DAY, { .name = NULL } };
static const struct shape day_shape = { "DailyRoot", "The root of a day.", day_members };

static const struct member finding_members[] = {
    { "kind", SHAPE_CHOICE, .values = kinds },
    { "what", SHAPE_CHOICE, .values = breaks },
    { "sentence", SHAPE_TEXT, .help = "In plain words, naming it." },
    { "communicationId", SHAPE_UUID, .nullable = true },
    { "shipmentId", SHAPE_UUID, .help = "Of the kind parcel.", .nullable = true },
    { "eventId", SHAPE_UUID, .nullable = true },
    { "day", SHAPE_TEXT, .nullable = true },
    { "seq", SHAPE_INT, .help = "The event's number, or the entry's.", .nullable = true },
    { .name = NULL },
};
static const struct shape finding_shape = { "ProofFinding",
                                            "The first thing that is not as it was written.",
                                            finding_members };

static const struct member check_members[] = {
    { "at", SHAPE_TIME, .help = "When it ended." },
    { "communications", SHAPE_COUNT, .help = "Whose timelines were read." },
    { "shipments", SHAPE_COUNT, .help = "The same." },
    { "events", SHAPE_COUNT, .help = "On the timelines of both." },
    { "entries", SHAPE_COUNT, .help = "Of the audit trail." },
    { "days", SHAPE_COUNT, .help = "Whose roots were made again." },
    { "finding", SHAPE_OBJECT, .help = "Null where all is as it was written.", .of = &finding_shape,
      .nullable = true },
    { .name = NULL },
};
static const struct shape check_shape = { "ProofCheck", "What the last verification found.",
                                          check_members };

static const struct member proof_members[] = {
    { "days", SHAPE_LIST, .help = "Newest first.", .of = &day_shape },
    { "checked", SHAPE_OBJECT, .help = "Null before the first verification.", .of = &check_shape,
      .nullable = true },
    { "nextCursor", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
const struct shape proof_shape = { "Proof", "The roots of days, and the last verification.",
                                   proof_members };

static const struct member event_members[] = {
    { "eventId", SHAPE_UUID, .help = "The event." },
    { "communicationId", SHAPE_UUID, .help = "Whose timeline it is on; null: a shipment's.",
      .nullable = true },
    { "shipmentId", SHAPE_UUID, .help = "The same of a shipment.", .nullable = true },
    { "seq", SHAPE_COUNT, .help = "Its number in its timeline." },
    { "version", SHAPE_COUNT, .help = "Of the rule its hash is made by." },
    { "hash", SHAPE_TEXT, .help = "Version 2: SHA-256 of previousHash, contentHash and facts." },
    { "previousHash", SHAPE_TEXT, .help = "Of the event before it; empty for the first." },
    { "contentHash", SHAPE_TEXT, .help = "SHA-256 of salt and content.", .nullable = true },
    { "facts", SHAPE_TEXT, .help = "What of it is kept for good, to the byte.", .nullable = true },
    { "salt", SHAPE_TEXT, .help = "Null where the words were removed.", .nullable = true },
    { "content", SHAPE_TEXT, .help = "Its words, to the byte; null where they were removed.",
      .nullable = true },
    { .name = NULL },
};
static const struct shape event_shape = { "ProofEvent", "An event and what its hash is made of.",
                                          event_members };

static const struct member leaf_members[] = {
    { "index", SHAPE_COUNT, .help = "From 0, by the time events came, then by id." },
    { "hash", SHAPE_TEXT, .help = "SHA-256 of a byte 0 and the event's hash." },
    { .name = NULL },
};
static const struct shape leaf_shape = { "ProofLeaf", "Where the event is in the tree.",
                                         leaf_members };

static const struct member step_members[] = {
    { "side", SHAPE_CHOICE, .help = "Where it stands, seen from what is known.", .values = sides },
    { "hash", SHAPE_TEXT, .help = "In hexadecimal." },
    { .name = NULL },
};
static const struct shape step_shape = { "ProofStep", "One hash of the way up.", step_members };

static const struct member inclusion_members[] = {
    { "event", SHAPE_OBJECT, .of = &event_shape },
    { "leaf", SHAPE_OBJECT, .of = &leaf_shape },
    { "path", SHAPE_LIST, .help = "From the leaf upward.", .of = &step_shape },
    { "day", SHAPE_OBJECT, .of = &day_shape },
    { .name = NULL },
};
const struct shape inclusion_shape = { "ProofInclusion",
                                       "What shows that an event is under the root of its day.",
                                       inclusion_members };

/* ---- documents ---- */

enum err proof_document(struct ctx *c, const char *after, int rows, struct json_object **out)
{
    PGresult *days, *checked;
    const char *before[1], *last[1];
    enum err e = cursor_read(c, "proof", after, 1, before);
    if (e != OK)
        return e;
    db_batch(c->db);
    e = db_query(c->db, c->arena, roots_list, &days, .before = before[0],
                 .rows = arena_printf(c->arena, "%d", rows + 1));
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_roots_checked, NULL, &checked);
    enum err sent = db_flush(c->db);
    if (e != OK || sent != OK)
        return e != OK ? e : sent;
    struct json_object *list = rows_json(c->arena, days);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    bool more = rows_count(days) > rows;
    if (more)
        json_object_array_del_idx(list, (size_t)rows, 1);
    last[0] = more ? row_text(days, rows - 1, "day") : NULL;
    json_set(d, "days", json_object_get(list));
    json_set(d, "checked",
             rows_count(checked) ? json_object_get(row_json(c->arena, checked, 0)) : NULL);
    json_set_text(d, "nextCursor", more ? cursor_make(c, "proof", 1, last) : NULL);
    *out = d;
    return OK;
}

static struct json_object *path_of(struct ctx *c, const struct merkle *m)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < m->steps; i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "side", sides[m->path[i].left ? 0 : 1]);
        json_set_text(o, "hash", hex(c->arena, m->path[i].hash, SHA256_SIZE));
        json_object_array_add(list, o);
    }
    return list;
}

static struct json_object *leaf_of(struct ctx *c, const struct merkle *m)
{
    struct json_object *o = json_object_new_object();
    json_set_int(o, "index", (int64_t)m->wanted);
    json_set_text(o, "hash", hex(c->arena, m->leaf, SHA256_SIZE));
    return o;
}

static enum err find(struct ctx *c, const char *id, PGresult **event, PGresult **day,
                     PGresult **index)
{
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, roots_event, event, .id = id);
    if (e != OK)
        return e;
    if (rows_count(*event) == 0)
        return ERR_NOT_FOUND;
    const char *on = row_text(*event, 0, "_day");
    e = db_query(c->db, c->arena, roots_get, day, .day = on);
    if (e != OK)
        return e;
    if (rows_count(*day) == 0)
        return ctx_refuse(c, ERR_CONFLICT,
                          "The root of %s is made an hour after that day's end (UTC).", on);
    e = db_query(c->db, c->arena, roots_index, index, .day = on, .at = row_text(*event, 0, "_at"),
                 .id = id);
    if (e == OK && row_text(*event, 0, "shipmentId") && !row_bool(*index, 0, "parcels"))
        e = ctx_refuse(c, ERR_CONFLICT, "The root of %s was made before roots covered shipments.",
                       on);
    return e;
}

enum err inclusion_document(struct ctx *c, const char *event_id, struct json_object **out)
{
    PGresult *event = NULL, *day = NULL, *index = NULL;
    unsigned char digest[SHA256_SIZE];
    enum err e = find(c, event_id, &event, &day, &index);
    if (e != OK)
        return e;
    struct merkle m = { .path_wanted = true, .wanted = (uint64_t)row_int(index, 0, "index") };
    if ((e = roots_tree(c, NULL, row_text(day, 0, "day"), &m)) != OK)
        return e;
    merkle_root(&m, digest);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "event", json_object_get(row_json(c->arena, event, 0)));
    json_set(d, "leaf", leaf_of(c, &m));
    json_set(d, "path", path_of(c, &m));
    json_set(d, "day", json_object_get(row_json(c->arena, day, 0)));
    *out = d;
    return OK;
}
