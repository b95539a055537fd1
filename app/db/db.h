/* One Postgres connection: named statements, transactions in the scope of a tenant, rows.

   Calls run on libpq's asynchronous interface under the deadline of settings.database_seconds; past
   it the connection is closed and the call answers ERR_RETRY. A lost connection is opened again by
   the next call outside a transaction, after a wait that grows to one second, and statements are
   prepared anew. SQLSTATE becomes an error: 23505 and our own TC409 CONFLICT; 22*, 23502, 23503,
   23514 INVALID; 42501 DENIED; 40001, 40P01, 55P03, 57*, 53*, 08* RETRY; all else INTERNAL. Each
   failure is logged here, once. */
#pragma once

#include "base/app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "db/sql.h"

#include <json-c/json.h>
#include <libpq-fe.h>
#include <stdbool.h>

struct db;

/* Opens nothing yet: the first statement connects. `name` is the application_name. */
struct db *db_new(struct app *app, const char *conninfo, const char *name);
void db_free(struct db *db);

/* Another connection to the same database, under the same name. */
struct db *db_twin(const struct db *db);

/* From here to db_commit or db_rollback the statements are one transaction, in the scope of the
   tenant (NULL: of none, which sees no tenant's rows). Costs no round trip: BEGIN and the scope
   travel with the first statement, and without one nothing happens at all. */
void db_begin(struct db *db, const char *tenant_id);

/* The same for statements that only read, which the database then holds to. Each round trip is a
   transaction by itself, so neither beginning nor end costs anything: what one reads may be newer
   than what the one before read, as it may in any transaction of Postgres' default isolation. */
void db_begin_reading(struct db *db, const char *tenant_id);

/* Ends it, in one round trip with the statements of an open batch. ERR_RETRY where the outcome is
   unknown: read again by an idempotency key. */
enum err db_commit(struct db *db) must_check;
void db_rollback(struct db *db);

/* Sends the end with the statements of an open batch and does not wait: the database works on it
   while the caller does something else, but nothing on this connection. db_commit, which must come
   next, waits. */
enum err db_commit_send(struct db *db) must_check;

/* Ends it as the work in it ended: db_commit where e is OK, else db_rollback and e. */
enum err db_end(struct db *db, enum err e) must_check;

/* Whether a transaction is open. */
bool db_in_transaction(const struct db *db);

/* Runs `work` in a transaction, again up to three times where serialisation failed or a deadlock
   was broken. `work` must have no effect but on the database. */
enum err db_transact(struct db *db, const char *tenant_id, enum err (*work)(void *),
                     void *arg) must_check;

/* Runs a named statement. Outside a transaction it is one by itself, without a tenant. Arguments
   are text (NULL is null), in the order of q->params; *out lives as long as the arena and may be
   NULL where no rows are wanted. */
enum err db_run(struct db *db, struct arena *a, const struct sql *q, const char *const *args,
                PGresult **out) must_check;

/* db_run by the name of a statement, its arguments by the names of its parameters:
   db_query(db, arena, unit_get, &rows, .unit_id = id) */
#define db_query(db, arena, statement, out, ...)                                                   \
    db_run((db), (arena), &sql_##statement,                                                        \
           (const char *const *)(const void *)&(struct sql_args_##statement){ __VA_ARGS__ },       \
           (out))

/* Runs a statement whose rows are handed over one by one as they come, so that memory stays flat
   however many there are: `take` gets a result of one row, gone when it returns. What it answers,
   if not OK, is the answer, and the connection is closed: the transaction is lost. The deadline
   begins anew with each row. In a batch the rows come with its end, statement by statement: the
   database is at the next one while those of one are taken. */
typedef enum err row_taker(void *to, const PGresult *row);
enum err db_each(struct db *db, const struct sql *q, const char *const *args, row_taker *take,
                 void *to) must_check;
#define db_query_each(db, statement, take, to, ...)                                                \
    db_each((db), &sql_##statement,                                                                \
            (const char *const *)(const void *)&(struct sql_args_##statement){ __VA_ARGS__ },      \
            (take), (to))

/* Several statements that do not wait for each other, in one round trip. Between db_batch and
   db_flush, db_run queues; db_flush sends all and fills every *out. The first error is the answer;
   on it no *out is set. At most 32. */
void db_batch(struct db *db);
enum err db_flush(struct db *db) must_check;

/* Sends a batch and does not wait: the database works on it while the caller does something else.
   What comes next, db_flush or the end of the transaction, waits and fills every *out. */
enum err db_send(struct db *db) must_check;

/* LISTENs on a channel (again after each reconnect). db_wait sleeps until a notification arrives,
   `ms` have passed or a signal came: true when notified. */
enum err db_listen(struct db *db, const char *channel) must_check;
bool db_wait(struct db *db, int ms);

/* The SQLSTATE of the last failure since db_begin, "" if none was reported. */
const char *db_sqlstate(const struct db *db);
/* Name of the constraint that failure violated, "" if none. */
const char *db_constraint(const struct db *db);

/* Prepares a named statement without running it: whether it fits the schema. */
enum err db_prepare(struct db *db, const struct sql *q) must_check;

/* Runs text of migrations and tests: several statements, no parameters. */
enum err db_script(struct db *db, const char *text) must_check;

/* ---- rows ---- */
static inline int rows_count(const PGresult *r)
{
    return PQntuples(r);
}
/* A column by name: NULL where it is null. An unknown column is a fault of ours and aborts. */
const char *row_text(const PGresult *r, int row, const char *column);
long long row_int(const PGresult *r, int row, const char *column);
bool row_bool(const PGresult *r, int row, const char *column);

/* The one generic writer: rows as a json array of objects (row_json: one row), tied to the arena,
   which must not outlive the rows': keys are the names of their columns, so statements name columns
   as JSON does ("unitId"); one that begins with an underscore is left out. Types: bool, int2/4/8,
   float, json and jsonb become what they are; timestamptz RFC 3339 with Z and milliseconds; others
   text. */
struct json_object *rows_json(struct arena *a, const PGresult *r);
struct json_object *row_json(struct arena *a, const PGresult *r, int row);

/* A timestamptz of a column by its place, as rows_json tells it; of one that is null, "". */
#define TIME_LENGTH 24
struct str row_time(char out[TIME_LENGTH + 1], const PGresult *r, int row, int column);

/* The members of row_json as text, without braces, where no tree is wanted: "id":"…","n":7 */
void row_write(struct buf *to, const PGresult *r, int row);
