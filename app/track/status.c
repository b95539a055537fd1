/* The state machine of a communication: what each event makes of each status, as one table. */
#include "track/track.h"

#include <string.h>

const char *const status_names[STATUS_COUNT + 1] = {
    [STATUS_DRAFT] = "DRAFT",         [STATUS_WAITING] = "WAITING",
    [STATUS_ENQUEUED] = "ENQUEUED",   [STATUS_SENT] = "SENT",
    [STATUS_DELIVERED] = "DELIVERED", [STATUS_OPENED] = "OPENED",
    [STATUS_FAILED] = "FAILED",       [STATUS_BOUNCED] = "BOUNCED",
    [STATUS_MANUAL] = "MANUAL",       [STATUS_CANCELLED] = "CANCELLED",
};

const char *const event_type_names[EVENT_TYPE_COUNT + 1] = {
    [EVENT_ENQUEUED] = "ENQUEUED",
    [EVENT_SENT] = "SENT",
    [EVENT_DELAYED] = "DELAYED",
    [EVENT_RELAYED] = "RELAYED",
    [EVENT_DELIVERED] = "DELIVERED",
    [EVENT_OPENED] = "OPENED",
    [EVENT_FAILED] = "FAILED",
    [EVENT_BOUNCED] = "BOUNCED",
    [EVENT_COMPLAINED] = "COMPLAINED",
    [EVENT_RESEND_REQUESTED] = "RESEND_REQUESTED",
    [EVENT_MANUAL_MARKED] = "MANUAL_MARKED",
    [EVENT_CANCELLED] = "CANCELLED",
    [EVENT_NOTE] = "NOTE",
};

const char *const event_sources[] = { "system", "worker", "provider", "user", "recipient", NULL };
const char *const event_grades[] = { "A", "B", "C", "D", "X", NULL };
const char *const batch_states[] = { "DRAFT", "SENDING", "COMPLETED", NULL };

#define IN(s) (1u << STATUS_##s)

/* The statuses an event moves, and where to. An event without a row moves nothing: a delay, a relay
   or a complaint says nothing against what is known. A message opened was delivered, whatever a
   late bounce says; what a person did by hand or cancelled stays. */
static const struct {
    unsigned from;
    enum status to;
} moves[EVENT_TYPE_COUNT] = {
    [EVENT_ENQUEUED] = { IN(DRAFT) | IN(WAITING), STATUS_ENQUEUED },
    [EVENT_SENT] = { IN(DRAFT) | IN(WAITING) | IN(ENQUEUED), STATUS_SENT },
    [EVENT_DELIVERED] = { IN(DRAFT) | IN(WAITING) | IN(ENQUEUED) | IN(SENT) | IN(FAILED),
                          STATUS_DELIVERED },
    [EVENT_OPENED] = { IN(DRAFT) | IN(WAITING) | IN(ENQUEUED) | IN(SENT) | IN(DELIVERED) |
                           IN(FAILED) | IN(BOUNCED),
                       STATUS_OPENED },
    [EVENT_FAILED] = { IN(DRAFT) | IN(WAITING) | IN(ENQUEUED) | IN(SENT), STATUS_FAILED },
    [EVENT_BOUNCED] = { IN(ENQUEUED) | IN(SENT) | IN(DELIVERED), STATUS_BOUNCED },
    [EVENT_RESEND_REQUESTED] = { IN(SENT) | IN(FAILED) | IN(BOUNCED) | IN(CANCELLED),
                                 STATUS_ENQUEUED },
    [EVENT_MANUAL_MARKED] = { ~0u, STATUS_MANUAL },
    [EVENT_CANCELLED] = { IN(DRAFT) | IN(WAITING) | IN(ENQUEUED), STATUS_CANCELLED },
};

const char *status_name(enum status s)
{
    return status_names[s];
}

const char *event_type_name(enum event_type t)
{
    return event_type_names[t];
}

bool status_of(const char *name, enum status *out)
{
    for (int s = 0; name && s < STATUS_COUNT; s++)
        if (strcmp(status_names[s], name) == 0) {
            *out = (enum status)s;
            return true;
        }
    return false;
}

enum status status_after(enum status s, enum event_type t)
{
    return moves[t].from & (1u << s) ? moves[t].to : s;
}
