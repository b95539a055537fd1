/* Jira's wire: the samples in ../shared, summaries of one line, documents without empty texts, how
 * long to wait. */
#include "unit/samples.h"

#include "base/json.h"
#include "base/utf8.h"
#include "channels/jira_wire.h"

#define NOW_MS 1772805600000 /* 2026-03-06T14:00Z */
#define SITE "https://acme.atlassian.net"

static enum err judged(int status, struct str body, struct json_object **out, bool *unsure,
                       struct jira_result *result)
{
    static const char *const json[] = { "content-type", "application/json;charset=UTF-8", NULL };
    const struct http_answer answer = { .status = status, .body = body, .headers = json };
    return jira_judge(a, &answer, NOW_MS, out, unsure, result);
}

static struct json_object *settings(void)
{
    struct json_object *o = json_own(a, json_object_new_object());
    json_set_text(o, "project", "OPS");
    return o;
}

static void the_samples(void **state)
{
    (void)state;
    bool unsure;
    struct json_object *body;
    struct jira_result out;
    assert_int_equal(judged(201, sample_of("jira/create_response_201.json"), &body, &unsure, &out),
                     OK);
    assert_true(jira_named(a, body, SITE, &out));
    assert_string_equal(out.key, "OPS-412");
    assert_int_equal(out.id, 10731);
    assert_string_equal(out.url, SITE "/browse/OPS-412");
    assert_int_equal(judged(201, sample_of("jira/comment_response_201.json"), &body, &unsure, &out),
                     OK);
    assert_int_equal(judged(200, sample_of("jira/search_response_200.json"), &body, &unsure, &out),
                     OK);
    assert_int_equal(jira_first(a, body, "dedupe-5f2b9c0e", SITE, &out), OK);
    assert_string_equal(out.key, "OPS-412");
    assert_int_equal(jira_first(a, body, "dedupe-other", SITE, &out), ERR_NOT_FOUND);
    assert_int_equal(
        judged(200, sample_of("jira/search_response_200_page.json"), &body, &unsure, &out), OK);
    assert_int_equal(jira_first(a, body, "dedupe-5f2b9c0e", SITE, &out), ERR_NOT_FOUND);
    assert_int_equal(judged(400, sample_of("jira/create_error_400.json"), &body, &unsure, &out),
                     ERR_INVALID);
    assert_false(unsure);
    assert_non_null(strstr(out.sentence, "description: Operation value must be"));
    assert_int_equal(
        judged(400, sample_of("jira/create_error_400_project.json"), &body, &unsure, &out),
        ERR_INVALID);
    assert_true(unsure);
    assert_int_equal(judged(404, sample_of("jira/error_404.json"), &body, &unsure, &out),
                     ERR_NOT_FOUND);
    assert_true(unsure);
}

static void what_is_written_is_as_the_samples(void **state)
{
    (void)state;
    struct json_object *wanted, *made;
    const char *why;
    static const char *const lines[] = { "Carrier reports a second failed attempt.", NULL };
    const struct jira_issue issue = { .label = "dedupe-5f2b9c0e", .summary = "S", .lines = lines };
    assert_int_equal(
        json_parse(a, sample_of("jira/comment_request.json"), &json_request_limits, &wanted, &why),
        OK);
    assert_int_equal(json_parse(a, jira_comment_body(a, &issue), &json_request_limits, &made, &why),
                     OK);
    assert_true(json_object_equal(wanted, made));
    assert_int_equal(json_parse(a, jira_search_body(a, settings(), issue.label, 10731),
                                &json_request_limits, &made, &why),
                     OK);
    assert_int_equal(
        json_parse(a, sample_of("jira/search_request.json"), &json_request_limits, &wanted, &why),
        OK);
    assert_true(
        json_object_equal(json_get(wanted, "reconcileIssues"), json_get(made, "reconcileIssues")));
    assert_true(json_object_equal(json_get(wanted, "fields"), json_get(made, "fields")));
}

static void no_text_is_empty(void **state)
{
    (void)state;
    static const char *const lines[] = { "", "One", " \n", "Two", NULL };
    const struct jira_issue issue = {
        .label = "dedupe-1", .summary = "S", .lines = lines, .link = "https://x.example/failures"
    };
    const char *body = jira_create_body(a, settings(), &issue).p;
    assert_null(strstr(body, "\"text\":\"\""));
    assert_null(strstr(body, "\"text\":\" "));
    assert_null(strstr(body, "\"content\":[]"));
    assert_non_null(strstr(body, "\"labels\":[\"delivery-failure\",\"dedupe-1\"]"));
    assert_non_null(strstr(body, "\"issuetype\":{\"name\":\"Task\"}"));
    assert_non_null(strstr(body, "\"attrs\":{\"href\":\"https://x.example/failures\"}"));
}

static void a_summary_is_one_line_of_255_characters(void **state)
{
    (void)state;
    assert_string_equal(jira_summary(a, " a\r\n\tb  c\n"), "a b c");
    assert_string_equal(jira_summary(a, "\n"), "");
    struct buf b = buf_in(a);
    for (int i = 0; i < 300; i++)
        buf_puts(&b, "é");
    const char *cut = jira_summary(a, b.p);
    assert_int_equal(utf8_length(str_of(cut)), 255);
    assert_true(utf8_valid(str_of(cut)));
}

static void how_long_to_wait(void **state)
{
    (void)state;
    assert_int_equal(jira_reset("2026-03-06T14:05Z", NOW_MS), 300);
    assert_int_equal(jira_reset("2026-03-06T14:05:30Z", NOW_MS), 330);
    assert_int_equal(jira_reset("2026-03-06T14:05:30.250Z", NOW_MS), 330);
    assert_int_equal(jira_reset("2026-03-06T13:05Z", NOW_MS), 0);
    assert_int_equal(jira_reset("2026-03-09T13:05Z", NOW_MS), 3600);
    assert_int_equal(jira_reset("soon", NOW_MS), 0);
    assert_int_equal(jira_reset("2026-03-06T14:05", NOW_MS), 0);
    assert_int_equal(jira_reset(NULL, NOW_MS), 0);
}

static void what_answers_mean(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum err e;
        bool unknown;
    } cases[] = {
        { 401, ERR_DENIED, false },  { 403, ERR_DENIED, false },  { 404, ERR_NOT_FOUND, false },
        { 408, ERR_RETRY, true },    { 429, ERR_LIMITED, false }, { 422, ERR_INVALID, false },
        { 302, ERR_INVALID, false }, { 500, ERR_RETRY, true },    { 503, ERR_RETRY, true },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool unsure;
        struct json_object *body;
        struct jira_result out;
        assert_int_equal(judged(cases[i].status, STR("<html>"), &body, &unsure, &out), cases[i].e);
        assert_int_equal(out.unknown, cases[i].unknown);
        assert_non_null(out.sentence);
        assert_null(strchr(out.sentence, '<'));
        assert_true((cases[i].e == ERR_LIMITED) == (out.retry_after > 0));
    }
    bool unsure;
    struct json_object *body;
    struct jira_result out;
    assert_int_equal(judged(201, STR("{\"id\":"), &body, &unsure, &out), ERR_RETRY);
    assert_true(out.unknown);
}

static void what_is_the_key_of_a_project(void **state)
{
    (void)state;
    assert_true(jira_project("OPS"));
    assert_true(jira_project("A_2"));
    assert_false(jira_project(NULL));
    assert_false(jira_project("ops"));
    assert_false(jira_project("OPS\" OR 1=1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples),
        cmocka_unit_test(what_is_written_is_as_the_samples),
        cmocka_unit_test(no_text_is_empty),
        cmocka_unit_test(a_summary_is_one_line_of_255_characters),
        cmocka_unit_test(how_long_to_wait),
        cmocka_unit_test(what_answers_mean),
        cmocka_unit_test(what_is_the_key_of_a_project),
    };
    return cmocka_run_group_tests(tests, start, end);
}
