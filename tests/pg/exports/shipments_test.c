/* Exports of shipments: the rows, in both formats, for who sees all buildings alone. */
#include "pg/parcels.h"

#include "store/store.h"

enum { MANY = 3000 };

static char order[40], purchase[40], first[40];

static struct ctx *worker(void)
{
    static struct ctx *c;
    if (!c)
        c = pg_ctx("track_worker");
    return c;
}

static const char *added(const struct call *who, const char *body)
{
    static char id[40];
    const struct answer *a = ask(who, "POST", "/api/ship/shipments/export", body);
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "what"), "shipments");
    keep(id, json_text(a->json, "exportId"));
    return id;
}

static const char *file_of(const char *id)
{
    struct ctx *c = worker();
    struct str bytes;
    const char *sha256 =
        pg_sql("select coalesce(sha256, '') from communication_exports where id = '%s'", id);
    if (store_get(c->app->store, c->arena, sha256, &bytes) != OK)
        return "";
    return arena_strndup(c->arena, bytes.p, bytes.n);
}

static int lines_of(const char *text)
{
    int n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

static const struct answer *get(const struct call *who, const char *id)
{
    char path[100];
    snprintf(path, sizeof(path), "/api/track/export/%s", id);
    return ask(who, "GET", path, NULL);
}

static void shipments_are_there(void **state)
{
    (void)state;
    order_new(order, purchase);
    shipment_new(purchase, first);
    (void)pg_sql("update orders set recipient_name = '=cmd|calc', city = 'Zürich, \"am See\"', "
                 "shop = 'north' where id = '%s'; update shipments set last_scan = '+41 signed', "
                 "promised_on = '2026-05-12', created_at = '2026-05-01T10:00Z' where id = '%s'",
                 order, first);
    (void)pg_sql(
        "insert into shipments (tenant_id, carrier, tracking_number, public_token, "
        "status) select '%s', 'ups', 'U' || i, 'public token of a shipment ' || i, case when i "
        "<= 10 then 'delivered' else 'pending' end from generate_series(1, %d) i",
        pg_tenant(), MANY);
}

static void all_rows_and_no_formula(void **state)
{
    (void)state;
    const char *id = added(&agent, "{\"format\":\"csv\"}");
    work();
    const struct answer *a = get(&agent, id);
    assert_string_equal(json_text(a->json, "state"), "READY");
    assert_string_equal(json_text(a->json, "words"), "Shipments");
    assert_int_equal(json_object_get_int64(json_get(a->json, "rows")), MANY + 1);
    const char *name = json_text(json_get(a->json, "download"), "fileName");
    assert_memory_equal(name, "shipments-", 10);
    const char *csv = file_of(id);
    assert_int_equal(lines_of(csv), MANY + 2);
    assert_memory_equal(csv, "\xef\xbb\xbfshipmentId,orderNumber,", 26);
    assert_non_null(strstr(csv, "\"'=cmd|calc\",\"Zürich, \"\"am See\"\"\",CH,"));
    assert_non_null(strstr(csv, "\"'+41 signed\""));
    assert_non_null(strstr(csv, ",2026-05-12,,,2026-05-01T10:00:00.000Z,false\r\n"));
}

static void lines_of_json_and_a_filter(void **state)
{
    (void)state;
    const char *id = added(&agent, "{\"format\":\"jsonl\",\"status\":\"delivered\",\"carrier\":"
                                   "\"UPS\"}");
    work();
    assert_string_equal(json_text(get(&agent, id)->json, "words"), "Shipments, delivered, by ups");
    const char *text = file_of(id);
    assert_int_equal(lines_of(text), 10);
    for (int i = 0; i < 10; i++) {
        const char *end = strchr(text, '\n');
        struct json_object *o =
            json_tokener_parse(arena_strndup(worker()->arena, text, (size_t)(end - text)));
        assert_non_null(o);
        assert_string_equal(json_text(o, "status"), "delivered");
        assert_true(json_object_is_type(json_get(o, "dryRun"), json_type_boolean));
        assert_null(json_get(o, "orderNumber"));
        assert_int_equal(json_object_object_length(o), 22);
        json_object_put(o);
        text = end + 1;
    }
    id = added(&agent, "{\"format\":\"jsonl\",\"shop\":\"north\"}");
    work();
    assert_int_equal(lines_of(file_of(id)), 1);
    assert_int_equal(ask(&agent, "POST", "/api/ship/shipments/export",
                         "{\"format\":\"csv\",\"carrier\":\"ups\\u00e9\"}")
                         ->status,
                     422);
    assert_int_equal(
        ask(&agent, "POST", "/api/ship/shipments/export", "{\"format\":\"csv\",\"status\":\"x\"}")
            ->status,
        422);
}

/* Who sees some buildings neither asks, nor sees, nor has one that was asked for before. */
static void nobody_else_has_any(void **state)
{
    (void)state;
    static struct call once = { 0 };
    char user[40], id[40];
    keep(user, call_session(&once, "agent"));
    assert_int_equal(
        ask(&stranger, "POST", "/api/ship/shipments/export", "{\"format\":\"csv\"}")->status, 403);
    assert_int_equal(
        ask(&viewer, "POST", "/api/ship/shipments/export", "{\"format\":\"csv\"}")->status, 403);
    keep(id, added(&once, "{\"format\":\"csv\"}"));
    assert_int_equal(get(&stranger, id)->status, 404);
    (void)pg_sql("update users set all_buildings = false where id = '%s'", user);
    work();
    assert_string_equal(pg_sql("select state || ' ' || error from communication_exports where id "
                               "= '%s'",
                               id),
                        "FAILED Who asked for it does not see all buildings any more.");
    assert_int_equal(get(&once, id)->status, 404);
    assert_int_equal(get(&agent, id)->status, 200);
    const struct answer *a = ask(&once, "GET", "/api/track/exports", NULL);
    assert_int_equal(json_object_array_length(json_get(a->json, "exports")), 0);
    assert_null(strstr(ask(&stranger, "GET", "/exports", NULL)->body, "Export shipments"));
    assert_non_null(strstr(ask(&agent, "GET", "/exports", NULL)->body, "Export shipments"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipments_are_there),
        cmocka_unit_test(all_rows_and_no_formula),
        cmocka_unit_test(lines_of_json_and_a_filter),
        cmocka_unit_test(nobody_else_has_any),
    };
    pg_start("exports_shipments");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
