/* The template engine: mustache (spec 1.4 with inheritance and dynamic names), compiled once to a
   flat program, rendering json-c values. */
#pragma once

#include "base/app.h"
#include "base/buf.h"
#include "base/err.h"

#include <json-c/json.h>

struct templates;

/* A set of templates read from the folder `dir` (name "track/units" is dir/track/units.mustache).
   Each is compiled on first use and kept; a file that changed is compiled again where `reload` is
   set (development). Lives as long as the arena. */
struct templates *templates_open(struct arena *a, const char *dir, bool reload);

/* A set without a folder, to which templates are added by name: tests, `trackctl render`, message
 * bodies. */
struct templates *templates_empty(struct arena *a);
enum err templates_add(struct templates *set, const char *name, struct str text,
                       const char **why) must_check;

/* The names of the templates in a folder of the set ("messages"), without it and in order:
   "statement.de". NULL at the end. */
const char *const *templates_list(struct templates *set, struct arena *a,
                                  const char *folder) must_check;

/* Renders the template `name` with data (an object; NULL is an empty one) into `to`. Values are
   escaped for HTML unless written
   {{{x}}} or {{&x}}. ERR_NOT_FOUND: no such template; ERR_INVALID: it, or a partial of it, does not
   compile, or names a path; ERR_LIMITED: over 8 MiB of output, over 20 million steps, or partials
   nested deeper than 32. *why is a sentence with template and line. */
enum err template_render(struct templates *set, const char *name, struct json_object *data,
                         struct buf *to, const char **why) must_check;

/* The same without HTML escaping: subjects, text bodies, Markdown. */
enum err template_render_text(struct templates *set, const char *name, struct json_object *data,
                              struct buf *to, const char **why) must_check;
