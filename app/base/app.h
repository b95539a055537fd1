/* What a process is made of, made once at its start and handed to everything: settings, clock,
   chance, and the ways to the outside. Tests put their own functions here to inject faults. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings;
struct http;
struct smtp_kept;
struct store;
struct templates;

struct app {
    const struct settings *settings;
    const char *instance; /* what tells this running program from all others; NULL: nothing does */
    int64_t (*now_ms)(const struct app *);                      /* Unix time, milliseconds */
    void (*random_bytes)(const struct app *, void *to, size_t); /* cryptographically strong */
    /* Bytes that we may still write where the store is, and in all; false: nobody knows. */
    bool (*disk)(const struct app *, unsigned long long *left, unsigned long long *size);
    struct http *http;          /* the worker's; NULL in the web pools */
    struct smtp_kept *smtp;     /* the same */
    void (*idle)(struct app *); /* called where the worker finds nothing to do; NULL: nobody */
    struct store *store;
    struct templates *templates;
    void *test; /* of the test that replaced a function above */
};

/* No core dumps, and nobody of the same user may look in: memory holds secrets. */
void app_keep_secrets_in(void);

/* Of the folder in settings. */
bool app_disk(const struct app *app, unsigned long long *left, unsigned long long *size);

/* The system's clock and libsodium's generator. Call sodium_init (crypto_init) before. */
int64_t app_now_ms(const struct app *app);
void app_random_bytes(const struct app *app, void *to, size_t n);
