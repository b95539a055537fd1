/* Another address for a communication that was not sent yet, checked as an import checks it. */
#include "access/access.h"
#include "base/json.h"
#include "base/utf8.h"
#include "db/db.h"
#include "track/run.h"
#include "track/run.sql.h"
#include "track/track.h"
#include "track/value.h"

#include <string.h>

enum { EMAIL, PHONE, STREET, POSTAL_CODE, CITY, COUNTRY, FIELDS };

static const struct {
    const char *name, *word;
} fields[FIELDS] = {
    [EMAIL] = { "email", "E-mail" },   [PHONE] = { "phone", "Phone" },
    [STREET] = { "street", "Street" }, [POSTAL_CODE] = { "postalCode", "Post code" },
    [CITY] = { "city", "Town" },       [COUNTRY] = { "country", "Country" },
};

struct change {
    const char *before[FIELDS], *after[FIELDS]; /* "": nothing */
};

static const char *trimmed(struct arena *a, const char *text)
{
    size_t n = strlen(text += strspn(text, " \t"));
    while (n && strchr(" \t", text[n - 1]))
        n--;
    return arena_strndup(a, text, n);
}

/* NULL, or what is wrong with the text; *value is it as it is kept. */
static const char *read_field(struct ctx *c, int field, const char *country, const char **value)
{
    struct str text = str_of(*value);
    if (text.n == 0)
        return NULL;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7F)
            return "This holds a line break or another control character.";
    if (field == EMAIL)
        return read_email(c->arena, text, value);
    if (field == PHONE)
        return read_phone(c->arena, text, country, value);
    if (field == COUNTRY)
        return read_country(c->arena, text, value);
    return utf8_length(text) > 200 ? "This is too long." : NULL;
}

static enum err read_all(struct ctx *c, const struct recipient *r, struct change *x)
{
    const char *given[FIELDS] = {
        r->email, r->phone, r->street, r->postal_code, r->city, r->country
    };
    enum err e = OK;
    static const int order[FIELDS] = { COUNTRY, EMAIL, PHONE, STREET, POSTAL_CODE, CITY };
    for (int i = 0; i < FIELDS; i++) {
        int f = order[i];
        x->after[f] = given[f] ? trimmed(c->arena, given[f]) : x->before[f];
        const char *why = given[f] ? read_field(c, f, x->after[COUNTRY], &x->after[f]) : NULL;
        if (why)
            e = ctx_fault(c, fields[f].name, "%s", why);
    }
    return e;
}

/* What the channel goes by must not be taken away. */
static enum err keep_reachable(struct ctx *c, const char *channel, const struct change *x)
{
    static const struct {
        const char *channel;
        int field;
    } needs[] = { { "EMAIL", EMAIL },
                  { "SMS", PHONE },
                  { "LETTER", STREET },
                  { "LETTER", POSTAL_CODE },
                  { "LETTER", CITY } };
    enum err e = OK;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (strncmp(channel, needs[i].channel, strlen(needs[i].channel)) == 0 &&
            !*x->after[needs[i].field])
            e = ctx_fault(c, fields[needs[i].field].name, "This must not be empty.");
    return e;
}

/* "Recipient changed: E-mail, Phone."; NULL: nothing is. Timelines are for ever, so no address
   stands in it: the audit trail has them. */
static const char *sentence_of(struct ctx *c, const struct change *x)
{
    struct buf b = buf_in(c->arena);
    for (int f = 0; f < FIELDS; f++)
        if (strcmp(x->before[f], x->after[f]) != 0)
            buf_printf(&b, "%s%s", b.n ? ", " : "", fields[f].word);
    return b.n ? arena_printf(c->arena, "Recipient changed: %s.", b.p) : NULL;
}

static struct json_object *values(struct ctx *c, const char *const *of)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    for (int f = 0; f < FIELDS; f++)
        json_set_text(d, fields[f].name, of[f]);
    return d;
}

static bool has_changed(const struct change *x, int f)
{
    return strcmp(x->before[f], x->after[f]) != 0;
}

/* A message left out for what is mended now comes in again. */
static enum err take_in(struct ctx *c, const char *id, const struct change *x)
{
    struct buf b = buf_in(c->arena);
    buf_puts(&b, "{bad_address,suppressed");
    if (has_changed(x, EMAIL))
        buf_puts(&b, ",no_email");
    if (has_changed(x, PHONE))
        buf_puts(&b, ",no_phone");
    if (has_changed(x, STREET) || has_changed(x, POSTAL_CODE) || has_changed(x, CITY))
        buf_puts(&b, ",no_postal_address");
    buf_putc(&b, '}');
    return db_query(c->db, c->arena, recipient_taken_in, NULL, .communication_id = id,
                    .kinds = b.p);
}

static enum err write(struct ctx *c, const char *id, const struct change *x, PGresult **row)
{
    const char *sentence = sentence_of(c, x);
    const struct timeline_event note = { .type = EVENT_NOTE,
                                         .source = "user",
                                         .sentence = sentence };
    enum err e = db_query(c->db, c->arena, recipient_set, row, .communication_id = id,
                          .email = *x->after[EMAIL] ? x->after[EMAIL] : NULL,
                          .phone = *x->after[PHONE] ? x->after[PHONE] : NULL,
                          .street = x->after[STREET], .postal_code = x->after[POSTAL_CODE],
                          .city = x->after[CITY], .country = x->after[COUNTRY]);
    if (e != OK || !sentence)
        return e;
    if ((e = take_in(c, id, x)) != OK || (e = timeline_append(c, id, &note, NULL)) != OK)
        return e;
    return audit_add(c, "communication.recipient", "communication", id, values(c, x->before),
                     values(c, x->after));
}

/* The batch first, as all who lock both do. */
static enum err lock(struct ctx *c, const char *id, PGresult **row)
{
    PGresult *batch;
    enum err e = db_query(c->db, c->arena, recipient_find, &batch, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(batch) == 0)
        return ERR_NOT_FOUND;
    if (e == OK)
        e = runs_lock(c, row_text(batch, 0, "batchId"), &batch);
    return e != OK ? e : db_query(c->db, c->arena, recipient_lock, row, .communication_id = id);
}

enum err recipient_change(struct ctx *c, const char *communication_id, const struct recipient *r,
                          struct json_object **out)
{
    PGresult *row;
    struct change x;
    enum err e = lock(c, communication_id, &row);
    if (e != OK)
        return e;
    const char *status = row_text(row, 0, "_status");
    if (strcmp(status, "DRAFT") != 0 && strcmp(status, "HELD") != 0)
        return ctx_refuse(c, ERR_CONFLICT,
                          "It was sent already: send it again to the new address instead.");
    for (int f = 0; f < FIELDS; f++) {
        const char *text = row_text(row, 0, fields[f].name);
        x.before[f] = text ? text : "";
    }
    if ((e = read_all(c, r, &x)) != OK ||
        (e = keep_reachable(c, row_text(row, 0, "_channel"), &x)) != OK ||
        (e = write(c, communication_id, &x, &row)) != OK)
        return e;
    *out = row_json(c->arena, row, 0);
    return OK;
}
