/* An account at Shiprocket, tried: by reading alone, with the result in words. */
#include "pg/shiprocket.h"

#include "ship/carrier_account.h"
#include "web/domain.h"

const struct domain *const domains[] = { &web_domain, &carrier_accounts_domain, NULL };

static struct call admin;

static struct json_object *tried(void)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/ship/carriers/%s/check", account);
    assert_int_equal(ask(&admin, "POST", path, NULL)->status, 202);
    work_now();
    *strrchr(path, '/') = '\0';
    return json_get(ask(&admin, "GET", path, NULL)->json, "check");
}

static void said(bool ok, const char *words)
{
    struct json_object *check = tried();
    assert_string_equal(json_text(check, "state"), "done");
    if (json_object_get_boolean(json_get(check, "ok")) != ok ||
        !strstr(json_text(check, "said"), words))
        fail_msg("%s", json_text(check, "said"));
}

static void it_is_tried(void **state)
{
    (void)state;
    said(true, "Shiprocket answers, and takes the e-mail and password.");
    control("faults", "{\"throttle\": 1}");
    said(false, "");
    (void)fresh(NULL);
    set_account("{}", "{\"password\": \"another\"}");
    said(false, "Shiprocket refuses the account: ");
    set_account("{}", "{\"password\": \"" PASSWORD "\"}");
    (void)fresh(NULL);
    said(true, "Shiprocket answers");
}

/* The address of its webhook is shown, and that Shiprocket does not take it where it does not. */
static void the_address_to_paste(void **state)
{
    (void)state;
    const char *kept = pg_settings()->public_url;
    pg_settings()->public_url = "https://parcels.example.com";
    const struct answer *a = ask(&admin, "GET", "/api/ship/carriers", NULL);
    struct json_object *one = json_object_array_get_idx(json_get(a->json, "carriers"), 0);
    assert_non_null(
        strstr(json_text(one, "hookAddress"), "https://parcels.example.com/api/hooks/c/"));
    assert_true(json_object_get_boolean(json_get(one, "hookAllowed")));
    pg_settings()->public_url = "https://usr.example.com";
    a = ask(&admin, "GET", "/carriers", NULL);
    assert_non_null(strstr(a->body, "Shiprocket does not take this address"));
    assert_null(strstr(a->body, PASSWORD));
    assert_null(strstr(a->body, "secret-of-the-panel"));
    pg_settings()->public_url = kept;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_tried, fresh),
        cmocka_unit_test_setup(the_address_to_paste, fresh),
    };
    start("carriers_accounts");
    call_session(&admin, "admin");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_free(pg_app()->http);
    return pg_end(failed);
}
