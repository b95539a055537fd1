/* The check of a run: what is wrong with its messages, and which of them are left out for it. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "paper/pdf.h"
#include "paper/pdf_text.h"
#include "store/store.h"
#include "track/labels.h"
#include "track/run.h"
#include "track/run.sql.h"
#include "track/send_way.h"
#include "track/sms_estimate.h"

#include <limits.h>
#include <string.h>

#define SAMPLES "20"
#define EVERY "2000000000"
#define FIRST "00000000-0000-0000-0000-000000000000"

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
    { "faulty_file", "Attachment with a fault",
      "It is attached as it is: whoever gets it needs the password, or a reader that mends files.",
      NULL, true },
    { "many_pages", "Too many pages for a letter",
      "More than 400 weigh over a kilogram: no post takes them as a letter.", NULL, false },
    { "shared_file", "One file for several recipients",
      "The same file goes to more than one unit: is it somebody else's statement?", NULL, false },
    { "wrong_file", "Somebody else's file",
      "It names another unit of this run, and not the one that it goes to.", NULL, false },
    { "twice", "Twice to the same recipient",
      "Unit, address, subject and amount are those of another message.", NULL, false },
    { "no_currency", "Amount without a currency", "The amount cannot be written.", NULL, false },
    { "suppressed", "Wants no messages",
      "Skipped when it is sent, with the reason on its timeline.", "address", true },
    { "long_sms", "SMS of several parts",
      "Each part is paid for. A character that is not in the SMS alphabet leaves 70 a part instead "
      "of 160.",
      NULL, true },
    { "page_size", "Pages of another size",
      "On your paper they are cut, or stand small: have a look at them before they are printed.",
      NULL, true },
    { "unnamed_file", "File that does not say whose it is",
      "Most name their recipient, by reference, name or unit: have a look at those that do not.",
      NULL, true },
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

static struct json_object *group_new(const struct fault_kind *k, long long n, long long left_out)
{
    struct json_object *group = json_object_new_object();
    json_set_text(group, "kind", k->name);
    json_set_text(group, "title", k->title);
    json_set_text(group, "sentence", k->sentence);
    json_set_int(group, "count", n);
    json_set_int(group, "leftOut", left_out);
    json_set_int(group, "open", n - left_out);
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
            group = group_new(k, row_int(faults, i, "_count"), row_int(faults, i, "_left_out"));
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

/* Only who writes the texts knows how long they are: this kind is not of runs_faults. */
enum err check_texts(struct ctx *c, const char *batch_id, struct json_object *check)
{
    PGresult *rows;
    struct sms_tally t = { 0 };
    const struct sms_prices none = { NULL, true };
    enum err e = sms_tally_batch(c, batch_id, &none, &rows, &t);
    if (e != OK || t.several == 0)
        return e;
    struct json_object *group = group_new(kind_of("long_sms"), t.several, 0);
    for (int i = 0; i < t.longs_count; i++) {
        struct json_object *one = json_object_new_object();
        int at = t.longs[i].row;
        json_set_text(one, "communicationId", row_text(rows, at, "id"));
        json_set_text(one, "unit", row_text(rows, at, "number"));
        json_set_text(one, "recipientName", row_text(rows, at, "recipient_name"));
        json_set_text(one, "channel", "SMS");
        json_set_text(one, "channelLabel", channel_label("SMS")->word);
        json_set_text(one, "value", t.longs[i].words);
        json_set_bool(one, "leftOut", false);
        json_set(one, "href", NULL);
        json_set(one, "thumbnail", NULL);
        json_set(one, "mend", NULL);
        json_object_array_add(json_get(group, "samples"), one);
    }
    json_object_array_add(json_get(check, "warnings"), group);
    return OK;
}

enum err check_gate(struct ctx *c, const char *batch_id)
{
    PGresult *sizes, *faults;
    enum err e = db_query(c->db, c->arena, runs_unchecked, &sizes, .batch_id = batch_id);
    long long unchecked = e == OK ? row_int(sizes, 0, "files") : 0;
    if (unchecked > 0)
        return ctx_refuse(c, ERR_CONFLICT,
                          "%lld %s not looked into yet: the worker is at it. Send when it is done.",
                          unchecked, unchecked == 1 ? "attachment was" : "attachments were");
    if (e == OK)
        e = db_query(c->db, c->arena, runs_faults, &faults, .batch_id = batch_id,
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

struct look {
    const char *fault, *pages, *sizes, *text; /* NULL: none; not a PDF; the same, twice */
    bool opens;                               /* with a fault, whoever it is for can open it */
};

static const char *sizes_text(struct arena *a, const struct pdf_look *look)
{
    struct buf b = buf_in(a);
    buf_putc(&b, '[');
    for (int i = 0; i < look->sizes; i++)
        buf_printf(&b, "%s[%d, %.0f, %.0f]", i ? ", " : "", look->size[i].page, look->size[i].width,
                   look->size[i].height);
    buf_putc(&b, ']');
    return b.p;
}

/* A PDF is read by a child without rights, as it will be where it is printed. */
static enum err look_into(struct ctx *c, const char *sha256, const char *type, struct look *out)
{
    struct str bytes;
    struct pdf_look look;
    *out = (struct look){ .fault = NULL };
    enum err e = store_get(c->app->store, c->arena, sha256, &bytes);
    if (e == ERR_NOT_FOUND)
        out->fault = "it is not in the store any more";
    if (e != OK || strcmp(type, "application/pdf") != 0)
        return e == ERR_NOT_FOUND ? OK : e;
    if ((e = pdf_look(c, bytes, &look)) == OK) {
        out->pages = arena_printf(c->arena, "%d", look.pages);
        out->sizes = sizes_text(c->arena, &look);
        return pdf_text(c, bytes, &out->text);
    }
    if (e == ERR_INVALID) {
        out->fault = arena_printf(c->arena, "it %s", look.fault);
        out->opens = look.opens;
    }
    c->problem = (struct problem){ 0 };
    return e == ERR_INVALID ? OK : e;
}

static enum err check_some(struct ctx *c, const char *batch_id, int *n)
{
    PGresult *files;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, runs_files_to_check, &files, .batch_id = batch_id);
    for (int i = 0; e == OK && i < rows_count(files); i++) {
        struct look l;
        const char *sha256 = row_text(files, i, "sha256");
        e = look_into(c, sha256, row_text(files, i, "content_type"), &l);
        if (e == OK)
            e = db_query(c->db, c->arena, runs_file_checked, NULL, .sha256 = sha256,
                         .fault = l.fault, .opens = l.opens ? "t" : "f", .pages = l.pages,
                         .sizes = l.sizes, .text = l.text);
    }
    *n = e == OK ? rows_count(files) : 0;
    return db_end(c->db, e);
}

/* Whose each file is shows only where all recipients of the run are known. Answers how many came
   meanwhile and are not looked into. */
static enum err judge(struct ctx *c, const char *batch_id, long long *left)
{
    PGresult *some, *sizes;
    const char *after = FIRST;
    db_begin(c->db, c->tenant_id);
    enum err e = db_query(c->db, c->arena, runs_marks, NULL, .batch_id = batch_id);
    while (e == OK && after) {
        e = db_query(c->db, c->arena, runs_files_judge, &some, .after = after);
        after = e == OK ? row_text(some, 0, "last") : NULL;
    }
    if (e == OK)
        e = db_query(c->db, c->arena, runs_unchecked, &sizes, .batch_id = batch_id);
    if (e == OK)
        *left = row_int(sizes, 0, "files");
    return db_end(c->db, e);
}

static enum err look_into_all(struct job *j, const char *batch_id)
{
    int n = 1;
    enum err e = OK;
    while (e == OK && n > 0) {
        e = check_some(&j->ctx, batch_id, &n);
        if (e == OK)
            e = job_touch(j);
    }
    return e;
}

/* An import that ends while this runs adds no job of its own. */
enum err runs_files_job(struct job *j)
{
    enum err e;
    long long before, left = LLONG_MAX;
    const char *batch_id = json_text(j->args, "batchId");
    if (!batch_id)
        return job_fail(j, ERR_INVALID, "The job names no batch.");
    do {
        before = left;
        e = look_into_all(j, batch_id);
        if (e == OK)
            e = judge(&j->ctx, batch_id, &left);
    } while (e == OK && left > 0 && left < before);
    return e;
}

enum err runs_forget_checks(struct job *j)
{
    return db_run(j->ctx.db, j->ctx.arena, &sql_runs_forget_checks, NULL, NULL);
}
