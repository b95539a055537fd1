/* The page that shows the API to people: the OpenAPI document as operations and documents with
   their fields. */
#include "web/docs.h"

#include "base/json.h"
#include "web/openapi.h"

#include <ctype.h>
#include <string.h>

/* The name of the schema that one refers to, by itself or as one of two; NULL: to none. */
static const char *referred(struct json_object *schema)
{
    struct json_object *either = json_get(schema, "anyOf");
    const char *text = json_text(either ? json_object_array_get_idx(either, 0) : schema, "$ref");
    return text ? strrchr(text, '/') + 1 : NULL;
}

/* "uuid", "integer", "string": of one value, without null. */
static const char *kind_of(struct json_object *schema)
{
    struct json_object *types = json_get(schema, "type");
    const char *format = json_text(schema, "format");
    if (json_get(schema, "contentMediaType"))
        return "file";
    if (format && strcmp(format, "int64") != 0)
        return format;
    if (json_object_is_type(types, json_type_array))
        types = json_object_array_get_idx(types, 0);
    return types ? json_object_get_string(types) : "anything";
}

static bool nullable(struct json_object *schema)
{
    return json_get(schema, "anyOf") ||
           json_object_is_type(json_get(schema, "type"), json_type_array);
}

/* The values of a choice, without null. */
static struct json_object *choices(struct json_object *schema)
{
    struct json_object *values = json_get(schema, "enum"), *list = json_object_new_array();
    for (size_t i = 0; values && i < json_object_array_length(values); i++) {
        struct json_object *value = json_object_array_get_idx(values, i);
        if (value)
            json_object_array_add(list, json_object_get(value));
    }
    return list;
}

/* A field as the page shows it; `in` is NULL in an answer. */
static struct json_object *field_row(const char *name, const char *in, bool required,
                                     struct json_object *schema)
{
    struct json_object *row = json_object_new_object(), *items = json_get(schema, "items");
    struct json_object *one = items ? items : schema;
    json_set_text(row, "name", name);
    json_set_text(row, "in", in);
    json_set_bool(row, "required", required);
    json_set_bool(row, "list", items != NULL);
    json_set_text(row, "document", referred(one));
    json_set_text(row, "type", kind_of(one));
    json_set_bool(row, "nullable", nullable(schema));
    json_set(row, "enum", choices(schema));
    json_set(row, "examples", json_object_get(json_get(schema, "examples")));
    json_set_text(row, "help", json_text(schema, "description"));
    return row;
}

static bool lists(struct json_object *names, const char *name)
{
    for (size_t i = 0; names && i < json_object_array_length(names); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)), name) == 0)
            return true;
    return false;
}

static void add_rows(struct json_object *rows, struct json_object *schema)
{
    struct json_object *properties = json_get(schema, "properties");
    if (!properties)
        return;
    json_object_object_foreach(properties, name, field) json_object_array_add(
        rows, field_row(name, NULL, lists(json_get(schema, "required"), name), field));
}

static struct json_object *schemas_of(struct json_object *document)
{
    return json_get(json_get(document, "components"), "schemas");
}

/* The name of the schema of a body or an answer; NULL: it has none. */
static const char *content_name(struct json_object *of)
{
    struct json_object *content = json_get(of, "content");
    if (!content)
        return NULL;
    json_object_object_foreach(content, type, media)
    {
        const char *name = type ? referred(json_get(media, "schema")) : NULL;
        if (name)
            return name;
    }
    return NULL;
}

/* What a body holds, each object in it followed by what that holds. */
static void add_body_rows(struct arena *a, struct json_object *rows, struct json_object *schemas,
                          const char *within, struct json_object *schema)
{
    struct json_object *properties = json_get(schema, "properties");
    json_object_object_foreach(properties, name, field)
    {
        const char *whole = arena_printf(a, "%s%s", within, name);
        struct json_object *items = json_get(field, "items");
        const char *of = referred(items ? items : field);
        struct json_object *row =
            field_row(whole, "body", lists(json_get(schema, "required"), name), field);
        json_object_array_add(rows, row);
        if (!of)
            continue;
        json_set_text(row, "document", NULL);
        json_set_text(row, "type", "object");
        add_body_rows(a, rows, schemas, arena_printf(a, "%s%s.", whole, items ? "[]" : ""),
                      json_get(schemas, of));
    }
}

static struct json_object *input_rows(struct arena *a, struct json_object *document,
                                      struct json_object *operation)
{
    struct json_object *rows = json_object_new_array();
    struct json_object *parameters = json_get(operation, "parameters");
    for (size_t i = 0; i < json_object_array_length(parameters); i++) {
        struct json_object *p = json_object_array_get_idx(parameters, i), *row;
        if (!json_text(p, "name"))
            continue;
        row = field_row(json_text(p, "name"), json_text(p, "in"),
                        json_object_get_boolean(json_get(p, "required")), json_get(p, "schema"));
        json_set_text(row, "help", json_text(p, "description"));
        json_object_array_add(rows, row);
    }
    const char *body = content_name(json_get(operation, "requestBody"));
    if (body)
        add_body_rows(a, rows, schemas_of(document), "", json_get(schemas_of(document), body));
    return rows;
}

/* The first of the answers is the one that is no error. */
static struct json_object *answer_of(struct json_object *operation)
{
    struct json_object *row = json_object_new_object(), *all = json_get(operation, "responses");
    json_object_object_foreach(all, status, answer)
    {
        json_set_text(row, "status", status);
        json_set_text(row, "document", content_name(answer));
        json_set_text(row, "description", json_text(answer, "description"));
        break;
    }
    return row;
}

static void add_operations(struct json_object *list, struct json_object *document, const char *path,
                           struct json_object *item, struct arena *a)
{
    json_object_object_foreach(item, method, operation)
    {
        struct json_object *row = json_object_new_object();
        char *upper = arena_strdup(a, method);
        for (char *p = upper; *p; p++)
            *p = (char)toupper((unsigned char)*p);
        json_set_text(row, "method", upper);
        json_set_text(row, "path", path);
        json_set_text(row, "id", json_text(operation, "operationId"));
        json_set_text(row, "summary", json_text(operation, "summary"));
        json_set_text(row, "role", json_text(operation, "x-role"));
        json_set(row, "fields", input_rows(a, document, operation));
        json_set_bool(row, "hasFields", json_object_array_length(json_get(row, "fields")) > 0);
        json_set(row, "answer", answer_of(operation));
        json_object_array_add(list, row);
    }
}

/* What answers are made of. Inputs, which refuse unknown names, stand with their operations. */
static struct json_object *documents_of(struct json_object *document)
{
    struct json_object *list = json_object_new_array(), *schemas = schemas_of(document);
    json_object_object_foreach(schemas, name, schema)
    {
        struct json_object *row, *fields;
        if (json_get(schema, "additionalProperties"))
            continue;
        row = json_object_new_object();
        fields = json_object_new_array();
        add_rows(fields, schema);
        json_set_text(row, "name", name);
        json_set_text(row, "doc", json_text(schema, "description"));
        json_set(row, "fields", fields);
        json_object_array_add(list, row);
    }
    return list;
}

enum err docs_show(struct req *r, struct reply *p)
{
    struct arena *a = r->ctx.arena;
    struct json_object *document = openapi_document(request_of(r)->web, a);
    struct json_object *d = json_own(a, json_object_new_object()), *list = json_object_new_array();
    struct json_object *paths = json_get(document, "paths");
    json_object_object_foreach(paths, path, item) add_operations(list, document, path, item, a);
    json_set_text(d, "title", "API");
    json_set(d, "operations", list);
    json_set(d, "documents", documents_of(document));
    return reply_page(p, "api/docs", NULL, d);
}
