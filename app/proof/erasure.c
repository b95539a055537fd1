/* Forgetting one person in every store: the words of his messages, his orders, then whatever else
 * holds one of his addresses, then the files. */
#include "proof/erasure.h"

#include "access/access.h"
#include "base/json.h"
#include "base/uuid.h"
#include "db/db.h"
#include "proof/address.h"
#include "proof/anew.h"
#include "proof/erasure.sql.h"
#include "proof/retention.h"
#include "store/store.h"

#include <string.h>

static enum err refuse_held(struct ctx *c, const PGresult *hold)
{
    return ctx_refuse(
        c, ERR_CONFLICT, "The legal hold %s stands against it (%s; owner: %s). Lift it first.",
        row_text(hold, 0, "id"), row_text(hold, 0, "reason"), row_text(hold, 0, "owner"));
}

static enum err check_holds(struct ctx *c, const struct person *who)
{
    PGresult *hold;
    enum err e = db_query(c->db, c->arena, erasure_holds, &hold, .email = who->email,
                          .phone = who->phone, .unit_id = who->unit_id);
    if (e != OK)
        return e;
    return rows_count(hold) ? refuse_held(c, hold) : OK;
}

/* ERR_CONFLICT with the reason: a hold, or a delivery under way. */
static enum err check_free(struct ctx *c, const struct person *who)
{
    PGresult *order;
    enum err e = check_holds(c, who);
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_busy, &order, .email = who->email,
                     .phone = who->phone);
    if (e != OK || rows_count(order) == 0)
        return e;
    return ctx_refuse(c, ERR_CONFLICT,
                      "The order %s is being handed to a carrier, who needs the address: cancel "
                      "its delivery or wait for its end.",
                      row_text(order, 0, "number"));
}

/* As messages have it. */
static enum err read_person(struct ctx *c, struct person *who)
{
    if (!who->email + !who->phone + !who->unit_id != 2)
        return ctx_fault(c, "email", "Give one of email, phone and unitId.");
    if (who->unit_id)
        return OK;
    const char **text = who->email ? &who->email : &who->phone;
    const char *why = !strchr(*text, '@') == !who->email ? address_read(c->arena, *text, text)
                      : who->email                       ? "This is not an e-mail address."
                                   : "This is an e-mail address: give it as email.";
    return why ? ctx_fault(c, who->email ? "email" : "phone", "%s", why) : OK;
}

enum err erasure_ask(struct ctx *c, const struct person *asked, struct json_object **out)
{
    PGresult *rows;
    int64_t job;
    struct person who = *asked;
    enum err e = read_person(c, &who);
    if (e == OK)
        e = check_free(c, &who);
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_add, &rows, .email = who.email, .phone = who.phone,
                     .unit_id = who.unit_id, .actor_name = c->actor.name);
    if (e != OK)
        return e;
    const char *id = row_text(rows, 0, "id");
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "erasureId", id);
    e = job_add(c, &(struct job_new){ .kind = "proof.erase", .args = args, .unique_key = id },
                &job);
    if (e == OK)
        e = audit_add(c, "erasure.asked", "erasure", id, NULL, NULL);
    return e == OK ? erasure_get(c, id, out) : e;
}

enum err erasure_get(struct ctx *c, const char *id, struct json_object **out)
{
    PGresult *rows;
    if (!uuid_valid(id))
        return ERR_NOT_FOUND;
    enum err e = db_query(c->db, c->arena, erasure_get, &rows, .id = id);
    if (e != OK)
        return e;
    if (rows_count(rows) == 0)
        return ERR_NOT_FOUND;
    *out = row_json(c->arena, rows, 0);
    return OK;
}

enum err erasures_list(struct ctx *c, struct json_object **out)
{
    PGresult *rows;
    enum err e = db_run(c->db, c->arena, &sql_erasure_list, NULL, &rows);
    if (e == OK)
        *out = rows_json(c->arena, rows);
    return e;
}

/* ---- the work ---- */

struct erasing {
    struct ctx *c;
    struct job *j;
    const char *id;
    struct person who;
    struct sought sought;
};

static enum err note(const struct erasing *x, const char *what)
{
    return db_query(x->c->db, x->c->arena, erasure_note, NULL, .id = x->id, .what = what);
}

static enum err read_request(struct erasing *x, bool *queued)
{
    PGresult *rows;
    struct ctx *c = x->c;
    enum err e = db_query(c->db, c->arena, erasure_get, &rows, .id = x->id);
    if (e != OK)
        return e;
    *queued = rows_count(rows) && strcmp(row_text(rows, 0, "state"), "QUEUED") == 0;
    if (*queued)
        x->who = (struct person){ row_text(rows, 0, "_email"), row_text(rows, 0, "_phone"),
                                  row_text(rows, 0, "unitId") };
    return OK;
}

static enum err read_addresses(struct erasing *x)
{
    PGresult *rows;
    struct ctx *c = x->c;
    enum err e = db_query(c->db, c->arena, erasure_addresses, &rows, .id = x->id,
                          .email = x->who.email, .phone = x->who.phone, .unit_id = x->who.unit_id);
    if (e != OK)
        return e;
    struct json_object *list = json_get(row_json(c->arena, rows, 0), "addresses");
    size_t n = json_object_array_length(list);
    const char **addresses = arena_zalloc(c->arena, n + 1, sizeof(const char *));
    for (size_t i = 0; i < n; i++)
        addresses[i] = json_object_get_string(json_object_array_get_idx(list, i));
    x->sought = (struct sought){ .addresses = addresses,
                                 .unit_id = x->who.unit_id,
                                 .building = row_text(rows, 0, "building"),
                                 .unit = row_text(rows, 0, "unit") };
    return OK;
}

/* What is left of him, page by page: until a page is empty. */
static enum err purge_pages(struct erasing *x, bool parcels)
{
    PGresult *page;
    struct ctx *c = x->c;
    for (;;) {
        db_begin_reading(c->db, c->tenant_id);
        enum err e = parcels ? db_query(c->db, c->arena, erasure_parcels, &page,
                                        .email = x->who.email, .phone = x->who.phone)
                             : db_query(c->db, c->arena, erasure_page, &page, .email = x->who.email,
                                        .phone = x->who.phone, .unit_id = x->who.unit_id);
        e = db_end(c->db, e);
        int n = e == OK ? (int)row_int(page, 0, "n") : 0;
        if (n == 0)
            return e;
        e = purge_do(c, &(struct purge){ .ids = row_text(page, 0, "ids"),
                                         .layers = "content,person",
                                         .kind = "erasure",
                                         .reason = arena_printf(c->arena, "erasure %s", x->id),
                                         .communications = parcels ? 0 : n,
                                         .parcels = parcels ? n : 0 });
        if (e == OK)
            e = job_touch(x->j);
        if (e != OK)
            return e;
    }
}

static enum err purge_addresses(struct erasing *x)
{
    PGresult *rows, *parcels;
    struct ctx *c = x->c;
    struct json_object *list = json_own(c->arena, json_object_new_array());
    struct buf text = buf_in(c->arena);
    for (const char *const *a = x->sought.addresses; *a; a++)
        json_object_array_add(list, json_object_new_string(*a));
    json_write(&text, list);
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, erasure_by_address, &rows, .addresses = text.p);
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_by_parcel_address, &parcels, .addresses = text.p);
    if (e == OK)
        e = db_run(c->db, c->arena, &sql_erasure_exports, NULL, NULL);
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_note_stores, NULL, .id = x->id,
                     .stores = row_text(rows, 0, "stores"));
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_note_stores, NULL, .id = x->id,
                     .stores = row_text(parcels, 0, "stores"));
    return db_end(c->db, e);
}

/* ---- files that hold many people ---- */

/* The originals of an import, which nobody needs once it is committed. */
static enum err purge_import(struct erasing *x, const PGresult *rows, int i)
{
    bool holds;
    struct ctx *c = x->c;
    enum err e =
        import_holds(c, row_text(rows, i, "sha256"),
                     json_get(row_json(c->arena, rows, i), "corrections"), &x->sought, &holds);
    if (e == ERR_NOT_FOUND || (e == OK && !holds))
        return OK;
    if (e != OK)
        return e;
    db_begin(c->db, c->tenant_id);
    e = db_query(c->db, c->arena, erasure_import_removed, NULL, .id = row_text(rows, i, "id"));
    return db_end(c->db, e == OK ? note(x, "imports") : e);
}

static enum err purge_imports(struct erasing *x)
{
    PGresult *rows;
    struct ctx *c = x->c;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_run(c->db, c->arena, &sql_erasure_imports, NULL, &rows));
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        e = purge_import(x, rows, i);
        if (e == OK)
            e = job_touch(x->j);
    }
    return e;
}

static enum err read_archives(struct ctx *c, PGresult **rows)
{
    db_begin_reading(c->db, c->tenant_id);
    return db_end(c->db, db_run(c->db, c->arena, &sql_erasure_archives, NULL, rows));
}

static enum err note_forgotten(struct erasing *x, const char *ids, const char **forgotten)
{
    PGresult *rows;
    struct ctx *c = x->c;
    db_begin(c->db, c->tenant_id);
    enum err e =
        db_end(c->db, db_query(c->db, c->arena, erasure_forgotten, &rows, .id = x->id, .ids = ids));
    if (e == OK)
        *forgotten = row_text(rows, 0, "forgotten");
    return e;
}

/* Which messages bundles tell of, that say nothing of him themselves any more. ERR_CONFLICT: a hold
   is on one. */
static enum err find_bundled(struct erasing *x)
{
    PGresult *rows, *hold;
    struct ctx *c = x->c;
    struct json_object *ids = json_own(c->arena, json_object_new_array());
    enum err e = read_archives(c, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++)
        e = bundle_tells(c, x->j, row_text(rows, i, "sha256"), &x->sought, ids);
    if (e != OK)
        return e;
    const char *list = json_compact(c->arena, ids), *all;
    db_begin_reading(c->db, c->tenant_id);
    e = db_end(c->db, db_query(c->db, c->arena, erasure_forgotten_held, &hold, .ids = list));
    if (e == OK && rows_count(hold))
        return refuse_held(c, hold);
    return e == OK ? note_forgotten(x, list, &all) : e;
}

static enum err purge_archives(struct erasing *x)
{
    PGresult *rows;
    struct ctx *c = x->c;
    struct anew how = { .addresses = x->sought.addresses, .erasure_id = x->id };
    enum err e = note_forgotten(x, "[]", &how.forgotten);
    if (e == OK)
        e = read_archives(c, &rows);
    for (int i = 0; e == OK && i < rows_count(rows); i++) {
        how.archive_id = row_text(rows, i, "id");
        e = bundle_anew(c, x->j, &how);
    }
    return e;
}

static enum err end(struct erasing *x, const char *state, const char *error)
{
    struct ctx *c = x->c;
    PGresult *sum;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, erasure_sum, &sum, .id = x->id);
    if (e == OK)
        e = db_query(c->db, c->arena, erasure_end, NULL, .id = x->id, .state = state,
                     .error = error, .certificate = error ? NULL : row_text(sum, 0, "done"));
    if (e == OK)
        e = audit_add(c, error ? "erasure.refused" : "erasure.done", "erasure", x->id, NULL,
                      json_get(row_json(c->arena, sum, 0), "done"));
    if (e == OK)
        e = job_done(x->j);
    return db_end(c->db, e);
}

static enum err erase(struct erasing *x)
{
    int files; /* each is noted as it goes */
    enum err e = purge_pages(x, false);
    if (e == OK)
        e = purge_pages(x, true);
    if (e == OK)
        e = purge_addresses(x);
    if (e == OK)
        e = purge_imports(x);
    if (e == OK)
        e = purge_archives(x);
    return e == OK ? files_sweep(x->c, 0, x->id, &files) : e;
}

enum err erasure_run(struct job *j)
{
    struct ctx *c = &j->ctx;
    static const char *const none[] = { NULL };
    struct erasing x = {
        .c = c, .j = j, .id = json_text(j->args, "erasureId"), .sought.addresses = none
    };
    bool queued = false;
    db_begin(c->db, c->tenant_id);
    enum err e = read_request(&x, &queued);
    if (e == OK && queued)
        e = check_free(c, &x.who);
    enum err held = e;
    if (e == OK && queued)
        e = read_addresses(&x);
    e = db_end(c->db, e);
    if (e == OK && queued)
        held = e = find_bundled(&x);
    if (held == ERR_CONFLICT)
        return end(&x, "REFUSED", c->problem.detail);
    if (e == OK && queued)
        e = erase(&x);
    return e == OK && queued ? end(&x, "DONE", NULL) : e;
}
