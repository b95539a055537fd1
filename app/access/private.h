/* What the files of access share and nobody else needs. */
#pragma once

#include "access/access.h"

/* ---- passwords.c ---- */

#define PASSWORD_MAX 256

/* Argon2id as libsodium writes it. At most two hashes are made at once on a host; ERR_LIMITED after
   waiting a second for a turn. */
enum err password_hash(struct ctx *c, const char *password, const char **out) must_check;

/* Whether the password fits; a NULL hash (no such user) takes as long and never fits. *stale: made
   with other costs than the settings ask for. */
enum err password_fits(struct ctx *c, const char *hash, const char *password, bool *fits,
                       bool *stale) must_check;

/* Whether a person may choose it; else ERR_INVALID with a fault for the field. */
enum err password_allowed(struct ctx *c, const char *field, const char *password,
                          const char *email) must_check;

/* One that is made for a person and must be changed at the first login. */
const char *password_once(struct ctx *c);

/* ---- throttle.c ---- */

struct throttle {
    const char *account, *address; /* keys of login_throttle */
};

/* Counts a try of `who` ("user:a@b.ch", "client:<id>") from an address before it is made.
   ERR_LIMITED, with the wait noted, over 10 in 15 minutes for who and the address's net, or over
   100 for the address (of IPv6, its net). Letters of `who` count in either case. */
enum err throttle_count(struct ctx *c, const char *who, const char *address,
                        struct throttle *t) must_check;

/* The try was good: forgets those before it, and does not hold it against the address. */
enum err throttle_forgive(struct ctx *c, const struct throttle *t) must_check;

/* ---- sessions.c ---- */

/* Commits what was done so far and goes on in the scope of a tenant (NULL: of none). */
enum err scope_enter(struct ctx *c, const char *tenant_id) must_check;

/* What the database keeps of a session's cookie. */
const char *session_digest(struct ctx *c, const char *cookie);

/* Whether public_url is one where browsers keep Secure cookies. */
bool cookies_are_secure(const struct app *app);

enum err session_end_all(struct ctx *c, const char *user_id) must_check;

/* ---- cookies.c ---- */

/* A new session of the user in the tenant at hand, its cookie in the reply. Those beyond the newest
   four end. */
enum err session_start(struct req *r, struct reply *p, const char *user_id) must_check;

/* Ends the session whose cookie came with the request, if it is of the tenant at hand. */
enum err session_end(struct req *r) must_check;

/* Sets a cookie of ours, or removes it where value is NULL. */
void cookie_set(struct reply *p, const char *name, const char *value);

/* The remote address if it is one, else NULL. */
const char *address_of(const struct req *r);

/* ---- jwt.c: the only caller of libjwt ---- */

#define TOKEN_SECONDS 900

struct token {
    const char *tenant_id, *client_id; /* uuids */
    int version;
};

enum err token_sign(struct ctx *c, const struct token *t, const char **out) must_check;

/* ERR_DENIED for whatever is not a token of ours in its time. */
enum err token_read(struct ctx *c, const char *text, struct token *out) must_check;

/* ---- users.c, clients.c, tenants.c, providers.c: also for trackctl ---- */

struct user_new {
    const char *email, *name;
    enum role role;
    const char *const *buildings; /* codes, NULL at the end; NULL: all buildings */
};

/* The user's id and a password to be changed at the first login. ERR_CONFLICT: the address is
   taken; ERR_INVALID: no such building. */
enum err user_add(struct ctx *c, const struct user_new *n, const char **id,
                  const char **password) must_check;

/* Gives the user with the address another one-time password and ends the sessions. */
enum err user_reset(struct ctx *c, const char *email, const char **password) must_check;

/* Closes the account and ends its sessions. */
enum err user_disable(struct ctx *c, const char *email) must_check;

/* Sets a password that its owner chose. */
enum err user_choose(struct ctx *c, const char *user_id, const char *password) must_check;

#define CLIENT_DAYS_MAX 365

struct client_new {
    const char *id, *secret, *expires_at; /* the secret is told here and never again */
};

/* One that ends in so many days. buildings as for users. */
enum err client_add(struct ctx *c, const char *name, enum role role, const char *const *buildings,
                    int days, struct client_new *out) must_check;

/* Lets an actor see buildings by their codes. ERR_INVALID: one does not exist. */
enum err grant_all(struct ctx *c, const char *actor_id, const char *const *buildings) must_check;

enum err client_revoke(struct ctx *c, const char *id) must_check;

struct client {
    const char *id, *tenant_id, *name; /* NULL where there is none */
    int version;
    bool expired; /* and its secret was right */
};

/* Whether the secret is the client's. ERR_DENIED with *out filled: there is one, but it is not, or
   it was revoked or has expired. */
enum err client_check(struct ctx *c, const char *id, const char *secret,
                      struct client *out) must_check;

enum err tenant_add(struct ctx *c, const char *slug, const char *name, const char *time_zone,
                    const char *language, const char **id) must_check;
enum err tenant_find(struct ctx *c, const char *slug, const char **id) must_check;
enum err tenant_set_open_tracking(struct ctx *c, bool on) must_check;

/* settings and secrets are objects of texts. ERR_INVALID with a fault for each setting that is
   missing or wrong, or names an address that TRACK_EGRESS_ALLOW does not: names are looked up. */
enum err provider_add(struct ctx *c, const char *provider, const char *name,
                      struct json_object *settings, struct json_object *secrets,
                      const char **id) must_check;

struct provider_change {
    const char *name, *enabled;             /* "t", "f"; NULL: as before */
    struct json_object *settings, *secrets; /* what changes; an empty text takes its key away */
};

/* ERR_NOT_FOUND: there is no such account. ERR_INVALID as provider_add. */
enum err provider_change(struct ctx *c, const char *id,
                         const struct provider_change *change) must_check;

/* ---- handlers, for the table in routes.c ---- */

handler home_show, login_show, login_do, logout_do, password_show, password_do, theme_do, token_do,
    file_show;

struct login_form {
    const char *email, *password, *next, *login_token;
};
struct password_form {
    const char *current, *chosen, *repeated;
};
struct theme_form {
    const char *theme;
};
struct token_form {
    const char *client_id, *client_secret;                         /* JSON */
    const char *grant_type, *form_client_id, *form_secret, *scope; /* RFC 6749 §4.4 */
};
struct file_query {
    const char *tenant, *name, *expires, *tag;
};
