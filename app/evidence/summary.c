/* Drawing a summary: what was sent to whom, what happened, how well it is proved, and checksums. */
#include "evidence/summary.h"

#include "channels/message.h"
#include "db/db.h"
#include "evidence/pack.h"
#include "evidence/summary_words.h"
#include "paper/press.h"

#include <string.h>

#define WIDTH 210.0
#define HEIGHT 297.0
#define EDGE 20.0
#define SECOND 62.0 /* left edge of values */
#define FOOT 20.0
#define EVENTS 20 /* shown at most: the first ones and the last ones */
#define EVENTS_FIRST 4
#define FILES 12

struct flow {
    struct press *press;
    const struct summary *s;
    const struct summary_words *words;
    const char *language; /* "de" */
    long long attempt;    /* that the last line told of; 0: none yet */
    double y;
};

static struct arena *arena_of(const struct flow *f)
{
    return f->press->arena;
}

static const char *of_one(const struct flow *f, const char *column)
{
    return row_text(f->s->one, 0, column);
}

/* A pattern with its % filled in. */
static const char *filled(const struct flow *f, const char *pattern, const char *with)
{
    const char *at = strchr(pattern, '%');
    return arena_printf(arena_of(f), "%.*s%s%s", (int)(at - pattern), pattern, with, at + 1);
}

static const char *number(const struct flow *f, int n)
{
    return arena_printf(arena_of(f), "%d", n);
}

static const char *counted(const struct flow *f, int n, const char *one, const char *many)
{
    return n == 1 ? one : filled(f, many, number(f, n));
}

/* ---- pages ---- */

static void end_page(struct flow *f)
{
    press_shade(f->press, 0.35);
    press_put(f->press, PRESS_TINY, f->words->how, EDGE, HEIGHT - 14);
    press_put_right(f->press, PRESS_TINY, filled(f, f->words->page, number(f, f->press->pages + 1)),
                    WIDTH - EDGE, HEIGHT - 14);
    press_shade(f->press, 0);
    press_end_page(f->press);
    f->y = EDGE;
}

static void need(struct flow *f, double height)
{
    if (f->y + height > HEIGHT - FOOT)
        end_page(f);
}

/* Text of others, three lines of it at most; answers its height. */
static PangoLayout *lines(const struct flow *f, enum press_face face, const char *text, double x,
                          double *height)
{
    double width;
    PangoLayout *l = press_layout(f->press, face, text, WIDTH - EDGE - x - 8);
    pango_layout_set_height(l, -3);
    pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
    press_measure(l, &width, height);
    return l;
}

static void paragraph(struct flow *f, enum press_face face, const char *text)
{
    double width, height;
    PangoLayout *l = press_layout(f->press, face, text, WIDTH - 2 * EDGE);
    press_measure(l, &width, &height);
    need(f, height);
    press_draw(f->press, face, l, EDGE, f->y);
    f->y += height + 2;
}

static void heading(struct flow *f, const char *text)
{
    need(f, 24);
    f->y += 4;
    press_put(f->press, PRESS_NAME, text, EDGE, f->y);
    f->y += 6.4;
    press_line(f->press, EDGE, f->y, WIDTH - EDGE, f->y, 0.6);
    f->y += 2;
}

static void pair(struct flow *f, const char *label, const char *value)
{
    double height;
    if (!value || !*value)
        return;
    if (strcmp(value, "(removed)") == 0)
        value = f->words->removed_file;
    PangoLayout *l = lines(f, PRESS_TEXT, value, SECOND, &height);
    need(f, height);
    press_shade(f->press, 0.35);
    press_put(f->press, PRESS_TEXT, label, EDGE, f->y);
    press_shade(f->press, 0);
    press_draw(f->press, PRESS_TEXT, l, SECOND, f->y);
    f->y += height + 1.4;
}

static void sum(struct flow *f, const char *label, const char *digest)
{
    need(f, 5);
    press_fit(f->press, PRESS_SMALL, label, EDGE, f->y, SECOND - EDGE - 2);
    press_fit(f->press, PRESS_SMALL, digest, SECOND, f->y, WIDTH - EDGE - SECOND);
    f->y += 4.6;
}

/* ---- what it was ---- */

static int index_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return 0;
}

static const char *where(const struct flow *f)
{
    int channel = channel_of(of_one(f, "channel"));
    return of_one(f, channel == CHANNEL_EMAIL ? "email"
                     : channel == CHANNEL_SMS ? "phone"
                                              : "address");
}

/* Whether what stands as sent is a letter's file, and nothing on paper. */
static bool unprinted(const struct flow *f)
{
    static const enum event_type ways[] = { EVENT_READY_TO_PRINT, EVENT_SENT, EVENT_PRINTED,
                                            EVENT_LODGED };
    if (strcmp(of_one(f, "status"), status_names[STATUS_SENT]) != 0)
        return false;
    for (int i = rows_count(f->s->events) - 1; i >= 0; i--)
        for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++)
            if (strcmp(row_text(f->s->events, i, "type"), event_type_names[ways[k]]) == 0)
                return ways[k] == EVENT_READY_TO_PRINT;
    return false;
}

static const char *state(const struct flow *f)
{
    const char *grade = of_one(f, "grade");
    const char *word = row_bool(f->s->one, 0, "_dry") ? f->words->dry
                       : unprinted(f)
                           ? f->words->unprinted
                           : f->words->statuses[index_of(status_names, of_one(f, "status"))];
    return grade ? arena_printf(arena_of(f), "%s (%s %s)", word, f->words->grade, grade) : word;
}

static void message(struct flow *f)
{
    int channel = channel_of(of_one(f, "channel"));
    pair(f, f->words->message,
         arena_printf(arena_of(f), "%s: %s", f->words->channels[channel < 0 ? 0 : channel],
                      of_one(f, "contentRemovedAt") || of_one(f, "personRemovedAt")
                          ? f->words->removed_file
                          : of_one(f, "subject")));
    pair(f, f->words->to, of_one(f, "recipientName"));
    pair(f, f->words->address, where(f));
    pair(f, f->words->about,
         arena_printf(arena_of(f), "%s, %s, %s", of_one(f, "unit"), of_one(f, "building"),
                      of_one(f, "year")));
    pair(f, f->words->reference, of_one(f, "reference"));
    pair(f, f->words->by, of_one(f, "tenant"));
    pair(f, f->words->state, state(f));
    pair(f, "ID", of_one(f, "communicationId"));
}

/* ---- what happened ---- */

/* "" of our own records. */
static const char *grade_of(const struct flow *f, int i)
{
    const char *grade = row_text(f->s->events, i, "_grade");
    return grade ? grade : "";
}

/* By our own word for it; the sentence, whatever its language, is quoted as the record it is. */
static const char *what_of(const struct flow *f, int i)
{
    const PGresult *rows = f->s->events;
    return row_bool(rows, i, "_dry")
               ? f->words->dry
               : f->words->events[index_of(event_type_names, row_text(rows, i, "type"))];
}

/* Whoever did it comes first: a long sentence is cut. */
static const char *record_of(const struct flow *f, int i)
{
    const PGresult *rows = f->s->events;
    const char *sentence = row_text(rows, i, "sentence"), *who = row_text(rows, i, "actorName");
    const char *record = row_text(rows, i, "salt") || row_int(rows, i, "version") == 1
                             ? filled(f, f->words->recorded, sentence)
                             : f->words->removed_file;
    if (strcmp(row_text(rows, i, "source"), "user") != 0 || !who || !*who || strstr(record, who))
        return record;
    return arena_printf(arena_of(f), "%s %s", filled(f, f->words->by_person, who), record);
}

/* Where the attempt at hand went; before it did, where it will. */
static const char *address_at_hand(const struct flow *f)
{
    long long no = row_int(f->s->one, 0, "attemptNo");
    for (int i = rows_count(f->s->events) - 1; i >= 0; i--)
        if (row_int(f->s->events, i, "_attempt") == no && row_text(f->s->events, i, "_to"))
            return row_text(f->s->events, i, "_to");
    return where(f);
}

/* "Attempt 1 · E-mail to a@example.com": those before the one at hand have rows of their own. */
static const char *attempt_of(const struct flow *f, long long no)
{
    const PGresult *rows = f->s->attempts;
    const char *channel = of_one(f, "channel"), *to = address_at_hand(f);
    for (int i = 0; i < rows_count(rows); i++)
        if (row_int(rows, i, "attemptNo") == no) {
            channel = row_text(rows, i, "channel");
            to = row_text(rows, i, "address");
        }
    int k = channel_of(channel);
    return arena_printf(arena_of(f), "%s · %s%s", filled(f, f->words->attempt, number(f, (int)no)),
                        f->words->channels[k < 0 ? 0 : k],
                        to && *to ? filled(f, f->words->attempt_to, to) : "");
}

/* Names the attempt that the next line is of, where there are several. */
static void attempt(struct flow *f, int i)
{
    long long no = row_int(f->s->events, i, "_attempt");
    if (no == f->attempt || row_int(f->s->one, 0, "attemptNo") < 2)
        return;
    need(f, 24);
    f->y += f->attempt ? 2 : 0;
    press_fit(f->press, PRESS_CELL_STRONG, attempt_of(f, no), EDGE, f->y, WIDTH - 2 * EDGE);
    f->y += 5.4;
    f->attempt = no;
}

static void event(struct flow *f, int i)
{
    double height;
    const PGresult *rows = f->s->events;
    struct arena *a = arena_of(f);
    const char *at = arena_printf(a, "%s, %s", date_text(a, row_text(rows, i, "_day"), f->language),
                                  row_text(rows, i, "_time"));
    PangoLayout *l = lines(f, PRESS_SMALL, record_of(f, i), SECOND, &height);
    need(f, height + 5);
    press_fit(f->press, PRESS_CELL, at, EDGE, f->y, SECOND - EDGE - 2);
    press_put(f->press, PRESS_CELL_STRONG, what_of(f, i), SECOND, f->y);
    press_put_right(f->press, PRESS_CELL_STRONG, grade_of(f, i), WIDTH - EDGE, f->y);
    press_shade(f->press, 0.35);
    press_draw(f->press, PRESS_SMALL, l, SECOND, f->y + 4);
    press_shade(f->press, 0);
    f->y += height + 5.4;
}

static bool by_machine(const struct flow *f, int i)
{
    return strcmp(grade_of(f, i), "X") == 0;
}

static void titles(struct flow *f)
{
    press_shade(f->press, 0.35);
    press_put(f->press, PRESS_SMALL, f->words->when, EDGE, f->y);
    press_put(f->press, PRESS_SMALL, f->words->what, SECOND, f->y);
    press_put_right(f->press, PRESS_SMALL, f->words->grade, WIDTH - EDGE, f->y);
    press_shade(f->press, 0);
    f->y += 4.8;
}

static void events(struct flow *f)
{
    int shown = 0, n = 0, left_out = 0;
    for (int i = 0; i < rows_count(f->s->events); i++)
        n += !by_machine(f, i);
    if (n)
        titles(f);
    for (int i = 0; i < rows_count(f->s->events); i++) {
        if (by_machine(f, i)) {
            left_out++;
            continue;
        }
        shown++;
        if (n > EVENTS && shown > EVENTS_FIRST && shown <= n - (EVENTS - EVENTS_FIRST))
            left_out++;
        else {
            attempt(f, i);
            event(f, i);
        }
    }
    if (rows_count(f->s->events) == 0) {
        paragraph(f, PRESS_TEXT, f->words->nothing);
        return;
    }
    if (left_out)
        paragraph(f, PRESS_SMALL, counted(f, left_out, f->words->left_out_one, f->words->left_out));
    paragraph(f, PRESS_SMALL, f->words->utc);
}

/* Each grade that an event has, and that one has none, in plain words. */
static void grades(struct flow *f)
{
    static const char *const names[] = { "A", "B", "C", "D", "X", "" };
    for (int i = 0; i < 6; i++) {
        bool has = false;
        for (int k = 0; k < rows_count(f->s->events); k++)
            has = has || strcmp(grade_of(f, k), names[i]) == 0;
        if (has)
            pair(f, *names[i] ? names[i] : "–", f->words->grades[i]);
    }
}

/* ---- checksums ---- */

static void files(struct flow *f)
{
    const PGresult *rows = f->s->files;
    int n = rows_count(rows);
    for (int i = 0; i < n && i < FILES; i++) {
        const char *name = evidence_file_name(arena_of(f), rows, i);
        sum(f,
            row_bool(rows, i, "_gone")
                ? arena_printf(arena_of(f), "%s %s", name, f->words->removed_file)
                : name,
            row_text(rows, i, "sha256"));
    }
    if (n > FILES)
        sum(f, "…", "manifest.json");
}

static void checksums(struct flow *f)
{
    bool told = rows_count(f->s->events) > 0;
    if (told)
        sum(f, counted(f, (int)row_int(f->s->one, 0, "_seq"), f->words->chain_one, f->words->chain),
            of_one(f, "_head"));
    if (f->s->root)
        sum(f, filled(f, f->words->root, date_text(arena_of(f), f->s->root_day, f->language)),
            f->s->root);
    files(f);
    if (told && !f->s->root)
        paragraph(f, PRESS_SMALL, f->words->no_root);
}

enum err summary_write(struct ctx *c, const struct summary *s, struct str *pdf)
{
    const char *language = row_text(s->one, 0, "language");
    struct flow f = { .press = press_open(c->arena, -1),
                      .s = s,
                      .words = summary_words_of(language),
                      .language =
                          language ? arena_strndup(c->arena, language, strnlen(language, 2)) : "en",
                      .y = 18 };
    const char *removed = row_text(s->one, 0, "_removed");
    press_title(f.press, f.words->title);
    press_begin(f.press, WIDTH, HEIGHT, language);
    press_put(f.press, PRESS_LARGE, f.words->title, EDGE, f.y);
    f.y += 13;
    message(&f);
    if (removed)
        paragraph(&f, PRESS_SMALL,
                  filled(&f, row_bool(s->one, 0, "_erased") ? f.words->erased : f.words->removed,
                         date_text(c->arena, removed, f.language)));
    heading(&f, f.words->happened);
    events(&f);
    if (rows_count(s->events)) {
        heading(&f, f.words->grade_means);
        grades(&f);
    }
    heading(&f, f.words->hashes);
    checksums(&f);
    end_page(&f);
    return press_close(f.press, pdf);
}
