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

int main(void)
{
    struct arena *a = arena_new((size_t)64 << 20);
    struct app app = { .now_ms = app_now_ms, .random_bytes = app_random_bytes, .disk = app_disk };
    int status = 1;
    log_init("track-web", LOG_LEVEL_INFO);
    app_keep_secrets_in();
    crypto_init();
    app.settings = settings_read(a);
    if (!app.settings)
        goto out;
    log_init("track-web", log_level_of(app.settings->log_level));
    app.store = store_local(a, app.settings->store_dir);
    app.templates = templates_open(a, app.settings->template_dir, false);
    struct page_pool pages = { &app, front_listen(app.settings->web_socket), domains };
    struct hook_pool hooks = { &app, front_listen(app.settings->hook_socket), domains };
    if (!app.store || pages.socket < 0 || hooks.socket < 0)
        goto out;
    const struct prefork_group groups[] = {
        { .name = "pages",
          .children = (int)app.settings->web_children,
          .run = page_pool_run,
          .arg = &pages },
        { .name = "hooks",
          .children = (int)app.settings->hook_children,
          .run = hook_pool_run,
          .arg = &hooks },
    };
    log_info("started", "pages", app.settings->web_socket, "hooks", app.settings->hook_socket,
             NULL);
    status = prefork_run(groups, sizeof(groups) / sizeof(groups[0]));
out:
    arena_free(a);
    return status;
}
