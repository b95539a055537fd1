/* Any bytes as a webhook of SMS, as a text to be sent, and as its price: what comes out is whole.
 */
#include "channels/sms.h"
#include "base/json.h"
#include "base/money.h"
#include "base/utf8.h"
#include "channels/sms_report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check(const struct sms_report *r)
{
    must(r->provider && r->status);
    must(r->news != SMS_FAILED || (r->sentence && *r->sentence));
    must(r->wish == SMS_WISH_NONE || (r->news == SMS_RECEIVED && r->text));
    must(!r->at || strlen(r->at) >= 20);
}

static void check_text(struct arena *a, const char *text)
{
    const char *tidy = sms_tidy(a, text);
    struct sms_parts p = sms_parts(a, tidy);
    must((p.parts == 0) == (*tidy == 0));
    must(p.units >= p.parts && (p.foreign != NULL) == p.ucs2);
    must(p.units <= (p.ucs2 ? 67 : 153) * p.parts + (p.parts == 1 ? 7 : 0));
    must(!p.foreign == !sms_warning(a, tidy));
    must(strcmp(sms_tidy(a, tidy), tidy) == 0);
}

/* The same as a price by the beginnings of numbers. */
static void check_price(struct arena *a, const char *text)
{
    struct json_object *settings = json_own(a, json_object_new_object());
    json_set_text(settings, "costPerPart", text);
    int64_t price = sms_price(a, settings, "+41791234567");
    must(price >= -1 && price < INT64_C(1000000) * MONEY_MICROS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t count = 0;
    struct sms_report *list, one;
    struct pairs form;
    struct ctx c = { .arena = arena_new((size_t)256 << 20) };
    struct str body = { (const char *)bytes, n };
    if (acs_reports(c.arena, body, &list, &count) == OK)
        for (size_t i = 0; i < count; i++)
            check(&list[i]);
    if (pairs_parse(&c, body, 200, &form) == OK && twilio_report(c.arena, &form, &one) == OK)
        check(&one);
    if (utf8_valid(body) && !memchr(bytes, 0, n)) {
        check_text(c.arena, arena_strndup(c.arena, body.p, n));
        check_price(c.arena, arena_strndup(c.arena, body.p, n));
    }
    arena_free(c.arena);
    return 0;
}
