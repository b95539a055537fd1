/* The shapes of buildings, years, units, communications and batches, as documents.c, unit.c,
   units.c and batch.c make them. */
#include "track/shapes.h"

#include "track/delivery_record.h"
#include "track/labels.h"
#include "track/track.h"

#define CHANNEL                                                                                    \
    {                                                                                              \
        "channel", SHAPE_CHOICE, .help = "How it reaches its recipient.", .values = channel_names  \
    }
#define STATUS                                                                                     \
    {                                                                                              \
        "status", SHAPE_CHOICE, .help = "Where it stands.", .values = status_names                 \
    }

/* ---- buildings and years ---- */

#define BUILDING                                                                                   \
    { "buildingId", SHAPE_UUID, .help = "The building." },                                         \
        { "code", SHAPE_TEXT, .help = "Its code in billing files.", .example = "LH-12" },          \
        { "name", SHAPE_TEXT, .example = "Lindenhof 12" },                                         \
    {                                                                                              \
        "city", SHAPE_TEXT, .example = "Zürich"                                                   \
    }

#define FIGURES                                                                                    \
    { "sent", SHAPE_COUNT, .help = "Communications that left, delivered ones included." },         \
        { "unprinted", SHAPE_COUNT, .help = "Of those, letters that are still to be printed." },   \
        { "dryRun", SHAPE_COUNT, .help = "Of those, kept here: they did not leave." },             \
        { "delivered", SHAPE_COUNT, .help = "Of those, reported as delivered or opened." },        \
        { "failed", SHAPE_COUNT, .help = "Failed or returned." },                                  \
        { "byHand", SHAPE_COUNT, .help = "Handed over by a person." },                             \
        { "waiting", SHAPE_COUNT, .help = "Not sent yet, and not held." },                         \
        { "held", SHAPE_COUNT, .help = "Kept back until they are released." },                     \
        { "skipped", SHAPE_COUNT, .help = "Not sent, on purpose." },                               \
    {                                                                                              \
        "cancelled", SHAPE_COUNT, .help = "Called off by a person."                                \
    }

/* ---- a legal hold ---- */

static const char *const hold_scopes[] = { "unit",     "communication", "batch",
                                           "building", "person",        NULL };
static const struct member hold_told_members[] = {
    { "holdId", SHAPE_UUID, .help = "The hold." },
    { "scope", SHAPE_CHOICE, .help = "What it is on.", .values = hold_scopes },
    { "label", SHAPE_TEXT, .help = "What people call that." },
    { "reason", SHAPE_TEXT, .help = "Why." },
    { "owner", SHAPE_TEXT, .help = "Who answers for it." },
    { "by", SHAPE_TEXT, .help = "Who put it.", .nullable = true },
    { "since", SHAPE_TIME, .help = "When it was put." },
    { .name = NULL },
};
const struct shape hold_told_shape = { "LegalHoldTold",
                                       "A legal hold, as what it is on tells of it.",
                                       hold_told_members };

static const struct member channel_figures_members[] = {
    CHANNEL,
    FIGURES,
    { .name = NULL },
};
static const struct shape channel_figures = { "ChannelFigures", "The figures of one channel.",
                                              channel_figures_members };

static const struct member year_channel_members[] = {
    CHANNEL,
    { "communications", SHAPE_COUNT, .help = "All there are." },
    FIGURES,
    { .name = NULL },
};
static const struct shape year_channel = { "YearChannelFigures",
                                           "The figures of one channel in a year.",
                                           year_channel_members };

static const struct member figures_members[] = {
    BUILDING,
    FIGURES,
    { "channels", SHAPE_LIST, .help = "The same by channel.", .of = &channel_figures },
    { .name = NULL },
};
static const struct shape figures = { "BuildingFigures", "A building with its figures.",
                                      figures_members };

static const struct member buildings_members[] = {
    { "buildings", SHAPE_LIST, .help = "By name.", .of = &figures },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape buildings_shape = { "Buildings", "Buildings with their figures over all years.",
                                       buildings_members };

static const struct member building_members[] = {
    BUILDING,
    { "street", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "postalCode", SHAPE_TEXT, .example = "8001" },
    { "country", SHAPE_TEXT, .help = "ISO 3166, or empty.", .example = "CH" },
    { .name = NULL },
};
static const struct shape building = { "Building", "A building with its address.",
                                       building_members };

static const struct member year_members[] = {
    { "year", SHAPE_INT, .example = "2025" },
    { "state", SHAPE_CHOICE, .help = "Of its batch.", .values = batch_states },
    { "communications", SHAPE_COUNT, .help = "Of every channel." },
    { "sent", SHAPE_COUNT, .help = "Those that left, delivered ones included." },
    { "unprinted", SHAPE_COUNT, .help = "Of those, letters that are still to be printed." },
    { "dryRun", SHAPE_COUNT, .help = "Of those, kept here: they did not leave." },
    { "failed", SHAPE_COUNT, .help = "Failed or returned." },
    { "channels", SHAPE_LIST, .help = "By channel.", .of = &year_channel },
    { .name = NULL },
};
static const struct shape year = { "Year", "A billing year of a building.", year_members };

static const struct member years_members[] = {
    { "building", SHAPE_OBJECT, .of = &building },
    { "years", SHAPE_LIST, .help = "The latest first.", .of = &year },
    { .name = NULL },
};
const struct shape years_shape = { "Years", "Years of a building with their figures.",
                                   years_members };

/* ---- units ---- */

static const struct member chip_members[] = { CHANNEL, STATUS, { .name = NULL } };
static const struct shape chip = { "UnitChannel", "A channel of a unit, and where it stands.",
                                   chip_members };

static const struct member row_members[] = {
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "number", SHAPE_TEXT, .example = "1.01" },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    { "channels", SHAPE_LIST, .of = &chip },
    { "failed", SHAPE_COUNT, .help = "Communications that failed or were returned." },
    { "byHand", SHAPE_COUNT, .help = "Communications handed over by a person." },
    { "error", SHAPE_TEXT, .help = "The latest failure in plain words.",
      .example = "The address does not exist.", .nullable = true },
    { "lastEventType", SHAPE_CHOICE, .values = event_type_names, .nullable = true },
    { "lastEventAt", SHAPE_TIME, .nullable = true },
    { "nextAttemptAt", SHAPE_TIME, .help = "When sending is tried again.", .nullable = true },
    STATUS,
    { "paper", SHAPE_CHOICE,
      .help = "How far a letter of it that was sent is, of several the least far; null: none was.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether one of those that were sent was a dry run." },
    { .name = NULL },
};
static const struct shape row = { "UnitRow",
                                  "A unit in a list: its status is the one of its "
                                  "channels that asks for most attention.",
                                  row_members };

static const struct member units_members[] = {
    { "building", SHAPE_OBJECT, .of = &building },
    { "year", SHAPE_INT, .example = "2025" },
    { "units", SHAPE_LIST, .help = "At most 50.", .of = &row },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { "previous", SHAPE_LINK, .help = "The page before this one.", .nullable = true },
    { .name = NULL },
};
const struct shape units_shape = { "Units", "A page of the units of a building and year.",
                                   units_members };

/* ---- a unit ---- */

static const struct member name_members[] = { BUILDING, { .name = NULL } };
static const struct shape building_name = { "BuildingName", "What a building is called.",
                                            name_members };

static const struct member attachment_members[] = {
    { "fileName", SHAPE_TEXT, .example = "statement-2025-1.01.pdf" },
    { "size", SHAPE_COUNT, .help = "In bytes." },
    { "contentType", SHAPE_TEXT, .example = "application/pdf" },
    { "href", SHAPE_LINK, .help = "Where the file is." },
    { .name = NULL },
};
static const struct shape attachment = { "Attachment", "A file sent with a communication.",
                                         attachment_members };

static const struct member event_members[] = {
    { "eventId", SHAPE_UUID, .help = "The event." },
    { "type", SHAPE_CHOICE, .values = event_type_names },
    { "sentence", SHAPE_TEXT, .help = "What happened, in plain words.",
      .example = "Accepted by mail.example.com." },
    { "occurredAt", SHAPE_TIME, .help = "When it happened." },
    { "source", SHAPE_CHOICE, .help = "Who tells it.", .values = event_sources },
    { "actorName", SHAPE_TEXT, .help = "The person who did it.", .nullable = true },
    { "grade", SHAPE_CHOICE,
      .help = "How well it is vouched for, A best; X: a machine did it; null: our own record.",
      .values = event_grades, .nullable = true },
    { .name = NULL },
};
static const struct shape event = { "Event", "What happened to a communication.", event_members };

static const struct member error_members[] = {
    { "sentence", SHAPE_TEXT, .help = "In plain words.", .example = "The address does not exist." },
    { "code", SHAPE_TEXT, .help = "Of the provider.", .example = "5.1.1", .optional = true },
    { "raw", SHAPE_ANY, .help = "The provider's own words.", .optional = true },
    { "badAddress", SHAPE_BOOL, .help = "Whether the address is at fault.", .optional = true },
    { .name = NULL },
};
const struct shape sending_error_shape = { "SendingError", "Why sending failed or waits.",
                                           error_members };

static const struct member communication_members[] = {
    { "communicationId", SHAPE_UUID, .help = "Also in its messages, as X-Track-Id." },
    CHANNEL,
    STATUS,
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    { "email", SHAPE_TEXT, .help = "Viewers see part of it.", .nullable = true },
    { "phone", SHAPE_TEXT, .help = "E.164; viewers see part of it.", .example = "+41791234567",
      .nullable = true },
    { "address", SHAPE_TEXT, .example = "Lindenhof 12, 8001 Zürich, CH", .nullable = true },
    { "subject", SHAPE_TEXT, .help = "What it is about." },
    { "amountMinor", SHAPE_INT, .help = "In minor units of the currency.", .example = "24000",
      .nullable = true },
    { "currency", SHAPE_TEXT, .help = "ISO 4217.", .example = "CHF", .nullable = true },
    { "reference", SHAPE_TEXT, .nullable = true },
    { "attempts", SHAPE_COUNT, .help = "The worker's tries of it." },
    { "nextAttemptAt", SHAPE_TIME, .help = "When sending is tried again.", .nullable = true },
    { "error", SHAPE_OBJECT, .of = &sending_error_shape, .nullable = true },
    { "attachments", SHAPE_LIST, .of = &attachment },
    { "contentRemovedAt", SHAPE_TIME, .help = "When its words or address were taken out.",
      .nullable = true },
    { "removedBy", SHAPE_TEXT, .help = "By which policy or erasure.", .nullable = true },
    { "holdId", SHAPE_UUID, .help = "The legal hold it is under.", .nullable = true },
    { "hold", SHAPE_OBJECT, .help = "The same, as it tells of itself.", .of = &hold_told_shape,
      .nullable = true },
    { "events", SHAPE_LIST, .help = "Its timeline, the latest first.", .of = &event },
    { .name = NULL },
};
static const struct shape communication = { "Communication", "A message to a unit by a channel.",
                                            communication_members };

static const struct member unit_members[] = {
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "number", SHAPE_TEXT, .example = "1.01" },
    { "year", SHAPE_INT, .example = "2025", .nullable = true },
    { "building", SHAPE_OBJECT, .of = &building_name },
    { "hold", SHAPE_OBJECT, .help = "The legal hold on it or its building, the oldest.",
      .of = &hold_told_shape, .nullable = true },
    { "communications", SHAPE_LIST, .of = &communication },
    { "deliveryRecords", SHAPE_LIST, .help = "What people recorded.",
      .of = &delivery_record_shape },
    { .name = NULL },
};
const struct shape unit_shape = { "Unit", "A unit with its communications of a year.",
                                  unit_members };

/* ---- activity ---- */

static const struct member activity_event_members[] = {
    { "eventId", SHAPE_UUID, .help = "The event." },
    { "communicationId", SHAPE_UUID, .help = "The communication it is of." },
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "unitNumber", SHAPE_TEXT, .example = "1.01" },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    CHANNEL,
    { "type", SHAPE_CHOICE, .values = event_type_names },
    { "sentence", SHAPE_TEXT, .help = "What happened, in plain words." },
    { "occurredAt", SHAPE_TIME, .help = "When it happened." },
    { "source", SHAPE_CHOICE, .help = "Who tells it.", .values = event_sources },
    { "actorName", SHAPE_TEXT, .help = "The person who did it.", .nullable = true },
    { "grade", SHAPE_CHOICE, .help = "How well it is vouched for.", .values = event_grades,
      .nullable = true },
    { "statusAfter", SHAPE_CHOICE, .values = status_names },
    { "contradicts", SHAPE_BOOL, .help = "Whether it speaks against the status." },
    { .name = NULL },
};
static const struct shape activity_event = { "ActivityEvent", "An event of a building's year.",
                                             activity_event_members };

static const struct member activity_members[] = {
    { "building", SHAPE_OBJECT, .of = &building },
    { "year", SHAPE_INT, .example = "2025" },
    { "events", SHAPE_LIST, .help = "At most 100, the latest first.", .of = &activity_event },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape activity_shape = { "Activity", "What happened in a building and year.",
                                      activity_members };

/* ---- a batch ---- */

static const struct member due_members[] = {
    { "channel", SHAPE_CHOICE, .values = channel_names },
    { "messages", SHAPE_COUNT, .help = "By it." },
    { .name = NULL },
};
static const struct shape due_shape = { "BatchDue", "What would be sent by a channel.",
                                        due_members };

static const struct member batch_members[] = {
    { "batchId", SHAPE_UUID, .help = "The batch." },
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "year", SHAPE_INT, .example = "2025" },
    { "state", SHAPE_CHOICE, .values = batch_states },
    { "sentAt", SHAPE_TIME, .help = "When sending was asked for.", .nullable = true },
    { "completedAt", SHAPE_TIME, .nullable = true },
    { "draft", SHAPE_COUNT, .help = "Messages not sent yet, but those left out." },
    { "due", SHAPE_LIST, .help = "The same by channel, the most first.", .of = &due_shape },
    { "attached", SHAPE_BOOL, .help = "Whether any of them has attachments." },
    { "leftOut", SHAPE_COUNT, .help = "Messages left out of the sending." },
    { "paused", SHAPE_BOOL, .help = "Whether its sending is paused." },
    { "enqueued", SHAPE_COUNT, .help = "Messages that are being sent." },
    { "sent", SHAPE_COUNT, .help = "Messages that left, not yet reported as delivered." },
    { "delivered", SHAPE_COUNT, .help = "Messages reported as delivered or opened." },
    { "failed", SHAPE_COUNT, .help = "Messages that failed or were returned." },
    { "byHand", SHAPE_COUNT, .help = "Messages handed over by a person." },
    { "held", SHAPE_COUNT, .help = "Messages kept back until they are released." },
    { "skipped", SHAPE_COUNT, .help = "Messages not sent on purpose." },
    { "cancelled", SHAPE_COUNT, .help = "Messages that were cancelled." },
    { "total", SHAPE_COUNT, .help = "All its messages." },
    { "canSend", SHAPE_BOOL, .help = "Whether the asker may send it now." },
    { "needsApproval", SHAPE_BOOL,
      .help = "Whether a second person has to approve the sending first." },
    { "moving", SHAPE_BOOL, .help = "Whether it is being sent." },
    { .name = NULL },
};
const struct shape batch_shape = { "Batch", "The messages of a building and year.", batch_members };
