/* Rows as JSON arrays of a thousand, each array the one parameter of set-based statements. */
#include "import/write.h"

#include "base/json.h"
#include "db/db.h"
#include "import/import.sql.h"
#include "track/building.h"
#include "track/run.h"

#include <inttypes.h>

enum { CHUNK = 1000, CHUNK_ARENA = 256 * 1024 * 1024 };

struct import_writer {
    struct ctx *c;
    const char *import_id;
    const struct import_watch *watch;
    struct arena *chunk; /* of the rows at hand and of what the database answers */
    struct buf rows;
    int n;
    bool files;
    int64_t asked, added, attached;
    struct json_object *batches; /* by id */
};

static void free_arena(void *arena)
{
    arena_free(arena);
}

struct import_writer *import_writer_new(struct ctx *c, const char *import_id,
                                        const struct import_watch *watch)
{
    struct import_writer *w = arena_new_of(c->arena, struct import_writer);
    w->c = c;
    w->import_id = import_id;
    w->watch = watch;
    w->chunk = arena_new(CHUNK_ARENA);
    arena_defer(c->arena, free_arena, w->chunk);
    w->rows = buf_in(w->chunk);
    w->batches = json_own(c->arena, json_object_new_object());
    return w;
}

/* ---- a row as JSON ---- */

/* A member; an empty text is left out and so becomes null. Checked rows hold no control characters.
 */
static void put(struct buf *b, const char *key, const char *text)
{
    if (!*text)
        return;
    buf_printf(b, ",\"%s\":\"", key);
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\"\\");
        buf_put(b, p, n);
        p += n;
        if (*p)
            buf_put(b, (char[]){ '\\', *p++ }, 2);
    }
    buf_putc(b, '"');
}

static const struct {
    const char *key;
    enum import_field field;
} members[] = {
    { "code", COLUMN_BUILDING_CODE },  { "name", COLUMN_BUILDING_NAME },
    { "unit", COLUMN_UNIT_NUMBER },    { "recipient", COLUMN_RECIPIENT_NAME },
    { "email", COLUMN_EMAIL },         { "phone", COLUMN_PHONE },
    { "street", COLUMN_STREET },       { "postal", COLUMN_POSTAL_CODE },
    { "city", COLUMN_CITY },           { "country", COLUMN_COUNTRY },
    { "language", COLUMN_LANGUAGE },   { "subject", COLUMN_SUBJECT },
    { "currency", COLUMN_CURRENCY },   { "due", COLUMN_DUE_DATE },
    { "reference", COLUMN_REFERENCE }, { "hint", COLUMN_RETENTION_HINT },
    { "template", COLUMN_TEMPLATE },
};

static void put_row(struct buf *b, const struct import_row *row, int channel,
                    const struct attachment *file)
{
    buf_printf(b, "%c{\"channel\":\"%s\",\"year\":%d", b->n ? ',' : '[', channel_name(channel),
               row->year);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        put(b, members[i].key, row->text[members[i].field]);
    if (row->has_amount)
        buf_printf(b, ",\"amount\":%" PRId64, row->amount_minor);
    if (file) {
        const char *slash = strrchr(file->name, '/');
        put(b, "file", slash ? slash + 1 : file->name);
        put(b, "sha256", file->blob.sha256);
    }
    buf_putc(b, '}');
}

/* ---- a chunk ---- */

/* A batch as the result tells of it: longer than the chunk it was first met in. */
static struct json_object *batch_of(const PGresult *rows, int i)
{
    struct json_object *one = json_object_new_object();
    json_set_text(one, "batchId", row_text(rows, i, "batchId"));
    json_set_text(one, "buildingId", row_text(rows, i, "buildingId"));
    json_set_text(one, "buildingCode", row_text(rows, i, "buildingCode"));
    json_set_text(one, "buildingName", row_text(rows, i, "buildingName"));
    json_set_int(one, "year", row_int(rows, i, "year"));
    json_set_int(one, "added", row_int(rows, i, "added"));
    return one;
}

static void add_batch(struct import_writer *w, const PGresult *rows, int i)
{
    const char *id = row_text(rows, i, "batchId");
    int64_t added = row_int(rows, i, "added");
    struct json_object *one = json_get(w->batches, id);
    w->added += added;
    if (!one) {
        one = batch_of(rows, i);
        json_object_object_add(w->batches, id, one);
    } else {
        json_set_int(one, "added", json_object_get_int64(json_get(one, "added")) + added);
    }
}

static enum err write_files(struct import_writer *w)
{
    PGresult *rows;
    enum err e = db_query(w->c->db, w->chunk, import_attachments, &rows, .rows = w->rows.p);
    if (e == OK)
        w->attached += row_int(rows, 0, "added");
    return e;
}

static enum err write_chunk(struct import_writer *w)
{
    struct ctx *c = w->c;
    PGresult *rows;
    buf_putc(&w->rows, ']');
    enum err e = buildings_upsert(c, w->chunk, w->rows.p);
    if (e == OK)
        e = db_query(c->db, w->chunk, import_batches, NULL, .rows = w->rows.p,
                     .import_id = w->import_id);
    if (e == OK)
        e = db_query(c->db, w->chunk, import_communications, &rows, .rows = w->rows.p);
    if (e != OK)
        return e;
    for (int i = 0; i < rows_count(rows); i++)
        add_batch(w, rows, i);
    if (w->files)
        e = write_files(w);
    if (e == OK)
        e = db_run(c->db, w->chunk, &sql_import_count_tables, NULL, NULL);
    arena_reset(w->chunk);
    w->rows = buf_in(w->chunk);
    w->n = 0;
    w->files = false;
    return e == OK && w->watch ? w->watch->look(w->watch->to, w->asked) : e;
}

enum err import_write(void *writer, const struct import_row *row, const struct attachment *file)
{
    struct import_writer *w = writer;
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        if (!(row->channels & 1u << i))
            continue;
        put_row(&w->rows, row, i, file);
        w->files = w->files || file;
        w->asked++;
        w->n++;
    }
    return w->n < CHUNK ? OK : write_chunk(w);
}

/* ---- the end ---- */

static enum err reopen(struct import_writer *w)
{
    struct buf ids = buf_in(w->c->arena);
    json_object_object_foreach(w->batches, id, one)
    {
        if (json_object_get_int64(json_get(one, "added")))
            buf_printf(&ids, "%c%s", ids.n ? ',' : '{', id);
    }
    if (!ids.n)
        return OK;
    buf_putc(&ids, '}');
    return db_query(w->c->db, w->c->arena, import_reopen, NULL, .ids = ids.p);
}

/* Files that came are looked into, for the checks of their runs. */
static enum err check_files(struct import_writer *w)
{
    struct buf ids = buf_in(w->c->arena);
    json_object_object_foreach(w->batches, id, one)
    {
        (void)one;
        buf_printf(&ids, "%c%s", ids.n ? ',' : '{', id);
    }
    if (!w->attached || !ids.n)
        return OK;
    buf_putc(&ids, '}');
    return runs_check_files(w->c, ids.p);
}

enum err import_write_end(struct import_writer *w, struct json_object **result)
{
    enum err e = w->n ? write_chunk(w) : OK;
    if (e == OK)
        e = reopen(w);
    if (e == OK)
        e = check_files(w);
    if (e != OK)
        return e;
    struct json_object *o = json_own(w->c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    json_object_object_foreach(w->batches, id, one)
    {
        (void)id;
        json_object_array_add(list, json_object_get(one));
    }
    json_set_int(o, "communications", w->added);
    json_set_int(o, "alreadyThere", w->asked - w->added);
    json_set_int(o, "attachments", w->attached);
    json_set(o, "batches", list);
    *result = o;
    return OK;
}
