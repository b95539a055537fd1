/* The outbox: each reaction once per event, whatever fails and whoever dispatches. */
#include "pg/call.h"

#include "base/json.h"
#include "events/events.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int calls, failures;

static enum err count(struct ctx *c, const struct event *e)
{
    assert_string_equal(e->entity_id, "42");
    assert_string_equal(json_text(e->data, "why"), "test");
    assert_true(db_in_transaction(c->db));
    calls++;
    return OK;
}

static enum err fail_first(struct ctx *c, const struct event *e)
{
    (void)e;
    if (failures++ == 0)
        return ctx_refuse(c, ERR_INTERNAL, "not yet");
    return OK;
}

static const struct reaction reactions[] = { { "thing.done", "test.fail_first", fail_first },
                                             { "thing.done", "test.count", count },
                                             { .event = NULL } };
static const struct domain test_domain = { .name = "test", .reactions = reactions };
static const struct domain *const all[] = { &test_domain, NULL };

static void emit(const char *name)
{
    struct ctx *c = pg_ctx("track_web");
    struct json_object *data = json_own(c->arena, json_object_new_object());
    json_set_text(data, "why", "test");
    db_begin(c->db, c->tenant_id);
    assert_int_equal(event_emit(c, name, "thing", "42", data), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static int dispatch(const char *role)
{
    struct ctx *c = pg_ctx(role);
    int n;
    assert_int_equal(events_dispatch(c, all, &n), OK);
    return n;
}

static void what_nobody_hears_is_settled(void **state)
{
    (void)state;
    emit("thing.unheard");
    assert_int_equal(dispatch("track_worker"), 1);
    assert_int_equal(dispatch("track_worker"), 0);
}

static void a_failing_reaction_is_tried_again_alone(void **state)
{
    (void)state;
    emit("thing.done");
    assert_int_equal(dispatch("track_web"), 0);
    assert_int_equal(calls, 1);
    assert_string_equal(pg_sql("select error from domain_events where name = 'thing.done'"),
                        "test.fail_first: not yet");
    assert_int_equal(dispatch("track_worker"), 0);
    pg_sql("update domain_events set next_at = now()");
    assert_int_equal(dispatch("track_worker"), 1);
    assert_int_equal(calls, 1);
    assert_int_equal(failures, 2);
}

static enum err misses(struct ctx *c, const struct event *e)
{
    (void)c;
    (void)e;
    return ERR_NOT_FOUND;
}

static const struct reaction missing[] = { { "thing.missed", "test.misses", misses },
                                           { .event = NULL } };
static const struct domain missing_domain = { .name = "missing", .reactions = missing };

static void a_reaction_that_finds_nothing_has_failed(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    const struct domain *const list[] = { &missing_domain, NULL };
    int n;
    emit("thing.missed");
    assert_int_equal(events_dispatch(c, list, &n), OK);
    assert_int_equal(
        pg_int(
            "select attempts from domain_events where name = 'thing.missed' and next_at > now()"),
        1);
    pg_sql("update domain_events set attempts = 5000, next_at = now() where name = 'thing.missed'");
    assert_int_equal(events_dispatch(c, list, &n), OK);
    assert_int_equal(pg_int("select attempts from domain_events where name = 'thing.missed'"),
                     5001);
    pg_sql("delete from domain_events where name = 'thing.missed'");
}

static void one_that_fails_holds_up_no_other(void **state)
{
    (void)state;
    calls = failures = 0;
    emit("thing.done");
    emit("thing.done");
    assert_int_equal(dispatch("track_worker"), 1);
    assert_int_equal(calls, 2);
}

static const struct sql note = { "t_event_told",
                                 "insert into told select $1::uuid from pg_sleep(0.005)", 1, NULL,
                                 false };

static enum err told(struct ctx *c, const struct event *e)
{
    return db_run(c->db, c->arena, &note, &e->id, NULL);
}

static const struct reaction telling[] = { { "thing.raced", "test.told", told },
                                           { .event = NULL } };
static const struct domain telling_domain = { .name = "telling", .reactions = telling };

static void dispatch_in_child(void)
{
    const struct domain *const list[] = { &telling_domain, NULL };
    struct ctx *c = pg_ctx("track_worker");
    for (int i = 0, n; i < 3; i++)
        if (events_dispatch(c, list, &n))
            _exit(1);
    _exit(0);
}

static void many_dispatchers_tell_once(void **state)
{
    (void)state;
    pg_sql("create table told (event_id uuid)");
    pg_sql("grant insert on told to track_worker");
    pg_sql("insert into domain_events (tenant_id, name, entity_type, entity_id) "
           "select '%s', 'thing.raced', 'thing', '42' from generate_series(1, 60)",
           pg_tenant());
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            dispatch_in_child();
    for (int i = 0, status; i < 4; i++) {
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_int_equal(pg_int("select count(*) from told"), 60);
    assert_int_equal(pg_int("select count(distinct event_id) from told"), 60);
    assert_int_equal(pg_int("select count(*) from domain_events where name = 'thing.raced' and "
                            "(dispatched_at is null or attempts > 0)"),
                     0);
}

static struct call ask(const char *bearer)
{
    return (struct call){ .method = "GET", .path = "/api/tasks/events", .bearer = bearer };
}

static void a_cron_needs_the_token(void **state)
{
    (void)state;
    struct call none = ask(NULL), wrong = ask("tasks-token-of-the-test"),
                good = ask("tasks-token-of-the-tests");
    emit("thing.unheard");
    assert_int_equal(call(&none)->status, 401);
    assert_string_equal(answer_header("www-authenticate"), "Bearer realm=\"track\"");
    assert_int_equal(call(&wrong)->status, 401);
    assert_int_equal(pg_int("select count(*) from domain_events where name = 'thing.unheard' and "
                            "dispatched_at is null"),
                     1);
    const struct answer *a = call(&good);
    assert_int_equal(a->status, 200);
    assert_int_equal(json_object_get_int(json_get(a->json, "dispatched")), 1);
    assert_int_equal(json_object_get_int(json_get(call(&good)->json, "dispatched")), 0);
    pg_settings()->tasks_token = "";
    assert_int_equal(call(&good)->status, 403);
    assert_null(answer_header("www-authenticate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_hears_is_settled),
        cmocka_unit_test(a_failing_reaction_is_tried_again_alone),
        cmocka_unit_test(a_reaction_that_finds_nothing_has_failed),
        cmocka_unit_test(one_that_fails_holds_up_no_other),
        cmocka_unit_test(many_dispatchers_tell_once),
        cmocka_unit_test(a_cron_needs_the_token),
    };
    const struct domain *const served[] = { &events_domain, NULL };
    pg_start("events");
    call_start(served);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
