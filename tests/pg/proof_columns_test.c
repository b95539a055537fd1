/* What names a person is known to retention: read from the catalog, so that a new column is, too.
 */
#include "pg/pg.h"

/* A column that sounds like a person or his words is emptied by a purge, or stands here with why.
 */
static void every_personal_column_is_known(void **state)
{
    (void)state;
    const char *unknown = pg_sql(
        "select string_agg(c.relname || '.' || a.attname, ', ') from pg_class c "
        "join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
        "and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' "
        "and a.atttypid in ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype) "
        "and a.attname ~ "
        "'(email|phone|recipient|address|street|note$|title$|subject|request$|response|"
        "body$|raw|detail|sentence|search)' "
        "and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = "
        "'tenant_id') "
        "and not exists (select from (select relation, sets from retention_stores union all select "
        "relation, sets from parcel_stores) s where s.relation = c.relname and s.sets ? "
        "a.attname) "
        "and c.relname || '.' || a.attname not in ("
        "'buildings.street', 'users.email', "                          /* not of recipients */
        "'batch_approvals.note', 'communication_batches.close_note', " /* of staff, on a batch */
        "'bulk_actions.note', 'unit_delivery_records.note', "          /* of staff */
        "'suppressions.address', 'suppressions.sentence', "  /* why nobody writes there again */
        "'unit_years.recipient_name', 'unit_years.search', " /* made anew from communications */
        "'erasures.email', 'erasures.phone', "               /* emptied when it is done */
        "'carrier_tokens.denied_sentence', "                 /* of an account */
        "'customer_notifications.ask_body', " /* of ids and an order's number; gone once asked */
        "'shipment_words.search', "           /* follows its order's words by a trigger */
        "'idempotency_keys.body')");          /* gone after 48 hours */
    if (unknown)
        fail_msg("neither in retention_stores nor in parcel_stores nor excepted here: %s", unknown);
}

/* A column that may name a file is known, with when it keeps the file; nothing else is. */
static void every_digest_is_known(void **state)
{
    (void)state;
    static const char columns[] =
        "select c.relname as relation, a.attname as column_name from pg_class c join pg_attribute "
        "a on a.attrelid = c.oid where c.relnamespace = 'public'::regnamespace and c.relkind in "
        "('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attname "
        "like '%sha256%' and c.relname <> 'blobs'";
    const char *names = "string_agg(relation || '.' || column_name, ', ')";
    const char *unknown = pg_sql("select %s from (%s except select relation, column_name from "
                                 "retention_references) x",
                                 names, columns);
    if (unknown)
        fail_msg("not in retention_references: %s", unknown);
    const char *gone = pg_sql("select %s from (select relation, column_name from "
                              "retention_references except (%s)) x",
                              names, columns);
    if (gone)
        fail_msg("in retention_references, but no column: %s", gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_personal_column_is_known),
        cmocka_unit_test(every_digest_is_known),
    };
    pg_start("proof_columns");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
