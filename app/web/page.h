/* What every page's template is given beside its document. */
#pragma once

#include "web/request.h"

/* The `page` object: {title, path, query, requestId, assetVersion, user: {name, email, role,
   isAgent, isAdmin}, tenant, timeZone, csrf, theme}; what is of the session is absent without one,
   theme also where it is the system's. isAgent and isAdmin: of the whole tenant. */
struct json_object *page_object(const struct request *r, const char *title);

/* The security headers of an HTML answer that the handler has not set itself. */
void page_headers(struct reply *p);

/* What follows the name of a header that was added, to the end of all; NULL: none was. */
const char *reply_header_at(const struct reply *p, const char *name);

/* The answer as CGI text, with the headers that every answer has; `head`: without its body. */
void reply_write(struct reply *p, bool head, struct buf *out);
