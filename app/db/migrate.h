/* Migrations: files NNNN_name.sql of a folder, applied once, in order, forward only. */
#pragma once

#include "base/ctx.h"
#include "db/db.h"

#include <stdio.h>

enum schema_state {
    SCHEMA_CURRENT,
    SCHEMA_BEHIND,  /* files wait to be applied */
    SCHEMA_TOO_NEW, /* the database holds a migration that the folder does not */
    SCHEMA_CHANGED  /* a file differs from what was applied */
};

/* How the database stands to the folder. *detail is a sentence. Any role may ask. */
enum err migrate_state(struct ctx *c, const char *dir, enum schema_state *state,
                       const char **detail) must_check;

/* Applies what waits, each file in a transaction of its own, under an advisory lock; prints a line
   for each to `to`. ERR_CONFLICT with the ctx's sentence where the schema is too new or a file
   changed. */
enum err migrate_run(struct ctx *c, const char *dir, FILE *to) must_check;

/* Prints each migration with when it was applied, or "waiting". */
enum err migrate_status(struct ctx *c, const char *dir, FILE *to) must_check;
