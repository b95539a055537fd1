/* Issues in Jira Cloud (https://developer.atlassian.com/cloud/jira/platform/rest/v3): the account's
   settings are `site` (https://acme.atlassian.net), `project` (its key), `issueType` (default Task)
   and `email`, its secret `apiToken`. */
#pragma once

#include "channels/account.h"
#include "http/http.h"

#define JIRA_SUMMARY_MOST 255

struct jira_issue {
    const char *label; /* without spaces: by it the issue is found again */
    const char *summary;
    const char *const *lines; /* paragraphs of its description or of a comment; NULL at the end */
    const char *link;         /* behind them; NULL: none */
    const char *entity;       /* for the call log: "failure:<uuid>" */
};

struct jira_result {
    const char *key, *url; /* "OPS-412"; where people see it */
    int64_t id;
    const char *sentence, *code; /* on failure, in plain words; "HTTP 400" */
    int retry_after;             /* seconds; 0: it does not say */
    bool unknown;                /* it may have been done: look before it is repeated */
};

/* Makes an issue. Jira has no idempotency key: look before what is `unknown` is repeated. OK: id,
   key and url are set. ERR_DENIED: the token, which Jira also calls an unknown project.
   ERR_INVALID: refused for good. ERR_LIMITED: not now. ERR_RETRY: unreachable, or its fault.
   Outside a transaction, as all here. */
enum err jira_create(struct ctx *c, const struct channel_account *account,
                     const struct jira_issue *issue, struct jira_result *out) must_check;

/* The newest open issue with the label, in the account's project. known: one that it had, whose
   state is then as it is now and not as the index has it; 0: none. ERR_NOT_FOUND: there is none, as
   far as the index knows, which lags. */
enum err jira_find(struct ctx *c, const struct channel_account *account,
                   const struct jira_issue *issue, int64_t known,
                   struct jira_result *out) must_check;

/* Adds a comment of the lines. ERR_NOT_FOUND: there is no such issue any more. */
enum err jira_comment(struct ctx *c, const struct channel_account *account, const char *key,
                      const struct jira_issue *issue, struct jira_result *out) must_check;
