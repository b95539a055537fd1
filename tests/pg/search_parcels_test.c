/* Search everywhere finds orders and shipments by what names them, for who sees all buildings. */
#include "pg/parcels.h"

static char orders[3][40], purchases[3][40], shipment[40], lone[40];

static const struct answer *look(const struct call *who, const char *path, const char *q)
{
    char query[200];
    struct call c = *who;
    snprintf(query, sizeof(query), "q=%s", q);
    c.query = query;
    const struct answer *a = ask(&c, "GET", path, NULL);
    assert_int_equal(a->status, 200);
    return a;
}

static const struct answer *search(const struct call *who, const char *q)
{
    return look(who, "/api/track/search", q);
}

static size_t count(const struct answer *a)
{
    return json_object_array_length(json_get(a->json, "results"));
}

/* The first that is found is this one, found as that. */
static void assert_first(const char *q, const char *type, const char *id, const char *why)
{
    const struct answer *a = search(&agent, q);
    struct json_object *one = json_object_array_get_idx(json_get(a->json, "results"), 0);
    if (!one)
        fail_msg("%s finds nothing", q);
    if (strcmp(json_text(one, "type"), type) != 0 || strcmp(json_text(one, "id"), id) != 0 ||
        strcmp(json_text(one, "why"), why) != 0)
        fail_msg("%s finds %s", q, json_object_to_json_string(one));
}

static void parcels_are_there(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        order_new(orders[i], purchases[i]);
    shipment_new(purchases[0], shipment);
    keep(lone, pg_sql("insert into purchase_orders (tenant_id, number) values ('%s', 'LONE-77') "
                      "returning id",
                      pg_tenant()));
    (void)pg_sql(
        "update orders set number = replace(number, 'N-', 'A-1000'); update shipments set "
        "tracking_number = 'RR123456785CH' where id = '%s'; update purchase_orders set "
        "number = 'BUY-9' where id = '%s'; update customers set name = 'Zoë Müller', email "
        "= 'Zoe.Mueller@example.com'",
        shipment, purchases[1]);
}

static void each_is_found_by_its_numbers(void **state)
{
    (void)state;
    assert_first("rr123456785ch", "shipment", shipment, "Tracking number");
    assert_first("RR%20123%20456%20785%20CH", "shipment", shipment, "Tracking number");
    assert_first("RR1234", "shipment", shipment, "Tracking number");
    assert_first("a-10002", "order", orders[1], "Order number");
    assert_first("BUY-9", "order", orders[1], "Purchase order");
    assert_first(shipment, "shipment", shipment, "Id");
    assert_first(orders[2], "order", orders[2], "Id");
    assert_int_equal(count(search(&agent, "A-1000")), 3);
    assert_int_equal(count(search(&agent, "RR1")), 0);
    assert_int_equal(count(search(&agent, "LONE-77")), 0);
    (void)pg_sql("update shipments set purchase_order_id = '%s' where id = '%s'", lone, shipment);
    assert_first("LONE-77", "shipment", shipment, "Purchase order");
    (void)pg_sql("update shipments set purchase_order_id = '%s' where id = '%s'", purchases[0],
                 shipment);
}

static void orders_are_found_by_their_customer(void **state)
{
    (void)state;
    static const char *const ways[] = { "zoe.mueller%40example.com", "ZOE.MUELLER%40EXAMPLE.COM",
                                        "muller%20zoe", "M%C3%BCller", "mueller" };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const struct answer *a = search(&agent, ways[i]);
        assert_int_equal(count(a), 3);
        struct json_object *one = json_object_array_get_idx(json_get(a->json, "results"), 0);
        assert_string_equal(json_text(one, "why"), "Customer");
        assert_string_equal(json_text(one, "parcelStatus"), "new");
    }
    assert_int_equal(count(search(&agent, "Nobody%20Such")), 0);
}

/* Neither who sees some buildings, nor another tenant. */
static void nobody_else_finds_any(void **state)
{
    (void)state;
    static const char *const ways[] = { "RR123456785CH", "A-10001", "BUY-9", "mueller" };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        assert_true(count(search(&agent, ways[i])) > 0);
        assert_true(count(search(&viewer, ways[i])) > 0);
        assert_int_equal(count(search(&stranger, ways[i])), 0);
    }
    assert_int_equal(count(search(&stranger, shipment)), 0);
    assert_int_equal(count(search(&stranger, orders[0])), 0);
    const char *other = pg_sql("insert into tenants (slug, name) values ('other', 'Other') "
                               "returning id");
    char tenant[40];
    keep(tenant, other);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", tenant);
    assert_int_equal(pg_int("select count(*) from customers_found('{mueller}', 50)"), 0);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    assert_int_equal(pg_int("select count(*) from customers_found('{mueller}', 50)"), 1);
}

/* The page and the palette show them, with their status in words. */
static void the_page_shows_them(void **state)
{
    (void)state;
    const struct answer *a = look(&agent, "/search", "RR123456785CH");
    assert_non_null(strstr(a->body, "RR123456785CH"));
    assert_non_null(strstr(a->body, "Pending"));
    assert_non_null(strstr(a->body, shipment));
    a = look(&stranger, "/search", "RR123456785CH");
    assert_null(strstr(a->body, shipment));
    assert_null(strstr(a->body, "orders and shipments"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parcels_are_there),
        cmocka_unit_test(each_is_found_by_its_numbers),
        cmocka_unit_test(orders_are_found_by_their_customer),
        cmocka_unit_test(nobody_else_finds_any),
        cmocka_unit_test(the_page_shows_them),
    };
    pg_start("search_parcels");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
