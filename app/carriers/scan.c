/* The names of the statuses; scans in order, and as a timeline keeps them. */
#include "carriers/scan.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_MOST 500
#define NUMBER_MOST 60
#define CODE_MOST 100

const char *const parcel_status_names[PARCEL_STATUS_COUNT + 1] = {
    [PARCEL_PENDING] = "pending",
    [PARCEL_INFO_RECEIVED] = "info_received",
    [PARCEL_IN_TRANSIT] = "in_transit",
    [PARCEL_OUT_FOR_DELIVERY] = "out_for_delivery",
    [PARCEL_FAILED_ATTEMPT] = "failed_attempt",
    [PARCEL_AVAILABLE_FOR_PICKUP] = "available_for_pickup",
    [PARCEL_DELIVERED] = "delivered",
    [PARCEL_EXCEPTION] = "exception",
    [PARCEL_RETURNED] = "returned",
    [PARCEL_CANCELLED] = "cancelled",
};

const char *parcel_status_name(enum parcel_status s)
{
    return s == PARCEL_NOTHING ? NULL : parcel_status_names[s];
}

bool parcel_status_of(const char *name, enum parcel_status *out)
{
    for (int s = 0; name && s < PARCEL_STATUS_COUNT; s++)
        if (strcmp(parcel_status_names[s], name) == 0) {
            *out = (enum parcel_status)s;
            return true;
        }
    return false;
}

/* ---- in order ---- */

struct place {
    struct scan scan;
    size_t at;
    bool by_order;
};

static int after(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    bool seen = strcmp(a->scan.type, SCAN_SEEN) == 0, other = strcmp(b->scan.type, SCAN_SEEN) == 0;
    int order = (a->scan.order > b->scan.order) - (a->scan.order < b->scan.order);
    int time = (a->scan.at_ms > b->scan.at_ms) - (a->scan.at_ms < b->scan.at_ms);
    int place = (a->at > b->at) - (a->at < b->at);
    if (seen != other)
        return seen ? -1 : 1;
    if (!seen)
        return place;
    if (a->by_order && order)
        return order;
    return time ? time : order ? order : place;
}

/* Whether the carrier's order is better than times of which some are a guess. */
static bool ordered(const struct scan *list, size_t n)
{
    bool guessed = false;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].type, SCAN_SEEN) != 0)
            continue;
        if (list[i].order < 0)
            return false;
        guessed |= list[i].no_time || list[i].zone_assumed || !list[i].occurred_at;
    }
    return guessed;
}

void scans_sort(struct arena *a, struct scan *list, size_t n)
{
    bool by_order = ordered(list, n);
    struct place *places = arena_zalloc(a, n + 1, sizeof(*places));
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){ list[i], i, by_order };
    qsort(places, n, sizeof(*places), after);
    for (size_t i = 0; i < n; i++)
        list[i] = places[i].scan;
}

/* ---- as a timeline keeps them ---- */

/* One line, whole characters only. */
static const char *line_of(struct arena *a, const char *text)
{
    struct buf line = buf_in(a);
    size_t left = strlen(text), n;
    for (const char *p = text; left && (n = utf8_char(p, left)) && line.n + n <= SENTENCE_MOST;
         p += n, left -= n) {
        bool blank = n == 1 && ((unsigned char)*p <= ' ' || *p == '\x7f');
        if (!blank)
            buf_put(&line, p, n);
        else if (line.n && line.p[line.n - 1] != ' ')
            buf_putc(&line, ' ');
    }
    while (line.n && line.p[line.n - 1] == ' ')
        line.p[--line.n] = '\0';
    return line.n ? line.p : "";
}

const char *scan_sentence(struct arena *a, const struct scan *s)
{
    const char *said = s->words ? s->words : s->sentence;
    const char *line = said ? line_of(a, said) : "";
    if (*line)
        return line;
    if (!s->code)
        return "A scan without words";
    return line_of(a, arena_printf(a, "The carrier's code %s, without words", s->code));
}

struct json_object *scan_detail(struct arena *a, const struct scan *s)
{
    struct json_object *d = json_own(a, json_object_new_object());
    const struct {
        const char *key, *text;
    } texts[] = {
        { "rawStatus", s->words },
        { "code", s->code },
        { "category", s->category },
        { "milestone", s->milestone },
        { "location", s->location },
        { "courier", s->courier },
        { "occurredText", s->occurred_text },
        { "signedBy", s->signed_by },
        { "expectedOn", s->expected_on },
        { "expectedUntil", s->expected_until },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].text)
            json_set_text(d, texts[i].key, texts[i].text);
    if (s->no_time)
        json_set_bool(d, "noTime", true);
    if (s->zone_assumed)
        json_set_bool(d, "zoneAssumed", true);
    if (s->raw)
        json_set(d, "raw", json_object_get(s->raw));
    return d;
}

/* ---- names and numbers ---- */

const char *scan_code(struct arena *a, const struct scan *s)
{
    const char *code = s->code ? s->code : s->milestone;
    size_t left = code ? strlen(code) : 0, n = 0, one;
    for (int i = 0; i < CODE_MOST && left - n && (one = utf8_char(code + n, left - n)); i++)
        n += one;
    return n ? arena_strndup(a, code, n) : NULL;
}

const char *tracking_number_tidy(struct arena *a, const char *text)
{
    struct buf number = buf_in(a);
    for (const char *p = text ? text : ""; *p; p++)
        if ((unsigned char)*p > ' ' && *p != '\x7f')
            buf_putc(&number, (char)toupper((unsigned char)*p));
    return number.n && utf8_length(buf_str(&number)) <= NUMBER_MOST ? number.p : NULL;
}

const char *scan_key(struct arena *a, const char *prefix, const char *const *texts, size_t n)
{
    struct buf all = buf_in(a);
    unsigned char digest[SHA256_SIZE];
    for (size_t i = 0; i < n; i++) {
        buf_puts(&all, texts[i] ? texts[i] : "");
        buf_putc(&all, '\x1f');
    }
    sha256(all.p, all.n, digest);
    return arena_printf(a, "%s%s", prefix, hex(a, digest, 16));
}
