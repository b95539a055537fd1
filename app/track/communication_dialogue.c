/* How a message was handed over to a mail server, as its timeline shows it: the lock and what was
   said. */
#include "base/json.h"
#include "track/communication_page.h"

#include <string.h>

/* "TLS 1.3" of OpenSSL's "TLSv1.3". */
static const char *tls_word(struct arena *a, const char *version)
{
    return strncmp(version, "TLSv", 4) == 0 ? arena_printf(a, "TLS %s", version + 4) : version;
}

static void dress_line(struct arena *a, struct json_object *dialogue)
{
    const char *tls = json_text(dialogue, "tls");
    bool encrypted = json_object_get_boolean(json_get(dialogue, "encrypted"));
    bool checked = json_object_get_boolean(json_get(dialogue, "certificateChecked"));
    json_set_text(dialogue, "lockIcon", encrypted ? "lock" : "lock-open");
    json_set_text(dialogue, "lockTone", encrypted && checked ? "done" : "attention");
    json_set_text(dialogue, "lockWords",
                  !encrypted ? "Not encrypted"
                             : arena_printf(a, "%s, certificate %s", tls_word(a, tls ? tls : "TLS"),
                                            checked ? "checked" : "not checked"));
}

void communication_dialogue(struct arena *a, struct json_object *event)
{
    struct json_object *detail = json_get(event, "detail");
    struct json_object *dialogue = json_get(detail, "dialogue");
    if (!json_object_is_type(dialogue, json_type_object))
        return;
    json_set_bool(dialogue, "connected", json_get(dialogue, "encrypted") != NULL);
    dress_line(a, dialogue);
    json_set(event, "dialogue", json_object_get(dialogue));
    json_object_object_del(detail, "dialogue");
}
