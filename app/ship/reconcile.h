/* What a carrier's webhooks have not told is asked for: they promise no second try. */
#pragma once

#include "jobs/jobs.h"

/* The jobs ship.reconcile_all, which adds one for each account that can be asked, and
   ship.reconcile {accountId}: asks for parcels by their numbers, those asked for longest ago first,
   and brings the news to their timelines as a webhook's are. In a dry run nobody is asked. */
enum err reconcile_all(struct job *j) must_check;
enum err reconcile(struct job *j) must_check;
