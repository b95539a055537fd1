/* Messages that go nowhere: kept as they would have been sent, to be read on a page. */
#include "channels/sink.h"

#include "channels/email.h"
#include "channels/sink.sql.h"
#include "db/db.h"
#include "store/keep.h"

static enum err add(struct ctx *c, const struct sink_message *m, const struct blob *blob,
                    bool *fresh)
{
    PGresult *rows;
    struct blob kept = *blob;
    kept.content_type = m->content_type;
    db_begin(c->db, c->tenant_id);
    enum err r = blob_keep(c, &kept);
    if (!r)
        r = db_query(c->db, c->arena, sink_message_add, &rows,
                     .communication_id = m->communication_id, .message_id = m->message_id,
                     .recipient = m->recipient, .subject = m->subject, .sha256 = kept.sha256,
                     .size = arena_printf(c->arena, "%zu", kept.size), .channel = m->channel);
    *fresh = !r && rows_count(rows) > 0;
    return db_end(c->db, r);
}

enum err sink_keep(struct ctx *c, const struct sink_message *m, bool *fresh)
{
    struct blob blob;
    enum err r = store_put(c->app->store, c->arena, m->text, &blob);
    return r ? r : add(c, m, &blob, fresh);
}

static enum err sink_send(struct ctx *c, const struct channel_account *account,
                          const struct email *e, struct send_result *result)
{
    struct email mail = account ? email_from_account(account, e) : *e;
    struct buf text = buf_in(c->arena);
    bool fresh = false;
    enum err r = mime_write(c, &mail, &text);
    const struct sink_message kept = { .channel = "EMAIL",
                                       .communication_id = mail.communication_id,
                                       .message_id = mail.message_id,
                                       .recipient = mail.to_address,
                                       .subject = mail.subject,
                                       .content_type = "message/rfc822",
                                       .text = buf_str(&text) };
    if (!r)
        r = sink_keep(c, &kept, &fresh);
    if (r) {
        *result = (struct send_result){ .provider = "sink", .sentence = email_refusal(c, r) };
        return r;
    }
    *result = (struct send_result){ .provider = "sink",
                                    .provider_message_id = mail.message_id,
                                    .accepted_by = "the mail sink of this server",
                                    .dry_run = true,
                                    .already_sent = !fresh };
    if (fresh)
        mime_note(c->arena, &text, result);
    return OK;
}

const struct email_way email_sink = { "sink", sink_send };
