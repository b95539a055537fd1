/* Making a pack: what is known of one communication, read at one place and written file by file. */
#include "evidence/pack.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "evidence/evidence.h"
#include "evidence/evidence.sql.h"
#include "evidence/inclusion.h"
#include "evidence/summary.h"
#include "store/keep.h"
#include "track/communication.h"
#include "track/communication.sql.h"

#include <string.h>

struct pack {
    struct ctx *c;
    struct zip *zip;
    struct day_trees *trees;
    const char *id, *folder;
    PGresult *one, *events, *attempts, *notes, *deliveries, *files, *rooted, *sent;
    struct json_object *inclusion;       /* NULL: under no root yet */
    struct json_object *names, *removed; /* of the manifest */
    struct json_object *listed;          /* of the message */
    struct buf sums;
};

/* ---- what is known ---- */

static enum err ask_rest(struct pack *p)
{
    struct ctx *c = p->c;
    const char *all = actor_all_buildings(c), *who = c->actor.id,
               *upto = row_text(p->one, 0, "_seq");
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, evidence_events, &p->events, .communication_id = p->id,
                          .upto = upto, .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, evidence_rooted, &p->rooted, .communication_id = p->id,
                     .upto = upto, .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, evidence_attempts, &p->attempts, .communication_id = p->id,
                     .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, evidence_notes, &p->notes, .communication_id = p->id,
                     .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, evidence_deliveries, &p->deliveries,
                     .communication_id = p->id, .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, evidence_files, &p->files, .communication_id = p->id,
                     .all_buildings = all, .actor_id = who);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_last_sent, &p->sent, .communication_id = p->id,
                     .all_buildings = all, .actor_id = who);
    enum err flushed = db_flush(c->db);
    return e != OK ? e : flushed;
}

static enum err read(struct pack *p)
{
    struct ctx *c = p->c;
    enum err e = db_query(c->db, c->arena, evidence_message, &p->one, .communication_id = p->id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(p->one) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    p->id = row_text(p->one, 0, "communicationId"); /* however it was asked for */
    e = ask_rest(p);
    return e == OK ? inclusion_find(c, p->trees, p->rooted, &p->inclusion) : e;
}

/* ---- files ---- */

static const char *ending(const char *type)
{
    static const char *const endings[][2] = {
        { "application/pdf", "pdf" }, { "image/jpeg", "jpg" },      { "image/png", "png" },
        { "image/webp", "webp" },     { "message/rfc822", "eml" },  { "text/plain", "txt" },
        { "text/csv", "csv" },        { "application/zip", "zip" },
    };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strncmp(type, endings[i][0], strlen(endings[i][0])) == 0)
            return endings[i][1];
    return "bin";
}

const char *evidence_file_name(struct arena *a, const PGresult *files, int i)
{
    return arena_printf(a, "%s/%s.%s", row_text(files, i, "_folder"), row_text(files, i, "_no"),
                        ending(row_text(files, i, "contentType")));
}

static struct json_object *sum_of(const char *name, const char *sha256_, int64_t size)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "name", name);
    json_set_int(o, "size", size);
    json_set_text(o, "sha256", sha256_);
    return o;
}

static enum err put(struct pack *p, const char *name, struct str bytes)
{
    unsigned char digest[SHA256_SIZE];
    struct arena *a = p->c->arena;
    sha256(bytes.p, bytes.n, digest);
    const char *text = hex(a, digest, sizeof(digest));
    json_object_array_add(p->names, sum_of(name, text, (int64_t)bytes.n));
    buf_printf(&p->sums, "%s  %s\n", text, name);
    return zip_add(p->zip, arena_printf(a, "%s%s", p->folder, name), bytes);
}

static enum err put_json(struct pack *p, const char *name, struct json_object *value)
{
    struct buf b = buf_in(p->c->arena);
    buf_puts(&b, json_readable(value));
    buf_putc(&b, '\n');
    return put(p, name, buf_str(&b));
}

/* What is not there, its checksum all the same. */
static void miss(struct pack *p, const char *name, int i, const char *why)
{
    struct json_object *o =
        sum_of(name, row_text(p->files, i, "sha256"), row_int(p->files, i, "size"));
    json_set_text(o, "why", why);
    json_object_array_add(p->removed, o);
}

static enum err put_file(struct pack *p, int i)
{
    struct str bytes;
    struct ctx *c = p->c;
    const char *name = evidence_file_name(c->arena, p->files, i);
    struct json_object *o = row_json(c->arena, p->files, i);
    json_set_text(o, "name", name);
    json_object_array_add(p->listed, json_object_get(o));
    if (row_bool(p->files, i, "_gone")) {
        miss(p, name, i, "removed");
        return OK;
    }
    enum err e = store_get(c->app->store, c->arena, row_text(p->files, i, "sha256"), &bytes);
    if (e == ERR_NOT_FOUND) {
        log_warn("evidence_file_missing", "sha256", row_text(p->files, i, "sha256"), NULL);
        miss(p, name, i, "missing");
        return OK;
    }
    return e == OK ? put(p, name, bytes) : e;
}

/* ---- the text, where what went out was not kept ---- */

/* Its digest is of the words, not of a file. */
static void miss_text(struct pack *p, const char *digest)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "name", "content");
    json_set_text(o, "digest", digest);
    json_set_text(o, "why", "removed");
    json_object_array_add(p->removed, o);
}

static enum err put_text(struct pack *p, struct json_object *message)
{
    struct communication_text t;
    enum err e = communication_text(p->c, p->id, true, &t);
    if (e != OK)
        return e;
    const char *sent = rows_count(p->sent) ? row_text(p->sent, 0, "digest") : NULL;
    struct json_object *o = json_object_new_object();
    json_set_text(o, "source", t.source);
    json_set_text(o, "sentence", t.sentence);
    json_set_text(o, "digest", t.digest);
    json_set_text(o, "digestSent", sent);
    json_set(o, "readsAsSent",
             t.digest && sent ? json_object_new_boolean(strcmp(t.digest, sent) == 0) : NULL);
    json_set(message, "content", o);
    if (sent && row_text(p->one, 0, "_removed"))
        miss_text(p, sent);
    bool written = strcmp(t.source, "rendered") == 0;
    if (written && t.text.p)
        e = put(p, "content/rendered.txt", t.text);
    if (e == OK && written && t.html.p)
        e = put(p, "content/rendered.html", t.html);
    return e;
}

static bool holds(const struct pack *p, const char *sha256_)
{
    for (size_t i = 0; i < json_object_array_length(p->names); i++)
        if (strcmp(json_text(json_object_array_get_idx(p->names, i), "sha256"), sha256_) == 0)
            return true;
    return false;
}

/* Which mail went out, and whether a file of the pack is it, byte for byte. */
static void tell_mail(const struct pack *p, struct json_object *message)
{
    const char *mail = rows_count(p->sent) ? row_text(p->sent, 0, "mail") : NULL;
    if (!mail)
        return;
    struct json_object *o = json_get(message, "content");
    json_set_text(o, "mailSha256", mail);
    json_set_int(o, "mailBytes", row_int(p->sent, 0, "mail_bytes"));
    json_set_bool(o, "mailIsHere", holds(p, mail));
}

/* ---- documents ---- */

static enum err put_message(struct pack *p)
{
    struct arena *a = p->c->arena;
    struct json_object *message = row_json(a, p->one, 0);
    enum err e = put_text(p, message);
    for (int i = 0; e == OK && i < rows_count(p->files); i++)
        e = put_file(p, i);
    if (e != OK)
        return e;
    tell_mail(p, message);
    json_set(message, "earlierAttempts", json_object_get(rows_json(a, p->attempts)));
    json_set(message, "notes", json_object_get(rows_json(a, p->notes)));
    json_set(message, "deliveries", json_object_get(rows_json(a, p->deliveries)));
    json_set(message, "files", json_object_get(p->listed));
    return put_json(p, "message.json", message);
}

static enum err put_timeline(struct pack *p)
{
    struct buf lines = buf_in(p->c->arena);
    for (int i = 0; i < rows_count(p->events); i++) {
        buf_putc(&lines, '{');
        row_write(&lines, p->events, i);
        buf_puts(&lines, "}\n");
    }
    return put(p, "timeline.jsonl", buf_str(&lines));
}

static enum err put_summary(struct pack *p)
{
    struct str pdf;
    const struct summary s = { .one = p->one,
                               .events = p->events,
                               .attempts = p->attempts,
                               .files = p->files,
                               .root_day = p->inclusion ? json_text(p->inclusion, "day") : NULL,
                               .root = p->inclusion ? json_text(p->inclusion, "root") : NULL };
    enum err e = summary_write(p->c, &s, &pdf);
    return e == OK ? put(p, "summary.pdf", pdf) : e;
}

static struct json_object *manifest_of(const struct pack *p)
{
    struct json_object *d = json_own(p->c->arena, json_object_new_object());
    struct json_object *chain = json_object_new_object();
    json_set_int(chain, "events", row_int(p->one, 0, "_seq"));
    json_set_text(chain, "head", row_text(p->one, 0, "_head"));
    json_set_text(d, "format", EVIDENCE_FORMAT);
    json_set_text(d, "communicationId", p->id);
    json_set(d, "chain", chain);
    json_set(d, "inclusion", json_object_get(p->inclusion));
    json_set(d, "files", json_object_get(p->names));
    json_set(d, "removed", json_object_get(p->removed));
    return d;
}

/* The manifest comes last: it names all others. */
static enum err put_manifest(struct pack *p, struct pack_manifest *out)
{
    struct json_object *d = manifest_of(p), *last;
    enum err e = put(p, "SHA256SUMS", buf_str(&p->sums));
    if (e == OK)
        e = put_json(p, "manifest.json", d);
    if (e != OK)
        return e;
    last = json_object_array_get_idx(p->names, json_object_array_length(p->names) - 1);
    *out = (struct pack_manifest){ .id = p->id,
                                   .sha256 = json_text(last, "sha256"),
                                   .size = (size_t)json_object_get_int64(json_get(last, "size")) };
    return OK;
}

enum err pack_add(struct ctx *c, struct zip *z, struct day_trees *trees, const char *folder,
                  const char *id, struct pack_manifest *out)
{
    struct pack p = { .c = c,
                      .zip = z,
                      .trees = trees,
                      .id = id,
                      .folder = folder,
                      .names = json_own(c->arena, json_object_new_array()),
                      .removed = json_own(c->arena, json_object_new_array()),
                      .listed = json_own(c->arena, json_object_new_array()),
                      .sums = buf_in(c->arena) };
    enum err e = read(&p);
    if (e == OK)
        e = put_summary(&p);
    if (e == OK)
        e = put_timeline(&p);
    if (e == OK)
        e = put_message(&p);
    if (e == OK && !*folder)
        e = put(&p, "README.txt", str_of(evidence_readme(p.c->arena)));
    return e == OK ? put_manifest(&p, out) : e;
}

/* ---- one pack ---- */

enum err evidence_make(struct ctx *c, const char *id, struct blob *out)
{
    struct zip *z;
    struct pack_manifest manifest;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    enum err e = zip_begin(c, &z);
    if (e == OK)
        e = pack_add(c, z, NULL, "", id, &manifest);
    if (e == OK)
        e = zip_finish(z, out);
    if (e == OK)
        e = blob_keep(c, out); /* named by nothing: it goes with what else nothing names */
    if (e != OK)
        return e;
    json_set_text(after, "sha256", out->sha256);
    json_set_text(after, "manifestSha256", manifest.sha256);
    return audit_add(c, "evidence.made", "communication", manifest.id, NULL, after);
}
