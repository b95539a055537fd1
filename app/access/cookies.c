/* Sessions as cookies: set at the login, taken away at the logout. */
#include "access/private.h"

#include "access/sessions.sql.h"
#include "base/crypto.h"
#include "base/settings.h"

#include <arpa/inet.h>

#define USER_AGENT_MAX 200

void cookie_set(struct reply *p, const char *name, const char *value)
{
    struct ctx *c = &p->req->ctx;
    reply_header(p, "Set-Cookie",
                 arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name,
                              value ? value : "", cookies_are_secure(c->app) ? "; Secure" : "",
                              value ? "" : "; Max-Age=0"));
}

const char *address_of(const struct req *r)
{
    unsigned char b[16];
    const char *text = r->remote_addr;
    return text && (inet_pton(AF_INET, text, b) == 1 || inet_pton(AF_INET6, text, b) == 1) ? text
                                                                                           : NULL;
}

/* A header may hold any bytes; the database takes only text. */
static const char *user_agent_of(const struct req *r)
{
    if (!r->user_agent)
        return NULL;
    char *text = arena_strdup(r->ctx.arena, r->user_agent);
    if (strlen(text) > USER_AGENT_MAX)
        text[USER_AGENT_MAX] = '\0';
    for (char *p = text; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
    return text;
}

enum err session_start(struct req *r, struct reply *p, const char *user_id)
{
    struct ctx *c = &r->ctx;
    const char *cookie = token_new(c->app, c->arena, 32);
    enum err e = db_query(c->db, c->arena, session_prune, NULL, .user_id = user_id);
    if (e == OK)
        e = db_query(c->db, c->arena, session_add, NULL, .hash = session_digest(c, cookie),
                     .user_id = user_id, .csrf = token_new(c->app, c->arena, 32),
                     .address = address_of(r), .user_agent = user_agent_of(r),
                     .hours = arena_printf(c->arena, "%ld", c->app->settings->session_hours));
    if (e == OK)
        cookie_set(p, session_cookie(c->app), cookie);
    return e;
}

enum err session_end(struct req *r)
{
    struct ctx *c = &r->ctx;
    const char *cookie = req_cookie(r, session_cookie(c->app));
    if (!cookie)
        return OK;
    return db_query(c->db, c->arena, session_end, NULL, .hash = session_digest(c, cookie));
}
