/* Markdown as lines of a letter: paragraphs, emphasis, headings, lists, links with their
   addresses. */
#include "paper/letter_body.h"

#include <cmark.h>
#include <string.h>

#define LINE_HEIGHT 4.9 /* of 10 pt */
#define PARAGRAPH_GAP 2.6
#define HEADING_GAP 4.6
#define CLOSE_GAP 0.8
#define INDENT 6.0
#define MARKER_GAP 1.6
#define LINE_SEPARATOR "\xe2\x80\xa8"
#define DEPTH_MAX 12 /* of emphasis in emphasis and lists in lists */

struct setting {
    struct press *press;
    double width;
    struct body_line *lines;
    size_t count, room;
    struct buf text;           /* of the block at hand */
    PangoAttrList *attributes; /* of that text */
    size_t starts[DEPTH_MAX];  /* where emphasis began */
    int open;                  /* how many of them */
    int depth;                 /* of lists and quotes */
    int numbers[DEPTH_MAX];    /* next number of each list; 0: bullets */
    PangoLayout *marker;       /* waits for its first line */
    double gap;                /* above the next block */
    enum press_face face;
};

/* ---- lines ---- */

static struct body_line *line_new(struct setting *s)
{
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 32;
        struct body_line *more = arena_zalloc(s->press->arena, room, sizeof *more);
        if (s->count)
            memcpy(more, s->lines, s->count * sizeof *more);
        s->lines = more;
        s->room = room;
    }
    s->lines[s->count] = (struct body_line){ .height = LINE_HEIGHT };
    return &s->lines[s->count++];
}

/* Fonts of other scripts are higher: their lines take what they need. */
static double height_of(PangoLayout *layout, int index)
{
    PangoRectangle ink;
    pango_layout_line_get_extents(pango_layout_get_line_readonly(layout, index), &ink, NULL);
    double need = (double)ink.height / PANGO_SCALE * PRESS_POINT + 0.8;
    return need > LINE_HEIGHT ? need : LINE_HEIGHT;
}

static void end_block(struct setting *s, bool heading)
{
    double x = s->depth * INDENT;
    PangoLayout *layout = press_layout(s->press, s->face, s->text.p ? s->text.p : "", s->width - x);
    pango_layout_set_attributes(layout, s->attributes);
    s->press->unknown += pango_layout_get_unknown_glyphs_count(layout);
    int n = pango_layout_get_line_count(layout);
    for (int i = 0; i < n; i++) {
        struct body_line *line = line_new(s);
        line->layout = layout;
        line->index = i;
        line->x = x;
        line->height = height_of(layout, i);
        line->before = i || s->count == 1 ? 0 : heading ? HEADING_GAP : s->gap;
        line->marker = i ? NULL : s->marker;
        line->keep = heading || (n > 1 && (i == 0 || i == n - 2));
    }
    s->marker = NULL;
    s->gap = heading ? CLOSE_GAP : PARAGRAPH_GAP;
}

static void begin_block(struct setting *s, enum press_face face)
{
    s->text = buf_in(s->press->arena);
    s->attributes = pango_attr_list_new();
    arena_defer(s->press->arena, (void (*)(void *))pango_attr_list_unref, s->attributes);
    s->face = face;
    s->open = 0;
}

/* ---- emphasis ---- */

static void open_emphasis(struct setting *s)
{
    if (s->open < DEPTH_MAX)
        s->starts[s->open] = s->text.n;
    s->open++;
}

static void close_emphasis(struct setting *s, PangoAttribute *how)
{
    s->open--;
    how->start_index = (guint)s->starts[s->open < DEPTH_MAX ? s->open : DEPTH_MAX - 1];
    how->end_index = (guint)s->text.n;
    pango_attr_list_insert(s->attributes, how);
}

static void close_link(struct setting *s, const char *url)
{
    const char *plain = strncmp(url, "mailto:", 7) == 0 ? url + 7 : url;
    s->open--;
    size_t start = s->starts[s->open < DEPTH_MAX ? s->open : DEPTH_MAX - 1];
    bool told = s->text.p && strcmp(s->text.p + start, plain) == 0;
    if (*plain && !told)
        buf_printf(&s->text, " (%s)", plain);
}

/* ---- nodes ---- */

static void enter_item(struct setting *s)
{
    if (s->depth < 1 || s->depth > DEPTH_MAX)
        return;
    int *number = &s->numbers[s->depth - 1];
    char text[16];
    snprintf(text, sizeof text, "%d.", *number);
    s->marker = press_layout(s->press, PRESS_TEXT, *number ? text : "•", 0);
    *number += *number > 0;
}

static void enter_list(struct setting *s, cmark_node *n)
{
    bool numbered = cmark_node_get_list_type(n) == CMARK_ORDERED_LIST;
    if (s->depth < DEPTH_MAX)
        s->numbers[s->depth] = numbered ? cmark_node_get_list_start(n) : 0;
    s->depth++;
    s->gap = s->depth > 1 ? CLOSE_GAP : s->gap;
}

static void rule(struct setting *s)
{
    struct body_line *line = line_new(s);
    line->before = PARAGRAPH_GAP;
    s->gap = PARAGRAPH_GAP;
}

static void enter(struct setting *s, cmark_node *n)
{
    switch ((int)cmark_node_get_type(n)) { /* of a library: other kinds have no text */
    case CMARK_NODE_PARAGRAPH:
        begin_block(s, PRESS_TEXT);
        break;
    case CMARK_NODE_HEADING:
        begin_block(s, cmark_node_get_heading_level(n) == 1 ? PRESS_NAME : PRESS_STRONG);
        break;
    case CMARK_NODE_CODE_BLOCK:
        begin_block(s, PRESS_TEXT);
        buf_put(&s->text, cmark_node_get_literal(n),
                strcspn(cmark_node_get_literal(n), "") - (*cmark_node_get_literal(n) != 0));
        end_block(s, false);
        break;
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
        buf_puts(&s->text, cmark_node_get_literal(n));
        break;
    case CMARK_NODE_SOFTBREAK:
        buf_putc(&s->text, ' ');
        break;
    case CMARK_NODE_LINEBREAK:
        buf_puts(&s->text, LINE_SEPARATOR);
        break;
    case CMARK_NODE_STRONG:
    case CMARK_NODE_EMPH:
    case CMARK_NODE_LINK:
        open_emphasis(s);
        break;
    case CMARK_NODE_LIST:
        enter_list(s, n);
        break;
    case CMARK_NODE_ITEM:
        enter_item(s);
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        s->depth++;
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        rule(s);
        break;
    default:
        break;
    }
}

static void leave(struct setting *s, cmark_node *n)
{
    switch ((int)cmark_node_get_type(n)) {
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        end_block(s, cmark_node_get_type(n) == CMARK_NODE_HEADING);
        break;
    case CMARK_NODE_STRONG:
        close_emphasis(s, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
        break;
    case CMARK_NODE_EMPH:
        close_emphasis(s, pango_attr_style_new(PANGO_STYLE_ITALIC));
        break;
    case CMARK_NODE_LINK:
        close_link(s, cmark_node_get_url(n));
        break;
    case CMARK_NODE_ITEM:
        if (cmark_node_get_list_tight(cmark_node_parent(n)))
            s->gap = CLOSE_GAP;
        break;
    case CMARK_NODE_LIST:
        s->depth--;
        s->gap = s->depth ? CLOSE_GAP : PARAGRAPH_GAP;
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        s->depth--;
        break;
    default:
        break;
    }
}

struct body body_layout(struct press *p, const char *markdown, double width)
{
    struct setting s = { .press = p, .width = width };
    cmark_node *document = cmark_parse_document(markdown, strlen(markdown), CMARK_OPT_DEFAULT);
    arena_defer(p->arena, (void (*)(void *))cmark_node_free, document);
    begin_block(&s, PRESS_TEXT);
    cmark_iter *i = cmark_iter_new(document);
    for (cmark_event_type t; (t = cmark_iter_next(i)) != CMARK_EVENT_DONE;) {
        if (t == CMARK_EVENT_ENTER)
            enter(&s, cmark_iter_get_node(i));
        else
            leave(&s, cmark_iter_get_node(i));
    }
    cmark_iter_free(i);
    return (struct body){ s.lines, s.count };
}

/* ---- pages ---- */

/* The end of what fits between y and end, before the keeping together. */
static size_t fill(const struct body *b, size_t first, double y, double end)
{
    size_t i = first;
    for (; i < b->count; i++) {
        y += (i > first ? b->lines[i].before : 0) + b->lines[i].height;
        if (y > end && i > first)
            break;
    }
    return i;
}

static size_t page_end(const struct body *b, size_t first, double y, double end)
{
    size_t full = fill(b, first, y, end), i = full;
    if (full == b->count)
        return full;
    while (i > first && b->lines[i - 1].keep)
        i--;
    return i > first ? i : full;
}

static double width_of(PangoLayoutLine *line)
{
    PangoRectangle box;
    pango_layout_line_get_extents(line, NULL, &box);
    return (double)box.width / PANGO_SCALE * PRESS_POINT;
}

static void show(struct press *p, PangoLayoutLine *line, double x, double baseline)
{
    cairo_move_to(p->cr, x / PRESS_POINT, baseline / PRESS_POINT);
    pango_cairo_show_layout_line(p->cr, line);
}

/* A line that runs from right to left is indented from the right, its marker beyond it. */
static void draw_line(struct press *p, const struct body_line *line, double x, double y,
                      double width)
{
    if (!line->layout) {
        press_shade(p, 0.5);
        press_line(p, x, y + line->height / 2, x + width, y + line->height / 2, 0.3);
        press_shade(p, 0);
        return;
    }
    PangoLayoutLine *set = pango_layout_get_line_readonly(line->layout, line->index);
    bool left = set->resolved_dir != PANGO_DIRECTION_RTL;
    double baseline = y + line->height * 0.75;
    show(p, set, left ? x + line->x : x + width - line->x - width_of(set), baseline);
    if (!line->marker)
        return;
    PangoLayoutLine *marker = pango_layout_get_line_readonly(line->marker, 0);
    double at =
        left ? x + line->x - MARKER_GAP - width_of(marker) : x + width - line->x + MARKER_GAP;
    show(p, marker, at, baseline);
}

size_t body_draw(struct press *p, const struct body *b, size_t first, double x, double y,
                 double end, double width)
{
    size_t last = page_end(b, first, y, end);
    for (size_t i = first; p && i < last; i++) {
        y += i > first ? b->lines[i].before : 0;
        draw_line(p, &b->lines[i], x, y, width);
        y += b->lines[i].height;
    }
    return last;
}
