/* The page object and the headers of HTML answers. */
#include "web/page.h"

#include "base/json.h"
#include "base/settings.h"
#include "web/problem.h"

#include <string.h>
#include <strings.h>

/* No inline script or style, nothing from elsewhere, no frame around ours. */
#define CONTENT_POLICY                                                                             \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; "               \
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; frame-src 'self'"

static const struct pair security_headers[] = {
    { "Content-Security-Policy", CONTENT_POLICY },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
};

static void set_user(struct json_object *page, const struct request *r)
{
    const struct session *s = r->req.session;
    const struct actor *actor = &r->req.ctx.actor;
    struct json_object *user = json_object_new_object();
    json_set_text(user, "name", actor->name);
    json_set_text(user, "email", s->email);
    json_set_text(user, "role", role_name(actor->role));
    json_set_bool(user, "isViewer", actor->role == ROLE_VIEWER);
    json_set_bool(user, "isAgent", actor->all_buildings && actor->role >= ROLE_AGENT);
    json_set_bool(user, "isAdmin", actor->all_buildings && actor->role >= ROLE_ADMIN);
    json_set(page, "user", user);
    json_set_text(page, "tenant", s->tenant_name);
    json_set_text(page, "timeZone", s->time_zone);
    json_set_text(page, "csrf", s->csrf);
    if (s->theme && strcmp(s->theme, "system") != 0)
        json_set_text(page, "theme", s->theme);
}

struct json_object *page_object(const struct request *r, const char *title)
{
    const struct req *q = &r->req;
    struct json_object *page = json_object_new_object();
    json_set_text(page, "title", title);
    json_set_text(page, "path", q->path);
    json_set_text(page, "query", q->query_string);
    json_set_text(page, "requestId", q->ctx.work_id);
    json_set_text(page, "assetVersion", r->web->asset_version);
    if (q->session)
        set_user(page, r);
    return page;
}

const char *reply_header_at(const struct reply *p, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = buf_str(&p->headers).p; *line;) {
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + strlen(": ");
        const char *end = strstr(line, "\r\n");
        line = end ? end + 2 : "";
    }
    return NULL;
}

void page_headers(struct reply *p)
{
    for (size_t i = 0; i < sizeof(security_headers) / sizeof(security_headers[0]); i++)
        if (!reply_header_at(p, security_headers[i].name))
            reply_header(p, security_headers[i].name, security_headers[i].value);
}

static void common_headers(struct reply *p)
{
    const struct ctx *c = &p->req->ctx;
    reply_header(p, "X-Request-Id", c->work_id);
    reply_header(p, "X-Content-Type-Options", "nosniff");
    /* Not no-referrer: with it browsers send "Origin: null" with our own forms. */
    if (!reply_header_at(p, "Referrer-Policy"))
        reply_header(p, "Referrer-Policy", "same-origin");
    if (strncmp(c->app->settings->public_url, "https://", 8) == 0)
        reply_header(p, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
    if (!reply_header_at(p, "Cache-Control"))
        reply_header(p, "Cache-Control",
                     reply_header_at(p, "ETag") ? "private, no-cache" : "no-store");
    if (p->content_type && strncmp(p->content_type, "text/html", 9) == 0)
        page_headers(p);
}

/* A status line without a reason is not one for every reader. */
static const char *reason(int status)
{
    return status < 300    ? "OK"
           : status == 303 ? "See Other"
           : status == 304 ? "Not Modified"
                           : status_title(status);
}

void reply_write(struct reply *p, bool head, struct buf *out)
{
    common_headers(p);
    buf_printf(out, "Status: %d %s\r\n", p->status, reason(p->status));
    if (p->content_type && p->status != 304)
        buf_printf(out, "Content-Type: %s\r\n", p->content_type);
    struct str headers = buf_str(&p->headers), body = buf_str(&p->body);
    buf_put(out, headers.p, headers.n);
    if (body.n && p->status != 304) /* so that an answer cut short is seen to be one */
        buf_printf(out, "Content-Length: %zu\r\n", body.n);
    buf_puts(out, "\r\n");
    if (!head && p->status != 304)
        buf_put(out, body.p, body.n);
}
