/* Runs for tests: the demo's tenant, a batch of its own, and those who work on it. */
#pragma once

#include "pg/pg.h"

#include "base/json.h"
#include "track/demo.h"

#include <string.h>

static char batch[40], one[40], asker[40], second[40];

static inline void keep(char *to, const char *text)
{
    assert_non_null(text);
    memcpy(to, text, strlen(text) + 1);
}

static inline void settings(int threshold, int over)
{
    (void)pg_sql("insert into run_settings values ('%s', %d, %d, 0) on conflict (tenant_id) do "
                 "update set approval_threshold = excluded.approval_threshold, canary_over = "
                 "excluded.canary_over, canary_minutes = 0 returning 1",
                 pg_tenant(), threshold, over);
}

/* A batch of its own with so many e-mails, to three domains. */
static inline void make_batch(int year, int messages)
{
    keep(batch, pg_sql("insert into communication_batches (tenant_id, building_id, year) select "
                       "tenant_id, id, %d from buildings where code = 'LH-12' returning id",
                       year));
    (void)pg_sql("insert into communications (tenant_id, batch_id, building_id, unit_id, year, "
                 "channel, recipient_name, email, subject, reference) select p.tenant_id, p.id, "
                 "p.building_id, u.id, p.year, 'EMAIL', 'Eva', 'r' || n || '@' || (array['a', "
                 "'b', 'c'])[least(3, 1 + n / 20)] || '.example.com', 'Bill ' || n, 'N' || n from "
                 "communication_batches p join lateral (select id from units u where u.building_id "
                 "= p.building_id order by id limit 1) u on true cross join generate_series(1, "
                 "%d) n where p.id = '%s' returning id",
                 messages, batch);
    keep(one,
         pg_sql("select id from communications where batch_id = '%s' order by id limit 1", batch));
}

static inline void setup(void **state)
{
    (void)state;
    assert_int_equal(demo_load(pg_ctx("track_owner")), OK);
    (void)pg_sql("select set_config('track.tenant', '%s', false)", pg_tenant());
    keep(asker, pg_user());
    keep(second, pg_sql("insert into users (tenant_id, email, name, password_hash, role) values "
                        "('%s', 'two@example.com', 'Two', 'x', 'agent') returning id",
                        pg_tenant()));
}

static inline struct ctx *somebody_new(enum actor_kind kind, const char *id)
{
    struct ctx *c = pg_ctx("track_web");
    c->actor = (struct actor){
        .kind = kind, .role = ROLE_AGENT, .id = id, .name = "Olga", .all_buildings = true
    };
    return c;
}

/* The same one each time, so that connections do not run out. */
static inline struct ctx *person(enum actor_kind kind, const char *id)
{
    static struct ctx *known[3];
    int i = kind == ACTOR_CLIENT ? 0 : strcmp(id, asker) == 0 ? 1 : 2;
    if (!known[i])
        known[i] = somebody_new(kind, id);
    return known[i];
}

static inline struct ctx *worker(void)
{
    static struct ctx *known;
    if (!known)
        known = pg_ctx("track_worker");
    return known;
}
