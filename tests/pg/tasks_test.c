/* Tasks: made by a shipment's trouble once and closed by its end, made and closed by hand, listed.
 */
#include "pg/parcels.h"

#include "events/events.h"

static void dispatch(void)
{
    int n = 1;
    struct ctx *c = pg_ctx("track_worker");
    while (n)
        assert_int_equal(events_dispatch(c, domains, &n), OK);
}

static long long tasks(const char *shipment, const char *where)
{
    return pg_int("select count(*) from fulfilment_tasks where shipment_id = '%s' and %s", shipment,
                  where);
}

static const struct answer *task(const struct call *who, const char *method, const char *id,
                                 const char *rest, const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/tasks%s%s%s", id ? "/" : "", id ? id : "", rest);
    return ask(who, method, path, body);
}

static void trouble_makes_one_and_delivery_closes_it(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "in_transit");
    dispatch();
    assert_int_equal(tasks(id, "true"), 0);
    (void)set(id, "exception");
    dispatch();
    assert_int_equal(tasks(id, "kind = 'resolve_exception' and state = 'open' and made_by_name is "
                               "null and due_at > now() and order_id is not null"),
                     1);
    (void)set(id, "in_transit");
    (void)set(id, "exception");
    (void)pg_sql("delete from event_reactions where reaction = 'ship.tasks'");
    (void)pg_sql("update domain_events set dispatched_at = null");
    dispatch();
    assert_int_equal(tasks(id, "true"), 1);
    (void)set(id, "delivered");
    dispatch();
    assert_int_equal(tasks(id, "state = 'done' and closed_by_name is null and close_note = 'The "
                               "parcel is delivered.'"),
                     1);
    assert_int_equal(
        pg_int("select count(*) from audit_history where action = 'task.done' and "
               "entity_id in (select id::text from fulfilment_tasks where shipment_id = "
               "'%s')",
               id),
        1);
}

static void what_is_over_or_rehearsed_makes_none(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "failed_attempt");
    (void)set(id, "delivered");
    dispatch();
    assert_int_equal(tasks(id, "true"), 0);
    order_new(order, po);
    shipment_new(po, id);
    (void)pg_sql("update shipments set dry_run = true where id = '%s'", id);
    (void)set(id, "exception");
    dispatch();
    assert_int_equal(tasks(id, "true"), 0);
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "failed_attempt");
    dispatch();
    assert_int_equal(tasks(id, "kind = 'answer_ndr' and state = 'open'"), 1);
}

static void made_given_and_closed_by_hand(void **state)
{
    (void)state;
    char order[40], po[40], id[40], one[40], body[300], user[40];
    order_new(order, po);
    shipment_new(po, id);
    keep(user, pg_sql("select id from users where email = 'owner@example.com'"));
    snprintf(body, sizeof(body),
             "{\"kind\": \"pack\", \"shipmentId\": \"%s\", \"title\": \"Two boxes\", \"dueOn\": "
             "\"2026-05-12\"}",
             id);
    assert_int_equal(task(&viewer, "POST", NULL, "", body)->status, 403);
    assert_int_equal(task(&stranger, "GET", NULL, "", NULL)->status, 403);
    const struct answer *a = task(&agent, "POST", NULL, "", body);
    assert_int_equal(a->status, 201);
    keep(one, json_text(a->json, "taskId"));
    assert_string_equal(json_text(a->json, "dueOn"), "2026-05-12");
    assert_string_equal(json_text(a->json, "orderId"), order);
    assert_true(json_object_get_boolean(json_get(a->json, "overdue")));
    assert_null(json_text(a->json, "assigneeId"));
    snprintf(body, sizeof(body), "{\"assigneeId\": \"%s\"}", user);
    a = task(&agent, "PUT", one, "", body);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "assigneeName"), "Olga Owner");
    assert_null(json_text(a->json, "dueAt"));
    (void)set(id, "delivered");
    dispatch();
    assert_int_equal(tasks(id, "state = 'open'"), 1);
    a = task(&agent, "POST", one, "/drop", "{\"note\": \"Came without it.\"}");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "state"), "dropped");
    assert_string_equal(json_text(a->json, "closeNote"), "Came without it.");
    assert_int_equal(task(&agent, "POST", one, "/done", "{}")->status, 409);
    assert_int_equal(task(&agent, "PUT", one, "", "{}")->status, 409);
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s' and action "
                            "in ('task.added', 'task.changed', 'task.dropped')",
                            one),
                     3);
    assert_int_equal(task(&agent, "GET", "x", "", NULL)->status, 404);
    assert_int_equal(
        task(&agent, "POST", "00000000-0000-7000-8000-000000000000", "/done", "{}")->status, 404);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    char viewer_id[40], order[40], po[40], other[40], id[40], body[300];
    keep(viewer_id, pg_sql("select id from users where role = 'viewer' limit 1"));
    order_new(other, po);
    order_new(order, po);
    shipment_new(po, id);
    long long before = pg_int("select count(*) from fulfilment_tasks");
    static const char nobody[] = "00000000-0000-7000-8000-000000000000";
    static const struct {
        const char *body, *field;
    } cases[] = {
        { "{}", "kind" },
        { "{\"kind\": \"sing\"}", "kind" },
        { "{\"kind\": \"other\"}", "title" },
        { "{\"kind\": \"pick\", \"dueOn\": \"2026-02-30\"}", "dueOn" },
        { "{\"kind\": \"pick\", \"orderId\": \"%s\"}", "orderId" },
        { "{\"kind\": \"pick\", \"shipmentId\": \"%s\"}", "shipmentId" },
        { "{\"kind\": \"pick\", \"assigneeId\": \"%s\"}", "assigneeId" },
    };
    for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
        const char *field = "assigneeId";
        if (i < sizeof(cases) / sizeof(cases[0])) {
            const char *hole = strstr(cases[i].body, "%s");
            field = cases[i].field;
            snprintf(body, sizeof(body), "%.*s%s%s",
                     hole ? (int)(hole - cases[i].body) : (int)strlen(cases[i].body), cases[i].body,
                     hole ? nobody : "", hole ? hole + 2 : "");
        } else {
            snprintf(body, sizeof(body), "{\"kind\": \"pick\", \"assigneeId\": \"%s\"}", viewer_id);
        }
        const struct answer *a = task(&agent, "POST", NULL, "", body);
        assert_int_equal(a->status, 422);
        assert_string_equal(
            json_text(json_object_array_get_idx(json_get(a->json, "errors"), 0), "field"), field);
    }
    snprintf(body, sizeof(body),
             "{\"kind\": \"pick\", \"orderId\": \"%s\", \"shipmentId\": \"%s\"}", other, id);
    assert_int_equal(task(&agent, "POST", NULL, "", body)->status, 422);
    assert_int_equal(pg_int("select count(*) from fulfilment_tasks"), before);
}

static int listed(const char *query)
{
    int n = 0;
    char more[3000];
    snprintf(more, sizeof(more), "%s", query);
    for (;;) {
        struct call c = agent;
        c.method = "GET";
        c.path = "/api/ship/tasks";
        c.query = more;
        const struct answer *a = call(&c);
        assert_int_equal(a->status, 200);
        n += (int)json_object_array_length(json_get(a->json, "tasks"));
        const char *next = json_text(a->json, "next");
        if (!next)
            return n;
        snprintf(more, sizeof(more), "%s&after=%s", query, next);
    }
}

static void lists_go_on_and_narrow(void **state)
{
    (void)state;
    int open = listed("state=open"), closed = listed("state=closed");
    char user[40], query[80];
    keep(user, pg_sql("select id from users where email = 'owner@example.com'"));
    (void)pg_sql("with t as (insert into fulfilment_tasks (tenant_id, kind, title, due_at, "
                 "assignee_id, made_by_name) select '%s', 'claim', 'T' || i, case when i %% 3 = 0 "
                 "then 'infinity' else now() + i * interval '1 hour' end, case when i %% 2 = 0 "
                 "then '%s'::uuid end, 'Olga' from generate_series(1, 130) i returning 1) select "
                 "count(*) from t",
                 pg_tenant(), user);
    assert_int_equal(listed("state=open"), open + 130);
    assert_int_equal(listed("kind=claim"), 130);
    snprintf(query, sizeof(query), "kind=claim&assignee=%s", user);
    assert_int_equal(listed(query), 65);
    assert_int_equal(listed("kind=claim&assignee=nobody"), 65);
    assert_int_equal(listed("assignee=me"), 0);
    (void)pg_sql("with t as (update fulfilment_tasks set state = 'done', closed_at = now() where "
                 "kind = 'claim' returning 1) select count(*) from t");
    assert_int_equal(listed("state=closed"), closed + 130);
    assert_int_equal(listed("state=open"), open);
    struct call c = agent;
    c.method = "GET";
    c.path = "/api/ship/tasks";
    c.query = "assignee=somebody";
    assert_int_equal(call(&c)->status, 422);
}

static void the_page_shows_and_does_it(void **state)
{
    (void)state;
    char order[40], po[40], id[40], one[40], path[120];
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "exception");
    dispatch();
    const struct answer *a = ask(&viewer, "GET", "/shipments/tasks", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "Resolve the exception"));
    assert_null(strstr(a->body, "Add a task"));
    struct call c = agent;
    c.method = "POST";
    c.path = "/shipments/tasks";
    c.type = "application/x-www-form-urlencoded";
    c.body = "kind=other&title=&dueOn=2026-05-12";
    a = call(&c);
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "id=\"title-error\""));
    assert_non_null(strstr(a->body, "value=\"2026-05-12\""));
    c.body = "kind=other&title=Call+them&dueOn=&assigneeId=";
    assert_int_equal(call(&c)->status, 303);
    assert_non_null(strstr(ask(&agent, "GET", "/shipments/tasks", NULL)->body, "Call them"));
    keep(one, pg_sql("select id from fulfilment_tasks where title = 'Call them'"));
    snprintf(path, sizeof(path), "/shipments/tasks/%s/done", one);
    c.path = path;
    c.body = "";
    assert_int_equal(call(&c)->status, 303);
    assert_null(strstr(ask(&agent, "GET", "/shipments/tasks", NULL)->body, "Call them"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_makes_one_and_delivery_closes_it),
        cmocka_unit_test(what_is_over_or_rehearsed_makes_none),
        cmocka_unit_test(made_given_and_closed_by_hand),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(lists_go_on_and_narrow),
        cmocka_unit_test(the_page_shows_and_does_it),
    };
    pg_start("tasks");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
