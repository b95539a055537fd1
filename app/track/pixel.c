/* The open pixel, and the event that it was loaded. */
#include "track/pixel.h"

#include "base/settings.h"
#include "db/db.h"
#include "track/send.sql.h"
#include "track/track.h"

#include <string.h>

/* One transparent point (GIF89a). */
static const unsigned char gif[43] = {
    'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255,  255, 0x21, 0xf9, 4,
    1,   0,   0,   0,   0,   ',', 0, 0, 0, 0, 1,    0, 1, 0, 0, 2, 2,   0x44, 1,   0,    ';',
};

const char *pixel_url(struct ctx *c, const char *token)
{
    return arena_printf(c->arena, "%s/o/%s.gif", c->app->settings->public_url, token);
}

/* At most one event a day: who loads it often says no more by it. */
static enum err note(struct ctx *c, const char *communication_id)
{
    const struct timeline_event loaded = {
        .type = EVENT_OPENED,
        .source = "recipient",
        .grade = 'X',
        .sentence = "The message's pictures were loaded, by a reader or by a machine.",
        .dedupe_key =
            arena_printf(c->arena, "pixel:%lld", (long long)(c->app->now_ms(c->app) / 86400000)),
    };
    c->actor = (struct actor){ .kind = ACTOR_RECIPIENT };
    return timeline_append(c, communication_id, &loaded, NULL);
}

static enum err record(struct ctx *c, const char *token)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, pixel_find, &row, .token = token);
    if (e != OK || rows_count(row) == 0 || !row_text(row, 0, "tenant_id"))
        return e;
    c->tenant_id = row_text(row, 0, "tenant_id");
    e = db_query(c->db, c->arena, pixel_scope, NULL, .tenant_id = c->tenant_id);
    return e != OK ? e : note(c, row_text(row, 0, "communication_id"));
}

enum err pixel_show(struct req *r, struct reply *p)
{
    const char *name = req_param(r, "token");
    size_t n = strlen(name);
    if (n < 20 || n > 100 || strcmp(name + n - 4, ".gif") != 0)
        return ERR_NOT_FOUND;
    enum err e = record(&r->ctx, arena_strndup(r->ctx.arena, name, n - 4));
    if (e != OK)
        return e;
    p->content_type = "image/gif";
    reply_header(p, "Cache-Control", "no-store");
    buf_put(&p->body, gif, sizeof(gif));
    return OK;
}
