/* The page of the time that there is to claim something. */
#include "ship/terms_page.h"

#include "base/json.h"
#include "base/words.h"
#include "ship/attention.h"

#include <string.h>

#define DAY_HOURS 24
#define DAYS_FROM 48 /* hours that are told in days too */

static const struct {
    const char *claim, *word, *help;
} claims[] = {
    { "attempt", "Answer a failed attempt", "from the attempt on" },
    { "proof", "Ask for a proof of delivery", "from the delivery on" },
    { "dispute", "Dispute a return", "from the return on" },
    { "loss", "Claim a loss", "from the last scan on" },
};

static size_t place_of(const char *claim)
{
    size_t i = 0;
    while (i + 1 < sizeof(claims) / sizeof(claims[0]) && strcmp(claims[i].claim, claim) != 0)
        i++;
    return i;
}

/* "72 hours, 3 days". */
static const char *hours_words(struct arena *a, int64_t hours)
{
    const char *text = count_words(a, hours, "hour", "hours");
    if (hours < DAYS_FROM || hours % DAY_HOURS)
        return text;
    return arena_printf(a, "%s, %s", text, count_words(a, hours / DAY_HOURS, "day", "days"));
}

static void dress(struct arena *a, struct json_object *term)
{
    size_t place = place_of(json_text(term, "claim"));
    json_set_text(term, "word", claims[place].word);
    json_set_text(term, "help", claims[place].help);
    json_set_text(term, "hoursWords",
                  hours_words(a, json_object_get_int64(json_get(term, "hours"))));
}

static struct json_object *choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", claims[i].claim);
        json_set_text(o, "label", claims[i].word);
        json_set_bool(o, "selected", chosen && strcmp(chosen, claims[i].claim) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

static enum err show(struct req *r, struct reply *p, struct json_object *again)
{
    struct json_object *d, *given = json_get(again, "given");
    enum err e = terms_get(&r->ctx, &d);
    if (e != OK)
        return e;
    struct json_object *list = json_get(d, "terms");
    for (size_t i = 0; i < json_object_array_length(list); i++)
        dress(r->ctx.arena, json_object_array_get_idx(list, i));
    struct json_object *form = json_object_new_object();
    const char *carrier = json_text(given, "carrier"), *hours = json_text(given, "hours");
    json_set_text(form, "carrier", carrier ? carrier : "");
    json_set_text(form, "hours", hours ? hours : "");
    json_set(form, "claims", choices(json_text(given, "claim")));
    json_set(form, "errors", json_object_get(json_get(again, "errors")));
    json_set_text(form, "error", json_text(again, "error"));
    json_set(d, "form", form);
    return reply_page(p, "ship/terms", NULL, d);
}

enum err terms_page(struct req *r, struct reply *p)
{
    return show(r, p, NULL);
}

enum err terms_again(struct req *r, struct reply *p)
{
    return show(r, p, req_form_again(r));
}

enum err terms_set_page(struct req *r, struct reply *p)
{
    enum err e = terms_set(&r->ctx, r->input);
    return e == OK ? reply_redirect(p, TERMS_PAGE) : e;
}
