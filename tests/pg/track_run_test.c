/* Runs on a real Postgres: who may say yes and to what, races of a yes with a change, pauses with
   several workers, the first messages before the others, and pausing by itself. */
#include "pg/runs.h"

#include "jobs/jobs.h"
#include "track/batch.h"
#include "track/communication.h"
#include "track/run.h"
#include "track/run_page.h"
#include "track/track.h"

#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 4

/* ---- in transactions of their own ---- */

static enum err decide(struct ctx *c, const char *decision, const char *note)
{
    db_begin(c->db, pg_tenant());
    return db_end(c->db, runs_decide(c, batch, decision, note));
}

static enum err change(struct ctx *c, const char *email)
{
    struct json_object *out;
    const struct recipient r = { .email = email };
    db_begin(c->db, pg_tenant());
    return db_end(c->db, recipient_change(c, one, &r, &out));
}

static enum err send(struct ctx *c)
{
    long long queued;
    db_begin(c->db, pg_tenant());
    return db_end(c->db, batch_send(c, batch, &queued));
}

static enum err resume(struct ctx *c)
{
    db_begin(c->db, pg_tenant());
    return db_end(c->db, runs_resume(c, batch));
}

static void work(void)
{
    static const int stop;
    jobs_work(pg_app(), worker()->db, &stop, true);
}

static void watch(void)
{
    struct job j = { .ctx = *worker() };
    assert_int_equal(runs_watch_all(&j), OK);
}

static long long sent(void)
{
    return pg_int("select count(*) from communications where batch_id = '%s' and sent_at is not "
                  "null",
                  batch);
}

/* ---- approval ---- */

static void who_may_say_what(void **state)
{
    (void)state;
    static const struct {
        const char *says; /* a(sker), s(econd), c(lient); then what; *: it was changed before */
        enum err expected;
    } table[] = {
        { "a approve", ERR_CONFLICT },
        { "s refuse", ERR_CONFLICT },
        { "a withdraw", ERR_CONFLICT },
        { "a ask", OK },
        { "a ask", ERR_CONFLICT },
        { "s ask", ERR_CONFLICT },
        { "a approve", ERR_CONFLICT },
        { "a refuse", ERR_CONFLICT },
        { "c approve", ERR_CONFLICT },
        { "s withdraw", ERR_CONFLICT },
        { "a withdraw", OK },
        { "s approve", ERR_CONFLICT },
        { "a ask", OK },
        { "s refuse", OK },
        { "s approve", ERR_CONFLICT },
        { "a ask", OK },
        { "s approve *", ERR_CONFLICT },
        { "a ask", OK },
        { "s approve", OK },
        { "s approve", ERR_CONFLICT },
        { "a ask", ERR_CONFLICT },
        { "c ask *", OK },
        { "c approve", ERR_CONFLICT },
        { "a approve", OK },
    };
    make_batch(2001, 12);
    settings(10, 0);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *says = table[i].says;
        char what[16];
        struct ctx *c = person(*says == 'c' ? ACTOR_CLIENT : ACTOR_USER,
                               *says == 's'   ? second
                               : *says == 'a' ? asker
                                              : "00000000-0000-7000-8000-000000000001");
        sscanf(says + 2, "%15s", what);
        if (strchr(says, '*'))
            (void)pg_sql("update communications set subject = subject || '!' where id = '%s'", one);
        enum err e = decide(c, what, "because");
        if (e != table[i].expected)
            fail_msg("row %zu, %s: %d", i, says, (int)e);
    }
    assert_int_equal(decide(person(ACTOR_USER, second), "refuse", ""), ERR_INVALID);
}

static void what_changed_since_is_not_sent(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    assert_int_equal(change(c, "new@example.com"), OK);
    assert_int_equal(send(c), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "changed after it was approved"));
    assert_int_equal(decide(c, "ask", NULL), OK);
    assert_int_equal(send(c), ERR_CONFLICT);
    assert_int_equal(decide(person(ACTOR_USER, second), "approve", NULL), OK);
    assert_int_equal(send(c), OK);
    assert_int_equal(pg_int("select count(*) from batch_sends s join batch_approvals a on a.id = "
                            "s.approval_id where s.batch_id = '%s' and a.decision = 'approved'",
                            batch),
                     1);
}

/* Sending little by little is no way around. */
static void what_went_without_a_word_counts(void **state)
{
    (void)state;
    int n;
    struct ctx *c = person(ACTOR_USER, asker);
    make_batch(2002, 16);
    (void)pg_sql("update communications set email = null where batch_id = '%s' and reference in "
                 "('N1', 'N2', 'N3', 'N4', 'N5', 'N6', 'N7', 'N8') returning id",
                 batch);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_leave_out(c, batch, "no_email", NULL, &n)), OK);
    assert_int_equal(n, 8);
    assert_int_equal(send(c), OK);
    (void)pg_sql("update communications set email = reference || '@example.com' where batch_id = "
                 "'%s' and email is null returning id",
                 batch);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_take_in(c, batch, NULL, NULL, &n)), OK);
    assert_int_equal(send(c), ERR_CONFLICT);
    assert_int_equal(decide(c, "ask", NULL), OK);
    assert_int_equal(decide(person(ACTOR_USER, second), "approve", NULL), OK);
    assert_int_equal(send(c), OK);
}

static const char *rate_words(void)
{
    struct ctx *c = person(ACTOR_USER, asker);
    const struct runs_view view = { .step = "send" };
    struct json_object *d;
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_page_document(c, batch, &view, &d)), OK);
    return json_text(d, "rateWords");
}

static void a_run_that_stands_says_what_waits(void **state)
{
    (void)state;
    settings(0, 0);
    make_batch(1994, 20);
    assert_int_equal(send(person(ACTOR_USER, asker)), OK);
    assert_string_equal(rate_words(), "Beginning.");
    (void)pg_sql("update communications set delivery_status = 'SENT', sent_at = now() - interval "
                 "'9 minutes' where batch_id = '%s' and reference not in ('N1', 'N2') returning id",
                 batch);
    assert_string_equal(rate_words(), "None left in the last five minutes: 2 waiting.");
    (void)pg_sql("update communications set error = '{\"sentence\": \"The mailbox is full.\"}' "
                 "where batch_id = '%s' and reference = 'N1' returning id",
                 batch);
    assert_string_equal(rate_words(), "None left in the last five minutes: 2 waiting, 1 of them "
                                      "for another try.");
    work();
}

/* ---- one by itself ---- */

static enum err alone(const char *what, const char *id)
{
    struct ctx *c = person(ACTOR_USER, asker);
    const struct resend again = { 0 };
    db_begin(c->db, pg_tenant());
    return db_end(c->db, strcmp(what, "hold") == 0     ? communication_hold(c, id, NULL)
                         : strcmp(what, "cancel") == 0 ? communication_cancel(c, id, NULL)
                         : strcmp(what, "resend") == 0 ? communication_resend(c, id, &again)
                                                       : communication_release(c, id, NULL));
}

/* Does it to so many of a status; answers how many could be done. */
static int each(const char *what, const char *status, int most)
{
    char ids[64][40];
    int n = (int)pg_int("select count(*) from communications where batch_id = '%s' and "
                        "delivery_status = '%s'",
                        batch, status),
        done = 0;
    n = n > most ? most : n;
    assert_true(n <= 64);
    for (int i = 0; i < n; i++)
        keep(ids[i], pg_sql("select id from communications where batch_id = '%s' and "
                            "delivery_status = '%s' order by id offset %d limit 1",
                            batch, status, i));
    for (int i = 0; i < n; i++)
        done += alone(what, ids[i]) == OK;
    return done;
}

static enum err close_run(struct ctx *c)
{
    db_begin(c->db, pg_tenant());
    return db_end(c->db, runs_close(c, batch, NULL));
}

static void it_is_closed_only_when_all_are_through(void **state)
{
    (void)state;
    int n;
    struct ctx *c = person(ACTOR_USER, asker);
    make_batch(1995, 7);
    assert_int_equal(close_run(c), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, ": 7 in draft."));
    assert_int_equal(each("hold", "DRAFT", 1), 1);
    assert_int_equal(close_run(c), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, ": 6 in draft, 1 held."));
    assert_int_equal(each("cancel", "HELD", 1), 1);
    (void)pg_sql("update communications set email = null where batch_id = '%s' returning id",
                 batch);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_leave_out(c, batch, "no_email", NULL, &n)), OK);
    assert_int_equal(n, 6);
    assert_int_equal(close_run(c), OK);
}

static void a_release_is_no_way_around_a_second_person(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    settings(10, 0);
    make_batch(1981, 12);
    assert_int_equal(alone("hold", one), OK);
    assert_int_equal(alone("release", one), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "Its run is not approved"));
    assert_int_equal(pg_int("select count(*) from jobs where unique_key = '%s'", one), 0);
    assert_int_equal(alone("cancel", one), OK);
    assert_int_equal(alone("resend", one), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "Its run is not approved"));
}

/* All are held, and there would be nothing to ask for: what is held is asked for too. */
static void what_is_held_can_be_approved(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    make_batch(1982, 12);
    assert_int_equal(each("hold", "DRAFT", 12), 12);
    assert_int_equal(each("release", "HELD", 12), 0);
    assert_int_equal(decide(c, "ask", NULL), OK);
    assert_int_equal(each("release", "HELD", 12), 0);
    assert_int_equal(decide(person(ACTOR_USER, second), "approve", NULL), OK);
    (void)pg_sql("update communications set email = 'elsewhere@example.com' where id = '%s' "
                 "returning id",
                 one);
    assert_int_equal(alone("release", one), ERR_CONFLICT);
    assert_int_equal(each("release", "HELD", 12), 11);
}

static void one_held_of_an_approved_run_is_released(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    make_batch(1983, 12);
    assert_int_equal(alone("hold", one), OK);
    assert_int_equal(decide(c, "ask", NULL), OK);
    assert_int_equal(decide(person(ACTOR_USER, second), "approve", NULL), OK);
    assert_int_equal(alone("release", one), OK);
    assert_int_equal(send(c), OK);
    assert_int_equal(alone("hold", one), OK);
    assert_int_equal(alone("release", one), OK);
    const char *other = pg_sql("select id from communications where batch_id = '%s' and "
                               "delivery_status = 'ENQUEUED' order by id desc limit 1",
                               batch);
    keep(one, other);
    assert_int_equal(alone("hold", one), OK);
    assert_int_equal(alone("release", one), OK);
}

/* Small numbers add up, however they leave. */
static void what_left_alone_counts(void **state)
{
    (void)state;
    make_batch(1984, 9);
    assert_int_equal(each("cancel", "DRAFT", 9), 9);
    assert_int_equal(each("resend", "CANCELLED", 9), 9);
    (void)pg_sql("insert into communications (tenant_id, batch_id, building_id, unit_id, year, "
                 "channel, recipient_name, email, subject, reference) select tenant_id, batch_id, "
                 "building_id, unit_id, year, channel, 'Ida', email, 'Bill', 'L' || n from "
                 "communications, generate_series(1, 3) n where id = '%s' returning id",
                 one);
    assert_int_equal(each("cancel", "DRAFT", 2), 2);
    assert_int_equal(each("resend", "CANCELLED", 2), 0);
    assert_int_equal(send(person(ACTOR_USER, asker)), OK); /* the tenth */
    assert_int_equal(each("resend", "CANCELLED", 2), 0);
}

static void nothing_is_released_while_the_run_is_paused(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    settings(0, 0);
    make_batch(1985, 12);
    assert_int_equal(send(c), OK);
    assert_int_equal(alone("hold", one), OK);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_pause(c, batch, NULL)), OK);
    assert_int_equal(alone("release", one), ERR_CONFLICT);
    assert_non_null(strstr(c->problem.detail, "Its run is paused"));
    assert_int_equal(resume(c), OK);
    assert_int_equal(alone("release", one), OK);
    work();
    settings(10, 0);
}

static int ended(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The one that comes second waits for the first and sees what it did. */
static void a_yes_and_a_change_at_once(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, second), *other = somebody_new(ACTOR_USER, asker);
    struct json_object *out;
    make_batch(2003, 12);
    assert_int_equal(decide(other, "ask", NULL), OK);
    db_begin(c->db, pg_tenant());
    assert_int_equal(runs_decide(c, batch, "approve", NULL), OK);
    pid_t child = fork();
    if (child == 0)
        _exit((int)change(other, "late@example.com"));
    usleep(100000);
    assert_int_equal(pg_int("select count(*) from communications where batch_id = '%s' and email = "
                            "'late@example.com'",
                            batch),
                     0);
    assert_int_equal(db_commit(c->db), OK);
    assert_int_equal(ended(child), OK);
    assert_int_equal(send(person(ACTOR_USER, asker)), ERR_CONFLICT);

    assert_int_equal(decide(person(ACTOR_USER, asker), "ask", NULL), OK);
    const struct recipient r = { .email = "first@example.com" };
    struct ctx *changer = person(ACTOR_USER, asker), *yes = somebody_new(ACTOR_USER, second);
    db_begin(changer->db, pg_tenant());
    assert_int_equal(recipient_change(changer, one, &r, &out), OK);
    child = fork();
    if (child == 0)
        _exit((int)decide(yes, "approve", NULL));
    usleep(100000);
    assert_int_equal(db_commit(changer->db), OK);
    assert_int_equal(ended(child), ERR_CONFLICT);
    assert_int_equal(send(person(ACTOR_USER, asker)), ERR_CONFLICT);
}

/* A job that met the pause looks again some seconds later. */
static void work_until(long long all)
{
    for (int i = 0; i < 5 && sent() < all; i++) {
        (void)pg_sql("update jobs set run_at = now() where state = 'ready' returning id");
        work();
    }
    assert_int_equal(sent(), all);
}

/* ---- pause ---- */

static void nothing_leaves_once_it_is_paused(void **state)
{
    (void)state;
    pid_t child[WORKERS];
    struct ctx *c = person(ACTOR_USER, asker), *w[WORKERS];
    settings(0, 0);
    work();
    make_batch(2004, 400);
    assert_int_equal(send(c), OK);
    for (int i = 0; i < WORKERS; i++) {
        static const int stop;
        w[i] = pg_ctx("track_worker");
        if ((child[i] = fork()) == 0) {
            jobs_work(pg_app(), w[i]->db, &stop, true);
            _exit(0);
        }
    }
    for (int i = 0; i < 1000 && sent() < 20; i++)
        usleep(10000);
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_pause(c, batch, NULL)), OK);
    long long before = sent();
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(ended(child[i]), 0);
    assert_in_range(before, 20, 396 - WORKERS);
    /* Of each worker the message that it was at, and the end of the one before. */
    assert_in_range(sent(), before, before + 2 * WORKERS);
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'track.send_communication' and "
                            "attempt = 0 and (state = 'held' or state = 'ready' and run_at > "
                            "now())"),
                     400 - sent());
    assert_in_range(pg_int("select count(*) from jobs where kind = 'track.send_communication' and "
                           "state = 'ready'"),
                    0, WORKERS);
    assert_int_equal(resume(c), OK);
    work_until(400);
    assert_int_equal(pg_int("select count(*) from communication_events e join communications c on "
                            "c.id = e.communication_id where c.batch_id = '%s'",
                            batch),
                     800);
    assert_string_equal(pg_sql("select state from communication_batches where id = '%s'", batch),
                        "COMPLETED");
}

/* ---- the first messages, and pausing by itself ---- */

static void a_few_go_first(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    settings(0, 20);
    make_batch(2005, 60);
    assert_int_equal(send(c), OK);
    work();
    assert_int_equal(sent(), 10);
    assert_int_equal(pg_int("select count(distinct split_part(email, '@', 2)) from communications "
                            "where batch_id = '%s' and sent_at is not null",
                            batch),
                     3);
    watch(); /* they are through */
    watch(); /* and were waited for, no minute long */
    work_until(60);
}

static void bounce(int n)
{
    for (int i = 0; i < n; i++) {
        char id[40];
        struct ctx *c = worker();
        const struct timeline_event e = { .type = EVENT_BOUNCED,
                                          .source = "provider",
                                          .grade = 'B' };
        keep(id, pg_sql("select id from communications where batch_id = '%s' and delivery_status = "
                        "'SENT' limit 1",
                        batch));
        db_begin(c->db, pg_tenant());
        assert_int_equal(db_end(c->db, timeline_append(c, id, &e, NULL)), OK);
    }
}

static const char *why_paused(void)
{
    return pg_sql("select paused_why from communication_batches where id = '%s'", batch);
}

static void it_pauses_by_itself(void **state)
{
    (void)state;
    struct ctx *c = person(ACTOR_USER, asker);
    make_batch(2006, 60);
    assert_int_equal(send(c), OK);
    work();
    bounce(2);
    watch();
    assert_null(why_paused());
    bounce(1);
    watch();
    assert_string_equal(why_paused(),
                        "3 of 10 messages came back as undeliverable: 30.0 %, more than 3.0 %.");
    watch();
    work();
    assert_int_equal(sent(), 10);
    assert_int_equal(resume(c), OK);
    watch();
    assert_null(why_paused());
    assert_int_equal(
        pg_int("select watched_base from communication_batches where id = '%s'", batch), 10);
    work_until(60);
    assert_int_equal(pg_int("select count(*) from audit_history where action = 'run.paused' and "
                            "entity_id = '%s' and actor_kind = 'worker'",
                            batch),
                     1);
}

static void each_limit_pauses(void **state)
{
    (void)state;
    static const struct {
        const char *type, *source, *detail;
        int n;
        const char *why; /* NULL: it goes on */
    } table[] = {
        { "DELAYED", "worker", "{\"code\": \"4.7.1\"}", 4, NULL },
        { "DELAYED", "worker", "{\"code\": \"421\"}", 5,
          "5 of 15 answers of the provider were refusals: 33.3 %, more than 20.0 %." },
        { "DELAYED", "worker", "{\"code\": \"5.1.1\"}", 5, NULL },
        /* The last: who complained is skipped from then on. */
        { "COMPLAINED", "provider", "{}", 1,
          "1 of 10 recipients complained about it: 10.0 %, more than 0.1 %." },
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        make_batch(2007 + (int)i, 60);
        assert_int_equal(send(person(ACTOR_USER, asker)), OK);
        work();
        (void)pg_sql("insert into communication_events (tenant_id, communication_id, type, source, "
                     "grade, status_after, occurred_at, sentence, detail, seq, prev_hash, hash) "
                     "select tenant_id, id, '%s', '%s', 'A', 'SENT', now(), 'x', '%s', 0, '', '' "
                     "from (select * from communications where batch_id = '%s' and sent_at is not "
                     "null limit %d) c returning id",
                     table[i].type, table[i].source, table[i].detail, batch, table[i].n);
        watch();
        const char *why = why_paused();
        if (table[i].why)
            assert_string_equal(why, table[i].why);
        else
            assert_null(why);
    }
}

int main(void)
{
    pg_start("track_run");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(who_may_say_what),
        cmocka_unit_test(what_changed_since_is_not_sent),
        cmocka_unit_test(a_release_is_no_way_around_a_second_person),
        cmocka_unit_test(what_is_held_can_be_approved),
        cmocka_unit_test(one_held_of_an_approved_run_is_released),
        cmocka_unit_test(what_left_alone_counts),
        cmocka_unit_test(nothing_is_released_while_the_run_is_paused),
        cmocka_unit_test(what_went_without_a_word_counts),
        cmocka_unit_test(it_is_closed_only_when_all_are_through),
        cmocka_unit_test(a_yes_and_a_change_at_once),
        cmocka_unit_test(nothing_leaves_once_it_is_paused),
        cmocka_unit_test(a_few_go_first),
        cmocka_unit_test(it_pauses_by_itself),
        cmocka_unit_test(each_limit_pauses),
        cmocka_unit_test(a_run_that_stands_says_what_waits),
    };
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
