/* The columns of the list of messages: their names, words and order. */
#include "messages/columns.h"

#include "base/json.h"

#include <string.h>

static const struct column {
    const char *name, *word, *class, *flag;
    bool usual;
} columns[] = {
    { "state", "State", "state", "isState", true },
    { "unit", "Unit", "place", "isUnit", true },
    { "subject", "Subject", "subject", "isSubject", true },
    { "channel", "Channel", "way", "isChannel", true },
    { "template", "Template", "more", "isTemplate", true },
    { "attempts", "Tries", "tries", "isAttempts", true },
    { "next", "Next try", "next", "isNext", true },
    { "updated", "Updated", "when", "isUpdated", true },
    { "provider", "Provider", "more", "isProvider", false },
    { "code", "Error code", "more", "isCode", false },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct choice {
    const struct column *shown[COLUMNS];
    size_t n;
};

static bool has(const struct choice *choice, const struct column *column)
{
    for (size_t i = 0; i < choice->n; i++)
        if (choice->shown[i] == column)
            return true;
    return false;
}

static enum err add(struct ctx *c, struct choice *choice, const char *name)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(columns[i].name, name) == 0) {
            if (!has(choice, &columns[i]))
                choice->shown[choice->n++] = &columns[i];
            return OK;
        }
    return ctx_fault(c, "columns", "There is no column “%s”.", name);
}

static enum err add_names(struct ctx *c, struct choice *choice, const char *text)
{
    enum err e = OK;
    for (const char *p = text; e == OK && *p; p += *p == ',') {
        size_t n = strcspn(p, ",");
        e = add(c, choice, arena_strndup(c->arena, p, n));
        p += n;
    }
    return e;
}

enum err columns_check(struct ctx *c, const char *text)
{
    struct choice choice = { .n = 0 };
    return text ? add_names(c, &choice, text) : OK;
}

static void put(struct json_object *list, const struct column *column, bool shown)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "colName", column->name);
    json_set_text(o, "colWord", column->word);
    json_set_text(o, "colClass", column->class);
    json_set_bool(o, "colShown", shown);
    json_put(o, column->flag, false, json_object_new_boolean(true));
    json_object_array_add(list, o);
}

static void add_lists(struct ctx *c, const struct choice *choice, bool usual,
                      struct json_object *to)
{
    struct buf names = buf_in(c->arena);
    struct json_object *shown = json_object_new_array(), *all = json_object_new_array();
    for (size_t i = 0; i < choice->n; i++) {
        put(shown, choice->shown[i], true);
        put(all, choice->shown[i], true);
        buf_printf(&names, "%s%s", i ? "," : "", choice->shown[i]->name);
    }
    for (size_t i = 0; i < COLUMNS; i++)
        if (!has(choice, &columns[i]))
            put(all, &columns[i], false);
    bool leads = choice->n > 0 && choice->shown[0] == &columns[0];
    json_set(to, "lead", leads ? json_object_get(json_object_array_get_idx(shown, 0)) : NULL);
    if (leads)
        json_object_array_del_idx(shown, 0, 1);
    json_set(to, "columns", shown);
    json_set(to, "allColumns", all);
    json_set_text(to, "columnsText", usual ? NULL : names.p);
}

enum err columns_add(struct ctx *c, const char *const *texts, struct json_object *to)
{
    struct choice choice = { .n = 0 };
    enum err e = OK;
    for (size_t i = 0; e == OK && texts && texts[i]; i++)
        e = add_names(c, &choice, texts[i]);
    if (e != OK)
        return e;
    bool usual = choice.n == 0;
    for (size_t i = 0; usual && i < COLUMNS; i++)
        if (columns[i].usual)
            choice.shown[choice.n++] = &columns[i];
    add_lists(c, &choice, usual, to);
    return OK;
}
