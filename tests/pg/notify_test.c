/* Which customers are told of a change, how it reads, and what is kept where nobody is; the API and
   the page that the link leads to. */
#include "pg/notifying.h"

/* ---- who is told ---- */

static void assert_skipped(const char *reason, bool muted, bool dry_run)
{
    print_message("%s\n", reason);
    emit("pending", "in_transit", muted, dry_run);
    assert_int_equal(dispatch_on_the_web(), 1);
    assert_string_equal(state_of(), arena_printf(c->arena, "skipped %s", reason));
    assert_string_equal(
        pg_sql("select after ->> 'reason' || ' ' || (after ->> 'key' = n.key)::text from "
               "audit_history a join customer_notifications n on n.id = " LAST
               " where a.action = 'notification.skipped' and a.entity_id = '%s' order by a.seq "
               "desc limit 1",
               shipment),
        arena_printf(c->arena, "%s true", reason));
    assert_int_equal(jobs(), 0);
}

/* All stands against it at once; one after the other is put right. */
static void each_reason_in_its_order(void **state)
{
    (void)state;
    (void)pg_sql("update provider_accounts set enabled = false returning id");
    (void)pg_sql("update shipments set purchase_order_id = null where id = '%s' returning id",
                 shipment);
    (void)pg_sql("update purchase_orders set order_id = null where id = '%s' returning id",
                 purchase);
    (void)pg_sql("update orders set thread_status = 'unmatched', front_conversation_id = null "
                 "where id = '%s' returning id",
                 order);
    assert_skipped("no_purchase_order", true, true);
    (void)pg_sql("update shipments set purchase_order_id = '%s' where id = '%s' returning id",
                 purchase, shipment);
    assert_skipped("no_order", true, true);
    (void)pg_sql("update purchase_orders set order_id = '%s' where id = '%s' returning id", order,
                 purchase);
    assert_skipped("no_conversation", true, true);
    (void)pg_sql("update orders set front_conversation_id = '%s' where id = '%s' returning id",
                 conversation, order);
    assert_skipped("thread_not_linked", true, true);
    (void)pg_sql("update orders set thread_status = 'auto_matched' where id = '%s' returning id",
                 order);
    assert_skipped("muted", true, true);
    assert_skipped("dry_run", false, true);
    assert_skipped("no_front_account", false, false);
    (void)pg_sql("update provider_accounts set enabled = true returning id");
    assert_int_equal(audited("skipped"), 7);
    ship();
    assert_string_equal(state_of(), "queued");
    go();
    assert_told_once();
}

static void what_was_over_for_days_tells_nobody(void **state)
{
    (void)state;
    emit("pending", "in_transit", false, false);
    (void)pg_sql("update domain_events set data = data || jsonb_build_object('occurredAt', now() - "
                 "interval '73 hours') where entity_id = '%s' returning id",
                 shipment);
    assert_int_equal(dispatch(), 1);
    assert_string_equal(state_of(), "skipped too_old");
    assert_int_equal(audited("skipped"), 1);
}

/* "Today" is not said of the day before. */
static void what_was_out_yesterday_tells_nobody(void **state)
{
    (void)state;
    static const struct {
        int hours;
        const char *to, *came_to;
    } cases[] = { { 25, "out_for_delivery", "skipped too_old" },
                  { 23, "out_for_delivery", "queued" },
                  { 25, "delivered", "queued" } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fresh(NULL);
        emit("in_transit", cases[i].to, false, false);
        (void)pg_sql("update domain_events set data = data || jsonb_build_object('occurredAt', "
                     "now() - interval '%d hours') where entity_id = '%s' returning id",
                     cases[i].hours, shipment);
        assert_int_equal(dispatch(), 1);
        assert_string_equal(state_of(), cases[i].came_to);
    }
}

static void what_the_table_does_not_name_tells_nobody(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        { "in_transit", "failed_attempt" },
        { "in_transit", "returned" },
        { "pending", "cancelled" },
        { "exception", "in_transit" },
        { "in_transit", "available_for_pickup" },
    };
    for (size_t i = 0; i < 5; i++)
        emit(changes[i][0], changes[i][1], false, false);
    assert_int_equal(dispatch(), 5);
    assert_int_equal(
        pg_int("select count(*) from customer_notifications where shipment_id = '%s'", shipment),
        0);
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s'", shipment),
                     0);
}

static void the_reply_as_the_customer_reads_it(void **state)
{
    (void)state;
    struct json_object *last = NULL;
    ship();
    go();
    assert_told_once();
    assert_int_equal(posted(conversation, &last), 1);
    assert_false(json_object_get_boolean(json_get(last, "archived")));
    const char *text = json_text(json_get(last, "request"), "text");
    const char *html = json_text(json_get(last, "request"), "body");
    const char *link = pg_sql("select '%s/t/' || s.public_token || '?n=' || n.marker from "
                              "customer_notifications n join shipments s on s.id = n.shipment_id "
                              "where n.id = " LAST,
                              pg_settings()->public_url);
    assert_non_null(strstr(text, link));
    assert_non_null(strstr(html, link));
    assert_non_null(strstr(text, "Guten Tag Ada *Lovelace* <b>"));
    assert_non_null(strstr(html, "Guten Tag Ada *Lovelace* &lt;b&gt;"));
    assert_string_equal(
        pg_sql("select concat_ws(' ', language, conversation_id = '%s', message_uid = '%s', "
               "settled_at is not null) from customer_notifications where id = " LAST,
               conversation, json_text(last, "uid")),
        "de t t t");
    assert_string_equal(
        pg_sql("select concat_ws(' ', a.after ->> 'type', a.after ->> 'conversationId' = '%s', "
               "a.after ->> 'key' = 'customer:' || n.event_id || ':' || n.shipment_id || "
               "':shipped') from audit_history a, customer_notifications n where n.id = " LAST
               " and a.action = 'notification.sent' and a.entity_id = '%s'",
               conversation, shipment),
        "shipped t t");
}

static void an_event_told_again_tells_nobody(void **state)
{
    (void)state;
    ship();
    go();
    for (int i = 0; i < 3; i++) {
        (void)pg_sql("delete from event_reactions where reaction = '" NOTICE_JOB
                     "' returning event_id");
        (void)pg_sql("update domain_events set dispatched_at = null where id = (select event_id "
                     "from customer_notifications where id = " LAST ") returning id");
        assert_int_equal(i % 2 ? dispatch_on_the_web() : dispatch(), 1);
        go();
    }
    assert_told_once();
    assert_int_equal(
        pg_int("select count(*) from customer_notifications where shipment_id = '%s'", shipment),
        1);
}

/* ---- the API ---- */

static void the_list(void **state)
{
    (void)state;
    struct call viewer = { 0 }, agent = { 0 };
    (void)call_session(&viewer, "viewer");
    (void)call_session(&agent, "agent");
    ship();
    go();
    const struct answer *a = ask(&viewer, "GET", "/api/notifications", NULL);
    assert_int_equal(a->status, 200);
    struct json_object *first = json_object_array_get_idx(json_get(a->json, "items"), 0);
    assert_string_equal(json_text(first, "shipmentId"), shipment);
    assert_string_equal(json_text(first, "state"), "sent");
    assert_string_equal(json_text(first, "type"), "shipped");
    (void)pg_sql("insert into customer_notifications (tenant_id, key, event_id, shipment_id, type, "
                 "state, marker) select '%s', 'k' || n, uuid7(), '%s', 'delivered', 'skipped', 'm' "
                 "|| n from generate_series(1, 120) n returning id",
                 pg_tenant(), shipment);
    int n = 0;
    char query[600] = "type=delivered&state=skipped";
    for (int pages = 0; pages < 3; pages++) {
        struct call next = viewer;
        next.method = "GET";
        next.path = "/api/notifications";
        next.query = query;
        a = call(&next);
        assert_int_equal(a->status, 200);
        n += (int)json_object_array_length(json_get(a->json, "items"));
        const char *cursor = json_text(a->json, "nextCursor");
        assert_int_equal(!cursor, pages == 2);
        if (cursor)
            snprintf(query, sizeof(query), "type=delivered&state=skipped&after=%s", cursor);
    }
    assert_int_equal(n, 120);
    struct call bad = viewer;
    bad.method = "GET";
    bad.path = "/api/notifications";
    bad.query = "state=gone";
    assert_int_equal(call(&bad)->status, 422);
}

static void the_preview(void **state)
{
    (void)state;
    struct call agent = { 0 };
    (void)call_session(&agent, "agent");
    const struct answer *a = ask(&agent, "POST", "/api/notifications/preview",
                                 "{\"type\": \"delivered\", \"language\": \"fr\"}");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "language"), "fr");
    assert_non_null(strstr(json_text(a->json, "text"), "a été livrée"));
    a = ask(&agent, "POST", "/api/notifications/preview",
            arena_printf(c->arena, "{\"type\": \"shipped\", \"shipmentId\": \"%s\"}", shipment));
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "language"), "de");
    assert_non_null(strstr(json_text(a->json, "text"), "mit Die Post unterwegs"));
    assert_non_null(strstr(json_text(a->json, "trackingUrl"), "/t/token-of-the-shipment-"));
    static const char *const wrong[] = {
        "{}", "{\"type\": \"returned\"}", "{\"type\": \"shipped\", \"language\": \"xx\"}",
        "{\"type\": \"shipped\", \"shipmentId\": \"018f0000-0000-7000-8000-000000000009\"}"
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ask(&agent, "POST", "/api/notifications/preview", wrong[i])->status, 422);
    assert_int_equal(told(), 0);
}

/* ---- the page of the link ---- */

static const struct answer *visit(const char *path, const char *query, const char *accept)
{
    struct call q = { .method = "GET", .path = path, .query = query };
    if (accept)
        q.headers[0] = arena_printf(c->arena, "HTTP_ACCEPT_LANGUAGE=%s", accept);
    return call(&q);
}

static void the_page_for_everybody(void **state)
{
    (void)state;
    struct ctx *w = pg_ctx("track_worker");
    struct json_object *detail = json_own(w->arena, json_object_new_object());
    json_set_text(detail, "location", "Zürich");
    json_set_text(detail, "rawStatus", "Left with neighbour M. Muster");
    const struct shipment_event seen = { .type = "SCAN",
                                         .source = "carrier",
                                         .grade = 'B',
                                         .claim = PARCEL_IN_TRANSIT,
                                         .sentence = "Left with neighbour M. Muster",
                                         .detail = detail };
    db_begin(w->db, pg_tenant());
    assert_int_equal(shipment_append(w, shipment, &seen, 1, true, NULL, NULL), OK);
    assert_int_equal(db_commit(w->db), OK);
    const char *path = arena_printf(
        c->arena, "/t/%s", pg_sql("select public_token from shipments where id = '%s'", shipment));
    const struct answer *a = visit(path, "n=0123456789&utm_source=x", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "<html lang=\"de\">"));
    assert_non_null(strstr(a->body, "Ihr Paket ist unterwegs"));
    assert_non_null(strstr(a->body, "Die Post"));
    assert_non_null(strstr(a->body, "Zürich, <time"));
    assert_null(strstr(a->body, "Ada"));
    assert_null(strstr(a->body, "Muster"));
    assert_null(strstr(a->body, "N-"));
    assert_null(strstr(a->body, "<script"));
    assert_true(strlen(a->body) < 10000);
    assert_string_equal(answer_header("Referrer-Policy"), "no-referrer");
    assert_non_null(strstr(answer_header("X-Robots-Tag"), "noindex"));
    a = visit(path, NULL, "rm, es-MX;q=0.9, de;q=0.5");
    assert_non_null(strstr(a->body, "Su paquete está en camino"));
    a = visit(path, "lang=fr", "es");
    assert_non_null(strstr(a->body, "Votre colis est en route"));
    static const char *const unknown[] = { "/t/no-parcel-has-this-token", "/t/x",
                                           "/t/token-of-the-shipment-%27--" };
    for (size_t i = 0; i < 3; i++) {
        a = visit(unknown[i], NULL, "de");
        assert_int_equal(a->status, 404);
        assert_non_null(strstr(a->body, "Dieses Paket ist nicht bekannt"));
        assert_non_null(strstr(answer_header("X-Robots-Tag"), "noindex"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_reason_in_its_order, fresh),
        cmocka_unit_test_setup(what_was_over_for_days_tells_nobody, fresh),
        cmocka_unit_test_setup(what_was_out_yesterday_tells_nobody, fresh),
        cmocka_unit_test_setup(what_the_table_does_not_name_tells_nobody, fresh),
        cmocka_unit_test_setup(the_reply_as_the_customer_reads_it, fresh),
        cmocka_unit_test_setup(an_event_told_again_tells_nobody, fresh),
        cmocka_unit_test_setup(the_list, fresh),
        cmocka_unit_test_setup(the_preview, fresh),
        cmocka_unit_test_setup(the_page_for_everybody, fresh),
    };
    return run_notifying("notify_test", tests, sizeof(tests) / sizeof(tests[0]));
}
