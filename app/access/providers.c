/* Accounts at providers: settings in the clear, secrets sealed to their row. */
#include "access/private.h"

#include "access/providers.sql.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/uuid.h"
#include "carriers/hook_token.h"
#include "carriers/when.h"
#include "channels/webhook.h"
#include "http/http.h"

#include <stdlib.h>

/* What a caller wants to do, and who can do it. */
static const struct {
    const char *kind, *providers;
} kinds[] = {
    { "email", "{smtp,msgraph}" },
    { "sms", "{acs,twilio}" },
    { "conversation", "{front}" },
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

enum err provider_ask(struct ctx *c, const char *kind, PGresult **rows)
{
    return db_query(c->db, c->arena, provider_find, rows, .providers = providers_of(c, kind));
}

enum err provider_told(struct ctx *c, const PGresult *rows, struct provider_account *out)
{
    if (rows_count(rows) && !row_bool(rows, 0, "enabled"))
        return ERR_DENIED;
    return fill(c, rows, out);
}

enum err provider_find(struct ctx *c, const char *kind, struct provider_account *out)
{
    PGresult *rows;
    enum err e = provider_ask(c, kind, &rows);
    return e ? e : provider_told(c, rows, out);
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

/* ---- settings, checked before they are kept ---- */

enum kind {
    TEXT,
    HOST,
    PORT,
    URL,
    SECURITY,
    ADDRESS,
    SECRET,
    SECRET_URL,
    SIGNING,
    CODE,
    OFFSET,
    FILE_NAME,
    HOOK_TOKEN
};

/* Others are kept as they come: who reads them tells what is wrong with them. */
static const struct setting {
    const char *provider, *key;
    enum kind kind;
    bool required;
} settings_known[] = {
    { "smtp", "host", HOST, true },
    { "smtp", "port", PORT, false },
    { "smtp", "security", SECURITY, false },
    { "smtp", "from", ADDRESS, true },
    { "acs", "endpoint", URL, true },
    { "acs", "from", TEXT, true },
    { "twilio", "endpoint", URL, false },
    { "twilio", "accountSid", TEXT, true },
    { "front", "endpoint", URL, false },
    { "front", "channelId", TEXT, false },
    { "front", "authorId", TEXT, false },
    { "front", "apiToken", SECRET, true },
    { "front", "appSecret", SECRET, false },
    { "ship24", "utcOffset", OFFSET, false },
    { "ship24", "webhookSecret", SECRET, true },
    { "ship24", "endpoint", URL, false },
    { "ship24", "apiKey", SECRET, false },
    { "generic", "carrier", CODE, true },
    { "generic", "utcOffset", OFFSET, false },
    { "generic", "token", SECRET, true },
    { "shiprocket", "endpoint", URL, false },
    { "shiprocket", "email", ADDRESS, true },
    { "shiprocket", "passwordFile", FILE_NAME, false },
    { "shiprocket", "password", SECRET, false },
    { "shiprocket", "hookToken", HOOK_TOKEN, false },
    { "shiprocket", "webhookSecret", SECRET, false },
    { "slack", "webhookUrl", SECRET_URL, false },
    { "slack", "endpoint", URL, false },
    { "slack", "botToken", SECRET, false },
    { "slack", "channel", TEXT, false },
    { "webhook", "url", URL, true },
    { "webhook", "secret", SIGNING, true },
    { "webhook", "oldSecret", SIGNING, false },
    { "jira", "site", URL, true },
    { "jira", "project", TEXT, true },
    { "jira", "issueType", TEXT, false },
    { "jira", "email", ADDRESS, true },
    { "jira", "apiToken", SECRET, true },
    { "knock", "endpoint", URL, false },
    { "knock", "workflow", TEXT, false },
    { "knock", "apiKey", SECRET, false },
    { "knock", "webhookSecret", SECRET, false },
};

static int port_of(const char *text)
{
    char *end = NULL;
    long port = text ? strtol(text, &end, 10) : 0;
    return text && *text && !*end && port > 0 && port < 65536 ? (int)port : 0;
}

/* As a shipment's carrier is kept, and as it can stand in an address. */
static bool is_code(const char *text)
{
    size_t n = strlen(text);
    return n >= 1 && n <= 40 && *text != '.' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == n;
}

static const char *host_fault(struct ctx *c, struct json_object *settings, const char *host)
{
    const char *security = json_text(settings, "security");
    int port = port_of(json_text(settings, "port"));
    if (!*host || strpbrk(host, " /@:?#"))
        return "is not the name of a host";
    return http_forbids(c->app, host,
                        port                                       ? port
                        : security && strcmp(security, "tls") == 0 ? 465
                                                                   : 587);
}

static bool is_secret(enum kind kind)
{
    return kind == SECRET || kind == SECRET_URL || kind == SIGNING || kind == HOOK_TOKEN;
}

static const char *fault_of(struct ctx *c, const struct setting *one, struct json_object *settings,
                            struct json_object *secrets)
{
    int minutes;
    struct str key;
    bool secret = is_secret(one->kind);
    const char *value = json_text(secret ? secrets : settings, one->key);
    if (!value)
        return one->required ? "is missing" : NULL;
    switch (one->kind) {
    case HOST:
        return host_fault(c, settings, value);
    case URL:
    case SECRET_URL:
        return http_forbids_url(c->app, value);
    case SIGNING:
        return webhook_key(c->arena, value, &key) ? NULL
                                                  : "is not whsec_ and base64 of 24 to 64 bytes";
    case PORT:
        return port_of(value) ? NULL : "is not a number from 1 to 65535";
    case SECURITY:
        return strcmp(value, "none") == 0 || strcmp(value, "starttls") == 0 ||
                       strcmp(value, "tls") == 0
                   ? NULL
                   : "is one of none, starttls, tls";
    case ADDRESS:
        return strchr(value, '@') ? NULL : "is not an e-mail address";
    case CODE:
        return is_code(value) ? NULL : "may only hold small letters, digits and - _ .";
    case OFFSET:
        return zone_read(value, &minutes) ? NULL : "is not an offset like +01:00";
    case FILE_NAME:
        return *value == '.' || strchr(value, '/') ? "is not the name of a file" : NULL;
    case HOOK_TOKEN:
        return hook_token_valid(value) ? NULL
                                       : "is not 26 small letters and digits without s, k and r";
    case TEXT:
    case SECRET:
        break;
    }
    return *value ? NULL : "is empty";
}

/* Secrets of which both are given, or none. */
static const struct {
    const char *provider, *keys[2];
} secret_pairs[] = { { "knock", { "apiKey", "webhookSecret" } } };

static enum err check_pairs(struct ctx *c, const char *provider, struct json_object *secrets)
{
    enum err e = OK;
    for (size_t i = 0; i < sizeof(secret_pairs) / sizeof(secret_pairs[0]); i++) {
        const char *const *keys = secret_pairs[i].keys;
        bool first = json_text(secrets, keys[0]), second = json_text(secrets, keys[1]);
        if (strcmp(secret_pairs[i].provider, provider) == 0 && first != second)
            e = ctx_fault(c, keys[first], "is missing");
    }
    return e;
}

static enum err check(struct ctx *c, const char *provider, struct json_object *settings,
                      struct json_object *secrets)
{
    enum err e = OK;
    for (size_t i = 0; i < sizeof(settings_known) / sizeof(settings_known[0]); i++) {
        const struct setting *one = &settings_known[i];
        const char *fault =
            strcmp(one->provider, provider) == 0 ? fault_of(c, one, settings, secrets) : NULL;
        if (fault)
            e = ctx_fault(c, one->key, "%s", fault);
    }
    if (strcmp(provider, "shiprocket") == 0 && !json_text(secrets, "password") &&
        !json_text(settings, "passwordFile"))
        e = ctx_fault(c, "password", "is missing, and so is passwordFile");
    return e == OK ? check_pairs(c, provider, secrets) : e;
}

/* What an account has without anybody giving it: the address that its provider posts to. */
static void complete(struct ctx *c, const char *provider, struct json_object *secrets)
{
    if (strcmp(provider, "shiprocket") == 0 && !json_text(secrets, "hookToken"))
        json_set_text(secrets, "hookToken", hook_token_new(c->app, c->arena));
}

enum err provider_add(struct ctx *c, const char *provider, const char *name,
                      struct json_object *settings, struct json_object *secrets, const char **id)
{
    const char *made = uuid7(c->app, c->arena);
    enum err e = check(c, provider, settings, secrets);
    complete(c, provider, secrets);
    if (e == OK)
        e = db_query(c->db, c->arena, provider_add, NULL, .id = made, .provider = provider,
                     .name = name, .settings = json_compact(c->arena, settings),
                     .secrets = sealed(c, made, secrets));
    if (e == OK)
        e = audit_add(c, "provider.added", "provider_account", made, NULL, settings);
    if (e == OK)
        *id = made;
    return e;
}

/* ---- changed ---- */

/* What was, with what is new over it; an empty text takes its key away. */
static struct json_object *merged(struct ctx *c, struct json_object *old, struct json_object *new)
{
    struct json_object *out = json_own(c->arena, json_object_new_object());
    json_object_object_foreach(old, key, value)
        json_object_object_add(out, key, json_object_get(value));
    json_object_object_foreach(new, changed, to)
    {
        if (*json_object_get_string(to))
            json_object_object_add(out, changed, json_object_get(to));
        else
            json_object_object_del(out, changed);
    }
    return out;
}

enum err provider_change(struct ctx *c, const char *id, const struct provider_change *change)
{
    PGresult *rows;
    struct provider_account is;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, provider_lock, &rows, .id = id);
    if (e == OK)
        e = fill(c, rows, &is);
    if (e != OK)
        return e;
    struct json_object *settings = merged(c, is.settings, change->settings);
    struct json_object *secrets = merged(c, is.secrets, change->secrets);
    e = check(c, is.provider, settings, secrets);
    complete(c, is.provider, secrets);
    if (e == OK)
        e = db_query(c->db, c->arena, provider_change, NULL, .id = id, .name = change->name,
                     .settings = json_compact(c->arena, settings),
                     .secrets = sealed(c, id, secrets), .enabled = change->enabled);
    return e == OK ? audit_add(c, "provider.changed", "provider_account", id, is.settings, settings)
                   : e;
}
