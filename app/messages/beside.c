/* What stands above and below a message in the list it was reached from. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "messages/list.sql.h"
#include "messages/messages.h"
#include "track/communication.h"
#include "web/bar.h"

#include <string.h>

static void put(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "&%s=", name);
    buf_url(b, value, strlen(value));
}

const char *communication_list_query(struct ctx *c, const struct list_place *from)
{
    struct buf b = buf_in(c->arena);
    if (!from->at)
        return "";
    put(&b, "at", from->at);
    if (from->q)
        put(&b, "in", from->q);
    if (from->all)
        buf_puts(&b, "&all=true");
    return b.p;
}

static void add_link(struct ctx *c, const PGresult *rows, int i, const struct list_place *from,
                     struct json_object *list)
{
    struct list_place there = *from;
    there.at = row_text(rows, i, "at");
    const char *query = communication_list_query(c, &there);
    json_put(list, row_text(rows, i, "place"), false,
             json_text_new(arena_printf(c->arena, "/messages/%s?tab=%s%s", row_text(rows, i, "id"),
                                        from->tab, query)));
}

enum err communication_beside(struct ctx *c, const char *id, const struct list_place *from,
                              struct json_object *to)
{
    PGresult *rows;
    struct messages_search s;
    struct json_object *list;
    if (!from->at)
        return OK;
    enum err e = messages_search(c, &(struct messages_query){ .q = from->q, .all = from->all }, &s);
    if (e == ERR_INVALID) {
        c->problem = (struct problem){ 0 }; /* the filter names what is gone: there is no list */
        return OK;
    }
    if (e == OK)
        e = db_query(c->db, c->arena, messages_beside, &rows, .filter = s.filter, .since = s.since,
                     .at = from->at, .id = id, .all_buildings = actor_all_buildings(c),
                     .actor_id = c->actor.id);
    if (e != OK)
        return e;
    list = json_object_new_object();
    json_set_text(list, "q", from->q);
    json_set_text(list, "href", bar_href(c, MESSAGES_PAGE, from->q, NULL));
    json_set_text(list, "previous", NULL);
    json_set_text(list, "next", NULL);
    for (int i = 0; i < rows_count(rows); i++)
        add_link(c, rows, i, from, list);
    json_set(to, "list", list);
    return OK;
}
