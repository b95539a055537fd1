/* What the routes of orders and purchase orders may be given, by the API and by forms. */
#pragma once

#include "ship/order.h"
#include "ship/purchase_order.h"
#include "web/input.h"

struct thread_input {
    const char *conversation_id;
};

struct order_cancel_input {
    const char *reason; /* NULL: none */
};

struct po_order_input {
    const char *order_id;
};

/* Of the page: an item's price as people write it. */
struct item_form {
    struct order_item_new item;
    const char *price; /* NULL: not told */
};

#define ORDER_LINES_MOST 50 /* of the page's form */

struct order_form {
    struct order_new order;               /* without items */
    const struct item_form *const *items; /* NULL at the end */
    const char *shipping;                 /* as people write it; NULL: none */
};

extern const struct input order_input;       /* fills struct order_new */
extern const struct input order_form_input;  /* fills struct order_form */
extern const struct input order_query_input; /* fills struct order_query */
extern const struct input thread_input;      /* fills struct thread_input */
extern const struct input order_cancel_input;
extern const struct input po_input;       /* fills struct po_new */
extern const struct input po_order_input; /* fills struct po_order_input */
extern const struct input po_form_input;  /* fills struct po_new, without the order */
extern const struct input po_query_input; /* fills struct po_query */
