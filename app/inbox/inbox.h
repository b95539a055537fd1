/* Incoming webhooks: verified by pure functions, kept once, processed later, replayed at will. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "jobs/jobs.h"

struct hook_request {
    struct app *app;
    struct arena *arena;
    const char *path, *query_string; /* query raw */
    const char *segment;             /* of the path, where the hook's has a :segment; else NULL */
    const char *method;
    struct str body;
    const char *const *headers; /* name, value, name, value, …, NULL; names lower case */
    int64_t now_ms;
};

/* One account at a provider (provider_accounts): whose secret verifies, whose hook it is. */
struct hook_account {
    const char *id, *tenant_id, *provider;
    struct json_object *settings; /* public part */
    struct json_object *secrets;  /* opened */
    bool alone;                   /* no other account of its provider is on, of whatever tenant */
};

struct hook_answer {
    int status;
    const char *content_type; /* NULL: none */
    struct str body;
    const char *const *headers; /* name, value, …, NULL at the end; NULL: none */
    const char *field, *fault;  /* of a 422: what is wrong with which field; NULL: not told */
};

enum hook_verdict {
    HOOK_KEEP,   /* verified: keep once under dedupe_key, answer after the commit */
    HOOK_ANSWER, /* a handshake, or a body that nobody could use: answer at once, keep nothing */
    HOOK_REFUSE  /* not verified: answer at once (401 or 400, as the provider's document wants) */
};

/* A provider's hook: pure, touches no database. */
struct hook {
    const char *provider; /* "msgraph.email" */
    const char *path;     /* "/api/track/providers/msgraph/email"; one segment may be ":name" */
    /* With account NULL: may the request be answered without one (handshake)? Else does this
       account's secret verify it? On HOOK_KEEP sets *dedupe_key. answer is what the provider gets
       after the commit, or at once. */
    enum hook_verdict (*verify)(const struct hook_request *r, const struct hook_account *account,
                                const char **dedupe_key, struct hook_answer *answer);
    const char
        *mapper; /* name and version of `process`, kept with the request: "msgraph.email/1" */
    /* Run by the worker, in the account's tenant. Errors as of a job; the request stays with its
     * error. */
    enum err (*process)(struct job *j, const char *inbox_id, struct str body,
                        const struct hook_account *account);
    bool secret_segment; /* the path's segment is a secret: it is not kept with the request */
};

/* A header by its lower-case name; NULL where absent. */
const char *hook_header(const struct hook_request *r, const char *name);

/* What stands after "Bearer " in the header Authorization (RFC 6750 §2.1); NULL: nothing does. */
const char *hook_bearer(const struct hook_request *r);

/* Whether `given` is the account's secret of that name or, while it is changed, the one before it,
   nameBefore: compared in constant time. Without a secret nothing is. */
bool hook_knows(const struct hook_request *r, const struct hook_account *account, const char *name,
                const char *given);

/* Without an account: whether this is a probe (HEAD, answered 200) or a method that no hook takes
   (405). Else the accounts are to be asked. */
enum hook_verdict hook_probe(const struct hook_request *r, struct hook_answer *answer);

/* Requests (an SQL array of their ids) that were put aside are used after all. In the transaction
   at hand. */
enum err inbox_used(struct ctx *c, const char *ids) must_check;

/* The inbox itself: its routes, its page, the job inbox.process. */
struct domain;
extern const struct domain inbox_domain;
