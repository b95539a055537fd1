/* Knock's account, and where notifications go without it. */
#include "notify/knock.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "notify/customer.h"
#include "notify/knock.sql.h"

#include <string.h>

static bool is_set(const char *text)
{
    return text && *text;
}

enum err knock_is_asked(struct ctx *c, bool *out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_knock_enabled, NULL, &rows);
    if (e != OK)
        return e;
    *out = row_text(rows, 0, "enabled") ? row_bool(rows, 0, "enabled")
                                        : is_set(c->app->settings->knock_api_key);
    return OK;
}

/* The last in a transaction, as it may write to the audit trail. */
static enum err make_account(struct ctx *c)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_knock_enabled, NULL, &rows);
    if (e != OK || row_text(rows, 0, "enabled"))
        return e;
    e = db_run(c->db, c->arena, &sql_knock_account, NULL, &rows);
    const char *id = e == OK ? row_text(rows, 0, "id") : NULL;
    return id ? audit_add(c, "provider.added", "provider_account", id, NULL, NULL) : e;
}

enum err knock_ask_later(struct ctx *c, const char *id)
{
    int64_t job;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "notificationId", id);
    enum err e =
        job_add(c, &(struct job_new){ .kind = KNOCK_JOB, .args = args, .unique_key = id }, &job);
    return e == OK ? make_account(c) : e;
}

/* ---- with what it is asked ---- */

static const char *own_lack(struct json_object *secrets)
{
    if (!is_set(json_text(secrets, "apiKey")))
        return "The tenant's account at Knock lacks its API key.";
    if (!is_set(json_text(secrets, "webhookSecret")))
        return "The tenant's account at Knock lacks the secret of its webhook.";
    return NULL;
}

static const char *servers_lack(const struct settings *s)
{
    if (!is_set(s->knock_api_key))
        return "Neither the tenant nor the server has an API key of Knock.";
    if (!is_set(s->knock_webhook_secret))
        return "The server lacks the secret of Knock's webhook, TRACK_KNOCK_WEBHOOK_SECRET.";
    return NULL;
}

/* The server's key goes nowhere but to the server's address and its workflow. */
static void use_servers(struct ctx *c, struct knock_access *out)
{
    const struct settings *s = c->app->settings;
    out->workflow = KNOCK_WORKFLOW;
    out->account.settings = json_own(c->arena, json_object_new_object());
    out->account.secrets = json_own(c->arena, json_object_new_object());
    json_set_text(out->account.settings, "endpoint", s->knock_url);
    json_set_text(out->account.secrets, "apiKey", s->knock_api_key);
    out->missing = servers_lack(s);
}

void knock_servers(struct ctx *c, struct knock_access *out)
{
    *out = (struct knock_access){ .account.provider = KNOCK };
    use_servers(c, out);
}

enum err knock_find(struct ctx *c, struct knock_access *out)
{
    struct provider_account found;
    enum err e = provider_find(c, KNOCK, &found);
    if (e != OK)
        return e;
    const char *workflow = json_text(found.settings, "workflow");
    *out = (struct knock_access){
        .account = { .id = found.id,
                     .provider = found.provider,
                     .settings = found.settings,
                     .secrets = found.secrets },
        .workflow = is_set(workflow) ? workflow : KNOCK_WORKFLOW,
        .own = is_set(json_text(found.secrets, "apiKey")) ||
               is_set(json_text(found.secrets, "webhookSecret")),
    };
    if (out->own)
        out->missing = own_lack(found.secrets);
    else
        use_servers(c, out);
    return OK;
}

/* ---- without it ---- */

enum err knock_go_natively(struct ctx *c, const char *id, const char *why)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, knock_natively, &rows, .id = id, .error = why);
    return e == OK && rows_count(rows) == 1 ? notice_tell(c, id) : e;
}
