/* Grants: the buildings that users and API clients are limited to. */
#include "access/private.h"

#include "access/grants.sql.h"
#include "base/uuid.h"

#include <string.h>

enum err may_see_building(struct ctx *c, const char *building_id)
{
    PGresult *rows;
    if (!building_id || !uuid_valid(building_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, grant_seen, &rows, .building_id = building_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e ? e : rows_count(rows) > 0 ? OK : ERR_NOT_FOUND;
}

enum err grant_all(struct ctx *c, const char *actor_id, const char *const *buildings)
{
    for (; buildings && *buildings; buildings++) {
        PGresult *rows;
        enum err e =
            db_query(c->db, c->arena, grant_add, &rows, .actor_id = actor_id, .code = *buildings);
        if (e)
            return e;
        if (rows_count(rows) == 0)
            return ctx_fault(c, "building", "There is no building with the code %s.", *buildings);
    }
    return OK;
}

enum err actor_now(struct ctx *c, const char *actor_id, struct actor *out)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, actor_now, &rows, .id = actor_id);
    if (e)
        return e;
    if (rows_count(rows) == 0)
        return ctx_refuse(c, ERR_DENIED, "Who asked for it may not any more.");
    *out = (struct actor){ .kind = strcmp(row_text(rows, 0, "kind"), "user") == 0 ? ACTOR_USER
                                                                                  : ACTOR_CLIENT,
                           .role = role_of(row_text(rows, 0, "role")),
                           .id = actor_id,
                           .name = row_text(rows, 0, "name"),
                           .all_buildings = row_bool(rows, 0, "allBuildings") };
    return OK;
}
