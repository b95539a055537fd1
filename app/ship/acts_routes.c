/* What carriers are asked for beside deliveries: the jobs and their times. */
#include "base/domain.h"
#include "jobs/jobs.h"
#include "ship/reconcile.h"
#include "ship/ship.h"

static const struct job_kind jobs[] = {
    { .name = "ship.reconcile_all",
      .queue = "ship",
      .max_attempts = 3,
      .run = reconcile_all,
      .doc = "Has every account at a carrier asked for scans." },
    { .name = "ship.reconcile",
      .queue = "carrier",
      .lease_seconds = 120,
      .external = true,
      .together = 4,
      .run = reconcile,
      .doc = "Asks a carrier for scans that its webhooks may not have told." },
    { .name = NULL },
};

static const struct schedule schedules[] = {
    { "ship.reconcile_all", "ship.reconcile_all", 900, "Carriers are asked for their scans." },
    { .name = NULL },
};

const struct domain acts_domain = { .name = "acts", .jobs = jobs, .schedules = schedules };
