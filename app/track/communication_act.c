/* What people do with one communication: send again, cancel, hold, release. */
#include "track/communication.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "jobs/jobs.h"
#include "track/communication.sql.h"
#include "track/labels.h"
#include "track/run.h"
#include "track/send_way.h"
#include "track/track.h"

#include <string.h>

#define AT_WORK "It is being sent right now. Look again in a moment."

/* ---- the communication at hand ---- */

struct held { /* locked until the end of the transaction */
    struct ctx *c;
    const char *id;
    PGresult *row;
    enum status status;
};

static enum err lock(struct ctx *c, const char *id, struct held *h)
{
    *h = (struct held){ .c = c, .id = id };
    enum err e = db_query(c->db, c->arena, communication_lock, &h->row, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(h->row) == 0)
        return ERR_NOT_FOUND;
    return status_of(row_text(h->row, 0, "status"), &h->status) ? OK : ERR_INTERNAL;
}

/* Takes a job away that was not begun. ERR_CONFLICT: a worker is at it. */
static enum err take_job(const struct held *h)
{
    PGresult *left;
    struct ctx *c = h->c;
    enum err e = db_query(c->db, c->arena, communication_job_take, NULL, .communication_id = h->id);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_job, &left, .communication_id = h->id);
    if (e != OK)
        return e;
    return rows_count(left) ? ctx_refuse(c, ERR_CONFLICT, AT_WORK) : OK;
}

static enum err add_job(const struct held *h, const char *channel, bool resend, const char *same_as)
{
    struct ctx *c = h->c;
    const struct send_way *way = send_way_of(channel);
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "communicationId", h->id);
    json_set_text(args, "channel", channel);
    if (c->actor.id)
        json_set_text(args, "initiatedById", c->actor.id);
    if (resend)
        json_set_bool(args, "resend", true);
    if (same_as)
        json_set_text(args, "sameAs", same_as);
    const struct job_new job = {
        .kind = "track.send_communication", .queue = way->queue, .args = args, .unique_key = h->id
    };
    return job_add(c, &job, NULL);
}

static const char *source_of(const struct ctx *c)
{
    return c->actor.kind == ACTOR_USER || c->actor.kind == ACTOR_CLIENT ? "user" : "system";
}

/* The event with its note and audit entry. */
static enum err tell(const struct held *h, const struct timeline_event *event, const char *note,
                     const char *action)
{
    struct ctx *c = h->c;
    struct json_object *before = json_own(c->arena, json_object_new_object());
    struct json_object *after = json_own(c->arena, json_object_new_object());
    enum err e = timeline_append(c, h->id, event, NULL);
    if (e == OK && note && *note)
        e = db_query(c->db, c->arena, communication_note, NULL, .actor_id = c->actor.id,
                     .actor_name = c->actor.name, .note = note, .communication_id = h->id);
    if (e != OK)
        return e;
    json_set_text(before, "status", status_name(h->status));
    json_set_text(after, "status", status_name(status_after(h->status, event->type)));
    if (event->detail && json_text(event->detail, "channel"))
        json_set_text(after, "channel", json_text(event->detail, "channel"));
    return audit_add(c, action, "communication", h->id, before, after);
}

/* ---- sending again ---- */

/* What each channel needs of a recipient. */
static const struct {
    const char *channel, *columns[3], *sentence;
} needs[] = {
    { "EMAIL", { "email", NULL }, "The recipient has no e-mail address." },
    { "SMS", { "phone", NULL }, "The recipient has no phone number." },
    { "LETTER",
      { "street", "postal_code", "city" },
      "The recipient's postal address is not complete." },
    { "LETTER_WITH_RECEIPT",
      { "street", "postal_code", "city" },
      "The recipient's postal address is not complete." },
};

const char *channel_refusal(const char *channel, const PGresult *row)
{
    if (!send_way_of(channel))
        return "No way to send it like this is set up here.";
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        for (int k = 0; k < 3 && strcmp(needs[i].channel, channel) == 0; k++) {
            const char *text = needs[i].columns[k] ? row_text(row, 0, needs[i].columns[k]) : "-";
            if (!text || !*text)
                return needs[i].sentence;
        }
    return NULL;
}

const char *resend_refusal(const char *status)
{
    static const char *const refusals[STATUS_COUNT] = {
        [STATUS_DRAFT] = "It was not sent yet: send its run.",
        [STATUS_ENQUEUED] = "It is waiting to be sent already.",
        [STATUS_HELD] = "It is held: release it.",
    };
    enum status s;
    return status_of(status, &s) ? refusals[s] : NULL;
}

const char *suppression_refusal(struct arena *a, const char *channel, const PGresult *rows)
{
    for (int i = 0; i < rows_count(rows); i++)
        if (row_bool(rows, i, "blocks") && strcmp(row_text(rows, i, "channel"), channel) == 0)
            return arena_printf(a, "Nothing is sent to this address: %s",
                                row_text(rows, i, "sentence"));
    return NULL;
}

/* Whether the channel can be had: a fault of it says why not. */
static enum err check_channel(const struct held *h, const char *channel)
{
    PGresult *rows;
    struct ctx *c = h->c;
    const char *why = channel_refusal(channel, h->row);
    if (why)
        return ctx_fault(c, "channel", "%s", why);
    enum err e =
        db_query(c->db, c->arena, communication_suppressed, &rows, .communication_id = h->id,
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && (why = suppression_refusal(c->arena, channel, rows)))
        return ctx_fault(c, "channel", "%s", why);
    return e;
}

/* The bytes that went out, where they are asked for and were kept. */
static enum err same_bytes(const struct held *h, const struct resend *how, const char *channel,
                           const char **sha256)
{
    PGresult *row;
    struct ctx *c = h->c;
    *sha256 = NULL;
    if (!how->content || strcmp(how->content, "same") != 0)
        return OK;
    if (strcmp(channel, row_text(h->row, 0, "channel")) != 0)
        return ctx_fault(c, "content", "Another channel cannot carry the same bytes.");
    enum err e = db_query(c->db, c->arena, communication_kept, &row, .communication_id = h->id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ctx_fault(c, "content", "The bytes that were sent are not kept here.");
    *sha256 = row_text(row, 0, "sha256");
    return OK;
}

static enum err request_resend(const struct held *h, const struct resend *how, const char *channel,
                               const char *same_as)
{
    struct ctx *c = h->c;
    bool other = strcmp(channel, row_text(h->row, 0, "channel")) != 0;
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "content", same_as ? "same" : "render");
    json_set_text(detail, "before", status_name(h->status));
    if (other)
        json_set_text(detail, "channel", channel);
    const struct timeline_event event = {
        .type = EVENT_RESEND_REQUESTED,
        .source = source_of(c),
        .sentence =
            other ? arena_printf(c->arena, "To be sent again, by %s.", channel_label(channel)->word)
                  : NULL,
        .detail = detail,
    };
    enum err e = add_job(h, channel, true, same_as);
    return e == OK ? tell(h, &event, how->note, "communication.resend") : e;
}

enum err communication_resend(struct ctx *c, const char *id, const struct resend *how)
{
    struct held h;
    const char *same_as, *why;
    enum err e = lock(c, id, &h);
    if (e == OK && ((why = resend_refusal(status_name(h.status))) ||
                    (why = removed_sentence(c->arena, h.row, 0))))
        e = ctx_refuse(c, ERR_CONFLICT, "%s", why);
    if (e == OK)
        e = approval_alone(c, id, false);
    if (e == OK)
        e = take_job(&h);
    if (e != OK)
        return e;
    const char *channel = how->channel ? how->channel : row_text(h.row, 0, "channel");
    if ((e = check_channel(&h, channel)) != OK)
        return e;
    if ((e = same_bytes(&h, how, channel, &same_as)) != OK)
        return e;
    return request_resend(&h, how, channel, same_as);
}

/* ---- stopping, and going on ---- */

/* From which statuses an act leads on, and what it does about the job. */
struct act {
    const char *name;
    enum event_type type;
    bool adds_job;
    const char *refusal; /* where the status does not move */
};

static const struct act cancel = { "communication.cancel", EVENT_CANCELLED, false,
                                   "Only what was not sent yet can be cancelled." };
static const struct act hold = { "communication.hold", EVENT_HELD, false,
                                 "Only what was not sent yet can be held." };
static const struct act release = { "communication.release", EVENT_RELEASED, true,
                                    "It is not held." };

static enum err act(struct ctx *c, const char *id, const struct act *a, const char *note)
{
    struct held h;
    const char *why;
    enum err e = lock(c, id, &h);
    if (e != OK)
        return e;
    if (status_after(h.status, a->type) == h.status)
        return ctx_refuse(c, ERR_CONFLICT, "%s", a->refusal);
    if (a->adds_job && (why = removed_sentence(c->arena, h.row, 0)))
        return ctx_refuse(c, ERR_CONFLICT, "%s", why);
    if (a->adds_job && (e = approval_alone(c, id, true)) != OK)
        return e;
    if ((e = take_job(&h)) != OK)
        return e;
    const char *channel = row_text(h.row, 0, "channel");
    if (a->adds_job && (why = channel_refusal(channel, h.row)))
        return ctx_refuse(c, ERR_CONFLICT, "%s", why);
    if (a->adds_job && (e = add_job(&h, channel, false, NULL)) != OK)
        return e;
    const struct timeline_event event = { .type = a->type, .source = source_of(c) };
    return tell(&h, &event, note, a->name);
}

enum err communication_cancel(struct ctx *c, const char *id, const char *note)
{
    return act(c, id, &cancel, note);
}

enum err communication_hold(struct ctx *c, const char *id, const char *note)
{
    return act(c, id, &hold, note);
}

enum err communication_release(struct ctx *c, const char *id, const char *note)
{
    return act(c, id, &release, note);
}
