/* The guards of a request, in the order they are asked. */
#include "web/guard.h"

#include "base/crypto.h"
#include "base/settings.h"
#include "web/actor.h"
#include "web/problem.h"

#include <string.h>
#include <strings.h>

static enum err refuse(struct request *r, int status, const char *detail)
{
    r->status = status;
    return ctx_refuse(&r->req.ctx, ERR_DENIED, "%s", detail);
}

static enum err by_token(struct request *r, const char *authorization)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return refuse(r, 401, "Only bearer tokens are taken.");
    enum err e = token_find(&r->req.ctx, authorization + 7);
    if (e == ERR_DENIED)
        return refuse(r, 401, "The access token is not valid, or no longer.");
    return e;
}

static enum err by_session(struct request *r, bool needed)
{
    struct req *q = &r->req;
    struct session *s = arena_new_of(q->ctx.arena, struct session);
    const char *cookie = req_cookie(q, session_cookie(q->ctx.app));
    enum err e = cookie ? session_find(&q->ctx, cookie, s) : ERR_DENIED;
    if (e == OK) {
        q->session = s;
        return OK;
    }
    if (e != ERR_DENIED)
        return e;
    q->ctx.tenant_id = NULL;
    q->ctx.actor = (struct actor){ .role = ROLE_PUBLIC };
    return needed ? refuse(r, 401, "Sign in, or send an access token.") : OK;
}

enum err guard_actor(struct request *r)
{
    const struct route *route = r->req.route;
    const char *authorization = req_header(&r->req, "authorization");
    bool needed = route->role > ROLE_PUBLIC;
    r->req.ctx.actor.role = ROLE_PUBLIC;
    if (route->kind == ROUTE_OPEN || (route->kind == ROUTE_API && !needed))
        return OK;
    if (route->kind == ROUTE_API && authorization)
        return by_token(r, authorization);
    return by_session(r, needed);
}

void guard_visitor(struct request *r)
{
    if (problem_wants_page(r) && by_session(r, false) != OK)
        r->req.session = NULL;
}

static bool may_while_password_is_due(const char *path)
{
    return strcmp(path, "/password") == 0 || strcmp(path, "/logout") == 0;
}

/* What a person can ask the administrator for. */
static const char *role_needed(const struct request *r)
{
    const struct req *q = &r->req;
    if (q->route->role == ROLE_NOBODY)
        return "Your role does not allow this.";
    return arena_printf(q->ctx.arena, "This needs the role %s; yours is %s.",
                        role_name(q->route->role), role_name(q->ctx.actor.role));
}

enum err guard_role(struct request *r)
{
    const struct req *q = &r->req;
    r->lacks_role = q->route->role == ROLE_NOBODY || q->ctx.actor.role < q->route->role;
    if (r->lacks_role)
        return refuse(r, 403, role_needed(r));
    if (q->route->whole && !q->ctx.actor.all_buildings)
        return refuse(r, 403, "This is for those who see all buildings.");
    if (q->session && q->session->must_change_password && q->route->role > ROLE_PUBLIC &&
        !may_while_password_is_due(q->path)) {
        r->redirect = q->route->kind == ROUTE_PAGE ? "/password" : NULL;
        return refuse(r, 403, "Choose a new password first.");
    }
    return OK;
}

/* What follows the host of an address on loopback: ":8080"; NULL for any other host. */
static const char *after_loopback(const char *url)
{
    static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        size_t n = strlen(hosts[i]);
        if (strncmp(url, hosts[i], n) == 0 && (url[n] == ':' || url[n] == '\0'))
            return url + n;
    }
    return NULL;
}

/* On loopback the machine's names for itself are one origin: people type either. */
static bool is_ours(const struct request *r, const char *origin)
{
    const char *ours = r->req.ctx.app->settings->public_url;
    const char *port = after_loopback(ours), *theirs = after_loopback(origin);
    if (port && theirs)
        return strcmp(port, theirs) == 0;
    return strcmp(origin, ours) == 0;
}

enum err guard_origin(struct request *r)
{
    const struct req *q = &r->req;
    const char *site = req_header(q, "sec-fetch-site");
    if (method_safe(q->method) || q->route->kind == ROUTE_OPEN)
        return OK;
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return refuse(r, 403, "The request comes from another site.");
    if (q->origin && !is_ours(r, q->origin))
        return refuse(r, 403, "The request comes from another site.");
    return OK;
}

enum err guard_token(struct request *r)
{
    const struct req *q = &r->req;
    if (method_safe(q->method) || q->route->no_csrf || q->route->kind == ROUTE_OPEN || !q->session)
        return OK;
    const char *token = req_header(q, "x-csrf-token");
    if (!token)
        token = pairs_get(&r->form, "csrfToken");
    if (!token || !q->session->csrf || !ct_equal(str_of(token), str_of(q->session->csrf)))
        return refuse(r, 403, "The form is too old. Load the page again and repeat.");
    return OK;
}
