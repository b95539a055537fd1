/* How letters look: shown, set, and what the page offers. */
#include "letters/settings.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/settings.sql.h"
#include "paper/print_file.h"
#include "track/letter_settings.h"

#include <string.h>

/* The names of label_sheets. */
const char *const print_labels[] = { "l7160", "l7163", "l7162", "3475", "5160", "5163", NULL };

enum err settings_get(struct ctx *c, struct json_object **out)
{
    const struct letter_settings *s;
    enum err e = letter_settings_load(c, &s);
    if (e == OK)
        *out = letter_settings_document(c, s);
    return e;
}

static enum err check(struct ctx *c, const struct letter_settings *s)
{
    size_t n = 0;
    for (const char **line = s->sender_lines; line && *line; line++)
        n++;
    if (n >= LETTER_SENDER_LINES)
        return ctx_fault(c, "senderLines", "holds more than %d lines", LETTER_SENDER_LINES - 1);
    if (s->country && strspn(s->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        return ctx_fault(c, "country", "is not a code of two capital letters");
    if (s->currency && strspn(s->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
        return ctx_fault(c, "currency", "is not a code of three capital letters");
    return OK;
}

enum err settings_put(struct ctx *c, const struct letter_settings *s, struct json_object **out)
{
    struct buf text = buf_in(c->arena);
    struct json_object *before;
    enum err e = check(c, s);
    if (e == OK)
        e = settings_get(c, &before);
    if (e != OK)
        return e;
    *out = letter_settings_document(c, s);
    json_write(&text, *out);
    e = db_query(c->db, c->arena, settings_put, NULL, .settings = text.p,
                 .actor_name = c->actor.name);
    return e == OK
               ? audit_add(c, "letter_settings.set", "letter_settings", c->tenant_id, before, *out)
               : e;
}

/* ---- what the page offers ---- */

static struct json_object *choice(const char *value, const char *label, bool selected)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "value", value);
    json_set_text(o, "label", label);
    json_set_bool(o, "selected", selected);
    return o;
}

struct json_object *label_choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (const char *const *name = print_labels; *name; name++)
        json_object_array_add(list, choice(*name, label_sheet_of(*name)->title,
                                           chosen && strcmp(*name, chosen) == 0));
    return list;
}

static struct json_object *price_rows(struct ctx *c, const struct letter_settings *s)
{
    struct json_object *list = json_object_new_array();
    for (int i = 0; i < LETTER_STEPS; i++) {
        struct json_object *o = json_object_new_object();
        json_set_int(o, "grams", letter_steps[i]);
        for (int k = 0; k < PRICE_CLASSES; k++)
            json_set_text(o, k == PRICE_LETTER ? "letter" : "registered",
                          s->price[k][i] < 0 ? "" : arena_printf(c->arena, "%ld", s->price[k][i]));
        json_object_array_add(list, o);
    }
    return list;
}

/* Those that are set and one more; at least three. */
static struct json_object *lines_of(const struct letter_settings *s)
{
    struct json_object *list = json_object_new_array();
    const char *const *at = (const char *const *)s->sender_lines;
    bool set = true;
    for (int i = 0; i < LETTER_SENDER_LINES - 1 && (i < 3 || set); i++) {
        struct json_object *o = json_object_new_object();
        set = at && *at;
        json_set_int(o, "n", i + 2);
        json_set_text(o, "text", set ? *at++ : "");
        json_object_array_add(list, o);
    }
    return list;
}

enum err settings_page(struct ctx *c, struct json_object **out)
{
    const struct letter_settings *s;
    enum err e = letter_settings_load(c, &s);
    if (e != OK)
        return e;
    struct json_object *d = letter_settings_document(c, s), *forms = json_object_new_array();
    for (const char *const *name = letter_form_names; *name; name++)
        json_object_array_add(
            forms, choice(*name, letter_form_named(*name)->title, strcmp(*name, s->form) == 0));
    json_set(d, "forms", forms);
    json_set(d, "lines", lines_of(s));
    json_set(d, "prices", price_rows(c, s));
    *out = d;
    return OK;
}
