/* Which column of a file holds what: known names in German, French and English, or a person's word.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <json-c/json.h>
#include <stdbool.h>

enum import_field {
    COLUMN_BUILDING_CODE,
    COLUMN_BUILDING_NAME,
    COLUMN_UNIT_NUMBER,
    COLUMN_RECIPIENT_NAME,
    COLUMN_DELIVERY_PREFERENCE,
    COLUMN_SUBJECT,
    COLUMN_EMAIL,
    COLUMN_PHONE,
    COLUMN_STREET,
    COLUMN_POSTAL_CODE,
    COLUMN_CITY,
    COLUMN_COUNTRY,
    COLUMN_LANGUAGE,
    COLUMN_AMOUNT_DUE,
    COLUMN_CURRENCY,
    COLUMN_DUE_DATE,
    COLUMN_REFERENCE,
    COLUMN_ATTACHMENT,
    COLUMN_YEAR,
    COLUMN_RETENTION_HINT,
    COLUMN_TEMPLATE,
    IMPORT_FIELDS
};

struct import_field_kind {
    const char *name;  /* "building_code": as in CSV and on the command line */
    const char *key;   /* "buildingCode": as in JSON and forms */
    const char *label; /* "Building code" */
    bool required;     /* a column of it must be there, and a value in every row */
    size_t max;        /* characters of a value */
    const char *known; /* names of columns, folded, each between two spaces */
};
extern const struct import_field_kind import_field_kinds[IMPORT_FIELDS];

/* By name or key; -1: no such field. */
int import_field_of(const char *name);

/* The columns that a person named, by field; NULL: found by known names. "" : none holds it. */
struct import_choice {
    const char *column[IMPORT_FIELDS];
};

struct import_columns {
    const char **headers; /* as in the file */
    size_t n;
    int of[IMPORT_FIELDS]; /* index of the column; -1: none */
    bool complete;         /* every required field has a column */
};

/* Reads a header row. Where two columns fit a field, the first one is taken. */
void columns_map(struct arena *a, const struct str *cells, size_t n,
                 const struct import_choice *choice, struct import_columns *out);

/* The first column with this header, to the letter; -1: there is none. */
int column_find(const struct import_columns *c, const char *header);

/* The header of the column that holds a field, as the file writes it; the field's name without
   one. */
const char *column_header(const struct import_columns *c, enum import_field f);

/* [{"field", "label", "required", "column" or null}], in the order of the fields. */
struct json_object *columns_json(const struct import_columns *c);
