/* How a communication goes out: one row for each channel, and the piece of work that it gets. */
#pragma once

#include "channels/account.h"
#include "jobs/jobs.h"
#include "track/channel.h"
#include "track/track.h"

#include <json-c/json.h>
#include <libpq-fe.h>

/* A communication on its way out, loaded and outside any transaction. */
struct sending {
    struct job *job;
    const char *id;   /* of the communication */
    PGresult *row;    /* of send_load */
    int at;           /* its place among the rows */
    PGresult *files;  /* of send_attachments */
    PGresult *pauses; /* of pacing_ask; NULL where the channel has no accounts */
    const struct channel_account
        *account;                  /* NULL: none is set up, and the channel's sink takes it */
    const char *test_to, *test_id; /* a test goes there, under this id; NULL: it is none */
    const char *message_id;        /* of ours, where the channel has one; set by the way */
    const char *to, *digest;       /* its address, and message_digest of its text; set by the way */
    struct json_object *decisions; /* of sending_decided; NULL: none yet */
    const char *first_tried;       /* RFC 3339: no try of the attempt was before; NULL: no turns */
    bool first_try;                /* no earlier try of the attempt can have reached the provider */
    struct send_result result;     /* set by the way */
    struct json_object *detail;    /* further members of its event's detail, set by the way; NULL */
    void *of_way;                  /* what its keep needs of its send */
    int64_t touched_ms;            /* when the lease was prolonged */
};

/* Writes and hands it over; answers as email_way.send does, in s->result what became of it. */
struct send_way {
    enum channel channel;
    const char *queue;    /* of its jobs */
    const char *accounts; /* purpose of the accounts it goes through (provider_find); NULL: none */
    const char *address;  /* the column of send_load with the address it goes to; NULL: none */
    enum event_type accepted; /* what its sending is told as; zero: EVENT_SENT */
    enum err (*send)(struct sending *s);
    enum err (*keep)(
        struct sending *s); /* its own writes, in the transaction of that event; NULL: none */
};

extern const struct send_way send_email, send_sms, send_letter, send_registered;
extern const struct send_way *const send_ways[]; /* NULL at the end */

/* By the channel's name; NULL: nothing goes out by it. */
const struct send_way *send_way_of(const char *channel);

/* The channels of send_ways and the queue of each, as array literals of SQL: "{EMAIL,SMS}". */
const char *send_channels(struct arena *a);
const char *send_queues(struct arena *a);

/* Notes why it is sent as it is, for the timeline: about "account", "template" or "content". */
void sending_decided(struct sending *s, const char *about, const char *sentence);
#define SAME_BYTES "The same bytes as before, as was asked for."

/* Finds the account that it goes through, in the transaction at hand. ERR_DENIED: all are switched
   off. */
enum err sending_account(struct sending *s, const char *purpose) must_check;

/* A column of the row. */
const char *sending_text(const struct sending *s, const char *column);

/* What templates of the message are given: recipientName, unit, building, street, city, year,
   subject, amount, credit, dueOn, reference, tenant, hasAttachments. */
struct json_object *sending_data(const struct sending *s);

/* Of public_url, without scheme and port. */
const char *sending_host(struct ctx *c);

/* Ours, "<communication>.<attempt>@<host>": the same at every try of an attempt. */
const char *sending_message_id(const struct sending *s);
