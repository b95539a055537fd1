/* Matching conversations to orders. */
#include "ship/thread_match.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "ship/thread.h"
#include "ship/thread_match.sql.h"
#include "ship/thread_words.h"

#include <string.h>

/* ---- which ---- */

static size_t choose(struct thread_candidate *list, size_t n, bool by_number, bool only_theirs)
{
    size_t chosen = 0;
    for (size_t i = 0; i < n; i++) {
        struct thread_candidate *one = &list[i];
        one->chosen = one->by_number == by_number &&
                      (one->theirs || (one->alone && !only_theirs)) && !(one->linked && !by_number);
        chosen += one->chosen;
    }
    return chosen;
}

size_t thread_choose(struct thread_candidate *list, size_t n)
{
    size_t named = choose(list, n, true, false);
    if (named == 0)
        return choose(list, n, false, false);
    if (named == 1)
        return named;
    size_t theirs = choose(list, n, true, true);
    return theirs ? theirs : choose(list, n, true, false);
}

/* ---- asked ---- */

static const char *texts_json(struct ctx *c, const char *const *list, size_t n)
{
    struct json_object *o = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        json_object_array_add(o, json_text_new(list[i]));
    return json_compact(c->arena, o);
}

static const char *words_json(struct ctx *c, const struct front_news *news)
{
    const struct thread_word *words;
    size_t n = thread_words(c->arena, news->texts, news->text_count, &words);
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "text", words[i].text);
        json_set_bool(o, "alone", words[i].alone);
        json_object_array_add(list, o);
    }
    return json_compact(c->arena, list);
}

static enum err candidates(struct ctx *c, const struct front_news *news,
                           struct thread_candidate **out, size_t *n)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, thread_candidates, &rows, .words = words_json(c, news),
                          .emails = texts_json(c, news->emails, news->email_count),
                          .conversation_id = news->conversation_id);
    if (e != OK)
        return e;
    *n = (size_t)rows_count(rows);
    *out = arena_zalloc(c->arena, *n + 1, sizeof(**out));
    for (int i = 0; i < rows_count(rows); i++)
        (*out)[i] = (struct thread_candidate){ .order_id = row_text(rows, i, "order_id"),
                                               .by_number = row_bool(rows, i, "by_number"),
                                               .alone = row_bool(rows, i, "alone"),
                                               .theirs = row_bool(rows, i, "theirs"),
                                               .strange = row_bool(rows, i, "strange"),
                                               .linked = row_bool(rows, i, "linked") };
    return OK;
}

/* ---- decided ---- */

static enum err suggest(struct ctx *c, const struct front_news *news,
                        const struct thread_candidate *one)
{
    PGresult *rows;
    const char *found_by = one->by_number ? "number" : "email";
    enum err e =
        db_query(c->db, c->arena, thread_suggest, &rows, .order_id = one->order_id,
                 .conversation_id = news->conversation_id, .found_by = found_by,
                 .subject = news->subject, .email = news->email_count ? news->emails[0] : NULL);
    if (e != OK || rows_count(rows) == 0)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "frontConversationId", news->conversation_id);
    json_set_text(d, "foundBy", found_by);
    return audit_add(c, "thread.suggested", "order", one->order_id, NULL, d);
}

/* A later conversation of an order that has one is worth a look where it names the order. */
static enum err settle(struct ctx *c, const struct front_news *news, const char *inbox_id,
                       const struct thread_candidate *one, bool sure, enum thread_standing standing)
{
    switch (standing) {
    case THREAD_FREE:
        return sure ? thread_match_link(c, one->order_id, news->conversation_id,
                                        one->by_number ? "number" : "email", inbox_id)
                    : suggest(c, news, one);
    case THREAD_OTHER:
        return one->by_number ? suggest(c, news, one) : OK;
    case THREAD_SAME:
    case THREAD_DECIDED:
        break;
    }
    return OK;
}

enum err thread_match(struct ctx *c, const struct front_news *news, const char *inbox_id,
                      bool *known)
{
    size_t n = 0;
    struct thread_candidate *list;
    enum err e = candidates(c, news, &list, &n);
    if (e != OK)
        return e;
    size_t chosen = thread_choose(list, n);
    enum thread_standing *standings = arena_zalloc(c->arena, n + 1, sizeof(*standings));
    /* All are held before the first is told to the audit trail, which others wait for with one. */
    for (size_t i = 0; e == OK && i < n; i++)
        if (list[i].chosen)
            e = thread_hold(c, list[i].order_id, news->conversation_id, &standings[i]);
    for (size_t i = 0; e == OK && i < n; i++)
        if (list[i].chosen)
            e = settle(c, news, inbox_id, &list[i], chosen == 1 && !list[i].strange, standings[i]);
    *known = chosen > 0;
    return e;
}

/* ---- merged ---- */

static enum err follow(struct ctx *c, const PGresult *rows, int i, const char *into)
{
    const char *id = row_text(rows, i, "id"), *status = row_text(rows, i, "thread_status");
    enum err e =
        db_query(c->db, c->arena, thread_follow, NULL, .order_id = id, .conversation_id = into);
    if (e != OK)
        return e;
    return audit_add(c, "thread.merged", "order", id,
                     thread_as(c, row_text(rows, i, "front_conversation_id"), status),
                     thread_as(c, into, status));
}

enum err thread_merge(struct ctx *c, const struct front_news *news, int *moved)
{
    PGresult *rows;
    const char *merged = texts_json(c, news->merged, news->merged_count);
    enum err e = db_query(c->db, c->arena, thread_suggestions_follow, NULL, .merged = merged,
                          .conversation_id = news->conversation_id);
    if (e == OK)
        e = db_query(c->db, c->arena, thread_merged, &rows, .merged = merged);
    if (e != OK)
        return e;
    *moved = rows_count(rows);
    for (int i = 0; e == OK && i < *moved; i++)
        e = follow(c, rows, i, news->conversation_id);
    return e;
}
