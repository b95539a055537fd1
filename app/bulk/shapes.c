/* What the API tells of bulk actions. */
#include "bulk/shapes.h"

#include "bulk/bulk.h"
#include "exports/exports.h"
#include "exports/shapes.h"
#include "track/channel.h"
#include "track/cost.h"
#include "track/labels.h"
#include "track/track.h"

static const struct member exclusion_members[] = {
    { "reason", SHAPE_TEXT, .help = "Its name.", .example = "delivered" },
    { "sentence", SHAPE_TEXT, .help = "In words.", .example = "Delivered already." },
    { "count", SHAPE_COUNT, .help = "How many are left out for it." },
    { .name = NULL },
};
static const struct shape exclusion = { "BulkExclusion", "Why some are left out.",
                                        exclusion_members };

static const struct member item_members[] = {
    { "seq", SHAPE_COUNT, .help = "Its place." },
    { "communicationId", SHAPE_UUID, .help = "What it is about." },
    { "state", SHAPE_CHOICE, .values = bulk_item_states },
    { "result", SHAPE_TEXT, .help = "What became of it.", .nullable = true },
    { "at", SHAPE_TIME, .help = "When.", .nullable = true },
    { "recipientName", SHAPE_TEXT, .help = "To whom." },
    { "building", SHAPE_TEXT, .help = "The building's name." },
    { "unitNumber", SHAPE_TEXT, .help = "The unit." },
    { "channel", SHAPE_CHOICE, .values = channel_names },
    { "subject", SHAPE_TEXT, .help = "Its subject." },
    { "status", SHAPE_CHOICE, .help = "As it stands now.", .values = status_names },
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    { .name = NULL },
};
static const struct shape item = { "BulkItem", "One communication of a bulk action.",
                                   item_members };

#define BULK                                                                                       \
    { "bulkId", SHAPE_UUID, .help = "The bulk action." },                                          \
        { "action", SHAPE_CHOICE, .values = bulk_actions },                                        \
        { "state", SHAPE_CHOICE, .help = "CONFIRMED: waits for a second person.",                  \
          .values = bulk_states },                                                                 \
        { "words", SHAPE_TEXT, .help = "Over what, in words." },                                   \
        { "filter", SHAPE_OBJECT, .help = "The same, as kept; null where they were named.",        \
          .nullable = true },                                                                      \
        { "channel", SHAPE_CHOICE, .help = "Of a resend by another way.", .values = channel_names, \
          .nullable = true },                                                                      \
        { "mark", SHAPE_TEXT, .help = "Of mark: what was seen or done.", .nullable = true },       \
        { "format", SHAPE_CHOICE, .help = "Of export and evidence.", .values = export_formats,     \
          .nullable = true },                                                                      \
        { "tag", SHAPE_TEXT, .help = "Of tag and untag.", .nullable = true },                      \
        { "note", SHAPE_TEXT, .help = "Why, in the words of who asked.", .nullable = true },       \
        { "total", SHAPE_COUNT, .help = "Items of the snapshot that are to be done." },            \
        { "excluded", SHAPE_COUNT, .help = "Those left out." },                                    \
        { "done", SHAPE_COUNT, .help = "Done; of an export with its end." },                       \
        { "failed", SHAPE_COUNT, .help = "Refused, each with its sentence." },                     \
        { "error", SHAPE_TEXT, .help = "Why it failed, or was paused by itself.",                  \
          .nullable = true },                                                                      \
        { "exportId", SHAPE_UUID, .help = "The export it became.", .nullable = true },             \
        { "undoOf", SHAPE_UUID, .help = "The action it takes back.", .nullable = true },           \
        { "undoneBy", SHAPE_UUID, .help = "The action that takes it back.", .nullable = true },    \
        { "createdByName", SHAPE_TEXT, .help = "Who planned it.", .nullable = true },              \
        { "createdAt", SHAPE_TIME, .help = "When." },                                              \
        { "expiresAt", SHAPE_TIME, .help = "Until when it can be confirmed, or approved." },       \
        { "confirmedAt", SHAPE_TIME, .help = "When it was.", .nullable = true },                   \
        { "approvedByName", SHAPE_TEXT, .help = "The second person.", .nullable = true },          \
        { "approvedAt", SHAPE_TIME, .help = "When.", .nullable = true },                           \
        { "startedAt", SHAPE_TIME, .help = "When it began.", .nullable = true },                   \
        { "endedAt", SHAPE_TIME, .help = "When it was over.", .nullable = true },                  \
        { "mine", SHAPE_BOOL, .help = "Whether who asks now planned it." },                        \
        { "needsCount", SHAPE_BOOL, .help = "Confirmed only with the number, typed." },            \
        { "needsApproval", SHAPE_BOOL, .help = "A second person has to approve it." },             \
        { "canConfirm", SHAPE_BOOL, .help = "Whether who asks now can." },                         \
        { "canApprove", SHAPE_BOOL, .help = "The same." },                                         \
        { "canUndo", SHAPE_BOOL, .help = "Whether it can be taken back now." },                    \
    {                                                                                              \
        "planToken", SHAPE_TEXT, .help = "To confirm it with: for who planned it, ten minutes.",   \
                                 .nullable = true                                                  \
    }

static const struct member bulk_members[] = {
    BULK,
    { "exclusions", SHAPE_LIST, .of = &exclusion },
    { "channels", SHAPE_COUNTS, .help = "Of the items, by channel.", .values = channel_names },
    { "cost", SHAPE_OBJECT, .help = "Of a resend that was not begun yet.", .of = &cost_shape,
      .nullable = true },
    { "samples", SHAPE_LIST, .help = "The first of those to be done.", .of = &item },
    { "export", SHAPE_OBJECT, .help = "How far it is, and its file, for who may have it.",
      .of = &export_shape, .nullable = true },
    { "seconds", SHAPE_COUNT, .help = "What is left may take so long, as the latest did." },
    { "items", SHAPE_LIST, .help = "A page of them.", .of = &item },
    { "next", SHAPE_TEXT, .help = "Cursor of the next page, for `after`.", .nullable = true },
    { .name = NULL },
};
const struct shape bulk_shape = { "Bulk", "A bulk action: its plan, its progress, its results.",
                                  bulk_members };

static const struct member line_members[] = { BULK, { .name = NULL } };
static const struct shape line = { "BulkLine", "A bulk action in short.", line_members };

static const struct member list_members[] = {
    { "actions", SHAPE_LIST, .help = "The newest fifty.", .of = &line },
    { .name = NULL },
};
const struct shape bulk_list_shape = { "BulkList", "The latest bulk actions.", list_members };
