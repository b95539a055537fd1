/* Suppressions: what events put there, what they keep back, and who sees and changes them. */
#include "pg/call.h"
#include "pg/pg.h"

#include "base/json.h"
#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/suppression.h"
#include "track/track.h"

#include <string.h>

static char batch[40], mail[40], sms[40];
static struct call agent = { 0 }, viewer = { 0 }, stranger = { 0 };

static void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

static void append(const char *id, enum event_type type, const char *detail)
{
    struct ctx *c = pg_ctx("track_worker");
    const struct timeline_event e = { .type = type,
                                      .source = "provider",
                                      .grade = 'B',
                                      .sentence = "The mailbox does not exist.",
                                      .detail = json_own(c->arena, json_tokener_parse(detail)) };
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &e, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static long long standing(const char *reason)
{
    return pg_int("select count(*) from suppressions where reason = '%s' and lifted_at is null",
                  reason);
}

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    pg_look_into_files();
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    keep(batch, pg_sql("select id from communication_batches where state = 'DRAFT'"));
    keep(mail, pg_sql("select id from communications where batch_id = '%s' and channel = 'EMAIL' "
                      "and delivery_status = 'DRAFT' order by id limit 1",
                      batch));
    keep(sms, pg_sql("select id from communications where batch_id = '%s' and channel = 'SMS' and "
                     "delivery_status = 'DRAFT' order by id limit 1",
                     batch));
    (void)pg_sql("update communications set email = 'Eva@Example.com' where id = '%s' returning id",
                 mail);
    (void)pg_sql("delete from suppressions returning id");
    call_session(&agent, "agent");
    call_session(&viewer, "viewer");
    (void)pg_sql("update users set all_buildings = false where id = '%s' returning id",
                 call_session(&stranger, "agent"));
}

static void events_put_them_there(void **state)
{
    (void)state;
    append(mail, EVENT_DELAYED, "{\"badAddress\": true}");
    append(mail, EVENT_BOUNCED, "{\"badAddress\": true, \"recipient\": \"other@example.com\"}");
    append(mail, EVENT_BOUNCED, "{\"badAddress\": false}");
    assert_int_equal(standing("bad_address"), 0);
    append(mail, EVENT_BOUNCED, "{\"badAddress\": true, \"recipient\": \"eva@example.com\"}");
    append(mail, EVENT_FAILED, "{\"badAddress\": true}");
    assert_int_equal(standing("bad_address"), 1);
    append(mail, EVENT_COMPLAINED, "{}");
    assert_int_equal(standing("complaint"), 1);
    append(sms, EVENT_NOTE, "{\"optOut\": true}");
    assert_int_equal(standing("opt_out"), 1);
    assert_int_equal(pg_int("select count(*) from suppressions s join communication_events e on "
                            "e.id = s.event_id where s.blocks = (s.reason <> 'bad_address') and "
                            "(s.channel = 'SMS' or s.address = 'eva@example.com')"),
                     3);
    append(sms, EVENT_NOTE, "{\"optIn\": true}");
    assert_int_equal(standing("opt_out"), 0);
    append(sms, EVENT_NOTE, "{\"optOut\": true}");
    assert_int_equal(standing("opt_out"), 1);
    assert_int_equal(pg_int("select count(*) from suppressions"), 4);
}

static void they_keep_messages_back(void **state)
{
    (void)state;
    static const int stop;
    long long queued;
    struct ctx *c = pg_ctx("track_web"), *w = pg_ctx("track_worker");
    (void)pg_sql("update communications set delivery_status = 'DRAFT' where id = '%s' returning id",
                 mail);
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    jobs_work(pg_app(), w->db, &stop, true);
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", mail),
                        "SKIPPED");
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", sms),
                        "SKIPPED");
    assert_int_equal(pg_int("select count(*) from sink_messages where communication_id in ('%s', "
                            "'%s')",
                            mail, sms),
                     0);
    assert_int_equal(pg_int("select sum(blocked_count) from suppressions"), 2);
    assert_int_equal(pg_int("select sum(blocked_count) from suppressions where reason = "
                            "'bad_address' or lifted_at is not null"),
                     0);
    assert_non_null(
        strstr(pg_sql("select error ->> 'sentence' from communications where id = '%s'", sms),
               "asked on "));
    assert_string_equal(pg_sql("select state from communication_batches where id = '%s'", batch),
                        "COMPLETED");
}

/* ---- the API ---- */

static const struct answer *ask(const struct call *who, const char *method, const char *path,
                                const char *query, const char *body)
{
    struct call c = *who;
    c.method = method;
    c.path = path;
    c.query = query;
    c.type = body ? "application/json" : NULL;
    c.body = body;
    return call(&c);
}

#define API "/api/track/suppressions"

static size_t items(const struct answer *a)
{
    assert_int_equal(a->status, 200);
    return json_object_array_length(json_get(a->json, "items"));
}

static void who_sees_them(void **state)
{
    (void)state;
    assert_int_equal(items(ask(&viewer, "GET", API, NULL, NULL)), 3);
    assert_int_equal(items(ask(&viewer, "GET", API, "state=all", NULL)), 4);
    assert_int_equal(items(ask(&viewer, "GET", API, "state=lifted", NULL)), 1);
    assert_int_equal(items(ask(&viewer, "GET", API, "channel=SMS", NULL)), 1);
    assert_int_equal(items(ask(&viewer, "GET", API, "reason=complaint", NULL)), 1);
    assert_int_equal(items(ask(&viewer, "GET", API, "search=EVA@", NULL)), 2);
    assert_int_equal(items(ask(&viewer, "GET", API, "search=%25", NULL)), 0);
    assert_int_equal(ask(&viewer, "GET", API, "state=none", NULL)->status, 422);
    assert_int_equal(items(ask(&stranger, "GET", API, NULL, NULL)), 0);
    struct ctx *c = pg_ctx("track_web");
    char path[100];
    snprintf(path, sizeof(path), API "/%s", pg_sql("select id from suppressions limit 1"));
    assert_int_equal(ask(&viewer, "GET", path, NULL, NULL)->status, 200);
    assert_int_equal(ask(&stranger, "GET", path, NULL, NULL)->status, 404);
    assert_int_equal(
        ask(&stranger, "POST", arena_printf(c->arena, "%s/lift", path), NULL, NULL)->status, 404);
    assert_int_equal(ask(&viewer, "GET", API "/nonsense", NULL, NULL)->status, 404);
}

/* Of another building's message: that is all a granted user sees. */
static void grants(void **state)
{
    (void)state;
    (void)pg_sql(
        "insert into building_grants (tenant_id, actor_id, building_id) select "
        "u.tenant_id, u.id, c.building_id from users u, communications c where c.id = '%s' "
        "and not u.all_buildings returning actor_id",
        sms);
    assert_int_equal(items(ask(&stranger, "GET", API, NULL, NULL)), 3);
    assert_int_equal(
        ask(&stranger, "POST", API, NULL, "{\"channel\":\"EMAIL\",\"address\":\"a@example.com\"}")
            ->status,
        403);
}

static void people_add_and_lift(void **state)
{
    char path[100];
    (void)state;
    static const struct {
        const char *body;
        int status;
    } table[] = {
        { "{\"channel\":\"EMAIL\",\"address\":\"Max@Example.com\",\"note\":\"By letter.\"}", 201 },
        { "{\"channel\":\"EMAIL\",\"address\":\"max@example.com\"}", 409 },
        { "{\"channel\":\"SMS\",\"address\":\"max@example.com\"}", 422 },
        { "{\"channel\":\"SMS\",\"address\":\"41791234567\"}", 422 },
        { "{\"channel\":\"EMAIL\",\"address\":\"+41791234567\"}", 422 },
        { "{\"channel\":\"LETTER\",\"address\":\"Bahnhofstrasse\"}", 422 },
        { "{\"address\":\"max@example.com\"}", 422 },
        { "{\"channel\":\"SMS\",\"address\":\"+41791234567\"}", 201 },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        assert_int_equal(ask(&agent, "POST", API, NULL, table[i].body)->status, table[i].status);
    assert_int_equal(ask(&viewer, "POST", API, NULL, table[0].body)->status, 403);
    snprintf(path, sizeof(path), API "/%s/lift",
             pg_sql("select id from suppressions where address = 'max@example.com' and sentence = "
                    "'By letter.' and blocks and created_by_id is not null"));
    assert_int_equal(ask(&viewer, "POST", path, NULL, NULL)->status, 403);
    assert_int_equal(ask(&agent, "POST", path, NULL, NULL)->status, 200);
    assert_int_equal(ask(&agent, "POST", path, NULL, NULL)->status, 409);
    assert_int_equal(
        pg_int("select count(*) from audit_history where action like 'suppression.%%'"), 3);
    assert_int_equal(ask(&agent, "POST", API, NULL, table[0].body)->status, 201);
}

static void the_list_has_pages(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    (void)pg_sql("insert into suppressions (tenant_id, channel, address, reason, blocks, sentence) "
                 "select '%s', 'SMS', '+4179000' || n, 'manual', true, 'page' from "
                 "generate_series(1000, 1119) n returning id",
                 pg_tenant());
    const char *cursor = NULL;
    size_t seen = 0;
    for (int i = 0; i < 3; i++) {
        const struct answer *a = ask(&viewer, "GET", API,
                                     arena_printf(c->arena, "search=page%s%s",
                                                  cursor ? "&after=" : "", cursor ? cursor : ""),
                                     NULL);
        seen += items(a);
        cursor = json_text(a->json, "nextCursor");
        cursor = cursor ? arena_strdup(c->arena, cursor) : NULL;
        assert_int_equal(cursor == NULL, i == 2);
    }
    assert_int_equal(seen, 120);
    assert_int_equal(ask(&viewer, "GET", API, "after=nonsense", NULL)->status, 422);
}

static void estimates(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const struct answer *a =
        ask(&viewer, "GET", "/api/track/sms/estimate", "text=Gr%C3%BCezi%20%C5%81ukasz", NULL);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "encoding"), "UCS-2");
    assert_string_equal(json_text(a->json, "foreign"), "Ł");
    assert_true(json_object_get_boolean(json_get(a->json, "dryRun")));
    (void)pg_sql(
        "insert into provider_accounts (tenant_id, provider, name, settings) values ('%s', "
        "'acs', 'a', '{\"costPerPart\": \"0.075\", \"currency\": \"CHF\"}') returning id",
        pg_tenant());
    (void)pg_sql("update communications set delivery_status = 'DRAFT' where batch_id = '%s' and "
                 "channel = 'SMS' returning id",
                 batch);
    const char *query = arena_printf(c->arena, "batch=%s", batch);
    a = ask(&viewer, "GET", "/api/track/sms/estimate", query, NULL);
    assert_int_equal(a->status, 200);
    long long messages = pg_int("select count(*) from communications where batch_id = '%s' and "
                                "channel = 'SMS'",
                                batch);
    assert_true(messages > 1);
    assert_int_equal(json_object_get_int(json_get(a->json, "messages")), messages);
    assert_int_equal(json_object_get_int(json_get(a->json, "suppressed")), 1);
    assert_int_equal(json_object_get_int(json_get(a->json, "parts")), messages - 1);
    assert_string_equal(json_text(a->json, "cost"), messages == 2   ? "0.075"
                                                    : messages == 3 ? "0.15"
                                                                    : "0.225");
    assert_string_equal(json_text(a->json, "currency"), "CHF");
    assert_non_null(json_text(json_get(a->json, "example"), "text"));
    (void)pg_sql("delete from building_grants returning actor_id");
    assert_int_equal(ask(&stranger, "GET", "/api/track/sms/estimate", query, NULL)->status, 404);
    assert_int_equal(ask(&viewer, "GET", "/api/track/sms/estimate", NULL, NULL)->status, 422);
    assert_int_equal(ask(&viewer, "GET", "/api/track/sms/estimate",
                         "text=a&batch=01970000-0000-7000-8000-000000000001", NULL)
                         ->status,
                     422);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(events_put_them_there),
        cmocka_unit_test(they_keep_messages_back),
        cmocka_unit_test(who_sees_them),
        cmocka_unit_test(grants),
        cmocka_unit_test(people_add_and_lift),
        cmocka_unit_test(the_list_has_pages),
        cmocka_unit_test(estimates),
    };
    pg_start("track_suppression");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
