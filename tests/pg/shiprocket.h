/* The ground of the tests of Shiprocket: the simulated one, an account there, parcels handed over.
 */
#pragma once

#include "pg/parcels.h"
#include "pg/sim.h"

#include "access/private.h"
#include "base/crypto.h"
#include "base/domain.h"
#include "base/settings.h"
#include "carriers/carrier.h"
#include "ship/delivery.h"

#define EMAIL "api-user@shop.example"
#define PASSWORD "simulated-password-0001"
#define PARCEL                                                                                     \
    "\"weightGrams\": 1200, \"lengthMm\": 250, \"breadthMm\": 180, \"heightMm\": 160, "            \
    "\"pickupLocation\": \"Main\""

static struct ctx *c;
static const char *sim;
static char account[40];

static inline struct json_object *control(const char *what, const char *body)
{
    return sim_control(c, sim, what, body);
}

static inline int told(const char *what)
{
    return json_object_get_int(json_get(control("state", NULL), what));
}

/* Secrets as they are given, settings beside the endpoint and the e-mail. */
static inline void set_account(const char *settings, const char *secrets)
{
    const char *why;
    struct provider_change change = { .name = NULL };
    assert_int_equal(
        json_parse(c->arena, str_of(settings), &json_request_limits, &change.settings, &why), OK);
    assert_int_equal(
        json_parse(c->arena, str_of(secrets), &json_request_limits, &change.secrets, &why), OK);
    struct ctx *owner = pg_ctx("track_owner");
    db_begin(owner->db, pg_tenant());
    assert_int_equal(db_end(owner->db, provider_change(owner, account, &change)), OK);
}

/* Its id, in `to`. */
static inline void add_account(const char *name, char *to)
{
    const char *id;
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "endpoint", arena_printf(c->arena, "%s/", sim));
    json_set_text(settings, "email", EMAIL);
    json_set_text(secrets, "password", PASSWORD);
    json_set_text(secrets, "webhookSecret", "secret-of-the-panel");
    db_begin(owner->db, pg_tenant());
    assert_int_equal(
        db_end(owner->db, provider_add(owner, "shiprocket", name, settings, secrets, &id)), OK);
    keep(to, id);
}

/* No fault strikes, and nobody has signed in. */
static inline int fresh(void **state)
{
    static const char none[] =
        "{\"skip\":0,\"throttle\":0,\"throttleBare\":0,\"fail\":0,\"bare\":0,\"late\":0,\"drop\":0,"
        "\"hang\":0,\"garbage\":0,\"html\":0,\"garbageList\":0,\"lateList\":0,\"goneList\":0,"
        "\"sameReturns\":0,\"loginFail\":0,\"loginThrottle\":0,"
        "\"slow\":0,\"loginSlow\":0,\"retryAfter\":2,\"fileGone\":0,\"fileHtml\":0}";
    (void)state;
    pg_sql("delete from circuit_breakers");
    pg_sql("delete from jobs where kind like 'ship.%%'");
    pg_sql("delete from carrier_tokens");
    control("faults", none);
    return 0;
}

/* What is needed to call the carrier by itself. */
static inline struct carrier_call *calling(struct ctx *by)
{
    struct provider_account a;
    struct carrier_call *call = arena_new_of(by->arena, struct carrier_call);
    struct channel_account *at = arena_new_of(by->arena, struct channel_account);
    db_begin_reading(by->db, pg_tenant());
    assert_int_equal(db_end(by->db, provider_get(by, account, &a)), OK);
    *at = (struct channel_account){
        .id = a.id, .provider = a.provider, .settings = a.settings, .secrets = a.secrets
    };
    *call = (struct carrier_call){ .c = by, .account = at, .entity = "delivery:of-a-test" };
    return call;
}

/* ---- deliveries ---- */

static inline const char *deliver(const char *order, const char *more)
{
    char path[120], body[400];
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
    snprintf(body, sizeof(body), "{" PARCEL "%s}", more);
    const struct answer *a = ask(&agent, "POST", path, body);
    assert_int_equal(a->status, 202);
    return arena_strdup(c->arena, json_text(a->json, "deliveryId"));
}

static inline struct json_object *delivery(const char *id)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/deliveries/%s", id);
    const struct answer *a = ask(&viewer, "GET", path, NULL);
    assert_int_equal(a->status, 200);
    return json_own(c->arena, json_object_get(a->json));
}

static inline void work_now(void)
{
    static const int never;
    static struct ctx *worker;
    worker = worker ? worker : pg_ctx("track_worker");
    (void)pg_sql("update jobs set run_at = now() where kind like 'ship.%%' and state = 'ready' "
                 "returning id");
    jobs_work(pg_app(), worker->db, &never, true);
}

/* Lets time pass until it is saved, has failed or was cancelled. */
static inline struct json_object *ended(const char *id)
{
    for (int i = 0; i < 12; i++) {
        work_now();
        pg_clock_shift(2500 * (i + 1));
        const char *state = json_text(delivery(id), "state");
        if (strcmp(state, "running") != 0 && strcmp(state, "waiting") != 0)
            break;
        pg_sql("delete from circuit_breakers");
    }
    pg_clock_shift(0);
    return delivery(id);
}

/* A shipment that Shiprocket took on; its number is answered. */
static inline const char *shipped(char *shipment)
{
    char order[40], po[40];
    order_new(order, po);
    struct json_object *d = ended(deliver(order, ""));
    assert_string_equal(json_text(d, "state"), "saved");
    keep(shipment, json_text(d, "shipmentId"));
    return json_text(d, "trackingNumber");
}

static inline void start(const char *name)
{
    pg_start(name);
    call_start(domains);
    parcels_setup();
    c = pg_ctx("track_worker");
    int port = sim_start("shiprocket.mjs", NULL, NULL);
    assert_int_not_equal(port, 0);
    sim = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    pg_settings()->egress_allow = sim + strlen("http://");
    pg_settings()->carrier_dry_run = false;
    pg_settings()->delivery_settle_seconds = 1;
    pg_app()->http = http_new(pg_app(), c->arena);
    add_account("Shiprocket", account);
}
