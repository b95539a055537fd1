/* The job that writes an export's file. */
#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "exports/export.sql.h"
#include "exports/writing.h"
#include "store/keep.h"

#include <string.h>

#define FILE_LIMIT ((size_t)64 << 30)
#define BLOCK ((size_t)64 << 10)
#define AT_ONCE 10000 /* messages: planning a query costs as much as reading some hundreds */
#define READERS 2     /* connections: one puts its rows in order while another's are written */

struct reader { /* a connection, and of the batches those that it reads now */
    struct writing *w;
    struct db *db;
    const PGresult *batches;
    int first;      /* of them */
    struct buf ids; /* theirs, as an array of SQL */
    int64_t before; /* messages of those before them */
};

struct reading {
    struct reader readers[READERS];
    int next;        /* of the batches: the first that no reader was given */
    int64_t scanned; /* messages of those before it */
};

/* ---- the beginning ---- */

static enum err begin(struct writing *w, bool *open)
{
    PGresult *row;
    struct ctx *c = w->c;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, export_begin, &row, .id = w->id);
    e = db_end(c->db, e);
    *open = e == OK && rows_count(row) > 0;
    if (!*open)
        return e;
    w->what = row_text(row, 0, "what");
    w->format = export_format_of(w->what, row_text(row, 0, "format"));
    w->filter = row_text(row, 0, "filter");
    w->listed = row_bool(row, 0, "listed");
    w->asker.id = row_text(row, 0, "createdBy");
    return OK;
}

/* *batches stays NULL of shipments. */
static enum err list(struct writing *w, PGresult **batches)
{
    struct ctx *c = w->c;
    bool of_shipments = strcmp(w->what, "shipments") == 0;
    db_begin(c->db, c->tenant_id);
    enum err e = actor_now(c, w->asker.id, &w->asker);
    if (e == OK && !of_shipments)
        e = db_query(c->db, c->arena, export_batches, batches, .id = w->id,
                     .all_buildings = w->asker.all_buildings ? "t" : "f", .actor_id = w->asker.id);
    for (int i = 0; e == OK && *batches && i < rows_count(*batches); i++)
        w->scope += row_int(*batches, i, "n");
    return db_end(c->db, e);
}

/* ---- rows ---- */

/* One that is gone, paused or cancelled: nobody wants the rest. */
static enum err tell(struct ctx *c, void *of)
{
    PGresult *row;
    const struct writing *w = of;
    enum err e = db_query(c->db, c->arena, export_tell, &row, .rows = NUM(w->rows),
                          .scanned = NUM(w->scanned), .scope = NUM(w->scope), .id = w->id);
    return e == OK && rows_count(row) == 0 ? ERR_NOT_FOUND : e;
}

enum err writing_look(struct writing *w)
{
    return job_watch_look(w->watch, tell, w);
}

enum err writing_flush(struct writing *w)
{
    enum err e = blob_write(w->blob, w->out.p, w->out.n);
    w->out.n = 0;
    return e;
}

static void add_id(struct buf *ids, const char *id)
{
    buf_printf(ids, "%c%s", ids->n ? ',' : '{', id);
}

void writing_note(struct writing *w, const char *building_id, const char *id)
{
    if (w->listed)
        add_id(&w->written, id);
    if (w->building_id && strcmp(w->building_id, building_id) == 0)
        return;
    w->building_id = building_id;
    add_id(&w->buildings, building_id);
}

static enum err take(void *to, const PGresult *row)
{
    const struct reader *r = to;
    struct writing *w = r->w;
    int batch = r->first + (int)row_int(row, 0, "batch") - 1;
    w->scanned = r->before;
    writing_note(w, row_text(r->batches, batch, "buildingId"), row_text(row, 0, "id"));
    w->format->row(&w->out, row_text(r->batches, batch, "name"), row);
    w->rows++;
    enum err e = w->out.n < BLOCK ? OK : writing_flush(w);
    return e ? e : writing_look(w);
}

/* The next batches that hold AT_ONCE messages together become the reader's. */
static void gather(struct reader *r, struct reading *all)
{
    r->first = all->next;
    r->before = all->scanned;
    r->ids = buf_in(r->w->c->arena);
    for (; all->next < rows_count(r->batches) && all->scanned - r->before < AT_ONCE; all->next++) {
        add_id(&r->ids, row_text(r->batches, all->next, "batchId"));
        all->scanned += row_int(r->batches, all->next, "n");
    }
    buf_putc(&r->ids, '}');
}

/* Asks for the rows of the next batches, where there are any, and does not wait for them. */
static enum err ask(struct reader *r, struct reading *all)
{
    const struct writing *w = r->w;
    if (all->next == rows_count(r->batches))
        return OK;
    gather(r, all);
    db_begin_reading(r->db, w->c->tenant_id);
    db_batch(r->db);
    enum err e = db_run(r->db, w->c->arena, &sql_export_patience, NULL, NULL);
    if (e == OK)
        e = db_query_each(r->db, export_rows, take, r, .json = w->format->json ? "t" : "f",
                          .filter = w->filter, .all_buildings = w->asker.all_buildings ? "t" : "f",
                          .listed = w->listed ? "t" : "f", .id = w->id, .actor_id = w->asker.id,
                          .batch_ids = r->ids.p);
    return e ? e : db_send(r->db);
}

static void close_db(void *db)
{
    db_free(db);
}

static struct db *another(struct ctx *c)
{
    struct db *db = db_new(c->app, c->app->settings->worker_database_url, "track-export-rows");
    arena_defer(c->arena, close_db, db);
    return db;
}

/* The readers' rows in turn, as the batches were given to them. */
static enum err write_rows(struct writing *w, const PGresult *batches)
{
    enum err e = OK;
    struct reading all = { 0 };
    for (int i = 0; e == OK && i < READERS; i++) {
        struct reader *r = &all.readers[i];
        *r = (struct reader){ .w = w, .db = i ? another(w->c) : w->c->db, .batches = batches };
        e = ask(r, &all);
    }
    for (int i = 0; e == OK && db_in_transaction(all.readers[i].db); i = (i + 1) % READERS) {
        e = db_commit(all.readers[i].db);
        if (e == OK)
            e = ask(&all.readers[i], &all);
    }
    for (int i = 0; i < READERS; i++)
        if (all.readers[i].db && db_in_transaction(all.readers[i].db))
            db_rollback(all.readers[i].db);
    w->scanned = all.scanned;
    return e ? e : writing_look(w);
}

static enum err write_all(struct writing *w, const PGresult *batches, struct blob *out)
{
    struct ctx *c = w->c;
    enum err e = store_begin(c->app->store, c->arena, FILE_LIMIT, &w->blob);
    buf_puts(&w->out, w->format->head);
    if (e == OK)
        e = batches ? write_rows(w, batches) : shipments_write(w);
    if (e == OK)
        e = writing_flush(w);
    return e ? e : blob_finish(w->blob, out);
}

/* ---- the end ---- */

static const char *array_of(struct buf *ids)
{
    if (ids->n == 0)
        return "{}";
    buf_putc(ids, '}');
    return ids->p;
}

static enum err tell_ready(struct writing *w)
{
    return export_ended(
        w->c,
        &(struct export_end){ .id = w->id, .written = array_of(&w->written), .asker = &w->asker });
}

static enum err ready(struct writing *w, const struct blob *b)
{
    PGresult *row;
    struct ctx *c = w->c;
    enum err e = blob_keep(c, b);
    if (e == OK)
        e = db_query(c->db, c->arena, export_ready, &row, .rows = NUM(w->rows), .sha256 = b->sha256,
                     .size = NUM((int64_t)b->size), .buildings = array_of(&w->buildings),
                     .id = w->id, .days = NUM(c->app->settings->export_days));
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (w->listed && (e = tell_ready(w)) != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_int(after, "rows", w->rows);
    json_set_text(after, "sha256", b->sha256);
    if (w->format->row)
        return audit_add(c, "export.ready", "export", w->id, NULL, after);
    struct ctx asker = *c; /* evidence tells who had it made */
    asker.actor = w->asker;
    return audit_add(&asker, "evidence.made", "export", w->id, NULL, after);
}

static enum err finish(struct job *j, struct writing *w, const struct blob *b)
{
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = ready(w, b);
    if (e == OK)
        e = job_done(j);
    return db_end(c->db, e);
}

/* What a person is told of a try that failed. */
static const char *reason(const struct ctx *c, enum err e)
{
    if (c->problem.detail)
        return c->problem.detail;
    const char *why = e == ERR_CONFLICT  ? "Another worker has taken it over"
                      : e == ERR_RETRY   ? "The database or the store did not answer"
                      : e == ERR_LIMITED ? "The file would be larger than 64 GiB"
                                         : "The fault is ours and has been noted";
    return arena_printf(c->arena, "%s (%s).", why, c->work_id);
}

static enum err tell_failed(struct ctx *c, const char *id, const char *why)
{
    return export_ended(c, &(struct export_end){ .id = id, .error = why });
}

/* The export's state after a failed try: ended where trying again changes nothing. */
static enum err give_back(struct job *j, const char *id, enum err failed)
{
    struct ctx *c = &j->ctx;
    bool ours = failed == ERR_RETRY || failed == ERR_INTERNAL;
    const char *why = reason(c, failed);
    bool again = ours && j->attempt < j->max_attempts;
    PGresult *row;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_query(c->db, c->arena, export_give_back, &row, .state = again ? "QUEUED" : "FAILED",
                 .error = why, .id = id, .job_id = NUM(j->id), .token = NUM(j->token));
    if (e == OK && !again && rows_count(row) > 0 && row_bool(row, 0, "listed"))
        e = tell_failed(c, id, why);
    if (e == OK && !ours)
        e = job_done(j);
    e = db_end(c->db, e);
    if (e == OK && !ours)
        return OK;
    return job_fail(j, ours ? failed : e, "%s", why);
}

/* Of one that is not to be written now, whatever the reason: its job ends while it is locked, so
   that a resume after it adds another. One that was resumed already is begun anew. */
static enum err let_go(struct job *j, const char *id)
{
    PGresult *row;
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, export_lock, &row, .id = id);
    const char *state = e == OK && rows_count(row) > 0 ? row_text(row, 0, "state") : "";
    bool resumed = strcmp(state, "QUEUED") == 0;
    if (e == OK && strcmp(state, "FAILED") == 0 && row_bool(row, 0, "listed"))
        e = tell_failed(c, id, row_text(row, 0, "error"));
    if (e == OK && !resumed)
        e = job_done(j);
    e = db_end(c->db, e);
    if (e != OK || !resumed)
        return e;
    j->snooze = true;
    j->retry_after = 1;
    return job_fail(j, ERR_RETRY, "It was paused and resumed.");
}

static enum err run(struct job *j, struct writing *w)
{
    bool open = false;
    PGresult *batches = NULL;
    struct blob blob;
    enum err e = begin(w, &open);
    if (e != OK)
        return e;
    if (!open)
        return let_go(j, w->id);
    if ((e = list(w, &batches)) == OK)
        e = w->format->row ? write_all(w, batches, &blob) : packs_write(w, batches, &blob);
    if (e == OK)
        e = finish(j, w, &blob);
    if (e == ERR_NOT_FOUND)
        return let_go(j, w->id);
    return e == OK ? OK : give_back(j, w->id, e);
}

enum err export_run(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct writing w = { .c = c,
                         .id = json_text(j->args, "exportId"),
                         .watch = job_watch_new(j, "track-export"),
                         .out = buf_in(c->arena),
                         .buildings = buf_in(c->arena),
                         .written = buf_in(c->arena) };
    return w.id ? run(j, &w) : job_fail(j, ERR_INVALID, "No exportId.");
}
