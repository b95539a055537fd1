/* The demo's parcels: a dozen orders in each state, through the same timelines as real ones. */
#include "track/demo.h"

#include "db/db.h"
#include "ship/order.h"
#include "ship/purchase_order.h"
#include "ship/ship.h"
#include "ship/shipment.h"
#include "ship/thread.h"

#include <time.h>

#define STEPS_MOST 6

static const struct demo_parcel {
    const char *name, *street, *code, *city, *item;
    const char *carrier, *carrier_name, *service; /* carrier NULL: none yet */
    int ordered_hours, promised_days;             /* ago; from today on */
    bool linked;                                  /* to a conversation */
    struct step {
        enum parcel_status status;
        int hours; /* ago */
        const char *words, *location;
    } steps[STEPS_MOST];
} parcels[] = {
    { "Mara Steiner", "Kirchgasse 3", "8001", "Zürich", "Reading lamp", .ordered_hours = 3 },
    { "Lukas Gerber",
      "Bundesgasse 20",
      "3011",
      "Bern",
      "Oak stool",
      "swiss-post",
      "Swiss Post",
      "PostPac Priority",
      20,
      2,
      false,
      { { PARCEL_INFO_RECEIVED, 12, "Consignment data received", "" } } },
    { "Elena Conti",
      "Via Nassa 9",
      "6900",
      "Lugano",
      "Linen curtain",
      "swiss-post",
      "Swiss Post",
      "PostPac Economy",
      30,
      2,
      true,
      { { PARCEL_INFO_RECEIVED, 22, "Consignment data received", "" },
        { PARCEL_IN_TRANSIT, 14, "Sorted for delivery", "Härkingen" } } },
    { "Yves Rochat",
      "Rue du Rhône 40",
      "1204",
      "Genève",
      "Desk organiser",
      "dhl",
      "DHL",
      "Parcel",
      44,
      1,
      true,
      { { PARCEL_IN_TRANSIT, 30, "The shipment was processed in the parcel center", "Basel" },
        { PARCEL_OUT_FOR_DELIVERY, 2, "Loaded onto the delivery vehicle", "Genève" } } },
    { "Sonja Meier",
      "Hauptstrasse 5",
      "4102",
      "Binningen",
      "Wool blanket",
      "dhl",
      "DHL",
      "Parcel",
      96,
      -1,
      true,
      { { PARCEL_IN_TRANSIT, 70, "The shipment was processed in the parcel center", "Pratteln" },
        { PARCEL_EXCEPTION, 5, "Damaged, returned to the depot", "Pratteln" } } },
    { "Beat Hofer",
      "Dorfstrasse 18",
      "3414",
      "Oberburg",
      "Cast iron pan",
      "dpd",
      "DPD",
      "Classic",
      90,
      1,
      false,
      { { PARCEL_IN_TRANSIT, 60, "In transit", "Buchs ZH" },
        { PARCEL_FAILED_ATTEMPT, 20, "Recipient not at home", "Burgdorf" } } },
    { "Nadia Huber",
      "Bahnhofplatz 1",
      "9000",
      "St. Gallen",
      "Tea set",
      "swiss-post",
      "Swiss Post",
      "PostPac Economy",
      120,
      -2,
      true,
      { { PARCEL_IN_TRANSIT, 28, "Sorted", "Frauenfeld" } } },
    { "Simon Egli",
      "Gartenweg 7",
      "5000",
      "Aarau",
      "Wall clock",
      "gls",
      "GLS",
      "Business Parcel",
      260,
      3,
      false,
      { { PARCEL_IN_TRANSIT, 240, "Left the parcel center", "Weil am Rhein" } } },
    { "Claire Favre",
      "Avenue de la Gare 2",
      "1003",
      "Lausanne",
      "Picture frame",
      "swiss-post",
      "Swiss Post",
      "PostPac Priority",
      80,
      0,
      true,
      { { PARCEL_IN_TRANSIT, 50, "Sorted for delivery", "Daillens" },
        { PARCEL_AVAILABLE_FOR_PICKUP, 18, "Ready for collection", "1003 Lausanne" } } },
    { "Reto Baumann",
      "Pilatusstrasse 30",
      "6003",
      "Luzern",
      "Bread knife",
      "dhl",
      "DHL",
      "Parcel",
      140,
      -2,
      true,
      { { PARCEL_IN_TRANSIT, 110, "The shipment was processed in the parcel center", "Basel" },
        { PARCEL_OUT_FOR_DELIVERY, 76, "Loaded onto the delivery vehicle", "Luzern" },
        { PARCEL_DELIVERED, 71, "Delivered to the recipient", "Luzern" } } },
    { "Aline Caduff",
      "Via Principala 11",
      "7130",
      "Ilanz",
      "Candle holder",
      "swiss-post",
      "Swiss Post",
      "PostPac Economy",
      170,
      -1,
      false,
      { { PARCEL_IN_TRANSIT, 140, "Sorted", "Untervaz" },
        { PARCEL_DELIVERED, 100, "Delivered", "Ilanz" } } },
    { "Oliver Kunz",
      "Seestrasse 77",
      "8700",
      "Küsnacht",
      "Glass carafe",
      "dpd",
      "DPD",
      "Classic",
      200,
      -3,
      false,
      { { PARCEL_IN_TRANSIT, 160, "In transit", "Buchs ZH" },
        { PARCEL_RETURNED, 60, "Returned to sender", "Buchs ZH" } } },
};

static const char *moment(struct ctx *c, int hours)
{
    char text[32];
    time_t at = time(NULL) - (time_t)hours * 3600;
    struct tm t;
    gmtime_r(&at, &t);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &t);
    return arena_printf(c->arena, "%s", text);
}

static const char *day(struct ctx *c, int days)
{
    return arena_printf(c->arena, "%.10s", moment(c, -24 * days));
}

static enum err add_order(struct ctx *c, const struct demo_parcel *d, int n, const char **id)
{
    const struct customer_new customer = { .name = d->name, .language = "en" };
    const struct order_address to = {
        .street = d->street, .postal_code = d->code, .city = d->city, .country = "CH"
    };
    const struct order_item_new item = { .name = d->item, .quantity = 1, .unit_minor = 4900 };
    const struct order_item_new *const items[] = { &item, NULL };
    const struct order_new order = {
        .number = arena_printf(c->arena, "%d", 5001 + n),
        .currency = "CHF",
        .placed_at = moment(c, d->ordered_hours),
        .promised_on = day(c, d->promised_days),
        .tax_minor = -1,
        .total_minor = -1,
        .customer = &customer,
        .ship_to = &to,
        .items = items,
    };
    enum err e = order_add(c, &order, id);
    return e == OK && d->linked ? thread_link(c, *id, arena_printf(c->arena, "cnv_demo%d", n)) : e;
}

/* Muted: nobody is told of what happened before there was a demo. */
static enum err tell(struct ctx *c, const struct demo_parcel *d, const char *id)
{
    struct shipment_event events[STEPS_MOST];
    size_t n = 0;
    for (const struct step *s = d->steps; n < STEPS_MOST && s->words; s++, n++) {
        const struct scan scan = { .type = SCAN_SEEN,
                                   .status = s->status,
                                   .grade = 'B',
                                   .words = s->words,
                                   .location = *s->location ? s->location : NULL };
        events[n] = (struct shipment_event){ .type = scan.type,
                                             .source = "carrier",
                                             .grade = scan.grade,
                                             .claim = scan.status,
                                             .sentence = scan_sentence(c->arena, &scan),
                                             .detail = scan_detail(c->arena, &scan),
                                             .occurred_at = moment(c, s->hours) };
    }
    const struct actor somebody = c->actor;
    c->actor = (struct actor){ .kind = ACTOR_SYSTEM }; /* carriers speak, nobody of ours */
    enum err e = n ? shipment_append(c, id, events, n, true, NULL, NULL) : OK;
    c->actor = somebody;
    return e;
}

static enum err add(struct ctx *c, const struct demo_parcel *d, int n)
{
    const char *order_id, *po_id, *id;
    enum err e = add_order(c, d, n, &order_id);
    if (e != OK || !d->carrier)
        return e;
    const struct po_new po = { .number = arena_printf(c->arena, "PO-%d", 5001 + n),
                               .supplier = "Alpenladen",
                               .order_id = order_id };
    if ((e = po_add(c, &po, &po_id)) != OK)
        return e;
    const struct shipment_new shipment = {
        .purchase_order_id = po_id,
        .carrier = d->carrier,
        .carrier_name = d->carrier_name,
        .service = d->service,
        .tracking_number = arena_printf(c->arena, "9900%04d%04d", 1700 + 37 * n, 4200 + 91 * n),
        .promised_on = day(c, d->promised_days),
        .added_at = moment(c, d->ordered_hours), /* or none would be silent: it was seen just now */
    };
    e = shipment_add(c, &shipment, &id);
    return e == OK ? tell(c, d, id) : e;
}

static enum err add_all(struct ctx *c)
{
    enum err e = demo_act(c);
    for (size_t i = 0; e == OK && i < sizeof(parcels) / sizeof(parcels[0]); i++)
        e = add(c, &parcels[i], (int)i);
    return e;
}

enum err parcels_demo(struct ctx *c)
{
    db_begin(c->db, c->tenant_id);
    return db_end(c->db, add_all(c));
}
