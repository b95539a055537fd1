/* Shipments: their chained timelines, and how orders follow them. */
#include "pg/parcels.h"

#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 4
#define ROUNDS 6

/* ---- the timeline ---- */

static void a_status_moves_shipment_order_and_others_at_once(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    assert_string_equal(order_status(order), "new");
    shipment_new(po, id);
    assert_string_equal(order_status(order), "reserved");
    const struct answer *a = set(id, "in_transit");
    assert_int_equal(a->status, 200);
    assert_true(json_object_get_boolean(json_get(a->json, "moved")));
    assert_string_equal(json_text(json_get(a->json, "shipment"), "status"), "in_transit");
    assert_string_equal(order_status(order), "shipped");
    assert_int_equal(changes(id), 1);
    assert_int_equal(pg_int("select count(*) from domain_events where entity_id = '%s' and data = "
                            "jsonb_build_object('shipmentId', '%s', 'from', 'pending', 'to', "
                            "'in_transit', 'source', 'user', 'muted', false, 'dryRun', false, "
                            "'occurredAt', data -> 'occurredAt') and (data ->> "
                            "'occurredAt')::timestamptz between now() - interval '1 min' and now()",
                            id, id),
                     1);
    a = set(id, "in_transit");
    assert_false(json_object_get_boolean(json_get(a->json, "moved")));
    assert_int_equal(changes(id), 1);
    assert_int_equal(set(id, "delivered")->status, 200);
    assert_string_equal(order_status(order), "delivered");
    assert_int_equal(changes(id), 2);
    assert_chained(id);
    assert_int_equal(pg_int("select count(*) from audit_history where entity_id = '%s' and action "
                            "in ('shipment.added', 'shipment.status_set')",
                            id),
                     4);
}

static void it_goes_on_and_never_back(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    assert_int_equal(set(id, "out_for_delivery")->status, 200);
    long long events = pg_int("select count(*) from shipment_events where shipment_id = '%s'", id);
    const struct answer *a = set(id, "in_transit");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"),
                           "“out for delivery” and does not go back to “in transit”"));
    a = at(&agent, "POST", id, "/status",
           "{\"status\": \"exception\", \"occurredAt\": \"2026-01-05T10:00:00Z\"}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "of a later"));
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s'", id),
                     events);
    assert_int_equal(changes(id), 1);
    assert_string_equal(order_status(order), "shipped");
}

static void what_was_told_is_told_once(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event list[] = { scan(PARCEL_IN_TRANSIT, "2026-03-01T10:00:00Z", "a"),
                                           scan(PARCEL_IN_TRANSIT, "2026-03-01T10:00:00Z", "a"),
                                           scan(PARCEL_OUT_FOR_DELIVERY, "2026-03-02T08:00:00Z",
                                                "b") };
    assert_true(append(id, list, 3));
    assert_false(append(id, list, 3));
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s' and "
                            "type = 'SCAN'",
                            id),
                     2);
    assert_int_equal(changes(id), 1);
    assert_int_equal(
        pg_int("select count(*) from shipments where id = '%s' and status_at = "
               "'2026-03-02T08:00:00Z' and shipped_at = '2026-03-01T10:00:00Z' and "
               "out_for_delivery_at = status_at and last_scan_at = status_at and evidence_grade = "
               "'B'",
               id),
        1);
    assert_chained(id);
}

/* A clock that is wrong keeps nothing that is true from being told after it. */
static void what_is_to_come_occurred_now(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event wrong = scan(PARCEL_OUT_FOR_DELIVERY, "2062-03-01T10:00:00Z", "a");
    assert_true(append(id, &wrong, 1));
    assert_int_equal(pg_int("select count(*) from shipments where id = '%s' and last_scan_at <= "
                            "clock_timestamp() and status_at <= clock_timestamp()",
                            id),
                     1);
    assert_int_equal(set(id, "failed_attempt")->status, 200);
}

/* Milestones are of when they were, in whichever order they are told. */
static void milestones_are_of_their_days(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event list[] = {
        scan(PARCEL_OUT_FOR_DELIVERY, "2026-03-03T08:00:00Z", "b"),
        scan(PARCEL_IN_TRANSIT, "2026-03-01T10:00:00Z", "a"),
        scan(PARCEL_OUT_FOR_DELIVERY, "2026-03-02T08:00:00Z", "c"),
        scan(PARCEL_DELIVERED, "2026-03-05T09:00:00Z", "d"),
        scan(PARCEL_DELIVERED, "2026-03-04T09:00:00Z", "e"),
    };
    assert_true(append(id, list, 5));
    assert_int_equal(pg_int("select count(*) from shipments where id = '%s' and shipped_at = "
                            "'2026-03-01T10:00:00Z' and out_for_delivery_at = "
                            "'2026-03-03T08:00:00Z' and delivered_at = '2026-03-04T09:00:00Z'",
                            id),
                     1);
}

/* A parcel that was never seen on its way has no such milestone. */
static void what_was_never_shipped_says_so(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event lost = scan(PARCEL_EXCEPTION, "2026-03-01T10:00:00Z", "a");
    assert_true(append(id, &lost, 1));
    assert_int_equal(
        pg_int("select count(*) from shipments where id = '%s' and shipped_at is null", id), 1);
}

/* A rehearsal counts where there is nothing else. */
static void what_was_rehearsed_does_not_count_beside_what_was_sent(void **state)
{
    (void)state;
    char order[40], po[40], dry[40], real[40];
    order_new(order, po);
    shipment_new(po, dry);
    (void)pg_sql("update shipments set dry_run = true where id = '%s' returning id", dry);
    assert_string_equal(order_status(order), "reserved");
    shipment_new(po, real);
    assert_int_equal(set(real, "delivered")->status, 200);
    assert_string_equal(order_status(order), "delivered");
}

/* A first answer of a carrier, with all it knows. */
static void many_scans_are_one_change(void **state)
{
    (void)state;
    enum { SCANS = 70 };
    static char keys[SCANS][8], times[SCANS][24];
    struct shipment_event list[SCANS];
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    for (int i = 0; i < SCANS; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        snprintf(times[i], sizeof(times[i]), "2026-03-%02dT10:%02d:00Z", 1 + i / 60, i % 60);
        list[i] = scan(i == 0           ? PARCEL_INFO_RECEIVED
                       : i == SCANS - 1 ? PARCEL_DELIVERED
                                        : PARCEL_IN_TRANSIT,
                       times[i], keys[i]);
    }
    assert_true(append(id, list, SCANS));
    assert_int_equal(changes(id), 1);
    assert_string_equal(pg_sql("select concat(data ->> 'from', ' ', data ->> 'to', ' ', data ->> "
                               "'occurredAt') from domain_events where name = "
                               "'ShipmentStatusChanged' and entity_id = '%s'",
                               id),
                        "pending delivered 2026-03-02T10:09:00.000Z");
    assert_string_equal(order_status(order), "delivered");
    assert_int_equal(pg_int("select event_seq from shipments where id = '%s'", id), SCANS + 1);
    assert_chained(id);
}

static void what_speaks_against_it_stands_beside_it(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct shipment_event list[] = {
        scan(PARCEL_DELIVERED, "2026-03-02T10:00:00Z", "a"),
        scan(PARCEL_EXCEPTION, "2026-03-03T10:00:00Z", "b"),
    };
    (void)append(id, list, 2);
    const struct answer *a = at(&viewer, "GET", id, "", NULL);
    struct json_object *x = json_get(a->json, "contradiction");
    assert_string_equal(json_text(a->json, "status"), "delivered");
    assert_string_equal(json_text(x, "status"), "exception");
    assert_string_equal(json_text(x, "at"), "2026-03-03T10:00:00.000Z");
    assert_string_equal(json_text(json_get(x, "against"), "status"), "delivered");
    assert_chained(id);
}

static void it_only_grows(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    static const struct sql spoil[] = {
        { "t_spoil_1", "update shipment_events set sentence = 'x'", 0, NULL, false },
        { "t_spoil_2", "delete from shipment_events", 0, NULL, false },
        { "t_spoil_3", "delete from shipment_register", 0, NULL, false },
    };
    for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
        struct ctx *c = pg_ctx("track_worker");
        db_begin(c->db, pg_tenant());
        assert_int_equal(db_run(c->db, c->arena, &spoil[i], NULL, NULL), ERR_DENIED);
        db_rollback(c->db);
    }
    assert_int_equal(pg_int("select count(*) from shipment_events e where shipment_id = '%s' and "
                            "(shipment_event_whole(jsonb_populate_record(e, '{\"sentence\": "
                            "\"x\"}')) or shipment_event_whole(jsonb_populate_record(e, "
                            "'{\"occurred_at\": \"2020-01-01\"}')) or "
                            "shipment_event_whole(jsonb_populate_record(e, '{\"status_after\": "
                            "\"delivered\"}')))",
                            id),
                     0);
    assert_int_equal(
        pg_int("select count(*) from shipment_register where '%s' = any(shipments)", id), 1);
}

static void what_is_rolled_back_was_not(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    struct ctx *c = pg_ctx("track_worker");
    const struct shipment_event e = scan(PARCEL_IN_TRANSIT, NULL, "a");
    db_begin(c->db, pg_tenant());
    assert_int_equal(shipment_append(c, id, &e, 1, false, NULL, NULL), OK);
    db_rollback(c->db);
    assert_int_equal(changes(id), 0);
    assert_string_equal(order_status(order), "reserved");
    assert_true(append(id, &e, 1));
}

static void nobodys_shipment_is_not_found(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_worker");
    const struct shipment_event e = scan(PARCEL_IN_TRANSIT, NULL, "a");
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        shipment_append(c, "00000000-0000-7000-8000-000000000000", &e, 1, false, NULL, NULL),
        ERR_NOT_FOUND);
    assert_int_equal(order_follow(c, "00000000-0000-7000-8000-000000000000"), ERR_NOT_FOUND);
    db_rollback(c->db);
}

/* ---- orders ---- */

static void an_order_follows_all_its_shipments(void **state)
{
    (void)state;
    char order[40], po[40], first[40], second[40];
    order_new(order, po);
    shipment_new(po, first);
    shipment_new(po, second);
    (void)set(first, "delivered");
    assert_string_equal(order_status(order), "partly_delivered");
    (void)set(second, "cancelled");
    assert_string_equal(order_status(order), "delivered");
    (void)set(second, "returned");
    assert_string_equal(order_status(order), "partly_delivered");
}

static void a_purchase_order_may_find_its_order_later(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    (void)pg_sql("update purchase_orders set order_id = null where id = '%s' returning id", po);
    shipment_new(po, id);
    (void)set(id, "in_transit");
    assert_string_equal(order_status(order), "new");
    (void)pg_sql("update purchase_orders set order_id = '%s' where id = '%s' returning id", order,
                 po);
    struct ctx *c = pg_ctx("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(order_follow(c, order), OK);
    assert_int_equal(db_commit(c->db), OK);
    assert_string_equal(order_status(order), "shipped");
}

/* Each child tells the same of both shipments, and its own of one. */
static void tell_in_child(int child, char ids[2][40])
{
    struct ctx *c = pg_ctx("track_worker");
    for (int i = 0; i < ROUNDS; i++) {
        char same[16], own[16];
        snprintf(same, sizeof(same), "same%d", i);
        snprintf(own, sizeof(own), "own%d.%d", child, i);
        const struct shipment_event list[] = {
            scan(i == ROUNDS - 1 ? PARCEL_DELIVERED : PARCEL_IN_TRANSIT, NULL, same),
            scan(PARCEL_NOTHING, NULL, own),
        };
        db_begin(c->db, pg_tenant());
        enum err e = shipment_append(c, ids[(child + i) % 2], list, 2, false, NULL, NULL);
        if (db_end(c->db, e) != OK)
            _exit(1);
        db_begin(c->db, pg_tenant());
        e = shipment_append(c, ids[(child + i + 1) % 2], list, 1, false, NULL, NULL);
        if (db_end(c->db, e) != OK)
            _exit(1);
    }
    _exit(0);
}

static void many_at_once_keep_one_chain(void **state)
{
    (void)state;
    char order[40], po[40], ids[2][40];
    order_new(order, po);
    shipment_new(po, ids[0]);
    shipment_new(po, ids[1]);
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0)
            tell_in_child(i, ids);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_chained(ids[i]);
        assert_int_equal(changes(ids[i]), 2);
        assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s' and "
                                "dedupe_key like 'same%%'",
                                ids[i]),
                         ROUNDS);
    }
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id in ('%s', "
                            "'%s') and dedupe_key like 'own%%'",
                            ids[0], ids[1]),
                     CHILDREN * ROUNDS);
    assert_string_equal(order_status(order), "delivered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_moves_shipment_order_and_others_at_once),
        cmocka_unit_test(it_goes_on_and_never_back),
        cmocka_unit_test(what_was_told_is_told_once),
        cmocka_unit_test(what_is_to_come_occurred_now),
        cmocka_unit_test(milestones_are_of_their_days),
        cmocka_unit_test(what_was_never_shipped_says_so),
        cmocka_unit_test(what_was_rehearsed_does_not_count_beside_what_was_sent),
        cmocka_unit_test(many_scans_are_one_change),
        cmocka_unit_test(what_speaks_against_it_stands_beside_it),
        cmocka_unit_test(it_only_grows),
        cmocka_unit_test(what_is_rolled_back_was_not),
        cmocka_unit_test(nobodys_shipment_is_not_found),
        cmocka_unit_test(an_order_follows_all_its_shipments),
        cmocka_unit_test(a_purchase_order_may_find_its_order_later),
        cmocka_unit_test(many_at_once_keep_one_chain),
    };
    pg_start("shipments");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
