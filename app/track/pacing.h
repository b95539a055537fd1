/* Turns: accounts that may send only so fast give each message its own time, and none is dropped.
 */
#pragma once

#include "track/send_way.h"

/* Messages a minute through an account: its setting ratePerMinute, else what its provider takes (a
   Microsoft 365 mailbox 30, an Azure number 200, a Twilio number 60, Front 40). 0: as fast as it
   goes. */
int pacing_rate(const struct channel_account *account);

/* In the batch that loads a message: the accounts whose turn is not now. */
enum err pacing_ask(struct ctx *c, PGresult **pauses) must_check;

/* Takes a turn for the job, or finds the one it was given before. OK: it is now, or none is needed
   (nothing is asked then, but what s->pauses has); s->first_try and s->first_tried are set.
   ERR_LIMITED: it is later; the timeline tells when, and the job goes back to exactly that time,
   uncounted. Called outside a transaction. */
enum err pacing_turn(struct sending *s) must_check;

/* In the transaction that tells of a failed try: its turn is used up, the next try takes another.
   With a pause, nothing more goes through the account for so many seconds. */
enum err pacing_used(struct sending *s, int pause_seconds) must_check;

/* The same for a job that is no message's, and tells no timeline: takes its turn, or finds the one
   it has. OK: it is now. ERR_LIMITED: the job goes back to it, uncounted. Called outside a
   transaction. */
enum err pacing_job(struct job *j, const struct channel_account *account) must_check;

/* After a try, in a transaction: as pacing_used. */
enum err pacing_job_used(struct job *j, const struct channel_account *account,
                         int pause_seconds) must_check;
