/* Verifying deliveries against the accounts of their provider, and keeping them. */
#include "inbox/intake.h"
#include "inbox/inbox.h"

#include "access/access.h"
#include "base/crypto.h"
#include "base/domain.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "inbox/inbox.sql.h"
#include "web/pressure.h"

#include <string.h>

#define CACHE_MS 1000
#define DOUBT_MS 100 /* a refusal by accounts read longer ago is looked at again */
#define KEY_MAX 512
#define WAITING_MOST 500000
#define WAITING_EVERY_MS 10000 /* so many are not counted oftener */

/* A hook with the accounts of its provider, as read at most a second ago. */
struct way {
    const struct hook *hook;
    struct arena *arena;
    struct hook_account *accounts;
    size_t n;
    int64_t read_ms; /* 0: never */
};

struct intake {
    struct app *app;
    struct db *db;
    struct pressure *pressure;
    struct way *ways;
    size_t n;
};

static void free_accounts(void *arena)
{
    arena_free(arena);
}

struct intake *intake_new(struct app *app, struct arena *a, struct db *db,
                          const struct domain *const *list)
{
    size_t count = 0;
    struct intake *in = arena_new_of(a, struct intake);
    for (const struct domain *const *d = list; *d; d++)
        for (const struct hook *h = (*d)->hooks; h && h->provider; h++)
            count++;
    *in = (struct intake){ .app = app, .db = db };
    in->pressure = pressure_new(app, a, db, "inbox", WAITING_MOST, WAITING_EVERY_MS);
    in->ways = arena_zalloc(a, count + 1, sizeof(*in->ways));
    for (const struct domain *const *d = list; *d; d++) {
        for (const struct hook *h = (*d)->hooks; h && h->provider; h++) {
            struct way *w = &in->ways[in->n++];
            *w = (struct way){ .hook = h, .arena = arena_new((size_t)16 << 20) };
            arena_defer(a, free_accounts, w->arena);
        }
    }
    return in;
}

/* "msgraph.email" is served by accounts of that name and of "msgraph". */
static const char *providers_of(struct arena *a, const char *provider)
{
    int n = (int)strcspn(provider, ".");
    return arena_printf(a, "%.*s,%s", n, provider, provider);
}

static void open_account(struct intake *in, struct way *w, const PGresult *rows, int row)
{
    struct ctx c = { .app = in->app, .arena = w->arena, .db = in->db };
    struct hook_account a = { .id = row_text(rows, row, "id"),
                              .tenant_id = row_text(rows, row, "tenant_id"),
                              .provider = row_text(rows, row, "provider") };
    a.settings = json_get(row_json(w->arena, rows, row), "settings");
    const char *sealed = row_text(rows, row, "secrets");
    if (provider_open(&c, a.tenant_id, a.id, sealed, &a.secrets) == OK)
        w->accounts[w->n++] = a;
}

static enum err read_accounts(struct intake *in, struct way *w)
{
    PGresult *rows;
    arena_reset(w->arena);
    w->n = 0;
    w->read_ms = 0;
    enum err e = db_query(in->db, w->arena, hook_accounts, &rows,
                          .providers = providers_of(w->arena, w->hook->provider));
    if (e != OK)
        return e;
    w->accounts = arena_zalloc(w->arena, (size_t)rows_count(rows) + 1, sizeof(*w->accounts));
    for (int i = 0; i < rows_count(rows); i++)
        open_account(in, w, rows, i);
    w->accounts[0].alone = rows_count(rows) == 1;
    w->read_ms = in->app->now_ms(in->app);
    return OK;
}

static bool older_than(const struct intake *in, const struct way *w, int64_t ms)
{
    int64_t age = in->app->now_ms(in->app) - w->read_ms;
    return w->read_ms == 0 || age > ms || age < 0;
}

/* Whether a path is the hook's, in which ":name" stands for any one segment: *segment. */
static bool fits(const struct hook *hook, struct hook_request *r)
{
    const char *colon = strchr(hook->path, ':');
    size_t before = colon ? (size_t)(colon - hook->path) : 0;
    if (!colon)
        return strcmp(hook->path, r->path) == 0;
    if (strncmp(hook->path, r->path, before) != 0)
        return false;
    size_t n = strcspn(r->path + before, "/");
    if (n == 0 || strcmp(r->path + before + n, colon + strcspn(colon, "/")) != 0)
        return false;
    r->segment = arena_strndup(r->arena, r->path + before, n);
    return true;
}

static struct way *way_of(struct intake *in, struct hook_request *r)
{
    for (size_t i = 0; i < in->n; i++)
        if (fits(in->ways[i].hook, r))
            return &in->ways[i];
    return NULL;
}

/* The first account that does not refuse decides. */
static enum hook_verdict ask(struct way *w, struct delivery *d)
{
    enum hook_verdict verdict = HOOK_REFUSE;
    for (size_t i = 0; i < w->n && verdict == HOOK_REFUSE; i++) {
        verdict = w->hook->verify(&d->request, &w->accounts[i], &d->dedupe_key, &d->answer);
        if (verdict != HOOK_REFUSE)
            d->account = &w->accounts[i];
    }
    return verdict;
}

static struct hook_account copy_account(struct arena *a, const struct hook_account *from)
{
    return (struct hook_account){ .id = arena_strdup(a, from->id),
                                  .tenant_id = arena_strdup(a, from->tenant_id),
                                  .provider = arena_strdup(a, from->provider) };
}

/* What the index and Postgres' text can hold, whatever the sender wrote. */
static const char *safe_key(struct arena *a, const struct delivery *d)
{
    unsigned char digest[SHA256_SIZE];
    const char *key = d->dedupe_key;
    if (key && *key && strlen(key) <= KEY_MAX && utf8_valid(str_of(key)))
        return arena_strdup(a, key);
    struct str of = key && *key ? str_of(key) : d->request.body;
    sha256(of.p, of.n, digest);
    return arena_printf(a, "sha256:%s", hex(a, digest, sizeof(digest)));
}

static void verify(struct intake *in, struct arena *a, struct delivery *d)
{
    struct way *w = way_of(in, &d->request);
    if (!w)
        return;
    d->hook = w->hook;
    enum hook_verdict verdict = w->hook->verify(&d->request, NULL, &d->dedupe_key, &d->answer);
    if (verdict == HOOK_ANSWER)
        return;
    if (older_than(in, w, CACHE_MS) && read_accounts(in, w) != OK) {
        d->failed = true;
        return;
    }
    verdict = ask(w, d);
    if (verdict == HOOK_REFUSE && older_than(in, w, DOUBT_MS)) {
        if (read_accounts(in, w) != OK) {
            d->failed = true;
            return;
        }
        verdict = ask(w, d);
    }
    if (verdict == HOOK_REFUSE && d->answer.status == 0)
        d->answer.status = 401;
    d->keep = verdict == HOOK_KEEP;
    if (!d->keep)
        return;
    struct hook_account *account = arena_new_of(a, struct hook_account);
    *account = copy_account(a, d->account); /* the cache may be read anew for a neighbour */
    d->account = account;
    d->dedupe_key = safe_key(a, d);
}

static struct json_object *headers_of(const struct hook_request *r)
{
    struct json_object *o = json_object_new_object();
    for (const char *const *h = r->headers; h[0]; h += 2) {
        const char *value = log_is_secret(h[0])        ? "[redacted]"
                            : utf8_valid(str_of(h[1])) ? h[1]
                                                       : "[not text]";
        json_set_text(o, h[0], value);
    }
    return o;
}

/* The path as it is kept. */
static const char *path_of(struct arena *a, const struct delivery *d)
{
    const char *pattern = d->hook->path, *colon = strchr(pattern, ':');
    if (!d->hook->secret_segment || !colon)
        return d->request.path;
    return arena_printf(a, "%.*s…%s", (int)(colon - pattern), pattern, strchrnul(colon, '/'));
}

static struct json_object *row_of(struct arena *a, const struct delivery *d)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "tenant_id", d->account->tenant_id);
    json_set_text(o, "account_id", d->account->id);
    json_set_text(o, "provider", d->hook->provider);
    json_set_text(o, "dedupe_key", d->dedupe_key);
    json_set_text(o, "method", d->request.method);
    json_set_text(o, "path", path_of(a, d));
    json_set(o, "headers", headers_of(&d->request));
    json_set_text(o, "body", base64(a, d->request.body.p, d->request.body.n));
    json_set_text(o, "mapper", d->hook->mapper);
    return o;
}

static enum err keep(struct intake *in, struct arena *a, struct delivery *const *deliveries,
                     size_t n)
{
    struct buf text = buf_in(a);
    struct json_object *rows = json_own(a, json_object_new_array());
    for (size_t i = 0; i < n; i++)
        if (deliveries[i]->keep)
            json_object_array_add(rows, row_of(a, deliveries[i]));
    if (json_object_array_length(rows) == 0)
        return OK;
    json_write(&text, rows);
    return db_query(in->db, a, inbox_take, NULL, .requests = text.p);
}

static bool is_full(struct intake *in, struct arena *a)
{
    return pressure_room(in->pressure) == ROOM_NONE || pressure_too_many(in->pressure, a);
}

/* Providers keep what we cannot: their own tries go on for hours. */
static void put_off(struct delivery *d)
{
    d->retry_after = PRESSURE_RETRY_SECONDS;
    d->failed = true;
    d->keep = false;
}

void intake_take(struct intake *in, struct arena *a, struct delivery *const *deliveries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        verify(in, a, deliveries[i]);
    for (size_t i = 0; i < n; i++)
        if (deliveries[i]->keep && is_full(in, a))
            put_off(deliveries[i]);
    enum err all = keep(in, a, deliveries, n);
    for (size_t i = 0; i < n && all != OK; i++) {
        /* Where not the database but one request is at fault, each stands for itself. */
        if (deliveries[i]->keep)
            deliveries[i]->failed =
                all == ERR_RETRY || n == 1 || keep(in, a, &deliveries[i], 1) != OK;
    }
    for (size_t i = 0; i < n; i++)
        if (deliveries[i]->keep && !deliveries[i]->failed && deliveries[i]->answer.status == 0)
            deliveries[i]->answer.status = 202;
}
