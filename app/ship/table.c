/* The table of shipments: what its bar means, a page of it, and what is near where it is empty. */
#include "ship/table.h"
#include "ship/attention.h"

#include "base/json.h"
#include "base/log.h"
#include "carriers/scan.h"
#include "db/db.h"
#include "ship/shipment.h"
#include "ship/table.sql.h"
#include "web/bar.h"
#include "web/cursor.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PAGE_ROWS 50
#define NEAR_WORDS 8 /* each is looked for without it */
#define NEAR_MOST 3
#define KNOWN_MOST 100 /* carriers, services and shops that are looked up */

/* ---- qualifiers ---- */

static const char *read_carrier(struct ctx *c, const char *value, struct json_object *to)
{
    const char *code = carrier_code_of(c->arena, value);
    if (!code)
        return "is no carrier's code or name.";
    json_object_array_add(to, json_text_new(code));
    return NULL;
}

static const char *read_country(struct ctx *c, const char *value, struct json_object *to)
{
    char code[3] = { 0 };
    (void)c;
    if (strlen(value) != 2 || !isalpha((unsigned char)value[0]) ||
        !isalpha((unsigned char)value[1]))
        return "is no country as CH.";
    for (int i = 0; i < 2; i++)
        code[i] = (char)toupper((unsigned char)value[i]);
    json_object_array_add(to, json_text_new(code));
    return NULL;
}

static const char *const states[] = { "dry", "late", "silent", NULL };
static const char *const belongings[] = { "failure", NULL };

const struct qualifier shipment_qualifiers[] = {
    { "status", "status", "notStatus", parcel_status_names,
      .help = "Where it stands: in_transit, delivered …" },
    { "attention", "attention", "notAttention", attention_names,
      .help = "Its column of the board: act_now, late, silent …" },
    { "carrier", "carrier", "notCarrier", NULL, .help = "Who carries it: its code or name.",
      .read = read_carrier },
    { "service", "service", "notService", NULL, .help = "The carrier's: \"postpac priority\"." },
    { "order", "order", "notOrder", NULL, .help = "The number of its order." },
    { "po", "po", "notPo", NULL, .help = "The number of its purchase order." },
    { "shop", "shop", "notShop", NULL, .help = "The shop of its order." },
    { "country", "country", "notCountry", NULL, .help = "Where it goes, as ISO 3166 has it: CH.",
      .read = read_country },
    { "code", "code", "notCode", NULL,
      .help = "What its carrier called one of its scans, as the codes have it." },
    { "is", "is", "notIs", states,
      .help = "dry: no carrier knows of it. late: as the board has it. "
              "silent: no scan for longer than is usual.",
      .kind = QUALIFIER_EACH },
    { "has", "has", "notHas", belongings,
      .help = "failure: something is wrong with a delivery of its order.", .kind = QUALIFIER_EACH },
    { "before", "before", NULL, NULL, .help = "Last moved before a day: 2026-05-12, today, 7d.",
      .kind = QUALIFIER_DAY },
    { "after", "after", NULL, NULL, .help = "Last moved on that day or later.",
      .kind = QUALIFIER_DAY },
    { .key = NULL },
};

/* ---- what they name ---- */

static bool holds(struct json_object *list, const char *text)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), text) == 0)
            return true;
    return false;
}

/* What does not stand at some stands at one of the others, and those an index leads to. */
static void turn_status(struct ctx *c, struct json_object *filter)
{
    struct json_object *not_at = json_get(filter, "notStatus"), *at = json_get(filter, "status");
    struct json_object *left = json_own(c->arena, json_object_new_array());
    if (!not_at)
        return;
    for (const char *const *s = parcel_status_names; *s; s++)
        if (!holds(not_at, *s) && (!at || holds(at, *s)))
            json_object_array_add(left, json_text_new(*s));
    json_set(filter, "status", json_object_get(left));
    json_object_object_del(filter, "notStatus");
}

/* A name in whatever letters becomes those there are of it; one that there is not stays. */
static struct json_object *as_known(struct json_object *names, struct json_object *known)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(names); i++) {
        bool met = false;
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        for (size_t k = 0; k < json_object_array_length(known); k++) {
            struct json_object *one = json_object_array_get_idx(known, k);
            if (strcasecmp(json_object_get_string(one), name) != 0)
                continue;
            json_object_array_add(list, json_object_get(one));
            met = true;
        }
        if (!met)
            json_object_array_add(list, json_text_new(name));
    }
    return list;
}

/* What is left of all carriers, where they are known. */
static void turn_carrier(struct json_object *filter, struct json_object *known)
{
    struct json_object *not_by = json_get(filter, "notCarrier"), *by = json_get(filter, "carrier");
    if (!not_by || json_object_array_length(known) >= KNOWN_MOST)
        return;
    struct json_object *left = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(known); i++) {
        struct json_object *one = json_object_array_get_idx(known, i);
        const char *code = json_object_get_string(one);
        if (!holds(not_by, code) && (!by || holds(by, code)))
            json_object_array_add(left, json_object_get(one));
    }
    json_set(filter, "carrier", left);
    json_object_object_del(filter, "notCarrier");
}

static enum err name_values(struct ctx *c, struct json_object *filter)
{
    static const char *const keys[][2] = { { "service", "service" },
                                           { "notService", "service" },
                                           { "shop", "shop" },
                                           { "notShop", "shop" } };
    PGresult *row;
    bool any = json_get(filter, "notCarrier") != NULL;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        any |= json_get(filter, keys[i][0]) != NULL;
    enum err e = any ? db_run(c->db, c->arena, &sql_shipment_table_values, NULL, &row) : OK;
    if (e != OK || !any)
        return e;
    struct json_object *known = row_json(c->arena, row, 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct json_object *names = json_get(filter, keys[i][0]);
        if (names)
            json_put(filter, keys[i][0], false, as_known(names, json_get(known, keys[i][1])));
    }
    turn_carrier(filter, json_get(known, "carrier"));
    return OK;
}

static enum err find_numbers(struct ctx *c, struct json_object *filter)
{
    static const char *const keys[][2] = { { "order", "orders" },
                                           { "po", "purchaseOrders" },
                                           { "notOrder", "notOrders" },
                                           { "notPo", "notPurchaseOrders" } };
    PGresult *row;
    bool any = false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        any |= json_get(filter, keys[i][0]) != NULL;
    if (!any)
        return OK;
    enum err e = db_query(c->db, c->arena, shipment_table_numbers, &row,
                          .filter = json_compact(c->arena, filter));
    if (e != OK)
        return e;
    struct json_object *d = row_json(c->arena, row, 0);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (json_get(filter, keys[i][0]))
            json_set(filter, keys[i][1], json_object_get(json_get(d, keys[i][1])));
    return OK;
}

static enum err find_coded(struct ctx *c, struct json_object *filter, const char *key,
                           const char *to)
{
    PGresult *row;
    struct json_object *codes = json_get(filter, key);
    if (!codes)
        return OK;
    enum err e = db_query(c->db, c->arena, shipment_table_codes, &row,
                          .codes = json_compact(c->arena, codes));
    if (e == OK)
        json_set(filter, to, json_object_get(json_get(row_json(c->arena, row, 0), "found")));
    return e;
}

static enum err find_words(struct ctx *c, struct json_object *filter)
{
    PGresult *row;
    struct json_object *words = json_get(filter, "text");
    if (!words)
        return OK;
    enum err e = db_query(c->db, c->arena, shipment_table_words, &row,
                          .words = json_compact(c->arena, words));
    if (e == OK)
        json_set(filter, "found", json_object_get(json_get(row_json(c->arena, row, 0), "found")));
    return e;
}

enum err shipment_filter(struct ctx *c, const char *q, const char *status,
                         struct json_object **filter)
{
    enum err e = qualifiers_parse(c, shipment_qualifiers, q, filter);
    if (e != OK)
        return e;
    struct json_object *f = *filter;
    turn_status(c, f);
    if (status) {
        bool other = json_get(f, "status") && !holds(json_get(f, "status"), status);
        struct json_object *one = json_object_new_array();
        if (!other)
            json_object_array_add(one, json_text_new(status));
        json_set(f, "status", one);
    }
    e = qualifiers_days(c, shipment_qualifiers, f);
    if (e == OK)
        e = name_values(c, f);
    if (e == OK)
        e = find_numbers(c, f);
    if (e == OK)
        e = find_coded(c, f, "code", "coded");
    if (e == OK)
        e = find_coded(c, f, "notCode", "notCoded");
    return e == OK ? find_words(c, f) : e;
}

/* ---- a page ---- */

enum err shipment_list(struct ctx *c, const struct shipment_query *q, struct json_object **out)
{
    PGresult *rows;
    struct json_object *filter;
    const char *at[2], *last[2] = { NULL };
    enum err e = shipment_filter(c, q->q, q->status, &filter);
    if (e == OK)
        e = cursor_read(c, "shipments", q->after, 2, at);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_table_page, &rows,
                     .filter = json_compact(c->arena, filter), .at = at[0], .id = at[1],
                     .rows = NUM(PAGE_ROWS + 1));
    if (e != OK)
        return e;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *shipments = rows_json(c->arena, rows);
    if (rows_count(rows) > PAGE_ROWS) {
        json_object_array_del_idx(shipments, PAGE_ROWS, 1);
        last[0] = row_text(rows, PAGE_ROWS - 1, "_moved");
        last[1] = row_text(rows, PAGE_ROWS - 1, "shipmentId");
    }
    json_set(d, "shipments", json_object_get(shipments));
    json_set_text(d, "q", q->q ? q->q : "");
    json_set_text(d, "next", last[0] ? cursor_make(c, "shipments", 2, last) : NULL);
    *out = d;
    return OK;
}

/* ---- beside it ---- */

static enum err add_near(struct ctx *c, const struct shipment_query *q, const char *token,
                         struct json_object *to)
{
    PGresult *row;
    struct json_object *filter;
    const char *rest = bar_without(c, q->q, token);
    enum err e = shipment_filter(c, rest, q->status, &filter);
    if (e == OK)
        e = db_query(c->db, c->arena, shipment_table_any, &row,
                     .filter = json_compact(c->arena, filter));
    if (e != OK || !row_bool(row, 0, "any"))
        return e;
    struct json_object *near = json_object_new_object();
    json_set_text(near, "text", token);
    json_set_text(near, "href", bar_href(c, SHIPMENTS_TABLE, rest, NULL));
    json_object_array_add(to, near);
    return OK;
}

enum err shipments_nearest(struct ctx *c, const struct shipment_query *q, struct json_object **out)
{
    enum err e = OK;
    const char *const *tokens = bar_tokens(c, q->q);
    struct json_object *list = json_own(c->arena, json_object_new_array());
    for (int i = 0; e == OK && tokens[i] && i < NEAR_WORDS; i++)
        if (json_object_array_length(list) < NEAR_MOST)
            e = add_near(c, q, tokens[i], list);
    *out = list;
    return e;
}

/* Those it is completed from, with commas between. */
static const char *values_of(struct ctx *c, const struct qualifier *q, struct json_object *known)
{
    struct buf b = buf_in(c->arena);
    struct json_object *list = json_get(known, q->key);
    for (const char *const *v = q->values; v && *v; v++)
        buf_printf(&b, "%s%s", b.n ? "," : "", *v);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(list, i));
        if (!strpbrk(text, ",\" "))
            buf_printf(&b, "%s%s", b.n ? "," : "", text);
    }
    return b.p;
}

enum err shipments_help(struct ctx *c, struct json_object **out)
{
    PGresult *row;
    enum err e = db_run(c->db, c->arena, &sql_shipment_table_values, NULL, &row);
    if (e != OK)
        return e;
    struct json_object *known = row_json(c->arena, row, 0);
    *out = json_own(c->arena, json_object_new_array());
    for (const struct qualifier *q = shipment_qualifiers; q->key; q++)
        json_object_array_add(*out, qualifier_help(q, values_of(c, q, known)));
    return OK;
}
