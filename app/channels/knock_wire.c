/* Knock's answers judged, and its signatures checked. */
#include "channels/knock.h"

#include "base/crypto.h"
#include "base/json.h"
#include "channels/sms.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MOST 3600     /* seconds */
#define TOLD_MOST 300      /* characters of what Knock says of an error */
#define RUN_ID_MOST 100    /* characters */
#define TIME_DIGITS 15     /* of the epoch in milliseconds for 30,000 years */
#define SECONDS_BELOW 1e11 /* a time above is in milliseconds */

static const struct json_limits limits = { 16, 10000, (size_t)1 << 20 };

/* ---- answers ---- */

static const struct meaning {
    int status;
    enum err e;
    const char *sentence;
} meanings[] = {
    { 401, ERR_DENIED, "Knock refused the account's API key" },
    { 403, ERR_DENIED, "Knock refused the account's API key" },
    { 404, ERR_NOT_FOUND, "Knock has no such workflow" },
    { 408, ERR_RETRY, "Knock took too long" },
    { 409, ERR_RETRY, "Knock has the same request under way" },
    { 425, ERR_RETRY, "Knock is not ready for this yet" },
    { 429, ERR_LIMITED, "Knock asks to call more slowly" },
};

static const struct meaning *meaning_of(int status)
{
    static const struct meaning fault = { 0, ERR_RETRY, "Knock has a fault just now" };
    static const struct meaning elsewhere = { 0, ERR_INVALID,
                                              "What answers at the endpoint is not Knock" };
    static const struct meaning refusal = { 0, ERR_INVALID, "Knock refused the request" };
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].status == status)
            return &meanings[i];
    return status >= 500 ? &fault : status < 400 ? &elsewhere : &refusal;
}

static int whole_seconds(double s)
{
    int whole = s < 1 ? 1 : s > WAIT_MOST ? WAIT_MOST : (int)s;
    return whole < s && whole < WAIT_MOST ? whole + 1 : whole;
}

/* Its own header in milliseconds goes before the usual one. */
static int wait_told(const struct http_answer *answer)
{
    char *end = NULL;
    const char *ms = http_header(answer, "retry-after-ms");
    double told = ms ? strtod(ms, &end) : 0;
    return ms && end != ms && told > 0 ? whole_seconds(told / 1000) : answer->retry_after;
}

/* By a header it overrules what its status says of another try. */
static enum err overruled(const struct http_answer *answer, enum err e)
{
    const char *again = http_header(answer, "x-should-retry");
    if (!again || e == ERR_DENIED || e == ERR_NOT_FOUND)
        return e;
    if (strcmp(again, "true") == 0)
        return e == ERR_LIMITED ? e : ERR_RETRY;
    return strcmp(again, "false") == 0 ? ERR_INVALID : e;
}

static struct json_object *json_of(struct arena *a, const struct http_answer *answer)
{
    const char *why;
    struct json_object *body = NULL;
    if (answer->cut || json_parse(a, answer->body, &limits, &body, &why) ||
        !json_object_is_type(body, json_type_object))
        return NULL;
    return body;
}

static enum err triggered(struct json_object *body, struct knock_result *out)
{
    const char *id = json_text(body, "workflow_run_id");
    if (id && *id && strlen(id) <= RUN_ID_MOST) {
        out->run_id = id;
        return OK;
    }
    out->sentence = "Knock gave an answer that cannot be read.";
    return ERR_RETRY;
}

enum err knock_judge(struct arena *a, const struct http_answer *answer, struct knock_result *out)
{
    struct json_object *body = json_of(a, answer);
    if (answer->status >= 200 && answer->status < 300)
        return triggered(body, out);
    const struct meaning *m = meaning_of(answer->status);
    const char *code = json_text(body, "code"), *told = json_text(body, "message");
    out->code = arena_printf(a, "HTTP %d%s%s", answer->status, code ? ", " : "",
                             code ? sms_head(a, code, TOLD_MOST) : "");
    out->sentence = told && *told
                        ? arena_printf(a, "%s: %s", m->sentence, sms_head(a, told, TOLD_MOST))
                        : arena_printf(a, "%s.", m->sentence);
    out->retry_after = wait_told(answer);
    return overruled(answer, m->e);
}

/* ---- signatures ---- */

struct signature {
    const char *time, *value;
    int64_t at_ms;
};

/* The signature itself may hold "=": it is what follows the first comma. */
static bool read_header(struct arena *a, const char *header, struct signature *out)
{
    const char *comma = header ? strchr(header, ',') : NULL;
    if (!comma || strncmp(header, "t=", 2) != 0)
        return false;
    const char *value = comma + 1 + strspn(comma + 1, " ");
    size_t n = (size_t)(comma - header) - 2;
    if (n == 0 || n > TIME_DIGITS || strspn(header + 2, "0123456789") != n ||
        strncmp(value, "s=", 2) != 0)
        return false;
    out->time = arena_strndup(a, header + 2, n);
    out->value = value + 2;
    out->at_ms = strtoll(out->time, NULL, 10);
    if ((double)out->at_ms <= SECONDS_BELOW)
        out->at_ms *= 1000;
    return true;
}

bool knock_signed(struct arena *a, const char *secret, const char *header, struct str body,
                  int64_t now_ms)
{
    unsigned char mac[SHA256_SIZE];
    struct signature given;
    struct buf text = buf_in(a);
    if (!secret || !*secret || !read_header(a, header, &given))
        return false;
    if (llabs(now_ms - given.at_ms) > KNOCK_STALE_MS)
        return false;
    buf_printf(&text, "%s.", given.time);
    buf_put(&text, body.p, body.n);
    hmac_sha256(secret, strlen(secret), text.p, text.n, mac);
    bool good = ct_equal(str_of(base64(a, mac, sizeof(mac))), str_of(given.value));
    return good | ct_equal(str_of(hex(a, mac, sizeof(mac))), str_of(given.value));
}
