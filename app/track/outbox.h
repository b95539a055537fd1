/* The outbox: messages kept here because no provider is configured, as their recipients see them.
 */
#pragma once

#include "web/web.h"

extern const struct input outbox_query;

handler outbox_list, outbox_show, outbox_body, outbox_raw, outbox_attachment;
