/* Checking that timelines are as they were written: each event's digest, its link, the chain's
 * head. */
#include "track/verify.h"

#include "db/db.h"
#include "track/verify.sql.h"

#define FIRST "00000000-0000-0000-0000-000000000000"

static void take(struct verification *v, const PGresult *rows, int i)
{
    v->communications++;
    v->events += row_int(rows, i, "events");
    if (row_int(rows, i, "bad") == 0)
        return;
    if (v->bad++ == 0) {
        v->first_bad = row_text(rows, i, "communicationId");
        v->first_bad_event = row_int(rows, i, "bad");
    }
}

enum err timelines_verify(struct ctx *c, struct verification *out)
{
    PGresult *rows;
    struct verification v = { 0 };
    const char *after = FIRST;
    do {
        db_begin(c->db, c->tenant_id);
        enum err e = db_query(c->db, c->arena, verify_chains, &rows, .after = after);
        db_rollback(c->db);
        if (e != OK)
            return e;
        for (int i = 0; i < rows_count(rows); i++)
            take(&v, rows, i);
        if (rows_count(rows))
            after = row_text(rows, rows_count(rows) - 1, "communicationId");
    } while (rows_count(rows) > 0);
    *out = v;
    return OK;
}
