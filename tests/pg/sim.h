/* Starts the simulated providers of tests/sim (node) for a test program. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "http/http.h"
#include "pg/pg.h"

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

/* What a simulator's /control/<what> answers to a POST of `body`, or to a GET without one. `sim` is
   its address, as http://127.0.0.1:1234. */
static inline struct json_object *sim_control(struct ctx *c, const char *sim, const char *what,
                                              const char *body)
{
    static const struct json_limits limits = { 16, 100000, 1 << 20 };
    struct http_answer answer;
    struct json_object *out = NULL;
    const char *why;
    const struct http_call call = { .provider = "control",
                                    .method = body ? "POST" : "GET",
                                    .url = arena_printf(c->arena, "%s/control/%s", sim, what),
                                    .body = str_of(body) };
    assert_int_equal(http_send(c, &call, &answer), OK);
    assert_int_equal(json_parse(c->arena, answer.body, &limits, &out, &why), OK);
    return out;
}
