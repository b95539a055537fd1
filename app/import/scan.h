/* A billing file read from end to end: what is in it, what is wrong with it, its good rows. */
#pragma once

#include "import/files.h"
#include "import/reader.h"
#include "import/row.h"

#define FAULTS_KEPT 1000

struct import_options {
    const char *file_name;
    int year; /* for every row; 0: found in each */
    struct import_choice choice;
    const char *const *templates; /* that rows may name, as of message_names; NULL: the usual one */
};

/* Called for each good row, whose memory ends with the call; `file` is NULL without an attachment.
 */
typedef enum err import_take(void *to, const struct import_row *row, const struct attachment *file);

/* Reads and checks all of the file. `attachments` marks as used what rows name. The document:
   {rows, units, channels: {EMAIL: n}, errors: [{line, column, value, reason}], errorCount,
   goodRows, badRows, communications, warnings: [text], years: [n], buildings: [{code, name}],
   buildingCount, amounts: [{currency, minor}], attachments, encoding, delimiter, fields (see
   columns_json), columns: [text], unusedColumns: [text], ready (every required field has a
   column)}. Counts but `rows` are those of good rows. At most FAULTS_KEPT errors are kept. A file
   that is no CSV is one error on line 1. `take` may be NULL; what it answers, if not OK, is
   answered. */
enum err import_scan(struct arena *a, const struct import_options *options,
                     const struct csv_file *file, const struct attachments *attachments,
                     import_take *take, void *to, struct json_object **document) must_check;
