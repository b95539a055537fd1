/* The fixture of tests that need Postgres. */
#include "pg/pg.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/uuid.h"
#include "mustache/mustache.h"
#include "store/store.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CTX_MAX 64

static struct {
    const char *socket;
    char database[64], folder[64];
    PGconn *admin;
    PGresult *last;
    struct arena *arena;
    struct app app;
    struct settings settings;
    int64_t shift;
    const char *tenant, *user;
    struct ctx *contexts[CTX_MAX];
    int n;
} pg;

static int64_t now_ms(const struct app *app)
{
    return app_now_ms(app) + pg.shift;
}

void pg_clock_shift(int64_t ms)
{
    pg.shift = ms;
}

struct app *pg_app(void)
{
    return &pg.app;
}

struct settings *pg_settings(void)
{
    return &pg.settings;
}

const char *pg_tenant(void)
{
    return pg.tenant;
}

const char *pg_user(void)
{
    return pg.user;
}

const char *pg_url(const char *role)
{
    return arena_printf(pg.arena, "host=%s dbname=%s user=%s", pg.socket, pg.database, role);
}

static PGconn *admin_of(const char *database)
{
    char text[256];
    snprintf(text, sizeof(text), "host=%s dbname=%s user=postgres", pg.socket, database);
    PGconn *c = PQconnectdb(text);
    if (PQstatus(c) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(c));
        exit(1);
    }
    return c;
}

__attribute__((format(printf, 1, 0))) static const char *run_sql(const char *format, va_list args)
{
    char *text = arena_vprintf(pg.arena, format, args);
    PQclear(pg.last);
    pg.last = PQexec(pg.admin, text);
    ExecStatusType s = PQresultStatus(pg.last);
    if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK) {
        fprintf(stderr, "%s\n%s", text, PQerrorMessage(pg.admin));
        abort();
    }
    if (!PQntuples(pg.last) || PQgetisnull(pg.last, 0, 0))
        return NULL;
    return PQgetvalue(pg.last, 0, 0);
}

const char *pg_sql(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = run_sql(format, args);
    va_end(args);
    return text;
}

long long pg_int(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = run_sql(format, args);
    va_end(args);
    return text ? strtoll(text, NULL, 10) : 0;
}

void pg_look_into_files(void)
{
    (void)pg_sql("insert into attachment_checks (tenant_id, communication_id, position, names) "
                 "select tenant_id, communication_id, position, 'recipient' "
                 "from communication_attachments on conflict do nothing");
}

static void fill_settings(void)
{
    struct settings *s = &pg.settings;
    *s = (struct settings){ .public_url = "http://127.0.0.1:8080",
                            .web_socket = "unused",
                            .hook_socket = "unused",
                            .jwt_keys = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                            .tasks_token = "tasks-token-of-the-tests",
                            .egress_allow = "",
                            .graph_url = "http://127.0.0.1:1",
                            .login_url = "http://127.0.0.1:1",
                            .log_level = "info",
                            .web_children = 2,
                            .hook_children = 1,
                            .worker_children = 2,
                            .max_requests = 1000,
                            .session_idle_minutes = 30,
                            .session_hours = 12,
                            .password_min_length = 12,
                            .argon_mib = 8,
                            .request_seconds = 30,
                            .database_seconds = 6,
                            .export_days = 7,
                            .bulk_type_over = 100,
                            .bulk_approve_over = 5000,
                            .carrier_dry_run = true,
                            .delivery_settle_seconds = 1 };
    s->secret_key = arena_alloc(pg.arena, KEY_SIZE);
    memset(s->secret_key, 7, KEY_SIZE);
    s->database_url = pg_url("track_web");
    s->worker_database_url = pg_url("track_worker");
    s->owner_database_url = pg_url("track_owner");
    s->store_dir = arena_printf(pg.arena, "%s/store", pg.folder);
    s->template_dir = TEST_SOURCE_DIR "/templates";
    s->migration_dir = TEST_SOURCE_DIR "/migrations";
}

static void make_tenant(void)
{
    pg.tenant = arena_strdup(
        pg.arena, pg_sql("insert into tenants (slug, name) values ('test', 'Test') returning id"));
    pg.user = arena_strdup(
        pg.arena, pg_sql("insert into users (tenant_id, email, name, password_hash, role) values "
                         "('%s', 'owner@example.com', 'Olga Owner', '!', 'owner') returning id",
                         pg.tenant));
}

static void make_database(void)
{
    pg.admin = admin_of("postgres");
    pg_sql("select pg_advisory_lock(1)"); /* a template is copied by one at a time */
    pg_sql("create database %s template track_template owner track_owner", pg.database);
    pg_sql("select pg_advisory_unlock(1)");
    PQfinish(pg.admin);
    pg.admin = admin_of(pg.database);
}

void pg_start(const char *name)
{
    pg.socket = getenv("TRACK_TEST_PG");
    if (!pg.socket) {
        printf("%s: skipped, no Postgres (run it with tests/with-pg)\n", name);
        exit(77);
    }
    crypto_init();
    log_init(name, LOG_LEVEL_ERROR);
    pg.arena = arena_new((size_t)256 * 1024 * 1024);
    snprintf(pg.database, sizeof(pg.database), "test_%d", (int)getpid());
    snprintf(pg.folder, sizeof(pg.folder), "/tmp/track-test-XXXXXX");
    if (!mkdtemp(pg.folder))
        exit(1);
    make_database();
    fill_settings();
    pg.app = (struct app){ .settings = &pg.settings,
                           .now_ms = now_ms,
                           .disk = app_disk,
                           .random_bytes = app_random_bytes };
    pg.app.store = store_local(pg.arena, pg.settings.store_dir);
    pg.app.templates = templates_open(pg.arena, pg.settings.template_dir, false);
    make_tenant();
}

struct ctx *pg_ctx(const char *role)
{
    struct ctx *c = calloc(1, sizeof(*c));
    bool web = strcmp(role, "track_web") == 0;
    if (!c || pg.n == CTX_MAX)
        abort();
    c->app = &pg.app;
    c->arena = arena_new((size_t)256 * 1024 * 1024);
    c->db = db_new(&pg.app, pg_url(role), role);
    c->tenant_id = pg.tenant;
    c->work_id = "test";
    c->actor = (struct actor){ .kind = web ? ACTOR_USER : ACTOR_WORKER,
                               .role = ROLE_OWNER,
                               .id = web ? pg.user : NULL,
                               .name = web ? "Olga Owner" : "worker",
                               .all_buildings = true };
    pg.contexts[pg.n++] = c;
    return c;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s;
    (void)kind;
    (void)where;
    return remove(path);
}

int pg_end(int status)
{
    for (int i = 0; i < pg.n; i++) {
        db_free(pg.contexts[i]->db);
        arena_free(pg.contexts[i]->arena);
        free(pg.contexts[i]);
    }
    PQfinish(pg.admin);
    pg.admin = admin_of("postgres");
    pg_sql("drop database %s with (force)", pg.database);
    PQclear(pg.last);
    PQfinish(pg.admin);
    nftw(pg.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_free(pg.arena);
    return status;
}
