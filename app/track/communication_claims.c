/* Which events of a communication's timeline speak for what its head says of it. */
#include "track/communication_claims.h"

#include "base/json.h"
#include "track/track.h"

#include <string.h>

static enum event_type type_of(struct json_object *event)
{
    const char *name = json_text(event, "type");
    int t = 0;
    while (t < EVENT_NOTE && strcmp(event_type_names[t], name) != 0)
        t++;
    return (enum event_type)t;
}

static char grade_of(struct json_object *of)
{
    const char *grade = json_text(of, "grade");
    return grade ? *grade : 0;
}

/* Whether an event leads to a status, or tells of the way there. */
static bool leads_to(enum event_type t, enum status status)
{
    if (t == EVENT_DELAYED || t == EVENT_RELAYED)
        return status == STATUS_ENQUEUED || status == STATUS_SENT;
    for (int from = 0; from < STATUS_COUNT; from++)
        if (from != (int)status && status_after((enum status)from, t) == status)
            return true;
    return false;
}

struct json_object *claim_of_status(struct json_object *d)
{
    struct json_object *events = json_get(d, "events"), *latest = NULL;
    enum status status;
    size_t n = json_object_array_length(events);
    if (!status_of(json_text(d, "status"), &status))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        if (strcmp(json_text(e, "statusAfter"), json_text(d, "status")) != 0)
            break;
        if (grade_of(e) == 'X' || !leads_to(type_of(e), status))
            continue;
        if (grade_of(e) == grade_of(d) || !grade_of(d))
            return e;
        latest = latest ? latest : e;
    }
    return latest;
}

struct json_object *claim_of_delivery(struct json_object *d)
{
    struct json_object *events = json_get(d, "events"), *best = NULL;
    int64_t attempt = json_object_get_int64(json_get(d, "attemptNo"));
    for (size_t i = 0; i < json_object_array_length(events); i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        char grade = grade_of(e);
        if (json_object_get_int64(json_get(e, "attemptNo")) != attempt ||
            type_of(e) != EVENT_DELIVERED || grade == 'D' || grade == 'X')
            continue;
        if (!best || !grade_of(best) || (grade && grade <= grade_of(best)))
            best = e;
    }
    return best;
}
