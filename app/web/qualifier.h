/* What a list is narrowed to, as people write it in the bar over it: qualifiers and words. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>
#include <stdbool.h>

enum qualifier_kind {
    QUALIFIER_ANY,  /* values with commas between are alternatives; "a, b" in quotes is one */
    QUALIFIER_EACH, /* one value; several of the qualifier narrow further */
    QUALIFIER_DAY   /* one day: 2026-05-12, today, yesterday, 7d */
};

/* A qualifier as the bar, its help and its completion know it. */
struct qualifier {
    const char *name;          /* "status": written "status:failed" */
    const char *key;           /* of the filter: "status"; NULL after the last */
    const char *not_key;       /* for "-status:…"; NULL: it cannot be turned around */
    const char *const *values; /* all there are, NULL at the end; NULL: any */
    const char *help;
    enum qualifier_kind kind;
    bool whole; /* `read` takes the alternatives together, commas and all */
    /* Adds what a value means to the array, or answers why it means nothing; NULL: it is a text. */
    const char *(*read)(struct ctx *c, const char *value, struct json_object *to);
};

/* Reads `status:failed,bounced -channel:sms building:LH-12 "two words" word`: qualifiers narrow
   together, all words must be found. *filter has its keys in the order of `list` (key NULL at the
   end) and then text and notText, each an array, of texts where `read` says nothing else; of a
   QUALIFIER_DAY a time, a day, or "7d" for so many days ago; {} for NULL or "". ERR_INVALID with a
   fault of `q` for each wrong qualifier. Pure, where each `read` is. */
enum err qualifiers_parse(struct ctx *c, const struct qualifier *list, const char *text,
                          struct json_object **filter) must_check;

/* The days of a filter become the times they begin at where the tenant is: of the keys of `list`
   that are of QUALIFIER_DAY. */
enum err qualifiers_days(struct ctx *c, const struct qualifier *list,
                         struct json_object *filter) must_check;

/* {name, help, values, fixed}, as the help of a bar and its completion take it; values: those it is
   completed from, with commas between. */
struct json_object *qualifier_help(const struct qualifier *q, const char *values);
