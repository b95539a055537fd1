/* The qualifier bar: what is read, what is refused and how the fault is told. */
#include "messages/filter.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t noon(const struct app *app)
{
    (void)app;
    return 1778587200000; /* 2026-05-12T12:00:00Z */
}

static const struct app app = { .now_ms = noon };
static struct ctx ctx;

static enum err parse(const char *text, struct json_object **filter)
{
    ctx.problem = (struct problem){ 0 };
    return filter_parse(&ctx, text, filter);
}

static const struct {
    const char *text, *filter;
} good[] = {
    { NULL, "{}" },
    { "   ", "{}" },
    { "status:failed", "{\"status\":[\"FAILED\"]}" },
    { "STATUS:Failed,bounced", "{\"status\":[\"FAILED\",\"BOUNCED\"]}" },
    { "channel:sms status:held", "{\"status\":[\"HELD\"],\"channel\":[\"SMS\"]}" },
    { "-status:delivered", "{\"notStatus\":[\"DELIVERED\"]}" },
    { "Müller \"two words\" -draft",
      "{\"text\":[\"Müller\",\"two words\"],\"notText\":[\"draft\"]}" },
    { "code:\"550 5.1.1\"", "{\"code\":[\"550 5.1.1\"]}" },
    { "building:LH-12,SP-4", "{\"building\":[\"LH-12\",\"SP-4\"]}" },
    { "building:\"A, B\"", "{\"building\":[\"A, B\"]}" },
    { "year:2025,2024 unit:3.07", "{\"unit\":[\"3.07\"],\"year\":[2025,2024]}" },
    { "is:held has:attachment -has:note",
      "{\"is\":[\"held\"],\"has\":[\"attachment\"],\"notHas\":[\"note\"]}" },
    { "is:unprinted -is:waiting", "{\"is\":[\"unprinted\"],\"notIs\":[\"waiting\"]}" },
    { "mentions:ME", "{\"mentions\":[\"me\"]}" },
    { "cause:\"The mailbox … is full.\" -cause:x",
      "{\"cause\":[\"The mailbox … is full.\"],\"notCause\":[\"x\"]}" },
    { "template:reminder,statement -template:reminder",
      "{\"template\":[\"reminder\",\"statement\"],\"notTemplate\":[\"reminder\"]}" },
    { "tag:Frist,ÄRGER -tag:\"x-1\" tag:b",
      "{\"tag\":[\"frist,ärger\",\"b\"],\"notTag\":[\"x-1\"]}" },
    { "before:2026-05-01 after:7d", "{\"before\":\"2026-05-01\",\"after\":\"7d\"}" },
    { "after:today", "{\"after\":\"0d\"}" },
    { "after:yesterday", "{\"after\":\"1d\"}" },
    { "\"TC1:ABC\"", "{\"text\":[\"TC1:ABC\"]}" },
    { "10:30", "{\"text\":[\"10:30\"]}" },
    { "-", "{\"text\":[\"-\"]}" },
    { "\"unclosed", "{\"text\":[\"unclosed\"]}" },
};

static void what_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct json_object *filter;
        print_message("%s\n", good[i].text ? good[i].text : "(none)");
        assert_int_equal(parse(good[i].text, &filter), OK);
        assert_string_equal(filter_json(&ctx, filter), good[i].filter);
    }
}

static const struct {
    const char *text, *says; /* part of the fault's sentence */
} bad[] = {
    { "status:flying", "status:flying: is none of draft, enqueued" },
    { "colour:red", "There is no qualifier colour" },
    { "status:", "status: has no value" },
    { "status:failed,", "has no value" },
    { "year:20x5", "is no year" },
    { "year:99", "is no year" },
    { "run:12", "is no id of a run" },
    { "before:someday", "is no day" },
    { "before:2026-02-30", "is no day" },
    { "after:today after:7d", "is there twice" },
    { "-unit:3", "cannot be left out" },
    { "is:held,failed", "takes one at a time" },
    { "has:note,error", "takes one at a time" },
    { "-mentions:me", "cannot be left out" },
    { "mentions:ada", "mentions:ada: is none of me" },
    { "tag:", "tag: A tag is one word" },
    { "tag:a,", "A tag is one word" },
    { "tag:\"two words\"", "A tag is one word" },
    { "-tag:'x", "A tag is one word" },
    { "grade:E", "is none of A, B, C, D" },
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *filter;
        print_message("%s\n", bad[i].text);
        assert_int_equal(parse(bad[i].text, &filter), ERR_INVALID);
        assert_int_equal(ctx.problem.n, 1);
        assert_string_equal(ctx.problem.faults[0].field, "q");
        if (!strstr(ctx.problem.faults[0].message, bad[i].says))
            fail_msg("%s", ctx.problem.faults[0].message);
    }
}

static void every_wrong_qualifier_is_named(void **state)
{
    (void)state;
    struct json_object *filter;
    assert_int_equal(parse("status:x year:y word", &filter), ERR_INVALID);
    assert_int_equal(ctx.problem.n, 2);
}

static void not_without_end(void **state)
{
    (void)state;
    struct buf b = buf_in(ctx.arena);
    struct json_object *filter;
    for (int i = 0; i < 50; i++)
        buf_puts(&b, "word ");
    assert_int_equal(parse(b.p, &filter), ERR_INVALID);
}

static int set_up(void **state)
{
    (void)state;
    ctx =
        (struct ctx){ .app = (struct app *)(uintptr_t)&app, .arena = arena_new((size_t)16 << 20) };
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
        cmocka_unit_test(what_is_read),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(every_wrong_qualifier_is_named),
        cmocka_unit_test(not_without_end),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
