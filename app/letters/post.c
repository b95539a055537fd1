/* A run printed, handed in at the post office, closed; and what its letters' timelines are told. */
#include "access/access.h"
#include "base/json.h"
#include "base/words.h"
#include "db/db.h"
#include "events/events.h"
#include "letters/letters.h"
#include "letters/post.sql.h"
#include "letters/run.sql.h"
#include "store/keep.h"
#include "track/letter.h"
#include "track/track.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACTOR .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id

/* The run's row, locked, in one of the states of `in`. */
static enum err hold(struct ctx *c, const char *id, const char *in, const char *else_sentence,
                     PGresult **row)
{
    enum err e = db_query(c->db, c->arena, run_hold, row, .run_id = id, ACTOR);
    if (e != OK)
        return e;
    if (rows_count(*row) == 0)
        return ERR_NOT_FOUND;
    if (!strstr(in, row_text(*row, 0, "state")))
        return ctx_refuse(c, ERR_CONFLICT, "%s", else_sentence);
    return OK;
}

/* ---- timelines ---- */

struct telling {
    enum event_type type;
    const char *grade; /* NULL: we did it ourselves */
    const char *occurred_at, *sentence, *dedupe_key;
    struct json_object *detail;
};

/* Every status, and what it becomes, as array literals of SQL. */
static void set_moves(struct ctx *c, enum event_type t, const char **statuses, const char **after)
{
    struct buf from = buf_in(c->arena), to = buf_in(c->arena);
    for (int s = 0; s < STATUS_COUNT; s++) {
        buf_printf(&from, "%c%s", s ? ',' : '{', status_name((enum status)s));
        buf_printf(&to, "%c%s", s ? ',' : '{', status_name(status_after((enum status)s, t)));
    }
    buf_putc(&from, '}');
    buf_putc(&to, '}');
    *statuses = from.p;
    *after = to.p;
}

static enum err tell(struct ctx *c, const char *id, const struct telling *t)
{
    const char *statuses, *after;
    struct buf detail = buf_in(c->arena);
    set_moves(c, t->type, &statuses, &after);
    json_write(&detail, t->detail);
    bool person = c->actor.kind == ACTOR_USER || c->actor.kind == ACTOR_CLIENT;
    return db_query(c->db, c->arena, post_tell, NULL, .run_id = id,
                    .type = event_type_name(t->type), .source = person ? "user" : "system",
                    .grade = t->grade, .statuses = statuses, .after = after,
                    .occurred_at = t->occurred_at, .actor_id = c->actor.id,
                    .actor_name = c->actor.name, .sentence = t->sentence, .detail = detail.p,
                    .dedupe_key = t->dedupe_key);
}

static enum err note_state(struct ctx *c, const char *id, const char *name,
                           struct json_object *after)
{
    enum err e =
        event_emit(c, arena_printf(c->arena, "print_run.%s", name), "print_run", id, after);
    return e != OK ? e
                   : audit_add(c, arena_printf(c->arena, "print_run.%s", name), "print_run", id,
                               NULL, after);
}

/* ---- printed ---- */

enum err print_run_printed(struct ctx *c, const char *id)
{
    PGresult *row;
    enum err e = hold(c, id, "READY",
                      "Only a run whose file is made, and that was not printed "
                      "yet, can be marked as printed.",
                      &row);
    if (e != OK)
        return e;
    const char *name = row_text(row, 0, "name");
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "run", name);
    const struct telling t = { .type = EVENT_PRINTED,
                               .sentence = arena_printf(c->arena, "Printed in run %s.", name),
                               .dedupe_key = arena_printf(c->arena, "printed:%s", id),
                               .detail = detail };
    if ((e = tell(c, id, &t)) != OK ||
        (e = db_query(c->db, c->arena, post_printed, NULL, .run_id = id,
                      .actor_name = c->actor.name)) != OK ||
        (e = print_run_keep_papers(c, id)) != OK)
        return e;
    return note_state(c, id, "printed", detail);
}

/* ---- handed in ---- */

static bool reads_as(const char *text, const char *format)
{
    struct tm t = { 0 };
    const char *end = strptime(text, format, &t);
    return end && !*end;
}

static enum err when(struct ctx *c, const struct lodgement *l, const char **at)
{
    PGresult *row;
    if (l->on && !reads_as(l->on, "%Y-%m-%d"))
        return ctx_fault(c, "lodgedOn", "is not a day");
    if (l->time && !reads_as(l->time, "%H:%M"))
        return ctx_fault(c, "lodgedTime", "is not a time");
    enum err e = db_query(c->db, c->arena, post_when, &row, .at = l->at, .on = l->at ? NULL : l->on,
                          .time = l->time ? l->time : "12:00");
    if (e == ERR_INVALID)
        return ctx_fault(c, l->at ? "lodgedAt" : "lodgedOn", "is not a day");
    if (e != OK)
        return e;
    if (row_bool(row, 0, "ahead"))
        return ctx_fault(c, l->on ? "lodgedOn" : "lodgedAt", "has not been yet");
    *at = row_text(row, 0, "at");
    return OK;
}

/* A photograph or a PDF; its bytes are in the store. */
static enum err check_scan(struct ctx *c, const struct upload *scan)
{
    static const char *const kinds[] = { "application/pdf", "image/jpeg", "image/png",
                                         "image/webp" };
    struct blob blob;
    if (!scan)
        return OK;
    enum err e = store_find(c->app->store, c->arena, scan->sha256, &blob);
    for (size_t i = 0; e == OK && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i], blob.content_type) == 0)
            return blob_keep(c, &blob);
    return e != OK ? e : ctx_fault(c, scan->field, "must be a PDF, JPEG, PNG or WebP");
}

static struct json_object *lodged_detail(struct ctx *c, const PGresult *row, long accepted,
                                         const char *scan)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "run", row_text(row, 0, "name"));
    json_set_int(d, "produced", row_int(row, 0, "pieces"));
    json_set_int(d, "accepted", accepted);
    if (scan)
        json_set_text(d, "scanSha256", scan);
    json_set_text(d, "slipSha256", row_text(row, 0, "slip_sha256"));
    json_set_text(d, "labelsSha256", row_text(row, 0, "labels_sha256"));
    return d;
}

/* One stamp stands for every letter, where the post took as many as there are. */
static enum err tell_lodged(struct ctx *c, const char *id, const char *at, const char *scan,
                            struct json_object *detail)
{
    long long accepted = json_object_get_int64(json_get(detail, "accepted"));
    long long produced = json_object_get_int64(json_get(detail, "produced"));
    bool whole = accepted == produced;
    const struct telling t = {
        .type = EVENT_LODGED,
        .grade = whole && scan ? "B" : "C",
        .occurred_at = at,
        .sentence = arena_printf(c->arena, "Handed in at the post office: %lld of %s accepted%s.",
                                 accepted, count_words(c->arena, produced, "letter", "letters"),
                                 scan ? ", the slip stamped" : ""),
        .dedupe_key =
            arena_printf(c->arena, "lodged:%s:%lld:%.16s", id, accepted, scan ? scan : "-"),
        .detail = detail,
    };
    return tell(c, id, &t);
}

/* One that was printed before its papers were kept gets them now. */
static enum err hold_lodged(struct ctx *c, const char *id, PGresult **row)
{
    static const char else_sentence[] =
        "Only a run that was printed and is not closed can be handed in.";
    enum err e = hold(c, id, "PRINTED LODGED", else_sentence, row);
    if (e != OK || row_text(*row, 0, "slip_sha256"))
        return e;
    e = print_run_keep_papers(c, id);
    return e == OK ? hold(c, id, "PRINTED LODGED", else_sentence, row) : e;
}

enum err print_run_lodged(struct ctx *c, const char *id, const struct lodgement *l,
                          const struct upload *slip)
{
    PGresult *row;
    const char *at = NULL;
    enum err e = hold_lodged(c, id, &row);
    if (e == OK)
        e = when(c, l, &at);
    if (e == OK)
        e = check_scan(c, slip);
    if (e != OK)
        return e;
    const char *scan = slip ? slip->sha256 : row_text(row, 0, "scan_sha256");
    struct json_object *detail = lodged_detail(c, row, l->accepted, scan);
    if ((e = tell_lodged(c, id, at, scan, detail)) != OK ||
        (e = db_query(
             c->db, c->arena, post_lodged, NULL, .run_id = id, .at = at,
             .actor_name = c->actor.name, .accepted = arena_printf(c->arena, "%ld", l->accepted),
             .scan = slip ? slip->sha256 : NULL, .scan_name = slip ? slip->file_name : NULL,
             .scan_type = slip ? slip->content_type : NULL)) != OK)
        return e;
    return note_state(c, id, "lodged", detail);
}

/* ---- closed ---- */

enum err print_run_close(struct ctx *c, const char *id, const char *explanation)
{
    PGresult *row;
    enum err e = hold(c, id, "LODGED", "Only a run that was handed in can be closed.", &row);
    if (e != OK)
        return e;
    long long accepted = row_int(row, 0, "accepted"), produced = row_int(row, 0, "pieces");
    bool blank = !explanation || !explanation[strspn(explanation, " \t\r\n")];
    if (accepted != produced && blank)
        return ctx_fault(
            c, "explanation",
            "is required: the post accepted %lld of %s. Say why, or correct the number", accepted,
            count_words(c->arena, produced, "letter", "letters"));
    if ((e = db_query(c->db, c->arena, post_close, NULL, .run_id = id, .actor_name = c->actor.name,
                      .explanation = blank ? NULL : explanation)) != OK)
        return e;
    struct json_object *after = lodged_detail(c, row, accepted, row_text(row, 0, "scan_sha256"));
    json_set_text(after, "explanation", blank ? NULL : explanation);
    return note_state(c, id, "closed", after);
}

/* ---- receipts ---- */

enum err print_run_receipt(struct ctx *c, const char *id, const char *seq, const char *number)
{
    PGresult *run, *row;
    if (strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .-") !=
        strlen(number))
        return ctx_fault(c, "number",
                         "holds something other than letters, digits, dots and dashes");
    if (strspn(seq, "0123456789") != strlen(seq) || strlen(seq) > 6)
        return ERR_NOT_FOUND;
    enum err e =
        hold(c, id, "READY PRINTED LODGED", "Receipts can be noted until the run is closed.", &run);
    if (e == OK)
        e = db_query(c->db, c->arena, post_receipt, &row, .run_id = id, .seq = seq,
                     .number = number);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "The run has no registered letter of this number.");
    bool on_slip = strcmp(row_text(run, 0, "state"), "PRINTED") == 0; /* not handed in yet */
    if (on_slip && (e = print_run_keep_papers(c, id)) != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "communicationId", row_text(row, 0, "communication_id"));
    json_set_text(after, "receipt", number);
    return audit_add(c, "print_run.receipt", "print_run", id, NULL, after);
}
