/* Opening accounts at carriers. */
#include "ship/account.h"

#include "access/access.h"
#include "db/db.h"

enum err account_open(struct job *j, const char *id, struct channel_account *out)
{
    struct provider_account a;
    struct ctx *c = &j->ctx;
    bool own = !db_in_transaction(c->db);
    if (own)
        db_begin_reading(c->db, c->tenant_id);
    enum err e = provider_get(c, id, &a);
    if (own)
        e = db_end(c->db, e);
    if (e == OK)
        *out = (struct channel_account){ .id = a.id,
                                         .provider = a.provider,
                                         .settings = a.settings,
                                         .secrets = a.secrets,
                                         .job_id = j->id };
    return e;
}
