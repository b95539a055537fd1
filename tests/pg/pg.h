/* The fixture of tests that need Postgres: a database of its own for each test program, settings,
   and a clock under the test's hand. Run by tests/with-pg; without it the program says so and
   exits 77. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ctx.h"
#include "base/settings.h"
#include "db/db.h"

#include <json-c/json.h>

/* Makes the database (a copy of the migrated template) and everything below; call it first in main.
 */
void pg_start(const char *name);
/* Drops it; answers `status`, for main to return. */
int pg_end(int status);

/* The program's app: settings with test values (argon_mib 8, a store in a temporary folder,
   database_seconds 6, template_dir of the checkout), the clock below, real chance. */
struct app *pg_app(void);
/* The same settings, to change for a test. */
struct settings *pg_settings(void);

/* The clock of pg_app: the real one plus `ms`. */
void pg_clock_shift(int64_t ms);

/* A fresh context with an arena and a connection of its own, as track_web, track_worker or
   track_owner; tenant_id is pg_tenant's, the actor the worker or the owner user. Freed by pg_end.
 */
struct ctx *pg_ctx(const char *role);

/* The connection string of a role. */
const char *pg_url(const char *role);

/* The id of the one tenant made by pg_start (slug "test"), and of its owner user
 * (owner@example.com). */
const char *pg_tenant(void);
const char *pg_user(void);

/* Runs SQL as the superuser, for arranging and looking: the first column of the first row, NULL for
   none. Lives until the next call. */
const char *pg_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
long long pg_int(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All attachments of all messages were looked into and are their recipients' own. */
void pg_look_into_files(void);
