/* Jira's JSON and headers: issues, searches and comments written, answers judged. */
#include "channels/jira_wire.h"

#include "base/json.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_UNSAID 60
#define WAIT_MOST 3600
#define TOLD_MOST 300
#define ISSUES_MOST 5
#define UNREADABLE "Jira gave an answer that cannot be read."

static const struct json_limits limits = { 24, 20000, (size_t)1 << 20 };

/* ---- what is said ---- */

bool jira_project(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    return n >= 2 && n <= 50 && isupper((unsigned char)*text) &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

/* Not more than `most` characters of it, with no half one at the end. */
static const char *head(struct arena *a, const char *text, size_t most)
{
    size_t at = 0, n = strlen(text), step = 1;
    for (size_t i = 0; i < most && at < n && step; i++) {
        step = utf8_char(text + at, n - at);
        at += step;
    }
    return arena_strndup(a, text, at);
}

const char *jira_summary(struct arena *a, const char *text)
{
    struct buf out = buf_in(a);
    buf_puts(&out, "");
    for (const char *p = text; *p; p++) {
        bool blank = (unsigned char)*p <= ' ' || *p == 127;
        if (!blank)
            buf_putc(&out, *p);
        else if (out.n && out.p[out.n - 1] != ' ')
            buf_putc(&out, ' ');
    }
    while (out.n && out.p[out.n - 1] == ' ')
        out.p[--out.n] = '\0';
    return head(a, out.p, JIRA_SUMMARY_MOST);
}

static struct json_object *node(const char *type)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "type", type);
    return o;
}

static struct json_object *text_node(const char *text, const char *href)
{
    struct json_object *o = node("text");
    json_set_text(o, "text", text);
    if (href) {
        struct json_object *mark = node("link"), *attrs = json_object_new_object();
        struct json_object *marks = json_object_new_array();
        json_set_text(attrs, "href", href);
        json_set(mark, "attrs", attrs);
        json_object_array_add(marks, mark);
        json_set(o, "marks", marks);
    }
    return o;
}

static void add_paragraph(struct json_object *to, const char *text, const char *href)
{
    struct json_object *p = node("paragraph"), *in = json_object_new_array();
    json_object_array_add(in, text_node(text, href));
    json_set(p, "content", in);
    json_object_array_add(to, p);
}

static struct json_object *document(const struct jira_issue *issue)
{
    struct json_object *d = node("doc"), *content = json_object_new_array();
    for (size_t i = 0; issue->lines[i]; i++)
        if (issue->lines[i][strspn(issue->lines[i], " \t\r\n")])
            add_paragraph(content, issue->lines[i], NULL);
    if (issue->link && *issue->link)
        add_paragraph(content, issue->link, issue->link);
    json_set_int(d, "version", 1);
    json_set(d, "content", content);
    return d;
}

static struct str written(struct arena *a, struct json_object *body)
{
    struct buf out = buf_in(a);
    json_write(&out, json_own(a, body));
    return buf_str(&out);
}

static struct json_object *named(const char *key, const char *value)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, key, value);
    return o;
}

struct str jira_create_body(struct arena *a, struct json_object *settings,
                            const struct jira_issue *issue)
{
    const char *type = json_text(settings, "issueType");
    struct json_object *fields = json_object_new_object(), *labels = json_object_new_array();
    struct json_object *body = json_object_new_object();
    json_object_array_add(labels, json_text_new("delivery-failure"));
    json_object_array_add(labels, json_text_new(issue->label));
    json_set(fields, "project", named("key", json_text(settings, "project")));
    json_set(fields, "issuetype", named("name", type && *type ? type : "Task"));
    json_set_text(fields, "summary", jira_summary(a, issue->summary));
    json_set(fields, "description", document(issue));
    json_set(fields, "labels", labels);
    json_set(body, "fields", fields);
    return written(a, body);
}

struct str jira_search_body(struct arena *a, struct json_object *settings, const char *label,
                            int64_t known)
{
    static const char *const wanted[] = { "summary", "status", "labels" };
    struct json_object *body = json_object_new_object(), *fields = json_object_new_array();
    json_set_text(body, "jql",
                  arena_printf(a,
                               "project = \"%s\" AND labels = \"%s\" AND statusCategory != Done "
                               "ORDER BY created DESC",
                               json_text(settings, "project"), label));
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        json_object_array_add(fields, json_text_new(wanted[i]));
    json_set(body, "fields", fields);
    json_set_int(body, "maxResults", ISSUES_MOST);
    if (known) {
        struct json_object *ids = json_object_new_array();
        json_object_array_add(ids, json_object_new_int64(known));
        json_set(body, "reconcileIssues", ids);
    }
    return written(a, body);
}

struct str jira_comment_body(struct arena *a, const struct jira_issue *issue)
{
    struct json_object *body = json_object_new_object();
    json_set(body, "body", document(issue));
    return written(a, body);
}

/* ---- what it answers ---- */

int jira_reset(const char *text, int64_t now_ms)
{
    struct tm at = { .tm_mday = 0 };
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M", &at) : NULL;
    if (rest && *rest == ':')
        rest = strptime(rest, ":%S", &at);
    if (rest && *rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (!rest || strcmp(rest, "Z") != 0)
        return 0;
    int64_t seconds = (int64_t)timegm(&at) - now_ms / 1000;
    return seconds <= 0 ? 0 : seconds > WAIT_MOST ? WAIT_MOST : (int)seconds;
}

/* {errorMessages: [text], errors: {field: text}} in one clause; NULL: it says nothing. */
static const char *told(struct arena *a, struct json_object *body)
{
    struct buf out = buf_in(a);
    struct json_object *list = json_get(body, "errorMessages"), *errors = json_get(body, "errors");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (json_object_is_type(one, json_type_string))
            buf_printf(&out, "%s%s", out.n ? "; " : "", json_object_get_string(one));
    }
    if (json_object_is_type(errors, json_type_object)) {
        json_object_object_foreach(errors, field,
                                   why) if (json_object_is_type(why, json_type_string))
            buf_printf(&out, "%s%s: %s", out.n ? "; " : "", field, json_object_get_string(why));
    }
    while (out.n && strchr(". \n", out.p[out.n - 1]))
        out.p[--out.n] = '\0';
    return out.n ? head(a, out.p, TOLD_MOST) : NULL;
}

static enum err meaning(int status, const char **sentence, bool *unknown)
{
    static const struct {
        int status;
        enum err e;
        const char *sentence;
    } list[] = {
        { 401, ERR_DENIED, "Jira refused the account's token" },
        { 403, ERR_DENIED, "Jira does not let the account do this" },
        { 404, ERR_NOT_FOUND, "Jira knows no such thing, or does not show it to the account" },
        { 408, ERR_RETRY, "Jira took too long" },
        { 429, ERR_LIMITED, "Jira asks to call more slowly" },
    };
    *unknown = status == 408 || status >= 500;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (list[i].status == status) {
            *sentence = list[i].sentence;
            return list[i].e;
        }
    *sentence = status >= 500 ? "Jira has a fault of its own" : "Jira refused it";
    return status >= 500 ? ERR_RETRY : ERR_INVALID;
}

static enum err refused(struct arena *a, const struct http_answer *answer, int64_t now_ms,
                        struct json_object *body, bool *unsure, struct jira_result *out)
{
    const char *sentence, *words = told(a, body);
    enum err e = meaning(answer->status, &sentence, &out->unknown);
    out->retry_after = answer->retry_after
                           ? answer->retry_after
                           : jira_reset(http_header(answer, "x-ratelimit-reset"), now_ms);
    if (e == ERR_LIMITED && !out->retry_after)
        out->retry_after = WAIT_UNSAID;
    if (e != ERR_LIMITED && answer->status < 500)
        out->retry_after = 0;
    out->sentence =
        words ? arena_printf(a, "%s: %s.", sentence, words) : arena_printf(a, "%s.", sentence);
    out->code = arena_printf(a, "HTTP %d", answer->status);
    *unsure = answer->status == 404 ||
              (answer->status == 400 && json_get(json_get(body, "errors"), "project"));
    return e;
}

enum err jira_judge(struct arena *a, const struct http_answer *answer, int64_t now_ms,
                    struct json_object **body, bool *unsure, struct jira_result *out)
{
    *out = (struct jira_result){ 0 };
    *unsure = false;
    *body = http_json(a, answer, &limits);
    if (answer->status < 200 || answer->status >= 300)
        return refused(a, answer, now_ms, *body, unsure, out);
    if (*body)
        return OK;
    out->sentence = UNREADABLE;
    out->unknown = true;
    return ERR_RETRY;
}

bool jira_named(struct arena *a, struct json_object *issue, const char *site,
                struct jira_result *out)
{
    const char *key = json_text(issue, "key"), *id = json_text(issue, "id");
    char *end = NULL;
    long long number = id ? strtoll(id, &end, 10) : 0;
    if (!key || number <= 0 || *end ||
        strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != strlen(key) || strlen(key) > 60)
        return false;
    out->key = key;
    out->id = number;
    out->url = arena_printf(a, "%s/browse/%s", site, key);
    return true;
}

static bool has_label(struct json_object *issue, const char *label)
{
    struct json_object *list = json_get(json_get(issue, "fields"), "labels");
    size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (json_object_is_type(one, json_type_string) &&
            strcmp(json_object_get_string(one), label) == 0)
            return true;
    }
    return false;
}

static bool is_done(struct json_object *issue)
{
    struct json_object *status = json_get(json_get(issue, "fields"), "status");
    const char *category = json_text(json_get(status, "statusCategory"), "key");
    return category && strcmp(category, "done") == 0;
}

enum err jira_first(struct arena *a, struct json_object *body, const char *label, const char *site,
                    struct jira_result *out)
{
    struct json_object *list = json_get(body, "issues");
    if (!json_object_is_type(list, json_type_array)) {
        out->sentence = UNREADABLE;
        return ERR_RETRY;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (has_label(one, label) && !is_done(one) && jira_named(a, one, site, out))
            return OK;
    }
    return ERR_NOT_FOUND;
}
