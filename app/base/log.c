/* The log: builds one line in a fixed buffer and writes it with one call. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 4096 /* one write of at most PIPE_BUF bytes is never mixed with another's */

static struct {
    const char *program;
    enum log_level least;
    const char *scope_key, *scope_id;
} log_state = { "track", LOG_LEVEL_INFO, NULL, NULL };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

struct line {
    char text[LINE_SIZE];
    size_t n;
};

void log_init(const char *program, enum log_level least)
{
    log_state.program = program;
    log_state.least = least;
}

enum log_level log_level_of(const char *name)
{
    for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++)
        if (strcmp(level_names[i], name) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

void log_scope(const char *key, const char *id)
{
    log_state.scope_key = id ? key : NULL;
    log_state.scope_id = id;
}

char *num_text(long long value, char *out, size_t size)
{
    snprintf(out, size, "%lld", value);
    return out;
}

int log_is_secret(const char *key)
{
    static const char *const names[] = { "authorization", "cookie",     "api-key", "apikey",
                                         "password",      "secret",     "token",   "code",
                                         "signature",     "clientstate" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasestr(key, names[i]))
            return strcasecmp(key, "status_code") != 0 && strcasecmp(key, "statusCode") != 0;
    return 0;
}

static bool looks_secret(const char *value)
{
    static const char *const marks[] = { "tc_live_", "eyJ", "whsec_", "Bearer " };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(value, marks[i]))
            return true;
    return false;
}

static void put(struct line *l, const char *bytes, size_t n)
{
    size_t room = LINE_SIZE - 4 - l->n; /* keeps "}\n" and a closing quote in reach */
    if (n > room)
        n = room;
    memcpy(l->text + l->n, bytes, n);
    l->n += n;
}

static void put_escaped(struct line *l, const char *value)
{
    for (const char *p = value; *p; p++) {
        unsigned char c = (unsigned char)*p;
        char u[8];
        if (l->n + ((c & 0xc0) == 0x80 ? 12 : 16) >= LINE_SIZE)
            break; /* between two characters of UTF-8 */
        if (c == '"' || c == '\\') {
            put(l, (char[]){ '\\', (char)c }, 2);
        } else if (c < 0x20 || c == 0x7f) {
            snprintf(u, sizeof(u), "\\u%04x", c);
            put(l, u, 6);
        } else {
            put(l, p, 1);
        }
    }
}

static void put_field(struct line *l, const char *key, const char *value)
{
    char shortened[128];
    if (l->n + strlen(key) + 24 > LINE_SIZE)
        return; /* no room for it */
    if (log_is_secret(key) || looks_secret(value)) {
        value = "[redacted]";
    } else if (strcmp(key, "email") == 0) {
        const char *at = strchr(value, '@');
        snprintf(shortened, sizeof(shortened), "%.1s…%s", value, at ? at : "");
        value = shortened;
    } else if (strcmp(key, "phone") == 0) {
        size_t n = strlen(value);
        snprintf(shortened, sizeof(shortened), "…%s", n > 3 ? value + n - 3 : value);
        value = shortened;
    }
    put(l, ",\"", 2);
    put_escaped(l, key);
    put(l, "\":\"", 3);
    put_escaped(l, value);
    put(l, "\"", 1);
}

static void put_head(struct line *l, const char *level)
{
    struct timespec now;
    struct tm utc;
    char head[96];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t n = strftime(head, sizeof(head), "{\"time\":\"%Y-%m-%dT%H:%M:%S", &utc);
    put(l, head, n);
    n = (size_t)snprintf(head, sizeof(head), ".%03ldZ\",\"level\":\"%s\",\"pid\":%d",
                         now.tv_nsec / 1000000, level, (int)getpid());
    put(l, head, n);
}

static void write_all(const char *p, size_t n)
{
    while (n) {
        ssize_t w = write(STDERR_FILENO, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return; /* nowhere left to tell it */
        p += w;
        n -= (size_t)w;
    }
}

static void emit(enum log_level level, const char *event, va_list fields)
{
    if (level < log_state.least)
        return;
    int saved = errno;
    struct line l = { .n = 0 };
    put_head(&l, level_names[level]);
    put_field(&l, "program", log_state.program);
    if (log_state.scope_key)
        put_field(&l, log_state.scope_key, log_state.scope_id);
    put_field(&l, "event", event);
    for (const char *key; (key = va_arg(fields, const char *));) {
        const char *value = va_arg(fields, const char *);
        if (value)
            put_field(&l, key, value);
    }
    l.text[l.n++] = '}';
    l.text[l.n++] = '\n';
    write_all(l.text, l.n);
    errno = saved;
}

#define LEVEL(name, level)                                                                         \
    void name(const char *event, ...)                                                              \
    {                                                                                              \
        va_list fields;                                                                            \
        va_start(fields, event);                                                                   \
        emit(level, event, fields);                                                                \
        va_end(fields);                                                                            \
    }

LEVEL(log_debug, LOG_LEVEL_DEBUG)
LEVEL(log_info, LOG_LEVEL_INFO)
LEVEL(log_warn, LOG_LEVEL_WARN)
LEVEL(log_error, LOG_LEVEL_ERROR)
