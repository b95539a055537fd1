/* The three sentences that answer whoever asks about a message. */
#include "track/communication_words.h"

#include "base/json.h"
#include "track/channel.h"
#include "track/communication_claims.h"
#include "track/labels.h"
#include "track/track.h"

#include <ctype.h>
#include <string.h>

#define E (1u << CHANNEL_EMAIL)
#define S (1u << CHANNEL_SMS)
#define L (1u << CHANNEL_LETTER)
#define R (1u << CHANNEL_LETTER_WITH_RECEIPT)

#define NOTHING "Nothing needs to be done."
#define UNREAD " Whether it was read is not known."
#define PLAIN_LETTER "No report follows a plain letter."
#define WHERE_PROOF " where proof is wanted"

/* By status, and by what is asked of the claim that it stands on; the first row that fits. */
static const struct words {
    enum status status;
    unsigned channels;              /* 0: any */
    const char *grades;             /* NULL: any */
    const char *source, *type, *by; /* of the claim; the provider that took it; NULL: any */
    const char *happened;           /* NULL: the claim's own sentence */
    const char *means;
    const char *rest, *act; /* a sentence for all; what an agent can do, as "send it again" */
    bool missed;            /* the recipient does not have it */
} words[] = {
    { STATUS_DRAFT, .happened = "It was imported and has not been sent.",
      .means = "It waits for its run to be sent.", .act = "send its run, hold it or cancel it",
      .missed = true },
    { STATUS_ENQUEUED, .channels = L | R, .means = "Its letter is not made yet, and will be.",
      .rest = "Wait.", .act = "hold it or cancel it" },
    { STATUS_ENQUEUED, .means = "It has not left yet, and will.", .rest = "Wait.",
      .act = "hold it or cancel it" },
    { STATUS_HELD, .means = "It stays here until somebody releases it.",
      .act = "release it or cancel it" },

    { STATUS_SENT, .by = "sink", .means = "It was a dry run: it is kept here, and did not leave.",
      .act = "send it again once its channel has an account", .missed = true },
    { STATUS_SENT, .channels = E,
      .means = "A mail server took it over. That is not proof that it arrived.",
      .rest = "What comes back is told here; many servers report no delivery.",
      .act = "send it by another channel" WHERE_PROOF },
    { STATUS_SENT, .channels = S,
      .means = "The provider took it over. That is not proof that a phone received it.",
      .rest = "A delivery report tells what became of it, where the operator gives one.",
      .act = "send it by another channel" WHERE_PROOF },
    { STATUS_SENT, .type = "READY_TO_PRINT", .means = "Its file is made; it is not on paper yet.",
      .act = "print it with a print run", .missed = true },
    { STATUS_SENT, .type = "PRINTED",
      .means = "It is on paper; nothing says that it was handed in.",
      .act = "hand it in at the post office and record that", .missed = true },
    { STATUS_SENT, .channels = L, .type = "LODGED", .grades = "B",
      .means = "The post took it, as a stamp or another proof kept here shows. That is not proof "
               "that it arrived.",
      .rest = PLAIN_LETTER, .act = "record its return, or mark it by hand with a proof" },
    { STATUS_SENT, .channels = R, .type = "LODGED", .grades = "B",
      .means = "The post took it, as a stamp or another proof kept here shows. That is not proof "
               "that it arrived.",
      .rest = "Who signs for it is not reported here.",
      .act = "record that with a proof, or its return" },
    { STATUS_SENT, .channels = R,
      .means = "Staff say that the post took it; no proof of that is kept for this letter.",
      .rest = "Who signs for it is not reported here.",
      .act = "record that with a proof, or its return" },
    { STATUS_SENT,
      .means = "Staff say that the post took it; no proof of that is kept for this letter.",
      .rest = PLAIN_LETTER, .act = "record its return, or mark it by hand with a proof" },

    { STATUS_DELIVERED, .grades = "A", .means = "The recipient confirmed it: no proof is stronger.",
      .rest = NOTHING },
    { STATUS_DELIVERED, .grades = "B", .source = "user",
      .means = "Staff recorded that it arrived, with a proof that is kept here." UNREAD,
      .rest = NOTHING },
    { STATUS_DELIVERED, .grades = "B", .channels = E,
      .means = "The recipient's mail server confirmed that it took it." UNREAD, .rest = NOTHING },
    { STATUS_DELIVERED, .grades = "B", .channels = S,
      .means = "The receiving handset, or its operator's system, confirmed it: that is a delivery "
               "report." UNREAD,
      .rest = NOTHING },
    { STATUS_DELIVERED, .grades = "B", .means = "A third party observed that it arrived." UNREAD,
      .rest = NOTHING },
    { STATUS_DELIVERED, .grades = "D", .happened = "It was sent, and nothing came back.",
      .means = "It is presumed to have arrived; nobody observed it.",
      .act = "send it by another channel" WHERE_PROOF },
    { STATUS_DELIVERED, .source = "user",
      .means = "Staff recorded that it arrived; no proof of that is kept.",
      .act = "record it again with a proof" },
    { STATUS_DELIVERED, .channels = L | R,
      .means = "The carrier says that it arrived, and not how it knows.", .rest = NOTHING,
      .act = "send it as a registered letter" WHERE_PROOF },
    { STATUS_DELIVERED, .means = "The provider says that it arrived, and not how it knows.",
      .rest = NOTHING, .act = "send a letter" WHERE_PROOF },

    { STATUS_OPENED, .channels = S, .means = "reported as read", .rest = NOTHING },
    { STATUS_OPENED, .means = "reported as opened", .rest = NOTHING },

    { STATUS_FAILED, .source = "system",
      .means = "Its sending ended without a result: whether it left is not known.",
      .act = "look at its calls, and send it again if it did not leave" },
    { STATUS_FAILED, .channels = L | R, .means = "No letter was made of it.",
      .act = "send it again once the cause is gone, or by another channel", .missed = true },
    { STATUS_FAILED, .source = "worker", .means = "It could not be handed over.",
      .act = "send it again once the cause is gone, or by another channel", .missed = true },
    { STATUS_FAILED, .means = "It was taken over, and did not arrive.",
      .act = "send it again once the cause is gone, or by another channel", .missed = true },
    { STATUS_BOUNCED, .channels = L | R, .means = "The letter was posted and came back.",
      .act = "send it again to a better address, or by another channel", .missed = true },
    { STATUS_BOUNCED, .means = "It left and came back.",
      .act = "send it again to a better address, or by another channel", .missed = true },
    { STATUS_MANUAL, .grades = "AB",
      .means = "Staff took care of it, with a proof that is kept here. Nothing is sent by itself.",
      .rest = NOTHING },
    { STATUS_MANUAL,
      .means = "Staff took care of it; no proof of that is kept. Nothing is sent by itself.",
      .rest = NOTHING, .act = "mark it again with a proof, or send it again" },
    { STATUS_CANCELLED, .means = "It was stopped before it left.",
      .act = "send it again if it was stopped by mistake", .missed = true },
    { STATUS_SKIPPED, .means = "It was left out on purpose.", .act = "send it again",
      .missed = true },
};

/* What waits to be sent and is kept back by its run. */
static const struct words paused = { .happened = "Its run is paused.",
                                     .means = "It has not left, and will not before somebody goes "
                                              "on with the run.",
                                     .act = "go on with its run, hold it or cancel it" };
static const struct words canary = { .happened = "Others of its run go first.",
                                     .means = "It has not left; it follows when those are through.",
                                     .rest = "Wait.",
                                     .act = "hold it or cancel it" };

static bool one_of(const char *wanted, const char *text)
{
    return !wanted || (text && strcmp(wanted, text) == 0);
}

static const struct words *words_for(enum status s, struct json_object *d,
                                     struct json_object *claim)
{
    const char *grade = json_text(d, "grade");
    unsigned channel = 1u << channel_of(json_text(d, "channel"));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const struct words *w = &words[i];
        if (w->status == s && (!w->channels || w->channels & channel) &&
            (!w->grades || (grade && strchr(w->grades, *grade))) &&
            one_of(w->source, claim ? json_text(claim, "source") : NULL) &&
            one_of(w->type, claim ? json_text(claim, "type") : NULL) &&
            one_of(w->by, json_text(d, "provider")))
            return w;
    }
    return &words[0];
}

/* Of what lost its words, those of its events too. */
static const char *removed_words(struct arena *a, enum status s, const char *happened)
{
    static const char *const was[STATUS_COUNT] = {
        [STATUS_DRAFT] = "It was not sent.",
        [STATUS_ENQUEUED] = "It was queued and has not been sent.",
        [STATUS_HELD] = "It was held back.",
        [STATUS_SENT] = "It was sent.",
        [STATUS_DELIVERED] = "It was delivered.",
        [STATUS_OPENED] = "It was reported as opened.",
        [STATUS_FAILED] = "It failed.",
        [STATUS_BOUNCED] = "It was sent and came back.",
        [STATUS_MANUAL] = "A person took care of it.",
        [STATUS_CANCELLED] = "It was cancelled before it was sent.",
        [STATUS_SKIPPED] = "It was left out on purpose.",
    };
    return arena_printf(a, "%s Its content was removed since.", happened ? happened : was[s]);
}

/* Delivery and opening are two claims; of an attempt that followed another one nobody can say that
   the recipient does not have the message. */
static const char *means_of(struct arena *a, enum status s, const struct words *w,
                            struct json_object *d)
{
    if (s == STATUS_OPENED)
        return arena_printf(a,
                            claim_of_delivery(d)
                                ? "It was reported as delivered, and was %s."
                                : "It was %s; nothing else reports that it was delivered.",
                            w->means);
    if (!w->missed)
        return w->means;
    return arena_printf(a, "%s %s", w->means,
                        json_object_get_int64(json_get(d, "attemptNo")) > 1
                            ? "What came of the attempts before it stands in the timeline."
                            : "The recipient does not have it.");
}

/* What helps where the address takes nothing any more. */
static void set_refused(struct arena *a, enum status s, const struct words_of *of,
                        const char **rest, const char **act)
{
    bool skipped = s == STATUS_SKIPPED;
    *rest = skipped ? "Sent again the same way, it would be left out again."
                    : "Nothing more gets to this address.";
    *act = of->others ? arena_printf(a, "send it by %s", of->others)
           : skipped  ? "hand it over and mark it by hand: no other channel has an address"
                      : "correct the address where it comes from: no other channel has one";
}

static const char *can_of(struct arena *a, const struct words_of *of, const char *rest,
                          const char *act)
{
    const char *gap = rest && act ? " " : "";
    rest = rest ? rest : "";
    if (!act)
        return rest;
    if (!of->agent)
        return arena_printf(a, "%s%sSomebody with the role agent can %s.", rest, gap, act);
    return arena_printf(a, "%s%s%c%s.", rest, gap, toupper((unsigned char)*act), act + 1);
}

void communication_words(struct arena *a, const struct words_of *of, struct json_object *to)
{
    enum status s = STATUS_DRAFT;
    struct json_object *d = of->communication, *claim = claim_of_status(d);
    (void)status_of(json_text(d, "status"), &s);
    const struct words *w = words_for(s, d, claim);
    if (of->kept && s == STATUS_ENQUEUED)
        w = strcmp(of->kept, "PAUSED") == 0 ? &paused : &canary;
    const char *sentence = w->happened ? w->happened : claim ? json_text(claim, "sentence") : NULL;
    const char *rest = w->rest, *act = w->act;
    if (of->refused && (s == STATUS_SKIPPED || s == STATUS_FAILED || s == STATUS_BOUNCED))
        set_refused(a, s, of, &rest, &act);
    const char *can = can_of(a, of, rest, act);
    if (json_get(d, "contentRemovedAt")) {
        sentence = removed_words(a, s, w->happened);
        can = "It cannot be sent again: its content was removed.";
    }
    if (!sentence)
        sentence = arena_printf(a, "It is %s.", status_label(json_text(d, "status"))->word);
    json_set_text(to, "happened", sentence);
    json_set_text(to, "means", means_of(a, s, w, d));
    json_set_text(to, "can", can);
}
