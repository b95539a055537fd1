/* Tokens of accounts at carriers, kept in the database: made once for all processes. */
#pragma once

#include "channels/account.h"

#include <stdint.h>

struct carrier_token {
    const char *text;
    int64_t version; /* of the account's: goes up with each */
};

/* What is wrong where there is none. */
struct token_fault {
    const char *sentence;
    int retry_after; /* seconds; 0: it does not say */
};

struct token_source {
    const char *credentials; /* what one is made with: another text needs another token */
    int64_t renew_seconds;   /* a token of that age is renewed, */
    int64_t good_seconds;    /* and of that age is none any more */
    /* Signs in: a call outside a transaction. ERR_DENIED: the credentials are wrong. */
    enum err (*make)(struct ctx *c, const struct channel_account *account, const char **token,
                     struct token_fault *fault);
};

/* The account's token. Where it has none, or an old one, one process makes it while the others
   wait, or use the old one while that is good. Credentials that were refused are not tried again
   for a minute. Outside a transaction. Errors: those of `make`; ERR_LIMITED where another process
   makes it for too long. */
enum err carrier_token_get(struct ctx *c, const struct channel_account *account,
                           const struct token_source *source, struct carrier_token *out,
                           struct token_fault *fault) must_check;

/* The carrier refused this one: it is none any more, unless there is a newer one. */
enum err carrier_token_refused(struct ctx *c, const struct channel_account *account,
                               int64_t version) must_check;
