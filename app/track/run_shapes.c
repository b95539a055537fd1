/* The shapes of runs, as run.c, runs_check.c, runs_approve.c and runs_preview.c make them. */
#include "track/run_shapes.h"

#include "track/labels.h"
#include "track/run.h"
#include "track/shapes.h"

static const char *const phases[] = { "DRAFT",  "PART", "SENDING", "CANARY",
                                      "PAUSED", "SENT", "CLOSED",  NULL };
static const char *const steps[] = { "data", "check", "preview", "approve", "send", "close", NULL };
static const char *const states[] = { "none", "asked", "approved", "refused", "void", NULL };
static const char *const decisions[] = { "asked", "approved", "refused", "withdrawn", NULL };
static const char *const mends[] = { "email", "phone", "postal", NULL };

#define CHANNEL                                                                                    \
    {                                                                                              \
        "channel", SHAPE_CHOICE, .values = channel_names                                           \
    }
#define CHANNEL_LABEL                                                                              \
    {                                                                                              \
        "channelLabel", SHAPE_TEXT, .help = "The channel in words.", .example = "E-mail"           \
    }
#define COMMUNICATION                                                                              \
    {                                                                                              \
        "communicationId", SHAPE_UUID, .help = "The message."                                      \
    }
#define UNIT                                                                                       \
    {                                                                                              \
        "unit", SHAPE_TEXT, .help = "The unit's number.", .example = "1.01"                        \
    }
#define RECIPIENT                                                                                  \
    {                                                                                              \
        "recipientName", SHAPE_TEXT, .example = "Anna Keller"                                      \
    }
#define PHASE                                                                                      \
    { "phase", SHAPE_CHOICE,                                                                       \
      .help = "PART: not sent, but some of it released. CANARY: the others wait for the first.",   \
      .values = phases },                                                                          \
        { "phaseLabel", SHAPE_TEXT, .help = "The phase in words." },                               \
        { "icon", SHAPE_TEXT, .help = "Of the phase, on pages." },                                 \
    {                                                                                              \
        "tone", SHAPE_TEXT, .help = "Of the phase, on pages."                                      \
    }
#define TIMES                                                                                      \
    { "createdAt", SHAPE_TIME, .help = "When its first file was imported." },                      \
        { "sentAt", SHAPE_TIME, .help = "When sending was asked for last.", .nullable = true },    \
        { "completedAt", SHAPE_TIME, .nullable = true },                                           \
    {                                                                                              \
        "closedAt", SHAPE_TIME, .nullable = true                                                   \
    }

/* ---- the list ---- */

static const struct member row_members[] = {
    { "batchId", SHAPE_UUID, .help = "The run: a batch of a building and year." },
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "buildingCode", SHAPE_TEXT, .example = "LH-12" },
    { "buildingName", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2025" },
    PHASE,
    TIMES,
    { "importedBy", SHAPE_TEXT, .nullable = true },
    { "sentBy", SHAPE_TEXT, .nullable = true },
    { "approval", SHAPE_CHOICE, .help = "What was said last of what is due.", .values = decisions,
      .nullable = true },
    { "approvalLabel", SHAPE_TEXT, .help = "The same in words.", .nullable = true },
    { "approvalBy", SHAPE_TEXT, .help = "Who said so.", .nullable = true },
    { "approvalAt", SHAPE_TIME, .help = "When.", .nullable = true },
    { "left", SHAPE_COUNT, .help = "Messages that left, delivered ones included." },
    { "delivered", SHAPE_COUNT, .help = "Of those, reported as delivered or opened." },
    { "waiting", SHAPE_COUNT, .help = "Not sent yet, and not held." },
    { "held", SHAPE_COUNT, .help = "Kept back until they are released." },
    { "failed", SHAPE_COUNT, .help = "Failed or returned." },
    { "byHand", SHAPE_COUNT, .help = "Handed over by a person." },
    { "stopped", SHAPE_COUNT, .help = "Cancelled or skipped." },
    { "total", SHAPE_COUNT, .help = "All of every channel." },
    { "unprinted", SHAPE_COUNT, .help = "Of those that left, letters still to be printed." },
    { "dryRun", SHAPE_COUNT, .help = "Of those that left, kept here: they did not leave." },
    { "href", SHAPE_LINK, .help = "Its page." },
    { .name = NULL },
};
static const struct shape row = { "RunRow", "A run in the list.", row_members };

static const struct member list_members[] = {
    { "runs", SHAPE_LIST, .help = "Newest first, 50 at a time.", .of = &row },
    { "next", SHAPE_LINK, .help = "The page after it.", .nullable = true },
    { .name = NULL },
};
const struct shape runs_list_shape = { "Runs", "Runs that the asker may see.", list_members };

/* ---- its parts ---- */

static const struct member building_members[] = {
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "code", SHAPE_TEXT, .example = "LH-12" },
    { "name", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "city", SHAPE_TEXT, .example = "Zürich" },
    { .name = NULL },
};
static const struct shape building = { "RunBuilding", "The building of a run.", building_members };

#define COUNTS                                                                                     \
    { "total", SHAPE_COUNT, .help = "All messages." },                                             \
        { "draft", SHAPE_COUNT, .help = "Not sent, those left out included." },                    \
        { "held", SHAPE_COUNT, .help = "Kept back until they are released." },                     \
        { "enqueued", SHAPE_COUNT, .help = "Waiting to be sent." },                                \
        { "sent", SHAPE_COUNT, .help = "Accepted, not yet reported as delivered." },               \
        { "unprinted", SHAPE_COUNT, .help = "Of those, letters that are still to be printed." },   \
        { "printed", SHAPE_COUNT, .help = "Of those, letters printed and not handed in." },        \
        { "dryRun", SHAPE_COUNT, .help = "Of those, kept here: they did not leave." },             \
        { "delivered", SHAPE_COUNT, .help = "Delivered or opened." },                              \
        { "failed", SHAPE_COUNT, .help = "Failed." },                                              \
        { "returned", SHAPE_COUNT, .help = "Came back." },                                         \
        { "byHand", SHAPE_COUNT, .help = "Handed over by a person." },                             \
        { "stopped", SHAPE_COUNT, .help = "Cancelled or skipped." },                               \
    {                                                                                              \
        "leftOut", SHAPE_COUNT, .help = "Left out of the sending for an error."                    \
    }

static const struct member count_members[] = { COUNTS, { .name = NULL } };
static const struct shape counts = { "RunCounts", "Messages of a run by where they stand.",
                                     count_members };

static const struct member channel_members[] = {
    CHANNEL,
    { "label", SHAPE_TEXT, .help = "The channel in words.", .example = "E-mail" },
    COUNTS,
    { "units", SHAPE_COUNT, .help = "Units with a message by it." },
    { "withFile", SHAPE_COUNT, .help = "Messages with an attachment." },
    { .name = NULL },
};
static const struct shape channel = { "RunChannel", "Messages of a run by one channel.",
                                      channel_members };

static const struct member import_members[] = {
    { "importId", SHAPE_UUID, .help = "The import." },
    { "fileName", SHAPE_TEXT, .example = "billing-2025.csv" },
    { "committedAt", SHAPE_TIME, .nullable = true },
    { "importedBy", SHAPE_TEXT, .nullable = true },
    { "rows", SHAPE_COUNT, .help = "Rows of the file, of all buildings.", .nullable = true },
    { "added", SHAPE_COUNT, .help = "Messages it brought to this run.", .nullable = true },
    { "href", SHAPE_LINK, .help = "Its page, for who may see it.", .nullable = true },
    { .name = NULL },
};
static const struct shape import = { "RunImport", "A file that brought messages to a run.",
                                     import_members };

static const struct member sample_members[] = {
    COMMUNICATION,
    UNIT,
    RECIPIENT,
    CHANNEL,
    CHANNEL_LABEL,
    { "value", SHAPE_TEXT, .help = "What is wrong, as it stands there.", .nullable = true },
    { "href", SHAPE_LINK, .help = "The file that it is about.", .nullable = true },
    { "thumbnail", SHAPE_LINK, .help = "The first page of that file, as a small PNG.",
      .nullable = true },
    { "mend", SHAPE_CHOICE, .help = "What is changed to mend it (PATCH …/recipient).",
      .values = mends, .nullable = true },
    { "leftOut", SHAPE_BOOL, .help = "Whether it is left out of the sending." },
    { .name = NULL },
};
static const struct shape sample = { "RunFault", "A message with something wrong.",
                                     sample_members };

static const struct member group_members[] = {
    { "kind", SHAPE_TEXT, .example = "no_email" },
    { "title", SHAPE_TEXT, .example = "No e-mail address" },
    { "sentence", SHAPE_TEXT, .help = "What it means." },
    { "count", SHAPE_COUNT, .help = "How often." },
    { "leftOut", SHAPE_COUNT, .help = "Of those, left out of the sending." },
    { "open", SHAPE_COUNT, .help = "Neither mended nor left out." },
    { "samples", SHAPE_LIST, .help = "The first twenty.", .of = &sample },
    { .name = NULL },
};
static const struct shape group = { "RunFaults", "What is wrong with a run, of one kind.",
                                    group_members };

static const struct member check_members[] = {
    { "errors", SHAPE_LIST, .help = "Keep the run from being sent.", .of = &group },
    { "warnings", SHAPE_LIST, .help = "To be looked at.", .of = &group },
    { "blocking", SHAPE_COUNT, .help = "Errors neither mended nor left out." },
    { "uncheckedFiles", SHAPE_COUNT, .help = "Attachments not looked into yet." },
    { .name = NULL },
};
static const struct shape check = { "RunCheck", "What the check of a run found.", check_members };

static const struct member word_members[] = {
    { "decision", SHAPE_CHOICE, .values = decisions },
    { "actorName", SHAPE_TEXT, .nullable = true },
    { "note", SHAPE_TEXT, .nullable = true },
    { "messages", SHAPE_COUNT, .help = "How many it is about." },
    { "contentHash", SHAPE_TEXT, .help = "SHA-256 of all that it is about." },
    { "at", SHAPE_TIME, .help = "When." },
    { .name = NULL },
};
static const struct shape word = { "RunApprovalWord", "What somebody said.", word_members };

static const struct member approval_members[] = {
    { "needed", SHAPE_BOOL, .help = "Whether a second person has to say yes." },
    { "threshold", SHAPE_COUNT, .help = "More messages need it; 0: never." },
    { "messages", SHAPE_COUNT, .help = "Due now." },
    { "held", SHAPE_COUNT, .help = "Held and never sent: a yes is to these too." },
    { "channels", SHAPE_COUNTS, .help = "The same by channel.", .values = channel_names },
    { "contentHash", SHAPE_TEXT, .help = "SHA-256 of all that is due." },
    { "state", SHAPE_CHOICE, .help = "void: the run was changed since.", .values = states },
    { "askedBy", SHAPE_TEXT, .nullable = true },
    { "askedAt", SHAPE_TIME, .nullable = true },
    { "askedNote", SHAPE_TEXT, .nullable = true },
    { "answeredBy", SHAPE_TEXT, .nullable = true },
    { "answer", SHAPE_TEXT, .help = "The note with the answer.", .nullable = true },
    { "mayAsk", SHAPE_BOOL, .help = "Whether the asker may ask." },
    { "mayAnswer", SHAPE_BOOL, .help = "Whether the asker may say yes or no." },
    { "mayWithdraw", SHAPE_BOOL, .help = "Whether the asker may take it back." },
    { "history", SHAPE_LIST, .help = "The latest first.", .of = &word },
    { "firstMessages", SHAPE_COUNT, .help = "Go before the others; 0: all at once." },
    { "firstMinutes", SHAPE_COUNT, .help = "Between those and the others." },
    { "seconds", SHAPE_COUNT, .help = "It takes at the accounts' limits; null: no limit.",
      .nullable = true },
    { .name = NULL },
};
static const struct shape approval = { "RunApproval", "What would be sent, and who said yes.",
                                       approval_members };

static const struct member failure_members[] = {
    CHANNEL,
    CHANNEL_LABEL,
    { "sentence", SHAPE_TEXT, .help = "What happened." },
    { "code", SHAPE_TEXT, .help = "Of the provider.", .example = "5.1.1", .nullable = true },
    { "count", SHAPE_COUNT, .help = "Messages." },
    { "since", SHAPE_TIME, .nullable = true },
    { "delayed", SHAPE_BOOL, .help = "They are tried again by themselves." },
    { "href", SHAPE_LINK, .help = "The messages." },
    { .name = NULL },
};
static const struct shape failure = { "RunFailure", "Messages that failed for one reason.",
                                      failure_members };

static const struct member send_members[] = {
    { "at", SHAPE_TIME, .help = "When." },
    { "messages", SHAPE_COUNT, .help = "Queued." },
    { "actorName", SHAPE_TEXT, .nullable = true },
    { "approved", SHAPE_BOOL, .help = "Whether a second person had said yes." },
    { "approvedBy", SHAPE_TEXT, .help = "Who that was.", .nullable = true },
    { .name = NULL },
};
static const struct shape sent = { "RunSend", "A time that messages were queued.", send_members };

static const struct member sending_members[] = {
    { "waiting", SHAPE_COUNT, .help = "Still to go." },
    { "perMinute", SHAPE_COUNT, .help = "In the last five minutes." },
    { "secondsLeft", SHAPE_COUNT, .help = "At that rate.", .nullable = true },
    { "pausedAt", SHAPE_TIME, .nullable = true },
    { "pausedBy", SHAPE_TEXT, .help = "null while paused: by itself.", .nullable = true },
    { "pausedWhy", SHAPE_TEXT, .nullable = true },
    { "firstMessages", SHAPE_COUNT, .help = "That went before the others.", .nullable = true },
    { "othersFollowAt", SHAPE_TIME, .nullable = true },
    { "failures", SHAPE_LIST, .help = "The most frequent first.", .of = &failure },
    { "sends", SHAPE_LIST, .help = "The latest first.", .of = &sent },
    { .name = NULL },
};
static const struct shape sending = { "RunSending", "How the sending of a run goes.",
                                      sending_members };

static const struct member deed_members[] = {
    { "at", SHAPE_TIME, .help = "When." },
    { "what", SHAPE_CHOICE, .values = runs_deeds },
    { "sentence", SHAPE_TEXT, .help = "The same in words." },
    { "actorName", SHAPE_TEXT, .help = "Who; null: the run did it by itself.", .nullable = true },
    { "note", SHAPE_TEXT, .help = "What was said with it.", .nullable = true },
    { "messages", SHAPE_COUNT, .help = "How many it was about.", .nullable = true },
    { .name = NULL },
};
static const struct shape deed = { "RunDeed", "Something that was done with a run.", deed_members };

static const struct member may_members[] = {
    { "act", SHAPE_BOOL, .help = "Mend, leave out, ask." },
    { "send", SHAPE_BOOL, .help = "Send what is due." },
    { "pause", SHAPE_BOOL, .help = "Pause it." },
    { "resume", SHAPE_BOOL, .help = "Go on." },
    { "close", SHAPE_BOOL, .help = "Close it." },
    { "reopen", SHAPE_BOOL, .help = "Open it again." },
    { "setUp", SHAPE_BOOL, .help = "Change the settings." },
    { .name = NULL },
};
static const struct shape may = { "RunMay", "What the asker may do now.", may_members };

#define HEAD                                                                                       \
    { "batchId", SHAPE_UUID, .help = "The run: a batch of a building and year." },                 \
        { "building", SHAPE_OBJECT, .of = &building }, { "year", SHAPE_INT, .example = "2025" },   \
        PHASE, TIMES, { "closedBy", SHAPE_TEXT, .nullable = true },                                \
        { "closeNote", SHAPE_TEXT, .nullable = true },                                             \
        { "ended", SHAPE_COUNT, .help = "Messages of it whose proof ended: they are gone." },      \
        { "counts", SHAPE_OBJECT, .of = &counts }, { "channels", SHAPE_LIST, .of = &channel },     \
    {                                                                                              \
        "imports", SHAPE_LIST, .help = "The latest first.", .of = &import                          \
    }

static const struct member runs_members[] = {
    HEAD,
    { "step", SHAPE_CHOICE, .help = "The one to look at now.", .values = steps },
    { "lastYear", SHAPE_COUNT, .help = "Messages of the year before." },
    { "check", SHAPE_OBJECT, .of = &check },
    { "approval", SHAPE_OBJECT, .of = &approval },
    { "sending", SHAPE_OBJECT, .of = &sending },
    { "log", SHAPE_LIST, .help = "What was done with it, the latest 100 first.", .of = &deed },
    { "may", SHAPE_OBJECT, .of = &may },
    { "hold", SHAPE_OBJECT, .help = "The legal hold on it or its building, the oldest.",
      .of = &hold_told_shape, .nullable = true },
    { .name = NULL },
};
const struct shape runs_shape = { "Run", "A run with all its steps.", runs_members };

static const struct member open_members[] = {
    { "unitId", SHAPE_UUID, .help = "The unit." },
    UNIT,
    RECIPIENT,
    CHANNEL,
    CHANNEL_LABEL,
    { "status", SHAPE_TEXT, .help = "Where the message stands." },
    { "statusLabel", SHAPE_TEXT, .help = "The same in words." },
    { "tone", SHAPE_TEXT, .help = "Of the status, on pages." },
    { "reason", SHAPE_TEXT, .nullable = true },
    { "href", SHAPE_LINK, .help = "The unit's page." },
    { .name = NULL },
};
static const struct shape open = { "RunOpen", "A message that did not arrive.", open_members };

static const struct member report_members[] = {
    HEAD,
    { "sends", SHAPE_LIST, .help = "The latest first.", .of = &sent },
    { "failures", SHAPE_LIST, .help = "The most frequent first.", .of = &failure },
    { "openMessages", SHAPE_COUNT, .help = "That did not arrive." },
    { "open", SHAPE_LIST, .help = "The first 200 of them by unit.", .of = &open },
    { "lettersToPrint", SHAPE_COUNT, .help = "Made, not printed." },
    { "lettersToHandIn", SHAPE_COUNT, .help = "Printed, not at the post." },
    { "unreported", SHAPE_COUNT, .help = "Left, and no delivery was reported." },
    { .name = NULL },
};
const struct shape runs_report_shape = { "RunReport", "What became of a run.", report_members };

/* ---- preview, recipients, settings ---- */

static const struct member file_members[] = {
    { "fileName", SHAPE_TEXT, .example = "statement-2025-1.01.pdf" },
    { "size", SHAPE_COUNT, .help = "Bytes." },
    { "href", SHAPE_LINK, .help = "The file." },
    { .name = NULL },
};
static const struct shape file = { "RunFile", "A file sent with a message.", file_members };

static const struct member odd_members[] = {
    { "odd", SHAPE_TEXT, .help = "In which way.", .example = "Longest name" },
    COMMUNICATION,
    UNIT,
    { "href", SHAPE_LINK, .help = "Its preview." },
    { .name = NULL },
};
static const struct shape odd = { "RunOdd", "A message that differs most.", odd_members };

static const struct member preview_members[] = {
    COMMUNICATION,
    CHANNEL,
    CHANNEL_LABEL,
    { "status", SHAPE_TEXT, .help = "Where it stands." },
    UNIT,
    RECIPIENT,
    { "to", SHAPE_TEXT, .help = "The address it goes to; viewers see part of it.",
      .nullable = true },
    { "subject", SHAPE_TEXT, .help = "Of an e-mail.", .nullable = true },
    { "text", SHAPE_TEXT, .help = "What it says." },
    { "parts", SHAPE_TEXT, .help = "Of an SMS: how many, and what they cost.", .nullable = true },
    { "bodyHref", SHAPE_LINK, .help = "The HTML of an e-mail.", .nullable = true },
    { "letterHref", SHAPE_LINK, .help = "The PDF of a letter.", .nullable = true },
    { "files", SHAPE_LIST, .of = &file },
    { "place", SHAPE_COUNT, .help = "Among the run's messages, by unit, from 1." },
    { "total", SHAPE_COUNT, .help = "Of how many." },
    { "previous", SHAPE_LINK, .nullable = true },
    { "next", SHAPE_LINK, .nullable = true },
    { "odd", SHAPE_LIST, .of = &odd },
    { .name = NULL },
};
const struct shape runs_preview_shape = { "RunPreview", "A message as its recipient sees it.",
                                          preview_members };

static const struct member settings_members[] = {
    { "approvalThreshold", SHAPE_COUNT,
      .help = "More messages need the approval of a second person; 0: never." },
    { "canaryOver", SHAPE_COUNT, .help = "Of more messages a few go first; 0: never." },
    { "canaryMinutes", SHAPE_COUNT, .help = "Between those and the others." },
    { .name = NULL },
};
const struct shape runs_settings_shape = { "RunSettings", "The tenant's settings for runs.",
                                           settings_members };

static const struct member recipient_members[] = {
    COMMUNICATION,
    { "email", SHAPE_TEXT, .nullable = true },
    { "phone", SHAPE_TEXT, .help = "E.164.", .nullable = true },
    { "street", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "postalCode", SHAPE_TEXT, .example = "8001" },
    { "city", SHAPE_TEXT, .example = "Zürich" },
    { "country", SHAPE_TEXT, .help = "ISO 3166, or empty." },
    { .name = NULL },
};
const struct shape recipient_shape = { "Recipient", "Where a message goes.", recipient_members };
