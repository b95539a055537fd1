/* Front's JSON and headers: a reply made, its answers judged, a page of messages looked through. */
#include "channels/front_wire.h"

#include "base/json.h"
#include "channels/sms.h"

#include <ctype.h>
#include <stdlib.h>

#define WAIT_UNSAID 30 /* seconds, where a limit is used up and nothing says until when */
#define SKEW_MS 120000 /* of their clock before ours */
#define TOLD_MOST 300  /* characters of what Front says of an error */
#define ID_MOST 64
#define TOKEN_MOST 2000

static const struct json_limits limits = { 24, 50000, (size_t)4 << 20 };

static const struct meaning {
    int status;
    enum err e;
    bool unknown;
    const char *sentence;
} meanings[] = {
    { 401, ERR_DENIED, false, "Front refused the account's token." },
    { 403, ERR_DENIED, false, "Front does not let the account's token do this." },
    { 404, ERR_NOT_FOUND, false, "Front knows no such conversation." },
    { 408, ERR_RETRY, true, "Front took too long." },
    { 409, ERR_RETRY, false, "Front has a conflicting change just now." },
    { 413, ERR_INVALID, false, "The reply is too large for Front." },
    { 425, ERR_RETRY, false, "Front is not ready for this yet." },
    { 429, ERR_LIMITED, false, "Front asks to send more slowly." },
};

bool front_id(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
            return false;
    return n > 0 && n <= ID_MOST;
}

static void put_text(struct json_object *to, const char *key, const char *text)
{
    if (text && *text)
        json_set_text(to, key, text);
}

struct str front_body(struct arena *a, struct json_object *settings,
                      const struct front_reply *reply)
{
    struct json_object *body = json_own(a, json_object_new_object());
    struct json_object *options = json_object_new_object();
    struct buf text = buf_in(a);
    put_text(body, "author_id", json_text(settings, "authorId"));
    put_text(body, "channel_id", json_text(settings, "channelId"));
    put_text(body, "body", reply->html);
    put_text(body, "text", reply->text);
    json_set_bool(options, "archive", false); /* left out, it would be archived */
    json_set(body, "options", options);
    json_write(&text, body);
    return buf_str(&text);
}

/* ---- headers ---- */

/* Not below 0; -1: none. */
static double number_of(const char *text)
{
    return text && isdigit((unsigned char)*text) ? strtod(text, NULL) : -1;
}

static int whole_seconds(double s)
{
    if (s > FRONT_WAIT_MOST)
        return FRONT_WAIT_MOST;
    int whole = s < 1 ? 1 : (int)s;
    return whole < s ? whole + 1 : whole;
}

/* Retry-After, which some say is in milliseconds, else the end of the minute at hand; 0: neither.
 */
static int wait_told(const struct http_answer *answer, int64_t now_ms, bool limited)
{
    double after = number_of(http_header(answer, "retry-after"));
    double reset = number_of(http_header(answer, "x-ratelimit-reset"));
    if (after >= 0)
        return whole_seconds(after > FRONT_WAIT_MOST ? after / 1000 : after);
    if (answer->retry_after)
        return whole_seconds(answer->retry_after);
    return limited && reset >= 0 ? whole_seconds(reset - (double)now_ms / 1000) : 0;
}

static void note_limits(const struct http_answer *answer, int64_t now_ms, struct front_result *out)
{
    double left = number_of(http_header(answer, "x-ratelimit-remaining"));
    out->pause = answer->status == 429 || (left >= 0 && left < 1);
    out->retry_after = wait_told(answer, now_ms, out->pause);
    if (out->pause && !out->retry_after)
        out->retry_after = WAIT_UNSAID;
}

/* ---- errors ---- */

static enum err unreadable(struct front_result *out)
{
    out->sentence = "Front gave an answer that cannot be read.";
    out->unknown = true;
    return ERR_RETRY;
}

/* {_error: {message, details: [text]}} in one clause; NULL: it says nothing. */
static const char *told(struct arena *a, struct json_object *body)
{
    struct json_object *error = json_get(body, "_error"), *details = json_get(error, "details");
    const char *message = json_text(error, "message");
    struct buf out = buf_in(a);
    buf_puts(&out, message ? message : "");
    size_t n =
        json_object_is_type(details, json_type_array) ? json_object_array_length(details) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(details, i);
        if (json_object_is_type(one, json_type_string))
            buf_printf(&out, "%s%s", i ? "; " : out.n ? ": " : "", json_object_get_string(one));
    }
    while (out.n && strchr(". \n", out.p[out.n - 1]))
        out.p[--out.n] = '\0';
    return out.n ? sms_head(a, out.p, TOLD_MOST) : NULL;
}

static enum err refused(struct arena *a, int status, struct json_object *body,
                        struct front_result *out)
{
    const struct meaning *m = NULL;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].status == status)
            m = &meanings[i];
    const char *words = told(a, body), *sentence = m ? m->sentence : "Front refused the request.";
    if (status >= 500) {
        out->sentence = "Front has a fault just now.";
        out->unknown = true;
        return ERR_RETRY;
    }
    if (status == 404 && !json_get(body, "_error")) {
        out->sentence = "What answers at the account's endpoint is not Front.";
        return ERR_RETRY;
    }
    out->sentence = m && m->e != ERR_INVALID && m->e != ERR_DENIED ? sentence
                    : words
                        ? arena_printf(a, "%.*s: %s.", (int)strlen(sentence) - 1, sentence, words)
                        : sentence;
    out->unknown = m && m->unknown;
    return m ? m->e : ERR_INVALID;
}

static bool is_merge(int status)
{
    return status == 301 || status == 308;
}

enum err front_judge(struct arena *a, const struct http_answer *answer, const char *asked,
                     int64_t now_ms, struct json_object **body, struct front_result *out)
{
    int status = answer->status;
    *body = http_json(a, answer, &limits);
    note_limits(answer, now_ms, out);
    if (status >= 200 && status < 300)
        return *body ? OK : unreadable(out);
    out->code = arena_printf(a, "HTTP %d", status);
    if (is_merge(status)) {
        out->merged_into = front_merged_into(a, http_header(answer, "location"), asked);
        out->sentence = out->merged_into ? "Front merged the conversation into another one."
                                         : "Front merged the conversation into one that it does "
                                           "not name.";
        return out->merged_into ? ERR_CONFLICT : ERR_INVALID;
    }
    return status < 400 ? unreadable(out) : refused(a, status, *body, out);
}

const char *front_merged_into(struct arena *a, const char *location, const char *asked)
{
    static const char folder[] = "conversations/";
    const char *at = location ? strstr(location, folder) : NULL;
    if (!at)
        return NULL;
    at += sizeof(folder) - 1;
    const char *id = arena_strndup(a, at, strcspn(at, "/?#"));
    return front_id(id) && !(asked && strcmp(id, asked) == 0) ? id : NULL;
}

/* ---- what was sent ---- */

static void keep(struct arena *a, struct json_object *from, const char *const *keys,
                 struct front_result *out)
{
    out->raw = json_own(a, json_object_new_object());
    for (; *keys; keys++)
        if (json_get(from, *keys))
            json_set(out->raw, *keys, json_object_get(json_get(from, *keys)));
}

enum err front_accepted(struct arena *a, struct json_object *body, struct front_result *out)
{
    static const char *const keys[] = { "status", "message_uid", NULL };
    const char *uid = json_text(body, "message_uid");
    if (!uid || !*uid)
        return unreadable(out);
    out->message_uid = uid;
    keep(a, body, keys, out);
    return OK;
}

/* Whether the letters and digits of a text, in whatever case and with whatever between them, hold
   the marker; `tags`: what stands in the tags of HTML counts too. */
static bool holds(struct arena *a, const char *text, const char *marker, bool tags)
{
    bool inside = false;
    struct buf plain = buf_in(a);
    for (const char *p = text; *p; p++) {
        inside = (inside || *p == '<') && *p != '>';
        if (isalnum((unsigned char)*p) && (tags || !inside))
            buf_putc(&plain, *p);
    }
    return plain.n && *marker && strcasestr(plain.p, marker);
}

static bool is_marked(struct arena *a, struct json_object *message, const char *marker)
{
    static const char *const keys[] = { "body", "text", "blurb" };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *text = json_text(message, keys[i]);
        if (text && (holds(a, text, marker, true) || holds(a, text, marker, false)))
            return true;
    }
    return false;
}

/* Of the epoch, or -1 where it is not told. */
static int64_t made_ms(struct json_object *message)
{
    struct json_object *at = json_get(message, "created_at");
    double s = at ? number_of(json_object_get_string(at)) : -1;
    return s >= 0 && s < 1e11 ? (int64_t)(s * 1000) : -1;
}

static bool is_ours(struct arena *a, struct json_object *message, const char *marker,
                    int64_t since_ms)
{
    int64_t made = made_ms(message);
    return json_text(message, "id") && !json_object_get_boolean(json_get(message, "is_inbound")) &&
           !json_text(message, "draft_mode") && (made < 0 || made >= since_ms) &&
           is_marked(a, message, marker);
}

/* The value of page_token as it stands in the address, so encoded as it has to be; NULL: there is
   no further page. "": it cannot be read. */
static const char *token_of(struct arena *a, struct json_object *page)
{
    static const char name[] = "page_token=";
    const char *next = json_text(json_get(page, "_pagination"), "next");
    if (!next)
        return NULL;
    const char *query = strchr(next, '?'), *at = query ? strstr(query, name) : NULL;
    if (!at || (at[-1] != '?' && at[-1] != '&'))
        return "";
    at += sizeof(name) - 1;
    size_t n = strcspn(at, "&#");
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)at[i]) && !strchr("-._~%=+/", at[i]))
            return "";
    return n <= TOKEN_MOST ? arena_strndup(a, at, n) : "";
}

enum err front_page(struct arena *a, struct json_object *page, const struct front_reply *reply,
                    int64_t since_ms, struct front_result *out, const char **next)
{
    static const char *const keys[] = { "id",         "message_uid", "type",
                                        "created_at", "error_type",  NULL };
    struct json_object *list = json_get(page, "_results"), *found = NULL;
    if (!json_object_is_type(list, json_type_array))
        return unreadable(out);
    size_t n = json_object_array_length(list);
    int64_t oldest = -1, since = since_ms - SKEW_MS;
    /* The first one made counts: a later one may quote it. */
    for (size_t i = 0; i < n; i++) {
        struct json_object *message = json_object_array_get_idx(list, i);
        oldest = made_ms(message);
        if (is_ours(a, message, reply->marker, since))
            found = message;
    }
    if (found) {
        out->message_id = json_text(found, "id");
        out->message_uid = json_text(found, "message_uid");
        keep(a, found, keys, out);
        return OK;
    }
    *next = oldest >= 0 && oldest < since ? NULL : token_of(a, page);
    return *next && !**next ? unreadable(out) : ERR_NOT_FOUND;
}
