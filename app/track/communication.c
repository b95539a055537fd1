/* A communication's document: everything that is known of it, in one round trip and its text. */
#include "track/communication.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "db/db.h"
#include "track/channel.h"
#include "track/communication.sql.h"
#include "track/communication_page.h"
#include "track/communication_words.h"
#include "track/labels.h"
#include "track/mention.h"
#include "track/track.h"

#include <string.h>

struct parts {
    PGresult *one, *events, *attempts, *notes, *files, *calls, *audit, *plan, *suppressed;
};

static enum err ask(struct ctx *c, const char *id, struct parts *p)
{
    const char *all = actor_all_buildings(c), *actor = c->actor.id;
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, communication_get, &p->one, .communication_id = id,
                          .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_events, &p->events, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_attempts, &p->attempts, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_notes, &p->notes, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_files, &p->files, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_calls, &p->calls, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_audit, &p->audit, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_plan, &p->plan, .communication_id = id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_suppressed, &p->suppressed,
                     .communication_id = id, .all_buildings = all, .actor_id = actor);
    enum err flushed = db_flush(c->db);
    return e != OK ? e : flushed;
}

/* ---- why each decision was made ---- */

static void decided(struct json_object *list, struct json_object *event, const char *about,
                    const char *sentence)
{
    struct json_object *d = json_object_new_object();
    json_set_text(d, "about", about);
    json_set_text(d, "sentence", sentence);
    json_set_text(d, "at", event ? json_text(event, "occurredAt") : NULL);
    json_set_text(d, "eventId", event ? json_text(event, "eventId") : NULL);
    json_object_array_add(list, d);
}

/* Events that are decisions by themselves. */
static const char *about_of(const char *type)
{
    static const struct {
        const char *type, *about;
    } abouts[] = {
        { "DELAYED", "wait" },     { "HELD", "hold" },        { "SKIPPED", "skip" },
        { "CANCELLED", "cancel" }, { "RELEASED", "release" }, { "RESEND_REQUESTED", "resend" },
        { "FAILED", "end" },
    };
    for (size_t i = 0; i < sizeof(abouts) / sizeof(abouts[0]); i++)
        if (strcmp(abouts[i].type, type) == 0)
            return abouts[i].about;
    return NULL;
}

/* What was noted where it was decided, oldest first. */
static struct json_object *decisions_of(struct json_object *d)
{
    struct json_object *list = json_object_new_array(), *events = json_get(d, "events");
    bool moved = strcmp(json_text(d, "channel"), json_text(d, "originChannel")) != 0;
    decided(list, NULL, "channel",
            moved ? "A person chose another channel than the import asked for."
                  : "The channel that the import asked for.");
    for (size_t i = json_object_array_length(events); i-- > 0;) {
        struct json_object *e = json_object_array_get_idx(events, i);
        struct json_object *noted = json_get(json_get(e, "detail"), "decisions");
        size_t n =
            json_object_is_type(noted, json_type_array) ? json_object_array_length(noted) : 0;
        const char *about = about_of(json_text(e, "type"));
        for (size_t k = 0; k < n; k++) {
            struct json_object *one = json_object_array_get_idx(noted, k);
            decided(list, e, json_text(one, "about"), json_text(one, "sentence"));
        }
        if (about)
            decided(list, e, about, json_text(e, "sentence"));
    }
    return list;
}

/* ---- what may be done ---- */

static struct json_object *actions_of(struct ctx *c, const PGresult *one)
{
    enum status s = STATUS_DRAFT;
    const char *status = row_text(one, 0, "status"), *job = row_text(one, 0, "_job");
    bool removed = row_text(one, 0, "contentRemovedAt") != NULL;
    bool agent = c->actor.role >= ROLE_AGENT, busy = job && strcmp(job, "running") == 0;
    struct json_object *d = json_object_new_object();
    (void)status_of(status, &s);
    json_set_bool(d, "resend", agent && !busy && !removed && !resend_refusal(status));
    json_set_bool(d, "cancel", agent && !busy && status_after(s, EVENT_CANCELLED) != s);
    json_set_bool(d, "hold", agent && !busy && status_after(s, EVENT_HELD) != s);
    json_set_bool(d, "release", agent && !removed && status_after(s, EVENT_RELEASED) != s);
    json_set_bool(d, "tag", agent);
    json_set_bool(d, "record", agent && c->actor.kind == ACTOR_USER);
    return d;
}

/* Whether its channel takes nothing to its address any more, and the others that would take it:
   in words, and the first of them. Letters of both kinds go to one address. */
static void set_ways(struct ctx *c, const struct parts *p, struct json_object *d,
                     struct words_of *of, const char **other)
{
    int others[CHANNEL_COUNT], n = 0;
    struct buf words = buf_in(c->arena);
    of->refused = json_object_get_boolean(json_get(json_get(d, "error"), "badAddress"));
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        const char *name = channel_name(i);
        bool own = strncmp(name, json_text(d, "channel"), strlen("LETTER")) == 0;
        bool open =
            !channel_refusal(name, p->plan) && !suppression_refusal(c->arena, name, p->suppressed);
        if (own)
            of->refused = of->refused || !open;
        else if (open)
            others[n++] = i;
    }
    for (int i = 0; i < n; i++)
        buf_printf(&words, "%s%s",
                   i == 0       ? ""
                   : i + 1 == n ? " or "
                                : ", ",
                   channel_noun(others[i], 1));
    of->others = n ? words.p : NULL;
    *other = n ? channel_name(others[0]) : NULL;
}

/* ---- the document ---- */

static struct json_object *content_of(struct ctx *c, const struct communication_text *t)
{
    struct json_object *d = json_object_new_object();
    const struct {
        const char *name;
        struct str text;
    } bodies[] = { { "text", t->text }, { "html", t->html } };
    json_set_text(d, "source", t->source);
    json_set_text(d, "sentence", t->sentence);
    json_set_text(d, "subject", t->subject);
    json_set_text(d, "templateLanguage", t->language);
    json_set(d, "smsParts", t->sms_parts ? json_object_new_int(t->sms_parts) : NULL);
    for (int i = 0; i < 2; i++)
        json_set_text(d, bodies[i].name,
                      bodies[i].text.p ? arena_strndup(c->arena, bodies[i].text.p, bodies[i].text.n)
                                       : NULL);
    return d;
}

static struct json_object *notes_of(struct ctx *c, const PGresult *rows)
{
    struct json_object *list = rows_json(c->arena, rows);
    for (int i = 0; i < rows_count(rows); i++)
        json_set_text(
            json_object_array_get_idx(list, (size_t)i), "missed",
            mention_missed(c->arena, row_text(rows, i, "note"), row_text(rows, i, "_spans")));
    return list;
}

static void set_lists(struct ctx *c, const struct parts *p, struct json_object *d)
{
    json_set(d, "attachments", json_object_get(rows_json(c->arena, p->files)));
    json_set(d, "events", json_object_get(rows_json(c->arena, p->events)));
    json_set(d, "earlierAttempts", json_object_get(rows_json(c->arena, p->attempts)));
    json_set(d, "notes", json_object_get(notes_of(c, p->notes)));
    json_set(d, "calls", json_object_get(rows_json(c->arena, p->calls)));
    json_set(d, "history", json_object_get(rows_json(c->arena, p->audit)));
}

enum err communication_document(struct ctx *c, const char *id, bool page, struct json_object **out)
{
    struct parts p;
    struct communication_text text;
    enum err e = ask(c, id, &p);
    if (e == OK && rows_count(p.one) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = communication_text(c, id, true, &text);
    if (e != OK)
        return e;
    struct json_object *d = row_json(c->arena, p.one, 0);
    set_lists(c, &p, d);
    json_set(d, "content", content_of(c, &text));
    json_set(d, "data", json_object_get(text.data));
    json_set(d, "decisions", decisions_of(d));
    json_set(d, "actions", actions_of(c, p.one));
    struct json_object *said = json_object_new_object();
    struct words_of of = { .communication = d,
                           .agent = c->actor.role >= ROLE_AGENT,
                           .kept = row_text(p.one, 0, "_kept") };
    const char *other;
    set_ways(c, &p, d, &of, &other);
    communication_words(c->arena, &of, said);
    json_set(d, "said", said);
    if (page) {
        communication_help(d, of.refused, other);
        communication_waits(c, p.events, d);
        communication_mentions(c, p.notes, d);
        communication_event_calls(c, p.calls, d);
        communication_views(c, p.events, p.audit, d);
        communication_dress(c, d, &text);
    }
    *out = d;
    return OK;
}
