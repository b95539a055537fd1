/* The state machine of a communication: what each event makes of each status, as one table. */
#include "track/track.h"

#include <string.h>

const char *const status_names[STATUS_COUNT + 1] = {
    [STATUS_DRAFT] = "DRAFT",         [STATUS_ENQUEUED] = "ENQUEUED",   [STATUS_HELD] = "HELD",
    [STATUS_SENT] = "SENT",           [STATUS_DELIVERED] = "DELIVERED", [STATUS_OPENED] = "OPENED",
    [STATUS_FAILED] = "FAILED",       [STATUS_BOUNCED] = "BOUNCED",     [STATUS_MANUAL] = "MANUAL",
    [STATUS_CANCELLED] = "CANCELLED", [STATUS_SKIPPED] = "SKIPPED",
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
    [EVENT_READY_TO_PRINT] = "READY_TO_PRINT",
    [EVENT_PRINTED] = "PRINTED",
    [EVENT_LODGED] = "LODGED",
    [EVENT_RETURNED] = "RETURNED",
    [EVENT_SKIPPED] = "SKIPPED",
    [EVENT_HELD] = "HELD",
    [EVENT_RELEASED] = "RELEASED",
    [EVENT_CANCELLED] = "CANCELLED",
    [EVENT_NOTE] = "NOTE",
};

const char *const event_sources[] = { "system", "worker", "provider", "user", "recipient", NULL };
const char *const event_grades[] = { "A", "B", "C", "D", "X", NULL };
const char *const batch_states[] = { "DRAFT", "SENDING", "COMPLETED", NULL };

#define IN(s) (1u << STATUS_##s)
#define UNSENT (IN(DRAFT) | IN(ENQUEUED) | IN(HELD))
#define STOPPED (IN(CANCELLED) | IN(SKIPPED))

/* The statuses an event moves, and where to. An event without a row moves nothing: a delay, a relay
   or a complaint says nothing against what is known. What went out after all went out, whoever
   stopped it; a message opened was delivered, whatever a late bounce says; what a person did by
   hand stays until he asks for it to be sent again. */
static const struct {
    unsigned from;
    enum status to;
} moves[EVENT_TYPE_COUNT] = {
    [EVENT_ENQUEUED] = { IN(DRAFT), STATUS_ENQUEUED },
    [EVENT_SENT] = { UNSENT | STOPPED, STATUS_SENT },
    [EVENT_READY_TO_PRINT] = { UNSENT | STOPPED, STATUS_SENT },
    [EVENT_PRINTED] = { UNSENT | STOPPED, STATUS_SENT },
    [EVENT_LODGED] = { UNSENT | STOPPED, STATUS_SENT },
    [EVENT_DELIVERED] = { UNSENT | STOPPED | IN(SENT) | IN(FAILED), STATUS_DELIVERED },
    [EVENT_OPENED] = { UNSENT | STOPPED | IN(SENT) | IN(DELIVERED) | IN(FAILED) | IN(BOUNCED),
                       STATUS_OPENED },
    [EVENT_FAILED] = { UNSENT | IN(SENT), STATUS_FAILED },
    [EVENT_BOUNCED] = { IN(ENQUEUED) | IN(SENT) | IN(DELIVERED), STATUS_BOUNCED },
    [EVENT_RETURNED] = { IN(ENQUEUED) | IN(SENT) | IN(DELIVERED), STATUS_BOUNCED },
    [EVENT_RESEND_REQUESTED] = { ~UNSENT, STATUS_ENQUEUED },
    [EVENT_MANUAL_MARKED] = { ~0u, STATUS_MANUAL },
    [EVENT_SKIPPED] = { UNSENT, STATUS_SKIPPED },
    [EVENT_HELD] = { IN(DRAFT) | IN(ENQUEUED), STATUS_HELD },
    [EVENT_RELEASED] = { IN(HELD), STATUS_ENQUEUED },
    [EVENT_CANCELLED] = { UNSENT, STATUS_CANCELLED },
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

bool event_contradicts(enum status s, enum event_type t)
{
    bool arrived = (IN(DELIVERED) | IN(OPENED)) & (1u << s);
    bool lost = (IN(FAILED) | IN(BOUNCED)) & (1u << s);
    return (arrived && (t == EVENT_FAILED || t == EVENT_BOUNCED || t == EVENT_RETURNED)) ||
           (lost && (t == EVENT_DELIVERED || t == EVENT_OPENED));
}

/* Our own record yields to whatever somebody else tells. */
static int rank(char grade)
{
    return grade ? grade : 'X';
}

enum status status_after_claim(struct standing before, enum event_type t, char grade,
                               bool *contradiction)
{
    bool against = grade != 'X' && event_contradicts(before.status, t);
    int weaker = rank(grade) - rank(before.grade);
    *contradiction = against && grade != 'D' && before.grade != 'D';
    if (grade == 'X' || (against && weaker > 0))
        return before.status;
    return against && weaker < 0 ? moves[t].to : status_after(before.status, t);
}
