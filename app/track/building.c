/* Makes buildings by their code, and units by building and number. */
#include "track/building.h"

#include "db/db.h"
#include "track/building.sql.h"

enum err buildings_upsert(struct ctx *c, struct arena *a, const char *rows)
{
    enum err e = db_query(c->db, a, building_upsert, NULL, .rows = rows);
    return e ? e : db_query(c->db, a, unit_upsert, NULL, .rows = rows);
}
