/* The demo's buildings, people and histories, written through the same timeline as real ones. */
#include "track/demo.h"

#include "base/json.h"
#include "channels/message.h"
#include "db/db.h"
#include "store/keep.h"
#include "track/demo.sql.h"
#include "track/suppression.h"
#include "track/track.h"
#include "track/view.h"

#include <time.h>

#define UNITS 12
#define FIRST_REMINDED 10 /* from this unit on, the second message is a reminder */

static const struct place {
    const char *code, *name, *street, *postal_code, *city;
} places[] = {
    { "LH-12", "Lindenhof 12", "Lindenhof 12", "8001", "Zürich" },
    { "SP-4", "Seepromenade 4", "Seepromenade 4", "6003", "Luzern" },
    { "RG-7", "Rosengarten 7", "Rosengartenweg 7", "3006", "Bern" },
};

static const char *const people[UNITS] = {
    "Anna Keller",    "Marco Bianchi", "Léa Dubois",   "Jonas Brunner",
    "Ivana Petrović", "Tobias Frei",   "Sofia Rossi",  "Daniel Wyss",
    "Ursula Ammann",  "Hans Zürcher",  "Nina Schwarz", "Peter Lüthi",
};
static const char *const numbers[UNITS] = { "1.01", "1.02", "1.03", "1.04", "2.01", "2.02",
                                            "2.03", "2.04", "3.01", "3.02", "3.03", "10.01" };

/* What happened to a communication; events in order, until a sentence is missing. */
static const struct story {
    const char *channel;
    struct step {
        enum event_type type;
        const char *source;
        char grade;
        int minutes; /* after sending was asked for */
        const char *sentence;
        const char *about; /* the code of a failure; the channel of a resend by another way */
    } steps[8];
} stories[] = {
#define QUEUED                                                                                     \
    {                                                                                              \
        EVENT_ENQUEUED, "user", 0, 0, "Waiting to be sent.", NULL                                  \
    }
#define ACCEPTED                                                                                   \
    {                                                                                              \
        EVENT_SENT, "worker", 'C', 2, "Accepted by mail.example.com.", NULL                        \
    }
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_DELIVERED, "provider", 'B', 4, "The receiving system reports it as delivered.",
          NULL },
        { EVENT_OPENED, "recipient", 'C', 95, "The recipient's mail program reports it as opened.",
          NULL } } },
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_DELIVERED, "provider", 'B', 5, "The receiving system reports it as delivered.",
          NULL } } },
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_BOUNCED, "provider", 'B', 6, "The address does not exist.", "5.1.1" } } },
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_RELAYED, "provider", 'C', 7, "Passed on to a system that reports no deliveries.",
          NULL } } },
    { "EMAIL",
      { QUEUED,
        { EVENT_DELAYED, "worker", 'C', 2, "The receiving server asked to wait.", "451 4.7.1" },
        { EVENT_FAILED, "worker", 'C', 65, "The receiving server refuses mail from here.",
          "550 5.7.1" } } },
    { "LETTER", { { EVENT_MANUAL_MARKED, "user", 'C', 2880, "Handed over in person.", NULL } } },
    { "LETTER",
      { QUEUED,
        { EVENT_READY_TO_PRINT, "worker", 0, 1, "The letter is ready to be printed.", NULL } } },
    { "SMS",
      { QUEUED,
        { EVENT_SENT, "worker", 'C', 1, "Accepted by sms.example.com.", NULL },
        { EVENT_DELIVERED, "provider", 'B', 1, "The handset reports it as received.", NULL } } },
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_BOUNCED, "provider", 'B', 8, "The mailbox is full.", "5.2.2" },
        { EVENT_RESEND_REQUESTED, "user", 0, 300, "To be sent again, as a letter.", "LETTER" },
        { EVENT_READY_TO_PRINT, "worker", 0, 301, "The letter is ready to be printed.", NULL } } },
    { "EMAIL",
      { QUEUED,
        ACCEPTED,
        { EVENT_DELIVERED, "provider", 'B', 3, "The receiving system reports it as delivered.",
          NULL },
        { EVENT_BOUNCED, "provider", 'C', 190, "The message could not be delivered.", "5.0.0" } } },
    { "EMAIL",
      { QUEUED, { EVENT_HELD, "user", 0, 1, "Kept back: the amount is being checked.", NULL } } },
    { "SMS", { QUEUED, { EVENT_SKIPPED, "worker", 0, 1, "Not sent on purpose.", NULL } } },
    { "SMS",
      { QUEUED,
        { EVENT_SENT, "worker", 'C', 1, "Accepted by sms.example.com.", NULL },
        { EVENT_DELIVERED, "provider", 'B', 1, "The handset reports it as received.", NULL },
        { EVENT_NOTE, "recipient", 'A', 26, "The recipient wrote \u201cSTOP\u201d.", NULL } } },
#undef QUEUED
#undef ACCEPTED
};

/* That people put on those of a story, with commas between. */
static const char *const story_tags[sizeof(stories) / sizeof(stories[0])] = {
    [2] = "new-address", [9] = "call-back", [10] = "call-back,objection"
};

/* The story of each unit; a second one where the unit has two channels. -1: none. */
static const int first_story[UNITS] = { 0, 1, 1, 8, 2, 3, 1, 0, 6, 4, 1, 7 };
static const int second_story[UNITS] = { -1, -1, 5, -1, 5, -1, 11, -1, 10, 5, 7, 9 };

/* What the stories of a unit hang together by: whose address was unknown has a new one in the year
   to be sent; a year before it was skipped, the recipient wrote STOP. */
enum { BOUNCES = 2, ARRIVES = 7, SKIPS = 11, STOPS = 12, LAST_PLACE = 2 };

struct demo {
    struct ctx *c;
    const struct place *place;
    const char *building_id, *batch_id, *unit_id[UNITS];
    int place_index, year;
    bool sent, first; /* first: the first year */
    time_t at;        /* when sending was asked for */
    struct actor nobody;
};

struct told {
    const char *id, *phone;
    int tries; /* of the worker, until now */
    const PGresult *against;
};

static const char *time_text(struct arena *a, time_t at)
{
    struct tm t;
    char out[32];
    gmtime_r(&at, &t);
    strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%SZ", &t);
    return arena_strdup(a, out);
}

/* A PDF of one page with a few lines of plain letters. */
static struct str statement_pdf(struct ctx *c, const char *const lines[4])
{
    struct buf page = buf_in(c->arena), b = buf_in(c->arena);
    size_t at[6];
    buf_puts(&page, "BT /F1 14 Tf 72 760 Td 22 TL\n");
    for (int i = 0; i < 4; i++)
        buf_printf(&page, "(%s) Tj T*\n", lines[i]);
    buf_puts(&page, "ET");
    const char *const objects[] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        arena_printf(c->arena, "<< /Length %zu >>\nstream\n%s\nendstream", page.n, page.p),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    };
    buf_puts(&b, "%PDF-1.4\n");
    for (int i = 0; i < 5; i++) {
        at[i] = b.n;
        buf_printf(&b, "%d 0 obj\n%s\nendobj\n", i + 1, objects[i]);
    }
    at[5] = b.n;
    buf_puts(&b, "xref\n0 6\n0000000000 65535 f \n");
    for (int i = 0; i < 5; i++)
        buf_printf(&b, "%010zu 00000 n \n", at[i]);
    buf_printf(&b, "trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", at[5]);
    return buf_str(&b);
}

static const char *phone_of(const struct demo *d, int unit)
{
    return arena_printf(d->c->arena, "+4179555%04d", d->place_index * UNITS + unit + 1);
}

static struct json_object *detail_of(struct ctx *c, struct told *t, const struct step *s)
{
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    if (s->about)
        json_set_text(detail, s->type == EVENT_RESEND_REQUESTED ? "channel" : "code", s->about);
    if (s->about && strncmp(s->about, "5.1.", 4) == 0)
        json_set_bool(detail, "badAddress", true);
    if (s->type == EVENT_SENT)
        json_set_text(detail, "messageId", arena_printf(c->arena, "%s.1@demo.example.com", t->id));
    if (s->type == EVENT_NOTE) {
        json_set_text(detail, "from", t->phone);
        json_set_text(detail, "text", "STOP");
        json_set_bool(detail, "optOut", true);
    }
    if (t->against) {
        json_set_text(detail, "suppressionId", row_text(t->against, 0, "suppression_id"));
        json_set_text(detail, "reason", row_text(t->against, 0, "suppression_reason"));
    }
    if (s->type == EVENT_RESEND_REQUESTED)
        t->tries = 0;
    else if (strcmp(s->source, "worker") == 0 && s->type != EVENT_SKIPPED)
        json_set_int(detail, "attempt", ++t->tries);
    return detail;
}

static const char *words_of(struct ctx *c, const struct told *t, const struct step *s)
{
    if (t->against)
        return suppression_sentence(c->arena, t->against);
    if (s->type == EVENT_NOTE)
        return arena_printf(c->arena, "The recipient wrote \u201cSTOP\u201d: no more SMS to %s.",
                            t->phone);
    return s->sentence;
}

/* What a person did has that person's name, all else nobody's. */
static enum err act(struct demo *d, const struct step *s)
{
    d->c->actor = d->nobody;
    return strcmp(s->source, "user") == 0 ? demo_act(d->c) : OK;
}

static enum err tell_step(struct demo *d, struct told *t, const struct step *s)
{
    PGresult *against = NULL;
    struct ctx *c = d->c;
    enum err e = act(d, s);
    if (e == OK && s->type == EVENT_SKIPPED)
        e = db_query(c->db, c->arena, demo_against, &against, .phone = t->phone);
    if (e != OK)
        return e;
    t->against = against;
    const struct timeline_event event = {
        .type = s->type,
        .source = s->source,
        .grade = s->grade,
        .occurred_at = time_text(c->arena, d->at + s->minutes * 60),
        .sentence = words_of(c, t, s),
        .detail = detail_of(c, t, s),
    };
    if (s->type == EVENT_DELAYED)
        json_set_text(event.detail, "nextAttemptAt",
                      time_text(c->arena, d->at + s[1].minutes * 60));
    e = timeline_append(c, t->id, &event, NULL);
    return e == OK && against ? suppression_counts(c, row_text(against, 0, "suppression_id")) : e;
}

static enum err tell(struct demo *d, int unit, const char *id, const struct story *story)
{
    struct ctx *c = d->c;
    struct told t = { .id = id, .phone = phone_of(d, unit) };
    enum err e = OK;
    for (const struct step *s = story->steps; e == OK && s->sentence; s++)
        e = tell_step(d, &t, s);
    c->actor = d->nobody;
    return e == OK ? db_query(c->db, c->arena, demo_held_since, NULL, .communication_id = id) : e;
}

static enum err add_file(struct demo *d, int unit, long long amount, struct blob *blob)
{
    struct ctx *c = d->c;
    const char *const lines[4] = {
        arena_printf(c->arena, "Statement %d", d->year),
        arena_printf(c->arena, "Building %s", d->place->code),
        arena_printf(c->arena, "Unit %s", numbers[unit]),
        arena_printf(c->arena, "Amount due CHF %lld.%02lld", amount / 100, amount % 100),
    };
    enum err e = store_put(c->app->store, c->arena, statement_pdf(c, lines), blob);
    return e == OK ? blob_keep(c, blob) : e;
}

static enum err add_communication(struct demo *d, int unit, const struct story *story,
                                  const char *template)
{
    PGresult *row;
    struct blob blob;
    struct ctx *c = d->c;
    int n = d->place_index * UNITS + unit;
    bool moved = !d->sent && story == &stories[BOUNCES];
    long long amount = 24000 + n * 1735 + (d->year % 10) * 410;
    enum err e = add_file(d, unit, amount, &blob);
    if (e != OK)
        return e;
    e = db_query(
        c->db, c->arena, demo_communication, &row, .batch_id = d->batch_id,
        .year = arena_printf(c->arena, "%d", d->year), .channel = story->channel,
        .template = template, .name = people[(unit + d->place_index * 5) % UNITS],
        .email = arena_printf(c->arena, "resident%02d%s@example.com", n + 1, moved ? ".new" : ""),
        .phone = phone_of(d, unit), .amount = arena_printf(c->arena, "%lld", amount),
        .reference = arena_printf(c->arena, "%s-%d-%s", d->place->code, d->year, numbers[unit]),
        .unit_id = d->unit_id[unit], .sha256 = blob.sha256,
        .file_name = arena_printf(c->arena, "statement-%d-%s.pdf", d->year, numbers[unit]),
        .size = arena_printf(c->arena, "%zu", blob.size));
    const char *tags = story_tags[story - stories];
    if (e == OK && d->sent && tags)
        e = db_query(c->db, c->arena, demo_tags, NULL, .communication_id = row_text(row, 0, "id"),
                     .tags = tags);
    if (e != OK || !d->sent)
        return e;
    return tell(d, unit, row_text(row, 0, "id"), story);
}

static int second_of(const struct demo *d, int unit)
{
    if (second_story[unit] != SKIPS || !d->first)
        return second_story[unit];
    return d->place_index == LAST_PLACE ? ARRIVES : STOPS;
}

static enum err add_year(struct demo *d)
{
    PGresult *row;
    struct ctx *c = d->c;
    enum err e = db_query(c->db, c->arena, demo_batch, &row, .building_id = d->building_id,
                          .year = arena_printf(c->arena, "%d", d->year),
                          .sent_at = d->sent ? time_text(c->arena, d->at) : NULL);
    if (e != OK)
        return e;
    d->batch_id = row_text(row, 0, "id");
    for (int i = 0; e == OK && i < UNITS; i++) {
        const char *then = d->sent && i >= FIRST_REMINDED ? "reminder" : MESSAGE_USUAL;
        int second = second_of(d, i);
        e = add_communication(d, i, &stories[first_story[i]], MESSAGE_USUAL);
        if (e == OK && second >= 0)
            e = add_communication(d, i, &stories[second], then);
    }
    return e;
}

static enum err add_building(struct demo *d)
{
    PGresult *row;
    struct ctx *c = d->c;
    const struct place *p = d->place;
    enum err e = db_query(c->db, c->arena, demo_building, &row, .code = p->code, .name = p->name,
                          .street = p->street, .postal_code = p->postal_code, .city = p->city);
    if (e != OK)
        return e;
    d->building_id = row_text(row, 0, "id");
    for (int i = 0; e == OK && i < UNITS; i++) {
        e = db_query(c->db, c->arena, demo_unit, &row, .building_id = d->building_id,
                     .number = numbers[i]);
        if (e == OK)
            d->unit_id[i] = row_text(row, 0, "id");
    }
    return e;
}

/* The last building's latest year is left to be sent, by who tries it out. */
static enum err add_all(struct ctx *c)
{
    struct tm t;
    time_t now = (time_t)(c->app->now_ms(c->app) / 1000);
    enum err e = OK;
    gmtime_r(&now, &t);
    for (int i = 0; e == OK && i < 3; i++) {
        struct demo d = { .c = c, .place = &places[i], .place_index = i, .nobody = c->actor };
        e = add_building(&d);
        for (int back = 2; e == OK && back > 0; back--) {
            d.year = t.tm_year + 1900 - back;
            d.first = back == 2;
            d.sent = !(i == LAST_PLACE && back == 1);
            d.at = now - (back - 1) * 365 * 86400 - (3 - i) * 86400;
            e = add_year(&d);
        }
    }
    return e;
}

enum err demo_act(struct ctx *c)
{
    PGresult *row;
    enum err e = db_run(c->db, c->arena, &sql_demo_person, NULL, &row);
    if (e == OK)
        c->actor = (struct actor){ .kind = ACTOR_USER,
                                   .role = ROLE_AGENT,
                                   .id = row_text(row, 0, "id"),
                                   .name = row_text(row, 0, "name"),
                                   .all_buildings = true };
    return e;
}

enum err demo_load(struct ctx *c)
{
    PGresult *row;
    db_begin(c->db, c->tenant_id);
    enum err e = db_run(c->db, c->arena, &sql_demo_there, NULL, &row);
    if (e == OK && row_bool(row, 0, "there"))
        e = ctx_refuse(c, ERR_CONFLICT, "The tenant has buildings already.");
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_demo_person_add, NULL, NULL);
    if (e == OK)
        e = add_all(c);
    return db_end(c->db, e);
}
