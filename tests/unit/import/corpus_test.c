/* The corpus of the import's fuzz target, each file once. */
#include "fuzz/import.c"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_file_of_the_corpus(void **state)
{
    (void)state;
    static const char folder[] = TEST_SOURCE_DIR "/tests/fuzz/corpus/import";
    struct arena *a = arena_new(64 << 20);
    struct dirent *entry;
    int files = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while ((entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        FILE *f = fopen(arena_printf(a, "%s/%s", folder, entry->d_name), "rb");
        assert_non_null(f);
        char *bytes = arena_alloc(a, 1 << 20);
        size_t n = fread(bytes, 1, 1 << 20, f);
        fclose(f);
        assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)bytes, n), 0);
        files++;
    }
    closedir(d);
    arena_free(a);
    assert_true(files >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_file_of_the_corpus) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
