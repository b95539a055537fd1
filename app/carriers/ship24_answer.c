/* Ship24's answers: its errors, its limits, the outcomes of a bulk call. */
#include "carriers/ship24_answer.h"

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_LEAST 5
#define NUMBER_MOST 50
#define ID_MOST 100

static const struct json_limits limits = { 16, 200000, (size_t)64 << 10 };

bool ship24_takes(const char *number)
{
    size_t n = strlen(number);
    return n >= NUMBER_LEAST && n <= NUMBER_MOST &&
           strspn(number, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.") ==
               n;
}

/* ---- refusals ---- */

/* Whole seconds of a header, of which one may have a fraction; -1: none. */
static long seconds_of(const struct http_answer *answer, const char *name)
{
    char *end = NULL;
    const char *text = http_header(answer, name);
    double n = text ? strtod(text, &end) : -1;
    if (!text || end == text || !(n >= 0) || n > 1e12)
        return -1;
    return (long)n + (n > (double)(long)n);
}

static int wait_of(const struct http_answer *answer, int64_t now_ms)
{
    long left = answer->retry_after ? answer->retry_after : seconds_of(answer, "ratelimit-reset");
    if (left < 0) {
        long at = seconds_of(answer, "x-ratelimit-reset");
        left = at < 0 ? 1 : (long)(at - now_ms / 1000);
    }
    return left < 1 ? 1 : left > SHIP24_WAIT_MOST ? SHIP24_WAIT_MOST : (int)left;
}

/* {code, message} of an answer, of one of its items, or of a bulk's own. */
static void read_error(struct json_object *of, const char **code, const char **sentence)
{
    struct json_object *list = json_get(of, "errors"), *first = json_get(of, "error");
    if (json_object_is_type(list, json_type_array) && json_object_array_length(list))
        first = json_object_array_get_idx(list, 0);
    const char *message = json_text(first, "message");
    *code = json_text(first, "code");
    *sentence = message && *message ? message : *code;
}

static bool is_one_of(const char *code, const char *const *list)
{
    for (; code && *list; list++)
        if (strcmp(*list, code) == 0)
            return true;
    return false;
}

/* What is the account's and not the parcel's. */
static bool is_of_account(const char *code)
{
    static const char *const codes[] = { "no_active_subscription", "quota_limit_reached", NULL };
    return is_one_of(code, codes);
}

static enum err refusal(int status, const char *code)
{
    static const char *const gone[] = { "tracker_not_found", "parcel_not_found", NULL };
    if (status == 404)
        return is_one_of(code, gone) ? ERR_NOT_FOUND : ERR_RETRY;
    if (code && strcmp(code, "tracker_conflict") == 0)
        return ERR_CONFLICT;
    if (status == 401 || status == 402 || status == 403 || is_of_account(code))
        return ERR_DENIED;
    return status >= 400 && status < 500 && status != 408 ? ERR_INVALID : ERR_RETRY;
}

enum err ship24_judge(struct arena *a, const struct http_answer *answer, int64_t now_ms,
                      struct json_object **body, struct carrier_result *out)
{
    const char *why;
    struct json_object *document = NULL;
    *body = NULL;
    if (answer->status == 429) {
        out->sentence = "Ship24 takes no more calls just now.";
        out->code = "HTTP 429";
        out->retry_after = wait_of(answer, now_ms);
        return ERR_LIMITED;
    }
    bool read = !answer->cut && json_parse(a, answer->body, &limits, &document, &why) == OK &&
                json_object_is_type(document, json_type_object);
    *body = read ? document : NULL;
    if (answer->status / 100 == 2 && read) {
        out->raw = document;
        return OK;
    }
    out->raw = *body;
    out->retry_after = answer->retry_after;
    read_error(*body, &out->code, &out->sentence);
    enum err e = answer->status / 100 == 2 ? ERR_RETRY : refusal(answer->status, out->code);
    if (!out->code)
        out->code = arena_printf(a, "HTTP %d", answer->status);
    if (!out->sentence)
        out->sentence = e == ERR_DENIED         ? "Ship24 refused the account's API key."
                        : answer->status >= 500 ? "Ship24 has a fault of its own."
                        : e == ERR_RETRY        ? "Ship24 gave an answer that cannot be read."
                                                : "Ship24 refused it.";
    out->unknown = e == ERR_RETRY;
    return e;
}

/* ---- trackers ---- */

/* As it can stand in an address. */
static bool is_id(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return n > 0 && n <= ID_MOST &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

bool ship24_tracker_read(struct json_object *tracker, const char **external_id,
                         const char **tracking_number)
{
    const char *id = json_text(tracker, "trackerId");
    if (!is_id(id))
        return false;
    *external_id = id;
    *tracking_number = json_text(tracker, "trackingNumber");
    return true;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Whose an item is: by the id that we gave, which the input or the tracker repeats; where neither
   does, by its place, if the number is that one's. */
static struct ship24_parcel *parcel_of(struct json_object *item, size_t place,
                                       struct ship24_parcel *list, size_t n)
{
    struct json_object *input = json_get(item, "inputData"), *tracker = json_get(item, "tracker");
    const char *id = json_text(input, "clientTrackerId");
    const char *number = json_text(input, "trackingNumber");
    id = id ? id : json_text(tracker, "clientTrackerId");
    for (size_t i = 0; id && i < n; i++)
        if (strcmp(list[i].client_id, id) == 0)
            return &list[i];
    if (id || place >= n)
        return NULL;
    return same(number ? number : json_text(tracker, "trackingNumber"),
                json_text(list[place].asked, "trackingNumber"))
               ? &list[place]
               : NULL;
}

static void read_item(struct json_object *item, struct ship24_parcel *p)
{
    const char *status = json_text(item, "itemStatus"), *number;
    if (same(status, "created") || same(status, "existing")) {
        if (ship24_tracker_read(json_get(item, "tracker"), &p->external_id, &number))
            p->outcome = SHIP24_MADE;
        return;
    }
    if (!same(status, "error"))
        return;
    read_error(item, &p->code, &p->sentence);
    p->outcome = same(p->code, "tracker_conflict") ? SHIP24_TAKEN
                 : is_of_account(p->code)          ? SHIP24_LATER
                                                   : SHIP24_REFUSED;
    if (!p->sentence)
        p->sentence = "Ship24 refused it.";
}

bool ship24_bulk_read(struct json_object *body, struct ship24_parcel *list, size_t n)
{
    bool any = false;
    struct json_object *items = json_get(body, "data");
    size_t all = json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;
    for (size_t i = 0; i < all; i++) {
        struct json_object *item = json_object_array_get_idx(items, i);
        struct ship24_parcel *p = parcel_of(item, i, list, n);
        if (!p)
            continue;
        read_item(item, p);
        any |= p->outcome != SHIP24_UNTOLD;
    }
    return any;
}
