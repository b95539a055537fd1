/* The page of one message and what is done there, and the same for programs. */
#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/store.h"
#include "track/channel.h"
#include "track/communication.h"
#include "track/communication.sql.h"
#include "track/communication_page.h"
#include "track/mention.h"
#include "track/outbox.h"
#include "track/proof_file.h"
#include "track/staff_mail.h"
#include "track/tag.h"
#include "track/when.h"
#include "web/checks.h"
#include "web/web.h"

#include <stddef.h>
#include <string.h>

/* ---- inputs ---- */

static const char *const tab_names[] = { "content",  "data",    "source", "attachments",
                                         "decision", "related", "audit",  NULL };
static const struct field page_fields[] = {
    { "tab", FIELD_CHOICE, offsetof(struct list_place, tab), .values = tab_names,
      .help = "What is shown beside the timeline." },
    { "as", FIELD_CHOICE, offsetof(struct list_place, as), .values = communication_looks,
      .help = "How its content is shown." },
    { "in", FIELD_TEXT, offsetof(struct list_place, q), .max = 1000,
      .help = "The filter of the list it was reached from." },
    { "at", FIELD_TEXT, offsetof(struct list_place, at), .max = 40,
      .help = "Its place in that list." },
    { "all", FIELD_BOOL, offsetof(struct list_place, all), .help = "As of that list." },
    { .name = NULL },
};
static const struct field body_fields[] = {
    { "as", FIELD_CHOICE, offsetof(struct list_place, as), .values = communication_looks,
      .help = "For a device that is light or dark." },
    { .name = NULL },
};
static const struct input body_query = { "MessageBodyQuery", sizeof(struct list_place),
                                         body_fields };
static const struct input page_query = { "MessageQuery", sizeof(struct list_place), page_fields };

struct plan_query {
    const char *channel;
};
static const struct field plan_fields[] = {
    { "channel", FIELD_CHOICE, offsetof(struct plan_query, channel), .values = channel_names,
      .help = "The channel that is chosen at first." },
    { .name = NULL },
};
static const struct input plan_query = { "ResendQuery", sizeof(struct plan_query), plan_fields };

struct act_input {
    const char *channel, *content, *note, *back;
};
static const char *const contents[] = { "same", "render", NULL };
#define NOTE_MAX 4000
#define NOTE_HELP                                                                                  \
    "@ and the name or e-mail address of a colleague who may see the message tells him of it."
#define ACT(member) offsetof(struct act_input, member)
static const struct field resend_fields[] = {
    { "channel", FIELD_CHOICE, ACT(channel), .values = channel_names,
      .help = "Absent: the same as before." },
    { "content", FIELD_CHOICE, ACT(content), .values = contents,
      .help = "The bytes that were sent, where they are kept; or written anew." },
    { "note", FIELD_TEXT, ACT(note), .max = NOTE_MAX, .help = "Why, for the timeline. " NOTE_HELP },
    { "back", FIELD_TEXT, ACT(back), .max = 2048, .help = "Of forms: the page to go back to." },
    { .name = NULL },
};
static const struct field act_fields[] = {
    { "note", FIELD_TEXT, ACT(note), .max = NOTE_MAX, .help = "Why, for the timeline. " NOTE_HELP },
    { "back", FIELD_TEXT, ACT(back), .max = 2048, .help = "Of forms: the page to go back to." },
    { .name = NULL },
};
static const struct input resend_input = { "Resend", sizeof(struct act_input), resend_fields };
static const struct input act_input = { "Act", sizeof(struct act_input), act_fields };

struct record_input {
    const char *type, *note, *occurred_at;
    bool recipient_signed;
};
#define RECORD(member) offsetof(struct record_input, member)
static const struct field record_fields[] = {
    { "type", FIELD_CHOICE, RECORD(type), .required = true, .values = manual_event_types,
      .help = "What was seen or done; letters alone are printed, lodged and returned." },
    { "note", FIELD_TEXT, RECORD(note), .required = true, .min = 1, .max = NOTE_MAX,
      .help = NOTE_HELP },
    { "occurredAt", FIELD_TEXT, RECORD(occurred_at), .max = 40, .help = WHEN_HELP },
    { "recipientSigned", FIELD_BOOL, RECORD(recipient_signed),
      .help = "Of DELIVERED: the recipient signed for it, which is proof of grade A." },
    { .name = NULL },
};
static const struct input record_input = { "ManualEvent", sizeof(struct record_input),
                                           record_fields };
static const struct file_field record_files[] = {
    { "proofFile", false, "A scan or photograph: PDF, JPEG or PNG, at most 10 MB." },
    { .name = NULL },
};

struct tag_input {
    const char *tag, *back;
    bool remove;
};
#define TAG(member) offsetof(struct tag_input, member)
static const struct field tag_fields[] = {
    { "tag", FIELD_TEXT, TAG(tag), .required = true, .min = 1, .max = 200,
      .help =
          "One word of letters, digits and - _ ., at most 40; at most ten on a communication." },
    { .name = NULL },
};
static const struct field tag_form_fields[] = {
    { "tag", FIELD_TEXT, TAG(tag), .required = true, .min = 1, .max = 200 },
    { "remove", FIELD_BOOL, TAG(remove), .help = "Taken off, not put on." },
    { "back", FIELD_TEXT, TAG(back), .max = 2048, .help = "The page to go back to." },
    { .name = NULL },
};
static const struct input tag_input = { "Tag", sizeof(struct tag_input), tag_fields };
static const struct input tag_form = { "TagForm", sizeof(struct tag_input), tag_form_fields };

static const char *id_of(const struct req *r, const char *name)
{
    const char *text = req_param(r, name);
    return text && uuid_valid(text) ? text : NULL;
}

/* ---- what both do ---- */

typedef enum err doing(struct req *r, const char *id);

/* What is done with a note, which may name people. */
static enum err noted(struct req *r, const char *id, const char *note, doing *work)
{
    struct mentions named;
    enum err e = mentions_read(&r->ctx, id, note, &named);
    if (e == OK)
        e = work(r, id);
    return e == OK ? mentions_keep(&r->ctx, id, &named) : e;
}

static enum err resend(struct req *r, const char *id)
{
    const struct act_input *in = r->input;
    const struct resend how = { in->channel, in->content, in->note };
    return communication_resend(&r->ctx, id, &how);
}

static enum err cancel(struct req *r, const char *id)
{
    const struct act_input *in = r->input;
    return communication_cancel(&r->ctx, id, in->note);
}

static enum err hold(struct req *r, const char *id)
{
    const struct act_input *in = r->input;
    return communication_hold(&r->ctx, id, in->note);
}

static enum err release(struct req *r, const char *id)
{
    const struct act_input *in = r->input;
    return communication_release(&r->ctx, id, in->note);
}

static const char *note_of(const struct req *r)
{
    const struct act_input *in = r->input;
    return in->note;
}

static enum err do_resend(struct req *r, const char *id)
{
    return noted(r, id, note_of(r), resend);
}

static enum err do_cancel(struct req *r, const char *id)
{
    return noted(r, id, note_of(r), cancel);
}

static enum err do_hold(struct req *r, const char *id)
{
    return noted(r, id, note_of(r), hold);
}

static enum err do_release(struct req *r, const char *id)
{
    return noted(r, id, note_of(r), release);
}

static enum err record(struct req *r, const char *id)
{
    const struct record_input *in = r->input;
    const struct manual_event what = { in->type, in->note, in->occurred_at, in->recipient_signed,
                                       upload_at(r, "proofFile", 0) };
    if (upload_at(r, "proofFile", 1))
        return ctx_fault(&r->ctx, "proofFile", "Only one file is taken.");
    return communication_manual_event(&r->ctx, id, &what);
}

static enum err do_record(struct req *r, const char *id)
{
    const struct record_input *in = r->input;
    return noted(r, id, in->note, record);
}

static enum err do_tag(struct req *r, const char *id)
{
    const struct tag_input *in = r->input;
    return communication_tag(&r->ctx, id, in->tag, !in->remove);
}

static enum err do_untag(struct req *r, const char *id)
{
    return communication_tag(&r->ctx, id, req_param(r, "tag"), false);
}

/* ---- API ---- */

static enum err api_get(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_document(&r->ctx, id, false, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_plan(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_resend_plan(&r->ctx, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_do(struct req *r, struct reply *p, doing *work, int status)
{
    struct json_object *d;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? work(r, id) : ERR_NOT_FOUND;
    if (e == OK)
        e = communication_document(&r->ctx, id, false, &d);
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/communications/%s", id));
    return reply_json(p, status, d);
}

static enum err api_resend(struct req *r, struct reply *p)
{
    return api_do(r, p, do_resend, 202);
}

static enum err api_cancel(struct req *r, struct reply *p)
{
    return api_do(r, p, do_cancel, 200);
}

static enum err api_hold(struct req *r, struct reply *p)
{
    return api_do(r, p, do_hold, 200);
}

static enum err api_release(struct req *r, struct reply *p)
{
    return api_do(r, p, do_release, 202);
}

static enum err api_record(struct req *r, struct reply *p)
{
    return api_do(r, p, do_record, 201);
}

static enum err api_tag(struct req *r, struct reply *p)
{
    return api_do(r, p, do_tag, 201);
}

static enum err api_untag(struct req *r, struct reply *p)
{
    return api_do(r, p, do_untag, 200);
}

static enum err api_tags(struct req *r, struct reply *p)
{
    struct json_object *list, *d = json_own(r->ctx.arena, json_object_new_object());
    enum err e = tags_known(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set(d, "tags", json_object_get(list));
    return reply_json(p, 200, d);
}

static enum err api_mentionable(struct req *r, struct reply *p)
{
    PGresult *row;
    struct json_object *d;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "communicationId");
    if (!id)
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, communication_seen, &row, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK)
        e = rows_count(row) ? mentions_possible(c, id, &d) : ERR_NOT_FOUND;
    return e != OK ? e : reply_json(p, 200, d);
}

static enum err api_proof(struct req *r, struct reply *p)
{
    PGresult *row;
    struct ctx *c = &r->ctx;
    const char *id = id_of(r, "communicationId"), *note = id_of(r, "noteId");
    if (!id || !note)
        return ERR_NOT_FOUND;
    enum err e =
        db_query(c->db, c->arena, communication_proof, &row, .communication_id = id,
                 .note_id = note, .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    return reply_blob(p, row_text(row, 0, "sha256"), row_text(row, 0, "contentType"),
                      row_text(row, 0, "fileName"));
}

/* ---- pages ---- */

/* The page, or the part of it that stands beside the list, which needs no neighbours. */
static enum err show(struct req *r, struct reply *p, const char *fragment)
{
    struct json_object *d;
    struct list_place from = *(const struct list_place *)r->input;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_document(&r->ctx, id, true, &d) : ERR_NOT_FOUND;
    from.tab = from.tab ? from.tab : tab_names[0];
    from.at = from.at && time_valid(from.at) ? from.at : NULL;
    if (e == OK && !fragment)
        e = communication_beside(&r->ctx, id, &from, d);
    if (e != OK)
        return e;
    communication_tabs(&r->ctx, id, &from, d);
    if (strcmp(from.tab, "related") == 0 && (e = communication_related(&r->ctx, id, d)) != OK)
        return e;
    json_set_text(d, "wholeHref",
                  arena_printf(r->ctx.arena, "/messages/%s?tab=%s%s", id, from.tab,
                               communication_list_query(&r->ctx, &from)));
    return reply_page(p, "track/message", fragment, d);
}

static enum err page(struct req *r, struct reply *p)
{
    return show(r, p, NULL);
}

static enum err preview(struct req *r, struct reply *p)
{
    return show(r, p, "track/message_preview");
}

static enum err panel(struct req *r, struct reply *p)
{
    return show(r, p, "track/message_panel");
}

/* The first word on the colour scheme counts, so that ours goes before the message's own: a frame
   without rights is not asked what its surroundings look like. */
static struct str in_scheme(struct arena *a, struct str html, const char *scheme)
{
    struct buf b = buf_in(a);
    const char *head = html.p ? memmem(html.p, html.n, "<head>", 6) : NULL;
    if (!head)
        return html;
    head += 6;
    buf_put(&b, html.p, (size_t)(head - html.p));
    buf_printf(&b, "<meta name=\"color-scheme\" content=\"%s\">", scheme);
    buf_put(&b, head, html.n - (size_t)(head - html.p));
    return (struct str){ b.p, b.n };
}

static enum err body(struct req *r, struct reply *p)
{
    struct communication_text text;
    const struct list_place *how = r->input;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_text(&r->ctx, id, true, &text) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    bool dark = how->as && strcmp(how->as, "dark") == 0;
    return reply_framed(p, in_scheme(r->ctx.arena, text.html, dark ? "dark" : "light"), text.text);
}

static enum err source(struct req *r, struct reply *p)
{
    struct communication_text text;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_text(&r->ctx, id, true, &text) : ERR_NOT_FOUND;
    if (e == OK && !text.raw_sha256)
        e = ERR_NOT_FOUND;
    if (e != OK)
        return e;
    bool mail = text.html.p || text.subject;
    return reply_blob(p, text.raw_sha256, mail ? "message/rfc822" : "text/plain; charset=utf-8",
                      arena_printf(r->ctx.arena, mail ? "%s.eml" : "%s.txt", id));
}

/* What the forms with a note show: the plan, and whether those it names are told. */
static enum err note_form(struct ctx *c, const char *id, struct json_object **out)
{
    bool told;
    enum err e = communication_resend_plan(c, id, out);
    if (e == OK)
        e = staff_mail_reaches(c, &told);
    if (e == OK)
        json_set_bool(*out, "toldByEmail", told);
    return e;
}

/* The dialog's form, or a page with it. */
static enum err resend_form(struct req *r, struct reply *p)
{
    struct json_object *d;
    const struct plan_query *q = r->input;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? note_form(&r->ctx, id, &d) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    communication_plan_dress(d, q->channel);
    return reply_page(p, "track/resend", "track/resend_form", d);
}

static enum err record_form(struct req *r, struct reply *p)
{
    struct json_object *d;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? note_form(&r->ctx, id, &d) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    json_set_bool(d, "isLetter", strncmp(json_text(d, "channel"), "LETTER", 6) == 0);
    return reply_page(p, "track/record", "track/record_form", d);
}

/* Its tags and a field for another, which completes from those that others have. */
static enum err tags_form(struct req *r, struct reply *p)
{
    struct json_object *d, *known;
    const char *id = id_of(r, "communicationId");
    enum err e = id ? communication_document(&r->ctx, id, false, &d) : ERR_NOT_FOUND;
    if (e == OK)
        e = tags_known(&r->ctx, &known);
    if (e != OK)
        return e;
    json_set(d, "knownTags", json_object_get(known));
    json_set_bool(d, "anyTags", json_object_array_length(json_get(d, "tags")) > 0);
    return reply_page(p, "track/tags", "track/tags_form", d);
}

/* A form leads back to where it was, which is a page of ours about messages. */
static enum err page_do(struct req *r, struct reply *p, doing *work, const char *back)
{
    const char *id = id_of(r, "communicationId");
    enum err e = id ? work(r, id) : ERR_NOT_FOUND;
    if (e != OK)
        return e;
    bool ours = back && (strncmp(back, "/track", 6) == 0 || strncmp(back, "/messages", 9) == 0);
    return reply_redirect(p, ours ? back : arena_printf(r->ctx.arena, "/messages/%s", id));
}

static const char *back_of(const struct req *r)
{
    const struct act_input *in = r->input;
    return in->back;
}

static enum err page_resend(struct req *r, struct reply *p)
{
    return page_do(r, p, do_resend, back_of(r));
}

static enum err page_cancel(struct req *r, struct reply *p)
{
    return page_do(r, p, do_cancel, back_of(r));
}

static enum err page_hold(struct req *r, struct reply *p)
{
    return page_do(r, p, do_hold, back_of(r));
}

static enum err page_release(struct req *r, struct reply *p)
{
    return page_do(r, p, do_release, back_of(r));
}

static enum err page_tag(struct req *r, struct reply *p)
{
    const struct tag_input *in = r->input;
    return page_do(r, p, do_tag, in->back);
}

static enum err page_record(struct req *r, struct reply *p)
{
    return page_do(r, p, do_record, NULL);
}

/* ---- the table ---- */

#define RECORD_LIMIT (PROOF_LIMIT + 64 * 1024)
#define PAGE "/messages/:communicationId"
#define API "/api/track/communications/:communicationId"

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, PAGE, page, ROLE_VIEWER, &page_query,
      .doc = "A message: what happened to it, what it said, and why." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/panel", panel, ROLE_VIEWER, &page_query,
      .doc = "The same in short, for the side of the list." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/preview", preview, ROLE_VIEWER, &page_query,
      .doc = "What it says, for a dialog." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/body", body, ROLE_VIEWER, &body_query,
      .doc = "Its HTML, for a frame without any rights." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/source", source, ROLE_AGENT,
      .doc = "The whole message, where it was kept." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/resend", resend_form, ROLE_AGENT, &plan_query,
      .doc = "What sending it again would mean, and the form to do it." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/resend", page_resend, ROLE_AGENT, &resend_input,
      .queues = true, .doc = "Has it sent again." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/cancel", page_cancel, ROLE_AGENT, &act_input,
      .doc = "Cancels it before it is sent." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/hold", page_hold, ROLE_AGENT, &act_input,
      .doc = "Keeps it back." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/release", page_release, ROLE_AGENT, &act_input,
      .queues = true, .doc = "Has it sent after all." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/record", record_form, ROLE_AGENT,
      .doc = "The form to write a note, or what a person saw or did." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/record", page_record, ROLE_AGENT, &record_input,
      .body_limit = RECORD_LIMIT, .files = record_files,
      .doc = "Writes a note, or what a person saw or did." },
    { METHOD_GET, ROUTE_PAGE, PAGE "/tags", tags_form, ROLE_AGENT,
      .doc = "The form to put tags on it and to take them off." },
    { METHOD_POST, ROUTE_PAGE, PAGE "/tags", page_tag, ROLE_AGENT, &tag_form,
      .doc = "Puts a tag on it, or takes it off." },
    { METHOD_GET, ROUTE_API, API, api_get, ROLE_VIEWER,
      .doc = "A communication with all that is known of it.", .answer = &communication_shape },
    { METHOD_GET, ROUTE_API, API "/resend", api_plan, ROLE_VIEWER,
      .doc = "What sending it again would mean.", .answer = &resend_plan_shape },
    { METHOD_POST, ROUTE_API, API "/resend", api_resend, ROLE_AGENT, &resend_input, .queues = true,
      .doc = "Has it sent again, as another attempt: nothing is sent before a provider took it.",
      .answer = &communication_shape, .status = 202 },
    { METHOD_POST, ROUTE_API, API "/cancel", api_cancel, ROLE_AGENT, &act_input,
      .doc = "Cancels it before it is sent.", .answer = &communication_shape },
    { METHOD_POST, ROUTE_API, API "/hold", api_hold, ROLE_AGENT, &act_input,
      .doc = "Keeps it back until it is released.", .answer = &communication_shape },
    { METHOD_POST, ROUTE_API, API "/release", api_release, ROLE_AGENT, &act_input, .queues = true,
      .doc = "Has one that was held sent.", .answer = &communication_shape, .status = 202 },
    { METHOD_POST, ROUTE_API, API "/manual-event", api_record, ROLE_AGENT, &record_input,
      .body_limit = RECORD_LIMIT, .files = record_files,
      .doc = "Records what a person saw or did, with a file that proves it. Not for API clients.",
      .answer = &communication_shape, .status = 201 },
    { METHOD_POST, ROUTE_API, API "/tags", api_tag, ROLE_AGENT, &tag_input,
      .doc = "Puts a tag on it. Nothing of it moves, and its timeline stays as it is.",
      .answer = &communication_shape, .status = 201 },
    { METHOD_DELETE, ROUTE_API, API "/tags/:tag", api_untag, ROLE_AGENT, .doc = "Takes a tag off.",
      .answer = &communication_shape },
    { METHOD_GET, ROUTE_API, "/api/track/tags", api_tags, ROLE_VIEWER,
      .doc = "The tags there are, the first 200.", .answer = &tags_shape },
    { METHOD_GET, ROUTE_API, API "/mentionable", api_mentionable, ROLE_AGENT,
      .doc = "Whom a note to it can name.", .answer = &mentionable_shape },
    { METHOD_GET, ROUTE_API, API "/notes/:noteId/proof", api_proof, ROLE_VIEWER,
      .doc = "The file that proves a note.", .file = "application/pdf" },
    { .path = NULL },
};

static const struct job_kind jobs[] = {
    { "track.tell_mention", "email", .lease_seconds = 120, .max_attempts = 6, .external = true,
      .together = 4, .run = mention_tell, .doc = "Tells somebody of a note that names him." },
    { .name = NULL },
};

const struct domain communication_domain = {
    .name = "communication",
    .routes = routes,
    .jobs = jobs,
};
