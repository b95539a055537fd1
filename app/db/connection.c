/* Opening a connection, waiting on it under a deadline, and reading what was sent in order. */
#include "db/connection.h"

#include "base/log.h"
#include "base/settings.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_FIRST_MS 50
#define WAIT_LAST_MS 1000

int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void connection_close(struct db *db)
{
    if (db->conn)
        PQfinish(db->conn);
    db->conn = NULL;
    db->queued = 0;
    memset(db->prepared, 0, sizeof(db->prepared));
    if (db->open && db->begun)
        db->lost = true;
}

static enum err broken(struct db *db, const char *why)
{
    log_error("db_lost", "db", db->name, "error", why, NULL);
    db->sqlstate[0] = '\0';
    db->constraint[0] = '\0';
    connection_close(db);
    return ERR_RETRY;
}

static int64_t deadline_of(const struct db *db)
{
    return monotonic_ms() + db->app->settings->database_seconds * 1000;
}

/* Waits for `events` until the deadline: 1 ready, 0 too late, -1 an error. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - monotonic_ms();
        struct pollfd p = { .fd = fd, .events = events };
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n < 0 && errno == EINTR)
            continue;
        return n;
    }
}

enum err connection_wait(struct db *db, int64_t deadline_ms)
{
    for (;;) {
        int unsent = PQflush(db->conn);
        if (unsent < 0)
            return broken(db, PQerrorMessage(db->conn));
        if (!unsent && !PQisBusy(db->conn))
            return OK;
        short events = unsent ? POLLIN | POLLOUT : POLLIN;
        int n = wait_for(PQsocket(db->conn), events, deadline_ms);
        if (n <= 0)
            return broken(db, n ? strerror(errno) : "no answer in time");
        if (!PQconsumeInput(db->conn))
            return broken(db, PQerrorMessage(db->conn));
    }
}

static enum err connect_wait(struct db *db, int64_t deadline_ms)
{
    for (;;) {
        PostgresPollingStatusType s = PQconnectPoll(db->conn);
        if (s == PGRES_POLLING_OK)
            return OK;
        if (s == PGRES_POLLING_FAILED)
            return broken(db, PQerrorMessage(db->conn));
        short events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (wait_for(PQsocket(db->conn), events, deadline_ms) <= 0)
            return broken(db, "no connection in time");
    }
}

static enum err listen_again(struct db *db)
{
    if (!db->channel)
        return OK;
    char *name = PQescapeIdentifier(db->conn, db->channel, strlen(db->channel));
    char text[128];
    snprintf(text, sizeof(text), "listen %s", name ? name : "");
    PQfreemem(name);
    if (!PQsendQueryParams(db->conn, text, 0, NULL, NULL, NULL, NULL, 0) ||
        !PQpipelineSync(db->conn))
        return broken(db, PQerrorMessage(db->conn));
    queue_add(db, (struct sending){ .what = SENT_CONTROL });
    queue_add(db, (struct sending){ .what = SENT_SYNC });
    return queue_collect(db);
}

static enum err connect_now(struct db *db)
{
    char options[256];
    long ms = db->app->settings->database_seconds * 1000;
    snprintf(options, sizeof(options),
             "-c statement_timeout=%ld -c lock_timeout=2000 -c TimeZone=UTC "
             "-c idle_in_transaction_session_timeout=10000 -c client_min_messages=warning "
             "-c jit=off", /* compiling takes longer than any of our statements may */
             ms > 1500 ? ms - 1000 : ms);
    const char *const keys[] = { "dbname", "application_name", "options", "client_encoding", NULL };
    const char *const values[] = { db->conninfo, db->name, options, "UTF8", NULL };
    db->conn = PQconnectStartParams(keys, values, 1);
    if (!db->conn)
        return broken(db, "out of memory");
    enum err e = connect_wait(db, monotonic_ms() + ms);
    if (e)
        return e;
    if (PQsetnonblocking(db->conn, 1) || !PQenterPipelineMode(db->conn))
        return broken(db, PQerrorMessage(db->conn));
    return listen_again(db);
}

/* A server that went away while we were idle has closed the socket: seen before anything is sent.
 */
static bool still_there(struct db *db)
{
    struct pollfd p = { .fd = PQsocket(db->conn), .events = POLLIN };
    while (!db->queued && poll(&p, 1, 0) > 0)
        if (!PQconsumeInput(db->conn))
            return false;
    return PQstatus(db->conn) == CONNECTION_OK;
}

static void pause_before_retry(struct db *db)
{
    int64_t left = db->retry_at_ms - monotonic_ms();
    if (left > 0)
        poll(NULL, 0, (int)left);
}

static void plan_retry(struct db *db)
{
    unsigned char chance;
    db->app->random_bytes(db->app, &chance, 1);
    db->wait_ms = db->wait_ms ? db->wait_ms * 2 : WAIT_FIRST_MS;
    if (db->wait_ms > WAIT_LAST_MS)
        db->wait_ms = WAIT_LAST_MS;
    db->retry_at_ms = monotonic_ms() + db->wait_ms / 2 + db->wait_ms * chance / 512;
}

enum err connection_open(struct db *db)
{
    if (db->lost)
        return ERR_RETRY;
    if (db->conn && still_there(db))
        return OK;
    connection_close(db);
    if (db->lost)
        return ERR_RETRY;
    pause_before_retry(db);
    enum err e = connect_now(db);
    if (e) {
        plan_retry(db);
        return e;
    }
    db->wait_ms = 0;
    return OK;
}

void queue_add(struct db *db, struct sending s)
{
    if (db->queued == QUEUE_MAX)
        abort();
    db->queue[db->queued++] = s;
}

static enum err error_of(const char *state)
{
    static const struct {
        const char *prefix;
        enum err e;
    } table[] = {
        { "23505", ERR_CONFLICT }, { "TC409", ERR_CONFLICT }, { "22", ERR_INVALID },
        { "23502", ERR_INVALID },  { "23503", ERR_INVALID },  { "23514", ERR_INVALID },
        { "42501", ERR_DENIED },   { "40001", ERR_RETRY },    { "40P01", ERR_RETRY },
        { "55P03", ERR_RETRY },    { "57", ERR_RETRY },       { "53", ERR_RETRY },
        { "08", ERR_RETRY },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].e;
    return ERR_INTERNAL;
}

enum err failure(struct db *db, const PGresult *r, const char *statement)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", state ? state : "");
    snprintf(db->constraint, sizeof(db->constraint), "%s", constraint ? constraint : "");
    enum err e = state ? error_of(state) : ERR_RETRY;
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (e == ERR_INTERNAL || e == ERR_RETRY || e == ERR_DENIED)
        log_error("db_failed", "statement", statement, "sqlstate", state, "error",
                  message ? message : PQresultErrorMessage(r), "context",
                  PQresultErrorField(r, PG_DIAG_CONTEXT), NULL);
    else
        log_info("db_refused", "statement", statement, "sqlstate", state, "constraint", constraint,
                 "error", message, NULL);
    return e;
}

static void mark_prepared(struct db *db, const char *name);

/* A row for whom the statement is run. Who wants no more of them closes the connection: the rest
   may be long. */
static enum err hand_over(struct db *db, struct sending *s, PGresult *r)
{
    enum err e = s->take(s->to, r);
    PQclear(r);
    if (e)
        connection_close(db);
    return e;
}

/* One result of one thing sent. Answers its error; keeps its rows in s->result. */
static enum err take_result(struct db *db, struct sending *s, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_SINGLE_TUPLE)
        return hand_over(db, s, r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        if (s->what == SENT_PREPARE)
            mark_prepared(db, s->q->name);
        s->result = r;
        return OK;
    }
    enum err e = status == PGRES_PIPELINE_ABORTED ? ERR_INTERNAL
                                                  : failure(db, r, s->q ? s->q->name : "control");
    PQclear(r);
    return e;
}

/* All results of the next thing sent, up to the NULL that ends them (a sync has none). */
static enum err take_results(struct db *db, struct sending *s, int64_t deadline_ms)
{
    enum err first = OK;
    if (s->take && !PQsetSingleRowMode(db->conn))
        return broken(db, "rows cannot be had one by one");
    for (;;) {
        enum err e = connection_wait(db, s->take ? deadline_of(db) : deadline_ms);
        if (e)
            return e;
        PGresult *r = PQgetResult(db->conn);
        if (!r)
            return first;
        if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
            PQclear(r);
            return first;
        }
        if (s->result)
            PQclear(s->result);
        s->result = NULL;
        e = take_result(db, s, r);
        if (!first)
            first = e;
        if (!db->conn)
            return first;
    }
}

static void hand_out(struct sending *s, bool good)
{
    if (!s->result)
        return;
    if (!good || !s->out) {
        PQclear(s->result);
        return;
    }
    arena_defer(s->arena, (void (*)(void *))PQclear, s->result);
    *s->out = s->result;
}

enum err queue_collect(struct db *db)
{
    enum err first = OK;
    int64_t deadline = deadline_of(db);
    int n = db->queued;
    for (int i = 0; i < n && db->conn; i++) {
        enum err e = take_results(db, &db->queue[i], deadline);
        if (!first)
            first = e;
    }
    for (int i = 0; i < n; i++)
        hand_out(&db->queue[i], !first);
    db->queued = 0;
    if (first == ERR_RETRY && db->conn && PQstatus(db->conn) != CONNECTION_OK)
        connection_close(db);
    return first;
}

static void mark_prepared(struct db *db, const char *name)
{
    unsigned h = 5381;
    for (const char *p = name; *p; p++)
        h = h * 33 + (unsigned char)*p;
    for (unsigned i = h % PREPARED_SLOTS;; i = (i + 1) % PREPARED_SLOTS) {
        if (db->prepared[i] && strcmp(db->prepared[i], name) != 0)
            continue;
        db->prepared[i] = name;
        return;
    }
}
