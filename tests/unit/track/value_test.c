/* Values as people write them: amounts, dates, years, channels, codes, phones, addresses. */
#include "track/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static void amounts_are_read_as_minor_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int exponent;
        int64_t minor;
    } good[] = {
        { "586.00", 2, 58600 },
        { "138,05", 2, 13805 },
        { "-3.48", 2, -348 },
        { "3.48-", 2, -348 },
        { "\xE2\x88\x92"
          "3,48",
          2, -348 },
        { "+7", 2, 700 },
        { "1'234.50", 2, 123450 },
        { "1\xE2\x80\x99"
          "234.50",
          2, 123450 },
        { "1.234,50", 2, 123450 },
        { "1,234.5", 2, 123450 },
        { "1 234 567,89", 2, 123456789 },
        { "1\xC2\xA0"
          "234,50",
          2, 123450 },
        { "1.234.567", 2, 123456700 },
        { "1'234", 2, 123400 },
        { "0.5", 2, 50 },
        { "12.500", 3, 12500 },
        { "1,234", 0, 1234 },
        { "12.00", 0, 12 },
        { "1234.5000", 2, 123450 },
        { "0", 2, 0 },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t minor = -1;
        const char *why = read_amount(str_of(good[i].text), good[i].exponent, &minor);
        if (why || minor != good[i].minor)
            fail_msg("%s: %s, %lld", good[i].text, why ? why : "read", (long long)minor);
    }
}

static void amounts_that_are_none_or_unclear_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "abc",      "1.2.3",   "12,34,56", "1.234",  "1,234",    "--1",    "1-2",
        "12.345.6", "1'23.50", "12.505",   "CHF 12", "1.",       ".",      "-",
        "1e5",      "0x10",    "1''234",   "1 23",   "1.234'50", "1,2,34", "9999999999999999",
        "1.23,",    "1'234'5",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t minor;
        if (!read_amount(str_of(bad[i]), 2, &minor))
            fail_msg("%s was read as %lld", bad[i], (long long)minor);
    }
}

static void dates_are_read(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "2025-03-31", "2025-03-31" }, { "31.03.2025", "2025-03-31" },
        { "1.3.2025", "2025-03-01" },   { "31/03/2025", "2025-03-31" },
        { "29.02.2024", "2024-02-29" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *date = NULL;
        assert_null(read_date(a, str_of(pairs[i][0]), &date));
        assert_string_equal(date, pairs[i][1]);
    }
    static const char *const bad[] = { "2025-02-29", "31.04.2025",  "03/31/2025",
                                       "2025/03/31", "31-03-2025",  "31.03.25",
                                       "2025-03",    "tomorrow",    "2025-03-31T00:00",
                                       "1..2025",    "31.03.2025x", "" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *date;
        if (!read_date(a, str_of(bad[i]), &date))
            fail_msg("%s was read as %s", bad[i], date);
    }
}

static void years_are_found_only_by_themselves(void **state)
{
    (void)state;
    assert_int_equal(find_year(STR("Heiz- und Nebenkostenabrechnung 2024")), 2024);
    assert_int_equal(find_year(STR("LH-12-2023-001")), 2023);
    assert_int_equal(find_year(STR("Periode 2023/2024")), 2024);
    assert_int_equal(find_year(STR("Konto 120245")), 0);
    assert_int_equal(find_year(STR("Nr. 1234 und 0099")), 0);
    int year;
    assert_null(read_year(STR("2025"), &year));
    assert_int_equal(year, 2025);
    assert_non_null(read_year(STR("1899"), &year));
    assert_non_null(read_year(STR("25"), &year));
}

static void preferences_name_channels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned set;
    } good[] = {
        { "email", 1 },
        { "E-Mail", 1 },
        { "Courriel", 1 },
        { "SMS", 2 },
        { "Brief", 4 },
        { "lettre", 4 },
        { "letter_with_receipt", 8 },
        { "Einschreiben", 8 },
        { "Brief mit Rückschein", 8 },
        { "lettre recommandée", 8 },
        { "email+letter", 5 },
        { "E-Mail + Brief", 5 },
        { "E-Mail und Brief", 5 },
        { "courriel et lettre", 5 },
        { "email, sms, letter", 7 },
        { "email+email", 1 },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        unsigned set = 0;
        const char *why = read_preference(a, str_of(good[i].text), &set);
        if (why || set != good[i].set)
            fail_msg("%s: %s %u", good[i].text, why ? why : "", set);
    }
    static const char *const bad[] = { "fax", "email+", "+", "email+pigeon", "", "none", " " };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unsigned set;
        if (!read_preference(a, str_of(bad[i]), &set))
            fail_msg("%s was taken", bad[i]);
    }
}

static void phones_become_e164(void **state)
{
    (void)state;
    static const char *const good[][3] = {
        { "+41793485677", "CH", "+41793485677" },     { "079 348 56 77", "CH", "+41793485677" },
        { "0041 79 348 56 77", "", "+41793485677" },  { "+41 (0)79 348 56 77", "", "+41793485677" },
        { "0151/187-57256", "DE", "+4915118757256" }, { "06.12.34.56.78", "FR", "+33612345678" },
        { "333 123 4567", "IT", "+393331234567" },    { "0664 1234567", "AT", "+436641234567" },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *phone = NULL;
        const char *why = read_phone(a, str_of(good[i][0]), good[i][1], &phone);
        if (why || strcmp(phone, good[i][2]) != 0)
            fail_msg("%s: %s", good[i][0], why ? why : phone);
    }
    static const char *const bad[][2] = { { "079 348 56 77", "" }, { "12345", "CH" },
                                          { "+41", "CH" },         { "call me", "CH" },
                                          { "+0791234567", "CH" }, { "+41793485677123456", "CH" },
                                          { "41+793485677", "CH" } };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *phone;
        if (!read_phone(a, str_of(bad[i][0]), bad[i][1], &phone))
            fail_msg("%s was taken as %s", bad[i][0], phone);
    }
}

static void a_phone_may_be_of_several_countries(void **state)
{
    (void)state;
    static const struct {
        const char *text, *one;
        int n;
    } texts[] = {
        { "+41 (0)79 348 56 77", "+41793485677", 1 },
        { "0049 151 18757256", "+4915118757256", 1 },
        { "079 348 56 77", "+41793485677", PHONES_MOST },
        { "079 348 56 77", "+44793485677", PHONES_MOST },
        { "22 33 44 55", "+4522334455", 11 },
        { "1234", NULL, 0 },
        { "1.01", NULL, 0 },
        { "Resident 7", NULL, 0 },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *out[PHONES_MOST];
        int n = read_phones(a, str_of(texts[i].text), out), at = 0;
        while (at < n && texts[i].one && strcmp(out[at], texts[i].one) != 0)
            at++;
        if (n != texts[i].n || (texts[i].one && at == n))
            fail_msg("%s: %d of %d", texts[i].text, at, n);
    }
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = { "a@b.ch", "o'brien+x@mail.example.co.uk",
                                        "x_y@xn--bcher-kva.de", "1.2@3m.com" };
    static const char *const bad[] = { "a",       "a@b",      "@b.ch",         "a@.ch",
                                       "a@b..ch", "a b@c.ch", "a@b.ch,c@d.ch", "a@-b.ch",
                                       "a@b.1",   ".a@b.ch",  "a..b@c.ch",     "<a@b.ch>",
                                       "ä@b.ch",  "a@b.ch.",  "a@b_c.ch",      "a\"b@c.ch" };
    const char *out;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_null(read_email(a, str_of(good[i]), &out));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!read_email(a, str_of(bad[i]), &out))
            fail_msg("%s was taken", bad[i]);
    }
}

static void domains_with_accents_become_a_labels(void **state)
{
    (void)state;
    static const struct {
        const char *text, *out;
    } rows[] = {
        { "eva@z\u00fcrich.ch", "eva@xn--zrich-kva.ch" },
        { "eva@Z\u00dcRICH.ch", "eva@xn--zrich-kva.ch" },
        { "eva@zu\u0308rich.ch", "eva@xn--zrich-kva.ch" }, /* as a Mac writes it */
        { "eva@stra\u00dfe.de", "eva@xn--strae-oqa.de" },
        { "eva@\u0440\u0444.\u0440\u0444", "eva@xn--p1ai.xn--p1ai" },
        { "eva@b.ch", "eva@b.ch" },
    };
    static const char *const bad[] = { "eva@z\u00fcrich", "eva@\u00fc..ch", "eva@a\u2028.ch",
                                       "eva@\u202ea.ch", "eva@\u00fc b.ch" };
    const char *out;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = read_email(a, str_of(rows[i].text), &out);
        if (why)
            fail_msg("%s: %s", rows[i].text, why);
        assert_string_equal(out, rows[i].out);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!read_email(a, str_of(bad[i]), &out))
            fail_msg("%s was taken", bad[i]);
    }
    assert_string_equal(
        read_email(a, STR("j\u00f6rg@b.ch"), &out),
        "Before the @ of an e-mail address only letters without accents can stand.");
}

static void codes_are_normalised(void **state)
{
    (void)state;
    const char *out;
    int exponent;
    assert_null(read_country(a, STR("ch"), &out));
    assert_string_equal(out, "CH");
    assert_null(read_country(a, STR("Österreich"), &out));
    assert_string_equal(out, "AT");
    assert_non_null(read_country(a, STR("XX"), &out));
    assert_non_null(read_country(a, STR("Atlantis"), &out));
    assert_null(read_language(a, STR("de-CH"), &out));
    assert_string_equal(out, "de");
    assert_null(read_language(a, STR("Français"), &out));
    assert_string_equal(out, "fr");
    assert_null(read_language(a, STR("IT_ch"), &out));
    assert_string_equal(out, "it");
    assert_non_null(read_language(a, STR("Klingon"), &out));
    assert_non_null(read_language(a, STR("xx"), &out));
    assert_non_null(read_language(a, STR("xx-CH"), &out));
    assert_null(read_currency(a, STR("jpy"), &out, &exponent));
    assert_string_equal(out, "JPY");
    assert_int_equal(exponent, 0);
    assert_null(read_currency(a, STR("KWD"), &out, &exponent));
    assert_int_equal(exponent, 3);
    assert_non_null(read_currency(a, STR("ABC"), &out, &exponent));
    assert_non_null(read_currency(a, STR("F C"), &out, &exponent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_as_minor_units),
        cmocka_unit_test(amounts_that_are_none_or_unclear_are_refused),
        cmocka_unit_test(dates_are_read),
        cmocka_unit_test(years_are_found_only_by_themselves),
        cmocka_unit_test(preferences_name_channels),
        cmocka_unit_test(phones_become_e164),
        cmocka_unit_test(a_phone_may_be_of_several_countries),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(domains_with_accents_become_a_labels),
        cmocka_unit_test(codes_are_normalised),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
