/* The issue of a failed delivery: asked for, found or made in Jira, commented when it comes again.
 */
#include "ship/issue.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/settings.h"
#include "channels/jira.h"
#include "db/db.h"
#include "ship/delivery.h"
#include "ship/issue.sql.h"

#include <inttypes.h>
#include <string.h>

#define LOOKS 2
#define WAIT_FIRST 15
#define WAIT_MAX 3600

struct issuing {
    struct job *job;
    const char *id;
    PGresult *row; /* of issue_load */
    struct channel_account account;
    struct jira_issue issue;
    struct jira_result result;
    const char *tried_at; /* of the call that may have made it; NULL: none has */
};

const char *issue_label(struct arena *a, const char *tenant, const char *order, const char *step,
                        const char *code)
{
    unsigned char digest[SHA256_SIZE];
    const char *text = arena_printf(a, "%s|%s|%s|%s", tenant, order, step, code);
    sha256(text, strlen(text), digest);
    return arena_printf(a, "dedupe-%s", hex(a, digest, 8));
}

/* ---- asked for ---- */

enum err issue_ask(struct ctx *c, const char *failure_id)
{
    PGresult *row;
    enum err e = db_query(c->db, c->arena, issue_hold, &row, .id = failure_id);
    if (e == OK && rows_count(row) == 0)
        return ERR_NOT_FOUND;
    if (e == OK && row_bool(row, 0, "resolved"))
        return ctx_refuse(c, ERR_CONFLICT, "It was resolved before.");
    if (e == OK && row_bool(row, 0, "asked"))
        return ctx_refuse(c, ERR_CONFLICT, "An issue was asked for already.");
    if (e == OK && !row_bool(row, 0, "account"))
        return ctx_refuse(c, ERR_CONFLICT, "There is no account at Jira to make an issue with.");
    if (e != OK)
        return e;
    const char *label = issue_label(c->arena, c->tenant_id, row_text(row, 0, "order_id"),
                                    row_text(row, 0, "step"), row_text(row, 0, "code"));
    struct json_object *args = json_own(c->arena, json_object_new_object());
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(args, "failureId", failure_id);
    json_set_text(after, "failureId", failure_id);
    e = db_query(c->db, c->arena, issue_add, NULL, .label = label);
    if (e == OK)
        e = db_query(c->db, c->arena, issue_asked, NULL, .id = failure_id, .label = label);
    if (e == OK)
        e = job_add(c,
                    &(struct job_new){ .kind = ISSUE_JOB, .args = args, .unique_key = failure_id },
                    NULL);
    return e == OK ? audit_add(c, "failure.issue_asked", "delivery",
                               row_text(row, 0, "reservation_id"), NULL, after)
                   : e;
}

/* ---- its words ---- */

static const char *column(const struct issuing *t, const char *name)
{
    return row_text(t->row, 0, name);
}

static const char *step_words(const char *step)
{
    static const struct {
        const char *step, *words;
    } list[] = {
        { "reserve", "asked for twice" },      { "create", "not handed to the carrier" },
        { "awb", "has no tracking number" },   { "pickup", "has no pickup" },
        { "save", "not saved as a shipment" }, { "cancel", "not taken back" },
    };
    size_t i = 0;
    while (i + 1 < sizeof(list) / sizeof(list[0]) && strcmp(list[i].step, step) != 0)
        i++;
    return list[i].words;
}

static void write_words(struct issuing *t)
{
    struct ctx *c = &t->job->ctx;
    const char *url = c->app->settings->public_url, *code = column(t, "code");
    const char *dry = row_bool(t->row, 0, "dry_run") ? "[Dry run] " : "";
    const char **lines = arena_zalloc(c->arena, 6, sizeof(*lines));
    lines[0] = column(t, "sentence");
    lines[1] = arena_printf(c->arena, "%sOrder %s, parcel %lld, %s.", dry, column(t, "number"),
                            row_int(t->row, 0, "parcel"), carrier_title(column(t, "carrier")));
    lines[2] =
        arena_printf(c->arena, "Step: %s. Kind: %s.%s%s%s", column(t, "step"), column(t, "kind"),
                     code ? " Code: " : "", code ? code : "", code ? "." : "");
    lines[3] =
        arena_printf(c->arena, "It failed so %lld time%s, last on %s.", row_int(t->row, 0, "times"),
                     row_int(t->row, 0, "times") == 1 ? "" : "s", column(t, "last"));
    t->issue = (struct jira_issue){
        .label = column(t, "label"),
        .summary = arena_printf(c->arena, "%sOrder %s, parcel %lld: %s", dry, column(t, "number"),
                                row_int(t->row, 0, "parcel"), step_words(column(t, "step"))),
        .lines = lines,
        .link = url ? arena_printf(c->arena, "%s/failures/%s", url, t->id) : NULL,
        .entity = arena_printf(c->arena, "failure:%s", t->id),
    };
}

/* ---- how it ends ---- */

static enum err write_end(struct issuing *t, bool told)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    const struct jira_result *r = &t->result;
    enum err e = OK;
    if (told)
        e = db_query(c->db, c->arena, issue_made, NULL, .label = t->issue.label,
                     .issue_id = arena_printf(c->arena, "%" PRId64, r->id), .issue_key = r->key,
                     .url = r->url);
    if (e == OK)
        e = db_query(c->db, c->arena, issue_end, &rows, .id = t->id,
                     .state = told ? "told" : "failed", .error = told ? NULL : r->sentence);
    if (e == OK)
        e = job_done(t->job);
    if (e != OK || rows_count(rows) == 0)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "failureId", t->id);
    json_set_text(after, told ? "issueKey" : "error", told ? r->key : r->sentence);
    return audit_add(c, told ? "failure.issue_told" : "failure.issue_failed", "delivery",
                     column(t, "reservation_id"), NULL, after);
}

static enum err end(struct issuing *t, bool told)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, write_end(t, told));
    t->job->ended = e == OK;
    return e;
}

static enum err failed(struct issuing *t, const char *sentence)
{
    t->result.sentence = sentence;
    return end(t, false);
}

static int wait_of(const struct issuing *t)
{
    int step = t->job->attempt < 9 ? t->job->attempt : 9;
    int wait = WAIT_FIRST << (step > 0 ? step - 1 : 0);
    wait = wait > WAIT_MAX ? WAIT_MAX : wait;
    return t->result.retry_after > wait ? t->result.retry_after : wait;
}

static enum err put_off(struct issuing *t, const char *at, int seconds, const char *sentence)
{
    t->job->snooze = true;
    t->job->run_at = at;
    t->job->retry_after = seconds;
    return job_fail(t->job, ERR_LIMITED, "%s", sentence);
}

/* After a call that failed. making: it was the one that makes the issue, whose try is written. */
static enum err again(struct issuing *t, enum err e, bool making)
{
    struct job *j = t->job;
    struct ctx *c = &j->ctx;
    const char *why = t->result.sentence ? t->result.sentence : "Jira could not be reached.";
    bool limited = e == ERR_LIMITED;
    bool unknown = making && (t->result.unknown || e == ERR_INTERNAL);
    bool over = e == ERR_INVALID || e == ERR_DENIED ||
                (!limited && !unknown && j->attempt >= j->max_attempts);
    db_begin(c->db, c->tenant_id);
    enum err kept = OK;
    if (making)
        kept = unknown ? db_query(c->db, c->arena, issue_unknown, NULL, .label = t->issue.label,
                                  .tried_at = t->tried_at)
                       : db_query(c->db, c->arena, issue_release, NULL, .label = t->issue.label,
                                  .tried_at = t->tried_at);
    if (kept == OK)
        kept = db_query(c->db, c->arena, issue_error, NULL, .id = t->id, .error = why);
    kept = db_end(c->db, kept);
    if (kept != OK)
        return kept;
    if (over && !unknown)
        return failed(t, why);
    j->snooze = limited || unknown; /* it is looked for, whichever try it was */
    j->retry_after = unknown ? (int)c->app->settings->notify_settle_seconds
                     : limited && t->result.retry_after ? t->result.retry_after
                                                        : wait_of(t);
    return job_fail(j, limited ? e : ERR_RETRY, "%s", why);
}

/* ---- a try ---- */

static enum err make(struct issuing *t)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, issue_begin, &rows, .label = t->issue.label,
                               .before = t->tried_at, .issue_id = column(t, "issue_id")));
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return put_off(t, NULL, 1, "Another failure alike is making it, or has.");
    t->tried_at = row_text(rows, 0, "tried_at");
    e = jira_create(c, &t->account, &t->issue, &t->result);
    return e == OK ? end(t, true) : again(t, e, true);
}

/* An issue that is there is told that it came again; that it is gone meanwhile is found out by the
   next try. */
static enum err comment(struct issuing *t)
{
    struct ctx *c = &t->job->ctx;
    const struct jira_result found = t->result;
    enum err e = jira_comment(c, &t->account, found.key, &t->issue, &t->result);
    if (e != OK)
        return again(t, e == ERR_NOT_FOUND ? ERR_RETRY : e, false);
    t->result = found;
    return end(t, true);
}

/* Found nowhere for the first time it may still appear: the index lags. */
static enum err look_later(struct issuing *t)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, issue_looked, NULL,
                                        .label = t->issue.label, .tried_at = t->tried_at));
    return e != OK ? e
                   : put_off(t, NULL, (int)c->app->settings->notify_settle_seconds,
                             "Not found by its label; it is looked for once more.");
}

static enum err go_on(struct issuing *t)
{
    struct ctx *c = &t->job->ctx;
    if (t->tried_at && row_bool(t->row, 0, "settling"))
        return put_off(t, column(t, "settle_at"), 0, "It is not known yet whether it was made.");
    enum err e = jira_find(c, &t->account, &t->issue, row_int(t->row, 0, "issue_id"), &t->result);
    if (e == OK)
        return t->tried_at ? end(t, true) : comment(t);
    if (e != ERR_NOT_FOUND)
        return again(t, e, false);
    if (t->tried_at && row_int(t->row, 0, "looks") + 1 < LOOKS)
        return look_later(t);
    return make(t);
}

enum err issue_tell(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct provider_account found = { 0 };
    struct issuing t = { .job = j, .id = json_text(j->args, "failureId") };
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_query(
        c->db, c->arena, issue_load, &t.row, .id = t.id,
        .settle_seconds = arena_printf(c->arena, "%ld", c->app->settings->notify_settle_seconds));
    enum err account = e == OK ? provider_find(c, "jira", &found) : e;
    e = db_end(c->db, e);
    if (e != OK || rows_count(t.row) == 0)
        return e;
    t.tried_at = column(&t, "tried_at");
    write_words(&t);
    if (account == ERR_NOT_FOUND || account == ERR_DENIED)
        return failed(&t, "There is no account at Jira to make an issue with.");
    if (account != OK)
        return account;
    t.account = (struct channel_account){ .id = found.id,
                                          .provider = found.provider,
                                          .settings = found.settings,
                                          .secrets = found.secrets,
                                          .job_id = j->id };
    return go_on(&t);
}
