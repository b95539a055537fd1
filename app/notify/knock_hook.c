/* Knock's webhook channel: it calls when a customer is to be told. */
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "channels/knock.h"
#include "db/db.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/knock.sql.h"

#include <string.h>

#define MAPPER "knock.customer/1"

/* The channel has no body of its own: this one is pasted there. All it fills in is ids, so that
   nothing needs escaping; what Liquid does not know stays empty and is not asked for. */
const char knock_body_template[] = "{\n"
                                   "  \"v\": 1,\n"
                                   "  \"source\": \"knock\",\n"
                                   "  \"type\": \"notification.requested\",\n"
                                   "  \"workflow_key\": \"{{ workflow.key }}\",\n"
                                   "  \"workflow_run_id\": \"{{ workflow.id }}\",\n"
                                   "  \"recipient\": { \"id\": \"{{ recipient.id }}\" },\n"
                                   "  \"data\": {\n"
                                   "    \"notificationId\": \"{{ data.notificationId }}\",\n"
                                   "    \"tenantId\": \"{{ data.tenantId }}\",\n"
                                   "    \"type\": \"{{ data.type }}\"\n"
                                   "  }\n"
                                   "}\n";

/* ---- reading ---- */

struct call {
    const char *notification_id, *tenant_id; /* NULL: none that could be one */
};

static const char *uuid_in(struct json_object *data, const char *key)
{
    const char *text = json_text(data, key);
    return text && uuid_valid(text) ? text : NULL;
}

static struct call call_read(struct arena *a, struct str body)
{
    const char *why;
    struct json_object *d;
    if (json_parse(a, body, &json_request_limits, &d, &why) != OK)
        return (struct call){ NULL, NULL };
    struct json_object *data = json_get(d, "data");
    return (struct call){ uuid_in(data, "notificationId"), uuid_in(data, "tenantId") };
}

/* ---- verifying ---- */

/* Under whichever name: the channel's own, or that of Knock's other requests. */
static bool is_signed(const struct hook_request *r, const char *secret)
{
    const char *header = hook_header(r, "x-webhook-signature");
    if (!header)
        header = hook_header(r, "x-knock-signature");
    return knock_signed(r->arena, secret, header, r->body, r->now_ms);
}

static bool has_own(const struct hook_account *account)
{
    const char *key = json_text(account->secrets, "apiKey");
    const char *secret = json_text(account->secrets, "webhookSecret");
    return (key && *key) || (secret && *secret);
}

static bool signed_by_own(const struct hook_request *r, const struct hook_account *account)
{
    return is_signed(r, json_text(account->secrets, "webhookSecret")) ||
           is_signed(r, json_text(account->secrets, "webhookSecretBefore"));
}

/* One call is kept for a notification: Knock repeats only what was not answered with a 2xx. What
   cannot be read is kept by its own bytes, where it is known whose it is, and seen in the inbox:
   answered with an error it would come again and again. */
static enum hook_verdict keep(const struct hook_request *r, const struct call *call,
                              const char **dedupe_key, struct hook_answer *answer)
{
    *dedupe_key =
        call->notification_id ? arena_printf(r->arena, "call:%s", call->notification_id) : NULL;
    answer->status = 200;
    return HOOK_KEEP;
}

/* The server's secret is that of many tenants: the body says whose call it is. */
static enum hook_verdict by_server(const struct hook_request *r, const struct hook_account *account,
                                   const struct call *call, const char **dedupe_key,
                                   struct hook_answer *answer)
{
    if (call->tenant_id && strcmp(call->tenant_id, account->tenant_id) != 0)
        return HOOK_REFUSE;
    if (call->tenant_id || account->alone)
        return keep(r, call, dedupe_key, answer);
    log_warn("knock_call_of_nobody", "error", "The body names no tenant.", NULL);
    answer->status = 200;
    return HOOK_ANSWER;
}

static enum hook_verdict verify(const struct hook_request *r, const struct hook_account *account,
                                const char **dedupe_key, struct hook_answer *answer)
{
    if (!account)
        return hook_probe(r, answer);
    bool own = has_own(account);
    if (!(own ? signed_by_own(r, account) : is_signed(r, r->app->settings->knock_webhook_secret)))
        return HOOK_REFUSE;
    struct call call = call_read(r->arena, r->body);
    return own ? keep(r, &call, dedupe_key, answer)
               : by_server(r, account, &call, dedupe_key, answer);
}

/* ---- processing ---- */

static enum err tell(struct ctx *c, const char *id, bool *known, bool *told)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, knock_called, &rows, .id = id);
    *known = *told = e == OK && rows_count(rows) == 1;
    if (e != OK || *told)
        return e ? e : notice_tell(c, id);
    e = db_query(c->db, c->arena, knock_known, &rows, .id = id);
    *known = e == OK && rows_count(rows) == 1;
    *told = *known && row_bool(rows, 0, "called");
    return e;
}

static enum err process(struct job *j, const char *inbox_id, struct str body,
                        const struct hook_account *account)
{
    bool known, told;
    struct ctx *c = &j->ctx;
    const struct call call = call_read(c->arena, body);
    (void)inbox_id;
    if (!call.notification_id)
        return job_fail(j, ERR_INVALID,
                        "The body names no notification: it is not what the template of the page "
                        "Notifications makes.");
    if (call.tenant_id && strcmp(call.tenant_id, account->tenant_id) != 0)
        return job_fail(j, ERR_INVALID, "The body is about a notification of another tenant.");
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, tell(c, call.notification_id, &known, &told));
    if (e != OK || told)
        return e;
    return job_fail(j, ERR_NOT_FOUND,
                    known ? "Knock was waited for no longer." : "There is no such notification.");
}

const struct hook notify_hooks[] = {
    {
        .provider = KNOCK,
        .path = KNOCK_HOOK_PATH,
        .verify = verify,
        .mapper = MAPPER,
        .process = process,
    },
    { .provider = NULL },
};
