/* Who asks, whether he may, and whether he means it. */
#pragma once

#include "web/request.h"

/* Finds the actor: a bearer token or session of an API route, the session of a page. ERR_DENIED
   with status 401: nobody, where the route asks for somebody. */
enum err guard_actor(struct request *r) must_check;

/* Who asks for what is not there, so that its page keeps the frame: by a session alone, and where
   that cannot be had, nobody. */
void guard_visitor(struct request *r);

/* Whether the actor's role is enough. */
enum err guard_role(struct request *r) must_check;

/* Whether a changing request comes from our own pages: before the body is read by its headers,
   after it by its token. */
enum err guard_origin(struct request *r) must_check;
enum err guard_token(struct request *r) must_check;
