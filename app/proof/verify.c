/* Checking timelines and the audit trail: sets of rows by Postgres, the first that does not hold by
 * reading its chain. */
#include "proof/verify.h"

#include "base/json.h"
#include "db/db.h"
#include "proof/retention.sql.h"
#include "proof/verify.sql.h"

#include <string.h>

#define FIRST "00000000-0000-0000-0000-000000000000"
#define LAST "ffffffff-ffff-ffff-ffff-ffffffffffff"

const char *chain_break_name(enum chain_break what)
{
    static const char *const names[] = { "none", "changed", "removed", "inserted" };
    return names[what];
}

void finding_add(struct verification *v, struct finding f)
{
    v->findings[v->n++] = f;
}

struct json_object *finding_json(const struct finding *f)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "kind", f->kind);
    json_set_text(o, "what", chain_break_name(f->what));
    json_set_text(o, "sentence", f->sentence);
    json_set_text(o, "communicationId", f->communication_id);
    json_set_text(o, "shipmentId", f->shipment_id);
    json_set_text(o, "eventId", f->event_id);
    json_set_text(o, "day", f->day);
    json_set(o, "seq", f->seq ? json_object_new_int64(f->seq) : NULL);
    return o;
}

/* One statement in a reading of its own. */
#define read_rows(c, statement, out, ...)                                                          \
    (db_begin_reading((c)->db, (c)->tenant_id),                                                    \
     db_end((c)->db, db_query((c)->db, (c)->arena, statement, out, __VA_ARGS__)))

/* The same of one that is at hand, by the values of its parameters. */
static enum err read_of(struct ctx *c, const struct sql *q, const char *const *args, PGresult **out)
{
    db_begin_reading(c->db, c->tenant_id);
    return db_end(c->db, db_run(c->db, c->arena, q, args, out));
}

static enum err read_all(struct ctx *c, const struct sql *q, PGresult **out)
{
    return read_of(c, q, NULL, out);
}

static struct chain_row *rows_of(struct ctx *c, const PGresult *rows)
{
    struct chain_row *list =
        arena_zalloc(c->arena, (size_t)rows_count(rows) + 1, sizeof(struct chain_row));
    for (int i = 0; i < rows_count(rows); i++)
        list[i] = (struct chain_row){ .seq = row_int(rows, i, "seq"),
                                      .id = row_text(rows, i, "id"),
                                      .hash = row_text(rows, i, "hash"),
                                      .prev = row_text(rows, i, "prev"),
                                      .whole = row_bool(rows, i, "whole") };
    return list;
}

/* ---- timelines ---- */

/* Those of one kind: what has them in words, and how they are read, by parameters as verify.sql has
   them. */
struct timelines {
    const char *kind, *thing, *name, *things; /* "parcel", "shipment", "Shipment", "shipments" */
    const struct sql *chains, *head, *links, *known, *holder, *asker;
};

static const struct timelines communications = {
    "timeline",         "communication",           "Communication",   "communications",
    &sql_verify_chains, &sql_verify_communication, &sql_verify_links, &sql_verify_register,
    &sql_verify_holder, &sql_verify_asker,
};

static const struct timelines parcels = {
    "parcel",
    "shipment",
    "Shipment",
    "shipments",
    &sql_verify_parcel_chains,
    &sql_verify_shipment,
    &sql_verify_parcel_links,
    &sql_verify_shipment_register,
    &sql_verify_parcel_holder,
    &sql_verify_parcel_asker,
};

struct timeline {
    struct ctx *c;
    const struct timelines *of;
    const char *id;
    PGresult *head, *links;
    struct chain_finding found;
};

static struct finding about(const struct timeline *t, const char *sentence)
{
    bool parcel = t->of == &parcels;
    return (struct finding){ .kind = t->of->kind,
                             .what = t->found.what,
                             .sentence = sentence,
                             .communication_id = parcel ? NULL : t->id,
                             .shipment_id = parcel ? t->id : NULL,
                             .event_id = t->found.row ? t->found.row->id : NULL,
                             .seq = t->found.seq };
}

/* Where an event that is gone stands now, or which timeline one that was put in is missed from. */
static enum err look_elsewhere(struct timeline *t, const char **id)
{
    PGresult *rows = NULL;
    enum err e = OK;
    *id = NULL;
    if (t->found.what == CHAIN_REMOVED && t->found.missing)
        e = read_of(t->c, t->of->holder, (const char *[]){ t->found.missing, t->id }, &rows);
    else if (t->found.what == CHAIN_INSERTED && t->found.row)
        e = read_of(t->c, t->of->asker, (const char *[]){ t->found.row->hash, t->id }, &rows);
    if (e == OK && rows && rows_count(rows))
        *id = row_text(rows, 0, "id");
    return e;
}

static enum err describe_event(struct timeline *t, struct verification *v)
{
    const char *other, *row = t->found.row ? t->found.row->id : "unknown";
    struct arena *a = t->c->arena;
    enum err e = look_elsewhere(t, &other);
    if (e != OK)
        return e;
    const char *thing = t->of->thing, *where = arena_printf(a, "%s %s", thing, t->id);
    const char *text =
        t->found.what == CHAIN_CHANGED
            ? arena_printf(a, "Event %lld of %s (id %s) was changed after it was written.",
                           t->found.seq, where, row)
        : t->found.what == CHAIN_INSERTED
            ? arena_printf(
                  a, "Event %lld (id %s) was put into the timeline of %s%s.", t->found.seq, row,
                  where,
                  other ? arena_printf(a, "; it is missing from that of %s %s", thing, other) : "")
            : arena_printf(
                  a, "Event %lld of %s was removed%s.", t->found.seq, where,
                  other ? arena_printf(a, "; it stands in the timeline of %s %s", thing, other)
                        : "");
    finding_add(v, about(t, text));
    return OK;
}

/* The chain holds and what has it does not say what its last event says. */
static void describe_status(struct timeline *t, struct verification *v)
{
    int n = rows_count(t->links);
    t->found = (struct chain_finding){ .what = CHAIN_CHANGED };
    finding_add(v, about(t, arena_printf(t->c->arena,
                                         "The status of %s %s was changed: its timeline says %s, "
                                         "it says %s.",
                                         t->of->thing, t->id,
                                         n ? row_text(t->links, n - 1, "status") : "nothing",
                                         row_text(t->head, 0, "status"))));
}

static enum err describe(struct ctx *c, const struct timelines *of, const char *id,
                         struct verification *v)
{
    struct timeline t = { .c = c, .of = of, .id = id };
    enum err e = read_of(c, of->head, &id, &t.head);
    if (e == OK)
        e = read_of(c, of->links, &id, &t.links);
    if (e != OK)
        return e;
    if (rows_count(t.head) == 0) {
        t.found.what = CHAIN_REMOVED;
        finding_add(
            v, about(&t, arena_printf(c->arena, "%s %s was removed; its events are still there.",
                                      of->name, id)));
        return OK;
    }
    struct chain chain = { .rows = rows_of(c, t.links),
                           .n = (size_t)rows_count(t.links),
                           .first = 1,
                           .prev = "",
                           .head_seq = row_int(t.head, 0, "headSeq"),
                           .head = row_text(t.head, 0, "head") };
    t.found = chain_check(&chain);
    if (t.found.what != CHAIN_HOLDS)
        return describe_event(&t, v);
    describe_status(&t, v);
    return OK;
}

static enum err check_chains(struct ctx *c, struct job *j, const struct timelines *of,
                             struct verification *v, const char **first_bad)
{
    const char *after = FIRST;
    bool parcel = of == &parcels;
    *first_bad = NULL;
    for (enum err e = OK; strcmp(after, LAST) != 0;) {
        PGresult *rows;
        e = read_of(c, of->chains, &after, &rows);
        if (e == OK && j)
            e = job_touch(j);
        if (e != OK)
            return e;
        *(parcel ? &v->shipments : &v->communications) += row_int(rows, 0, "timelines");
        v->events += row_int(rows, 0, "events");
        *(parcel ? &v->broken_shipments : &v->broken) += row_int(rows, 0, "bad");
        if (!*first_bad)
            *first_bad = row_text(rows, 0, "firstBad");
        after = row_text(rows, 0, "last");
    }
    return OK;
}

static void describe_register(struct ctx *c, const struct timelines *of, const PGresult *rows,
                              struct verification *v)
{
    bool gone = row_bool(rows, 0, "registered");
    struct timeline t = { .c = c,
                          .of = of,
                          .id = row_text(rows, 0, "id"),
                          .found.what = gone ? CHAIN_REMOVED : CHAIN_INSERTED };
    const char *text =
        gone ? arena_printf(c->arena, "%s %s was removed with its whole timeline.", of->name, t.id)
             : arena_printf(c->arena, "%s %s was put in: the register of %s does not know it.",
                            of->name, t.id, of->things);
    finding_add(v, about(&t, text));
}

static enum err verify_of(struct ctx *c, struct job *j, const struct timelines *of,
                          struct verification *v)
{
    PGresult *rows;
    const char *bad;
    enum err e = check_chains(c, j, of, v, &bad);
    if (e == OK)
        e = read_all(c, of->known, &rows);
    if (e != OK)
        return e;
    const char *odd = rows_count(rows) ? row_text(rows, 0, "id") : NULL;
    int order = odd && bad ? strcmp(odd, bad) : -1;
    if (odd && (order < 0 || (order == 0 && !row_bool(rows, 0, "registered")))) {
        describe_register(c, of, rows, v);
        *(of == &parcels ? &v->broken_shipments : &v->broken) += order != 0;
        return OK;
    }
    return bad ? describe(c, of, bad, v) : OK;
}

enum err timelines_verify(struct ctx *c, struct job *j, struct verification *v)
{
    return verify_of(c, j, &communications, v);
}

enum err parcels_verify(struct ctx *c, struct job *j, struct verification *v)
{
    return verify_of(c, j, &parcels, v);
}

/* ---- the audit trail ---- */

static enum err describe_entry(struct ctx *c, const PGresult *tail, struct verification *v)
{
    PGresult *rows;
    long long bad = row_int(tail, 0, "bad");
    struct chain chain = { .first = bad > 3 ? bad - 2 : 1,
                           .prev = "",
                           .head_seq = row_int(tail, 0, "headSeq"),
                           .head = row_text(tail, 0, "head") };
    enum err e = read_rows(c, verify_audit_links, &rows,
                           .first = arena_printf(c->arena, "%lld", chain.first));
    if (e != OK)
        return e;
    chain.rows = rows_of(c, rows);
    chain.n = (size_t)rows_count(rows);
    chain.more = chain.n == 50;
    if (chain.first > 1 && chain.n)
        chain.prev = chain.rows[0].prev;
    struct chain_finding f = chain_check(&chain);
    static const char *const words[] = { "does not fit", "was changed after it was written",
                                         "was removed", "was put in" };
    finding_add(
        v, (struct finding){ .kind = "audit",
                             .what = f.what,
                             .sentence = arena_printf(c->arena, "Entry %lld of the audit trail %s.",
                                                      f.seq, words[f.what]),
                             .seq = f.seq });
    return OK;
}

enum err audit_verify(struct ctx *c, struct verification *v)
{
    PGresult *rows;
    enum err e = read_all(c, &sql_verify_audit, &rows);
    if (e != OK)
        return e;
    v->entries = row_int(rows, 0, "entries");
    return row_text(rows, 0, "bad") ? describe_entry(c, rows, v) : OK;
}

/* ---- what retention took out ---- */

enum err purges_verify(struct ctx *c, struct verification *v)
{
    PGresult *rows;
    enum err e = read_all(c, &sql_retention_check, &rows);
    if (e != OK || rows_count(rows) == 0)
        return e;
    const char *id = row_text(rows, 0, "communicationId"), *run = row_text(rows, 0, "id");
    const char *shipment = row_text(rows, 0, "shipmentId");
    bool removed = row_bool(rows, 0, "removed"), inserted = row_bool(rows, 0, "inserted");
    const char *what = removed ? "was removed" : inserted ? "was put in" : "was changed";
    const char *sentence =
        (id || shipment) && !inserted
            ? arena_printf(c->arena,
                           "%s %s is not as the retention run %s left it: its events, or what the "
                           "run noted of them, were changed.",
                           id ? communications.name : parcels.name, id ? id : shipment, run)
            : arena_printf(c->arena, "The record of the retention run %s %s.", run, what);
    finding_add(v, (struct finding){ .kind = "retention",
                                     .what = removed    ? CHAIN_REMOVED
                                             : inserted ? CHAIN_INSERTED
                                                        : CHAIN_CHANGED,
                                     .communication_id = id,
                                     .shipment_id = shipment,
                                     .sentence = sentence });
    return OK;
}

enum err proof_verify(struct ctx *c, struct job *j, struct verification *out)
{
    struct verification v = { 0 };
    enum err e = timelines_verify(c, j, &v);
    if (e == OK)
        e = parcels_verify(c, j, &v);
    if (e == OK)
        e = audit_verify(c, &v);
    if (e == OK)
        e = purges_verify(c, &v);
    if (e == OK)
        e = days_verify(c, j, &v);
    if (e == OK)
        *out = v;
    return e;
}
