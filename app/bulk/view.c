/* The pages of bulk actions: words, looks, and which part of the page is shown. */
#include "bulk/view.h"

#include "base/json.h"
#include "bulk/private.h"
#include "track/cost.h"
#include "track/labels.h"

#include <string.h>

static const struct {
    struct label look;
    const char *stage;
} looks[] = {
    { { "PLANNED", "Planned", "list-filter", "waiting" }, "plan" },
    { { "CONFIRMED", "Waits for approval", "users", "attention" }, "approve" },
    { { "RUNNING", "Running", "loader", "moving" }, "moving" },
    { { "PAUSED", "Paused", "pause", "attention" }, "paused" },
    { { "DONE", "Done", "check", "done" }, "over" },
    { { "FAILED", "Failed", "circle-x", "failed" }, "over" },
    { { "CANCELLED", "Cancelled", "ban", "waiting" }, "over" },
    { { "EXPIRED", "Expired", "hourglass", "waiting" }, "expired" },
};

static const struct label item_looks[] = {
    { "pending", "Not yet", "hourglass", "waiting" },
    { "done", "Done", "check", "done" },
    { "failed", "Failed", "circle-x", "failed" },
    { "excluded", "Left out", "skip-forward", "waiting" },
};

static void set_look(struct json_object *to, const struct label *look)
{
    json_set_text(to, "label", look->word);
    json_set_text(to, "icon", look->icon);
    json_set_text(to, "tone", look->tone);
}

static void show_items(struct json_object *items)
{
    for (size_t i = 0; i < json_object_array_length(items); i++) {
        struct json_object *one = json_object_array_get_idx(items, i);
        const char *channel = json_text(one, "channel");
        for (size_t k = 0; k < sizeof(item_looks) / sizeof(item_looks[0]); k++)
            if (strcmp(item_looks[k].name, json_text(one, "state")) == 0)
                set_look(one, &item_looks[k]);
        const struct label *standing = standing_of(one);
        json_set_text(one, "statusLabel", standing->word);
        json_set_text(one, "statusTone", standing->tone);
        json_set_text(one, "channelLabel", channel_label(channel)->word);
        json_set_text(one, "channelIcon", channel_label(channel)->icon);
    }
}

static struct json_object *ways(struct json_object *counts)
{
    struct json_object *list = json_object_new_array();
    json_object_object_foreach(counts, name, n)
    {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "word", channel_label(name)->word);
        json_set_text(o, "icon", channel_label(name)->icon);
        json_set(o, "n", json_object_get(n));
        json_object_array_add(list, o);
    }
    return list;
}

static const char *duration(struct ctx *c, int64_t seconds)
{
    if (seconds < 60)
        return "less than a minute";
    if (seconds < 7200)
        return arena_printf(c->arena, "about %lld min", (long long)(seconds + 30) / 60);
    return arena_printf(c->arena, "about %lld h", (long long)(seconds + 1800) / 3600);
}

/* "Mark 2 communications as handed over": what was seen or done. */
static const char *marked_as(const char *mark)
{
    static const char *const words[][2] = {
        { "NOTE", " with a note" },       { "MANUAL_MARKED", " as handed over" },
        { "DELIVERED", " as delivered" }, { "RETURNED", " as come back" },
        { "PRINTED", " as printed" },     { "LODGED", " as handed in at the post office" },
    };
    for (size_t i = 0; mark && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], mark) == 0)
            return words[i][1];
    return "";
}

static void set_title(struct ctx *c, struct json_object *bulk)
{
    const struct bulk_way *way = bulk_way_of(json_text(bulk, "action"));
    long long total = json_object_get_int64(json_get(bulk, "total"));
    const char *tag = json_text(bulk, "tag");
    json_set_text(bulk, "title",
                  arena_printf(c->arena, "%s %lld %s%s%s%s", way->word, total,
                               total == 1 ? "communication" : "communications",
                               marked_as(json_text(bulk, "mark")), tag ? ": " : "",
                               tag ? tag : ""));
    json_set_text(bulk, "word", way->word);
    json_set_text(bulk, "doing", way->doing);
    json_set_text(bulk, "deed", way->done);
    json_set_text(bulk, "actionIcon", way->icon);
}

/* Of one that becomes a file, which file is how far, or where it is. */
static void show_file(struct json_object *bulk)
{
    struct json_object *file = json_object_new_object(), *export = json_get(bulk, "export");
    const char *state = export ? json_text(export, "state") : "";
    bool done = strcmp(json_text(bulk, "state"), "DONE") == 0;
    bool ready = strcmp(state, "READY") == 0;
    json_set(bulk, "file", file);
    json_set(file, "written", json_object_get(json_get(export, "rows")));
    if (!json_get(bulk, "over"))
        json_set(bulk, "reached", json_object_get(json_get(export, "rows")));
    json_set_bool(file, "waits", strcmp(state, "QUEUED") == 0);
    json_set_text(file, "retry", json_get(bulk, "moving") ? json_text(export, "error") : NULL);
    json_set_bool(file, "there", ready && json_get(export, "download"));
    json_set_bool(file, "hidden", done && ready && !json_get(export, "download"));
    json_set_bool(file, "gone", done && !ready);
}

void bulk_show(struct ctx *c, struct json_object *bulk)
{
    const char *state = json_text(bulk, "state"), *channel = json_text(bulk, "channel");
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        if (strcmp(looks[i].look.name, state) == 0) {
            set_look(bulk, &looks[i].look);
            json_set(bulk, looks[i].stage, json_object_new_boolean(true));
        }
    set_title(c, bulk);
    int64_t ended = json_object_get_int64(json_get(bulk, "done")) +
                    json_object_get_int64(json_get(bulk, "failed"));
    json_set_int(bulk, "ended", ended);
    json_set_bool(bulk, "some", json_object_get_int64(json_get(bulk, "total")) > 0);
    json_set_bool(bulk, "idle",
                  json_get(bulk, "plan") && json_object_get_boolean(json_get(bulk, "mine")) &&
                      json_object_get_int64(json_get(bulk, "total")) == 0 &&
                      json_object_get_int64(json_get(bulk, "excluded")) > 0);
    json_set_bool(bulk, "anyFailed", json_object_get_int64(json_get(bulk, "failed")) > 0);
    json_set_bool(bulk, "anyExcluded", json_object_get_int64(json_get(bulk, "excluded")) > 0);
    json_set_text(bulk, "by", channel ? channel_label(channel)->word : NULL);
    if (!json_get(bulk, "items"))
        return;
    show_items(json_get(bulk, "items"));
    show_items(json_get(bulk, "samples"));
    if (json_get(bulk, "cost"))
        cost_show(c, json_get(bulk, "cost"));
    if (json_text(bulk, "exportId"))
        show_file(bulk);
    struct json_object *by = json_get(bulk, "channels");
    json_set_bool(bulk, "posts",
                  strcmp(json_text(bulk, "action"), "resend") == 0 &&
                      (json_get(by, "LETTER") || json_get(by, "LETTER_WITH_RECEIPT")));
    json_set(bulk, "ways", ways(by));
    json_set_text(bulk, "duration", duration(c, json_object_get_int64(json_get(bulk, "seconds"))));
}
