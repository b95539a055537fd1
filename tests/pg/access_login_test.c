/* Signing in and out through the dispatcher: cookies, throttling, forced change, what is audited.
 */
#include "pg/access_web.h"

#include "access/private.h"

#define PASSWORD "blue lamp over nine"

static int number;

/* A user with PASSWORD, and the address. */
static const char *person(struct browser *b, bool must_change)
{
    struct ctx *c = b->ctx;
    const char *hash, *email = arena_printf(c->arena, "Person%d@Example.com", ++number);
    assert_int_equal(password_hash(c, PASSWORD, &hash), OK);
    pg_sql("insert into users (tenant_id, email, name, password_hash, role, must_change_password) "
           "values ('%s', '%s', 'Person %d', '%s', 'agent', %s)",
           pg_tenant(), email, number, hash, must_change ? "true" : "false");
    return email;
}

static long long audited(const char *email, const char *action)
{
    return pg_int("select count(*) from audit_history h join users u on u.id::text = h.entity_id "
                  "where u.email = '%s' and h.action = '%s'",
                  email, action);
}

static bool is_to(struct answer a, const char *path)
{
    const char *p = strstr(a.text, "Location: ");
    return a.status == 303 && p && strncmp(p + 10, path, strlen(path)) == 0 &&
           p[10 + strlen(path)] == '\r';
}

static void a_session_begins_and_ends(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.1");
    const char *email = person(&b, false);
    struct answer a = sign_in(&b, "person1@EXAMPLE.com", PASSWORD, "/track?year=2024");
    assert_true(is_to(a, "/track?year=2024"));
    assert_non_null(b.session);
    assert_null(b.login);
    assert_non_null(strstr(a.text, "; Path=/; HttpOnly; SameSite=Lax; Secure\r\n"));
    assert_int_equal(get(&b, "/password").status, 200);
    assert_int_equal(pg_int("select count(*) from sessions where token_hash = '%s'", "\\x00"), 0);
    assert_int_equal(
        pg_int("select count(*) from sessions where encode(token_hash, 'escape') = '%s'",
               b.session),
        0);
    assert_int_equal(audited(email, "login.succeeded"), 1);
    const char *was = b.session;
    assert_true(is_to(post(&b, "/logout", ""), "/login"));
    assert_null(b.session);
    assert_int_equal(audited(email, "logout"), 1);
    b.session = was;
    assert_true(get(&b, "/password").status != 200);
}

static void cookies_are_secure_where_they_can_be(void **state)
{
    (void)state;
    static const struct {
        const char *url, *cookie;
        bool secure;
    } rows[] = {
        { "https://track.example.com", "Set-Cookie: __Host-track-login=", true },
        { "http://localhost:8080", "Set-Cookie: __Host-track-login=", true },
        { "http://track.lan:8080", "Set-Cookie: track-login=", false },
        { "http://127.0.0.1:8080", "Set-Cookie: __Host-track-login=", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct browser b = browser_new("192.0.2.2");
        pg_settings()->public_url = rows[i].url;
        struct answer a = get(&b, "/login");
        assert_non_null(strstr(a.text, rows[i].cookie));
        assert_int_equal(strstr(a.text, "; Path=/; HttpOnly; SameSite=Lax; Secure\r\n") != NULL,
                         rows[i].secure);
    }
}

static void unknown_and_wrong_look_alike(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.3");
    const char *email = person(&b, false);
    struct answer wrong = sign_in(&b, email, "not the password", "/track");
    struct answer unknown = sign_in(&b, "nobody@example.com", "not the password", "/track");
    assert_int_equal(wrong.status, 401);
    assert_int_equal(unknown.status, 401);
    assert_non_null(strstr(wrong.text, "The e-mail address or the password is wrong."));
    assert_non_null(strstr(unknown.text, "The e-mail address or the password is wrong."));
    assert_null(b.session);
    assert_int_equal(audited(email, "login.failed"), 1);
    pg_sql("update users set disabled_at = now() where email = '%s'", email);
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 401);
    assert_int_equal(sign_in(&b, email, "", "/track").status, 401);
}

static void the_eleventh_try_waits(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.4"), far = browser_new("203.0.113.4");
    const char *email = person(&b, false);
    for (int i = 0; i < 10; i++)
        assert_int_equal(sign_in(&b, email, "guess", "/track").status, 401);
    struct answer a = sign_in(&b, email, PASSWORD, "/track");
    assert_int_equal(a.status, 429);
    const char *wait = strstr(a.text, "Retry-After: ");
    assert_non_null(wait);
    assert_in_range(strtol(wait + 13, NULL, 10), 1, 900);
    b.address = "192.0.2.99";
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 429);
    assert_int_equal(sign_in(&far, email, PASSWORD, "/track").status, 303);
    pg_sql("update login_throttle set window_start = now() - interval '16 minutes'");
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(pg_int("select count(*) from login_throttle where key = 'user:' || "
                            "lower('%s') || '|192.0.2.0'",
                            email),
                     0);
}

static void an_address_has_its_own_limit(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.5");
    const char *email = person(&b, false);
    pg_sql("insert into login_throttle values ('|192.0.2.5', 99, now())");
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(pg_int("select failures from login_throttle where key = '|192.0.2.5'"), 99);
    pg_sql("update login_throttle set failures = 100 where key = '|192.0.2.5'");
    b.session = NULL;
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 429);
    long long kept = pg_int("select count(*) from login_throttle");
    assert_int_equal(sign_in(&b, "never.seen@example.com", PASSWORD, "/track").status, 429);
    assert_int_equal(pg_int("select count(*) from login_throttle"), kept);
}

/* Who has one IPv6 address has 2^64 of them. */
static void a_net_of_ipv6_is_one_address(void **state)
{
    (void)state;
    struct browser b = browser_new("2001:db8:0:7:1::5");
    const char *email = person(&b, false);
    pg_sql("insert into login_throttle values ('|2001:db8:0:7::', 100, now())");
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 429);
    b.address = "2001:db8:0:8:1::5";
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
}

static void letters_of_any_case_are_one_account(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.44");
    for (int i = 0; i < 5; i++)
        assert_int_equal(sign_in(&b, "\u00e9\u00e4@example.com", "guess", "/track").status, 401);
    for (int i = 0; i < 5; i++)
        assert_int_equal(sign_in(&b, "\u00c9\u00c4@example.com", "guess", "/track").status, 401);
    assert_int_equal(sign_in(&b, "\u00c9\u00e4@example.com", "guess", "/track").status, 429);
}

static void the_form_must_be_ours(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.6");
    struct arena *a = b.ctx->arena;
    const char *email = person(&b, false);
    assert_int_equal(get(&b, "/login").status, 200);
    const char *good =
        arena_printf(a, "email=%s&password=%s&loginToken=%s", encoded(a, email),
                     encoded(a, PASSWORD), tag_make(b.ctx->app, a, "login-form", b.login));
    const char *bad = arena_printf(a, "email=%s&password=%s&loginToken=x", encoded(a, email),
                                   encoded(a, PASSWORD));
    const char *const cross[] = { "HTTP_SEC_FETCH_SITE=cross-site", NULL };
    const char *const origin[] = { "HTTP_ORIGIN=https://evil.example", NULL };
    struct browser empty = b;
    empty.login = NULL;
    assert_int_equal(ask(&b, "POST", "/login", FORM, bad, NULL).status, 403);
    assert_int_equal(ask(&b, "POST", "/login", FORM, good, cross).status, 403);
    assert_int_equal(ask(&b, "POST", "/login", FORM, good, origin).status, 403);
    assert_int_equal(ask(&empty, "POST", "/login", FORM, good, NULL).status, 403);
    assert_int_equal(ask(&b, "POST", "/login", FORM, good, NULL).status, 303);
}

static void it_goes_on_to_our_own_paths(void **state)
{
    (void)state;
    static const char *const foreign[] = { "https://evil.example/",
                                           "//evil.example/",
                                           "/\\evil.example/",
                                           "javascript:alert(1)",
                                           "/x\r\nSet-Cookie: a=b",
                                           "",
                                           "/login" };
    struct browser b = browser_new("192.0.2.7");
    const char *email = person(&b, false);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        b.session = NULL;
        assert_true(is_to(sign_in(&b, email, PASSWORD, foreign[i]), "/track"));
    }
    assert_true(is_to(get(&b, "/login?next=/outbox"), "/outbox"));
}

static void a_login_brings_a_new_session(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.8");
    const char *email = person(&b, false);
    b.session = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_string_not_equal(b.session, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for (int i = 0; i < 7; i++) {
        b.session = NULL;
        assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    }
    assert_int_equal(
        pg_int("select count(*) from sessions s join users u on u.id = s.user_id where "
               "u.email = '%s'",
               email),
        5);
    assert_int_equal(get(&b, "/password").status, 200);
}

static void sessions_end_by_themselves(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.9");
    const char *email = person(&b, false);
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
#define OF_HIM "user_id = (select id from users where email = '%s')", email
    pg_sql("update sessions set seen_at = now() - interval '29 minutes' where " OF_HIM);
    assert_int_equal(get(&b, "/password").status, 200);
    assert_int_equal(pg_int("select count(*) from sessions where seen_at > now() - interval '1 "
                            "minute' and " OF_HIM),
                     1);
    pg_sql("update sessions set seen_at = now() - interval '50 seconds' where " OF_HIM);
    assert_int_equal(get(&b, "/password").status, 200);
    assert_int_equal(pg_int("select count(*) from sessions where seen_at > now() - interval '40 "
                            "seconds' and " OF_HIM),
                     0);
    pg_sql("update sessions set seen_at = now() - interval '31 minutes' where " OF_HIM);
    assert_true(get(&b, "/password").status != 200);
    pg_settings()->session_idle_minutes = 1;
    pg_sql("update sessions set seen_at = now() - interval '20 seconds' where " OF_HIM);
    assert_int_equal(get(&b, "/password").status, 200);
    assert_int_equal(pg_int("select count(*) from sessions where seen_at > now() - interval '10 "
                            "seconds' and " OF_HIM),
                     1);
    pg_settings()->session_idle_minutes = 30;
    pg_sql("update sessions set seen_at = now() where " OF_HIM);
    assert_int_equal(get(&b, "/password").status, 200);
    pg_sql("update sessions set expires_at = now() - interval '1 second' where " OF_HIM);
    assert_true(get(&b, "/password").status != 200);
}

static struct answer change(struct browser *b, const char *current, const char *chosen,
                            const char *repeated)
{
    struct arena *a = b->ctx->arena;
    return post(b, "/password",
                arena_printf(a, "currentPassword=%s&newPassword=%s&repeatPassword=%s",
                             encoded(a, current), encoded(a, chosen), encoded(a, repeated)));
}

static void a_new_password_ends_the_other_sessions(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.10"), other = browser_new("192.0.2.11");
    const char *email = person(&b, false), *chosen = "green door under ten";
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(sign_in(&other, email, PASSWORD, "/track").status, 303);
    assert_int_equal(change(&b, "wrong", chosen, chosen).status, 422);
    assert_int_equal(change(&b, PASSWORD, chosen, "different").status, 422);
    assert_int_equal(change(&b, PASSWORD, PASSWORD, PASSWORD).status, 422);
    assert_int_equal(change(&b, PASSWORD, "short", "short").status, 422);
    assert_int_equal(change(&b, PASSWORD, "password1234", "password1234").status, 422);
    assert_int_equal(get(&other, "/password").status, 200);
    const char *was = b.session;
    assert_true(is_to(change(&b, PASSWORD, chosen, chosen), "/track"));
    assert_string_not_equal(b.session, was);
    assert_int_equal(get(&b, "/password").status, 200);
    assert_true(get(&other, "/password").status != 200);
    b.session = was;
    assert_true(get(&b, "/password").status != 200);
    assert_int_equal(sign_in(&other, email, PASSWORD, "/track").status, 401);
    assert_int_equal(sign_in(&other, email, chosen, "/track").status, 303);
    assert_int_equal(audited(email, "user.password_changed"), 1);
}

static void a_made_password_must_be_changed(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.12");
    const char *email = person(&b, true), *chosen = "green door under ten";
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_true(is_to(post(&b, "/theme", "theme=dark"), "/password"));
    assert_int_equal(get(&b, "/password").status, 200);
    assert_true(is_to(change(&b, PASSWORD, chosen, chosen), "/track"));
    assert_true(is_to(post(&b, "/theme", "theme=dark"), "/track"));
}

static void a_form_without_its_token_is_refused(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.13");
    const char *email = person(&b, false);
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(ask(&b, "POST", "/logout", FORM, "csrfToken=x", NULL).status, 403);
    assert_int_equal(ask(&b, "POST", "/theme", FORM, "theme=dark", NULL).status, 403);
    assert_int_equal(get(&b, "/password").status, 200);
}

static void the_theme_is_kept(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.14");
    struct arena *a = b.ctx->arena;
    const char *email = person(&b, false);
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(post(&b, "/theme", "theme=purple").status, 422);
    const char *const back[] = { "HTTP_REFERER=http://127.0.0.1:8080/outbox?page=2", NULL };
    const char *const htmx[] = { "HTTP_HX_REQUEST=true", NULL };
    const char *form = arena_printf(a, "theme=dark&csrfToken=%s", csrf(&b));
    assert_true(is_to(ask(&b, "POST", "/theme", FORM, form, back), "/outbox?page=2"));
    assert_string_equal(pg_sql("select theme from users where email = '%s'", email), "dark");
    form = arena_printf(a, "theme=auto&csrfToken=%s", csrf(&b));
    assert_int_equal(ask(&b, "POST", "/theme", FORM, form, htmx).status, 204);
    assert_string_equal(pg_sql("select theme from users where email = '%s'", email), "system");
}

static void old_hashes_are_renewed(void **state)
{
    (void)state;
    struct browser b = browser_new("192.0.2.15");
    const char *email = person(&b, false);
    pg_settings()->argon_mib = 9;
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    assert_int_equal(pg_int("select count(*) from users where email = '%s' and password_hash like "
                            "'$argon2id$v=19$m=9216,%%'",
                            email),
                     1);
    b.session = NULL;
    assert_int_equal(sign_in(&b, email, PASSWORD, "/track").status, 303);
    pg_settings()->argon_mib = 8;
}

int main(void)
{
    pg_start("access_login");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_begins_and_ends),
        cmocka_unit_test(cookies_are_secure_where_they_can_be),
        cmocka_unit_test(unknown_and_wrong_look_alike),
        cmocka_unit_test(the_eleventh_try_waits),
        cmocka_unit_test(an_address_has_its_own_limit),
        cmocka_unit_test(a_net_of_ipv6_is_one_address),
        cmocka_unit_test(letters_of_any_case_are_one_account),
        cmocka_unit_test(the_form_must_be_ours),
        cmocka_unit_test(it_goes_on_to_our_own_paths),
        cmocka_unit_test(a_login_brings_a_new_session),
        cmocka_unit_test(sessions_end_by_themselves),
        cmocka_unit_test(a_new_password_ends_the_other_sessions),
        cmocka_unit_test(a_made_password_must_be_changed),
        cmocka_unit_test(a_form_without_its_token_is_refused),
        cmocka_unit_test(the_theme_is_kept),
        cmocka_unit_test(old_hashes_are_renewed),
    };
    return pg_end(cmocka_run_group_tests_name("access_login", tests, NULL, NULL));
}
