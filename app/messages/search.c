/* Search everywhere: ids, numbers, buildings, parcels and words are all tried in one round trip. */
#include "messages/search.h"

#include "access/access.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "db/db.h"
#include "messages/search.sql.h"
#include "paper/letter.h"
#include "ship/shipment.h"
#include "ship/words.h"
#include "track/channel.h"
#include "track/labels.h"
#include "track/run.h"
#include "track/track.h"
#include "track/value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define WORDS_MOST 8
#define WORD_LEAST 3   /* characters: shorter ones are found by no index */
#define PHONE_LEAST 6  /* digits */
#define PHONE_WHOLE 11 /* digits with those of the country: not one that is still being typed */
#define NUMBER_WORDS 2
#define PLACE_CUSTOMER 3 /* of search_parcels: before it stands what a number names */

const char *const found_types[] = {
    "message", "unit", "building", "run", "order", "shipment", NULL
};

/* What a text may be. */
struct reading {
    const char *text;            /* without white space and brackets around it */
    const char *id;              /* NULL: it is none */
    const char *why;             /* of an id that was written as another code; NULL */
    const char *words;           /* a JSON array; empty where no index would find them */
    const char *digits;          /* the same, of one: a phone number's */
    const char *phones;          /* a JSON array: with their country, as messages have them */
    const char *year, *building; /* of a run: "Lindenhof 2025"; NULL */
    const char *pairs;           /* [{building, number}] of units: "Lindenhof 2.01" */
};

/* The words of a text that may name a unit or a run. */
struct naming {
    const char *at[WORDS_MOST];
    int n;
};

struct answers {
    PGresult *by_id, *units, *buildings, *runs, *words;
    PGresult *parcels; /* NULL: he does not see any */
};

/* ---- reading ---- */

static const char *trimmed(struct ctx *c, const char *q)
{
    const char *end = q + strlen(q);
    while (*q && (isspace((unsigned char)*q) || *q == '<'))
        q++;
    while (end > q && (isspace((unsigned char)end[-1]) || end[-1] == '>'))
        end--;
    return arena_strndup(c->arena, q, (size_t)(end - q));
}

/* Found in numbers, references and the like. "079 123 45 67", "0041 79…" and "+41 (0)79…" have
   their last nine digits in common. */
static struct json_object *digits_of(struct ctx *c, const char *text)
{
    struct buf b = buf_in(c->arena);
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (const char *p = text; *p; p++) {
        if (isdigit((unsigned char)*p))
            buf_putc(&b, *p);
        else if (!strchr(" +()/.-", *p))
            return list;
    }
    const char *all = b.p ? b.p : "", *last = b.n > 9 ? all + b.n - 9 : all;
    last += b.n <= 9 ? strspn(last, "0") : 0;
    if (strlen(last) >= PHONE_LEAST)
        json_object_array_add(list, json_text_new(last));
    return list;
}

static struct json_object *phones_of(struct ctx *c, const char *text)
{
    const char *phones[PHONES_MOST];
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (int i = 0, n = read_phones(c->arena, str_of(text), phones); i < n; i++)
        json_object_array_add(list, json_text_new(phones[i]));
    return list;
}

static struct json_object *words_of(struct ctx *c, const char *text)
{
    bool findable = false;
    char *rest, *copy = arena_strdup(c->arena, text);
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (char *w = strtok_r(copy, " \t\r\n", &rest); w; w = strtok_r(NULL, " \t\r\n", &rest)) {
        if (json_object_array_length(list) == WORDS_MOST)
            break;
        findable |= utf8_length(str_of(w)) >= WORD_LEAST;
        json_object_array_add(list, json_text_new(w));
    }
    return findable ? list : json_own(c->arena, json_object_new_array());
}

static const char *json_of(struct ctx *c, struct json_object *value)
{
    struct buf b = buf_in(c->arena);
    json_write(&b, value);
    return b.p;
}

static bool is_year(const char *word)
{
    return strlen(word) == 4 && strspn(word, "0123456789") == 4 &&
           (strncmp(word, "19", 2) == 0 || strncmp(word, "20", 2) == 0);
}

/* "Lindenhof 12, unit 1.01, 2025", as pages have it, without what belongs to no name. */
static struct naming naming_of(struct ctx *c, const char *text)
{
    struct naming names = { .n = 0 };
    char *rest, *copy = arena_strdup(c->arena, text);
    for (char *w = strtok_r(copy, " \t\r\n,;", &rest); w; w = strtok_r(NULL, " \t\r\n,;", &rest)) {
        if (names.n == WORDS_MOST)
            return (struct naming){ .n = 0 };
        if (strcasecmp(w, "unit") != 0 && strcasecmp(w, "run") != 0)
            names.at[names.n++] = w;
    }
    return names;
}

static const char *joined(struct ctx *c, const struct naming *names, int from, int to)
{
    struct buf b = buf_in(c->arena);
    for (int i = from; i < to; i++)
        buf_printf(&b, "%s%s", i > from ? " " : "", names->at[i]);
    return b.p;
}

static void add_pair(struct json_object *list, const char *building, const char *number)
{
    struct json_object *pair = json_object_new_object();
    json_set_text(pair, "building", building);
    json_set_text(pair, "number", number);
    json_object_array_add(list, pair);
}

/* A unit's number, of one word or two, stands behind the building's name, or before it. */
static void add_pairs(struct ctx *c, const struct naming *names, struct json_object *list)
{
    for (int n = 1; n <= NUMBER_WORDS && n < names->n; n++) {
        int rest = names->n - n;
        add_pair(list, joined(c, names, 0, rest), joined(c, names, rest, names->n));
        add_pair(list, joined(c, names, n, names->n), joined(c, names, 0, n));
    }
}

/* The year is the last word that may be one. */
static void read_names(struct ctx *c, struct reading *r)
{
    struct naming names = naming_of(c, r->text);
    struct json_object *pairs = json_own(c->arena, json_object_new_array());
    int at = names.n;
    add_pairs(c, &names, pairs);
    while (at > 0 && !is_year(names.at[at - 1]))
        at--;
    if (at > 0 && names.n > 1) {
        r->year = names.at[at - 1];
        memmove(&names.at[at - 1], &names.at[at], (size_t)(names.n - at) * sizeof(names.at[0]));
        names.n--;
        r->building = joined(c, &names, 0, names.n);
        add_pairs(c, &names, pairs);
    }
    r->pairs = json_of(c, pairs);
}

static void read_text(struct ctx *c, const char *q, struct reading *r)
{
    char uuid[37];
    *r = (struct reading){ .text = trimmed(c, q) };
    if (uuid_valid(r->text)) {
        r->id = r->text;
    } else if (letter_code_read(r->text, uuid)) {
        r->id = arena_strdup(c->arena, uuid);
        r->why = "Letter’s code";
    }
    struct json_object *digits = digits_of(c, r->text), *phones = phones_of(c, r->text);
    const char *whole = json_object_get_string(json_object_array_get_idx(phones, 0));
    r->words = json_object_array_length(digits) ? "[]" : json_of(c, words_of(c, r->text));
    r->phones = json_of(c, phones);
    r->digits = *r->text == '+' && whole && strlen(whole) > PHONE_WHOLE ? "[]" : json_of(c, digits);
    read_names(c, r);
}

/* ---- asking ---- */

static enum err ask(struct ctx *c, const struct reading *r, struct answers *a)
{
    const char *all = actor_all_buildings(c), *actor = c->actor.id;
    struct arena *to = c->arena;
    db_batch(c->db);
    enum err e[] = {
        db_query(c->db, to, search_by_id, &a->by_id, .id = r->id, .text = r->text,
                 .all_buildings = all, .actor_id = actor),
        db_query(c->db, to, search_units, &a->units, .id = r->id, .text = r->text,
                 .pairs = r->pairs, .year = r->year, .all_buildings = all, .actor_id = actor),
        db_query(c->db, to, search_buildings, &a->buildings, .id = r->id, .text = r->text,
                 .all_buildings = all, .actor_id = actor),
        db_query(c->db, to, search_runs, &a->runs, .id = r->id, .building = r->building,
                 .year = r->year, .all_buildings = all, .actor_id = actor),
        db_query(c->db, to, search_words, &a->words, .words = r->words, .digits = r->digits,
                 .phones = r->phones, .text = r->text, .all_buildings = all, .actor_id = actor),
        c->actor.all_buildings
            ? db_query(c->db, to, search_parcels, &a->parcels, .id = r->id, .number = r->text,
                       .tracking_number = tracking_number_of(c->arena, r->text), .words = r->words)
            : OK,
        OK,
    };
    e[6] = db_flush(c->db);
    for (size_t i = 0; i < sizeof(e) / sizeof(e[0]); i++)
        if (e[i] != OK)
            return e[i];
    return OK;
}

/* ---- telling ---- */

static struct json_object *found(const PGresult *rows, int i, const char *type, const char *why)
{
    struct json_object *f = json_object_new_object();
    json_set_text(f, "parcelStatus", NULL);
    json_set_text(f, "type", type);
    json_set_text(f, "id", row_text(rows, i, "id"));
    json_set_text(f, "why", why);
    return f;
}

static void set_event(struct json_object *f, struct json_object *row)
{
    const char *type = json_text(row, "eventType");
    json_set_text(f, "lastEvent", type ? event_label(type)->word : NULL);
    json_set_text(f, "lastEventAt", json_text(row, "lastEventAt"));
}

static struct json_object *message(struct ctx *c, const PGresult *rows, int i, const char *why)
{
    struct json_object *f = found(rows, i, "message", why ? why : row_text(rows, i, "why"));
    json_set_text(f, "title", row_text(rows, i, "name"));
    json_set_text(f, "detail",
                  arena_printf(c->arena, "%s, unit %s, %s · %s", row_text(rows, i, "building"),
                               row_text(rows, i, "unit"), row_text(rows, i, "year"),
                               row_text(rows, i, "subject")));
    json_set_text(f, "channel", row_text(rows, i, "channel"));
    json_set_text(f, "status", row_text(rows, i, "status"));
    json_set_text(f, "paper", row_text(rows, i, "paper"));
    json_set_bool(f, "dryRun", row_bool(rows, i, "dryRun"));
    set_event(f, row_json(c->arena, rows, i));
    json_set_text(f, "href", arena_printf(c->arena, "/messages/%s", row_text(rows, i, "id")));
    return f;
}

/* Where a unit stands is what asks for most attention: "{SENT,FAILED}" → "FAILED". */
static const char *worst_of(struct ctx *c, const char *statuses)
{
    const char *worst = NULL;
    char *rest, *copy = arena_strdup(c->arena, statuses ? statuses : "");
    for (char *s = strtok_r(copy, "{,}", &rest); s; s = strtok_r(NULL, "{,}", &rest))
        if (!worst || status_weight(s) > status_weight(worst))
            worst = s;
    return worst;
}

static struct json_object *unit(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *f = found(rows, i, "unit", "Unit");
    const char *year = row_text(rows, i, "year"), *name = row_text(rows, i, "name");
    json_set_text(f, "title", arena_printf(c->arena, "Unit %s", row_text(rows, i, "unit")));
    json_set_text(f, "detail",
                  arena_printf(c->arena, "%s%s%s%s%s", name ? name : "", name ? " · " : "",
                               row_text(rows, i, "building"), year ? ", " : "", year ? year : ""));
    json_set_text(f, "channel", NULL);
    json_set_text(f, "status", worst_of(c, row_text(rows, i, "_statuses")));
    json_set_text(f, "paper", NULL);
    json_set_bool(f, "dryRun", false);
    set_event(f, row_json(c->arena, rows, i));
    json_set_text(f, "href",
                  arena_printf(c->arena, "/track?building=%s%s%s&unit=%s",
                               row_text(rows, i, "buildingId"), year ? "&year=" : "",
                               year ? year : "", row_text(rows, i, "id")));
    return f;
}

static void set_none(struct json_object *f)
{
    json_set_text(f, "channel", NULL);
    json_set_text(f, "status", NULL);
    json_set_text(f, "paper", NULL);
    json_set_bool(f, "dryRun", false);
    json_set_text(f, "lastEvent", NULL);
    json_set_text(f, "lastEventAt", NULL);
}

static struct json_object *building(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *f = found(rows, i, "building", "Building");
    const char *city = row_text(rows, i, "city");
    json_set_text(f, "title", row_text(rows, i, "name"));
    json_set_text(
        f, "detail",
        arena_printf(c->arena, "%s%s%s", row_text(rows, i, "code"), *city ? " · " : "", city));
    set_none(f);
    json_set_text(f, "href", arena_printf(c->arena, "/track?building=%s", row_text(rows, i, "id")));
    return f;
}

static struct json_object *run(struct ctx *c, const PGresult *rows, int i)
{
    struct json_object *f = found(rows, i, "run", "Run");
    json_set_text(
        f, "title",
        arena_printf(c->arena, "%s %s", row_text(rows, i, "name"), row_text(rows, i, "year")));
    const char *phase = runs_phase_word(row_text(rows, i, "phase"), row_int(rows, i, "left"),
                                        row_int(rows, i, "dryRun"));
    long long paper = row_int(rows, i, "unprinted");
    json_set_text(f, "detail",
                  paper ? arena_printf(c->arena, "Run · %s · %lld letter%s to be printed", phase,
                                       paper, paper == 1 ? "" : "s")
                        : arena_printf(c->arena, "Run · %s", phase));
    set_none(f);
    json_set_text(f, "lastEventAt", json_text(row_json(c->arena, rows, i), "lastEventAt"));
    json_set_text(f, "href", arena_printf(c->arena, "/runs/%s", row_text(rows, i, "id")));
    return f;
}

static struct json_object *parcel(struct ctx *c, const PGresult *rows, int i)
{
    const char *type = row_text(rows, i, "type"), *name = row_text(rows, i, "name");
    const char *number = row_text(rows, i, "orderNumber"), *event = row_text(rows, i, "eventType");
    const char *tracking = row_text(rows, i, "trackingNumber"), *id = row_text(rows, i, "id");
    bool order = strcmp(type, "order") == 0;
    struct json_object *f = found(rows, i, type, row_text(rows, i, "why"));
    set_none(f);
    json_set_text(f, "title",
                  order      ? arena_printf(c->arena, "Order %s", number)
                  : tracking ? tracking
                             : "Shipment without a number");
    json_set_text(f, "detail",
                  order ? arena_printf(c->arena, "%s, %s", name, row_text(rows, i, "city"))
                        : arena_printf(c->arena, "%s%s%s%s%s", row_text(rows, i, "carrier"),
                                       number ? " · Order " : "", number ? number : "",
                                       name ? " · " : "", name ? name : ""));
    json_set_text(f, "parcelStatus", row_text(rows, i, "status"));
    json_set_text(f, "lastEvent", event ? parcel_event_label(event)->word : NULL);
    json_set_text(f, "lastEventAt", json_text(row_json(c->arena, rows, i), "lastEventAt"));
    json_set_text(f, "href", arena_printf(c->arena, "/%s/%s", order ? "orders" : "shipments", id));
    return f;
}

static void add(struct json_object *list, struct json_object *f)
{
    if (json_object_array_length(list) < FOUND_MOST)
        json_object_array_add(list, f);
    else
        json_object_put(f);
}

/* What an id or a number names, or else those of customers whom the words are of. */
static void add_parcels(struct ctx *c, const PGresult *rows, bool named, struct json_object *list)
{
    for (int i = 0; rows && i < rows_count(rows); i++)
        if ((row_int(rows, i, "place") < PLACE_CUSTOMER) == named)
            add(list, parcel(c, rows, i));
}

static void tell(struct ctx *c, const struct reading *r, const struct answers *a,
                 struct json_object *list)
{
    for (int i = 0; i < rows_count(a->by_id); i++)
        add(list, message(c, a->by_id, i, r->why));
    add_parcels(c, a->parcels, true, list);
    for (int i = 0; i < rows_count(a->units); i++)
        add(list, unit(c, a->units, i));
    for (int i = 0; i < rows_count(a->buildings); i++)
        add(list, building(c, a->buildings, i));
    for (int i = 0; i < rows_count(a->runs); i++)
        add(list, run(c, a->runs, i));
    add_parcels(c, a->parcels, false, list);
    for (int i = 0; rows_count(a->by_id) == 0 && i < rows_count(a->words); i++)
        add(list, message(c, a->words, i, NULL));
}

enum err search_everywhere(struct ctx *c, const char *q, struct json_object **out)
{
    struct reading r;
    struct answers a;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = json_own(c->arena, json_object_new_array());
    read_text(c, q ? q : "", &r);
    enum err e = *r.text ? ask(c, &r, &a) : OK;
    if (e != OK)
        return e;
    if (*r.text)
        tell(c, &r, &a, list);
    json_set_text(d, "q", r.text);
    json_set(d, "results", json_object_get(list));
    *out = d;
    return OK;
}

/* ---- shapes ---- */

static const struct member found_members[] = {
    { "type", SHAPE_CHOICE, .values = found_types },
    { "id", SHAPE_UUID, .help = "Of what it is." },
    { "title", SHAPE_TEXT, .example = "Anna Keller" },
    { "detail", SHAPE_TEXT, .example = "Lindenhof 12, unit 1.01, 2025 · Statement 2025" },
    { "channel", SHAPE_CHOICE, .values = channel_names, .nullable = true },
    { "status", SHAPE_CHOICE, .help = "Of a message; of a unit, its worst.", .values = status_names,
      .nullable = true },
    { "parcelStatus", SHAPE_TEXT, .help = "Of an order or a shipment, as these have it.",
      .example = "in_transit", .nullable = true },
    { "paper", SHAPE_CHOICE, .help = "How far a letter that was sent is; null: it is none.",
      .values = letter_papers, .nullable = true },
    { "dryRun", SHAPE_BOOL, .help = "Whether it was a dry run: kept here, it did not leave." },
    { "lastEvent", SHAPE_TEXT, .help = "In a word.", .example = "Delivered", .nullable = true },
    { "lastEventAt", SHAPE_TIME, .nullable = true },
    { "why", SHAPE_TEXT, .help = "As what the text was found.", .example = "Message-ID" },
    { "href", SHAPE_LINK, .help = "Its page." },
    { .name = NULL },
};
static const struct shape found_shape = { "Found", "Something that was looked for.",
                                          found_members };

static const struct member search_members[] = {
    { "q", SHAPE_TEXT, .help = "What was looked for." },
    { "results", SHAPE_LIST, .help = "The surest first, at most 12.", .of = &found_shape },
    { .name = NULL },
};
const struct shape search_shape = { "Search", "What was found everywhere.", search_members };
