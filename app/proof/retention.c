/* Retention as documents: policies, what would go, what went. */
#include "proof/retention.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "proof/plan.h"
#include "proof/retention.sql.h"

#include <string.h>

/* ---- shapes ---- */

static const char *const run_kinds[] = { "retention", "erasure", "inbox", NULL };
static const char *const erasure_states[] = { "QUEUED", "DONE", "REFUSED", NULL };

static const struct member policy_members[] = {
    { "hint", SHAPE_TEXT,
      .help = "Which messages; `default`: all others; `inbox`: webhooks; `parcels`: "
              "orders and shipments.",
      .example = "statement" },
    { "contentDays", SHAPE_COUNT, .help = "Bodies, files, what providers said.", .example = "730" },
    { "personDays", SHAPE_COUNT, .help = "Names and addresses.", .example = "730" },
    { "proofDays", SHAPE_COUNT,
      .help =
          "Ids, kinds, times, grades, hashes: the least they are kept. Of `inbox` the keys, which "
          "go then; of messages they go where `deleteProof` says so.",
      .example = "3650" },
    { "delete", SHAPE_BOOL, .help = "Whether anything goes; else it is only planned." },
    { "deleteProof", SHAPE_BOOL,
      .help = "Whether proof goes, too, and with it all of a message but for its hashes." },
    { "updatedAt", SHAPE_TIME, .help = "Null where nobody set it.", .nullable = true },
    { "updatedByName", SHAPE_TEXT, .help = "By whom.", .nullable = true },
    { .name = NULL },
};
const struct shape policy_shape = { "RetentionPolicy", "How long things are kept.",
                                    policy_members };

static const struct member run_members[] = {
    { "id", SHAPE_UUID, .help = "The run." },
    { "kind", SHAPE_CHOICE, .help = "By a clock or on request.", .values = run_kinds },
    { "reason", SHAPE_TEXT, .help = "The policy, or the request." },
    { "at", SHAPE_TIME, .help = "When." },
    { "archiveId", SHAPE_UUID, .help = "The bundle made before.", .nullable = true },
    { "communications", SHAPE_COUNT,
      .help = "Whose words were taken out, or of layer `proof`: that went." },
    { "parcels", SHAPE_COUNT, .help = "The same of orders, and of shipments without one." },
    { "certificate", SHAPE_OBJECT, .help = "Stores and how many rows of each." },
    { .name = NULL },
};
static const struct shape run_shape = { "RetentionRun", "What was taken out.", run_members };

static const struct member retention_members[] = {
    { "policies", SHAPE_LIST, .help = "Set or built in.", .of = &policy_shape },
    { "places", SHAPE_LIST, .help = "What goes by building and year, at most 200.",
      .of = &plan_place_shape },
    { "parts", SHAPE_LIST, .help = "What would go.", .of = &plan_part_shape },
    { "plan", SHAPE_LIST, .help = "By table and partition.", .of = &plan_table_shape },
    { "due", SHAPE_COUNT, .help = "Communications of which something goes next night." },
    { "proof", SHAPE_COUNT, .help = "Communications whose proof goes next night, all of them." },
    { "planned", SHAPE_COUNT, .help = "That would, if their policy deleted." },
    { "held", SHAPE_COUNT, .help = "That a legal hold keeps." },
    { "parcels", SHAPE_COUNT, .help = "Orders, and shipments of none, that go next night." },
    { "parcelsPlanned", SHAPE_COUNT, .help = "That would, if their policy deleted." },
    { "parcelsHeld", SHAPE_COUNT, .help = "Orders that a legal hold keeps." },
    { "rows", SHAPE_COUNT, .help = "That go next night, in all tables, and files." },
    { "bytes", SHAPE_COUNT, .help = "In them." },
    { "removalId", SHAPE_UUID, .help = "Of a removal under way.", .nullable = true },
    { "runs", SHAPE_LIST, .help = "The last 50.", .of = &run_shape },
    { .name = NULL },
};
const struct shape retention_shape = { "Retention", "Policies, what would go, what went.",
                                       retention_members };

static const struct member erasure_members[] = {
    { "id", SHAPE_UUID, .help = "The request." },
    { "unitId", SHAPE_UUID, .help = "Null where it was by address.", .nullable = true },
    { "state", SHAPE_CHOICE, .values = erasure_states },
    { "error", SHAPE_TEXT, .help = "Why it was refused.", .nullable = true },
    { "askedByName", SHAPE_TEXT, .help = "By whom.", .nullable = true },
    { "askedAt", SHAPE_TIME, .help = "When." },
    { "doneAt", SHAPE_TIME, .help = "When it ended.", .nullable = true },
    { "certificate", SHAPE_OBJECT, .help = "Stores and counts, once it is done.",
      .nullable = true },
    { .name = NULL },
};
const struct shape erasure_shape = { "Erasure", "A request to forget one person.",
                                     erasure_members };

/* ---- documents ---- */

static enum err ask(struct ctx *c, PGresult **policies, PGresult **runs)
{
    db_batch(c->db);
    enum err e = db_run(c->db, c->arena, &sql_retention_policies_list, NULL, policies);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_retention_runs_list, NULL, runs);
    enum err sent = db_flush(c->db);
    return e != OK ? e : sent;
}

enum err retention_document(struct ctx *c, struct json_object **out)
{
    static const struct {
        const char *name, *of;
    } copied[] = { { "due", "messages" },
                   { "proof", "proof" },
                   { "planned", "planned" },
                   { "held", "held" },
                   { "rows", "rows" },
                   { "bytes", "bytes" },
                   { "places", "places" },
                   { "parts", "parts" },
                   { "plan", "tables" },
                   { "parcels", "parcels" },
                   { "parcelsPlanned", "parcelsPlanned" },
                   { "parcelsHeld", "parcelsHeld" } };
    PGresult *policies, *runs;
    struct json_object *plan;
    enum err e = ask(c, &policies, &runs);
    if (e == OK)
        e = plan_document(c, NULL, &plan);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "policies", json_object_get(rows_json(c->arena, policies)));
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
        json_put(d, copied[i].name, true, json_object_get(json_get(plan, copied[i].of)));
    json_set(d, "runs", json_object_get(rows_json(c->arena, runs)));
    *out = d;
    return removal_open(c, d);
}

static const char *days(struct ctx *c, long n)
{
    return arena_printf(c->arena, "%ld", n);
}

enum err retention_check(struct ctx *c, const struct retention_policy *p)
{
    if (strspn(p->hint, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(p->hint))
        return ctx_fault(c, "hint", "Small letters, digits, - and _ only.");
    if (p->proof_days < p->content_days || p->proof_days < p->person_days)
        return ctx_fault(c, "proofDays", "Proof is kept at least as long as what it proves.");
    if (p->deletes_proof && !p->deletes)
        return ctx_fault(c, "deleteProof",
                         "Proof goes only where what it proves does: remove what "
                         "is due as well.");
    if (p->deletes_proof && (strcmp(p->hint, "inbox") == 0 || strcmp(p->hint, "parcels") == 0))
        return ctx_fault(c, "deleteProof",
                         "Of messages only: that of parcels stays, and keys of "
                         "the inbox go by their days.");
    return OK;
}

enum err retention_set(struct ctx *c, const struct retention_policy *p, struct json_object **out)
{
    PGresult *before, *rows;
    enum err e = retention_check(c, p);
    if (e != OK)
        return e;
    e = db_query(c->db, c->arena, retention_policy_get, &before, .hint = p->hint);
    if (e == OK)
        e = db_query(c->db, c->arena, retention_policy_put, &rows, .hint = p->hint,
                     .content_days = days(c, p->content_days),
                     .person_days = days(c, p->person_days), .proof_days = days(c, p->proof_days),
                     .delete = p->deletes ? "t" : "f", .delete_proof = p->deletes_proof ? "t" : "f",
                     .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *out = row_json(c->arena, rows, 0);
    return audit_add(c, "retention.policy_set", "retention_policy", p->hint,
                     rows_count(before) ? row_json(c->arena, before, 0) : NULL, *out);
}
