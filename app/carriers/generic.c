/* Reading a carrier's callback: strictly, as it is our own format. */
#include "carriers/generic.h"

#include "base/json.h"
#include "base/utf8.h"
#include "carriers/when.h"

#include <string.h>

#define EVENTS_MOST 500

struct reading {
    struct arena *arena;
    int zone;
    const char *carrier;
    struct callback_fault *fault;
};

static enum err wrong(const struct reading *r, const char *field, const char *message)
{
    *r->fault = (struct callback_fault){ field, message };
    return ERR_INVALID;
}

/* A text of at most `most` characters; NULL where it is absent, null or empty. */
static enum err text_of(const struct reading *r, struct json_object *o, const char *key,
                        const char *field, size_t most, const char **out)
{
    struct json_object *value = json_get(o, key);
    const char *text = json_text(o, key);
    *out = text && *text ? text : NULL;
    if (value && !text)
        return wrong(r, field, "is not a text");
    if (text && utf8_length(str_of(text)) > most)
        return wrong(r, field, arena_printf(r->arena, "has more than %zu characters", most));
    return OK;
}

static const char *field_of(const struct reading *r, size_t i, const char *name)
{
    return arena_printf(r->arena, "events[%zu].%s", i, name);
}

static enum err read_texts(const struct reading *r, struct json_object *event, size_t i,
                           struct scan *s, const char **id, const char **status)
{
    const struct {
        const char *name, **to;
        size_t most;
    } texts[] = {
        { "id", id, 100 },
        { "status", status, 100 },
        { "code", &s->code, 100 },
        { "text", &s->words, 2000 },
        { "location", &s->location, 200 },
        { "occurredAt", &s->occurred_text, 40 },
    };
    for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
        enum err e = text_of(r, event, texts[k].name, field_of(r, i, texts[k].name), texts[k].most,
                             texts[k].to);
        if (e != OK)
            return e;
    }
    return OK;
}

static enum err read_event(const struct reading *r, struct json_object *event, size_t i,
                           struct scan *out)
{
    struct moment m;
    const char *id, *status;
    struct scan s = { .type = SCAN_SEEN,
                      .status = PARCEL_NOTHING,
                      .grade = 'B',
                      .order = -1,
                      .courier = r->carrier,
                      .raw = event };
    if (!json_object_is_type(event, json_type_object))
        return wrong(r, arena_printf(r->arena, "events[%zu]", i), "is not an object");
    enum err e = read_texts(r, event, i, &s, &id, &status);
    if (e != OK)
        return e;
    if (!status && !s.code && !s.words)
        return wrong(r, field_of(r, i, "status"), "is missing, and so are code and text");
    if (!s.occurred_text)
        return wrong(r, field_of(r, i, "occurredAt"), "is missing");
    if (!moment_read(s.occurred_text, r->zone, &m))
        return wrong(r, field_of(r, i, "occurredAt"),
                     "is neither a day nor a time like 2026-03-04T17:12:57+01:00");
    s.occurred_at = arena_strdup(r->arena, m.at);
    s.at_ms = m.ms;
    s.no_time = m.no_time;
    s.zone_assumed = m.no_zone;
    if (!parcel_status_of(status, &s.status) && !s.code)
        s.code = status;
    if (!s.words && s.status != PARCEL_NOTHING)
        s.words = status;
    s.unknown = s.status == PARCEL_NOTHING && s.code;
    const char *const all[] = { status, s.code, s.words, s.occurred_text, s.location };
    s.key = id ? arena_printf(r->arena, "generic:%s", id)
               : scan_key(r->arena, "generic#", all, sizeof(all) / sizeof(all[0]));
    *out = s;
    return OK;
}

static enum err read_estimate(const struct reading *r, struct json_object *document,
                              struct parcel_news *news)
{
    struct moment m;
    const char *text;
    enum err e = text_of(r, document, "estimatedDelivery", "estimatedDelivery", 40, &text);
    if (e != OK || !text)
        return e;
    if (!moment_read(text, r->zone, &m))
        return wrong(r, "estimatedDelivery", "is neither a day nor a time");
    const char *day = arena_strndup(r->arena, text, 10);
    news->scans[news->n++] = (struct scan){
        .type = SCAN_ESTIMATE,
        .status = PARCEL_NOTHING,
        .grade = 'C',
        .order = -1,
        .courier = r->carrier,
        .sentence = arena_printf(r->arena, "Expected on %s", day),
        .expected_on = day,
        .key = arena_printf(r->arena, "generic.estimate:%s", day),
    };
    return OK;
}

static enum err read_signature(const struct reading *r, struct json_object *document,
                               struct parcel_news *news)
{
    const char *who;
    enum err e = text_of(r, document, "signedBy", "signedBy", 200, &who);
    for (size_t i = news->n; e == OK && who && i-- > 0;) {
        if (news->scans[i].status == PARCEL_DELIVERED) {
            news->scans[i].signed_by = who;
            break;
        }
    }
    return e;
}

static enum err read_events(const struct reading *r, struct json_object *document,
                            struct parcel_news *news)
{
    struct json_object *events = json_get(document, "events");
    if (events && !json_object_is_type(events, json_type_array))
        return wrong(r, "events", "is not a list");
    size_t n = events ? json_object_array_length(events) : 0;
    if (n > EVENTS_MOST)
        return wrong(r, "events", "are more than 500");
    if (n == 0 && !json_get(document, "estimatedDelivery"))
        return wrong(r, "events", "are missing, and so is estimatedDelivery");
    news->scans = arena_zalloc(r->arena, n + 1, sizeof(*news->scans));
    for (; news->n < n; news->n++) {
        enum err e = read_event(r, json_object_array_get_idx(events, news->n), news->n,
                                &news->scans[news->n]);
        if (e != OK)
            return e;
    }
    scans_sort(r->arena, news->scans, n);
    return OK;
}

enum err callback_read(struct arena *a, struct str body, int zone_minutes, const char *carrier,
                       struct parcel_news *out, struct callback_fault *fault)
{
    const char *why, *number;
    struct json_object *document;
    struct parcel_news news = { .carrier = carrier };
    const struct reading r = { a, zone_minutes, carrier, fault };
    enum err e = json_parse(a, body, &json_request_limits, &document, &why);
    if (e != OK)
        return wrong(&r, "body", why);
    if (!json_object_is_type(document, json_type_object))
        return wrong(&r, "body", "is not an object");
    e = text_of(&r, document, "trackingNumber", "trackingNumber", 60, &number);
    if (e == OK)
        e = text_of(&r, document, "reference", "reference", 100, &news.reference);
    if (e != OK)
        return e;
    news.tracking_number = tracking_number_tidy(a, number);
    if (!news.tracking_number)
        return wrong(&r, "trackingNumber", "is missing");
    e = read_events(&r, document, &news);
    if (e == OK)
        e = read_signature(&r, document, &news);
    if (e == OK)
        e = read_estimate(&r, document, &news);
    if (e == OK)
        *out = news;
    return e;
}
