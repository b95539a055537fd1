/* Of what customers are to be told nothing stays under way that nobody is at, and what may have
   gone out is looked for, whatever else fails. */
#include "pg/notifying.h"

#include "mustache/mustache.h"

static void tend(void)
{
    struct job j = { .ctx = *c, .attempt = 1, .max_attempts = 3 };
    assert_int_equal(notice_tend(&j), OK);
}

static void last_try(void)
{
    (void)pg_sql("update jobs set attempt = max_attempts - 1, run_at = now() where kind = "
                 "'" NOTICE_JOB "' and state = 'ready' returning id");
}

/* Writing that it was sent fails, at the last try. */
static void send_and_forget(void)
{
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    (void)pg_sql("create or replace function no_end() returns trigger language plpgsql as $$ begin "
                 "if new.state in ('sent', 'failed') then raise exception 'no room'; end if; "
                 "return new; end $$");
    (void)pg_sql("create trigger no_end before update on customer_notifications for each row "
                 "execute function no_end()");
    move("pending", "in_transit");
    last_try();
    go();
    assert_string_equal(state_of(), "sending");
    assert_int_equal(told(), 1);
    assert_int_equal(
        pg_int("select count(*) from jobs where kind = '" NOTICE_JOB "' and state = 'parked'"), 1);
}

static void room_again(void)
{
    (void)pg_sql("drop trigger no_end on customer_notifications");
}

static long long alive(void)
{
    return pg_int("select count(*) from jobs where kind = '" NOTICE_JOB "' and state = 'ready'");
}

static void one_whose_job_is_parked_is_looked_for(void **state)
{
    (void)state;
    send_and_forget();
    room_again();
    tend();
    assert_int_equal(alive(), 0);
    later();
    tend();
    tend();
    assert_int_equal(alive(), 1);
    later();
    go();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("sent"), 1);
    assert_int_equal(alive(), 0);
    later();
    tend();
    assert_int_equal(alive(), 0);
}

/* The job that was to ask Knock of it, which was not waited for. */
static void a_parked_job_of_knocks_is_not_its_own(void **state)
{
    (void)state;
    send_and_forget();
    room_again();
    (void)pg_sql("insert into jobs (tenant_id, queue, kind, state, args, unique_key) select "
                 "tenant_id, 'ship', 'notify.ask_knock', 'parked', '{}', id::text from "
                 "customer_notifications where id = " LAST " returning id");
    later();
    tend();
    assert_int_equal(alive(), 1);
    later();
    go();
    assert_string_equal(state_of(), "sent");
    assert_int_equal(told(), 1);
    (void)pg_sql("delete from jobs where kind = 'notify.ask_knock' returning id");
}

static void one_parked_twice_has_ended(void **state)
{
    (void)state;
    send_and_forget();
    later();
    tend();
    last_try();
    later();
    go();
    room_again();
    assert_string_equal(state_of(), "sending");
    later();
    tend();
    assert_string_equal(state_of(), "failed unknown");
    assert_int_equal(alive(), 0);
    assert_int_equal(told(), 1);
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(on_timeline("NOT_NOTIFIED"), 1);
    tend();
    assert_int_equal(audited("failed"), 1);
}

/* An operator discarded its job. */
static void one_without_a_job_has_ended(void **state)
{
    (void)state;
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    move("pending", "in_transit");
    (void)pg_sql("delete from jobs where kind = '" NOTICE_JOB "' returning id");
    tend();
    assert_string_equal(state_of(), "queued");
    (void)pg_sql("update customer_notifications set created_at = now() - interval '11 minutes' "
                 "where id = " LAST " returning id");
    tend();
    assert_string_equal(state_of(), "failed not_reached");
    assert_int_equal(audited("failed"), 1);
    assert_int_equal(told(), 0);
}

/* Its words are not needed to look for it. */
static void without_words_it_is_looked_for_all_the_same(void **state)
{
    (void)state;
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    control("faults", "{\"late\":1}");
    move("pending", "in_transit");
    go();
    assert_string_equal(state_of(), "sending");
    struct templates *templates = pg_app()->templates;
    pg_app()->templates = templates_empty(c->arena);
    later();
    go();
    pg_app()->templates = templates;
    assert_told_once();
}

/* ---- an account at Front ---- */

static void accounts(const char *enabled)
{
    (void)pg_sql("update provider_accounts set enabled = %s returning id", enabled);
}

static void an_account_that_comes_later(void **state)
{
    (void)state;
    accounts("false");
    move("pending", "in_transit");
    move("in_transit", "exception");
    assert_string_equal(all_states(),
                        "shipped skipped no_front_account, exception skipped no_front_account");
    tend();
    assert_int_equal(audited("skipped"), 2);
    accounts("true");
    tend();
    tend();
    go();
    assert_string_equal(all_states(), "shipped superseded moved_on, exception sent");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("superseded"), 1);
    assert_int_equal(audited("caught_up"), 1);
}

/* Linked while there was none, and the account comes then. */
static void an_account_that_comes_after_the_conversation(void **state)
{
    (void)state;
    unlink_it();
    accounts("false");
    move("pending", "in_transit");
    link_and_tell();
    assert_string_equal(all_states(), "shipped skipped no_front_account");
    link_to("cnv_elsewhere");
    link_to(conversation);
    assert_int_equal(dispatch(), 2);
    assert_int_equal(audited("skipped"), 2);
    accounts("true");
    tend();
    go();
    assert_string_equal(all_states(), "shipped sent");
    assert_int_equal(told(), 1);
}

/* Or it comes before the conversation. */
static void a_conversation_that_comes_after_the_account(void **state)
{
    (void)state;
    accounts("false");
    move("pending", "in_transit");
    unlink_it();
    accounts("true");
    tend();
    assert_string_equal(all_states(), "shipped skipped no_front_account");
    link_and_tell();
    assert_told_once();
}

static void an_account_that_comes_after_a_week(void **state)
{
    static const struct {
        const char *ago, *after;
    } cases[] = { { "167 hours", "shipped sent" },
                  { "169 hours", "shipped skipped no_front_account" } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)fresh(state);
        accounts("false");
        move("pending", "in_transit");
        (void)pg_sql("update customer_notifications set settled_at = now() - interval '%s' where "
                     "id = " LAST " returning id",
                     cases[i].ago);
        accounts("true");
        tend();
        go();
        assert_string_equal(all_states(), cases[i].after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_whose_job_is_parked_is_looked_for, fresh_unlinked),
        cmocka_unit_test_setup(a_parked_job_of_knocks_is_not_its_own, fresh_unlinked),
        cmocka_unit_test_setup(one_parked_twice_has_ended, fresh_unlinked),
        cmocka_unit_test_setup(one_without_a_job_has_ended, fresh_unlinked),
        cmocka_unit_test_setup(without_words_it_is_looked_for_all_the_same, fresh_unlinked),
        cmocka_unit_test_setup(an_account_that_comes_later, fresh),
        cmocka_unit_test_setup(an_account_that_comes_after_the_conversation, fresh),
        cmocka_unit_test_setup(a_conversation_that_comes_after_the_account, fresh),
        cmocka_unit_test_setup(an_account_that_comes_after_a_week, fresh),
    };
    return run_notifying("notify_tend_test", tests, sizeof(tests) / sizeof(tests[0]));
}
