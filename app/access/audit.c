/* The audit trail: who did what to which entity, as a chain of digests per tenant. */
#include "access/private.h"

#include "access/audit.sql.h"
#include "base/json.h"

static const char *text_of(struct ctx *c, struct json_object *value)
{
    struct buf b = buf_in(c->arena);
    if (!value)
        return NULL;
    json_write(&b, value);
    return b.p;
}

enum err audit_add(struct ctx *c, const char *action, const char *entity_type,
                   const char *entity_id, struct json_object *before, struct json_object *after)
{
    return db_query(c->db, c->arena, audit_add, NULL, .actor_kind = actor_kind_name(c->actor.kind),
                    .actor_id = c->actor.id, .actor_name = c->actor.name, .action = action,
                    .entity_type = entity_type, .entity_id = entity_id,
                    .before = text_of(c, before), .after = text_of(c, after),
                    .work_id = c->work_id);
}
