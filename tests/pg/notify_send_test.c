/* Customers are told once, whatever Front or a worker does. */
#include "pg/notifying.h"

#include "notify/customer.sql.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- what Front does ---- */

static void a_full_minute_is_waited_for(void **state)
{
    (void)state;
    control("faults", "{\"throttle\":1,\"retryAfter\":7}");
    ship();
    go();
    assert_string_equal(state_of(), "queued");
    assert_int_equal(told(), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" NOTICE_JOB
                            "' and attempt = 0 and run_at between now() + interval '4 s' and "
                            "now() + interval '8 s'"),
                     1);
    assert_int_equal(pg_int("select count(*) from send_slots where account_id = '%s' and next_at > "
                            "now() + interval '4 s'",
                            account),
                     1);
    later();
    go();
    assert_told_once();
}

/* Another message of the account keeps the pause, too. */
static void a_pause_is_of_the_account(void **state)
{
    (void)state;
    (void)pg_sql("insert into send_slots values ('%s', '%s', now() + interval '1 minute') "
                 "returning next_at",
                 pg_tenant(), account);
    ship();
    go();
    assert_string_equal(state_of(), "queued");
    assert_int_equal(told(), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" NOTICE_JOB
                            "' and attempt = 0 and run_at > now() + interval '50 s'"),
                     1);
    (void)pg_sql("update jobs set args = args - 'turnAt' where kind = '" NOTICE_JOB
                 "' returning id");
    later();
    go();
    assert_told_once();
}

/* Also where the reply itself went through. */
static void the_last_of_a_minute_pauses_the_next(void **state)
{
    (void)state;
    control("faults", "{\"exhausted\":1,\"reset\":30}");
    ship();
    go();
    assert_told_once();
    assert_int_equal(pg_int("select count(*) from send_slots where account_id = '%s' and next_at > "
                            "now() + interval '20 s'",
                            account),
                     1);
    control("faults", "{\"reset\":0}");
}

/* Never known, it is told as such and not written again. */
static void what_is_never_known_ends_so(void **state)
{
    (void)state;
    control("faults", "{\"late\":1}");
    ship();
    go();
    control("faults", "{\"garbageList\":100}");
    for (int i = 0; i < 12 && jobs(); i++) {
        later();
        go();
    }
    assert_string_equal(state_of(), "failed unknown");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(on_timeline("NOT_NOTIFIED"), 1);
    assert_int_equal(jobs(), 0);
}

static void a_merged_conversation_is_followed(void **state)
{
    (void)state;
    char last[60];
    snprintf(last, sizeof(last), "%sd", conversation);
    for (int i = 0; i < 3; i++)
        control("merge",
                arena_printf(c->arena, "{\"from\":\"%s%.*s\",\"into\":\"%s%c\"}", conversation,
                             i > 0, i > 1 ? "c" : "b", conversation, 'b' + i));
    ship();
    go();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(posted(last, NULL), 1);
    assert_int_equal(told(), 0);
    assert_string_equal(pg_sql("select front_conversation_id from orders where id = '%s'", order),
                        last);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'thread.merged' and "
                            "entity_type = 'order' and entity_id = '%s'",
                            order),
                     3);
    emit("in_transit", "delivered", false, false);
    (void)dispatch();
    go();
    assert_int_equal(posted(last, NULL), 2);
}

static void merged_too_often_is_given_up(void **state)
{
    (void)state;
    control("merge", arena_printf(c->arena, "{\"from\":\"%s\",\"into\":\"%sx\"}", conversation,
                                  conversation));
    control("merge", arena_printf(c->arena, "{\"from\":\"%sx\",\"into\":\"%s\"}", conversation,
                                  conversation));
    ship();
    go();
    assert_string_equal(state_of(), "failed merged_too_often");
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(on_timeline("NOT_NOTIFIED"), 1);
    assert_int_equal(jobs(), 0);
}

static void a_conversation_that_is_gone_is_unlinked(void **state)
{
    (void)state;
    (void)pg_sql("update orders set front_conversation_id = 'cnv_gone%s' where id = '%s' "
                 "returning id",
                 conversation + 4, order);
    ship();
    go();
    assert_string_equal(state_of(), "failed no_such_conversation");
    assert_string_equal(pg_sql("select thread_status from orders where id = '%s'", order),
                        "unmatched");
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(jobs(), 0);
}

/* Front has it, and said it has not, or nothing at all, or what nobody understands. */
static void what_may_have_gone_out_is_looked_for(void **state)
{
    (void)state;
    static const char *const faults[] = { "late", "drop", "garbage", "html", "hang" };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        print_message("%s\n", faults[i]);
        (void)fresh(state);
        control("faults", arena_printf(c->arena, "{\"%s\":1}", faults[i]));
        ship();
        go();
        if (strcmp(faults[i], "html") != 0) {
            assert_string_equal(state_of(), "sending");
            assert_int_equal(told(), 1);
            assert_int_equal(audited("sent"), 0);
        }
        later();
        go();
        assert_told_once();
    }
}

/* It rests first: looked for at once, it would not be there yet. */
static void it_rests_before_it_is_looked_for(void **state)
{
    (void)state;
    control("faults", "{\"late\":1}");
    ship();
    go();
    long long before = pg_int("select count(*) from http_calls where provider = 'front'");
    (void)pg_sql("update jobs set run_at = now() where kind = '" NOTICE_JOB "' returning id");
    go();
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'front'"), before);
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" NOTICE_JOB
                            "' and run_at > now() + interval '40 s'"),
                     1);
    later();
    go();
    assert_told_once();
}

/* Not there at the first look, there at the second. */
static void one_that_appears_late_is_found(void **state)
{
    (void)state;
    pg_settings()->notify_settle_seconds = 2;
    control("faults", "{\"late\":1,\"appears\":3000}");
    ship();
    go();
    for (int i = 0; i < 90 && jobs(); i++) {
        usleep(100000);
        go();
    }
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'front' and method = "
                            "'GET' and entity = 'shipment:%s'",
                            shipment) >= 2,
                     1);
    assert_told_once();
    pg_settings()->notify_settle_seconds = 60;
}

/* Twice looked for in vain, it is written again; the customer reads it once. */
static void what_did_not_go_out_is_written_again(void **state)
{
    (void)state;
    control("faults", "{\"fail\":1}");
    ship();
    go();
    assert_int_equal(told(), 0);
    for (int i = 0; i < 4 && jobs(); i++) {
        later();
        go();
    }
    assert_told_once();
}

static void a_token_that_is_refused_is_tried_to_the_end(void **state)
{
    (void)state;
    control("faults", "{\"deny\":100}");
    ship();
    for (int i = 0; i < 12 && jobs(); i++) {
        later();
        go();
    }
    assert_string_equal(state_of(), "failed not_reached");
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(told(), 0);
    assert_int_equal(jobs(), 0);
}

/* ---- workers ---- */

/* Between the reply and its end. */
static void a_worker_that_is_killed_tells_once(void **state)
{
    (void)state;
    static const int never;
    int status;
    control("faults", "{\"slow\":1500}");
    ship();
    struct ctx *w = pg_ctx("track_worker");
    pid_t worker = fork();
    if (worker == 0) {
        jobs_work(pg_app(), w->db, &never, true);
        _exit(0);
    }
    for (int i = 0; i < 100 && strcmp(state_of(), "sending") != 0; i++)
        usleep(20000);
    usleep(300000);
    assert_int_equal(kill(worker, SIGKILL), 0);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_string_equal(state_of(), "sending");
    for (int i = 0; i < 100 && !told(); i++)
        usleep(20000);
    control("faults", "{\"slow\":0}");
    assert_int_equal(told(), 1);
    (void)pg_sql("update jobs set lease_until = now() - interval '1 s' where kind = '" NOTICE_JOB
                 "' returning id");
    for (int i = 0; i < 3 && jobs(); i++) {
        later();
        go();
    }
    assert_told_once();
}

static void never_two_at_once_to_one_conversation(void **state)
{
    (void)state;
    ship();
    (void)pg_sql(
        "update customer_notifications set state = 'sending', tried_at = now() where id = " LAST
        " returning id");
    emit("in_transit", "out_for_delivery", false, false);
    assert_int_equal(dispatch(), 1);
    go();
    assert_string_equal(state_of(), "queued");
    assert_int_equal(told(), 0);
    (void)pg_sql("update customer_notifications set state = 'queued', tried_at = null where "
                 "shipment_id = '%s' returning id",
                 shipment);
    later();
    go();
    assert_int_equal(told(), 2);
    assert_int_equal(audited("sent"), 2);
}

/* It has read the row, and another begins before it does. */
static void a_worker_that_comes_late_begins_nothing(void **state)
{
    (void)state;
    static const int never;
    int status;
    struct ctx *w = pg_ctx("track_worker");
    ship();
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        db_query(c->db, c->arena, notice_lock_conversation, NULL, .conversation_id = conversation),
        OK);
    pid_t worker = fork();
    if (worker == 0) {
        jobs_work(pg_app(), w->db, &never, true);
        _exit(0);
    }
    for (int i = 0; i < 200 && !pg_int("select count(*) from pg_locks where locktype = 'advisory' "
                                       "and not granted and database = (select oid from "
                                       "pg_database where datname = current_database())");
         i++)
        usleep(20000);
    (void)pg_sql(
        "update customer_notifications set state = 'sending', tried_at = now() where id = " LAST
        " returning id");
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    assert_int_equal(told(), 0);
    assert_string_equal(state_of(), "sending");
    assert_int_equal(pg_int("select count(*) from jobs where kind = '" NOTICE_JOB
                            "' and state = 'ready' and attempt = 0"),
                     1);
}

static void one_unlinked_meanwhile_is_told_nothing(void **state)
{
    (void)state;
    ship();
    (void)pg_sql("update orders set thread_status = 'unmatched' where id = '%s' returning id",
                 order);
    go();
    assert_string_equal(state_of(), "skipped thread_not_linked");
    assert_int_equal(audited("skipped"), 1);
    assert_int_equal(told(), 0);
    assert_int_equal(jobs(), 0);
}

/* Nothing was found, and nothing is told. */
static void one_looked_for_in_a_circle_is_not_told(void **state)
{
    (void)state;
    ship();
    (void)pg_sql("update customer_notifications set state = 'sending', conversation_id = '%s', "
                 "tried_at = now() where id = " LAST " returning id",
                 conversation);
    control("merge", arena_printf(c->arena, "{\"from\":\"%s\",\"into\":\"%sx\"}", conversation,
                                  conversation));
    control("merge", arena_printf(c->arena, "{\"from\":\"%sx\",\"into\":\"%s\"}", conversation,
                                  conversation));
    later();
    go();
    assert_string_equal(state_of(), "failed merged_too_often");
    assert_int_equal(audited("sent"), 0);
}

/* What was not found is not written into a conversation that is not the order's any more. */
static void one_unlinked_while_it_was_looked_for_is_told_nothing(void **state)
{
    (void)state;
    ship();
    (void)pg_sql("update customer_notifications set state = 'sending', conversation_id = '%s', "
                 "tried_at = now(), looks = 1 where id = " LAST " returning id",
                 conversation);
    (void)pg_sql("update orders set thread_status = 'unmatched' where id = '%s' returning id",
                 order);
    later();
    go();
    assert_string_equal(state_of(), "queued");
    later();
    go();
    assert_string_equal(state_of(), "skipped thread_not_linked");
    assert_int_equal(told(), 0);
}

static void one_that_is_overtaken_is_told_nothing(void **state)
{
    (void)state;
    ship();
    (void)pg_sql("update customer_notifications set created_at = now() - interval '61 minutes' "
                 "where id = " LAST " returning id");
    (void)pg_sql("update shipments set status = 'delivered' where id = '%s' returning id",
                 shipment);
    go();
    assert_string_equal(state_of(), "superseded moved_on");
    assert_int_equal(audited("superseded"), 1);
    assert_int_equal(told(), 0);
    assert_int_equal(jobs(), 0);
}

/* As where workers were down for a night. */
static void a_day_that_is_over_is_not_told(void **state)
{
    (void)state;
    move("in_transit", "out_for_delivery");
    (void)pg_sql("update shipments set status_at = now() - interval '25 hours' where id = '%s' "
                 "returning id",
                 shipment);
    go();
    assert_string_equal(state_of(), "superseded too_old");
    assert_int_equal(told(), 0);
}

/* The later change was told while the first waited. */
static void nobody_hears_of_what_was_before(void **state)
{
    (void)state;
    move("in_transit", "out_for_delivery");
    (void)pg_sql("update jobs set run_at = now() + interval '5 minutes' where kind = '" NOTICE_JOB
                 "' returning id");
    move("out_for_delivery", "delivered");
    go();
    assert_string_equal(state_of(), "sent");
    later();
    go();
    assert_string_equal(pg_sql("select string_agg(concat_ws(' ', state, reason), ', ' order by id) "
                               "from customer_notifications where shipment_id = '%s'",
                               shipment),
                        "superseded moved_on, sent");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("superseded"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_full_minute_is_waited_for, fresh),
        cmocka_unit_test_setup(a_pause_is_of_the_account, fresh),
        cmocka_unit_test_setup(the_last_of_a_minute_pauses_the_next, fresh),
        cmocka_unit_test_setup(what_is_never_known_ends_so, fresh),
        cmocka_unit_test_setup(a_merged_conversation_is_followed, fresh),
        cmocka_unit_test_setup(merged_too_often_is_given_up, fresh),
        cmocka_unit_test_setup(a_conversation_that_is_gone_is_unlinked, fresh),
        cmocka_unit_test_setup(what_may_have_gone_out_is_looked_for, fresh),
        cmocka_unit_test_setup(it_rests_before_it_is_looked_for, fresh),
        cmocka_unit_test_setup(one_that_appears_late_is_found, fresh),
        cmocka_unit_test_setup(what_did_not_go_out_is_written_again, fresh),
        cmocka_unit_test_setup(a_token_that_is_refused_is_tried_to_the_end, fresh),
        cmocka_unit_test_setup(a_worker_that_is_killed_tells_once, fresh),
        cmocka_unit_test_setup(never_two_at_once_to_one_conversation, fresh),
        cmocka_unit_test_setup(a_worker_that_comes_late_begins_nothing, fresh),
        cmocka_unit_test_setup(one_unlinked_meanwhile_is_told_nothing, fresh),
        cmocka_unit_test_setup(one_looked_for_in_a_circle_is_not_told, fresh),
        cmocka_unit_test_setup(one_unlinked_while_it_was_looked_for_is_told_nothing, fresh),
        cmocka_unit_test_setup(one_that_is_overtaken_is_told_nothing, fresh),
        cmocka_unit_test_setup(a_day_that_is_over_is_not_told, fresh),
        cmocka_unit_test_setup(nobody_hears_of_what_was_before, fresh),
    };
    return run_notifying("notify_send_test", tests, sizeof(tests) / sizeof(tests[0]));
}
