/* The mail sink: a message is kept once, with its text in the blob store. */
#include "pg/pg.h"

#include "channels/email.h"
#include "store/store.h"

#include <string.h>

static struct ctx *c;

static const struct email mail = { .communication_id = "01970000-0000-7000-8000-000000000001",
                                   .message_id =
                                       "01970000-0000-7000-8000-000000000001.1@track.example",
                                   .from_address = "desk@example.com",
                                   .to_address = "eva@example.com",
                                   .subject = "Bill",
                                   .text = "Hello" };

static void chosen_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(email_way_of(NULL), &email_sink);
    assert_ptr_equal(email_way_of("nothing"), &email_sink);
    assert_ptr_equal(email_way_of("smtp"), &email_smtp);
    assert_ptr_equal(email_way_of("msgraph"), &email_graph);
}

static void keeps_once(void **state)
{
    struct send_result result;
    struct str text;
    (void)state;
    assert_int_equal(email_sink.send(c, NULL, &mail, &result), OK);
    assert_string_equal(result.provider_message_id, mail.message_id);
    assert_false(result.already_sent);
    pg_clock_shift(5000);
    assert_int_equal(email_sink.send(c, NULL, &mail, &result), OK);
    assert_true(result.already_sent);
    assert_int_equal(
        pg_int("select count(*) from sink_messages where tenant_id = '%s' and recipient = "
               "'eva@example.com' and subject = 'Bill'",
               pg_tenant()),
        1);
    const char *sha256 = arena_strdup(c->arena, pg_sql("select sha256 from sink_messages"));
    assert_int_equal(pg_int("select count(*) from blobs where sha256 = '%s' and content_type = "
                            "'message/rfc822'",
                            sha256),
                     1);
    assert_int_equal(store_get(pg_app()->store, c->arena, sha256, &text), OK);
    assert_non_null(memmem(text.p, text.n, "X-Track-Id: 01970000", 20));
}

static void refuses_what_mail_cannot_carry(void **state)
{
    struct email bad = mail;
    struct send_result result;
    (void)state;
    bad.message_id = "other@track.example";
    bad.subject = "Bill\r\nBcc: all@example.com";
    assert_int_equal(email_sink.send(c, NULL, &bad, &result), ERR_INVALID);
    assert_non_null(strstr(result.sentence, "subject"));
    assert_int_equal(pg_int("select count(*) from sink_messages"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(chosen_by_name),
                                        cmocka_unit_test(keeps_once),
                                        cmocka_unit_test(refuses_what_mail_cannot_carry) };
    pg_start("channels_sink_test");
    c = pg_ctx("track_worker");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
