/* Views that people are told of: looked at with their eyes, told by the tenant's e-mail account. */
#include "messages/tell.h"

#include "access/access.h"
#include "base/json.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "messages/messages.h"
#include "messages/tell.sql.h"
#include "track/staff_mail.h"
#include "web/bar.h"

#include <string.h>

const char *const tell_whens[] = { "nonempty", "daily", NULL };

/* ---- asking for it ---- */

static enum err check(struct ctx *c, const char *tell)
{
    if (c->actor.kind != ACTOR_USER)
        return ctx_refuse(c, ERR_DENIED, "Only people are told of views.");
    return tell ? staff_mail_possible(c) : OK;
}

/* Looks again `at`; NULL: now. The worker reads no accounts of people: the job names the address.
 */
static enum err look_again(struct ctx *c, const char *view, const char *user, const char *email,
                           const char *tell, const char *at)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "viewId", view);
    json_set_text(args, "userId", user);
    json_set_text(args, "email", email);
    json_set_text(args, "tell", tell);
    const struct job_new job = { .kind = "messages.tell_view",
                                 .args = args,
                                 .run_at = at,
                                 .unique_key =
                                     arena_printf(c->arena, "%s %s %s", view, user, tell) };
    return job_add(c, &job, NULL);
}

static enum err set(struct ctx *c, const char *view_id, const char *tell)
{
    PGresult *row, *next;
    enum err e = db_query(c->db, c->arena, tell_set, &row, .view_id = view_id,
                          .user_id = c->actor.id, .tell = tell);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = db_query(c->db, c->arena, tell_next, &next, .tell = tell);
    bool daily = strcmp(tell, "daily") == 0;
    return e != OK ? e
                   : look_again(c, view_id, c->actor.id, row_text(row, 0, "email"), tell,
                                daily ? row_text(next, 0, "at") : NULL);
}

enum err view_tell(struct ctx *c, const char *view_id, const char *tell)
{
    PGresult *row;
    enum err e = check(c, tell);
    if (e != OK)
        return e;
    e = tell ? set(c, view_id, tell)
             : db_query(c->db, c->arena, tell_unset, &row, .view_id = view_id,
                        .user_id = c->actor.id);
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "tell", tell);
    return audit_add(c, "view.tell", "view", view_id, NULL, after);
}

/* ---- looking, in the transaction at hand ---- */

struct look {
    struct job *job;
    PGresult *row; /* of tell_get */
    const char *view, *user, *tell;
    long long count;
    bool more, told;
    struct channel_account *account; /* NULL: there is none to tell it through */
};

/* As whoever is to be told: what a filter names that is gone holds nothing. */
static enum err count_as(struct look *l)
{
    struct json_object *d;
    struct ctx *c = &l->job->ctx;
    const struct actor self = c->actor;
    c->actor = (struct actor){ .kind = ACTOR_USER,
                               .role = role_of(row_text(l->row, 0, "role")),
                               .id = l->user,
                               .name = row_text(l->row, 0, "name"),
                               .all_buildings = row_bool(l->row, 0, "allBuildings") };
    enum err e = messages_count(c, &(struct messages_query){ .q = row_text(l->row, 0, "q") }, &d);
    c->actor = self;
    if (e == OK) {
        l->count = json_object_get_int64(json_get(d, "count"));
        l->more = json_object_get_boolean(json_get(d, "more"));
    }
    if (e == ERR_INVALID)
        c->problem = (struct problem){ 0 };
    return e == ERR_INVALID ? OK : e;
}

static enum err look(struct look *l)
{
    struct ctx *c = &l->job->ctx;
    enum err e = db_query(c->db, c->arena, tell_get, &l->row, .view_id = l->view,
                          .user_id = l->user, .tell = l->tell);
    if (e != OK || rows_count(l->row) == 0)
        return e;
    e = count_as(l);
    if (e != OK)
        return e;
    l->told = row_bool(l->row, 0, "daily") ? row_bool(l->row, 0, "day")
                                           : l->count > 0 && !row_bool(l->row, 0, "standing");
    return l->told ? staff_mail_account(l->job, &l->account) : OK;
}

/* What was found and the next look: by this job again, which so leaves nothing behind, or by
   another one where it `ends`. */
static enum err note(struct look *l, bool ends)
{
    PGresult *next;
    struct job *j = l->job;
    struct ctx *c = &j->ctx;
    bool standing = l->count > 0 && (l->told || row_bool(l->row, 0, "standing"));
    enum err e =
        db_query(c->db, c->arena, tell_looked, NULL, .view_id = l->view, .user_id = l->user,
                 .standing = standing ? "t" : "f", .told = l->told ? "t" : "f");
    if (e == OK)
        e = db_query(c->db, c->arena, tell_next, &next, .tell = l->tell);
    if (e != OK)
        return e;
    j->snooze = !ends;
    j->run_at = row_text(next, 0, "at");
    if (!ends)
        return OK;
    e = job_done(j);
    return e != OK
               ? e
               : look_again(c, l->view, l->user, json_text(j->args, "email"), l->tell, j->run_at);
}

/* ---- telling ---- */

static const char *many(const struct look *l)
{
    struct arena *a = l->job->ctx.arena;
    if (l->more)
        return arena_printf(a, "more than %lld messages", l->count);
    return l->count == 0 ? "no messages"
                         : arena_printf(a, "%lld message%s", l->count, l->count == 1 ? "" : "s");
}

static enum err tell_by_email(const struct look *l)
{
    struct ctx *c = &l->job->ctx;
    const char *url = c->app->settings->public_url ? c->app->settings->public_url : "";
    const char *view = row_text(l->row, 0, "view"), *name = row_text(l->row, 0, "name");
    const char *when =
        row_bool(l->row, 0, "daily") ? "each day at eight" : "when something comes into it";
    const char *list =
        bar_href(c, MESSAGES_PAGE, row_text(l->row, 0, "q"), row_text(l->row, 0, "columns"));
    const struct staff_mail mail = {
        .kind = "view",
        .about = l->view,
        .to_name = name,
        .to_address = json_text(l->job->args, "email"),
        .subject = arena_printf(c->arena, "%s: %s", view, many(l)),
        .text =
            arena_printf(c->arena,
                         "Hello %s\n\nThe view “%s” of %s holds %s:\n%s%s\n\nYou are told of "
                         "it %s. To end that, open its menu here:\n%s/messages/views\n",
                         name, view, row_text(l->row, 0, "tenant"), many(l), url, list, when, url),
    };
    return staff_mail_send(l->job, l->account, &mail);
}

enum err view_look(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct look l = { .job = j,
                      .view = json_text(j->args, "viewId"),
                      .user = json_text(j->args, "userId"),
                      .tell = json_text(j->args, "tell") };
    db_begin(c->db, c->tenant_id);
    enum err e = db_end(c->db, look(&l));
    if (e != OK || rows_count(l.row) == 0)
        return e; /* nobody wants it any more: the last look */
    if (l.told)
        e = tell_by_email(&l);
    if (e != OK && (e == ERR_LIMITED || j->attempt < j->max_attempts))
        return e == ERR_LIMITED ? e : ERR_RETRY;
    bool ends = l.told;
    l.told = l.told && e == OK;
    if (e != OK)
        log_warn("view_not_told", "viewId", l.view, "userId", l.user, NULL);
    db_begin(c->db, c->tenant_id);
    e = db_end(c->db, note(&l, ends));
    return e == OK && !ends ? ERR_LIMITED : e;
}
