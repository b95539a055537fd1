/* Statements and transactions on one connection, sent as pipelines. */
#include "db/db.h"

#include "base/log.h"
#include "db/connection.h"
#include "db/scope.sql.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 3

struct db *db_new(struct app *app, const char *conninfo, const char *name)
{
    struct db *db = calloc(1, sizeof(*db));
    if (!db)
        abort();
    db->app = app;
    db->conninfo = strdup(conninfo);
    db->name = strdup(name);
    if (!db->conninfo || !db->name)
        abort();
    return db;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    db->open = false;
    connection_close(db);
    free(db->conninfo);
    free(db->name);
    free(db->channel);
    free(db);
}

struct db *db_twin(const struct db *db)
{
    return db_new(db->app, db->conninfo, db->name);
}

static enum err unsendable(struct db *db)
{
    log_error("db_lost", "db", db->name, "error", PQerrorMessage(db->conn), NULL);
    connection_close(db);
    return ERR_RETRY;
}

static bool is_prepared(const struct db *db, const char *name)
{
    unsigned h = 5381;
    for (const char *p = name; *p; p++)
        h = h * 33 + (unsigned char)*p;
    for (unsigned i = h % PREPARED_SLOTS; db->prepared[i]; i = (i + 1) % PREPARED_SLOTS)
        if (strcmp(db->prepared[i], name) == 0)
            return true;
    return false;
}

/* Whether the same batch already carries the PREPARE of this statement. */
static bool being_prepared(const struct db *db, const char *name)
{
    for (int i = 0; i < db->queued; i++)
        if (db->queue[i].what == SENT_PREPARE && strcmp(db->queue[i].q->name, name) == 0)
            return true;
    return false;
}

static enum err send_statement(struct db *db, struct arena *a, const struct sql *q,
                               const char *const *args, PGresult **out)
{
    if (q->anew) {
        if (!PQsendQueryParams(db->conn, q->text, q->nparams, NULL, args, NULL, NULL, 0))
            return unsendable(db);
        queue_add(db, (struct sending){ .what = SENT_STATEMENT, .q = q, .arena = a, .out = out });
        return OK;
    }
    if (!is_prepared(db, q->name) && !being_prepared(db, q->name)) {
        if (!PQsendPrepare(db->conn, q->name, q->text, 0, NULL))
            return unsendable(db);
        queue_add(db, (struct sending){ .what = SENT_PREPARE, .q = q });
    }
    if (!PQsendQueryPrepared(db->conn, q->name, q->nparams, args, NULL, NULL, 0))
        return unsendable(db);
    queue_add(db, (struct sending){ .what = SENT_STATEMENT, .q = q, .arena = a, .out = out });
    return OK;
}

static enum err send_control(struct db *db, const char *text)
{
    if (!PQsendQueryParams(db->conn, text, 0, NULL, NULL, NULL, NULL, 0))
        return unsendable(db);
    queue_add(db, (struct sending){ .what = SENT_CONTROL });
    return OK;
}

static enum err send_sync(struct db *db)
{
    if (!PQpipelineSync(db->conn))
        return unsendable(db);
    queue_add(db, (struct sending){ .what = SENT_SYNC });
    if (db->reading)
        db->begun = false;
    return OK;
}

/* BEGIN and the tenant's scope, once, before the first statement of a transaction. */
static enum err send_begin(struct db *db)
{
    if (!db->open || db->begun)
        return OK;
    const char *args[] = { db->tenant };
    enum err e = db->reading ? OK : send_control(db, "begin");
    if (!e && (db->tenant[0] || db->reading))
        e = send_statement(db, NULL, db->reading ? &sql_scope_reading : &sql_scope_tenant, args,
                           NULL);
    db->begun = !e;
    return e;
}

/* What a rollback left unread is read before anything else is sent. */
static enum err ready(struct db *db)
{
    enum err e;
    if (db->queued && !db->batching) {
        e = queue_collect(db);
        if (e && !db->conn && db->lost)
            return e;
    }
    e = connection_open(db);
    return e ? e : send_begin(db);
}

enum err db_run(struct db *db, struct arena *a, const struct sql *q, const char *const *args,
                PGresult **out)
{
    enum err e = ready(db);
    if (!e)
        e = send_statement(db, a, q, args, out);
    if (e || db->batching)
        return e;
    e = send_sync(db);
    return e ? e : queue_collect(db);
}

enum err db_each(struct db *db, const struct sql *q, const char *const *args, row_taker *take,
                 void *to)
{
    enum err e = ready(db);
    if (!e)
        e = send_statement(db, NULL, q, args, NULL);
    if (e)
        return e;
    db->queue[db->queued - 1].take = take;
    db->queue[db->queued - 1].to = to;
    if (db->batching)
        return OK;
    e = send_sync(db);
    return e ? e : queue_collect(db);
}

void db_batch(struct db *db)
{
    if (db->queued && queue_collect(db))
        log_warn("db_unread_failed", "db", db->name, NULL);
    db->batching = true;
}

enum err db_send(struct db *db)
{
    db->batching = false;
    if (!db->conn)
        return ERR_RETRY;
    if (!db->queued || db->queue[db->queued - 1].what == SENT_SYNC)
        return OK;
    enum err e = send_sync(db);
    if (!e && PQflush(db->conn) < 0)
        e = unsendable(db);
    return e;
}

enum err db_flush(struct db *db)
{
    enum err e = db_send(db);
    return e || !db->queued ? e : queue_collect(db);
}

enum err db_prepare(struct db *db, const struct sql *q)
{
    enum err e = ready(db);
    if (e)
        return e;
    if (!PQsendPrepare(db->conn, q->name, q->text, 0, NULL))
        return unsendable(db);
    queue_add(db, (struct sending){ .what = SENT_PREPARE, .q = q });
    e = send_sync(db);
    return e ? e : queue_collect(db);
}

static void begin(struct db *db, const char *tenant_id, bool reading)
{
    if (db->open)
        abort(); /* transactions do not nest */
    db->open = true;
    db->reading = reading;
    db->begun = db->lost = false;
    db->sqlstate[0] = db->constraint[0] = '\0';
    snprintf(db->tenant, sizeof(db->tenant), "%s", tenant_id ? tenant_id : "");
}

void db_begin(struct db *db, const char *tenant_id)
{
    begin(db, tenant_id, false);
}

void db_begin_reading(struct db *db, const char *tenant_id)
{
    begin(db, tenant_id, true);
}

static void ended(struct db *db)
{
    db->open = db->begun = db->lost = db->reading = db->ending = false;
    db->tenant[0] = '\0';
}

/* Sends what is queued with the end behind it: none of it counts where one statement failed. */
static enum err send_end(struct db *db)
{
    db->batching = false;
    enum err e = send_control(db, "commit");
    return e ? e : send_sync(db);
}

enum err db_commit_send(struct db *db)
{
    if (db->lost || !db->begun)
        return db->lost ? ERR_RETRY : OK;
    enum err e = send_end(db);
    if (!e && PQflush(db->conn) < 0)
        e = unsendable(db);
    db->ending = !e;
    return e;
}

static enum err commit(struct db *db)
{
    enum err e = db->ending ? OK : send_end(db);
    if (!e)
        e = queue_collect(db);
    if (e && db->conn && PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        db->begun = false; /* it was the end that failed */
    return e;
}

enum err db_commit(struct db *db)
{
    enum err e = OK;
    if (db->lost)
        e = ERR_RETRY;
    else if (db->reading && db->queued)
        e = db_flush(db);
    else if (db->begun && PQtransactionStatus(db->conn) == PQTRANS_INERROR)
        e = ERR_INTERNAL; /* a failed statement was passed over */
    else if (db->begun)
        e = commit(db);
    if (e)
        db_rollback(db);
    else
        ended(db);
    return e;
}

void db_rollback(struct db *db)
{
    db->batching = false;
    for (int i = 0; i < db->queued; i++) { /* of a batch that was not flushed: nobody waits */
        db->queue[i].out = NULL;
        if (db->queue[i].take) /* for rows that may be many */
            connection_close(db);
    }
    if (db->open && db->begun && !db->lost && db->conn) {
        if ((!db->reading && send_control(db, "rollback")) || send_sync(db))
            log_warn("db_rollback_unsent", "db", db->name, NULL);
        else
            PQflush(db->conn);
    }
    ended(db);
}

enum err db_end(struct db *db, enum err e)
{
    if (!e)
        return db_commit(db);
    db_rollback(db);
    return e;
}

bool db_in_transaction(const struct db *db)
{
    return db->open;
}

enum err db_transact(struct db *db, const char *tenant_id, enum err (*work)(void *), void *arg)
{
    for (int try = 1;; try++) {
        db_begin(db, tenant_id);
        enum err e = work(arg);
        bool again = e == ERR_RETRY && strncmp(db->sqlstate, "40", 2) == 0;
        e = db_end(db, e);
        again = again || (e == ERR_RETRY && strcmp(db->sqlstate, "40001") == 0);
        if (!again || try == TRIES)
            return e;
    }
}

enum err db_listen(struct db *db, const char *channel)
{
    free(db->channel);
    db->channel = strdup(channel);
    if (!db->channel)
        abort();
    connection_close(db);
    return connection_open(db);
}

static bool take_notifications(struct db *db)
{
    bool any = false;
    for (PGnotify *n; (n = PQnotifies(db->conn)); any = true)
        PQfreemem(n);
    return any;
}

bool db_wait(struct db *db, int ms)
{
    if ((db->queued && queue_collect(db)) || connection_open(db)) {
        poll(NULL, 0, ms);
        return false;
    }
    if (take_notifications(db))
        return true;
    struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
    if (poll(&p, 1, ms) <= 0 || !PQconsumeInput(db->conn))
        return false;
    return take_notifications(db);
}

const char *db_sqlstate(const struct db *db)
{
    return db->sqlstate;
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

static enum err script_results(struct db *db)
{
    enum err first = OK;
    for (;;) {
        enum err e = connection_wait(db, monotonic_ms() + 600000);
        if (e)
            return e;
        PGresult *r = PQgetResult(db->conn);
        if (!r)
            return first;
        ExecStatusType s = PQresultStatus(r);
        if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK && s != PGRES_EMPTY_QUERY && !first)
            first = failure(db, r, "script");
        PQclear(r);
    }
}

enum err db_script(struct db *db, const char *text)
{
    enum err e = ready(db);
    if (!e && db->queued) {
        e = send_sync(db);
        if (!e)
            e = queue_collect(db);
    }
    if (e)
        return e;
    if (!PQexitPipelineMode(db->conn) || !PQsendQuery(db->conn, text))
        return unsendable(db);
    e = script_results(db);
    if (db->conn && !PQenterPipelineMode(db->conn))
        return unsendable(db);
    return e;
}
