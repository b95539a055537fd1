/* Makes a letter of a communication: its address, the words of its message, its files as pages. */
#include "track/letter.h"

#include "access/access.h"
#include "base/json.h"
#include "channels/message.h"
#include "db/db.h"
#include "paper/pdf.h"
#include "store/keep.h"
#include "track/labels.h"
#include "track/letter.sql.h"
#include "track/postal.h"
#include "track/send.sql.h"

#include <ctype.h>
#include <string.h>

static const struct words {
    const char *language, *unit, *reference, *registered;
} words[] = {
    { "de", "Einheit", "Referenz", "Einschreiben" },
    { "fr", "Unité", "Référence", "Recommandé" },
    { "it", "Unità", "Riferimento", "Raccomandata" },
    { "en", "Unit", "Reference", "Registered" },
};

#define INT(n) arena_printf(c->arena, "%d", (n))

/* By the language's first part; English for those we have no words of. */
static const struct words *words_of(const char *language)
{
    const struct words *w = words;
    while (strcmp(w->language, "en") != 0 && strncmp(w->language, language, 2) != 0)
        w++;
    return w;
}

/* ---- address ---- */

static const struct {
    const char *column, *name;
} parts[] = {
    { "recipient_name", "the name" },
    { "street", "the street" },
    { "postal_code", "the post code" },
    { "city", "the city" },
};

/* NULL where nothing is missing. */
static const char *missing(const struct sending *s)
{
    struct buf b = buf_in(s->job->ctx.arena);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *text = sending_text(s, parts[i].column);
        if (!text || !text[strspn(text, " ")])
            buf_printf(&b, "%s%s", b.n ? ", " : "", parts[i].name);
    }
    return b.p;
}

static void set_address(struct sending *s, const struct letter_settings *settings, struct letter *l)
{
    const struct postal to = { .name = sending_text(s, "recipient_name"),
                               .street = sending_text(s, "street"),
                               .code = sending_text(s, "postal_code"),
                               .city = sending_text(s, "city"),
                               .country = sending_text(s, "country") };
    l->address_count = postal_lines(s->job->ctx.arena, &to, settings->country, &l->address);
    struct buf b = buf_in(s->job->ctx.arena);
    for (size_t i = 1; i < l->address_count; i++)
        buf_printf(&b, "%s%s", i > 1 ? ", " : "", l->address[i]);
    s->to = b.p;
}

/* ---- the letter ---- */

static void set_info(const struct sending *s, const struct words *w, struct letter *l)
{
    struct letter_info *info = arena_zalloc(s->job->ctx.arena, 2, sizeof(*info));
    const char *reference = sending_text(s, "reference");
    info[l->info_count++] =
        (struct letter_info){ w->unit,
                              arena_printf(s->job->ctx.arena, "%s, %s", sending_text(s, "number"),
                                           sending_text(s, "building")) };
    if (reference && *reference)
        info[l->info_count++] = (struct letter_info){ w->reference, reference };
    l->info = info;
}

/* The message's Markdown, and behind a rule the footer, whose own signs stand as they are. */
static const char *body(struct arena *a, const char *markdown, const char *footer)
{
    struct buf b = buf_in(a);
    buf_puts(&b, markdown);
    if (!footer || !*footer)
        return b.p;
    buf_puts(&b, "\n\n---\n\n");
    for (const char *p = footer; *p; p++) {
        if (ispunct((unsigned char)*p))
            buf_putc(&b, '\\');
        buf_putc(&b, *p);
    }
    return b.p;
}

static enum err refuse(struct sending *s, const char *sentence)
{
    s->result.sentence = sentence;
    return ERR_INVALID;
}

static enum err read_files(struct sending *s, struct letter *l)
{
    struct ctx *c = &s->job->ctx;
    int n = rows_count(s->files);
    struct str *list = arena_zalloc(c->arena, (size_t)n + 1, sizeof(*list));
    for (int i = 0; i < n; i++) {
        const char *name = row_text(s->files, i, "file_name");
        if (strcmp(row_text(s->files, i, "content_type"), "application/pdf") != 0)
            return refuse(s, arena_printf(c->arena, "%s cannot be printed: it is no PDF.", name));
        enum err e = store_get(c->app->store, c->arena, row_text(s->files, i, "sha256"), &list[i]);
        if (e == ERR_NOT_FOUND)
            return refuse(s, arena_printf(c->arena, "%s is not in the store any more.", name));
        if (e != OK)
            return e;
    }
    l->attachments = list;
    l->attachment_count = (size_t)n;
    return OK;
}

static const char *reason_of(const struct ctx *c)
{
    if (c->problem.detail)
        return c->problem.detail;
    return c->problem.n ? c->problem.faults[0].message : "It cannot be printed.";
}

/* Which file it is that a letter could not be made with, in words. */
static const char *bad_file(struct sending *s, const struct letter *l)
{
    int pages;
    struct ctx *c = &s->job->ctx;
    const char *why = reason_of(c);
    for (size_t i = 0; i < l->attachment_count; i++) {
        c->problem = (struct problem){ 0 };
        if (pdf_page_count(c, l->attachments[i], &pages) == ERR_INVALID)
            return arena_printf(c->arena, "%s cannot be printed. %s",
                                row_text(s->files, (int)i, "file_name"), reason_of(c));
    }
    return arena_printf(c->arena, "The letter cannot be set. %s", why);
}

static enum err write_letter(struct sending *s, const struct letter_settings *settings,
                             const struct letter *l, struct letter_made *out)
{
    struct ctx *c = &s->job->ctx;
    const struct letter_paper paper = letter_paper_of(settings);
    enum err e = letter_write(c, l, &out->pdf);
    if (e == ERR_INVALID)
        return refuse(s, bad_file(s, l));
    if (e != OK)
        return e;
    out->sheets = letter_sheets(out->pdf.pages, l->duplex);
    out->grams = letter_grams(&paper, l->form, out->pdf.pages);
    return OK;
}

static const char *date_line(struct arena *a, const struct letter_settings *settings,
                             const char *language)
{
    const char *date = date_text(a, settings->today, language);
    return settings->place && *settings->place ? arena_printf(a, "%s, %s", settings->place, date)
                                               : date;
}

enum err letter_compose(struct sending *s, const struct letter_settings *settings,
                        struct letter_made *out)
{
    struct message_source m;
    struct ctx *c = &s->job->ctx;
    const char *gap = missing(s), *language = sending_text(s, "language");
    const char *template = sending_text(s, "template");
    bool registered = strcmp(sending_text(s, "channel"), "LETTER_WITH_RECEIPT") == 0;
    if (gap) {
        s->result.bad_address = true;
        return refuse(s, arena_printf(c->arena, "The recipient's address lacks %s.", gap));
    }
    enum err e = message_source(c, template, language, sending_data(s), &m);
    if (e != OK)
        return e == ERR_INVALID ? refuse(s, "The letter could not be written from its template.")
                                : e;
    sending_decided(s, "template",
                    arena_printf(c->arena, "%s.%s, set as a letter: %s.", template, m.language,
                                 letter_form_named(settings->form)->title));
    const struct words *w = words_of(m.language);
    struct letter l = { .communication_id = s->id,
                        .language = language,
                        .form = letter_form_named(settings->form)->form,
                        .endorsement = registered ? w->registered : NULL,
                        .date = date_line(c->arena, settings, language),
                        .subject = m.subject,
                        .markdown = body(c->arena, m.markdown, settings->footer),
                        .duplex = settings->duplex };
    l.sender_count = letter_sender(c->arena, settings, &l.sender);
    set_address(s, settings, &l);
    set_info(s, w, &l);
    if ((e = read_files(s, &l)) != OK)
        return e;
    return write_letter(s, settings, &l, out);
}

/* ---- looking at one ---- */

static enum err compose_now(struct ctx *c, const char *id, struct sending *s,
                            struct letter_made *made)
{
    const struct letter_settings *settings;
    enum err e = letter_settings_load(c, &settings);
    if (e == OK)
        e = db_query(c->db, c->arena, send_load, &s->row, .communication_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_attachments, &s->files, .communication_id = id);
    if (e == OK)
        e = letter_compose(s, settings, made);
    return e == ERR_INVALID && s->result.sentence ? ctx_refuse(c, e, "%s", s->result.sentence) : e;
}

enum err letter_keep(struct ctx *c, const char *communication_id, const char *attempt_no,
                     const struct letter_made *made)
{
    enum err e = blob_keep(c, &made->blob);
    if (e != OK)
        return e;
    return db_query(c->db, c->arena, letter_keep, NULL, .communication_id = communication_id,
                    .attempt_no = attempt_no, .sha256 = made->blob.sha256,
                    .pages = INT(made->pdf.pages), .sheets = INT(made->sheets),
                    .grams = arena_printf(c->arena, "%.2f", made->grams),
                    .unknown = INT(made->pdf.unknown));
}

enum err letter_make(struct ctx *c, const char *communication_id)
{
    struct job none = { .ctx = *c };
    struct sending s = { .job = &none, .id = communication_id };
    struct letter_made made = { .sheets = 0 };
    enum err e = compose_now(c, communication_id, &s, &made);
    if (e == OK)
        e = store_put(c->app->store, c->arena, made.pdf.bytes, &made.blob);
    return e == OK ? letter_keep(c, communication_id, sending_text(&s, "attempt_no"), &made) : e;
}

enum err letter_show(struct ctx *c, const char *communication_id, struct letter_shown *out)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, letter_of, &row, .communication_id = communication_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_NOT_FOUND;
    *out = (struct letter_shown){
        .sha256 = row_text(row, 0, "sha256"),
        .file_name = arena_printf(c->arena, "letter-%s.pdf", row_text(row, 0, "number")),
    };
    const char *removed = removed_sentence(c->arena, row, 0);
    if (removed)
        return ctx_refuse(c, ERR_CONFLICT, "%s", removed);
    if (out->sha256)
        return OK;
    struct job none = { .ctx = *c };
    struct sending s = { .job = &none, .id = communication_id };
    struct letter_made made = { .sheets = 0 };
    if ((e = compose_now(c, communication_id, &s, &made)) == OK)
        out->bytes = made.pdf.bytes;
    return e;
}
