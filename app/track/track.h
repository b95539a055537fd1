/* Track: buildings, units, batches, communications and their timelines; sending, reports back. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "channels/report.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "web/web.h"

extern const struct domain track_domain;

/* ---- the timeline ---- */

enum status {
    STATUS_DRAFT, /* imported, not sent */
    STATUS_ENQUEUED,
    STATUS_HELD, /* kept back until it is released */
    STATUS_SENT, /* accepted by the provider */
    STATUS_DELIVERED,
    STATUS_OPENED,
    STATUS_FAILED,
    STATUS_BOUNCED, /* accepted, then returned */
    STATUS_MANUAL,  /* handed over by a person */
    STATUS_CANCELLED,
    STATUS_SKIPPED, /* not sent on purpose: the recipient opted out */
    STATUS_COUNT
};

enum event_type {
    EVENT_ENQUEUED,
    EVENT_SENT,
    EVENT_DELAYED,
    EVENT_RELAYED,
    EVENT_DELIVERED,
    EVENT_OPENED,
    EVENT_FAILED,
    EVENT_BOUNCED,
    EVENT_COMPLAINED,
    EVENT_RESEND_REQUESTED,
    EVENT_MANUAL_MARKED,
    EVENT_READY_TO_PRINT, /* a letter's file is made */
    EVENT_PRINTED,
    EVENT_LODGED,   /* handed in at the post office */
    EVENT_RETURNED, /* a letter came back */
    EVENT_SKIPPED,
    EVENT_HELD,
    EVENT_RELEASED,
    EVENT_CANCELLED,
    EVENT_NOTE,
    EVENT_TYPE_COUNT
};

const char *status_name(enum status s);         /* "ENQUEUED" */
const char *event_type_name(enum event_type t); /* "ENQUEUED" */

/* All names there are, NULL at the end. */
extern const char *const status_names[STATUS_COUNT + 1],
    *const event_type_names[EVENT_TYPE_COUNT + 1];
extern const char *const event_sources[], *const event_grades[]; /* see struct timeline_event */
extern const char *const batch_states[];

bool status_of(const char *name, enum status *out);

/* The status after an event: pure. A late event leaves it as it is. */
enum status status_after(enum status s, enum event_type t);

/* Whether what an event claims speaks against a status: delivered against failed or returned. */
bool event_contradicts(enum status s, enum event_type t);

/* A status with the grade of the claim it stands on, 'A' the strongest; 0: our own record, weaker
   than any. */
struct standing {
    enum status status;
    char grade;
};

/* The status after a claim of a grade, or of none: pure. Of two that contradict each other the
   stronger stands, of equals what status_after says; what machines do (X) moves nothing.
   *contradiction: it is to be shown; an inference (D) contradicts nobody. */
enum status status_after_claim(struct standing before, enum event_type t, char grade,
                               bool *contradiction);

struct timeline_event {
    enum event_type type;
    const char *source;         /* one of event_sources */
    char grade;                 /* one of event_grades: who vouches for it; 0: our own record */
    const char *occurred_at;    /* RFC 3339; NULL: now */
    const char *sentence;       /* plain words; NULL: made from the type */
    struct json_object *detail; /* the provider's words; NULL: {} */
    const char *inbox_id;       /* the request it came with; NULL */
    const char *mapper;         /* name/version that read it; NULL */
    const char *dedupe_key;     /* an event of the communication with the same key is there: nothing
                                   changes; NULL */
    const char *caused_by;      /* id of an event; NULL */
};

/* What an event without a sentence of its own says: "Returned as undeliverable." */
const char *timeline_sentence(enum event_type t);

/* Appends to a communication's timeline in the transaction at hand and moves its status; *moved
   (may be NULL) tells whether anything changed. Emits the domain event communication.<type>.
   ERR_NOT_FOUND. */
enum err timeline_append(struct ctx *c, const char *communication_id,
                         const struct timeline_event *e, bool *moved) must_check;

/* The same in two steps, each of which may be in a batch: the communication is locked, then, by how
   it stands, the event is written. */
enum err timeline_lock(struct ctx *c, const char *communication_id, PGresult **standing) must_check;
enum err timeline_write(struct ctx *c, const char *communication_id,
                        const struct timeline_event *event, const PGresult *standing,
                        PGresult **added) must_check;

/* In the place of timeline_lock where the caller has read status, grade and channel before: all in
   one batch, whose end answers ERR_CONFLICT where the communication does not stand so any more. */
enum err timeline_must_stand(struct ctx *c, const char *communication_id,
                             const PGresult *standing) must_check;

/* Applies a parsed report to the communications it names; *matched counts them. inbox_id and mapper
 * may be NULL. */
enum err report_apply(struct ctx *c, const struct report *r, const char *inbox_id,
                      const char *mapper, int *matched) must_check;
