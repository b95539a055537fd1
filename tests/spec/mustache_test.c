/* Every case of the official mustache specification, from ../shared/data/mustache-spec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mustache/mustache.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TEST_SOURCE_DIR "/../shared/data/mustache-spec"
#define CASES_MAX 1024

static struct json_object *member(struct json_object *object, const char *key)
{
    struct json_object *v = NULL;
    json_object_object_get_ex(object, key, &v);
    return v;
}

static struct str text_of(struct json_object *v)
{
    return (struct str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) };
}

static void one_case(void **state)
{
    struct json_object *test = *state;
    struct arena *a = arena_new((size_t)64 * 1024 * 1024);
    struct templates *set = templates_empty(a);
    struct buf out = buf_in(a);
    const char *why = "";
    struct json_object *partials = member(test, "partials");
    if (partials) {
        json_object_object_foreach(partials, name, text)
        {
            assert_int_equal(templates_add(set, name, text_of(text), &why), OK);
        }
    }
    enum err e = templates_add(set, "the template", text_of(member(test, "template")), &why);
    if (!e)
        e = template_render(set, "the template", member(test, "data"), &out, &why);
    if (e)
        fail_msg("%s", why);
    assert_string_equal(out.p ? out.p : "", json_object_get_string(member(test, "expected")));
    arena_free(a);
}

static size_t add_file(const char *file, struct json_object *root, struct CMUnitTest *to, size_t n)
{
    struct json_object *list = member(root, "tests");
    for (size_t i = 0; i < json_object_array_length(list) && n < CASES_MAX; i++) {
        struct json_object *test = json_object_array_get_idx(list, i);
        char *name = NULL;
        if (asprintf(&name, "%s: %s", file, json_object_get_string(member(test, "name"))) < 0)
            abort();
        to[n++] = (struct CMUnitTest){ name, one_case, NULL, NULL, test };
    }
    return n;
}

int main(void)
{
    static struct CMUnitTest tests[CASES_MAX];
    static struct json_object *roots[64];
    size_t n = 0, files = 0;
    DIR *folder = opendir(FOLDER);
    if (!folder) {
        printf("mustache specification: skipped, ../shared is not here\n");
        return 77;
    }
    for (struct dirent *d; (d = readdir(folder)) && files < 64;) {
        char path[512];
        if (!strstr(d->d_name, ".json"))
            continue;
        snprintf(path, sizeof(path), "%s/%.255s", FOLDER, d->d_name);
        roots[files] = json_object_from_file(path);
        n = add_file(d->d_name, roots[files++], tests, n);
    }
    closedir(folder);
    int failed = _cmocka_run_group_tests("mustache specification", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free((char *)(uintptr_t)tests[i].name);
    for (size_t i = 0; i < files; i++)
        json_object_put(roots[i]);
    return failed;
}
