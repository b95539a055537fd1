/* A batch from its sending to reports and figures, on a real Postgres, with the worker's own loop.
 */
#include "pg/asking.h"

#include "base/json.h"
#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/send.h"
#include "track/send_way.h"
#include "track/track.h"
#include "track/view.h"

#include <string.h>

#define BATCH "(select id from communication_batches where state = 'DRAFT')"

static char batch_id[40], one[40], message_id[200];

static void append(const char *id, const struct timeline_event *e, bool expect_moved)
{
    bool moved = false;
    struct ctx *c = pg_ctx("track_worker");
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, e, &moved), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(moved, expect_moved);
}

static int apply(const struct report *r)
{
    int matched = -1;
    struct ctx *c = pg_ctx("track_worker");
    db_begin(c->db, pg_tenant());
    assert_int_equal(report_apply(c, r, NULL, "test/1", &matched), OK);
    assert_int_equal(db_commit(c->db), OK);
    return matched;
}

static void demo(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    assert_int_equal(demo_load(c), ERR_CONFLICT);
    pg_look_into_files();
    assert_int_equal(pg_int("select count(*) from buildings"), 3);
    assert_int_equal(pg_int("select count(*) from unit_years"), 72);
    assert_int_equal(pg_int("select count(distinct delivery_status) from communications"), 9);
    keep(batch_id, pg_sql("select " BATCH));
}

static void sending_queues_everything_once(void **state)
{
    (void)state;
    long long queued = 0;
    struct ctx *c = pg_ctx("track_web");
    long long drafts = pg_int("select count(*) from communications where batch_id = '%s' and "
                              "delivery_status = 'DRAFT' and channel = any ('%s')",
                              batch_id, send_channels(c->arena));
    assert_true(drafts > 5);
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch_id, &queued), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(queued, drafts);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.send_communication'"),
                     drafts);
    assert_int_equal(pg_int("select count(*) from communication_events e join communications c on "
                            "c.id = e.communication_id where c.batch_id = '%s'",
                            batch_id),
                     drafts);
    db_begin(c->db, pg_tenant());
    assert_int_equal(batch_send(c, batch_id, &queued), ERR_CONFLICT);
    db_rollback(c->db);
}

/* Its job was given to another meanwhile: what it hands over is the other's to tell. */
static void who_lost_the_lease_writes_nothing(void **state)
{
    (void)state;
    struct job j = { .ctx = *pg_ctx("track_worker"), .token = 4, .attempt = 1, .max_attempts = 12 };
    j.ctx.tenant_id = pg_tenant();
    j.id = pg_int("update jobs set state = 'running', token = 5, lease_until = now() + interval "
                  "'1 minute' where id = (select min(id) from jobs where kind = "
                  "'track.send_communication' and queue = 'email') returning id");
    const char *id = arena_strdup(
        j.ctx.arena,
        pg_sql("select args ->> 'communicationId' from jobs where id = %lld", (long long)j.id));
    j.args = json_own(j.ctx.arena, json_object_new_object());
    json_set_text(j.args, "communicationId", id);
    json_set_text(j.args, "channel", "EMAIL");
    assert_int_equal(send_communication(&j), OK);
    assert_int_equal(j.settle(&j), ERR_CONFLICT);
    assert_false(j.ended);
    assert_false(db_in_transaction(j.ctx.db));
    assert_string_equal(pg_sql("select delivery_status || ' ' || event_seq from communications "
                               "where id = '%s'",
                               id),
                        "ENQUEUED 1");
    assert_int_equal(pg_int("update jobs set state = 'ready', lease_until = null where token = 5 "
                            "and state = 'running' returning 1"),
                     1);
}

static void the_worker_sends_and_completes(void **state)
{
    (void)state;
    work();
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and "
                            "delivery_status = 'ENQUEUED'",
                            batch_id),
                     0);
    assert_int_equal(pg_int("select count(*) from sink_messages"),
                     pg_int("select count(*) from communications where batch_id = '%s' and "
                            "channel in ('EMAIL', 'SMS') and delivery_status = 'SENT'",
                            batch_id));
    assert_string_equal(pg_sql("select state from communication_batches where id = '%s'", batch_id),
                        "COMPLETED");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.send_communication'"),
                     0);
    keep(one, pg_sql("select id from communications where batch_id = '%s' and "
                     "delivery_status = 'SENT' and channel = 'EMAIL' order by id limit 1",
                     batch_id));
    keep(message_id, pg_sql("select message_id from communications where id = '%s'", one));
    assert_memory_equal(message_id, one, 36);
}

static const char *status(void)
{
    return pg_sql("select delivery_status from communications where id = '%s'", one);
}

/* Only what somebody else tells has a grade, and only what the recipient does is an A. */
static void our_own_records_have_no_grade(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from communication_events where grade = 'A' and "
                            "source <> 'recipient'"),
                     0);
    assert_int_equal(pg_int("select count(*) from communications where evidence_grade is not null "
                            "and delivery_status in ('DRAFT', 'ENQUEUED', 'HELD', 'SKIPPED')"),
                     0);
    assert_string_equal(pg_sql("select string_agg(distinct coalesce(grade, '-'), '') from "
                               "communication_events where type in ('ENQUEUED', 'HELD', 'SKIPPED', "
                               "'READY_TO_PRINT', 'RESEND_REQUESTED') or detail ? 'dryRun'"),
                        "-");
    assert_true(pg_int("select count(*) from communication_events where detail ? 'dryRun'") > 0);
    assert_string_equal(pg_sql("select string_agg(distinct grade, '') from communication_events "
                               "where type in ('FAILED', 'DELAYED') and detail ? 'code'"),
                        "C");
}

/* An event keeps the grade that it was written with, and an A of our own counts as none. */
static void old_records_are_shown_without_one(void **state)
{
    (void)state;
    const struct timeline_event old = {
        .type = EVENT_NOTE, .source = "worker", .grade = 'A', .dedupe_key = "old"
    };
    const struct timeline_event wish = {
        .type = EVENT_NOTE, .source = "recipient", .grade = 'A', .dedupe_key = "wish"
    };
    append(one, &old, true);
    append(one, &wish, true);
    assert_string_equal(pg_sql("select string_agg(coalesce(event_grade(e), '-'), ' ' order by seq) "
                               "from communication_events e where communication_id = '%s' and "
                               "dedupe_key in ('old', 'wish')",
                               one),
                        "- A");
}

static void reports_move_it_and_repeats_do_not(void **state)
{
    (void)state;
    struct report_recipient to = { .address = "someone@example.com", .action = "delivered" };
    struct report r = { .kind = REPORT_DELIVERY,
                        .original_message_id = message_id,
                        .own_message_id = "r1@mx.example.com",
                        .recipients = &to,
                        .recipient_count = 1 };
    assert_int_equal(apply(&r), 1);
    assert_string_equal(status(), "DELIVERED");
    long long events = pg_int("select event_seq from communications where id = '%s'", one);
    assert_int_equal(apply(&r), 1);
    assert_int_equal(pg_int("select event_seq from communications where id = '%s'", one), events);
    to.action = "displayed";
    r = (struct report){ .kind = REPORT_DISPOSITION,
                         .original_track_id = one,
                         .own_message_id = "r2@mx.example.com",
                         .recipients = &to,
                         .recipient_count = 1 };
    assert_int_equal(apply(&r), 1);
    assert_string_equal(status(), "OPENED");
    to.action = "failed";
    to.status = "5.1.1";
    r = (struct report){ .kind = REPORT_DELIVERY,
                         .in_reply_to = message_id,
                         .own_message_id = "r3@mx.example.com",
                         .recipients = &to,
                         .recipient_count = 1 };
    assert_int_equal(apply(&r), 1);
    assert_string_equal(status(), "OPENED");
    assert_int_equal(pg_int("select event_seq from communications where id = '%s'", one),
                     events + 2);
    r.in_reply_to = "unknown@example.com";
    assert_int_equal(apply(&r), 0);
}

static void machine_opens_move_nothing(void **state)
{
    (void)state;
    char other[40];
    keep(other, pg_sql("select id from communications where batch_id = '%s' and "
                       "delivery_status = 'SENT' order by id limit 1",
                       batch_id));
    const struct timeline_event loaded = {
        .type = EVENT_OPENED, .source = "recipient", .grade = 'X', .dedupe_key = "pixel:1"
    };
    append(other, &loaded, true);
    append(other, &loaded, false);
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", other),
                        "SENT");
}

static struct json_object *page_of(const struct track_query *q)
{
    struct json_object *d;
    struct ctx *c = pg_ctx("track_web");
    c->actor.all_buildings = true;
    db_begin(c->db, pg_tenant());
    assert_int_equal(page_document(c, q, &d), OK);
    assert_int_equal(db_commit(c->db), OK);
    return d;
}

static const char *number_at(struct json_object *d, size_t i)
{
    return json_text(json_object_array_get_idx(json_get(d, "units"), i), "number");
}

static void pages(void **state)
{
    (void)state;
    struct json_object *d = page_of(&(struct track_query){ .building = NULL });
    assert_int_equal(json_object_array_length(json_get(d, "buildings")), 3);
    assert_int_equal(json_object_array_length(json_get(d, "units")), 12);
    assert_string_equal(number_at(d, 0), "1.01");
    assert_string_equal(number_at(d, 11), "10.01");
    d = page_of(&(struct track_query){ .sort = "unit", .direction = "desc" });
    assert_string_equal(number_at(d, 0), "10.01");
    d = page_of(&(struct track_query){ .search = "3.0" });
    assert_int_equal(json_object_array_length(json_get(d, "units")), 3);
    d = page_of(&(struct track_query){ .search = "100%" });
    assert_true(json_object_get_boolean(json_get(json_get(d, "empty"), "nothingMatches")));
    d = page_of(&(struct track_query){ .status = "BOUNCED" });
    assert_int_equal(json_object_array_length(json_get(d, "units")), 1);
}

static void a_unit_shows_its_timelines(void **state)
{
    (void)state;
    char unit[40];
    struct json_object *d;
    struct ctx *c = pg_ctx("track_web");
    keep(unit, pg_sql("select unit_id from communications where id = '%s'", one));
    c->actor.all_buildings = true;
    db_begin(c->db, pg_tenant());
    assert_int_equal(unit_document(c, unit, NULL, &d), OK);
    assert_int_equal(db_commit(c->db), OK);
    struct json_object *list = json_get(d, "communications");
    struct json_object *first = json_object_array_get_idx(list, 0);
    struct json_object *events = json_get(first, "events");
    assert_string_equal(json_text(first, "status"), "OPENED");
    assert_string_equal(json_text(json_object_array_get_idx(events, 0), "type"), "BOUNCED");
    assert_string_equal(
        json_text(json_object_array_get_idx(events, json_object_array_length(events) - 1), "type"),
        "ENQUEUED");
    c->actor = (struct actor){ .kind = ACTOR_USER, .role = ROLE_VIEWER, .id = pg_user() };
    db_begin(c->db, pg_tenant());
    assert_int_equal(unit_document(c, unit, NULL, &d), ERR_NOT_FOUND);
    db_rollback(c->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demo),
        cmocka_unit_test(sending_queues_everything_once),
        cmocka_unit_test(who_lost_the_lease_writes_nothing),
        cmocka_unit_test(the_worker_sends_and_completes),
        cmocka_unit_test(our_own_records_have_no_grade),
        cmocka_unit_test(old_records_are_shown_without_one),
        cmocka_unit_test(reports_move_it_and_repeats_do_not),
        cmocka_unit_test(machine_opens_move_nothing),
        cmocka_unit_test(pages),
        cmocka_unit_test(a_unit_shows_its_timelines),
    };
    pg_start("track_send");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
