/* The documents of runs: the list, one run with all its steps, its report, the tenant's settings.
 */
#include "track/run.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/labels.h"
#include "track/run.sql.h"
#include "track/send_way.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define SAMPLES "20"

/* Words, icon and tone of a phase; the step that is shown first. */
static const struct phase {
    const char *name, *word, *icon, *tone, *step;
} phases[] = {
    { "DRAFT", "Not sent", "hourglass", "attention", "check" },
    { "PART", "Partly sent", "hourglass", "attention", "check" },
    { "SENDING", "Sending", "loader", "moving", "send" },
    { "CANARY", "First messages", "send", "moving", "send" },
    { "PAUSED", "Paused", "pause", "attention", "send" },
    { "SENT", "Sent", "check", "done", "send" },
    { "CLOSED", "Closed", "flag", "waiting", "close" },
};

static const struct phase *phase_of(const char *name)
{
    size_t i = 0;
    while (i < sizeof(phases) / sizeof(phases[0]) - 1 && strcmp(phases[i].name, name) != 0)
        i++;
    return &phases[i];
}

/* A run of which all that left was taken by our own stand-in was a dry run, and is not said to be
   sent. */
static const struct phase *phase_shown(const char *name, long long sent, long long dry)
{
    static const struct phase dry_run = { .word = "Dry run",
                                          .icon = "archive",
                                          .tone = "attention" };
    return dry && dry == sent && strcmp(name, "SENT") == 0 ? &dry_run : phase_of(name);
}

const char *runs_phase_word(const char *phase, long long sent, long long dry)
{
    return phase_shown(phase, sent, dry)->word;
}

static void show_phase(struct json_object *d, const char *name, long long sent, long long dry)
{
    const struct phase *p = phase_shown(name, sent, dry);
    json_set_text(d, "phaseLabel", p->word);
    json_set_text(d, "icon", p->icon);
    json_set_text(d, "tone", p->tone);
}

/* ---- the list ---- */

/* What was said last of the approval of what is due. Whether a yes still holds the run's page says,
   which compares what would be sent. */
static void show_approval(struct json_object *run)
{
    static const struct {
        const char *decision, *word;
    } words[] = { { "asked", "Asked for approval" },
                  { "approved", "Approved" },
                  { "refused", "Refused" } };
    const char *approval = json_text(run, "approval"), *word = NULL;
    for (size_t i = 0; approval && i < sizeof(words) / sizeof(words[0]); i++)
        word = strcmp(words[i].decision, approval) == 0 ? words[i].word : word;
    json_set_text(run, "approvalLabel", word);
    if (approval && strcmp(approval, "asked") == 0)
        json_set_text(run, "phaseLabel", "Waits for approval");
}

enum err runs_list(struct ctx *c, const char *after, const char *path, struct json_object **out)
{
    PGresult *rows;
    const char *at[1] = { NULL };
    enum err e = cursor_read(c, "runs", after, 1, at);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_list, &rows, .after = at[0],
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = rows_json(c->arena, rows);
    bool more = rows_count(rows) > PAGE_ROWS;
    if (more)
        json_object_array_del_idx(list, PAGE_ROWS, 1);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *run = json_object_array_get_idx(list, i);
        show_phase(run, json_text(run, "phase"), json_object_get_int64(json_get(run, "left")),
                   json_object_get_int64(json_get(run, "dryRun")));
        show_approval(run);
        json_set_text(run, "href", arena_printf(c->arena, "/runs/%s", json_text(run, "batchId")));
    }
    const char *last = more ? row_text(rows, PAGE_ROWS - 1, "batchId") : NULL;
    json_set(d, "runs", json_object_get(list));
    json_set_text(
        d, "next",
        more ? arena_printf(c->arena, "%s?after=%s", path, cursor_make(c, "runs", 1, &last))
             : NULL);
    *out = d;
    return OK;
}

/* ---- one run ---- */

struct runs_rows {
    PGresult *run, *imports, *channels, *faults, *sizes, *failures, *sends, *rates;
};

/* Files not looked into are counted before their faults are read: none is said to be well early. */
static enum err ask(struct ctx *c, const char *id, struct runs_rows *r)
{
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, runs_get, &r->run, .batch_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_imports, &r->imports, .batch_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_channels, &r->channels, .batch_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_unchecked, &r->sizes, .batch_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_faults, &r->faults, .batch_id = id,
                     .channels = send_channels(c->arena), .most = SAMPLES);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_failures, &r->failures, .batch_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_sends, &r->sends, .batch_id = id);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_runs_rates, NULL, &r->rates);
    enum err flushed = db_flush(c->db);
    e = e != OK ? e : flushed;
    return e == OK && rows_count(r->run) == 0 ? ERR_NOT_FOUND : e;
}

static const char *const counted[] = { "total",     "draft",   "held",    "enqueued",  "sent",
                                       "unprinted", "printed", "dryRun",  "delivered", "failed",
                                       "returned",  "byHand",  "stopped", "leftOut",   NULL };

static long long sum(const PGresult *channels, const char *column)
{
    long long n = 0;
    for (int i = 0; i < rows_count(channels); i++)
        n += row_int(channels, i, column);
    return n;
}

struct json_object *runs_counts(const PGresult *channels)
{
    struct json_object *d = json_object_new_object();
    for (int i = 0; counted[i]; i++)
        json_set_int(d, counted[i], sum(channels, counted[i]));
    return d;
}

const char *runs_unfinished(struct ctx *c, struct json_object *counts)
{
    const char *const names[] = { "in draft", "held", "waiting" };
    const long long n[] = { json_object_get_int64(json_get(counts, "draft")) -
                                json_object_get_int64(json_get(counts, "leftOut")),
                            json_object_get_int64(json_get(counts, "held")),
                            json_object_get_int64(json_get(counts, "enqueued")) };
    struct buf b = buf_in(c->arena);
    for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
        if (n[i] > 0)
            buf_printf(&b, "%s%lld %s", b.n ? ", " : "", n[i], names[i]);
    return b.n ? arena_printf(c->arena,
                              "Messages of this run are not through: %s. Send them, leave them out "
                              "or cancel them first.",
                              b.p)
               : NULL;
}

static struct json_object *channels_of(struct ctx *c, const PGresult *rows)
{
    struct json_object *list = rows_json(c->arena, rows);
    for (int i = 0; i < rows_count(rows); i++)
        json_set_text(json_object_array_get_idx(list, (size_t)i), "label",
                      channel_label(row_text(rows, i, "channel"))->word);
    return json_object_get(list);
}

/* Who imports sees the files; others see that there was one, and when. */
static struct json_object *imports_of(struct ctx *c, const PGresult *rows)
{
    struct json_object *list = rows_json(c->arena, rows);
    bool admin = c->actor.role >= ROLE_ADMIN && c->actor.all_buildings;
    for (int i = 0; i < rows_count(rows) && !admin; i++)
        json_set(json_object_array_get_idx(list, (size_t)i), "href", NULL);
    return json_object_get(list);
}

static struct json_object *building_of(const PGresult *run)
{
    struct json_object *d = json_object_new_object();
    json_set_text(d, "buildingId", row_text(run, 0, "buildingId"));
    json_set_text(d, "code", row_text(run, 0, "buildingCode"));
    json_set_text(d, "name", row_text(run, 0, "buildingName"));
    json_set_text(d, "city", row_text(run, 0, "buildingCity"));
    return d;
}

/* Messages a minute at which those of the channel go, by its accounts; 0: nobody limits them. */
static long long rate_of(const PGresult *rates, const char *channel)
{
    for (int i = 0; i < rows_count(rates); i++)
        if (strcmp(row_text(rates, i, "channel"), channel) == 0)
            return row_int(rates, i, "rate");
    return 0;
}

/* Channels go beside each other: the slowest tells how long all takes. -1: not limited. */
static long long seconds_for(const struct runs_rows *r, const char *column)
{
    long long longest = -1;
    for (int i = 0; i < rows_count(r->channels); i++) {
        long long rate = rate_of(r->rates, row_text(r->channels, i, "channel"));
        long long seconds = rate ? row_int(r->channels, i, column) * 60 / rate : -1;
        longest = seconds > longest ? seconds : longest;
    }
    return longest;
}

static struct json_object *number_or_null(long long n)
{
    return n < 0 ? NULL : json_object_new_int64(n);
}

static void show_rate(const struct runs_rows *r, struct json_object *d)
{
    long long seconds = 0, recent = sum(r->channels, "_recent"), per_minute;
    for (int i = 0; i < rows_count(r->channels); i++)
        if (row_text(r->channels, i, "_seconds") && row_int(r->channels, i, "_seconds") > seconds)
            seconds = row_int(r->channels, i, "_seconds");
    per_minute = recent ? recent * 60 / (seconds > 5 ? seconds : 5) : 0;
    long long waiting = sum(r->channels, "enqueued");
    json_set_int(d, "perMinute", per_minute);
    json_set(d, "secondsLeft", number_or_null(per_minute ? waiting * 60 / per_minute : -1));
}

/* The messages of a run that failed, or are tried again. */
static const char *failed_href(struct ctx *c, const PGresult *run, bool delayed)
{
    return arena_printf(c->arena, "/messages?q=run:%s%%20%s", row_text(run, 0, "batchId"),
                        delayed ? "status:enqueued%20has:error" : "is:failed");
}

static struct json_object *failures_of(struct ctx *c, const struct runs_rows *r)
{
    struct json_object *list = rows_json(c->arena, r->failures);
    for (int i = 0; i < rows_count(r->failures); i++) {
        struct json_object *one = json_object_array_get_idx(list, (size_t)i);
        bool delayed = row_bool(r->failures, i, "_delayed");
        json_set_text(one, "channelLabel",
                      channel_label(row_text(r->failures, i, "channel"))->word);
        json_set_bool(one, "delayed", delayed);
        json_set_text(one, "href", failed_href(c, r->run, delayed));
    }
    return json_object_get(list);
}

static struct json_object *sending_of(struct ctx *c, const struct runs_rows *r)
{
    struct json_object *d = json_object_new_object(), *run = row_json(c->arena, r->run, 0);
    static const char *const paused[] = { "pausedAt", "pausedBy", "pausedWhy", NULL };
    show_rate(r, d);
    json_set_int(d, "waiting", sum(r->channels, "enqueued") + sum(r->channels, "held"));
    for (int i = 0; paused[i]; i++)
        json_set(d, paused[i], json_object_get(json_get(run, paused[i])));
    json_set(d, "firstMessages", json_object_get(json_get(run, "canaryMessages")));
    json_set(d, "othersFollowAt", json_object_get(json_get(run, "canaryUntil")));
    json_set(d, "failures", failures_of(c, r));
    json_set(d, "sends", json_object_get(rows_json(c->arena, r->sends)));
    return d;
}

/* What sending all that is due would take. */
static void show_plan(const struct runs_rows *r, struct json_object *approval)
{
    long long over = row_int(r->run, 0, "canaryOver"), soon = 0;
    for (int i = 0; i < rows_count(r->channels); i++)
        if (strncmp(row_text(r->channels, i, "channel"), "LETTER", 6) != 0)
            soon += row_int(r->channels, i, "draft") - row_int(r->channels, i, "leftOut");
    long long first = (soon + 49) / 50;
    json_set_int(approval, "firstMessages",
                 over > 0 && soon > over ? (first > 10 ? first : 10) : 0);
    json_set_int(approval, "firstMinutes", row_int(r->run, 0, "canaryMinutes"));
    json_set(approval, "seconds", number_or_null(seconds_for(r, "draft")));
}

static struct json_object *may_of(struct ctx *c, const struct runs_rows *r,
                                  struct json_object *approval, struct json_object *counts,
                                  long long blocking)
{
    struct json_object *d = json_object_new_object();
    const char *phase = row_text(r->run, 0, "phase"), *state = json_text(approval, "state");
    bool agent = c->actor.role >= ROLE_AGENT, closed = strcmp(phase, "CLOSED") == 0;
    bool due = json_object_get_int64(json_get(approval, "messages")) > 0;
    bool word =
        !json_object_get_boolean(json_get(approval, "needed")) || strcmp(state, "approved") == 0;
    bool waits = strcmp(phase, "PAUSED") == 0 || strcmp(phase, "CANARY") == 0;
    bool moves = strcmp(phase, "SENDING") == 0 || strcmp(phase, "CANARY") == 0;
    json_set_bool(d, "act", agent && !closed);
    json_set_bool(d, "send", agent && !closed && due && word && !blocking);
    json_set_bool(d, "pause", agent && moves);
    json_set_bool(d, "resume", agent && waits);
    json_set_bool(d, "close", agent && !closed && !waits && !moves && !runs_unfinished(c, counts));
    json_set_bool(d, "reopen", agent && closed);
    json_set_bool(d, "setUp",
                  c->actor.kind == ACTOR_USER && c->actor.role >= ROLE_ADMIN &&
                      c->actor.all_buildings);
    return d;
}

static void show_head(struct ctx *c, const struct runs_rows *r, struct json_object *d)
{
    static const char *const copied[] = { "batchId",   "year",        "phase",    "createdAt",
                                          "sentAt",    "completedAt", "closedAt", "closedBy",
                                          "closeNote", "ended",       NULL };
    struct json_object *run = row_json(c->arena, r->run, 0);
    for (int i = 0; copied[i]; i++)
        json_set(d, copied[i], json_object_get(json_get(run, copied[i])));
    const char *phase = row_text(r->run, 0, "phase");
    show_phase(d, phase, sum(r->channels, "sent") + sum(r->channels, "delivered"),
               sum(r->channels, "dryRun"));
    json_set_text(d, "step", phase_of(phase)->step);
    json_set(d, "building", building_of(r->run));
    json_set(d, "counts", runs_counts(r->channels));
    json_set(d, "channels", channels_of(c, r->channels));
}

static bool any_sms_due(const PGresult *channels)
{
    for (int i = 0; i < rows_count(channels); i++)
        if (strcmp(row_text(channels, i, "channel"), "SMS") == 0)
            return row_int(channels, i, "draft") > 0;
    return false;
}

enum err runs_get(struct ctx *c, const char *id, struct json_object **out)
{
    struct runs_rows r;
    enum err e = ask(c, id, &r);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *check = json_object_new_object(), *log;
    show_head(c, &r, d);
    json_set(d, "hold", json_object_get(json_get(row_json(c->arena, r.run, 0), "hold")));
    json_set(d, "imports", imports_of(c, r.imports));
    json_set_int(d, "lastYear", row_int(r.sizes, 0, "lastYear"));
    check_show(c, r.faults, r.sizes, check);
    json_set(d, "check", check);
    if (any_sms_due(r.channels) && (e = check_texts(c, id, check)) != OK)
        return e;
    if ((e = approval_show(c, id, d)) != OK || (e = runs_log(c, id, &log)) != OK)
        return e;
    struct json_object *approval = json_get(d, "approval");
    show_plan(&r, approval);
    json_set(d, "sending", sending_of(c, &r));
    json_set(d, "log", json_object_get(log));
    json_set(d, "may",
             may_of(c, &r, approval, json_get(d, "counts"),
                    json_object_get_int64(json_get(check, "blocking"))));
    *out = d;
    return OK;
}

/* ---- the report ---- */

static struct json_object *open_units(struct ctx *c, const PGresult *rows)
{
    struct json_object *list = rows_json(c->arena, rows);
    for (int i = 0; i < rows_count(rows); i++) {
        struct json_object *one = json_object_array_get_idx(list, (size_t)i);
        const struct label *status = status_label(row_text(rows, i, "status"));
        json_set_text(one, "channelLabel", channel_label(row_text(rows, i, "channel"))->word);
        json_set_text(one, "statusLabel", status->word);
        json_set_text(one, "tone", status->tone);
        json_set_text(one, "href",
                      arena_printf(c->arena, "/track/units/%s", row_text(rows, i, "unitId")));
    }
    return json_object_get(list);
}

enum err runs_report(struct ctx *c, const char *id, struct json_object **out)
{
    struct runs_rows r;
    PGresult *units, *unreported;
    static const char *const under_way[] = { "lettersToPrint", "lettersToHandIn", "unreported",
                                             NULL };
    enum err e = ask(c, id, &r);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_open_units, &units, .batch_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_unreported, &unreported, .batch_id = id);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    show_head(c, &r, d);
    json_object_object_del(d, "step");
    json_set(d, "imports", imports_of(c, r.imports));
    json_set(d, "sends", json_object_get(rows_json(c->arena, r.sends)));
    json_set(d, "failures", failures_of(c, &r));
    json_set_int(d, "openMessages", rows_count(units) ? row_int(units, 0, "_all") : 0);
    json_set(d, "open", open_units(c, units));
    for (int i = 0; under_way[i]; i++)
        json_set_int(d, under_way[i], row_int(unreported, 0, under_way[i]));
    *out = d;
    return OK;
}

/* ---- settings ---- */

enum err runs_settings_get(struct ctx *c, struct json_object **out)
{
    PGresult *row;
    enum err e = db_run(c->db, c->arena, &sql_runs_settings_get, NULL, &row);
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

enum err runs_settings_set(struct ctx *c, const struct runs_settings *s)
{
    struct json_object *before, *after;
    enum err e = runs_settings_get(c, &before);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_settings_set, NULL,
                     .approval_threshold = arena_printf(c->arena, "%ld", s->approval_threshold),
                     .canary_over = arena_printf(c->arena, "%ld", s->canary_over),
                     .canary_minutes = arena_printf(c->arena, "%ld", s->canary_minutes));
    if (e == OK)
        e = runs_settings_get(c, &after);
    return e != OK ? e : audit_add(c, "run.settings", "tenant", c->tenant_id, before, after);
}
