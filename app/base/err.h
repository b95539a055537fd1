/* What a function that can fail answers; every value says what the caller may do. */
#pragma once

#define must_check __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_INVALID,   /* the input is wrong: the problem names the field; do not repeat */
    ERR_DENIED,    /* known, but not allowed */
    ERR_NOT_FOUND, /* absent, or of another tenant */
    ERR_CONFLICT,  /* the state does not allow it, or a unique key is taken */
    ERR_LIMITED,   /* too much: repeat later, at the time the problem names */
    ERR_RETRY,     /* a passing fault outside: the same call may succeed later */
    ERR_INTERNAL   /* a fault of ours: logged where it was found */
};

/* Short lower-case name, as logged and as the last part of a problem's type. */
const char *err_name(enum err e);

/* The HTTP status that tells a client of e: 200, 422, 403, 404, 409, 429, 503, 500. */
int err_status(enum err e);
