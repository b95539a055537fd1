/* The storage of deliveries in Postgres. */
#include "access/access.h"
#include "base/json.h"
#include "carriers/scan.h"
#include "db/db.h"
#include "ship/delivery.h"
#include "ship/delivery_storage.sql.h"
#include "ship/ship.h"
#include "ship/shipment.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *key;
    size_t offset;
} known_keys[] = {
    { "orderId", offsetof(struct parcel_known, order_id) },
    { "shipmentId", offsetof(struct parcel_known, shipment_id) },
    { "trackingNumber", offsetof(struct parcel_known, tracking_number) },
    { "courierName", offsetof(struct parcel_known, courier_name) },
    { "pickupToken", offsetof(struct parcel_known, pickup_token) },
    { "pickupOn", offsetof(struct parcel_known, pickup_on) },
};

#define KNOWN (sizeof(known_keys) / sizeof(known_keys[0]))

static const char **known_at(struct parcel_known *known, size_t i)
{
    return (const char **)(void *)((char *)known + known_keys[i].offset);
}

static int index_of(const char *const *names, const char *name)
{
    int i = 0;
    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static void read_row(struct ctx *c, const PGresult *row, struct reservation *out)
{
    struct json_object *o = row_json(c->arena, row, 0), *known = json_get(o, "known");
    *out = (struct reservation){
        .id = row_text(row, 0, "id"),
        .order_id = row_text(row, 0, "order_id"),
        .purchase_order_id = row_text(row, 0, "purchase_order_id"),
        .carrier = row_text(row, 0, "carrier"),
        .account_id = row_text(row, 0, "account_id"),
        .our_ref = row_text(row, 0, "our_ref"),
        .parcel = (int)row_int(row, 0, "parcel"),
        .dry_run = row_bool(row, 0, "dry_run"),
        .asked = json_get(o, "asked"),
        .request = json_get(o, "request"),
        .state = (enum run_state)index_of(run_state_names, row_text(row, 0, "state")),
        .step = (enum run_step)index_of(run_step_names, row_text(row, 0, "step")),
        .begun_ms = row_int(row, 0, "begun_ms"),
        .tries = (int)row_int(row, 0, "tries"),
        .looks = (int)row_int(row, 0, "looks"),
        .cancelling = row_bool(row, 0, "cancelling"),
        .results = json_get(o, "results"),
        .fence = row_int(row, 0, "fence"),
        .shipment_id = row_text(row, 0, "shipment_id"),
    };
    for (size_t i = 0; i < KNOWN; i++)
        *known_at(&out->known, i) = json_text(known, known_keys[i].key);
}

static const char *known_text(struct ctx *c, struct reservation *r)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < KNOWN; i++)
        if (*known_at(&r->known, i))
            json_object_object_add(o, known_keys[i].key, json_text_new(*known_at(&r->known, i)));
    return json_compact(c->arena, o);
}

/* ---- reserve and get ---- */

static enum err pg_reserve(void *of, struct ctx *c, const struct reservation *wanted,
                           struct reservation *out)
{
    PGresult *row;
    const char *parcel = arena_printf(c->arena, "%d", wanted->parcel);
    (void)of;
    enum err e =
        db_query(c->db, c->arena, reservation_add, &row, .id = wanted->id,
                 .order_id = wanted->order_id, .parcel = parcel,
                 .purchase_order_id = wanted->purchase_order_id, .carrier = wanted->carrier,
                 .account_id = wanted->account_id, .dry_run = wanted->dry_run ? "t" : "f",
                 .our_ref = wanted->our_ref, .asked = json_compact(c->arena, wanted->asked),
                 .request = json_compact(c->arena, wanted->request),
                 .actor_name = c->actor.name ? c->actor.name : "");
    if (e)
        return e;
    bool ours = rows_count(row) > 0;
    if (ours)
        e = db_query(c->db, c->arena, reservation_order_follows, NULL, .reserved = "t",
                     .order_id = wanted->order_id);
    if (e == OK)
        e = db_query(c->db, c->arena, reservation_get, &row, .order_id = wanted->order_id,
                     .parcel = parcel);
    if (e == OK && rows_count(row) == 0)
        return ERR_RETRY; /* cancelled between the two statements */
    if (e)
        return e;
    read_row(c, row, out);
    return ours ? OK : ERR_CONFLICT;
}

static enum err pg_get(void *of, struct ctx *c, const char *id, struct reservation *out)
{
    PGresult *row;
    bool own = !db_in_transaction(c->db);
    (void)of;
    if (own)
        db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, reservation_get, &row, .id = id);
    if (own)
        e = db_end(c->db, e);
    if (e == OK && rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        read_row(c, row, out);
    return e;
}

/* ---- save ---- */

/* Nobody has written since; nor does anybody until the commit. */
static enum err hold(struct ctx *c, const struct reservation *r)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, reservation_hold, &row, .id = r->id,
                          .fence = arena_printf(c->arena, "%" PRId64, r->fence));
    return e == OK && rows_count(row) == 0 ? ERR_CONFLICT : e;
}

static enum err write_row(struct ctx *c, struct reservation *r, const char *shipment_id)
{
    PGresult *row;
    enum err e =
        db_query(c->db, c->arena, reservation_save, &row, .id = r->id,
                 .fence = arena_printf(c->arena, "%" PRId64, r->fence),
                 .state = run_state_names[r->state], .step = run_step_names[r->step],
                 .begun_ms = arena_printf(c->arena, "%" PRId64, r->begun_ms),
                 .tries = arena_printf(c->arena, "%d", r->tries),
                 .looks = arena_printf(c->arena, "%d", r->looks),
                 .cancelling = r->cancelling ? "t" : "f", .known = known_text(c, r),
                 .results = json_compact(c->arena, r->results), .shipment_id = shipment_id);
    return e == OK && rows_count(row) == 0 ? ERR_CONFLICT : e;
}

static struct json_object *answer_detail(struct ctx *c, const struct reservation *r,
                                         const char *step)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "ourRef", r->our_ref);
    json_set_bool(d, "dryRun", r->dry_run);
    json_set(d, "raw", json_object_get(json_get(r->results, step)));
    return d;
}

/* What the carrier has done, told to the timeline. */
static enum err tell_timeline(struct ctx *c, const struct reservation *r, const char *id)
{
    struct shipment_event list[3];
    size_t n = 0;
    const char *title = carrier_title(r->carrier), *mark = r->dry_run ? " (dry run)" : "";
    const struct parcel_known *k = &r->known;
    list[n++] = (struct shipment_event){ .type = "CARRIER_ACTION",
                                         .source = "worker",
                                         .claim = PARCEL_NOTHING,
                                         .sentence = arena_printf(
                                             c->arena, "%s took the parcel on as %s%s.", title,
                                             k->order_id ? k->order_id : r->our_ref, mark),
                                         .detail = answer_detail(c, r, "create"),
                                         .dedupe_key = "delivery.create" };
    if (k->tracking_number)
        list[n++] = (struct shipment_event){ .type = "AWB_ASSIGNED",
                                             .source = "carrier",
                                             .grade = 'B',
                                             .claim = PARCEL_INFO_RECEIVED,
                                             .sentence = arena_printf(
                                                 c->arena, "%s gave it the number %s%s.",
                                                 k->courier_name ? k->courier_name : title,
                                                 k->tracking_number, mark),
                                             .detail = answer_detail(c, r, "awb"),
                                             .dedupe_key = "delivery.awb" };
    if (k->pickup_token || k->pickup_on)
        list[n++] = (struct shipment_event){
            .type = "PICKUP_SCHEDULED",
            .source = "carrier",
            .grade = 'B',
            .claim = PARCEL_NOTHING,
            .sentence = k->pickup_on ? arena_printf(c->arena, "It is picked up on %.10s%s.",
                                                    k->pickup_on, mark)
                                     : arena_printf(c->arena, "A pickup is scheduled%s.", mark),
            .detail = answer_detail(c, r, "pickup"),
            .dedupe_key = "delivery.pickup"
        };
    return shipment_append(c, id, list, n, false, NULL, NULL);
}

static enum err make_shipment(struct ctx *c, const struct reservation *r, const char **id)
{
    const struct shipment_new n = { .purchase_order_id = r->purchase_order_id,
                                    .carrier = r->carrier,
                                    .carrier_name = carrier_title(r->carrier),
                                    .service = r->known.courier_name,
                                    .tracking_number = r->known.tracking_number,
                                    .dry_run = r->dry_run };
    enum err e = shipment_add(c, &n, id);
    if (e == OK && r->account_id)
        e = db_query(c->db, c->arena, reservation_parcel, NULL, .shipment_id = *id,
                     .account_id = r->account_id, .our_ref = r->our_ref,
                     .carrier_order_id = r->known.order_id,
                     .carrier_shipment_id = r->known.shipment_id);
    if (e == OK)
        e = tell_timeline(c, r, *id);
    return e == ERR_CONFLICT ? ERR_INVALID : e;
}

static enum err tell_audit(struct ctx *c, const struct reservation *r, const char *shipment_id)
{
    static const char *const actions[] = { [RUN_FAILED] = "delivery.failed",
                                           [RUN_SAVED] = "delivery.saved",
                                           [RUN_CANCELLED] = "delivery.cancelled" };
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "orderId", r->order_id);
    json_set_text(after, "step", run_step_names[r->step]);
    json_set_bool(after, "dryRun", r->dry_run);
    if (shipment_id)
        json_set_text(after, "shipmentId", shipment_id);
    if (r->why && r->why->said->sentence)
        json_set_text(after, "error", r->why->said->sentence);
    return audit_add(c, actions[r->state], "delivery", r->id, NULL, after);
}

static enum err write_all(struct job *job, struct ctx *c, struct reservation *r,
                          const char **shipment)
{
    const bool ends = r->state >= RUN_FAILED;
    enum err e = ends ? hold(c, r) : OK;
    if (e == OK) /* before the audit trail, which who resolves one takes after it, too */
        e = failure_keep(c, r);
    if (e == OK && r->state == RUN_SAVED)
        e = make_shipment(c, r, shipment);
    if (e == OK)
        e = write_row(c, r, *shipment);
    if (e == OK && r->state == RUN_CANCELLED)
        e = db_query(c->db, c->arena, reservation_order_follows, NULL, .reserved = "f",
                     .order_id = r->order_id);
    if (e == OK && ends && job)
        e = job_done(job);
    return e == OK && ends ? tell_audit(c, r, *shipment) : e;
}

static enum err pg_save(void *of, struct ctx *c, struct reservation *r)
{
    const char *shipment = r->shipment_id;
    struct job *job = of;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, write_all(job, c, r, &shipment));
    if (job && e)
        job->ended = false;
    if (e)
        return e;
    r->fence++;
    r->shipment_id = shipment;
    return OK;
}

struct delivery_storage delivery_storage_pg(struct job *job)
{
    return (struct delivery_storage){
        .of = job, .reserve = pg_reserve, .get = pg_get, .save = pg_save
    };
}
