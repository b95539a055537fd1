/* What was not told for want of a conversation is told when there is one: once, and only what is
   still true. */
#include "pg/notifying.h"

#include "ship/purchase_order.h"

#include <sys/wait.h>

/* ---- what is still true ---- */

static void of_four_the_last_is_sent(void **state)
{
    (void)state;
    struct json_object *last = NULL;
    move("pending", "in_transit");
    move("in_transit", "out_for_delivery");
    move("out_for_delivery", "exception");
    move("exception", "delivered");
    assert_int_equal(audited("skipped"), 4);
    link_and_tell();
    assert_string_equal(all_states(),
                        "shipped superseded moved_on, out_for_delivery superseded moved_on, "
                        "exception superseded moved_on, delivered sent");
    assert_int_equal(posted(conversation, &last), 1);
    assert_non_null(strstr(json_text(json_get(last, "request"), "text"), "zugestellt"));
    assert_int_equal(audited("skipped"), 4);
    assert_int_equal(audited("superseded"), 3);
    assert_int_equal(audited("caught_up"), 1);
    assert_int_equal(audited("sent"), 1);
    assert_int_equal(on_timeline("NOTIFIED"), 1);
    assert_string_equal(
        pg_sql("select concat_ws(' ', conversation_id = '%s', order_id = '%s', caught_up_at is not "
               "null, settled_at is not null) from customer_notifications where id = " LAST,
               conversation, order),
        "t t t t");
}

struct way {
    const char *steps[6]; /* from pending on */
    const char *after;
};

static void what_each_way_comes_to(void **state)
{
    static const struct way ways[] = {
        { { "in_transit" }, "shipped sent" },
        { { "in_transit", "out_for_delivery" },
          "shipped superseded moved_on, out_for_delivery sent" },
        { { "delivered" }, "delivered sent" },
        { { "in_transit", "exception" }, "shipped superseded moved_on, exception sent" },
        { { "in_transit", "exception", "in_transit" },
          "shipped sent, exception superseded moved_on" },
        { { "in_transit", "out_for_delivery", "failed_attempt" },
          "shipped superseded moved_on, out_for_delivery superseded moved_on" },
        { { "in_transit", "available_for_pickup" }, "shipped superseded moved_on" },
        { { "in_transit", "returned" }, "shipped superseded moved_on" },
        { { "in_transit", "cancelled" }, "shipped superseded moved_on" },
        { { "out_for_delivery", "failed_attempt", "out_for_delivery" },
          "out_for_delivery superseded moved_on, out_for_delivery sent" },
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const char *from = "pending";
        (void)fresh_unlinked(state);
        print_message("%s\n", ways[i].after);
        for (const char *const *step = ways[i].steps; *step; from = *step++)
            move(from, *step);
        link_and_tell();
        assert_string_equal(all_states(), ways[i].after);
        assert_int_equal(told(), strstr(ways[i].after, "sent") ? 1 : 0);
        assert_int_equal(jobs(), 0);
    }
}

static void of_two_shipments_each_has_its_own(void **state)
{
    (void)state;
    char first[40];
    move("pending", "in_transit");
    move("in_transit", "delivered");
    keep(first, shipment);
    keep(shipment, pg_sql("insert into shipments (tenant_id, purchase_order_id, carrier, "
                          "tracking_number, public_token) values ('%s', '%s', 'post', 'T2-%s', "
                          "'token-of-another-%s') returning id",
                          pg_tenant(), purchase, purchase + 30, purchase));
    move("pending", "in_transit");
    link_and_tell();
    later();
    go();
    assert_string_equal(all_states(), "shipped sent");
    keep(shipment, first);
    assert_string_equal(all_states(), "shipped superseded moved_on, delivered sent");
    assert_int_equal(told(), 2);
}

/* It was no order's then, and there was nobody to tell. */
static void a_shipment_that_was_no_orders_yet(void **state)
{
    (void)state;
    (void)pg_sql("update purchase_orders set order_id = null where id = '%s' returning id",
                 purchase);
    move("pending", "in_transit");
    assert_string_equal(state_of(), "skipped no_order");
    (void)pg_sql("update purchase_orders set order_id = '%s' where id = '%s' returning id", order,
                 purchase);
    link_and_tell();
    assert_string_equal(all_states(), "shipped sent");
    assert_int_equal(told(), 1);
}

/* ---- an order for the purchase order ---- */

/* Its order has a conversation, and the purchase order is of none yet. */
static int fresh_of_no_order(void **state)
{
    (void)fresh(state);
    (void)pg_sql("update purchase_orders set order_id = null where id = '%s' returning id",
                 purchase);
    return 0;
}

static void give_to_order(struct ctx *by)
{
    db_begin(by->db, pg_tenant());
    if (po_link(by, purchase, order) || db_commit(by->db))
        _exit(1);
}

static void a_purchase_order_that_gets_its_order_later(void **state)
{
    (void)state;
    move("pending", "in_transit");
    move("in_transit", "out_for_delivery");
    assert_string_equal(all_states(),
                        "shipped skipped no_order, out_for_delivery skipped no_order");
    give_to_order(c);
    assert_int_equal(dispatch(), 1);
    go();
    assert_string_equal(all_states(), "shipped superseded moved_on, out_for_delivery sent");
    assert_int_equal(told(), 1);
    assert_int_equal(audited("superseded"), 1);
    assert_int_equal(audited("caught_up"), 1);
    give_to_order(c);
    assert_int_equal(dispatch(), 0);
}

static void an_order_without_a_conversation_is_told_of_when_it_has_one(void **state)
{
    (void)state;
    (void)pg_sql("update orders set thread_status = 'unmatched' where id = '%s' returning id",
                 order);
    move("pending", "in_transit");
    give_to_order(c);
    assert_int_equal(dispatch(), 0);
    link_and_tell();
    assert_told_once();
}

static void what_is_over_for_days_is_not_told(void **state)
{
    static const struct {
        const char *status, *ago, *after;
    } cases[] = {
        { "in_transit", "10 days", "shipped sent" },
        { "exception", "10 days", "exception sent" },
        { "out_for_delivery", "23 hours", "out_for_delivery sent" },
        { "out_for_delivery", "25 hours", "out_for_delivery superseded too_old" },
        { "delivered", "71 hours", "delivered sent" },
        { "delivered", "73 hours", "delivered superseded too_old" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)fresh_unlinked(state);
        print_message("%s %s\n", cases[i].status, cases[i].ago);
        move("pending", cases[i].status);
        (void)pg_sql("update shipments set status_at = now() - interval '%s' where id = '%s' "
                     "returning id",
                     cases[i].ago, shipment);
        link_and_tell();
        assert_string_equal(all_states(), cases[i].after);
    }
}

/* ---- what else stands against it ---- */

static void what_else_stood_against_it_still_does(void **state)
{
    static const char *const after[] = { "shipped skipped muted", "shipped skipped dry_run",
                                         "shipped skipped dry_run",
                                         "shipped skipped no_front_account" };
    for (int i = 0; i < 4; i++) {
        (void)fresh_unlinked(state);
        print_message("%s\n", after[i]);
        if (i == 2)
            (void)pg_sql("update shipments set dry_run = true where id = '%s' returning id",
                         shipment);
        (void)pg_sql("update shipments set status = 'in_transit' where id = '%s' returning id",
                     shipment);
        emit("pending", "in_transit", i == 0, i == 1);
        assert_int_equal(dispatch(), 1);
        assert_string_equal(state_of(), "skipped no_conversation");
        if (i == 3)
            (void)pg_sql("update provider_accounts set enabled = false returning id");
        link_and_tell();
        assert_string_equal(all_states(), after[i]);
        assert_int_equal(audited("skipped"), 2);
        assert_int_equal(told(), 0);
        assert_int_equal(jobs(), 0);
    }
}

/* ---- linked again ---- */

static void linked_again_nothing_is_told_twice(void **state)
{
    (void)state;
    char other[60];
    snprintf(other, sizeof(other), "%sother", conversation);
    move("pending", "in_transit");
    move("in_transit", "delivered");
    link_and_tell();
    link_to(other);
    assert_int_equal(dispatch(), 1);
    go();
    unlink_it();
    link_and_tell();
    assert_string_equal(all_states(), "shipped superseded moved_on, delivered sent");
    assert_int_equal(told(), 1);
    assert_int_equal(posted(other, NULL), 0);
    assert_int_equal(audited("caught_up"), 1);
    assert_int_equal(audited("superseded"), 1);
}

/* The event of the first link is told again, and both at once. */
static void an_event_told_again_catches_up_once(void **state)
{
    (void)state;
    move("pending", "in_transit");
    link_to(conversation);
    link_to("cnv_elsewhere");
    link_to(conversation);
    assert_int_equal(dispatch(), 3);
    (void)pg_sql("delete from event_reactions where reaction = 'notify.catch_up' returning "
                 "event_id");
    (void)pg_sql("update domain_events set dispatched_at = null where entity_id = '%s' returning "
                 "id",
                 order);
    assert_int_equal(dispatch_on_the_web(), 3);
    go();
    assert_told_once();
    assert_int_equal(audited("caught_up"), 1);
}

static void unlinked_before_it_is_told_nothing_is_caught_up(void **state)
{
    (void)state;
    move("pending", "in_transit");
    link_to(conversation);
    unlink_it();
    assert_int_equal(dispatch(), 1);
    assert_string_equal(all_states(), "shipped skipped no_conversation");
    link_and_tell();
    assert_told_once();
}

static void what_met_no_conversation_is_sent_to_the_next(void **state)
{
    (void)state;
    link_to("cnv_gone1");
    assert_int_equal(dispatch(), 1);
    move("pending", "in_transit");
    go();
    assert_string_equal(all_states(), "shipped failed no_such_conversation");
    link_and_tell();
    assert_string_equal(all_states(), "shipped sent");
    assert_int_equal(told(), 1);
    assert_int_equal(on_timeline("NOT_NOTIFIED"), 1);
    assert_int_equal(on_timeline("NOTIFIED"), 1);
}

/* ---- at the same time ---- */

/* Until somebody waits for a lock of another transaction. */
static void until_it_waits(void)
{
    for (int i = 0; i < 300; i++) {
        if (pg_int("select count(*) from pg_locks where not granted and pid in (select pid from "
                   "pg_stat_activity where datname = current_database())"))
            return;
        usleep(20000);
    }
    fail_msg("nobody waits");
}

static pid_t beside(struct ctx *w, void (*what)(struct ctx *))
{
    pid_t child = fork();
    if (child == 0) {
        what(w);
        _exit(0);
    }
    return child;
}

static void done(pid_t child)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void link_beside(struct ctx *w)
{
    db_begin(w->db, pg_tenant());
    if (thread_link(w, order, conversation) || db_commit(w->db))
        _exit(1);
}

static void work_beside(struct ctx *w)
{
    static const int never;
    jobs_work(pg_app(), w->db, &never, true);
}

static void dispatch_beside(struct ctx *w)
{
    if (dispatch_as(w) != 1)
        _exit(1);
}

/* The change is decided and not yet committed: what another does beside it waits, and finds it
 * then. */
static void while_a_change_is_decided(void (*act)(struct ctx *), const char *state)
{
    struct ctx *w = pg_ctx("track_worker");
    w->tenant_id = pg_tenant();
    (void)pg_sql("update shipments set status = 'in_transit' where id = '%s' returning id",
                 shipment);
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "from", "pending");
    json_set_text(d, "to", "in_transit");
    const struct event e = { .id = arena_strdup(c->arena, pg_sql("select uuid7()")),
                             .name = SHIPMENT_STATUS_CHANGED,
                             .entity_type = "shipment",
                             .entity_id = shipment,
                             .data = d };
    db_begin(c->db, pg_tenant());
    assert_int_equal(notice_react(c, &e), OK);
    pid_t child = beside(w, act);
    until_it_waits();
    assert_int_equal(db_commit(c->db), OK);
    done(child);
    assert_string_equal(state_of(), state);
    assert_int_equal(dispatch(), 1);
    go();
    assert_told_once();
}

static void a_link_while_a_change_is_decided(void **state)
{
    (void)state;
    while_a_change_is_decided(link_beside, "skipped no_conversation");
}

/* And the other way round: whoever decides waits for the link. */
static void a_change_while_it_is_linked(void **state)
{
    (void)state;
    struct ctx *w = pg_ctx("track_worker");
    emit("pending", "in_transit", false, false);
    db_begin(c->db, pg_tenant());
    assert_int_equal(thread_link(c, order, conversation), OK);
    pid_t child = beside(w, dispatch_beside);
    until_it_waits();
    assert_int_equal(db_commit(c->db), OK);
    done(child);
    assert_string_equal(state_of(), "queued");
    assert_int_equal(dispatch(), 1);
    go();
    assert_told_once();
}

/* No order is decided, and the purchase order gets one meanwhile. */
static void an_order_given_while_a_change_is_decided(void **state)
{
    (void)state;
    while_a_change_is_decided(give_to_order, "skipped no_order");
}

/* Queued, unlinked, and linked again while it is written that there is no conversation. */
static void a_link_while_it_is_given_up(void **state)
{
    (void)state;
    struct ctx *w = pg_ctx("track_worker");
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    move("pending", "in_transit");
    unlink_it();
    db_begin(c->db, pg_tenant());
    assert_int_equal(thread_link(c, order, conversation), OK);
    pid_t child = beside(w, work_beside);
    until_it_waits();
    assert_int_equal(db_commit(c->db), OK);
    done(child);
    assert_string_equal(state_of(), "queued");
    assert_int_equal(dispatch(), 1);
    later();
    go();
    assert_told_once();
    assert_int_equal(audited("skipped"), 0);
}

/* Caught up, and the parcel moves on before it is sent: that change tells, and this one no more. */
static void what_moved_on_before_it_was_sent(void **state)
{
    (void)state;
    move("pending", "in_transit");
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    move("in_transit", "delivered");
    go();
    later();
    go();
    assert_string_equal(all_states(), "shipped superseded moved_on, delivered sent");
    assert_int_equal(told(), 1);
}

/* Front has it no longer, and meanwhile the order got another one. */
static void relinked_while_front_has_it_no_longer(void **state)
{
    (void)state;
    link_to("cnv_gone2");
    assert_int_equal(dispatch(), 1);
    move("pending", "in_transit");
    control("faults", "{\"slow\":700}");
    struct ctx *w = pg_ctx("track_worker");
    pid_t child = beside(w, work_beside);
    for (int i = 0; i < 100 && strcmp(state_of(), "sending") != 0; i++)
        usleep(20000);
    link_to(conversation);
    done(child);
    control("faults", "{\"slow\":0}");
    assert_string_equal(state_of(), "queued");
    (void)dispatch(); /* the worker may have done it */
    later();
    go();
    assert_told_once();
    assert_string_equal(pg_sql("select thread_status from orders where id = '%s'", order),
                        "manually_linked");
}

/* ---- a reply that is not found ---- */

static void what_is_not_found_beside_the_conversation_unlinks_nothing(void **state)
{
    (void)state;
    link_to(conversation);
    assert_int_equal(dispatch(), 1);
    control("faults", "{\"lost\":1}");
    move("pending", "in_transit");
    go();
    assert_string_equal(state_of(), "failed refused");
    assert_non_null(strstr(pg_sql("select error from customer_notifications where id = " LAST),
                           "not the channel"));
    assert_string_equal(pg_sql("select thread_status from orders where id = '%s'", order),
                        "manually_linked");
    assert_int_equal(told(), 0);
    assert_int_equal(jobs(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(of_four_the_last_is_sent, fresh_unlinked),
        cmocka_unit_test_setup(what_each_way_comes_to, fresh_unlinked),
        cmocka_unit_test_setup(of_two_shipments_each_has_its_own, fresh_unlinked),
        cmocka_unit_test_setup(a_shipment_that_was_no_orders_yet, fresh_unlinked),
        cmocka_unit_test_setup(a_purchase_order_that_gets_its_order_later, fresh_of_no_order),
        cmocka_unit_test_setup(an_order_without_a_conversation_is_told_of_when_it_has_one,
                               fresh_of_no_order),
        cmocka_unit_test_setup(what_is_over_for_days_is_not_told, fresh_unlinked),
        cmocka_unit_test_setup(what_else_stood_against_it_still_does, fresh_unlinked),
        cmocka_unit_test_setup(linked_again_nothing_is_told_twice, fresh_unlinked),
        cmocka_unit_test_setup(an_event_told_again_catches_up_once, fresh_unlinked),
        cmocka_unit_test_setup(unlinked_before_it_is_told_nothing_is_caught_up, fresh_unlinked),
        cmocka_unit_test_setup(what_met_no_conversation_is_sent_to_the_next, fresh_unlinked),
        cmocka_unit_test_setup(a_link_while_a_change_is_decided, fresh_unlinked),
        cmocka_unit_test_setup(a_change_while_it_is_linked, fresh_unlinked),
        cmocka_unit_test_setup(an_order_given_while_a_change_is_decided, fresh_of_no_order),
        cmocka_unit_test_setup(a_link_while_it_is_given_up, fresh_unlinked),
        cmocka_unit_test_setup(what_moved_on_before_it_was_sent, fresh_unlinked),
        cmocka_unit_test_setup(relinked_while_front_has_it_no_longer, fresh_unlinked),
        cmocka_unit_test_setup(what_is_not_found_beside_the_conversation_unlinks_nothing,
                               fresh_unlinked),
    };
    return run_notifying("notify_catch_up_test", tests, sizeof(tests) / sizeof(tests[0]));
}
