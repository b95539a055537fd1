/* Where the parcels of an order are. */
#include "ship/tracking.h"

#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "ship/ship.h"
#include "ship/shipment_shapes.h"
#include "ship/tracking.sql.h"

#include <string.h>

enum { SHIPMENTS_MOST = 200, EVENTS_MOST = 1000, EVENTS_OF_ONE_MOST = 200 };

/* ---- milestones ---- */

static const struct {
    const char *name, *at; /* `at`: where the shipment says when it was reached */
} milestones[] = {
    { "added", "createdAt" },
    { "in_transit", "shippedAt" },
    { "out_for_delivery", "outForDeliveryAt" },
    { "delivered", "deliveredAt" },
};
#define MILESTONES (sizeof(milestones) / sizeof(milestones[0]))

/* Each that is behind the shipment is reached, also where nobody saw it. */
static struct json_object *milestones_of(struct json_object *shipment)
{
    size_t last = 0;
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < MILESTONES; i++)
        if (json_text(shipment, milestones[i].at))
            last = i;
    for (size_t i = 0; i < MILESTONES; i++) {
        struct json_object *one = json_object_new_object();
        json_set_text(one, "name", milestones[i].name);
        json_set_text(one, "at", json_text(shipment, milestones[i].at));
        json_set_bool(one, "reached", i <= last);
        json_object_array_add(list, one);
    }
    return list;
}

/* ---- the document ---- */

static const char *ids_of(struct ctx *c, const PGresult *rows, int n)
{
    struct buf b = buf_in(c->arena);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i ? "," : "{", row_text(rows, i, "shipmentId"));
    buf_puts(&b, b.n ? "}" : "{}");
    return b.p;
}

/* Events stand behind each other as their shipments do. */
static void add_shipment(struct ctx *c, const PGresult *rows, int i, const PGresult *events,
                         int *at, struct json_object *to)
{
    struct json_object *s = row_json(c->arena, rows, i), *list = json_object_new_array();
    const char *id = row_text(rows, i, "shipmentId");
    for (; *at < rows_count(events) && strcmp(row_text(events, *at, "_shipment"), id) == 0; ++*at)
        json_object_array_add(list, json_object_get(row_json(c->arena, events, *at)));
    json_set(s, "milestones", milestones_of(s));
    json_set_bool(s, "moreEvents",
                  row_int(rows, i, "eventCount") > (long long)json_object_array_length(list));
    json_set(s, "events", list);
    json_object_array_add(to, json_object_get(s));
}

/* What one answer holds is shared among its shipments. */
static enum err read_events(struct ctx *c, const PGresult *rows, int n, PGresult **events)
{
    int share = n ? EVENTS_MOST / n : 0;
    if (share > EVENTS_OF_ONE_MOST)
        share = EVENTS_OF_ONE_MOST;
    return db_query(c->db, c->arena, order_tracking_events, events, .ids = ids_of(c, rows, n),
                    .rows = arena_printf(c->arena, "%d", share));
}

enum err order_tracking(struct ctx *c, const char *id, struct json_object **out)
{
    int at = 0, n = 0;
    PGresult *order, *rows, *events;
    if (!id || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, order_tracking, &order, .id = id);
    if (e == OK && rows_count(order) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, order_tracking_shipments, &rows, .id = id,
                     .rows = arena_printf(c->arena, "%d", SHIPMENTS_MOST + 1));
    if (e == OK) {
        n = rows_count(rows) > SHIPMENTS_MOST ? SHIPMENTS_MOST : rows_count(rows);
        e = read_events(c, rows, n, &events);
    }
    if (e != OK)
        return e;
    struct json_object *d = row_json(c->arena, order, 0), *list = json_object_new_array();
    for (int i = 0; i < n; i++)
        add_shipment(c, rows, i, events, &at, list);
    json_set(d, "shipments", list);
    json_set_bool(d, "moreShipments", rows_count(rows) > n);
    *out = d;
    return OK;
}

/* ---- shapes ---- */

static const char *const milestone_names[] = { "added", "in_transit", "out_for_delivery",
                                               "delivered", NULL };
static const struct member milestone_members[] = {
    { "name", SHAPE_CHOICE, .help = "What is reached, in this order.", .values = milestone_names },
    { "at", SHAPE_TIME, .help = "When, where that is known.", .nullable = true },
    { "reached", SHAPE_BOOL, .help = "Whether it is behind the shipment." },
    { .name = NULL },
};
static const struct shape milestone = { "ShipmentMilestone", "How far a shipment came.",
                                        milestone_members };

static const struct member shipment_members[] = {
    SHIPMENT_MEMBERS,
    { "shippedAt", SHAPE_TIME, .help = "When it was first on its way.", .nullable = true },
    { "outForDeliveryAt", SHAPE_TIME, .help = "When it was last.", .nullable = true },
    { "deliveredAt", SHAPE_TIME, .nullable = true },
    { "trackingPage", SHAPE_LINK, .help = "What whoever has the link sees of it." },
    { "eventCount", SHAPE_COUNT, .help = "All of its timeline." },
    { "milestones", SHAPE_LIST, .of = &milestone },
    { "events", SHAPE_LIST,
      .help = "Those added last, what occurred last first: 1,000 shared evenly among the shipments "
              "of the answer, at most 200 of each.",
      .of = &shipment_event_shape },
    { "moreEvents", SHAPE_BOOL,
      .help =
          "Whether there are older ones: `GET /api/ship/shipments/{shipmentId}` has up to 500." },
    { .name = NULL },
};
static const struct shape shipment = { "TrackedShipment", "A shipment of an order.",
                                       shipment_members };

static const struct member members[] = {
    { "orderId", SHAPE_UUID, .help = "The order." },
    { "number", SHAPE_TEXT, .example = "1042" },
    { "status", SHAPE_CHOICE, .help = "As its shipments have it.", .values = order_status_names },
    { "shipments", SHAPE_LIST, .help = "The oldest first, at most 200.", .of = &shipment },
    { "moreShipments", SHAPE_BOOL,
      .help = "Whether there are more: `GET /api/ship/shipments?q=order:…`." },
    { .name = NULL },
};
const struct shape order_tracking_shape = { "OrderTracking", "Where the parcels of an order are.",
                                            members };
