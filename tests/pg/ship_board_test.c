/* What the board shows beside shipments, and the terms of claims: what they bring back, and the
 * page that sets them. */
#include "pg/parcels.h"

static struct call admin;

/* ---- deliveries without a shipment ---- */

static struct json_object *board(void)
{
    const struct answer *a = ask(&viewer, "GET", "/api/ship/shipments/board", NULL);
    assert_int_equal(a->status, 200);
    return a->json;
}

static void a_delivery_that_failed_before_its_shipment_is_seen(void **state)
{
    (void)state;
    char order[40], po[40], reservation[40];
    order_new(order, po);
    keep(reservation,
         pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                "purchase_order_id, carrier, dry_run, our_ref, asked, request, state) values "
                "('%s', '%s', 1, '%s', 'shiprocket', true, 'R-%d', '{}', '{}', 'failed') "
                "returning id",
                pg_tenant(), order, po, numbers));
    assert_int_equal(json_object_get_int64(json_get(board(), "deliveryCount")), 0);
    static const char *const sentences[] = { "The carrier was not reached.", "No such <address>." };
    for (int i = 0; i < 2; i++)
        (void)pg_sql("insert into delivery_failures (tenant_id, order_id, reservation_id, step, "
                     "kind, sentence, retry, last_at) values ('%s', '%s', '%s', 'create', "
                     "'refused', '%s', 'none', now() + %d * interval '1 s') returning id",
                     pg_tenant(), order, reservation, sentences[i], i);
    struct json_object *d = board(), *list = json_get(d, "deliveries");
    assert_int_equal(json_object_get_int64(json_get(d, "deliveryCount")), 1);
    assert_int_equal(json_object_array_length(list), 1);
    struct json_object *one = json_object_array_get_idx(list, 0);
    assert_string_equal(json_text(one, "deliveryId"), reservation);
    assert_string_equal(json_text(one, "orderId"), order);
    assert_string_equal(json_text(one, "sentence"), sentences[1]);
    const struct answer *page = ask(&viewer, "GET", "/shipments", NULL);
    assert_non_null(strstr(page->body, "No such &lt;address&gt;."));
    assert_non_null(strstr(page->body, "Act now <strong>1<"));
    (void)pg_sql("update delivery_failures set resolved_at = now() where reservation_id = '%s' "
                 "returning id",
                 reservation);
    assert_int_equal(json_object_get_int64(json_get(board(), "deliveryCount")), 0);
}

/* One that has a shipment is that shipment's. */
static void one_of_a_shipment_is_counted_once(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    (void)pg_sql("with r as (insert into delivery_reservations (tenant_id, order_id, parcel, "
                 "purchase_order_id, carrier, dry_run, our_ref, asked, request, state, step, "
                 "shipment_id) values ('%s', '%s', 1, '%s', 'shiprocket', true, 'R-%d', '{}', "
                 "'{}', 'saved', 'done', '%s') returning *) insert into delivery_failures "
                 "(tenant_id, order_id, reservation_id, step, kind, sentence, retry) select "
                 "tenant_id, order_id, id, 'pickup', 'refused', 'No.', 'none' from r returning id",
                 pg_tenant(), order, po, numbers, id);
    assert_int_equal(json_object_get_int64(json_get(board(), "deliveryCount")), 0);
    assert_string_equal(
        pg_sql("select concat_ws(' ', attention, attention_reason) from shipments where id = '%s'",
               id),
        "act_now failure");
}

/* ---- terms ---- */

static const char *asks(const char *id)
{
    return pg_sql("select concat_ws(' ', attention, attention_reason) from shipments where id = "
                  "'%s'",
                  id);
}

static const char *done(const char *columns, const char *values)
{
    static int n;
    static char kept[6][40];
    char *id = kept[n % 6];
    keep(id, pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token, "
                    "created_at, %s) values ('%s', 'dhl', 'C%d', 'token-' || gen_random_uuid(), "
                    "now() - interval '30 days', %s) returning id",
                    columns, pg_tenant(), ++n, values));
    assert_string_equal(asks(id), "done");
    return id;
}

static void term(const char *carrier, const char *claim, int hours)
{
    char body[120];
    snprintf(body, sizeof(body), "{%s%s%s\"claim\": \"%s\", \"hours\": %d}",
             carrier ? "\"carrier\": \"" : "", carrier ? carrier : "", carrier ? "\", " : "", claim,
             hours);
    assert_int_equal(ask(&admin, "PUT", "/api/ship/claim-terms", body)->status, 200);
}

static void a_longer_term_brings_back_what_had_run_out(void **state)
{
    (void)state;
    const char *returned = done("status, status_at", "'returned', now() - interval '80 hours'");
    const char *older = done("status, status_at", "'returned', now() - interval '200 hours'");
    const char *answered =
        done("status, status_at, answered_at", "'returned', now() - interval '80 hours', now()");
    const char *denied =
        done("status, status_at, delivered_at, contradiction",
             "'delivered', now() - interval '200 hours', now() - interval '200 hours', "
             "'{\"at\": \"2020-01-01T00:00:00Z\"}'");
    term(NULL, "dispute", 96);
    assert_string_equal(asks(returned), "act_now dispute");
    assert_string_equal(asks(older), "done");
    assert_string_equal(asks(answered), "done");
    assert_string_equal(asks(denied), "done");
    term("DHL", "dispute", 240);
    assert_string_equal(asks(older), "act_now dispute");
    term("DHL", "dispute", 0);
    assert_string_equal(asks(older), "done");
    assert_string_equal(asks(returned), "act_now dispute");
    term(NULL, "dispute", 0);
    assert_string_equal(asks(returned), "done");
    term(NULL, "proof", 240);
    assert_string_equal(asks(denied), "act_now proof");
    term(NULL, "proof", 0);
    assert_string_equal(asks(denied), "done");
}

/* ---- their page ---- */

#define PAGE "/shipments/terms"

static const struct answer *form(const struct call *who, const char *body)
{
    struct call c = *who;
    c.method = "POST";
    c.path = PAGE;
    c.type = "application/x-www-form-urlencoded";
    c.body = body;
    return call(&c);
}

static void terms_are_set_on_their_page(void **state)
{
    (void)state;
    assert_int_equal(ask(&agent, "GET", PAGE, NULL)->status, 403);
    const struct answer *a = ask(&admin, "GET", PAGE, NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "72 hours"));
    assert_int_equal(form(&admin, "carrier=DHL&claim=dispute&hours=100")->status, 303);
    a = ask(&admin, "GET", PAGE, NULL);
    assert_non_null(strstr(a->body, "100 hours"));
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'claim_term.set' "
                            "and after ->> 'carrier' = 'dhl' and after ->> 'hours' = '100'"),
                     1);
    assert_int_equal(form(&admin, "carrier=dhl&claim=dispute&hours=0")->status, 303);
    assert_null(strstr(ask(&admin, "GET", PAGE, NULL)->body, "100 hours"));
    assert_int_equal(form(&admin, "carrier=&claim=loss&hours=100")->status, 303);
    assert_non_null(strstr(ask(&viewer, "GET", "/api/ship/claim-terms", NULL)->body, "100"));
    assert_int_equal(form(&admin, "carrier=&claim=loss&hours=0")->status, 303);
    assert_null(strstr(ask(&viewer, "GET", "/api/ship/claim-terms", NULL)->body, "100"));
}

static void what_is_wrong_is_named_beside_its_field(void **state)
{
    (void)state;
    static const char *const bodies[][2] = { { "claim=dispute&hours=9000", "hours-error" },
                                             { "claim=dispute", "hours-error" },
                                             { "claim=weight&hours=9", "claim-error" },
                                             { "carrier=a%2Fb&claim=dispute&hours=9",
                                               "carrier-error" } };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const struct answer *a = form(&admin, bodies[i][0]);
        assert_int_equal(a->status, 422);
        assert_non_null(strstr(a->body, bodies[i][1]));
    }
    assert_non_null(strstr(form(&admin, "claim=dispute&hours=9000")->body, "value=\"9000\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_that_failed_before_its_shipment_is_seen),
        cmocka_unit_test(one_of_a_shipment_is_counted_once),
        cmocka_unit_test(a_longer_term_brings_back_what_had_run_out),
        cmocka_unit_test(terms_are_set_on_their_page),
        cmocka_unit_test(what_is_wrong_is_named_beside_its_field),
    };
    pg_start("ship_board");
    call_start(domains);
    parcels_setup();
    call_session(&admin, "admin");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
