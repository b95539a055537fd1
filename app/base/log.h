/* The log: one JSON line per event on stderr, with the id of the request or job at hand. */
#pragma once

#include <stddef.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* The name of the program in each line, and the least level written. Called once, at the start. */
void log_init(const char *program, enum log_level least);

/* "debug", "info", "warn", "error"; another text is info. */
enum log_level log_level_of(const char *name);

/* The request or job that the following lines belong to, as `requestId` or `jobId`; NULL ends it.
   Both strings must outlive the scope. */
void log_scope(const char *key, const char *id);

/* Writes one line: time, level, program, pid, scope, event, then the key/value pairs up to NULL. A
   NULL value is left out. Values of keys that name secrets, and values that look like one
   (tc_live_, eyJ, whsec_, Bearer), are written as "[redacted]"; addresses under the keys `email`
   and `phone` are shortened. */
void log_debug(const char *event, ...) __attribute__((sentinel));
void log_info(const char *event, ...) __attribute__((sentinel));
void log_warn(const char *event, ...) __attribute__((sentinel));
void log_error(const char *event, ...) __attribute__((sentinel));

/* Whether a value of this key must not be shown: password, secret, token, cookie, authorization… */
int log_is_secret(const char *key);

char *num_text(long long value, char *out, size_t size);

/* A number as text, living as long as the enclosing block. */
#define NUM(value) num_text((long long)(value), (char[24]){ 0 }, 24)
