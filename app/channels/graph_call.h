/* Of the graph files only: a token, a call, and what an error means. */
#pragma once

#include "channels/graph.h"
#include "http/http.h"

struct graph_request {
    const char *method;
    const char *path;         /* below settings.graph_url: "/users/…"; or a whole URL of it */
    struct json_object *body; /* NULL: none */
    const char *prefer;       /* a further Prefer header; NULL */
    bool repeatable;
    size_t most;        /* see http_call */
    const char *entity; /* for the call log */
};

struct graph_reply {
    int status;               /* 0: none came */
    struct json_object *body; /* NULL: not JSON */
    struct str bytes;
    const char *code;     /* of the error, the most specific one known; NULL */
    const char *sentence; /* on an error */
    int retry_after;
    bool unknown, bad_address;
    const char *location;
};

/* Sends with a token, with a new one once more where the first is refused. OK: a 2xx came.
   ERR_NOT_FOUND 404 and 410, ERR_CONFLICT 409, and as email_way says for all else. */
enum err graph_call(struct ctx *c, const struct channel_account *account,
                    const struct graph_request *q, struct graph_reply *reply) must_check;

/* The same, and tells c->problem of an error. */
enum err graph_ask(struct ctx *c, const struct channel_account *account,
                   const struct graph_request *q, struct graph_reply *reply) must_check;

/* "/users/<mailbox>" and the formatted rest. */
const char *graph_path(struct ctx *c, const struct channel_account *account, const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

/* Text percent-encoded for a path or query. */
const char *graph_encode(struct arena *a, const char *text);

/* "<a@b>" without its brackets; NULL stays. */
const char *graph_bare_id(struct arena *a, const char *message_id);

/* A bearer token of the account by client credentials, kept per process until five minutes before
   its end. */
enum err graph_token(struct ctx *c, const struct channel_account *account, const char **token,
                     struct graph_reply *reply) must_check;
void graph_token_drop(struct ctx *c, const struct channel_account *account);

/* Adds one attachment to a draft: in one call below 3 MB, by an upload session above. */
enum err graph_attach(struct ctx *c, const struct channel_account *account, const char *draft,
                      const struct email *e, const struct email_attachment *file,
                      struct graph_reply *reply) must_check;

/* A file attachment as Graph takes it in JSON. */
struct json_object *graph_file(struct arena *a, const struct email_attachment *file);

#define GRAPH_SMALL_FILE 3000000
