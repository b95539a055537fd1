/* The import pages and their API: upload, preview, columns, corrections, commit. */
#include "base/json.h"
#include "import/correction.h"
#include "import/import.h"
#include "import/job.h"
#include "import/shapes.h"
#include "import/view.h"

#define UPLOAD_LIMIT ((size_t)512 * 1024 * 1024)

/* ---- inputs ---- */

struct options_input {
    long year;
    const char *column[IMPORT_FIELDS];
};

struct commit_input {
    const char *mode;
};

#define COLUMN(name, f)                                                                            \
    {                                                                                              \
        name, FIELD_TEXT, offsetof(struct options_input, column) + sizeof(char *) * (size_t)(f),   \
            .max = 200, .help = "Header of the column that holds it; - for none."                  \
    }

static const struct field options_fields[] = {
    { "year", FIELD_INT, offsetof(struct options_input, year), .min = 1900, .max = 2999,
      .help = "Billing year of every row, where the file does not say it." },
    COLUMN("buildingCode", COLUMN_BUILDING_CODE),
    COLUMN("buildingName", COLUMN_BUILDING_NAME),
    COLUMN("unitNumber", COLUMN_UNIT_NUMBER),
    COLUMN("recipientName", COLUMN_RECIPIENT_NAME),
    COLUMN("deliveryPreference", COLUMN_DELIVERY_PREFERENCE),
    COLUMN("subject", COLUMN_SUBJECT),
    COLUMN("email", COLUMN_EMAIL),
    COLUMN("phone", COLUMN_PHONE),
    COLUMN("street", COLUMN_STREET),
    COLUMN("postalCode", COLUMN_POSTAL_CODE),
    COLUMN("city", COLUMN_CITY),
    COLUMN("country", COLUMN_COUNTRY),
    COLUMN("language", COLUMN_LANGUAGE),
    COLUMN("amountDue", COLUMN_AMOUNT_DUE),
    COLUMN("currency", COLUMN_CURRENCY),
    COLUMN("dueDate", COLUMN_DUE_DATE),
    COLUMN("reference", COLUMN_REFERENCE),
    COLUMN("attachment", COLUMN_ATTACHMENT),
    COLUMN("yearColumn", COLUMN_YEAR),
    COLUMN("retentionHint", COLUMN_RETENTION_HINT),
    COLUMN("template", COLUMN_TEMPLATE),
    { 0 },
};
static const struct input options_input = { "ImportOptions", sizeof(struct options_input),
                                            options_fields };

static const char *const modes[] = { "all", "good-rows", NULL };
static const struct field commit_fields[] = {
    { "mode", FIELD_CHOICE, offsetof(struct commit_input, mode), .required = true, .values = modes,
      .help = "All rows, or only those without an error." },
    { 0 },
};
static const struct input commit_input = { "ImportCommit", sizeof(struct commit_input),
                                           commit_fields };

struct correct_input {
    long line;
    const char *column, *value;
    bool alike;
};

static const struct field correct_fields[] = {
    { "line", FIELD_INT, offsetof(struct correct_input, line), .required = true, .min = 1,
      .max = INT32_MAX, .help = "Of the file, from 1." },
    { "column", FIELD_TEXT, offsetof(struct correct_input, column), .required = true, .max = 200,
      .help = "The file's header of it, or the field that is read from it." },
    { "value", FIELD_TEXT, offsetof(struct correct_input, value), .max = CELL_SHOWN,
      .help = "What is read there instead; without one the cell counts as empty." },
    { "alike", FIELD_BOOL, offsetof(struct correct_input, alike),
      .help =
          "Whether all listed errors of the column with the same value and reason are corrected "
          "the same way." },
    { 0 },
};
static const struct input correct_input = { "ImportCorrect", sizeof(struct correct_input),
                                            correct_fields };

struct take_back_input {
    const char *correction_id;
    bool alike;
};

static const struct field take_back_fields[] = {
    { "correctionId", FIELD_UUID, offsetof(struct take_back_input, correction_id), .required = true,
      .help = "The correction." },
    { "alike", FIELD_BOOL, offsetof(struct take_back_input, alike),
      .help = "Whether all that put the same value in the place of the same go with it." },
    { 0 },
};
static const struct input take_back_input = { "ImportTakeBack", sizeof(struct take_back_input),
                                              take_back_fields };

static struct import_options options_of(const struct req *r, const char *file_name)
{
    const struct options_input *in = r->input;
    struct import_options o = { .file_name = file_name, .year = (int)in->year };
    memcpy(o.choice.column, in->column, sizeof(o.choice.column));
    return o;
}

/* ---- operations of both ---- */

static const struct upload *upload_of(const struct req *r, const char *field)
{
    for (size_t i = 0; i < r->upload_count; i++) {
        if (strcmp(r->uploads[i].field, field) == 0)
            return &r->uploads[i];
    }
    return NULL;
}

static enum err add(struct req *r, const char **id)
{
    const struct upload *file = upload_of(r, "file"), *zip = upload_of(r, "attachments");
    if (!file)
        return ctx_fault(&r->ctx, "file", "Choose the billing file.");
    struct import_new n = { .options = options_of(r, file->file_name),
                            .file_sha256 = file->sha256,
                            .attachments_sha256 = zip ? zip->sha256 : NULL };
    return import_add(&r->ctx, &n, id);
}

static enum err change(struct req *r)
{
    struct import_options o = options_of(r, NULL);
    return import_change(&r->ctx, req_param(r, "importId"), &o);
}

static enum err commit(struct req *r)
{
    const struct commit_input *in = r->input;
    return import_queue(&r->ctx, req_param(r, "importId"), strcmp(in->mode, "good-rows") == 0);
}

static enum err correct(struct req *r)
{
    const struct correct_input *in = r->input;
    const struct import_mend mend = { .line = in->line,
                                      .column = in->column,
                                      .value = in->value ? in->value : "",
                                      .alike = in->alike };
    return import_correct(&r->ctx, req_param(r, "importId"), &mend);
}

/* ---- API ---- */

static enum err reply_import(struct req *r, struct reply *p, int status, const char *id)
{
    struct json_object *import;
    enum err e = import_get(&r->ctx, id, &import);
    if (e != OK)
        return e;
    if (status != 200)
        reply_header(p, "Location", arena_printf(r->ctx.arena, "/api/track/imports/%s", id));
    return reply_json(p, status, import);
}

static enum err api_list(struct req *r, struct reply *p)
{
    struct json_object *list, *o = json_own(r->ctx.arena, json_object_new_object());
    enum err e = import_list(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set(o, "imports", json_object_get(list));
    return reply_json(p, 200, o);
}

static enum err api_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add(r, &id);
    return e ? e : reply_import(r, p, 201, id);
}

static enum err api_get(struct req *r, struct reply *p)
{
    return reply_import(r, p, 200, req_param(r, "importId"));
}

static enum err api_change(struct req *r, struct reply *p)
{
    enum err e = change(r);
    return e ? e : reply_import(r, p, 200, req_param(r, "importId"));
}

static enum err api_correct(struct req *r, struct reply *p)
{
    enum err e = correct(r);
    return e ? e : reply_import(r, p, 200, req_param(r, "importId"));
}

static enum err api_take_back(struct req *r, struct reply *p)
{
    const char *id = req_param(r, "importId");
    enum err e = import_take_back(&r->ctx, id, req_param(r, "correctionId"), false);
    return e ? e : reply_import(r, p, 200, id);
}

static enum err api_commit(struct req *r, struct reply *p)
{
    enum err e = commit(r);
    return e ? e : reply_import(r, p, 202, req_param(r, "importId"));
}

/* ---- pages ---- */

static enum err page_list(struct req *r, struct reply *p)
{
    struct json_object *list, *o = json_own(r->ctx.arena, json_object_new_object());
    enum err e = import_list(&r->ctx, &list);
    if (e != OK)
        return e;
    json_set_text(o, "title", "Import");
    json_set_bool(o, "any", json_object_array_length(list) > 0);
    import_view_list(list);
    json_set(o, "imports", json_object_get(list));
    return reply_page(p, "import/imports", NULL, o);
}

static enum err to_import(struct req *r, struct reply *p, const char *id)
{
    return reply_redirect(p, arena_printf(r->ctx.arena, "/import/%s", id));
}

static enum err page_add(struct req *r, struct reply *p)
{
    const char *id = NULL;
    enum err e = add(r, &id);
    return e ? e : to_import(r, p, id);
}

static enum err page_get(struct req *r, struct reply *p)
{
    struct json_object *import;
    enum err e = import_get(&r->ctx, req_param(r, "importId"), &import);
    if (e != OK)
        return e;
    import_view_add(&r->ctx, import);
    return reply_page(p, "import/import", NULL, import);
}

/* The part of the page that asks again until the import has ended; then the page is loaded anew. */
static enum err page_progress(struct req *r, struct reply *p)
{
    struct json_object *import;
    enum err e = import_progress(&r->ctx, req_param(r, "importId"), &import);
    if (e != OK)
        return e;
    if (!import_view_moving(import))
        reply_header(p, "HX-Refresh", "true");
    return reply_page(p, "import/importing", NULL, import);
}

static enum err page_change(struct req *r, struct reply *p)
{
    enum err e = change(r);
    return e ? e : to_import(r, p, req_param(r, "importId"));
}

static enum err page_correct(struct req *r, struct reply *p)
{
    enum err e = correct(r);
    return e ? e : to_import(r, p, req_param(r, "importId"));
}

static enum err page_take_back(struct req *r, struct reply *p)
{
    const struct take_back_input *in = r->input;
    const char *id = req_param(r, "importId");
    enum err e = import_take_back(&r->ctx, id, in->correction_id, in->alike);
    return e ? e : to_import(r, p, id);
}

static enum err page_commit(struct req *r, struct reply *p)
{
    enum err e = commit(r);
    return e ? e : to_import(r, p, req_param(r, "importId"));
}

/* ---- routes ---- */

static const struct file_field files[] = {
    { "file", true, "The billing file (CSV)." },
    { "attachments", false, "A zip of PDFs, named as in the file." },
    { .name = NULL },
};

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/import", page_list, .role = ROLE_ADMIN, .whole = true,
      .doc = "The upload form and the latest imports." },
    { METHOD_POST, ROUTE_PAGE, "/import", page_add, .role = ROLE_ADMIN, .input = &options_input,
      .body_limit = UPLOAD_LIMIT, .files = files, .whole = true, .doc = "Uploads a billing file." },
    { METHOD_GET, ROUTE_PAGE, "/import/:importId", page_get, .role = ROLE_ADMIN, .whole = true,
      .doc = "The preview of an import, or what it made." },
    { METHOD_POST, ROUTE_PAGE, "/import/:importId/preview", page_change, .role = ROLE_ADMIN,
      .slow = true, .input = &options_input, .whole = true,
      .doc = "Previews it again with other columns or another year." },
    { METHOD_POST, ROUTE_PAGE, "/import/:importId/corrections", page_correct, .role = ROLE_ADMIN,
      .slow = true, .input = &correct_input, .whole = true, .doc = "Corrects a cell of its file." },
    { METHOD_POST, ROUTE_PAGE, "/import/:importId/corrections/take-back", page_take_back,
      .role = ROLE_ADMIN, .slow = true, .input = &take_back_input, .whole = true,
      .doc = "Takes a correction back, or all like it." },
    { METHOD_POST, ROUTE_PAGE, "/import/:importId/commit", page_commit, .role = ROLE_ADMIN,
      .input = &commit_input, .whole = true, .queues = true, .doc = "Has an import committed." },
    { METHOD_GET, ROUTE_PAGE, "/import/:importId/progress", page_progress, .role = ROLE_ADMIN,
      .whole = true, .doc = "How far it is." },
    { METHOD_GET, ROUTE_API, "/api/track/imports", api_list, .role = ROLE_ADMIN, .whole = true,
      .doc = "The latest imports.", .answer = &imports_shape },
    { METHOD_POST, ROUTE_API, "/api/track/imports", api_add, .role = ROLE_ADMIN,
      .input = &options_input, .body_limit = UPLOAD_LIMIT, .files = files, .status = 201,
      .whole = true, .doc = "Keeps and previews a billing file.", .answer = &import_shape },
    { METHOD_GET, ROUTE_API, "/api/track/imports/:importId", api_get, .role = ROLE_ADMIN,
      .whole = true, .doc = "An import with its preview and, once committed, its result.",
      .answer = &import_shape },
    { METHOD_POST, ROUTE_API, "/api/track/imports/:importId/preview", api_change, .slow = true,
      .role = ROLE_ADMIN, .input = &options_input, .whole = true,
      .doc = "Previews it again with other columns or another year.", .answer = &import_shape },
    { METHOD_POST, ROUTE_API, "/api/track/imports/:importId/corrections", api_correct, .slow = true,
      .role = ROLE_ADMIN, .input = &correct_input, .whole = true,
      .doc = "Corrects a cell of its file, which stays as it was uploaded, and previews it again.",
      .answer = &import_shape },
    { METHOD_DELETE, ROUTE_API, "/api/track/imports/:importId/corrections/:correctionId",
      api_take_back, .slow = true, .role = ROLE_ADMIN, .whole = true,
      .doc = "Takes a correction back, and previews it again.", .answer = &import_shape },
    { METHOD_POST, ROUTE_API, "/api/track/imports/:importId/commit", api_commit, .role = ROLE_ADMIN,
      .input = &commit_input, .whole = true, .queues = true,
      .doc = "Has an import committed: all of it, or its good rows. Its state tells when it is.",
      .answer = &import_shape, .status = 202 },
    { 0 },
};

const struct domain import_domain = {
    .name = "import",
    .routes = routes,
    .jobs = import_jobs,
    .schedules = import_schedules,
};
