/* Carriers: one interface, a file for each. What one cannot do it has no function for. */
#pragma once

#include "base/ctx.h"
#include "carriers/scan.h"
#include "channels/account.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

enum carrier_can {
    CARRIER_REGISTER = 1 << 16, /* is told of a number before it tracks it */
    CARRIER_RESEND = 1 << 17,   /* posts once more what it has posted */
    CARRIER_CREATE = 1 << 0,    /* takes a parcel on, to be found again by our reference */
    CARRIER_AWB = 1 << 1,       /* gives it to a courier, which gives it a number */
    CARRIER_PICKUP = 1 << 2,
    CARRIER_CANCEL = 1 << 3,
    CARRIER_TRACK = 1 << 4, /* is asked for its scans */
    CARRIER_LABEL = 1 << 5, /* has documents of a parcel */
    CARRIER_MANIFEST = 1 << 6,
    CARRIER_INVOICE = 1 << 7,
    CARRIER_RETURN = 1 << 8, /* fetches it from its recipient */
    CARRIER_NDR = 1 << 9,    /* asks what to do with one that was not delivered */
    CARRIER_SERVICEABILITY = 1 << 10
};

#define CARRIER_TRACK_MOST 50 /* parcels in one call */

/* A parcel to be carried, the same at every try. */
struct parcel {
    const char *our_ref; /* at most 50 letters, digits and dashes; no other parcel ever has it */
    /* {orderNumber, placedAt, currency, totalMinor, paymentMethod ("prepaid", "cod"), recipient:
       {name, street, postalCode, city, region, country, email, phone}, items: [{name, sku,
       quantity, unitMinor, taxMinor, hsn}], pickupLocation, pickupOn, courierId, weightGrams,
       lengthMm, breadthMm, heightMm}; each may be null but the measures, recipient and items */
    struct json_object *request;
};

/* What a carrier has told of a parcel so far; NULL: nothing of it. */
struct parcel_known {
    const char *order_id, *shipment_id; /* its own */
    const char *tracking_number, *courier_name;
    const char *pickup_token, *pickup_on; /* pickup_on: as the carrier writes it */
};

struct carrier_result {
    struct parcel_known known;   /* what this answer tells */
    struct json_object *raw;     /* the answer; NULL: none, or not to be read */
    struct json_object *summary; /* what is kept of it beside what is known; NULL: nothing */
    const char *file_url;        /* of a document: fetched at once and kept nowhere */
    bool found;                  /* done by an earlier call */
    bool cancelled;              /* it was taken back there */
    /* On failure: */
    const char *sentence, *code;
    const char *field; /* of the input that it speaks of, as in the API */
    int retry_after;   /* seconds; 0: it does not say */
    bool unknown;      /* it may have been done: look before it is repeated */
};

struct carrier_call {
    struct ctx *c;
    const struct channel_account *account; /* NULL: of nobody, in a dry run */
    int64_t job_id;
    const char *entity; /* for the call log: "delivery:<uuid>" */
};

/* Each is one call, outside a transaction, never repeated inside. OK: done. ERR_LIMITED: not now.
   ERR_RETRY: unreachable, or its fault; result->unknown tells whether it may have been done.
   ERR_INVALID: refused for good. ERR_DENIED: the account. ERR_CONFLICT: the parcel's state does not
   allow it. */
struct carrier {
    const char *name, *title; /* "shiprocket": as in the API; "Shiprocket" */
    unsigned can;
    enum err (*create)(struct carrier_call *call, const struct parcel *p,
                       struct carrier_result *out);
    enum err (*awb)(struct carrier_call *call, const struct parcel *p,
                    const struct parcel_known *known, struct carrier_result *out);
    enum err (*pickup)(struct carrier_call *call, const struct parcel *p,
                       const struct parcel_known *known, struct carrier_result *out);
    /* OK also where it was cancelled before. */
    enum err (*cancel)(struct carrier_call *call, const struct parcel_known *known,
                       struct carrier_result *out);
    /* What create has done for our reference. ERR_NOT_FOUND: surely nothing. */
    enum err (*find)(struct carrier_call *call, const struct parcel *p, struct carrier_result *out);
    /* How far a parcel is: out->known has a number or a pickup where there is one. */
    enum err (*state)(struct carrier_call *call, const struct parcel *p,
                      const struct parcel_known *known, struct carrier_result *out);
    /* Whether the account works, by a call that only reads. OK: *said is a sentence. */
    enum err (*check)(struct carrier_call *call, const char **said, struct carrier_result *out);
    /* What it knows of at most CARRIER_TRACK_MOST parcels by their numbers, *found of them. */
    enum err (*track)(struct carrier_call *call, const char *const *numbers, size_t n,
                      struct parcel_news **news, size_t *found, struct carrier_result *out);
    /* The address of a document, one of CARRIER_LABEL, CARRIER_MANIFEST and CARRIER_INVOICE. */
    enum err (*document)(struct carrier_call *call, enum carrier_can which,
                         const struct parcel_known *known, struct carrier_result *out);
    /* Which couriers would carry it: summary {couriers: [{courierId, courierName, rate, currency,
       days}]}, at most 20. */
    enum err (*serviceability)(struct carrier_call *call, const struct parcel *p,
                               const char *pickup_postal_code, struct carrier_result *out);
    /* Has it fetched from its recipient: p->our_ref is the return's own, found again by
       `find_return`, which answers as `find` does. */
    enum err (*give_back)(struct carrier_call *call, const struct parcel *p,
                          struct carrier_result *out);
    enum err (*find_return)(struct carrier_call *call, const struct parcel *p,
                            struct carrier_result *out);
    /* Answers what is to be done: {action: "re-attempt", "return" or "fake-attempt", comments,
       deferredOn}. */
    enum err (*ndr)(struct carrier_call *call, const struct parcel_known *known,
                    struct json_object *asked, struct carrier_result *out);
    const char *const *return_settings; /* of the account, which a return needs; NULL at the end */
    const char *mapper;                 /* name and version of what reads its scans */
};

/* ---- which there are (list.c) ---- */

extern const char *const carrier_names[]; /* NULL at the end */

/* The one of a name, or in a dry run what stands in for it. NULL: there is none of that name. */
const struct carrier *carrier_of(const char *name, bool dry_run);

/* "Shiprocket"; the name itself where it is none of the list. */
const char *carrier_title(const char *name);

extern const struct carrier carrier_shiprocket;

/* Answers as Shiprocket does and orders nothing; each call is kept in the call log, marked, and
   what it has done is what stands there. Its numbers begin with DRY. */
extern const struct carrier carrier_stand_in;
