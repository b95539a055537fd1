/* Reports as mail systems write them, read back; and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channels/mime_part.h"
#include "channels/report.h"

#include <string.h>
#include <time.h>

static struct arena *arena;

static struct report read_report(const char *text)
{
    struct report r;
    assert_int_equal(report_parse(arena, str_of(text), &r), OK);
    return r;
}

static const char exchange_ndr[] =
    "From: postmaster@contoso.com\nTo: desk@contoso.com\nSubject: Undeliverable: Invoice 4711\n"
    "Message-ID: <ndr1@contoso.com>\nDate: Mon, 5 Jan 2026 09:00:02 +0100\n"
    "In-Reply-To: <track1@contoso.com>\nReferences: <track1@contoso.com>\n"
    "X-MS-Exchange-Message-Is-Ndr:\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n"
    "--b1\nContent-Type: text/plain\n\nCould not be delivered.\n"
    "--b1\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns;DB9PR01MB0001.eurprd01.prod.outlook.com\n"
    "Arrival-Date: Mon, 5 Jan 2026 08:00:02 +0000\n\n"
    "Final-recipient: rfc822;Eva@Example.com\nAction: failed\nStatus: 5.1.1\n"
    "Remote-MTA: dns;mx.example.com\nDiagnostic-Code: smtp;550 5.1.1 <eva@example.com>:\n"
    " no such user\n\n"
    "--b1\nContent-Type: text/rfc822-headers\n\n"
    "Message-ID: <track1@contoso.com>\nx-track-id: 7f0c\n--b1--\n";

static void a_bounce_of_exchange(void **state)
{
    (void)state;
    struct report r = read_report(exchange_ndr);
    assert_int_equal(r.kind, REPORT_DELIVERY);
    assert_string_equal(r.original_message_id, "track1@contoso.com");
    assert_string_equal(r.original_track_id, "7f0c");
    assert_string_equal(r.in_reply_to, "track1@contoso.com");
    assert_string_equal(r.own_message_id, "ndr1@contoso.com");
    assert_string_equal(r.date, "2026-01-05T08:00:02Z");
    assert_int_equal(r.recipient_count, 1);
    assert_string_equal(r.recipients[0].address, "eva@example.com");
    assert_string_equal(r.recipients[0].action, "failed");
    assert_string_equal(r.recipients[0].status, "5.1.1");
    assert_string_equal(r.recipients[0].remote_mta, "mx.example.com");
    assert_string_equal(r.recipients[0].diagnostic, "550 5.1.1 <eva@example.com>: no such user");
}

static void the_same_with_crlf(void **state)
{
    (void)state;
    char *text = arena_alloc(arena, 2 * sizeof(exchange_ndr));
    size_t n = 0;
    for (const char *p = exchange_ndr; *p; p++) {
        if (*p == '\n')
            text[n++] = '\r';
        text[n++] = *p;
    }
    text[n] = '\0';
    struct report r = read_report(text);
    assert_int_equal(r.recipient_count, 1);
    assert_string_equal(r.recipients[0].status, "5.1.1");
    assert_string_equal(r.original_track_id, "7f0c");
}

static void several_recipients_and_an_original_address(void **state)
{
    (void)state;
    struct report r = read_report(
        "Content-Type: MULTIPART/REPORT; boundary=x; report-type=delivery-status\n\n"
        "--x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        /* two blocks: a.b@c.ch relayed, d@e.ch failed 4.4.7 */
        "UmVwb3J0aW5nLU1UQTogZG5zO2EKCk9yaWdpbmFsLVJlY2lwaWVudDogcmZjODIyO2EuYkBjLmNoCkZpbmFsLVJl\n"
        "Y2lwaWVudDogcmZjODIyO2FsaWFzQGMuY2gKQWN0aW9uOiByZWxheWVkClN0YXR1czogMi4wLjAKCkZpbmFsLVJl\n"
        "Y2lwaWVudDogcmZjODIyOyBkQGUuY2gKQWN0aW9uOiBGQUlMRUQKU3RhdHVzOiA0LjQuNyAodG9vIGxvbmcpCg==\n"
        "--x--\n");
    assert_int_equal(r.recipient_count, 2);
    assert_string_equal(r.recipients[0].address, "a.b@c.ch");
    assert_string_equal(r.recipients[0].action, "relayed");
    assert_string_equal(r.recipients[1].address, "d@e.ch");
    assert_string_equal(r.recipients[1].action, "failed");
    assert_string_equal(r.recipients[1].status, "4.4.7");
    assert_null(r.original_message_id);
}

static void a_read_receipt(void **state)
{
    (void)state;
    struct report r = read_report(
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"r\"\n\n"
        "--r\n\nRead.\n--r\nContent-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822;eva@example.com\nOriginal-Message-ID:\n <XYZ@prod.outlook.com>\n"
        "Disposition: automatic-action/MDN-sent-automatically; displayed/error\n--r--\n");
    assert_int_equal(r.kind, REPORT_DISPOSITION);
    assert_string_equal(r.original_message_id, "XYZ@prod.outlook.com");
    assert_string_equal(r.recipients[0].action, "displayed");
}

static void a_report_inside_a_mixed_message(void **state)
{
    (void)state;
    struct report r = read_report(
        "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/report; "
        "boundary=i\n\n--i\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;a\n\n"
        "Final-Recipient: rfc822;a@b.ch\nAction: delayed\nStatus: 4.2.2\n--i--\n--o--\n");
    assert_int_equal(r.recipient_count, 1);
    assert_string_equal(r.recipients[0].action, "delayed");
}

static void what_is_no_report(void **state)
{
    (void)state;
    struct report r = read_report("From: a@b.ch\nSubject: Undeliverable: not really\n\nHello\n");
    assert_int_equal(r.kind, REPORT_NONE);
    /* a report that speaks of nobody, and one that is the message itself instead of a part */
    r = read_report("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
                    "message/delivery-status\n\nReporting-MTA: dns;a\n--b--\n");
    assert_int_equal(r.kind, REPORT_NONE);
    r = read_report("Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.ch\n"
                    "Action: failed\n");
    assert_int_equal(r.kind, REPORT_NONE);
    assert_int_equal(report_parse(arena, STR(""), &r), ERR_INVALID);
    assert_int_equal(report_parse(arena, STR("no header at all"), &r), ERR_INVALID);
}

static void too_deep(void **state)
{
    (void)state;
    struct buf b = buf_in(arena);
    struct report r;
    for (int i = 0; i < 20; i++)
        buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
    assert_int_equal(report_parse(arena, buf_str(&b), &r), ERR_INVALID);
}

/* A report of 4 MiB made of one line again and again: the arena is 64 MiB and aborts beyond. */
static enum err read_repeated(const char *head, const char *line)
{
    struct arena *texts = arena_new((size_t)64 << 20), *own = arena_new((size_t)64 << 20);
    struct buf b = buf_in(texts);
    struct report r;
    buf_puts(&b, head);
    while (b.n < ((size_t)4 << 20) - 64)
        buf_puts(&b, line);
    enum err e = report_parse(own, buf_str(&b), &r);
    arena_free(own);
    arena_free(texts);
    return e;
}

static void memory_grows_with_the_message(void **state)
{
    (void)state;
    const char *status = "Content-Type: multipart/report; boundary=b\n\n--b\n"
                         "Content-Type: message/delivery-status\n\n";
    assert_int_equal(read_repeated(status, "\n"), OK);
    assert_int_equal(read_repeated(status, "A:b\n\n"), OK);
    assert_int_equal(read_repeated(status, "Final-Recipient: rfc822;a@b.ch\nAction: failed\n\n"),
                     ERR_INVALID);
    assert_int_equal(read_repeated("X: a\n", " b\n"), OK);
}

static void folds_of_any_kind(void **state)
{
    (void)state;
    struct report r = read_report(" lost: x\nMessage-ID:\r\n\t<a@b>\r\n \r\nno header\n folded: y\n"
                                  "In-Reply-To: <c@d>\n\nText\n");
    assert_string_equal(r.own_message_id, "a@b");
    assert_string_equal(r.in_reply_to, "c@d");
}

static void an_original_that_cannot_be_read(void **state)
{
    (void)state;
    struct buf b = buf_in(arena);
    buf_puts(&b, "Content-Type: multipart/report; boundary=b\n\n--b\n"
                 "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;a@b.ch\n"
                 "Action: failed\n\n--b\nContent-Type: text/rfc822-headers\n\n");
    for (int i = 0; i < 1001; i++)
        buf_puts(&b, "A: b\n");
    buf_puts(&b, "--b--\n");
    assert_int_equal(read_report(b.p).recipient_count, 1);
}

static void parameters_and_words(void **state)
{
    (void)state;
    const char *long_name =
        "attachment; filename*0*=UTF-8''Abrechnung%20f%C3%BCr;\r\n filename*1*=%20Z%C3%BC.pdf";
    assert_string_equal(mime_parameter(arena, long_name, "filename"), "Abrechnung für Zü.pdf");
    assert_string_equal(mime_parameter(arena, "a; filename*=utf-8''%e2%82%ac", "filename"), "€");
    assert_string_equal(mime_parameter(arena, "a; filename*0=one; filename*1=two", "filename"),
                        "onetwo");
    assert_string_equal(mime_parameter(arena, "a; x=1; name = \"=?UTF-8?Q?a_=C3=A9?=\"", "NAME"),
                        "a é");
    assert_null(mime_parameter(arena, "a; filename2=x", "filename"));
    assert_string_equal(mime_words(arena, "=?utf-8?B?w4k=?= =?utf-8?Q?mile?= b"), "Émile b");
    assert_string_equal(mime_words(arena, "=?broken"), "=?broken");
    assert_string_equal(mime_date(arena, "Mon, 5 Jan 2026 09:00:02 +0100"), "2026-01-05T08:00:02Z");
    assert_null(mime_date(arena, "yesterday"));
    assert_null(mime_date(arena, "Mon, 5 Jan 0622 09:00:02 +0100"));
}

static struct report delivery_status(size_t recipients, const char *block, enum err expected)
{
    struct report r;
    struct buf b = buf_in(arena);
    buf_puts(&b, "References: <first@x> <last@x>\nContent-Type: multipart/report; boundary=x\n\n"
                 "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;a\n\n");
    for (size_t i = 0; i < recipients; i++)
        buf_puts(&b, block);
    buf_puts(&b, "--x--\n");
    assert_int_equal(report_parse(arena, buf_str(&b), &r), expected);
    return r;
}

/* Headers a mail system would not write, but a sender could: each a megabyte, done in a blink. */
static void headers_made_to_take_long(void **state)
{
    (void)state;
    struct arena *a = arena_new((size_t)512 * 1024 * 1024);
    struct buf words = buf_in(a), pieces = buf_in(a);
    for (int i = 0; i < 350000; i++)
        buf_puts(&words, "=?a");
    buf_puts(&pieces, "a");
    for (int i = 0; i < 80000; i++)
        buf_printf(&pieces, ";b*%d=x", i);
    clock_t start = clock();
    assert_string_equal(mime_words(a, words.p), words.p);
    assert_int_equal(strlen(mime_parameter(a, pieces.p, "b")), 100);
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
    arena_free(a);
}

/* A line that only begins like the boundary is text, as is an inner boundary that is longer. */
static void boundaries_that_begin_alike(void **state)
{
    (void)state;
    struct mime_part whole, inner;
    struct str part;
    size_t at = 0, within = 0;
    assert_int_equal(mime_part_read(arena,
                                    STR("Content-Type: multipart/mixed; boundary=b1\n\n"
                                        "--b1 \nContent-Type: multipart/alternative; boundary=b12"
                                        "\n\n--b12\n\none\n--b12--\n--b1\n\ntwo\n--b1--\n"),
                                    &whole),
                     OK);
    assert_true(mime_next_part(&whole, &at, &part));
    assert_int_equal(mime_part_read(arena, part, &inner), OK);
    assert_true(mime_next_part(&inner, &within, &part));
    assert_true(str_eq(part, STR("\none")));
    assert_true(mime_next_part(&whole, &at, &part));
    assert_true(str_eq(part, STR("\ntwo")));
    assert_false(mime_next_part(&whole, &at, &part));
}

static void no_recipient_is_cut_silently(void **state)
{
    (void)state;
    static const char block[] = "Final-Recipient: rfc822;a@b\nAction: failed\n\n";
    assert_int_equal(delivery_status(300, block, OK).recipient_count, 300);
    (void)delivery_status(4097, block, ERR_INVALID);
}

static void an_empty_original_recipient_hides_nothing(void **state)
{
    (void)state;
    struct report r = delivery_status(1,
                                      "Original-Recipient: rfc822;\nFinal-Recipient: rfc822; A@b\n"
                                      "Action: failed\n\n",
                                      OK);
    assert_string_equal(r.recipients[0].address, "a@b");
}

static void the_last_reference_is_answered(void **state)
{
    (void)state;
    struct report r = delivery_status(1, "Final-Recipient: rfc822;a@b\nAction: failed\n\n", OK);
    assert_string_equal(r.in_reply_to, "last@x");
}

static void sentences(void **state)
{
    (void)state;
    assert_string_equal(report_sentence("5.1.1"), "The address does not exist.");
    assert_string_equal(report_sentence("5.1.10"), "The address does not exist.");
    assert_string_equal(report_sentence("5.1.9"), "The address was refused.");
    assert_string_equal(report_sentence("5.2.2"), "The mailbox is full.");
    assert_string_equal(report_sentence("4.4.1"), "The receiving server did not answer.");
    assert_string_equal(report_sentence("5.4.1"),
                        "The receiving server takes no mail for this address.");
    assert_string_equal(report_sentence("5.4.8"), report_sentence("5.4.6"));
    assert_string_equal(report_sentence("5.7.708"),
                        "The receiving server blocks our sending address.");
    assert_string_equal(report_sentence("5.0.0"), "The message could not be delivered.");
    assert_string_equal(report_sentence("4.0.0"), "The message could not be delivered for now.");
    assert_string_equal(report_sentence("2.0.0"), "The message was delivered.");
    assert_string_equal(report_sentence(NULL), "The message could not be delivered.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bounce_of_exchange),
        cmocka_unit_test(the_same_with_crlf),
        cmocka_unit_test(several_recipients_and_an_original_address),
        cmocka_unit_test(a_read_receipt),
        cmocka_unit_test(a_report_inside_a_mixed_message),
        cmocka_unit_test(what_is_no_report),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(memory_grows_with_the_message),
        cmocka_unit_test(folds_of_any_kind),
        cmocka_unit_test(an_original_that_cannot_be_read),
        cmocka_unit_test(parameters_and_words),
        cmocka_unit_test(headers_made_to_take_long),
        cmocka_unit_test(boundaries_that_begin_alike),
        cmocka_unit_test(no_recipient_is_cut_silently),
        cmocka_unit_test(an_empty_original_recipient_hides_nothing),
        cmocka_unit_test(the_last_reference_is_answered),
        cmocka_unit_test(sentences),
    };
    arena = arena_new((size_t)64 * 1024 * 1024);
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return status;
}
