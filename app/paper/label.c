/* Sheets of address labels. */
#include "paper/press.h"
#include "paper/print_file.h"

#include "base/utf8.h"

#include <string.h>

#define PADDING 3.5
#define PITCH 4.6

/* Avery's own sheets of measures, in millimetres; those of US Letter are in inches: 5160 has labels
   of 2 5/8 x 1 in, 3/16 in from the left and 1/2 in from the top, 2 3/4 in from one to the next;
   5163 4 x 2 in, 5/32 in and 1/2 in, 4 3/16 in. */
const struct label_sheet label_sheets[] = {
    { "l7160", "Avery L7160, 3 x 7", 210, 297, 3, 7, 63.5, 38.1, 7.25, 15.15, 66.0, 38.1 },
    { "l7163", "Avery L7163, 2 x 7", 210, 297, 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1 },
    { "l7162", "Avery L7162, 2 x 8", 210, 297, 2, 8, 99.1, 33.9, 4.65, 12.9, 101.6, 33.9 },
    { "3475", "Avery Zweckform 3475, 3 x 8", 210, 297, 3, 8, 70, 36, 0, 4.5, 70, 36 },
    { "5160", "Avery 5160, 3 x 10", 215.9, 279.4, 3, 10, 66.675, 25.4, 4.7625, 12.7, 69.85, 25.4 },
    { "5163", "Avery 5163, 2 x 5", 215.9, 279.4, 2, 5, 101.6, 50.8, 3.96875, 12.7, 106.3625, 50.8 },
};

const size_t label_sheet_count = sizeof label_sheets / sizeof *label_sheets;

const struct label_sheet *label_sheet_of(const char *name)
{
    for (size_t i = 0; name && i < label_sheet_count; i++)
        if (strcmp(label_sheets[i].name, name) == 0)
            return &label_sheets[i];
    return NULL;
}

/* Lines in the middle of the label's height, closer where there are many. */
static void draw_label(struct press *p, const struct label_sheet *s, int position,
                       const struct label *l)
{
    int row = position / s->columns, column = position % s->columns;
    double x = s->left + column * s->step_x + PADDING;
    double top = s->top + row * s->step_y;
    double width = s->width - 2 * PADDING, height = s->height - 2 * 2.0;
    double pitch = l->count ? height / (double)l->count : PITCH;
    pitch = pitch < PITCH ? pitch : PITCH;
    double y = top + (s->height - pitch * (double)l->count) / 2;
    for (size_t i = 0; i < l->count; i++)
        press_fit_box(p, PRESS_TEXT, l->lines[i], x, y + (double)i * pitch, width, pitch);
    if (l->note)
        press_put_right(p, PRESS_TINY, l->note, x + width + 1, top + 1.5);
}

static enum err check(struct ctx *c, const struct label_sheet *s, int start,
                      const struct label *labels, size_t count)
{
    if (start < 1 || start > s->columns * s->rows)
        return ctx_fault(c, "start", "is 1 to %d on this sheet", s->columns * s->rows);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < labels[i].count; k++)
            if (!utf8_valid(str_of(labels[i].lines[k])))
                return ctx_fault(c, "labels", "number %zu is not UTF-8", i + 1);
    return OK;
}

enum err labels_write(struct ctx *c, const struct label_sheet *sheet, int start,
                      const struct label *labels, size_t count, struct str *pdf)
{
    enum err e = check(c, sheet, start, labels, count);
    if (e)
        return e;
    struct press *p = press_open(c->arena, -1);
    int per_page = sheet->columns * sheet->rows, at = start - 1;
    press_begin(p, sheet->page_width, sheet->page_height, NULL);
    for (size_t i = 0; i < count; i++, at++) {
        if (at == per_page) {
            press_end_page(p);
            at = 0;
        }
        draw_label(p, sheet, at, &labels[i]);
    }
    press_end_page(p);
    return press_close(p, pdf);
}
