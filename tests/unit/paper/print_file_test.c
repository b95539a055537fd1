/* Print files, label sheets and the slip, read back. */
#include "paper.h"

#include "paper/print_file.h"

/* Letters that differ by name, as a run has them. */
static struct letter *letters_of(size_t count)
{
    struct letter *l = arena_zalloc(ctx.arena, count, sizeof *l);
    for (size_t i = 0; i < count; i++) {
        const char **address = arena_zalloc(ctx.arena, 3, sizeof *address);
        address[0] = arena_printf(ctx.arena, "Person-%zu", i);
        address[1] = "Seestrasse 1";
        address[2] = "8002 Zürich";
        l[i] = paper_letter();
        l[i].communication_id = arena_printf(ctx.arena, "01890a5d-ac96-774b-bcce-%012zx", i);
        l[i].address = address;
    }
    return l;
}

static struct print_merged finished(struct print_file *p)
{
    struct print_merged out = { 0 };
    enum err e = print_finish(p, &out);
    if (e)
        print_error("%s\n", ctx.problem.detail ? ctx.problem.detail : "");
    assert_int_equal(e, OK);
    assert_int_equal(paper_pages(out.bytes), out.pages);
    return out;
}

/* The text of each page. */
static const char **texts_of(struct str pdf, int pages)
{
    const char **texts = arena_zalloc(ctx.arena, (size_t)pages, sizeof *texts);
    const char *all = paper_text(pdf);
    for (int i = 0; i < pages; i++) {
        size_t n = strcspn(all, "\f");
        texts[i] = arena_strndup(ctx.arena, all, n);
        all += n + (all[n] == '\f');
    }
    return texts;
}

static void in_the_order_given(void **state)
{
    (void)state;
    enum { COUNT = 450 }; /* more than a child sets */
    struct letter *l = letters_of(COUNT);
    struct print_options o = { .form = LETTER_DIN_B, .children = 2 };
    struct print_file *p = print_begin(&ctx, &o);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(print_letter(p, &l[i]), i);
    struct print_merged m = finished(p);
    assert_int_equal(m.pages, COUNT);
    assert_int_equal(m.sheets, COUNT);
    const char **texts = texts_of(m.bytes, m.pages);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(m.pieces[i].page, i + 1);
        assert_int_equal(m.pieces[i].pages, 1);
        assert_non_null(strstr(texts[i], arena_printf(ctx.arena, "Person-%zu\n", i)));
    }
    int missing;
    assert_true(paper_fonts(m.bytes, &missing) > 0);
    assert_int_equal(missing, 0);
}

static void everything_on_sheets_of_its_own(void **state)
{
    (void)state;
    static const char *const lines[] = { "Seestrasse 12, 8002 Zürich", "3 Briefe" };
    struct print_separator s = { "Lindenhof 12", lines, 2 };
    struct letter *l = letters_of(3);
    struct letter_pdf kept;
    assert_int_equal(letter_write(&ctx, &l[2], &kept), OK);
    l[1].attachments = &kept.bytes;
    l[1].attachment_count = 1;
    struct print_options o = { .form = LETTER_DIN_B, .duplex = true };
    struct print_file *p = print_begin(&ctx, &o);
    print_separator(p, &s);
    print_letter(p, &l[0]);
    print_letter(p, &l[1]);
    print_pdf(p, kept.bytes);
    struct print_merged m = finished(p);
    static const int pages[] = { 1, 3, 5, 7 }, counts[] = { 1, 1, 2, 1 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(m.pieces[i].page, pages[i]);
        assert_int_equal(m.pieces[i].pages, counts[i]);
    }
    assert_int_equal(m.pages, 7);
    assert_int_equal(m.sheets, 4);
    const char **texts = texts_of(m.bytes, m.pages);
    assert_non_null(strstr(texts[0], "Lindenhof 12"));
    assert_non_null(strstr(texts[0], "3 Briefe"));
    assert_string_equal(texts[1], "");
    assert_non_null(strstr(texts[4], "Person-1\n"));
    assert_non_null(strstr(texts[5], "Person-2\n"));
    assert_non_null(strstr(texts[6], "Person-2\n"));
}

static void a_letter_at_fault_is_named(void **state)
{
    (void)state;
    struct letter *l = letters_of(3);
    struct print_options o = { .form = LETTER_DIN_B };
    struct print_merged m;
    l[1].subject = "\xc0";
    struct print_file *p = print_begin(&ctx, &o);
    for (int i = 0; i < 3; i++)
        print_letter(p, &l[i]);
    assert_int_equal(print_finish(p, &m), ERR_INVALID);
    assert_string_equal(ctx.problem.detail, "Letter 2: subject is not UTF-8");
    p = print_begin(&ctx, &o);
    print_letter(p, &l[0]);
    print_pdf(p, STR("nothing"));
    assert_int_equal(print_finish(p, &m), ERR_INVALID);
    assert_string_equal(ctx.problem.detail, "Letter 2: a PDF of it is not a PDF.");
    assert_int_equal(print_finish(print_begin(&ctx, &o), &m), ERR_INVALID);
}

static void only_kept_ones(void **state)
{
    (void)state;
    struct letter *l = letters_of(2);
    struct letter_pdf kept[2];
    assert_int_equal(letters_write(&ctx, l, 2, 2, kept), OK);
    struct print_options o = { .form = LETTER_DIN_B };
    struct print_file *p = print_begin(&ctx, &o);
    print_pdf(p, kept[1].bytes);
    print_pdf(p, kept[0].bytes);
    print_pdf(p, kept[1].bytes);
    struct print_merged m = finished(p);
    const char **texts = texts_of(m.bytes, m.pages);
    assert_non_null(strstr(texts[0], "Person-1\n"));
    assert_non_null(strstr(texts[1], "Person-0\n"));
    assert_non_null(strstr(texts[2], "Person-1\n"));
}

static void many_at_once_are_the_same_files(void **state)
{
    (void)state;
    enum { COUNT = 30 };
    struct letter *l = letters_of(COUNT);
    struct letter_pdf one, many[COUNT];
    assert_int_equal(letter_write(&ctx, &l[0], &one), OK);
    struct str attachment = one.bytes;
    l[7].attachments = &attachment;
    l[7].attachment_count = 1;
    assert_int_equal(letters_write(&ctx, l, COUNT, 3, many), OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(letter_write(&ctx, &l[i], &one), OK);
        assert_true(str_eq(one.bytes, many[i].bytes));
        assert_int_equal(one.pages, many[i].pages);
        assert_int_equal(one.own_pages, many[i].own_pages);
    }
    l[11].address_count = 0;
    assert_int_equal(letters_write(&ctx, l, COUNT, 3, many), ERR_INVALID);
    assert_string_equal(ctx.problem.detail, "Letter 12: address needs 1 to 6 lines");
}

/* ---- labels ---- */

static void labels_stand_in_their_places(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Łucja Nguyễn-Østergård-Hohenstein von Wallersee-Lindenhof", "c/o", "Weg", "3", "8001", "CH"
    };
    for (size_t k = 0; k < label_sheet_count; k++) {
        const struct label_sheet *s = &label_sheets[k];
        assert_ptr_equal(label_sheet_of(s->name), s);
        assert_true(s->left + (s->columns - 1) * s->step_x + s->width <= s->page_width + 0.01);
        assert_true(s->top + (s->rows - 1) * s->step_y + s->height <= s->page_height + 0.01);
        struct label labels[40];
        for (size_t i = 0; i < 40; i++)
            labels[i] = (struct label){ lines, 6, NULL };
        struct str pdf;
        int per_page = s->columns * s->rows, start = 4;
        assert_int_equal(labels_write(&ctx, s, start, labels, 40, &pdf), OK);
        assert_int_equal(paper_pages(pdf), (40 + start - 1 + per_page - 1) / per_page);
        const char *words = paper_read(pdf, "pdftotext -l 1 -bbox $1 -");
        struct letter_box box;
        char word[200];
        bool used[40] = { 0 };
        while (paper_word(&words, &box, word)) {
            int column = (int)((box.x - s->left) / s->step_x);
            int row = (int)((box.y - s->top) / s->step_y);
            struct letter_box label = { s->left + column * s->step_x, s->top + row * s->step_y,
                                        s->width, s->height };
            assert_true(paper_inside(box, label));
            used[row * s->columns + column] = true;
        }
        for (int i = 0; i < per_page; i++)
            assert_int_equal(used[i], i >= start - 1);
    }
    assert_null(label_sheet_of("l9999"));
}

static void a_start_the_sheet_has_not(void **state)
{
    (void)state;
    struct str pdf;
    assert_int_equal(labels_write(&ctx, label_sheet_of("l7160"), 22, NULL, 0, &pdf), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[0].field, "start");
    assert_string_equal(ctx.problem.faults[0].message, "is 1 to 21 on this sheet");
    assert_int_equal(labels_write(&ctx, label_sheet_of("l7160"), 0, NULL, 0, &pdf), ERR_INVALID);
}

/* ---- the slip ---- */

static struct slip slip_of(size_t count)
{
    static const char *const sender[] = { "Lindenhof Verwaltungen AG", "Seestrasse 12" };
    struct slip_line *lines = arena_zalloc(ctx.arena, count + 1, sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct slip_line){ .recipient = arena_printf(ctx.arena, "Person-%zu", i),
                                       .address = "Seestrasse 12, 8002 Zürich",
                                       .category = i % 4 ? "A-Post" : "Einschreiben",
                                       .grams = i % 3 ? 10 : 60 };
    return (struct slip){ .language = "de",
                          .form = LETTER_DIN_B,
                          .sender = sender,
                          .sender_count = 2,
                          .run = "2026-7",
                          .date = "30. April 2026",
                          .lines = lines,
                          .count = count };
}

static void a_slip_counts(void **state)
{
    (void)state;
    struct slip s = slip_of(12);
    struct str pdf;
    assert_int_equal(slip_write(&ctx, &s, &pdf), OK);
    assert_int_equal(paper_pages(pdf), 1);
    const char *text = paper_read(pdf, "pdftotext -layout $1 - | tr -s ' '");
    assert_non_null(strstr(text, "Drucklauf 2026-7"));
    assert_non_null(strstr(text, "12 Person-11 Seestrasse 12, 8002 Zürich A-Post 10\n"));
    /* the first, fifth and ninth are registered, of which one is of 60 g */
    assert_non_null(strstr(text, "Einschreiben 2 – 1 – – – – 3 80\n"));
    assert_non_null(strstr(text, "A-Post 6 – 3 – – – – 9 240\n"));
    assert_non_null(strstr(text, "Summe 8 – 4 – – – – 12 320\n"));
    assert_non_null(strstr(text, "Stempel der Post"));
    assert_non_null(strstr(text, "Bisher: 12 Briefe, 320 g"));
}

/* Whatever the number of lines: all are there, once, and the end has its place. */
static void slips_of_any_length(void **state)
{
    (void)state;
    for (size_t count = 0; count < 130; count += count < 45 ? 1 : 17) {
        struct slip s = slip_of(count);
        struct str pdf;
        assert_int_equal(slip_write(&ctx, &s, &pdf), OK);
        int pages = paper_pages(pdf), found = 0;
        const char **texts = texts_of(pdf, pages);
        for (int i = 0; i < pages; i++)
            for (const char *at = texts[i]; (at = strstr(at, "Person-")); at++)
                assert_int_equal(strtol(at + 7, NULL, 10), found++);
        assert_int_equal(found, count);
        assert_non_null(strstr(texts[pages - 1], "Stempel der Post"));
        assert_non_null(
            strstr(texts[pages - 1], arena_printf(ctx.arena, "Seite %d / %d", pages, pages)));
    }
}

static void more_classes_than_rows(void **state)
{
    (void)state;
    struct slip_line lines[40];
    for (size_t i = 0; i < 40; i++)
        lines[i] = (struct slip_line){ .category = arena_printf(ctx.arena, "Class-%zu", i) };
    struct slip s = { .form = LETTER_US_10, .lines = lines, .count = 40 };
    struct str pdf;
    assert_int_equal(slip_write(&ctx, &s, &pdf), OK);
    const char *text = paper_read(pdf, "pdftotext -layout $1 - | tr -s ' '");
    assert_non_null(strstr(text, "Other 29 – – – – – – 29 –\n"));
    assert_non_null(strstr(text, "Total 40 – – – – – – 40 –\n"));
}

int main(void)
{
#define PRINT_TEST(name) cmocka_unit_test_setup_teardown(name, paper_start, paper_end)
    const struct CMUnitTest tests[] = {
        PRINT_TEST(in_the_order_given),
        PRINT_TEST(everything_on_sheets_of_its_own),
        PRINT_TEST(a_letter_at_fault_is_named),
        PRINT_TEST(only_kept_ones),
        PRINT_TEST(many_at_once_are_the_same_files),
        PRINT_TEST(labels_stand_in_their_places),
        PRINT_TEST(a_start_the_sheet_has_not),
        PRINT_TEST(a_slip_counts),
        PRINT_TEST(slips_of_any_length),
        PRINT_TEST(more_classes_than_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
