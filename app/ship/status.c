/* The state machine of a shipment, as one table, and what an order's status is by its shipments. */
#include "ship/ship.h"

#define IN(s) (1u << PARCEL_##s)
#define BEFORE_TRANSIT (IN(PENDING) | IN(INFO_RECEIVED))
#define NEAR (IN(OUT_FOR_DELIVERY) | IN(FAILED_ATTEMPT) | IN(AVAILABLE_FOR_PICKUP))
#define OVER (IN(DELIVERED) | IN(RETURNED) | IN(CANCELLED))
#define MOVING (IN(IN_TRANSIT) | NEAR)
#define ALL ((1u << PARCEL_STATUS_COUNT) - 1)

/* Where a status goes: always; where the claim occurred no earlier than what it stands on; where it
   occurred later. What is on its way may be seen at the door, missed and laid up in turn, but never
   be on its way there again; a parcel in trouble may be found, and trouble told of late is over.
   What is over stays, but what was delivered may come back, and what was cancelled may have been
   carried all the same. */
static const struct moves {
    unsigned always, not_earlier, later;
} moves[PARCEL_STATUS_COUNT] = {
    [PARCEL_PENDING] = { ALL, 0, 0 },
    [PARCEL_INFO_RECEIVED] = { ALL & ~IN(PENDING), 0, 0 },
    [PARCEL_IN_TRANSIT] = { ALL & ~BEFORE_TRANSIT & ~IN(EXCEPTION), IN(EXCEPTION), 0 },
    [PARCEL_OUT_FOR_DELIVERY] = { OVER, NEAR | IN(EXCEPTION), 0 },
    [PARCEL_FAILED_ATTEMPT] = { OVER, NEAR | IN(EXCEPTION), 0 },
    [PARCEL_AVAILABLE_FOR_PICKUP] = { OVER, NEAR | IN(EXCEPTION), 0 },
    [PARCEL_EXCEPTION] = { OVER, NEAR, IN(IN_TRANSIT) },
    [PARCEL_DELIVERED] = { IN(RETURNED), 0, 0 },
    [PARCEL_CANCELLED] = { IN(DELIVERED) | IN(RETURNED), 0, 0 },
    [PARCEL_RETURNED] = { 0, 0, 0 },
};

/* What speaks against a status that is over: always, or where it occurred later than that. */
static const struct {
    unsigned always, later;
} opposed[PARCEL_STATUS_COUNT] = {
    [PARCEL_DELIVERED] = { 0, MOVING | IN(EXCEPTION) | IN(CANCELLED) },
    [PARCEL_CANCELLED] = { IN(DELIVERED) | IN(RETURNED), MOVING | IN(EXCEPTION) },
    [PARCEL_RETURNED] = { 0, MOVING | IN(EXCEPTION) | IN(DELIVERED) | IN(CANCELLED) },
};

static const char *const words[PARCEL_STATUS_COUNT] = {
    [PARCEL_PENDING] = "pending",
    [PARCEL_INFO_RECEIVED] = "announced",
    [PARCEL_IN_TRANSIT] = "in transit",
    [PARCEL_OUT_FOR_DELIVERY] = "out for delivery",
    [PARCEL_FAILED_ATTEMPT] = "failed attempt",
    [PARCEL_AVAILABLE_FOR_PICKUP] = "at a pickup point",
    [PARCEL_DELIVERED] = "delivered",
    [PARCEL_EXCEPTION] = "exception",
    [PARCEL_RETURNED] = "returned",
    [PARCEL_CANCELLED] = "cancelled",
};

const char *const order_status_names[ORDER_STATUS_COUNT + 1] = {
    [ORDER_NEW] = "new",
    [ORDER_RESERVED] = "reserved",
    [ORDER_SHIPPED] = "shipped",
    [ORDER_PARTLY_DELIVERED] = "partly_delivered",
    [ORDER_DELIVERED] = "delivered",
    [ORDER_EXCEPTION] = "exception",
    [ORDER_RETURNED] = "returned",
    [ORDER_CANCELLED] = "cancelled",
};

const char *parcel_status_words(enum parcel_status s)
{
    return s == PARCEL_NOTHING ? "" : words[s];
}

/* Our own record yields to whatever somebody else tells. */
static int rank(char grade)
{
    return grade ? grade : 'X';
}

enum parcel_status parcel_status_after(struct parcel_standing before, enum parcel_status to,
                                       int64_t at_ms, char grade, bool *contradiction)
{
    *contradiction = false;
    if (to == PARCEL_NOTHING || to == before.status || grade == 'X')
        return before.status;
    const struct moves *m = &moves[before.status];
    bool known = at_ms && before.at_ms;
    bool later = known && at_ms > before.at_ms, not_earlier = !known || at_ms >= before.at_ms;
    unsigned against = opposed[before.status].always | (later ? opposed[before.status].later : 0);
    *contradiction = against & 1u << to && grade != 'D' && rank(grade) <= rank(before.grade);
    unsigned open = m->always | (not_earlier ? m->not_earlier : 0) | (later ? m->later : 0);
    return open & 1u << to ? to : before.status;
}

#define HALF_A_DAY_MS ((int64_t)12 * 3600 * 1000)

/* A day's noon is less than half a day from whatever is of that day, and less than a day from the
   same day's noon elsewhere. */
static bool may_be_either(const struct parcel_standing *s, int64_t at_ms, bool day_only)
{
    int64_t apart = at_ms > s->at_ms ? at_ms - s->at_ms : s->at_ms - at_ms;
    return (s->day_only || day_only) &&
           apart < (s->day_only && day_only ? 2 * HALF_A_DAY_MS : HALF_A_DAY_MS);
}

bool parcel_stand(struct parcel_standing *s, enum parcel_status claim, int64_t at_ms, bool day_only,
                  char grade)
{
    bool contradiction;
    bool unclear = at_ms && s->at_ms && may_be_either(s, at_ms, day_only);
    enum parcel_status after =
        parcel_status_after(*s, claim, unclear ? 0 : at_ms, grade, &contradiction);
    bool later = at_ms > s->at_ms, better = grade && (!s->grade || grade < s->grade);
    if (after != s->status)
        *s = (struct parcel_standing){ after, at_ms, grade, day_only };
    else if (claim == s->status)
        *s = (struct parcel_standing){ after, later ? at_ms : s->at_ms, better ? grade : s->grade,
                                       later ? day_only : s->day_only };
    return contradiction;
}

enum order_status order_status_of(const enum parcel_status *list, size_t n, bool cancelled)
{
    unsigned seen = 0;
    for (size_t i = 0; i < n; i++)
        seen |= 1u << list[i];
    seen &= ~IN(CANCELLED);
    if (!seen)
        return cancelled ? ORDER_CANCELLED : ORDER_NEW;
    if (seen & IN(EXCEPTION))
        return ORDER_EXCEPTION;
    if (seen == IN(DELIVERED))
        return ORDER_DELIVERED;
    if (seen == IN(RETURNED))
        return ORDER_RETURNED;
    if (seen & IN(DELIVERED))
        return ORDER_PARTLY_DELIVERED;
    return seen & MOVING ? ORDER_SHIPPED : ORDER_RESERVED;
}
