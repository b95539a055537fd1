/* A delivery is run once, whatever the carrier answers and wherever the worker dies: every death at
   every write, with every outcome of every call, leaves one parcel at the carrier. */
#include "ship/delivery_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/ship/memory_storage.h"

#include <stdio.h>

#define SETTLE_MS 1000
#define LIVES_MOST 60 /* of a worker */

enum outcome {
    DOES_IT,
    REFUSES,
    DONE_NOT_TOLD,     /* no answer, and it was done */
    NOT_DONE_NOT_TOLD, /* no answer, and it was not */
    DONE_LATE,         /* no answer, and it is done after we have looked once */
    DONE_VERY_LATE,    /* after we have looked twice, before we repeat it */
    LIMITS,
    OUTCOMES
};
static const char *const outcome_names[] = { "ok",          "refused",   "unknown-done",
                                             "unknown-not", "late-done", "very late",
                                             "limited" };

/* The carrier: what it has, and how it answers the first call of a step. */
static struct world {
    enum outcome outcome;
    enum run_step step; /* whose first call has that outcome */
    int calls[3], parcels, numbers, pickups;
    int looks_left; /* until what is late is done; -1: nothing is */
    bool cancelled, dies_in_call;
    int64_t now_ms;
} world;

static struct app app;
static struct ctx ctx;
static struct memory memory;

static int64_t now(const struct app *a)
{
    (void)a;
    return world.now_ms;
}

/* ---- the carrier under test ---- */

static int *count_of(enum run_step step)
{
    return step == RUN_CREATE ? &world.parcels : step == RUN_AWB ? &world.numbers : &world.pickups;
}

static void tell(enum run_step step, struct carrier_result *out)
{
    *out = (struct carrier_result){ .raw = json_own(ctx.arena, json_object_new_object()) };
    if (step == RUN_CREATE) {
        out->known.order_id = "501";
        out->known.shipment_id = "502";
    } else if (step == RUN_AWB) {
        out->known.tracking_number = "AWB1";
    } else {
        out->known.pickup_token = "P1";
    }
}

static enum err silence(struct carrier_result *out)
{
    *out = (struct carrier_result){ .sentence = "It took too long.", .unknown = true };
    return ERR_RETRY;
}

static enum err act(enum run_step step, struct carrier_result *out)
{
    int *count = count_of(step), n = ++world.calls[step];
    enum outcome o = n == 1 && step == world.step ? world.outcome : DOES_IT;
    switch (o) {
    case REFUSES:
        *out = (struct carrier_result){ .sentence = "Wrong pincode." };
        return ERR_INVALID;
    case LIMITS:
        *out = (struct carrier_result){ .sentence = "Too many.", .retry_after = 7 };
        return ERR_LIMITED;
    case DONE_NOT_TOLD:
        ++*count;
        return silence(out);
    case NOT_DONE_NOT_TOLD:
        return silence(out);
    case DONE_LATE:
    case DONE_VERY_LATE:
        world.looks_left = o == DONE_LATE ? 1 : 2;
        return silence(out);
    case DOES_IT:
    case OUTCOMES:
        break;
    }
    if (*count) { /* as Shiprocket refuses a reference that it has */
        *out = (struct carrier_result){ .sentence = "Already taken." };
        return ERR_INVALID;
    }
    ++*count;
    tell(step, out);
    return OK;
}

static void time_passes_at_the_carrier(void)
{
    if (world.looks_left > 0 && --world.looks_left == 0)
        ++*count_of(world.step);
}

static enum err create(struct carrier_call *call, const struct parcel *p,
                       struct carrier_result *out)
{
    (void)call;
    assert_string_equal(p->our_ref, "REF-1");
    return act(RUN_CREATE, out);
}

static enum err awb(struct carrier_call *call, const struct parcel *p,
                    const struct parcel_known *known, struct carrier_result *out)
{
    (void)call;
    (void)p;
    assert_string_equal(known->shipment_id, "502");
    return act(RUN_AWB, out);
}

static enum err pickup(struct carrier_call *call, const struct parcel *p,
                       const struct parcel_known *known, struct carrier_result *out)
{
    (void)call;
    (void)p;
    assert_string_equal(known->tracking_number, "AWB1");
    return act(RUN_PICKUP, out);
}

static enum err cancel(struct carrier_call *call, const struct parcel_known *known,
                       struct carrier_result *out)
{
    (void)call;
    (void)out;
    assert_string_equal(known->order_id, "501");
    world.cancelled = true;
    return OK;
}

static enum err find(struct carrier_call *call, const struct parcel *p, struct carrier_result *out)
{
    (void)call;
    (void)p;
    bool there = world.parcels > 0;
    time_passes_at_the_carrier();
    if (!there)
        return ERR_NOT_FOUND;
    tell(RUN_CREATE, out);
    return OK;
}

static enum err state(struct carrier_call *call, const struct parcel *p,
                      const struct parcel_known *known, struct carrier_result *out)
{
    (void)call;
    (void)p;
    (void)known;
    struct carrier_result told;
    *out = (struct carrier_result){ .found = false };
    if (world.numbers) {
        tell(RUN_AWB, &told);
        out->known.tracking_number = told.known.tracking_number;
    }
    if (world.pickups)
        out->known.pickup_token = "P1";
    time_passes_at_the_carrier();
    return OK;
}

static const struct carrier fake = {
    .name = "fake",
    .title = "Fake",
    .can = CARRIER_CREATE | CARRIER_AWB | CARRIER_PICKUP | CARRIER_CANCEL,
    .create = create,
    .awb = awb,
    .pickup = pickup,
    .cancel = cancel,
    .find = find,
    .state = state,
};

/* ---- workers ---- */

static struct reservation wanted(void)
{
    return (struct reservation){ .id = "r",
                                 .order_id = "o",
                                 .parcel = 1,
                                 .carrier = "fake",
                                 .our_ref = "REF-1",
                                 .request = json_own(ctx.arena, json_object_new_object()) };
}

static void begin(enum run_step step, enum outcome outcome)
{
    struct reservation asked = wanted(), out;
    arena_reset(ctx.arena);
    asked = wanted();
    world = (struct world){ .outcome = outcome, .step = step, .looks_left = -1, .now_ms = 1000000 };
    memory = (struct memory){ .arena = ctx.arena };
    const struct delivery_storage storage = memory_storage(&memory);
    assert_int_equal(storage.reserve(storage.of, &ctx, &asked, &out), OK);
}

static struct delivery_run run_of(struct carrier_call *call, const struct delivery_storage *storage,
                                  struct reservation *r)
{
    return (struct delivery_run){
        .call = call, .carrier = &fake, .storage = storage, .r = r, .settle_ms = SETTLE_MS
    };
}

/* One life of a worker: reads the reservation and drives it. */
static enum err live(bool last_try, struct delivery_run *told)
{
    struct reservation r;
    struct carrier_call call = { .c = &ctx };
    const struct delivery_storage storage = memory_storage(&memory);
    assert_int_equal(storage.get(storage.of, &ctx, "r", &r), OK);
    struct delivery_run run = run_of(&call, &storage, &r);
    run.last_try = last_try;
    enum err e = delivery_drive(&run);
    if (told)
        *told = run;
    return e;
}

static void wait_for(const struct delivery_run *run)
{
    world.now_ms += run->wait_seconds ? run->wait_seconds * (int64_t)1000 : 1;
}

/* Workers follow each other until it is over; the clock goes on between them. */
static enum run_state run_to_its_end(void)
{
    struct delivery_run run;
    for (int i = 0; i < LIVES_MOST; i++) {
        enum err e = live(false, &run);
        if (e == OK)
            return memory.at[0].state;
        assert_true(e == ERR_RETRY || e == ERR_INTERNAL);
        if (e == ERR_RETRY)
            wait_for(&run);
    }
    fail_msg("no end after %d lives", LIVES_MOST);
    return RUN_FAILED;
}

static void person_retries(void)
{
    memory.at[0].state = RUN_RUNNING;
    memory.at[0].fence++;
    memory.at[0].tries = memory.at[0].tries ? 1 : 0;
}

static void check_one_parcel(const char *where)
{
    if (world.parcels != 1 || world.numbers != 1 || world.pickups != 1 || memory.shipments != 1)
        fail_msg("%s: %d parcels, %d numbers, %d pickups, %d shipments", where, world.parcels,
                 world.numbers, world.pickups, memory.shipments);
}

/* ---- tests ---- */

static void every_outcome_leaves_one_parcel(void **state_)
{
    (void)state_;
    for (int step = RUN_CREATE; step <= RUN_PICKUP; step++)
        for (int o = 0; o < OUTCOMES; o++) {
            begin((enum run_step)step, (enum outcome)o);
            enum run_state end = run_to_its_end();
            assert_int_equal(end, o == REFUSES ? RUN_FAILED : RUN_SAVED);
            if (o == REFUSES) {
                assert_string_equal(memory.last_kind, "refused");
                assert_string_equal(memory.last_retry, "none");
                assert_string_equal(memory.last_step, run_step_names[step]);
                person_retries();
                assert_int_equal(run_to_its_end(), RUN_SAVED);
            }
            check_one_parcel(outcome_names[o]);
        }
}

/* 8 writes: three times that a call begins and that it was done, the end; and one more of what
   went wrong, and the looks. */
static void every_death_leaves_one_parcel(void **state_)
{
    char where[80];
    (void)state_;
    for (int step = RUN_CREATE; step <= RUN_PICKUP; step++)
        for (int o = 0; o < OUTCOMES; o++)
            for (int write = 1; write <= 12; write++)
                for (int after = 0; after <= 1; after++) {
                    begin((enum run_step)step, (enum outcome)o);
                    memory.dies_at = write;
                    memory.dies_after = after;
                    if (run_to_its_end() == RUN_FAILED) {
                        person_retries();
                        assert_int_equal(run_to_its_end(), RUN_SAVED);
                    }
                    snprintf(where, sizeof(where), "%s of %s, dead %s write %d", outcome_names[o],
                             run_step_names[step], after ? "after" : "before", write);
                    check_one_parcel(where);
                }
}

static void nothing_is_repeated_that_was_answered(void **state_)
{
    (void)state_;
    begin(RUN_CREATE, DOES_IT);
    assert_int_equal(run_to_its_end(), RUN_SAVED);
    assert_int_equal(world.calls[RUN_CREATE], 1);
    assert_int_equal(world.calls[RUN_AWB], 1);
    assert_int_equal(world.calls[RUN_PICKUP], 1);
    assert_int_equal(memory.writes, 7);
    assert_int_equal(memory.failures, 0);
    assert_int_equal(live(false, NULL), OK);
    assert_int_equal(memory.writes, 7);
}

static void what_is_not_known_rests_and_is_looked_for_twice(void **state_)
{
    struct delivery_run run;
    (void)state_;
    begin(RUN_CREATE, NOT_DONE_NOT_TOLD);
    assert_int_equal(live(false, &run), ERR_RETRY);
    assert_true(run.settling);
    assert_int_equal(memory.at[0].state, RUN_WAITING);
    assert_string_equal(memory.last_kind, "unknown");
    assert_string_equal(memory.last_retry, "waits");
    world.now_ms += SETTLE_MS - 1;
    assert_int_equal(live(false, &run), ERR_RETRY);
    assert_int_equal(memory.at[0].looks, 0);
    world.now_ms += 1;
    assert_int_equal(live(false, &run), ERR_RETRY);
    assert_int_equal(memory.at[0].looks, 1);
    assert_int_equal(world.calls[RUN_CREATE], 1);
    world.now_ms += SETTLE_MS;
    assert_int_equal(live(false, &run), OK);
    assert_int_equal(world.calls[RUN_CREATE], 2);
    assert_int_equal(memory.at[0].state, RUN_SAVED);
}

static void what_a_dead_worker_called_is_taken_as_found(void **state_)
{
    struct delivery_run run;
    (void)state_;
    begin(RUN_CREATE, DOES_IT);
    memory.dies_at = 2;
    assert_int_equal(live(false, NULL), ERR_INTERNAL);
    assert_int_equal(world.parcels, 1);
    assert_int_equal(live(false, &run), ERR_RETRY);
    assert_true(run.settling);
    world.now_ms += SETTLE_MS;
    assert_int_equal(live(false, NULL), OK);
    assert_int_equal(world.calls[RUN_CREATE], 1);
    assert_int_equal(memory.at[0].state, RUN_SAVED);
}

static void a_limit_waits_as_it_says_and_has_an_end(void **state_)
{
    struct delivery_run run;
    (void)state_;
    begin(RUN_AWB, LIMITS);
    assert_int_equal(live(false, &run), ERR_RETRY);
    assert_int_equal(run.wait_seconds, 7);
    assert_false(run.settling);
    begin(RUN_AWB, LIMITS);
    assert_int_equal(live(true, &run), OK);
    assert_int_equal(memory.at[0].state, RUN_FAILED);
    assert_string_equal(memory.last_retry, "exhausted");
    person_retries();
    assert_int_equal(run_to_its_end(), RUN_SAVED);
    check_one_parcel("after a limit");
}

static void a_carrier_that_never_answers_is_left_to_a_person(void **state_)
{
    (void)state_;
    begin(RUN_CREATE, NOT_DONE_NOT_TOLD);
    for (int i = 0; i < 4; i++) {
        world.calls[RUN_CREATE] = 0; /* each is as the first */
        for (int lives = 0; lives < 3; lives++) {
            struct delivery_run run;
            if (live(false, &run) == ERR_RETRY)
                wait_for(&run);
            if (world.calls[RUN_CREATE] > 0)
                world.calls[RUN_CREATE] = 0;
        }
    }
    assert_int_equal(memory.at[0].state, RUN_FAILED);
    assert_string_equal(memory.last_kind, "unknown");
    assert_string_equal(memory.last_retry, "exhausted");
    assert_int_equal(world.parcels, 0);
}

/* Two workers have read the same: the second to write stops. */
static void the_fence_stops_the_second(void **state_)
{
    struct reservation r;
    struct carrier_call call = { .c = &ctx };
    const struct delivery_storage storage = memory_storage(&memory);
    (void)state_;
    begin(RUN_CREATE, DOES_IT);
    assert_int_equal(storage.get(storage.of, &ctx, "r", &r), OK);
    assert_int_equal(run_to_its_end(), RUN_SAVED);
    struct delivery_run late = run_of(&call, &storage, &r);
    assert_int_equal(delivery_drive(&late), ERR_CONFLICT);
    check_one_parcel("after the fence");
}

static void a_second_asker_gets_the_first(void **state_)
{
    struct reservation asked, out;
    const struct delivery_storage storage = memory_storage(&memory);
    (void)state_;
    begin(RUN_CREATE, DOES_IT);
    asked = wanted();
    asked.id = "s";
    assert_int_equal(storage.reserve(storage.of, &ctx, &asked, &out), ERR_CONFLICT);
    assert_string_equal(out.id, "r");
    assert_int_equal(out.state, RUN_RUNNING);
    assert_int_equal(run_to_its_end(), RUN_SAVED);
    assert_int_equal(storage.reserve(storage.of, &ctx, &asked, &out), ERR_CONFLICT);
    assert_int_equal(out.state, RUN_SAVED);
    assert_string_equal(out.shipment_id, "shipment");
}

static void cancelling_takes_back_what_the_carrier_has(void **state_)
{
    (void)state_;
    for (int o = 0; o < OUTCOMES; o++) {
        begin(RUN_AWB, (enum outcome)o);
        (void)live(o == LIMITS, NULL);
        if (memory.at[0].state == RUN_SAVED)
            continue;
        memory.at[0].state = RUN_RUNNING;
        memory.at[0].cancelling = true;
        memory.at[0].fence++;
        assert_int_equal(run_to_its_end(), RUN_CANCELLED);
        assert_true(world.cancelled);
        assert_int_equal(memory.shipments, 0);
    }
    begin(RUN_CREATE, REFUSES);
    assert_int_equal(run_to_its_end(), RUN_FAILED);
    memory.at[0].state = RUN_RUNNING;
    memory.at[0].cancelling = true;
    assert_int_equal(run_to_its_end(), RUN_CANCELLED);
    assert_false(world.cancelled);
    begin(RUN_CREATE, DONE_NOT_TOLD);
    assert_int_equal(live(false, NULL), ERR_RETRY);
    memory.at[0].cancelling = true;
    assert_int_equal(run_to_its_end(), RUN_CANCELLED);
    assert_true(world.cancelled);
}

static int set_up(void **state_)
{
    (void)state_;
    app.now_ms = now;
    ctx = (struct ctx){ .app = &app, .arena = arena_new(8 << 20) };
    return 0;
}

static int tear_down(void **state_)
{
    (void)state_;
    arena_free(ctx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_outcome_leaves_one_parcel),
        cmocka_unit_test(every_death_leaves_one_parcel),
        cmocka_unit_test(nothing_is_repeated_that_was_answered),
        cmocka_unit_test(what_is_not_known_rests_and_is_looked_for_twice),
        cmocka_unit_test(what_a_dead_worker_called_is_taken_as_found),
        cmocka_unit_test(a_limit_waits_as_it_says_and_has_an_end),
        cmocka_unit_test(a_carrier_that_never_answers_is_left_to_a_person),
        cmocka_unit_test(the_fence_stops_the_second),
        cmocka_unit_test(a_second_asker_gets_the_first),
        cmocka_unit_test(cancelling_takes_back_what_the_carrier_has),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
