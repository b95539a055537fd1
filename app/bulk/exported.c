/* Bulk actions that become a file: its items are what an export lists, and have their results with
   its end. */
#include "bulk/private.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "bulk/bulk.sql.h"
#include "exports/exports.h"

#include <string.h>

#define AT_ONCE 10000    /* items */
#define ID_CHARACTERS 37 /* of an id in an array, and the comma behind it */
#define THERE "In the file."
#define MISSING "It is not there any more, or not for who asked."

/* It is who planned it whose file it is and whose grants count, whoever approves it. */
enum err bulk_export_start(struct ctx *c, const char *id, const PGresult *row)
{
    const char *export_id = NULL;
    struct ctx asker = *c;
    const struct export_new n = { .format = row_text(row, 0, "format"),
                                  .filter = json_own(c->arena, json_object_new_object()),
                                  .listed = row_text(row, 0, "words") };
    enum err e = actor_now(c, row_text(row, 0, "_createdBy"), &asker.actor);
    if (e == OK)
        e = export_add(&asker, &n, &export_id);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_exported, NULL, .id = id, .export_id = export_id);
    return e;
}

enum err bulk_export_show(struct ctx *c, const char *export_id, struct json_object *to)
{
    struct json_object *export = NULL;
    enum err e = export_id ? export_get(c, export_id, &export) : OK;
    json_set(to, "export", export ? json_object_get(export) : NULL);
    return e == ERR_NOT_FOUND ? OK : e;
}

/* ---- its end ---- */

struct outcome {
    const char *state, *deed, *error, *missing;
};

static struct outcome outcome_of(const struct export_end *end)
{
    if (end->written)
        return (struct outcome){ "DONE", "bulk.done", NULL, MISSING };
    if (end->error)
        return (struct outcome){ "FAILED", "bulk.failed", end->error, end->error };
    return (struct outcome){ "CANCELLED", "bulk.cancel",
                             "Its file was deleted before it was whole.", NULL };
}

/* So many a statement that none comes near its deadline; each brings the ids that it is about. */
static enum err tell_written(struct ctx *c, const char *id, const char *written)
{
    enum err e = OK;
    const char *end = written ? written + strlen(written) - 1 : NULL;
    for (const char *at = written; e == OK && at < end;) {
        size_t n = (size_t)(end - at - 1);
        n = n < AT_ONCE * ID_CHARACTERS ? n : AT_ONCE * ID_CHARACTERS - 1;
        e = db_query(c->db, c->arena, bulk_export_written, NULL, .id = id, .there = THERE,
                     .written = arena_printf(c->arena, "{%.*s}", (int)n, at + 1));
        at += n + 1;
    }
    return e;
}

static enum err tell_left(struct ctx *c, const struct outcome *o, const PGresult *row)
{
    enum err e = OK;
    for (int64_t after = 0; e == OK && after < row_int(row, 0, "most"); after += AT_ONCE)
        e = db_query(c->db, c->arena, bulk_export_left, NULL, .id = row_text(row, 0, "id"),
                     .state = o->state, .missing = o->missing, .after = NUM(after),
                     .most = NUM(AT_ONCE));
    return e;
}

static enum err tell_audit(struct ctx *c, const struct outcome *o, const PGresult *row,
                           const PGresult *ended)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "action", row_text(row, 0, "action"));
    json_set_int(after, "total", row_int(row, 0, "total"));
    json_set_int(after, "done", row_int(ended, 0, "done"));
    if (o->error)
        json_set_text(after, "error", o->error);
    return audit_add(c, o->deed, "bulk", row_text(row, 0, "id"), NULL, after);
}

enum err export_ended(struct ctx *c, const struct export_end *end)
{
    PGresult *row, *ended;
    struct ctx teller = *c;
    const struct outcome o = outcome_of(end);
    if (end->asker)
        teller.actor = *end->asker;
    enum err e = db_query(c->db, c->arena, bulk_export_of, &row, .export_id = end->id);
    if (e != OK || rows_count(row) == 0)
        return e;
    e = tell_written(c, row_text(row, 0, "id"), end->written);
    if (e == OK)
        e = tell_left(c, &o, row);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_export_end, &ended, .id = row_text(row, 0, "id"),
                     .state = o.state, .error = o.error);
    return e ? e : tell_audit(&teller, &o, row, ended);
}
