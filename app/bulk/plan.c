/* Planning: the snapshot, and what a plan shows. */
#include "bulk/private.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "bulk/bulk.sql.h"
#include "exports/exports.h"
#include "track/cost.h"
#include "track/tag.h"
#include "web/checks.h"
#include "web/cursor.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGE 50
#define SAMPLES 5

/* ---- made ---- */

/* At most a thousand come, so that comparing all with all is cheap enough. */
static bool named_before(const char *const *ids, size_t i)
{
    size_t k = 0;
    while (k < i && strcasecmp(ids[k], ids[i]) != 0)
        k++;
    return k < i;
}

static enum err ids_of(struct ctx *c, const char *const *ids, const char **out, int *n)
{
    struct buf b = buf_in(c->arena);
    *n = 0;
    for (size_t i = 0; ids[i]; i++) {
        if (!uuid_valid(ids[i]))
            return ctx_fault(c, "ids", "“%s” is no communication.", ids[i]);
        buf_printf(&b, "%c%s", b.n ? ',' : '{', ids[i]);
        *n += !named_before(ids, i);
    }
    buf_puts(&b, b.n ? "}" : "{}");
    *out = b.p;
    return OK;
}

/* "4 chosen communications: Lindenhof 12 2025, 1.01 and 3 more": by the first in their order. */
static enum err words_of_ids(struct ctx *c, const char *ids, int n, const char **words)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, bulk_first_of_ids, &row, .ids = ids,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    struct buf b = buf_in(c->arena);
    buf_puts(&b, n == 1 ? "One chosen communication"
                        : arena_printf(c->arena, "%d chosen communications", n));
    if (rows_count(row))
        buf_printf(&b, ": %s %s, %s", row_text(row, 0, "building"), row_text(row, 0, "year"),
                   row_text(row, 0, "unit"));
    if (rows_count(row) && n > 1)
        buf_printf(&b, " and %d more", n - 1);
    *words = b.p;
    return OK;
}

static enum err take_asked(struct ctx *c, struct bulk_new *n)
{
    PGresult *row;
    if (!n->of)
        return OK;
    enum err e = db_query(c->db, c->arena, bulk_asked, &row, .id = n->of, .actor_id = c->actor.id);
    if (e != OK)
        return e;
    struct json_object *ids = rows_count(row) ? json_get(row_json(c->arena, row, 0), "ids") : NULL;
    if (!rows_count(row) || !(ids || row_text(row, 0, "filter")))
        return ctx_fault(c, "of", "There is no such plan any more: choose the messages again.");
    if (!ids) {
        n->filter = json_get(row_json(c->arena, row, 0), "filter");
        return OK;
    }
    size_t count = json_object_array_length(ids);
    const char **list = arena_zalloc(c->arena, count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = json_object_get_string(json_object_array_get_idx(ids, i));
    n->ids = list;
    return OK;
}

/* Each action wants its own particulars, and no others. */
static enum err check(struct ctx *c, struct bulk_new *n)
{
    enum err e = OK;
    bool tags = strcmp(n->action, "tag") == 0 || strcmp(n->action, "untag") == 0;
    const char *why = tags ? tag_read(c->arena, n->tag ? n->tag : "", &n->tag) : NULL;
    n->tag = tags ? n->tag : NULL;
    n->mark = strcmp(n->action, "mark") == 0 ? n->mark : NULL;
    if (why)
        e = ctx_fault(c, "tag", "%s", why);
    if (n->channel && strcmp(n->action, "resend") != 0)
        e = ctx_fault(c, "channel", "Only sending again can go another way.");
    if (strcmp(n->action, "mark") == 0 && !n->mark)
        e = ctx_fault(c, "mark", "Say what was seen or done.");
    if (strcmp(n->action, "mark") == 0 && (!n->note || text_blank(str_of(n->note))))
        e = ctx_fault(c, "note", "Say how it is known.");
    if (!n->filter && !(n->ids && n->ids[0]))
        e = ctx_fault(c, "ids", "Name the communications, or say which.");
    return e;
}

static enum err insert(struct ctx *c, const struct bulk_new *n, const char *words,
                       const char *undo_of, const char **id)
{
    PGresult *row;
    const struct bulk_way *way = bulk_way_of(n->action);
    enum err e = db_query(c->db, c->arena, bulk_insert, &row, .action = n->action,
                          .filter = n->filter ? json_compact(c->arena, n->filter) : NULL,
                          .words = words, .channel = n->channel, .mark = n->mark,
                          .format = way->act      ? NULL
                                    : way->format ? way->format
                                                  : n->format,
                          .note = n->note, .tag = n->tag, .actor_id = c->actor.id,
                          .actor_kind = actor_kind_name(c->actor.kind), .actor_name = c->actor.name,
                          .seconds = NUM(BULK_PLAN_SECONDS), .undo_of = undo_of);
    if (e == OK)
        *id = row_text(row, 0, "id");
    return e;
}

static enum err count(struct ctx *c, const char *action, const char *id)
{
    PGresult *row;
    const struct bulk_way *way = bulk_way_of(action);
    int most = way->most ? way->most : BULK_MOST;
    enum err e = db_query(c->db, c->arena, bulk_counted, &row, .id = id);
    if (e != OK)
        return e;
    if (row_int(row, 0, "total") + row_int(row, 0, "excluded") > most)
        return ctx_fault(c, "q", "These are more than %d: say more closely which.", most);
    return OK;
}

enum err bulk_plan(struct ctx *c, const struct bulk_new *asked, const char **id)
{
    int named = 0;
    struct bulk_new with = *asked, *n = &with;
    const char *words, *ids = NULL;
    const char *judged =
        bulk_way_of(n->action)->act ? n->action : "export"; /* leaves out nothing */
    enum err e = take_asked(c, n);
    if (e == OK)
        e = check(c, n);
    const char *how = n->tag ? n->tag : n->mark ? n->mark : n->channel;
    if (e == OK && n->filter)
        e = export_words(c, n->filter, &words);
    else if (e == OK && (e = ids_of(c, n->ids, &ids, &named)) == OK)
        e = words_of_ids(c, ids, named, &words);
    if (e == OK)
        e = insert(c, n, words, NULL, id);
    if (e == OK && n->filter)
        e = db_query(c->db, c->arena, bulk_snapshot_of_filter, NULL, .id = *id,
                     .filter = json_compact(c->arena, n->filter),
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
                     .most = NUM(BULK_MOST), .action = judged, .how = how);
    else if (e == OK)
        e = db_query(c->db, c->arena, bulk_snapshot_of_ids, NULL, .id = *id, .ids = ids,
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id,
                     .action = judged, .how = how);
    return e ? e : count(c, n->action, *id);
}

enum err bulk_undo(struct ctx *c, const char *id, const char **undo_id)
{
    PGresult *rows;
    enum err e = bulk_find(c, id, &rows);
    if (e != OK)
        return e;
    const struct bulk_way *way = bulk_way_of(row_text(rows, 0, "action"));
    if (!way->undo || row_text(rows, 0, "undoOf"))
        return ctx_refuse(c, ERR_CONFLICT, "This cannot be taken back.");
    if (!row_bool(rows, 0, "_fresh") || row_int(rows, 0, "done") == 0)
        return ctx_refuse(c, ERR_CONFLICT,
                          "Only what ended less than ten minutes ago can be taken back.");
    const struct bulk_new n = { .action = way->undo, .tag = row_text(rows, 0, "tag") };
    const char *words =
        arena_printf(c->arena, "What was %s: %s", way->done, row_text(rows, 0, "words"));
    e = insert(c, &n, words, id, undo_id);
    if (e == ERR_CONFLICT)
        return ctx_refuse(c, ERR_CONFLICT, "It was taken back already.");
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_snapshot_of_done, NULL, .id = *undo_id, .undo_of = id);
    if (e == OK)
        e = count(c, n.action, *undo_id);
    if (e == OK)
        e = bulk_find(c, *undo_id, &rows);
    return e ? e : bulk_start(c, *undo_id, rows);
}

/* ---- shown ---- */

enum err bulk_find(struct ctx *c, const char *id, PGresult **rows)
{
    if (id && !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, bulk_get, rows, .id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e == OK && id && rows_count(*rows) == 0 ? ERR_NOT_FOUND : e;
}

const char *bulk_token(struct ctx *c, const PGresult *row, int i)
{
    const char *text =
        arena_printf(c->arena, "%s|%s|%s|%s", row_text(row, i, "bulkId"), row_text(row, i, "total"),
                     row_text(row, i, "_expires"), c->actor.id);
    return tag_make(c->app, c->arena, "bulk-plan", text);
}

static bool in_state(const PGresult *rows, int i, const char *state)
{
    return strcmp(row_text(rows, i, "state"), state) == 0;
}

static struct json_object *document(struct ctx *c, const PGresult *rows, int i)
{
    const struct settings *s = c->app->settings;
    struct json_object *o = row_json(c->arena, rows, i);
    long long total = row_int(rows, i, "total"), done = row_int(rows, i, "done");
    bool mine = row_bool(rows, i, "mine"), planned = in_state(rows, i, "PLANNED");
    const struct bulk_way *way = bulk_way_of(row_text(rows, i, "action"));
    bool fresh = planned && !row_bool(rows, i, "_late");
    json_set_bool(o, "needsCount", planned && total > s->bulk_type_over);
    json_set_bool(o, "needsApproval", s->bulk_approve_over && total > s->bulk_approve_over);
    json_set_bool(o, "canConfirm", mine && fresh && total > 0);
    json_set_bool(o, "canApprove", !mine && in_state(rows, i, "CONFIRMED"));
    json_set_bool(o, "canUndo",
                  way->undo && !row_text(rows, i, "undoOf") && done > 0 &&
                      !row_text(rows, i, "undoneBy") && row_bool(rows, i, "_fresh"));
    json_set_text(o, "planToken", mine && fresh ? bulk_token(c, rows, i) : NULL);
    return o;
}

static void tell_reasons(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        json_set_text(one, "sentence", bulk_reason(json_text(one, "reason")));
    }
}

/* {"EMAIL": 7}: by which channels. */
static struct json_object *channels(const PGresult *rows)
{
    struct json_object *o = json_object_new_object();
    for (int i = 0; i < rows_count(rows); i++)
        json_object_object_add(o, row_text(rows, i, "channel"),
                               json_object_new_int64(row_int(rows, i, "n")));
    return o;
}

static void add_page(struct ctx *c, const PGresult *rows, struct json_object *to)
{
    int n = rows_count(rows) > PAGE ? PAGE : rows_count(rows);
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < n; i++) {
        struct json_object *one = row_json(c->arena, rows, i);
        const char *reason = row_text(rows, i, "reason");
        if (reason && !row_text(rows, i, "result"))
            json_set_text(one, "result", bulk_reason(reason));
        json_object_object_del(one, "reason");
        json_object_array_add(list, json_object_get(one));
    }
    const char *at[] = { n ? row_text(rows, n - 1, "seq") : NULL };
    json_set(to, "items", list);
    json_set_text(to, "next", rows_count(rows) > PAGE ? cursor_make(c, "bulk-items", 1, at) : NULL);
}

struct parts {
    PGresult *exclusions, *channels, *items, *pace, *samples;
};

static enum err ask(struct ctx *c, const char *id, const PGresult *row,
                    const struct bulk_items *items, struct parts *p)
{
    const char *after = "0";
    const struct bulk_way *way = bulk_way_of(row_text(row, 0, "action"));
    enum err e = items->after ? cursor_read(c, "bulk-items", items->after, 1, &after) : OK;
    if (e != OK)
        return e;
    db_batch(c->db);
    e = db_query(c->db, c->arena, bulk_exclusions, &p->exclusions, .id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_channels, &p->channels, .id = id,
                     .channel = row_text(row, 0, "channel"));
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_items, &p->items, .id = id, .after = after,
                     .state = items->state, .all_buildings = actor_all_buildings(c),
                     .actor_id = c->actor.id, .most = NUM(PAGE + 1));
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_items, &p->samples, .id = id, .after = "0",
                     .state = "pending", .all_buildings = actor_all_buildings(c),
                     .actor_id = c->actor.id, .most = NUM(SAMPLES));
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_pace, &p->pace, /* of an export nobody knows one */
                     .action = way->act ? way->name : NULL,
                     .fallback = arena_printf(c->arena, "%g", way->seconds));
    enum err sent = db_flush(c->db);
    return e ? e : sent;
}

static void add_samples(struct ctx *c, const PGresult *rows, struct json_object *to)
{
    struct json_object *list = rows_json(c->arena, rows);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        json_object_object_del(one, "reason");
    }
    json_set(to, "samples", json_object_get(list));
}

/* Of a resend that was not begun yet; NULL: of anything else. */
static enum err add_cost(struct ctx *c, const char *id, const PGresult *row, struct json_object *to)
{
    struct cost *k;
    PGresult *sms, *letters;
    const char *channel = row_text(row, 0, "channel");
    json_set(to, "cost", NULL);
    if (strcmp(row_text(row, 0, "action"), "resend") != 0 ||
        !(in_state(row, 0, "PLANNED") || in_state(row, 0, "CONFIRMED")))
        return OK;
    enum err e = cost_begin(c, &k);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_sms, &sms, .id = id, .channel = channel);
    if (e == OK)
        e = db_query(c->db, c->arena, bulk_letters, &letters, .id = id, .channel = channel);
    if (e == OK)
        e = cost_add_sms(k, sms);
    if (e == OK)
        e = cost_add_letters(k, letters);
    if (e == OK)
        json_set(to, "cost", json_object_get(cost_document(k)));
    return e;
}

enum err bulk_get(struct ctx *c, const char *id, const struct bulk_items *items,
                  struct json_object **out)
{
    PGresult *row;
    struct parts p = { 0 };
    enum err e = bulk_find(c, id, &row);
    if (e == OK)
        e = ask(c, id, row, items, &p);
    if (e != OK)
        return e;
    struct json_object *o = document(c, row, 0), *list = rows_json(c->arena, p.exclusions);
    tell_reasons(list);
    json_set(o, "exclusions", json_object_get(list));
    json_set(o, "channels", channels(p.channels));
    add_samples(c, p.samples, o);
    double seconds = strtod(row_text(p.pace, 0, "seconds"), NULL);
    long long left = row_int(row, 0, "total") - row_int(row, 0, "done") - row_int(row, 0, "failed");
    json_set_int(o, "seconds", (int64_t)(seconds * (double)left) + (left > 0));
    add_page(c, p.items, o);
    e = add_cost(c, id, row, o);
    if (e == OK)
        e = bulk_export_show(c, row_text(row, 0, "exportId"), o);
    if (e == OK)
        *out = o;
    return e;
}

enum err bulk_list(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = bulk_find(c, NULL, &rows);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(*out, json_object_get(document(c, rows, i)));
    return OK;
}
