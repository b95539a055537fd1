/* The system's clock, source of chance and disk. */
#include "base/app.h"

#include "base/settings.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>

void app_keep_secrets_in(void)
{
    const struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

int64_t app_now_ms(const struct app *app)
{
    (void)app;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void app_random_bytes(const struct app *app, void *to, size_t n)
{
    (void)app;
    randombytes_buf(to, n);
}

bool app_disk(const struct app *app, unsigned long long *left, unsigned long long *size)
{
    struct statvfs fs;
    if (statvfs(app->settings->store_dir, &fs) != 0)
        return false;
    *left = (unsigned long long)fs.f_bavail * fs.f_frsize;
    *size = (unsigned long long)fs.f_blocks * fs.f_frsize;
    return true;
}
