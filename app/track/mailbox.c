/* A mailbox that reports come back to: its subscription, its sweep, and each of its messages. */
#include "track/mailbox.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "channels/graph.h"
#include "db/db.h"
#include "track/batch.sql.h"
#include "track/graph_hook.h"
#include "track/mailbox.sql.h"
#include "track/track.h"

#include <string.h>
#include <strings.h>

static bool starts(const char *text, const char *with)
{
    return text && strncasecmp(text, with, strlen(with)) == 0;
}

/* Anyone can mail what looks like a report: only what the mail system itself wrote is read as one.
 */
static bool may_report(const struct graph_message *m)
{
    return starts(m->message_class, "REPORT.") || !m->from_address || !*m->from_address ||
           starts(m->from_address, "postmaster@") || starts(m->from_address, "mailer-daemon@");
}

static enum err apply(struct ctx *c, const struct report *r, const char *inbox_id, int *matched)
{
    db_begin(c->db, c->tenant_id);
    enum err e = report_apply(c, r, inbox_id, MAILBOX_MAPPER, matched);
    return db_end(c->db, e);
}

enum err mailbox_message(struct job *j, const struct channel_account *account,
                         const char *message_id, const char *inbox_id, int *matched)
{
    struct ctx *c = &j->ctx;
    struct graph_message m;
    struct report r;
    struct str mime;
    *matched = 0;
    enum err e = graph_message_class(c, account, message_id, &m);
    if (e == OK && !may_report(&m))
        return OK;
    if (e == OK)
        e = graph_message_mime(c, account, message_id, &mime);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (e != OK)
        return e;
    e = report_parse(c->arena, mime, &r);
    if (e != OK)
        log_warn("report_unreadable", "messageId", m.internet_message_id, NULL);
    if (e != OK || r.kind == REPORT_NONE)
        return OK;
    e = apply(c, &r, inbox_id, matched);
    if (e == OK && *matched == 0)
        log_warn("report_unmatched", "messageId", r.own_message_id, "original",
                 r.original_message_id, NULL);
    return e;
}

enum err mailbox_job(struct ctx *c, const char *kind, const char *account_id)
{
    int64_t id;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "accountId", account_id);
    const struct job_new n = { .kind = kind, .args = args, .unique_key = account_id };
    db_begin(c->db, c->tenant_id);
    enum err e = job_add(c, &n, &id);
    return db_end(c->db, e);
}

enum err mailbox_doubt(struct ctx *c, const char *account_id)
{
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, mailbox_doubted, NULL, .account_id = account_id);
    return db_end(c->db, e);
}

/* ---- jobs ---- */

struct mailbox {
    struct provider_account provider;
    struct channel_account account;
    struct graph_subscription subscription;
    const char *delta_link;
};

static enum err open_rows(struct job *j, const char *id, struct mailbox *m)
{
    PGresult *row;
    struct ctx *c = &j->ctx;
    enum err e = provider_get(c, id, &m->provider);
    if (e == OK)
        e = db_query(c->db, c->arena, mailbox_get, &row, .account_id = id);
    if (e != OK || rows_count(row) == 0)
        return e;
    m->subscription.id = row_text(row, 0, "subscription_id");
    m->subscription.expires_at = row_text(row, 0, "expires_at");
    m->delta_link = row_text(row, 0, "delta_link");
    return OK;
}

static enum err open_mailbox(struct job *j, struct mailbox *m)
{
    struct ctx *c = &j->ctx;
    const char *id = json_text(j->args, "accountId");
    if (!id)
        return job_fail(j, ERR_INVALID, "The job names no account.");
    *m = (struct mailbox){ 0 };
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, open_rows(j, id, m));
    if (e != OK)
        return e == ERR_NOT_FOUND ? job_fail(j, e, "The account is off, or gone.") : e;
    m->account = (struct channel_account){ .id = m->provider.id,
                                           .provider = m->provider.provider,
                                           .settings = m->provider.settings,
                                           .secrets = m->provider.secrets,
                                           .job_id = j->id };
    return OK;
}

static enum err refused(struct job *j, enum err e)
{
    const char *why = j->ctx.problem.detail;
    j->retry_after = j->ctx.problem.retry_after;
    j->snooze = e == ERR_LIMITED;
    return job_fail(j, e, "%s", why ? why : "The mailbox cannot be reached.");
}

enum err graph_subscribe(struct job *j)
{
    struct mailbox m;
    struct ctx *c = &j->ctx;
    enum err e = open_mailbox(j, &m);
    if (e != OK)
        return e;
    const char *url =
        arena_printf(c->arena, "%s%s", c->app->settings->public_url, graph_hooks[0].path);
    e = graph_subscription_ensure(c, &m.account, url, &m.subscription);
    if (e != OK)
        return refused(j, e);
    db_begin(c->db, c->tenant_id);
    e = db_query(c->db, c->arena, mailbox_subscribed, NULL, .account_id = m.provider.id,
                 .subscription_id = m.subscription.id, .expires_at = m.subscription.expires_at);
    return db_end(c->db, e);
}

static enum err keep_link(struct ctx *c, const char *account_id, const char *link)
{
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, mailbox_swept, NULL, .account_id = account_id,
                          .delta_link = link);
    return db_end(c->db, e);
}

enum err graph_sweep(struct job *j)
{
    int matched;
    struct mailbox m = { 0 };
    struct graph_delta delta = { 0 };
    struct ctx *c = &j->ctx;
    enum err e = open_mailbox(j, &m);
    if (e != OK)
        return e;
    e = graph_inbox_delta(c, &m.account, m.delta_link, &delta);
    for (size_t i = 0; e == OK && i < delta.count; i++) {
        e = mailbox_message(j, &m.account, delta.ids[i], NULL, &matched);
        if (e == OK && i % 10 == 9)
            e = job_touch(j);
    }
    return e != OK ? refused(j, e) : keep_link(c, m.provider.id, delta.link);
}

static enum err tend_tenant(struct ctx *c)
{
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_mailbox_accounts, NULL, &rows);
    e = db_end(c->db, e);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        e = mailbox_job(c, "track.graph_subscribe", row_text(rows, i, "accountId"));
        if (e == OK)
            e = mailbox_job(c, "track.graph_sweep", row_text(rows, i, "accountId"));
    }
    return e;
}

enum err graph_tend(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_batch_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        e = tend_tenant(c);
    }
    return e;
}
