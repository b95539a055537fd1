/* Access: tenants, users, sessions, API clients, grants, the audit trail. */
#pragma once

#include "base/ctx.h"
#include "base/domain.h"
#include "web/actor.h"
#include "web/web.h"

extern const struct domain access_domain; /* /login, /logout, /password, /api/auth/token, … */

/* ---- for handlers and nouns, in the tenant's scope ---- */

/* Whether the actor may see the building: ERR_NOT_FOUND if not granted. Statements that list what
   belongs to buildings take the actor as parameters and have this in their where clause:

     and (:all_buildings::bool or exists (select from building_grants g
          where g.tenant_id = current_tenant() and g.actor_id = :actor_id::uuid
          and g.building_id = b.id))

   with .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id. */
enum err may_see_building(struct ctx *c, const char *building_id) must_check;

static inline const char *actor_all_buildings(const struct ctx *c)
{
    return c->actor.all_buildings ? "t" : "f";
}

/* Who asked for work that is done later, as he stands now: his role and whether he sees all
   buildings may have changed since. ERR_DENIED: switched off, revoked, expired or gone. */
enum err actor_now(struct ctx *c, const char *actor_id, struct actor *out) must_check;

/* Appends to audit_history in the transaction at hand. before and after may be NULL; neither may
   hold a secret. The tenant's chain is held until the commit: call it last. */
enum err audit_add(struct ctx *c, const char *action, const char *entity_type,
                   const char *entity_id, struct json_object *before,
                   struct json_object *after) must_check;

/* An account at a provider of the tenant at hand, secrets opened. */
struct provider_account {
    const char *id, *tenant_id, *provider, *name;
    struct json_object *settings, *secrets; /* objects, never NULL */
};

/* The first enabled account of the tenant at hand for a purpose ("email": smtp or msgraph;
   "conversation": front) or of the provider of that name. ERR_NOT_FOUND: there is none; ERR_DENIED:
   all are switched off; ERR_INTERNAL: its secrets do not open. */
enum err provider_find(struct ctx *c, const char *kind, struct provider_account *out) must_check;

/* The same in two steps, the first of which may be in a batch. */
enum err provider_ask(struct ctx *c, const char *kind, PGresult **rows) must_check;
enum err provider_told(struct ctx *c, const PGresult *rows,
                       struct provider_account *out) must_check;

/* The enabled account with this id. */
enum err provider_get(struct ctx *c, const char *id, struct provider_account *out) must_check;

/* Secrets of a provider account as the column keeps them, in the clear: an object, empty for NULL.
   ERR_INTERNAL, logged, where they do not open. */
enum err provider_open(struct ctx *c, const char *tenant_id, const char *id, const char *sealed,
                       struct json_object **out) must_check;
