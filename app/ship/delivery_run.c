/* The steps of a delivery, each done once. */
#include "ship/delivery_run.h"

#include "base/json.h"

#include <string.h>

#define LOOKS 2 /* in vain before a call is repeated */
#define CALLS 4 /* of a step without a known outcome before a person is asked */

const char *const run_step_names[] = { "create", "awb", "pickup", "save", "done", NULL };
const char *const run_state_names[] = {
    "running", "waiting", "failed", "saved", "cancelled", NULL
};

static const unsigned needed[] = { CARRIER_CREATE, CARRIER_AWB, CARRIER_PICKUP };

static int64_t now_ms(const struct delivery_run *run)
{
    return run->call->c->app->now_ms(run->call->c->app);
}

static struct parcel parcel_of(const struct reservation *r)
{
    return (struct parcel){ r->our_ref, r->request };
}

static enum err save(struct delivery_run *run)
{
    return run->storage->save(run->storage->of, run->call->c, run->r);
}

/* ---- what goes wrong ---- */

static enum err keep_failure(struct delivery_run *run, const char *kind, const char *retry,
                             int64_t next_ms, const struct carrier_result *said)
{
    struct reservation *r = run->r;
    const struct run_failure why = { .step = r->cancelling ? "cancel" : run_step_names[r->step],
                                     .kind = kind,
                                     .retry = retry,
                                     .next_ms = next_ms,
                                     .said = said };
    r->why = &why;
    if (strcmp(retry, "none") == 0)
        r->cancelling = false;
    enum err e = save(run);
    r->why = NULL;
    return e;
}

/* Nothing more by itself. */
static enum err give_up(struct delivery_run *run, const struct carrier_result *said)
{
    struct reservation *r = run->r;
    r->state = RUN_FAILED;
    r->begun_ms = 0;
    r->looks = 0;
    return keep_failure(run, "refused", "none", 0, said);
}

/* Called again and again, the carrier neither answers nor has it. */
static enum err no_answer(struct delivery_run *run)
{
    const struct carrier_result said = {
        .sentence = "The carrier was asked four times, gave no answer, and has no such parcel."
    };
    run->r->state = RUN_FAILED;
    return keep_failure(run, "unknown", "exhausted", 0, &said);
}

/* Until the call of this step, whose outcome is not known, may be looked for. */
static int64_t due_ms(const struct delivery_run *run)
{
    return run->r->begun_ms + run->settle_ms * (run->r->looks + 1);
}

static enum err settle(struct delivery_run *run)
{
    int64_t left = due_ms(run) - now_ms(run);
    run->settling = true;
    run->wait_seconds = left > 0 ? (int)((left + 999) / 1000) : 1;
    return ERR_RETRY;
}

/* The outcome of the call just made is not known. */
static enum err unsure(struct delivery_run *run, const struct carrier_result *said)
{
    struct reservation *r = run->r;
    r->state = RUN_WAITING;
    r->begun_ms = now_ms(run);
    r->looks = 0;
    enum err e = keep_failure(run, "unknown", "waits", due_ms(run), said);
    return e ? e : settle(run);
}

/* What was tried is tried again, or was for the last time. */
static enum err later(struct delivery_run *run, enum err e, const struct carrier_result *said)
{
    struct reservation *r = run->r;
    const char *kind = e == ERR_LIMITED ? "limited" : "unreachable";
    if (run->last_try) {
        r->state = RUN_FAILED;
        return keep_failure(run, kind, "exhausted", 0, said);
    }
    r->state = RUN_WAITING;
    run->wait_seconds = said->retry_after;
    int64_t next_ms = said->retry_after ? now_ms(run) + said->retry_after * (int64_t)1000 : 0;
    e = keep_failure(run, kind, "waits", next_ms, said);
    return e ? e : ERR_RETRY;
}

/* ---- one step ---- */

static void learn(struct parcel_known *known, const struct parcel_known *news)
{
    const char **to[] = { &known->order_id,     &known->shipment_id,  &known->tracking_number,
                          &known->courier_name, &known->pickup_token, &known->pickup_on };
    const char *const from[] = { news->order_id,     news->shipment_id,  news->tracking_number,
                                 news->courier_name, news->pickup_token, news->pickup_on };
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++)
        if (from[i])
            *to[i] = from[i];
}

/* The step is done: the next one is open. */
static enum err take(struct delivery_run *run, const struct carrier_result *out)
{
    struct reservation *r = run->r;
    learn(&r->known, &out->known);
    json_set(r->results, run_step_names[r->step], json_object_get(out->raw));
    r->state = RUN_RUNNING;
    r->step++;
    r->begun_ms = 0;
    r->tries = 0;
    r->looks = 0;
    return save(run);
}

/* Whether the carrier has done what the step asks of it. ERR_NOT_FOUND: surely not. */
static enum err look(struct delivery_run *run, struct carrier_result *out)
{
    struct reservation *r = run->r;
    const struct parcel p = parcel_of(r);
    *out = (struct carrier_result){ .found = false };
    enum err e = r->step == RUN_CREATE ? run->carrier->find(run->call, &p, out)
                                       : run->carrier->state(run->call, &p, &r->known, out);
    if (e == OK && ((r->step == RUN_AWB && !out->known.tracking_number) ||
                    (r->step == RUN_PICKUP && !out->known.pickup_token && !out->known.pickup_on)))
        return ERR_NOT_FOUND;
    out->found = e == OK;
    return e;
}

static enum err ask(struct delivery_run *run, struct carrier_result *out)
{
    struct reservation *r = run->r;
    const struct carrier *carrier = run->carrier;
    const struct parcel p = parcel_of(r);
    *out = (struct carrier_result){ .found = false };
    if (r->step == RUN_CREATE)
        return carrier->create(run->call, &p, out);
    return r->step == RUN_AWB ? carrier->awb(run->call, &p, &r->known, out)
                              : carrier->pickup(run->call, &p, &r->known, out);
}

/* The carrier refuses what may have been done by an earlier call: as one it has already. */
static enum err refused_again(struct delivery_run *run, const struct carrier_result *said)
{
    struct carrier_result out;
    enum err e = look(run, &out);
    if (e == OK)
        return take(run, &out);
    return e == ERR_NOT_FOUND ? give_up(run, said) : unsure(run, &out);
}

static enum err call_step(struct delivery_run *run)
{
    struct reservation *r = run->r;
    struct carrier_result out;
    r->state = RUN_RUNNING;
    r->begun_ms = now_ms(run);
    r->tries++;
    enum err e = save(run);
    if (e)
        return e;
    e = ask(run, &out);
    if (e == OK)
        return take(run, &out);
    if (out.unknown || e == ERR_INTERNAL)
        return unsure(run, &out);
    r->begun_ms = 0;
    if (e == ERR_RETRY || e == ERR_LIMITED) {
        r->tries--;
        return later(run, e, &out);
    }
    return r->tries > 1 ? refused_again(run, &out) : give_up(run, &out);
}

/* A call before this one may have done it. OK with *again: it surely has not. */
static enum err look_first(struct delivery_run *run, bool *again)
{
    struct reservation *r = run->r;
    struct carrier_result out;
    if (r->begun_ms && now_ms(run) < due_ms(run))
        return settle(run);
    enum err e = look(run, &out);
    if (e == OK)
        return take(run, &out);
    if (e != ERR_NOT_FOUND)
        return later(run, e, &out);
    *again = !r->begun_ms || ++r->looks >= LOOKS;
    if (*again) {
        r->begun_ms = 0;
        r->looks = 0;
        *again = r->tries < CALLS;
        return *again ? OK : no_answer(run);
    }
    r->state = RUN_WAITING;
    e = save(run);
    return e ? e : settle(run);
}

static enum err do_step(struct delivery_run *run)
{
    struct reservation *r = run->r;
    bool again = true;
    enum err e = OK;
    if (!(run->carrier->can & needed[r->step])) {
        r->step++;
        return OK;
    }
    if (r->begun_ms || r->tries) {
        again = false;
        e = look_first(run, &again);
    }
    return e == OK && again ? call_step(run) : e;
}

static enum err finish(struct delivery_run *run)
{
    struct reservation *r = run->r;
    r->step = RUN_DONE;
    r->state = RUN_SAVED;
    enum err e = save(run);
    if (e == OK)
        return OK;
    r->step = RUN_SAVE;
    r->state = RUN_RUNNING;
    if (e != ERR_INVALID)
        return e;
    const char *sentence = run->call->c->problem.detail;
    const struct carrier_result said = {
        .sentence = sentence ? sentence : "The shipment cannot be made of what the carrier says."
    };
    return give_up(run, &said);
}

/* ---- cancelling ---- */

static enum err cancelled(struct delivery_run *run)
{
    run->r->state = RUN_CANCELLED;
    run->r->begun_ms = 0;
    return save(run);
}

static enum err cancel(struct delivery_run *run)
{
    struct reservation *r = run->r;
    struct carrier_result out = { .found = false };
    bool again;
    if (r->step == RUN_CREATE && (r->begun_ms || r->tries)) {
        enum err e = look_first(run, &again);
        if (e)
            return e;
    }
    if (!r->known.order_id && !r->known.shipment_id)
        return cancelled(run);
    if (!(run->carrier->can & CARRIER_CANCEL)) {
        out.sentence = "This carrier takes no parcel back by itself: call it.";
        return give_up(run, &out);
    }
    enum err e = run->carrier->cancel(run->call, &r->known, &out);
    if (e == OK)
        return cancelled(run);
    return e == ERR_RETRY || e == ERR_LIMITED || e == ERR_INTERNAL ? later(run, e, &out)
                                                                   : give_up(run, &out);
}

enum err delivery_drive(struct delivery_run *run)
{
    struct reservation *r = run->r;
    enum err e = OK;
    run->wait_seconds = 0;
    run->settling = false;
    while (e == OK && (r->state == RUN_RUNNING || r->state == RUN_WAITING))
        e = r->cancelling ? cancel(run) : r->step == RUN_SAVE ? finish(run) : do_step(run);
    return e;
}
