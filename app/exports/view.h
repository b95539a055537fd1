/* What the page of exports shows beside their documents. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* What the form for a new one is filled with; texts are NULL where not asked. */
struct export_query {
    const char *format, *q, *building, *channel, *status, *search;
    long year; /* 0: not asked */
};

/* {filter} of what was asked: ERR_NOT_FOUND or a fault where it names what is not there. */
enum err export_filter(struct ctx *c, const struct export_query *q,
                       struct json_object **out) must_check;

/* {title, exports: with label, icon and tone, moving, days, form}: `asked` fills the form. */
enum err export_page(struct ctx *c, const struct export_query *asked,
                     struct json_object **out) must_check;
