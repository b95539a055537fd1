/* What a filter means, in words. */
#include "base/json.h"
#include "exports/export.sql.h"
#include "exports/exports.h"

#include "access/access.h"
#include "track/labels.h"

#include <ctype.h>
#include <string.h>

enum kind { PLAIN, STATUS, CHANNEL, BUILDING, RUN, QUOTED, TIME };

/* In the order they are told. */
static const struct part {
    const char *key, *not_key; /* not_key NULL: none */
    enum kind kind;
    const char *before;
} parts[] = {
    { "building", "notBuilding", BUILDING, "" },
    { "run", "notRun", RUN, "" },
    { "year", "notYear", PLAIN, "" },
    { "unit", "notUnit", PLAIN, "unit " },
    { "channel", "notChannel", CHANNEL, "" },
    { "status", "notStatus", STATUS, "" },
    { "is", "notIs", PLAIN, "" },
    { "has", "notHas", PLAIN, "with " },
    { "mentions", NULL, PLAIN, "with a note that names " },
    { "grade", "notGrade", PLAIN, "grade " },
    { "provider", "notProvider", PLAIN, "by " },
    { "code", "notCode", PLAIN, "code " },
    { "cause", "notCause", QUOTED, "because of " },
    { "to", "notTo", QUOTED, "to " },
    { "domain", "notDomain", PLAIN, "at " },
    { "template", "notTemplate", PLAIN, "template " },
    { "tag", "notTag", PLAIN, "tagged " },
    { "after", NULL, TIME, "since " },
    { "before", NULL, TIME, "before " },
    { "text", "notText", QUOTED, "" },
};

static enum err names(struct ctx *c, struct json_object *ids, bool runs, const char **out)
{
    PGresult *row;
    struct buf text = buf_in(c->arena);
    json_write(&text, ids);
    enum err e =
        db_query(c->db, c->arena, export_names, &row, .ids = text.p, .runs = runs ? "t" : "f",
                 .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        *out = row_text(row, 0, "names");
    return e;
}

static void put_value(struct buf *to, enum kind kind, const char *value)
{
    if (kind == QUOTED)
        buf_printf(to, "“%s”", value);
    else if (kind == STATUS)
        for (const char *p = status_label(value)->word; *p; p++)
            buf_putc(to, (char)tolower((unsigned char)*p));
    else
        buf_puts(to, kind == CHANNEL ? channel_label(value)->word : value);
}

static void put_values(struct buf *to, enum kind kind, struct json_object *values)
{
    size_t n = json_object_is_type(values, json_type_array) ? json_object_array_length(values) : 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_puts(to, kind == QUOTED ? " and " : " or ");
        put_value(to, kind, json_object_get_string(json_object_array_get_idx(values, i)));
    }
}

static enum err told(struct ctx *c, const struct part *part, struct json_object *values,
                     const char **out)
{
    PGresult *row;
    if (part->kind != TIME)
        return names(c, values, part->kind == RUN, out);
    enum err e = db_query(c->db, c->arena, export_day, &row, .at = json_object_get_string(values));
    if (e == OK)
        *out = row_text(row, 0, "day");
    return e;
}

static enum err put_part(struct ctx *c, struct buf *to, const struct part *part,
                         struct json_object *values, bool not )
{
    const char *text;
    if (to->n)
        buf_puts(to, ", ");
    buf_puts(to, not ? "not " : "");
    buf_puts(to, part->before);
    if (part->kind != BUILDING && part->kind != RUN && part->kind != TIME) {
        put_values(to, part->kind, values);
        return OK;
    }
    enum err e = told(c, part, values, &text);
    if (e == OK)
        buf_puts(to, text);
    return e;
}

enum err export_words(struct ctx *c, struct json_object *filter, const char **out)
{
    struct buf text = buf_in(c->arena);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct part *part = &parts[i];
        struct json_object *is = json_get(filter, part->key);
        struct json_object *not = part->not_key ? json_get(filter, part->not_key) : NULL;
        enum err e = is ? put_part(c, &text, part, is, false) : OK;
        if (e == OK && not )
            e = put_part(c, &text, part, not, true);
        if (e != OK)
            return e;
    }
    *out = text.n ? text.p : "All communications";
    return OK;
}
