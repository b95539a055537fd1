/* The table of shipments: each qualifier against a recount, pages, faults, what words lead to, and
 * the plans of a large one. */
#include "pg/parcels.h"

#include <stdlib.h>

static const struct answer *table(const char *q, const char *more)
{
    static char query[2000];
    char *p = query + snprintf(query, sizeof(query), "q=");
    for (; *q; q++)
        p += snprintf(p, 4, "%%%02X", (unsigned char)*q);
    snprintf(p, (size_t)(query + sizeof(query) - p), "%s", more);
    struct call c = viewer;
    c.method = "GET";
    c.path = "/api/ship/shipments";
    c.query = query;
    return call(&c);
}

/* How many a filter finds, page by page, each once. */
static int found(const char *q)
{
    int n = 0;
    char more[3000] = "";
    for (;;) {
        const struct answer *a = table(q, more);
        assert_int_equal(a->status, 200);
        n += (int)json_object_array_length(json_get(a->json, "shipments"));
        const char *next = json_text(a->json, "next");
        if (!next)
            return n;
        snprintf(more, sizeof(more), "&after=%s", next);
    }
}

/* 400 shipments of four carriers, and what else there is to filter by. */
static void fill(void)
{
    (void)pg_sql(
        "with o as (insert into orders (tenant_id, number, shop, customer_id, recipient_name, "
        "country) select '%s', 'A-' || i, case when i %% 4 = 0 then '' else 'Shop ' || i %% 4 end, "
        "'%s', (array['Anna Keller', 'Jürg Müller', 'Eva Straße'])[1 + i %% 3] || ' ' || i, "
        "(array['CH', 'DE', 'LI', 'AT', 'FR'])[1 + i %% 5] from generate_series(1, 400) i "
        "returning tenant_id, id, number), p as (insert into purchase_orders (tenant_id, number, "
        "supplier, order_id) select tenant_id, 'P' || number, 'Alpha', id from o returning *) "
        "select count(*) from p",
        pg_tenant(), customer);
    (void)pg_sql(
        "with s as (insert into shipments (tenant_id, purchase_order_id, carrier, service, "
        "tracking_number, public_token, status, promised_on, moved_at, dry_run) select "
        "p.tenant_id, p.id, (array['dhl', 'ups', 'swiss-post', 'planzer'])[1 + n %% 4], "
        "(array['', 'PostPac Priority', 'Express'])[1 + n %% 3], 'X' || (5000 + n), "
        "'0123456789012345678901-' || n, (array['pending', 'info_received', 'in_transit', "
        "'out_for_delivery', 'failed_attempt', 'available_for_pickup', 'delivered', 'exception', "
        "'returned', 'cancelled'])[1 + n %% 10], current_date + n %% 11 - 5, now() - n * interval "
        "'3 hours', n %% 8 = 0 from (select *, substr(number, 4)::int as n from purchase_orders) p "
        "returning *) select count(*) from s");
    (void)pg_sql("insert into shipment_events (tenant_id, shipment_id, type, source, status_after, "
                 "occurred_at, sentence, detail, seq, content_hash, prev_hash, hash) select "
                 "tenant_id, id, 'SCAN', 'carrier', status, now(), 'Seen.', jsonb_build_object("
                 "'code', 'C ' || substr(tracking_number, 2)::int %% 40), 0, '', '', '' from "
                 "shipments returning seq");
    (void)pg_sql(
        "with r as (insert into delivery_reservations (tenant_id, order_id, parcel, "
        "purchase_order_id, carrier, dry_run, our_ref, asked, request, state) select p.tenant_id, "
        "p.order_id, 1, p.id, 'shiprocket', true, p.number, '{}', '{}', 'failed' from "
        "purchase_orders p where p.number in ('PA-7', 'PA-9') returning *) insert into "
        "delivery_failures (tenant_id, order_id, reservation_id, step, kind, sentence, retry, "
        "resolved_at) select tenant_id, order_id, id, 'create', 'refused', 'No.', 'none', case "
        "when our_ref = 'PA-9' then now() end from r returning id");
}

#define LATE                                                                                       \
    "not s.dry_run and s.promised_on < (now() at time zone 'Europe/Zurich')::date and s.status "   \
    "not in ('failed_attempt', 'available_for_pickup', 'exception', 'delivered', 'returned', "     \
    "'cancelled')"

/* Each beside its recount, in words that share nothing with it. */
static void each_qualifier_finds_what_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *q, *where;
    } cases[] = {
        { "", "true" },
        { "status:exception", "s.status = 'exception'" },
        { "status:exception,returned", "s.status in ('exception', 'returned')" },
        { "-status:delivered", "s.status <> 'delivered'" },
        { "-status:delivered status:delivered", "false" },
        { "-status:delivered status:returned,delivered", "s.status = 'returned'" },
        { "carrier:dhl", "s.carrier = 'dhl'" },
        { "carrier:\"Swiss Post\"", "s.carrier = 'swiss-post'" },
        { "carrier:dhl,ups", "s.carrier in ('dhl', 'ups')" },
        { "-carrier:dhl", "s.carrier <> 'dhl'" },
        { "-carrier:dhl carrier:dhl", "false" },
        { "-carrier:dhl,ups,planzer", "s.carrier = 'swiss-post'" },
        { "carrier:nobody", "false" },
        { "service:\"postpac priority\"", "s.service = 'PostPac Priority'" },
        { "service:express", "s.service = 'Express'" },
        { "-service:express", "s.service <> 'Express'" },
        { "service:express,none", "s.service = 'Express'" },
        { "order:a-17", "o.number = 'A-17'" },
        { "order:A-17,a-18", "o.number in ('A-17', 'A-18')" },
        { "order:none", "false" },
        { "po:pa-17", "p.number = 'PA-17'" },
        { "po:none", "false" },
        { "order:A-17 po:PA-18", "false" },
        { "-order:a-17,A-18", "coalesce(o.number, '') not in ('A-17', 'A-18')" },
        { "-order:none", "true" },
        { "order:A-17,A-18 -order:A-18", "o.number = 'A-17'" },
        { "-po:pa-17", "coalesce(p.number, '') <> 'PA-17'" },
        { "-po:none", "true" },
        { "shop:\"shop 1\"", "o.shop = 'Shop 1'" },
        { "-shop:\"shop 1\"", "o.shop <> 'Shop 1'" },
        { "country:ch", "o.country = 'CH'" },
        { "country:LI,AT", "o.country in ('LI', 'AT')" },
        { "-country:CH", "o.country <> 'CH'" },
        { "code:\"C 7\"", "exists (select from shipment_events e where e.shipment_id = s.id and "
                          "e.detail @> '{\"code\": \"C 7\"}')" },
        { "code:none", "false" },
        { "-code:\"C 7\"", "not exists (select from shipment_events e where e.shipment_id = s.id "
                           "and e.detail @> '{\"code\": \"C 7\"}')" },
        { "-code:none", "true" },
        { "code:\"C 7\" -code:\"C 7\"", "false" },
        { "is:dry", "s.dry_run" },
        { "-is:dry", "not s.dry_run" },
        { "is:late", LATE },
        { "-is:late", "not (" LATE ")" },
        { "is:dry is:late", "false" },
        { "has:failure", "o.number = 'A-7'" },
        { "-has:failure", "o.number <> 'A-7'" },
        { "before:10d", "s.moved_at < current_date - 10" },
        { "after:10d", "s.moved_at >= current_date - 10" },
        { "after:20d before:10d",
          "s.moved_at >= current_date - 20 and s.moved_at < current_date - 10" },
        { "keller", "o.recipient_name ~ 'Keller'" },
        { "mueller", "o.recipient_name ~ 'Müller'" },
        { "muller jurg", "o.recipient_name ~ 'Müller'" },
        { "strasse", "o.recipient_name ~ 'Straße'" },
        { "\"eva strasse\"", "o.recipient_name ~ 'Straße'" },
        { "\"strasse eva\"", "false" },
        { "-keller", "o.recipient_name !~ 'Keller'" },
        { "x5017", "s.tracking_number = 'X5017'" },
        { "\"x50 17\"", "s.tracking_number = 'X5017'" },
        { "5017", "s.tracking_number = 'X5017'" },
        { "pa-400", "p.number = 'PA-400'" },
        { "ke", "o.recipient_name ~ 'Keller'" },
        { "el", "false" },
        { "%", "false" },
        { "_", "false" },
        { "\\", "false" },
        { "keller .*", "o.recipient_name ~ 'Keller'" },
        { "status:in_transit carrier:dhl country:CH keller",
          "s.status = 'in_transit' and s.carrier = 'dhl' and o.country = 'CH' and "
          "o.recipient_name ~ 'Keller'" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        long long n = pg_int(
            "select count(*) from shipments s left join purchase_orders p on p.id = "
            "s.purchase_order_id left join orders o on o.id = p.order_id where coalesce((%s), "
            "false)",
            cases[i].where);
        int is = found(cases[i].q);
        if (is != n)
            fail_msg("%s: %d instead of %lld", cases[i].q, is, n);
    }
    assert_int_equal(
        pg_int("select count(*) from shipments_matching('{\"notCode\":[\"C 7\"],\"notCoded\":{"
               "\"ids\":[],\"many\":true}}')"),
        found("-code:\"C 7\"")); /* said too often for its shipments to be looked up first */
    const struct answer *a = table("status:in_transit", "&status=delivered");
    assert_int_equal(json_object_array_length(json_get(a->json, "shipments")), 0);
}

static bool is_in(struct json_object *list, const char *id)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        if (strcmp(json_text(json_object_array_get_idx(list, i), "shipmentId"), id) == 0)
            return true;
    return false;
}

static struct json_object *column_late(void)
{
    struct call c = viewer;
    c.method = "GET";
    c.path = "/api/ship/shipments/board";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    struct json_object *list = json_get(a->json, "columns");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (strcmp(json_text(one, "attention"), "late") == 0)
            return one;
    }
    fail_msg("the board has no column late");
    return NULL;
}

/* By the promise of its order, by an estimate, and what is late but asks for something else first.
 */
static void late_is_the_same_on_the_board_and_in_the_table(void **state)
{
    (void)state;
    (void)pg_sql(
        "update orders set promised_on = current_date - 9 where number in ('A-20', 'A-21', "
        "'A-24') returning id");
    (void)pg_sql("update shipments set carrier = 'board', promised_on = null, status = case n when "
                 "5 then 'available_for_pickup' when 6 then 'delivered' else 'in_transit' end, "
                 "dry_run = n = 4, expected_on = case when n in (3, 4) then current_date - 9 end "
                 "from (select id as that, row_number() over (order by tracking_number) as n from "
                 "shipments where tracking_number between 'X5020' and 'X5025') x where id = that "
                 "returning id");
    struct json_object *late = json_get(table("is:late carrier:board", "")->json, "shipments");
    size_t n = json_object_array_length(late);
    assert_int_equal(n, 3);
    struct json_object *all = json_object_get(late);
    (void)pg_sql("update shipments set carrier = 'other', promised_on = null, expected_on = null, "
                 "status = 'delivered' where carrier <> 'board' returning id");
    struct json_object *column = column_late(), *cards = json_get(column, "shipments");
    assert_int_equal(json_object_get_int64(json_get(column, "count")), n);
    assert_int_equal(json_object_array_length(cards), n);
    for (size_t i = 0; i < n; i++)
        assert_true(is_in(all, json_text(json_object_array_get_idx(cards, i), "shipmentId")));
    json_object_put(all);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *q, *words;
    } cases[] = {
        { "colour:red", "There is no qualifier colour" },
        { "status:lost", "status:lost: is none of pending, info_received" },
        { "country:Switzerland", "country:Switzerland: is no country as CH." },
        { "carrier:\"a/b\"", "carrier:a/b: is no carrier's code or name." },
        { "-before:today", "before:today: cannot be left out with a minus." },
        { "is:dry,late", "is:dry,late: takes one at a time" },
        { "is:open", "is:open: is none of dry, late, silent." },
        { "has:number", "has:number: is none of failure." },
        { "before:soon", "before:soon: is no day" },
        { "po:", "po: has no value." },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct answer *a = table(cases[i].q, "");
        assert_int_equal(a->status, 422);
        struct json_object *fault = json_object_array_get_idx(json_get(a->json, "errors"), 0);
        assert_string_equal(json_text(fault, "field"), "q");
        if (!strstr(json_text(fault, "message"), cases[i].words))
            fail_msg("%s: %s", cases[i].q, json_text(fault, "message"));
    }
    struct call c = agent;
    c.method = "GET";
    c.path = "/shipments/table";
    c.query = "q=colour%3Ared";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "There is no qualifier colour"));
    c.query = "q=carrier%3Adhl+country%3ALI+status%3Ain_transit+po%3Anone";
    a = call(&c);
    assert_non_null(strstr(a->body, "Some match without <code>po:none</code>"));
    c.query = "q=carrier%3Adhl+country%3ALI&without=2";
    assert_int_equal(call(&c)->status, 303);
    assert_string_equal(answer_header("Location"), "/shipments/table?q=carrier%3Adhl");
    c.path = "/shipments/table/help";
    c.query = NULL;
    a = call(&c);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "data-values=\"dhl,planzer,swiss-post,ups\""));
    c = stranger;
    c.method = "GET";
    c.path = "/shipments/table/help";
    assert_int_equal(call(&c)->status, 403);
}

static void words_follow_what_they_are_of(void **state)
{
    (void)state;
    char order[40], po[40], id[40], body[80];
    keep(po, pg_sql("insert into purchase_orders (tenant_id, number) values ('%s', 'LOOSE-1') "
                    "returning id",
                    pg_tenant()));
    shipment_new(po, id);
    assert_int_equal(found("loose-1"), 1);
    assert_int_equal(found("loose-1 quendel"), 0);
    keep(order, pg_sql("insert into orders (tenant_id, number, shop, customer_id, recipient_name, "
                       "country) values ('%s', 'Q-1', 'S9', '%s', 'Ida Quendel', 'IT') returning "
                       "id",
                       pg_tenant(), customer));
    char path[120];
    snprintf(path, sizeof(path), "/api/purchase-orders/%s", po);
    snprintf(body, sizeof(body), "{\"orderId\": \"%s\"}", order);
    assert_int_equal(ask(&agent, "PATCH", path, body)->status, 200);
    assert_int_equal(found("loose-1 quendel"), 1);
    assert_int_equal(found("country:it shop:s9 order:q-1"), 1);
    (void)pg_sql("update orders set recipient_name = 'Removed', country = 'GR' where id = '%s' "
                 "returning id",
                 order);
    assert_int_equal(found("quendel"), 0);
    assert_int_equal(found("country:gr loose-1 removed"), 1);
    assert_int_equal(pg_int("select count(*) from shipments s where not exists (select from "
                            "shipment_words w where w.shipment_id = s.id)"),
                     0);
}

static void another_tenants_are_not_found(void **state)
{
    (void)state;
    char other[40];
    keep(other, pg_sql("insert into tenants (slug, name) values ('far', 'Far') returning id"));
    (void)pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token) values "
                 "('%s', 'farcarrier', 'FAR1', '9123456789012345678901') returning id",
                 other);
    assert_int_equal(found("far1"), 0);
    assert_int_equal(found("carrier:farcarrier"), 0);
    struct call c = agent;
    c.method = "GET";
    c.path = "/shipments/table/help";
    assert_null(strstr(call(&c)->body, "farcarrier"));
}

/* What a plan reads of the table, as the role of the web. */
static const char *plan_of(const char *filter)
{
    (void)pg_sql("set role track_web");
    const char *plan = pg_sql("select plan_of($f$select m.* from shipments_matching('%s') m order "
                              "by m.moved_at desc, m.id desc limit 51$f$)",
                              filter);
    static char kept[4000];
    snprintf(kept, sizeof(kept), "%s", plan ? plan : "");
    (void)pg_sql("reset role");
    return kept;
}

static void a_large_one_is_read_by_its_indexes(void **state)
{
    (void)state;
    static const struct {
        const char *filter, *index;
    } cases[] = {
        { "{}", "shipments_recent" },
        { "{\"status\":[\"exception\"]}", "shipments_status" },
        { "{\"carrier\":[\"nobody\"]}", "shipments_carrier" },
        { "{\"service\":[\"none\"]}", "shipments_service" },
        { "{\"shop\":[\"none\"]}", "shipments_shop" },
        { "{\"country\":[\"LI\"]}", "shipments_country" },
        { "{\"order\":[],\"orders\":[\"00000000-0000-7000-8000-000000000000\"]}",
          "shipments_of_order" },
        { "{\"po\":[],\"purchaseOrders\":[\"00000000-0000-7000-8000-000000000000\"]}",
          "shipments_order" },
        { "{\"found\":{\"ids\":[\"00000000-0000-7000-8000-000000000000\"],\"many\":false}}",
          "shipments_pkey" },
        { "{\"coded\":{\"ids\":[\"00000000-0000-7000-8000-000000000000\"],\"many\":false}}",
          "shipments_pkey" },
        { "{\"text\":[\"keller\"],\"found\":{\"ids\":[],\"many\":true}}", "shipments_recent" },
        { "{\"notCode\":[\"x\"],\"notCoded\":{\"ids\":[],\"many\":true}}", "shipments_recent" },
        { "{\"notOrder\":[],\"notOrders\":[\"00000000-0000-7000-8000-000000000000\"]}",
          "shipments_recent" },
        { "{\"is\":[\"dry\"]}", "shipments_dry" },
        { "{\"is\":[\"late\"]}", "shipments_attention" },
        { "{\"has\":[\"failure\"]}", "shipments_of_order" },
        { "{\"before\":\"2000-01-01T00:00:00Z\"}", "shipments_recent" },
    };
    (void)pg_sql("set session_replication_role = replica");
    (void)pg_sql(
        "with s as (insert into shipments (tenant_id, carrier, service, tracking_number, "
        "public_token, status, promised_on, moved_at, shop, country, order_id) select '%s', "
        "(array['dhl', 'ups'])[1 + i %% 2], 'Standard', 'Z' || i, 'large-0123456789012345678-' || "
        "i, "
        "case when i %% 2000 = 0 then 'exception' else 'delivered' end, current_date, now() - i * "
        "interval '1 minute', 'Shop ' || i %% 2, case when i %% 4000 = 0 then 'LI' else 'CH' end, "
        "uuid7() from generate_series(1, 20000) i returning *), w as (insert into shipment_words "
        "select tenant_id, id, folded(tracking_number || ' Anna Keller') from s returning 1) "
        "select count(*) from w",
        pg_tenant());
    (void)pg_sql("set session_replication_role = origin");
    (void)pg_sql("vacuum analyze shipments");
    (void)pg_sql("vacuum analyze shipment_words");
    (void)pg_sql("vacuum analyze delivery_failures");
    (void)pg_sql("create function plan_of(asked text) returns text language plpgsql as $p$ declare "
                 "line text; plan text = ''; begin for line in execute 'explain (costs off) ' || "
                 "asked loop plan = plan || line || E'\\n'; end loop; return plan; end $p$");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *plan = plan_of(cases[i].filter);
        if (!strstr(plan, cases[i].index) || strstr(plan, "Seq Scan on shipments") ||
            strstr(plan, "Seq Scan on shipment_words"))
            fail_msg("%s: %s", cases[i].filter, plan);
    }
    assert_string_equal(pg_sql("select f.many from shipments_found(array['keller']) f"), "t");
    assert_string_equal(pg_sql("select f.many from shipments_found(array['z77']) f"), "f");
    assert_int_equal(found("z7777"), 1);
    assert_int_equal(found("country:li keller"), 5 + 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_qualifier_finds_what_it_says),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(words_follow_what_they_are_of),
        cmocka_unit_test(another_tenants_are_not_found),
        cmocka_unit_test(late_is_the_same_on_the_board_and_in_the_table),
        cmocka_unit_test(a_large_one_is_read_by_its_indexes),
    };
    pg_start("shipments_table");
    call_start(domains);
    parcels_setup();
    fill();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
