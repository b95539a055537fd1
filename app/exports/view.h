/* What the page of exports shows beside their documents. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* What the form for a new one is filled with; texts are NULL where not asked. */
struct export_query {
    const char *format, *q, *building, *channel, *status, *search;
    const char *find; /* part of a building, for the list beside the tab; no part of the filter */
    long year;        /* 0: not asked */
};

/* The form for one of shipments; NULL: not asked. */
struct parcel_export {
    const char *format, *status, *carrier, *shop;
};

/* {filter} of what was asked: ERR_NOT_FOUND or a fault where it names what is not there. */
enum err export_filter(struct ctx *c, const struct export_query *q,
                       struct json_object **out) must_check;

/* {title, exports: with label, icon and tone, moving, days, form, tab}: `asked` fills the form; of
   one building and year the page is a tab of these. */
enum err export_page(struct ctx *c, const struct export_query *asked,
                     struct json_object **out) must_check;

/* The list of it alone, as it stands on the page of all or on that of a building and year. */
enum err export_page_list(struct ctx *c, const struct export_query *asked,
                          struct json_object **out) must_check;

/* Where the page is: "/exports", with the building and year that it is a tab of. */
const char *export_place(struct ctx *c, const struct export_query *q);
