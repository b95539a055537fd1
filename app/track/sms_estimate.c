/* Estimates: every SMS is written as it would be sent, and its parts are counted. */
#include "track/sms_estimate.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "channels/sms.h"
#include "db/db.h"
#include "track/cost.sql.h"
#include "track/send_way.h"
#include "track/sms.h"
#include "track/sms_estimate.sql.h"

#include <string.h>

#define SCRATCH ((size_t)16 << 20)

enum err sms_prices_load(struct ctx *c, struct sms_prices *out)
{
    struct provider_account account;
    enum err e = provider_find(c, "sms", &account);
    *out = (struct sms_prices){ e == OK ? account.settings : NULL, e == ERR_NOT_FOUND };
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? OK : e;
}

const char *sms_prices_currency(const struct sms_prices *p)
{
    return json_text(p->settings, "currency");
}

/* micros: -1: not known. */
static void put_price(struct json_object *d, struct arena *a, const struct sms_prices *p,
                      int64_t micros)
{
    json_set_text(d, "cost", micros < 0 ? NULL : money_micros_number(a, micros));
    json_set_text(d, "currency", micros < 0 ? NULL : sms_prices_currency(p));
    json_set_bool(d, "dryRun", p->dry_run);
}

static int64_t times(int64_t price, int64_t parts)
{
    return price < 0 ? -1 : price * parts;
}

static struct json_object *one(struct ctx *c, const char *text, const struct sms_prices *prices)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct sms_parts p = sms_parts(c->arena, text);
    json_set_text(d, "text", text);
    json_set_text(d, "encoding", sms_encoding(&p));
    json_set_int(d, "units", p.units);
    json_set_int(d, "parts", p.parts);
    json_set_text(d, "foreign", p.foreign);
    json_set_text(d, "warning", sms_warning(c->arena, text));
    put_price(d, c->arena, prices, times(sms_price(c->arena, prices->settings, NULL), p.parts));
    return d;
}

enum err sms_estimate_text(struct ctx *c, const char *text, struct json_object **out)
{
    struct sms_prices prices;
    enum err e = sms_prices_load(c, &prices);
    if (e == OK)
        *out = one(c, sms_tidy(c->arena, text), &prices);
    return e;
}

/* ---- of many ---- */

static void note_long(struct ctx *c, const char *text, const struct sms_parts *p, int row,
                      struct sms_tally *t)
{
    if (t->longs_count == SMS_LONG_SHOWN)
        return;
    const char *names = sms_foreign(c->arena, text);
    t->longs[t->longs_count].row = row;
    t->longs[t->longs_count++].words =
        arena_printf(c->arena, "%d parts of %s%s%s", p->parts, sms_encoding(p),
                     names ? ", because of " : "", names ? names : "");
}

static void count(struct ctx *c, const char *text, int row, int64_t price, struct sms_tally *t)
{
    struct sms_parts p = sms_parts(c->arena, text);
    t->messages++;
    t->parts += p.parts;
    t->unicode += p.ucs2;
    t->unpriced += price < 0;
    t->micros += price < 0 ? 0 : price * p.parts;
    if (p.parts > 1) {
        t->several++;
        note_long(c, text, &p, row, t);
    }
    if (p.ucs2 && !t->warning)
        t->warning = sms_warning(c->arena, text);
    if (p.parts > t->most) {
        t->most = p.parts;
        t->example = arena_strdup(c->arena, text);
    }
}

/* Written in memory that the next one uses again. */
static enum err write_one(struct ctx *c, PGresult *rows, int i, struct arena *scratch,
                          const char **text)
{
    struct job j = { .ctx = *c };
    struct sending s = { .job = &j, .row = rows, .at = i };
    j.ctx.arena = scratch;
    enum err e = sms_text(&s, text);
    if (e != OK)
        c->problem =
            (struct problem){ .detail = "The SMS could not be written from its template." };
    return e;
}

enum err sms_tally_add(struct ctx *c, PGresult *rows, const struct sms_prices *prices,
                       struct sms_tally *t)
{
    enum err e = OK;
    struct arena *scratch = arena_new(SCRATCH);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        const char *text, *phone = row_text(rows, i, "phone");
        if (row_bool(rows, i, "suppressed"))
            t->suppressed++;
        else if (!phone || !*phone)
            t->without++;
        else if ((e = write_one(c, rows, i, scratch, &text)) == OK)
            count(c, text, i, sms_price(scratch, prices->settings, sms_number(scratch, phone)), t);
        arena_reset(scratch);
    }
    arena_free(scratch);
    return e;
}

enum err sms_tally_batch(struct ctx *c, const char *batch_id, const struct sms_prices *prices,
                         PGresult **rows, struct sms_tally *t)
{
    enum err e = db_query(c->db, c->arena, sms_estimate_rows, rows, .batch_id = batch_id);
    return e == OK ? sms_tally_add(c, *rows, prices, t) : e;
}

static struct json_object *document(struct ctx *c, int64_t messages, const struct sms_tally *t,
                                    const struct sms_prices *prices)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_int(d, "messages", messages);
    json_set_int(d, "parts", t->parts);
    json_set_int(d, "inSeveralParts", t->several);
    json_set_int(d, "unicode", t->unicode);
    json_set_int(d, "withoutNumber", t->without);
    json_set_int(d, "suppressed", t->suppressed);
    json_set_text(d, "warning", t->warning);
    json_set(d, "example", t->example ? json_object_get(one(c, t->example, prices)) : NULL);
    put_price(d, c->arena, prices, t->unpriced ? -1 : t->micros);
    return d;
}

enum err cost_may_see(struct ctx *c, const char *batch_id)
{
    PGresult *batch;
    enum err e = db_query(c->db, c->arena, cost_batch, &batch, .batch_id = batch_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    return e == OK && rows_count(batch) == 0 ? ERR_NOT_FOUND : e;
}

enum err sms_estimate_batch(struct ctx *c, const char *batch_id, struct json_object **out)
{
    PGresult *rows;
    struct sms_prices prices;
    struct sms_tally t = { 0 };
    enum err e = cost_may_see(c, batch_id);
    if (e == OK)
        e = sms_prices_load(c, &prices);
    if (e == OK)
        e = sms_tally_batch(c, batch_id, &prices, &rows, &t);
    if (e == OK)
        *out = document(c, rows_count(rows), &t, &prices);
    return e;
}
