/* The format evidence: a pack of each message, in one ZIP. */
#include "access/access.h"
#include "evidence/evidence.h"
#include "exports/export.sql.h"
#include "exports/writing.h"

static enum err find(struct writing *w, const PGresult *batches, PGresult **messages)
{
    struct ctx *c = w->c;
    struct buf ids = buf_in(c->arena);
    for (int i = 0; i < rows_count(batches); i++)
        buf_printf(&ids, "%c%s", i ? ',' : '{', row_text(batches, i, "batchId"));
    buf_puts(&ids, ids.n ? "}" : "{}");
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, export_messages, messages, .batch_ids = ids.p,
                          .filter = w->filter, .all_buildings = w->asker.all_buildings ? "t" : "f",
                          .listed = w->listed ? "t" : "f", .id = w->id, .actor_id = w->asker.id);
    return db_end(c->db, e);
}

/* One that he may not see any more is left out. */
static enum err add(struct writing *w, struct evidence_set *set, const PGresult *messages, int i)
{
    struct ctx asker = *w->c;
    asker.actor = w->asker;
    w->scanned = i + 1;
    enum err e = evidence_set_add(set, &asker, row_text(messages, i, "id"));
    if (e == OK) {
        writing_note(w, row_text(messages, i, "buildingId"), row_text(messages, i, "id"));
        w->rows++;
    }
    return e == OK || e == ERR_NOT_FOUND ? writing_look(w) : e;
}

enum err packs_write(struct writing *w, const PGresult *batches, struct blob *out)
{
    PGresult *messages;
    struct evidence_set *set;
    enum err e = find(w, batches, &messages);
    if (e == OK)
        e = evidence_set_begin(w->c, &set);
    if (e != OK)
        return e;
    w->scope = rows_count(messages);
    for (int i = 0; e == OK && i < rows_count(messages); i++)
        e = add(w, set, messages, i);
    return e == OK ? evidence_set_finish(set, out) : e;
}
