/* What teams are told of: a shipment's change, which its customer's reaction hears too, and its
   silence. What a rule matches waits for its time. */
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "notify/team.h"
#include "notify/team.sql.h"
#include "ship/ship.h"

#include <string.h>

/* Who takes what waits counts the rule's turn up, under the lock that is held here: a job that has
   taken already is never relied on. */
enum err team_wake(struct ctx *c, const char *rule_id, long long turn, const char *due)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "ruleId", rule_id);
    json_set_text(args, "messageId", uuid7(c->app, c->arena));
    const struct job_new job = { .kind = TEAM_JOB,
                                 .args = args,
                                 .run_at = due,
                                 .unique_key = arena_printf(c->arena, "%s %lld %s", rule_id, turn,
                                                            due ? due : "now") };
    return job_add(c, &job, NULL);
}

static enum err tell(struct ctx *c, const struct event *e, const char *status, const char *before)
{
    PGresult *rules, *rows;
    const char *at = json_text(e->data, "occurredAt");
    bool dry = json_object_get_boolean(json_get(e->data, "dryRun"));
    enum err result = db_query(c->db, c->arena, team_rules_hold, &rules,
                               .shipment_id = e->entity_id, .status = status);
    if (result != OK || rows_count(rules) == 0)
        return result;
    struct buf ids = buf_in(c->arena);
    for (int i = 0; i < rows_count(rules); i++)
        buf_printf(&ids, "%c%s", i ? ',' : '{', row_text(rules, i, "id"));
    buf_putc(&ids, '}');
    result = db_query(c->db, c->arena, team_notices_add, &rows, .rules = ids.p, .event_id = e->id,
                      .shipment_id = e->entity_id, .status = status, .status_before = before,
                      .dry_run = dry ? "t" : "f", .occurred_at = at ? at : e->occurred_at);
    for (int i = 0; result == OK && i < rows_count(rows); i++)
        result = team_wake(c, row_text(rows, i, "rule_id"), row_int(rows, i, "turn"),
                           row_text(rows, i, "due_at"));
    return result;
}

enum err team_react(struct ctx *c, const struct event *e)
{
    enum parcel_status s;
    const char *before = json_text(e->data, "from"), *after = json_text(e->data, "to");
    if (!before || !after || !parcel_status_of(after, &s))
        return ctx_refuse(c, ERR_INVALID, "The event does not say from which status to which.");
    if (json_object_get_boolean(json_get(e->data, "muted")))
        return OK;
    return tell(c, e, after, before);
}

enum err team_react_silent(struct ctx *c, const struct event *e)
{
    return tell(c, e, TEAM_SILENT, NULL);
}
