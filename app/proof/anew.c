/* Writing bundles anew: read once to see whether anything goes, and once more to write the rest. */
#include "proof/anew.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "proof/address.h"
#include "proof/bundle.h"
#include "proof/erasure.sql.h"
#include "proof/retention.sql.h"
#include "store/keep.h"

#include <stdlib.h>
#include <string.h>

enum { SHA256_LENGTH = 64 };

static const char *const nobody[] = { NULL };

static bool is_lines(const char *name)
{
    return strncmp(name, "communications-", 15) == 0;
}

/* ---- who is in it ---- */

struct telling {
    struct ctx *c;
    struct job *j;
    const struct sought *who;
    struct json_object *ids;
};

static enum err tell(void *to, const char *name, struct str bytes, struct arena *page)
{
    PGresult *rows;
    struct telling *t = to;
    struct ctx *c = t->c;
    struct buf room = buf_in(page);
    if (!is_lines(name))
        return t->j ? job_touch(t->j) : OK;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, page, archive_lines, &rows, .lines = bytes.p,
                                        .unit_id = t->who->unit_id, .forgotten = "[]"));
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        if (row_bool(rows, i, "ofUnit") ||
            address_stands(str_of(row_text(rows, i, "line")), t->who->addresses, &room))
            json_object_array_add(t->ids, json_object_new_string(row_text(rows, i, "id")));
    return e;
}

enum err bundle_tells(struct ctx *c, struct job *j, const char *sha256, const struct sought *who,
                      struct json_object *ids)
{
    struct telling t = { c, j, who, ids };
    enum err e = bundle_read(c, sha256, tell, &t);
    return e == ERR_NOT_FOUND || e == ERR_INVALID ? OK : e;
}

/* ---- what stays of it ---- */

struct rewriting {
    struct ctx *c;
    struct job *j;
    const struct anew *how;
    struct bundle *to;         /* NULL: it is only looked at */
    struct json_object *named; /* digests that stand in what stays, as its keys */
    long communications, files, gone;
};

/* All runs of as many hexadecimal digits as a digest has. */
static void name_digests(struct json_object *named, struct arena *page, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = strspn(p, "0123456789abcdef");
        if (n == SHA256_LENGTH)
            json_object_object_add(named, arena_strndup(page, p, n), NULL);
        p += n + (p[n] != '\0');
    }
}

static enum err take_lines(struct rewriting *w, const char *name, struct str bytes,
                           struct arena *page)
{
    PGresult *rows;
    struct ctx *c = w->c;
    struct buf rest = buf_in(page);
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, page, archive_lines, &rows, .lines = bytes.p,
                                        .unit_id = NULL, .forgotten = w->how->forgotten));
    if (e != OK)
        return e;
    for (int i = 0; i < rows_count(rows); i++) {
        bool stays = row_bool(rows, i, "stays");
        w->communications += stays;
        w->gone += !stays;
        if (!stays)
            continue;
        buf_puts(&rest, row_text(rows, i, "line"));
        buf_putc(&rest, '\n');
        name_digests(w->named, page, row_text(rows, i, "line"));
        name_digests(w->named, page, row_text(rows, i, "mails"));
    }
    return w->to && rest.n ? bundle_add(w->to, name, buf_str(&rest)) : OK;
}

static enum err take_file(struct rewriting *w, const char *name, struct str bytes,
                          struct arena *page)
{
    struct buf room = buf_in(page);
    const char *slash = strrchr(name, '/');
    bool stays = json_object_object_get_ex(w->named, slash ? slash + 1 : name, NULL) &&
                 !address_stands(bytes, w->how->addresses, &room);
    w->files += stays;
    w->gone += !stays;
    return w->to && stays ? bundle_add(w->to, name, bytes) : OK;
}

static enum err take(void *to, const char *name, struct str bytes, struct arena *page)
{
    struct rewriting *w = to;
    enum err e =
        is_lines(name) ? take_lines(w, name, bytes, page) : take_file(w, name, bytes, page);
    return e == OK && w->j ? job_touch(w->j) : e;
}

/* Through all of it: to look, or to write where `to` is open. */
static enum err pass(struct rewriting *w, const char *sha256)
{
    w->named = json_own(w->c->arena, json_object_new_object());
    w->communications = w->files = w->gone = 0;
    return bundle_read(w->c, sha256, take, w);
}

/* ---- its row ---- */

static struct json_object *told(struct ctx *c, const char *sha256, const char *size,
                                const char *communications)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "sha256", sha256);
    json_set_int(o, "size", strtoll(size, NULL, 10));
    json_set_int(o, "communications", strtoll(communications, NULL, 10));
    return o;
}

/* `blob` NULL: the bundle goes. */
static enum err keep(const struct rewriting *w, const PGresult *old, struct blob *blob)
{
    PGresult *rows;
    struct ctx *c = w->c;
    const char *sha256 = blob ? arena_strdup(c->arena, blob->sha256) : NULL;
    const char *size = arena_printf(c->arena, "%zu", blob ? blob->size : 0);
    const char *communications = arena_printf(c->arena, "%ld", w->communications);
    enum err e = OK;
    db_begin(c->db, c->tenant_id);
    if (blob) {
        blob->content_type = "application/gzip";
        e = blob_keep(c, blob);
    }
    if (e == OK && blob)
        e = db_query(c->db, c->arena, archive_anew, &rows, .id = w->how->archive_id,
                     .before = row_text(old, 0, "sha256"), .outdated = row_text(old, 0, "outdated"),
                     .sha256 = sha256, .size = size, .communications = communications,
                     .files = arena_printf(c->arena, "%ld", w->files));
    else if (e == OK)
        e = db_query(c->db, c->arena, archive_removed, &rows, .id = w->how->archive_id,
                     .before = row_text(old, 0, "sha256"));
    if (e == OK && rows_count(rows) == 0)
        e = ERR_RETRY;
    if (e == OK && w->how->erasure_id)
        e = db_query(c->db, c->arena, erasure_note, NULL, .id = w->how->erasure_id,
                     .what = "archives");
    if (e == OK)
        e = audit_add(c, blob ? "archive.written_anew" : "archive.removed", "archive",
                      w->how->archive_id,
                      told(c, row_text(old, 0, "sha256"), row_text(old, 0, "size"),
                           row_text(old, 0, "communications")),
                      blob ? told(c, sha256, size, communications) : NULL);
    return db_end(c->db, e);
}

static enum err nothing_goes(const struct rewriting *w, const PGresult *old)
{
    struct ctx *c = w->c;
    if (row_int(old, 0, "outdated") == 0)
        return OK;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db,
                  db_query(c->db, c->arena, archive_looked_at, NULL, .id = w->how->archive_id,
                           .outdated = row_text(old, 0, "outdated")));
}

static enum err write_rest(struct rewriting *w, const PGresult *old)
{
    struct blob blob;
    enum err e = bundle_begin(w->c, &w->to);
    if (e == OK)
        e = pass(w, row_text(old, 0, "sha256"));
    if (e == OK)
        e = bundle_end(w->to, &blob);
    return e == OK ? keep(w, old, &blob) : e;
}

enum err bundle_anew(struct ctx *c, struct job *j, const struct anew *how)
{
    PGresult *old;
    struct rewriting w = { .c = c, .j = j, .how = how };
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, archive_get, &old, .id = how->archive_id));
    if (e != OK || rows_count(old) == 0)
        return e;
    const char *sha256 = row_text(old, 0, "sha256");
    e = pass(&w, sha256);
    if (e == ERR_INVALID) {
        log_error("archive_unreadable", "archive", how->archive_id, "sha256", sha256, NULL);
        if (!how->erasure_id)
            return OK;
        w.communications = w.files = 0;
        return keep(&w, old, NULL);
    }
    if (e == ERR_NOT_FOUND) {
        log_warn("archive_file_missing", "archive", how->archive_id, "sha256", sha256, NULL);
        return nothing_goes(&w, old);
    }
    if (e != OK || w.gone == 0)
        return e == OK ? nothing_goes(&w, old) : e;
    return w.communications ? write_rest(&w, old) : keep(&w, old, NULL);
}

enum err bundles_catch_up(struct ctx *c, struct job *j)
{
    PGresult *rows;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_run(c->db, c->arena, &sql_archives_outdated, NULL, &rows));
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = bundle_anew(c, j,
                        &(struct anew){ .archive_id = row_text(rows, i, "id"),
                                        .forgotten = "[]",
                                        .addresses = nobody });
    return e;
}
