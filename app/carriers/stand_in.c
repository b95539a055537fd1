/* The carrier of a dry run: told what Shiprocket would be told, it answers as that does. */
#include "carriers/carrier.h"

#include "base/crypto.h"
#include "base/json.h"
#include "carriers/shiprocket_wire.h"
#include "carriers/stand_in.sql.h"
#include "db/db.h"
#include "http/http.h"

#include <inttypes.h>
#include <string.h>

#define FIRST_NUMBER 900000000
#define NUMBERS 99999999

struct done {
    bool created, assigned, picked_up, cancelled;
};

/* ---- the log ---- */

static enum err look(struct carrier_call *call, struct done *done, struct carrier_result *out)
{
    PGresult *r;
    struct ctx *c = call->c;
    *out = (struct carrier_result){ .sentence = "The call log cannot be read just now." };
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, stand_in_done, &r, .base = SHIPROCKET_URL,
                                        .entity = call->entity));
    if (e)
        return ERR_RETRY;
    *done = (struct done){ row_bool(r, 0, "created"), row_bool(r, 0, "assigned"),
                           row_bool(r, 0, "picked_up"), row_bool(r, 0, "cancelled") };
    *out = (struct carrier_result){ .found = false };
    return OK;
}

/* Keeps a call with its answer in the log, by which it is done. */
static enum err act(struct carrier_call *call, const char *path, struct json_object *body,
                    int status, struct json_object *answer, struct carrier_result *out)
{
    struct ctx *c = call->c;
    struct http_answer given;
    struct buf told = buf_in(c->arena), said = buf_in(c->arena);
    static const char *const headers[] = { "Content-Type: application/json", NULL };
    json_write(&told, body);
    if (answer)
        json_write(&said, answer);
    const struct http_call q = { .provider = "shiprocket",
                                 .method = "POST",
                                 .url = arena_printf(c->arena, SHIPROCKET_URL "%s", path),
                                 .headers = headers,
                                 .body = buf_str(&told),
                                 .job_id = call->job_id,
                                 .entity = call->entity };
    if (http_stand_in(c, &q, status, buf_str(&said), &given) == OK)
        return OK;
    *out = (struct carrier_result){ .sentence = "The call log cannot be written just now.",
                                    .unknown = true };
    return ERR_RETRY;
}

/* ---- answers in Shiprocket's shape ---- */

static struct json_object *new_object(struct carrier_call *call)
{
    return json_own(call->c->arena, json_object_new_object());
}

/* The same for the same call's parcel, whoever asks. */
static int64_t number_of(const struct carrier_call *call, const char *what)
{
    unsigned char digest[SHA256_SIZE];
    const char *text = arena_printf(call->c->arena, "%s %s", what, call->entity);
    sha256(text, strlen(text), digest);
    uint32_t n;
    memcpy(&n, digest, sizeof(n));
    return FIRST_NUMBER + n % NUMBERS;
}

static struct json_object *created(struct carrier_call *call)
{
    struct json_object *o = new_object(call);
    json_set_int(o, "order_id", number_of(call, "order"));
    json_set_int(o, "shipment_id", number_of(call, "shipment"));
    json_set_text(o, "status", "NEW");
    json_set_int(o, "status_code", 1);
    json_set_int(o, "onboarding_completed_now", 0);
    json_set(o, "awb_code", NULL);
    json_set(o, "courier_company_id", NULL);
    json_set(o, "courier_name", NULL);
    return o;
}

static struct json_object *assigned(struct carrier_call *call)
{
    struct json_object *o = new_object(call), *response = json_object_new_object();
    struct json_object *data = json_object_new_object();
    json_set_int(o, "awb_assign_status", 1);
    json_set_int(data, "courier_company_id", 1);
    json_set_text(data, "awb_code",
                  arena_printf(call->c->arena, "DRY%" PRId64, number_of(call, "awb")));
    json_set_int(data, "order_id", number_of(call, "order"));
    json_set_int(data, "shipment_id", number_of(call, "shipment"));
    json_set_int(data, "awb_code_status", 1);
    json_set_text(data, "courier_name", "Dry run courier");
    json_set(response, "data", data);
    json_set(o, "response", response);
    return o;
}

static struct json_object *picked_up(struct carrier_call *call, const struct parcel *p)
{
    struct json_object *o = new_object(call), *response = json_object_new_object();
    const char *day = json_text(p->request, "pickupOn");
    json_set_int(o, "pickup_status", 1);
    json_set_text(response, "pickup_scheduled_date",
                  day ? arena_printf(call->c->arena, "%s 09:00:00", day) : NULL);
    json_set_text(response, "pickup_token_number",
                  arena_printf(call->c->arena, "DRY-%" PRId64, number_of(call, "shipment")));
    json_set_int(response, "status", 3);
    json_set_text(response, "others", "{}");
    json_set_text(response, "data", "Pickup is confirmed in a dry run");
    json_set(o, "response", response);
    return o;
}

static enum err refuse(struct carrier_result *out, const char *code, const char *sentence)
{
    *out = (struct carrier_result){ .code = code, .sentence = sentence };
    return ERR_INVALID;
}

/* ---- the interface ---- */

static enum err create(struct carrier_call *call, const struct parcel *p,
                       struct carrier_result *out)
{
    struct done done;
    struct json_object *answer = created(call);
    enum err e = look(call, &done, out);
    if (e == OK && done.created)
        return refuse(out, "HTTP 422", "The order id has already been taken.");
    if (e == OK)
        e = act(call, "/orders/create/adhoc", shiprocket_create_body(call->c->arena, p), 200,
                answer, out);
    return e == OK ? shiprocket_created(answer, out) : e;
}

static enum err awb(struct carrier_call *call, const struct parcel *p,
                    const struct parcel_known *known, struct carrier_result *out)
{
    struct done done;
    struct json_object *answer = assigned(call);
    enum err e = look(call, &done, out);
    if (e == OK && done.assigned)
        return refuse(out, "HTTP 400", "The parcel has a number already.");
    if (e == OK)
        e = act(call, "/courier/assign/awb", shiprocket_awb_body(call->c->arena, p, known), 200,
                answer, out);
    return e == OK ? shiprocket_assigned(answer, out) : e;
}

static enum err pickup(struct carrier_call *call, const struct parcel *p,
                       const struct parcel_known *known, struct carrier_result *out)
{
    struct done done;
    struct json_object *answer = picked_up(call, p);
    enum err e = look(call, &done, out);
    if (e == OK && done.picked_up)
        return refuse(out, "HTTP 400", "A pickup is scheduled already.");
    if (e == OK)
        e = act(call, "/courier/generate/pickup", shiprocket_pickup_body(call->c->arena, p, known),
                200, answer, out);
    return e == OK ? shiprocket_picked_up(answer, out) : e;
}

static enum err cancel(struct carrier_call *call, const struct parcel_known *known,
                       struct carrier_result *out)
{
    struct done done;
    enum err e = look(call, &done, out);
    if (e || done.cancelled)
        return e;
    return act(call, "/orders/cancel", shiprocket_cancel_body(call->c->arena, known), 204, NULL,
               out);
}

static enum err find(struct carrier_call *call, const struct parcel *p, struct carrier_result *out)
{
    struct done done;
    (void)p;
    enum err e = look(call, &done, out);
    if (e == OK && !done.created)
        return ERR_NOT_FOUND;
    return e == OK ? shiprocket_created(created(call), out) : e;
}

static enum err state(struct carrier_call *call, const struct parcel *p,
                      const struct parcel_known *known, struct carrier_result *out)
{
    struct done done;
    struct carrier_result pickup_told = { .found = false };
    (void)known;
    enum err e = look(call, &done, out);
    if (e == OK && done.assigned)
        e = shiprocket_assigned(assigned(call), out);
    if (e == OK && done.picked_up) {
        e = shiprocket_picked_up(picked_up(call, p), &pickup_told);
        out->known.pickup_token = pickup_told.known.pickup_token;
        out->known.pickup_on = pickup_told.known.pickup_on;
        out->raw = pickup_told.raw;
    }
    return e;
}

const struct carrier carrier_stand_in = {
    .name = "shiprocket",
    .title = "Shiprocket",
    .can = CARRIER_CREATE | CARRIER_AWB | CARRIER_PICKUP | CARRIER_CANCEL,
    .create = create,
    .awb = awb,
    .pickup = pickup,
    .cancel = cancel,
    .find = find,
    .state = state,
};
