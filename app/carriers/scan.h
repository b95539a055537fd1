/* What carriers say of parcels, in one vocabulary whoever says it. */
#pragma once

#include "base/arena.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the shipments' column says it: "in_transit". */
enum parcel_status {
    PARCEL_PENDING,
    PARCEL_INFO_RECEIVED,
    PARCEL_IN_TRANSIT,
    PARCEL_OUT_FOR_DELIVERY,
    PARCEL_FAILED_ATTEMPT,
    PARCEL_AVAILABLE_FOR_PICKUP,
    PARCEL_DELIVERED,
    PARCEL_EXCEPTION,
    PARCEL_RETURNED,
    PARCEL_CANCELLED,
    PARCEL_STATUS_COUNT,
    PARCEL_NOTHING = -1 /* says nothing of the status */
};

extern const char *const parcel_status_names[]; /* by status; NULL at the end */

/* NULL of PARCEL_NOTHING. */
const char *parcel_status_name(enum parcel_status s);

/* False where there is none of that name; *out stays as it is. */
bool parcel_status_of(const char *name, enum parcel_status *out);

/* ---- scans ---- */

#define SCAN_SEEN "SCAN"            /* somewhere on its way */
#define SCAN_ESTIMATE "ESTIMATE"    /* when it is expected */
#define SCAN_PROOF "CARRIER_ACTION" /* of its delivery: there is a proof, or none */

/* What a carrier says of a parcel once. Texts may be NULL but where it is said. */
struct scan {
    const char *type;          /* one of the above: the type of its event; never NULL */
    enum parcel_status status; /* PARCEL_NOTHING where the code is unknown or means none */
    bool unknown;              /* its code is in no table: staff are asked what it means */
    char grade;                /* 'B' seen by the carrier, 'C' summed up by it */
    const char *words;         /* as the carrier wrote it, of any length */
    const char *sentence;      /* ours, where it wrote none */
    const char *code, *category, *milestone; /* as the carrier names it */
    const char *occurred_at;    /* RFC 3339, Z; NULL: the carrier told none that can be read */
    const char *occurred_text;  /* as the carrier wrote it */
    int64_t at_ms;              /* of occurred_at; 0 without */
    bool no_time, zone_assumed; /* a day only; of a zone that it does not name */
    int order;                  /* the carrier's own, lower is older; -1: none */
    const char *location, *courier, *signed_by;
    const char *expected_on, *expected_until; /* of an estimate, days: 2026-05-12; else NULL. The
                                                 latter where several are told */
    const char *key;                          /* the same whenever it is said again; never NULL */
    struct json_object *raw;                  /* as it came */
    const char *inbox_id, *mapper;            /* where it was read: set by whoever does it */
};

/* Of one parcel, from a webhook or an answer. */
struct parcel_news {
    const char *tracking_number; /* as tracking_number_tidy makes it; NULL: it names none */
    const char *client_id;       /* the id that we gave it; may be NULL, as the reference */
    const char *reference;
    const char *carrier; /* of whose shipments alone the sender may speak; NULL: of all */
    const char *origin_country, *destination_country; /* ISO 3166 in two capitals; NULL: not told */
    struct scan *scans;                               /* oldest first */
    size_t n;
};

/* Puts them oldest first: scans by time, then by the carrier's order, then as they stand; where
   each has an order and some time is a guess, by the order first. What is no SCAN_SEEN comes after,
   as it stands. */
void scans_sort(struct arena *a, struct scan *list, size_t n);

/* The words, or what stands for them, as one line of at most 500 bytes; never empty. */
const char *scan_sentence(struct arena *a, const struct scan *s);

/* All of it that a timeline keeps beside the sentence. The arena's. */
struct json_object *scan_detail(struct arena *a, const struct scan *s);

/* What staff map to a status: its code, or its milestone where it has none, cut after 100
   characters. NULL: it has neither. */
const char *scan_code(struct arena *a, const struct scan *s);

/* A tracking number as shipments keep it: capitals, without blanks. NULL: of none, or of over 60
   characters. */
const char *tracking_number_tidy(struct arena *a, const char *text);

/* The prefix and a digest of n texts, each of which may be NULL. */
const char *scan_key(struct arena *a, const char *prefix, const char *const *texts, size_t n);
