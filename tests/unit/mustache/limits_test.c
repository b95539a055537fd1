/* The engine beyond the specification: limits, errors with their line, names, reloading, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "mustache/mustache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena *a;
static const char *why;

static enum err render(const char *template, const char *json, struct buf *out)
{
    struct json_object *data = NULL;
    struct templates *set = templates_empty(a);
    *out = buf_in(a);
    assert_int_equal(json_parse(a, str_of(json), &json_request_limits, &data, &why), OK);
    enum err e = templates_add(set, "main", str_of(template), &why);
    return e ? e : template_render(set, "main", data, out, &why);
}

static void assert_renders(const char *template, const char *json, const char *expected)
{
    struct buf out;
    assert_int_equal(render(template, json, &out), OK);
    assert_string_equal(out.p ? out.p : "", expected);
}

static void assert_refused(const char *template, enum err e, const char *sentence)
{
    struct buf out;
    assert_int_equal(render(template, "{\"x\": [1, 2]}", &out), e);
    if (!strstr(why, sentence))
        fail_msg("%s", why);
}

static void values_are_escaped(void **state)
{
    (void)state;
    assert_renders("{{x}}", "{\"x\": \"<a href='`'>&\\\"\"}",
                   "&lt;a href=&#39;&#96;&#39;&gt;&amp;&quot;");
    assert_renders("{{{x}}}{{&x}}", "{\"x\": \"<\"}", "<<");
}

static void what_is_false(void **state)
{
    (void)state;
    const char *json = "{\"a\": 0, \"b\": \"\", \"c\": [], \"d\": null, \"e\": false, \"f\": {}}";
    assert_renders("{{^a}}a{{/a}}{{^b}}b{{/b}}{{^c}}c{{/c}}{{^d}}d{{/d}}{{^e}}e{{/e}}{{#f}}f{{/"
                   "f}}{{^g}}g{{/g}}",
                   json, "abcdefg");
}

static void errors_name_the_line(void **state)
{
    (void)state;
    assert_refused("a\n{{#x}}\nb", ERR_INVALID, "main, line 2: this section is not closed: x");
    assert_refused("{{#x}}\n\n{{/y}}", ERR_INVALID, "line 3: this closes another section");
    assert_refused("\n\n{{x", ERR_INVALID, "line 3: a tag that is not closed");
    assert_refused("{{/x}}", ERR_INVALID, "line 1: nothing is open");
    assert_refused("{{=x=}}", ERR_INVALID, "new delimiters");
    assert_refused("{{ }}", ERR_INVALID, "without a name");
}

static void endless_things_end(void **state)
{
    (void)state;
    assert_refused("{{>main}}", ERR_LIMITED, "deeper than 32");
    assert_refused("{{<main}}{{/main}}", ERR_LIMITED, "deeper than 32");
    assert_refused("{{#x}}{{>main}}{{/x}}", ERR_LIMITED, "deeper than 32");
}

static void sections_nest_so_deep(void **state)
{
    (void)state;
    struct buf t = buf_in(a);
    for (int i = 0; i < 100; i++)
        buf_puts(&t, "{{#x}}");
    for (int i = 0; i < 100; i++)
        buf_puts(&t, "{{/x}}");
    assert_refused(t.p, ERR_INVALID, "nested too deep");
}

static void output_ends_at_8_mib(void **state)
{
    (void)state;
    struct buf t = buf_in(a);
    buf_puts(&t, "{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}{{#x}}");
    for (int i = 0; i < 5000; i++)
        buf_puts(&t, "0123456789");
    buf_puts(&t, "{{/x}}{{/x}}{{/x}}{{/x}}{{/x}}{{/x}}{{/x}}{{/x}}");
    assert_refused(t.p, ERR_LIMITED, "over 8 MiB");
}

/* No output, and still a list inside a list inside a list. */
static void work_ends_too(void **state)
{
    (void)state;
    struct buf json = buf_in(a), out;
    buf_puts(&json, "{\"x\":[1");
    for (int i = 0; i < 999; i++)
        buf_puts(&json, ",1");
    buf_puts(&json, "]}");
    assert_int_equal(render("{{#x}}{{#x}}{{#x}}{{/x}}{{/x}}{{/x}}", json.p, &out), ERR_LIMITED);
    if (!strstr(why, "over 20 million steps"))
        fail_msg("%s", why);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void names_stay_in_the_folder(void **state)
{
    (void)state;
    struct buf out = buf_in(a);
    struct templates *set = templates_open(a, TEST_SOURCE_DIR "/templates", false);
    const char *names[] = {
        "../README", "/etc/passwd", "a//b", "", "track/../layout", "a b", "a\nb"
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(template_render(set, names[i], NULL, &out, &why), ERR_INVALID);
    assert_int_equal(template_render(set, "track/nothing", NULL, &out, &why), ERR_NOT_FOUND);
}

static void dynamic_names_too(void **state)
{
    (void)state;
    char dir[] = "/tmp/track-templates-XXXXXX";
    struct buf out = buf_in(a);
    assert_non_null(mkdtemp(dir));
    const char *path = arena_printf(a, "%s/page.mustache", dir);
    write_file(path, "{{>*name}}");
    struct json_object *data = json_own(a, json_object_new_object());
    json_set_text(data, "name", "../../../etc/hostname");
    assert_int_equal(template_render(templates_open(a, dir, false), "page", data, &out, &why),
                     ERR_INVALID);
    unlink(path);
    rmdir(dir);
}

static void a_changed_file_is_read_again(void **state)
{
    (void)state;
    char dir[] = "/tmp/track-templates-XXXXXX";
    struct buf out = buf_in(a);
    assert_non_null(mkdtemp(dir));
    const char *path = arena_printf(a, "%s/page.mustache", dir);
    struct templates *fresh = templates_open(a, dir, true), *kept = templates_open(a, dir, false);
    write_file(path, "one");
    assert_int_equal(template_render(fresh, "page", NULL, &out, &why), OK);
    assert_int_equal(template_render(kept, "page", NULL, &out, &why), OK);
    write_file(path, "second");
    struct timespec later[2] = { { 2000000000, 0 }, { 2000000000, 0 } };
    utimensat(AT_FDCWD, path, later, 0);
    assert_int_equal(template_render(fresh, "page", NULL, &out, &why), OK);
    assert_int_equal(template_render(kept, "page", NULL, &out, &why), OK);
    assert_string_equal(out.p, "oneonesecondone");
    unlink(path);
    rmdir(dir);
}

static void a_missing_template_costs_nothing(void **state)
{
    (void)state;
    struct arena *life = arena_new((size_t)1 << 20);
    struct buf out = buf_in(a);
    struct templates *set = templates_open(life, TEST_SOURCE_DIR "/templates", false);
    size_t before = arena_used(life);
    assert_int_equal(template_render(set, "track/nothing", NULL, &out, &why), ERR_NOT_FOUND);
    assert_int_equal(arena_used(life), before);
    arena_free(life);
}

static void text_is_not_escaped(void **state)
{
    (void)state;
    struct templates *set = templates_empty(a);
    struct buf out = buf_in(a);
    struct json_object *data = json_own(a, json_object_new_object());
    json_set_text(data, "x", "a < b & c");
    assert_int_equal(templates_add(set, "t", STR("{{x}}"), &why), OK);
    assert_int_equal(template_render_text(set, "t", data, &out, &why), OK);
    assert_string_equal(out.p, "a < b & c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped),    cmocka_unit_test(what_is_false),
        cmocka_unit_test(errors_name_the_line),  cmocka_unit_test(endless_things_end),
        cmocka_unit_test(sections_nest_so_deep), cmocka_unit_test(output_ends_at_8_mib),
        cmocka_unit_test(work_ends_too),         cmocka_unit_test(names_stay_in_the_folder),
        cmocka_unit_test(dynamic_names_too),     cmocka_unit_test(a_changed_file_is_read_again),
        cmocka_unit_test(text_is_not_escaped),   cmocka_unit_test(a_missing_template_costs_nothing),
    };
    a = arena_new((size_t)512 << 20);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(a);
    return status;
}
