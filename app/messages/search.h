/* Search everywhere: whatever is pasted, as what it may be. */
#pragma once

#include "base/ctx.h"
#include "web/shape.h"

#include <json-c/json.h>

#define FOUND_MOST 12

/* {q, results: [{type, id, title, detail, status, lastEvent, lastEventAt, why, href}]}, the surest
   first: an id, a Message-ID or a provider's id, a letter's code; orders and shipments by their
   numbers; then units by number, or by building and number, buildings by the words of their name,
   code or address, runs by building and year, orders by their customer; then messages whose names,
   addresses, references or subject hold every word, or whose phone number it is or holds the
   digits. Words are found however their letters are written: Müller as muller and mueller. Only of
   buildings that the actor may see; orders and shipments are found by who sees all. */
enum err search_everywhere(struct ctx *c, const char *q, struct json_object **out) must_check;

extern const struct shape search_shape;
extern const char *const found_types[]; /* NULL at the end */
