/* The shapes of a communication's document and of what sending it again would mean. */
#include "track/communication.h"
#include "track/labels.h"
#include "track/mention.h"
#include "track/shapes.h"
#include "track/track.h"

static const char *const grades_or[] = { "A", "B", "C", "D", "X", NULL };

/* ---- its parts ---- */

static const struct member building_members[] = {
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "code", SHAPE_TEXT, .example = "LH-12" },
    { "name", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "city", SHAPE_TEXT, .example = "Zürich" },
    { .name = NULL },
};
static const struct shape building = { "CommunicationBuilding", "What its building is called.",
                                       building_members };

static const struct member file_members[] = {
    { "fileName", SHAPE_TEXT, .help = "Null once the file was removed.",
      .example = "statement-2025-1.01.pdf", .nullable = true },
    { "size", SHAPE_COUNT, .help = "In bytes." },
    { "contentType", SHAPE_TEXT, .help = "As found in the file itself.",
      .example = "application/pdf" },
    { "sha256", SHAPE_TEXT, .help = "Lower-case hex, of its bytes." },
    { "href", SHAPE_LINK, .help = "Where the file is; null once it was removed.",
      .nullable = true },
    { .name = NULL },
};
const struct shape kept_file_shape = { "KeptFile", "A file that is kept here.", file_members };

static const struct member event_members[] = {
    { "eventId", SHAPE_UUID, .help = "The event." },
    { "attemptNo", SHAPE_COUNT, .help = "The attempt at hand when it came." },
    { "type", SHAPE_CHOICE, .values = event_type_names },
    { "sentence", SHAPE_TEXT, .help = "What happened, in plain words." },
    { "occurredAt", SHAPE_TIME, .help = "When it happened." },
    { "receivedAt", SHAPE_TIME, .help = "When it was known here." },
    { "source", SHAPE_CHOICE, .help = "Who tells it.", .values = event_sources },
    { "actorName", SHAPE_TEXT, .help = "The person who did it.", .nullable = true },
    { "grade", SHAPE_CHOICE,
      .help = "How well it is vouched for, A best; X: a machine did it; null: our own record.",
      .values = event_grades, .nullable = true },
    { "statusAfter", SHAPE_CHOICE, .values = status_names },
    { "mapper", SHAPE_TEXT, .help = "What read the report, with its version.", .nullable = true },
    { "causedBy", SHAPE_UUID, .help = "The event it followed from.", .nullable = true },
    { "detail", SHAPE_OBJECT, .help = "The provider's own words, and what was decided." },
    { .name = NULL },
};
static const struct shape event = { "TimelineEvent",
                                    "An event of a timeline, with all it came with.",
                                    event_members };

#define TIMES                                                                                      \
    { "queuedAt", SHAPE_TIME, .nullable = true },                                                  \
        { "sentAt", SHAPE_TIME, .help = "When a provider took it.", .nullable = true },            \
        { "deliveredAt", SHAPE_TIME, .nullable = true },                                           \
        { "openedAt", SHAPE_TIME, .nullable = true },                                              \
    {                                                                                              \
        "failedAt", SHAPE_TIME, .nullable = true                                                   \
    }

#define STANDING                                                                                   \
    { "status", SHAPE_CHOICE, .help = "Where it stands.", .values = status_names },                \
        { "grade", SHAPE_CHOICE,                                                                   \
          .help = "Of the claim the status stands on; null: our own record.", .values = grades_or, \
          .nullable = true },                                                                      \
        { "contradiction", SHAPE_OBJECT, .help = "A claim against the status, and the status.",    \
          .nullable = true },                                                                      \
        { "error", SHAPE_OBJECT, .of = &sending_error_shape, .nullable = true },                   \
        { "attempts", SHAPE_COUNT, .help = "The worker's tries of it." },                          \
        { "provider", SHAPE_TEXT, .nullable = true },                                              \
    {                                                                                              \
        "providerMessageId", SHAPE_TEXT, .nullable = true                                          \
    }

static const struct member attempt_members[] = {
    { "attemptNo", SHAPE_COUNT, .help = "From 1." },
    { "channel", SHAPE_CHOICE, .values = channel_names },
    { "address", SHAPE_TEXT, .help = "Where it went; viewers see part of it.", .nullable = true },
    STANDING,
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    TIMES,
    { .name = NULL },
};
static const struct shape attempt = { "Attempt", "An attempt that another followed, as it ended.",
                                      attempt_members };

static const struct member note_members[] = {
    { "noteId", SHAPE_UUID, .help = "The note." },
    { "eventId", SHAPE_UUID, .help = "The event it belongs to." },
    { "note", SHAPE_TEXT, .help = "As it was written." },
    { "actorName", SHAPE_TEXT, .help = "Who wrote it.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was written." },
    { "proof", SHAPE_OBJECT, .of = &kept_file_shape, .nullable = true },
    { "mentions", SHAPE_LIST, .help = "Whom it names, as they stand in it, each once.",
      .of = &mentioned_shape },
    { "missed", SHAPE_TEXT, .help = "The first @ in it that names nobody: nobody was told by it.",
      .example = "@nobody", .nullable = true },
    { .name = NULL },
};
static const struct shape note = { "Note", "What a person wrote, with the file that proves it.",
                                   note_members };

static const struct member call_members[] = {
    { "callId", SHAPE_UUID, .help = "The call." },
    { "at", SHAPE_TIME, .help = "When." },
    { "provider", SHAPE_TEXT, .example = "msgraph" },
    { "method", SHAPE_TEXT, .example = "POST" },
    { "url", SHAPE_TEXT, .help = "Without secrets." },
    { "status", SHAPE_INT, .help = "The answer's; null where none came.", .nullable = true },
    { "error", SHAPE_TEXT, .help = "Why no answer came.", .nullable = true },
    { "durationMs", SHAPE_COUNT, .help = "In milliseconds." },
    { "dryRun", SHAPE_BOOL, .help = "Whether a local stand-in answered." },
    { "eventId", SHAPE_UUID, .help = "The event that tells what came of it.", .nullable = true },
    { .name = NULL },
};
static const struct shape call_shape = { "ProviderCall", "A call to a provider about it.",
                                         call_members };

static const struct member history_members[] = {
    { "at", SHAPE_TIME, .help = "When." },
    { "action", SHAPE_TEXT, .example = "communication.resend" },
    { "actorKind", SHAPE_TEXT, .example = "user" },
    { "actorName", SHAPE_TEXT, .nullable = true },
    { "before", SHAPE_ANY, .nullable = true },
    { "after", SHAPE_ANY, .nullable = true },
    { .name = NULL },
};
static const struct shape history = { "HistoryEntry", "What somebody did to it.", history_members };

static const char *const abouts[] = { "channel", "account", "template", "content", "wait", "hold",
                                      "skip",    "cancel",  "release",  "resend",  "end",  NULL };
static const struct member decision_members[] = {
    { "about", SHAPE_CHOICE, .values = abouts },
    { "sentence", SHAPE_TEXT, .help = "What was decided, and why." },
    { "at", SHAPE_TIME, .nullable = true },
    { "eventId", SHAPE_UUID, .help = "The event that tells it.", .nullable = true },
    { .name = NULL },
};
static const struct shape decision = { "Decision", "Why something was done as it was.",
                                       decision_members };

static const char *const sources[] = { "sent", "rendered", "none", NULL };
static const struct member content_members[] = {
    { "source", SHAPE_CHOICE, .help = "What went out, or what would be written now.",
      .values = sources },
    { "sentence", SHAPE_TEXT, .help = "The same in words." },
    { "subject", SHAPE_TEXT, .nullable = true },
    { "templateLanguage", SHAPE_TEXT, .help = "Of the template that was found.", .nullable = true },
    { "smsParts", SHAPE_COUNT, .help = "Of an SMS: how many it is paid for.", .nullable = true },
    { "text", SHAPE_TEXT, .nullable = true },
    { "html", SHAPE_TEXT, .nullable = true },
    { .name = NULL },
};
static const struct shape content = { "Content", "A message as its recipient sees it.",
                                      content_members };

static const struct member said_members[] = {
    { "happened", SHAPE_TEXT, .help = "What happened." },
    { "means", SHAPE_TEXT, .help = "What it means." },
    { "can", SHAPE_TEXT, .help = "What you can do." },
    { .name = NULL },
};
static const struct shape said = { "InWords", "A communication in three sentences.", said_members };

static const struct member action_members[] = {
    { "resend", SHAPE_BOOL, .help = "Whether it can be sent again." },
    { "cancel", SHAPE_BOOL, .help = "Whether it can be cancelled." },
    { "hold", SHAPE_BOOL, .help = "Whether it can be held." },
    { "release", SHAPE_BOOL, .help = "Whether it can be released." },
    { "tag", SHAPE_BOOL, .help = "Whether the asker may tag it." },
    { "record", SHAPE_BOOL, .help = "Whether the asker may record what he saw or did." },
    { .name = NULL },
};
static const struct shape actions = { "Actions", "What the asker may do to it now.",
                                      action_members };

/* ---- the whole ---- */

static const struct member members[] = {
    { "communicationId", SHAPE_UUID, .help = "Also in its messages, as X-Track-Id." },
    { "batchId", SHAPE_UUID, .help = "Its run." },
    { "unitId", SHAPE_UUID, .help = "The unit it is for." },
    { "unitNumber", SHAPE_TEXT, .example = "1.01" },
    { "year", SHAPE_INT, .example = "2025" },
    { "building", SHAPE_OBJECT, .of = &building },
    { "channel", SHAPE_CHOICE, .values = channel_names },
    { "originChannel", SHAPE_CHOICE, .help = "As it was imported.", .values = channel_names },
    { "attemptNo", SHAPE_COUNT, .help = "Of the attempt at hand, from 1." },
    STANDING,
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    TIMES,
    { "recipientName", SHAPE_TEXT, .help = "Whom it is for." },
    { "email", SHAPE_TEXT, .help = "Viewers see part of it.", .nullable = true },
    { "phone", SHAPE_TEXT, .help = "Viewers see part of it.", .nullable = true },
    { "address", SHAPE_TEXT, .help = "Viewers see part of it.", .nullable = true },
    { "subject", SHAPE_TEXT, .help = "As imported." },
    { "template", SHAPE_TEXT, .help = "It is written from.", .example = "reminder" },
    { "tags", SHAPE_TEXTS, .help = "That people put on it." },
    { "language", SHAPE_TEXT, .help = "That the recipient wants.", .example = "de-CH" },
    { "amountMinor", SHAPE_INT, .help = "In the currency's smallest unit.", .nullable = true },
    { "currency", SHAPE_TEXT, .nullable = true },
    { "dueOn", SHAPE_TEXT, .example = "2026-04-30", .nullable = true },
    { "reference", SHAPE_TEXT, .nullable = true },
    { "messageId", SHAPE_TEXT, .help = "Of ours, where the channel has one.", .nullable = true },
    { "nextAttemptAt", SHAPE_TIME, .nullable = true },
    { "cancelUntil", SHAPE_TIME, .help = "When it leaves, where it waits for a time.",
      .nullable = true },
    { "lastEventAt", SHAPE_TIME, .nullable = true },
    { "contentRemovedAt", SHAPE_TIME, .help = "When its words or address were taken out.",
      .nullable = true },
    { "removedBy", SHAPE_TEXT, .help = "By which policy or erasure.", .nullable = true },
    { "retentionHint", SHAPE_TEXT, .help = "Whose policy's clocks it goes by." },
    { "holdId", SHAPE_UUID, .help = "The legal hold it is under.", .nullable = true },
    { "hold", SHAPE_OBJECT, .help = "The same, as it tells of itself.", .of = &hold_told_shape,
      .nullable = true },
    { "said", SHAPE_OBJECT, .of = &said },
    { "content", SHAPE_OBJECT, .of = &content },
    { "data", SHAPE_OBJECT, .help = "What the template was given." },
    { "attachments", SHAPE_LIST, .of = &kept_file_shape },
    { "events", SHAPE_LIST, .help = "Its timeline, the latest first.", .of = &event },
    { "earlierAttempts", SHAPE_LIST, .help = "The latest first.", .of = &attempt },
    { "notes", SHAPE_LIST, .of = &note },
    { "decisions", SHAPE_LIST, .help = "The first first.", .of = &decision },
    { "calls", SHAPE_LIST, .help = "The latest first.", .of = &call_shape },
    { "history", SHAPE_LIST, .help = "The audit trail of it, the latest first.", .of = &history },
    { "actions", SHAPE_OBJECT, .of = &actions },
    { .name = NULL },
};
const struct shape communication_shape = { "CommunicationDetail",
                                           "A communication with all that is known of it.",
                                           members };

/* ---- what sending it again would mean ---- */

static const char *const kinds[] = { "arrived", "satisfied",  "address", "badAddress",
                                     "content", "suppressed", NULL };
static const struct member warning_members[] = {
    { "kind", SHAPE_CHOICE, .values = kinds },
    { "sentence", SHAPE_TEXT, .help = "In plain words." },
    { "at", SHAPE_TIME, .nullable = true },
    { .name = NULL },
};
static const struct shape warning = { "ResendWarning", "What speaks against it.", warning_members };

#define CHOICE_MEMBERS                                                                             \
    { "can", SHAPE_BOOL, .help = "Whether it can be had." },                                       \
    {                                                                                              \
        "reason", SHAPE_TEXT, .help = "Why not.", .nullable = true                                 \
    }

static const struct member channel_members[] = {
    { "channel", SHAPE_CHOICE, .values = channel_names },
    CHOICE_MEMBERS,
    { "address", SHAPE_TEXT, .help = "Where it would go; viewers see part of it.",
      .nullable = true },
    { "current", SHAPE_BOOL, .help = "Whether it went this way last." },
    { .name = NULL },
};
static const struct shape channel = { "ResendChannel", "A way to send it again.", channel_members };

static const char *const contents[] = { "render", "same", NULL };
static const struct member choice_members[] = {
    { "content", SHAPE_CHOICE, .values = contents },
    CHOICE_MEMBERS,
    { .name = NULL },
};
static const struct shape choice = { "ResendContent", "What would be sent.", choice_members };

static const struct member plan_members[] = {
    { "communicationId", SHAPE_UUID, .help = "The communication." },
    { "unitId", SHAPE_UUID, .help = "The unit it is for." },
    { "status", SHAPE_CHOICE, .values = status_names },
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    { "channel", SHAPE_CHOICE, .values = channel_names },
    { "recipientName", SHAPE_TEXT, .help = "Whom it is for." },
    { "subject", SHAPE_TEXT, .help = "As imported." },
    CHOICE_MEMBERS,
    { "warnings", SHAPE_LIST, .of = &warning },
    { "channels", SHAPE_LIST, .of = &channel },
    { "contents", SHAPE_LIST, .of = &choice },
    { .name = NULL },
};
const struct shape resend_plan_shape = { "ResendPlan", "What sending it again would mean.",
                                         plan_members };

static const struct member tags_members[] = {
    { "tags", SHAPE_TEXTS, .help = "In order." },
    { .name = NULL },
};
const struct shape tags_shape = { "Tags", "Tags on what the asker may see.", tags_members };
