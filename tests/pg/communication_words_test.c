/* What a message's page says of it, by channel, grade and who reads: whole requests on a Postgres.
 */
#include "call.h"

#include "base/json.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

static struct call viewer, agent;
static char id[40];

struct step {
    enum event_type type;
    const char *source;
    char grade;
    const char *at, *sentence, *to;
};

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    (void)call_session(&viewer, "viewer");
    (void)call_session(&agent, "agent");
}

/* A message of a channel to Eva, of whom all addresses are known, with what happened to it. */
static void tell(const char *channel, const struct step *steps, size_t n)
{
    static struct ctx *c;
    c = c ? c : pg_ctx("track_worker");
    const char *made =
        pg_sql("insert into communications (tenant_id, batch_id, building_id, unit_id, year, "
               "channel, recipient_name, email, phone, street, postal_code, city, subject, "
               "reference) select tenant_id, batch_id, building_id, unit_id, year, '%s', 'Eva', "
               "'eva@example.com', '+41791234567', 'Weg 3', '8001', 'Zuerich', 'Bill', "
               "gen_random_uuid()::text from communications order by id limit 1 returning id",
               channel);
    assert_non_null(made);
    memcpy(id, made, strlen(made) + 1);
    for (size_t i = 0; i < n; i++) {
        struct json_object *detail = json_own(c->arena, json_object_new_object());
        if (steps[i].to)
            json_set_text(detail, "to", steps[i].to);
        if (steps[i].type == EVENT_SENT)
            json_set_text(detail, "provider", "smtp");
        const struct timeline_event e = { .type = steps[i].type,
                                          .source = steps[i].source,
                                          .grade = steps[i].grade,
                                          .occurred_at = steps[i].at,
                                          .sentence = steps[i].sentence,
                                          .detail = detail };
        db_begin(c->db, pg_tenant());
        assert_int_equal(db_end(c->db, timeline_append(c, id, &e, NULL)), OK);
    }
}
#define TELL(channel, ...)                                                                         \
    tell(channel, (const struct step[]){ __VA_ARGS__ },                                            \
         sizeof((const struct step[]){ __VA_ARGS__ }) / sizeof(struct step))

static const struct answer *get(struct call *who, const char *before)
{
    static char path[120];
    snprintf(path, sizeof(path), "%s%s", before, id);
    who->method = "GET";
    who->path = path;
    const struct answer *a = call(who);
    assert_int_equal(a->status, 200);
    return a;
}

/* "happened", "means" or "can", as somebody is told. */
static const char *said(struct call *who, const char *what)
{
    return json_text(json_get(get(who, "/api/track/communications/")->json, "said"), what);
}

/* The head of its page: what stands before the three sentences. */
static const char *head(struct call *who)
{
    static char out[20000];
    const char *body = get(who, "/messages/")->body;
    const char *from = strstr(body, "<header class=\"page-head\">");
    const char *end = from ? strstr(from, "<dl class=\"three") : NULL;
    assert_non_null(end);
    snprintf(out, sizeof(out), "%.*s", (int)(end - from), from);
    return out;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("not there: %s\nin: %s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("there: %s\nin: %s", part, text);
}

#define AT "2026-03-0"
#define QUEUED                                                                                     \
    {                                                                                              \
        EVENT_ENQUEUED, "user", 0, AT "1T08:00:00Z", NULL, NULL                                    \
    }
#define SENT(to)                                                                                   \
    {                                                                                              \
        EVENT_SENT, "worker", 'C', AT "1T09:00:00Z", "Accepted by x.", to                          \
    }
#define READY                                                                                      \
    {                                                                                              \
        EVENT_READY_TO_PRINT, "worker", 0, AT "1T09:00:00Z", NULL, NULL                            \
    }

static void a_claim_is_shown_with_its_own_grade_and_time(void **state)
{
    (void)state;
    TELL("LETTER", QUEUED, READY, { EVENT_PRINTED, "user", 0, AT "2T09:00:00Z", NULL, NULL },
         { EVENT_LODGED, "user", 'B', AT "3T09:00:00Z", "At the post.", NULL });
    has(head(&viewer), AT "3T09:00:00");
    has(head(&viewer), "Grade B");
    lacks(head(&viewer), AT "1T09:00:00");
    assert_string_equal(said(&viewer, "happened"), "At the post.");
    TELL("EMAIL", QUEUED, SENT(NULL),
         { EVENT_DELIVERED, "provider", 'B', AT "2T09:00:00Z", "The server took it.", NULL },
         { EVENT_BOUNCED, "provider", 'C', AT "3T09:00:00Z", "It came back.", NULL });
    has(head(&viewer), AT "2T09:00:00");
    assert_string_equal(said(&viewer, "happened"), "The server took it.");
}

static void an_opening_stands_beside_the_delivery(void **state)
{
    (void)state;
    TELL("EMAIL", QUEUED, SENT(NULL),
         { EVENT_DELIVERED, "provider", 'B', AT "2T09:00:00Z", NULL, NULL },
         { EVENT_OPENED, "recipient", 'C', AT "3T09:00:00Z", NULL, NULL });
    const char *text = head(&viewer);
    const char *delivered = strstr(text, "Reported as delivered");
    const char *opened = strstr(text, "Reported as opened");
    assert_true(opened && delivered && opened < delivered);
    has(delivered, "Grade B");
    has(delivered, AT "2T09:00:00");
    has(opened, "Grade C");
    has(opened, AT "3T09:00:00");
    lacks(delivered, "Grade C");
    assert_string_equal(said(&viewer, "means"),
                        "It was reported as delivered, and was reported as opened.");
    TELL("EMAIL", QUEUED, SENT(NULL),
         { EVENT_OPENED, "recipient", 'C', AT "3T09:00:00Z", NULL, NULL });
    lacks(head(&viewer), "Reported as delivered");
    has(said(&viewer, "means"), "nothing else reports that it was delivered");
}

static void a_delivery_is_told_by_who_saw_it(void **state)
{
    (void)state;
    TELL("SMS", QUEUED, SENT(NULL),
         { EVENT_DELIVERED, "provider", 'B', AT "2T09:00:00Z", NULL, NULL });
    has(said(&viewer, "means"), "The receiving handset, or its operator's system, confirmed it");
    TELL("EMAIL", QUEUED, SENT(NULL),
         { EVENT_DELIVERED, "provider", 'B', AT "2T09:00:00Z", NULL, NULL });
    has(said(&viewer, "means"), "The recipient's mail server confirmed that it took it.");
    TELL("LETTER_WITH_RECEIPT", QUEUED, READY,
         { EVENT_DELIVERED, "user", 'A', AT "2T09:00:00Z", NULL, NULL });
    has(said(&viewer, "means"), "The recipient confirmed it");
    TELL("LETTER", QUEUED, READY, { EVENT_DELIVERED, "user", 'C', AT "2T09:00:00Z", NULL, NULL });
    has(said(&viewer, "means"), "no proof of that is kept");
    assert_string_equal(said(&agent, "can"), "Record it again with a proof.");
}

static void of_a_letter_nothing_is_waited_for(void **state)
{
    (void)state;
    TELL("LETTER", QUEUED, READY);
    assert_string_equal(said(&agent, "can"), "Print it with a print run.");
    TELL("LETTER", QUEUED, READY, { EVENT_LODGED, "user", 'B', AT "3T09:00:00Z", NULL, NULL });
    assert_string_equal(said(&agent, "can"), "No report follows a plain letter. Record its return, "
                                             "or mark it by hand with a proof.");
    has(said(&agent, "means"), "not proof that it arrived");
    TELL("LETTER_WITH_RECEIPT", QUEUED, READY,
         { EVENT_LODGED, "user", 'C', AT "3T09:00:00Z", NULL, NULL });
    has(said(&agent, "means"), "no proof of that is kept");
    lacks(said(&agent, "can"), "plain letter");
}

static void a_viewer_is_told_who_can(void **state)
{
    (void)state;
    TELL("EMAIL", QUEUED, { EVENT_FAILED, "worker", 'C', AT "2T09:00:00Z", "Refused.", NULL });
    assert_string_equal(said(&agent, "can"),
                        "Send it again once the cause is gone, or by another channel.");
    assert_string_equal(said(&viewer, "can"),
                        "Somebody with the role agent can send it again once the cause is gone, or "
                        "by another channel.");
}

static void the_address_of_the_attempt_at_hand_is_shown(void **state)
{
    (void)state;
    TELL("EMAIL", QUEUED, SENT("old.eva@example.net"),
         { EVENT_BOUNCED, "provider", 'B', AT "2T09:00:00Z", "No such address.", NULL });
    has(head(&agent), "old.eva@example.net");
    has(head(&viewer), "o…@example.net");
    lacks(get(&viewer, "/messages/")->body, "old.eva@");
    has(get(&agent, "/messages/")->body, "E-mail to <span>old.eva@example.net</span>");
    TELL("SMS", QUEUED);
    has(head(&agent), "+41791234567");
    has(head(&viewer), "…4567");
    lacks(get(&viewer, "/messages/")->body, "41791234567");
    TELL("LETTER", QUEUED);
    has(head(&agent), "Weg 3, 8001 Zuerich");
    has(head(&viewer), "… 8001 Zuerich");
    lacks(get(&viewer, "/messages/")->body, "Weg 3");
}

static void stop(const char *channel, const char *address)
{
    (void)pg_sql("insert into suppressions (tenant_id, channel, address, reason, sentence, blocks) "
                 "values ('%s', '%s', '%s', 'opt_out', 'The recipient wrote STOP.', true) "
                 "returning id",
                 pg_tenant(), channel, address);
}

static void another_kind_of_letter_goes_to_the_same_address(void **state)
{
    (void)state;
    TELL("LETTER", QUEUED, READY,
         { EVENT_RETURNED, "user", 'B', AT "3T09:00:00Z", "Moved.", NULL });
    (void)pg_sql("update communications set error = '{\"sentence\": \"Moved.\", \"badAddress\": "
                 "true}' where id = '%s' returning id",
                 id);
    assert_string_equal(said(&agent, "can"),
                        "Nothing more gets to this address. Send it by e-mail or SMS.");
}

static void what_is_stopped_is_helped_by_another_channel(void **state)
{
    (void)state;
    static const struct step skipped = {
        EVENT_SKIPPED, "worker", 0, AT "2T09:00:00Z", "The recipient wrote STOP.", NULL
    };
    stop("SMS", "+41791234567");
    TELL("SMS", QUEUED, skipped);
    has(head(&agent), "/resend?channel=EMAIL\" data-dialog>");
    has(head(&agent), "Send by e-mail</a>");
    has(head(&agent), "<a class=\"button\" href=\"/messages/");
    lacks(head(&viewer), "Send by");
    assert_string_equal(said(&agent, "can"),
                        "Sent again the same way, it would be left out again. Send it by e-mail, "
                        "letter or registered letter.");
    (void)pg_sql("update communications set email = null, street = '', city = '' where id = '%s' "
                 "returning id",
                 id);
    lacks(head(&agent), "primary");
    has(said(&agent, "can"), "no other channel has an address");
    (void)pg_sql("update suppressions set lifted_at = now() returning id");
    has(head(&agent), "<a class=\"button primary\" href=\"/messages/");
    assert_string_equal(said(&agent, "can"), "Send it again.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(a_claim_is_shown_with_its_own_grade_and_time),
        cmocka_unit_test(an_opening_stands_beside_the_delivery),
        cmocka_unit_test(a_delivery_is_told_by_who_saw_it),
        cmocka_unit_test(of_a_letter_nothing_is_waited_for),
        cmocka_unit_test(a_viewer_is_told_who_can),
        cmocka_unit_test(the_address_of_the_attempt_at_hand_is_shown),
        cmocka_unit_test(another_kind_of_letter_goes_to_the_same_address),
        cmocka_unit_test(what_is_stopped_is_helped_by_another_channel),
    };
    pg_start("communication_words");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
