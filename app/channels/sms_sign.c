/* Signatures of the SMS providers: Azure's HMAC-SHA256 over a request, Twilio's HMAC-SHA1 over URL
   and form. */
#include "channels/sms_sign.h"

#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *http_date(struct arena *a, int64_t seconds)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct tm t;
    time_t at = (time_t)seconds;
    gmtime_r(&at, &t);
    return arena_printf(a, "%s, %02d %s %d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday,
                        months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* ---- Azure ---- */

const char *const *acs_headers(struct arena *a, const char *key, const char *method,
                               const char *url, const char *date, struct str body)
{
    unsigned char digest[SHA256_SIZE], mac[SHA256_SIZE];
    struct str opened;
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    if (!path || !key || !base64_decode(a, str_of(key), &opened) || opened.n == 0)
        return NULL;
    host = arena_strndup(a, host + 3, (size_t)(path - host - 3));
    sha256(body.p, body.n, digest);
    const char *hash = base64(a, digest, sizeof(digest));
    const char *text = arena_printf(a, "%s\n%s\n%s;%s;%s", method, path, date, host, hash);
    hmac_sha256(opened.p, opened.n, text, strlen(text), mac);
    const char **headers = arena_zalloc(a, 4, sizeof(*headers));
    headers[0] = arena_printf(a, "x-ms-date: %s", date);
    headers[1] = arena_printf(a, "x-ms-content-sha256: %s", hash);
    headers[2] = arena_printf(a,
                              "Authorization: HMAC-SHA256 "
                              "SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=%s",
                              base64(a, mac, sizeof(mac)));
    return headers;
}

/* ---- Twilio ---- */

static int by_name(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

/* Names in the order of their bytes, each with its value; what is there twice counts once. */
static void put_form(struct buf *text, const struct pairs *form)
{
    size_t n = form->n;
    struct pair *sorted = arena_zalloc(text->arena, n + 1, sizeof(*sorted));
    for (size_t i = 0; i < n; i++)
        sorted[i] = form->at[i];
    if (n)
        qsort(sorted, n, sizeof(*sorted), by_name);
    for (size_t i = 0; i < n; i++) {
        if (i && by_name(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        if (!i || strcmp(sorted[i - 1].name, sorted[i].name) != 0)
            buf_puts(text, sorted[i].name);
        buf_puts(text, sorted[i].value);
    }
}

static bool body_is_named(struct arena *a, const char *url, struct str body)
{
    unsigned char digest[SHA256_SIZE];
    const char *named = strstr(url, "bodySHA256=");
    sha256(body.p, body.n, digest);
    return named && strncasecmp(named + 11, hex(a, digest, sizeof(digest)), 64) == 0;
}

static bool matches(struct arena *a, const char *token, const char *url, const struct pairs *form,
                    const char *signature)
{
    unsigned char mac[SHA1_SIZE];
    struct buf text = buf_in(a);
    buf_puts(&text, url);
    if (form)
        put_form(&text, form);
    hmac_sha1(a, str_of(token), buf_str(&text), mac);
    return ct_equal(str_of(base64(a, mac, sizeof(mac))), str_of(signature));
}

/* The URL with the port of its scheme written out, or left out where it is. */
static const char *other_port(struct arena *a, const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return url;
    size_t n = strcspn(host + 3, "/?");
    const char *end = host + 3 + n, *port = strncmp(url, "https", 5) == 0 ? ":443" : ":80";
    const char *colon = memrchr(host + 3, ':', n);
    if (colon && (size_t)(end - colon) == strlen(port) && strncmp(colon, port, strlen(port)) == 0)
        return arena_printf(a, "%.*s%s", (int)(colon - url), url, end);
    return colon ? url : arena_printf(a, "%.*s%s%s", (int)(end - url), url, port, end);
}

bool twilio_signed(struct arena *a, const char *token, const char *url, const struct pairs *form,
                   struct str body, const char *signature)
{
    if (!token || !*token || !signature || (!form && !body_is_named(a, url, body)))
        return false;
    bool good = matches(a, token, url, form, signature);
    return good | matches(a, token, other_port(a, url), form, signature);
}
