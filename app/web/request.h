/* A request inside the web room: what handlers see of it, and what only the plumbing needs. */
#pragma once

#include "web/multipart.h"
#include "web/router.h"
#include "web/web.h"

#include <stdint.h>

struct web {
    struct app *app;
    struct arena *arena;
    struct db *db;
    const struct domain *const *domains;
    struct router *router;
    struct pressure *pressure;
    const char *asset_version; /* changes with the files under static/ */
};

struct request {
    struct req req; /* first: handlers get its address, req_header and the others cast it back */
    struct web *web;
    const char *method_name;
    bool known_method, head;
    struct pairs headers, query, cookies, params;
    struct pairs form; /* fields of an urlencoded or multipart body */
    bool is_form;
    struct body_reader body;
    long long content_length; /* -1: not said */
    int status;               /* of a refusal that enum err has no value for; else 0 */
    bool lacks_role;          /* who asks has not the role it takes */
    const char *redirect;     /* where a person is sent instead of being refused; NULL */
    unsigned allow;           /* methods the path has, a bit each */
};

/* Reads the FastCGI parameters, each once. ERR_INVALID with the status set: 400, 414, 431. */
enum err request_parse(struct request *r, char **env) must_check;

/* Sets the status and the sentence; answers ERR_INVALID. */
enum err request_refuse(struct request *r, int status, const char *detail);

static inline struct request *request_of(const struct req *r)
{
    return (struct request *)(uintptr_t)r;
}

const char *pairs_get(const struct pairs *pairs, const char *name);

/* "GET", …; false for a method that no route can have. */
const char *method_name(enum method m);
bool method_of(const char *name, enum method *out);
static inline bool method_safe(enum method m)
{
    return m == METHOD_GET;
}
