/* The table of actions: their words, and the deed of each. */
#include "bulk/private.h"

#include "evidence/evidence.h"
#include "track/communication.h"
#include "track/tag.h"

#include <string.h>

const char *const bulk_actions[] = { "resend", "release", "hold",   "cancel",   "mark",
                                     "tag",    "untag",   "export", "evidence", NULL };
const char *const bulk_states[] = { "PLANNED", "CONFIRMED", "RUNNING", "PAUSED", "DONE",
                                    "FAILED",  "CANCELLED", "EXPIRED", NULL };
const char *const bulk_item_states[] = { "pending", "done", "failed", "excluded", NULL };

static const struct {
    const char *name, *sentence;
} reasons[] = {
    { "delivered", "Delivered already." },
    { "manual", "Handed over by a person already." },
    { "draft", "Never sent: it goes out with its run." },
    { "queued", "Waiting to be sent as it is." },
    { "held", "Held: release it instead." },
    { "not-held", "Not held." },
    { "suppressed", "The address is blocked: the recipient opted out, or somebody said so." },
    { "bad-address", "The address is known to be wrong: mend it, or take another channel." },
    { "no-address", "No address for this channel." },
    { "removed", "Its content was removed by a policy or an erasure. Proof is kept." },
    { "gone-out", "Gone out, or ended, already." },
    { "running", "Being sent right now." },
    { "tagged", "Has this tag already." },
    { "untagged", "Does not have this tag." },
    { "full", "Has ten tags already." },
    { "cancelled", "Not done: the action was cancelled before." },
};

const char *bulk_reason(const char *name)
{
    for (size_t i = 0; name && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (strcmp(reasons[i].name, name) == 0)
            return reasons[i].sentence;
    return "Left out.";
}

/* ---- deeds ---- */

static enum err hold(struct ctx *c, const struct bulk_how *how, const char *id)
{
    return communication_hold(c, id, how->note);
}

static enum err cancel(struct ctx *c, const struct bulk_how *how, const char *id)
{
    return communication_cancel(c, id, how->note);
}

static enum err release(struct ctx *c, const struct bulk_how *how, const char *id)
{
    return communication_release(c, id, how->note);
}

static enum err resend(struct ctx *c, const struct bulk_how *how, const char *id)
{
    const struct resend r = { .channel = how->channel, .note = how->note };
    return communication_resend(c, id, &r);
}

static enum err mark(struct ctx *c, const struct bulk_how *how, const char *id)
{
    const struct manual_event m = { .type = how->mark, .note = how->note };
    return communication_manual_event(c, id, &m);
}

static enum err tag(struct ctx *c, const struct bulk_how *how, const char *id)
{
    return communication_tag(c, id, how->tag, true);
}

static enum err untag(struct ctx *c, const struct bulk_how *how, const char *id)
{
    return communication_tag(c, id, how->tag, false);
}

const struct bulk_way bulk_ways[] = {
    { "resend", "Resend", "Resending", "to be sent again", "rotate-cw", NULL, 0.02, .act = resend },
    { "release", "Release", "Releasing", "released", "play", "hold", 0.02, .act = release },
    { "hold", "Hold", "Holding", "held", "pause", "release", 0.02, .act = hold },
    { "cancel", "Cancel", "Cancelling", "cancelled", "ban", NULL, 0.02, .act = cancel },
    { "mark", "Mark", "Marking", "marked", "hand", NULL, 0.02, .act = mark },
    { "tag", "Tag", "Tagging", "tagged", "tag", "untag", 0.005, .act = tag },
    { "untag", "Untag", "Untagging", "untagged", "tag", "tag", 0.005, .act = untag },
    { "export", "Export", "Exporting", "in the file", "download", NULL, 0.0001, .act = NULL },
    { "evidence", "Evidence of", "Collecting the evidence of", "in the file", "shield-check", NULL,
      0.03, NULL, .format = "evidence", .most = EVIDENCE_SET_MOST },
    { .name = NULL },
};

const struct bulk_way *bulk_way_of(const char *name)
{
    const struct bulk_way *w = bulk_ways;
    while (w->name && strcmp(w->name, name) != 0)
        w++;
    return w->name ? w : NULL;
}
