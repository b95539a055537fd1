/* Who asks: what the guards of a request need to know, answered by the room access above. The
   connection is outside a transaction. */
#pragma once

#include "base/ctx.h"
#include "web/web.h"

/* The name of the session cookie: "__Host-track", Secure, where public_url is https:// or on
   loopback, which browsers trust as much (Chromium and Firefox keep Secure cookies of
   http://127.0.0.1 and http://localhost; Safari does not). On plain http:// elsewhere no browser
   keeps such a cookie: there it is "track" without Secure. */
const char *session_cookie(const struct app *app);

/* Who a session cookie belongs to: fills tenant_id and actor of the request and *session, in one
   round trip. ERR_DENIED: none, ended or idle. While session->must_change_password is set, every
   page but /password and /logout redirects to /password, and the API answers 403. */
enum err session_find(struct ctx *c, const char *cookie, struct session *session) must_check;

/* The same for a bearer access token (HS256; token_version against the database). */
enum err token_find(struct ctx *c, const char *token) must_check;
