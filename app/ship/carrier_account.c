/* Accounts at carriers, shown and tried. */
#include "ship/carrier_account.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "carriers/carrier.h"
#include "carriers/hook_token.h"
#include "db/db.h"
#include "ship/carrier_account.sql.h"
#include "ship/scan.h"

#include <string.h>

/* ---- shown ---- */

static const struct {
    enum carrier_can can;
    const char *name;
} abilities[] = {
    { CARRIER_CREATE, "create" },
    { CARRIER_AWB, "awb" },
    { CARRIER_PICKUP, "pickup" },
    { CARRIER_CANCEL, "cancel" },
    { CARRIER_TRACK, "track" },
    { CARRIER_LABEL, "label" },
    { CARRIER_MANIFEST, "manifest" },
    { CARRIER_INVOICE, "invoice" },
    { CARRIER_RETURN, "return" },
    { CARRIER_NDR, "ndr" },
    { CARRIER_SERVICEABILITY, "serviceability" },
    { CARRIER_REGISTER, "register" },
    { CARRIER_RESEND, "resend" },
};

/* Each of them posts its scans: their hooks are in the table of hooks. */
static struct json_object *abilities_of(const struct carrier *carrier)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; carrier && i < sizeof(abilities) / sizeof(abilities[0]); i++)
        if (carrier->can & abilities[i].can)
            json_object_array_add(list, json_object_new_string(abilities[i].name));
    json_object_array_add(list, json_object_new_string("hook"));
    return list;
}

/* Where a path has one, a :segment with what stands for it; NULL: nothing does. */
static const char *address(struct ctx *c, const char *path, const char *segment)
{
    const char *from = strchr(path, ':');
    const char *rest = from ? from + strcspn(from, "/") : "";
    size_t n = from ? (size_t)(from - path) : strlen(path);
    if (from && !segment)
        return NULL;
    return arena_printf(c->arena, "%s%.*s%s%s", c->app->settings->public_url, (int)n, path,
                        from ? segment : "", rest);
}

/* The address to paste at the carrier, and what proves there who posts. */
static void set_hook(struct ctx *c, struct json_object *d, const char *provider,
                     struct json_object *settings, struct json_object *secrets)
{
    const char *at, *proof;
    if (strcmp(provider, "shiprocket") == 0) {
        at = address(c, SHIPROCKET_HOOK_PATH, json_text(secrets, "hookToken"));
        proof = json_text(secrets, "webhookSecret")
                    ? "The token to type there is the account’s webhookSecret."
                    : "It needs no token there: the address is the secret.";
    } else if (strcmp(provider, "ship24") == 0) {
        at = address(c, SHIP24_HOOK_PATH, NULL);
        proof = "Ship24 shows a webhook secret: it is the account’s webhookSecret.";
    } else {
        at = address(c, CALLBACK_HOOK_PATH, json_text(settings, "carrier"));
        proof = "Who posts sends the account’s token, as x-api-key or as a bearer token.";
    }
    bool taken = strcmp(provider, "shiprocket") != 0 || !at || hook_address_allowed(at);
    json_set_text(d, "hookAddress", at);
    json_set_text(d, "hookProof", proof);
    json_set_bool(d, "hookAllowed", taken);
}

static struct json_object *check_of(struct json_object *row)
{
    static const char *const keys[] = { "state", "ok", "said", "askedAt", "askedByName", "doneAt" };
    if (!json_text(row, "state"))
        return NULL;
    struct json_object *d = json_object_new_object();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        json_put(d, keys[i], true, json_object_get(json_get(row, keys[i])));
    return d;
}

/* What can be called of it, and why not. */
static bool callable(const char *provider, struct json_object *secrets, const char **why)
{
    const struct carrier *carrier = carrier_of(provider, false);
    bool keyless = strcmp(provider, "ship24") == 0 && !json_text(secrets, "apiKey");
    *why = !carrier || !carrier->check ? "It is never called: it posts here."
           : keyless                   ? "It has no apiKey: it posts here, and is never called."
                                       : NULL;
    return !*why;
}

static enum err document(struct ctx *c, const PGresult *rows, int i, struct json_object **out)
{
    const char *why;
    struct json_object *secrets, *row = row_json(c->arena, rows, i);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    const char *id = row_text(rows, i, "accountId"), *provider = row_text(rows, i, "provider");
    enum err e = provider_open(c, c->tenant_id, id, row_text(rows, i, "secrets"), &secrets);
    if (e)
        return e;
    bool other = strcmp(provider, "generic") == 0;
    const char *code = json_text(json_get(row, "settings"), "carrier");
    json_set_text(d, "accountId", id);
    json_set_text(d, "provider", provider);
    json_set_text(d, "title", other && code ? code : carrier_title(provider));
    json_set_text(d, "name", row_text(rows, i, "name"));
    json_set_bool(d, "enabled", row_bool(rows, i, "enabled"));
    json_set(d, "can", abilities_of(carrier_of(provider, false)));
    json_set_bool(d, "callable", callable(provider, secrets, &why));
    json_set_text(d, "notCallable", why);
    set_hook(c, d, provider, json_get(row, "settings"), secrets);
    json_set(d, "check", check_of(row));
    *out = d;
    return OK;
}

enum err carrier_accounts(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    struct json_object *list = json_own(c->arena, json_object_new_array());
    struct json_object *d = json_own(c->arena, json_object_new_object()), *one;
    enum err e = db_query(c->db, c->arena, carrier_account_list, &rows, .account_id = NULL);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        if ((e = document(c, rows, i, &one)) == OK)
            json_object_array_add(list, json_object_get(one));
    json_set_bool(d, "dryRun", c->app->settings->carrier_dry_run);
    json_set(d, "carriers", json_object_get(list));
    *out = d;
    return e;
}

enum err carrier_account(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, carrier_account_list, &rows, .account_id = id);
    if (e == OK && rows_count(rows) == 0)
        e = ERR_NOT_FOUND;
    return e == OK ? document(c, rows, 0, out) : e;
}

/* ---- tried ---- */

enum err carrier_account_check(struct ctx *c, const char *id)
{
    struct json_object *d, *args = json_own(c->arena, json_object_new_object());
    enum err e = carrier_account(c, id, &d);
    if (e)
        return e;
    if (!json_object_get_boolean(json_get(d, "enabled")))
        return ctx_refuse(c, ERR_CONFLICT, "The account is switched off.");
    if (!json_object_get_boolean(json_get(d, "callable")))
        return ctx_refuse(c, ERR_CONFLICT, "%s", json_text(d, "notCallable"));
    json_set_text(args, "accountId", id);
    e = db_query(c->db, c->arena, carrier_check_ask, NULL, .account_id = id,
                 .actor_name = c->actor.name);
    if (e == OK)
        e = job_add(
            c, &(struct job_new){ .kind = "ship.check_account", .args = args, .unique_key = id },
            NULL);
    return e == OK ? audit_add(c, "carrier.checked", "provider_account", id, NULL, NULL) : e;
}

static const char *words(struct ctx *c, enum err e, const char *title,
                         const struct carrier_result *out)
{
    const char *sentence = out->sentence ? out->sentence : "It gave no reason.";
    if (e == ERR_LIMITED || e == ERR_RETRY)
        return sentence;
    return arena_printf(c->arena, "%s refuses the %s: %s", title,
                        e == ERR_DENIED ? "account" : "call", sentence);
}

static enum err done(struct job *j, const char *id, bool ok, const char *said)
{
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, carrier_check_done, NULL, .account_id = id,
                          .ok = ok ? "t" : "f", .said = said);
    if (e == OK)
        e = job_done(j);
    e = db_end(c->db, e);
    j->ended = e == OK;
    return e;
}

enum err carrier_check_run(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct provider_account a;
    const char *said = NULL, *id = json_text(j->args, "accountId");
    struct carrier_result out = { .found = false };
    if (!id)
        return job_fail(j, ERR_INVALID, "The job names no account.");
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, provider_get(c, id, &a));
    if (e == ERR_NOT_FOUND)
        return done(j, id, false, "The account is switched off.");
    const struct carrier *carrier = e == OK ? carrier_of(a.provider, false) : NULL;
    if (e)
        return e;
    if (!carrier || !carrier->check)
        return done(j, id, false, "It is never called: it posts here.");
    const struct channel_account account = { .id = a.id,
                                             .provider = a.provider,
                                             .settings = a.settings,
                                             .secrets = a.secrets,
                                             .job_id = j->id };
    struct carrier_call call = { .c = c,
                                 .account = &account,
                                 .job_id = j->id,
                                 .entity = arena_printf(c->arena, "provider_account:%s", id) };
    e = carrier->check(&call, &said, &out);
    if (e == ERR_INTERNAL)
        return e;
    return done(j, id, e == OK, e == OK ? said : words(c, e, carrier->title, &out));
}
