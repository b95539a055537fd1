/* Which addresses the product may talk to: those of the public internet, and exceptions by setting.

   Addresses are judged when the socket is made, after resolving, so no spelling of an address and
   no name that resolves to a private one gets past. */
#include "http/http.h"

#include "base/settings.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct range {
    const char *first;
    int bits;
};

static const struct range private4[] = {
    { "0.0.0.0", 8 },      { "10.0.0.0", 8 },     { "100.64.0.0", 10 }, { "127.0.0.0", 8 },
    { "169.254.0.0", 16 }, { "172.16.0.0", 12 },  { "192.0.0.0", 24 },  { "192.0.2.0", 24 },
    { "192.88.99.0", 24 }, { "192.168.0.0", 16 }, { "198.18.0.0", 15 }, { "198.51.100.0", 24 },
    { "203.0.113.0", 24 }, { "224.0.0.0", 4 },    { "240.0.0.0", 4 },
};

/* All of IPv6 but 2000::/3 is refused; these are its exceptions. */
static const struct range private6[] = {
    { "2001::", 23 },
    { "2001:db8::", 32 },
    { "2002::", 16 },
    { "3fff::", 20 },
};

static bool within(const unsigned char *address, int family, const struct range *range)
{
    unsigned char first[16];
    inet_pton(family, range->first, first);
    int whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(address, first, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ first[whole]) >> (8 - rest)) == 0;
}

static bool public4(const unsigned char *address)
{
    for (size_t i = 0; i < sizeof(private4) / sizeof(private4[0]); i++)
        if (within(address, AF_INET, &private4[i]))
            return false;
    return true;
}

static bool public6(const unsigned char *address)
{
    if ((address[0] & 0xe0) != 0x20)
        return false;
    for (size_t i = 0; i < sizeof(private6) / sizeof(private6[0]); i++)
        if (within(address, AF_INET6, &private6[i]))
            return false;
    return true;
}

bool http_public(const struct sockaddr *address)
{
    const void *any = address;
    if (address->sa_family == AF_INET)
        return public4((const unsigned char *)&((const struct sockaddr_in *)any)->sin_addr);
    if (address->sa_family == AF_INET6)
        return public6((const unsigned char *)&((const struct sockaddr_in6 *)any)->sin6_addr);
    return false;
}

bool http_allowed(const struct app *app, const char *host, int port)
{
    const char *list = app->settings ? app->settings->egress_allow : NULL;
    size_t host_n = strlen(host);
    for (const char *p = list; p && *p; p += strspn(p, ", ")) {
        size_t n = strcspn(p, ", ");
        const char *colon = memrchr(p, ':', n);
        if (colon && (size_t)(colon - p) == host_n && strncasecmp(p, host, host_n) == 0 &&
            strtol(colon + 1, NULL, 10) == port)
            return true;
        p += n;
    }
    return false;
}

/* Whether an exception names the address itself, with its port. */
static bool named(const struct app *app, const struct sockaddr *address)
{
    const void *any = address;
    bool six = address->sa_family == AF_INET6;
    const struct sockaddr_in *in4 = any;
    const struct sockaddr_in6 *in6 = any;
    char text[INET6_ADDRSTRLEN + 2] = "[";
    inet_ntop(address->sa_family,
              six ? (const void *)&in6->sin6_addr : (const void *)&in4->sin_addr, text + 1,
              INET6_ADDRSTRLEN);
    if (six)
        strncat(text, "]", 2);
    return http_allowed(app, six ? text : text + 1, ntohs(six ? in6->sin6_port : in4->sin_port));
}

struct place {
    char *scheme, *host, *port;
};

static bool split(const char *url, struct place *to)
{
    CURLU *parts = curl_url();
    *to = (struct place){ 0 };
    bool ok = parts && url && !curl_url_set(parts, CURLUPART_URL, url, 0) &&
              !curl_url_get(parts, CURLUPART_SCHEME, &to->scheme, 0) &&
              !curl_url_get(parts, CURLUPART_HOST, &to->host, 0) &&
              !curl_url_get(parts, CURLUPART_PORT, &to->port, CURLU_DEFAULT_PORT);
    curl_url_cleanup(parts);
    return ok;
}

static int port_of(const struct place *at)
{
    return (int)strtol(at->port, NULL, 10);
}

static void forget(struct place *at)
{
    curl_free(at->scheme);
    curl_free(at->host);
    curl_free(at->port);
}

static bool excepted(const struct guard *g, const struct sockaddr *address)
{
    struct place at;
    char *url = NULL;
    if (named(g->app, address))
        return true;
    curl_easy_getinfo(g->curl, CURLINFO_EFFECTIVE_URL, &url);
    bool allowed = split(url, &at) && http_allowed(g->app, at.host, port_of(&at));
    forget(&at);
    return allowed;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct guard *g = arg;
    (void)purpose;
    if ((to->family != AF_INET && to->family != AF_INET6) ||
        (!http_public(&to->addr) && !excepted(g, &to->addr))) {
        g->refused = !g->opened;
        return CURL_SOCKET_BAD;
    }
    g->opened = true;
    g->refused = false;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

void http_guard(struct guard *g, struct app *app, void *curl)
{
    *g = (struct guard){ .app = app, .curl = curl };
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, g);
}

/* ---- before anything is sent ---- */

const char *http_forbids(const struct app *app, const char *host, int port)
{
    char number[16], bare[256];
    struct addrinfo *list = NULL;
    const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
    size_t n = strlen(host), skip = *host == '[' && host[n - 1] == ']';
    snprintf(number, sizeof(number), "%d", port);
    snprintf(bare, sizeof(bare), "%.*s", (int)(n - 2 * skip), host + skip);
    if (http_allowed(app, host, port) || getaddrinfo(bare, number, &want, &list))
        return NULL;
    bool open = false;
    for (const struct addrinfo *one = list; one && !open; one = one->ai_next)
        open = http_public(one->ai_addr) || named(app, one->ai_addr);
    freeaddrinfo(list);
    return open ? NULL
                : "is at a private address, which the setting TRACK_EGRESS_ALLOW does not name";
}

const char *http_forbids_scheme(const struct app *app, const char *url)
{
    struct place at;
    bool allowed = split(url, &at) &&
                   (strcmp(at.scheme, "https") == 0 ||
                    (strcmp(at.scheme, "http") == 0 && http_allowed(app, at.host, port_of(&at))));
    forget(&at);
    return allowed ? NULL
                   : "is no address of https, and the setting TRACK_EGRESS_ALLOW does not name it";
}

const char *http_forbids_url(const struct app *app, const char *url)
{
    struct place at;
    const char *why = http_forbids_scheme(app, url);
    if (!why)
        why = split(url, &at) ? http_forbids(app, at.host, port_of(&at)) : NULL;
    else
        at = (struct place){ 0 };
    forget(&at);
    return why;
}
