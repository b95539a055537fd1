/* API clients: an id and a secret of a program, and the access tokens made for it. */
#include "access/private.h"

#include "access/clients.sql.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/uuid.h"

static const char *digest(struct ctx *c, const char *secret)
{
    unsigned char hash[SHA256_SIZE];
    sha256(secret, strlen(secret), hash);
    return hex(c->arena, hash, sizeof(hash));
}

enum err client_add(struct ctx *c, const char *name, enum role role, const char *const *buildings,
                    int days, struct client_new *out)
{
    PGresult *rows;
    const char *made = uuid7(c->app, c->arena);
    const char *told = arena_printf(c->arena, "tc_live_%s", token_new(c->app, c->arena, 32));
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "name", name);
    json_set_text(after, "role", role_name(role));
    enum err e = db_query(c->db, c->arena, client_add, &rows, .id = made, .name = name,
                          .hash = arena_printf(c->arena, "\\x%s", digest(c, told)),
                          .role = role_name(role), .all_buildings = buildings ? "f" : "t",
                          .days = arena_printf(c->arena, "%d", days));
    if (e == OK)
        e = grant_all(c, made, buildings);
    if (e == OK)
        e = audit_add(c, "client.added", "client", made, NULL, after);
    if (e == OK)
        *out =
            (struct client_new){ made, told, json_text(row_json(c->arena, rows, 0), "expiresAt") };
    return e;
}

static enum err none(struct ctx *c, const char *id)
{
    return ctx_refuse(c, ERR_NOT_FOUND, "There is no API client %s to revoke.", id);
}

enum err client_revoke(struct ctx *c, const char *id)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return none(c, id);
    enum err e = db_query(c->db, c->arena, login_client, &rows, .id = id);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return none(c, id);
    e = scope_enter(c, row_text(rows, 0, "tenantId"));
    if (e == OK)
        e = db_query(c->db, c->arena, client_revoke, &rows, .id = id);
    if (e == OK && rows_count(rows) == 0)
        return none(c, id);
    return e ? e : audit_add(c, "client.revoked", "client", id, NULL, NULL);
}

enum err client_check(struct ctx *c, const char *id, const char *secret, struct client *out)
{
    PGresult *rows;
    *out = (struct client){ 0 };
    if (!uuid_valid(id))
        return ERR_DENIED;
    enum err e = db_query(c->db, c->arena, login_client, &rows, .id = id);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ERR_DENIED;
    *out = (struct client){ .id = id,
                            .tenant_id = row_text(rows, 0, "tenantId"),
                            .name = row_text(rows, 0, "name"),
                            .version = (int)row_int(rows, 0, "version") };
    bool same = ct_equal(str_of(row_text(rows, 0, "hash")), str_of(digest(c, secret)));
    out->expired = same && row_bool(rows, 0, "expired");
    return same && !row_bool(rows, 0, "revoked") && !out->expired ? OK : ERR_DENIED;
}

enum err token_find(struct ctx *c, const char *text)
{
    PGresult *rows;
    struct token t;
    enum err e = token_read(c, text, &t);
    if (e == OK)
        e = db_query(c->db, c->arena, client_open, &rows, .id = t.client_id,
                     .version = arena_printf(c->arena, "%d", t.version));
    if (e)
        return e;
    if (rows_count(rows) == 0 || strcmp(row_text(rows, 0, "tenantId"), t.tenant_id) != 0)
        return ERR_DENIED;
    c->tenant_id = t.tenant_id;
    c->actor = (struct actor){ .kind = ACTOR_CLIENT,
                               .role = role_of(row_text(rows, 0, "role")),
                               .id = t.client_id,
                               .name = row_text(rows, 0, "name"),
                               .all_buildings = row_bool(rows, 0, "allBuildings") };
    return OK;
}
