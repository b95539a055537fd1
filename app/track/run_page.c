/* The page of a run: its steps, the one that is shown, and its numbers in words. */
#include "track/run_page.h"

#include "base/json.h"
#include "track/cost.h"
#include "track/labels.h"
#include "track/run.h"

#include <string.h>

const char *const runs_steps[] = { "data", "check", "preview", "approve", "send", "close", NULL };

static const char *const step_words[] = { "Data", "Check", "Preview", "Approve", "Send", "Close" };

static bool is(struct json_object *d, const char *key, const char *text)
{
    const char *value = json_text(d, key);
    return value && strcmp(value, text) == 0;
}

static bool truth(struct json_object *d, const char *key)
{
    return json_object_get_boolean(json_get(d, key));
}

static long long number(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

/* Marks those whose number is one; answers how many there are. */
static size_t show_ones(struct json_object *list, const char *key)
{
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        json_set_bool(one, "one", number(one, key) == 1);
    }
    return n;
}

static const char *time_words(struct ctx *c, long long seconds)
{
    long long minutes = (seconds + 59) / 60;
    if (minutes < 2)
        return "about a minute";
    if (minutes < 90)
        return arena_printf(c->arena, "about %lld minutes", minutes);
    return arena_printf(c->arena, "about %lld h %lld min", minutes / 60, minutes % 60);
}

/* ---- the steps ---- */

/* Whether any of the run has left. */
static bool gone(struct json_object *d)
{
    struct json_object *n = json_get(d, "counts");
    return number(n, "sent") + number(n, "delivered") + number(n, "returned") +
               number(n, "failed") >
           0;
}

/* Whether it was sent and nothing is left to be; a run can be closed of which nothing ever was. */
static bool all_sent(struct json_object *d)
{
    struct json_object *a = json_get(d, "approval");
    bool begun = !is(d, "phase", "DRAFT") && (!is(d, "phase", "CLOSED") || gone(d));
    return begun && number(a, "messages") + number(a, "held") == 0;
}

static bool step_done(struct json_object *d, const char *step)
{
    struct json_object *check = json_get(d, "check");
    bool any = number(json_get(d, "counts"), "total") > 0, closed = is(d, "phase", "CLOSED");
    if (strcmp(step, "data") == 0)
        return any;
    if (strcmp(step, "check") == 0)
        return any && !number(check, "blocking") && !number(check, "uncheckedFiles");
    if (strcmp(step, "preview") == 0)
        return all_sent(d);
    if (strcmp(step, "approve") == 0)
        return all_sent(d) || is(json_get(d, "approval"), "state", "approved");
    if (strcmp(step, "send") == 0)
        return all_sent(d) && (closed || is(d, "phase", "SENT"));
    return closed;
}

static void show_steps(struct ctx *c, struct json_object *d, const char *shown)
{
    struct json_object *list = json_object_new_array(), *at = json_object_new_object();
    long long blocking = number(json_get(d, "check"), "blocking");
    for (int i = 0; runs_steps[i]; i++) {
        struct json_object *step = json_object_new_object();
        bool selected = strcmp(runs_steps[i], shown) == 0;
        json_set_text(step, "label", step_words[i]);
        json_set_int(step, "number", i + 1);
        json_set_text(
            step, "href",
            arena_printf(c->arena, "/runs/%s?step=%s", json_text(d, "batchId"), runs_steps[i]));
        json_set_bool(step, "selected", selected);
        json_set_bool(step, "done", step_done(d, runs_steps[i]));
        json_set_int(step, "count", i == 1 ? blocking : 0);
        json_object_object_add(at, runs_steps[i], json_object_new_boolean(selected));
        json_object_array_add(list, step);
    }
    json_set(d, "steps", list);
    json_set(d, "at", at);
}

/* ---- check ---- */

static void show_mending(struct json_object *sample)
{
    static const struct {
        const char *mend, *type, *label;
    } fields[] = { { "email", "email", "E-mail" }, { "phone", "tel", "Phone" } };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!is(sample, "mend", fields[i].mend))
            continue;
        struct json_object *field = json_object_new_object();
        json_set_text(field, "name", fields[i].mend);
        json_set_text(field, "type", fields[i].type);
        json_set_text(field, "label", fields[i].label);
        json_set(sample, "field", field);
    }
    json_set_bool(sample, "postal", is(sample, "mend", "postal"));
}

static void show_group(struct json_object *group, bool error, bool act)
{
    struct json_object *samples = json_get(group, "samples");
    size_t n = json_object_array_length(samples);
    json_set_text(group, "groupTone", error ? "failed" : "attention");
    json_set_text(group, "groupIcon", error ? "tone-failed" : "tone-attention");
    json_set_bool(group, "isError", error);
    json_set_bool(group, "any", n > 0);
    json_set_bool(group, "mayLeaveOut", act && number(group, "open") > 0);
    json_set_bool(group, "mayTakeIn", act && number(group, "leftOut") > 0);
    json_set_bool(group, "more", number(group, "count") > (long long)n && n > 0);
    json_set_int(group, "shown", (int64_t)n);
    for (size_t i = 0; act && i < n; i++)
        show_mending(json_object_array_get_idx(samples, i));
}

static void show_check(struct json_object *d, bool act)
{
    struct json_object *check = json_get(d, "check");
    struct json_object *errors = json_get(check, "errors"), *warnings = json_get(check, "warnings");
    for (size_t i = 0; i < json_object_array_length(errors); i++)
        show_group(json_object_array_get_idx(errors, i), true, act);
    for (size_t i = 0; i < json_object_array_length(warnings); i++)
        show_group(json_object_array_get_idx(warnings, i), false, act);
    json_set_bool(d, "oneUnchecked", number(check, "uncheckedFiles") == 1);
    json_set_bool(d, "allWell",
                  !json_object_array_length(errors) && !number(check, "uncheckedFiles"));
    json_set_bool(d, "anyWarning", json_object_array_length(warnings) > 0);
}

/* ---- approval ---- */

static void show_approval(struct ctx *c, struct json_object *d, bool act)
{
    struct json_object *a = json_get(d, "approval"), *list = json_object_new_array();
    json_object_object_foreach(json_get(a, "channels"), name, n)
    {
        struct json_object *one = json_object_new_object();
        json_set_text(one, "label", channel_label(name)->word);
        json_set(one, "n", json_object_get(n));
        json_object_array_add(list, one);
    }
    json_set(a, "perChannel", list);
    json_set_text(a, "duration",
                  json_get(a, "seconds") ? time_words(c, number(a, "seconds"))
                                         : "As long as this server needs: no account limits it");
    json_set_int(a, "asked", number(a, "messages") + number(a, "held"));
    json_set_bool(a, "oneMessage", number(a, "messages") == 1);
    json_set_bool(a, "oneHeld", number(a, "held") == 1);
    json_set_bool(a, "oneAsked", number(a, "asked") == 1);
    json_set_bool(a, "oneAllowed", number(a, "threshold") == 1);
    json_set_bool(a, "oneMinute", number(a, "firstMinutes") == 1);
    json_set_bool(a, "isOver", number(a, "asked") == 0);
    json_set_bool(a, "isNeeded", truth(a, "needed"));
    json_set_bool(a, "isAsked", is(a, "state", "asked"));
    json_set_bool(a, "isApproved", is(a, "state", "approved"));
    json_set_bool(a, "isRefused", is(a, "state", "refused"));
    json_set_bool(a, "isVoid", is(a, "state", "void"));
    json_set_bool(a, "askForm",
                  act && truth(a, "needed") && truth(a, "mayAsk") &&
                      !number(json_get(d, "check"), "blocking"));
    size_t said = json_object_array_length(json_get(a, "history"));
    size_t sends = show_ones(json_get(json_get(d, "sending"), "sends"), "messages");
    json_set_bool(a, "anyHistory", said > 0);
    json_set_bool(a, "anyWord", number(a, "asked") > 0 || said > 0 || sends > 0);
    json_set_int(a, "leftOutCount", number(json_get(d, "counts"), "leftOut"));
    json_set_bool(a, "oneLeftOut", number(a, "leftOutCount") == 1);
}

/* ---- sending ---- */

/* Nothing left in the last minutes, so that there is no rate to tell the time left by. */
static const char *quiet_words(struct ctx *c, struct json_object *d)
{
    long long again = 0, waiting = number(json_get(d, "counts"), "enqueued");
    struct json_object *failures = json_get(json_get(d, "sending"), "failures");
    for (size_t i = 0; i < json_object_array_length(failures); i++) {
        struct json_object *f = json_object_array_get_idx(failures, i);
        again += truth(f, "delayed") ? number(f, "count") : 0;
    }
    const char *none = "None left in the last five minutes";
    return again ? arena_printf(c->arena, "%s: %lld waiting, %lld of them for another try.", none,
                                waiting, again)
                 : arena_printf(c->arena, "%s: %lld waiting.", none, waiting);
}

static const char *rate_words(struct ctx *c, struct json_object *d)
{
    struct json_object *s = json_get(d, "sending");
    long long per_minute = number(s, "perMinute");
    if (is(d, "phase", "DRAFT"))
        return "Not begun.";
    if (is(d, "phase", "PART"))
        return "Some were released by themselves; the run is not sent.";
    if (is(d, "phase", "PAUSED"))
        return "Standing still.";
    if (truth(d, "allDry") && !is(d, "phase", "SENDING") && !is(d, "phase", "CANARY"))
        return "Through. Nothing left, so that nothing comes back.";
    if (!is(d, "phase", "SENDING") && !is(d, "phase", "CANARY"))
        return "Through: these figures change only when reports come back.";
    if (!per_minute)
        return gone(d) ? quiet_words(c, d) : "Beginning.";
    if (!json_get(s, "secondsLeft") || is(d, "phase", "CANARY"))
        return arena_printf(c->arena, "%lld a minute.", per_minute);
    return arena_printf(c->arena, "%lld a minute, %s left.", per_minute,
                        time_words(c, number(s, "secondsLeft")));
}

/* What counts as sent and has not left yet: letters that are no more than paper, and what our own
   stand-in took. */
static long long kept_of(struct json_object *counts)
{
    return number(counts, "unprinted") + number(counts, "printed") + number(counts, "dryRun");
}

static void show_kept(struct ctx *c, struct json_object *d)
{
    struct json_object *n = json_get(d, "counts"), *channels = json_get(d, "channels");
    long long dry = number(n, "dryRun"), kept = kept_of(n);
    for (size_t i = 0; i < json_object_array_length(channels); i++) {
        struct json_object *one = json_object_array_get_idx(channels, i);
        json_set_int(one, "left", number(one, "sent") - kept_of(one));
    }
    json_set_int(d, "kept", kept);
    json_set_int(d, "noReport", number(n, "sent") - kept);
    json_set_text(
        d, "unprintedHref",
        arena_printf(c->arena, "/messages?q=run:%s%%20is:unprinted", json_text(d, "batchId")));
    json_set_bool(d, "oneDry", dry == 1);
    json_set_bool(d, "allDry", dry && dry == number(n, "sent") + number(n, "delivered"));
}

static void show_sending(struct ctx *c, struct json_object *d, bool shown)
{
    struct json_object *s = json_get(d, "sending");
    bool moves = is(d, "phase", "SENDING") || is(d, "phase", "CANARY");
    bool paused = is(d, "phase", "PAUSED");
    json_set_text(d, "rateWords", rate_words(c, d));
    json_set_bool(d, "paused", paused);
    json_set_bool(d, "first", is(d, "phase", "CANARY"));
    json_set_bool(d, "notSent", is(d, "phase", "DRAFT"));
    json_set_bool(d, "anyFailure", json_object_array_length(json_get(s, "failures")) > 0);
    json_set_bool(d, "anyLog", json_object_array_length(json_get(d, "log")) > 0);
    json_set_int(d, "poll", !shown ? 0 : moves ? 3 : paused ? 15 : 0);
}

static bool any_letter(struct json_object *d)
{
    struct json_object *channels = json_get(d, "channels");
    for (size_t i = 0; i < json_object_array_length(channels); i++) {
        const char *name = json_text(json_object_array_get_idx(channels, i), "channel");
        if (strncmp(name, "LETTER", 6) == 0)
            return true;
    }
    return false;
}

/* ---- the report ---- */

static void show_under_way(struct ctx *c, struct json_object *d)
{
    static const struct {
        const char *key, *one, *many;
    } papers[] = { { "lettersToPrint", "letter is still to be printed",
                     "letters are still to be printed" },
                   { "lettersToHandIn", "printed letter is still to be handed in",
                     "printed letters are still to be handed in" } };
    struct buf b = buf_in(c->arena);
    for (size_t i = 0; i < sizeof(papers) / sizeof(papers[0]); i++) {
        long long n = number(d, papers[i].key);
        if (n)
            buf_printf(&b, "%s%lld %s", b.n ? ", " : "", n,
                       n == 1 ? papers[i].one : papers[i].many);
    }
    long long waiting = number(json_get(d, "counts"), "enqueued");
    json_set_text(d, "paperWords", b.n ? b.p : NULL);
    json_set_bool(d, "oneWaiting", waiting == 1);
    json_set_bool(d, "oneUnreported", number(d, "unreported") == 1);
    show_kept(c, d);
    json_set_bool(d, "nothingOpen",
                  !b.n && !waiting && !number(json_get(d, "counts"), "dryRun") &&
                      !number(d, "unreported") && !number(d, "openMessages"));
}

enum err runs_page_report(struct ctx *c, const char *id, struct json_object **out)
{
    enum err e = runs_report(c, id, out);
    if (e != OK)
        return e;
    show_under_way(c, *out);
    (void)show_ones(json_get(*out, "imports"), "added");
    (void)show_ones(json_get(*out, "sends"), "messages");
    return OK;
}

/* What only its own step shows. */
static enum err add_step(struct ctx *c, const char *id, const char *step,
                         const struct runs_view *view, struct json_object *d)
{
    struct json_object *part;
    enum err e = OK;
    if (strcmp(step, "preview") == 0 && (e = runs_preview(c, id, view->communication, &part)) == OK)
        json_set(d, "preview", json_object_get(part));
    if (strcmp(step, "approve") == 0 && (e = runs_settings_get(c, &part)) == OK)
        json_set(d, "settings", json_object_get(part));
    if (e == OK && strcmp(step, "approve") == 0 && (e = cost_of_batch(c, id, &part)) == OK) {
        json_set(d, "cost", json_object_get(part));
        cost_show(c, part);
    }
    if (strcmp(step, "close") == 0 && (e = runs_page_report(c, id, &part)) == OK)
        json_set(d, "report", json_object_get(part));
    return e;
}

enum err runs_page_document(struct ctx *c, const char *id, const struct runs_view *view,
                            struct json_object **out)
{
    struct json_object *d;
    enum err e = runs_get(c, id, &d);
    if (e != OK)
        return e;
    const char *step = view->step ? view->step : json_text(d, "step");
    bool act = truth(json_get(d, "may"), "act");
    show_steps(c, d, step);
    show_check(d, act);
    show_approval(c, d, act);
    show_kept(c, d);
    show_sending(c, d, strcmp(step, "send") == 0);
    json_set_text(d, "closeWhy", act ? runs_unfinished(c, json_get(d, "counts")) : NULL);
    json_set_bool(d, "letters", any_letter(d));
    json_set_bool(d, "oneInAll", number(json_get(d, "counts"), "total") == 1);
    json_set_bool(d, "oneLastYear", number(d, "lastYear") == 1);
    json_set_bool(d, "tested", view->tested);
    json_set_bool(d, "mayTest", act);
    if ((e = add_step(c, id, step, view, d)) != OK)
        return e;
    *out = d;
    return OK;
}
