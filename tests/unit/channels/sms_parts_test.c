/* How many parts a text is sent in, what makes it dearer, and what a part costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "channels/message.h"
#include "channels/sms.h"
#include "mustache/mustache.h"

#include <string.h>

static struct ctx ctx;
static struct app app;

static int start(void **state)
{
    (void)state;
    ctx = (struct ctx){ .app = &app, .arena = arena_new((size_t)16 * 1024 * 1024) };
    app.templates = templates_open(ctx.arena, TEST_SOURCE_DIR "/templates", false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* `n` times `one`, with `after` behind. */
static const char *many(const char *one, int n, const char *after)
{
    struct buf b = buf_in(ctx.arena);
    for (int i = 0; i < n; i++)
        buf_puts(&b, one);
    buf_puts(&b, after);
    return b.p;
}

static void counts(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool ucs2;
        int units, parts;
        const char *foreign;
    } table[] = {
        { "", false, 0, 0, NULL },
        { "Hello", false, 5, 1, NULL },
        { "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà", false, 71,
          1, NULL },
        { "^{}\\[~]|€\f", false, 20, 1, NULL },
        { many("a", 160, ""), false, 160, 1, NULL },
        { many("a", 161, ""), false, 161, 2, NULL },
        { many("a", 306, ""), false, 306, 2, NULL },
        { many("a", 307, ""), false, 307, 3, NULL },
        { many("€", 80, ""), false, 160, 1, NULL },
        /* The escape and what it escapes stay together: 152 of 153 are used. */
        { many("€", 153, ""), false, 306, 3, NULL },
        { many("a", 152, many("€", 1, many("a", 151, ""))), false, 305, 2, NULL },
        { many("a", 152, many("€", 1, many("a", 152, ""))), false, 306, 3, NULL },
        { "`", true, 1, 1, "`" },
        { "reçu", true, 4, 1, "ç" },
        { "a\tb", true, 3, 1, "\t" },
        { many("ł", 70, ""), true, 70, 1, "ł" },
        { many("ł", 71, ""), true, 71, 2, "ł" },
        { many("ł", 134, ""), true, 134, 2, "ł" },
        { many("ł", 135, ""), true, 135, 3, "ł" },
        { many("a", 69, "ł"), true, 70, 1, "ł" },
        { many("🙂", 35, ""), true, 70, 1, "🙂" },
        { many("🙂", 36, ""), true, 72, 2, "🙂" },
        /* No pair of surrogates lies across two parts: 66 of 67 are used. */
        { many("🙂", 67, ""), true, 134, 3, "🙂" },
        { many("a", 66, many("🙂", 1, many("a", 65, ""))), true, 133, 2, "🙂" },
        { many("a", 66, many("🙂", 1, many("a", 66, ""))), true, 134, 3, "🙂" },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct sms_parts p = sms_parts(ctx.arena, table[i].text);
        assert_int_equal(p.ucs2, table[i].ucs2);
        assert_int_equal(p.units, table[i].units);
        assert_int_equal(p.parts, table[i].parts);
        if (table[i].foreign)
            assert_string_equal(p.foreign, table[i].foreign);
        else
            assert_null(p.foreign);
    }
}

static void names_what_makes_it_dearer(void **state)
{
    (void)state;
    struct sms_parts p = sms_parts(ctx.arena, "Łukasz");
    assert_non_null(strstr(sms_warning(ctx.arena, "Łukasz"), "character “Ł” (U+0141) is not"));
    assert_string_equal(sms_encoding(&p), "UCS-2");
    assert_non_null(
        strstr(sms_warning(ctx.arena, "Łódź Łąka"),
               "characters “Ł” (U+0141), “ó” (U+00F3), “ź” (U+017A), “ą” (U+0105) are"));
    assert_string_equal(sms_foreign(ctx.arena, "абвгдеё"),
                        "“а” (U+0430), “б” (U+0431), “в” (U+0432), “г” (U+0433), “д” (U+0434) "
                        "and 2 more");
    assert_null(sms_foreign(ctx.arena, "Grüezi"));
    p = sms_parts(ctx.arena, "Lukas");
    assert_null(sms_warning(ctx.arena, "Lukas"));
    assert_string_equal(sms_encoding(&p), "GSM-7");
}

static void tidies(void **state)
{
    (void)state;
    assert_string_equal(
        sms_tidy(ctx.arena, "1’234.50\u00a0CHF\r\n\u201cyes\u201d \u2013 no\u2026\n\n "),
        "1'234.50 CHF\n\"yes\" - no...");
    assert_string_equal(sms_tidy(ctx.arena, "a\x01\x7f\u200b\tb"), "a b");
    assert_string_equal(sms_tidy(ctx.arena, "Łódź"), "Łódź");
    assert_string_equal(sms_tidy(ctx.arena, " \n"), "");
}

static void prices(void **state)
{
    (void)state;
#define COUNTRIES "+41=0.07 +4179=0.065;+49=0.09 0.12"
    const struct {
        const char *set, *number;
        int64_t micros;
    } table[] = {
        { "0.075", NULL, 75000 },
        { "0.075", "+41791234567", 75000 },
        { "0.0079", NULL, 7900 },
        { "1.", NULL, 1000000 },
        { "0", NULL, 0 },
        { "-1", NULL, -1 },
        { "abc", NULL, -1 },
        { "0,075", NULL, -1 },
        { "0.1234567", NULL, -1 },
        { "", NULL, -1 },
        { COUNTRIES, "+41441234567", 70000 },
        { COUNTRIES, "+41791234567", 65000 },
        { COUNTRIES, "+4917012345678", 90000 },
        { COUNTRIES, "+33612345678", 120000 },
        { COUNTRIES, NULL, 120000 },
        { "+41=0.07", "+33612345678", -1 },
        { "+41=0.07", NULL, -1 },
        { "+41=0.07 +49=x", "+41791234567", -1 },
        { "=0.07", "+41791234567", -1 },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct json_object *settings = json_own(ctx.arena, json_object_new_object());
        json_set_text(settings, "costPerPart", table[i].set);
        assert_int_equal(sms_price(ctx.arena, settings, table[i].number), table[i].micros);
    }
    assert_int_equal(
        sms_price(ctx.arena, json_own(ctx.arena, json_object_new_object()), "+41791234567"), -1);
    assert_int_equal(sms_price(ctx.arena, NULL, NULL), -1);
}

static void numbers(void **state)
{
    (void)state;
    assert_string_equal(sms_number(ctx.arena, "+41791234567"), "+41791234567");
    assert_string_equal(sms_number(ctx.arena, "18005550100"), "+18005550100");
    static const char *const none[] = {
        NULL, "", "+", "+0791234567", "+4179", "079 123", "+417912345678901234", "Lindenhof"
    };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_null(sms_number(ctx.arena, none[i]));
}

static const char *written(const char *name, const char *language, const char *amount,
                           const char *due)
{
    const char *text;
    struct json_object *d = json_own(ctx.arena, json_object_new_object());
    json_set_text(d, "tenant", "Lindenhof AG");
    json_set_text(d, "building", "Lindenhof 12");
    json_set_text(d, "unit", "1.02");
    json_set_text(d, "year", "2025");
    json_set_text(d, "amount", amount);
    json_set_text(d, "dueOn", date_short(ctx.arena, due, language));
    assert_int_equal(message_text(&ctx, name, language, d, &text), OK);
    return sms_tidy(ctx.arena, text);
}

/* Each language in one part of the SMS alphabet, also in August. */
static void own_texts_are_cheap(void **state)
{
    (void)state;
    static const char *const languages[] = { "en", "de", "fr", "de-CH" };
    static const char *const names[] = { "statement_sms", "reminder_sms" };
    for (size_t i = 0; i < 2 * sizeof(languages) / sizeof(languages[0]); i++) {
        const char *text =
            written(names[i % 2], languages[i / 2], "1’234.50\u00a0CHF", "2026-08-31");
        struct sms_parts p = sms_parts(ctx.arena, text);
        assert_null(p.foreign);
        assert_int_equal(p.parts, 1);
        assert_non_null(strstr(text, "Lindenhof AG"));
        assert_non_null(strstr(text, "1'234.50 CHF"));
        assert_non_null(strstr(text, "2026"));
    }
    assert_string_equal(written("statement_sms", "de", "9.00 EUR", "2026-03-01"),
                        "Lindenhof AG: Ihre Abrechnung 2025 für Einheit 1.02, Lindenhof 12, liegt "
                        "vor. Betrag: 9.00 EUR, zahlbar bis 01.03.2026.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),  cmocka_unit_test(names_what_makes_it_dearer),
        cmocka_unit_test(tidies),  cmocka_unit_test(prices),
        cmocka_unit_test(numbers), cmocka_unit_test(own_texts_are_cheap),
    };
    return cmocka_run_group_tests(tests, start, end);
}
