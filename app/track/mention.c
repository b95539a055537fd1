/* Finding whom a note names, keeping it, and showing it. */
#include "track/mention.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/mention.sql.h"
#include "track/staff_mail.h"
#include "track/text.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#define NONE ((size_t)0)

/* ---- in a text ---- */

struct note {
    struct str text;
    locale_t unicode;
};

static bool of_word(const struct note *n, unsigned letter)
{
    return letter == '_' || (letter != NO_CHARACTER && iswalnum_l((wint_t)letter, n->unicode));
}

/* Whether an @ begins a mention: in an e-mail address, letters stand before it. */
static bool begins(const struct note *n, size_t at)
{
    size_t before = at;
    while (before && ((unsigned char)n->text.p[--before] & 0xC0) == 0x80)
        ;
    unsigned letter = at ? char_next(n->text, &before) : ' ';
    return letter != '@' && letter != '+' && !of_word(n, letter);
}

/* Whether what ends at `at` is whole; signs in `joins` go on where a letter follows. */
static bool ends(const struct note *n, size_t at, const char *joins)
{
    unsigned next = at < n->text.n ? char_next(n->text, &at) : ' ';
    bool joined = next < 0x80 && next && strchr(joins, (int)next) && at < n->text.n;
    return !of_word(n, next) && !(joined && of_word(n, char_next(n->text, &at)));
}

/* Where `what` ends that begins at `at`, in whatever letters; NONE: it does not stand there. */
static size_t end_of(const struct note *n, size_t at, const char *what, const char *joins)
{
    struct str name = str_of(what);
    for (size_t i = 0; i < name.n;) {
        if (at >= n->text.n)
            return NONE;
        unsigned there = char_next(n->text, &at), wanted = char_next(name, &i);
        if (towlower_l((wint_t)there, n->unicode) != towlower_l((wint_t)wanted, n->unicode))
            return NONE;
    }
    return name.n && ends(n, at, joins) ? at : NONE;
}

static size_t end_of_person(const struct note *n, size_t at, const PGresult *people, int i)
{
    size_t name = end_of(n, at, row_text(people, i, "name"), "-@");
    size_t email = end_of(n, at, row_text(people, i, "email"), "-@.");
    return name > email ? name : email;
}

/* Who is named behind the @ at `at`: by the longest of the names that stand there. */
struct named {
    size_t end; /* NONE: nobody is */
    int who, seeing;
};

static struct named named_at(const struct note *n, size_t at, const PGresult *people)
{
    struct named best = { NONE, 0, 0 };
    for (int i = 0; i < rows_count(people); i++) {
        size_t end = end_of_person(n, at + 1, people, i);
        bool sees = row_bool(people, i, "sees");
        if (end == NONE || end < best.end)
            continue;
        if (end > best.end)
            best = (struct named){ end, i, 0 };
        if (sees && best.seeing++ == 0)
            best.who = i;
    }
    return best;
}

/* ---- finding them ---- */

static bool is_there(struct json_object *people, const char *id)
{
    for (size_t i = 0; i < json_object_array_length(people); i++)
        if (strcmp(json_text(json_object_array_get_idx(people, i), "userId"), id) == 0)
            return true;
    return false;
}

static void add(struct ctx *c, struct mentions *m, const PGresult *people, const struct named *who,
                size_t at)
{
    const char *id = row_text(people, who->who, "id");
    struct json_object *span = json_object_new_object();
    json_set_text(span, "userId", id);
    json_set_int(span, "at", (int64_t)at);
    json_set_int(span, "length", (int64_t)(who->end - at));
    json_object_array_add(m->spans, span);
    if (is_there(m->people, id) || (c->actor.id && strcmp(c->actor.id, id) == 0))
        return;
    struct json_object *person = json_object_new_object();
    json_set_text(person, "userId", id);
    json_set_text(person, "email", row_text(people, who->who, "email"));
    json_object_array_add(m->people, person);
}

static enum err scan(struct ctx *c, const struct note *n, const PGresult *people,
                     struct mentions *m)
{
    enum err e = OK;
    for (size_t at = 0; at < n->text.n; at++) {
        if (n->text.p[at] != '@' || !begins(n, at))
            continue;
        struct named who = named_at(n, at, people);
        const char *name = who.end != NONE ? row_text(people, who.who, "name") : NULL;
        if (who.end == NONE)
            continue;
        if (who.seeing == 0)
            e = ctx_fault(c, "note", "%s may not see this message.", name);
        else if (who.seeing > 1)
            e = ctx_fault(c, "note", "There is more than one %s: write @ and the e-mail address.",
                          name);
        else
            add(c, m, people, &who, at);
        at = who.end - 1;
    }
    return e;
}

static enum err find(struct ctx *c, const char *note, const PGresult *people, struct mentions *m)
{
    const struct note n = { str_of(note), newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) };
    if (!n.unicode)
        return ERR_INTERNAL;
    enum err e = scan(c, &n, people, m);
    freelocale(n.unicode);
    return e;
}

enum err mentions_read(struct ctx *c, const char *communication_id, const char *note,
                       struct mentions *out)
{
    PGresult *people;
    *out = (struct mentions){ json_own(c->arena, json_object_new_array()),
                              json_own(c->arena, json_object_new_array()), false };
    if (!note || !strchr(note, '@'))
        return OK;
    enum err e = db_query(c->db, c->arena, mention_candidates, &people, .note = note,
                          .communication_id = communication_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(people) > 0)
        e = find(c, note, people, out);
    if (e != OK || json_object_array_length(out->people) == 0)
        return e;
    return staff_mail_reaches(c, &out->told);
}

/* ---- keeping them ---- */

/* The worker reads no accounts of people: the job names the address. */
static enum err add_job(struct ctx *c, const char *communication_id, const char *note_id,
                        struct json_object *person)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "communicationId", communication_id);
    json_set_text(args, "noteId", note_id);
    json_set_text(args, "userId", json_text(person, "userId"));
    json_set_text(args, "email", json_text(person, "email"));
    const struct job_new job = { .kind = "track.tell_mention",
                                 .args = args,
                                 .unique_key = arena_printf(c->arena, "%s %s", note_id,
                                                            json_text(person, "userId")) };
    return job_add(c, &job, NULL);
}

enum err mentions_keep(struct ctx *c, const char *communication_id, const struct mentions *m)
{
    PGresult *rows;
    struct buf spans = buf_in(c->arena);
    if (json_object_array_length(m->spans) == 0)
        return OK;
    json_write(&spans, m->spans);
    enum err e = db_query(c->db, c->arena, mention_add, &rows, .communication_id = communication_id,
                          .mentions = spans.p);
    for (size_t i = 0; e == OK && m->told && i < json_object_array_length(m->people); i++)
        e = add_job(c, communication_id, row_text(rows, 0, "note_id"),
                    json_object_array_get_idx(m->people, i));
    return e;
}

/* ---- showing them ---- */

enum err mentions_possible(struct ctx *c, const char *communication_id, struct json_object **out)
{
    PGresult *rows;
    bool told;
    enum err e = db_query(c->db, c->arena, mention_possible, &rows,
                          .communication_id = communication_id, .actor_id = c->actor.id);
    if (e == OK)
        e = staff_mail_reaches(c, &told);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_object());
    json_set_bool(*out, "toldByEmail", told);
    json_set(*out, "people", json_object_get(rows_json(c->arena, rows)));
    return OK;
}

static void add_part(struct json_object *parts, const char *text, const char *whose)
{
    if (!*text)
        return;
    struct json_object *part = json_object_new_object();
    json_set_text(part, "text", text);
    json_set_text(part, "whose", whose);
    json_object_array_add(parts, part);
}

/* By his name as it was written, or by the one he has now where his address was. */
static void add_mention(struct arena *a, struct json_object *parts, const char *written,
                        const char *name)
{
    if (strchr(written + 1, '@'))
        add_part(parts, arena_printf(a, "@%s", name), written + 1);
    else
        add_part(parts, written, name);
}

struct json_object *mention_parts(struct arena *a, const char *note, const char *spans)
{
    const char *why;
    struct json_object *list;
    size_t past = 0, n = strlen(note);
    if (!spans || json_parse(a, str_of(spans), &json_request_limits, &list, &why) != OK)
        return NULL;
    struct json_object *parts = json_own(a, json_object_new_array());
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *span = json_object_array_get_idx(list, i);
        size_t at = (size_t)json_object_get_int64(json_get(span, "at"));
        size_t length = (size_t)json_object_get_int64(json_get(span, "length"));
        if (at < past || at + length > n)
            continue;
        add_part(parts, arena_strndup(a, note + past, at - past), NULL);
        add_mention(a, parts, arena_strndup(a, note + at, length), json_text(span, "name"));
        past = at + length;
    }
    add_part(parts, note + past, NULL);
    return parts;
}

/* Where the span ends that begins at `at`; NONE: none does. */
static size_t span_end(struct json_object *spans, size_t at)
{
    for (size_t i = 0; spans && i < json_object_array_length(spans); i++) {
        struct json_object *span = json_object_array_get_idx(spans, i);
        if ((size_t)json_object_get_int64(json_get(span, "at")) == at)
            return at + (size_t)json_object_get_int64(json_get(span, "length"));
    }
    return NONE;
}

static const char *first_missed(struct arena *a, const struct note *n, struct json_object *spans)
{
    for (size_t at = 0; at < n->text.n; at++) {
        size_t named = span_end(spans, at), end = at + 1, next = end;
        if (n->text.p[at] != '@' || !begins(n, at))
            continue;
        while (next < n->text.n && of_word(n, char_next(n->text, &next)))
            end = next;
        if (named != NONE)
            at = named - 1;
        else if (end > at + 1)
            return arena_strndup(a, n->text.p + at, end - at);
    }
    return NULL;
}

const char *mention_missed(struct arena *a, const char *note, const char *spans)
{
    const char *why;
    struct json_object *list = NULL;
    if (!strchr(note, '@') ||
        (spans && json_parse(a, str_of(spans), &json_request_limits, &list, &why) != OK))
        return NULL;
    const struct note n = { str_of(note), newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) };
    const char *missed = n.unicode ? first_missed(a, &n, list) : NULL;
    if (n.unicode)
        freelocale(n.unicode);
    return missed;
}

static const struct member mentioned_members[] = {
    { "userId", SHAPE_UUID, .help = "The colleague." },
    { "name", SHAPE_TEXT, .help = "As he is called now." },
    { .name = NULL },
};
const struct shape mentioned_shape = { "Mention", "A colleague whom a note names.",
                                       mentioned_members };

static const struct member person_members[] = {
    { "userId", SHAPE_UUID, .help = "The colleague." },
    { "name", SHAPE_TEXT, .example = "Ada Lovelace" },
    { "email", SHAPE_TEXT, .help = "Of those who work here." },
    { "mention", SHAPE_TEXT, .help = "What names this one in a note.", .example = "@Ada Lovelace" },
    { .name = NULL },
};
static const struct shape person = { "Mentionable", "A colleague whom a note can name.",
                                     person_members };

static const struct member mentionable_members[] = {
    { "people", SHAPE_LIST, .of = &person },
    { "toldByEmail", SHAPE_BOOL, .help = "Whether there is an account to tell them through." },
    { .name = NULL },
};
const struct shape mentionable_shape = { "Mentionables",
                                         "Whom a note to a communication can name: the first "
                                         "1,000 by name, without the asker.",
                                         mentionable_members };
