/* The words of what customers are told, and the link by which they are found again. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "notify/customer.h"

#include <string.h>

#define MARKER_BYTES 10

const char *notice_marker(struct arena *a, const char *id)
{
    unsigned char digest[SHA256_SIZE];
    sha256(id, strlen(id), digest);
    return hex(a, digest, MARKER_BYTES);
}

const char *notice_url(struct ctx *c, const char *public_token, const char *marker)
{
    return arena_printf(c->arena, "%s/t/%s%s%s", c->app->settings->public_url, public_token,
                        marker ? "?n=" : "", marker ? marker : "");
}

static void set_some(struct json_object *d, const char *key, const char *text)
{
    if (text && *text)
        json_put(d, key, false, json_text_new(text));
}

struct json_object *notice_data(struct ctx *c, const PGresult *row, const char *language,
                                const char *marker)
{
    static const char *const same[] = { "recipientName", "orderNumber", "carrier", "trackingNumber",
                                        "tenant" };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *promised = row_text(row, 0, "promisedOn");
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        set_some(d, same[i], row_text(row, 0, same[i]));
    if (promised)
        set_some(d, "promisedOn", date_text(c->arena, promised, language));
    set_some(d, "trackingUrl", notice_url(c, row_text(row, 0, "public_token"), marker));
    return d;
}

struct json_object *notice_sample(struct ctx *c, const char *language)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "recipientName", "Ada Lovelace");
    json_set_text(d, "orderNumber", "1042");
    json_set_text(d, "carrier", "Example Post");
    json_set_text(d, "trackingNumber", "EX123456789CH");
    json_set_text(d, "promisedOn", date_text(c->arena, "2026-04-30", language));
    json_set_text(d, "trackingUrl", notice_url(c, "example", NULL));
    json_set_text(d, "tenant", "Example Shop");
    return d;
}

enum err notice_render(struct ctx *c, const char *type, const char *language,
                       struct json_object *data, struct message *out)
{
    return message_reply(c, "parcels", type, language, data, out);
}
