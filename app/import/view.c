/* Prepares an import for its page. */
#include "import/view.h"

#include "base/json.h"
#include "base/money.h"
#include "track/labels.h"

static const struct label state_labels[] = {
    { "PREVIEWED", "Preview", "eye", "waiting" },
    { "QUEUED", "Waiting", "loader", "moving" },
    { "IMPORTING", "Importing", "loader", "moving" },
    { "COMMITTED", "Imported", "tone-done", "done" },
    { "FAILED", "Failed", "circle-x", "failed" },
};

static const struct label *state_label(struct json_object *import)
{
    const char *state = json_text(import, "state");
    size_t i = sizeof(state_labels) / sizeof(state_labels[0]) - 1;
    while (i && strcmp(state_labels[i].name, state) != 0)
        i--;
    return &state_labels[i];
}

void import_view_list(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *import = json_object_array_get_idx(list, i);
        const struct label *l = state_label(import);
        json_set_text(import, "label", l->word);
        json_set_text(import, "icon", l->icon);
        json_set_text(import, "tone", l->tone);
    }
}

bool import_view_moving(struct json_object *import)
{
    struct json_object *progress = json_get(import, "progress"), *moving;
    if (!progress)
        return false;
    moving = json_object_new_object();
    json_set_bool(moving, "waiting", strcmp(json_text(import, "state"), "QUEUED") == 0);
    json_set(import, "moving", moving);
    return true;
}

static struct json_object *channels(struct json_object *preview)
{
    struct json_object *list = json_object_new_array(), *counts = json_get(preview, "channels");
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        struct json_object *n = json_get(counts, channel_labels[i].name);
        if (!n)
            continue;
        struct json_object *one = json_object_new_object();
        json_set_text(one, "label", channel_labels[i].word);
        json_set(one, "n", json_object_get(n));
        json_object_array_add(list, one);
    }
    return list;
}

static struct json_object *amounts(struct arena *a, struct json_object *preview)
{
    struct json_object *list = json_object_new_array(), *from = json_get(preview, "amounts");
    for (size_t i = 0; from && i < json_object_array_length(from); i++) {
        struct json_object *one = json_object_array_get_idx(from, i);
        int64_t minor = json_object_get_int64(json_get(one, "minor"));
        const char *text = money_text(a, minor, json_text(one, "currency"), "en");
        json_object_array_add(list, json_object_new_string(text));
    }
    return list;
}

static struct json_object *options(struct json_object *columns, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; columns && i < json_object_array_length(columns); i++) {
        const char *column = json_object_get_string(json_object_array_get_idx(columns, i));
        struct json_object *one = json_object_new_object();
        json_set_text(one, "column", column);
        json_set_bool(one, "selected", chosen && strcmp(column, chosen) == 0);
        json_object_array_add(list, one);
    }
    return list;
}

static struct json_object *fields(struct json_object *preview)
{
    struct json_object *list = json_object_new_array(), *from = json_get(preview, "fields");
    for (size_t i = 0; from && i < json_object_array_length(from); i++) {
        struct json_object *field = json_object_array_get_idx(from, i);
        struct json_object *one = json_object_new_object();
        json_set_text(one, "field", json_text(field, "field"));
        json_set_text(one, "label", json_text(field, "label"));
        json_set_bool(one, "required", json_object_get_boolean(json_get(field, "required")));
        json_set(one, "options", options(json_get(preview, "columns"), json_text(field, "column")));
        json_object_array_add(list, one);
    }
    return list;
}

static const char *delimiter_name(const char *delimiter)
{
    static const char *const names[][2] = {
        { ",", "comma" }, { ";", "semicolon" }, { "\t", "tab" }, { "|", "bar" }
    };
    for (size_t i = 0; delimiter && i < 4; i++) {
        if (strcmp(names[i][0], delimiter) == 0)
            return names[i][1];
    }
    return delimiter;
}

static bool filled(struct json_object *list)
{
    return list && json_object_array_length(list) > 0;
}

static bool is_one(struct json_object *of, const char *key)
{
    return json_object_get_int64(json_get(of, key)) == 1;
}

static void add_state(struct json_object *import, struct json_object *preview,
                      struct json_object *view)
{
    const char *state = json_text(import, "state");
    bool failed = strcmp(state, "FAILED") == 0, open = failed || strcmp(state, "PREVIEWED") == 0;
    int64_t errors = json_object_get_int64(json_get(preview, "errorCount"));
    int64_t good = json_object_get_int64(json_get(preview, "goodRows"));
    struct json_object *result = json_get(import, "result");
    json_set_bool(view, "open", open);
    json_set_bool(view, "preview", open && !failed);
    json_set_bool(view, "failed", failed);
    json_set_bool(view, "canAll", open && !errors && good);
    json_set_bool(view, "canGood", open && errors && good);
    json_set_bool(view, "hasErrors", errors > 0);
    json_set_bool(view, "oneRow", is_one(preview, "rows"));
    json_set_bool(view, "oneMade", is_one(result, "communications"));
    json_set_bool(view, "oneThere", is_one(result, "alreadyThere"));
    json_set_bool(view, "oneAdded", is_one(result, "attachments"));
    json_set_bool(view, "hasWarnings", filled(json_get(preview, "warnings")));
    json_set_bool(view, "askColumns", json_object_get_boolean(json_get(preview, "askColumns")));
    json_set_bool(view, "hasColumns", open && filled(json_get(preview, "columns")));
    json_set_bool(view, "hasBatches", filled(json_get(result, "batches")));
}

void import_view_add(struct ctx *c, struct json_object *import)
{
    struct json_object *view = json_object_new_object(), *preview = json_get(import, "preview");
    json_set(view, "channels", channels(preview));
    json_set(view, "amounts", amounts(c->arena, preview));
    json_set(view, "fields", fields(preview));
    json_set_text(view, "delimiterName", delimiter_name(json_text(preview, "delimiter")));
    json_set(view, "year", json_object_get(json_get(json_get(import, "settings"), "year")));
    add_state(import, preview, view);
    import_view_errors(c, import, json_object_get_boolean(json_get(view, "open")), view);
    import_view_moving(import);
    json_set_text(import, "title", json_text(import, "fileName"));
    json_set(import, "view", view);
}
