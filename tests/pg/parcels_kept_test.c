/* Retention and erasure of orders and shipments: what is to go is nowhere left, what is held or on
 * its way stays, and the proof of both holds. */
#include "pg/needle.h"
#include "pg/parcels.h"

struct parcel {
    const char *needle; /* in every store that tells of its person */
    char order[40], purchase[40], shipment[40], customer[40];
};

static struct parcel gone = { .needle = "gone@example.org" };
static struct parcel kept = { .needle = "held@example.org" };
static struct parcel moving = { .needle = "moving@example.org" };
static struct parcel person = { .needle = "erase@example.org" };
static struct parcel other = { .needle = "erase@example.org" };

static void told(const struct parcel *p, enum parcel_status claim, int n)
{
    bool moved;
    struct ctx *c = as("track_worker");
    struct json_object *detail = json_own(c->arena, json_object_new_object());
    json_set_text(detail, "rawStatus", arena_printf(c->arena, "signed by %s", p->needle));
    json_set_text(detail, "podSha256", "hash-of-the-signature");
    struct shipment_event e = scan(claim, arena_printf(c->arena, "2025-11-2%dT10:00:00Z", n), NULL);
    e.detail = detail;
    e.inbox_id = posted(p->needle);
    e.sentence = arena_printf(c->arena, "Handed to %s.", p->needle);
    db_begin(c->db, pg_tenant());
    assert_int_equal(shipment_append(c, p->shipment, &e, 1, false, NULL, &moved), OK);
    assert_int_equal(db_commit(c->db), OK);
}

/* What was asked of a carrier and how it failed, with the calls and jobs of it. */
static void asked_for(const struct parcel *p, const char *state)
{
    char id[40];
    keep(id, pg_sql("insert into delivery_reservations (tenant_id, order_id, parcel, "
                    "purchase_order_id, carrier, dry_run, our_ref, asked, request, results, state) "
                    "values ('%s', '%s', 7, '%s', 'shiprocket', true, 'R-%s', '{}', '{\"name\": "
                    "\"%s\"}', '{\"create\": \"%s\"}', '%s') returning id",
                    pg_tenant(), p->order, p->purchase, p->order, p->needle, p->needle, state));
    (void)pg_sql(
        "insert into delivery_failures (tenant_id, order_id, reservation_id, step, kind, "
        "sentence, raw, retry) values ('%s', '%s', '%s', 'create', 'refused', 'Refused for "
        "%s.', '{\"to\": \"%s\"}', 'none')",
        pg_tenant(), p->order, id, p->needle, p->needle);
    (void)pg_sql("insert into http_calls (tenant_id, provider, method, url, entity, request, "
                 "duration_ms) values ('%s', 'shiprocket', 'POST', 'https://x/%s', 'delivery:%s', "
                 "'to %s', 1), "
                 "('%s', 'front', 'GET', 'https://x/?q=%s', 'shipment:%s', null, 1)",
                 pg_tenant(), p->needle, id, p->needle, pg_tenant(), p->needle, p->shipment);
    (void)pg_sql(
        "with a as (insert into provider_accounts (tenant_id, provider, name) values ('%s', "
        "'ship24', 'Ship24') returning id) insert into trackers (tenant_id, shipment_id, "
        "account_id, dry_run, asked, state, external_id) select '%s', '%s', a.id, false, "
        "'{\"trackingNumber\": \"T1\", \"destinationPostCode\": \"%s\"}', 'made', 'x' from a",
        pg_tenant(), pg_tenant(), p->shipment, p->needle);
    (void)pg_sql("insert into http_calls (tenant_id, provider, method, url, entity, request, "
                 "duration_ms) values ('%s', 'ship24', 'POST', 'x', 'tracker:%s', 'to %s', 1)",
                 pg_tenant(), p->shipment, p->needle);
    (void)pg_sql("insert into domain_events (tenant_id, name, entity_type, entity_id, data) values "
                 "('%s', 'ShipmentSilent', 'shipment', '%s', '{\"lastScan\": \"for %s\"}')",
                 pg_tenant(), p->shipment, p->needle);
    (void)pg_sql(
        "insert into fulfilment_tasks (tenant_id, kind, order_id, shipment_id, title, state, "
        "closed_at, close_note) values ('%s', 'other', '%s', null, 'Call %s', 'open', null, ''), "
        "('%s', 'claim', null, '%s', '', 'done', now(), 'told %s')",
        pg_tenant(), p->order, p->needle, pg_tenant(), p->shipment, p->needle);
    (void)pg_sql("insert into jobs (tenant_id, queue, kind, args, state, errors) values ('%s', "
                 "'q', 'ship.deliver', '{\"deliveryId\": \"%s\"}', 'parked', '[{\"error\": "
                 "\"%s\"}]')",
                 pg_tenant(), id, p->needle);
}

static void fill_parcel(struct parcel *p, const char *phone)
{
    order_new(p->order, p->purchase);
    keep(p->customer,
         pg_sql("insert into customers (tenant_id, name, email, phone, reference) values ('%s', "
                "'Name %s', '%s', '%s', 'R %s %s') returning id",
                pg_tenant(), p->needle, p->needle, phone, p->needle, phone));
    (void)pg_sql("update orders set customer_id = '%s', recipient_name = 'Name %s', street = 'c/o "
                 "%s', note = 'Ring for %s', billing = '{\"name\": \"%s\"}' where id = '%s'",
                 p->customer, p->needle, p->needle, p->needle, p->needle, p->order);
    shipment_new(p->purchase, p->shipment);
    told(p, PARCEL_IN_TRANSIT, 1);
    asked_for(p, "failed");
    (void)pg_sql("insert into customer_notifications (tenant_id, key, event_id, shipment_id, "
                 "order_id, type, state, marker, error) values ('%s', 'k %s', uuid7(), '%s', '%s', "
                 "'shipped', 'failed', 'm %s', 'refused %s')",
                 pg_tenant(), p->shipment, p->shipment, p->order, p->shipment, p->needle);
}

static void age(const struct parcel *p)
{
    (void)pg_sql("update orders set moved_at = " OLD " where id = '%s'; update shipments set "
                 "moved_at = " OLD " where id = '%s'",
                 p->order, p->shipment);
}

static void everything_is_somewhere(void **state)
{
    (void)state;
    fill_parcel(&gone, "+41790000001");
    fill_parcel(&kept, "+41790000002");
    fill_parcel(&moving, "+41790000003");
    fill_parcel(&person, "+41790000004");
    fill_parcel(&other, "+41790000005");
    told(&gone, PARCEL_DELIVERED, 2);
    told(&kept, PARCEL_DELIVERED, 2);
    age(&gone);
    age(&kept);
    age(&moving);
    assert_int_equal(verified().n, 0);
    assert_true(rows_with(gone.needle) >= 12);
}

/* ---- the clocks ---- */

static struct retention_done run(void)
{
    struct retention_done done;
    assert_int_equal(retention_run(as("track_worker"), NULL, &done), OK);
    return done;
}

static struct json_object *document(void)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, retention_document(c, &d)), OK);
    return d;
}

static long long figure(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

static void set_policy(const char *hint, long content, long person_days, bool deletes)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(
        db_end(c->db, retention_set(c,
                                    &(struct retention_policy){ hint, content, person_days, 3650,
                                                                deletes, false },
                                    &d)),
        OK);
}

/* The default of messages is not one of parcels. */
static void nothing_goes_unless_their_policy_says_so(void **state)
{
    (void)state;
    set_policy("default", 1, 1, true);
    long long before = rows_with(gone.needle);
    assert_int_equal(run().parcels, 0);
    struct json_object *d = document(), *plan = json_get(d, "plan");
    assert_int_equal(figure(d, "parcels"), 0);
    assert_int_equal(figure(d, "parcelsPlanned"), 2);
    assert_int_equal(rows_with(gone.needle), before);
    bool partition = false;
    for (size_t i = 0; i < json_object_array_length(plan); i++) {
        struct json_object *o = json_object_array_get_idx(plan, i);
        assert_false(json_object_get_boolean(json_get(o, "deletes")) && figure(o, "rows"));
        partition = partition || (strcmp(json_text(o, "store"), "shipment_events") == 0 &&
                                  strncmp(json_text(o, "relation"), "shipment_events_", 16) == 0 &&
                                  figure(o, "rows") == 6 && figure(o, "bytes") > 300);
    }
    assert_true(partition);
}

static struct json_object *hold(const char *scope, const char *value)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    enum err e = hold_add(c, &(struct hold_new){ scope, value, "Court case 7", "Legal", NULL }, &d);
    return db_end(c->db, e) == OK ? d : NULL;
}

static void lift(struct json_object *h, long long due)
{
    struct json_object *d;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(hold_lifting(c, json_text(h, "id"), &d), OK);
    assert_int_equal(figure(d, "freeOrders"), 1);
    assert_int_equal(figure(d, "dueOrders"), due);
    const char *token = json_text(d, "planToken");
    assert_int_equal(db_end(c->db, hold_lift(c, json_text(h, "id"), token, &d)), OK);
}

static void an_order_is_held_by_its_number_and_its_person(void **state)
{
    (void)state;
    set_policy("parcels", 730, 730, true);
    assert_int_equal(figure(document(), "parcels"), 2);
    struct json_object *h = hold("person", " Held@Example.org ");
    assert_int_equal(figure(h, "orders"), 1);
    assert_int_equal(figure(document(), "parcelsHeld"), 1);
    lift(h, 1);
    assert_int_equal(figure(document(), "parcelsHeld"), 0);
    assert_null(hold("order", gone.shipment));
    assert_null(hold("order", "no such number"));
    h = hold("order", pg_sql("select upper(number) from orders where id = '%s'", kept.order));
    assert_int_equal(figure(h, "orders"), 1);
    assert_int_equal(figure(document(), "parcelsHeld"), 1);
    assert_int_equal(figure(document(), "parcels"), 1);
    set_policy("inbox", 1, 1, true);
    (void)pg_sql("update inbox set received_at = " OLD);
    assert_int_equal(run().parcels, 1);
    assert_int_equal(pg_int("select count(*) from inbox i join shipment_events e on e.inbox_id = "
                            "i.id where e.shipment_id = '%s' and i.body <> ''",
                            kept.shipment),
                     2);
}

static void what_is_due_goes_and_the_proof_stays(void **state)
{
    (void)state;
    assert_int_equal(rows_with(gone.needle), 0);
    assert_true(rows_with(kept.needle) >= 12);
    assert_true(rows_with(moving.needle) >= 10);
    assert_int_equal(pg_int("select count(*) from shipment_events where shipment_id = '%s' and "
                            "sentence = 'Content removed.' and salt is null and detail = '{}'",
                            gone.shipment),
                     3);
    assert_int_equal(pg_int("select count(*) from orders where id = '%s' and content_removed_at is "
                            "not null and person_removed_at is not null and removed_by = 'policy "
                            "“parcels”' and recipient_name = '(removed)' and status = 'delivered'",
                            gone.order),
                     1);
    assert_int_equal(pg_int("select count(*) from customers where id = '%s' and name = '(removed)' "
                            "and email is null and phone is null",
                            gone.customer),
                     1);
    assert_int_equal(pg_int("select count(*) from retention_parcels where kept -> '2' ->> "
                            "'podSha256' = 'hash-of-the-signature'"),
                     1);
    assert_string_equal(pg_sql("select parcels || ' ' || communications from retention_runs"),
                        "1 0");
    assert_int_equal(verified().n, 0);
    assert_int_equal(run().parcels, 0);
}

static void tampering_after_a_purge_is_found(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "update shipment_events set grade = 'A' where shipment_id = '%s' and seq = 2",
        "update shipment_events set sentence = 'Delivered.' where shipment_id = '%s' and seq = 2",
        "delete from shipment_events where shipment_id = '%s' and seq = 3",
        "delete from retention_parcels where shipment_id = '%s'",
        "update retention_parcels set kept = '{\"2\": \"another\"}' where shipment_id = '%s'",
        "update retention_parcels set upto = 2 where shipment_id = '%s'",
        "update retention_runs set parcels = 5 where '%s' is not null",
    };
    (void)pg_sql("create table kept_events as select * from shipment_events; create table "
                 "kept_items as select * from retention_parcels; create table kept_runs as select "
                 "* from retention_runs");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct buf b = buf_in(as("track_worker")->arena);
        for (const char *p = ways[i]; *p; p++)
            if (strncmp(p, "%s", 2) == 0)
                buf_puts(&b, gone.shipment), p++;
            else
                buf_putc(&b, *p);
        (void)pg_sql("set session_replication_role = replica; %s", b.p);
        if (verified().n == 0)
            fail_msg("not found: %s", ways[i]);
        (void)pg_sql("set session_replication_role = replica; delete from shipment_events; insert "
                     "into shipment_events select * from kept_events; delete from "
                     "retention_parcels; insert into retention_parcels select * from kept_items; "
                     "delete from retention_runs; insert into retention_runs select * from "
                     "kept_runs; set session_replication_role = origin");
    }
    (void)pg_sql("drop table kept_events, kept_items, kept_runs");
    assert_int_equal(verified().n, 0);
}

/* ---- what comes after ---- */

static void goes_again(const struct parcel *p, const char *what)
{
    assert_true(rows_with(p->needle) > 0);
    age(p);
    if (run().parcels < 1 || rows_with(p->needle) != 0)
        fail_msg("stays: %s", what);
    assert_int_equal(run().parcels, 0);
}

/* Its content is removed; whatever comes after is content again. */
static void what_comes_after_a_purge_goes_too(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "insert into customer_notifications (tenant_id, key, event_id, shipment_id, order_id, "
        "type, "
        "state, marker, error) values ('$t', 'later', uuid7(), '$s', '$o', 'delivered', 'failed', "
        "'m "
        "later', 'refused $n')",
        "update delivery_failures set sentence = 'Refused for $n.' where order_id = '$o'",
        "update delivery_reservations set results = '{\"create\": \"$n\"}' where order_id = '$o'",
        "insert into thread_suggestions (tenant_id, order_id, conversation_id, subject, email) "
        "values ('$t', '$o', 'cnv_later', 'Where is it', '$n')",
        "insert into fulfilment_tasks (tenant_id, kind, order_id, title) values ('$t', 'other', "
        "'$o', "
        "'Call $n')",
        "insert into fulfilment_tasks (tenant_id, kind, shipment_id, title) values ('$t', 'claim', "
        "'$s', 'Call $n')",
        "update trackers set asked = '{\"destinationPostCode\": \"$n\"}' where shipment_id = '$s'",
        "insert into shipment_acts (tenant_id, shipment_id, account_id, act, state, settled_at, "
        "sentence) select '$t', '$s', account_id, 'label', 'done', now(), 'Made for $n.' from "
        "trackers "
        "where shipment_id = '$s'",
        "update orders set note = 'Ring for $n' where id = '$o'",
        "update orders set street = 'c/o $n' where id = '$o'",
    };
    told(&gone, PARCEL_DELIVERED, 3);
    goes_again(&gone, "a scan");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct buf b = buf_in(as("track_worker")->arena);
        for (const char *p = ways[i]; *p; p++)
            if (*p == '$')
                buf_puts(&b, *++p == 't' ? pg_tenant()
                             : *p == 's' ? gone.shipment
                             : *p == 'o' ? gone.order
                                         : gone.needle);
            else
                buf_putc(&b, *p);
        (void)pg_sql("%s", b.p);
        goes_again(&gone, b.p);
    }
    assert_int_equal(verified().n, 0);
}

/* A parcel that is added to what was removed, or moved there, is not removed by that. */
static void a_parcel_of_a_removed_order_goes_too(void **state)
{
    (void)state;
    struct parcel late = gone;
    char order[40];
    shipment_new(gone.purchase, late.shipment);
    told(&late, PARCEL_DELIVERED, 4);
    goes_again(&late, "a parcel added");
    order_new(order, late.purchase);
    shipment_new(late.purchase, late.shipment);
    told(&late, PARCEL_DELIVERED, 5);
    (void)pg_sql("update purchase_orders set order_id = '%s' where id = '%s'", gone.order,
                 late.purchase);
    goes_again(&late, "a parcel moved there");
}

/* Each clock takes its own; a customer stays while an order needs him. */
static void each_clock_takes_its_own(void **state)
{
    (void)state;
    struct parcel p = { .needle = "clock@example.org" };
    char second[40], purchase[40];
    fill_parcel(&p, "+41790000009");
    order_new(second, purchase);
    (void)pg_sql("update orders set customer_id = '%s' where id = '%s'", p.customer, second);
    told(&p, PARCEL_DELIVERED, 2);
    (void)pg_sql("update orders set moved_at = now() - interval '100 days' where id = '%s'; update "
                 "shipments set moved_at = now() - interval '100 days' where id = '%s'",
                 p.order, p.shipment);
    set_policy("parcels", 50, 730, true);
    assert_int_equal(run().parcels, 1);
    assert_int_equal(pg_int("select count(*) from orders where id = '%s' and note = '' and "
                            "recipient_name = 'Name clock@example.org' and person_removed_at is "
                            "null",
                            p.order),
                     1);
    set_policy("parcels", 50, 90, true);
    assert_int_equal(run().parcels, 1);
    assert_int_equal(pg_int("select count(*) from orders where id = '%s' and recipient_name = "
                            "'(removed)'",
                            p.order),
                     1);
    assert_int_equal(
        pg_int("select count(*) from customers where id = '%s' and email is not null", p.customer),
        1);
    (void)pg_sql("update orders set status = 'cancelled', moved_at = now() - interval '100 days' "
                 "where id = '%s'",
                 second);
    assert_int_equal(run().parcels, 1);
    assert_int_equal(rows_with(p.needle), 0);
    assert_int_equal(verified().n, 0);
    set_policy("parcels", 730, 730, true);
}

/* ---- forgetting a person ---- */

static struct json_object *asked_erasure(const struct person *who, enum err expected)
{
    struct json_object *d = NULL;
    struct ctx *c = as("track_web");
    db_begin(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_ask(c, who, &d)), expected);
    return d;
}

static void who_is_held_or_awaits_a_parcel_is_not_forgotten(void **state)
{
    (void)state;
    asked_erasure(&(struct person){ .email = kept.needle }, ERR_CONFLICT);
    (void)pg_sql("update delivery_reservations set state = 'running' where order_id = '%s'",
                 person.order);
    asked_erasure(&(struct person){ .email = person.needle }, ERR_CONFLICT);
    (void)pg_sql("update delivery_reservations set state = 'failed' where order_id = '%s'",
                 person.order);
}

static void a_person_is_forgotten_everywhere(void **state)
{
    (void)state;
    char id[40];
    struct json_object *d;
    keep(id, json_text(asked_erasure(&(struct person){ .email = "Erase@example.org" }, OK), "id"));
    work();
    struct ctx *c = as("track_web");
    db_begin_reading(c->db, pg_tenant());
    assert_int_equal(db_end(c->db, erasure_get(c, id, &d)), OK);
    assert_string_equal(json_text(d, "state"), "DONE");
    assert_int_equal(rows_with(person.needle), 0);
    assert_int_equal(rows_with("+41790000004"), 0);
    struct json_object *done = json_get(d, "certificate");
    assert_int_equal(figure(done, "parcels"), 2);
    assert_int_equal(figure(json_get(done, "stores"), "shipment_events"), 4);
    assert_int_equal(verified().n, 0);
    assert_true(rows_with(moving.needle) >= 10);
}

/* He was forgotten while it was on its way; what the carrier says then comes due by its clock. */
static void what_comes_after_an_erasure_comes_due(void **state)
{
    (void)state;
    told(&person, PARCEL_DELIVERED, 6);
    goes_again(&person, "a scan after an erasure");
}

static void erased(const char *email)
{
    asked_erasure(&(struct person){ .email = email }, OK);
    work();
}

static void called(const char *provider, const char *text)
{
    (void)pg_sql("insert into http_calls (tenant_id, provider, method, url, request, duration_ms) "
                 "values ('%s', '%s', 'POST', 'x', $x$%s$x$, 1)",
                 pg_tenant(), provider, text);
}

/* An address that another one holds is not that of the other. */
static void who_is_called_alike_is_left_alone(void **state)
{
    (void)state;
    static const char *const of_him[] = {
        "a@b.ch",           "Dear A@B.ch, hello", "<a@b.ch>",         "to a@b.ch.",
        "?to=a%40b.ch&x=1", "q=%22a@b.ch%22",     "Dear\\na@b.ch",    "(a@b.ch)",
        "'a@b.ch'",         "mailto:a@b.ch",      "\\303\\274a@b.ch", "-a@b.ch-",
        "a@b.ch/a.a",       "a@b.ch-Ring twice",
    };
    static const char *const of_others[] = {
        "anna@b.ch",      "x.a@b.ch",           "shop+a@b.ch",
        "a@b.ch.example", "a@b.chalet.example", "a@b.ch-x.example",
        "anna%40b.ch",    "x%2Ba%40b.ch",       "anna@b.ch, x-a@b.ch",
    };
    struct parcel anna = { .needle = "anna@b.ch" };
    fill_parcel(&anna, "+41790000006");
    for (size_t i = 0; i < sizeof(of_him) / sizeof(of_him[0]); i++)
        called("him", of_him[i]);
    for (size_t i = 0; i < sizeof(of_others) / sizeof(of_others[0]); i++)
        called("another", of_others[i]);
    long long before = rows_with("anna@b.ch");
    assert_true(before >= 16);
    erased("a@b.ch");
    const char *stays = pg_sql("select string_agg(request, '  ') from http_calls where provider = "
                               "'him' and request is not null");
    if (stays)
        fail_msg("stays: %s", stays);
    assert_int_equal(pg_int("select count(*) from http_calls where provider = 'another' and "
                            "request is not null"),
                     sizeof(of_others) / sizeof(of_others[0]));
    assert_int_equal(rows_with("anna@b.ch"), before);
    erased("anna@b.ch");
    assert_int_equal(rows_with("anna@b.ch"), 0);
}

static void by_phone_too(void **state)
{
    (void)state;
    asked_erasure(&(struct person){ .phone = "+41790000003" }, OK);
    work();
    assert_int_equal(rows_with(moving.needle), 0);
    assert_int_equal(rows_with("+41790000003"), 0);
    assert_int_equal(verified().n, 0);
    assert_true(rows_with(kept.needle) >= 12);
}

static void only_the_worker_may_and_not_what_is_held(void **state)
{
    (void)state;
    struct ctx *c = as("track_worker");
    const char *purge = arena_printf(
        c->arena, "select parcels_purge(uuid7(), '{%s}', '{person}', 'x')", kept.order);
    assert_int_not_equal(attempt("track_web", purge), OK);
    assert_int_not_equal(attempt("track_worker", purge), OK);
    assert_int_not_equal(attempt("track_worker", "update shipment_events set sentence = 'x'"), OK);
    assert_true(rows_with(kept.needle) >= 12);
}

/* What is due is found by the indexes of what is kept, whatever else there is. */
static void a_large_table_is_not_read_for_what_is_due(void **state)
{
    (void)state;
    (void)pg_sql(
        "set session_replication_role = replica; with n as (select i, uuid7() as id, "
        "now() - i * interval '1 minute' as at from generate_series(1, 20000) i), o as "
        "(insert into orders (tenant_id, id, number, customer_id, recipient_name, country, "
        "status, moved_at) select '%s', id, 'L-' || i, uuid7(), 'Anna', 'CH', 'delivered', at "
        "from n) insert into shipments (tenant_id, order_id, carrier, public_token, status, "
        "moved_at) select '%s', case when i %% 2 = 0 then id end, 'dhl', "
        "'large-0123456789012345678-' || i, 'delivered', at from n",
        pg_tenant(), pg_tenant());
    (void)pg_sql("set session_replication_role = origin");
    (void)pg_sql("vacuum analyze orders");
    (void)pg_sql("vacuum analyze shipments");
    (void)pg_sql("create function plan_of(asked text) returns text language plpgsql as $p$ declare "
                 "line text; plan text = ''; begin for line in execute 'explain (costs off) ' || "
                 "asked loop plan = plan || line || E'\\n'; end loop; return plan; end $p$");
    static const char *const roles[] = { "track_web", "track_worker" };
    for (int i = 0; i < 2; i++) {
        (void)pg_sql("set role %s", roles[i]);
        const char *plan = pg_sql("select plan_of('select * from parcels_due(now(), null)')");
        if (!strstr(plan, "orders_kept") || !strstr(plan, "shipments_kept") ||
            strstr(plan, "Seq Scan on orders") || strstr(plan, "Seq Scan on shipments"))
            fail_msg("%s", plan);
        (void)pg_sql("reset role");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_somewhere),
        cmocka_unit_test(nothing_goes_unless_their_policy_says_so),
        cmocka_unit_test(an_order_is_held_by_its_number_and_its_person),
        cmocka_unit_test(what_is_due_goes_and_the_proof_stays),
        cmocka_unit_test(tampering_after_a_purge_is_found),
        cmocka_unit_test(what_comes_after_a_purge_goes_too),
        cmocka_unit_test(a_parcel_of_a_removed_order_goes_too),
        cmocka_unit_test(each_clock_takes_its_own),
        cmocka_unit_test(who_is_held_or_awaits_a_parcel_is_not_forgotten),
        cmocka_unit_test(a_person_is_forgotten_everywhere),
        cmocka_unit_test(what_comes_after_an_erasure_comes_due),
        cmocka_unit_test(who_is_called_alike_is_left_alone),
        cmocka_unit_test(by_phone_too),
        cmocka_unit_test(only_the_worker_may_and_not_what_is_held),
        cmocka_unit_test(a_large_table_is_not_read_for_what_is_due),
    };
    pg_start("parcels_kept");
    call_start(domains);
    parcels_setup();
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
