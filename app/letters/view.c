/* Prepares print runs, what waits and what came back for their pages. */
#include "letters/view.h"

#include "base/json.h"
#include "base/money.h"
#include "base/words.h"
#include "letters/letters.h"
#include "track/labels.h"

#include <string.h>

static const struct label states[] = {
    { "MAKING", "Being made", "loader", "moving" },
    { "READY", "Ready to print", "printer", "attention" },
    { "PRINTED", "Printed", "file-text", "moving" },
    { "LODGED", "Handed in", "mailbox", "moving" },
    { "CLOSED", "Closed", "check", "done" },
    { "FAILED", "Failed", "circle-x", "failed" },
    { "CANCELLED", "Cancelled", "ban", "waiting" },
};

/* Handed in, but the post took fewer, and which is not known. */
static const struct label letters_missing = { .word = "Letters missing",
                                              .icon = "triangle-alert",
                                              .tone = "attention" };

static const struct {
    const char *name, *word;
} reasons[] = {
    { "moved", "Moved" },       { "unknown", "Unknown there" },    { "refused", "Refused" },
    { "deceased", "Deceased" }, { "noLetterbox", "No letterbox" },
};

static int64_t number(struct json_object *o, const char *key)
{
    return json_object_get_int64(json_get(o, key));
}

static bool truth(struct json_object *o, const char *key)
{
    return json_object_get_boolean(json_get(o, key));
}

static bool is(struct json_object *run, const char *state)
{
    return strcmp(json_text(run, "state"), state) == 0;
}

static const char *weight(struct ctx *c, struct json_object *o)
{
    double grams = json_object_get_double(json_get(o, "grams"));
    return grams < 1000 ? arena_printf(c->arena, "%.0f g", grams)
                        : arena_printf(c->arena, "%.1f kg", grams / 1000);
}

static const char *sheet_words(struct ctx *c, struct json_object *o)
{
    return count_words(c->arena, number(o, "sheets"), "sheet", "sheets");
}

static void set_state(struct ctx *c, struct json_object *run)
{
    size_t i = sizeof(states) / sizeof(states[0]) - 1;
    while (i && !is(run, states[i].name))
        i--;
    const struct label *l = &states[i];
    if (is(run, "LODGED") && number(run, "missing") > 0 && !truth(run, "missingNamed"))
        l = &letters_missing;
    json_set_text(run, "label", l->word);
    json_set_text(run, "icon", l->icon);
    json_set_text(run, "tone", l->tone);
    json_set_text(run, "weight", weight(c, run));
    json_set_text(run, "sheetWords", sheet_words(c, run));
    json_set_bool(run, "oneLetter", number(run, "letters") == 1);
    json_set_bool(run, "anyReturned", number(run, "returned") > 0);
}

/* ---- lists ---- */

static void add_up(struct ctx *c, struct json_object *d, struct json_object *ready)
{
    int64_t letters = 0, sheets = 0;
    double grams = 0;
    for (size_t i = 0; i < json_object_array_length(ready); i++) {
        struct json_object *one = json_object_array_get_idx(ready, i);
        letters += number(one, "letters");
        sheets += number(one, "sheets");
        grams += json_object_get_double(json_get(one, "grams"));
        json_set_text(one, "weight", weight(c, one));
        json_set_text(one, "sheetWords", sheet_words(c, one));
        json_set_bool(one, "anyRegistered", number(one, "registered") > 0);
        json_set_bool(one, "one", number(one, "letters") == 1);
    }
    if (!letters)
        return;
    struct json_object *waiting = json_object_new_object();
    json_set_int(waiting, "letters", letters);
    json_set_int(waiting, "sheets", sheets);
    json_set(waiting, "grams", json_object_new_double(grams));
    json_set_text(waiting, "weight", weight(c, waiting));
    json_set_text(waiting, "sheetWords", sheet_words(c, waiting));
    json_set_bool(waiting, "one", letters == 1);
    json_set(d, "waiting", waiting);
}

void view_list(struct ctx *c, struct json_object *d)
{
    struct json_object *runs = json_get(d, "runs");
    const char *next = json_text(d, "next"), *query = next ? strchr(next, '?') : NULL;
    for (size_t i = 0; i < json_object_array_length(runs); i++)
        set_state(c, json_object_array_get_idx(runs, i));
    json_set_bool(d, "anyRuns", json_object_array_length(runs) > 0);
    json_set_text(d, "nextPage", query ? arena_printf(c->arena, "/letters%s", query) : NULL);
    add_up(c, d, json_get(d, "ready"));
}

/* ---- one run ---- */

static const struct step {
    const char *word, *at, *by; /* members that tell when it was done, and by whom */
    const char *state;          /* in which it is the next one to do */
} steps[] = {
    { "Made", "madeAt", "createdByName", "MAKING" },
    { "Printed", "printedAt", "printedByName", "READY" },
    { "Handed in", "lodgedAt", "lodgedByName", "PRINTED" },
    { "Closed", "closedAt", "closedByName", "LODGED" },
};

static struct json_object *steps_of(struct json_object *run)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct json_object *o = json_object_new_object();
        const char *at = json_text(run, steps[i].at);
        json_set_int(o, "n", (int64_t)i + 1);
        json_set_text(o, "word", steps[i].word);
        json_set_text(o, "at", at);
        json_set_text(o, "by", at ? json_text(run, steps[i].by) : NULL);
        json_set_bool(o, "done", at != NULL);
        json_set_bool(o, "next", is(run, steps[i].state));
        json_object_array_add(list, o);
    }
    return list;
}

static void set_making(struct json_object *run)
{
    struct json_object *making = json_object_new_object();
    json_set_int(making, "done", number(run, "done"));
    json_set_bool(making, "begun", number(run, "done") > 0);
    json_set(run, "making", making);
}

static void set_counts(struct ctx *c, struct json_object *run)
{
    struct json_object *accepted = json_get(run, "accepted"), *postage;
    bool mismatch = accepted && number(run, "accepted") != number(run, "letters");
    json_set_bool(run, "mismatch", mismatch);
    json_set_bool(run, "short", number(run, "missing") > 0);
    json_set_bool(run, "oneMissing", number(run, "missing") == 1);
    json_set_text(run, "acceptedWord",
                  accepted ? arena_printf(c->arena, "%lld", (long long)number(run, "accepted"))
                           : "–");
    postage = json_get(run, "postageMinor");
    if (postage)
        json_set_text(
            run, "postage",
            money_text(c->arena, json_object_get_int64(postage), json_text(run, "currency"), "en"));
}

void view_run(struct ctx *c, struct json_object *run)
{
    bool made = json_text(run, "printSha256") && !is(run, "CANCELLED");
    set_state(c, run);
    json_set_bool(run, "onePage", number(run, "pages") == 1);
    set_counts(c, run);
    json_set(run, "steps", steps_of(run));
    json_set_bool(run, "made", made);
    json_set_bool(run, "failed", is(run, "FAILED"));
    json_set_bool(run, "cancelled", is(run, "CANCELLED"));
    json_set_bool(run, "closed", is(run, "CLOSED"));
    json_set_bool(run, "canPrint", is(run, "READY"));
    json_set_bool(run, "canLodge", is(run, "PRINTED"));
    json_set_bool(run, "canClose", is(run, "LODGED"));
    json_set_bool(run, "canCancel", is(run, "MAKING") || is(run, "READY") || is(run, "FAILED"));
    json_set_bool(run, "canReceipt", is(run, "READY") || is(run, "PRINTED") || is(run, "LODGED"));
    json_set_bool(run, "wasLodged", json_text(run, "lodgedAt") != NULL);
    json_set_bool(run, "walk", strcmp(json_text(run, "order"), "walk") == 0);
    json_set_bool(run, "separated", strcmp(json_text(run, "separators"), "building") == 0);
    if (is(run, "MAKING"))
        set_making(run);
}

void view_form(struct json_object *run, struct json_object *form)
{
    struct json_object *given = json_object_new_object();
    if (form) {
        json_object_put(given);
        json_set(run, "given", json_object_get(json_get(form, "given")));
        json_set(run, "errors", json_object_get(json_get(form, "errors")));
        json_set(run, "error", json_object_get(json_get(form, "error")));
        return;
    }
    if (json_get(run, "accepted"))
        json_set_int(given, "acceptedCount", number(run, "accepted"));
    json_set_text(given, "missing", json_text(run, "missingNumbers"));
    json_set(run, "given", given);
}

static const char *reason_word(const char *name)
{
    for (size_t i = 0; name && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strcmp(reasons[i].name, name) == 0)
            return reasons[i].word;
    return NULL;
}

void view_pieces(struct ctx *c, struct json_object *pieces, const char *run_id)
{
    struct json_object *list = json_get(pieces, "pieces");
    const char *next = json_text(pieces, "next"), *query = next ? strchr(next, '?') : NULL;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        const struct label *l = standing_of(one);
        json_object_object_del(one, "page"); /* would hide the page's own */
        json_set_text(one, "statusLabel", l->word);
        json_set_text(one, "tone", l->tone);
        json_set_text(one, "icon", l->icon);
        json_set_text(one, "weight", weight(c, one));
        json_set_text(one, "reasonWord", reason_word(json_text(one, "returnReason")));
        json_set_bool(one, "registered",
                      strcmp(json_text(one, "class"), "LETTER_WITH_RECEIPT") == 0);
    }
    json_set_text(pieces, "nextPage",
                  query ? arena_printf(c->arena, "/letters/%s%s", run_id, query) : NULL);
}

/* ---- returned ---- */

void view_returned(struct ctx *c, struct json_object *returned)
{
    (void)c;
    json_set_text(returned, "reasonWord", reason_word(json_text(returned, "reason")));
}

struct json_object *return_choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", reasons[i].name);
        json_set_text(o, "label", reasons[i].word);
        json_set_bool(o, "selected", strcmp(reasons[i].name, chosen ? chosen : "moved") == 0);
        json_object_array_add(list, o);
    }
    return list;
}
