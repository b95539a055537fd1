/* Asking carriers for something of a shipment: what may be asked, and what was. */
#include "ship/act.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "carriers/carrier.h"
#include "db/db.h"
#include "ship/act.sql.h"
#include "ship/ship.h"
#include "track/value.h"

#include <ctype.h>
#include <string.h>

#define POLL_SOON "3" /* seconds; while the carrier is being asked */
#define IN(s) (1u << PARCEL_##s)
#define BEFORE (IN(PENDING) | IN(INFO_RECEIVED))
#define NOT_CANCELLED (((1u << PARCEL_STATUS_COUNT) - 1) & ~IN(CANCELLED))

const char *const act_names[ACT_COUNT + 1] = {
    [ACT_LABEL] = "label",     [ACT_MANIFEST] = "manifest",
    [ACT_INVOICE] = "invoice", [ACT_PICKUP] = "pickup",
    [ACT_CANCEL] = "cancel",   [ACT_RETURN] = "return",
    [ACT_NDR] = "ndr",         [ACT_SERVICEABILITY] = "serviceability",
};

const char *const ndr_answers[] = { "re-attempt", "return", "fake-attempt", NULL };

/* What each needs of its carrier and of the shipment; `handed`: that it was handed over from here,
   as the carrier's own number of it is needed; `told`: that what the carrier was told of it is
   there. */
static const struct rule {
    unsigned can, statuses;
    bool handed, told;
    const char *why; /* in any other status */
} rules[ACT_COUNT] = {
    [ACT_LABEL] = { CARRIER_LABEL, NOT_CANCELLED, true, false, "It was cancelled." },
    [ACT_MANIFEST] = { CARRIER_MANIFEST, NOT_CANCELLED, true, false, "It was cancelled." },
    [ACT_INVOICE] = { CARRIER_INVOICE, NOT_CANCELLED, true, false, "It was cancelled." },
    [ACT_PICKUP] = { CARRIER_PICKUP, BEFORE, true, false,
                     "The carrier has it already, or it is over." },
    [ACT_CANCEL] = { CARRIER_CANCEL, BEFORE, true, false,
                     "It is on its way or over: the carrier takes it back no more." },
    [ACT_RETURN] = { CARRIER_RETURN, IN(DELIVERED), true, true,
                     "Only what was delivered is fetched from its recipient." },
    [ACT_NDR] = { CARRIER_NDR, IN(FAILED_ATTEMPT) | IN(EXCEPTION), false, false,
                  "Only of a parcel that could not be delivered is the carrier told what to do." },
    [ACT_SERVICEABILITY] = { CARRIER_SERVICEABILITY, BEFORE, true, true,
                             "The carrier has it already, or it is over." },
};

struct asking {
    struct ctx *c;
    const char *shipment_id;
    enum act act;
    const struct carrier *carrier;
    struct provider_account account;
    const PGresult *shipment;
};

/* ---- what may be asked ---- */

/* NULL: nothing of the shipment forbids it. */
static const char *refusal_of(struct ctx *c, const PGresult *s, const struct carrier *carrier,
                              enum act act)
{
    enum parcel_status status = PARCEL_PENDING;
    const struct rule *rule = &rules[act];
    const char *name = carrier_title(row_text(s, 0, "carrier"));
    (void)parcel_status_of(row_text(s, 0, "status"), &status);
    if (!carrier)
        return arena_printf(c->arena, "“%s” is no carrier that this server calls.", name);
    if (!(carrier->can & rule->can))
        return arena_printf(c->arena, "%s cannot be asked for this.", name);
    if (row_bool(s, 0, "dry_run"))
        return "It is a dry run: no carrier knows of it.";
    if (rule->handed && !row_bool(s, 0, "handed_over"))
        return arena_printf(
            c->arena, "It was not handed over from here: %s's number of it is not known.", name);
    if (!rule->handed && !row_text(s, 0, "tracking_number"))
        return "It has no tracking number.";
    if (rule->told && row_bool(s, 0, "forgotten"))
        return "Where it went is forgotten, as its retention has it.";
    return rule->statuses & 1u << status ? NULL : rule->why;
}

static enum err find_account(struct asking *a)
{
    struct ctx *c = a->c;
    const char *id = row_text(a->shipment, 0, "account_id");
    enum err e =
        id ? provider_get(c, id, &a->account) : provider_find(c, a->carrier->name, &a->account);
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return ctx_refuse(c, ERR_CONFLICT, "The account at %s is off.", a->carrier->title);
    return e;
}

/* A return goes to an address that the account has to have. */
static enum err check_return(struct asking *a)
{
    if (a->act != ACT_RETURN)
        return OK;
    for (const char *const *key = a->carrier->return_settings; *key; key++)
        if (!json_text(a->account.settings, *key))
            return ctx_refuse(a->c, ERR_CONFLICT,
                              "The account at %s lacks where returns go: its setting %s.",
                              a->carrier->title, *key);
    return OK;
}

static enum err read_asked(struct asking *a, const struct act_input *in, struct json_object **out)
{
    struct ctx *c = a->c;
    const char *pickup_on = NULL, *deferred_on = NULL, *from = in->pickup_postal_code;
    if (in->pickup_on && read_date(c->arena, str_of(in->pickup_on), &pickup_on))
        return ctx_fault(c, "pickupOn", "is not a day as 2026-05-12");
    if (in->deferred_on && read_date(c->arena, str_of(in->deferred_on), &deferred_on))
        return ctx_fault(c, "deferredOn", "is not a day as 2026-05-12");
    if (a->act == ACT_SERVICEABILITY && !from)
        from = json_text(a->account.settings, "pickupPostalCode");
    if (a->act == ACT_SERVICEABILITY && !from)
        return ctx_fault(c, "pickupPostalCode", "is needed, as the account has none");
    const struct {
        const char *key, *text;
    } texts[] = { { "action", in->action },
                  { "comments", in->comments },
                  { "deferredOn", deferred_on },
                  { "pickupOn", pickup_on },
                  { "pickupPostalCode", from } };
    *out = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].text)
            json_object_object_add(*out, texts[i].key, json_text_new(texts[i].text));
    return OK;
}

static enum err find_shipment(struct ctx *c, const char *id, PGresult **out)
{
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, act_shipment, out, .shipment_id = id);
    return e == OK && rows_count(*out) == 0 ? ERR_NOT_FOUND : e;
}

static enum err check(struct asking *a)
{
    PGresult *shipment;
    struct ctx *c = a->c;
    enum err e = find_shipment(c, a->shipment_id, &shipment);
    if (e)
        return e;
    a->shipment = shipment;
    a->carrier = carrier_of(row_text(shipment, 0, "carrier"), false);
    const char *why = refusal_of(c, shipment, a->carrier, a->act);
    if (why)
        return ctx_refuse(c, ERR_CONFLICT, "%s", why);
    e = find_account(a);
    return e ? e : check_return(a);
}

/* ---- asking ---- */

static enum err add_job(struct ctx *c, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "actId", id);
    const struct job_new n = { .kind = "ship.carrier_act", .args = args, .unique_key = id };
    return job_add(c, &n, NULL);
}

static enum err add(struct asking *a, struct json_object *asked, const char **id)
{
    PGresult *row;
    struct ctx *c = a->c;
    const char *act = act_names[a->act];
    enum err e =
        db_query(c->db, c->arena, act_add, &row, .shipment_id = a->shipment_id,
                 .account_id = a->account.id, .act = act, .asked = json_compact(c->arena, asked),
                 .looked_for = act_can_be_looked_for(a->act) ? "t" : "f",
                 .actor_name = c->actor.name ? c->actor.name : "");
    bool ours = e == OK && rows_count(row);
    if (e == OK && !ours)
        e = db_query(c->db, c->arena, act_waiting, &row, .shipment_id = a->shipment_id, .act = act);
    if (e == OK && rows_count(row) == 0)
        return ERR_RETRY; /* settled between the two statements */
    if (e)
        return e;
    *id = row_text(row, 0, "id");
    e = add_job(c, *id); /* of one that waits: where its job was given up */
    if (!ours)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "act", act);
    return e ? e : audit_add(c, "shipment.carrier_asked", "shipment", a->shipment_id, NULL, after);
}

enum err act_ask(struct ctx *c, const char *shipment_id, enum act act, const struct act_input *in,
                 const char **id)
{
    struct json_object *asked = NULL;
    struct asking a = { .c = c, .shipment_id = shipment_id, .act = act };
    enum err e = check(&a);
    if (e == OK)
        e = read_asked(&a, in, &asked);
    return e ? e : add(&a, asked, id);
}

/* ---- shown ---- */

static enum err list(struct ctx *c, const char *shipment_id, const char *id, PGresult **rows)
{
    return db_query(c->db, c->arena, act_list, rows, .shipment_id = shipment_id, .id = id);
}

enum err act_list(struct ctx *c, const char *shipment_id, struct json_object **out)
{
    PGresult *shipment, *rows;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    enum err e = find_shipment(c, shipment_id, &shipment);
    if (e == OK)
        e = list(c, shipment_id, NULL, &rows);
    if (e)
        return e;
    json_set(d, "acts", json_object_get(rows_json(c->arena, rows)));
    *out = d;
    return OK;
}

static enum err one(struct ctx *c, const char *shipment_id, const char *id, PGresult **row)
{
    if (!uuid_valid(shipment_id) || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = list(c, shipment_id, id, row);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

enum err act_get(struct ctx *c, const char *shipment_id, const char *id, struct json_object **out)
{
    PGresult *row;
    enum err e = one(c, shipment_id, id, &row);
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

enum err act_document(struct ctx *c, const char *shipment_id, const char *id,
                      struct act_document *out)
{
    PGresult *row;
    enum err e = one(c, shipment_id, id, &row);
    if (e)
        return e;
    const char *sha256 = row_text(row, 0, "_sha256"), *type = row_text(row, 0, "_contentType");
    const char *number = row_text(row, 0, "_number");
    if (!sha256)
        return ERR_NOT_FOUND;
    *out = (struct act_document){
        .sha256 = sha256,
        .content_type = type,
        .name = arena_printf(
            c->arena, "%s%s%s.%s", row_text(row, 0, "act"), number ? " " : "", number ? number : "",
            strcmp(type, "application/pdf") == 0 ? "pdf" : type + strlen("image/")),
    };
    return OK;
}

static const char *word_of(const char *act)
{
    static const char *const words[ACT_COUNT] = {
        [ACT_LABEL] = "Label",   [ACT_MANIFEST] = "Manifest",       [ACT_INVOICE] = "Invoice",
        [ACT_PICKUP] = "Pickup", [ACT_CANCEL] = "Taken back",       [ACT_RETURN] = "Return",
        [ACT_NDR] = "Answer",    [ACT_SERVICEABILITY] = "Couriers",
    };
    for (int i = 0; i < ACT_COUNT; i++)
        if (strcmp(act_names[i], act) == 0)
            return words[i];
    return act;
}

/* Whether it waits. */
static bool set_words(struct json_object *one)
{
    const char *state = json_text(one, "state");
    json_set_text(one, "word", word_of(json_text(one, "act")));
    bool waits = strcmp(state, "waiting") == 0;
    json_set_bool(one, "waits", waits);
    json_set_bool(one, "failed", strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0);
    return waits;
}

enum err act_put(struct ctx *c, struct json_object *shipment)
{
    PGresult *s, *rows;
    bool any = false, waits = false;
    const char *id = json_text(shipment, "shipmentId");
    enum err e = find_shipment(c, id, &s);
    if (e == OK)
        e = list(c, id, NULL, &rows);
    if (e)
        return e;
    struct json_object *acts = rows_json(c->arena, rows);
    const struct carrier *carrier = carrier_of(row_text(s, 0, "carrier"), false);
    for (size_t i = 0; i < json_object_array_length(acts); i++)
        waits |= set_words(json_object_array_get_idx(acts, i));
    if (waits)
        json_object_object_add(shipment, "poll", json_text_new(POLL_SOON));
    for (int act = 0; act < ACT_COUNT; act++) {
        bool may = !refusal_of(c, s, carrier, (enum act)act);
        char *key = arena_printf(c->arena, "ask%s", act_names[act]);
        key[3] = (char)toupper((unsigned char)key[3]);
        json_object_object_add(shipment, key, json_object_new_boolean(may));
        any |= may;
    }
    json_set_bool(shipment, "canAsk", any);
    json_set_bool(shipment, "anyActs", rows_count(rows) > 0);
    json_set(shipment, "acts", json_object_get(acts));
    return OK;
}

/* ---- shapes ---- */

static const char *const act_states[] = { "waiting", "done", "failed", "unknown", NULL };

static const struct member act_members[] = {
    { "actId", SHAPE_UUID, .help = "What was asked." },
    { "act", SHAPE_CHOICE, .values = act_names },
    { "state", SHAPE_CHOICE, .help = "waiting: the worker asks the carrier.",
      .values = act_states },
    { "sentence", SHAPE_TEXT, .help = "What came of it; empty while it waits." },
    { "code", SHAPE_TEXT, .help = "The carrier's, where it failed.", .example = "HTTP 422",
      .nullable = true },
    { "result", SHAPE_OBJECT,
      .help = "What the carrier told: couriers, the numbers of a return, the pickup." },
    { "askedAt", SHAPE_TIME, .help = "When it was asked for." },
    { "askedByName", SHAPE_TEXT, .example = "Vera Frei" },
    { "settledAt", SHAPE_TIME, .help = "When it no longer waited.", .nullable = true },
    { "document", SHAPE_LINK, .help = "Where the document is got.", .nullable = true },
    { .name = NULL },
};
const struct shape act_shape = { "ShipmentAct", "What a carrier was asked of a shipment.",
                                 act_members };
static const struct member act_list_members[] = {
    { "acts", SHAPE_LIST, .help = "At most 50, the newest first.", .of = &act_shape },
    { .name = NULL },
};
const struct shape act_list_shape = { "ShipmentActs", "What a carrier was asked of a shipment.",
                                      act_list_members };
