/* The job that tells a team: takes what is due of a rule into one message, and has it go its way.
 */
#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/uuid.h"
#include "channels/slack.h"
#include "channels/webhook.h"
#include "db/db.h"
#include "notify/team.h"
#include "notify/team.sql.h"
#include "track/staff_mail.h"

#include <string.h>

#define TAKEN_MOST "200"
#define TAKEN_MOST_WEBHOOK "40" /* a body stays below 20 kB */

struct telling {
    struct job *job;
    const char *id, *rule_id; /* of the message */
    PGresult *row;            /* of team_message_get */
    struct team_words words;
    const char *sentence; /* why it could not be told */
    int retry_after;
};

static const char *column(const struct telling *t, const char *name)
{
    return row_text(t->row, 0, name);
}

/* ---- taken ---- */

/* What is due and was not taken here, as it was too much, is another job's. */
static enum err wake_next(struct telling *t, long long turn)
{
    PGresult *left;
    struct ctx *c = &t->job->ctx;
    enum err e = db_query(c->db, c->arena, team_notices_left, &left, .rule_id = t->rule_id);
    if (e != OK || !row_bool(left, 0, "yes"))
        return e;
    return team_wake(c, t->rule_id, turn, NULL);
}

/* Into the message at hand. *none: nothing waits; the turn is counted up all the same, for whoever
   adds after has looked at it. */
static enum err take(struct telling *t, bool *none)
{
    PGresult *rule, *due;
    struct ctx *c = &t->job->ctx;
    enum err e = db_query(c->db, c->arena, team_rule_take, &rule, .id = t->rule_id);
    *none = e == OK && rows_count(rule) == 0;
    if (e == OK && !*none)
        e = db_query(c->db, c->arena, team_notices_left, &due, .rule_id = t->rule_id);
    if (e != OK || *none)
        return e;
    *none = !row_bool(due, 0, "yes");
    if (*none)
        return OK;
    bool webhook = strcmp(row_text(rule, 0, "way"), "webhook") == 0;
    e = db_query(c->db, c->arena, team_message_add, NULL, .id = t->id, .rule_id = t->rule_id,
                 .test = "f");
    if (e == OK)
        e = db_query(c->db, c->arena, team_notices_take, NULL, .rule_id = t->rule_id,
                     .message_id = t->id, .rows = webhook ? TAKEN_MOST_WEBHOOK : TAKEN_MOST);
    return e == OK ? wake_next(t, row_int(rule, 0, "turn")) : e;
}

static enum err get(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    return db_query(c->db, c->arena, team_message_get, &t->row, .id = t->id);
}

static enum err load(struct telling *t, bool *none)
{
    PGresult *changes;
    struct ctx *c = &t->job->ctx;
    const char *url = c->app->settings->public_url;
    *none = false;
    enum err e = get(t);
    if (e == OK && rows_count(t->row) == 0) {
        e = take(t, none);
        if (e == OK && !*none)
            e = get(t);
    }
    if (e == OK && !*none)
        e = db_query(c->db, c->arena, team_changes, &changes, .message_id = t->id);
    if (e != OK || *none)
        return e;
    t->words = (struct team_words){ .rule = column(t, "rule"),
                                    .tenant = column(t, "tenant"),
                                    .url = url ? url : "",
                                    .test = row_bool(t->row, 0, "test"),
                                    .changes = rows_json(c->arena, changes) };
    return OK;
}

/* ---- ended ---- */

static enum err switch_off(struct telling *t)
{
    PGresult *rows;
    struct ctx *c = &t->job->ctx;
    enum err e =
        db_query(c->db, c->arena, team_rule_disable, &rows, .id = t->rule_id, .why = t->sentence);
    if (e != OK || rows_count(rows) == 0)
        return e;
    e = db_query(c->db, c->arena, team_notices_drop, NULL, .rule_id = t->rule_id);
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_bool(after, "enabled", false);
    json_set_text(after, "reason", t->sentence);
    return audit_add(c, "team_rule.disabled", "team_rule", t->rule_id, NULL, after);
}

static enum err end(struct telling *t, const char *state, bool off)
{
    struct job *j = t->job;
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, team_message_end, NULL, .id = t->id, .state = state,
                          .error = t->sentence);
    if (e == OK)
        e = job_done(j);
    if (e == OK && off)
        e = switch_off(t);
    e = db_end(c->db, e);
    j->ended = e == OK;
    return e;
}

static enum err failed(struct telling *t, const char *sentence)
{
    t->sentence = sentence;
    return end(t, "failed", false);
}

/* The schedule that Standard Webhooks advises, with up to a tenth more by chance. */
static int wait_of(struct telling *t)
{
    static const int waits[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };
    const int most = (int)(sizeof(waits) / sizeof(waits[0])) - 1, tried = t->job->attempt - 1;
    struct ctx *c = &t->job->ctx;
    unsigned char chance;
    int wait = waits[tried < 0 ? 0 : tried > most ? most : tried];
    c->app->random_bytes(c->app, &chance, 1);
    wait += wait * chance / 2560;
    return t->retry_after > wait ? t->retry_after : wait;
}

static enum err again(struct telling *t, enum err e)
{
    struct job *j = t->job;
    struct ctx *c = &j->ctx;
    const char *why = t->sentence ? t->sentence : "It could not be told.";
    if (e != ERR_LIMITED && j->attempt >= j->max_attempts)
        return failed(t, why);
    db_begin(c->db, c->tenant_id);
    enum err kept = db_end(
        c->db, db_query(c->db, c->arena, team_message_tried, NULL, .id = t->id, .error = why));
    j->snooze = e == ERR_LIMITED;
    j->retry_after = e == ERR_LIMITED && t->retry_after ? t->retry_after : wait_of(t);
    return kept != OK ? kept : job_fail(j, e == ERR_LIMITED ? e : ERR_RETRY, "%s", why);
}

/* ---- by a call ---- */

static enum err call(struct telling *t, const struct channel_account *account)
{
    struct ctx *c = &t->job->ctx;
    enum err e;
    const char *entity = arena_printf(c->arena, "team_message:%s", t->id);
    if (strcmp(column(t, "way"), "webhook") == 0) {
        struct webhook_result result;
        const struct webhook_message m = { .id = t->id,
                                           .body =
                                               team_payload(c->arena, &t->words, column(t, "at")),
                                           .entity = entity };
        e = webhook_post(c, account, &m, &result);
        t->sentence = result.sentence;
        t->retry_after = result.retry_after;
        return e;
    }
    struct slack_result result;
    const struct slack_message m = {
        .text = arena_printf(c->arena, "%s\n%s", team_subject(c->arena, &t->words),
                             team_text(c->arena, &t->words)),
        .channel = column(t, "channel"),
        .entity = entity,
    };
    e = slack_post(c, account, &m, &result);
    t->sentence = result.sentence;
    t->retry_after = result.retry_after;
    return e;
}

static enum err tell_by_call(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    struct provider_account found = { 0 };
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, provider_get(c, column(t, "account_id"), &found));
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return failed(t, "The account it goes through is switched off.");
    if (e != OK)
        return e;
    const struct channel_account account = { .id = found.id,
                                             .provider = found.provider,
                                             .settings = found.settings,
                                             .secrets = found.secrets,
                                             .job_id = t->job->id };
    e = call(t, &account);
    if (e == OK)
        return end(t, "sent", false);
    if (e == ERR_DENIED)
        return end(t, "failed", true);
    return e == ERR_INVALID ? failed(t, t->sentence) : again(t, e);
}

/* ---- by e-mail ---- */

/* refused NULL: he has got it. */
static enum err note_told(struct telling *t, const char *user_id, const char *refused)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, team_message_told, NULL, .id = t->id,
                                        .user_id = user_id, .refused = refused));
    return e == OK ? job_touch(t->job) : e;
}

static enum err mail_to(struct telling *t, const struct channel_account *account,
                        const PGresult *people, int i)
{
    struct ctx *c = &t->job->ctx;
    const char *id = row_text(people, i, "id"), *name = row_text(people, i, "name");
    const struct staff_mail mail = {
        .kind = arena_printf(c->arena, "team-%s", id),
        .about = t->id,
        .to_name = name,
        .to_address = row_text(people, i, "email"),
        .subject = team_subject(c->arena, &t->words),
        .text = arena_printf(c->arena,
                             "Hello %s\n\n%s\nYou are told by the rule “%s” of %s. Who may change "
                             "it does so here:\n%s/team\n",
                             name, team_text(c->arena, &t->words), t->words.rule, t->words.tenant,
                             t->words.url),
    };
    return staff_mail_send(t->job, account, &mail);
}

/* Nobody holds up another; who has got it, or never will, is not sent it again. *later: why
   somebody has not got it yet; NULL: each is told. */
static enum err mail_all(struct telling *t, const struct channel_account *account,
                         const PGresult *people, const char **later)
{
    struct ctx *c = &t->job->ctx;
    enum err e = OK, sent = OK;
    for (int i = 0; i < rows_count(people) && e == OK && sent != ERR_LIMITED; i++) {
        const char *id = row_text(people, i, "id"), *why = NULL;
        sent = mail_to(t, account, people, i);
        if (sent != OK)
            why = arena_printf(c->arena, "%s did not get it: %s", row_text(people, i, "name"),
                               t->job->retry_error);
        if (sent == OK || sent == ERR_INVALID) {
            e = note_told(t, id, why);
        } else {
            *later = why;
            e = job_touch(t->job);
        }
    }
    return e;
}

/* Whom it reached stands in the database, of earlier tries too. */
static enum err end_mail(struct telling *t)
{
    struct ctx *c = &t->job->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, get(t));
    if (e != OK)
        return e;
    if (row_int(t->row, 0, "got") == 0 && !column(t, "refused"))
        return failed(t, "Nobody who works here has this role and sees parcels.");
    t->sentence = column(t, "refused");
    return end(t, row_int(t->row, 0, "got") ? "sent" : "failed", false);
}

static enum err tell_by_mail(struct telling *t)
{
    PGresult *people;
    struct ctx *c = &t->job->ctx;
    struct channel_account *account = NULL;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, team_people_left, &people, .role = column(t, "role"),
                          .told = column(t, "told"));
    if (e == OK)
        e = staff_mail_account(t->job, &account);
    e = db_end(c->db, e);
    if (e == OK)
        e = mail_all(t, account, people, &t->sentence);
    if (e != OK)
        return e;
    return t->sentence ? again(t, ERR_RETRY) : end_mail(t);
}

/* ---- the job ---- */

/* Whichever try it is, it waits for the end of the quiet hours. */
static enum err be_quiet(struct telling *t)
{
    struct job *j = t->job;
    j->snooze = true;
    j->run_at = column(t, "quiet_until");
    return job_fail(j, ERR_LIMITED, "It is told when the quiet hours end.");
}

enum err team_send(struct job *j)
{
    bool none;
    struct ctx *c = &j->ctx;
    struct telling t = { .job = j,
                         .id = json_text(j->args, "messageId"),
                         .rule_id = json_text(j->args, "ruleId") };
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, load(&t, &none));
    if (e != OK || none || strcmp(column(&t, "state"), "sending") != 0)
        return e;
    if (!row_bool(t.row, 0, "wanted"))
        return failed(&t, "The rule was switched off meanwhile.");
    if (column(&t, "quiet_until"))
        return be_quiet(&t);
    return strcmp(column(&t, "way"), "email") == 0 ? tell_by_mail(&t) : tell_by_call(&t);
}

enum err team_prune(struct job *j)
{
    return db_run(j->ctx.db, j->ctx.arena, &sql_team_forget, NULL, NULL);
}
