/* The track pages and API through the dispatcher: paging, refusals, the pixel, the outbox. */
#include "pg/asking.h"

#include "base/json.h"
#include "channels/email.h"
#include "jobs/jobs.h"
#include "track/demo.h"

#include <string.h>

#define MANY 130

static struct call viewer, agent;
static char building[40];

static const struct answer *get(struct call *who, const char *path, const char *query)
{
    who->method = "GET";
    who->path = path;
    who->query = query;
    who->body = NULL;
    return call(who);
}

static const struct answer *post(struct call *who, const char *path)
{
    who->method = "POST";
    who->path = path;
    who->query = NULL;
    who->type = "application/x-www-form-urlencoded";
    who->body = "";
    return call(who);
}

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&viewer, "viewer");
    (void)call_session(&agent, "agent");
    keep(building,
         pg_sql("insert into buildings (tenant_id, code, name) values ('%s', 'M', 'Many') "
                "returning id",
                pg_tenant()));
    (void)pg_sql("select set_config('track.tenant', '%s', false); "
                 "with u as (insert into units (tenant_id, building_id, number) select '%s', '%s', "
                 "i || '' from generate_series(1, %d) i returning *), b as (insert into "
                 "communication_batches (tenant_id, building_id, year) values ('%s', '%s', 2025) "
                 "returning id) insert into communications (tenant_id, batch_id, building_id, "
                 "unit_id, year, channel, recipient_name, email, subject) select '%s', b.id, "
                 "u.building_id, u.id, 2025, 'EMAIL', 'Person ' || (u.number::int / 3), "
                 "'p@example.com', 'S' from u, b returning id",
                 pg_tenant(), pg_tenant(), building, MANY, pg_tenant(), building, pg_tenant());
    assert_int_equal(pg_int("select count(*) from unit_years where building_id = '%s'", building),
                     MANY);
}

/* Follows a link of the document to its end; how many units were seen on the way. */
static size_t walk(const char *first_query, const char *link, char *last)
{
    char path[300], query[3000];
    size_t seen = 0;
    snprintf(path, sizeof(path), "/api/track/buildings/%s/years/2025/units", building);
    snprintf(query, sizeof(query), "%s", first_query);
    for (int pages = 0; pages < 10; pages++) {
        const struct answer *a = get(&viewer, path, query);
        assert_int_equal(a->status, 200);
        seen += json_object_array_length(json_get(a->json, "units"));
        snprintf(last, 3000, "%s", query);
        const char *to = json_text(a->json, link);
        if (!to)
            return seen;
        assert_non_null(strchr(to, '?'));
        snprintf(query, sizeof(query), "%s", strchr(to, '?') + 1);
    }
    fail_msg("the pages never end");
    return 0;
}

static void every_order_shows_every_unit_once(void **state)
{
    (void)state;
    static const char *const sorts[] = { "unit", "recipient", "status", "lastEvent",
                                         "nextAttempt" };
    char query[100], last[3000], first[3000];
    for (int i = 0; i < 10; i++) {
        snprintf(query, sizeof(query), "sort=%s&direction=%s", sorts[i / 2],
                 i % 2 ? "desc" : "asc");
        assert_int_equal(walk(query, "next", last), MANY);
        assert_int_equal(walk(last, "previous", first), MANY);
    }
}

static void cursors_of_others_are_refused(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof(path), "/api/track/buildings/%s/years/2025/units", building);
    assert_int_equal(get(&viewer, path, "after=abc")->status, 422);
    assert_int_equal(get(&viewer, path, "sort=name")->status, 422);
    assert_int_equal(get(&viewer, path, "page=2")->status, 422);
    assert_int_equal(get(&viewer, "/api/track/buildings/x/years/2025/units", NULL)->status, 404);
    snprintf(path, sizeof(path), "/api/track/buildings/%s/years/x/units", building);
    assert_int_equal(get(&viewer, path, NULL)->status, 404);
}

static const struct answer *progress(void)
{
    static char query[60];
    snprintf(query, sizeof(query), "batch=%s",
             pg_sql("select id from communication_batches where building_id = '%s'", building));
    const struct answer *a = get(&agent, "/track/progress", query);
    assert_int_equal(a->status, 200);
    return a;
}

/* What the page asks before the batch of the building is sent: without markup, in one line. */
static const char *asked(void)
{
    static char out[20000];
    size_t n = 0;
    bool in = false;
    const struct answer *a = progress();
    for (const char *p = a->body; *p && n + 1 < sizeof(out); p++) {
        in = *p == '<' || (in && p[-1] != '>');
        if (!in)
            out[n++] = *p;
    }
    out[n] = 0;
    return out;
}

static void some_go_by(const char *channel, int from, int to)
{
    (void)pg_sql("update communications c set channel = '%s' from units u where u.id = c.unit_id "
                 "and c.building_id = '%s' and u.number::int between %d and %d returning c.id",
                 channel, building, from, to);
}

static void a_batch_is_asked_about_by_what_it_has(void **state)
{
    (void)state;
    const char *text = asked();
    assert_non_null(strstr(text, "130 e-mails are imported and ready."));
    assert_non_null(strstr(text, "Send 130 e-mails?"));
    assert_null(strstr(text, "ttachment"));
    assert_null(strstr(text, "What it costs"));
    some_go_by("SMS", 1, 10);
    some_go_by("LETTER", 11, 30);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type) values ('%s', "
                 "repeat('e', 64), 3, 'application/pdf') returning sha256",
                 pg_tenant());
    (void)pg_sql("insert into communication_attachments (tenant_id, communication_id, position, "
                 "sha256, file_name, size, content_type) select tenant_id, id, 1, repeat('e', 64), "
                 "'s.pdf', 3, 'application/pdf' from communications where building_id = '%s' and "
                 "channel = 'SMS' limit 1 returning position",
                 building);
    text = asked();
    assert_non_null(strstr(text, "130 messages are imported and ready: 100 e-mails, 20 letters, "
                                 "10 SMS."));
    assert_non_null(strstr(text, "Send 130 messages: 100 e-mails, 20 letters, 10 SMS?"));
    assert_null(strstr(text, "ttachment")); /* an SMS takes none along */
    assert_non_null(strstr(text, "What it costs"));
    some_go_by("EMAIL", 1, 30);
    assert_non_null(strstr(asked(), "Attachments go along."));
}

static void only_agents_send(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof(path), "/api/track/batches/%s/send",
             pg_sql("select id from communication_batches where building_id = '%s'", building));
    assert_int_equal(post(&viewer, path)->status, 403);
    assert_int_equal(post(&agent, path)->status, 409); /* a file is not looked into yet */
    pg_look_into_files();
    assert_int_equal(post(&agent, path)->status, 202);
    assert_int_equal(post(&agent, path)->status, 409);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'batch.send'"), 1);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.send_communication'"),
                     MANY);
}

static void are(const char *status, int from, int to)
{
    (void)pg_sql("update communications c set delivery_status = '%s' from units u where u.id = "
                 "c.unit_id and c.building_id = '%s' and u.number::int between %d and %d "
                 "returning c.id",
                 status, building, from, to);
}

static void the_bar_of_a_batch_holds_each_message_once(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "d=\"M0 1h3\"",
        "d=\"M0 1m3 0h4\"",
        "d=\"M0 1m3 0m4 0h5\"",
        "d=\"M0 1m3 0m4 0m5 0h6\"",
        "d=\"M0 1m3 0m4 0m5 0m6 0h7\"",
        "d=\"M130 1m-67 0h-8h-9h-21\"",
        "d=\"M130 1h-67\"",
    };
    static const char *const words[] = { "Delivered3", "Sent4",      "By hand5",
                                         "Failed6",    "Held7",      "Skipped8",
                                         "Cancelled9", "Not sent21", "Waiting67" };
    are("DELIVERED", 1, 2);
    are("OPENED", 3, 3);
    are("SENT", 4, 7);
    are("MANUAL", 8, 12);
    are("FAILED", 13, 17);
    are("BOUNCED", 18, 18);
    are("HELD", 19, 25);
    are("SKIPPED", 26, 33);
    are("CANCELLED", 34, 42);
    are("DRAFT", 43, 63);
    const struct answer *a = progress();
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        assert_non_null(strstr(a->body, parts[i]));
    const char *text = asked();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_non_null(strstr(text, words[i]));
    are("ENQUEUED", 1, 130);
    assert_null(strstr(asked(), "Held"));
}

static void what_is_not_granted_is_not_there(void **state)
{
    (void)state;
    char path[300];
    struct call stranger = { 0 };
    const char *id = call_session(&stranger, "viewer");
    char user[40];
    keep(user, id);
    (void)pg_sql("update users set all_buildings = false where id = '%s' returning id", user);
    snprintf(path, sizeof(path), "/api/track/buildings/%s/years", building);
    assert_int_equal(get(&stranger, path, NULL)->status, 404);
    assert_int_equal(json_object_array_length(
                         json_get(get(&stranger, "/api/track/buildings", NULL)->json, "buildings")),
                     0);
    (void)pg_sql("insert into building_grants values ('%s', '%s', '%s') returning actor_id",
                 pg_tenant(), user, building);
    assert_int_equal(get(&stranger, path, NULL)->status, 200);
    assert_int_equal(json_object_array_length(
                         json_get(get(&stranger, "/api/track/buildings", NULL)->json, "buildings")),
                     1);
}

static void pages_are_html_and_fragments(void **state)
{
    (void)state;
    const struct answer *a = get(&viewer, "/track", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "<!doctype html>"));
    viewer.headers[0] = "HTTP_HX_REQUEST=true";
    a = get(&viewer, "/track", NULL);
    assert_int_equal(a->status, 200);
    assert_null(strstr(a->body, "<!doctype html>"));
    viewer.headers[0] = NULL;
}

static void the_pixel_notes_and_moves_nothing(void **state)
{
    (void)state;
    struct call anyone = { .method = "GET", .path = "/o/aaaaaaaaaaaaaaaaaaaaaaaaaaaa.gif" };
    const struct answer *a = call(&anyone);
    assert_int_equal(a->status, 200);
    assert_memory_equal(a->body, "GIF89a", 6);
    assert_int_equal(pg_int("select count(*) from communication_events where grade = 'X'"), 0);
    (void)pg_sql("update tenants set open_tracking = true returning id");
    char before[20];
    keep(before, pg_sql("with c as (select id from communications where building_id = '%s' limit 1)"
                        " update communications set pixel_token = repeat('a', 28) from c where "
                        "communications.id = c.id returning delivery_status",
                        building));
    assert_int_equal(call(&anyone)->status, 200);
    assert_int_equal(call(&anyone)->status, 200);
    assert_int_equal(pg_int("select count(*) from communication_events where grade = 'X'"), 1);
    assert_string_equal(pg_sql("select delivery_status from communications where pixel_token = "
                               "repeat('a', 28)"),
                        before);
    (void)pg_sql("update tenants set open_tracking = false returning id");
}

static void the_side_list_is_cut_and_searched(void **state)
{
    (void)state;
    pg_sql("insert into buildings (tenant_id, code, name) select '%s', 'ZZ-' || i, 'Zz ' || i "
           "from generate_series(100, 170) i",
           pg_tenant());
    const struct answer *a = get(&viewer, "/track", NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "There are more buildings."));
    assert_null(strstr(a->body, ">Zz 169</b>"));
    a = get(&viewer, "/track", "find=zz-169");
    assert_non_null(strstr(a->body, ">Zz 169</b>"));
    assert_null(strstr(a->body, ">Zz 168</b>"));
    assert_null(strstr(a->body, "There are more buildings."));
    pg_sql("delete from buildings where code like 'ZZ-%%'");
}

static void the_outbox_shows_what_was_kept(void **state)
{
    (void)state;
    char path[200];
    struct ctx *c = pg_ctx("track_worker");
    struct send_result result = { 0 };
    const struct email_attachment file = { "Abrechnung für Zürich.txt", "text/plain",
                                           STR("Grüezi = 1\n") };
    const struct email mail = {
        .communication_id = pg_sql("select id from communications limit 1"),
        .message_id = "x.1@example.com",
        .from_name = "Müller & Söhne",
        .from_address = "desk@example.com",
        .to_name = "Léa Dubois",
        .to_address = "lea@example.com",
        .subject = "Schöne Grüße aus Zürich, mit einer Betreffzeile, die gefaltet werden muss",
        .text = "Grüezi wohl,\nFrau = Stirnimaa.\n",
        .html = "<p>Grüezi <b>wohl</b></p><script>alert(1)</script>",
        .attachments = &file,
        .attachment_count = 1,
    };
    assert_int_equal(email_sink.send(c, NULL, &mail, &result), OK);
    snprintf(path, sizeof(path), "/outbox/%s",
             pg_sql("select id from sink_messages where channel = 'EMAIL'"));
    assert_non_null(strstr(get(&viewer, "/outbox", NULL)->body, path));
    const struct answer *a = get(&viewer, path, NULL);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, mail.subject));
    assert_non_null(strstr(a->body, "Müller &amp; Söhne"));
    assert_non_null(strstr(a->body, file.file_name));
    assert_non_null(strstr(a->body, "Frau = Stirnimaa."));
    size_t n = strlen(path);
    snprintf(path + n, sizeof(path) - n, "/body");
    a = get(&viewer, path, NULL);
    assert_string_equal(a->body, mail.html);
    assert_memory_equal(answer_header("Content-Security-Policy"), "sandbox; default-src 'none';",
                        28);
    snprintf(path + n, sizeof(path) - n, "/attachments/0");
    assert_int_equal(get(&viewer, path, NULL)->status, 200);
    snprintf(path + n, sizeof(path) - n, "/attachments/1");
    assert_int_equal(get(&viewer, path, NULL)->status, 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(every_order_shows_every_unit_once),
        cmocka_unit_test(cursors_of_others_are_refused),
        cmocka_unit_test(a_batch_is_asked_about_by_what_it_has),
        cmocka_unit_test(only_agents_send),
        cmocka_unit_test(the_bar_of_a_batch_holds_each_message_once),
        cmocka_unit_test(what_is_not_granted_is_not_there),
        cmocka_unit_test(pages_are_html_and_fragments),
        cmocka_unit_test(the_pixel_notes_and_moves_nothing),
        cmocka_unit_test(the_side_list_is_cut_and_searched),
        cmocka_unit_test(the_outbox_shows_what_was_kept),
    };
    pg_start("track_pages");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
