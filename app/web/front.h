/* FastCGI as the pools see it: a socket to listen on, requests to answer. Nothing above this file
   knows how they come. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* A listening unix socket, for the master to open before it forks: mode 0660, a backlog of 1024. A
   stale one in its place is removed; -1 with a log line where a live one is, or what is no socket,
   or the folder will not do. */
int front_listen(const char *path);

struct front;
struct front_request;

/* In a child: at most `most` requests at once. From here on SIGTERM and SIGINT only arrive while
   front_wait sleeps, so that no request is cut. The front lives as long as the arena. */
struct front *front_new(struct arena *a, int socket, size_t most);

/* Waits for a request. NULL: a signal asked to stop (*stop is 1). */
struct front_request *front_wait(struct front *f, volatile const int *stop);

/* A request that is waiting already, or NULL. */
struct front_request *front_take(struct front *f);

/* NAME=value, NULL at the end; valid until front_finish. */
char **front_env(const struct front_request *r);

/* Reads of the body; 0 at its end. */
size_t front_read(void *request, char *to, size_t n);

/* Sends the whole answer and ends the request. */
void front_finish(struct front_request *r, const char *answer, size_t n);
