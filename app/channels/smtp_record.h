/* What was said in an SMTP dialogue, kept to be read: in order, bounded, with neither login nor
   message. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdbool.h>

struct smtp_tls {                 /* of a connection */
    char version[16], cipher[64]; /* "TLSv1.3", "TLS_AES_256_GCM_SHA384"; empty: not encrypted */
    bool checked;                 /* the certificate was */
};

struct smtp_record {
    struct buf said;      /* lines of "> command" and "< reply"; without an arena none are kept */
    int left_out;         /* lines that found no room */
    bool login;           /* in the midst of one */
    const char *password; /* a line that holds it is not kept; NULL */
    const char *payload;  /* what was sent last in a login: the same */
    struct smtp_tls tls;
};

void smtp_record_sent(struct smtp_record *r, const char *line);
void smtp_record_heard(struct smtp_record *r, const char *line);

/* A remark of ours, in brackets: "[message of 1234 bytes]". */
void smtp_record_note(struct smtp_record *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a mail server wrote, as text that can be kept: UTF-8 without control characters. */
char *smtp_record_clean(struct arena *a, const char *bytes, size_t n);

/* Writes into r what libcurl says and hears until the connection stands, and how it is secured. */
void smtp_record_follow(struct smtp_record *r, CURL *curl);
void smtp_record_unfollow(struct smtp_record *r, CURL *curl);

/* Text, a line each. NULL: nothing was said. */
const char *smtp_record_text(const struct smtp_record *r);
