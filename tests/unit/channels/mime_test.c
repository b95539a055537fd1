/* What an e-mail looks like on the wire: headers, encodings, parts, and what is refused. */
#include "channels/email.h"

#include "base/crypto.h"
#include "base/json.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t noon(const struct app *app)
{
    (void)app;
    return 1767873600000; /* Thu, 08 Jan 2026 12:00:00 UTC */
}

struct fixture {
    struct app app;
    struct ctx c;
    struct email e;
    struct email_attachment file;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    crypto_init();
    f->app.now_ms = noon;
    f->c = (struct ctx){ .app = &f->app, .arena = arena_new(16 << 20) };
    f->e = (struct email){ .communication_id = "0197-1",
                           .message_id = "0197-1.1@track.example",
                           .from_name = "Desk",
                           .from_address = "desk@example.com",
                           .to_name = "Eva",
                           .to_address = "eva@example.com",
                           .subject = "Bill",
                           .text = "Hello" };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->c.arena);
    free(f);
    return 0;
}

static const char *written(struct fixture *f)
{
    struct buf b = buf_in(f->c.arena);
    assert_int_equal(mime_write(&f->c, &f->e, &b), OK);
    for (const char *p = b.p, *line = p; *p; p++) {
        if (p[0] != '\n')
            continue;
        assert_true(p > b.p && p[-1] == '\r');
        assert_true(p - line <= 79);
        line = p + 1;
    }
    return b.p;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("%s\nis missing in\n%s", part, text);
}

static void headers(void **state)
{
    const char *m = written(*state);
    has(m, "From: \"Desk\" <desk@example.com>\r\nTo: \"Eva\" <eva@example.com>\r\n");
    has(m, "Subject: Bill\r\nDate: Thu, 08 Jan 2026 12:00:00 +0000\r\n");
    has(m, "Message-ID: <0197-1.1@track.example>\r\nX-Track-Id: 0197-1\r\n");
    has(m, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain");
    assert_null(strstr(m, "Disposition-Notification-To"));
}

static void a_receipt_is_asked_for_where_it_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct channel_account account = { .settings = json_own(f->c.arena, json_object_new_object()) };
    json_set_text(account.settings, "readReceipts", "on");
    json_set_text(account.settings, "from", "house@example.com");
    f->e.from_address = NULL;
    f->e = email_from_account(&account, &f->e);
    has(written(f), "\r\nDisposition-Notification-To: <house@example.com>\r\n");
}

static void encoded_words(void **state)
{
    struct fixture *f = *state;
    f->e.to_name = "Łukasz Nguyễn";
    f->e.subject =
        "Abrechnung für İpek Yılmaz, Grüße aus Zürich und noch viel mehr Text dahinter 🏠🏠🏠";
    const char *m = written(f);
    has(m, "To: =?UTF-8?B?xYF1a2FzeiBOZ3V54buFbg==?= <eva@example.com>\r\n");
    has(m, "Subject: =?UTF-8?B?");
    has(m, "?=\r\n =?UTF-8?B?");
}

/* Every encoded word must hold whole characters, however the text falls. */
static void words_keep_characters_whole(void **state)
{
    struct fixture *f = *state;
    for (int shift = 0; shift < 12; shift++) {
        struct buf subject = buf_in(f->c.arena);
        for (int i = 0; i < shift; i++)
            buf_putc(&subject, 'a');
        for (int i = 0; i < 40; i++)
            buf_puts(&subject, "ễ🏠");
        f->e.subject = subject.p;
        for (const char *p = strstr(written(f), "Subject:"); (p = strstr(p, "=?UTF-8?B?")); p++) {
            const char *word = p + 10, *end = strstr(word, "?=");
            struct str plain;
            assert_true(
                base64_decode(f->c.arena, (struct str){ word, (size_t)(end - word) }, &plain));
            assert_true(utf8_valid(plain));
        }
    }
}

/* `written` holds every line to 78 characters. */
static void names_of_any_kind_fold(void **state)
{
    struct fixture *f = *state;
    char quotes[60] = "";
    f->e.to_address = "a.rather.long.local.part.of.an.address@a.rather.long.domain.example";
    f->e.attachments = &f->file;
    f->e.attachment_count = 1;
    for (size_t n = 0; n + 1 < sizeof(quotes); n++) {
        f->file = (struct email_attachment){ quotes, "application/pdf", STR("%PDF") };
        f->e.to_name = f->e.subject = quotes;
        written(f);
        memset(quotes, n % 2 ? '"' : '\\', n + 1);
    }
    f->e.to_name = "=?UTF-8?Q?Bcc?=";
    f->e.subject = "=?UTF-8?Q?Bcc?=";
    has(written(f), "Subject: =?UTF-8?B?PT9VVEYtOD9RP0JjYz89?=");
}

static void quoted_printable(void **state)
{
    struct fixture *f = *state;
    f->e.text = "a=b \nümlaut\t\r\n.\nend";
    has(written(f), "\r\n\r\na=3Db=20\r\n=C3=BCmlaut=09\r\n.\r\nend\r\n");
}

static void parts(void **state)
{
    struct fixture *f = *state;
    f->e.html = "<p>Hello</p>";
    f->file = (struct email_attachment){ "Nebenkosten Łukasz \"2025\".pdf", "application/pdf",
                                         STR("%PDF-1.7\n\0\xff") };
    f->e.attachments = &f->file;
    f->e.attachment_count = 1;
    const char *m = written(f);
    has(m, "Content-Type: multipart/mixed; boundary=\"=_mix_");
    has(m, "Content-Type: multipart/alternative; boundary=\"=_alt_");
    has(m, "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n");
    has(m, ";\r\n filename*0*=UTF-8''Nebenkosten%20%C5%81ukasz%20%222025");
    has(m, "\r\n\r\nJVBERi0xLjcKAP8=\r\n--=_mix_");
}

static void refused(struct fixture *f, const char *field)
{
    struct buf b = buf_in(f->c.arena);
    f->c.problem.n = 0;
    assert_int_equal(mime_write(&f->c, &f->e, &b), ERR_INVALID);
    assert_int_equal(b.n, 0);
    assert_string_equal(f->c.problem.faults[0].field, field);
}

static void injection(void **state)
{
    struct fixture *f = *state;
    struct email good = f->e;
    f->e.subject = "Bill\r\nBcc: all@example.com";
    refused(f, "subject");
    f->e = good;
    f->e.to_name = "Eva\nX: y";
    refused(f, "toName");
    static const char *const bad[] = { "eva@example.com\r\nRCPT TO:<x@y>",
                                       "eva@example.com> NOTIFY=NEVER",
                                       "eva",
                                       "@example.com",
                                       "eva@",
                                       "a@b@c",
                                       "a@b,c@d",
                                       "" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        f->e = good;
        f->e.to_address = bad[i];
        refused(f, "to");
    }
    f->e = good;
    f->e.message_id = "a>\r\nX: y";
    refused(f, "messageId");
    f->e = good;
    f->file = (struct email_attachment){ "a.pdf", "application/pdf\r\nX: y", STR("x") };
    f->e.attachments = &f->file;
    f->e.attachment_count = 1;
    refused(f, "attachments");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(headers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_receipt_is_asked_for_where_it_is_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(encoded_words, setup, teardown),
        cmocka_unit_test_setup_teardown(words_keep_characters_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(names_of_any_kind_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(quoted_printable, setup, teardown),
        cmocka_unit_test_setup_teardown(parts, setup, teardown),
        cmocka_unit_test_setup_teardown(injection, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
