/* Scans that were kept, read anew by a mapping: what that would change, and doing it. */
#include "base/json.h"
#include "base/uuid.h"
#include "carriers/carrier.h"
#include "db/db.h"
#include "ship/code.h"
#include "ship/code.sql.h"
#include "ship/ship.h"

#include <string.h>

#define MAPPER "carrier.codes/1" /* as code_scans knows it */
#define PREVIEW_MOST 5000
#define SCANS_MOST "5000" /* of one code, of one shipment */
#define SHIPMENTS_A_JOB 50

static char grade_of(const PGresult *rows, int i, const char *column)
{
    const char *grade = row_text(rows, i, column);
    return grade ? *grade : 0;
}

/* ---- what it would change ---- */

struct preview {
    long long scans, shipments, change, stay;
    long long moves[PARCEL_STATUS_COUNT][PARCEL_STATUS_COUNT];
};

static enum err standing_of(const PGresult *rows, int i, struct parcel_standing *out)
{
    *out = (struct parcel_standing){ .at_ms = row_int(rows, i, "status_ms"),
                                     .grade = grade_of(rows, i, "evidence_grade"),
                                     .day_only = row_bool(rows, i, "status_day_only") };
    return parcel_status_of(row_text(rows, i, "status"), &out->status) ? OK : ERR_INTERNAL;
}

/* The scans of one shipment, from row i on; *next is the row behind them. */
static enum err preview_one(struct preview *p, const PGresult *rows, int i, enum parcel_status to,
                            int *next)
{
    struct parcel_standing s;
    const char *id = row_text(rows, i, "shipment_id");
    enum err e = standing_of(rows, i, &s);
    if (e)
        return e;
    const enum parcel_status before = s.status;
    for (; i < rows_count(rows) && strcmp(row_text(rows, i, "shipment_id"), id) == 0; i++) {
        p->scans++;
        (void)parcel_stand(&s, to, row_int(rows, i, "at_ms"), row_bool(rows, i, "day_only"),
                           grade_of(rows, i, "grade"));
    }
    p->shipments++;
    p->change += s.status != before;
    p->stay += s.status == before;
    p->moves[before][s.status] += s.status != before;
    *next = i;
    return OK;
}

static struct json_object *changes(const struct preview *p)
{
    struct json_object *list = json_object_new_array();
    for (int from = 0; from < PARCEL_STATUS_COUNT; from++)
        for (int to = 0; to < PARCEL_STATUS_COUNT; to++) {
            if (!p->moves[from][to])
                continue;
            struct json_object *one = json_object_new_object();
            json_set_text(one, "from", parcel_status_names[from]);
            json_set_text(one, "to", parcel_status_names[to]);
            json_set_int(one, "shipments", p->moves[from][to]);
            json_object_array_add(list, one);
        }
    return list;
}

static struct json_object *told(struct ctx *c, const struct preview *p, bool complete)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_int(d, "scans", p->scans);
    json_set_int(d, "shipments", p->shipments);
    json_set_int(d, "change", p->change);
    json_set_int(d, "stay", p->stay);
    json_set_int(d, "notices", 0);
    json_set_bool(d, "complete", complete);
    json_set(d, "changes", changes(p));
    return d;
}

enum err code_preview(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows = NULL;
    struct json_object *code;
    enum parcel_status to;
    struct preview *p = arena_new_of(c->arena, struct preview);
    enum err e = code_get(c, id, &code);
    if (e)
        return e;
    const char *meaning = json_text(code, "meaning");
    *p = (struct preview){ 0 };
    if (!parcel_status_of(meaning, &to)) {
        *out = told(c, p, true);
        return OK;
    }
    e = db_query(c->db, c->arena, code_scans, &rows, .code = json_text(code, "code"),
                 .carrier = json_text(code, "carrier"), .meaning = meaning,
                 .rows = arena_printf(c->arena, "%d", PREVIEW_MOST));
    int n = e == OK ? rows_count(rows) : 0;
    for (int i = 0; e == OK && i < n;)
        e = preview_one(p, rows, i, to, &i);
    if (e == OK)
        *out = told(c, p, n < PREVIEW_MOST);
    return e;
}

/* ---- doing it ---- */

struct rerun {
    struct job *job;
    const char *code_id, *revision;
    const char *carrier, *code, *meaning;
    enum parcel_status to;
};

static struct json_object *detail_of(struct rerun *r, const PGresult *rows, int i)
{
    struct json_object *d = json_own(r->job->ctx.arena, json_object_new_object());
    json_set_text(d, "mappedCode", r->code);
    json_set_text(d, "meaning", r->meaning);
    if (row_text(rows, i, "words"))
        json_set_text(d, "rawStatus", row_text(rows, i, "words"));
    if (row_bool(rows, i, "day_only"))
        json_set_bool(d, "noTime", true);
    return d;
}

static struct shipment_event event_of(struct rerun *r, const PGresult *rows, int i)
{
    struct arena *a = r->job->ctx.arena;
    const char *scan = row_text(rows, i, "id");
    return (struct shipment_event){
        .type = "STATUS_SET",
        .source = "worker",
        .grade = grade_of(rows, i, "grade"),
        .claim = r->to,
        .sentence = arena_printf(a, "The code %s of %s was read again, as “%s”.", r->code,
                                 carrier_title(r->carrier), parcel_status_words(r->to)),
        .detail = detail_of(r, rows, i),
        .occurred_at = row_text(rows, i, "at"),
        .inbox_id = row_text(rows, i, "inbox_id"),
        .mapper = MAPPER,
        .dedupe_key = arena_printf(a, "code:%s:%s", scan, r->revision),
        .caused_by = scan,
    };
}

/* Whether the mapping still is what the re-run was asked for. */
static enum err hold(struct rerun *r, bool *still)
{
    PGresult *row;
    struct ctx *c = &r->job->ctx;
    enum err e =
        db_query(c->db, c->arena, code_rerun_hold, &row, .id = r->code_id, .revision = r->revision);
    *still = e == OK && rows_count(row) == 1;
    if (!*still)
        return e;
    r->carrier = row_text(row, 0, "carrier");
    r->code = row_text(row, 0, "code");
    r->meaning = row_text(row, 0, "meaning");
    r->to = PARCEL_NOTHING;
    (void)parcel_status_of(r->meaning, &r->to);
    return OK;
}

/* The shipment is taken before the mapping, as whoever collects codes does. */
static enum err reread(struct rerun *r, const char *shipment_id)
{
    PGresult *rows;
    bool moved = false;
    struct ctx *c = &r->job->ctx;
    enum err e =
        db_query(c->db, c->arena, code_scans, &rows, .code = r->code, .carrier = r->carrier,
                 .meaning = r->meaning, .shipment_id = shipment_id, .rows = SCANS_MOST);
    int n = e == OK ? rows_count(rows) : 0;
    if (!n)
        return e;
    struct shipment_event *events = arena_zalloc(c->arena, (size_t)n, sizeof(*events));
    for (int i = 0; i < n; i++)
        events[i] = event_of(r, rows, i);
    e = shipment_append(c, shipment_id, events, (size_t)n, true, NULL, &moved);
    bool still = true;
    if (e == OK)
        e = hold(r, &still);
    if (e == OK && !still)
        e = ERR_CONFLICT;
    return e ? e
             : db_query(c->db, c->arena, code_rerun_counts, NULL, .id = r->code_id,
                        .scans = arena_printf(c->arena, "%d", n), .moved = moved ? "1" : "0");
}

/* The end of the job: the next fifty, or of the whole re-run. */
static enum err end(struct rerun *r, const char *last)
{
    struct job *j = r->job;
    struct ctx *c = &j->ctx;
    enum err e;
    db_begin(c->db, c->tenant_id);
    if (last) {
        struct json_object *args = json_own(c->arena, json_object_new_object());
        json_set_text(args, "codeId", r->code_id);
        json_set_text(args, "revision", r->revision);
        json_set_text(args, "after", last);
        const char *key = arena_printf(c->arena, "%s:%s:%s", r->code_id, r->revision, last);
        e = job_add(c, &(struct job_new){ .kind = "ship.reread", .args = args, .unique_key = key },
                    NULL);
    } else {
        e = db_query(c->db, c->arena, code_rerun_done, NULL, .id = r->code_id,
                     .revision = r->revision);
    }
    if (e == OK)
        e = job_done(j);
    e = db_end(c->db, e);
    j->ended = e == OK;
    return e;
}

static enum err open_rerun(struct rerun *r, const char *after, bool *still, PGresult **rows)
{
    struct ctx *c = &r->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = hold(r, still);
    if (e == OK && *still && r->to != PARCEL_NOTHING)
        e = db_query(c->db, c->arena, code_shipments, rows, .code = r->code, .after = after,
                     .rows = arena_printf(c->arena, "%d", SHIPMENTS_A_JOB));
    return db_end(c->db, e);
}

enum err code_reread(struct job *j)
{
    bool still = false;
    PGresult *rows = NULL;
    struct ctx *c = &j->ctx;
    struct rerun r = { .job = j,
                       .code_id = json_text(j->args, "codeId"),
                       .revision = json_text(j->args, "revision") };
    if (!r.code_id || !r.revision)
        return job_fail(j, ERR_INVALID, "The job names no code.");
    enum err e = open_rerun(&r, json_text(j->args, "after"), &still, &rows);
    int n = e == OK && rows ? rows_count(rows) : 0;
    for (int i = 0; e == OK && i < n; i++) {
        db_begin(c->db, c->tenant_id);
        e = db_end(c->db, reread(&r, row_text(rows, i, "shipment_id")));
    }
    if (e == ERR_CONFLICT)
        still = false;
    else if (e)
        return e;
    if (!still)
        return OK; /* it was mapped otherwise since: another re-run's */
    return end(&r, n == SHIPMENTS_A_JOB ? row_text(rows, n - 1, "shipment_id") : NULL);
}
