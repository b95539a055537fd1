/* Every setting of the product, from one typed table: environment first, then a file, then the
 * default. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdio.h>

/* Of JWT_KEYS: how many there may be, and how long the name of one. */
#define JWT_KEYS_MAX 4
#define KID_MAX 32

/* Field `x_y` is set by TRACK_X_Y. The table in settings.c says what each is for. */
struct settings {
    const char *database_url;        /* of the role track_web */
    const char *worker_database_url; /* of the role track_worker */
    const char *owner_database_url;  /* of the owner of the tables: trackctl migrate only */
    const char *public_url;          /* https://host, without a trailing slash */
    const char *web_socket, *hook_socket;
    const char *store_dir, *template_dir, *migration_dir;
    const char *jwt_keys; /* kid:base64url of 32 bytes, comma between them; the first one signs */
    const char *tasks_token, *egress_allow, *graph_url, *login_url, *log_level;
    unsigned char *secret_key; /* 32 bytes */
    long web_children, hook_children, worker_children, max_requests;
    long session_idle_minutes, session_hours, password_min_length, argon_mib;
    long request_seconds, database_seconds, export_days;
    long bulk_type_over, bulk_approve_over;
    long notify_settle_seconds;
    bool carrier_dry_run;
    long delivery_settle_seconds;
    const char *credentials_dir;
    const char *knock_api_key, *knock_webhook_secret; /* "": none */
    const char *knock_url;
};

/* Reads all settings; KNOCK_API_KEY and KNOCK_WEBHOOK_SECRET are taken from the environment without
   TRACK_, too, where they are not set with it. On a missing, unknown or malformed one it writes one
   line that names it to stderr and answers NULL. TRACK_SETTINGS_FILE names the file: NAME=value
   lines, # comments. */
const struct settings *settings_read(struct arena *a);

/* One line per setting: NAME=value  # help. Secrets as "(hidden)". */
void settings_print(const struct settings *s, FILE *to);
