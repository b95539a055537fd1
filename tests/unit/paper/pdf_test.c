/* PDF files of others: merged, counted, and hostile ones refused with a sentence. */
#include "paper.h"

#include "paper/pdf_work.h"

#include <fcntl.h>
#include <math.h>
#include <qpdf/qpdf-c.h>

static struct str letter_bytes(void)
{
    struct letter l = paper_letter();
    struct letter_pdf p;
    assert_int_equal(letter_write(&ctx, &l, &p), OK);
    return p.bytes;
}

/* A PDF of these objects (numbered from 1, the first one its catalogue) with a right xref table. */
static struct str pdf_of(const char *const *objects, int count)
{
    struct buf b = buf_in(ctx.arena);
    size_t at[32];
    buf_puts(&b, "%PDF-1.5\n");
    for (int i = 0; i < count; i++) {
        at[i] = b.n;
        buf_printf(&b, "%d 0 obj\n%s\nendobj\n", i + 1, objects[i]);
    }
    size_t xref = b.n;
    buf_printf(&b, "xref\n0 %d\n0000000000 65535 f \n", count + 1);
    for (int i = 0; i < count; i++)
        buf_printf(&b, "%010zu 00000 n \n", at[i]);
    buf_printf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", count + 1,
               xref);
    return buf_str(&b);
}

#define CATALOG "<< /Type /Catalog /Pages 2 0 R >>"
#define PAGE "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Resources << >> >>"

static void refused(struct str pdf, const char *sentence)
{
    int pages = -1;
    ctx.problem = (struct problem){ 0 };
    assert_int_equal(pdf_page_count(&ctx, pdf, &pages), ERR_INVALID);
    assert_int_equal(pages, -1);
    if (sentence)
        assert_string_equal(ctx.problem.detail, sentence);
    assert_memory_equal(ctx.problem.detail, "The PDF ", 8);
    struct pdf_part parts[2] = { { .pdf = letter_bytes() }, { .pdf = pdf } };
    struct pdf_merged out;
    assert_int_equal(pdf_merge(&ctx, parts, 2, &out), ERR_INVALID);
    assert_null(parts[0].fault);
    assert_non_null(parts[1].fault);
}

static void pages_are_counted(void **state)
{
    (void)state;
    int pages;
    assert_int_equal(pdf_page_count(&ctx, letter_bytes(), &pages), OK);
    assert_int_equal(pages, 1);
    static const char *const objects[] = { CATALOG,
                                           "<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>",
                                           PAGE };
    assert_int_equal(pdf_page_count(&ctx, pdf_of(objects, 3), &pages), OK);
    assert_int_equal(pages, 3);
}

static void what_is_no_pdf(void **state)
{
    (void)state;
    refused((struct str){ "", 0 }, "The PDF is empty.");
    refused(STR("PK\003\004 something else"), "The PDF is not a PDF.");
    refused(STR("%PDF-1.7\n"), "The PDF is damaged.");
    refused(STR("%PDF-1.7\n%%EOF\nstartxref\n99999999999999999999\n%%EOF"), "The PDF is damaged.");
}

static void cut_off(void **state)
{
    (void)state;
    struct str whole = letter_bytes();
    for (size_t part = 1; part < 8; part++)
        refused((struct str){ whole.p, whole.n * part / 8 }, "The PDF is damaged.");
}

/* A copy that needs this password to be read. */
static struct str encrypted(struct str pdf, const char *password)
{
    qpdf_data q = qpdf_init();
    assert_int_equal(qpdf_read_memory(q, "", pdf.p, pdf.n, NULL) & QPDF_ERRORS, 0);
    assert_int_equal(qpdf_init_write_memory(q) & QPDF_ERRORS, 0);
    qpdf_set_r6_encryption_parameters2(q, password, "owner", QPDF_TRUE, QPDF_TRUE, QPDF_TRUE,
                                       QPDF_TRUE, QPDF_TRUE, QPDF_TRUE, qpdf_r3p_full, QPDF_TRUE);
    assert_int_equal(qpdf_write(q) & QPDF_ERRORS, 0);
    size_t n = qpdf_get_buffer_length(q);
    const void *bytes = qpdf_get_buffer(q);
    struct str out = { arena_strndup(ctx.arena, bytes, n), n };
    qpdf_cleanup(&q);
    return out;
}

static void with_a_password(void **state)
{
    (void)state;
    int pages;
    refused(encrypted(letter_bytes(), "secret"), "The PDF is protected by a password.");
    assert_int_equal(pdf_page_count(&ctx, encrypted(letter_bytes(), ""), &pages), OK);
    struct pdf_part part = { .pdf = encrypted(letter_bytes(), "") };
    struct pdf_merged out;
    assert_int_equal(pdf_merge(&ctx, &part, 1, &out), OK);
    assert_non_null(strstr(paper_text(out.bytes), "138.05 CHF"));
    assert_null(memmem(out.bytes.p, out.bytes.n, "/Encrypt", 8));
}

static void without_an_end(void **state)
{
    (void)state;
    static const char *const loop[] = { CATALOG, "<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>",
                                        PAGE };
    refused(pdf_of(loop, 3), NULL);
    static const char *const self[] = { CATALOG, "2 0 R" };
    refused(pdf_of(self, 2), NULL);
    static const char *const none[] = { CATALOG, "<< /Type /Pages /Kids [] /Count 0 >>" };
    refused(pdf_of(none, 2), NULL);
    static const char *const length[] = {
        CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
        "<< /Length 99999999999999999999999999999999 >>\nstream\nx\nendstream"
    };
    int pages;
    enum err e = pdf_page_count(&ctx, pdf_of(length, 4), &pages);
    assert_true(e == OK || e == ERR_INVALID);
}

static void too_many_pages(void **state)
{
    (void)state;
    static const char *const lie[] = { CATALOG,
                                       "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", PAGE };
    int pages = 0;
    enum err e = pdf_page_count(&ctx, pdf_of(lie, 3), &pages);
    assert_true(e == ERR_INVALID || pages == 1);
    struct buf kids = buf_in(ctx.arena);
    buf_puts(&kids, "<< /Type /Pages /Count 20001 /Kids [");
    for (int i = 0; i <= PDF_PAGES_MAX; i++)
        buf_puts(&kids, "3 0 R ");
    buf_puts(&kids, "] >>");
    const char *const many[] = { CATALOG, kids.p, PAGE };
    refused(pdf_of(many, 3), "The PDF has too many pages.");
}

static void deep_nesting(void **state)
{
    (void)state;
    struct buf deep = buf_in(ctx.arena);
    for (int i = 0; i < 500000; i++)
        buf_putc(&deep, '[');
    const char *const objects[] = { CATALOG, deep.p };
    refused(pdf_of(objects, 2), NULL);
}

/* A small file that becomes so many megabytes when it is read. */
static struct str swollen(const char *megabytes)
{
    return paper_shell("python3 " TEST_SOURCE_DIR "/tests/fixtures/bomb.py $1", megabytes);
}

static void a_bomb(void **state)
{
    (void)state;
    int pages;
    assert_int_equal(pdf_page_count(&ctx, swollen("1"), &pages), OK);
    assert_int_equal(pages, 1);
    struct str bomb = swollen("1024");
    assert_true(bomb.n < 2 << 20);
    refused(bomb, NULL);
}

/* Whatever is changed in a file: it is read or refused, and we live. */
static void broken_anywhere(void **state)
{
    (void)state;
    struct str whole = letter_bytes();
    uint64_t seed = 7;
    for (int i = 0; i < 150; i++) {
        char *copy = arena_alloc(ctx.arena, whole.n);
        memcpy(copy, whole.p, whole.n);
        for (int k = 0; k < 1 + i % 8; k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            copy[(seed >> 33) % whole.n] = (char)(seed >> 25);
        }
        struct pdf_part part = { .pdf = { copy, whole.n } };
        struct pdf_merged out;
        enum err e = pdf_merge(&ctx, &part, 1, &out);
        assert_true(e == OK || e == ERR_INVALID);
        assert_true(e == OK || ctx.problem.detail);
    }
}

/* What would start by itself is left out; what is seen stays. */
static void no_actions_are_kept(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R /AA << /WC 4 0 R >> "
        "/Names << /JavaScript << /Names [(a) 4 0 R] >> >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /AA << /O 4 0 R >> /Annots [5 0 R] "
        ">>",
        "<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
        "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A 4 0 R /AA << /E 4 0 R >> >>"
    };
    struct pdf_part part = { .pdf = pdf_of(objects, 5) };
    struct pdf_merged out;
    assert_int_equal(pdf_merge(&ctx, &part, 1, &out), OK);
    const char *all =
        paper_read(out.bytes, "qpdf --qdf --object-streams=disable $1 - 2>/dev/null || "
                              "strings $1");
    assert_null(strstr(all, "JavaScript"));
    assert_null(strstr(all, "/AA"));
}

static void parts_in_their_order(void **state)
{
    (void)state;
    struct letter us = paper_letter();
    us.form = LETTER_US_10;
    struct letter_pdf p;
    assert_int_equal(letter_write(&ctx, &us, &p), OK);
    static const char *const objects[] = {
        CATALOG, "<< /Type /Pages /Kids [3 0 R 4 0 R 3 0 R] /Count 3 >>", PAGE,
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Rotate 90 /Resources << >> >>"
    };
    struct str three = pdf_of(objects, 4);
    struct pdf_part parts[] = { { .pdf = p.bytes },
                                { .pdf = three, .new_sheet = true },
                                { .pdf = letter_bytes(), .new_sheet = true },
                                { .pdf = three, .from = 1, .count = 1 } };
    struct pdf_merged out;
    assert_int_equal(pdf_merge(&ctx, parts, 4, &out), OK);
    assert_int_equal(out.pages, 8);
    assert_int_equal(paper_pages(out.bytes), 8);
    static const int pages[] = { 1, 3, 7, 8 }, counts[] = { 1, 3, 1, 1 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(parts[i].page, pages[i]);
        assert_int_equal(parts[i].pages, counts[i]);
    }
    const char *sizes =
        paper_read(out.bytes, "pdfinfo -l 9 $1 | awk '/^Page.*size:/ { print $4, $6 }'");
    assert_string_equal(sizes, "612 792\n612 792\n200 100\n300 400\n200 100\n200 100\n"
                               "595.276 841.89\n300 400\n");
}

/* More than one child puts together: all are there, in order, each on the page that is told. */
static void hundreds_of_parts(void **state)
{
    (void)state;
    enum { COUNT = 250 };
    static struct pdf_part parts[COUNT];
    for (int sheets = 0; sheets < 3; sheets++) {
        for (size_t i = 0; i < COUNT; i++) {
            struct buf page = buf_in(ctx.arena);
            buf_printf(&page,
                       "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %zu 99] /Contents 4 0 R "
                       "/T (a \\) 3 0 R \\( b) /H <20523020> /N /3 >>",
                       i + 100);
            const char *const objects[] = { CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                                            page.p,
                                            "<< /Length 8 >>\nstream\n1 0 R w\n\nendstream" };
            parts[i] = (struct pdf_part){ .pdf = pdf_of(objects, 4),
                                          .new_sheet = sheets == 1 || (sheets == 2 && i % 3 == 0) };
        }
        struct pdf_merged out;
        assert_int_equal(pdf_merge(&ctx, parts, COUNT, &out), OK);
        int pages;
        assert_int_equal(pdf_page_count(&ctx, out.bytes, &pages), OK);
        assert_int_equal(pages, out.pages);
        assert_int_equal(out.pages, sheets == 0 ? COUNT : sheets == 1 ? 2 * COUNT - 1 : 333);
        const char *sizes =
            paper_read(out.bytes, "pdfinfo -l 999 $1 2>&1 | grep -E 'Error|^Page.*size:'");
        assert_null(strstr(sizes, "Error"));
        for (size_t i = 0; i < COUNT; i++) {
            const char *line =
                strstr(sizes, arena_printf(ctx.arena, "Page %4d size:", parts[i].page));
            assert_non_null(line);
            assert_int_equal(strtol(line + 15, NULL, 10), i + 100);
        }
    }
}

static void parts_that_are_not_there(void **state)
{
    (void)state;
    struct pdf_part part = { .pdf = letter_bytes(), .from = 1 };
    struct pdf_merged out;
    assert_int_equal(pdf_merge(&ctx, &part, 1, &out), ERR_INVALID);
    assert_string_equal(part.fault, "has fewer pages than were asked for");
    part.from = 0;
    part.count = 2;
    assert_int_equal(pdf_merge(&ctx, &part, 1, &out), ERR_INVALID);
}

/* Sizes may stand above the page, lie on their side, or be counted in units of their own. */
static void tells_pages_and_sizes(void **state)
{
    (void)state;
    struct pdf_look look;
    const char *const objects[] = {
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R 6 0 R] /Count 4 /MediaBox [0 0 595 842] >>",
        "<< /Type /Page /Parent 2 0 R /Resources << >> >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [10 20 852 615] /Resources << >> >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 421 595] /UserUnit 2 /Resources << >> >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e99 -7] /Resources << >> >>",
    };
    assert_int_equal(pdf_look(&ctx, pdf_of(objects, 6), &look), OK);
    assert_int_equal(look.pages, 4);
    assert_int_equal(look.sizes, 3);
    assert_int_equal(look.size[0].page, 1);
    assert_int_equal((int)(look.size[0].width + 0.5), 210);
    assert_int_equal((int)(look.size[0].height + 0.5), 297);
    assert_int_equal(look.size[1].page, 3);
    assert_int_equal((int)(look.size[1].width + 0.5), 297);
    assert_int_equal((int)(look.size[1].height + 0.5), 420);
    assert_int_equal(look.size[2].page, 4);
}

/* A file that took its reader over could have it tell anything. */
static void believes_no_reader(void **state)
{
    (void)state;
    const struct pdf_look sound = { .pages = 2, .sizes = 1, .size = { { 1, 210, 297 } } };
    struct pdf_look look = sound;
    assert_true(pdf_look_is_sound(&look));
    look.sizes = PDF_SIZES + 1;
    assert_false(pdf_look_is_sound(&look));
    look.sizes = -1;
    assert_false(pdf_look_is_sound(&look));
    look = sound;
    look.pages = -2;
    assert_false(pdf_look_is_sound(&look));
    look = sound;
    look.fault = "somewhere else";
    assert_false(pdf_look_is_sound(&look));
    look = sound;
    look.size[0].page = 3;
    assert_false(pdf_look_is_sound(&look));
    look = sound;
    look.size[0].width = (double)NAN;
    assert_false(pdf_look_is_sound(&look));
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    struct pdf_look look;
    assert_int_equal(pdf_look(&ctx, str_of("%PDF-1.5\nnothing\n%%EOF"), &look), ERR_INVALID);
    assert_string_equal(look.fault, "is damaged");
    assert_int_equal(pdf_look(&ctx, str_of("hello"), &look), ERR_INVALID);
    assert_string_equal(look.fault, "is not a PDF");
}

/* Its table of objects points beside them: readers look for them one by one. */
static struct str shifted(struct str whole)
{
    char *copy = arena_strndup(ctx.arena, whole.p, whole.n);
    char *at = memmem(copy, whole.n, "startxref\n", 10);
    assert_non_null(at);
    at[10] = at[10] == '9' ? '8' : '9';
    return (struct str){ copy, whole.n };
}

static void tells_what_opens_all_the_same(void **state)
{
    (void)state;
    struct pdf_look look = { 0 };
    static const char *const objects[] = { CATALOG,
                                           "<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>",
                                           PAGE };
    static const char *const fewer[] = { CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 3 >>",
                                         PAGE };
    int pages;
    struct str damaged = shifted(pdf_of(objects, 3));
    assert_int_equal(pdf_page_count(&ctx, damaged, &pages), ERR_INVALID);
    assert_int_equal(pdf_look(&ctx, damaged, &look), ERR_INVALID);
    assert_true(look.opens);
    assert_int_equal(pdf_look(&ctx, encrypted(letter_bytes(), "secret"), &look), ERR_INVALID);
    assert_true(look.opens);
    assert_int_equal(pdf_look(&ctx, shifted(pdf_of(fewer, 3)), &look), ERR_INVALID);
    assert_false(look.opens);
    assert_int_equal(pdf_look(&ctx, str_of("%PDF-1.5\nnothing\n%%EOF"), &look), ERR_INVALID);
    assert_false(look.opens);
    struct str whole = letter_bytes();
    for (size_t part = 1; part < 8; part++) {
        assert_int_equal(pdf_look(&ctx, (struct str){ whole.p, whole.n * part / 8 }, &look),
                         ERR_INVALID);
        assert_false(look.opens);
    }
}

int main(void)
{
#define PDF_TEST(name) cmocka_unit_test_setup_teardown(name, paper_start, paper_end)
    const struct CMUnitTest tests[] = {
        PDF_TEST(pages_are_counted),
        PDF_TEST(tells_pages_and_sizes),
        PDF_TEST(believes_no_reader),
        PDF_TEST(says_what_is_wrong),
        PDF_TEST(tells_what_opens_all_the_same),
        PDF_TEST(what_is_no_pdf),
        PDF_TEST(cut_off),
        PDF_TEST(with_a_password),
        PDF_TEST(without_an_end),
        PDF_TEST(too_many_pages),
        PDF_TEST(deep_nesting),
        PDF_TEST(a_bomb),
        PDF_TEST(broken_anywhere),
        PDF_TEST(no_actions_are_kept),
        PDF_TEST(parts_in_their_order),
        PDF_TEST(hundreds_of_parts),
        PDF_TEST(parts_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
