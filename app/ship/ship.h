/* Orders and the parcels they go out in: what stands where, and how it moves.

   Orders, purchase orders and shipments belong to the whole tenant: whoever sees only some
   buildings sees none of them. */
#pragma once

#include "base/ctx.h"
#include "carriers/scan.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct domain;
extern const struct domain orders_domain, ship_domain, deliveries_domain, carriers_domain,
    tracking_domain, acts_domain, board_domain, table_domain, threads_domain, tasks_domain;

/* ---- statuses ---- */

/* Where a shipment stands, and since when. */
struct parcel_standing {
    enum parcel_status status;
    int64_t at_ms; /* when what it stands on occurred, of the epoch; 0: unknown */
    char grade;    /* 'A' to 'D', 'X'; 0: our own record */
    bool day_only; /* at_ms is the noon of a day of which no more is known */
};

/* Where it stands after somebody claims `to`, seen at `at_ms` (0: unknown) with a grade.
   PARCEL_NOTHING moves nothing. It never goes backwards; *contradiction: the claim speaks against
   what is known and is to be shown. Pure. */
enum parcel_status parcel_status_after(struct parcel_standing before, enum parcel_status to,
                                       int64_t at_ms, char grade, bool *contradiction);

/* Moves a standing by one claim more, as the table of events does: of two times of which one is
   only a day and which may be of the same, neither is known to be earlier. Answers what
   parcel_status_after sets as *contradiction. Pure. */
bool parcel_stand(struct parcel_standing *s, enum parcel_status claim, int64_t at_ms, bool day_only,
                  char grade);

/* "out for delivery", for sentences; "" of PARCEL_NOTHING. */
const char *parcel_status_words(enum parcel_status s);

/* As the orders' column says it: "partly_delivered". */
enum order_status {
    ORDER_NEW,
    ORDER_RESERVED,
    ORDER_SHIPPED,
    ORDER_PARTLY_DELIVERED,
    ORDER_DELIVERED,
    ORDER_EXCEPTION,
    ORDER_RETURNED,
    ORDER_CANCELLED,
    ORDER_STATUS_COUNT
};

extern const char *const order_status_names[]; /* by status; NULL at the end */

/* What an order's status is by those of its shipments. Pure. */
enum order_status order_status_of(const enum parcel_status *list, size_t n, bool cancelled);

/* ---- timelines ---- */

struct shipment_event {
    const char *type;         /* "SCAN", "STATUS_SET", "NOTIFIED", "CREATED", … */
    const char *source;       /* "carrier", "user", "worker", "system" */
    char grade;               /* 'A' to 'D', 'X'; 0: our own record */
    enum parcel_status claim; /* PARCEL_NOTHING: none */
    const char *sentence;
    struct json_object *detail;                             /* NULL: {} */
    const char *occurred_at;                                /* RFC 3339; NULL: now */
    const char *inbox_id, *mapper, *dedupe_key, *caused_by; /* each may be NULL */
    bool *added;                              /* becomes true where it was new; NULL: nobody asks */
    const char *expected_on, *expected_until; /* days, of an estimate: it is appended where the one
                                                 told last before it is another; else NULL */
};

/* Locks a shipment, appends in their order those events whose dedupe_key it does not have yet,
   moves its status and that of its order, and, where the status is another one after all of them,
   emits one ShipmentStatusChanged {shipmentId, from, to, occurredAt, source, muted, dryRun}. In the
   transaction at hand. *after (may be NULL): where it stands then; *moved (may be NULL): whether it
   is another status. ERR_NOT_FOUND: no such shipment. */
enum err shipment_append(struct ctx *c, const char *shipment_id, const struct shipment_event *list,
                         size_t n, bool muted, enum parcel_status *after, bool *moved) must_check;

/* Makes an order's status what its shipments say, for who changed which they are: shipment_append
   has done it where one moved. Holds the order until the commit; who holds shipments too took them
   first. ERR_NOT_FOUND: no such order. */
enum err order_follow(struct ctx *c, const char *order_id) must_check;

/* Has a job look for what carriers said of a shipment's tracking number before there was the
   shipment: for whoever makes one or gives it a number, in the transaction at hand. */
enum err scans_match_later(struct ctx *c, const char *shipment_id) must_check;

/* Adds the orders and shipments of a demo that was loaded, in every state. */
enum err parcels_demo(struct ctx *c) must_check;

#define SHIPMENT_STATUS_CHANGED "ShipmentStatusChanged"
#define THREAD_LINKED "ThreadLinked"
/* {shipmentId, carrier, trackingNumber, status, lastScan, lastScanAt, silentSince, quietHours}, of
   the entity `shipment`: it was quiet for longer than its lane allows. */
#define SHIPMENT_SILENT "ShipmentSilent"
