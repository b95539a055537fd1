/* How often a second a template is rendered: bench-mustache TEMPLATE DATA.json SECONDS prints that
   and the bytes of one rendering. */
#include "mustache/mustache.h"
#include "base/app.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct str read_file(struct arena *a, const char *path)
{
    char part[65536];
    struct buf text = buf_in(a);
    FILE *f = fopen(path, "re");
    if (!f)
        return (struct str){ NULL, 0 };
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;)
        buf_put(&text, part, n);
    fclose(f);
    return buf_str(&text);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum err render(struct templates *set, struct json_object *data, double seconds)
{
    struct arena *a = arena_new((size_t)16 << 20);
    const char *why;
    size_t bytes = 0;
    long n = 0;
    enum err e = OK;
    double began = now(), taken = 0;
    for (; e == OK && taken < seconds; taken = now() - began) {
        for (int i = 0; e == OK && i < 100; i++, n++) {
            struct buf out = buf_in(a);
            e = template_render(set, "bench", data, &out, &why);
            bytes = out.n;
            arena_reset(a);
        }
    }
    printf("%.0f %zu\n", (double)n / taken, bytes);
    arena_free(a);
    return e;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new((size_t)64 << 20);
    struct json_object *data;
    const char *why = "cannot be read";
    struct templates *set = templates_empty(a);
    struct str text = argc == 4 ? read_file(a, argv[1]) : (struct str){ NULL, 0 };
    struct str json = argc == 4 ? read_file(a, argv[2]) : (struct str){ NULL, 0 };
    const struct json_limits limits = { 16, 1000000, 1 << 20 };
    enum err e = text.p && json.p ? templates_add(set, "bench", text, &why) : ERR_NOT_FOUND;
    if (e == OK)
        e = json_parse(a, json, &limits, &data, &why);
    if (e == OK)
        e = render(set, data, strtod(argv[3], NULL));
    if (e != OK)
        fprintf(stderr, "bench-mustache: %s\n", why);
    arena_free(a);
    return e == OK ? 0 : 1;
}
