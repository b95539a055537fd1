/* Labels and manifests of parcels: their codes are read back, on both kinds of paper. */
#include "paper.h"

#include "paper/parcel_paper.h"

static const char *const sender[] = { "Alpenladen GmbH", "Seestrasse 12", "8002 Zürich" };
static const char *const address[] = { "Łucja Nguyễn-Østergård", "Bahnhofstrasse 112",
                                       "8001 Zürich" };

static struct parcel_label label(void)
{
    return (struct parcel_label){ .language = "en",
                                  .sender = sender,
                                  .sender_count = 3,
                                  .address = address,
                                  .address_count = 3,
                                  .carrier = "DHL",
                                  .service = "Parcel",
                                  .tracking_number = "JD01-4600_006281",
                                  .order_number = "Order 1001",
                                  .grams = 1250 };
}

static void test_label_is_read_back(void **state)
{
    (void)state;
    struct str pdf;
    int missing;
    struct parcel_label l = label();
    assert_int_equal(parcel_label_pdf(&ctx, &l, &pdf), OK);
    const char *text = paper_text(pdf);
    const char *const told[] = { "Alpenladen GmbH",  "Łucja Nguyễn-Østergård", "8001 Zürich", "DHL",
                                 "JD01-4600_006281", "Order 1001 · 1.25 kg" };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (!strstr(text, told[i]))
            fail_msg("no %s in %s", told[i], text);
    assert_null(strstr(text, "NOT A SHIPMENT"));
    assert_int_equal(paper_pages(pdf), 1);
    assert_true(paper_fonts(pdf, &missing) > 0);
    assert_int_equal(missing, 0);
    const char *codes = paper_codes(pdf), *first = strstr(codes, l.tracking_number);
    assert_non_null(first); /* as bars and as a square */
    assert_non_null(strstr(first + 1, l.tracking_number));
    assert_non_null(strstr(paper_read(pdf, "pdfinfo $1"), "283.465 x 425.197"));
}

static void test_the_longest_number_still_reads(void **state)
{
    (void)state;
    struct str pdf;
    struct parcel_label l = label();
    l.tracking_number = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789/ABCDEFGHIJKLMNOPQRSTUV";
    assert_int_equal(strlen(l.tracking_number), 60);
    assert_int_equal(parcel_label_pdf(&ctx, &l, &pdf), OK);
    assert_non_null(strstr(paper_read(pdf, "pdftoppm -r 600 -gray $1 | zbarimg -q -Sdisable "
                                           "-Scode128.enable --raw PGM:- 2>/dev/null"),
                           l.tracking_number));
}

static void test_a_dry_run_says_so(void **state)
{
    (void)state;
    struct str pdf;
    struct parcel_label l = label();
    l.dry_run = true;
    assert_int_equal(parcel_label_pdf(&ctx, &l, &pdf), OK);
    assert_non_null(strstr(paper_text(pdf), "DRY RUN: NOT A SHIPMENT"));
    assert_non_null(strstr(parcel_label_zpl(ctx.arena, &l).p, "^FDDRY RUN: NOT A SHIPMENT^FS"));
    assert_non_null(strstr(paper_codes(pdf), l.tracking_number));
}

static void test_zpl_holds_no_command_of_others(void **state)
{
    (void)state;
    static const char *const tricky[] = { "Eve ^XZ~JA_41", "a\nb" };
    struct parcel_label l = label();
    l.address = tricky;
    l.address_count = 2;
    const char *zpl = parcel_label_zpl(ctx.arena, &l).p;
    assert_non_null(strstr(zpl, "^FDEve _5EXZ_7EJA_5F41^FS"));
    assert_non_null(strstr(zpl, "^FDa_0Ab^FS"));
    assert_non_null(strstr(zpl, "^BY3^BCN,208,Y,N,N,A^FH_^FDJD01-4600_5F006281^FS"));
    assert_non_null(strstr(zpl, "^BQN,2,6^FH_^FDMA,JD01-4600_5F006281^FS"));
    assert_non_null(strstr(zpl, "^CI28"));
    assert_ptr_equal(strstr(zpl, "^XZ"), zpl + strlen(zpl) - 4);
    assert_null(strchr(zpl, '~'));
}

static void test_zpl_sets_long_lines_smaller(void **state)
{
    (void)state;
    char name[161];
    memset(name, 'W', 160);
    name[160] = 0;
    const char *const lines[] = { name };
    struct parcel_label l = label();
    l.address = lines;
    l.address_count = 1;
    l.tracking_number = "123456789012345678901234567890123456789012345678901234567890";
    const char *zpl = parcel_label_zpl(ctx.arena, &l).p;
    assert_non_null(strstr(zpl, "^A0N,16^FB720,3,0,L^FH_^FDWWW"));
    assert_non_null(strstr(zpl, "^BY1^BCN"));
}

static struct manifest manifest(size_t n, const char *number)
{
    struct manifest_line *lines = arena_zalloc(ctx.arena, n + 1, sizeof(*lines));
    for (size_t i = 0; i < n; i++)
        lines[i] =
            (struct manifest_line){ .tracking_number = arena_printf(ctx.arena, "QX%06zu", i + 1),
                                    .order_number = arena_printf(ctx.arena, "%zu", 1000 + i),
                                    .recipient = "Lea Brunner",
                                    .place = "8000 Zürich, CH",
                                    .grams = i ? 500 : 0 };
    return (struct manifest){ .language = "en",
                              .form = LETTER_SWISS_RIGHT,
                              .sender = sender,
                              .sender_count = 3,
                              .carrier = "Swiss Post",
                              .number = number,
                              .date = "22 November 2026",
                              .lines = lines,
                              .count = n };
}

static void test_manifest_lists_all(void **state)
{
    (void)state;
    struct str pdf;
    for (size_t n = 1; n < 120; n += 17) {
        struct manifest m = manifest(n, "2026-12");
        assert_int_equal(manifest_pdf(&ctx, &m, &pdf), OK);
        const char *text = paper_text(pdf);
        for (size_t i = 0; i < n; i++)
            assert_non_null(strstr(text, m.lines[i].tracking_number));
        assert_non_null(strstr(text, "2026-12"));
        assert_non_null(strstr(text, "Date, time and signature"));
        assert_non_null(
            strstr(text, n == 1 ? "1 parcel\n"
                                : arena_printf(ctx.arena, "%zu parcels, of which %zu weigh %.2f kg",
                                               n, n - 1, (double)(n - 1) / 2)));
        assert_non_null(strstr(
            text, arena_printf(ctx.arena, "Page %d / %d", paper_pages(pdf), paper_pages(pdf))));
    }
}

static void test_pickup_list_is_signed_by_nobody(void **state)
{
    (void)state;
    struct str pdf;
    struct manifest m = manifest(3, NULL);
    assert_int_equal(manifest_pdf(&ctx, &m, &pdf), OK);
    const char *text = paper_text(pdf);
    assert_non_null(strstr(text, "Pickup list"));
    assert_null(strstr(text, "signature"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_label_is_read_back),
        cmocka_unit_test(test_the_longest_number_still_reads),
        cmocka_unit_test(test_a_dry_run_says_so),
        cmocka_unit_test(test_zpl_holds_no_command_of_others),
        cmocka_unit_test(test_zpl_sets_long_lines_smaller),
        cmocka_unit_test(test_manifest_lists_all),
        cmocka_unit_test(test_pickup_list_is_signed_by_nobody),
    };
    return cmocka_run_group_tests(tests, paper_start, paper_end);
}
