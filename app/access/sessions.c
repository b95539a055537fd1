/* Sessions: a random cookie, its digest in the database, an end by idleness and by age. */
#include "access/private.h"

#include "access/sessions.sql.h"
#include "base/crypto.h"
#include "base/settings.h"

#define COOKIE_LENGTH 43 /* base64url of 32 bytes */

bool cookies_are_secure(const struct app *app)
{
    static const char *const trusted[] = { "https://", "http://127.", "http://localhost",
                                           "http://[::1]" };
    for (size_t i = 0; i < sizeof(trusted) / sizeof(trusted[0]); i++)
        if (strncmp(app->settings->public_url, trusted[i], strlen(trusted[i])) == 0)
            return true;
    return false;
}

const char *session_cookie(const struct app *app)
{
    return cookies_are_secure(app) ? "__Host-track" : "track";
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

const char *session_digest(struct ctx *c, const char *cookie)
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
    const char *hash = session_digest(c, cookie);
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

enum err session_end_all(struct ctx *c, const char *user_id)
{
    return db_query(c->db, c->arena, session_end_all, NULL, .user_id = user_id);
}
