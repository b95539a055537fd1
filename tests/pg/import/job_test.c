/* Imports as jobs: queued, done by the worker's own loop, failed with a reason, and done by another
   worker where the first dies. */
#include "pg/asking.h"
#include "pg/import/files.h"

#include "base/domain.h"
#include "jobs/jobs.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 20000

/* Uploads a file: its import's id. */
static const char *add(struct ctx *c, const char *text, struct str zip)
{
    struct import_new n = kept(c, text, zip);
    const char *id;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_add(c, &n, &id), OK);
    assert_int_equal(db_commit(c->db), OK);
    return id;
}

static enum err queue(struct ctx *c, const char *id, bool good_rows_only)
{
    c->problem = (struct problem){ .n = 0 };
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, import_queue(c, id, good_rows_only));
}

/* A worker of its own process. */
static pid_t worker(void)
{
    pid_t child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    return child;
}

static struct json_object *document(struct ctx *c, const char *id)
{
    struct json_object *import;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_get(c, id, &import), OK);
    assert_int_equal(db_commit(c->db), OK);
    return import;
}

static void assert_state(struct ctx *c, const char *id, const char *state)
{
    assert_string_equal(json_text(document(c, id), "state"), state);
}

static void nothing_is_left_to_do(void)
{
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.import'"), 0);
}

static void the_worker_commits_it(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct str zip = zip_of(c, (const char *const[]){ "a/1.pdf", NULL }, "%PDF-1.7 x");
    const char *id = add(c, two_rows, zip);
    assert_int_equal(queue(c, id, false), OK);
    struct json_object *import = document(c, id), *progress = json_get(import, "progress");
    assert_string_equal(json_text(import, "state"), "QUEUED");
    assert_int_equal(json_object_get_int(json_get(progress, "written")), 0);
    assert_int_equal(json_object_get_int(json_get(progress, "total")), 3);
    assert_int_equal(queue(c, id, false), ERR_CONFLICT);
    assert_string_equal(c->problem.detail, "This import is under way.");
    work();
    import = document(c, id);
    assert_string_equal(json_text(import, "state"), "COMMITTED");
    assert_null(json_get(import, "progress"));
    assert_int_equal(json_object_get_int(json_get(json_get(import, "result"), "communications")),
                     3);
    assert_int_equal(pg_int("select count(*) from communication_attachments"), 2);
    assert_string_equal(
        pg_sql("select string_agg(action || ' by ' || actor_kind, ', ' order by seq) "
               "from audit_history where entity_id = '%s'",
               id),
        "import.commit by user, import.done by worker");
    nothing_is_left_to_do();
    assert_int_equal(queue(c, id, false), ERR_CONFLICT);
    assert_string_equal(c->problem.detail, "This import was committed already.");
}

static void what_has_errors_is_not_queued(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *text =
        arena_printf(c->arena, "%sB1,House,1.03,,x,,,,,CH,email,Bill 2024,,,,R3,\n", two_rows);
    const char *id = add(c, text, (struct str){ 0 });
    assert_int_equal(queue(c, id, false), ERR_INVALID);
    assert_non_null(strstr(c->problem.detail, "2 errors"));
    assert_state(c, id, "PREVIEWED");
    nothing_is_left_to_do();
    assert_int_equal(queue(c, id, true), OK);
    work();
    assert_state(c, id, "COMMITTED");
    assert_int_equal(pg_int("select count(*) from communications"), 3);
}

static void a_file_that_cannot_be_read_fails_with_the_reason(void **state)
{
    (void)state;
    struct ctx *c = context();
    struct str zip = zip_of(c, (const char *const[]){ "a/1.pdf", NULL }, "%PDF-1.7 x");
    const char *id = add(c, two_rows, zip);
    struct blob damaged;
    ((char *)memmem(zip.p, zip.n, "%PDF-1.7 x", 10))[9] = 'y';
    assert_int_equal(store_put(c->app->store, c->arena, zip, &damaged), OK);
    pg_sql("update imports set attachments_sha256 = '%s'; select ''", damaged.sha256);
    assert_int_equal(queue(c, id, false), OK);
    work();
    struct json_object *import = document(c, id);
    assert_string_equal(json_text(import, "state"), "FAILED");
    assert_non_null(strstr(json_text(import, "error"), "damaged"));
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_int_equal(pg_int("select count(*) from buildings"), 0);
    nothing_is_left_to_do();
    assert_int_equal(queue(c, id, false), OK);
    import = document(c, id);
    assert_null(json_get(import, "error"));
    work();
    assert_state(c, id, "FAILED");
    pg_sql("update imports set attachments_sha256 = null; select ''");
    db_begin(c->db, c->tenant_id);
    assert_int_equal(import_change(c, id, &(struct import_options){ .year = 2020 }), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_state(c, id, "PREVIEWED");
}

static void wait_until_it_writes(const char *id, pid_t child)
{
    while (pg_int("select written from imports where id = '%s'", id) == 0) {
        assert_int_equal(waitpid(child, NULL, WNOHANG), 0); /* it must not end before */
        usleep(1000);
    }
}

static void wait_until_it_is_gone(void)
{
    while (pg_int("select count(*) from pg_stat_activity where usename = 'track_worker' and "
                  "xact_start is not null and datname = current_database()"))
        usleep(1000);
}

static void hurry(void)
{
    pg_sql(
        "update jobs set lease_until = now() - interval '1 s' where state = 'running'; select ''");
    work();
    pg_sql("update jobs set run_at = now() where state = 'ready'; select ''");
    work();
}

static void a_worker_that_dies_leaves_nothing_and_the_next_one_does_it(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, many_rows(c, MANY), (struct str){ 0 });
    assert_int_equal(queue(c, id, false), OK);
    pid_t child = worker();
    wait_until_it_writes(id, child);
    assert_state(c, id, "IMPORTING");
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_true(pg_int("select extract(epoch from lease_until - now()) from jobs "
                       "where kind = 'track.import'") <= 60);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    wait_until_it_is_gone();
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_int_equal(pg_int("select count(*) from buildings"), 0);
    assert_state(c, id, "IMPORTING");
    hurry();
    assert_state(c, id, "COMMITTED");
    assert_int_equal(pg_int("select count(*) from communications"), MANY);
    assert_int_equal(pg_int("select sum(draft) from communication_counts"), MANY);
    assert_int_equal(pg_int("select attempt from job_history where kind = 'track.import' "
                            "order by finished_at desc limit 1"),
                     2);
    nothing_is_left_to_do();
}

static void one_that_lost_its_lease_writes_nothing(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, many_rows(c, MANY), (struct str){ 0 });
    assert_int_equal(queue(c, id, false), OK);
    pid_t child = worker();
    wait_until_it_writes(id, child);
    pg_sql("update jobs set token = token + 1 where kind = 'track.import'; select ''");
    waitpid(child, NULL, 0);
    assert_int_equal(pg_int("select count(*) from communications"), 0);
    assert_state(c, id, "IMPORTING");
    hurry();
    assert_state(c, id, "COMMITTED");
    assert_int_equal(pg_int("select count(*) from communications"), MANY);
}

/* The rows of a file from the last to the first, so that two who import both wait for each other.
 */
static const char *turned_around(struct ctx *c, const char *text)
{
    struct buf out = buf_in(c->arena);
    size_t head = strcspn(text, "\n") + 1;
    buf_put(&out, text, head);
    for (size_t end = strlen(text); end > head;) {
        size_t from = end - 1;
        while (from > head && text[from - 1] != '\n')
            from--;
        buf_put(&out, text + from, end - from);
        end = from;
    }
    return out.p;
}

static void two_who_import_the_same_write_it_once(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *text = many_rows(c, MANY);
    const char *ids[] = { add(c, text, (struct str){ 0 }),
                          add(c, turned_around(c, text), (struct str){ 0 }) };
    pid_t children[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(queue(c, ids[i], false), OK);
    for (int i = 0; i < 2; i++)
        children[i] = worker();
    for (int i = 0; i < 2; i++)
        waitpid(children[i], NULL, 0);
    for (int i = 0; i < 5 && pg_int("select count(*) from jobs where kind = 'track.import'"); i++)
        hurry();
    for (int i = 0; i < 2; i++)
        assert_state(c, ids[i], "COMMITTED");
    assert_int_equal(pg_int("select count(*) from communications"), MANY);
    assert_int_equal(pg_int("select sum(draft) from communication_counts"), MANY);
    assert_int_equal(pg_int("select sum(communications) from imports"), MANY);
    nothing_is_left_to_do();
}

static void after_the_last_try_it_has_failed_and_may_be_asked_for_again(void **state)
{
    (void)state;
    struct ctx *c = context();
    const char *id = add(c, two_rows, (struct str){ 0 });
    assert_int_equal(queue(c, id, false), OK);
    pg_sql("update imports set state = 'IMPORTING', written = 1; update jobs set state = 'parked', "
           "errors = '[{\"error\": \"It died.\"}]' where kind = 'track.import'; "
           "insert into jobs (queue, kind) values ('track', 'track.settle_imports'); select ''");
    work();
    struct json_object *import = document(c, id);
    assert_string_equal(json_text(import, "state"), "FAILED");
    assert_string_equal(json_text(import, "error"), "It died.");
    assert_int_equal(queue(c, id, false), OK);
    work();
    assert_state(c, id, "COMMITTED");
    assert_int_equal(pg_int("select count(*) from communications"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worker_commits_it),
        cmocka_unit_test(what_has_errors_is_not_queued),
        cmocka_unit_test(a_file_that_cannot_be_read_fails_with_the_reason),
        cmocka_unit_test(a_worker_that_dies_leaves_nothing_and_the_next_one_does_it),
        cmocka_unit_test(one_that_lost_its_lease_writes_nothing),
        cmocka_unit_test(two_who_import_the_same_write_it_once),
        cmocka_unit_test(after_the_last_try_it_has_failed_and_may_be_asked_for_again),
    };
    pg_start("import_job");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
