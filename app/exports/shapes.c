/* What the API tells of exports. */
#include "exports/shapes.h"

#include "exports/exports.h"

static const struct member progress_members[] = {
    { "scanned", SHAPE_COUNT, .help = "Communications looked at." },
    { "scope", SHAPE_COUNT, .help = "Those to be looked at; 0 before it has begun." },
    { .name = NULL },
};
static const struct shape progress = { "ExportProgress", "How far an export under way is.",
                                       progress_members };

static const struct member link_members[] = {
    { "href", SHAPE_LINK, .help = "Works without a login, for whoever has it, until it expires." },
    { "fileName", SHAPE_TEXT, .example = "communications-2026-05-12.csv" },
    { "seconds", SHAPE_COUNT, .help = "For how long it works; ask again for another." },
    { .name = NULL },
};
static const struct shape link_shape = { "ExportLink", "The way to the file of an export.",
                                         link_members };

static const struct member export_members[] = {
    { "exportId", SHAPE_UUID, .help = "The export." },
    { "state", SHAPE_CHOICE, .help = "READY: there is a file. EXPIRED: it is gone.",
      .values = export_states },
    { "what", SHAPE_CHOICE, .help = "What it is of.", .values = export_whats },
    { "format", SHAPE_CHOICE, .values = export_formats },
    { "words", SHAPE_TEXT, .help = "What was asked for, in words.",
      .example = "Lindenhof 12, 2025, failed or returned" },
    { "filter", SHAPE_OBJECT, .help = "The same, as kept." },
    { "rows", SHAPE_COUNT, .help = "Of the file, or written so far." },
    { "progress", SHAPE_OBJECT, .help = "While it is QUEUED or RUNNING.", .of = &progress,
      .nullable = true },
    { "size", SHAPE_COUNT, .help = "Bytes of the file.", .nullable = true },
    { "sha256", SHAPE_TEXT, .help = "Of the file, in hexadecimal.", .nullable = true },
    { "error", SHAPE_TEXT, .help = "Why it failed, or why the last try did.", .nullable = true },
    { "createdByName", SHAPE_TEXT, .help = "Who asked for it.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When." },
    { "readyAt", SHAPE_TIME, .help = "When the file was whole.", .nullable = true },
    { "expiresAt", SHAPE_TIME, .help = "When the file goes.", .nullable = true },
    { "mine", SHAPE_BOOL, .help = "Whether who asks now asked for it." },
    { "download", SHAPE_OBJECT,
      .help = "Where the file is there and who asks may see every building that it tells of.",
      .of = &link_shape, .nullable = true },
    { "canDelete", SHAPE_BOOL, .help = "Whether who asks now may delete it." },
    { .name = NULL },
};
const struct shape export_shape = { "Export", "Communications or shipments as a file to download.",
                                    export_members };

static const struct member exports_members[] = {
    { "exports", SHAPE_LIST, .help = "The newest hundred.", .of = &export_shape },
    { .name = NULL },
};
const struct shape exports_shape = { "Exports", "The latest exports.", exports_members };
