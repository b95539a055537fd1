/* The demo's letters: real files, and a run that went all the way. */
#include "track/demo.h"
#include "base/json.h"
#include "db/db.h"
#include "letters/demo.sql.h"
#include "letters/letters.h"
#include "track/letter.h"

static enum err make_letters(struct ctx *c, long *year)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_demo_letters, NULL, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        if (row_bool(rows, i, "old"))
            *year = (long)row_int(rows, i, "year");
        e = letter_make(c, row_text(rows, i, "id"));
    }
    return e;
}

static enum err start(struct ctx *c, const char **id)
{
    long year = 0;
    enum err e = make_letters(c, &year);
    const struct print_run_new older = { .year = year };
    return e == OK && year ? print_run_add(c, &older, id) : e;
}

static enum err post(struct ctx *c, const char *id)
{
    struct json_object *run;
    enum err e = print_run_printed(c, id);
    if (e == OK)
        e = print_run_get(c, id, &run);
    if (e != OK)
        return e;
    const struct lodgement all = { .accepted = json_object_get_int(json_get(run, "letters")) };
    e = print_run_lodged(c, id, &all, NULL);
    return e == OK ? print_run_close(c, id, NULL) : e;
}

enum err letters_demo(struct ctx *c)
{
    const char *id = NULL;
    db_begin(c->db, c->tenant_id);
    enum err e = demo_act(c);
    e = db_end(c->db, e == OK ? start(c, &id) : e);
    if (e != OK || !id || (e = print_run_make(c, id)) != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, post(c, id));
}
