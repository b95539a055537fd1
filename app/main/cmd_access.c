/* The commands of access: tenants, users, API clients, provider accounts, the audit trail. */
#include "main/command.h"

#include "access/clients.sql.h"
#include "access/private.h"
#include "access/providers.sql.h"
#include "access/tenants.sql.h"
#include "base/json.h"
#include "channels/front.h"
#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>

#define WRONG_USAGE 2
#define LINE_MAX_SIZE 65536

/* ---- the command line: one word, then options; those that end in "!" take no value ---- */

struct words {
    int argc;
    char **args;
};

static bool is_named(const char *option, const char *word)
{
    size_t n = strcspn(option, "!");
    return strlen(word) == n && strncmp(option, word, n) == 0;
}

/* Whether every word after the first `plain` ones is an option of the list with its value. */
static bool words_fit(const struct words *w, int plain, const char *const *options)
{
    if (w->argc < plain || (plain && strncmp(w->args[0], "--", 2) == 0))
        return false;
    for (int i = plain; i < w->argc; i++) {
        const char *const *o = options;
        while (*o && !is_named(*o, w->args[i]))
            o++;
        if (!*o || (!strchr(*o, '!') && ++i == w->argc))
            return false;
    }
    return true;
}

/* The value of the nth occurrence of an option; for a flag any value tells that it is there. */
static const char *option(const struct words *w, const char *name, int nth)
{
    for (int i = 0; i < w->argc; i++)
        if (strcmp(w->args[i], name) == 0 && nth-- == 0)
            return i + 1 < w->argc ? w->args[i + 1] : "";
    return NULL;
}

static const char *const *option_list(struct ctx *c, const struct words *w, const char *name)
{
    int n = 0;
    while (option(w, name, n))
        n++;
    const char **list = n ? arena_zalloc(c->arena, (size_t)n + 1, sizeof(*list)) : NULL;
    for (int i = 0; i < n; i++)
        list[i] = option(w, name, i);
    return list;
}

/* ---- what all of them do at their end ---- */

static int finish(struct ctx *c, enum err e)
{
    if (e == OK && db_in_transaction(c->db))
        e = db_commit(c->db);
    if (e == OK)
        return 0;
    db_rollback(c->db);
    if (!c->problem.detail && c->problem.n == 0)
        c->problem.detail =
            arena_printf(c->arena, "It failed (%s); the log says why.", err_name(e));
    return 1;
}

/* Prints names and values, up to NULL, as lines or as one JSON object. */
static int tell(struct ctx *c, const struct words *w, const char *const *pairs)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    struct buf b = buf_in(c->arena);
    for (; *pairs; pairs += 2) {
        json_set_text(o, pairs[0], pairs[1]);
        if (!option(w, "--json", 0))
            printf("%s: %s\n", pairs[0], pairs[1]);
    }
    json_write(&b, o);
    if (option(w, "--json", 0))
        printf("%s\n", b.p);
    return 0;
}

static enum err enter(struct ctx *c, const struct words *w)
{
    const char *id, *slug = option(w, "--tenant", 0);
    if (!c->actor.name)
        c->actor.name = "trackctl";
    if (!slug)
        return ctx_refuse(c, ERR_INVALID, "Name the tenant with --tenant.");
    enum err e = tenant_find(c, slug, &id);
    return e ? e : scope_enter(c, id);
}

/* Answers a statement's rows, as JSON or each by `line`. */
static int list(struct ctx *c, int argc, char **args, const struct sql *statement,
                void (*line)(const PGresult *, int))
{
    static const char *const options[] = { "--tenant", "--json!", NULL };
    struct words w = { argc, args };
    PGresult *rows = NULL;
    if (!words_fit(&w, 0, options))
        return WRONG_USAGE;
    enum err e = enter(c, &w);
    if (e == OK)
        e = db_run(c->db, c->arena, statement, NULL, &rows);
    if (finish(c, e))
        return 1;
    struct buf b = buf_in(c->arena);
    if (option(&w, "--json", 0)) {
        json_write(&b, rows_json(c->arena, rows));
        printf("%s\n", b.p);
        return 0;
    }
    for (int i = 0; i < rows_count(rows); i++)
        line(rows, i);
    return 0;
}

static enum err role_given(struct ctx *c, const struct words *w, enum role most, enum role *out)
{
    const char *text = option(w, "--role", 0);
    *out = text ? role_of(text) : ROLE_NOBODY;
    if (*out == ROLE_NOBODY || *out > most)
        return ctx_refuse(c, ERR_INVALID, "--role is one of viewer, agent, admin%s.",
                          most == ROLE_OWNER ? ", owner" : "");
    return OK;
}

/* ---- tenants ---- */

static int tenant_add_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--name", "--time-zone", "--language", "--json!", NULL };
    struct words w = { argc, args };
    const char *id, *zone = option(&w, "--time-zone", 0), *language = option(&w, "--language", 0);
    if (!words_fit(&w, 1, options) || !option(&w, "--name", 0))
        return WRONG_USAGE;
    c->actor.name = "trackctl";
    enum err e = tenant_add(c, args[0], option(&w, "--name", 0), zone ? zone : "Europe/Zurich",
                            language ? language : "en", &id);
    if (finish(c, e))
        return 1;
    return tell(c, &w, (const char *const[]){ "id", id, "slug", args[0], NULL });
}

static int tenant_set_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--open-tracking", NULL };
    struct words w = { argc, args };
    const char *id, *on = option(&w, "--open-tracking", 0);
    if (!words_fit(&w, 1, options) || !on || (strcmp(on, "on") != 0 && strcmp(on, "off") != 0))
        return WRONG_USAGE;
    c->actor.name = "trackctl";
    enum err e = tenant_find(c, args[0], &id);
    if (e == OK)
        e = scope_enter(c, id);
    if (e == OK)
        e = tenant_set_open_tracking(c, strcmp(on, "on") == 0);
    return finish(c, e);
}

/* ---- users ---- */

static int user_add_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--tenant",   "--role",  "--name",
                                           "--building", "--json!", NULL };
    struct words w = { argc, args };
    const char *id, *password;
    if (!words_fit(&w, 1, options))
        return WRONG_USAGE;
    struct user_new n = { .email = args[0],
                          .name = option(&w, "--name", 0),
                          .buildings = option_list(c, &w, "--building") };
    if (!n.name)
        n.name = arena_strndup(c->arena, args[0], strcspn(args[0], "@"));
    enum err e = role_given(c, &w, ROLE_OWNER, &n.role);
    if (e == OK)
        e = enter(c, &w);
    if (e == OK)
        e = user_add(c, &n, &id, &password);
    if (finish(c, e))
        return 1;
    return tell(c, &w,
                (const char *const[]){ "id", id, "email", n.email, "password", password, NULL });
}

static int user_password_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--json!", NULL };
    struct words w = { argc, args };
    const char *password;
    if (!words_fit(&w, 1, options))
        return WRONG_USAGE;
    c->actor.name = "trackctl";
    if (finish(c, user_reset(c, args[0], &password)))
        return 1;
    return tell(c, &w, (const char *const[]){ "email", args[0], "password", password, NULL });
}

static int user_disable_run(struct ctx *c, int argc, char **args)
{
    if (argc != 1)
        return WRONG_USAGE;
    c->actor.name = "trackctl";
    return finish(c, user_disable(c, args[0]));
}

/* ---- API clients ---- */

static enum err days_given(struct ctx *c, const struct words *w, int *out)
{
    char *end;
    const char *text = option(w, "--days", 0);
    long days = text ? strtol(text, &end, 10) : CLIENT_DAYS_MAX;
    if (text && (end == text || *end || days < 1 || days > CLIENT_DAYS_MAX))
        return ctx_refuse(c, ERR_INVALID, "--days is a number from 1 to %d.", CLIENT_DAYS_MAX);
    *out = (int)days;
    return OK;
}

static int client_add_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--tenant", "--role",  "--building",
                                           "--days",   "--json!", NULL };
    struct words w = { argc, args };
    struct client_new made;
    enum role role;
    int days = 0;
    if (!words_fit(&w, 1, options))
        return WRONG_USAGE;
    enum err e = role_given(c, &w, ROLE_ADMIN, &role);
    if (e == OK)
        e = days_given(c, &w, &days);
    if (e == OK)
        e = enter(c, &w);
    if (e == OK)
        e = client_add(c, args[0], role, option_list(c, &w, "--building"), days, &made);
    if (finish(c, e))
        return 1;
    return tell(c, &w,
                (const char *const[]){ "clientId", made.id, "clientSecret", made.secret,
                                       "expiresAt", made.expires_at, NULL });
}

static void client_line(const PGresult *rows, int i)
{
    printf("%s  %s  %s  %s until %.10s\n", row_text(rows, i, "id"), row_text(rows, i, "name"),
           row_text(rows, i, "role"), row_text(rows, i, "state"), row_text(rows, i, "expiresAt"));
}

static int client_list_run(struct ctx *c, int argc, char **args)
{
    return list(c, argc, args, &sql_client_list, client_line);
}

static int client_revoke_run(struct ctx *c, int argc, char **args)
{
    if (argc != 1)
        return WRONG_USAGE;
    c->actor.name = "trackctl";
    return finish(c, client_revoke(c, args[0]));
}

/* ---- provider accounts ---- */

static const char *line_from_stdin(struct ctx *c)
{
    char *line = arena_alloc(c->arena, LINE_MAX_SIZE);
    if (!fgets(line, LINE_MAX_SIZE, stdin))
        return NULL;
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* The key=value pairs of an option; key=- reads a line from standard input where `hidden`. */
static enum err pairs_of(struct ctx *c, const struct words *w, const char *name, bool hidden,
                         struct json_object **out)
{
    struct json_object *o = json_own(c->arena, json_object_new_object());
    const char *pair;
    for (int i = 0; (pair = option(w, name, i)); i++) {
        const char *equals = strchr(pair, '=');
        if (!equals || equals == pair)
            return ctx_refuse(c, ERR_INVALID, "%s takes key=value.", name);
        const char *key = arena_strndup(c->arena, pair, (size_t)(equals - pair));
        const char *value = equals + 1;
        if (hidden && strcmp(value, "-") == 0)
            value = line_from_stdin(c);
        if (!value)
            return ctx_refuse(c, ERR_INVALID, "No line came for %s.", key);
        json_set_text(o, key, value);
    }
    *out = o;
    return OK;
}

static enum err provider_named(struct ctx *c, const char *name)
{
    size_t n = strlen(name);
    if (n > 0 && n <= 40 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n)
        return OK;
    return ctx_refuse(c, ERR_INVALID, "%s is not the name of a provider.", name);
}

static int provider_add_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--tenant", "--name",  "--set",
                                           "--secret", "--json!", NULL };
    struct words w = { argc, args };
    struct json_object *settings = NULL, *secrets = NULL;
    const char *id;
    if (!words_fit(&w, 1, options) || !option(&w, "--name", 0))
        return WRONG_USAGE;
    enum err e = provider_named(c, args[0]);
    if (e == OK)
        e = pairs_of(c, &w, "--set", false, &settings);
    if (e == OK)
        e = pairs_of(c, &w, "--secret", true, &secrets);
    if (e == OK)
        e = enter(c, &w);
    if (e == OK)
        e = provider_add(c, args[0], option(&w, "--name", 0), settings, secrets, &id);
    if (finish(c, e))
        return 1;
    return tell(c, &w, (const char *const[]){ "id", id, "provider", args[0], NULL });
}

/* "t", "f" or NULL of --on and --off. */
static enum err switched(struct ctx *c, const struct words *w, const char **out)
{
    bool on = option(w, "--on", 0), off = option(w, "--off", 0);
    *out = on ? "t" : off ? "f" : NULL;
    return on && off ? ctx_refuse(c, ERR_INVALID, "It is either --on or --off.") : OK;
}

static int provider_set_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--tenant", "--name", "--set", "--secret",
                                           "--on!",    "--off!", NULL };
    struct words w = { argc, args };
    struct provider_change change = { .name = option(&w, "--name", 0) };
    if (!words_fit(&w, 1, options) || argc < 4)
        return WRONG_USAGE;
    enum err e = switched(c, &w, &change.enabled);
    if (e == OK)
        e = pairs_of(c, &w, "--set", false, &change.settings);
    if (e == OK)
        e = pairs_of(c, &w, "--secret", true, &change.secrets);
    if (e == OK)
        e = enter(c, &w);
    if (e == OK)
        e = provider_change(c, args[0], &change);
    if (e == ERR_NOT_FOUND)
        e = ctx_refuse(c, e, "There is no account %s: provider list names them.", args[0]);
    return finish(c, e);
}

/* Whose the token of an account is: asked of its provider, outside the transaction that found it.
 */
static enum err whose(struct ctx *c, const char *id, const char **name)
{
    struct provider_account found;
    struct front_result said = { 0 };
    enum err e = provider_get(c, id, &found);
    if (e == ERR_NOT_FOUND)
        return ctx_refuse(c, e, "There is no account %s that is on: provider list names them.", id);
    if (e == OK)
        e = db_commit(c->db);
    if (e)
        return e;
    if (strcmp(found.provider, "front") != 0)
        return ctx_refuse(c, ERR_INVALID, "Only accounts of Front are asked; this is one of %s.",
                          found.provider);
    const struct channel_account account = { .id = found.id,
                                             .provider = found.provider,
                                             .settings = found.settings,
                                             .secrets = found.secrets };
    c->app->http = http_new(c->app, c->arena);
    e = front_check(c, &account, name, &said);
    http_free(c->app->http);
    return e ? ctx_refuse(c, e, "%s", said.sentence ? said.sentence : "Front did not answer.") : OK;
}

static int provider_check_run(struct ctx *c, int argc, char **args)
{
    static const char *const options[] = { "--tenant", "--json!", NULL };
    struct words w = { argc, args };
    const char *name = NULL;
    if (!words_fit(&w, 1, options))
        return WRONG_USAGE;
    enum err e = enter(c, &w);
    if (e == OK)
        e = whose(c, args[0], &name);
    if (finish(c, e))
        return 1;
    return tell(c, &w, (const char *const[]){ "account", name, NULL });
}

static void provider_line(const PGresult *rows, int i)
{
    printf("%s  %s  %s  %s%s\n", row_text(rows, i, "id"), row_text(rows, i, "provider"),
           row_text(rows, i, "name"), row_text(rows, i, "settings"),
           row_bool(rows, i, "enabled") ? "" : "  (off)");
}

static int provider_list_run(struct ctx *c, int argc, char **args)
{
    return list(c, argc, args, &sql_provider_list, provider_line);
}

const struct command access_commands[] = {
    { "tenant add", "SLUG --name NAME [--time-zone ZONE] [--language CODE] [--json]",
      "Adds a tenant.", .owner = true, .run = tenant_add_run },
    { "tenant set", "SLUG --open-tracking on|off", "Changes what a tenant allows.", .owner = true,
      .run = tenant_set_run },
    { "user add", "EMAIL --tenant SLUG --role ROLE [--name NAME] [--building CODE]… [--json]",
      "Adds a user and prints a one-time password.", .owner = true, .run = user_add_run },
    { "user password", "EMAIL [--json]",
      "Gives a user another one-time password and ends the sessions.", .owner = true,
      .run = user_password_run },
    { "user disable", "EMAIL", "Closes a user's account.", .owner = true, .run = user_disable_run },
    { "client add", "NAME --tenant SLUG --role ROLE [--building CODE]… [--days N] [--json]",
      "Adds an API client, for a year or N days, and prints its secret, once.", .owner = true,
      .run = client_add_run },
    { "client list", "--tenant SLUG [--json]",
      "Lists the API clients, and until when each is good.", .owner = true,
      .run = client_list_run },
    { "client revoke", "ID", "Ends an API client and its tokens.", .owner = true,
      .run = client_revoke_run },
    { "provider add",
      "PROVIDER --tenant SLUG --name NAME [--set KEY=VALUE]… [--secret KEY=VALUE|KEY=-]… [--json]",
      "Adds an account at a provider; KEY=- reads the secret from a line of standard input.",
      .owner = true, .run = provider_add_run },
    { "provider set",
      "ID --tenant SLUG [--name NAME] [--set KEY=VALUE]… [--secret KEY=VALUE|KEY=-]… [--on|--off]",
      "Changes an account at a provider, or switches it on or off; KEY= takes a key away.",
      .owner = true, .run = provider_set_run },
    { "provider check", "ID --tenant SLUG [--json]",
      "Asks the provider whose the account's token is: of Front.", .owner = true,
      .run = provider_check_run },
    { "provider list", "--tenant SLUG [--json]", "Lists the accounts at providers.", .owner = true,
      .run = provider_list_run },
    { 0 },
};
