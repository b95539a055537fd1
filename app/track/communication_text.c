/* The text of a communication: what went out where that was kept, else written from its template.
 */
#include "track/communication.h"

#include "access/access.h"
#include "base/json.h"
#include "channels/message.h"
#include "channels/sms.h"
#include "db/db.h"
#include "store/store.h"
#include "track/communication.sql.h"
#include "track/labels.h"
#include "track/mail_read.h"
#include "track/send.sql.h"
#include "track/send_way.h"
#include "track/sms.h"

#include <string.h>

/* What a file that was kept is: of a letter by how far its paper is, of the sink what never left.
 */
static const char *kept_words(const PGresult *kept)
{
    static const struct {
        const char *paper, *words;
    } papers[] = {
        { "READY_TO_PRINT", "This is its letter, made and to be printed: it is not on paper yet, "
                            "and was not sent." },
        { "PRINTED", "This is its letter as it was printed, byte for byte. Nothing says that it "
                     "was handed in." },
        { "LODGED", "This is its letter as it was printed and handed in, byte for byte." },
    };
    const char *paper = row_text(kept, 0, "paper");
    if (row_bool(kept, 0, "dry"))
        return "It was a dry run: this is what would have been sent, byte for byte. It is kept "
               "here, and did not leave.";
    for (size_t i = 0; paper && i < sizeof(papers) / sizeof(papers[0]); i++)
        if (strcmp(papers[i].paper, paper) == 0)
            return papers[i].words;
    return "This is what was sent, byte for byte.";
}

/* Of what was kept: a mail of ours, an SMS as plain text; a letter is a file, and has no text. */
static enum err read_kept(struct ctx *c, const PGresult *kept, struct communication_text *out)
{
    const char *channel = row_text(kept, 0, "channel");
    struct str raw;
    struct mail_read mail = { 0 };
    enum err e = store_get(c->app->store, c->arena, out->raw_sha256, &raw);
    if (e == OK && strcmp(channel, "EMAIL") == 0)
        e = mail_parse(c->arena, raw, &mail);
    if (e != OK)
        return e;
    out->source = "sent";
    out->sentence = kept_words(kept);
    out->subject = mail.subject;
    out->text = strcmp(channel, "SMS") == 0 ? raw : mail.text;
    out->html = mail.html;
    return OK;
}

static enum err write_sms(struct sending *s, struct communication_text *out)
{
    const char *text;
    enum err e = sms_text(s, &text);
    if (e == OK)
        out->text = str_of(text);
    if (e == OK)
        out->digest =
            message_digest(s->job->ctx.arena, &(struct message){ .subject = "", .text = text });
    return e;
}

static enum err write_mail(struct sending *s, struct communication_text *out)
{
    struct message m;
    struct ctx *c = &s->job->ctx;
    enum err e =
        message_render(c, sending_text(s, "template"), sending_text(s, "language"), out->data, &m);
    if (e != OK)
        return e;
    out->subject = m.subject;
    out->language = m.language;
    out->text = str_of(m.text);
    out->html = str_of(m.html);
    out->digest = message_digest(c->arena, &m);
    return OK;
}

static enum err render(struct sending *s, const char *channel, struct communication_text *out)
{
    enum err e = strcmp(channel, "SMS") == 0 ? write_sms(s, out) : write_mail(s, out);
    bool cannot = e == ERR_NOT_FOUND || e == ERR_INVALID;
    out->source = cannot ? "none" : "rendered";
    out->sentence = cannot ? "The message cannot be written from its template."
                           : "Written from the template and the data as they are now.";
    return cannot ? OK : e;
}

static void count_parts(struct ctx *c, const char *channel, struct communication_text *out)
{
    if (strcmp(channel, "SMS") == 0 && out->text.p)
        out->sms_parts =
            sms_parts(c->arena, arena_strndup(c->arena, out->text.p, out->text.n)).parts;
}

enum err communication_text(struct ctx *c, const char *id, bool as_sent,
                            struct communication_text *out)
{
    PGresult *kept, *seen;
    struct job job = { .ctx = *c };
    struct sending s = { .job = &job, .id = id };
    *out = (struct communication_text){ .source = "none" };
    db_batch(c->db);
    enum err e = db_query(c->db, c->arena, communication_kept, &kept, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, communication_seen, &seen, .communication_id = id,
                     .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_load, &s.row, .communication_id = id);
    if (e == OK)
        e = db_query(c->db, c->arena, send_attachments, &s.files, .communication_id = id);
    enum err asked = db_flush(c->db);
    if (e != OK || asked != OK)
        return e != OK ? e : asked;
    if (rows_count(seen) == 0)
        return ERR_NOT_FOUND;
    const char *channel = sending_text(&s, "channel");
    out->data = sending_data(&s);
    if ((out->sentence = removed_sentence(c->arena, s.row, 0)))
        return OK;
    e = ERR_NOT_FOUND;
    if (as_sent && rows_count(kept)) {
        out->raw_sha256 = row_text(kept, 0, "sha256");
        e = read_kept(c, kept, out);
    }
    if (e == ERR_NOT_FOUND || e == ERR_INVALID)
        e = render(&s, channel, out);
    count_parts(c, channel, out);
    return e;
}
