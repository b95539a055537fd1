/* Accounts at carriers: what each can do, the address that it posts to, whether it works. */
#pragma once

#include "base/ctx.h"
#include "jobs/jobs.h"

#include <json-c/json.h>

extern const struct domain carrier_accounts_domain;

/* {dryRun, carriers}: every account at a carrier. */
enum err carrier_accounts(struct ctx *c, struct json_object **out) must_check;

/* One of them. ERR_NOT_FOUND: there is none, or it is at no carrier. */
enum err carrier_account(struct ctx *c, const char *id, struct json_object **out) must_check;

/* Has an account tried; audited. ERR_CONFLICT: it is switched off, or nothing of it can be called.
 */
enum err carrier_account_check(struct ctx *c, const char *id) must_check;

/* The job ship.check_account {accountId}: the result is kept, whichever it is. */
enum err carrier_check_run(struct job *j) must_check;
