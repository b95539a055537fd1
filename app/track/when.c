/* Reading when something happened. */
#include "track/when.h"

#include "db/db.h"
#include "track/when.sql.h"
#include "web/checks.h"

enum err when_read(struct ctx *c, const char *field, const char *text, const char **out)
{
    PGresult *row;
    *out = NULL;
    if (!text)
        return OK;
    bool whole = time_valid(text), minute = time_valid(arena_printf(c->arena, "%s:00Z", text));
    if (!whole && !minute && !time_valid(arena_printf(c->arena, "%sT00:00:00Z", text)))
        return ctx_fault(c, field, "is not a date and time");
    enum err e =
        db_query(c->db, c->arena, when_read, &row, .local = whole ? "f" : "t", .text = text);
    if (e != OK)
        return e;
    if (row_bool(row, 0, "ahead"))
        return ctx_fault(c, field, "is in the future");
    *out = row_text(row, 0, "at");
    return OK;
}
