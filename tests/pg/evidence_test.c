/* Evidence packs: what is in them, who gets them, and that the same facts make the same bytes. */
#include "pg/asking.h"
#include "pg/packs.h"

#include "track/demo.h"

#include <ctype.h>

static struct call reader, stranger;
static char mail[40], letter[40];

static struct json_object *at(struct json_object *list, size_t i)
{
    return json_object_array_get_idx(list, i);
}

/* A row of a table that names a file. */
static void has_file(const char *table, const char *id, const char *between, const char *text)
{
    struct blob b;
    assert_int_equal(store_put(pg_app()->store, looking()->arena, str_of(text), &b), OK);
    pg_sql(
        "insert into blobs (tenant_id, sha256, size, content_type) values ('%s', '%s', %zu, '%s')",
        pg_tenant(), b.sha256, b.size, b.content_type);
    pg_sql("insert into %s values ('%s', '%s', %s, '%s')", table, pg_tenant(), id, between,
           b.sha256);
}

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&reader, "agent");
    const char *id = call_session(&stranger, "agent");
    pg_sql("update users set all_buildings = false where id = '%s'", id);
    keep(mail, pg_sql("select id from communications where channel = 'EMAIL' and "
                      "delivery_status = 'BOUNCED' order by id limit 1"));
    keep(letter,
         pg_sql("select id from communications where channel = 'LETTER' order by id limit 1"));
    has_file("letters (tenant_id, communication_id, attempt_no, pages, sheets, grams, sha256)",
             letter, "1, 1, 1, 5", "%PDF-1.7 a letter");
}

static void every_file_is_named_with_its_digest(void **state)
{
    (void)state;
    (void)pack_of(&reader, mail);
    struct json_object *m = document("manifest.json"), *files = json_get(m, "files");
    assert_string_equal(json_text(m, "format"), "track-center-evidence/1");
    assert_int_equal((int)json_object_array_length(files) + 1, entry_count);
    for (size_t i = 0; i < json_object_array_length(files); i++) {
        unsigned char digest[SHA256_SIZE];
        const struct packed *e = entry_of(json_text(at(files, i), "name"));
        assert_non_null(e);
        sha256(e->bytes.p, e->bytes.n, digest);
        assert_string_equal(json_text(at(files, i), "sha256"),
                            hex(looking()->arena, digest, SHA256_SIZE));
        assert_int_equal(json_object_get_int64(json_get(at(files, i), "size")), e->bytes.n);
    }
    assert_memory_equal(entry("summary.pdf"), "%PDF", 4);
    assert_non_null(entry("attachments/1.pdf"));
    assert_non_null(entry("README.txt"));
}

static void it_says_what_the_database_says(void **state)
{
    (void)state;
    (void)pack_of(&reader, mail);
    struct json_object *m = document("message.json"), *manifest = document("manifest.json");
    assert_string_equal(json_text(m, "status"), "BOUNCED");
    assert_string_equal(json_text(m, "recipientName"),
                        pg_sql("select recipient_name from communications where id = '%s'", mail));
    assert_string_equal(
        json_text(json_get(manifest, "chain"), "head"),
        pg_sql("select encode(event_head, 'hex') from communications where id = '%s'", mail));
    long long n = 0;
    for (const char *p = entry("timeline.jsonl"); *p; p++)
        n += *p == '\n';
    assert_int_equal(n, pg_int("select event_seq from communications where id = '%s'", mail));
}

static void a_letter_has_its_file(void **state)
{
    (void)state;
    (void)pack_of(&reader, letter);
    assert_string_equal(entry("content/1.pdf"), "%PDF-1.7 a letter");
}

static void the_same_facts_make_the_same_bytes(void **state)
{
    (void)state;
    char first[65];
    keep(first, digest_of(ask_pack(&reader, mail)));
    pg_clock_shift(3600 * 1000);
    assert_string_equal(digest_of(ask_pack(&reader, mail)), first);
    pg_clock_shift(0);
}

static void capitals_in_its_id_change_nothing(void **state)
{
    char first[65], loud[40];
    (void)state;
    keep(first, digest_of(ask_pack(&reader, mail)));
    keep(loud, mail);
    for (char *p = loud; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    assert_string_equal(digest_of(ask_pack(&reader, loud)), first);
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s'", loud), 0);
}

static long long made(const char *id)
{
    return pg_int("select count(*) from audit_history where action = 'evidence.made' and "
                  "entity_id = '%s' and actor_kind = 'user'",
                  id);
}

static void who_had_it_made_is_noted(void **state)
{
    (void)state;
    long long before = made(letter);
    (void)digest_of(ask_pack(&reader, letter));
    assert_int_equal(made(letter), before + 1);
}

static void nobody_gets_what_he_may_not_see(void **state)
{
    (void)state;
    long long before = made(mail);
    assert_int_equal(ask_pack(&stranger, mail)->status, 404);
    assert_null(answer_header("X-Accel-Redirect"));
    assert_int_equal(ask_pack(&reader, "nonsense")->status, 404);
    assert_int_equal(ask_pack(&reader, "00000000-0000-0000-0000-000000000001")->status, 404);
    assert_int_equal(made(mail), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(every_file_is_named_with_its_digest),
        cmocka_unit_test(it_says_what_the_database_says),
        cmocka_unit_test(a_letter_has_its_file),
        cmocka_unit_test(the_same_facts_make_the_same_bytes),
        cmocka_unit_test(capitals_in_its_id_change_nothing),
        cmocka_unit_test(who_had_it_made_is_noted),
        cmocka_unit_test(nobody_gets_what_he_may_not_see),
    };
    pg_start("evidence");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
