/* Which way an SMS goes, and what all ways share. */
#include "channels/sms.h"

#include "base/json.h"

#include <string.h>

static const struct sms_way *const ways[] = { &sms_acs, &sms_twilio, &sms_sink };

const struct sms_way *sms_way_of(const char *provider)
{
    for (size_t i = 0; provider && i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i]->provider, provider) == 0)
            return ways[i];
    return &sms_sink;
}

enum err sms_check(struct ctx *c, const struct sms *s)
{
    struct sms_parts p = sms_parts(c->arena, s->text);
    if (p.parts == 0)
        return ctx_refuse(c, ERR_INVALID, "The message has no text.");
    if (p.parts > SMS_PARTS_MAX)
        return ctx_refuse(c, ERR_INVALID, "The message is %d parts long; at most %d are sent.",
                          p.parts, SMS_PARTS_MAX);
    return OK;
}

const char *sms_number(struct arena *a, const char *text)
{
    const char *digits = text && *text == '+' ? text + 1 : text;
    size_t n = digits ? strspn(digits, "0123456789") : 0;
    if (n < 8 || n > 15 || digits[n] || *digits == '0')
        return NULL;
    return arena_printf(a, "+%s", digits);
}

/* ---- money ---- */

/* A decimal number in millionths; -1: none. */
static int64_t millionths(const char *text)
{
    int64_t n = 0;
    size_t whole = text ? strspn(text, "0123456789") : 0;
    const char *p = text + whole;
    if (whole == 0 || whole > 6)
        return -1;
    for (size_t i = 0; i < whole; i++)
        n = n * 10 + (text[i] - '0');
    size_t decimals = *p == '.' ? strspn(++p, "0123456789") : 0;
    if (p[decimals] || decimals > 6)
        return -1;
    for (size_t i = 0; i < 6; i++)
        n = n * 10 + (i < decimals ? p[i] - '0' : 0);
    return n;
}

const char *sms_cost(struct arena *a, struct json_object *settings, int64_t parts)
{
    int64_t each = millionths(json_text(settings, "costPerPart"));
    if (each < 0 || parts < 0 || parts > INT64_MAX / 1000000000000)
        return NULL;
    int64_t sum = each * parts;
    char *text =
        arena_printf(a, "%lld.%06lld", (long long)(sum / 1000000), (long long)(sum % 1000000));
    size_t n = strlen(text);
    while (text[n - 1] == '0' && text[n - 3] != '.')
        text[--n] = '\0';
    return text;
}
