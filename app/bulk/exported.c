/* Bulk actions that become a file: its items are what an export lists, and have their results with
   its end. */
#include "bulk/private.h"

#include "access/access.h"
#include "base/json.h"
#include "bulk/bulk.sql.h"
#include "exports/exports.h"

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

static enum err tell(struct ctx *c, const char *what, const PGresult *row, const char *error)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "action", row_text(row, 0, "action"));
    json_set_int(after, "total", row_int(row, 0, "total"));
    json_set_int(after, "done", row_int(row, 0, "done"));
    if (error)
        json_set_text(after, "error", error);
    return audit_add(c, what, "bulk", row_text(row, 0, "id"), NULL, after);
}

enum err export_ended(struct ctx *c, const struct export_end *end)
{
    PGresult *row;
    bool there = end->written, deleted = !there && !end->error;
    struct ctx teller = *c;
    if (end->asker)
        teller.actor = *end->asker;
    enum err e =
        db_query(c->db, c->arena, bulk_export_ended, &row, .export_id = end->id,
                 .state = there     ? "DONE"
                          : deleted ? "CANCELLED"
                                    : "FAILED",
                 .error = deleted ? "Its file was deleted before it was whole." : end->error,
                 .written = there ? end->written : "{}", .there = THERE,
                 .missing = end->error ? end->error : MISSING);
    if (e != OK || rows_count(row) == 0)
        return e;
    return tell(&teller,
                there     ? "bulk.done"
                : deleted ? "bulk.cancel"
                          : "bulk.failed",
                row, deleted ? NULL : end->error);
}
