/* The shapes of a page of messages, as list.c makes it. */
#include "messages/shapes.h"

#include "track/channel.h"
#include "track/labels.h"
#include "track/track.h"

static const struct member message_members[] = {
    { "communicationId", SHAPE_UUID, .help = "The communication." },
    { "status", SHAPE_CHOICE, .help = "Where it stands.", .values = status_names },
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    { "grade", SHAPE_CHOICE, .help = "Of the evidence for it.", .values = event_grades,
      .nullable = true },
    { "channel", SHAPE_CHOICE, .help = "How it goes.", .values = channel_names },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    { "address", SHAPE_TEXT, .help = "Viewers see part of it.", .example = "anna@example.com",
      .nullable = true },
    { "unit", SHAPE_TEXT, .help = "Its number.", .example = "3.07" },
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "buildingCode", SHAPE_TEXT, .example = "LH-12" },
    { "buildingName", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "year", SHAPE_INT, .help = "The billing year.", .example = "2025" },
    { "subject", SHAPE_TEXT, .example = "Statement 2025" },
    { "template", SHAPE_TEXT, .help = "It is written from.", .example = "reminder" },
    { "tags", SHAPE_TEXTS, .help = "That people put on it." },
    { "attempts", SHAPE_COUNT, .help = "The worker's tries of the attempt at hand." },
    { "maxAttempts", SHAPE_COUNT, .help = "Tries before it fails; null where none is left to do.",
      .nullable = true },
    { "attemptNo", SHAPE_COUNT,
      .help = "The attempt at hand: one sending that was asked for; one more for each resend." },
    { "nextAttemptAt", SHAPE_TIME, .help = "When sending is tried again.", .nullable = true },
    { "reason", SHAPE_TEXT, .help = "Why it is not there yet, in plain words.", .nullable = true },
    { "code", SHAPE_TEXT, .help = "The provider's.", .example = "550 5.1.1", .nullable = true },
    { "contradiction", SHAPE_TEXT, .help = "What speaks against its status.", .nullable = true },
    { "provider", SHAPE_TEXT, .help = "Who took it.", .example = "smtp", .nullable = true },
    { "updatedAt", SHAPE_TIME, .help = "When it last moved." },
    { "updatedDay", SHAPE_TEXT, .help = "The same day in the tenant's time zone.",
      .example = "2026-05-12" },
    { "href", SHAPE_LINK, .help = "All there is to know of it." },
    { .name = NULL },
};
static const struct shape message = { "Message", "A communication in a list.", message_members };

static const struct member messages_members[] = {
    { "communications", SHAPE_LIST, .help = "The newest first.", .of = &message },
    { "q", SHAPE_TEXT, .help = "What was asked for." },
    { "searched", SHAPE_COUNT,
      .help = "So many of those that moved last, or to the rare status named, were looked through; "
              "null: all.",
      .nullable = true },
    { "searchAll", SHAPE_LINK, .help = "The same list, looking through all.", .nullable = true },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape messages_shape = { "Messages", "A page of communications.", messages_members };

static const struct member count_members[] = {
    { "count", SHAPE_COUNT, .help = "At most 10,000, unless exact was asked for." },
    { "more", SHAPE_BOOL, .help = "There are more." },
    { .name = NULL },
};
const struct shape messages_count_shape = { "MessagesCount", "How many communications there are.",
                                            count_members };
