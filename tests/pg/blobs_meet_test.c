/* The same bytes brought again just as they are removed: a row that is there has its file, in
   whichever order the two meet. */
#include "base/json.h"
#include "pg/pg.h"
#include "proof/retention.h"
#include "store/keep.h"
#include "track/proof_file.h"

#include <stdio.h>

static struct ctx *keeper, *remover;

static struct blob put(const char *bytes)
{
    struct blob b;
    assert_int_equal(store_put(pg_app()->store, keeper->arena, str_of(bytes), &b), OK);
    return b;
}

/* A row as one that was brought before has it, named by nothing. */
static struct blob lying(const char *bytes)
{
    struct blob b = put(bytes);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type, created_at) values "
                 "('%s', '%s', %zu, '%s', now() - interval '1 day')",
                 pg_tenant(), b.sha256, b.size, b.content_type);
    return b;
}

static bool file_there(const struct blob *b)
{
    struct blob found;
    return store_find(pg_app()->store, keeper->arena, b->sha256, &found) == OK;
}

static bool row_there(const struct blob *b)
{
    return pg_int("select count(*) from blobs where sha256 = '%s' and removed_at is null",
                  b->sha256) > 0;
}

/* As a person's proof is taken, in the keeper's transaction. */
static enum err take(const struct blob *b)
{
    const char *type;
    struct upload file = { .field = "proof", .sha256 = b->sha256, .size = b->size };
    return proof_take(keeper, &file, &type);
}

static enum err sweep(void)
{
    int n;
    return files_sweep(remover, 0, NULL, &n);
}

/* The first half of a removal, as an export's end does it: nothing names it, its file goes. */
static void forget(const struct blob *b)
{
    (void)pg_sql("begin");
    (void)pg_sql("set local track.tenant = '%s'", pg_tenant());
    assert_string_equal(pg_sql("select blob_forget('%s')", b->sha256), "t");
    assert_int_equal(store_remove(pg_app()->store, remover->arena, b->sha256), OK);
}

static void kept_again(const char *bytes)
{
    struct blob b = put(bytes);
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(db_end(keeper->db, take(&b)), OK);
    assert_true(file_there(&b) && row_there(&b));
}

static void removed_between_put_and_kept(void **state)
{
    (void)state;
    struct blob b = lying("%PDF-1.4 swept");
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(sweep(), OK);
    enum err e = blob_keep(keeper, &b);
    assert_int_equal(db_end(keeper->db, e), ERR_RETRY);
    assert_false(row_there(&b));
    kept_again("%PDF-1.4 swept");
}

static void forgotten_between_put_and_kept(void **state)
{
    (void)state;
    struct blob b = lying("%PDF-1.4 forgotten");
    forget(&b);
    (void)pg_sql("commit");
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(db_end(keeper->db, blob_keep(keeper, &b)), ERR_RETRY);
    assert_false(row_there(&b));
    kept_again("%PDF-1.4 forgotten");
}

/* Who removes waits for who keeps, gives up after its time, and finds it named when it comes back.
 */
static void kept_while_it_is_looked_for(void **state)
{
    (void)state;
    struct blob b = lying("%PDF-1.4 kept");
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(take(&b), OK);
    assert_int_equal(sweep(), ERR_RETRY);
    assert_true(file_there(&b));
    assert_int_equal(db_end(keeper->db, OK), OK);
    (void)pg_sql("insert into sink_messages (tenant_id, communication_id, message_id, recipient, "
                 "subject, sha256, "
                 "size) values ('%s', uuid7(), uuid7()::text, 'a@example.org', 'Bill', '%s', 5)",
                 pg_tenant(), b.sha256);
    assert_int_equal(sweep(), OK);
    assert_true(file_there(&b) && row_there(&b));
}

/* Who keeps waits for who removes. */
static void put_while_it_is_removed(void **state)
{
    (void)state;
    struct blob b = lying("%PDF-1.4 half removed");
    forget(&b);
    put("%PDF-1.4 half removed");
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(db_end(keeper->db, take(&b)), ERR_RETRY);
    (void)pg_sql("commit");
    kept_again("%PDF-1.4 half removed");
}

/* Those who keep do not wait for each other, whatever they keep. */
static void two_keep_the_same(void **state)
{
    (void)state;
    struct blob b = put("%PDF-1.4 twice");
    db_begin(keeper->db, pg_tenant());
    db_begin(remover->db, pg_tenant());
    struct json_object *list, *one = json_object_new_object();
    list = json_own(keeper->arena, json_object_new_array());
    json_set_text(one, "sha256", b.sha256);
    json_object_array_add(list, one);
    assert_int_equal(blobs_hold(keeper, list), OK);
    assert_int_equal(blob_keep(remover, &b), OK);
    assert_int_equal(db_end(remover->db, OK), OK);
    assert_int_equal(db_end(keeper->db, OK), OK);
}

static void thousands_are_held_at_once(void **state)
{
    (void)state;
    char name[32];
    struct json_object *list = json_own(keeper->arena, json_object_new_array());
    struct blob b;
    for (int i = 0; i < 3000; i++) {
        struct json_object *one = json_object_new_object();
        snprintf(name, sizeof(name), "one of many %d", i);
        b = put(name);
        json_set_text(one, "sha256", b.sha256);
        json_set_int(one, "size", (int64_t)b.size);
        json_set_text(one, "type", b.content_type);
        json_object_array_add(list, one);
    }
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(blobs_note(keeper, list), OK);
    assert_int_equal(blobs_hold(keeper, list), OK);
    assert_true(pg_int("select count(*) from pg_locks where locktype = 'advisory'") <= 256);
    assert_int_equal(store_remove(pg_app()->store, keeper->arena, b.sha256), OK);
    enum err e = blobs_hold(keeper, list);
    assert_int_equal(db_end(keeper->db, e), ERR_RETRY);
}

static void two_connections(void)
{
    pg_settings()->database_seconds = 1;
    keeper = pg_ctx("track_web");
    remover = pg_ctx("track_worker");
    remover->tenant_id = keeper->tenant_id = pg_tenant();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removed_between_put_and_kept),
        cmocka_unit_test(forgotten_between_put_and_kept),
        cmocka_unit_test(kept_while_it_is_looked_for),
        cmocka_unit_test(put_while_it_is_removed),
        cmocka_unit_test(two_keep_the_same),
        cmocka_unit_test(thousands_are_held_at_once),
    };
    pg_start("blobs_meet");
    two_connections();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
