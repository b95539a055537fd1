/* The hook of Graph's notifications: handshake, secrets, and what makes two of them the same. */
#include "pg/pg.h"

#include "base/json.h"
#include "track/graph_hook.h"

#include <string.h>

static const char *const none[] = { NULL };

static enum hook_verdict ask(const char *query, const char *body, const char *state,
                             const char **key, struct hook_answer *answer)
{
    struct ctx *c = pg_ctx("track_web");
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(secrets, "clientState", state);
    const struct hook_account account = { .id = "a", .provider = "msgraph", .secrets = secrets };
    const struct hook_request r = { .app = c->app,
                                    .arena = c->arena,
                                    .method = "POST",
                                    .path = graph_hooks[0].path,
                                    .query_string = query,
                                    .body = str_of(body),
                                    .headers = none };
    *answer = (struct hook_answer){ 0 };
    return graph_hooks[0].verify(&r, state ? &account : NULL, key, answer);
}

static void handshake(void **state)
{
    (void)state;
    const char *key;
    struct hook_answer a;
    assert_int_equal(ask("x=1&validationToken=A%3a+b%2B", "", NULL, &key, &a), HOOK_ANSWER);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.content_type, "text/plain");
    assert_memory_equal(a.body.p, "A: b+", 5);
    assert_int_equal(a.body.n, 5);
    static const char *const wrong[] = { "",
                                         "validationToken=",
                                         "validationToken=%0d%0aX",
                                         "validationToken=%4",
                                         "validationToken=%zz",
                                         "xvalidationToken=a" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(ask(wrong[i], "", NULL, &key, &a), HOOK_REFUSE);
}

#define ITEM(state, id, etag)                                                                      \
    "{\"subscriptionId\":\"s\",\"changeType\":\"created\",\"clientState\":\"" state                \
    "\",\"resourceData\":{\"id\":\"" id "\",\"@odata.etag\":\"" etag "\"}}"
#define BODY(items) "{\"value\":[" items "]}"

static void secrets(void **state)
{
    (void)state;
    const char *key = NULL;
    struct hook_answer a;
    assert_int_equal(ask("", BODY(ITEM("right", "1", "e")), "right", &key, &a), HOOK_KEEP);
    assert_int_equal(a.status, 202);
    assert_non_null(key);
    static const char *const wrong[] = {
        BODY(ITEM("wrong", "1", "e")),
        BODY(ITEM("right", "1", "e") "," ITEM("wrong", "2", "e")),
        BODY(""),
        "{\"value\":1}",
        "{\"value\":[1]}",
        "[]",
        "not json",
        "",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(ask("", wrong[i], "right", &key, &a), HOOK_REFUSE);
        assert_int_equal(a.status, 202);
    }
    assert_int_equal(ask("", BODY(ITEM("", "1", "e")), "", &key, &a), HOOK_REFUSE);
}

static void keys(void **state)
{
    (void)state;
    const char *one, *again, *other, *changed;
    struct hook_answer a;
    assert_int_equal(ask("", BODY(ITEM("s", "1", "e")), "s", &one, &a), HOOK_KEEP);
    assert_int_equal(ask("", BODY(ITEM("s", "1", "e")), "s", &again, &a), HOOK_KEEP);
    assert_int_equal(ask("", BODY(ITEM("s", "2", "e")), "s", &other, &a), HOOK_KEEP);
    assert_int_equal(ask("", BODY(ITEM("s", "1", "f")), "s", &changed, &a), HOOK_KEEP);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(handshake), cmocka_unit_test(secrets),
                                        cmocka_unit_test(keys) };
    pg_start("track_graph");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
