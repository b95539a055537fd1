/* Requests through the dispatcher: guards, inputs, problems, transactions, idempotency, tags. */
#include "call.h"

#include "base/json.h"
#include "web/domain.h"
#include "web/web.h"

#include <stdlib.h>
#include <string.h>

static const struct sql add_building = {
    "test_add", "insert into buildings (tenant_id, code, name) values (current_tenant(), $1, $2)",
    2, (const char *const[]){ "code", "name" }, false
};
static const struct sql by_id = { "test_by_id", "select $1::uuid as id", 1,
                                  (const char *const[]){ "id" }, false };

struct building {
    const char *code, *name;
    long fail;
};

static const struct field fields[] = {
    { "code", FIELD_TEXT, offsetof(struct building, code), .required = true, .max = 20 },
    { "name", FIELD_TEXT, offsetof(struct building, name), .max = 20 },
    { "fail", FIELD_INT, offsetof(struct building, fail), .max = 9 },
    { .name = NULL },
};
static const struct input input = { "Building", sizeof(struct building), fields };

static enum err show(struct req *r, struct reply *p)
{
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    const struct building *b = r->input;
    json_set_text(d, "actor", r->ctx.actor.name);
    json_set_text(d, "code", b ? b->code : NULL);
    json_set_text(d, "id", req_param(r, "id"));
    return reply_json(p, 200, d);
}

static enum err get(struct req *r, struct reply *p)
{
    const char *args[] = { req_param(r, "id") };
    enum err e = db_run(r->ctx.db, r->ctx.arena, &by_id, args, NULL);
    return e == OK ? show(r, p) : e;
}

static enum err refused(struct req *r, struct reply *p)
{
    (void)p;
    return ctx_refuse(&r->ctx, ERR_INVALID, "Not so.");
}

static enum err add(struct req *r, struct reply *p)
{
    const struct building *b = r->input;
    const char *args[] = { b->code, b->name ? b->name : "" };
    enum err e = db_run(r->ctx.db, r->ctx.arena, &add_building, args, NULL);
    if (e != OK)
        return e;
    if (b->fail)
        return ctx_refuse(&r->ctx, (enum err)b->fail, "As asked.");
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(d, "code", b->code);
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/s/%s", b->code));
    return reply_json(p, 201, d);
}

static enum err page(struct req *r, struct reply *p)
{
    (void)r;
    p->content_type = "text/html; charset=utf-8";
    buf_puts(&p->body, "<p>page</p>");
    return OK;
}

static enum err leave(struct req *r, struct reply *p)
{
    return reply_redirect(p, strcmp(req_query(r, "to"), "ours") == 0 ? "/s" : "//example.com");
}

static enum err upload(struct req *r, struct reply *p)
{
    struct json_object *d = json_own(r->ctx.arena, json_object_new_object());
    json_set_int(d, "files", (int64_t)r->upload_count);
    json_set_text(d, "name", r->upload_count ? r->uploads[0].file_name : NULL);
    json_set_text(d, "code", ((const struct building *)r->input)->code);
    return reply_json(p, 200, d);
}

static const struct file_field files[] = { { "file", true, NULL }, { .name = NULL } };

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/s", show, ROLE_VIEWER, &input, .doc = "" },
    { METHOD_GET, ROUTE_API, "/api/s/:id", get, ROLE_VIEWER, .doc = "" },
    { METHOD_GET, ROUTE_API, "/api/s/:id/refused", refused, ROLE_VIEWER, .doc = "" },
    { METHOD_POST, ROUTE_API, "/api/s", add, ROLE_AGENT, &input, .doc = "", .body_limit = 4096 },
    { METHOD_POST, ROUTE_API, "/api/up", upload, ROLE_AGENT, &input, .doc = "", .files = files,
      .body_limit = (size_t)64 << 20 },
    { METHOD_GET, ROUTE_API, "/api/closed", show, .doc = "" },
    { METHOD_GET, ROUTE_PAGE, "/s", page, ROLE_VIEWER, .doc = "" },
    { METHOD_POST, ROUTE_PAGE, "/s", page, ROLE_VIEWER, .doc = "" },
    { METHOD_GET, ROUTE_OPEN, "/leave", leave, ROLE_PUBLIC, .doc = "" },
    { .path = NULL },
};
static const struct domain sample = { .name = "sample", .routes = routes };
static const struct domain *const list[] = { &web_domain, &sample, NULL };

static struct call agent, viewer, other;
static const char *agent_id;

static const char *problem(const struct answer *a, const char *key)
{
    assert_string_equal(answer_header("content-type"), "application/problem+json");
    assert_int_equal(json_object_get_int(json_get(a->json, "status")), a->status);
    assert_string_equal(json_text(a->json, "instance"), answer_header("x-request-id"));
    return json_text(a->json, key);
}

static struct call as(const struct call *who, const char *method, const char *path)
{
    struct call c = *who;
    c.method = method;
    c.path = path;
    return c;
}

static struct call post(const char *body)
{
    struct call c = as(&agent, "POST", "/api/s");
    c.type = "application/json";
    c.body = body;
    return c;
}

static void routes_and_methods(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/api/none");
    assert_int_equal(call(&c)->status, 404);
    c = as(&viewer, "DELETE", "/api/s");
    assert_int_equal(call(&c)->status, 405);
    assert_string_equal(answer_header("allow"), "GET, HEAD, POST");
    c = as(&viewer, "BREW", "/api/s");
    assert_int_equal(call(&c)->status, 405);
    c = as(&viewer, "HEAD", "/healthz");
    assert_int_equal(call(&c)->status, 200);
    assert_string_equal(call(&c)->body, "");
}

static void nobody_is_told_to_sign_in(void **state)
{
    (void)state;
    struct call c = { .method = "GET", .path = "/api/s" };
    assert_string_equal(problem(call(&c), "type"), "/problems/unauthenticated");
    assert_non_null(answer_header("www-authenticate"));
    c = (struct call){ .method = "GET", .path = "/s", .query = "a=1&b=ü" };
    assert_int_equal(call(&c)->status, 303);
    assert_string_equal(answer_header("location"), "/login?next=%2Fs%3Fa%3D1%26b%3D%C3%BC");
    c.headers[0] = "HTTP_HX_REQUEST=true";
    assert_int_equal(call(&c)->status, 401);
    assert_non_null(answer_header("hx-redirect"));
    c = (struct call){ .method = "GET", .path = "/s", .cookie = "nonsense" };
    assert_int_equal(call(&c)->status, 303);
    c = (struct call){ .method = "GET", .path = "/api/s", .bearer = "a.b.c" };
    assert_int_equal(call(&c)->status, 401);
}

static void roles_are_kept(void **state)
{
    (void)state;
    struct call c = as(&viewer, "POST", "/api/s");
    assert_int_equal(call(&c)->status, 403);
    c = as(&agent, "GET", "/api/closed");
    assert_int_equal(call(&c)->status, 403);
}

static void forms_must_be_ours(void **state)
{
    static const struct {
        const char *header;
        int status;
    } origins[] = { { "HTTP_ORIGIN=http://127.0.0.1:8080", 200 },
                    { "HTTP_ORIGIN=http://127.0.0.1:8081", 403 },
                    { "HTTP_ORIGIN=null", 403 },
                    { "HTTP_SEC_FETCH_SITE=same-origin", 200 },
                    { "HTTP_SEC_FETCH_SITE=none", 200 },
                    { "HTTP_SEC_FETCH_SITE=same-site", 403 },
                    { "HTTP_SEC_FETCH_SITE=cross-site", 403 } };
    (void)state;
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct call c = as(&viewer, "POST", "/s");
        c.headers[0] = origins[i].header;
        if (call(&c)->status != origins[i].status)
            fail_msg("%s", origins[i].header);
    }
    struct call c = as(&viewer, "POST", "/s");
    c.csrf = NULL;
    assert_int_equal(call(&c)->status, 403);
    c.csrf = agent.csrf;
    assert_int_equal(call(&c)->status, 403);
    c.csrf = NULL;
    c.type = "application/x-www-form-urlencoded";
    c.body = arena_printf(pg_ctx("track_web")->arena, "csrfToken=%s", viewer.csrf);
    assert_int_equal(call(&c)->status, 200);
}

static void first_fault(const struct answer *a, const char *field, const char *message)
{
    struct json_object *first = json_object_array_get_idx(json_get(a->json, "errors"), 0);
    assert_string_equal(json_text(first, "field"), field);
    assert_string_equal(json_text(first, "message"), message);
}

static void inputs_are_checked(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/api/s");
    c.query = "code=a&other=1";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 422);
    problem(a, "title");
    first_fault(a, "other", "is not known here");
    c.query = "code=%C3%A4";
    assert_string_equal(json_text(call(&c)->json, "code"), "ä");
    c.query = "code=%zz";
    assert_int_equal(call(&c)->status, 400);
    c = post("{\"code\":\"x\",\"code\":\"y\"}");
    a = call(&c);
    assert_int_equal(a->status, 400);
    assert_non_null(strstr(problem(a, "detail"), "duplicate key"));
    first_fault(a, "body", "is not valid JSON: duplicate key before at byte 18");
    c = post("[]");
    a = call(&c);
    assert_int_equal(a->status, 422);
    first_fault(a, "body", "is not a JSON object");
    c = post("code");
    c.type = "text/plain";
    assert_int_equal(call(&c)->status, 415);
    c = post("{}");
    c.type = "application/json; charset=latin1";
    assert_int_equal(call(&c)->status, 415);
}

static void bodies_are_limited(void **state)
{
    char large[5000];
    (void)state;
    memset(large, 'x', sizeof(large));
    struct call c = post(large);
    c.body_n = sizeof(large);
    assert_int_equal(call(&c)->status, 413);
    c = post("{\"code\":\"a\"}");
    c.headers[0] = "CONTENT_LENGTH=3";
    assert_int_equal(call(&c)->status, 400);
}

static void header_truths(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/api/s/1");
    c.headers[0] = "HTTP_COOKIE=__Host-track=other";
    assert_int_equal(call(&c)->status, 400);
    c = as(&viewer, "GET", "/healthz");
    c.headers[0] = "HTTP_X_KNOCK_SIGNATURE=a";
    c.headers[1] = "HTTP_X_KNOCK_SIGNATURE=b";
    assert_int_equal(call(&c)->status, 400);
    c = as(&viewer, "GET", "/a\x80");
    assert_int_equal(call(&c)->status, 400);
}

static void errors_roll_back(void **state)
{
    (void)state;
    struct call c = post("{\"code\":\"rolled\",\"fail\":4}");
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 409);
    assert_string_equal(problem(a, "detail"), "As asked.");
    assert_int_equal(pg_int("select count(*) from buildings where code = 'rolled'"), 0);
    c = post("{\"code\":\"kept\"}");
    assert_int_equal(call(&c)->status, 201);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'kept'"), 1);
    assert_int_equal(call(&c)->status, 409);
    c = post("{\"code\":\"rolled\",\"fail\":6}");
    assert_int_equal(call(&c)->status, 503);
    assert_non_null(answer_header("retry-after"));
    c = post("{\"code\":\"rolled\",\"fail\":7}");
    a = call(&c);
    assert_int_equal(a->status, 500);
    assert_null(strstr(a->body, "As asked"));
}

static void a_bad_id_names_nothing(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/api/s/12");
    assert_int_equal(call(&c)->status, 404);
    c.path = "/api/s/12/refused"; /* of its own, not of the statement before */
    assert_int_equal(call(&c)->status, 422);
}

static void same_key_same_work(void **state)
{
    (void)state;
    struct call c = post("{\"code\":\"once\"}");
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=k1";
    assert_int_equal(call(&c)->status, 201);
    assert_null(answer_header("idempotent-replayed"));
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 201);
    assert_string_equal(answer_header("idempotent-replayed"), "true");
    assert_string_equal(answer_header("location"), "/api/s/once");
    assert_string_equal(json_text(a->json, "code"), "once");
    c.body = "{\"code\":\"other\"}";
    assert_int_equal(call(&c)->status, 422);
    c.body = "{\"code\":\"once\"}";
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=k2";
    assert_int_equal(call(&c)->status, 409);
    assert_int_equal(pg_int("select count(*) from idempotency_keys where key like '%%k2'"), 0);
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=bad\x01";
    assert_int_equal(call(&c)->status, 400);
}

static void a_key_is_its_callers(void **state)
{
    (void)state;
    struct call c = post("{\"code\":\"mine\"}"), d;
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=k4";
    assert_int_equal(call(&c)->status, 201);
    d = as(&other, "POST", "/api/s");
    d.type = c.type;
    d.body = "{\"code\":\"theirs\"}";
    d.headers[0] = c.headers[0];
    assert_int_equal(call(&d)->status, 201);
    assert_null(answer_header("idempotent-replayed"));
}

static void a_key_under_way_is_a_conflict(void **state)
{
    struct ctx *first = pg_ctx("track_web");
    static const struct sql take = {
        "test_take",
        "insert into idempotency_keys (tenant_id, key, route, request_hash) "
        "values (current_tenant(), $1 || ':k3', 'x', '\\x00')",
        1, NULL, false
    };
    (void)state;
    db_begin(first->db, pg_tenant());
    assert_int_equal(db_run(first->db, first->arena, &take, &agent_id, NULL), OK);
    struct call c = post("{\"code\":\"waits\"}");
    c.headers[0] = "HTTP_IDEMPOTENCY_KEY=k3";
    assert_int_equal(call(&c)->status, 409);
    db_rollback(first->db);
    assert_int_equal(call(&c)->status, 201);
}

static void answers_are_tagged(void **state)
{
    char header[128];
    (void)state;
    struct call c = as(&viewer, "GET", "/api/s");
    c.query = "code=a";
    assert_int_equal(call(&c)->status, 200);
    snprintf(header, sizeof(header), "HTTP_IF_NONE_MATCH=%s", answer_header("etag"));
    assert_string_equal(answer_header("cache-control"), "private, no-cache");
    c.headers[0] = header;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 304);
    assert_string_equal(a->body, "");
    c.query = "code=b";
    assert_int_equal(call(&c)->status, 200);
}

static void html_is_guarded(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/s");
    assert_int_equal(call(&c)->status, 200);
    const char *policy = answer_header("content-security-policy");
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_null(strstr(policy, "unsafe"));
    assert_string_equal(answer_header("x-content-type-options"), "nosniff");
    assert_string_equal(answer_header("cross-origin-opener-policy"), "same-origin");
    assert_string_equal(answer_header("cache-control"), "no-store");
}

static void redirects_stay_here(void **state)
{
    (void)state;
    struct call c = { .method = "GET", .path = "/leave", .query = "to=ours" };
    assert_int_equal(call(&c)->status, 303);
    assert_string_equal(answer_header("location"), "/s");
    c.query = "to=theirs";
    assert_int_equal(call(&c)->status, 500);
}

static void uploads_reach_the_store(void **state)
{
    (void)state;
    struct call c = as(&agent, "POST", "/api/up");
    c.type = "multipart/form-data; boundary=B";
    c.body =
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../x.csv\"\r\n\r\na;b\r\n"
        "--B\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nc1\r\n--B--";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "name"), "x.csv");
    assert_string_equal(json_text(a->json, "code"), "c1");
    c.path = "/api/s";
    assert_int_equal(call(&c)->status, 415);
    c.path = "/api/up";
    c.body = "--B\r\nContent-Disposition: form-data; name=\"other\"; filename=\"x.csv\"\r\n\r\na;b"
             "\r\n--B--";
    a = call(&c);
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "{\"field\":\"other\",\"message\":\"is not known here\"}"));
}

static void a_text_is_not_an_upload(void **state)
{
    size_t n = (size_t)33 << 20;
    char *large = malloc(n);
    (void)state;
    assert_non_null(large);
    memset(large, 'x', n);
    struct call c = as(&agent, "POST", "/api/up");
    c.type = "text/plain";
    c.body = large;
    c.body_n = n;
    assert_int_equal(call(&c)->status, 413);
    free(large);
}

static void a_due_password_comes_first(void **state)
{
    (void)state;
    struct call due = { 0 };
    const char *id = call_session(&due, "viewer");
    pg_sql("update users set must_change_password = true where id = '%s' returning 1", id);
    struct call c = as(&due, "GET", "/s");
    assert_int_equal(call(&c)->status, 303);
    assert_string_equal(answer_header("location"), "/password");
    c = as(&due, "GET", "/api/s");
    assert_int_equal(call(&c)->status, 403);
}

static void describes_itself(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/api/openapi.json");
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    struct json_object *paths = json_get(a->json, "paths");
    struct json_object *add_ = json_get(json_get(paths, "/api/s"), "post");
    assert_string_equal(json_text(add_, "operationId"), "postS");
    assert_string_equal(json_text(add_, "x-role"), "agent");
    assert_non_null(json_get(json_get(paths, "/api/s/{id}"), "get"));
    assert_null(json_get(paths, "/s"));
    struct json_object *schemas = json_get(json_get(a->json, "components"), "schemas");
    struct json_object *code =
        json_get(json_get(json_get(schemas, "Building"), "properties"), "code");
    assert_int_equal(json_object_get_int(json_get(code, "maxLength")), 20);
    c = as(&viewer, "GET", "/api/docs");
    a = call(&c);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "/api/s/{id}"));
}

static void health_is_told(void **state)
{
    (void)state;
    struct call c = { .method = "GET", .path = "/healthz" };
    assert_int_equal(call(&c)->status, 200);
    c.path = "/readyz";
    const struct answer *a = call(&c);
    if (a->status != 200)
        fail_msg("%s", a->body);
}

static void error_pages_are_pages(void **state)
{
    (void)state;
    struct call c = as(&viewer, "GET", "/nowhere");
    c.headers[0] = "HTTP_ACCEPT=text/html,*/*";
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 404);
    assert_non_null(strstr(answer_header("content-type"), "text/html"));
    assert_non_null(strstr(a->body, "Not found"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_and_methods),      cmocka_unit_test(nobody_is_told_to_sign_in),
        cmocka_unit_test(roles_are_kept),          cmocka_unit_test(forms_must_be_ours),
        cmocka_unit_test(inputs_are_checked),      cmocka_unit_test(bodies_are_limited),
        cmocka_unit_test(header_truths),           cmocka_unit_test(errors_roll_back),
        cmocka_unit_test(a_bad_id_names_nothing),  cmocka_unit_test(same_key_same_work),
        cmocka_unit_test(a_key_is_its_callers),    cmocka_unit_test(a_key_under_way_is_a_conflict),
        cmocka_unit_test(answers_are_tagged),      cmocka_unit_test(html_is_guarded),
        cmocka_unit_test(redirects_stay_here),     cmocka_unit_test(uploads_reach_the_store),
        cmocka_unit_test(a_text_is_not_an_upload), cmocka_unit_test(a_due_password_comes_first),
        cmocka_unit_test(describes_itself),        cmocka_unit_test(health_is_told),
        cmocka_unit_test(error_pages_are_pages),
    };
    pg_start("web_dispatch");
    call_start(list);
    agent_id = call_session(&agent, "agent");
    call_session(&other, "agent");
    call_session(&viewer, "viewer");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
