/* The pages of orders. */
#pragma once

#include "web/web.h"

handler page_orders, page_order, page_order_again;
handler page_thread_link, page_thread_unlink, page_po_add, page_order_cancel;
handler page_purchase_orders;

/* The form of a new one. */
handler page_order_new, page_order_more, page_order_add, page_order_form_again;
