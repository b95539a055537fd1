/* The outbox and its dispatcher. */
#include "events/events.h"

#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "events/events.sql.h"

#include <string.h>

enum err event_emit(struct ctx *c, const char *name, const char *entity_type, const char *entity_id,
                    struct json_object *data)
{
    struct buf text = buf_in(c->arena);
    if (data)
        json_write(&text, data);
    else
        buf_puts(&text, "{}");
    return db_query(c->db, c->arena, event_emit, NULL, .tenant_id = c->tenant_id, .name = name,
                    .entity_type = entity_type, .entity_id = entity_id, .data = text.p);
}

/* The names that something reacts to, as a Postgres array. */
static const char *names_of(struct arena *a, const struct domain *const *all)
{
    struct buf b = buf_in(a);
    buf_putc(&b, '{');
    for (const struct domain *const *d = all; *d; d++)
        for (const struct reaction *r = (*d)->reactions; r && r->event; r++)
            buf_printf(&b, "%s%s", b.n > 1 ? "," : "", r->event);
    buf_putc(&b, '}');
    return b.p;
}

/* Locks the event, and on the first look reads it. ERR_NOT_FOUND: told, taken by another, or not
 * due. */
static enum err lock(struct ctx *c, const char *id, struct event *e)
{
    PGresult *r;
    enum err result = db_query(c->db, c->arena, event_lock, &r, .id = id);
    if (result)
        return result;
    if (!rows_count(r))
        return ERR_NOT_FOUND;
    *e = (struct event){ .id = id,
                         .name = row_text(r, 0, "name"),
                         .entity_type = row_text(r, 0, "entity_type"),
                         .entity_id = row_text(r, 0, "entity_id"),
                         .data = json_get(row_json(c->arena, r, 0), "data"),
                         .occurred_at = row_text(r, 0, "occurred_at") };
    return OK;
}

/* *taken: the event is another's, or was told meanwhile; nothing is to be done. */
static enum err mark_and_react(struct ctx *c, const char *id, const struct reaction *r, bool *taken)
{
    PGresult *marked;
    struct event e;
    enum err result = lock(c, id, &e);
    *taken = result == ERR_NOT_FOUND;
    if (!result)
        result =
            db_query(c->db, c->arena, event_reaction_mark, &marked, .id = id, .reaction = r->name);
    if (result || !rows_count(marked))
        return result;
    return r->react(c, &e);
}

/* The first reaction that failed, and why. */
struct failing {
    const char *reaction, *why;
};

static void note_failure(struct ctx *c, const char *id, const struct failing *f)
{
    log_error("reaction_failed", "eventId", id, "reaction", f->reaction, "error", f->why, NULL);
    db_begin(c->db, c->tenant_id);
    if (db_end(c->db, db_query(c->db, c->arena, event_failed, NULL, .id = id, .error = f->why)))
        log_error("reaction_failure_not_kept", "eventId", id, NULL);
}

static enum err finish(struct ctx *c, const char *id)
{
    struct event e;
    db_begin(c->db, c->tenant_id);
    enum err result = lock(c, id, &e);
    if (!result)
        result = db_query(c->db, c->arena, event_dispatched, NULL, .id = id);
    return db_end(c->db, result);
}

static enum err name_of(struct ctx *c, const char *id, const char **name)
{
    struct event e;
    db_begin(c->db, c->tenant_id);
    enum err result = lock(c, id, &e);
    db_rollback(c->db);
    if (!result)
        *name = e.name;
    return result;
}

/* Runs one reaction; the first that fails is remembered. */
static enum err react(struct ctx *c, const char *id, const struct reaction *r,
                      struct failing *first)
{
    bool taken;
    c->problem = (struct problem){ 0 };
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, mark_and_react(c, id, r, &taken));
    if (e && !taken && !first->reaction)
        *first = (struct failing){ r->name, arena_printf(c->arena, "%s: %s", r->name,
                                                         c->problem.detail ? c->problem.detail
                                                                           : err_name(e)) };
    return e;
}

/* All reactions to one event, each whatever became of those before: only then is it put off, as one
   that is not due is not reacted to. OK: it is told. */
static enum err tell(struct ctx *c, const struct domain *const *all, const char *id)
{
    const char *name;
    struct failing failing = { NULL, NULL };
    enum err e = name_of(c, id, &name), told = OK;
    if (e)
        return e;
    for (const struct domain *const *d = all; *d; d++)
        for (const struct reaction *r = (*d)->reactions; r && r->event; r++) {
            e = strcmp(r->event, name) == 0 ? react(c, id, r, &failing) : OK;
            told = told ? told : e;
        }
    if (failing.reaction)
        note_failure(c, id, &failing);
    return told ? told : finish(c, id);
}

enum err events_dispatch(struct ctx *c, const struct domain *const *all, int *dispatched)
{
    PGresult *r;
    const char *tenant = c->tenant_id;
    enum err e = db_query(c->db, c->arena, events_settle, &r, .names = names_of(c->arena, all));
    if (e)
        return e;
    *dispatched = (int)row_int(r, 0, "n");
    e = db_run(c->db, c->arena, &sql_events_waiting, NULL, &r);
    for (int i = 0; !e && i < rows_count(r); i++) {
        c->tenant_id = row_text(r, i, "tenant_id");
        c->problem = (struct problem){ 0 };
        *dispatched += tell(c, all, row_text(r, i, "id")) == OK;
    }
    c->tenant_id = tenant;
    c->problem = (struct problem){ 0 };
    return e;
}
