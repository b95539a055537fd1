/* Rules of who is told of what: checked, kept, changed, shown. */
#include "notify/team.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "notify/team.sql.h"

#include <string.h>

#define RULES_MOST 100

const char *const team_ways[] = { "email", "slack", "webhook", NULL };
const char *const team_roles[] = { "viewer", "agent", "admin", "owner", NULL };
const char *const team_digests[] = { "none", "hourly", "daily", NULL };
const char *const team_statuses[] = { "pending",          "info_received",  "in_transit",
                                      "out_for_delivery", "failed_attempt", "available_for_pickup",
                                      "delivered",        "exception",      "returned",
                                      "cancelled",        TEAM_SILENT,      NULL };

/* ---- checked ---- */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* "00:00" to "23:59". */
static bool is_time(const char *text)
{
    static const char digits[] = "0123456789";
    return strlen(text) == 5 && strspn(text, digits) == 2 && text[2] == ':' &&
           strspn(text + 3, digits) == 2 && strncmp(text, "24", 2) < 0 && text[3] < '6';
}

static enum err check_statuses(struct ctx *c, const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        size_t k = 0;
        while (team_statuses[k] && !is(team_statuses[k], list[i]))
            k++;
        if (!team_statuses[k])
            return input_fault_choice(c, "statuses", team_statuses);
    }
    return OK;
}

static enum err check_hours(struct ctx *c, const struct team_rule *r)
{
    enum err e = OK;
    if (r->quiet_from && !is_time(r->quiet_from))
        e = ctx_fault(c, "quietFrom", "is not a time like 22:00");
    if (r->quiet_until && !is_time(r->quiet_until))
        e = ctx_fault(c, "quietUntil", "is not a time like 07:00");
    if (r->quiet_from && !r->quiet_until)
        e = ctx_fault(c, "quietUntil", "is missing: quiet hours have a beginning and an end");
    if (r->quiet_until && !r->quiet_from)
        e = ctx_fault(c, "quietFrom", "is missing: quiet hours have a beginning and an end");
    if (e == OK && r->quiet_from && r->quiet_until && is(r->quiet_from, r->quiet_until))
        e = ctx_fault(c, "quietUntil", "is the same time as the beginning");
    return e;
}

/* The account is one of the rule's way; e-mail goes through the tenant's. */
static enum err check_account(struct ctx *c, const struct team_rule *r)
{
    PGresult *rows;
    if (is(r->way, "email"))
        return r->account_id ? ctx_fault(c, "accountId", "is of slack and webhook only") : OK;
    if (!r->account_id)
        return ctx_fault(c, "accountId", "is missing: which account it goes through");
    enum err e = db_query(c->db, c->arena, team_account, &rows, .id = r->account_id);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0 || !is(row_text(rows, 0, "provider"), r->way))
        return ctx_fault(c, "accountId", "is no account of %s", r->way);
    return row_bool(rows, 0, "enabled")
               ? OK
               : ctx_fault(c, "accountId", "is an account that is switched off");
}

static enum err check_building(struct ctx *c, const struct team_rule *r)
{
    PGresult *rows;
    if (!r->building_id)
        return OK;
    enum err e = db_query(c->db, c->arena, team_building, &rows, .id = r->building_id);
    if (e == OK && rows_count(rows) == 0)
        e = ctx_fault(c, "buildingId", "is no building");
    return e;
}

static enum err check(struct ctx *c, const struct team_rule *r)
{
    enum err e = check_statuses(c, r->statuses);
    enum err next = check_hours(c, r);
    if (r->role && !is(r->way, "email"))
        e = ctx_fault(c, "role", "is of e-mail only");
    if (r->channel && !is(r->way, "slack"))
        e = ctx_fault(c, "channel", "is of slack only");
    e = e == OK ? next : e;
    next = check_account(c, r);
    e = e == OK ? next : e;
    next = e == OK || e == ERR_INVALID ? check_building(c, r) : OK;
    return e == OK ? next : e;
}

/* ---- kept ---- */

static const char *array_of(struct arena *a, const char *const *list)
{
    struct buf b = buf_in(a);
    buf_putc(&b, '{');
    for (size_t i = 0; list && list[i]; i++)
        buf_printf(&b, "%s%s", i ? "," : "", list[i]);
    buf_putc(&b, '}');
    return b.p;
}

/* As the audit trail has it: what somebody chose, not what became of it. */
static struct json_object *chosen(struct ctx *c, struct json_object *rule)
{
    static const char *const members[] = { "name",      "way",        "role",       "accountId",
                                           "channel",   "shop",       "buildingId", "statuses",
                                           "quietFrom", "quietUntil", "digest",     "enabled" };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_set(d, members[i], json_object_get(json_get(rule, members[i])));
    return d;
}

static enum err taken(struct ctx *c)
{
    return ctx_fault(c, "name", "is that of another rule");
}

static enum err room_for_one(struct ctx *c)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_team_rule_count, NULL, &rows);
    if (e == OK && row_int(rows, 0, "n") >= RULES_MOST)
        e = ctx_refuse(c, ERR_CONFLICT, "There are %d rules already: remove one first.",
                       RULES_MOST);
    return e;
}

enum err team_rule_add(struct ctx *c, const struct team_rule *r, const char **id)
{
    PGresult *rows;
    struct json_object *after;
    const char *made = uuid7(c->app, c->arena);
    enum err e = check(c, r);
    if (e == OK)
        e = room_for_one(c);
    if (e == OK)
        e = db_query(c->db, c->arena, team_rule_add, &rows, .id = made, .name = r->name,
                     .way = r->way, .role = r->role, .account_id = r->account_id,
                     .channel = r->channel, .shop = r->shop, .building_id = r->building_id,
                     .statuses = array_of(c->arena, r->statuses), .quiet_from = r->quiet_from,
                     .quiet_until = r->quiet_until, .digest = r->digest ? r->digest : "none",
                     .actor_name = c->actor.name);
    if (e == OK && rows_count(rows) == 0)
        e = taken(c);
    if (e == OK)
        e = team_rule_get(c, made, &after);
    if (e != OK)
        return e;
    *id = made;
    return audit_add(c, "team_rule.added", "team_rule", made, NULL, chosen(c, after));
}

static enum err hold(struct ctx *c, const char *id, bool *enabled)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, team_rule_lock, &rows, .id = id);
    if (e == OK && rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    if (e == OK && enabled)
        *enabled = row_bool(rows, 0, "enabled");
    return e;
}

static enum err is_free(struct ctx *c, const char *id, const char *name)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, team_rule_named, &rows, .id = id, .name = name);
    return e == OK && rows_count(rows) > 0 ? taken(c) : e;
}

static enum err drop(struct ctx *c, const char *id)
{
    return db_query(c->db, c->arena, team_notices_drop, NULL, .rule_id = id);
}

enum err team_rule_set(struct ctx *c, const char *id, const struct team_rule *r)
{
    struct json_object *before, *after;
    enum err e = hold(c, id, NULL);
    if (e == OK)
        e = check(c, r);
    if (e == OK)
        e = is_free(c, id, r->name);
    if (e == OK)
        e = team_rule_get(c, id, &before);
    if (e == OK)
        e = db_query(c->db, c->arena, team_rule_set, NULL, .id = id, .name = r->name, .way = r->way,
                     .role = r->role, .account_id = r->account_id, .channel = r->channel,
                     .shop = r->shop, .building_id = r->building_id,
                     .statuses = array_of(c->arena, r->statuses), .quiet_from = r->quiet_from,
                     .quiet_until = r->quiet_until, .digest = r->digest ? r->digest : "none",
                     .enabled = r->enabled ? "t" : "f");
    if (e == OK && !r->enabled)
        e = drop(c, id);
    if (e == OK)
        e = team_rule_get(c, id, &after);
    return e == OK ? audit_add(c, "team_rule.changed", "team_rule", id, chosen(c, before),
                               chosen(c, after))
                   : e;
}

enum err team_rule_remove(struct ctx *c, const char *id)
{
    struct json_object *before;
    enum err e = hold(c, id, NULL);
    if (e == OK)
        e = team_rule_get(c, id, &before);
    if (e == OK)
        e = db_query(c->db, c->arena, team_rule_remove, NULL, .id = id);
    if (e == OK)
        e = drop(c, id);
    return e == OK ? audit_add(c, "team_rule.removed", "team_rule", id, chosen(c, before), NULL)
                   : e;
}

/* ---- shown ---- */

enum err team_rules_list(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, team_rule_list, &rows, .id = NULL);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "rules", json_object_get(rows_json(c->arena, rows)));
    *out = d;
    return OK;
}

enum err team_rule_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, team_rule_list, &rows, .id = id);
    if (e == OK && rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        *out = row_json(c->arena, rows, 0);
    return e;
}

enum err team_messages_of(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    struct json_object *rule;
    enum err e = team_rule_get(c, id, &rule);
    if (e == OK)
        e = db_query(c->db, c->arena, team_messages_list, &rows, .rule_id = id);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "messages", json_object_get(rows_json(c->arena, rows)));
    *out = d;
    return OK;
}

enum err team_choices(struct ctx *c, struct json_object **out)
{
    PGresult *accounts, *buildings;
    enum err e = db_run(c->db, c->arena, &sql_team_accounts, NULL, &accounts);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_team_buildings, NULL, &buildings);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "accounts", json_object_get(rows_json(c->arena, accounts)));
    json_set(d, "buildings", json_object_get(rows_json(c->arena, buildings)));
    *out = d;
    return OK;
}

/* ---- tried ---- */

enum err team_rule_test(struct ctx *c, const char *id)
{
    bool enabled;
    const char *message = uuid7(c->app, c->arena);
    enum err e = hold(c, id, &enabled);
    if (e == OK && !enabled)
        e = ctx_refuse(c, ERR_CONFLICT, "The rule is switched off.");
    if (e == OK)
        e = db_query(c->db, c->arena, team_message_add, NULL, .id = message, .rule_id = id,
                     .test = "t");
    if (e != OK)
        return e;
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "ruleId", id);
    json_set_text(args, "messageId", message);
    return job_add(c, &(struct job_new){ .kind = TEAM_JOB, .args = args, .unique_key = message },
                   NULL);
}
