/* E-mails to those who work here, through the tenant's account: told of a view, named in a note. */
#pragma once

#include "channels/account.h"
#include "jobs/jobs.h"

struct staff_mail {
    const char *kind;  /* what message ids of its kind begin with: "view" */
    const char *about; /* uuid of what it tells of, which is no communication */
    const char *to_name, *to_address, *subject, *text;
    const char *html; /* NULL: text alone */
};

/* Whether there is an account to tell them through. */
enum err staff_mail_reaches(struct ctx *c, bool *out) must_check;

/* ERR_CONFLICT with a sentence where there is none. */
enum err staff_mail_possible(struct ctx *c) must_check;

/* The account, in the transaction at hand; NULL: there is none. */
enum err staff_mail_account(struct job *j, struct channel_account **out) must_check;

/* Sends it, outside any transaction; what is wrong is noted with the job (job_fail). */
enum err staff_mail_send(struct job *j, const struct channel_account *account,
                         const struct staff_mail *mail) must_check;
