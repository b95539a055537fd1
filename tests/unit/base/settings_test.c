/* Settings: what is read, from where, and which one line names a mistake. Each reading is a child
   with an environment of its own. */
#include "base/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "VEhJUlRZVFdPQllURVNPRlNFQ1JFVEtFWUZPUlRFU1Q="
#define PRINTED_MAX 8192

static const char *const least[] = { "TRACK_DATABASE_URL=host=db", "TRACK_SECRET_KEY=" SECRET,
                                     "TRACK_JWT_KEYS=a:" SECRET, NULL };

static void read_and_print(const char *const *more)
{
    clearenv();
    for (size_t i = 0; least[i]; i++)
        putenv(strdup(least[i]));
    for (; *more; more++)
        putenv(strdup(*more));
    struct arena *a = arena_new(65536);
    const struct settings *s = settings_read(a);
    if (s)
        settings_print(s, stdout);
    fflush(stdout);
    arena_free(a);
    _exit(s ? 0 : 1);
}

/* What a child prints on stdout and stderr; whether it could read its settings. */
static bool settings_of(const char *const *more, char out[PRINTED_MAX])
{
    int ends[2], status;
    size_t n = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        read_and_print(more);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], out + n, PRINTED_MAX - 1 - n)) > 0;)
        n += (size_t)got;
    out[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define WITH(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void has_defaults_and_hides_secrets(void **state)
{
    char out[PRINTED_MAX];
    (void)state;
    assert_true(settings_of(WITH("TRACK_TEST_ANY=x"), out));
    assert_non_null(strstr(out, "TRACK_WEB_CHILDREN=8  # "));
    assert_non_null(strstr(out, "TRACK_SECRET_KEY=(hidden)  # "));
    assert_non_null(strstr(out, "TRACK_DATABASE_URL=(hidden)  # "));
    assert_null(strstr(out, SECRET));
    assert_null(strstr(out, "host=db"));
}

static void flags_are_read_as_people_write_them(void **state)
{
    char out[PRINTED_MAX];
    (void)state;
    assert_true(settings_of(WITH("TRACK_TEST_ANY=x"), out));
    assert_non_null(strstr(out, "TRACK_CARRIER_DRY_RUN=true  # "));
    assert_true(settings_of(WITH("TRACK_CARRIER_DRY_RUN=off"), out));
    assert_non_null(strstr(out, "TRACK_CARRIER_DRY_RUN=false  # "));
    assert_true(settings_of(WITH("TRACK_CARRIER_DRY_RUN=1"), out));
    assert_non_null(strstr(out, "TRACK_CARRIER_DRY_RUN=true  # "));
}

/* Knock's own names are read where ours are not set; and no other name without TRACK_. */
static void what_people_know_by_another_name(void **state)
{
    (void)state;
    struct arena *a = arena_new(65536);
    const struct settings *s;
    setenv("TRACK_DATABASE_URL", "host=db", 1);
    setenv("TRACK_SECRET_KEY", SECRET, 1);
    setenv("TRACK_JWT_KEYS", "a:" SECRET, 1);
    assert_non_null(s = settings_read(a));
    assert_string_equal(s->knock_api_key, "");
    setenv("KNOCK_API_KEY", "sk_1", 1);
    setenv("KNOCK_WEBHOOK_SECRET", "plain", 1);
    setenv("TRACK_KNOCK_WEBHOOK_SECRET", "with TRACK_", 1);
    setenv("KNOCK_URL", "http://elsewhere.example", 1);
    assert_non_null(s = settings_read(a));
    assert_string_equal(s->knock_api_key, "sk_1");
    assert_string_equal(s->knock_webhook_secret, "with TRACK_");
    assert_string_equal(s->knock_url, "https://api.knock.app");
    arena_free(a);
    char out[PRINTED_MAX];
    assert_true(settings_of(WITH("KNOCK_API_KEY=sk_1"), out));
    assert_non_null(strstr(out, "TRACK_KNOCK_API_KEY=(hidden)  # "));
    assert_null(strstr(out, "sk_1"));
}

static void names_the_mistake(void **state)
{
    static const struct {
        const char *set, *said;
    } bad[] = {
        { "TRACK_DATABASE_URL=", "TRACK_DATABASE_URL: missing" },
        { "TRACK_JWT_KEYS=", "TRACK_JWT_KEYS: missing" },
        { "TRACK_JWT_KEYS=" SECRET, "TRACK_JWT_KEYS: not kid:base64 of 32 bytes" },
        { "TRACK_JWT_KEYS=a:c2hvcnQ=", "TRACK_JWT_KEYS: not kid:base64 of 32 bytes" },
        { "TRACK_JWT_KEYS=a/b:" SECRET, "TRACK_JWT_KEYS: not kid:base64 of 32 bytes" },
        { "TRACK_JWT_KEYS=a:" SECRET ",b:" SECRET ",c:" SECRET ",d:" SECRET ",e:" SECRET,
          "TRACK_JWT_KEYS: more than 4 keys" },
        { "TRACK_LOG_LEVEL=loud", "TRACK_LOG_LEVEL: not debug, info, warn or error" },
        { "TRACK_SECRET_KEY=c2hvcnQ=", "TRACK_SECRET_KEY: not 32 bytes" },
        { "TRACK_SECRET_KEY=???", "TRACK_SECRET_KEY: not 32 bytes" },
        { "TRACK_WEB_CHILDRN=8", "unknown setting TRACK_WEB_CHILDRN" },
        { "TRACK_WEB_CHILDREN=0", "TRACK_WEB_CHILDREN: \"0\" is not a number from 1 to 64" },
        { "TRACK_WEB_CHILDREN=65", "TRACK_WEB_CHILDREN" },
        { "TRACK_WEB_CHILDREN=8x", "TRACK_WEB_CHILDREN" },
        { "TRACK_WEB_CHILDREN=", "TRACK_WEB_CHILDREN" },
        { "TRACK_WEB_CHILDREN=99999999999999999999", "TRACK_WEB_CHILDREN" },
        { "TRACK_CARRIER_DRY_RUN=no", "TRACK_CARRIER_DRY_RUN: not true or false" },
        { "TRACK_CARRIER_DRY_RUN=", "TRACK_CARRIER_DRY_RUN: not true or false" },
        { "TRACK_PUBLIC_URL=ftp://x", "TRACK_PUBLIC_URL: not an http" },
        { "TRACK_PUBLIC_URL=https://x/", "TRACK_PUBLIC_URL: must not end" },
        { "TRACK_SETTINGS_FILE=/nowhere/at/all", "cannot read /nowhere/at/all" },
    };
    char out[PRINTED_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(settings_of(WITH(bad[i].set), out));
        if (!strstr(out, bad[i].said) || strchr(out, '\n') != out + strlen(out) - 1)
            fail_msg("%s: %s", bad[i].set, out);
    }
}

static const char *file_of(const char *text)
{
    static char setting[64];
    char path[] = "/tmp/settings-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    snprintf(setting, sizeof(setting), "TRACK_SETTINGS_FILE=%s", path);
    return setting;
}

static bool from_file(const char *text, char out[PRINTED_MAX])
{
    const char *setting = file_of(text);
    bool good = settings_of(WITH(setting, "TRACK_HOOK_CHILDREN=3"), out);
    unlink(strchr(setting, '=') + 1);
    return good;
}

static void environment_before_file(void **state)
{
    char out[PRINTED_MAX];
    (void)state;
    assert_true(from_file("# a comment\n\nTRACK_HOOK_CHILDREN=5\r\nTRACK_WEB_CHILDREN=6\n", out));
    assert_non_null(strstr(out, "TRACK_HOOK_CHILDREN=3  # "));
    assert_non_null(strstr(out, "TRACK_WEB_CHILDREN=6  # "));
    assert_false(from_file("WEB_CHILDREN=6\n", out));
    assert_non_null(strstr(out, "not a TRACK_NAME=value line: WEB_CHILDREN\n")); /* or a secret's */
    char *text = malloc(5000);
    assert_non_null(text);
    snprintf(text, 5000, "TRACK_LOG_LEVEL=%04900d\n", 0);
    assert_false(from_file(text, out));
    assert_non_null(strstr(out, "a line is longer than 4094 bytes"));
    free(text);
    assert_false(from_file("TRACK_NONE=6\n", out));
    assert_non_null(strstr(out, "unknown setting TRACK_NONE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults_and_hides_secrets),
        cmocka_unit_test(flags_are_read_as_people_write_them),
        cmocka_unit_test(what_people_know_by_another_name),
        cmocka_unit_test(names_the_mistake),
        cmocka_unit_test(environment_before_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
