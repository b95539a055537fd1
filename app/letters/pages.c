/* The pages of letters: what waits and the runs, one run, its certificate, returns, settings. */
#include "letters/pages.h"

#include "access/access.h"
#include "base/json.h"
#include "base/money.h"
#include "base/uuid.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/run.sql.h"
#include "letters/settings.h"
#include "letters/view.h"
#include "track/view.h"

#include <stdlib.h>
#include <string.h>

const struct upload *upload_of(const struct req *r, const char *field)
{
    for (size_t i = 0; i < r->upload_count; i++)
        if (strcmp(r->uploads[i].field, field) == 0)
            return &r->uploads[i];
    return NULL;
}

const char *run_id_of(const struct req *r)
{
    const char *id = req_param(r, "printRunId");
    return id && uuid_valid(id) ? id : NULL;
}

static enum err to_run(struct req *r, struct reply *p, const char *id)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/letters/%s", id));
}

static void set_may_act(const struct ctx *c, struct json_object *d)
{
    json_set_bool(d, "mayAct", c->actor.role >= ROLE_AGENT);
    json_set_bool(d, "maySet", c->actor.role >= ROLE_ADMIN && c->actor.all_buildings);
}

/* ---- what waits, and the runs ---- */

/* Of one building and year it is a tab of that. */
static enum err add_place(struct ctx *c, const struct list_input *in, struct json_object *d)
{
    struct json_object *tab;
    const struct track_query q = {
        .building = in->building, .year = in->year, .tab = "letters", .find = in->find
    };
    if (!in->building || !in->year)
        return OK;
    enum err e = side_document(c, &q, &tab);
    if (e == OK)
        json_set(d, "place", json_object_get(tab));
    return e;
}

enum err letters_page(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const struct list_input *in = r->input;
    const struct print_run_query q = { .building = in->building,
                                       .after = in->after,
                                       .year = in->year };
    struct json_object *d, *ready;
    enum err e = print_run_list(c, &q, &d);
    if (e == OK)
        e = add_place(c, in, d);
    if (e == OK)
        e = letters_ready(c, q.building, q.year, &ready);
    if (e != OK)
        return e;
    json_set(d, "ready", json_object_get(ready));
    view_list(c, d);
    set_may_act(c, d);
    json_set(d, "layouts", label_choices(print_labels[0]));
    json_set_text(d, "title", "Letters");
    return reply_page(p, "letters/letters", NULL, d);
}

/* "0190… 2025" */
static enum err group_of(struct ctx *c, const char *text, struct print_run_new *n)
{
    const char *gap = text ? strchr(text, ' ') : NULL;
    if (!text)
        return OK;
    n->building = gap ? arena_strndup(c->arena, text, (size_t)(gap - text)) : NULL;
    n->year = gap ? strtol(gap, NULL, 10) : 0;
    if (!n->building || !uuid_valid(n->building) || n->year < 1900 || n->year > 2999)
        return ctx_fault(c, "group", "is not a building and a year");
    return OK;
}

enum err letters_start(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    const char *id;
    const struct start_input *in = r->input;
    struct print_run_new n = { .order = in->order,
                               .separators = in->separators,
                               .label_layout = in->label_layout,
                               .label_start = in->label_start };
    enum err e = group_of(c, in->group, &n);
    if (e == OK)
        e = print_run_add(c, &n, &id);
    return e == OK ? to_run(r, p, id) : e;
}

/* ---- one run ---- */

/* `form`: what was given in it and what is wrong there; NULL: nothing was. */
static enum err show_run(struct req *r, struct reply *p, long after, struct json_object *form)
{
    struct ctx *c = &r->ctx;
    struct json_object *d, *pieces;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_get(c, id, &d) : ERR_NOT_FOUND;
    if (e == OK)
        e = print_run_pieces(c, id, after, &pieces);
    if (e != OK)
        return e;
    view_run(c, d);
    view_pieces(c, pieces, id);
    set_may_act(c, d);
    json_set(d, "list", json_object_get(pieces));
    json_set(d, "layouts", label_choices(json_text(d, "labelLayout")));
    json_set_text(d, "title", arena_printf(c->arena, "Run %s", json_text(d, "name")));
    view_form(d, form);
    return reply_page(p, "letters/run", NULL, d);
}

enum err run_page(struct req *r, struct reply *p)
{
    const struct pieces_input *in = r->input;
    return show_run(r, p, in->after, NULL);
}

enum err run_page_again(struct req *r, struct reply *p)
{
    return show_run(r, p, 0, req_form_again(r));
}

/* The part of the page that asks again until the file is made; then the page is loaded anew. */
enum err run_progress(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_get(&r->ctx, id, &d) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    view_run(&r->ctx, d);
    if (!json_get(d, "making"))
        reply_header(p, "HX-Refresh", "true");
    return reply_page(p, "letters/making", NULL, d);
}

/* The route's last segment says which. */
enum err run_step(struct req *r, struct reply *p)
{
    const char *id = run_id_of(r), *step = strrchr(r->path, '/') + 1;
    if (!id)
        return ERR_NOT_FOUND;
    enum err e = strcmp(step, "printed") == 0 ? print_run_printed(&r->ctx, id)
                                              : print_run_cancel(&r->ctx, id);
    return e == OK ? to_run(r, p, id) : e;
}

enum err run_lodge(struct req *r, struct reply *p)
{
    const struct lodge_input *in = r->input;
    const struct lodgement l = { .accepted = in->accepted,
                                 .at = in->at,
                                 .on = in->on,
                                 .time = in->time,
                                 .missing = in->missing };
    const char *id = run_id_of(r);
    enum err e = id ? print_run_lodged(&r->ctx, id, &l, upload_of(r, "slip")) : ERR_NOT_FOUND;
    return e == OK ? to_run(r, p, id) : e;
}

enum err run_close(struct req *r, struct reply *p)
{
    const struct close_input *in = r->input;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_close(&r->ctx, id, in->explanation) : ERR_NOT_FOUND;
    return e == OK ? to_run(r, p, id) : e;
}

enum err run_receipt(struct req *r, struct reply *p)
{
    const struct receipt_input *in = r->input;
    const char *id = run_id_of(r);
    enum err e =
        id ? print_run_receipt(&r->ctx, id, req_param(r, "seq"), in->number) : ERR_NOT_FOUND;
    return e == OK ? to_run(r, p, id) : e;
}

enum err certificate_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_certificate(&r->ctx, id, &d) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    view_run(&r->ctx, d);
    json_set_text(d, "title", "Certificate");
    return reply_page(p, "letters/certificate", NULL, d);
}

/* ---- returned ---- */

static enum err return_form(struct req *r, struct reply *p, struct json_object *d)
{
    const struct return_input *in = r->method == METHOD_POST ? r->input : NULL;
    json_set(d, "reasons", return_choices(in ? in->reason : NULL));
    json_set_text(d, "title", "Returned letters");
    return reply_page(p, "letters/return", NULL, d);
}

enum err return_page(struct req *r, struct reply *p)
{
    return return_form(r, p, json_own(r->ctx.arena, json_object_new_object()));
}

/* The form again, ready for the next letter; with what was wrong where it was. */
enum err return_post(struct req *r, struct reply *p)
{
    struct ctx *c = &r->ctx;
    struct json_object *back, *d = json_own(c->arena, json_object_new_object());
    const struct return_input *in = r->input;
    enum err e = letter_returned(c, in->code, in->reason, upload_of(r, "photo"), &back);
    if (e == OK) {
        view_returned(c, back);
        json_set(d, "noted", json_object_get(back));
        return return_form(r, p, d);
    }
    if (e != ERR_INVALID && e != ERR_NOT_FOUND)
        return e;
    json_set_text(d, "code", in->code);
    json_set_text(d, "wrong",
                  c->problem.n ? arena_printf(c->arena, "The %s %s.", c->problem.faults[0].field,
                                              c->problem.faults[0].message)
                               : c->problem.detail);
    p->status = e == ERR_INVALID ? 422 : 404;
    return return_form(r, p, d);
}

/* ---- settings ---- */

enum err settings_show(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = settings_page(&r->ctx, &d);
    if (e != OK)
        return e;
    json_set_text(d, "title", "Letter settings");
    return reply_page(p, "letters/settings", NULL, d);
}

enum err settings_save(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = settings_put(&r->ctx, r->input, &d);
    return e == OK ? reply_redirect(p, "/letters/settings") : e;
}
