/* The job that runs a delivery. */
#include "base/json.h"
#include "base/settings.h"
#include "ship/account.h"
#include "ship/delivery.h"
#include "ship/issue.h"

#define LEASE_SECONDS 120 /* beyond the longest call, and the writes around it */
#define AGAIN_SECONDS 1

enum err delivery_job_add(struct ctx *c, const char *id)
{
    struct json_object *args = json_own(c->arena, json_object_new_object());
    json_set_text(args, "deliveryId", id);
    const struct job_new n = { .kind = "ship.deliver", .args = args, .unique_key = id };
    return job_add(c, &n, NULL);
}

/* Somebody else wrote: a person, or a worker that took this one for dead. */
static enum err read_again(struct job *j)
{
    j->snooze = true;
    j->retry_after = AGAIN_SECONDS;
    return job_fail(j, ERR_RETRY, "The delivery was changed meanwhile.");
}

static enum err cannot_call(struct job *j, struct delivery_run *run, const char *sentence)
{
    const struct carrier_result said = { .sentence = sentence };
    const struct run_failure why = {
        .step = run_step_names[run->r->step], .kind = "refused", .retry = "none", .said = &said
    };
    run->r->state = RUN_FAILED;
    run->r->why = &why;
    enum err e = run->storage->save(run->storage->of, &j->ctx, run->r);
    return e == ERR_CONFLICT ? read_again(j) : e;
}

static enum err deliver(struct job *j)
{
    struct ctx *c = &j->ctx;
    struct reservation r;
    struct channel_account account;
    const char *id = json_text(j->args, "deliveryId");
    const struct delivery_storage storage = delivery_storage_pg(j);
    enum err e = storage.get(storage.of, c, id, &r);
    if (e)
        return job_fail(j, e, "The delivery cannot be read.");
    struct carrier_call call = { .c = c,
                                 .job_id = j->id,
                                 .entity = arena_printf(c->arena, "delivery:%s", id) };
    struct delivery_run run = { .call = &call,
                                .carrier = carrier_of(r.carrier, r.dry_run),
                                .storage = &storage,
                                .r = &r,
                                .settle_ms = c->app->settings->delivery_settle_seconds * 1000,
                                .last_try = j->attempt >= j->max_attempts };
    if (!r.dry_run && r.state <= RUN_WAITING) {
        if (c->app->settings->carrier_dry_run)
            return cannot_call(j, &run,
                               "No carrier is called while TRACK_CARRIER_DRY_RUN is true.");
        e = r.account_id && run.carrier ? account_open(j, r.account_id, &account) : ERR_NOT_FOUND;
        if (e == ERR_NOT_FOUND)
            return cannot_call(
                j, &run,
                "The account at the carrier, which the delivery was reserved for, is off.");
        if (e)
            return e;
        call.account = &account;
    }
    e = delivery_drive(&run);
    if (e == ERR_CONFLICT)
        return read_again(j);
    j->retry_after = run.wait_seconds;
    j->snooze = e == ERR_RETRY && run.settling;
    return e;
}

const struct job_kind delivery_jobs[] = {
    { .name = "ship.deliver",
      .queue = "carrier",
      .lease_seconds = LEASE_SECONDS,
      .external = true,
      .together = 4,
      .run = deliver,
      .doc = "Hands a parcel to its carrier, once" },
    { .name = ISSUE_JOB,
      .queue = "issue",
      .lease_seconds = 120,
      .external = true,
      .run = issue_tell,
      .doc = "Makes an issue in Jira of what went wrong with a delivery, or comments on it" },
    { .name = NULL },
};
