/* Exports from asking to their end: the rows, whose they are, workers that die, files that expire.
 */
#include "pg/asking.h"

#include "access/private.h"
#include "base/json.h"
#include "exports/exports.h"
#include "store/store.h"
#include "track/demo.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 8000

static struct call admin, agent;
static char agent_id[40], house[40], other_house[40];

/* Asks for an export: its id. */
static const char *added(const struct call *who, const char *body)
{
    static char id[40];
    const struct answer *a = ask(who, "POST", "/api/track/export", body);
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "state"), "QUEUED");
    keep(id, json_text(a->json, "exportId"));
    return id;
}

static const char *path_of(const char *id)
{
    static char path[100];
    snprintf(path, sizeof(path), "/api/track/export/%s", id);
    return path;
}

/* The file of an export, "" where it is none. */
static const char *file_of(const char *id)
{
    struct ctx *c = pg_ctx("track_worker");
    struct str bytes;
    const char *sha256 =
        pg_sql("select coalesce(sha256, '') from communication_exports where id = '%s'", id);
    if (store_get(c->app->store, c->arena, sha256, &bytes) != OK)
        return "";
    return arena_strndup(c->arena, bytes.p, bytes.n);
}

static int lines_of(const char *text)
{
    int n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

static const char *state_of(const char *id)
{
    return pg_sql("select state from communication_exports where id = '%s'", id);
}

/* ---- */

static void everything(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    keep(house, pg_sql("select id from buildings order by name limit 1"));
    keep(other_house, pg_sql("select id from buildings order by name offset 1 limit 1"));
    const char *id = added(&admin, "{\"format\":\"csv\"}");
    assert_string_equal(pg_sql("select words from communication_exports where id = '%s'", id),
                        "All communications");
    work();
    const struct answer *a = ask(&admin, "GET", path_of(id), NULL);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "state"), "READY");
    assert_int_equal(json_object_get_int(json_get(a->json, "rows")),
                     pg_int("select count(*) from communications"));
    assert_null(json_get(a->json, "progress"));
    assert_non_null(json_text(json_get(a->json, "download"), "href"));
    assert_int_equal(lines_of(file_of(id)), pg_int("select count(*) + 1 from communications"));
    assert_memory_equal(file_of(id),
                        "\xef\xbb\xbf"
                        "building,unitNumber,",
                        23);
    assert_string_equal(pg_sql("select string_agg(action || ' by ' || actor_kind, ', ' order by "
                               "seq) from audit_history where entity_id = '%s'",
                               id),
                        "export.add by user, export.ready by worker");
}

static void a_filter(void **state)
{
    (void)state;
    char body[200];
    snprintf(body, sizeof(body),
             "{\"format\":\"jsonl\",\"building\":\"%s\",\"year\":2024,\"channel\":\"EMAIL\"}",
             house);
    const char *id = added(&admin, body);
    work();
    assert_int_equal(lines_of(file_of(id)),
                     pg_int("select count(*) from communications where building_id = '%s' and "
                            "year = 2024 and channel = 'EMAIL'",
                            house));
    assert_true(lines_of(file_of(id)) > 3);
    pg_sql("update communications set subject = '(removed)', content_removed_at = "
           "'2027-03-01T12:00Z', removed_by = 'policy “statement”' where id = (select id from "
           "communications where building_id = '%s' and year = 2024 and channel = 'EMAIL' limit 1) "
           "returning id",
           house);
    id = added(&admin, body);
    work();
    assert_non_null(strstr(file_of(id), "\"subject\":\"Content removed on 1 Mar 2027 by policy "
                                        "“statement”. Proof is kept.\""));
    const char *words = pg_sql("select words from communication_exports where id = '%s'", id);
    assert_non_null(strstr(words, ", 2024, E-mail"));
    const struct answer *a = ask(
        &admin, "POST", "/api/track/export",
        "{\"format\":\"pdf\",\"year\":3,\"building\":\"0190a0a0-0000-7000-8000-000000000000\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "\"format\""));
    assert_non_null(strstr(a->body, "\"year\""));
    a = ask(&admin, "POST", "/api/track/export",
            "{\"format\":\"csv\",\"building\":\"0190a0a0-0000-7000-8000-000000000000\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "\"building\""));
    id = added(&admin, "{\"format\":\"jsonl\",\"search\":\"nobody-is-called-so\"}");
    work();
    assert_string_equal(state_of(id), "READY");
    assert_string_equal(file_of(id), "");
}

/* Days are told as they were asked for where the tenant is, times with their zone. */
static void days_in_words(void **state)
{
    static const struct {
        const char *zone, *q, *words;
    } days[] = {
        { "Europe/Zurich", "after:2026-05-12 before:2026-12-01",
          "since 2026-05-12, before 2026-12-01" },
        { "America/New_York", "after:2026-05-12 before:2026-12-01",
          "since 2026-05-12, before 2026-12-01" },
        { "America/Santiago", "after:2026-09-06", "since 2026-09-06" }, /* begins at one */
        { "Europe/Zurich", "after:2026-05-12T00:00:00+02:00", "since 2026-05-12" },
        { "Europe/Zurich", "after:2026-05-12T00:00:00Z", "since 2026-05-12 00:00:00 UTC" },
        { "America/New_York", "before:2026-05-12T22:30:00-04:00",
          "before 2026-05-13 02:30:00 UTC" },
    };
    (void)state;
    char body[200];
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        pg_sql("update tenants set time_zone = '%s' returning id", days[i].zone);
        snprintf(body, sizeof(body), "{\"format\":\"csv\",\"q\":\"%s\"}", days[i].q);
        const char *id = added(&admin, body);
        assert_string_equal(pg_sql("select words from communication_exports where id = '%s'", id),
                            days[i].words);
    }
    pg_sql("update tenants set time_zone = 'Europe/Zurich' returning id");
    work();
}

/* ---- whose it is ---- */

static void grant(const char *building)
{
    pg_sql("insert into building_grants values ('%s', '%s', '%s'); select ''", pg_tenant(),
           agent_id, building);
}

static void grants_then_and_now(void **state)
{
    (void)state;
    char id[40];
    pg_sql("update users set all_buildings = false where id = '%s'; select ''", agent_id);
    grant(house);
    keep(id, added(&agent, "{\"format\":\"jsonl\"}"));
    grant(other_house);
    work();
    assert_int_equal(lines_of(file_of(id)),
                     pg_int("select count(*) from communications where building_id = '%s'", house));
    assert_non_null(json_get(ask(&agent, "GET", path_of(id), NULL)->json, "download"));
    pg_sql("delete from building_grants where building_id = '%s'; select ''", house);
    assert_null(json_get(ask(&agent, "GET", path_of(id), NULL)->json, "download"));
    assert_non_null(json_get(ask(&admin, "GET", path_of(id), NULL)->json, "download"));
    keep(id, added(&agent, "{\"format\":\"jsonl\"}"));
    pg_sql("delete from building_grants; select ''");
    work();
    assert_string_equal(state_of(id), "READY");
    assert_string_equal(file_of(id), "");
}

static void others_see_nothing_of_it(void **state)
{
    (void)state;
    char id[40];
    keep(id, added(&admin, "{\"format\":\"csv\"}"));
    work();
    assert_int_equal(ask(&agent, "GET", path_of(id), NULL)->status, 404);
    assert_int_equal(ask(&agent, "DELETE", path_of(id), NULL)->status, 404);
    assert_null(strstr(ask(&agent, "GET", "/api/track/exports", NULL)->body, id));
    assert_non_null(strstr(ask(&admin, "GET", "/api/track/exports", NULL)->body, id));
    assert_int_equal(ask(&admin, "GET", path_of("nonsense"), NULL)->status, 404);
    struct call viewer = { 0 };
    call_session(&viewer, "viewer");
    assert_int_equal(ask(&viewer, "GET", path_of(id), NULL)->status, 403);
}

static void who_asked_and_is_gone_gets_nothing(void **state)
{
    (void)state;
    struct call leaver = { 0 };
    const char *who = call_session(&leaver, "agent");
    const char *id = added(&leaver, "{\"format\":\"csv\"}");
    pg_sql("update users set disabled_at = now() where id = '%s'; select ''", who);
    work();
    assert_string_equal(state_of(id), "FAILED");
    assert_non_null(strstr(pg_sql("select error from communication_exports where id = '%s'", id),
                           "may not any more"));
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 0);
}

/* ---- workers that die ---- */

static long asked, last;

/* The clock is asked at every row: with the last one the process dies. */
static int64_t deadly_clock(const struct app *app)
{
    if (++asked == last)
        kill(getpid(), SIGKILL);
    return app_now_ms(app);
}

static void killed_at(long row)
{
    pid_t child = fork();
    if (child == 0) {
        asked = 0;
        last = row;
        pg_app()->now_ms = deadly_clock;
        work();
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    while (pg_int("select count(*) from pg_stat_activity where usename = 'track_worker' and "
                  "state <> 'idle' and datname = current_database()"))
        usleep(1000);
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

static void many_rows_of(const char *code, int year, int rows)
{
    pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    pg_sql("with b as (insert into buildings (tenant_id, code, name) values (current_tenant(), "
           "'%s', 'House %s') returning id), p as (insert into communication_batches (tenant_id, "
           "building_id, year) select current_tenant(), id, %d from b returning id), u as "
           "(insert into units (tenant_id, building_id, number) select current_tenant(), b.id, "
           "n::text from b, generate_series(1, %d) n returning id, building_id) insert into "
           "communications (tenant_id, batch_id, building_id, unit_id, year, channel, "
           "recipient_name, subject) select current_tenant(), p.id, u.building_id, u.id, %d, "
           "'EMAIL', 'Many', '=many' from p, u; select ''",
           code, code, year, rows, year);
}

/* More than one reader takes at a time: the rows of the second come behind those of the first. */
static void readers_take_turns(void **state)
{
    (void)state;
    char id[40], want[40];
    const char *at;
    static const struct {
        const char *code;
        int rows;
    } houses[] = { { "P1", 300 }, { "P2", 6000 }, { "P3", 6001 }, { "P4", 6002 }, { "P5", 6003 } };
    for (int i = 0; i < 5; i++) {
        many_rows_of(houses[i].code, 2019, houses[i].rows);
        pg_sql("analyze; select ''"); /* else triggers plan for empty tables */
    }
    keep(id, added(&admin, "{\"format\":\"csv\",\"year\":2019}"));
    work();
    assert_string_equal(state_of(id), "READY");
    at = strchr(file_of(id), '\n') + 1;
    for (int i = 0; i < 5; i++)
        for (int unit = 1; unit <= houses[i].rows; unit++, at = strchr(at, '\n') + 1) {
            snprintf(want, sizeof(want), "\"House %s\",\"%d\",EMAIL,", houses[i].code, unit);
            if (strncmp(at, want, strlen(want)) != 0)
                fail_msg("%.40s instead of %s", at, want);
        }
    assert_string_equal(at, "");
}

static void many_rows(void)
{
    many_rows_of("MANY", 2025, MANY);
}

static void a_worker_that_dies_leaves_no_half_file(void **state)
{
    (void)state;
    char id[40], body[200];
    many_rows();
    snprintf(body, sizeof(body), "{\"format\":\"csv\",\"building\":\"%s\"}",
             pg_sql("select id from buildings where code = 'MANY'"));
    keep(id, added(&admin, body));
    long long blobs = pg_int("select count(*) from blobs");
    killed_at(MANY / 2);
    assert_string_equal(state_of(id), "RUNNING");
    assert_int_equal(half_files(), 0);
    assert_int_equal(pg_int("select count(*) from blobs"), blobs);
    assert_null(json_get(ask(&admin, "GET", path_of(id), NULL)->json, "download"));
    pg_sql("update jobs set lease_until = now() - interval '1 s' where state = 'running'; "
           "select ''");
    work();
    pg_sql("update jobs set run_at = now() where state = 'ready'; select ''");
    work();
    assert_string_equal(state_of(id), "READY");
    assert_int_equal(lines_of(file_of(id)), MANY + 1);
    assert_int_equal(pg_int("select attempt from job_history where args ->> 'exportId' = '%s'", id),
                     2);
}

/* Deleted by somebody else while it is written: the clock is asked at every row. */
static char doomed[40];
static int64_t deleting_clock(const struct app *app)
{
    if (++asked == MANY / 2)
        pg_sql("delete from communication_exports where id = '%s'; select ''", doomed);
    return app_now_ms(app) + asked;
}

static void one_deleted_meanwhile_stops(void **state)
{
    (void)state;
    char body[200];
    snprintf(body, sizeof(body), "{\"format\":\"csv\",\"building\":\"%s\"}",
             pg_sql("select id from buildings where code = 'MANY'"));
    keep(doomed, added(&admin, body));
    int64_t (*clock)(const struct app *) = pg_app()->now_ms;
    asked = 0;
    pg_app()->now_ms = deleting_clock;
    work();
    pg_app()->now_ms = clock;
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'exports.run'"), 0);
    assert_int_equal(half_files(), 0);
    assert_true(asked < MANY - 1000);
}

/* ---- the file's end ---- */

static void expire(void)
{
    pg_sql("update job_schedules set next_at = now() - interval '1 s'; select ''");
    work();
}

static void files_go_when_their_time_is_over(void **state)
{
    (void)state;
    char one[40], two[40], sha256[65];
    keep(one, added(&admin, "{\"format\":\"jsonl\",\"year\":2024}"));
    keep(two, added(&admin, "{\"format\":\"jsonl\",\"year\":2024}"));
    work();
    keep(sha256, pg_sql("select sha256 from communication_exports where id = '%s'", one));
    assert_string_equal(pg_sql("select sha256 from communication_exports where id = '%s'", two),
                        sha256);
    pg_sql("update communication_exports set expires_at = now() - interval '1 s' where id = '%s'; "
           "select ''",
           one);
    assert_null(json_get(ask(&admin, "GET", path_of(one), NULL)->json, "download"));
    expire();
    assert_string_equal(state_of(one), "EXPIRED");
    assert_true(lines_of(file_of(two)) > 3);
    pg_sql("update communication_exports set expires_at = now() - interval '1 s' where id = '%s'; "
           "select ''",
           two);
    expire();
    struct str bytes;
    struct ctx *c = pg_ctx("track_worker");
    assert_int_equal(store_get(c->app->store, c->arena, sha256, &bytes), ERR_NOT_FOUND);
    assert_int_equal(pg_int("select count(*) from blobs where sha256 = '%s'", sha256), 0);
}

static const struct answer *follow(const char *href)
{
    char path[200];
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(href, "?"), href);
    return call(&(struct call){ .method = "GET", .path = path, .query = strchr(href, '?') + 1 });
}

static void links_end(void **state)
{
    (void)state;
    char href[500];
    const char *id = added(&admin, "{\"format\":\"jsonl\",\"channel\":\"SMS\"}");
    work();
    const struct answer *a = ask(&admin, "GET", path_of(id), NULL);
    snprintf(href, sizeof(href), "%s", json_text(json_get(a->json, "download"), "href"));
    assert_int_equal(follow(href)->status, 200);
    assert_non_null(strstr(answer_header("Content-Disposition"), "attachment"));
    pg_clock_shift(EXPORT_LINK_SECONDS * INT64_C(1000) + 1000);
    assert_int_equal(follow(href)->status, 410);
    pg_clock_shift(0);
    assert_int_equal(follow(href)->status, 200);
}

static void deleting_removes_the_file(void **state)
{
    (void)state;
    char id[40], sha256[65];
    struct str bytes;
    struct ctx *c = pg_ctx("track_worker");
    keep(id, added(&admin, "{\"format\":\"csv\",\"year\":2024,\"channel\":\"EMAIL\"}"));
    work();
    keep(sha256, pg_sql("select sha256 from communication_exports where id = '%s'", id));
    assert_int_equal(ask(&admin, "DELETE", path_of(id), NULL)->status, 200);
    assert_int_equal(store_get(c->app->store, c->arena, sha256, &bytes), ERR_NOT_FOUND);
    assert_int_equal(ask(&admin, "GET", path_of(id), NULL)->status, 404);
}

/* Bytes that are somebody's attachment too stay. */
static void a_file_that_is_referred_to_stays(void **state)
{
    (void)state;
    char id[40], sha256[65];
    struct str bytes;
    struct ctx *c = pg_ctx("track_worker");
    keep(id, added(&admin, "{\"format\":\"csv\",\"year\":2024,\"channel\":\"LETTER\"}"));
    work();
    keep(sha256, pg_sql("select sha256 from communication_exports where id = '%s'", id));
    pg_sql("insert into communication_attachments select tenant_id, id, 9, '%s', 'x', 'text/csv', "
           "1 from communications limit 1; select ''",
           sha256);
    assert_int_equal(ask(&admin, "DELETE", path_of(id), NULL)->status, 200);
    assert_int_equal(store_get(c->app->store, c->arena, sha256, &bytes), OK);
    assert_int_equal(pg_int("select count(*) from blobs where sha256 = '%s'", sha256), 1);
}

static void one_whose_job_is_gone_fails(void **state)
{
    (void)state;
    const char *id = added(&admin, "{\"format\":\"csv\"}");
    pg_sql("delete from jobs where kind = 'exports.run'; select ''");
    expire();
    assert_string_equal(state_of(id), "FAILED");
}

static void other_tenants_see_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct json_object *list;
    const char *other =
        pg_sql("insert into tenants (slug, name) values ('other', 'Other') returning id");
    c->tenant_id = arena_strdup(c->arena, other);
    c->actor.all_buildings = true;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(export_list(c, &list), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(json_object_array_length(list), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything),
        cmocka_unit_test(a_filter),
        cmocka_unit_test(days_in_words),
        cmocka_unit_test(grants_then_and_now),
        cmocka_unit_test(others_see_nothing_of_it),
        cmocka_unit_test(who_asked_and_is_gone_gets_nothing),
        cmocka_unit_test(readers_take_turns),
        cmocka_unit_test(a_worker_that_dies_leaves_no_half_file),
        cmocka_unit_test(one_deleted_meanwhile_stops),
        cmocka_unit_test(files_go_when_their_time_is_over),
        cmocka_unit_test(links_end),
        cmocka_unit_test(deleting_removes_the_file),
        cmocka_unit_test(a_file_that_is_referred_to_stays),
        cmocka_unit_test(one_whose_job_is_gone_fails),
        cmocka_unit_test(other_tenants_see_nothing),
    };
    pg_start("exports");
    call_start(domains);
    call_session(&admin, "admin");
    keep(agent_id, call_session(&agent, "agent"));
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
