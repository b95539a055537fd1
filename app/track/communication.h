/* One communication: what is known of it, and what people do with it. */
#pragma once

#include "base/ctx.h"
#include "web/web.h"

#include <json-c/json.h>
#include <libpq-fe.h>

extern const struct domain communication_domain; /* /messages/:communicationId and its API */

/* ---- what people do: each in the transaction at hand, with its event, jobs, note and audit entry.
   ERR_NOT_FOUND where it is absent or not granted; ERR_CONFLICT with a sentence where its status
   does not allow it, or a worker is at it. ---- */

struct resend {
    const char *channel; /* NULL: the same again */
    const char *content; /* "same": the bytes that went out; "render" or NULL: written anew */
    const char *note;    /* why; NULL */
};
/* Asks for another attempt: RESEND_REQUESTED and the job. Nothing is sent before the worker has
   done it. ERR_INVALID names the field where the channel or content cannot be had. */
enum err communication_resend(struct ctx *c, const char *id, const struct resend *how) must_check;

/* Stops one that was not sent; cancelled for good, held until it is released, which queues it. */
enum err communication_cancel(struct ctx *c, const char *id, const char *note) must_check;
enum err communication_hold(struct ctx *c, const char *id, const char *note) must_check;
enum err communication_release(struct ctx *c, const char *id, const char *note) must_check;

struct manual_event {
    const char *type; /* one of manual_event_types */
    const char *note, *occurred_at;
    bool recipient_signed;      /* of DELIVERED: grade A */
    const struct upload *proof; /* NULL: none */
};
extern const char *const manual_event_types[]; /* NULL at the end */
/* What a person saw or did: an event, a note, and the file that proves it. ERR_DENIED: not a
   person. ERR_INVALID names the field. */
enum err communication_manual_event(struct ctx *c, const char *id,
                                    const struct manual_event *what) must_check;

/* ---- what is shown; ERR_NOT_FOUND where it is absent or not granted ---- */

/* The document of the API; for a page with words, looks and links too. */
enum err communication_document(struct ctx *c, const char *id, bool page,
                                struct json_object **out) must_check;

/* What sending it again would mean: warnings, and for each channel and content whether it can be
   had, or why not. */
enum err communication_resend_plan(struct ctx *c, const char *id,
                                   struct json_object **out) must_check;

/* The same with the words of a page, `channel` chosen at first where it can be had. */
void communication_plan_dress(struct json_object *plan, const char *channel);

/* Its text as a recipient sees it. */
struct communication_text {
    const char *source; /* "sent": what went out; "rendered": written from the template now;
                           "none": it cannot be, see sentence */
    const char *sentence;
    const char *subject, *language; /* subject NULL: the channel has none */
    int sms_parts;                  /* 0: no SMS */
    struct str text, html;          /* p NULL where there is none */
    const char *raw_sha256;         /* of the whole message where it was kept */
    const char *digest;             /* message_digest, where it was rendered */
    struct json_object *data;       /* what the template was given */
};
/* as_sent: what went out is preferred, where it was kept; else always written anew. */
enum err communication_text(struct ctx *c, const char *id, bool as_sent,
                            struct communication_text *out) must_check;

/* ---- where it was reached from: answered by the room messages above ---- */

struct list_place {
    const char *q;   /* the filter of the list; NULL: all messages */
    const char *at;  /* where in it, as `key` of a row; NULL: it was not reached from a list */
    const char *tab; /* what is shown beside the timeline */
    const char *as;  /* how its content is shown; NULL: as light as it comes */
    bool all;
};
/* Adds list: {q, href, previous, next}, the pages of the messages above and below in that list,
   null at its ends. Nothing where there is no list, or its filter names what is gone. */
enum err communication_beside(struct ctx *c, const char *id, const struct list_place *from,
                              struct json_object *to) must_check;

/* The same as it goes on in addresses: "" or "&at=…&in=…". */
const char *communication_list_query(struct ctx *c, const struct list_place *from);

/* ---- for the files beside this one ---- */

/* Why a channel cannot be used for a row with email, phone, street, postal_code and city; NULL: it
   can. */
const char *channel_refusal(const char *channel, const PGresult *row);

/* Why suppressions (rows of communication_suppressed) keep a channel's messages back; NULL: none.
 */
const char *suppression_refusal(struct arena *a, const char *channel, const PGresult *rows);

/* Why a status does not let it be sent again; NULL: it does. */
const char *resend_refusal(const char *status);

extern const struct shape communication_shape, resend_plan_shape, tags_shape;
