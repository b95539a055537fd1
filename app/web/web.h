/* The web plumbing: what a handler sees of a request, and how it answers. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "base/domain.h"
#include "db/db.h"
#include "web/input.h"
#include "web/shape.h"

#include <json-c/json.h>
#include <stdbool.h>

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

enum route_kind {
    ROUTE_PAGE, /* HTML for a session; errors are pages; forms carry the CSRF token */
    ROUTE_API,  /* JSON for a bearer token or a session; errors are RFC 9457 problems */
    ROUTE_OPEN  /* neither: health, assets by link, tracking pixel */
};

struct session {
    const char *id; /* opaque; for ending it */
    const char *csrf;
    const char *email;
    const char *tenant_name, *time_zone, *theme;
    bool must_change_password;
};

struct upload { /* one part of a multipart body with a file name: its bytes are in the blob store
                   already */
    const char *field, *file_name, *content_type,
        *sha256; /* sha256: lower-case hex, the blob's key */
    size_t size;
};

struct req {
    struct ctx ctx; /* tenant_id and actor are set by the guards */
    const struct route *route;
    enum method method;
    const char *path;         /* decoded and normalised (DOCUMENT_URI) */
    const char *query_string; /* raw */
    struct str body;          /* empty for multipart */
    const char *content_type;
    const char *remote_addr, *user_agent, *origin;
    const struct session *session; /* NULL for API clients and the public */
    const void *input;             /* the route's input struct, checked; NULL without one */
    const struct upload *uploads;
    size_t upload_count;
};

/* A request header by its lower-case name ("if-none-match"), a query or cookie value, or a :param
   of the route's path; NULL where absent. */
const char *req_header(const struct req *r, const char *name);
const char *req_query(const struct req *r, const char *name);
const char *req_cookie(const struct req *r, const char *name);
const char *req_param(const struct req *r, const char *name);

/* What a form that is shown again needs: {given: {name: value}, errors: {field: message}, error},
   of the body as it came and of ctx.problem; error, its sentence, may be null. */
struct json_object *req_form_again(const struct req *r);

/* Whether htmx asked for a fragment (HX-Request: true, and not a history restore). */
bool req_is_fragment(const struct req *r);

/* Refuses whoever asks as unknown, with 401, where a handler checks the proof itself. */
enum err req_unknown(struct req *r, const char *detail);

struct reply {
    struct req *req;
    int status; /* 200 unless set */
    const char *content_type;
    struct buf headers; /* "Name: value\r\n" lines, by reply_header */
    struct buf body;
};

/* Adds a header; a name or value with control characters is a fault of ours and aborts. */
void reply_header(struct reply *p, const char *name, const char *value);

/* The document as JSON, with a weak ETag; a matching If-None-Match becomes 304. */
enum err reply_json(struct reply *p, int status, struct json_object *document) must_check;

/* The document shown by a page template: the template's data is the document with `page` added
   (title, path, user, tenant, csrf, theme, navigation, flash), the same ETag rule. For a fragment
   request `fragment` is rendered instead where not NULL. */
enum err reply_page(struct reply *p, const char *template, const char *fragment,
                    struct json_object *document) must_check;

enum err reply_text(struct reply *p, int status, const char *text) must_check;

/* 303 to a path of ours ("/track?…"). */
enum err reply_redirect(struct reply *p, const char *path) must_check;

/* What we made just now, shown by the browser where it can; file_name is ASCII of ours. */
enum err reply_file(struct reply *p, struct str bytes, const char *content_type,
                    const char *file_name) must_check;

/* A blob from the store by X-Accel-Redirect, downloaded under file_name: never shown in the
   browser, whatever it holds. */
enum err reply_blob(struct reply *p, const char *sha256, const char *content_type,
                    const char *file_name) must_check;

typedef enum err handler(struct req *r, struct reply *p);

struct file_field { /* a file that a form may hold beside the route's input */
    const char *name;
    bool required; /* the handler says so in its words */
    const char *help;
};

struct route {
    enum method method;
    enum route_kind kind;
    const char *path; /* "/api/track/buildings/:buildingId/years" */
    handler *handle;
    enum role role; /* the least; the zero role is nobody */
    const struct input
        *input;        /* of the query for GET, else of the body; unknown names are refused */
    size_t body_limit; /* bytes; 0: 1 MiB */
    const struct file_field *files; /* multipart allowed, with these; name NULL at the end */
    bool writes;     /* though its method is GET: any other GET that writes is refused */
    bool whole;      /* of the whole tenant: not for those who see only some buildings */
    bool slow;       /* may take ten times as long as another request: imports */
    bool queues;     /* adds jobs: refused while too many wait */
    bool always;     /* also while the disk is nearly full: signing in and out */
    bool no_csrf;    /* the handler checks another proof itself (login, token endpoint) */
    const char *doc; /* one sentence, for OpenAPI and people */
    const struct shape *answer; /* of the JSON it answers with; NULL: a page or a file */
    const char *file;           /* media type of the file it answers with */
    handler *again; /* of a form on a page: shows it again, by req_form_again and reading only,
                       where it is refused as wrong or as in conflict; NULL: a page tells why */
    int status; /* it answers with, 0: 200; with 201 or 202 goes the Location of what it is about */
    const int *also; /* others that it may answer with, 0 at the end; NULL: none */
};

/* A handler answers OK with the reply filled, or an error: the dispatcher turns it and ctx.problem
   into a problem document or an error page, and rolls the transaction back. On OK it commits
   (ctx.db runs in one transaction in the tenant's scope, which for GET only reads). */

struct domain; /* base/domain.h */

/* Handles one request from start to end, without a socket: what the pools and the tests call. `env`
   are FastCGI parameters (NAME=value, NULL at the end), `read` gives the body. The answer is CGI
   text: "Status: …\r\n" headers and body. */
struct web;
struct web *web_new(struct app *app, struct arena *a, struct db *db,
                    const struct domain *const *domains);
void web_handle(struct web *w, struct arena *a, char **env,
                size_t (*read)(void *from, char *to, size_t n), void *from, struct buf *out);
