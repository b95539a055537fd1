/* What was claimed together with a job that a worker died in, and was not begun, loses no try. */
#include "pg/pg.h"

#include "base/domain.h"
#include "base/json.h"
#include "jobs/jobs.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int never = 0;

static void add(const char *todo)
{
    struct ctx *c = pg_ctx("track_web");
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "do", todo);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(job_add(c, &(struct job_new){ .kind = "test.call", .args = args }, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

/* A worker that is quick at one, and dies in the first of three that it then claims together. */
static int die_in_the_second(void)
{
    pg_sql("truncate jobs");
    pg_sql("delete from job_history");
    for (int i = 0; i < 4; i++)
        add(i == 1 ? "die" : "look");
    pid_t child = fork();
    if (child == 0) {
        pg_app()->instance = "here";
        jobs_work(pg_app(), db_new(pg_app(), pg_url("track_worker"), "victim"), &never, true);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    assert_int_equal(pg_int("select count(*) from job_history"), 1);
    assert_int_equal(pg_int("select count(*) from jobs where state = 'running' and attempt = 1"),
                     3);
    pg_sql("update jobs set args = '{\"do\": \"look\"}'");
    return child;
}

#define TRIED                                                                                      \
    "select string_agg(state || attempt || jsonb_array_length(errors) || "                         \
    "(run_at > now())::text, ' ' order by id) from jobs"
#define SPARED "ready11true ready00false ready00false"

static void who_dies_in_one_has_tried_only_that(void **state)
{
    (void)state;
    struct app app = *pg_app();
    int child = die_in_the_second();
    app.instance = "here";
    assert_int_equal(jobs_bury(&app, pg_ctx("track_worker")->db, child, true), OK);
    assert_string_equal(pg_sql(TRIED), SPARED);
}

static void so_it_is_where_leases_run_out(void **state)
{
    (void)state;
    die_in_the_second();
    pg_sql("update jobs set lease_until = now() - interval '1 second'");
    pg_sql("insert into job_queues (queue, paused) values ('calls', true)");
    jobs_work(pg_app(), pg_ctx("track_worker")->db, &never, true);
    assert_string_equal(pg_sql(TRIED), SPARED);
    pg_sql("delete from job_queues");
    pg_sql("update jobs set run_at = now()");
    jobs_work(pg_app(), pg_ctx("track_worker")->db, &never, true);
    assert_string_equal(pg_sql("select string_agg(attempt::text, '' order by id) from job_history"),
                        "1211");
}

/* Of brief ones it may be another than the first that kills: it is not spared for ever. */
static void nothing_is_spared_for_ever(void **state)
{
    (void)state;
    struct app app = *pg_app();
    app.instance = "here";
    pg_sql("truncate jobs");
    add("look");
    add("look");
    for (int i = 0; i < 4; i++) {
        pg_sql("update jobs set state = 'running', attempt = attempt + 1, worker = 'here.7', "
               "run_at = '2026-01-01', lease_until = now() + interval '1 hour'");
        assert_int_equal(jobs_bury(&app, pg_ctx("track_worker")->db, 7, true), OK);
    }
    assert_string_equal(pg_sql("select string_agg(attempt::text, ' ' order by id) from jobs"),
                        "4 1");
}

/* ---- the kind of job under test ---- */

static enum err run(struct job *j)
{
    if (strcmp(json_text(j->args, "do"), "die") == 0)
        kill(getpid(), SIGKILL);
    return OK;
}

static const struct job_kind kinds[] = {
    { .name = "test.call", .queue = "calls", .external = true, .together = 3, .run = run },
    { .name = NULL }
};
static const struct domain test_domain = { .name = "test", .jobs = kinds };

const struct domain *const domains[] = { &test_domain, NULL };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_dies_in_one_has_tried_only_that),
        cmocka_unit_test(so_it_is_where_leases_run_out),
        cmocka_unit_test(nothing_is_spared_for_ever),
    };
    pg_start("jobs_spared");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
