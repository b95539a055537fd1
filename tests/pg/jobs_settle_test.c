/* The end of one job is written while the next one is run: who waits for it, when, and what a lost
 * one leaves. */
#include "pg/pg.h"

#include "base/domain.h"
#include "base/json.h"
#include "jobs/jobs.h"

#include <string.h>

static const int never = 0;
static int halt;
static char told[400]; /* what ran and was settled, in order */

static void tell(const char *what, const struct job *j)
{
    size_t n = strlen(told);
    (void)snprintf(told + n, sizeof(told) - n, "%s%s %s", n ? ", " : "", what,
                   json_text(j->args, "do"));
}

static void work(const char *const *todo, volatile const int *stop)
{
    struct ctx *c = pg_ctx("track_web");
    pg_sql("truncate jobs");
    pg_sql("delete from job_history");
    told[0] = '\0';
    for (int i = 0; todo[i]; i++) {
        struct json_object *args = json_own(c->arena, json_object_new_object());
        json_set_text(args, "do", todo[i]);
        db_begin(c->db, c->tenant_id);
        const char *kind = strcmp(todo[i], "long") == 0 ? "test.long" : "test.call";
        assert_int_equal(job_add(c, &(struct job_new){ .kind = kind, .args = args }, NULL), OK);
        assert_int_equal(db_commit(c->db), OK);
    }
    jobs_work(pg_app(), pg_ctx("track_worker")->db, stop, true);
}

static void the_next_one_runs_before_an_end_is_waited_for(void **state)
{
    (void)state;
    work((const char *[]){ "1", "2", "3", "4", "5", NULL }, &never);
    assert_string_equal(told, "run 1, run 2, settle 1, run 3, settle 2, run 4, settle 3, run 5, "
                              "settle 4, settle 5");
    assert_int_equal(pg_int("select count(*) from job_history"), 5);
    assert_int_equal(pg_int("select count(*) from jobs"), 0);
}

/* One that may take long would keep it waiting past its lease. */
static void an_end_is_waited_for_before_one_that_may_take_long(void **state)
{
    (void)state;
    work((const char *[]){ "1", "2", "long", NULL }, &never);
    assert_string_equal(told, "run 1, run 2, settle 1, settle 2, run long");
    assert_int_equal(pg_int("select count(*) from job_history"), 3);
}

/* It is under way by itself: nobody has to ask for it. */
static void the_database_writes_it_meanwhile(void **state)
{
    (void)state;
    work((const char *[]){ "1", "watch", NULL }, &never);
    assert_string_equal(told, "run 1, run watch, seen watch, settle 1, settle watch");
}

static void an_end_that_is_refused_puts_its_own_job_back(void **state)
{
    (void)state;
    work((const char *[]){ "1", "refused", "3", NULL }, &never);
    assert_string_equal(told, "run 1, run refused, settle 1, run 3, settle refused, settle 3");
    assert_int_equal(pg_int("select count(*) from job_history"), 2);
    assert_string_equal(pg_sql("select args ->> 'do' || ' ' || state || ' ' || attempt || ' ' || "
                               "(errors -> 0 ->> 'error') from jobs"),
                        "refused ready 1 It was refused.");
}

static void one_that_leaves_its_transaction_open_is_put_back(void **state)
{
    (void)state;
    work((const char *[]){ "leave", "2", NULL }, &never);
    assert_string_equal(told, "run leave, run 2, settle leave, settle 2");
    assert_string_equal(pg_sql("select args ->> 'do' || ' ' || state from jobs"), "leave ready");
}

static void none_is_left_when_the_worker_stops(void **state)
{
    (void)state;
    halt = 0;
    work((const char *[]){ "1", "stop", "3", NULL }, &halt);
    assert_string_equal(told, "run 1, run stop, settle 1, settle stop");
    assert_string_equal(pg_sql("select string_agg(state || attempt, ' ') from jobs"), "ready0");
    assert_int_equal(pg_int("select count(*) from job_history"), 2);
}

/* ---- the kind of job under test ---- */

static enum err settle(struct job *j)
{
    bool left = strcmp(j->settling, "leave") == 0, refused = strcmp(j->settling, "refused") == 0;
    tell("settle", j);
    enum err e = left ? OK : db_commit(j->ctx.db);
    j->ended = e == OK;
    assert_int_equal(e, refused ? ERR_CONFLICT : OK);
    return e ? job_fail(j, ERR_RETRY, "It was refused.") : e;
}

static void watch(const struct job *j)
{
    for (int i = 0; i < 100 && pg_int("select count(*) from job_history") == 0; i++)
        (void)pg_sql("select pg_sleep(0.05)");
    if (pg_int("select count(*) from job_history") == 1)
        tell("seen", j);
}

static enum err run(struct job *j)
{
    struct db *db = j->ctx.db;
    const char *todo = json_text(j->args, "do");
    tell("run", j);
    if (strcmp(todo, "watch") == 0)
        watch(j);
    halt = strcmp(todo, "stop") == 0;
    struct job lost = *j;
    lost.token += strcmp(todo, "refused") == 0;
    db_begin(db, j->ctx.tenant_id);
    db_batch(db);
    assert_int_equal(job_ending(&lost), OK);
    assert_int_equal(strcmp(todo, "leave") == 0 ? db_flush(db) : db_commit_send(db), OK);
    j->settle = settle;
    j->settling = arena_strdup(j->ctx.arena, todo);
    return OK;
}

static enum err run_long(struct job *j)
{
    tell("run", j);
    return OK;
}

static const struct job_kind kinds[] = {
    { .name = "test.long", .queue = "calls", .external = true, .run = run_long },
    { .name = "test.call", .queue = "calls", .external = true, .together = 3, .run = run },
    { .name = NULL }
};
static const struct domain test_domain = { .name = "test", .jobs = kinds };

const struct domain *const domains[] = { &test_domain, NULL };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_one_runs_before_an_end_is_waited_for),
        cmocka_unit_test(an_end_is_waited_for_before_one_that_may_take_long),
        cmocka_unit_test(the_database_writes_it_meanwhile),
        cmocka_unit_test(an_end_that_is_refused_puts_its_own_job_back),
        cmocka_unit_test(one_that_leaves_its_transaction_open_is_put_back),
        cmocka_unit_test(none_is_left_when_the_worker_stops),
    };
    pg_start("jobs_settle");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
