/* What the house does by the clock: partitions made ahead, and dropped when their time is over. */
#include "pg/pg.h"

#include "main/house.sql.h"

#define TODAYS "'job_history_' || to_char(current_date, 'YYYY_MM_DD')"

static void keep_house(void)
{
    struct ctx *c = pg_ctx("track_worker");
    assert_int_equal(db_run(c->db, c->arena, &sql_house_partitions, NULL, NULL), OK);
}

static void add_done(long long id, const char *age)
{
    pg_sql("insert into job_history (id, queue, kind, args, attempt, errors, created_at, "
           "finished_at) values (%lld, 'q', 'k', '{}', 1, '[]', now(), now() - interval '%s')",
           id, age);
}

static bool is_in(long long id, const char *place)
{
    return pg_int("select count(*) from job_history where id = %lld and tableoid::regclass::text = "
                  "%s",
                  id, place) == 1;
}

static void days_are_made_ahead(void **state)
{
    (void)state;
    keep_house();
    assert_int_equal(pg_int("select count(*) from pg_class where relkind = 'r' and relispartition "
                            "and relname ~ '^job_history_\\d{4}' and "
                            "to_date(right(relname, 10), 'YYYY_MM_DD') >= current_date"),
                     8);
    add_done(1, "0");
    assert_true(is_in(1, TODAYS));
}

/* A machine that was off for longer than days were made ahead. */
static void a_gap_is_filled(void **state)
{
    (void)state;
    pg_sql("do $$ begin execute 'drop table ' || " TODAYS "; end $$");
    add_done(2, "0");
    add_done(3, "31 days");
    assert_true(is_in(2, "'job_history_default'"));
    keep_house();
    assert_true(is_in(2, TODAYS));
    assert_int_equal(pg_int("select count(*) from job_history where id = 3"), 0);
    assert_int_equal(pg_int("select count(*) from job_history_default"), 0);
    add_done(4, "0");
    assert_true(is_in(4, TODAYS));
}

static void old_days_go_whole(void **state)
{
    (void)state;
    for (int days = 29; days <= 31; days++)
        pg_sql("do $$ declare d date = current_date - %d; begin execute format('create table "
               "job_history_%%s partition of job_history for values from (%%L) to (%%L)', "
               "to_char(d, 'YYYY_MM_DD'), d, d + 1); end $$",
               days);
    add_done(5, "29 days");
    add_done(6, "31 days");
    keep_house();
    assert_int_equal(pg_int("select count(*) from job_history where id = 5"), 1);
    assert_int_equal(pg_int("select count(*) from job_history where id = 6"), 0);
    assert_int_equal(pg_int("select count(*) from pg_class where relname = 'job_history_' || "
                            "to_char(current_date - 31, 'YYYY_MM_DD')"),
                     0);
    assert_int_equal(pg_int("select count(*) from pg_class where relname = 'job_history_' || "
                            "to_char(current_date - 30, 'YYYY_MM_DD')"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_made_ahead),
        cmocka_unit_test(a_gap_is_filled),
        cmocka_unit_test(old_days_go_whole),
    };
    pg_start("house");
    pg_sql("set timezone = 'UTC'");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
