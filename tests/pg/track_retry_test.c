/* Messages that cannot be sent: tried again while there is hope, given up in sight of all. */
#include "pg/asking.h"

#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

static char batch_id[40], one[40];

/* Nobody listens there: it may be another day. */
static void a_dead_server_is_tried_again(void **state)
{
    (void)state;
    long long queued;
    struct ctx *c = pg_ctx("track_web");
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    pg_look_into_files();
    keep(batch_id, pg_sql("select id from communication_batches where state = 'DRAFT'"));
    (void)pg_sql("set local session_replication_role = replica; delete from communications where "
                 "batch_id = '%s' and channel <> 'EMAIL'",
                 batch_id);
    (void)pg_sql("insert into provider_accounts (tenant_id, provider, name, settings) values "
                 "('%s', 'acs', 'dead', '{\"endpoint\": \"http://127.0.0.1:9\", \"from\": "
                 "\"+15005550006\", \"ratePerMinute\": 0}'), "
                 "('%s', 'smtp', 'Front desk', '{\"host\": \"127.0.0.1\", \"port\": 9, \"from\": "
                 "\"desk@example.com\", \"security\": \"none\"}') returning id",
                 pg_tenant(), pg_tenant());
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch_id, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    work();
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "delivery_status = 'ENQUEUED' and next_attempt_at > now() and error "
                            "->> 'sentence' <> '' and last_event_type = 'DELAYED'",
                            batch_id),
                     queued);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.send_communication' "
                            "and state = 'ready' and run_at > now()"),
                     queued);
    assert_string_equal(pg_sql("select state from communication_batches where id = '%s'", batch_id),
                        "SENDING");
}

/* Of several accounts at one provider, which it was. */
static void what_was_decided_names_the_account(void **state)
{
    (void)state;
    assert_int_equal(
        pg_int("select count(*) from communication_events e join communications c on "
               "c.id = e.communication_id join provider_accounts a on a.id::text = "
               "e.detail ->> 'accountId' and a.name = 'Front desk' where c.batch_id = "
               "'%s' and e.type = 'DELAYED' and e.detail -> 'decisions' @> "
               "'[{\"about\": \"account\", \"sentence\": \"Through “Front desk” (smtp): "
               "the first account for it that is switched on.\"}]'",
               batch_id),
        pg_int("select count(*) from communications where batch_id = '%s'", batch_id));
}

static void the_last_try_fails_it(void **state)
{
    (void)state;
    keep(one, pg_sql("select id from communications where batch_id = '%s' and "
                     "delivery_status = 'ENQUEUED' order by id limit 1",
                     batch_id));
    (void)pg_sql("update jobs set attempt = max_attempts - 1, run_at = now() "
                 "where unique_key = '%s' returning id",
                 one);
    work();
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", one),
                        "FAILED");
    assert_int_equal(pg_int("select count(*) from jobs where unique_key = '%s'", one), 0);
}

static void a_forbidden_address_fails_it_at_once(void **state)
{
    (void)state;
    const char *id = pg_sql("select c.id from communications c join jobs j on j.unique_key = "
                            "c.id::text where c.batch_id = '%s' and c.delivery_status = "
                            "'ENQUEUED' and c.channel = 'EMAIL' order by c.id limit 1",
                            batch_id);
    keep(one, id);
    (void)pg_sql("update jobs set run_at = now() where unique_key = '%s' returning id", one);
    pg_settings()->egress_allow = "";
    work();
    pg_settings()->egress_allow = "127.0.0.1:9";
    assert_string_equal(pg_sql("select delivery_status || ' ' || (error ->> 'sentence' like "
                               "'%%TRACK_EGRESS_ALLOW%%') from communications where id = '%s'",
                               one),
                        "FAILED true");
    assert_int_equal(pg_int("select count(*) from jobs where unique_key = '%s'", one), 0);
}

static void a_lost_job_is_told_of(void **state)
{
    (void)state;
    (void)pg_sql("update jobs set state = 'parked' where kind = 'track.send_communication' "
                 "returning id");
    (void)pg_sql("set session_replication_role = replica; update communications set queued_at = "
                 "now() - interval '1 hour' where batch_id = '%s' returning id",
                 batch_id);
    struct job j = { .ctx = *pg_ctx("track_worker") };
    assert_int_equal(batch_settle_all(&j), OK);
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "delivery_status = 'ENQUEUED'",
                            batch_id),
                     0);
    assert_string_equal(pg_sql("select state from communication_batches where id = '%s'", batch_id),
                        "COMPLETED");
}

static void accounts_switched_off_are_not_the_sink(void **state)
{
    (void)state;
    long long kept = pg_int("select count(*) from sink_messages");
    (void)pg_sql("update provider_accounts set enabled = false returning id");
    (void)pg_sql("update jobs set run_at = now() where kind = 'track.send_communication' "
                 "returning id");
    work();
    assert_int_equal(pg_int("select count(*) from sink_messages"), kept);
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "delivery_status not in ('ENQUEUED', 'FAILED', 'DRAFT')",
                            batch_id),
                     0);
    assert_true(pg_int("select count(*) from communication_events where type = 'DELAYED' and "
                       "sentence = 'Every account for email is switched off.'") > 0);
    (void)pg_sql("update provider_accounts set enabled = true returning id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_server_is_tried_again),
        cmocka_unit_test(accounts_switched_off_are_not_the_sink),
        cmocka_unit_test(what_was_decided_names_the_account),
        cmocka_unit_test(the_last_try_fails_it),
        cmocka_unit_test(a_forbidden_address_fails_it_at_once),
        cmocka_unit_test(a_lost_job_is_told_of),
    };
    pg_start("track_retry");
    pg_settings()->egress_allow = "127.0.0.1:9";
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
