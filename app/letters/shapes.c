/* The shapes of print runs, their letters, the certificate and the settings. */
#include "letters/shapes.h"

#include "letters/letters.h"
#include "track/labels.h"
#include "track/letter_settings.h"
#include "track/track.h"

static const char *const classes[] = { "LETTER", "LETTER_WITH_RECEIPT", NULL };

/* ---- settings ---- */

#define PRICE(name)                                                                                \
    {                                                                                              \
        name, SHAPE_COUNT, .help = "In minor units.", .nullable = true                             \
    }

static const struct member settings_members[] = {
    { "senderName", SHAPE_TEXT, .help = "First line of the letterhead.",
      .example = "Verwaltung Muster AG" },
    { "senderLines", SHAPE_TEXTS, .help = "Street, place, telephone." },
    { "form", SHAPE_CHOICE, .help = "Where the window of the envelope is.",
      .values = letter_form_names },
    { "duplex", SHAPE_BOOL, .help = "Printed on both sides." },
    { "paperGsm", SHAPE_COUNT, .help = "Grams of a square metre of paper." },
    { "envelopeGrams", SHAPE_COUNT, .help = "Weight of an envelope." },
    { "place", SHAPE_TEXT, .help = "Before the date.", .example = "Zürich", .nullable = true },
    { "footer", SHAPE_TEXT, .help = "At the end of each letter.", .nullable = true },
    { "country", SHAPE_TEXT, .help = "The sender's, ISO 3166.", .example = "CH", .nullable = true },
    { "currency", SHAPE_TEXT, .help = "Of the prices.", .example = "CHF", .nullable = true },
    PRICE("priceLetter20"),
    PRICE("priceLetter50"),
    PRICE("priceLetter100"),
    PRICE("priceLetter250"),
    PRICE("priceLetter500"),
    PRICE("priceLetter1000"),
    PRICE("priceRegistered20"),
    PRICE("priceRegistered50"),
    PRICE("priceRegistered100"),
    PRICE("priceRegistered250"),
    PRICE("priceRegistered500"),
    PRICE("priceRegistered1000"),
    { "priceSheet", SHAPE_COUNT, .help = "Paper and print of a sheet, in minor units.",
      .nullable = true },
    { .name = NULL },
};
const struct shape letter_settings_shape = {
    "LetterSettings", "How letters look, weigh and cost; what was not set is as usual there.",
    settings_members
};

/* ---- what waits ---- */

static const struct member ready_members[] = {
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "building", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2025" },
    { "letters", SHAPE_COUNT, .help = "Letters that are ready to be printed and in no run." },
    { "registered", SHAPE_COUNT, .help = "Of those, registered ones." },
    { "sheets", SHAPE_COUNT, .help = "Of paper." },
    { "grams", SHAPE_ANY, .help = "Weight in all, with envelopes." },
    { "oldest", SHAPE_TIME, .help = "Since when the first of them waits." },
    { .name = NULL },
};
static const struct shape ready = { "LettersReady", "Letters of a building and year that wait.",
                                    ready_members };
static const struct member ready_list_members[] = {
    { "ready", SHAPE_LIST, .help = "By building and year.", .of = &ready },
    { .name = NULL },
};
const struct shape letters_ready_shape = { "LettersReadyList", "Letters that wait for a run.",
                                           ready_list_members };

/* ---- runs ---- */

static const struct member building_members[] = {
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "name", SHAPE_TEXT, .example = "Lindenhof 12" },
    { .name = NULL },
};
static const struct shape building = { "PrintRunBuilding", "A building of the run's letters.",
                                       building_members };

#define RUN                                                                                        \
    { "runId", SHAPE_UUID, .help = "The run." },                                                   \
        { "name", SHAPE_TEXT, .help = "Its number within the year.", .example = "2026-07" },       \
        { "state", SHAPE_CHOICE, .values = print_run_states },                                     \
        { "order", SHAPE_CHOICE, .help = "How the letters are sorted.",                            \
          .values = print_run_orders },                                                            \
        { "separators", SHAPE_CHOICE, .help = "Before what a sheet is put.",                       \
          .values = print_separators },                                                            \
        { "labelLayout", SHAPE_CHOICE, .help = "Sheet of labels.", .values = print_labels },       \
        { "labelStart", SHAPE_COUNT, .help = "First label that is free on the first sheet." },     \
        { "letters", SHAPE_COUNT, .help = "Expected, and once its file is made, produced." },      \
        { "sheets", SHAPE_COUNT, .help = "Of paper, without separators." },                        \
        { "grams", SHAPE_ANY, .help = "Weight in all, with envelopes." },                          \
        { "pages", SHAPE_COUNT, .help = "Of its file, with separators.", .nullable = true },       \
        { "done", SHAPE_COUNT, .help = "Letters put together, while it is made." },                \
        { "error", SHAPE_TEXT, .help = "Why its file could not be made.", .nullable = true },      \
        { "printSha256", SHAPE_TEXT, .help = "Of its file.", .nullable = true },                   \
        { "createdAt", SHAPE_TIME, .help = "When it was asked for." },                             \
        { "createdByName", SHAPE_TEXT, .nullable = true },                                         \
        { "madeAt", SHAPE_TIME, .nullable = true }, { "printedAt", SHAPE_TIME, .nullable = true }, \
        { "printedByName", SHAPE_TEXT, .nullable = true },                                         \
        { "lodgedAt", SHAPE_TIME, .help = "When it was handed in.", .nullable = true },            \
        { "lodgedByName", SHAPE_TEXT, .nullable = true },                                          \
        { "accepted", SHAPE_COUNT, .help = "Letters the post took.", .nullable = true },           \
        { "missing", SHAPE_COUNT, .help = "Letters it did not take.", .nullable = true },          \
        { "missingNamed", SHAPE_BOOL, .help = "Whether it is known which those are." },            \
        { "missingNumbers", SHAPE_TEXT, .help = "Theirs in the run: 3, 17.", .nullable = true },   \
        { "returned", SHAPE_COUNT, .help = "Letters that came back." },                            \
        { "registered", SHAPE_COUNT, .help = "Registered letters among them." },                   \
        { "scanSha256", SHAPE_TEXT, .help = "Of the stamped slip.", .nullable = true },            \
        { "slipSha256", SHAPE_TEXT, .help = "Of the list for the post, kept since printed.",       \
          .nullable = true },                                                                      \
        { "labelsSha256", SHAPE_TEXT, .help = "Of its labels, kept too.", .nullable = true },      \
        { "scanFileName", SHAPE_TEXT, .nullable = true },                                          \
        { "explanation", SHAPE_TEXT, .help = "Why the post took another number.",                  \
          .nullable = true },                                                                      \
        { "closedAt", SHAPE_TIME, .nullable = true },                                              \
        { "closedByName", SHAPE_TEXT, .nullable = true },                                          \
        { "cancelledAt", SHAPE_TIME, .nullable = true },                                           \
    {                                                                                              \
        "buildings", SHAPE_LIST, .help = "Whose letters it holds.", .of = &building                \
    }
#define LINKS                                                                                      \
    { "printHref", SHAPE_LINK, .help = "The file to print.", .nullable = true },                   \
    {                                                                                              \
        "scanHref", SHAPE_LINK, .help = "The stamped slip.", .nullable = true                      \
    }

static const struct member row_members[] = { RUN, LINKS, { .name = NULL } };
static const struct shape row = { "PrintRunRow", "A print run in a list.", row_members };
static const struct member runs_members[] = {
    { "runs", SHAPE_LIST, .help = "The newest first, at most 50.", .of = &row },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape print_runs_shape = { "PrintRuns", "Print runs the asker may see all of.",
                                        runs_members };

static const struct member run_members[] = {
    RUN,
    LINKS,
    { "postageMinor", SHAPE_COUNT, .help = "What the post will ask, where prices are set.",
      .nullable = true },
    { "currency", SHAPE_TEXT, .nullable = true },
    { .name = NULL },
};
const struct shape print_run_shape = { "PrintRun", "Letters printed and posted together.",
                                       run_members };

static const struct member certificate_members[] = {
    RUN,
    { "sentence", SHAPE_TEXT, .help = "The run in one sentence." },
    { "declaration", SHAPE_TEXT, .help = "To be signed by who handed it in." },
    { "matches", SHAPE_BOOL, .help = "Whether the post took every letter." },
    { .name = NULL },
};
const struct shape print_certificate_shape = { "PrintRunCertificate",
                                               "What a run proves, once it was handed in.",
                                               certificate_members };

/* ---- pieces ---- */

static const struct member piece_members[] = {
    { "seq", SHAPE_COUNT, .help = "Its place in the run, from 1." },
    { "communicationId", SHAPE_UUID, .help = "The communication." },
    { "code", SHAPE_TEXT, .help = "Printed on it.", .example = "TC1:06EXAMPLE…:7" },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "unit", SHAPE_TEXT, .example = "1.01" },
    { "building", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2025" },
    { "address", SHAPE_TEXT, .help = "Viewers see part of it.",
      .example = "Lindenhof 12, 8001 Zürich, CH" },
    { "class", SHAPE_CHOICE, .values = classes },
    { "sheets", SHAPE_COUNT, .help = "Of paper." },
    { "grams", SHAPE_ANY, .help = "Weight with its envelope." },
    { "page", SHAPE_COUNT, .help = "Where it begins in the file, from 1.", .nullable = true },
    { "receipt", SHAPE_TEXT, .help = "Number of a registered letter.", .nullable = true },
    { "missing", SHAPE_BOOL, .help = "Named as one that the post did not take." },
    { "status", SHAPE_CHOICE, .help = "Where the communication stands.", .values = status_names },
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "returnedAt", SHAPE_TIME, .nullable = true },
    { "returnReason", SHAPE_CHOICE, .values = return_reasons, .nullable = true },
    { .name = NULL },
};
static const struct shape piece = { "PrintPiece", "A letter of a run.", piece_members };
static const struct member pieces_members[] = {
    { "pieces", SHAPE_LIST, .help = "In order, at most 100.", .of = &piece },
    { "next", SHAPE_LINK, .help = "The page after this one.", .nullable = true },
    { .name = NULL },
};
const struct shape print_pieces_shape = { "PrintPieces", "The letters of a run.", pieces_members };

/* ---- returned ---- */

static const struct member returned_members[] = {
    { "communicationId", SHAPE_UUID, .help = "The communication." },
    { "recipientName", SHAPE_TEXT, .example = "Anna Keller" },
    { "unitId", SHAPE_UUID, .help = "The unit." },
    { "unit", SHAPE_TEXT, .example = "1.01" },
    { "building", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2025" },
    { "reason", SHAPE_CHOICE, .help = "As it was noted first.", .values = return_reasons },
    { "already", SHAPE_BOOL, .help = "Whether it was noted before." },
    { .name = NULL },
};
const struct shape letter_returned_shape = { "LetterReturned", "A letter that came back.",
                                             returned_members };
