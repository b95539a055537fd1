/* The ground of the tests of telling teams: simulated Slack, receiver and mail server, accounts of
   each, a shipment of an order, and rules by the API. */
#pragma once

#include "pg/asking.h"
#include "pg/sim.h"

#include "access/private.h"
#include "base/json.h"
#include "events/events.h"
#include "http/http.h"
#include "ship/ship.h"

#include <string.h>
#include <sys/stat.h>

#define TOKEN "xoxb-simulated-slack-token-01"
#define SECRET "whsec_c2ltdWxhdGVkLXNlY3JldC1vZi10aGUtcmVjZWl2ZXI="
#define OLD "whsec_dGhlLXNlY3JldC10aGF0LXdhcy10aGVyZS1iZWZvcmU="
#define LAST "(select id from team_messages order by created_at desc, id desc limit 1)"

static struct ctx *c, *owner;
static const char *sim, *folder;
static int slack_port, smtp_port;
static char hook_account[40], bot_account[40], webhook_account[40], mail_account[40];
static char shipment[40], order[40], purchase[40], rule[40];
static struct call admin;

/* ---- the simulators ---- */

static inline void faults(const char *json)
{
    (void)sim_control(c, sim, "faults", json);
}

static inline struct json_object *list_of(const char *name)
{
    return json_get(sim_control(c, sim, "state", NULL), name);
}

static inline size_t posts(void)
{
    return json_object_array_length(list_of("posted"));
}

static inline size_t hooks(void)
{
    return json_object_array_length(list_of("hooks"));
}

static inline struct json_object *last_of(const char *name)
{
    struct json_object *list = list_of(name);
    size_t n = json_object_array_length(list);
    assert_true(n > 0);
    return json_object_array_get_idx(list, n - 1);
}

static inline size_t mails(const char *to)
{
    char line[65536];
    size_t n = 0;
    FILE *f = fopen(arena_printf(c->arena, "%s/messages.jsonl", folder), "r");
    while (f && fgets(line, sizeof(line), f))
        n += strstr(line, to) != NULL;
    if (f)
        assert_int_equal(fclose(f), 0);
    return n;
}

/* ---- arranging ---- */

static inline void account(char *to, const char *provider, const char *settings,
                           const char *secrets)
{
    const char *id, *why;
    struct json_object *s, *t;
    assert_int_equal(json_parse(owner->arena, str_of(settings), &json_request_limits, &s, &why),
                     OK);
    assert_int_equal(json_parse(owner->arena, str_of(secrets), &json_request_limits, &t, &why), OK);
    db_begin(owner->db, pg_tenant());
    assert_int_equal(provider_add(owner, provider, provider, s, t, &id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    keep(to, id);
}

static inline int fresh(void **state)
{
    static int n;
    char customer[40];
    (void)state;
    (void)pg_sql("delete from jobs returning id");
    (void)pg_sql("update domain_events set dispatched_at = now() where dispatched_at is null "
                 "returning id");
    (void)pg_sql("delete from circuit_breakers");
    (void)pg_sql("update team_rules set removed_at = now(), enabled = false where removed_at is "
                 "null returning id");
    (void)pg_sql("update provider_accounts set enabled = true returning id");
    faults("{\"throttle\":0,\"throttleBare\":0,\"fail\":0,\"late\":0,\"drop\":0,\"garbage\":0,"
           "\"html\":0,\"redirect\":0,\"slow\":0,\"refuse\":\"\",\"status\":0}");
    n++;
    keep(customer, pg_sql("insert into customers (tenant_id, name) values ('%s', 'Ada') returning "
                          "id",
                          pg_tenant()));
    keep(order, pg_sql("insert into orders (tenant_id, number, shop, customer_id, recipient_name, "
                       "country) values ('%s', 'N<&>%d', 'Basel', '%s', 'Ada', 'CH') returning id",
                       pg_tenant(), n, customer));
    keep(purchase, pg_sql("insert into purchase_orders (tenant_id, number, order_id) values ('%s', "
                          "'P-%d', '%s') returning id",
                          pg_tenant(), n, order));
    keep(shipment, pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, "
                          "carrier_name, tracking_number, public_token) values ('%s', '%s', "
                          "'post', 'Die Post', 'T%d', 'token-of-the-shipment-%d') returning id",
                          pg_tenant(), purchase, n, n));
    return 0;
}

/* A rule by the API; `more` goes into its JSON. */
static inline void rule_new(const char *way, const char *account_id, const char *more)
{
    static int n;
    char body[500];
    snprintf(body, sizeof(body), "{\"name\":\"Rule %d\",\"way\":\"%s\"%s%s%s%s}", ++n, way,
             account_id ? ",\"accountId\":\"" : "", account_id ? account_id : "",
             account_id ? "\"" : "", more);
    const struct answer *a = ask(&admin, "POST", "/api/ship/team-rules", body);
    assert_int_equal(a->status, 201);
    keep(rule, json_text(a->json, "ruleId"));
}

static inline void emit(const char *from, const char *to, bool muted, bool dry_run)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "shipmentId", shipment);
    json_set_text(d, "from", from);
    json_set_text(d, "to", to);
    json_set_text(d, "occurredAt", "2026-05-12T08:04:00Z");
    json_set_bool(d, "muted", muted);
    json_set_bool(d, "dryRun", dry_run);
    db_begin(c->db, pg_tenant());
    assert_int_equal(event_emit(c, SHIPMENT_STATUS_CHANGED, "shipment", shipment, d), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static inline void dispatch(void)
{
    int n;
    c->tenant_id = pg_tenant();
    assert_int_equal(events_dispatch(c, domains, &n), OK);
}

static inline void changed(const char *to)
{
    emit("in_transit", to, false, false);
    dispatch();
}

static inline void go(void)
{
    static const int never;
    jobs_work(pg_app(), c->db, &never, true);
}

static inline void later(void)
{
    (void)pg_sql("update jobs set run_at = now() where kind = 'notify.team' and state = 'ready' "
                 "returning id");
    (void)pg_sql("delete from circuit_breakers");
    go();
}

static inline long long jobs(void)
{
    return pg_int("select count(*) from jobs where kind = 'notify.team'");
}

static inline const char *state_of(void)
{
    return pg_sql("select state from team_messages where id = " LAST);
}

static inline void assert_switched_off(const char *why)
{
    assert_string_equal(state_of(), "failed");
    assert_string_equal(pg_sql("select enabled::text from team_rules where id = '%s'", rule),
                        "false");
    assert_non_null(
        strstr(pg_sql("select disabled_why from team_rules where id = '%s'", rule), why));
    assert_int_equal(pg_int("select count(*) from audit_history where action = "
                            "'team_rule.disabled' and entity_id = '%s'",
                            rule),
                     1);
    assert_int_equal(jobs(), 0);
}

/* Starts it all, and runs the tests. */
static inline int run_telling(const char *name, const struct CMUnitTest *tests, size_t n)
{
    pg_start(name);
    c = pg_ctx("track_worker");
    owner = pg_ctx("track_owner");
    folder = arena_printf(c->arena, "%s/mail", pg_settings()->store_dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    slack_port = sim_start("slack.mjs", NULL, NULL);
    smtp_port = sim_start("smtp.mjs", "none", folder);
    if (!slack_port || !smtp_port) {
        printf("%s: skipped, no simulators (npm ci in tests)\n", name);
        return pg_end(77);
    }
    pg_settings()->egress_allow =
        arena_printf(c->arena, "127.0.0.1:%d,127.0.0.1:%d", slack_port, smtp_port);
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", slack_port);
    pg_app()->http = http_new(pg_app(), c->arena);
    account(hook_account, "slack", "{}",
            arena_printf(c->arena, "{\"webhookUrl\":\"%s/services/T0/B0/TEAMSECRET\"}", sim));
    account(
        bot_account, "slack",
        arena_printf(c->arena, "{\"endpoint\":\"%s/api/\",\"channel\":\"C-of-the-account\"}", sim),
        "{\"botToken\":\"" TOKEN "\"}");
    account(webhook_account, "webhook", arena_printf(c->arena, "{\"url\":\"%s/hook/team\"}", sim),
            "{\"secret\":\"" SECRET "\",\"oldSecret\":\"" OLD "\"}");
    account(mail_account, "smtp",
            arena_printf(c->arena,
                         "{\"host\":\"127.0.0.1\",\"port\":\"%d\",\"security\":\"none\",\"from\":"
                         "\"track@example.com\"}",
                         smtp_port),
            "{}");
    call_start(domains);
    call_session(&admin, "admin");
    int failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
