/* Tokens of accounts at carriers: read, made by one process while the others wait. */
#include "carriers/token.h"

#include "base/crypto.h"
#include "base/uuid.h"
#include "carriers/token.sql.h"
#include "db/db.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define ALONE_SECONDS 20 /* beyond the longest call, after which another may sign in */
#define DENIED_SECONDS 60
#define LOOK_MS 100
#define LOOKS 120
#define AGAIN_SECONDS 5

struct asking {
    struct ctx *c;
    const struct channel_account *account;
    const struct token_source *source;
    const char *credentials; /* their tag: the text itself stands nowhere */
    int64_t version;         /* as last read; 0: there is no row */
    const char *sealed;
    int64_t age;
    bool alike, renewing, denied;
    const char *denied_sentence;
};

static const char *place(const struct asking *a)
{
    return arena_printf(a->c->arena, "carrier_tokens|token|%s|%s", a->c->tenant_id, a->account->id);
}

static const char *number(const struct asking *a, int64_t n)
{
    return arena_printf(a->c->arena, "%" PRId64, n);
}

static enum err read_row(struct asking *a)
{
    PGresult *row;
    struct ctx *c = a->c;
    db_begin_reading(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, token_read, &row, .account_id = a->account->id));
    if (e)
        return e;
    a->version = 0;
    a->sealed = NULL;
    a->alike = a->renewing = a->denied = false;
    if (rows_count(row) == 0)
        return OK;
    a->version = row_int(row, 0, "version");
    a->sealed = row_text(row, 0, "token");
    a->age = a->sealed ? row_int(row, 0, "age") : 0;
    a->alike = strcmp(row_text(row, 0, "credentials"), a->credentials) == 0;
    a->renewing = row_text(row, 0, "renewing") && row_bool(row, 0, "renewing");
    a->denied = row_text(row, 0, "denied") && row_bool(row, 0, "denied") &&
                strcmp(row_text(row, 0, "denied_credentials"), a->credentials) == 0;
    a->denied_sentence = row_text(row, 0, "denied_sentence");
    return OK;
}

/* Whether there is one that is younger than that. */
static bool has(const struct asking *a, int64_t seconds)
{
    return a->sealed && a->alike && a->age >= 0 && a->age < seconds;
}

/* ERR_NOT_FOUND: it was sealed under another key. */
static enum err open_token(struct asking *a, struct carrier_token *out)
{
    struct str plain;
    if (secret_open(a->c->app, a->c->arena, a->sealed, place(a), &plain))
        return ERR_NOT_FOUND;
    *out = (struct carrier_token){ arena_strndup(a->c->arena, plain.p, plain.n), a->version };
    return OK;
}

/* ---- making one ---- */

/* ERR_CONFLICT: somebody else does, or has. */
static enum err claim(struct asking *a, const char *by)
{
    PGresult *row;
    struct ctx *c = a->c;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, token_claim, &row, .account_id = a->account->id,
                               .by = by, .seconds = number(a, ALONE_SECONDS),
                               .version = number(a, a->version), .credentials = a->credentials));
    return e == OK && rows_count(row) == 0 ? ERR_CONFLICT : e;
}

static enum err not_made(struct asking *a, const char *by, enum err why,
                         const struct token_fault *fault)
{
    struct ctx *c = a->c;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, token_not_made, NULL, .account_id = a->account->id,
                               .by = by, .denied = why == ERR_DENIED ? "t" : "f",
                               .credentials = a->credentials, .sentence = fault->sentence,
                               .seconds = number(a, DENIED_SECONDS)));
    return e ? e : why;
}

static enum err keep(struct asking *a, const char *by, const char *text, struct carrier_token *out)
{
    PGresult *row;
    struct ctx *c = a->c;
    const char *sealed = secret_seal(c->app, c->arena, str_of(text), place(a));
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, token_keep, &row, .account_id = a->account->id,
                               .by = by, .token = sealed, .credentials = a->credentials));
    if (e == OK && rows_count(row) == 0)
        return ERR_CONFLICT; /* it took so long that another has made one */
    if (e == OK)
        *out = (struct carrier_token){ text, row_int(row, 0, "version") };
    return e;
}

static enum err make(struct asking *a, struct carrier_token *out, struct token_fault *fault)
{
    const char *text = NULL, *by = uuid7(a->c->app, a->c->arena);
    enum err e = claim(a, by);
    if (e)
        return e;
    e = a->source->make(a->c, a->account, &text, fault);
    return e == OK ? keep(a, by, text, out) : not_made(a, by, e, fault);
}

/* ---- asking for one ---- */

/* ERR_CONFLICT: look again, for somebody else makes it. */
static enum err get(struct asking *a, struct carrier_token *out, struct token_fault *fault)
{
    enum err e = read_row(a);
    if (e == OK && has(a, a->source->renew_seconds) && open_token(a, out) == OK)
        return OK;
    if (e == OK && a->renewing && has(a, a->source->good_seconds) && open_token(a, out) == OK)
        return OK;
    if (e)
        return e;
    if (a->denied) {
        fault->sentence = a->denied_sentence;
        return ERR_DENIED;
    }
    if (a->renewing)
        return ERR_CONFLICT;
    e = make(a, out, fault);
    if (e != ERR_RETRY && e != ERR_LIMITED)
        return e;
    /* The carrier does not sign in just now: the one that is there may still work. */
    enum err again = read_row(a);
    if (again)
        return again;
    return has(a, a->source->good_seconds) && open_token(a, out) == OK ? OK : e;
}

enum err carrier_token_get(struct ctx *c, const struct channel_account *account,
                           const struct token_source *source, struct carrier_token *out,
                           struct token_fault *fault)
{
    struct asking a = { .c = c, .account = account, .source = source };
    a.credentials = tag_make(c->app, c->arena, "carrier token", source->credentials);
    *fault = (struct token_fault){ .sentence = "The account's token cannot be read just now." };
    for (int i = 0; i < LOOKS; i++) {
        enum err e = get(&a, out, fault);
        if (e != ERR_CONFLICT)
            return e;
        poll(NULL, 0, LOOK_MS);
    }
    *fault = (struct token_fault){ "Another process signs in with the account just now.",
                                   AGAIN_SECONDS };
    return ERR_LIMITED;
}

enum err carrier_token_refused(struct ctx *c, const struct channel_account *account,
                               int64_t version)
{
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, token_refused, NULL, .account_id = account->id,
                                  .version = arena_printf(c->arena, "%" PRId64, version)));
}
