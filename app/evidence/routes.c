/* The route of evidence packs. */
#include "base/uuid.h"
#include "evidence/evidence.h"
#include "web/web.h"

static enum err api_evidence(struct req *r, struct reply *p)
{
    struct blob blob;
    const char *id = req_param(r, "communicationId");
    enum err e = uuid_valid(id) ? evidence_make(&r->ctx, id, &blob) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    return reply_blob(p, blob.sha256, "application/zip",
                      arena_printf(r->ctx.arena, "evidence-%s.zip", id));
}

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, "/api/track/communications/:communicationId/evidence", api_evidence,
      ROLE_AGENT, .writes = true, .slow = true,
      .doc = "All that proves what became of it, as a ZIP that anybody can check: "
             "`trackctl evidence verify`. The audit trail notes who had it made.",
      .file = "application/zip" },
    { .path = NULL },
};

const struct domain evidence_domain = { .name = "evidence", .routes = routes };
