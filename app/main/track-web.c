/* track-web: a master with two pools of children, pages and API, and webhooks. */
#include "base/app.h"
#include "base/crypto.h"
#include "base/domain.h"
#include "base/log.h"
#include "base/prefork.h"
#include "base/settings.h"
#include "inbox/inbox.h"
#include "inbox/pool.h"
#include "mustache/mustache.h"
#include "store/store.h"
#include "web/front.h"
#include "web/pool.h"
#include "web/web.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static enum log_level level_of(const char *name)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

/* No core dumps: memory holds secrets. */
static void keep_secrets_in(void)
{
    const struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

int main(void)
{
    struct arena *a = arena_new((size_t)64 << 20);
    struct app app = { .now_ms = app_now_ms, .random_bytes = app_random_bytes };
    int status = 1;
    log_init("track-web", LOG_LEVEL_INFO);
    keep_secrets_in();
    crypto_init();
    app.settings = settings_read(a);
    if (!app.settings)
        goto out;
    log_init("track-web", level_of(app.settings->log_level));
    app.store = store_local(a, app.settings->store_dir);
    app.templates = templates_open(a, app.settings->template_dir, false);
    struct page_pool pages = { &app, front_listen(app.settings->web_socket), domains };
    struct hook_pool hooks = { &app, front_listen(app.settings->hook_socket), domains };
    if (!app.store || pages.socket < 0 || hooks.socket < 0)
        goto out;
    const struct prefork_group groups[] = {
        { "pages", (int)app.settings->web_children, page_pool_run, &pages },
        { "hooks", (int)app.settings->hook_children, hook_pool_run, &hooks },
    };
    log_info("started", "pages", app.settings->web_socket, "hooks", app.settings->hook_socket,
             NULL);
    status = prefork_run(groups, sizeof(groups) / sizeof(groups[0]));
out:
    arena_free(a);
    return status;
}
