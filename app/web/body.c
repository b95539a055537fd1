/* Bodies: text, forms, uploads, JSON. */
#include "web/body.h"

#include "base/json.h"

#include <string.h>
#include <strings.h>

#define LIMIT ((size_t)1024 * 1024)
#define FORM_FIELDS_MAX 256

/* Counts what is read, so that it can be held against Content-Length. */
struct counted {
    struct body_reader body;
    long long n;
};

static size_t read_counted(void *from, char *to, size_t n)
{
    struct counted *c = from;
    size_t got = c->body.read ? c->body.read(c->body.from, to, n) : 0;
    c->n += (long long)got;
    return got;
}

static bool has_type(const struct request *r, const char *type)
{
    const char *text = r->req.content_type;
    size_t n = strlen(type);
    return text && strncasecmp(text, type, n) == 0 && (!text[n] || strchr("; ", text[n]));
}

static enum err read_text(struct request *r, struct counted *from, size_t limit)
{
    struct buf b = buf_in(r->req.ctx.arena);
    if (r->content_length > 0)
        buf_room(&b, (size_t)r->content_length);
    for (;;) {
        size_t room = b.cap > b.n + 1 ? b.cap - b.n - 1 : 4096;
        size_t got = read_counted(from, buf_room(&b, room), room);
        if (got == 0)
            break;
        b.n += got;
        b.p[b.n] = '\0';
        if (b.n > limit)
            return request_refuse(r, 413, "The body is too large.");
    }
    r->req.body = b.n ? buf_str(&b) : (struct str){ "", 0 };
    return OK;
}

static enum err read_form(struct request *r)
{
    enum err e = pairs_parse(&r->req.ctx, r->req.body, FORM_FIELDS_MAX, &r->form);
    r->is_form = true;
    return e;
}

static bool is_known(const struct file_field *files, const char *name)
{
    while (files->name && strcmp(files->name, name) != 0)
        files++;
    return files->name != NULL;
}

static enum err check_files(struct req *q)
{
    enum err e = OK;
    for (size_t i = 0; i < q->upload_count; i++)
        if (!is_known(q->route->files, q->uploads[i].field))
            e = ctx_fault(&q->ctx, q->uploads[i].field, "is not known here");
    return e;
}

static enum err read_multipart(struct request *r, struct counted *from, size_t limit)
{
    struct multipart m;
    struct req *q = &r->req;
    if (!q->route->files)
        return request_refuse(r, 415, "Files cannot be sent here.");
    const char *boundary = multipart_boundary(q->ctx.arena, q->content_type);
    if (!boundary)
        return request_refuse(r, 400, "The multipart boundary is missing.");
    enum err e =
        multipart_read(&q->ctx, boundary, (struct body_reader){ read_counted, from }, limit, &m);
    if (e == ERR_LIMITED)
        r->status = 413;
    if (e != OK)
        return e;
    r->form = m.fields;
    r->is_form = true;
    q->uploads = m.uploads;
    q->upload_count = m.upload_count;
    return check_files(q);
}

static enum err as_long_as_said(struct request *r, const struct counted *from)
{
    if (r->content_length >= 0 && from->n != r->content_length)
        return request_refuse(r, 400, "The body is not as long as Content-Length says.");
    return OK;
}

enum err body_read_raw(struct request *r, size_t limit)
{
    struct counted from = { .body = r->body };
    r->req.body = (struct str){ "", 0 };
    if (r->content_length > (long long)limit)
        return request_refuse(r, 413, "The body is too large.");
    enum err e = read_text(r, &from, limit);
    return e == OK ? as_long_as_said(r, &from) : e;
}

/* What a route allows to uploads goes to the store: a text is kept in memory. */
static size_t limit_of(const struct route *route, bool parts)
{
    size_t limit = route->body_limit ? route->body_limit : LIMIT;
    return route->files && !parts && limit > LIMIT ? LIMIT : limit;
}

enum err body_read(struct request *r)
{
    struct counted from = { .body = r->body };
    bool parts = has_type(r, "multipart/form-data");
    size_t limit = limit_of(r->req.route, parts);
    r->req.body = (struct str){ "", 0 };
    if (r->content_length > (long long)limit)
        return request_refuse(r, 413, "The body is too large.");
    if (method_safe(r->req.method))
        return OK;
    enum err e = parts ? read_multipart(r, &from, limit) : read_text(r, &from, limit);
    if (e == OK)
        e = as_long_as_said(r, &from);
    if (e == OK && has_type(r, "application/x-www-form-urlencoded"))
        e = read_form(r);
    return e;
}

/* What is given to a route of the API that takes nothing is a mistake, too: it may have been meant
   to narrow what is done. */
static const struct input *input_of(const struct route *route)
{
    static const struct field none[] = { { .name = NULL } };
    static const struct input nothing = { "Nothing", sizeof(char), none };
    return route->input || route->kind != ROUTE_API || route->files ? route->input : &nothing;
}

static enum err json_input(struct request *r)
{
    struct json_object *body;
    struct ctx *c = &r->req.ctx;
    struct json_over over;
    const char *why = "", *charset = strcasestr(r->req.content_type, "charset=");
    if (charset && strncasecmp(charset + 8, "utf-8", 5) != 0 &&
        strncasecmp(charset + 8, "\"utf-8\"", 7) != 0)
        return request_refuse(r, 415, "JSON is UTF-8.");
    if (json_parse_told(c->arena, r->req.body, &json_request_limits, &body, &why, &over) != OK) {
        if (over.path && *over.path)
            return ctx_fault(c, over.path, "%s", over.says);
        const char *says =
            over.path ? over.says : arena_printf(c->arena, "is not valid JSON: %s", why);
        (void)ctx_fault(c, "body", "%s", says);
        return request_refuse(r, over.path ? 413 : 400,
                              arena_printf(c->arena, "The body %s.", says));
    }
    return input_from_json(c, input_of(r->req.route), body, &r->req.input);
}

enum err body_input(struct request *r)
{
    struct req *q = &r->req;
    const struct input *input = input_of(q->route);
    if (!input)
        return OK;
    if (method_safe(q->method))
        return input_from_pairs(&q->ctx, input, &r->query, &q->input);
    if (r->is_form || q->body.n == 0)
        return input_from_pairs(&q->ctx, input, &r->form, &q->input);
    if (has_type(r, "application/json"))
        return json_input(r);
    return request_refuse(r, 415, "Send application/json or a form.");
}
