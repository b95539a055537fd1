/* The print file of many letters: set by children, a range each, put together by pdf_merge. */
#include "paper/print_file.h"

#include "paper/letter_body.h"
#include "paper/pdf_child.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANGE 200 /* letters a child sets into one file: they share its fonts */
#define LETTER_ARENA ((size_t)64 << 20)
#define CHILD_MEMORY ((size_t)2 << 30)
#define CHILD_FILE ((size_t)8 << 30)

enum kind { LETTER, SEPARATOR, KEPT };

struct piece {
    enum kind kind;
    const struct letter *letter;
    const struct print_separator *separator;
    struct str pdf; /* KEPT: its bytes; else those of its range */
    int from;       /* page in them */
    struct print_piece made;
};

struct print_file {
    struct ctx *ctx;
    struct print_options options;
    struct piece *pieces;
    size_t count, room;
};

/* ---- gathering ---- */

struct print_file *print_begin(struct ctx *c, const struct print_options *o)
{
    struct print_file *p = arena_new_of(c->arena, struct print_file);
    p->ctx = c;
    p->options = *o;
    return p;
}

static size_t add(struct print_file *p, struct piece piece)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 64;
        struct piece *more = arena_zalloc(p->ctx->arena, room, sizeof *more);
        if (p->count)
            memcpy(more, p->pieces, p->count * sizeof *more);
        p->pieces = more;
        p->room = room;
    }
    p->pieces[p->count] = piece;
    return p->count++;
}

size_t print_letter(struct print_file *p, const struct letter *l)
{
    return add(p, (struct piece){ .kind = LETTER, .letter = l });
}

size_t print_pdf(struct print_file *p, struct str pdf)
{
    return add(p, (struct piece){ .kind = KEPT, .pdf = pdf });
}

size_t print_separator(struct print_file *p, const struct print_separator *s)
{
    return add(p, (struct piece){ .kind = SEPARATOR, .separator = s });
}

/* ---- in the child: a range ---- */

struct range {
    const struct print_file *print;
    const struct letter *letters; /* instead: letters that are a file each */
    size_t from, to;
    int file;
    struct pdf_running running;
};

/* What a child tells of a piece. */
struct told {
    int from, pages, own_pages, unknown;
    size_t offset, size; /* of letters that are a file each */
};

static void draw_separator(struct press *p, const struct print_options *o,
                           const struct print_separator *s)
{
    const struct letter_window *w = letter_window(o->form);
    press_begin(p, w->page_width, w->page_height, o->language);
    double width = w->page_width - 50, y = 95;
    press_line(p, 25, y, w->page_width - 25, y, 6);
    press_fit(p, PRESS_HUGE, s->title, 25, y + 8, width);
    y += 36;
    for (size_t i = 0; i < s->count; i++) {
        press_fit(p, PRESS_LARGE, s->lines[i], 25, y, width);
        y += 9;
    }
    press_line(p, 25, y + 6, w->page_width - 25, y + 6, 6);
    press_end_page(p);
}

static bool draw_range(void *of, struct buf *answer)
{
    const struct range *r = of;
    struct press *p = press_open(answer->arena, PDF_CHILD_OUTPUT);
    struct arena *work = p->arena = arena_new(LETTER_ARENA);
    for (size_t i = r->from; i < r->to; i++) {
        const struct piece *piece = &r->print->pieces[i];
        struct told t = { .from = p->pages };
        p->unknown = 0;
        if (piece->kind == LETTER)
            letter_draw(p, piece->letter);
        else if (piece->kind == SEPARATOR)
            draw_separator(p, &r->print->options, piece->separator);
        t.pages = p->pages - t.from;
        t.unknown = p->unknown;
        buf_put(answer, &t, sizeof t);
        arena_reset(work);
    }
    return press_close(p, NULL) == OK;
}

static bool write_out(const char *bytes, size_t n)
{
    for (ssize_t done; n > 0; bytes += done, n -= (size_t)done)
        if ((done = write(PDF_CHILD_OUTPUT, bytes, n)) <= 0)
            return false;
    return true;
}

static bool write_range(void *of, struct buf *answer)
{
    const struct range *r = of;
    struct ctx c = *r->print->ctx;
    size_t at = 0;
    c.arena = arena_new(LETTER_ARENA);
    for (size_t i = r->from; i < r->to; i++) {
        struct letter_pdf made;
        c.problem = (struct problem){ 0 };
        if (letter_write(&c, &r->letters[i], &made) || !write_out(made.bytes.p, made.bytes.n)) {
            const struct fault *f = c.problem.n ? &c.problem.faults[0] : NULL;
            answer->n = 0;
            buf_printf(answer, "Letter %zu: %s %s", i + 1, f ? f->field : "it",
                       f ? f->message : "could not be made.");
            return false;
        }
        struct told t = { 0, made.pages, made.own_pages, made.unknown, at, made.bytes.n };
        buf_put(answer, &t, sizeof t);
        at += made.bytes.n;
        arena_reset(c.arena);
    }
    return true;
}

/* ---- in the caller: ranges ---- */

static enum err start_range(struct range *r)
{
    if ((r->file = pdf_temporary(r->print->ctx)) < 0)
        return ERR_RETRY;
    struct pdf_child k = { .seconds = 60 + (int)(r->to - r->from),
                           .memory = CHILD_MEMORY,
                           .file = CHILD_FILE,
                           .output = r->file,
                           .work = r->letters ? write_range : draw_range,
                           .of = r };
    enum err e = pdf_child_start(&k, &r->running);
    if (e)
        close(r->file);
    return e;
}

static enum err end_range(struct range *r, const struct told **told, struct str *bytes)
{
    struct ctx *c = r->print->ctx;
    struct str answer = { 0 };
    enum pdf_child_fate fate = CHILD_FAILED;
    enum err e = pdf_child_end(c, &r->running, &answer, &fate);
    if (e == ERR_INVALID && fate == CHILD_FAILED && answer.n)
        e = ctx_refuse(c, ERR_INVALID, "%s", answer.p);
    else if (e == ERR_INVALID || (!e && answer.n != (r->to - r->from) * sizeof **told))
        e = ERR_INTERNAL;
    if (!e && answer.n)
        e = pdf_map(c, r->file, bytes);
    close(r->file);
    *told = (const void *)answer.p;
    return e;
}

/* So many at a time, the first one started the first one awaited; all are awaited in any case. */
static enum err run_ranges(struct range *ranges, size_t count,
                           void (*keep)(const struct range *, const struct told *, struct str))
{
    enum err e = OK;
    size_t begun = 0, ended = 0;
    int children = count ? ranges->print->options.children : 0;
    size_t most = children > 0 ? (size_t)children : 2;
    while (ended < count && (ended < begun || !e)) {
        while (!e && begun < count && begun - ended < most)
            if ((e = start_range(&ranges[begun])) == OK)
                begun++;
        if (ended == begun)
            break;
        const struct told *told;
        struct str bytes = { 0 };
        enum err one = end_range(&ranges[ended], &told, &bytes);
        if (!one)
            keep(&ranges[ended], told, bytes);
        e = e ? e : one;
        ended++;
    }
    return e;
}

/* Of equal length, so that all children have work, but none longer than RANGE. */
static struct range *ranges_of(struct print_file *p, const struct letter *letters, size_t count,
                               size_t *out)
{
    size_t children = p->options.children > 0 ? (size_t)p->options.children : 2;
    size_t each = (count + children - 1) / children;
    each = each > RANGE ? RANGE : each ? each : 1;
    size_t n = (count + each - 1) / each;
    struct range *r = arena_zalloc(p->ctx->arena, n + 1, sizeof *r);
    for (size_t i = 0; i < n; i++)
        r[i] = (struct range){ .print = p,
                               .letters = letters,
                               .from = i * each,
                               .to = i + 1 < n ? (i + 1) * each : count };
    *out = n;
    return r;
}

/* ---- the print file ---- */

static void keep_drawn(const struct range *r, const struct told *told, struct str bytes)
{
    for (size_t i = r->from; i < r->to; i++) {
        struct piece *piece = &r->print->pieces[i];
        if (piece->kind == KEPT)
            continue;
        piece->pdf = bytes;
        piece->from = told[i - r->from].from;
        piece->made.pages = told[i - r->from].pages;
        piece->made.unknown = told[i - r->from].unknown;
    }
}

static enum err check_all(struct print_file *p)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < p->count; i++) {
        if (p->pieces[i].kind != LETTER)
            continue;
        e = letter_check(p->ctx, p->pieces[i].letter);
        if (e && p->ctx->problem.n)
            ctx_refuse(p->ctx, e, "Letter %zu: %s %s", i + 1, p->ctx->problem.faults[0].field,
                       p->ctx->problem.faults[0].message);
    }
    return e;
}

static size_t count_parts(const struct print_file *p)
{
    size_t n = p->count;
    for (size_t i = 0; i < p->count; i++)
        n += p->pieces[i].kind == LETTER ? p->pieces[i].letter->attachment_count : 0;
    return n;
}

/* A part for each piece and each attachment; owner: the piece of each part. */
static struct pdf_part *parts_of(struct print_file *p, size_t *count, size_t **owner)
{
    size_t room = count_parts(p), n = 0;
    struct pdf_part *parts = arena_zalloc(p->ctx->arena, room + 1, sizeof *parts);
    *owner = arena_zalloc(p->ctx->arena, room + 1, sizeof **owner);
    for (size_t i = 0; i < p->count; i++) {
        const struct piece *piece = &p->pieces[i];
        (*owner)[n] = i;
        parts[n++] = (struct pdf_part){ .pdf = piece->pdf,
                                        .from = piece->from,
                                        .count = piece->made.pages,
                                        .new_sheet = p->options.duplex };
        const struct letter *l = piece->kind == LETTER ? piece->letter : NULL;
        for (size_t k = 0; l && k < l->attachment_count; k++) {
            (*owner)[n] = i;
            parts[n++] = (struct pdf_part){ .pdf = l->attachments[k],
                                            .new_sheet = p->options.duplex && l->duplex };
        }
    }
    *count = n;
    return parts;
}

static const struct print_piece *pieces_of(const struct print_file *p, const struct pdf_part *parts,
                                           const size_t *owner, size_t count)
{
    struct print_piece *out = arena_zalloc(p->ctx->arena, p->count + 1, sizeof *out);
    for (size_t i = count; i > 0; i--) {
        struct print_piece *piece = &out[owner[i - 1]];
        int end = piece->page ? piece->page + piece->pages : parts[i - 1].page + parts[i - 1].pages;
        piece->page = parts[i - 1].page;
        piece->pages = end - piece->page;
        piece->unknown = p->pieces[owner[i - 1]].made.unknown;
    }
    return out;
}

static enum err merge(struct print_file *p, struct print_merged *out)
{
    size_t count, *owner;
    struct pdf_part *parts = parts_of(p, &count, &owner);
    struct pdf_merged whole;
    enum err e = pdf_merge(p->ctx, parts, count, &whole);
    for (size_t i = 0; e == ERR_INVALID && i < count; i++)
        if (parts[i].fault)
            return ctx_refuse(p->ctx, e, "Letter %zu: a PDF of it %s.", owner[i] + 1,
                              parts[i].fault);
    if (e)
        return e;
    *out = (struct print_merged){ .bytes = whole.bytes,
                                  .pages = whole.pages,
                                  .sheets = letter_sheets(whole.pages, p->options.duplex),
                                  .pieces = pieces_of(p, parts, owner, count) };
    return OK;
}

enum err print_finish(struct print_file *p, struct print_merged *out)
{
    if (!p->count)
        return ctx_refuse(p->ctx, ERR_INVALID, "There is nothing to print.");
    size_t n;
    struct range *ranges = ranges_of(p, NULL, p->count, &n);
    enum err e = check_all(p);
    if (!e)
        e = run_ranges(ranges, n, keep_drawn);
    return e ? e : merge(p, out);
}

/* ---- letters that are a file each ---- */

struct many {
    struct print_file print; /* first: ranges name it */
    struct letter_pdf *out;
};

static void keep_written(const struct range *r, const struct told *told, struct str bytes)
{
    struct letter_pdf *out = ((const struct many *)(const void *)r->print)->out;
    for (size_t i = r->from; i < r->to; i++) {
        const struct told *t = &told[i - r->from];
        out[i] = (struct letter_pdf){ .bytes = { bytes.p + t->offset, t->size },
                                      .pages = t->pages,
                                      .own_pages = t->own_pages,
                                      .unknown = t->unknown };
    }
}

enum err letters_write(struct ctx *c, const struct letter *letters, size_t count, int children,
                       struct letter_pdf *out)
{
    struct many m = { .print = { .ctx = c, .options.children = children }, .out = out };
    size_t n;
    struct range *ranges = ranges_of(&m.print, letters, count, &n);
    return run_ranges(ranges, n, keep_written);
}
