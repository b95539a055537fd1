/* Pages of PDF files counted and put together by qpdf, in a child without rights. */
#include "channels/pdf.h"

#include "channels/pdf_child.h"
#include "channels/pdf_join.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <unistd.h>

#define MEMORY ((size_t)512 << 20)
#define COUNT_SECONDS 10
#define CHUNK 100 /* parts that one child puts together: qpdf takes some 300 KiB for each */
#define A4_WIDTH 595.28
#define A4_HEIGHT 841.89
#define OUTPUT "/proc/self/fd/4" /* where pdf_child keeps it */
#define BLANK "<< /Type /Page /MediaBox [0 0 %.2f %.2f] /Resources << >> >>"

struct source {
    struct str pdf;
    qpdf_data of;
    int pages;
};

struct merge {
    struct pdf_part *parts;
    size_t count;
    struct source *sources; /* as many as parts, at most */
    size_t opened;
    qpdf_data out;
    bool counting; /* nothing is written */
    bool chunked;  /* written for pdf_join */
    int pages;
    double width, height; /* of the page before, in points: a blank one is as large */
};

/* What the child tells of each part, or of the one at fault. */
struct told {
    int pages, page;
    double width, height; /* of its last page */
};

/* ---- in the child ---- */

static const char *sentence(enum qpdf_error_code_e code)
{
    switch (code) {
    case qpdf_e_password:
        return "is protected by a password";
    case qpdf_e_unsupported:
        return "is of a kind that cannot be read here";
    case qpdf_e_success:
    case qpdf_e_internal:
    case qpdf_e_system:
    case qpdf_e_damaged_pdf:
    case qpdf_e_pages:
    case qpdf_e_object:
    case qpdf_e_json:
    case qpdf_e_linearization:
        break;
    }
    return "is damaged";
}

static const char *fault_of(qpdf_data of)
{
    return qpdf_has_error(of) ? sentence(qpdf_get_error_code(of, qpdf_get_error(of))) : NULL;
}

static const char *look(struct str pdf)
{
    if (pdf.n == 0)
        return "is empty";
    return memmem(pdf.p, pdf.n < 1024 ? pdf.n : 1024, "%PDF-", 5) ? NULL : "is not a PDF";
}

static const char *open_source(struct source *s)
{
    const char *fault = look(s->pdf);
    if (fault)
        return fault;
    s->of = qpdf_init();
    qpdf_silence_errors(s->of);
    qpdf_set_suppress_warnings(s->of, QPDF_TRUE);
    qpdf_set_attempt_recovery(s->of, QPDF_FALSE);
    if (qpdf_read_memory(s->of, "pdf", s->pdf.p, s->pdf.n, NULL) & QPDF_ERRORS)
        return fault_of(s->of);
    s->pages = qpdf_get_num_pages(s->of);
    fault = fault_of(s->of);
    return fault                      ? fault
           : s->pages < 1             ? "has no pages"
           : s->pages > PDF_PAGES_MAX ? "has too many pages"
                                      : NULL;
}

static const char *source_of(struct merge *m, struct str pdf, struct source **out)
{
    for (size_t i = m->opened; i > 0; i--)
        if (m->sources[i - 1].pdf.p == pdf.p && m->sources[i - 1].pdf.n == pdf.n) {
            *out = &m->sources[i - 1];
            return NULL;
        }
    *out = &m->sources[m->opened++];
    (*out)->pdf = pdf;
    return open_source(*out);
}

/* What a page would do by itself when it is opened or clicked on. */
static void still(qpdf_data of, qpdf_oh page)
{
    qpdf_oh_remove_key(of, page, "/AA");
    qpdf_oh notes = qpdf_oh_get_key(of, page, "/Annots");
    int n = qpdf_oh_is_array(of, notes) ? qpdf_oh_get_array_n_items(of, notes) : 0;
    for (int i = 0; i < n; i++) {
        qpdf_oh note = qpdf_oh_get_array_item(of, notes, i);
        if (qpdf_oh_is_dictionary(of, note)) {
            qpdf_oh_remove_key(of, note, "/A");
            qpdf_oh_remove_key(of, note, "/AA");
        }
    }
}

static void measure(struct merge *m, qpdf_data of, qpdf_oh page)
{
    qpdf_oh box = qpdf_oh_get_key(of, page, "/MediaBox");
    if (!qpdf_oh_is_array(of, box) || qpdf_oh_get_array_n_items(of, box) != 4)
        return;
    double at[4];
    for (int i = 0; i < 4; i++)
        at[i] = qpdf_oh_get_numeric_value(of, qpdf_oh_get_array_item(of, box, i));
    m->width = at[2] - at[0];
    m->height = at[3] - at[1];
}

static void add_blank(struct merge *m)
{
    char text[128];
    snprintf(text, sizeof text, BLANK, m->width, m->height);
    qpdf_oh page = qpdf_make_indirect_object(m->out, qpdf_oh_parse(m->out, text));
    qpdf_add_page(m->out, m->out, page, QPDF_FALSE);
    m->pages++;
}

static const char *add_page(struct merge *m, qpdf_data of, int number)
{
    qpdf_oh page = qpdf_get_page_n(of, (size_t)number);
    still(of, page);
    if (qpdf_add_page(m->out, of, page, QPDF_FALSE) & QPDF_ERRORS)
        return fault_of(m->out);
    measure(m, of, page);
    m->pages++;
    qpdf_oh_release_all(of);
    return fault_of(of);
}

static const char *add_part(struct merge *m, struct pdf_part *part)
{
    struct source *s;
    const char *fault = source_of(m, part->pdf, &s);
    if (fault)
        return fault;
    int end = part->count ? part->from + part->count : s->pages;
    if (part->from < 0 || end > s->pages || part->from >= end)
        return "has fewer pages than were asked for";
    part->pages = end - part->from;
    if (m->counting)
        return NULL;
    if (part->new_sheet && m->pages % 2 == 1)
        add_blank(m);
    part->page = m->pages + 1;
    for (int i = part->from; !fault && i < end; i++)
        fault = m->pages < PDF_PAGES_MAX ? add_page(m, s->of, i) : "makes the file too long";
    return fault;
}

/* The file is opened and its writer made before the limits hold: later nothing can be opened. */
static void prepare(void *of)
{
    struct merge *m = of;
    m->out = qpdf_init();
    qpdf_silence_errors(m->out);
    qpdf_set_suppress_warnings(m->out, QPDF_TRUE);
    qpdf_empty_pdf(m->out);
    if (m->counting)
        return;
    qpdf_init_write(m->out, OUTPUT);
    qpdf_set_deterministic_ID(m->out, QPDF_TRUE);
    qpdf_set_stream_data_mode(m->out, qpdf_s_preserve);
    qpdf_set_object_stream_mode(m->out, m->chunked ? qpdf_o_disable : qpdf_o_generate);
}

static bool tell(struct buf *answer, const char *fault, size_t part)
{
    int number = (int)part;
    answer->n = 0;
    buf_put(answer, &number, sizeof number);
    buf_puts(answer, fault);
    return false;
}

static bool work(void *of, struct buf *answer)
{
    struct merge *m = of;
    for (size_t i = 0; i < m->count; i++) {
        const char *fault = add_part(m, &m->parts[i]);
        if (fault)
            return tell(answer, fault, i);
        struct told t = { m->parts[i].pages, m->parts[i].page, m->width, m->height };
        buf_put(answer, &t, sizeof t);
    }
    if (m->counting || !(qpdf_write(m->out) & QPDF_ERRORS))
        return true;
    return tell(answer, "is damaged", m->count);
}

/* ---- in the caller ---- */

static const char *fate_sentence(enum pdf_child_fate fate)
{
    static const char *const sentences[] = { [CHILD_FAILED] = "cannot be read",
                                             [CHILD_CRASHED] = "is damaged",
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

static enum err refuse(struct ctx *c, struct merge *m, struct str answer, enum pdf_child_fate fate)
{
    struct pdf_part *at = NULL;
    const char *fault = fate_sentence(fate);
    int number = 0;
    if (fate == CHILD_FAILED && answer.n > sizeof number) {
        memcpy(&number, answer.p, sizeof number);
        fault = arena_strndup(c->arena, answer.p + sizeof number, answer.n - sizeof number);
        at = number >= 0 && (size_t)number < m->count ? &m->parts[number] : NULL;
    } else if (!m->counting) {
        at = find_fault(c, m->parts, m->count);
    }
    if (at)
        at->fault = fault;
    return ctx_refuse(c, ERR_INVALID, "The PDF %s.", fault);
}

static struct pdf_child child_of(struct merge *m, int seconds, size_t file, int output)
{
    return (struct pdf_child){ .seconds = seconds,
                               .memory = MEMORY,
                               .file = file,
                               .output = output,
                               .confined = true,
                               .prepare = prepare,
                               .work = work,
                               .of = m };
}

/* Waits for the child that works on m, and notes what it tells of the parts. */
static enum err end(struct ctx *c, struct merge *m, const struct pdf_running *running)
{
    struct str answer = { 0 };
    enum pdf_child_fate fate = CHILD_FAILED;
    enum err e = pdf_child_end(c, running, &answer, &fate);
    if (e == ERR_INVALID)
        return refuse(c, m, answer, fate);
    if (!e && answer.n != m->count * sizeof(struct told))
        return refuse(c, m, (struct str){ 0 }, CHILD_CRASHED);
    for (size_t i = 0; !e && i < m->count; i++) {
        struct told t;
        memcpy(&t, answer.p + i * sizeof t, sizeof t);
        m->parts[i].pages = t.pages;
        m->parts[i].page = t.page;
        m->width = t.width;
        m->height = t.height;
    }
    return e;
}

enum err pdf_page_count(struct ctx *c, struct str pdf, int *out)
{
    struct pdf_part part = { .pdf = pdf };
    struct source source = { 0 };
    struct merge m = { .parts = &part, .count = 1, .sources = &source, .counting = true };
    struct pdf_child k = child_of(&m, COUNT_SECONDS, 0, -1);
    struct pdf_running running;
    enum err e = pdf_child_start(&k, &running);
    if (!e)
        e = end(c, &m, &running);
    if (!e)
        *out = part.pages;
    return e;
}

/* ---- chunks ---- */

struct chunk {
    struct merge merge;
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

static size_t bytes_of(const struct merge *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        n += m->parts[i].pdf.n;
    return n;
}

static enum err start_chunk(struct ctx *c, struct chunk *k)
{
    struct merge *m = &k->merge;
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
    enum err e = end(c, &k->merge, &k->running);
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
        out[n].merge = (struct merge){
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
