/* Two-person approval: over a threshold a second person says yes to exactly what will be sent. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "events/events.h"
#include "track/run.h"
#include "track/run.sql.h"
#include "track/send_way.h"

#include <string.h>

enum decision { ASK, APPROVE, REFUSE, WITHDRAW, DECISIONS };

const char *const approval_decisions[] = { "ask", "approve", "refuse", "withdraw", NULL };

static const char *const kept_as[DECISIONS] = { "asked", "approved", "refused", "withdrawn" };

/* What is due, and the last word on it; last has no row where there is none. */
struct state {
    PGresult *due, *last, *threshold;
};

static enum err read_state(struct ctx *c, const char *batch_id, struct state *s)
{
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, runs_snapshot, &s->due, .batch_id = batch_id,
                          .channels = send_channels(c->arena));
    if (e == OK)
        e = db_query(c->db, c->arena, runs_approval_last, &s->last, .batch_id = batch_id,
                     .channels = send_channels(c->arena));
    if (e == OK)
        e = db_query(c->db, c->arena, runs_threshold, &s->threshold, .batch_id = batch_id);
    enum err flushed = db_flush(c->db);
    return e != OK ? e : flushed;
}

static bool last_is(const struct state *s, const char *decision)
{
    return rows_count(s->last) && strcmp(row_text(s->last, 0, "decision"), decision) == 0;
}

/* Whether all that would be sent is what the last word was about; of old words only one hash was
   kept. */
static bool unchanged(const struct state *s)
{
    if (!rows_count(s->last))
        return false;
    if (row_text(s->last, 0, "unchanged"))
        return row_bool(s->last, 0, "unchanged");
    return strcmp(row_text(s->last, 0, "content_hash"), row_text(s->due, 0, "hash")) == 0;
}

static long long to_approve(const struct state *s)
{
    return row_int(s->due, 0, "messages") + row_int(s->due, 0, "held");
}

static bool is_needed(const struct state *s, long long messages)
{
    long long threshold = row_int(s->threshold, 0, "threshold");
    return threshold > 0 && messages + row_int(s->threshold, 0, "unapproved") > threshold;
}

static bool is_asker(const struct ctx *c, const struct state *s)
{
    const char *by = rows_count(s->last) ? row_text(s->last, 0, "asked_by") : NULL;
    return by && c->actor.id && strcmp(by, c->actor.id) == 0;
}

/* ---- the rules: NULL, or why not ---- */

static const char *may_ask(const struct ctx *c, const struct state *s)
{
    (void)c;
    if (to_approve(s) == 0)
        return "Nothing of this run is left to send.";
    if (unchanged(s) && last_is(s, "asked"))
        return "It was asked for already.";
    return unchanged(s) && last_is(s, "approved") ? "It is approved already." : NULL;
}

static const char *may_answer(const struct ctx *c, const struct state *s)
{
    if (!last_is(s, "asked"))
        return "Nobody asks for an approval of this run.";
    if (c->actor.kind != ACTOR_USER)
        return "Only a person can say yes or no, signed in.";
    if (is_asker(c, s))
        return "Somebody else than who asked has to say yes or no.";
    return unchanged(s) ? NULL
                        : "The run was changed after the approval was asked for: it has to "
                          "be asked for again.";
}

static const char *may_withdraw(const struct ctx *c, const struct state *s)
{
    if (!last_is(s, "asked"))
        return "Nobody asks for an approval of this run.";
    return is_asker(c, s) ? NULL : "Only who asked can take it back.";
}

static const char *(*const rules[DECISIONS])(const struct ctx *,
                                             const struct state *) = { may_ask, may_answer,
                                                                       may_answer, may_withdraw };

static enum decision decision_of(const char *name)
{
    enum decision d = ASK;
    while (d < DECISIONS - 1 && strcmp(approval_decisions[d], name) != 0)
        d++;
    return d;
}

static enum err keep(struct ctx *c, const char *batch_id, enum decision d, const char *note,
                     const struct state *s)
{
    enum err e = db_query(c->db, c->arena, runs_approval_add, NULL, .batch_id = batch_id,
                          .decision = kept_as[d], .actor_kind = actor_kind_name(c->actor.kind),
                          .actor_id = c->actor.id, .actor_name = c->actor.name, .note = note,
                          .messages = arena_printf(c->arena, "%lld", to_approve(s)),
                          .channels = row_text(s->due, 0, "channels"),
                          .of_channels = send_channels(c->arena),
                          .content_hash = row_text(s->due, 0, "hash"));
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "batchId", batch_id);
    json_set_text(after, "decision", kept_as[d]);
    json_set_int(after, "messages", to_approve(s));
    json_set_text(after, "contentHash", row_text(s->due, 0, "hash"));
    json_set_text(after, "note", note);
    if (e == OK)
        e = event_emit(c, arena_printf(c->arena, "batch.approval_%s", kept_as[d]), "batch",
                       batch_id, after);
    return e != OK ? e : audit_add(c, "run.approval", "batch", batch_id, NULL, after);
}

enum err runs_decide(struct ctx *c, const char *batch_id, const char *decision, const char *note)
{
    PGresult *row;
    struct state s;
    enum decision d = decision_of(decision);
    bool noted = note && *note;
    if (d == REFUSE && !noted)
        return ctx_fault(c, "note", "Say why not.");
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_hold_still, NULL, .batch_id = batch_id);
    if (e == OK)
        e = read_state(c, batch_id, &s);
    if (e != OK)
        return e;
    const char *why_not = rules[d](c, &s);
    if (why_not)
        return ctx_refuse(c, ERR_CONFLICT, "%s", why_not);
    if (d == ASK && (e = check_gate(c, batch_id)) != OK)
        return e;
    return keep(c, batch_id, d, noted ? note : NULL, &s);
}

/* ---- for sending, and to be shown ---- */

enum err approval_gate(struct ctx *c, const char *batch_id, long long messages,
                       const char **approval)
{
    struct state s;
    enum err e = db_query(c->db, c->arena, runs_threshold, &s.threshold, .batch_id = batch_id);
    if (e != OK)
        return e;
    *approval = NULL;
    if (!is_needed(&s, messages))
        return OK;
    e = db_query(c->db, c->arena, runs_hold_still, NULL, .batch_id = batch_id);
    if (e == OK)
        e = read_state(c, batch_id, &s);
    if (e != OK)
        return e;
    if (last_is(&s, "approved") && unchanged(&s)) {
        *approval = row_text(s.last, 0, "id");
        return OK;
    }
    if (last_is(&s, "approved"))
        return ctx_refuse(c, ERR_CONFLICT,
                          "The run was changed after it was approved: a second person has to "
                          "approve it again.");
    return ctx_refuse(c, ERR_CONFLICT,
                      "More than %s messages need the approval of a second person.",
                      row_text(s.threshold, 0, "threshold"));
}

enum err approval_alone(struct ctx *c, const char *communication_id, bool waits)
{
    PGresult *row;
    struct state s;
    enum err e = db_query(c->db, c->arena, runs_alone, &row, .communication_id = communication_id,
                          .channels = send_channels(c->arena));
    if (e != OK)
        return e;
    if (waits && row_bool(row, 0, "paused"))
        return ctx_refuse(c, ERR_CONFLICT, "Its run is paused: let the run go on first.");
    if (!row_bool(row, 0, "fresh") || row_bool(row, 0, "approved"))
        return OK;
    e = db_query(c->db, c->arena, runs_threshold, &s.threshold,
                 .batch_id = row_text(row, 0, "batchId"));
    if (e != OK || !is_needed(&s, row_int(row, 0, "due")))
        return e;
    return ctx_refuse(c, ERR_CONFLICT,
                      "Its run is not approved: more than %s messages need the approval of a "
                      "second person, one by one too.",
                      row_text(s.threshold, 0, "threshold"));
}

/* none, asked, approved, refused, or void where what it was about has changed since. */
static const char *state_of(const struct state *s)
{
    if (!rows_count(s->last) || last_is(s, "withdrawn"))
        return "none";
    if (last_is(s, "refused"))
        return unchanged(s) ? "refused" : "none";
    return unchanged(s) ? row_text(s->last, 0, "decision") : "void";
}

enum err approval_show(struct ctx *c, const char *batch_id, struct json_object *to)
{
    struct state s;
    PGresult *history;
    enum err e = read_state(c, batch_id, &s);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_approvals, &history, .batch_id = batch_id);
    if (e != OK)
        return e;
    struct json_object *d = json_object_new_object();
    bool agent = c->actor.role >= ROLE_AGENT, some = rows_count(s.last);
    json_set_bool(d, "needed", to_approve(&s) > 0 && is_needed(&s, to_approve(&s)));
    json_set_int(d, "threshold", row_int(s.threshold, 0, "threshold"));
    json_set_int(d, "messages", row_int(s.due, 0, "messages"));
    json_set_int(d, "held", row_int(s.due, 0, "held"));
    json_set(d, "channels", json_object_get(json_get(row_json(c->arena, s.due, 0), "channels")));
    json_set_text(d, "contentHash", row_text(s.due, 0, "hash"));
    json_set_text(d, "state", state_of(&s));
    json_set_text(d, "askedBy", some ? row_text(s.last, 0, "asked_by_name") : NULL);
    json_set(d, "askedAt",
             json_object_get(some ? json_get(row_json(c->arena, s.last, 0), "asked_at") : NULL));
    json_set_text(d, "askedNote", some ? row_text(s.last, 0, "asked_note") : NULL);
    json_set_text(d, "answeredBy",
                  some && !last_is(&s, "asked") ? row_text(s.last, 0, "actor_name") : NULL);
    json_set_text(d, "answer", some && !last_is(&s, "asked") ? row_text(s.last, 0, "note") : NULL);
    json_set_bool(d, "mayAsk", agent && !may_ask(c, &s));
    json_set_bool(d, "mayAnswer", agent && !may_answer(c, &s));
    json_set_bool(d, "mayWithdraw", agent && !may_withdraw(c, &s));
    json_set(d, "history", json_object_get(rows_json(c->arena, history)));
    json_set(to, "approval", d);
    return OK;
}
