/* The supervisor of web and worker: a master that forks children, waits, and does nothing else.

   A child that ends with status 0 (its number of requests is reached) or after at least a second is
   replaced at once; one that died sooner after 200 ms, then twice as long each time up to 5 s,
   without an end. SIGHUP to the master replaces the children one by one: the new one runs before
   the old one is told to stop. SIGTERM or SIGINT passes SIGTERM on; what has not ended 30 s later
   is killed. Children end when the master is gone. Of children that died, a process of its own
   tells `died`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct prefork_group {
    const char *name; /* in the log: "pages" */
    int children;
    /* Runs in the child; the answer is its exit status. *stop becomes 1 on SIGTERM or SIGINT (whose
       handlers restart no system call): end the work at hand, then return 0. */
    int (*run)(void *arg, volatile const int *stop);
    void *arg;
    /* A child ended otherwise than by status 0; `killed`: by the master, as it was too late. Called
       in a process that has ten seconds. NULL: nobody asks. */
    void (*died)(void *arg, int pid, bool killed);
    int drain_ms; /* from the asking to the killing; 0: 30 s */
};

/* Runs until told to stop; answers the exit status of the program. The caller has no threads, and
   no connections that children would share. */
int prefork_run(const struct prefork_group *groups, size_t count);
