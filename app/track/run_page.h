/* What the page of a run shows beside its document: the step at hand, and words for numbers. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

extern const char *const runs_steps[]; /* "data" … "close"; NULL at the end */

struct runs_view {
    const char *step;          /* NULL: the one to look at now */
    const char *communication; /* of the preview; NULL: the first */
    bool tested;               /* a test of it was just sent */
};

enum err runs_page_document(struct ctx *c, const char *id, const struct runs_view *view,
                            struct json_object **out) must_check;

/* The report of a run with words for what is still under way. */
enum err runs_page_report(struct ctx *c, const char *id, struct json_object **out) must_check;
