/* What people saw or did themselves: an event of the timeline, a note, and the file that proves it.
 */
#include "track/communication.h"

#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "track/channel.h"
#include "track/communication.sql.h"
#include "track/proof_file.h"
#include "track/track.h"
#include "track/when.h"
#include "web/input.h"

#include <string.h>

#define LETTERS (1u << CHANNEL_LETTER | 1u << CHANNEL_LETTER_WITH_RECEIPT)
#define ALL_CHANNELS ((1u << CHANNEL_COUNT) - 1)

/* What can be recorded, of which channels; how good a claim it is without and with a file; 0: it is
   none about the message. */
static const struct kind {
    const char *name, *sentence;
    enum event_type type;
    unsigned channels;
    char grade, proven;
} kinds[] = {
    { "NOTE", NULL, EVENT_NOTE, ALL_CHANNELS, 0, 0 },
    { "MANUAL_MARKED", "Handed over by a person.", EVENT_MANUAL_MARKED, ALL_CHANNELS, 'C', 'B' },
    { "DELIVERED", "Staff recorded that it was delivered.", EVENT_DELIVERED, ALL_CHANNELS, 'C',
      'B' },
    { "RETURNED", "Staff recorded that the letter came back.", EVENT_RETURNED, LETTERS, 'B', 'B' },
    { "PRINTED", "Printed.", EVENT_PRINTED, LETTERS, 0, 0 },
    { "LODGED", "Handed in at the post office.", EVENT_LODGED, LETTERS, 'C', 'B' },
};

const char *const manual_event_types[] = { "NOTE",    "MANUAL_MARKED", "DELIVERED", "RETURNED",
                                           "PRINTED", "LODGED",        NULL };

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static enum err check(struct ctx *c, const struct kind *k, const struct manual_event *what,
                      const PGresult *row, const char **at)
{
    enum err e = OK;
    if (!k)
        return input_fault_choice(c, "type", manual_event_types);
    if (!(k->channels & 1u << channel_of(row_text(row, 0, "channel"))))
        e = ctx_fault(c, "type", "Only a letter can be recorded as this.");
    if (what->recipient_signed && k->type != EVENT_DELIVERED)
        e = ctx_fault(c, "recipientSigned", "Only a delivery is signed for.");
    enum err time = when_read(c, "occurredAt", what->occurred_at, at);
    return time != OK ? time : e;
}

/* Who signed vouches for it himself. */
static struct timeline_event event_of(const struct kind *k, const struct manual_event *what,
                                      const char *at)
{
    return (struct timeline_event){
        .type = k->type,
        .source = "user",
        .grade = what->recipient_signed ? 'A'
                 : what->proof          ? k->proven
                                        : k->grade,
        .occurred_at = at,
        .sentence = k->type == EVENT_NOTE    ? what->note
                    : what->recipient_signed ? "The recipient signed for it."
                                             : k->sentence,
    };
}

static enum err keep(struct ctx *c, const char *id, const struct manual_event *what,
                     const struct timeline_event *event)
{
    const char *type = NULL;
    const struct upload *proof = what->proof;
    enum err e = proof ? proof_take(c, proof, &type) : OK;
    if (e == OK)
        e = timeline_append(c, id, event, NULL);
    if (e != OK)
        return e;
    return db_query(c->db, c->arena, communication_note, NULL, .actor_id = c->actor.id,
                    .actor_name = c->actor.name, .note = what->note, .communication_id = id,
                    .sha256 = proof ? proof->sha256 : NULL,
                    .file_name = proof ? proof->file_name : NULL, .content_type = type,
                    .size = proof ? arena_printf(c->arena, "%zu", proof->size) : NULL);
}

static struct json_object *recorded(struct ctx *c, const struct manual_event *what, char grade)
{
    const char text[2] = { grade, 0 };
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "type", what->type);
    json_set_text(d, "grade", grade ? text : NULL);
    json_set_text(d, "note", what->note);
    json_set_text(d, "proofSha256", what->proof ? what->proof->sha256 : NULL);
    return d;
}

enum err communication_manual_event(struct ctx *c, const char *id, const struct manual_event *what)
{
    PGresult *row;
    const char *at = NULL;
    const struct kind *k = kind_of(what->type);
    if (c->actor.kind != ACTOR_USER)
        return ctx_refuse(c, ERR_DENIED,
                          "Only a person can vouch for this: sign in and record it there.");
    enum err e = db_query(c->db, c->arena, communication_lock, &row, .communication_id = id,
                          .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id);
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = check(c, k, what, row, &at);
    if (e != OK)
        return e;
    const struct timeline_event event = event_of(k, what, at);
    if ((e = keep(c, id, what, &event)) != OK)
        return e;
    return audit_add(c, "communication.manual", "communication", id, NULL,
                     recorded(c, what, event.grade));
}
