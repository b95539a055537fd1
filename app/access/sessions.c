/* Sessions: a random cookie, its digest in the database, an end by idleness and by age. */
#include "access/private.h"

#include "access/sessions.sql.h"
#include "base/crypto.h"
#include "base/settings.h"

#include <arpa/inet.h>

#define COOKIE_LENGTH 43 /* base64url of 32 bytes */
#define USER_AGENT_MAX 200

static bool is_https(const struct app *app)
{
    return strncmp(app->settings->public_url, "https://", 8) == 0;
}

const char *session_cookie(const struct app *app)
{
    return is_https(app) ? "__Host-track" : "track";
}

void cookie_set(struct reply *p, const char *name, const char *value)
{
    struct ctx *c = &p->req->ctx;
    reply_header(p, "Set-Cookie",
                 arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", name,
                              value ? value : "", is_https(c->app) ? "; Secure" : "",
                              value ? "" : "; Max-Age=0"));
}

enum err scope_enter(struct ctx *c, const char *tenant_id)
{
    enum err e = db_in_transaction(c->db) ? db_commit(c->db) : OK;
    if (e)
        return e;
    db_begin(c->db, tenant_id);
    c->tenant_id = tenant_id;
    return OK;
}

static const char *digest(struct ctx *c, const char *cookie)
{
    unsigned char hash[SHA256_SIZE];
    sha256(cookie, strlen(cookie), hash);
    return hex_bytea(c->arena, hash, sizeof(hash));
}

static const char *copy(struct ctx *c, const PGresult *rows, const char *column)
{
    return arena_strdup(c->arena, row_text(rows, 0, column));
}

static void fill(struct ctx *c, const PGresult *rows, struct session *s)
{
    c->tenant_id = copy(c, rows, "tenantId");
    c->actor = (struct actor){ .kind = ACTOR_USER,
                               .role = role_of(row_text(rows, 0, "role")),
                               .id = copy(c, rows, "userId"),
                               .name = copy(c, rows, "name"),
                               .all_buildings = row_bool(rows, 0, "allBuildings") };
    s->csrf = copy(c, rows, "csrf");
    s->email = copy(c, rows, "email");
    s->tenant_name = copy(c, rows, "tenantName");
    s->time_zone = copy(c, rows, "timeZone");
    s->theme = copy(c, rows, "theme");
    s->must_change_password = row_bool(rows, 0, "mustChangePassword");
}

enum err session_find(struct ctx *c, const char *cookie, struct session *session)
{
    PGresult *rows;
    if (!cookie || strlen(cookie) != COOKIE_LENGTH)
        return ERR_DENIED;
    const char *hash = digest(c, cookie);
    const char *idle = arena_printf(c->arena, "%ld", c->app->settings->session_idle_minutes);
    enum err e = db_query(c->db, c->arena, session_open, &rows, .hash = hash, .idle_minutes = idle);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ERR_DENIED;
    *session = (struct session){ .id = hash };
    fill(c, rows, session);
    return OK;
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
        e = db_query(c->db, c->arena, session_add, NULL, .hash = digest(c, cookie),
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
    return db_query(c->db, c->arena, session_end, NULL, .hash = digest(c, cookie));
}

enum err session_end_all(struct ctx *c, const char *user_id)
{
    return db_query(c->db, c->arena, session_end_all, NULL, .user_id = user_id);
}
