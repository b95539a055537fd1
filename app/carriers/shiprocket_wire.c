/* The bodies that Shiprocket takes, and its answers. */
#include "carriers/shiprocket_wire.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define CITY_MOST 30
#define GRAMS_PER_KG 1000.0
#define MM_PER_CM 10.0
#define MINOR_PER_UNIT 100.0

static struct json_object *new_object(struct arena *a)
{
    return json_own(a, json_object_new_object());
}

static void put_number(struct json_object *to, const char *key, double n)
{
    json_object_object_add(to, key, json_object_new_double(n));
}

/* A member as text, "" where it is none. */
static const char *text_at(struct json_object *from, const char *key)
{
    const char *text = json_text(from, key);
    return text ? text : "";
}

static double measure(struct json_object *request, const char *key, double by)
{
    return (double)json_object_get_int64(json_get(request, key)) / by;
}

/* The first characters of a text, whole ones of UTF-8. */
static const char *head_of(struct arena *a, const char *text, size_t most)
{
    size_t n = 0, characters = 0;
    for (; text[n]; n++)
        if (((unsigned char)text[n] & 0xC0) != 0x80 && characters++ == most)
            break;
    return arena_strndup(a, text, n);
}

static struct json_object *items_of(struct json_object *request)
{
    struct json_object *list = json_object_new_array(), *items = json_get(request, "items");
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *one = json_object_array_get_idx(items, i);
        struct json_object *o = json_object_new_object();
        json_set_text(o, "name", text_at(one, "name"));
        json_set_text(o, "sku", *text_at(one, "sku") ? text_at(one, "sku") : text_at(one, "name"));
        json_set_int(o, "units", json_object_get_int64(json_get(one, "quantity")));
        put_number(o, "selling_price", measure(one, "unitMinor", MINOR_PER_UNIT));
        json_set_text(o, "hsn", text_at(one, "hsn"));
        json_object_array_add(list, o);
    }
    return list;
}

/* "2026-03-02 09:58" of "2026-03-02T09:58:11Z". */
static const char *minute_of(struct arena *a, const char *moment)
{
    size_t n = strlen(moment);
    char *text = arena_strndup(a, moment, n < 16 ? n : 16);
    if (n > 10)
        text[10] = ' ';
    return text;
}

struct json_object *shiprocket_create_body(struct arena *a, const struct parcel *p)
{
    static const char *const billing[][2] = {
        { "billing_customer_name", "name" }, { "billing_address", "street" },
        { "billing_pincode", "postalCode" }, { "billing_state", "region" },
        { "billing_country", "country" },    { "billing_email", "email" },
        { "billing_phone", "phone" },
    };
    struct json_object *body = new_object(a), *request = p->request;
    struct json_object *to = json_get(request, "recipient");
    const char *payment = text_at(request, "paymentMethod");
    json_set_text(body, "order_id", p->our_ref);
    json_set_text(body, "order_date", minute_of(a, text_at(request, "placedAt")));
    json_set_text(body, "pickup_location", text_at(request, "pickupLocation"));
    for (size_t i = 0; i < sizeof(billing) / sizeof(billing[0]); i++)
        json_object_object_add(body, billing[i][0], json_text_new(text_at(to, billing[i][1])));
    json_set_text(body, "billing_city", head_of(a, text_at(to, "city"), CITY_MOST));
    json_set_bool(body, "shipping_is_billing", true);
    json_set(body, "order_items", items_of(request));
    json_set_text(body, "payment_method", strcmp(payment, "cod") == 0 ? "COD" : "Prepaid");
    put_number(body, "sub_total", measure(request, "totalMinor", MINOR_PER_UNIT));
    put_number(body, "length", measure(request, "lengthMm", MM_PER_CM));
    put_number(body, "breadth", measure(request, "breadthMm", MM_PER_CM));
    put_number(body, "height", measure(request, "heightMm", MM_PER_CM));
    put_number(body, "weight", measure(request, "weightGrams", GRAMS_PER_KG));
    return body;
}

struct json_object *shiprocket_awb_body(struct arena *a, const struct parcel *p,
                                        const struct parcel_known *known)
{
    struct json_object *body = new_object(a);
    json_set_text(body, "shipment_id", known->shipment_id);
    if (*text_at(p->request, "courierId"))
        json_set_text(body, "courier_id", text_at(p->request, "courierId"));
    return body;
}

static struct json_object *one_number(const char *text)
{
    struct json_object *list = json_object_new_array();
    json_object_array_add(list, json_object_new_int64(strtoll(text ? text : "", NULL, 10)));
    return list;
}

struct json_object *shiprocket_pickup_body(struct arena *a, const struct parcel *p,
                                           const struct parcel_known *known)
{
    struct json_object *body = new_object(a);
    json_set(body, "shipment_id", one_number(known->shipment_id));
    if (*text_at(p->request, "pickupOn")) {
        struct json_object *days = json_object_new_array();
        json_object_array_add(days, json_text_new(text_at(p->request, "pickupOn")));
        json_set(body, "pickup_date", days);
    }
    return body;
}

struct json_object *shiprocket_cancel_body(struct arena *a, const struct parcel_known *known)
{
    struct json_object *body = new_object(a);
    json_set(body, "ids", one_number(known->order_id));
    return body;
}

/* ---- answers ---- */

static enum err none_of_theirs(struct carrier_result *out)
{
    out->sentence = "Shiprocket gave an answer that cannot be read.";
    out->unknown = true;
    return ERR_RETRY;
}

enum err shiprocket_created(struct json_object *answer, struct carrier_result *out)
{
    out->raw = answer;
    out->known.order_id = json_text_or_number(answer, "order_id");
    out->known.shipment_id = json_text_or_number(answer, "shipment_id");
    if (out->known.order_id && out->known.shipment_id)
        return OK;
    out->sentence = json_text_or_number(answer, "message");
    return out->sentence && !out->known.order_id ? ERR_INVALID : none_of_theirs(out);
}

enum err shiprocket_assigned(struct json_object *answer, struct carrier_result *out)
{
    struct json_object *done = json_get(answer, "awb_assign_status");
    struct json_object *data = json_get(json_get(answer, "response"), "data");
    out->raw = answer;
    if (!done)
        return none_of_theirs(out);
    if (json_object_get_int(done) != 1) {
        const char *said = json_text_or_number(answer, "message");
        const char *inside = json_text_or_number(data, "awb_assign_error");
        out->code = "awb_assign_status";
        out->sentence = said     ? said
                        : inside ? inside
                                 : "Shiprocket assigned no courier to the parcel.";
        return ERR_INVALID;
    }
    out->known.tracking_number = json_text_or_number(data, "awb_code");
    out->known.courier_name = json_text_or_number(data, "courier_name");
    return out->known.tracking_number ? OK : none_of_theirs(out);
}

enum err shiprocket_picked_up(struct json_object *answer, struct carrier_result *out)
{
    struct json_object *response = json_get(answer, "response");
    out->raw = answer;
    if (!json_get(answer, "pickup_status"))
        return none_of_theirs(out);
    if (json_object_get_int(json_get(answer, "pickup_status")) != 1) {
        out->code = "pickup_status";
        out->sentence = json_text_or_number(answer, "message");
        if (!out->sentence)
            out->sentence = "Shiprocket scheduled no pickup.";
        return ERR_INVALID;
    }
    out->known.pickup_token = json_text_or_number(response, "pickup_token_number");
    out->known.pickup_on = json_text_or_number(response, "pickup_scheduled_date");
    return out->known.pickup_token || out->known.pickup_on ? OK : none_of_theirs(out);
}
