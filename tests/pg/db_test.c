/* The connection against a real Postgres: scope, transactions, batches, errors, recovery. */
#include "pg/pg.h"

#include "base/json.h"
#include "db/migrate.h"

#include <string.h>

static const struct sql count_users = { "t_count_users", "select count(*)::int as n from users", 0,
                                        NULL, false };
static const struct sql add_building = {
    "t_add_building", "insert into buildings (tenant_id, code, name) values ($1, $2, $2)", 2, NULL,
    false
};
static const struct sql divide = { "t_divide", "select 1 / $1::int as n", 1, NULL, false };
static const struct sql types = {
    "t_types",
    "select true as \"isTrue\", 7 as \"number\", 8 as _hidden, null as \"nothing\", 'a\"b' as "
    "\"text\", "
    "'2026-05-12 10:04:11.123456+00'::timestamptz as \"at\", '{\"a\":[1,2]}'::jsonb as \"json\"",
    0, NULL, false
};
static const struct sql backend = { "t_backend", "select pg_backend_pid() as pid", 0, NULL, false };
static const struct sql slow = { "t_slow", "select pg_sleep($1::int)", 1, NULL, false };
static const char fail_serialization[] =
    "do $$ begin raise exception 'again' using errcode = '40001'; end $$";

static long long count(struct ctx *c, const char *tenant)
{
    PGresult *r;
    db_begin(c->db, tenant);
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    assert_int_equal(db_commit(c->db), OK);
    return row_int(r, 0, "n");
}

static void scope(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    assert_int_equal(count(c, pg_tenant()), 1);
    assert_int_equal(count(c, NULL), 0);
    assert_int_equal(count(c, "00000000-0000-7000-8000-000000000000"), 0);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void nothing_is_compiled(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *row;
    static const struct sql jit = { .name = "jit", .text = "select current_setting('jit') as jit" };
    assert_int_equal(db_run(c->db, c->arena, &jit, NULL, &row), OK);
    assert_string_equal(row_text(row, 0, "jit"), "off");
}

static void other_tenants_rows_are_refused(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *args[] = { "00000000-0000-7000-8000-000000000000", "X" };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), ERR_DENIED);
    assert_string_equal(db_sqlstate(c->db), "42501");
    assert_int_equal(db_commit(c->db), ERR_INTERNAL);
    assert_false(db_in_transaction(c->db));
}

static void commit_and_rollback(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *args[] = { pg_tenant(), "COMMIT" };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), OK);
    db_rollback(c->db);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'COMMIT'"), 0);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'COMMIT'"), 1);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), ERR_CONFLICT);
    assert_string_equal(db_constraint(c->db), "buildings_tenant_id_code_key");
    db_rollback(c->db);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void batch_fills_all_or_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *one = NULL, *two = NULL;
    const char *good[] = { "1" }, *bad[] = { "0" };
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &one), OK);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &two), OK);
    assert_int_equal(db_flush(c->db), OK);
    assert_int_equal(row_int(two, 0, "n"), 1);
    one = two = NULL;
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &one), OK);
    assert_int_equal(db_run(c->db, c->arena, &divide, bad, &two), OK);
    assert_int_equal(db_flush(c->db), ERR_INVALID);
    assert_null(one);
    assert_null(two);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &one), OK);
}

static void a_batch_ends_with_its_commit(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *one = NULL, *two = NULL;
    const char *args[] = { pg_tenant(), "AT ONCE" }, *good[] = { "1" }, *bad[] = { "0" };
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), OK);
    assert_int_equal(db_run(c->db, c->arena, &divide, bad, &one), OK);
    assert_int_equal(db_commit(c->db), ERR_INVALID);
    assert_null(one);
    assert_false(db_in_transaction(c->db));
    assert_int_equal(pg_int("select count(*) from buildings where code = 'AT ONCE'"), 0);
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), OK);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &one), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(row_int(one, 0, "n"), 1);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'AT ONCE'"), 1);
    db_begin_reading(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &divide, good, &two), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(row_int(two, 0, "n"), 1);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void a_batch_may_be_left(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct arena *gone = arena_new((size_t)1 << 20);
    PGresult **out = arena_zalloc(gone, 1, sizeof(*out));
    const char *good[] = { "1" };
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, gone, &divide, good, out), OK);
    db_rollback(c->db);
    arena_free(gone);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void reading_holds_the_scope_and_writes_nothing(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    const char *args[] = { pg_tenant(), "READING" };
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    assert_int_equal(row_int(r, 0, "n"), 1);
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), ERR_INTERNAL);
    assert_string_equal(db_sqlstate(c->db), "25006");
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &add_building, args, NULL), OK);
    assert_int_equal(db_flush(c->db), ERR_INTERNAL);
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    assert_int_equal(row_int(r, 0, "n"), 1);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(pg_int("select count(*) from buildings where code = 'READING'"), 0);
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    assert_int_equal(row_int(r, 0, "n"), 0);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void reading_may_be_left_and_outlives_the_connection(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    db_begin_reading(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    db_rollback(c->db);
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), OK);
    pg_sql("select pg_terminate_backend(%lld, 5000)", row_int(r, 0, "pid"));
    assert_int_equal(db_run(c->db, c->arena, &count_users, NULL, &r), OK);
    assert_int_equal(row_int(r, 0, "n"), 1);
    assert_int_equal(db_commit(c->db), OK);
}

static void rows_become_json(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    assert_int_equal(db_run(c->db, c->arena, &types, NULL, &r), OK);
    struct json_object *rows = rows_json(c->arena, r);
    assert_string_equal(json_object_to_json_string_ext(rows, JSON_C_TO_STRING_PLAIN),
                        "[{\"isTrue\":true,\"number\":7,\"nothing\":null,\"text\":\"a\\\"b\","
                        "\"at\":\"2026-05-12T10:04:11.123Z\",\"json\":{\"a\":[1,2]}}]");
}

static void a_row_is_written_as_it_is_shown(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    struct buf b = buf_in(c->arena);
    assert_int_equal(db_run(c->db, c->arena, &types, NULL, &r), OK);
    buf_putc(&b, '{');
    row_write(&b, r, 0);
    buf_putc(&b, '}');
    struct json_object *read = json_own(c->arena, json_tokener_parse(b.p));
    assert_true(json_object_equal(read, row_json(c->arena, r, 0)));
}

static void reconnects_after_the_server_ended_it(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), OK);
    long long pid = row_int(r, 0, "pid");
    pg_sql("select pg_terminate_backend(%lld, 5000)", pid);
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), OK);
    assert_int_not_equal(row_int(r, 0, "pid"), pid);
}

static void a_broken_transaction_stays_broken(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    PGresult *r;
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), OK);
    pg_sql("select pg_terminate_backend(%lld, 5000)", row_int(r, 0, "pid"));
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), ERR_RETRY);
    assert_int_equal(db_run(c->db, c->arena, &backend, NULL, &r), ERR_RETRY);
    assert_int_equal(db_commit(c->db), ERR_RETRY);
    assert_int_equal(count(c, pg_tenant()), 1);
}

static void a_slow_answer_is_given_up(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *args[] = { "5" };
    pg_settings()->database_seconds = 2;
    assert_int_equal(db_run(c->db, c->arena, &slow, args, NULL), ERR_RETRY);
    pg_settings()->database_seconds = 6;
    assert_int_equal(count(c, pg_tenant()), 1);
}

/* Takes numbers in their order, and has enough at one of them. */
struct counted {
    int n, enough;
};

static enum err count_row(void *to, const PGresult *row)
{
    struct counted *c = to;
    assert_int_equal(PQntuples(row), 1);
    assert_int_equal(row_int(row, 0, "n"), ++c->n);
    return c->n == c->enough ? ERR_LIMITED : OK;
}

static void rows_come_one_by_one(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct counted all = { 0 }, some = { .enough = 7 };
    static const char *const params[] = { "most" };
    const struct sql q = { "t_each", "select generate_series(1, $1::int) as n", 1, params, false };
    const struct sql bad = { "t_each_bad",
                             "select n + 0 / (5 - n) as n from generate_series(1, $1::int) n", 1,
                             params, false };
    const char *most[] = { "100000" };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_each(c->db, &q, most, count_row, &all), OK);
    assert_int_equal(all.n, 100000);
    assert_int_equal(db_each(c->db, &q, most, count_row, &some), ERR_LIMITED);
    assert_int_equal(some.n, 7);
    assert_int_equal(db_end(c->db, OK), ERR_RETRY); /* the transaction went with the connection */
    all.n = 0;
    assert_int_equal(db_each(c->db, &q, most, count_row, &all), OK);
    assert_int_equal(all.n, 100000);
    some = (struct counted){ .enough = 1000 };
    assert_int_not_equal(db_each(c->db, &bad, most, count_row, &some), OK);
    assert_int_equal(db_run(c->db, c->arena, &q, most, NULL), OK);
}

static void rows_of_several_come_behind_one_another(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    struct counted first = { 0 }, second = { 0 }, some = { .enough = 7 };
    static const char *const params[] = { "from", "most" };
    const struct sql q = { "t_behind", "select generate_series($1::int, $2::int) as n", 2, params,
                           true };
    const char *low[] = { "1", "50000" }, *high[] = { "1", "3" };
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_each(c->db, &q, low, count_row, &first), OK);
    assert_int_equal(db_each(c->db, &q, high, count_row, &second), OK);
    assert_int_equal(first.n, 0); /* they come with the end */
    assert_int_equal(db_end(c->db, OK), OK);
    assert_int_equal(first.n, 50000);
    assert_int_equal(second.n, 3);
    second.n = 0;
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_each(c->db, &q, low, count_row, &some), OK);
    assert_int_equal(db_each(c->db, &q, high, count_row, &second), OK);
    assert_int_equal(db_end(c->db, OK), ERR_LIMITED);
    assert_int_equal(some.n, 7);
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_each(c->db, &q, high, count_row, &second), OK);
    db_rollback(c->db); /* nobody waits for them */
    assert_int_equal(second.n, 0);
    assert_int_equal(db_each(c->db, &q, high, count_row, &second), OK);
    assert_int_equal(second.n, 3);
}

static void a_batch_that_is_sent_goes_on_by_itself(void **state)
{
    (void)state;
    PGresult *r = NULL;
    struct ctx *c = pg_ctx("track_web"), *listener = pg_ctx("track_worker");
    static const struct sql tell = { .name = "tell", .text = "select pg_notify('sent', '') as n" };
    static const struct sql bad = { .name = "bad", .text = "select 1 / 0 as n" };
    assert_int_equal(db_listen(listener->db, "sent"), OK);
    db_begin_reading(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &tell, NULL, &r), OK);
    assert_int_equal(db_send(c->db), OK);
    assert_true(db_wait(listener->db, 5000));
    assert_null(r);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(rows_count(r), 1);
    db_begin(c->db, pg_tenant());
    db_batch(c->db);
    assert_int_equal(db_run(c->db, c->arena, &bad, NULL, &r), OK);
    assert_int_equal(db_send(c->db), OK);
    assert_int_equal(db_flush(c->db), ERR_INVALID);
    db_rollback(c->db);
}

static void hears_notifications(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    assert_int_equal(db_listen(c->db, "test_channel"), OK);
    assert_false(db_wait(c->db, 0));
    pg_sql("notify test_channel");
    assert_true(db_wait(c->db, 5000));
}

struct retried {
    struct ctx *c;
    int calls;
};

static enum err fails_once(void *arg)
{
    struct retried *t = arg;
    PGresult *r;
    if (t->calls++ == 0)
        return db_script(t->c->db, fail_serialization);
    return db_run(t->c->db, t->c->arena, &count_users, NULL, &r);
}

static void transactions_are_tried_again(void **state)
{
    (void)state;
    struct retried t = { .c = pg_ctx("track_web") };
    assert_int_equal(db_transact(t.c->db, pg_tenant(), fails_once, &t), OK);
    assert_int_equal(t.calls, 2);
}

static void every_statement_fits_the_schema(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    for (const struct sql *const *q = sql_all; *q; q++)
        if (db_prepare(c->db, *q))
            fail_msg("%s does not fit the schema", (*q)->name);
}

static void the_schema_is_known(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *dir = pg_settings()->migration_dir, *detail;
    enum schema_state s;
    assert_int_equal(migrate_state(c, dir, &s, &detail), OK);
    assert_int_equal(s, SCHEMA_CURRENT);
    pg_sql("insert into schema_migrations values (9999, '9999_later.sql', 'x')");
    assert_int_equal(migrate_state(c, dir, &s, &detail), OK);
    assert_int_equal(s, SCHEMA_TOO_NEW);
    pg_sql("delete from schema_migrations where version = 9999");
    pg_sql("update schema_migrations set checksum = 'x' || checksum");
    assert_int_equal(migrate_run(pg_ctx("track_owner"), dir, stderr), ERR_CONFLICT);
    pg_sql("update schema_migrations set checksum = substr(checksum, 2)");
    assert_int_equal(migrate_run(pg_ctx("track_owner"), dir, stderr), OK);
}

static void asking_for_the_schema_costs_no_more_than_its_text(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web"), small = *c;
    const char *detail;
    enum schema_state s;
    small.arena = arena_new((size_t)1024 * 1024); /* of a request: 32 MiB, for any number of them */
    assert_int_equal(migrate_state(&small, pg_settings()->migration_dir, &s, &detail), OK);
    arena_free(small.arena);
}

static void a_transaction_begins_without_the_last_ones_failure(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_web");
    const char *bad[] = { "0" };
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_run(c->db, c->arena, &divide, bad, NULL), ERR_INVALID);
    assert_string_equal(db_sqlstate(c->db), "22012");
    db_rollback(c->db);
    db_begin(c->db, pg_tenant());
    assert_string_equal(db_sqlstate(c->db), "");
    assert_string_equal(db_constraint(c->db), "");
    db_rollback(c->db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scope),
        cmocka_unit_test(nothing_is_compiled),
        cmocka_unit_test(other_tenants_rows_are_refused),
        cmocka_unit_test(commit_and_rollback),
        cmocka_unit_test(batch_fills_all_or_nothing),
        cmocka_unit_test(a_batch_ends_with_its_commit),
        cmocka_unit_test(a_batch_may_be_left),
        cmocka_unit_test(reading_holds_the_scope_and_writes_nothing),
        cmocka_unit_test(reading_may_be_left_and_outlives_the_connection),
        cmocka_unit_test(rows_become_json),
        cmocka_unit_test(a_row_is_written_as_it_is_shown),
        cmocka_unit_test(reconnects_after_the_server_ended_it),
        cmocka_unit_test(a_broken_transaction_stays_broken),
        cmocka_unit_test(a_slow_answer_is_given_up),
        cmocka_unit_test(rows_come_one_by_one),
        cmocka_unit_test(rows_of_several_come_behind_one_another),
        cmocka_unit_test(a_batch_that_is_sent_goes_on_by_itself),
        cmocka_unit_test(hears_notifications),
        cmocka_unit_test(transactions_are_tried_again),
        cmocka_unit_test(every_statement_fits_the_schema),
        cmocka_unit_test(the_schema_is_known),
        cmocka_unit_test(asking_for_the_schema_costs_no_more_than_its_text),
        cmocka_unit_test(a_transaction_begins_without_the_last_ones_failure),
    };
    pg_start("db");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
