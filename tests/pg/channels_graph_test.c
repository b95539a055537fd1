/* Mail through a simulated Microsoft Graph: under every fault a message leaves once, and what comes
   back is found. */
#include "pg/pg.h"
#include "pg/sim.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"
#include "channels/graph.h"
#include "http/http.h"

#include <string.h>

static struct ctx *c;
static const char *sim, *hook;

static struct channel_account account(const char *mailbox, const char *secret)
{
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "tenant", "contoso.example");
    json_set_text(settings, "clientId", "client");
    json_set_text(settings, "mailbox", mailbox);
    json_set_text(secrets, "clientSecret", secret);
    json_set_text(secrets, "clientState", "state-of-the-test");
    return (
        struct channel_account){ .provider = "msgraph", .settings = settings, .secrets = secrets };
}

static struct channel_account desk(void)
{
    return account("desk@contoso.example", "a~b+c/d=");
}

static struct email email_to(const char *address)
{
    const char *id = uuid7(pg_app(), c->arena);
    return (struct email){ .communication_id = id,
                           .message_id = arena_printf(c->arena, "%s.1@track.example", id),
                           .from_name = "Desk",
                           .from_address = "desk@contoso.example",
                           .to_name = "Łukasz",
                           .to_address = address,
                           .subject = "Bill of Łukasz",
                           .html = "<p>Grüezi</p>" };
}

static struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

/* What left with this communication's id in x-track-id; *count tells how often. */
static struct json_object *left(const struct email *e, int *count)
{
    struct json_object *all = json_get(control("state", NULL), "left"), *found = NULL;
    *count = 0;
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *m = json_object_array_get_idx(all, i);
        struct json_object *h = json_object_array_get_idx(json_get(m, "headers"), 0);
        if (strcmp(json_text(h, "value"), e->communication_id) != 0)
            continue;
        found = m;
        ++*count;
    }
    return found;
}

static void left_once(const struct email *e)
{
    int count;
    left(e, &count);
    assert_int_equal(count, 1);
}

static int fresh(void **state)
{
    (void)state;
    pg_sql("delete from circuit_breakers");
    c->problem = (struct problem){ 0 };
    control("faults",
            "{\"throttle\":0,\"failCreate\":0,\"failSend\":0,\"lateCreate\":0,\"lateSend\":0}");
    return 0;
}

static void sends(void **state)
{
    struct email_attachment file = { "a.pdf", "application/pdf", STR("%PDF-1.7") };
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    int count;
    (void)state;
    e.attachments = &file;
    e.attachment_count = 1;
    e.first_try = true;
    assert_int_equal(email_graph.send(c, &a, &e, &result), OK);
    struct json_object *m = left(&e, &count);
    assert_int_equal(count, 1);
    const char *text = json_object_to_json_string_ext(m, JSON_C_TO_STRING_PLAIN);
    assert_non_null(strstr(text, "\"receipts\":[true,true]"));
    assert_non_null(strstr(
        text,
        "\"name\":\"a.pdf\",\"type\":\"application\\/pdf\",\"size\":8,\"head\":\"JVBERi0xLjc=\""));
    assert_string_equal(json_text(m, "subject"), "Bill of Łukasz");
    assert_non_null(strstr(json_text(m, "internetMessageId"), result.provider_message_id));
    assert_true(result.provider_message_id[0] != '<');
    assert_string_equal(json_text(result.raw, "id"), json_text(m, "id"));
    assert_non_null(result.conversation_id);
    assert_false(result.already_sent);
    assert_int_equal(json_object_get_int(json_get(control("state", NULL), "withoutImmutableIds")),
                     0);
}

static void keeps_its_token_and_its_secrets(void **state)
{
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    (void)state;
    assert_int_equal(email_graph.send(c, &a, &e, &result), OK);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'msgraph.token'"), 1);
    assert_int_equal(
        pg_int("select count(*) from http_calls where request like '%%a~b%%' or request like "
               "'%%a%%7Eb%%' or request like '%%Bearer%%'"),
        0);
    assert_string_equal(
        pg_sql("select response ~ 'access_token\":\"\\[redacted' from http_calls where provider = "
               "'msgraph.token'"),
        "t");
    assert_int_equal(pg_int("select count(*) from http_calls where entity = 'communication:%s'",
                            e.communication_id),
                     3);
}

static void again_is_already_sent(void **state)
{
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result first, second;
    int count;
    (void)state;
    assert_int_equal(email_graph.send(c, &a, &e, &first), OK);
    assert_int_equal(email_graph.send(c, &a, &e, &second), OK);
    assert_true(second.already_sent);
    assert_string_equal(second.provider_message_id, first.provider_message_id);
    left_once(&e);
    e.message_id = arena_printf(c->arena, "%s.2@track.example", e.communication_id);
    assert_int_equal(email_graph.send(c, &a, &e, &second), OK);
    left(&e, &count);
    assert_int_equal(count, 2);
}

/* Each fault strikes as often as it says; tries go on until one is accepted. */
static void leaves_once(void **state)
{
    static const struct {
        const char *faults;
        enum err first;
        int tries;
    } cases[] = {
        { "{\"throttle\":1}", ERR_LIMITED, 2 },
        { "{\"failCreate\":1}", ERR_RETRY, 2 },
        { "{\"failSend\":2}", ERR_RETRY, 3 },
        { "{\"garbageCreate\":1}", ERR_RETRY, 2 },
        { "{\"garbageSend\":1}", ERR_RETRY, 2 },
        { "{\"lateCreate\":1}", ERR_RETRY, 2 },
        { "{\"lateSend\":1}", ERR_RETRY, 2 },
        { "{\"lateCreate\":1,\"lateSend\":1,\"failSend\":1}", ERR_RETRY, 4 },
        { "{\"badTokens\":1}", OK, 1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct channel_account a = desk();
        struct email e = email_to("eva@example.com");
        struct send_result result;
        fresh(state);
        control("faults", cases[i].faults);
        int tries = 0;
        for (enum err r = ERR_RETRY; r; tries++) {
            e.first_try = tries == 0;
            r = email_graph.send(c, &a, &e, &result);
            if (tries == 0 && r != cases[i].first)
                fail_msg("%s: %s", cases[i].faults, err_name(r));
            assert_true(tries < 6);
        }
        if (tries != cases[i].tries)
            fail_msg("%s: %d tries", cases[i].faults, tries);
        left_once(&e);
    }
}

static void told_to_wait(void **state)
{
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    (void)state;
    control("faults", "{\"throttle\":1}");
    assert_int_equal(email_graph.send(c, &a, &e, &result), ERR_LIMITED);
    assert_int_equal(result.retry_after, 17);
    assert_string_equal(result.code, "ApplicationThrottled");
}

static struct str big(size_t n, char first)
{
    char *p = arena_alloc(c->arena, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(first + (char)(i * 31 % 251));
    return (struct str){ p, n };
}

static void file_arrived(struct json_object *message, size_t i, const struct email_attachment *file)
{
    struct json_object *got = json_object_array_get_idx(json_get(message, "attachments"), i);
    struct str tail;
    assert_string_equal(json_text(got, "name"), file->file_name);
    assert_int_equal(json_object_get_int64(json_get(got, "size")), file->bytes.n);
    assert_true(base64_decode(c->arena, str_of(json_text(got, "tail")), &tail));
    assert_memory_equal(tail.p, file->bytes.p + file->bytes.n - tail.n, tail.n);
}

static void large_files(void **state)
{
    struct email_attachment files[] = { { "big.zip", "application/zip", big(7000000, 3) },
                                        { "small.pdf", "application/pdf", big(2000000, 5) } };
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    int count;
    (void)state;
    e.attachments = files;
    e.attachment_count = 2;
    control("faults", "{\"lateSend\":1,\"failSend\":1}");
    assert_int_equal(email_graph.send(c, &a, &e, &result), ERR_RETRY);
    assert_int_equal(email_graph.send(c, &a, &e, &result), ERR_RETRY);
    assert_int_equal(email_graph.send(c, &a, &e, &result), OK);
    struct json_object *m = left(&e, &count);
    assert_int_equal(count, 1);
    assert_int_equal(json_object_array_length(json_get(m, "attachments")), 2);
    file_arrived(m, 0, &files[0]);
    file_arrived(m, 1, &files[1]);
}

/* Microsoft 365 says from where it wants the rest. */
static void a_chunk_cut_short_is_completed(void **state)
{
    struct email_attachment file = { "big.zip", "application/zip", big(7000000, 9) };
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    int count;
    (void)state;
    e.attachments = &file;
    e.attachment_count = 1;
    control("faults", "{\"shortChunk\":2}");
    assert_int_equal(email_graph.send(c, &a, &e, &result), OK);
    struct json_object *m = left(&e, &count);
    assert_int_equal(count, 1);
    file_arrived(m, 0, &file);
}

static enum err count_down(void *of)
{
    int *left_to_go = of;
    return --*left_to_go < 0 ? ERR_CONFLICT : OK;
}

static void who_lost_the_job_stops_uploading(void **state)
{
    struct email_attachment file = { "big.zip", "application/zip", big(7000000, 9) };
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    int count, pieces = 1;
    (void)state;
    e.attachments = &file;
    e.attachment_count = 1;
    a.alive = count_down;
    a.alive_of = &pieces;
    assert_int_not_equal(email_graph.send(c, &a, &e, &result), OK);
    assert_int_equal(pieces, -1);
    left(&e, &count);
    assert_int_equal(count, 0);
}

static void refusals(void **state)
{
    static const struct {
        const char *mailbox, *secret, *to;
        enum err e;
        const char *code;
        bool bad_address;
        int retry_after;
    } cases[] = {
        { "forbidden@x.example", "s", "eva@example.com", ERR_DENIED, "ErrorAccessDenied", false,
          0 },
        { "nobody@x.example", "s", "eva@example.com", ERR_DENIED, "ErrorInvalidUser", false, 0 },
        { "desk@x.example", "wrong", "eva@example.com", ERR_DENIED, "invalid_client", false, 0 },
        { "desk@x.example", "s", "invalid@example.com", ERR_INVALID, "ErrorInvalidRecipients", true,
          0 },
        { "desk@x.example", "s", "quota@example.com", ERR_LIMITED, "ErrorExceededMessageLimit",
          false, 3600 },
        { "desk@x.example", "s", "eva@example.com\r\nX: y", ERR_INVALID, NULL, false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct channel_account a = account(cases[i].mailbox, cases[i].secret);
        struct email e = email_to(cases[i].to);
        struct send_result result;
        if (email_graph.send(c, &a, &e, &result) != cases[i].e)
            fail_msg("case %zu: %s", i, result.sentence);
        assert_string_equal(result.code ? result.code : "", cases[i].code ? cases[i].code : "");
        assert_int_equal(result.bad_address, cases[i].bad_address);
        assert_int_equal(result.retry_after, cases[i].retry_after);
        assert_non_null(result.sentence);
    }
}

static void reports_come_back(void **state)
{
    struct channel_account a = desk();
    struct email e = email_to("eva@example.com");
    struct send_result result;
    struct graph_delta before, after;
    struct graph_message m;
    struct str mime;
    (void)state;
    assert_int_equal(graph_inbox_delta(c, &a, NULL, &before), OK);
    assert_int_equal(email_graph.send(c, &a, &e, &result), OK);
    control("report",
            arena_printf(c->arena, "{\"internetMessageId\":\"%s\",\"kind\":\"ndr\",\"mute\":true}",
                         result.provider_message_id));
    assert_int_equal(graph_inbox_delta(c, &a, before.link, &after), OK);
    assert_int_equal(after.count, 1);
    assert_int_equal(graph_message_class(c, &a, after.ids[0], &m), OK);
    assert_string_equal(m.message_class, "REPORT.IPM.Note.NDR");
    assert_string_equal(m.conversation_id, result.conversation_id);
    assert_non_null(strstr(graph_message_header(&m, "in-reply-to"), result.provider_message_id));
    assert_null(graph_message_header(&m, "x-none"));
    assert_int_equal(graph_message_mime(c, &a, m.id, &mime), OK);
    assert_non_null(strstr(mime.p, "Status: 5.1.1"));
    assert_non_null(strstr(mime.p, e.communication_id));
    assert_int_equal(graph_message_class(c, &a, "AAkgone", &m), ERR_NOT_FOUND);
    assert_int_equal(graph_message_mime(c, &a, "AAkgone", &mime), ERR_NOT_FOUND);
}

static void sweeps_page_by_page(void **state)
{
    struct channel_account a = desk();
    struct graph_delta before, d;
    (void)state;
    assert_int_equal(graph_inbox_delta(c, &a, NULL, &before), OK);
    for (int i = 0; i < 110; i++)
        control("mail", "{\"mute\":true}");
    assert_int_equal(graph_inbox_delta(c, &a, before.link, &d), OK);
    assert_int_equal(d.count, 110);
    assert_int_equal(graph_inbox_delta(c, &a, d.link, &d), OK);
    assert_int_equal(d.count, 0);
    control("faults", "{\"resync\":1}");
    assert_int_equal(graph_inbox_delta(c, &a, d.link, &d), OK);
    assert_int_equal(d.count, before.count + 110);
    assert_int_equal(graph_inbox_delta(c, &a, "https://evil.example/v1.0/x", &d), ERR_DENIED);
}

static long long notified(void)
{
    return (long long)json_object_array_length(json_get(control("state", NULL), "notified"));
}

static void subscribes(void **state)
{
    struct channel_account a = desk();
    struct graph_subscription s = { 0 };
    (void)state;
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    const char *id = s.id, *expires = s.expires_at;
    assert_non_null(id);
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    assert_string_equal(s.expires_at, expires);

    s.expires_at = "2020-01-01T00:00:00.0000000Z";
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    assert_string_equal(s.id, id);
    assert_true(strcmp(s.expires_at, "2026") > 0);

    s = (struct graph_subscription){ "00000000-0000-0000-0000-00000000dead",
                                     "2020-01-01T00:00:00Z" };
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    assert_string_equal(s.id, id); /* 404, then 409: the one that is there */

    s = (struct graph_subscription){ 0 };
    const char *moved = arena_printf(c->arena, "%s?x=1", hook);
    assert_int_equal(graph_subscription_ensure(c, &a, moved, &s), OK);
    assert_string_not_equal(s.id, id); /* it called another address */

    id = s.id;
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    assert_string_not_equal(s.id, id); /* so did one that would live on */
    id = s.id;
    assert_int_equal(graph_subscription_ensure(c, &a, hook, &s), OK);
    assert_string_equal(s.id, id);

    control("faults", "{\"twice\":true}");
    control("mail", "{}");
    for (int i = 0; i < 100 && notified() < 2; i++)
        usleep(20000);
    assert_int_equal(notified(), 2);
    control("faults", "{\"twice\":false}");
    assert_int_equal(graph_subscription_end(c, &a, s.id), OK);
    assert_int_equal(graph_subscription_end(c, &a, s.id), OK);
    s = (struct graph_subscription){ 0 };
    assert_int_equal(graph_subscription_ensure(c, &a, "http://127.0.0.1:1/", &s), ERR_INVALID);
    assert_non_null(c->problem.detail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(sends, fresh),
        cmocka_unit_test_setup(keeps_its_token_and_its_secrets, fresh),
        cmocka_unit_test_setup(again_is_already_sent, fresh),
        cmocka_unit_test_setup(leaves_once, fresh),
        cmocka_unit_test_setup(told_to_wait, fresh),
        cmocka_unit_test_setup(large_files, fresh),
        cmocka_unit_test_setup(a_chunk_cut_short_is_completed, fresh),
        cmocka_unit_test_setup(who_lost_the_job_stops_uploading, fresh),
        cmocka_unit_test_setup(refusals, fresh),
        cmocka_unit_test_setup(reports_come_back, fresh),
        cmocka_unit_test_setup(sweeps_page_by_page, fresh),
        cmocka_unit_test_setup(subscribes, fresh),
    };
    pg_start("channels_graph_test");
    c = pg_ctx("track_worker");
    int port = sim_start("graph.mjs", NULL, NULL), hook_port = sim_start("http.mjs", NULL, NULL);
    if (!port || !hook_port) {
        printf("channels_graph_test: skipped, node does not run\n");
        return pg_end(77);
    }
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    hook = arena_printf(c->arena, "http://127.0.0.1:%d/notify", hook_port);
    pg_settings()->login_url = sim;
    pg_settings()->graph_url = arena_printf(c->arena, "%s/v1.0", sim);
    pg_settings()->egress_allow = sim + 7;
    pg_app()->http = http_new(pg_app(), c->arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
