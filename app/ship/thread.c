/* Linking an order to the conversation it is talked about in. */
#include "ship/thread.h"

#include "access/access.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "events/events.h"
#include "ship/ship.h"
#include "ship/thread.sql.h"

#include <ctype.h>
#include <string.h>

#define ID_MOST 64
#define LINKED "manually_linked"
#define MATCHED "auto_matched"
#define UNMATCHED "unmatched"

const char *thread_conversation(struct arena *a, const char *text)
{
    const char *begin = text + strspn(text, " \t\r\n");
    if (strncmp(begin, "https://", 8) == 0) {
        const char *end = begin + strcspn(begin, "?# \t\r\n");
        while (end > begin && end[-1] == '/')
            end--;
        begin = arena_strndup(a, begin, (size_t)(end - begin));
        begin = strstr(begin, "/cnv_");
        if (!begin++)
            return NULL;
    }
    size_t n = 0;
    while (isalnum((unsigned char)begin[n]) || begin[n] == '_' || begin[n] == '-')
        n++;
    return n && n <= ID_MOST && !begin[n + strspn(begin + n, " \t\r\n")]
               ? arena_strndup(a, begin, n)
               : NULL;
}

static enum err lock(struct ctx *c, const char *order_id, PGresult **row)
{
    if (!order_id || !uuid_valid(order_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, thread_lock, row, .order_id = order_id);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

static bool is_linked(const PGresult *row, const char *conversation)
{
    const char *now = row_text(row, 0, "front_conversation_id");
    return now && strcmp(now, conversation) == 0 &&
           strcmp(row_text(row, 0, "thread_status"), LINKED) == 0;
}

struct json_object *thread_as(struct ctx *c, const char *conversation_id, const char *status)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "frontConversationId", conversation_id);
    json_set_text(o, "threadStatus", status);
    return o;
}

static enum err emit(struct ctx *c, const char *order_id, const char *conversation)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "orderId", order_id);
    json_set_text(d, "conversationId", conversation);
    return event_emit(c, THREAD_LINKED, "order", order_id, d);
}

enum err thread_link(struct ctx *c, const char *order_id, const char *conversation)
{
    PGresult *row;
    const char *id = thread_conversation(c->arena, conversation);
    if (!id)
        return ctx_fault(c, "frontConversationId", "is not a conversation of Front");
    enum err e = lock(c, order_id, &row);
    if (e != OK || is_linked(row, id))
        return e;
    e = db_query(c->db, c->arena, thread_set, NULL, .order_id = order_id, .conversation_id = id,
                 .status = LINKED, .by = c->actor.name);
    if (e == OK)
        e = db_query(c->db, c->arena, thread_accept, NULL, .order_id = order_id,
                     .conversation_id = id);
    if (e == OK)
        e = emit(c, order_id, id);
    return e == OK ? audit_add(c, "thread.linked", "order", order_id,
                               thread_as(c, row_text(row, 0, "front_conversation_id"),
                                         row_text(row, 0, "thread_status")),
                               thread_as(c, id, LINKED))
                   : e;
}

enum err thread_tell(struct ctx *c, const char *order_id)
{
    PGresult *row;
    enum err e = lock(c, order_id, &row);
    if (e != OK || strcmp(row_text(row, 0, "thread_status"), UNMATCHED) == 0)
        return e;
    const char *conversation = row_text(row, 0, "front_conversation_id");
    return conversation ? emit(c, order_id, conversation) : OK;
}

enum err thread_unlink(struct ctx *c, const char *order_id)
{
    PGresult *row;
    enum err e = lock(c, order_id, &row);
    if (e != OK || !row_text(row, 0, "front_conversation_id"))
        return e;
    e = db_query(c->db, c->arena, thread_set, NULL, .order_id = order_id, .status = UNMATCHED,
                 .by = c->actor.name);
    if (e == OK)
        e = db_query(c->db, c->arena, thread_reject, NULL, .order_id = order_id,
                     .conversation_id = row_text(row, 0, "front_conversation_id"),
                     .by = c->actor.name);
    return e == OK ? audit_add(c, "thread.unlinked", "order", order_id,
                               thread_as(c, row_text(row, 0, "front_conversation_id"),
                                         row_text(row, 0, "thread_status")),
                               thread_as(c, NULL, UNMATCHED))
                   : e;
}

/* ---- matched by itself ---- */

enum err thread_hold(struct ctx *c, const char *order_id, const char *conversation_id,
                     enum thread_standing *out)
{
    PGresult *row, *rejected;
    enum err e = lock(c, order_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, thread_rejected, &rejected, .order_id = order_id,
                     .conversation_id = conversation_id);
    if (e != OK)
        return e;
    const char *now = row_text(row, 0, "front_conversation_id");
    const char *status = row_text(row, 0, "thread_status");
    if (strcmp(status, UNMATCHED) != 0 && strcmp(now, conversation_id) == 0)
        *out = THREAD_SAME;
    else if (strcmp(status, LINKED) == 0 || rows_count(rejected))
        *out = THREAD_DECIDED;
    else
        *out = strcmp(status, MATCHED) == 0 ? THREAD_OTHER : THREAD_FREE;
    return OK;
}

enum err thread_match_link(struct ctx *c, const char *order_id, const char *conversation_id,
                           const char *found_by, const char *inbox_id)
{
    enum err e = db_query(c->db, c->arena, thread_set, NULL, .order_id = order_id,
                          .conversation_id = conversation_id, .status = MATCHED);
    if (e == OK)
        e = emit(c, order_id, conversation_id);
    struct json_object *after = thread_as(c, conversation_id, MATCHED);
    json_set_text(after, "foundBy", found_by);
    json_set_text(after, "inboxId", inbox_id);
    return e ? e
             : audit_add(c, "thread.linked", "order", order_id, thread_as(c, NULL, UNMATCHED),
                         after);
}

/* ---- suggested ---- */

enum err thread_suggestions(struct ctx *c, const char *order_id, struct json_object **out)
{
    PGresult *rows;
    if (!order_id || !uuid_valid(order_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, thread_suggestions, &rows, .order_id = order_id);
    if (e == OK && rows_count(rows) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    bool any = row_text(rows, 0, "conversationId") != NULL;
    *out = any ? rows_json(c->arena, rows) : json_own(c->arena, json_object_new_array());
    return OK;
}

enum err thread_dismiss(struct ctx *c, const char *order_id, const char *conversation_id)
{
    PGresult *rows;
    enum err e = lock(c, order_id, &rows);
    if (e == OK)
        e = db_query(c->db, c->arena, thread_dismiss, &rows, .order_id = order_id,
                     .conversation_id = conversation_id, .by = c->actor.name);
    if (e == OK && rows_count(rows) == 0)
        e = ctx_refuse(c, ERR_NOT_FOUND, "This conversation is not suggested for the order.");
    return e ? e
             : audit_add(c, "thread.dismissed", "order", order_id,
                         thread_as(c, conversation_id, "suggested"), NULL);
}
