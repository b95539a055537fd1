/* Turns: a hundred messages through an account of sixty a minute get a hundred turns a second
   apart, whoever works; none is lost and none is sent twice. */
#include "pg/asking.h"
#include "pg/sim.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"
#include "http/http.h"
#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/pacing.h"
#include "track/send.sql.h"

#include <string.h>
#include <sys/wait.h>

#define JOBS "from jobs where kind = 'track.send_communication'"

static char batch[40], account[40];
static int port;
static long long messages;

/* Four at once, each a process with a connection of its own. */
static void work_together(void)
{
    static const int stop;
    struct ctx *c[4];
    for (int i = 0; i < 4; i++)
        c[i] = pg_ctx("track_worker");
    for (int i = 0; i < 4; i++) {
        if (fork() == 0) {
            jobs_work(pg_app(), c[i]->db, &stop, true);
            _exit(0);
        }
    }
    for (int i = 0, status; i < 4; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void rates(void **state)
{
    (void)state;
    static const struct {
        const char *provider, *settings;
        int rate;
    } table[] = {
        { "msgraph", "{}", 30 },
        { "acs", "{}", 200 },
        { "twilio", "{}", 60 },
        { "smtp", "{}", 0 },
        { "smtp", "{\"ratePerMinute\": \"120\"}", 120 },
        { "acs", "{\"ratePerMinute\": 12}", 12 },
        { "acs", "{\"ratePerMinute\": \"0\"}", 0 },
        { "acs", "{\"ratePerMinute\": \"fast\"}", 200 },
        { "acs", "{\"ratePerMinute\": \"-5\"}", 200 },
        { "acs", "{\"ratePerMinute\": 99999}", 60000 },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct channel_account a = { .provider = table[i].provider,
                                     .settings = json_tokener_parse(table[i].settings) };
        assert_int_equal(pacing_rate(&a), table[i].rate);
        json_object_put(a.settings);
    }
}

static void setup(void **state)
{
    (void)state;
    long long queued;
    struct ctx *c = pg_ctx("track_web");
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    keep(batch, pg_sql("select id from communication_batches where state = 'DRAFT'"));
    (void)pg_sql(
        "insert into communications (tenant_id, batch_id, building_id, unit_id, year, "
        "channel, recipient_name, phone, subject, reference) select c.tenant_id, "
        "c.batch_id, c.building_id, c.unit_id, c.year, 'SMS', 'Eva', '+15005550100', "
        "'Bill ' || n, 'R' || n from communications c, generate_series(1, 100) n where c.id = "
        "(select id from communications where batch_id = '%s' limit 1) returning id",
        batch);
    (void)pg_sql(
        "update communications set delivery_status = 'CANCELLED' where batch_id = '%s' and "
        "reference !~ '^R[0-9]+$' returning id",
        batch);
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    messages = queued;
    assert_int_equal(queued, 100);
}

/* The first turn is an hour away, so that the time this takes makes no difference. */
static void each_gets_a_turn_of_its_own(void **state)
{
    (void)state;
    (void)pg_sql("insert into send_slots values ('%s', '%s', now() + interval '1 hour') returning "
                 "next_at",
                 pg_tenant(), account);
    work_together();
    assert_int_equal(pg_int("select count(*) " JOBS), 100);
    assert_int_equal(pg_int("select count(distinct args ->> 'turnAt') " JOBS), 100);
    assert_int_equal(pg_int("select count(*) " JOBS " and state = 'ready' and attempt = 0 and "
                            "run_at = (args ->> 'turnAt')::timestamptz"),
                     100);
    /* Without a gap: each a second after the one before. */
    assert_int_equal(pg_int("select count(*) from (select run_at - lag(run_at) over (order by "
                            "run_at) as gap " JOBS ") x where gap = interval '1 second'"),
                     99);
}

static void the_timeline_tells_when(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from communications c join jobs j on j.unique_key = "
                            "c.id::text where c.next_attempt_at = j.run_at and c.attempts = 0 and "
                            "c.delivery_status = 'ENQUEUED'"),
                     100);
    assert_int_equal(pg_int("select count(*) from communication_events where type = 'DELAYED' and "
                            "sentence ~ '^Waits for its turn: the number sends at most 60 a "
                            "minute; about ([0-9-]+ )?[0-2][0-9]:[0-5][0-9] "
                            "\\(Europe/Zurich\\)\\.$'"),
                     100);
}

/* Who asks before its turn waits on for the same one, and the timeline tells nothing anew. */
static void a_turn_is_kept(void **state)
{
    (void)state;
    char before[80];
    keep(before,
         pg_sql("select md5(string_agg(id || (args ->> 'turnAt'), ',' order by id)) " JOBS));
    (void)pg_sql(
        "update jobs set run_at = now() where kind = 'track.send_communication' returning id");
    work_together();
    assert_string_equal(
        pg_sql("select md5(string_agg(id || (args ->> 'turnAt'), ',' order by id)) " JOBS
               " and run_at = (args ->> 'turnAt')::timestamptz"),
        before);
    assert_int_equal(pg_int("select count(*) from communication_events where type = 'DELAYED' and "
                            "detail ? 'ratePerMinute'"),
                     100);
}

static void all_are_sent_once_in_their_turn(void **state)
{
    (void)state;
    (void)pg_sql(
        "update jobs set run_at = run_at - interval '2 hours', args = jsonb_set(args, "
        "'{turnAt}', to_jsonb(to_char(((args ->> 'turnAt')::timestamptz - interval "
        "'2 hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))) where kind = "
        "'track.send_communication' returning id");
    work_together();
    assert_int_equal(pg_int("select count(*) " JOBS), 0);
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "delivery_status = 'SENT'",
                            batch),
                     messages);
    assert_int_equal(pg_int("select count(*) from communication_events e join communications c on "
                            "c.id = e.communication_id where c.batch_id = '%s' and e.type = 'SENT'",
                            batch),
                     messages);
}

/* A try that failed has used its turn up, and takes another. */
static void a_failed_try_takes_another_turn(void **state)
{
    (void)state;
    long long queued;
    struct ctx *c = pg_ctx("track_web");
    (void)pg_sql("update provider_accounts set settings = settings || '{\"endpoint\": "
                 "\"http://127.0.0.1:9\", \"ratePerMinute\": 1}' where id = "
                 "'%s' returning id",
                 account);
    (void)pg_sql("update communications set delivery_status = 'DRAFT' where reference in ('R1', "
                 "'R2') returning id");
    (void)pg_sql("update send_slots set next_at = now() - interval '1 minute' returning next_at");
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    work();
    assert_int_equal(pg_int("select count(*) " JOBS " and attempt = 1 and not args ? 'turnAt' and "
                            "args ? 'firstTriedAt'"),
                     1);
    assert_int_equal(pg_int("select count(*) " JOBS " and attempt = 0 and args ? 'turnAt'"), 1);
}

/* The first try of an account without a limit is when the job was first claimed, at every try. */
static void without_a_limit_no_turn_is_taken(void **state)
{
    (void)state;
    struct job j = { .attempt = 2, .token = 7, .begun_at = "2026-05-01T10:00:00.000000Z" };
    j.ctx = *pg_ctx("track_worker");
    j.args = json_own(j.ctx.arena, json_object_new_object());
    const struct channel_account none = {
        .id = account,
        .provider = "acs",
        .settings = json_own(j.ctx.arena, json_tokener_parse("{\"ratePerMinute\": 0}")),
    };
    struct sending s = { .job = &j, .account = &none };
    s.id = pg_sql("select id from communications where reference = 'R3'");
    db_begin(j.ctx.db, pg_tenant());
    assert_int_equal(db_query(j.ctx.db, j.ctx.arena, send_load, &s.row, .communication_id = s.id),
                     OK);
    assert_int_equal(db_commit(j.ctx.db), OK);
    assert_int_equal(pacing_turn(&s), OK);
    assert_string_equal(s.first_tried, j.begun_at);
    json_set_text(j.args, "firstTriedAt", "2026-04-30T10:00:00.000000Z");
    assert_int_equal(pacing_turn(&s), OK);
    assert_string_equal(s.first_tried, "2026-04-30T10:00:00.000000Z");
}

/* Nothing to take turns for, but what the provider asks of one holds for all. */
static void without_a_limit_a_pause_still_holds(void **state)
{
    (void)state;
    long long queued;
    struct http_answer answer;
    struct ctx *c = pg_ctx("track_web");
    const char *const json[] = { "content-type: application/json", NULL };
    const struct http_call faults = {
        .provider = "sim",
        .method = "POST",
        .url = arena_printf(c->arena, "http://127.0.0.1:%d/control/faults", port),
        .headers = json,
        .body = STR("{\"throttle\": 1, \"retryAfter\": 600}"),
    };
    assert_int_equal(http_send(pg_ctx("track_worker"), &faults, &answer), OK);
    (void)pg_sql("update provider_accounts set settings = settings || '{\"endpoint\": "
                 "\"http://127.0.0.1:%d\", \"ratePerMinute\": 0}' where id = '%s' returning id",
                 port, account);
    pg_sql("delete from circuit_breakers");
    pg_sql("delete from send_slots");
    pg_sql("delete " JOBS);
    pg_sql("update communications set delivery_status = 'DRAFT' where reference in ('R3', 'R4')");
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    work();
    assert_int_equal(pg_int("select count(*) from send_slots where next_at > now() + "
                            "interval '9 minutes'"),
                     1);
    assert_int_equal(pg_int("select count(*) " JOBS " and state = 'ready' and attempt = 0 and "
                            "run_at > now() + interval '9 minutes'"),
                     2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),
        cmocka_unit_test(setup),
        cmocka_unit_test(each_gets_a_turn_of_its_own),
        cmocka_unit_test(the_timeline_tells_when),
        cmocka_unit_test(a_turn_is_kept),
        cmocka_unit_test(all_are_sent_once_in_their_turn),
        cmocka_unit_test(a_failed_try_takes_another_turn),
        cmocka_unit_test(without_a_limit_no_turn_is_taken),
        cmocka_unit_test(without_a_limit_a_pause_still_holds),
    };
    pg_start("track_pacing");
    struct ctx *c = pg_ctx("track_worker");
    port = sim_start("acs.mjs", NULL, NULL);
    if (!port) {
        printf("track_pacing: skipped, node does not run\n");
        return pg_end(77);
    }
    pg_settings()->egress_allow = arena_printf(c->arena, "127.0.0.1:%d,127.0.0.1:9", port);
    pg_app()->http = http_new(pg_app(), c->arena);
    keep(account, uuid7(pg_app(), c->arena));
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    const char *secrets = secret_seal(
        pg_app(), c->arena, STR("{\"accessKey\":\"c2ltdWxhdGVkLWF6dXJlLWtleS0wMDAx\"}"),
        arena_printf(c->arena, "provider_accounts|secrets|%s|%s", pg_tenant(), account));
    (void)pg_sql("insert into provider_accounts (tenant_id, id, provider, name, settings, secrets) "
                 "values ('%s', '%s', 'acs', 'paced', '{\"endpoint\": \"http://127.0.0.1:%d\", "
                 "\"from\": \"+15005550006\", \"ratePerMinute\": 60}', '%s') returning id",
                 pg_tenant(), account, port, secrets);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
