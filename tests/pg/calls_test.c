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
        cmocka_unit_test(they_are_found),
        cmocka_unit_test(page_by_page),
        cmocka_unit_test(a_viewer_sees_none),
    };
    pg_start("calls");
    call_start(domains);
    call_session(&as_admin, "admin");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
