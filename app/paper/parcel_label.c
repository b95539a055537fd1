/* A parcel's label, as a PDF and for label printers. */
#include "paper/parcel_paper.h"

#include "base/utf8.h"
#include "paper/press.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 100.0 /* mm */
#define HEIGHT 150.0
#define EDGE 5.0
#define DOTS 8 /* a mm */
#define SENDER_MOST 6
#define NOT_A_SHIPMENT "DRY RUN: NOT A SHIPMENT"

static const char *text_or(const char *text, const char *other)
{
    return text && *text ? text : other;
}

/* "Order 1001 · 1.25 kg"; "" where nothing is known. */
static const char *facts_of(struct arena *a, const struct parcel_label *l)
{
    const char *weight =
        l->grams ? arena_printf(a, "%ld.%02ld kg", l->grams / 1000, l->grams % 1000 / 10) : "";
    const char *order = text_or(l->order_number, "");
    return arena_printf(a, "%s%s%s", order, *order && *weight ? " · " : "", weight);
}

/* ---- PDF ---- */

static void draw(struct press *p, const struct parcel_label *l)
{
    const char *service = text_or(l->service, "");
    press_fit(p, PRESS_LARGE, text_or(l->carrier, ""), EDGE, 5, WIDTH - 2 * EDGE);
    press_fit(p, PRESS_TEXT, service, EDGE, 13.5, WIDTH - 2 * EDGE);
    press_line(p, EDGE, 20, WIDTH - EDGE, 20, 0.8);
    for (size_t i = 0; i < l->sender_count && i < SENDER_MOST; i++)
        press_fit(p, PRESS_SMALL, l->sender[i], EDGE, 22 + 3.8 * (double)i, WIDTH - 2 * EDGE);
    press_line(p, EDGE, 46, WIDTH - EDGE, 46, 0.4);
    for (size_t i = 0; i < l->address_count; i++)
        press_fit(p, PRESS_NAME, l->address[i], EDGE, 50 + 7 * (double)i, WIDTH - 2 * EDGE);
    press_line(p, EDGE, 86, WIDTH - EDGE, 86, 0.8);
    press_bars(p, l->tracking_number, EDGE + 5, 90, WIDTH - 2 * EDGE - 10, 26);
    press_fit(p, PRESS_NAME, l->tracking_number, EDGE + 5, 117.5, WIDTH - 2 * EDGE - 10);
    press_code(p, l->tracking_number, EDGE + 1, 127, 18);
    press_fit(p, PRESS_TEXT, facts_of(p->arena, l), EDGE + 25, 127, WIDTH - 2 * EDGE - 25);
    if (l->dry_run)
        press_fit(p, PRESS_NAME, NOT_A_SHIPMENT, EDGE + 25, 136, WIDTH - 2 * EDGE - 25);
}

enum err parcel_label_pdf(struct ctx *c, const struct parcel_label *l, struct str *pdf)
{
    struct press *p = press_open(c->arena, -1);
    press_title(p, l->tracking_number);
    press_begin(p, WIDTH, HEIGHT, l->language);
    if (l->dry_run) {
        press_shade(p, 0.8);
        for (int i = 0; i < 3; i++)
            press_fit(p, PRESS_HUGE, NOT_A_SHIPMENT, EDGE, 24 + 30 * i, WIDTH - 2 * EDGE);
        press_shade(p, 0);
    }
    draw(p, l);
    press_end_page(p);
    return press_close(p, pdf);
}

/* ---- ZPL ---- */

/* ^, ~ and the sign of ^FH itself would be read as commands. */
static void put_data(struct buf *b, const char *text)
{
    buf_printf(b, "^FH_^FD");
    for (; *text; text++)
        if (strchr("^~_", *text) || (unsigned char)*text < ' ')
            buf_printf(b, "_%02X", (unsigned char)*text);
        else
            buf_put(b, text, 1);
    buf_printf(b, "^FS\n");
}

/* One line, set smaller where it would be too wide, and broken where that is not enough. */
static void put_line(struct buf *b, int x, int y, int height, const char *text)
{
    int room = (int)(WIDTH - EDGE) * DOTS - x;
    size_t n = utf8_length(str_of(text));
    while (height > 16 && (int)n * height * 55 / 100 > room)
        height--;
    if (*text) {
        buf_printf(b, "^FO%d,%d^A0N,%d^FB%d,3,0,L", x, y, height, room);
        put_data(b, text);
    }
}

static void put_rule(struct buf *b, int y)
{
    buf_printf(b, "^FO40,%d^GB720,3,3^FS\n", y);
}

/* Dots of a module, so that the bars fit: each sign takes 11 modules, start, check and stop 35. */
static int module_of(const char *number)
{
    int fits = 640 / (11 * (int)strlen(number) + 35);
    return fits < 1 ? 1 : fits > 4 ? 4 : fits;
}

struct str parcel_label_zpl(struct arena *a, const struct parcel_label *l)
{
    struct buf b = buf_in(a);
    buf_printf(&b, "^XA\n^CI28\n^PW%d\n^LL%d\n^LH0,0\n", (int)WIDTH * DOTS, (int)HEIGHT * DOTS);
    put_line(&b, 40, 40, 56, text_or(l->carrier, ""));
    put_line(&b, 40, 108, 30, text_or(l->service, ""));
    put_rule(&b, 160);
    for (size_t i = 0; i < l->sender_count && i < SENDER_MOST; i++)
        put_line(&b, 40, 176 + 30 * (int)i, 26, l->sender[i]);
    put_rule(&b, 368);
    for (size_t i = 0; i < l->address_count; i++)
        put_line(&b, 40, 400 + 56 * (int)i, i ? 40 : 46, l->address[i]);
    put_rule(&b, 688);
    buf_printf(&b, "^FO80,720^BY%d^BCN,208,Y,N,N,A", module_of(l->tracking_number));
    put_data(&b, l->tracking_number);
    buf_printf(&b, "^FO40,1000^BQN,2,6");
    put_data(&b, arena_printf(a, "MA,%s", l->tracking_number)); /* M: 15 % may be lost */
    put_line(&b, 240, 1020, 32, facts_of(a, l));
    put_line(&b, 240, 1080, 40, l->dry_run ? NOT_A_SHIPMENT : "");
    buf_printf(&b, "^XZ\n");
    return buf_str(&b);
}
