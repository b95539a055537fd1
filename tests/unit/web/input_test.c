/* Forms, queries and JSON bodies into input structs. */
#include "base/json.h"
#include "web/checks.h"
#include "web/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    const char *name, *note, *left, *mail, *id, *kind, *at;
    long count;
    bool yes;
    struct json_object *extra;
    const char **tags;
};

static const char *const kinds[] = { "EMAIL", "SMS", NULL };

static const struct field fields[] = {
    { "name", FIELD_TEXT, offsetof(struct sample, name), .required = true, .min = 2, .max = 5 },
    { "note", FIELD_TEXT, offsetof(struct sample, note), .help = "" },
    { "left", FIELD_TEXT, offsetof(struct sample, left), .clears = true, .help = "" },
    { "mail", FIELD_EMAIL, offsetof(struct sample, mail), .help = "" },
    { "id", FIELD_UUID, offsetof(struct sample, id), .help = "" },
    { "kind", FIELD_CHOICE, offsetof(struct sample, kind), .values = kinds },
    { "at", FIELD_TIME, offsetof(struct sample, at), .help = "" },
    { "count", FIELD_INT, offsetof(struct sample, count), .min = 1, .max = 200, .absent = 50 },
    { "yes", FIELD_BOOL, offsetof(struct sample, yes), .help = "" },
    { "extra", FIELD_JSON, offsetof(struct sample, extra), .help = "" },
    { "tags", FIELD_TEXTS, offsetof(struct sample, tags), .max = 4 },
    { .name = NULL },
};
static const struct input input = { "Sample", sizeof(struct sample), fields };

struct line {
    const char *name;
    long quantity;
};

struct held {
    const char *name;
    const struct line *first;
    const struct line **lines;
};

static const struct field line_fields[] = {
    { "name", FIELD_TEXT, offsetof(struct line, name), .required = true, .max = 5 },
    { "quantity", FIELD_INT, offsetof(struct line, quantity), .min = 1, .max = 9, .absent = 1 },
    { .name = NULL },
};
static const struct input line_input = { "Line", sizeof(struct line), line_fields };

static const struct field held_fields[] = {
    { "name", FIELD_TEXT, offsetof(struct held, name), .max = 5 },
    { "first", FIELD_OBJECT, offsetof(struct held, first), .of = &line_input },
    { "lines", FIELD_OBJECTS, offsetof(struct held, lines), .required = true, .min = 1, .max = 3,
      .of = &line_input },
    { .name = NULL },
};
static const struct input held_input = { "Held", sizeof(struct held), held_fields };

static struct ctx ctx;

static const struct sample *form(const char *text)
{
    struct pairs pairs;
    const void *out = NULL;
    if (pairs_parse(&ctx, str_of(text), 64, &pairs) != OK ||
        input_from_pairs(&ctx, &input, &pairs, &out) != OK)
        return NULL;
    return out;
}

static const struct sample *json(const char *text)
{
    struct json_object *body;
    const char *why;
    const void *out = NULL;
    if (json_parse(ctx.arena, str_of(text), &json_request_limits, &body, &why) != OK)
        fail_msg("%s", why);
    return input_from_json(&ctx, &input, body, &out) == OK ? out : NULL;
}

static void refused(const struct sample *s, const char *field, const char *message)
{
    assert_null(s);
    assert_int_equal(ctx.problem.n, 1);
    assert_string_equal(ctx.problem.faults[0].field, field);
    assert_non_null(strstr(ctx.problem.faults[0].message, message));
    ctx.problem = (struct problem){ .n = 0 };
}

static void fills_from_a_form(void **state)
{
    (void)state;
    const struct sample *s =
        form("name=Z%C3%BCri&mail=a%40b.ch&count=7&yes=on&tags=x&tags=y+z&kind="
             "SMS&csrfToken=abc&at=2026-02-28T10:00:00%2B01:00");
    assert_non_null(s);
    assert_string_equal(s->name, "Züri");
    assert_string_equal(s->mail, "a@b.ch");
    assert_int_equal(s->count, 7);
    assert_true(s->yes);
    assert_string_equal(s->tags[0], "x");
    assert_string_equal(s->tags[1], "y z");
    assert_null(s->tags[2]);
    assert_string_equal(s->kind, "SMS");
    assert_null(s->id);
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    refused(form("mail=a@b.ch"), "name", "required");
    refused(form("name="), "name", "required");
    refused(form("name=a"), "name", "2 to 5");
    refused(form("name=+++"), "name", "must not be blank");
    refused(form("name=%C2%A0%E2%80%8B%09"), "name", "must not be blank");
    refused(form("name=+++++++"), "name", "must not be blank");
    refused(form("name=abcdef"), "name", "2 to 5");
    refused(form("name=ab%07"), "name", "control");
    refused(form("name=abc&name=abc"), "name", "twice");
    refused(form("name=abc&other=1"), "other", "not known");
    refused(form("name=abc&count=0"), "count", "from 1 to 200");
    refused(form("name=abc&count=1x"), "count", "whole number");
    refused(form("name=abc&count=99999999999999999999"), "count", "whole number");
    refused(form("name=abc&yes=maybe"), "yes", "neither");
    refused(form("name=abc&kind=FAX"), "kind", "must be one of EMAIL, SMS");
    refused(form("name=abc&id=12"), "id", "UUID");
    refused(form("name=abc&mail=ab.ch"), "mail", "e-mail");
    refused(form("name=abc&at=2026-02-30T10:00:00Z"), "at", "RFC 3339");
    refused(form("name=abc&extra=1"), "extra", "JSON");
    refused(form("name=abc&tags=abcde"), "tags", "characters");
    refused(form("name=%zz"), "name", "not valid text");
    refused(form("name=%00"), "name", "not valid text");
    refused(form("name=%C0%AF"), "name", "not valid text");
    refused(form("name=%4"), "name", "not valid text");
}

static void fills_from_json(void **state)
{
    (void)state;
    const struct sample *s =
        json("{\"name\":\"abc\",\"count\":3,\"yes\":true,\"extra\":{\"a\":1},\"tags\":[\"x\"],"
             "\"mail\":null}");
    assert_non_null(s);
    assert_int_equal(s->count, 3);
    assert_true(s->yes);
    assert_non_null(json_get(s->extra, "a"));
    assert_string_equal(s->tags[0], "x");
    assert_null(s->mail);
    assert_int_equal(json("{\"name\":\"abc\"}")->count, 50);
    refused(json("{\"name\":1}"), "name", "not text");
    refused(json("{\"name\":\"abc\",\"count\":1.5}"), "count", "whole number");
    refused(json("{\"name\":\"abc\",\"count\":\"7\"}"), "count", "whole number");
    refused(json("{\"name\":\"abc\",\"tags\":[1]}"), "tags", "other than text");
    refused(json("{\"name\":\"abc\",\"extra\":[]}"), "extra", "object");
    refused(json("{\"name\":\"abc\",\"csrfToken\":\"x\"}"), "csrfToken", "not known");
    refused(json("{\"name\":\"\"}"), "name", "required");
    refused(json("{\"name\":\" \\n \"}"), "name", "must not be blank");
    assert_string_equal(json("{\"name\":\" \u2014 \"}")->name, " \u2014 ");
    refused(json("[]"), "body", "is not a JSON object");
}

static const struct held *held_form(const char *text)
{
    struct pairs pairs;
    const void *out = NULL;
    assert_int_equal(pairs_parse(&ctx, str_of(text), 64, &pairs), OK);
    return input_from_pairs(&ctx, &held_input, &pairs, &out) == OK ? out : NULL;
}

static const struct held *held_json(const char *text)
{
    struct json_object *body;
    const char *why;
    const void *out = NULL;
    assert_int_equal(json_parse(ctx.arena, str_of(text), &json_request_limits, &body, &why), OK);
    return input_from_json(&ctx, &held_input, body, &out) == OK ? out : NULL;
}

static void refused_within(const struct held *h, const char *field, const char *message)
{
    assert_null(h);
    refused(NULL, field, message);
}

static void fills_objects_within(void **state)
{
    (void)state;
    const struct held *h = held_json("{\"first\":{\"name\":\"a\",\"quantity\":2},"
                                     "\"lines\":[{\"name\":\"b\"},{\"name\":\"c\"}]}");
    assert_non_null(h);
    assert_string_equal(h->first->name, "a");
    assert_int_equal(h->first->quantity, 2);
    assert_string_equal(h->lines[0]->name, "b");
    assert_int_equal(h->lines[1]->quantity, 1);
    assert_null(h->lines[2]);
    assert_null(held_json("{\"lines\":[{\"name\":\"b\"}]}")->first);
    h = held_form("first.name=a&lines[2].name=c&lines[2].quantity=3&lines[0].name=b&lines[1].name="
                  "+&lines[1].quantity=&name=x");
    assert_non_null(h);
    assert_string_equal(h->name, "x");
    assert_string_equal(h->first->name, "a");
    assert_string_equal(h->lines[0]->name, "b");
    assert_int_equal(h->lines[1]->quantity, 3);
    assert_null(h->lines[2]);
}

static void names_what_is_wrong_within(void **state)
{
    (void)state;
#define B "{\"name\":\"b\"}"
    refused_within(held_json("{}"), "lines", "required");
    refused_within(held_json("{\"lines\":[]}"), "lines", "1 to 3 entries");
    refused_within(held_json("{\"lines\":[" B "," B "," B "," B "]}"), "lines", "1 to 3 entries");
    refused_within(held_json("{\"lines\":{}}"), "lines", "not a list");
    refused_within(held_json("{\"lines\":[" B ",1]}"), "lines[1]", "not an object");
    refused_within(held_json("{\"lines\":[" B ",null]}"), "lines[1]", "not an object");
    refused_within(held_json("{\"lines\":[" B ",{}]}"), "lines[1].name", "required");
    refused_within(held_json("{\"lines\":[" B ",{\"name\":\"b\",\"quantity\":0}]}"),
                   "lines[1].quantity", "from 1 to 9");
    refused_within(held_json("{\"lines\":[{\"name\":\"toolong\"}]}"), "lines[0].name", "0 to 5");
    refused_within(held_json("{\"lines\":[{\"name\":\"b\",\"x\":1}]}"), "lines[0].x", "not known");
    refused_within(held_json("{\"first\":[],\"lines\":[" B "]}"), "first", "not an object");
    refused_within(held_json("{\"first\":{\"quantity\":2},\"lines\":[" B "]}"), "first.name",
                   "required");
    refused_within(held_form("name=x"), "lines", "required");
    refused_within(held_form("lines[0].quantity=2"), "lines[0].name", "required");
    refused_within(held_form("lines[0].name=b&lines[2].quantity=x&lines[2].name=c"),
                   "lines[2].quantity", "whole number");
    refused_within(held_form("lines[0].name=b&lines[0].name=c"), "lines[0].name", "twice");
    refused_within(held_form("lines[0].name=b&lines[3].name=c"), "lines[3].name", "not known");
    refused_within(held_form("lines[0].name=b&lines[01].name=c"), "lines[01].name", "not known");
    refused_within(held_form("lines[0].name=b&lines[0]name=c"), "lines[0]name", "not known");
    refused_within(held_form("lines[0].name=b&lines[99999999999999999999].name=c"),
                   "lines[99999999999999999999].name", "not known");
    refused_within(held_form("lines[0].name=b&lines=c"), "lines", "fields of its own");
    refused_within(held_form("lines[0].name=b&lines[0].x=c"), "lines[0].x", "not known");
    refused_within(held_form("lines[0].name=b&first.quantity=2"), "first.name", "required");
#undef B
}

static void tells_the_first_of_many_choices(void **state)
{
    static const char *const twelve[] = { "a", "b", "c", "d", "e", "f", "g",
                                          "h", "i", "j", "k", "l", NULL };
    static const char *const more[] = { "a", "b", "c", "d", "e", "f", "g",
                                        "h", "i", "j", "k", "l", "m", NULL };
    (void)state;
    assert_int_equal(input_fault_choice(&ctx, "to", twelve), ERR_INVALID);
    assert_int_equal(input_fault_choice(&ctx, "to", more), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[0].message,
                        "must be one of a, b, c, d, e, f, g, h, i, j, k, l");
    assert_string_equal(ctx.problem.faults[1].message,
                        "must be one of a, b, c, d, e, f, g, h, i, j, k, l, …");
}

static void blanks_alone_are_absent(void **state)
{
    (void)state;
    const struct sample *s = form("name=abc&note=+%C2%A0+&tags=+&tags=x");
    assert_non_null(s);
    assert_null(s->note);
    assert_string_equal(s->tags[0], "x");
    assert_null(s->tags[1]);
    s = json("{\"name\":\"abc\",\"note\":\" \\n \",\"tags\":[\"\",\"  \",\"y\"]}");
    assert_non_null(s);
    assert_null(s->note);
    assert_string_equal(s->tags[0], "y");
    assert_null(s->tags[1]);
    assert_string_equal(form("name=abc&note=+b")->note, " b");
}

static void where_nothing_is_said_an_empty_text_says_so(void **state)
{
    (void)state;
    assert_null(form("name=abc&left=")->left);
    assert_string_equal(form("name=abc&left=+")->left, "");
    assert_string_equal(json("{\"name\":\"abc\",\"left\":\"\"}")->left, "");
    assert_string_equal(json("{\"name\":\"abc\",\"left\":\" a\"}")->left, " a");
    assert_null(json("{\"name\":\"abc\"}")->left);
}

static void all_faults_at_once(void **state)
{
    (void)state;
    assert_null(form("count=0&yes=maybe&other=1"));
    assert_int_equal(ctx.problem.n, 4);
}

static void limits_pairs(void **state)
{
    struct pairs pairs;
    (void)state;
    assert_int_equal(pairs_parse(&ctx, STR("a=1&b=2&c=3"), 2, &pairs), ERR_INVALID);
    assert_int_equal(pairs_parse(&ctx, STR("&&a=1&&b&"), 2, &pairs), OK);
    assert_int_equal(pairs.n, 2);
    assert_string_equal(pairs.at[1].name, "b");
    assert_string_equal(pairs.at[1].value, "");
    assert_int_equal(pairs_parse(&ctx, STR(""), 2, &pairs), OK);
    assert_int_equal(pairs.n, 0);
}

static void checks(void **state)
{
    static const char *const mails[] = { "a@b", "a.b+c@x-y.example", "é@exämple.ch" };
    static const char *const no_mails[] = { "", "@b", "a@", "a b@c", "a@b@c", "a@-..b", "a@b\n" };
    static const char *const times[] = { "2024-02-29T00:00:00Z", "2026-01-01T23:59:60.123456+05:30",
                                         "2026-01-01t01:02:03z" };
    static const char *const no_times[] = { "",
                                            "2026-01-01",
                                            "2026-01-01T00:00:00",
                                            "2023-02-29T00:00:00Z",
                                            "2026",
                                            "2026-01-01T24:00:00Z",
                                            "2026-01-01T00:00Z",
                                            "2026-01-01T00:00:00.Z",
                                            "2026-01-01T00:00:00Zx",
                                            "2026-01-01T00:00:00+0100" };
    (void)state;
    for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++)
        if (!email_valid(mails[i]))
            fail_msg("refused %s", mails[i]);
    for (size_t i = 0; i < sizeof(no_mails) / sizeof(no_mails[0]); i++)
        if (email_valid(no_mails[i]))
            fail_msg("took %s", no_mails[i]);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (!time_valid(times[i]))
            fail_msg("refused %s", times[i]);
    for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++)
        if (time_valid(no_times[i]))
            fail_msg("took %s", no_times[i]);
}

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){ .arena = arena_new((size_t)8 << 20) };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fills_from_a_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fills_from_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fills_objects_within, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_what_is_wrong_within, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_first_of_many_choices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blanks_alone_are_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_is_said_an_empty_text_says_so, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_faults_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_pairs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(checks, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
