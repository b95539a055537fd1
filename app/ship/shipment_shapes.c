/* The shapes of shipments, and what requests about them may hold. */
#include "ship/shipment_shapes.h"

#include "ship/attention.h"
#include "ship/ship.h"
#include "ship/shipment.h"
#include "track/track.h"
#include "track/when.h"

#include <stddef.h>

static const char *const types[] = { "shipped", "out_for_delivery", "delivered", "exception",
                                     NULL };
static const char *const states[] = { "asked",   "queued", "sending",    "sent",
                                      "skipped", "failed", "superseded", NULL };
static const char *const threads[] = { "unmatched", "auto_matched", "manually_linked", NULL };

/* ---- what may be asked ---- */

#define NEW(member) offsetof(struct shipment_new, member)
static const struct field new_fields[] = {
    { "purchaseOrderId", FIELD_UUID, NEW(purchase_order_id),
      .help = "The purchase order it is for; without one its customer is not told of it." },
    { "carrier", FIELD_TEXT, NEW(carrier), .required = true, .max = 40,
      .help = "The carrier's code or name: dhl, Swiss Post. Kept in lower case, with hyphens." },
    { "carrierName", FIELD_TEXT, NEW(carrier_name), .max = 60,
      .help = "As people call it; absent: the carrier as it was given." },
    { "service", FIELD_TEXT, NEW(service), .max = 60, .help = "The carrier's: PostPac Priority." },
    { "trackingNumber", FIELD_TEXT, NEW(tracking_number), .max = 100,
      .help = "Kept in upper case without blanks; one shipment of a carrier has it." },
    { "promisedOn", FIELD_TEXT, NEW(promised_on), .max = 10,
      .help = "The day that the customer was promised: 2026-05-12." },
    { "track", FIELD_BOOL, NEW(track), .help = "Has Ship24 track it." },
    { "courierCode", FIELD_TEXT, NEW(courier_code), .max = 60,
      .help = "Ship24's code of who carries it; without one Ship24 finds it out." },
    { .name = NULL },
};
const struct input shipment_new_input = { "ShipmentNew", sizeof(struct shipment_new), new_fields };

#define CLAIM(member) offsetof(struct shipment_claim, member)
static const struct field claim_fields[] = {
    { "status", FIELD_CHOICE, CLAIM(status), .required = true, .values = parcel_status_names,
      .help = "Where it stands. It goes on, never back." },
    { "occurredAt", FIELD_TEXT, CLAIM(occurred_at), .max = 40,
      .help = "When it came to stand there. " WHEN_HELP " Absent: now." },
    { "note", FIELD_TEXT, CLAIM(note), .max = 2000, .help = "How you know." },
    { "location", FIELD_TEXT, CLAIM(location), .max = 200, .help = "Where it was." },
    { .name = NULL },
};
const struct input shipment_claim_input = { "ShipmentStatusInput", sizeof(struct shipment_claim),
                                            claim_fields };

static const struct field note_fields[] = {
    { "note", FIELD_TEXT, offsetof(struct shipment_note_input, note), .required = true, .max = 2000,
      .help = "What is to be known of it." },
    { .name = NULL },
};
const struct input shipment_note_input = { "ShipmentNoteInput", sizeof(struct shipment_note_input),
                                           note_fields };

/* ---- what is answered ---- */

static const struct member row_members[] = {
    SHIPMENT_MEMBERS,
    { "purchaseOrderId", SHAPE_UUID, .nullable = true },
    { "purchaseOrderNumber", SHAPE_TEXT, .nullable = true },
    { "orderId", SHAPE_UUID, .nullable = true },
    { "orderNumber", SHAPE_TEXT, .nullable = true },
    { "recipientName", SHAPE_TEXT, .help = "Of the order.", .nullable = true },
    { "shop", SHAPE_TEXT, .help = "Of the order; may be empty.", .nullable = true },
    { "country", SHAPE_TEXT, .help = "It goes to.", .example = "CH", .nullable = true },
    { .name = NULL },
};
static const struct shape row = { "ShipmentRow", "A shipment in a list.", row_members };

static const struct member list_members[] = {
    { "shipments", SHAPE_LIST, .help = "At most 50, what moved last first.", .of = &row },
    { "q", SHAPE_TEXT, .help = "What was asked for." },
    { "next", SHAPE_TEXT, .help = "Cursor of the next page.", .nullable = true },
    { .name = NULL },
};
const struct shape shipments_shape = { "Shipments", "A page of shipments.", list_members };

static const struct member against_members[] = {
    { "status", SHAPE_CHOICE, .help = "What it stood on.", .values = parcel_status_names },
    { "grade", SHAPE_CHOICE, .help = "How good that was.", .values = event_grades,
      .nullable = true },
    { .name = NULL },
};
static const struct shape against = { "ShipmentContradicted", "What a claim speaks against.",
                                      against_members };

static const struct member contradiction_members[] = {
    { "sentence", SHAPE_TEXT, .help = "What was said." },
    { "status", SHAPE_CHOICE, .help = "What it claims.", .values = parcel_status_names },
    { "source", SHAPE_TEXT, .help = "Who said it.", .example = "carrier" },
    { "grade", SHAPE_CHOICE, .help = "How good a claim it is.", .values = event_grades,
      .nullable = true },
    { "at", SHAPE_TIME, .help = "When it occurred." },
    { "against", SHAPE_OBJECT, .of = &against },
    { .name = NULL },
};
static const struct shape contradiction = { "ShipmentContradiction",
                                            "The last claim that speaks against its status.",
                                            contradiction_members };

static const struct member purchase_order_members[] = {
    { "purchaseOrderId", SHAPE_UUID, .help = "The purchase order." },
    { "number", SHAPE_TEXT, .example = "PO-1042" },
    { "supplier", SHAPE_TEXT, .help = "May be empty." },
    { .name = NULL },
};
static const struct shape purchase_order = { "ShipmentPurchaseOrder",
                                             "The purchase order that it is for.",
                                             purchase_order_members };

static const struct member order_members[] = {
    { "orderId", SHAPE_UUID, .help = "The order." },
    { "number", SHAPE_TEXT, .example = "1042" },
    { "shop", SHAPE_TEXT, .help = "May be empty." },
    { "status", SHAPE_CHOICE, .values = order_status_names },
    { "placedAt", SHAPE_TIME, .help = "When it was placed." },
    { "promisedOn", SHAPE_TEXT, .help = "A day.", .nullable = true },
    { "recipientName", SHAPE_TEXT, .help = "Who gets it." },
    { "street", SHAPE_TEXT, .help = "May be empty." },
    { "postalCode", SHAPE_TEXT, .help = "May be empty." },
    { "city", SHAPE_TEXT, .help = "May be empty." },
    { "region", SHAPE_TEXT, .help = "May be empty." },
    { "country", SHAPE_TEXT, .help = "ISO 3166.", .example = "CH" },
    { "frontConversationId", SHAPE_TEXT, .help = "Where it is talked about.", .nullable = true },
    { "threadStatus", SHAPE_CHOICE, .values = threads },
    { "threadAt", SHAPE_TIME, .help = "When its conversation was linked.", .nullable = true },
    { .name = NULL },
};
static const struct shape order = { "ShipmentOrder", "The order that it is part of.",
                                    order_members };

static const struct member customer_members[] = {
    { "customerId", SHAPE_UUID, .help = "The customer." },
    { "name", SHAPE_TEXT, .example = "Eva Keller" },
    { "email", SHAPE_TEXT, .nullable = true },
    { "phone", SHAPE_TEXT, .nullable = true },
    { "language", SHAPE_TEXT, .help = "Empty: the tenant's.", .example = "de" },
    { .name = NULL },
};
static const struct shape customer = { "ShipmentCustomer", "Whose order it is.", customer_members };

static const struct member event_members[] = {
    { "eventId", SHAPE_UUID, .help = "The event." },
    { "seq", SHAPE_COUNT, .help = "Its place in the chain, from 1." },
    { "type", SHAPE_TEXT, .example = "SCAN" },
    { "source", SHAPE_TEXT, .help = "Who tells it.", .example = "carrier" },
    { "grade", SHAPE_CHOICE, .help = "How good a claim it is; null: our own record.",
      .values = event_grades, .nullable = true },
    { "status", SHAPE_CHOICE, .help = "What it claims; null: nothing of the status.",
      .values = parcel_status_names, .nullable = true },
    { "statusAfter", SHAPE_CHOICE, .help = "Where the shipment stood then.",
      .values = parcel_status_names },
    { "occurredAt", SHAPE_TIME, .help = "When it happened." },
    { "receivedAt", SHAPE_TIME, .help = "When it was known here." },
    { "actorName", SHAPE_TEXT, .help = "Whose doing it was.", .nullable = true },
    { "sentence", SHAPE_TEXT, .help = "In our words." },
    { "rawText", SHAPE_TEXT, .help = "As the carrier wrote it.", .nullable = true },
    { "location", SHAPE_TEXT, .nullable = true },
    { "note", SHAPE_TEXT, .help = "Of who set it.", .nullable = true },
    { "detail", SHAPE_OBJECT, .help = "What else is known of it." },
    { "mapper", SHAPE_TEXT, .help = "What read it.", .nullable = true },
    { "causedBy", SHAPE_UUID, .help = "The event it follows from.", .nullable = true },
    { .name = NULL },
};
const struct shape shipment_event_shape = { "ShipmentEvent", "An event of a shipment's timeline.",
                                            event_members };

static const struct member notification_members[] = {
    { "id", SHAPE_UUID, .help = "The notification." },
    { "type", SHAPE_CHOICE, .help = "What it is of.", .values = types },
    { "state", SHAPE_CHOICE, .values = states },
    { "reason", SHAPE_TEXT, .help = "Why it was not sent.", .example = "no_conversation",
      .nullable = true },
    { "conversationId", SHAPE_TEXT, .help = "Where it was sent.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was decided." },
    { "settledAt", SHAPE_TIME, .help = "When it was sent, or given up.", .nullable = true },
    { "error", SHAPE_TEXT, .help = "What went wrong.", .nullable = true },
    { .name = NULL },
};
const struct shape shipment_notification_shape = { "ShipmentNotification",
                                                   "What a customer was told, or why not.",
                                                   notification_members };

static const struct member estimate_members[] = {
    { "expectedOn", SHAPE_TEXT, .help = "The day.", .example = "2026-05-14" },
    { "expectedUntil", SHAPE_TEXT, .help = "The last day, where several are told.",
      .nullable = true },
    { "toldAt", SHAPE_TIME, .help = "When it was told." },
    { "toldBy", SHAPE_TEXT, .help = "By whom.", .example = "dhl" },
    { "receivedAt", SHAPE_TIME, .help = "When it was known here." },
    { .name = NULL },
};
static const struct shape estimate = { "ShipmentEstimate", "A day of delivery that was told.",
                                       estimate_members };

static const struct member members[] = {
    SHIPMENT_MEMBERS,
    { "attention", SHAPE_CHOICE, .help = "What it asks of those who look after it.",
      .values = attention_names },
    ATTENTION_MEMBERS,
    { "estimates", SHAPE_LIST, .help = "The 20 told last, the last first.", .of = &estimate },
    { "shippedAt", SHAPE_TIME, .help = "When it was first on its way.", .nullable = true },
    { "outForDeliveryAt", SHAPE_TIME, .help = "When it was last.", .nullable = true },
    { "deliveredAt", SHAPE_TIME, .nullable = true },
    { "exceptionAt", SHAPE_TIME, .help = "When it last became one.", .nullable = true },
    { "contradiction", SHAPE_OBJECT, .of = &contradiction, .nullable = true },
    { "purchaseOrder", SHAPE_OBJECT, .of = &purchase_order, .nullable = true },
    { "order", SHAPE_OBJECT, .of = &order, .nullable = true },
    { "customer", SHAPE_OBJECT, .of = &customer, .nullable = true },
    { "trackingPage", SHAPE_LINK, .help = "What whoever has the link sees of it." },
    { "eventCount", SHAPE_COUNT, .help = "All of its timeline." },
    { "events", SHAPE_LIST, .help = "The 500 added last, what occurred last first.",
      .of = &shipment_event_shape },
    { "notifications", SHAPE_LIST, .help = "The newest first, at most 100.",
      .of = &shipment_notification_shape },
    { .name = NULL },
};
const struct shape shipment_shape = { "Shipment", "A shipment with its timeline.", members };

static const struct member moved_members[] = {
    { "shipment", SHAPE_OBJECT, .of = &shipment_shape },
    { "moved", SHAPE_BOOL, .help = "Whether its status is another one now." },
    { .name = NULL },
};
const struct shape shipment_moved_shape = { "ShipmentMoved", "A shipment after its status was set.",
                                            moved_members };
