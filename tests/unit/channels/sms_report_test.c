/* What SMS providers tell, and the signatures that prove it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/json.h"
#include "channels/sms_error.h"
#include "channels/sms_report.h"
#include "channels/sms_sign.h"

#include <string.h>

static struct ctx ctx;

static int start(void **state)
{
    (void)state;
    crypto_init();
    ctx = (struct ctx){ .arena = arena_new((size_t)16 * 1024 * 1024) };
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* ---- signatures ---- */

static void azure_headers(void **state)
{
    (void)state;
    const char *date = http_date(ctx.arena, 1704164645);
    assert_string_equal(date, "Tue, 02 Jan 2024 03:04:05 GMT");
    const char *const *h = acs_headers(
        ctx.arena,
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
        "POST", "https://contoso.communication.azure.com/sms?api-version=2021-03-07", date,
        STR("{\"from\":\"+18005550100\",\"smsRecipients\":[{\"to\":\"+14255550123\"}],"
            "\"message\":\"hi\"}"));
    assert_string_equal(h[0], "x-ms-date: Tue, 02 Jan 2024 03:04:05 GMT");
    assert_string_equal(h[1], "x-ms-content-sha256: raw9kva7OrsjYQVcjAFfGpgx6kkJr4NjdRyx6wvag1U=");
    assert_string_equal(h[2], "Authorization: HMAC-SHA256 "
                              "SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="
                              "sv4is7xFazg+3aHFFe2uCcfis/pKCwbAsCtzOYetaJM=");
    assert_null(h[3]);
    assert_null(acs_headers(ctx.arena, "?", "POST", "https://a/b", date, STR("")));
    assert_null(acs_headers(ctx.arena, NULL, "POST", "https://a/b", date, STR("")));
    assert_null(acs_headers(ctx.arena, "AAEC", "POST", "contoso", date, STR("")));
}

static const char token[] = "0123456789abcdef0123456789abcdef";
static const char form_text[] =
    "SmsSid=SMfedcba9876543210fedcba9876543210&SmsStatus=undelivered&MessageStatus=undelivered&"
    "To=%2B919000000001&MessageSid=SMfedcba9876543210fedcba9876543210&"
    "AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B15005550006&ApiVersion=2010-04-01&"
    "ErrorCode=30003";

static struct pairs form_of(const char *text)
{
    struct pairs form;
    assert_int_equal(pairs_parse(&ctx, str_of(text), 100, &form), OK);
    return form;
}

static bool signed_form(const char *url, const char *form, const char *signature)
{
    struct pairs p = form_of(form);
    return twilio_signed(ctx.arena, token, url, &p, str_of(form), signature);
}

static void twilio_forms(void **state)
{
    (void)state;
    static const char good[] = "whyxeXwhbpVv1j168c4nFhWNdjs=";
    const char *url = "https://hooks.shop.example/twilio/status?tenant=acme";
    assert_true(signed_form(url, form_text, good));
    assert_true(
        signed_form("https://hooks.shop.example:443/twilio/status?tenant=acme", form_text, good));
    assert_false(
        signed_form("https://hooks.shop.example:8443/twilio/status?tenant=acme", form_text, good));
    assert_false(
        signed_form("https://hooks.shop.example/twilio/status?tenant=acne", form_text, good));
    assert_false(signed_form(url, form_text, "whyxeXwhbpVv1j168c4nFhWNdjt="));
    assert_false(signed_form(url, form_text, NULL));
    assert_false(signed_form(url, form_text, ""));
    assert_false(signed_form(url, arena_printf(ctx.arena, "%s&More=1", form_text), good));
    /* A parameter twice with one value counts once. */
    assert_true(signed_form(url, arena_printf(ctx.arena, "%s&ErrorCode=30003", form_text), good));
    struct pairs p = form_of(form_text);
    assert_false(twilio_signed(ctx.arena, "", url, &p, STR(""), good));
    assert_false(twilio_signed(ctx.arena, NULL, url, &p, STR(""), good));
}

static void twilio_json(void **state)
{
    (void)state;
    const char *url = "https://hooks.shop.example/twilio/json?bodySHA256="
                      "759495f9ac542db8884e5e51123fc61ace7f60ee6750990c37086dea317f5574";
    assert_true(twilio_signed(ctx.arena, token, url, NULL, STR("{\"MessageStatus\":\"delivered\"}"),
                              "upEkznSEjyzJy5mO2mics+93vzc="));
    assert_false(twilio_signed(ctx.arena, token, url, NULL, STR("{\"MessageStatus\":\"failed\"}"),
                               "upEkznSEjyzJy5mO2mics+93vzc="));
    assert_false(twilio_signed(ctx.arena, token, "https://hooks.shop.example/twilio/json", NULL,
                               STR("{}"), "upEkznSEjyzJy5mO2mics+93vzc="));
}

/* RFC 2202, cases 1, 2 and 6. */
static void hmac_with_sha1(void **state)
{
    unsigned char out[SHA1_SIZE], key[80];
    (void)state;
    memset(key, 0x0b, 20);
    hmac_sha1(ctx.arena, (struct str){ (const char *)key, 20 }, STR("Hi There"), out);
    assert_string_equal(hex(ctx.arena, out, sizeof(out)),
                        "b617318655057264e28bc0b6fb378c8ef146be00");
    hmac_sha1(ctx.arena, STR("Jefe"), STR("what do ya want for nothing?"), out);
    assert_string_equal(hex(ctx.arena, out, sizeof(out)),
                        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    memset(key, 0xaa, 80);
    hmac_sha1(ctx.arena, (struct str){ (const char *)key, 80 },
              STR("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    assert_string_equal(hex(ctx.arena, out, sizeof(out)),
                        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

/* ---- wishes ---- */

static void wishes(void **state)
{
    (void)state;
    static const char *const stops[] = {
        "STOP",   "stop",     " Stop. ", "STOPALL", "Stop all", "UNSUBSCRIBE",
        "cancel", "End",      "QUIT",    "Arret",   "ARRÊT",    "arrêt",
        "Stopp!", "\"STOP\"", "“Stop”",  "«STOP»",  "STOP,",    "\u00A0stop\u00A0"
    };
    static const char *const starts[] = { "START", "unstop", "Start." };
    static const char *const none[] = { NULL,  "",    " ",     "please stop",     "Stop it",
                                        "YES", "...", "STOPS", "STOP\nand thanks" };
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
        assert_int_equal(sms_wish_of(stops[i]), SMS_WISH_STOP);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        assert_int_equal(sms_wish_of(starts[i]), SMS_WISH_START);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(sms_wish_of(none[i]), SMS_WISH_NONE);
}

/* ---- Azure ---- */

static struct sms_report one(const char *body)
{
    size_t n;
    struct sms_report *list;
    assert_int_equal(acs_reports(ctx.arena, str_of(body), &list, &n), OK);
    assert_int_equal(n, 1);
    return list[0];
}

static void azure_event_grid(void **state)
{
    (void)state;
    struct sms_report r =
        one("[{\"id\":\"Outgoing_1\",\"topic\":\"/x\",\"subject\":\"/phonenumber/18005550100\","
            "\"data\":{\"messageId\":\"Outgoing_1\",\"from\":\"18005550100\",\"to\":"
            "\"+14255550123\",\"deliveryStatus\":\"Delivered\",\"deliveryStatusDetails\":"
            "\"No error.\",\"receivedTimestamp\":\"2026-01-05T08:00:07.1234567Z\",\"tag\":\"t\"},"
            "\"eventType\":\"Microsoft.Communication.SMSDeliveryReportReceived\"}]");
    assert_int_equal(r.news, SMS_DELIVERED);
    assert_string_equal(r.message_id, "Outgoing_1");
    assert_string_equal(r.from, "+18005550100");
    assert_string_equal(r.to, "+14255550123");
    assert_string_equal(r.tag, "t");
    assert_string_equal(r.at, "2026-01-05T08:00:07.123456Z");
    assert_null(r.code);
}

static void azure_cloud_event(void **state)
{
    (void)state;
    struct sms_report r =
        one("{\"specVersion\":\"1.0\",\"type\":\"Microsoft.Communication."
            "SMSDeliveryReportReceived\",\"id\":\"Outgoing_1\",\"data\":{\"MessageId\":"
            "\"Outgoing_1\",\"From\":\"18005550100\",\"To\":\"14255550123\",\"DeliveryStatus\":"
            "\"Failed\",\"DeliveryStatusDetails\":\"4007: opted out\",\"Tag\":\"t\"}}");
    assert_int_equal(r.news, SMS_FAILED);
    assert_string_equal(r.to, "+14255550123");
    assert_string_equal(r.code, "4007");
    assert_true(r.opted_out);
    assert_string_equal(r.key, "acs:Outgoing_1:Failed:4007");
    assert_null(r.at);
}

static void azure_received(void **state)
{
    size_t n;
    struct sms_report *list;
    (void)state;
    assert_int_equal(
        acs_reports(ctx.arena,
                    STR("[{\"eventType\":\"Microsoft.Communication.SMSReceived\",\"data\":{"
                        "\"messageId\":\"Incoming_1\",\"from\":\"14255550123\",\"to\":"
                        "\"18005550100\",\"message\":\"Stop\",\"segmentCount\":1}},"
                        "{\"eventType\":\"Something.Else\",\"data\":{\"message\":\"x\"}},"
                        "{\"eventType\":3},\"text\"]"),
                    &list, &n),
        OK);
    assert_int_equal(n, 4);
    assert_int_equal(list[0].news, SMS_RECEIVED);
    assert_int_equal(list[0].wish, SMS_WISH_STOP);
    assert_string_equal(list[0].from, "+14255550123");
    for (size_t i = 1; i < n; i++)
        assert_int_equal(list[i].news, SMS_NOTHING);
}

static void azure_refuses(void **state)
{
    size_t n;
    struct sms_report *list;
    (void)state;
    static const char *const bodies[] = { "", "[]", "12", "{\"a\":1", "null", "\"x\"" };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(acs_reports(ctx.arena, str_of(bodies[i]), &list, &n), ERR_INVALID);
}

/* ---- what codes mean ---- */

static void every_code_has_a_sentence(void **state)
{
    (void)state;
    static const int acs[] = { 4000, 4001, 4002, 4003, 4004, 4005, 4006,
                               4007, 4008, 5000, 5001, 5002, 9999 };
    for (size_t i = 0; i < sizeof(acs) / sizeof(acs[0]); i++) {
        const struct sms_error *e = sms_error_of("acs", acs[i]);
        assert_non_null(e);
        assert_true(strlen(e->sentence) > 15 && e->sentence[strlen(e->sentence) - 1] == '.');
        assert_int_equal(e->opted_out, acs[i] == 4007);
        assert_int_equal(e->bad_address, acs[i] == 4002 || acs[i] == 4004);
    }
    assert_true(sms_error_of("twilio", 21610)->opted_out);
    assert_true(sms_error_of("twilio", 21211)->bad_address);
    assert_null(sms_error_of("twilio", 4007));
    assert_null(sms_error_of("acs", 1));
}

/* ---- Twilio ---- */

static void twilio_status(void **state)
{
    (void)state;
    struct sms_report r;
    struct pairs p = form_of(form_text);
    assert_int_equal(twilio_report(ctx.arena, &p, &r), OK);
    assert_int_equal(r.news, SMS_FAILED);
    assert_string_equal(r.message_id, "SMfedcba9876543210fedcba9876543210");
    assert_string_equal(r.code, "30003");
    assert_non_null(strstr(r.sentence, "could not be reached"));
    assert_string_equal(r.to, "+919000000001");
    p = form_of("MessageSid=SM1&MessageStatus=delivered&To=%2B41791234567");
    assert_int_equal(twilio_report(ctx.arena, &p, &r), OK);
    assert_int_equal(r.news, SMS_DELIVERED);
    p = form_of("MessageSid=SM1&MessageStatus=partially_delivered");
    assert_int_equal(twilio_report(ctx.arena, &p, &r), OK);
    assert_int_equal(r.news, SMS_NOTHING);
    p = form_of("MessageStatus=sent");
    assert_int_equal(twilio_report(ctx.arena, &p, &r), ERR_INVALID);
}

static void twilio_received(void **state)
{
    (void)state;
    struct sms_report r;
    struct pairs p =
        form_of("MessageSid=SM1&SmsStatus=received&From=%2B41791234567&To=%2B41790000000"
                "&Body=Baja&OptOutType=STOP");
    assert_int_equal(twilio_report(ctx.arena, &p, &r), OK);
    assert_int_equal(r.news, SMS_RECEIVED);
    assert_int_equal(r.wish, SMS_WISH_STOP);
    assert_string_equal(r.text, "Baja");
    p = form_of("MessageSid=SM1&SmsStatus=received&From=%2B41791234567&Body=Thanks");
    assert_int_equal(twilio_report(ctx.arena, &p, &r), OK);
    assert_int_equal(r.wish, SMS_WISH_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(azure_headers),
        cmocka_unit_test(twilio_forms),
        cmocka_unit_test(twilio_json),
        cmocka_unit_test(hmac_with_sha1),
        cmocka_unit_test(wishes),
        cmocka_unit_test(azure_event_grid),
        cmocka_unit_test(azure_cloud_event),
        cmocka_unit_test(azure_received),
        cmocka_unit_test(azure_refuses),
        cmocka_unit_test(every_code_has_a_sentence),
        cmocka_unit_test(twilio_status),
        cmocka_unit_test(twilio_received),
    };
    return cmocka_run_group_tests(tests, start, end);
}
