/* Replies through a simulated Front: under every fault it is known whether one may have been
   accepted, and one that was is found. */
#include "pg/pg.h"
#include "pg/sim.h"

#include "base/json.h"
#include "base/uuid.h"
#include "channels/front.h"
#include "http/http.h"

#include <string.h>

#define TOKEN "simulated-front-token-0001"

static struct ctx *c;
static const char *sim;

static struct channel_account account(const char *token)
{
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "endpoint", arena_printf(c->arena, "%s/", sim));
    json_set_text(settings, "channelId", "cha_9m2k");
    json_set_text(settings, "authorId", "tea_5q4z");
    if (token)
        json_set_text(secrets, "apiToken", token);
    return (
        struct channel_account){ .provider = "front", .settings = settings, .secrets = secrets };
}

static int64_t now(void)
{
    return pg_app()->now_ms(pg_app());
}

/* A reply nobody has posted, in a conversation that nobody has named. */
static struct front_reply reply_new(void)
{
    static int n;
    unsigned char chance[8];
    pg_app()->random_bytes(pg_app(), chance, sizeof(chance));
    char *marker = arena_strdup(c->arena, "0000000000000000");
    for (size_t i = 0; i < 16; i++)
        marker[i] = "ABCDEFGHJKMNPQRS"[chance[i / 2] >> (i % 2 ? 4 : 0) & 15];
    const char *link = arena_printf(c->arena, "https://track.example/t/abc?n=%s", marker);
    return (struct front_reply){
        .conversation_id = arena_printf(c->arena, "cnv_test%d", ++n),
        .html = arena_printf(c->arena, "<p>Your parcel &amp; you: <a href=\"%s\">track it</a></p>",
                             link),
        .text = arena_printf(c->arena, "Your parcel & you: %s", link),
        .marker = marker,
        .entity = "shipment:018f0000-0000-7000-8000-000000000001",
    };
}

static struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

/* What was posted to a conversation: how often, and the last of it. */
static int posted(const char *conversation, struct json_object **last)
{
    int n = 0;
    struct json_object *all = json_get(control("state", NULL), "posted");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        if (strcmp(json_text(one, "conversation"), conversation) != 0)
            continue;
        *last = one;
        n++;
    }
    return n;
}

static int fresh(void **state)
{
    static const char none[] =
        "{\"throttle\":0,\"throttleBare\":0,\"exhausted\":0,\"deny\":0,\"fail\":0,"
        "\"garbageList\":0,\"late\":0,\"drop\":0,\"hang\":0,\"garbage\":0,\"html\":0,\"slow\":0,"
        "\"appears\":0,\"retryAfter\":2,\"reset\":0}";
    (void)state;
    pg_sql("delete from circuit_breakers");
    control("faults", none);
    return 0;
}

static void a_reply_leaves_its_conversation_open(void **state)
{
    (void)state;
    struct json_object *sent = NULL;
    struct front_reply r = reply_new();
    struct front_result out, found;
    struct channel_account a = account(TOKEN);
    int64_t since = now();
    assert_int_equal(front_reply(c, &a, &r, &out), OK);
    assert_int_equal(strlen(out.message_uid), 32);
    assert_null(out.message_id);
    assert_false(out.unknown || out.pause);
    assert_string_equal(json_text(out.raw, "message_uid"), out.message_uid);
    assert_int_equal(posted(r.conversation_id, &sent), 1);
    assert_false(json_object_get_boolean(json_get(sent, "archived")));
    struct json_object *request = json_get(sent, "request");
    assert_string_equal(json_text(request, "body"), r.html);
    assert_string_equal(json_text(request, "text"), r.text);
    assert_string_equal(json_text(request, "channel_id"), "cha_9m2k");
    assert_string_equal(json_text(request, "author_id"), "tea_5q4z");
    assert_true(
        json_object_is_type(json_get(json_get(request, "options"), "archive"), json_type_boolean));
    assert_int_equal(front_find(c, &a, &r, since, &found), OK);
    assert_string_equal(found.message_uid, out.message_uid);
    assert_int_equal(strncmp(found.message_id, "msg_", 4), 0);
}

/* The log shows the reply and hides the token; what customers wrote is not in it. */
static void what_the_log_keeps(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    assert_int_equal(front_reply(c, &a, &r, &out), OK);
    assert_int_equal(front_find(c, &a, &r, now(), &out), OK);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'front' and entity = "
                            "'%s' and request like '%%Your parcel%%'",
                            r.entity) > 0,
                     1);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'front' and "
                            "http_calls::text like '%%" TOKEN "%%'"),
                     0);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'front' and "
                            "http_calls::text like '%%Where is my order%%'"),
                     0);
}

/* The work was done, whatever the answer: it may not be repeated before it was looked for. */
static void lost_answers_are_found(void **state)
{
    (void)state;
    static const char *const faults[] = { "late", "drop", "garbage", "html", "hang" };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct json_object *sent;
        struct front_reply r = reply_new();
        struct front_result out;
        struct channel_account a = account(TOKEN);
        int64_t since = now();
        control("faults", arena_printf(c->arena, "{\"%s\":1}", faults[i]));
        assert_int_equal(front_reply(c, &a, &r, &out), ERR_RETRY);
        assert_true(out.unknown);
        assert_non_null(out.sentence);
        assert_null(out.message_uid);
        assert_int_equal(front_find(c, &a, &r, since, &out), OK);
        assert_non_null(out.message_id);
        assert_int_equal(posted(r.conversation_id, &sent), 1);
        fresh(NULL);
    }
}

static void what_was_not_done_is_not_found(void **state)
{
    (void)state;
    struct json_object *sent;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    control("faults", "{\"fail\":1}");
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_RETRY);
    assert_true(out.unknown); /* who could tell */
    assert_int_equal(front_find(c, &a, &r, now(), &out), ERR_NOT_FOUND);
    assert_int_equal(posted(r.conversation_id, &sent), 0);
}

/* A look that failed has not looked. */
static void a_failed_look_tells_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        enum err e;
    } cases[] = { { "fail", ERR_RETRY },
                  { "garbageList", ERR_RETRY },
                  { "throttle", ERR_LIMITED } };
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        control("faults", arena_printf(c->arena, "{\"%s\":1}", cases[i].fault));
        assert_int_equal(front_find(c, &a, &r, now(), &out), cases[i].e);
        assert_false(out.unknown);
        assert_non_null(out.sentence);
    }
}

static void one_that_appears_late(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    int64_t since = now();
    control("faults", "{\"appears\":700}");
    assert_int_equal(front_reply(c, &a, &r, &out), OK);
    assert_int_equal(front_find(c, &a, &r, since, &out), ERR_NOT_FOUND);
    usleep(900000);
    assert_int_equal(front_find(c, &a, &r, since, &out), OK);
}

/* Among what others wrote meanwhile, some of it about our reply; and not beyond what is looked
   through. */
static void one_among_many(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out, found;
    struct channel_account a = account(TOKEN);
    int64_t since = now();
    assert_int_equal(front_reply(c, &a, &r, &out), OK);
    for (int i = 0; i < 45; i++)
        control("message",
                arena_printf(c->arena,
                             "{\"conversation\":\"%s\",\"is_inbound\":true,\"body\":\"<p>%d</p>"
                             "<blockquote>%s</blockquote>\"}",
                             r.conversation_id, i, i == 44 ? r.marker : ""));
    assert_int_equal(front_find(c, &a, &r, since, &found), OK);
    assert_string_equal(found.message_uid, out.message_uid);
    for (int i = 0; i < 60; i++)
        control("message", arena_printf(c->arena, "{\"conversation\":\"%s\",\"body\":\"x\"}",
                                        r.conversation_id));
    assert_int_equal(front_find(c, &a, &r, since, &found), ERR_RETRY);
    assert_non_null(strstr(found.sentence, "more messages"));
    /* Older than the first try: no need to look further. */
    assert_int_equal(front_find(c, &a, &r, since + 86400000, &found), ERR_NOT_FOUND);
}

static void a_merged_conversation_names_its_heir(void **state)
{
    (void)state;
    struct json_object *sent = NULL;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    control("merge",
            arena_printf(c->arena, "{\"from\":\"%s\",\"into\":\"cnv_heir\"}", r.conversation_id));
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_CONFLICT);
    assert_string_equal(out.merged_into, "cnv_heir");
    assert_false(out.unknown);
    assert_int_equal(front_find(c, &a, &r, now(), &out), ERR_CONFLICT);
    assert_string_equal(out.merged_into, "cnv_heir");
    assert_int_equal(posted("cnv_heir", &sent), 0); /* nobody followed by itself */
    r.conversation_id = out.merged_into;
    assert_int_equal(front_reply(c, &a, &r, &out), OK);
    assert_int_equal(posted("cnv_heir", &sent), 1);
}

static void limits_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *faults;
        enum err e;
        int least, most;
    } cases[] = {
        { "{\"throttle\":1,\"retryAfter\":7}", ERR_LIMITED, 7, 7 },
        { "{\"throttle\":1,\"retryAfter\":4200}", ERR_LIMITED, 5, 5 },
        { "{\"throttleBare\":1}", ERR_LIMITED, 30, 30 },
        { "{\"exhausted\":1,\"reset\":20}", OK, 19, 21 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_object *sent;
        struct front_reply r = reply_new();
        struct front_result out;
        struct channel_account a = account(TOKEN);
        control("faults", cases[i].faults);
        assert_int_equal(front_reply(c, &a, &r, &out), cases[i].e);
        assert_true(out.pause);
        assert_false(out.unknown);
        assert_in_range(out.retry_after, cases[i].least, cases[i].most);
        assert_int_equal(posted(r.conversation_id, &sent), cases[i].e == OK);
    }
}

static void refusals_say_why(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    r.html = "";
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_INVALID);
    assert_string_equal(out.code, "HTTP 400");
    assert_non_null(strstr(out.sentence, "body.body: missing"));
    r = reply_new();
    json_set_text(a.settings, "channelId", "support@shop.example");
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_INVALID);
    assert_non_null(strstr(out.sentence, "no such channel"));
    a = account(TOKEN);
    r.conversation_id = "cnv_gone1";
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_NOT_FOUND);
    assert_int_equal(front_find(c, &a, &r, now(), &out), ERR_NOT_FOUND);
    r.conversation_id = "../me";
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_INVALID);
    assert_int_equal(front_find(c, &a, &r, now(), &out), ERR_INVALID);
}

static void whose_the_token_is(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    const char *name = NULL;
    assert_int_equal(front_check(c, &a, &name, &out), OK);
    assert_string_equal(name, "Acme Shop");
    control("faults", "{\"deny\":1}");
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_DENIED);
    assert_non_null(strstr(out.sentence, "messages:send"));
    a = account("another");
    assert_int_equal(front_check(c, &a, &name, &out), ERR_DENIED);
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_DENIED);
    assert_string_equal(out.code, "HTTP 401");
    a = account(NULL);
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_DENIED);
    assert_non_null(strstr(out.sentence, "lacks"));
}

/* Nobody is there: nothing can have been posted. */
static void nobody_there(void **state)
{
    (void)state;
    struct front_reply r = reply_new();
    struct front_result out;
    struct channel_account a = account(TOKEN);
    json_set_text(a.settings, "endpoint", "http://127.0.0.1:9");
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_RETRY);
    assert_false(out.unknown);
    assert_non_null(out.sentence);
    json_set_text(a.settings, "endpoint", "http://127.0.0.1:10"); /* not allowed */
    assert_int_equal(front_reply(c, &a, &r, &out), ERR_INVALID);
    assert_non_null(strstr(out.sentence, "TRACK_EGRESS_ALLOW"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_reply_leaves_its_conversation_open, fresh),
        cmocka_unit_test_setup(what_the_log_keeps, fresh),
        cmocka_unit_test_setup(lost_answers_are_found, fresh),
        cmocka_unit_test_setup(what_was_not_done_is_not_found, fresh),
        cmocka_unit_test_setup(a_failed_look_tells_nothing, fresh),
        cmocka_unit_test_setup(one_that_appears_late, fresh),
        cmocka_unit_test_setup(one_among_many, fresh),
        cmocka_unit_test_setup(a_merged_conversation_names_its_heir, fresh),
        cmocka_unit_test_setup(limits_are_kept, fresh),
        cmocka_unit_test_setup(refusals_say_why, fresh),
        cmocka_unit_test_setup(whose_the_token_is, fresh),
        cmocka_unit_test_setup(nobody_there, fresh),
    };
    pg_start("channels_front_test");
    c = pg_ctx("track_worker");
    int port = sim_start("front.mjs", NULL, NULL);
    if (!port) {
        printf("channels_front_test: skipped, node does not run\n");
        return pg_end(77);
    }
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->egress_allow = arena_printf(c->arena, "%s,127.0.0.1:9", sim + 7);
    pg_app()->http = http_new(pg_app(), c->arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
