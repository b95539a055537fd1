/* How a team is told: the words of e-mails and Slack, the JSON of webhooks. */
#include "base/json.h"
#include "base/words.h"
#include "notify/team.h"
#include "ship/ship.h"

#include <string.h>

#define LINES_MOST 30

static const char *status_words(const char *status)
{
    enum parcel_status s;
    if (strcmp(status, TEAM_SILENT) == 0)
        return "no scan for longer than usual";
    return parcel_status_of(status, &s) ? parcel_status_words(s) : status;
}

static bool is_dry(struct json_object *change)
{
    return json_object_get_boolean(json_get(change, "dryRun"));
}

/* By the order's number, or else the parcel's own. */
static const char *name_of(struct arena *a, struct json_object *change)
{
    const char *order = json_text(change, "orderNumber");
    const char *number = json_text(change, "trackingNumber");
    return order    ? arena_printf(a, "Order %s", order)
           : number ? arena_printf(a, "Parcel %s", number)
                    : "A parcel without a number";
}

static struct json_object *first(const struct team_words *w)
{
    return json_object_array_get_idx(w->changes, 0);
}

const char *team_subject(struct arena *a, const struct team_words *w)
{
    size_t n = json_object_array_length(w->changes);
    if (w->test)
        return arena_printf(a, "Test of “%s”", w->rule);
    if (n != 1)
        return count_words(a, (long long)n, "change of parcels", "changes of parcels");
    return arena_printf(a, "%s%s: %s", is_dry(first(w)) ? "[Dry run] " : "", name_of(a, first(w)),
                        status_words(json_text(first(w), "status")));
}

/* "Order 10482 (Basel): out for delivery, was in transit. Die Post QX48, 12 May 10:04." */
static void put_line(struct buf *to, const struct team_words *w, struct json_object *change)
{
    struct arena *a = to->arena;
    const char *shop = json_text(change, "shop"), *number = json_text(change, "trackingNumber");
    const char *before = json_text(change, "statusBefore"), *when = json_text(change, "when");
    buf_printf(to, "%s%s", is_dry(change) ? "[Dry run] " : "", name_of(a, change));
    if (shop && *shop)
        buf_printf(to, " (%s)", shop);
    buf_printf(to, ": %s", status_words(json_text(change, "status")));
    if (before)
        buf_printf(to, ", was %s", status_words(before));
    buf_printf(to, ". %s%s%s", json_text(change, "carrier"), number ? " " : "",
               number ? number : "");
    if (when)
        buf_printf(to, ", %s", when);
    buf_printf(to, ".\n%s/shipments/%s\n", w->url, json_text(change, "shipmentId"));
}

const char *team_text(struct arena *a, const struct team_words *w)
{
    struct buf out = buf_in(a);
    size_t n = json_object_array_length(w->changes);
    if (w->test)
        buf_printf(&out,
                   "This is a test of the rule “%s” of %s: changes of parcels are told here.\n",
                   w->rule, w->tenant);
    for (size_t i = 0; i < n && i < LINES_MOST; i++)
        put_line(&out, w, json_object_array_get_idx(w->changes, i));
    if (n > LINES_MOST)
        buf_printf(&out, "And %zu more: %s/shipments\n", n - LINES_MOST, w->url);
    return out.p ? out.p : "";
}

struct str team_payload(struct arena *a, const struct team_words *w, const char *at)
{
    static const char *const members[] = { "shipmentId",   "orderNumber",    "shop",
                                           "carrier",      "trackingNumber", "status",
                                           "statusBefore", "occurredAt",     "dryRun" };
    struct json_object *d = json_own(a, json_object_new_object());
    struct json_object *data = json_object_new_object(), *list = json_object_new_array();
    struct buf out = buf_in(a);
    for (size_t i = 0; i < json_object_array_length(w->changes); i++) {
        struct json_object *one = json_object_new_object();
        struct json_object *change = json_object_array_get_idx(w->changes, i);
        for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++)
            json_set(one, members[k], json_object_get(json_get(change, members[k])));
        json_object_array_add(list, one);
    }
    json_set_text(d, "type", "shipment.status_changed");
    json_set_text(d, "timestamp", at);
    json_set_text(data, "rule", w->rule);
    json_set_bool(data, "test", w->test);
    json_set(data, "changes", list);
    json_set(d, "data", data);
    json_write(&out, d);
    return buf_str(&out);
}
