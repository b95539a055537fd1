/* Any bytes as an answer of Front, its first line the status, Location and the limits, blanks
   between: what it is taken for fits together. */
#include "base/json.h"
#include "channels/front_wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS 1772594200000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* The next word of a line; "": none. */
static const char *word(struct arena *a, char **line)
{
    *line += strspn(*line, " ");
    const char *out = arena_strndup(a, *line, strcspn(*line, " "));
    *line += strlen(out);
    return out;
}

static void check(const struct front_result *out, enum err e)
{
    must(!e == !out->sentence || e == ERR_NOT_FOUND);
    must((e == ERR_CONFLICT) == (out->merged_into != NULL));
    must(!out->merged_into || front_id(out->merged_into));
    must(!out->unknown || e == ERR_RETRY);
    must(!out->pause || out->retry_after > 0);
    must(out->retry_after >= 0 && out->retry_after <= FRONT_WAIT_MOST);
}

static void check_list(struct arena *a, struct json_object *body)
{
    const struct front_reply reply = { .marker = "QX482910377IN" };
    struct front_result out = { 0 };
    const char *next = NULL;
    enum err e = front_page(a, body, &reply, NOW_MS, &out, &next);
    must(e == OK || e == ERR_NOT_FOUND || e == ERR_RETRY);
    must((e == OK) == (out.message_id != NULL));
    must(e != ERR_NOT_FOUND || !next || (*next && strcspn(next, " \r\n&#?") == strlen(next)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_new((size_t)256 << 20);
    char *text = arena_strndup(a, (const char *)bytes, n), *line = text;
    size_t end = strcspn(text, "\n"), from = end < n ? end + 1 : n;
    text[end] = '\0';
    int status = (int)strtol(word(a, &line), NULL, 10);
    const char *headers[] = { "content-type",
                              "application/json",
                              "location",
                              word(a, &line),
                              "retry-after",
                              word(a, &line),
                              "x-ratelimit-remaining",
                              word(a, &line),
                              "x-ratelimit-reset",
                              word(a, &line),
                              NULL };
    const struct http_answer answer = { .status = status,
                                        .body = { (const char *)bytes + from, n - from },
                                        .headers = headers };
    struct front_result out = { 0 };
    struct json_object *body = NULL;
    enum err e = front_judge(a, &answer, "cnv_1a2b", NOW_MS, &body, &out);
    check(&out, e);
    if (body)
        check_list(a, body);
    if (e == OK) {
        e = front_accepted(a, body, &out);
        must((e == OK) == (out.message_uid != NULL));
    }
    arena_free(a);
    return 0;
}
