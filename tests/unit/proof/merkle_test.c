/* Trees over a stream against the definition of RFC 6962 §2.1, and every path checked upward. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "proof/merkle.h"

#include <string.h>

#define MOST 70

static unsigned char leaves[MOST][SHA256_SIZE];

static void node(unsigned char prefix, const unsigned char *a, const unsigned char *b,
                 unsigned char out[SHA256_SIZE])
{
    unsigned char all[1 + 2 * SHA256_SIZE] = { prefix };
    memcpy(all + 1, a, SHA256_SIZE);
    if (b)
        memcpy(all + 1 + SHA256_SIZE, b, SHA256_SIZE);
    sha256(all, b ? sizeof(all) : 1 + SHA256_SIZE, out);
}

/* The definition, word by word: split at the largest power of two below n. */
static void tree(size_t from, size_t n, unsigned char out[SHA256_SIZE])
{
    unsigned char left[SHA256_SIZE], right[SHA256_SIZE];
    size_t k = 1;
    if (n == 0) {
        sha256("", 0, out);
        return;
    }
    if (n == 1) {
        node(0, leaves[from], NULL, out);
        return;
    }
    while (k * 2 < n)
        k *= 2;
    tree(from, k, left);
    tree(from + k, n - k, right);
    node(1, left, right, out);
}

static void climb(const struct merkle *m, unsigned char at[SHA256_SIZE])
{
    for (int i = 0; i < m->steps; i++) {
        const struct merkle_step *s = &m->path[i];
        node(1, s->left ? s->hash : at, s->left ? at : s->hash, at);
    }
}

static void paths_lead_to_the_root(void **state)
{
    (void)state;
    for (size_t n = 0; n < MOST; n++)
        for (size_t wanted = 0; wanted < (n ? n : 1); wanted++) {
            unsigned char expected[SHA256_SIZE], root[SHA256_SIZE], at[SHA256_SIZE];
            struct merkle m = { .path_wanted = true, .wanted = wanted };
            for (size_t i = 0; i < n; i++)
                merkle_add(&m, leaves[i], SHA256_SIZE);
            tree(0, n, expected);
            merkle_root(&m, root);
            assert_memory_equal(root, expected, SHA256_SIZE);
            if (n == 0)
                continue;
            memcpy(at, m.leaf, SHA256_SIZE);
            climb(&m, at);
            assert_memory_equal(at, root, SHA256_SIZE);
        }
}

static void whole_trees_have_the_same_paths(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (size_t n = 1; n < MOST; n++) {
        struct buf hashes = buf_in(a);
        struct merkle_levels t;
        for (size_t wanted = 0; wanted < n; wanted++) {
            struct merkle_step steps[MERKLE_HEIGHT];
            unsigned char root[SHA256_SIZE];
            struct merkle m = { .path_wanted = true,
                                .wanted = wanted,
                                .keep = wanted ? NULL : &hashes };
            for (size_t i = 0; i < n; i++)
                merkle_add(&m, leaves[i], SHA256_SIZE);
            merkle_root(&m, root);
            if (wanted == 0)
                merkle_levels(a, (const unsigned char *)hashes.p, n, &t);
            assert_int_equal(merkle_find(&t, m.leaf), wanted);
            assert_int_equal(merkle_path(&t, wanted, steps), m.steps);
            for (int i = 0; i < m.steps; i++) {
                assert_int_equal(steps[i].left, m.path[i].left);
                assert_memory_equal(steps[i].hash, m.path[i].hash, SHA256_SIZE);
            }
            assert_int_equal(merkle_find(&t, root), n == 1 ? 0 : -1);
        }
    }
    arena_free(a);
}

/* The tree of nothing, and of one empty leaf: values of the RFC's authors' test vectors. */
static void known_values(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    unsigned char root[SHA256_SIZE];
    struct merkle m = { 0 };
    merkle_root(&m, root);
    assert_string_equal(hex(a, root, SHA256_SIZE),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    m = (struct merkle){ 0 };
    merkle_add(&m, (const unsigned char *)"", 0);
    merkle_root(&m, root);
    assert_string_equal(hex(a, root, SHA256_SIZE),
                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_the_root),
        cmocka_unit_test(whole_trees_have_the_same_paths),
        cmocka_unit_test(known_values),
    };
    crypto_init();
    for (unsigned i = 0; i < MOST; i++)
        sha256(&i, sizeof(i), leaves[i]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
