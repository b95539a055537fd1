/* Plans of retention: what would go, in the reader's words and table by table, and its token. */
#include "proof/plan.h"

#include "base/json.h"
#include "db/db.h"
#include "proof/plan.sql.h"
#include "proof/token.h"

#include <string.h>

/* ---- shapes ---- */

static const char *const clocks[] = { "content", "person", "both", "proof", NULL };

#define PART                                                                                       \
    { "what", SHAPE_TEXT, .help = "As people call it.", .example = "Names and addresses" },        \
        { "clock", SHAPE_CHOICE, .help = "That takes it; both: whichever ends first.",             \
          .values = clocks },                                                                      \
        { "deletes", SHAPE_BOOL, .help = "False: its policy only plans." },                        \
        { "rows", SHAPE_COUNT, .help = "Rows, or files." },                                        \
    {                                                                                              \
        "bytes", SHAPE_COUNT, .help = "In those columns, or files."                                \
    }

static const struct member part_members[] = { PART, { .name = NULL } };
const struct shape plan_part_shape = { "RetentionPart", "What of it would go.", part_members };

static const struct member table_members[] = {
    { "store", SHAPE_TEXT, .help = "What of it.", .example = "communication_events" },
    { "relation", SHAPE_TEXT, .help = "Table or partition." },
    PART,
    { .name = NULL },
};
const struct shape plan_table_shape = { "RetentionTable", "What would go of a table.",
                                        table_members };

#define FIGURES                                                                                    \
    { "messages", SHAPE_COUNT, .help = "Of which something goes." },                               \
        { "content", SHAPE_COUNT, .help = "Of these, those whose content goes." },                 \
        { "person", SHAPE_COUNT, .help = "Those whose personal data goes." },                      \
    {                                                                                              \
        "proof", SHAPE_COUNT, .help = "Messages beside these whose proof goes: all of them."       \
    }

static const struct member place_members[] = {
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "buildingName", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2020" },
    FIGURES,
    { .name = NULL },
};
const struct shape plan_place_shape = { "RetentionPlace", "What would go of a building and year.",
                                        place_members };

static const struct member keeping_members[] = {
    { "holdId", SHAPE_UUID, .help = "The hold." },
    { "scope", SHAPE_TEXT, .help = "Of what kind that is." },
    { "label", SHAPE_TEXT, .help = "What it is on." },
    { "reason", SHAPE_TEXT, .help = "Why." },
    { "owner", SHAPE_TEXT, .help = "Who answers for it." },
    { "messages", SHAPE_COUNT, .help = "That would be due, and it keeps." },
    { "orders", SHAPE_COUNT, .help = "The same." },
    { .name = NULL },
};
static const struct shape keeping_shape = { "RetentionKept", "What a legal hold keeps.",
                                            keeping_members };

static const struct member plan_members[] = {
    { "at", SHAPE_TIME, .help = "When: what is due later does not join." },
    FIGURES,
    { "planned", SHAPE_COUNT, .help = "That would go if their policy removed." },
    { "held", SHAPE_COUNT, .help = "That legal holds keep." },
    { "parcels", SHAPE_COUNT, .help = "Orders, and shipments of none, of which something goes." },
    { "parcelsPlanned", SHAPE_COUNT, .help = "That would go if their policy removed." },
    { "parcelsHeld", SHAPE_COUNT, .help = "Orders that legal holds keep." },
    { "rows", SHAPE_COUNT, .help = "That go, in all tables, and files." },
    { "bytes", SHAPE_COUNT, .help = "In them." },
    { "places", SHAPE_LIST, .help = "By building and year, at most 200.", .of = &plan_place_shape },
    { "holds", SHAPE_LIST, .help = "That keep something.", .of = &keeping_shape },
    { "parts", SHAPE_LIST, .help = "By what it is.", .of = &plan_part_shape },
    { "tables", SHAPE_LIST, .help = "By table and partition.", .of = &plan_table_shape },
    { "planToken", SHAPE_TEXT, .help = "To confirm it with, for ten minutes." },
    { .name = NULL },
};
const struct shape plan_shape = { "RetentionPlan", "What would go, before it goes.", plan_members };

/* ---- words ---- */

const char *store_words(const char *store)
{
    static const struct {
        const char *store, *words;
    } known[] = {
        { "communications, content", "Messages: subjects and amounts" },
        { "communications, person", "Messages: names and addresses" },
        { "communication_events", "Timelines: sentences and details" },
        { "communication_attempts", "Attempts: what providers said" },
        { "communication_attempts, person", "Attempts: addresses" },
        { "communication_audit_notes", "Notes" },
        { "note_mentions", "Notes: whom they name" },
        { "communication_attachments", "Attachments: names" },
        { "communication_tags", "Tags" },
        { "communications, proof", "Messages: what is left of them" },
        { "communication_events, proof", "Timelines: what is left of them" },
        { "communication_attempts, proof", "Attempts: what is left of them" },
        { "communication_audit_notes, proof", "Notes: what is left of them" },
        { "communication_attachments, proof", "Attachments: what is left of them" },
        { "communication_tags, proof", "Tags" },
        { "note_mentions, proof", "Notes: whom they name" },
        { "sink_messages, proof", "Outbox: what is left of it" },
        { "letters", "Letters" },
        { "print_pieces", "Letters: their places in print runs" },
        { "print_runs", "Print runs: their files" },
        { "print_runs, scan", "Print runs: posting lists that came back" },
        { "batch_omissions", "Runs: whom they left out" },
        { "bulk_items", "Bulk actions: their items" },
        { "communication_export_items", "Exports: their items" },
        { "suppressions", "Addresses that are kept back: the message behind it" },
        { "archives", "Bundles of what went" },
        { "archives, anew", "Bundles that are written anew without them" },
        { "sink_messages", "Outbox: recipients and subjects" },
        { "http_calls", "Calls to providers" },
        { "http_calls of notes", "Calls to providers about notes" },
        { "domain_events", "Our own records: sentences" },
        { "jobs", "Jobs: errors" },
        { "job_history", "Jobs: errors of done ones" },
        { "inbox", "Reports of providers about them" },
        { "inbox, bodies", "What providers posted: bodies" },
        { "inbox, keys", "What providers posted: the rest" },
        { "orders, content", "Orders: notes" },
        { "orders, person", "Orders: names and addresses" },
        { "customers", "Customers: names, addresses, phones" },
        { "customers by address", "Customers" },
        { "shipments", "Shipments: what carriers said last" },
        { "shipment_events", "Timelines of shipments: sentences and details" },
        { "customer_notifications", "What customers were told: errors" },
        { "delivery_reservations", "Deliveries: what carriers were asked and said" },
        { "delivery_reservations by address", "Deliveries: what carriers were asked and said" },
        { "delivery_failures", "Failures of deliveries: what carriers said" },
        { "delivery_failures by address", "Failures of deliveries: what carriers said" },
        { "shipment_acts", "What carriers were asked of shipments, and said" },
        { "thread_suggestions", "Conversations found for orders: subjects and addresses" },
        { "thread_suggestions by address", "Conversations found for orders" },
        { "carrier_codes", "Codes of carriers: examples" },
        { "http_calls of parcels", "Calls to carriers and conversations" },
        { "jobs of parcels", "Jobs of parcels: errors" },
        { "job_history of parcels", "Jobs of parcels: errors of done ones" },
        { "inbox of parcels", "What carriers posted about them" },
        { "imports", "Imported files" },
        { "files, attachments", "Files: attachments" },
        { "files, letters", "Files: letters" },
        { "files, mails", "Files: mails of the outbox" },
        { "files, notes", "Files: proofs of notes" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].store, store) == 0)
            return known[i].words;
    return store;
}

/* ---- the document ---- */

static const char *number(struct ctx *c, int64_t n)
{
    return arena_printf(c->arena, "%lld", (long long)n);
}

static const char *policy_text(struct ctx *c, const struct retention_policy *p)
{
    struct buf text = buf_in(c->arena);
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "hint", p->hint);
    json_set_int(o, "contentDays", p->content_days);
    json_set_int(o, "personDays", p->person_days);
    json_set_int(o, "proofDays", p->proof_days);
    json_set_bool(o, "delete", p->deletes);
    json_set_bool(o, "deleteProof", p->deletes_proof);
    json_write(&text, o);
    return text.p;
}

static void add_to(struct json_object *o, const char *key, struct json_object *from)
{
    int64_t sum =
        json_object_get_int64(json_get(o, key)) + json_object_get_int64(json_get(from, key));
    json_put(o, key, false, json_object_new_int64(sum));
}

static bool same(struct json_object *a, struct json_object *b)
{
    return strcmp(json_text(a, "what"), json_text(b, "what")) == 0 &&
           strcmp(json_text(a, "clock"), json_text(b, "clock")) == 0 &&
           json_object_get_boolean(json_get(a, "deletes")) ==
               json_object_get_boolean(json_get(b, "deletes"));
}

static struct json_object *part_of(struct json_object *parts, struct json_object *table)
{
    for (size_t i = 0; i < json_object_array_length(parts); i++)
        if (same(json_object_array_get_idx(parts, i), table))
            return json_object_array_get_idx(parts, i);
    struct json_object *part = json_object_new_object();
    json_set_text(part, "what", json_text(table, "what"));
    json_set_text(part, "clock", json_text(table, "clock"));
    json_set_bool(part, "deletes", json_object_get_boolean(json_get(table, "deletes")));
    json_object_array_add(parts, part);
    return part;
}

/* Tables with their words, the parts they make up, and the sums of what goes. */
static void add_tables(struct json_object *tables, struct json_object *to)
{
    struct json_object *parts = json_object_new_array();
    json_set_int(to, "rows", 0);
    json_set_int(to, "bytes", 0);
    for (size_t i = 0; i < json_object_array_length(tables); i++) {
        struct json_object *table = json_object_array_get_idx(tables, i);
        json_set_text(table, "what", store_words(json_text(table, "store")));
        struct json_object *part = part_of(parts, table);
        add_to(part, "rows", table);
        add_to(part, "bytes", table);
        if (json_object_get_boolean(json_get(table, "deletes"))) {
            add_to(to, "rows", table);
            add_to(to, "bytes", table);
        }
    }
    json_set(to, "parts", parts);
    json_set(to, "tables", json_object_get(tables));
}

struct plan {
    int64_t at_ms;
    const char *digest; /* of what goes */
    struct json_object *document;
};

static enum err plan_at(struct ctx *c, int64_t at_ms, const struct retention_policy *policy,
                        struct plan *out)
{
    PGresult *figures, *tables;
    const char *at = number(c, at_ms), *text = policy ? policy_text(c, policy) : NULL;
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, plan_figures, &figures, .at_ms = at, .policy = text);
    if (e == OK)
        e = db_query(c->db, c->arena, plan_tables, &tables, .at_ms = at, .policy = text);
    enum err sent = db_flush(c->db);
    if (e != OK || sent != OK)
        return e != OK ? e : sent;
    struct json_object *d = row_json(c->arena, figures, 0);
    add_tables(rows_json(c->arena, tables), d);
    *out = (struct plan){ at_ms, row_text(figures, 0, "_digest"), d };
    return OK;
}

/* What a token of it is bound to. */
static const char *bound(struct ctx *c, const struct plan *plan,
                         const struct retention_policy *policy)
{
    return arena_printf(c->arena, "%s|%s|%lld", policy ? policy_text(c, policy) : "now",
                        plan->digest,
                        (long long)json_object_get_int64(json_get(plan->document, "rows")));
}

enum err plan_document(struct ctx *c, const struct retention_policy *policy,
                       struct json_object **out)
{
    struct plan plan;
    enum err e = plan_at(c, c->app->now_ms(c->app), policy, &plan);
    if (e == OK)
        *out = plan.document;
    return e;
}

enum err plan_make(struct ctx *c, const struct retention_policy *policy, struct json_object **out)
{
    struct plan plan;
    enum err e = policy ? retention_check(c, policy) : OK;
    if (e == OK)
        e = plan_at(c, c->app->now_ms(c->app), policy, &plan);
    if (e != OK)
        return e;
    *out = plan.document;
    json_set_text(*out, "planToken", plan_token(c, plan.at_ms, bound(c, &plan, policy)));
    return OK;
}

static enum err confirm(struct ctx *c, const char *token, const struct retention_policy *policy,
                        struct plan *plan)
{
    int64_t at;
    enum err e = plan_token_time(c, token, &at);
    if (e == OK)
        e = plan_at(c, at, policy, plan);
    return e == OK ? plan_token_check(c, token, bound(c, plan, policy)) : e;
}

enum err plan_confirm(struct ctx *c, const char *token, int64_t *at_ms, struct json_object **out)
{
    struct plan plan;
    enum err e = confirm(c, token, NULL, &plan);
    if (e == OK) {
        *at_ms = plan.at_ms;
        *out = plan.document;
    }
    return e;
}

enum err plan_policy(struct ctx *c, const struct retention_policy *policy, const char *token,
                     struct json_object **out)
{
    struct plan plan;
    enum err e = retention_check(c, policy);
    if (e == OK && policy->deletes)
        e = confirm(c, token, policy, &plan);
    return e == OK ? retention_set(c, policy, out) : e;
}
