/* Customers who are told when Knock says so: a notification triggers a workflow there, which may
   wait, gather or ask the customer's wishes, and calls back; then the same job tells him as without
   Knock, in the conversation in Front. Where Knock cannot be asked, or does not call in time, he is
   told all the same.

   A tenant's own account `knock` has the secrets apiKey and webhookSecret, and may have the
   settings `endpoint` and `workflow`. One without both uses the server's, TRACK_KNOCK_API_KEY and
   TRACK_KNOCK_WEBHOOK_SECRET at TRACK_KNOCK_URL; so does a tenant without an account, which is
   given one that the webhook comes to. One that is off: Knock is not asked. */
#pragma once

#include "base/ctx.h"
#include "channels/account.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"

#define KNOCK "knock"
#define KNOCK_JOB "notify.ask_knock" /* {notificationId} */
#define KNOCK_SWEEP_JOB "notify.knock_overdue"
#define KNOCK_WORKFLOW "customer-tracking-update"
#define KNOCK_MINUTES 45 /* that are waited for Knock's call; its own tries go on for 30 */
#define KNOCK_HOOK_PATH "/api/webhooks/knock/customer-notification"

/* Whether notifications of the tenant at hand go by Knock. */
enum err knock_is_asked(struct ctx *c, bool *out) must_check;

/* Has Knock asked about a notification in the state `asked`, in the transaction at hand; makes sure
   that the tenant has an account that its webhook comes to. */
enum err knock_ask_later(struct ctx *c, const char *id) must_check;

struct knock_access {
    struct channel_account account; /* with apiKey and endpoint, whosesoever they are */
    const char *workflow;
    bool own;            /* the tenant's, not the server's */
    const char *missing; /* why it cannot be used, a sentence; NULL: it can */
};

/* With what Knock is asked. ERR_NOT_FOUND: the tenant has no account; ERR_DENIED: it is off. */
enum err knock_find(struct ctx *c, struct knock_access *out) must_check;

/* The same of the server's keys, for a tenant without an account: account.id is NULL. */
void knock_servers(struct ctx *c, struct knock_access *out);

/* Has a notification told without Knock, where it waits for it; why is kept with it. In the
   transaction at hand. */
enum err knock_go_natively(struct ctx *c, const char *id, const char *why) must_check;

/* Jobs: asks Knock about one; tells those natively that Knock did not call about in time. */
enum err knock_ask(struct job *j) must_check;
enum err knock_sweep(struct job *j) must_check;

extern const struct hook notify_hooks[];

/* What is pasted into the body of Knock's webhook channel: JSON with Liquid in it. */
extern const char knock_body_template[];
