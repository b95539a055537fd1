/* The one list of domains. */
#include "access/access.h"
#include "base/domain.h"
#include "bulk/bulk.h"
#include "events/events.h"
#include "evidence/evidence.h"
#include "exports/exports.h"
#include "import/import.h"
#include "inbox/inbox.h"
#include "letters/letters.h"
#include "main/house.h"
#include "messages/messages.h"
#include "messages/views.h"
#include "notify/notify.h"
#include "proof/proof.h"
#include "ship/carrier_account.h"
#include "ship/code.h"
#include "ship/paper.h"
#include "ship/ship.h"
#include "ship/tracker.h"
#include "track/communication.h"
#include "track/delivery_record.h"
#include "track/run.h"
#include "track/sms.h"
#include "track/track.h"
#include "web/domain.h"

const struct domain *const domains[] = {
    &web_domain,      &access_domain,   &inbox_domain,         &events_domain,
    &house_domain,    &track_domain,    &communication_domain, &delivery_domain,
    &sms_domain,      &import_domain,   &runs_domain,          &orders_domain,
    &ship_domain,     &board_domain,    &deliveries_domain,    &paper_domain,
    &carriers_domain, &codes_domain,    &trackers_domain,      &carrier_accounts_domain,
    &acts_domain,     &notify_domain,   &messages_domain,      &views_domain,
    &letters_domain,  &exports_domain,  &bulk_domain,          &proof_domain,
    &evidence_domain, &tracking_domain, &catch_up_domain,      &threads_domain,
    &team_domain,     &table_domain,    &tasks_domain,         NULL,
};
