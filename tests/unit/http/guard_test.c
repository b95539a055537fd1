/* Which addresses are of the public internet, and which exceptions the settings make. */
#include "http/http.h"

#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

static bool is_public(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in4;
        struct sockaddr_in6 in6;
    } a = { 0 };
    bool six = strchr(text, ':') != NULL;
    a.any.sa_family = six ? AF_INET6 : AF_INET;
    void *to = six ? (void *)&a.in6.sin6_addr : (void *)&a.in4.sin_addr;
    assert_int_equal(inet_pton(a.any.sa_family, text, to), 1);
    return http_public(&a.any);
}

static void private_ones(void **state)
{
    static const char *const list[] = {
        "0.0.0.0",     "10.1.2.3",    "100.64.0.1",        "100.127.255.255", "127.0.0.1",
        "127.9.9.9",   "169.254.1.1", "172.16.0.1",        "172.31.255.255",  "192.168.1.1",
        "192.0.2.1",   "198.18.0.1",  "198.19.255.255",    "224.0.0.1",       "255.255.255.255",
        "::",          "::1",         "::ffff:127.0.0.1",  "::127.0.0.1",     "64:ff9b::7f00:1",
        "2002:7f00::", "fd00::1",     "fe80::1",           "ff02::1",         "2001:db8::1",
        "2001::1",     "100::1",      "::ffff:93.184.1.1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (is_public(list[i]))
            fail_msg("%s counts as public", list[i]);
}

static void public_ones(void **state)
{
    static const char *const list[] = { "1.1.1.1",     "93.184.216.34",        "100.63.255.255",
                                        "100.128.0.1", "172.15.0.1",           "172.32.0.1",
                                        "198.20.0.1",  "2606:4700:4700::1111", "2a00:1450::1" };
    (void)state;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (!is_public(list[i]))
            fail_msg("%s counts as private", list[i]);
}

static void exceptions(void **state)
{
    struct settings settings = { .egress_allow = "127.0.0.1:8025, mail.local:25,[::1]:9" };
    struct app app = { .settings = &settings };
    (void)state;
    assert_true(http_allowed(&app, "127.0.0.1", 8025));
    assert_true(http_allowed(&app, "MAIL.local", 25));
    assert_true(http_allowed(&app, "[::1]", 9));
    assert_false(http_allowed(&app, "127.0.0.1", 802));
    assert_false(http_allowed(&app, "127.0.0.1", 80250));
    assert_false(http_allowed(&app, "mail.loca", 25));
    assert_false(http_allowed(&app, "xmail.local", 25));
    settings.egress_allow = "";
    assert_false(http_allowed(&app, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(private_ones),
                                        cmocka_unit_test(public_ones),
                                        cmocka_unit_test(exceptions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
