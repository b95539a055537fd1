/* Letters read back: windows, fonts, scripts, pages, codes, attachments, weight. */
#include "paper.h"

#include "base/json.h"
#include "channels/message.h"
#include "mustache/mustache.h"

#include <math.h>

static struct letter_pdf written(const struct letter *l)
{
    struct letter_pdf out = { 0 };
    enum err e = letter_write(&ctx, l, &out);
    if (e)
        print_error("%s %s\n", ctx.problem.detail ? ctx.problem.detail : "",
                    ctx.problem.n ? ctx.problem.faults[0].message : "");
    assert_int_equal(e, OK);
    return out;
}

static bool is_of(const char *word, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(lines[i], word))
            return true;
    return false;
}

/* Every word of the address is in its zone, and the window shows nothing but what belongs there. */
static void check_window(enum letter_form form)
{
    static const char *const address[] = { "Łucja Nguyễn-Østergård",
                                           "c/o Wohngenossenschaft",
                                           "Bahnhofstrasse 112",
                                           "Postfach",
                                           "8001 Zürich",
                                           "SCHWEIZ" };
    const struct letter_window *w = letter_window(form);
    struct letter l = paper_letter();
    l.form = form;
    l.address = address;
    l.address_count = 6;
    l.endorsement = "Einschreiben";
    const char *words = paper_read(written(&l).bytes, "pdftotext -bbox $1 -");
    struct letter_box box;
    char word[200];
    int found = 0;
    while (paper_word(&words, &box, word)) {
        bool seen = box.x + box.width > w->window.x && box.x < w->window.x + w->window.width &&
                    box.y + box.height > w->window.y && box.y < w->window.y + w->window.height;
        if (seen)
            assert_true(paper_inside(box, w->window));
        if (seen && box.y >= w->address.y - 1 && ++found)
            assert_true(is_of(word, address, 6) && box.x >= w->address.x - 0.1);
        else if (seen)
            assert_true(is_of(word, l.sender, 3) || strcmp(word, "Einschreiben") == 0 ||
                        strcmp(word, "·") == 0);
    }
    assert_int_equal(found, 10);
}

static void addresses_stand_in_their_windows(void **state)
{
    (void)state;
    for (int form = 0; form < LETTER_FORMS; form++)
        check_window((enum letter_form)form);
}

static void tables_of_windows_agree_with_themselves(void **state)
{
    (void)state;
    for (int i = 0; i < LETTER_FORMS; i++) {
        const struct letter_window *w = letter_window((enum letter_form)i);
        enum letter_form back;
        assert_true(letter_form_of(w->name, &back));
        assert_int_equal(back, i);
        assert_true(paper_inside(w->address, w->window));
        assert_true(paper_inside(w->code, w->window));
        assert_true(w->sender.width == 0 || paper_inside(w->sender, w->window));
        assert_true(w->notes.x + w->notes.width < w->code.x);
        assert_true(w->subject_y > w->window.y + w->window.height);
    }
    enum letter_form form;
    assert_false(letter_form_of("din-5008-c", &form));
    assert_null(letter_window(LETTER_FORMS));
}

/* The zone that shows wherever the sheet slides in its envelope. */
static void no_address_is_cut(void **state)
{
    (void)state;
    const char *longest = "Frau Professor Doktor Maria-Magdalena von und zu Hohenstein-Wallersee, "
                          "Verwaltungsratspräsidentin";
    for (int i = 0; i < LETTER_FORMS; i++) {
        struct letter l = paper_letter();
        l.form = (enum letter_form)i;
        l.address = &longest;
        l.address_count = 1;
        const char *words = paper_read(written(&l).bytes, "pdftotext -bbox $1 -");
        struct letter_box box;
        char word[200];
        int found = 0;
        while (paper_word(&words, &box, word))
            if (strstr(longest, word) && box.y < letter_window(l.form)->subject_y && ++found)
                assert_true(paper_inside(box, letter_window(l.form)->window));
        assert_int_equal(found, 9);
    }
}

static void a_reader_finds_the_code(void **state)
{
    (void)state;
    for (int i = 0; i < LETTER_FORMS; i++) {
        struct letter l = paper_letter();
        l.form = (enum letter_form)i;
        const char *code = paper_codes(written(&l).bytes);
        char uuid[37];
        assert_int_equal(strcspn(code, "\n"), LETTER_CODE_LENGTH);
        assert_true(letter_code_read(arena_strndup(ctx.arena, code, LETTER_CODE_LENGTH), uuid));
        assert_string_equal(uuid, UUID);
    }
    struct letter l = paper_letter();
    l.communication_id = NULL;
    assert_string_equal(paper_codes(written(&l).bytes), "");
}

static void all_scripts_with_their_fonts(void **state)
{
    (void)state;
    static const char *const address[] = { "محمد عبد الله", "李小龍", "Δημήτρης Παπαδόπουλος",
                                           "Иван Петров", "8001 Zürich" };
    struct letter l = paper_letter();
    l.address = address;
    l.address_count = 5;
    l.markdown =
        "مرحبا بالعالم\n\nשלום עולם\n\n尊敬的客户\n\n안녕하세요\n\nनमस्ते\n\nสวัสดี\n\nこんにちは";
    struct letter_pdf p = written(&l);
    int missing;
    assert_true(paper_fonts(p.bytes, &missing) >= 4);
    assert_int_equal(missing, 0);
    assert_int_equal(p.unknown, 0);
    const char *text = paper_text(p.bytes);
    assert_non_null(strstr(text, "李小龍"));
    assert_non_null(strstr(text, "Δημήτρης Παπαδόπουλος"));
    assert_non_null(strstr(text, "Иван Петров"));
    assert_non_null(strstr(text, "尊敬的客户"));
    assert_non_null(strstr(text, "안녕하세요"));
}

/* Arabic begins at the right edge of the text. */
static void from_right_to_left(void **state)
{
    (void)state;
    struct letter l = paper_letter();
    l.markdown = "مرحبا";
    const struct letter_window *w = letter_window(l.form);
    const char *words = paper_read(written(&l).bytes, "pdftotext -bbox $1 -");
    struct letter_box box;
    char word[200];
    double right = 0;
    while (paper_word(&words, &box, word))
        if (box.y > w->subject_y + 8 && box.x + box.width > right)
            right = box.x + box.width;
    assert_true(right > w->page_width - w->right - 1 && right < w->page_width - w->right + 1);
}

static void what_no_font_has_is_counted(void **state)
{
    (void)state;
    struct letter l = paper_letter();
    l.subject = "\xf3\xb0\x80\x80\xf3\xb0\x80\x81"; /* of a private use area */
    assert_int_equal(written(&l).unknown, 2);
}

static void markdown_becomes_a_letter(void **state)
{
    (void)state;
    struct letter l = paper_letter();
    l.markdown = "# Überschrift\n\nEin *kursives* und **fettes** Wort, eine\n"
                 "[Seite](https://example.org/a?b=c) und <info@example.org>.\\\nNeue Zeile\n\n"
                 "- Erstens\n- Zweitens\n  1. Innen\n  2. Auch\n\n---\n\n> Zitat\n\n"
                 "Text mit \\*Stern\\*, `code` &amp; <b>HTML</b>";
    struct letter_pdf p = written(&l);
    const char *text = paper_text(p.bytes);
    assert_non_null(strstr(text, "Ein kursives und fettes Wort, eine Seite "
                                 "(https://example.org/a?b=c) und info@example.org."));
    assert_non_null(strstr(text, "• Zweitens"));
    assert_non_null(strstr(text, "2. Auch"));
    assert_non_null(strstr(text, "Text mit *Stern*, code & HTML"));
    assert_null(strstr(text, "(info@"));
    const char *fonts = paper_read(p.bytes, "pdffonts $1");
    assert_non_null(strstr(fonts, "Italic"));
    assert_non_null(strstr(fonts, "Bold"));
}

/* The same source as the e-mail: what is data stands as it is. */
static void the_e_mails_own_words(void **state)
{
    (void)state;
    app.templates = templates_open(ctx.arena, TEST_SOURCE_DIR "/templates", false);
    struct json_object *d = json_own(ctx.arena, json_object_new_object());
    json_set_text(d, "recipientName", "Łukasz *Star* [x](y)");
    json_set_text(d, "subject", "Heizkosten 2025");
    json_set_text(d, "year", "2025");
    json_set_text(d, "amount", "138.05 CHF");
    struct message_source s;
    assert_int_equal(message_source(&ctx, "statement", "de-CH", d, &s), OK);
    assert_string_equal(s.language, "de");
    struct letter l = paper_letter();
    l.subject = s.subject;
    l.markdown = s.markdown;
    const char *text = paper_text(written(&l).bytes);
    assert_non_null(strstr(text, "Guten Tag Łukasz *Star* [x](y)"));
    assert_non_null(strstr(text, "Der offene Betrag ist 138.05 CHF."));
    assert_int_equal(message_source(&ctx, "nothing", "de", d, &s), ERR_NOT_FOUND);
    app.templates = NULL;
}

static void long_letters_go_on(void **state)
{
    (void)state;
    struct buf b = buf_in(ctx.arena);
    for (int i = 1; i <= 90; i++)
        buf_printf(&b, "Absatz %d steht hier.\n\n", i);
    struct letter l = paper_letter();
    l.markdown = b.p;
    struct letter_pdf p = written(&l);
    assert_int_equal(p.pages, paper_pages(p.bytes));
    assert_true(p.pages > 2);
    const char *text = paper_text(p.bytes);
    for (int i = 1; i <= 90; i++)
        assert_non_null(strstr(text, arena_printf(ctx.arena, "Absatz %d steht", i)));
    for (int i = 1; i <= p.pages; i++)
        assert_non_null(strstr(text, arena_printf(ctx.arena, "Seite %d von %d", i, p.pages)));
    l.language = "fr";
    assert_non_null(strstr(paper_text(written(&l).bytes), "Page 2 sur"));
    l.language = "it";
    assert_non_null(strstr(paper_text(written(&l).bytes), "Page 2 of"));
}

/* A heading never ends a page, and no line stands alone on one. */
static void lines_that_belong_together_stay(void **state)
{
    (void)state;
    for (int n = 20; n < 32; n++) {
        struct buf b = buf_in(ctx.arena);
        for (int i = 0; i < n; i++)
            buf_puts(&b, "Zeile\n\n");
        buf_puts(&b, "## Titel\n\nErste\\\nZweite\\\nDritte\n\nEnde\n");
        struct letter l = paper_letter();
        l.markdown = b.p;
        const char *text = paper_text(written(&l).bytes);
        const char *page = strchr(text, '\f'), *title = strstr(text, "Titel");
        const char *first = strstr(text, "Erste"), *second = strstr(text, "Zweite");
        assert_non_null(page);
        assert_true((title < page) == (first < page));
        assert_true((first < page) == (second < page));
    }
}

static void attachments_follow(void **state)
{
    (void)state;
    struct letter us = paper_letter();
    us.form = LETTER_US_10;
    us.subject = "Attached";
    struct str attachments[] = { written(&us).bytes, written(&us).bytes };
    struct letter l = paper_letter();
    l.attachments = attachments;
    l.attachment_count = 2;
    struct letter_pdf p = written(&l);
    assert_int_equal(p.pages, 3);
    assert_int_equal(p.own_pages, 1);
    const char *sizes = paper_read(p.bytes, "pdfinfo -l 9 $1 | grep size: | grep -v File");
    assert_non_null(strstr(sizes, "Page    1 size:  595.276 x 841.89"));
    assert_non_null(strstr(sizes, "Page    2 size:  612 x 792"));
    l.duplex = true;
    p = written(&l);
    assert_int_equal(p.pages, 5);
    assert_int_equal(paper_pages(p.bytes), 5);
}

static void a_bad_attachment_is_named(void **state)
{
    (void)state;
    struct letter good = paper_letter();
    struct str attachments[] = { written(&good).bytes, STR("<html>") };
    struct letter l = paper_letter();
    l.attachments = attachments;
    l.attachment_count = 2;
    struct letter_pdf p;
    assert_int_equal(letter_write(&ctx, &l, &p), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[0].field, "attachments");
    assert_string_equal(ctx.problem.faults[0].message, "number 2 is not a PDF");
}

static void what_cannot_be_set_is_refused(void **state)
{
    (void)state;
    static const char *const lines[] = { "1", "2", "3", "4", "5", "6", "7" };
    struct letter_pdf p;
    struct letter l = paper_letter();
    l.address = lines;
    l.address_count = 7;
    assert_int_equal(letter_write(&ctx, &l, &p), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[0].field, "address");
    l.address_count = 0;
    assert_int_equal(letter_write(&ctx, &l, &p), ERR_INVALID);
    l = paper_letter();
    l.markdown = "\xff";
    assert_int_equal(letter_write(&ctx, &l, &p), ERR_INVALID);
    assert_string_equal(ctx.problem.faults[2].field, "markdown");
    l = paper_letter();
    l.form = LETTER_FORMS;
    assert_int_equal(letter_write(&ctx, &l, &p), ERR_INVALID);
}

static void the_same_letter_is_the_same_file(void **state)
{
    (void)state;
    struct letter l = paper_letter();
    struct str attachment = written(&l).bytes;
    l.attachments = &attachment;
    l.attachment_count = 1;
    struct letter_pdf a = written(&l), b = written(&l);
    assert_true(str_eq(a.bytes, b.bytes));
}

static void an_empty_letter_is_a_page(void **state)
{
    (void)state;
    const char *name = "X";
    struct letter l = { .address = &name, .address_count = 1 };
    assert_int_equal(written(&l).pages, 1);
}

static long centigrams(const struct letter_paper *paper, enum letter_form form, int pages)
{
    return lround(100 * letter_grams(paper, form, pages));
}

static void sheets_and_grams(void **state)
{
    (void)state;
    struct letter_paper paper = { 0 };
    assert_int_equal(letter_sheets(3, false), 3);
    assert_int_equal(letter_sheets(3, true), 2);
    assert_int_equal(letter_sheets(4, true), 2);
    assert_int_equal(centigrams(&paper, LETTER_DIN_B, 1), 499 + 500);
    paper = (struct letter_paper){ .gsm = 90, .envelope_grams = 16, .duplex = true };
    assert_int_equal(centigrams(&paper, LETTER_DIN_B, 3), 2723);
    paper = (struct letter_paper){ .gsm = 75 };
    assert_int_equal(centigrams(&paper, LETTER_US_10, 1), 452 + 500);
}

int main(void)
{
#define LETTER_TEST(name) cmocka_unit_test_setup_teardown(name, paper_start, paper_end)
    const struct CMUnitTest tests[] = {
        LETTER_TEST(addresses_stand_in_their_windows),
        LETTER_TEST(tables_of_windows_agree_with_themselves),
        LETTER_TEST(no_address_is_cut),
        LETTER_TEST(a_reader_finds_the_code),
        LETTER_TEST(all_scripts_with_their_fonts),
        LETTER_TEST(from_right_to_left),
        LETTER_TEST(what_no_font_has_is_counted),
        LETTER_TEST(markdown_becomes_a_letter),
        LETTER_TEST(the_e_mails_own_words),
        LETTER_TEST(long_letters_go_on),
        LETTER_TEST(lines_that_belong_together_stay),
        LETTER_TEST(attachments_follow),
        LETTER_TEST(a_bad_attachment_is_named),
        LETTER_TEST(what_cannot_be_set_is_refused),
        LETTER_TEST(the_same_letter_is_the_same_file),
        LETTER_TEST(an_empty_letter_is_a_page),
        LETTER_TEST(sheets_and_grams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
