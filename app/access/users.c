/* Users: made by an administrator with a one-time password, which they change at the first login.
 */
#include "access/private.h"

#include "access/users.sql.h"
#include "base/json.h"

static bool email_plausible(const char *email)
{
    const char *at = strchr(email, '@');
    return at && at > email && at[1] && !strchr(at + 1, '@') && strlen(email) <= 254 &&
           strcspn(email, " \t\r\n<>,;\"") == strlen(email);
}

static struct json_object *described(struct ctx *c, const struct user_new *n)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "email", n->email);
    json_set_text(o, "name", n->name);
    json_set_text(o, "role", role_name(n->role));
    struct json_object *codes = n->buildings ? json_object_new_array() : NULL;
    for (const char *const *b = n->buildings; b && *b; b++)
        json_object_array_add(codes, json_object_new_string(*b));
    json_set(o, "buildings", codes);
    return o;
}

static enum err insert(struct ctx *c, const struct user_new *n, const char *hash, const char **id)
{
    PGresult *rows;
    enum err e =
        db_query(c->db, c->arena, user_add, &rows, .email = n->email, .name = n->name, .hash = hash,
                 .role = role_name(n->role), .all_buildings = n->buildings ? "f" : "t");
    if (e == ERR_CONFLICT)
        return ctx_refuse(c, e, "There is a user with the address %s already.", n->email);
    if (e == OK)
        *id = row_text(rows, 0, "id");
    return e;
}

enum err user_add(struct ctx *c, const struct user_new *n, const char **id, const char **password)
{
    const char *hash, *made = password_once(c);
    if (!email_plausible(n->email))
        return ctx_fault(c, "email", "%s is not an e-mail address.", n->email);
    enum err e = password_hash(c, made, &hash);
    if (e == OK)
        e = insert(c, n, hash, id);
    if (e == OK)
        e = grant_all(c, *id, n->buildings);
    if (e == OK)
        e = audit_add(c, "user.added", "user", *id, NULL, described(c, n));
    if (e == OK)
        *password = made;
    return e;
}

/* Enters the tenant of the user with an address. */
static enum err enter(struct ctx *c, const char *email, const char **id)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, login_user, &rows, .email = email);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "There is no user with the address %s.", email);
    *id = row_text(rows, 0, "userId");
    return scope_enter(c, row_text(rows, 0, "tenantId"));
}

static enum err set(struct ctx *c, const char *user_id, const char *password, bool must_change)
{
    PGresult *rows;
    const char *hash;
    enum err e = password_hash(c, password, &hash);
    if (e == OK)
        e = db_query(c->db, c->arena, user_set_password, &rows, .user_id = user_id, .hash = hash,
                     .must_change = must_change ? "t" : "f");
    if (e == OK && rows_count(rows) == 0)
        e = ERR_NOT_FOUND;
    return e ? e : session_end_all(c, user_id);
}

enum err user_reset(struct ctx *c, const char *email, const char **password)
{
    const char *id = NULL, *made = password_once(c);
    enum err e = enter(c, email, &id);
    if (e == OK)
        e = set(c, id, made, true);
    if (e == OK)
        e = audit_add(c, "user.password_reset", "user", id, NULL, NULL);
    if (e == OK)
        *password = made;
    return e;
}

enum err user_choose(struct ctx *c, const char *user_id, const char *password)
{
    enum err e = set(c, user_id, password, false);
    return e ? e : audit_add(c, "user.password_changed", "user", user_id, NULL, NULL);
}

enum err user_disable(struct ctx *c, const char *email)
{
    const char *id = NULL;
    enum err e = enter(c, email, &id);
    if (e == OK)
        e = db_query(c->db, c->arena, user_disable, NULL, .user_id = id);
    if (e == OK)
        e = session_end_all(c, id);
    return e ? e : audit_add(c, "user.disabled", "user", id, NULL, NULL);
}
