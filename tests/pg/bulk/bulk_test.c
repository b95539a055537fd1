/* Bulk actions from the plan to the report: snapshots, tokens, two at once, workers that die. */
#include "pg/asking.h"

#include "access/private.h"
#include "base/json.h"
#include "bulk/bulk.h"
#include "track/demo.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 200

static struct call admin, other, agent;
static char agent_id[40];

/* A plan, as kept between calls. */
struct plan {
    char id[40], token[64];
    long long total, excluded;
};

static struct plan planned(const struct call *who, const char *body)
{
    struct plan p = { .id = "" };
    const struct answer *a = ask(who, "POST", "/api/track/bulk", body);
    assert_int_equal(a->status, 201);
    keep(p.id, json_text(a->json, "bulkId"));
    if (json_text(a->json, "planToken"))
        keep(p.token, json_text(a->json, "planToken"));
    p.total = json_object_get_int64(json_get(a->json, "total"));
    p.excluded = json_object_get_int64(json_get(a->json, "excluded"));
    return p;
}

static const struct answer *act(const struct call *who, const struct plan *p, const char *what,
                                const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/track/bulk/%s%s%s", p->id, *what ? "/" : "", what);
    return ask(who, *what ? "POST" : "GET", path, body);
}

static const struct answer *confirm(const struct call *who, const struct plan *p, long long count)
{
    char body[200];
    if (count)
        snprintf(body, sizeof(body), "{\"planToken\":\"%s\",\"count\":%lld}", p->token, count);
    else
        snprintf(body, sizeof(body), "{\"planToken\":\"%s\"}", p->token);
    return act(who, p, "confirm", body);
}

static const char *state_of(const struct plan *p)
{
    return pg_sql("select state from bulk_actions where id = '%s'", p->id);
}

static long long items(const struct plan *p, const char *state)
{
    return pg_int("select count(*) from bulk_items where bulk_id = '%s' and state = '%s'", p->id,
                  state);
}

static long long in_status(const char *status)
{
    return pg_int("select count(*) from communications c join buildings b on b.id = c.building_id "
                  "where b.code = 'MANY' and c.delivery_status = '%s'",
                  status);
}

static const char many[] = "{\"action\":\"hold\",\"q\":\"building:MANY\",\"note\":\"stop\"}";

/* Drafts of a building of their own. */
static void arrange(void)
{
    pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    pg_sql("with b as (insert into buildings (tenant_id, code, name) values (current_tenant(), "
           "'MANY', 'Many') returning id), p as (insert into communication_batches (tenant_id, "
           "building_id, year) select current_tenant(), id, 2025 from b returning id), u as "
           "(insert into units (tenant_id, building_id, number) select current_tenant(), b.id, "
           "n::text from b, generate_series(1, %d) n returning id, building_id) insert into "
           "communications (tenant_id, batch_id, building_id, unit_id, year, channel, "
           "recipient_name, email, subject) select current_tenant(), p.id, u.building_id, u.id, "
           "2025, 'EMAIL', 'Many', 'many@example.com', 'Bill' from p, u; select ''",
           MANY);
}

/* ---- the plan ---- */

static void a_plan_tells_what_it_would_do(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    arrange();
    pg_sql("update communications set content_removed_at = now(), removed_by = 'a policy' where id "
           "= (select id from communications where delivery_status = 'FAILED' limit 1); select ''");
    long long before = pg_int("select count(*) from communication_events");
    struct plan p = planned(&admin, "{\"action\":\"resend\",\"all\":true}");
    assert_int_equal(p.total + p.excluded, pg_int("select count(*) from communications"));
    const struct answer *a = act(&admin, &p, "", NULL);
    assert_non_null(strstr(a->body, "\"reason\":\"removed\",\"count\":1"));
    assert_int_equal(json_object_array_length(json_get(a->json, "samples")), 5);
    assert_non_null(strstr(a->body, "\"reason\":\"delivered\""));
    assert_non_null(strstr(a->body, "Never sent: it goes out with its run."));
    long long told = 0;
    struct json_object *list = json_get(a->json, "exclusions");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        told += json_object_get_int64(json_get(json_object_array_get_idx(list, i), "count"));
    assert_int_equal(told, p.excluded);
    assert_true(json_object_get_int64(json_get(a->json, "seconds")) > 0);
    assert_int_equal(pg_int("select count(*) from communication_events"), before);
}

static long long left_out(const struct plan *p, const char *condition)
{
    return pg_int("select count(*) from bulk_items i join communications c on c.id = "
                  "i.communication_id where i.bulk_id = '%s' and i.state = 'excluded' and %s",
                  p->id, condition);
}

/* What is delivered is not marked by hand, and nothing goes again to an address known to be wrong.
 */
static void a_plan_leaves_out_what_would_be_no_help(void **state)
{
    (void)state;
    pg_sql("select suppress('EMAIL', email, 'bad_address', 'No such user.', id, null, null, null) "
           "from communications where channel = 'EMAIL' and delivery_status = 'FAILED'");
    struct plan resend = planned(&admin, "{\"action\":\"resend\",\"all\":true}");
    long long bad = left_out(&resend, "i.reason = 'bad-address'");
    assert_true(bad > 0);
    assert_int_equal(left_out(&resend, "i.reason = 'bad-address' and c.channel = 'EMAIL' and "
                                       "c.delivery_status in ('FAILED', 'BOUNCED')"),
                     bad);
    struct plan letters =
        planned(&admin, "{\"action\":\"resend\",\"all\":true,\"channel\":\"LETTER\"}");
    assert_int_equal(left_out(&letters, "i.reason = 'bad-address'"), 0);
    struct plan mark = planned(&admin, "{\"action\":\"mark\",\"all\":true,\"mark\":"
                                       "\"MANUAL_MARKED\",\"note\":\"by hand\"}");
    assert_int_equal(
        left_out(&mark, "i.reason = 'delivered'"),
        pg_int("select count(*) from communications where delivery_status in ('DELIVERED', "
               "'OPENED')"));
    struct plan came = planned(&admin, "{\"action\":\"mark\",\"all\":true,\"mark\":"
                                       "\"RETURNED\",\"note\":\"it came back\"}");
    assert_int_equal(left_out(&came, "i.reason = 'delivered'"), 0);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field;
    } wrong[] = {
        { "{\"action\":\"delete\",\"all\":true}", "action" },
        { "{\"action\":\"hold\"}", "ids" },
        { "{\"action\":\"hold\",\"ids\":[\"x\"]}", "ids" },
        { "{\"action\":\"hold\",\"q\":\"status:nonsense\"}", "q" },
        { "{\"action\":\"hold\",\"all\":true,\"channel\":\"SMS\"}", "channel" },
        { "{\"action\":\"mark\",\"all\":true,\"note\":\"x\"}", "mark" },
        { "{\"action\":\"mark\",\"all\":true,\"mark\":\"MANUAL_MARKED\",\"note\":\" \"}", "note" },
        { "{\"action\":\"mark\",\"all\":true,\"mark\":\"MANUAL_MARKED\"}", "note" },
        { "{\"action\":\"hold\",\"all\":true,\"q\":\"x\"}", "ids" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct answer *a = ask(&admin, "POST", "/api/track/bulk", wrong[i].body);
        assert_int_equal(a->status, 422);
        assert_non_null(strstr(a->body, wrong[i].field));
    }
}

static void a_token_is_of_its_plan(void **state)
{
    (void)state;
    struct plan one = planned(&admin, many), two = planned(&admin, many);
    struct plan mixed = one;
    keep(mixed.token, two.token);
    assert_string_not_equal(one.token, two.token);
    assert_int_equal(confirm(&admin, &mixed, MANY)->status, 422);
    assert_int_equal(confirm(&other, &one, MANY)->status, 403);
    assert_int_equal(confirm(&admin, &one, 0)->status, 422);
    assert_int_equal(confirm(&admin, &one, MANY - 1)->status, 422);
    assert_null(json_text(act(&other, &one, "", NULL)->json, "planToken"));
    assert_string_equal(state_of(&one), "PLANNED");
}

static void an_old_plan_is_refused_and_ends(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    pg_sql("update bulk_actions set expires_at = now() - interval '1 s' where id = '%s'; select ''",
           p.id);
    const struct answer *a = confirm(&admin, &p, MANY);
    assert_true(a->status == 409 || a->status == 422);
    pg_sql("update job_schedules set next_at = now() - interval '1 s'; select ''");
    work();
    assert_string_equal(state_of(&p), "EXPIRED");
    assert_int_equal(pg_int("select count(*) from bulk_items where bulk_id = '%s'", p.id), 0);
    assert_int_equal(confirm(&admin, &p, MANY)->status, 409);
}

/* ---- done ---- */

static void it_is_done_once(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    pg_sql(
        "insert into units (tenant_id, building_id, number) select tenant_id, id, 'late' from "
        "buildings where code = 'MANY'; insert into communications (tenant_id, batch_id, "
        "building_id, unit_id, year, channel, recipient_name, email, subject) select u.tenant_id, "
        "p.id, u.building_id, u.id, 2025, 'EMAIL', 'Late', 'late@example.com', 'Bill' from units u "
        "join "
        "communication_batches p on p.building_id = u.building_id where u.number = 'late'; "
        "select ''");
    assert_int_equal(p.total, MANY);
    assert_int_equal(confirm(&admin, &p, MANY)->status, 202);
    assert_int_equal(confirm(&admin, &p, MANY)->status, 409);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'bulk.run'"), 1);
    work();
    assert_string_equal(state_of(&p), "DONE");
    assert_int_equal(items(&p, "done"), MANY);
    assert_int_equal(in_status("HELD"), MANY);
    assert_int_equal(in_status("DRAFT"), 1);
    assert_int_equal(pg_int("select done from bulk_actions where id = '%s'", p.id), MANY);
    assert_string_equal(pg_sql("select string_agg(action, ', ' order by seq) from audit_history "
                               "where entity_id = '%s'",
                               p.id),
                        "bulk.start, bulk.done");
    assert_int_equal(pg_int("select count(*) from communication_events where type = 'HELD' and "
                            "actor_id is null"),
                     pg_int("select count(*) from communication_events e join communications c on "
                            "c.id = e.communication_id join buildings b on b.id = c.building_id "
                            "where e.type = 'HELD' and b.code <> 'MANY' and e.actor_id is null"));
}

static void what_was_held_is_released_again(void **state)
{
    (void)state;
    struct plan p = { .id = "" }, undo = { .id = "" };
    keep(p.id, pg_sql("select id from bulk_actions where state = 'DONE'"));
    const struct answer *a = act(&admin, &p, "undo", NULL);
    assert_int_equal(a->status, 202);
    keep(undo.id, json_text(a->json, "bulkId"));
    assert_int_equal(act(&admin, &p, "undo", NULL)->status, 409);
    pg_sql("update job_queues set paused = true; insert into job_queues (queue, paused) values "
           "('email', true) on conflict (queue) do update set paused = true; select ''");
    work();
    assert_string_equal(state_of(&undo), "DONE");
    assert_int_equal(in_status("HELD"), 0);
    assert_int_equal(items(&undo, "done"), MANY);
    pg_sql("update bulk_actions set ended_at = now() - interval '11 minutes' where id = '%s'; "
           "select ''",
           undo.id);
    assert_int_equal(act(&admin, &undo, "undo", NULL)->status, 409);
}

static void two_confirms_at_once_are_one_run(void **state)
{
    (void)state;
    int how, ok = 0;
    struct plan p = planned(&admin, many);
    char admin_id[40];
    pid_t children[4];
    keep(admin_id, pg_sql("select created_by from bulk_actions where id = '%s'", p.id));
    for (int i = 0; i < 4; i++)
        if ((children[i] = fork()) == 0) {
            struct ctx *c = pg_ctx("track_web");
            struct bulk_proof proof = { p.token, p.total };
            c->actor = (struct actor){ ACTOR_USER, ROLE_ADMIN, admin_id, "A", true };
            db_begin(c->db, pg_tenant());
            enum err e = db_end(c->db, bulk_confirm(c, p.id, &proof));
            _exit(e == OK ? 0 : e == ERR_CONFLICT ? 1 : 2);
        }
    for (int i = 0; i < 4; i++) {
        waitpid(children[i], &how, 0);
        assert_true(WIFEXITED(how) && WEXITSTATUS(how) < 2);
        ok += WEXITSTATUS(how) == 0;
    }
    assert_int_equal(ok, 1);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'bulk.run'"), 1);
    assert_string_equal(state_of(&p), "RUNNING");
    assert_int_equal(act(&admin, &p, "cancel", NULL)->status, 200);
    work();
    assert_string_equal(state_of(&p), "CANCELLED");
    assert_int_equal(items(&p, "excluded"), p.total);
}

/* ---- workers that die, people who stop ---- */

static void wait_for_items(const char *id, long long n)
{
    for (int i = 0; pg_int("select done + failed from bulk_actions where id = '%s'", id) < n; i++) {
        assert_true(i < 60000);
        usleep(500);
    }
}

static pid_t worker(void)
{
    pid_t child = fork();
    if (child == 0) {
        work();
        _exit(0);
    }
    return child;
}

static void wait_until_it_is_gone(void)
{
    while (pg_int("select count(*) from pg_stat_activity where usename = 'track_worker' and "
                  "xact_start is not null and datname = current_database()"))
        usleep(1000);
}

static void hurry(void)
{
    pg_sql("update jobs set lease_until = now() - interval '1 s' where state = 'running' and kind "
           "= 'bulk.run'; select ''");
    work();
    pg_sql("update jobs set run_at = now() where state = 'ready' and kind = 'bulk.run'; select ''");
    work();
}

static void a_worker_killed_leaves_each_item_one_result(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    long long before = pg_int("select count(*) from communication_events where type = 'HELD'");
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    for (int i = 1; i <= 2; i++) {
        pid_t child = worker();
        wait_for_items(p.id, p.total * 2 * i / 5);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        wait_until_it_is_gone();
        long long done = items(&p, "done");
        assert_true(done >= p.total * 2 * i / 5 && done < p.total);
        assert_int_equal(in_status("HELD"), done);
        assert_string_equal(state_of(&p), "RUNNING");
        pg_sql("update jobs set state = 'ready', run_at = now(), lease_until = null where kind = "
               "'bulk.run'; select ''");
    }
    hurry();
    assert_string_equal(state_of(&p), "DONE");
    assert_int_equal(items(&p, "done"), p.total);
    assert_int_equal(pg_int("select done from bulk_actions where id = '%s'", p.id), p.total);
    assert_int_equal(pg_int("select count(*) from communication_events where type = 'HELD'"),
                     before + p.total);
}

static void it_pauses_and_goes_on(void **state)
{
    (void)state;
    struct plan p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY\"}");
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    pid_t child = worker();
    wait_for_items(p.id, 25);
    assert_int_equal(act(&admin, &p, "pause", NULL)->status, 200);
    waitpid(child, NULL, 0);
    assert_string_equal(state_of(&p), "PAUSED");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'bulk.run'"), 0);
    long long done = items(&p, "done");
    assert_true(done >= 25 && done < p.total);
    work();
    assert_int_equal(items(&p, "done"), done);
    assert_int_equal(act(&admin, &p, "pause", NULL)->status, 409);
    assert_int_equal(act(&admin, &p, "resume", NULL)->status, 200);
    work();
    assert_string_equal(state_of(&p), "DONE");
    assert_int_equal(items(&p, "done"), p.total);
    assert_int_equal(in_status("HELD"), 0);
}

static void what_is_cancelled_stops_where_it_is(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    pid_t child = worker();
    wait_for_items(p.id, 25);
    assert_int_equal(act(&admin, &p, "cancel", NULL)->status, 200);
    waitpid(child, NULL, 0);
    assert_string_equal(state_of(&p), "CANCELLED");
    assert_int_equal(items(&p, "pending"), 0);
    assert_true(items(&p, "done") < p.total);
    assert_int_equal(in_status("HELD"), items(&p, "done"));
    assert_int_equal(act(&admin, &p, "resume", NULL)->status, 409);
    p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY status:held\"}");
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    work();
}

/* What changed since the plan is refused, with its sentence, and nothing else. */
static void an_item_that_changed_fails_alone(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    pg_sql("update communications set delivery_status = 'CANCELLED' where id = (select "
           "communication_id from bulk_items where bulk_id = '%s' and seq = 7); select ''",
           p.id);
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    work();
    assert_int_equal(items(&p, "failed"), 1);
    assert_int_equal(items(&p, "done"), p.total - 1);
    const char *why =
        pg_sql("select result from bulk_items where bulk_id = '%s' and state = 'failed'", p.id);
    assert_true(strlen(why) > 10);
    assert_null(strstr(why, "refused"));
    struct answer a = *act(&admin, &p, "", NULL);
    assert_non_null(json_text(a.json, "next"));
    char path[400];
    snprintf(path, sizeof(path), "/api/track/bulk/%s", p.id);
    struct call c = admin;
    c.method = "GET";
    c.path = path;
    c.query = "state=failed";
    assert_int_equal(json_object_array_length(json_get(call(&c)->json, "items")), 1);
    p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY status:held\"}");
    confirm(&admin, &p, p.total);
    work();
}

/* A release of many waits for the second person that their run waits for. */
static void a_release_asks_for_the_word_on_the_run(void **state)
{
    (void)state;
    struct plan p = planned(&admin, many);
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    work();
    pg_sql("insert into run_settings (tenant_id, approval_threshold) values ('%s', 5); select ''",
           pg_tenant());
    p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY status:held\"}");
    confirm(&admin, &p, p.total);
    work();
    assert_int_equal(items(&p, "failed"), p.total);
    assert_int_equal(in_status("HELD"), p.total);
    assert_int_equal(pg_int("select count(*) from bulk_items where bulk_id = '%s' and result like "
                            "'Its run is not approved: more than 5 messages%%'",
                            p.id),
                     p.total);
    pg_sql("delete from run_settings; select ''");
    p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY status:held\"}");
    confirm(&admin, &p, p.total);
    work();
}

/* ---- who may ---- */

static void over_a_number_a_second_person_approves(void **state)
{
    (void)state;
    pg_settings()->bulk_approve_over = 50;
    struct plan p = planned(&admin, many);
    assert_int_equal(confirm(&admin, &p, p.total)->status, 202);
    assert_string_equal(state_of(&p), "CONFIRMED");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'bulk.run'"), 0);
    assert_int_equal(act(&admin, &p, "approve", NULL)->status, 403);
    assert_int_equal(act(&agent, &p, "approve", NULL)->status, 404);
    assert_int_equal(act(&other, &p, "approve", NULL)->status, 200);
    assert_int_equal(act(&other, &p, "approve", NULL)->status, 409);
    work();
    assert_string_equal(state_of(&p), "DONE");
    assert_non_null(pg_sql("select approved_by from bulk_actions where id = '%s'", p.id));
    pg_settings()->bulk_approve_over = 5000;
    p = planned(&admin, "{\"action\":\"release\",\"q\":\"building:MANY status:held\"}");
    confirm(&admin, &p, p.total);
    work();
}

static void who_sees_some_buildings_acts_on_these(void **state)
{
    (void)state;
    char body[200];
    pg_sql("insert into building_grants select tenant_id, '%s', id from buildings where code <> "
           "'MANY' order by code limit 1; select ''",
           agent_id);
    struct plan p = planned(&agent, "{\"action\":\"export\",\"all\":true}");
    assert_int_equal(p.total + p.excluded,
                     pg_int("select count(*) from communications c join building_grants g on "
                            "g.building_id = c.building_id"));
    snprintf(body, sizeof(body), "{\"action\":\"hold\",\"ids\":[\"%s\"]}",
             pg_sql("select c.id from communications c join buildings b on b.id = c.building_id "
                    "where b.code = 'MANY' limit 1"));
    struct plan none = planned(&agent, body);
    assert_int_equal(none.total + none.excluded, 0);
    assert_int_equal(confirm(&agent, &none, 0)->status, 409);
    struct plan all = planned(&admin, many);
    assert_int_equal(act(&agent, &all, "", NULL)->status, 404);
    assert_int_equal(act(&agent, &all, "cancel", NULL)->status, 404);
    assert_null(strstr(ask(&agent, "GET", "/api/track/bulk", NULL)->body, all.id));
    assert_int_equal(confirm(&agent, &p, p.total)->status, 202);
    work();
    assert_string_equal(state_of(&p), "DONE");
    assert_int_equal(pg_int("select x.rows_written from communication_exports x join bulk_actions "
                            "a on a.export_id = x.id where a.id = '%s' and x.state = 'READY'",
                            p.id),
                     p.total);
    struct call viewer = { 0 };
    call_session(&viewer, "viewer");
    assert_int_equal(ask(&viewer, "POST", "/api/track/bulk", many)->status, 403);
}

/* A grant that is taken away while it runs: what is left is refused. */
static void a_grant_taken_away_counts(void **state)
{
    (void)state;
    pg_sql("delete from building_grants; insert into building_grants select tenant_id, '%s', id "
           "from buildings where code = 'MANY'; select ''",
           agent_id);
    struct plan p = planned(&agent, many);
    assert_int_equal(confirm(&agent, &p, p.total)->status, 202);
    pg_sql("delete from building_grants; select ''");
    work();
    assert_string_equal(state_of(&p), "DONE");
    assert_int_equal(items(&p, "failed"), p.total);
    assert_int_equal(in_status("HELD"), 0);
}

static void who_is_gone_does_nothing(void **state)
{
    (void)state;
    struct call leaver = { 0 };
    char id[40];
    keep(id, call_session(&leaver, "admin"));
    struct plan p = planned(&leaver, many);
    assert_int_equal(confirm(&leaver, &p, p.total)->status, 202);
    pg_sql("update users set disabled_at = now() where id = '%s'; select ''", id);
    work();
    assert_string_equal(state_of(&p), "PAUSED");
    assert_int_equal(in_status("HELD"), 0);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'bulk.run'"), 0);
}

static void a_result_stands(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    const struct sql q = { .name = "t_again",
                           .text = "update bulk_items set state = 'pending' where state = 'done'" };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, db_run(c->db, c->arena, &q, NULL, NULL)), ERR_DENIED);
}

static void other_tenants_see_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct json_object *list;
    const char *tenant =
        pg_sql("insert into tenants (slug, name) values ('other', 'Other') returning id");
    c->tenant_id = arena_strdup(c->arena, tenant);
    c->actor.all_buildings = true;
    db_begin(c->db, c->tenant_id);
    assert_int_equal(bulk_list(c, &list), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(json_object_array_length(list), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_tells_what_it_would_do),
        cmocka_unit_test(a_plan_leaves_out_what_would_be_no_help),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_token_is_of_its_plan),
        cmocka_unit_test(an_old_plan_is_refused_and_ends),
        cmocka_unit_test(it_is_done_once),
        cmocka_unit_test(what_was_held_is_released_again),
        cmocka_unit_test(two_confirms_at_once_are_one_run),
        cmocka_unit_test(a_worker_killed_leaves_each_item_one_result),
        cmocka_unit_test(it_pauses_and_goes_on),
        cmocka_unit_test(what_is_cancelled_stops_where_it_is),
        cmocka_unit_test(an_item_that_changed_fails_alone),
        cmocka_unit_test(a_release_asks_for_the_word_on_the_run),
        cmocka_unit_test(over_a_number_a_second_person_approves),
        cmocka_unit_test(who_sees_some_buildings_acts_on_these),
        cmocka_unit_test(a_grant_taken_away_counts),
        cmocka_unit_test(who_is_gone_does_nothing),
        cmocka_unit_test(a_result_stands),
        cmocka_unit_test(other_tenants_see_nothing),
    };
    pg_start("bulk");
    call_start(domains);
    call_session(&admin, "admin");
    call_session(&other, "agent");
    keep(agent_id, call_session(&agent, "agent"));
    pg_sql("update users set all_buildings = false where id = '%s'; select ''", agent_id);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
