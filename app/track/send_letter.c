/* A communication as a letter: its PDF is made and kept; printing and posting it is a person's. */
#include "base/json.h"
#include "db/db.h"
#include "store/store.h"
#include "track/letter.h"
#include "track/letter.sql.h"

#include <stdlib.h>

static struct json_object *detail(struct ctx *c, const struct sending *s,
                                  const struct letter_made *made)
{
    char code[LETTER_CODE_LENGTH + 1];
    struct json_object *d = json_own(c->arena, json_object_new_object());
    json_set_text(d, "sha256", made->blob.sha256);
    json_set_int(d, "pages", made->pdf.pages);
    json_set_int(d, "sheets", made->sheets);
    json_set(d, "grams",
             json_object_new_double_s(made->grams, arena_printf(c->arena, "%.2f", made->grams)));
    if (letter_code_write(s->id, code))
        json_set_text(d, "letterCode", code);
    if (made->pdf.unknown)
        json_set_int(d, "unknownCharacters", made->pdf.unknown);
    return d;
}

/* In the transaction of the sending's end. */
static enum err keep(struct sending *s)
{
    return letter_keep(&s->job->ctx, s->id, sending_text(s, "attempt_no"), s->of_way);
}

/* The file of an earlier attempt once more. */
static enum err take_same(struct sending *s, const char *sha256, struct letter_made *made)
{
    PGresult *row;
    struct ctx *c = &s->job->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, db_query(c->db, c->arena, letter_made_before, &row,
                                        .communication_id = s->id, .sha256 = sha256));
    if (e == OK && rows_count(row) == 0)
        e = ERR_NOT_FOUND;
    if (e == OK)
        e = store_find(c->app->store, c->arena, sha256, &made->blob);
    if (e == ERR_NOT_FOUND) {
        s->result.sentence = "The letter that was made before is not in the store any more.";
        return ERR_INVALID;
    }
    if (e != OK)
        return e;
    made->pdf.pages = (int)row_int(row, 0, "pages");
    made->pdf.unknown = (int)row_int(row, 0, "unknown");
    made->sheets = (int)row_int(row, 0, "sheets");
    made->grams = strtod(row_text(row, 0, "grams"), NULL);
    s->to = row_text(row, 0, "address");
    sending_decided(s, "content", SAME_BYTES);
    return OK;
}

static enum err make(struct sending *s, struct letter_made *made)
{
    const struct letter_settings *settings;
    struct ctx *c = &s->job->ctx;
    db_begin_reading(c->db, c->tenant_id);
    enum err e = db_end(c->db, letter_settings_load(c, &settings));
    if (e == OK)
        e = letter_compose(s, settings, made);
    return e == OK ? store_put(c->app->store, c->arena, made->pdf.bytes, &made->blob) : e;
}

static enum err send(struct sending *s)
{
    struct ctx *c = &s->job->ctx;
    const char *same_as = json_text(s->job->args, "sameAs");
    struct letter_made *made = arena_new_of(c->arena, struct letter_made);
    enum err e = same_as ? take_same(s, same_as, made) : make(s, made);
    if (e != OK)
        return e;
    s->of_way = made;
    s->detail = detail(c, s, made);
    s->result.provider = "print";
    s->result.sentence =
        arena_printf(c->arena, "The letter is ready to be printed: %d %s, %.0f g.", made->sheets,
                     made->sheets == 1 ? "sheet" : "sheets", made->grams);
    return OK;
}

const struct send_way send_letter = {
    .channel = CHANNEL_LETTER,
    .queue = "letter",
    .accepted = EVENT_READY_TO_PRINT,
    .send = send,
    .keep = keep,
};

const struct send_way send_registered = {
    .channel = CHANNEL_LETTER_WITH_RECEIPT,
    .queue = "letter",
    .accepted = EVENT_READY_TO_PRINT,
    .send = send,
    .keep = keep,
};
