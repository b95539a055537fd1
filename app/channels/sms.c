/* Which way an SMS goes, and what all ways share. */
#include "channels/sms.h"

#include "base/json.h"
#include "base/money.h"

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

#define PRICE_SIGNS "+=.0123456789"

int64_t sms_price(struct arena *a, struct json_object *settings, const char *number)
{
    const char *text = json_text(settings, "costPerPart");
    size_t known = 0;
    int64_t price = -1;
    for (size_t n; text && *(text += strspn(text, " ;")); text += n) {
        n = strspn(text, PRICE_SIGNS);
        char *one = arena_strndup(a, text, n), *sum = strchr(one, '=');
        size_t prefix = sum ? (size_t)(sum - one) : 0;
        int64_t micros = money_micros_read(sum ? sum + 1 : one);
        if (n == 0 || micros < 0 || (sum && prefix == 0))
            return -1;
        if (prefix && (!number || strncmp(one, number, prefix) != 0))
            continue;
        if (prefix >= known) {
            known = prefix;
            price = micros;
        }
    }
    return price;
}
