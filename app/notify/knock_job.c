/* The jobs that ask Knock when a customer is told, and that tell him where it does not say. */
#include "base/json.h"
#include "channels/knock.h"
#include "db/db.h"
#include "notify/customer.h"
#include "notify/knock.h"
#include "notify/knock.sql.h"

#include <string.h>

#define WAIT_FIRST 5
#define WAIT_MAX 300
#define SWEEP_ROWS 500
#define UNREACHED "Knock could not be reached."

struct asking {
    struct job *job;
    const char *id;
    PGresult *row; /* of knock_load */
    struct knock_access access;
    const char *body;
    struct knock_result result;
};

/* ---- what it is told ---- */

static void put_some(struct json_object *to, const char *key, const char *text)
{
    if (text && *text)
        json_put(to, key, false, json_text_new(text));
}

/* No name and no address: only who knows the customer already can tell who it is. */
static struct json_object *recipient_of(struct ctx *c, const PGresult *row)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "id", arena_printf(c->arena, "customer:%s", row_text(row, 0, "customer_id")));
    put_some(o, "locale", row_text(row, 0, "language"));
    return o;
}

static struct json_object *data_of(struct ctx *c, const PGresult *row)
{
    static const char *const same[] = { "type", "orderNumber", "carrier", "trackingNumber",
                                        "language" };
    struct json_object *o = json_object_new_object();
    json_set_text(o, "notificationId", row_text(row, 0, "id"));
    json_set_text(o, "tenantId", c->tenant_id);
    json_set_text(o, "shipmentId", row_text(row, 0, "shipment_id"));
    put_some(o, "orderId", row_text(row, 0, "order_id"));
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        put_some(o, same[i], row_text(row, 0, same[i]));
    json_set_text(o, "trackingUrl", notice_url(c, row_text(row, 0, "public_token"), NULL));
    return o;
}

static const char *body_of(struct ctx *c, const PGresult *row)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *recipients = json_object_new_array();
    json_object_array_add(recipients, recipient_of(c, row));
    json_set(d, "recipients", recipients);
    json_set(d, "data", data_of(c, row));
    json_set_text(d, "tenant", c->tenant_id);
    json_set_text(d, "cancellation_key", row_text(row, 0, "id"));
    return json_compact(c->arena, d);
}

/* ---- before the call ---- */

static enum err keep_body(struct asking *a)
{
    PGresult *rows;
    struct ctx *c = &a->job->ctx;
    enum err e =
        db_query(c->db, c->arena, knock_keep_body, &rows, .id = a->id, .body = body_of(c, a->row));
    a->body = e == OK && rows_count(rows) ? row_text(rows, 0, "ask_body") : NULL;
    return e;
}

static enum err prepare(struct asking *a)
{
    struct ctx *c = &a->job->ctx;
    enum err e = db_query(c->db, c->arena, knock_load, &a->row, .id = a->id);
    if (e != OK || rows_count(a->row) == 0)
        return e;
    e = knock_find(c, &a->access);
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        a->access.missing = "The tenant's account at Knock is off.";
    else if (e != OK)
        return e;
    a->access.account.job_id = a->job->id;
    return a->access.missing ? OK : keep_body(a);
}

/* ---- after it ---- */

static enum err keep_asked(struct asking *a)
{
    struct ctx *c = &a->job->ctx;
    enum err e =
        db_query(c->db, c->arena, knock_asked, NULL, .id = a->id, .run_id = a->result.run_id);
    return e == OK ? job_done(a->job) : e;
}

static enum err keep_natively(struct asking *a, const char *why)
{
    enum err e = knock_go_natively(&a->job->ctx, a->id, why);
    return e == OK ? job_done(a->job) : e;
}

/* why NULL: Knock was asked. */
static enum err ended(struct asking *a, const char *why)
{
    struct ctx *c = &a->job->ctx;
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, why ? keep_natively(a, why) : keep_asked(a));
    a->job->ended = e == OK;
    return e;
}

static int wait_seconds(const struct asking *a)
{
    int step = a->job->attempt < 8 ? a->job->attempt : 8;
    int wait = WAIT_FIRST << (step > 0 ? step - 1 : 0);
    wait = wait > WAIT_MAX ? WAIT_MAX : wait;
    return a->result.retry_after > wait ? a->result.retry_after : wait;
}

/* The same key and body are no second trigger, so it is asked again whatever came of it. */
static enum err again(struct asking *a, enum err e, const char *why)
{
    struct job *j = a->job;
    struct ctx *c = &j->ctx;
    db_begin(c->db, c->tenant_id);
    enum err kept =
        db_end(c->db, db_query(c->db, c->arena, knock_failed, NULL, .id = a->id, .error = why));
    j->snooze = e == ERR_LIMITED;
    j->retry_after =
        e == ERR_LIMITED && a->result.retry_after ? a->result.retry_after : wait_seconds(a);
    return kept != OK ? kept : job_fail(j, e, "%s", why);
}

static const char *why_of(struct asking *a)
{
    const char *sentence = a->result.sentence ? a->result.sentence : UNREACHED;
    return a->result.code ? arena_printf(a->job->ctx.arena, "%s (%s)", sentence, a->result.code)
                          : sentence;
}

static enum err ask(struct asking *a)
{
    struct job *j = a->job;
    const struct knock_trigger trigger = {
        .workflow = a->access.workflow,
        .key = row_text(a->row, 0, "key"),
        .body = str_of(a->body),
        .entity = arena_printf(j->ctx.arena, "shipment:%s", row_text(a->row, 0, "shipment_id")),
    };
    enum err e = knock_trigger(&j->ctx, &a->access.account, &trigger, &a->result);
    if (e == OK)
        return ended(a, NULL);
    if (e == ERR_LIMITED || (e == ERR_RETRY && j->attempt < j->max_attempts))
        return again(a, e, why_of(a));
    return e == ERR_INTERNAL ? e : ended(a, why_of(a));
}

enum err knock_ask(struct job *j)
{
    struct asking a = { .job = j, .id = json_text(j->args, "notificationId") };
    struct ctx *c = &j->ctx;
    if (!a.id)
        return job_fail(j, ERR_INVALID, "The job names no notification.");
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, prepare(&a));
    if (e != OK || rows_count(a.row) == 0)
        return e;
    if (a.access.missing)
        return ended(&a, a.access.missing);
    return a.body ? ask(&a) : OK;
}

/* ---- those that Knock does not call about ---- */

static enum err sweep(struct ctx *c)
{
    PGresult *rows;
    enum err e = db_query(c->db, c->arena, knock_overdue, &rows,
                          .minutes = arena_printf(c->arena, "%d", KNOCK_MINUTES),
                          .rows = arena_printf(c->arena, "%d", SWEEP_ROWS));
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = knock_go_natively(c, row_text(rows, i, "id"),
                              row_bool(rows, i, "asked")
                                  ? "Knock was asked and did not call within 45 minutes."
                                  : "Knock could not be asked within 45 minutes.");
    return e;
}

enum err knock_sweep(struct job *j)
{
    PGresult *tenants;
    struct ctx of = j->ctx;
    enum err e = db_run(of.db, of.arena, &sql_knock_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        of.tenant_id = row_text(tenants, i, "tenantId");
        db_begin(of.db, of.tenant_id);
        e = db_end(of.db, sweep(&of));
    }
    return e;
}
