/* The shapes of shipments, and what requests about them may hold. */
#pragma once

#include "track/track.h"
#include "web/input.h"
#include "web/shape.h"

extern const struct shape shipments_shape, shipment_shape, shipment_moved_shape;
extern const struct shape shipment_notification_shape; /* one of what a customer was told */
extern const struct shape shipment_event_shape;        /* one of its timeline */

/* What every document of a shipment holds, for a list of members. */
#define SHIPMENT_MEMBERS                                                                           \
    { "shipmentId", SHAPE_UUID, .help = "The shipment." },                                         \
        { "carrier", SHAPE_TEXT, .help = "Its code.", .example = "dhl" },                          \
        { "carrierName", SHAPE_TEXT, .help = "As people call it; may be empty.",                   \
          .example = "DHL" },                                                                      \
        { "service", SHAPE_TEXT, .help = "May be empty." },                                        \
        { "trackingNumber", SHAPE_TEXT, .help = "The carrier's.", .example = "JD014600006281",     \
          .nullable = true },                                                                      \
        { "status", SHAPE_CHOICE, .values = parcel_status_names },                                 \
        { "statusAt", SHAPE_TIME, .help = "When what it stands on occurred.", .nullable = true },  \
        { "grade", SHAPE_CHOICE, .help = "How good the evidence of its status is.",                \
          .values = event_grades, .nullable = true },                                              \
        { "dryRun", SHAPE_BOOL, .help = "No carrier knows of it: it was made by a dry run." },     \
        { "lastScan", SHAPE_TEXT, .help = "What the carrier said last; may be empty." },           \
        { "lastScanAt", SHAPE_TIME, .help = "When that was.", .nullable = true },                  \
        { "lastLocation", SHAPE_TEXT, .help = "Where that was; may be empty." },                   \
        { "promisedOn", SHAPE_TEXT, .help = "The day that the customer was promised.",             \
          .example = "2026-05-12", .nullable = true },                                             \
        { "createdAt", SHAPE_TIME, .help = "When it was added." },                                 \
    {                                                                                              \
        "movedAt", SHAPE_TIME, .help = "When something was last told of it."                       \
    }

struct shipment_note_input {
    const char *note;
};

/* Fill struct shipment_new, shipment_claim and shipment_note_input. */
extern const struct input shipment_new_input, shipment_claim_input, shipment_note_input;

/* What a document of a shipment holds of what it asks for, for a list of members, behind
   ship/attention.h. */
#define ATTENTION_MEMBERS                                                                          \
    { "attentionReason", SHAPE_CHOICE, .help = "Of act_now.", .values = attention_reasons,         \
      .nullable = true },                                                                          \
        { "attentionAt", SHAPE_TIME, .help = "Since when it asks for that." },                     \
        { "claimDueAt", SHAPE_TIME, .help = "Until when that can be done.", .nullable = true },    \
        { "hoursLeft", SHAPE_INT, .help = "Until then, whole ones; negative: it is over.",         \
          .nullable = true },                                                                      \
        { "silentSince", SHAPE_TIME, .help = "When it was quiet for too long.",                    \
          .nullable = true },                                                                      \
        { "expectedOn", SHAPE_TEXT, .help = "The day told last.", .example = "2026-05-14",         \
          .nullable = true },                                                                      \
    {                                                                                              \
        "expectedUntil", SHAPE_TEXT, .help = "The last day, where several are told.",              \
                                     .nullable = true                                              \
    }
