/* Runs every row of a file through the checks and keeps the figures of a preview. */
#include "import/scan.h"

#include "base/json.h"
#include "import/key_set.h"

enum {
    YEARS_MAX = 64,
    CURRENCIES_MAX = 32,
    BUILDINGS_SHOWN = 200,
    FALLS_MAX = 20,
    ROW_ARENA = 8 * 1024 * 1024,
    SCAN_ARENA = 64 * 1024 * 1024
};

/* Rows that want a language their message is not there in. */
struct fall {
    const struct message_kind *message;
    char language[4];
    long rows, line; /* the first */
};

struct scan {
    struct arena *arena, *row_arena, *answer;
    const struct import_options *options;
    const struct attachments *attachments;
    struct import_columns columns;
    struct row_rules rules;
    import_take *take;
    void *to;
    bool header_read, damaged; /* damaged: no CSV, or not to its end */
    size_t correction;         /* the next */
    const struct str *cells;   /* of the row at hand; NULL between rows */
    size_t cell_count;
    struct key_set *seen, *units, *buildings;
    struct json_object *errors, *building_list;
    long rows, bad, fault_count, last_bad_line, communications, channels[CHANNEL_COUNT];
    long without_file; /* good rows that name an attachment where none were given */
    int years[YEARS_MAX], year_count;
    struct {
        char currency[4];
        int64_t minor;
    } amounts[CURRENCIES_MAX];
    int amount_count;
    struct fall falls[FALLS_MAX];
    int fall_count;
};

/* ---- faults ---- */

static void set_cell(struct scan *s, struct json_object *to, const char *key, enum import_field f)
{
    struct str cell = s->cells ? row_cell(&s->columns, s->cells, s->cell_count, f) : STR("");
    json_set_text(to, key, cell.n ? cell_shown(s->row_arena, cell) : NULL);
}

static void add_fault(void *to, long line, int field, const char *column, const char *value,
                      const char *reason)
{
    struct scan *s = to;
    s->bad += line != s->last_bad_line;
    s->last_bad_line = line;
    if (s->fault_count++ >= FAULTS_KEPT)
        return;
    struct json_object *one = json_object_new_object();
    json_set_int(one, "line", line);
    json_set_text(one, "field", field < 0 ? NULL : import_field_kinds[field].key);
    json_set_text(one, "column", column);
    json_set_text(one, "value", value);
    json_set_text(one, "reason", reason);
    set_cell(s, one, "unit", COLUMN_UNIT_NUMBER);
    set_cell(s, one, "recipient", COLUMN_RECIPIENT_NAME);
    json_object_array_add(s->errors, one);
}

/* ---- figures ---- */

static void count_year(struct scan *s, int year)
{
    for (int i = 0; i < s->year_count; i++) {
        if (s->years[i] == year)
            return;
    }
    if (s->year_count < YEARS_MAX)
        s->years[s->year_count++] = year;
}

static void count_amount(struct scan *s, const struct import_row *row)
{
    const char *currency = row->text[COLUMN_CURRENCY];
    int i = 0;
    while (i < s->amount_count && strcmp(s->amounts[i].currency, currency) != 0)
        i++;
    if (!row->has_amount || i == CURRENCIES_MAX)
        return;
    if (i == s->amount_count) {
        memcpy(s->amounts[i].currency, currency, 4);
        s->amount_count++;
    }
    int64_t *sum = &s->amounts[i].minor;
    if (__builtin_add_overflow(*sum, row->amount_minor, sum))
        *sum = row->amount_minor < 0 ? INT64_MIN : INT64_MAX;
}

static void count_building(struct scan *s, const struct import_row *row)
{
    const char *code = row->text[COLUMN_BUILDING_CODE];
    long number = 0;
    if (!key_set_add(s->buildings, code, strlen(code), &number) ||
        key_set_count(s->buildings) > BUILDINGS_SHOWN)
        return;
    const char *name = row->text[COLUMN_BUILDING_NAME];
    struct json_object *one = json_object_new_object();
    json_set_text(one, "code", code);
    json_set_text(one, "name", *name ? name : code);
    json_object_array_add(s->building_list, one);
}

static bool is_there_in(const struct message_kind *m, const char *language)
{
    const char *const *l = m->languages;
    while (l && *l && strcmp(*l, language) != 0)
        l++;
    return !l || *l;
}

static void count_fall(struct scan *s, const struct import_row *row)
{
    int i = 0;
    const char *language = row->text[COLUMN_LANGUAGE];
    if (!*language || is_there_in(row->message, language))
        return;
    while (i < s->fall_count &&
           (s->falls[i].message != row->message || strcmp(s->falls[i].language, language) != 0))
        i++;
    if (i == FALLS_MAX)
        return;
    struct fall *f = &s->falls[i];
    if (i == s->fall_count) {
        *f = (struct fall){ .message = row->message, .line = row->line };
        memcpy(f->language, language, 3);
        s->fall_count++;
    }
    f->rows++;
}

static void count_good(struct scan *s, const struct import_row *row)
{
    long number = 0;
    const char *unit = arena_printf(s->row_arena, "%s\x1f%s", row->text[COLUMN_BUILDING_CODE],
                                    row->text[COLUMN_UNIT_NUMBER]);
    key_set_add(s->units, unit, strlen(unit), &number);
    count_building(s, row);
    count_year(s, row->year);
    count_amount(s, row);
    count_fall(s, row);
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        bool on = row->channels & 1u << i;
        s->channels[i] += on;
        s->communications += on;
    }
}

/* ---- rows ---- */

static const char *key_of(struct scan *s, const struct import_row *row, int channel)
{
    const char *const *t = row->text;
    return arena_printf(s->row_arena, "%s\x1f%s\x1f%d\x1f%d\x1f%s\x1f%s", t[COLUMN_BUILDING_CODE],
                        t[COLUMN_UNIT_NUMBER], row->year, channel, t[COLUMN_REFERENCE],
                        t[COLUMN_TEMPLATE]);
}

/* The same unit, year, channel, reference and template twice: the later line is at fault, with all
 * of it. */
static bool is_new(struct scan *s, const struct import_row *row)
{
    const char *keys[CHANNEL_COUNT];
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        long line = 0;
        keys[i] = row->channels & 1u << i ? key_of(s, row, i) : NULL;
        if (!keys[i] || !key_set_has(s->seen, keys[i], strlen(keys[i]), &line))
            continue;
        enum import_field f = *row->text[COLUMN_REFERENCE] ? COLUMN_REFERENCE : COLUMN_UNIT_NUMBER;
        add_fault(s, row->line, (int)f, column_header(&s->columns, f), row->text[f],
                  arena_printf(s->row_arena,
                               "Line %ld already has this unit, channel and reference.", line));
        return false;
    }
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        long line = row->line;
        if (keys[i])
            key_set_add(s->seen, keys[i], strlen(keys[i]), &line);
    }
    return true;
}

static bool find_file(struct scan *s, const struct import_row *row, struct attachment **file)
{
    const char *name = row->text[COLUMN_ATTACHMENT], *why = NULL;
    *file = NULL;
    if (!*name)
        return true;
    if (!s->attachments->given) {
        s->without_file++;
        return true;
    }
    *file = attachments_find(s->row_arena, s->attachments, name, &why);
    if (*file)
        return true;
    add_fault(s, row->line, COLUMN_ATTACHMENT, column_header(&s->columns, COLUMN_ATTACHMENT), name,
              why);
    return false;
}

static void read_header(struct scan *s, long line, const struct str *cells, size_t n)
{
    columns_map(s->arena, cells, n, &s->options->choice, &s->columns);
    s->header_read = true;
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        const struct import_field_kind *kind = &import_field_kinds[f];
        if (kind->required && s->columns.of[f] < 0)
            add_fault(s, line, f, kind->name, "",
                      arena_printf(s->arena, "No column is known to hold this (%s): say which one.",
                                   kind->label));
    }
    s->bad = 0; /* the header is no row */
}

static bool is_empty(const struct str *cells, size_t n)
{
    while (n && !cells[n - 1].n)
        n--;
    return n == 0;
}

/* Puts a correction in the place of what the file says. */
static void correct(struct scan *s, struct import_correction *k, struct str *cells, size_t *n)
{
    int at = column_find(&s->columns, k->column);
    if (at < 0)
        return;
    while (*n <= (size_t)at)
        cells[(*n)++] = STR("");
    struct str was = cell_text(cells[at]), value = str_of(k->value);
    k->was = cell_shown(s->answer, was);
    k->idle = was.n == value.n && memcmp(was.p, value.p, was.n) == 0;
    cells[at] = value;
}

/* The cells of a row as they are corrected, in `own` where any is. */
static const struct str *corrected(struct scan *s, long line, const struct str *cells, size_t *n,
                                   struct str *own)
{
    struct import_correction *all = s->options->corrections;
    size_t count = s->options->correction_count;
    while (s->correction < count && all[s->correction].line < line)
        s->correction++;
    if (s->correction == count || all[s->correction].line != line)
        return cells;
    memcpy(own, cells, *n * sizeof(*own));
    for (; s->correction < count && all[s->correction].line == line; s->correction++)
        correct(s, &all[s->correction], own, n);
    return own;
}

static enum err check_row(struct scan *s, long line)
{
    struct import_row row;
    struct attachment *file = NULL;
    bool good =
        row_check(s->row_arena, &s->rules, line, s->cells, s->cell_count, add_fault, s, &row);
    if (!find_file(s, &row, &file) || !good || !is_new(s, &row))
        return OK;
    if (file)
        file->used = true;
    count_good(s, &row);
    return s->take ? s->take(s->to, &row, file) : OK;
}

static enum err on_row(void *to, long line, const struct str *cells, size_t n)
{
    struct scan *s = to;
    struct str own[COLUMN_LIMIT];
    if (is_empty(cells, n))
        return OK;
    arena_reset(s->row_arena);
    if (!s->header_read) {
        read_header(s, line, cells, n);
        return OK;
    }
    s->rows++;
    s->cells = corrected(s, line, cells, &n, own);
    s->cell_count = n;
    enum err e = s->columns.complete ? check_row(s, line) : OK;
    s->cells = NULL;
    return e;
}

/* ---- the document ---- */

static struct json_object *channels_json(const struct scan *s)
{
    struct json_object *o = json_object_new_object();
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        if (s->channels[i])
            json_set_int(o, channel_name(i), s->channels[i]);
    }
    return o;
}

static struct json_object *amounts_json(const struct scan *s)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < s->amount_count; i++) {
        struct json_object *one = json_object_new_object();
        json_set_text(one, "currency", s->amounts[i].currency);
        json_set_int(one, "minor", s->amounts[i].minor);
        json_object_array_add(list, one);
    }
    return list;
}

static int by_number(const void *x, const void *y)
{
    return *(const int *)x - *(const int *)y;
}

static struct json_object *years_json(struct scan *s)
{
    struct json_object *list = json_object_new_array();
    qsort(s->years, (size_t)s->year_count, sizeof(*s->years), by_number);
    for (int i = 0; i < s->year_count; i++)
        json_object_array_add(list, json_object_new_int(s->years[i]));
    return list;
}

static bool is_used(const struct import_columns *c, size_t column)
{
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        if (c->of[f] == (int)column)
            return true;
    }
    return false;
}

static struct json_object *headers_json(const struct import_columns *c, bool unused)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < c->n; i++) {
        if (!unused || !is_used(c, i))
            json_object_array_add(list, json_object_new_string(c->headers[i]));
    }
    return list;
}

static void add_text(struct json_object *list, const char *text)
{
    json_object_array_add(list, json_object_new_string(text));
}

/* What becomes of rows whose message is not there in their language. */
static const char *fall_text(struct scan *s, const struct fall *f)
{
    const char *rows =
        f->rows == 1 ? arena_printf(s->arena, "line %ld", f->line)
                     : arena_printf(s->arena, "%ld rows, the first on line %ld", f->rows, f->line);
    return arena_printf(s->arena,
                        "“%s” is the language of %s, but the message “%s” is there in %s only: it "
                        "is written in English.",
                        f->language, rows, f->message->name,
                        message_languages(s->arena, f->message));
}

static struct json_object *warnings_json(struct scan *s)
{
    struct json_object *list = json_object_new_array();
    struct json_object *unused = json_own(s->arena, headers_json(&s->columns, true));
    if (s->without_file)
        add_text(list, arena_printf(s->arena,
                                    "%ld rows name an attachment, and no attachments were given: "
                                    "they would be sent without.",
                                    s->without_file));
    for (int i = 0; i < s->fall_count; i++)
        add_text(list, fall_text(s, &s->falls[i]));
    for (size_t i = 0; i < json_object_array_length(unused); i++)
        add_text(list, arena_printf(s->arena, "The column “%s” is not used.",
                                    json_object_get_string(json_object_array_get_idx(unused, i))));
    if (s->fault_count > FAULTS_KEPT)
        add_text(list, arena_printf(s->arena, "Only the first %d of %ld errors are listed.",
                                    FAULTS_KEPT, s->fault_count));
    if (!s->rows && s->header_read)
        add_text(list, "The file holds no rows.");
    return list;
}

static void write_columns(struct scan *s, const struct csv_format *format, struct json_object *doc)
{
    if (!s->header_read)
        return;
    json_set_text(doc, "encoding", encoding_name(format->encoding));
    json_set(doc, "delimiter", json_object_new_string_len(&format->delimiter, 1));
    json_set(doc, "fields", columns_json(&s->columns));
    json_set(doc, "columns", headers_json(&s->columns, false));
    json_set(doc, "unusedColumns", headers_json(&s->columns, true));
}

static struct json_object *document_of(struct scan *s, const struct csv_format *format)
{
    struct json_object *doc = json_object_new_object();
    bool ready = s->columns.complete && !s->damaged;
    long good = ready ? s->rows - s->bad : 0;
    json_set_int(doc, "rows", s->rows);
    json_set_int(doc, "units", (int64_t)key_set_count(s->units));
    json_set(doc, "channels", channels_json(s));
    json_set(doc, "errors", json_object_get(s->errors));
    json_set_int(doc, "errorCount", s->fault_count);
    json_set_int(doc, "goodRows", good);
    json_set_int(doc, "badRows", s->rows - good);
    json_set_int(doc, "communications", s->communications);
    json_set(doc, "warnings", warnings_json(s));
    json_set(doc, "years", years_json(s));
    json_set(doc, "buildings", json_object_get(s->building_list));
    json_set_int(doc, "buildingCount", (int64_t)key_set_count(s->buildings));
    json_set(doc, "amounts", amounts_json(s));
    json_set_int(doc, "attachments", (int64_t)s->attachments->n);
    json_set_bool(doc, "ready", ready);
    json_set_bool(doc, "askColumns", s->header_read && !s->columns.complete && !s->damaged);
    write_columns(s, format, doc);
    return doc;
}

static void free_arena(void *arena)
{
    arena_free(arena);
}

static struct scan *scan_new(struct arena *a, const struct import_options *options)
{
    struct scan *s = arena_new_of(a, struct scan);
    s->arena = a;
    s->row_arena = arena_new(ROW_ARENA);
    arena_defer(a, free_arena, s->row_arena);
    s->options = options;
    s->rules =
        (struct row_rules){ &s->columns, options->year, options->file_name, options->messages };
    s->seen = key_set_new(a);
    s->units = key_set_new(a);
    s->buildings = key_set_new(a);
    s->errors = json_own(a, json_object_new_array());
    s->building_list = json_own(a, json_object_new_array());
    return s;
}

static enum err read_all(struct scan *s, const struct csv_file *file, struct csv_format *format)
{
    const char *why = NULL;
    long line = 1;
    enum err e = csv_detect(s->arena, file, format, &why);
    if (e == OK)
        e = csv_read(s->arena, file, format, on_row, s, &line, &why);
    if (e == OK || !why)
        return e;
    add_fault(s, line, -1, "", "", why);
    s->damaged = true;
    return OK;
}

enum err import_scan(struct arena *a, const struct import_options *options,
                     const struct csv_file *file, const struct attachments *attachments,
                     import_take *take, void *to, struct json_object **document)
{
    struct arena *own = arena_new(SCAN_ARENA);
    struct scan *s = scan_new(own, options);
    struct csv_format format = { .header_line = 1 };
    s->answer = a;
    s->attachments = attachments;
    s->take = take;
    s->to = to;
    enum err e = read_all(s, file, &format);
    if (e == OK)
        *document = json_own(a, document_of(s, &format));
    arena_free(own);
    return e;
}
