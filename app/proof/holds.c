/* Legal holds: listing, putting, lifting; the database asks them wherever something would go. */
#include "proof/holds.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/holds.sql.h"

#include <ctype.h>
#include <string.h>

const char *const hold_scopes[] = { "unit", "communication", "batch", "building", "person", NULL };

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
    { .name = NULL },
};
const struct shape hold_shape = { "LegalHold", "What is kept whatever the clocks say.",
                                  hold_members };

static const struct member holds_members[] = {
    { "holds", SHAPE_LIST, .help = "Those that stand first.", .of = &hold_shape },
    { .name = NULL },
};
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
    enum err e = db_query(c->db, c->arena, holds_list, &rows, .id = id);
    if (e == OK)
        *out = row_json(c->arena, rows, 0);
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
    if (strcmp(scope, "person") == 0)
        return "must be an e-mail address or a phone number";
    return "There is none with this id.";
}

enum err hold_add(struct ctx *c, const struct hold_new *n, struct json_object **out)
{
    PGresult *rows;
    const char *value = lower_trimmed(c->arena, n->value);
    const char *day = n->review_on && *n->review_on ? n->review_on : NULL;
    if (day && !is_day(day))
        return ctx_fault(c, "reviewOn", "Give a day as 2026-06-30.");
    enum err e = db_query(c->db, c->arena, holds_target, &rows, .scope = n->scope, .value = value);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ctx_fault(c, "value", "%s", nothing_of(n->scope));
    if (row_bool(rows, 0, "there"))
        return ctx_refuse(c, ERR_CONFLICT, "There is a hold on it already.");
    value = row_text(rows, 0, "value");
    e = db_query(c->db, c->arena, holds_add, &rows, .scope = n->scope, .value = value,
                 .reason = n->reason, .owner = n->owner, .review_on = day,
                 .actor_name = c->actor.name);
    if (e == OK)
        e = get(c, row_text(rows, 0, "id"), out);
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "scope", n->scope);
    json_set_text(after, "reason", n->reason);
    json_set_text(after, "owner", n->owner);
    /* The trail keeps for good: no address of a person. */
    if (strcmp(n->scope, "person") != 0)
        json_set_text(after, "value", value);
    return audit_add(c, "hold.added", "legal_hold", json_text(*out, "id"), NULL, after);
}

enum err hold_lift(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, holds_lift, &rows, .id = id, .actor_name = c->actor.name);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    e = get(c, id, out);
    return e == OK ? audit_add(c, "hold.lifted", "legal_hold", id, NULL, NULL) : e;
}
