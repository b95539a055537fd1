/* The words, icons and tones that pages of letters show beside the documents. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* To a list with `ready` and `runs`: words of each, waiting {letters, sheets, weight}, any. */
void view_list(struct ctx *c, struct json_object *list);

/* To a run: label, icon, tone, weight, postage, steps, what can be done; `making` where it is. */
void view_run(struct ctx *c, struct json_object *run);

/* To a run: what its forms hold, and what is wrong in them where they were refused (`form` of
   req_form_again; NULL: they are new). */
void view_form(struct json_object *run, struct json_object *form);

/* To pieces: words of their status, and links of a page for the run. */
void view_pieces(struct ctx *c, struct json_object *pieces, const char *run_id);

void view_returned(struct ctx *c, struct json_object *returned);

/* [{value, label, selected}] */
struct json_object *return_choices(const char *chosen);
