/* What viewers see of recipients' addresses: whose it is, and not the whole of it. */
#pragma once

#include "web/request.h"

#include <json-c/json.h>

/* A text with each e-mail address and phone number of it cut, also where it is written as in an
   address of the web: "RCPT TO:<m…@example.com>", "To=…4711". Of numbers without a + only Swiss
   ones in groups, "079 123 45 67". What was cut before stays. In links and forms & / = ? and |
   separate, elsewhere they belong to the address. */
const char *mask_text(struct arena *a, const char *text);

/* What stands as an address by itself: "m…@example.com", "…4711", and of a postal one what follows
   the street, "… 8001 Zürich". NULL stays. */
const char *mask_address(struct arena *a, const char *address);

/* Every text of an answer, by what its key says it is. Left as they are: subjects and the words of
   messages, ids of messages, names of those who work here, one's own views, and what stands in
   `said`, the query as its asker wrote it (URL-decoded; NULL: none), but for members that are an
   address. */
void mask_document(struct arena *a, struct json_object *document, const char *said);

/* The same to what a viewer is answered; nothing to what others are. Every document leaves through
   here, those that become pages, too. */
void mask_answer(const struct request *r, struct json_object *document);
