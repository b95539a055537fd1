/* What a run costs before it is sent, on a real Postgres: SMS by part and country, letters by
   weight and sheets, and what has no price. */
#include "pg/asking.h"

#include "base/json.h"
#include "track/cost.h"
#include "track/demo.h"

#include <string.h>

static char batch[40], sha[65];

static void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    (void)pg_sql("delete from letter_settings returning 1");
    keep(batch, pg_sql("insert into communication_batches (tenant_id, building_id, year) select "
                       "tenant_id, id, 2005 from buildings where code = 'LH-12' returning id"));
    memset(sha, 'a', 64);
    (void)pg_sql("insert into blobs (tenant_id, sha256, size, content_type) values ('%s', '%s', 9, "
                 "'application/pdf') returning sha256",
                 pg_tenant(), sha);
}

static void add(const char *channel, const char *name, const char *phone)
{
    (void)pg_sql("insert into communications (tenant_id, batch_id, building_id, unit_id, year, "
                 "channel, recipient_name, phone, street, postal_code, city, country, language, "
                 "subject, reference) select p.tenant_id, p.id, p.building_id, u.id, p.year, '%s', "
                 "'%s', nullif('%s', ''), 'Seestrasse 1', '8000', 'Zürich', 'CH', 'de', 'Bill', "
                 "left(gen_random_uuid()::text, 8) || '%s' from communication_batches p join "
                 "lateral (select id from units u where u.building_id = p.building_id order by id "
                 "limit 1) u on true where p.id = '%s' returning id",
                 channel, name, phone, name, batch);
}

static struct ctx *reader(void)
{
    static struct ctx *known;
    if (!known) {
        known = pg_ctx("track_web");
        known->actor = (struct actor){
            .kind = ACTOR_USER, .role = ROLE_VIEWER, .id = pg_user(), .all_buildings = true
        };
    }
    return known;
}

static struct json_object *cost(void)
{
    struct json_object *d;
    db_begin_reading(reader()->db, pg_tenant());
    assert_int_equal(db_end(reader()->db, cost_of_batch(reader(), batch, &d)), OK);
    return d;
}

static struct json_object *line(struct json_object *d, size_t i)
{
    struct json_object *lines = json_get(d, "lines");
    assert_true(i < json_object_array_length(lines));
    return json_object_array_get_idx(lines, i);
}

static int64_t number(struct json_object *d, const char *key)
{
    return json_object_get_int64(json_get(d, key));
}

static void price(const char *each)
{
    (void)pg_sql("delete from provider_accounts returning id");
    (void)pg_sql(
        "insert into provider_accounts (tenant_id, provider, name, settings) values ('%s', "
        "'acs', 'a', jsonb_build_object('costPerPart', '%s', 'currency', 'CHF')) returning "
        "id",
        pg_tenant(), each);
}

static void nothing_is_due(void **state)
{
    (void)state;
    struct json_object *d = cost();
    assert_int_equal(json_object_array_length(json_get(d, "lines")), 0);
    assert_int_equal(json_object_array_length(json_get(d, "totals")), 0);
    assert_true(json_object_get_boolean(json_get(d, "complete")));
}

static void sms_by_part_and_country(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        add("SMS", "Eva", "+41791234567");
    add("SMS", "Eva", "+4917012345678");
    add("SMS", "Łukasz", "+41791234567");
    add("SMS", "Eva", "");
    struct json_object *d = cost(), *sms = line(d, 0);
    assert_int_equal(number(sms, "messages"), 5);
    assert_null(json_get(sms, "amountMicros"));
    assert_string_equal(json_text(sms, "why"), "No price set");
    assert_false(json_object_get_boolean(json_get(d, "complete")));
    assert_int_equal(json_object_array_length(json_get(d, "totals")), 0);

    int64_t parts = number(sms, "count");
    assert_true(parts > 5);
    price("0.075");
    d = cost();
    assert_int_equal(number(line(d, 0), "amountMicros"), 75000 * parts);
    assert_int_equal(number(json_object_array_get_idx(json_get(d, "totals"), 0), "amountMicros"),
                     75000 * parts);
    assert_true(json_object_get_boolean(json_get(d, "complete")));

    price("+41=0.07 +49=0.09");
    int64_t german = 1;
    assert_int_equal(number(line(cost(), 0), "amountMicros"),
                     70000 * (parts - german) + 90000 * german);
    price("+41=0.07");
    assert_string_equal(json_text(line(cost(), 0), "why"), "No price set for 1 of 5");
}

static void who_gets_nothing_costs_nothing(void **state)
{
    (void)state;
    price("0.10");
    int64_t before = number(line(cost(), 0), "amountMicros");
    (void)pg_sql(
        "insert into batch_omissions (tenant_id, communication_id, batch_id, kind, reason) "
        "select tenant_id, id, batch_id, 'twice', 'x' from communications where batch_id = "
        "'%s' and phone like '+49%%' returning 1",
        batch);
    (void)pg_sql("insert into suppressions (tenant_id, channel, address, reason, blocks, sentence) "
                 "values ('%s', 'SMS', '+41770000000', 'manual', true, 'x') returning id",
                 pg_tenant());
    add("SMS", "Eva", "+41770000000");
    assert_int_equal(number(line(cost(), 0), "amountMicros"), before - 100000);
    (void)pg_sql(
        "delete from communications where batch_id = '%s' and phone like '+41%%' returning "
        "1",
        batch);
    assert_int_equal(json_object_array_length(json_get(cost(), "lines")), 0);
}

static void attach(int n)
{
    (void)pg_sql(
        "insert into communication_attachments (tenant_id, communication_id, position, "
        "sha256, file_name, size, content_type) select tenant_id, id, %d, '%s', 'a.pdf', 9, "
        "'application/pdf' from communications where batch_id = '%s' and channel like "
        "'LETTER%%' returning 1",
        n, sha, batch);
}

static void letters_by_weight_and_sheets(void **state)
{
    (void)state;
    add("LETTER", "Eva", "");
    add("LETTER", "Ida", "");
    add("LETTER_WITH_RECEIPT", "Ute", "");
    struct json_object *d = cost();
    assert_string_equal(json_text(line(d, 0), "label"), "Postage");
    assert_string_equal(json_text(line(d, 0), "why"), "No price set");
    assert_int_equal(number(line(d, 2), "count"), 3);
    (void)pg_sql(
        "insert into letter_settings (tenant_id, settings) values ('%s', '{\"senderName\": "
        "\"A\", \"form\": \"SWISS_LEFT\", \"duplex\": true, \"currency\": \"CHF\", "
        "\"priceLetter20\": 120, \"priceLetter50\": 180, \"priceRegistered20\": 630, "
        "\"priceSheet\": 8}') returning 1",
        pg_tenant());
    d = cost();
    assert_int_equal(number(line(d, 0), "amountMicros"), 2400000);
    assert_int_equal(number(line(d, 1), "amountMicros"), 6300000);
    assert_int_equal(number(line(d, 2), "amountMicros"), 240000);
    assert_int_equal(number(json_object_array_get_idx(json_get(d, "totals"), 0), "amountMicros"),
                     8940000);

    /* Files nobody looked into have no weight; then: 1 + 3 sheets are 25 g, of 50. */
    attach(1);
    assert_string_equal(json_text(line(cost(), 0), "why"), "Files of 2 not looked into yet");
    (void)pg_sql("insert into file_checks (tenant_id, sha256, pages) values ('%s', '%s', 5) "
                 "returning 1",
                 pg_tenant(), sha);
    d = cost();
    assert_int_equal(number(line(d, 0), "amountMicros"), 3600000);
    assert_string_equal(json_text(line(d, 1), "why"), "No price set");
    assert_int_equal(number(line(d, 2), "count"), 12);
    assert_int_equal(number(line(d, 2), "amountMicros"), 960000);
    assert_false(json_object_get_boolean(json_get(d, "complete")));
    assert_int_equal(number(json_object_array_get_idx(json_get(d, "totals"), 0), "amountMicros"),
                     4560000);
}

static void currencies_are_not_added_up(void **state)
{
    (void)state;
    add("SMS", "Eva", "+41791234567");
    (void)pg_sql("update provider_accounts set settings = settings || '{\"currency\": \"EUR\"}' "
                 "returning id");
    struct json_object *d = cost(), *totals = json_get(d, "totals");
    assert_int_equal(json_object_array_length(totals), 2);
    cost_show(reader(), d);
    assert_string_equal(json_text(json_object_array_get_idx(totals, 0), "amount"), "0.10\u00a0EUR");
    assert_string_equal(json_text(json_object_array_get_idx(totals, 1), "amount"), "4.56\u00a0CHF");
    assert_string_equal(json_text(line(d, 0), "words"), "1 part");
}

static void who_may_not_see_it(void **state)
{
    (void)state;
    struct json_object *d;
    reader()->actor.all_buildings = false;
    db_begin_reading(reader()->db, pg_tenant());
    assert_int_equal(db_end(reader()->db, cost_of_batch(reader(), batch, &d)), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setup),
        cmocka_unit_test(nothing_is_due),
        cmocka_unit_test(sms_by_part_and_country),
        cmocka_unit_test(who_gets_nothing_costs_nothing),
        cmocka_unit_test(letters_by_weight_and_sheets),
        cmocka_unit_test(currencies_are_not_added_up),
        cmocka_unit_test(who_may_not_see_it),
    };
    pg_start("track_cost");
    return pg_end(cmocka_run_group_tests(tests, NULL, NULL));
}
