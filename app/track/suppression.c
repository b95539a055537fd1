/* Suppressions: listed, made and lifted by people, asked before each message. */
#include "track/suppression.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "channels/sms.h"
#include "db/db.h"
#include "track/suppression.sql.h"
#include "web/checks.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50

const char *const suppression_channels[] = { "EMAIL", "SMS", NULL };
const char *const suppression_reasons[] = { "opt_out", "bad_address", "complaint", "manual", NULL };
const char *const suppression_states[] = { "standing", "lifted", "all", NULL };

/* ---- reading ---- */

static enum err ask(struct ctx *c, const char *id, const struct suppression_query *q,
                    const char *after, PGresult **rows)
{
    return db_query(c->db, c->arena, suppression_list, rows,
                    .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id, .id = id,
                    .channel = q->channel, .reason = q->reason,
                    .state = q->state ? q->state : "standing",
                    .search = q->search && *q->search ? q->search : NULL, .after = after,
                    .rows = arena_printf(c->arena, "%d", PAGE_ROWS + 1));
}

enum err suppression_list(struct ctx *c, const struct suppression_query *q,
                          struct json_object **out)
{
    PGresult *rows;
    const char *after[1], *last[1] = { NULL };
    enum err e = cursor_read(c, "suppressions", q->after, 1, after);
    if (e == OK)
        e = ask(c, NULL, q, after[0], &rows);
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *items = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(items, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "suppressionId");
    }
    json_set(d, "items", json_object_get(items));
    json_set_text(d, "nextCursor", last[0] ? cursor_make(c, "suppressions", 1, last) : NULL);
    *out = d;
    return OK;
}

static enum err get_row(struct ctx *c, const char *id, PGresult **row)
{
    const struct suppression_query any = { .state = "all" };
    enum err e = id && uuid_valid(id) ? ask(c, id, &any, NULL, row) : ERR_NOT_FOUND;
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

enum err suppression_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row;
    enum err e = get_row(c, id, &row);
    if (e == OK)
        *out = row_json(c->arena, row, 0);
    return e;
}

/* ---- by a person ---- */

static enum err check_address(struct ctx *c, const struct suppression_new *n)
{
    if (strcmp(n->channel, "EMAIL") == 0)
        return email_valid(n->address) ? OK : ctx_fault(c, "address", "is not an e-mail address");
    const char *number = sms_number(c->arena, n->address);
    return number && *n->address == '+'
               ? OK
               : ctx_fault(c, "address", "is not a phone number like +41791234567");
}

static struct json_object *facts(struct ctx *c, const char *channel, const char *address,
                                 const char *reason)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    json_set_text(o, "channel", channel);
    json_set_text(o, "address", address);
    json_set_text(o, "reason", reason);
    return o;
}

enum err suppression_add(struct ctx *c, const struct suppression_new *n, const char **id)
{
    PGresult *row;
    const char *note = n->note && *n->note ? n->note : "Put here by hand.";
    enum err e = check_address(c, n);
    if (e == OK)
        e = db_query(c->db, c->arena, suppression_stands, &row, .channel = n->channel,
                     .address = n->address);
    if (e == OK && rows_count(row))
        return ctx_refuse(c, ERR_CONFLICT, "Nothing is sent to this address already.");
    if (e == OK)
        e = db_query(c->db, c->arena, suppression_add, &row, .channel = n->channel,
                     .address = n->address, .sentence = note, .actor_id = c->actor.id,
                     .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    return audit_add(c, "suppression.added", "suppression", *id, NULL,
                     facts(c, n->channel, n->address, "manual"));
}

enum err suppression_lift(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = get_row(c, id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, suppression_lift, &row, .id = id, .actor_id = c->actor.id,
                     .actor_name = c->actor.name);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ctx_refuse(c, ERR_CONFLICT, "It was lifted before.");
    return audit_add(c, "suppression.lifted", "suppression", id,
                     facts(c, row_text(row, 0, "channel"), row_text(row, 0, "address"),
                           row_text(row, 0, "reason")),
                     NULL);
}

/* ---- for sending, and for what recipients write ---- */

const char *suppression_sentence(struct arena *a, const PGresult *row)
{
    const char *reason = row_text(row, 0, "suppression_reason");
    const char *on = row_text(row, 0, "suppressed_on");
    if (strcmp(reason, "opt_out") == 0)
        return arena_printf(a, "Not sent: the recipient asked on %s for no more messages.", on);
    if (strcmp(reason, "complaint") == 0)
        return arena_printf(a, "Not sent: the recipient complained of a message on %s.", on);
    return arena_printf(a, "Not sent: the address is suppressed since %s. %s", on,
                        row_text(row, 0, "suppression_sentence"));
}

enum err suppression_counts(struct ctx *c, const char *id)
{
    return db_query(c->db, c->arena, suppression_counts, NULL, .id = id);
}

enum err suppression_opt_out(struct ctx *c, const char *channel, const char *address,
                             const char *sentence)
{
    return db_query(c->db, c->arena, suppression_opt_out, NULL, .channel = channel,
                    .address = address, .sentence = sentence);
}

enum err suppression_opt_in(struct ctx *c, const char *channel, const char *address)
{
    return db_query(c->db, c->arena, suppression_opt_in, NULL, .channel = channel,
                    .address = address);
}
