/* trackctl settings: what is in force. */
#include "base/settings.h"
#include "main/command.h"

static int print(struct ctx *c, int argc, char **args)
{
    (void)args;
    if (argc)
        return 2;
    settings_print(c->app->settings, stdout);
    return 0;
}

const struct command settings_commands[] = {
    { .name = "settings",
      .usage = "",
      .run = print,
      .help = "prints the settings in force, secrets hidden" },
    { 0 },
};
