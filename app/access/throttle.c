/* Login throttling: per account and net of the address, and more loosely per address. */
#include "access/private.h"

#include "access/throttle.sql.h"
#include "base/words.h"

#include <arpa/inet.h>

/* The /24 of an IPv4 address, the /64 of another; "?" for what is none. */
static const char *net_of(struct arena *a, const char *address)
{
    unsigned char b[16];
    char text[INET6_ADDRSTRLEN];
    if (address && inet_pton(AF_INET, address, b) == 1) {
        b[3] = 0;
        return arena_strdup(a, inet_ntop(AF_INET, b, text, sizeof(text)));
    }
    if (address && inet_pton(AF_INET6, address, b) == 1) {
        memset(b + 8, 0, 8);
        return arena_strdup(a, inet_ntop(AF_INET6, b, text, sizeof(text)));
    }
    return "?";
}

enum err throttle_count(struct ctx *c, const char *who, const char *address, struct throttle *t)
{
    PGresult *rows;
    const char *net = net_of(c->arena, address);
    bool four = address && strchr(address, '.'); /* of IPv6, one has a whole net */
    t->account = arena_printf(c->arena, "%s|%s", who, net);
    t->address = arena_printf(c->arena, "|%s", four ? address : net);
    enum err e = db_query(c->db, c->arena, throttle_count, &rows, .account = t->account,
                          .address = t->address);
    if (e)
        return e;
    int wait = (int)row_int(rows, 0, "wait");
    if (wait == 0)
        return OK;
    c->problem.retry_after = wait;
    return ctx_refuse(c, ERR_LIMITED, "Too many tries. Wait %s and try again.",
                      count_words(c->arena, (wait + 59) / 60, "minute", "minutes"));
}

enum err throttle_forgive(struct ctx *c, const struct throttle *t)
{
    enum err e = db_query(c->db, c->arena, throttle_forget, NULL, .account = t->account);
    if (e == OK)
        e = db_query(c->db, c->arena, throttle_excuse, NULL, .address = t->address);
    return e ? e : db_run(c->db, c->arena, &sql_throttle_sweep, NULL, NULL);
}
