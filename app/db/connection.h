/* The connection below db.h: opening, waiting under a deadline, and the queue of what was sent. */
#pragma once

#include "db/db.h"

#include <stdint.h>

#define QUEUE_MAX 96
#define PREPARED_SLOTS 1024

enum sent { SENT_CONTROL, SENT_PREPARE, SENT_STATEMENT, SENT_SYNC };

struct sending { /* something sent whose result was not read yet */
    enum sent what;
    const struct sql *q;
    struct arena *arena;
    PGresult **out, *result;
    row_taker *take; /* of a statement whose rows are handed over as they come; NULL */
    void *to;
};

struct db {
    struct app *app;
    char *conninfo, *name, *channel; /* channel: listened on; NULL */
    PGconn *conn;
    struct sending queue[QUEUE_MAX];
    int queued;
    const char *prepared[PREPARED_SLOTS]; /* names, by hash */
    bool open, begun, batching;
    bool ending;  /* the transaction's end is sent */
    bool lost;    /* the transaction's connection broke */
    bool reading; /* each round trip is a transaction of its own, begun when its scope is sent */
    char tenant[40];
    char sqlstate[6], constraint[64];
    int64_t retry_at_ms; /* not before; after a failed connect */
    int wait_ms;
};

/* Makes sure of a live connection in pipeline mode. */
enum err connection_open(struct db *db) must_check;
void connection_close(struct db *db);

/* Milliseconds of a clock that never goes back. */
int64_t monotonic_ms(void);

/* Sends what libpq holds and waits for a result to be there, until the deadline. */
enum err connection_wait(struct db *db, int64_t deadline_ms) must_check;

/* Reads the results of everything queued, up to the last sync. The first error is the answer. */
enum err queue_collect(struct db *db) must_check;

/* Remembers that something was sent. */
void queue_add(struct db *db, struct sending s);

/* Notes SQLSTATE and constraint of a failed result, logs it, answers its error. */
enum err failure(struct db *db, const PGresult *r, const char *statement);
