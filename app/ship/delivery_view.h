/* What pages show beside the documents of deliveries and failures. */
#pragma once

#include "base/ctx.h"

#include <json-c/json.h>

/* To an order's document: deliveries, each with label, icon, tone, stepWord; newDelivery {dryRun,
   carriers, given, errors, error, open}, where one may be asked for. `again` is of req_form_again;
   NULL: nothing was refused. */
enum err view_deliveries(struct ctx *c, struct json_object *order,
                         struct json_object *again) must_check;

/* To {failures}: kindWord, stepWord, retryWord, icon, tone of each. */
void view_failures(struct json_object *list);

/* The same of one, with deliveryWord and answer, what the carrier said as indented JSON; NULL: it
   said nothing. */
void view_failure(struct ctx *c, struct json_object *failure);
