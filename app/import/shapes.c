/* The shapes of imports, as import.sql, import_scan.c and import_write.c make them. */
#include "import/shapes.h"

#include "import/import.h"

#define IMPORT                                                                                     \
    { "id", SHAPE_UUID, .help = "The import." },                                                   \
        { "fileName", SHAPE_TEXT, .example = "statements-2025.csv" },                              \
        { "state", SHAPE_CHOICE, .values = import_states },                                        \
        { "createdAt", SHAPE_TIME, .help = "When the file was uploaded." },                        \
        { "createdByName", SHAPE_TEXT, .nullable = true },                                         \
        { "committedAt", SHAPE_TIME, .nullable = true },                                           \
    {                                                                                              \
        "communications", SHAPE_COUNT, .help = "Messages it made."                                 \
    }

static const struct member row_members[] = {
    IMPORT,
    { "rows", SHAPE_COUNT, .help = "Rows of the file." },
    { "errorCount", SHAPE_COUNT, .help = "What is wrong in it." },
    { .name = NULL },
};
static const struct shape row = { "ImportRow", "An import in the list.", row_members };

static const struct member list_members[] = {
    { "imports", SHAPE_LIST, .help = "The latest 50, newest first.", .of = &row },
    { .name = NULL },
};
const struct shape imports_shape = { "ImportList", "The latest imports.", list_members };

/* ---- the preview ---- */

static const struct member error_members[] = {
    { "line", SHAPE_INT, .help = "Of the file, from 1.", .example = "12" },
    { "field", SHAPE_TEXT, .help = "As in ImportOptions; null: it is of the whole row.",
      .example = "email", .nullable = true },
    { "column", SHAPE_TEXT, .help = "As the file's header names it.", .example = "E-Mail" },
    { "value", SHAPE_TEXT, .help = "What stands there.", .example = "anna@" },
    { "reason", SHAPE_TEXT, .help = "What is wrong with it.",
      .example = "This is not an e-mail address." },
    { "unit", SHAPE_TEXT, .help = "Of the row.", .example = "2.04", .nullable = true },
    { "recipient", SHAPE_TEXT, .help = "Of the row.", .example = "Anna Meier", .nullable = true },
    { .name = NULL },
};
static const struct shape error = { "ImportError", "What is wrong in a file, and where.",
                                    error_members };

static const struct member building_members[] = {
    { "code", SHAPE_TEXT, .example = "LH-12" },
    { "name", SHAPE_TEXT, .example = "Lindenhof 12" },
    { .name = NULL },
};
static const struct shape building = { "ImportBuilding", "A building of a file.",
                                       building_members };

static const struct member amount_members[] = {
    { "currency", SHAPE_TEXT, .help = "ISO 4217.", .example = "CHF" },
    { "minor", SHAPE_INT, .help = "In minor units of the currency.", .example = "24000" },
    { .name = NULL },
};
static const struct shape amount = { "ImportAmount", "The sum of a currency's amounts.",
                                     amount_members };

static const struct member field_members[] = {
    { "field", SHAPE_TEXT, .help = "As in ImportOptions.", .example = "buildingCode" },
    { "label", SHAPE_TEXT, .help = "In words.", .example = "Building code" },
    { "required", SHAPE_BOOL, .help = "Whether a column must hold it." },
    { "column", SHAPE_TEXT, .help = "The header of the column that holds it.", .nullable = true },
    { .name = NULL },
};
static const struct shape field = { "ImportField", "What a column may hold.", field_members };

static const struct member preview_members[] = {
    { "rows", SHAPE_COUNT, .help = "Rows of the file." },
    { "goodRows", SHAPE_COUNT, .help = "Rows without an error." },
    { "badRows", SHAPE_COUNT, .help = "Rows with one." },
    { "units", SHAPE_COUNT, .help = "Units of the good rows; so for all that follow." },
    { "communications", SHAPE_COUNT, .help = "Of every channel." },
    { "channels", SHAPE_COUNTS, .help = "Communications by channel.", .values = channel_names },
    { "errors", SHAPE_LIST, .help = "The first 1000.", .of = &error },
    { "errorCount", SHAPE_COUNT, .help = "All there are." },
    { "warnings", SHAPE_TEXTS, .help = "What may be a mistake, in sentences." },
    { "years", SHAPE_INTS, .help = "Billing years." },
    { "buildings", SHAPE_LIST, .help = "The first ones.", .of = &building },
    { "buildingCount", SHAPE_COUNT, .help = "All there are." },
    { "amounts", SHAPE_LIST, .of = &amount },
    { "attachments", SHAPE_COUNT, .help = "Files that were given with it." },
    { "ready", SHAPE_BOOL, .help = "Whether the file can be read and its columns are known." },
    { "askColumns", SHAPE_BOOL, .help = "Whether some columns must be named by a person." },
    { "encoding", SHAPE_TEXT, .example = "UTF-8", .optional = true },
    { "delimiter", SHAPE_TEXT, .example = ";", .optional = true },
    { "fields", SHAPE_LIST, .help = "What each field is read from.", .of = &field,
      .optional = true },
    { "columns", SHAPE_TEXTS, .help = "Headers of the file.", .optional = true },
    { "unusedColumns", SHAPE_TEXTS, .help = "Headers of columns that nothing is read from.",
      .optional = true },
    { .name = NULL },
};
static const struct shape preview = { "ImportPreview", "What is in a file, and what is wrong.",
                                      preview_members };

/* ---- the result ---- */

static const struct member batch_members[] = {
    { "batchId", SHAPE_UUID, .help = "The batch." },
    { "buildingId", SHAPE_UUID, .help = "The building." },
    { "buildingCode", SHAPE_TEXT, .example = "LH-12" },
    { "buildingName", SHAPE_TEXT, .example = "Lindenhof 12" },
    { "year", SHAPE_INT, .example = "2025" },
    { "added", SHAPE_COUNT, .help = "Communications that are new." },
    { .name = NULL },
};
static const struct shape batch = { "ImportBatch", "A building and year of an import.",
                                    batch_members };

static const struct member result_members[] = {
    { "communications", SHAPE_COUNT, .help = "Those it made." },
    { "alreadyThere", SHAPE_COUNT, .help = "Those that were there already and are as they were." },
    { "attachments", SHAPE_COUNT, .help = "Files it added." },
    { "batches", SHAPE_LIST, .of = &batch },
    { .name = NULL },
};
static const struct shape result = { "ImportResult", "What an import made.", result_members };

/* ---- an import ---- */

static const struct member correction_members[] = {
    { "id", SHAPE_UUID, .help = "The correction." },
    { "line", SHAPE_INT, .help = "Of the file, from 1.", .example = "12" },
    { "column", SHAPE_TEXT, .help = "As the file's header names it.", .example = "E-Mail" },
    { "value", SHAPE_TEXT, .help = "What is read there.", .example = "anna@example.com" },
    { "was", SHAPE_TEXT, .help = "What the file says there.", .example = "anna@" },
    { "correctedAt", SHAPE_TIME, .help = "When, the last time." },
    { "correctedByName", SHAPE_TEXT, .nullable = true },
    { .name = NULL },
};
static const struct shape correction = {
    "ImportCorrection", "A cell that is read as if the file said something else there.",
    correction_members
};

static const struct member settings_members[] = {
    { "year", SHAPE_INT, .help = "Billing year of every row.", .example = "2025",
      .optional = true },
    { "mapping", SHAPE_WORDS, .help = "Headers of columns a person named, by field." },
    { .name = NULL },
};
static const struct shape settings = { "ImportSettings", "How a file is read.", settings_members };

static const struct member progress_members[] = {
    { "written", SHAPE_COUNT,
      .help = "Communications this try has written; none is kept before all are." },
    { "total", SHAPE_COUNT, .help = "Communications of the file." },
    { .name = NULL },
};
static const struct shape progress = { "ImportProgress", "How far an import under way is.",
                                       progress_members };

static const struct member import_members[] = {
    IMPORT,
    { "error", SHAPE_TEXT, .help = "Why it failed, or why the last try did.", .nullable = true },
    { "progress", SHAPE_OBJECT, .help = "While it is QUEUED or IMPORTING.", .of = &progress,
      .nullable = true },
    { "settings", SHAPE_OBJECT, .of = &settings },
    { "corrections", SHAPE_LIST, .help = "By line. The file stays as it was uploaded.",
      .of = &correction },
    { "preview", SHAPE_OBJECT, .of = &preview },
    { "result", SHAPE_OBJECT, .help = "What it made, once it is committed.", .of = &result,
      .nullable = true },
    { "fileSha256", SHAPE_TEXT, .help = "Of the file, in hexadecimal." },
    { "attachmentsSha256", SHAPE_TEXT, .help = "Of the zip, in hexadecimal.", .nullable = true },
    { .name = NULL },
};
const struct shape import_shape = { "Import", "A billing file: its preview, and what it made.",
                                    import_members };
