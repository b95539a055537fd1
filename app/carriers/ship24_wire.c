/* Reading Ship24: trackings, their events, what their shipments sum up, proofs of delivery. */
#include "carriers/ship24_wire.h"

#include "base/json.h"
#include "carriers/when.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define SCANS_BESIDE 2 /* the shipment's milestone, the estimate */

/* Several parcels with their whole histories may come in one body. */
static const struct json_limits limits = { 16, 200000, (size_t)64 << 10 };

/* ---- values that may be null, absent or of another type ---- */

static int order_of(struct json_object *event)
{
    char *end = NULL;
    const char *text = json_text_or_number(event, "order");
    long order = text ? strtol(text, &end, 10) : -1;
    return text && !*end && order >= 0 && order <= INT_MAX ? (int)order : -1;
}

static size_t count(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static struct json_object *at(struct json_object *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

/* ---- one tracking ---- */

struct tracking {
    struct arena *arena;
    struct json_object *of;
    int zone;
    struct moment said; /* when Ship24 wrote it; at "": it does not tell */
};

/* The event's own offset where its time has none; when it was told where it cannot be read. */
static void set_time(const struct tracking *t, struct json_object *event, struct scan *s)
{
    struct moment m;
    int zone = t->zone;
    bool told = zone_read(json_text_or_number(event, "utcOffset"), &zone);
    s->occurred_text = json_text_or_number(event, "occurrenceDatetime");
    bool good = moment_read(s->occurred_text, zone, &m);
    if (!good && !*t->said.at)
        return;
    s->occurred_at = arena_strdup(t->arena, good ? m.at : t->said.at);
    s->at_ms = good ? m.ms : t->said.ms;
    s->no_time = good && m.no_time;
    s->zone_assumed = good && m.no_zone && !told;
}

static const char *event_key(struct arena *a, struct json_object *event, const struct scan *s)
{
    const char *id = json_text_or_number(event, "eventId");
    if (id && strlen(id) <= 100)
        return arena_printf(a, "ship24:%s", id);
    const char *const all[] = {
        id, s->occurred_text, s->words, s->code, s->milestone, s->location
    };
    return scan_key(a, "ship24#", all, sizeof(all) / sizeof(all[0]));
}

/* Ship24 knows no parcel that is returned or cancelled: such a word would be another's. */
static enum parcel_status status_of(const char *milestone)
{
    enum parcel_status s = PARCEL_NOTHING;
    return parcel_status_of(milestone, &s) && s <= PARCEL_EXCEPTION ? s : PARCEL_NOTHING;
}

static struct scan read_event(const struct tracking *t, struct json_object *event)
{
    struct scan s = { .type = SCAN_SEEN, .grade = 'B', .raw = event };
    s.words = json_text_or_number(event, "status");
    s.code = json_text_or_number(event, "statusCode");
    s.category = json_text_or_number(event, "statusCategory");
    s.milestone = json_text_or_number(event, "statusMilestone");
    s.status = status_of(s.milestone);
    s.unknown = s.status == PARCEL_NOTHING && (s.milestone || s.code);
    s.location = json_text_or_number(event, "location");
    s.courier = json_text_or_number(event, "courierCode");
    s.order = order_of(event);
    set_time(t, event, &s);
    s.key = event_key(t->arena, event, &s);
    return s;
}

/* "inTransitDatetime" of "in_transit". */
static const char *since(const struct tracking *t, const char *milestone)
{
    struct buf key = buf_in(t->arena);
    for (const char *p = milestone; *p; p++) {
        bool next = *p == '_' && p[1];
        p += next;
        buf_putc(&key, (char)(next ? toupper((unsigned char)*p) : *p));
    }
    buf_puts(&key, "Datetime");
    return json_text_or_number(json_get(json_get(t->of, "statistics"), "timestamps"), key.p);
}

/* "in transit" of "in_transit". */
static const char *spoken(struct arena *a, const char *milestone)
{
    char *words = arena_strdup(a, milestone);
    for (char *p = words; *p; p++)
        if (*p == '_')
            *p = ' ';
    return words;
}

/* What the shipment has come to, where none of its events says so. */
static bool read_summary(const struct tracking *t, const struct scan *list, size_t n,
                         struct scan *out)
{
    struct moment m;
    struct json_object *shipment = json_get(t->of, "shipment");
    struct scan s = { .type = SCAN_SEEN, .grade = 'C', .order = -1 };
    s.milestone = json_text_or_number(shipment, "statusMilestone");
    s.status = status_of(s.milestone);
    if (s.status == PARCEL_NOTHING || s.status == PARCEL_PENDING)
        return false;
    for (size_t i = 0; i < n; i++)
        if (list[i].status == s.status)
            return false;
    s.code = json_text_or_number(shipment, "statusCode");
    s.category = json_text_or_number(shipment, "statusCategory");
    s.occurred_text = since(t, s.milestone);
    bool good = moment_read(s.occurred_text, t->zone, &m);
    if (!good)
        m = t->said;
    s.zone_assumed = good && m.no_zone;
    s.no_time = good && m.no_time;
    if (*m.at)
        s.occurred_at = arena_strdup(t->arena, m.at);
    s.at_ms = m.ms;
    s.sentence = arena_printf(t->arena, "Ship24 sums it up as %s", spoken(t->arena, s.milestone));
    const char *const all[] = { s.milestone, s.occurred_at };
    s.key = scan_key(t->arena, "ship24.milestone:", all, 2);
    *out = s;
    return true;
}

/* The day of a time as it is written, in whatever zone the carrier means. */
static const char *day_of(const struct tracking *t, struct json_object *of, const char *key)
{
    struct moment m;
    const char *text = json_text_or_number(of, key);
    return moment_read(text, 0, &m) ? arena_strndup(t->arena, text, 10) : NULL;
}

static bool read_estimate(const struct tracking *t, struct scan *out)
{
    struct json_object *delivery = json_get(json_get(t->of, "shipment"), "delivery");
    struct json_object *range = json_get(delivery, "courierEstimatedDeliveryDate");
    const char *from = day_of(t, range, "from"), *to = day_of(t, range, "to");
    if (!from && !to)
        from = day_of(t, delivery, "estimatedDeliveryDate");
    if (!from && !to)
        return false;
    bool range_told = from && to && strcmp(from, to) != 0;
    const char *const all[] = { from, to };
    *out = (struct scan){ .type = SCAN_ESTIMATE,
                          .status = PARCEL_NOTHING,
                          .grade = 'C',
                          .order = -1,
                          .raw = delivery,
                          .expected_on = from ? from : to,
                          .expected_until = range_told ? to : NULL,
                          .key = scan_key(t->arena, "ship24.estimate:", all, 2) };
    out->sentence = range_told ? arena_printf(t->arena, "Expected between %s and %s", from, to)
                               : arena_printf(t->arena, "Expected on %s", from ? from : to);
    if (*t->said.at)
        out->occurred_at = arena_strdup(t->arena, t->said.at);
    return true;
}

/* Who signed stands with the delivery. */
static void add_signature(const struct tracking *t, struct parcel_news *news)
{
    struct json_object *delivery = json_get(json_get(t->of, "shipment"), "delivery");
    const char *who = json_text_or_number(delivery, "signedBy");
    for (size_t i = news->n; who && i-- > 0;) {
        if (news->scans[i].status == PARCEL_DELIVERED) {
            news->scans[i].signed_by = who;
            return;
        }
    }
}

/* Its lane is told by countries of two letters: another code names none here. */
static const char *country_of(const struct tracking *t, const char *key)
{
    const char *code = json_text_or_number(json_get(t->of, "shipment"), key);
    if (!code || strlen(code) != 2 || !isalpha((unsigned char)code[0]) ||
        !isalpha((unsigned char)code[1]))
        return NULL;
    return arena_printf(t->arena, "%c%c", toupper((unsigned char)code[0]),
                        toupper((unsigned char)code[1]));
}

/* Whose news it is, and from where to where. */
static struct parcel_news whose(const struct tracking *t)
{
    struct json_object *tracker = json_get(t->of, "tracker");
    return (struct parcel_news){
        .tracking_number =
            tracking_number_tidy(t->arena, json_text_or_number(tracker, "trackingNumber")),
        .client_id = json_text_or_number(tracker, "clientTrackerId"),
        .reference = json_text_or_number(tracker, "shipmentReference"),
        .origin_country = country_of(t, "originCountryCode"),
        .destination_country = country_of(t, "destinationCountryCode"),
    };
}

static struct tracking tracking_of(struct arena *a, struct json_object *of, int zone)
{
    struct tracking t = { .arena = a, .of = of, .zone = zone };
    const char *said = json_text_or_number(json_get(of, "metadata"), "generatedAt");
    (void)moment_read(said, 0, &t.said);
    return t;
}

/* Events come newest first: so those that tie are turned round. */
static struct parcel_news read_tracking(struct arena *a, struct json_object *of, int zone)
{
    struct json_object *events = json_get(of, "events");
    struct tracking t = tracking_of(a, of, zone);
    struct parcel_news news = whose(&t);
    size_t all = count(events), n = 0;
    news.scans = arena_zalloc(a, all + SCANS_BESIDE, sizeof(*news.scans));
    for (size_t i = all; i-- > 0;)
        if (json_object_is_type(at(events, i), json_type_object))
            news.scans[n++] = read_event(&t, at(events, i));
    n += read_summary(&t, news.scans, n, &news.scans[n]);
    scans_sort(a, news.scans, n);
    n += read_estimate(&t, &news.scans[n]);
    news.n = n;
    add_signature(&t, &news);
    return news;
}

/* A proof of delivery moves nothing: it is told, with where it can be fetched for some days. */
static struct parcel_news read_proof(struct arena *a, struct json_object *of)
{
    struct json_object *data = json_get(of, "data");
    struct tracking t = tracking_of(a, of, 0);
    struct parcel_news news = whose(&t);
    const char *status = json_text_or_number(data, "status");
    bool found = status && strcmp(status, "found") == 0;
    const char *const all[] = { json_text_or_number(json_get(of, "metadata"), "messageId"),
                                status };
    news.scans = arena_new_of(a, struct scan);
    news.n = 1;
    news.scans[0] = (struct scan){ .type = SCAN_PROOF,
                                   .status = PARCEL_NOTHING,
                                   .grade = 'C',
                                   .order = -1,
                                   .raw = data,
                                   .courier = json_text_or_number(data, "courier"),
                                   .sentence = found ? "There is a proof of delivery"
                                                     : "There is no proof of delivery",
                                   .key = scan_key(a, "ship24.proof:", all, 2) };
    if (*t.said.at)
        news.scans[0].occurred_at = arena_strdup(a, t.said.at);
    return news;
}

/* ---- bodies ---- */

/* Of a webhook, or of an answer, which has them in data. */
static struct json_object *trackings_of(struct json_object *body)
{
    struct json_object *list = json_get(body, "trackings");
    if (!list)
        list = json_get(json_get(body, "data"), "trackings");
    return json_object_is_type(list, json_type_array) ? list : NULL;
}

static bool is_proof(struct json_object *body)
{
    const char *topic = json_text_or_number(json_get(body, "metadata"), "topic");
    return topic && strcmp(topic, "tracking/pod") == 0;
}

enum err ship24_read(struct arena *a, struct str body, int zone_minutes, struct parcel_news **out,
                     size_t *n, const char **why)
{
    struct json_object *document;
    enum err e = json_parse(a, body, &limits, &document, why);
    if (e != OK)
        return e;
    struct json_object *list = trackings_of(document);
    bool proof = !list && is_proof(document);
    if (!list && !proof) {
        *why = "it has neither trackings nor a proof of delivery";
        return ERR_INVALID;
    }
    size_t found = 0, all = count(list);
    struct parcel_news *news = arena_zalloc(a, all + 1, sizeof(*news));
    if (proof)
        news[found++] = read_proof(a, document);
    for (size_t i = 0; i < all; i++)
        if (json_object_is_type(at(list, i), json_type_object))
            news[found++] = read_tracking(a, at(list, i), zone_minutes);
    *out = news;
    *n = found;
    return OK;
}

static const char *id_of(struct json_object *message)
{
    return json_text_or_number(json_get(message, "metadata"), "messageId");
}

const char *ship24_message_key(struct arena *a, struct str body)
{
    const char *why;
    struct json_object *document;
    if (json_parse(a, body, &limits, &document, &why) != OK)
        return NULL;
    struct json_object *list = trackings_of(document);
    size_t n = count(list);
    if (n < 2)
        return id_of(n ? at(list, 0) : document);
    const char **ids = arena_zalloc(a, n, sizeof(*ids));
    for (size_t i = 0; i < n; i++)
        if (!(ids[i] = id_of(at(list, i))))
            return NULL;
    return scan_key(a, "ship24.messages:", ids, n);
}
