/* The routes of runs: pages, the API, what they may be asked; their jobs and schedules. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "track/batch.h"
#include "track/cost.h"
#include "track/run.h"
#include "track/run_page.h"
#include "track/run_shapes.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- what may be asked ---- */

struct query {
    const char *after, *step, *communication;
    bool tested;
};

static const struct field list_fields[] = {
    { "after", FIELD_TEXT, offsetof(struct query, after), .max = 2048,
      .help = "The page after this cursor." },
    { .name = NULL },
};
static const struct field page_fields[] = {
    { "step", FIELD_CHOICE, offsetof(struct query, step), .values = runs_steps,
      .help = "Absent: the one to look at now." },
    { "communication", FIELD_UUID, offsetof(struct query, communication),
      .help = "The message of the preview." },
    { "tested", FIELD_BOOL, offsetof(struct query, tested), .help = "A test of it was just sent." },
    { .name = NULL },
};
static const struct field preview_fields[] = {
    { "communication", FIELD_UUID, offsetof(struct query, communication),
      .help = "Absent: the first by its unit." },
    { .name = NULL },
};
static const struct input list_query = { "RunsQuery", sizeof(struct query), list_fields };
static const struct input page_query = { "RunQuery", sizeof(struct query), page_fields };
static const struct input preview_query = { "RunPreviewQuery", sizeof(struct query),
                                            preview_fields };

struct body {
    const char *decision, *note, *kind, *communication;
};
#define NOTE                                                                                       \
    {                                                                                              \
        "note", FIELD_TEXT, offsetof(struct body, note), .max = 1000, .help = "Why, in words."     \
    }
static const struct field decision_fields[] = {
    { "decision", FIELD_CHOICE, offsetof(struct body, decision), .required = true,
      .values = approval_decisions, .help = "What is said; refuse needs a note." },
    NOTE,
    { .name = NULL },
};
static const struct field note_fields[] = { NOTE, { .name = NULL } };
static const struct field fault_fields[] = {
    { "kind", FIELD_TEXT, offsetof(struct body, kind), .max = 40,
      .help = "Of the error; to take in again absent: of any." },
    { "communicationId", FIELD_UUID, offsetof(struct body, communication),
      .help = "Absent: all of the kind." },
    { .name = NULL },
};
static const struct field test_fields[] = {
    { "communicationId", FIELD_UUID, offsetof(struct body, communication), .required = true,
      .help = "The message." },
    { .name = NULL },
};
static const struct input decision_input = { "RunDecision", sizeof(struct body), decision_fields };
static const struct input note_input = { "RunNote", sizeof(struct body), note_fields };
static const struct input fault_input = { "RunFaultChoice", sizeof(struct body), fault_fields };
static const struct input test_input = { "RunTestInput", sizeof(struct body), test_fields };

#define PLACE(name, member, most, words)                                                           \
    {                                                                                              \
        name, FIELD_TEXT, offsetof(struct recipient, member), .clears = true, .max = (most),       \
                                                              .help = (words)                      \
    }
static const struct field recipient_fields[] = {
    PLACE("email", email, 320, "Absent: it stays; empty: none."),
    PLACE("phone", phone, 40, "As people write it; of the country, where it begins with 0."),
    PLACE("street", street, 200, "Street and number."),
    PLACE("postalCode", postal_code, 20, "Post code."),
    PLACE("city", city, 100, "Town."),
    PLACE("country", country, 60, "ISO 3166 or a usual name."),
    { .name = NULL },
};
static const struct input recipient_input = { "RecipientChange", sizeof(struct recipient),
                                              recipient_fields };

#define NUMBER(name, member, most, words)                                                          \
    {                                                                                              \
        name, FIELD_INT, offsetof(struct runs_settings, member), .required = true, .max = (most),  \
                                                                 .help = (words)                   \
    }
static const struct field settings_fields[] = {
    NUMBER("approvalThreshold", approval_threshold, 1000000,
           "More messages need a second person; 0: never."),
    NUMBER("canaryOver", canary_over, 1000000, "Of more messages a few go first; 0: never."),
    NUMBER("canaryMinutes", canary_minutes, 1440, "Between those and the others."),
    { .name = NULL },
};
static const struct input settings_input = { "RunSettingsInput", sizeof(struct runs_settings),
                                             settings_fields };

static const char *id_of(const struct req *r, const char *name)
{
    const char *text = req_param(r, name);
    return text && uuid_valid(text) ? text : NULL;
}

/* ---- pages ---- */

static enum err list_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct query *q = r->input;
    enum err e = runs_list(&r->ctx, q->after, "/runs", &d);
    if (e == OK)
        json_set_text(d, "first", q->after ? "/runs" : NULL);
    return e != OK ? e : reply_page(p, "run/list", NULL, d);
}

static enum err runs_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct query *q = r->input;
    const struct runs_view view = { q->step, q->communication, q->tested };
    const char *id = id_of(r, "batchId");
    enum err e = id ? runs_page_document(&r->ctx, id, &view, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_page(p, "run/page", NULL, d);
}

static enum err body_page(struct req *r, struct reply *p)
{
    const char *html;
    const char *id = id_of(r, "batchId"), *communication = id_of(r, "communicationId");
    enum err e =
        id && communication ? runs_preview_html(&r->ctx, id, communication, &html) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    p->content_type = "text/html; charset=utf-8";
    reply_header(p, "Content-Security-Policy",
                 "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
                 "frame-ancestors 'self'");
    reply_header(p, "X-Frame-Options", "SAMEORIGIN");
    buf_puts(&p->body, html);
    return OK;
}

static enum err report_page(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? runs_page_report(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_page(p, "run/report", NULL, d);
}

/* ---- what is done, by page and API alike ---- */

typedef enum err act(struct req *r, const char *id);

static enum err do_decide(struct req *r, const char *id)
{
    const struct body *b = r->input;
    return runs_decide(&r->ctx, id, b->decision, b->note);
}

static enum err do_pause(struct req *r, const char *id)
{
    const struct body *b = r->input;
    return runs_pause(&r->ctx, id, b->note);
}

static enum err do_resume(struct req *r, const char *id)
{
    return runs_resume(&r->ctx, id);
}

static enum err do_close(struct req *r, const char *id)
{
    const struct body *b = r->input;
    return runs_close(&r->ctx, id, b->note);
}

static enum err do_reopen(struct req *r, const char *id)
{
    return runs_reopen(&r->ctx, id);
}

static enum err do_send(struct req *r, const char *id)
{
    long long queued;
    return batch_send(&r->ctx, id, &queued);
}

static enum err do_check(struct req *r, const char *id)
{
    struct ctx *c = &r->ctx;
    PGresult *row;
    enum err e = runs_lock(c, id, &row);
    return e != OK ? e : runs_check_files(c, arena_printf(c->arena, "{%s}", id));
}

static enum err do_leave_out(struct req *r, const char *id)
{
    int n;
    const struct body *b = r->input;
    return runs_leave_out(&r->ctx, id, b->kind, b->communication, &n);
}

static enum err do_take_in(struct req *r, const char *id)
{
    int n;
    const struct body *b = r->input;
    return runs_take_in(&r->ctx, id, b->kind, b->communication, &n);
}

static enum err do_test(struct req *r, const char *id)
{
    const struct body *b = r->input;
    return runs_test(&r->ctx, id, b->communication);
}

/* Back to a step of the run, where it now shows what was done. */
static enum err then_page(struct req *r, struct reply *p, act *what, const char *step)
{
    const char *id = id_of(r, "batchId");
    enum err e = id ? what(r, id) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(r->ctx.arena, "/runs/%s?step=%s", id, step));
}

/* The run as it is then. */
static enum err then_run(struct req *r, struct reply *p, act *what)
{
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? what(r, id) : ERR_NOT_FOUND;
    if (e == OK)
        e = runs_get(&r->ctx, id, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

#define BOTH(name, what, step)                                                                     \
    static enum err page_##name(struct req *r, struct reply *p)                                    \
    {                                                                                              \
        return then_page(r, p, what, step);                                                        \
    }                                                                                              \
    static enum err api_##name(struct req *r, struct reply *p)                                     \
    {                                                                                              \
        return then_run(r, p, what);                                                               \
    }

BOTH(decide, do_decide, "approve")
BOTH(pause, do_pause, "send")
BOTH(resume, do_resume, "send")
BOTH(close, do_close, "close")
BOTH(reopen, do_reopen, "close")
BOTH(check, do_check, "check")
BOTH(leave_out, do_leave_out, "check")
BOTH(take_in, do_take_in, "check")

static enum err page_send(struct req *r, struct reply *p)
{
    return then_page(r, p, do_send, "send");
}

static enum err page_test(struct req *r, struct reply *p)
{
    const struct body *b = r->input;
    const char *id = id_of(r, "batchId");
    enum err e = id ? do_test(r, id) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(r->ctx.arena,
                                          "/runs/%s?step=preview&communication=%s&tested=true", id,
                                          b->communication));
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct query *q = r->input;
    enum err e = runs_list(&r->ctx, q->after, "/api/track/runs", &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err nothing(struct req *r, const char *id)
{
    (void)r;
    (void)id;
    return OK;
}

static enum err api_get(struct req *r, struct reply *p)
{
    return then_run(r, p, nothing);
}

static enum err api_report(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? runs_report(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_cost(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "batchId");
    enum err e = id ? cost_of_batch(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_preview(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct query *q = r->input;
    const char *id = id_of(r, "batchId");
    enum err e = id ? runs_preview(&r->ctx, id, q->communication, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_recipient(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? recipient_change(&r->ctx, id, r->input, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

/* A form says in one sentence what is wrong: the page stays, with it in sight. */
static enum err page_recipient(struct req *r, struct reply *p)
{
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "batchId"), *communication = id_of(r, "communicationId");
    enum err e =
        id && communication ? recipient_change(c, communication, r->input, &d) : ERR_NOT_FOUND;
    if (e == ERR_INVALID && c->problem.n)
        return ctx_refuse(c, ERR_INVALID, "%s", c->problem.faults[0].message);
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(c->arena, "/runs/%s?step=check", id));
}

static enum err settings_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    enum err e = runs_settings_get(&r->ctx, &d);
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err page_settings(struct req *r, struct reply *p)
{
    const char *id = id_of(r, "batchId");
    enum err e = id ? runs_settings_set(&r->ctx, r->input) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    return reply_redirect(p, arena_printf(r->ctx.arena, "/runs/%s?step=approve", id));
}

#define RUN "/api/track/runs/:batchId"
#define PAGE(path, handle, in, words)                                                              \
    {                                                                                              \
        METHOD_POST, ROUTE_PAGE, "/runs/:batchId" path, handle, ROLE_AGENT, in, .doc = (words)     \
    }
#define ACT(path, handle, in, words)                                                               \
    {                                                                                              \
        METHOD_POST, ROUTE_API, RUN path, handle, ROLE_AGENT, in, .doc = (words),                  \
                                                                  .answer = &runs_shape            \
    }

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/runs", list_page, ROLE_VIEWER, &list_query,
      .doc = "Runs, newest first." },
    { METHOD_GET, ROUTE_PAGE, "/runs/:batchId", runs_page, ROLE_VIEWER, &page_query,
      .doc = "A run, step by step." },
    { METHOD_GET, ROUTE_PAGE, "/runs/:batchId/report", report_page, ROLE_VIEWER,
      .doc = "What became of a run, to be printed." },
    { METHOD_GET, ROUTE_PAGE, "/runs/:batchId/preview/:communicationId/body", body_page,
      ROLE_VIEWER, .doc = "The HTML of a message, for a frame without any rights." },
    PAGE("/approval", page_decide, &decision_input, "Asks for an approval, or answers."),
    PAGE("/pause", page_pause, &note_input, "Pauses the sending."),
    PAGE("/resume", page_resume, NULL, "Goes on with the sending."),
    PAGE("/close", page_close, &note_input, "Closes the run."),
    PAGE("/reopen", page_reopen, NULL, "Opens the run again."),
    PAGE("/check", page_check, NULL, "Has its files looked into."),
    PAGE("/leave-out", page_leave_out, &fault_input, "Leaves messages with an error out."),
    PAGE("/take-in", page_take_in, &fault_input, "Takes messages left out in again."),
    PAGE("/test", page_test, &test_input, "Sends a message to oneself."),
    PAGE("/communications/:communicationId/recipient", page_recipient, &recipient_input,
         "Changes where a message goes."),
    { METHOD_POST, ROUTE_PAGE, "/runs/:batchId/send", page_send, ROLE_AGENT, .queues = true,
      .doc = "Sends what is due." },
    { METHOD_POST, ROUTE_PAGE, "/runs/:batchId/settings", page_settings, ROLE_ADMIN,
      &settings_input, .whole = true, .doc = "Changes the tenant's settings for runs." },

    { METHOD_GET, ROUTE_API, "/api/track/runs", api_list, ROLE_VIEWER, &list_query,
      .doc = "Runs, newest first, 50 at a time.", .answer = &runs_list_shape },
    { METHOD_GET, ROUTE_API, RUN, api_get, ROLE_VIEWER, .doc = "A run with all its steps.",
      .answer = &runs_shape },
    { METHOD_GET, ROUTE_API, RUN "/report", api_report, ROLE_VIEWER, .doc = "What became of a run.",
      .answer = &runs_report_shape },
    { METHOD_GET, ROUTE_API, RUN "/cost", api_cost, ROLE_VIEWER,
      .doc = "What sending all that is due would cost.", .answer = &cost_shape },
    { METHOD_GET, ROUTE_API, RUN "/preview", api_preview, ROLE_VIEWER, &preview_query,
      .doc = "A message as its recipient sees it.", .answer = &runs_preview_shape },
    ACT("/approval", api_decide, &decision_input,
        "Asks a second person for the approval of what is due, or answers."),
    ACT("/pause", api_pause, &note_input, "Pauses the sending: nothing more leaves."),
    ACT("/resume", api_resume, NULL, "Goes on, also without waiting for the first messages."),
    ACT("/close", api_close, &note_input, "Closes the run."),
    ACT("/reopen", api_reopen, NULL, "Opens the run again."),
    ACT("/check", api_check, NULL, "Has files looked into that were not yet."),
    ACT("/leave-out", api_leave_out, &fault_input, "Leaves messages with an error out."),
    ACT("/take-in", api_take_in, &fault_input, "Takes messages left out in again."),
    { METHOD_PATCH, ROUTE_API, "/api/track/communications/:communicationId/recipient",
      api_recipient, ROLE_AGENT, &recipient_input,
      .doc = "Changes where a message goes that was not sent yet.", .answer = &recipient_shape },
    { METHOD_GET, ROUTE_API, "/api/track/run-settings", settings_get, ROLE_VIEWER,
      .doc = "The tenant's settings for runs.", .answer = &runs_settings_shape },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "track.watch_runs", "track", .max_attempts = 3, .run = runs_watch_all,
      .doc = "Pauses runs that go wrong, and lets the others follow the first messages." },
    { "track.let_go", "track", .run = runs_let_go,
      .doc = "Lets the messages of a run go that were kept back." },
    { "track.check_files", "track", .lease_seconds = 120, .run = runs_files_job,
      .doc = "Looks into the files of a run that nobody looked into yet." },
    { "track.forget_checks", "track", .run = runs_forget_checks,
      .doc = "Lets go of what files said that were looked into long ago." },
    { "track.send_test", "email", .lease_seconds = 120, .max_attempts = 3, .external = true,
      .together = 4, .run = runs_test_job, .doc = "Sends a message to who asked for a test." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "track.watch_runs", "track.watch_runs", 5, "Runs under way are watched." },
    { "track.forget_checks", "track.forget_checks", 86400, "What files said goes after 90 days." },
    { .name = NULL },
};

const struct domain runs_domain = {
    .name = "runs",
    .routes = routes,
    .jobs = jobs,
    .schedules = schedules,
};
