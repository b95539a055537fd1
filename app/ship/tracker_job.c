/* The jobs of trackers: made once whatever dies on the way, looked at, asked for what was missed.
 */
#include "access/access.h"
#include "base/json.h"
#include "base/settings.h"
#include "carriers/ship24.h"
#include "carriers/ship24_wire.h"
#include "db/db.h"
#include "ship/account.h"
#include "ship/scan.h"
#include "ship/tracker.h"
#include "ship/tracker.sql.h"

#include <string.h>

#define TRIES_MOST 10
#define FINDS_MOST 20       /* looked for one by one, in one job */
#define ACCOUNT_SECONDS 900 /* until the account is tried again that was refused */
#define QUOTA_SECONDS 3600  /* until a quota may be there again */
#define SILENT_HOURS "12"
#define SILENT_ROWS "200" /* of a tenant, each time */

struct enrolling {
    struct job *job;
    struct carrier_call call;
    struct carrier_result said;
    PGresult *rows;
    struct ship24_parcel *list;
    int *tries; /* of each */
    size_t n;
    bool begun, dry_run; /* of all in the list */
    bool more;           /* there are others after these */
};

/* ---- written ---- */

static const char *ids_of(struct arena *a, const struct ship24_parcel *list, size_t n)
{
    struct buf b = buf_in(a);
    buf_puts(&b, "{");
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s", i ? "," : "", list[i].client_id);
    buf_puts(&b, "}");
    return b.p;
}

static enum err put_off(struct enrolling *t, const struct ship24_parcel *list, size_t n,
                        int seconds)
{
    struct ctx *c = &t->job->ctx;
    return db_query(c->db, c->arena, trackers_later, NULL, .ids = ids_of(c->arena, list, n),
                    .why = list->sentence ? list->sentence : t->said.sentence,
                    .code = list->code ? list->code : t->said.code,
                    .seconds = arena_printf(c->arena, "%d", seconds));
}

/* What is the id of a tracker with other values stays begun: it is looked for. */
static enum err keep_one(struct enrolling *t, const struct ship24_parcel *p)
{
    struct ctx *c = &t->job->ctx;
    switch (p->outcome) {
    case SHIP24_MADE:
        return db_query(c->db, c->arena, tracker_made, NULL, .shipment_id = p->client_id,
                        .external_id = p->external_id);
    case SHIP24_REFUSED:
        return db_query(c->db, c->arena, tracker_refused, NULL, .shipment_id = p->client_id,
                        .why = p->sentence, .code = p->code);
    case SHIP24_LATER:
        return put_off(t, p, 1, QUOTA_SECONDS);
    case SHIP24_TAKEN:
    case SHIP24_UNTOLD:
        t->more = true;
    }
    return OK;
}

static enum err keep(struct enrolling *t)
{
    enum err e = OK;
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    for (size_t i = 0; e == OK && i < t->n; i++)
        e = keep_one(t, &t->list[i]);
    return db_end(c->db, e);
}

static enum err begin(struct enrolling *t)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, db_query(c->db, c->arena, trackers_begin, NULL,
                                  .ids = ids_of(c->arena, t->list, t->n)));
}

/* They may be made: not_made tells that the call just begun did not, else that they were not found.
 */
static enum err unbegin(struct enrolling *t, bool not_made)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db,
                  db_query(c->db, c->arena, trackers_unbegun, NULL,
                           .ids = ids_of(c->arena, t->list, t->n), .not_made = not_made ? "t" : "f",
                           .why = t->said.sentence, .code = t->said.code));
}

static enum err not_found_out(struct enrolling *t, const struct ship24_parcel *p)
{
    struct ctx *c = &t->job->ctx;
    db_begin(c->db, c->tenant_id);
    return db_end(c->db,
                  db_query(c->db, c->arena, tracker_not_found_out, NULL,
                           .shipment_id = p->client_id, .why = p->sentence, .code = p->code));
}

/* ---- a call that did not come to its end ---- */

static const char *why(const struct carrier_result *said)
{
    return said->sentence ? said->sentence : "Ship24 could not be reached.";
}

/* As long as Ship24 asks for, uncounted where it only has no time. */
static enum err again(struct job *j, enum err e, const struct carrier_result *said)
{
    j->retry_after = said->retry_after;
    j->snooze = e == ERR_LIMITED;
    return job_fail(j, e, "%s", why(said));
}

static enum err fail(struct enrolling *t, enum err e)
{
    struct ctx *c = &t->job->ctx;
    enum err kept = OK;
    if (e == ERR_DENIED || e == ERR_INVALID || e == ERR_CONFLICT) {
        db_begin(c->db, c->tenant_id);
        kept = db_end(c->db, put_off(t, t->list, t->n, ACCOUNT_SECONDS));
        return kept; /* told on each of them, which the schedule takes up again */
    }
    if (!t->said.unknown && !t->begun)
        kept = unbegin(t, true);
    return kept ? kept : again(t->job, e, &t->said);
}

/* ---- what is wanted ---- */

/* The next that are alike: all begun, or none; all rehearsed, or none. */
static void take(struct enrolling *t)
{
    struct ctx *c = &t->job->ctx;
    int all = rows_count(t->rows);
    t->n = 0;
    t->begun = all && row_bool(t->rows, 0, "begun");
    t->dry_run = all && row_bool(t->rows, 0, "dry_run");
    t->list = arena_zalloc(c->arena, (size_t)all + 1, sizeof(*t->list));
    size_t most = t->begun ? FINDS_MOST : SHIP24_BULK_MOST;
    t->tries = arena_zalloc(c->arena, (size_t)all + 1, sizeof(*t->tries));
    for (int i = 0; i < all && t->n < most; i++) {
        if (row_bool(t->rows, i, "begun") != t->begun ||
            row_bool(t->rows, i, "dry_run") != t->dry_run)
            continue;
        t->tries[t->n] = (int)row_int(t->rows, i, "tries");
        t->list[t->n++] =
            (struct ship24_parcel){ .client_id = row_text(t->rows, i, "shipment_id"),
                                    .asked = json_get(row_json(c->arena, t->rows, i), "asked") };
    }
    t->more = (size_t)all > t->n;
}

/* *account: what became of looking for it. */
static enum err load(struct enrolling *t, const char *account_id, struct channel_account *account,
                     enum err *found)
{
    struct ctx *c = &t->job->ctx;
    db_begin_reading(c->db, c->tenant_id);
    *found = account_open(t->job, account_id, account);
    enum err e =
        *found == OK || *found == ERR_NOT_FOUND
            ? db_query(c->db, c->arena, trackers_wanted, &t->rows, .account_id = account_id,
                       .dry_run = c->app->settings->carrier_dry_run ? "t" : "f",
                       .rows = arena_printf(c->arena, "%d", SHIP24_BULK_MOST + 1))
            : *found;
    e = db_end(c->db, e);
    if (e == OK)
        take(t);
    return e;
}

/* Found there, or not: then it may be made. Looked for one by one, as each is one call. */
static enum err look(struct enrolling *t)
{
    enum err e = OK;
    size_t n = t->n;
    struct ship24_parcel *all = t->list;
    for (size_t i = 0; e == OK && i < n; i++) {
        struct ship24_parcel *p = &all[i];
        t->list = p;
        t->n = 1;
        e = t->dry_run ? ERR_NOT_FOUND
                       : ship24_find(&t->call, p->client_id, json_text(p->asked, "trackingNumber"),
                                     &p->external_id, &t->said);
        p->sentence = t->said.sentence;
        p->code = t->said.code;
        p->outcome = e == OK ? SHIP24_MADE : SHIP24_REFUSED;
        if (e == ERR_NOT_FOUND && t->tries[i] < TRIES_MOST) {
            t->said = (struct carrier_result){ .found = false };
            e = unbegin(t, false);
        } else if (e == ERR_NOT_FOUND) {
            p->sentence = "Ship24 neither makes the tracker nor has it.";
            e = keep(t);
        } else if (e == OK || e == ERR_CONFLICT) {
            e = keep(t);
        } else {
            enum err kept = e == ERR_RETRY ? not_found_out(t, p) : OK;
            return kept ? kept : fail(t, e);
        }
    }
    return e;
}

enum next { DONE, ONE_BY_ONE, STOP };

/* *next: a bulk that is refused as a whole is asked for one by one, so that one that is wrong keeps
   no other back; nothing more goes through an account that is refused. */
static enum err make(struct enrolling *t, enum next *next)
{
    *next = STOP;
    enum err e = begin(t);
    if (e)
        return e;
    e = t->dry_run ? ship24_rehearse(&t->call, t->list, t->n, &t->said)
                   : ship24_track(&t->call, t->list, t->n, &t->said);
    bool whole = (e == ERR_INVALID || e == ERR_CONFLICT) && t->n > 1;
    if (e == OK || whole)
        *next = whole ? ONE_BY_ONE : DONE;
    return e == OK ? keep(t) : whole ? unbegin(t, true) : fail(t, e);
}

static enum err make_all(struct enrolling *t)
{
    enum next next;
    size_t n = t->n;
    struct ship24_parcel *all = t->list;
    enum err e = make(t, &next);
    if (e || next != ONE_BY_ONE)
        return e;
    next = DONE;
    for (size_t i = 0; e == OK && next == DONE && i < n; i++) {
        t->list = &all[i];
        t->n = 1;
        e = make(t, &next);
    }
    return e;
}

enum err tracker_enrol(struct job *j)
{
    enum err found;
    struct channel_account account = { .id = NULL };
    struct enrolling t = { .job = j };
    const char *id = json_text(j->args, "accountId");
    if (!id)
        return job_fail(j, ERR_INVALID, "The job names no account.");
    enum err e = load(&t, id, &account, &found);
    if (e || !t.n)
        return e;
    t.call = (struct carrier_call){ .c = &j->ctx,
                                    .account = &account,
                                    .job_id = j->id,
                                    .entity = arena_printf(j->ctx.arena, "tracker:%s",
                                                           t.list->client_id) };
    if (found) {
        t.said.sentence = "The account of Ship24 is switched off.";
        return fail(&t, ERR_DENIED);
    }
    e = t.begun ? look(&t) : make_all(&t);
    if (e || !(t.more || t.begun))
        return e;
    j->snooze = true;
    j->retry_after = 1;
    return job_fail(j, ERR_LIMITED, "Others wait to be tracked.");
}

/* ---- what it knows ---- */

struct looking {
    struct job *job;
    const char *shipment_id, *account_id, *external_id;
    struct channel_account account;
    struct carrier_call call;
    struct carrier_result said;
};

/* ERR_NOT_FOUND: there is nothing to ask. */
static enum err open_tracker(struct job *j, struct looking *l)
{
    struct json_object *t;
    struct ctx *c = &j->ctx;
    *l = (struct looking){ .job = j, .shipment_id = json_text(j->args, "shipmentId") };
    if (!l->shipment_id)
        return job_fail(j, ERR_INVALID, "The job names no shipment.");
    db_begin_reading(c->db, c->tenant_id);
    enum err e = tracker_get(c, l->shipment_id, &t);
    if (e == OK)
        e = account_open(j, json_text(t, "accountId"), &l->account);
    e = db_end(c->db, e);
    if (e)
        return e;
    l->external_id = json_text(t, "trackerId");
    if (!l->external_id || json_object_get_boolean(json_get(t, "dryRun")) ||
        c->app->settings->carrier_dry_run)
        return ERR_NOT_FOUND;
    l->call =
        (struct carrier_call){ .c = c,
                               .account = &l->account,
                               .job_id = j->id,
                               .entity = arena_printf(c->arena, "shipment:%s", l->shipment_id) };
    return OK;
}

/* After a call that failed: what is there no longer is told on the tracker. */
static enum err not_told(struct looking *l, enum err e)
{
    struct ctx *c = &l->job->ctx;
    if (e != ERR_NOT_FOUND)
        return again(l->job, e, &l->said);
    db_begin(c->db, c->tenant_id);
    return db_end(
        c->db, db_query(c->db, c->arena, tracker_refused, NULL, .shipment_id = l->shipment_id,
                        .why = "Ship24 does not have the tracker any more.", .code = l->said.code));
}

static enum err seen(struct looking *l, long long *events, bool *may_miss)
{
    PGresult *row;
    struct ctx *c = &l->job->ctx;
    enum err e = db_query(c->db, c->arena, tracker_seen, &row, .shipment_id = l->shipment_id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e)
        return e;
    *events = row_int(row, 0, "event_seq");
    *may_miss = row_bool(row, 0, "may_miss");
    return OK;
}

/* All it tells is this shipment's, whatever number it goes by. What was not posted, though there
   was time, was missed: it is asked for once more, so that the inbox has it too. */
static enum err apply(struct looking *l, struct parcel_news *list, size_t n)
{
    bool found, may_miss;
    long long before, after;
    struct ctx *c = &l->job->ctx;
    const struct news_origin from = { "ship24", l->account.id, NULL, SHIP24_MAPPER };
    enum err e = seen(l, &before, &may_miss);
    for (size_t i = 0; e == OK && i < n; i++) {
        list[i].client_id = l->shipment_id;
        e = news_apply(c, &list[i], &from, &found);
    }
    if (e == OK)
        e = db_query(c->db, c->arena, tracker_looked, NULL, .shipment_id = l->shipment_id);
    if (e == OK)
        e = seen(l, &after, &found);
    return e == OK && may_miss && after > before ? tracker_resend(c, l->shipment_id) : e;
}

enum err tracker_results(struct job *j)
{
    struct str body;
    struct looking l;
    const char *reason = "";
    struct parcel_news *list;
    size_t n = 0;
    struct ctx *c = &j->ctx;
    enum err e = open_tracker(j, &l);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    e = ship24_results(&l.call, l.external_id, &body, &l.said);
    if (e)
        return not_told(&l, e);
    if (news_read(c->arena, "ship24", body, l.account.settings, &list, &n, &reason) != OK)
        return job_fail(j, ERR_RETRY, "What Ship24 knows cannot be read: %s.", reason);
    db_begin(c->db, c->tenant_id);
    e = apply(&l, list, n);
    if (e == OK)
        e = job_done(j);
    e = db_end(c->db, e);
    j->ended = e == OK;
    return e;
}

enum err tracker_resent(struct job *j)
{
    int resent = 0;
    struct looking l;
    struct ctx *c = &j->ctx;
    enum err e = open_tracker(j, &l);
    if (e)
        return e == ERR_NOT_FOUND ? OK : e;
    e = ship24_resend(&l.call, l.external_id, &resent, &l.said);
    if (e)
        return not_told(&l, e);
    db_begin(c->db, c->tenant_id);
    return db_end(c->db,
                  db_query(c->db, c->arena, tracker_resent, NULL, .shipment_id = l.shipment_id,
                           .resent = arena_printf(c->arena, "%d", resent)));
}

/* ---- by the clock ---- */

static enum err add_each(struct ctx *c, const PGresult *rows, const char *kind, const char *arg)
{
    enum err e = OK;
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        const char *id = row_text(rows, i, "id");
        struct json_object *args = json_own(c->arena, json_object_new_object());
        json_put(args, arg, false, json_text_new(id));
        e = job_add(c, &(struct job_new){ .kind = kind, .args = args, .unique_key = id }, NULL);
    }
    return e;
}

static enum err due_of_tenant(struct ctx *c)
{
    PGresult *accounts, *silent;
    const bool dry_run = c->app->settings->carrier_dry_run;
    enum err e =
        db_query(c->db, c->arena, trackers_accounts, &accounts, .dry_run = dry_run ? "t" : "f");
    if (e == OK)
        e = add_each(c, accounts, "ship.enrol", "accountId");
    if (e || dry_run)
        return e;
    e = db_query(c->db, c->arena, trackers_silent, &silent, .hours = SILENT_HOURS,
                 .rows = SILENT_ROWS);
    return e == OK ? add_each(c, silent, "ship.track_results", "shipmentId") : e;
}

enum err trackers_due(struct job *j)
{
    PGresult *tenants;
    struct ctx *c = &j->ctx;
    enum err e = db_run(c->db, c->arena, &sql_tracker_tenants, NULL, &tenants);
    for (int i = 0; e == OK && i < rows_count(tenants); i++) {
        c->tenant_id = row_text(tenants, i, "id");
        db_begin(c->db, c->tenant_id);
        e = db_end(c->db, due_of_tenant(c));
    }
    return e;
}
