/* What people change about their own account: the password and the theme. */
#include "access/private.h"

#include "access/users.sql.h"
#include "base/json.h"
#include "base/settings.h"

#define HOME "/track"

static enum err show(struct req *r, struct reply *p, int status, const char *detail)
{
    struct ctx *c = &r->ctx;
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct json_object *errors = json_object_new_object();
    for (int i = 0; i < c->problem.n; i++)
        json_set_text(errors, c->problem.faults[i].field, c->problem.faults[i].message);
    json_set(o, "errors", errors);
    json_set_text(o, "error", detail);
    json_set_bool(o, "forced", r->session->must_change_password);
    json_set_int(o, "minLength", c->app->settings->password_min_length);
    p->status = status;
    return reply_page(p, "access/password", NULL, o);
}

enum err password_show(struct req *r, struct reply *p)
{
    return show(r, p, 200, NULL);
}

/* Whether the current password is right, its tries counted like those of a login. */
static enum err confirm(struct req *r, const char *password)
{
    struct ctx *c = &r->ctx;
    struct throttle t;
    PGresult *rows;
    bool fits, stale;
    const char *tenant_id = c->tenant_id;
    const char *who = arena_printf(c->arena, "user:%s", r->session->email);
    enum err e = throttle_count(c, who, address_of(r), &t);
    if (e == OK)
        e = db_query(c->db, c->arena, user_hash, &rows, .user_id = c->actor.id);
    if (e == OK || e == ERR_LIMITED) {
        enum err kept = scope_enter(c, tenant_id);
        e = e ? e : kept;
    }
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    e = password_fits(c, row_text(rows, 0, "hash"), password, &fits, &stale);
    if (e == OK && !fits)
        return ctx_fault(c, "currentPassword", "This is not your password.");
    return e ? e : throttle_forgive(c, &t);
}

static enum err check(struct req *r, const struct password_form *f)
{
    struct ctx *c = &r->ctx;
    if (strcmp(f->chosen, f->repeated) != 0)
        return ctx_fault(c, "repeatPassword", "The two are not the same.");
    if (strcmp(f->chosen, f->current) == 0)
        return ctx_fault(c, "newPassword", "Choose another one than before.");
    return password_allowed(c, "newPassword", f->chosen, r->session->email);
}

enum err password_do(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct password_form *f = r->input;
    enum err e = check(r, f);
    if (e == OK)
        e = confirm(r, f->current);
    if (e == ERR_INVALID)
        return show(r, p, 422, NULL);
    if (e == ERR_LIMITED) {
        reply_header(p, "Retry-After", arena_printf(c->arena, "%d", c->problem.retry_after));
        return show(r, p, 429, c->problem.detail);
    }
    if (e == OK)
        e = user_choose(c, c->actor.id, f->chosen);
    if (e == OK)
        e = session_start(r, p, c->actor.id);
    return e ? e : reply_redirect(p, HOME);
}

/* The path of the page the form stood on. */
static const char *back(const struct req *r)
{
    const char *referer = req_header(r, "referer");
    const char *host = referer ? strstr(referer, "://") : NULL;
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (!path || path[1] == '/' || strchr(path, '\\'))
        return HOME;
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
            return HOME;
    return path;
}

enum err theme_do(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct theme_form *f = r->input;
    enum err e = db_query(c->db, c->arena, user_set_theme, NULL, .user_id = c->actor.id,
                          .theme = strcmp(f->theme, "auto") == 0 ? "system" : f->theme);
    if (e)
        return e;
    if (req_is_fragment(r))
        return reply_text(p, 204, "");
    return reply_redirect(p, back(r));
}
