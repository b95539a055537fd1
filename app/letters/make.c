/* The job that puts a run's letters together in one file, and the schedule that ends those whose
   job is gone. */
#include "letters/letters.h"

#include "base/json.h"
#include "base/log.h"
#include "db/db.h"
#include "events/events.h"
#include "letters/make.sql.h"
#include "paper/print_file.h"
#include "store/keep.h"
#include "track/letter.h"

#include <string.h>

#define LEASE_SECONDS 900 /* a run of thousands is one call of the engine */
#define TOUCH_EACH 500

struct making {
    struct ctx *c;
    struct job *job; /* NULL: made by hand */
    const char *id;
    bool separators;
    PGresult *pieces;
    const struct letter_settings *settings;
    struct print_merged file;
    size_t *at; /* the number of each letter among the pieces of the file */
};

static enum err load(struct making *m, bool *open)
{
    PGresult *run;
    struct ctx *c = m->c;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, make_begin, &run, .run_id = m->id);
    if (e == OK && (*open = rows_count(run) > 0))
        m->separators = strcmp(row_text(run, 0, "separators"), "building") == 0;
    if (e == OK)
        e = db_query(c->db, c->arena, make_pieces, &m->pieces, .run_id = m->id);
    if (e == OK)
        e = letter_settings_load(c, &m->settings);
    return db_end(c->db, e);
}

/* The lease, and how far it is. */
static enum err tell(struct making *m, int done)
{
    struct ctx *c = m->c;
    enum err e = m->job ? job_touch(m->job) : OK;
    if (e != OK || !m->job)
        return e;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, make_told, NULL, .run_id = m->id,
                                  .done = arena_printf(c->arena, "%d", done)));
}

/* ---- the file ---- */

static bool begins_group(const struct making *m, int i)
{
    const PGresult *p = m->pieces;
    return i == 0 || strcmp(row_text(p, i, "sort_group"), row_text(p, i - 1, "sort_group")) != 0;
}

/* The sheet before the letters of a building, or of a post code. */
static void separate(struct making *m, struct print_file *f, int from)
{
    struct arena *a = m->c->arena;
    const PGresult *p = m->pieces;
    const char *group = row_text(p, from, "sort_group"),
               **lines = arena_zalloc(a, 3, sizeof(*lines));
    bool building = strcmp(group, row_text(p, from, "building")) == 0;
    long long sheets = 0;
    int end = from;
    size_t n = 0;
    for (; end < rows_count(p) && (end == from || !begins_group(m, end)); end++)
        sheets += row_int(p, end, "sheets");
    if (building && *row_text(p, from, "street"))
        lines[n++] = row_text(p, from, "street");
    if (building && *row_text(p, from, "place"))
        lines[n++] = row_text(p, from, "place");
    lines[n++] =
        arena_printf(a, "%d %s, %lld %s", end - from, end - from == 1 ? "letter" : "letters",
                     sheets, sheets == 1 ? "sheet" : "sheets");
    struct print_separator *s = arena_new_of(a, struct print_separator);
    *s = (struct print_separator){ .title = group, .lines = lines, .count = n };
    print_separator(f, s);
}

static enum err add_letter(struct making *m, struct print_file *f, int i)
{
    struct str pdf;
    struct ctx *c = m->c;
    enum err e = store_get(c->app->store, c->arena, row_text(m->pieces, i, "sha256"), &pdf);
    if (e == ERR_NOT_FOUND)
        return ctx_refuse(c, ERR_INVALID, "The letter to %s is not in the store any more.",
                          row_text(m->pieces, i, "recipient_name"));
    if (e != OK)
        return e;
    m->at[i] = print_pdf(f, pdf);
    return i % TOUCH_EACH ? OK : tell(m, i);
}

static enum err put_together(struct making *m)
{
    struct ctx *c = m->c;
    const struct print_options options = { .form = letter_form_named(m->settings->form)->form,
                                           .language = "en",
                                           .duplex = m->settings->duplex };
    struct print_file *f = print_begin(c, &options);
    int n = rows_count(m->pieces);
    enum err e = OK;
    m->at = arena_zalloc(c->arena, (size_t)n + 1, sizeof(*m->at));
    for (int i = 0; e == OK && i < n; i++) {
        if (m->separators && begins_group(m, i))
            separate(m, f, i);
        e = add_letter(m, f, i);
    }
    if (e == OK)
        e = tell(m, n);
    return e == OK ? print_finish(f, &m->file) : e;
}

/* ---- its end ---- */

static enum err keep_pages(struct making *m)
{
    struct ctx *c = m->c;
    struct buf seqs = buf_in(c->arena), pages = buf_in(c->arena);
    for (int i = 0; i < rows_count(m->pieces); i++) {
        buf_printf(&seqs, "%c%s", i ? ',' : '{', row_text(m->pieces, i, "seq"));
        buf_printf(&pages, "%c%d", i ? ',' : '{', m->file.pieces[m->at[i]].page);
    }
    buf_putc(&seqs, '}');
    buf_putc(&pages, '}');
    return db_query(c->db, c->arena, make_pages, NULL, .run_id = m->id, .seqs = seqs.p,
                    .pages = pages.p);
}

static enum err ready(struct making *m, const struct blob *blob)
{
    PGresult *row;
    struct ctx *c = m->c;
    enum err e = blob_keep(c, blob);
    if (e == OK)
        e = db_query(c->db, c->arena, make_ready, &row, .run_id = m->id, .sha256 = blob->sha256,
                     .pages = arena_printf(c->arena, "%d", m->file.pages));
    if (e == OK && rows_count(row) == 1) {
        e = keep_pages(m);
        if (e == OK)
            e = event_emit(c, "print_run.ready", "print_run", m->id, NULL);
    }
    return e == OK && m->job ? job_done(m->job) : e;
}

static enum err make(struct making *m)
{
    struct blob blob;
    struct ctx *c = m->c;
    enum err e = put_together(m);
    if (e == OK)
        e = store_put(c->app->store, c->arena, m->file.bytes, &blob);
    if (e != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, ready(m, &blob));
}

enum err print_run_make(struct ctx *c, const char *id)
{
    struct making m = { .c = c, .id = id };
    bool open = false;
    enum err e = load(&m, &open);
    return e == OK && open ? make(&m) : e;
}

/* What a person is told of a try that failed. */
static const char *reason(const struct ctx *c, enum err e)
{
    if (c->problem.detail)
        return c->problem.detail;
    if (c->problem.n)
        return c->problem.faults[0].message;
    return e == ERR_RETRY || e == ERR_LIMITED ? "The database or the store did not answer."
                                              : "The fault is ours and has been noted.";
}

/* The run after a failed try, and the job: ended where trying again changes nothing. */
static enum err give_back(struct making *m, enum err failed)
{
    struct job *j = m->job;
    struct ctx *c = &j->ctx;
    bool ours = failed == ERR_RETRY || failed == ERR_LIMITED || failed == ERR_INTERNAL;
    bool again = ours && j->attempt < j->max_attempts;
    const char *why = reason(c, failed);
    if (failed == ERR_CONFLICT)
        return job_fail(j, failed, "Another worker has taken it over.");
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, make_give_back, NULL, .run_id = m->id,
                          .state = again ? "MAKING" : "FAILED", .error = why, .job_id = NUM(j->id),
                          .token = NUM(j->token));
    if (e == OK && !ours)
        e = job_done(j);
    e = db_end(c->db, e);
    return e == OK && !ours ? OK : job_fail(j, ours ? failed : e, "%s", why);
}

static enum err make_run(struct job *j)
{
    struct making m = { .c = &j->ctx, .job = j, .id = json_text(j->args, "runId") };
    bool open = false;
    if (!m.id)
        return job_fail(j, ERR_INVALID, "No runId.");
    enum err e = load(&m, &open);
    if (e != OK || !open)
        return e;
    e = make(&m);
    return e == OK ? OK : give_back(&m, e);
}

/* ---- those whose job is gone ---- */

static enum err settle(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_make_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        db_begin(c->db, row_text(tenants, i, "tenantId"));
        e = db_run(c->db, c->arena, &sql_make_orphans, NULL, NULL);
        e = db_end(c->db, e);
    }
    return e;
}

const struct job_kind letters_jobs[] = {
    { "letters.make_run", "letter", .max_attempts = 5, .lease_seconds = LEASE_SECONDS,
      .external = true, .run = make_run, .doc = "Puts the letters of a print run in one file." },
    { "letters.settle_runs", "track", .max_attempts = 3, .run = settle,
      .doc = "Ends print runs whose job is gone." },
    { .name = NULL },
};

const struct schedule letters_schedules[] = {
    { "letters.settle_runs", "letters.settle_runs", 60,
      "Print runs that nobody makes any more fail." },
    { .name = NULL },
};
