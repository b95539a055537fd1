/* A shipment's tracker on its page: where it stands, and what may be asked of it. */
#include "ship/tracker_view.h"

#include "base/json.h"
#include "ship/tracker.h"

#include <string.h>

static bool is_over(const char *status)
{
    return strcmp(status, "delivered") == 0 || strcmp(status, "returned") == 0 ||
           strcmp(status, "cancelled") == 0;
}

enum err tracker_view(struct ctx *c, struct json_object *d)
{
    struct json_object *t;
    enum err e = tracker_get(c, json_text(d, "shipmentId"), &t);
    bool dry_run = json_object_get_boolean(json_get(d, "dryRun"));
    if (e == ERR_NOT_FOUND) {
        json_set_bool(d, "trackable",
                      json_text(d, "trackingNumber") && !dry_run &&
                          !is_over(json_text(d, "status")));
        return OK;
    }
    if (e)
        return e;
    const char *state = json_text(t, "state");
    bool made = strcmp(state, "made") == 0,
         rehearsed = json_object_get_boolean(json_get(t, "dryRun"));
    json_set_bool(t, "made", made);
    json_set_bool(t, "wanted", strcmp(state, "wanted") == 0);
    json_set_bool(t, "refused", strcmp(state, "refused") == 0);
    json_set_bool(t, "askable", made && !rehearsed);
    json_set(d, "tracker", json_object_get(t));
    return OK;
}
