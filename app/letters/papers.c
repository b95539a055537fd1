/* What goes with a run on paper: address labels, the slip for the post, the certificate. */
#include "access/access.h"
#include "base/json.h"
#include "base/words.h"
#include "channels/message.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/run.sql.h"
#include "paper/print_file.h"
#include "store/keep.h"
#include "track/letter.h"
#include "track/letter_settings.h"
#include "track/postal.h"

#include <stdlib.h>
#include <string.h>

#define ACTOR .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id

struct papers {
    PGresult *run, *pieces;
    const struct letter_settings *settings;
};

static enum err load(struct ctx *c, const char *id, struct papers *p)
{
    enum err e = db_query(c->db, c->arena, run_list, &p->run, .run_id = id, ACTOR);
    if (e == OK && rows_count(p->run) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, run_pieces, &p->pieces, .run_id = id, .after = "0",
                     .most = arena_printf(c->arena, "%d", PRINT_RUN_MAX));
    return e == OK ? letter_settings_load(c, &p->settings) : e;
}

/* What was kept when the run was printed, byte for byte. */
static enum err kept(struct ctx *c, const char *sha256, struct str *pdf)
{
    enum err e = store_get(c->app->store, c->arena, sha256, pdf);
    return e != ERR_NOT_FOUND
               ? e
               : ctx_refuse(c, ERR_CONFLICT,
                            "It was removed with the content of a letter of the run. Its SHA-256 "
                            "is kept: %s.",
                            sha256);
}

/* ---- labels ---- */

static struct label label_of(struct ctx *c, const struct papers *p, int i)
{
    const PGresult *rows = p->pieces;
    const struct postal to = { .name = row_text(rows, i, "recipientName"),
                               .street = row_text(rows, i, "_street"),
                               .code = row_text(rows, i, "_postalCode"),
                               .city = row_text(rows, i, "_city"),
                               .country = row_text(rows, i, "_country") };
    struct label l = { .note = row_text(rows, i, "seq") };
    l.count = postal_lines(c->arena, &to, p->settings->country, &l.lines);
    return l;
}

/* On the sheet of the run where none is asked for. */
static enum err write_labels(struct ctx *c, const struct papers *p, const char *layout, long start,
                             struct str *pdf)
{
    int n = rows_count(p->pieces);
    struct label *labels = arena_zalloc(c->arena, (size_t)n + 1, sizeof(*labels));
    for (int i = 0; i < n; i++)
        labels[i] = label_of(c, p, i);
    if (!layout)
        layout = row_text(p->run, 0, "labelLayout");
    if (!start)
        start = (long)row_int(p->run, 0, "labelStart");
    return labels_write(c, label_sheet_of(layout), (int)start, labels, (size_t)n, pdf);
}

enum err print_run_labels(struct ctx *c, const char *id, const char *layout, long start,
                          struct str *pdf)
{
    struct papers p;
    enum err e = load(c, id, &p);
    if (e != OK)
        return e;
    const char *sha256 = row_text(p.run, 0, "labelsSha256");
    return sha256 && !layout && !start ? kept(c, sha256, pdf)
                                       : write_labels(c, &p, layout, start, pdf);
}

/* ---- the slip ---- */

static struct slip_line line_of(const struct papers *p, int i)
{
    const PGresult *rows = p->pieces;
    bool registered = strcmp(row_text(rows, i, "class"), "LETTER_WITH_RECEIPT") == 0;
    return (struct slip_line){
        .number = row_text(rows, i, "receipt"),
        .recipient = row_text(rows, i, "recipientName"),
        .address = row_text(rows, i, "address"),
        .category = registered ? "Registered" : "Letter",
        .grams = strtod(row_text(rows, i, "grams"), NULL),
    };
}

static enum err write_slip(struct ctx *c, const struct papers *p, struct str *pdf)
{
    int n = rows_count(p->pieces);
    struct slip_line *lines = arena_zalloc(c->arena, (size_t)n + 1, sizeof(*lines));
    for (int i = 0; i < n; i++)
        lines[i] = line_of(p, i);
    struct slip slip = {
        .language = "en",
        .form = letter_form_named(p->settings->form)->form,
        .run = row_text(p->run, 0, "name"),
        .date = date_text(c->arena, p->settings->today, "en"),
        .lines = lines,
        .count = (size_t)n,
    };
    slip.sender_count = letter_sender(c->arena, p->settings, &slip.sender);
    return slip_write(c, &slip, pdf);
}

enum err print_run_slip(struct ctx *c, const char *id, struct str *pdf)
{
    struct papers p;
    enum err e = load(c, id, &p);
    if (e != OK)
        return e;
    const char *sha256 = row_text(p.run, 0, "slipSha256");
    return sha256 ? kept(c, sha256, pdf) : write_slip(c, &p, pdf);
}

/* ---- kept ---- */

static enum err keep(struct ctx *c, struct str pdf, const char **sha256)
{
    struct blob *blob = arena_new_of(c->arena, struct blob);
    enum err e = store_put(c->app->store, c->arena, pdf, blob);
    *sha256 = blob->sha256;
    return e == OK ? blob_keep(c, blob) : e;
}

enum err print_run_keep_papers(struct ctx *c, const char *id)
{
    struct papers p;
    struct str slip, labels;
    const char *slip_sha256, *labels_sha256;
    enum err e = load(c, id, &p);
    if (e == OK)
        e = write_slip(c, &p, &slip);
    if (e == OK)
        e = keep(c, slip, &slip_sha256);
    if (e == OK)
        e = write_labels(c, &p, NULL, 0, &labels);
    if (e == OK)
        e = keep(c, labels, &labels_sha256);
    return e == OK ? db_query(c->db, c->arena, run_papers, NULL, .run_id = id, .slip = slip_sha256,
                              .labels = labels_sha256)
                   : e;
}

/* ---- the certificate ---- */

static const char *moment(const PGresult *row, const char *column)
{
    const char *text = row_text(row, 0, column);
    return text ? text : "";
}

static const char *sentence(struct ctx *c, const PGresult *row)
{
    const char *accepted = row_text(row, 0, "accepted"), *scan = row_text(row, 0, "scanSha256");
    struct buf b = buf_in(c->arena);
    buf_printf(&b, "Run %s: %s expected, %s produced", row_text(row, 0, "name"),
               row_text(row, 0, "letters"), row_text(row, 0, "letters"));
    if (accepted)
        buf_printf(&b, ", %s accepted on %s", accepted, moment(row, "_lodgedLocal"));
    if (row_text(row, 0, "missingNumbers"))
        buf_printf(&b, ", missing no. %s", row_text(row, 0, "missingNumbers"));
    else if (accepted && row_int(row, 0, "missing"))
        buf_printf(&b, ", %s missing and not known which", row_text(row, 0, "missing"));
    if (scan)
        buf_printf(&b, ", slip scan SHA-256 %s", scan);
    if (row_text(row, 0, "closedByName"))
        buf_printf(&b, ", closed by %s", row_text(row, 0, "closedByName"));
    buf_putc(&b, '.');
    return b.p;
}

static const char *declaration(struct ctx *c, const PGresult *row)
{
    return arena_printf(c->arena,
                        "I, %s, following the routine described above, handed in the %s of run %s "
                        "at the post office on %s.",
                        row_text(row, 0, "lodgedByName"),
                        count_words(c->arena, row_int(row, 0, "accepted"), "letter", "letters"),
                        row_text(row, 0, "name"), moment(row, "_lodgedLocal"));
}

enum err print_run_certificate(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, run_list, &row, .run_id = id, ACTOR);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (!row_text(row, 0, "accepted"))
        return ctx_refuse(c, ERR_CONFLICT, "There is a certificate once the run was handed in.");
    struct json_object *d = row_json(c->arena, row, 0);
    json_set_text(d, "sentence", sentence(c, row));
    json_set_text(d, "declaration", declaration(c, row));
    json_set_bool(d, "matches", row_int(row, 0, "accepted") == row_int(row, 0, "letters"));
    *out = d;
    return OK;
}
