/* GET /api/calls: found by provider, job, entity and text; page by page; of one tenant alone. */
#include "pg/call.h"
#include "pg/pg.h"

#include "base/json.h"

#include <string.h>

static struct call as_admin;

static size_t count(const char *query)
{
    struct call c = as_admin;
    c.method = "GET";
    c.path = "/api/calls";
    c.query = query;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "items"));
}

static void add(const char *tenant, const char *provider, int job, const char *request)
{
    pg_sql(
        "insert into http_calls (tenant_id, provider, method, url, entity, job_id, request, "
        "duration_ms) "
        "values ('%s', '%s', 'POST', 'https://example.com/send', 'communication:%d', %d, '%s', 5)",
        tenant, provider, job, job, request);
}

static void they_are_found(void **state)
{
    (void)state;
    add(pg_tenant(), "msgraph", 1, "{\"subject\": \"Heizung\"}");
    add(pg_tenant(), "smtp", 2, "MAIL FROM");
    pg_sql("insert into tenants (id, slug, name) values ('00000000-0000-7000-8000-00000000000b', "
           "'b', 'B')");
    add("00000000-0000-7000-8000-00000000000b", "msgraph", 3, "other");
    assert_int_equal(count(NULL), 2);
    assert_int_equal(count("provider=msgraph"), 1);
    assert_int_equal(count("jobId=2"), 1);
    assert_int_equal(count("entity=communication:1"), 1);
    assert_int_equal(count("search=heizung"), 1);
    assert_int_equal(count("search=other"), 0);
}

static void page_by_page(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        add(pg_tenant(), "paged", 100 + i, "x");
    struct call c = as_admin;
    c.method = "GET";
    c.path = "/api/calls";
    c.query = "provider=paged";
    const char *cursor = json_text(call(&c)->json, "nextCursor");
    assert_non_null(cursor);
    char query[512];
    snprintf(query, sizeof(query), "provider=paged&after=%s", cursor);
    assert_int_equal(count(query), 10);
}

/* An administrator of some buildings learns nothing of the mail of others. */
static void grants_hold_here_too(void **state)
{
    (void)state;
    static const char there[] = "00000000-0000-7000-8000-0000000000c1";
    struct call c = { .method = "GET", .path = "/api/calls", .query = "provider=granted" };
    const char *id = call_session(&c, "admin");
    pg_sql("update users set all_buildings = false where id = '%s'", id);
    pg_sql("insert into buildings (tenant_id, code, name) select '%s', n, n from "
           "unnest('{IN,OUT}'::text[]) n",
           pg_tenant());
    pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    pg_sql(
        "with u as (insert into units (tenant_id, building_id, number) select tenant_id, id, '1' "
        "from buildings returning *), t as (insert into communication_batches (tenant_id, "
        "building_id, year) select tenant_id, id, 2025 from buildings returning *) "
        "insert into communications (tenant_id, id, batch_id, building_id, unit_id, year, "
        "channel, recipient_name, subject) select b.tenant_id, case b.code when 'IN' then "
        "'%s'::uuid else uuid7() end, t.id, b.id, u.id, 2025, 'EMAIL', 'R', 'S' from buildings b "
        "join u on u.building_id = b.id join t on t.building_id = b.id",
        there);
    pg_sql("insert into http_calls (tenant_id, provider, method, url, entity, duration_ms) select "
           "'%s', 'granted', 'POST', 'https://example.com', e, 5 from (select 'communication:' || "
           "id as e from communications union all select null) x",
           pg_tenant());
    assert_int_equal(count("provider=granted"), 3);
    assert_int_equal(json_object_array_length(json_get(call(&c)->json, "items")), 0);
    pg_sql(
        "insert into building_grants select tenant_id, '%s', id from buildings where code = 'IN'",
        id);
    struct json_object *items = json_get(call(&c)->json, "items");
    assert_int_equal(json_object_array_length(items), 1);
    assert_non_null(strstr(json_text(json_object_array_get_idx(items, 0), "entity"), there));
}

/* What is of no building, or of any, is for those who see all of them. */
static void whole_routes_are_for_the_whole(void **state)
{
    static const struct {
        const char *method, *path;
    } rows[] = {
        { "GET", "/import" },
        { "POST", "/import" },
        { "GET", "/import/00000000-0000-7000-8000-0000000000c1" },
        { "POST", "/import/00000000-0000-7000-8000-0000000000c1/commit" },
        { "GET", "/api/track/imports" },
        { "POST", "/api/track/imports" },
        { "GET", "/api/track/imports/00000000-0000-7000-8000-0000000000c1" },
        { "POST", "/api/track/imports/00000000-0000-7000-8000-0000000000c1/preview" },
        { "POST", "/api/track/imports/00000000-0000-7000-8000-0000000000c1/commit" },
        { "GET", "/inbox" },
        { "GET", "/api/inbox" },
        { "GET", "/api/inbox/00000000-0000-7000-8000-0000000000c1" },
        { "POST", "/api/inbox/00000000-0000-7000-8000-0000000000c1/replay" },
    };
    (void)state;
    struct call c = { 0 };
    const char *id = call_session(&c, "admin");
    pg_sql("update users set all_buildings = false where id = '%s'", id);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c.method = rows[i].method;
        c.path = rows[i].path;
        if (call(&c)->status != 403)
            fail_msg("%s %s", c.method, c.path);
    }
    c.method = "GET";
    c.path = "/track";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    assert_null(strstr(a->body, "href=\"/import\""));
    assert_null(strstr(a->body, "href=\"/inbox\""));
}

static void a_viewer_sees_none(void **state)
{
    (void)state;
    struct call c = { .method = "GET", .path = "/api/calls" };
    call_session(&c, "viewer");
    assert_int_equal(call(&c)->status, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_found),       cmocka_unit_test(page_by_page),
        cmocka_unit_test(grants_hold_here_too), cmocka_unit_test(whole_routes_are_for_the_whole),
        cmocka_unit_test(a_viewer_sees_none),
    };
    pg_start("calls");
    call_start(domains);
    call_session(&as_admin, "admin");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
