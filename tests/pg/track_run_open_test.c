/* What a run's end tells is still under way: letters not on paper or not handed in, messages
   without a report. */
#include "pg/runs.h"

#include "track/run_page.h"
#include "track/track.h"

static struct json_object *report(void)
{
    struct ctx *c = person(ACTOR_USER, asker);
    struct json_object *d;
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, runs_page_report(c, batch, &d)), OK);
    return d;
}

/* Has the events told of so many messages, the first by their references after `from`. */
static void tell(enum event_type type, int from, int n)
{
    struct ctx *c = worker();
    for (int i = from; i < from + n; i++) {
        const struct timeline_event e = { .type = type, .source = "worker", .grade = 'C' };
        char id[40];
        keep(id, pg_sql("select id from communications where batch_id = '%s' and reference = "
                        "'N%d'",
                        batch, i));
        db_begin(c->db, pg_tenant());
        assert_int_equal(db_end(c->db, timeline_append(c, id, &e, NULL)), OK);
    }
}

static void what_is_made_is_not_on_paper_and_sent_not_delivered(void **state)
{
    (void)state;
    static const struct {
        enum event_type type;
        int from, n;
        const char *papers; /* after it */
        int unreported;
        bool nothing_open;
    } table[] = {
        { EVENT_SENT, 4, 2, NULL, 2, false },
        { EVENT_DELIVERED, 4, 1, NULL, 1, false },
        { EVENT_READY_TO_PRINT, 1, 3, "3 letters are still to be printed", 1, false },
        { EVENT_PRINTED, 1, 1,
          "2 letters are still to be printed, 1 printed letter is still to be handed in", 1,
          false },
        { EVENT_LODGED, 1, 3, NULL, 4, false },
        { EVENT_PRINTED, 2, 2, NULL, 4, false }, /* told late */
        { EVENT_RESEND_REQUESTED, 1, 1, NULL, 3, false },
        { EVENT_READY_TO_PRINT, 1, 1, "1 letter is still to be printed", 3, false },
        { EVENT_DELIVERED, 1, 3, NULL, 1, false },
        { EVENT_DELIVERED, 5, 1, NULL, 0, true },
        { EVENT_RESEND_REQUESTED, 5, 1, NULL, 0, false }, /* it waits */
    };
    make_batch(1993, 5);
    (void)pg_sql("update communications set channel = 'LETTER' where batch_id = '%s' and reference "
                 "in ('N1', 'N2', 'N3') returning id",
                 batch);
    assert_false(json_object_get_boolean(json_get(report(), "nothingOpen")));
    tell(EVENT_ENQUEUED, 1, 5);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        tell(table[i].type, table[i].from, table[i].n);
        struct json_object *d = report();
        const char *papers = json_text(d, "paperWords");
        if ((papers == NULL) != (table[i].papers == NULL) ||
            (papers && strcmp(papers, table[i].papers) != 0))
            fail_msg("row %zu: %s", i, papers);
        assert_int_equal(json_object_get_int64(json_get(d, "unreported")), table[i].unreported);
        assert_int_equal(json_object_get_boolean(json_get(d, "nothingOpen")),
                         table[i].nothing_open);
    }
}

int main(void)
{
    pg_start("track_run_open");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(what_is_made_is_not_on_paper_and_sent_not_delivered),
    };
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
