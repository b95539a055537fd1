/* The OpenAPI document, printed from the route and input tables. */
#include "web/openapi.h"

#include "base/json.h"
#include "base/settings.h"
#include "web/problem.h"

#include <ctype.h>
#include <string.h>

#define TEXT_MAX 65536

static struct json_object *object_with(const char *key, const char *value)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, key, value);
    return o;
}

static struct json_object *reference(struct arena *a, const char *kind, const char *name)
{
    return object_with("$ref", arena_printf(a, "#/components/%s/%s", kind, name));
}

static bool described(const struct route *r)
{
    return r->kind != ROUTE_PAGE && strncmp(r->path, "/api/", 5) == 0;
}

/* /api/x/:id as /api/x/{id} */
static const char *template_of(struct arena *a, const char *path)
{
    struct buf b = buf_in(a);
    while (*path) {
        size_t n = strcspn(path, "/");
        if (*path == ':')
            buf_printf(&b, "{%.*s}", (int)n - 1, path + 1);
        else
            buf_put(&b, path, n);
        path += n;
        if (*path)
            buf_putc(&b, *path++);
    }
    return b.p;
}

static const char *operation_id(struct arena *a, const struct route *r)
{
    struct buf b = buf_in(a);
    bool upper = true;
    for (const char *p = method_name(r->method); *p; p++)
        buf_putc(&b, (char)tolower((unsigned char)*p));
    for (const char *p = r->path + strlen("/api"); *p; p++) {
        if (isalnum((unsigned char)*p))
            buf_putc(&b, (char)(upper ? toupper((unsigned char)*p) : *p));
        upper = !isalnum((unsigned char)*p);
    }
    return b.p;
}

static const char *tag_of(struct arena *a, const struct route *r)
{
    const char *p = r->path + strlen("/api/");
    return arena_strndup(a, p, strcspn(p, "/."));
}

static void set_bounds(struct json_object *s, const struct field *f)
{
    if (f->kind == FIELD_TEXT) {
        if (f->min || f->required)
            json_set_int(s, "minLength", f->min ? f->min : 1);
        json_set_int(s, "maxLength", f->max ? f->max : TEXT_MAX);
    }
    if (f->kind == FIELD_INT && (f->min || f->max)) {
        json_set_int(s, "minimum", f->min);
        if (f->max)
            json_set_int(s, "maximum", f->max);
    }
    if (f->kind == FIELD_INT && !f->required && f->absent >= f->min)
        json_set_int(s, "default", f->absent);
}

static struct json_object *field_schema(struct arena *a, const struct field *f)
{
    static const struct {
        const char *type, *format;
    } kinds[] = {
        [FIELD_TEXT] = { "string", NULL },        [FIELD_INT] = { "integer", NULL },
        [FIELD_BOOL] = { "boolean", NULL },       [FIELD_UUID] = { "string", "uuid" },
        [FIELD_EMAIL] = { "string", "email" },    [FIELD_CHOICE] = { "string", NULL },
        [FIELD_TIME] = { "string", "date-time" }, [FIELD_JSON] = { "object", NULL },
        [FIELD_TEXTS] = { "array", NULL },        [FIELD_OBJECT] = { "object", NULL },
        [FIELD_OBJECTS] = { "array", NULL },
    };
    if (f->kind == FIELD_OBJECT)
        return reference(a, "schemas", f->of->name);
    struct json_object *s = object_with("type", kinds[f->kind].type);
    if (kinds[f->kind].format)
        json_set_text(s, "format", kinds[f->kind].format);
    if (f->kind == FIELD_TEXTS)
        json_set(s, "items", object_with("type", "string"));
    if (f->kind == FIELD_OBJECTS) {
        json_set(s, "items", reference(a, "schemas", f->of->name));
        json_set_int(s, "minItems", f->min);
        json_set_int(s, "maxItems", input_objects_most(f));
    }
    if (f->kind == FIELD_CHOICE) {
        struct json_object *values = json_object_new_array();
        for (const char *const *v = f->values; v && *v; v++)
            json_object_array_add(values, json_object_new_string(*v));
        json_set(s, "enum", values);
    }
    set_bounds(s, f);
    return s;
}

static struct json_object *input_schema(struct arena *a, const struct input *input)
{
    struct json_object *s = object_with("type", "object"), *fields = json_object_new_object();
    struct json_object *required = json_object_new_array();
    for (const struct field *f = input ? input->fields : NULL; f && f->name; f++) {
        struct json_object *field = field_schema(a, f);
        if (f->help)
            json_set_text(field, "description", f->help);
        json_set(fields, f->name, field);
        if (f->required)
            json_object_array_add(required, json_object_new_string(f->name));
    }
    json_set(s, "properties", fields);
    json_set(s, "required", required);
    json_set_bool(s, "additionalProperties", false);
    return s;
}

/* The schema of a form with files beside its input. */
static const char *form_name(struct arena *a, const struct route *r)
{
    return arena_printf(a, "%sForm", r->input ? r->input->name : "Upload");
}

static struct json_object *form_schema(struct arena *a, const struct route *r)
{
    struct json_object *s = input_schema(a, r->input);
    for (const struct file_field *f = r->files; f->name; f++) {
        struct json_object *file = object_with("type", "string");
        json_set_text(file, "contentMediaType", "application/octet-stream");
        if (f->help)
            json_set_text(file, "description", f->help);
        json_set(json_get(s, "properties"), f->name, file);
        if (f->required)
            json_object_array_add(json_get(s, "required"), json_object_new_string(f->name));
    }
    return s;
}

static struct json_object *parameter(const char *name, const char *in, bool required,
                                     struct json_object *schema, const char *help)
{
    struct json_object *p = object_with("name", name);
    json_set_text(p, "in", in);
    json_set_bool(p, "required", required);
    if (help)
        json_set_text(p, "description", help);
    json_set(p, "schema", schema);
    return p;
}

static struct json_object *parameters(struct arena *a, const struct route *r)
{
    struct json_object *list = json_object_new_array();
    for (const char *p = strchr(r->path, ':'); p; p = strchr(p, ':')) {
        size_t n = strcspn(++p, "/");
        struct json_object *schema = object_with("type", "string");
        if (n >= 2 && strncasecmp(p + n - 2, "id", 2) == 0)
            json_set_text(schema, "format", "uuid");
        json_object_array_add(list, parameter(arena_strndup(a, p, n), "path", true, schema, NULL));
    }
    if (r->input && method_safe(r->method))
        for (const struct field *f = r->input->fields; f->name; f++)
            json_object_array_add(
                list, parameter(f->name, "query", f->required, field_schema(a, f), f->help));
    if (!method_safe(r->method) && r->kind == ROUTE_API && r->role > ROLE_PUBLIC)
        json_object_array_add(list, reference(a, "parameters", "IdempotencyKey"));
    return list;
}

static void add_content(struct json_object *content, const char *type, struct json_object *schema)
{
    struct json_object *media = json_object_new_object();
    if (schema)
        json_set(media, "schema", schema);
    json_set(content, type, media);
}

static struct json_object *content_of(const char *type, struct json_object *schema)
{
    struct json_object *content = json_object_new_object();
    add_content(content, type, schema);
    return content;
}

static struct json_object *body(struct arena *a, const struct route *r)
{
    struct json_object *b = json_object_new_object(), *content;
    if (r->files) {
        content = content_of("multipart/form-data", reference(a, "schemas", form_name(a, r)));
    } else {
        content = content_of("application/json", reference(a, "schemas", r->input->name));
        add_content(content, "application/x-www-form-urlencoded",
                    reference(a, "schemas", r->input->name));
    }
    json_set(b, "content", content);
    return b;
}

static struct json_object *success(struct arena *a, const struct route *r, int status)
{
    const char *doc = r->answer ? r->answer->doc : r->file ? "The file" : "Done";
    struct json_object *answer = object_with("description", doc);
    if (status == 201 || status == 202) {
        struct json_object *headers = json_object_new_object();
        json_set(headers, "Location", reference(a, "headers", "Location"));
        json_set(answer, "headers", headers);
    }
    if (r->answer)
        json_set(answer, "content",
                 content_of("application/json", reference(a, "schemas", r->answer->name)));
    else if (r->file)
        json_set(answer, "content", content_of(r->file, NULL));
    return answer;
}

static struct json_object *responses(struct arena *a, const struct route *r)
{
    struct json_object *all = json_object_new_object();
    int status = r->status ? r->status : 200;
    json_set(all, arena_printf(a, "%d", status), success(a, r, status));
    for (const int *also = r->also; also && *also; also++)
        json_set(all, arena_printf(a, "%d", *also), success(a, r, *also));
    json_set(all, "default", reference(a, "responses", "Problem"));
    return all;
}

static struct json_object *operation(struct arena *a, const struct route *r)
{
    struct json_object *o = object_with("operationId", operation_id(a, r));
    struct json_object *tags = json_object_new_array();
    json_object_array_add(tags, json_object_new_string(tag_of(a, r)));
    json_set(o, "tags", tags);
    json_set_text(o, "summary", r->doc ? r->doc : "");
    json_set_text(o, "x-role", role_name(r->role));
    json_set(o, "parameters", parameters(a, r));
    if (!method_safe(r->method) && (r->input || r->files))
        json_set(o, "requestBody", body(a, r));
    json_set(o, "responses", responses(a, r));
    if (r->role == ROLE_PUBLIC)
        json_set(o, "security", json_object_new_array());
    return o;
}

static struct json_object *problem_response(struct arena *a)
{
    struct json_object *response = object_with("description", problem_shape.doc);
    json_set(response, "content",
             content_of("application/problem+json", reference(a, "schemas", problem_shape.name)));
    return response;
}

static struct json_object *security_schemes(void)
{
    struct json_object *all = json_object_new_object(), *bearer = object_with("type", "http");
    json_set_text(bearer, "scheme", "bearer");
    json_set_text(bearer, "bearerFormat", "JWT");
    json_set(all, "bearer", bearer);
    return all;
}

/* The schema of an input, and of the objects in it. */
static void add_input(struct arena *a, struct json_object *schemas, const struct input *input)
{
    if (!json_get(schemas, input->name))
        json_set(schemas, input->name, input_schema(a, input));
    for (const struct field *f = input->fields; f->name; f++)
        if (f->of)
            add_input(a, schemas, f->of);
}

static struct json_object *schemas_of(const struct web *w, struct arena *a)
{
    struct json_object *schemas = json_object_new_object();
    for (const struct route *const *r = router_routes(w->router); *r; r++) {
        const struct input *input = method_safe((*r)->method) ? NULL : (*r)->input;
        if (!described(*r))
            continue;
        if (input)
            add_input(a, schemas, input);
        if ((*r)->files)
            json_set(schemas, form_name(a, *r), form_schema(a, *r));
        if ((*r)->answer)
            shape_add(a, schemas, (*r)->answer);
    }
    shape_add(a, schemas, &problem_shape);
    return schemas;
}

static struct json_object *headers(void)
{
    struct json_object *all = json_object_new_object(), *schema = object_with("type", "string");
    struct json_object *location = object_with("description", "Where what it is about is found.");
    json_set_text(schema, "format", "uri-reference");
    json_set(location, "schema", schema);
    json_set(all, "Location", location);
    return all;
}

static struct json_object *components(const struct web *w, struct arena *a)
{
    struct json_object *c = json_object_new_object(), *params = json_object_new_object();
    struct json_object *answers = json_object_new_object();
    struct json_object *key = object_with("type", "string");
    json_set_int(key, "maxLength", 255);
    json_set(params, "IdempotencyKey",
             parameter("Idempotency-Key", "header", false, key,
                       "the same call with the same key is carried out once"));
    json_set(answers, "Problem", problem_response(a));
    json_set(c, "schemas", schemas_of(w, a));
    json_set(c, "parameters", params);
    json_set(c, "headers", headers());
    json_set(c, "responses", answers);
    json_set(c, "securitySchemes", security_schemes());
    return c;
}

static struct json_object *paths(const struct web *w, struct arena *a)
{
    struct json_object *all = json_object_new_object();
    for (const struct route *const *r = router_routes(w->router); *r; r++) {
        if (!described(*r))
            continue;
        const char *path = template_of(a, (*r)->path);
        struct buf method = buf_in(a);
        struct json_object *item = json_get(all, path);
        if (!item)
            json_set(all, path, item = json_object_new_object());
        for (const char *p = method_name((*r)->method); *p; p++)
            buf_putc(&method, (char)tolower((unsigned char)*p));
        json_set(item, method.p, operation(a, *r));
    }
    return all;
}

static const struct member document_members[] = {
    { "openapi", SHAPE_TEXT, .example = "3.1.0" },
    { "info", SHAPE_OBJECT, .help = "Title and version." },
    { "servers", SHAPE_LIST, .help = "Where the API is." },
    { "security", SHAPE_LIST, .help = "How one signs in." },
    { "paths", SHAPE_OBJECT, .help = "What may be asked." },
    { "components", SHAPE_OBJECT, .help = "What answers and inputs look like." },
    { .name = NULL },
};
const struct shape openapi_shape = { "OpenApi", "This document (OpenAPI 3.1).", document_members };

struct json_object *openapi_document(const struct web *w, struct arena *a)
{
    struct json_object *d = json_own(a, object_with("openapi", "3.1.0"));
    struct json_object *info = object_with("title", "Track Center"), *bearer, *list;
    json_set_text(info, "version", "1");
    json_set(d, "info", info);
    list = json_object_new_array();
    json_object_array_add(list, object_with("url", w->app->settings->public_url));
    json_set(d, "servers", list);
    bearer = json_object_new_object();
    json_set(bearer, "bearer", json_object_new_array());
    list = json_object_new_array();
    json_object_array_add(list, bearer);
    json_set(d, "security", list);
    json_set(d, "paths", paths(w, a));
    json_set(d, "components", components(w, a));
    return d;
}
