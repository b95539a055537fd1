/* Keeping what was said in an SMTP dialogue; libcurl tells of greeting, TLS and login. */
#include "channels/smtp_record.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SAID_MAX 8000
#define LINE_MAX_BYTES 512 /* RFC 5321 §4.5.3.1.5 */

static void add(struct smtp_record *r, const char *mark, const char *line)
{
    int n = (int)strcspn(line, "\r\n");
    n = n > LINE_MAX_BYTES ? LINE_MAX_BYTES : n;
    while (n == LINE_MAX_BYTES && n > 0 && ((unsigned char)line[n] & 0xC0) == 0x80)
        n--;
    if (r->left_out || r->said.n + (size_t)n + 4 > SAID_MAX)
        r->left_out++;
    else
        buf_printf(&r->said, "%s %.*s\n", mark, n, line);
}

void smtp_record_note(struct smtp_record *r, const char *format, ...)
{
    va_list args;
    if (!r->said.arena)
        return;
    va_start(args, format);
    const char *text = arena_vprintf(r->said.arena, format, args);
    va_end(args);
    add(r, "·", arena_printf(r->said.arena, "[%s]", text));
}

static bool begins(const char *line, const char *word)
{
    return strncasecmp(line, word, strlen(word)) == 0;
}

/* After "AUTH PLAIN " and in every line up to the server's answer stands what the password can be
   read from. */
static void sent_login(struct smtp_record *r, const char *line)
{
    struct arena *a = r->said.arena;
    bool first = begins(line, "AUTH ");
    size_t word = first ? 5 + strcspn(line + 5, " \r\n") : 0;
    const char *rest = line + word + strspn(line + word, " ");
    size_t n = strcspn(rest, "\r\n");
    if (n)
        r->payload = arena_strndup(a, rest, n);
    if (first)
        add(r, ">", arena_strndup(a, line, word));
    if (n)
        smtp_record_note(r, "login left out");
}

void smtp_record_sent(struct smtp_record *r, const char *line)
{
    if (!r->said.arena)
        return;
    r->login = r->login || begins(line, "AUTH ");
    if (r->login)
        sent_login(r, line);
    else
        add(r, ">", line);
}

static bool tells(const char *line, const char *secret)
{
    return secret && *secret && strstr(line, secret);
}

void smtp_record_heard(struct smtp_record *r, const char *line)
{
    if (!r->said.arena)
        return;
    bool asks = r->login && begins(line, "334");
    if (asks || tells(line, r->password) || tells(line, r->payload))
        add(r, "<", arena_printf(r->said.arena, "%.3s [left out]", line));
    else
        add(r, "<", line);
    r->login = asks || (r->login && line[0] && line[3] == '-');
}

/* "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384", which libcurl tells nowhere else once
   the connection stands. */
static void look_at_tls(struct smtp_tls *to, const char *remark)
{
    static const char words[] = "SSL connection using ";
    if (strncmp(remark, words, sizeof(words) - 1) == 0)
        sscanf(remark + sizeof(words) - 1, "%15s / %63s", to->version, to->cipher);
}

char *smtp_record_clean(struct arena *a, const char *bytes, size_t n)
{
    char *text = memcpy(arena_alloc(a, n + 1), bytes, n);
    text[n] = '\0';
    for (size_t i = 0, wide; i < n; i += wide ? wide : 1) {
        wide = utf8_char(text + i, n - i);
        if (!wide || (unsigned char)text[i] < ' ')
            text[i] = '?';
    }
    return text;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t n, void *of)
{
    struct smtp_record *r = of;
    (void)curl;
    if (type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT && type != CURLINFO_TEXT)
        return 0;
    while (n && (data[n - 1] == '\n' || data[n - 1] == '\r'))
        n--;
    const char *line = smtp_record_clean(r->said.arena, data, n);
    if (type == CURLINFO_TEXT)
        look_at_tls(&r->tls, line);
    else if (type == CURLINFO_HEADER_OUT)
        smtp_record_sent(r, line);
    else
        smtp_record_heard(r, line);
    return 0;
}

void smtp_record_follow(struct smtp_record *r, CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, r);
}

void smtp_record_unfollow(struct smtp_record *r, CURL *curl)
{
    long wrong = 1;
    curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &wrong);
    r->tls.checked = r->tls.version[0] && !wrong;
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 0L);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, NULL);
}

const char *smtp_record_text(const struct smtp_record *r)
{
    if (!r->said.n || !r->left_out)
        return r->said.p;
    return arena_printf(r->said.arena, "%s· [%d further lines left out]\n", r->said.p, r->left_out);
}
