/* The routes of rules: as API, and the pages where they are set. */
#include "base/domain.h"
#include "base/json.h"
#include "db/db.h"
#include "notify/notify.h"
#include "notify/team.h"
#include "notify/team_page.h"
#include "ship/ship.h"
#include "web/web.h"

#include <stddef.h>

/* ---- inputs ---- */

#define RULE_FIELDS                                                                                \
    { "name",           FIELD_TEXT, offsetof(struct team_rule, name),                              \
      .required = true, .max = 80,  .help = "What the rule is called." },                          \
        { "way",                                                                                   \
          FIELD_CHOICE,                                                                            \
          offsetof(struct team_rule, way),                                                         \
          .required = true,                                                                        \
          .values = team_ways,                                                                     \
          .help = "How they are told." },                                                          \
        { "role", FIELD_CHOICE, offsetof(struct team_rule, role), .values = team_roles,            \
          .help = "Of e-mail: whom. Absent: everybody who sees parcels." },                        \
        { "accountId", FIELD_UUID, offsetof(struct team_rule, account_id),                         \
          .help = "Of slack and webhook: the provider account it goes through." },                 \
        { "channel", FIELD_TEXT, offsetof(struct team_rule, channel), .max = 80,                   \
          .help = "Of slack with a token. Absent: the account's." },                               \
        { "shop", FIELD_TEXT, offsetof(struct team_rule, shop), .max = 60,                         \
          .help = "Only orders of this shop. Absent: of any, and parcels without an order." },     \
        { "buildingId", FIELD_UUID, offsetof(struct team_rule, building_id),                       \
          .help = "Only orders whose shop is this building's code." },                             \
        { "quietFrom", FIELD_TEXT, offsetof(struct team_rule, quiet_from), .max = 5,               \
          .help = "As 22:00 in the tenant's time zone: nobody is told until quietUntil." },        \
        { "quietUntil", FIELD_TEXT, offsetof(struct team_rule, quiet_until), .max = 5,             \
          .help = "As 07:00; before quietFrom it is that of the next day." },                      \
    {                                                                                              \
        "digest", FIELD_CHOICE, offsetof(struct team_rule, digest),                                \
            .values = team_digests,                                                                \
            .help = "Told together each full hour, or each day at eight. Absent: none, at once."   \
    }

#define STATUSES_FIELD                                                                             \
    {                                                                                              \
        "statuses", FIELD_TEXTS, offsetof(struct team_rule, statuses),                             \
            .max = 40, .help = "Those a parcel comes to that are told, or silent. None: all."      \
    }

static const struct field add_fields[] = {
    RULE_FIELDS,
    STATUSES_FIELD,
    { .name = NULL },
};
static const struct input add_input = { "TeamRuleNew", sizeof(struct team_rule), add_fields };

static const struct field set_fields[] = {
    RULE_FIELDS,
    STATUSES_FIELD,
    { "enabled", FIELD_BOOL, offsetof(struct team_rule, enabled),
      .help = "Absent: it is switched off, and what waits is dropped." },
    { .name = NULL },
};
static const struct input set_input = { "TeamRuleChange", sizeof(struct team_rule), set_fields };

static const struct field form_fields[] = {
    RULE_FIELDS,
    { "enabled", FIELD_BOOL, offsetof(struct team_rule, enabled), .help = "Of one that is there." },
    { "tell", FIELD_OBJECT, offsetof(struct team_form, tell), .of = &team_tell_input,
      .help = "Each status that is told; none: all." },
    { .name = NULL },
};
static const struct input form_input = { "TeamRuleForm", sizeof(struct team_form), form_fields };

/* ---- shapes ---- */

static const char *const states[] = { "sending", "sent", "failed", NULL };

static const struct member rule_members[] = {
    { "ruleId", SHAPE_UUID, .help = "The rule." },
    { "name", SHAPE_TEXT, .example = "Trouble in Basel" },
    { "way", SHAPE_CHOICE, .values = team_ways },
    { "role", SHAPE_CHOICE, .help = "Of e-mail; null: everybody who sees parcels.",
      .values = team_roles, .nullable = true },
    { "accountId", SHAPE_UUID, .help = "Of slack and webhook.", .nullable = true },
    { "accountName", SHAPE_TEXT, .nullable = true },
    { "channel", SHAPE_TEXT, .help = "Null: the account's.", .example = "C0123456789",
      .nullable = true },
    { "shop", SHAPE_TEXT, .help = "Null: any.", .nullable = true },
    { "buildingId", SHAPE_UUID, .help = "Null: any.", .nullable = true },
    { "buildingName", SHAPE_TEXT, .nullable = true },
    { "statuses", SHAPE_TEXTS, .help = "None: all." },
    { "quietFrom", SHAPE_TEXT, .example = "22:00", .nullable = true },
    { "quietUntil", SHAPE_TEXT, .example = "07:00", .nullable = true },
    { "digest", SHAPE_CHOICE, .values = team_digests },
    { "enabled", SHAPE_BOOL, .help = "Whether it tells." },
    { "disabledWhy", SHAPE_TEXT, .help = "Where it was switched off as nobody can be told by it.",
      .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was made." },
    { "createdByName", SHAPE_TEXT, .nullable = true },
    { "lastState", SHAPE_CHOICE, .help = "Of its last message.", .values = states,
      .nullable = true },
    { "lastAt", SHAPE_TIME, .help = "Of its last message.", .nullable = true },
    { "lastError", SHAPE_TEXT, .help = "Of its last message.", .nullable = true },
    { "waiting", SHAPE_COUNT, .help = "Changes that wait for their time." },
    { "stuck", SHAPE_COUNT, .help = "Messages whose job is parked." },
    { .name = NULL },
};
static const struct shape rule_shape = { "TeamRule", "Who of the staff is told of what.",
                                         rule_members };

static const struct member rules_members[] = {
    { "rules", SHAPE_LIST, .help = "By name.", .of = &rule_shape },
    { .name = NULL },
};
static const struct shape rules_shape = { "TeamRules", "Who of the staff is told of what.",
                                          rules_members };

static const struct member message_members[] = {
    { "messageId", SHAPE_UUID, .help = "The message; a webhook's webhook-id." },
    { "state", SHAPE_CHOICE, .values = states },
    { "test", SHAPE_BOOL, .help = "Somebody asked for it." },
    { "changes", SHAPE_COUNT, .help = "That it tells of." },
    { "stuck", SHAPE_BOOL, .help = "Its job is parked: it gets another one once, or when asked." },
    { "error", SHAPE_TEXT, .help = "Of its last try.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When what it tells was taken." },
    { "settledAt", SHAPE_TIME, .help = "When it was told, or given up.", .nullable = true },
    { .name = NULL },
};
static const struct shape message_shape = { "TeamMessage", "What a rule told, or could not.",
                                            message_members };
static const struct member messages_members[] = {
    { "messages", SHAPE_LIST, .help = "The last 50.", .of = &message_shape },
    { .name = NULL },
};
static const struct shape messages_shape = { "TeamMessages", "What a rule told, newest first.",
                                             messages_members };

/* ---- the API ---- */

static enum err answer(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = team_rule_get(&r->ctx, id, &d);
    if (e == OK && status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/team-rules/%s", id));
    return e == OK ? reply_json(p, status, d) : e;
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = team_rules_list(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    return answer(r, p, 200, req_param(r, "ruleId"));
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = team_rule_add(&r->ctx, r->input, &id);
    return e == OK ? answer(r, p, 201, id) : e;
}

static enum err api_set(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "ruleId");
    enum err e = team_rule_set(&r->ctx, id, r->input);
    return e == OK ? answer(r, p, 200, id) : e;
}

static enum err api_remove(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = req_param(r, "ruleId");
    enum err e = team_rule_get(&r->ctx, id, &d);
    if (e == OK)
        e = team_rule_remove(&r->ctx, id);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_test(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "ruleId");
    enum err e = team_rule_test(&r->ctx, id);
    return e == OK ? answer(r, p, 202, id) : e;
}

static enum err api_messages(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = team_messages_of(&r->ctx, req_param(r, "ruleId"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_retry(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "ruleId");
    enum err e = team_message_retry(&r->ctx, id, req_param(r, "messageId"));
    return e == OK ? answer(r, p, 202, id) : e;
}

/* ---- the table ---- */

#define API "/api/ship/team-rules"
#define RULE_API API "/:ruleId"
#define RULE_PAGE "/team/:ruleId"
#define RETRY "/messages/:messageId/retry"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, API, api_list, ROLE_ADMIN, .whole = true,
      .doc = "Who of the staff is told of what.", .answer = &rules_shape },
    { METHOD_POST, ROUTE_API, API, api_add, ROLE_ADMIN, &add_input, .whole = true, .status = 201,
      .doc = "Adds a rule, which tells from now on.", .answer = &rule_shape },
    { METHOD_GET, ROUTE_API, RULE_API, api_get, ROLE_ADMIN, .whole = true, .doc = "A rule.",
      .answer = &rule_shape },
    { METHOD_PUT, ROUTE_API, RULE_API, api_set, ROLE_ADMIN, &set_input, .whole = true,
      .doc = "Makes a rule what is given; what is absent is none.", .answer = &rule_shape },
    { METHOD_DELETE, ROUTE_API, RULE_API, api_remove, ROLE_ADMIN, .whole = true,
      .doc = "Removes a rule; what waits is dropped. Answers with what it was.",
      .answer = &rule_shape },
    { METHOD_POST, ROUTE_API, RULE_API "/test", api_test, ROLE_ADMIN, .whole = true, .queues = true,
      .status = 202, .doc = "Has it tell a sample now, whatever its hours.",
      .answer = &rule_shape },
    { METHOD_GET, ROUTE_API, RULE_API "/messages", api_messages, ROLE_ADMIN, .whole = true,
      .doc = "What a rule told, and what it could not.", .answer = &messages_shape },
    { METHOD_POST, ROUTE_API, RULE_API RETRY, api_retry, ROLE_ADMIN, .whole = true, .queues = true,
      .status = 202, .doc = "Has a message that failed, or whose job is parked, tried again.",
      .answer = &rule_shape },

    { METHOD_GET, ROUTE_PAGE, "/team", team_page, ROLE_ADMIN, .whole = true,
      .doc = "Who of the staff is told of what." },
    { METHOD_GET, ROUTE_PAGE, "/team/new", team_new_page, ROLE_ADMIN, .whole = true,
      .doc = "The form of a new rule." },
    { METHOD_POST, ROUTE_PAGE, "/team/new", team_add_page, ROLE_ADMIN, &form_input, .whole = true,
      .again = team_new_again, .doc = "Adds a rule." },
    { METHOD_GET, ROUTE_PAGE, RULE_PAGE, team_rule_page, ROLE_ADMIN, .whole = true,
      .doc = "A rule, and what it told." },
    { METHOD_POST, ROUTE_PAGE, RULE_PAGE, team_set_page, ROLE_ADMIN, &form_input, .whole = true,
      .again = team_rule_again, .doc = "Changes a rule." },
    { METHOD_POST, ROUTE_PAGE, RULE_PAGE "/remove", team_remove_page, ROLE_ADMIN, .whole = true,
      .doc = "Removes a rule." },
    { METHOD_POST, ROUTE_PAGE, RULE_PAGE "/test", team_test_page, ROLE_ADMIN, .whole = true,
      .queues = true, .doc = "Has it tell a sample." },
    { METHOD_POST, ROUTE_PAGE, RULE_PAGE RETRY, team_retry_page, ROLE_ADMIN, .whole = true,
      .queues = true, .doc = "Has a message tried again." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = TEAM_JOB,
      .queue = "team",
      .max_attempts = 10,
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = team_send,
      .doc = "Tells a team of parcels: by e-mail, in Slack, by a webhook" },
    { .name = TEAM_TEND_JOB,
      .queue = "ship",
      .max_attempts = 3,
      .run = team_tend,
      .doc = "Gives what teams were to be told, and no job is at any more, another one, once" },
    { .name = "notify.team_prune",
      .queue = "notify_tend",
      .run = team_prune,
      .doc = "Takes away what teams were told 90 days ago" },
    { .name = NULL },
};

static const struct reaction reactions[] = {
    { SHIPMENT_STATUS_CHANGED, TEAM_JOB, team_react },
    { SHIPMENT_SILENT, "notify.team_silent", team_react_silent },
    { .event = NULL },
};

static const struct schedule schedules[] = {
    { TEAM_TEND_JOB, TEAM_TEND_JOB, 120,
      "What teams were to be told, and no job is at any more, is told or ended." },
    { "notify.team_prune", "notify.team_prune", 24 * 3600, "once a day" },
    { .name = NULL },
};

const struct domain team_domain = {
    .name = "team", .routes = routes, .jobs = jobs, .reactions = reactions, .schedules = schedules
};
