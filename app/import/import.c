/* Keeps imports: previews files of the store, and commits them. */
#include "import/import.h"

#include "access/access.h"
#include "base/json.h"
#include "channels/message.h"
#include "import/correction.h"
#include "import/import.sql.h"
#include "import/kept.h"
#include "import/write.h"
#include "jobs/jobs.h"
#include "store/keep.h"

const char *const import_states[] = { "PREVIEWED", "QUEUED", "IMPORTING",
                                      "COMMITTED", "FAILED", NULL };

/* ---- previews ---- */

static enum err list_attachments(struct ctx *c, const struct attachments_from *from,
                                 struct attachments *out)
{
    const char *why = NULL;
    enum err e = attachments_list(c->arena, from, out, &why);
    return e == ERR_INVALID ? ctx_fault(c, "attachments", "%s", why) : e;
}

enum err import_preview(struct ctx *c, const struct import_options *options,
                        const struct import_source *source, struct json_object **preview)
{
    struct attachments files;
    struct import_options with = *options;
    with.messages = message_kinds(c);
    enum err e = list_attachments(c, &source->attachments, &files);
    return e ? e : import_scan(c->arena, &with, &source->csv, &files, NULL, NULL, preview);
}

static enum err open_kept(struct ctx *c, const char *file, const char *attachments,
                          struct import_source *out)
{
    *out = (struct import_source){ .csv = { .mapped = true } };
    enum err e = store_get(c->app->store, c->arena, file, &out->csv.bytes);
    if (e == OK && attachments)
        e = store_get(c->app->store, c->arena, attachments, &out->attachments.zip);
    if (e == ERR_NOT_FOUND)
        return ctx_refuse(c, ERR_INVALID, "The uploaded file is gone: upload it again.");
    return e;
}

/* ---- settings ---- */

static const char *settings_text(struct ctx *c, const struct import_options *options)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct json_object *mapping = json_object_new_object();
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        if (options->choice.column[f])
            json_set_text(mapping, import_field_kinds[f].key, options->choice.column[f]);
    }
    if (options->year)
        json_set_int(o, "year", options->year);
    json_set(o, "mapping", mapping);
    return json_compact(c->arena, o);
}

static void list_corrections(struct ctx *c, struct json_object *import, struct import_options *o)
{
    struct json_object *list = json_get(import, "corrections");
    o->correction_count = json_object_array_length(list);
    o->corrections = arena_zalloc(c->arena, o->correction_count + 1, sizeof(*o->corrections));
    for (size_t i = 0; i < o->correction_count; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        o->corrections[i] = (struct import_correction){
            .line = (long)json_object_get_int64(json_get(one, "line")),
            .column = json_text(one, "column"),
            .value = json_text(one, "value"),
        };
    }
}

struct import_options import_options_of(struct ctx *c, struct json_object *import)
{
    struct json_object *settings = json_get(import, "settings");
    struct json_object *mapping = json_get(settings, "mapping");
    struct import_options o = { .file_name = json_text(import, "fileName") };
    o.year = json_object_get_int(json_get(settings, "year"));
    for (int f = 0; f < IMPORT_FIELDS; f++)
        o.choice.column[f] = json_text(mapping, import_field_kinds[f].key);
    list_corrections(c, import, &o);
    return o;
}

/* ---- keeping ---- */

static enum err keep_files(struct ctx *c, const char *file, const char *attachments)
{
    struct blob blob;
    enum err e = store_find(c->app->store, c->arena, file, &blob);
    if (e == OK)
        e = blob_keep(c, &blob);
    if (e == OK && attachments &&
        (e = store_find(c->app->store, c->arena, attachments, &blob)) == OK)
        e = blob_keep(c, &blob);
    return e;
}

enum err import_add(struct ctx *c, const struct import_new *n, const char **id)
{
    struct import_source source;
    struct json_object *preview;
    PGresult *rows;
    enum err e = open_kept(c, n->file_sha256, n->attachments_sha256, &source);
    if (e == OK)
        e = import_preview(c, &n->options, &source, &preview);
    if (e == OK)
        e = keep_files(c, n->file_sha256, n->attachments_sha256);
    if (e == OK)
        e = db_query(c->db, c->arena, import_insert, &rows, .file_name = n->options.file_name,
                     .file_sha256 = n->file_sha256, .attachments_sha256 = n->attachments_sha256,
                     .settings = settings_text(c, &n->options),
                     .preview = json_compact(c->arena, preview), .created_by = c->actor.id,
                     .created_by_name = c->actor.name);
    if (e == OK)
        *id = row_text(rows, 0, "id");
    return e;
}

enum err import_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, import_get, &rows, .id = id);
    if (e != OK)
        return e == ERR_INVALID ? ERR_NOT_FOUND : e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    struct json_object *corrections, *import = row_json(c->arena, rows, 0);
    e = import_corrections(c, id, &corrections);
    if (e != OK)
        return e;
    json_set(import, "corrections", json_object_get(corrections));
    *out = import;
    return OK;
}

enum err import_progress(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, import_progress, &rows, .id = id);
    if (e != OK)
        return e == ERR_INVALID ? ERR_NOT_FOUND : e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = row_json(c->arena, rows, 0);
    return OK;
}

enum err import_list(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_import_list, NULL, &rows);
    if (e == OK)
        *out = rows_json(c->arena, rows);
    return e;
}

static enum err not_open(struct ctx *c, const char *state)
{
    return ctx_refuse(c, ERR_CONFLICT,
                      strcmp(state, "COMMITTED") == 0 ? "This import was committed already."
                                                      : "This import is under way.");
}

enum err import_open(struct ctx *c, const char *id, struct json_object **import)
{
    enum err e = db_query(c->db, c->arena, import_lock, NULL, .id = id);
    if (e != OK)
        return e == ERR_INVALID ? ERR_NOT_FOUND : e;
    struct json_object *found;
    e = import_get(c, id, &found);
    if (e != OK)
        return e;
    const char *state = json_text(found, "state");
    if (strcmp(state, "PREVIEWED") != 0 && strcmp(state, "FAILED") != 0)
        return not_open(c, state);
    *import = found;
    return OK;
}

enum err import_read_again(struct ctx *c, struct json_object *import,
                           const struct import_options *options)
{
    struct json_object *preview;
    struct import_source source;
    enum err e = open_kept(c, json_text(import, "fileSha256"),
                           json_text(import, "attachmentsSha256"), &source);
    if (e == OK)
        e = import_preview(c, options, &source, &preview);
    return e ? e
             : db_query(c->db, c->arena, import_update, NULL, .id = json_text(import, "id"),
                        .settings = settings_text(c, options),
                        .preview = json_compact(c->arena, preview));
}

enum err import_change(struct ctx *c, const char *id, const struct import_options *options)
{
    struct json_object *import = NULL;
    enum err e = import_open(c, id, &import);
    if (e != OK)
        return e;
    struct import_options with = import_options_of(c, import);
    with.year = options->year;
    with.choice = options->choice;
    return import_read_again(c, import, &with);
}

/* ---- committing ---- */

/* Nothing may be wrong, or only rows that are left out by wish. */
static enum err check_mode(struct ctx *c, struct json_object *preview, bool good_rows_only)
{
    long errors = (long)json_object_get_int64(json_get(preview, "errorCount"));
    if (json_object_get_boolean(json_get(preview, "askColumns")))
        return ctx_refuse(c, ERR_INVALID, "Some columns are not known: say what each one holds.");
    if (!json_object_get_boolean(json_get(preview, "ready")))
        return ctx_refuse(c, ERR_INVALID, "The file cannot be read: see its errors.");
    if (errors && !good_rows_only)
        return ctx_refuse(
            c, ERR_INVALID,
            "The file has %ld error%s: correct what is wrong, or import the good rows only.",
            errors, errors == 1 ? "" : "s");
    if (!json_object_get_int64(json_get(preview, "goodRows")))
        return ctx_refuse(c, ERR_INVALID, "The file has no good row.");
    return OK;
}

static enum err enqueue(struct ctx *c, const char *id, bool good_rows_only)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    struct json_object *what = json_own(c->arena, json_object_new_object());
    json_set_text(args, "importId", id);
    json_set_bool(args, "goodRowsOnly", good_rows_only);
    json_set_bool(what, "goodRowsOnly", good_rows_only);
    const struct job_new job = {
        .kind = "track.import", .args = args, .unique_key = id, .priority = 1
    };
    enum err e = job_add(c, &job, NULL);
    return e ? e : audit_add(c, "import.commit", "import", id, NULL, what);
}

enum err import_queue(struct ctx *c, const char *id, bool good_rows_only)
{
    struct json_object *import;
    PGresult *rows;
    enum err e = import_get(c, id, &import);
    if (e == OK)
        e = db_query(c->db, c->arena, import_queue, &rows, .id = id);
    if (e == OK && !rows_count(rows))
        e = not_open(c, json_text(import, "state"));
    if (e == OK)
        e = check_mode(c, json_get(import, "preview"), good_rows_only);
    return e ? e : enqueue(c, json_text(import, "id"), good_rows_only);
}

struct committing {
    struct ctx *c;
    const char *id;
    const struct import_how *how;
    struct import_options options;
    struct import_source source;
    struct attachments files;
    struct json_object *blobs; /* of the files */
};

/* import_take of the reading that only checks. */
static enum err look(void *to, const struct import_row *row, const struct attachment *file)
{
    const struct import_watch *watch = to;
    (void)row, (void)file;
    return watch->look(watch->to, 0);
}

static void list_blob(struct json_object *list, const struct blob *blob)
{
    struct json_object *one = json_object_new_object();
    json_set_text(one, "sha256", blob->sha256);
    json_set_int(one, "size", (int64_t)blob->size);
    json_set_text(one, "type", blob->content_type);
    json_object_array_add(list, one);
}

static enum err keep_attachments(struct committing *k)
{
    struct ctx *c = k->c;
    struct attachments *files = &k->files;
    const char *why = NULL;
    enum err e = attachments_store(c->arena, &k->source.attachments, files, c->app->store,
                                   k->how->watch, &why);
    if (e != OK)
        return e == ERR_INVALID ? ctx_fault(c, "attachments", "%s", why) : e;
    k->blobs = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < files->n; i++) {
        if (*files->at[i].blob.sha256)
            list_blob(k->blobs, &files->at[i].blob);
    }
    return files->n ? blobs_note(c, k->blobs) : OK;
}

/* Two at once would wait for each other's rows, in the order of two files. */
static enum err be_alone(struct ctx *c)
{
    PGresult *row;
    enum err e = db_run(c->db, c->arena, &sql_import_alone, NULL, &row);
    if (e == OK && !row_bool(row, 0, "alone"))
        return ctx_refuse(c, ERR_LIMITED, "Another import is being committed.");
    return e;
}

static enum err write_rows(struct committing *k, struct json_object **result)
{
    struct ctx *c = k->c;
    struct import_writer *w = import_writer_new(c, k->id, k->how->watch);
    struct json_object *again;
    enum err e = be_alone(c);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_import_plans, NULL, NULL);
    if (e == OK)
        e = import_scan(c->arena, &k->options, &k->source.csv, &k->files, import_write, w, &again);
    return e ? e : import_write_end(w, result);
}

static enum err finish(const struct committing *k, struct json_object *preview,
                       struct json_object *result)
{
    struct ctx *c = k->c;
    PGresult *rows;
    int64_t added = json_object_get_int64(json_get(result, "communications"));
    enum err e = db_query(c->db, c->arena, import_finish, &rows, .id = k->id,
                          .state = k->how->watch ? "IMPORTING" : "PREVIEWED",
                          .communications = arena_printf(c->arena, "%lld", (long long)added),
                          .preview = json_compact(c->arena, preview),
                          .result = json_compact(c->arena, result));
    if (e == OK && !rows_count(rows))
        return not_open(c, "");
    if (e != OK)
        return e;
    return audit_add(c, k->how->watch ? "import.done" : "import.commit", "import", k->id, NULL,
                     result);
}

static enum err commit_source(struct committing *k)
{
    struct ctx *c = k->c;
    const struct import_watch *watch = k->how->watch;
    struct json_object *preview, *result;
    enum err e = list_attachments(c, &k->source.attachments, &k->files);
    if (e == OK)
        e = import_scan(c->arena, &k->options, &k->source.csv, &k->files, watch ? look : NULL,
                        (void *)(uintptr_t)watch, &preview);
    if (e == OK)
        e = check_mode(c, preview, k->how->good_rows_only);
    if (e == OK)
        e = keep_attachments(k);
    if (e == OK)
        e = write_rows(k, &result);
    if (e == OK)
        e = finish(k, preview, result);
    return e == OK && k->files.n ? blobs_hold(c, k->blobs) : e;
}

enum err import_commit(struct ctx *c, const char *id, const struct import_how *how)
{
    struct json_object *import;
    struct committing k = { .c = c, .id = id, .how = how };
    enum err e = import_get(c, id, &import);
    if (e != OK)
        return e;
    const char *state = json_text(import, "state");
    if (strcmp(state, how->watch ? "IMPORTING" : "PREVIEWED") != 0)
        return not_open(c, state);
    e = open_kept(c, json_text(import, "fileSha256"), json_text(import, "attachmentsSha256"),
                  &k.source);
    if (e != OK)
        return e;
    if (how->from)
        k.source.attachments = *how->from;
    k.options = import_options_of(c, import);
    k.options.messages = message_kinds(c);
    return commit_source(&k);
}
