/* Legal holds: listing, putting, lifting; the database asks them wherever something would go. */
#include "proof/holds.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/address.h"
#include "proof/holds.sql.h"
#include "proof/token.h"

#include <ctype.h>
#include <string.h>

const char *const hold_scopes[] = { "unit",   "communication", "batch", "building",
                                    "person", "order",         NULL };

static const struct member hold_members[] = {
    { "id", SHAPE_UUID, .help = "The hold." },
    { "scope", SHAPE_CHOICE, .help = "What it is on.", .values = hold_scopes },
    { "value", SHAPE_TEXT, .help = "Its id; of a person e-mail or phone." },
    { "label", SHAPE_TEXT, .help = "What people call it.", .nullable = true },
    { "reason", SHAPE_TEXT, .help = "Why." },
    { "owner", SHAPE_TEXT, .help = "Who answers for it." },
    { "reviewOn", SHAPE_TEXT, .example = "2026-06-30", .nullable = true },
    { "overdue", SHAPE_BOOL, .help = "Whether that day is over.", .nullable = true },
    { "createdAt", SHAPE_TIME, .help = "When it was put." },
    { "createdByName", SHAPE_TEXT, .help = "By whom.", .nullable = true },
    { "liftedAt", SHAPE_TIME, .help = "Null while it stands.", .nullable = true },
    { "liftedByName", SHAPE_TEXT, .help = "By whom.", .nullable = true },
    { "messages", SHAPE_COUNT,
      .help = "It is on; 10001: more than 10,000. Null of one that was lifted, and in a list of "
              "many persons.",
      .nullable = true },
    { "orders", SHAPE_COUNT, .help = "The same of orders.", .nullable = true },
    { "href", SHAPE_LINK, .help = "To what it is on.", .nullable = true },
    { .name = NULL },
};
const struct shape hold_shape = { "LegalHold", "What is kept whatever the clocks say.",
                                  hold_members };

static const struct member holds_members[] = {
    { "holds", SHAPE_LIST, .help = "Those that stand first.", .of = &hold_shape },
    { .name = NULL },
};
static const struct member lifting_members[] = {
    { "hold", SHAPE_OBJECT, .of = &hold_shape },
    { "messages", SHAPE_COUNT, .help = "It is on." },
    { "free", SHAPE_COUNT, .help = "Of these, those that no other hold keeps." },
    { "due", SHAPE_COUNT, .help = "Of these, those that go with the next run." },
    { "orders", SHAPE_COUNT, .help = "It is on." },
    { "freeOrders", SHAPE_COUNT, .help = "Of these, those that no other hold keeps." },
    { "dueOrders", SHAPE_COUNT, .help = "Of these, those that go with the next run." },
    { "planToken", SHAPE_TEXT, .help = "To lift it with, for ten minutes." },
    { .name = NULL },
};
const struct shape hold_lifting_shape = { "LegalHoldLifting", "What lifting a hold would free.",
                                          lifting_members };

const struct shape holds_shape = { "LegalHoldList", "The legal holds.", holds_members };

enum err holds_document(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, holds_list, &rows, .id = NULL);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set(d, "holds", json_object_get(rows_json(c->arena, rows)));
    *out = d;
    return OK;
}

static enum err get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, holds_list, &rows, .id = id);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = row_json(c->arena, rows, 0);
    return OK;
}

enum err hold_document(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *told;
    enum err e = get(c, id, out);
    if (e == OK)
        e = db_query(c->db, c->arena, holds_told, &told, .id = id);
    if (e == OK && rows_count(told))
        json_set(*out, "freed", json_object_get(json_get(row_json(c->arena, told, 0), "after")));
    return e;
}

static const char *lower_trimmed(struct arena *a, const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    char *copy = arena_strdup(a, text);
    size_t n = strlen(copy);
    while (n && isspace((unsigned char)copy[n - 1]))
        copy[--n] = 0;
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static bool is_day(const char *text)
{
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (int i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !isdigit((unsigned char)text[i]))
            return false;
    int year =
        (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    int month = (text[5] - '0') * 10 + text[6] - '0', day = (text[8] - '0') * 10 + text[9] - '0';
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 2000 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day < 29 || leap);
}

static const char *nothing_of(const char *scope)
{
    if (strcmp(scope, "unit") == 0)
        return "There is no such unit: give its building's code and its number, as in LH-12 1.01, "
               "or its id.";
    if (strcmp(scope, "building") == 0)
        return "There is no such building: give its code, its name or its id.";
    if (strcmp(scope, "order") == 0)
        return "There is no such order, or several shops have one of this number: give its id, as "
               "in "
               "the address of its page.";
    return "There is none with this id.";
}

static bool is_person(const char *scope)
{
    return strcmp(scope, "person") == 0;
}

static enum err read_address(struct ctx *c, const char *text, const char **out)
{
    const char *why = address_read(c->arena, text, out);
    return why ? ctx_fault(c, "value", "%s Give an e-mail address, or a number as +41791234567.",
                           why)
               : OK;
}

static enum err find_target(struct ctx *c, const char *scope, const char *text, PGresult **row)
{
    const char *value = lower_trimmed(c->arena, text);
    enum err e = is_person(scope) ? read_address(c, value, &value) : OK;
    if (e == OK)
        e = db_query(c->db, c->arena, holds_target, row, .scope = scope, .value = value);
    if (e == OK && rows_count(*row) == 0)
        return ctx_fault(c, "value", "%s", nothing_of(scope));
    return e;
}

enum err hold_target(struct ctx *c, const char *scope, const char *value, struct json_object **out)
{
    PGresult *row;
    enum err e = find_target(c, scope, value, &row);
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

/* What the trail tells, which keeps for good: no address of a person. */
static struct json_object *for_the_trail(struct ctx *c, struct json_object *hold)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "scope", json_text(hold, "scope"));
    json_set_text(o, "reason", json_text(hold, "reason"));
    json_set_text(o, "owner", json_text(hold, "owner"));
    if (!is_person(json_text(hold, "scope")))
        json_set_text(o, "value", json_text(hold, "value"));
    return o;
}

enum err hold_add(struct ctx *c, const struct hold_new *n, struct json_object **out)
{
    PGresult *rows;
    const char *day = n->review_on && *n->review_on ? n->review_on : NULL;
    if (day && !is_day(day))
        return ctx_fault(c, "reviewOn", "Give a day as 2026-06-30.");
    enum err e = find_target(c, n->scope, n->value, &rows);
    if (e != OK)
        return e;
    if (row_text(rows, 0, "holdId"))
        return ctx_refuse(c, ERR_CONFLICT, "There is a hold on it already.");
    e = db_query(c->db, c->arena, holds_add, &rows, .scope = n->scope,
                 .value = row_text(rows, 0, "value"), .reason = n->reason, .owner = n->owner,
                 .review_on = day, .actor_name = c->actor.name);
    if (e == OK)
        e = get(c, row_text(rows, 0, "id"), out);
    if (e != OK)
        return e;
    return audit_add(c, "hold.added", "legal_hold", json_text(*out, "id"), NULL,
                     for_the_trail(c, *out));
}

/* ---- lifting ---- */

static enum err plan_lifting(struct ctx *c, const char *id, int64_t at_ms, PGresult **row,
                             const char **words)
{
    enum err e = db_query(c->db, c->arena, holds_freed, row, .id = id,
                          .now_ms = arena_printf(c->arena, "%lld", (long long)at_ms));
    if (e == OK)
        *words = arena_printf(c->arena, "lift|%s|%s|%s|%s|%s|%s", id, row_text(*row, 0, "messages"),
                              row_text(*row, 0, "free"), row_text(*row, 0, "orders"),
                              row_text(*row, 0, "freeOrders"), row_text(*row, 0, "_digest"));
    return e;
}

enum err hold_lifting(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    struct json_object *hold;
    const char *words;
    int64_t at = c->app->now_ms(c->app);
    enum err e = get(c, id, &hold);
    if (e == OK && json_text(hold, "liftedAt"))
        return ERR_NOT_FOUND;
    if (e == OK)
        e = plan_lifting(c, id, at, &row, &words);
    if (e != OK)
        return e;
    *out = row_json(c->arena, row, 0);
    json_set(*out, "hold", json_object_get(hold));
    json_set_text(*out, "planToken", plan_token(c, at, words));
    return OK;
}

static enum err check_lifting(struct ctx *c, const char *id, const char *token, PGresult **row)
{
    PGresult *locked;
    int64_t at;
    const char *words;
    enum err e = db_query(c->db, c->arena, holds_lock, &locked, .id = id);
    if (e == OK && rows_count(locked) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = plan_token_time(c, token, &at);
    if (e == OK)
        e = plan_lifting(c, id, at, row, &words);
    return e == OK ? plan_token_check(c, token, words) : e;
}

enum err hold_lift(struct ctx *c, const char *id, const char *token, struct json_object **out)
{
    PGresult *freed;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = check_lifting(c, id, token, &freed);
    if (e == OK)
        e = db_query(c->db, c->arena, holds_lift, NULL, .id = id, .actor_name = c->actor.name);
    if (e == OK)
        e = get(c, id, out);
    if (e != OK)
        return e;
    struct json_object *after = for_the_trail(c, *out);
    json_set_int(after, "free", row_int(freed, 0, "free"));
    json_set_int(after, "due", row_int(freed, 0, "due"));
    if (row_int(freed, 0, "orders")) {
        json_set_int(after, "freeOrders", row_int(freed, 0, "freeOrders"));
        json_set_int(after, "dueOrders", row_int(freed, 0, "dueOrders"));
    }
    return audit_add(c, "hold.lifted", "legal_hold", id, NULL, after);
}
