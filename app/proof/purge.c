/* Running retention: bundle, purge, sweep, batch by batch. */
#include "proof/retention.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/anew.h"
#include "proof/erasure.sql.h"
#include "proof/retention.sql.h"
#include "store/store.h"

#include <string.h>

enum { SWEEP_HOURS = 24, GRACE_SECONDS = 3600 };

static struct json_object *certificate(struct ctx *c, const struct purge *p,
                                       struct json_object *stores)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "kind", p->kind);
    json_set_text(o, "reason", p->reason);
    if (p->archive_id)
        json_set_text(o, "archiveId", p->archive_id);
    if (p->removal_id)
        json_set_text(o, "removalId", p->removal_id);
    json_set_text(o, "layers", p->layers);
    json_set_int(o, "communications", p->communications);
    if (p->parcels)
        json_set_int(o, "parcels", p->parcels);
    json_set(o, "stores", json_object_get(stores));
    return o;
}

static enum err record(struct ctx *c, const char *run, const struct purge *p,
                       struct json_object *stores)
{
    PGresult *rows;
    struct json_object *done = certificate(c, p, stores);
    enum err e = db_query(c->db, c->arena, retention_run_add, &rows, .id = run, .kind = p->kind,
                          .reason = p->reason, .archive_id = p->archive_id,
                          .communications = arena_printf(c->arena, "%d", p->communications),
                          .parcels = arena_printf(c->arena, "%d", p->parcels),
                          .certificate = json_compact(c->arena, done));
    if (e != OK)
        return e;
    json_set_text(done, "itemsHash", row_text(rows, 0, "itemsHash"));
    return audit_add(c, "retention.purged", "retention_run", run, NULL, done);
}

static enum err take(struct ctx *c, const char *run, const struct purge *p, PGresult **rows)
{
    if (p->parcels)
        return db_query(c->db, c->arena, retention_parcels_purge, rows, .run = run, .ids = p->ids,
                        .layers = p->layers, .reason = p->reason);
    if (strcmp(p->layers, "proof") == 0)
        return db_query(c->db, c->arena, retention_proof_ends, rows, .run = run, .ids = p->ids);
    return db_query(c->db, c->arena, retention_purge, rows, .run = run, .ids = p->ids,
                    .layers = p->layers, .reason = p->reason);
}

enum err purge_do(struct ctx *c, const struct purge *p)
{
    PGresult *rows;
    const char *run = uuid7(c->app, c->arena);
    db_begin(c->db, c->tenant_id);
    enum err e = take(c, run, p, &rows);
    if (e == OK)
        e = record(c, run, p, json_get(row_json(c->arena, rows, 0), "stores"));
    return db_end(c->db, e);
}

/* ---- files ---- */

static enum err unlink_one(struct ctx *c, const char *sha256, int grace_seconds,
                           const char *erasure_id, int *unlinked)
{
    PGresult *unnamed;
    bool gone = false;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, retention_lock, NULL, .sha256 = sha256);
    if (e == OK)
        e = db_query(c->db, c->arena, retention_still_unnamed, &unnamed, .sha256 = sha256);
    if (e == OK && row_bool(unnamed, 0, "yes"))
        e = store_sweep(c->app->store, c->arena, sha256, grace_seconds, &gone);
    if (e == OK && gone)
        e = db_query(c->db, c->arena, retention_unlinked, NULL, .sha256 = sha256);
    if (e == OK && gone && erasure_id)
        e = db_query(c->db, c->arena, erasure_note, NULL, .id = erasure_id, .what = "files");
    *unlinked += e == OK && gone;
    return db_end(c->db, e);
}

static enum err sweep_some(struct ctx *c, int hours, const char *erasure_id, int *unlinked)
{
    PGresult *rows;
    *unlinked = 0;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, retention_unnamed, &rows,
                                        .hours = arena_printf(c->arena, "%d", hours)));
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = unlink_one(c, row_text(rows, i, "sha256"), hours ? GRACE_SECONDS : 0, erasure_id,
                       unlinked);
    return e;
}

enum err files_sweep(struct ctx *c, int hours, const char *erasure_id, int *unlinked)
{
    int some;
    enum err e;
    *unlinked = 0;
    do {
        e = sweep_some(c, hours, erasure_id, &some);
        *unlinked += some;
    } while (e == OK && some > 0);
    return e;
}

/* ---- a run ---- */

struct run {
    struct ctx *c;
    struct job *j;
    const char *now_ms, *removal_id;
    struct retention_done done;
};

/* Page by page what is due of one kind, each a row of {ids, n, layers, hint}, none behind the last;
   how many it was is added to *count, one of r->done. */
static enum err take_pages(struct run *r, const struct sql *pages, const char *const *args,
                           const char *archive_id, long long *count)
{
    PGresult *page;
    struct ctx *c = r->c;
    for (;;) {
        db_begin_reading(c->db, c->tenant_id);
        enum err e = db_end(c->db, db_run(c->db, c->arena, pages, args, &page));
        if (e != OK || rows_count(page) == 0)
            return e;
        const int n = (int)row_int(page, 0, "n");
        const bool parcels = count == &r->done.parcels;
        e = purge_do(c, &(struct purge){ .ids = row_text(page, 0, "ids"),
                                         .layers = row_text(page, 0, "layers"),
                                         .kind = "retention",
                                         .reason = arena_printf(c->arena, "policy “%s”",
                                                                row_text(page, 0, "hint")),
                                         .archive_id = archive_id,
                                         .removal_id = r->removal_id,
                                         .communications = parcels ? 0 : n,
                                         .parcels = parcels ? n : 0 });
        *count += n;
        if (e == OK && r->j)
            e = job_touch(r->j);
        if (e != OK)
            return e;
    }
}

static enum err run_batch(struct run *r, const PGresult *batches, int i)
{
    const char *archive_id, *batch_id = row_text(batches, i, "batchId");
    enum err e =
        archive_make(r->c, r->j,
                     &(struct archive_of){ .batch_id = batch_id,
                                           .building_id = row_text(batches, i, "buildingId"),
                                           .year = row_text(batches, i, "year"),
                                           .now_ms = r->now_ms },
                     &archive_id);
    if (e != OK)
        return e;
    r->done.archives++;
    return take_pages(r, &sql_retention_page, (const char *[]){ r->now_ms, batch_id }, archive_id,
                      &r->done.communications);
}

/* Of messages what had its content and personal data removed by an earlier run; of parcels, which
   are not bundled, no copy stays. */
static enum err run_unbundled(struct run *r)
{
    enum err e = take_pages(r, &sql_retention_proof_page, &r->now_ms, NULL, &r->done.proofs);
    if (e == OK)
        e = bundles_catch_up(r->c, r->j);
    return e == OK ? take_pages(r, &sql_retention_parcels_page, &r->now_ms, NULL, &r->done.parcels)
                   : e;
}

/* What has clocks of its own: requests of providers, and the files that were imported. */
static enum err run_rest(struct run *r)
{
    PGresult *inbox, *imports;
    struct ctx *c = r->c;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, retention_inbox, &inbox, .now_ms = r->now_ms);
    if (e == OK)
        e = db_query(c->db, c->arena, retention_imports, &imports, .now_ms = r->now_ms);
    if (e != OK ||
        row_int(inbox, 0, "bodies") + row_int(inbox, 0, "requests") + rows_count(imports) == 0)
        return db_end(c->db, e);
    r->done.inbox_bodies = row_int(inbox, 0, "bodies");
    r->done.inbox_requests = row_int(inbox, 0, "requests");
    r->done.imports = rows_count(imports);
    struct json_object *after = json_own(c->arena, json_object_new_object());
    if (r->removal_id)
        json_set_text(after, "removalId", r->removal_id);
    json_set_int(after, "inboxBodies", row_int(inbox, 0, "bodies"));
    json_set_int(after, "inboxRequests", row_int(inbox, 0, "requests"));
    json_set_int(after, "imports", rows_count(imports));
    e = audit_add(c, "retention.forgotten", "tenant", c->tenant_id, NULL, after);
    return db_end(c->db, e);
}

enum err retention_run(struct ctx *c, struct job *j, struct retention_done *out)
{
    return retention_run_of(c, j, &(struct retention_of){ c->app->now_ms(c->app), NULL }, out);
}

enum err retention_run_of(struct ctx *c, struct job *j, const struct retention_of *of,
                          struct retention_done *out)
{
    PGresult *batches;
    struct run r = {
        c, j, arena_printf(c->arena, "%lld", (long long)of->at_ms), of->removal_id, { 0 }
    };
    db_begin_reading(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, retention_batches, &batches, .now_ms = r.now_ms));
    for (int i = 0; e == OK && i < rows_count(batches); i++)
        e = run_batch(&r, batches, i);
    if (e == OK)
        e = run_unbundled(&r);
    if (e == OK)
        e = run_rest(&r);
    if (e == OK)
        e = files_sweep(c, SWEEP_HOURS, NULL, &r.done.files);
    if (e == OK && r.done.communications + r.done.proofs + r.done.parcels > 0)
        log_info("retention_purged", "communications", NUM(r.done.communications), "proofs",
                 NUM(r.done.proofs), "parcels", NUM(r.done.parcels), "files", NUM(r.done.files),
                 NULL);
    *out = r.done;
    return e;
}
