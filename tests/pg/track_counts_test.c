/* Kept figures against a recount, after storms of random events by several workers, one of them
   killed in the middle of each. */
#include "pg/pg.h"

#include "base/json.h"
#include "proof/verify.h"
#include "track/channel.h"
#include "track/demo.h"
#include "track/track.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 5
#define ROUNDS 60

static int64_t count;
static char (*ids)[40];

/* A storm goes by its seed: told where a test fails. */
static unsigned next(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

static struct timeline_event event_of(struct ctx *c, unsigned *seed)
{
    static const char grades[] = "AABBCCCDX";
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    struct timeline_event e = {
        .type = (enum event_type)next(seed, EVENT_TYPE_COUNT),
        .source = event_sources[next(seed, 5)],
        .grade = grades[next(seed, sizeof(grades) - 1)],
        .detail = detail,
    };
    if (e.type == EVENT_RESEND_REQUESTED && next(seed, 2))
        json_set_text(detail, "channel", channel_name((int)next(seed, CHANNEL_COUNT)));
    return e;
}

/* Up to four events in one transaction, some of which are taken back. A deadlock of two workers
   ends one's transaction, as it does in life. */
static void round_of(struct ctx *c, unsigned *seed)
{
    enum err e = OK;
    db_begin(c->db, pg_tenant());
    for (unsigned n = 1 + next(seed, 4); e == OK && n > 0; n--) {
        struct timeline_event event = event_of(c, seed);
        e = timeline_append(c, ids[next(seed, (unsigned)count)], &event, NULL);
    }
    if (e != OK && e != ERR_RETRY)
        _exit(1);
    if (e == OK && next(seed, 5))
        e = db_commit(c->db);
    else
        db_rollback(c->db);
    if (e != OK && e != ERR_RETRY)
        _exit(1);
}

static pid_t worker(unsigned seed, bool endless)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct ctx *c = pg_ctx("track_worker");
    for (int i = 0; endless || i < ROUNDS; i++)
        round_of(c, &seed);
    _exit(0);
}

static void storm(unsigned seed)
{
    int status;
    pid_t others[WORKERS], killed = worker(seed * 31, true);
    for (unsigned i = 0; i < WORKERS; i++)
        others[i] = worker(seed * 31 + i + 1, false);
    usleep(100000);
    kill(killed, SIGKILL);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(waitpid(others[i], &status, 0), others[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(waitpid(killed, &status, 0), killed);
    assert_true(WIFSIGNALED(status));
}

static long long wrong_figures(void)
{
    return pg_int(
        "select count(*) from (select building_id, year, channel, delivery_status, count(*) as n "
        "from communications group by 1, 2, 3, 4) c full join (select building_id, year, channel, "
        "status, sum(n) as n from communication_counts k cross join lateral (values "
        "('DRAFT', draft), ('HELD', held), ('SKIPPED', skipped), ('ENQUEUED', enqueued), "
        "('SENT', sent), ('DELIVERED', delivered), ('OPENED', opened), ('FAILED', failed), "
        "('BOUNCED', bounced), ('MANUAL', manual), ('CANCELLED', cancelled)) s (status, n) "
        "group by 1, 2, 3, 4 having sum(n) <> 0) k on k.building_id = c.building_id and k.year = "
        "c.year and k.channel = c.channel and k.status = c.delivery_status where k.n is distinct "
        "from c.n");
}

static long long wrong_units(void)
{
    pg_sql("create temp table kept as select * from unit_years");
    pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    pg_sql("select refresh_unit_years(array_agg(unit_id), array_agg(year)) from unit_years");
    long long wrong = pg_int("select count(*) from (select * from kept except select * from "
                             "unit_years) x");
    pg_sql("drop table kept");
    return wrong;
}

static void everything_adds_up(unsigned seed)
{
    struct verification v = { 0 };
    struct ctx *c = pg_ctx("track_worker");
    print_message("storm %u\n", seed);
    assert_int_equal(wrong_figures(), 0);
    assert_int_equal(wrong_units(), 0);
    assert_int_equal(pg_int("select count(*) from communications c where delivery_status is "
                            "distinct from (select status_after from communication_events e where "
                            "e.communication_id = c.id and e.seq = c.event_seq) and event_seq > 0"),
                     0);
    assert_int_equal(pg_int("select count(*) from communications c where attempt_no - 1 <> (select "
                            "count(*) from communication_attempts a where a.communication_id = "
                            "c.id)"),
                     0);
    assert_int_equal(timelines_verify(c, NULL, &v), OK);
    assert_int_equal(v.broken, 0);
    assert_int_equal(v.events, pg_int("select count(*) from communication_events"));
}

static void figures_survive_storms(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 4; seed++) {
        storm(seed);
        everything_adds_up(seed);
    }
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    count = pg_int("select count(*) from communications");
    ids = calloc((size_t)count, sizeof(*ids));
    assert_non_null(ids);
    for (int64_t i = 0; i < count; i++)
        snprintf(
            ids[i], sizeof(ids[i]), "%s",
            pg_sql("select id from communications order by id offset %lld limit 1", (long long)i));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(ids);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(figures_survive_storms) };
    pg_start("track_counts");
    return pg_end(cmocka_run_group_tests(tests, set_up, tear_down));
}
