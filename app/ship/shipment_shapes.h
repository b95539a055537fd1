/* The shapes of shipments, and what requests about them may hold. */
#pragma once

#include "web/input.h"
#include "web/shape.h"

extern const struct shape shipments_shape, shipment_shape, shipment_moved_shape;
extern const struct shape shipment_notification_shape; /* one of what a customer was told */

struct shipment_note_input {
    const char *note;
};

/* Fill struct shipment_query, shipment_new, shipment_claim and shipment_note_input. */
extern const struct input shipments_query, shipment_new_input, shipment_claim_input,
    shipment_note_input;
