/* Bulk actions that become a file: until it is there they run, and every item has one result. */
#include "pg/asking.h"

#include "access/private.h"
#include "base/json.h"
#include "store/store.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 4000
#define FEW 5

static struct call admin, other, agent;
static char admin_id[40], agent_id[40], bulk_id[40], export_id[40];

/* What waits is due, what a dead worker held is free, and every schedule comes. */
static void work_on(void)
{
    pg_sql("update jobs set state = 'ready', run_at = now(), lease_until = null; "
           "update job_schedules set next_at = now() - interval '1 s'; select ''");
    work();
}

static const struct answer *act(const struct call *who, const char *what)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/track/bulk/%s%s%s", bulk_id, *what ? "/" : "", what);
    return ask(who, *what ? "POST" : "GET", path, NULL);
}

/* Plans and confirms one. */
static void begun_as(const struct call *who, const char *what, const char *state)
{
    char body[200], path[120];
    snprintf(body, sizeof(body), "{\"action\":\"export\",%s}", what);
    const struct answer *a = ask(who, "POST", "/api/track/bulk", body);
    assert_int_equal(a->status, 201);
    keep(bulk_id, json_text(a->json, "bulkId"));
    snprintf(body, sizeof(body), "{\"planToken\":\"%s\",\"count\":%lld}",
             json_text(a->json, "planToken"),
             (long long)json_object_get_int64(json_get(a->json, "total")));
    snprintf(path, sizeof(path), "/api/track/bulk/%s/confirm", bulk_id);
    a = ask(who, "POST", path, body);
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "state"), state);
    if (json_text(a->json, "exportId"))
        keep(export_id, json_text(a->json, "exportId"));
}

static void begun(const char *what)
{
    begun_as(&admin, what, "RUNNING");
}

static long long items(const char *state)
{
    return pg_int("select count(*) from bulk_items where bulk_id = '%s' and state = '%s'", bulk_id,
                  state);
}

static const char *result_of(const char *state)
{
    return pg_sql("select string_agg(distinct result, '|') from bulk_items where bulk_id = '%s' "
                  "and state = '%s' and at is not null",
                  bulk_id, state);
}

static void assert_states(const char *bulk, const char *export)
{
    assert_string_equal(pg_sql("select state from bulk_actions where id = '%s'", bulk_id), bulk);
    assert_string_equal(
        pg_sql("select state from communication_exports where id = '%s'", export_id), export);
}

/* All of them in the file, and said so once. */
static void assert_whole(long long n)
{
    assert_states("DONE", "READY");
    assert_int_equal(items("done"), n);
    assert_string_equal(result_of("done"), "In the file.");
    assert_int_equal(
        pg_int("select rows_written from communication_exports where id = '%s'", export_id), n);
    assert_int_equal(pg_int("select done from bulk_actions where id = '%s'", bulk_id), n);
    assert_string_equal(pg_sql("select string_agg(action, ', ' order by seq) from audit_history "
                               "where entity_id = '%s' and action <> 'bulk.pause' and action <> "
                               "'bulk.resume'",
                               bulk_id),
                        "bulk.start, bulk.done");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 0);
}

static int half_files(void)
{
    int n = 0;
    struct dirent *entry;
    DIR *d =
        opendir(arena_printf(pg_ctx("track_worker")->arena, "%s/tmp", pg_settings()->store_dir));
    assert_non_null(d);
    while ((entry = readdir(d)))
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

static const char *download(const struct call *who)
{
    struct json_object *export = json_get(act(who, "")->json, "export");
    return export ? json_text(json_get(export, "download"), "href") : NULL;
}

static void add(const char *code, int n)
{
    pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    pg_sql("with b as (insert into buildings (tenant_id, code, name) values (current_tenant(), "
           "'%s', '%s') returning id), p as (insert into communication_batches (tenant_id, "
           "building_id, year) select current_tenant(), id, 2025 from b returning id), u as "
           "(insert into units (tenant_id, building_id, number) select current_tenant(), b.id, "
           "n::text from b, generate_series(1, %d) n returning id, building_id) insert into "
           "communications (tenant_id, batch_id, building_id, unit_id, year, channel, "
           "recipient_name, email, subject) select current_tenant(), p.id, u.building_id, u.id, "
           "2025, 'EMAIL', 'Many', 'many@example.com', 'Bill' from p, u; select ''",
           code, code, n);
}

static const char many[] = "\"q\":\"building:MANY\"", few[] = "\"q\":\"building:FEW\"";

/* ---- the clock is asked at every row: what happens while it is written ---- */

static long asked, when;
static void (*happens)(void);
static int64_t (*real_clock)(const struct app *app);

static int64_t clock_of_rows(const struct app *app)
{
    if (++asked == when)
        happens();
    return real_clock(app) + asked;
}

/* Works, and lets it happen at the n-th row. */
static void meanwhile(long n, void (*what)(void))
{
    asked = 0;
    when = n;
    happens = what;
    real_clock = pg_app()->now_ms;
    pg_app()->now_ms = clock_of_rows;
    work();
    pg_app()->now_ms = real_clock;
    assert_true(asked >= n);
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

static void pause_it(void)
{
    assert_int_equal(act(&admin, "pause")->status, 200);
}

static void pause_and_resume_it(void)
{
    pause_it();
    assert_int_equal(act(&admin, "resume")->status, 200);
}

static void cancel_it(void)
{
    assert_int_equal(act(&admin, "cancel")->status, 200);
}

static void delete_it(void)
{
    char path[100];
    snprintf(path, sizeof(path), "/api/track/export/%s", export_id);
    assert_int_equal(ask(&admin, "DELETE", path, NULL)->status, 200);
}

/* As an erasure does. */
static void forget_somebody(void)
{
    pg_sql("update communication_exports set state = 'FAILED', error = 'Somebody is forgotten.' "
           "where state = 'RUNNING'; select ''");
}

/* ---- */

static void it_runs_until_its_file_is_there(void **state)
{
    (void)state;
    begun(many);
    assert_states("RUNNING", "QUEUED");
    assert_int_equal(items("pending"), MANY);
    const struct answer *a = act(&admin, "");
    assert_int_equal(json_object_get_int64(json_get(a->json, "done")), 0);
    assert_null(json_get(json_get(a->json, "export"), "download"));
    pg_sql("update job_schedules set next_at = now() - interval '1 s'; select ''");
    work();
    assert_whole(MANY);
    assert_non_null(download(&admin));
    assert_non_null(pg_sql("select ended_at from bulk_actions where id = '%s'", bulk_id));
    assert_string_equal(pg_sql("select distinct actor_id from audit_history where entity_id = "
                               "'%s'",
                               bulk_id),
                        admin_id);
}

static void a_worker_killed_leaves_each_item_one_result(void **state)
{
    (void)state;
    begun(many);
    for (int i = 1; i <= 2; i++) {
        int how;
        pid_t child = fork();
        if (child == 0) {
            meanwhile(i * MANY * 2 / 5, die);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
        while (pg_int("select count(*) from pg_stat_activity where usename = 'track_worker' and "
                      "state <> 'idle' and datname = current_database()"))
            usleep(1000);
        assert_states("RUNNING", "RUNNING");
        assert_int_equal(items("pending"), MANY);
        assert_true(pg_int("select rows_written from communication_exports where id = '%s'",
                           export_id) > 0);
        assert_int_equal(half_files(), 0);
        pg_sql("update jobs set state = 'ready', run_at = now(), lease_until = null where kind = "
               "'exports.run'; select ''");
    }
    work_on();
    assert_whole(MANY);
}

static void it_pauses_and_begins_anew(void **state)
{
    (void)state;
    begun(many);
    meanwhile(MANY / 2, pause_it);
    assert_states("PAUSED", "PAUSED");
    assert_true(asked < MANY);
    assert_int_equal(half_files(), 0);
    assert_int_equal(items("pending"), MANY);
    work_on();
    assert_states("PAUSED", "PAUSED");
    assert_int_equal(act(&admin, "pause")->status, 409);
    assert_int_equal(act(&admin, "resume")->status, 200);
    assert_states("RUNNING", "QUEUED");
    assert_int_equal(act(&admin, "pause")->status, 200);
    work();
    assert_states("PAUSED", "PAUSED");
    assert_int_equal(act(&admin, "resume")->status, 200);
    work();
    assert_whole(MANY);
    assert_int_equal(act(&admin, "pause")->status, 409);
}

static void one_resumed_at_once_goes_on(void **state)
{
    (void)state;
    begun(many);
    meanwhile(MANY / 2, pause_and_resume_it);
    assert_states("RUNNING", "QUEUED");
    assert_int_equal(half_files(), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 1);
    work_on();
    assert_whole(MANY);
}

static void what_is_cancelled_has_no_file(void **state)
{
    (void)state;
    begun(many);
    meanwhile(MANY / 2, cancel_it);
    work_on();
    assert_states("CANCELLED", "CANCELLED");
    assert_int_equal(half_files(), 0);
    assert_int_equal(items("excluded"), MANY);
    assert_null(download(&admin));
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 0);
    assert_int_equal(act(&admin, "resume")->status, 409);
}

static void one_deleted_meanwhile_is_cancelled(void **state)
{
    (void)state;
    begun(many);
    meanwhile(MANY / 2, delete_it);
    work_on();
    assert_string_equal(
        pg_sql("select state || ' ' || error from bulk_actions where id = '%s'", bulk_id),
        "CANCELLED Its file was deleted before it was whole.");
    assert_int_equal(items("excluded"), MANY);
    assert_int_equal(half_files(), 0);
    assert_null(json_get(act(&admin, "")->json, "export"));
}

/* ---- what fails ---- */

static void assert_failed(const char *why, long long n)
{
    assert_states("FAILED", "FAILED");
    assert_int_equal(items("failed"), n);
    assert_string_equal(result_of("failed"), why);
    assert_string_equal(json_text(act(&admin, "")->json, "error"), why);
    assert_int_equal(act(&admin, "resume")->status, 409);
    assert_int_equal(act(&admin, "cancel")->status, 409);
    assert_string_equal(pg_sql("select action from audit_history where entity_id = '%s' order by "
                               "seq desc limit 1",
                               bulk_id),
                        "bulk.failed");
}

static void somebody_forgotten_meanwhile_ends_it(void **state)
{
    (void)state;
    begun(many);
    meanwhile(MANY / 2, forget_somebody);
    assert_failed("Somebody is forgotten.", MANY);
    work_on();
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 0);
    assert_states("FAILED", "FAILED");
}

static void one_whose_job_is_gone_fails(void **state)
{
    (void)state;
    begun(few);
    pg_sql("delete from jobs where kind = 'exports.run'; select ''");
    work_on();
    assert_failed("The work of writing it ended without a result.", FEW);
}

static void the_fault_is_told_with_where_it_was_noted(void **state)
{
    (void)state;
    struct call leaver = { 0 };
    char id[40], why[80];
    keep(id, call_session(&leaver, "admin"));
    begun_as(&leaver, few, "RUNNING");
    pg_sql("update jobs set attempt = 4 where kind = 'exports.run'; select ''");
    snprintf(why, sizeof(why), "The fault is ours and has been noted (job:%s).",
             pg_sql("select id from jobs where kind = 'exports.run'"));
    pg_sql("alter table communication_batches rename to hidden; select ''");
    work();
    pg_sql("alter table hidden rename to communication_batches; select ''");
    assert_failed(why, FEW);
    begun_as(&leaver, few, "RUNNING");
    pg_sql("update users set disabled_at = now() where id = '%s'; select ''", id);
    work_on();
    assert_non_null(strstr(result_of("failed"), "may not any more"));
    assert_states("FAILED", "FAILED");
}

/* ---- whose it is ---- */

static void grant(const char *code)
{
    pg_sql("insert into building_grants select tenant_id, '%s', id from buildings where code = "
           "'%s'; select ''",
           agent_id, code);
}

static void what_is_not_for_who_asked_any_more_is_told(void **state)
{
    (void)state;
    grant("FEW");
    grant("MANY");
    begun_as(&agent, "\"all\":true", "RUNNING");
    pg_sql("delete from building_grants g using buildings b where b.id = g.building_id and b.code "
           "= 'MANY'; select ''");
    work();
    assert_states("DONE", "READY");
    assert_int_equal(items("done"), FEW);
    assert_int_equal(items("failed"), MANY);
    assert_string_equal(result_of("failed"), "It is not there any more, or not for who asked.");
    const struct answer *a = act(&agent, "");
    assert_int_equal(json_object_get_int64(json_get(a->json, "done")), FEW);
    assert_int_equal(json_object_get_int64(json_get(a->json, "failed")), MANY);
    assert_non_null(download(&agent));
    assert_non_null(download(&admin));
    pg_sql("delete from building_grants; select ''");
    assert_null(download(&agent));
    begun(few);
    work();
    assert_int_equal(act(&agent, "")->status, 404);
}

static void it_is_of_who_planned_it_not_of_who_approved_it(void **state)
{
    (void)state;
    pg_settings()->bulk_approve_over = 1;
    grant("FEW");
    begun_as(&agent, "\"all\":true", "CONFIRMED");
    const struct answer *a = act(&other, "approve");
    assert_int_equal(a->status, 200);
    keep(export_id, json_text(a->json, "exportId"));
    pg_settings()->bulk_approve_over = 5000;
    assert_string_equal(
        pg_sql("select created_by from communication_exports where id = '%s'", export_id),
        agent_id);
    work();
    assert_states("DONE", "READY");
    assert_int_equal(items("done"), FEW);
    assert_non_null(download(&agent));
    pg_sql("delete from building_grants; select ''");
}

static void its_link_ends_with_the_file(void **state)
{
    (void)state;
    begun(few);
    work();
    assert_non_null(download(&admin));
    pg_sql("update communication_exports set expires_at = now() - interval '1 s'; select ''");
    assert_null(download(&admin));
    assert_string_equal(json_text(json_get(act(&admin, "")->json, "export"), "state"), "EXPIRED");
    work_on();
    assert_states("DONE", "EXPIRED");
    assert_null(download(&admin));
    begun(few);
    work();
    delete_it();
    assert_null(json_get(act(&admin, "")->json, "export"));
    assert_string_equal(json_text(act(&admin, "")->json, "state"), "DONE");
    assert_int_equal(items("done"), FEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_runs_until_its_file_is_there),
        cmocka_unit_test(a_worker_killed_leaves_each_item_one_result),
        cmocka_unit_test(it_pauses_and_begins_anew),
        cmocka_unit_test(one_resumed_at_once_goes_on),
        cmocka_unit_test(what_is_cancelled_has_no_file),
        cmocka_unit_test(one_deleted_meanwhile_is_cancelled),
        cmocka_unit_test(somebody_forgotten_meanwhile_ends_it),
        cmocka_unit_test(one_whose_job_is_gone_fails),
        cmocka_unit_test(the_fault_is_told_with_where_it_was_noted),
        cmocka_unit_test(what_is_not_for_who_asked_any_more_is_told),
        cmocka_unit_test(it_is_of_who_planned_it_not_of_who_approved_it),
        cmocka_unit_test(its_link_ends_with_the_file),
    };
    pg_start("bulkfile");
    call_start(domains);
    keep(admin_id, call_session(&admin, "admin"));
    call_session(&other, "admin");
    keep(agent_id, call_session(&agent, "agent"));
    pg_sql("update users set all_buildings = false where id = '%s'; select ''", agent_id);
    add("MANY", MANY);
    add("FEW", FEW);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
