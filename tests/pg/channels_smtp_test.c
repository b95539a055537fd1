/* E-mail through a real mail server: TLS, login, DSN, refusals, connections that break; and what a
   mail reader makes of the message. */
#include "pg/pg.h"
#include "pg/sim.h"

#include "base/crypto.h"
#include "base/json.h"
#include "channels/email.h"
#include "channels/smtp_wire.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct ctx *c;
static const char *folder; /* below the store's, which goes with the test */
static int plain_port, starttls_port, tls_port;

static const unsigned char every_byte[] = { 0, 1, 13, 10, 46, 13, 10, 46, 10, 255, 128, 61, 0 };

static struct channel_account account(int port, const char *security, const char *password)
{
    struct json_object *settings = json_own(c->arena, json_object_new_object());
    struct json_object *secrets = json_own(c->arena, json_object_new_object());
    json_set_text(settings, "host", "127.0.0.1");
    json_set_int(settings, "port", port);
    json_set_text(settings, "security", security);
    json_set_text(settings, "from", "desk@example.com");
    json_set_text(settings, "fromName", "İpek Yönetim");
    json_set_text(settings, "caFile", arena_printf(c->arena, "%s/%s/ca.pem", folder, security));
    if (password) {
        json_set_text(secrets, "username", "user");
        json_set_text(secrets, "password", password);
    }
    return (struct channel_account){ .provider = "smtp", .settings = settings, .secrets = secrets };
}

static struct email email_to(const char *address)
{
    return (struct email){ .communication_id = "01970000-0000-7000-8000-000000000001",
                           .message_id = "01970000-0000-7000-8000-000000000001.1@track.example",
                           .to_name = "Łukasz Nguyễn",
                           .to_address = address,
                           .subject = "Abrechnung 2025 für Łukasz Nguyễn und İpek, "
                                      "mit einem recht langen Betreff dahinter",
                           .text = "Grüezi\n.\n..zwei\nEnde",
                           .html = "<p>Grüezi &amp; tschüss</p>" };
}

/* Sends it, and clears what a fault noted before. */
static enum err send_to(const struct channel_account *a, const char *address,
                        struct send_result *result)
{
    struct email e = email_to(address);
    c->problem = (struct problem){ 0 };
    return email_smtp.send(c, a, &e, result);
}

static const char *last_message(const char *mode)
{
    static char line[65536];
    char path[128];
    snprintf(path, sizeof(path), "%s/%s/messages.jsonl", folder, mode);
    FILE *f = fopen(path, "r");
    line[0] = '\0';
    while (f && fgets(line, sizeof(line), f))
        ;
    if (f)
        fclose(f);
    return line;
}

static void shows(const char *message, const char *part)
{
    if (!strstr(message, part))
        fail_msg("%s\nis missing in\n%s", part, message);
}

static void readers_see(void **state)
{
    struct email_attachment files[] = {
        { "Abrechnung Łukasz Nguyễn, İpek und noch viele andere mit langen Namen.pdf",
          "application/pdf",
          { (const char *)every_byte, sizeof(every_byte) } },
        { "plain \"x\".bin", "application/octet-stream", { "", 0 } },
    };
    struct channel_account a = account(plain_port, "none", NULL);
    struct email e = email_to("eva+1@example.com");
    struct send_result result;
    (void)state;
    e.attachments = files;
    e.attachment_count = 2;
    e.reply_to = "reply@example.com";
    assert_int_equal(email_smtp.send(c, &a, &e, &result), OK);
    const char *m = last_message("none");
    shows(m, arena_printf(c->arena, "\"subject\":\"%s\"", e.subject));
    shows(m, "\"address\":\"eva+1@example.com\",\"name\":\"Łukasz Nguyễn\"");
    shows(m, "\"address\":\"desk@example.com\",\"name\":\"İpek Yönetim\"");
    shows(m, "\"address\":\"reply@example.com\"");
    shows(m, "\"text\":\"Grüezi\\n.\\n..zwei\\nEnde\"");
    shows(m, "\"html\":\"<p>Grüezi &amp; tschüss</p>\"");
    shows(m, "\"trackId\":\"01970000-0000-7000-8000-000000000001\"");
    shows(m, arena_printf(c->arena, "\"name\":\"%s\",\"type\":\"application/pdf\",\"bytes\":\"%s\"",
                          files[0].file_name, base64(c->arena, every_byte, sizeof(every_byte))));
    shows(m, "\"name\":\"plain \\\"x\\\".bin\"");
    shows(m, arena_printf(c->arena, "\"sha256\":\"%s\",\"bytes\":%zu", result.mail_sha256,
                          result.mail_size));
}

static void asks_for_reports(void **state)
{
    const char *m = last_message("none");
    (void)state;
    shows(m, "\"ENVID\":\"01970000-0000-7000-8000-000000000001\"");
    shows(m, "\"RET\":\"HDRS\"");
    shows(m, "\"NOTIFY\":\"SUCCESS,FAILURE,DELAY\"");
    shows(m, "\"ORCPT\":\"rfc822;eva");
}

static void says_who_took_it(void **state)
{
    struct channel_account a = account(plain_port, "none", NULL);
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&a, "eva@example.com", &result), OK);
    assert_string_equal(result.accepted_by, "127.0.0.1: 250 2.0.0 queued as 4711");
    assert_string_equal(result.provider_message_id,
                        "01970000-0000-7000-8000-000000000001.1@track.example");
    assert_true(json_object_get_boolean(json_get(result.raw, "dsn")));
}

static void secured(void **state)
{
    struct channel_account up = account(starttls_port, "starttls", "pass");
    struct channel_account tls = account(tls_port, "tls", "pass");
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&up, "eva@example.com", &result), OK);
    shows(last_message("starttls"), "\"secure\":true,\"user\":\"user\"");
    assert_int_equal(send_to(&tls, "eva@example.com", &result), OK);
    shows(last_message("tls"), "\"secure\":true,\"user\":\"user\"");
}

static const char *said(const struct send_result *result, const char *key)
{
    const char *text = json_text(result->dialogue, key);
    return text ? text : "";
}

static bool flag(const struct send_result *result, const char *key)
{
    return json_object_get_boolean(json_get(result->dialogue, key));
}

/* Each part stands behind the one before it. */
static void in_order(const char *text, const char *const *parts)
{
    const char *at = text;
    for (; *parts; parts++) {
        at = strstr(at, *parts);
        if (!at)
            fail_msg("%s\nis missing, or at another place, in\n%s", *parts, text);
    }
}

static void hides(const char *text, const char *secret)
{
    if (strstr(text, secret))
        fail_msg("%s\nstands in\n%s", secret, text);
}

static void keeps_what_was_said(void **state)
{
    static const char *const parts[] = { "< 220 ",
                                         "> EHLO ",
                                         "< 250-",
                                         "> MAIL FROM:<desk@example.com> RET=HDRS ENVID=",
                                         "> RCPT TO:<eva@example.com> NOTIFY=SUCCESS,FAILURE,DELAY",
                                         "> DATA",
                                         "< 354 ",
                                         "· [message of ",
                                         " bytes left out]",
                                         "< 250 2.0.0 queued as 4711",
                                         NULL };
    struct channel_account a = account(plain_port, "none", NULL);
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&a, "eva@example.com", &result), OK);
    in_order(said(&result, "transcript"), parts);
    hides(said(&result, "transcript"), "Grüezi");
    hides(said(&result, "transcript"), "Subject");
    assert_string_equal(said(&result, "server"),
                        arena_printf(c->arena, "127.0.0.1:%d", plain_port));
    assert_true(json_object_is_type(json_get(result.dialogue, "durationMs"), json_type_int));
    assert_non_null(json_get(result.dialogue, "encrypted"));
    assert_false(flag(&result, "encrypted"));
    assert_null(json_get(result.dialogue, "tls"));
}

static void keeps_how_it_was_secured(void **state)
{
    static const char *const up_parts[] = { "< 220 ",  "> STARTTLS",         "< 220 ", "> EHLO ",
                                            "> AUTH ", "[login left out]",   "< 235 ", "> EHLO ",
                                            "> MAIL ", "< 250 2.0.0 queued", NULL };
    const struct {
        int port;
        const char *mode;
        const char *const *parts;
    } cases[] = { { starttls_port, "starttls", up_parts }, { tls_port, "tls", up_parts + 3 } };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct channel_account a = account(cases[i].port, cases[i].mode, "pass");
        struct send_result result;
        assert_int_equal(send_to(&a, "eva@example.com", &result), OK);
        const char *text = said(&result, "transcript");
        in_order(text, cases[i].parts);
        hides(text, base64(c->arena, "\0user\0pass", 10));
        hides(text, base64(c->arena, "pass", 4));
        hides(text, "pass");
        assert_true(flag(&result, "encrypted"));
        assert_string_equal(said(&result, "tls"), "TLSv1.3");
        shows(said(&result, "cipher"), "TLS_");
        assert_true(flag(&result, "certificateChecked"));
    }
}

static void keeps_it_of_what_failed(void **state)
{
    struct channel_account plain = account(plain_port, "none", NULL);
    struct channel_account wrong = account(tls_port, "tls", "wrong");
    struct channel_account no_ca = account(tls_port, "tls", "pass");
    struct channel_account closed = account(1, "none", NULL);
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&plain, "unknown@example.com", &result), ERR_INVALID);
    shows(said(&result, "transcript"), "> RCPT TO:<unknown@example.com>");
    shows(said(&result, "transcript"), "< 550 5.1.1 No such user");
    assert_int_equal(send_to(&plain, "drop@example.com", &result), ERR_RETRY);
    shows(said(&result, "transcript"), "· [no reply came]");
    assert_int_equal(send_to(&wrong, "eva@example.com", &result), ERR_DENIED);
    shows(said(&result, "transcript"), "< 535 5.7.8 Wrong login");
    hides(said(&result, "transcript"), base64(c->arena, "\0user\0wrong", 11));
    json_object_object_del(no_ca.settings, "caFile");
    assert_int_equal(send_to(&no_ca, "eva@example.com", &result), ERR_DENIED);
    shows(said(&result, "transcript"), "certificate");
    assert_null(json_get(result.dialogue, "encrypted"));
    assert_int_equal(send_to(&closed, "eva@example.com", &result), ERR_RETRY);
    shows(said(&result, "transcript"), "connect to 127.0.0.1");
}

static void never_unsecured(void **state)
{
    struct channel_account no_tls = account(plain_port, "starttls", NULL);
    struct channel_account no_ca = account(tls_port, "tls", "pass");
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&no_tls, "eva@example.com", &result), ERR_DENIED);
    json_object_object_del(no_ca.settings, "caFile");
    assert_int_equal(send_to(&no_ca, "eva@example.com", &result), ERR_DENIED);
    assert_non_null(strstr(result.sentence, "certificate"));
}

static void wrong_login(void **state)
{
    struct channel_account a = account(tls_port, "tls", "wrong");
    struct channel_account none = account(tls_port, "tls", NULL);
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&a, "eva@example.com", &result), ERR_DENIED);
    assert_non_null(strstr(result.sentence, "password"));
    assert_int_equal(send_to(&none, "eva@example.com", &result), ERR_DENIED);
}

static void refusals(void **state)
{
    static const struct {
        const char *address;
        enum err e;
        const char *code;
        bool bad_address;
    } cases[] = { { "unknown@example.com", ERR_INVALID, "550 5.1.1", true },
                  { "refused@example.com", ERR_INVALID, "550 5.7.1", false },
                  { "full@example.com", ERR_RETRY, "452 4.2.2", false },
                  { "late@example.com", ERR_RETRY, "451 4.3.0", false },
                  { "drop@example.com", ERR_RETRY, NULL, false },
                  { "lost@example.com", ERR_RETRY, NULL, false },
                  { "a@b\r\nDATA", ERR_INVALID, NULL, false } };
    struct channel_account a = account(plain_port, "none", NULL);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct send_result result;
        if (send_to(&a, cases[i].address, &result) != cases[i].e)
            fail_msg("%s: %s", cases[i].address, result.sentence);
        assert_string_equal(result.code ? result.code : "", cases[i].code ? cases[i].code : "");
        assert_int_equal(result.bad_address, cases[i].bad_address);
        assert_non_null(result.sentence);
    }
}

static void not_reached(void **state)
{
    struct channel_account closed = account(1, "none", NULL);
    struct channel_account hidden = account(2, "none", NULL);
    struct send_result result;
    (void)state;
    assert_int_equal(send_to(&closed, "eva@example.com", &result), ERR_RETRY);
    assert_int_equal(send_to(&hidden, "eva@example.com", &result), ERR_INVALID);
    assert_non_null(strstr(result.sentence, "TRACK_EGRESS_ALLOW"));
}

/* The connection by which the mail server got the last message. */
static long connection_of(const char *mode)
{
    const char *at = strstr(last_message(mode), "\"connection\":");
    assert_non_null(at);
    return strtol(at + strlen("\"connection\":"), NULL, 10);
}

static long sent_by(const struct channel_account *a, const char *mode)
{
    struct send_result result;
    assert_int_equal(send_to(a, "eva@example.com", &result), OK);
    return connection_of(mode);
}

static void a_connection_serves_several_messages(void **state)
{
    struct channel_account plain = account(plain_port, "none", NULL);
    struct channel_account tls = account(tls_port, "tls", "pass");
    struct channel_account wrong = account(tls_port, "tls", "wrong");
    struct send_result result;
    (void)state;
    assert_int_not_equal(sent_by(&plain, "none"), sent_by(&plain, "none"));
    c->app->smtp = smtp_kept_new(c->arena);
    long first = sent_by(&plain, "none");
    assert_int_equal(sent_by(&plain, "none"), first);
    assert_int_equal(send_to(&plain, "eva@example.com", &result), OK);
    static const char *const again[] = { "· [the connection of the message before]", "> RSET",
                                         "> MAIL ", "< 250 2.0.0 queued", NULL };
    in_order(said(&result, "transcript"), again);
    hides(said(&result, "transcript"), "EHLO");
    assert_int_equal(send_to(&plain, "unknown@example.com", &result), ERR_INVALID);
    assert_int_equal(sent_by(&plain, "none"), first);
    long second = sent_by(&tls, "tls");
    assert_int_equal(sent_by(&tls, "tls"), second);
    assert_int_equal(send_to(&tls, "eva@example.com", &result), OK);
    assert_string_equal(said(&result, "tls"), "TLSv1.3");
    assert_int_equal(send_to(&wrong, "eva@example.com", &result), ERR_DENIED);
    assert_int_not_equal(sent_by(&tls, "tls"), second);
    long third = sent_by(&plain, "none");
    assert_int_equal(send_to(&plain, "drop@example.com", &result), ERR_RETRY);
    assert_int_not_equal(sent_by(&plain, "none"), third);
}

static void a_connection_that_the_server_ended_is_not_used(void **state)
{
    struct channel_account all[] = { account(plain_port, "none", NULL),
                                     account(tls_port, "tls", "pass") };
    struct send_result result;
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *mode = i ? "tls" : "none";
        assert_int_equal(send_to(&all[i], "leave@example.com", &result), OK);
        long ended = connection_of(mode);
        usleep(300000);
        assert_int_not_equal(sent_by(&all[i], mode), ended);
    }
}

static void an_idle_connection_is_closed(void **state)
{
    struct channel_account plain = account(plain_port, "none", NULL);
    (void)state;
    long first = sent_by(&plain, "none");
    smtp_idle(c->app);
    assert_int_equal(sent_by(&plain, "none"), first);
    pg_clock_shift(2500);
    smtp_idle(c->app);
    long second = sent_by(&plain, "none");
    assert_int_not_equal(second, first);
    pg_clock_shift(20000);
    assert_int_not_equal(sent_by(&plain, "none"), second);
    pg_clock_shift(0);
    smtp_kept_free(c->app);
    c->app->smtp = NULL;
}

static int start(const char *mode)
{
    const char *dir = arena_printf(c->arena, "%s/%s", folder, mode);
    return mkdir(dir, 0700) ? 0 : sim_start("smtp.mjs", mode, dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see),
        cmocka_unit_test(asks_for_reports),
        cmocka_unit_test(says_who_took_it),
        cmocka_unit_test(secured),
        cmocka_unit_test(keeps_what_was_said),
        cmocka_unit_test(keeps_how_it_was_secured),
        cmocka_unit_test(keeps_it_of_what_failed),
        cmocka_unit_test(never_unsecured),
        cmocka_unit_test(wrong_login),
        cmocka_unit_test(refusals),
        cmocka_unit_test(not_reached),
        cmocka_unit_test(a_connection_serves_several_messages),
        cmocka_unit_test(a_connection_that_the_server_ended_is_not_used),
        cmocka_unit_test(an_idle_connection_is_closed),
    };
    pg_start("channels_smtp_test");
    c = pg_ctx("track_worker");
    folder = arena_printf(c->arena, "%s/smtp", pg_settings()->store_dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    plain_port = start("none");
    starttls_port = start("starttls");
    tls_port = start("tls");
    if (!plain_port || !starttls_port || !tls_port) {
        printf("channels_smtp_test: skipped, no mail server (npm ci in tests)\n");
        return pg_end(77);
    }
    pg_settings()->egress_allow =
        arena_printf(c->arena, "127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:1", plain_port,
                     starttls_port, tls_port);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
