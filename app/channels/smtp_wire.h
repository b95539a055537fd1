/* An SMTP dialogue (RFC 5321) on a connection that libcurl opened, secured and logged in.

   libcurl's own SMTP transfer keeps neither the server's reply lines nor lets DSN parameters
   (RFC 3461) into MAIL and RCPT, so only its connection is used. */
#pragma once

#include "base/buf.h"
#include "base/ctx.h"
#include "channels/smtp_record.h"
#include "http/http.h"

#include <curl/curl.h>

struct smtp_server {
    const char *host, *security; /* none, starttls, tls */
    int port;
    const char *ca_file, *user, *password; /* NULL: the system's; no login */
};

struct smtp_line;

struct smtp { /* the dialogue about one message */
    struct ctx *c;
    struct smtp_line *line;
    int64_t deadline_ms;
    bool dsn;          /* the server takes DSN parameters */
    bool pipelining;   /* and several commands at once (RFC 2920) */
    bool stuck;        /* it waits for a message that does not come */
    int code;          /* of the last reply: 250; 0: the connection broke */
    const char *reply; /* its last line: "250 2.0.0 Ok: queued as 4711" */
    struct smtp_record record;
};

/* Connects, starts TLS, logs in, asks what the server can do; or goes on with the connection that
   the last message to the same server and login left open a moment ago. ERR_RETRY: not reached, or
   4xx; ERR_DENIED: login or certificate refused; ERR_INVALID: the settings forbid its address. On
   an error s->reply is a sentence. */
enum err smtp_open(struct ctx *c, const struct smtp_server *server, struct smtp *s) must_check;

/* Ends it: the connection is kept for the next message where app.smtp is set and nothing broke. */
void smtp_close(struct smtp *s);

/* What a worker child keeps: at most one connection, of at most 50 messages. smtp_idle closes it
   when it was not used for two seconds. */
struct smtp_kept *smtp_kept_new(struct arena *a);
void smtp_idle(struct app *app);
void smtp_kept_free(struct app *app);

/* Sends a line and reads the reply; answers its code, 0 where the connection broke. */
int smtp_command(struct smtp *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sends lines and reads their replies, all at once where the server takes that. Answers how many
   were taken, one after the other from the first; code and reply are of the first that was refused,
   else of the last. */
int smtp_commands(struct smtp *s, const char *const *lines, int n);

/* The message after a 354: dots doubled, the end marked; answers the reply's code. */
int smtp_data(struct smtp *s, struct str message);

/* Text of a DSN parameter (RFC 3461 §4): + and = as +2B and +3D. */
const char *smtp_xtext(struct arena *a, const char *text);
