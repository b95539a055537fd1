/* What a message hangs together with: links lead only where who looks may go. */
#include "pg/asking.h"

#include "access/access.h"
#include "base/json.h"
#include "track/demo.h"

#include <string.h>

static struct call viewer, agent, partial;
static char one[40], hook[40], run[40];

static const struct answer *page(struct call *who, const char *before, const char *id)
{
    static char path[200];
    snprintf(path, sizeof(path), "%s%s", before, id);
    who->method = "GET";
    who->path = path;
    who->query = strcmp(before, "/messages/") == 0 ? "tab=related" : NULL;
    return call(who);
}

static void add_webhook(void)
{
    pg_sql("insert into inbox (tenant_id, account_id, provider, dedupe_key, method, path, headers, "
           "body, body_sha256, verdict, mapper) values ('%s', uuid7(), 'acs', 'k', 'POST', '/', "
           "'{}', '', '', 'accept', 'm') returning id",
           pg_tenant());
    keep(hook, pg_sql("select id from inbox where dedupe_key = 'k'"));
    pg_sql("begin; set local track.tenant = '%s'; insert into communication_events (tenant_id, "
           "communication_id, type, source, grade, status_after, occurred_at, sentence, inbox_id, "
           "seq, prev_hash, hash) values ('%s', '%s', 'NOTE', 'provider', 'C', 'SENT', now(), "
           "'Told.', '%s', 0, '', ''); commit",
           pg_tenant(), pg_tenant(), one, hook);
}

/* A run of the letter, and of another building's. */
static void add_run(void)
{
    pg_sql("insert into print_runs (tenant_id, year, no, state, sorted, separators, building_ids, "
           "pieces, sheets, grams) select '%s', 2026, 77, 'READY', 'walk', 'none', "
           "array_agg(id), 1, 1, 5 from buildings where tenant_id = '%s'",
           pg_tenant(), pg_tenant());
    keep(run, pg_sql("select id from print_runs where no = 77"));
    pg_sql("set session_replication_role = replica; insert into print_pieces (tenant_id, run_id, "
           "seq, communication_id, attempt_no, "
           "building_id, class, sheets, grams) select c.tenant_id, '%s', 1, c.id, c.attempt_no, "
           "c.building_id, 'LETTER', 1, 5 from communications c where c.id = '%s'; set "
           "session_replication_role = origin",
           run, one);
}

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&viewer, "viewer");
    (void)call_session(&agent, "agent");
    char id[40];
    keep(id, call_session(&partial, "agent"));
    keep(one, pg_sql("select id from communications where channel = 'LETTER' order by id limit 1"));
    pg_sql("update users set all_buildings = false where id = '%s'", id);
    pg_sql("insert into building_grants (tenant_id, actor_id, building_id) select tenant_id, '%s', "
           "building_id from communications where id = '%s'",
           id, one);
    add_webhook();
    add_run();
}

static bool links(struct call *who, const char *before, const char *id)
{
    char link[80];
    snprintf(link, sizeof(link), "href=\"%s%s\"", before, id);
    const struct answer *a = page(who, "/messages/", one);
    assert_int_equal(a->status, 200);
    assert_non_null(strstr(a->body, "<small>Told by</small>"));
    assert_non_null(strstr(a->body, "<small>Print run</small>"));
    return strstr(a->body, link) != NULL;
}

static void a_webhook_is_of_all_buildings(void **state)
{
    (void)state;
    assert_true(links(&agent, "/inbox/", hook));
    assert_int_equal(page(&agent, "/inbox/", hook)->status, 200);
    assert_false(links(&partial, "/inbox/", hook));
    assert_int_not_equal(page(&partial, "/inbox/", hook)->status, 200);
    assert_false(links(&viewer, "/inbox/", hook));
    assert_int_not_equal(page(&viewer, "/inbox/", hook)->status, 200);
}

static void a_print_run_is_of_its_buildings(void **state)
{
    (void)state;
    assert_true(links(&agent, "/letters/", run));
    assert_int_equal(page(&agent, "/letters/", run)->status, 200);
    assert_false(links(&partial, "/letters/", run));
    assert_int_equal(page(&partial, "/letters/", run)->status, 404);
    pg_sql("update print_runs set building_ids = array[(select building_id from communications "
           "where id = '%s')] where id = '%s'",
           one, run);
    assert_true(links(&partial, "/letters/", run));
    assert_int_equal(page(&partial, "/letters/", run)->status, 200);
}

/* The others of its unit and its run are of its building: who sees it may see them. */
static void all_other_links_lead_on(void **state)
{
    (void)state;
    const char *batch = pg_sql("select batch_id from communications where id = '%s'", one);
    char link[80];
    snprintf(link, sizeof(link), "/runs/%s", batch);
    assert_non_null(strstr(page(&partial, "/messages/", one)->body, link));
    assert_int_equal(page(&partial, "", link)->status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(a_webhook_is_of_all_buildings),
        cmocka_unit_test(a_print_run_is_of_its_buildings),
        cmocka_unit_test(all_other_links_lead_on),
    };
    pg_start("communication_related_test");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
