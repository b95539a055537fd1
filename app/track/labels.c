/* The words, icons and tones of channels, statuses and events. */
#include "track/labels.h"

#include "base/json.h"
#include "db/db.h"

#include <stddef.h>
#include <string.h>

const struct label channel_labels[CHANNEL_COUNT] = {
    { "EMAIL", "E-mail", "channel-EMAIL", "waiting" },
    { "SMS", "SMS", "channel-SMS", "waiting" },
    { "LETTER", "Letter", "channel-LETTER", "waiting" },
    { "LETTER_WITH_RECEIPT", "Registered letter", "channel-LETTER_WITH_RECEIPT", "waiting" },
};

const struct label status_labels[STATUS_COUNT] = {
    [STATUS_DRAFT] = { "DRAFT", "Not sent", "hourglass", "waiting" },
    [STATUS_HELD] = { "HELD", "Held", "pause", "attention" },
    [STATUS_ENQUEUED] = { "ENQUEUED", "Sending", "loader", "moving" },
    [STATUS_SENT] = { "SENT", "Sent", "send", "moving" },
    [STATUS_DELIVERED] = { "DELIVERED", "Delivered", "check", "done" },
    [STATUS_OPENED] = { "OPENED", "Opened", "eye", "done" },
    [STATUS_FAILED] = { "FAILED", "Failed", "circle-x", "failed" },
    [STATUS_BOUNCED] = { "BOUNCED", "Returned", "undo-2", "failed" },
    [STATUS_MANUAL] = { "MANUAL", "By hand", "hand", "hand" },
    [STATUS_CANCELLED] = { "CANCELLED", "Cancelled", "ban", "waiting" },
    [STATUS_SKIPPED] = { "SKIPPED", "Skipped", "skip-forward", "waiting" },
};

/* Of a letter that was sent, by how far its paper is. */
static const struct label paper_labels[] = {
    { "READY_TO_PRINT", "To be printed", "printer", "attention" },
    { "PRINTED", "Printed", "file-text", "moving" },
    { "LODGED", "Handed in", "mailbox", "moving" },
};
const char *const letter_papers[] = { "READY_TO_PRINT", "PRINTED", "LODGED", NULL };

static const int weights[STATUS_COUNT] = {
    [STATUS_FAILED] = 9,    [STATUS_BOUNCED] = 8, [STATUS_ENQUEUED] = 7,  [STATUS_DRAFT] = 6,
    [STATUS_HELD] = 6,      [STATUS_SENT] = 5,    [STATUS_SKIPPED] = 4,   [STATUS_MANUAL] = 3,
    [STATUS_DELIVERED] = 2, [STATUS_OPENED] = 1,  [STATUS_CANCELLED] = 0,
};

static const struct label event_labels[EVENT_TYPE_COUNT] = {
    [EVENT_ENQUEUED] = { "ENQUEUED", "Queued", "clock", "waiting" },
    [EVENT_SENT] = { "SENT", "Sent", "send", "moving" },
    [EVENT_DELAYED] = { "DELAYED", "Delayed", "hourglass", "attention" },
    [EVENT_RELAYED] = { "RELAYED", "Relayed", "route", "moving" },
    [EVENT_DELIVERED] = { "DELIVERED", "Delivered", "check", "done" },
    [EVENT_OPENED] = { "OPENED", "Opened", "eye", "done" },
    [EVENT_FAILED] = { "FAILED", "Failed", "circle-x", "failed" },
    [EVENT_BOUNCED] = { "BOUNCED", "Returned", "undo-2", "failed" },
    [EVENT_COMPLAINED] = { "COMPLAINED", "Complaint", "flag", "failed" },
    [EVENT_RESEND_REQUESTED] = { "RESEND_REQUESTED", "Resend", "rotate-cw", "moving" },
    [EVENT_MANUAL_MARKED] = { "MANUAL_MARKED", "By hand", "hand", "hand" },
    [EVENT_READY_TO_PRINT] = { "READY_TO_PRINT", "Ready to print", "file-text", "moving" },
    [EVENT_PRINTED] = { "PRINTED", "Printed", "printer", "moving" },
    [EVENT_LODGED] = { "LODGED", "Handed in", "mailbox", "moving" },
    [EVENT_RETURNED] = { "RETURNED", "Came back", "undo-2", "failed" },
    [EVENT_SKIPPED] = { "SKIPPED", "Skipped", "skip-forward", "waiting" },
    [EVENT_HELD] = { "HELD", "Held", "pause", "attention" },
    [EVENT_RELEASED] = { "RELEASED", "Released", "play", "moving" },
    [EVENT_CANCELLED] = { "CANCELLED", "Cancelled", "ban", "waiting" },
    [EVENT_NOTE] = { "NOTE", "Note", "sticky-note", "waiting" },
};

static const struct label source_labels[] = {
    { .name = "system", .word = "Track Center" },
    { .name = "worker", .word = "Track Center" },
    { .name = "provider", .word = "told by the provider" },
    { .name = "user", .word = "staff" },
    { .name = "recipient", .word = "told by the recipient" },
};

static const struct label unknown = { "", "", "info", "waiting" };

static const struct label *find(const struct label *labels, int n, const char *name)
{
    for (int i = 0; name && i < n; i++)
        if (strcmp(labels[i].name, name) == 0)
            return &labels[i];
    return &unknown;
}

const struct label *channel_label(const char *name)
{
    return find(channel_labels, CHANNEL_COUNT, name);
}

const struct label *status_label(const char *name)
{
    return find(status_labels, STATUS_COUNT, name);
}

const struct label *standing_label(const char *status, const char *paper, bool dry_run)
{
    static const struct label dry = { "DRY_RUN", "Dry run", "info", "attention" };
    if (dry_run && strcmp(status, "SENT") == 0)
        return &dry;
    return paper && strcmp(status, "SENT") == 0
               ? find(paper_labels, sizeof(paper_labels) / sizeof(paper_labels[0]), paper)
               : status_label(status);
}

const struct label *standing_of(struct json_object *one)
{
    return standing_label(json_text(one, "status"), json_text(one, "paper"),
                          json_object_get_boolean(json_get(one, "dryRun")));
}

const struct label *event_label(const char *name)
{
    return find(event_labels, EVENT_TYPE_COUNT, name);
}

const char *source_label(const char *name)
{
    return find(source_labels, sizeof(source_labels) / sizeof(source_labels[0]), name)->word;
}

const char *removed_sentence(struct arena *a, const PGresult *rows, int i)
{
    const char *on = row_text(rows, i, "removed_on");
    return on ? arena_printf(a, "Content removed on %s by %s. Proof is kept.", on,
                             row_text(rows, i, "removed_by"))
              : NULL;
}

int status_weight(const char *name)
{
    enum status s;
    return status_of(name, &s) ? weights[s] : 0;
}
