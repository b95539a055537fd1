/* What stood under an A that was only our own record has none after the migration 0057; what a
   recipient did, or the post vouches for, is as well vouched for as before. */
#include "pg/pg.h"

#include "track/demo.h"

#include <stdio.h>

static const char *text_of(struct arena *a, const char *path)
{
    struct buf b = buf_in(a);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    for (int c; (c = fgetc(f)) != EOF;)
        buf_putc(&b, (char)c);
    fclose(f);
    return b.p;
}

#define ODD "from communications where evidence_grade = 'A' and delivery_status "

static void an_a_of_our_own_is_none(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    pg_sql("set session_replication_role = replica");
    pg_sql("update communications set evidence_grade = 'A'");
    pg_sql("update communications set contradiction = '{\"type\": \"FAILED\", \"source\": "
           "\"worker\", \"grade\": \"A\", \"against\": {\"status\": \"SENT\", \"grade\": \"A\"}}' "
           "where delivery_status = 'FAILED'");
    pg_sql("set session_replication_role = origin");
    long long delivered = pg_int("select count(*) " ODD "in ('DELIVERED', 'OPENED')");
    assert_true(delivered > 0 && pg_int("select count(*) " ODD "= 'FAILED'") > 0);
    const char *migration = TEST_SOURCE_DIR "/migrations/0057_grades_of_old.sql";
    assert_int_equal(db_script(c->db, text_of(c->arena, migration)), OK);
    assert_int_equal(pg_int("select count(*) " ODD "in ('DELIVERED', 'OPENED')"), delivered);
    assert_int_equal(pg_int("select count(*) " ODD "not in ('DELIVERED', 'OPENED')"), 0);
    assert_int_equal(pg_int("select count(*) from communications where delivery_status = 'FAILED' "
                            "and (contradiction ->> 'grade' is not null or contradiction #>> "
                            "'{against,grade}' is not null or contradiction is null)"),
                     0);
    assert_int_equal(pg_int("select count(*) from communications c where c.delivery_status = "
                            "'SENT' and exists (select from communication_events e where "
                            "e.communication_id = c.id and e.type = 'LODGED') and "
                            "c.evidence_grade is null"),
                     0);
    assert_int_equal(
        pg_int("select count(*) from pg_trigger where tgenabled = 'D' and not tgisinternal"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(an_a_of_our_own_is_none) };
    pg_start("grades_of_old");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
