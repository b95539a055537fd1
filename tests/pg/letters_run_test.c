/* Letters from sending to the post and back, on a real Postgres, with the worker's own loop and
   real PDFs. */
#include "pg/asking.h"

#include "base/json.h"
#include "jobs/jobs.h"
#include "letters/letters.h"
#include "paper/letter.h"
#include "store/store.h"
#include "track/batch.h"
#include "track/demo.h"
#include "track/letter.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OURS "(select id from communications where batch_id = '%s' and channel like 'LETTER%%')"

static char batch_id[40], other_batch[40], run_id[40], no_street[40], bad_pdf[40];

/* A person who sees every building, unless `granted` names one. */
static struct ctx *person(const char *granted)
{
    struct ctx *c = pg_ctx("track_web");
    c->actor = (struct actor){ .kind = ACTOR_USER,
                               .role = ROLE_AGENT,
                               .id = pg_user(),
                               .name = "Olga",
                               .all_buildings = !granted };
    (void)pg_sql("delete from building_grants");
    if (granted)
        (void)pg_sql("insert into building_grants select tenant_id, '%s', id from buildings "
                     "where code = '%s'",
                     pg_user(), granted);
    return c;
}

static enum err in_transaction(struct ctx *c, enum err (*work_)(struct ctx *, void *), void *of)
{
    db_begin(c->db, pg_tenant());
    return db_end(c->db, work_(c, of));
}

static enum err send(struct ctx *c, void *id)
{
    long long queued;
    return batch_send(c, id, &queued);
}

/* Two batches of letters, a registered one among them; one with a PDF that is none. */
static void fixtures(void **state)
{
    (void)state;
    struct blob blob;
    struct ctx *c = pg_ctx("track_owner");
    assert_int_equal(demo_load(c), OK);
    pg_look_into_files();
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    keep(batch_id, pg_sql("select p.id from communication_batches p where state = 'DRAFT'"));
    keep(other_batch, pg_sql("select p.id from communication_batches p join buildings b on "
                             "b.id = p.building_id where b.code = 'LH-12' order by year limit 1"));
    (void)pg_sql(
        "set local session_replication_role = replica; delete from communication_events e using "
        "communications c where c.id = e.communication_id and c.batch_id = '%s'",
        other_batch);
    (void)pg_sql("update communications set delivery_status = 'DRAFT', event_seq = 0, event_head = "
                 "'', error = null where batch_id = '%s'",
                 other_batch);
    (void)pg_sql("update suppressions set lifted_at = now()");
    (void)pg_sql("update communications c set channel = 'LETTER' where channel = 'EMAIL' and "
                 "batch_id in ('%s', '%s') and not exists (select from communications o where "
                 "o.unit_id = c.unit_id and o.year = c.year and o.channel = 'LETTER')",
                 batch_id, other_batch);
    (void)pg_sql("update communications set channel = 'LETTER_WITH_RECEIPT' where id = (select id "
                 "from communications where batch_id = '%s' and channel = 'LETTER' order by id "
                 "limit 1)",
                 batch_id);
    keep(no_street, pg_sql("select id from communications where batch_id = '%s' and channel = "
                           "'LETTER' order by id limit 1",
                           batch_id));
    keep(bad_pdf, pg_sql("select id from communications where batch_id = '%s' and channel = "
                         "'LETTER' order by id offset 1 limit 1",
                         batch_id));
    assert_int_equal(store_put(pg_app()->store, c->arena, STR("%PDF-1.4 is none"), &blob), OK);
    (void)pg_sql("insert into blobs values ('%s', '%s', 16, 'application/pdf')", pg_tenant(),
                 blob.sha256);
    (void)pg_sql(
        "set local session_replication_role = replica; update communication_attachments set "
        "sha256 = '%s', file_name = 'broken.pdf' where communication_id = '%s'",
        blob.sha256, bad_pdf);
}

static void letters_are_made_and_what_cannot_be_says_why(void **state)
{
    (void)state;
    struct str pdf;
    struct ctx *c = person(NULL);
    assert_int_equal(in_transaction(c, send, batch_id), OK);
    assert_int_equal(in_transaction(c, send, other_batch), OK);
    (void)pg_sql("update communications set street = '', city = ' ' where id = '%s'", no_street);
    work();
    assert_int_equal(pg_int("select count(*) from communications where delivery_status = "
                            "'ENQUEUED'"),
                     0);
    assert_string_equal(
        pg_sql("select error ->> 'sentence' from communications where id = '%s'", no_street),
        "The recipient's address lacks the street, the city.");
    assert_string_equal(pg_sql("select delivery_status || (error ->> 'badAddress') from "
                               "communications where id = '%s'",
                               no_street),
                        "FAILEDtrue");
    const char *why =
        pg_sql("select error ->> 'sentence' from communications where id = '%s'", bad_pdf);
    assert_memory_equal(why, "broken.pdf cannot be printed. ", 30);
    assert_string_equal(
        pg_sql("select delivery_status from communications where id = '%s'", bad_pdf), "FAILED");
    long long made = pg_int("select count(*) from letters");
    assert_true(made > 12);
    assert_int_equal(pg_int("select count(*) from letters l join communications c on c.id = "
                            "l.communication_id join communication_events e on e.communication_id "
                            "= c.id and e.type = 'READY_TO_PRINT' and e.detail ->> 'sha256' = "
                            "l.sha256 where c.delivery_status = 'SENT' and l.pages = 3 and "
                            "l.sheets = 2 and l.grams between 14.9 and 15.1"),
                     made);
    assert_int_equal(
        store_get(pg_app()->store, c->arena, pg_sql("select sha256 from letters limit 1"), &pdf),
        OK);
    assert_memory_equal(pdf.p, "%PDF-", 5);
}

static enum err start(struct ctx *c, void *of)
{
    const char *id;
    const struct print_run_new *n = of;
    enum err e = print_run_add(c, n, &id);
    if (e == OK)
        keep(run_id, id);
    return e;
}

/* Its envelope would bear no address. */
static void a_letter_that_was_emptied_is_not_printed(void **state)
{
    (void)state;
    char id[40];
    keep(id, pg_sql("select communication_id from letters order by communication_id limit 1"));
    const char *ids[] = { id, NULL };
    struct print_run_new one = { .order = "walk", .ids = ids };
    struct ctx *c = person(NULL);
    (void)pg_sql("update communications set person_removed_at = now(), removed_by = 'x' where id = "
                 "'%s'",
                 id);
    assert_int_equal(in_transaction(c, start, &one), ERR_INVALID);
    (void)pg_sql("update communications set person_removed_at = null where id = '%s'", id);
}

/* Four at once: each letter is in one run, and in one only. */
static void letters_get_into_one_run(void **state)
{
    (void)state;
    struct print_run_new all = { .order = "walk" };
    pid_t children[4];
    long long ready = pg_int("select count(*) from letters");
    for (size_t i = 0; i < 4; i++) {
        struct ctx *c = person(NULL); /* its connection opens with its first use: in the child */
        if ((children[i] = fork()) == 0) {
            enum err e = in_transaction(c, start, &all);
            _exit(e == OK ? 0 : e == ERR_CONFLICT ? 1 : 2);
        }
    }
    int won = 0, status;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        won += WEXITSTATUS(status) == 0;
    }
    assert_int_equal(won, 1);
    assert_int_equal(pg_int("select count(*) from print_pieces"), ready);
    assert_int_equal(pg_int("select count(distinct communication_id) from print_pieces"), ready);
    assert_int_equal(pg_int("select max(seq) from print_pieces"), ready);
    keep(run_id, pg_sql("select id from print_runs"));
    assert_string_equal(pg_sql("select state from print_runs"), "MAKING");
}

static enum err cancel(struct ctx *c, void *id)
{
    return print_run_cancel(c, id);
}

static void a_cancelled_run_frees_its_letters(void **state)
{
    (void)state;
    struct print_run_new all = { .order = "postcode" };
    struct ctx *c = person(NULL);
    long long ready = pg_int("select count(*) from letters");
    assert_int_equal(in_transaction(c, cancel, run_id), OK);
    assert_int_equal(in_transaction(c, cancel, run_id), ERR_CONFLICT);
    assert_int_equal(pg_int("select count(*) from letters where run_id is null"), ready);
    work(); /* its job makes nothing of it */
    assert_string_equal(pg_sql("select state from print_runs"), "CANCELLED");
    assert_int_equal(in_transaction(c, start, &all), OK);
    assert_int_equal(pg_int("select count(*) from letters where run_id = '%s'", run_id), ready);
    work();
    assert_string_equal(pg_sql("select state from print_runs where id = '%s'", run_id), "READY");
    assert_int_equal(pg_int("select count(*) from print_pieces p where run_id = '%s' and page is "
                            "not null and page %% 2 = 1",
                            run_id),
                     ready);
    assert_string_equal(pg_sql("select count(*) = count(distinct page) from print_pieces where "
                               "run_id = '%s'",
                               run_id),
                        "t");
    assert_string_equal(pg_sql("select array_agg(sort_group order by seq) = array_agg(sort_group "
                               "order by sort_group, seq) from print_pieces where run_id = '%s'",
                               run_id),
                        "t");
}

static enum err get(struct ctx *c, void *id)
{
    struct json_object *d;
    return print_run_get(c, id, &d);
}

static enum err pieces(struct ctx *c, void *id)
{
    struct json_object *d;
    return print_run_pieces(c, id, 0, &d);
}

/* The file shows every letter: who may see some buildings of a run sees none of it. */
static void a_run_is_for_who_may_see_all_of_it(void **state)
{
    (void)state;
    struct json_object *list;
    struct ctx *c = person("LH-12");
    const struct print_run_query q = { .building = NULL };
    assert_int_equal(in_transaction(c, get, run_id), ERR_NOT_FOUND);
    assert_int_equal(in_transaction(c, pieces, run_id), ERR_NOT_FOUND);
    assert_int_equal(in_transaction(c, cancel, run_id), ERR_NOT_FOUND);
    db_begin(c->db, pg_tenant());
    assert_int_equal(print_run_list(c, &q, &list), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(json_object_array_length(json_get(list, "runs")), 0);
    (void)pg_sql("insert into building_grants select tenant_id, '%s', id from buildings where code "
                 "= 'RG-7'",
                 pg_user());
    assert_int_equal(in_transaction(c, get, run_id), OK);
    assert_int_equal(in_transaction(c, pieces, run_id), OK);
    (void)pg_sql("delete from building_grants");
    assert_int_equal(in_transaction(c, get, run_id), ERR_NOT_FOUND);
}

static enum err printed(struct ctx *c, void *id)
{
    return print_run_printed(c, id);
}

struct lodging {
    const char *id;
    long accepted;
    const struct upload *slip;
    const char *missing;
};

static enum err lodged(struct ctx *c, void *of)
{
    const struct lodging *l = of;
    const struct lodgement at = { .accepted = l->accepted, .missing = l->missing };
    return print_run_lodged(c, l->id, &at, l->slip);
}

static enum err close_unexplained(struct ctx *c, void *id)
{
    return print_run_close(c, id, " ");
}

static enum err close_explained(struct ctx *c, void *id)
{
    return print_run_close(c, id, "One was torn and is sent again.");
}

/* Asked for again while its letter was with the printer: what the run tells is about the earlier
   one. */
static void resend_one(char *id)
{
    struct ctx *c = pg_ctx("track_worker");
    const struct timeline_event again = { .type = EVENT_RESEND_REQUESTED,
                                          .source = "user",
                                          .grade = 'A' };
    keep(id, pg_sql("select communication_id from print_pieces where run_id = '%s' order by seq "
                    "limit 1",
                    run_id));
    db_begin(c->db, pg_tenant());
    assert_int_equal(timeline_append(c, id, &again, NULL), OK);
    assert_int_equal(db_commit(c->db), OK);
}

static long long told(const char *type)
{
    return pg_int("select count(*) from communication_events e join print_pieces p on "
                  "p.communication_id = e.communication_id and p.run_id = '%s' where e.type = '%s'",
                  run_id, type);
}

/* How many of the run's letters are so far, of those that no other letter followed. */
static long long papers(const char *paper)
{
    return pg_int("select count(*) from print_pieces p join communications c on c.id = "
                  "p.communication_id and c.attempt_no = p.attempt_no where p.run_id = '%s' and "
                  "letter_paper(c) = '%s'",
                  run_id, paper);
}

static const char *told_of(int seq)
{
    return pg_sql("select string_agg(e.type || coalesce(e.grade, ''), ' ' order by e.seq) from "
                  "communication_events e join print_pieces p on p.communication_id = "
                  "e.communication_id and p.seq = %d where p.run_id = '%s' and e.type in "
                  "('PRINTED', 'LODGED')",
                  seq, run_id);
}

/* All were handed in, as the stamp says; the number is corrected to one less. */
static void what_is_missing_is_named(struct ctx *c, long long n)
{
    static const char *const wrong[] = { "1, 2", "two", "3 x", "0", "99999" };
    struct lodging l = { .id = run_id, .accepted = n - 1 };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        l.missing = wrong[i];
        c->problem = (struct problem){ 0 };
        assert_int_equal(in_transaction(c, lodged, &l), ERR_INVALID);
        assert_string_equal(c->problem.faults[0].field, "missing");
    }
    l.missing = NULL;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(in_transaction(c, lodged, &l), OK);
        assert_int_equal(papers("PRINTED"), n - 1); /* taken back, once */
        assert_string_equal(told_of(2), "PRINTED LODGEDB PRINTED");
        assert_int_equal(pg_int("select count(*) from communications c join print_pieces p on "
                                "p.communication_id = c.id where p.run_id = '%s' and "
                                "evidence_grade is not null",
                                run_id),
                         0);
    }
    l.missing = "2";
    for (int again = 0; again < 2; again++) {
        assert_int_equal(in_transaction(c, lodged, &l), OK);
        assert_string_equal(told_of(2), "PRINTED LODGEDB PRINTED");
        assert_string_equal(told_of(3), "PRINTED LODGEDB PRINTED LODGEDC");
        assert_int_equal(papers("LODGED"), n - 2);
    }
    l.missing = "3";
    assert_int_equal(in_transaction(c, lodged, &l), OK);
    assert_string_equal(told_of(2), "PRINTED LODGEDB PRINTED LODGEDC");
    assert_string_equal(told_of(3), "PRINTED LODGEDB PRINTED LODGEDC PRINTED");
    assert_string_equal(told_of(4), "PRINTED LODGEDB PRINTED LODGEDC");
}

static void printing_and_posting_are_told_to_every_letter(void **state)
{
    (void)state;
    struct blob blob;
    char again[40];
    struct ctx *c = person(NULL);
    long long n = pg_int("select pieces from print_runs where id = '%s'", run_id);
    struct lodging l = { .id = run_id, .accepted = n - 1 };
    assert_int_equal(in_transaction(c, lodged, &l), ERR_CONFLICT);
    resend_one(again);
    assert_int_equal(in_transaction(c, printed, run_id), OK);
    assert_int_equal(in_transaction(c, printed, run_id), ERR_CONFLICT);
    assert_int_equal(in_transaction(c, cancel, run_id), ERR_CONFLICT);
    assert_int_equal(told("PRINTED"), n - 1);
    assert_string_equal(pg_sql("select delivery_status || last_event_type from communications "
                               "where id = '%s'",
                               again),
                        "ENQUEUEDNOTE");
    assert_int_equal(in_transaction(c, lodged, &l), OK);
    assert_int_equal(told("LODGED"), 0); /* one is missing, and which is not known */
    assert_int_equal(papers("PRINTED"), n - 1);
    assert_int_equal(in_transaction(c, close_unexplained, run_id), ERR_INVALID);
    assert_string_equal(c->problem.faults[0].field, "explanation");
    assert_string_equal(pg_sql("select state from print_runs where id = '%s'", run_id), "LODGED");
    assert_int_equal(store_put(pg_app()->store, c->arena, STR("no scan at all"), &blob), OK);
    struct upload slip = { .field = "slip",
                           .file_name = "slip.pdf",
                           .content_type = "application/pdf",
                           .sha256 = blob.sha256,
                           .size = blob.size };
    l = (struct lodging){ .id = run_id, .accepted = n, .slip = &slip };
    assert_int_equal(in_transaction(c, lodged, &l), ERR_INVALID);
    assert_int_equal(store_put(pg_app()->store, c->arena, STR("%PDF-1.4\nstamped\n%%EOF\n"), &blob),
                     OK);
    assert_int_equal(in_transaction(c, lodged, &l), OK);
    assert_int_equal(in_transaction(c, lodged, &l), OK); /* again: nothing new */
    assert_int_equal(pg_int("select count(*) from communication_events where type = 'LODGED' and "
                            "grade = 'B' and detail ->> 'scanSha256' = '%s'",
                            blob.sha256),
                     n - 1);
    assert_int_equal(told("LODGED"), n - 1);
    assert_int_equal(papers("LODGED"), n - 1);
    what_is_missing_is_named(c, n);
    assert_int_equal(in_transaction(c, close_explained, run_id), OK);
    assert_int_equal(told("NOTE"), 4 + 1); /* of the earlier letter: all of it */
    assert_int_equal(
        pg_int("select count(*) from communication_events e join print_pieces p on "
               "p.communication_id = e.communication_id join print_runs r on r.id = p.run_id where "
               "r.id = '%s' and p.seq = 3 and e.sentence = format('Not handed in: it is missing, "
               "the post accepted %%s of %%s letters of run %%s-%%s. One was torn and is sent "
               "again.', r.pieces - 1, r.pieces, r.year, lpad(r.no::text, 2, '0'))",
               run_id),
        1);
    assert_int_equal(in_transaction(c, lodged, &l), ERR_CONFLICT);
    assert_string_equal(
        pg_sql("select state || accepted - pieces from print_runs where id = '%s'", run_id),
        "CLOSED-1");
}

/* ---- what was handed in stays as it was ---- */

static enum err slip_of(struct ctx *c, void *pdf)
{
    return print_run_slip(c, run_id, pdf);
}

static enum err labels_of(struct ctx *c, void *pdf)
{
    return print_run_labels(c, run_id, NULL, 0, pdf);
}

static enum err other_labels_of(struct ctx *c, void *pdf)
{
    return print_run_labels(c, run_id, "3475", 2, pdf);
}

static const char *digest(struct ctx *c, struct str bytes)
{
    struct blob blob;
    assert_int_equal(store_put(pg_app()->store, c->arena, bytes, &blob), OK);
    return arena_strdup(c->arena, blob.sha256);
}

static void what_was_handed_in_stays_as_it_was(void **state)
{
    (void)state;
    struct str pdf;
    struct ctx *c = person(NULL);
    (void)pg_sql("update communications set recipient_name = 'Somebody Else', city = 'Elsewhere' "
                 "where id in (select communication_id from print_pieces where run_id = '%s')",
                 run_id);
    (void)pg_sql("update print_pieces set receipt = '99' where run_id = '%s'", run_id);
    assert_int_equal(in_transaction(c, slip_of, &pdf), OK);
    assert_string_equal(digest(c, pdf),
                        pg_sql("select slip_sha256 from print_runs where id = '%s'", run_id));
    assert_int_equal(in_transaction(c, labels_of, &pdf), OK);
    assert_string_equal(digest(c, pdf),
                        pg_sql("select labels_sha256 from print_runs where id = '%s'", run_id));
    assert_int_equal(pg_int("select count(*) from communication_events e join print_runs r on "
                            "r.id = '%s' where e.type = 'LODGED' and e.detail ->> 'runId' = "
                            "r.id::text and (e.detail ->> 'slipSha256' is distinct from "
                            "r.slip_sha256 or e.detail ->> 'labelsSha256' is distinct from "
                            "r.labels_sha256)",
                            run_id),
                     0);
    assert_int_equal(in_transaction(c, other_labels_of, &pdf), OK);
    assert_string_not_equal(digest(c, pdf),
                            pg_sql("select labels_sha256 from print_runs where id = '%s'", run_id));
    assert_int_equal(
        store_remove(pg_app()->store, c->arena,
                     pg_sql("select slip_sha256 from print_runs where id = '%s'", run_id)),
        OK);
    assert_int_equal(in_transaction(c, slip_of, &pdf), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "Its SHA-256 is kept"));
}

struct coming_back {
    const char *code, *reason;
    bool already;
};

static enum err come_back(struct ctx *c, void *of)
{
    struct json_object *d;
    struct coming_back *b = of;
    enum err e = letter_returned(c, b->code, b->reason, NULL, &d);
    if (e == OK)
        b->already = json_object_get_boolean(json_get(d, "already"));
    return e;
}

static void a_letter_that_came_back_is_known_by_its_code(void **state)
{
    (void)state;
    char id[40], code[LETTER_CODE_LENGTH + 1], wrong[LETTER_CODE_LENGTH + 1];
    struct coming_back b = { .code = code, .reason = "moved" };
    struct ctx *c = person("SP-4");
    keep(id, pg_sql("select communication_id from print_pieces p where run_id = '%s' order by seq "
                    "desc limit 1",
                    run_id));
    assert_true(letter_code_write(id, code));
    assert_int_equal(in_transaction(c, come_back, &b), ERR_NOT_FOUND);
    c = person(NULL);
    memcpy(wrong, code, sizeof(wrong));
    wrong[LETTER_CODE_LENGTH - 1] = code[LETTER_CODE_LENGTH - 1] == '7' ? '8' : '7';
    b.code = wrong;
    assert_int_equal(in_transaction(c, come_back, &b), ERR_INVALID);
    assert_string_equal(c->problem.faults[0].field, "code");
    b.code = code;
    assert_int_equal(in_transaction(c, come_back, &b), OK);
    assert_false(b.already);
    b.reason = "refused";
    assert_int_equal(in_transaction(c, come_back, &b), OK);
    assert_true(b.already);
    assert_string_equal(pg_sql("select delivery_status || evidence_grade || (error ->> "
                               "'badAddress') || (error ->> 'code') from communications where id = "
                               "'%s'",
                               id),
                        "BOUNCEDBtruemoved");
    assert_int_equal(pg_int("select count(*) from communication_events where communication_id = "
                            "'%s' and type = 'RETURNED'",
                            id),
                     1);
}

/* The one that was asked for again goes out once more, in a run of its own. */
static void a_letter_sent_again_is_a_letter_of_its_own(void **state)
{
    (void)state;
    struct print_run_new all = { .order = "walk" };
    struct ctx *c = person(NULL);
    char id[40], code[LETTER_CODE_LENGTH + 1];
    keep(id, pg_sql("select communication_id from print_pieces where run_id = '%s' order by seq "
                    "limit 1",
                    run_id));
    (void)pg_sql("insert into jobs (tenant_id, queue, kind, args, unique_key) values ('%s', "
                 "'letter', 'track.send_communication', jsonb_build_object('communicationId', "
                 "'%s', 'channel', (select channel from communications where id = '%s')), '%s')",
                 pg_tenant(), id, id, id);
    work();
    assert_int_equal(pg_int("select count(*) from letters where communication_id = '%s'", id), 2);
    assert_int_equal(in_transaction(c, start, &all), OK);
    assert_int_equal(pg_int("select pieces from print_runs where id = '%s'", run_id), 1);
    assert_int_equal(in_transaction(c, start, &all), ERR_CONFLICT);
    work();
    assert_true(letter_code_write(id, code));
    struct coming_back b = { .code = code, .reason = "unknown" };
    assert_int_equal(in_transaction(c, come_back, &b), OK);
    assert_string_equal(pg_sql("select delivery_status from communications where id = '%s'", id),
                        "BOUNCED");
}

static void timelines_hold(void **state)
{
    (void)state;
    assert_int_equal(
        pg_int("select count(*) from (select c.id from communications c left join "
               "communication_events e on e.communication_id = c.id group by c.id having "
               "count(e.seq) <> max(c.event_seq)) x"),
        0);
    assert_int_equal(
        pg_int("select count(*) from (select building_id, year, channel, delivery_status, count(*) "
               "as n from communications group by 1, 2, 3, 4) c full join (select building_id, "
               "year, channel, status, sum(n) as n from communication_counts k cross join lateral "
               "(values ('DRAFT', draft), ('ENQUEUED', enqueued), ('SENT', sent), ('FAILED', "
               "failed), ('BOUNCED', bounced), ('MANUAL', manual)) s (status, n) group by 1, 2, 3, "
               "4 having sum(n) <> 0) k on k.building_id = c.building_id and k.year = c.year and "
               "k.channel = c.channel and k.status = c.delivery_status where k.n is distinct from "
               "c.n and c.delivery_status in ('SENT', 'BOUNCED', 'FAILED')"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures),
        cmocka_unit_test(letters_are_made_and_what_cannot_be_says_why),
        cmocka_unit_test(a_letter_that_was_emptied_is_not_printed),
        cmocka_unit_test(letters_get_into_one_run),
        cmocka_unit_test(a_cancelled_run_frees_its_letters),
        cmocka_unit_test(a_run_is_for_who_may_see_all_of_it),
        cmocka_unit_test(printing_and_posting_are_told_to_every_letter),
        cmocka_unit_test(what_was_handed_in_stays_as_it_was),
        cmocka_unit_test(a_letter_that_came_back_is_known_by_its_code),
        cmocka_unit_test(a_letter_sent_again_is_a_letter_of_its_own),
        cmocka_unit_test(timelines_hold),
    };
    pg_start("letters_run");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
