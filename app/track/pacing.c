/* Turns are taken in one statement each, and kept in the arguments of the job that waits for its.
 */
#include "track/pacing.h"

#include "base/json.h"
#include "db/db.h"
#include "track/pacing.sql.h"
#include "track/track.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000
#define RATE_MAX 60000

static const struct pace {
    const char *provider;
    int rate;
    const char *sender; /* what the limit is of */
} paces[] = {
    { "msgraph", 30, "mailbox" }, { "acs", 200, "number" },         { "twilio", 60, "number" },
    { "smtp", 0, "mail server" }, { "front", 40, "Front account" },
};

static const struct pace *pace_of(const char *provider)
{
    static const struct pace none = { "", 0, "account" };
    for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++)
        if (strcmp(paces[i].provider, provider) == 0)
            return &paces[i];
    return &none;
}

int pacing_rate(const struct channel_account *account)
{
    struct json_object *set = json_get(account->settings, "ratePerMinute");
    const char *text = set ? json_object_get_string(set) : "";
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] || digits > 5)
        return pace_of(account->provider)->rate;
    int rate = (int)strtol(text, NULL, 10);
    return rate > RATE_MAX ? RATE_MAX : rate;
}

static const char *number(struct arena *a, int64_t n)
{
    return arena_printf(a, "%" PRId64, n);
}

/* When the first try was; NULL: this is it. */
static const char *first_tried(const struct job *j)
{
    const char *kept = json_text(j->args, "firstTriedAt");
    return kept || j->attempt <= 1 ? kept : j->begun_at;
}

static enum err take(struct job *j, const struct channel_account *account, const char *token)
{
    struct ctx *c = &j->ctx;
    int rate = pacing_rate(account);
    const char *first = first_tried(j), *id = number(c->arena, j->id);
    if (!rate)
        return db_query(c->db, c->arena, turn_at_once, NULL, .account_id = account->id,
                        .first = first, .job_id = id, .token = token);
    return db_query(c->db, c->arena, turn_take, NULL, .account_id = account->id,
                    .step_ms = number(c->arena, MINUTE_MS / rate), .first = first, .job_id = id,
                    .token = token);
}

struct turn {
    const char *at, *first_tried;
    const char *about; /* when it is in words; NULL: it is now */
};

/* The job's turn, taken where it has none yet, in one round trip. */
static enum err find(struct job *j, const struct channel_account *account, struct turn *out)
{
    PGresult *row = NULL;
    struct ctx *c = &j->ctx;
    const char *token = number(c->arena, j->token);
    enum err e = OK;
    db_begin(c->db, c->tenant_id);
    db_batch(c->db);
    if (!json_text(j->args, "turnAt"))
        e = take(j, account, token);
    if (e == OK)
        e = db_query(c->db, c->arena, turn_when, &row, .job_id = number(c->arena, j->id),
                     .token = token);
    e = db_end(c->db, e);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ERR_CONFLICT; /* the lease was lost to another */
    *out = (struct turn){ .at = row_text(row, 0, "at"),
                          .about = row_bool(row, 0, "waits") ? row_text(row, 0, "about") : NULL,
                          .first_tried = row_text(row, 0, "first") };
    return OK;
}

/* Puts the job back to its turn, uncounted. */
static enum err put_off(struct job *j, const struct turn *turn, const char *sentence)
{
    j->snooze = true;
    j->run_at = turn->at;
    return job_fail(j, ERR_LIMITED, "%s", sentence);
}

static const char *why_later(struct ctx *c, const struct channel_account *account,
                             const struct turn *turn)
{
    const char *sender = pace_of(account->provider)->sender;
    int rate = pacing_rate(account);
    if (!rate)
        return arena_printf(c->arena, "Waits: the %s was asked to pause until about %s.", sender,
                            turn->about);
    return arena_printf(c->arena, "Waits for its turn: the %s sends at most %d a minute; about %s.",
                        sender, rate, turn->about);
}

static enum err wait_for(struct sending *s, const struct turn *turn)
{
    struct job *j = s->job;
    struct ctx *c = &j->ctx;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "nextAttemptAt", turn->at);
    json_set_int(d, "ratePerMinute", pacing_rate(s->account));
    const struct timeline_event event = {
        .type = EVENT_DELAYED,
        .source = "worker",
        .sentence = why_later(c, s->account, turn),
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "turn:%" PRId64 ":%s", j->id, turn->at),
    };
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, turn_wait, NULL, .job_id = number(c->arena, j->id),
                          .token = number(c->arena, j->token));
    if (e == OK)
        e = timeline_append(c, s->id, &event, NULL);
    e = db_end(c->db, e);
    enum err later = put_off(j, turn, event.sentence);
    return e != OK ? e : later;
}

enum err pacing_ask(struct ctx *c, PGresult **pauses)
{
    return db_run(c->db, c->arena, &sql_turn_pauses, NULL, pauses);
}

/* Whether neither a limit nor a pause holds the job, and it waits for no turn it was given. */
static bool is_free(const struct sending *s, int rate)
{
    for (int i = 0; i < rows_count(s->pauses); i++)
        if (strcmp(row_text(s->pauses, i, "account_id"), s->account->id) == 0)
            return false;
    return !rate && !json_text(s->job->args, "turnAt");
}

enum err pacing_turn(struct sending *s)
{
    struct job *j = s->job;
    struct turn turn;
    struct json_object *untried = json_get(j->args, "untriedToken");
    int64_t before = untried ? json_object_get_int64(untried) : 0;
    s->first_try = j->token == before + 1 && row_int(s->row, 0, "attempts") == 0;
    if (!s->account)
        return OK;
    int rate = pacing_rate(s->account);
    if (!rate && !pace_of(s->account->provider)->rate)
        return OK;
    if (is_free(s, rate)) {
        const char *first = first_tried(j);
        s->first_tried = first ? first : j->begun_at;
        return OK;
    }
    enum err e = find(j, s->account, &turn);
    if (e != OK)
        return e;
    s->first_tried = turn.first_tried;
    return turn.about ? wait_for(s, &turn) : OK;
}

enum err pacing_job(struct job *j, const struct channel_account *account)
{
    struct turn turn;
    enum err e = find(j, account, &turn);
    return e != OK || !turn.about ? e : put_off(j, &turn, why_later(&j->ctx, account, &turn));
}

enum err pacing_job_used(struct job *j, const struct channel_account *account, int pause_seconds)
{
    struct ctx *c = &j->ctx;
    enum err e = db_query(c->db, c->arena, turn_used, NULL, .job_id = number(c->arena, j->id),
                          .token = number(c->arena, j->token));
    if (e == OK && pause_seconds)
        e = db_query(c->db, c->arena, turn_pause, NULL, .account_id = account->id,
                     .seconds = number(c->arena, pause_seconds));
    return e;
}

enum err pacing_used(struct sending *s, int pause_seconds)
{
    if (!s->account || !s->first_tried)
        return OK;
    return pacing_job_used(s->job, s->account, pause_seconds);
}
