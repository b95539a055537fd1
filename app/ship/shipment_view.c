/* Prepares shipments for their pages. */
#include "ship/shipment_view.h"

#include "base/json.h"
#include "channels/message.h"
#include "ship/board.h"
#include "ship/ship.h"
#include "ship/words.h"
#include "web/json_view.h"

#include <string.h>

#define POLL_SOON "3" /* seconds; while its customer is being told */
#define POLL_CALM "15"

static bool is(struct json_object *d, const char *status)
{
    return strcmp(json_text(d, "status"), status) == 0;
}

static void set_head(struct ctx *c, struct json_object *d)
{
    const char *name = json_text(d, "carrierName"), *promised = json_text(d, "promisedOn");
    label_set(d, parcel_label(json_text(d, "status")));
    json_set_text(d, "carrierWord", name && *name ? name : json_text(d, "carrier"));
    json_set_text(d, "promisedWords", promised ? date_text(c->arena, promised, "en") : NULL);
}

void shipments_view(struct ctx *c, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++)
        set_head(c, json_object_array_get_idx(list, i));
}

struct json_object *shipment_statuses(const char *all, const char *chosen)
{
    struct json_object *list = json_object_new_array();
    for (int i = all ? -1 : 0; i < PARCEL_STATUS_COUNT; i++) {
        struct json_object *o = json_object_new_object();
        const char *value = i < 0 ? "" : parcel_status_names[i];
        json_set_text(o, "value", value);
        json_set_text(o, "label", i < 0 ? all : parcel_label(value)->word);
        json_set_bool(o, "selected", chosen && strcmp(value, chosen) == 0);
        json_object_array_add(list, o);
    }
    return list;
}

/* ---- milestones ---- */

#define MILESTONES 4

/* How many of the milestones a status has behind it; 0: it tells nothing of that. */
static int reached(const char *status)
{
    static const int by_status[PARCEL_STATUS_COUNT] = {
        [PARCEL_PENDING] = 1,   [PARCEL_INFO_RECEIVED] = 1,    [PARCEL_IN_TRANSIT] = 2,
        [PARCEL_DELIVERED] = 4, [PARCEL_OUT_FOR_DELIVERY] = 3,
    };
    enum parcel_status s;
    return parcel_status_of(status, &s) ? by_status[s] : 0;
}

/* Of one that is aside of the way, what is known of it. */
static int reached_before(struct json_object *d)
{
    return json_text(d, "deliveredAt")        ? 4
           : json_text(d, "outForDeliveryAt") ? 3
           : json_text(d, "shippedAt")        ? 2
                                              : 1;
}

static void add_milestone(struct json_object *list, const char *word, const char *at,
                          const char *tone, bool done, bool here)
{
    struct json_object *o = json_object_new_object();
    json_set_text(o, "word", word);
    json_set_text(o, "at", at);
    json_set_text(o, "tone", tone);
    json_set_bool(o, "done", done);
    json_set_bool(o, "here", here);
    json_object_array_add(list, o);
}

/* A status aside of the way stands behind the last milestone that was reached; of one that ends it,
   nothing follows. */
static struct json_object *milestones(struct json_object *d)
{
    static const struct {
        const char *word, *at;
    } steps[MILESTONES] = { { "Added", "createdAt" },
                            { "In transit", "shippedAt" },
                            { "Out for delivery", "outForDeliveryAt" },
                            { "Delivered", "deliveredAt" } };
    struct json_object *list = json_object_new_array();
    const char *tone = json_text(d, "tone");
    int on_way = reached(json_text(d, "status")), n = on_way ? on_way : reached_before(d);
    for (int i = 0; i < n; i++) {
        bool here = on_way && i == n - 1;
        add_milestone(list, steps[i].word, json_text(d, steps[i].at), here ? tone : "done", true,
                      here);
    }
    if (!on_way)
        add_milestone(list, json_text(d, "label"), json_text(d, "statusAt"), tone, true, true);
    bool ended = is(d, "returned") || is(d, "cancelled");
    int next = is(d, "failed_attempt") || is(d, "available_for_pickup") ? MILESTONES - 1 : n;
    for (int i = next; !ended && i < MILESTONES; i++)
        add_milestone(list, steps[i].word, NULL, "waiting", false, false);
    return list;
}

/* ---- the timeline ---- */

/* How well a claim is vouched for. */
static const char *grade_words(const char *grade)
{
    static const char *const words[] = { "an act of the recipient", "the carrier observed it",
                                         "said without detail", "inferred: nobody observed it" };
    return !grade                           ? NULL
           : *grade >= 'A' && *grade <= 'D' ? words[*grade - 'A']
                                            : "machine noise: it proves nothing";
}

/* A scan is shown by what it claims. */
static const struct label *event_words(struct json_object *e)
{
    const char *type = json_text(e, "type"), *status = json_text(e, "status");
    bool claims = status && (strcmp(type, "SCAN") == 0 || strcmp(type, "STATUS_SET") == 0);
    return claims ? parcel_label(status) : parcel_event_label(type);
}

static void set_event(struct ctx *c, struct json_object *e, int *left)
{
    struct buf text = buf_in(c->arena);
    const char *raw = json_text(e, "rawText");
    label_set(e, event_words(e));
    json_set_text(e, "sourceWord", parcel_source_word(json_text(e, "source")));
    json_set_text(e, "gradeWords", grade_words(json_text(e, "grade")));
    json_set_bool(e, "against", json_get(json_get(e, "detail"), "contradicts") != NULL);
    json_set_bool(e, "says", raw && strcmp(raw, json_text(e, "sentence")) != 0);
    json_write(&text, json_get(e, "detail"));
    json_set(e, "view", json_object_get(json_view(c->arena, buf_str(&text), NULL, left)));
}

static void set_contradiction(struct json_object *d)
{
    struct json_object *x = json_get(d, "contradiction");
    if (!x)
        return;
    json_set_text(x, "label", parcel_label(json_text(x, "status"))->word);
    json_set_text(x, "sourceWord", parcel_source_word(json_text(x, "source")));
    json_set_text(x, "againstLabel",
                  parcel_label(json_text(json_get(x, "against"), "status"))->word);
}

/* ---- all of it ---- */

/* Whether something is still being done about it. */
static bool set_notification(struct json_object *n)
{
    const char *state = json_text(n, "state");
    label_set(n, notice_state_label(state));
    json_set_text(n, "typeWord", notice_type_word(json_text(n, "type")));
    json_set_text(n, "reasonWords", notice_reason_words(json_text(n, "reason")));
    return strcmp(state, "queued") == 0 || strcmp(state, "sending") == 0;
}

static void set_thread(struct json_object *order)
{
    const char *thread = json_text(order, "threadStatus");
    label_set(order, order_label(json_text(order, "status")));
    json_set_text(order, "threadWord",
                  strcmp(thread, "manually_linked") == 0 ? "linked by hand"
                  : strcmp(thread, "auto_matched") == 0  ? "found by itself"
                                                         : "not linked");
}

void shipment_view(struct ctx *c, struct json_object *d, const char *chosen)
{
    bool telling = false;
    int left = JSON_VIEW_PAGE;
    struct json_object *events = json_get(d, "events"), *told = json_get(d, "notifications");
    set_head(c, d);
    set_contradiction(d);
    json_set(d, "milestones", milestones(d));
    attention_view(c, d);
    for (size_t i = 0; i < json_object_array_length(events); i++)
        set_event(c, json_object_array_get_idx(events, i), &left);
    for (size_t i = 0; i < json_object_array_length(told); i++)
        telling |= set_notification(json_object_array_get_idx(told, i));
    json_set_bool(d, "anyTold", json_object_array_length(told) > 0);
    json_set_bool(d, "moreEvents",
                  json_object_get_int64(json_get(d, "eventCount")) >
                      (int64_t)json_object_array_length(events));
    if (json_get(d, "order"))
        set_thread(json_get(d, "order"));
    bool over = is(d, "delivered") || is(d, "returned") || is(d, "cancelled");
    if (telling || !over)
        json_set_text(d, "poll", telling ? POLL_SOON : POLL_CALM);
    json_set(d, "statuses", shipment_statuses(NULL, chosen ? chosen : json_text(d, "status")));
}
