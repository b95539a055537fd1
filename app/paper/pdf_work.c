/* Pages of PDF files counted and put together by qpdf: runs in a child without rights. */
#include "paper/pdf_work.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>

#define OUTPUT "/proc/self/fd/4" /* where pdf_child keeps it */
#define BLANK "<< /Type /Page /MediaBox [0 0 %.2f %.2f] /Resources << >> >>"

static const char *sentence(enum qpdf_error_code_e code)
{
    switch (code) {
    case qpdf_e_password:
        return PDF_LOCKED;
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
    return PDF_DAMAGED;
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

static const char *open_source(struct pdf_source *s, QPDF_BOOL mend)
{
    const char *fault = look(s->pdf);
    if (fault)
        return fault;
    s->of = qpdf_init();
    qpdf_silence_errors(s->of);
    qpdf_set_suppress_warnings(s->of, QPDF_TRUE);
    qpdf_set_attempt_recovery(s->of, mend);
    if (qpdf_read_memory(s->of, "pdf", s->pdf.p, s->pdf.n, NULL) & QPDF_ERRORS)
        return fault_of(s->of);
    s->pages = qpdf_get_num_pages(s->of);
    fault = fault_of(s->of);
    return fault                      ? fault
           : s->pages < 1             ? "has no pages"
           : s->pages > PDF_PAGES_MAX ? "has too many pages"
                                      : NULL;
}

static const char *source_of(struct pdf_work *m, struct str pdf, struct pdf_source **out)
{
    for (size_t i = m->opened; i > 0; i--)
        if (m->sources[i - 1].pdf.p == pdf.p && m->sources[i - 1].pdf.n == pdf.n) {
            *out = &m->sources[i - 1];
            return NULL;
        }
    *out = &m->sources[m->opened++];
    (*out)->pdf = pdf;
    return open_source(*out, QPDF_FALSE);
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

static void measure(struct pdf_work *m, qpdf_data of, qpdf_oh page)
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

/* ---- looked at ---- */

#define MM_OF_POINT (25.4 / 72)
#define SAME_MM 1.5
#define WALL_MM 30000
#define DEPTH_MAX 50 /* of the tree of pages */

/* A page may leave its size to those above it. */
static qpdf_oh box_of(qpdf_data of, qpdf_oh page)
{
    for (int i = 0; i < DEPTH_MAX && qpdf_oh_is_dictionary(of, page); i++) {
        if (qpdf_oh_has_key(of, page, "/MediaBox"))
            return qpdf_oh_get_key(of, page, "/MediaBox");
        page = qpdf_oh_get_key(of, page, "/Parent");
    }
    return qpdf_oh_new_null(of);
}

/* Never more than a wall: what a file claims may be any number. */
static double size_mm(double points, double unit)
{
    double mm = (points < 0 ? -points : points) * unit * MM_OF_POINT;
    return mm > 0 && mm < WALL_MM ? mm : 0;
}

bool pdf_look_is_sound(const struct pdf_look *look)
{
    bool sound = look->pages > 0 && look->pages <= PDF_PAGES_MAX && look->sizes >= 0 &&
                 look->sizes <= PDF_SIZES && !look->fault;
    for (int i = 0; sound && i < look->sizes; i++) {
        const struct pdf_size *s = &look->size[i];
        sound = s->page > 0 && s->page <= look->pages && s->width >= 0 && s->width < WALL_MM &&
                s->height >= 0 && s->height < WALL_MM;
    }
    return sound;
}

static bool near(double a, double b)
{
    return a > b ? a - b < SAME_MM : b - a < SAME_MM;
}

static void note_size(struct pdf_look *look, int page, double width, double height)
{
    double narrow = width < height ? width : height, wide = width < height ? height : width;
    for (int i = 0; i < look->sizes; i++)
        if (near(look->size[i].width, narrow) && near(look->size[i].height, wide))
            return;
    if (look->sizes < PDF_SIZES)
        look->size[look->sizes++] = (struct pdf_size){ page, narrow, wide };
}

static void look_at(struct pdf_source *s, struct pdf_look *look)
{
    look->pages = s->pages;
    for (int i = 0; i < s->pages; i++) {
        double at[4], unit = 1;
        qpdf_oh page = qpdf_get_page_n(s->of, (size_t)i), box = box_of(s->of, page);
        if (qpdf_oh_is_array(s->of, box) && qpdf_oh_get_array_n_items(s->of, box) == 4) {
            for (int k = 0; k < 4; k++)
                at[k] = qpdf_oh_get_numeric_value(s->of, qpdf_oh_get_array_item(s->of, box, k));
            qpdf_oh units = qpdf_oh_get_key(s->of, page, "/UserUnit");
            if (qpdf_oh_is_number(s->of, units))
                unit = qpdf_oh_get_numeric_value(s->of, units);
            note_size(look, i + 1, size_mm(at[2] - at[0], unit), size_mm(at[3] - at[1], unit));
        }
        qpdf_oh_release_all(s->of);
    }
}

/* Whether a reader that mends what it can finds every page that the file says it has. */
static bool mends(struct str pdf)
{
    struct pdf_source s = { .pdf = pdf };
    if (open_source(&s, QPDF_TRUE))
        return false;
    qpdf_oh pages = qpdf_oh_get_key(s.of, qpdf_get_root(s.of), "/Pages");
    return qpdf_oh_get_int_value_as_int(s.of, qpdf_oh_get_key(s.of, pages, "/Count")) == s.pages;
}

static void add_blank(struct pdf_work *m)
{
    char text[128];
    snprintf(text, sizeof text, BLANK, m->width, m->height);
    qpdf_oh page = qpdf_make_indirect_object(m->out, qpdf_oh_parse(m->out, text));
    qpdf_add_page(m->out, m->out, page, QPDF_FALSE);
    m->pages++;
}

static const char *add_page(struct pdf_work *m, qpdf_data of, int number)
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

static const char *add_part(struct pdf_work *m, struct pdf_part *part)
{
    struct pdf_source *s;
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
void pdf_work_prepare(void *of)
{
    struct pdf_work *m = of;
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

bool pdf_work_run(void *of, struct buf *answer)
{
    struct pdf_work *m = of;
    for (size_t i = 0; i < m->count; i++) {
        const char *fault = add_part(m, &m->parts[i]);
        if (fault && m->looking && strcmp(fault, PDF_DAMAGED) == 0 && mends(m->parts[i].pdf))
            fault = PDF_MENDABLE;
        if (fault)
            return tell(answer, fault, i);
        struct pdf_told t = { m->parts[i].pages, m->parts[i].page, m->width, m->height };
        buf_put(answer, &t, sizeof t);
    }
    if (m->looking) {
        struct pdf_look look = { 0 };
        look_at(&m->sources[0], &look);
        buf_put(answer, &look, sizeof look);
    }
    if (m->counting || !(qpdf_write(m->out) & QPDF_ERRORS))
        return true;
    return tell(answer, PDF_DAMAGED, m->count);
}
