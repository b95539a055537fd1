/* How calls to the outside share a claim: a few short ones, never beside one that takes long. */
#include "pg/pg.h"

#include "base/domain.h"
#include "base/json.h"
#include "jobs/jobs.h"

#include <string.h>
#include <unistd.h>

static const int never = 0;

static void add(const char *kind, const char *todo)
{
    struct ctx *c = pg_ctx("track_web");
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "do", todo);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(job_add(c, &(struct job_new){ .kind = kind, .args = args }, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

/* Works until nothing is left. Answers how many jobs of the queue the worker had claimed when each
   of them ran, the first one first, and after a dash what all of them were tried. */
static const char *work(void)
{
    struct ctx *c = pg_ctx("track_worker");
    pg_sql("truncate ran");
    pg_sql("delete from job_history");
    jobs_work(pg_app(), c->db, &never, true);
    assert_int_equal(pg_int("select count(*) from jobs where queue = 'calls'"), 0);
    return pg_sql("select string_agg(claimed::text, ' ' order by at) || ' - ' || "
                  "(select sum(attempt) from job_history where queue = 'calls') from ran");
}

static void short_calls_share_a_claim(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++)
        add("test.call", "look");
    assert_string_equal(work(), "1 3 2 1 3 2 1 - 7");
}

static void behind_a_slow_one_the_rest_is_for_others(void **state)
{
    (void)state;
    add("test.call", "look");
    add("test.call", "dawdle");
    for (int i = 0; i < 4; i++)
        add("test.call", "look");
    assert_string_equal(work(), "1 3 1 3 2 1 - 6");
}

static void one_that_may_take_long_is_alone(void **state)
{
    (void)state;
    add("test.long", "look");
    add("test.call", "look");
    add("test.call", "look");
    add("test.long", "look");
    assert_string_equal(work(), "1 2 1 1 - 4");
}

static void a_limit_of_the_queue_holds(void **state)
{
    (void)state;
    pg_sql("insert into job_queues (queue, concurrency) values ('calls', 2)");
    for (int i = 0; i < 3; i++)
        add("test.call", "look");
    assert_string_equal(work(), "1 2 1 - 3");
    pg_sql("delete from job_queues");
}

/* ---- the kinds of job under test ---- */

static enum err run(struct job *j)
{
    pg_sql("insert into ran (claimed) select count(*) from jobs "
           "where queue = 'calls' and state = 'running'");
    if (strcmp(json_text(j->args, "do"), "dawdle") == 0)
        usleep(400000);
    db_begin(j->ctx.db, j->ctx.tenant_id);
    return db_end(j->ctx.db, job_done(j));
}

static const struct job_kind kinds[] = {
    { .name = "test.call", .queue = "calls", .external = true, .together = 3, .run = run },
    { .name = "test.long", .queue = "calls", .external = true, .run = run },
    { .name = NULL }
};
static const struct domain test_domain = { .name = "test", .jobs = kinds };

const struct domain *const domains[] = { &test_domain, NULL };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_calls_share_a_claim),
        cmocka_unit_test(behind_a_slow_one_the_rest_is_for_others),
        cmocka_unit_test(one_that_may_take_long_is_alone),
        cmocka_unit_test(a_limit_of_the_queue_holds),
    };
    pg_start("jobs_calls");
    pg_sql("create table ran (at bigint generated always as identity, claimed int)");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
