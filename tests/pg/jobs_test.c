/* The job table against a real Postgres: order, retries, leases, groups, schedules, the dead. */
#include "pg/pg.h"

#include "base/domain.h"
#include "base/json.h"
#include "jobs/admin.sql.h"
#include "jobs/jobs.h"
#include "jobs/jobs.sql.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int never = 0;
static int stop; /* set by a job of the kind under test */
static int spoilt;
static enum err touched[2]; /* what job_touch answered, before and after the lease was lost */
static long long lease_seconds;

static int64_t add(struct ctx *c, const struct job_new *n)
{
    int64_t id = -1;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(job_add(c, n, &id), OK);
    assert_int_equal(db_commit(c->db), OK);
    return id;
}

static struct json_object *what(struct ctx *c, const char *todo)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "do", todo);
    return args;
}

static void work(void)
{
    struct ctx *c = pg_ctx("track_worker");
    jobs_work(pg_app(), c->db, &never, true);
}

static void work_now(void)
{
    pg_sql("update jobs set run_at = now() where state = 'ready'");
    work();
}

static const char *state_of(int64_t id)
{
    return pg_sql("select coalesce((select state from jobs where id = %lld), "
                  "(select 'done' from job_history where id = %lld))",
                  (long long)id, (long long)id);
}

static void a_job_is_done_and_kept(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "succeed") });
    assert_string_equal(state_of(id), "ready");
    work();
    assert_string_equal(state_of(id), "done");
    assert_int_equal(pg_int("select attempt from job_history where id = %lld", (long long)id), 1);
}

static void a_rolled_back_job_never_was(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(job_add(c, &(struct job_new){ .kind = "test.do" }, &id), OK);
    db_rollback(c->db);
    assert_int_equal(pg_int("select count(*) from jobs where id = %lld", (long long)id), 0);
}

static void one_job_per_key(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct job_new n = { .kind = "test.do", .args = what(c, "succeed"), .unique_key = "k" };
    int64_t first = add(c, &n);
    assert_true(first > 0);
    assert_int_equal(add(c, &n), 0);
    work();
    assert_true(add(c, &n) > first);
    work();
}

static void retries_then_parks_with_every_error(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "retry") });
    work();
    assert_string_equal(state_of(id), "ready");
    assert_int_equal(
        pg_int("select count(*) from jobs where id = %lld and run_at > now()", (long long)id), 1);
    work_now();
    work_now();
    assert_string_equal(state_of(id), "parked");
    assert_string_equal(pg_sql("select string_agg(e ->> 'error', '|') || bool_and(begun_at <= "
                               "(e ->> 'at')::timestamptz) from jobs, "
                               "jsonb_array_elements(errors) e where id = %lld",
                               (long long)id),
                        "try 1|try 2|try 3true");
}

static void an_invalid_job_is_parked_at_once(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "refuse") });
    work();
    assert_string_equal(state_of(id), "parked");
}

static void a_snooze_is_not_counted(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "snooze") });
    for (int i = 0; i < 5; i++)
        work_now();
    assert_string_equal(state_of(id), "ready");
    assert_int_equal(pg_int("select count(*) from jobs where id = %lld and attempt = 0 and "
                            "begun_at is null and run_at > now() + interval '50 s'",
                            (long long)id),
                     1);
    pg_sql("delete from jobs where id = %lld", (long long)id);
}

static void it_goes_back_to_exactly_its_time(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "later") });
    work();
    assert_string_equal(state_of(id), "ready");
    assert_int_equal(
        pg_int("select count(*) from jobs where id = %lld and attempt = 0 and run_at = "
               "'2999-01-01T00:00:00.25Z'",
               (long long)id),
        1);
    pg_sql("delete from jobs where id = %lld", (long long)id);
}

static void its_effects_and_its_end_are_one(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "effect") });
    work();
    assert_string_equal(state_of(id), "done");
    assert_int_equal(pg_int("select count(*) from buildings where code = 'EFFECT'"), 1);
}

static void a_lost_lease_undoes_the_effects(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "lose") });
    work();
    assert_string_equal(state_of(id), "running");
    assert_int_equal(pg_int("select count(*) from buildings where code = 'LOST'"), 0);
    pg_sql("delete from jobs where id = %lld", (long long)id);
}

static void higher_priority_first(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    pg_sql("delete from jobs");
    add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "log"), .priority = 0 });
    add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "log"), .priority = 5 });
    pg_sql("create table if not exists ran (priority int)");
    pg_sql("grant insert on ran to track_worker");
    work();
    assert_string_equal(pg_sql("select string_agg(priority::text, ',') from ran"), "5,0");
}

static void later_means_later(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do",
                                           .args = what(c, "succeed"),
                                           .run_at = "2999-01-01T00:00:00Z" });
    work();
    assert_string_equal(state_of(id), "ready");
    pg_sql("delete from jobs where id = %lld", (long long)id);
}

static void a_limit_and_a_pause_hold(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    for (int i = 0; i < 3; i++)
        add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "succeed") });
    pg_sql("insert into job_queues (queue, concurrency) values ('test', 2)");
    struct ctx *w = pg_ctx("track_worker");
    assert_int_equal(db_query(w->db, w->arena, jobs_claim, &r, .queues = "{test}", .mosts = "{100}",
                              .most = "100", .worker = "w", .lease_seconds = "30"),
                     OK);
    assert_int_equal(rows_count(r), 2);
    assert_int_equal(db_query(w->db, w->arena, jobs_claim, &r, .queues = "{test}", .mosts = "{100}",
                              .most = "100", .worker = "w", .lease_seconds = "30"),
                     OK);
    assert_int_equal(rows_count(r), 0);
    pg_sql("update job_queues set concurrency = null, paused = true");
    work();
    assert_int_equal(pg_int("select count(*) from jobs where state = 'ready' and queue = 'test'"),
                     1);
    pg_sql("delete from job_queues");
    pg_sql("update jobs set lease_until = now() - interval '1 second' where state = 'running'");
    work();
    work_now();
    assert_int_equal(pg_int("select count(*) from jobs where queue = 'test'"), 0);
}

static void a_group_ends_with_its_last(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *group = "00000000-0000-7000-8000-00000000000a";
    int64_t last = add(
        c, &(struct job_new){
               .kind = "test.do", .args = what(c, "succeed"), .group_id = group, .waits = true });
    add(c, &(struct job_new){ .kind = "test.do",
                              .args = what(c, "succeed"),
                              .group_id = group,
                              .run_at = "2999-01-01T00:00:00Z" });
    work();
    assert_string_equal(state_of(last), "waiting");
    work_now();
    work();
    assert_string_equal(state_of(last), "done");
}

static void a_claim_fills_its_batch(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    PGresult *r;
    pg_sql("insert into jobs (queue, kind, args) select 'test', 'test.do', '{\"do\": \"succeed\"}' "
           "from generate_series(1, 250)");
    assert_int_equal(db_query(c->db, c->arena, jobs_claim, &r, .queues = "{test}", .mosts = "{100}",
                              .most = "100", .worker = "w", .lease_seconds = "30"),
                     OK);
    assert_int_equal(rows_count(r), 100);
    pg_sql("update jobs set state = 'ready'");
    work();
    assert_int_equal(pg_int("select count(*) from jobs where queue = 'test'"), 0);
}

static void schedules_run_once(void **state)
{
    (void)state;
    work();
    pg_sql("delete from jobs");
    pg_sql("update job_schedules set next_at = now() - interval '1 hour'");
    long long schedules = pg_int("select count(*) from job_schedules");
    struct ctx *a = pg_ctx("track_worker"), *b = pg_ctx("track_worker");
    const char *names = "{test.tick}";
    assert_int_equal(db_query(a->db, a->arena, schedules_run, NULL, .names = names), OK);
    assert_int_equal(db_query(b->db, b->arena, schedules_run, NULL, .names = names), OK);
    assert_true(schedules > 0);
    assert_int_equal(pg_int("select count(*) from jobs where unique_key like 'schedule:%%'"),
                     schedules);
    work();
}

/* One that this program does not know may be a newer one's, unless nobody has run it for long. */
static void schedules_of_nobody_end(void **state)
{
    (void)state;
    pg_sql("insert into job_schedules (name, queue, kind, every_seconds, next_at) values "
           "('gone', 'test', 'test.gone', 60, now() - interval '25 hours'), "
           "('newer', 'test', 'test.newer', 60, now() - interval '1 hour')");
    work();
    assert_int_equal(pg_int("select count(*) from jobs where kind in ('test.gone', 'test.newer')"),
                     0);
    assert_int_equal(pg_int("select count(*) from job_schedules where name = 'gone'"), 0);
    assert_int_equal(pg_int("select count(*) from job_schedules where name = 'newer'"), 1);
    pg_sql("delete from job_schedules where name = 'newer'");
}

static int64_t running(const char *worker, int attempt)
{
    return pg_int(
        "insert into jobs (queue, kind, args, state, attempt, max_attempts, token, worker, "
        "lease_until) values ('test', 'test.do', '{\"do\": \"succeed\"}', 'running', %d, 3, "
        "7, '%s', now() + interval '1 hour') returning id",
        attempt, worker);
}

static void the_dead_hold_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    struct app app = *pg_app();
    int64_t dead = running("here.123", 1), last = running("here.122", 3),
            alive = running("here.124", 1), elsewhere = running("there.123", 1);
    app.instance = "here";
    for (int child = 122; child <= 123; child++)
        assert_int_equal(jobs_bury(&app, c->db, child, true), OK);
    assert_string_equal(state_of(dead), "ready");
    assert_string_equal(state_of(last), "parked");
    assert_string_equal(state_of(alive), "running");
    assert_string_equal(state_of(elsewhere), "running");
    assert_string_equal(
        pg_sql("select errors -> 0 ->> 'error' from jobs where id = %lld", (long long)dead),
        "The worker here.123 did not end it.");
    assert_int_equal(jobs_bury(&app, c->db, 124, false), OK);
    assert_string_equal(state_of(alive), "ready");
    assert_int_equal(pg_int("select attempt + jsonb_array_length(errors) from jobs where id = %lld",
                            (long long)alive),
                     0);
    pg_sql("delete from jobs");
}

/* Who was taken for dead ends nothing that another began. */
static void the_fence_holds_after_a_burial(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    struct app app = *pg_app();
    PGresult *r;
    int64_t id = running("here.123", 1);
    app.instance = "here";
    assert_int_equal(jobs_bury(&app, c->db, 123, false), OK);
    assert_int_equal(db_query(c->db, c->arena, jobs_claim, &r, .queues = "{test}", .mosts = "{1}",
                              .most = "1", .worker = "here.125", .lease_seconds = "30"),
                     OK);
    assert_int_equal(row_int(r, 0, "id"), id);
    assert_int_equal(db_query(c->db, c->arena, jobs_complete, &r,
                              .ids = arena_printf(c->arena, "{%lld}", (long long)id),
                              .tokens = "{7}"),
                     OK);
    assert_int_equal(rows_count(r), 0);
    assert_string_equal(state_of(id), "running");
    pg_sql("delete from jobs");
}

static void a_lease_is_prolonged_until_lost(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "touch") });
    work();
    assert_string_equal(state_of(id), "running"); /* it lost its lease, and ended nothing */
    assert_int_equal(touched[0], OK);
    assert_int_equal(touched[1], ERR_CONFLICT);
    assert_true(lease_seconds > 25);
    pg_sql("delete from jobs");
}

static void what_a_stop_leaves_is_given_back(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web"), *w = pg_ctx("track_worker");
    add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "stop"), .priority = 1 });
    for (int i = 0; i < 3; i++)
        add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "succeed") });
    stop = 0;
    jobs_work(pg_app(), w->db, &stop, false);
    assert_int_equal(
        pg_int("select count(*) from jobs where queue = 'test' and state = 'ready' and "
               "attempt = 0 and worker is null and args ->> 'do' = 'succeed'"),
        3);
    assert_int_equal(pg_int("select count(*) from jobs where args ->> 'do' = 'stop'"), 0);
    work();
}

/* Ended, as far as the worker knows, but the table was not told. */
static void what_could_not_be_ended_is_taken_again(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "spoil") });
    work();
    assert_string_equal(state_of(id), "ready");
    work_now();
    assert_string_equal(state_of(id), "done");
    assert_int_equal(spoilt, 2);
}

static void parked_ones_with_one_key_come_back_once(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    PGresult *r;
    pg_sql("insert into jobs (queue, kind, unique_key, state) select 'test', 'test.do', 'same', "
           "'parked' from generate_series(1, 3)");
    pg_sql("insert into jobs (queue, kind, state) values ('test', 'test.do', 'parked')");
    assert_int_equal(db_query(c->db, c->arena, jobs_retry, &r, .kind = "test.do"), OK);
    assert_int_equal(rows_count(r), 2);
    assert_int_equal(db_query(c->db, c->arena, jobs_retry, &r, .kind = "test.do"), OK);
    assert_int_equal(rows_count(r), 0);
    pg_sql("delete from jobs where state <> 'parked'");
    const char *one = arena_printf(c->arena, "%lld",
                                   pg_int("select min(id) from jobs where unique_key = 'same'"));
    assert_int_equal(db_query(c->db, c->arena, jobs_retry, &r, .id = one), OK);
    assert_int_equal(rows_count(r), 1);
    pg_sql("delete from jobs");
}

/* In this program's database: others work beside it in theirs. */
#define ALTER_WORKER                                                                               \
    "do $$ begin execute 'alter role track_worker in database '||current_database()||' %s'; end$$"

/* A standby that was not promoted yet, a full disk: what answers, but refuses. */
static void a_database_that_refuses_is_not_asked_all_the_time(void **state)
{
    (void)state;
    FILE *log = tmpfile();
    int lines = 0;
    pg_sql(ALTER_WORKER, "set default_transaction_read_only = on");
    pid_t child = fork();
    if (child == 0) {
        struct db *db = db_new(pg_app(), pg_url("track_worker"), "refused");
        dup2(fileno(log), STDERR_FILENO);
        alarm(2);
        jobs_work(pg_app(), db, &never, false);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    pg_sql(ALTER_WORKER, "reset default_transaction_read_only");
    rewind(log);
    for (int c; (c = fgetc(log)) != EOF;)
        lines += c == '\n';
    fclose(log);
    assert_in_range(lines, 1, 50);
}

static void a_killed_worker_loses_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    int64_t id = add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "hang") });
    pid_t child = fork();
    if (child == 0) {
        struct db *db = db_new(pg_app(), pg_url("track_worker"), "victim");
        jobs_work(pg_app(), db, &never, false);
        _exit(0);
    }
    while (strcmp(state_of(id), "running") != 0)
        usleep(10000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    pg_sql(
        "update jobs set args = '{\"do\": \"succeed\"}', lease_until = now() - interval '1 second' "
        "where id = %lld",
        (long long)id);
    work();
    work_now();
    assert_string_equal(state_of(id), "done");
    assert_int_equal(pg_int("select attempt from job_history where id = %lld", (long long)id), 2);
}

static void new_jobs_wake_sleepers_alone(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web"), *ear = pg_ctx("track_worker");
    assert_int_equal(db_listen(ear->db, "jobs"), OK);
    pg_sql("delete from job_sleepers");
    add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "succeed") });
    assert_false(db_wait(ear->db, 200));
    pg_sql("insert into job_sleepers values ('somebody')");
    add(c, &(struct job_new){ .kind = "test.do", .args = what(c, "succeed") });
    assert_true(db_wait(ear->db, 5000));
    pg_sql("delete from job_sleepers");
    work();
}

/* ---- the kind of job under test ---- */

static const struct sql add_building = {
    "t_job_building",
    "insert into buildings (tenant_id, code, name) values (current_tenant(), $1, $1)", 1, NULL,
    false
};
static const struct sql note_run = {
    "t_job_ran", "insert into ran select priority from jobs where id = $1::bigint", 1, NULL, false
};

static enum err effect(struct job *j, const char *code)
{
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &add_building, &code, NULL);
    if (strcmp(code, "LOST") == 0)
        pg_sql("update jobs set token = token + 1 where id = %lld", (long long)j->id);
    if (!e)
        e = job_done(j);
    return db_end(c->db, e);
}

/* The first time its end will be refused. */
static enum err spoil(void)
{
    pg_sql(spoilt++ ? "grant insert on job_history to track_worker"
                    : "revoke insert on job_history from track_worker");
    return OK;
}

static enum err touch(struct job *j)
{
    pg_sql("update jobs set lease_until = now() + interval '1 second' where id = %lld",
           (long long)j->id);
    touched[0] = job_touch(j);
    lease_seconds =
        pg_int("select extract(epoch from lease_until - now()) from jobs where id = %lld",
               (long long)j->id);
    pg_sql("update jobs set token = token + 1 where id = %lld", (long long)j->id);
    touched[1] = job_touch(j);
    return touched[1];
}

static enum err run(struct job *j)
{
    const char *todo = json_text(j->args, "do");
    todo = todo ? todo : "";
    if (strcmp(todo, "retry") == 0)
        return job_fail(j, ERR_RETRY, "try %d", j->attempt);
    if (strcmp(todo, "refuse") == 0)
        return job_fail(j, ERR_INVALID, "never");
    if (strcmp(todo, "effect") == 0)
        return effect(j, "EFFECT");
    if (strcmp(todo, "lose") == 0)
        return effect(j, "LOST");
    if (strcmp(todo, "touch") == 0)
        return touch(j);
    if (strcmp(todo, "spoil") == 0)
        return spoil();
    if (strcmp(todo, "stop") == 0)
        stop = 1;
    if (strcmp(todo, "hang") == 0)
        sleep(60);
    if (strcmp(todo, "later") == 0) {
        j->snooze = true;
        j->run_at = "2999-01-01T00:00:00.25Z";
        return ERR_LIMITED;
    }
    if (strcmp(todo, "snooze") == 0) {
        j->snooze = true;
        j->retry_after = 60;
        return ERR_LIMITED;
    }
    const char *args[] = { arena_printf(j->ctx.arena, "%lld", (long long)j->id) };
    if (strcmp(todo, "log") == 0)
        return db_run(j->ctx.db, j->ctx.arena, &note_run, args, NULL);
    return OK;
}

static const struct job_kind kinds[] = {
    { .name = "test.do", .queue = "test", .max_attempts = 3, .run = run },
    { .name = "test.tick", .queue = "test", .run = run },
    { .name = NULL }
};
static const struct schedule schedules[] = { { "test.tick", "test.tick", 3600, "" },
                                             { .name = NULL } };
static const struct domain test_domain = { .name = "test", .jobs = kinds, .schedules = schedules };

const struct domain *const domains[] = { &test_domain, NULL };

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_done_and_kept),
        cmocka_unit_test(a_rolled_back_job_never_was),
        cmocka_unit_test(one_job_per_key),
        cmocka_unit_test(retries_then_parks_with_every_error),
        cmocka_unit_test(an_invalid_job_is_parked_at_once),
        cmocka_unit_test(a_snooze_is_not_counted),
        cmocka_unit_test(it_goes_back_to_exactly_its_time),
        cmocka_unit_test(its_effects_and_its_end_are_one),
        cmocka_unit_test(a_lost_lease_undoes_the_effects),
        cmocka_unit_test(higher_priority_first),
        cmocka_unit_test(later_means_later),
        cmocka_unit_test(a_limit_and_a_pause_hold),
        cmocka_unit_test(a_group_ends_with_its_last),
        cmocka_unit_test(a_claim_fills_its_batch),
        cmocka_unit_test(schedules_run_once),
        cmocka_unit_test(schedules_of_nobody_end),
        cmocka_unit_test(the_dead_hold_nothing),
        cmocka_unit_test(the_fence_holds_after_a_burial),
        cmocka_unit_test(a_lease_is_prolonged_until_lost),
        cmocka_unit_test(what_a_stop_leaves_is_given_back),
        cmocka_unit_test(what_could_not_be_ended_is_taken_again),
        cmocka_unit_test(parked_ones_with_one_key_come_back_once),
        cmocka_unit_test(a_database_that_refuses_is_not_asked_all_the_time),
        cmocka_unit_test(a_killed_worker_loses_nothing),
        cmocka_unit_test(new_jobs_wake_sleepers_alone),
    };
    pg_start("jobs");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
