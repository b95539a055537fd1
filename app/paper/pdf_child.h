/* A piece of work in a short-lived child: of itself limited in time and memory, and where it reads
   what others made, unable to open, connect to or start anything. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDF_CHILD_OUTPUT 4 /* the number of `output` in the child */

struct pdf_child {
    int seconds;   /* of wall clock and of CPU, each */
    size_t memory; /* bytes it may take beyond what the caller has */
    size_t file;   /* bytes it may write to `output` */
    int output;    /* open in the child, beside the pipe; -1: none */
    bool confined; /* seccomp: memory, clocks, read and write of what is open, nothing else */
    /* Runs in the child before the limits hold: opens what the work needs. NULL: nothing. */
    void (*prepare)(void *of);
    /* Runs in the child; its answer goes to the caller. False: failed, and `answer` is a sentence
       that says why. */
    bool (*work)(void *of, struct buf *answer);
    void *of;
};

/* How it ended where err is ERR_INVALID. */
enum pdf_child_fate { CHILD_FAILED, CHILD_CRASHED, CHILD_TOO_LONG, CHILD_TOO_LARGE };

/* A child that runs; several may at the same time. */
struct pdf_running {
    int pid, pipe;
    int64_t deadline;
    struct pdf_child child;
};

/* ERR_RETRY: no child could be made. What was started must be ended, by pdf_child_end. */
enum err pdf_child_start(const struct pdf_child *child, struct pdf_running *out) must_check;

/* Waits for it. OK: `answer` (at most 16 MiB, in the arena) is what `work` wrote. ERR_INVALID: the
   child failed, crashed or went over its limits, *fate says which, and `answer` is its sentence or
   empty; one that took too long without having had a processor is run once more before.
   ERR_INTERNAL: it could not be confined; nothing was read. */
enum err pdf_child_end(struct ctx *c, const struct pdf_running *child, struct str *answer,
                       enum pdf_child_fate *fate) must_check;

/* Both in one. */
enum err pdf_child_run(struct ctx *c, const struct pdf_child *child, struct str *answer,
                       enum pdf_child_fate *fate) must_check;
