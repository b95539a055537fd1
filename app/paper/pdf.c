/* Pages of PDF files counted and put together, a hundred parts a child, then all by another one. */
#include "paper/pdf.h"

#include "paper/pdf_child.h"
#include "paper/pdf_join.h"
#include "paper/pdf_work.h"

#include <stdio.h>
#include <unistd.h>

#define MEMORY ((size_t)512 << 20)
#define COUNT_SECONDS 10
#define CHUNK 100 /* parts that one child puts together: qpdf takes some 300 KiB for each */
#define A4_WIDTH 595.28
#define A4_HEIGHT 841.89

static const char *fate_sentence(enum pdf_child_fate fate)
{
    static const char *const sentences[] = { [CHILD_FAILED] = "cannot be read",
                                             [CHILD_CRASHED] = PDF_DAMAGED,
                                             [CHILD_TOO_LONG] = "takes too long to read",
                                             [CHILD_TOO_LARGE] = "is too large" };
    return sentences[fate];
}

/* A child that died could not say of which part: each is tried by itself. */
static struct pdf_part *find_fault(struct ctx *c, struct pdf_part *parts, size_t count)
{
    for (size_t i = 0; count > 1 && i < count; i++) {
        int pages;
        if (pdf_page_count(c, parts[i].pdf, &pages) == ERR_INVALID)
            return &parts[i];
    }
    return NULL;
}

static enum err refuse(struct ctx *c, struct pdf_work *m, struct str answer,
                       enum pdf_child_fate fate)
{
    struct pdf_part *at = NULL;
    const char *fault = fate_sentence(fate);
    int number = 0;
    if (fate == CHILD_FAILED && answer.n > sizeof number) {
        memcpy(&number, answer.p, sizeof number);
        fault = arena_strndup(c->arena, answer.p + sizeof number, answer.n - sizeof number);
        at = number >= 0 && (size_t)number < m->count ? &m->parts[number] : NULL;
    } else if (m->counting) {
        at = &m->parts[0];
    } else {
        at = find_fault(c, m->parts, m->count);
    }
    if (at)
        at->fault = fault;
    return ctx_refuse(c, ERR_INVALID, "The PDF %s.", fault);
}

static struct pdf_child child_of(struct pdf_work *m, int seconds, size_t file, int output)
{
    return (struct pdf_child){ .seconds = seconds,
                               .memory = MEMORY,
                               .file = file,
                               .output = output,
                               .confined = true,
                               .prepare = pdf_work_prepare,
                               .work = pdf_work_run,
                               .of = m };
}

/* Waits for the child that works on m, and notes what it tells of the parts and, where it looks, of
   their sizes. */
static enum err end(struct ctx *c, struct pdf_work *m, const struct pdf_running *running,
                    struct pdf_look *look)
{
    size_t seen = look ? sizeof *look : 0;
    struct str answer = { 0 };
    enum pdf_child_fate fate = CHILD_FAILED;
    enum err e = pdf_child_end(c, running, &answer, &fate);
    if (e == ERR_INVALID)
        return refuse(c, m, answer, fate);
    if (!e && answer.n != m->count * sizeof(struct pdf_told) + seen)
        return refuse(c, m, (struct str){ 0 }, CHILD_CRASHED);
    for (size_t i = 0; !e && i < m->count; i++) {
        struct pdf_told t;
        memcpy(&t, answer.p + i * sizeof t, sizeof t);
        m->parts[i].pages = t.pages;
        m->parts[i].page = t.page;
        m->width = t.width;
        m->height = t.height;
    }
    if (e || !look)
        return e;
    memcpy(look, answer.p + m->count * sizeof(struct pdf_told), sizeof *look);
    return pdf_look_is_sound(look) ? OK : refuse(c, m, (struct str){ 0 }, CHILD_CRASHED);
}

enum err pdf_look(struct ctx *c, struct str pdf, struct pdf_look *out)
{
    struct pdf_part part = { .pdf = pdf };
    struct pdf_source source = { 0 };
    struct pdf_work m = {
        .parts = &part, .count = 1, .sources = &source, .counting = true, .looking = true
    };
    struct pdf_child k = child_of(&m, COUNT_SECONDS, 0, -1);
    struct pdf_running running;
    enum err e = pdf_child_start(&k, &running);
    if (!e)
        e = end(c, &m, &running, out);
    if (e == ERR_INVALID && part.fault) {
        out->fault = part.fault;
        out->opens = strcmp(part.fault, PDF_LOCKED) == 0 || strcmp(part.fault, PDF_MENDABLE) == 0;
    }
    return e;
}

enum err pdf_page_count(struct ctx *c, struct str pdf, int *out)
{
    struct pdf_look look;
    enum err e = pdf_look(c, pdf, &look);
    if (!e)
        *out = look.pages;
    return e;
}

/* ---- chunks ---- */

struct chunk {
    struct pdf_work merge;
    struct pdf_running running;
    int file;
};

static bool on_sheets(const struct pdf_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].new_sheet)
            return true;
    return false;
}

/* Where the next chunk may begin: a child knows odd pages from even ones only where its chunk
   begins on an odd one. */
static size_t chunk_end(const struct pdf_part *parts, size_t from, size_t count, bool sheets)
{
    size_t i = from + CHUNK < count ? from + CHUNK : count;
    while (sheets && i < count && !parts[i].new_sheet)
        i++;
    return i;
}

static size_t bytes_of(const struct pdf_work *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        n += m->parts[i].pdf.n;
    return n;
}

static enum err start_chunk(struct ctx *c, struct chunk *k)
{
    struct pdf_work *m = &k->merge;
    if ((k->file = pdf_temporary(c)) < 0)
        return ERR_RETRY;
    m->sources = arena_zalloc(c->arena, m->count + 1, sizeof *m->sources);
    int seconds = 30 + (int)(m->count / 20);
    struct pdf_child child = child_of(m, seconds, ((size_t)64 << 20) + 2 * bytes_of(m), k->file);
    enum err e = pdf_child_start(&child, &k->running);
    if (e)
        close(k->file);
    return e;
}

static enum err end_chunk(struct ctx *c, struct chunk *k, struct pdf_chunk *out)
{
    enum err e = end(c, &k->merge, &k->running, NULL);
    const struct pdf_part *last = k->merge.count ? &k->merge.parts[k->merge.count - 1] : NULL;
    *out = (struct pdf_chunk){ .new_sheet = k->merge.count && k->merge.parts[0].new_sheet,
                               .pages = last ? last->page + last->pages - 1 : 0,
                               .width = k->merge.width,
                               .height = k->merge.height };
    if (!e)
        e = pdf_map(c, k->file, &out->pdf);
    close(k->file);
    return e;
}

/* Two at a time; all that were started are awaited. */
static enum err run_chunks(struct ctx *c, struct chunk *chunks, size_t count, struct pdf_chunk *out)
{
    enum err e = OK;
    size_t begun = 0, ended = 0;
    while (ended < begun || (!e && begun < count)) {
        while (!e && begun < count && begun - ended < 2) {
            e = start_chunk(c, &chunks[begun]);
            begun += e == OK;
        }
        if (ended == begun)
            break;
        enum err one = end_chunk(c, &chunks[ended], &out[ended]);
        ended++;
        e = e ? e : one;
    }
    return e;
}

/* ---- all of them ---- */

struct join {
    struct pdf_chunk *chunks;
    size_t count;
    FILE *to;
};

static void open_output(void *of)
{
    struct join *j = of;
    j->to = fdopen(PDF_CHILD_OUTPUT, "w");
}

static bool join(void *of, struct buf *answer)
{
    const struct join *j = of;
    return j->to && pdf_join(answer->arena, j->to, j->chunks, j->count);
}

/* By a child too: the chunks are of children that read what strangers made. */
static enum err join_chunks(struct ctx *c, struct pdf_chunk *chunks, size_t count, struct str *out)
{
    struct join j = { .chunks = chunks, .count = count };
    size_t bytes = (size_t)64 << 20;
    for (size_t i = 0; i < count; i++)
        bytes += 2 * chunks[i].pdf.n;
    int file = pdf_temporary(c);
    if (file < 0)
        return ERR_RETRY;
    struct pdf_child k = { .seconds = 60 + (int)(bytes >> 24),
                           .memory = MEMORY,
                           .file = bytes,
                           .output = file,
                           .confined = true,
                           .prepare = open_output,
                           .work = join,
                           .of = &j };
    struct str answer;
    enum pdf_child_fate fate = CHILD_FAILED;
    enum err e = pdf_child_run(c, &k, &answer, &fate);
    if (e == ERR_INVALID)
        e = ctx_refuse(c, e, "The PDF %s.", fate_sentence(fate));
    if (!e)
        e = pdf_map(c, file, out);
    close(file);
    return e;
}

static void place(struct chunk *chunks, const struct pdf_chunk *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < chunks[i].merge.count; k++)
            chunks[i].merge.parts[k].page += at[i].page - 1;
}

static size_t chunks_of(struct pdf_part *parts, size_t count, struct chunk *out)
{
    size_t n = 0;
    bool sheets = on_sheets(parts, count);
    for (size_t from = 0; from < count || !n; n++) {
        size_t to = chunk_end(parts, from, count, sheets);
        out[n].merge = (struct pdf_work){
            .parts = parts + from, .count = to - from, .width = A4_WIDTH, .height = A4_HEIGHT
        };
        from = to;
    }
    for (size_t i = 0; i < n; i++)
        out[i].merge.chunked = n > 1;
    return n;
}

enum err pdf_merge(struct ctx *c, struct pdf_part *parts, size_t count, struct pdf_merged *out)
{
    struct chunk *chunks = arena_zalloc(c->arena, count / CHUNK + 1, sizeof *chunks);
    size_t n = chunks_of(parts, count, chunks);
    struct pdf_chunk *made = arena_zalloc(c->arena, n, sizeof *made);
    struct str bytes = { 0 };
    enum err e = run_chunks(c, chunks, n, made);
    if (!e && n == 1)
        bytes = made[0].pdf;
    else if (!e)
        e = join_chunks(c, made, n, &bytes);
    if (e)
        return e;
    pdf_places(made, n);
    place(chunks, made, n);
    *out = (struct pdf_merged){ bytes, made[n - 1].page + made[n - 1].pages - 1 };
    return OK;
}
