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

static struct json_object *standing(struct ctx *c, const char *conversation, const char *status)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "frontConversationId", conversation);
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
        e = emit(c, order_id, id);
    return e == OK ? audit_add(c, "thread.linked", "order", order_id,
                               standing(c, row_text(row, 0, "front_conversation_id"),
                                        row_text(row, 0, "thread_status")),
                               standing(c, id, LINKED))
                   : e;
}

enum err thread_unlink(struct ctx *c, const char *order_id)
{
    PGresult *row;
    enum err e = lock(c, order_id, &row);
    if (e != OK || !row_text(row, 0, "front_conversation_id"))
        return e;
    e = db_query(c->db, c->arena, thread_set, NULL, .order_id = order_id, .status = "unmatched",
                 .by = c->actor.name);
    return e == OK ? audit_add(c, "thread.unlinked", "order", order_id,
                               standing(c, row_text(row, 0, "front_conversation_id"),
                                        row_text(row, 0, "thread_status")),
                               standing(c, NULL, "unmatched"))
                   : e;
}
