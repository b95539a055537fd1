/* The account that a job calls a carrier with. */
#pragma once

#include "channels/account.h"
#include "jobs/jobs.h"

/* Of that id, its secrets opened; in the transaction at hand, or in one of its own. ERR_NOT_FOUND:
   it is off, or gone. */
enum err account_open(struct job *j, const char *id, struct channel_account *out) must_check;
