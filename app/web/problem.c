/* Problem documents and error pages. */
#include "web/problem.h"

#include "base/json.h"
#include "mustache/mustache.h"
#include "web/mask.h"
#include "web/page.h"

#include <string.h>

static const struct {
    int status;
    const char *name, *title; /* name NULL: that of the error */
} titles[] = {
    { 400, "malformed", "Bad request" },
    { 401, "unauthenticated", "Not signed in" },
    { 403, NULL, "Not allowed" },
    { 404, NULL, "Not found" },
    { 405, "method", "Method not allowed" },
    { 409, NULL, "Conflict" },
    { 413, "too-large", "Too large" },
    { 414, "too-large", "Path too long" },
    { 415, "media-type", "Unsupported content type" },
    { 422, NULL, "Not valid" },
    { 429, NULL, "Too many requests" },
    { 431, "too-large", "Headers too large" },
    { 500, NULL, "Something went wrong" },
    { 503, NULL, "Not available at the moment" },
    { 507, "storage", "No room left" },
};

#define TITLES (sizeof(titles) / sizeof(titles[0]))

static size_t row_of(int status)
{
    size_t i = 0;
    while (i < TITLES - 1 && titles[i].status != status)
        i++;
    return i;
}

const char *status_title(int status)
{
    return titles[row_of(status)].title;
}

static const char *sentence(int status)
{
    return status == 404   ? "There is nothing here, or it is not yours to see."
           : status == 500 ? "The fault is ours and has been noted."
           : status == 503 ? "Try again in a moment."
           : status == 422 ? "Some of what was sent is not right."
                           : NULL;
}

static const struct member fault_members[] = {
    { "field", SHAPE_TEXT, .help = "Its name as it was sent; body: the body as a whole.",
      .example = "email" },
    { "message", SHAPE_TEXT, .help = "What is wrong with it." },
    { .name = NULL },
};
static const struct shape fault_shape = { "Fault", "A field that is wrong.", fault_members };

static const struct member problem_members[] = {
    { "type", SHAPE_LINK, .example = "/problems/invalid" },
    { "title", SHAPE_TEXT, .example = "Not valid" },
    { "status", SHAPE_INT, .help = "The same as of the answer.", .example = "422" },
    { "detail", SHAPE_TEXT, .help = "What is wrong, in a sentence.", .optional = true },
    { "instance", SHAPE_TEXT, .help = "The request's id, as in the log.", .optional = true },
    { "errors", SHAPE_LIST, .help = "Each field that is wrong.", .of = &fault_shape,
      .optional = true },
    { "error", SHAPE_TEXT, .help = "Of the token endpoint: the code of RFC 6749 §5.2.",
      .example = "invalid_client", .optional = true },
    { .name = NULL },
};
const struct shape problem_shape = { "Problem", "What went wrong (RFC 9457).", problem_members };

static struct json_object *document(const struct request *r, int status, enum err e)
{
    const struct ctx *c = &r->req.ctx;
    size_t row = row_of(status);
    const char *name = titles[row].name ? titles[row].name : err_name(e);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "type", arena_printf(c->arena, "/problems/%s", name));
    json_set_text(d, "title", titles[row].title);
    json_set_int(d, "status", status);
    const char *detail = status != 500 ? c->problem.detail : NULL;
    if (detail || sentence(status))
        json_set_text(d, "detail", detail ? detail : sentence(status));
    json_set_text(d, "instance", c->work_id);
    if (c->problem.n == 0)
        return d;
    struct json_object *errors = json_object_new_array();
    for (int i = 0; i < c->problem.n; i++) {
        struct json_object *f = json_object_new_object();
        json_set_text(f, "field", c->problem.faults[i].field);
        json_set_text(f, "message", c->problem.faults[i].message);
        json_object_array_add(errors, f);
    }
    json_set(d, "errors", errors);
    return d;
}

static void start_over(struct request *r, struct reply *p, int status)
{
    struct arena *a = r->req.ctx.arena;
    *p = (struct reply){ .req = &r->req, .status = status };
    p->headers = buf_in(a);
    p->body = buf_in(a);
    reply_header(p, "Cache-Control", "no-store");
}

static void add_headers(struct request *r, struct reply *p)
{
    struct arena *a = r->req.ctx.arena;
    int wait = r->req.ctx.problem.retry_after;
    if (p->status == 503 || p->status == 429 || p->status == 507)
        reply_header(p, "Retry-After", arena_printf(a, "%d", wait ? wait : 2));
    if (p->status == 401)
        reply_header(p, "WWW-Authenticate", "Bearer realm=\"track\"");
    if (p->status != 405)
        return;
    struct buf allow = buf_in(a);
    for (int m = METHOD_GET; m <= METHOD_DELETE; m++)
        if (r->allow & 1u << m)
            buf_printf(&allow, "%s%s%s", allow.n ? ", " : "", method_name((enum method)m),
                       m == METHOD_GET ? ", HEAD" : "");
    reply_header(p, "Allow", buf_str(&allow).p);
}

bool problem_wants_page(const struct request *r)
{
    if (req_is_fragment(&r->req))
        return false;
    if (r->req.route)
        return r->req.route->kind == ROUTE_PAGE;
    const char *accept = req_header(&r->req, "accept");
    return accept && strstr(accept, "text/html") &&
           (!r->req.path || strncmp(r->req.path, "/api/", 5) != 0);
}

/* Who is signed in keeps the frame around what is not there, or not for him. */
static bool framed(const struct request *r, int status)
{
    const struct session *s = r->req.session;
    return s && !s->must_change_password && status >= 403 && status <= 405;
}

/* False where the template fails: the refusal is then told as a document. */
static bool page(struct request *r, struct reply *p, struct json_object *d)
{
    const char *why;
    struct templates *set = r->req.ctx.app->templates;
    json_set(d, "page", page_object(r, json_text(d, "title")));
    json_set_bool(d, "ours", p->status >= 500);
    json_set_bool(d, "lacksRole", r->lacks_role);
    const char *name = framed(r, p->status) ? "refused" : "error";
    if (!set || template_render(set, name, d, &p->body, &why) != OK) {
        json_object_object_del(d, "page");
        json_object_object_del(d, "ours");
        json_object_object_del(d, "lacksRole");
        p->body.n = 0;
        return false;
    }
    p->content_type = "text/html; charset=utf-8";
    page_headers(p);
    return true;
}

void problem_reply(struct request *r, struct reply *p, enum err e)
{
    int status = r->status ? r->status : err_status(e);
    struct json_object *d = document(r, status, e);
    mask_answer(r, d);
    start_over(r, p, status);
    add_headers(r, p);
    if (problem_wants_page(r) && page(r, p, d))
        return;
    p->content_type = "application/problem+json";
    json_write(&p->body, d);
}

void problem_login(struct request *r, struct reply *p)
{
    const struct req *q = &r->req;
    struct buf to = buf_in(q->ctx.arena);
    buf_puts(&to, "/login");
    if (method_safe(q->method)) {
        buf_puts(&to, "?next=");
        buf_url(&to, q->path, strlen(q->path));
        if (*q->query_string)
            buf_puts(&to, "%3F");
        buf_url(&to, q->query_string, strlen(q->query_string));
    }
    bool fragment = req_is_fragment(q);
    start_over(r, p, fragment ? 401 : 303);
    reply_header(p, fragment ? "HX-Redirect" : "Location", to.p);
}
