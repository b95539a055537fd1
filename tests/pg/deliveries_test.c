/* Deliveries in Postgres: one of fifty callers reserves, the last write makes the shipment with all
   that belongs to it or nothing, and what went wrong is kept. */
#include "pg/parcels.h"

#include "base/domain.h"
#include "base/settings.h"
#include "jobs/jobs.h"
#include "ship/delivery.h"

#include <sys/wait.h>
#include <unistd.h>

#define CALLERS 50
#define PARCEL "\"weightGrams\": 1200, \"lengthMm\": 250, \"breadthMm\": 180, \"heightMm\": 160"

static const struct answer *deliver(const char *order, const char *body)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
    return ask(&agent, "POST", path, body);
}

static const struct answer *act(const char *what, const char *id, const char *verb)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/%s/%s/%s", what, id, verb);
    return ask(&agent, "POST", path, NULL);
}

static const struct answer *show(const char *id)
{
    char path[120];
    snprintf(path, sizeof(path), "/api/deliveries/%s", id);
    return ask(&viewer, "GET", path, NULL);
}

static void run_deliveries(void)
{
    (void)pg_sql("update jobs set run_at = now() where kind = 'ship.deliver' returning id");
    work();
}

static long long calls_of(const char *id, const char *path)
{
    return pg_int(
        "select count(*) from http_calls where entity = 'delivery:%s' and dry_run and url "
        "like '%%%s'",
        id, path);
}

static void one_call_each(const char *id)
{
    assert_int_equal(calls_of(id, "/orders/create/adhoc"), 1);
    assert_int_equal(calls_of(id, "/courier/assign/awb"), 1);
    assert_int_equal(calls_of(id, "/courier/generate/pickup"), 1);
}

/* ---- asking ---- */

static void a_delivery_becomes_a_shipment(void **state)
{
    (void)state;
    char order[40], po[40], id[40], shipment[40];
    order_new(order, po);
    const struct answer *a = deliver(order, "{" PARCEL ", \"pickupOn\": \"2026-05-12\"}");
    assert_int_equal(a->status, 202);
    keep(id, json_text(a->json, "deliveryId"));
    assert_non_null(strstr(answer_header("Location"), id));
    assert_string_equal(json_text(a->json, "state"), "running");
    assert_true(json_object_get_boolean(json_get(a->json, "dryRun")));
    assert_string_equal(order_status(order), "reserved");
    run_deliveries();
    a = show(id);
    assert_string_equal(json_text(a->json, "state"), "saved");
    assert_string_equal(json_text(a->json, "pickupOn"), "2026-05-12 09:00:00");
    assert_memory_equal(json_text(a->json, "trackingNumber"), "DRY9", 4);
    keep(shipment, json_text(a->json, "shipmentId"));
    one_call_each(id);
    assert_chained(shipment);
    assert_int_equal(changes(shipment), 1);
    assert_string_equal(
        pg_sql("select string_agg(type, ' ' order by seq) from shipment_events where shipment_id = "
               "'%s'",
               shipment),
        "CREATED CARRIER_ACTION AWB_ASSIGNED PICKUP_SCHEDULED");
    assert_string_equal(
        pg_sql("select status || ' ' || dry_run from shipments where id = '%s'", shipment),
        "info_received true");
    assert_string_equal(pg_sql("select string_agg(action, ' ' order by seq) from audit_history "
                               "where entity_id in ('%s', '%s')",
                               id, shipment),
                        "delivery.asked shipment.added delivery.saved");
    assert_int_equal(pg_int("select count(*) from jobs where kind = 'ship.deliver'"), 0);
    a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 200);
    assert_true(json_object_get_boolean(json_get(a->json, "fromCache")));
    assert_string_equal(json_text(a->json, "shipmentId"), shipment);
    a = deliver(order, "{" PARCEL ", \"parcel\": 2}");
    assert_int_equal(a->status, 202);
    run_deliveries();
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     2);
}

/* A parcel that is being handed over keeps its order reserved, whatever else is taken back. */
static void an_order_stays_reserved_while_one_runs(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    shipment_new(po, id);
    const struct answer *a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 202);
    assert_int_equal(set(id, "cancelled")->status, 200);
    assert_string_equal(order_status(order), "reserved");
    run_deliveries();
}

/* Cancelled before anybody had it: what was delivered is delivered anew, once, and its order is
   reserved again. The old one stays as it was. */
static void what_was_cancelled_is_delivered_anew(void **state)
{
    (void)state;
    char order[40], po[40], old[40], shipment[40], id[40];
    order_new(order, po);
    keep(old, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    run_deliveries();
    keep(shipment, json_text(show(old)->json, "shipmentId"));
    assert_int_equal(set(shipment, "cancelled")->status, 200);
    assert_string_equal(order_status(order), "new");
    const struct answer *a = show(old);
    assert_string_equal(json_text(a->json, "state"), "cancelled");
    assert_string_equal(json_text(a->json, "shipmentId"), shipment);
    assert_false(json_object_get_boolean(json_get(a->json, "canRetry")));
    assert_false(json_object_get_boolean(json_get(a->json, "canCancel")));
    assert_int_equal(act("deliveries", old, "retry")->status, 409);
    a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 202);
    keep(id, json_text(a->json, "deliveryId"));
    assert_string_not_equal(id, old);
    assert_string_equal(order_status(order), "reserved");
    assert_int_equal(deliver(order, "{" PARCEL "}")->status, 409);
    run_deliveries();
    a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 200);
    assert_string_equal(json_text(a->json, "deliveryId"), id);
    assert_string_equal(json_text(a->json, "state"), "saved");
    assert_string_not_equal(json_text(a->json, "shipmentId"), shipment);
    one_call_each(id);
    one_call_each(old);
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     2);
}

/* What somebody has had in hand is another matter. */
static void what_was_on_its_way_is_not_delivered_anew(void **state)
{
    (void)state;
    char order[40], po[40], id[40], shipment[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    run_deliveries();
    keep(shipment, json_text(show(id)->json, "shipmentId"));
    assert_int_equal(set(shipment, "in_transit")->status, 200);
    assert_int_equal(set(shipment, "cancelled")->status, 200);
    const struct answer *a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 200);
    assert_true(json_object_get_boolean(json_get(a->json, "fromCache")));
    assert_string_equal(json_text(a->json, "deliveryId"), id);
}

/* What could not be taken back is not sent instead, and a person may go on with it either way. */
static void one_not_taken_back_is_not_sent_instead(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    const struct answer *a = deliver(order, "{" PARCEL "}");
    keep(id, json_text(a->json, "deliveryId"));
    (void)pg_sql("delete from jobs where unique_key = '%s' returning id", id);
    a = show(id);
    assert_string_equal(json_text(a->json, "state"), "running");
    assert_true(json_object_get_boolean(json_get(a->json, "canRetry")));
    (void)pg_sql("update delivery_reservations set state = 'failed', cancelling = true where id = "
                 "'%s' returning id",
                 id);
    a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(json_text(a->json, "detail"), "being taken back"));
    assert_true(json_object_get_boolean(json_get(show(id)->json, "canCancel")));
    assert_int_equal(act("deliveries", id, "cancel")->status, 202);
    run_deliveries();
    assert_string_equal(json_text(show(id)->json, "state"), "cancelled");
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    char order[40], po[40];
    order_new(order, po);
    const struct answer *a = deliver(order, "{\"weightGrams\": 0, \"lengthMm\": 5}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "weightGrams"));
    assert_non_null(strstr(a->body, "heightMm"));
    a = deliver(order, "{" PARCEL ", \"pickupOn\": \"soon\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "pickupOn"));
    a = deliver(order,
                "{" PARCEL ", \"purchaseOrderId\": \"0198c000-0000-7000-8000-000000000000\"}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "purchaseOrderId"));
    (void)pg_sql("insert into purchase_orders (tenant_id, number, order_id) values ('%s', 'second "
                 "%d', '%s') returning id",
                 pg_tenant(), numbers, order);
    a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "as the order has several"));
    assert_int_equal(deliver("0198c000-0000-7000-8000-000000000000", "{" PARCEL "}")->status, 404);
    pg_settings()->carrier_dry_run = false;
    char body[200];
    snprintf(body, sizeof(body), "{" PARCEL ", \"purchaseOrderId\": \"%s\"}", po);
    a = deliver(order, body);
    pg_settings()->carrier_dry_run = true;
    assert_int_equal(a->status, 422);
    assert_non_null(strstr(a->body, "TRACK_CARRIER_DRY_RUN"));
    assert_string_equal(order_status(order), "new");
    assert_int_equal(
        pg_int("select count(*) from delivery_reservations where order_id = '%s'", order), 0);
    (void)pg_sql("update orders set cancelled_at = now(), status = 'cancelled' where id = '%s' "
                 "returning id",
                 order);
    assert_int_equal(deliver(order, body)->status, 409);
    char path[120];
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries", order);
    assert_int_equal(ask(&viewer, "POST", path, body)->status, 403);
    assert_int_equal(ask(&stranger, "GET", path, NULL)->status, 403);
}

static void an_order_without_a_purchase_order_gets_one(void **state)
{
    (void)state;
    char order[40], po[40], number[40];
    order_new(order, po);
    keep(number, pg_sql("select number from orders where id = '%s'", order));
    (void)pg_sql("delete from purchase_orders where id = '%s' returning id", po);
    assert_int_equal(deliver(order, "{" PARCEL "}")->status, 202);
    assert_string_equal(pg_sql("select number from purchase_orders where order_id = '%s'", order),
                        number);
    run_deliveries();
}

/* ---- at once ---- */

/* As one of many processes of the page pool. */
static void call_in_child(const char *order)
{
    call_start(domains);
    const struct answer *a = deliver(order, "{" PARCEL "}");
    _exit(a->status == 202 ? 1 : a->status == 409 ? 2 : 3);
}

/* One that was refused while it was under way, and is written down when it is over. */
static void late_caller(const char *order)
{
    struct ctx *c = pg_ctx("track_web");
    const char *id = arena_strdup(
        c->arena, pg_sql("select id from delivery_reservations where order_id = '%s'", order));
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, failure_concurrent(c, id)), OK);
}

static void of_fifty_callers_one_wins(void **state)
{
    (void)state;
    char order[40], po[40];
    int won = 0, refused = 0;
    order_new(order, po);
    for (int i = 0; i < CALLERS; i++)
        if (fork() == 0)
            call_in_child(order);
    for (int i = 0; i < CALLERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        won += WEXITSTATUS(status) == 1;
        refused += WEXITSTATUS(status) == 2;
    }
    assert_int_equal(won, 1);
    assert_int_equal(refused, CALLERS - 1);
    assert_int_equal(pg_int("select times from delivery_failures where order_id = '%s' and kind = "
                            "'concurrent' and step = 'reserve' and retry = 'none'",
                            order),
                     CALLERS - 1);
    assert_int_equal(pg_int("select count(*) from delivery_failures where order_id = '%s'", order),
                     1);
    assert_int_equal(
        pg_int("select count(*) from delivery_reservations where order_id = '%s'", order), 1);
    run_deliveries();
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     1);
    late_caller(order);
    assert_int_equal(pg_int("select count(*) from delivery_failures where order_id = '%s' and "
                            "resolved_at is null",
                            order),
                     0);
    assert_int_equal(pg_int("select times from delivery_failures where order_id = '%s'", order),
                     CALLERS);
    (void)pg_sql("delete from delivery_failures where order_id = '%s' returning id", order);
    late_caller(order);
    assert_int_equal(pg_int("select count(*) from delivery_failures where order_id = '%s' and "
                            "resolved_at is not null",
                            order),
                     1);
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s' and "
                            "attention = 'act_now'",
                            po),
                     0);
}

/* The storage alone: no lock of the order stands before it. */
static void reserve_in_child(const char *order, const char *po, int n)
{
    char id[40], ref[40];
    struct reservation out;
    struct ctx *c = pg_ctx("track_web");
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    snprintf(id, sizeof(id), "0198c000-0000-7000-8000-%012d", n);
    snprintf(ref, sizeof(ref), "REF-%.8s-%d", order, n);
    const struct reservation wanted = {
        .id = id,
        .order_id = order,
        .purchase_order_id = po,
        .carrier = "shiprocket",
        .our_ref = ref,
        .parcel = 1,
        .dry_run = true,
        .asked = json_own(c->arena, json_object_new_object()),
        .request = json_own(c->arena, json_object_new_object()),
    };
    db_begin(c->db, c->tenant_id);
    enum err e = storage.reserve(storage.of, c, &wanted, &out);
    enum err ended = db_commit(c->db);
    bool ours = e == OK && strcmp(out.id, id) == 0, theirs = e == ERR_CONFLICT && out.id != NULL;
    _exit(ended ? 3 : ours ? 1 : theirs ? 2 : 3);
}

static void the_conditional_insert_alone_lets_one_win(void **state)
{
    (void)state;
    char order[40], po[40];
    int won = 0, met = 0;
    order_new(order, po);
    for (int i = 0; i < CALLERS; i++)
        if (fork() == 0)
            reserve_in_child(order, po, i);
    for (int i = 0; i < CALLERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        won += WIFEXITED(status) && WEXITSTATUS(status) == 1;
        met += WIFEXITED(status) && WEXITSTATUS(status) == 2;
    }
    assert_int_equal(won, 1);
    assert_int_equal(met, CALLERS - 1);
    (void)pg_sql("delete from delivery_reservations where order_id = '%s' returning id", order);
}

/* ---- writing ---- */

/* A reservation of a new order, as the worker reads it. */
static struct ctx *reserved(char *order, char *po, struct reservation *r)
{
    struct ctx *c = pg_ctx("track_worker");
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    char id[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    assert_int_equal(storage.get(storage.of, c, arena_strdup(c->arena, id), r), OK);
    return c;
}

static void who_writes_second_writes_nothing(void **state)
{
    (void)state;
    char order[40], po[40];
    struct reservation first, second;
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    struct ctx *c = reserved(order, po, &first);
    assert_int_equal(storage.get(storage.of, c, first.id, &second), OK);
    first.known.tracking_number = "FENCED";
    first.state = second.state = RUN_SAVED;
    first.step = second.step = RUN_DONE;
    assert_int_equal(storage.save(storage.of, c, &first), OK);
    assert_non_null(first.shipment_id);
    assert_int_equal(storage.save(storage.of, c, &second), ERR_CONFLICT);
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     1);
    run_deliveries();
}

static void who_lost_the_lease_saves_nothing(void **state)
{
    (void)state;
    char order[40], po[40];
    struct reservation r;
    struct ctx *c = reserved(order, po, &r);
    struct job job = { .ctx = *c, .id = 1, .token = 1 };
    const struct delivery_storage storage = delivery_storage_pg(&job);
    r.state = RUN_SAVED;
    r.step = RUN_DONE;
    assert_int_not_equal(storage.save(storage.of, c, &r), OK);
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     0);
    assert_string_equal(pg_sql("select state from delivery_reservations where id = '%s'", r.id),
                        "running");
    run_deliveries();
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     1);
}

static void a_number_that_is_there_already_is_told(void **state)
{
    (void)state;
    char order[40], po[40];
    struct reservation r;
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    struct ctx *c = reserved(order, po, &r);
    (void)pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token) values "
                 "('%s', 'shiprocket', 'TWICE', 'a-token-of-two-and-twenty') returning id",
                 pg_tenant());
    r.known.tracking_number = "TWICE";
    r.state = RUN_SAVED;
    r.step = RUN_DONE;
    assert_int_equal(storage.save(storage.of, c, &r), ERR_INVALID);
    assert_non_null(strstr(c->problem.detail, "already"));
    assert_int_equal(pg_int("select count(*) from shipments where purchase_order_id = '%s'", po),
                     0);
    run_deliveries();
}

/* ---- what goes wrong ---- */

static void refuse_as(const char *order, const char *kind, const char *retry)
{
    struct reservation r;
    struct ctx *c = pg_ctx("track_worker");
    const struct delivery_storage storage = delivery_storage_pg(NULL);
    const struct carrier_result said = { .sentence = "The billing pincode field is required.",
                                         .code = "HTTP 422",
                                         .field = "shipTo.postalCode" };
    const struct run_failure why = { "create", kind, retry, 0, &said };
    const char *id = arena_strdup(
        c->arena, pg_sql("select id from delivery_reservations where order_id = '%s'", order));
    assert_int_equal(storage.get(storage.of, c, id, &r), OK);
    r.state = strcmp(retry, "waits") == 0 ? RUN_WAITING : RUN_FAILED;
    r.why = &why;
    assert_int_equal(storage.save(storage.of, c, &r), OK);
}

static void a_failure_is_kept_retried_and_resolved(void **state)
{
    (void)state;
    char order[40], po[40], id[40], failure[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    assert_int_equal(act("deliveries", id, "retry")->status, 409);
    refuse_as(order, "limited", "waits");
    refuse_as(order, "limited", "waits");
    assert_int_equal(pg_int("select times from delivery_failures where order_id = '%s'", order), 2);
    (void)pg_sql("delete from jobs where unique_key = '%s' returning id", id);
    refuse_as(order, "refused", "none");
    const struct answer *a = show(id);
    assert_string_equal(json_text(a->json, "state"), "failed");
    struct json_object *list = json_get(a->json, "failures");
    assert_int_equal(json_object_array_length(list), 2);
    struct json_object *last = json_object_array_get_idx(list, 0);
    assert_string_equal(json_text(last, "kind"), "refused");
    assert_string_equal(json_text(last, "field"), "shipTo.postalCode");
    keep(failure, json_text(last, "failureId"));
    a = deliver(order, "{" PARCEL ", \"courierId\": \"10\"}");
    assert_int_equal(a->status, 409);
    assert_non_null(strstr(a->body, "asked for otherwise"));
    assert_int_equal(act("ship/failures", failure, "resolve")->status, 200);
    assert_int_equal(act("ship/failures", failure, "resolve")->status, 409);
    a = act("ship/failures", failure, "retry");
    assert_int_equal(a->status, 202);
    assert_int_equal(act("ship/failures", failure, "retry")->status, 409);
    run_deliveries();
    assert_string_equal(json_text(show(id)->json, "state"), "saved");
    one_call_each(id);
    a = ask(&viewer, "GET", "/api/ship/failures", NULL);
    assert_int_equal(a->status, 200);
    assert_int_equal(json_object_array_length(json_get(a->json, "failures")), 0);
    assert_int_equal(act("ship/failures", "0198c000-0000-7000-8000-000000000000", "retry")->status,
                     404);
}

static void the_same_again_goes_on_with_what_failed(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    (void)pg_sql("delete from jobs where unique_key = '%s' returning id", id);
    refuse_as(order, "refused", "none");
    const struct answer *a = deliver(order, "{" PARCEL "}");
    assert_int_equal(a->status, 202);
    assert_string_equal(json_text(a->json, "deliveryId"), id);
    run_deliveries();
    assert_string_equal(json_text(show(id)->json, "state"), "saved");
}

static void one_taken_back_makes_room(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    assert_int_equal(act("deliveries", id, "cancel")->status, 202);
    run_deliveries();
    assert_string_equal(json_text(show(id)->json, "state"), "cancelled");
    assert_int_equal(calls_of(id, "/orders/create/adhoc"), 0);
    assert_string_equal(order_status(order), "new");
    assert_int_equal(act("deliveries", id, "cancel")->status, 409);
    assert_int_equal(deliver(order, "{" PARCEL ", \"courierId\": \"10\"}")->status, 202);
    run_deliveries();
    char path[120];
    snprintf(path, sizeof(path), "/api/orders/%s/deliveries/1", order);
    assert_string_equal(json_text(ask(&viewer, "GET", path, NULL)->json, "state"), "saved");
}

/* As a worker left it that died after the carrier was called. */
static void what_was_called_is_looked_for_and_taken(void **state)
{
    (void)state;
    char order[40], po[40], id[40];
    order_new(order, po);
    keep(id, json_text(deliver(order, "{" PARCEL "}")->json, "deliveryId"));
    (void)pg_sql("update delivery_reservations set begun_at = now() - interval '1 hour', tries = 1 "
                 "where id = '%s' returning id",
                 id);
    (void)pg_sql(
        "insert into http_calls (tenant_id, provider, method, url, entity, status, dry_run, "
        "duration_ms) values ('%s', 'shiprocket', 'POST', "
        "'https://apiv2.shiprocket.in/v1/external/orders/create/adhoc', 'delivery:%s', 200, "
        "true, 1) returning id",
        pg_tenant(), id);
    run_deliveries();
    assert_string_equal(json_text(show(id)->json, "state"), "saved");
    one_call_each(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delivery_becomes_a_shipment),
        cmocka_unit_test(an_order_stays_reserved_while_one_runs),
        cmocka_unit_test(what_was_cancelled_is_delivered_anew),
        cmocka_unit_test(what_was_on_its_way_is_not_delivered_anew),
        cmocka_unit_test(one_not_taken_back_is_not_sent_instead),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(an_order_without_a_purchase_order_gets_one),
        cmocka_unit_test(of_fifty_callers_one_wins),
        cmocka_unit_test(the_conditional_insert_alone_lets_one_win),
        cmocka_unit_test(who_writes_second_writes_nothing),
        cmocka_unit_test(who_lost_the_lease_saves_nothing),
        cmocka_unit_test(a_number_that_is_there_already_is_told),
        cmocka_unit_test(a_failure_is_kept_retried_and_resolved),
        cmocka_unit_test(the_same_again_goes_on_with_what_failed),
        cmocka_unit_test(one_taken_back_makes_room),
        cmocka_unit_test(what_was_called_is_looked_for_and_taken),
    };
    pg_start("deliveries");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
