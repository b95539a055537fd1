/* Making daily roots and checking them against the events. */
#include "proof/roots.h"

#include "base/log.h"
#include "db/db.h"
#include "proof/roots.sql.h"
#include "proof/verify.h"

#include <stdio.h>
#include <string.h>

#define PAGE_ARENA ((size_t)64 << 20)

const char root_zero[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* ---- the tree of a day ---- */

struct reading { /* of a day's events */
    struct arena *page;
    const char *day;
    char at[64], id[40]; /* of the last one */
    int rows;
};

static enum err read_page(struct ctx *c, struct reading *r, struct merkle *m)
{
    PGresult *rows;
    bool own = !db_in_transaction(c->db);
    arena_reset(r->page);
    if (own)
        db_begin_reading(c->db, c->tenant_id);
    enum err e = db_query(c->db, r->page, roots_leaves, &rows, .day = r->day,
                          .after_at = *r->at ? r->at : NULL, .after_id = *r->id ? r->id : NULL);
    if (own)
        e = db_end(c->db, e);
    if (e != OK)
        return e;
    r->rows = rows_count(rows);
    for (int i = 0; i < r->rows; i++) {
        unsigned char hash[SHA256_SIZE];
        if (!hash_read(row_text(rows, i, "hash"), hash))
            memset(hash, 0, sizeof(hash)); /* not a hash any more: the root will not be the same */
        merkle_add(m, hash, sizeof(hash));
    }
    if (r->rows) {
        snprintf(r->at, sizeof(r->at), "%s", row_text(rows, r->rows - 1, "at"));
        snprintf(r->id, sizeof(r->id), "%s", row_text(rows, r->rows - 1, "id"));
    }
    return OK;
}

enum err roots_tree(struct ctx *c, struct job *j, const char *day, struct merkle *m)
{
    enum err e;
    struct reading r = { .page = arena_new(PAGE_ARENA), .day = day };
    do {
        e = read_page(c, &r, m);
        if (e == OK && j)
            e = job_touch(j);
    } while (e == OK && r.rows > 0);
    arena_free(r.page);
    return e;
}

/* ---- making them ---- */

static enum err make(struct ctx *c, struct job *j, const char *day, const char **root)
{
    struct merkle m = { 0 };
    unsigned char digest[SHA256_SIZE];
    const char *made;
    enum err e = roots_tree(c, j, day, &m);
    if (e != OK)
        return e;
    merkle_root(&m, digest);
    const char *merkle = hex(c->arena, digest, sizeof(digest));
    if ((e = root_of(c->arena, *root, day, merkle, &made)) != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    e = db_query(c->db, c->arena, roots_add, NULL, .day = day,
                 .events = arena_printf(c->arena, "%llu", (unsigned long long)m.leaves),
                 .merkle = merkle, .previous = *root, .root = made);
    if ((e = db_end(c->db, e)) == OK)
        *root = made;
    return e;
}

enum err roots_make(struct ctx *c, struct job *j, int *made)
{
    PGresult *due;
    int n = 0;
    const char *now = arena_printf(c->arena, "%lld", (long long)c->app->now_ms(c->app));
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, roots_due, &due, .now_ms = now));
    if (e != OK)
        return e;
    const char *root = rows_count(due) ? row_text(due, 0, "root") : NULL;
    root = root ? root : root_zero;
    for (int i = 0; e == OK && i < rows_count(due); i++, n++)
        e = make(c, j, row_text(due, i, "day"), &root);
    *made = n;
    return e;
}

/* ---- checking them ---- */

struct days {
    struct ctx *c;
    struct job *j;
    struct verification *v;
    const char *last, *root; /* day and root before the one at hand; NULL, zeros */
    bool odd;
};

static void odd_day(struct days *d, enum chain_break what, const char *day, const char *before,
                    const char *after)
{
    finding_add(d->v, (struct finding){
                          .kind = "day",
                          .what = what,
                          .day = day,
                          .sentence = arena_printf(d->c->arena, "%s%s%s", before, day, after) });
    d->odd = true;
}

/* What must hold between a root and the one before it. */
static enum err check_link(struct days *d, const PGresult *rows, int i)
{
    const char *day = row_text(rows, i, "day"), *expected;
    const char *previous = row_text(rows, i, "previous");
    enum err e = root_of(d->c->arena, previous, day, row_text(rows, i, "merkle"), &expected);
    if (e != OK)
        return e;
    if (d->last && strcmp(d->last, row_text(rows, i, "before")) != 0)
        odd_day(d, CHAIN_REMOVED, row_text(rows, i, "before"), "The root of ", " was removed.");
    else if (strcmp(expected, row_text(rows, i, "root")) != 0)
        odd_day(d, CHAIN_CHANGED, day, "The root of ", " was changed after it was made.");
    else if (strcmp(previous, d->root) != 0 && d->last)
        odd_day(d, CHAIN_CHANGED, d->last, "The root of ",
                " was made anew: the next does not fit.");
    else if (strcmp(previous, d->root) != 0)
        odd_day(d, CHAIN_REMOVED, row_text(rows, i, "before"), "The root of ", " was removed.");
    return OK;
}

static enum err check_tree(struct days *d, const PGresult *rows, int i)
{
    struct merkle m = { 0 };
    unsigned char digest[SHA256_SIZE];
    const char *day = row_text(rows, i, "day");
    enum err e = roots_tree(d->c, d->j, day, &m);
    if (e != OK)
        return e;
    merkle_root(&m, digest);
    if (strcmp(hex(d->c->arena, digest, sizeof(digest)), row_text(rows, i, "merkle")) == 0)
        return OK;
    long long more = (long long)m.leaves - row_int(rows, i, "events");
    if (more < 0)
        odd_day(d, CHAIN_REMOVED, day, "Events received on ", " were removed.");
    else if (more > 0)
        odd_day(d, CHAIN_INSERTED, day, "Events were put among those received on ", ".");
    else
        odd_day(d, CHAIN_CHANGED, day, "Events received on ", " were changed.");
    return OK;
}

static enum err check_days(struct days *d, const PGresult *rows)
{
    enum err e = OK;
    for (int i = 0; e == OK && !d->odd && i < rows_count(rows); i++) {
        e = check_link(d, rows, i);
        if (e == OK && !d->odd)
            e = check_tree(d, rows, i);
        d->v->days++;
        d->last = row_text(rows, i, "day");
        d->root = row_text(rows, i, "root");
    }
    return e;
}

enum err days_verify(struct ctx *c, struct job *j, struct verification *v)
{
    PGresult *rows = NULL, *seen = NULL;
    struct days d = { .c = c, .j = j, .v = v, .root = root_zero };
    enum err e;
    do {
        db_begin_reading(c->db, c->tenant_id);
        e = db_query(c->db, c->arena, roots_from, &rows, .after = d.last);
        if (e == OK)
            e = db_run(c->db, c->arena, &sql_roots_seen, NULL, &seen);
        if ((e = db_end(c->db, e)) == OK)
            e = check_days(&d, rows);
    } while (e == OK && !d.odd && rows_count(rows) > 0);
    if (e == OK && !d.odd && v->days < row_int(seen, 0, "days"))
        odd_day(&d, CHAIN_REMOVED, d.last ? d.last : "the first day", "Roots after ",
                " were removed.");
    return e;
}
