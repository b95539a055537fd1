/* The ground of the tests of telling customers: a simulated Front, and a shipment of an order whose
   conversation is linked. */
#pragma once

#include "pg/asking.h"
#include "pg/sim.h"

#include "access/private.h"
#include "base/json.h"
#include "events/events.h"
#include "http/http.h"
#include "notify/customer.h"
#include "ship/ship.h"
#include "ship/thread.h"

#include <string.h>

#define TOKEN "simulated-front-token-0001"
#define LAST "(select id from customer_notifications order by id desc limit 1)"

static struct ctx *c;
static const char *sim;
static char shipment[40], order[40], purchase[40], account[40], conversation[40];

/* ---- the simulated Front ---- */

static inline struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

/* How often somebody was told in a conversation, and what at last. */
static inline int posted(const char *where, struct json_object **last)
{
    int n = 0;
    struct json_object *all = json_get(control("state", NULL), "posted");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        if (strcmp(json_text(one, "conversation"), where) != 0)
            continue;
        if (last)
            *last = one;
        n++;
    }
    return n;
}

static inline int told(void)
{
    return posted(conversation, NULL);
}

/* ---- arranging ---- */

/* A shipment of an order in a conversation that nobody has named yet. */
static inline int fresh(void **state)
{
    static int n;
    static const char none[] =
        "{\"throttle\":0,\"throttleBare\":0,\"exhausted\":0,\"deny\":0,\"fail\":0,\"late\":0,"
        "\"garbageList\":0,\"drop\":0,\"hang\":0,\"garbage\":0,\"html\":0,\"slow\":0,\"appears\":"
        "0}";
    (void)state;
    char customer[40];
    (void)pg_sql("delete from jobs where kind = '" NOTICE_JOB "' returning id");
    (void)pg_sql("delete from circuit_breakers");
    (void)pg_sql("delete from send_slots returning next_at");
    (void)pg_sql("update provider_accounts set enabled = true returning id");
    control("faults", none);
    snprintf(conversation, sizeof(conversation), "cnv_notify%d", ++n);
    keep(customer, pg_sql("insert into customers (tenant_id, name, language) values ('%s', 'Ada', "
                          "'de') returning id",
                          pg_tenant()));
    keep(order,
         pg_sql("insert into orders (tenant_id, number, customer_id, recipient_name, country, "
                "front_conversation_id, thread_status) values ('%s', 'N-%d', '%s', 'Ada *Lovelace* "
                "<b>', 'CH', '%s', 'manually_linked') returning id",
                pg_tenant(), n, customer, conversation));
    keep(purchase, pg_sql("insert into purchase_orders (tenant_id, number, order_id) values ('%s', "
                          "'P-%d', '%s') returning id",
                          pg_tenant(), n, order));
    keep(shipment,
         pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, carrier_name, "
                "tracking_number, public_token) values ('%s', '%s', 'post', 'Die Post', 'T%d', "
                "'token-of-the-shipment-%d') returning id",
                pg_tenant(), purchase, n, n));
    return 0;
}

static inline void emit(const char *from, const char *to, bool muted, bool dry_run)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "shipmentId", shipment);
    json_set_text(d, "from", from);
    json_set_text(d, "to", to);
    json_set_bool(d, "muted", muted);
    json_set_bool(d, "dryRun", dry_run);
    db_begin(c->db, pg_tenant());
    assert_int_equal(event_emit(c, SHIPMENT_STATUS_CHANGED, "shipment", shipment, d), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static inline int dispatch_as(struct ctx *by)
{
    int n;
    by->tenant_id = pg_tenant();
    assert_int_equal(events_dispatch(by, domains, &n), OK);
    return n;
}

/* As the web does it, for a cron. */
static inline int dispatch_on_the_web(void)
{
    static struct ctx *web;
    if (!web)
        web = pg_ctx("track_web");
    return dispatch_as(web);
}

static inline int dispatch(void)
{
    return dispatch_as(c);
}

/* All jobs that are due, and no more. */
static inline void go(void)
{
    static const int never;
    jobs_work(pg_app(), c->db, &never, true);
}

static inline void ship(void)
{
    emit("pending", "in_transit", false, false);
    assert_int_equal(dispatch(), 1);
}

/* What waits is due, and what was tried has rested. */
static inline void later(void)
{
    (void)pg_sql("update jobs set run_at = now() where kind = '" NOTICE_JOB "' and state = 'ready' "
                 "returning id");
    (void)pg_sql("update customer_notifications set tried_at = tried_at - interval '1 hour' where "
                 "state = 'sending' returning id");
    (void)pg_sql("delete from send_slots returning next_at");
    (void)pg_sql("delete from circuit_breakers");
}

static inline const char *state_of(void)
{
    return pg_sql(
        "select concat_ws(' ', state, reason) from customer_notifications where id = " LAST);
}

static inline long long audited(const char *action)
{
    return pg_int("select count(*) from audit_history where action = 'notification.%s' and "
                  "entity_type = 'shipment' and entity_id = '%s'",
                  action, shipment);
}

static inline long long on_timeline(const char *type)
{
    return pg_int("select count(*) from shipment_events where shipment_id = '%s' and type = '%s'",
                  shipment, type);
}

static inline long long jobs(void)
{
    return pg_int("select count(*) from jobs where kind = '" NOTICE_JOB "'");
}

/* Once, and it stands everywhere. */
static inline void assert_told_once(void)
{
    assert_string_equal(state_of(), "sent");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("sent"), 1);
    assert_int_equal(audited("failed"), 0);
    assert_int_equal(on_timeline("NOTIFIED"), 1);
    assert_int_equal(jobs(), 0);
}

/* The same, whose order is linked to none. */
static inline int fresh_unlinked(void **state)
{
    (void)fresh(state);
    control("faults", "{\"lost\":0}");
    (void)pg_sql("update orders set thread_status = 'unmatched', front_conversation_id = null "
                 "where id = '%s' returning id",
                 order);
    return 0;
}

/* From one status to another, decided at once. */
static inline void move(const char *from, const char *to)
{
    (void)pg_sql("update shipments set status = '%s', status_at = now() where id = '%s' returning "
                 "id",
                 to, shipment);
    emit(from, to, false, false);
    assert_int_equal(dispatch(), 1);
}

static inline void link_to(const char *where)
{
    db_begin(c->db, pg_tenant());
    assert_int_equal(thread_link(c, order, where), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static inline void unlink_it(void)
{
    db_begin(c->db, pg_tenant());
    assert_int_equal(thread_unlink(c, order), OK);
    assert_int_equal(db_commit(c->db), OK);
}

/* Of the shipment's notices, by their order: "shipped superseded moved_on, delivered sent". */
static inline const char *all_states(void)
{
    return pg_sql("select string_agg(concat_ws(' ', type, state, reason), ', ' order by id) from "
                  "customer_notifications where shipment_id = '%s'",
                  shipment);
}

static inline void link_and_tell(void)
{
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    go();
}

static inline void setup(int port)
{
    pg_settings()->egress_allow = arena_printf(c->arena, "127.0.0.1:%d", port);
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->notify_settle_seconds = 60;
    pg_app()->http = http_new(pg_app(), c->arena);
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "endpoint", sim);
    json_set_text(settings, "ratePerMinute", "0");
    json_set_text(secrets, "apiToken", TOKEN);
    const char *id;
    struct ctx *owner = pg_ctx("track_owner");
    db_begin(owner->db, pg_tenant());
    assert_int_equal(provider_add(owner, "front", "Front", settings, secrets, &id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    keep(account, id);
    call_start(domains);
}

/* Starts it all, and runs the tests. */
static inline int run_notifying(const char *name, const struct CMUnitTest *tests, size_t n)
{
    pg_start(name);
    c = pg_ctx("track_worker");
    int port = sim_start("front.mjs", NULL, NULL);
    if (!port) {
        printf("%s: skipped, node does not run\n", name);
        return pg_end(77);
    }
    setup(port);
    int failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
