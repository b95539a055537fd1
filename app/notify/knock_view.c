/* Who says when customers are told, for those who set it up. */
#include "notify/knock_view.h"

#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "notify/knock.h"
#include "notify/knock.sql.h"

#include <stddef.h>

static const char *const orchestrators[] = { "native", "knock", NULL };
static const char *const keys[] = { "tenant", "server", NULL };

static const struct member members[] = {
    { "orchestrator", SHAPE_CHOICE, .values = orchestrators,
      .help = "knock: it is asked when a customer is told." },
    { "keys", SHAPE_CHOICE, .values = keys, .help = "Whose keys of Knock are used; null: nobody's.",
      .nullable = true },
    { "problem", SHAPE_TEXT, .help = "Why Knock cannot be used though it was set up.",
      .nullable = true },
    { "workflow", SHAPE_TEXT, .help = "Its key at Knock.", .example = KNOCK_WORKFLOW },
    { "webhookUrl", SHAPE_TEXT, .help = "The address of its webhook channel." },
    { "bodyTemplate", SHAPE_TEXT, .help = "The body of that channel, as it is pasted there." },
    { "waitMinutes", SHAPE_COUNT, .help = "That are waited for Knock's call." },
    { "toldNatively", SHAPE_COUNT,
      .help = "Notifications of the last seven days that were to go by Knock, and did not." },
    { "lastError", SHAPE_TEXT, .help = "Why the last of them did not.", .nullable = true },
    { "lastErrorAt", SHAPE_TIME, .help = "When that one was made.", .nullable = true },
    { .name = NULL },
};
const struct shape knock_view_shape = { "NotificationOrchestrator",
                                        "Who says when customers are told.", members };

/* What stands for a tenant without an account that was asked nothing yet, too. */
static enum err standing(struct ctx *c, bool asked, struct json_object *d)
{
    struct knock_access access = { .missing = NULL };
    enum err e = knock_find(c, &access);
    if (e == ERR_NOT_FOUND)
        knock_servers(c, &access);
    else if (e != OK && e != ERR_DENIED)
        return e;
    const char *problem = e == ERR_DENIED ? "The tenant's account at Knock is off."
                          : asked         ? access.missing
                                          : NULL;
    bool used = asked && !problem;
    json_set_text(d, "orchestrator", used ? "knock" : "native");
    json_set_text(d, "keys", used ? (access.own ? "tenant" : "server") : NULL);
    json_set_text(d, "problem", problem);
    json_set_text(d, "workflow", access.workflow ? access.workflow : KNOCK_WORKFLOW);
    return OK;
}

enum err knock_view(struct ctx *c, struct json_object **out)
{
    bool asked;
    PGresult *rows;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    enum err e = knock_is_asked(c, &asked);
    if (e == OK)
        e = standing(c, asked, d);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_knock_fallbacks, NULL, &rows);
    if (e != OK)
        return e;
    const char *url = c->app->settings->public_url ? c->app->settings->public_url : "";
    struct json_object *last = row_json(c->arena, rows, 0);
    json_set_text(d, "webhookUrl", arena_printf(c->arena, "%s%s", url, KNOCK_HOOK_PATH));
    json_set_text(d, "bodyTemplate", knock_body_template);
    json_set_int(d, "waitMinutes", KNOCK_MINUTES);
    json_set_int(d, "toldNatively", row_int(rows, 0, "n"));
    json_set(d, "lastError", json_object_get(json_get(last, "lastError")));
    json_set(d, "lastErrorAt", json_object_get(json_get(last, "lastErrorAt")));
    *out = d;
    return OK;
}
