/* Reading a ZIP of others with libarchive: by its central directory, within limits. */
#include "evidence/contents.h"

#include "channels/message.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRIES 1000000
#define NAME 200
#define FILE_MOST ((uint64_t)4 << 30)
#define ALL_MOST ((uint64_t)64 << 30)
#define TEXT_MOST ((size_t)64 << 20)
#define TEXTS_MOST ((size_t)256 << 20) /* of all documents together */
#define WORDS_ARENA ((size_t)512 << 20)
#define BLOCK ((size_t)64 << 10)

struct reading {
    struct ctx *c;
    struct arena *scratch; /* of the SMS at hand */
    struct archive *zip;
    struct contents *to;
    size_t room, texts;
    uint64_t all;
    const char **sentence;
};

static enum err refuse(struct reading *r, const char *before, const char *name, const char *after)
{
    *r->sentence = arena_printf(r->c->arena, "%s%s%s", before, name ? name : "", after);
    return ERR_INVALID;
}

static bool plain(const char *name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (const char *p = name;; p++) {
        size_t n = strspn(p, letters);
        if (n == 0 || strspn(p, ".") == n)
            return false;
        p += n;
        if (*p != '/')
            return *p == '\0' && (size_t)(p - name) <= NAME;
    }
}

static bool is_document(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash ? slash + 1 : name;
    return strcmp(last, "manifest.json") == 0 || strcmp(last, "timeline.jsonl") == 0 ||
           strcmp(last, "message.json") == 0;
}

/* An SMS as it went out: "content/1.txt". */
static bool has_words(const char *name)
{
    const char *slash = strrchr(name, '/');
    size_t n = slash ? strspn(slash + 1, "0123456789") : 0;
    return n && (slash - name == 7 || slash[-8] == '/') && strncmp(slash - 7, "content", 7) == 0 &&
           strcmp(slash + 1 + n, ".txt") == 0;
}

static struct entry *add(struct reading *r, const char *name)
{
    struct contents *all = r->to;
    if (all->n == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        struct entry *more = arena_zalloc(r->c->arena, r->room, sizeof(*more));
        if (all->n)
            memcpy(more, all->entries, all->n * sizeof(*more));
        all->entries = more;
    }
    struct entry *e = &all->entries[all->n++];
    *e = (struct entry){ .name = arena_strdup(r->c->arena, name) };
    return e;
}

/* Documents are refused where they are too large; an SMS is then no more than a file. */
static enum err keep_piece(struct reading *r, const struct entry *e, struct buf *text,
                           const void *piece, size_t n)
{
    bool document = text->arena == r->c->arena;
    r->texts += document ? n : 0;
    if (document && (e->size > TEXT_MOST || r->texts > TEXTS_MOST))
        return refuse(r, "", e->name, " is larger than a document may be.");
    if (e->size <= TEXT_MOST)
        buf_put(text, piece, n);
    return OK;
}

/* The bytes of the entry at hand: counted, hashed, kept where `text` is not NULL. */
static enum err read_bytes(struct reading *r, struct entry *e, struct buf *text)
{
    unsigned char piece[BLOCK], digest[SHA256_SIZE];
    crypto_hash_sha256_state state;
    la_ssize_t n;
    crypto_hash_sha256_init(&state);
    while ((n = archive_read_data(r->zip, piece, sizeof(piece))) > 0) {
        e->size += (uint64_t)n;
        r->all += (uint64_t)n;
        if (e->size > FILE_MOST || r->all > ALL_MOST)
            return refuse(r, "", e->name, " is larger than a pack may be.");
        crypto_hash_sha256_update(&state, piece, (unsigned long long)n);
        enum err failed = text ? keep_piece(r, e, text, piece, (size_t)n) : OK;
        if (failed != OK)
            return failed;
    }
    if (n < 0)
        return refuse(r, "", e->name, " cannot be read: it was changed, or the file is damaged.");
    crypto_hash_sha256_final(&state, digest);
    e->sha256 = hex(r->c->arena, digest, sizeof(digest));
    return OK;
}

/* What was written, as events hold its digest; NULL: it is no text. */
static const char *words_digest(struct reading *r, const struct entry *e, struct str raw)
{
    if (e->size > TEXT_MOST || memchr(raw.p, 0, raw.n))
        return NULL;
    const struct message m = { .subject = "", .text = arena_strndup(r->scratch, raw.p, raw.n) };
    return arena_strdup(r->c->arena, message_digest(r->scratch, &m));
}

static enum err take_file(struct reading *r, struct entry *e)
{
    bool document = is_document(e->name), words = has_words(e->name);
    struct buf text = buf_in(document ? r->c->arena : r->scratch);
    arena_reset(r->scratch);
    enum err failed = read_bytes(r, e, document || words ? &text : NULL);
    if (failed == OK && document)
        e->text = buf_str(&text);
    else if (failed == OK && words)
        e->words = words_digest(r, e, buf_str(&text));
    return failed;
}

static enum err take(struct reading *r, struct archive_entry *from)
{
    const char *name = archive_entry_pathname(from);
    if (archive_entry_filetype(from) == AE_IFDIR)
        return OK; /* it holds nothing by itself */
    if (!name || !plain(name))
        return refuse(r, "An entry has a name that no pack has.", NULL, "");
    if (archive_entry_filetype(from) != AE_IFREG || archive_entry_symlink(from) ||
        archive_entry_hardlink(from))
        return refuse(r, "", name, " is no file.");
    if (r->to->n == ENTRIES)
        return refuse(r, "It has more entries than a pack may have.", NULL, "");
    return take_file(r, add(r, name));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static enum err put_in_order(struct reading *r)
{
    struct contents *all = r->to;
    if (all->n)
        qsort(all->entries, all->n, sizeof(*all->entries), by_name);
    for (size_t i = 1; i < all->n; i++)
        if (strcmp(all->entries[i - 1].name, all->entries[i].name) == 0)
            return refuse(r, "", all->entries[i].name, " was added: it is there twice.");
    return OK;
}

static enum err read_entries(struct reading *r)
{
    struct archive_entry *from;
    int got;
    while ((got = archive_read_next_header(r->zip, &from)) == ARCHIVE_OK) {
        enum err e = take(r, from);
        if (e != OK)
            return e;
    }
    if (got != ARCHIVE_EOF)
        return refuse(r, "It is no ZIP, or was changed as a whole.", NULL, "");
    return put_in_order(r);
}

enum err contents_read(struct ctx *c, const char *path, struct contents *out, const char **sentence)
{
    struct reading r = { .c = c, .to = out, .sentence = sentence };
    *out = (struct contents){ .n = 0 };
    if (access(path, R_OK) != 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "cannot read %s: %s", path, strerror(errno));
    r.scratch = arena_new(WORDS_ARENA);
    r.zip = archive_read_new();
    enum err e = archive_read_support_format_zip_seekable(r.zip) == ARCHIVE_OK &&
                         archive_read_open_filename(r.zip, path, BLOCK) == ARCHIVE_OK
                     ? read_entries(&r)
                     : refuse(&r, "It is no ZIP.", NULL, "");
    archive_read_free(r.zip);
    arena_free(r.scratch);
    return e;
}

struct entry *contents_find(const struct contents *all, const char *folder, const char *name)
{
    size_t n = strlen(folder), low = 0, high = all->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct entry *e = &all->entries[middle];
        int order = strncmp(e->name, folder, n);
        order = order ? order : strcmp(e->name + n, name);
        if (order == 0)
            return e;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
