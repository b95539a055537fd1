/* Looking for a person in a billing file, row by row as the import reads it. */
#include "proof/imported.h"

#include "import/reader.h"
#include "proof/address.h"
#include "store/store.h"
#include "track/value.h"

#include <ctype.h>
#include <strings.h>

#define FILE_ARENA ((size_t)64 << 20)

struct looking {
    struct arena *arena; /* of this file */
    const struct sought *who;
    struct buf row, room;
    bool found;
};

static struct str trimmed(struct str s)
{
    while (s.n && isspace((unsigned char)s.p[0]))
        s = (struct str){ s.p + 1, s.n - 1 };
    while (s.n && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool says(struct str cell, const char *text)
{
    cell = trimmed(cell);
    return text && cell.n == strlen(text) && strncasecmp(cell.p, text, cell.n) == 0;
}

/* An e-mail address whose domain is written with accents; messages have it without. */
static bool accented(const struct looking *l, struct str cell)
{
    const char *email;
    bool plain = true;
    cell = trimmed(cell);
    for (size_t i = 0; i < cell.n; i++)
        plain = plain && (unsigned char)cell.p[i] < 0x80;
    if (plain || !memchr(cell.p, '@', cell.n) || read_email(l->arena, cell, &email))
        return false;
    for (const char *const *a = l->who->addresses; *a; a++)
        if (strcasecmp(email, *a) == 0)
            return true;
    return false;
}

/* The cells side by side: a number may be in two of them. */
static bool row_holds(struct looking *l, const struct str *cells, size_t n)
{
    bool building = false, unit = false;
    l->row.n = 0;
    for (size_t i = 0; i < n; i++) {
        buf_put(&l->row, cells[i].p, cells[i].n);
        buf_putc(&l->row, ' ');
        building = building || says(cells[i], l->who->building);
        unit = unit || says(cells[i], l->who->unit);
        if (accented(l, cells[i]))
            return true;
    }
    return (building && unit) || address_stands(buf_str(&l->row), l->who->addresses, &l->room);
}

static enum err on_row(void *to, long line, const struct str *cells, size_t n)
{
    (void)line;
    struct looking *l = to;
    l->found = row_holds(l, cells, n);
    return l->found ? ERR_CONFLICT : OK; /* read no further */
}

/* What a cell became may be the unit's number alone: the rest of its row stands in the file. */
static bool corrections_hold(struct looking *l, struct json_object *corrections)
{
    for (size_t i = 0; i < json_object_array_length(corrections); i++) {
        struct str value =
            str_of(json_object_get_string(json_object_array_get_idx(corrections, i)));
        if (says(value, l->who->unit) || row_holds(l, &value, 1))
            return true;
    }
    return false;
}

static enum err file_holds(struct looking *l, struct str bytes)
{
    long line;
    const char *why;
    struct csv_format format;
    const struct csv_file file = { .bytes = bytes, .mapped = true };
    enum err e = csv_detect(l->arena, &file, &format, &why);
    if (e == OK)
        e = csv_read(l->arena, &file, &format, on_row, l, &line, &why);
    l->found = l->found || e == ERR_INVALID;
    return l->found ? OK : e;
}

enum err import_holds(struct ctx *c, const char *sha256, struct json_object *corrections,
                      const struct sought *who, bool *out)
{
    struct str bytes;
    struct arena *a = arena_new(FILE_ARENA);
    struct looking l = { .arena = a, .who = who, .row = buf_in(a), .room = buf_in(a) };
    enum err e = store_get(c->app->store, a, sha256, &bytes);
    if (e == OK) {
        l.found = corrections_hold(&l, corrections);
        e = l.found ? OK : file_holds(&l, bytes);
    }
    if (e == OK)
        *out = l.found;
    arena_free(a);
    return e;
}
