/* Calling Ship24: trackers made, found, their results, what it posted once more. */
#include "carriers/ship24.h"

#include "base/json.h"
#include "carriers/ship24_answer.h"

#include <strings.h>

#define BASE "https://api.ship24.com/public/v1"
#define BODY_MOST ((size_t)4 << 20)

struct request {
    const char *method, *path;
    struct json_object *body; /* NULL: none */
    bool secret;              /* neither body is kept in the log of calls */
};

static const char *base_of(struct ctx *c, const struct channel_account *account)
{
    const char *base = account ? json_text(account->settings, "endpoint") : NULL;
    size_t n = base ? strlen(base) : 0;
    while (n && base[n - 1] == '/')
        n--;
    return n ? arena_strndup(c->arena, base, n) : BASE;
}

static struct str text_of(struct ctx *c, struct json_object *body)
{
    return body ? str_of(json_compact(c->arena, body)) : (struct str){ "", 0 };
}

/* *text: the body as it came. */
static enum err ask(struct carrier_call *call, const struct request *q, struct json_object **body,
                    struct str *text, struct carrier_result *out)
{
    struct http_answer answer;
    struct ctx *c = call->c;
    const char *key = json_text(call->account->secrets, "apiKey");
    *out = (struct carrier_result){ .found = false };
    *body = NULL;
    if (!key || !*key) {
        out->sentence = "The account lacks its API key.";
        return ERR_DENIED;
    }
    const char *headers[] = {
        arena_printf(c->arena, "Authorization: Bearer %s", key), "Accept: application/json",
        q->body ? "Content-Type: application/json; charset=utf-8" : "Content-Type:", NULL
    };
    const struct http_call request = {
        .provider = "ship24",
        .account = call->account->id,
        .method = q->method,
        .url = arena_printf(c->arena, "%s%s", base_of(c, call->account), q->path),
        .headers = headers,
        .body = text_of(c, q->body),
        .job_id = call->job_id,
        .entity = call->entity,
        .secret_body = q->secret,
        .most = BODY_MOST,
    };
    enum err e = http_send(c, &request, &answer);
    if (e) {
        out->sentence = answer.error;
        out->unknown = answer.unknown;
        out->retry_after = answer.retry_after;
        return e;
    }
    if (text)
        *text = answer.body;
    return ship24_judge(c->arena, &answer, c->app->now_ms(c->app), body, out);
}

static enum err unreadable(struct carrier_result *out)
{
    out->sentence = "Ship24 gave an answer that cannot be read.";
    out->unknown = true;
    return ERR_RETRY;
}

/* ---- trackers ---- */

static enum err track_one(struct carrier_call *call, struct ship24_parcel *p,
                          struct carrier_result *out)
{
    const char *number;
    struct json_object *body;
    const struct request q = { "POST", "/trackers", p->asked, false };
    enum err e = ask(call, &q, &body, NULL, out);
    p->sentence = out->sentence;
    p->code = out->code;
    if (e == ERR_CONFLICT || e == ERR_INVALID) {
        p->outcome = e == ERR_CONFLICT ? SHIP24_TAKEN : SHIP24_REFUSED;
        return OK;
    }
    if (e)
        return e;
    if (!ship24_tracker_read(json_get(json_get(body, "data"), "tracker"), &p->external_id, &number))
        return unreadable(out);
    p->outcome = SHIP24_MADE;
    return OK;
}

static struct json_object *bulk_body(struct ctx *c, const struct ship24_parcel *list, size_t n)
{
    struct json_object *all = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        json_object_array_add(all, json_object_get(list[i].asked));
    return all;
}

enum err ship24_track(struct carrier_call *call, struct ship24_parcel *list, size_t n,
                      struct carrier_result *out)
{
    struct json_object *body;
    if (n == 1)
        return track_one(call, list, out);
    /* It tells of many people: what is forgotten of one shipment would leave the others. */
    const struct request q = { "POST", "/trackers/bulk", bulk_body(call->c, list, n), true };
    enum err e = ask(call, &q, &body, NULL, out);
    bool told = (e == OK || e == ERR_INVALID || e == ERR_DENIED || e == ERR_CONFLICT) &&
                ship24_bulk_read(body, list, n);
    return e == OK && !told ? unreadable(out) : told ? OK : e;
}

enum err ship24_find(struct carrier_call *call, const char *client_id, const char *tracking_number,
                     const char **external_id, struct carrier_result *out)
{
    const char *number;
    struct json_object *body;
    const struct request q = {
        .method = "GET",
        .path = arena_printf(call->c->arena, "/trackers/%s?searchBy=clientTrackerId", client_id),
    };
    enum err e = ask(call, &q, &body, NULL, out);
    out->unknown = false;
    if (e)
        return e;
    if (!ship24_tracker_read(json_get(json_get(body, "data"), "tracker"), external_id, &number)) {
        e = unreadable(out);
        out->unknown = false;
        return e;
    }
    if (!number || strcasecmp(number, tracking_number) == 0)
        return OK;
    out->sentence = "Ship24 tracks another number by the id of this shipment.";
    return ERR_CONFLICT;
}

enum err ship24_results(struct carrier_call *call, const char *external_id, struct str *text,
                        struct carrier_result *out)
{
    struct json_object *body;
    const struct request q = {
        .method = "GET",
        .path = arena_printf(call->c->arena, "/trackers/%s/results", external_id),
    };
    return ask(call, &q, &body, text, out);
}

enum err ship24_resend(struct carrier_call *call, const char *external_id, int *resent,
                       struct carrier_result *out)
{
    struct json_object *body;
    const struct request q = {
        .method = "POST",
        .path = arena_printf(call->c->arena, "/trackers/%s/webhook-events/resend", external_id),
    };
    enum err e = ask(call, &q, &body, NULL, out);
    if (e)
        return e;
    struct json_object *n = json_get(json_get(json_get(body, "data"), "summary"), "totalResent");
    *resent = json_object_get_int(n);
    return OK;
}

/* ---- rehearsed ---- */

enum err ship24_rehearse(struct carrier_call *call, struct ship24_parcel *list, size_t n,
                         struct carrier_result *out)
{
    struct ctx *c = call->c;
    struct http_answer answer;
    struct json_object *said = json_own(c->arena, json_object_new_object());
    struct json_object *items = json_object_new_array();
    *out = (struct carrier_result){ .found = false };
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_new_object();
        struct json_object *tracker = json_object_new_object();
        list[i].outcome = SHIP24_MADE;
        list[i].external_id = arena_printf(c->arena, "DRY-%s", list[i].client_id);
        json_set_text(tracker, "trackerId", list[i].external_id);
        json_set_text(tracker, "trackingNumber", json_text(list[i].asked, "trackingNumber"));
        json_set_text(tracker, "clientTrackerId", list[i].client_id);
        json_set_text(item, "itemStatus", "created");
        json_set(item, "inputData", json_object_get(list[i].asked));
        json_set(item, "tracker", tracker);
        json_object_array_add(items, item);
    }
    json_set_text(said, "status", "success");
    json_set(said, "data", items);
    const struct http_call request = {
        .provider = "ship24",
        .account = call->account ? call->account->id : NULL,
        .method = "POST",
        .url = arena_printf(c->arena, "%s/trackers/bulk", base_of(c, call->account)),
        .body = text_of(c, bulk_body(c, list, n)),
        .job_id = call->job_id,
        .entity = call->entity,
        .secret_body = n > 1,
    };
    enum err e = http_stand_in(c, &request, 201, text_of(c, said), &answer);
    out->sentence = e ? answer.error : NULL;
    return e;
}

/* ---- the carrier ---- */

static enum err check(struct carrier_call *call, const char **said, struct carrier_result *out)
{
    struct json_object *body;
    const struct request q = { .method = "GET", .path = "/trackers?page=1&limit=1" };
    enum err e = ask(call, &q, &body, NULL, out);
    *said = "Ship24 answers, and takes the API key.";
    return e;
}

const struct carrier carrier_ship24 = {
    .name = "ship24",
    .title = "Ship24",
    .can = CARRIER_REGISTER | CARRIER_RESEND,
    .check = check,
};
