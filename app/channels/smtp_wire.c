/* The SMTP dialogue below smtp.c: connecting, lines out, replies in. */
#include "channels/smtp_wire.h"

#include "base/settings.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000L
#define DIALOGUE_MS 40000

static bool ready(struct smtp *s, short what)
{
    int64_t left = s->deadline_ms - s->c->app->now_ms(s->c->app);
    struct pollfd p = { .fd = s->fd, .events = what };
    return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool put_all(struct smtp *s, const char *p, size_t n)
{
    while (n) {
        size_t sent = 0;
        CURLcode r = curl_easy_send(s->curl, p, n, &sent);
        if (r == CURLE_AGAIN ? !ready(s, POLLOUT) : r != CURLE_OK)
            return false;
        p += sent;
        n -= sent;
    }
    return true;
}

static bool fill(struct smtp *s)
{
    while (s->in_n < sizeof(s->in)) {
        size_t got = 0;
        CURLcode r = curl_easy_recv(s->curl, s->in + s->in_n, sizeof(s->in) - s->in_n, &got);
        s->in_n += got;
        if (r == CURLE_OK)
            return got > 0;
        if (r != CURLE_AGAIN || !ready(s, POLLIN))
            return false;
    }
    return false;
}

static const char *take_line(struct smtp *s)
{
    char *end;
    while (!(end = memchr(s->in, '\n', s->in_n)))
        if (!fill(s))
            return NULL;
    size_t n = (size_t)(end - s->in), used = n + 1;
    if (n && s->in[n - 1] == '\r')
        n--;
    const char *line = arena_strndup(s->c->arena, s->in, n);
    memmove(s->in, s->in + used, s->in_n - used);
    s->in_n -= used;
    return line;
}

static int read_reply(struct smtp *s)
{
    const char *line;
    s->code = 0;
    while ((line = take_line(s))) {
        if (strlen(line) < 3 || line[0] < '2' || line[0] > '5')
            break;
        if (strncasecmp(line + 3, "-DSN", 4) == 0 || strncasecmp(line + 3, " DSN", 4) == 0)
            s->dsn = true;
        if (line[3] == '-')
            continue;
        s->reply = line;
        s->code = (int)strtol(line, NULL, 10);
        return s->code;
    }
    s->reply = "The mail server ended the connection.";
    return 0;
}

int smtp_command(struct smtp *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *line = arena_vprintf(s->c->arena, format, args);
    va_end(args);
    s->code = 0;
    s->reply = "The mail server ended the connection.";
    if (!put_all(s, line, strlen(line)) || !put_all(s, "\r\n", 2))
        return 0;
    return read_reply(s);
}

int smtp_data(struct smtp *s, struct str message)
{
    const char *end = message.p + message.n, *from = message.p;
    s->code = 0;
    s->reply = "The mail server ended the connection.";
    for (const char *p = from; p < end; p++) {
        if (*p != '.' || (p > message.p && p[-1] != '\n'))
            continue;
        if (!put_all(s, from, (size_t)(p - from)) || !put_all(s, ".", 1))
            return 0;
        from = p;
    }
    if (!put_all(s, from, (size_t)(end - from)) || !put_all(s, ".\r\n", 3))
        return 0;
    return read_reply(s);
}

const char *smtp_xtext(struct arena *a, const char *text)
{
    struct buf out = buf_in(a);
    for (; *text; text++) {
        if (*text == '+' || *text == '=')
            buf_printf(&out, "+%02X", (unsigned char)*text);
        else
            buf_putc(&out, *text);
    }
    return out.p;
}

static enum err opened(struct smtp *s, CURLcode r)
{
    if (r == CURLE_OK)
        return OK;
    s->reply = arena_printf(s->c->arena, "The mail server could not be reached: %s.",
                            curl_easy_strerror(r));
    if (s->guard.refused) {
        s->reply = "The mail server has a private address that settings do not allow.";
        return ERR_DENIED;
    }
    if (r == CURLE_LOGIN_DENIED) {
        s->reply = "The mail server refused the user name or the password.";
        return ERR_DENIED;
    }
    if (r == CURLE_PEER_FAILED_VERIFICATION || r == CURLE_SSL_CACERT_BADFILE ||
        r == CURLE_USE_SSL_FAILED) {
        s->reply = "The mail server's certificate could not be verified, or it offers no TLS.";
        return ERR_DENIED;
    }
    return ERR_RETRY;
}

/* The name this server goes by: the host of its public URL. */
static const char *own_name(struct ctx *c)
{
    const char *url = c->app->settings->public_url, *host = url ? strstr(url, "://") : NULL;
    size_t n = host ? strcspn(host + 3, ":/") : 0;
    if (!n)
        return "localhost";
    const char *name = arena_strndup(c->arena, host + 3, n);
    return strspn(name, "0123456789.") == n ? arena_printf(c->arena, "[%s]", name) : name;
}

static void close_curl(void *curl)
{
    curl_easy_cleanup(curl);
}

static CURLcode set_up(struct smtp *s, const struct smtp_server *server)
{
    bool tls = strcmp(server->security, "tls") == 0, plain = strcmp(server->security, "none") == 0;
    CURL *curl = s->curl;
    curl_easy_setopt(curl, CURLOPT_URL,
                     arena_printf(s->c->arena, "%s://%s:%d/%s", tls ? "smtps" : "smtp",
                                  server->host, server->port, own_name(s->c)));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    if (server->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
    if (server->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
    }
    http_guard(&s->guard, s->c->app, curl);
    return curl_easy_perform(curl);
}

enum err smtp_open(struct ctx *c, const struct smtp_server *server, struct smtp *s)
{
    *s = (struct smtp){ .c = c, .curl = curl_easy_init(), .fd = CURL_SOCKET_BAD };
    if (!s->curl) {
        s->reply = "Out of memory.";
        return ERR_RETRY;
    }
    arena_defer(c->arena, close_curl, s->curl);
    enum err r = opened(s, set_up(s, server));
    if (r)
        return r;
    curl_easy_getinfo(s->curl, CURLINFO_ACTIVESOCKET, &s->fd);
    s->deadline_ms = c->app->now_ms(c->app) + DIALOGUE_MS;
    /* Asked again: what libcurl heard before TLS and login is not told, and may be another list. */
    return smtp_command(s, "EHLO %s", own_name(c)) == 250 ? OK : ERR_RETRY;
}
