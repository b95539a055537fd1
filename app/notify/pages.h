/* The pages of notifications: the list, how one would read, a test of it. */
#pragma once

#include "web/web.h"

extern const struct input notice_page_input; /* {type, language, shipment, tested} of a query */
extern const struct input notice_body_input; /* {type, language, shipmentId} */

enum err notices_page(struct req *r, struct reply *p) must_check;
enum err notice_preview_page(struct req *r, struct reply *p) must_check;
enum err notice_body_page(struct req *r, struct reply *p) must_check;
enum err notice_test_post(struct req *r, struct reply *p) must_check;
