/* Any bytes as a billing file: the reader and the checks of its rows. The first byte chooses how it
   is read. */
#include "base/crypto.h"
#include "base/json.h"
#include "import/scan.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static enum err take(void *to, const struct import_row *row, const struct attachment *file)
{
    (void)to;
    (void)file;
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        if (!row->text[f])
            abort();
    }
    if (!row->channels || row->year < 1900)
        abort();
    return OK;
}

/* Columns named by hand, so that a file needs no known header. */
static const struct import_choice by_letter = {
    .column = { [COLUMN_BUILDING_CODE] = "a",
                [COLUMN_UNIT_NUMBER] = "b",
                [COLUMN_RECIPIENT_NAME] = "c",
                [COLUMN_DELIVERY_PREFERENCE] = "d",
                [COLUMN_SUBJECT] = "e",
                [COLUMN_AMOUNT_DUE] = "f",
                [COLUMN_CURRENCY] = "g",
                [COLUMN_PHONE] = "h",
                [COLUMN_EMAIL] = "i",
                [COLUMN_DUE_DATE] = "j" },
};

/* In rows that may be there, columns that may be, and behind the end of short rows. */
static const struct import_correction by_hand[] = {
    { .line = 2, .column = "d", .value = "email" },
    { .line = 2, .column = "i", .value = "a@b.ch" },
    { .line = 3, .column = "", .value = "x" },
    { .line = 3, .column = "email", .value = "" },
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    crypto_init();
    if (n == 0)
        return 0;
    struct arena *a = arena_new(64 << 20);
    struct import_options options = { .file_name = "fuzz.csv", .year = bytes[0] & 1 ? 2024 : 0 };
    if (bytes[0] & 2)
        options.choice = by_letter;
    struct import_correction corrections[4];
    memcpy(corrections, by_hand, sizeof(by_hand));
    if (bytes[0] & 8) {
        options.corrections = corrections;
        options.correction_count = 4;
    }
    struct attachments files = { .given = bytes[0] & 4 };
    struct csv_file file = { .bytes = { (const char *)bytes + 1, n - 1 } };
    struct json_object *document;
    if (import_scan(a, &options, &file, &files, take, NULL, &document) != OK)
        abort();
    if (!json_get(document, "rows") || !json_get(document, "errors"))
        abort();
    struct buf text = buf_in(a);
    json_write(&text, document);
    arena_free(a);
    return 0;
}
