/* The ground of the tests of Knock: a simulated one beside Front, a shipment to tell of, and calls
   of its webhook channel. */
#pragma once

#include "pg/notifying.h"

#include "base/crypto.h"
#include "inbox/intake.h"
#include "notify/knock.h"

#define KEY "sk_simulated_knock_0001"
#define SECRET "simulated-knock-signing-0001"
#define OWN_SECRET "signing-of-the-tenant-0002"

static const char *knock;
static struct intake *intake;
static struct ctx *web;

/* ---- the simulated Knock ---- */

static inline struct json_object *at_knock(const char *what, const char *body)
{
    return sim_control(c, knock, what, body);
}

/* Runs about the shipment at hand, and the last of them. */
static inline int runs(struct json_object **last)
{
    int n = 0;
    struct json_object *all = json_get(at_knock("state", NULL), "runs");
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        struct json_object *data = json_get(json_get(one, "request"), "data");
        if (strcmp(json_text(data, "shipmentId"), shipment) != 0)
            continue;
        n++;
        if (last)
            *last = one;
    }
    return n;
}

static inline long long counted(const char *name)
{
    return json_object_get_int64(json_get(at_knock("state", NULL), name));
}

/* ---- arranging ---- */

static inline int begin(void **state)
{
    static const char none[] =
        "{\"throttle\":0,\"throttleBare\":0,\"deny\":0,\"missing\":0,\"fail\":0,\"late\":0,"
        "\"drop\":0,\"hang\":0,\"garbage\":0,\"slow\":0,\"retryAfterMs\":1500}";
    (void)pg_sql("delete from provider_accounts where provider = '" KNOCK "' returning id");
    (void)pg_sql("delete from jobs where kind in ('" KNOCK_JOB "', '" KNOCK_SWEEP_JOB
                 "', 'inbox.process') returning id");
    (void)pg_sql("update customer_notifications set state = 'failed' where state in ('asked', "
                 "'queued', 'sending') returning id");
    at_knock("faults", none);
    pg_settings()->knock_api_key = KEY;
    pg_settings()->knock_webhook_secret = SECRET;
    pg_settings()->knock_url = knock;
    intake = intake_new(web->app, web->arena, web->db, domains); /* knows no accounts of before */
    return fresh(state);
}

static inline const char *own(const char *endpoint, const char *key, const char *secret)
{
    const char *id = NULL;
    struct ctx *owner = pg_ctx("track_owner");
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "endpoint", endpoint);
    if (key)
        json_set_text(secrets, "apiKey", key);
    if (secret)
        json_set_text(secrets, "webhookSecret", secret);
    owner->problem.n = 0;
    db_begin(owner->db, pg_tenant());
    enum err e = db_end(owner->db, provider_add(owner, KNOCK, "Own", settings, secrets, &id));
    if (e != OK)
        assert_string_equal(owner->problem.faults[0].message, "is missing");
    return e == OK ? arena_strdup(c->arena, id) : NULL;
}

static inline const char *of_row(const char *column)
{
    const char *text =
        pg_sql("select %s::text from customer_notifications where id = " LAST, column);
    return text ? arena_strdup(c->arena, text) : NULL;
}

static inline const char *signature(const char *secret, const char *body, int64_t at_ms)
{
    unsigned char mac[SHA256_SIZE];
    const char *text = arena_printf(c->arena, "%lld.%s", (long long)at_ms, body);
    hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
    return arena_printf(c->arena, "t=%lld,s=%s", (long long)at_ms,
                        base64(c->arena, mac, sizeof(mac)));
}

/* The body that the published template makes, near enough. */
static inline const char *call_of(const char *id, const char *tenant, const char *run)
{
    return arena_printf(c->arena,
                        "{\"v\":1,\"source\":\"knock\",\"type\":\"notification.requested\","
                        "\"workflow_run_id\":\"%s\",\"data\":{\"notificationId\":\"%s\","
                        "\"tenantId\":\"%s\",\"type\":\"shipped\"}}",
                        run, id, tenant);
}

static inline const struct delivery *deliver(const char *header, const char *body)
{
    struct delivery *d = arena_new_of(c->arena, struct delivery);
    const char **headers = arena_zalloc(c->arena, 3, sizeof(*headers));
    headers[0] = "x-webhook-signature";
    headers[1] = header;
    d->request = (struct hook_request){ .app = web->app,
                                        .arena = c->arena,
                                        .path = KNOCK_HOOK_PATH,
                                        .query_string = "",
                                        .method = "POST",
                                        .body = str_of(body),
                                        .headers = headers,
                                        .now_ms = web->app->now_ms(web->app) };
    intake_take(intake, web->arena, &d, 1);
    return d;
}

static inline int posted_by(const char *secret, const char *body)
{
    return deliver(signature(secret, body, web->app->now_ms(web->app)), body)->answer.status;
}

/* Knock says to tell the last one. */
static inline void call_back(void)
{
    assert_int_equal(posted_by(SECRET, call_of(of_row("id"), pg_tenant(), "run")), 200);
}

static inline void now(void)
{
    later();
    (void)pg_sql("update jobs set run_at = now() where kind in ('" KNOCK_JOB
                 "', 'inbox.process') and state = 'ready' returning id");
    go();
}

static inline void sweep_now(void)
{
    (void)pg_sql("insert into jobs (queue, kind) values ('ship', '" KNOCK_SWEEP_JOB
                 "') returning id");
    go();
}

static inline long long asking(void)
{
    return pg_int("select count(*) from jobs where kind = '" KNOCK_JOB "'");
}

static inline long long inboxed(const char *state)
{
    return pg_int("select count(*) from inbox where provider = '" KNOCK "' and dedupe_key = "
                  "'call:%s' and state = '%s'",
                  of_row("id"), state);
}

static inline void assert_asked(void)
{
    assert_string_equal(state_of(), "asked");
    assert_string_equal(of_row("orchestrator"), "knock");
    assert_non_null(of_row("asked_at"));
    assert_null(of_row("ask_body"));
    assert_null(of_row("ask_error"));
    assert_int_equal(runs(NULL), 1);
    assert_int_equal(told(), 0);
    assert_int_equal(asking() + jobs(), 0);
}

/* Starts it all, and runs the tests. */
static inline int run_knocking(const char *name, const struct CMUnitTest *tests, size_t n)
{
    pg_start(name);
    c = pg_ctx("track_worker");
    web = pg_ctx("track_web");
    int front = sim_start("front.mjs", NULL, NULL), port = sim_start("knock.mjs", NULL, NULL);
    if (!front || !port) {
        printf("%s: skipped, node does not run\n", name);
        return pg_end(77);
    }
    setup(front);
    pg_settings()->egress_allow =
        arena_printf(c->arena, "127.0.0.1:1,127.0.0.1:%d,127.0.0.1:%d", front, port);
    knock = arena_printf(c->arena, "http://127.0.0.1:%d", port);
    int failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
