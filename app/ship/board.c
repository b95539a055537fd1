/* The board of shipments: a column for each thing they ask for. */
#include "ship/board.h"

#include "base/json.h"
#include "base/utf8.h"
#include "carriers/carrier.h"
#include "channels/message.h"
#include "db/db.h"
#include "ship/attention.h"
#include "ship/board.sql.h"
#include "ship/ship.h"
#include "ship/words.h"

#include <string.h>

#define CARDS "20"         /* of a column */
#define CARD_CHARACTERS 48 /* of what was said last */
#define MINUTE 16          /* "2026-05-12T10:30" */
#define DAY 10

/* ---- the documents ---- */

static long long count_of(const PGresult *counts, const char *attention)
{
    for (int i = 0; i < rows_count(counts); i++)
        if (strcmp(row_text(counts, i, "attention"), attention) == 0)
            return row_int(counts, i, "count");
    return 0;
}

static long long total(const PGresult *counts)
{
    long long n = 0;
    for (int i = 0; i < rows_count(counts); i++)
        n += row_int(counts, i, "count");
    return n;
}

/* All columns, as a Postgres array. */
static const char *names(struct arena *a)
{
    struct buf list = buf_in(a);
    for (size_t i = 0; attention_names[i]; i++)
        buf_printf(&list, "%c%s", i ? ',' : '{', attention_names[i]);
    buf_putc(&list, '}');
    return list.p;
}

static struct json_object *column(struct ctx *c, const char *attention, const PGresult *counts,
                                  const PGresult *cards)
{
    struct json_object *o = json_object_new_object(), *list = json_object_new_array();
    for (int i = 0; i < rows_count(cards); i++)
        if (strcmp(row_text(cards, i, "_attention"), attention) == 0)
            json_object_array_add(list, json_object_get(row_json(c->arena, cards, i)));
    json_set_text(o, "attention", attention);
    json_set_int(o, "count", count_of(counts, attention));
    json_set(o, "shipments", list);
    return o;
}

enum err board_get(struct ctx *c, struct json_object **out)
{
    PGresult *counts, *cards, *deliveries;
    db_batch(c->db);
    enum err e = db_run(c->db, c->arena, &sql_board_counts, NULL, &counts);
    if (e == OK)
        e = db_query(c->db, c->arena, board_cards, &cards, .columns = names(c->arena),
                     .rows = CARDS);
    if (e == OK)
        e = db_query(c->db, c->arena, board_deliveries, &deliveries, .rows = CARDS);
    enum err sent = db_flush(c->db);
    if (e == OK)
        e = sent;
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *columns = json_object_new_array();
    for (size_t i = 0; attention_names[i]; i++)
        json_object_array_add(columns, column(c, attention_names[i], counts, cards));
    json_set(d, "columns", columns);
    json_set(d, "deliveries", json_object_get(rows_json(c->arena, deliveries)));
    json_set_int(d, "deliveryCount", rows_count(deliveries) ? row_int(deliveries, 0, "_all") : 0);
    json_set_int(d, "total", total(counts));
    *out = d;
    return OK;
}

enum err board_count(struct ctx *c, struct json_object **out)
{
    PGresult *counts;
    enum err e = db_run(c->db, c->arena, &sql_board_counts, NULL, &counts);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *by = json_object_new_object();
    for (size_t i = 0; attention_names[i]; i++)
        json_set_int(by, attention_names[i], count_of(counts, attention_names[i]));
    json_set(d, "counts", by);
    json_set_int(d, "total", total(counts));
    *out = d;
    return OK;
}

/* ---- words ---- */

static const struct label columns[] = {
    { "act_now", "Act now", "triangle-alert", "failed" },
    { "late", "Late", "clock", "attention" },
    { "silent", "Silent", "bell-off", "attention" },
    { "pickup_point", "At a pickup point", "map-pin", "attention" },
    { "on_the_way", "On the way", "truck", "moving" },
    { "done", "Done", "check", "done" },
    { .name = NULL },
};

/* What is to be done, and behind the time that is left. */
static const struct label reasons[] = {
    { .name = "failure", .word = "See to what failed of its delivery", .icon = "" },
    { .name = "attempt", .word = "Answer the failed attempt", .icon = "" },
    { .name = "exception", .word = "See to the exception", .icon = " to claim its loss" },
    { .name = "loss", .word = "Claim its loss", .icon = "" },
    { .name = "proof", .word = "Ask for a proof of delivery", .icon = "" },
    { .name = "dispute", .word = "See to the return, or dispute it", .icon = "" },
    { .name = NULL },
};

static const struct label *find(const struct label *list, const char *name)
{
    while (name && list->name && strcmp(list->name, name) != 0)
        list++;
    return name && list->name ? list : NULL;
}

/* "22 hours", "5 days". */
static const char *span(struct ctx *c, long long hours)
{
    return hours == 1   ? "1 hour"
           : hours < 48 ? arena_printf(c->arena, "%lld hours", hours)
                        : arena_printf(c->arena, "%lld days", hours / 24);
}

static const char *left_words(struct ctx *c, struct json_object *d, const struct label *reason)
{
    if (!json_text(d, "claimDueAt"))
        return NULL;
    long long hours = json_object_get_int64(json_get(d, "hoursLeft"));
    if (hours < 0)
        return arena_printf(c->arena, "The time%s ran out %s ago", reason->icon, span(c, -hours));
    return hours == 0 ? arena_printf(c->arena, "Less than an hour left%s", reason->icon)
                      : arena_printf(c->arena, "%s left%s", span(c, hours), reason->icon);
}

/* "12 May 2026", or "12 May 2026 to 14 May 2026". */
static const char *expected_words(struct ctx *c, struct json_object *d)
{
    const char *on = json_text(d, "expectedOn"), *until = json_text(d, "expectedUntil");
    if (!on)
        return NULL;
    on = date_text(c->arena, on, "en");
    return until ? arena_printf(c->arena, "%s to %s", on, date_text(c->arena, until, "en")) : on;
}

/* "12 May": a card tells of days that are near. */
static const char *near_day(struct ctx *c, const char *day)
{
    const char *whole = date_text(c->arena, day, "en"), *year = strrchr(whole, ' ');
    return year ? arena_strndup(c->arena, whole, (size_t)(year - whole)) : whole;
}

/* The promise beside the estimate's last day, in as few words as they need. */
static const char *promise_words(struct ctx *c, struct json_object *d)
{
    const char *promised = json_text(d, "promisedOn"), *last = json_text(d, "expectedUntil");
    if (!last)
        last = json_text(d, "expectedOn");
    if (!promised)
        return last ? arena_printf(c->arena, "Expected %s", near_day(c, last)) : NULL;
    if (!last || strcmp(last, promised) == 0)
        return arena_printf(c->arena, "Promised %s", near_day(c, promised));
    return arena_printf(c->arena, "Promised %s, now %s", near_day(c, promised), near_day(c, last));
}

static void set_reason(struct ctx *c, struct json_object *d)
{
    const struct label *reason = find(reasons, json_text(d, "attentionReason"));
    if (!reason)
        return;
    json_set_text(d, "reasonWords", reason->word);
    json_set_text(d, "leftWords", left_words(c, d, reason));
    json_set_bool(d, "over", json_object_get_int64(json_get(d, "hoursLeft")) < 0);
}

/* The beginning of a text, where it is longer than a card has room for. */
static const char *brief(struct ctx *c, const char *text)
{
    size_t left = strlen(text), n, characters = 0;
    const char *p = text;
    while (left && characters < CARD_CHARACTERS && (n = utf8_char(p, left))) {
        p += n;
        left -= n;
        characters++;
    }
    return left ? arena_printf(c->arena, "%.*s…", (int)(p - text), text) : text;
}

/* To the minute: "2026-05-12T10:30Z". */
static const char *minute(struct ctx *c, const char *at)
{
    return at && strlen(at) > MINUTE ? arena_printf(c->arena, "%.*sZ", MINUTE, at) : at;
}

static void set_last(struct ctx *c, struct json_object *d)
{
    const char *said = json_text(d, "lastScan"), *place = json_text(d, "lastLocation");
    if (said && *said && *place)
        said = arena_printf(c->arena, "%s, %s", said, place);
    json_set_text(d, "lastWords", said && *said ? brief(c, said) : NULL);
    const char *at = json_text(d, "lastScanAt");
    json_set_text(d, "lastTime", minute(c, at));
    json_set_text(d, "lastDay", at ? arena_strndup(c->arena, at, DAY) : NULL);
    json_set_text(d, "silentTime", minute(c, json_text(d, "silentSince")));
}

static void set_card(struct ctx *c, struct json_object *d, bool done)
{
    const char *name = json_text(d, "carrierName");
    label_set(d, parcel_label(json_text(d, "status")));
    json_set_text(d, "carrierWord", name && *name ? name : json_text(d, "carrier"));
    json_set_text(d, "promiseWords", done ? NULL : promise_words(c, d));
    set_last(c, d);
    set_reason(c, d);
}

/* Who told of the day is kept as a courier's code, as what read it, "ship24.tracking/1", or as who
   said it here. */
static const char *teller(struct ctx *c, struct json_object *d, const char *told_by)
{
    const char *code = arena_strndup(c->arena, told_by, strcspn(told_by, "./"));
    if (strcmp(code, "user") == 0)
        return "staff";
    const char *ours = json_text(d, "carrier");
    if (strcmp(code, "generic") == 0 || (ours && strcmp(code, ours) == 0))
        return json_text(d, "carrierWord");
    return carrier_title(code);
}

void attention_view(struct ctx *c, struct json_object *d)
{
    struct json_object *ask = json_object_new_object(), *list = json_get(d, "estimates");
    label_set(ask, find(columns, json_text(d, "attention")));
    json_set_text(ask, "expectedWords", expected_words(c, d));
    json_set(d, "ask", ask);
    set_reason(c, d);
    const char *reason = json_text(d, "attentionReason");
    json_set_bool(d, "mayAnswer", reason && strcmp(reason, "failure") != 0);
    size_t n = json_object_array_length(list);
    for (size_t i = 0; i < n; i++) {
        struct json_object *e = json_object_array_get_idx(list, i);
        json_set_text(e, "expectedWords", expected_words(c, e));
        json_set_text(e, "toldByWord", teller(c, d, json_text(e, "toldBy")));
        json_set_bool(e, "current", i == 0);
    }
    json_set_bool(d, "anyEstimates", n > 0);
}

/* ---- the page ---- */

/* What failed before there was a shipment is to be acted on too, and counted there. */
static void set_deliveries(struct json_object *board, struct json_object *act_now)
{
    struct json_object *list = json_get(board, "deliveries");
    int64_t n = json_object_get_int64(json_get(board, "deliveryCount"));
    json_set(act_now, "deliveries", json_object_get(list));
    json_set_int(act_now, "shown", json_object_get_int64(json_get(act_now, "shown")) + n);
    json_set_bool(act_now, "any", n > 0 || json_object_get_boolean(json_get(act_now, "any")));
    json_set_bool(act_now, "moreDeliveries", n > (int64_t)json_object_array_length(list));
}

enum err board_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    enum err e = board_get(c, &d);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "columns");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *o = json_object_array_get_idx(list, i);
        struct json_object *cards = json_get(o, "shipments");
        size_t n = json_object_array_length(cards);
        label_set(o, find(columns, json_text(o, "attention")));
        json_set_bool(o, "any", n > 0);
        json_set_int(o, "shown", json_object_get_int64(json_get(o, "count")));
        json_set_text(o, "table",
                      arena_printf(c->arena, "/shipments/table?q=attention%%3A%s",
                                   json_text(o, "attention")));
        json_set_bool(o, "more", json_object_get_int64(json_get(o, "count")) > (int64_t)n);
        for (size_t k = 0; k < n; k++)
            set_card(c, json_object_array_get_idx(cards, k),
                     strcmp(json_text(o, "attention"), "done") == 0);
    }
    set_deliveries(d, json_object_array_get_idx(list, 0));
    json_set_bool(d, "any",
                  json_object_get_int64(json_get(d, "total")) > 0 ||
                      json_object_get_int64(json_get(d, "deliveryCount")) > 0);
    json_set_bool(d, "mayAct", c->actor.role >= ROLE_AGENT);
    json_set_text(d, "title", "Shipments");
    return reply_page(p, "ship/board", NULL, d);
}
