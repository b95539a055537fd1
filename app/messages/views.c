/* Views of the list of messages: those of the house, and those that people keep. */
#include "messages/views.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "messages/columns.h"
#include "messages/filter.h"
#include "messages/messages.h"
#include "messages/tell.h"
#include "messages/views.sql.h"
#include "web/bar.h"

#include <string.h>

/* What everybody has. */
static const struct {
    const char *name, *q; /* q NULL: of the actor's runs */
} house[] = {
    { "Needs attention", "status:failed,bounced,held" },
    { "Held", "status:held" },
    { "Waiting", "status:enqueued" },
    { "Failed today", "status:failed,bounced after:today" },
    { "Mentions of me", "mentions:me" },
    { "My runs", NULL },
};

/* ---- the list ---- */

/* What names something the actor may not see is a view of somebody who sees more. */
static enum err check_usable(struct ctx *c, const char *q, bool *usable)
{
    struct json_object *filter;
    enum err e = filter_read(c, q, &filter);
    *usable = e == OK;
    if (e != ERR_INVALID)
        return e;
    c->problem = (struct problem){ 0 };
    return OK;
}

static enum err add_count(struct ctx *c, const char *q, struct json_object *view)
{
    struct json_object *count = NULL;
    enum err e = messages_count(c, &(struct messages_query){ .q = q }, &count);
    if (e != OK)
        return e;
    json_set(view, "count", json_object_get(json_get(count, "count")));
    json_set(view, "more", json_object_get(json_get(count, "more")));
    return OK;
}

static enum err add_view(struct ctx *c, struct json_object *view, bool counts,
                         struct json_object *to)
{
    bool usable, mine = json_object_get_boolean(json_get(view, "mine"));
    const char *q = json_text(view, "q");
    json_set_text(view, "href", bar_href(c, MESSAGES_PAGE, q, json_text(view, "columns")));
    json_set(view, "count", NULL);
    json_set_bool(view, "more", false);
    enum err e = check_usable(c, q, &usable);
    if (e == OK && usable && counts)
        e = add_count(c, q, view);
    if (e == OK && (usable || mine))
        json_object_array_add(to, json_object_get(view));
    return e;
}

static enum err my_runs(struct ctx *c, const char **q)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, view_my_runs, &row,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    const char *runs = row_text(row, 0, "runs");
    *q = runs ? arena_printf(c->arena, "run:%s", runs) : NULL;
    return OK;
}

static enum err add_house(struct ctx *c, bool counts, struct json_object *to)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < sizeof(house) / sizeof(house[0]); i++) {
        struct json_object *view = json_own(c->arena, json_object_new_object());
        const char *q = house[i].q;
        if (!q && (e = my_runs(c, &q)) != OK)
            return e;
        if (!q)
            continue;
        json_set_text(view, "viewId", NULL);
        json_set_text(view, "name", house[i].name);
        json_set_text(view, "q", q);
        json_set_text(view, "columns", "");
        json_set_bool(view, "shared", true);
        json_set_bool(view, "mine", false);
        json_set_text(view, "ownerName", NULL);
        json_set_text(view, "tell", NULL);
        e = add_view(c, view, counts, to);
    }
    return e;
}

static enum err add_kept(struct ctx *c, const char *id, bool counts, struct json_object *to)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, view_list, &rows, .actor_id = c->actor.id, .id = id);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = add_view(c, row_json(c->arena, rows, i), counts, to);
    return e;
}

enum err views_list(struct ctx *c, bool counts, struct json_object **out)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    enum err e = add_house(c, counts, list);
    if (e == OK)
        e = add_kept(c, NULL, counts, list);
    if (e == OK)
        *out = list;
    return e;
}

enum err view_get(struct ctx *c, const char *id, struct json_object **out)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    enum err e = add_kept(c, id, true, list);
    if (e != OK)
        return e;
    if (json_object_array_length(list) == 0)
        return ERR_NOT_FOUND;
    *out = json_object_array_get_idx(list, 0);
    return OK;
}

/* ---- keeping ---- */

static struct json_object *told(struct ctx *c, const struct view *v)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "name", v->name);
    json_set_text(o, "q", v->q);
    json_set_text(o, "columns", v->columns);
    json_set_bool(o, "shared", v->shared);
    return o;
}

static enum err check(struct ctx *c, const struct view *v)
{
    struct json_object *filter;
    enum err e = filter_read(c, v->q, &filter);
    if (e == OK)
        e = columns_check(c, v->columns);
    if (e == OK && v->shared && c->actor.role < ROLE_AGENT)
        e = ctx_refuse(c, ERR_DENIED, "Agents share views; yours stays your own.");
    return e;
}

static enum err named(struct ctx *c, enum err e)
{
    return e == ERR_CONFLICT ? ctx_fault(c, "name", "You have a view of that name.") : e;
}

enum err view_add(struct ctx *c, const struct view *v, const char **id)
{
    PGresult *row;
    enum err e = check(c, v);
    if (e == OK)
        e = db_query(c->db, c->arena, view_count, &row, .actor_id = c->actor.id);
    if (e == OK && row_int(row, 0, "n") >= VIEWS_MOST)
        e = ctx_refuse(c, ERR_CONFLICT, "You have %d views: delete one first.", VIEWS_MOST);
    if (e != OK)
        return e;
    e = named(c,
              db_query(c->db, c->arena, view_insert, &row, .actor_id = c->actor.id,
                       .actor_name = c->actor.name, .name = v->name, .q = v->q ? v->q : "",
                       .columns = v->columns ? v->columns : "", .shared = v->shared ? "t" : "f"));
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    return audit_add(c, "view.added", "view", *id, NULL, told(c, v));
}

static enum err changed(struct ctx *c, const char *action, const char *id, const PGresult *old,
                        struct json_object *after)
{
    if (rows_count(old) == 0)
        return ERR_NOT_FOUND;
    return audit_add(c, action, "view", id, row_json(c->arena, old, 0), after);
}

enum err view_change(struct ctx *c, const char *id, const struct view *v)
{
    PGresult *old;
    enum err e = check(c, v);
    if (e == OK)
        e = named(c, db_query(c->db, c->arena, view_update, &old, .id = id, .actor_id = c->actor.id,
                              .name = v->name, .q = v->q ? v->q : "",
                              .columns = v->columns ? v->columns : "",
                              .shared = v->shared ? "t" : "f"));
    return e != OK ? e : changed(c, "view.changed", id, old, told(c, v));
}

enum err view_delete(struct ctx *c, const char *id)
{
    PGresult *old;
    enum err e = db_query(c->db, c->arena, view_remove, &old, .id = id, .actor_id = c->actor.id);
    return e != OK ? e : changed(c, "view.deleted", id, old, NULL);
}

/* ---- shapes ---- */

static const struct member view_members[] = {
    { "viewId", SHAPE_UUID, .help = "Null for those that everybody has.", .nullable = true },
    { "name", SHAPE_TEXT, .example = "Held in Lindenhof" },
    { "q", SHAPE_TEXT, .help = "As in the qualifier bar.", .example = "status:held" },
    { "columns", SHAPE_TEXT, .help = "Those it shows, in order; empty: the usual ones.",
      .example = "state,unit,updated" },
    { "shared", SHAPE_BOOL, .help = "Whether others see it, too." },
    { "mine", SHAPE_BOOL, .help = "Whether the asker keeps it." },
    { "ownerName", SHAPE_TEXT, .help = "Who keeps it.", .nullable = true },
    { "tell", SHAPE_CHOICE, .help = "When the asker is told of it by e-mail.", .values = tell_whens,
      .nullable = true },
    { "count", SHAPE_COUNT, .help = "Messages in it; null where its filter names what is gone.",
      .nullable = true },
    { "more", SHAPE_BOOL, .help = "Whether there are more than that." },
    { "href", SHAPE_LINK, .help = "Its page." },
    { .name = NULL },
};
const struct shape saved_view_shape = { "SavedView", "A filter of messages under a name.",
                                        view_members };

static const struct member views_members[] = {
    { "views", SHAPE_LIST, .help = "Everybody's, one's own, those that others share.",
      .of = &saved_view_shape },
    { .name = NULL },
};
const struct shape saved_views_shape = { "SavedViews", "Views of the list of messages.",
                                         views_members };
