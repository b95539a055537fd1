/* Processing what was kept: the job inbox.process. */
#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "inbox/inbox.sql.h"
#include "inbox/private.h"

#include <string.h>

static const struct hook *hook_of(const char *provider)
{
    for (const struct domain *const *d = domains; *d; d++)
        for (const struct hook *h = (*d)->hooks; h && h->provider; h++)
            if (strcmp(h->provider, provider) == 0)
                return h;
    return NULL;
}

struct kept {
    const char *id;
    const struct hook *hook;
    struct hook_account account;
    struct str body;
};

static enum err open_kept(struct job *j, struct kept *k)
{
    PGresult *rows;
    struct provider_account a;
    struct ctx *c = &j->ctx;
    enum err e = db_query(c->db, c->arena, inbox_open, &rows, .id = k->id);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return job_fail(j, ERR_NOT_FOUND, "The request is not there any more.");
    if (!base64_decode(c->arena, str_of(row_text(rows, 0, "body")), &k->body))
        return job_fail(j, ERR_INTERNAL, "The body cannot be read.");
    k->hook = hook_of(row_text(rows, 0, "provider"));
    if (!k->hook)
        return job_fail(j, ERR_INVALID, "No hook of this provider is known.");
    e = provider_get(c, row_text(rows, 0, "account_id"), &a);
    if (e == ERR_NOT_FOUND)
        return job_fail(j, ERR_INVALID, "The account at the provider is off, or gone.");
    if (e != OK)
        return e;
    k->account = (struct hook_account){ .id = a.id,
                                        .tenant_id = a.tenant_id,
                                        .provider = a.provider,
                                        .settings = a.settings,
                                        .secrets = a.secrets };
    return OK;
}

static enum err mark(struct job *j, const struct kept *k, const char *state, const char *error)
{
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, inbox_mark, NULL, .id = k->id, .state = state,
                          .error = error, .mapper = k->hook ? k->hook->mapper : NULL);
    return db_end(c->db, e);
}

enum err inbox_used(struct ctx *c, const char *ids)
{
    return db_query(c->db, c->arena, inbox_used, NULL, .ids = ids);
}

/* What became of the request, as it is shown; `new` is what will be tried again. */
static const char *state_after(const struct job *j, enum err e)
{
    bool again = e == ERR_RETRY || e == ERR_LIMITED || e == ERR_INTERNAL;
    if (e == OK)
        return "processed";
    if (e == ERR_NOT_FOUND)
        return "ignored";
    return again && j->attempt < j->max_attempts ? "new" : "failed";
}

static enum err process(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct kept k = { .id = json_text(j->args, "inboxId") };
    if (!k.id)
        return job_fail(j, ERR_INVALID, "The job names no request.");
    db_begin(c->db, c->tenant_id);
    enum err e = open_kept(j, &k);
    e = db_end(c->db, e);
    bool opened = e == OK && k.hook;
    if (opened)
        e = k.hook->process(j, k.id, k.body, &k.account);
    if (!opened && e == ERR_NOT_FOUND)
        return e;
    const char *error = e == OK ? NULL : j->retry_error ? j->retry_error : c->problem.detail;
    enum err marked = mark(j, &k, state_after(j, e), e == OK || error ? error : err_name(e));
    if (e == OK || (opened && e == ERR_NOT_FOUND))
        return marked;
    return e;
}

const struct job_kind inbox_jobs[] = {
    { .name = "inbox.process",
      .queue = "inbox",
      .lease_seconds = 60,
      .external = true,
      .together = 4,
      .run = process,
      .doc = "Reads a webhook that was kept and changes what it tells of" },
    { .name = NULL },
};
