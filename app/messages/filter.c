/* The qualifiers of the list of messages, and what they name. */
#include "messages/filter.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "messages/filter.sql.h"
#include "track/channel.h"
#include "track/tag.h"
#include "track/track.h"

#include <stdlib.h>
#include <string.h>

static const char *const providers[] = {
    "smtp", "msgraph", "acs", "twilio", "sink", "print", NULL
};
static const char *const states[] = { "failed",    "held",         "moving", "waiting",
                                      "unprinted", "contradicted", NULL };
static const char *const belongings[] = { "attachment", "error", "note", NULL };
static const char *const named[] = { "me", NULL };

static const char *read_year(struct ctx *c, const char *value, struct json_object *to)
{
    char *end;
    long year = strtol(value, &end, 10);
    (void)c;
    if (*end || year < 1900 || year > 2999)
        return "is no year.";
    json_object_array_add(to, json_object_new_int64(year));
    return NULL;
}

static const char *read_run(struct ctx *c, const char *value, struct json_object *to)
{
    (void)c;
    if (!uuid_valid(value))
        return "is no id of a run.";
    json_object_array_add(to, json_text_new(value));
    return NULL;
}

/* Alternatives stay together: a message has several tags, so that another qualifier narrows. */
static const char *read_tags(struct ctx *c, const char *value, struct json_object *to)
{
    const char *tag, *end = "";
    struct buf b = buf_in(c->arena);
    for (const char *p = value; p; p = *end ? end + 1 : NULL) {
        end = p + strcspn(p, ",");
        const char *why = tag_read(c->arena, arena_strndup(c->arena, p, (size_t)(end - p)), &tag);
        if (why)
            return why;
        buf_printf(&b, "%s%s", b.n ? "," : "", tag);
    }
    json_object_array_add(to, json_text_new(b.p));
    return NULL;
}

const struct qualifier qualifiers[] = {
    { "status", "status", "notStatus", status_names,
      .help = "Where it stands: failed, delivered …" },
    { "channel", "channel", "notChannel", channel_names,
      .help = "How it goes: email, sms, letter …" },
    { "to", "to", NULL, NULL, .help = "Part of the recipient's name, address or number." },
    { "domain", "domain", "notDomain", NULL, .help = "What stands behind the @ of the address." },
    { "unit", "unit", NULL, NULL, .help = "The unit's number." },
    { "building", "building", "notBuilding", NULL, .help = "A building's code." },
    { "year", "year", "notYear", NULL, .help = "The billing year.", .read = read_year },
    { "run", "run", "notRun", NULL, .help = "The id of a run.", .read = read_run },
    { "provider", "provider", "notProvider", providers,
      .help = "Who took it: smtp, msgraph, twilio …" },
    { "code", "code", "notCode", NULL, .help = "The provider's error code: code:\"550 5.1.1\"." },
    { "cause", "cause", "notCause", NULL,
      .help = "What failures have in common, as their groups say it." },
    { "template", "template", "notTemplate", NULL, .help = "What it is written from: reminder." },
    { "tag", "tag", "notTag", NULL, .help = "A word that people put on it.", .whole = true,
      .read = read_tags },
    { "grade", "grade", "notGrade", event_grades,
      .help = "Who vouches for what became of it: A the recipient, B who saw it, C a provider, D "
              "nobody." },
    { "is", "is", "notIs", states,
      .help = "failed, held, waiting, moving, unprinted or contradicted.", .kind = QUALIFIER_EACH },
    { "has", "has", "notHas", belongings, .help = "attachment, error or note.",
      .kind = QUALIFIER_EACH },
    { "mentions", "mentions", NULL, named, .help = "Those with a note that names me." },
    { "before", "before", NULL, NULL, .help = "Last moved before a day: 2026-05-12, today, 7d.",
      .kind = QUALIFIER_DAY },
    { "after", "after", NULL, NULL, .help = "Last moved on that day or later.",
      .kind = QUALIFIER_DAY },
    { .key = NULL },
};

/* ---- the filter ---- */

enum err filter_parse(struct ctx *c, const char *text, struct json_object **filter)
{
    return qualifiers_parse(c, qualifiers, text, filter);
}

/* One that the actor may not see is as one that is not. */
static enum err take_ids(struct ctx *c, struct json_object *filter, const char *key,
                         const char *noun, const PGresult *rows)
{
    struct json_object *ids = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++) {
        if (!row_text(rows, i, "id"))
            return ctx_fault(c, "q", "%s:%s: there is no such %s.", noun, row_text(rows, i, "code"),
                             noun);
        json_object_array_add(ids, json_text_new(row_text(rows, i, "id")));
    }
    json_put(filter, key, false, json_object_get(ids));
    return OK;
}

static enum err resolve_buildings(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *rows;
    struct json_object *codes = json_get(filter, key);
    if (!codes)
        return OK;
    enum err e = db_query(c->db, c->arena, filter_buildings, &rows, .codes = filter_json(c, codes),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e != OK ? e : take_ids(c, filter, key, "building", rows);
}

static enum err resolve_runs(struct ctx *c, struct json_object *filter, const char *key)
{
    PGresult *rows;
    struct json_object *ids = json_get(filter, key);
    if (!ids)
        return OK;
    enum err e = db_query(c->db, c->arena, filter_runs, &rows, .codes = filter_json(c, ids),
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e != OK ? e : take_ids(c, filter, key, "run", rows);
}

enum err filter_resolve(struct ctx *c, struct json_object *filter)
{
    enum err e = resolve_buildings(c, filter, "building");
    if (e == OK)
        e = resolve_buildings(c, filter, "notBuilding");
    if (e == OK)
        e = resolve_runs(c, filter, "run");
    if (e == OK)
        e = resolve_runs(c, filter, "notRun");
    return e != OK ? e : qualifiers_days(c, qualifiers, filter);
}

enum err filter_read(struct ctx *c, const char *text, struct json_object **filter)
{
    enum err e = filter_parse(c, text, filter);
    return e != OK ? e : filter_resolve(c, *filter);
}

const char *filter_json(struct ctx *c, struct json_object *filter)
{
    struct buf b = buf_in(c->arena);
    json_write(&b, filter);
    return b.p;
}
