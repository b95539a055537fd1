/* The circuit breaker of an account, shared by all workers through one row, and the call log. */
#include "http/parts.h"

#include "base/log.h"
#include "db/db.h"
#include "http/breaker.sql.h"
#include "http/call_log.sql.h"
#include "http/redact.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define BELIEVED_MS 250

static const char *host_of(struct ctx *c, const char *url)
{
    char *host = NULL;
    CURLU *parts = curl_url();
    if (parts && !curl_url_set(parts, CURLUPART_URL, url, 0))
        (void)curl_url_get(parts, CURLUPART_HOST, &host, 0);
    const char *copy = arena_strdup(c->arena, host ? host : "");
    curl_free(host);
    curl_url_cleanup(parts);
    return copy;
}

static const char *account_of(const struct http_call *call)
{
    return call->account ? call->account : "";
}

enum err breaker_enter(struct ctx *c, const struct http_call *call, struct breaker_memory *memory,
                       int *retry_after, bool *well)
{
    PGresult *rows;
    int64_t now = c->app->now_ms(c->app);
    const char *host = host_of(c, call->url);
    const char *account =
        arena_printf(c->arena, "%s %s %s", call->provider, host, account_of(call));
    *well = c->db && now >= memory->asked_ms && now < memory->asked_ms + BELIEVED_MS &&
            strcmp(memory->account, account) == 0;
    if (!c->db || *well)
        return OK;
    enum err r = db_query(c->db, c->arena, breaker_enter, &rows, .provider = call->provider,
                          .host = host, .account = account_of(call));
    if (r)
        return r;
    if (!rows_count(rows))
        return OK;
    *well = row_bool(rows, 0, "well") && strlen(account) < sizeof(memory->account);
    *memory = (struct breaker_memory){ .asked_ms = *well ? now : 0 };
    if (*well)
        snprintf(memory->account, sizeof(memory->account), "%s", account);
    if (!row_bool(rows, 0, "open"))
        return OK;
    *retry_after = (int)row_int(rows, 0, "seconds");
    return ERR_LIMITED;
}

static const char *request_text(struct ctx *c, const struct http_call *call)
{
    struct buf out = buf_in(c->arena);
    for (const char *const *h = call->headers; h && *h; h++) {
        const char *colon = strchr(*h, ':');
        size_t n = colon ? (size_t)(colon - *h) : strlen(*h);
        redact_header(&out, arena_strndup(c->arena, *h, n),
                      colon ? colon + 1 + strspn(colon + 1, " ") : "");
    }
    buf_puts(&out, "\n");
    redact_body(&out, call->secret_body ? STR("[not kept]") : call->body);
    return out.p;
}

static const char *response_text(struct ctx *c, const struct try_record *t)
{
    struct buf out = buf_in(c->arena);
    if (!t->answer->status)
        return NULL;
    for (const char *const *h = t->answer->headers; h && *h; h += 2)
        redact_header(&out, h[0], h[1]);
    buf_puts(&out, "\n");
    redact_body(&out, t->call->secret_body ? STR("[not kept]") : t->answer->body);
    return out.p;
}

static enum err call_add(struct ctx *c, const struct try_record *t)
{
    const struct http_call *call = t->call;
    const int status = t->answer->status;
    return db_query(c->db, c->arena, http_call_add, NULL, .provider = call->provider,
                    .method = call->method,
                    .url = call->secret_path ? redact_path(c->arena, call->url)
                                             : redact_url(c->arena, call->url),
                    .entity = call->entity,
                    .job_id = call->job_id ? arena_strdup(c->arena, NUM(call->job_id)) : NULL,
                    .status = status ? arena_strdup(c->arena, NUM(status)) : NULL,
                    .error = t->answer->error, .request = request_text(c, call),
                    .response = response_text(c, t), .dry_run = t->dry_run ? "t" : "f",
                    .duration_ms = arena_strdup(c->arena, NUM(t->duration_ms)));
}

enum err try_note(struct ctx *c, const struct try_record *t)
{
    if (!c->db)
        return OK;
    db_begin(c->db, c->tenant_id);
    db_batch(c->db);
    enum err e = db_run(c->db, c->arena, &sql_http_call_unhurried, NULL, NULL);
    if (!e && !t->dry_run && (t->failed || !t->well))
        e = db_query(c->db, c->arena, breaker_note, NULL, .provider = t->call->provider,
                     .host = host_of(c, t->call->url), .account = account_of(t->call),
                     .failed = t->failed ? "t" : "f");
    return db_end(c->db, e ? e : call_add(c, t));
}
