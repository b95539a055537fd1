/* What Shiprocket is asked for beside deliveries: documents, couriers, returns, answers to parcels
   that were not delivered. */
#include "base/json.h"
#include "carriers/shiprocket_call.h"
#include "carriers/shiprocket_wire.h"

#include <stdlib.h>
#include <string.h>

#define COURIERS_MOST 20
#define GRAMS_PER_KG 1000.0

const char *const shiprocket_return_settings[] = { "returnName",       "returnStreet",
                                                   "returnPostalCode", "returnCity",
                                                   "returnRegion",     "returnCountry",
                                                   "returnPhone",      NULL };

static struct json_object *new_object(struct carrier_call *call)
{
    return json_own(call->c->arena, json_object_new_object());
}

static enum err post(struct carrier_call *call, const char *path, struct json_object *body,
                     struct json_object **answer, struct carrier_result *out)
{
    const struct shiprocket_request q = { .method = "POST", .path = path, .body = body };
    return shiprocket_call(call, &q, answer, out);
}

static struct json_object *body_of(struct carrier_call *call, const char *key, const char *number)
{
    struct json_object *body = new_object(call), *list = json_object_new_array();
    json_object_array_add(list, json_object_new_int64(strtoll(number ? number : "", NULL, 10)));
    json_object_object_add(body, key, list);
    return body;
}

/* ---- documents ---- */

static enum err refuse(struct carrier_result *out, struct json_object *answer, const char *sentence)
{
    static const char *const keys[] = { "message", "response" };
    out->code = "not made";
    out->sentence = sentence;
    for (size_t i = 0; i < 2; i++)
        if (json_text(answer, keys[i]))
            out->sentence = json_text(answer, keys[i]);
    return ERR_INVALID;
}

static enum err made(struct json_object *answer, const char *key, const char *sentence,
                     struct carrier_result *out)
{
    out->file_url = json_text(answer, key);
    return out->file_url && *out->file_url ? OK : refuse(out, answer, sentence);
}

/* One that was made before is refused, and printed again by the order's number. */
static enum err manifest(struct carrier_call *call, const struct parcel_known *known,
                         struct carrier_result *out)
{
    struct json_object *answer;
    enum err e = post(call, "/manifests/generate", body_of(call, "shipment_id", known->shipment_id),
                      &answer, out);
    if (e == ERR_INVALID && json_get(answer, "already_manifested_shipment_ids"))
        e = post(call, "/manifests/print", body_of(call, "order_ids", known->order_id), &answer,
                 out);
    return e ? e : made(answer, "manifest_url", "Shiprocket made no manifest.", out);
}

enum err shiprocket_document(struct carrier_call *call, enum carrier_can which,
                             const struct parcel_known *known, struct carrier_result *out)
{
    struct json_object *answer;
    if (which == CARRIER_MANIFEST)
        return manifest(call, known, out);
    bool label = which == CARRIER_LABEL;
    enum err e = label ? post(call, "/courier/generate/label",
                              body_of(call, "shipment_id", known->shipment_id), &answer, out)
                       : post(call, "/orders/print/invoice", body_of(call, "ids", known->order_id),
                              &answer, out);
    if (e)
        return e;
    return made(answer, label ? "label_url" : "invoice_url",
                label ? "Shiprocket made no label." : "Shiprocket made no invoice.", out);
}

/* ---- couriers ---- */

static struct json_object *courier_of(struct json_object *theirs, const char *currency)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "courierId", json_text_or_number(theirs, "courier_company_id"));
    json_set_text(o, "courierName", json_text(theirs, "courier_name"));
    json_set_text(o, "rate", json_text_or_number(theirs, "rate"));
    json_set_text(o, "currency", currency);
    json_set_text(o, "days", json_text_or_number(theirs, "estimated_delivery_days"));
    return o;
}

static enum err couriers(struct carrier_call *call, struct json_object *answer,
                         struct carrier_result *out)
{
    struct json_object *all = json_get(json_get(answer, "data"), "available_courier_companies");
    struct json_object *list = json_object_new_array();
    const char *currency = json_text(answer, "currency");
    out->summary = new_object(call);
    json_set(out->summary, "couriers", list);
    if (!json_object_is_type(all, json_type_array)) {
        out->sentence = "Shiprocket gave an answer that cannot be read.";
        return ERR_RETRY;
    }
    for (size_t i = 0; i < json_object_array_length(all) && i < COURIERS_MOST; i++)
        json_object_array_add(
            list, courier_of(json_object_array_get_idx(all, i), currency ? currency : "INR"));
    return OK;
}

/* Only letters and digits go into the address. */
static const char *code_in(struct arena *a, const char *text)
{
    struct buf b = buf_in(a);
    for (const char *p = text ? text : ""; *p; p++)
        if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
            buf_putc(&b, *p);
    return b.n ? b.p : "";
}

enum err shiprocket_serviceability(struct carrier_call *call, const struct parcel *p,
                                   const char *pickup_postal_code, struct carrier_result *out)
{
    struct arena *a = call->c->arena;
    struct json_object *answer, *to = json_get(p->request, "recipient");
    const char *payment = json_text(p->request, "paymentMethod");
    int64_t grams = json_object_get_int64(json_get(p->request, "weightGrams"));
    const struct shiprocket_request q = {
        .method = "GET",
        .path = arena_printf(
            a,
            "/courier/serviceability/?pickup_postcode=%s&delivery_postcode=%s&cod=%d&weight=%.3f",
            code_in(a, pickup_postal_code), code_in(a, json_text(to, "postalCode")),
            payment && strcmp(payment, "cod") == 0, (double)grams / GRAMS_PER_KG),
    };
    enum err e = shiprocket_call(call, &q, &answer, out);
    if (e == ERR_NOT_FOUND) { /* inside of a 200: none carries it */
        out->summary = new_object(call);
        json_set(out->summary, "couriers", json_object_new_array());
        return OK;
    }
    return e ? e : couriers(call, answer, out);
}

/* ---- returns ---- */

/* From the recipient to the shop, whose address is the account's. */
enum err shiprocket_give_back(struct carrier_call *call, const struct parcel *p,
                              struct carrier_result *out)
{
    static const char *const keys[][3] = {
        { "shipping_customer_name", "returnName", "billing_customer_name" },
        { "shipping_address", "returnStreet", "billing_address" },
        { "shipping_pincode", "returnPostalCode", "billing_pincode" },
        { "shipping_city", "returnCity", "billing_city" },
        { "shipping_state", "returnRegion", "billing_state" },
        { "shipping_country", "returnCountry", "billing_country" },
        { "shipping_phone", "returnPhone", "billing_phone" },
        { NULL, NULL, "billing_email" },
    };
    static const char *const same[] = { "order_id", "order_date", "order_items", "sub_total",
                                        "length",   "breadth",    "height",      "weight" };
    struct arena *a = call->c->arena;
    struct json_object *there = shiprocket_create_body(a, p), *body = new_object(call), *answer;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        json_object_object_add(body, same[i], json_object_get(json_get(there, same[i])));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *from = arena_printf(a, "pickup_%s", keys[i][2] + strlen("billing_"));
        json_object_object_add(body, from, json_object_get(json_get(there, keys[i][2])));
        if (keys[i][0])
            json_object_object_add(body, keys[i][0],
                                   json_text_new(json_text(call->account->settings, keys[i][1])));
    }
    json_set_text(body, "payment_method", "PREPAID");
    enum err e = post(call, "/orders/create/return", body, &answer, out);
    return e ? e : shiprocket_created(answer, out);
}

/* ---- what was not delivered ---- */

enum err shiprocket_ndr(struct carrier_call *call, const struct parcel_known *known,
                        struct json_object *asked, struct carrier_result *out)
{
    static const char *const keys[][2] = { { "action", "action" },
                                           { "comments", "comments" },
                                           { "deferred_date", "deferredOn" } };
    struct arena *a = call->c->arena;
    struct json_object *body = new_object(call), *answer;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_text(asked, keys[i][1]))
            json_object_object_add(body, keys[i][0], json_text_new(json_text(asked, keys[i][1])));
    return post(call, arena_printf(a, "/ndr/%s/action", code_in(a, known->tracking_number)), body,
                &answer, out);
}
