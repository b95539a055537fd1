/* Labels, pickup lists and manifests, of the shipments as they stand. */
#include "ship/paper.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "carriers/carrier.h"
#include "channels/message.h"
#include "db/db.h"
#include "paper/parcel_paper.h"
#include "ship/paper.sql.h"
#include "ship/ship.h"
#include "track/letter_settings.h"
#include "track/postal.h"
#include "web/cursor.h"

#include <string.h>

#define PAGE_ROWS 50
#define LANGUAGE "en"

/* ---- labels ---- */

static bool has_own_labels(const char *carrier)
{
    size_t i = 0;
    while (carrier_names[i] && strcmp(carrier_names[i], carrier) != 0)
        i++;
    return carrier_names[i] != NULL;
}

bool paper_has_label(struct json_object *d)
{
    return json_text(d, "trackingNumber") && json_get(d, "order") &&
           strcmp(json_text(d, "status"), "cancelled") != 0 &&
           (json_object_get_boolean(json_get(d, "dryRun")) ||
            !has_own_labels(json_text(d, "carrier")));
}

static enum err check_label(struct ctx *c, const PGresult *row)
{
    const char *name = row_text(row, 0, "carrierName"), *carrier = row_text(row, 0, "carrier");
    if (!row_text(row, 0, "tracking_number"))
        return ctx_refuse(c, ERR_CONFLICT, "It has no tracking number yet.");
    if (!row_text(row, 0, "number"))
        return ctx_refuse(c, ERR_CONFLICT, "It is of no order, so that there is no address.");
    if (strcmp(row_text(row, 0, "status"), "cancelled") == 0)
        return ctx_refuse(c, ERR_CONFLICT, "It is cancelled.");
    if (has_own_labels(carrier) && !row_bool(row, 0, "dry_run"))
        return ctx_refuse(c, ERR_CONFLICT, "%s carries parcels with its own label only.", name);
    return OK;
}

static struct parcel_label label_of(struct ctx *c, const PGresult *row,
                                    const struct letter_settings *s)
{
    const struct postal to = { .name = row_text(row, 0, "recipient_name"),
                               .street = row_text(row, 0, "street"),
                               .code = row_text(row, 0, "postal_code"),
                               .city = row_text(row, 0, "city"),
                               .country = row_text(row, 0, "country") };
    struct parcel_label l = {
        .language = LANGUAGE,
        .carrier = row_text(row, 0, "carrierName"),
        .service = row_text(row, 0, "service"),
        .tracking_number = row_text(row, 0, "tracking_number"),
        .order_number = arena_printf(c->arena, "Order %s", row_text(row, 0, "number")),
        .grams = (long)row_int(row, 0, "grams"),
        .dry_run = row_bool(row, 0, "dry_run"),
    };
    l.sender_count = letter_sender(c->arena, s, &l.sender);
    l.address_count = postal_lines(c->arena, &to, s->country ? s->country : "", &l.address);
    return l;
}

enum err paper_label(struct ctx *c, const char *shipment_id, bool zpl, struct str *out)
{
    PGresult *row;
    const struct letter_settings *s;
    if (!shipment_id || !uuid_valid(shipment_id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, paper_label, &row, .shipment_id = shipment_id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = check_label(c, row);
    if (e == OK)
        e = letter_settings_load(c, &s);
    if (e != OK)
        return e;
    struct parcel_label l = label_of(c, row, s);
    if (!zpl)
        return parcel_label_pdf(c, &l, out);
    *out = parcel_label_zpl(c->arena, &l);
    return OK;
}

/* ---- lists ---- */

static enum err refuse_empty(struct ctx *c, const char *carrier)
{
    return ctx_refuse(c, ERR_CONFLICT, "No parcel waits to be handed over to %s.", carrier);
}

enum err handover_waiting(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_handover_waiting, NULL, &rows);
    if (e != OK)
        return e;
    *out = json_own(c->arena, json_object_new_object());
    json_set(*out, "carriers", json_object_get(rows_json(c->arena, rows)));
    return OK;
}

static enum err write_list(struct ctx *c, const PGresult *rows, const char *number, const char *day,
                           struct str *pdf)
{
    const struct letter_settings *s;
    size_t n = (size_t)rows_count(rows);
    struct manifest_line *lines = arena_zalloc(c->arena, n + 1, sizeof(*lines));
    enum err e = letter_settings_load(c, &s);
    if (e != OK)
        return e;
    for (int i = 0; i < rows_count(rows); i++)
        lines[i] = (struct manifest_line){ .tracking_number = row_text(rows, i, "tracking_number"),
                                           .order_number = row_text(rows, i, "number"),
                                           .recipient = row_text(rows, i, "recipient_name"),
                                           .place = row_text(rows, i, "place"),
                                           .grams = (long)row_int(rows, i, "grams") };
    struct manifest m = { .language = LANGUAGE,
                          .form = letter_form_named(s->form)->form,
                          .carrier = row_text(rows, 0, "carrierName"),
                          .number = number,
                          .date = date_text(c->arena, day ? day : s->today, LANGUAGE),
                          .lines = lines,
                          .count = n };
    m.sender_count = letter_sender(c->arena, s, &m.sender);
    return manifest_pdf(c, &m, pdf);
}

static enum err ask_lines(struct ctx *c, const char *carrier, const char *manifest_id,
                          PGresult **rows)
{
    return db_query(c->db, c->arena, paper_lines, rows, .carrier = carrier,
                    .manifest_id = manifest_id,
                    .most = arena_printf(c->arena, "%d", MANIFEST_MOST));
}

enum err handover_list(struct ctx *c, const char *carrier, struct str *pdf)
{
    PGresult *rows;
    enum err e = ask_lines(c, carrier, NULL, &rows);
    if (e != OK)
        return e;
    return rows_count(rows) ? write_list(c, rows, NULL, NULL, pdf) : refuse_empty(c, carrier);
}

/* ---- manifests ---- */

static enum err tell(struct ctx *c, const PGresult *rows, const char *id, const char *name)
{
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "manifestId", id);
    json_set_text(detail, "manifest", name);
    const struct shipment_event event = {
        .type = "LINKED",
        .source = c->actor.kind == ACTOR_USER ? "user" : "system",
        .claim = PARCEL_NOTHING,
        .sentence = arena_printf(c->arena, "On the manifest %s for %s.", name,
                                 row_text(rows, 0, "carrierName")),
        .detail = detail,
    };
    enum err e = OK;
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = shipment_append(c, row_text(rows, i, "id"), &event, 1, false, NULL, NULL);
    return e;
}

static enum err take(struct ctx *c, const PGresult *rows, const char *id)
{
    struct json_object *ids = json_own(c->arena, json_object_new_array());
    for (int i = 0; i < rows_count(rows); i++)
        json_object_array_add(ids, json_object_new_string(row_text(rows, i, "id")));
    return db_query(c->db, c->arena, manifest_take, NULL, .manifest_id = id,
                    .ids = json_compact(c->arena, ids));
}

static enum err note_made(struct ctx *c, const PGresult *row, const char *carrier, int parcels)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "name", row_text(row, 0, "name"));
    json_set_text(after, "carrier", carrier);
    json_set_int(after, "parcels", parcels);
    return audit_add(c, "manifest.made", "manifest", row_text(row, 0, "id"), NULL, after);
}

enum err manifest_make(struct ctx *c, const char *carrier, const char **id)
{
    PGresult *rows, *row;
    enum err e = db_run(c->db, c->arena, &sql_manifest_lock, NULL, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, manifest_waiting, &rows, .carrier = carrier,
                     .most = arena_printf(c->arena, "%d", MANIFEST_MOST));
    if (e == OK && rows_count(rows) == 0)
        e = refuse_empty(c, carrier);
    if (e == OK)
        e = db_query(c->db, c->arena, manifest_insert, &row, .carrier = carrier,
                     .carrier_name = row_text(rows, 0, "carrierName"),
                     .parcels = arena_printf(c->arena, "%d", rows_count(rows)),
                     .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *id = row_text(row, 0, "id");
    e = take(c, rows, *id);
    if (e == OK)
        e = tell(c, rows, *id, row_text(row, 0, "name"));
    return e == OK ? note_made(c, row, carrier, rows_count(rows)) : e;
}

enum err manifest_list(struct ctx *c, const char *after, struct json_object **out)
{
    PGresult *rows;
    const char *at[1] = { NULL };
    enum err e = cursor_read(c, "manifests", after, 1, at);
    if (e == OK)
        e = db_query(c->db, c->arena, manifest_list, &rows, .after = at[0]);
    if (e != OK)
        return e;
    bool more = rows_count(rows) > PAGE_ROWS;
    struct json_object *d = json_own(c->arena, json_object_new_object());
    struct json_object *list = rows_json(c->arena, rows);
    const char *last = more ? row_text(rows, PAGE_ROWS - 1, "manifestId") : NULL;
    if (more)
        json_object_array_del_idx(list, PAGE_ROWS, 1);
    json_set(d, "manifests", json_object_get(list));
    json_set_text(d, "next", more ? cursor_make(c, "manifests", 1, &last) : NULL);
    *out = d;
    return OK;
}

static enum err ask_one(struct ctx *c, const char *id, PGresult **row)
{
    if (!id || !uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, manifest_list, row, .manifest_id = id);
    return e == OK && rows_count(*row) == 0 ? ERR_NOT_FOUND : e;
}

enum err manifest_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *row, *rows;
    enum err e = ask_one(c, id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, manifest_shipments, &rows, .manifest_id = id);
    if (e != OK)
        return e;
    *out = row_json(c->arena, row, 0);
    json_set(*out, "shipments", json_object_get(rows_json(c->arena, rows)));
    return OK;
}

enum err manifest_file(struct ctx *c, const char *id, struct str *pdf, const char **name)
{
    PGresult *row, *rows;
    enum err e = ask_one(c, id, &row);
    if (e == OK)
        e = ask_lines(c, NULL, id, &rows);
    if (e != OK)
        return e;
    *name = arena_printf(c->arena, "manifest-%s.pdf", row_text(row, 0, "name"));
    return write_list(c, rows, row_text(row, 0, "name"), row_text(row, 0, "_day"), pdf);
}
