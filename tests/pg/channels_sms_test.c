/* SMS through simulated providers: under every fault an SMS leaves once, and what is refused says
   why. */
#include "pg/pg.h"
#include "pg/sim.h"

#include "base/json.h"
#include "base/uuid.h"
#include "channels/sms.h"
#include "http/http.h"

#include <string.h>

#define ACS_KEY "c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx"
#define TWILIO_SID "AC0123456789abcdef0123456789abcdef"
#define TWILIO_TOKEN "simulated-twilio-token-0001"

static struct ctx *c;
static const char *acs, *twilio;

static struct channel_account account(const char *provider)
{
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    bool azure = strcmp(provider, "acs") == 0;
    json_set_text(settings, "endpoint", azure ? acs : twilio);
    json_set_text(settings, "from", "+15005550006");
    json_set_text(settings, "accountSid", TWILIO_SID);
    json_set_text(secrets, azure ? "accessKey" : "authToken", azure ? ACS_KEY : TWILIO_TOKEN);
    return (
        struct channel_account){ .provider = provider, .settings = settings, .secrets = secrets };
}

static struct sms sms_to(const char *number)
{
    const char *id = uuid7(pg_app(), c->arena);
    const char *now = arena_strdup(c->arena, pg_sql("select to_char(now() at time zone 'UTC', "
                                                    "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    return (struct sms){ .communication_id = id,
                         .message_id = arena_printf(c->arena, "%s.1@track.example", id),
                         .first_tried = now,
                         .to = number,
                         .text = arena_printf(c->arena, "Statement %s", id),
                         .report_to = "http://127.0.0.1:1/hook",
                         .first_try = true };
}

/* How often its text left. */
static int left(const char *sim, const struct sms *s)
{
    int n = 0;
    struct json_object *sent = json_get(sim_control(c, sim, "state", NULL), "sent");
    for (size_t i = 0; i < json_object_array_length(sent); i++) {
        struct json_object *one = json_object_array_get_idx(sent, i);
        const char *text = json_text(one, "message");
        n += strcmp(text ? text : json_text(one, "body"), s->text) == 0;
    }
    return n;
}

static int fresh(void **state)
{
    static const char none[] = "{\"throttle\":0,\"fail\":0,\"late\":0,\"drop\":0,\"garbage\":0,"
                               "\"stranger\":0,\"busy\":0,\"slow\":0}";
    (void)state;
    pg_sql("delete from circuit_breakers");
    c->problem = (struct problem){ 0 };
    sim_control(c, acs, "faults", none);
    sim_control(c, twilio, "faults", none);
    return 0;
}

static void chosen_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(sms_way_of("acs"), &sms_acs);
    assert_ptr_equal(sms_way_of("twilio"), &sms_twilio);
    assert_ptr_equal(sms_way_of(NULL), &sms_sink);
    assert_ptr_equal(sms_way_of("pigeon"), &sms_sink);
}

static void both_send(void **state)
{
    (void)state;
    const struct {
        const struct sms_way *way;
        const char *sim, *id;
    } ways[] = { { &sms_acs, acs, "Outgoing_" }, { &sms_twilio, twilio, "SM" } };
    for (int i = 0; i < 2; i++) {
        struct sms s = sms_to("+15005550100");
        struct channel_account a = account(ways[i].way->provider);
        struct send_result result;
        assert_int_equal(ways[i].way->send(c, &a, &s, &result), OK);
        assert_string_equal(result.provider, ways[i].way->provider);
        assert_int_equal(strncmp(result.provider_message_id, ways[i].id, strlen(ways[i].id)), 0);
        assert_non_null(result.accepted_by);
        assert_non_null(result.raw);
        assert_false(result.already_sent);
        assert_int_equal(left(ways[i].sim, &s), 1);
    }
    assert_int_equal(pg_int("select count(*) from http_calls where request like '%%%s%%' or "
                            "request like '%%Signature=_____%%' or request like '%%Basic _____%%'",
                            ACS_KEY),
                     0);
}

/* The work is done, but the answer is lost, broken or about somebody else. */
static void leaves_once_under_faults(void **state)
{
    (void)state;
    static const struct {
        const char *provider, *fault;
    } cases[] = {
        { "acs", "late" },     { "acs", "drop" },       { "acs", "garbage" },
        { "acs", "stranger" }, { "acs", "fail" },       { "twilio", "late" },
        { "twilio", "drop" },  { "twilio", "garbage" }, { "twilio", "fail" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct sms_way *way = sms_way_of(cases[i].provider);
        const char *sim = way == &sms_acs ? acs : twilio;
        struct sms s = sms_to("+15005550100");
        struct channel_account a = account(cases[i].provider);
        struct send_result result;
        sim_control(c, sim, "faults", arena_printf(c->arena, "{\"%s\":1}", cases[i].fault));
        assert_int_equal(way->send(c, &a, &s, &result), ERR_RETRY);
        assert_non_null(result.sentence);
        s.first_try = false;
        assert_int_equal(way->send(c, &a, &s, &result), OK);
        assert_non_null(result.provider_message_id);
        assert_int_equal(left(sim, &s), 1);
        fresh(NULL);
    }
}

/* Another attempt with the same words is another message. */
static void a_resend_is_sent(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct sms_way *way = i ? &sms_twilio : &sms_acs;
        struct sms s = sms_to("+15005550100");
        struct channel_account a = account(way->provider);
        struct send_result result;
        assert_int_equal(way->send(c, &a, &s, &result), OK);
        s.message_id = arena_printf(c->arena, "%s.2@track.example", s.communication_id);
        s.first_tried = arena_strdup(
            c->arena, pg_sql("select to_char((now() + interval '10 minutes') at time zone 'UTC', "
                             "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
        s.first_try = false;
        assert_int_equal(way->send(c, &a, &s, &result), OK);
        assert_false(result.already_sent);
        assert_int_equal(left(i ? twilio : acs, &s), 2);
    }
}

static void slows_down_when_asked(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct sms_way *way = i ? &sms_twilio : &sms_acs;
        struct sms s = sms_to("+15005550100");
        struct channel_account a = account(way->provider);
        struct send_result result;
        sim_control(c, i ? twilio : acs, "faults", "{\"throttle\":1,\"retryAfter\":7}");
        assert_int_equal(way->send(c, &a, &s, &result), ERR_LIMITED);
        assert_int_equal(result.retry_after, 7);
        assert_non_null(strstr(result.sentence, "more slowly"));
        assert_int_equal(left(i ? twilio : acs, &s), 0);
    }
    /* Also where only the recipient's own result says so. */
    struct sms s = sms_to("+15005550100");
    struct channel_account a = account("acs");
    struct send_result result;
    sim_control(c, acs, "faults", "{\"busy\":1}");
    assert_int_equal(sms_acs.send(c, &a, &s, &result), ERR_LIMITED);
    assert_int_equal(left(acs, &s), 0);
}

static void refusals_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *provider, *number;
        bool bad_address, opted_out;
        const char *words, *code;
    } cases[] = {
        { "acs", "+15005550001", true, false, "not valid", "HTTP 400" },
        { "twilio", "+15005550001", true, false, "not valid", "21211" },
        { "twilio", "+15005550009", true, false, "landline", "21614" },
        { "twilio", "+15005550004", false, true, "opted out", "21610" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sms s = sms_to(cases[i].number);
        struct channel_account a = account(cases[i].provider);
        struct send_result result;
        assert_int_equal(sms_way_of(cases[i].provider)->send(c, &a, &s, &result), ERR_INVALID);
        assert_int_equal(result.bad_address, cases[i].bad_address);
        assert_int_equal(result.opted_out, cases[i].opted_out);
        assert_non_null(strstr(result.sentence, cases[i].words));
        assert_string_equal(result.code, cases[i].code);
    }
}

/* What is the account's fault fails no message: it waits until somebody mends the account. */
static void a_wrong_account_is_denied(void **state)
{
    (void)state;
    struct sms s = sms_to("+15005550100");
    struct send_result result;
    struct channel_account a = account("acs");
    json_set_text(a.secrets, "accessKey", "YW5vdGhlcg==");
    assert_int_equal(sms_acs.send(c, &a, &s, &result), ERR_DENIED);
    assert_non_null(strstr(result.sentence, "access key"));
    json_set_text(a.secrets, "accessKey", "?");
    assert_int_equal(sms_acs.send(c, &a, &s, &result), ERR_DENIED);
    json_set_text(a.secrets, "accessKey", ACS_KEY);
    json_set_text(a.settings, "from", "+15005550000");
    assert_int_equal(sms_acs.send(c, &a, &s, &result), ERR_DENIED);
    assert_non_null(strstr(result.sentence, "sends from"));
    json_object_object_del(a.settings, "from");
    assert_int_equal(sms_acs.send(c, &a, &s, &result), ERR_DENIED);
    a = account("twilio");
    json_set_text(a.secrets, "authToken", "another");
    assert_int_equal(sms_twilio.send(c, &a, &s, &result), ERR_DENIED);
    assert_non_null(strstr(result.sentence, "token"));
    json_object_object_del(a.secrets, "authToken");
    assert_int_equal(sms_twilio.send(c, &a, &s, &result), ERR_DENIED);
    assert_int_equal(left(acs, &s) + left(twilio, &s), 0);
}

static void the_sink_keeps_once(void **state)
{
    (void)state;
    struct sms s = sms_to("+15005550100");
    struct send_result result;
    assert_int_equal(sms_sink.send(c, NULL, &s, &result), OK);
    assert_true(result.dry_run);
    assert_false(result.already_sent);
    assert_string_equal(result.provider_message_id, s.message_id);
    assert_string_equal(json_text(result.raw, "encoding"), "GSM-7");
    assert_int_equal(sms_sink.send(c, NULL, &s, &result), OK);
    assert_true(result.already_sent);
    assert_int_equal(pg_int("select count(*) from sink_messages where channel = 'SMS' and "
                            "recipient = '+15005550100' and subject = '%s'",
                            s.text),
                     1);
}

static void a_text_must_be_there_and_fit(void **state)
{
    (void)state;
    static const struct sms_way *const ways[] = { &sms_acs, &sms_twilio, &sms_sink };
    for (int i = 0; i < 3; i++) {
        struct sms s = sms_to("+15005550100");
        struct channel_account a = account(i ? "twilio" : "acs");
        struct send_result result;
        s.text = "";
        assert_int_equal(ways[i]->send(c, &a, &s, &result), ERR_INVALID);
        assert_non_null(strstr(result.sentence, "no text"));
        char *lengthy = arena_zalloc(c->arena, 1600, 1);
        memset(lengthy, 'a', 1599);
        s.text = lengthy;
        assert_int_equal(ways[i]->send(c, &a, &s, &result), ERR_INVALID);
        assert_non_null(strstr(result.sentence, "11 parts"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_by_name),
        cmocka_unit_test_setup(both_send, fresh),
        cmocka_unit_test_setup(leaves_once_under_faults, fresh),
        cmocka_unit_test_setup(a_resend_is_sent, fresh),
        cmocka_unit_test_setup(slows_down_when_asked, fresh),
        cmocka_unit_test_setup(refusals_say_why, fresh),
        cmocka_unit_test_setup(a_wrong_account_is_denied, fresh),
        cmocka_unit_test(the_sink_keeps_once),
        cmocka_unit_test(a_text_must_be_there_and_fit),
    };
    pg_start("channels_sms_test");
    c = pg_ctx("track_worker");
    int acs_port = sim_start("acs.mjs", NULL, NULL), port = sim_start("twilio.mjs", NULL, NULL);
    if (!acs_port || !port) {
        printf("channels_sms_test: skipped, node does not run\n");
        return pg_end(77);
    }
    acs = arena_printf(c->arena, "http://127.0.0.1:%d", acs_port);
    twilio = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->egress_allow = arena_printf(c->arena, "%s,%s", acs + 7, twilio + 7);
    pg_app()->http = http_new(pg_app(), c->arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
