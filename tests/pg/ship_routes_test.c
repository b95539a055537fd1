/* From where to where a parcel goes, as Ship24 tells it: what is usual between two scans is looked
   up by it. */
#include "pg/call.h"

#include "base/crypto.h"
#include "base/json.h"
#include "jobs/jobs.h"
#include "ship/scan.h"
#include "ship/ship.h"
#include "web/domain.h"

const struct domain *const domains[] = { &web_domain, &inbox_domain, &carriers_domain, NULL };

static struct ctx *worker;
static struct hook_account account;

static const char *add_shipment(const char *number)
{
    return arena_strdup(worker->arena,
                        pg_sql("insert into shipments (tenant_id, carrier, tracking_number, "
                               "public_token) values ('%s', 'delhivery', '%s', 'token-' || "
                               "gen_random_uuid()) returning id",
                               pg_tenant(), number));
}

/* Ship24 says so of the number; kept with its body, as the intake does. */
static enum err tell(const char *number, const char *shipment)
{
    struct job j = { .ctx = *worker, .attempt = 1, .max_attempts = 12 };
    const char *body = arena_printf(worker->arena,
                                    "{\"trackings\":[{\"tracker\":{\"trackingNumber\":\"%s\"},"
                                    "\"shipment\":{%s},\"events\":[]}]}",
                                    number, shipment);
    const char *inbox_id = arena_strdup(
        worker->arena,
        pg_sql("insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, "
               "headers, body, body_sha256, verdict, mapper) values ('%s', '%s', "
               "'ship24.tracking', uuid7(), 'POST', '/', '{}', '%s', '', 'kept', 'm/1') returning "
               "id",
               pg_tenant(), account.id, body));
    return carrier_hooks[0].process(&j, inbox_id, str_of(body), &account);
}

static const char *route_of(const char *id)
{
    return pg_sql("select origin_country || '-' || destination_country from shipments where id = "
                  "'%s'",
                  id);
}

static void it_is_kept_as_it_is_told(void **state)
{
    (void)state;
    const char *id = add_shipment("ROUTE1");
    assert_int_equal(tell("ROUTE1", "\"originCountryCode\":\"in\""), OK);
    assert_string_equal(route_of(id), "IN-");
    assert_int_equal(tell("ROUTE1", "\"originCountryCode\":null,\"destinationCountryCode\":\"CH\""),
                     OK);
    assert_string_equal(route_of(id), "IN-CH");
    assert_int_equal(
        tell("ROUTE1", "\"originCountryCode\":\"IND\",\"destinationCountryCode\":\"9_\""), OK);
    assert_string_equal(route_of(id), "IN-CH"); /* no codes of two letters */
}

static void what_was_told_before_there_was_a_shipment(void **state)
{
    (void)state;
    static volatile const int go;
    assert_int_equal(
        tell("ROUTE2", "\"originCountryCode\":\"DE\",\"destinationCountryCode\":\"AT\""),
        ERR_NOT_FOUND);
    const char *id = add_shipment("ROUTE2");
    assert_string_equal(route_of(id), "-");
    db_begin(worker->db, worker->tenant_id);
    assert_int_equal(db_end(worker->db, scans_match_later(worker, id)), OK);
    jobs_work(worker->app, worker->db, &go, true);
    assert_string_equal(route_of(id), "DE-AT");
}

static long long days_quiet(const char *id)
{
    return pg_int("select round(extract(epoch from silent_after - created_at) / 86400) from "
                  "shipments where id = '%s'",
                  id);
}

/* What is usual on that lane counts, where it is known, and not what is usual of the carrier. */
static void it_tells_how_long_is_usual(void **state)
{
    (void)state;
    (void)pg_sql("insert into carrier_lanes (tenant_id, carrier, whole, origin, destination, gap, "
                 "samples) values ('%s', 'delhivery', false, 'IN', 'CH', '10 days', 20), ('%s', "
                 "'delhivery', true, '', '', '1 day', 20) returning carrier",
                 pg_tenant(), pg_tenant());
    const char *id = add_shipment("ROUTE3");
    (void)pg_sql("update shipments set status = 'in_transit' where id = '%s' returning id", id);
    assert_int_equal(days_quiet(id), 2);
    assert_int_equal(
        tell("ROUTE3", "\"originCountryCode\":\"IN\",\"destinationCountryCode\":\"CH\""), OK);
    assert_int_equal(days_quiet(id), 20);
}

static int setup(void **state)
{
    (void)state;
    worker = pg_ctx("track_worker");
    const char *id = arena_strdup(worker->arena, pg_sql("select uuid7()"));
    const char *where =
        arena_printf(worker->arena, "provider_accounts|secrets|%s|%s", pg_tenant(), id);
    (void)pg_sql("insert into provider_accounts (tenant_id, id, provider, name, settings, secrets) "
                 "values ('%s', '%s', 'ship24', 'Ship24', '{}', '%s') returning id",
                 pg_tenant(), id,
                 secret_seal(worker->app, worker->arena, STR("{\"webhookSecret\":\"s\"}"), where));
    account =
        (struct hook_account){ .id = id,
                               .tenant_id = pg_tenant(),
                               .settings = json_own(worker->arena, json_object_new_object()) };
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_kept_as_it_is_told),
        cmocka_unit_test(what_was_told_before_there_was_a_shipment),
        cmocka_unit_test(it_tells_how_long_is_usual),
    };
    pg_start("ship_routes");
    return pg_end(cmocka_run_group_tests(tests, setup, NULL));
}
