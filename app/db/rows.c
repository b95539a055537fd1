/* Rows: columns by name, and the one generic writer of rows as JSON. */
#include "base/json.h"
#include "base/log.h"
#include "db/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Type ids of pg_type.dat. */
enum { OID_BOOL = 16, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_JSON = 114 };
enum { OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_TIMESTAMPTZ = 1184 };
enum { OID_JSONB = 3802 };

/* json-c grows an object at its eleventh member, by hashing all of them again. */
enum { MANY_COLUMNS = 8, ROOM_FOR_MANY = 24 };

static int column_of(const PGresult *r, const char *column)
{
    for (int i = 0; i < PQnfields(r); i++) {
        const char *name = PQfname(r, i);
        if (name[0] == column[0] && strcmp(name, column) == 0)
            return i;
    }
    log_error("db_no_such_column", "column", column, NULL);
    abort();
}

const char *row_text(const PGresult *r, int row, const char *column)
{
    int c = column_of(r, column);
    return PQgetisnull(r, row, c) ? NULL : PQgetvalue(r, row, c);
}

long long row_int(const PGresult *r, int row, const char *column)
{
    const char *text = row_text(r, row, column);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool row_bool(const PGresult *r, int row, const char *column)
{
    const char *text = row_text(r, row, column);
    return text && text[0] == 't';
}

#define TIME_ZERO "0000-00-00T00:00:00.000Z"

/* "2026-05-12 10:04:11.123456+00" as RFC 3339 in UTC with milliseconds; the session's zone is UTC.
   What is no such time (infinity) stays as it is. */
static struct str time_text(char out[TIME_LENGTH + 1], const char *text, int n)
{
    if (n < 19 || n > 32 || text[4] != '-' || text[10] != ' ')
        return (struct str){ text, (size_t)n };
    memcpy(out, TIME_ZERO, TIME_LENGTH + 1);
    memcpy(out, text, 10);
    memcpy(out + 11, text + 11, 8);
    if (text[19] == '.')
        for (int i = 20; i < 23 && text[i] >= '0' && text[i] <= '9'; i++)
            out[i] = text[i];
    return (struct str){ out, TIME_LENGTH };
}

struct str row_time(char out[TIME_LENGTH + 1], const PGresult *r, int row, int column)
{
    return time_text(out, PQgetvalue(r, row, column), PQgetlength(r, row, column));
}

static struct json_object *time_value(const char *text, int n)
{
    char out[TIME_LENGTH + 1];
    struct str t = time_text(out, text, n);
    return json_object_new_string_len(t.p, (int)t.n);
}

static struct json_object *nested_value(const char *text, int n)
{
    struct json_tokener *t = json_tokener_new();
    struct json_object *value = json_tokener_parse_ex(t, text, n + 1);
    json_tokener_free(t);
    return value;
}

static struct json_object *value_of(Oid type, const char *text, int n)
{
    switch (type) {
    case OID_BOOL:
        return json_object_new_boolean(text[0] == 't');
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
        return json_object_new_int64(strtoll(text, NULL, 10));
    case OID_FLOAT4:
    case OID_FLOAT8:
        return json_object_new_double_s(strtod(text, NULL), text);
    case OID_JSON:
    case OID_JSONB:
        return nested_value(text, n);
    case OID_TIMESTAMPTZ:
        return time_value(text, n);
    default:
        return json_object_new_string_len(text, n);
    }
}

/* The keys are the result's names: it lives as long as the arena, as does the object. New ones, as
   columns have names of their own; with room for what is added to a row. */
static struct json_object *object_of(const PGresult *r, int row)
{
    const unsigned how = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT;
    struct json_object *object = json_object_new_object();
    if (PQnfields(r) >= MANY_COLUMNS)
        lh_table_resize(json_object_get_object(object), ROOM_FOR_MANY);
    for (int c = 0; c < PQnfields(r); c++) {
        struct json_object *value = NULL;
        if (PQfname(r, c)[0] == '_')
            continue;
        if (!PQgetisnull(r, row, c))
            value = value_of(PQftype(r, c), PQgetvalue(r, row, c), PQgetlength(r, row, c));
        json_object_object_add_ex(object, PQfname(r, c), value, how);
    }
    return object;
}

struct json_object *rows_json(struct arena *a, const PGresult *r)
{
    int n = PQntuples(r);
    struct json_object *rows = json_object_new_array_ext(n ? n : 1);
    for (int i = 0; i < n; i++)
        json_object_array_add(rows, object_of(r, i));
    return json_own(a, rows);
}

struct json_object *row_json(struct arena *a, const PGresult *r, int row)
{
    return json_own(a, object_of(r, row));
}

/* ---- as text ---- */

static void write_value(struct buf *to, Oid type, const char *text, int n)
{
    char out[TIME_LENGTH + 1];
    struct str t;
    switch (type) {
    case OID_BOOL:
        buf_puts(to, text[0] == 't' ? "true" : "false");
        break;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_FLOAT4:
    case OID_FLOAT8:
    case OID_JSON:
    case OID_JSONB:
        buf_put(to, text, (size_t)n);
        break;
    case OID_TIMESTAMPTZ:
        t = time_text(out, text, n);
        json_write_text(to, t.p, t.n);
        break;
    default:
        json_write_text(to, text, (size_t)n);
    }
}

void row_write(struct buf *to, const PGresult *r, int row)
{
    bool first = true;
    for (int c = 0; c < PQnfields(r); c++) {
        const char *name = PQfname(r, c);
        if (name[0] == '_')
            continue;
        if (!first)
            buf_putc(to, ',');
        first = false;
        json_write_text(to, name, strlen(name));
        buf_putc(to, ':');
        if (PQgetisnull(r, row, c))
            buf_puts(to, "null");
        else
            write_value(to, PQftype(r, c), PQgetvalue(r, row, c), PQgetlength(r, row, c));
    }
}
