/* Starts the simulated providers of tests/sim (node) for a test program. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Runs tests/sim/<script> with two arguments (NULL: none) and answers the port that it prints; 0
   where it did not start. It ends with the test program, for its standard input ends then. */
static inline int sim_start(const char *script, const char *first, const char *second)
{
    int in[2], out[2];
    char path[512], line[16] = "";
    snprintf(path, sizeof(path), "%s/tests/sim/%s", TEST_SOURCE_DIR, script);
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
        return 0;
    if (fork() == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execlp("node", "node", path, first, second, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    for (size_t n = 0; n < sizeof(line) - 1 && read(out[0], line + n, 1) == 1; n++)
        if (line[n] == '\n')
            break;
    return (int)strtol(line, NULL, 10);
}
