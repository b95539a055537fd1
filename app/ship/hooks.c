/* The hooks of carriers: Ship24's, Shiprocket's, and one for each that speaks our own format. */
#include "ship/scan.h"

#include "base/json.h"
#include "carriers/generic.h"
#include "carriers/ship24_wire.h"
#include "carriers/shiprocket_scan.h"
#include "carriers/when.h"

#include <string.h>

#define SHIP24 "ship24"
#define SHIPROCKET "shiprocket"
#define CALLBACK "generic.callback"

/* ---- reading ---- */

/* Of the account's setting utcOffset; without it UTC. */
static int zone_of(struct json_object *settings)
{
    int minutes = 0;
    (void)zone_read(json_text(settings, "utcOffset"), &minutes);
    return minutes;
}

static enum err read_callback(struct arena *a, struct str body, struct json_object *settings,
                              struct parcel_news **out, struct callback_fault *fault)
{
    struct parcel_news *news = arena_new_of(a, struct parcel_news);
    *out = news;
    return callback_read(a, body, zone_of(settings), json_text(settings, "carrier"), news, fault);
}

enum err news_read(struct arena *a, const char *provider, struct str body,
                   struct json_object *settings, struct parcel_news **out, size_t *n,
                   const char **why)
{
    struct callback_fault fault;
    if (strcmp(provider, SHIP24) == 0)
        return ship24_read(a, body, zone_of(settings), out, n, why);
    if (strcmp(provider, SHIPROCKET) == 0) {
        *out = arena_new_of(a, struct parcel_news);
        *n = 1;
        return shiprocket_read(a, body, *out, why);
    }
    enum err e = read_callback(a, body, settings, out, &fault);
    if (e == OK)
        *n = 1;
    else
        *why = arena_printf(a, "%s %s", fault.field, fault.message);
    return e;
}

/* ---- verifying ---- */

/* Version 1 of Ship24's webhooks: a secret that stays the same, no signature. What is verified is
   kept whatever it holds: what cannot be read is seen in the inbox. The answer must not say
   "success": false. */
static enum hook_verdict verify_ship24(const struct hook_request *r,
                                       const struct hook_account *account, const char **dedupe_key,
                                       struct hook_answer *answer)
{
    if (!account)
        return hook_probe(r, answer);
    if (!hook_knows(r, account, "webhookSecret", hook_bearer(r)))
        return HOOK_REFUSE;
    *dedupe_key = ship24_message_key(r->arena, r->body);
    *answer = (struct hook_answer){ .status = 200,
                                    .content_type = "application/json",
                                    .body = STR("{\"success\":true}") };
    return HOOK_KEEP;
}

/* Only an account of the carrier in the path, so that nobody speaks for another. The format is
   ours: what is wrong with it is told at once. */
static enum hook_verdict verify_callback(const struct hook_request *r,
                                         const struct hook_account *account,
                                         const char **dedupe_key, struct hook_answer *answer)
{
    struct parcel_news *news;
    struct callback_fault fault;
    if (!account)
        return hook_probe(r, answer);
    const char *carrier = json_text(account->settings, "carrier");
    const char *given = hook_bearer(r);
    if (!given)
        given = hook_header(r, "x-api-key");
    if (!carrier || strcmp(carrier, r->segment) != 0 || !hook_knows(r, account, "token", given))
        return HOOK_REFUSE;
    if (read_callback(r->arena, r->body, account->settings, &news, &fault) != OK) {
        *answer =
            (struct hook_answer){ .status = 422, .field = fault.field, .fault = fault.message };
        return HOOK_ANSWER;
    }
    *dedupe_key = NULL;
    *answer = (struct hook_answer){ .status = 202 };
    return HOOK_KEEP;
}

/* The address is the secret, which has no other proof where nobody typed a token into the panel.
   Nothing but a 200 is sure to be taken for success, also of what was told before. Messages have no
   id: the same body is the same message. */
static enum hook_verdict verify_shiprocket(const struct hook_request *r,
                                           const struct hook_account *account,
                                           const char **dedupe_key, struct hook_answer *answer)
{
    if (!account)
        return hook_probe(r, answer);
    if (!hook_knows(r, account, "hookToken", r->segment))
        return HOOK_REFUSE;
    if (json_text(account->secrets, "webhookSecret") &&
        !hook_knows(r, account, "webhookSecret", hook_header(r, "x-api-key")))
        return HOOK_REFUSE;
    *dedupe_key = NULL;
    *answer = (struct hook_answer){ .status = 200 };
    return HOOK_KEEP;
}

/* ---- processing ---- */

/* Each parcel's news is a transaction of its own: one that fails spoils no other, and what was
   appended is known again by its key. */
static enum err apply(struct job *j, const struct parcel_news *news, const struct news_origin *from,
                      bool *found)
{
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = news_apply(c, news, from, found);
    return db_end(c->db, e);
}

static enum err process(struct job *j, struct str body, const struct hook_account *account,
                        const struct news_origin *from)
{
    const char *why = "";
    size_t n = 0, applied = 0, named = 0;
    struct parcel_news *list;
    if (news_read(j->ctx.arena, from->provider, body, account->settings, &list, &n, &why) != OK)
        return job_fail(j, ERR_INVALID, "The body cannot be read: %s.", why);
    enum err failed = OK;
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        enum err e = apply(j, &list[i], from, &found);
        failed = failed == OK ? e : failed;
        applied += found;
        named += list[i].tracking_number != NULL;
    }
    if (failed != OK || applied)
        return failed;
    return job_fail(j, ERR_NOT_FOUND,
                    named ? "No shipment has this tracking number: it waits for one."
                          : "It names no parcel.");
}

static enum err process_ship24(struct job *j, const char *inbox_id, struct str body,
                               const struct hook_account *account)
{
    return process(j, body, account,
                   &(struct news_origin){ SHIP24, account->id, inbox_id, SHIP24_MAPPER });
}

static enum err process_callback(struct job *j, const char *inbox_id, struct str body,
                                 const struct hook_account *account)
{
    return process(j, body, account,
                   &(struct news_origin){ CALLBACK, account->id, inbox_id, CALLBACK_MAPPER });
}

static enum err process_shiprocket(struct job *j, const char *inbox_id, struct str body,
                                   const struct hook_account *account)
{
    return process(j, body, account,
                   &(struct news_origin){ SHIPROCKET, account->id, inbox_id, SHIPROCKET_MAPPER });
}

const struct hook carrier_hooks[] = {
    {
        .provider = SHIP24,
        .path = SHIP24_HOOK_PATH,
        .verify = verify_ship24,
        .mapper = SHIP24_MAPPER,
        .process = process_ship24,
    },
    {
        .provider = CALLBACK,
        .path = CALLBACK_HOOK_PATH,
        .verify = verify_callback,
        .mapper = CALLBACK_MAPPER,
        .process = process_callback,
    },
    {
        .provider = SHIPROCKET,
        .path = SHIPROCKET_HOOK_PATH,
        .verify = verify_shiprocket,
        .mapper = SHIPROCKET_MAPPER,
        .process = process_shiprocket,
        .secret_segment = true,
    },
    { .provider = NULL },
};
