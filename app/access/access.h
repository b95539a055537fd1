/* Access: tenants, users, sessions, API clients, grants, the audit trail. */
#pragma once

#include "base/ctx.h"
#include "main/domain.h"
#include "web/web.h"

extern const struct domain access_domain; /* /login, /logout, /password, /api/auth/token, … */

/* ---- what the web guards call; the connection is outside a transaction ---- */

/* Who a session cookie belongs to: fills tenant_id and actor of the request and *session.
 * ERR_DENIED: none, ended or idle. */
enum err session_find(struct ctx *c, const char *cookie, struct session *session) must_check;

/* The same for a bearer access token (HS256; token_version against the database). */
enum err token_find(struct ctx *c, const char *token) must_check;

/* Name of the session cookie, and of the pre-login CSRF cookie. */
#define SESSION_COOKIE "__Host-track"
#define LOGIN_COOKIE "__Host-track-login"

/* ---- for handlers and nouns, in the tenant's scope ---- */

/* Whether the actor may see the building: ERR_NOT_FOUND if not granted. */
enum err may_see_building(struct ctx *c, const char *building_id) must_check;

/* Appends to audit_history in the transaction at hand. before and after may be NULL. */
enum err audit_add(struct ctx *c, const char *action, const char *entity_type,
                   const char *entity_id, struct json_object *before,
                   struct json_object *after) must_check;

/* An account at a provider of the tenant at hand, secrets opened; ERR_NOT_FOUND without an enabled
 * one. */
struct provider_account {
    const char *id, *tenant_id, *provider;
    struct json_object *settings, *secrets;
};
