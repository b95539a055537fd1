/* The worklist of carriers' codes: API, pages, the job that reads anew. */
#include "base/domain.h"
#include "base/json.h"
#include "carriers/carrier.h"
#include "ship/code.h"
#include "ship/words.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- inputs ---- */

static const char *const states[] = { "open", "mapped", "all", NULL };
static const char *const rerun_states[] = { "none", "running", "done", NULL };

static const struct field query_fields[] = {
    { "state", FIELD_CHOICE, offsetof(struct code_query, state), .values = states,
      .help = "open: seen and not mapped, which is what is shown without it" },
    { "after", FIELD_TEXT, offsetof(struct code_query, after), .max = 2048,
      .help = "the next of the answer before" },
    { .name = NULL },
};
static const struct input query_input = { "CarrierCodesQuery", sizeof(struct code_query),
                                          query_fields };

static const struct field add_fields[] = {
    { "carrier", FIELD_TEXT, offsetof(struct code_new, carrier), .required = true, .max = 40,
      .help = "whose code it is: ship24, shiprocket, or a carrier that posts callbacks" },
    { "code", FIELD_TEXT, offsetof(struct code_new, code), .required = true, .max = 100,
      .help = "as the carrier writes it; Ship24's statusCode, or its milestone without one" },
    { "meaning", FIELD_CHOICE, offsetof(struct code_new, meaning), .required = true,
      .values = code_meanings, .help = "nothing: it says nothing of the status" },
    { .name = NULL },
};
static const struct input add_input = { "CarrierCodeNew", sizeof(struct code_new), add_fields };

struct map_input {
    const char *meaning;
};
static const struct field map_fields[] = {
    { "meaning", FIELD_CHOICE, offsetof(struct map_input, meaning), .required = true,
      .values = code_meanings, .help = "nothing: it says nothing of the status" },
    { .name = NULL },
};
static const struct input map_input = { "CarrierCodeMeaning", sizeof(struct map_input),
                                        map_fields };

/* ---- shapes ---- */

static const struct member code_members[] = {
    { "codeId", SHAPE_UUID, .help = "The code." },
    { "carrier", SHAPE_TEXT, .help = "Whose it is.", .example = "ship24" },
    { "code", SHAPE_TEXT, .help = "As the carrier writes it.", .example = "held_at_hub" },
    { "meaning", SHAPE_CHOICE, .help = "What staff read it as; null: it is not mapped.",
      .values = code_meanings, .nullable = true },
    { "seen", SHAPE_COUNT, .help = "Scans with it that nobody could read." },
    { "example", SHAPE_TEXT, .help = "The words of the last of them.", .nullable = true },
    { "exampleShipmentId", SHAPE_UUID, .help = "The shipment of the last of them.",
      .nullable = true },
    { "exampleTrackingNumber", SHAPE_TEXT, .help = "That shipment's.", .nullable = true },
    { "firstAt", SHAPE_TIME, .help = "When it was seen or listed first." },
    { "lastAt", SHAPE_TIME, .help = "When it was seen last." },
    { "mappedAt", SHAPE_TIME, .nullable = true },
    { "mappedByName", SHAPE_TEXT, .help = "Who mapped it last.", .nullable = true },
    { "rerunState", SHAPE_CHOICE, .help = "Of the re-run of this mapping.",
      .values = rerun_states },
    { "rerunAt", SHAPE_TIME, .help = "When that began or ended.", .nullable = true },
    { "rerunScans", SHAPE_COUNT, .help = "Scans that it has read anew." },
    { "rerunShipments", SHAPE_COUNT, .help = "Shipments whose status it has changed." },
    { .name = NULL },
};
static const struct shape code_shape = {
    "CarrierCode", "What a carrier calls something, and what that means to us.", code_members
};

static const struct member list_members[] = {
    { "codes", SHAPE_LIST, .help = "At most 50, those seen last first.", .of = &code_shape },
    { "next", SHAPE_TEXT, .help = "For `after`; null on the last page.", .nullable = true },
    { .name = NULL },
};
static const struct shape list_shape = { "CarrierCodes", "Codes of carriers.", list_members };

static const struct member change_members[] = {
    { "from", SHAPE_CHOICE, .values = parcel_status_names },
    { "to", SHAPE_CHOICE, .values = parcel_status_names },
    { "shipments", SHAPE_COUNT, .help = "So many." },
    { .name = NULL },
};
static const struct shape change_shape = { "CarrierCodeChange",
                                           "Shipments that move from one status to another.",
                                           change_members };

static const struct member preview_members[] = {
    { "scans", SHAPE_COUNT, .help = "That are not read as the code is mapped now." },
    { "shipments", SHAPE_COUNT, .help = "That have them." },
    { "change", SHAPE_COUNT, .help = "Shipments whose status changes." },
    { "stay", SHAPE_COUNT, .help = "Shipments that have moved on, or do not go back." },
    { "notices", SHAPE_COUNT, .help = "Customers who are told: none, a re-run is muted." },
    { "complete", SHAPE_BOOL, .help = "False: there are more scans than the 5,000 looked at." },
    { "changes", SHAPE_LIST, .of = &change_shape },
    { .name = NULL },
};
static const struct shape preview_shape = { "CarrierCodePreview",
                                            "What a re-run over what was kept would do now.",
                                            preview_members };

/* ---- the API ---- */

static const char *id_of(const struct req *r)
{
    return req_param(r, "codeId");
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = code_list(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err answer(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = code_get(&r->ctx, id, &d);
    if (e == OK && status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/ship/codes/%s", id));
    return e == OK ? reply_json(p, status, d) : e;
}

static enum err api_get(struct req *r, struct reply *p)
{
    return answer(r, p, 200, id_of(r));
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = code_add(&r->ctx, r->input, &id);
    return e == OK ? answer(r, p, 201, id) : e;
}

static enum err api_map(struct req *r, struct reply *p)
{
    const struct map_input *in = r->input;
    enum err e = code_map(&r->ctx, id_of(r), in->meaning);
    return e == OK ? answer(r, p, 200, id_of(r)) : e;
}

static enum err api_unmap(struct req *r, struct reply *p)
{
    enum err e = code_map(&r->ctx, id_of(r), NULL);
    return e == OK ? answer(r, p, 200, id_of(r)) : e;
}

static enum err api_preview(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = code_preview(&r->ctx, id_of(r), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_rerun(struct req *r, struct reply *p)
{
    enum err e = code_rerun(&r->ctx, id_of(r));
    return e == OK ? answer(r, p, 202, id_of(r)) : e;
}

/* ---- pages ---- */

static const char *meaning_word(const char *meaning)
{
    return strcmp(meaning, "nothing") == 0 ? "Nothing: no status" : parcel_label(meaning)->word;
}

static struct json_object *choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (const char *const *m = code_meanings; *m; m++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", *m);
        json_set_text(o, "label", meaning_word(*m));
        json_set_bool(o, "selected", chosen && strcmp(*m, chosen) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

static void view(struct json_object *code)
{
    const char *meaning = json_text(code, "meaning"), *rerun = json_text(code, "rerunState");
    json_set_text(code, "carrierWord", carrier_title(json_text(code, "carrier")));
    json_set_text(code, "meaningWord", meaning ? meaning_word(meaning) : NULL);
    json_set(code, "choices", choices(meaning));
    json_set_bool(code, "rerunning", strcmp(rerun, "running") == 0);
    json_set_bool(code, "rerun", strcmp(rerun, "done") == 0);
}

static const char *next_href(struct ctx *c, const char *state, const char *cursor)
{
    struct buf b = buf_in(c->arena);
    if (!cursor)
        return NULL;
    buf_printf(&b, "/shipments/codes?state=%s&after=", state);
    buf_url(&b, cursor, strlen(cursor));
    return b.p;
}

static enum err show_list(struct req *r, struct reply *p, const struct code_query *q,
                          struct json_object *form)
{
    struct json_object *d;
    enum err e = code_list(&r->ctx, q, &d);
    if (e)
        return e;
    struct json_object *list = json_get(d, "codes");
    const char *state = q->state ? q->state : "open";
    for (size_t i = 0; i < json_object_array_length(list); i++)
        view(json_object_array_get_idx(list, i));
    json_set_bool(d, "any", json_object_array_length(list) > 0);
    json_set_bool(d, state, true);
    json_set_text(d, "first",
                  q->after ? arena_printf(r->ctx.arena, "/shipments/codes?state=%s", state) : NULL);
    json_set_text(d, "nextPage", next_href(&r->ctx, state, json_text(d, "next")));
    json_set(d, "meanings", choices(json_text(json_get(form, "given"), "meaning")));
    json_set_bool(d, "adding", form != NULL);
    if (form)
        json_set(d, "form", json_object_get(form));
    json_set_text(d, "title", "Codes");
    return reply_page(p, "ship/codes", NULL, d);
}

static enum err page_list(struct req *r, struct reply *p)
{
    return show_list(r, p, r->input, NULL);
}

static enum err page_add_again(struct req *r, struct reply *p)
{
    return show_list(r, p, &(struct code_query){ 0 }, req_form_again(r));
}

static void view_changes(struct ctx *c, struct json_object *preview)
{
    long long n = json_object_get_int64(json_get(preview, "change"));
    json_set_text(preview, "changeWords",
                  n == 1 ? "1 shipment changes"
                         : arena_printf(c->arena, "%lld shipments change", n));
    json_set_bool(preview, "staySome", json_object_get_int64(json_get(preview, "stay")) > 0);
    struct json_object *list = json_get(preview, "changes");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        json_set_text(one, "fromWord", parcel_label(json_text(one, "from"))->word);
        json_set_text(one, "toWord", parcel_label(json_text(one, "to"))->word);
    }
}

static enum err page_code(struct req *r, struct reply *p)
{
    struct json_object *d, *preview;
    enum err e = code_get(&r->ctx, id_of(r), &d);
    if (e == OK)
        e = code_preview(&r->ctx, id_of(r), &preview);
    if (e)
        return e;
    view(d);
    view_changes(&r->ctx, preview);
    json_set_bool(d, "some", json_object_get_int64(json_get(preview, "scans")) > 0);
    json_set(d, "preview", json_object_get(preview));
    json_set_text(d, "title", "Code");
    return reply_page(p, "ship/code", NULL, d);
}

static enum err to_code(struct req *r, struct reply *p, const char *id)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/shipments/codes/%s", id));
}

static enum err page_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = code_add(&r->ctx, r->input, &id);
    return e == OK ? to_code(r, p, id) : e;
}

static enum err page_map(struct req *r, struct reply *p)
{
    const struct map_input *in = r->input;
    enum err e = code_map(&r->ctx, id_of(r), in->meaning);
    return e == OK ? to_code(r, p, id_of(r)) : e;
}

static enum err page_unmap(struct req *r, struct reply *p)
{
    enum err e = code_map(&r->ctx, id_of(r), NULL);
    return e == OK ? to_code(r, p, id_of(r)) : e;
}

static enum err page_rerun(struct req *r, struct reply *p)
{
    enum err e = code_rerun(&r->ctx, id_of(r));
    return e == OK ? to_code(r, p, id_of(r)) : e;
}

/* ---- the table ---- */

#define API "/api/ship/codes"
#define PAGE "/shipments/codes"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_API, API, api_list, ROLE_AGENT, &query_input, .whole = true,
      .doc = "Codes of carriers that nobody could read, and those that staff have mapped.",
      .answer = &list_shape },
    { METHOD_POST, ROUTE_API, API, api_add, ROLE_AGENT, &add_input, .whole = true, .status = 201,
      .doc = "Maps a code, seen or not; what it means here wins over the built-in tables.",
      .answer = &code_shape },
    { METHOD_GET, ROUTE_API, API "/:codeId", api_get, ROLE_AGENT, .whole = true,
      .doc = "A code of a carrier.", .answer = &code_shape },
    { METHOD_PUT, ROUTE_API, API "/:codeId", api_map, ROLE_AGENT, &map_input, .whole = true,
      .doc = "Says what a code means from now on.", .answer = &code_shape },
    { METHOD_POST, ROUTE_API, API "/:codeId/unmap", api_unmap, ROLE_AGENT, .whole = true,
      .doc = "Takes the mapping back: the built-in tables say what it means.",
      .answer = &code_shape },
    { METHOD_GET, ROUTE_API, API "/:codeId/rerun", api_preview, ROLE_AGENT, .whole = true,
      .doc = "What a re-run of the mapping over what was kept would do; nothing is done.",
      .answer = &preview_shape },
    { METHOD_POST, ROUTE_API, API "/:codeId/rerun", api_rerun, ROLE_AGENT, .whole = true,
      .queues = true, .status = 202, .answer = &code_shape,
      .doc = "Reads every scan of the code anew by its mapping. No customer is told." },

    { METHOD_GET, ROUTE_PAGE, PAGE, page_list, ROLE_AGENT, &query_input, .whole = true,
      .doc = "Codes of carriers that nobody could read." },
    { METHOD_POST, ROUTE_PAGE, PAGE, page_add, ROLE_AGENT, &add_input, .whole = true,
      .again = page_add_again, .doc = "Maps a code, seen or not." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/:codeId", page_code, ROLE_AGENT, .whole = true,
      .doc = "What a code means, and what a re-run would change." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/:codeId/meaning", page_map, ROLE_AGENT, &map_input,
      .whole = true, .doc = "Says what a code means from now on." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/:codeId/unmap", page_unmap, ROLE_AGENT, .whole = true,
      .doc = "Takes the mapping back." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/:codeId/rerun", page_rerun, ROLE_AGENT, .whole = true,
      .queues = true, .doc = "Reads every scan of the code anew by its mapping." },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { .name = "ship.reread",
      .queue = "ship",
      .lease_seconds = 60,
      .run = code_reread,
      .doc = "Reads the scans of a carrier's code anew by its mapping, fifty shipments at a time" },
    { .name = NULL },
};

const struct domain codes_domain = { .name = "codes", .routes = routes, .jobs = jobs };
