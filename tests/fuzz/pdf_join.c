/* Any bytes as a chunk of a print file: joined, or refused. */
#include "paper/pdf_join.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_new((size_t)64 << 20);
    struct str pdf = { arena_strndup(a, (const char *)bytes, n), n };
    struct pdf_chunk chunks[] = {
        { .pdf = pdf, .pages = 1, .width = 595, .height = 842 },
        { .pdf = pdf, .pages = 1, .new_sheet = true },
    };
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    if (!to || (pdf_join(a, to, chunks, 2) && chunks[1].page != 3))
        abort();
    fclose(to);
    free(out);
    arena_free(a);
    return 0;
}
