/* Estimates: every SMS of a batch is written as it would be sent, and its parts are counted. */
#include "track/sms_estimate.h"

#include "access/access.h"
#include "base/json.h"
#include "channels/sms.h"
#include "db/db.h"
#include "track/send_way.h"
#include "track/sms.h"
#include "track/sms_estimate.sql.h"

#include <string.h>

#define SCRATCH ((size_t)16 << 20)

struct price {
    struct json_object *settings; /* NULL: no account, or none that is on */
    bool dry_run;
};

static enum err find_price(struct ctx *c, struct price *out)
{
    struct provider_account account;
    enum err e = provider_find(c, "sms", &account);
    *out = (struct price){ e == OK ? account.settings : NULL, e == ERR_NOT_FOUND };
    return e == ERR_NOT_FOUND || e == ERR_DENIED ? OK : e;
}

static void put_price(struct json_object *d, struct arena *a, const struct price *price,
                      int64_t parts)
{
    const char *cost = sms_cost(a, price->settings, parts);
    json_set_text(d, "cost", cost);
    json_set_text(d, "currency", cost ? json_text(price->settings, "currency") : NULL);
    json_set_bool(d, "dryRun", price->dry_run);
}

static struct json_object *one(struct ctx *c, const char *text, const struct price *price)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct sms_parts p = sms_parts(c->arena, text);
    json_set_text(d, "text", text);
    json_set_text(d, "encoding", sms_encoding(&p));
    json_set_int(d, "units", p.units);
    json_set_int(d, "parts", p.parts);
    json_set_text(d, "foreign", p.foreign);
    json_set_text(d, "warning", sms_warning(c->arena, &p));
    put_price(d, c->arena, price, p.parts);
    return d;
}

enum err sms_estimate_text(struct ctx *c, const char *text, struct json_object **out)
{
    struct price price;
    enum err e = find_price(c, &price);
    if (e == OK)
        *out = one(c, sms_tidy(c->arena, text), &price);
    return e;
}

/* ---- of a batch ---- */

struct tally {
    int64_t parts, several, unicode, without, suppressed;
    int most;            /* parts of the example */
    const char *example; /* lives with the answer */
    const char *warning; /* of the first one that has any */
};

static void count(struct ctx *c, const char *text, struct tally *t)
{
    struct sms_parts p = sms_parts(c->arena, text);
    t->parts += p.parts;
    t->several += p.parts > 1;
    t->unicode += p.ucs2;
    if (p.ucs2 && !t->warning)
        t->warning = sms_warning(c->arena, &p);
    if (p.parts > t->most) {
        t->most = p.parts;
        t->example = arena_strdup(c->arena, text);
    }
}

/* Each in memory that the next one uses again. */
static enum err count_all(struct ctx *c, PGresult *rows, struct arena *scratch, struct tally *t)
{
    enum err e = OK;
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        const char *text;
        struct job j = { .ctx = *c };
        struct sending s = { .job = &j, .row = rows, .at = i };
        j.ctx.arena = scratch;
        if (row_bool(rows, i, "suppressed"))
            t->suppressed++;
        else if (!row_text(rows, i, "phone"))
            t->without++;
        else if ((e = sms_text(&s, &text)) == OK)
            count(c, text, t);
        else
            c->problem =
                (struct problem){ .detail = "The SMS could not be written from its template." };
        arena_reset(scratch);
    }
    return e;
}

static struct json_object *document(struct ctx *c, int64_t messages, const struct tally *t,
                                    const struct price *price)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_int(d, "messages", messages);
    json_set_int(d, "parts", t->parts);
    json_set_int(d, "inSeveralParts", t->several);
    json_set_int(d, "unicode", t->unicode);
    json_set_int(d, "withoutNumber", t->without);
    json_set_int(d, "suppressed", t->suppressed);
    json_set_text(d, "warning", t->warning);
    json_set(d, "example", t->example ? json_object_get(one(c, t->example, price)) : NULL);
    put_price(d, c->arena, price, t->parts);
    return d;
}

enum err sms_estimate_batch(struct ctx *c, const char *batch_id, struct json_object **out)
{
    PGresult *batch, *rows;
    struct price price;
    struct tally t = { 0 };
    enum err e = db_query(c->db, c->arena, sms_estimate_batch, &batch, .batch_id = batch_id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(batch) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = find_price(c, &price);
    if (e == OK)
        e = db_query(c->db, c->arena, sms_estimate_rows, &rows, .batch_id = batch_id);
    if (e != OK)
        return e;
    struct arena *scratch = arena_new(SCRATCH);
    e = count_all(c, rows, scratch, &t);
    arena_free(scratch);
    if (e == OK)
        *out = document(c, rows_count(rows), &t, &price);
    return e;
}
