/* The one table of tabs of a building and year. */
#include "track/tabs.h"

#include "base/json.h"

#include <string.h>

/* A tab of /track has its part in templates/track/fragment.mustache. */
static const struct track_tab tabs[] = {
    { "units", "Units", NULL },
    { "activity", "Activity", NULL },
    { "exports", "Exports", "/exports" },
    { "letters", "Letters", "/letters" },
};

const char *const track_tab_names[] = { "units", "activity", "exports", NULL };

bool tab_is(const struct track_query *q, const char *name)
{
    return strcmp(q->tab ? q->tab : "units", name) == 0;
}

static const char *href_of(struct ctx *c, const struct track_query *q, const struct track_tab *t)
{
    const struct track_query there = { .building = q->building,
                                       .year = q->year,
                                       .tab = strcmp(t->name, "units") == 0 ? NULL : t->name };
    if (!t->path)
        return query_href(c, "/track", &there);
    return q->building && q->year
               ? arena_printf(c->arena, "%s?building=%s&year=%ld", t->path, q->building, q->year)
               : t->path;
}

const char *tab_elsewhere(struct ctx *c, const struct track_query *q)
{
    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
        if (tabs[i].path && tab_is(q, tabs[i].name))
            return href_of(c, q, &tabs[i]);
    return NULL;
}

void tabs_show(struct ctx *c, const struct track_query *q, struct json_object *to)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++) {
        struct json_object *t = json_object_new_object();
        json_set_text(t, "word", tabs[i].word);
        json_set_text(t, "href", href_of(c, q, &tabs[i]));
        json_set_bool(t, "selected", tab_is(q, tabs[i].name));
        json_object_array_add(list, t);
    }
    json_set(to, "tabs", list);
    json_set_bool(to, "inUnits", tab_is(q, "units"));
    json_set_bool(to, "inActivity", tab_is(q, "activity"));
}
