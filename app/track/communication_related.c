/* What a communication hangs together with, for its page: run, print run, webhooks, the unit's
 * others. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/communication.h"
#include "track/communication.sql.h"
#include "track/communication_page.h"
#include "track/delivery_record.h"
#include "track/labels.h"

#include <string.h>

static const struct kind {
    const char *name, *word, *icon, *path; /* path NULL: of no page of its own */
} kinds[] = {
    { "run", "Run", "list-checks", "/runs" },
    { "print", "Print run", "printer", "/letters" },
    { "webhook", "Told by", "inbox", "/inbox" },
    { "message", "Message", "mail", "/messages" },
    { "delivery", "Delivery on record", "hand", NULL },
};

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return &kinds[0];
}

static struct json_object *related(struct ctx *c, const PGresult *rows, int i)
{
    const struct kind *kind = kind_of(row_text(rows, i, "kind"));
    const char *channel = row_text(rows, i, "channel"), *status = row_text(rows, i, "status");
    bool delivery = strcmp(kind->name, "delivery") == 0;
    bool hidden = !row_bool(rows, i, "_open") ||
                  (strcmp(kind->name, "webhook") == 0 && c->actor.role < ROLE_AGENT);
    struct json_object *d = row_json(c->arena, rows, i);
    json_set_text(d, "word", kind->word);
    json_set_text(d, "icon", channel ? channel_label(channel)->icon : kind->icon);
    json_set_text(d, "title",
                  delivery ? delivery_method_word(row_text(rows, i, "title"))
                           : row_text(rows, i, "title"));
    json_set_text(d, "relatedHref",
                  kind->path && !hidden
                      ? arena_printf(c->arena, "%s/%s", kind->path, row_text(rows, i, "id"))
                      : NULL);
    if (status) {
        json_set_text(d, "relatedStatus", status_label(status)->word);
        json_set_text(d, "relatedTone", status_label(status)->tone);
    }
    return json_object_get(d);
}

enum err communication_related(struct ctx *c, const char *id, struct json_object *to)
{
    PGresult *rows;
    struct json_object *list = json_object_new_array();
    enum err e = db_query(c->db, c->arena, communication_related, &rows, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        json_object_array_add(list, related(c, rows, i));
    json_set_bool(to, "anyRelated", json_object_array_length(list) > 0);
    json_set(to, "related", list);
    return e;
}
