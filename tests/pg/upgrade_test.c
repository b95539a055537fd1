/* A database of an older state, with rows in its tables, moves on to the newest: its rows stand,
 * what is made from them is right, and its proof holds. */
#include "pg/parcels.h"

#include "db/migrate.h"
#include "proof/verify.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OLD = 72, REMOVED = 82, PARCELS = 12 };

static char folder[40] = "/tmp/track-upgrade-XXXXXX";
static char other_tenant[40], other_owner[40];

static const char *in(struct arena *a, const char *dir, const char *name)
{
    return arena_printf(a, "%s/%s", dir, name);
}

/* The folder holds links to the migrations after `first` up to `last`. */
static void link_migrations(struct arena *a, int first, int last)
{
    const char *from = TEST_SOURCE_DIR "/migrations";
    DIR *d = opendir(from);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));)
        if (strstr(f->d_name, ".sql") && strtol(f->d_name, NULL, 10) > first &&
            strtol(f->d_name, NULL, 10) <= last)
            assert_int_equal(symlink(in(a, from, f->d_name), in(a, folder, f->d_name)), 0);
    closedir(d);
}

static void unlink_migrations(struct arena *a)
{
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));)
        if (f->d_name[0] != '.')
            assert_int_equal(unlink(in(a, folder, f->d_name)), 0);
    closedir(d);
    assert_int_equal(rmdir(folder), 0);
}

static void migrate(const char *dir)
{
    struct ctx *c = pg_ctx("track_owner");
    FILE *to = fopen("/dev/null", "we");
    assert_non_null(to);
    enum err e = migrate_run(c, dir, to);
    fclose(to);
    if (e != OK)
        fail_msg("%s: %s", dir, c->problem.detail);
}

static void fill(struct arena *a, const char *tenant, const char *slug, const char *owner)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/fixtures/at_0072.sql", "re");
    struct buf b = buf_in(a);
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;)
        buf_putc(&b, (char)c);
    fclose(f);
    (void)pg_sql("set fixture.tenant = '%s'; set fixture.slug = '%s'; set fixture.owner = '%s'; %s",
                 tenant, slug, owner, b.p);
}

/* How many rows each table has, as it was and as it is. */
#define ROWS                                                                                       \
    "select c.relname::text as name, (xpath('/row/n/text()', query_to_xml('select count(*) as n "  \
    "from ' || c.oid::regclass, false, true, '')))[1]::text::bigint as n from pg_class c where "   \
    "c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not "                 \
    "c.relispartition and c.relname not in ('schema_migrations', 'rows_before')"

static void an_older_database_is_filled(void **state)
{
    (void)state;
    struct arena *a = pg_ctx("track_owner")->arena;
    keep(other_tenant, pg_sql("select uuid7()"));
    keep(other_owner, pg_sql("select uuid7()"));
    (void)pg_sql("drop schema public cascade; create schema public authorization track_owner");
    assert_non_null(mkdtemp(folder));
    link_migrations(a, 0, OLD);
    migrate(folder);
    fill(a, pg_tenant(), "test", pg_user());
    fill(a, other_tenant, "other", other_owner);
    (void)pg_sql("create table rows_before as " ROWS);
    const char *empty =
        pg_sql("select string_agg(name, ', ') from rows_before where n = 0 and name not in "
               "('audit_heads', 'audit_history', 'daily_roots', 'proof_checks', 'retention_runs', "
               "'retention_items')");
    if (empty)
        fail_msg("without a row: %s", empty);
    assert_int_equal(pg_int("select count(distinct status) from shipments"), 10);
}

/* The parcels of two orders as 0080 removed them; one of them was scanned after that. */
static void and_has_lost_content_on_the_way(void **state)
{
    (void)state;
    struct arena *a = pg_ctx("track_owner")->arena;
    link_migrations(a, OLD, REMOVED);
    migrate(folder);
    unlink_migrations(a);
    (void)pg_sql(
        "insert into fulfilment_tasks (tenant_id, kind, order_id, title) select tenant_id, "
        "'other', id, 'Call Eva' from orders where number in ('N-7', 'N-9', 'N-10')");
    (void)pg_sql(
        "insert into http_calls (tenant_id, provider, method, url, entity, duration_ms) "
        "select tenant_id, 'front', 'GET', 'https://x/' || tracking_number, 'shipment:' || "
        "id, 1 from shipments where status in ('delivered', 'returned', 'cancelled')");
    (void)pg_sql("update rows_before set n = (select count(*) from http_calls) where name = "
                 "'http_calls'");
    (void)pg_sql(
        "update orders set content_removed_at = now(), person_removed_at = now(), removed_by "
        "= 'a policy' where number in ('N-7', 'N-9')");
    (void)pg_sql("update shipments set content_removed_at = now(), removed_by = 'a policy' where "
                 "status in ('delivered', 'returned')");
    (void)pg_sql(
        "set session_replication_role = replica; update shipment_events e set salt = null, "
        "sentence = 'Content removed.', detail = '{}' from shipments s where s.id = "
        "e.shipment_id and s.status = 'returned'");
    (void)pg_sql(
        "insert into retention_parcels (tenant_id, run_id, shipment_id, layers, upto, seal) "
        "select tenant_id, uuid7(), id, '{content}', event_seq, '' from shipments where "
        "status = 'returned'");
    (void)pg_sql("set session_replication_role = origin");
}

static void it_moves_on_and_keeps_its_rows(void **state)
{
    (void)state;
    migrate(TEST_SOURCE_DIR "/migrations");
    const char *lost = pg_sql("select string_agg(format('%%s: %%s, were %%s', b.name, r.n, b.n), "
                              "'; ') from rows_before b "
                              "left join (" ROWS
                              ") r using (name) where r.n is distinct from b.n and b.name not in "
                              "('delivery_failures', 'retention_stores', 'retention_references')");
    if (lost)
        fail_msg("%s", lost);
    /* of three that were asked for at once, one that counts them */
    assert_int_equal(pg_int("select count(*) from delivery_failures where kind = 'concurrent'"), 4);
    assert_int_equal(
        pg_int("select count(*) from delivery_failures where kind = 'concurrent' and times = 3"),
        4);
    assert_int_equal(pg_int("select count(*) from delivery_failures where kind = 'refused'"), 4);
}

/* What later migrations read off the rows there were. */
static void what_is_made_from_them_is_right(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from shipments s left join purchase_orders p on "
                            "p.tenant_id = s.tenant_id and p.id = s.purchase_order_id left join "
                            "orders o on o.tenant_id = p.tenant_id and o.id = p.order_id where "
                            "(s.order_id, s.shop, s.country) is distinct from (o.id, o.shop, "
                            "o.country)"),
                     0);
    assert_int_equal(pg_int("select count(*) from shipments where order_id is not null"), 20);
    assert_int_equal(pg_int("select count(*) from shipments s join shipment_words w on w.tenant_id "
                            "= s.tenant_id and w.shipment_id = s.id where s.order_id is null or "
                            "strpos(w.search, 'keller') > 0"),
                     2 * PARCELS);
    assert_int_equal(pg_int("select count(*) from (select tenant_id, attention, count(*) as n from "
                            "shipments group by 1, 2) s full join (select tenant_id, attention, "
                            "sum(shipments) as n from shipment_counts group by 1, 2 having "
                            "sum(shipments) <> 0) k using (tenant_id, attention) where s.n is "
                            "distinct from k.n"),
                     0);
    assert_int_equal(
        pg_int("select count(*) from shipments s where s.open_failures <> (select count(*) from "
               "delivery_failures f join delivery_reservations d on d.id = f.reservation_id where "
               "d.shipment_id = s.id and f.resolved_at is null)"),
        0);
    assert_int_equal(
        pg_int("select count(*) from shipments where open_failures = 2 and attention = "
               "'act_now'"),
        2);
}

/* What a later store holds of removed parcels goes, and what came after them comes due. */
static void what_was_removed_stays_removed(void **state)
{
    (void)state;
    assert_string_equal(
        pg_sql("select string_agg(o.number || ' ' || (o.content_removed_at is null) "
               "|| ' ' || t.title, ', ' order by o.number) from orders o join "
               "fulfilment_tasks t on t.order_id = o.id where o.tenant_id = '%s'",
               pg_tenant()),
        "N-10 true Call Eva, N-7 true , N-9 false ");
    assert_string_equal(
        pg_sql("select string_agg(s.status || ' ' || (s.content_removed_at is null) "
               "|| ' ' || (h.url = '(removed)'), ', ' order by s.status) from "
               "shipments s join http_calls h on h.entity = 'shipment:' || s.id where "
               "s.tenant_id = '%s'",
               pg_tenant()),
        "cancelled true false, delivered true true, returned false true");
}

static void what_needs_someone_is_on_the_board(void **state)
{
    (void)state;
    assert_int_equal(pg_int("select count(*) from shipments s where s.attention <> "
                            "(shipment_attention(s, now())).attention"),
                     0);
}

static long long listed(const char *query)
{
    struct call c = agent;
    c.method = "GET";
    c.path = "/api/ship/shipments";
    c.query = query;
    const struct answer *a = call(&c);
    assert_int_equal(a->status, 200);
    return (long long)json_object_array_length(json_get(a->json, "shipments"));
}

static void the_program_shows_them(void **state)
{
    (void)state;
    call_start(domains);
    call_session(&agent, "agent");
    assert_int_equal(listed(NULL), PARCELS);
    assert_int_equal(listed("q=keller"), 10);
    assert_int_equal(listed("q=status%3Aexception"), 1);
    assert_int_equal(listed("q=has%3Afailure"), 2);
    static const char *const pages[] = { "/shipments", "/shipments/table", "/orders", "/failures",
                                         "/shipments/unmatched" };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (ask(&agent, "GET", pages[i], NULL)->status != 200)
            fail_msg("%s", pages[i]);
}

static void its_proof_holds(void **state)
{
    (void)state;
    const char *const tenants[] = { pg_tenant(), other_tenant };
    struct ctx *c = pg_ctx("track_worker");
    for (int i = 0; i < 2; i++) {
        struct verification v;
        c->tenant_id = tenants[i];
        assert_int_equal(proof_verify(c, NULL, &v), OK);
        if (v.n)
            fail_msg("%s", v.findings[0].sentence);
        assert_int_equal(v.shipments, PARCELS);
        assert_int_equal(v.communications, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_database_is_filled),
        cmocka_unit_test(and_has_lost_content_on_the_way),
        cmocka_unit_test(it_moves_on_and_keeps_its_rows),
        cmocka_unit_test(what_was_removed_stays_removed),
        cmocka_unit_test(what_is_made_from_them_is_right),
        cmocka_unit_test(what_needs_someone_is_on_the_board),
        cmocka_unit_test(its_proof_holds),
        cmocka_unit_test(the_program_shows_them),
    };
    pg_start("upgrade");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
