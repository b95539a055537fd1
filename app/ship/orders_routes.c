/* The routes of orders, purchase orders and the conversations they are talked about in. */
#include "base/domain.h"
#include "ship/ship.h"

const struct domain orders_domain = { .name = "orders" };
