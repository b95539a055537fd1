/* Customers are told once, and it is written once, wherever a worker is killed, loses its
   connection, or is taken for dead and goes on. */
#include "pg/knocking.h"
#include "pg/stepping.h"

struct scenario {
    void (*arrange)(void);
    const char *states;  /* of its notices, at the end */
    int told;            /* in the conversation, and so on the timeline */
    const char *audited; /* the actions of the shipment's and the order's, sorted */
    const char *inbox;   /* what Knock's call came to; NULL: either may have come first */
    bool closely;        /* with every fault */
};

static void time_goes_by(void)
{
    step_time_goes_by();
    later();
    step_turn(c);
}

static void finish(void)
{
    for (int i = 0; i < 12; i++) {
        time_goes_by();
        if (strncmp(state_of(), "asked", 5) == 0 && runs(NULL) && !inboxed("processed"))
            call_back();
        if (!step_left())
            return;
    }
}

static const char *outcome(const char *states, int in_conversation, long long noted,
                           const char *actions, long long calls, long long left)
{
    return arena_printf(c->arena, "%s; told %d times, noted %lld times; %s; %lld calls; %lld left",
                        states, in_conversation, noted, actions, calls, left);
}

static void assert_outcome(const struct scenario *s, int fault, int at)
{
    const char *states = arena_strdup(c->arena, all_states());
    const char *actions = arena_strdup(
        c->arena,
        pg_sql("select string_agg(action, ' ' order by action) from audit_history where action ~ "
               "'notification|thread.(merged|unlinked)' and entity_id in ('%s', '%s')",
               shipment, order));
    const char *is = outcome(states, told(), on_timeline("NOTIFIED"), actions,
                             s->inbox ? inboxed(s->inbox) : 0, step_left());
    const char *due = outcome(s->states, s->told, s->told, s->audited, s->inbox ? 1 : 0, 0);
    if (strcmp(is, due) != 0)
        print_message("%s at step %d:\n", step_faults[fault], at);
    assert_string_equal(is, due);
}

/* Answers whether there is such a step. */
static bool met(const struct scenario *s, int fault, int at)
{
    struct arena *of_all = c->arena;
    c->arena = arena_new((size_t)64 << 20);
    (void)begin(NULL);
    (void)pg_sql("delete from jobs returning id");
    step_no_clock();
    s->arrange();
    bool was = step_in_child(at, (enum step_fault)fault, time_goes_by);
    finish();
    assert_outcome(s, fault, at);
    arena_free(c->arena);
    c->arena = of_all;
    return was;
}

static void try(const struct scenario *s)
{
    for (int fault = 0; fault < STEP_FAULTS; fault++)
        for (int at = 1; s->closely || fault == STEP_KILL || fault == STEP_DEAF; at++)
            if (!met(s, fault, at))
                break;
}

/* ---- decided and sent ---- */

static void without_knock(void)
{
    pg_settings()->knock_api_key = "";
}

static void a_change(void)
{
    without_knock();
    emit("pending", "in_transit", false, false);
}

/* Front has taken it, and says it has not. */
static void late_arranged(void)
{
    a_change();
    control("faults", "{\"late\":1}");
}

static void one_change(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = late_arranged,
                            .closely = true,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent" });
}

static void unlinked(void)
{
    (void)pg_sql("update orders set thread_status = 'unmatched', front_conversation_id = null "
                 "where id = '%s' returning id",
                 order);
}

static void a_change_unlinked(void)
{
    a_change();
    unlinked();
}

static void nobody_to_tell(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = a_change_unlinked,
                            .states = "shipped skipped no_conversation",
                            .told = 0,
                            .audited = "notification.skipped" });
}

static void unlinked_before_it_is_sent_arranged(void)
{
    a_change();
    assert_int_equal(dispatch(), 1);
    (void)pg_sql("update orders set thread_status = 'unmatched' where id = '%s' returning id",
                 order);
}

static void unlinked_before_it_is_sent(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = unlinked_before_it_is_sent_arranged,
                            .states = "shipped skipped thread_not_linked",
                            .told = 0,
                            .audited = "notification.skipped" });
}

static void merged_arranged(void)
{
    char other[60];
    a_change();
    snprintf(other, sizeof(other), "%sb", conversation);
    control("merge",
            arena_printf(c->arena, "{\"from\":\"%s\",\"into\":\"%s\"}", conversation, other));
    keep(conversation, other);
}

static void a_merged_conversation(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = merged_arranged,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent thread.merged" });
}

static void gone_arranged(void)
{
    a_change();
    (void)pg_sql("update orders set front_conversation_id = 'cnv_gone%s' where id = '%s' "
                 "returning id",
                 conversation + 4, order);
}

static void a_conversation_that_is_gone(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = gone_arranged,
                            .states = "shipped failed no_such_conversation",
                            .told = 0,
                            .audited = "notification.failed thread.unlinked" });
}

static void not_taken_arranged(void)
{
    a_change();
    control("faults", "{\"fail\":1}");
    assert_int_equal(dispatch(), 1);
    go();
    assert_string_equal(state_of(), "sending");
    later();
}

static void one_that_is_looked_for_in_vain(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = not_taken_arranged,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent" });
}

/* ---- caught up ---- */

static void missed_arranged(void)
{
    without_knock();
    unlinked();
    move("pending", "in_transit");
    move("in_transit", "out_for_delivery");
    link_to(conversation);
}

static void what_was_missed(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = missed_arranged,
                            .closely = true,
                            .states = "shipped superseded moved_on, out_for_delivery sent",
                            .told = 1,
                            .audited =
                                "notification.caught_up notification.sent notification.skipped "
                                "notification.skipped notification.superseded" });
}

static void account_arranged(void)
{
    without_knock();
    (void)pg_sql("update provider_accounts set enabled = false returning id");
    move("pending", "in_transit");
    move("in_transit", "exception");
    (void)pg_sql("update provider_accounts set enabled = true returning id");
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', '" NOTICE_TEND_JOB
                 "') returning id");
}

static void what_was_missed_for_an_account(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = account_arranged,
                            .states = "shipped superseded moved_on, exception sent",
                            .told = 1,
                            .audited =
                                "notification.caught_up notification.sent notification.skipped "
                                "notification.skipped notification.superseded" });
}

static void left_arranged(void)
{
    without_knock();
    move("pending", "in_transit");
    (void)pg_sql("delete from jobs where kind = '" NOTICE_JOB "' returning id");
    (void)pg_sql("update customer_notifications set created_at = now() - interval '11 minutes' "
                 "where id = " LAST " returning id");
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', '" NOTICE_TEND_JOB
                 "') returning id");
}

static void what_was_left(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = left_arranged,
                            .states = "shipped failed not_reached",
                            .told = 0,
                            .audited = "notification.failed" });
}

/* ---- by Knock ---- */

static void knock_arranged(void)
{
    emit("pending", "in_transit", false, false);
}

static void knock_is_asked_once(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = knock_arranged,
                            .closely = true,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent",
                            .inbox = "processed" });
}

static void called_arranged(void)
{
    ship();
    go();
    assert_asked();
    call_back();
}

static void knock_calls(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = called_arranged,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent",
                            .inbox = "processed" });
}

static void called_early_arranged(void)
{
    ship();
    call_back();
}

static void knock_calls_while_it_is_asked(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = called_early_arranged,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent",
                            .inbox = "processed" });
}

static void overdue_arranged(void)
{
    ship();
    go();
    assert_asked();
    (void)pg_sql("update customer_notifications set asked_at = now() - interval '46 minutes' where "
                 "id = " LAST " returning id");
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', '" KNOCK_SWEEP_JOB
                 "') returning id");
}

static void knock_does_not_call(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = overdue_arranged,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent" });
}

static void overdue_and_called_arranged(void)
{
    overdue_arranged();
    call_back();
}

static void knock_calls_as_it_is_given_up(void **state)
{
    (void)state;
    try(&(struct scenario){ .arrange = overdue_and_called_arranged,
                            .closely = true,
                            .states = "shipped sent",
                            .told = 1,
                            .audited = "notification.sent" });
}

/* What the clock has due at first. */
static int warm(void **state)
{
    (void)state;
    go();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_change, warm),
        cmocka_unit_test_setup(nobody_to_tell, warm),
        cmocka_unit_test_setup(unlinked_before_it_is_sent, warm),
        cmocka_unit_test_setup(a_merged_conversation, warm),
        cmocka_unit_test_setup(a_conversation_that_is_gone, warm),
        cmocka_unit_test_setup(one_that_is_looked_for_in_vain, warm),
        cmocka_unit_test_setup(what_was_missed, warm),
        cmocka_unit_test_setup(what_was_missed_for_an_account, warm),
        cmocka_unit_test_setup(what_was_left, warm),
        cmocka_unit_test_setup(knock_is_asked_once, warm),
        cmocka_unit_test_setup(knock_calls, warm),
        cmocka_unit_test_setup(knock_calls_while_it_is_asked, warm),
        cmocka_unit_test_setup(knock_does_not_call, warm),
        cmocka_unit_test_setup(knock_calls_as_it_is_given_up, warm),
    };
    return run_knocking("notify_killed_test", tests, sizeof(tests) / sizeof(tests[0]));
}
