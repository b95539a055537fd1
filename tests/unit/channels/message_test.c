/* Messages from their templates: languages, escaping, amounts, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/money.h"
#include "channels/message.h"
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

static struct json_object *data(void)
{
    struct json_object *d = json_own(ctx.arena, json_object_new_object());
    json_set_text(d, "recipientName", "Łukasz *Star* <b>Nguyễn</b>");
    json_set_text(d, "building", "Lindenhof 12");
    json_set_text(d, "unit", "1.02");
    json_set_text(d, "year", "2025");
    json_set_text(d, "subject", "Heizkosten 2025");
    json_set_text(d, "tenant", "Lindenhof AG");
    json_set_text(d, "amount", "138.05 CHF");
    json_set_text(d, "dueOn", "30. April 2026");
    json_set_bool(d, "hasAttachments", true);
    return d;
}

static void german(void **state)
{
    (void)state;
    struct message m;
    assert_int_equal(message_render(&ctx, "statement", "de", data(), &m), OK);
    assert_string_equal(m.subject, "Heizkosten 2025");
    assert_string_equal(m.text,
                        "Guten Tag Łukasz *Star* <b>Nguyễn</b>\n\n"
                        "Im Anhang finden Sie Ihre Abrechnung 2025: Einheit 1.02, Lindenhof 12.\n\n"
                        "Der offene Betrag ist 138.05 CHF, zahlbar bis 30. April 2026.\n\n"
                        "Freundliche Grüsse\nLindenhof AG\n");
    assert_non_null(strstr(m.html, "Łukasz *Star* &lt;b&gt;Nguyễn&lt;/b&gt;"));
    assert_non_null(strstr(m.html, "<strong>138.05 CHF</strong>"));
    assert_non_null(strstr(m.html, "<html lang=\"de\">"));
    assert_null(strstr(m.html, "<img"));
}

static void an_unknown_language_is_english(void **state)
{
    (void)state;
    struct message m;
    assert_int_equal(message_render(&ctx, "statement", "rm", data(), &m), OK);
    assert_non_null(strstr(m.text, "Kind regards"));
    assert_int_equal(message_render(&ctx, "nothing", "en", data(), &m), ERR_NOT_FOUND);
}

static void a_region_falls_to_its_language(void **state)
{
    (void)state;
    struct message m;
    assert_int_equal(message_render(&ctx, "statement", "de-CH", data(), &m), OK);
    assert_non_null(strstr(m.text, "Guten Tag"));
    assert_int_equal(message_render(&ctx, "statement", "rm-CH", data(), &m), OK);
    assert_non_null(strstr(m.text, "Kind regards"));
}

/* By themselves and as an SMS, in every language that one of them has. */
static void every_message_has_all_forms(void **state)
{
    (void)state;
    size_t n = 0;
    static const char *const languages[] = { "de", "en", "fr" };
    const char *const *names = message_names(&ctx);
    for (; names[n]; n++)
        for (size_t i = 0; i < 3; i++) {
            struct message m;
            const char *text, *sms = arena_printf(ctx.arena, "%s_sms", names[n]);
            assert_int_equal(message_render(&ctx, names[n], languages[i], data(), &m), OK);
            assert_string_equal(m.language, languages[i]);
            assert_non_null(strstr(m.text, "138.05"));
            assert_int_equal(message_text(&ctx, sms, languages[i], data(), &text), OK);
            assert_non_null(strstr(text, "138.05"));
        }
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "reminder");
    assert_string_equal(names[1], "statement");
}

/* Those that were added count with those of the folder; one form alone is no message. */
static void a_message_without_a_form_is_none(void **state)
{
    (void)state;
    const char *why;
    static const char *const added[] = { "messages/new.en",     "messages/statement.en",
                                         "messages/new_sms.de", "messages/statement_sms.en",
                                         "other/more.en",       "other/more_sms.en" };
    struct templates *folder = app.templates;
    app.templates = templates_empty(ctx.arena);
    assert_null(message_names(&ctx)[0]);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(templates_add(app.templates, added[i], STR("x"), &why), OK);
    assert_string_equal(message_names(&ctx)[0], MESSAGE_USUAL);
    assert_null(message_names(&ctx)[1]);
    app.templates = folder;
}

static void a_credit_says_so(void **state)
{
    (void)state;
    struct message m;
    struct json_object *d = data();
    json_set_bool(d, "credit", true);
    json_set_text(d, "pixelUrl", "https://track.example.com/o/x.gif");
    assert_int_equal(message_render(&ctx, "statement", "fr", d, &m), OK);
    assert_non_null(strstr(m.text, "en votre faveur : 138.05 CHF."));
    assert_non_null(strstr(m.html, "<img src=\"https://track.example.com/o/x.gif\""));
}

static void a_subject_stays_one_line(void **state)
{
    (void)state;
    struct message m;
    struct json_object *d = data();
    json_set_text(d, "subject", "One\r\nBcc: all@example.com");
    assert_int_equal(message_render(&ctx, "statement", "en", d, &m), OK);
    assert_string_equal(m.subject, "One");
}

static void amounts_and_dates(void **state)
{
    (void)state;
    struct arena *a = ctx.arena;
    assert_string_equal(money_text(a, 123450, "CHF", "de"), "1’234.50\u00a0CHF");
    assert_string_equal(money_text(a, -348, "EUR", "de"), "−3,48\u00a0EUR");
    assert_string_equal(money_text(a, 100000005, "EUR", "en"), "1,000,000.05\u00a0EUR");
    assert_string_equal(money_text(a, 1500, "JPY", "fr"), "1\u202f500\u00a0JPY");
    assert_string_equal(money_text(a, 7, "KWD", "en"), "0.007\u00a0KWD");
    assert_string_equal(date_text(a, "2026-03-01", "de"), "1. März 2026");
    assert_string_equal(date_text(a, "2026-08-31", "fr"), "31 août 2026");
    assert_string_equal(date_text(a, "2026-09-02", "es"), "2 de septiembre de 2026");
    assert_string_equal(date_text(a, "2026-13-02", "es"), "2026-13-02");
    assert_string_equal(date_text(a, "soon", "en"), "soon");
    assert_string_equal(date_short(a, "2026-03-01", "de"), "01.03.2026");
    assert_string_equal(date_short(a, "2026-03-01", "es"), "01/03/2026");
    assert_string_equal(date_short(a, "2026-03-01", "en"), "1 March 2026");
    assert_string_equal(money_text(a, 123450, "EUR", "es"), "1.234,50\u00a0EUR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(german, start, end),
        cmocka_unit_test_setup_teardown(an_unknown_language_is_english, start, end),
        cmocka_unit_test_setup_teardown(a_region_falls_to_its_language, start, end),
        cmocka_unit_test_setup_teardown(every_message_has_all_forms, start, end),
        cmocka_unit_test_setup_teardown(a_message_without_a_form_is_none, start, end),
        cmocka_unit_test_setup_teardown(a_credit_says_so, start, end),
        cmocka_unit_test_setup_teardown(a_subject_stays_one_line, start, end),
        cmocka_unit_test_setup_teardown(amounts_and_dates, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
