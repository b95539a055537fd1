/* One communication through the dispatcher: its document, sending again, stopping, notes, access.
 */
#include "pg/asking.h"

#include "access/access.h"
#include "base/json.h"
#include "jobs/jobs.h"
#include "track/communication.h"
#include "track/demo.h"
#include "track/track.h"

#include <string.h>

static struct call viewer, agent, stranger;
static char failed[40], delivered[40], draft[40], gone[40];

static const struct answer *get(struct call *who, const char *before, const char *id,
                                const char *after)
{
    static char path[300];
    snprintf(path, sizeof(path), "%s%s%s", before, id, after);
    who->method = "GET";
    who->path = path;
    who->query = NULL;
    who->body = NULL;
    return call(who);
}

static const struct answer *post(struct call *who, const char *before, const char *id,
                                 const char *after, const char *json)
{
    static char path[300];
    snprintf(path, sizeof(path), "%s%s%s", before, id, after);
    who->method = "POST";
    who->path = path;
    who->query = NULL;
    who->type = "application/json";
    who->body = json;
    return call(who);
}

#define PAGE "/messages/"
#define API "/api/track/communications/"

static void one_with(char *to, const char *channel, const char *status)
{
    keep(to, pg_sql("select id from communications where channel = '%s' and delivery_status = '%s' "
                    "order by id limit 1",
                    channel, status));
}

static const char *status(const char *id)
{
    return pg_sql("select delivery_status from communications where id = '%s'", id);
}

static long long jobs(const char *id)
{
    return pg_int("select count(*) from jobs where kind = 'track.send_communication' and "
                  "unique_key = '%s' and state <> 'parked'",
                  id);
}

static long long events(const char *id, const char *type)
{
    return pg_int("select count(*) from communication_events where communication_id = '%s' and "
                  "type = '%s'",
                  id, type);
}

/* Jobs of the product, without its schedules' doing anything. */
static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&viewer, "viewer");
    (void)call_session(&agent, "agent");
    const char *id = call_session(&stranger, "agent");
    pg_sql("update users set all_buildings = false where id = '%s'", id);
    one_with(failed, "EMAIL", "BOUNCED");
    one_with(delivered, "EMAIL", "DELIVERED");
    one_with(draft, "EMAIL", "DRAFT");
}

static void the_document_holds_everything(void **state)
{
    (void)state;
    const struct answer *a = get(&viewer, API, failed, "");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "status"), "BOUNCED");
    assert_string_equal(json_text(json_get(a->json, "said"), "happened"),
                        "The address does not exist.");
    assert_int_equal(json_object_array_length(json_get(a->json, "events")), 3);
    assert_int_equal(json_object_array_length(json_get(a->json, "attachments")), 1);
    assert_string_equal(json_text(json_get(a->json, "content"), "source"), "rendered");
    assert_non_null(json_text(json_get(a->json, "content"), "html"));
    assert_false(json_object_get_boolean(json_get(json_get(a->json, "actions"), "resend")));
    a = get(&agent, API, failed, "");
    assert_true(json_object_get_boolean(json_get(json_get(a->json, "actions"), "resend")));
    assert_int_equal(get(&viewer, API, "nonsense", "")->status, 404);
}

static void pages_show_it(void **state)
{
    (void)state;
    const struct answer *a = get(&agent, PAGE, failed, "");
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "What it means"));
    assert_int_equal(get(&agent, PAGE, failed, "/body")->status, 200);
    assert_memory_equal(answer_header("Content-Security-Policy"), "sandbox;", 8);
    static const char *const tabs[] = { "data", "source", "attachments", "decision", "audit" };
    for (int i = 0; i < 5; i++) {
        char query[40];
        snprintf(query, sizeof(query), "tab=%s", tabs[i]);
        (void)get(&agent, PAGE, failed, "");
        agent.query = query;
        assert_int_equal(call(&agent)->status, 200);
    }
    assert_int_equal(get(&agent, PAGE, failed, "/resend")->status, 200);
    assert_int_equal(get(&agent, PAGE, failed, "/record")->status, 200);
    assert_int_equal(get(&viewer, PAGE, failed, "/resend")->status, 403);
}

static void a_plan_tells_what_speaks_against_it(void **state)
{
    (void)state;
    const struct answer *a = get(&viewer, API, delivered, "/resend");
    assert_int_equal(a->status, 200);
    assert_true(json_object_get_boolean(json_get(a->json, "can")));
    struct json_object *first = json_object_array_get_idx(json_get(a->json, "warnings"), 0);
    assert_string_equal(json_text(first, "kind"), "arrived");
    a = get(&viewer, API, draft, "/resend");
    assert_false(json_object_get_boolean(json_get(a->json, "can")));
    assert_non_null(json_text(a->json, "reason"));
}

static void sent_again_is_another_attempt(void **state)
{
    (void)state;
    assert_int_equal(post(&viewer, API, failed, "/resend", "{}")->status, 403);
    const struct answer *a = post(&agent, API, failed, "/resend", "{\"note\": \"Asked by phone\"}");
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "status"), "ENQUEUED");
    assert_int_equal(json_object_get_int64(json_get(a->json, "attemptNo")), 2);
    assert_string_equal(status(failed), "ENQUEUED");
    assert_int_equal(jobs(failed), 1);
    assert_int_equal(events(failed, "SENT"), 1);
    assert_int_equal(pg_int("select count(*) from communication_audit_notes where "
                            "communication_id = '%s' and note = 'Asked by phone'",
                            failed),
                     1);
    assert_int_equal(post(&agent, API, failed, "/resend", "{}")->status, 409);
    assert_int_equal(jobs(failed), 1);
    work();
    assert_string_equal(status(failed), "SENT");
    assert_string_equal(pg_sql("select status from communication_attempts where communication_id = "
                               "'%s'",
                               failed),
                        "BOUNCED");
    a = get(&viewer, API, failed, "");
    assert_string_equal(json_text(json_get(a->json, "content"), "source"), "sent");
    assert_int_equal(json_object_array_length(json_get(a->json, "earlierAttempts")), 1);
    assert_int_equal(pg_int("select count(*) from audit_history where action = "
                            "'communication.resend' and entity_id = '%s'",
                            failed),
                     1);
}

static void the_same_bytes_where_they_are_kept(void **state)
{
    (void)state;
    const char *body = "{\"content\": \"same\"}";
    assert_int_equal(post(&agent, API, delivered, "/resend", body)->status, 422);
    assert_string_equal(status(delivered), "DELIVERED");
    assert_int_equal(post(&agent, API, failed, "/resend", body)->status, 202);
    work();
    assert_string_equal(status(failed), "SENT");
    assert_int_equal(
        pg_int("select count(*) from sink_messages where communication_id = '%s'", failed), 2);
}

static void what_cannot_be_is_named(void **state)
{
    (void)state;
    pg_sql("update communications set phone = null, street = '' where id = '%s'", delivered);
    const struct answer *a = post(&agent, API, delivered, "/resend", "{\"channel\": \"LETTER\"}");
    assert_int_equal(a->status, 422);
    assert_string_equal(
        json_text(json_object_array_get_idx(json_get(a->json, "errors"), 0), "field"), "channel");
    assert_int_equal(post(&agent, API, draft, "/resend", "{}")->status, 409);
    assert_int_equal(jobs(draft), 0);
}

static void held_cancelled_released(void **state)
{
    (void)state;
    assert_int_equal(post(&agent, API, draft, "/release", "{}")->status, 409);
    assert_int_equal(
        post(&agent, API, draft, "/hold", "{\"note\": \"Wait for the owner\"}")->status, 200);
    assert_string_equal(status(draft), "HELD");
    assert_int_equal(post(&agent, API, draft, "/release", "{}")->status, 202);
    assert_string_equal(status(draft), "ENQUEUED");
    assert_int_equal(jobs(draft), 1);
    assert_int_equal(post(&agent, API, draft, "/hold", "{}")->status, 200);
    assert_int_equal(jobs(draft), 0);
    assert_int_equal(post(&agent, API, draft, "/cancel", "{}")->status, 200);
    assert_string_equal(status(draft), "CANCELLED");
    assert_int_equal(post(&agent, API, draft, "/cancel", "{}")->status, 409);
    work();
    assert_string_equal(status(draft), "CANCELLED");
    assert_int_equal(post(&agent, API, delivered, "/cancel", "{}")->status, 409);
}

static void job_is(const char *id, const char *set)
{
    pg_sql("update jobs set %s where unique_key = '%s'", set, id);
}

/* Where it waits for a time it can be cancelled until then; in a paused run, for ever. */
static void what_waits_can_be_cancelled(void **state)
{
    (void)state;
    assert_int_equal(post(&agent, API, draft, "/resend", "{}")->status, 202);
    assert_null(json_text(get(&agent, API, draft, "")->json, "cancelUntil"));
    job_is(draft, "run_at = '2999-05-14T12:20:00Z'");
    assert_string_equal(json_text(get(&agent, API, draft, "")->json, "cancelUntil"),
                        "2999-05-14T12:20:00.000Z");
    assert_non_null(strstr(get(&agent, PAGE, draft, "")->body,
                           "Cancel <time datetime=\"2999-05-14T12:20:00.000Z\" data-until>until "));
    assert_null(strstr(get(&viewer, PAGE, draft, "")->body, "data-until"));
    job_is(draft, "state = 'held'");
    assert_null(json_text(get(&agent, API, draft, "")->json, "cancelUntil"));
    assert_int_equal(post(&agent, API, draft, "/cancel", "{}")->status, 200);
    assert_string_equal(status(draft), "CANCELLED");
    assert_int_equal(jobs(draft), 0);
}

/* ---- what was removed ---- */

#define REMOVED "Content removed on 1 Mar 2027 by policy “statement”. Proof is kept."

static void remove_content(const char *id)
{
    pg_sql(
        "update communications set subject = '(removed)', content_removed_at = '2027-03-01T12:00Z',"
        " removed_by = 'policy “statement”' where id = '%s' returning id",
        id);
}

static void refused_as_removed(const struct answer *a)
{
    assert_int_equal(a->status, 409);
    assert_string_equal(json_text(a->json, "detail"), REMOVED);
}

static void what_was_removed_is_not_sent_again(void **state)
{
    (void)state;
    char letter[40], held[40];
    one_with(gone, "EMAIL", "OPENED");
    one_with(letter, "LETTER", "SENT");
    one_with(held, "EMAIL", "DRAFT");
    assert_int_equal(post(&agent, API, gone, "/resend", "{}")->status, 202);
    work();
    assert_int_equal(post(&agent, API, held, "/hold", "{}")->status, 200);
    remove_content(gone);
    remove_content(letter);
    remove_content(held);
    refused_as_removed(post(&agent, API, gone, "/resend", "{}"));
    refused_as_removed(post(&agent, API, gone, "/resend", "{\"content\": \"same\"}"));
    refused_as_removed(post(&agent, API, held, "/release", "{}"));
    refused_as_removed(get(&agent, API, letter, "/letter"));
    const struct answer *a = get(&viewer, API, gone, "/resend");
    assert_false(json_object_get_boolean(json_get(a->json, "can")));
    assert_string_equal(json_text(a->json, "reason"), REMOVED);
    assert_string_equal(status(held), "HELD");
    assert_int_equal(jobs(gone) + jobs(held), 0);
}

static void what_was_removed_is_shown_as_that(void **state)
{
    (void)state;
    const struct answer *a = get(&viewer, API, gone, "");
    struct json_object *content = json_get(a->json, "content");
    assert_string_equal(json_text(content, "source"), "none");
    assert_string_equal(json_text(content, "sentence"), REMOVED);
    assert_null(json_text(content, "html"));
    assert_null(json_text(content, "text"));
    assert_non_null(strstr(get(&agent, PAGE, gone, "")->body, "Proof is kept."));
    assert_null(strstr(get(&agent, PAGE, gone, "")->body, "/resend\""));
    struct json_object *d = get(&agent, API, gone, "")->json;
    assert_false(json_object_get_boolean(json_get(json_get(d, "actions"), "resend")));
    assert_string_equal(json_text(json_get(d, "said"), "can"),
                        "It cannot be sent again: its content was removed.");
    assert_string_equal(json_text(json_get(d, "said"), "happened"),
                        "It was sent. Its content was removed since.");
    assert_int_equal(get(&agent, PAGE, gone, "/source")->status, 404);
    const char *sink =
        pg_sql("select id from sink_messages where communication_id = '%s' limit 1", gone);
    assert_int_equal(get(&agent, "/outbox/", sink, "")->status, 409);
    assert_int_equal(get(&agent, "/outbox/", sink, "/raw")->status, 409);
    const char *batch = pg_sql("select batch_id from communications where id = '%s'", gone);
    (void)get(&agent, "/api/track/runs/", batch, "/preview");
    char query[80];
    snprintf(query, sizeof(query), "communication=%s", gone);
    agent.query = query;
    a = call(&agent);
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "text"), REMOVED);
    assert_int_equal(json_object_array_length(json_get(a->json, "files")), 0);
}

/* Queued when it was erased: no message without words leaves. */
static void what_was_removed_on_its_way_fails(void **state)
{
    (void)state;
    char queued[40];
    one_with(queued, "EMAIL", "DELIVERED");
    assert_int_equal(post(&agent, API, queued, "/resend", "{}")->status, 202);
    remove_content(queued);
    work();
    assert_string_equal(status(queued), "FAILED");
    assert_string_equal(
        pg_sql("select error ->> 'sentence' from communications where id = '%s'", queued), REMOVED);
    assert_int_equal(
        pg_int("select count(*) from sink_messages where communication_id = '%s'", queued), 0);
}

static void one_at_work_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(post(&agent, API, draft, "/resend", "{}")->status, 202);
    pg_sql("update jobs set state = 'running', worker = 'w', lease_until = now() + interval '1 "
           "minute' where unique_key = '%s'",
           draft);
    assert_int_equal(post(&agent, API, draft, "/cancel", "{}")->status, 409);
    assert_int_equal(post(&agent, API, draft, "/hold", "{}")->status, 409);
    assert_string_equal(status(draft), "ENQUEUED");
    pg_sql("update jobs set state = 'ready', worker = null, lease_until = null where unique_key = "
           "'%s'",
           draft);
    assert_int_equal(post(&agent, API, draft, "/cancel", "{}")->status, 200);
    assert_int_equal(jobs(draft), 0);
}

static void another_channel_takes_over(void **state)
{
    (void)state;
    char one[40];
    keep(one, pg_sql("select id from communications where channel = 'EMAIL' and delivery_status = "
                     "'FAILED' and street <> '' limit 1"));
    assert_int_equal(post(&agent, API, one, "/resend", "{\"channel\": \"LETTER\"}")->status, 202);
    assert_string_equal(pg_sql("select channel || origin_channel from communications where id = "
                               "'%s'",
                               one),
                        "LETTEREMAIL");
    assert_string_equal(pg_sql("select queue from jobs where unique_key = '%s'", one), "letter");
    work();
    assert_string_equal(status(one), "SENT");
    assert_int_equal(events(one, "READY_TO_PRINT"), 1);
    const struct answer *a = get(&viewer, API, one, "");
    assert_string_equal(json_text(a->json, "originChannel"), "EMAIL");
    assert_int_equal(post(&agent, API, one, "/resend", "{\"content\": \"same\"}")->status, 202);
    work();
    assert_int_equal(pg_int("select count(*) from letters where communication_id = '%s'", one), 2);
    assert_int_equal(
        pg_int("select count(distinct sha256) from letters where communication_id = '%s'", one), 1);
}

static void a_suppressed_address_is_not_sent_to(void **state)
{
    (void)state;
    pg_sql("select set_config('track.tenant', '%s', false); select suppress('EMAIL', email, "
           "'manual', 'Asked to be left alone.', null, null, null, null) from communications where "
           "id = '%s'",
           pg_tenant(), failed);
    const struct answer *a = get(&viewer, API, failed, "/resend");
    struct json_object *channels = json_get(a->json, "channels");
    assert_false(json_object_get_boolean(json_get(json_object_array_get_idx(channels, 0), "can")));
    assert_non_null(strstr(a->body, "Asked to be left alone."));
    a = post(&agent, API, failed, "/resend", "{}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "Asked to be left alone."));
    assert_int_equal(jobs(failed), 0);
}

static void one_whose_work_is_gone_is_given_up(void **state)
{
    (void)state;
    char one[40];
    keep(one, pg_sql("select id from communications where channel = 'EMAIL' and delivery_status = "
                     "'OPENED' limit 1"));
    assert_int_equal(post(&agent, API, one, "/resend", "{}")->status, 202);
    pg_sql("delete from jobs where unique_key = '%s'", one);
    pg_sql("set session_replication_role = replica; update communications set queued_at = now() - "
           "interval '1 hour' where id = '%s'; set session_replication_role = origin",
           one);
    pg_sql("insert into jobs (queue, kind) values ('track', 'track.settle_batches')");
    work();
    assert_string_equal(status(one), "FAILED");
}

static void without_a_grant_nothing_is_there(void **state)
{
    (void)state;
    static const char *const gets[][2] = {
        { API, "" },         { API, "/resend" },  { PAGE, "" },        { PAGE, "/body" },
        { PAGE, "/resend" }, { PAGE, "/record" }, { PAGE, "/source" },
    };
    static const char *const posts[] = { "/resend", "/cancel", "/hold", "/release" };
    long long before = pg_int("select count(*) from communication_events");
    for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++)
        assert_int_equal(get(&stranger, gets[i][0], failed, gets[i][1])->status, 404);
    for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++)
        assert_int_equal(post(&stranger, API, failed, posts[i], "{}")->status, 404);
    assert_int_equal(
        post(&stranger, API, failed, "/manual-event", "{\"type\": \"NOTE\", \"note\": \"x\"}")
            ->status,
        404);
    assert_int_equal(pg_int("select count(*) from communication_events"), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(the_document_holds_everything),
        cmocka_unit_test(pages_show_it),
        cmocka_unit_test(a_plan_tells_what_speaks_against_it),
        cmocka_unit_test(sent_again_is_another_attempt),
        cmocka_unit_test(the_same_bytes_where_they_are_kept),
        cmocka_unit_test(what_cannot_be_is_named),
        cmocka_unit_test(held_cancelled_released),
        cmocka_unit_test(what_waits_can_be_cancelled),
        cmocka_unit_test(one_at_work_is_left_alone),
        cmocka_unit_test(another_channel_takes_over),
        cmocka_unit_test(a_suppressed_address_is_not_sent_to),
        cmocka_unit_test(one_whose_work_is_gone_is_given_up),
        cmocka_unit_test(without_a_grant_nothing_is_there),
        cmocka_unit_test(what_was_removed_is_not_sent_again),
        cmocka_unit_test(what_was_removed_is_shown_as_that),
        cmocka_unit_test(what_was_removed_on_its_way_fails),
    };
    pg_start("communication");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
