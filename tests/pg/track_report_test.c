/* Reports against a real timeline: whom they are about, and which message of a communication. */
#include "pg/pg.h"

#include "base/json.h"
#include "channels/report.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

static char id[40];

static int apply(const struct report *r)
{
    int matched = -1;
    struct ctx *c = pg_ctx("track_worker");
    db_begin(c->db, pg_tenant());
    assert_int_equal(report_apply(c, r, NULL, "test/1", &matched), OK);
    assert_int_equal(db_commit(c->db), OK);
    return matched;
}

/* One communication in this state, whose last message was the nth. */
static void stands_at(const char *status, int series)
{
    pg_sql("set session_replication_role = replica; update communications set delivery_status = "
           "'%s', message_id = '%s.%d@track.example', email = 'anna@example.com' where id = '%s'",
           status, id, series, id);
}

static const char *status(void)
{
    return pg_sql("select delivery_status from communications where id = '%s'", id);
}

static long long events(void)
{
    return pg_int("select count(*) from communication_events where communication_id = '%s'", id);
}

static int set_up(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    const char *found = pg_sql("select id from communications where channel = 'EMAIL' limit 1");
    memcpy(id, found, strlen(found) + 1);
    return 0;
}

static struct report bounce(const char *original, const char *own, struct report_recipient *to,
                            size_t n)
{
    return (struct report){ .kind = REPORT_DELIVERY,
                            .original_message_id = original,
                            .original_track_id = id,
                            .own_message_id = own,
                            .recipients = to,
                            .recipient_count = n };
}

static void of_many_recipients_the_one_it_was_sent_to_counts(void **state)
{
    (void)state;
    struct report_recipient to[100];
    for (size_t i = 0; i < 100; i++)
        to[i] = (struct report_recipient){ .address = "somebody@example.com", .action = "failed" };
    to[7].address = "Anna@Example.com";
    to[7].status = "5.1.1";
    stands_at("SENT", 1);
    long long before = events();
    struct report r = bounce(NULL, "many@mx.example", to, 100);
    assert_int_equal(apply(&r), 1);
    assert_int_equal(events(), before + 1);
    assert_string_equal(status(), "BOUNCED");
    assert_string_equal(pg_sql("select detail ->> 'recipient' from communication_events where "
                               "communication_id = '%s' order by seq desc limit 1",
                               id),
                        "Anna@Example.com");
}

static void of_strangers_only_the_first_counts(void **state)
{
    (void)state;
    struct report_recipient to[100];
    char addresses[100][32];
    for (size_t i = 0; i < 100; i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "forward%zu@example.com", i);
        to[i] = (struct report_recipient){ .address = addresses[i], .action = "failed" };
    }
    stands_at("SENT", 1);
    long long before = events();
    struct report r = bounce(NULL, "strangers@mx.example", to, 100);
    assert_int_equal(apply(&r), 1);
    assert_int_equal(events(), before + 1);
    assert_string_equal(status(), "BOUNCED");
}

static void happens(enum event_type type, const char *message_id, const char *provider_id)
{
    struct ctx *c = pg_ctx("track_worker");
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    if (message_id)
        json_set_text(detail, "messageId", message_id);
    if (provider_id)
        json_set_text(detail, "providerMessageId", provider_id);
    const struct timeline_event event = {
        .type = type, .source = "worker", .grade = 'C', .detail = detail
    };
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &event, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static void last_event_is(const char *expected)
{
    assert_string_equal(pg_sql("select type || ': ' || sentence from communication_events where "
                               "communication_id = '%s' order by seq desc limit 1",
                               id),
                        expected);
}

static void bounced(const char *original, const char *own)
{
    struct report_recipient to = { .address = "anna@example.com", .action = "failed" };
    struct report r = bounce(original, own, &to, 1);
    assert_int_equal(apply(&r), 1);
}

#define EARLIER "NOTE: About an earlier message: Returned as undeliverable."

/* Named by our id or by the provider's: the attempt it is about has ended. */
static void an_earlier_attempt_moves_nothing(void **state)
{
    (void)state;
    struct arena *a = pg_ctx("track_worker")->arena;
    const char *first = arena_printf(a, "%s.1@track.example", id);
    const char *second = arena_printf(a, "%s.2@track.example", id);
    stands_at("ENQUEUED", 0);
    happens(EVENT_SENT, first, "AAMk-first");
    happens(EVENT_RESEND_REQUESTED, NULL, NULL);
    bounced(first, "late1@mx.example");
    last_event_is(EARLIER);
    assert_string_equal(status(), "ENQUEUED");
    happens(EVENT_SENT, second, "AAMk-second");
    bounced(first, "late2@mx.example");
    last_event_is(EARLIER);
    bounced("AAMk-first", "late3@mx.example");
    last_event_is(EARLIER);
    assert_string_equal(status(), "SENT");
    bounced(second, "intime@mx.example");
    assert_string_equal(status(), "BOUNCED");
    assert_string_equal(pg_sql("select string_agg(concat_ws(' ', no, status, message_id), ',') "
                               "from communication_attempts where communication_id = '%s'",
                               id),
                        arena_printf(a, "1 SENT %s", first));
}

/* Mail systems may write the domain as they like: what is before it is told apart by its case. */
static void the_domain_of_an_id_has_no_case(void **state)
{
    (void)state;
    struct arena *a = pg_ctx("track_worker")->arena;
    stands_at("ENQUEUED", 4);
    happens(EVENT_SENT, arena_printf(a, "%s.9@track.example", id), "<AbC1@PROD.OUTLOOK.COM>");
    struct report_recipient to = { .address = "anna@example.com", .action = "delayed" };
    const char *const named[] = { "abc1@prod.outlook.com",
                                  arena_printf(a, "%s.9@Track.EXAMPLE", id),
                                  "AbC1@prod.outlook.com" };
    for (int i = 0; i < 3; i++) {
        struct report r = bounce(named[i], arena_printf(a, "case%d@mx.example", i), &to, 1);
        r.original_track_id = NULL;
        assert_int_equal(apply(&r), i > 0);
    }
}

/* A relay may give a message an id of its own: that is none of ours, and so not an earlier one. */
static void a_rewritten_id_is_no_earlier_message(void **state)
{
    (void)state;
    struct report_recipient to = { .address = "anna@example.com", .action = "failed" };
    stands_at("SENT", 1);
    struct report r = bounce("rewritten@relay.example", "r9@mx.example", &to, 1);
    assert_int_equal(apply(&r), 1);
    assert_string_equal(status(), "BOUNCED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_many_recipients_the_one_it_was_sent_to_counts),
        cmocka_unit_test(of_strangers_only_the_first_counts),
        cmocka_unit_test(an_earlier_attempt_moves_nothing),
        cmocka_unit_test(the_domain_of_an_id_has_no_case),
        cmocka_unit_test(a_rewritten_id_is_no_earlier_message),
    };
    pg_start("track_report");
    return pg_end(cmocka_run_group_tests(tests, set_up, NULL));
}
