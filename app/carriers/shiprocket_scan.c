/* Reading Shiprocket's webhooks and its answers about parcels. */
#include "carriers/shiprocket_scan.h"

#include "base/json.h"
#include "carriers/shiprocket_status.h"
#include "carriers/when.h"

#include <stdlib.h>
#include <string.h>

#define INDIA 330 /* minutes east of UTC */
#define CARRIER "shiprocket"
#define SCANS_BESIDE 2 /* how the parcel stands, the estimate */

static const struct json_limits limits = { 12, 50000, (size_t)64 << 10 };

/* What stands beside the scans, by whatever names it has in the two. */
struct standing {
    struct json_object *raw;
    const char *words, *at; /* at: as Shiprocket writes it; may be NULL, as the words */
    const char *estimate, *courier;
    int id;       /* of a parcel's statuses; 0: it tells none */
    int order_id; /* of an order's, where it tells no other; 0: none, or by its words alone */
    bool is_return;
};

/* ---- values that may be null, absent, empty or of another type ---- */

/* A number, or one in a text; 0 of "NA". */
static int number_of(struct json_object *o, const char *key)
{
    char *end = NULL;
    const char *text = json_text_or_number(o, key);
    long n = text ? strtol(text, &end, 10) : 0;
    return text && !*end && n > 0 && n < 10000 ? (int)n : 0;
}

static size_t count(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static void set_time(struct arena *a, struct scan *s, const char *text)
{
    struct moment m;
    s->occurred_text = text;
    if (!moment_read(text, INDIA, &m))
        return;
    s->occurred_at = arena_strdup(a, m.at);
    s->at_ms = m.ms;
    s->no_time = m.no_time;
}

/* ---- scans ---- */

/* A parcel on its way back to the shop is not delivered to a customer there. */
static enum parcel_status facing(enum parcel_status s, bool is_return)
{
    return is_return && s == PARCEL_DELIVERED ? PARCEL_RETURNED : s;
}

static struct scan read_scan(struct arena *a, struct json_object *of, const struct standing *now)
{
    struct scan s = { .type = SCAN_SEEN, .grade = 'B', .order = -1, .raw = of };
    const char *number = json_text_or_number(of, "sr-status"),
               *date = json_text_or_number(of, "date");
    const char *label = json_text_or_number(of, "sr-status-label"),
               *code = json_text_or_number(of, "status");
    int id = number_of(of, "sr-status");
    s.words = json_text_or_number(of, "activity");
    s.location = json_text_or_number(of, "location");
    s.courier = now->courier;
    s.code = id ? number : code;
    s.milestone = label && strcmp(label, "NA") != 0 ? label : NULL;
    if (!s.words)
        s.words = s.milestone;
    s.status = facing(shiprocket_shipment_status(id, &s.category), now->is_return);
    s.unknown = id && !shiprocket_shipment_known(id);
    set_time(a, &s, date);
    const char *const all[] = { date, number, code, s.location,
                                json_text_or_number(of, "activity") };
    s.key = scan_key(a, "shiprocket:", all, sizeof(all) / sizeof(all[0]));
    return s;
}

/* The last of the scans that has one of the numbers; NULL: none has. */
static const struct scan *last_numbered(const struct scan *list, size_t n)
{
    for (size_t i = n; i-- > 0;)
        if (number_of(list[i].raw, "sr-status"))
            return &list[i];
    return NULL;
}

/* How the parcel stands, where its last scan does not say so. */
static bool read_standing(struct arena *a, const struct standing *now, const struct scan *list,
                          size_t n, struct scan *out)
{
    const struct scan *last = last_numbered(list, n);
    int id = now->id ? now->id : now->order_id;
    struct scan s = { .type = SCAN_SEEN, .grade = 'C', .order = -1, .raw = now->raw };
    if (!id && (last || !now->words || strcmp(now->words, "NA") == 0))
        return false;
    s.status =
        facing(now->id ? shiprocket_shipment_status(id, &s.category) : shiprocket_order_status(id),
               now->is_return);
    if (last && now->id &&
        (number_of(last->raw, "sr-status") == id ||
         (s.status != PARCEL_NOTHING && last->status == s.status)))
        return false;
    s.unknown = now->id ? !shiprocket_shipment_known(id) : !shiprocket_order_known(id);
    s.code = id ? arena_printf(a, "%s%d", now->id ? "" : "order ", id)
                : arena_printf(a, "order %s", now->words);
    s.words = now->words;
    s.sentence = arena_printf(a, "Shiprocket sums it up as number %d", id);
    s.courier = now->courier;
    set_time(a, &s, now->at);
    if (!s.occurred_at && n)
        set_time(a, &s, list[n - 1].occurred_text);
    const char *const all[] = { s.code, n ? list[n - 1].occurred_text : now->at };
    s.key = scan_key(a, "shiprocket.status:", all, 2);
    *out = s;
    return true;
}

static bool read_estimate(struct arena *a, const struct standing *now, struct scan *out)
{
    struct moment m;
    if (!now->estimate || !moment_read(now->estimate, INDIA, &m))
        return false;
    const char *text = now->estimate; /* "2026-03-04…" or "04 03 2026…" */
    const char *day = text[4] == '-' ? arena_strndup(a, text, 10)
                                     : arena_printf(a, "%.4s-%.2s-%.2s", text + 6, text + 3, text);
    *out = (struct scan){ .type = SCAN_ESTIMATE,
                          .status = PARCEL_NOTHING,
                          .grade = 'C',
                          .order = -1,
                          .raw = now->raw,
                          .expected_on = day,
                          .sentence = arena_printf(a, "Expected on %s", day),
                          .key = scan_key(a, "shiprocket.estimate:", &day, 1) };
    set_time(a, out, now->at);
    return true;
}

/* With its scans, which may come newest first, so that those that tie are turned round. */
static void read_scans(struct arena *a, struct json_object *list, bool newest_first,
                       const struct standing *now, struct parcel_news *out)
{
    size_t all = count(list), n = 0;
    out->scans = arena_zalloc(a, all + SCANS_BESIDE, sizeof(*out->scans));
    for (size_t i = 0; i < all; i++) {
        struct json_object *one = json_object_array_get_idx(list, newest_first ? all - 1 - i : i);
        if (json_object_is_type(one, json_type_object))
            out->scans[n++] = read_scan(a, one, now);
    }
    scans_sort(a, out->scans, n);
    n += read_standing(a, now, out->scans, n, &out->scans[n]);
    n += read_estimate(a, now, &out->scans[n]);
    out->n = n;
}

/* ---- a webhook ---- */

/* The body without its scans, which are kept one by one. */
static struct json_object *without_scans(struct arena *a, struct json_object *body)
{
    struct json_object *out = json_own(a, json_object_new_object());
    json_object_object_foreach(body, key, value)
    {
        if (strcmp(key, "scans") != 0)
            json_object_object_add(out, key, json_object_get(value));
    }
    return out;
}

enum err shiprocket_read(struct arena *a, struct str body, struct parcel_news *out,
                         const char **why)
{
    struct json_object *document;
    enum err e = json_parse(a, body, &limits, &document, why);
    if (e)
        return e;
    *out = (struct parcel_news){ .tracking_number =
                                     tracking_number_tidy(a, json_text_or_number(document, "awb")),
                                 .reference = json_text_or_number(document, "order_id"),
                                 .carrier = CARRIER };
    if (!out->tracking_number) {
        *why = "it names no parcel by its awb";
        return ERR_INVALID;
    }
    struct standing now = { .raw = without_scans(a, document),
                            .words = json_text_or_number(document, "shipment_status"),
                            .at = json_text_or_number(document, "current_timestamp"),
                            .estimate = json_text_or_number(document, "etd"),
                            .courier = json_text_or_number(document, "courier_name"),
                            .id = number_of(document, "shipment_status_id"),
                            .is_return = number_of(document, "is_return") == 1 };
    if (!now.id) {
        const char *words = json_text_or_number(document, "current_status");
        now.order_id = number_of(document, "current_status_id");
        now.words = words ? words : now.words;
    }
    read_scans(a, json_get(document, "scans"), false, &now, out);
    return OK;
}

/* ---- an answer ---- */

static bool read_tracking(struct arena *a, const char *awb, struct json_object *of,
                          struct parcel_news *out)
{
    struct json_object *data = json_get(of, "tracking_data");
    struct json_object *list = json_get(data, "shipment_track");
    struct json_object *track = count(list) ? json_object_array_get_idx(list, 0) : NULL;
    struct standing now = { .raw = track,
                            .words = json_text_or_number(track, "current_status"),
                            .estimate = json_text_or_number(data, "etd"),
                            .courier = json_text_or_number(track, "courier_name"),
                            .id = number_of(data, "shipment_status") };
    if (number_of(data, "track_status") != 1)
        return false;
    *out =
        (struct parcel_news){ .tracking_number = tracking_number_tidy(a, awb), .carrier = CARRIER };
    read_scans(a, json_get(data, "shipment_track_activities"), true, &now, out);
    return out->tracking_number && out->n;
}

void shiprocket_tracked(struct arena *a, struct json_object *answer, struct parcel_news **out,
                        size_t *n)
{
    size_t found = 0;
    *out = NULL;
    *n = 0;
    if (!answer)
        return;
    struct parcel_news *list =
        arena_zalloc(a, (size_t)json_object_object_length(answer) + 1, sizeof(*list));
    json_object_object_foreach(answer, awb, value) found +=
        read_tracking(a, awb, value, &list[found]);
    *out = list;
    *n = found;
}
