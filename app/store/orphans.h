/* Files of the store that no row names: an upload that is rolled back leaves one. */
#pragma once

#include "base/ctx.h"

struct orphans {
    int files, removed;
    long long bytes;
};

/* Adds up those of one part of the store (store_old) that are older than a month, of all tenants.
   With `remove` each goes, unless somebody names it or puts it meanwhile: who names it waits, finds
   it gone and puts it again (blob_keep). */
enum err orphans_look(struct ctx *c, int part, bool remove, struct orphans *sum) must_check;
