/* The figures over a list of messages: a histogram by time and state, and groups of failures. */
#include "messages/figures.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "messages/figures.sql.h"
#include "track/track.h"
#include "web/bar.h"

#include <string.h>

#define FAILURES_MOST 20000
#define LITERAL(n) LITERAL_OF(n)
#define LITERAL_OF(n) #n

const char *const figure_periods[] = { "24h", "7d", "30d", NULL };

/* What a period is cut into, its end being that of the unit at hand. */
static const struct cut {
    const char *period, *unit, *step, *buckets;
    int seconds;
} cuts[] = {
    { "24h", "hour", "1 hour", "24", 3600 },
    { "7d", "day", "6 hours", "28", 6 * 3600 },
    { "30d", "day", "1 day", "30", 24 * 3600 },
};

static const struct cut *cut_of(const char *period)
{
    for (size_t i = 0; period && i < sizeof(cuts) / sizeof(cuts[0]); i++)
        if (strcmp(cuts[i].period, period) == 0)
            return &cuts[i];
    return &cuts[1];
}

/* The list narrowed to one group: by its code, else by what its sentences have in common. */
static void add_way(struct ctx *c, const char *q, struct json_object *group)
{
    struct buf b = buf_in(c->arena);
    const char *code = json_text(group, "code");
    buf_printf(&b, "%s%s", q ? q : "", q && *q ? " " : "");
    if (code && *code && !strchr(code, '"'))
        buf_printf(&b, "code:\"%s\" ", code);
    buf_printf(&b, "cause:\"%s\"", json_text(group, "reason"));
    json_set_text(group, "q", b.p);
    json_set_text(group, "href", bar_href(c, MESSAGES_PAGE, b.p, NULL));
}

static void add_failures(struct ctx *c, const char *q, const PGresult *rows, struct json_object *to)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < rows_count(rows); i++) {
        struct json_object *group = row_json(c->arena, rows, i);
        add_way(c, q, group);
        json_object_array_add(list, json_object_get(group));
    }
    json_set(to, "failures", list);
}

static void add_buckets(struct ctx *c, const PGresult *rows, struct json_object *to)
{
    long long counted = 0;
    int n = rows_count(rows);
    for (int i = 0; i < n; i++)
        counted += row_int(rows, i, "total");
    struct json_object *buckets = rows_json(c->arena, rows);
    json_set(to, "from", json_object_get(json_get(json_object_array_get_idx(buckets, 0), "from")));
    json_set(to, "to",
             json_object_get(json_get(json_object_array_get_idx(buckets, (size_t)n - 1), "to")));
    json_set_int(to, "counted", counted);
    json_set(to, "searched", counted >= FIGURES_MOST ? json_object_new_int64(counted) : NULL);
    json_set(to, "buckets", json_object_get(buckets));
}

enum err messages_figures(struct ctx *c, const char *q, const char *period,
                          struct json_object **out)
{
    PGresult *buckets, *failures;
    struct messages_search s;
    const struct cut *cut = cut_of(period);
    enum err e = messages_search(c, &(struct messages_query){ .q = q }, &s);
    if (e != OK)
        return e;
    db_batch(c->db);
    enum err asked =
        db_query(c->db, c->arena, figures_buckets, &buckets, .unit = cut->unit, .step = cut->step,
                 .buckets = cut->buckets, .filter = s.filter, .most = LITERAL(FIGURES_MOST),
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (asked == OK)
        asked = db_query(c->db, c->arena, figures_failures, &failures, .filter = s.filter,
                         .most = LITERAL(FAILURES_MOST), .all_buildings = actor_all_buildings(c),
                         .actor_id = c->actor.id);
    e = db_flush(c->db);
    if (asked != OK || e != OK)
        return asked != OK ? asked : e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "q", q ? q : "");
    json_set_text(d, "period", cut->period);
    json_set_int(d, "step", cut->seconds);
    add_buckets(c, buckets, d);
    add_failures(c, q, failures, d);
    *out = d;
    return OK;
}

/* ---- shapes ---- */

static const struct member bucket_members[] = {
    { "from", SHAPE_TIME, .help = "Its beginning." },
    { "to", SHAPE_TIME, .help = "Not in it any more." },
    { "total", SHAPE_COUNT, .help = "All of them." },
    { "statuses", SHAPE_COUNTS, .help = "Of that, by where they stand now.",
      .values = status_names },
    { .name = NULL },
};
static const struct shape bucket = { "FiguresBucket", "Messages that last moved in a time.",
                                     bucket_members };

static const struct member failure_members[] = {
    { "reason", SHAPE_TEXT, .help = "What they have in common: without addresses and numbers.",
      .example = "The mailbox … is full." },
    { "code", SHAPE_TEXT, .help = "Of the provider.", .example = "452 4.2.2", .nullable = true },
    { "example", SHAPE_TEXT, .help = "One of their sentences." },
    { "several", SHAPE_BOOL, .help = "Whether their sentences differ." },
    { "count", SHAPE_COUNT, .help = "How many messages, of the last 20,000 that failed." },
    { "since", SHAPE_TIME, .help = "The first of them." },
    { "last", SHAPE_TIME, .help = "The latest of them." },
    { "q", SHAPE_TEXT, .help = "The filter that means them." },
    { "href", SHAPE_LINK, .help = "The list of them." },
    { .name = NULL },
};
static const struct shape failure = { "FailureGroup", "Messages with the same thing wrong.",
                                      failure_members };

static const struct member figures_members[] = {
    { "q", SHAPE_TEXT, .help = "The filter." },
    { "period", SHAPE_CHOICE, .values = figure_periods },
    { "from", SHAPE_TIME, .help = "Its beginning." },
    { "to", SHAPE_TIME, .help = "The end of what is counted." },
    { "step", SHAPE_COUNT, .help = "Seconds of a bucket." },
    { "counted", SHAPE_COUNT, .help = "Messages that last moved in the period." },
    { "searched", SHAPE_COUNT, .help = "Where there are more than were counted: how many were.",
      .nullable = true },
    { "buckets", SHAPE_LIST, .help = "The oldest first.", .of = &bucket },
    { "failures", SHAPE_LIST, .help = "The largest eight.", .of = &failure },
    { .name = NULL },
};
const struct shape figures_shape = { "MessageFigures", "When messages moved, and why they failed.",
                                     figures_members };
