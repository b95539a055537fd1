/* Files that no row names: the old go, the young and the named stay, and who brings the same bytes
   again just then loses nothing. */
#include "pg/pg.h"
#include "store/keep.h"
#include "store/orphans.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static struct ctx *keeper, *sweeper;

static struct blob put(const char *bytes)
{
    struct blob b;
    assert_int_equal(store_put(pg_app()->store, keeper->arena, str_of(bytes), &b), OK);
    return b;
}

static void age(const struct blob *b)
{
    const struct timespec then[2] = { { .tv_sec = time(NULL) - 31L * 86400 },
                                      { .tv_sec = time(NULL) - 31L * 86400 } };
    const char *path = arena_printf(keeper->arena, "%s/%.2s/%.2s/%s", pg_settings()->store_dir,
                                    b->sha256, b->sha256 + 2, b->sha256);
    assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static struct blob old(const char *bytes)
{
    struct blob b = put(bytes);
    age(&b);
    return b;
}

static bool there(const struct blob *b)
{
    struct blob found;
    return store_find(pg_app()->store, keeper->arena, b->sha256, &found) == OK;
}

static struct orphans look(bool remove)
{
    struct orphans sum = { 0 };
    for (int part = 0; part < STORE_PARTS; part++)
        assert_int_equal(orphans_look(sweeper, part, remove, &sum), OK);
    return sum;
}

static enum err keep(const struct blob *b)
{
    db_begin(keeper->db, pg_tenant());
    return db_end(keeper->db, blob_keep(keeper, b));
}

static void the_old_that_nothing_names_goes(void **state)
{
    (void)state;
    struct blob young = put("young"), orphan = old("orphan"), named = old("named");
    assert_int_equal(keep(&named), OK);
    struct orphans told = look(false);
    assert_true(told.files == 1 && told.removed == 0 && told.bytes == 6 && there(&orphan));
    struct orphans swept = look(true);
    assert_true(swept.files == 1 && swept.removed == 1 && swept.bytes == 6);
    assert_true(!there(&orphan) && there(&young) && there(&named));
    assert_int_equal(look(true).files, 0);
}

/* The bytes lie there from an upload that was rolled back; they are put once more, and not kept
   yet. */
static void what_is_just_brought_again_stays(void **state)
{
    (void)state;
    struct blob b = old("again");
    (void)put("again");
    assert_int_equal(look(true).removed, 0);
    assert_int_equal(keep(&b), OK);
    assert_true(there(&b));
}

/* Kept, but not committed, while it is swept: the sweep waits at the lock, and then it is named. */
static void what_is_being_kept_is_waited_for(void **state)
{
    (void)state;
    struct blob b = old("kept meanwhile");
    db_begin(keeper->db, pg_tenant());
    assert_int_equal(blob_keep(keeper, &b), OK);
    struct orphans sum = { 0 };
    const int part = (int)strtol(arena_strndup(keeper->arena, b.sha256, 2), NULL, 16);
    assert_int_not_equal(orphans_look(sweeper, part, true, &sum), OK);
    assert_int_equal(db_commit(keeper->db), OK);
    assert_int_equal(orphans_look(sweeper, part, true, &sum), OK);
    assert_true(sum.removed == 0 && there(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_that_nothing_names_goes),
        cmocka_unit_test(what_is_just_brought_again_stays),
        cmocka_unit_test(what_is_being_kept_is_waited_for),
    };
    pg_start("store_orphans");
    pg_settings()->database_seconds = 1;
    keeper = pg_ctx("track_web");
    sweeper = pg_ctx("track_worker");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
