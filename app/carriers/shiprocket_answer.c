/* What an answer of Shiprocket means: errors in their shapes, also inside of a 200; an order among
   those it lists. */
#include "carriers/shiprocket_wire.h"

#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define TOLD_MOST 300 /* characters of what Shiprocket says of an error */

static const struct json_limits limits = { 24, 200000, (size_t)64 << 10 };

static const struct meaning {
    int status;
    enum err e;
    bool unknown;
    const char *sentence;
} meanings[] = {
    { 401, ERR_DENIED, false, "Shiprocket refused the account's token." },
    { 403, ERR_DENIED, false, "Shiprocket does not let the account do this." },
    { 404, ERR_NOT_FOUND, false, "Shiprocket knows nothing of it." },
    { 408, ERR_RETRY, true, "Shiprocket took too long." },
    { 409, ERR_CONFLICT, false, "Shiprocket does not allow this as it stands there." },
    { 425, ERR_RETRY, false, "Shiprocket is not ready for this yet." },
    { 429, ERR_LIMITED, false, "Shiprocket asks to call more slowly." },
};

/* Of its fields those that have a name of ours. */
static const char *const fields[][2] = {
    { "billing_customer_name", "shipTo.name" },
    { "billing_address", "shipTo.street" },
    { "billing_pincode", "shipTo.postalCode" },
    { "billing_city", "shipTo.city" },
    { "billing_state", "shipTo.region" },
    { "billing_country", "shipTo.country" },
    { "billing_email", "customer.email" },
    { "billing_phone", "customer.phone" },
    { "order_items", "items" },
    { "sub_total", "totalMinor" },
    { "pickup_location", "pickupLocation" },
    { "pickup_date", "pickupOn" },
    { "courier_id", "courierId" },
    { "payment_method", "paymentMethod" },
    { "weight", "weightGrams" },
    { "length", "lengthMm" },
    { "breadth", "breadthMm" },
    { "height", "heightMm" },
};

static const char *field_of(const char *theirs)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strncmp(theirs, fields[i][0], strlen(fields[i][0])) == 0)
            return fields[i][1];
    return NULL;
}

static size_t count(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* ---- errors ---- */

static void add_words(struct buf *to, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    while (n && strchr(". \n", text[n - 1]))
        n--;
    if (n)
        buf_printf(to, "%s%.*s", to->n ? "; " : "", (int)n, text);
}

/* {message, errors: {field: [text]}} in one clause, *field the first that is ours; NULL: it says
   nothing. */
static const char *told(struct arena *a, struct json_object *body, const char **field)
{
    struct buf out = buf_in(a);
    struct json_object *errors = json_get(body, "errors");
    *field = NULL;
    add_words(&out, json_text(body, "message"));
    if (json_object_is_type(errors, json_type_object)) {
        json_object_object_foreach(errors, key, list)
        {
            if (!*field)
                *field = field_of(key);
            if (json_object_is_type(list, json_type_string))
                add_words(&out, json_object_get_string(list));
            for (size_t i = 0; i < count(list); i++)
                if (json_object_is_type(json_object_array_get_idx(list, i), json_type_string))
                    add_words(&out, json_object_get_string(json_object_array_get_idx(list, i)));
        }
    }
    for (size_t at = 0, n, characters = 0; at < out.n; at += n, characters++) {
        n = utf8_char(out.p + at, out.n - at);
        if (n == 0 || characters == TOLD_MOST)
            return arena_strndup(a, out.p, at);
    }
    return out.n ? out.p : NULL;
}

/* A status inside of the body; 0: it has none that is an error. */
static int inner_status(struct json_object *body)
{
    static const char *const keys[] = { "status_code", "status" };
    for (size_t i = 0; i < 2; i++) {
        struct json_object *value = json_get(body, keys[i]);
        int n = json_object_is_type(value, json_type_int) ? json_object_get_int(value) : 0;
        if (n >= 400 && n < 600)
            return n;
    }
    return 0;
}

static enum err unreadable(struct carrier_result *out)
{
    out->sentence = "Shiprocket gave an answer that cannot be read.";
    out->unknown = true;
    return ERR_RETRY;
}

static enum err refused(struct arena *a, int status, struct json_object *body,
                        struct carrier_result *out)
{
    const struct meaning *m = NULL;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].status == status)
            m = &meanings[i];
    if (status >= 500) {
        out->sentence = "Shiprocket has a fault just now.";
        out->unknown = true;
        return ERR_RETRY;
    }
    if (!body && (!m || m->e == ERR_NOT_FOUND)) {
        out->sentence = "What answers at the account's endpoint is not Shiprocket.";
        return ERR_RETRY;
    }
    const char *sentence = m ? m->sentence : "Shiprocket refused it.";
    const char *words = told(a, body, &out->field);
    out->unknown = m && m->unknown;
    out->sentence =
        words ? arena_printf(a, "%.*s: %s.", (int)strlen(sentence) - 1, sentence, words) : sentence;
    return m ? m->e : ERR_INVALID;
}

enum err shiprocket_judge(struct arena *a, const struct http_answer *answer,
                          struct json_object **body, struct carrier_result *out)
{
    const char *why;
    int status = answer->status;
    bool good = status >= 200 && status < 300;
    if (answer->cut || json_parse(a, answer->body, &limits, body, &why) ||
        !json_object_is_type(*body, json_type_object))
        *body = NULL;
    out->raw = *body;
    out->retry_after = answer->retry_after;
    if (status == 204)
        return OK;
    int inside = good && *body ? inner_status(*body) : 0;
    if (good && !inside)
        return *body ? OK : unreadable(out);
    out->code = inside ? arena_printf(a, "HTTP %d, %d inside", status, inside)
                       : arena_printf(a, "HTTP %d", status);
    return inside         ? refused(a, inside, *body, out)
           : status < 400 ? unreadable(out)
                          : refused(a, status, *body, out);
}

/* ---- orders that it lists ---- */

/* An order has one parcel: an object, or a list of one. */
static struct json_object *parcel_in(struct json_object *order)
{
    struct json_object *all = json_get(order, "shipments");
    return json_object_is_type(all, json_type_array)
               ? (count(all) ? json_object_array_get_idx(all, 0) : NULL)
               : all;
}

static void learn(struct json_object *order, struct carrier_result *out)
{
    struct json_object *parcel = parcel_in(order);
    struct parcel_known *k = &out->known;
    k->order_id = json_text_or_number(order, "id");
    k->shipment_id = json_text_or_number(parcel, "id");
    if (!k->shipment_id)
        k->shipment_id = json_text_or_number(order, "shipment_id"); /* of a return */
    k->tracking_number = json_text_or_number(parcel, "awb");
    if (!k->tracking_number)
        k->tracking_number = json_text_or_number(json_get(order, "awb_data"), "awb");
    k->courier_name = json_text_or_number(parcel, "courier");
    k->pickup_token = json_text_or_number(parcel, "pickup_token_number");
    k->pickup_on = json_text_or_number(parcel, "pickup_scheduled_date");
    out->cancelled = shiprocket_order_status(json_object_get_int(json_get(order, "status_code"))) ==
                     PARCEL_CANCELLED;
    out->raw = order;
}

static bool is_reference(struct json_object *order, const char *our_ref)
{
    const char *ref = json_text(order, "channel_order_id");
    return ref && strcmp(ref, our_ref) == 0;
}

enum err shiprocket_listed(struct json_object *body, const char *our_ref,
                           struct carrier_result *out, bool *more)
{
    struct json_object *list = json_get(body, "data");
    struct json_object *pages = json_get(json_get(body, "meta"), "pagination");
    *more = pages ? json_object_get_int(json_get(pages, "current_page")) <
                        json_object_get_int(json_get(pages, "total_pages"))
                  : count(list) >= SHIPROCKET_PAGE;
    if (!json_object_is_type(list, json_type_array))
        return unreadable(out);
    for (size_t i = 0; i < count(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (!is_reference(one, our_ref))
            continue;
        learn(one, out);
        return out->known.order_id && out->known.shipment_id ? OK : unreadable(out);
    }
    out->raw = NULL;
    return ERR_NOT_FOUND;
}

enum err shiprocket_shown(struct json_object *body, struct carrier_result *out)
{
    struct json_object *order = json_get(body, "data");
    if (!json_object_is_type(order, json_type_object) || !json_text_or_number(order, "id"))
        return unreadable(out);
    learn(order, out);
    return OK;
}
