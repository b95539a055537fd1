/* What sending a communication again would mean, said before it is done. */
#include "track/communication.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/channel.h"
#include "track/communication.sql.h"
#include "track/labels.h"
#include "track/track.h"

#include <string.h>
#include <strings.h>

struct plan {
    struct ctx *c;
    const char *id;
    PGresult *row, *job, *satisfied, *last, *bad, *kept, *suppressed;
    struct communication_text now; /* as it would be written now */
    struct json_object *warnings;
};

static const char *text_of(const struct plan *p, const char *column)
{
    return row_text(p->row, 0, column);
}

static void warn(struct plan *p, const char *kind, const char *sentence, const char *at)
{
    struct json_object *w = json_object_new_object();
    json_set_text(w, "kind", kind);
    json_set_text(w, "sentence", sentence);
    json_set_text(w, "at", at);
    json_object_array_add(p->warnings, w);
}

/* Where a channel would take it. */
static const char *address_of(const struct plan *p, const char *channel)
{
    if (strcmp(channel, "EMAIL") == 0)
        return text_of(p, "email");
    return strcmp(channel, "SMS") == 0 ? text_of(p, "phone") : text_of(p, "address");
}

/* Why it cannot be sent again now by any channel; NULL: it can. */
static const char *refusal_of(const struct plan *p)
{
    const char *why = resend_refusal(text_of(p, "status"));
    if (!why)
        why = removed_sentence(p->c->arena, p->row, 0);
    if (why)
        return why;
    bool running = rows_count(p->job) && strcmp(row_text(p->job, 0, "state"), "running") == 0;
    return running ? "It is being sent right now. Look again in a moment." : NULL;
}

/* ---- what speaks against it ---- */

static void warn_of_arrival(struct plan *p)
{
    static const struct {
        const char *status, *how, *sentence, *at;
    } arrived[] = {
        { "OPENED", "", "It was opened by the recipient: send it again?", "opened_at" },
        { "DELIVERED", "", "It was delivered: send it again?", "delivered_at" },
        { "SENT", "", "It was sent, and a report may still come: send it again?", "sent_at" },
        { "SENT", "DRY_RUN", "It was a dry run and did not leave: send it again?", "sent_at" },
        { "SENT", "READY_TO_PRINT", "Its letter is made and waits to be printed: send it again?",
          "sent_at" },
        { "SENT", "PRINTED", "Its letter is printed already: send it again?", "last_event_at" },
        { "SENT", "LODGED", "Its letter was handed in: send it again?", "last_event_at" },
        { "MANUAL", "", "It was handed over by a person: send it again?", "last_event_at" },
    };
    const char *how = row_bool(p->row, 0, "dryRun") ? "DRY_RUN" : text_of(p, "paper");
    for (size_t i = 0; i < sizeof(arrived) / sizeof(arrived[0]); i++)
        if (strcmp(text_of(p, "status"), arrived[i].status) == 0 &&
            strcmp(how ? how : "", arrived[i].how) == 0)
            warn(p, "arrived", arrived[i].sentence, text_of(p, arrived[i].at));
}

/* "The letter to this unit was opened already." */
static const char *arrived_already(struct arena *a, const char *how, const char *status)
{
    int channel = channel_of(how);
    if (strcmp(status, "RECORDED") == 0 || channel < 0)
        return "A person recorded that the unit has it already.";
    return arena_printf(a, "The %s about this was %s already.", channel_noun(channel, 1),
                        strcmp(status, "OPENED") == 0   ? "opened"
                        : strcmp(status, "MANUAL") == 0 ? "handed over by a person"
                                                        : "delivered");
}

static void warn_of_others(struct plan *p)
{
    for (int i = 0; i < rows_count(p->satisfied); i++)
        warn(p, "satisfied",
             arrived_already(p->c->arena, row_text(p->satisfied, i, "how"),
                             row_text(p->satisfied, i, "status")),
             row_text(p->satisfied, i, "at"));
}

static bool is_suppressed(const struct plan *p, const char *address)
{
    for (int i = 0; i < rows_count(p->suppressed); i++)
        if (strcasecmp(row_text(p->suppressed, i, "address"), address) == 0)
            return true;
    return false;
}

static void warn_of_addresses(struct plan *p)
{
    struct arena *a = p->c->arena;
    const char *to = rows_count(p->last) ? row_text(p->last, 0, "to") : NULL;
    const char *by = rows_count(p->last) ? row_text(p->last, 0, "channel") : NULL;
    const char *now = address_of(p, by ? by : text_of(p, "channel"));
    if (to && now && strcmp(to, now) != 0)
        warn(p, "address",
             arena_printf(a, "The address has changed: it went to %s, now it is %s.", to, now),
             NULL);
    for (int i = 0; i < rows_count(p->bad); i++) {
        const char *address = row_text(p->bad, i, "address");
        if (address && !is_suppressed(p, address))
            warn(p, "badAddress",
                 arena_printf(a, "%s will not work: the provider says that the address is wrong.",
                              address),
                 NULL);
    }
}

static void warn_of_suppressions(struct plan *p)
{
    for (int i = 0; i < rows_count(p->suppressed); i++)
        warn(p, row_bool(p->suppressed, i, "blocks") ? "suppressed" : "badAddress",
             arena_printf(p->c->arena, "%s: %s", row_text(p->suppressed, i, "address"),
                          row_text(p->suppressed, i, "sentence")),
             row_text(p->suppressed, i, "at"));
}

static void warn_of_content(struct plan *p)
{
    const char *digest = rows_count(p->last) ? row_text(p->last, 0, "digest") : NULL;
    if (digest && p->now.digest && strcmp(digest, p->now.digest) != 0)
        warn(p, "content",
             "Written anew it reads otherwise: the template or the data changed since.", NULL);
}

/* ---- choices ---- */

static void choice(struct json_object *list, const char *name, const char *value,
                   const char *reason)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, name, value);
    json_set_bool(o, "can", reason == NULL);
    json_set_text(o, "reason", reason);
    json_object_array_add(list, o);
}

static struct json_object *channels_of(struct plan *p)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        const char *name = channel_name(i);
        const char *why = channel_refusal(name, p->row);
        choice(list, "channel", name,
               why ? why : suppression_refusal(p->c->arena, name, p->suppressed));
        struct json_object *o = json_object_array_get_idx(list, (size_t)i);
        json_set_text(o, "address", address_of(p, name));
        json_set_bool(o, "current", strcmp(name, text_of(p, "channel")) == 0);
    }
    return list;
}

static struct json_object *contents_of(struct plan *p)
{
    struct json_object *list = json_object_new_array();
    bool kept = rows_count(p->kept) > 0;
    choice(list, "content", "render", strcmp(p->now.source, "none") == 0 ? p->now.sentence : NULL);
    choice(list, "content", "same", kept ? NULL : "The bytes that were sent are not kept here.");
    return list;
}

/* ---- the document ---- */

static enum err ask(struct plan *p)
{
    struct ctx *c = p->c;
    const char *all = actor_all_buildings(c), *actor = c->actor.id;
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, communication_plan, &p->row, .communication_id = p->id,
                          .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_job, &p->job, .communication_id = p->id);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_satisfied, &p->satisfied,
                     .communication_id = p->id, .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_last_sent, &p->last, .communication_id = p->id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_bad, &p->bad, .communication_id = p->id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_kept, &p->kept, .communication_id = p->id,
                     .all_buildings = all, .actor_id = actor);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_suppressed, &p->suppressed,
                     .communication_id = p->id, .all_buildings = all, .actor_id = actor);
    enum err flushed = db_flush(c->db);
    return e != OK ? e : flushed;
}

enum err communication_resend_plan(struct ctx *c, const char *id, struct json_object **out)
{
    struct plan p = { .c = c, .id = id };
    enum err e = ask(&p);
    if (e == OK && rows_count(p.row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = communication_text(c, id, false, &p.now);
    if (e != OK)
        return e;
    p.warnings = json_object_new_array();
    warn_of_arrival(&p);
    warn_of_others(&p);
    warn_of_suppressions(&p);
    warn_of_addresses(&p);
    warn_of_content(&p);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "communicationId", id);
    json_set_text(d, "status", text_of(&p, "status"));
    json_set_text(d, "paper", text_of(&p, "paper"));
    json_set_bool(d, "dryRun", row_bool(p.row, 0, "dryRun"));
    json_set_text(d, "channel", text_of(&p, "channel"));
    json_set_text(d, "recipientName", text_of(&p, "recipient_name"));
    json_set_text(d, "subject", text_of(&p, "subject"));
    json_set_text(d, "unitId", text_of(&p, "unit_id"));
    json_set_bool(d, "can", refusal_of(&p) == NULL);
    json_set_text(d, "reason", refusal_of(&p));
    json_set(d, "warnings", p.warnings);
    json_set(d, "channels", channels_of(&p));
    json_set(d, "contents", contents_of(&p));
    *out = d;
    return OK;
}

static struct json_object *at(struct json_object *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

static bool can(struct json_object *choice)
{
    return json_object_get_boolean(json_get(choice, "can"));
}

/* The one asked for, else the one used last, else the first that can be had. */
static const char *chosen(struct json_object *channels, const char *asked, const char *last)
{
    const char *first = NULL, *second = NULL;
    for (size_t i = 0; i < json_object_array_length(channels); i++) {
        const char *name = json_text(at(channels, i), "channel");
        if (!can(at(channels, i)))
            continue;
        if (asked && strcmp(name, asked) == 0)
            return name;
        if (strcmp(name, last) == 0)
            second = name;
        first = first ? first : name;
    }
    return second ? second : first;
}

void communication_plan_dress(struct json_object *plan, const char *channel)
{
    struct json_object *channels = json_get(plan, "channels"),
                       *contents = json_get(plan, "contents");
    const char *first = chosen(channels, channel, json_text(plan, "channel"));
    const struct label *standing = standing_of(plan);
    for (size_t i = 0; i < json_object_array_length(channels); i++) {
        struct json_object *o = at(channels, i);
        const char *name = json_text(o, "channel");
        json_set_text(o, "label", channel_label(name)->word);
        json_set_text(o, "icon", channel_label(name)->icon);
        json_set_bool(o, "chosen", first && strcmp(name, first) == 0);
    }
    for (size_t i = 0; i < json_object_array_length(contents); i++) {
        struct json_object *o = at(contents, i);
        bool same = strcmp(json_text(o, "content"), "same") == 0;
        json_set_text(o, "label", same ? "The same bytes that were sent" : "Written anew");
        json_set_bool(o, "chosen", !same);
    }
    json_set_text(plan, "statusLabel", standing->word);
    json_set_text(plan, "tone", standing->tone);
    json_set_bool(plan, "anyWarnings", json_object_array_length(json_get(plan, "warnings")) > 0);
}
