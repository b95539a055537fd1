/* Telling somebody of a note that names him, by e-mail, as he may see it. */
#include "base/json.h"
#include "base/settings.h"
#include "db/db.h"
#include "track/mention.h"
#include "track/mention.sql.h"
#include "track/staff_mail.h"
#include "web/mask.h"

/* What a viewer does not see on the page does not come by mail. */
static const char *as_seen(struct arena *a, const PGresult *row, const char *text)
{
    return role_of(row_text(row, 0, "role")) < ROLE_AGENT ? mask_text(a, text) : text;
}

static enum err tell(struct job *j, const PGresult *row, const struct channel_account *account)
{
    struct ctx *c = &j->ctx;
    struct arena *a = c->arena;
    const char *url = c->app->settings->public_url ? c->app->settings->public_url : "";
    const char *name = row_text(row, 0, "name"), *writer = row_text(row, 0, "writer");
    const char *subject = row_text(row, 0, "subject");
    const struct staff_mail mail = {
        .kind = "mention",
        .about = json_text(j->args, "noteId"),
        .to_name = name,
        .to_address = json_text(j->args, "email"),
        .subject = arena_printf(a, "%s mentioned you: %s", writer, subject),
        .text = arena_printf(
            a,
            "Hello %s\n\n%s mentioned you in a note to “%s”, %s, unit %s of %s, %lld, at "
            "%s:\n\n%s\n\nThe message and all its notes:\n%s/messages/%s\n",
            name, writer, subject, row_text(row, 0, "recipient"), row_text(row, 0, "unit"),
            row_text(row, 0, "building"), row_int(row, 0, "year"), row_text(row, 0, "tenant"),
            as_seen(a, row, row_text(row, 0, "note")), url, row_text(row, 0, "communication")),
    };
    return staff_mail_send(j, account, &mail);
}

enum err mention_tell(struct job *j)
{
    PGresult *row;
    struct ctx *c = &j->ctx;
    struct channel_account *account = NULL;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_query(c->db, c->arena, mention_get, &row, .note_id = json_text(j->args, "noteId"),
                 .user_id = json_text(j->args, "userId"));
    if (e == OK && rows_count(row) > 0)
        e = staff_mail_account(j, &account);
    e = db_end(c->db, e);
    if (e != OK || rows_count(row) == 0)
        return e;
    e = tell(j, row, account);
    return e == OK || e == ERR_LIMITED || e == ERR_INVALID ? e : ERR_RETRY;
}
