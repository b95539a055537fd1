/* The SMTP dialogue below smtp.c: connecting, lines out, replies in. */
#include "channels/smtp_wire.h"

#include "base/crypto.h"
#include "base/settings.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000L
#define DIALOGUE_MS 40000
#define REUSE_MS 10000 /* a server may wait longer; then it is asked in vain */
#define IDLE_MS 2000
#define MESSAGES_MAX 50
#define ENDED "The mail server ended the connection."

struct smtp_line { /* a connection */
    CURL *curl;
    struct guard guard;
    curl_socket_t fd;
    char in[4096]; /* read and not yet taken */
    size_t in_n;
    bool dsn, pipelining;
    struct smtp_tls tls;
    char error[CURL_ERROR_SIZE];
    unsigned char of[SHA256_SIZE]; /* server and login */
    int messages;
    int64_t used_ms;
};

struct smtp_kept {
    struct smtp_line *line; /* NULL: none */
};

static bool ready(struct smtp *s, short what)
{
    int64_t left = s->deadline_ms - s->c->app->now_ms(s->c->app);
    struct pollfd p = { .fd = s->line->fd, .events = what };
    return left > 0 && poll(&p, 1, (int)left) > 0;
}

static bool put_all(struct smtp *s, const char *p, size_t n)
{
    while (n) {
        size_t sent = 0;
        CURLcode r = curl_easy_send(s->line->curl, p, n, &sent);
        if (r == CURLE_AGAIN ? !ready(s, POLLOUT) : r != CURLE_OK)
            return false;
        p += sent;
        n -= sent;
    }
    return true;
}

static bool fill(struct smtp *s)
{
    struct smtp_line *l = s->line;
    while (l->in_n < sizeof(l->in)) {
        size_t got = 0;
        CURLcode r = curl_easy_recv(l->curl, l->in + l->in_n, sizeof(l->in) - l->in_n, &got);
        l->in_n += got;
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
    struct smtp_line *l = s->line;
    while (!(end = memchr(l->in, '\n', l->in_n)))
        if (!fill(s))
            return NULL;
    size_t n = (size_t)(end - l->in), used = n + 1;
    if (n && l->in[n - 1] == '\r')
        n--;
    const char *line = smtp_record_clean(s->c->arena, l->in, n);
    memmove(l->in, l->in + used, l->in_n - used);
    l->in_n -= used;
    return line;
}

/* "250-DSN" of a reply to EHLO. */
static bool offers(const char *line, const char *word)
{
    return (line[3] == '-' || line[3] == ' ') && strcasecmp(line + 4, word) == 0;
}

static int read_reply(struct smtp *s)
{
    const char *line;
    s->code = 0;
    while ((line = take_line(s))) {
        smtp_record_heard(&s->record, line);
        if (strlen(line) < 3 || line[0] < '2' || line[0] > '5')
            break;
        s->dsn = s->dsn || offers(line, "DSN");
        s->pipelining = s->pipelining || offers(line, "PIPELINING");
        if (line[3] == '-')
            continue;
        s->reply = line;
        s->code = (int)strtol(line, NULL, 10);
        return s->code;
    }
    s->reply = ENDED;
    smtp_record_note(&s->record, "no reply came");
    return 0;
}

int smtp_command(struct smtp *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *line =
        arena_printf(s->c->arena, "%s\r\n", arena_vprintf(s->c->arena, format, args));
    va_end(args);
    s->code = 0;
    s->reply = ENDED;
    smtp_record_sent(&s->record, line);
    if (!put_all(s, line, strlen(line)))
        return 0;
    return read_reply(s);
}

static bool put_lines(struct smtp *s, const char *const *lines, int n)
{
    struct buf all = buf_in(s->c->arena);
    for (int i = 0; i < n; i++) {
        buf_printf(&all, "%s\r\n", lines[i]);
        smtp_record_sent(&s->record, lines[i]);
    }
    s->reply = ENDED;
    return put_all(s, all.p, all.n);
}

int smtp_commands(struct smtp *s, const char *const *lines, int n)
{
    int taken = 0, refused = 0;
    const char *why = NULL;
    s->code = 0;
    if (s->pipelining && !put_lines(s, lines, n))
        return 0;
    for (int i = 0; i < n && (s->pipelining || !refused); i++) {
        int code = s->pipelining ? read_reply(s) : smtp_command(s, "%s", lines[i]);
        if (!code)
            break;
        s->stuck = refused && code == 354;
        if (code < 400 && !refused)
            taken++;
        else if (!refused) {
            refused = code;
            why = s->reply;
        }
    }
    s->code = refused ? refused : s->code;
    s->reply = refused ? why : s->reply;
    return taken;
}

int smtp_data(struct smtp *s, struct str message)
{
    const char *end = message.p + message.n, *from = message.p;
    s->code = 0;
    s->reply = ENDED;
    smtp_record_note(&s->record, "message of %zu bytes left out", message.n);
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
    if (s->line->guard.refused) {
        s->reply = HTTP_REFUSED;
        return ERR_INVALID;
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

static CURLcode set_up(struct smtp *s, const struct smtp_server *server)
{
    bool tls = strcmp(server->security, "tls") == 0, plain = strcmp(server->security, "none") == 0;
    CURL *curl = s->line->curl;
    curl_easy_setopt(curl, CURLOPT_URL,
                     arena_printf(s->c->arena, "%s://%s:%d/%s", tls ? "smtps" : "smtp",
                                  server->host, server->port, own_name(s->c)));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
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
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, s->line->error);
    http_guard(&s->line->guard, s->c->app, curl);
    smtp_record_follow(&s->record, curl);
    CURLcode r = curl_easy_perform(curl);
    smtp_record_unfollow(&s->record, curl);
    if (r != CURLE_OK)
        smtp_record_note(&s->record, "%s",
                         s->line->error[0] ? s->line->error : curl_easy_strerror(r));
    return r;
}

/* ---- a connection and its end ---- */

static void line_free(struct smtp_line *l)
{
    if (!l)
        return;
    curl_easy_cleanup(l->curl);
    free(l);
}

static void hang_up(struct smtp *s)
{
    if (s->code && !s->stuck)
        smtp_command(s, "QUIT");
    line_free(s->line);
    s->line = NULL;
}

static void digest_of(struct ctx *c, const struct smtp_server *server, unsigned char *to)
{
    struct buf b = buf_in(c->arena);
    const char *const parts[] = { server->host, server->security, server->ca_file, server->user,
                                  server->password };
    buf_printf(&b, "%d", server->port);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_putc(&b, '\0');
        buf_puts(&b, parts[i] ? parts[i] : "");
    }
    sha256(b.p, b.n, to);
}

/* Whether the server answers the RSET that smtp_close sent, and has ended nothing since. */
static bool still_there(struct smtp *s)
{
    char more;
    size_t got = 0;
    smtp_record_sent(&s->record, "RSET");
    return read_reply(s) == 250 && s->line->in_n == 0 &&
           curl_easy_recv(s->line->curl, &more, 1, &got) == CURLE_AGAIN;
}

/* The kept connection, if it is to this server and the server still answers. */
static bool go_on(struct smtp *s, const unsigned char *of)
{
    struct smtp_kept *kept = s->c->app->smtp;
    struct smtp_line *l = kept ? kept->line : NULL;
    if (!l)
        return false;
    kept->line = NULL;
    s->line = l;
    s->code = 250;
    s->record.tls = l->tls;
    smtp_record_note(&s->record, "the connection of the message before");
    bool fits = memcmp(l->of, of, sizeof(l->of)) == 0 && l->messages < MESSAGES_MAX &&
                s->c->app->now_ms(s->c->app) - l->used_ms < REUSE_MS;
    if (fits && still_there(s)) {
        s->dsn = l->dsn;
        s->pipelining = l->pipelining;
        return true;
    }
    hang_up(s);
    return false;
}

static enum err connect_to(struct smtp *s, const struct smtp_server *server)
{
    s->line = calloc(1, sizeof(*s->line));
    CURL *curl = s->line ? curl_easy_init() : NULL;
    if (!curl) {
        free(s->line);
        s->line = NULL;
        s->reply = "Out of memory.";
        return ERR_RETRY;
    }
    s->line->curl = curl;
    enum err r = opened(s, set_up(s, server));
    if (r)
        return r;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &s->line->fd);
    s->deadline_ms = s->c->app->now_ms(s->c->app) + DIALOGUE_MS;
    /* Asked again: what libcurl heard before TLS and login is not told, and may be another list. */
    return smtp_command(s, "EHLO %s", own_name(s->c)) == 250 ? OK : ERR_RETRY;
}

enum err smtp_open(struct ctx *c, const struct smtp_server *server, struct smtp *s)
{
    unsigned char of[SHA256_SIZE];
    const struct smtp_record empty = { .said = buf_in(c->arena), .password = server->password };
    *s = (struct smtp){ .c = c,
                        .deadline_ms = c->app->now_ms(c->app) + DIALOGUE_MS,
                        .record = empty };
    digest_of(c, server, of);
    if (go_on(s, of))
        return OK;
    s->code = 0;
    s->record = empty;
    enum err r = connect_to(s, server);
    if (r) {
        line_free(s->line);
        *s = (struct smtp){ .c = c, .reply = s->reply, .record = s->record };
        return r;
    }
    s->line->tls = s->record.tls;
    memcpy(s->line->of, of, sizeof(of));
    s->line->dsn = s->dsn;
    s->line->pipelining = s->pipelining;
    return OK;
}

/* The next message finds the answer to RSET there and need not wait for it. */
void smtp_close(struct smtp *s)
{
    static const char reset[] = "RSET\r\n";
    struct smtp_kept *kept = s->c->app->smtp;
    if (!kept || !s->code || s->code == 421 || s->stuck || !put_all(s, reset, sizeof(reset) - 1)) {
        hang_up(s);
        return;
    }
    s->line->messages++;
    s->line->used_ms = s->c->app->now_ms(s->c->app);
    kept->line = s->line;
    s->line = NULL;
}

struct smtp_kept *smtp_kept_new(struct arena *a)
{
    return arena_new_of(a, struct smtp_kept);
}

static void let_go(struct app *app)
{
    struct arena *a = arena_new((size_t)1 << 20);
    struct ctx c = { .app = app, .arena = a };
    struct smtp s = {
        .c = &c, .line = app->smtp->line, .code = 250, .deadline_ms = app->now_ms(app) + IDLE_MS
    };
    app->smtp->line = NULL;
    hang_up(&s);
    arena_free(a);
}

void smtp_idle(struct app *app)
{
    struct smtp_line *l = app->smtp ? app->smtp->line : NULL;
    if (l && app->now_ms(app) - l->used_ms >= IDLE_MS)
        let_go(app);
}

void smtp_kept_free(struct app *app)
{
    if (app->smtp && app->smtp->line)
        let_go(app);
}
