/* What is refused while the disk or the queue is too full, and what goes on. */
#include "call.h"

#include "base/app.h"
#include "base/json.h"
#include "web/pressure.h"

#include <string.h>

#define GIB (1ULL << 30)

static enum err done(struct req *r, struct reply *p)
{
    (void)r;
    return reply_text(p, 200, "done");
}

static const struct file_field files[] = { { "file", false, NULL }, { .name = NULL } };
static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/s", done, ROLE_VIEWER, .doc = "" },
    { METHOD_POST, ROUTE_API, "/api/s", done, ROLE_VIEWER, .doc = "" },
    { METHOD_POST, ROUTE_API, "/api/up", done, ROLE_VIEWER, .files = files, .doc = "" },
    { METHOD_POST, ROUTE_API, "/api/send", done, ROLE_VIEWER, .queues = true, .doc = "" },
    { METHOD_POST, ROUTE_PAGE, "/send", done, ROLE_VIEWER, .queues = true, .doc = "" },
    { METHOD_POST, ROUTE_PAGE, "/out", done, ROLE_VIEWER, .always = true, .doc = "" },
    { .path = NULL },
};
static const struct domain sample = { .name = "sample", .routes = routes };
static const struct domain *const list[] = { &sample, NULL };

static struct call who;
static unsigned long long left, size;
static int looks;

static bool disk(const struct app *app, unsigned long long *l, unsigned long long *s)
{
    (void)app;
    *l = left;
    *s = size;
    looks++;
    return true;
}

/* Ten seconds later, so that whatever was seen is looked at again. */
static int ask(const char *method, const char *path)
{
    static int64_t shift;
    struct call c = who;
    c.method = method;
    c.path = path;
    pg_clock_shift(shift += 10000);
    return call(&c)->status;
}

static void disk_has(unsigned long long gib_left, unsigned long long gib)
{
    left = gib_left * GIB;
    size = gib * GIB;
}

static void add_jobs(int n, const char *age)
{
    pg_sql("delete from jobs");
    pg_sql("insert into jobs (queue, kind, run_at) select 'q', 'k', now() - interval '%s' "
           "from generate_series(1, %d)",
           age, n);
}

static void uploads_end_first(void **state)
{
    (void)state;
    disk_has(5, 51);
    assert_int_equal(ask("POST", "/api/up"), 507);
    assert_string_equal(answer_header("retry-after"), "60");
    assert_string_equal(answer_header("content-type"), "application/problem+json");
    assert_int_equal(ask("POST", "/api/s"), 200);
    disk_has(6, 51);
    assert_int_equal(ask("POST", "/api/up"), 200);
}

static void then_all_writing_but_signing_out(void **state)
{
    (void)state;
    disk_has(1, 21);
    assert_int_equal(ask("POST", "/api/s"), 507);
    assert_int_equal(ask("POST", "/send"), 507);
    assert_int_equal(ask("GET", "/api/s"), 200);
    assert_int_equal(ask("POST", "/out"), 200);
    disk_has(2, 21);
    assert_int_equal(ask("POST", "/api/s"), 200);
}

/* A twentieth of a large disk is plenty. */
static void large_disks_may_be_fuller(void **state)
{
    (void)state;
    disk_has(8, 1000);
    assert_int_equal(ask("POST", "/api/up"), 200);
    disk_has(7, 1000);
    assert_int_equal(ask("POST", "/api/up"), 507);
    assert_int_equal(ask("POST", "/api/s"), 200);
    disk_has(1, 1000);
    assert_int_equal(ask("POST", "/api/s"), 507);
    disk_has(500, 1000);
}

static void one_look_serves_a_second(void **state)
{
    (void)state;
    struct call c = who;
    c.method = "POST";
    c.path = "/api/s";
    ask("POST", "/api/s");
    looks = 0;
    for (int i = 0; i < 20; i++)
        assert_int_equal(call(&c)->status, 200);
    assert_true(looks <= 2);
}

static void a_deep_queue_takes_no_more(void **state)
{
    (void)state;
    add_jobs(50000, "1 minute");
    assert_int_equal(ask("POST", "/api/send"), 200);
    pg_sql("insert into jobs (queue, kind) values ('q', 'k')");
    assert_int_equal(ask("POST", "/api/send"), 429);
    assert_string_equal(answer_header("retry-after"), "60");
    assert_int_equal(ask("POST", "/send"), 429);
    assert_int_equal(ask("POST", "/api/s"), 200);
    assert_int_equal(ask("GET", "/api/s"), 200);
    add_jobs(0, "0");
    assert_int_equal(ask("POST", "/api/send"), 200);
}

/* With a slow provider a batch takes hours: people still send the next. */
static void an_old_job_stops_programs_only(void **state)
{
    (void)state;
    add_jobs(1, "14 minutes");
    assert_int_equal(ask("POST", "/api/send"), 200);
    add_jobs(1, "16 minutes");
    assert_int_equal(ask("POST", "/api/send"), 429);
    assert_int_equal(ask("POST", "/send"), 200);
    add_jobs(0, "0");
}

static void a_queue_is_counted_by_itself(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    add_jobs(3, "0");
    struct pressure *q = pressure_new(c->app, c->arena, c->db, "q", 2, 1000);
    struct pressure *none = pressure_new(c->app, c->arena, c->db, "inbox", 2, 1000);
    struct pressure *more = pressure_new(c->app, c->arena, c->db, NULL, 3, 1000);
    assert_true(pressure_too_many(q, c->arena));
    assert_false(pressure_too_many(none, c->arena));
    assert_false(pressure_too_many(more, c->arena));
    add_jobs(0, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uploads_end_first),
        cmocka_unit_test(then_all_writing_but_signing_out),
        cmocka_unit_test(large_disks_may_be_fuller),
        cmocka_unit_test(one_look_serves_a_second),
        cmocka_unit_test(a_deep_queue_takes_no_more),
        cmocka_unit_test(an_old_job_stops_programs_only),
        cmocka_unit_test(a_queue_is_counted_by_itself),
    };
    pg_start("web_pressure");
    pg_app()->disk = disk;
    disk_has(500, 1000);
    call_start(list);
    call_session(&who, "agent");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
