/* Any bytes as a mail message: a report that comes out of them is whole. */
#include "channels/report.h"
#include "channels/mime_part.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check(const struct report *r)
{
    must((r->kind == REPORT_NONE) == (r->recipient_count == 0));
    for (size_t i = 0; i < r->recipient_count; i++) {
        must(r->recipients[i].address && r->recipients[i].action);
        must(strlen(report_sentence(r->recipients[i].status)) > 0);
    }
    must(!r->original_message_id || *r->original_message_id);
    must(!r->date || strlen(r->date) >= 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct report r;
    struct mime_part p;
    struct arena *a = arena_new((size_t)256 << 20);
    struct str text = { (const char *)bytes, n };
    if (report_parse(a, text, &r) == OK)
        check(&r);
    if (mime_part_read(a, text, &p) == OK) {
        const char *value = mime_header_of(&p, "subject");
        must(!value || mime_words(a, value));
        (void)mime_parameter(a, value ? value : "", "name");
        (void)mime_date(a, value ? value : "");
        (void)mime_part_body(a, &p);
    }
    arena_free(a);
    return 0;
}
