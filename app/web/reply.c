/* Answers: documents, pages, texts, redirects and files. */
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "mustache/mustache.h"
#include "store/store.h"
#include "web/mask.h"
#include "web/page.h"

#include <stdlib.h>
#include <string.h>

#define ETAG_BYTES 16

static bool header_safe(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    return true;
}

void reply_header(struct reply *p, const char *name, const char *value)
{
    if (!header_safe(name) || !header_safe(value)) {
        log_error("unsafe_header", "name", name, NULL);
        abort();
    }
    buf_printf(&p->headers, "%s: %s\r\n", name, value);
}

/* Whether If-None-Match (RFC 9110 §13.1.2) names the tag. */
static bool already_there(const struct req *r, const char *etag)
{
    const char *text = req_header(r, "if-none-match");
    if (!text)
        return false;
    return strcmp(text, "*") == 0 || strstr(text, etag + 2);
}

/* Tags what a reader may ask for again; the body goes away where he has it. */
static enum err tag(struct reply *p)
{
    unsigned char digest[SHA256_SIZE];
    struct arena *a = p->req->ctx.arena;
    if (p->req->method != METHOD_GET || p->status != 200 || reply_header_at(p, "Set-Cookie"))
        return OK;
    struct str body = buf_str(&p->body);
    sha256(body.p, body.n, digest);
    const char *etag = arena_printf(a, "W/\"%s\"", base64url(a, digest, ETAG_BYTES));
    reply_header(p, "ETag", etag);
    if (already_there(p->req, etag)) {
        p->status = 304;
        p->body = buf_in(a);
    }
    return OK;
}

enum err reply_json(struct reply *p, int status, struct json_object *document)
{
    mask_answer(request_of(p->req), document);
    p->status = status;
    p->content_type = "application/json";
    json_write(&p->body, document);
    return tag(p);
}

enum err reply_page(struct reply *p, const char *template, const char *fragment,
                    struct json_object *document)
{
    const struct request *r = request_of(p->req);
    const char *why = "", *name = fragment && req_is_fragment(p->req) ? fragment : template;
    struct json_object *data =
        document ? document : json_own(p->req->ctx.arena, json_object_new_object());
    mask_answer(r, data);
    const char *title = json_text(data, "title");
    json_set(data, "page", page_object(r, title));
    enum err e = template_render(p->req->ctx.app->templates, name, data, &p->body, &why);
    if (e != OK) {
        log_error("template_failed", "template", name, "why", why, NULL);
        return ERR_INTERNAL;
    }
    p->content_type = "text/html; charset=utf-8";
    if (fragment)
        reply_header(p, "Vary", "HX-Request");
    return tag(p);
}

enum err reply_text(struct reply *p, int status, const char *text)
{
    p->status = status;
    p->content_type = "text/plain; charset=utf-8";
    buf_puts(&p->body, text);
    return OK;
}

enum err reply_redirect(struct reply *p, const char *path)
{
    if (path[0] != '/' || path[1] == '/' || path[1] == '\\' || !header_safe(path)) {
        log_error("foreign_redirect", "path", path, NULL);
        return ERR_INTERNAL;
    }
    p->status = 303;
    reply_header(p, "Location", path);
    return OK;
}

/* RFC 6266: a name of plain letters for all, the whole one for those who read RFC 8187. */
static const char *disposition(struct arena *a, const char *file_name)
{
    struct buf b = buf_in(a);
    buf_puts(&b, "attachment; filename=\"");
    for (const char *p = file_name; *p; p++)
        buf_putc(&b, *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\' && *p != '%' ? *p : '_');
    buf_puts(&b, "\"; filename*=UTF-8''");
    buf_url(&b, file_name, strlen(file_name));
    return b.p;
}

enum err reply_file(struct reply *p, struct str bytes, const char *content_type,
                    const char *file_name)
{
    p->content_type = content_type;
    reply_header(p, "Content-Disposition",
                 arena_printf(p->req->ctx.arena, "inline; filename=\"%s\"", file_name));
    buf_put(&p->body, bytes.p, bytes.n);
    return OK;
}

enum err reply_blob(struct reply *p, const char *sha256_, const char *content_type,
                    const char *file_name)
{
    struct arena *a = p->req->ctx.arena;
    p->content_type = content_type;
    reply_header(p, "Content-Disposition", disposition(a, file_name));
    reply_header(p, "X-Accel-Redirect", store_accel_path(a, sha256_));
    return OK;
}
