/* Recording how a unit got its statement, where no message of ours tells. */
#include "track/delivery_record.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/delivery_record.sql.h"
#include "track/proof_file.h"
#include "track/when.h"

#include <string.h>

#define FILES_MAX 10

static const struct {
    const char *name, *word;
} methods[] = {
    { "HAND", "Handed over" },   { "LETTERBOX", "Put into the letterbox" },
    { "POST", "By post" },       { "REGISTERED_POST", "By registered post" },
    { "COURIER", "By courier" }, { "PICKUP", "Picked up" },
    { "OTHER", "Another way" },
};
const char *const delivery_methods[] = { "HAND",    "LETTERBOX", "POST",  "REGISTERED_POST",
                                         "COURIER", "PICKUP",    "OTHER", NULL };

const char *delivery_method_word(const char *method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].word;
    return method;
}

/* ---- writing ---- */

struct put {
    struct ctx *c;
    const char *unit_id, *building_id, *year;
    const struct delivery *asked;
    PGresult *before;                          /* the record there was, or no row */
    const char *dispatched, *delivered, *note; /* as they will be */
};

static const char *was(const struct put *p, const char *column)
{
    return rows_count(p->before) ? row_text(p->before, 0, column) : NULL;
}

/* What was asked, and for the rest what was there. Both times have one form: texts compare. */
static enum err settle(struct put *p)
{
    struct ctx *c = p->c;
    enum err first = when_read(c, "dispatchedAt", p->asked->dispatched_at, &p->dispatched);
    enum err e = when_read(c, "deliveredAt", p->asked->delivered_at, &p->delivered);
    if (first != OK || e != OK)
        return first != OK ? first : e;
    p->dispatched = p->dispatched ? p->dispatched : was(p, "dispatchedAt");
    p->delivered = p->delivered ? p->delivered : was(p, "deliveredAt");
    p->note = p->asked->note ? p->asked->note : was(p, "note");
    if (!p->dispatched && !p->delivered)
        return ctx_fault(c, "deliveredAt", "Say when it was dispatched or delivered.");
    if (p->dispatched && p->delivered && strcmp(p->delivered, p->dispatched) < 0)
        return ctx_fault(c, "deliveredAt", "is before dispatchedAt");
    return OK;
}

static enum err attach(struct req *r, const char *record_id)
{
    struct ctx *c = &r->ctx;
    const struct upload *file;
    const char *type;
    enum err e = OK;
    if (upload_at(r, "attachments", FILES_MAX))
        return ctx_fault(c, "attachments", "At most %d files are taken at once.", FILES_MAX);
    for (size_t n = 0; e == OK && (file = upload_at(r, "attachments", n)); n++) {
        e = proof_take(c, file, &type);
        if (e == OK)
            e = db_query(c->db, c->arena, delivery_attach, NULL, .record_id = record_id,
                         .sha256 = file->sha256, .file_name = file->file_name, .content_type = type,
                         .size = arena_printf(c->arena, "%zu", file->size));
    }
    return e;
}

static enum err find(const struct put *p, PGresult **row)
{
    struct ctx *c = p->c;
    return db_query(c->db, c->arena, delivery_one, row, .unit_id = p->unit_id, .year = p->year,
                    .method = p->asked->method, .all_buildings = actor_all_buildings(c),
                    .actor_id = c->actor.id);
}

static enum err begin(struct ctx *c, const char *unit_id, struct put *p)
{
    PGresult *unit;
    enum err e = db_query(c->db, c->arena, delivery_unit, &unit, .unit_id = unit_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(unit) == 0)
        return ERR_NOT_FOUND;
    p->building_id = row_text(unit, 0, "building_id");
    return find(p, &p->before);
}

enum err delivery_put(struct req *r, const char *unit_id, const struct delivery *d)
{
    PGresult *row, *after;
    struct ctx *c = &r->ctx;
    struct put p = {
        .c = c, .unit_id = unit_id, .asked = d, .year = arena_printf(c->arena, "%ld", d->year)
    };
    enum err e = begin(c, unit_id, &p);
    if (e == OK)
        e = settle(&p);
    if (e == OK)
        e = db_query(c->db, c->arena, delivery_put, &row, .building_id = p.building_id,
                     .unit_id = unit_id, .year = p.year, .method = d->method,
                     .dispatched_at = p.dispatched, .delivered_at = p.delivered,
                     .note = p.note ? p.note : "", .actor_id = c->actor.id,
                     .actor_name = c->actor.name);
    if (e == OK)
        e = attach(r, row_text(row, 0, "id"));
    if (e == OK)
        e = find(&p, &after);
    if (e != OK)
        return e;
    return audit_add(c, "unit.delivery-record", "unit", unit_id,
                     rows_count(p.before) ? row_json(c->arena, p.before, 0) : NULL,
                     row_json(c->arena, after, 0));
}

/* ---- showing ---- */

enum err deliveries_ask(struct ctx *c, const char *unit_id, const char *year, PGresult **rows)
{
    return db_query(c->db, c->arena, delivery_list, rows, .unit_id = unit_id, .year = year,
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
}

struct json_object *deliveries_show(struct ctx *c, const PGresult *rows, bool page)
{
    struct json_object *list = json_object_get(rows_json(c->arena, rows));
    for (int i = 0; page && i < rows_count(rows); i++)
        json_set_text(json_object_array_get_idx(list, (size_t)i), "methodWord",
                      delivery_method_word(row_text(rows, i, "method")));
    return list;
}
