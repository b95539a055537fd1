/* What goes with parcels on paper: labels that we draw ourselves, and the list that whoever fetches
   the parcels signs. */
#pragma once

#include "paper/letter.h"

/* Texts may be NULL where there is none. */
struct parcel_label {
    const char *language;
    const char *const *sender, *const *address; /* lines */
    size_t sender_count, address_count;
    const char *carrier, *service; /* as people call them */
    const char *tracking_number;   /* letters, digits and -_/. */
    const char *order_number;
    long grams;   /* 0: not known */
    bool dry_run; /* told across the label: nobody would carry it */
};

/* A page of 100 × 150 mm, with the number as Code 128 and as QR code. */
enum err parcel_label_pdf(struct ctx *c, const struct parcel_label *l, struct str *pdf) must_check;

/* The same for label printers of 8 dots a millimetre (Zebra's ZPL II, in UTF-8). */
struct str parcel_label_zpl(struct arena *a, const struct parcel_label *l);

struct manifest_line {
    const char *tracking_number, *order_number, *recipient;
    const char *place; /* "8000 Zürich, CH" */
    long grams;        /* 0: not known */
};

struct manifest {
    const char *language;
    enum letter_form form; /* paper */
    const char *const *sender;
    size_t sender_count;
    const char *carrier;
    const char *number; /* NULL: a list of what is to be fetched, which nobody has signed for */
    const char *date;   /* as printed */
    const struct manifest_line *lines;
    size_t count;
};

/* A numbered list with totals and room for who takes the parcels over. */
enum err manifest_pdf(struct ctx *c, const struct manifest *m, struct str *pdf) must_check;
