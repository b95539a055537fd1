/* Accounts at providers: settings in the clear, secrets sealed to their row. */
#include "access/private.h"

#include "access/providers.sql.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"

/* What a caller wants to do, and who can do it. */
static const struct {
    const char *kind, *providers;
} kinds[] = {
    { "email", "{smtp,msgraph}" },
    { "sms", "{acs,twilio}" },
};

static const char *providers_of(struct ctx *c, const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].providers;
    return arena_printf(c->arena, "{\"%s\"}", kind);
}

static const char *place(struct ctx *c, const char *tenant_id, const char *id)
{
    return arena_printf(c->arena, "provider_accounts|secrets|%s|%s", tenant_id, id);
}

enum err provider_open(struct ctx *c, const char *tenant_id, const char *id, const char *sealed,
                       struct json_object **out)
{
    struct str plain;
    const char *why = "sealed under another key, or changed";
    if (!sealed) {
        *out = json_own(c->arena, json_object_new_object());
        return OK;
    }
    enum err e = secret_open(c->app, c->arena, sealed, place(c, tenant_id, id), &plain);
    if (e == OK)
        e = json_parse(c->arena, plain, &json_request_limits, out, &why);
    if (e == OK)
        return OK;
    log_error("provider_secrets", "account", id, "error", why, NULL);
    return ERR_INTERNAL;
}

static enum err fill(struct ctx *c, const PGresult *rows, struct provider_account *out)
{
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    struct json_object *row = row_json(c->arena, rows, 0);
    *out = (struct provider_account){ .id = row_text(rows, 0, "id"),
                                      .tenant_id = c->tenant_id,
                                      .provider = row_text(rows, 0, "provider"),
                                      .name = row_text(rows, 0, "name"),
                                      .settings = json_get(row, "settings") };
    return provider_open(c, c->tenant_id, out->id, row_text(rows, 0, "secrets"), &out->secrets);
}

enum err provider_find(struct ctx *c, const char *kind, struct provider_account *out)
{
    PGresult *rows;
    enum err e =
        db_query(c->db, c->arena, provider_find, &rows, .providers = providers_of(c, kind));
    if (e == OK && rows_count(rows) && !row_bool(rows, 0, "enabled"))
        return ERR_DENIED;
    return e ? e : fill(c, rows, out);
}

enum err provider_get(struct ctx *c, const char *id, struct provider_account *out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, provider_get, &rows, .id = id);
    return e ? e : fill(c, rows, out);
}

static const char *sealed(struct ctx *c, const char *id, struct json_object *secrets)
{
    struct buf plain = buf_in(c->arena);
    if (!secrets || json_object_object_length(secrets) == 0)
        return NULL;
    json_write(&plain, secrets);
    return secret_seal(c->app, c->arena, buf_str(&plain), place(c, c->tenant_id, id));
}

enum err provider_add(struct ctx *c, const char *provider, const char *name,
                      struct json_object *settings, struct json_object *secrets, const char **id)
{
    struct buf text = buf_in(c->arena);
    const char *made = uuid7(c->app, c->arena);
    json_write(&text, settings);
    enum err e = db_query(c->db, c->arena, provider_add, NULL, .id = made, .provider = provider,
                          .name = name, .settings = text.p, .secrets = sealed(c, made, secrets));
    if (e == OK)
        e = audit_add(c, "provider.added", "provider_account", made, NULL, settings);
    if (e == OK)
        *id = made;
    return e;
}
