/* The ground of the tests of Ship24: the simulated one, an account there, shipments to be tracked.
 */
#pragma once

#include "pg/parcels.h"
#include "pg/sim.h"

#include "access/private.h"
#include "base/domain.h"
#include "base/settings.h"
#include "ship/carrier_account.h"
#include "ship/code.h"
#include "ship/tracker.h"
#include "web/domain.h"

#define KEY "simulated-key-of-ship24-0001"

static struct ctx *c;
static const char *sim;
static char account[40];

static inline struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

static inline void faults(const char *which)
{
    control("faults", "{\"throttle\":0,\"throttleLeft\":0,\"throttleAt\":0,\"throttleBare\":0,"
                      "\"fail\":0,\"forbid\":0,\"late\":0,\"drop\":0,\"hang\":0,\"garbage\":0,"
                      "\"html\":0,\"refuse\":0,\"forget\":0,\"turn\":0,\"slow\":0}");
    if (which)
        control("faults", which);
}

static inline int calls(const char *which)
{
    return json_object_get_int(json_get(json_get(control("state", NULL), "calls"), which));
}

/* How many trackers there are of a number. */
static inline int there(const char *number)
{
    char body[80];
    snprintf(body, sizeof(body), "{\"number\": \"%s\"}", number);
    return json_object_get_int(json_get(control("count", body), "n"));
}

static inline void add_account(void)
{
    const char *id;
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "endpoint", arena_printf(c->arena, "%s/public/v1/", sim));
    json_set_text(secrets, "apiKey", KEY);
    json_set_text(secrets, "webhookSecret", "secret-of-ship24");
    db_begin(owner->db, pg_tenant());
    assert_int_equal(
        db_end(owner->db, provider_add(owner, "ship24", "Ship24", settings, secrets, &id)), OK);
    keep(account, id);
}

static inline int fresh(void **state)
{
    (void)state;
    (void)pg_sql("delete from circuit_breakers");
    (void)pg_sql("delete from jobs where kind like 'ship.%%'");
    faults(NULL);
    return 0;
}

static inline void add_shipment(char *id, const char *number)
{
    keep(id, pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token) "
                    "values ('%s', 'dhl', '%s', 'token-' || gen_random_uuid()) returning id",
                    pg_tenant(), number));
}

static inline const struct answer *want(const char *id)
{
    return at(&agent, "POST", id, "/tracker", "{}");
}

static inline void work_now(void)
{
    static const int never;
    (void)pg_sql("delete from circuit_breakers");
    (void)pg_sql("update jobs set run_at = now() where state = 'ready' returning id");
    jobs_work(pg_app(), c->db, &never, true);
}

static inline const char *state_of(const char *id)
{
    return pg_sql("select state from trackers where shipment_id = '%s'", id);
}

/* Lets jobs run until it is not wanted any more. */
static inline const char *settled(const char *id)
{
    for (int i = 0; i < 8; i++) {
        if (strcmp(state_of(id), "wanted") != 0)
            break;
        work_now();
    }
    return state_of(id);
}

static inline void due(void)
{
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', 'ship.trackers') returning id");
    work_now();
    work_now();
}

static inline void start(const char *name)
{
    pg_start(name);
    call_start(domains);
    parcels_setup();
    c = pg_ctx("track_worker");
    int port = sim_start("ship24.mjs", NULL, NULL);
    assert_int_not_equal(port, 0);
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->egress_allow = sim + strlen("http://");
    pg_settings()->carrier_dry_run = false;
    pg_app()->http = http_new(pg_app(), c->arena);
    add_account();
}
