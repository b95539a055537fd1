/* Addresses as viewers see them: in texts, by themselves, and in documents by their key. */
#include "base/json.h"
#include "web/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct pairing {
    const char *text, *masked;
};

static void agree(const char *(*mask)(struct arena *, const char *), const struct pairing *p,
                  size_t n)
{
    struct arena *a = arena_new(1 << 20);
    for (size_t i = 0; i < n; i++) {
        const char *once = mask(a, p[i].text);
        assert_string_equal(once, p[i].masked);
        assert_string_equal(mask(a, once), p[i].masked);
    }
    arena_free(a);
}

#define AGREE(mask, list) agree(mask, list, sizeof(list) / sizeof((list)[0]))

static void in_texts(void **state)
{
    static const struct pairing texts[] = {
        { "RCPT TO:<anna.keller+x@example.ch> DSN", "RCPT TO:<a…@example.ch> DSN" },
        { "rfc822;Eva@Example.com said no.", "rfc822;E…@Example.com said no." },
        { "{\"to\":\"a@b.c\",\"cc\":\"émile@b.c\"}", "{\"to\":\"a…@b.c\",\"cc\":\"é…@b.c\"}" },
        { "To=%2B41791234567&From=x", "To=…4567&From=x" },
        { "/messages?q=to%3Aanna%40example.ch", "/messages?q=to%3Aa…%40example.ch" },
        { "/messages?q=to%3A%2B41791234567", "/messages?q=to%3A…4567" },
        { "anna%2Btag%40example.ch", "a…%40example.ch" },
        { "Rang +41 (0)79 123-45.67, then +1 500 555 0001.", "Rang …45.67, then …0001." },
        { "+41791234567", "…4567" },
        { "At 10:00+02:00, 2026-01-01T00:00:00+0100, 100% + 5, a @ b, @home, x@",
          "At 10:00+02:00, 2026-01-01T00:00:00+0100, 100% + 5, a @ b, @home, x@" },
        { "<01a20087-1ad7-7cef-bf12-824c88eafa29@mail.example>",
          "<01a20087-1ad7-7cef-bf12-824c88eafa29@mail.example>" },
        { "Rang 079 123 45 67, then (044) 123 45 67.", "Rang …45 67, then …45 67." },
        { "079-123-45-67; 079.123.45.67; 079/1234567; Tel:079 123 4567",
          "…45-67; …45.67; …4567; Tel:…4567" },
        { "0791234567, 21 00000 00003 13947 14300 09017, CH93 0076 2011 6238 5295 7",
          "0791234567, 21 00000 00003 13947 14300 09017, CH93 0076 2011 6238 5295 7" },
        { "02.03.2026 12:15, 2026-03-02, 0.79 123, CHF 012 345 678.90, 079 123 45 67 89, "
          "0123456789",
          "02.03.2026 12:15, 2026-03-02, 0.79 123, CHF 012 345 678.90, 079 123 45 67 89, "
          "0123456789" },
        { "R-079 123 45 67, #079 123 45 67, 1079 123 45 67, 019 123 45 67, 756.1234.5678.97",
          "R-079 123 45 67, #079 123 45 67, 1079 123 45 67, 019 123 45 67, 756.1234.5678.97" },
        { "01a20087-079-1234567, 079_123_45_67, 2026/079/1234567, 0800 123 456",
          "01a20087-079-1234567, 079_123_45_67, 2026/079/1234567, 0800 123 456" },
        { "c3+12345678 and +1234567890123456", "c3+12345678 and +1234567890123456" },
        { "To maier&sohn@example.ch, a/b=c|d%e`f@b.c, who?me@b.c or a%acme@b.c.",
          "To m…@example.ch, a…@b.c, w…@b.c or a…@b.c." },
        { "`anna@b.c`|eva@b.c/x@b.c, =@b.c", "`a…@b.c`|e…@b.c/x…@b.c, =@b.c" },
        { "https://b.c/p?x=anna@b.c&y=eva@b.c; p?x=anna@b.c",
          "https://b.c/p?x=a…@b.c&y=e…@b.c; p?x=a…@b.c" },
        { "To=anna@b.c&From=eva@b.c", "T…@b.c&From=e…@b.c" },
        { "ref=01a20087-1ad7-7cef-bf12-824c88eafa29@b.c",
          "ref=01a20087-1ad7-7cef-bf12-824c88eafa29@b.c" },
        { "/m?q=to%3Amaier%26sohn%40b.c&w=o%27brien%40b.c", "/m?q=to%3Am…%40b.c&w=o…%40b.c" },
        { "/m?q=zo%C3%AB%40b.c&w=%C3%AB%40b.c", "/m?q=z…%40b.c&w=…%40b.c" },
        { "", "" },
    };
    (void)state;
    AGREE(mask_text, texts);
}

static void by_themselves(void **state)
{
    static const struct pairing addresses[] = {
        { "anna@example.ch", "a…@example.ch" },
        { "maier&sohn@example.ch", "m…@example.ch" },
        { "ö/a=b?c|d%e`f@b.c", "ö…@b.c" },
        { "/maier&sohn@b.c", "/…@b.c" },
        { "no address@", "…" },
        { "079 123 45 67", "…5 67" },
        { "4711", "…" },
        { "Weg 1, 8001 Zürich, CH", "… 8001 Zürich, CH" },
        { "c/o Meier, Weg 1, 8001 Zürich", "… 8001 Zürich" },
        { "c/o Meier, Weg 1, 8001 Zürich, CH", "… 8001 Zürich, CH" },
        { "Weg 1", "…" },
        { "", "" },
    };
    (void)state;
    AGREE(mask_address, addresses);
}

static void expect(const char *text, const char *said, const char *masked)
{
    const char *why;
    struct json_object *d;
    struct arena *a = arena_new(1 << 20);
    struct buf b = buf_in(a);
    assert_int_equal(json_parse(a, str_of(text), &json_request_limits, &d, &why), OK);
    mask_document(a, d, said);
    json_write(&b, d);
    assert_string_equal(b.p, masked);
    arena_free(a);
}

static void documents(void **state)
{
    (void)state;
    expect("{\"phone\":\"0791234567\",\"street\":\"Weg 1\",\"to\":\"2026-01-01T00:00:00Z\"}", NULL,
           "{\"phone\":\"…4567\",\"street\":\"…\",\"to\":\"2026-01-01T00:00:00Z\"}");
    expect("{\"subject\":\"x@y.z\",\"text\":\"a@b.c\",\"sentence\":\"a@b.c\"}", NULL,
           "{\"subject\":\"x@y.z\",\"text\":\"a@b.c\",\"sentence\":\"a…@b.c\"}");
    expect("[{\"text\":\"a@b.c\",\"actorName\":\"a@b.c\",\"closedByName\":\"a@b.c\"},[\"a@b.c\"]]",
           NULL,
           "[{\"text\":\"a…@b.c\",\"actorName\":\"a@b.c\",\"closedByName\":\"a@b.c\"},"
           "[\"a…@b.c\"]]");
    expect("{\"members\":[{\"key\":\"\\\"to\\\"\",\"text\":\"\\\"Weg 1, 8001 Ort\\\"\"}]}", NULL,
           "{\"members\":[{\"key\":\"\\\"to\\\"\",\"text\":\"\\\"… 8001 Ort\\\"\"}]}");
    expect("{\"rows\":[{\"name\":\"phone\",\"value\":\"0791234567\"}]}", NULL,
           "{\"rows\":[{\"name\":\"phone\",\"value\":\"…4567\"}]}");
    expect("{\"buildingId\":\"1\",\"street\":\"Weg 1\",\"in\":{\"street\":\"Weg 1\"}}", NULL,
           "{\"buildingId\":\"1\",\"street\":\"Weg 1\",\"in\":{\"street\":\"…\"}}");
    expect("[{\"reason\":\"No …\",\"example\":\"No "
           "a@b.c\"},{\"type\":\"string\",\"example\":\"a@b.c\"}]",
           NULL,
           "[{\"reason\":\"No …\",\"example\":\"No "
           "a…@b.c\"},{\"type\":\"string\",\"example\":\"a@b.c\"}]");
    expect("[{\"viewId\":\"1\",\"mine\":true,\"q\":\"a@b.c\"},{\"viewId\":\"2\",\"mine\":false,"
           "\"q\":\"a@b.c\"},{\"viewId\":null,\"mine\":true,\"q\":\"a@b.c\"}]",
           NULL,
           "[{\"viewId\":\"1\",\"mine\":true,\"q\":\"a@b.c\"},{\"viewId\":\"2\",\"mine\":false,"
           "\"q\":\"a…@b.c\"},{\"viewId\":null,\"mine\":true,\"q\":\"a…@b.c\"}]");
}

static void what_was_said(void **state)
{
    (void)state;
    expect("{\"q\":\"to:a@b.c\",\"email\":\"a@b.c\",\"told\":\"It is a@b.c.\"}", "to:a@b.c\n",
           "{\"q\":\"to:a@b.c\",\"email\":\"a…@b.c\",\"told\":\"It is a…@b.c.\"}");
    expect("{\"note\":\"Rang 079 123 45 67\",\"q\":\"rang 044 123 45 67\"}", "rang 044 123 45 67\n",
           "{\"note\":\"Rang …45 67\",\"q\":\"rang 044 123 45 67\"}");
    expect("{\"next\":\"/m?q=to%3Aanna%40b.c&w=eva%40b.c\",\"p\":\"/m?q=%2B41791234567\"}",
           "to:anna@b.c\n+41791234567\n",
           "{\"next\":\"/m?q=to%3Aanna%40b.c&w=e%E2%80%A6%40b.c\",\"p\":\"/m?q=%2B41791234567\"}");
    expect("{\"next\":\"/m?q=maier%26sohn%40b.c&w=hans%26sohn%40b.c\"}", "maier&sohn@b.c\n",
           "{\"next\":\"/m?q=maier%26sohn%40b.c&w=h%E2%80%A6%40b.c\"}");
    expect("{\"recipient\":\"/track?search=anna%40b.c&w=eva%40b.c\"}", "anna@b.c\n",
           "{\"recipient\":\"/track?search=anna%40b.c&w=e%E2%80%A6%40b.c\"}");
    expect("{\"recipient\":\"/maier@b.c\"}", "/maier@b.c\n", "{\"recipient\":\"/…@b.c\"}");
}

static void written_texts(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b = buf_in(a);
    struct json_object *d = json_own(a, json_object_new_object());
    (void)state;
    json_set(d, "units", json_written(a, str_of("[{\"error\":\"a@b.c is full\"}]")));
    mask_document(a, d, NULL);
    json_write(&b, d);
    assert_string_equal(b.p, "{\"units\":[{\"error\":\"a…@b.c is full\"}]}");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_texts),      cmocka_unit_test(by_themselves),
        cmocka_unit_test(documents),     cmocka_unit_test(what_was_said),
        cmocka_unit_test(written_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
