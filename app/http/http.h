/* Outgoing HTTP on libcurl: deadlines, size caps, retries by class, a circuit breaker per account,
 * the call log. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "base/json.h"

struct http;

/* One per process, with its connection pool; NULL cannot happen. */
struct http *http_new(struct app *app, struct arena *a);
void http_free(struct http *h);

struct http_call {
    const char *provider; /* of the breaker and the log: "msgraph", "msgraph.token" */
    const char *account;  /* id; the breaker is that of an account at a host. NULL: of nobody */
    const char *method, *url;
    const char *const *headers; /* "Name: value", NULL at the end */
    struct str body;
    int64_t job_id;     /* 0: none; links the log to the job */
    const char *entity; /* what it is about, for the log: "communication:<uuid>" */
    bool repeatable;    /* may be tried again in this call after a connect error, 408, 429, 5xx */
    bool secret_body;   /* keep neither body in the log */
    bool secret_path;   /* keep of the address no more than its server */
    int timeout_ms;     /* 0: 10,000 */
    size_t most;        /* bytes kept of the answer's body; 0: 1 MiB */
};

struct http_answer {
    int status;        /* 0: no answer came */
    struct str body;   /* a NUL follows */
    bool cut;          /* there was more of it than call->most */
    const char *error; /* one sentence where no answer came */
    bool unknown;      /* the request may have been carried out though no answer came */
    int retry_after;   /* seconds, from Retry-After (seconds or date), at most 3600; 0: none */
    const char *const *headers; /* name, value, …, NULL; names lower case */
};

/* Sends a request, at most three times where it is repeatable. Not inside a transaction of c->db:
   that is ERR_INTERNAL. Each try is a row of http_calls, written in a transaction of its own.

   OK: an answer came, of whatever status. ERR_RETRY: none came. ERR_LIMITED: the breaker is open,
   nothing was sent (answer->retry_after says how long). ERR_INVALID: the settings forbid the
   address, now and at every other try. */
enum err http_send(struct ctx *c, const struct http_call *call,
                   struct http_answer *answer) must_check;

/* A header of the answer by lower-case name, or NULL. */
const char *http_header(const struct http_answer *answer, const char *name);

/* The object that a whole answer of the type application/json has for its body, or NULL. The
   arena's. */
struct json_object *http_json(struct arena *a, const struct http_answer *answer,
                              const struct json_limits *limits);

/* Records a call that a stand-in answered here because of dry-run: nothing is sent, the log row is
   marked, and *answer is that answer. ERR_RETRY: the log could not be written. */
enum err http_stand_in(struct ctx *c, const struct http_call *call, int status, struct str body,
                       struct http_answer *answer) must_check;

/* libcurl's socket guard, also for SMTP: refuses private addresses but those of
   settings.egress_allow (host:port or address:port, commas between). Lives as long as the transfer.
 */
struct guard {
    struct app *app;
    void *curl;
    bool opened;  /* a socket was made since http_guard */
    bool refused; /* none was, as every address was refused */
};
#define HTTP_REFUSED                                                                               \
    "The provider's address is a private one, which the setting TRACK_EGRESS_ALLOW does not name."
void http_guard(struct guard *g, struct app *app, void *curl);

/* Whether settings.egress_allow names this host (or address) and port. */
bool http_allowed(const struct app *app, const char *host, int port);

/* Why the settings let nothing be sent to a host, an address with its scheme, or one by its scheme
   alone: a clause that follows its name ("is at a private address, …"). NULL: nothing forbids it,
   or its name cannot be looked up just now. The first two look names up: not for requests. */
const char *http_forbids(const struct app *app, const char *host, int port);
const char *http_forbids_url(const struct app *app, const char *url);
const char *http_forbids_scheme(const struct app *app, const char *url);

/* Whether an address of the public internet: an IPv4 or IPv6 sockaddr. */
struct sockaddr;
bool http_public(const struct sockaddr *address);
