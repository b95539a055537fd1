/* The routes of letters: pages, the API, and what they may be asked. */
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/pages.h"
#include "letters/settings.h"
#include "letters/shapes.h"
#include "track/letter.h"

#include <stddef.h>
#include <string.h>

#define SCAN_LIMIT ((size_t)20 * 1024 * 1024)

/* ---- inputs ---- */

#define HOW(type)                                                                                  \
    { "order", FIELD_CHOICE, offsetof(type, order), .values = print_run_orders,                    \
      .help = "walk: building by building, unit by unit. postcode: as the post sorts." },          \
        { "separators", FIELD_CHOICE, offsetof(type, separators), .values = print_separators,      \
          .help = "building: a sheet before each building, or post code where so ordered." },      \
        { "labelLayout", FIELD_CHOICE, offsetof(type, label_layout), .values = print_labels,       \
          .help = "Sheet of address labels." },                                                    \
    {                                                                                              \
        "labelStart", FIELD_INT, offsetof(type, label_start),                                      \
            .min = 1, .max = 30, .help = "First label that is free on the first sheet."            \
    }

static const struct field add_fields[] = {
    { "building", FIELD_UUID, offsetof(struct print_run_new, building),
      .help = "Only letters of this building." },
    { "year", FIELD_INT, offsetof(struct print_run_new, year), .min = 1900, .max = 2999,
      .help = "Only letters of this year." },
    { "batch", FIELD_UUID, offsetof(struct print_run_new, batch),
      .help = "Only letters of this batch." },
    { "ids", FIELD_TEXTS, offsetof(struct print_run_new, ids), .max = 36,
      .help = "Only these communications." },
    HOW(struct print_run_new),
    { .name = NULL },
};
static const struct input add_input = { "PrintRunNew", sizeof(struct print_run_new), add_fields };

static const struct field start_fields[] = {
    { "group", FIELD_TEXT, offsetof(struct start_input, group), .max = 60,
      .help = "A building and a year; absent: all." },
    HOW(struct start_input),
    { .name = NULL },
};
static const struct input start_input = { "PrintRunStart", sizeof(struct start_input),
                                          start_fields };

#define LIST_FIELDS                                                                                \
    { "building", FIELD_UUID, offsetof(struct list_input, building),                               \
      .help = "Only with letters of this building." },                                             \
        { "year",      FIELD_INT,   offsetof(struct list_input, year),                             \
          .min = 1900, .max = 2999, .help = "Only with letters of this year." },                   \
    {                                                                                              \
        "after", FIELD_TEXT, offsetof(struct list_input, after),                                   \
            .max = 2048, .help = "The page after this cursor."                                     \
    }
static const struct field list_fields[] = { LIST_FIELDS, { .name = NULL } };
static const struct input list_input = { "PrintRunsQuery", sizeof(struct list_input), list_fields };

static const struct field page_fields[] = {
    LIST_FIELDS,
    { "find", FIELD_TEXT, offsetof(struct list_input, find), .max = 100,
      .help = "Part of a building, for the side list." },
    { .name = NULL },
};
static const struct input page_input = { "LettersPageQuery", sizeof(struct list_input),
                                         page_fields };

static const struct field ready_fields[] = {
    { "building", FIELD_UUID, offsetof(struct list_input, building), .help = "Only of this one." },
    { "year", FIELD_INT, offsetof(struct list_input, year), .min = 1900, .max = 2999,
      .help = "Only of this one." },
    { .name = NULL },
};
static const struct input ready_input = { "LettersReadyQuery", sizeof(struct list_input),
                                          ready_fields };

static const struct field pieces_fields[] = {
    { "after", FIELD_INT, offsetof(struct pieces_input, after), .min = 0, .max = 1000000,
      .help = "Those behind this place." },
    { .name = NULL },
};
static const struct input pieces_input = { "PrintPiecesQuery", sizeof(struct pieces_input),
                                           pieces_fields };

struct labels_input {
    const char *layout;
    long start;
};
static const struct field labels_fields[] = {
    { "layout", FIELD_CHOICE, offsetof(struct labels_input, layout), .values = print_labels,
      .help = "Another sheet than the run's." },
    { "start", FIELD_INT, offsetof(struct labels_input, start), .min = 1, .max = 30,
      .help = "Another first label." },
    { .name = NULL },
};
static const struct input labels_input = { "PrintLabelsQuery", sizeof(struct labels_input),
                                           labels_fields };

#define ACCEPTED                                                                                   \
    {                                                                                              \
        "acceptedCount", FIELD_INT, offsetof(struct lodge_input, accepted),                        \
            .required = true, .min = 0, .max = 1000000, .help = "How many letters the post took."  \
    }
#define MISSING                                                                                    \
    {                                                                                              \
        "missing", FIELD_TEXT, offsetof(struct lodge_input, missing),                              \
            .max = 4000, .help = "Numbers of the letters it did not take: 3, 17."                  \
    }
static const struct field lodge_fields[] = {
    ACCEPTED,
    MISSING,
    { "lodgedAt", FIELD_TIME, offsetof(struct lodge_input, at), .help = "When. Absent: now." },
    { .name = NULL },
};
static const struct input lodge_input = { "PrintRunLodged", sizeof(struct lodge_input),
                                          lodge_fields };
static const struct field lodge_form_fields[] = {
    ACCEPTED,
    MISSING,
    { "lodgedOn", FIELD_TEXT, offsetof(struct lodge_input, on), .min = 10, .max = 10,
      .help = "The day, where the tenant is." },
    { "lodgedTime", FIELD_TEXT, offsetof(struct lodge_input, time), .min = 5, .max = 5,
      .help = "The time of it." },
    { .name = NULL },
};
static const struct input lodge_form = { "PrintRunLodgedForm", sizeof(struct lodge_input),
                                         lodge_form_fields };

static const struct field close_fields[] = {
    { "explanation", FIELD_TEXT, offsetof(struct close_input, explanation), .max = 2000,
      .help = "Why the post took another number than there are." },
    { .name = NULL },
};
static const struct input close_input = { "PrintRunClose", sizeof(struct close_input),
                                          close_fields };

static const struct field receipt_fields[] = {
    { "number", FIELD_TEXT, offsetof(struct receipt_input, number), .required = true, .min = 4,
      .max = 40, .help = "As on the receipt." },
    { .name = NULL },
};
static const struct input receipt_input = { "PrintPieceReceipt", sizeof(struct receipt_input),
                                            receipt_fields };

static const struct field return_fields[] = {
    { "code", FIELD_TEXT, offsetof(struct return_input, code), .required = true, .max = 100,
      .help = "As printed beside the address: TC1:…" },
    { "reason", FIELD_CHOICE, offsetof(struct return_input, reason), .required = true,
      .values = return_reasons, .help = "What the post says." },
    { .name = NULL },
};
static const struct input return_input = { "LetterReturnedInput", sizeof(struct return_input),
                                           return_fields };

static const struct file_field slip_file[] = {
    { "slip", false, "A scan or photograph of the stamped slip." },
    { .name = NULL },
};
static const struct file_field photo_file[] = {
    { "photo", false, "A photograph of the envelope." },
    { .name = NULL },
};

/* ---- API: runs ---- */

static enum err reply_run(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *d;
    enum err e = print_run_get(&r->ctx, id, &d);
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/print-runs/%s", id));
    return reply_json(p, status, d);
}

static enum err api_runs(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct list_input *in = r->input;
    const struct print_run_query q = { .building = in->building,
                                       .after = in->after,
                                       .year = in->year };
    enum err e = print_run_list(&r->ctx, &q, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id;
    enum err e = print_run_add(&r->ctx, r->input, &id);
    return e == OK ? reply_run(r, p, 202, id) : e;
}

static enum err api_run(struct req *r, struct reply *p)
{
    const char *id = run_id_of(r);
    return id ? reply_run(r, p, 200, id) : ERR_NOT_FOUND;
}

static enum err api_pieces(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct pieces_input *in = r->input;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_pieces(&r->ctx, id, in->after, &d) : ERR_NOT_FOUND;
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_printed(struct req *r, struct reply *p)
{
    const char *id = run_id_of(r);
    enum err e = id ? print_run_printed(&r->ctx, id) : ERR_NOT_FOUND;
    return e == OK ? reply_run(r, p, 200, id) : e;
}

static enum err api_cancel(struct req *r, struct reply *p)
{
    const char *id = run_id_of(r);
    enum err e = id ? print_run_cancel(&r->ctx, id) : ERR_NOT_FOUND;
    return e == OK ? reply_run(r, p, 200, id) : e;
}

static enum err api_lodged(struct req *r, struct reply *p)
{
    const struct lodge_input *in = r->input;
    const struct lodgement l = { .accepted = in->accepted, .at = in->at, .missing = in->missing };
    const char *id = run_id_of(r);
    enum err e = id ? print_run_lodged(&r->ctx, id, &l, upload_of(r, "slip")) : ERR_NOT_FOUND;
    return e == OK ? reply_run(r, p, 200, id) : e;
}

static enum err api_close(struct req *r, struct reply *p)
{
    const struct close_input *in = r->input;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_close(&r->ctx, id, in->explanation) : ERR_NOT_FOUND;
    return e == OK ? reply_run(r, p, 200, id) : e;
}

static enum err api_receipt(struct req *r, struct reply *p)
{
    const struct receipt_input *in = r->input;
    const char *id = run_id_of(r);
    enum err e =
        id ? print_run_receipt(&r->ctx, id, req_param(r, "seq"), in->number) : ERR_NOT_FOUND;
    return e == OK ? reply_run(r, p, 200, id) : e;
}

static enum err api_certificate(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = run_id_of(r);
    enum err e = id ? print_run_certificate(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- API: files ---- */

/* "letters-2026-07.pdf" of a run that may be seen. */
static enum err file_name(struct req *r, const char *what, struct json_object **run,
                          const char **name)
{
    const char *id = run_id_of(r);
    enum err e = id ? print_run_get(&r->ctx, id, run) : ERR_NOT_FOUND;
    if (e == OK)
        *name = arena_printf(r->ctx.arena, "%s-%s", what, json_text(*run, "name"));
    return e;
}

static enum err api_print(struct req *r, struct reply *p)
{
    struct json_object *run;
    const char *name;
    enum err e = file_name(r, "letters", &run, &name);
    if (e != OK)
        return e;
    if (!json_text(run, "printSha256"))
        return ctx_refuse(&r->ctx, ERR_NOT_FOUND, "The file is not made yet.");
    return reply_blob(p, json_text(run, "printSha256"), "application/pdf",
                      arena_printf(r->ctx.arena, "%s.pdf", name));
}

static enum err api_scan(struct req *r, struct reply *p)
{
    struct json_object *run;
    struct blob blob;
    const char *name;
    enum err e = file_name(r, "slip", &run, &name);
    if (e == OK && !json_text(run, "scanSha256"))
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = store_find(r->ctx.app->store, r->ctx.arena, json_text(run, "scanSha256"), &blob);
    return e == OK ? reply_blob(p, json_text(run, "scanSha256"),
                                arena_strdup(r->ctx.arena, blob.content_type),
                                json_text(run, "scanFileName"))
                   : e;
}

static enum err run_labels(struct req *r, struct reply *p)
{
    struct json_object *run;
    struct str pdf;
    const char *name;
    const struct labels_input *in = r->input;
    enum err e = file_name(r, "labels", &run, &name);
    if (e == OK)
        e = print_run_labels(&r->ctx, run_id_of(r), in->layout, in->start, &pdf);
    return e == OK
               ? reply_file(p, pdf, "application/pdf", arena_printf(r->ctx.arena, "%s.pdf", name))
               : e;
}

static enum err api_slip(struct req *r, struct reply *p)
{
    struct json_object *run;
    struct str pdf;
    const char *name;
    enum err e = file_name(r, "posting-list", &run, &name);
    if (e == OK)
        e = print_run_slip(&r->ctx, run_id_of(r), &pdf);
    return e == OK
               ? reply_file(p, pdf, "application/pdf", arena_printf(r->ctx.arena, "%s.pdf", name))
               : e;
}

static enum err api_letter(struct req *r, struct reply *p)
{
    struct letter_shown shown;
    struct ctx *c = &r->ctx;
    const char *id = req_param(r, "communicationId");
    enum err e = id && uuid_valid(id) ? letter_show(c, id, &shown) : ERR_NOT_FOUND;
    if (e == OK && shown.sha256)
        e = store_get(c->app->store, c->arena, shown.sha256, &shown.bytes);
    return e == OK ? reply_file(p, shown.bytes, "application/pdf", shown.file_name) : e;
}

/* ---- API: the rest ---- */

static enum err api_ready(struct req *r, struct reply *p)
{
    const struct list_input *in = r->input;
    struct json_object *ready, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = letters_ready(&r->ctx, in->building, in->year, &ready);
    if (e != OK)
        return e;
    json_set(d, "ready", json_object_get(ready));
    return reply_json(p, 200, d);
}

static enum err api_returned(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct return_input *in = r->input;
    enum err e = letter_returned(&r->ctx, in->code, in->reason, upload_of(r, "photo"), &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_settings(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = settings_get(&r->ctx, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

static enum err api_settings_put(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = settings_put(&r->ctx, r->input, &d);
    return e == OK ? reply_json(p, 200, d) : e;
}

/* ---- routes ---- */

#define RUN_PAGE "/letters/:printRunId"
#define RUN_API "/api/track/print-runs/:printRunId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/letters", letters_page, ROLE_VIEWER, &page_input,
      .doc = "Letters that wait for a run, and the runs." },
    { METHOD_POST, ROUTE_PAGE, "/letters", letters_start, ROLE_AGENT, &start_input, .queues = true,
      .doc = "Starts a run." },
    { METHOD_GET, ROUTE_PAGE, "/letters/return", return_page, ROLE_AGENT,
      .doc = "Where letters that came back are noted." },
    { METHOD_POST, ROUTE_PAGE, "/letters/return", return_post, ROLE_AGENT, &return_input,
      .body_limit = SCAN_LIMIT, .files = photo_file, .doc = "Notes one." },
    { METHOD_GET, ROUTE_PAGE, "/letters/settings", settings_show, ROLE_ADMIN, .whole = true,
      .doc = "How letters look." },
    { METHOD_POST, ROUTE_PAGE, "/letters/settings", settings_save, ROLE_ADMIN,
      &letter_settings_input, .whole = true, .doc = "Sets how letters look." },
    { METHOD_GET, ROUTE_PAGE, RUN_PAGE, run_page, ROLE_VIEWER, &pieces_input,
      .doc = "A run: what to do next, its files and letters." },
    { METHOD_GET, ROUTE_PAGE, RUN_PAGE "/progress", run_progress, ROLE_VIEWER,
      .doc = "How far the making of its file is." },
    { METHOD_GET, ROUTE_PAGE, RUN_PAGE "/labels", run_labels, ROLE_AGENT, &labels_input,
      .slow = true, .doc = "Address labels of its letters, on the sheet that is asked for.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_PAGE, RUN_PAGE "/certificate", certificate_page, ROLE_VIEWER,
      .doc = "What it proves." },
    { METHOD_POST, ROUTE_PAGE, RUN_PAGE "/printed", run_step, ROLE_AGENT,
      .doc = "Notes that it was printed." },
    { METHOD_POST, ROUTE_PAGE, RUN_PAGE "/cancel", run_step, ROLE_AGENT,
      .doc = "Cancels it and frees its letters." },
    { METHOD_POST, ROUTE_PAGE, RUN_PAGE "/lodged", run_lodge, ROLE_AGENT, &lodge_form, .slow = true,
      .body_limit = SCAN_LIMIT, .files = slip_file, .again = run_page_again,
      .doc = "Notes that it was handed in." },
    { METHOD_POST, ROUTE_PAGE, RUN_PAGE "/close", run_close, ROLE_AGENT, &close_input,
      .again = run_page_again, .doc = "Closes it." },
    { METHOD_POST, ROUTE_PAGE, RUN_PAGE "/pieces/:seq/receipt", run_receipt, ROLE_AGENT,
      &receipt_input, .doc = "Notes the number of a registered letter." },

    { METHOD_GET, ROUTE_API, "/api/track/letter-settings", api_settings, ROLE_VIEWER,
      .doc = "How letters look, weigh and cost.", .answer = &letter_settings_shape },
    { METHOD_PUT, ROUTE_API, "/api/track/letter-settings", api_settings_put, ROLE_ADMIN,
      &letter_settings_input, .whole = true,
      .doc = "Sets all of it; what is absent is as it would be without.",
      .answer = &letter_settings_shape },
    { METHOD_GET, ROUTE_API, "/api/track/letters/ready", api_ready, ROLE_VIEWER, &ready_input,
      .doc = "Letters that wait for a run, by building and year.", .answer = &letters_ready_shape },
    { METHOD_POST, ROUTE_API, "/api/track/letters/returned", api_returned, ROLE_AGENT,
      &return_input, .body_limit = SCAN_LIMIT, .files = photo_file,
      .doc = "Notes that a letter came back, by the code on it.",
      .answer = &letter_returned_shape },
    { METHOD_GET, ROUTE_API, "/api/track/communications/:communicationId/letter", api_letter,
      ROLE_VIEWER, .slow = true,
      .doc = "The letter of a communication: as it was made, else as it would be now.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, "/api/track/print-runs", api_runs, ROLE_VIEWER, &list_input,
      .doc = "Print runs, the newest first: those whose buildings the asker is granted all of.",
      .answer = &print_runs_shape },
    { METHOD_POST, ROUTE_API, "/api/track/print-runs", api_add, ROLE_AGENT, &add_input,
      .queues = true, .status = 202, .answer = &print_run_shape,
      .doc = "Takes what is ready and in no run, at most 5,000 letters, and has its file made." },
    { METHOD_GET, ROUTE_API, RUN_API, api_run, ROLE_VIEWER, .doc = "A print run.",
      .answer = &print_run_shape },
    { METHOD_GET, ROUTE_API, RUN_API "/pieces", api_pieces, ROLE_VIEWER, &pieces_input,
      .doc = "Its letters in order, 100 at a time.", .answer = &print_pieces_shape },
    { METHOD_GET, ROUTE_API, RUN_API "/print", api_print, ROLE_AGENT,
      .doc = "All its letters in one file.", .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, RUN_API "/labels", run_labels, ROLE_AGENT, &labels_input, .slow = true,
      .doc = "Address labels of its letters.", .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, RUN_API "/slip", api_slip, ROLE_AGENT, .slow = true,
      .doc = "The list for the post, with room for its stamp.", .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, RUN_API "/scan", api_scan, ROLE_AGENT, .doc = "The stamped slip.",
      .file = "application/pdf" },
    { METHOD_GET, ROUTE_API, RUN_API "/certificate", api_certificate, ROLE_VIEWER,
      .doc = "What the run proves, once it was handed in.", .answer = &print_certificate_shape },
    { METHOD_POST, ROUTE_API, RUN_API "/printed", api_printed, ROLE_AGENT, .slow = true,
      .doc = "Notes that it was printed.", .answer = &print_run_shape },
    { METHOD_POST, ROUTE_API, RUN_API "/cancel", api_cancel, ROLE_AGENT,
      .doc = "Cancels it before it is printed; its letters wait again.",
      .answer = &print_run_shape },
    { METHOD_POST, ROUTE_API, RUN_API "/lodged", api_lodged, ROLE_AGENT, &lodge_input, .slow = true,
      .body_limit = SCAN_LIMIT, .files = slip_file,
      .doc = "Notes that it was handed in; again to correct it, until it is closed.",
      .answer = &print_run_shape },
    { METHOD_POST, ROUTE_API, RUN_API "/close", api_close, ROLE_AGENT, &close_input,
      .doc = "Closes it; where the post took another number, only with an explanation.",
      .answer = &print_run_shape },
    { METHOD_POST, ROUTE_API, RUN_API "/pieces/:seq/receipt", api_receipt, ROLE_AGENT,
      &receipt_input, .doc = "Notes the number of a registered letter's receipt.",
      .answer = &print_run_shape },
    { .path = NULL },
};

const struct domain letters_domain = {
    .name = "letters",
    .routes = routes,
    .jobs = letters_jobs,
    .schedules = letters_schedules,
};
