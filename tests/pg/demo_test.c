/* The demo is as the real flow would have left it: addresses with something against them and the
   event that put it there, what they kept back, and a person by name behind what people did. */
#include "pg/pg.h"

#include "jobs/jobs.h"
#include "letters/letters.h"
#include "ship/attention.h"
#include "ship/ship.h"
#include "track/demo.h"

static int load(void **state)
{
    (void)state;
    struct ctx *c = pg_ctx("track_owner");
    return demo_load(c) == OK && letters_demo(c) == OK && parcels_demo(c) == OK ? 0 : -1;
}

static void hard_bounces_are_held_against_their_addresses(void **state)
{
    (void)state;
    long long bounced = pg_int("select count(distinct c.email) from communications c join "
                               "communication_events e on e.communication_id = c.id "
                               "where e.type = 'BOUNCED' and e.detail ->> 'code' like '5.1.%%'");
    assert_true(bounced > 0);
    assert_int_equal(pg_int("select count(*) from suppressions s join communication_events e "
                            "on e.id = s.event_id and e.communication_id = s.communication_id "
                            "where s.reason = 'bad_address' and e.type = 'BOUNCED' and not "
                            "s.blocks and s.created_at = e.occurred_at"),
                     bounced);
}

static void a_stop_keeps_back_what_came_after_it(void **state)
{
    (void)state;
    long long stopped = pg_int("select count(*) from suppressions s join communication_events e "
                               "on e.id = s.event_id where s.reason = 'opt_out' and e.type = "
                               "'NOTE' and e.source = 'recipient' and s.created_at = "
                               "e.occurred_at and s.sentence like '%%' || s.address || '.'");
    long long skipped = pg_int("select count(*) from communications where "
                               "delivery_status = 'SKIPPED'");
    assert_true(stopped > 0 && skipped > 0);
    assert_int_equal(pg_int("select count(*) from suppressions where reason = 'opt_out'"), stopped);
    assert_int_equal(pg_int("select count(*) from communications c join communication_events e on "
                            "e.communication_id = c.id and e.type = 'SKIPPED' join suppressions s "
                            "on s.id::text = e.detail ->> 'suppressionId' and s.address = c.phone "
                            "join tenants t on t.id = c.tenant_id "
                            "where s.created_at < e.occurred_at and e.sentence like '%%' || "
                            "(s.created_at at time zone t.time_zone)::date || '%%'"),
                     skipped);
    assert_int_equal(pg_int("select sum(blocked_count) from suppressions"), skipped);
}

static void what_people_did_has_a_name(void **state)
{
    (void)state;
    assert_true(pg_int("select count(*) from communication_events where type = 'MANUAL_MARKED'") >
                0);
    assert_int_equal(pg_int("select count(*) from communication_events e left join users u on "
                            "u.id = e.actor_id where (e.source = 'user') <> (u.name is not null "
                            "and u.name = e.actor_name)"),
                     0);
    assert_int_equal(pg_int("select count(*) from shipment_events where source = 'carrier' and "
                            "actor_name is not null"),
                     0);
    assert_int_equal(pg_int("select count(*) from print_runs r where not exists (select from "
                            "users u where u.name = r.created_by_name)"),
                     0);
    assert_int_equal(
        pg_int("select count(*) from users where name = 'Claudia Meier' and disabled_at is null"),
        0);
}

/* After the clock's first look at it there is something in each column of the board. */
static void each_column_of_the_board_has_a_parcel(void **state)
{
    (void)state;
    struct job j = { .ctx = *pg_ctx("track_worker"), .attempt = 1, .max_attempts = 3 };
    j.ctx.tenant_id = NULL;
    assert_int_equal(shipments_watch(&j), OK);
    assert_string_equal(pg_sql("select string_agg(distinct attention, ' ' order by attention) from "
                               "shipments"),
                        "act_now done late on_the_way pickup_point silent");
    assert_string_equal(pg_sql("select string_agg(carrier, ' ') from shipments where silent_since "
                               "is not null"),
                        "gls");
    assert_int_equal(pg_int("select count(*) from shipment_events e join shipments s on s.id = "
                            "e.shipment_id where e.type = 'CREATED' and e.occurred_at <> "
                            "s.created_at"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_bounces_are_held_against_their_addresses),
        cmocka_unit_test(a_stop_keeps_back_what_came_after_it),
        cmocka_unit_test(what_people_did_has_a_name),
        cmocka_unit_test(each_column_of_the_board_has_a_parcel),
    };
    pg_start("demo");
    return pg_end(cmocka_run_group_tests(tests, load, NULL));
}
