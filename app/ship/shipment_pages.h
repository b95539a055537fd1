/* The pages of shipments. */
#pragma once

#include "web/web.h"

extern const struct input shipment_new_query;

enum err shipment_new_page(struct req *r, struct reply *p) must_check;
enum err shipment_new_post(struct req *r, struct reply *p) must_check;
enum err shipment_new_again(struct req *r, struct reply *p) must_check;
enum err shipment_page(struct req *r, struct reply *p) must_check;
enum err shipment_status_post(struct req *r, struct reply *p) must_check;
enum err shipment_note_post(struct req *r, struct reply *p) must_check;
enum err shipment_again(struct req *r, struct reply *p) must_check;
