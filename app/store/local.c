/* The local store: files in a folder, made whole in tmp/ and renamed to ab/cd/<sha256>. */
#include "base/log.h"
#include "store/backend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_MODE 0750 /* nginx reads by group */
#define FILE_MODE 0640
#define LEFTOVER_SECONDS 86400 /* a temporary file so old belongs to no living process */

struct file {
    struct store *store;
    struct arena *arena;
    const char *path;
    int fd;     /* -1: kept */
    bool named; /* it stands at `path`; else it has no name yet, and dies with its process */
};

static enum err failed(const char *what, const char *path)
{
    int why = errno;
    log_error("store_local", "call", what, "path", path, "error", strerror(why), NULL);
    return why == ENOSPC || why == EDQUOT || why == EIO || why == EMFILE || why == ENFILE ||
                   why == EROFS
               ? ERR_RETRY
               : ERR_INTERNAL;
}

/* Makes a folder if absent; the bit that hands the group down to new files stays as inherited. */
static enum err make_folder(const char *path)
{
    struct stat st;
    if (mkdir(path, FOLDER_MODE) != 0)
        return errno == EEXIST ? OK : failed("mkdir", path);
    if (stat(path, &st) != 0 || chmod(path, (st.st_mode & S_ISGID) | FOLDER_MODE) != 0)
        return failed("chmod", path);
    return OK;
}

static enum err make_folders(struct arena *a, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        enum err e = make_folder(arena_strndup(a, path, (size_t)(slash - path)));
        if (e)
            return e;
    }
    return make_folder(path);
}

static enum err sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed("open", path);
    enum err e = fsync(fd) == 0 ? OK : failed("fsync", path);
    close(fd);
    return e;
}

static void drop(void *what)
{
    struct file *f = what;
    if (f->fd < 0)
        return;
    close(f->fd);
    if (f->named)
        unlink(f->path);
}

/* Opens a file without a name in tmp/, so that a process killed in mid-write leaves nothing; with
   one where the file system knows no such files. */
static int open_new(struct file *f, const char *tmp)
{
    int fd = open(tmp, O_WRONLY | O_TMPFILE | O_CLOEXEC, FILE_MODE);
    if (fd >= 0)
        return fd;
    f->named = true;
    return open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

/* Gives it its name, for the moment before it is renamed. */
static enum err name_it(struct file *f)
{
    char fd[32];
    if (f->named)
        return OK;
    snprintf(fd, sizeof(fd), "/proc/self/fd/%d", f->fd);
    if (linkat(AT_FDCWD, fd, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW) != 0)
        return failed("linkat", f->path);
    f->named = true;
    return OK;
}

static enum err begin(struct store *s, struct arena *a, void **out)
{
    struct file *f = arena_new_of(a, struct file);
    unsigned char name[16];
    char text[33];
    randombytes_buf(name, sizeof(name));
    sodium_bin2hex(text, sizeof(text), name, sizeof(name));
    const char *tmp = arena_printf(a, "%s/tmp", s->place);
    *f = (struct file){ s, a, arena_printf(a, "%s/%s", tmp, text), -1, false };
    f->fd = open_new(f, tmp);
    if (f->fd < 0)
        return failed("open", f->path);
    arena_defer(a, drop, f);
    *out = f;
    return OK;
}

static enum err write_all(void *file, const void *bytes, size_t n)
{
    struct file *f = file;
    for (const char *p = bytes; n > 0;) {
        ssize_t done = write(f->fd, p, n);
        if (done < 0 && errno != EINTR)
            return failed("write", f->path);
        if (done > 0) {
            p += done;
            n -= (size_t)done;
        }
    }
    return OK;
}

static bool kept_already(const char *path, size_t size)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
}

/* Renames the complete file to where it belongs, and waits until both folders are on disk. One that
   is there may be of a batch that was never flushed: ours, which is on disk, takes its place. One
   that stays is touched, so that it is not removed as long unused. */
static enum err keep(struct file *f, const char *outer, const char *inner, const char *path,
                     size_t size)
{
    enum err e = make_folder(outer);
    if (e == OK)
        e = make_folder(inner);
    if (e)
        return e;
    if (f->store->batching && kept_already(path, size) && utimensat(AT_FDCWD, path, NULL, 0) == 0) {
        drop(f);
    } else {
        if ((e = name_it(f)) != OK)
            return e;
        if (rename(f->path, path) != 0)
            return failed("rename", path);
        close(f->fd);
    }
    f->fd = -1;
    if (f->store->batching)
        return OK;
    e = sync_folder(inner);
    return e ? e : sync_folder(outer);
}

static enum err finish(void *file, const char *sha256, size_t size)
{
    struct file *f = file;
    struct arena *a = f->arena;
    const char *dir = f->store->place;
    const char *outer = arena_printf(a, "%s/%.2s", dir, sha256);
    const char *inner = arena_printf(a, "%s/%.2s", outer, sha256 + 2);
    const char *path = arena_printf(a, "%s/%s", inner, sha256);
    bool first = access(outer, F_OK) != 0;
    if (fchmod(f->fd, FILE_MODE) != 0)
        return failed("chmod", f->path);
    if (!f->store->batching && fsync(f->fd) != 0)
        return failed("fsync", f->path);
    enum err e = keep(f, outer, inner, path, size);
    return e == OK && first && !f->store->batching ? sync_folder(dir) : e;
}

static enum err flush(struct store *s)
{
    int fd = open(s->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed("open", s->place);
    enum err e = syncfs(fd) == 0 ? OK : failed("syncfs", s->place);
    close(fd);
    return e;
}

/* Moves the file away before it looks at its age once more: whoever puts it from now on makes his
   own, and whoever touched it until then gets it back. */
static enum err remove_old(const char *path, const char *away, time_t before, bool *gone)
{
    struct stat st;
    if (rename(path, away) != 0)
        return errno == ENOENT ? OK : failed("rename", path);
    if (stat(away, &st) != 0)
        return failed("stat", away);
    *gone = st.st_mtime < before;
    if (!*gone && link(away, path) != 0 && errno != EEXIST)
        return failed("link", path);
    return unlink(away) == 0 ? OK : failed("unlink", away);
}

static enum err discard_old(struct store *s, struct arena *a, const char *sha256, int grace_seconds,
                            bool *gone)
{
    struct stat st;
    const char *path = arena_printf(a, "%s/%.2s/%.2s/%s", s->place, sha256, sha256 + 2, sha256);
    time_t before = grace_seconds ? time(NULL) - grace_seconds : INT64_MAX;
    if (stat(path, &st) != 0) {
        *gone = errno == ENOENT;
        return *gone ? OK : failed("stat", path);
    }
    *gone = false;
    if (st.st_mtime >= before)
        return OK;
    return remove_old(path, arena_printf(a, "%s/tmp/%s.old", s->place, sha256), before, gone);
}

static void old_in(DIR *d, time_t before, struct buf *digests)
{
    for (struct dirent *entry; (entry = readdir(d));) {
        struct stat st;
        if (strlen(entry->d_name) != 2 * crypto_hash_sha256_BYTES ||
            fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode) || st.st_mtime >= before)
            continue;
        buf_printf(digests, "%s%s", digests->n > 1 ? "," : "", entry->d_name);
    }
}

static enum err old(struct store *s, struct arena *a, int part, int older_seconds,
                    struct buf *digests)
{
    time_t before = time(NULL) - older_seconds;
    for (int i = 0; i < 256; i++) {
        const char *path = arena_printf(a, "%s/%02x/%02x", s->place, (unsigned)part, (unsigned)i);
        DIR *d = opendir(path);
        if (!d && errno != ENOENT)
            return failed("opendir", path);
        if (!d)
            continue;
        old_in(d, before, digests);
        closedir(d);
    }
    return OK;
}

struct mapping {
    void *p;
    size_t n;
};

static void unmap(void *what)
{
    struct mapping *m = what;
    munmap(m->p, m->n);
}

static enum err map(struct arena *a, int fd, const char *path, struct str *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return failed("stat", path);
    if (!S_ISREG(st.st_mode))
        return ERR_NOT_FOUND;
    *out = STR("");
    if (st.st_size == 0)
        return OK;
    struct mapping *m = arena_new_of(a, struct mapping);
    m->n = (size_t)st.st_size;
    m->p = mmap(NULL, m->n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (m->p == MAP_FAILED)
        return failed("mmap", path);
    arena_defer(a, unmap, m);
    *out = (struct str){ m->p, m->n };
    return OK;
}

static enum err get(struct store *s, struct arena *a, const char *sha256, struct str *out)
{
    const char *path = arena_printf(a, "%s/%.2s/%.2s/%s", s->place, sha256, sha256 + 2, sha256);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : failed("open", path);
    enum err e = map(a, fd, path, out);
    close(fd);
    return e;
}

static enum err discard(struct store *s, struct arena *a, const char *sha256)
{
    const char *folder = arena_printf(a, "%s/%.2s/%.2s", s->place, sha256, sha256 + 2);
    const char *path = arena_printf(a, "%s/%s", folder, sha256);
    if (unlink(path) != 0)
        return errno == ENOENT ? OK : failed("unlink", path);
    return sync_folder(folder);
}

/* Removes what killed processes left behind. */
static void sweep(struct arena *a, const char *tmp)
{
    DIR *d = opendir(tmp);
    time_t now = time(NULL);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        struct stat st;
        const char *path = arena_printf(a, "%s/%s", tmp, entry->d_name);
        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && now - st.st_mtime > LEFTOVER_SECONDS)
            unlink(path);
    }
    if (d)
        closedir(d);
}

static const struct store_backend local = { "local", begin,   write_all,   finish, flush,
                                            get,     discard, discard_old, old };

struct store *store_local(struct arena *a, const char *dir)
{
    const char *tmp = arena_printf(a, "%s/tmp", dir);
    if (make_folders(a, tmp) != OK)
        return NULL;
    if (faccessat(AT_FDCWD, tmp, R_OK | W_OK | X_OK, AT_EACCESS) != 0 ||
        faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        failed("access", dir);
        return NULL;
    }
    sweep(a, tmp);
    return store_open(a, &local, dir);
}
