/* API clients through the dispatcher: the token endpoint, what a token opens, and its end. */
#include "pg/access_web.h"

#include "access/private.h"
#include "base/json.h"
#include "store/store.h"

struct credentials {
    const char *id, *secret;
};

static struct credentials client(struct browser *b, const char *name)
{
    struct ctx *c = pg_ctx("track_owner");
    db_begin(c->db, pg_tenant());
    struct client_new made;
    assert_int_equal(client_add(c, name, ROLE_AGENT, NULL, CLIENT_DAYS_MAX, &made), OK);
    assert_int_equal(db_commit(c->db), OK);
    return (struct credentials){ arena_strdup(b->ctx->arena, made.id), made.secret };
}

#define JSON "application/json"
#define PATH "/api/auth/token"

static struct answer ask_token(struct browser *b, const char *id, const char *secret)
{
    const char *body =
        arena_printf(b->ctx->arena, "{\"clientId\":\"%s\",\"clientSecret\":\"%s\"}", id, secret);
    return ask(b, "POST", PATH, JSON, body, NULL);
}

static struct json_object *body_of(struct browser *b, struct answer a)
{
    struct json_object *o;
    const char *why;
    const char *body = strstr(a.text, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(json_parse(b->ctx->arena, str_of(body + 4), &json_request_limits, &o, &why),
                     OK);
    return o;
}

static const char *token_of(struct browser *b, struct answer a)
{
    assert_int_equal(a.status, 200);
    assert_string_equal(json_text(body_of(b, a), "token_type"), "Bearer");
    assert_int_equal(json_object_get_int(json_get(body_of(b, a), "expires_in")), 900);
    return json_text(body_of(b, a), "access_token");
}

/* Whom a token names, as the guards ask. */
static enum err opens(const char *text, struct ctx *out)
{
    struct ctx *c = pg_ctx("track_web");
    c->tenant_id = NULL;
    c->actor = (struct actor){ .role = ROLE_PUBLIC };
    enum err e = token_find(c, text);
    if (out)
        *out = *c;
    return e;
}

/* It is told to none but who has the secret; tokens end with it. */
static void a_client_ends_by_itself(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.29");
    struct credentials k = client(&b, "Short");
    assert_int_equal(pg_int("select round(extract(epoch from expires_at - now()) / 86400) from "
                            "api_clients where id = '%s'",
                            k.id),
                     CLIENT_DAYS_MAX);
    const char *token = token_of(&b, ask_token(&b, k.id, k.secret));
    assert_int_equal(opens(token, NULL), OK);
    pg_sql("update api_clients set expires_at = now() where id = '%s'", k.id);
    assert_int_equal(opens(token, NULL), ERR_DENIED);
    struct answer a = ask_token(&b, k.id, k.secret);
    assert_int_equal(a.status, 401);
    assert_non_null(strstr(a.text, "This client has expired"));
    a = ask_token(&b, k.id, "wrong");
    assert_int_equal(a.status, 401);
    assert_null(strstr(a.text, "expired"));
}

static void a_secret_becomes_a_token(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.20");
    struct credentials k = client(&b, "Billing");
    struct ctx seen;
    struct answer a = ask_token(&b, k.id, k.secret);
    assert_int_equal(opens(token_of(&b, a), &seen), OK);
    assert_non_null(strstr(a.text, "Cache-Control: no-store"));
    assert_string_equal(seen.tenant_id, pg_tenant());
    assert_int_equal(seen.actor.kind, ACTOR_CLIENT);
    assert_int_equal(seen.actor.role, ROLE_AGENT);
    assert_string_equal(seen.actor.id, k.id);
    assert_string_equal(seen.actor.name, "Billing");
    assert_true(seen.actor.all_buildings);
    assert_int_equal(
        pg_int("select count(*) from api_clients where id = '%s' and used_at > now() - "
               "interval '1 minute'",
               k.id),
        1);
    assert_int_equal(pg_int("select count(*) from api_clients where encode(secret_hash, 'escape') "
                            "like '%%tc_live%%'"),
                     0);
}

static void forms_are_taken_too(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.21");
    struct arena *a = b.ctx->arena;
    struct credentials k = client(&b, "Shop");
    const char *pair = arena_printf(a, "%s:%s", k.id, k.secret);
    const char *const basic[] = {
        arena_printf(a, "HTTP_AUTHORIZATION=Basic %s", base64(a, pair, strlen(pair))), NULL
    };
    const char *body = arena_printf(
        a, "grant_type=client_credentials&client_id=%s&client_secret=%s", k.id, k.secret);
    token_of(&b, ask(&b, "POST", PATH, FORM, "grant_type=client_credentials", basic));
    token_of(&b, ask(&b, "POST", PATH, FORM, body, NULL));
    struct answer wrong = ask(&b, "POST", PATH, FORM, "grant_type=password", basic);
    assert_int_equal(wrong.status, 400);
    assert_string_equal(json_text(body_of(&b, wrong), "error"), "unsupported_grant_type");
    assert_int_equal(ask(&b, "POST", PATH, FORM, "grant_type=client_credentials", NULL).status,
                     400);
}

static void wrong_secrets_are_refused(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.22");
    struct credentials k = client(&b, "Careless");
    struct answer wrong = ask_token(&b, k.id, "tc_live_wrong");
    struct answer unknown = ask_token(&b, pg_tenant(), "tc_live_wrong");
    assert_int_equal(wrong.status, 401);
    assert_int_equal(unknown.status, 401);
    assert_string_equal(json_text(body_of(&b, wrong), "error"), "invalid_client");
    assert_string_equal(strstr(wrong.text, "\r\n\r\n"), strstr(unknown.text, "\r\n\r\n"));
    assert_int_equal(ask_token(&b, "no-id", "x").status, 401);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'token.refused' and "
                            "entity_id = '%s'",
                            k.id),
                     1);
}

static void the_eleventh_try_waits(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.23");
    struct credentials k = client(&b, "Guessed");
    for (int i = 0; i < 10; i++)
        assert_int_equal(ask_token(&b, k.id, "guess").status, 401);
    struct answer a = ask_token(&b, k.id, k.secret);
    assert_int_equal(a.status, 429);
    assert_non_null(strstr(a.text, "Retry-After: "));
    b.address = "203.0.113.23";
    token_of(&b, ask_token(&b, k.id, k.secret));
}

static void a_revoked_client_is_out_at_once(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.24");
    struct credentials k = client(&b, "Left");
    struct ctx *owner = pg_ctx("track_owner");
    const char *text = token_of(&b, ask_token(&b, k.id, k.secret));
    assert_int_equal(opens(text, NULL), OK);
    assert_int_equal(client_revoke(owner, k.id), OK);
    assert_int_equal(db_commit(owner->db), OK);
    assert_int_equal(opens(text, NULL), ERR_DENIED);
    assert_int_equal(ask_token(&b, k.id, k.secret).status, 401);
    assert_int_equal(client_revoke(owner, k.id), ERR_NOT_FOUND);
    db_rollback(owner->db);
}

static void a_token_ends_and_names_its_tenant(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.25");
    struct credentials k = client(&b, "Short");
    const char *text = token_of(&b, ask_token(&b, k.id, k.secret));
    pg_clock_shift(931000);
    assert_int_equal(opens(text, NULL), ERR_DENIED);
    pg_clock_shift(0);
    assert_int_equal(opens(text, NULL), OK);
    struct token moved = { pg_user(), k.id, 1 };
    assert_int_equal(token_sign(b.ctx, &moved, &text), OK);
    assert_int_equal(opens(text, NULL), ERR_DENIED);
}

static void a_link_gives_its_file(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.26");
    struct app *app = b.ctx->app;
    struct arena *a = b.ctx->arena;
    struct blob blob;
    assert_int_equal(store_put(app->store, a, STR("<script>x</script>"), &blob), OK);
    const char *link = store_link(app, a, pg_tenant(), blob.sha256, "Abrechnung Größe.pdf", 60);
    struct answer good = get(&b, link);
    assert_int_equal(good.status, 200);
    assert_non_null(strstr(
        good.text, arena_printf(a, "X-Accel-Redirect: %s\r\n", store_accel_path(a, blob.sha256))));
    assert_non_null(strstr(good.text, "Content-Type: application/octet-stream\r\n"));
    assert_non_null(strstr(good.text, "Content-Disposition: attachment;"));
    assert_int_equal(get(&b, arena_printf(a, "%sx", link)).status, 404);
    assert_int_equal(get(&b, arena_printf(a, "/files/%s?tenant=%s&name=x&expires=1&tag=x",
                                          blob.sha256, pg_tenant()))
                         .status,
                     404);
    pg_clock_shift(61000);
    assert_int_equal(get(&b, link).status, 410);
    pg_clock_shift(0);
}

int main(void)
{
    pg_start("access_token");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_becomes_a_token),
        cmocka_unit_test(a_client_ends_by_itself),
        cmocka_unit_test(forms_are_taken_too),
        cmocka_unit_test(wrong_secrets_are_refused),
        cmocka_unit_test(the_eleventh_try_waits),
        cmocka_unit_test(a_revoked_client_is_out_at_once),
        cmocka_unit_test(a_token_ends_and_names_its_tenant),
        cmocka_unit_test(a_link_gives_its_file),
    };
    return pg_end(cmocka_run_group_tests_name("access_token", tests, NULL, NULL));
}
