/* A ZIP written into the blob store as it grows: the same files make the same bytes. */
#pragma once

#include "base/crypto.h"
#include "base/ctx.h"
#include "store/store.h"

struct zip;

/* Names of entries are of ASCII and unique: the caller's matter. All carry the same time, the
   earliest a ZIP can tell. Dropped with the arena where it is not finished. */
enum err zip_begin(struct ctx *c, struct zip **out) must_check;
enum err zip_add(struct zip *z, const char *name, struct str bytes) must_check;
enum err zip_finish(struct zip *z, struct blob *out) must_check;
