/* Appending to a communication's timeline: the one way its status moves. */
#include "base/json.h"
#include "db/db.h"
#include "track/timeline.sql.h"
#include "track/track.h"

#include <ctype.h>

static const char *const sentences[EVENT_TYPE_COUNT] = {
    [EVENT_ENQUEUED] = "Waiting to be sent.",
    [EVENT_SENT] = "Handed over to the provider.",
    [EVENT_DELAYED] = "The delivery is delayed; it is tried again.",
    [EVENT_RELAYED] = "Passed on to a system that reports no deliveries.",
    [EVENT_DELIVERED] = "Delivered to the recipient.",
    [EVENT_OPENED] = "Opened by the recipient.",
    [EVENT_FAILED] = "Could not be sent.",
    [EVENT_BOUNCED] = "Returned as undeliverable.",
    [EVENT_COMPLAINED] = "The recipient complained about it.",
    [EVENT_RESEND_REQUESTED] = "To be sent again.",
    [EVENT_MANUAL_MARKED] = "Handed over by a person.",
    [EVENT_READY_TO_PRINT] = "The letter is ready to be printed.",
    [EVENT_PRINTED] = "Printed.",
    [EVENT_LODGED] = "Handed in at the post office.",
    [EVENT_RETURNED] = "The letter came back.",
    [EVENT_SKIPPED] = "Not sent on purpose.",
    [EVENT_HELD] = "Kept back until it is released.",
    [EVENT_RELEASED] = "Released to be sent.",
    [EVENT_CANCELLED] = "Cancelled before it was sent.",
    [EVENT_NOTE] = "Note.",
};

const char *timeline_sentence(enum event_type t)
{
    return sentences[t];
}

static const char *sentence_of(const struct timeline_event *e)
{
    return e->sentence ? e->sentence : sentences[e->type];
}

/* "communication.resend_requested" */
static const char *domain_event_name(struct arena *a, enum event_type t)
{
    char *name = arena_printf(a, "communication.%s", event_type_name(t));
    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return name;
}

/* What the other domains are told. */
static const char *news_of(struct ctx *c, const char *id, const struct timeline_event *e,
                           enum status before, enum status after, const char *channel)
{
    struct buf text = buf_in(c->arena);
    struct json_object *data = json_own(c->arena, json_object_new_object());
    json_set_text(data, "communicationId", id);
    json_set_text(data, "channel", channel);
    json_set_text(data, "statusBefore", status_name(before));
    json_set_text(data, "statusAfter", status_name(after));
    json_set_text(data, "sentence", sentence_of(e));
    json_write(&text, data);
    return text.p;
}

/* The event's detail, with what it speaks against where that is to be shown. */
static const char *detail_text(struct ctx *c, const struct timeline_event *e,
                               struct standing before, bool contradiction)
{
    struct buf text = buf_in(c->arena);
    struct json_object *d = e->detail ? e->detail : json_own(c->arena, json_object_new_object());
    if (contradiction) {
        struct json_object *against = json_object_new_object();
        const char grade[2] = { before.grade, 0 };
        json_set_text(against, "status", status_name(before.status));
        json_set_text(against, "grade", before.grade ? grade : NULL);
        json_set(d, "contradicts", against);
    }
    json_write(&text, d);
    return text.p;
}

static enum err add(struct ctx *c, const char *id, const struct timeline_event *e, enum status to,
                    const char *detail, const char *news, PGresult **added)
{
    const char grade[2] = { e->grade, 0 };
    return db_query(c->db, c->arena, timeline_add, added, .communication_id = id,
                    .type = event_type_name(e->type), .source = e->source,
                    .grade = e->grade ? grade : NULL, .status_after = status_name(to),
                    .occurred_at = e->occurred_at, .actor_id = c->actor.id,
                    .actor_name = c->actor.kind == ACTOR_USER ? c->actor.name : NULL,
                    .sentence = sentence_of(e), .detail = detail, .inbox_id = e->inbox_id,
                    .mapper = e->mapper, .dedupe_key = e->dedupe_key, .caused_by = e->caused_by,
                    .event_name = domain_event_name(c->arena, e->type), .event_data = news);
}

enum err timeline_lock(struct ctx *c, const char *communication_id, PGresult **standing)
{
    return db_query(c->db, c->arena, timeline_lock, standing, .communication_id = communication_id);
}

enum err timeline_must_stand(struct ctx *c, const char *communication_id, const PGresult *standing)
{
    return db_query(c->db, c->arena, timeline_must_stand, NULL,
                    .communication_id = communication_id, .status = row_text(standing, 0, "status"),
                    .grade = row_text(standing, 0, "grade"));
}

enum err timeline_write(struct ctx *c, const char *communication_id, const struct timeline_event *e,
                        const PGresult *standing, PGresult **added)
{
    struct standing before = { 0 };
    bool contradiction;
    if (rows_count(standing) == 0)
        return ERR_NOT_FOUND;
    const char *grade = row_text(standing, 0, "grade");
    if (!status_of(row_text(standing, 0, "status"), &before.status))
        return ERR_INTERNAL;
    before.grade = grade ? *grade : 0;
    enum status after = status_after_claim(before, e->type, e->grade, &contradiction);
    const char *news =
        news_of(c, communication_id, e, before.status, after, row_text(standing, 0, "channel"));
    const char *detail = detail_text(c, e, before, contradiction);
    return add(c, communication_id, e, after, detail, news, added);
}

enum err timeline_append(struct ctx *c, const char *communication_id,
                         const struct timeline_event *e, bool *moved)
{
    PGresult *standing, *added;
    enum err err = timeline_lock(c, communication_id, &standing);
    if (err == OK)
        err = timeline_write(c, communication_id, e, standing, &added);
    if (err == OK && moved)
        *moved = rows_count(added) == 1;
    return err;
}
