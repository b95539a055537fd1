/* Any bytes as what carriers post, and as when something happened: what comes out is whole. */
#include "base/crypto.h"
#include "base/utf8.h"
#include "carriers/generic.h"
#include "carriers/ship24_wire.h"
#include "carriers/when.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check(struct arena *a, const struct parcel_news *news)
{
    must(!news->tracking_number || *news->tracking_number);
    for (size_t i = 0; i < news->n; i++) {
        const struct scan *s = &news->scans[i];
        const char *sentence = scan_sentence(a, s);
        must(s->type && s->key && *s->key);
        must(s->status >= PARCEL_NOTHING && s->status < PARCEL_STATUS_COUNT);
        must(!s->occurred_at || strlen(s->occurred_at) == MOMENT_LENGTH);
        must(*sentence && strlen(sentence) <= 500 && utf8_valid(str_of(sentence)));
        must(scan_detail(a, s) != NULL);
    }
}

/* A time that is told reads as itself. */
static void check_moment(const char *text)
{
    struct moment m, again;
    if (!moment_read(text, 330, &m))
        return;
    must(strlen(m.at) == MOMENT_LENGTH && moment_read(m.at, 0, &again));
    must(again.ms == m.ms && strcmp(again.at, m.at) == 0 && !again.no_zone && !again.no_time);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t count = 0;
    const char *why = NULL;
    struct parcel_news *list, one;
    struct callback_fault fault = { 0 };
    struct arena *a = arena_new((size_t)256 << 20);
    struct str body = { (const char *)bytes, n };
    crypto_init();
    if (ship24_read(a, body, 60, &list, &count, &why) != OK)
        must(why != NULL);
    for (size_t i = 0; i < count; i++)
        check(a, &list[i]);
    (void)ship24_message_key(a, body);
    if (callback_read(a, body, -60, "alpine", &one, &fault) == OK)
        check(a, &one);
    else
        must(fault.field && fault.message);
    check_moment(arena_strndup(a, body.p, n));
    arena_free(a);
    return 0;
}
