/* Attachments in a folder and in zip files: what is found, and what is refused. */
#include "import/files.h"

#include "base/crypto.h"
#include "store/backend.h"

#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct str zip_of(const char *const *names, const char *content, size_t n)
{
    size_t used = 0, room = 32 << 20;
    char *to = arena_alloc(a, room);
    struct archive *z = archive_write_new();
    archive_write_set_format_zip(z);
    archive_write_open_memory(z, to, room, &used);
    for (; *names; names++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname_utf8(entry, *names);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)n);
        archive_write_header(z, entry);
        archive_write_data(z, content, n);
        archive_entry_free(entry);
    }
    archive_write_close(z);
    archive_write_free(z);
    return (struct str){ to, used };
}

static struct attachments list(const char *const *names)
{
    struct attachments_from from = { .zip = zip_of(names, "%PDF-1.7", 8) };
    struct attachments set;
    const char *why;
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    return set;
}

static void names_are_matched_with_forbearance(void **state)
{
    (void)state;
    const char *why;
    struct attachments set =
        list((const char *const[]){ "A/Bälle.PDF", "x/1.pdf", "X/1.pdf", "y/2.pdf", NULL });
    assert_string_equal(attachments_find(a, &set, "a\\balle.pdf", &why)->name, "A/Bälle.PDF");
    assert_string_equal(attachments_find(a, &set, "./y/2.pdf", &why)->name, "y/2.pdf");
    assert_string_equal(attachments_find(a, &set, "X/1.pdf", &why)->name, "X/1.pdf");
    assert_string_equal(attachments_find(a, &set, "x/1.pdf", &why)->name, "x/1.pdf");
    assert_null(attachments_find(a, &set, "X/1.PDF", &why));
    assert_string_equal(why, "Several attachments have this name.");
    assert_null(attachments_find(a, &set, "z.pdf", &why));
    assert_null(attachments_find(a, &set, "../y/2.pdf", &why));
    assert_null(attachments_find(a, &set, "", &why));
}

static void unsafe_names_and_no_zip_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "../1.pdf", "a/../../1.pdf", "C:\\1.pdf", "a\n.pdf" };
    struct attachments set;
    const char *why;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *const one[] = { names[i], NULL };
        struct attachments_from from = { .zip = zip_of(one, "%PDF-1.7", 8) };
        assert_int_equal(attachments_list(a, &from, &set, &why), ERR_INVALID);
    }
    struct attachments_from text = { .zip = STR("no zip at all") };
    assert_int_equal(attachments_list(a, &text, &set, &why), ERR_INVALID);
    struct str good = zip_of((const char *const[]){ "1.pdf", NULL }, "%PDF-1.7", 8);
    struct attachments_from cut = { .zip = { good.p, good.n / 4 } };
    assert_int_equal(attachments_list(a, &cut, &set, &why), ERR_INVALID);
}

static void what_is_no_pdf_or_too_large_cannot_be_attached(void **state)
{
    (void)state;
    struct attachments set;
    const char *why;
    size_t n = ATTACHMENT_LIMIT + 1;
    char *large = arena_zalloc(a, n, 1);
    memcpy(large, "%PDF-1.7", 8);
    struct attachments_from from = { .zip =
                                         zip_of((const char *const[]){ "1.pdf", NULL }, large, n) };
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    assert_null(attachments_find(a, &set, "1.pdf", &why));
    assert_string_equal(why, "The attachment is larger than 25 MiB.");
    from.zip = zip_of((const char *const[]){ "1.pdf", NULL }, "MZ", 2);
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    assert_null(attachments_find(a, &set, "1.pdf", &why));
    assert_string_equal(why, "The attachment is no PDF.");
}

/* Which of the two a row means nobody can say, and taking either would send the wrong bill. */
static void a_name_that_is_there_twice_is_no_ones(void **state)
{
    (void)state;
    const char *why;
    struct attachments set = list((const char *const[]){ "a/1.pdf", "2.pdf", "a/1.pdf", NULL });
    assert_null(attachments_find(a, &set, "a/1.pdf", &why));
    assert_string_equal(why, "Several attachments have this name.");
    assert_non_null(attachments_find(a, &set, "2.pdf", &why));
}

/* The bytes of a zip with one stored file, whose name and flags are given as they are. */
static struct str raw_zip(const char *name, unsigned char flags)
{
    struct buf z = buf_in(a);
    size_t n = strlen(name);
    const char length = (char)n;
    const char local[] = { 'P', 'K', 3, 4, 20, 0, (char)flags, 0, 0, 0, 0, 0, 0, 0 };
    const char central[] = { 'P', 'K', 1, 2, 20, 0, 20, 0, (char)flags, 0, 0, 0, 0, 0, 0, 0 };
    const char facts[] = { 0x18, (char)0xEB, 0x50, 0x70, 8, 0, 0, 0, 8, 0, 0, 0 };
    buf_put(&z, local, sizeof(local));
    buf_put(&z, facts, sizeof(facts));
    buf_put(&z, (char[]){ length, 0, 0, 0 }, 4);
    buf_put(&z, name, n);
    buf_puts(&z, "%PDF-1.7");
    size_t at = z.n;
    buf_put(&z, central, sizeof(central));
    buf_put(&z, facts, sizeof(facts));
    buf_put(&z, (char[18]){ length }, 18);
    buf_put(&z, name, n);
    size_t size = z.n - at;
    buf_put(&z, "PK\5\6\0\0\0\0\1\0\1\0", 12);
    buf_put(&z, (char[]){ (char)size, 0, 0, 0, (char)at, 0, 0, 0, 0, 0 }, 10);
    return buf_str(&z);
}

static void names_of_old_archives_are_read(void **state)
{
    (void)state;
    const char *why;
    struct attachments set;
    struct attachments_from from = { .zip = raw_zip("B\x84lle-\x81.pdf", 0) };
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    assert_int_equal(set.n, 1);
    assert_string_equal(set.at[0].name, "Bälle-ü.pdf");
    from.zip = raw_zip("B\xC3\xA4lle.pdf", 0); /* UTF-8 that does not say so */
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    assert_string_equal(set.at[0].name, "Bälle.pdf");
}

static void an_encrypted_archive_is_called_so(void **state)
{
    (void)state;
    const char *why;
    struct attachments set;
    struct attachments_from from = { .zip = raw_zip("1.pdf", 1) };
    assert_int_equal(attachments_list(a, &from, &set, &why), ERR_INVALID);
    assert_string_equal(why, "The zip file is encrypted: make one without a password.");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void a_folder_is_walked(void **state)
{
    (void)state;
    char folder[] = "/tmp/track-files.XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *inner = arena_printf(a, "%s/LH-12", folder);
    const char *file = arena_printf(a, "%s/1.pdf", inner);
    const char *link = arena_printf(a, "%s/2.pdf", inner);
    assert_int_equal(mkdir(inner, 0700), 0);
    FILE *f = fopen(file, "w");
    fputs("%PDF-1.7 in a folder", f);
    fclose(f);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    struct store *store = store_local(a, arena_printf(a, "%s/store", folder));
    struct attachments_from from = { .folder = folder };
    struct attachments set;
    const char *why;
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    struct attachment *one = attachments_find(a, &set, "lh-12/1.pdf", &why);
    assert_non_null(one);
    assert_null(attachments_find(a, &set, "LH-12/2.pdf", &why));
    one->used = true;
    assert_int_equal(attachments_store(a, &from, &set, store, NULL, &why), OK);
    assert_int_equal(one->blob.size, 20);
    struct str bytes;
    assert_int_equal(store_get(store, a, one->blob.sha256, &bytes), OK);
    assert_true(str_eq(bytes, STR("%PDF-1.7 in a folder")));
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int finished, flushed;
static enum err at_flush, at_third;
static enum err (*really_finish)(void *file, const char *sha256, size_t size);

static enum err counted_finish(void *file, const char *sha256, size_t size)
{
    finished++;
    return finished == 3 && at_third ? at_third : really_finish(file, sha256, size);
}

static enum err counted_flush(struct store *s)
{
    assert_false(s->batching);
    flushed++;
    return at_flush;
}

/* Five attachments to a store that fails as told. */
static enum err store_five(enum err third, enum err flush)
{
    struct attachments_from from = {
        .zip = zip_of((const char *const[]){ "1", "2", "3", "4", "5", NULL }, "%PDF-1.7", 8)
    };
    char folder[] = "/tmp/track-files.XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct store *store = store_local(a, folder);
    struct store_backend counted = *store->backend;
    struct attachments set;
    const char *why;
    really_finish = counted.finish;
    counted.finish = counted_finish;
    counted.flush = counted_flush;
    store->backend = &counted;
    finished = flushed = 0;
    at_third = third;
    at_flush = flush;
    assert_int_equal(attachments_list(a, &from, &set, &why), OK);
    for (size_t i = 0; i < set.n; i++)
        set.at[i].used = true;
    enum err e = attachments_store(a, &from, &set, store, NULL, &why);
    assert_false(store->batching);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return e;
}

/* Nothing is said to be kept before the disk has it, and no store is left believing in a batch. */
static void attachments_are_stored_as_one_batch(void **state)
{
    (void)state;
    assert_int_equal(store_five(OK, OK), OK);
    assert_int_equal(finished, 5);
    assert_int_equal(flushed, 1);
    assert_int_equal(store_five(OK, ERR_RETRY), ERR_RETRY);
    assert_int_equal(store_five(ERR_RETRY, OK), ERR_RETRY);
    assert_int_equal(finished, 3);
    assert_int_equal(flushed, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_matched_with_forbearance),
        TEST(unsafe_names_and_no_zip_are_refused),
        TEST(what_is_no_pdf_or_too_large_cannot_be_attached),
        TEST(a_name_that_is_there_twice_is_no_ones),
        TEST(names_of_old_archives_are_read),
        TEST(an_encrypted_archive_is_called_so),
        TEST(a_folder_is_walked),
        TEST(attachments_are_stored_as_one_batch),
    };
    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
