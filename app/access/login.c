/* The pages of signing in and out. */
#include "access/private.h"

#include "access/users.sql.h"
#include "base/crypto.h"
#include "base/json.h"

#define HOME "/track"
#define WRONG "The e-mail address or the password is wrong."
#define STALE_FORM "This page was open for too long. Please try again."

static const char *login_cookie(const struct req *r)
{
    return cookies_are_secure(r->ctx.app) ? "__Host-track-login" : "track-login";
}

/* Where to go after the login: a path of ours and nothing else. */
static const char *next_of(const char *next)
{
    if (!next || next[0] != '/' || next[1] == '/' || strchr(next, '\\') ||
        strncmp(next, "/login", 6) == 0)
        return HOME;
    for (const char *p = next; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            return HOME;
    return next;
}

/* A form's token is a tag of the random value in its cookie: other sites can read neither. */
static const char *form_token(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const char *value = req_cookie(r, login_cookie(r));
    if (!value || strlen(value) != 43) {
        value = token_new(c->app, c->arena, 32);
        cookie_set(p, login_cookie(r), value);
    }
    return tag_make(c->app, c->arena, "login-form", value);
}

static bool form_is_ours(struct req *r, const char *token)
{
    const char *value = req_cookie(r, login_cookie(r));
    const char *site = req_header(r, "sec-fetch-site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    return value && token && tag_check(r->ctx.app, r->ctx.arena, "login-form", value, token);
}

static enum err show(struct req *r, struct reply *p, int status, const char *error)
{
    const struct login_form *f = r->input;
    struct json_object *o = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(o, "error", error);
    json_set_text(o, "email", f && f->email ? f->email : "");
    json_set_text(o, "next", next_of(f ? f->next : NULL));
    json_set_text(o, "loginToken", form_token(r, p));
    p->status = status;
    return reply_page(p, "access/login", NULL, o);
}

/* The bare address of the server. */
enum err home_show(struct req *r, struct reply *p)
{
    (void)r;
    return reply_redirect(p, HOME);
}

enum err login_show(struct req *r, struct reply *p)
{
    const struct login_form *f = r->input;
    if (r->session)
        return reply_redirect(p, next_of(f ? f->next : NULL));
    return show(r, p, 200, NULL);
}

static enum err limited(struct req *r, struct reply *p)
{
    const char *detail = r->ctx.problem.detail;
    int wait = r->ctx.problem.retry_after;
    reply_header(p, "Retry-After", arena_printf(r->ctx.arena, "%d", wait > 0 ? wait : 1));
    return show(r, p, 429, detail);
}

struct person {
    const char *tenant_id, *id, *name, *hash; /* NULL where there is none */
    bool disabled;
};

/* One transaction before the slow part: the try is counted, and whom it is about looked up. */
static enum err look_up(struct req *r, const char *email, struct throttle *t, struct person *out)
{
    struct ctx *c = &r->ctx;
    PGresult *rows = NULL;
    const char *who = arena_printf(c->arena, "user:%s", email);
    enum err e = throttle_count(c, who, address_of(r), t);
    bool counted = e == OK || e == ERR_LIMITED;
    if (e == OK)
        e = db_query(c->db, c->arena, login_user, &rows, .email = email);
    if (counted) {
        enum err kept = scope_enter(c, NULL);
        e = e ? e : kept;
    }
    *out = (struct person){ 0 };
    if (e == OK && rows_count(rows) > 0)
        *out = (struct person){ row_text(rows, 0, "tenantId"), row_text(rows, 0, "userId"),
                                row_text(rows, 0, "name"), row_text(rows, 0, "hash"),
                                row_bool(rows, 0, "disabled") };
    return e;
}

static struct json_object *from_where(struct req *r)
{
    struct json_object *o = json_own(r->ctx.arena, json_object_new_object());
    json_set_text(o, "address", address_of(r));
    return o;
}

static enum err refuse(struct req *r, struct reply *p, const struct person *who)
{
    enum err e = OK;
    if (who->id) {
        e = scope_enter(&r->ctx, who->tenant_id);
        if (e == OK)
            e = audit_add(&r->ctx, "login.failed", "user", who->id, NULL, from_where(r));
    }
    return e ? e : show(r, p, 401, WRONG);
}

static enum err rehash(struct ctx *c, const char *user_id, const char *password)
{
    const char *hash;
    enum err e = password_hash(c, password, &hash);
    if (e == ERR_LIMITED)
        return OK;
    return e ? e : db_query(c->db, c->arena, user_rehash, NULL, .user_id = user_id, .hash = hash);
}

static enum err admit(struct req *r, struct reply *p, const struct person *who,
                      const struct throttle *t, bool stale)
{
    struct ctx *c = &r->ctx;
    const struct login_form *f = r->input;
    enum err e = scope_enter(c, who->tenant_id);
    c->actor = (struct actor){ .kind = ACTOR_USER, .id = who->id, .name = who->name };
    if (e == OK && stale)
        e = rehash(c, who->id, f->password);
    if (e == OK)
        e = session_end(r);
    if (e == OK)
        e = session_start(r, p, who->id);
    if (e == OK)
        e = throttle_forgive(c, t);
    if (e == OK)
        e = audit_add(c, "login.succeeded", "user", who->id, NULL, from_where(r));
    if (e)
        return e;
    cookie_set(p, login_cookie(r), NULL);
    return reply_redirect(p, next_of(f->next));
}

enum err login_do(struct req *r, struct reply *p)
{
    const struct login_form *f = r->input;
    struct throttle t;
    struct person who;
    bool fits, stale;
    if (!form_is_ours(r, f->login_token))
        return show(r, p, 403, STALE_FORM);
    if (!f->email || !f->password || strlen(f->password) > PASSWORD_MAX)
        return show(r, p, 401, WRONG);
    enum err e = look_up(r, f->email, &t, &who);
    if (e == OK)
        e = password_fits(&r->ctx, who.hash, f->password, &fits, &stale);
    if (e == ERR_LIMITED)
        return limited(r, p);
    if (e)
        return e;
    return fits && !who.disabled ? admit(r, p, &who, &t, stale) : refuse(r, p, &who);
}

enum err logout_do(struct req *r, struct reply *p)
{
    enum err e = session_end(r);
    if (e == OK)
        e = audit_add(&r->ctx, "logout", "user", r->ctx.actor.id, NULL, NULL);
    if (e)
        return e;
    cookie_set(p, session_cookie(r->ctx.app), NULL);
    return reply_redirect(p, "/login");
}
