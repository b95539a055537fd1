/* The three sentences that answer whoever asks about a message. */
#include "track/communication_words.h"

#include "base/json.h"
#include "track/labels.h"
#include "track/track.h"

#include <string.h>

/* By status, and by the grade of the claim it stands on where that makes a difference; the first
   row that fits. `happened` NULL: the latest event's own sentence. */
static const struct words {
    enum status status;
    const char *grades; /* NULL: any */
    const char *happened, *means, *can;
} words[] = {
    { STATUS_DRAFT, NULL, "It was imported and has not been sent.", "Nobody has received it.",
      "Send its run; or hold it, or cancel it." },
    { STATUS_ENQUEUED, NULL, NULL, "It has not left yet, and nothing needs to be done for it to.",
      "Wait; or hold it, or cancel it." },
    { STATUS_HELD, NULL, NULL, "It stays here until somebody releases it.",
      "Release it, or cancel it." },
    { STATUS_SENT, NULL, NULL, "It was taken over. That is not proof that it arrived.",
      "Wait for a report; or send it by another channel." },
    { STATUS_DELIVERED, "A", NULL, "The recipient has it: nobody knows better.",
      "Nothing needs to be done." },
    { STATUS_DELIVERED, "B", NULL, "Somebody saw it arrive. Whether it was read is not known.",
      "Nothing needs to be done." },
    { STATUS_DELIVERED, "D", "It was sent, and nothing came back.",
      "It is presumed to have arrived; nobody saw it.",
      "Send it by another channel where proof is wanted." },
    { STATUS_DELIVERED, NULL, NULL, "The provider says that it arrived, and not how it knows.",
      "Nothing needs to be done; send a letter where proof is wanted." },
    { STATUS_OPENED, NULL, NULL, "It arrived and was opened.", "Nothing needs to be done." },
    { STATUS_FAILED, NULL, NULL, "It did not reach the recipient.",
      "Send it again once the cause is gone; or by another channel." },
    { STATUS_BOUNCED, NULL, NULL, "It left and came back: the recipient does not have it.",
      "Find a better address; or send it by another channel." },
    { STATUS_MANUAL, NULL, NULL, "A person took care of it; nothing is sent by itself.",
      "Nothing needs to be done; or send it again." },
    { STATUS_CANCELLED, NULL, NULL, "It was stopped before it left: nobody has received it.",
      "Send it again if it was stopped by mistake." },
    { STATUS_SKIPPED, NULL, NULL, "It was left out on purpose: nobody has received it.",
      "See why under Decision; another channel may be open." },
};

static const struct words *words_of(enum status s, const char *grade)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i].status == s &&
            (!words[i].grades || (grade && strchr(words[i].grades, *grade))))
            return &words[i];
    return &words[0];
}

/* The sentence of the latest event that made the status what it is. */
static const char *sentence_of(struct json_object *d, const char *status)
{
    struct json_object *events = json_get(d, "events");
    const char *found = NULL;
    size_t n = events ? json_object_array_length(events) : 0;
    for (size_t i = 0; i < n; i++) {
        struct json_object *e = json_object_array_get_idx(events, i);
        const char *type = json_text(e, "type"), *grade = json_text(e, "grade");
        if (strcmp(json_text(e, "statusAfter"), status) != 0)
            break;
        if (strcmp(type, "NOTE") != 0 && (!grade || strcmp(grade, "X") != 0) && !found)
            found = json_text(e, "sentence");
    }
    return found;
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
        [STATUS_OPENED] = "It was delivered and opened.",
        [STATUS_FAILED] = "It failed.",
        [STATUS_BOUNCED] = "It was sent and came back.",
        [STATUS_MANUAL] = "A person took care of it.",
        [STATUS_CANCELLED] = "It was cancelled before it was sent.",
        [STATUS_SKIPPED] = "It was left out on purpose.",
    };
    return arena_printf(a, "%s Its content was removed since.", happened ? happened : was[s]);
}

void communication_words(struct arena *a, struct json_object *d, struct json_object *to)
{
    enum status s = STATUS_DRAFT;
    const char *status = json_text(d, "status"), *grade = json_text(d, "grade");
    struct json_object *error = json_get(d, "error");
    (void)status_of(status, &s);
    const struct words *w = words_of(s, grade);
    const char *sentence = w->happened ? w->happened : sentence_of(d, status);
    const char *can = w->can;
    if (error && (s == STATUS_FAILED || s == STATUS_BOUNCED))
        sentence = json_text(error, "sentence");
    if (error && json_object_get_boolean(json_get(error, "badAddress")))
        can = "The address will not work: send it by another channel, or correct it where it "
              "comes from.";
    if (json_get(d, "contentRemovedAt")) {
        sentence = removed_words(a, s, w->happened);
        can = "It cannot be sent again: its content was removed.";
    }
    if (!sentence)
        sentence = arena_printf(a, "It is %s.", status_label(status)->word);
    json_set_text(to, "happened", sentence);
    json_set_text(to, "means", w->means);
    json_set_text(to, "can", can);
}
