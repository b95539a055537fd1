/* Asking carriers for what their webhooks may not have told. */
#include "ship/reconcile.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "carriers/carrier.h"
#include "db/db.h"
#include "ship/account.h"
#include "ship/reconcile.sql.h"
#include "ship/scan.h"

#define CALLS_MOST 100 /* of one job: the next one goes on */

struct asking {
    struct job *j;
    const struct carrier *carrier;
    struct carrier_call *call;
    bool first; /* the account is the first of its carrier */
    const char **ids, **numbers;
    size_t n;
};

/* ---- whom to ask for ---- */

static enum err is_first(struct ctx *c, const struct channel_account *account, bool *first)
{
    struct provider_account a;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, provider_find(c, account->provider, &a));
    *first = e == OK && strcmp(a.id, account->id) == 0;
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? OK : e;
}

static enum err read_due(struct asking *a)
{
    PGresult *rows;
    struct ctx *c = &a->j->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, reconcile_due, &rows, .carrier = a->carrier->name,
                               .account_id = a->call->account->id, .first = a->first ? "t" : "f",
                               .rows = arena_printf(c->arena, "%d", CARRIER_TRACK_MOST)));
    if (e)
        return e;
    a->n = (size_t)rows_count(rows);
    a->ids = arena_zalloc(c->arena, a->n + 1, sizeof(*a->ids));
    a->numbers = arena_zalloc(c->arena, a->n + 1, sizeof(*a->numbers));
    for (size_t i = 0; i < a->n; i++) {
        a->ids[i] = row_text(rows, (int)i, "id");
        a->numbers[i] = row_text(rows, (int)i, "tracking_number");
    }
    return OK;
}

/* ---- what is told ---- */

/* Each parcel's news is a transaction of its own. */
static enum err apply(struct asking *a, const struct parcel_news *news)
{
    bool found;
    struct ctx *c = &a->j->ctx;
    const struct news_origin from = { .provider = a->carrier->name,
                                      .account_id = a->call->account->id,
                                      .mapper = a->carrier->mapper };
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, news_apply(c, news, &from, &found));
}

static enum err asked(struct asking *a, size_t from, size_t n)
{
    struct ctx *c = &a->j->ctx;
    struct buf ids = buf_in(c->arena);
    for (size_t i = 0; i < n; i++)
        buf_printf(&ids, "%s%s", i ? "," : "{", a->ids[from + i]);
    buf_puts(&ids, "}");
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, reconcile_asked, NULL, .ids = ids.p,
                                  .account_id = a->call->account->id));
}

/* Asks for some of them. Those asked for are so though a later write fails, or no answer comes to
   the last try: they are asked for again in their time, and keep no other waiting. */
static enum err ask(struct asking *a, size_t from, size_t n)
{
    size_t found = 0;
    struct parcel_news *news;
    struct carrier_result said;
    enum err e = a->carrier->track(a->call, a->numbers + from, n, &news, &found, &said);
    if (e == ERR_RETRY && a->j->attempt >= a->j->max_attempts) {
        enum err kept = asked(a, from, n);
        if (kept)
            return kept;
    }
    if (e) {
        a->j->retry_after = said.retry_after;
        return job_fail(a->j, e, "%s",
                        said.sentence ? said.sentence : "The carrier was not asked.");
    }
    for (size_t i = 0; e == OK && i < found; i++)
        e = apply(a, &news[i]);
    return e == OK ? asked(a, from, n) : e;
}

static bool is_refused(enum err e)
{
    return e == ERR_INVALID || e == ERR_NOT_FOUND;
}

/* Where all of them are refused it may be for one: each is asked for by itself, and the one that is
   refused waits for its next turn. Where each is, it is not for one. */
static enum err ask_each(struct asking *a, enum err why)
{
    size_t refused = 0;
    for (size_t i = 0; i < a->n; i++) {
        enum err e = a->n > 1 ? ask(a, i, 1) : why;
        if (is_refused(e)) {
            refused++;
            e = asked(a, i, 1);
        }
        if (e == OK)
            e = job_touch(a->j);
        if (e)
            return e;
    }
    return refused == a->n ? why : OK;
}

static enum err open_asking(struct asking *a, struct channel_account *account)
{
    struct ctx *c = &a->j->ctx;
    const char *id = json_text(a->j->args, "accountId");
    enum err e = id ? account_open(a->j, id, account) : ERR_NOT_FOUND;
    if (e == ERR_NOT_FOUND)
        return job_fail(a->j, ERR_INVALID, "The account at the carrier is off, or gone.");
    if (e)
        return e;
    a->carrier = carrier_of(account->provider, false);
    if (!a->carrier || !a->carrier->track)
        return job_fail(a->j, ERR_INVALID, "This carrier is not asked for scans.");
    a->call->entity = arena_printf(c->arena, "provider_account:%s", account->id);
    return is_first(c, account, &a->first);
}

enum err reconcile(struct job *j)
{
    struct channel_account account;
    struct carrier_call call = { .c = &j->ctx, .account = &account, .job_id = j->id };
    struct asking a = { .j = j, .call = &call, .n = CARRIER_TRACK_MOST };
    if (j->ctx.app->settings->carrier_dry_run)
        return OK;
    enum err e = open_asking(&a, &account);
    for (int i = 0; e == OK && a.carrier && a.n == CARRIER_TRACK_MOST && i < CALLS_MOST; i++) {
        e = read_due(&a);
        if (e || a.n == 0)
            break;
        e = ask(&a, 0, a.n);
        if (is_refused(e))
            e = ask_each(&a, e);
        if (e == OK)
            e = job_touch(j);
    }
    return e;
}

/* ---- all accounts ---- */

static enum err add_jobs(struct ctx *c, const char *provider)
{
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, reconcile_accounts, &rows, .provider = provider);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        struct json_object *args = json_own(c->arena, json_object_new_object());
        json_set_text(args, "accountId", row_text(rows, i, "id"));
        const struct job_new n = { .kind = "ship.reconcile",
                                   .args = args,
                                   .unique_key = row_text(rows, i, "id") };
        e = job_add(c, &n, NULL);
    }
    return db_end(c->db, e);
}

enum err reconcile_all(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    if (c->app->settings->carrier_dry_run)
        return OK;
    enum err e = db_run(c->db, c->arena, &sql_reconcile_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "id");
        for (const char *const *name = carrier_names; e == OK && *name; name++) {
            const struct carrier *carrier = carrier_of(*name, false);
            if (carrier && carrier->track)
                e = add_jobs(c, *name);
        }
    }
    return e;
}
