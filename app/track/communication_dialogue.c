/* How a message was handed over, as its timeline shows it: the lock, and what was said with the
   mail server or in calls to the provider. */
#include "base/json.h"
#include "db/db.h"
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

/* What a provider's support asks for: the answer's header of it. */
static const char *support_ref(struct arena *a, const char *response)
{
    static const char *const names[] = { "request-id: ", "x-ms-request-id: ", "ms-cv: ",
                                         "twilio-request-id: " };
    const char *line = response;
    while (line && *line && *line != '\n') {
        size_t n = strcspn(line, "\n");
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            size_t name = strlen(names[i]);
            if (n > name && strncasecmp(line, names[i], name) == 0)
                return arena_strndup(a, line + name, n - name);
        }
        line += n + (line[n] ? 1 : 0);
    }
    return NULL;
}

static struct json_object *event_of(struct json_object *d, const char *id)
{
    struct json_object *events = json_get(d, "events");
    for (size_t i = 0; id && i < json_object_array_length(events); i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        if (strcmp(json_text(e, "eventId"), id) == 0)
            return e;
    }
    return NULL;
}

void communication_event_calls(struct ctx *c, const PGresult *calls, struct json_object *d)
{
    for (int i = rows_count(calls); i-- > 0;) {
        struct json_object *event = event_of(d, row_text(calls, i, "eventId"));
        const char *response = row_text(calls, i, "_response");
        bool https = strncmp(row_text(calls, i, "url"), "https:", 6) == 0;
        if (!event)
            continue;
        if (!json_get(event, "eventCalls"))
            json_set(event, "eventCalls", json_object_new_array());
        struct json_object *call = json_object_get(row_json(c->arena, calls, i));
        json_set_text(call, "request", row_text(calls, i, "_request"));
        json_set_text(call, "response", response);
        json_set_text(call, "supportRef", support_ref(c->arena, response));
        json_set_text(call, "lockIcon", https ? "lock" : "lock-open");
        json_set_text(call, "lockTone", https ? "done" : "attention");
        json_set_text(call, "lockWords", https ? "HTTPS, certificate checked" : "Not encrypted");
        json_object_array_add(json_get(event, "eventCalls"), call);
    }
}
