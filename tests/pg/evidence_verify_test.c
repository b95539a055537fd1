/* Packs checked without a server: what holds, and what was changed, taken out or added is named. */
#include "pg/needle.h"
#include "pg/packs.h"

#include "channels/message.h"
#include "evidence/verify.h"
#include "proof/roots.h"

#include <stdio.h>
#include <unistd.h>

static struct call admin;
static char rooted[40], removed[40], plain[40], letter[40];

static struct evidence_verdict verdict_of(const char *path)
{
    struct evidence_verdict v;
    assert_int_equal(evidence_verify(looking(), path, &v), OK);
    return v;
}

/* What is said of the entries as they are now. */
static const char *said(void)
{
    return verdict_of(repack()).sentence;
}

static void assert_said(const char *wanted)
{
    const char *sentence = said();
    assert_non_null(sentence);
    assert_string_equal(sentence, wanted);
}

static const char *line_of(const char *pattern, const char *id)
{
    const char *at = strchr(pattern, '#');
    return arena_printf(looking()->arena, "%.*s%s%s", (int)(at - pattern), pattern, id, at + 1);
}

static const char loud[] = "E'Said «so» \\\\ \"loud\"\\n.'";
static const char somewhere[] = "'{\"where\": \"Zürich\", \"n\": 1e300}'";

/* As if the first events had been written before digests were salted. */
static void was_written_before(const char *id)
{
    (void)pg_sql(
        "set session_replication_role = replica; do $$ declare e communication_events; h "
        "bytea = ''; begin for e in select * from communication_events where "
        "communication_id = '%s' order by seq loop e.prev_hash = h; if e.seq < 3 then "
        "e.version = 1; e.salt = null; e.content_hash = null; end if; h = event_digest(e); "
        "update communication_events set version = e.version, salt = e.salt, content_hash = "
        "e.content_hash, prev_hash = e.prev_hash, hash = h where id = e.id; end loop; "
        "update communications set event_head = h where id = '%s'; end $$; set "
        "session_replication_role = origin",
        id, id);
}

static void draft(char *to, int n)
{
    keep(to, pg_sql("select id from communications where delivery_status = 'DRAFT' order by id "
                    "offset %d limit 1",
                    n));
}

static void setup(void **state)
{
    int made;
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)call_session(&admin, "admin");
    draft(rooted, 0);
    draft(removed, 1);
    draft(plain, 2);
    came_long_ago_as(rooted, loud, somewhere);
    came_long_ago_as(rooted, loud, somewhere);
    fill(rooted, "kept@example.org");
    fill(removed, "gone@example.org");
    was_written_before(removed);
    assert_int_equal(roots_make(as("track_worker"), NULL, &made), OK);
    assert_true(made > 0);
}

static void what_was_not_touched_holds(void **state)
{
    (void)state;
    (void)pack_of(&admin, rooted);
    struct evidence_verdict v = verdict_of(repack());
    assert_null(v.sentence);
    assert_int_equal(v.packs, 1);
    assert_int_equal(v.events, 8);
    assert_int_equal(v.files, entry_count - 1);
    assert_int_equal(v.root_count, 1);
    assert_string_equal(
        v.roots[0].root,
        pg_sql("select encode(root, 'hex') from daily_roots where day = '%s'", v.roots[0].day));
    assert_string_equal(v.manifest, pg_sql("select after ->> 'manifestSha256' from audit_history "
                                           "where action = 'evidence.made' and entity_id = '%s'",
                                           rooted));
    (void)pack_of(&admin, plain); /* without any event */
    assert_null(said());
    assert_string_equal(entry("timeline.jsonl"), "");
}

/* ---- files ---- */

static void take_out(const char *name)
{
    struct packed *e = entry_of(name);
    assert_non_null(e);
    *e = entries[--entry_count];
}

static void put_in(const char *name, const char *text)
{
    struct packed *e = &entries[entry_count++];
    *e = (struct packed){ .bytes = str_of(text) };
    snprintf(e->name, sizeof(e->name), "%s", name);
}

static void every_file_that_was_changed_is_named(void **state)
{
    (void)state;
    (void)pack_of(&admin, rooted);
    for (int i = 0, n = entry_count; i < n; i++) {
        char name[220], text[300];
        (void)pack_of(&admin, rooted);
        keep(name, entries[i].name);
        char *bytes = arena_strndup(looking()->arena, entries[i].bytes.p, entries[i].bytes.n);
        bytes[entries[i].bytes.n / 2] ^= 1;
        entries[i].bytes.p = bytes;
        const char *sentence = said();
        assert_non_null(sentence);
        snprintf(text, sizeof(text), "%s was changed.", name);
        if (strcmp(name, "timeline.jsonl") == 0)
            assert_non_null(strstr(sentence, "ent"));
        else if (strcmp(name, "manifest.json") != 0)
            assert_string_equal(sentence, text);
    }
}

static void what_is_missing_or_added_is_named(void **state)
{
    static const struct {
        const char *out, *in, *said;
    } cases[] = {
        { "summary.pdf", NULL, "summary.pdf is missing." },
        { "timeline.jsonl", NULL, "timeline.jsonl is missing." },
        { "manifest.json", NULL, "manifest.json is missing." },
        { "content/1.txt", NULL, "content/1.txt is missing." },
        { NULL, "attachments/99.pdf", "attachments/99.pdf was added." },
        { NULL, "other/manifest.json", "other/manifest.json was added." },
        { NULL, "summary.pdf", "summary.pdf was added: it is there twice." },
        { "summary.pdf", "summary.pdf", "summary.pdf was changed." },
        { NULL, "../../etc/passwd", "An entry has a name that no pack has." },
        { NULL, "/etc/passwd", "An entry has a name that no pack has." },
        { NULL, "a//b", "An entry has a name that no pack has." },
        { NULL, "a\x1b[31m", "An entry has a name that no pack has." },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)pack_of(&admin, rooted);
        if (cases[i].out)
            take_out(cases[i].out);
        if (cases[i].in)
            put_in(cases[i].in, "hello");
        assert_said(cases[i].said);
    }
    (void)pack_of(&admin, rooted);
    put_in("link", "");
    entries[entry_count - 1].link = true;
    assert_said("link is no file.");
}

/* ---- events ---- */

static void events_that_were_changed_are_named(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        { "\"sentence\":\"Said", "\"sentence\":\"Sent", "Event 1 of message # (" },
        { "\"content\":\"[\\\"Said", "\"content\":\"[\\\"Sent", "Event 1 of message # (" },
        { "\"n\\\": 1", "\"n\\\": 2", "Event 1 of message # (" },
        { "\"grade\":\"B\"", "\"grade\":\"A\"", "Event 3 of message # (" },
        { "\\\"provider\\\", \\\"B\\\"", "\\\"provider\\\", \\\"A\\\"", "Event 3 of message # (" },
        { "\"type\":\"SENT\"", "\"type\":\"OPENED\"", "Event 4 of message # (" },
        { "\"seq\":5", "\"seq\":9", "Event 5 of message # (" },
        { "\"version\":2", "\"version\":1", "Event 1 of message # (" },
        { "{\"seq\":2", "{\"seq\":2,\"seq\":2", "Line 2 of the timeline of message # was changed" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)pack_of(&admin, rooted);
        change("timeline.jsonl", cases[i].from, cases[i].to);
        const char *sentence = said(), *wanted = line_of(cases[i].said, rooted);
        assert_non_null(sentence);
        assert_memory_equal(sentence, wanted, strlen(wanted));
        assert_non_null(strstr(sentence, "was changed"));
    }
}

/* The line of an event with its end. */
static const char *line(int n)
{
    const char *p = entry("timeline.jsonl");
    while (--n > 0)
        p = strchr(p, '\n') + 1;
    return arena_strndup(looking()->arena, p, (size_t)(strchr(p, '\n') - p + 1));
}

static void events_that_are_missing_or_added_are_named(void **state)
{
    (void)state;
    for (int n = 1; n <= 8; n++) {
        char wanted[120];
        (void)pack_of(&admin, rooted);
        change("timeline.jsonl", line(n), "");
        snprintf(wanted, sizeof(wanted), "Event %d of message %s is missing.", n, rooted);
        assert_said(wanted);
    }
    (void)pack_of(&admin, removed);
    const char *foreign = line(3);
    (void)pack_of(&admin, rooted);
    change("timeline.jsonl", line(3), arena_printf(looking()->arena, "%s%s", line(3), foreign));
    const char *sentence = said();
    assert_non_null(strstr(sentence, "was added."));
    assert_memory_equal(sentence, "Event 3 of message ", 19);
}

static void another_order_of_lines_is_a_change_of_the_file(void **state)
{
    (void)state;
    (void)pack_of(&admin, rooted);
    const char *first = line(1), *second = line(2);
    change("timeline.jsonl", arena_printf(looking()->arena, "%s%s", first, second),
           arena_printf(looking()->arena, "%s%s", second, first));
    assert_said("timeline.jsonl was changed.");
}

/* ---- what events say of files and of the message ---- */

/* As if the manifest had been written for the entries as they are now. */
static void sum_up(void)
{
    struct json_object *m = document("manifest.json"), *files = json_get(m, "files");
    for (size_t i = 0; i < json_object_array_length(files); i++) {
        unsigned char digest[SHA256_SIZE];
        struct json_object *o = json_object_array_get_idx(files, i);
        const struct packed *e = entry_of(json_text(o, "name"));
        sha256(e->bytes.p, e->bytes.n, digest);
        json_set_text(o, "sha256", hex(looking()->arena, digest, SHA256_SIZE));
        json_set_int(o, "size", (int64_t)e->bytes.n);
    }
    const char *text = arena_strdup(looking()->arena, json_object_to_json_string(m));
    entry_of("manifest.json")->bytes = str_of(text);
}

static void told(const char *id, enum event_type type, const char *key, const char *digest)
{
    struct ctx *c = as("track_worker");
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_put(detail, key, false, json_text_new(digest));
    json_set_text(detail, "channel", "SMS");
    json_set_text(detail, "provider", "sink");
    const struct timeline_event e = {
        .type = type, .source = "worker", .grade = 'A', .detail = detail
    };
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &e, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

/* A message with a letter's file and an SMS, which its events hold. */
static void held_by_events(void **state)
{
    struct ctx *c = as("track_worker");
    const struct message sms = { .subject = "", .text = "Your statement is ready." };
    (void)state;
    draft(letter, 5);
    const char *pdf = blob("%PDF-1.7 a letter"), *text = blob(sms.text);
    (void)pg_sql("update blobs set content_type = 'application/pdf' where sha256 = '%s'", pdf);
    (void)pg_sql("set track.tenant = '%s'; insert into letters (tenant_id, communication_id, "
                 "attempt_no, pages, sheets, grams, sha256) values ('%s', '%s', 1, 1, 1, 5, '%s')",
                 pg_tenant(), pg_tenant(), letter, pdf);
    (void)pg_sql("insert into sink_messages (tenant_id, communication_id, message_id, recipient, "
                 "subject, sha256, size) values ('%s', '%s', uuid7()::text, '+41', 'Bill', '%s', "
                 "5)",
                 pg_tenant(), letter, text);
    told(letter, EVENT_ENQUEUED, "why", "asked");
    told(letter, EVENT_READY_TO_PRINT, "sha256", pdf);
    told(letter, EVENT_SENT, "contentDigest", message_digest(c->arena, &sms));
    (void)pack_of(&admin, letter);
    struct evidence_verdict v = verdict_of(repack());
    assert_null(v.sentence);
    assert_int_equal(v.held, 2);
    sum_up();
    assert_null(said());
}

static const char *content_with(const char *text)
{
    for (int i = 0; i < entry_count; i++)
        if (strncmp(entries[i].name, "content/", 8) == 0 &&
            memmem(entries[i].bytes.p, entries[i].bytes.n, text, strlen(text)))
            return entries[i].name;
    return NULL;
}

static void a_file_that_an_event_speaks_against_is_named_with_it(void **state)
{
    static const struct {
        const char *text, *other, *event;
    } cases[] = { { "a letter", "a LETTER", "event 2 of message # (READY_TO_PRINT)" },
                  { "is ready", "is late", "event 3 of message # (SENT)" } };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char name[220], wanted[400];
        (void)pack_of(&admin, letter);
        keep(name, content_with(cases[i].text));
        change(name, cases[i].text, cases[i].other);
        sum_up();
        snprintf(wanted, sizeof(wanted), "%s was changed: it is not what %s holds the digest of.",
                 name, line_of(cases[i].event, letter));
        assert_said(wanted);
    }
}

static void a_mail_is_held_by_the_event_that_it_was_sent(void **state)
{
    char mail[40], wanted[400];
    (void)state;
    draft(mail, 3);
    const char *kept = blob("From: <desk@example.com>\r\n\r\nYour statement.\r\n");
    (void)pg_sql("update blobs set content_type = 'message/rfc822' where sha256 = '%s'", kept);
    (void)pg_sql("insert into sink_messages (tenant_id, communication_id, message_id, recipient, "
                 "subject, sha256, size) values ('%s', '%s', uuid7()::text, 'a@b', 'Bill', '%s', "
                 "5)",
                 pg_tenant(), mail, kept);
    told(mail, EVENT_SENT, "mailSha256", kept);
    (void)pack_of(&admin, mail);
    struct json_object *content = json_get(document("message.json"), "content");
    assert_string_equal(json_text(content, "mailSha256"), kept);
    assert_true(json_object_get_boolean(json_get(content, "mailIsHere")));
    assert_int_equal(verdict_of(repack()).held, 1);
    change("content/1.eml", "statement", "STATEMENT");
    sum_up();
    snprintf(wanted, sizeof(wanted),
             "content/1.eml was changed: it is not what event 1 of message %s (SENT) holds the "
             "digest of.",
             mail);
    assert_said(wanted);
}

static void a_message_that_events_speak_against_is_named_with_them(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        { "\"status\": \"SENT\"", "\"status\": \"DELIVERED\"",
          "message.json was changed: its status is not that of event 3 of message # (SENT)." },
        { "\"communicationId\": \"", "\"communicationId\": \"1",
          "message.json was changed: its communicationId is not that of event 3 of message # "
          "(SENT)." },
        { "\"digestSent\": \"", "\"digestSent\": \"x",
          "message.json was changed: its digestSent is not that of event 3 of message # (SENT)." },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)pack_of(&admin, letter);
        change("message.json", cases[i].from, cases[i].to);
        sum_up();
        assert_said(line_of(cases[i].said, letter));
    }
    (void)pack_of(&admin, plain);
    change("message.json", "\"DRAFT\"", "\"OPENED\"");
    sum_up();
    assert_said(
        line_of("message.json was changed: no event of message # holds its status.", plain));
}

static void what_no_event_holds_is_told(void **state)
{
    (void)state;
    (void)pack_of(&admin, rooted);
    struct evidence_verdict v = verdict_of(repack());
    assert_null(v.sentence);
    assert_int_equal(v.held, 0);
    assert_true(v.loose_count > 0);
    assert_non_null(strstr(v.loose, "content/1.txt"));
}

/* ---- the manifest ---- */

static void a_manifest_that_does_not_fit_is_told(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        { "\"events\": 8", "\"events\": 9", "Event 9 of message # is missing." },
        { "\"side\": \"", "\"side\": \"x",
          "The way from an event of message # to the root of its day was changed." },
        { "\"merkle\": \"", "\"merkle\": \"0",
          "The way from an event of message # to the root of its day was changed." },
        { "\"eventId\": \"", "\"eventId\": \"0",
          "The way from an event of message # to the root of its day was changed." },
        { "evidence/1", "evidence/2", "manifest.json is of no format that is known here.#" },
        { "\"format\"", "\"formant\"", "manifest.json was changed: it is no manifest.#" },
        { "\"files\"", "\"pages\"", "manifest.json was changed: it names no files.#" },
        { "\"name\": \"summary.pdf\"", "\"name\": \"su\\u001b[31m.pdf\"",
          "su?[31m.pdf is missing.#" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)pack_of(&admin, rooted);
        change("manifest.json", cases[i].from, cases[i].to);
        bool of_it = cases[i].said[strlen(cases[i].said) - 1] != '#';
        assert_said(line_of(cases[i].said, of_it ? rooted : ""));
    }
}

/* ---- the file as a whole ---- */

/* Where it holds, every entry is as it was: only times and the like of the ZIP were hit. */
static void same_entries(const struct packed *before, int n, struct str bytes)
{
    unpack(bytes);
    assert_int_equal(entry_count, n);
    for (int i = 0; i < n; i++) {
        assert_string_equal(entries[i].name, before[i].name);
        assert_true(str_eq(entries[i].bytes, before[i].bytes));
    }
}

static void a_damaged_file_is_refused(void **state)
{
    static struct packed before[ENTRIES];
    (void)state;
    struct str bytes = pack_of(&admin, rooted);
    const char *path = repack();
    size_t refused = 0;
    int n = entry_count;
    memcpy(before, entries, sizeof(before));
    for (size_t at = 7; at < bytes.n; at += 211) {
        char *copy = arena_strndup(looking()->arena, bytes.p, bytes.n);
        FILE *f = fopen(path, "we");
        copy[at] ^= 0x20;
        assert_int_equal(fwrite(copy, 1, bytes.n, f), bytes.n);
        assert_int_equal(fclose(f), 0);
        if (verdict_of(path).sentence)
            refused++;
        else
            same_entries(before, n, (struct str){ copy, bytes.n });
    }
    assert_true(refused > 10);
    assert_int_equal(truncate(path, (off_t)bytes.n / 2), 0);
    assert_non_null(verdict_of(path).sentence);
    assert_int_equal(truncate(path, 0), 0);
    assert_non_null(verdict_of(path).sentence);
    struct evidence_verdict v;
    assert_int_equal(evidence_verify(looking(), "/nowhere/at.zip", &v), ERR_NOT_FOUND);
}

/* ---- what retention took ---- */

static void what_was_removed_is_named_and_the_rest_holds(void **state)
{
    (void)state;
    struct ctx *c = as("track_worker");
    (void)pack_of(&admin, removed);
    assert_null(said());
    assert_non_null(strstr(entry("message.json"), "gone@example.org"));
    assert_int_equal(purge_do(c, &(struct purge){ .ids = arena_printf(c->arena, "{%s}", removed),
                                                  .layers = "content,person",
                                                  .kind = "retention",
                                                  .reason = "policy",
                                                  .communications = 1 }),
                     OK);
    (void)pack_of(&admin, removed);
    assert_null(said());
    for (int i = 0; i < entry_count; i++)
        assert_null(memmem(entries[i].bytes.p, entries[i].bytes.n, "gone@example.org", 16));
    assert_null(entry("content/1.txt"));
    struct json_object *gone = json_get(document("manifest.json"), "removed");
    assert_true(json_object_array_length(gone) >= 3);
    struct json_object *first = json_object_array_get_idx(gone, 0);
    assert_string_equal(json_text(first, "name"), "content");
    assert_string_equal(json_text(first, "why"), "removed");
    assert_string_equal(json_text(first, "digest"), "digest-of-its-words");
    assert_string_equal(json_text(json_get(document("message.json"), "content"), "digestSent"),
                        "digest-of-its-words");
    first = json_object_array_get_idx(gone, 1);
    assert_string_equal(json_text(first, "name"), "content/1.txt");
    assert_string_equal(json_text(first, "why"), "removed");
    unsigned char digest[SHA256_SIZE];
    sha256("mail to gone@example.org", 24, digest);
    assert_string_equal(json_text(first, "sha256"), hex(c->arena, digest, sizeof(digest)));
    change("timeline.jsonl", "Content removed.", "Content as it was.");
    assert_non_null(strstr(said(), "was changed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(what_was_not_touched_holds),
        cmocka_unit_test(every_file_that_was_changed_is_named),
        cmocka_unit_test(what_is_missing_or_added_is_named),
        cmocka_unit_test(events_that_were_changed_are_named),
        cmocka_unit_test(events_that_are_missing_or_added_are_named),
        cmocka_unit_test(another_order_of_lines_is_a_change_of_the_file),
        cmocka_unit_test(held_by_events),
        cmocka_unit_test(a_file_that_an_event_speaks_against_is_named_with_it),
        cmocka_unit_test(a_mail_is_held_by_the_event_that_it_was_sent),
        cmocka_unit_test(a_message_that_events_speak_against_is_named_with_them),
        cmocka_unit_test(what_no_event_holds_is_told),
        cmocka_unit_test(a_manifest_that_does_not_fit_is_told),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(what_was_removed_is_named_and_the_rest_holds),
    };
    pg_start("evidence_verify");
    call_start(domains);
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
