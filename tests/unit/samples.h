/* What unit tests of wires share: an arena for each program, the samples of providers that lie
   beside the checkout, and fixtures of ours. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"

#include <dirent.h>
#include <stdio.h>

#define SAMPLES TEST_SOURCE_DIR "/../shared/providers/samples/"

static struct arena *a;

static inline int start(void **state)
{
    (void)state;
    crypto_init();
    a = arena_new((size_t)64 << 20);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

/* A whole file; its p is NULL where there is none. */
static inline struct str file_text(const char *path)
{
    struct buf b = buf_in(a);
    FILE *f = fopen(path, "r");
    if (!f)
        return (struct str){ 0 };
    for (size_t n; (n = fread(buf_room(&b, 16384), 1, 16384, f)) > 0;)
        b.n += n;
    assert_int_equal(fclose(f), 0);
    buf_put(&b, "", 0);
    assert_true(b.n > 0);
    return buf_str(&b);
}

/* "front/reply_request.json"; the test is skipped where there are no samples. */
static inline struct str sample_of(const char *name)
{
    struct str text = file_text(arena_printf(a, SAMPLES "%s", name));
    if (!text.p) {
        print_message("skipped: no ../shared/providers/samples/%s\n", name);
        skip();
    }
    return text;
}

/* Every sample of a provider, one after the other; the test is skipped where there are none. */
static inline DIR *samples_of(const char *provider)
{
    DIR *folder = opendir(arena_printf(a, SAMPLES "%s", provider));
    if (!folder) {
        print_message("skipped: no ../shared/providers/samples/%s\n", provider);
        skip();
    }
    assert_non_null(folder);
    return folder;
}

/* "ship24/webhook_two_events_nulls.json", which is ours and always there. */
static inline struct str fixture(const char *name)
{
    struct str text = file_text(arena_printf(a, TEST_SOURCE_DIR "/tests/fixtures/%s", name));
    assert_non_null(text.p);
    return text;
}
