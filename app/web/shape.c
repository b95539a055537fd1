/* Shapes as JSON Schema 2020-12. */
#include "web/shape.h"

#include "base/json.h"

#include <stdlib.h>

static const struct {
    const char *type, *format;
} kinds[] = {
    [SHAPE_TEXT] = { "string", NULL },
    [SHAPE_INT] = { "integer", "int64" },
    [SHAPE_COUNT] = { "integer", "int64" },
    [SHAPE_BOOL] = { "boolean", NULL },
    [SHAPE_UUID] = { "string", "uuid" },
    [SHAPE_TIME] = { "string", "date-time" },
    [SHAPE_LINK] = { "string", "uri-reference" },
    [SHAPE_CHOICE] = { "string", NULL },
    [SHAPE_OBJECT] = { "object", NULL },
    [SHAPE_LIST] = { "array", NULL },
    [SHAPE_TEXTS] = { "array", NULL },
    [SHAPE_INTS] = { "array", NULL },
    [SHAPE_COUNTS] = { "object", NULL },
    [SHAPE_WORDS] = { "object", NULL },
    [SHAPE_ANY] = { NULL, NULL },
};

static struct json_object *object_with(const char *key, const char *value)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, key, value);
    return o;
}

static struct json_object *reference(struct arena *a, const struct shape *shape)
{
    return object_with("$ref", arena_printf(a, "#/components/schemas/%s", shape->name));
}

static struct json_object *count_schema(void)
{
    struct json_object *s = object_with("type", "integer");
    json_set_text(s, "format", "int64");
    json_set_int(s, "minimum", 0);
    return s;
}

static void set_choices(struct json_object *s, const struct member *m)
{
    struct json_object *values = json_object_new_array();
    for (const char *const *v = m->values; *v; v++)
        json_object_array_add(values, json_object_new_string(*v));
    if (m->nullable)
        json_object_array_add(values, NULL);
    json_set(s, "enum", values);
}

static void set_counts(struct json_object *s, const struct member *m)
{
    struct json_object *by_name = json_object_new_object();
    for (const char *const *v = m->values; v && *v; v++)
        json_set(by_name, *v, count_schema());
    if (m->values)
        json_set(s, "properties", by_name);
    else
        json_object_put(by_name);
    json_set(s, "additionalProperties",
             m->values ? json_object_new_boolean(false) : count_schema());
}

static struct json_object *type_of(const struct member *m)
{
    struct json_object *name = json_object_new_string(kinds[m->kind].type), *both;
    if (!m->nullable)
        return name;
    both = json_object_new_array();
    json_object_array_add(both, name);
    json_object_array_add(both, json_object_new_string("null"));
    return both;
}

static struct json_object *plain_schema(struct arena *a, const struct member *m)
{
    struct json_object *s = json_object_new_object();
    if (kinds[m->kind].type)
        json_set(s, "type", type_of(m));
    if (kinds[m->kind].format)
        json_set_text(s, "format", kinds[m->kind].format);
    if (m->kind == SHAPE_COUNT)
        json_set_int(s, "minimum", 0);
    if (m->kind == SHAPE_CHOICE)
        set_choices(s, m);
    if (m->kind == SHAPE_COUNTS)
        set_counts(s, m);
    if (m->kind == SHAPE_WORDS)
        json_set(s, "additionalProperties", object_with("type", "string"));
    if (m->kind == SHAPE_LIST)
        json_set(s, "items", m->of ? reference(a, m->of) : object_with("type", "object"));
    if (m->kind == SHAPE_TEXTS || m->kind == SHAPE_INTS)
        json_set(s, "items", object_with("type", m->kind == SHAPE_INTS ? "integer" : "string"));
    return s;
}

/* An object of a named shape that may be null is one of two schemas. */
static struct json_object *object_schema(struct arena *a, const struct member *m)
{
    struct json_object *s, *either;
    if (!m->nullable)
        return reference(a, m->of);
    s = json_object_new_object();
    either = json_object_new_array();
    json_object_array_add(either, reference(a, m->of));
    json_object_array_add(either, object_with("type", "null"));
    json_set(s, "anyOf", either);
    return s;
}

static struct json_object *member_schema(struct arena *a, const struct member *m)
{
    bool named = m->kind == SHAPE_OBJECT && m->of;
    struct json_object *s = named ? object_schema(a, m) : plain_schema(a, m);
    if (m->help)
        json_set_text(s, "description", m->help);
    if (m->example) {
        struct json_object *examples = json_object_new_array();
        bool number = m->kind == SHAPE_INT || m->kind == SHAPE_COUNT;
        json_object_array_add(examples, number
                                            ? json_object_new_int64(strtoll(m->example, NULL, 10))
                                            : json_object_new_string(m->example));
        json_set(s, "examples", examples);
    }
    return s;
}

void shape_add(struct arena *a, struct json_object *schemas, const struct shape *shape)
{
    if (json_get(schemas, shape->name))
        return;
    struct json_object *s = object_with("type", "object"), *members = json_object_new_object();
    struct json_object *required = json_object_new_array();
    json_set(schemas, shape->name, s);
    if (shape->doc)
        json_set_text(s, "description", shape->doc);
    for (const struct member *m = shape->members; m->name; m++) {
        json_set(members, m->name, member_schema(a, m));
        if (!m->optional)
            json_object_array_add(required, json_object_new_string(m->name));
        if (m->of)
            shape_add(a, schemas, m->of);
    }
    json_set(s, "properties", members);
    json_set(s, "required", required);
}
