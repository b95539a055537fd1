/* The hooks of SMS: handshakes, secrets and signatures, what makes two requests the same, and what
   they do to timelines and suppressions. */
#include "pg/pg.h"

#include "base/crypto.h"
#include "base/json.h"
#include "track/demo.h"
#include "track/sms.h"

#include <string.h>

#define SECRET "secret-of-the-test"
#define PHONE "+41790001122"

static const struct hook *const acs = &sms_hooks[0], *const twilio = &sms_hooks[1];
static char sms[40];

/* ---- verifying ---- */

struct asked {
    const char *method, *query, *body;
    const char *headers[7];
};

static struct hook_account account_of(struct ctx *c, const char *secret)
{
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(secrets, "webhookSecret", secret);
    json_set_text(secrets, "authToken", secret);
    return (struct hook_account){ .id = "a", .provider = "acs", .secrets = secrets };
}

static enum hook_verdict ask(const struct hook *hook, const struct asked *q, const char **key,
                             struct hook_answer *answer)
{
    struct ctx *c = pg_ctx("track_web");
    const struct hook_account account = account_of(c, SECRET);
    const struct hook_request r = { .app = c->app,
                                    .arena = c->arena,
                                    .method = q->method,
                                    .path = hook->path,
                                    .query_string = q->query,
                                    .body = str_of(q->body),
                                    .headers = q->headers };
    *answer = (struct hook_answer){ 0 };
    *key = NULL;
    assert_int_equal(hook->verify(&r, NULL, key, answer), HOOK_REFUSE);
    return hook->verify(&r, &account, key, answer);
}

#define VALIDATION                                                                                 \
    "[{\"eventType\":\"Microsoft.EventGrid.SubscriptionValidationEvent\",\"data\":{"               \
    "\"validationCode\":\"512d38b6\",\"validationUrl\":\"https://127.0.0.1/\"}}]"
#define REPORT(id, status)                                                                         \
    "[{\"eventType\":\"Microsoft.Communication.SMSDeliveryReportReceived\",\"data\":{"             \
    "\"messageId\":\"" id "\",\"deliveryStatus\":\"" status "\"}}]"

static void handshakes(void **state)
{
    const char *key;
    struct hook_answer a;
    (void)state;
    const struct asked grid = { "POST", "token=" SECRET, VALIDATION, { NULL } };
    assert_int_equal(ask(acs, &grid, &key, &a), HOOK_ANSWER);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.content_type, "application/json");
    assert_string_equal(a.body.p, "{\"validationResponse\":\"512d38b6\"}");
    const struct asked cloud = {
        "OPTIONS", "token=" SECRET, "", { "webhook-request-origin", "eventgrid.azure.net", NULL }
    };
    assert_int_equal(ask(acs, &cloud, &key, &a), HOOK_ANSWER);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.headers[0], "WebHook-Allowed-Origin");
    assert_string_equal(a.headers[1], "eventgrid.azure.net");
    assert_string_equal(a.headers[4], "Allow");
    const struct asked wrong[] = {
        { "POST", "token=other", VALIDATION, { NULL } },
        { "POST", "", VALIDATION, { NULL } },
        { "OPTIONS", "", "", { "webhook-request-origin", "eventgrid.azure.net", NULL } },
        { "OPTIONS", "token=" SECRET, "", { NULL } },
        { "OPTIONS", "token=" SECRET, "", { "webhook-request-origin", "a\tb", NULL } },
        { "GET", "token=" SECRET, VALIDATION, { NULL } },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ask(acs, &wrong[i], &key, &a), HOOK_REFUSE);
}

static void secrets(void **state)
{
    const char *key;
    struct hook_answer a;
    (void)state;
    const struct asked good[] = {
        { "POST", "token=" SECRET, REPORT("1", "Delivered"), { NULL } },
        { "POST", "x=1&token=" SECRET "&y", REPORT("1", "Delivered"), { NULL } },
        { "POST", "", REPORT("1", "Delivered"), { "x-track-token", SECRET, NULL } },
        { "POST", "token=" SECRET, "not json", { NULL } }, /* kept, to be seen in the inbox */
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(ask(acs, &good[i], &key, &a), HOOK_KEEP);
        assert_int_equal(a.status, 200);
    }
    const struct asked wrong[] = {
        { "POST", "", REPORT("1", "Delivered"), { NULL } },
        { "POST", NULL, REPORT("1", "Delivered"), { NULL } },
        { "POST", "token=", REPORT("1", "Delivered"), { NULL } },
        { "POST", "token=" SECRET, REPORT("1", "Delivered"), { "x-track-token", "other", NULL } },
        { "POST", "Token=" SECRET, REPORT("1", "Delivered"), { NULL } },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ask(acs, &wrong[i], &key, &a), HOOK_REFUSE);
}

static const char *key_of(const char *body)
{
    const char *key;
    struct hook_answer a;
    const struct asked q = { "POST", "token=" SECRET, body, { NULL } };
    assert_int_equal(ask(acs, &q, &key, &a), HOOK_KEEP);
    return key;
}

static void keys(void **state)
{
    (void)state;
    assert_string_equal(key_of(REPORT("1", "Delivered")), key_of(REPORT("1", "Delivered")));
    assert_string_not_equal(key_of(REPORT("1", "Delivered")), key_of(REPORT("1", "Failed")));
    assert_string_not_equal(key_of(REPORT("1", "Delivered")), key_of(REPORT("2", "Delivered")));
    assert_null(key_of("[{\"eventType\":\"Other\",\"data\":{}}]"));
    assert_null(key_of("not json"));
}

static const char *signature_of(struct ctx *c, const char *url, const char *sorted)
{
    unsigned char mac[SHA1_SIZE];
    hmac_sha1(c->arena, STR(SECRET), str_of(arena_printf(c->arena, "%s%s", url, sorted)), mac);
    return base64(c->arena, mac, sizeof(mac));
}

static void twilio_signatures(void **state)
{
    const char *key;
    struct hook_answer a;
    struct ctx *c = pg_ctx("track_web");
    (void)state;
    pg_settings()->public_url = "https://track.example";
    const char *good = signature_of(c, "https://track.example" TWILIO_HOOK_PATH "?x=1",
                                    "MessageSidSM1MessageStatusdelivered");
    struct asked q = { "POST",
                       "x=1",
                       "MessageStatus=delivered&MessageSid=SM1",
                       { "x-twilio-signature", good, NULL } };
    assert_int_equal(ask(twilio, &q, &key, &a), HOOK_KEEP);
    assert_int_equal(a.status, 204);
    assert_string_equal(key, "twilio:SM1:delivered:");
    q.query = "x=2";
    assert_int_equal(ask(twilio, &q, &key, &a), HOOK_REFUSE);
    q.query = "x=1";
    q.body = "MessageStatus=failed&MessageSid=SM1";
    assert_int_equal(ask(twilio, &q, &key, &a), HOOK_REFUSE);
    q.headers[0] = NULL;
    assert_int_equal(ask(twilio, &q, &key, &a), HOOK_REFUSE);
}

/* ---- processing ---- */

static void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    keep(sms, pg_sql("select id from communications where channel = 'SMS' and delivery_status = "
                     "'DRAFT' order by id limit 1"));
    (void)pg_sql("update communications set delivery_status = 'SENT', provider = 'acs', "
                 "provider_message_id = 'Outgoing_1', sent_at = now(), evidence_grade = 'C', "
                 "phone = '" PHONE "' where id = '%s' returning id",
                 sms);
}

static enum err run(const struct hook *hook, int attempt, const char *body)
{
    struct job j = { .ctx = *pg_ctx("track_worker"), .attempt = attempt, .max_attempts = 12 };
    const struct hook_account account = account_of(&j.ctx, SECRET);
    return hook->process(&j, NULL, str_of(body), &account);
}

static enum err tell(const char *body)
{
    return run(acs, 9, body);
}

static const char *now_is(void)
{
    return pg_sql("select delivery_status from communications where id = '%s'", sms);
}

static long long events(void)
{
    return pg_int("select event_seq from communications where id = '%s'", sms);
}

#define ACS_REPORT(id, status, details)                                                            \
    "{\"specversion\":\"1.0\",\"type\":\"Microsoft.Communication.SMSDeliveryReportReceived\","     \
    "\"data\":{\"MessageId\":\"" id "\",\"To\":\"41790001122\",\"DeliveryStatus\":\"" status       \
    "\",\"DeliveryStatusDetails\":\"" details "\"}}"

static void a_report_moves_it_once(void **state)
{
    (void)state;
    assert_int_equal(tell(ACS_REPORT("Outgoing_1", "Delivered", "No error.")), OK);
    assert_string_equal(now_is(), "DELIVERED");
    assert_string_equal(pg_sql("select evidence_grade from communications where id = '%s'", sms),
                        "B");
    long long before = events();
    assert_int_equal(tell(ACS_REPORT("Outgoing_1", "Delivered", "No error.")), OK);
    assert_int_equal(events(), before);
    /* The other way round later: kept, shown, and of the same weight, so that it does not win. */
    assert_int_equal(tell(ACS_REPORT("Outgoing_1", "Failed", "5002 timeout")), OK);
    assert_string_equal(now_is(), "DELIVERED");
    assert_int_equal(events(), before + 1);
    assert_non_null(strstr(pg_sql("select contradiction ->> 'sentence' from communications where "
                                  "id = '%s'",
                                  sms),
                           "in time"));
}

static void one_too_early_is_tried_again(void **state)
{
    (void)state;
    assert_int_equal(run(acs, 1, ACS_REPORT("Outgoing_9", "Delivered", "")), ERR_RETRY);
    assert_int_equal(run(acs, 4, ACS_REPORT("Outgoing_9", "Delivered", "")), ERR_NOT_FOUND);
    assert_int_equal(run(acs, 1, "{}"), ERR_NOT_FOUND);
    assert_int_equal(run(acs, 1, "nonsense"), ERR_INVALID);
    assert_int_equal(run(twilio, 1, "a=b"), ERR_INVALID);
    assert_int_equal(run(twilio, 9, "MessageSid=SM9&MessageStatus=delivered"), ERR_NOT_FOUND);
}

/* What came before the provider's own answer was written down is known by its tag. */
static void the_tag_finds_it(void **state)
{
    (void)state;
    char other[40];
    struct ctx *c = pg_ctx("track_web");
    keep(other, pg_sql("select id from communications where channel = 'SMS' and delivery_status = "
                       "'DRAFT' limit 1"));
    (void)pg_sql("update communications set delivery_status = 'ENQUEUED' where id = '%s' returning "
                 "id",
                 other);
    assert_int_equal(
        tell(arena_printf(c->arena,
                          "[{\"eventType\":\"Microsoft.Communication.SMSDeliveryReportReceived\","
                          "\"data\":{\"messageId\":\"Outgoing_7\",\"tag\":\"%s\","
                          "\"deliveryStatus\":\"Delivered\"}}]",
                          other)),
        OK);
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", other),
                        "DELIVERED");
}

#define RECEIVED(id, text)                                                                         \
    "[{\"eventType\":\"Microsoft.Communication.SMSReceived\",\"data\":{\"messageId\":\"" id        \
    "\",\"from\":\"41790001122\",\"to\":\"15005550006\",\"message\":\"" text "\"}}]"
#define STANDING                                                                                   \
    "select count(*) from suppressions where address = '" PHONE                                    \
    "' and channel = 'SMS' and reason = 'opt_out' and blocks and lifted_at is null"

static void a_wish_is_kept_with_its_cause(void **state)
{
    (void)state;
    long long before = events();
    assert_int_equal(tell(RECEIVED("Incoming_1", "Stop")), OK);
    assert_int_equal(tell(RECEIVED("Incoming_1", "Stop")), OK);
    assert_int_equal(events(), before + 1);
    assert_int_equal(pg_int(STANDING), 1);
    assert_int_equal(pg_int("select count(*) from suppressions s join communication_events e on "
                            "e.id = s.event_id where s.communication_id = '%s' and e.type = 'NOTE' "
                            "and e.source = 'recipient'",
                            sms),
                     1);
    assert_string_equal(now_is(), "DELIVERED");
    assert_int_equal(tell(RECEIVED("Incoming_2", "START")), OK);
    assert_int_equal(pg_int(STANDING), 0);
    assert_int_equal(tell(RECEIVED("Incoming_3", "Thank you")), OK);
    assert_int_equal(pg_int(STANDING), 0);
    assert_string_equal(pg_sql("select sentence from communication_events where communication_id = "
                               "'%s' order by seq desc limit 1",
                               sms),
                        "Answered by SMS: “Thank you”");
}

/* A number that nothing was sent to can have a wish too. */
static void strangers(void **state)
{
    (void)state;
#define STRANGER(id, text)                                                                         \
    "MessageSid=" id "&SmsStatus=received&From=%2B41790009999&To=%2B15005550006&Body=" text
    assert_int_equal(run(twilio, 9, STRANGER("SM1", "STOPALL")), OK);
    assert_int_equal(pg_int("select count(*) from suppressions where address = '+41790009999' and "
                            "lifted_at is null and communication_id is null"),
                     1);
    assert_int_equal(run(twilio, 9, STRANGER("SM2", "unstop")), OK);
    assert_int_equal(pg_int("select count(*) from suppressions where address = '+41790009999' and "
                            "lifted_at is not null"),
                     1);
    assert_int_equal(run(twilio, 9, STRANGER("SM3", "hello")), ERR_NOT_FOUND);
}

static void a_report_can_tell_of_a_wish(void **state)
{
    (void)state;
    assert_int_equal(tell(ACS_REPORT("Outgoing_1", "Failed", "4007: opted out")), OK);
    assert_int_equal(pg_int(STANDING), 1);
}

/* About an attempt that another one followed: told, and moves nothing. */
static void earlier_attempts(void **state)
{
    (void)state;
    (void)pg_sql("insert into communication_attempts (tenant_id, communication_id, no, channel, "
                 "status, attempts, provider, provider_message_id) values ('%s', '%s', 1, 'SMS', "
                 "'FAILED', 1, 'acs', 'Outgoing_0') returning no",
                 pg_tenant(), sms);
    assert_int_equal(tell(ACS_REPORT("Outgoing_0", "Delivered", "")), OK);
    assert_string_equal(pg_sql("select type || ' ' || sentence from communication_events where "
                               "communication_id = '%s' order by seq desc limit 1",
                               sms),
                        "NOTE About an earlier message: The phone received it.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes),
        cmocka_unit_test(secrets),
        cmocka_unit_test(keys),
        cmocka_unit_test(twilio_signatures),
        cmocka_unit_test(setup),
        cmocka_unit_test(a_report_moves_it_once),
        cmocka_unit_test(one_too_early_is_tried_again),
        cmocka_unit_test(the_tag_finds_it),
        cmocka_unit_test(a_wish_is_kept_with_its_cause),
        cmocka_unit_test(strangers),
        cmocka_unit_test(a_report_can_tell_of_a_wish),
        cmocka_unit_test(earlier_attempts),
    };
    pg_start("track_sms_hook");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
