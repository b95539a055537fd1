/* The local store: digest, type, limits, what is left on disk, and links that expire. */
#include "store/store.h"

#include "base/crypto.h"
#include "base/settings.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

struct fixture {
    struct arena *arena;
    struct store *store;
    char dir[64];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->arena = arena_new(8 << 20);
    memcpy(f->dir, "/tmp/store-test-XXXXXX", 23);
    assert_non_null(mkdtemp(f->dir));
    f->store = store_local(f->arena, arena_printf(f->arena, "%s/a/store", f->dir));
    assert_non_null(f->store);
    *state = f;
    return 0;
}

static void remove_tree(struct arena *a, const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        const char *inner = arena_printf(a, "%s/%s", path, e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (e->d_type == DT_DIR)
            remove_tree(a, inner);
        else
            unlink(inner);
    }
    if (d)
        closedir(d);
    rmdir(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    remove_tree(f->arena, f->dir);
    arena_free(f->arena);
    free(f);
    return 0;
}

static int files_in(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_type == DT_REG;
    closedir(d);
    return n;
}

static void assert_mode(const char *path, mode_t mode)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, mode);
}

static void keeps_by_digest(void **state)
{
    struct fixture *f = *state;
    struct blob b, again;
    struct str back;
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &b), OK);
    assert_string_equal(b.sha256, HELLO);
    assert_int_equal(b.size, 5);
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &again), OK);
    assert_string_equal(again.sha256, HELLO);
    assert_int_equal(store_get(f->store, f->arena, HELLO, &back), OK);
    assert_true(str_eq(back, STR("hello")));
    const char *inner = arena_printf(f->arena, "%s/a/store/2c/f2", f->dir);
    assert_int_equal(files_in(inner), 1);
    assert_mode(inner, 0750);
    assert_mode(arena_printf(f->arena, "%s/" HELLO, inner), 0640);
    assert_int_equal(files_in(arena_printf(f->arena, "%s/a/store/tmp", f->dir)), 0);
}

static void keeps_nothing(void **state)
{
    struct fixture *f = *state;
    struct blob b;
    struct str back;
    assert_int_equal(store_put(f->store, f->arena, STR(""), &b), OK);
    assert_string_equal(b.sha256, EMPTY);
    assert_int_equal(store_get(f->store, f->arena, EMPTY, &back), OK);
    assert_int_equal(back.n, 0);
}

static void replaces_a_torn_file(void **state)
{
    struct fixture *f = *state;
    struct blob b;
    struct str back;
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &b), OK);
    assert_int_equal(truncate(arena_printf(f->arena, "%s/a/store/2c/f2/" HELLO, f->dir), 2), 0);
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &b), OK);
    assert_int_equal(store_get(f->store, f->arena, HELLO, &back), OK);
    assert_true(str_eq(back, STR("hello")));
}

static void names_no_path(void **state)
{
    struct fixture *f = *state;
    static const char upper[] = "2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824";
    const char *const wrong[] = { "", "../../etc/passwd", "2cf2", upper, EMPTY };
    struct str back;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(store_get(f->store, f->arena, wrong[i], &back), ERR_NOT_FOUND);
}

static void drops_what_is_not_finished(void **state)
{
    struct fixture *f = *state;
    const char *tmp = arena_printf(f->arena, "%s/a/store/tmp", f->dir);
    struct arena *a = arena_new(1 << 20);
    struct blob_writer *w;
    assert_int_equal(store_begin(f->store, a, 8, &w), OK);
    assert_int_equal(blob_write(w, "1234", 4), OK);
    assert_int_equal(blob_write(w, "5678", 4), OK);
    assert_int_equal(blob_write(w, "9", 1), ERR_LIMITED);
    assert_true(files_in(tmp) <= 1); /* without a name where the file system knows such files */
    arena_free(a);
    assert_int_equal(files_in(tmp), 0);
}

static void removes_for_good(void **state)
{
    struct fixture *f = *state;
    struct blob b;
    struct str back;
    assert_int_equal(store_put(f->store, f->arena, STR("gone"), &b), OK);
    assert_int_equal(store_remove(f->store, f->arena, b.sha256), OK);
    assert_int_equal(store_get(f->store, f->arena, b.sha256, &back), ERR_NOT_FOUND);
    assert_int_equal(store_remove(f->store, f->arena, b.sha256), OK);
    assert_int_equal(store_remove(f->store, f->arena, "../../tmp"), OK);
}

static void age(struct fixture *f, const char *sha256)
{
    const struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
    const char *path =
        arena_printf(f->arena, "%s/a/store/%.2s/%.2s/%s", f->dir, sha256, sha256 + 2, sha256);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
}

/* What was put lately, or put again, also in a batch, stays: who did may be about to name it. */
static void sweeps_only_what_is_old(void **state)
{
    struct fixture *f = *state;
    struct blob b;
    struct str back;
    bool gone = true;
    assert_int_equal(store_put(f->store, f->arena, STR("old"), &b), OK);
    assert_int_equal(store_sweep(f->store, f->arena, b.sha256, 60, &gone), OK);
    assert_false(gone);
    age(f, b.sha256);
    store_batch(f->store);
    assert_int_equal(store_put(f->store, f->arena, STR("old"), &b), OK);
    assert_int_equal(store_flush(f->store), OK);
    assert_int_equal(store_sweep(f->store, f->arena, b.sha256, 60, &gone), OK);
    assert_false(gone);
    age(f, b.sha256);
    assert_int_equal(store_sweep(f->store, f->arena, b.sha256, 60, &gone), OK);
    assert_true(gone);
    assert_int_equal(store_get(f->store, f->arena, b.sha256, &back), ERR_NOT_FOUND);
    assert_int_equal(store_sweep(f->store, f->arena, b.sha256, 60, &gone), OK);
    assert_true(gone);
    assert_int_equal(store_put(f->store, f->arena, STR("new"), &b), OK);
    assert_int_equal(store_sweep(f->store, f->arena, b.sha256, 0, &gone), OK);
    assert_true(gone);
    assert_int_equal(store_get(f->store, f->arena, b.sha256, &back), ERR_NOT_FOUND);
    assert_int_equal(store_sweep(f->store, f->arena, "../../tmp", 60, &gone), ERR_INVALID);
}

static void streams_in_pieces(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *w;
    struct blob b;
    struct str back;
    char piece[1000];
    memset(piece, 'x', sizeof(piece));
    assert_int_equal(store_begin(f->store, f->arena, 100000, &w), OK);
    assert_int_equal(blob_write(w, "%PDF-1.7\n", 9), OK);
    for (int i = 0; i < 50; i++)
        assert_int_equal(blob_write(w, piece, sizeof(piece)), OK);
    assert_int_equal(blob_finish(w, &b), OK);
    assert_int_equal(b.size, 50009);
    assert_string_equal(b.content_type, "application/pdf");
    assert_int_equal(store_get(f->store, f->arena, b.sha256, &back), OK);
    assert_int_equal(back.n, 50009);
    assert_memory_equal(back.p + 50000, "xxxxxxxxx", 9);
}

static void keeps_many_at_once(void **state)
{
    struct fixture *f = *state;
    struct arena *a = arena_new(262144);
    struct blob b;
    struct str back;
    store_batch(f->store);
    for (int i = 0; i < 200; i++) {
        struct blob_writer *w;
        assert_int_equal(store_begin(f->store, a, 100, &w), OK);
        assert_int_equal(blob_write(w, &i, sizeof(i)), OK);
        assert_int_equal(blob_finish(w, &b), OK);
    }
    assert_int_equal(store_flush(f->store), OK);
    arena_free(a);
    assert_int_equal(store_get(f->store, f->arena, b.sha256, &back), OK);
    assert_int_equal(back.n, sizeof(int));
    assert_int_equal(files_in(arena_printf(f->arena, "%s/a/store/tmp", f->dir)), 0);
}

/* A batch that a crash ended before its flush may have left a file of the right size and nothing in
   it: the next who brings the content must not take that for kept. */
static void brings_back_what_a_crash_spoilt(void **state)
{
    struct fixture *f = *state;
    struct blob b;
    struct str back;
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &b), OK);
    const char *path =
        arena_printf(f->arena, "%s/a/store/%.2s/%.2s/%s", f->dir, b.sha256, b.sha256 + 2, b.sha256);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "\0\0\0\0\0", 5, 0), 5);
    close(fd);
    assert_int_equal(store_put(f->store, f->arena, STR("hello"), &b), OK);
    assert_int_equal(store_get(f->store, f->arena, HELLO, &back), OK);
    assert_true(str_eq(back, STR("hello")));
    assert_int_equal(files_in(arena_printf(f->arena, "%s/a/store/tmp", f->dir)), 0);
}

static void tells_types(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct str bytes;
        const char *type;
    } rows[] = {
        { STR("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"), "application/pdf" },
        { STR("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"), "image/png" },
        { STR("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"), "image/jpeg" },
        { STR("RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0"), "image/webp" },
        { STR("PK\3\4\x14\0\0\0\0\0\x91)u]\x86\xa6\x10\x36\5\0\0\0\5\0\0\0\5\0\0\0a."
              "txthelloPK\1\2\x14\3\x14\0\0\0"),
          "application/zip" },
        { STR("a,b,c\n1,2,3\n4,5,6\n"), "text/csv" },
        { STR("some plain words\n"), "text/plain" },
        { STR("Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject: x\r\n\r\nx"),
          "message/rfc822" },
        { STR("<!DOCTYPE html><html><script>x()</script></html>"), "application/octet-stream" },
        { STR("<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"), "application/octet-stream" },
        { STR("\x7f"
              "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0"),
          "application/octet-stream" },
        { STR("\0\1\2\3\4\5"), "application/octet-stream" },
        { STR(""), "application/octet-stream" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct blob b, found;
        assert_int_equal(store_put(f->store, f->arena, rows[i].bytes, &b), OK);
        assert_string_equal(b.content_type, rows[i].type);
        assert_int_equal(store_find(f->store, f->arena, b.sha256, &found), OK);
        assert_string_equal(found.content_type, rows[i].type);
        assert_int_equal(found.size, rows[i].bytes.n);
    }
}

static void refuses_a_place_that_is_no_folder(void **state)
{
    struct fixture *f = *state;
    const char *file = arena_printf(f->arena, "%s/file", f->dir);
    close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_null(store_local(f->arena, file));
    assert_null(store_local(f->arena, arena_printf(f->arena, "%s/below", file)));
}

static void says_when_the_disk_is_full(void **state)
{
    struct fixture *f = *state;
    const char *disk = arena_printf(f->arena, "%s/disk", f->dir);
    struct blob b;
    assert_int_equal(mkdir(disk, 0750), 0);
    if (mount("none", disk, "tmpfs", 0, "size=64k") != 0)
        skip();
    struct arena *a = arena_new(4 << 20);
    struct store *s = store_local(a, disk);
    assert_non_null(s);
    struct str big = { arena_zalloc(a, 1, 1 << 20), 1 << 20 };
    enum err e = store_put(s, a, big, &b);
    arena_reset(a);
    int left = files_in(arena_printf(f->arena, "%s/tmp", disk));
    arena_free(a);
    umount2(disk, MNT_DETACH);
    assert_int_equal(e, ERR_RETRY);
    assert_int_equal(left, 0);
}

static int64_t at(const struct app *app)
{
    return *(int64_t *)app->test;
}

/* The value of one query parameter of a link whose values need no decoding. */
static const char *part(struct arena *a, const char *link, const char *name)
{
    const char *p = strstr(link, arena_printf(a, "%s=", name));
    assert_non_null(p);
    p += strlen(name) + 1;
    return arena_strndup(a, p, strcspn(p, "&"));
}

static void links_expire(void **state)
{
    struct fixture *f = *state;
    struct arena *a = f->arena;
    int64_t now = 1700000000000;
    unsigned char key[KEY_SIZE] = { 7 };
    struct settings settings = { .secret_key = key };
    struct app app = { .settings = &settings, .now_ms = at, .test = &now };
    const char *link = store_link(&app, a, "t1", HELLO, "a b&c.pdf", 60);
    assert_int_equal(strncmp(link, "/files/" HELLO "?", 72), 0);
    assert_non_null(strstr(link, "name=a%20b%26c.pdf"));
    const char *expires = part(a, link, "expires"), *tag = part(a, link, "tag");
    assert_string_equal(expires, "1700000060");
#define CHECK(sha, tenant, name, time) store_link_check(&app, a, sha, tenant, name, time, tag)
    assert_int_equal(CHECK(HELLO, "t1", "a b&c.pdf", expires), LINK_GOOD);
    assert_int_equal(CHECK(EMPTY, "t1", "a b&c.pdf", expires), LINK_WRONG);
    assert_int_equal(CHECK(HELLO, "t2", "a b&c.pdf", expires), LINK_WRONG);
    assert_int_equal(CHECK(HELLO, "t1", "other.pdf", expires), LINK_WRONG);
    assert_int_equal(CHECK(HELLO, "t1", "a b&c.pdf", "1900000060"), LINK_WRONG);
    assert_int_equal(CHECK(HELLO, "t1", "a b&c.pdf", "+1700000060"), LINK_WRONG);
    now += 60000;
    assert_int_equal(CHECK(HELLO, "t1", "a b&c.pdf", expires), LINK_EXPIRED);
    assert_int_equal(CHECK(HELLO, "t2", "a b&c.pdf", expires), LINK_WRONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    crypto_init();
    const struct CMUnitTest tests[] = {
        TEST(keeps_by_digest),
        TEST(keeps_nothing),
        TEST(replaces_a_torn_file),
        TEST(names_no_path),
        TEST(drops_what_is_not_finished),
        TEST(removes_for_good),
        TEST(sweeps_only_what_is_old),
        TEST(streams_in_pieces),
        TEST(keeps_many_at_once),
        TEST(brings_back_what_a_crash_spoilt),
        TEST(tells_types),
        TEST(refuses_a_place_that_is_no_folder),
        TEST(says_when_the_disk_is_full),
        TEST(links_expire),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
