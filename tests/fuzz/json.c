/* Any bytes through the JSON gate: what passes is written and read again as the same, and shown. */
#include "base/json.h"
#include "base/utf8.h"
#include "web/json_view.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *why = NULL;
    struct json_object *value, *again;
    struct arena *a = arena_new((size_t)64 << 20);
    struct str text = { (const char *)bytes, n };
    enum err e = json_parse(a, text, &json_request_limits, &value, &why);
    if (e == OK) {
        struct buf b = buf_in(a);
        json_write(&b, value);
        if (!utf8_valid(text) || json_parse(a, buf_str(&b), &json_request_limits, &again, &why) ||
            !json_object_equal(value, again))
            abort();
    } else if (!why) {
        abort();
    }
    int left = JSON_VIEW_PAGE;
    bool shown = json_view(a, text, NULL, &left) != NULL;
    if (left < 0 || (e == OK && json_object_is_type(value, json_type_object) &&
                     json_object_object_length(value) > 0 && !shown))
        abort();
    arena_free(a);
    return 0;
}
