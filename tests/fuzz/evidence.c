/* Any bytes as an evidence pack, and as a manifest's line with a timeline behind it: judged, in
   words that a terminal can be shown. */
#include "base/json.h"
#include "evidence/timeline.h"
#include "evidence/verify.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct json_limits limits = { .depth = 16, .nodes = 10000, .string = 1 << 16 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void as_pack(struct arena *a, const uint8_t *bytes, size_t n)
{
    char path[40];
    struct evidence_verdict v;
    struct ctx c = { .arena = a };
    int file = memfd_create("pack", MFD_CLOEXEC);
    must(file >= 0 && write(file, bytes, n) == (ssize_t)n);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    must(evidence_verify(&c, path, &v) == OK);
    must(v.sentence ? *v.sentence != '\0' : v.packs > 0 || v.files > 0);
    for (const char *p = v.sentence; p && *p; p++)
        must((unsigned char)*p >= 0x20 && *p != 0x7f);
    close(file);
}

static void as_timeline(struct arena *a, const uint8_t *bytes, size_t n)
{
    const char *why, *text = arena_strndup(a, (const char *)bytes, n), *end = strchr(text, '\n');
    struct json_object *d;
    if (!end || json_parse(a, (struct str){ text, (size_t)(end - text) }, &limits, &d, &why) ||
        !json_text(d, "communicationId"))
        return;
    struct timeline_check t = { .communication_id = json_text(d, "communicationId"),
                                .lines = str_of(end + 1),
                                .chain = json_get(d, "chain"),
                                .inclusion = json_get(d, "inclusion") };
    if (json_object_is_type(t.chain, json_type_object))
        must(timeline_check(a, &t) ||
             t.events == json_object_get_int64(json_get(t.chain, "events")));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_new((size_t)1 << 30);
    as_pack(a, bytes, n);
    as_timeline(a, bytes, n);
    arena_free(a);
    return 0;
}
