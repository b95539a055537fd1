/* Whole addresses, in C and in the database alike; and what forgetting a person takes of the files
   that hold many, or leaves. */
#include "pg/needle.h"

#include "proof/address.h"
#include "proof/anew.h"

/* ---- the rule ---- */

static const char *const of_him[] = {
    "a@b.ch",           "Dear A@B.ch, hello",
    "<a@b.ch>",         "to a@b.ch.",
    "?to=a%40b.ch&x=1", "q=%22a@b.ch%22",
    "Dear\\na@b.ch",    "(a@b.ch)",
    "'a@b.ch'",         "mailto:a@b.ch",
    "\\303\\274a@b.ch", "-a@b.ch-",
    "a@b.ch/a.a",       "a@b.ch-Ring twice",
    "a\\u0040b.ch",     "x \\\\u00e9a@b.ch",
    "x;a@b.ch;y",       "üa@b.ch",
    "anna@b.ch a@b.ch", "a@b.ch\\u00e9",
    "\"a@b.ch\"",       "%C3%BCa@b.ch%C3%BC",
};
static const char *const of_others[] = {
    "anna@b.ch",
    "x.a@b.ch",
    "shop+a@b.ch",
    "shop\\u002ba@b.ch",
    "a@b.ch.example",
    "a@b.chalet.example",
    "a@b.ch-x.example",
    "anna%40b.ch",
    "x%2Ba%40b.ch",
    "anna@b.ch, x-a@b.ch",
    "a@b-ch",
    "a b.ch",
    "1a@b.ch",
    "A@B.chx",
    "anna@b.ch;x.a@b.ch;ca@b.ch",
};
static const char *const number_of_him[] = {
    "+41791234567",
    "+41 79 123 45 67",
    "0041791234567",
    "00 41 79 123 45 67",
    "0791234567",
    "079 123 45 67",
    "079/123.45.67",
    "079-123-45-67",
    "(079) 123 45 67",
    "+41 (0)79 123 45 67",
    "+41(0)791234567",
    "41791234567",
    "791234567",
    "%2B41791234567",
    "\\u002B41791234567",
    "tel:+41-79-123-45-67",
    "Call 079 123 45 67.",
    "{\"phone\": \"079\\u00a0123\\u00a045\\u00a067\"}",
    "079\xC2\xA0"
    "123\xC2\xA0"
    "45\xC2\xA0"
    "67",
    "\\u00a00791234567",
    "8001 Z\xC3\xBCrich;0791234567;12",
    "079'123'45'67",
    "044 123 45 67 / 079 123 45 67",
};
static const char *const number_of_others[] = {
    "+417912345678", "+41 79 123 45 678", "1+0",
    "0079123456",    "+41791234568",      "10791234567",
    "4179123456",    "179123456712",      "079 123 45 6",
    "+411791234567", "5541791234567123",  "00410791234568",
    "79,123,45,67",  "079 123 45 6789",   "CHE-079.123.456.7890",
};
static const char *const short_of_him[] = { "+423 12345", "00423 12345", "42312345" };
static const char *const short_of_others[] = { "12345", "012345", "8001 12345 x" };

static void told(const char *address, const char *const *texts, size_t n, bool expected)
{
    struct ctx *c = as("track_worker");
    struct buf room = buf_in(c->arena);
    const char *const list[] = { "nobody@example.org", address, NULL };
    for (size_t i = 0; i < n; i++) {
        bool in_c = address_stands(str_of(texts[i]), list, &room);
        bool in_sql = strcmp(pg_sql("select holds_address($x$%s$x$, '{nobody@example.org,%s}')",
                                    texts[i], address),
                             "t") == 0;
        if (in_c != expected || in_sql != expected)
            fail_msg("%s in “%s”: C says %d, the database %d", address, texts[i], in_c, in_sql);
    }
}
#define TOLD(address, texts, expected)                                                             \
    told(address, texts, sizeof(texts) / sizeof((texts)[0]), expected)

static void whole_addresses_are_found_in_c_as_in_the_database(void **state)
{
    (void)state;
    TOLD("a@b.ch", of_him, true);
    TOLD("a@b.ch", of_others, false);
    TOLD("+41791234567", number_of_him, true);
    TOLD("+41791234567", number_of_others, false);
    TOLD("+42312345", short_of_him, true);
    TOLD("+42312345", short_of_others, false);
    TOLD("+3906123456", ((const char *const[]){ "06 123456", "+39 06 123456" }), true);
    TOLD("+12125550100", ((const char *const[]){ "(212) 555-0100", "1-212-555-0100" }), true);
}

/* ---- files that were imported ---- */

static const char *imported(const char *name, struct str bytes)
{
    struct blob b;
    struct ctx *c = as("track_worker");
    assert_int_equal(store_put(pg_app()->store, c->arena, bytes, &b), OK);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type, created_at) values "
                 "('%s', '%s', %zu, 'text/csv', " OLD ") on conflict do nothing",
                 pg_tenant(), b.sha256, b.size);
    return arena_strdup(c->arena, pg_sql("insert into imports (tenant_id, file_name, file_sha256, "
                                         "state, preview) values ('%s', '%s', '%s', 'COMMITTED', "
                                         "'{}') returning id",
                                         pg_tenant(), name, b.sha256));
}

static void corrected(const char *id, const char *value)
{
    (void)pg_sql("insert into import_corrections (tenant_id, import_id, line, column_name, value, "
                 "was) values ('%s', '%s', 2, 'email', '%s', '?')",
                 pg_tenant(), id, value);
}

static struct str utf16(const char *ascii)
{
    struct buf b = buf_in(as("track_worker")->arena);
    buf_put(&b, "\xFF\xFE", 2);
    for (; *ascii; ascii++)
        buf_put(&b, (const char[]){ *ascii, '\0' }, 2);
    return buf_str(&b);
}

/* Longer than any piece that a file is read by, with a row across the border of each. */
static struct str long_file(const char *last)
{
    struct buf b = buf_in(as("track_worker")->arena);
    buf_puts(&b, "name,email,phone\n");
    for (int i = 0; b.n < ((size_t)200 << 10); i++)
        buf_printf(&b, "Row %d,person%d@example.com,+4144%07d\n", i, i, i);
    buf_puts(&b, last);
    return buf_str(&b);
}

static void forget(const struct person *who)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_ask(c, who, &d)), OK);
    work();
    assert_string_equal(
        pg_sql("select coalesce(error, state) from erasures where id = '%s'", json_text(d, "id")),
        "DONE");
}

static void left_are(const char *names)
{
    assert_string_equal(pg_sql("select coalesce(string_agg(file_name, ' ' order by file_name), '') "
                               "from imports where files_removed_at is null"),
                        names);
}

static void forget_imports(void)
{
    (void)pg_sql("delete from import_corrections");
    (void)pg_sql("delete from imports");
}

static void a_file_of_others_alone_stays(void **state)
{
    (void)state;
    forget_imports();
    imported("anna", STR("name,email\nAnna,anna@b.ch\nX,x.a@b.ch\n"));
    imported("anna16", utf16("name;email\nAnna;anna@b.ch\n"));
    imported("anna-long", long_file("Anna,anna@b.ch,\n"));
    corrected(imported("anna-mended", STR("name,email\nAnna,anna@\n")), "anna@b.ch");
    imported("him", STR("name,email\nA,\"A@B.ch\"\n"));
    imported("him16", utf16("name;email\nA;a@b.ch\n"));
    imported("him1252", STR("name;email\nZ\xFCrcher;a@b.ch\n"));
    imported("him-long", long_file("A,a@b.ch,\n"));
    imported("him-quoted", STR("name,email\n\"A \"\"the first\"\"\",a@b.ch\n"));
    corrected(imported("him-mended", STR("name,email\nA,a@\n")), "a@b.ch");
    forget(&(struct person){ .email = "A@b.ch" });
    left_are("anna anna-long anna-mended anna16");
    forget(&(struct person){ .email = "anna@b.ch" });
    left_are("");
}

/* What nobody can read holds whoever it may hold. */
static void a_file_that_cannot_be_read_goes(void **state)
{
    (void)state;
    forget_imports();
    imported("fine", STR("name,email\nAnna,anna@b.ch\n"));
    imported("never-closed", STR("name,email\n\"Anna,anna@b.ch\n"));
    imported("workbook", STR("PK\x03\x04 and more"));
    imported("zeros", STR("name,email\nA\0B,anna@b.ch\n"));
    forget(&(struct person){ .email = "a@b.ch" });
    left_are("fine");
}

static void numbers_are_found_as_they_are_written(void **state)
{
    (void)state;
    forget_imports();
    imported("longer", STR("name,phone\nAnna,+417912345678\nX,079 123 45 68\n"));
    imported("plain", STR("name,phone\nA,+41791234567\n"));
    imported("spaces", STR("name,phone\nA,+41 79 123 45 67\n"));
    imported("zeros", STR("name,phone\nA,0041 79 123 45 67\n"));
    imported("home", STR("name;phone\nA;079 123 45 67\n"));
    imported("home16", utf16("name;phone\nA;079/123 45 67\n"));
    imported("nbsp1252", STR("name;phone\nZ\xFC;079\xA0"
                             "123\xA0"
                             "45\xA0"
                             "67\n"));
    imported("long", long_file("A,,079 123 45 67\n"));
    corrected(imported("mended", STR("name,phone\nA,79\n")), "(079) 123 45 67");
    forget(&(struct person){ .phone = "+41791234567" });
    left_are("longer");
}

/* As a file may write what messages have as the DNS knows it. */
static void a_domain_with_accents_is_found(void **state)
{
    (void)state;
    forget_imports();
    imported("accents", STR("name,email\nEva,Eva@Z\xC3\xBCrich.example\n"));
    imported("of-another", STR("name,email\nEva,Maeva@Z\xC3\xBCrich.example\n"));
    forget(&(struct person){ .email = "eva@xn--zrich-kva.example" });
    left_are("of-another");
}

/* Who got letters alone has neither address nor number: his unit tells of him. */
static void a_unit_is_found_in_a_file(void **state)
{
    (void)state;
    forget_imports();
    char unit[40];
    struct ctx *c = as("track_worker");
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    keep(unit, pg_sql("select u.id from units u where exists (select from communications c where "
                      "c.unit_id = u.id and c.channel = 'LETTER') order by id limit 1"));
    const char *code = arena_strdup(
        c->arena, pg_sql("select b.code from buildings b join units u on u.building_id = b.id "
                         "where u.id = '%s'",
                         unit));
    const char *number =
        arena_strdup(c->arena, pg_sql("select number from units where id = '%s'", unit));
    imported("his", str_of(arena_printf(c->arena, "b,u,n\nX,1,Y\n%s, %s ,A\n", code, number)));
    imported("neighbour",
             str_of(arena_printf(c->arena, "b,u,n\n%s,%s1,A\nQQ,%s,B\n", code, number, number)));
    corrected(imported("mended", str_of(arena_printf(c->arena, "b,u,n\n%s,?,A\n", code))), number);
    forget(&(struct person){ .unit_id = unit });
    left_are("neighbour");
}

/* ---- bundles ---- */

static const char *bundle_of(struct str lines)
{
    struct blob b;
    struct bundle *bundle;
    struct ctx *c = as("track_worker");
    assert_int_equal(bundle_begin(c, &bundle), OK);
    assert_int_equal(bundle_add(bundle, "communications-0001.jsonl", lines), OK);
    assert_int_equal(bundle_end(bundle, &b), OK);
    return arena_strdup(c->arena, b.sha256);
}

/* The messages of a bundle in which one stands, as {"communication": {"id": …}}. */
static const char *told_by(const char *sha256, const char *address)
{
    struct ctx *c = as("track_worker");
    struct json_object *ids = json_own(c->arena, json_object_new_array());
    const struct sought who = { .addresses = (const char *const[]){ address, NULL } };
    assert_int_equal(bundle_tells(c, NULL, sha256, &who, ids), OK);
    return json_compact(c->arena, ids);
}

#define HE "00000000-0000-7000-8000-000000000001"
#define SHE "00000000-0000-7000-8000-000000000002"

static struct str line_of(size_t before, const char *id, const char *email)
{
    struct buf b = buf_in(as("track_worker")->arena);
    buf_puts(&b, "{");
    while (b.n < before)
        buf_putc(&b, ' ');
    buf_printf(&b, "\"communication\": {\"id\": \"%s\", \"email\": \"%s\"}}\n", id, email);
    return buf_str(&b);
}

static void a_bundle_tells_of_him_alone(void **state)
{
    (void)state;
    struct buf b = buf_in(as("track_worker")->arena);
    struct str him = line_of(0, HE, "a@b.ch"), her = line_of(0, SHE, "anna@b.ch");
    buf_put(&b, him.p, him.n);
    buf_put(&b, her.p, her.n);
    const char *both = bundle_of(buf_str(&b));
    assert_string_equal(told_by(both, "a@b.ch"), "[\"" HE "\"]");
    assert_string_equal(told_by(both, "anna@b.ch"), "[\"" SHE "\"]");
    assert_string_equal(told_by(both, "b@b.ch"), "[]");
    for (size_t at = 65536 - 80; at <= 65536; at++) { /* across what is read at once */
        const char *sha256 = bundle_of(line_of(at, SHE, "anna@b.ch"));
        assert_string_equal(told_by(sha256, "a@b.ch"), "[]");
        assert_string_equal(told_by(sha256, "anna@b.ch"), "[\"" SHE "\"]");
    }
}

/* One that nobody can read goes, whoever is forgotten. */
static void a_bundle_that_cannot_be_read_goes(void **state)
{
    (void)state;
    struct blob b;
    struct ctx *c = as("track_worker");
    const char *fine = bundle_of(line_of(0, SHE, "anna@b.ch"));
    struct str bytes;
    assert_int_equal(store_get(pg_app()->store, c->arena, fine, &bytes), OK);
    assert_int_equal(
        store_put(pg_app()->store, c->arena, (struct str){ bytes.p, bytes.n - 20 }, &b), OK);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type) values ('%s', '%s', 1, "
                 "'application/gzip')",
                 pg_tenant(), b.sha256);
    const char *id = arena_strdup(
        c->arena, pg_sql("insert into archives (tenant_id, building_id, batch_id, year, sha256, "
                         "size, communications, files) values ('%s', uuid7(), uuid7(), 2014, '%s', "
                         "1, 1, 0) returning id",
                         pg_tenant(), b.sha256));
    forget(&(struct person){ .email = "nobody@example.org" });
    assert_int_equal(
        pg_int("select count(*) from archives where id = '%s' and removed_at is not null", id), 1);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'archive.removed' "
                            "and entity_id = '%s'",
                            id),
                     1);
}

/* ---- who is asked for ---- */

static void an_address_is_asked_for_as_messages_have_it(void **state)
{
    (void)state;
    static const struct {
        struct person who;
        const char *field;
    } wrong[] = {
        { { .phone = "079 123 45 67" }, "phone" }, { { .phone = "call me" }, "phone" },
        { { .phone = "a@b.ch" }, "phone" },        { { .email = "a b@c" }, "email" },
        { { .email = "+41791234567" }, "email" },
    };
    for (size_t i = 0; i < 5; i++) {
        struct json_object *d;
        struct ctx *c = as("track_web");
        db_begin(c->db, pg_tenant());
        assert_int_equal(erasure_ask(c, &wrong[i].who, &d), ERR_INVALID);
        assert_string_equal(c->problem.faults[0].field, wrong[i].field);
        db_rollback(c->db);
    }
    forget_imports();
    imported("one", STR("name,phone\nA,079 123 45 67\n"));
    forget(&(struct person){ .phone = " 0041 79 123 45 67 " });
    left_are("");
    imported("two", STR("name,email\nA,eva@z\xC3\xBCrich.example\n"));
    forget(&(struct person){ .email = "Eva@Z\xC3\xBCrich.example" });
    left_are("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_addresses_are_found_in_c_as_in_the_database),
        cmocka_unit_test(a_file_of_others_alone_stays),
        cmocka_unit_test(a_file_that_cannot_be_read_goes),
        cmocka_unit_test(numbers_are_found_as_they_are_written),
        cmocka_unit_test(a_domain_with_accents_is_found),
        cmocka_unit_test(a_unit_is_found_in_a_file),
        cmocka_unit_test(a_bundle_tells_of_him_alone),
        cmocka_unit_test(a_bundle_that_cannot_be_read_goes),
        cmocka_unit_test(an_address_is_asked_for_as_messages_have_it),
    };
    pg_start("proof_addresses");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
