/* A billing file read from end to end: what is in it, what is wrong with it, its good rows. */
#pragma once

#include "import/files.h"
#include "import/reader.h"
#include "import/row.h"

#define FAULTS_KEPT 1000

/* A cell that is read as if the file said something else there. */
struct import_correction {
    long line;
    const char *column; /* as the file's header writes it */
    const char *value;
    const char *was; /* what the file says, by import_scan; it leaves NULL: there is no such row */
    bool idle;       /* by import_scan: the file says the same */
};

struct import_options {
    const char *file_name;
    int year; /* for every row; 0: found in each */
    struct import_choice choice;
    const struct message_kind *messages;   /* that rows may name; NULL: the usual one */
    struct import_correction *corrections; /* by line; one of a cell */
    size_t correction_count;
};

/* Called for each good row, whose memory ends with the call; `file` is NULL without an attachment.
 */
typedef enum err import_take(void *to, const struct import_row *row, const struct attachment *file);

/* Reads and checks all of the file, with its corrections. `attachments` marks as used what rows
   name. The document: {rows, units, channels: {EMAIL: n}, errors: [{line, field, column, value,
   reason, unit, recipient}], errorCount, goodRows, badRows, communications, warnings: [text],
   years: [n], buildings: [{code, name}], buildingCount, amounts: [{currency, minor}], attachments,
   encoding, delimiter, fields (see columns_json), columns: [text], unusedColumns: [text], ready
   (every required field has a column)}. Counts but `rows` are those of good rows. At most
   FAULTS_KEPT errors are kept. A file that is no CSV is one error on line 1. `take` may be NULL;
   what it answers, if not OK, is answered. */
enum err import_scan(struct arena *a, const struct import_options *options,
                     const struct csv_file *file, const struct attachments *attachments,
                     import_take *take, void *to, struct json_object **document) must_check;
