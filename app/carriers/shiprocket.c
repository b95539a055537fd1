/* Shiprocket (apidocs.shiprocket.in). It has no idempotency key, but takes an order's reference
   only once: whoever does not know what came of a call looks for that. */
#include "carriers/carrier.h"

#include "base/json.h"
#include "carriers/shiprocket_call.h"
#include "carriers/shiprocket_check.h"
#include "carriers/shiprocket_scan.h"
#include "carriers/shiprocket_wire.h"

#include <string.h>

#define PAGES_MOST 5

typedef enum err reader(struct json_object *answer, struct carrier_result *out);

static enum err post(struct carrier_call *call, const char *path, struct json_object *body,
                     reader *read, struct carrier_result *out)
{
    struct json_object *answer;
    const struct shiprocket_request q = { .method = "POST", .path = path, .body = body };
    enum err e = shiprocket_call(call, &q, &answer, out);
    if (e || !read)
        return e;
    return read(answer, out);
}

static enum err create(struct carrier_call *call, const struct parcel *p,
                       struct carrier_result *out)
{
    return post(call, "/orders/create/adhoc", shiprocket_create_body(call->c->arena, p),
                shiprocket_created, out);
}

static enum err awb(struct carrier_call *call, const struct parcel *p,
                    const struct parcel_known *known, struct carrier_result *out)
{
    return post(call, "/courier/assign/awb", shiprocket_awb_body(call->c->arena, p, known),
                shiprocket_assigned, out);
}

static enum err pickup(struct carrier_call *call, const struct parcel *p,
                       const struct parcel_known *known, struct carrier_result *out)
{
    return post(call, "/courier/generate/pickup", shiprocket_pickup_body(call->c->arena, p, known),
                shiprocket_picked_up, out);
}

/* ---- looking ---- */

/* A list that is not there tells of no order that it is not. */
static enum err page(struct carrier_call *call, const char *path, const char *our_ref, int n,
                     struct carrier_result *out, bool *more)
{
    struct json_object *answer;
    const struct shiprocket_request q = {
        .method = "GET",
        .path = arena_printf(call->c->arena, "%s?search=%s&per_page=%d&page=%d", path, our_ref,
                             SHIPROCKET_PAGE, n),
        .secret = true,
    };
    *more = false;
    enum err e = shiprocket_call(call, &q, &answer, out);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_RETRY : e;
    e = shiprocket_listed(answer, our_ref, out, more);
    out->unknown = false;
    return e;
}

static enum err find_in(struct carrier_call *call, const char *path, const char *our_ref,
                        struct carrier_result *out)
{
    bool more = true;
    enum err e = ERR_NOT_FOUND;
    for (int n = 1; e == ERR_NOT_FOUND && more && n <= PAGES_MOST; n++)
        e = page(call, path, our_ref, n, out, &more);
    if (e != ERR_NOT_FOUND || !more)
        return e;
    out->sentence = "Shiprocket lists more orders than are looked through for this one.";
    return ERR_RETRY;
}

static enum err find(struct carrier_call *call, const struct parcel *p, struct carrier_result *out)
{
    return find_in(call, "/orders", p->our_ref, out);
}

/* Returns are in a list of their own. */
static enum err find_return(struct carrier_call *call, const struct parcel *p,
                            struct carrier_result *out)
{
    enum err e = find_in(call, "/orders/processing/return", p->our_ref, out);
    return e == ERR_NOT_FOUND ? find(call, p, out) : e;
}

static enum err show(struct carrier_call *call, const struct parcel_known *known,
                     struct carrier_result *out)
{
    struct json_object *answer;
    const struct shiprocket_request q = {
        .method = "GET",
        .path = arena_printf(call->c->arena, "/orders/show/%s", known->order_id),
        .secret = true,
    };
    enum err e = shiprocket_call(call, &q, &answer, out);
    if (e)
        return e;
    e = shiprocket_shown(answer, out);
    out->unknown = false;
    return e;
}

static enum err state(struct carrier_call *call, const struct parcel *p,
                      const struct parcel_known *known, struct carrier_result *out)
{
    (void)p;
    return show(call, known, out);
}

/* ---- taking back ---- */

/* A refusal is none where it was cancelled before. */
static enum err cancel(struct carrier_call *call, const struct parcel_known *known,
                       struct carrier_result *out)
{
    struct carrier_result now;
    enum err e =
        post(call, "/orders/cancel", shiprocket_cancel_body(call->c->arena, known), NULL, out);
    if (e != ERR_INVALID && e != ERR_CONFLICT && e != ERR_NOT_FOUND)
        return e;
    enum err looked = show(call, known, &now);
    if (looked == OK && now.cancelled) {
        *out = now;
        out->found = true;
        return OK;
    }
    return e;
}

/* ---- scans ---- */

static enum err track(struct carrier_call *call, const char *const *numbers, size_t n,
                      struct parcel_news **news, size_t *found, struct carrier_result *out)
{
    struct arena *a = call->c->arena;
    struct json_object *body = json_own(a, json_object_new_object()), *answer;
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < n; i++)
        json_object_array_add(list, json_text_new(numbers[i]));
    json_set(body, "awbs", list);
    const struct shiprocket_request q = {
        .method = "POST", .path = "/courier/track/awbs", .body = body, .secret = true
    };
    enum err e = shiprocket_call(call, &q, &answer, out);
    out->unknown = false;
    if (e == OK)
        shiprocket_tracked(a, answer, news, found);
    return e;
}

const struct carrier carrier_shiprocket = {
    .name = "shiprocket",
    .title = "Shiprocket",
    .can = CARRIER_CREATE | CARRIER_AWB | CARRIER_PICKUP | CARRIER_CANCEL | CARRIER_TRACK |
           CARRIER_LABEL | CARRIER_MANIFEST | CARRIER_INVOICE | CARRIER_RETURN | CARRIER_NDR |
           CARRIER_SERVICEABILITY,
    .create = create,
    .awb = awb,
    .check = shiprocket_check,
    .pickup = pickup,
    .cancel = cancel,
    .find = find,
    .state = state,
    .track = track,
    .document = shiprocket_document,
    .serviceability = shiprocket_serviceability,
    .give_back = shiprocket_give_back,
    .find_return = find_return,
    .ndr = shiprocket_ndr,
    .return_settings = shiprocket_return_settings,
    .mapper = SHIPROCKET_MAPPER,
};
