/* What customers read: every template in every language, escaped for HTML and for text, with the
   link by which it is found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/settings.h"
#include "mustache/mustache.h"
#include "notify/customer.h"

#include <string.h>

#define TOKEN "abcdefghijklmnopqrstuv"
#define ID "018f0000-0000-7000-8000-000000000001"

static const struct settings settings = { .public_url = "https://track.example.com" };
static struct app app = { .settings = &settings };
static struct ctx ctx;

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

static struct json_object *data(const char *language)
{
    struct json_object *d = notice_sample(&ctx, language);
    const char *marker = notice_marker(ctx.arena, ID);
    json_set_text(d, "recipientName", "Łukasz *Star* & <b>Nguyễn</b>");
    json_set_text(d, "orderNumber", "A_1042*[x](y)");
    json_set_text(d, "carrier", "Post & Söhne");
    json_set_text(d, "trackingUrl", notice_url(&ctx, TOKEN, marker));
    return d;
}

static void every_template_in_every_language(void **state)
{
    (void)state;
    static const char *const languages[] = { "en", "de", "fr", "es" };
    const char *link = notice_url(&ctx, TOKEN, notice_marker(ctx.arena, ID));
    for (const char *const *type = notice_names; *type; type++)
        for (size_t i = 0; i < 4; i++) {
            struct message m;
            print_message("%s.%s\n", *type, languages[i]);
            assert_int_equal(notice_render(&ctx, *type, languages[i], data(languages[i]), &m), OK);
            assert_string_equal(m.language, languages[i]);
            assert_non_null(strstr(m.subject, "A_1042*[x](y)"));
            assert_non_null(strstr(m.text, "Łukasz *Star* & <b>Nguyễn</b>"));
            assert_non_null(strstr(m.text, "A_1042*[x](y)"));
            assert_non_null(strstr(m.text, "Post & Söhne"));
            assert_non_null(strstr(m.text, link));
            assert_non_null(strstr(m.html, "Łukasz *Star* &amp; &lt;b&gt;Nguyễn&lt;/b&gt;"));
            assert_non_null(strstr(m.html, "<strong>A_1042*[x](y)</strong>"));
            assert_non_null(strstr(m.html, arena_printf(ctx.arena, "<a href=\"%s\">", link)));
            assert_null(strstr(m.html, "<html"));
            assert_null(strstr(m.html, "<b>"));
            assert_null(strstr(m.text, "{{"));
        }
}

/* What is not known leaves no gap. */
static void what_is_missing_is_left_out(void **state)
{
    (void)state;
    struct message m;
    struct json_object *d = json_own(ctx.arena, json_object_new_object());
    json_set_text(d, "trackingUrl", notice_url(&ctx, TOKEN, NULL));
    json_set_text(d, "tenant", "Lindenhof AG");
    assert_int_equal(notice_render(&ctx, "shipped", "en", d, &m), OK);
    assert_string_equal(m.subject, "Your order has shipped");
    assert_string_equal(m.text, "Hello\n\nYour order is on its way.\n\nFollow your parcel "
                                "<https://track.example.com/t/" TOKEN ">\n\nKind "
                                "regards\nLindenhof AG\n");
    assert_int_equal(notice_render(&ctx, "exception", "fr", d, &m), OK);
    assert_non_null(strstr(m.text, " : le transporteur signale un problème"));
    assert_int_equal(notice_render(&ctx, "shipped", "rm-CH", d, &m), OK);
    assert_string_equal(m.language, "en");
    assert_int_equal(notice_render(&ctx, "shipped", "de-CH", d, &m), OK);
    assert_string_equal(m.language, "de");
}

static void the_day_as_the_language_writes_it(void **state)
{
    (void)state;
    struct message m;
    assert_int_equal(notice_render(&ctx, "shipped", "es", data("es"), &m), OK);
    assert_non_null(strstr(m.text, "el 30 de abril de 2026."));
    assert_int_equal(notice_render(&ctx, "shipped", "de", data("de"), &m), OK);
    assert_non_null(strstr(m.text, "bis 30. April 2026 bei Ihnen"));
}

static void a_marker_is_letters_and_digits_of_its_own(void **state)
{
    (void)state;
    const char *one = notice_marker(ctx.arena, ID);
    assert_int_equal(strlen(one), 20);
    assert_int_equal(strspn(one, "0123456789abcdef"), 20);
    assert_string_equal(one, notice_marker(ctx.arena, ID));
    assert_string_not_equal(one, notice_marker(ctx.arena, "018f0000-0000-7000-8000-000000000002"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_template_in_every_language, start, end),
        cmocka_unit_test_setup_teardown(what_is_missing_is_left_out, start, end),
        cmocka_unit_test_setup_teardown(the_day_as_the_language_writes_it, start, end),
        cmocka_unit_test_setup_teardown(a_marker_is_letters_and_digits_of_its_own, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
