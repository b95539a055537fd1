/* A fuzz target's corpus as a plain test: every file once, without a fuzzer. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail_msg("cannot read %s", path);
    long size = ftell(f);
    rewind(f);
    uint8_t *bytes = malloc((size_t)size + 1); /* exact but for one, so that ASan sees an overrun */
    size_t n = fread(bytes, 1, (size_t)size, f);
    fclose(f);
    int status = LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    return status;
}

static void corpus(void **state)
{
    int files = 0;
    DIR *dir = opendir(FUZZ_CORPUS);
    (void)state;
    if (!dir)
        fail_msg("no corpus at %s", FUZZ_CORPUS);
    for (struct dirent *d; (d = readdir(dir));) {
        char path[4096];
        if (d->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, d->d_name);
        assert_int_equal(replay_file(path), 0);
        files++;
    }
    closedir(dir);
    assert_true(files > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(corpus) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
