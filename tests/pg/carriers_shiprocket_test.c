/* Deliveries through a simulated Shiprocket: one token for all processes, and under every fault one
   order, one number, one pickup. */
#include "pg/shiprocket.h"

#include "carriers/token.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 8

/* ---- signing in ---- */

static enum err look_up(struct ctx *by, struct carrier_result *out)
{
    const struct parcel p = { .our_ref = "nobody-has-this" };
    return carrier_shiprocket.find(calling(by), &p, out);
}

/* Each in a process of its own, as soon as all are there. */
static void look_up_at_once(void)
{
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            struct carrier_result out;
            struct ctx *by = pg_ctx("track_worker");
            pg_app()->http = http_new(pg_app(), by->arena);
            _exit(look_up(by, &out) == ERR_NOT_FOUND ? 0 : 1);
        }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

static void of_many_processes_one_signs_in(void **state)
{
    (void)state;
    int before = told("logins");
    control("faults", "{\"loginSlow\":400}");
    look_up_at_once();
    assert_int_equal(told("logins"), before + 1);
    look_up_at_once();
    assert_int_equal(told("logins"), before + 1);
}

static void a_storm_of_refusals_renews_it_once(void **state)
{
    struct carrier_result out;
    (void)state;
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    int before = told("logins");
    control("expire", "{}");
    control("faults", "{\"loginSlow\":400}");
    look_up_at_once();
    assert_int_equal(told("logins"), before + 1);
    assert_int_equal(pg_int("select version from carrier_tokens"), 2);
}

static void age(const char *days)
{
    pg_sql("update carrier_tokens set made_at = now() - interval '%s days' returning version",
           days);
}

static void it_is_renewed_on_the_ninth_day(void **state)
{
    struct carrier_result out;
    (void)state;
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    int before = told("logins");
    age("8.9");
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    assert_int_equal(told("logins"), before);
    age("9.1");
    control("faults", "{\"loginFail\":1}");
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND); /* the old one still works */
    assert_int_equal(told("logins"), before + 1);
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    assert_int_equal(told("logins"), before + 2);
    assert_int_equal(pg_int("select version from carrier_tokens"), 2);
    age("10.1");
    control("faults", "{\"loginFail\":3}");
    assert_int_equal(look_up(c, &out), ERR_RETRY);
    assert_false(out.unknown);
    assert_non_null(out.sentence);
}

static void wrong_credentials_are_tried_once(void **state)
{
    struct carrier_result out;
    (void)state;
    int before = told("logins");
    set_account("{}", "{\"password\": \"another\"}");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(look_up(c, &out), ERR_DENIED);
        assert_non_null(strstr(out.sentence, "e-mail and password"));
    }
    assert_int_equal(told("logins"), before + 1);
    set_account("{}", "{\"password\": \"" PASSWORD "\"}");
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    assert_int_equal(told("logins"), before + 2);
}

/* ---- two processes and one token ---- */

static int calls;
static enum err answer;

static enum err give(struct ctx *by, const struct channel_account *of, const char **token,
                     struct token_fault *fault)
{
    (void)by, (void)of;
    calls++;
    *token = "a-token";
    *fault = (struct token_fault){ .sentence = "Of a test." };
    return answer;
}

/* Another process has its token refused while this one signs in, in vain. */
static enum err refused_meanwhile(struct ctx *by, const struct channel_account *of,
                                  const char **token, struct token_fault *fault)
{
    assert_int_equal(carrier_token_refused(by, of, 1), OK);
    return give(by, of, token, fault);
}

static enum err token_with(struct ctx *by, const char *credentials, int64_t renew_seconds,
                           enum err (*make)(struct ctx *, const struct channel_account *,
                                            const char **, struct token_fault *))
{
    struct carrier_token token;
    struct token_fault fault;
    const struct token_source source = { credentials, renew_seconds, 1000, make };
    return carrier_token_get(by, calling(by)->account, &source, &token, &fault);
}

/* Who still has the password of before is denied; the token of the new one stays. */
static void a_denial_is_of_its_credentials_alone(void **state)
{
    (void)state;
    answer = OK;
    assert_int_equal(token_with(c, "new", 1000, give), OK);
    answer = ERR_DENIED;
    assert_int_equal(token_with(c, "old", 1000, give), ERR_DENIED);
    calls = 0;
    assert_int_equal(token_with(c, "new", 1000, give), OK);
    assert_int_equal(token_with(c, "old", 1000, give), ERR_DENIED);
    assert_int_equal(calls, 0);
    assert_int_equal(pg_int("select version from carrier_tokens"), 1);
}

static void a_token_refused_meanwhile_is_not_used_again(void **state)
{
    (void)state;
    answer = OK;
    assert_int_equal(token_with(c, "same", 1000, give), OK);
    answer = ERR_RETRY;
    assert_int_equal(token_with(c, "same", 0, refused_meanwhile), ERR_RETRY);
    answer = OK;
    assert_int_equal(token_with(c, "same", 1000, give), OK);
    answer = ERR_RETRY;
    assert_int_equal(token_with(c, "same", 0, give), OK); /* the old one still works */
}

/* It has read that nobody was denied, and waits for its turn; meanwhile somebody was. */
static void who_waited_for_a_denial_does_not_sign_in(void **state)
{
    int status;
    (void)state;
    const char *tag = tag_make(pg_app(), c->arena, "carrier token", "wrong");
    pg_sql("insert into carrier_tokens (tenant_id, account_id) values ('%s', '%s') returning 1",
           pg_tenant(), account);
    pg_sql("begin");
    pg_sql("update carrier_tokens set denied_until = now() + interval '1 minute', "
           "denied_sentence = 'Refused.', denied_credentials = '%s' returning 1",
           tag);
    calls = 0;
    answer = ERR_DENIED;
    pid_t child = fork();
    if (child == 0) {
        enum err e = token_with(pg_ctx("track_worker"), "wrong", 1000, give);
        _exit(e == ERR_DENIED && calls == 0 ? 0 : 1);
    }
    while (pg_int("select count(*) from pg_locks where not granted") == 0)
        poll(NULL, 0, 10);
    pg_sql("commit");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void the_password_may_be_in_a_file(void **state)
{
    struct carrier_result out;
    (void)state;
    char folder[] = "/tmp/track-credentials.XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(c->arena, "%s/panel", folder);
    pg_settings()->credentials_dir = folder;
    set_account("{\"passwordFile\": \"panel\"}", "{\"password\": \"\"}");
    assert_int_equal(look_up(c, &out), ERR_DENIED);
    assert_non_null(strstr(out.sentence, "cannot be read"));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(PASSWORD "\n", f);
    fclose(f);
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    set_account("{\"passwordFile\": \"\"}", "{\"password\": \"" PASSWORD "\"}");
    pg_settings()->credentials_dir = "";
    unlink(path);
    rmdir(folder);
}

/* ---- deliveries ---- */

static struct json_object *order_of(const char *our_ref, int *n)
{
    struct json_object *found = NULL, *all = json_get(control("state", NULL), "orders");
    *n = 0;
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *one = json_object_array_get_idx(all, i);
        if (strcmp(json_text(one, "channel_order_id"), our_ref) == 0) {
            found = one;
            ++*n;
        }
    }
    return found;
}

static void assert_done_once(struct json_object *d)
{
    int n;
    assert_string_equal(json_text(d, "state"), "saved");
    struct json_object *order = order_of(json_text(d, "ourRef"), &n);
    assert_int_equal(n, 1);
    assert_string_equal(json_text(order, "awb"), json_text(d, "trackingNumber"));
    assert_non_null(json_text(order, "pickup_token"));
}

static void a_delivery_runs_through(void **state)
{
    char order[40], po[40];
    (void)state;
    order_new(order, po);
    const char *id = deliver(order, ", \"pickupOn\": \"2026-05-12\"");
    struct json_object *d = ended(id);
    assert_done_once(d);
    assert_false(json_object_get_boolean(json_get(d, "dryRun")));
    assert_string_equal(json_text(d, "pickupOn"), "2026-05-12 09:00:00");
    const char *shipment = json_text(d, "shipmentId");
    assert_chained(shipment);
    assert_string_equal(
        pg_sql("select status || ' ' || dry_run from shipments where id = '%s'", shipment),
        "info_received false");
    assert_string_equal(
        pg_sql("select our_ref || ' ' || carrier_order_id from carrier_parcels "
               "where shipment_id = '%s' and account_id = '%s'",
               shipment, account),
        arena_printf(c->arena, "%s %s", json_text(d, "ourRef"), json_text(d, "carrierOrderId")));
    assert_int_equal(pg_int("select count(*) from http_calls where entity = 'delivery:%s'", id), 3);
}

/* Neither the password nor a token is kept anywhere in the clear. */
static const struct answer *deliver_by(const char *order, const char *more)
{
    char path[120], body[400];
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
    snprintf(body, sizeof(body), "{" PARCEL "%s}", more);
    return ask(&agent, "POST", path, body);
}

/* Of two accounts the one that is named; of one alone the first. */
static void the_account_may_be_chosen(void **state)
{
    (void)state;
    char order[40], po[40], id[40], second[40], off[40], other[40];
    add_account("Second", second);
    add_account("Off", off);
    add_account("Of another provider", other);
    pg_sql("update provider_accounts set enabled = false where id = '%s' returning 1", off);
    pg_sql("update provider_accounts set provider = 'generic' where id = '%s' returning 1", other);
    const char *with = arena_printf(c->arena, ", \"accountId\": \"%s\"", second);
    order_new(order, po);
    const char *const wrong[][2] = {
        { off, "no account here that is on" },
        { "0198c000-0000-7000-8000-000000000000", "no account here that is on" },
        { other, "takes no parcels on" },
        { "second", "accountId" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct answer *a =
            deliver_by(order, arena_printf(c->arena, ", \"accountId\": \"%s\"", wrong[i][0]));
        assert_int_equal(a->status, 422);
        assert_non_null(strstr(a->body, "accountId"));
        assert_non_null(strstr(a->body, wrong[i][1]));
    }
    const struct answer *a = deliver_by(
        order,
        arena_printf(c->arena, ", \"carrier\": \"shiprocket\", \"accountId\": \"%s\"", other));
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "is of an account at"));
    a = deliver_by(order, with);
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "accountId"), second);
    assert_string_equal(json_text(a->json, "accountName"), "Second");
    assert_string_equal(json_text(a->json, "carrier"), "shiprocket");
    keep(id, json_text(a->json, "deliveryId"));
    char path[120];
    snprintf(path, sizeof(path), "/orders/%s", order);
    assert_non_null(strstr(ask(&agent, "GET", path, NULL)->body, "<option value=\"\">The first"));
    /* It is off when it is to be called: no other one is. */
    pg_sql("update provider_accounts set enabled = false where id = '%s' returning 1", second);
    assert_string_equal(json_text(ended(id), "state"), "failed");
    pg_sql("update provider_accounts set enabled = false where id = '%s' returning 1", other);
    assert_int_equal(deliver_by(order, with)->status, 202); /* alike: it goes on */
    assert_int_equal(deliver_by(order, "")->status, 409);
    a = ask(&agent, "GET", path, NULL);
    assert_null(strstr(a->body, "The first added</option>"));
    pg_sql("update provider_accounts set enabled = true where id = '%s' returning 1", second);
    assert_string_equal(json_text(ended(id), "state"), "saved");
    assert_string_equal(pg_sql("select p.account_id from carrier_parcels p join "
                               "delivery_reservations r on r.shipment_id = p.shipment_id where "
                               "r.id = '%s'",
                               id),
                        second);
    pg_sql("update provider_accounts set enabled = false where id = '%s' returning 1", second);
}

static void what_is_secret_stays_so(void **state)
{
    (void)state;
    struct carrier_result out;
    assert_int_equal(look_up(c, &out), ERR_NOT_FOUND);
    assert_true(pg_int("select count(*) from http_calls where provider = 'shiprocket.login'") > 0);
    assert_int_equal(
        pg_int("select count(*) from http_calls where http_calls::text like '%%" PASSWORD
               "%%' or http_calls::text like '%%eyJ%%'"),
        0);
    assert_int_equal(pg_int("select count(*) from carrier_tokens where carrier_tokens::text like "
                            "'%%eyJ%%' or carrier_tokens::text like '%%" PASSWORD "%%'"),
                     0);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'shiprocket' and url "
                            "like '%%/orders?search%%' and response like '%%channel_order_id%%'"),
                     0);
}

/* How often a fault has still to strike. */
static int left_of(const char *fault)
{
    return json_object_get_int(json_get(json_get(control("state", NULL), "faults"), fault));
}

/* Each fault at each of the three calls. */
static void every_fault_ends_in_one_parcel(void **state)
{
    static const char *const faults[] = { "late",     "drop",         "garbage", "html",
                                          "throttle", "throttleBare", "fail" };
    (void)state;
    for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++)
        for (int step = 0; step < 3; step++) {
            char order[40], po[40];
            fresh(NULL);
            order_new(order, po);
            control("faults", arena_printf(c->arena, "{\"skip\":%d,\"%s\":1}", step, faults[f]));
            assert_done_once(ended(deliver(order, "")));
            assert_int_equal(left_of(faults[f]), 0);
        }
    assert_int_equal(pg_int("select count(*) from delivery_failures where resolved_at is null"), 0);
}

static void an_answer_after_the_timeout_is_found(void **state)
{
    char order[40], po[40];
    (void)state;
    order_new(order, po);
    control("faults", "{\"hang\":1,\"hangs\":11000}");
    struct json_object *d = ended(deliver(order, ""));
    assert_done_once(d);
    assert_int_equal(
        pg_int("select count(*) from http_calls where entity = 'delivery:%s' and url like "
               "'%%/orders/create/adhoc'",
               json_text(d, "deliveryId")),
        1);
}

/* A look-up that cannot be read is no word that nothing is there. */
static void a_list_of_garbage_is_no_answer(void **state)
{
    char order[40], po[40];
    (void)state;
    order_new(order, po);
    control("faults", "{\"drop\":1,\"garbageList\":2}");
    assert_done_once(ended(deliver(order, "")));
}

static void refusals_name_what_is_wrong(void **state)
{
    static const struct {
        const char *postal_code, *more, *step, *field, *words;
    } cases[] = {
        { "999999", "", "create", "shipTo.postalCode", "pincode is not serviceable" },
        { "411001", ", \"pickupLocation\": \"Nowhere\"", "create", NULL, "Wrong Pickup location" },
        { "999998", "", "awb", NULL, "No courier serves" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char order[40], po[40], path[120], body[400];
        order_new(order, po);
        pg_sql("update orders set postal_code = '%s' where id = '%s' returning id",
               cases[i].postal_code, order);
        snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
        snprintf(body, sizeof(body),
                 "{\"weightGrams\": 1200, \"lengthMm\": 250, \"breadthMm\": 180, \"heightMm\": "
                 "160%s}",
                 *cases[i].more ? cases[i].more : ", \"pickupLocation\": \"Main\"");
        const struct answer *a = ask(&agent, "POST", path, body);
        assert_int_equal(a->status, 202);
        struct json_object *d = ended(arena_strdup(c->arena, json_text(a->json, "deliveryId")));
        assert_string_equal(json_text(d, "state"), "failed");
        struct json_object *why = json_object_array_get_idx(json_get(d, "failures"), 0);
        assert_string_equal(json_text(why, "step"), cases[i].step);
        assert_non_null(strstr(json_text(why, "sentence"), cases[i].words));
        if (cases[i].field)
            assert_string_equal(json_text(why, "field"), cases[i].field);
    }
    control("faults", "{\"bare\":1}");
    char order[40], po[40];
    order_new(order, po);
    assert_string_equal(json_text(ended(deliver(order, "")), "state"), "failed");
}

/* It failed behind the create: taken back, the order is cancelled there too, at once however long
   its job was to wait. */
static void what_is_taken_back_is_cancelled_there(void **state)
{
    int n;
    char order[40], po[40], path[120];
    (void)state;
    order_new(order, po);
    control("faults", "{\"skip\":1,\"throttle\":1,\"retryAfter\":3000}");
    const char *id = deliver(order, "");
    work_now();
    assert_string_equal(json_text(delivery(id), "state"), "waiting");
    assert_int_equal(
        pg_int("select count(*) from jobs where unique_key = '%s' and run_at > now() + "
               "interval '5 minutes'",
               id),
        1);
    snprintf(path, sizeof(path), "/api/deliveries/%s/cancel", id);
    assert_int_equal(ask(&agent, "POST", path, NULL)->status, 202);
    work(); /* without waiting for what the carrier asked for before */
    struct json_object *d = delivery(id);
    assert_string_equal(json_text(d, "state"), "cancelled");
    struct json_object *there = order_of(json_text(d, "ourRef"), &n);
    assert_string_equal(json_text(there, "status"), "CANCELED");
    /* Again: it is known by the order's own table of statuses that it was. */
    struct carrier_result out;
    const struct parcel_known known = { .order_id = json_text(d, "carrierOrderId") };
    assert_int_equal(carrier_shiprocket.cancel(calling(c), &known, &out), OK);
    assert_true(out.found);
}

static void an_account_that_is_off_is_told(void **state)
{
    char order[40], po[40], path[120];
    (void)state;
    order_new(order, po);
    const char *id = deliver(order, "");
    pg_sql("update provider_accounts set enabled = false returning id");
    struct json_object *d = ended(id);
    assert_string_equal(json_text(d, "state"), "failed");
    order_new(order, po);
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
    const struct answer *a = ask(&agent, "POST", path, "{" PARCEL "}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "no account"));
    pg_sql("update provider_accounts set enabled = true returning id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(of_many_processes_one_signs_in, fresh),
        cmocka_unit_test_setup(a_storm_of_refusals_renews_it_once, fresh),
        cmocka_unit_test_setup(it_is_renewed_on_the_ninth_day, fresh),
        cmocka_unit_test_setup(wrong_credentials_are_tried_once, fresh),
        cmocka_unit_test_setup(a_denial_is_of_its_credentials_alone, fresh),
        cmocka_unit_test_setup(a_token_refused_meanwhile_is_not_used_again, fresh),
        cmocka_unit_test_setup(who_waited_for_a_denial_does_not_sign_in, fresh),
        cmocka_unit_test_setup(the_password_may_be_in_a_file, fresh),
        cmocka_unit_test_setup(a_delivery_runs_through, fresh),
        cmocka_unit_test_setup(the_account_may_be_chosen, fresh),
        cmocka_unit_test_setup(what_is_secret_stays_so, fresh),
        cmocka_unit_test_setup(every_fault_ends_in_one_parcel, fresh),
        cmocka_unit_test_setup(an_answer_after_the_timeout_is_found, fresh),
        cmocka_unit_test_setup(a_list_of_garbage_is_no_answer, fresh),
        cmocka_unit_test_setup(refusals_name_what_is_wrong, fresh),
        cmocka_unit_test_setup(what_is_taken_back_is_cancelled_there, fresh),
        cmocka_unit_test_setup(an_account_that_is_off_is_told, fresh),
    };
    start("carriers_shiprocket");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
