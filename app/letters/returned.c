/* A letter that came back, known by its code. */
#include "access/access.h"
#include "base/json.h"
#include "db/db.h"
#include "letters/letters.h"
#include "letters/returned.sql.h"
#include "paper/letter.h"
#include "store/keep.h"
#include "track/letter.h"
#include "track/track.h"

#include <string.h>

#define ACTOR .all_buildings = actor_all_buildings(c), .actor_id = c->actor.id

const char *const return_reasons[] = { "moved",    "unknown",     "refused",
                                       "deceased", "noLetterbox", NULL };

static const struct reason {
    const char *name, *sentence;
    bool bad_address;
} reasons[] = {
    { "moved", "The letter came back: the recipient has moved.", true },
    { "unknown", "The letter came back: nobody of that name is known there.", true },
    { "refused", "The letter came back: it was not accepted.", false },
    { "deceased", "The letter came back: the recipient has died.", true },
    { "noLetterbox", "The letter came back: there is no letterbox.", true },
};

static const struct reason *reason_of(const char *name)
{
    const struct reason *r = reasons;
    while (strcmp(r->name, name) != 0)
        r++;
    return r;
}

/* What the letter's timeline is told; of an earlier attempt it moves nothing. */
static enum err tell(struct ctx *c, const char *id, const PGresult *row, const struct reason *r,
                     const struct upload *photo)
{
    bool current = row_int(row, 0, "attempt_no") == row_int(row, 0, "current_no");
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "code", r->name);
    if (r->bad_address)
        json_set_bool(d, "badAddress", true);
    if (photo)
        json_set_text(d, "photoSha256", photo->sha256);
    const struct timeline_event event = {
        .type = current ? EVENT_RETURNED : EVENT_NOTE,
        .source = "user",
        .grade = 'B',
        .sentence = current ? r->sentence
                            : arena_printf(c->arena, "About an earlier letter: %s", r->sentence),
        .detail = d,
        .dedupe_key = arena_printf(c->arena, "returned:%s", row_text(row, 0, "attempt_no")),
    };
    return timeline_append(c, id, &event, NULL);
}

static enum err keep_photo(struct ctx *c, const struct upload *photo)
{
    struct blob blob;
    if (!photo)
        return OK;
    enum err e = store_find(c->app->store, c->arena, photo->sha256, &blob);
    if (e != OK)
        return e;
    if (strncmp(blob.content_type, "image/", 6) != 0)
        return ctx_fault(c, "photo", "must be a JPEG, PNG or WebP");
    return blob_keep(c, &blob);
}

static enum err mark(struct ctx *c, const char *id, const PGresult *row, const struct reason *r,
                     const struct upload *photo)
{
    enum err e = keep_photo(c, photo);
    if (e == OK)
        e = db_query(c->db, c->arena, returned_mark, NULL, .communication_id = id,
                     .attempt_no = row_text(row, 0, "attempt_no"), .reason = r->name,
                     .photo = photo ? photo->sha256 : NULL);
    if (e == OK)
        e = tell(c, id, row, r, photo);
    if (e != OK)
        return e;
    struct json_object *after = json_own(c->arena, json_object_new_object());
    json_set_text(after, "reason", r->name);
    json_set_text(after, "attempt", row_text(row, 0, "attempt_no"));
    return audit_add(c, "letter.returned", "communication", id, NULL, after);
}

static struct json_object *document(struct ctx *c, const char *id, const PGresult *row,
                                    const char *reason, bool already)
{
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "communicationId", id);
    json_set_text(d, "recipientName", row_text(row, 0, "recipient_name"));
    json_set_text(d, "unitId", row_text(row, 0, "unit_id"));
    json_set_text(d, "unit", row_text(row, 0, "number"));
    json_set_text(d, "building", row_text(row, 0, "building"));
    json_set_int(d, "year", row_int(row, 0, "year"));
    json_set_text(d, "reason", already ? row_text(row, 0, "return_reason") : reason);
    json_set_bool(d, "already", already);
    return d;
}

enum err letter_returned(struct ctx *c, const char *code, const char *reason,
                         const struct upload *photo, struct json_object **out)
{
    PGresult *row;
    char id[37];
    if (!letter_code_read(code, id))
        return ctx_fault(c, "code",
                         "is no code of a letter: one of its characters is wrong or missing. It "
                         "begins with TC1: and stands beside the address");
    enum err e = db_query(c->db, c->arena, returned_find, &row, .communication_id = id, ACTOR);
    if (e != OK)
        return e;
    if (rows_count(row) == 0)
        return ctx_refuse(c, ERR_NOT_FOUND, "No letter with this code was found.");
    const char *known = arena_strdup(c->arena, id);
    bool already = row_text(row, 0, "returned_at") != NULL;
    if (!already && (e = mark(c, known, row, reason_of(reason), photo)) != OK)
        return e;
    *out = document(c, known, row, reason, already);
    return OK;
}
