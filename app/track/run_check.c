/* The check of a run: what is wrong with its messages, and which of them are left out for it. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "store/store.h"
#include "track/labels.h"
#include "track/run.h"
#include "track/run.sql.h"
#include "track/send_way.h"

#include <string.h>

#define SAMPLES "20"
#define EVERY "2000000000"

/* Kinds of runs_faults. `mend`: the fields with which it is mended in place. */
static const struct fault_kind {
    const char *name, *title, *sentence, *mend;
    bool warns;
} kinds[] = {
    { "no_email", "No e-mail address", "An e-mail needs an address to go to.", "email", false },
    { "no_phone", "No phone number", "An SMS needs a number to go to.", "phone", false },
    { "no_postal_address", "No postal address", "A letter needs street, post code and town.",
      "address", false },
    { "bad_address", "Address known to be bad",
      "An earlier message to this address was refused for good.", "address", false },
    { "no_file", "Attachment missing", "The others have a file, this one has none.", NULL, false },
    { "unreadable_file", "Attachment cannot be read", "Recipients could not open it either.", NULL,
      false },
    { "shared_file", "One file for several recipients",
      "The same file goes to more than one unit: is it somebody else's statement?", NULL, false },
    { "twice", "Twice to the same recipient",
      "Unit, address, subject and amount are those of another message.", NULL, false },
    { "no_currency", "Amount without a currency", "The amount cannot be written.", NULL, false },
    { "suppressed", "Wants no messages",
      "Skipped when it is sent, with the reason on its timeline.", "address", true },
    { "long_sms", "SMS of several parts", "Each part is paid for.", NULL, true },
    { "abroad", "Address abroad", "Postage and time are those of another country.", NULL, true },
    { "lost_email", "Had an e-mail last year",
      "Last year's messages to this unit went to an e-mail address.", NULL, true },
};

static const struct fault_kind *kind_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static struct json_object *group_new(const PGresult *faults, int i, const struct fault_kind *k)
{
    struct json_object *group = json_object_new_object();
    json_set_text(group, "kind", k->name);
    json_set_text(group, "title", k->title);
    json_set_text(group, "sentence", k->sentence);
    json_set_int(group, "count", row_int(faults, i, "_count"));
    json_set_int(group, "leftOut", row_int(faults, i, "_left_out"));
    json_set_int(group, "open", row_int(faults, i, "_count") - row_int(faults, i, "_left_out"));
    json_set(group, "samples", json_object_new_array());
    return group;
}

static struct json_object *sample(struct ctx *c, const PGresult *faults, int i,
                                  const struct fault_kind *k)
{
    struct json_object *one = json_object_get(row_json(c->arena, faults, i));
    const char *channel = row_text(faults, i, "channel"), *mend = k->mend;
    if (mend && strcmp(mend, "address") == 0)
        mend = strcmp(channel, "EMAIL") == 0 ? "email"
               : strcmp(channel, "SMS") == 0 ? "phone"
                                             : "postal";
    json_set_text(one, "channelLabel", channel_label(channel)->word);
    json_set_text(one, "mend", mend);
    return one;
}

/* A run that is smaller than the year before's by more than a fiftieth misses somebody. */
static void compare_years(const PGresult *sizes, struct json_object *warnings)
{
    long long now = row_int(sizes, 0, "thisYear"), before = row_int(sizes, 0, "lastYear");
    if (now * 100 >= before * 98)
        return;
    struct json_object *group = json_object_new_object();
    json_set_text(group, "kind", "smaller");
    json_set_text(group, "title", "Smaller than last year");
    json_set_text(group, "sentence", "Compare the file with last year's: is somebody missing?");
    json_set_int(group, "count", before - now);
    json_set_int(group, "leftOut", 0);
    json_set_int(group, "open", before - now);
    json_set(group, "samples", json_object_new_array());
    json_object_array_add(warnings, group);
}

void check_show(struct ctx *c, const PGresult *faults, const PGresult *sizes,
                struct json_object *to)
{
    long long blocking = 0;
    struct json_object *group = NULL, *errors = json_object_new_array();
    struct json_object *warnings = json_object_new_array();
    for (int i = 0; i < rows_count(faults); i++) {
        const char *name = row_text(faults, i, "_kind");
        const struct fault_kind *k = kind_of(name);
        if (!k)
            continue;
        if (i == 0 || strcmp(name, row_text(faults, i - 1, "_kind")) != 0) {
            group = group_new(faults, i, k);
            json_object_array_add(k->warns ? warnings : errors, group);
            blocking += k->warns ? 0 : json_object_get_int64(json_get(group, "open"));
        }
        json_object_array_add(json_get(group, "samples"), sample(c, faults, i, k));
    }
    compare_years(sizes, warnings);
    json_set(to, "errors", errors);
    json_set(to, "warnings", warnings);
    json_set_int(to, "blocking", blocking);
    json_set_int(to, "uncheckedFiles", row_int(sizes, 0, "files"));
}

enum err check_gate(struct ctx *c, const char *batch_id)
{
    PGresult *faults;
    enum err e = db_query(c->db, c->arena, runs_faults, &faults, .batch_id = batch_id,
                          .channels = send_channels(c->arena), .most = "1");
    for (int i = 0; e == OK && i < rows_count(faults); i++) {
        const struct fault_kind *k = kind_of(row_text(faults, i, "_kind"));
        long long open = row_int(faults, i, "_count") - row_int(faults, i, "_left_out");
        if (k && !k->warns && open > 0)
            return ctx_refuse(c, ERR_CONFLICT,
                              "%s: %lld %s. Mend or leave out what the run's check names, then "
                              "send.",
                              k->title, open, open == 1 ? "message" : "messages");
    }
    return e;
}

/* ---- left out, taken in ---- */

static const char *ids_of(struct ctx *c, const PGresult *faults, const char *one)
{
    struct buf b = buf_in(c->arena);
    buf_putc(&b, '{');
    for (int i = 0; i < rows_count(faults); i++) {
        const char *id = row_text(faults, i, "communicationId");
        bool seen = i && strcmp(id, row_text(faults, i - 1, "communicationId")) == 0;
        if (!seen && (!one || strcmp(one, id) == 0))
            buf_printf(&b, "%s%s", b.n > 1 ? "," : "", id);
    }
    buf_putc(&b, '}');
    return b.p;
}

static enum err tell(struct ctx *c, const char *action, const char *batch_id, const char *kind,
                     int n)
{
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "batchId", batch_id);
    json_set_text(after, "kind", kind);
    json_set_int(after, "messages", n);
    return audit_add(c, action, "batch", batch_id, NULL, after);
}

enum err runs_leave_out(struct ctx *c, const char *batch_id, const char *kind,
                        const char *communication_id, int *n)
{
    PGresult *row, *faults, *added;
    const struct fault_kind *k = kind_of(kind);
    if (!k || k->warns)
        return ctx_fault(c, "kind", "This is no kind of error.");
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_faults, &faults, .batch_id = batch_id,
                     .channels = send_channels(c->arena), .kind = kind, .most = EVERY);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_leave_out, &added, .batch_id = batch_id,
                     .ids = ids_of(c, faults, communication_id), .kind = kind, .reason = k->title,
                     .actor_id = c->actor.id, .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *n = rows_count(added);
    return *n ? tell(c, "run.leave_out", batch_id, kind, *n)
              : ctx_refuse(c, ERR_CONFLICT, "There is nothing of this to leave out any more.");
}

enum err runs_take_in(struct ctx *c, const char *batch_id, const char *kind,
                      const char *communication_id, int *n)
{
    PGresult *row, *gone;
    const char *ids = communication_id ? arena_printf(c->arena, "{%s}", communication_id) : NULL;
    enum err e = runs_lock(c, batch_id, &row);
    if (e == OK)
        e = db_query(c->db, c->arena, runs_take_in, &gone, .batch_id = batch_id, .kind = kind,
                     .ids = ids, .actor_id = c->actor.id, .actor_name = c->actor.name);
    if (e != OK)
        return e;
    *n = rows_count(gone);
    return *n ? tell(c, "run.take_in", batch_id, kind, *n)
              : ctx_refuse(c, ERR_CONFLICT, "Nothing of this is left out.");
}

/* ---- files ---- */

enum err runs_check_files(struct ctx *c, const char *batch_ids)
{
    return db_query(c->db, c->arena, runs_check_files, NULL, .batch_ids = batch_ids);
}

/* Only looks at both ends: what is inside is parsed elsewhere, by a child without rights. */
static const char *fault_of(struct ctx *c, const char *sha256, const char *type, enum err *failed)
{
    struct str bytes;
    enum err e = store_get(c->app->store, c->arena, sha256, &bytes);
    *failed = e == ERR_NOT_FOUND ? OK : e;
    if (e == ERR_NOT_FOUND)
        return "it is not in the store any more";
    if (e != OK || strcmp(type, "application/pdf") != 0)
        return NULL;
    size_t tail = bytes.n < 2048 ? bytes.n : 2048;
    if (bytes.n < 5 || memcmp(bytes.p, "%PDF-", 5) != 0)
        return "it is no PDF";
    return memmem(bytes.p + bytes.n - tail, tail, "%%EOF", 5) ? NULL : "it is cut short";
}

static enum err check_some(struct ctx *c, const char *batch_id, int *n)
{
    PGresult *files;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, runs_files_to_check, &files, .batch_id = batch_id);
    for (int i = 0; e == OK && i < rows_count(files); i++) {
        const char *sha256 = row_text(files, i, "sha256");
        const char *fault = fault_of(c, sha256, row_text(files, i, "content_type"), &e);
        if (e == OK)
            e = db_query(c->db, c->arena, runs_file_checked, NULL, .sha256 = sha256,
                         .fault = fault);
    }
    *n = e == OK ? rows_count(files) : 0;
    return db_end(c->db, e);
}

enum err runs_files_job(struct job *j)
{
    int n = 1;
    enum err e = OK;
    const char *batch_id = json_text(j->args, "batchId");
    if (!batch_id)
        return job_fail(j, ERR_INVALID, "The job names no batch.");
    while (e == OK && n > 0)
        e = check_some(&j->ctx, batch_id, &n);
    return e;
}
