/* The words, icons and tones of deliveries and of what went wrong with them. */
#include "ship/delivery_view.h"

#include "base/json.h"
#include "base/settings.h"
#include "carriers/carrier.h"
#include "db/db.h"
#include "ship/delivery.h"
#include "ship/delivery.sql.h"
#include "ship/words.h"

#include <string.h>

static const struct label states[] = {
    { "running", "Under way", "loader", "moving" }, { "waiting", "Waits", "hourglass", "waiting" },
    { "failed", "Failed", "circle-x", "failed" },   { "saved", "Shipment made", "check", "done" },
    { "cancelled", "Cancelled", "ban", "waiting" }, { NULL, "", "circle-help", "waiting" },
};

static const struct label steps[] = {
    { .name = "reserve", .word = "Asking for it" },
    { .name = "create", .word = "Handing it to the carrier" },
    { .name = "awb", .word = "Getting a number" },
    { .name = "pickup", .word = "Scheduling the pickup" },
    { .name = "save", .word = "Saving the shipment" },
    { .name = "done", .word = "" },
    { .name = "cancel", .word = "Taking it back" },
    { .name = NULL, .word = "" },
};

static const struct label kinds[] = {
    { "concurrent", "Asked for twice", "users", "waiting" },
    { "refused", "Refused", "circle-x", "failed" },
    { "unknown", "Outcome not known", "circle-help", "attention" },
    { "limited", "Too many calls", "hourglass", "attention" },
    { "unreachable", "Not reached", "circle-alert", "attention" },
    { NULL, "", "circle-x", "failed" },
};

static const struct label retries[] = {
    { .name = "none", .word = "Not tried again by itself" },
    { .name = "waits", .word = "Tried again by itself" },
    { .name = "exhausted", .word = "Tried to the last time" },
    { .name = "retried", .word = "Went on" },
    { .name = NULL, .word = "" },
};

static const struct label *label_of(const struct label *list, const char *name)
{
    while (list->name && name && strcmp(list->name, name) != 0)
        list++;
    return list;
}

void view_failures(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *f = json_object_array_get_idx(list, i);
        label_set(f, label_of(kinds, json_text(f, "kind")));
        json_set_text(f, "stepWord", label_of(steps, json_text(f, "step"))->word);
        json_set_text(f, "retryWord", label_of(retries, json_text(f, "retry"))->word);
        json_set_bool(f, "open", !json_text(f, "resolvedAt"));
        const char *issue = json_text(f, "issueState");
        json_set_bool(f, "issueWaits", issue && strcmp(issue, "asked") == 0);
        json_set_bool(f, "issueFailed", issue && strcmp(issue, "failed") == 0);
        json_set_bool(f, "often", json_object_get_int64(json_get(f, "times")) > 1);
    }
}

void view_failure(struct ctx *c, struct json_object *failure)
{
    struct json_object *list = json_own(c->arena, json_object_new_array());
    struct json_object *raw = json_get(failure, "raw");
    json_object_array_add(list, json_object_get(failure));
    view_failures(list);
    json_set_text(failure, "deliveryWord",
                  label_of(states, json_text(failure, "deliveryState"))->word);
    json_set_text(failure, "answer", raw ? json_readable(raw) : NULL);
}

static void dress(struct json_object *d)
{
    bool cancelling = json_object_get_boolean(json_get(d, "cancelling"));
    const char *state = json_text(d, "state");
    bool open = strcmp(state, "running") == 0 || strcmp(state, "waiting") == 0;
    struct json_object *failures = json_get(d, "failures");
    label_set(d, label_of(states, state));
    json_set_text(d, "stepWord",
                  label_of(steps, cancelling ? "cancel" : json_text(d, "step"))->word);
    json_set_bool(d, "moves", open);
    view_failures(failures);
    if (json_object_array_length(failures) && strcmp(state, "saved") != 0)
        json_set(d, "last", json_object_get(json_object_array_get_idx(failures, 0)));
}

static struct json_object *choices(const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; carrier_names[i]; i++) {
        struct json_object *o = json_object_new_object();
        json_set_text(o, "value", carrier_names[i]);
        json_set_text(o, "label", carrier_title(carrier_names[i]));
        json_set_bool(o, "selected", chosen && strcmp(chosen, carrier_names[i]) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

/* The accounts there are to choose of: none where there are no two. */
static enum err accounts(struct ctx *c, const char *chosen, struct json_object **out)
{
    PGresult *rows;
    struct buf names = buf_in(c->arena);
    for (size_t i = 0; carrier_names[i]; i++)
        if (carrier_of(carrier_names[i], false)->can & CARRIER_CREATE)
            buf_printf(&names, "%s%s", names.n ? "," : "{", carrier_names[i]);
    buf_puts(&names, names.n ? "}" : "{}");
    enum err e = db_query(c->db, c->arena, dispatch_accounts, &rows, .providers = names.p);
    if (e)
        return e;
    *out = json_own(c->arena, json_object_new_array());
    for (int i = 0; rows_count(rows) > 1 && i < rows_count(rows); i++) {
        struct json_object *one = row_json(c->arena, rows, i);
        json_set_bool(one, "selected", chosen && strcmp(chosen, row_text(rows, i, "value")) == 0);
        json_object_array_add(*out, json_object_get(one));
    }
    return OK;
}

/* The parcel that has no delivery yet: the one behind the last. */
static int64_t next_parcel(struct json_object *list)
{
    int64_t last = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *d = json_object_array_get_idx(list, i);
        int64_t parcel = json_object_get_int64(json_get(d, "parcel"));
        if (strcmp(json_text(d, "state"), "cancelled") != 0 && parcel > last)
            last = parcel;
    }
    return last + 1;
}

enum err view_deliveries(struct ctx *c, struct json_object *order, struct json_object *again)
{
    struct json_object *found;
    enum err e = delivery_list(c, json_text(order, "orderId"), &found);
    if (e)
        return e;
    struct json_object *list = json_get(found, "deliveries");
    bool moves = false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *d = json_object_array_get_idx(list, i);
        dress(d);
        moves = moves || json_object_get_boolean(json_get(d, "moves"));
    }
    json_set(order, "deliveries", json_object_get(list));
    json_set_bool(order, "anyDeliveries", json_object_array_length(list) > 0);
    json_set_bool(order, "deliveryMoves", moves);
    if (json_text(order, "cancelledAt") || c->actor.role < ROLE_AGENT)
        return OK;
    struct json_object *given = json_get(again, "given"), *list_of_accounts;
    e = accounts(c, json_text(given, "accountId"), &list_of_accounts);
    if (e)
        return e;
    struct json_object *form = json_object_new_object();
    json_set(form, "accounts", json_object_get(list_of_accounts));
    json_set_bool(form, "anyAccounts", json_object_array_length(list_of_accounts) > 0);
    json_set_bool(form, "dryRun", c->app->settings->carrier_dry_run);
    json_set(form, "carriers", choices(json_text(given, "carrier")));
    json_set_int(form, "parcel", next_parcel(list));
    json_set_bool(form, "several", json_object_array_length(json_get(order, "purchaseOrders")) > 1);
    json_set_bool(form, "open", again != NULL);
    json_set(form, "given", given ? json_object_get(given) : json_object_new_object());
    json_set(form, "errors", again ? json_object_get(json_get(again, "errors")) : NULL);
    json_set(form, "error", again ? json_object_get(json_get(again, "error")) : NULL);
    json_set(order, "newDelivery", form);
    return OK;
}
