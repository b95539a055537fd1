/* Teams hear of what changed, in one message, and nothing of it stays under way, wherever a worker
   is killed, loses its connection, or is taken for dead and goes on. */
#include "pg/stepping.h"
#include "pg/telling.h"

#include "notify/team.h"

static void time_goes_by(void)
{
    step_time_goes_by();
    (void)pg_sql("delete from circuit_breakers");
    step_turn(c);
}

/* heard: how often by now. Answers whether there is such a step. */
static bool met(void (*arrange)(void), size_t (*heard)(void), int fault, int at)
{
    struct arena *of_all = c->arena;
    c->arena = arena_new((size_t)64 << 20);
    (void)fresh(NULL);
    step_no_clock();
    arrange();
    size_t before = heard();
    bool was = step_in_child(at, (enum step_fault)fault, time_goes_by);
    for (int i = 0; i < 12 && step_left(); i++)
        time_goes_by();
    bool told = heard() > before;
    long long open = pg_int("select count(*) from team_notices where rule_id = '%s' and state <> "
                            "'taken'",
                            rule) +
                     pg_int("select count(*) from team_messages where rule_id = '%s' and state <> "
                            "'sent'",
                            rule);
    long long messages = pg_int("select count(*) from team_messages where rule_id = '%s'", rule);
    if (step_left() || !told || open || messages != 1)
        print_message("%s at step %d:\n", step_faults[fault], at);
    assert_int_equal(step_left(), 0);
    assert_true(told);
    assert_int_equal(open, 0);
    assert_int_equal(messages, 1);
    arena_free(c->arena);
    c->arena = of_all;
    return was;
}

static void try(void (*arrange)(void), size_t (*heard)(void), bool closely)
{
    for (int fault = 0; fault < STEP_FAULTS; fault++)
        for (int at = 1; closely || fault == STEP_KILL || fault == STEP_DEAF; at++)
            if (!met(arrange, heard, fault, at))
                break;
}

static void in_slack_arranged(void)
{
    rule_new("slack", hook_account, "");
    emit("in_transit", "delivered", false, false);
}

static void in_slack(void **state)
{
    (void)state;
    try(in_slack_arranged, posts, true);
}

static void by_webhook_arranged(void)
{
    rule_new("webhook", webhook_account, "");
    emit("in_transit", "delivered", false, false);
    emit("delivered", "exception", false, false);
}

static void by_webhook(void **state)
{
    (void)state;
    try(by_webhook_arranged, hooks, false);
}

static void in_a_digest_arranged(void)
{
    rule_new("slack", hook_account, ",\"digest\":\"daily\"");
    changed("out_for_delivery");
    changed("delivered");
    (void)pg_sql("update team_notices set due_at = now() where rule_id = '%s' returning id", rule);
    (void)pg_sql("update jobs set run_at = now() where state = 'ready' returning id");
}

static void in_a_digest(void **state)
{
    (void)state;
    try(in_a_digest_arranged, posts, false);
}

static size_t mailed(void)
{
    return mails("owner@example.com") > 0;
}

static void by_mail_arranged(void)
{
    (void)!truncate(arena_printf(c->arena, "%s/messages.jsonl", folder), 0);
    rule_new("email", NULL, "");
    emit("in_transit", "delivered", false, false);
}

static void by_mail(void **state)
{
    (void)state;
    try(by_mail_arranged, mailed, false);
}

static void left_arranged(void)
{
    rule_new("slack", hook_account, "");
    faults("{\"fail\":1}");
    changed("delivered");
    go();
    (void)pg_sql("update jobs set state = 'parked' where kind = 'notify.team' returning id");
    (void)pg_sql(
        "update team_messages set created_at = now() - interval '11 minutes' where rule_id "
        "= '%s' returning id",
        rule);
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', '" TEAM_TEND_JOB
                 "') returning id");
}

static void one_whose_job_is_parked(void **state)
{
    (void)state;
    try(left_arranged, posts, false);
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
        cmocka_unit_test_setup(in_slack, warm),
        cmocka_unit_test_setup(by_webhook, warm),
        cmocka_unit_test_setup(in_a_digest, warm),
        cmocka_unit_test_setup(by_mail, warm),
        cmocka_unit_test_setup(one_whose_job_is_parked, warm),
    };
    return run_telling("team_killed_test", tests, sizeof(tests) / sizeof(tests[0]));
}
