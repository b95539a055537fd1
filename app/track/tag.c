/* Tags of communications: read, put on and taken off. */
#include "track/tag.h"

#include "access/access.h"
#include "base/json.h"
#include "base/utf8.h"
#include "db/db.h"
#include "track/communication.sql.h"
#include "track/labels.h"
#include "track/tag.sql.h"
#include "track/text.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

/* Lower case in any script; false where a character is of no word. */
static bool put_lower(struct buf *to, unsigned letter, locale_t unicode)
{
    char bytes[4];
    bool sign = letter < 0x80 && letter && strchr("-_.", (int)letter);
    if (letter == NO_CHARACTER || !(sign || iswalnum_l((wint_t)letter, unicode)))
        return false;
    unsigned small = (unsigned)towlower_l((wint_t)letter, unicode);
    buf_put(to, bytes, utf8_put(small, bytes));
    return true;
}

const char *tag_read(struct arena *a, const char *text, const char **out)
{
    bool good = true;
    struct buf b = buf_in(a);
    struct str in = str_of(text);
    while (in.n && in.p[in.n - 1] == ' ')
        in.n--;
    size_t at = strspn(text, " ");
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    while (good && unicode && at < in.n)
        good = put_lower(&b, char_next(in, &at), unicode);
    if (unicode)
        freelocale(unicode);
    if (!good || !unicode || b.n == 0)
        return "A tag is one word of letters, digits and - _ .";
    if (utf8_length(buf_str(&b)) > TAG_LENGTH)
        return "A tag has at most 40 characters.";
    *out = b.p;
    return NULL;
}

/* ---- put on and taken off ---- */

/* Why it cannot be done; NULL: it can. */
static const char *refusal(struct ctx *c, const PGresult *row, const PGresult *state, bool on)
{
    bool there = row_bool(state, 0, "there");
    const char *removed = removed_sentence(c->arena, row, 0);
    if (!on)
        return there ? NULL : "It does not have this tag.";
    if (there)
        return "It has this tag already.";
    return removed                               ? removed
           : row_int(state, 0, "n") >= TAGS_MOST ? "It has ten tags: take one off first."
                                                 : NULL;
}

static struct json_object *count_of(struct ctx *c, int64_t n)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_int(o, "tags", n);
    return o;
}

static enum err change(struct ctx *c, const char *id, const char *tag, int64_t n, bool on)
{
    enum err e =
        on ? db_query(c->db, c->arena, tag_add, NULL, .communication_id = id, .tag = tag)
           : db_query(c->db, c->arena, tag_remove, NULL, .communication_id = id, .tag = tag);
    if (e != OK)
        return e;
    return audit_add(c, on ? "communication.tag" : "communication.untag", "communication", id,
                     count_of(c, n), count_of(c, on ? n + 1 : n - 1));
}

enum err communication_tag(struct ctx *c, const char *id, const char *tag, bool on)
{
    PGresult *row, *state;
    const char *word = NULL, *why = tag_read(c->arena, tag, &word);
    if (why)
        return ctx_fault(c, "tag", "%s", why);
    enum err e = db_query(c->db, c->arena, communication_lock, &row, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, tag_state, &state, .communication_id = id, .tag = word);
    if (e != OK)
        return e;
    why = refusal(c, row, state, on);
    return why ? ctx_refuse(c, ERR_CONFLICT, "%s", why)
               : change(c, id, word, row_int(state, 0, "n"), on);
}

enum err tags_known(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, tag_known, &rows,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(*out, json_text_new(row_text(rows, i, "tag")));
    return OK;
}
