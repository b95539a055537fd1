/* The page and the API of accounts at carriers, and the job that tries one. */
#include "base/domain.h"
#include "base/json.h"
#include "ship/carrier_account.h"
#include "web/web.h"

#include <string.h>

static const char *const check_states[] = { "running", "done", NULL };

static const struct member check_members[] = {
    { "state", SHAPE_CHOICE, .help = "running: the worker has it.", .values = check_states },
    { "ok", SHAPE_BOOL, .help = "Whether the account works.", .nullable = true },
    { "said", SHAPE_TEXT, .help = "In words.", .nullable = true,
      .example = "Ship24 answers, and takes the API key." },
    { "askedAt", SHAPE_TIME, .help = "When it was tried." },
    { "askedByName", SHAPE_TEXT, .help = "By whom.", .nullable = true },
    { "doneAt", SHAPE_TIME, .nullable = true },
    { .name = NULL },
};
static const struct shape check_shape = { "CarrierCheck", "How an account was tried last.",
                                          check_members };

static const struct member members[] = {
    { "accountId", SHAPE_UUID, .help = "The provider account." },
    { "provider", SHAPE_TEXT, .example = "shiprocket" },
    { "title", SHAPE_TEXT, .help = "The carrier, as people call it.", .example = "Shiprocket" },
    { "name", SHAPE_TEXT, .help = "The account's." },
    { "enabled", SHAPE_BOOL, .help = "False: it is switched off." },
    { "can", SHAPE_TEXTS,
      .help = "create, awb, pickup, cancel: parcels are handed to it. label, manifest, invoice: it "
              "has documents. return, ndr: it is told of what comes back. serviceability: it says "
              "who carries there. track: it is asked for its scans. register: it is told what to "
              "track. resend: it posts again. hook: it posts." },
    { "callable", SHAPE_BOOL, .help = "Whether it can be tried." },
    { "notCallable", SHAPE_TEXT, .help = "Why not.", .nullable = true },
    { "hookAddress", SHAPE_TEXT, .help = "To be pasted at the carrier.", .nullable = true,
      .example = "https://track.example.com/api/webhooks/ship24" },
    { "hookProof", SHAPE_TEXT, .help = "How the carrier proves who it is." },
    { "hookAllowed", SHAPE_BOOL,
      .help = "False: Shiprocket takes no address with sr, kr or its own name in it." },
    { "check", SHAPE_OBJECT, .of = &check_shape, .nullable = true },
    { .name = NULL },
};
static const struct shape account_shape = { "CarrierAccount", "An account at a carrier.", members };

static const struct member list_members[] = {
    { "dryRun", SHAPE_BOOL, .help = "No carrier is called: stand-ins answer." },
    { "carriers", SHAPE_LIST, .of = &account_shape },
    { .name = NULL },
};
static const struct shape list_shape = { "CarrierAccounts", "Accounts at carriers.", list_members };

/* ---- the API ---- */

static const char *id_of(const struct req *r)
{
    return req_param(r, "accountId");
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = carrier_accounts(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = carrier_account(&r->ctx, id_of(r), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_check(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = carrier_account_check(&r->ctx, id_of(r));
    if (e == OK)
        e = carrier_account(&r->ctx, id_of(r), &d);
    if (e)
        return e;
    reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/carriers/%s", id_of(r)));
    return reply_json(p, 202, d);
}

/* ---- the page ---- */

static const char *ability_words(const char *can)
{
    static const struct {
        const char *name, *words;
    } list[] = {
        { "create", "takes parcels on" },
        { "awb", "gives numbers" },
        { "pickup", "is asked to pick up" },
        { "cancel", "takes parcels back" },
        { "label", "has labels" },
        { "manifest", "manifests" },
        { "invoice", "invoices" },
        { "return", "fetches returns" },
        { "ndr", "is told what to do with the undelivered" },
        { "serviceability", "says who carries where" },
        { "track", "is asked for scans" },
        { "register", "is told what to track" },
        { "resend", "posts again on request" },
        { "hook", "posts its scans here" },
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (strcmp(list[i].name, can) == 0)
            return list[i].words;
    return can;
}

/* Whether a test of it is under way. */
static bool view(struct ctx *c, struct json_object *d)
{
    struct buf b = buf_in(c->arena);
    struct json_object *can = json_get(d, "can"), *check = json_get(d, "check");
    for (size_t i = 0; i < json_object_array_length(can); i++)
        buf_printf(&b, "%s%s", i ? ", " : "",
                   ability_words(json_object_get_string(json_object_array_get_idx(can, i))));
    json_set_text(d, "canWords", b.p);
    json_set_bool(d, "testable",
                  json_object_get_boolean(json_get(d, "callable")) &&
                      json_object_get_boolean(json_get(d, "enabled")));
    if (!check)
        return false;
    bool running = strcmp(json_text(check, "state"), "running") == 0;
    json_set_bool(check, "running", running);
    json_set_bool(check, "done", !running);
    return running;
}

static enum err page_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = carrier_accounts(&r->ctx, &d);
    if (e)
        return e;
    bool running = false;
    struct json_object *list = json_get(d, "carriers");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        running |= view(&r->ctx, json_object_array_get_idx(list, i));
    json_set_bool(d, "any", json_object_array_length(list) > 0);
    json_set_bool(d, "running", running);
    json_set_text(d, "title", "Carriers");
    return reply_page(p, "ship/carriers", NULL, d);
}

static enum err page_check(struct req *r, struct reply *p)
{
    enum err e = carrier_account_check(&r->ctx, id_of(r));
    return e == OK ? reply_redirect(p, "/carriers") : e;
}

/* ---- the tables ---- */

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/ship/carriers", api_list, ROLE_ADMIN, .whole = true,
      .doc = "Accounts at carriers: what each can do, where it posts to, whether it works.",
      .answer = &list_shape },
    { METHOD_GET, ROUTE_API, "/api/ship/carriers/:accountId", api_get, ROLE_ADMIN, .whole = true,
      .doc = "An account at a carrier.", .answer = &account_shape },
    { METHOD_POST, ROUTE_API, "/api/ship/carriers/:accountId/check", api_check, ROLE_ADMIN,
      .whole = true, .queues = true, .status = 202, .answer = &account_shape,
      .doc = "Tries an account by a call that only reads, in a dry run too." },

    { METHOD_GET, ROUTE_PAGE, "/carriers", page_list, ROLE_ADMIN, .whole = true,
      .doc = "Accounts at carriers." },
    { METHOD_POST, ROUTE_PAGE, "/carriers/:accountId/check", page_check, ROLE_ADMIN, .whole = true,
      .queues = true, .doc = "Tries an account." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "ship.check_account",
      .queue = "carrier",
      .lease_seconds = 60,
      .external = true,
      .together = 4,
      .run = carrier_check_run,
      .doc = "Tries an account at a carrier by a call that only reads" },
    { .name = NULL },
};

const struct domain carrier_accounts_domain = { .name = "carrier_accounts",
                                                .routes = routes,
                                                .jobs = jobs };
