/* What the files of this room share. */
#pragma once

#include "bulk/bulk.h"
#include "db/db.h"

/* What is done with an item. */
struct bulk_how {
    const char *channel, *mark, *note, *tag;
};

/* How an action speaks, what it may not be done to, and how it is done. */
struct bulk_way {
    const char *name, *word, *doing, *done; /* "hold", "Hold", "Holding", "held" */
    const char *icon;
    const char *undo; /* the action that takes it back; NULL: none does */
    double seconds;   /* that an item takes, where none was done yet */
    /* Of one item, in the transaction at hand; NULL: it becomes an export. */
    enum err (*act)(struct ctx *c, const struct bulk_how *how, const char *id);
    const char *format; /* of the export that it becomes, where nobody chooses one */
    int most;           /* items; 0: BULK_MOST */
};

extern const struct bulk_way bulk_ways[]; /* name NULL at the end */
const struct bulk_way *bulk_way_of(const char *name);

/* "Delivered already.": why items are left out, by the reason's name. */
const char *bulk_reason(const char *name);

/* What must be shown to confirm a plan: told to who made it alone. */
const char *bulk_token(struct ctx *c, const PGresult *row, int i);

/* The rows of bulk_get: one, or for NULL the newest. */
enum err bulk_find(struct ctx *c, const char *id, PGresult **rows) must_check;

/* Sets it going: the job, or its export. */
enum err bulk_start(struct ctx *c, const char *id, const PGresult *row) must_check;

/* Asks for the export that it is, in the transaction at hand. ERR_DENIED: who planned it may not
   any more. */
enum err bulk_export_start(struct ctx *c, const char *id, const PGresult *row) must_check;

/* The member `export` of its document: null where there is none, or none any more. */
enum err bulk_export_show(struct ctx *c, const char *export_id, struct json_object *to) must_check;
