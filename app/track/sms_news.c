/* What SMS providers tell, applied: reports to the timeline of their message, wishes of recipients
   to the suppressions. */
#include "track/sms_news.h"

#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "track/sms_news.sql.h"
#include "track/suppression.h"
#include "track/track.h"

#include <string.h>

#define SHOWN_CHARACTERS 300

static const struct tale {
    enum event_type type;
    char grade;
    const char *sentence;
} tales[] = {
    [SMS_PASSED_ON] = { EVENT_RELAYED, 'C', "Passed on to the carrier of the phone." },
    [SMS_DELIVERED] = { EVENT_DELIVERED, 'B', "The phone received it." },
    [SMS_READ] = { EVENT_OPENED, 'B', "The recipient's phone reports it as read." },
    [SMS_FAILED] = { EVENT_FAILED, 'B', NULL },
};

static struct json_object *detail_of(struct ctx *c, const struct sms_report *r)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "provider", r->provider);
    json_set_text(d, "recipient", r->to);
    json_set_text(d, "status", r->status);
    if (r->code)
        json_set_text(d, "code", r->code);
    if (r->bad_address)
        json_set_bool(d, "badAddress", true);
    if (r->opted_out)
        json_set_bool(d, "optOut", true);
    json_set(d, "raw", json_object_get(r->raw));
    return d;
}

/* ---- reports ---- */

static enum err tell(struct ctx *c, const PGresult *row, const struct sms_report *r,
                     const struct sms_origin *from)
{
    const struct tale *t = &tales[r->news];
    bool earlier = row_bool(row, 0, "earlier");
    const char *sentence = r->news == SMS_FAILED ? r->sentence : t->sentence;
    const struct timeline_event event = {
        .type = earlier ? EVENT_NOTE : t->type,
        .source = "provider",
        .grade = t->grade,
        .occurred_at = r->at,
        .sentence =
            earlier ? arena_printf(c->arena, "About an earlier message: %s", sentence) : sentence,
        .detail = detail_of(c, r),
        .inbox_id = from->inbox_id,
        .mapper = from->mapper,
        .dedupe_key = r->key,
    };
    return timeline_append(c, row_text(row, 0, "id"), &event, NULL);
}

static enum err report(struct ctx *c, const struct sms_report *r, const struct sms_origin *from)
{
    PGresult *row;
    if (!r->message_id)
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, sms_match, &row, .message_id = r->message_id,
                 .tag = r->tag && uuid_valid(r->tag) ? r->tag : NULL, .provider = r->provider);
    if (e != OK)
        return e;
    return rows_count(row) ? tell(c, row, r, from) : ERR_NOT_FOUND;
}

/* ---- what recipients write ---- */

static const char *words_of(struct ctx *c, const struct sms_report *r)
{
    const char *text = r->text ? r->text : "";
    if (r->wish == SMS_WISH_STOP)
        return arena_printf(c->arena, "The recipient wrote \u201c%s\u201d: no more SMS to %s.",
                            sms_head(c->arena, text, SHOWN_CHARACTERS), r->from);
    if (r->wish == SMS_WISH_START)
        return arena_printf(c->arena, "The recipient wrote \u201c%s\u201d: SMS to %s again.",
                            sms_head(c->arena, text, SHOWN_CHARACTERS), r->from);
    return arena_printf(c->arena, "Answered by SMS: \u201c%s\u201d",
                        sms_head(c->arena, text, SHOWN_CHARACTERS));
}

static enum err note(struct ctx *c, const char *communication_id, const struct sms_report *r,
                     const struct sms_origin *from)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "provider", r->provider);
    json_set_text(d, "from", r->from);
    json_set_text(d, "text", r->text);
    if (r->wish == SMS_WISH_STOP)
        json_set_bool(d, "optOut", true);
    if (r->wish == SMS_WISH_START)
        json_set_bool(d, "optIn", true);
    const struct timeline_event event = {
        .type = EVENT_NOTE,
        .source = "recipient",
        .grade = 'A',
        .occurred_at = r->at,
        .sentence = words_of(c, r),
        .detail = d,
        .inbox_id = from->inbox_id,
        .mapper = from->mapper,
        .dedupe_key = r->key,
    };
    return timeline_append(c, communication_id, &event, NULL);
}

static enum err received(struct ctx *c, const struct sms_report *r, const struct sms_origin *from)
{
    PGresult *row;
    const char *number = sms_number(c->arena, r->from);
    if (!number)
        return ERR_NOT_FOUND; /* of a short code or a name: nobody we write to */
    enum err e = db_query(c->db, c->arena, sms_latest, &row, .phone = number);
    if (e != OK)
        return e;
    if (rows_count(row))
        return note(c, row_text(row, 0, "id"), r, from);
    if (r->wish == SMS_WISH_STOP)
        return suppression_opt_out(c, "SMS", number, words_of(c, r));
    return r->wish == SMS_WISH_START ? suppression_opt_in(c, "SMS", number) : ERR_NOT_FOUND;
}

enum err sms_apply(struct ctx *c, const struct sms_report *r, const struct sms_origin *from)
{
    if (r->news == SMS_NOTHING)
        return OK;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, r->news == SMS_RECEIVED ? received(c, r, from) : report(c, r, from));
}
