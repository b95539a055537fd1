/* Evidence packs for tests: taken apart, spoiled, put together again. */
#pragma once

#include "base/crypto.h"
#include "base/json.h"
#include "call.h"
#include "store/store.h"
#include "web/web.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 64
struct packed {
    char name[220];
    struct str bytes;
    bool link; /* a symbolic one */
};
static struct packed entries[ENTRIES];
static int entry_count;
static struct ctx *look; /* whoever only looks */

static inline struct ctx *looking(void)
{
    return look ? look : (look = pg_ctx("track_worker"));
}

static inline struct str read_entry(struct archive *zip)
{
    struct buf b = buf_in(looking()->arena);
    char piece[8192];
    la_ssize_t n;
    while ((n = archive_read_data(zip, piece, sizeof(piece))) > 0)
        buf_put(&b, piece, (size_t)n);
    assert_int_equal(n, 0);
    return buf_str(&b);
}

static inline void unpack(struct str bytes)
{
    struct archive *zip = archive_read_new();
    struct archive_entry *e;
    archive_read_support_format_zip_seekable(zip);
    assert_int_equal(archive_read_open_memory(zip, bytes.p, bytes.n), ARCHIVE_OK);
    for (entry_count = 0; archive_read_next_header(zip, &e) == ARCHIVE_OK; entry_count++) {
        assert_true(entry_count < ENTRIES);
        snprintf(entries[entry_count].name, sizeof(entries[0].name), "%s",
                 archive_entry_pathname(e));
        entries[entry_count].bytes = read_entry(zip);
        entries[entry_count].link = false;
    }
    archive_read_free(zip);
}

static inline struct packed *entry_of(const char *name)
{
    for (int i = 0; i < entry_count; i++)
        if (strcmp(entries[i].name, name) == 0)
            return &entries[i];
    return NULL;
}

/* Its text, NULL where it is not there. */
static inline const char *entry(const char *name)
{
    struct packed *e = entry_of(name);
    return e ? arena_strndup(looking()->arena, e->bytes.p, e->bytes.n) : NULL;
}

static inline struct json_object *document(const char *name)
{
    const char *text = entry(name);
    assert_non_null(text);
    return json_own(looking()->arena, json_tokener_parse(text));
}

/* Writes the entries as they are now to a file: its path. */
static inline const char *repack(void)
{
    static char path[300];
    struct archive *zip = archive_write_new();
    snprintf(path, sizeof(path), "%s/spoiled.zip", pg_settings()->store_dir);
    archive_write_set_format_zip(zip);
    assert_int_equal(archive_write_open_filename(zip, path), ARCHIVE_OK);
    for (int i = 0; i < entry_count; i++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, entries[i].name);
        archive_entry_set_filetype(e, entries[i].link ? AE_IFLNK : AE_IFREG);
        if (entries[i].link)
            archive_entry_set_symlink(e, "/etc/passwd");
        archive_entry_set_size(e, entries[i].link ? 0 : (la_int64_t)entries[i].bytes.n);
        archive_entry_set_perm(e, 0644);
        assert_int_equal(archive_write_header(zip, e), ARCHIVE_OK);
        if (!entries[i].link)
            archive_write_data(zip, entries[i].bytes.p, entries[i].bytes.n);
        archive_entry_free(e);
    }
    archive_write_close(zip);
    archive_write_free(zip);
    return path;
}

static inline const struct answer *ask_pack(struct call *who, const char *id)
{
    static char path[200];
    snprintf(path, sizeof(path), "/api/track/communications/%s/evidence", id);
    who->method = "GET";
    who->path = path;
    return call(who);
}

/* The digest of the file that an answer leads to. */
static inline const char *digest_of(const struct answer *a)
{
    assert_int_equal(a->status, 200);
    const char *path = answer_header("X-Accel-Redirect");
    assert_non_null(path);
    return strrchr(path, '/') + 1;
}

/* The bytes of a pack, its entries taken apart. */
static inline struct str pack_of(struct call *who, const char *id)
{
    struct str bytes;
    const char *sha = digest_of(ask_pack(who, id));
    assert_int_equal(store_get(pg_app()->store, looking()->arena, sha, &bytes), OK);
    unpack(bytes);
    return bytes;
}

/* Replaces a text that must be in an entry. */
static inline void change(const char *name, const char *from, const char *to)
{
    struct packed *e = entry_of(name);
    assert_non_null(e);
    char *at = memmem(e->bytes.p, e->bytes.n, from, strlen(from));
    assert_non_null(at);
    struct buf b = buf_in(looking()->arena);
    buf_put(&b, e->bytes.p, (size_t)(at - e->bytes.p));
    buf_puts(&b, to);
    at += strlen(from);
    buf_put(&b, at, e->bytes.n - (size_t)(at - e->bytes.p));
    e->bytes = buf_str(&b);
}
