/* E-mail that goes nowhere: kept as it would have been sent, to be read on a page. */
#include "channels/email.h"

#include "channels/sink.sql.h"
#include "db/db.h"
#include "store/store.h"

static enum err keep(struct ctx *c, const struct email *e, const struct blob *blob, bool *fresh)
{
    const char *size = arena_printf(c->arena, "%zu", blob->size);
    PGresult *rows;
    db_begin(c->db, c->tenant_id);
    db_batch(c->db);
    enum err r = db_query(c->db, c->arena, sink_blob_add, NULL, .sha256 = blob->sha256,
                          .size = size, .content_type = "message/rfc822");
    enum err r2 =
        db_query(c->db, c->arena, sink_message_add, &rows, .communication_id = e->communication_id,
                 .message_id = e->message_id, .recipient = e->to_address, .subject = e->subject,
                 .sha256 = blob->sha256, .size = size);
    enum err r3 = db_flush(c->db);
    if (!r)
        r = r2 ? r2 : r3;
    *fresh = !r && rows_count(rows) > 0;
    return db_end(c->db, r);
}

static enum err sink_send(struct ctx *c, const struct channel_account *account,
                          const struct email *e, struct send_result *result)
{
    struct email mail = account ? email_from_account(account, e) : *e;
    struct buf text = buf_in(c->arena);
    struct blob blob;
    bool fresh = false;
    enum err r = mime_write(c, &mail, &text);
    if (!r)
        r = store_put(c->app->store, c->arena, buf_str(&text), &blob);
    if (!r)
        r = keep(c, &mail, &blob, &fresh);
    if (r) {
        *result = (struct send_result){ .provider = "sink", .sentence = email_refusal(c, r) };
        return r;
    }
    *result = (struct send_result){ .provider = "sink",
                                    .provider_message_id = mail.message_id,
                                    .accepted_by = "the mail sink of this server",
                                    .already_sent = !fresh };
    return OK;
}

const struct email_way email_sink = { "sink", sink_send };
