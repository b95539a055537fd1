/* GET /files/:sha256: a blob by a signed link, without a login. */
#include "access/private.h"

#include "store/store.h"

enum err file_show(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct file_query *q = r->input;
    const char *sha256 = req_param(r, "sha256");
    struct blob b;
    enum link_state state =
        store_link_check(c->app, c->arena, sha256, q->tenant, q->name, q->expires, q->tag);
    if (state == LINK_EXPIRED)
        return reply_text(p, 410, "This link has expired.\n");
    if (state == LINK_WRONG)
        return ERR_NOT_FOUND;
    enum err e = store_find(c->app->store, c->arena, sha256, &b);
    return e ? e : reply_blob(p, sha256, b.content_type, q->name);
}
