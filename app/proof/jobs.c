/* What proof does by the clock: roots of days that ended, and the nightly verification. */
#include "jobs/jobs.h"

#include "base/json.h"
#include "base/log.h"
#include "proof/erasure.h"
#include "proof/plan.h"
#include "proof/proof.h"
#include "proof/retention.h"
#include "proof/roots.h"
#include "proof/roots.sql.h"
#include "proof/routes.h"
#include "proof/verify.h"
#include "proof/verify.sql.h"

enum { LEASE_SECONDS = 600 };

static enum err add(struct ctx *c, const char *kind)
{
    int64_t id;
    db_begin(c->db, c->tenant_id);
    enum err e = job_add(c, &(struct job_new){ .kind = kind, .unique_key = c->tenant_id }, &id);
    return db_end(c->db, e);
}

/* A job for each tenant, so that one's trouble is not another's. */
static enum err nightly(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_roots_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "id");
        e = add(c, "proof.daily_root");
    }
    return e;
}

static enum err daily_root(struct job *j)
{
    int made;
    enum err e = roots_make(&j->ctx, j, &made);
    if (e == OK && made)
        e = add(&j->ctx, "proof.retention");
    return e == OK && made ? add(&j->ctx, "proof.verify") : e;
}

static enum err retention(struct job *j)
{
    struct retention_done done;
    const char *removal = json_text(j->args, "removalId");
    if (removal)
        return removal_run(j, removal);
    return retention_run(&j->ctx, j, &done);
}

static enum err keep(struct ctx *c, const struct verification *v)
{
    struct buf finding = buf_in(c->arena);
    if (v->n)
        json_write(&finding, json_own(c->arena, finding_json(&v->findings[0])));
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, verify_kept, NULL,
                          .communications = arena_printf(c->arena, "%lld", v->communications),
                          .shipments = arena_printf(c->arena, "%lld", v->shipments),
                          .events = arena_printf(c->arena, "%lld", v->events),
                          .entries = arena_printf(c->arena, "%lld", v->entries),
                          .days = arena_printf(c->arena, "%lld", v->days),
                          .finding = v->n ? finding.p : NULL);
    return db_end(c->db, e);
}

static enum err verify(struct job *j)
{
    struct verification v;
    enum err e = proof_verify(&j->ctx, j, &v);
    if (e != OK)
        return e;
    for (int i = 0; i < v.n; i++)
        log_error("proof_broken", "kind", v.findings[i].kind, "finding", v.findings[i].sentence,
                  NULL);
    return keep(&j->ctx, &v);
}

static const struct job_kind jobs[] = {
    { .name = "proof.nightly",
      .queue = "house",
      .run = nightly,
      .doc = "Asks for the roots of days that ended, for each tenant" },
    { .name = "proof.daily_root",
      .queue = "proof",
      .lease_seconds = LEASE_SECONDS,
      .external = true,
      .run = daily_root,
      .doc = "Makes the root of each day that ended and has none" },
    { .name = "proof.verify",
      .queue = "proof",
      .lease_seconds = LEASE_SECONDS,
      .external = true,
      .run = verify,
      .doc = "Checks timelines, audit trail and roots against their hashes" },
    { .name = "proof.retention",
      .queue = "proof",
      .lease_seconds = LEASE_SECONDS,
      .external = true,
      .run = retention,
      .doc =
          "Archives and takes out what the policies say is to go, each night or when asked for" },
    { .name = "proof.erase",
      .queue = "proof",
      .lease_seconds = LEASE_SECONDS,
      .external = true,
      .run = erasure_run,
      .doc = "Forgets one person in every store" },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "proof.nightly", "proof.nightly", 3600, "every hour; days are rooted once" },
    { .name = NULL },
};

const struct domain proof_domain = {
    .name = "proof", .routes = proof_routes, .jobs = jobs, .schedules = schedules
};
