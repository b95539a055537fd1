/* What shipments ask for, and the tasks of them, while others write beside it. */
#include "pg/parcels.h"

#include "ship/failure.sql.h"
#include "ship/task.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char order[40], po[40], id[40];
static struct ctx *one, *other;

/* ---- two at once ---- */

static void somebody_waits(void)
{
    for (int i = 0; i < 300; i++) {
        if (pg_int("select count(*) from pg_locks where not granted and pid in (select pid from "
                   "pg_stat_activity where datname = current_database())"))
            return;
        usleep(20000);
    }
    fail_msg("nobody waits");
}

static pid_t beside(void (*what)(struct ctx *))
{
    pid_t child = fork();
    if (child == 0) {
        what(other);
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

/* ---- failures ---- */

static char failures[2][40];

static enum err resolve(struct ctx *w, const char *failure)
{
    return db_query(w->db, w->arena, failure_resolve, NULL, .id = failure, .actor_name = "Eva");
}

static void resolve_beside(struct ctx *w)
{
    db_begin(w->db, pg_tenant());
    if (resolve(w, failures[1]) || db_commit(w->db))
        _exit(1);
}

/* Two failures are resolved at once by two: none is left. */
static void failures_resolved_at_once(void **state)
{
    (void)state;
    char reservation[40];
    order_new(order, po);
    shipment_new(po, id);
    keep(reservation,
         pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                "purchase_order_id, carrier, dry_run, our_ref, asked, request, state, step, "
                "shipment_id) values ('%s', '%s', 1, '%s', 'shiprocket', true, 'R-1', '{}', "
                "'{}', 'saved', 'done', '%s') returning id",
                pg_tenant(), order, po, id));
    for (int i = 0; i < 2; i++)
        keep(failures[i],
             pg_sql("insert into delivery_failures (tenant_id, order_id, reservation_id, step, "
                    "kind, sentence, retry) values ('%s', '%s', '%s', 'pickup', 'refused', "
                    "'No.', 'none') returning id",
                    pg_tenant(), order, reservation));
    assert_int_equal(pg_int("select open_failures from shipments where id = '%s'", id), 2);
    db_begin(one->db, pg_tenant());
    assert_int_equal(resolve(one, failures[0]), OK);
    pid_t child = beside(resolve_beside);
    somebody_waits();
    assert_int_equal(db_commit(one->db), OK);
    done(child);
    assert_int_equal(pg_int("select open_failures from shipments where id = '%s'", id), 0);
    assert_string_equal(pg_sql("select attention from shipments where id = '%s'", id),
                        "on_the_way");
}

/* ---- tasks ---- */

static void react_beside(struct ctx *w)
{
    struct json_object *data = json_own(w->arena, json_object_new_object());
    json_set_text(data, "to", "exception");
    const struct event told = { .entity_id = id, .data = data };
    db_begin(w->db, pg_tenant());
    if (task_react(w, &told) || db_commit(w->db))
        _exit(1);
}

/* It is being delivered when the task of its trouble is to be made: nobody would close that. */
static void delivered_while_a_task_is_made(void **state)
{
    (void)state;
    const struct shipment_event e = scan(PARCEL_DELIVERED, NULL, "delivered");
    order_new(order, po);
    shipment_new(po, id);
    (void)set(id, "exception");
    db_begin(one->db, pg_tenant());
    assert_int_equal(shipment_append(one, id, &e, 1, false, NULL, NULL), OK);
    pid_t child = beside(react_beside);
    somebody_waits();
    assert_int_equal(db_commit(one->db), OK);
    done(child);
    assert_int_equal(pg_int("select count(*) from fulfilment_tasks where shipment_id = '%s'", id),
                     0);
}

/* ---- terms ---- */

static const char *asks(void)
{
    return pg_sql("select concat_ws(' ', attention, attention_reason) from shipments where id = "
                  "'%s'",
                  id);
}

/* Less time to claim a loss than was thought: what is silent asks for it at once. */
static void terms_are_those_of_what_is_silent_too(void **state)
{
    (void)state;
    struct call admin = { 0 };
    call_session(&admin, "admin");
    const char *path = "/api/ship/claim-terms";
    keep(id, pg_sql("insert into shipments (tenant_id, carrier, tracking_number, public_token, "
                    "status, created_at, last_scan_at, silent_since) values ('%s', 'dhl', 'Q1', "
                    "'token-' || gen_random_uuid(), 'in_transit', now() - interval '20 days', "
                    "now() - interval '20 days', now() - interval '16 days') returning id",
                    pg_tenant()));
    assert_string_equal(asks(), "silent");
    assert_int_equal(ask(&admin, "PUT", path, "{\"claim\": \"loss\", \"hours\": 600}")->status,
                     200);
    assert_string_equal(asks(), "act_now loss");
    assert_int_equal(ask(&admin, "PUT", path, "{\"claim\": \"loss\", \"hours\": 0}")->status, 200);
    assert_string_equal(asks(), "silent");
}

/* ---- many at once ---- */

/* A statement over thousands takes about as long for each as one over a single one. */
static void thousands_are_counted_at_once(void **state)
{
    (void)state;
    static const char difference[] =
        "select string_agg(attention, ', ') from (select attention, sum(shipments)::bigint as n "
        "from shipment_counts group by 1) k full join (select attention, count(*) as n from "
        "shipments group by 1) s using (attention) where coalesce(k.n, 0) <> coalesce(s.n, 0)";
    (void)pg_sql("insert into shipments (tenant_id, carrier, public_token) select '%s', 'dhl', "
                 "'token-' || gen_random_uuid() from generate_series(1, 4000)",
                 pg_tenant());
    (void)pg_sql("update shipments set status = 'exception' where id = '%s'", id);
    assert_null(pg_sql(difference));
    (void)pg_sql("set statement_timeout = '5s'");
    (void)pg_sql("update shipments set status = 'exception' where status = 'pending'");
    (void)pg_sql("reset statement_timeout");
    assert_null(pg_sql(difference));
    assert_true(pg_int("select count(*) from shipments where attention = 'act_now'") > 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_resolved_at_once),
        cmocka_unit_test(delivered_while_a_task_is_made),
        cmocka_unit_test(terms_are_those_of_what_is_silent_too),
        cmocka_unit_test(thousands_are_counted_at_once),
    };
    pg_start("ship_meanwhile");
    call_start(domains);
    one = pg_ctx("track_worker");
    other = pg_ctx("track_worker");
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
