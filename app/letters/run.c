/* Print runs: made of letters that are ready, shown, cancelled. */
#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "base/uuid.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/run.sql.h"
#include "paper/print_file.h"
#include "track/letter_settings.h"
#include "web/cursor.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_RUNS 50
#define PAGE_PIECES 100

const char *const print_run_states[] = { "MAKING", "READY",  "PRINTED",   "LODGED",
                                         "CLOSED", "FAILED", "CANCELLED", NULL };
const char *const print_run_orders[] = { "walk", "postcode", NULL };
const char *const print_separators[] = { "building", "none", NULL };

#define INT(n) arena_printf(c->arena, "%ld", (long)(n))
#define ACTOR .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id

/* ---- making one ---- */

/* "{id,id}"; *count of them, each once. NULL where none are named. */
static enum err ids_text(struct ctx *c, const char **ids, const char **out, long *count)
{
    struct buf b = buf_in(c->arena);
    *out = NULL;
    *count = 0;
    if (!ids || !ids[0])
        return OK;
    for (; *ids; ids++) {
        if (!uuid_valid(*ids))
            return ctx_fault(c, "ids", "holds something other than UUIDs");
        if (b.n && strstr(b.p, *ids))
            continue;
        buf_printf(&b, "%c%s", b.n ? ',' : '{', *ids);
        ++*count;
    }
    buf_putc(&b, '}');
    *out = b.p;
    return OK;
}

static enum err check_labels(struct ctx *c, const char *layout, long start)
{
    const struct label_sheet *sheet = label_sheet_of(layout);
    long labels = (long)sheet->columns * sheet->rows;
    return start <= labels ? OK : ctx_fault(c, "labelStart", "must be from 1 to %ld", labels);
}

static enum err make_job(struct ctx *c, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "runId", id);
    const struct job_new n = { .kind = "letters.make_run", .args = args, .unique_key = id };
    return job_add(c, &n, NULL);
}

static enum err audit_run(struct ctx *c, const char *action, const char *id, const char *key,
                          struct json_object *value)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set(after, key, value);
    return audit_add(c, action, "print_run", id, NULL, after);
}

enum err print_run_add(struct ctx *c, const struct print_run_new *n, const char **id)
{
    PGresult *row;
    const char *ids;
    const char *layout = n->label_layout ? n->label_layout : print_labels[0];
    long asked, start = n->label_start ? n->label_start : 1;
    enum err e = ids_text(c, n->ids, &ids, &asked);
    if (e == OK)
        e = check_labels(c, layout, start);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_run_lock, NULL, NULL);
    if (e == OK)
        e = db_query(c->db, c->arena, run_add, &row, .building_id = n->building,
                     .batch_id = n->batch, .year = n->year ? INT(n->year) : NULL, .ids = ids, ACTOR,
                     .most = INT(PRINT_RUN_MAX), .sorted = n->order ? n->order : "walk",
                     .separators = n->separators ? n->separators : "building",
                     .label_layout = layout, .label_start = INT(start),
                     .actor_name = c->actor.name);
    if (e != OK)
        return e;
    long taken = rows_count(row) ? (long)row_int(row, 0, "pieces") : 0;
    if (ids && taken < asked)
        return ctx_fault(c, "ids", "%ld of %ld are not ready to be printed, or in a run already",
                         asked - taken, asked);
    if (!taken)
        return ctx_refuse(c, ERR_CONFLICT, "No letter is waiting to be printed there.");
    *id = row_text(row, 0, "id");
    e = make_job(c, *id);
    return e == OK ? audit_run(c, "print_run.add", *id, "letters", json_object_new_int64(taken))
                   : e;
}

enum err print_run_cancel(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, run_hold, &row, .run_id = id, ACTOR);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    const char *state = row_text(row, 0, "state");
    if (strcmp(state, "MAKING") != 0 && strcmp(state, "READY") != 0 && strcmp(state, "FAILED") != 0)
        return ctx_refuse(c, ERR_CONFLICT, "Only a run that was not printed can be cancelled.");
    e = db_query(c->db, c->arena, run_cancel, NULL, .run_id = id);
    return e == OK ? audit_run(c, "print_run.cancel", id, "state", json_text_new("CANCELLED")) : e;
}

/* ---- documents ---- */

static struct json_object *run_document(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *d = row_json(c->arena, rows, i);
    bool made = row_text(rows, i, "printSha256") != NULL;
    const char *id = row_text(rows, i, "runId");
    json_set_text(d, "printHref",
                  made ? arena_printf(c->arena, "/api/track/print-runs/%s/print", id) : NULL);
    json_set_text(d, "scanHref",
                  row_text(rows, i, "scanSha256")
                      ? arena_printf(c->arena, "/api/track/print-runs/%s/scan", id)
                      : NULL);
    return d;
}

static const char *steps_text(struct ctx *c)
{
    struct buf b = buf_in(c->arena);
    buf_puts(&b, "{0");
    for (int i = 0; i < LETTER_STEPS; i++)
        buf_printf(&b, ",%d", letter_steps[i]);
    buf_putc(&b, '}');
    return b.p;
}

/* What the post will ask, where every price is known. */
static enum err add_postage(struct ctx *c, const char *id, struct json_object *d)
{
    PGresult *rows;
    const struct letter_settings *s;
    long long total = 0;
    bool known = true;
    enum err e = letter_settings_load(c, &s);
    if (e == OK)
        e = db_query(c->db, c->arena, run_weights, &rows, .run_id = id, .steps = steps_text(c));
    if (e != OK)
        return e;
    for (int i = 0; i < rows_count(rows); i++) {
        bool registered = strcmp(row_text(rows, i, "class"), "LETTER_WITH_RECEIPT") == 0;
        long price = letter_price(s, registered, strtod(row_text(rows, i, "grams"), NULL));
        known = known && price >= 0;
        total += price * row_int(rows, i, "n");
    }
    json_set(d, "postageMinor", known ? json_object_new_int64(total) : NULL);
    json_set_text(d, "currency", known ? s->currency : NULL);
    return OK;
}

enum err print_run_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, run_list, &rows, .run_id = id, ACTOR);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = run_document(c, rows, 0);
    return add_postage(c, id, *out);
}

static const char *next_runs(struct ctx *c, const struct print_run_query *q, const PGresult *rows,
                             int n)
{
    const char *const last[] = { row_text(rows, n - 1, "_at"), row_text(rows, n - 1, "runId") };
    struct buf b = buf_in(c->arena);
    const char *cursor = cursor_make(c, "print-runs", 2, last);
    buf_puts(&b, "after=");
    buf_url(&b, cursor, strlen(cursor));
    if (q->building)
        buf_printf(&b, "&building=%s", q->building);
    if (q->year)
        buf_printf(&b, "&year=%ld", q->year);
    return b.p;
}

enum err print_run_list(struct ctx *c, const struct print_run_query *q, struct json_object **out)
{
    PGresult *rows;
    const char *at[2];
    enum err e = cursor_read(c, "print-runs", q->after, 2, at);
    if (e == OK)
        e = db_query(c->db, c->arena, run_list, &rows, .building_id = q->building,
                     .year = q->year ? INT(q->year) : NULL, .before_at = at[0], .before_id = at[1],
                     ACTOR);
    if (e != OK)
        return e;
    int n = rows_count(rows) > PAGE_RUNS ? PAGE_RUNS : rows_count(rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, json_object_get(run_document(c, rows, i)));
    json_set(d, "runs", list);
    json_set_text(d, "next",
                  rows_count(rows) > n
                      ? arena_printf(c->arena, "/api/track/print-runs?%s", next_runs(c, q, rows, n))
                      : NULL);
    *out = d;
    return OK;
}

static struct json_object *piece(struct ctx *c, const PGresult *rows, int i)
{
    char code[LETTER_CODE_LENGTH + 1] = "";
    struct json_object *d = row_json(c->arena, rows, i);
    if (letter_code_write(row_text(rows, i, "communicationId"), code))
        json_set_text(d, "code", code);
    return d;
}

enum err print_run_pieces(struct ctx *c, const char *id, long after, struct json_object **out)
{
    PGresult *run, *rows;
    enum err e = db_query(c->db, c->arena, run_list, &run, .run_id = id, ACTOR);
    if (e == OK && rows_count(run) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, run_pieces, &rows, .run_id = id, .after = INT(after),
                     .most = INT(PAGE_PIECES + 1));
    if (e != OK)
        return e;
    int n = rows_count(rows) > PAGE_PIECES ? PAGE_PIECES : rows_count(rows);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        json_object_array_add(list, json_object_get(piece(c, rows, i)));
    json_set(d, "pieces", list);
    json_set_text(d, "next",
                  rows_count(rows) > n
                      ? arena_printf(c->arena, "/api/track/print-runs/%s/pieces?after=%s", id,
                                     row_text(rows, n - 1, "seq"))
                      : NULL);
    *out = d;
    return OK;
}

enum err letters_ready(struct ctx *c, const char *building, long year, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, run_ready, &rows, .building_id = building,
                          .year = year ? INT(year) : NULL, ACTOR);
    if (e == OK)
        *out = rows_json(c->arena, rows);
    return e;
}
