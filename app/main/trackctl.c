/* trackctl: the admin command. Finds the command by its words and runs it with what it needs. */
#include "base/app.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/settings.h"
#include "db/db.h"
#include "main/command.h"
#include "mustache/mustache.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)1024 * 1024 * 1024)

static const struct command *const tables[] = {
    migrate_commands,
    settings_commands,
    template_commands,
    access_commands,
    jobs_commands,
    track_commands,
    report_commands,
    proof_commands,
    evidence_commands,
    demo_commands,
    NULL,
};

/* How many words of the command line the name takes; 0: it is another command. */
static int words_taken(const char *name, int argc, char **argv)
{
    int taken = 0;
    for (const char *p = name; *p; taken++) {
        size_t n = strcspn(p, " ");
        if (taken == argc || strlen(argv[taken]) != n || memcmp(argv[taken], p, n) != 0)
            return 0;
        p += n;
        p += strspn(p, " ");
    }
    return taken;
}

static const struct command *find(int argc, char **argv, int *taken)
{
    const struct command *best = NULL;
    *taken = 0;
    for (const struct command *const *t = tables; *t; t++)
        for (const struct command *c = *t; c->name; c++) {
            int n = words_taken(c->name, argc, argv);
            if (n > *taken) {
                best = c;
                *taken = n;
            }
        }
    return best;
}

static void print_usage(const struct command *c, FILE *to)
{
    fprintf(to, "trackctl %s%s%s\n    %s\n", c->name, *c->usage ? " " : "", c->usage, c->help);
}

static int print_all(FILE *to, int status)
{
    fprintf(to, "Track Center's admin command.\n\n");
    for (const struct command *const *t = tables; *t; t++)
        for (const struct command *c = *t; c->name; c++)
            print_usage(c, to);
    return status;
}

static void print_problem(const struct problem *p)
{
    if (p->detail)
        fprintf(stderr, "%s\n", p->detail);
    for (int i = 0; i < p->n; i++)
        fprintf(stderr, "%s: %s\n", p->faults[i].field, p->faults[i].message);
    if (!p->detail && !p->n)
        fprintf(stderr, "it failed; the log above says why\n");
}

/* Settings, store, templates and the database connection of the role the command needs. What is
   wrong has been said where it answers false. */
static bool prepare(struct ctx *c, struct app *app, const struct command *command)
{
    const struct settings *s = app->settings = settings_read(c->arena);
    if (!s)
        return false;
    const char *url = command->owner ? s->owner_database_url : s->worker_database_url;
    if (!*url) {
        fprintf(stderr, "setting TRACK_%s_DATABASE_URL: missing\n",
                command->owner ? "OWNER" : "WORKER");
        return false;
    }
    app->store = store_local(c->arena, s->store_dir);
    app->templates = templates_open(c->arena, s->template_dir, false);
    c->db = db_new(app, url, "trackctl");
    return app->store != NULL;
}

static int run(const struct command *command, int argc, char **args)
{
    struct app app = { .now_ms = app_now_ms, .random_bytes = app_random_bytes, .disk = app_disk };
    struct ctx c = { .app = &app,
                     .arena = arena_new(ARENA_LIMIT),
                     .work_id = "trackctl",
                     .actor = { .kind = ACTOR_SYSTEM,
                                .role = ROLE_OWNER,
                                .name = "trackctl",
                                .all_buildings = true } };
    bool ready = command->bare || prepare(&c, &app, command);
    int status = ready ? command->run(&c, argc, args) : 1;
    if (ready && status == 1)
        print_problem(&c.problem);
    if (status == 2)
        print_usage(command, stderr);
    db_free(c.db);
    arena_free(c.arena);
    return status;
}

int main(int argc, char **argv)
{
    int taken;
    app_keep_secrets_in();
    crypto_init();
    log_init("trackctl", LOG_LEVEL_WARN);
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return print_all(argc < 2 ? stderr : stdout, argc < 2 ? 2 : 0);
    const struct command *command = find(argc - 1, argv + 1, &taken);
    if (!command) {
        fprintf(stderr, "trackctl: unknown command %s (trackctl --help)\n", argv[1]);
        return 2;
    }
    return run(command, argc - 1 - taken, argv + 1 + taken);
}
