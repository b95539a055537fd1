/* Orders, purchase orders and the conversation: made once, whole or not at all, seen by those who
 * see all. */
#include "pg/call.h"
#include "pg/pg.h"

#include "base/json.h"
#include "ship/ship.h"
#include "ship/thread.h"

#include <string.h>

static struct call agent = { 0 }, viewer = { 0 }, stranger = { 0 };
static char order[40];

#define CUSTOMER                                                                                   \
    "\"customer\":{\"name\":\"Eva Müller\",\"email\":\"eva@example.com\",\"phone\":\"079 123 45 " \
    "67\",\"language\":\"de-CH\"}"
#define TO                                                                                         \
    "\"shipTo\":{\"street\":\"Seestrasse "                                                         \
    "1\",\"postalCode\":\"8002\",\"city\":\"Zürich\",\"country\":\"ch\"}"
#define ITEMS                                                                                      \
    "\"items\":[{\"sku\":\"LAMP\",\"name\":\"Lamp\",\"quantity\":2,\"unitMinor\":1050,"            \
    "\"taxMinor\":"                                                                                \
    "170},{\"name\":\"Bulb\",\"quantity\":1,\"unitMinor\":300}]"
#define WHOLE CUSTOMER "," TO "," ITEMS

static const struct answer *send(const struct call *as, const char *method, const char *path,
                                 const char *body)
{
    struct call c = *as;
    c.method = method;
    c.path = path;
    c.body = body;
    c.type = body ? "application/json" : NULL;
    return call(&c);
}

static const struct answer *get(const struct call *as, const char *path, const char *query)
{
    struct call c = *as;
    c.method = "GET";
    c.path = path;
    c.query = query;
    c.csrf = NULL;
    return call(&c);
}

static void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

static const char *fault_of(const struct answer *a)
{
    struct json_object *errors = json_get(a->json, "errors");
    assert_non_null(errors);
    return json_text(json_object_array_get_idx(errors, 0), "field");
}

static long long number(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

static size_t length(struct json_object *d, const char *key)
{
    return json_object_array_length(json_get(d, key));
}

static void setup(void **state)
{
    (void)state;
    call_session(&agent, "agent");
    call_session(&viewer, "viewer");
    (void)pg_sql("update users set all_buildings = false where id = '%s' returning id",
                 call_session(&stranger, "admin"));
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
}

static void an_order_is_made_with_all_it_has(void **state)
{
    (void)state;
    const struct answer *a = send(&agent, "POST", "/api/orders",
                                  "{\"number\":\"1001\",\"shippingMinor\":700," WHOLE "}");
    assert_int_equal(a->status, 201);
    keep(order, json_text(a->json, "orderId"));
    assert_non_null(strstr(answer_header("Location"), order));
    assert_string_equal(json_text(a->json, "status"), "new");
    assert_string_equal(json_text(a->json, "threadStatus"), "unmatched");
    assert_int_equal(number(a->json, "taxMinor"), 170);
    assert_int_equal(number(a->json, "totalMinor"), 2 * 1050 + 300 + 170 + 700);
    struct json_object *customer = json_get(a->json, "customer"), *to = json_get(a->json, "shipTo");
    assert_string_equal(json_text(customer, "phone"), "+41791234567");
    assert_string_equal(json_text(customer, "language"), "de");
    assert_string_equal(json_text(to, "name"), "Eva Müller");
    assert_string_equal(json_text(to, "country"), "CH");
    assert_int_equal(length(a->json, "items"), 2);
    assert_string_equal(json_text(json_object_array_get_idx(json_get(a->json, "items"), 0), "sku"),
                        "LAMP");
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'order.added' and "
                            "entity_type = 'order' and entity_id = '%s'",
                            order),
                     1);
}

static void a_number_is_taken_once_in_a_shop(void **state)
{
    (void)state;
    const struct answer *a = send(&agent, "POST", "/api/orders", "{\"number\":\"1001\"," WHOLE "}");
    assert_int_equal(a->status, 409);
    assert_string_equal(fault_of(a), "number");
    assert_non_null(strstr(a->body, order));
    a = send(&agent, "POST", "/api/orders", "{\"number\":\"1001\",\"shop\":\"bern\"," WHOLE "}");
    assert_int_equal(a->status, 201);
    assert_int_equal(pg_int("select count(*) from orders"), 2);
    assert_int_equal(pg_int("select count(*) from customers"), 1);
}

static void a_customer_is_who_has_the_reference(void **state)
{
    (void)state;
    const char *first = "{\"number\":\"R1\",\"customer\":{\"reference\":\"C1\",\"name\":\"A\","
                        "\"email\":\"a@example.com\"}," TO "," ITEMS "}";
    const char *second =
        "{\"number\":\"R2\",\"customer\":{\"reference\":\"C1\",\"name\":\"B\"}," TO "," ITEMS "}";
    assert_int_equal(send(&agent, "POST", "/api/orders", first)->status, 201);
    const struct answer *a = send(&agent, "POST", "/api/orders", second);
    assert_int_equal(a->status, 201);
    struct json_object *customer = json_get(a->json, "customer");
    assert_string_equal(json_text(customer, "name"), "B");
    assert_string_equal(json_text(customer, "email"), "a@example.com");
    assert_int_equal(pg_int("select count(*) from customers where reference = 'C1'"), 1);
}

static void what_is_wrong_is_named_and_nothing_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *body, *field;
    } wrong[] = {
        { "{" WHOLE "}", "number" },
        { "{\"number\":\"X\"," CUSTOMER "," TO "}", "items" },
        { "{\"number\":\"X\"," CUSTOMER "," TO ",\"items\":[]}", "items" },
        { "{\"number\":\"X\"," CUSTOMER "," TO ",\"items\":[{\"name\":\"a\",\"quantity\":1},{"
          "\"name\":\"a\",\"quantity\":0}]}",
          "items[1].quantity" },
        { "{\"number\":\"X\"," CUSTOMER "," TO ",\"items\":[{\"name\":\"a\",\"quantity\":1,"
          "\"unitMinor\":-1}]}",
          "items[0].unitMinor" },
        { "{\"number\":\"X\"," TO "," ITEMS "}", "customer" },
        { "{\"number\":\"X\",\"customer\":{}," TO "," ITEMS "}", "customer.name" },
        { "{\"number\":\"X\",\"customer\":{\"name\":\"a\",\"phone\":\"12\"}," TO "," ITEMS "}",
          "customer.phone" },
        { "{\"number\":\"X\",\"customer\":{\"name\":\"a\",\"language\":\"klingon\"}," TO "," ITEMS
          "}",
          "customer.language" },
        { "{\"number\":\"X\",\"customer\":{\"name\":\"a\",\"email\":\"a\"}," TO "," ITEMS "}",
          "customer.email" },
        { "{\"number\":\"X\"," CUSTOMER ",\"shipTo\":{\"country\":\"Atlantis\"}," ITEMS "}",
          "shipTo.country" },
        { "{\"number\":\"X\",\"currency\":\"XYZ\"," WHOLE "}", "currency" },
        { "{\"number\":\"X\",\"promisedOn\":\"2026-02-30\"," WHOLE "}", "promisedOn" },
        { "{\"number\":\"X\",\"placedAt\":\"yesterday\"," WHOLE "}", "placedAt" },
        { "{\"number\":\"X\",\"frontConversationId\":\"a/b\"," WHOLE "}", "frontConversationId" },
        { "{\"number\":\"X\",\"billTo\":{}," WHOLE "}", "billTo.country" },
        { "{\"number\":\"X\",\"colour\":\"red\"," WHOLE "}", "colour" },
    };
    long long before = pg_int("select count(*) from orders");
    long long customers = pg_int("select count(*) from customers");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct answer *a = send(&agent, "POST", "/api/orders", wrong[i].body);
        assert_int_equal(a->status, 422);
        assert_string_equal(fault_of(a), wrong[i].field);
    }
    assert_int_equal(pg_int("select count(*) from orders"), before);
    assert_int_equal(pg_int("select count(*) from customers"), customers);
}

static void the_same_key_makes_one(void **state)
{
    (void)state;
    char first[40];
    struct call c = agent;
    c.method = "POST";
    c.path = "/api/orders";
    c.type = "application/json";
    c.body = "{\"number\":\"K1\"," WHOLE "}";
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=order-k1";
    keep(first, json_text(call(&c)->json, "orderId"));
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 201);
    assert_string_equal(json_text(a->json, "orderId"), first);
    assert_string_equal(answer_header("Idempotent-Replayed"), "true");
}

/* ---- the conversation ---- */

static const char *thread_path(char out[80])
{
    snprintf(out, 80, "/api/orders/%s/thread", order);
    return out;
}

static long long linked(void)
{
    return pg_int("select count(*) from domain_events where name = 'ThreadLinked' and entity_type "
                  "= 'order' and entity_id = '%s'",
                  order);
}

static void a_conversation_is_linked_told_and_unlinked(void **state)
{
    (void)state;
    char path[80];
    const char *body = "{\"frontConversationId\":\"https://app.frontapp.com/open/cnv_abc12?x=1\"}";
    const struct answer *a = send(&agent, "PUT", thread_path(path), body);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "frontConversationId"), "cnv_abc12");
    assert_string_equal(json_text(a->json, "threadStatus"), "manually_linked");
    assert_non_null(json_text(a->json, "threadBy"));
    assert_int_equal(linked(), 1);
    assert_string_equal(pg_sql("select data ->> 'conversationId' from domain_events where name = "
                               "'ThreadLinked' and data ->> 'orderId' = '%s'",
                               order),
                        "cnv_abc12");
    a = send(&agent, "PUT", path, "{\"frontConversationId\":\"cnv_abc12\"}");
    assert_int_equal(a->status, 200);
    assert_int_equal(linked(), 1);
    a = send(&agent, "PUT", path, "{\"frontConversationId\":\"cnv_other\"}");
    assert_int_equal(a->status, 200);
    assert_int_equal(linked(), 2);
    a = send(&agent, "DELETE", path, NULL);
    assert_int_equal(a->status, 200);
    assert_null(json_text(a->json, "frontConversationId"));
    assert_string_equal(json_text(a->json, "threadStatus"), "unmatched");
    assert_int_equal(send(&agent, "DELETE", path, NULL)->status, 200);
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s' and action "
                            "in ('thread.linked', 'thread.unlinked')",
                            order),
                     3);
}

static void what_is_no_conversation_is_refused(void **state)
{
    (void)state;
    char path[80];
    static const char *const wrong[] = { "{\"frontConversationId\":\"cnv abc\"}",
                                         "{\"frontConversationId\":\"https://example.com/x\"}",
                                         "{\"frontConversationId\":\"\"}", "{}" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct answer *a = send(&agent, "PUT", thread_path(path), wrong[i]);
        assert_int_equal(a->status, 422);
        assert_string_equal(fault_of(a), "frontConversationId");
    }
    const char *none = "/api/orders/00000000-0000-7000-8000-000000000000/thread";
    assert_int_equal(send(&agent, "PUT", none, "{\"frontConversationId\":\"cnv_a\"}")->status, 404);
    assert_int_equal(send(&agent, "DELETE", none, NULL)->status, 404);
    assert_int_equal(
        send(&agent, "PUT", "/api/orders/x/thread", "{\"frontConversationId\":\"cnv_a\"}")->status,
        404);
}

static void a_failed_audit_takes_the_link_with_it(void **state)
{
    (void)state;
    char path[80];
    long long before = linked();
    (void)pg_sql("alter table audit_history rename to audit_history_away; select 1");
    assert_int_equal(
        send(&agent, "PUT", thread_path(path), "{\"frontConversationId\":\"cnv_a\"}")->status, 500);
    (void)pg_sql("alter table audit_history_away rename to audit_history; select 1");
    assert_int_equal(linked(), before);
    assert_int_equal(pg_int("select count(*) from orders where front_conversation_id is not null"),
                     0);
}

/* ---- purchase orders ---- */

static void a_purchase_order_may_come_before_its_order(void **state)
{
    (void)state;
    char path[80], body[200];
    const struct answer *a = send(&agent, "POST", "/api/purchase-orders",
                                  "{\"number\":\"PO-1\",\"supplier\":\"Lampen "
                                  "AG\",\"items\":[{\"sku\":\"LAMP\",\"quantity\":2}]}");
    assert_int_equal(a->status, 201);
    assert_null(json_text(a->json, "orderId"));
    assert_int_equal(length(a->json, "items"), 1);
    snprintf(path, sizeof(path), "/api/purchase-orders/%s", json_text(a->json, "purchaseOrderId"));
    snprintf(body, sizeof(body), "{\"orderId\":\"%s\"}", order);
    a = send(&agent, "PATCH", path, body);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "orderNumber"), "1001");
    assert_int_equal(send(&agent, "PATCH", path, body)->status, 200);
    a = send(&agent, "PATCH", path, "{\"orderId\":\"00000000-0000-7000-8000-000000000000\"}");
    assert_int_equal(a->status, 409);
    snprintf(path, sizeof(path), "/api/orders/%s", order);
    assert_int_equal(length(get(&viewer, path, NULL)->json, "purchaseOrders"), 1);
}

static void an_order_follows_the_parcels_it_is_given(void **state)
{
    (void)state;
    char path[80], body[200];
    const struct answer *a =
        send(&agent, "POST", "/api/purchase-orders", "{\"number\":\"PO-early\"}");
    const char *po = json_text(a->json, "purchaseOrderId");
    snprintf(path, sizeof(path), "/api/purchase-orders/%s", po);
    (void)pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, public_token, "
                 "status) values ('%s', '%s', 'post', 'abcdefghijklmnopqrstuvwx', 'in_transit') "
                 "returning id",
                 pg_tenant(), po);
    snprintf(body, sizeof(body), "{\"orderId\":\"%s\"}", order);
    assert_int_equal(send(&agent, "PATCH", path, body)->status, 200);
    snprintf(path, sizeof(path), "/api/orders/%s", order);
    a = get(&viewer, path, NULL);
    assert_string_equal(json_text(a->json, "status"), "shipped");
    assert_int_equal(length(a->json, "shipments"), 1);
}

static void a_wrong_purchase_order_is_refused(void **state)
{
    (void)state;
    const struct answer *a = send(&agent, "POST", "/api/purchase-orders",
                                  "{\"number\":\"PO-1\",\"supplier\":\"Lampen AG\"}");
    assert_int_equal(a->status, 409);
    assert_string_equal(fault_of(a), "number");
    a = send(&agent, "POST", "/api/purchase-orders",
             "{\"number\":\"PO-2\",\"orderId\":\"00000000-0000-7000-8000-000000000000\"}");
    assert_int_equal(a->status, 422);
    assert_string_equal(fault_of(a), "orderId");
    a = send(&agent, "POST", "/api/purchase-orders",
             "{\"number\":\"PO-2\",\"items\":[{\"sku\":\"A\"}]}");
    assert_int_equal(a->status, 422);
    assert_string_equal(fault_of(a), "items[0].quantity");
    assert_int_equal(pg_int("select count(*) from purchase_orders where number = 'PO-2'"), 0);
}

/* ---- who sees what ---- */

static size_t found(const char *query)
{
    const struct answer *a = get(&viewer, "/api/orders", query);
    assert_int_equal(a->status, 200);
    return length(a->json, "orders");
}

static void orders_are_found(void **state)
{
    (void)state;
    assert_int_equal(found("q=1001"), 2);
    assert_int_equal(found("q=1001&shop=bern"), 1);
    assert_int_equal(found("q=muller&status=shipped"), 1);
    assert_int_equal(found("q=EVA%40example.com"), found("q=M%C3%BCller"));
    assert_int_equal(found("q=po-1"), 1);
    assert_int_equal(found("q=nobody"), 0);
    assert_int_equal(found("status=delivered"), 0);
    assert_int_equal(found("thread=manually_linked"), 0);
    assert_int_equal(get(&viewer, "/api/orders", "status=lost")->status, 422);
    assert_int_equal(get(&viewer, "/api/orders", "after=x")->status, 422);
}

static void pages_hold_fifty_and_go_on(void **state)
{
    (void)state;
    char query[3000], seen[2][40];
    size_t all = 0;
    (void)pg_sql("insert into orders (tenant_id, number, customer_id, placed_at, recipient_name, "
                 "country) select tenant_id, 'P' || n, id, '2026-01-01', 'Page', 'CH' from "
                 "customers, generate_series(1, 120) n where reference = 'C1' returning id");
    snprintf(query, sizeof(query), "q=Page");
    for (int page = 0; page < 3; page++) {
        const struct answer *a = get(&viewer, "/api/orders", query);
        struct json_object *list = json_get(a->json, "orders");
        size_t n = json_object_array_length(list);
        keep(seen[page % 2], json_text(json_object_array_get_idx(list, 0), "orderId"));
        assert_string_not_equal(seen[0], page ? seen[1] : "");
        all += n;
        assert_int_equal(n, page < 2 ? 50 : 20);
        if (page < 2)
            snprintf(query, sizeof(query), "q=Page&after=%s", json_text(a->json, "next"));
        else
            assert_null(json_text(a->json, "next"));
    }
    assert_int_equal(all, 120);
}

static void those_who_see_some_buildings_see_none(void **state)
{
    (void)state;
    char path[80];
    snprintf(path, sizeof(path), "/api/orders/%s", order);
    assert_int_equal(get(&stranger, "/api/orders", NULL)->status, 403);
    assert_int_equal(get(&stranger, path, NULL)->status, 403);
    assert_int_equal(get(&stranger, "/api/purchase-orders", NULL)->status, 403);
    assert_int_equal(send(&stranger, "POST", "/api/orders", "{\"number\":\"S\"," WHOLE "}")->status,
                     403);
    assert_int_equal(send(&viewer, "POST", "/api/orders", "{\"number\":\"S\"," WHOLE "}")->status,
                     403);
    const struct answer *a = get(&viewer, path, NULL);
    assert_int_equal(a->status, 200);
    assert_null(strstr(a->body, "eva@example.com"));
    assert_null(strstr(a->body, "791234567"));
    assert_null(strstr(a->body, "Seestrasse"));
}

static void those_of_other_tenants_are_not_there(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    c->tenant_id =
        pg_sql("insert into tenants (slug, name) values ('other', 'Other') returning id");
    c->tenant_id = arena_strdup(c->arena, c->tenant_id);
    db_begin(c->db, c->tenant_id);
    assert_int_equal(thread_link(c, order, "cnv_theirs"), ERR_NOT_FOUND);
    db_rollback(c->db);
}

/* ---- a conversation as it is written ---- */

static void conversations_are_read(void **state)
{
    (void)state;
    struct arena *a = pg_ctx("track_web")->arena;
    assert_string_equal(thread_conversation(a, " cnv_1a\n"), "cnv_1a");
    assert_string_equal(
        thread_conversation(a, "https://app.frontapp.com/inboxes/x/views/y/open/cnv_1a/"),
        "cnv_1a");
    assert_null(thread_conversation(a, ""));
    assert_null(thread_conversation(a, "cnv_1a cnv_1b"));
    assert_null(thread_conversation(a, "../cnv_1a"));
    assert_null(thread_conversation(a, "https://app.frontapp.com/open/cnv_1a/contacts"));
    assert_null(thread_conversation(
        a, "cnv_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(an_order_is_made_with_all_it_has),
        cmocka_unit_test(a_number_is_taken_once_in_a_shop),
        cmocka_unit_test(a_customer_is_who_has_the_reference),
        cmocka_unit_test(what_is_wrong_is_named_and_nothing_is_kept),
        cmocka_unit_test(the_same_key_makes_one),
        cmocka_unit_test(a_conversation_is_linked_told_and_unlinked),
        cmocka_unit_test(what_is_no_conversation_is_refused),
        cmocka_unit_test(a_failed_audit_takes_the_link_with_it),
        cmocka_unit_test(a_purchase_order_may_come_before_its_order),
        cmocka_unit_test(an_order_follows_the_parcels_it_is_given),
        cmocka_unit_test(a_wrong_purchase_order_is_refused),
        cmocka_unit_test(orders_are_found),
        cmocka_unit_test(pages_hold_fifty_and_go_on),
        cmocka_unit_test(those_who_see_some_buildings_see_none),
        cmocka_unit_test(those_of_other_tenants_are_not_there),
        cmocka_unit_test(conversations_are_read),
    };
    static const struct domain *const all[] = { &orders_domain, NULL };
    pg_start("orders");
    call_start(all);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
