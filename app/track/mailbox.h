/* Messages of a mailbox that reports come back to. */
#pragma once

#include "channels/email.h"
#include "jobs/jobs.h"

#define MAILBOX_MAPPER "msgraph.email/1"

/* Reads one message and applies it, if it is a report, in a transaction of its own; *matched counts
   the communications it told about. OK: also where it is gone, or no report. */
enum err mailbox_message(struct job *j, const struct channel_account *account,
                         const char *message_id, const char *inbox_id, int *matched) must_check;

/* Adds a job of this kind for the account, in a transaction of its own. */
enum err mailbox_job(struct ctx *c, const char *kind, const char *account_id) must_check;

/* The account's subscription may have ended before its time: track.graph_subscribe renews it, or
   makes it anew. In a transaction of its own. */
enum err mailbox_doubt(struct ctx *c, const char *account_id) must_check;
