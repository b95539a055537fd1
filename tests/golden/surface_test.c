/* The surface of the product as its tables print it, beside what was reviewed last: routes.txt,
   openapi.json, settings.txt and, for each domain, schemas/<domain>.json. With GOLDEN_WRITE set
   they are written anew instead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/domain.h"
#include "base/json.h"
#include "base/settings.h"
#include "events/events.h"
#include "inbox/inbox.h"
#include "jobs/jobs.h"
#include "web/openapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
static const char *const kinds[] = { "page", "api", "open" };
static const char *const roles[] = { "nobody", "public", "viewer", "agent", "admin", "owner" };

static void print_route(FILE *to, const char *domain, const struct route *r)
{
    fprintf(to, "%-7s %-6s %-5s %-7s %s", domain, methods[r->method], kinds[r->kind],
            roles[r->role], r->path);
    for (const struct field *f = r->input ? r->input->fields : NULL; f && f->name; f++)
        fprintf(to, " %s%s", f->name, f->required ? "!" : "");
    fprintf(to, "%s%s%s", r->no_csrf ? " [own proof]" : "", r->files ? " [upload]" : "",
            r->whole ? " [whole]" : "");
    fprintf(to, "%s%s\n", r->queues ? " [queues]" : "", r->always ? " [always]" : "");
}

static void print_routes(FILE *to)
{
    for (const struct domain *const *d = domains; *d; d++) {
        for (const struct route *r = (*d)->routes; r && r->path; r++)
            print_route(to, (*d)->name, r);
        for (const struct hook *h = (*d)->hooks; h && h->provider; h++)
            fprintf(to, "%-7s hook   %s %s\n", (*d)->name, h->path, h->mapper);
        for (const struct job_kind *j = (*d)->jobs; j && j->name; j++)
            fprintf(to, "%-7s job    %s on %s%s\n", (*d)->name, j->name, j->queue,
                    j->external ? " [external]" : "");
        for (const struct schedule *s = (*d)->schedules; s && s->name; s++)
            fprintf(to, "%-7s every  %d s: %s\n", (*d)->name, s->every_seconds, s->kind);
    }
}

static struct json_object *document_of(struct arena *a, const struct domain *const *list)
{
    static const struct settings settings = { .public_url = "https://track.example.com" };
    static struct app app = { .settings = &settings };
    return openapi_document(web_new(&app, a, NULL, list), a);
}

static struct json_object *schemas_of(struct json_object *document)
{
    return json_get(json_get(document, "components"), "schemas");
}

static void print_json(FILE *to, struct json_object *o)
{
    fprintf(to, "%s\n",
            json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
                                                  JSON_C_TO_STRING_PRETTY_TAB |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_openapi(FILE *to)
{
    struct arena *a = arena_new(16 << 20);
    struct json_object *d = document_of(a, domains);
    json_object_object_del(json_get(d, "components"), "schemas");
    print_json(to, d);
    arena_free(a);
}

/* Those that the domain speaks of and none before it. */
static const struct domain *const *schemas_at;

static void print_schemas(FILE *to)
{
    struct arena *a = arena_new(16 << 20);
    struct json_object *own =
        schemas_of(document_of(a, (const struct domain *const[]){ *schemas_at, NULL }));
    for (const struct domain *const *d = domains; d != schemas_at; d++) {
        struct json_object *before =
            schemas_of(document_of(a, (const struct domain *const[]){ *d, NULL }));
        json_object_object_foreach(before, name, schema)
        {
            (void)schema;
            json_object_object_del(own, name);
        }
    }
    print_json(to, own);
    arena_free(a);
}

static void print_settings(FILE *to)
{
    static const char *const given[][2] = {
        { "TRACK_DATABASE_URL", "dbname=track user=track_web" },
        { "TRACK_WORKER_DATABASE_URL", "dbname=track user=track_worker" },
        { "TRACK_OWNER_DATABASE_URL", "dbname=track user=track_owner" },
        { "TRACK_PUBLIC_URL", "https://track.example.com" },
        { "TRACK_STORE_DIR", "var/store" },
        { "TRACK_MIGRATION_DIR", "migrations" },
        { "TRACK_TEMPLATE_DIR", "templates" },
        { "TRACK_SECRET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
        { "TRACK_JWT_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
    };
    clearenv();
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        setenv(given[i][0], given[i][1], 1);
    struct arena *a = arena_new(1 << 20);
    const struct settings *s = settings_read(a);
    assert_non_null(s);
    settings_print(s, to);
    arena_free(a);
}

static char *slurp(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *f = fopen(path, "r");
    assert_non_null(text);
    if (f) {
        (void)!fread(text, 1, (1 << 20) - 1, f);
        fclose(f);
    }
    return text;
}

/* The lines of `a` that `b` has not. */
static int missing(const char *sign, char *a, const char *b)
{
    int n = 0;
    for (char *line = a, *end; *line; line = end + 1) {
        end = strchrnul(line, '\n');
        char *with_end = strndup(line, (size_t)(end - line) + 1);
        if (!strstr(b, with_end)) {
            print_error("%s %s", sign, with_end);
            n++;
        }
        free(with_end);
        if (!*end)
            break;
    }
    return n;
}

static void compare(const char *name, void (*print)(FILE *))
{
    char path[1000], *now = NULL;
    size_t size;
    snprintf(path, sizeof(path), "%s/tests/golden/%s", TEST_SOURCE_DIR, name);
    bool writing = getenv("GOLDEN_WRITE") != NULL;
    FILE *f = writing ? fopen(path, "w") : open_memstream(&now, &size);
    assert_non_null(f);
    print(f);
    fclose(f);
    if (writing)
        return;
    char *before = slurp(path);
    int different = missing("-", before, now) + missing("+", now, before);
    bool same = strcmp(before, now) == 0;
    free(before);
    free(now);
    if (!same)
        fail_msg("tests/golden/%s: %d lines differ (GOLDEN_WRITE=1 writes it anew)", name,
                 different);
}

static void routes(void **state)
{
    (void)state;
    compare("routes.txt", print_routes);
}

static void openapi(void **state)
{
    (void)state;
    compare("openapi.json", print_openapi);
    for (schemas_at = domains; *schemas_at; schemas_at++) {
        char name[100];
        snprintf(name, sizeof(name), "schemas/%s.json", (*schemas_at)->name);
        compare(name, print_schemas);
    }
}

/* No schema is of the whole and of no domain. */
static void schemas_are_of_domains(void **state)
{
    (void)state;
    struct arena *a = arena_new(64 << 20);
    struct json_object *whole = schemas_of(document_of(a, domains));
    for (const struct domain *const *d = domains; *d; d++) {
        struct json_object *own =
            schemas_of(document_of(a, (const struct domain *const[]){ *d, NULL }));
        json_object_object_foreach(own, name, schema)
        {
            (void)schema;
            json_object_object_del(whole, name);
        }
    }
    assert_int_equal(json_object_object_length(whole), 0);
    arena_free(a);
}

static void settings(void **state)
{
    (void)state;
    compare("settings.txt", print_settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(routes), cmocka_unit_test(openapi),
                                        cmocka_unit_test(schemas_are_of_domains),
                                        cmocka_unit_test(settings) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
