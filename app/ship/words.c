/* The words, icons and tones of shipments, orders, and what customers were told. */
#include "ship/words.h"

#include "base/json.h"

#include <stddef.h>
#include <string.h>

static const struct label parcels[] = {
    { "pending", "Pending", "hourglass", "waiting" },
    { "info_received", "Announced", "file-text", "waiting" },
    { "in_transit", "In transit", "send", "moving" },
    { "out_for_delivery", "Out for delivery", "truck", "moving" },
    { "failed_attempt", "Failed attempt", "triangle-alert", "attention" },
    { "available_for_pickup", "At a pickup point", "map-pin", "attention" },
    { "delivered", "Delivered", "check", "done" },
    { "exception", "Exception", "circle-x", "failed" },
    { "returned", "Returned", "undo-2", "failed" },
    { "cancelled", "Cancelled", "ban", "waiting" },
    { .name = NULL },
};

static const struct label orders[] = {
    { "new", "New", "shopping-bag", "waiting" },
    { "reserved", "Reserved", "hourglass", "waiting" },
    { "shipped", "Shipped", "send", "moving" },
    { "partly_delivered", "Partly delivered", "package", "moving" },
    { "delivered", "Delivered", "check", "done" },
    { "exception", "Exception", "circle-x", "failed" },
    { "returned", "Returned", "undo-2", "failed" },
    { "cancelled", "Cancelled", "ban", "waiting" },
    { .name = NULL },
};

static const struct label events[] = {
    { "CREATED", "Added", "plus", "waiting" },
    { "AWB_ASSIGNED", "Number assigned", "tag", "waiting" },
    { "PICKUP_SCHEDULED", "Pickup planned", "clock", "waiting" },
    { "LABEL_MADE", "Label made", "printer", "waiting" },
    { "SCAN", "Scan", "scale", "moving" },
    { "STATUS_SET", "Set", "hand", "hand" },
    { "ESTIMATE", "Estimate", "clock", "waiting" },
    { "NOTIFIED", "Customer told", "message-square", "done" },
    { "NOT_NOTIFIED", "Customer not told", "bell-off", "attention" },
    { "CARRIER_ACTION", "Asked of the carrier", "truck", "moving" },
    { "LINKED", "Linked", "link", "waiting" },
    { "CANCELLED", "Cancelled", "ban", "waiting" },
    { "NOTE", "Note", "sticky-note", "waiting" },
    { .name = NULL },
};

static const struct label notices[] = {
    { "asked", "Left to Knock", "hourglass", "waiting" },
    { "queued", "Waiting", "clock", "waiting" },
    { "sending", "Being sent", "loader", "moving" },
    { "sent", "Sent", "check", "done" },
    { "skipped", "Not sent", "skip-forward", "attention" },
    { "failed", "Failed", "circle-x", "failed" },
    { "superseded", "Overtaken", "skip-forward", "waiting" },
    { .name = NULL },
};

static const struct label sources[] = {
    { .name = "system", .word = "Track Center" },
    { .name = "worker", .word = "Track Center" },
    { .name = "carrier", .word = "told by the carrier" },
    { .name = "provider", .word = "told by a provider" },
    { .name = "user", .word = "staff" },
    { .name = "recipient", .word = "told by the recipient" },
    { .name = NULL },
};

static const struct label types[] = {
    { .name = "shipped", .word = "Shipped" },
    { .name = "out_for_delivery", .word = "Out for delivery" },
    { .name = "delivered", .word = "Delivered" },
    { .name = "exception", .word = "Delivery update" },
    { .name = NULL },
};

static const struct label reasons[] = {
    { .name = "no_purchase_order", .word = "The shipment has no purchase order." },
    { .name = "no_order", .word = "Its purchase order is of no order." },
    { .name = "no_conversation", .word = "Its order has no conversation." },
    { .name = "thread_not_linked", .word = "The conversation of its order is not linked." },
    { .name = "muted", .word = "It was told of afterwards." },
    { .name = "dry_run", .word = "It is a dry run." },
    { .name = "too_old", .word = "It was over by the time that it could be told." },
    { .name = "no_front_account", .word = "There is no account of Front." },
    { .name = "moved_on", .word = "It had moved on by then." },
    { .name = "no_such_conversation", .word = "Front does not have the conversation." },
    { .name = "no_words", .word = "There is no text for it." },
    { .name = "merged_too_often", .word = "Its conversation was merged too often." },
    { .name = "refused", .word = "Front refused it." },
    { .name = "not_reached", .word = "Front was not reached." },
    { .name = "unknown", .word = "Whether it was sent is not known." },
    { .name = NULL },
};

static const struct label unknown = { "", "", "info", "waiting" };

static const struct label *find(const struct label *list, const char *name)
{
    for (; name && list->name; list++)
        if (strcmp(list->name, name) == 0)
            return list;
    return &unknown;
}

static const char *word_or(const struct label *l, const char *name)
{
    return l == &unknown ? name : l->word;
}

const struct label *parcel_label(const char *status)
{
    return find(parcels, status);
}

const struct label *order_label(const char *status)
{
    return find(orders, status);
}

const struct label *parcel_event_label(const char *type)
{
    return find(events, type);
}

const struct label *notice_state_label(const char *state)
{
    return find(notices, state);
}

const char *notice_type_word(const char *type)
{
    return word_or(find(types, type), type);
}

const char *notice_reason_words(const char *reason)
{
    return word_or(find(reasons, reason), reason);
}

const char *parcel_source_word(const char *source)
{
    return word_or(find(sources, source), source);
}

void label_set(struct json_object *to, const struct label *l)
{
    json_set_text(to, "label", l->word);
    json_set_text(to, "icon", l->icon);
    json_set_text(to, "tone", l->tone);
}
