/* Applies reports that came back: finds the communication they name and tells its timeline. */
#include "channels/report.h"
#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "db/db.h"
#include "track/report.sql.h"
#include "track/track.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* What each action of RFC 3464 §2.3.3 and RFC 8098 §3.2.6.2 makes of a communication. */
static const struct action {
    const char *name;
    enum event_type type;
    char grade;
    const char *sentence;
} actions[] = {
    { "failed", EVENT_BOUNCED, 'B', NULL },
    { "delivered", EVENT_DELIVERED, 'C', "The receiving system reports it as delivered." },
    { "delayed", EVENT_DELAYED, 'C', NULL },
    { "relayed", EVENT_RELAYED, 'C', "Passed on to a system that reports no deliveries." },
    { "expanded", EVENT_NOTE, 'C', "Passed on to the members of a list." },
    { "displayed", EVENT_OPENED, 'B', "The recipient's mail program reports it as opened." },
    { "deleted", EVENT_NOTE, 'C', "Deleted by the recipient, perhaps unread." },
    { "denied", EVENT_NOTE, 'C', "The recipient declined to confirm reading." },
    { "dispatched", EVENT_NOTE, 'C', "Passed on by the recipient's mail program." },
    { "processed", EVENT_NOTE, 'C', "Processed by the recipient's mail program." },
};

static const struct action *action_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcasecmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

/* The id with its domain changed letter by letter. */
static const char *with_domain(struct ctx *c, const char *message_id, int (*change)(int))
{
    char *copy = arena_strdup(c->arena, message_id);
    for (char *p = strrchr(copy, '@'); p && *p; p++)
        *p = (char)change((unsigned char)*p);
    return copy;
}

static enum err match_message(struct ctx *c, const char *message_id, PGresult **rows)
{
    return db_query(c->db, c->arena, report_match, rows, .message_id = message_id,
                    .small_id = with_domain(c, message_id, tolower),
                    .capital_id = with_domain(c, message_id, toupper));
}

/* Our own id in the returned headers. */
static enum err match_track(struct ctx *c, const char *id, PGresult **rows)
{
    if (!id || !uuid_valid(id))
        return OK;
    return db_query(c->db, c->arena, report_match_track, rows, .track_id = id);
}

/* The original's id, our tracking id, what the report answers to: the first that is known. */
static enum err match(struct ctx *c, const struct report *r, PGresult **rows)
{
    const char *const ids[] = { r->original_message_id, r->in_reply_to };
    enum err e = OK;
    *rows = NULL;
    for (int i = 0; i < 2 && e == OK; i++) {
        if (ids[i])
            e = match_message(c, ids[i], rows);
        if (e == OK && *rows && rows_count(*rows))
            return OK;
        if (i == 0 && e == OK)
            e = match_track(c, r->original_track_id, rows);
        if (e == OK && *rows && rows_count(*rows))
            return OK;
    }
    return e;
}

static struct json_object *detail_of(struct ctx *c, const struct report *r,
                                     const struct report_recipient *to)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "recipient", to->address);
    json_set_text(d, "action", to->action);
    json_set_text(d, "code", to->status);
    json_set_text(d, "raw", to->diagnostic);
    json_set_text(d, "remoteMta", to->remote_mta);
    json_set_text(d, "reportId", r->own_message_id);
    json_set_text(d, "reportDate", r->date);
    if (to->status && strncmp(to->status, "5.1.", 4) == 0)
        json_set_bool(d, "badAddress", true);
    return d;
}

static const char *sentence_of(const struct action *a, const struct report_recipient *to)
{
    if (a->sentence)
        return a->sentence;
    return to->status ? report_sentence(to->status) : NULL;
}

struct origin {
    const char *inbox_id, *mapper;
};

static const char *of_earlier(struct ctx *c, const struct action *a, const char *sentence)
{
    return arena_printf(c->arena, "About an earlier message: %s",
                        sentence ? sentence : timeline_sentence(a->type));
}

static enum err tell(struct ctx *c, const PGresult *rows, int i, const struct report *r,
                     const struct report_recipient *to, const struct origin *from)
{
    const struct action *a = action_of(to->action);
    if (!a)
        return OK;
    bool seen_by_mx = a->type == EVENT_DELIVERED && to->remote_mta;
    bool earlier = row_bool(rows, i, "earlier");
    const char *sentence = sentence_of(a, to);
    const struct timeline_event event = {
        .type = earlier ? EVENT_NOTE : a->type,
        .source = r->kind == REPORT_DISPOSITION ? "recipient" : "provider",
        .grade = seen_by_mx ? 'B' : a->grade,
        .occurred_at = r->date,
        .sentence = earlier ? of_earlier(c, a, sentence) : sentence,
        .detail = detail_of(c, r, to),
        .inbox_id = from->inbox_id,
        .mapper = from->mapper,
        .dedupe_key = arena_printf(c->arena, "report:%s:%s:%s",
                                   r->own_message_id ? r->own_message_id : (r->date ? r->date : ""),
                                   to->address ? to->address : "", a->name),
    };
    return timeline_append(c, row_text(rows, i, "id"), &event, NULL);
}

static bool names(const struct report_recipient *to, const char *email)
{
    return email && to->address && strcasecmp(email, to->address) == 0;
}

static bool names_any(const struct report *r, const char *email)
{
    for (size_t k = 0; k < r->recipient_count; k++)
        if (names(&r->recipients[k], email))
            return true;
    return false;
}

/* A communication takes what names its own address. A report of a message to one person that names
   other addresses is about him all the same, as mail is forwarded: then its first recipient counts,
   and no more, for anybody can write a report. */
static bool concerns(const PGresult *rows, int i, const struct report *r, size_t k)
{
    const char *email = row_text(rows, i, "email");
    if (names(&r->recipients[k], email))
        return true;
    return k == 0 && rows_count(rows) == 1 && !names_any(r, email);
}

enum err report_apply(struct ctx *c, const struct report *r, const char *inbox_id,
                      const char *mapper, int *matched)
{
    PGresult *rows;
    const struct origin from = { inbox_id, mapper };
    *matched = 0;
    if (r->kind == REPORT_NONE)
        return OK;
    enum err e = match(c, r, &rows);
    if (e != OK || !rows)
        return e;
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        bool told = false;
        for (size_t k = 0; e == OK && k < r->recipient_count; k++)
            if (concerns(rows, i, r, k)) {
                e = tell(c, rows, i, r, &r->recipients[k], &from);
                told = true;
            }
        *matched += told;
    }
    return e;
}
