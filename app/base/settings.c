/* The table of settings, and reading, checking and printing by it. */
#include "base/settings.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum kind { TEXT, NUMBER, FLAG, URL, KEY, KEYS, LEVEL };

struct row {
    const char *name; /* without TRACK_ */
    enum kind kind;
    size_t offset;
    const char *fallback; /* NULL: must be set */
    long min, max;
    bool secret;
    const char *help;
};

#define AT(field) offsetof(struct settings, field)

static const struct row rows[] = {
    { "DATABASE_URL", TEXT, AT(database_url), NULL, 0, 0, true,
      "libpq connection string of the role track_web" },
    { "WORKER_DATABASE_URL", TEXT, AT(worker_database_url), "", 0, 0, true,
      "the same for the role track_worker; empty: the worker does not start" },
    { "OWNER_DATABASE_URL", TEXT, AT(owner_database_url), "", 0, 0, true,
      "the same for the owner of the tables, used by trackctl alone" },
    { "PUBLIC_URL", URL, AT(public_url), "http://127.0.0.1:8080", 0, 0, false,
      "the address people and providers reach this server at" },
    { "WEB_SOCKET", TEXT, AT(web_socket), "var/run/web.sock", 0, 0, false,
      "FastCGI socket of pages and API" },
    { "HOOK_SOCKET", TEXT, AT(hook_socket), "var/run/hook.sock", 0, 0, false,
      "FastCGI socket of webhooks" },
    { "STORE_DIR", TEXT, AT(store_dir), "var/store", 0, 0, false, "folder of the blob store" },
    { "TEMPLATE_DIR", TEXT, AT(template_dir), "templates", 0, 0, false,
      "folder of the mustache templates" },
    { "MIGRATION_DIR", TEXT, AT(migration_dir), "migrations", 0, 0, false,
      "folder of the migrations" },
    { "SECRET_KEY", KEY, AT(secret_key), NULL, 0, 0, true,
      "32 random bytes as base64: seals what must be kept secret in the database" },
    { "JWT_KEYS", KEYS, AT(jwt_keys), NULL, 0, 0, true,
      "keys of access tokens, kid:base64 of 32 bytes each, comma between; the first one signs" },
    { "TASKS_TOKEN", TEXT, AT(tasks_token), "", 0, 0, true,
      "bearer token of /api/tasks; empty: those routes are closed" },
    { "EGRESS_ALLOW", TEXT, AT(egress_allow), "", 0, 0, false,
      "host:port pairs, comma between, that may be called though they are private (tests)" },
    { "GRAPH_URL", URL, AT(graph_url), "https://graph.microsoft.com/v1.0", 0, 0, false,
      "base of Microsoft Graph" },
    { "LOGIN_URL", URL, AT(login_url), "https://login.microsoftonline.com", 0, 0, false,
      "base of the Microsoft token endpoint" },
    { "LOG_LEVEL", LEVEL, AT(log_level), "info", 0, 0, false, "debug, info, warn or error" },
    { "WEB_CHILDREN", NUMBER, AT(web_children), "8", 1, 64, false, "processes for pages and API" },
    { "HOOK_CHILDREN", NUMBER, AT(hook_children), "2", 1, 16, false, "processes for webhooks" },
    { "WORKER_CHILDREN", NUMBER, AT(worker_children), "4", 1, 64, false,
      "processes of the worker" },
    { "MAX_REQUESTS", NUMBER, AT(max_requests), "50000", 1, 10000000, false,
      "requests after which a web process is replaced" },
    { "SESSION_IDLE_MINUTES", NUMBER, AT(session_idle_minutes), "30", 1, 1440, false,
      "a session ends after so long without a request" },
    { "SESSION_HOURS", NUMBER, AT(session_hours), "12", 1, 168, false,
      "a session ends after so long" },
    { "PASSWORD_MIN_LENGTH", NUMBER, AT(password_min_length), "12", 8, 64, false,
      "least length of a password that a person chooses" },
    { "ARGON_MIB", NUMBER, AT(argon_mib), "64", 8, 1024, false,
      "memory of one password hash, MiB" },
    { "REQUEST_SECONDS", NUMBER, AT(request_seconds), "30", 1, 300, false,
      "longest time of one request" },
    { "DATABASE_SECONDS", NUMBER, AT(database_seconds), "6", 1, 60, false,
      "longest wait for one answer of Postgres" },
    { "EXPORT_DAYS", NUMBER, AT(export_days), "7", 1, 90, false,
      "days that the file of an export is kept" },
    { "BULK_TYPE_OVER", NUMBER, AT(bulk_type_over), "100", 0, 100000, false,
      "a bulk action over more is confirmed by typing how many they are" },
    { "BULK_APPROVE_OVER", NUMBER, AT(bulk_approve_over), "5000", 0, 100000, false,
      "a bulk action over more is approved by a second person; 0: none is" },
    { "NOTIFY_SETTLE_SECONDS", NUMBER, AT(notify_settle_seconds), "60", 1, 3600, false,
      "how long a reply rests of which it is not known whether it went out, before it is looked "
      "for" },
    { "CARRIER_DRY_RUN", FLAG, AT(carrier_dry_run), "true", 0, 0, false,
      "true: no carrier is called, a stand-in answers as it would; false: parcels are ordered" },
    { "DELIVERY_SETTLE_SECONDS", NUMBER, AT(delivery_settle_seconds), "60", 1, 3600, false,
      "how long a call to a carrier whose outcome is not known rests before it is looked for" },
    { "CREDENTIALS_DIR", TEXT, AT(credentials_dir), "", 0, 0, false,
      "folder of files with passwords that accounts at providers name; empty: they may name none" },
    { "KNOCK_API_KEY", TEXT, AT(knock_api_key), "", 0, 0, true,
      "secret key of Knock, which says when customers are told; empty: nobody asks it, but for "
      "tenants with an account of their own" },
    { "KNOCK_WEBHOOK_SECRET", TEXT, AT(knock_webhook_secret), "", 0, 0, true,
      "signing key of Knock's webhook channel" },
    { "KNOCK_URL", URL, AT(knock_url), "https://api.knock.app", 0, 0, false,
      "base of Knock's API" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Names under TRACK_ that are not settings of the server: they belong to `run` and to the tests. */
static const char *const others[] = { "TRACK_SETTINGS_FILE", "TRACK_TEST_" };

/* Known to people by these names, without TRACK_. */
static const char *const plain[] = { "KNOCK_API_KEY", "KNOCK_WEBHOOK_SECRET" };

struct reading {
    struct arena *arena;
    const char *values[ROWS];
};

static const struct row *row_of(const char *name, size_t n)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
            return &rows[i];
    return NULL;
}

static bool refuse(const char *name, const char *why)
{
    fprintf(stderr, "setting TRACK_%s: %s\n", name, why);
    return false;
}

static bool take(struct reading *r, const char *line, const char *from)
{
    const char *equals = strchr(line, '=');
    if (!equals || strncmp(line, "TRACK_", 6) != 0) {
        /* without its value, which may be a secret */
        fprintf(stderr, "%s: not a TRACK_NAME=value line: %.*s\n", from, (int)strcspn(line, "="),
                line);
        return false;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strncmp(line, others[i], strlen(others[i])) == 0)
            return true;
    const struct row *row = row_of(line + 6, (size_t)(equals - line) - 6);
    if (!row) {
        fprintf(stderr, "%s: unknown setting %.*s\n", from, (int)(equals - line), line);
        return false;
    }
    if (!r->values[row - rows])
        r->values[row - rows] = arena_strdup(r->arena, equals + 1);
    return true;
}

static bool take_file(struct reading *r, const char *path)
{
    char line[4096];
    bool good = true;
    FILE *f = fopen(path, "re");
    if (!f) {
        fprintf(stderr, "TRACK_SETTINGS_FILE: cannot read %s: %s\n", path, strerror(errno));
        return false;
    }
    while (good && fgets(line, sizeof(line), f)) {
        if (strlen(line) == sizeof(line) - 1) {
            fprintf(stderr, "%s: a line is longer than %zu bytes\n", path, sizeof(line) - 2);
            good = false;
        }
        line[strcspn(line, "\r\n")] = '\0';
        if (good && line[0] != '\0' && line[0] != '#')
            good = take(r, line, path);
    }
    fclose(f);
    return good;
}

static bool take_environment(struct reading *r)
{
    for (char **e = environ; *e; e++)
        if (strncmp(*e, "TRACK_", 6) == 0 && !take(r, *e, "environment"))
            return false;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        const char *value = getenv(plain[i]);
        const char **to = &r->values[row_of(plain[i], strlen(plain[i])) - rows];
        if (value && !*to)
            *to = arena_strdup(r->arena, value);
    }
    return true;
}

static bool set_number(const struct row *row, const char *text, long *to)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    if (end == text || *end || errno || n < row->min || n > row->max) {
        fprintf(stderr, "setting TRACK_%s: \"%s\" is not a number from %ld to %ld\n", row->name,
                text, row->min, row->max);
        return false;
    }
    *to = n;
    return true;
}

static bool set_flag(const struct row *row, const char *text, bool *to)
{
    static const struct {
        const char *text;
        bool is;
    } flags[] = { { "true", true }, { "false", false }, { "on", true },
                  { "off", false }, { "1", true },      { "0", false } };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (strcmp(flags[i].text, text) == 0) {
            *to = flags[i].is;
            return true;
        }
    return refuse(row->name, "not true or false");
}

static bool set_key(struct arena *a, const struct row *row, const char *text, unsigned char **to)
{
    struct str bytes;
    if (!base64_decode(a, str_of(text), &bytes) || bytes.n != KEY_SIZE)
        return refuse(row->name, "not 32 bytes as base64");
    *to = (unsigned char *)arena_strndup(a, bytes.p, bytes.n);
    return true;
}

/* As jwt.c takes them: "kid:base64 of 32 bytes", a comma between. */
static bool check_keys(struct arena *a, const struct row *row, const char *text)
{
    char *list = arena_strdup(a, text), *rest = NULL;
    int n = 0;
    for (char *key = strtok_r(list, ",", &rest); key; key = strtok_r(NULL, ",", &rest), n++) {
        struct str bytes;
        size_t kid = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_");
        if (kid == 0 || kid > KID_MAX || key[kid] != ':' ||
            !base64_decode(a, str_of(key + kid + 1), &bytes) || bytes.n != KEY_SIZE)
            return refuse(row->name, "not kid:base64 of 32 bytes each");
    }
    return n <= JWT_KEYS_MAX || refuse(row->name, "more than 4 keys");
}

static bool set(struct settings *s, struct arena *a, const struct row *row, const char *text)
{
    char *at = (char *)s + row->offset;
    if (!text)
        text = row->fallback;
    if (!text || (!row->fallback && !*text))
        return refuse(row->name, "missing");
    switch (row->kind) {
    case NUMBER:
        return set_number(row, text, (long *)(void *)at);
    case FLAG:
        return set_flag(row, text, (bool *)(void *)at);
    case KEY:
        return set_key(a, row, text, (unsigned char **)(void *)at);
    case URL:
        if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
            return refuse(row->name, "not an http:// or https:// address");
        if (text[strlen(text) - 1] == '/')
            return refuse(row->name, "must not end with a slash");
        break;
    case KEYS:
        if (!check_keys(a, row, text))
            return false;
        break;
    case LEVEL:
        if (log_level_of(text) == LOG_LEVEL_INFO && strcmp(text, "info") != 0)
            return refuse(row->name, "not debug, info, warn or error");
        break;
    case TEXT:
        break;
    }
    *(const char **)(void *)at = text;
    return true;
}

const struct settings *settings_read(struct arena *a)
{
    struct reading r = { .arena = a };
    const char *path = getenv("TRACK_SETTINGS_FILE");
    if (!take_environment(&r) || (path && *path && !take_file(&r, path)))
        return NULL;
    struct settings *s = arena_new_of(a, struct settings);
    for (size_t i = 0; i < ROWS; i++)
        if (!set(s, a, &rows[i], r.values[i]))
            return NULL;
    return s;
}

void settings_print(const struct settings *s, FILE *to)
{
    for (size_t i = 0; i < ROWS; i++) {
        const char *at = (const char *)s + rows[i].offset;
        fprintf(to, "TRACK_%s=", rows[i].name);
        if (rows[i].secret)
            fprintf(to, "(hidden)");
        else if (rows[i].kind == NUMBER)
            fprintf(to, "%ld", *(const long *)(const void *)at);
        else if (rows[i].kind == FLAG)
            fputs(*(const bool *)(const void *)at ? "true" : "false", to);
        else
            fprintf(to, "%s", *(const char *const *)(const void *)at);
        fprintf(to, "  # %s\n", rows[i].help);
    }
}
