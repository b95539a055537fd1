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
    const char *missing;  /* "t": only letters that are missing, "f": only the others; NULL: all */
    const char *standing; /* only those that the run told so last: "PRINTED"; NULL: any */
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
                    .grade = t->grade, .missing = t->missing, .standing = t->standing,
                    .statuses = statuses, .after = after, .occurred_at = t->occurred_at,
                    .actor_id = c->actor.id, .actor_name = c->actor.name, .sentence = t->sentence,
                    .detail = detail.p, .dedupe_key = t->dedupe_key);
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

/* "3, 17" as an array literal, each once; *n counts them. */
static enum err read_missing(struct ctx *c, const char *text, long long produced, const char **seqs,
                             long long *n)
{
    struct buf b = buf_in(c->arena);
    bool *seen = arena_zalloc(c->arena, (size_t)produced + 1, sizeof(*seen));
    *n = 0;
    buf_putc(&b, '{');
    for (const char *p = text ? text : ""; *(p += strspn(p, ", ;\t\r\n"));) {
        char *end;
        long seq = strtol(p, &end, 10);
        if (end == p || (*end && !strchr(", ;\t\r\n", *end)))
            return ctx_fault(c, "missing", "holds something other than numbers of letters: 3, 17");
        if (seq < 1 || seq > produced)
            return ctx_fault(c, "missing", "names %ld, and the run has letters 1 to %lld", seq,
                             produced);
        if (!seen[seq])
            buf_printf(&b, "%s%ld", (*n)++ ? "," : "", seq);
        seen[seq] = true;
        p = end;
    }
    buf_putc(&b, '}');
    *seqs = b.p;
    return OK;
}

/* What the post took of a run, and what of it is known. */
struct count {
    const char *id, *run;         /* its id and its name */
    long long accepted, produced; /* letters */
    long long named;              /* how many of the missing ones are */
    const char *seqs;             /* those, as an array literal */
    const char *at, *scan;        /* scan: SHA-256 of the stamped slip; NULL: none */
    long long nth;                /* count of the run, from 1 */
};

static bool settled(const struct count *n)
{
    return n->accepted >= n->produced || n->named > 0;
}

static enum err check_missing(struct ctx *c, const struct count *n)
{
    long long missing = n->produced > n->accepted ? n->produced - n->accepted : 0;
    return !n->named || n->named == missing
               ? OK
               : ctx_fault(c, "missing", "names %lld, and of %s the post accepted %lld: %lld %s",
                           n->named, count_words(c->arena, n->produced, "letter", "letters"),
                           n->accepted, missing, missing == 1 ? "is missing" : "are missing");
}

/* What an earlier count told of letters that this one does not know to be handed in. */
static enum err take_back(struct ctx *c, const struct count *n, struct json_object *detail)
{
    const struct telling t = {
        .type = EVENT_PRINTED,
        .sentence = arena_printf(c->arena,
                                 "Not known to be handed in: the number of run %s was corrected to "
                                 "%lld of %s.",
                                 n->run, n->accepted,
                                 count_words(c->arena, n->produced, "letter", "letters")),
        .dedupe_key = arena_printf(c->arena, "taken-back:%s:%lld", n->id, n->nth),
        .missing = n->named ? "t" : NULL,
        .standing = "LODGED",
        .detail = detail,
    };
    enum err e = tell(c, n->id, &t);
    return e != OK ? e
                   : db_query(c->db, c->arena, post_ungraded, NULL, .run_id = n->id,
                              .dedupe_key = t.dedupe_key);
}

/* One stamp stands for every letter, where the post took as many as there are. */
static enum err tell_lodged(struct ctx *c, const struct count *n, struct json_object *detail)
{
    bool whole = n->accepted == n->produced;
    const struct telling t = {
        .type = EVENT_LODGED,
        .grade = whole && n->scan ? "B" : "C",
        .occurred_at = n->at,
        .sentence =
            arena_printf(c->arena, "Handed in at the post office: %lld of %s accepted%s%s.",
                         n->accepted, count_words(c->arena, n->produced, "letter", "letters"),
                         n->scan ? ", the slip stamped" : "",
                         n->named ? ", and this is not one of those missing" : ""),
        .dedupe_key = arena_printf(c->arena, "lodged:%s:%lld", n->id, n->nth),
        .missing = "f",
        .detail = detail,
    };
    return tell(c, n->id, &t);
}

static enum err tell_count(struct ctx *c, const struct count *n, struct json_object *detail)
{
    enum err e = db_query(c->db, c->arena, post_missing, NULL, .run_id = n->id, .seqs = n->seqs);
    if (e == OK && n->accepted < n->produced)
        e = take_back(c, n, detail);
    return e == OK && settled(n) ? tell_lodged(c, n, detail) : e;
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
    struct count n = { .id = id, .accepted = l->accepted };
    enum err e = hold_lodged(c, id, &row);
    if (e == OK)
        e = when(c, l, &n.at);
    if (e == OK)
        e = check_scan(c, slip);
    if (e != OK)
        return e;
    n.run = row_text(row, 0, "name");
    n.produced = row_int(row, 0, "pieces");
    n.nth = row_int(row, 0, "counts") + 1;
    n.scan = slip ? slip->sha256 : row_text(row, 0, "scan_sha256");
    if ((e = read_missing(c, l->missing, n.produced, &n.seqs, &n.named)) != OK ||
        (e = check_missing(c, &n)) != OK)
        return e;
    struct json_object *detail = lodged_detail(c, row, l->accepted, n.scan);
    if (n.named)
        json_set_text(detail, "missing", l->missing);
    if ((e = tell_count(c, &n, detail)) != OK ||
        (e = db_query(
             c->db, c->arena, post_lodged, NULL, .run_id = id, .at = n.at,
             .actor_name = c->actor.name, .accepted = arena_printf(c->arena, "%ld", l->accepted),
             .scan = slip ? slip->sha256 : NULL, .scan_name = slip ? slip->file_name : NULL,
             .scan_type = slip ? slip->content_type : NULL)) != OK)
        return e;
    return note_state(c, id, "lodged", detail);
}

/* ---- closed ---- */

/* Letters of which the run never told that they were handed in: missing, or nobody knows. */
static enum err tell_not_lodged(struct ctx *c, const char *id, const PGresult *row,
                                const char *explanation, struct json_object *detail)
{
    bool named = row_bool(row, 0, "named");
    const char *letters = count_words(c->arena, row_int(row, 0, "pieces"), "letter", "letters");
    const char *run = row_text(row, 0, "name"), *took = row_text(row, 0, "accepted");
    const struct telling t = {
        .type = EVENT_NOTE,
        .sentence = arena_printf(
            c->arena,
            named ? "Not handed in: it is missing, the post accepted %s of %s of run %s. %s"
                  : "Whether it was handed in is not known: the post accepted %s of %s of run %s, "
                    "and which are missing was not found out. %s",
            took, letters, run, explanation),
        .dedupe_key = arena_printf(c->arena, "not-lodged:%s", id),
        .missing = named ? "t" : NULL,
        .standing = "PRINTED",
        .detail = detail,
    };
    return tell(c, id, &t);
}

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
    if (accepted < produced && (e = tell_not_lodged(c, id, row, explanation, after)) != OK)
        return e;
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
