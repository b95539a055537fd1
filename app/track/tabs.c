/* The one table of tabs of a building and year. */
#include "track/tabs.h"

#include "base/json.h"

#include <string.h>

/* A tab of /track has its part in templates/track/fragment.mustache. */
static const struct track_tab tabs[] = {
    { "units", "Units", NULL, ROLE_VIEWER },
    { "activity", "Activity", NULL, ROLE_VIEWER },
    { "exports", "Exports", "/exports", ROLE_AGENT },
    { "letters", "Letters", "/letters", ROLE_VIEWER },
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

/* NULL: it is of /track itself, or the role of c may not open it. */
static const struct track_tab *elsewhere(struct ctx *c, const struct track_query *q)
{
    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
        if (tabs[i].path && c->actor.role >= tabs[i].role && tab_is(q, tabs[i].name))
            return &tabs[i];
    return NULL;
}

const char *tab_elsewhere(struct ctx *c, const struct track_query *q)
{
    const struct track_tab *t = elsewhere(c, q);
    return t ? href_of(c, q, t) : NULL;
}

const char *tab_path(struct ctx *c, const struct track_query *q)
{
    const struct track_tab *t = elsewhere(c, q);
    return t ? t->path : "/track";
}

/* A tab by its address that is for others says in its place who it is for. */
static void show_barred(struct ctx *c, const struct track_tab *t, struct json_object *to)
{
    struct json_object *barred = json_object_new_object();
    json_set_text(barred, "word", t->word);
    json_set_text(barred, "needs", role_name(t->role));
    json_set_text(barred, "role", role_name(c->actor.role));
    json_set(to, "barred", barred);
}

void tabs_show(struct ctx *c, const struct track_query *q, struct json_object *to)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++) {
        if (c->actor.role < tabs[i].role) {
            if (tab_is(q, tabs[i].name))
                show_barred(c, &tabs[i], to);
            continue;
        }
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
