/* What teams were to be told and no job is at: by the clock, and where a person asks for it. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "notify/team.h"
#include "notify/team.sql.h"

#include <string.h>

static enum err send_later(struct ctx *c, const char *rule_id, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "ruleId", rule_id);
    json_set_text(args, "messageId", id);
    return job_add(c, &(struct job_new){ .kind = TEAM_JOB, .args = args, .unique_key = id }, NULL);
}

/* ---- by the clock ---- */

/* One whose job was parked gets another; one that nobody is at, since that was in vain too or an
   operator discarded it, has ended. */
static enum err tend_messages(struct ctx *c)
{
    PGresult *left;
    enum err e = db_run(c->db, c->arena, &sql_team_messages_left, NULL, &left);
    for (int i = 0; e == OK && i < rows_count(left); i++) {
        const char *id = row_text(left, i, "id");
        e = row_int(left, i, "parked") == 1
                ? send_later(c, row_text(left, i, "rule_id"), id)
                : db_query(c->db, c->arena, team_message_give_up, NULL, .id = id);
    }
    return e;
}

static enum err tend_waiting(struct ctx *c)
{
    PGresult *left;
    enum err e = db_run(c->db, c->arena, &sql_team_waiting_left, NULL, &left);
    for (int i = 0; e == OK && i < rows_count(left); i++)
        e = team_wake(c, row_text(left, i, "id"), row_int(left, i, "turn"), NULL);
    return e;
}

enum err team_tend(struct job *j)
{
    struct ctx *c = &j->ctx;
    PGresult *tenants;
    enum err e = db_run(c->db, c->arena, &sql_team_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "tenantId");
        db_begin(c->db, c->tenant_id);
        e = tend_messages(c);
        if (e == OK)
            e = tend_waiting(c);
        e = db_end(c->db, e);
    }
    return e;
}

/* ---- by a person ---- */

static enum err standing(struct ctx *c, const char *rule_id, const char *id, bool *open)
{
    PGresult *rows;
    if (!uuid_valid(rule_id) || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, team_message_hold, &rows, .rule_id = rule_id, .id = id);
    if (e != OK || rows_count(rows) == 0)
        return e ? e : ERR_NOT_FOUND;
    if (!row_bool(rows, 0, "wanted"))
        return ctx_refuse(c, ERR_CONFLICT, "The rule is switched off.");
    *open = row_bool(rows, 0, "open");
    return OK;
}

enum err team_message_retry(struct ctx *c, const char *rule_id, const char *id)
{
    bool open = false;
    enum err e = standing(c, rule_id, id, &open);
    if (e == OK && !open)
        e = ctx_refuse(c, ERR_CONFLICT, "It was told, or is on its way.");
    if (e == OK)
        e = db_query(c->db, c->arena, team_message_again, NULL, .id = id);
    if (e == OK)
        e = send_later(c, rule_id, id);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "messageId", id);
    return audit_add(c, "team_message.retried", "team_rule", rule_id, NULL, d);
}
