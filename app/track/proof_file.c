/* Files that people add as proof: what they may be, and where they are kept. */
#include "track/proof_file.h"

#include "store/keep.h"

#include <string.h>

static const char *const kinds[] = { "application/pdf", "image/jpeg", "image/png" };

static bool is_proof(const char *type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], type) == 0)
            return true;
    return false;
}

enum err proof_take(struct ctx *c, const struct upload *file, const char **type)
{
    struct blob blob;
    enum err e = store_find(c->app->store, c->arena, file->sha256, &blob);
    if (e != OK)
        return e == ERR_NOT_FOUND ? ERR_INTERNAL : e;
    if (blob.size == 0)
        return ctx_fault(c, file->field, "The file is empty.");
    if (blob.size > PROOF_LIMIT)
        return ctx_fault(c, file->field, "The file is larger than 10 MB.");
    if (!is_proof(blob.content_type))
        return ctx_fault(c, file->field, "The file is no PDF, JPEG or PNG.");
    *type = blob.content_type;
    return blob_keep(c, &blob);
}

const struct upload *upload_at(const struct req *r, const char *field, size_t n)
{
    for (size_t i = 0; i < r->upload_count; i++)
        if (strcmp(r->uploads[i].field, field) == 0 && n-- == 0)
            return &r->uploads[i];
    return NULL;
}
